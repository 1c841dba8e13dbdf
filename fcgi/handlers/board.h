/*
 * board.h - the board page: its cards, their order, and what changed since a page was drawn.
 */
#ifndef LEADBOARD_HANDLERS_BOARD_H
#define LEADBOARD_HANDLERS_BOARD_H

#include "fcgi/web.h"

route_handler board_page;       /* GET /boards/{board}, also ?stage=&after= */
route_handler board_sort_stage; /* POST /boards/{board}/stages/{stage}/sort */
route_handler board_changes;    /* GET /boards/{board}/changes?since= */
route_handler board_live;       /* GET /boards/{board}/live */

extern const struct form_spec board_sort_form;

/* Draws what changed since the cursor a page holds, in a transaction of its own, as the answer
 * to a move; message is said to the reader. */
MUST_CHECK enum err board_draw_changes(struct web *web, struct response *response,
                                       struct str cursor, struct str message);

#define BOARD_MISSING "This board does not exist, or you may not see it."

#endif
