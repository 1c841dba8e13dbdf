/*
 * board_lanes.h - swimlanes: the cards of a board's stages, laid out by owner or by tag. A card
 * stands in one lane: with several tags in the first of their lanes, by name. Those that belong
 * to nobody, or have no tag, have the last lane.
 */
#ifndef LEADBOARD_BOARD_LANES_H
#define LEADBOARD_BOARD_LANES_H

#include "fcgi/board_filter.h"
#include "fcgi/views/board.h"

/* From view->stages with their cards, into view->lanes. The cards were drawn with whole_tags
 * for LANES_TAG. */
void board_lanes_draw(struct ctx *ctx, enum board_lanes by, struct board_view *view);

#endif
