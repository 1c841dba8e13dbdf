/*
 * score.h - the leadscore, 0 to 100, and what it is made of. The one place of the formula: the
 * log consumer scores leads as they act, the hourly refresh as time passes.
 *
 *   email known            15
 *   company known          10   an account, or a company name
 *   phone known             5
 *   sessions          up to 15   1 each
 *   pageviews         up to 20   1 for two
 *   forms             up to 20   5 each
 *   recency           up to 15   15 on the day of the last event, 1 less every 2 days
 *
 * An account's score is that of its best lead.
 */
#ifndef LEADBOARD_SCORE_H
#define LEADBOARD_SCORE_H

#include "shared/db_statement.h"
#include "shared/sb.h"

enum score_part {
    SCORE_EMAIL,
    SCORE_COMPANY,
    SCORE_PHONE,
    SCORE_SESSIONS,
    SCORE_PAGEVIEWS,
    SCORE_FORMS,
    SCORE_RECENCY,
    SCORE_PART__COUNT
};

struct score_input {
    bool email, company, phone;
    int32_t sessions, pageviews, forms;
    int64_t last_at;
};

struct score {
    int16_t total;
    int16_t parts[SCORE_PART__COUNT];
};

void score_of(const struct score_input *input, int64_t now, struct score *out_score);
/* "email"; and the most that it can bring. */
const char *score_part_name(enum score_part part);
int16_t score_part_most(enum score_part part);
/* lead.score_parts: [["email",15],["recency",12]], parts of 0 left out. */
struct str score_json(struct arena *arena, const struct score *score);

/* Scores the dataset's leads anew whose recency may have changed, at most limit of them behind
 * the lead with id after, and their accounts; in the transaction that is open. *out_last is the
 * last id looked at, 0 when there are no more. */
MUST_CHECK enum err score_refresh(struct ctx *ctx, struct db *db, int64_t dataset,
                                  int64_t after, int64_t limit, int64_t *out_last);
/* Scores these leads, whose counters were changed; not their accounts. */
MUST_CHECK enum err score_renew(struct ctx *ctx, struct db *db, int64_t dataset,
                                struct sql_i64s ids);

#endif
