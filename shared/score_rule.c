#include "shared/score_rule.h"

#include "shared/sb.h"
#include "shared/url_pattern.h"

#include <math.h>

#define WORDS_MAX 1000
#define SHOWN_MAX 60
#define NUMBER_MAX 1e12
#define DAYS_MAX 3650

static const struct score_field fields[SCORE_FIELD__COUNT] = {
    [SCORE_EMAIL] = {"email", "email", {0}, SCORE_TEXT},
    [SCORE_PHONE] = {"phone", "phone", {0}, SCORE_TEXT},
    [SCORE_COMPANY] = {"company", "company", {0}, SCORE_TEXT},
    [SCORE_FIRST_NAME] = {"first_name", "first name", {0}, SCORE_TEXT},
    [SCORE_LAST_NAME] = {"last_name", "last name", {0}, SCORE_TEXT},
    [SCORE_JOB_TITLE] = {"job_title", "job title", {0}, SCORE_TEXT},
    [SCORE_CHANNEL] = {"channel", "channel", {0}, SCORE_TEXT},
    [SCORE_FIRST_CHANNEL] = {"first_channel", "first channel", {0}, SCORE_TEXT},
    [SCORE_SOURCE] = {"source", "source", {0}, SCORE_TEXT},
    [SCORE_MEDIUM] = {"medium", "medium", {0}, SCORE_TEXT},
    [SCORE_CAMPAIGN] = {"campaign", "campaign", {0}, SCORE_TEXT},
    [SCORE_REFERRER] = {"referrer", "referrer", {0}, SCORE_TEXT},
    [SCORE_LANDING] = {"landing", "landing page", {0}, SCORE_TEXT},
    [SCORE_DOMAIN] = {"domain", "domain", {0}, SCORE_TEXT},
    [SCORE_INDUSTRY] = {"industry", "industry", {0}, SCORE_TEXT},
    [SCORE_COUNTRY] = {"country", "country", {0}, SCORE_TEXT},
    [SCORE_REGION] = {"region", "region", {0}, SCORE_TEXT},
    [SCORE_CITY] = {"city", "city", {0}, SCORE_TEXT},
    [SCORE_LEGAL_TYPE] = {"legal_type", "legal type", {0}, SCORE_TEXT},
    [SCORE_REVENUE] = {"revenue", "revenue", {0}, SCORE_TEXT},
    [SCORE_TECHNOLOGIES] = {"technologies", "technologies", {0}, SCORE_TEXT},
    [SCORE_WEBSITE] = {"website", "website", {0}, SCORE_TEXT},
    [SCORE_LINKEDIN] = {"linkedin", "LinkedIn", {0}, SCORE_TEXT},
    [SCORE_EMPLOYEES] = {"employees", "employees", {0}, SCORE_NUMBER},
    [SCORE_FOUNDED] = {"founded", "founded", {0}, SCORE_NUMBER},
    [SCORE_SESSIONS] = {"sessions", "sessions", {"session", "sessions"}, SCORE_COUNT},
    [SCORE_PAGEVIEWS] = {"pageviews", "pageviews", {"pageview", "pageviews"}, SCORE_COUNT},
    [SCORE_FORMS] = {"forms", "forms", {"form", "forms"}, SCORE_COUNT},
    [SCORE_EVENTS] = {"events", "events", {"event", "events"}, SCORE_COUNT},
    [SCORE_VISITORS] = {"visitors", "browsers", {"browser", "browsers"}, SCORE_COUNT},
    [SCORE_PROPERTY] = {"property", "a property", {0}, SCORE_ANY},
};

static const struct {
    const char *name, *label;
} kinds[SCORE_RULE_KIND__COUNT] = {
    [SCORE_HAS] = {"has", "Something is known"},
    [SCORE_RANGE] = {"range", "A number is in a range"},
    [SCORE_PER] = {"per", "Points for every so many"},
    [SCORE_MATCH] = {"match", "Something is or contains"},
    [SCORE_PAGES] = {"pages", "Pages were viewed"},
    [SCORE_TARGET] = {"target", "A conversion target was reached"},
    [SCORE_TAG] = {"tag", "It has a tag"},
    [SCORE_RECENCY] = {"recency", "It was active lately"},
};

