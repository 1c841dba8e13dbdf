#include "shared/score_rule.h"

#include <math.h>

/* ---- reading ---- */

static bool find_field(struct str name, enum score_field_id *out_field)
{
    for (size_t i = 0; i < SCORE_FIELD__COUNT; i++) {
        if (str_eq(name, str_from(score_field((enum score_field_id)i)->name))) {
            *out_field = (enum score_field_id)i;
            return true;
        }
    }
    return false;
}

static bool find_op(struct str name, enum score_op *out_op)
{
    for (size_t i = 0; i < SCORE_OP__COUNT; i++) {
        if (str_eq(name, str_from(score_op_name((enum score_op)i)))) {
            *out_op = (enum score_op)i;
            return true;
        }
    }
    return false;
}

static int32_t small(const struct json *json)
{
    int64_t value = 0;
    return json_i64(json, &value) && value >= -1000000 && value <= 1000000 ? (int32_t)value : 0;
}

static int64_t id_of(const struct json *json)
{
    int64_t id = 0;
    return json_id(json, &id) && id > 0 ? id : 0;
}

static double number_or_none(const struct json *json)
{
    double value = 0;
    return json_double(json, &value) ? value : (double)NAN;
}

static size_t read_texts(struct ctx *ctx, const struct json *list, struct str **out_texts)
{
    size_t n = json_kind(list) == JSON_ARRAY ? json_count(list) : 0;
    *out_texts = ARENA_ARRAY(ctx->arena, n, struct str);
    n = 0;
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        (*out_texts)[n++] = json_text(item);
    }
    return n;
}

static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return key.n > 0 && key.n <= SCORE_KEY_BYTES;
}

static enum err read_match(struct ctx *ctx, const struct json *json, struct score_rule *rule)
{
    if (!find_op(json_text(json_get(json, "op")), &rule->op)) {
        return ctx_fail(ctx, ERR_INVALID, "A rule compares in a way that is not known.");
    }
    rule->n_values = read_texts(ctx, json_get(json, "values"), &rule->values);
    size_t n_lower = read_texts(ctx, json_get(json, "lower"), &rule->lower);
    rule->lower = n_lower == rule->n_values ? rule->lower : rule->values;
    return ERR_NONE;
}

static enum err read_rule(struct ctx *ctx, const struct json *json, struct score_rule *rule)
{
    struct str field = json_text(json_get(json, "field"));
    *rule = (struct score_rule){
        .key = json_text(json_get(json, "key")),
        .points = small(json_get(json, "points")),
        .most = small(json_get(json, "most")),
        .property = json_text(json_get(json, "property")),
        .from = number_or_none(json_get(json, "from")),
        .to = number_or_none(json_get(json, "to")),
        .each = number_or_none(json_get(json, "each")),
        .pages = json_text(json_get(json, "pages")),
        .pattern = id_of(json_get(json, "pattern")),
        .target = id_of(json_get(json, "target")),
        .tag = id_of(json_get(json, "tag")),
        .name = json_text(json_get(json, "name")),
        .half = str_eq(json_text(json_get(json, "decay")), STR("half")),
        .days = small(json_get(json, "days")),
    };
    (void)json_bool(json_get(json, "not"), &rule->negative);
    if (!score_rule_kind_from(json_text(json_get(json, "kind")), &rule->kind) ||
        (field.n > 0 && !find_field(field, &rule->field)) || !is_key(rule->key)) {
        return ctx_fail(ctx, ERR_INVALID, "A rule is of a kind that is not known here.");
    }
    if (rule->kind == SCORE_MATCH) {
        TRY(read_match(ctx, json, rule));
    }
    return score_rule_check(ctx, rule);
}

static bool is_double_key(const struct score_rule *rules, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (str_eq(rules[i].key, rules[n - 1].key)) {
            return true;
        }
    }
    return false;
}

