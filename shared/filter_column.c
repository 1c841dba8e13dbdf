#include "shared/clock.h"
#include "shared/filter_compile.h"
#include "shared/url_pattern.h"

size_t filter_param(struct filter_compiler *c, struct db_value value)
{
    c->params[c->n_params++] = value;
    return c->n_params;
}

/* ---- values ---- */

static size_t texts_param(struct filter_compiler *c, const struct filter_node *node)
{
    return filter_param(
        c, (struct db_value){.type = DB_TEXT_ARRAY,
                             .as.texts = {.v = node->values, .n = node->n_values}});
}

/* For LIKE: the values between wild cards, taken literally. */
static size_t parts_param(struct filter_compiler *c, const struct filter_node *node)
{
    struct str *v = ARENA_ARRAY(c->ctx->arena, node->n_values, struct str);
    for (size_t i = 0; i < node->n_values; i++) {
        struct sb sb;
        sb_init(&sb, c->ctx->arena, 2 * node->values[i].n + 2);
        sb_char(&sb, '%');
        for (size_t k = 0; k < node->values[i].n; k++) {
            char letter = node->values[i].p[k];
            sb_str(&sb, letter == '%' || letter == '_' || letter == '\\' ? STR("\\") : STR(""));
            sb_char(&sb, letter);
        }
        sb_char(&sb, '%');
        v[i] = sb_view(&sb);
    }
    return filter_param(
        c, (struct db_value){.type = DB_TEXT_ARRAY, .as.texts = {.v = v, .n = node->n_values}});
}

static size_t pages_param(struct filter_compiler *c, const struct filter_node *node)
{
    struct url_pattern *v = ARENA_ARRAY(c->ctx->arena, node->n_values, struct url_pattern);
    for (size_t i = 0; i < node->n_values; i++) {
        if (url_pattern_read(c->ctx, node->values[i], &v[i]) != ERR_NONE) {
            ctx_clear(c->ctx); /* not of a tree that was checked */
            v[i] = (struct url_pattern){.end = URL_PATTERN_EXACT};
        }
    }
    return filter_param(c, DB_VALUE_TEXT(url_pattern_regex(c->ctx->arena, v, node->n_values)));
}

static size_t numbers_param(struct filter_compiler *c, const struct filter_node *node)
{
    double *v = ARENA_ARRAY(c->ctx->arena, node->n_values, double);
    for (size_t i = 0; i < node->n_values; i++) {
        (void)str_to_double(node->values[i], &v[i]);
    }
    return filter_param(c, (struct db_value){.type = DB_DOUBLE_ARRAY,
                                             .as.numbers = {.v = v, .n = node->n_values}});
}

/* Ids, and choices by their number. */
static size_t ids_param(struct filter_compiler *c, const struct filter_node *node)
{
    const struct filter_field *field = filter_field_at(node->field);
    int64_t *v = ARENA_ARRAY(c->ctx->arena, node->n_values, int64_t);
    for (size_t i = 0; i < node->n_values; i++) {
        if (field->kind == FILTER_CHOICE) {
            v[i] = filter_choice(field, node->values[i]);
        } else {
            (void)str_to_i64(node->values[i], &v[i]);
        }
    }
    return filter_param(c, (struct db_value){.type = DB_BIGINT_ARRAY,
                                             .as.bigints = {.v = v, .n = node->n_values}});
}

/* A number or a time, by the field's kind. */
static size_t ordered_param(struct filter_compiler *c, const struct filter_node *node, size_t i)
{
    int64_t at = 0, days = 0;
    double number = 0;
    if (filter_field_at(node->field)->kind == FILTER_TIME) {
        (void)filter_time(node->values[i], c->now, &at, &days);
        return filter_param(c, DB_VALUE_TIME(at));
    }
    (void)str_to_double(node->values[i], &number);
    return filter_param(c, (struct db_value){.type = DB_DOUBLE, .as.number = number});
}

/* ---- the test of a column ---- */

