#include "shared/filter_parts.h"
#include "shared/json.h"

#define TREE_MAX ((size_t)64 << 10)
#define TREE_VERSION 2

/* ---- reading ---- */

struct reader {
    struct ctx *ctx;
    size_t nodes, values;
    int64_t version;
};

static enum err read_node(struct reader *r, const struct json *json, size_t depth,
                          struct filter_node *out);

static enum err read_match(struct reader *r, const struct json *json, struct filter_node *out)
{
    struct str match = json_text(json_get(json, "match"));
    bool known = filter_match_from(match, &out->match) &&
                 (r->version > 1 || out->match == FILTER_ALL || out->match == FILTER_ANY);
    if (!known || json_kind(json_get(json, "conditions")) != JSON_ARRAY) {
        return ctx_fail(r->ctx, ERR_INVALID, "A group of conditions matches “all” or “any”.");
    }
    return ERR_NONE;
}

/* "times" or "days"; what is not there is 0. */
static enum err read_count(struct reader *r, const struct json *json, const char *name,
                           int32_t *out)
{
    const struct json *member = json_get(json, name);
    int64_t value = 0;
    if (member != NULL && (!json_i64(member, &value) || value < 1 || value > INT32_MAX)) {
        return ctx_fail(r->ctx, ERR_INVALID, "“%s” is a whole number from 1.", name);
    }
    *out = (int32_t)value;
    return ERR_NONE;
}

static enum err check_event_group(struct reader *r, const struct filter_node *group)
{
    if (group->n_nodes == 0) {
        return ctx_fail(r->ctx, ERR_INVALID, "A group about one event needs a condition.");
    }
    for (size_t i = 0; i < group->n_nodes; i++) {
        const struct filter_node *node = &group->nodes[i];
        if (node->is_group || !filter_field_at(node->field)->event || node->times != 0 ||
            node->days != 0) {
            return ctx_fail(r->ctx, ERR_INVALID,
                            "A group about one event has only conditions on events; how often "
                            "and within how many days is said of the group.");
        }
    }
    return filter_check_span(r->ctx, group->times, group->days);
}

static enum err check_least(struct reader *r, const struct filter_node *group)
{
    return group->least > 1 && (size_t)group->least > group->n_nodes
               ? ctx_fail(r->ctx, ERR_INVALID,
                          "At least %d conditions cannot hold where there are %zu.",
                          (int)group->least, group->n_nodes)
               : ERR_NONE;
}

static enum err read_group(struct reader *r, const struct json *json, size_t depth,
                           struct filter_node *out)
{
    struct filter_node node = {.is_group = true};
    TRY(read_match(r, json, &node));
    if (depth >= FILTER_DEPTH) {
        return ctx_fail(r->ctx, ERR_INVALID, "Groups can be nested %d deep.", FILTER_DEPTH);
    }
    const struct json *list = json_get(json, "conditions");
    size_t n = json_count(list);
    if (n > FILTER_NODES) {
        return ctx_fail(r->ctx, ERR_INVALID, "A segment can have %d conditions.", FILTER_NODES);
    }
    node.nodes = ARENA_ARRAY(r->ctx->arena, n, struct filter_node);
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        TRY(read_node(r, item, depth + 1, &node.nodes[node.n_nodes++]));
    }
    if (node.match == FILTER_ANY) {
        TRY(read_count(r, json, "least", &node.least));
        TRY(check_least(r, &node));
    }
    if (node.match == FILTER_EVENT) {
        TRY(read_count(r, json, "times", &node.times));
        TRY(read_count(r, json, "days", &node.days));
        TRY(check_event_group(r, &node));
    }
    *out = node;
    return ERR_NONE;
}

