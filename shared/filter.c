#include "shared/filter.h"

#include "shared/clock.h"
#include "shared/db_value.h"
#include "shared/json.h"

#define SQL_MAX ((size_t)64 << 10)
#define TREE_MAX ((size_t)64 << 10)
#define SENTENCE_MAX ((size_t)4 << 10)
#define PARAMS_MAX (FILTER_NODES * 2 + 8)

static const char *const channel_words[] = {"direct",   "organic", "social", "email",
                                            "referral", "paid",    NULL};

/* The closed list of what a condition may name. `sql` is over account a; for FILTER_TAG and
 * FILTER_CHOICE it is the whole test, with %s where the parameter goes. */
static const struct {
    struct filter_field field;
    const char *sql;
} fields[] = {
    {{"company", "company name", FILTER_TEXT, NULL}, "a.name"},
    {{"domain", "domain", FILTER_TEXT, NULL}, "a.domain"},
    {{"industry", "industry", FILTER_TEXT, NULL}, "a.industry"},
    {{"country", "country", FILTER_TEXT, NULL}, "a.country"},
    {{"city", "city", FILTER_TEXT, NULL}, "a.city"},
    {{"employees", "employees", FILTER_NUMBER, NULL}, "a.employees"},
    {{"contacts", "contacts", FILTER_NUMBER, NULL}, "a.contacts"},
    {{"visitors", "visitors", FILTER_NUMBER, NULL}, "a.visitors"},
    {{"sessions", "sessions", FILTER_NUMBER, NULL}, "a.sessions"},
    {{"pageviews", "pageviews", FILTER_NUMBER, NULL}, "a.pageviews"},
    {{"score", "leadscore", FILTER_NUMBER, NULL}, "a.score"},
    {{"first_seen", "first seen", FILTER_TIME, NULL}, "a.first_at"},
    {{"last_seen", "last seen", FILTER_TIME, NULL}, "a.last_at"},
    {{"tag", "tag", FILTER_TAG, NULL},
     "exists (select from tag t where t.dataset_id = a.dataset_id and t.name_lower = any(array("
     "select lower(v) from unnest(%s) v)) and (exists (select from account_tag x where "
     "x.dataset_id = t.dataset_id and x.tag_id = t.id and x.account_id = a.id) or exists "
     "(select "
     "from lead l join lead_tag x on x.dataset_id = l.dataset_id and x.lead_id = l.id where "
     "l.dataset_id = a.dataset_id and l.account_id = a.id and x.tag_id = t.id)))"},
    {{"channel", "channel", FILTER_CHOICE, channel_words},
     "exists (select from lead l where l.dataset_id = a.dataset_id and l.account_id = a.id and "
     "l.last_channel = any(%s))"},
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

#define KINDS(text, number, time, tag, choice)                                                 \
    ((unsigned)(text) << FILTER_TEXT | (unsigned)(number) << FILTER_NUMBER |                   \
     (unsigned)(time) << FILTER_TIME | (unsigned)(tag) << FILTER_TAG |                         \
     (unsigned)(choice) << FILTER_CHOICE)

static const struct {
    const char *name, *label;
    unsigned kinds;
    size_t n_values; /* FILTER_VALUES: one or more */
} ops[FILTER_OP__COUNT] = {
    [FILTER_IS] = {"is", "is", KINDS(1, 1, 0, 1, 1), FILTER_VALUES},
    [FILTER_IS_NOT] = {"is_not", "is not", KINDS(1, 1, 0, 1, 1), FILTER_VALUES},
    [FILTER_CONTAINS] = {"contains", "contains", KINDS(1, 0, 0, 0, 0), FILTER_VALUES},
    [FILTER_CONTAINS_NOT] = {"contains_not", "does not contain", KINDS(1, 0, 0, 0, 0),
                             FILTER_VALUES},
    [FILTER_KNOWN] = {"known", "is known", KINDS(1, 1, 1, 0, 0), 0},
    [FILTER_UNKNOWN] = {"unknown", "is unknown", KINDS(1, 1, 1, 0, 0), 0},
    [FILTER_GREATER] = {"greater", "is greater than", KINDS(0, 1, 0, 0, 0), 1},
    [FILTER_LESS] = {"less", "is less than", KINDS(0, 1, 0, 0, 0), 1},
    [FILTER_BETWEEN] = {"between", "is between", KINDS(0, 1, 1, 0, 0), 2},
    [FILTER_BETWEEN_NOT] = {"between_not", "is not between", KINDS(0, 1, 1, 0, 0), 2},
    [FILTER_BEFORE] = {"before", "is before", KINDS(0, 0, 1, 0, 0), 1},
    [FILTER_AFTER] = {"after", "is after", KINDS(0, 0, 1, 0, 0), 1},
};

const struct filter_field *filter_field(size_t i)
{
    return i < N_FIELDS ? &fields[i].field : NULL;
}

/* For a tree that was checked when it was read: its fields exist. */
static const struct filter_field *field_of(size_t i)
{
    return &fields[i < N_FIELDS ? i : 0].field;
}

const char *filter_op_name(enum filter_op op)
{
    return op < FILTER_OP__COUNT ? ops[op].name : "";
}

const char *filter_op_label(enum filter_op op)
{
    return op < FILTER_OP__COUNT ? ops[op].label : "";
}

bool filter_op_fits(enum filter_op op, enum filter_kind kind)
{
    return op < FILTER_OP__COUNT && (ops[op].kinds >> kind & 1U) != 0;
}

size_t filter_op_values(enum filter_op op)
{
    return op < FILTER_OP__COUNT ? ops[op].n_values : 0;
}

/* Reading a tree */

struct reader {
    struct ctx *ctx;
    size_t nodes, values;
};

static bool find_field(struct str name, size_t *out_field)
{
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (str_eq(name, str_from(fields[i].field.name))) {
            *out_field = i;
            return true;
        }
    }
    return false;
}

