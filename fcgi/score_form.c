#include "fcgi/score_form.h"

#include "shared/sb.h"

#include <math.h>

#define KNOWN STR("known")
#define UNKNOWN STR("unknown")
#define VALUES_BYTES ((size_t)SCORE_VALUES_MAX * (SCORE_VALUE_BYTES + 2))

static struct str at(struct form_texts texts, size_t i)
{
    return i < texts.n ? texts.v[i] : STR("");
}

void score_form_read(const struct score_form_lists *lists, struct score_form *out_form)
{
    struct score_form form = {.n = 0};
    for (size_t i = 0; i < lists->kind.n && form.n < SCORE_RULES_MAX; i++) {
        struct score_form_row *row = &form.rows[form.n];
        if (!score_rule_kind_from(lists->kind.v[i], &row->kind)) {
            continue;
        }
        *row = (struct score_form_row){.kind = row->kind,
                                       .key = at(lists->key, i),
                                       .field = at(lists->field, i),
                                       .property = at(lists->property, i),
                                       .op = at(lists->op, i),
                                       .value = at(lists->value, i),
                                       .from = at(lists->from, i),
                                       .to = at(lists->to, i),
                                       .points = at(lists->points, i),
                                       .most = at(lists->most, i)};
        form.n++;
    }
    *out_form = form;
}

/* ---- from rules ---- */

static struct str number_text(struct ctx *ctx, double value)
{
    struct sb sb;
    if (isnan(value)) {
        return STR("");
    }
    sb_init(&sb, ctx->arena, 40);
    json_write_double(&sb, value);
    return sb_view(&sb);
}

static struct str id_text(struct ctx *ctx, int64_t id)
{
    return arena_print(ctx->arena, "%lld", (long long)id);
}

static struct str joined(struct ctx *ctx, const struct score_rule *rule)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, VALUES_BYTES);
    for (size_t i = 0; i < rule->n_values; i++) {
        sb_str(&sb, i == 0 ? STR("") : STR(", "));
        sb_str(&sb, rule->values[i]);
    }
    return sb_view(&sb);
}

static void fill_what(struct ctx *ctx, const struct score_rule *rule,
                      struct score_form_row *row)
{
    switch (rule->kind) {
    case SCORE_HAS:
        row->op = rule->negative ? UNKNOWN : KNOWN;
        break;
    case SCORE_RANGE:
        row->from = number_text(ctx, rule->from);
        row->to = number_text(ctx, rule->to);
        break;
    case SCORE_PER:
        row->from = number_text(ctx, rule->each);
        break;
    case SCORE_MATCH:
        row->op = str_from(score_op_name(rule->op));
        row->value = joined(ctx, rule);
        break;
    case SCORE_PAGES:
        row->value = rule->pages;
        break;
    case SCORE_TARGET:
        row->field = id_text(ctx, rule->target);
        break;
    case SCORE_TAG:
        row->field = id_text(ctx, rule->tag);
        break;
    case SCORE_RECENCY:
        row->field = rule->half ? STR("half") : STR("linear");
        row->from = arena_print(ctx->arena, "%d", (int)rule->days);
        break;
    case SCORE_RULE_KIND__COUNT:
    default:
        break;
    }
}

void score_form_from_rules(struct ctx *ctx, const struct score_rule *rules, size_t n,
                           struct score_form *out_form)
{
    *out_form = (struct score_form){.n = 0};
    for (size_t i = 0; i < n && i < SCORE_RULES_MAX; i++) {
        struct score_form_row *row = &out_form->rows[out_form->n++];
        *row = (struct score_form_row){
            .kind = rules[i].kind,
            .key = rules[i].key,
            .property = rules[i].property,
            .points = arena_print(ctx->arena, "%d", (int)rules[i].points),
            .most = arena_print(ctx->arena, "%d", (int)rules[i].most)};
        if (rules[i].kind <= SCORE_MATCH) {
            row->field = str_from(score_field(rules[i].field)->name);
        }
        fill_what(ctx, &rules[i], row);
    }
}

/* ---- to rules ---- */

/* "-15", "+15"; 0, which is refused, for what is none. */
static int32_t whole(struct str text)
{
    int64_t value = 0;
    text = str_starts(text, STR("+")) ? str_slice(text, 1, text.n) : text;
    return str_to_i64(text, &value) && value >= -100000 && value <= 100000 ? (int32_t)value : 0;
}

static bool read_number(struct str text, double *out)
{
    *out = (double)NAN;
    return text.n == 0 || str_to_double(text, out);
}

static bool find_field(struct str name, enum score_field_id *out)
{
    for (size_t i = 0; i < SCORE_FIELD__COUNT; i++) {
        if (str_eq(name, str_from(score_field((enum score_field_id)i)->name))) {
            *out = (enum score_field_id)i;
            return true;
        }
    }
    return false;
}

static void read_op(struct str name, enum score_op *out)
{
    for (size_t i = 0; i < SCORE_OP__COUNT; i++) {
        if (str_eq(name, str_from(score_op_name((enum score_op)i)))) {
            *out = (enum score_op)i;
        }
    }
}