static enum err read_values(struct reader *r, const struct json *json, struct filter_node *node)
{
    const struct json *list = json_get(json, "values");
    const struct json *names = json_get(json, "names");
    size_t n = json_kind(list) == JSON_ARRAY ? json_count(list) : 0;
    r->values += n;
    if (r->values > FILTER_VALUES) {
        return ctx_fail(r->ctx, ERR_INVALID, "A segment can have %d values.", FILTER_VALUES);
    }
    struct arena *arena = r->ctx->arena;
    node->values = ARENA_ARRAY(arena, n, struct str);
    if (filter_kind_has_ids(filter_field_at(node->field)->kind)) {
        node->names = ARENA_ARRAY(arena, n, struct str);
    }
    const struct json *name = n == 0 ? NULL : json_first(names);
    for (const struct json *item = n == 0 ? NULL : json_first(list); item != NULL;
         item = json_next(item)) {
        if (node->names != NULL) {
            node->names[node->n_values] = arena_dup(arena, json_text(name));
            name = name == NULL ? NULL : json_next(name);
        }
        node->values[node->n_values++] = str_trim(arena_dup(arena, json_text(item)));
    }
    return ERR_NONE;
}

static enum err read_condition(struct reader *r, const struct json *json,
                               struct filter_node *out)
{
    struct filter_node node = {0};
    struct str field = json_text(json_get(json, "field"));
    struct str op = json_text(json_get(json, "op"));
    if (!filter_field_from(field, &node.field)) {
        return ctx_fail(r->ctx, ERR_INVALID, "There is no field “%.*s” to filter by.",
                        STR_ARG(str_cut(field, 60)));
    }
    if (!filter_op_from(op, &node.op)) {
        return ctx_fail(r->ctx, ERR_INVALID, "There is no comparison “%.*s”.",
                        STR_ARG(str_cut(op, 60)));
    }
    node.key = str_trim(arena_dup(r->ctx->arena, json_text(json_get(json, "key"))));
    TRY(read_values(r, json, &node));
    TRY(read_count(r, json, "times", &node.times));
    TRY(read_count(r, json, "days", &node.days));
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

enum err filter_parse(struct ctx *ctx, struct str text, struct filter *out_filter)
{
    const struct json *json = NULL;
    struct filter filter = {.subject = FILTER_ACCOUNTS};
    struct reader reader = {.ctx = ctx};
    TRY(json_parse(ctx, text, TREE_MAX, &json));
    if (!json_i64(json_get(json, "version"), &reader.version) || reader.version < 1 ||
        reader.version > TREE_VERSION) {
        return ctx_fail(ctx, ERR_INVALID, "This segment was saved by a newer LeadBoard.");
    }
    if (reader.version > 1 &&
        !filter_subject_from(json_text(json_get(json, "subject")), &filter.subject)) {
        return ctx_fail(ctx, ERR_INVALID, "A segment is one of companies or of people.");
    }
    TRY(read_group(&reader, json, 0, &filter.root));
    *out_filter = filter;
    return ERR_NONE;
}

/* ---- writing ---- */

static void write_texts(struct sb *sb, const char *name, const struct str *texts, size_t n)
{
    sb_printf(sb, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        sb_str(sb, i == 0 ? STR("") : STR(","));
        json_write_str(sb, texts[i]);
    }
    SB_LIT(sb, "]");
}

static void write_history(struct sb *sb, const struct filter_node *node)
{
    if (node->times != 0) {
        sb_printf(sb, ",\"times\":%d", node->times);
    }
    if (node->days != 0) {
        sb_printf(sb, ",\"days\":%d", node->days);
    }
}

static void write_condition(struct sb *sb, const struct filter_node *node)
{
    sb_printf(sb, "\"field\":\"%s\"", filter_field_at(node->field)->name);
    if (node->key.n != 0) {
        SB_LIT(sb, ",\"key\":");
        json_write_str(sb, node->key);
    }
    sb_printf(sb, ",\"op\":\"%s\"", filter_op_name(node->op));
    write_texts(sb, "values", node->values, node->n_values);
    if (node->names != NULL && node->n_values != 0) {
        write_texts(sb, "names", node->names, node->n_values);
    }
    write_history(sb, node);
}

static void write_node(struct sb *sb, const struct filter_node *node);

static void write_group(struct sb *sb, const struct filter_node *node)
{
    sb_printf(sb, "\"match\":\"%s\"", filter_match_name(node->match));
    write_history(sb, node);
    if (node->least > 1) {
        sb_printf(sb, ",\"least\":%d", (int)node->least);
    }
    SB_LIT(sb, ",\"conditions\":[");
    for (size_t i = 0; i < node->n_nodes; i++) {
        sb_str(sb, i == 0 ? STR("") : STR(","));
        write_node(sb, &node->nodes[i]);
    }
    SB_LIT(sb, "]");
}

static void write_node(struct sb *sb, const struct filter_node *node)
{
    SB_LIT(sb, "{");
    if (node->is_group) {
        write_group(sb, node);
    } else {
        write_condition(sb, node);
    }
    SB_LIT(sb, "}");
}

enum err filter_json(struct ctx *ctx, const struct filter *filter, struct str *out_json)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, TREE_MAX);
    sb_printf(&sb, "{\"version\":%d,\"subject\":\"%s\",", TREE_VERSION,
              filter_subject_name(filter->subject));
    write_group(&sb, &filter->root);
    SB_LIT(&sb, "}");
    return sb_done(&sb, out_json);
}

