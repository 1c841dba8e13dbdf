/*
 * card_away.h - cards that leave their boards because of what they stand for: it was hidden, or
 * merged into another company or lead. What leaves is kept whole (table card_away) and comes
 * back as it was: same id, stage, place, owner, history.
 *
 * Merging, on each board: where only the one that goes has a card, the card becomes the
 * other's. Where both have one, the card of the one that stays stays, moves to the stage that
 * is further right (time in that stage included), and takes the other's owner if it has none.
 * Where the one that stays is excluded, the card leaves the board.
 *
 * Every change has its rows in card_ledger (CARD_MERGED, CARD_REMOVED, CARD_RESTORED, with the
 * operation) and card_change. Stage counts follow. What cards repeat does not: call
 * cards_refresh_accounts afterwards.
 *
 * All functions work in the transaction that is open, and lock stages by id, then cards by id.
 */
#ifndef LEADBOARD_CARD_AWAY_H
#define LEADBOARD_CARD_AWAY_H

#include "shared/cards.h"
#include "shared/db_statement.h"
#include "shared/operation.h"

/* What cards stand for; one of the two is 0. */
struct card_subject {
    int64_t account, lead;
};

struct card_merge {
    int64_t dataset, operation, user;
    struct card_subject from, to;
};
MUST_CHECK enum err card_away_merge(struct db *db, const struct card_merge *merge);
/* Undoes it: merge->operation is the one that merged. Counts cards into *out. */
MUST_CHECK enum err card_away_unmerge(struct db *db, const struct card_merge *merge,
                                      int64_t undo, struct operation_undone *out);

struct card_hide {
    int64_t dataset, operation; /* operation 0: a rule did it, with no user */
    int64_t user;
    struct sql_i64s accounts, leads;
};
MUST_CHECK enum err card_away_hide(struct db *db, const struct card_hide *hide);
/* Those that were hidden come back, but for what somebody excluded or added meanwhile. */
MUST_CHECK enum err card_away_show(struct db *db, const struct card_hide *hide);

#endif
