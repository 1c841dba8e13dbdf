/*
 * board_read.h - reads what the board page shows, for handlers/board.c.
 */
#ifndef LEADBOARD_HANDLERS_BOARD_READ_H
#define LEADBOARD_HANDLERS_BOARD_READ_H

#include "fcgi/board_draw.h"
#include "fcgi/handlers/board.h"

struct board_read {
    struct sql_board_get board;
    struct sql_board_names_rows names;
    struct sql_stage_list_rows stages;
    struct sql_board_cards_rows cards;
    struct sql_member_list_rows members;
    struct str search; /* ?q=; "no value" when nothing is searched for */
};

/* The board of the path with everything on it, in one round trip; 404 when the user may not
 * see it. */
MUST_CHECK enum err board_read(struct web *web, struct board_read *out);

/* The cards of one stage of it behind a place (card_draw_place). */
MUST_CHECK enum err board_read_more(struct web *web, const struct board_read *from,
                                    const struct sql_stage_list *stage, struct str after,
                                    struct more_view *out);

#endif