static struct filter_column column_of(struct filter_compiler *c, const struct filter_node *node)
{
    const struct filter_source *source = filter_source_at(node->field);
    struct arena *arena = c->ctx->arena;
    bool of_event = source->side == SIDE_EVENT;
    bool of_lead = source->side == SIDE_OWN && c->subject == FILTER_LEADS;
    struct filter_column column = {.sql = of_lead ? source->lead : source->sql,
                                   .folded = source->folded,
                                   .fold = of_event ? "lower(v collate \"C\")" : "lower(v)"};
    if (filter_field_at(node->field)->kind == FILTER_PROPERTY) {
        column.sql = arena_print(arena, "(%s ->> $%zu)", source->sql,
                                 filter_param(c, DB_VALUE_TEXT(node->key)))
                         .p;
        column.folded = NULL;
    }
    if (column.folded == NULL) {
        column.folded =
            arena_print(arena, "lower(%s%s)", column.sql, of_event ? " collate \"C\"" : "").p;
    }
    return column;
}

void filter_put_one_of(struct filter_compiler *c, struct sb *sb, const struct filter_node *node,
                       const struct filter_column *column)
{
    bool part = filter_positive(node->op) == FILTER_CONTAINS;
    sb_printf(sb, "%s %s any(array(select %s from unnest($%zu) v))", column->folded,
              part ? "like" : "=", column->fold,
              part ? parts_param(c, node) : texts_param(c, node));
}

static void put_order(struct filter_compiler *c, struct sb *sb, const struct filter_node *node,
                      const char *sql)
{
    switch ((int)filter_positive(node->op)) {
    case FILTER_GREATER:
    case FILTER_AFTER:
        sb_printf(sb, "%s > $%zu", sql, ordered_param(c, node, 0));
        break;
    case FILTER_LESS:
    case FILTER_BEFORE:
        sb_printf(sb, "%s < $%zu", sql, ordered_param(c, node, 0));
        break;
    case FILTER_BETWEEN:
        sb_printf(sb, "%s between symmetric $%zu", sql, ordered_param(c, node, 0));
        sb_printf(sb, " and $%zu", ordered_param(c, node, 1));
        break;
    default:
        sb_printf(sb, "%s = any($%zu)", sql, numbers_param(c, node));
        break;
    }
}

static void put_list(struct filter_compiler *c, struct sb *sb, const struct filter_node *node)
{
    const char *sql = filter_source_at(node->field)->sql;
    const struct filter_column entry = {.sql = "x", .folded = "lower(x)", .fold = "lower(v)"};
    if (filter_positive(node->op) == FILTER_KNOWN) {
        sb_printf(sb, "cardinality(%s) > 0", sql);
        return;
    }
    sb_printf(sb, "exists (select from unnest(%s) x where ", sql);
    filter_put_one_of(c, sb, node, &entry);
    SB_LIT(sb, ")");
}

static bool is_ordered(enum filter_op op)
{
    return op >= FILTER_GREATER && op <= FILTER_AFTER;
}

static void put_property(struct filter_compiler *c, struct sb *sb,
                         const struct filter_node *node, const struct filter_column *column)
{
    if (is_ordered(node->op)) {
        put_order(c, sb, node,
                  arena_print(c->ctx->arena,
                              "(case when %s ~ '" FILTER_NUMBER_REGEX
                              "' then %s::double precision end)",
                              column->sql, column->sql)
                      .p);
    } else {
        filter_put_one_of(c, sb, node, column);
    }
}

void filter_put_column(struct filter_compiler *c, struct sb *sb, const struct filter_node *node)
{
    const struct filter_field *field = filter_field_at(node->field);
    const struct filter_column column = column_of(c, node);
    enum filter_op op = filter_positive(node->op);
    if (field->kind == FILTER_LIST) {
        put_list(c, sb, node);
    } else if (op == FILTER_KNOWN) {
        sb_printf(sb, "%s is not null", column.sql);
    } else if (field->kind == FILTER_NUMBER || field->kind == FILTER_TIME) {
        put_order(c, sb, node, column.sql);
    } else if (field->kind == FILTER_PROPERTY) {
        put_property(c, sb, node, &column);
    } else if (field->kind == FILTER_PAGE && op == FILTER_IS) {
        sb_printf(sb, "%s ~ $%zu", column.sql, pages_param(c, node));
    } else if (field->kind == FILTER_TEXT || field->kind == FILTER_PAGE) {
        filter_put_one_of(c, sb, node, &column);
    } else {
        sb_printf(sb, "%s = any($%zu)", column.sql, ids_param(c, node));
    }
}
