/*
 * people_parts.h - what people.c, people_accounts.c and people_leads.c share. Only they include
 * it.
 */
#ifndef LEADBOARD_PEOPLE_PARTS_H
#define LEADBOARD_PEOPLE_PARTS_H

#include "gen/sql.h"
#include "shared/card_away.h"
#include "shared/people.h"

/* The consumer stands still; these two leads are locked and found. In the order asked for. */
MUST_CHECK enum err people_lock_leads(struct db *db, int64_t dataset, int64_t a, int64_t b,
                                      struct sql_people_leads out[2]);
/* b 0: only one. */
MUST_CHECK enum err people_lock_accounts(struct db *db, int64_t dataset, int64_t a, int64_t b,
                                         struct sql_people_accounts out[2]);

/* Brings counters, scores, what is hidden, and what cards repeat in line with what was changed.
 * Ids that are 0 are passed over. */
MUST_CHECK enum err people_settle(struct db *db, int64_t dataset, struct sql_i64s leads,
                                  struct sql_i64s accounts);

/* Whose card stands for a lead: its company's, or its own. */
static inline struct card_subject people_subject(int64_t lead, int64_t account)
{
    return account != 0 ? (struct card_subject){.account = account}
                        : (struct card_subject){.lead = lead};
}

#endif
