/*
 * hiding.h - leads, companies, or everything from a company (by domain or by name) that the
 * team does not want to see: itself, competitors, partners. Hiding and showing again are
 * operations (operation.h) that can be undone.
 *
 * What is hidden is not on boards (its cards leave, and come back when it is shown again, but
 * for what somebody excluded meanwhile), and is passed over by imports, segments, searches and
 * lists. Nothing of it is lost: events go on counting, for its company too.
 *
 * A row of the table `hiding` says what is hidden, by whom and since when; account.hidden and
 * lead.hidden follow from the rows, also for companies and leads that come later (the log
 * consumer asks). A lead is hidden by its own row, with its company, or, when it has none, by
 * its address's domain. `hidden` is also true for what was merged into another (people.h).
 *
 * All functions work in the transaction that is open (db_begin with the dataset) and begin with
 * log_hold(), as those of people.h.
 */
#ifndef LEADBOARD_HIDING_H
#define LEADBOARD_HIDING_H

#include "shared/db_statement.h"
#include "shared/operation.h"

/* One of account, lead, domain and name. */
struct hiding {
    int64_t dataset, user;
    int64_t account, lead;
    struct str domain, name; /* as a person typed it */
};

/* ERR_NOT_FOUND: no such company or lead; ERR_INVALID: that is no domain, or no name;
 * ERR_CONFLICT: hidden already; each with a message for the user. */
MUST_CHECK enum err hiding_hide(struct db *db, const struct hiding *hiding,
                                int64_t *out_operation);
/* Shows what that row hides. ERR_NOT_FOUND, with a message: it is not hidden any more. */
MUST_CHECK enum err hiding_show(struct db *db, int64_t dataset, int64_t user, int64_t hiding,
                                int64_t *out_operation);

/* For the table in operation.c. */
operation_undoer hiding_undo_hide, hiding_undo_show;

/* Brings these in line with what is to be hidden, and their cards: after something about them
 * changed. user and operation 0: a rule does it. */
MUST_CHECK enum err hiding_settle(struct db *db, int64_t dataset, struct sql_i64s accounts,
                                  struct sql_i64s leads, int64_t user, int64_t operation);

#endif