static void split_values(struct ctx *ctx, struct str text, struct score_rule *rule)
{
    size_t room = 1;
    struct str value;
    for (size_t i = 0; i < text.n; i++) {
        room += text.p[i] == ',';
    }
    rule->values = ARENA_ARRAY(ctx->arena, room, struct str);
    while (str_next(&text, ',', &value)) {
        value = str_trim(value);
        if (value.n > 0) {
            rule->values[rule->n_values++] = value;
        }
    }
    rule->lower = rule->values;
}

static int64_t id_of(struct str text)
{
    int64_t id = 0;
    return str_to_i64(text, &id) && id > 0 ? id : 0;
}

/* A sentence about a number that is none, or "no value". */
static struct str read_what(struct ctx *ctx, const struct score_form_row *row,
                            struct score_rule *rule)
{
    const struct str none = {.p = NULL};
    double days;
    switch (row->kind) {
    case SCORE_HAS:
        rule->negative = str_eq(row->op, UNKNOWN);
        return none;
    case SCORE_RANGE:
        return read_number(row->from, &rule->from) && read_number(row->to, &rule->to)
                   ? none
                   : STR("A range is between two numbers.");
    case SCORE_PER:
        return read_number(row->from, &rule->each) ? none
                                                   : STR("“For every” is a whole number.");
    case SCORE_MATCH:
        read_op(row->op, &rule->op);
        split_values(ctx, row->value, rule);
        return none;
    case SCORE_PAGES:
        rule->pages = row->value;
        return none;
    case SCORE_TARGET:
        rule->target = id_of(row->field);
        return none;
    case SCORE_TAG:
        rule->tag = id_of(row->field);
        return none;
    case SCORE_RECENCY:
        rule->half = str_eq(row->field, STR("half"));
        rule->days = read_number(row->from, &days) ? whole(row->from) : 0;
        return none;
    case SCORE_RULE_KIND__COUNT:
    default:
        return none;
    }
}

static struct str read_rule(struct ctx *ctx, const struct score_form_row *row,
                            struct score_rule *rule)
{
    *rule = (struct score_rule){.key = row->key,
                                .kind = row->kind,
                                .points = whole(row->points),
                                .most = whole(row->most),
                                .property = row->property,
                                .from = (double)NAN,
                                .to = (double)NAN};
    rule->most = rule->most < 0 ? -rule->most : rule->most;
    if (row->kind <= SCORE_MATCH && !find_field(row->field, &rule->field)) {
        return STR("Choose what this rule looks at.");
    }
    struct str wrong = read_what(ctx, row, rule);
    if (str_is_null(wrong) && score_rule_check(ctx, rule) != ERR_NONE) {
        wrong = ctx->why;
        ctx_clear(ctx);
    }
    return wrong;
}

/* A key that somebody else has, or that is none, is as if it was not there. */
static void clear_doubles(struct score_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool bad = rules[i].key.n > SCORE_KEY_BYTES;
        for (size_t k = 0; k < rules[i].key.n; k++) {
            char c = rules[i].key.p[k];
            bad = bad || !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
        }
        for (size_t k = 0; k < i; k++) {
            bad = bad || str_eq(rules[k].key, rules[i].key);
        }
        rules[i].key = bad ? STR("") : rules[i].key;
    }
}

bool score_form_rules(struct ctx *ctx, struct score_form *form, struct score_rule *out_rules,
                      size_t *out_n)
{
    bool right = true;
    for (size_t i = 0; i < form->n; i++) {
        form->rows[i].wrong = read_rule(ctx, &form->rows[i], &out_rules[i]);
        right = right && str_is_null(form->rows[i].wrong);
    }
    clear_doubles(out_rules, form->n);
    score_rules_name(ctx, out_rules, form->n);
    *out_n = form->n;
    return right;
}

/* ---- buttons ---- */

void score_form_add(struct score_form *form, enum score_rule_kind kind)
{
    if (form->n == SCORE_RULES_MAX) {
        return;
    }
    form->rows[form->n++] =
        (struct score_form_row){.kind = kind,
                                .field = kind == SCORE_RECENCY ? STR("linear") : STR(""),
                                .from = kind == SCORE_PER       ? STR("1")
                                        : kind == SCORE_RECENCY ? STR("30")
                                                                : STR(""),
                                .points = STR("10"),
                                .most = STR("20")};
}

void score_form_remove(struct score_form *form, size_t row)
{
    if (row < form->n) {
        form->n--;
        memmove(&form->rows[row], &form->rows[row + 1],
                (form->n - row) * sizeof(form->rows[0]));
    }
}

void score_form_move(struct score_form *form, size_t row, bool up)
{
    size_t other = up ? row - 1 : row + 1;
    if (row < form->n && other < form->n) {
        struct score_form_row moved = form->rows[row];
        form->rows[row] = form->rows[other];
        form->rows[other] = moved;
    }
}
