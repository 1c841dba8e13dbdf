#include "shared/card_find.h"

#include "gen/sql.h"
#include "shared/db_value.h"
#include "shared/sb.h"

#define SQL_MAX ((size_t)64 << 10)
#define PARAMS_MAX 64

/* Each order as SQL over card c, or over rows that have its columns. */
static const struct {
    const char *key;    /* what is compared */
    const char *column; /* that it is made of */
    enum db_type type;  /* of the key in a place */
    bool down[2];       /* [ascending] */
} orders[] = {
    [SORT_BY_HAND] = {"c.rank", "c.rank", DB_NUMERIC, {false, false}},
    [SORT_ACTIVITY] = {"coalesce(c.last_activity_at, '-infinity')",
                       "c.last_activity_at",
                       DB_TIMESTAMPTZ,
                       {true, false}},
    [SORT_MODIFIED] = {"c.modified_at", "c.modified_at", DB_TIMESTAMPTZ, {true, false}},
    [SORT_SCORE] = {"c.score", "c.score", DB_SMALLINT, {true, false}},
    [SORT_STAGE] = {"c.stage_at", "c.stage_at", DB_TIMESTAMPTZ, {true, false}},
};

struct composer {
    const struct card_find *find;
    struct ctx *ctx;
    struct sb sql;
    struct db_value params[PARAMS_MAX];
    size_t n_params;
};

static size_t param(struct composer *c, struct db_value value)
{
    c->params[c->n_params++] = value;
    return c->n_params;
}

static size_t ids_param(struct composer *c, struct sql_i64s ids)
{
    return param(c, (struct db_value){.type = DB_BIGINT_ARRAY, .as.bigints = ids});
}

static void begin(struct composer *c, struct db *db, const struct card_find *find)
{
    *c = (struct composer){.find = find, .ctx = db_ctx(db)};
    sb_init(&c->sql, c->ctx->arena, SQL_MAX);
    (void)param(c, DB_VALUE_BIGINT(find->dataset)); /* $1 and $2 everywhere */
    (void)param(c, DB_VALUE_BIGINT(find->board));
}

static bool is_down(struct card_order order)
{
    return orders[order.sort].down[order.ascending];
}

static void put_order(struct composer *c, struct card_order order)
{
    const char *way = is_down(order) ? " desc" : "";
    sb_printf(&c->sql, " order by %s%s, c.id%s", orders[order.sort].key, way, way);
}

static struct db_value place_key(const struct card_place *place, enum db_type type)
{
    switch ((int)type) {
    case DB_NUMERIC:
        return (struct db_value){.type = type, .as.text = place->rank};
    case DB_SMALLINT:
        return (struct db_value){.type = type, .as.smallint = place->score};
    default:
        return (struct db_value){.type = type, .as.bigint = place->at};
    }
}

/* Behind the place that was asked for. */
static void put_after(struct composer *c, struct card_order order)
{
    const struct card_place *place = c->find->after;
    if (place == NULL) {
        return;
    }
    size_t key = param(c, place_key(place, orders[order.sort].type));
    size_t id = param(c, DB_VALUE_BIGINT(place->id));
    sb_printf(&c->sql, " and (%s, c.id) %s ($%zu, $%zu)", orders[order.sort].key,
              is_down(order) ? "<" : ">", key, id);
}

/* ---- conditions ---- */

/* The text with a wild card before every third character, and its own taken literally: the
 * index is asked for threes of letters, each of which has a long list to go through, and those
 * that do not overlap find nearly what all of them do. */
static struct str like_pattern(struct ctx *ctx, struct str text)
{
    struct sb sb;
    size_t left = str_utf8_length(text), at = 0;
    sb_init(&sb, ctx->arena, 3 * CARD_FILTER_TEXT_MAX + 3);
    for (size_t i = 0; i < text.n; i++) {
        if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
            if (at == 0 || (at % 3 == 0 && left >= 3)) {
                sb_char(&sb, '%');
            }
            at++;
            left--;
        }
        if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '\\') {
            sb_char(&sb, '\\');
        }
        sb_char(&sb, text.p[i]);
    }
    sb_char(&sb, '%');
    return sb_view(&sb);
}