enum err score_rules_read(struct ctx *ctx, struct str text, struct score_rule **out_rules,
                          size_t *out_n)
{
    const struct json *list;
    TRY(json_parse(ctx, text, SCORE_RULES_BYTES, &list));
    if (json_kind(list) != JSON_ARRAY || json_count(list) > SCORE_RULES_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "A formula is a list of at most %d rules.",
                        SCORE_RULES_MAX);
    }
    struct score_rule *rules = ARENA_ARRAY(ctx->arena, json_count(list), struct score_rule);
    size_t n = 0;
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        TRY(read_rule(ctx, item, &rules[n++]));
        if (is_double_key(rules, n)) {
            return ctx_fail(ctx, ERR_INVALID, "Two rules of the formula have the same key.");
        }
    }
    *out_rules = rules;
    *out_n = n;
    return ERR_NONE;
}

/* ---- writing ---- */

static void write_text(struct sb *sb, const char *name, struct str text)
{
    if (!str_is_null(text)) {
        sb_printf(sb, ",\"%s\":", name);
        json_write_str(sb, text);
    }
}

static void write_id(struct sb *sb, const char *name, int64_t id)
{
    if (id != 0) {
        sb_printf(sb, ",\"%s\":\"%lld\"", name, (long long)id);
    }
}

static void write_number(struct sb *sb, const char *name, double value)
{
    if (!isnan(value)) {
        sb_printf(sb, ",\"%s\":", name);
        json_write_double(sb, value);
    }
}

static void write_texts(struct sb *sb, const char *name, const struct str *texts, size_t n)
{
    sb_printf(sb, ",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        sb_str(sb, i == 0 ? STR("") : STR(","));
        json_write_str(sb, texts[i]);
    }
    SB_LIT(sb, "]");
}

static void write_field(struct sb *sb, const struct score_rule *rule)
{
    write_text(sb, "field", str_from(score_field(rule->field)->name));
    if (rule->field == SCORE_PROPERTY) {
        write_text(sb, "property", rule->property);
    }
}

static void write_what(struct sb *sb, const struct score_rule *rule)
{
    switch (rule->kind) {
    case SCORE_HAS:
        write_field(sb, rule);
        sb_str(sb, rule->negative ? STR(",\"not\":true") : STR(""));
        break;
    case SCORE_RANGE:
        write_field(sb, rule);
        write_number(sb, "from", rule->from);
        write_number(sb, "to", rule->to);
        break;
    case SCORE_PER:
        write_field(sb, rule);
        write_number(sb, "each", rule->each);
        break;
    case SCORE_MATCH:
        write_field(sb, rule);
        write_text(sb, "op", str_from(score_op_name(rule->op)));
        write_texts(sb, "values", rule->values, rule->n_values);
        write_texts(sb, "lower", rule->lower, rule->n_values);
        break;
    case SCORE_PAGES:
        write_text(sb, "pages", rule->pages);
        write_id(sb, "pattern", rule->pattern);
        break;
    case SCORE_TARGET:
        write_id(sb, "target", rule->target);
        write_text(sb, "name", rule->name);
        break;
    case SCORE_TAG:
        write_id(sb, "tag", rule->tag);
        write_text(sb, "name", rule->name);
        break;
    case SCORE_RECENCY:
        write_text(sb, "decay", rule->half ? STR("half") : STR("linear"));
        sb_printf(sb, ",\"days\":%d", (int)rule->days);
        break;
    case SCORE_RULE_KIND__COUNT:
    default:
        break;
    }
}

enum err score_rules_write(struct ctx *ctx, const struct score_rule *rules, size_t n,
                           struct str *out_json)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, SCORE_RULES_BYTES);
    SB_LIT(&sb, "[");
    for (size_t i = 0; i < n; i++) {
        sb_printf(&sb, "%s{\"key\":\"%.*s\",\"kind\":\"%s\"", i == 0 ? "" : ",",
                  STR_ARG(rules[i].key), score_rule_kind_name(rules[i].kind));
        write_what(&sb, &rules[i]);
        sb_printf(&sb, ",\"points\":%d", (int)rules[i].points);
        if (score_rule_repeats(rules[i].kind)) {
            sb_printf(&sb, ",\"most\":%d", (int)rules[i].most);
        }
        SB_LIT(&sb, "}");
    }
    SB_LIT(&sb, "]");
    if (sb.overflow) {
        return ctx_fail(ctx, ERR_INVALID, "The rules are too long. Leave out some values.");
    }
    return sb_done(&sb, out_json);
}