static const struct {
    const char *name, *label;
} ops[SCORE_OP__COUNT] = {
    [SCORE_IS] = {"is", "is"},
    [SCORE_IS_NOT] = {"is_not", "is not"},
    [SCORE_CONTAINS] = {"contains", "contains"},
    [SCORE_CONTAINS_NOT] = {"contains_not", "does not contain"},
};

const struct score_field *score_field(enum score_field_id id)
{
    return id < SCORE_FIELD__COUNT ? &fields[id] : NULL;
}

const char *score_rule_kind_name(enum score_rule_kind kind)
{
    return kinds[kind].name;
}

const char *score_rule_kind_label(enum score_rule_kind kind)
{
    return kinds[kind].label;
}

bool score_rule_kind_from(struct str name, enum score_rule_kind *out_kind)
{
    for (size_t i = 0; i < SCORE_RULE_KIND__COUNT; i++) {
        if (str_eq(name, str_from(kinds[i].name))) {
            *out_kind = (enum score_rule_kind)i;
            return true;
        }
    }
    return false;
}

const char *score_op_name(enum score_op op)
{
    return ops[op].name;
}

const char *score_op_label(enum score_op op)
{
    return ops[op].label;
}

bool score_rule_fits(enum score_rule_kind kind, enum score_field_id field)
{
    enum score_field_kind of = fields[field].kind;
    switch (kind) {
    case SCORE_HAS:
        return of != SCORE_COUNT;
    case SCORE_MATCH:
        return of == SCORE_TEXT || of == SCORE_ANY;
    case SCORE_RANGE:
        return of != SCORE_TEXT;
    case SCORE_PER:
        return of == SCORE_COUNT;
    case SCORE_PAGES:
    case SCORE_TARGET:
    case SCORE_TAG:
    case SCORE_RECENCY:
    case SCORE_RULE_KIND__COUNT:
    default:
        return false;
    }
}

/* ---- checking ---- */

static bool has_field(enum score_rule_kind kind)
{
    return kind <= SCORE_MATCH;
}

bool score_rule_repeats(enum score_rule_kind kind)
{
    return kind == SCORE_PER || kind == SCORE_PAGES || kind == SCORE_TARGET;
}

static bool is_line(struct str text, size_t max)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' || c == 0x7f) {
            return false;
        }
    }
    return text.n > 0 && text.n <= max && str_is_utf8(text);
}

static enum err check_field(struct ctx *ctx, const struct score_rule *rule)
{
    if (rule->field >= SCORE_FIELD__COUNT || !score_rule_fits(rule->kind, rule->field)) {
        return ctx_fail(ctx, ERR_INVALID, "Choose what this rule looks at.");
    }
    if (rule->field == SCORE_PROPERTY && !is_line(rule->property, SCORE_VALUE_BYTES)) {
        return ctx_fail(ctx, ERR_INVALID, "Write the name of the property.");
    }
    return ERR_NONE;
}

static enum err check_range(struct ctx *ctx, const struct score_rule *rule)
{
    if (isnan(rule->from) && isnan(rule->to)) {
        return ctx_fail(ctx, ERR_INVALID,
                        "A range has a number to begin with, or to end with.");
    }
    if (rule->from > rule->to) {
        return ctx_fail(ctx, ERR_INVALID, "This range ends before it begins.");
    }
    if (fabs(rule->from) > NUMBER_MAX || fabs(rule->to) > NUMBER_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "This number is too large.");
    }
    return ERR_NONE;
}

static enum err check_values(struct ctx *ctx, const struct score_rule *rule)
{
    if (rule->n_values == 0) {
        return ctx_fail(ctx, ERR_INVALID, "Write what to look for.");
    }
    if (rule->n_values > SCORE_VALUES_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "A rule has at most %d values.", SCORE_VALUES_MAX);
    }
    for (size_t i = 0; i < rule->n_values; i++) {
        if (!is_line(rule->values[i], SCORE_VALUE_BYTES)) {
            return ctx_fail(ctx, ERR_INVALID, "A value has at most %d characters, on one line.",
                            SCORE_VALUE_BYTES);
        }
    }
    return ERR_NONE;
}