static void put_owners(struct composer *c)
{
    const struct card_filter *filter = c->find->filter;
    if (filter->owners.n == 0 && filter->unowned) {
        SB_LIT(&c->sql, " and c.owner_id is null");
    } else if (filter->owners.n != 0) {
        sb_printf(&c->sql, " and (c.owner_id = any ($%zu)%s)", ids_param(c, filter->owners),
                  filter->unowned ? " or c.owner_id is null" : "");
    }
}

static void put_dates(struct composer *c)
{
    static const char *const columns[] = {"", "coalesce(c.last_activity_at, '-infinity')",
                                          "c.modified_at", "c.created_at"};
    const struct card_filter *filter = c->find->filter;
    if (filter->on == CARD_DATE_NONE) {
        return;
    }
    if (filter->from_at != 0) {
        sb_printf(&c->sql, " and %s >= $%zu", columns[filter->on],
                  param(c, DB_VALUE_TIME(filter->from_at)));
    }
    if (filter->until_at != 0) {
        sb_printf(&c->sql, " and %s < $%zu", columns[filter->on],
                  param(c, DB_VALUE_TIME(filter->until_at)));
        if (filter->on == CARD_DATE_ACTIVITY) { /* never is not before a day */
            SB_LIT(&c->sql, " and c.last_activity_at is not null");
        }
    }
}

static void put_scores(struct composer *c)
{
    const struct card_filter *filter = c->find->filter;
    if (filter->min != 0) {
        sb_printf(&c->sql, " and c.score >= %d", filter->min);
    }
    if (filter->max != CARD_FILTER_SCORE_MAX) {
        sb_printf(&c->sql, " and c.score <= %d", filter->max);
    }
}

/* Text and day of creation are found by the indexes of card_find. */
static bool is_indexed(const struct card_filter *filter)
{
    return !str_is_empty(filter->text) || filter->on == CARD_DATE_CREATED;
}

/* True when that is all there is to the filter, so that what it finds can be counted there. */
static bool is_indexed_alone(const struct card_filter *filter)
{
    return is_indexed(filter) && filter->tags.n == 0 && filter->not_tags.n == 0 &&
           filter->owners.n == 0 && !filter->unowned && filter->on != CARD_DATE_ACTIVITY &&
           filter->on != CARD_DATE_MODIFIED && filter->min == 0 &&
           filter->max == CARD_FILTER_SCORE_MAX;
}

static void put_found(struct composer *c)
{
    const struct card_filter *filter = c->find->filter;
    SB_LIT(&c->sql, "select f.card_id from card_find f where f.dataset_id = $1 and "
                    "f.board_id = $2");
    if (!str_is_empty(filter->text)) {
        size_t pattern = param(c, DB_VALUE_TEXT(like_pattern(c->ctx, filter->text)));
        sb_printf(&c->sql, " and f.text like lower($%zu) and strpos(f.text, lower($%zu)) > 0",
                  pattern, param(c, DB_VALUE_TEXT(filter->text)));
    }
    if (filter->on == CARD_DATE_CREATED && filter->from_at != 0) {
        sb_printf(&c->sql, " and f.created_at >= $%zu",
                  param(c, DB_VALUE_TIME(filter->from_at)));
    }
    if (filter->on == CARD_DATE_CREATED && filter->until_at != 0) {
        sb_printf(&c->sql, " and f.created_at < $%zu",
                  param(c, DB_VALUE_TIME(filter->until_at)));
    }
}

/* The same by the card's own columns, row by row. */
static void put_by_row(struct composer *c)
{
    const struct card_filter *filter = c->find->filter;
    if (!str_is_empty(filter->text)) {
        size_t text = param(c, DB_VALUE_TEXT(filter->text));
        sb_printf(&c->sql,
                  " and (strpos(c.title_lower, lower($%zu)) > 0 or strpos(c.domain, "
                  "lower($%zu)) > 0)",
                  text, text);
    }
}

/* What card_find does not know. */
static void put_rest(struct composer *c)
{
    const struct card_filter *filter = c->find->filter;
    if (filter->tags.n != 0) { /* the index has no cards without tags */
        sb_printf(&c->sql, " and c.tag_ids @> $%zu and c.tag_ids <> '{}'",
                  ids_param(c, filter->tags));
    }
    if (filter->not_tags.n != 0) {
        sb_printf(&c->sql, " and not c.tag_ids && $%zu", ids_param(c, filter->not_tags));
    }
    put_owners(c);
    put_dates(c);
    put_scores(c);
}

