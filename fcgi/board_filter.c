#include "fcgi/board_filter.h"

#include "fcgi/card_draw.h"
#include "shared/clock.h"
#include "shared/html.h"

static const char *const date_words[] = {"", "activity", "modified", "created"};
static const char *const lanes_words[] = {"", "owner", "tag"};
static const char *const names[] = {"q",  "tag", "nottag", "owner", "on",    "from",
                                    "to", "min", "max",    "sort",  "lanes", "view"};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* ---- reading ---- */

static enum err refuse(struct ctx *ctx, struct str value, const char *wanted)
{
    return ctx_fail(ctx, ERR_INVALID, "“%.*s” in this address is not %s.",
                    STR_ARG(str_cut(value, 60)), wanted);
}

static enum err read_word(struct ctx *ctx, struct str value, const char *const *words, size_t n,
                          const char *wanted, size_t *out)
{
    for (size_t i = 1; i < n; i++) {
        if (str_eq(value, str_from(words[i]))) {
            *out = i;
            return ERR_NONE;
        }
    }
    return refuse(ctx, value, wanted);
}

/* Ids in ascending order, each once. */
struct id_list {
    int64_t v[CARD_FILTER_IDS_MAX];
    size_t n;
};

static enum err add_id(struct ctx *ctx, struct str value, const char *what,
                       struct id_list *list)
{
    int64_t id;
    if (!str_to_i64(value, &id) || id <= 0) {
        return refuse(ctx, value, what);
    }
    size_t at = 0;
    while (at < list->n && list->v[at] < id) {
        at++;
    }
    if (at < list->n && list->v[at] == id) {
        return ERR_NONE;
    }
    if (list->n == CARD_FILTER_IDS_MAX) {
        return ctx_fail(ctx, ERR_INVALID,
                        "A board can be filtered by %d tags or owners at most.",
                        CARD_FILTER_IDS_MAX);
    }
    memmove(&list->v[at + 1], &list->v[at], (list->n - at) * sizeof(list->v[0]));
    list->v[at] = id;
    list->n++;
    return ERR_NONE;
}

static struct sql_i64s keep_ids(struct ctx *ctx, const struct id_list *list)
{
    int64_t *v = ARENA_ARRAY(ctx->arena, list->n, int64_t);
    memcpy(v, list->v, list->n * sizeof(*v));
    return (struct sql_i64s){.v = v, .n = list->n};
}

static enum err read_day(struct ctx *ctx, struct str value, int64_t *out_at)
{
    return clock_parse_day(value, out_at) ? ERR_NONE
                                          : refuse(ctx, value, "a day like 2026-11-21");
}

static enum err read_score(struct ctx *ctx, struct str value, int16_t *out)
{
    int64_t score;
    if (!str_to_i64(value, &score) || score < 0 || score > CARD_FILTER_SCORE_MAX) {
        return refuse(ctx, value, "a leadscore from 0 to 100");
    }
    *out = (int16_t)score;
    return ERR_NONE;
}