static bool find_op(struct str name, enum filter_op *out_op)
{
    for (size_t i = 0; i < FILTER_OP__COUNT; i++) {
        if (str_eq(name, str_from(ops[i].name))) {
            *out_op = (enum filter_op)i;
            return true;
        }
    }
    return false;
}

/* A channel's word as its number (channel.h), 0 when it is none. */
static int64_t choice_number(struct str word)
{
    for (int64_t i = 0; channel_words[i] != NULL; i++) {
        if (str_eq(word, str_from(channel_words[i]))) {
            return i + 1;
        }
    }
    return 0;
}

/* "30d" is thirty days before now, "2026-11-21" its first instant in UTC. */
static bool read_time(struct str s, int64_t now, int64_t *out_at)
{
    int64_t days = 0;
    if (str_ends(s, STR("d")) && str_to_i64(str_slice(s, 0, s.n - 1), &days)) {
        *out_at = now - days * CLOCK_DAY;
        return days >= 0 && days <= 36500;
    }
    return clock_parse_day(s, out_at);
}

static bool value_fits(enum filter_kind kind, struct str value)
{
    int64_t at = 0;
    double number = 0;
    switch (kind) {
    case FILTER_NUMBER:
        return str_to_double(value, &number);
    case FILTER_TIME:
        return read_time(value, 0, &at);
    case FILTER_CHOICE:
        return choice_number(value) != 0;
    case FILTER_TEXT:
    case FILTER_TAG:
        return !str_is_empty(value);
    }
    return false;
}

static const char *value_hint(enum filter_kind kind)
{
    switch (kind) {
    case FILTER_NUMBER:
        return "a number";
    case FILTER_TIME:
        return "a date like 2026-11-21 or an age like 30d";
    case FILTER_CHOICE:
        return "one of the choices";
    case FILTER_TEXT:
    case FILTER_TAG:
        break;
    }
    return "some text";
}

