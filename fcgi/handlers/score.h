/*
 * score.h - shared by score.c (the formula) and score_preview.c (what it would change).
 */
#ifndef LEADBOARD_HANDLERS_SCORE_H
#define LEADBOARD_HANDLERS_SCORE_H

#include "fcgi/handlers.h"
#include "fcgi/views/score.h"
#include "gen/sql.h"
#include "shared/score.h"

#define SCORE_REFRESH_S 3

/* Where a job is; id 0: there is none. */
MUST_CHECK enum err score_progress_load(struct web *web, int64_t id, struct progress *out_row,
                                        struct score_progress_view *out_view);
const struct score_words_view *score_words(struct ctx *ctx,
                                           const struct score_formula *formula);

#endif
