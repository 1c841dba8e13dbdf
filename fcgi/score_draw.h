/*
 * score_draw.h - a leadscore in its parts: the rules of the formula that it was made by, in
 * their words, what each brought, and what of the lead earned it, with a link to where that can
 * be seen.
 */
#ifndef LEADBOARD_SCORE_DRAW_H
#define LEADBOARD_SCORE_DRAW_H

#include "fcgi/views/score_part.h"
#include "gen/sql.h"
#include "shared/score.h"

/* The version of the formula that parts (lead.score_parts) are by; 0: the default. */
int32_t score_draw_version(struct ctx *ctx, struct str parts);

struct score_draw {
    const struct score_formula *formula; /* of that version; named (score_formula_get) */
    struct str parts;
    int64_t lead;
    /* What earned them; NULL: nothing is told. */
    const struct sql_score_cause *cause;
    const struct sql_score_cause_hits_rows *hits;
    const struct sql_score_cause_tags_rows *tags;
};
/* One a rule, in the formula's order. A rule that brought nothing has value 0. Hostile or
 * broken parts are as if they were not there. */
const struct score_part_view *score_draw_parts(struct ctx *ctx, const struct score_draw *draw);

#endif
