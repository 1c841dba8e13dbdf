/*
 * apply.h - what can be done to a choice of cards, for the pages that offer it.
 */
#ifndef LEADBOARD_HANDLERS_APPLY_H
#define LEADBOARD_HANDLERS_APPLY_H

#include "fcgi/handlers/board.h"
#include "fcgi/views/operations.h"

/* The actions of one card of the board of the path, but moving it. owner: who has it, 0 nobody.
 */
MUST_CHECK enum err apply_draw_card(struct web *web, int64_t card, int64_t owner,
                                    struct actions_view *actions);

#endif