/* A search is one line; white space at its ends and control characters say nothing. */
static struct str search_text(struct ctx *ctx, struct str value)
{
    char *p = arena_alloc(ctx->arena, value.n + 1);
    for (size_t i = 0; i < value.n; i++) {
        p[i] = (unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f ? ' ' : value.p[i];
    }
    struct str text = {.p = p, .n = value.n};
    return str_trim(str_cut(str_trim(text), CARD_FILTER_TEXT_MAX));
}

struct lists {
    struct id_list tags, not_tags, owners;
};

static enum err read_view(struct ctx *ctx, struct str value, int64_t *out)
{
    return str_to_i64(value, out) && *out > 0 ? ERR_NONE : refuse(ctx, value, "a saved view");
}

/* The conditions on cards that have several values, or one in words. */
static enum err read_condition(struct ctx *ctx, struct str name, struct str value,
                               struct lists *lists, struct card_filter *filter)
{
    size_t place = 0;
    if (str_eq(name, STR("q"))) {
        filter->text = search_text(ctx, value);
        return ERR_NONE;
    }
    if (str_eq(name, STR("tag"))) {
        return add_id(ctx, value, "a tag", &lists->tags);
    }
    if (str_eq(name, STR("nottag"))) {
        return add_id(ctx, value, "a tag", &lists->not_tags);
    }
    if (str_eq(name, STR("owner"))) {
        filter->unowned = filter->unowned || str_eq(value, STR("none"));
        return str_eq(value, STR("none")) ? ERR_NONE
                                          : add_id(ctx, value, "an owner", &lists->owners);
    }
    if (str_eq(name, STR("on"))) {
        TRY(read_word(ctx, value, date_words, 4, "activity, modified or created", &place));
        filter->on = (enum card_filter_date)place;
    }
    return ERR_NONE;
}

static enum err read_range(struct ctx *ctx, struct str name, struct str value,
                           struct card_filter *filter)
{
    if (str_eq(name, STR("from"))) {
        return read_day(ctx, value, &filter->from_at);
    }
    if (str_eq(name, STR("to"))) {
        TRY(read_day(ctx, value, &filter->until_at));
        filter->until_at += CLOCK_DAY;
    }
    if (str_eq(name, STR("min"))) {
        return read_score(ctx, value, &filter->min);
    }
    return str_eq(name, STR("max")) ? read_score(ctx, value, &filter->max) : ERR_NONE;
}

static enum err read_look(struct ctx *ctx, struct str name, struct str value,
                          struct board_filter *filter)
{
    size_t place = 0;
    if (str_eq(name, STR("sort"))) {
        filter->sorted = card_draw_order(value, &filter->sort, &filter->ascending);
        return filter->sorted ? ERR_NONE : refuse(ctx, value, "an order of cards");
    }
    if (str_eq(name, STR("lanes"))) {
        TRY(read_word(ctx, value, lanes_words, 3, "owner or tag", &place));
        filter->lanes = (enum board_lanes)place;
    }
    return str_eq(name, STR("view")) ? read_view(ctx, value, &filter->view) : ERR_NONE;
}

/* A range turned around is meant the other way; a kind of date without a day says nothing, and
 * a day without a kind is of the activity. */
static void settle(struct card_filter *filter)
{
    if (filter->from_at == 0 && filter->until_at == 0) {
        filter->on = CARD_DATE_NONE;
    } else if (filter->on == CARD_DATE_NONE) {
        filter->on = CARD_DATE_ACTIVITY;
    }
    if (filter->until_at != 0 && filter->from_at >= filter->until_at) {
        int64_t first = filter->until_at - CLOCK_DAY;
        filter->until_at = filter->from_at + CLOCK_DAY;
        filter->from_at = first;
    }
    if (filter->min > filter->max) {
        int16_t min = filter->max;
        filter->max = filter->min;
        filter->min = min;
    }
    if (str_is_empty(filter->text)) {
        filter->text = (struct str){.p = NULL};
    }
}

enum err board_filter_read(struct ctx *ctx, struct request_pairs pairs,
                           struct board_filter *out_filter)
{
    struct board_filter filter = {.cards = CARD_FILTER_ALL};
    struct lists lists = {.tags = {.n = 0}};
    for (size_t i = 0; i < pairs.n; i++) {
        struct str name = pairs.v[i].name, value = str_trim(pairs.v[i].value);
        if (!str_is_empty(value)) {
            TRY(read_condition(ctx, name, value, &lists, &filter.cards));
            TRY(read_range(ctx, name, value, &filter.cards));
            TRY(read_look(ctx, name, value, &filter));
        }
    }
    filter.cards.tags = keep_ids(ctx, &lists.tags);
    filter.cards.not_tags = keep_ids(ctx, &lists.not_tags);
    filter.cards.owners = keep_ids(ctx, &lists.owners);
    settle(&filter.cards);
    *out_filter = filter;
    return ERR_NONE;
}

enum err board_filter_parse(struct ctx *ctx, struct str query, struct board_filter *out_filter)
{
    struct request_pairs pairs;
    TRY(request_urlencoded(ctx, query, &pairs));
    return board_filter_read(ctx, pairs, out_filter);
}

bool board_filter_is_asked(struct request_pairs pairs)
{
    for (size_t i = 0; i < N_NAMES; i++) {
        if (!str_is_null(request_pair(pairs, str_from(names[i])))) {
            return true;
        }
    }
    return false;
}

bool board_filter_is_plain(const struct board_filter *filter)
{
    return card_filter_is_empty(&filter->cards) && !filter->sorted;
}

/* ---- writing ---- */

struct str board_filter_day(struct ctx *ctx, int64_t at)
{
    if (at == 0) {
        return STR("");
    }
    struct clock_date date = clock_date(at);
    return arena_print(ctx->arena, "%04d-%02d-%02d", date.year, date.month, date.day);
}

struct str board_filter_last_day(struct ctx *ctx, int64_t until_at)
{
    return until_at == 0 ? STR("") : board_filter_day(ctx, until_at - CLOCK_DAY);
}

static void put(struct sb *sb, const char *name, struct str value)
{
    if (!str_is_empty(value)) {
        sb_printf(sb, sb->n == 0 ? "%s=" : "&%s=", name);
        html_query(sb, value);
    }
}

static void put_number(struct ctx *ctx, struct sb *sb, const char *name, int64_t value)
{
    put(sb, name, arena_print(ctx->arena, "%lld", (long long)value));
}

static void put_ids(struct ctx *ctx, struct sb *sb, const char *name, struct sql_i64s ids)
{
    for (size_t i = 0; i < ids.n; i++) {
        put_number(ctx, sb, name, ids.v[i]);
    }
}

struct str board_filter_query(struct ctx *ctx, const struct board_filter *filter)
{
    const struct card_filter *cards = &filter->cards;
    struct sb sb;
    sb_init(&sb, ctx->arena, BOARD_FILTER_QUERY_MAX);
    put(&sb, "q", cards->text);
    put_ids(ctx, &sb, "tag", cards->tags);
    put_ids(ctx, &sb, "nottag", cards->not_tags);
    put_ids(ctx, &sb, "owner", cards->owners);
    put(&sb, "owner", cards->unowned ? STR("none") : STR(""));
    if (cards->on != CARD_DATE_NONE) {
        put(&sb, "on", str_from(date_words[cards->on]));
        put(&sb, "from", board_filter_day(ctx, cards->from_at));
        put(&sb, "to", board_filter_last_day(ctx, cards->until_at));
    }
    if (cards->min != 0) {
        put_number(ctx, &sb, "min", cards->min);
    }
    if (cards->max != CARD_FILTER_SCORE_MAX) {
        put_number(ctx, &sb, "max", cards->max);
    }
    if (filter->sorted) {
        put(&sb, "sort", card_draw_order_value(filter->sort, filter->ascending));
    }
    put(&sb, "lanes", str_from(lanes_words[filter->lanes]));
    if (filter->view != 0 && sb.n != 0) { /* alone it would be what was saved */
        put_number(ctx, &sb, "view", filter->view);
    }
    return sb_view(&sb);
}

/* ---- chips ---- */

#define CHIPS_MAX (3 * CARD_FILTER_IDS_MAX + 5)

struct chips {
    struct ctx *ctx;
    const struct board_filter *filter;
    struct filter_chip *list;
    size_t n;
};

static void add(struct chips *chips, struct str text, const struct board_filter *without,
                bool unknown)
{
    chips->list[chips->n++] = (struct filter_chip){
        .text = text, .without = board_filter_query(chips->ctx, without), .unknown = unknown};
}

static struct str name_of(const struct board_filter_name *list, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].id == id) {
            return list[i].name;
        }
    }
    return (struct str){.p = NULL};
}

