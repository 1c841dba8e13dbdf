#include "fcgi/card_draw.h"

#include "fcgi/card_tags.h"
#include "fcgi/mark.h"
#include "shared/clock.h"

#define HOT_SCORE 75
#define TAGS_SHOWN 2
#define TAGS_MAX 1000

bool card_draw_is_hot(int64_t score)
{
    return score >= HOT_SCORE;
}

static void draw_tags(const struct card_draw *draw, struct str json, struct card_view *view)
{
    struct card_tags tags;
    size_t more;
    card_tags_read(draw->ctx, json, draw->whole_tags ? TAGS_MAX : TAGS_SHOWN, &tags, &more);
    struct card_tag *shown = ARENA_ARRAY(draw->ctx->arena, tags.n, struct card_tag);
    for (size_t i = 0; i < tags.n; i++) {
        shown[i] = (struct card_tag){.name = tags.v[i].name,
                                     .count = tags.v[i].count > 1 ? tags.v[i].count : 0};
    }
    view->tags = shown;
    view->n_tags = tags.n < TAGS_SHOWN ? tags.n : TAGS_SHOWN;
    view->n_all_tags = tags.n;
    view->more_tags = (int64_t)(tags.n - view->n_tags + more);
}

static void draw_owner(const struct card_draw *draw, int64_t owner, struct card_view *view)
{
    const struct sql_member_list *member = why_member(draw->names.members, owner);
    if (member != NULL) {
        view->owner = member->id;
        view->owner_name = member->name;
        view->owner_initials = mark_initials(draw->ctx->arena, view->owner_name);
        view->owner_hue = mark_hue(view->owner_name);
    }
}

/* Only a move to another stage changes stage_at: a note leaves the age as it is. */
static void draw_age(const struct card_draw *draw, const struct card_row *row,
                     struct card_view *view)
{
    int64_t days = (draw->now - row->stage_at) / CLOCK_DAY;
    view->stage_days = days > 0 ? days : 0;
    if (draw->age_limit_days > 0 && view->stage_days > draw->age_limit_days) {
        view->age_limit = draw->age_limit_days;
    }
    view->why = why_sentence(draw->ctx->arena, &draw->names, &row->why);
}

struct card_draw card_draw_begin(struct ctx *ctx, const struct sql_board_get *board,
                                 const struct sql_member_list_rows *members,
                                 const struct sql_automation_titles_rows *automations)
{
    return (struct card_draw){
        .ctx = ctx,
        .board = board->id,
        .names = {.members = members,
                  .segment = board->segment_id_null ? 0 : board->segment_id,
                  .segment_name = board->segment,
                  .automations = automations},
        .now = clock_now(),
    };
}

void card_draw_in(struct card_draw *draw, const struct sql_stage_list *stage)
{
    draw->age_limit_days = stage->age_limit_days_null ? 0 : stage->age_limit_days;
}

struct card_view card_draw(const struct card_draw *draw, const struct card_row *row)
{
    struct card_view view = {
        .id = row->id,
        .board = draw->board,
        .version = row->version,
        .title = row->title,
        .domain = str_eq_ci(row->domain, row->title) ? (struct str){.p = NULL} : row->domain,
        .logo = row->logo,
        .contacts = row->contacts,
        .visitors = row->visitors,
        .score = row->score,
        .hot = card_draw_is_hot(row->score),
        .last_activity_at = row->last_activity_at,
        .modified_at = row->modified_at,
    };
    if (str_is_empty(row->logo)) {
        view.initials = mark_initials(draw->ctx->arena, row->title);
        view.hue = mark_hue(str_is_null(row->domain) ? row->title : row->domain);
    }
    draw_tags(draw, row->tags, &view);
    draw_age(draw, row, &view);
    if (row->has_owner) {
        draw_owner(draw, row->owner, &view);
    }
    return view;
}

/* ---- orders ---- */

