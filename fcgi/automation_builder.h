/*
 * automation_builder.h - the editor's form (automation_form.h) made ready to be drawn: what
 * each trigger and action asks, and what there is to choose from.
 */
#ifndef LEADBOARD_AUTOMATION_BUILDER_H
#define LEADBOARD_AUTOMATION_BUILDER_H

#include "fcgi/automation_form.h"
#include "fcgi/filter_builder.h"
#include "fcgi/views/automation_edit.h"

struct automation_choices;
/* Those that the session's user may see. known: the rule that is stored (NULL: none), which
 * knows what is gone or private was called, and its boards. */
MUST_CHECK enum err automation_choices_load(struct web *web,
                                            const struct automation_rule *known,
                                            const struct automation_choices **out_choices);
/* For automation_form_rule; data is a struct automation_choices. */
int64_t automation_choices_board(const void *data, int64_t stage);

/* Fills all that comes from the form: when, conditions, actions, how often. action: the path
 * that the form is sent to. */
void automation_builder_draw(struct ctx *ctx, const struct automation_form *form,
                             const struct automation_choices *choices, struct str action,
                             struct edit_view *view);

#endif
