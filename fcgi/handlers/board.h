/*
 * board.h - what the handlers of boards, cards and notes share, and the forms they take.
 */
#ifndef LEADBOARD_HANDLERS_BOARD_H
#define LEADBOARD_HANDLERS_BOARD_H

#include "fcgi/handlers.h"
#include "gen/sql.h"

#define BOARD_MISSING "This board does not exist, or you may not see it."
#define CARD_MISSING "This card is no longer on the board, or you may not see it."

extern const struct form_spec stage_sort_spec, board_basics_spec, board_stages_spec,
    board_import_spec, board_delete_spec, stage_delete_spec, card_move_spec, note_spec,
    note_pin_spec, note_delete_spec, detail_spec;

/* The board of the path, if the user may see it; else 404. */
MUST_CHECK enum err board_load(struct web *web, struct sql_board_get *out_board);

struct board_form_view;
/* The rows of the form that edits stages. */
void stages_draw(struct web *web, const struct sql_stage_list_rows *stages,
                 struct board_form_view *view);

/* What a page has seen, when it was read in a snapshot with this `since` (board_get). */
struct str board_cursor(struct ctx *ctx, int64_t since);
/* Draws what changed since the cursor a page holds, in a transaction of its own, as the answer
 * to a move; message is said to the reader. */
MUST_CHECK enum err board_draw_changes(struct web *web, struct response *response,
                                       struct str cursor, struct str message);

#endif
