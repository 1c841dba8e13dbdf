/*
 * card_move.h - moves a card to a place in a stage of its board, as a person does.
 *
 * The move names the version of the card its maker saw. When the card has changed since,
 * nothing is written. A card's place is a number between those of its neighbours, so a move
 * writes one card row, whatever the size of the stage. Moving many: card_operations.h.
 */
#ifndef LEADBOARD_CARD_MOVE_H
#define LEADBOARD_CARD_MOVE_H

#include "shared/operation.h"

struct card_move {
    struct db_scope scope;
    int64_t board, card, user;
    int64_t stage; /* where to */
    int32_t version;
    /* Behind this card, or else before that one; 0 or a card that is not in the stage (any
     * more): at the top, or at the bottom. */
    int64_t after, before;
    bool bottom;
};

struct card_moved {
    int64_t from_stage;
    int32_t version;                /* the new one */
    struct operation_row operation; /* the OP_MOVE that this is, to be undone */
};

/* One round trip, its own transaction. ERR_NOT_FOUND: not there, not visible to this user, or
 * not at this version; nothing was written. */
MUST_CHECK enum err card_move(struct db *db, const struct card_move *move,
                              struct card_moved *out_moved);

#endif
