/*
 * score_builder.h - the rules of a leadscore's formula as rows of a form, each with what there
 * is to choose from: fields, targets, tags, comparisons, presets.
 */
#ifndef LEADBOARD_SCORE_BUILDER_H
#define LEADBOARD_SCORE_BUILDER_H

#include "fcgi/score_form.h"
#include "fcgi/views/score.h"
#include "fcgi/web.h"
#include "gen/sql.h"

/* What the dataset has for rules to ask for. */
struct score_offered {
    struct sql_target_list_rows targets;
    struct sql_tag_list_rows tags;
};
MUST_CHECK enum err score_offered_load(struct web *web, struct score_offered *out);

/* Fills the part of the view that is the form. */
MUST_CHECK enum err score_builder_draw(struct web *web, const struct score_form *form,
                                       struct score_view *view);

#endif