static struct sql_i64s without_place(struct ctx *ctx, struct sql_i64s ids, size_t place)
{
    int64_t *v = ARENA_ARRAY(ctx->arena, ids.n, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < ids.n; i++) {
        if (i != place) {
            v[n++] = ids.v[i];
        }
    }
    return (struct sql_i64s){.v = v, .n = n};
}

static void add_ids(struct chips *chips, const char *label, const char *unknown,
                    const struct board_filter_name *list, size_t n_list, size_t offset)
{
    struct board_filter without = *chips->filter;
    /* The member of `without` that the ids are of. */
    struct sql_i64s *ids = (struct sql_i64s *)(void *)((char *)&without.cards + offset);
    const struct sql_i64s all = *ids;
    for (size_t i = 0; i < all.n; i++) {
        struct str name = name_of(list, n_list, all.v[i]);
        bool missing = str_is_null(name);
        *ids = without_place(chips->ctx, all, i);
        add(chips,
            missing ? str_from(unknown)
                    : arena_print(chips->ctx->arena, "%s: %.*s", label, STR_ARG(name)),
            &without, missing);
    }
}

/* "1 Nov", with the year when it is not this one. */
static struct str short_day(struct ctx *ctx, int64_t at)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct clock_date date = clock_date(at), now = clock_date(clock_now());
    const char *month = months[(date.month + 11) % 12];
    return date.year == now.year
               ? arena_print(ctx->arena, "%d %s", date.day, month)
               : arena_print(ctx->arena, "%d %s %d", date.day, month, date.year);
}

