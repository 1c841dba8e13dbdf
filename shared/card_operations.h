/*
 * card_operations.h - what people do to the cards of a board, one or many: move, give to an
 * owner, remove, tag. Each is an operation (operation.h) that can be undone.
 *
 * Up to OPERATION_STEP cards are done at once; everything in a larger stage by a job
 * (worker/jobs/bulk.c). Cards that are not on the board (any more) are passed over, as are
 * those that are already as wanted.
 *
 * All functions work in the transaction that is open (db_begin with the dataset). That the user
 * may see the board is the caller's to check.
 */
#ifndef LEADBOARD_CARD_OPERATIONS_H
#define LEADBOARD_CARD_OPERATIONS_H

#include "shared/card_filter.h"
#include "shared/operation.h"

/* What is to be done. */
struct card_action {
    enum operation_kind kind; /* OP_MOVE, OP_OWNER, OP_REMOVE, OP_TAG, OP_UNTAG */
    int64_t stage;            /* OP_MOVE: where to; the cards come to its top, or, */
    int64_t after, before; /* where one of these is in it, behind or before that card; 0: none.
                              Not for everything in a stage */
    int64_t owner;         /* OP_OWNER: a member who may see the board; 0: nobody's */
    bool exclude;          /* OP_REMOVE: their accounts and leads never return */
    const int64_t *tags;   /* OP_TAG, OP_UNTAG */
    size_t n_tags;
};

/* To which cards: these, or else everything in a stage. */
struct card_choice {
    int64_t dataset, board, user; /* user 0: an automation */
    const int64_t *cards;
    size_t n;                         /* at most OPERATION_STEP */
    int64_t all_of;                   /* a stage; 0: cards */
    const struct card_filter *filter; /* only those of the stage that pass; NULL: all */
};

struct card_done {
    int64_t operation, progress; /* progress 0: it is done */
    int32_t n;                   /* cards that changed */
};

/* ERR_INVALID: there is no such stage, tag, or member who may see the board; ERR_LIMIT: too
 * many cards; each with a message for the user. After the commit call queue_wake if there is a
 * progress. */
MUST_CHECK enum err card_operations_do(struct db *db, const struct card_choice *choice,
                                       const struct card_action *action, struct card_done *out);

/* ---- for the job ---- */

/* One step of an operation that was left to a job. */
struct card_step {
    int64_t seen, total; /* cards looked at in all steps until now; about how many there are */
    int32_t changed;     /* in this step */
    bool more;
};
/* Where it stands: 0 seen before the first step. */
MUST_CHECK enum err card_operations_stand(struct db *db, int64_t dataset,
                                          const struct operation_row *operation,
                                          struct card_step *out);
/* Does it to the next OPERATION_STEP cards. ERR_INVALID, with a message: it can't be done any
 * more, because the stage it is for is gone, say. */
MUST_CHECK enum err card_operations_step(struct db *db, int64_t dataset, int64_t operation,
                                         struct card_step *out);

/* For the table of shared/operation.c. */
operation_undoer card_operations_undo_move, card_operations_undo_owner,
    card_operations_undo_remove;

#endif
