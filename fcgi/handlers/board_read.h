/*
 * board_read.h - reads what the board page shows, for handlers/board.c and board_changes.c.
 */
#ifndef LEADBOARD_HANDLERS_BOARD_READ_H
#define LEADBOARD_HANDLERS_BOARD_READ_H

#include "fcgi/board_draw.h"
#include "fcgi/board_filter.h"
#include "fcgi/handlers/board.h"

struct board_read {
    struct sql_board_get board;
    struct sql_board_names_rows names;
    struct sql_stage_list_rows stages; /* sorted as the filter says, when it does */
    struct sql_member_list_rows members;
    struct sql_automation_titles_rows automations;
    struct sql_tag_list_rows tags;
    struct sql_board_views_rows views;
    struct board_filter filter; /* in effect */
    struct str query;           /* the same */
    struct board_cards cards;
    struct card_found *found; /* by stage, when the filter leaves cards out; else NULL */
};

/* The board of the path with everything on it, as `asked` wants it looked at; 404 when the user
 * may not see it. `asked` may name a saved view and nothing else: then it is that view. */
MUST_CHECK enum err board_read(struct web *web, const struct board_filter *asked,
                               struct board_read *out);

/* Only what drawing some cards takes: board, stages, members. */
MUST_CHECK enum err board_read_head(struct web *web, const struct board_filter *filter,
                                    struct board_read *out);

/* How many cards of each stage pass the filter, into out->found. */
MUST_CHECK enum err board_read_found(struct web *web, struct board_read *out);

/* The cards of one stage of it behind a place (card_draw_place). */
MUST_CHECK enum err board_read_more(struct web *web, const struct board_read *from,
                                    const struct sql_stage_list *stage, struct str after,
                                    struct more_view *out);

/* What card_find wants to know of the board and its stages. */
struct card_find board_read_find(struct web *web, const struct board_read *from);

#endif
