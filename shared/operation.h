/*
 * operation.h - what a person did, as one thing that can be undone: a move, a removal, a tag on
 * four hundred cards, a merge. (Automations make operations too, with user 0.)
 *
 * Who changes something makes the operation first, writes its id into every row of card_ledger
 * (and lead_tag, account_tag, card_exclusion) that it makes, and ends the operation with how
 * many it changed - all in one transaction, or, for a job, in as many as it takes.
 *
 * Undo puts back only what still is as the operation left it. What somebody has changed since
 * stays, and is counted as kept. Undoing is an operation of its own (OP_UNDO), and is not
 * undone again: do the thing again instead. After OPERATION_DAYS it is too late.
 *
 * What is more than OPERATION_STEP cards is done, and undone, by a job (worker/jobs/bulk.c), a
 * step a transaction; operation.detail.cursor is where the next one begins, kept in the
 * transaction of the step, so that nothing is done twice whatever is killed.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_OPERATION_H
#define LEADBOARD_OPERATION_H

#include "shared/queue.h"

#define OPERATION_DAYS 30
#define OPERATION_STEP 500 /* cards in one transaction */

/* operation.kind */
enum operation_kind {
    OP_MOVE = 1,
    OP_OWNER,
    OP_REMOVE, /* from a board; detail.exclude: and keep away from it */
    OP_TAG,
    OP_UNTAG,
    OP_MERGE_LEADS,
    OP_MERGE_ACCOUNTS,
    OP_LINK, /* a lead to an account */
    OP_UNLINK,
    OP_HIDE,
    OP_UNHIDE,
    OP_ADD, /* a card by hand */
    OP_UNDO,
    OP_AUTOMATION, /* what one did in one moment, or for those who matched already */
    OP__END
};

struct operation {
    int64_t dataset;
    enum operation_kind kind;
    int64_t board;      /* 0: not about one board */
    int64_t user;       /* 0: an automation */
    struct str subject; /* whom it is about, when that is one; else "no value" */
    struct str detail;  /* JSON object that says how ("to", "tag" ...); "no value": {} */
    int64_t progress;   /* of the job that will do it; 0: none */
    int64_t undoes;     /* of OP_UNDO */
};

/* An operation as it is kept. */
struct operation_row {
    int64_t id;
    enum operation_kind kind;
    int64_t board, user, progress, undoes; /* 0: none */
    struct str subject, detail;
    int32_t n;
    int64_t at;
    bool undone;
};

struct operation_undone {
    int32_t undone, kept; /* kept: changed by somebody since, left as they are */
    int32_t elsewhere;    /* of those undone: could not come back to where they were */
    int64_t id;           /* of the OP_UNDO */
    int64_t progress;     /* of the job that does it, with numbers 0 above; 0: it is done */
};

MUST_CHECK enum err operation_begin(struct db *db, const struct operation *operation,
                                    int64_t *out_id);
/* As operation_begin for what a job will do: makes its progress and the job, which finds in
 * detail what to do. Call queue_wake after the commit. */
MUST_CHECK enum err operation_begin_job(struct db *db, const struct operation *operation,
                                        int64_t *out_id, int64_t *out_progress);
/* Adds n to how many it changed. detail: a JSON object whose members are added to (and replace
 * those of) the detail; "no value": as it is. An operation that changed nothing can't be
 * undone. */
MUST_CHECK enum err operation_end(struct db *db, int64_t dataset, int64_t id, int32_t n,
                                  struct str detail);
/* ERR_NOT_FOUND, without a message: there is none with this id. */
MUST_CHECK enum err operation_get(struct db *db, int64_t dataset, int64_t id,
                                  struct operation_row *out);
/* As operation_get; nobody undoes it, or adds to it, until the transaction ends. Lock order:
 * operations, then stages, then cards. */
MUST_CHECK enum err operation_hold(struct db *db, int64_t dataset, int64_t id,
                                   struct operation_row *out);
/* The user's newest operation that can be undone, on this board or on none; board 0: on any.
 * ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err operation_last(struct db *db, int64_t dataset, int64_t user, int64_t board,
                                   struct operation_row *out);
/* Undoes it, whoever did it; what is large by a job (call queue_wake after the commit).
 * ERR_NOT_FOUND: no such operation; ERR_CONFLICT: undone already, or not finished yet;
 * ERR_INVALID: too old, or not of a kind that can be undone; each with a message for the
 * user. */
MUST_CHECK enum err operation_undo(struct db *db, int64_t dataset, int64_t id, int64_t user,
                                   struct operation_undone *out);

/* The next step of an OP_UNDO that a job does; *out_more false: it was the last. *out counts
 * all steps so far. */
MUST_CHECK enum err operation_undo_step(struct db *db, int64_t dataset, int64_t undo,
                                        struct operation_undone *out, bool *out_more);

/* ---- for those who define kinds ---- */

struct operation_undoing {
    int64_t dataset;
    const struct operation_row *operation; /* its row is locked in the first step */
    int64_t undo, user;                    /* id of the OP_UNDO, who undoes */
    int64_t cursor;                        /* 0 in the first step */
};

/* Puts back what the operation did, under the id of the OP_UNDO, and adds to *out how many. In
 * steps of OPERATION_STEP: behind the cursor, which it moves on; it leaves 0 in the cursor when
 * nothing follows. (A kind that is always small does all at once and leaves it 0.) */
typedef enum err operation_undoer(struct db *db, struct operation_undoing *undoing,
                                  struct operation_undone *out);

#endif
