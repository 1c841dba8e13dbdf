/*
 * operation_said.h - operations in words, for the bar over the board, the toast, the page of an
 * operation and the history.
 */
#ifndef LEADBOARD_OPERATION_SAID_H
#define LEADBOARD_OPERATION_SAID_H

#include "shared/operation.h"

/* "Moved 12 cards to Interest", without a full stop; "Nothing changed: ..." when n is 0. */
struct str operation_said(struct ctx *ctx, const struct operation_row *operation);
/* What is being done, while a job does it: "Moving cards to Interest". */
struct str operation_said_doing(struct ctx *ctx, const struct operation_row *operation);
/* "Undone: 11 cards are back as they were. 1 was changed since and stays as it is." */
struct str operation_said_undone(struct ctx *ctx, enum operation_kind kind,
                                 const struct operation_undone *undone);
/* The same of an OP_UNDO as it is kept. */
struct str operation_said_undo(struct ctx *ctx, enum operation_kind kind,
                               const struct operation_row *undo);
/* It did something, was not undone, is not an undo and not too old. */
bool operation_said_may_undo(const struct operation_row *operation);

#endif
