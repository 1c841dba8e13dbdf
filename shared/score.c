#include "shared/score.h"

#include "shared/clock.h"
#include "shared/sb.h"

#include <math.h>

/* ---- formulas ---- */

static size_t slot_of_id(int64_t *list, size_t *n, int64_t id)
{
    for (size_t i = 0; i < *n; i++) {
        if (list[i] == id) {
            return i;
        }
    }
    list[*n] = id;
    return (*n)++;
}

static size_t slot_of_text(struct str *list, size_t *n, struct str text)
{
    for (size_t i = 0; i < *n; i++) {
        if (str_eq(list[i], text)) {
            return i;
        }
    }
    list[*n] = text;
    return (*n)++;
}

/* Half of 100 points rounds to none after eight halvings. */
static int32_t horizon_of(const struct score_rule *rule)
{
    if (rule->kind != SCORE_RECENCY) {
        return 0;
    }
    return rule->half ? (int32_t)ceil(rule->days * log2(2.0 * rule->points)) + 1 : rule->days;
}

static bool is_plain(const struct score_rule *rule)
{
    switch (rule->kind) {
    case SCORE_HAS:
        return rule->field <= SCORE_COMPANY;
    case SCORE_RANGE:
    case SCORE_PER:
        return rule->field >= SCORE_SESSIONS && rule->field <= SCORE_VISITORS;
    case SCORE_RECENCY:
        return true;
    case SCORE_MATCH:
    case SCORE_PAGES:
    case SCORE_TARGET:
    case SCORE_TAG:
    case SCORE_RULE_KIND__COUNT:
    default:
        return false;
    }
}

/* A company's name is known with its account. */
static bool is_of_account(const struct score_rule *rule)
{
    return rule->kind <= SCORE_MATCH && (score_field_is_of_account(rule->field) ||
                                         (rule->field == SCORE_COMPANY && !is_plain(rule)));
}

void score_formula_make(struct arena *arena, int32_t version, struct score_rule *rules,
                        size_t n, struct score_formula *out)
{
    struct score_formula formula = {.version = version,
                                    .rules = rules,
                                    .n_rules = n,
                                    .properties = ARENA_ARRAY(arena, n, struct str),
                                    .tags = ARENA_ARRAY(arena, n, int64_t),
                                    .patterns = ARENA_ARRAY(arena, n, int64_t),
                                    .plain = true};
    for (size_t i = 0; i < n; i++) {
        struct score_rule *rule = &rules[i];
        int32_t horizon = horizon_of(rule);
        formula.plain = formula.plain && is_plain(rule);
        formula.of_account = formula.of_account || is_of_account(rule);
        formula.horizon_days = horizon > formula.horizon_days ? horizon : formula.horizon_days;
        if (rule->kind <= SCORE_MATCH && rule->field == SCORE_PROPERTY) {
            rule->slot =
                slot_of_text(formula.properties, &formula.n_properties, rule->property);
        } else if (rule->kind == SCORE_TAG) {
            rule->slot = slot_of_id(formula.tags, &formula.n_tags, rule->tag);
        } else if (rule->kind == SCORE_PAGES || rule->kind == SCORE_TARGET) {
            rule->slot = slot_of_id(formula.patterns, &formula.n_patterns, rule->pattern);
        }
    }
    *out = formula;
}

/* ---- what a rule brings ---- */

struct asking {
    const struct score_rule *rule;
    const struct score_input *input;
    int64_t days;
};

static struct str text_of(const struct asking *ask)
{
    const struct score_rule *rule = ask->rule;
    if (rule->field == SCORE_PROPERTY) {
        return rule->slot < ask->input->properties.n ? ask->input->properties.v[rule->slot]
                                                     : (struct str){.p = NULL};
    }
    return rule->field < SCORE_EMPLOYEES ? ask->input->texts[rule->field]
                                         : (struct str){.p = NULL};
}

static double number_of(const struct asking *ask)
{
    double value = (double)NAN;
    if (ask->rule->field == SCORE_PROPERTY) {
        return str_to_double(text_of(ask), &value) ? value : (double)NAN;
    }
    return ask->rule->field >= SCORE_EMPLOYEES
               ? ask->input->numbers[ask->rule->field - SCORE_EMPLOYEES]
               : value;
}

static bool is_known(const struct asking *ask)
{
    bool is_number = ask->rule->field >= SCORE_EMPLOYEES && ask->rule->field != SCORE_PROPERTY;
    return is_number ? !isnan(number_of(ask)) : text_of(ask).n > 0;
}

static bool is_in_range(const struct asking *ask)
{
    double value = number_of(ask);
    const struct score_rule *rule = ask->rule;
    return !isnan(value) && (isnan(rule->from) || value >= rule->from) &&
           (isnan(rule->to) || value <= rule->to);
}

