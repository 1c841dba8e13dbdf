#include "fcgi/board_draw.h"

static void draw_head(struct ctx *ctx, int64_t board, const struct sql_stage_list *row,
                      size_t i, struct stage_view *out)
{
    *out = (struct stage_view){
        .id = row->id,
        .board = board,
        .number = (int64_t)i + 1,
        .name = row->name,
        .cards = row->cards,
        .wip_limit = row->wip_limit_null ? 0 : row->wip_limit,
        .over = !row->wip_limit_null && row->cards > row->wip_limit,
        .entry = row->entry,
        .final = row->final,
        .sorted = row->sort != 0,
        .current = i == 0,
        .shown = {.board = board, .stage = row->id},
    };
    out->orders = card_draw_orders(ctx, row->sort, row->sort_ascending, &out->n_orders);
}

struct stage_view *board_draw_stages(struct ctx *ctx, int64_t board,
                                     const struct sql_stage_list_rows *rows, struct str csrf)
{
    struct stage_view *stages = ARENA_ARRAY(ctx->arena, rows->n, struct stage_view);
    for (size_t i = 0; i < rows->n; i++) {
        draw_head(ctx, board, &rows->row[i], i, &stages[i]);
        stages[i].csrf = csrf;
    }
    return stages;
}

/* The rows come stage by stage, each stage in its order. */
void board_draw_cards(struct card_draw *draw, const struct sql_stage_list_rows *rows,
                      const struct sql_board_cards_rows *cards, bool all,
                      struct stage_view *stages)
{
    struct card_view *views = ARENA_ARRAY(draw->ctx->arena, cards->n, struct card_view);
    for (size_t i = 0; i < cards->n;) {
        size_t first = i, s = 0;
        while (s < rows->n && rows->row[s].id != cards->row[first].stage_id) {
            s++;
        }
        if (s < rows->n) {
            card_draw_in(draw, &rows->row[s]);
        }
        for (; i < cards->n && cards->row[i].stage_id == cards->row[first].stage_id; i++) {
            views[i] = card_draw(draw, &CARD_ROW(&cards->row[i]));
        }
        if (s == rows->n) {
            continue; /* made after the stages were read */
        }
        struct more_view *shown = &stages[s].shown;
        shown->list = &views[first];
        shown->n_list = i - first;
        if (shown->n_list == CARDS_PER_STAGE && stages[s].cards > CARDS_PER_STAGE && all) {
            shown->after =
                card_draw_place(draw->ctx, rows->row[s].sort, &CARD_ROW(&cards->row[i - 1]),
                                cards->row[i - 1].rank);
        }
    }
}

void board_draw_folds(struct stage_view *stages, size_t n, struct sql_i64s folded)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < folded.n; k++) {
            stages[i].folded = stages[i].folded || folded.v[k] == stages[i].id;
        }
        if (stages[i].folded && stages[i].cards > 0) {
            stages[i].shown.after = STR("first"); /* phones show it all the same */
        }
    }
}

const struct board_name *board_draw_names(struct ctx *ctx, int64_t current,
                                          const struct sql_board_names_rows *rows)
{
    struct board_name *names = ARENA_ARRAY(ctx->arena, rows->n, struct board_name);
    for (size_t i = 0; i < rows->n; i++) {
        names[i] = (struct board_name){.id = rows->row[i].id,
                                       .name = rows->row[i].name,
                                       .current = rows->row[i].id == current};
    }
    return names;
}
