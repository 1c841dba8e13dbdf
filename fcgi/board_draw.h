/*
 * board_draw.h - a board's stages with their cards, as the statements of board.sql return them,
 * made ready for the templates. One card: card_draw.h.
 */
#ifndef LEADBOARD_BOARD_DRAW_H
#define LEADBOARD_BOARD_DRAW_H

#include "fcgi/card_draw.h"

/* A card where it stands. */
struct board_card {
    int64_t stage;
    struct str rank;
    struct card_row row;
};
#define BOARD_CARD(r)                                                                          \
    ((struct board_card){.stage = (r)->stage_id, .rank = (r)->rank, .row = CARD_ROW(r)})
struct board_cards {
    const struct board_card *v;
    size_t n;
};

/* Stages without cards. csrf: of the forms in their headers; "no value": none is drawn. */
struct stage_view *board_draw_stages(struct ctx *ctx, int64_t board,
                                     const struct sql_stage_list_rows *rows, struct str csrf);

/* Puts the first cards of each stage into the stages, which were drawn from `rows` of stages.
 * The cards come stage by stage. found: of each stage, when the cards are those that a filter
 * found; NULL: all cards. */
void board_draw_cards(struct card_draw *draw, const struct sql_stage_list_rows *rows,
                      struct board_cards cards, const struct card_found *found,
                      struct stage_view *stages);

/* Some cards of one stage, and whether more come behind them. */
void board_draw_shown(struct card_draw *draw, const struct sql_stage_list *row,
                      struct board_cards cards, bool more, struct more_view *shown);

/* Under a filter: each stage tells how many were found of how many. Answers how many in all,
 * as "12 cards" or "500+ cards". */
struct str board_draw_found(struct ctx *ctx, const struct card_found *found,
                            struct stage_view *stages, size_t n);

/* Marks those that are folded away; no cards are drawn of them. */
void board_draw_folds(struct stage_view *stages, size_t n, struct sql_i64s folded);

/* The address of a stage's next cards, with the board's query. */
void board_draw_next(struct ctx *ctx, struct str query, struct more_view *more);

/* For the switch in the title. */
const struct board_name *board_draw_names(struct ctx *ctx, int64_t current,
                                          const struct sql_board_names_rows *rows);

#endif
