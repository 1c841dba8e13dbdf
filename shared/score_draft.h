/*
 * score_draft.h - a formula that somebody tries, and how it comes into force.
 *
 * A draft is stored with its rules, and the job `score` finds what it would change
 * (score_preview.h); pages that its rules ask for are counted from then on, so that saving
 * finds them ready. Saving makes it the next version of the dataset's formula and has all leads
 * scored anew; the log consumer uses it from its next batch on.
 *
 * All functions work in the transaction that is open (db_begin with the dataset). Call
 * queue_wake after the commit.
 */
#ifndef LEADBOARD_SCORE_DRAFT_H
#define LEADBOARD_SCORE_DRAFT_H

#include "shared/score.h"

/* Rules that were checked (score_rule_check); their patterns, and values as they are compared,
 * are filled in. ERR_LIMIT with a sentence: the dataset counts too many kinds of pages. */
MUST_CHECK enum err score_draft_make(struct db *db, int64_t dataset, int64_t user,
                                     struct score_rule *rules, size_t n, int64_t *out_draft);
/* ERR_NOT_FOUND: there is no such draft. ERR_CONFLICT with a sentence: it is saved already, or
 * somebody saved another formula since it was tried. */
MUST_CHECK enum err score_draft_save(struct db *db, int64_t dataset, int64_t user,
                                     int64_t draft, int32_t *out_version);

#endif
