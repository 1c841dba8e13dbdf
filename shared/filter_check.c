#include "shared/clock.h"
#include "shared/filter_parts.h"
#include "shared/url_pattern.h"

#define DAYS_MAX 36500 /* of an age */
#define NUMBER_BYTES 30

/* ---- values ---- */

bool filter_time(struct str s, int64_t now, int64_t *out_at, int64_t *out_days)
{
    int64_t days = 0;
    *out_days = -1;
    if (str_ends(s, STR("d")) && str_to_i64(str_slice(s, 0, s.n - 1), &days)) {
        *out_at = now - days * CLOCK_DAY;
        *out_days = days;
        return days >= 0 && days <= DAYS_MAX;
    }
    return clock_parse_day(s, out_at);
}

/* What FILTER_NUMBER_REGEX matches. */
bool filter_number(struct str s, double *out_number)
{
    size_t digits[2] = {0, 0}, dots = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && digits[0] > 0) {
            dots++;
        } else if (s.p[i] >= '0' && s.p[i] <= '9') {
            digits[dots > 0]++;
        } else if (s.p[i] != '-' || i != 0) {
            return false;
        }
    }
    bool whole = dots == 0 ? digits[1] == 0 : dots == 1 && digits[1] > 0;
    return whole && digits[0] > 0 && digits[0] <= 15 && digits[1] <= 12 &&
           str_to_double(s, out_number);
}

static bool is_number(struct str value)
{
    double number;
    return value.n <= NUMBER_BYTES && str_to_double(value, &number);
}

/* Compared as a number; of a property also the number is text for "is" and "contains". */
static bool wants_number(enum filter_kind kind, enum filter_op op)
{
    return kind == FILTER_NUMBER ||
           (kind == FILTER_PROPERTY && (op == FILTER_GREATER || op == FILTER_LESS ||
                                        op == FILTER_BETWEEN || op == FILTER_BETWEEN_NOT));
}

static bool value_fits(const struct filter_field *field, enum filter_op op, struct str value)
{
    int64_t at, days, id = -1;
    if (wants_number(field->kind, op)) {
        return is_number(value);
    }
    if (field->kind == FILTER_TIME) {
        return filter_time(value, 0, &at, &days);
    }
    if (field->kind == FILTER_CHOICE) {
        return filter_choice(field, value) != 0;
    }
    if (filter_kind_has_ids(field->kind)) {
        return str_to_i64(value, &id) && id >= (field->kind == FILTER_USER ? 0 : 1);
    }
    return !str_is_empty(value) && str_is_utf8(value);
}

static const char *value_hint(const struct filter_field *field, enum filter_op op)
{
    if (wants_number(field->kind, op)) {
        return "a number";
    }
    switch ((int)field->kind) {
    case FILTER_TIME:
        return "a date like 2026-11-21 or an age like 30d";
    case FILTER_CHOICE:
        return "one of the choices";
    case FILTER_BOARD:
        return "a board";
    case FILTER_STAGE:
        return "a stage";
    case FILTER_USER:
        return "somebody of the team";
    case FILTER_SEGMENT:
        return "a segment";
    case FILTER_TARGET:
        return "a conversion target";
    default:
        return "some text";
    }
}

/* ---- checking ---- */

static enum err check_values(struct ctx *ctx, const struct filter_node *condition)
{
    const struct filter_field *field = filter_field_at(condition->field);
    size_t wanted = filter_op_values(condition->op);
    bool enough =
        wanted == FILTER_VALUES ? condition->n_values > 0 : condition->n_values == wanted;
    if (!enough) {
        return ctx_fail(ctx, ERR_INVALID, "The condition on %s needs %s.", field->label,
                        wanted == 0   ? "no value"
                        : wanted == 2 ? "two values"
                                      : value_hint(field, condition->op));
    }
    for (size_t i = 0; i < condition->n_values; i++) {
        if (condition->values[i].n > FILTER_VALUE_BYTES ||
            !value_fits(field, condition->op, condition->values[i])) {
            return ctx_fail(ctx, ERR_INVALID, "The condition on %s needs %s.", field->label,
                            value_hint(field, condition->op));
        }
        struct url_pattern pattern;
        if (field->kind == FILTER_PAGE &&
            (condition->op == FILTER_IS || condition->op == FILTER_IS_NOT)) {
            TRY(url_pattern_read(ctx, condition->values[i], &pattern));
        }
    }
    return ERR_NONE;
}

enum err filter_check_span(struct ctx *ctx, int32_t times, int32_t days)
{
    if (times < 0 || times > FILTER_TIMES) {
        return ctx_fail(ctx, ERR_INVALID, "How often is a whole number from 1 to %d.",
                        FILTER_TIMES);
    }
    if (days < 0 || days > FILTER_DAYS) {
        return ctx_fail(ctx, ERR_INVALID, "The number of days is a whole number from 1 to %d.",
                        FILTER_DAYS);
    }
    return ERR_NONE;
}

static enum err check_history(struct ctx *ctx, const struct filter_node *condition)
{
    const struct filter_field *field = filter_field_at(condition->field);
    if ((condition->times != 0 && !field->event && !field->counted) ||
        (condition->days != 0 && field->days == FILTER_DAYS_NONE)) {
        return ctx_fail(ctx, ERR_INVALID, "The condition on %s is not about a span of time.",
                        field->label);
    }
    if (condition->days == 0 && field->days == FILTER_DAYS_MUST) {
        return ctx_fail(ctx, ERR_INVALID, "The condition on %s needs a number of days.",
                        field->label);
    }
    return filter_check_span(ctx, condition->times, condition->days);
}

enum err filter_check(struct ctx *ctx, const struct filter_node *condition)
{
    const struct filter_field *field = filter_field_at(condition->field);
    if (!filter_op_fits(condition->op, field)) {
        return ctx_fail(ctx, ERR_INVALID, "“%s” cannot be used with %s.",
                        filter_op_words(condition->op), field->label);
    }
    bool keyed = field->kind == FILTER_PROPERTY;
    if (keyed ? condition->key.n == 0 || condition->key.n > FILTER_KEY_BYTES ||
                    !str_is_utf8(condition->key)
              : condition->key.n != 0) {
        return ctx_fail(ctx, ERR_INVALID,
                        keyed ? "The condition on a %s needs the property's name."
                              : "The condition on %s is not about a property.",
                        field->label);
    }
    TRY(check_values(ctx, condition));
    return check_history(ctx, condition);
}