/* ---- looking through ---- */

void filter_visit(const struct filter_node *node, filter_visitor *each, void *data)
{
    if (!node->is_group) {
        each(node, data);
        return;
    }
    for (size_t i = 0; i < node->n_nodes; i++) {
        filter_visit(&node->nodes[i], each, data);
    }
}

static unsigned on_of_group(const struct filter_node *node)
{
    unsigned on = node->days != 0 ? (unsigned)FILTER_ON_TIME : 0;
    for (size_t i = 0; i < node->n_nodes; i++) {
        on |= node->nodes[i].is_group ? on_of_group(&node->nodes[i]) : 0;
    }
    return on;
}

static bool has_age(const struct filter_node *node)
{
    for (size_t i = 0; i < node->n_values; i++) {
        int64_t at, days;
        if (filter_time(node->values[i], 0, &at, &days) && days >= 0) {
            return filter_field_at(node->field)->kind == FILTER_TIME;
        }
    }
    return false;
}

static void add_on(const struct filter_node *node, void *data)
{
    unsigned *on = data;
    *on |= filter_source_at(node->field)->on;
    *on |= node->days != 0 || has_age(node) ? (unsigned)FILTER_ON_TIME : 0;
}

unsigned filter_on(const struct filter *filter)
{
    unsigned on = on_of_group(&filter->root) | (unsigned)FILTER_ON_BEING;
    filter_visit(&filter->root, add_on, &on);
    return on;
}

struct ids {
    enum filter_kind kind;
    int64_t *v;
    size_t n;
};

static void add_ids(const struct filter_node *node, void *data)
{
    struct ids *ids = data;
    for (size_t i = 0; filter_field_at(node->field)->kind == ids->kind && i < node->n_values;
         i++) {
        int64_t id = 0;
        bool known = !str_to_i64(node->values[i], &id) || ids->n == FILTER_VALUES;
        for (size_t k = 0; k < ids->n; k++) {
            known = known || ids->v[k] == id;
        }
        if (!known) {
            ids->v[ids->n++] = id;
        }
    }
}

struct sql_i64s filter_ids(struct ctx *ctx, const struct filter *filter, enum filter_kind kind)
{
    struct ids ids = {.kind = kind, .v = ARENA_ARRAY(ctx->arena, FILTER_VALUES, int64_t)};
    filter_visit(&filter->root, add_ids, &ids);
    return (struct sql_i64s){.v = ids.v, .n = ids.n};
}
