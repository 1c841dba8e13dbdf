/*
 * board_owners.h - the avatars in a board's header: who owns cards on it. Each is a link that
 * adds the owner to the filter, or takes it out again.
 */
#ifndef LEADBOARD_BOARD_OWNERS_H
#define LEADBOARD_BOARD_OWNERS_H

#include "fcgi/board_filter.h"
#include "fcgi/views/board.h"
#include "gen/sql.h"

#define BOARD_OWNERS_SHOWN 6 /* the others are in a menu */

/* Into view->owners and view->more_owners. */
void board_owners_draw(struct ctx *ctx, const struct board_filter *filter,
                       const struct sql_member_list_rows *members, struct board_view *view);

#endif
