/*
 * filter_draw.h - a board's filter made ready for its bar, its form and the menu of views.
 */
#ifndef LEADBOARD_FILTER_DRAW_H
#define LEADBOARD_FILTER_DRAW_H

#include "fcgi/views/filter.h"
#include "gen/sql.h"

/* The board as it is looked at. */
struct filter_draw {
    struct ctx *ctx;
    int64_t board, user, board_owner;
    const struct board_filter *filter;
    const struct sql_member_list_rows *members;
    const struct sql_tag_list_rows *tags;
    const struct sql_board_views_rows *views;
};

/* All but csrf and what was found. */
void filter_draw(const struct filter_draw *draw, struct filter_view *out);

/* "/boards/3?tag=5"; for an empty query the address that forgets the one before. */
struct str filter_draw_address(struct ctx *ctx, int64_t board, struct str query);

#endif