enum err filter_check(struct ctx *ctx, const struct filter_node *condition)
{
    const struct filter_field *field = field_of(condition->field);
    if (field == NULL || !filter_op_fits(condition->op, field->kind)) {
        return ctx_fail(ctx, ERR_INVALID, "“%s” cannot be used with %s.",
                        filter_op_label(condition->op), field == NULL ? "this" : field->label);
    }
    size_t wanted = filter_op_values(condition->op);
    bool enough =
        wanted == FILTER_VALUES ? condition->n_values > 0 : condition->n_values == wanted;
    if (!enough) {
        return ctx_fail(ctx, ERR_INVALID, "The condition “%s %s” needs %s.", field->label,
                        filter_op_label(condition->op),
                        wanted == 0   ? "no value"
                        : wanted == 2 ? "two values"
                                      : "a value");
    }
    for (size_t i = 0; i < condition->n_values; i++) {
        if (condition->values[i].n > FILTER_VALUE_BYTES ||
            !value_fits(field->kind, condition->values[i])) {
            return ctx_fail(ctx, ERR_INVALID, "The condition on %s needs %s.", field->label,
                            value_hint(field->kind));
        }
    }
    return ERR_NONE;
}

static enum err read_node(struct reader *r, const struct json *json, size_t depth,
                          struct filter_node *out);

static enum err read_group(struct reader *r, const struct json *json, size_t depth,
                           struct filter_node *out)
{
    struct str match = json_text(json_get(json, "match"));
    const struct json *list = json_get(json, "conditions");
    if ((!str_eq(match, STR("all")) && !str_eq(match, STR("any"))) ||
        json_kind(list) != JSON_ARRAY) {
        return ctx_fail(r->ctx, ERR_INVALID, "A group of conditions matches “all” or “any”.");
    }
    if (depth >= FILTER_DEPTH) {
        return ctx_fail(r->ctx, ERR_INVALID, "Groups can be nested %d deep.", FILTER_DEPTH);
    }
    size_t n = json_count(list);
    if (n > FILTER_NODES) {
        return ctx_fail(r->ctx, ERR_INVALID, "A segment can have %d conditions.", FILTER_NODES);
    }
    *out = (struct filter_node){
        .is_group = true,
        .any = str_eq(match, STR("any")),
        .nodes = ARENA_ARRAY(r->ctx->arena, n, struct filter_node),
        .n_nodes = n,
    };
    size_t i = 0;
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        TRY(read_node(r, item, depth + 1, &out->nodes[i++]));
    }
    return ERR_NONE;
}

static enum err read_condition(struct reader *r, const struct json *json,
                               struct filter_node *out)
{
    struct filter_node node = {0};
    struct str field = json_text(json_get(json, "field"));
    struct str op = json_text(json_get(json, "op"));
    if (!find_field(field, &node.field)) {
        return ctx_fail(r->ctx, ERR_INVALID, "There is no field “%.*s” to filter by.",
                        STR_ARG(str_cut(field, 60)));
    }
    if (!find_op(op, &node.op)) {
        return ctx_fail(r->ctx, ERR_INVALID, "There is no comparison “%.*s”.",
                        STR_ARG(str_cut(op, 60)));
    }
    const struct json *list = json_get(json, "values");
    size_t n = json_kind(list) == JSON_ARRAY ? json_count(list) : 0;
    r->values += n;
    if (r->values > FILTER_VALUES) {
        return ctx_fail(r->ctx, ERR_INVALID, "A segment can have %d values.", FILTER_VALUES);
    }
    node.values = ARENA_ARRAY(r->ctx->arena, n, struct str);
    for (const struct json *item = n == 0 ? NULL : json_first(list); item != NULL;
         item = json_next(item)) {
        node.values[node.n_values++] = str_trim(arena_dup(r->ctx->arena, json_text(item)));
    }
    TRY(filter_check(r->ctx, &node));
    *out = node;
    return ERR_NONE;
}

