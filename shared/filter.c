#include "shared/filter.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/filter_compile.h"

#define SQL_MAX ((size_t)128 << 10)

/* ---- conditions and groups ---- */

static void put_name(struct filter_compiler *c, const struct filter_node *node)
{
    static const char *const columns[] = {"a.name_lower", "a.domain"};
    for (size_t i = 0; i < 2; i++) {
        const struct filter_column column = {.folded = columns[i], .fold = "lower(v)"};
        filter_put_one_of(c, &c->where, node, &column);
        SB_LIT(&c->where, " or ");
    }
    if (c->subject == FILTER_LEADS) {
        filter_put_person(c, &c->where, node);
    } else {
        filter_put_related(c, node, OF_LEADS);
    }
}

static bool filter_is_own(const struct filter_compiler *c, enum filter_side side)
{
    return side == SIDE_OWN || side == SIDE_ACCOUNT ||
           (side == SIDE_LEAD && c->subject == FILTER_LEADS);
}

static void put_condition(struct filter_compiler *c, const struct filter_node *node)
{
    enum filter_side side = node->is_group ? SIDE_EVENT : filter_source_at(node->field)->side;
    if (side == SIDE_NAME) {
        put_name(c, node);
        return;
    }
    if (filter_is_own(c, side)) {
        filter_put_column(c, &c->where, node);
        return;
    }
    enum filter_rows of[2];
    size_t n = filter_relations(c, side, of);
    for (size_t i = 0; i < n; i++) {
        sb_str(&c->where, i == 0 ? STR("") : STR(" or "));
        filter_put_related(c, node, of[i]);
    }
}

static void put_node(struct filter_compiler *c, const struct filter_node *node)
{
    bool negated = node->is_group ? node->match == FILTER_NONE && node->n_nodes > 0
                                  : filter_is_negated(node->op);
    bool several =
        node->is_group && node->match == FILTER_ANY && node->least > 1 && node->n_nodes > 0;
    SB_LIT(&c->where, "(");
    if (!node->is_group || node->match == FILTER_EVENT) {
        put_condition(c, node);
    } else if (node->n_nodes == 0) {
        SB_LIT(&c->where, "true");
    }
    for (size_t i = 0; node->is_group && node->match != FILTER_EVENT && i < node->n_nodes;
         i++) {
        sb_str(&c->where, i == 0                      ? STR("")
                          : several                   ? STR(" + ")
                          : node->match == FILTER_ALL ? STR(" and ")
                                                      : STR(" or "));
        sb_str(&c->where, several ? STR("((") : STR(""));
        put_node(c, &node->nodes[i]);
        sb_str(&c->where, several ? STR(") is true)::integer") : STR(""));
    }
    if (several) {
        sb_printf(&c->where, " >= %d", (int)node->least);
    }
    /* "is not" holds for what is unknown, too. */
    sb_str(&c->where, negated ? STR(") is not true") : STR(")"));
}

/* ---- statements ---- */

static void begin(struct filter_compiler *c, struct ctx *ctx, const struct filter_query *query,
                  bool by_key)
{
    *c = (struct filter_compiler){.ctx = ctx,
                                  .subject = query->filter == NULL ? FILTER_ACCOUNTS
                                                                   : query->filter->subject,
                                  .by_key = by_key,
                                  .now = query->now == 0 ? clock_now() : query->now,
                                  .timeout_ms = query->timeout_ms};
    sb_init(&c->joins, ctx->arena, SQL_MAX);
    sb_init(&c->where, ctx->arena, SQL_MAX);
    (void)filter_param(c, DB_VALUE_BIGINT(query->dataset)); /* $1 everywhere */
}

static const char *id_of(const struct filter_compiler *c)
{
    return c->subject == FILTER_LEADS ? "l.id" : "a.id";
}

/* "select <what> from ... where ...": the subjects that match. */
static void put_select(struct filter_compiler *c, struct sb *sql,
                       const struct filter_query *query, const char *what)
{
    if (query->filter != NULL) {
        put_node(c, &query->filter->root);
    } else {
        SB_LIT(&c->where, "true");
    }
    sb_printf(sql, "select %s from %s", what,
              c->subject == FILTER_LEADS
                  ? "lead l left join account a on a.dataset_id = $1 and a.id = l.account_id"
                  : "account a");
    sb_str(sql, sb_view(&c->joins));
    sb_str(sql, c->subject == FILTER_LEADS
                    ? STR(" where l.dataset_id = $1 and not l.hidden and ")
                    : STR(" where a.dataset_id = $1 and not a.hidden and "));
    sb_str(sql, sb_view(&c->where));
}

