#include "shared/filter_sense.h"

#include "shared/events.h"
#include "shared/filter_event.h"
#include "shared/filter_parts.h"

/* Conditions that must hold together: those of the root and of the "all" groups in it. */
struct together {
    struct ctx *ctx;
    const struct filter *filter;
    bool of_event;
    const struct filter_node *v[FILTER_NODES];
    size_t n;
};

static void gather(struct together *t, const struct filter_node *group)
{
    bool all =
        group->match == FILTER_ALL || (group->n_nodes == 1 && group->match == FILTER_ANY);
    for (size_t i = 0; all && i < group->n_nodes; i++) {
        const struct filter_node *node = &group->nodes[i];
        if (node->is_group && node->match != FILTER_EVENT) {
            gather(t, node);
        } else if (!node->is_group && t->n < FILTER_NODES) {
            t->v[t->n++] = node;
        }
    }
}

/* ---- two conditions ---- */

static bool is_about_the_same(const struct filter_node *a, const struct filter_node *b)
{
    return a->field == b->field && str_eq(a->key, b->key) && a->days == b->days &&
           a->times == b->times;
}

static bool has_value(const struct filter_node *node, struct str value)
{
    for (size_t i = 0; i < node->n_values; i++) {
        if (str_eq_ci(node->values[i], value)) {
            return true;
        }
    }
    return false;
}

/* All of a's values are among b's. */
static bool is_within(const struct filter_node *a, const struct filter_node *b)
{
    for (size_t i = 0; i < a->n_values; i++) {
        if (!has_value(b, a->values[i])) {
            return false;
        }
    }
    return a->n_values > 0;
}

static bool is_apart(const struct filter_node *a, const struct filter_node *b)
{
    for (size_t i = 0; i < a->n_values; i++) {
        if (has_value(b, a->values[i])) {
            return false;
        }
    }
    return true;
}

/* "is A" and "is not A or B"; "is A" and "is unknown". */
static bool is_denied(const struct filter_node *yes, const struct filter_node *no)
{
    if (filter_is_negated(yes->op) || !filter_is_negated(no->op)) {
        return false;
    }
    if (no->op == FILTER_UNKNOWN) {
        return true;
    }
    return filter_positive(no->op) == yes->op && yes->op != FILTER_BETWEEN &&
           is_within(yes, no);
}

/* A value that the subject has once. */
static bool is_single(const struct filter *filter, const struct filter_node *node)
{
    const struct filter_field *field = filter_field_at(node->field);
    enum filter_side side = filter_source_at(node->field)->side;
    return field->kind != FILTER_LIST &&
           (side == SIDE_OWN || side == SIDE_ACCOUNT ||
            (side == SIDE_LEAD && filter->subject == FILTER_LEADS));
}

/* ---- spans of numbers ---- */

struct span {
    double low, high;
    bool known, open; /* open: without its ends */
};

static struct span span_of(const struct filter_node *node)
{
    struct span span = {.low = -1e300, .high = 1e300, .open = true};
    double a = 0, b = 0;
    if (node->n_values == 0 || !str_to_double(node->values[0], &a)) {
        return span;
    }
    span.known = true;
    switch ((int)node->op) {
    case FILTER_GREATER:
        span.low = a;
        break;
    case FILTER_LESS:
        span.high = a;
        break;
    case FILTER_IS:
        span.known = node->n_values == 1;
        span = (struct span){.low = a, .high = a, .known = span.known};
        break;
    case FILTER_BETWEEN:
        span.known = str_to_double(node->values[1], &b);
        span = (struct span){a < b ? a : b, a < b ? b : a, span.known, false};
        break;
    default:
        span.known = false;
        break;
    }
    return span;
}

static bool is_empty_of_both(const struct filter_node *a, const struct filter_node *b)
{
    struct span x = span_of(a), y = span_of(b);
    double low = x.low > y.low ? x.low : y.low, high = x.high < y.high ? x.high : y.high;
    return x.known && y.known && (low > high || (low == high && (x.open || y.open)));
}