static enum err check_kind(struct ctx *ctx, const struct score_rule *rule)
{
    struct url_pattern pattern;
    switch (rule->kind) {
    case SCORE_RANGE:
        return check_range(ctx, rule);
    case SCORE_PER:
        return rule->each >= 1 && rule->each <= NUMBER_MAX && floor(rule->each) >= rule->each
                   ? ERR_NONE
                   : ctx_fail(ctx, ERR_INVALID, "“For every” is a whole number from 1.");
    case SCORE_MATCH:
        return check_values(ctx, rule);
    case SCORE_PAGES:
        return url_pattern_read(ctx, rule->pages, &pattern);
    case SCORE_TARGET:
        return rule->target > 0 ? ERR_NONE
                                : ctx_fail(ctx, ERR_INVALID, "Choose a conversion target.");
    case SCORE_TAG:
        return rule->tag > 0 ? ERR_NONE : ctx_fail(ctx, ERR_INVALID, "Choose a tag.");
    case SCORE_RECENCY:
        return rule->days >= 1 && rule->days <= DAYS_MAX
                   ? ERR_NONE
                   : ctx_fail(ctx, ERR_INVALID, "Days are a whole number from 1 to %d.",
                              DAYS_MAX);
    case SCORE_HAS:
        return ERR_NONE;
    case SCORE_RULE_KIND__COUNT:
    default:
        return ctx_fail(ctx, ERR_INVALID, "There is no rule of this kind.");
    }
}

static enum err check_points(struct ctx *ctx, struct score_rule *rule)
{
    int32_t size = rule->points < 0 ? -rule->points : rule->points;
    if (size == 0 || size > SCORE_POINTS_MAX) {
        return ctx_fail(ctx, ERR_INVALID,
                        "Points are a whole number from -%d to %d, but not 0.",
                        SCORE_POINTS_MAX, SCORE_POINTS_MAX);
    }
    if (!score_rule_repeats(rule->kind)) {
        rule->most = size;
    }
    if (rule->most < size || rule->most > SCORE_POINTS_MAX) {
        return ctx_fail(ctx, ERR_INVALID,
                        "“At most” is a whole number from the points of one up to %d.",
                        SCORE_POINTS_MAX);
    }
    if (rule->kind == SCORE_RECENCY && rule->points < 0) {
        return ctx_fail(ctx, ERR_INVALID, "Being active lately cannot cost points.");
    }
    return ERR_NONE;
}

enum err score_rule_check(struct ctx *ctx, struct score_rule *rule)
{
    if (has_field(rule->kind)) {
        TRY(check_field(ctx, rule));
    }
    TRY(check_kind(ctx, rule));
    return check_points(ctx, rule);
}

/* ---- keys ---- */

static bool key_is_used(const struct score_rule *rules, size_t n, struct str key)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(rules[i].key, key)) {
            return true;
        }
    }
    return false;
}

void score_rules_name(struct ctx *ctx, struct score_rule *rules, size_t n)
{
    int number = 0;
    for (size_t i = 0; i < n; i++) {
        while (str_is_empty(rules[i].key)) {
            struct str key = arena_print(ctx->arena, "r%d", ++number);
            rules[i].key = key_is_used(rules, n, key) ? (struct str){.p = NULL} : key;
        }
    }
}

/* ---- words ---- */

static struct str shown(struct ctx *ctx, struct str text)
{
    return text.n <= SHOWN_MAX
               ? text
               : arena_print(ctx->arena, "%.*s…", STR_ARG(str_cut(text, SHOWN_MAX)));
}

static struct str field_words(struct ctx *ctx, const struct score_rule *rule)
{
    return rule->field == SCORE_PROPERTY ? shown(ctx, rule->property)
                                         : str_from(fields[rule->field].label);
}

static void say_number(struct sb *sb, double value)
{
    json_write_double(sb, value);
}