static void put_filter(struct composer *c)
{
    put_by_row(c);
    put_rest(c);
}

/* ---- running ---- */

/* As the filter role, in one round trip. */
static enum err run(struct db *db, const struct composer *c, struct db_result *out)
{
    const struct db_statement *sent = NULL;
    if (c->sql.overflow) {
        return ctx_fail(c->ctx, ERR_INVALID, "This is too much to filter by.");
    }
    TRY(sql_filter_role_send(db));
    TRY(db_query_send(db, sb_view(&c->sql), c->params, c->n_params, &sent));
    TRY(sql_filter_role_end_send(db));
    TRY(sql_filter_role_take(db, NULL));
    TRY(db_query_take(db, sent, out));
    return sql_filter_role_end_take(db, NULL);
}

static int64_t cell_id(const struct db_result *result, size_t row, size_t column)
{
    const struct db_value *cell = db_cell(result, row, column);
    return cell->null ? 0 : cell->as.bigint;
}

/* ---- cards by stage ---- */

static struct sql_i64s stage_ids(struct composer *c)
{
    int64_t *v = ARENA_ARRAY(c->ctx->arena, c->find->n_stages, int64_t);
    for (size_t i = 0; i < c->find->n_stages; i++) {
        v[i] = c->find->stages[i].id;
    }
    return (struct sql_i64s){.v = v, .n = c->find->n_stages};
}

/* A way to answer from indexes: by those of card_find, which know text and day of creation, or
 * by the cards' own; worth it up to how many. */
struct way {
    bool by_find;
    int most;
};

static bool has_tag_or_owner(const struct card_filter *filter)
{
    return filter->tags.n != 0 || filter->owners.n != 0;
}

/* What a text finds is worth many looks where its cards' own columns are asked for too, because
 * walking stages that have no such card costs more; but not where a tag or owner does that. */
static struct way way_by_find(const struct card_filter *filter)
{
    bool few = is_indexed_alone(filter) || has_tag_or_owner(filter);
    return (struct way){.by_find = true, .most = few ? CARD_FIND_FEW : CARD_FIND_PROBED};
}

static struct way way_by_card(const struct card_filter *filter)
{
    return (struct way){.most = has_tag_or_owner(filter) ? CARD_FIND_PROBED : CARD_FIND_FEW};
}

/* Conditions on card c but for what card_find was asked. */
static void put_few_rest(struct composer *c, struct way way)
{
    const struct card_find *find = c->find;
    sb_printf(&c->sql, " and c.stage_id = any ($%zu)", ids_param(c, stage_ids(c)));
    if (!way.by_find) {
        put_by_row(c);
    }
    put_rest(c);
    if (find->n_stages == 1) {
        put_after(c, find->stages[0].order);
    }
}

/* Only what the orders need: the rest of a row lies behind its texts. */
static void put_columns(struct composer *c)
{
    bool there[sizeof(orders) / sizeof(orders[0])] = {false};
    SB_LIT(&c->sql, "select c.id, c.stage_id");
    for (size_t i = 0; i < c->find->n_stages; i++) {
        enum card_sort sort = c->find->stages[i].order.sort;
        if (!there[sort]) {
            sb_printf(&c->sql, ", %s", orders[sort].column);
        }
        there[sort] = true;
    }
    SB_LIT(&c->sql, " from card c where c.dataset_id = $1 and c.board_id = $2");
}

/* The cards that pass, as c; and how many, as n. What card_find finds is looked up card by
 * card, which the planner, who does not know what passes the rest, would not choose; and not at
 * all when it is too much. */
static void put_few(struct composer *c, struct way way)
{
    int most = way.most;
    if (!way.by_find) {
        SB_LIT(&c->sql, "with c as materialized (");
        put_columns(c);
        put_few_rest(c, way);
        sb_printf(&c->sql, " limit %d), n as materialized (select count(*) as n from c)",
                  most + 1);
        return;
    }
    SB_LIT(&c->sql, "with f as materialized (");
    put_found(c);
    sb_printf(&c->sql, " limit %d), c as materialized (select c.* from f, lateral (", most + 1);
    put_columns(c);
    SB_LIT(&c->sql, " and c.id = f.card_id");
    put_few_rest(c, way);
    sb_printf(
        &c->sql,
        " offset 0) c where (select count(*) from f) <= %d), n as materialized (select "
        "case when (select count(*) from f) > %d then %d else (select count(*) from c) end "
        "as n)",
        most, most, most + 1);
}