static const struct {
    struct str value, name;
    int16_t sort;
    bool ascending;
} orders[] = {
    {STR_INIT("hand"), STR_INIT("By hand"), SORT_BY_HAND, false},
    {STR_INIT("activity"), STR_INIT("Last activity, newest first"), SORT_ACTIVITY, false},
    {STR_INIT("activity-up"), STR_INIT("Last activity, oldest first"), SORT_ACTIVITY, true},
    {STR_INIT("modified"), STR_INIT("Last modified, newest first"), SORT_MODIFIED, false},
    {STR_INIT("modified-up"), STR_INIT("Last modified, oldest first"), SORT_MODIFIED, true},
    {STR_INIT("score"), STR_INIT("Leadscore, highest first"), SORT_SCORE, false},
    {STR_INIT("score-up"), STR_INIT("Leadscore, lowest first"), SORT_SCORE, true},
    {STR_INIT("stage-up"), STR_INIT("Longest in this stage first"), SORT_STAGE, true},
    {STR_INIT("stage"), STR_INIT("Newest in this stage first"), SORT_STAGE, false},
};
#define N_ORDERS (sizeof(orders) / sizeof(orders[0]))

const struct stage_order *card_draw_orders(struct ctx *ctx, int16_t sort, bool ascending,
                                           size_t *out_n)
{
    struct stage_order *list = ARENA_ARRAY(ctx->arena, N_ORDERS, struct stage_order);
    for (size_t i = 0; i < N_ORDERS; i++) {
        list[i] = (struct stage_order){
            .value = orders[i].value,
            .name = orders[i].name,
            .current = orders[i].sort == sort &&
                       (sort == SORT_BY_HAND || orders[i].ascending == ascending),
        };
    }
    *out_n = N_ORDERS;
    return list;
}

bool card_draw_order(struct str value, int16_t *out_sort, bool *out_ascending)
{
    for (size_t i = 0; i < N_ORDERS; i++) {
        if (str_eq(orders[i].value, value)) {
            *out_sort = orders[i].sort;
            *out_ascending = orders[i].ascending;
            return true;
        }
    }
    return false;
}

/* By hand has one direction. */
static size_t find_order(int16_t sort, bool ascending)
{
    for (size_t i = 1; i < N_ORDERS; i++) {
        if (orders[i].sort == sort && orders[i].ascending == ascending) {
            return i;
        }
    }
    return 0;
}

struct str card_draw_order_value(int16_t sort, bool ascending)
{
    return orders[find_order(sort, ascending)].value;
}

struct str card_draw_order_name(int16_t sort, bool ascending)
{
    return orders[find_order(sort, ascending)].name;
}

/* ---- places ---- */

struct str card_draw_place(struct ctx *ctx, int16_t sort, const struct card_row *row,
                           struct str rank)
{
    const int64_t keys[] = {
        [SORT_BY_HAND] = 0,
        [SORT_ACTIVITY] = row->last_activity_at == 0 ? INT64_MIN : row->last_activity_at,
        [SORT_MODIFIED] = row->modified_at,
        [SORT_SCORE] = row->score,
        [SORT_STAGE] = row->stage_at,
    };
    if (sort == SORT_BY_HAND) {
        return arena_print(ctx->arena, "%.*s_%lld", STR_ARG(rank), (long long)row->id);
    }
    return arena_print(ctx->arena, "%lld_%lld", (long long)keys[sort], (long long)row->id);
}

static bool is_numeric(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c >= '0' && c <= '9') {
            digits++;
        } else if (!(c == '-' && i == 0) && !(c == '.' && digits > 0)) {
            return false;
        }
    }
    return digits > 0 && text.n < 16000 && str_find(text, '.') + 1 != text.n;
}

static struct card_place before_all(bool ascending)
{
    return (struct card_place){.rank = STR("-Infinity"),
                               .at = ascending ? INT64_MIN : INT64_MAX,
                               .score = ascending ? INT16_MIN : INT16_MAX,
                               .id = ascending ? 0 : INT64_MAX};
}

bool card_draw_place_read(struct str text, int16_t sort, bool ascending, struct card_place *out)
{
    struct str key;
    struct card_place place = {.rank = STR("0")};
    if (str_eq(text, STR("first"))) {
        *out = before_all(ascending);
        return true;
    }
    if (!str_next(&text, '_', &key) || !str_to_i64(text, &place.id)) {
        return false;
    }
    int64_t number = 0;
    bool good = sort == SORT_BY_HAND ? is_numeric(key) : str_to_i64(key, &number);
    if (sort == SORT_BY_HAND) {
        place.rank = key;
    } else if (sort == SORT_SCORE) {
        place.score = (int16_t)number;
        good = good && number >= INT16_MIN && number <= INT16_MAX;
    } else {
        place.at = number;
    }
    *out = place;
    return good;
}