static enum err read_node(struct reader *r, const struct json *json, size_t depth,
                          struct filter_node *out)
{
    if (++r->nodes > FILTER_NODES) {
        return ctx_fail(r->ctx, ERR_INVALID, "A segment can have %d conditions.", FILTER_NODES);
    }
    return json_get(json, "match") != NULL ? read_group(r, json, depth, out)
                                           : read_condition(r, json, out);
}

enum err filter_parse(struct ctx *ctx, struct str text, struct filter_node *out_root)
{
    const struct json *json = NULL;
    TRY(json_parse(ctx, text, TREE_MAX, &json));
    int64_t version = 0;
    if (!json_i64(json_get(json, "version"), &version) || version != 1) {
        return ctx_fail(ctx, ERR_INVALID, "This segment was saved by a newer LeadBoard.");
    }
    struct reader reader = {.ctx = ctx};
    return read_group(&reader, json, 0, out_root);
}

/* Writing a tree */

static void write_node(struct sb *sb, const struct filter_node *node)
{
    SB_LIT(sb, "{");
    if (node->is_group) {
        sb_printf(sb, "\"match\":\"%s\",\"conditions\":[", node->any ? "any" : "all");
        for (size_t i = 0; i < node->n_nodes; i++) {
            sb_str(sb, i == 0 ? STR("") : STR(","));
            write_node(sb, &node->nodes[i]);
        }
    } else {
        sb_printf(sb, "\"field\":\"%s\",\"op\":\"%s\",\"values\":[",
                  field_of(node->field)->name, filter_op_name(node->op));
        for (size_t i = 0; i < node->n_values; i++) {
            sb_str(sb, i == 0 ? STR("") : STR(","));
            json_write_str(sb, node->values[i]);
        }
    }
    SB_LIT(sb, "]}");
}

enum err filter_json(struct ctx *ctx, const struct filter_node *root, struct str *out_json)
{
    struct sb body;
    sb_init(&body, ctx->arena, SQL_MAX);
    write_node(&body, root);
    struct str tree;
    TRY(sb_done(&body, &tree));
    *out_json =
        arena_print(ctx->arena, "{\"version\":1,%.*s", STR_ARG(str_slice(tree, 1, tree.n)));
    return ERR_NONE;
}

static void say_values(struct sb *sb, const struct filter_node *node)
{
    const char *between = ops[node->op].n_values == 2 ? " and " : " or ";
    for (size_t i = 0; i < node->n_values; i++) {
        sb_str(sb, i == 0 ? STR(" ") : str_from(between));
        sb_str(sb, node->values[i]);
        int64_t days = 0;
        if (field_of(node->field)->kind == FILTER_TIME &&
            str_to_i64(str_slice(node->values[i], 0, node->values[i].n - 1), &days)) {
            SB_LIT(sb, " ago");
        }
    }
}

static void say(struct sb *sb, const struct filter_node *node, bool inner)
{
    if (!node->is_group) {
        sb_printf(sb, "%s %s", field_of(node->field)->label, filter_op_label(node->op));
        say_values(sb, node);
        return;
    }
    inner = inner && node->n_nodes > 1;
    sb_str(sb, inner ? STR("(") : STR(""));
    for (size_t i = 0; i < node->n_nodes; i++) {
        sb_str(sb, i == 0 ? STR("") : node->any ? STR(" or ") : STR(" and "));
        say(sb, &node->nodes[i], true);
    }
    sb_str(sb, inner ? STR(")") : STR(""));
}

struct str filter_sentence(struct ctx *ctx, const struct filter_node *root)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, SENTENCE_MAX);
    say(&sb, root, false);
    return sb.n == 0 ? STR("every company") : sb_view(&sb);
}

/* Compiling a tree */

struct compiler {
    struct ctx *ctx;
    struct sb sql;
    struct db_value params[PARAMS_MAX];
    size_t n_params;
    int64_t now;
};

/* Adds a parameter and returns its place as text: "$3". */
static const char *param(struct compiler *c, struct db_value value)
{
    c->params[c->n_params++] = value;
    return arena_print(c->ctx->arena, "$%zu", c->n_params).p;
}

