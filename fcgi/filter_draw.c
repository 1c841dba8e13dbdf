#include "fcgi/filter_draw.h"

#include "fcgi/card_draw.h"
#include "shared/clock.h"

struct str filter_draw_address(struct ctx *ctx, int64_t board, struct str query)
{
    return arena_print(ctx->arena, "/boards/%lld?%.*s", (long long)board,
                       STR_ARG(str_is_empty(query) ? STR("clear=1") : query));
}

static struct str address(const struct filter_draw *draw, const struct board_filter *filter)
{
    return filter_draw_address(draw->ctx, draw->board, board_filter_query(draw->ctx, filter));
}

static bool has(struct sql_i64s ids, int64_t id)
{
    for (size_t i = 0; i < ids.n; i++) {
        if (ids.v[i] == id) {
            return true;
        }
    }
    return false;
}

/* ---- chips ---- */

static struct board_filter_names names_of(const struct filter_draw *draw)
{
    struct ctx *ctx = draw->ctx;
    struct board_filter_name *tags =
        ARENA_ARRAY(ctx->arena, draw->tags->n, struct board_filter_name);
    struct board_filter_name *members =
        ARENA_ARRAY(ctx->arena, draw->members->n, struct board_filter_name);
    for (size_t i = 0; i < draw->tags->n; i++) {
        tags[i] = (struct board_filter_name){draw->tags->row[i].id, draw->tags->row[i].name};
    }
    for (size_t i = 0; i < draw->members->n; i++) {
        members[i] =
            (struct board_filter_name){draw->members->row[i].id, draw->members->row[i].name};
    }
    return (struct board_filter_names){.tags = tags,
                                       .members = members,
                                       .n_tags = draw->tags->n,
                                       .n_members = draw->members->n};
}

static void draw_chips(const struct filter_draw *draw, struct filter_view *out)
{
    const struct board_filter_names names = names_of(draw);
    size_t n;
    const struct filter_chip *chips = board_filter_chips(draw->ctx, draw->filter, &names, &n);
    struct filter_chip *shown = ARENA_ARRAY(draw->ctx->arena, n, struct filter_chip);
    for (size_t i = 0; i < n; i++) {
        shown[i] = chips[i];
        shown[i].without = filter_draw_address(draw->ctx, draw->board, chips[i].without);
    }
    out->chips = shown;
    out->n_chips = n;
    out->n_on = (int64_t)n;
}

/* ---- the form ---- */

static void draw_tags(const struct filter_draw *draw, struct filter_view *out)
{
    const struct card_filter *cards = &draw->filter->cards;
    struct filter_tag *tags = ARENA_ARRAY(draw->ctx->arena, draw->tags->n, struct filter_tag);
    for (size_t i = 0; i < draw->tags->n; i++) {
        int64_t id = draw->tags->row[i].id;
        tags[i] = (struct filter_tag){.id = id,
                                      .name = draw->tags->row[i].name,
                                      .with = has(cards->tags, id),
                                      .without = has(cards->not_tags, id)};
    }
    out->tags = tags;
    out->n_tags = draw->tags->n;
}

static void draw_owners(const struct filter_draw *draw, struct filter_view *out)
{
    const struct card_filter *cards = &draw->filter->cards;
    struct filter_option *owners =
        ARENA_ARRAY(draw->ctx->arena, draw->members->n + 1, struct filter_option);
    owners[0] = (struct filter_option){STR("none"), STR("Nobody"), cards->unowned};
    for (size_t i = 0; i < draw->members->n; i++) {
        const struct sql_member_list *member = &draw->members->row[i];
        owners[i + 1] = (struct filter_option){
            .value = arena_print(draw->ctx->arena, "%lld", (long long)member->id),
            .name = member->name,
            .current = has(cards->owners, member->id)};
    }
    out->owners = owners;
    out->n_owners = draw->members->n + 1;
}

/* From so many days ago until now, as an address. */
static struct str since(const struct filter_draw *draw, int64_t days)
{
    struct board_filter filter = *draw->filter;
    int64_t now = clock_now();
    filter.cards.from_at = now - now % CLOCK_DAY - days * CLOCK_DAY;
    filter.cards.until_at = 0;
    filter.cards.on = filter.cards.on == CARD_DATE_NONE ? CARD_DATE_ACTIVITY : filter.cards.on;
    return address(draw, &filter);
}