static bool exclude(const struct together *t, const struct filter_node *a,
                    const struct filter_node *b)
{
    if (!is_about_the_same(a, b)) {
        return false;
    }
    if (is_denied(a, b) || is_denied(b, a)) {
        return true;
    }
    if (!is_single(t->filter, a)) {
        return false;
    }
    return filter_field_at(a->field)->kind == FILTER_NUMBER
               ? is_empty_of_both(a, b)
               : a->op == FILTER_IS && b->op == FILTER_IS && is_apart(a, b);
}

static struct str say_one(const struct together *t, const struct filter_node *node)
{
    struct filter_node copy = *node;
    struct filter filter = {
        .subject = t->filter->subject,
        .root = {.is_group = true, .match = FILTER_ALL, .nodes = &copy, .n_nodes = 1}};
    return filter_sentence(t->ctx, &filter, NULL);
}

/* ---- one event ---- */

static unsigned types_of(const struct filter_node *node)
{
    const struct filter_field *field = filter_field_at(node->field);
    unsigned types = filter_source_at(node->field)->types, named = 0;
    for (size_t i = 0;
         field->kind == FILTER_CHOICE && node->op == FILTER_IS && i < node->n_values; i++) {
        named |= FILTER_TYPE((unsigned)filter_choice(field, node->values[i]));
    }
    return named != 0 ? named : types != 0 ? types : ~0U;
}

static bool is_about_event(const struct filter_node *node)
{
    return filter_source_at(node->field)->side == SIDE_EVENT && node->times <= 1 &&
           node->days == 0 && !filter_is_negated(node->op);
}

/* "visited a page" and "submitted a form": no event is both. */
static struct str no_event_is_both(const struct together *t)
{
    unsigned left = ~0U;
    const struct filter_node *first = NULL;
    for (size_t i = 0; i < t->n; i++) {
        if (!is_about_event(t->v[i])) {
            continue;
        }
        if ((left & types_of(t->v[i])) == 0) {
            return arena_print(t->ctx->arena,
                               "No single event is both: “%.*s” and “%.*s”. Of what is to have "
                               "happened before, "
                               "say within how many days.",
                               STR_ARG(say_one(t, first)), STR_ARG(say_one(t, t->v[i])));
        }
        left &= types_of(t->v[i]);
        first = t->v[i];
    }
    return (struct str){0};
}

/* ---- all of it ---- */

struct str filter_never(struct ctx *ctx, const struct filter *filter, bool of_event)
{
    struct together *t = ARENA_NEW(ctx->arena, struct together);
    *t = (struct together){.ctx = ctx, .filter = filter, .of_event = of_event};
    gather(t, &filter->root);
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (exclude(t, t->v[k], t->v[i])) {
                return arena_print(ctx->arena, "Both can never be so: “%.*s” and “%.*s”.",
                                   STR_ARG(say_one(t, t->v[k])), STR_ARG(say_one(t, t->v[i])));
            }
        }
    }
    return of_event ? no_event_is_both(t) : (struct str){0};
}

static bool is_true(const struct filter_event_rule *rule, const struct filter_event *event)
{
    return filter_event_verdict(rule, filter_event_bits(rule, event)) == FILTER_TRUE;
}

/* Pages that have nothing in common. */
static bool every_page(const struct filter_event_rule *rule)
{
    static const struct str urls[] = {STR_INIT("https://a.example/"),
                                      STR_INIT("http://b.example:81/q/0?x=y#z")};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        if (!is_true(rule, &(struct filter_event){.type = EVENT_PAGEVIEW, .url = urls[i]})) {
            return false;
        }
    }
    return true;
}

bool filter_always(struct ctx *ctx, const struct filter *filter, bool of_event)
{
    const struct filter_event_rule *rule = filter_event_rule(ctx->arena, filter);
    if (!of_event || filter_event_count(rule) == 0) {
        return filter->root.n_nodes == 0;
    }
    if (every_page(rule)) {
        return true;
    }
    for (int type = EVENT_PAGEVIEW; type < EVENT_SYSTEM; type++) {
        if (!is_true(rule, &(struct filter_event){.type = type})) {
            return false;
        }
    }
    return true;
}
