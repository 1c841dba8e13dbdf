/*
 * board.h - what the handlers of boards, cards and notes share, and the forms they take.
 */
#ifndef LEADBOARD_HANDLERS_BOARD_H
#define LEADBOARD_HANDLERS_BOARD_H

#include "fcgi/handlers.h"
#include "gen/sql.h"

#define BOARD_MISSING "This board does not exist, or you may not see it."
#define CARD_MISSING "This card is no longer on the board, or you may not see it."

extern const struct form_spec stage_sort_spec, stage_fold_spec, board_copy_spec,
    board_basics_spec, board_stages_spec, board_import_spec, board_delete_spec, board_view_spec,
    stage_delete_spec, card_move_spec, note_spec, note_pin_spec, note_delete_spec, detail_spec,
    note_restore_spec, mention_seen_spec;

/* The board of the path, if the user may see it; else 404. */
MUST_CHECK enum err board_load(struct web *web, struct sql_board_get *out_board);

struct board_form_view;
/* The rows of the form that edits stages. */
void stages_draw(struct web *web, const struct sql_stage_list_rows *stages,
                 struct board_form_view *view);

/* What a page has seen, when it was read in a snapshot with this `since` (board_get). */
struct str board_cursor(struct ctx *ctx, int64_t since);
/* What the answer to a page's request says beside what changed. */
struct board_answer {
    struct str message; /* why it was not done */
    struct str said;    /* what was done */
    int64_t operation;  /* that can be undone; 0: none */
    bool progress;      /* a job still does it */
};
/* Draws what changed since the cursor a page holds, in the transaction that is open; or, for
 * handlers with ROUTE_OWN_TRANSACTION, in one of its own. */
MUST_CHECK enum err board_answer_changes(struct web *web, struct response *response,
                                         struct str cursor, const struct board_answer *answer);
MUST_CHECK enum err board_draw_changes(struct web *web, struct response *response,
                                       struct str cursor, const struct board_answer *answer);

/* The query of a board's address as a form sent it along, without what is for one view only; ""
 * when it is none. */
struct str board_query(struct ctx *ctx, struct str typed);
/* Back to the board, where a bar says what the operation did. */
enum err board_redirect_did(struct response *response, int64_t board, struct str query,
                            int64_t operation);
/* As it, to another page that says what was done. back is a path of this site. */
enum err board_back_did(struct response *response, struct str back, int64_t operation);
struct did_view;
/* ?did=: what is said of that operation; nothing when it is none of this board. */
MUST_CHECK enum err board_read_did(struct web *web, struct did_view *did);
/* ?did= on pages that are of no board; "no value" when there is none that the user may see. */
MUST_CHECK enum err operation_read_did(struct web *web, struct str *out_said,
                                       bool *out_running);

#endif