static void draw_dates(const struct filter_draw *draw, struct filter_view *out)
{
    const struct card_filter *cards = &draw->filter->cards;
    static const struct {
        int64_t days;
        struct str name;
    } spans[] = {{0, STR_INIT("Today")},
                 {6, STR_INIT("7 days")},
                 {29, STR_INIT("30 days")},
                 {89, STR_INIT("90 days")}};
    enum { N_SPANS = sizeof(spans) / sizeof(spans[0]) };
    struct filter_option *dates = ARENA_ARRAY(draw->ctx->arena, 3, struct filter_option);
    struct filter_option *days = ARENA_ARRAY(draw->ctx->arena, N_SPANS, struct filter_option);
    dates[0] =
        (struct filter_option){STR("activity"), STR("Active"), cards->on <= CARD_DATE_ACTIVITY};
    dates[1] = (struct filter_option){STR("modified"), STR("Changed"),
                                      cards->on == CARD_DATE_MODIFIED};
    dates[2] =
        (struct filter_option){STR("created"), STR("Created"), cards->on == CARD_DATE_CREATED};
    for (size_t i = 0; i < N_SPANS; i++) {
        days[i] =
            (struct filter_option){.value = since(draw, spans[i].days), .name = spans[i].name};
    }
    out->dates = dates;
    out->n_dates = 3;
    out->days = days;
    out->n_days = N_SPANS;
    if (cards->on != CARD_DATE_NONE) {
        out->from = board_filter_day(draw->ctx, cards->from_at);
        out->to = board_filter_last_day(draw->ctx, cards->until_at);
    }
}

static void draw_scores(const struct filter_draw *draw, struct filter_view *out)
{
    const struct card_filter *cards = &draw->filter->cards;
    if (cards->min != 0) {
        out->min = arena_print(draw->ctx->arena, "%d", cards->min);
    }
    if (cards->max != CARD_FILTER_SCORE_MAX) {
        out->max = arena_print(draw->ctx->arena, "%d", cards->max);
    }
}

static void draw_orders(const struct filter_draw *draw, struct filter_view *out)
{
    size_t n;
    const struct stage_order *orders =
        card_draw_orders(draw->ctx, draw->filter->sort, draw->filter->ascending, &n);
    struct filter_option *options = ARENA_ARRAY(draw->ctx->arena, n + 1, struct filter_option);
    options[0] = (struct filter_option){STR(""), STR("As each stage is"), false};
    for (size_t i = 0; i < n; i++) {
        options[i + 1] =
            (struct filter_option){.value = orders[i].value,
                                   .name = orders[i].name,
                                   .current = draw->filter->sorted && orders[i].current};
    }
    out->orders = options;
    out->n_orders = n + 1;
}

/* ---- the menu of views ---- */

static void draw_lanes(const struct filter_draw *draw, struct filter_view *out)
{
    static const struct str words[] = {STR_INIT("No lanes"), STR_INIT("Lanes by owner"),
                                       STR_INIT("Lanes by tag")};
    static const struct str values[] = {STR_INIT(""), STR_INIT("owner"), STR_INIT("tag")};
    struct filter_option *links = ARENA_ARRAY(draw->ctx->arena, 3, struct filter_option);
    struct board_filter filter = *draw->filter;
    for (size_t i = 0; i < 3; i++) {
        filter.lanes = (enum board_lanes)i;
        links[i] = (struct filter_option){.value = address(draw, &filter),
                                          .name = words[i],
                                          .current = draw->filter->lanes == filter.lanes};
    }
    out->lanes = values[draw->filter->lanes];
    out->lane_links = links;
    out->n_lane_links = 3;
}

/* True when the view shows something else than the filter does. */
static bool is_changed(const struct filter_draw *draw, struct str query)
{
    struct board_filter saved, now = *draw->filter;
    now.view = 0;
    if (board_filter_parse(draw->ctx, query, &saved) != ERR_NONE) {
        ctx_clear(draw->ctx);
        return true;
    }
    saved.view = 0;
    return !str_eq(board_filter_query(draw->ctx, &saved), board_filter_query(draw->ctx, &now));
}

static void draw_views(const struct filter_draw *draw, struct filter_view *out)
{
    const struct sql_board_views_rows *rows = draw->views;
    struct filter_saved *saved = ARENA_ARRAY(draw->ctx->arena, rows->n, struct filter_saved);
    for (size_t i = 0; i < rows->n; i++) {
        const struct sql_board_views *row = &rows->row[i];
        bool mine = row->user_id == draw->user, current = row->id == draw->filter->view;
        saved[i] = (struct filter_saved){
            .href = arena_print(draw->ctx->arena, "/boards/%lld?view=%lld",
                                (long long)draw->board, (long long)row->id),
            .name = row->name,
            .current = current,
            .shared = row->shared,
            .owner = row->owner};
        if (current) {
            out->view =
                (struct filter_current){.id = row->id,
                                        .name = row->name,
                                        .shared = row->shared,
                                        .mine = mine,
                                        .changed = is_changed(draw, row->query),
                                        .may_delete = mine || draw->board_owner == draw->user};
        }
    }
    out->saved = saved;
    out->n_saved = rows->n;
}

void filter_draw(const struct filter_draw *draw, struct filter_view *out)
{
    *out = (struct filter_view){.board = draw->board,
                                .query = board_filter_query(draw->ctx, draw->filter),
                                .text = draw->filter->cards.text,
                                .filtered = !card_filter_is_empty(&draw->filter->cards)};
    draw_chips(draw, out);
    draw_tags(draw, out);
    draw_owners(draw, out);
    draw_dates(draw, out);
    draw_scores(draw, out);
    draw_orders(draw, out);
    draw_lanes(draw, out);
    draw_views(draw, out);
}