/* A list (technologies) is one of the values when one of its lines is. */
static bool is_value(struct str text, struct str value)
{
    struct str line;
    while (str_next(&text, '\n', &line)) {
        if (str_eq(line, value)) {
            return true;
        }
    }
    return false;
}

static bool is_match(const struct asking *ask)
{
    const struct score_rule *rule = ask->rule;
    struct str text = text_of(ask);
    bool contains = rule->op == SCORE_CONTAINS || rule->op == SCORE_CONTAINS_NOT;
    bool negative = rule->op == SCORE_IS_NOT || rule->op == SCORE_CONTAINS_NOT;
    bool found = false;
    for (size_t i = 0; i < rule->n_values && !found && text.n > 0; i++) {
        found = contains ? str_contains(text, rule->lower[i]) : is_value(text, rule->lower[i]);
    }
    return found != negative;
}

static bool has_tag(const struct asking *ask)
{
    for (size_t i = 0; i < ask->input->tags.n; i++) {
        if (ask->input->tags.v[i] == ask->rule->tag) {
            return true;
        }
    }
    return false;
}

static int32_t times(const struct score_rule *rule, double n)
{
    double points = n < 1e6 ? floor(n) * rule->points : 1e6 * rule->points;
    return points > rule->most    ? rule->most
           : points < -rule->most ? -rule->most
                                  : (int32_t)points;
}

static int32_t hits_of(const struct asking *ask)
{
    const struct sql_i64s *hits = &ask->input->hits;
    return ask->rule->slot < hits->n ? times(ask->rule, (double)hits->v[ask->rule->slot]) : 0;
}

static int32_t recency(const struct score_rule *rule, int64_t days)
{
    if (rule->half) {
        return (int32_t)lround(rule->points * exp2(-(double)days / rule->days));
    }
    return days >= rule->days ? 0 : rule->points - (int32_t)(days * rule->points / rule->days);
}

static int32_t points_of(const struct asking *ask)
{
    const struct score_rule *rule = ask->rule;
    switch (rule->kind) {
    case SCORE_HAS:
        return is_known(ask) != rule->negative ? rule->points : 0;
    case SCORE_RANGE:
        return is_in_range(ask) ? rule->points : 0;
    case SCORE_PER: {
        double value = number_of(ask);
        return value > 0 ? times(rule, value / rule->each) : 0;
    }
    case SCORE_MATCH:
        return is_match(ask) ? rule->points : 0;
    case SCORE_PAGES:
    case SCORE_TARGET:
        return hits_of(ask);
    case SCORE_TAG:
        return has_tag(ask) ? rule->points : 0;
    case SCORE_RECENCY:
        return recency(rule, ask->days);
    case SCORE_RULE_KIND__COUNT:
    default:
        return 0;
    }
}

/* ---- the sum ---- */

/* Takes what is too much (above 0: of those that give; below 0: of those that take) off the
 * parts, from the last one on. */
static void cut(struct score *score, size_t n, int32_t excess)
{
    for (size_t i = n; i > 0 && excess != 0; i--) {
        int32_t part = score->parts[i - 1];
        if ((part > 0) != (excess > 0)) {
            continue;
        }
        int32_t taken = (excess > 0) == (part > excess) ? excess : part;
        score->parts[i - 1] = (int16_t)(part - taken);
        excess -= taken;
    }
}

void score_of(const struct score_formula *formula, const struct score_input *input, int64_t now,
              struct score *out_score)
{
    struct asking ask = {.input = input,
                         .days = now > input->last_at ? (now - input->last_at) / CLOCK_DAY : 0};
    int32_t sum = 0;
    for (size_t i = 0; i < formula->n_rules; i++) {
        ask.rule = &formula->rules[i];
        int32_t points = points_of(&ask);
        out_score->parts[i] = (int16_t)points;
        sum += points;
    }
    if (sum > SCORE_MOST) {
        cut(out_score, formula->n_rules, sum - SCORE_MOST);
        sum = SCORE_MOST;
    } else if (sum < 0) {
        cut(out_score, formula->n_rules, sum);
        sum = 0;
    }
    out_score->total = (int16_t)sum;
}

struct str score_json(struct arena *arena, const struct score_formula *formula,
                      const struct score *score)
{
    struct sb sb;
    sb_init(&sb, arena, (size_t)SCORE_RULES_MAX * (SCORE_KEY_BYTES + 12) + 20);
    sb_char(&sb, '[');
    if (formula->version != 0) {
        sb_i64(&sb, formula->version);
    }
    for (size_t i = 0; i < formula->n_rules; i++) {
        if (score->parts[i] != 0) {
            sb_str(&sb, sb.n > 1 ? STR(", [\"") : STR("[\""));
            sb_str(&sb, formula->rules[i].key);
            SB_LIT(&sb, "\", ");
            sb_i64(&sb, score->parts[i]);
            sb_char(&sb, ']');
        }
    }
    sb_char(&sb, ']');
    return sb_view(&sb);
}