static enum err too_long(const struct filter_compiler *c, const struct sb *sql)
{
    return sql->overflow || c->joins.overflow || c->where.overflow
               ? ctx_fail(c->ctx, ERR_INVALID, "The segment's conditions are too long.")
               : ERR_NONE;
}

/* As the filter role, in one round trip. */
static enum err run(struct filter_compiler *c, struct db *db, const struct sb *sql,
                    struct db_result *out)
{
    const struct db_statement *sent = NULL;
    TRY(too_long(c, sql));
    const struct sql_filter_role_sets_in sets = {.timeout_ms = c->timeout_ms};
    TRY(c->by_key ? sql_filter_role_keys_send(db) : sql_filter_role_sets_send(db, &sets));
    TRY(db_query_send(db, sb_view(sql), c->params, c->n_params, &sent));
    TRY(sql_filter_role_keys_end_send(db));
    TRY(c->by_key ? sql_filter_role_keys_take(db, NULL) : sql_filter_role_sets_take(db, NULL));
    TRY(db_query_take(db, sent, out));
    return sql_filter_role_keys_end_take(db, NULL);
}

/* The one array of ids that the statement gives. */
static enum err run_ids(struct filter_compiler *c, struct db *db, const struct sb *sql,
                        struct sql_i64s *out_ids)
{
    struct db_result result;
    TRY(run(c, db, sql, &result));
    *out_ids = db_cell(&result, 0, 0)->as.bigints;
    return ERR_NONE;
}

static struct str ids_of(struct filter_compiler *c)
{
    const char *id = id_of(c);
    return arena_print(c->ctx->arena, "coalesce(array_agg(%s order by %s), '{}')", id, id);
}

enum err filter_matches(struct ctx *ctx, struct db *db, const struct filter_query *query,
                        struct sql_i64s ids, struct sql_i64s *out_ids)
{
    struct filter_compiler *c = ARENA_NEW(ctx->arena, struct filter_compiler);
    struct sb sql;
    begin(c, ctx, query, true);
    sb_init(&sql, ctx->arena, 2 * SQL_MAX);
    put_select(c, &sql, query, ids_of(c).p);
    sb_printf(&sql, " and %s = any($%zu)", id_of(c),
              filter_param(c, (struct db_value){.type = DB_BIGINT_ARRAY, .as.bigints = ids}));
    return run_ids(c, db, &sql, out_ids);
}

enum err filter_find(struct ctx *ctx, struct db *db, const struct filter_query *query,
                     int64_t after_id, int64_t until_id, struct sql_i64s *out_ids)
{
    struct filter_compiler *c = ARENA_NEW(ctx->arena, struct filter_compiler);
    struct sb sql;
    begin(c, ctx, query, false);
    sb_init(&sql, ctx->arena, 2 * SQL_MAX);
    put_select(c, &sql, query, ids_of(c).p);
    size_t after = filter_param(c, DB_VALUE_BIGINT(after_id));
    sb_printf(&sql, " and %s > $%zu and %s <= $%zu", id_of(c), after, id_of(c),
              filter_param(c, DB_VALUE_BIGINT(until_id)));
    return run_ids(c, db, &sql, out_ids);
}

enum err filter_count(struct ctx *ctx, struct db *db, const struct filter_query *query,
                      int64_t *out_count)
{
    struct filter_compiler *c = ARENA_NEW(ctx->arena, struct filter_compiler);
    struct db_result result;
    struct sb sql;
    begin(c, ctx, query, false);
    sb_init(&sql, ctx->arena, 2 * SQL_MAX);
    put_select(c, &sql, query, "count(*)");
    TRY(run(c, db, &sql, &result));
    *out_count = db_cell(&result, 0, 0)->as.bigint;
    return ERR_NONE;
}