static const char *texts_param(struct compiler *c, const struct filter_node *node)
{
    return param(c, (struct db_value){.type = DB_TEXT_ARRAY,
                                      .as.texts = {.v = node->values, .n = node->n_values}});
}

/* A number or a time, by the field's kind. */
static const char *ordered_param(struct compiler *c, const struct filter_node *node, size_t i)
{
    int64_t at = 0;
    double number = 0;
    if (field_of(node->field)->kind == FILTER_TIME) {
        (void)read_time(node->values[i], c->now, &at);
        return param(c, DB_VALUE_TIME(at));
    }
    (void)str_to_double(node->values[i], &number);
    return param(c, (struct db_value){.type = DB_DOUBLE, .as.number = number});
}

static const char *numbers_param(struct compiler *c, const struct filter_node *node)
{
    double *v = ARENA_ARRAY(c->ctx->arena, node->n_values, double);
    for (size_t i = 0; i < node->n_values; i++) {
        (void)str_to_double(node->values[i], &v[i]);
    }
    return param(c, (struct db_value){.type = DB_DOUBLE_ARRAY,
                                      .as.numbers = {.v = v, .n = node->n_values}});
}

static const char *choices_param(struct compiler *c, const struct filter_node *node)
{
    int64_t *v = ARENA_ARRAY(c->ctx->arena, node->n_values, int64_t);
    for (size_t i = 0; i < node->n_values; i++) {
        v[i] = choice_number(node->values[i]);
    }
    return param(c, (struct db_value){.type = DB_BIGINT_ARRAY,
                                      .as.bigints = {.v = v, .n = node->n_values}});
}

/* The test of a tag or a choice, with the parameter put where it says "%s". */
static void put_test(struct compiler *c, const char *test, const char *place)
{
    struct str sql = str_from(test);
    size_t at = str_find(sql, '%');
    sb_str(&c->sql, str_slice(sql, 0, at));
    sb_str(&c->sql, str_from(place));
    sb_str(&c->sql, str_slice(sql, at + 2, sql.n));
}

static void is_one_of(struct compiler *c, const struct filter_node *node)
{
    const char *sql = fields[node->field].sql;
    switch (field_of(node->field)->kind) {
    case FILTER_TEXT:
        sb_printf(&c->sql, "lower(%s) = any(array(select lower(v) from unnest(%s) v))", sql,
                  texts_param(c, node));
        break;
    case FILTER_NUMBER:
        sb_printf(&c->sql, "%s = any(%s)", sql, numbers_param(c, node));
        break;
    case FILTER_CHOICE:
        put_test(c, sql, choices_param(c, node));
        break;
    case FILTER_TAG:
        put_test(c, sql, texts_param(c, node));
        break;
    case FILTER_TIME: /* filter_op_fits refuses it */
        break;
    }
}

static void compile_condition(struct compiler *c, const struct filter_node *node)
{
    const char *sql = fields[node->field].sql;
    const char *low = NULL;
    switch (node->op) {
    case FILTER_IS_NOT:
    case FILTER_IS:
        is_one_of(c, node);
        break;
    case FILTER_CONTAINS_NOT:
    case FILTER_CONTAINS:
        sb_printf(&c->sql,
                  "exists (select from unnest(%s) v where strpos(lower(%s), lower(v)) > 0)",
                  texts_param(c, node), sql);
        break;
    case FILTER_KNOWN:
        sb_printf(&c->sql, "%s is not null", sql);
        break;
    case FILTER_UNKNOWN:
        sb_printf(&c->sql, "%s is null", sql);
        break;
    case FILTER_GREATER:
    case FILTER_AFTER:
        sb_printf(&c->sql, "%s > %s", sql, ordered_param(c, node, 0));
        break;
    case FILTER_LESS:
    case FILTER_BEFORE:
        sb_printf(&c->sql, "%s < %s", sql, ordered_param(c, node, 0));
        break;
    case FILTER_BETWEEN:
    case FILTER_BETWEEN_NOT:
        low = ordered_param(c, node, 0);
        sb_printf(&c->sql, "%s between symmetric %s and %s", sql, low,
                  ordered_param(c, node, 1));
        break;
    case FILTER_OP__COUNT:
        break;
    }
}

