/*
 * board_draw.h - a board's stages with their cards, as the statements of board.sql return them,
 * made ready for the templates. One card: card_draw.h.
 */
#ifndef LEADBOARD_BOARD_DRAW_H
#define LEADBOARD_BOARD_DRAW_H

#include "fcgi/card_draw.h"

/* Stages without cards. csrf: of the forms in their headers; "no value": none is drawn. */
struct stage_view *board_draw_stages(struct ctx *ctx, int64_t board,
                                     const struct sql_stage_list_rows *rows, struct str csrf);

/* Puts the first cards of each stage into the stages, which were drawn from `rows` of stages.
 * The cards come stage by stage. all: false when they are only some of the stage's (found by a
 * search). */
void board_draw_cards(struct card_draw *draw, const struct sql_stage_list_rows *rows,
                      const struct sql_board_cards_rows *cards, bool all,
                      struct stage_view *stages);

/* Marks those that are folded away; no cards are drawn of them. */
void board_draw_folds(struct stage_view *stages, size_t n, struct sql_i64s folded);

/* For the switch in the title. */
const struct board_name *board_draw_names(struct ctx *ctx, int64_t current,
                                          const struct sql_board_names_rows *rows);

#endif