enum err filter_page(struct ctx *ctx, struct db *db, const struct filter_query *query,
                     int64_t before_id, int64_t limit, struct sql_i64s *out_ids)
{
    struct filter_compiler *c = ARENA_NEW(ctx->arena, struct filter_compiler);
    struct sb sql;
    begin(c, ctx, query, false);
    sb_init(&sql, ctx->arena, 2 * SQL_MAX);
    SB_LIT(&sql, "select coalesce(array_agg(id order by id desc), '{}') from (");
    put_select(c, &sql, query, id_of(c));
    size_t before = filter_param(c, DB_VALUE_BIGINT(before_id == 0 ? INT64_MAX : before_id));
    sb_printf(&sql, " and %s < $%zu order by 1 desc limit $%zu) p", id_of(c), before,
              filter_param(c, DB_VALUE_BIGINT(limit)));
    return run_ids(c, db, &sql, out_ids);
}

/* ---- what time alone changes ---- */

struct aging {
    struct filter_compiler *c;
    struct sb sql;
    int64_t since_at, until_at;
    size_t n;
};

/* "between the moments that were so many days before": both ends, because a moment at one is
 * not over yet. */
static void put_window(struct aging *aging, const char *column, int64_t days)
{
    struct filter_compiler *c = aging->c;
    sb_printf(&aging->sql, "%s between $%zu", column,
              filter_param(c, DB_VALUE_TIME(aging->since_at - days * CLOCK_DAY)));
    sb_printf(&aging->sql, " and $%zu",
              filter_param(c, DB_VALUE_TIME(aging->until_at - days * CLOCK_DAY)));
}

static void put_subjects(struct aging *aging)
{
    bool leads = aging->c->subject == FILTER_LEADS;
    sb_str(&aging->sql, aging->n++ == 0 ? STR("") : STR(" union all "));
    sb_printf(&aging->sql, "select %s as id from %s where %s.dataset_id = $1 and ",
              id_of(aging->c), leads ? "lead l" : "account a", leads ? "l" : "a");
}

static void put_aged_column(struct aging *aging, const struct filter_node *node)
{
    const struct filter_source *source = filter_source_at(node->field);
    for (size_t i = 0; i < node->n_values; i++) {
        int64_t at, days;
        if (filter_time(node->values[i], 0, &at, &days) && days >= 0) {
            put_subjects(aging);
            put_window(aging, aging->c->subject == FILTER_LEADS ? source->lead : source->sql,
                       days);
        }
    }
}

static void put_aged_rows(struct aging *aging, const struct filter_node *node)
{
    enum filter_side side = node->is_group ? SIDE_EVENT : filter_source_at(node->field)->side;
    enum filter_rows of[2];
    size_t n = filter_relations(aging->c, side, of);
    for (size_t i = 0; i < n; i++) {
        const struct filter_relation *r = filter_relation(aging->c, of[i]);
        put_subjects(aging);
        sb_printf(&aging->sql, "%s in (select %s from %s where %s and ", r->on, r->key, r->from,
                  r->where);
        if (side != SIDE_EVENT) {
            filter_put_column(aging->c, &aging->sql, node);
            SB_LIT(&aging->sql, " and ");
        }
        put_window(aging,
                   side == SIDE_EVENT    ? "e.at"
                   : side == SIDE_MOVE   ? "g.at"
                   : side == SIDE_TARGET ? "h.last_at"
                                         : "c.stage_at",
                   node->days);
        SB_LIT(&aging->sql, ")");
    }
}

static void put_aged(struct aging *aging, const struct filter_node *node)
{
    if (node->days != 0) {
        put_aged_rows(aging, node);
    } else if (!node->is_group && filter_field_at(node->field)->kind == FILTER_TIME) {
        put_aged_column(aging, node);
    }
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        put_aged(aging, &node->nodes[i]);
    }
}

enum err filter_aged(struct ctx *ctx, struct db *db, const struct filter_query *query,
                     int64_t since_at, int64_t until_at, struct sql_i64s *out_ids)
{
    struct filter_compiler *c = ARENA_NEW(ctx->arena, struct filter_compiler);
    struct aging aging = {.c = c, .since_at = since_at, .until_at = until_at};
    begin(c, ctx, query, true);
    sb_init(&aging.sql, ctx->arena, SQL_MAX);
    SB_LIT(&aging.sql, "select coalesce(array_agg(distinct id), '{}') from (");
    put_aged(&aging, &query->filter->root);
    SB_LIT(&aging.sql, ") u");
    *out_ids = (struct sql_i64s){0};
    return aging.n == 0 ? ERR_NONE : run_ids(c, db, &aging.sql, out_ids);
}