static bool is_negated(enum filter_op op)
{
    return op == FILTER_IS_NOT || op == FILTER_CONTAINS_NOT || op == FILTER_BETWEEN_NOT;
}

static void compile_node(struct compiler *c, const struct filter_node *node)
{
    SB_LIT(&c->sql, "(");
    if (!node->is_group) {
        compile_condition(c, node);
        /* "is not" holds for what is unknown, too. */
        sb_str(&c->sql, is_negated(node->op) ? STR(") is not true") : STR(")"));
        return;
    }
    for (size_t i = 0; i < node->n_nodes; i++) {
        sb_str(&c->sql, i == 0 ? STR("") : node->any ? STR(" or ") : STR(" and "));
        compile_node(c, &node->nodes[i]);
    }
    sb_str(&c->sql, node->n_nodes == 0 ? STR("true)") : STR(")"));
}

static struct compiler compile(struct ctx *ctx, const struct filter_query *query)
{
    struct compiler c = {.ctx = ctx, .now = clock_now()};
    sb_init(&c.sql, ctx->arena, SQL_MAX);
    sb_printf(&c.sql, "select a.id from account a where not a.hidden and a.dataset_id = %s",
              param(&c, DB_VALUE_BIGINT(query->dataset)));
    if (query->accounts.n > 0) {
        sb_printf(&c.sql, " and a.id = any(%s)",
                  param(&c, (struct db_value){.type = DB_BIGINT_ARRAY,
                                              .as.bigints = query->accounts}));
    }
    if (query->active_since_at != 0) {
        sb_printf(&c.sql, " and a.last_at >= %s",
                  param(&c, DB_VALUE_TIME(query->active_since_at)));
    }
    if (query->filter != NULL) {
        SB_LIT(&c.sql, " and ");
        compile_node(&c, query->filter);
    }
    sb_printf(&c.sql, " and a.id > %s order by a.id limit %s",
              param(&c, DB_VALUE_BIGINT(query->after_id)),
              param(&c, DB_VALUE_BIGINT(query->limit)));
    return c;
}

static enum err run(struct ctx *ctx, struct db *db, const struct compiler *c, struct str sql,
                    struct db_result *out)
{
    if (c->sql.overflow) {
        return ctx_fail(ctx, ERR_INVALID, "The segment's conditions are too long.");
    }
    return db_query(db, sql, c->params, c->n_params, out);
}

enum err filter_accounts(struct ctx *ctx, struct db *db, const struct filter_query *query,
                         struct sql_i64s *out_ids)
{
    struct compiler c = compile(ctx, query);
    struct db_result result;
    TRY(run(ctx, db, &c, sb_view(&c.sql), &result));
    int64_t *ids = ARENA_ARRAY(ctx->arena, result.n_rows, int64_t);
    for (size_t i = 0; i < result.n_rows; i++) {
        ids[i] = db_cell(&result, i, 0)->as.bigint;
    }
    *out_ids = (struct sql_i64s){.v = ids, .n = result.n_rows};
    return ERR_NONE;
}

enum err filter_count(struct ctx *ctx, struct db *db, const struct filter_query *query,
                      int64_t *out_count)
{
    struct compiler c = compile(ctx, query);
    struct sb sql;
    sb_init(&sql, ctx->arena, SQL_MAX + 64);
    SB_LIT(&sql, "select count(*) from (");
    sb_str(&sql, sb_view(&c.sql));
    SB_LIT(&sql, ") matching");
    struct db_result result;
    TRY(run(ctx, db, &c, sb_view(&sql), &result));
    *out_count = db_cell(&result, 0, 0)->as.bigint;
    return ERR_NONE;
}