static void say_range(struct sb *sb, const struct score_rule *rule)
{
    bool exact = rule->from >= rule->to && rule->from <= rule->to;
    if (!isnan(rule->from)) {
        sb_str(sb, exact ? STR(" ") : isnan(rule->to) ? STR(" at least ") : STR(" from "));
        say_number(sb, rule->from);
    }
    if (!isnan(rule->to) && !exact) {
        sb_str(sb, isnan(rule->from) ? STR(" at most ") : STR(" to "));
        say_number(sb, rule->to);
    }
}

static void say_values(struct ctx *ctx, struct sb *sb, const struct score_rule *rule)
{
    sb_printf(sb, " %s ", ops[rule->op].label);
    for (size_t i = 0; i < rule->n_values; i++) {
        sb_printf(sb, "%s%.*s", i == 0 ? "" : " or ", STR_ARG(shown(ctx, rule->values[i])));
    }
}

static struct str per_words(struct ctx *ctx, const struct score_rule *rule)
{
    const char *const *unit = fields[rule->field].unit;
    if (rule->each <= 1) {
        return arena_print(ctx->arena, "each %s", unit[0]);
    }
    return arena_print(ctx->arena, "every %.0f %s", rule->each, unit[1]);
}

static struct str called(struct ctx *ctx, struct str name, const char *gone)
{
    return str_is_empty(name) ? str_from(gone) : shown(ctx, name);
}

struct str score_rule_words(struct ctx *ctx, const struct score_rule *rule)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, WORDS_MAX);
    switch (rule->kind) {
    case SCORE_HAS:
        sb_printf(&sb, "%.*s is %sknown", STR_ARG(field_words(ctx, rule)),
                  rule->negative ? "not " : "");
        break;
    case SCORE_RANGE:
        sb_str(&sb, field_words(ctx, rule));
        say_range(&sb, rule);
        break;
    case SCORE_PER:
        sb_str(&sb, per_words(ctx, rule));
        break;
    case SCORE_MATCH:
        sb_str(&sb, field_words(ctx, rule));
        say_values(ctx, &sb, rule);
        break;
    case SCORE_PAGES:
        sb_printf(&sb, "each view of %.*s", STR_ARG(shown(ctx, rule->pages)));
        break;
    case SCORE_TARGET:
        sb_printf(&sb, "target %.*s reached", STR_ARG(called(ctx, rule->name, "(deleted)")));
        break;
    case SCORE_TAG:
        sb_printf(&sb, "tagged %.*s", STR_ARG(called(ctx, rule->name, "(deleted)")));
        break;
    case SCORE_RECENCY:
        sb_printf(&sb, "active lately, %s %d day%s", rule->half ? "halved every" : "fading in",
                  (int)rule->days, rule->days == 1 ? "" : "s");
        break;
    case SCORE_RULE_KIND__COUNT:
    default:
        break;
    }
    return sb.overflow ? STR("a long rule") : sb_view(&sb);
}

struct str score_rule_name(struct ctx *ctx, const struct score_rule *rule)
{
    switch (rule->kind) {
    case SCORE_HAS:
        return rule->negative ? score_rule_words(ctx, rule) : field_words(ctx, rule);
    case SCORE_PER:
        return str_from(fields[rule->field].label);
    case SCORE_PAGES:
        return shown(ctx, rule->pages);
    case SCORE_TARGET:
        return called(ctx, rule->name, "deleted target");
    case SCORE_RECENCY:
        return STR("recency");
    case SCORE_RANGE:
    case SCORE_MATCH:
    case SCORE_TAG:
    case SCORE_RULE_KIND__COUNT:
    default:
        return score_rule_words(ctx, rule);
    }
}

struct str score_rule_worth(struct ctx *ctx, const struct score_rule *rule)
{
    if (rule->kind == SCORE_RECENCY) {
        return arena_print(ctx->arena, "up to %+d", (int)rule->points);
    }
    if (!score_rule_repeats(rule->kind)) {
        return arena_print(ctx->arena, "%+d", (int)rule->points);
    }
    return arena_print(ctx->arena, "%+d each time, %+d at most", (int)rule->points,
                       (int)(rule->points < 0 ? -rule->most : rule->most));
}
