/*
 * filter_builder.h - makes a filter's form (filter_form.h) ready to be drawn: for segments and
 * automations.
 */
#ifndef LEADBOARD_FILTER_BUILDER_H
#define LEADBOARD_FILTER_BUILDER_H

#include "fcgi/filter_form.h"
#include "fcgi/views/filter_builder.h"
#include "fcgi/web.h"

/* What conditions can name: boards and stages, people of the team, segments, tags. */
struct filter_choices;
/* Those that the session's user may see; except: a segment that is not offered (itself). */
MUST_CHECK enum err filter_choices_load(struct web *web, int64_t except,
                                        const struct filter_choices **out_choices);

/* action: the path that the form is sent to. stored: what the form began as, which knows what
 * things that are gone were called; may be NULL. */
void filter_builder_draw(struct ctx *ctx, const struct filter_form *form,
                         const struct filter_choices *choices, const struct filter *stored,
                         struct str action, struct builder *out);

#endif
