#include "fcgi/board_draw.h"

#include "shared/tpl.h"

#define NUMBER_MAX 32

static struct str number(struct ctx *ctx, int64_t value)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, NUMBER_MAX);
    tpl_number(&sb, value);
    return sb_view(&sb);
}

static void draw_head(struct ctx *ctx, int64_t board, const struct sql_stage_list *row,
                      size_t i, struct stage_view *out)
{
    *out = (struct stage_view){
        .id = row->id,
        .board = board,
        .number = (int64_t)i + 1,
        .name = row->name,
        .cards = row->cards,
        .count = number(ctx, row->cards),
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

void board_draw_shown(struct card_draw *draw, const struct sql_stage_list *row,
                      struct board_cards cards, bool more, struct more_view *shown)
{
    struct card_view *views = ARENA_ARRAY(draw->ctx->arena, cards.n, struct card_view);
    card_draw_in(draw, row);
    for (size_t i = 0; i < cards.n; i++) {
        views[i] = card_draw(draw, &cards.v[i].row);
    }
    shown->list = views;
    shown->n_list = cards.n;
    if (more) {
        const struct board_card *last = &cards.v[cards.n - 1];
        shown->after = card_draw_place(draw->ctx, row->sort, &last->row, last->rank);
    }
}

void board_draw_cards(struct card_draw *draw, const struct sql_stage_list_rows *rows,
                      struct board_cards cards, const struct card_found *found,
                      struct stage_view *stages)
{
    for (size_t first = 0, end; first < cards.n; first = end) {
        size_t s = 0;
        while (s < rows->n && rows->row[s].id != cards.v[first].stage) {
            s++;
        }
        for (end = first; end < cards.n && cards.v[end].stage == cards.v[first].stage;) {
            end++;
        }
        if (s < rows->n) { /* else it was made after the stages were read */
            bool more = found == NULL ? end - first == CARDS_PER_STAGE &&
                                            stages[s].cards > CARDS_PER_STAGE
                                      : card_found_more(&found[s]);
            board_draw_shown(draw, &rows->row[s],
                             (struct board_cards){.v = &cards.v[first], .n = end - first}, more,
                             &stages[s].shown);
        }
    }
}

struct str board_draw_found(struct ctx *ctx, const struct card_found *found,
                            struct stage_view *stages, size_t n)
{
    int64_t total = 0;
    bool counted = true;
    for (size_t i = 0; i < n; i++) {
        total += found[i].count;
        counted = counted && found[i].counted;
        stages[i].of_all = arena_print(ctx->arena, "of %.*s cards", STR_ARG(stages[i].count));
        stages[i].count = number(ctx, found[i].count);
        if (!found[i].counted) {
            stages[i].count = arena_print(ctx->arena, "%.*s+", STR_ARG(stages[i].count));
        }
    }
    return arena_print(ctx->arena, "%.*s%s %s", STR_ARG(number(ctx, total)), counted ? "" : "+",
                       counted && total == 1 ? "card" : "cards");
}

void board_draw_next(struct ctx *ctx, struct str query, struct more_view *more)
{
    more->href =
        arena_print(ctx->arena, "/boards/%lld?%.*s%sstage=%lld&after=%.*s",
                    (long long)more->board, STR_ARG(query), str_is_empty(query) ? "" : "&",
                    (long long)more->stage, STR_ARG(more->after));
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
