/*
 * score_preview.h - what a formula would change, told before it is saved: who would be among
 * the twenty best and who not any more, how many leads would have how many points, and who
 * would rise and fall the most.
 *
 * The job `score` scores every lead by the draft as if it was in force, and adds each to the
 * preview; memory does not depend on how many there are. What it found is stored with the draft
 * (score_draft.result) and read by the page.
 *
 * Best: the higher score, then who was seen later, then the smaller id.
 */
#ifndef LEADBOARD_SCORE_PREVIEW_H
#define LEADBOARD_SCORE_PREVIEW_H

#include "shared/score.h"

#define SCORE_TOP 20
#define SCORE_BANDS 10 /* 0-9, 10-19, ... 90-100 */
#define SCORE_MOVERS 5

/* A lead as it is and as it would be. */
struct score_mover {
    int64_t id, last_at;
    int16_t was, is;
    struct score score; /* as it would be */
};

struct score_ranking {
    struct score_mover v[SCORE_TOP];
    size_t n, most;
};

struct score_preview {
    int64_t leads, changed;
    int64_t before[SCORE_BANDS], after[SCORE_BANDS];
    struct score_ranking was, is, rises, falls;
};

void score_preview_init(struct score_preview *preview);
void score_preview_add(struct score_preview *preview, const struct score_lead *lead,
                       const struct score *score);
/* What is stored. */
MUST_CHECK enum err score_preview_json(struct ctx *ctx, const struct score_formula *formula,
                                       const struct score_preview *preview,
                                       struct str *out_json);

/* ---- what is read of it ---- */

struct score_previewed {
    int64_t lead;
    int64_t was, is;
    int64_t was_rank, is_rank; /* from 1; 0: not among the best */
    struct str parts;          /* as lead.score_parts */
};
struct score_preview_result {
    int64_t leads, changed;
    int64_t before[SCORE_BANDS], after[SCORE_BANDS];
    const struct score_previewed *top, *left, *rises, *falls;
    size_t n_top, n_left, n_rises, n_falls;
};
MUST_CHECK enum err score_preview_read(struct ctx *ctx, struct str json,
                                       struct score_preview_result *out);

#endif