/* Rows (stage, 0, how many) and then (stage, card, 0); nothing of stages when more pass than
 * the way is good for, which the first row (0, 0, how many) tells. */
static void compose_few(struct composer *c, struct way way)
{
    const struct card_find *find = c->find;
    put_few(c, way);
    sb_printf(&c->sql,
              " select 0::bigint, 0::bigint, n.n from n union all "
              "(select c.stage_id, 0, count(*) from c where (select n from n) <= %d group by "
              "c.stage_id)",
              way.most);
    for (size_t i = 0; i < find->n_stages; i++) {
        sb_printf(
            &c->sql,
            " union all (select c.stage_id, c.id, 0 from c where (select n from n) <= %d and "
            "c.stage_id = %lld",
            way.most, (long long)find->stages[i].id);
        put_order(c, find->stages[i].order);
        sb_printf(&c->sql, " limit %lld)", (long long)find->most);
    }
}

/* Rows (stage, card, 0), one more than asked for where there are more. */
static void compose_many(struct composer *c)
{
    const struct card_find *find = c->find;
    size_t shared = 0;
    for (size_t i = 0; i < find->n_stages; i++) {
        sb_str(&c->sql, i == 0 ? STR("") : STR(" union all "));
        sb_printf(&c->sql,
                  "(select c.stage_id, c.id, 0::bigint from card c where c.dataset_id = $1 and "
                  "c.board_id = $2 and c.stage_id = %lld",
                  (long long)find->stages[i].id);
        shared = shared == 0 ? c->n_params : shared;
        c->n_params = shared; /* the same values at the same places in every part */
        put_filter(c);
        put_after(c, find->stages[i].order);
        put_order(c, find->stages[i].order);
        sb_printf(&c->sql, " limit %lld)", (long long)find->most + 1);
    }
}

static struct card_found *found_of(const struct card_find *find, int64_t stage,
                                   struct card_found *found)
{
    for (size_t i = 0; i < find->n_stages; i++) {
        if (find->stages[i].id == stage) {
            return &found[i];
        }
    }
    return NULL;
}

/* Sorts rows (stage, card, count) into the stages. */
static void collect(struct composer *c, const struct db_result *rows, struct card_found *found)
{
    const struct card_find *find = c->find;
    int64_t *ids = ARENA_ARRAY(c->ctx->arena, rows->n_rows, int64_t);
    for (size_t i = 0; i < rows->n_rows; i++) {
        ids[i] = cell_id(rows, i, 1);
        struct card_found *to = found_of(find, cell_id(rows, i, 0), found);
        if (to == NULL) {
            continue;
        }
        if (ids[i] == 0) {
            to->count = cell_id(rows, i, 2);
        } else if ((int64_t)to->ids.n == find->most) {
            to->counted = false; /* the one too many */
        } else {
            to->ids.v = to->ids.n == 0 ? &ids[i] : to->ids.v;
            to->ids.n++;
        }
    }
}

static enum err find_few(struct db *db, const struct card_find *find, struct way way,
                         struct card_found *found, bool *out_few)
{
    struct composer c;
    struct db_result rows;
    begin(&c, db, find);
    compose_few(&c, way);
    TRY(run(db, &c, &rows));
    *out_few = rows.n_rows > 0 && cell_id(&rows, 0, 2) <= way.most;
    collect(&c, &rows, found);
    return ERR_NONE;
}

static enum err find_many(struct db *db, const struct card_find *find, struct card_found *found)
{
    struct composer c;
    struct db_result rows;
    begin(&c, db, find);
    compose_many(&c);
    TRY(run(db, &c, &rows));
    collect(&c, &rows, found);
    for (size_t i = 0; i < find->n_stages; i++) {
        found[i].count = (int64_t)found[i].ids.n;
    }
    return ERR_NONE;
}