static struct str date_text(struct ctx *ctx, const struct card_filter *cards)
{
    static const char *const words[] = {"", "Active", "Changed", "Created"};
    const char *word = words[cards->on];
    struct str last =
        cards->until_at == 0 ? STR("") : short_day(ctx, cards->until_at - CLOCK_DAY);
    if (cards->from_at == 0) {
        return arena_print(ctx->arena, "%s until %.*s", word, STR_ARG(last));
    }
    struct str first = short_day(ctx, cards->from_at);
    if (cards->until_at == 0) {
        return arena_print(ctx->arena, "%s since %.*s", word, STR_ARG(first));
    }
    return str_eq(first, last) ? arena_print(ctx->arena, "%s on %.*s", word, STR_ARG(first))
                               : arena_print(ctx->arena, "%s %.*s to %.*s", word,
                                             STR_ARG(first), STR_ARG(last));
}

static void add_ranges(struct chips *chips)
{
    const struct card_filter *cards = &chips->filter->cards;
    struct board_filter without = *chips->filter;
    if (cards->on != CARD_DATE_NONE) {
        without.cards.on = CARD_DATE_NONE;
        add(chips, date_text(chips->ctx, cards), &without, false);
    }
    if (cards->min != 0 || cards->max != CARD_FILTER_SCORE_MAX) {
        without = *chips->filter;
        without.cards.min = 0;
        without.cards.max = CARD_FILTER_SCORE_MAX;
        add(chips, arena_print(chips->ctx->arena, "Score %d to %d", cards->min, cards->max),
            &without, false);
    }
}

const struct filter_chip *board_filter_chips(struct ctx *ctx, const struct board_filter *filter,
                                             const struct board_filter_names *known,
                                             size_t *out_n)
{
    struct chips chips = {.ctx = ctx,
                          .filter = filter,
                          .list = ARENA_ARRAY(ctx->arena, CHIPS_MAX, struct filter_chip)};
    struct board_filter without = *filter;
    if (!str_is_empty(filter->cards.text)) {
        without.cards.text = (struct str){.p = NULL};
        add(&chips, arena_print(ctx->arena, "“%.*s”", STR_ARG(filter->cards.text)), &without,
            false);
    }
    add_ids(&chips, "Tag", "Tag: deleted", known->tags, known->n_tags,
            offsetof(struct card_filter, tags));
    add_ids(&chips, "Not tag", "Not tag: deleted", known->tags, known->n_tags,
            offsetof(struct card_filter, not_tags));
    add_ids(&chips, "Owner", "Owner: unknown", known->members, known->n_members,
            offsetof(struct card_filter, owners));
    if (filter->cards.unowned) {
        without = *filter;
        without.cards.unowned = false;
        add(&chips, STR("Owner: nobody"), &without, false);
    }
    add_ranges(&chips);
    if (filter->sorted) {
        without = *filter;
        without.sorted = false;
        add(&chips, card_draw_order_name(filter->sort, filter->ascending), &without, false);
    }
    *out_n = chips.n;
    return chips.list;
}
