#include "fcgi/board_lanes.h"

struct lane {
    struct str key, name, initials;
    int64_t hue;
};

/* In the order of their names. */
struct lanes {
    struct ctx *ctx;
    enum board_lanes by;
    struct lane *v;
    size_t n;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int compare_names(struct str a, struct str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        unsigned char x = (unsigned char)lower(a.p[i]), y = (unsigned char)lower(b.p[i]);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return a.n == b.n ? str_cmp(a, b) : a.n < b.n ? -1 : 1;
}

static int compare(const struct lane *a, const struct lane *b)
{
    int names = compare_names(a->name, b->name);
    return names != 0 ? names : str_cmp(a->key, b->key);
}

/* Where the lane is, or belongs. */
static size_t place_of(const struct lanes *lanes, const struct lane *lane, bool *out_found)
{
    size_t from = 0, to = lanes->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare(&lanes->v[middle], lane) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    *out_found = from < lanes->n && compare(&lanes->v[from], lane) == 0;
    return from;
}

/* ---- the lanes of a card ---- */

static size_t count_of(const struct lanes *lanes, const struct card_view *card)
{
    return lanes->by == LANES_TAG ? card->n_all_tags : card->owner != 0;
}

static struct lane lane_of(const struct lanes *lanes, const struct card_view *card, size_t i)
{
    if (lanes->by == LANES_TAG) {
        return (struct lane){.key = card->tags[i].name, .name = card->tags[i].name};
    }
    return (struct lane){
        .key = arena_print(lanes->ctx->arena, "%lld", (long long)card->owner),
        .name = card->owner_name,
        .initials = card->owner_initials,
        .hue = card->owner_hue,
    };
}

static void collect(struct lanes *lanes, const struct card_view *card)
{
    for (size_t i = 0; i < count_of(lanes, card); i++) {
        bool found;
        struct lane lane = lane_of(lanes, card, i);
        size_t at = place_of(lanes, &lane, &found);
        if (!found) {
            for (size_t k = lanes->n++; k > at; k--) {
                lanes->v[k] = lanes->v[k - 1];
            }
            lanes->v[at] = lane;
        }
    }
}

/* The one it stands in; n is the last, of those without. */
static size_t choose(const struct lanes *lanes, const struct card_view *card)
{
    size_t first = lanes->n;
    for (size_t i = 0; i < count_of(lanes, card); i++) {
        bool found;
        struct lane lane = lane_of(lanes, card, i);
        size_t at = place_of(lanes, &lane, &found);
        first = at < first ? at : first;
    }
    return first;
}

/* ---- drawing ---- */

static struct lanes collect_all(struct ctx *ctx, enum board_lanes by,
                                const struct board_view *view)
{
    struct lanes lanes = {.ctx = ctx, .by = by};
    size_t room = 0;
    for (size_t s = 0; s < view->n_stages; s++) {
        for (size_t i = 0; i < view->stages[s].shown.n_list; i++) {
            room += count_of(&lanes, &view->stages[s].shown.list[i]);
        }
    }
    lanes.v = ARENA_ARRAY(ctx->arena, room + 1, struct lane);
    for (size_t s = 0; s < view->n_stages; s++) {
        for (size_t i = 0; i < view->stages[s].shown.n_list; i++) {
            collect(&lanes, &view->stages[s].shown.list[i]);
        }
    }
    return lanes;
}

/* A cell for each stage in each lane, still empty. */
static struct lane_cell *make_cells(const struct lanes *lanes, const struct board_view *view,
                                    struct lane_view *views)
{
    size_t n = view->n_stages;
    struct lane_cell *cells =
        ARENA_ARRAY(lanes->ctx->arena, (lanes->n + 1) * n, struct lane_cell);
    for (size_t i = 0; i <= lanes->n; i++) {
        for (size_t s = 0; s < n; s++) {
            cells[i * n + s] = (struct lane_cell){.stage = view->stages[s].id,
                                                  .stage_name = view->stages[s].name,
                                                  .lane = lanes->v[i].key,
                                                  .folded = view->stages[s].folded};
        }
        views[i] = (struct lane_view){.key = lanes->v[i].key,
                                      .name = lanes->v[i].name,
                                      .initials = lanes->v[i].initials,
                                      .hue = lanes->v[i].hue,
                                      .cells = &cells[i * n],
                                      .n_cells = n};
    }
    return cells;
}

/* The cards of a stage, each into the cell of its lane, in their order. */
static void fill_cells(const struct lanes *lanes, const struct more_view *shown,
                       struct lane_cell *cells, size_t step, struct lane_view *views)
{
    struct arena *arena = lanes->ctx->arena;
    size_t *lane = ARENA_ARRAY(arena, shown->n_list, size_t);
    size_t *start = ARENA_ARRAY(arena, lanes->n + 2, size_t);
    struct card_view *cards = ARENA_ARRAY(arena, shown->n_list, struct card_view);
    for (size_t i = 0; i < shown->n_list; i++) {
        lane[i] = choose(lanes, &shown->list[i]);
        start[lane[i] + 1]++;
    }
    for (size_t k = 0; k <= lanes->n; k++) {
        start[k + 1] += start[k];
        cells[k * step].list = &cards[start[k]];
    }
    for (size_t i = 0; i < shown->n_list; i++) {
        struct lane_cell *cell = &cells[lane[i] * step];
        cards[start[lane[i]] + cell->n_list++] = shown->list[i];
        views[lane[i]].cards++;
    }
}

/* A lane whose cards all stand in others is not shown; the last one is, on a board without
 * cards. */
static size_t keep_full(struct lane_view *views, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (views[i].cards > 0 || (i + 1 == n && kept == 0)) {
            views[kept++] = views[i];
        }
    }
    return kept;
}

void board_lanes_draw(struct ctx *ctx, enum board_lanes by, struct board_view *view)
{
    struct lanes lanes = collect_all(ctx, by, view);
    lanes.v[lanes.n] = (struct lane){.key = STR("none"),
                                     .name = by == LANES_TAG ? STR("No tag") : STR("Nobody")};
    struct lane_view *views = ARENA_ARRAY(ctx->arena, lanes.n + 1, struct lane_view);
    struct lane_cell *cells = make_cells(&lanes, view, views);
    for (size_t s = 0; s < view->n_stages; s++) {
        fill_cells(&lanes, &view->stages[s].shown, &cells[s], view->n_stages, views);
        view->lanes_partial = view->lanes_partial || !str_is_empty(view->stages[s].shown.after);
    }
    view->lanes_by = by == LANES_TAG ? STR("tag") : STR("owner");
    view->lanes = views;
    view->n_lanes = keep_full(views, lanes.n + 1);
}