enum err card_find(struct db *db, const struct card_find *find, struct card_found *out_found)
{
    const struct card_filter *filter = find->filter;
    bool few = false;
    for (size_t i = 0; i < find->n_stages; i++) {
        out_found[i] = (struct card_found){.counted = true};
    }
    if (find->n_stages == 0 || find->n_stages > CARD_FIND_STAGES_MAX) {
        return ERR_NONE;
    }
    if (is_indexed(filter)) {
        TRY(find_few(db, find, way_by_find(filter), out_found, &few));
    }
    if (!few &&
        (is_indexed(filter) ? has_tag_or_owner(filter) : !card_filter_is_empty(filter))) {
        TRY(find_few(db, find, way_by_card(filter), out_found, &few));
    }
    return few ? ERR_NONE : find_many(db, find, out_found);
}

/* ---- some cards ---- */

/* The card before c in its stage by one order. */
static void put_previous(struct composer *c, const struct card_find_stage *stage)
{
    const char *key = orders[stage->order.sort].key;
    bool down = is_down(stage->order);
    sb_printf(&c->sql,
              "(select c.id from card c where h.stage_id = %lld and c.dataset_id = $1 and "
              "c.board_id = $2 and c.stage_id = %lld and (%s, c.id) %s (h.key_%d, h.id)",
              (long long)stage->id, (long long)stage->id, key, down ? ">" : "<",
              (int)stage->order.sort);
    put_filter(c);
    sb_printf(&c->sql, " order by %s%s, c.id%s limit 1)", key, down ? "" : " desc",
              down ? "" : " desc");
}

static void compose_among(struct composer *c, struct sql_i64s ids)
{
    sb_printf(&c->sql,
              "with h as materialized (select c.id, c.stage_id, c.rank as key_0, "
              "coalesce(c.last_activity_at, '-infinity') as key_1, c.modified_at as key_2, "
              "c.score as key_3, c.stage_at as key_4 from card c where c.dataset_id = $1 and "
              "c.board_id = $2 and "
              "c.id = any ($%zu)",
              ids_param(c, ids));
    size_t shared = c->n_params;
    put_filter(c);
    SB_LIT(&c->sql, ") select h.id, coalesce(");
    for (size_t i = 0; i < c->find->n_stages; i++) {
        c->n_params = shared;
        put_previous(c, &c->find->stages[i]);
        SB_LIT(&c->sql, ", ");
    }
    SB_LIT(&c->sql, "0) from h");
}

enum err card_find_among(struct db *db, const struct card_find *find, struct sql_i64s ids,
                         struct card_passes *out_passes, size_t *out_n)
{
    struct composer c;
    struct db_result rows = {.n_rows = 0};
    if (ids.n != 0 && find->n_stages <= CARD_FIND_STAGES_MAX) {
        begin(&c, db, find);
        compose_among(&c, ids);
        TRY(run(db, &c, &rows));
    }
    for (size_t i = 0; i < rows.n_rows && i < ids.n; i++) {
        out_passes[i] =
            (struct card_passes){.id = cell_id(&rows, i, 0), .previous = cell_id(&rows, i, 1)};
    }
    *out_n = rows.n_rows < ids.n ? rows.n_rows : ids.n;
    return ERR_NONE;
}

enum err card_find_ids(struct db *db, const struct card_find *find, int64_t after_id,
                       int64_t most, struct sql_i64s *out_ids)
{
    struct composer c;
    struct db_result rows;
    begin(&c, db, find);
    size_t stages = ids_param(&c, stage_ids(&c));
    sb_printf(&c.sql,
              "select c.id from card c where c.dataset_id = $1 and c.board_id = $2 and "
              "c.stage_id = any ($%zu) and c.id > $%zu",
              stages, param(&c, DB_VALUE_BIGINT(after_id)));
    put_filter(&c);
    sb_printf(&c.sql, " order by c.id limit %lld", (long long)most);
    TRY(run(db, &c, &rows));
    int64_t *ids = ARENA_ARRAY(c.ctx->arena, rows.n_rows, int64_t);
    for (size_t i = 0; i < rows.n_rows; i++) {
        ids[i] = cell_id(&rows, i, 0);
    }
    *out_ids = (struct sql_i64s){.v = ids, .n = rows.n_rows};
    return ERR_NONE;
}
