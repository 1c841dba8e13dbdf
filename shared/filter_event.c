#include "shared/filter_event.h"

#include "shared/filter_parts.h"
#include "shared/url_pattern.h"

/* A condition on one event. */
struct test {
    const struct filter_node *node;
    const struct url_pattern *pages; /* FILTER_PAGE with "is" */
    const double *numbers;           /* compared as numbers */
};

/* What the event decides: one test, or several that must hold together. */
struct decided {
    const struct test *tests;
    size_t n;
    bool negated;
};

struct filter_event_rule {
    const struct filter *filter;
    struct decided decided[FILTER_NODES];
    size_t n;
};

bool filter_is_decided(const struct filter_node *node)
{
    bool is_event = node->is_group ? node->match == FILTER_EVENT
                                   : filter_source_at(node->field)->side == SIDE_EVENT;
    return is_event && node->times <= 1 && node->days == 0;
}

/* ---- compiling ---- */

static bool is_ordered(enum filter_op op)
{
    return op >= FILTER_GREATER && op <= FILTER_AFTER;
}

static void compile_test(struct arena *arena, const struct filter_node *node, struct test *out)
{
    *out = (struct test){.node = node};
    const struct filter_field *field = filter_field_at(node->field);
    struct ctx ctx = {.arena = arena};
    struct url_pattern *pages = ARENA_ARRAY(arena, node->n_values, struct url_pattern);
    double *numbers = ARENA_ARRAY(arena, node->n_values, double);
    for (size_t i = 0; i < node->n_values; i++) {
        if (is_ordered(node->op)) {
            (void)str_to_double(node->values[i], &numbers[i]);
        } else if (field->kind == FILTER_PAGE &&
                   url_pattern_read(&ctx, node->values[i], &pages[i]) != ERR_NONE) {
            pages[i] = (struct url_pattern){.end = URL_PATTERN_EXACT}; /* for "contains" */
        }
    }
    out->pages = pages;
    out->numbers = numbers;
}

static void compile(struct arena *arena, struct filter_event_rule *rule,
                    const struct filter_node *node)
{
    if (filter_is_decided(node)) {
        size_t n = node->is_group ? node->n_nodes : 1;
        struct test *tests = ARENA_ARRAY(arena, n, struct test);
        for (size_t i = 0; i < n; i++) {
            compile_test(arena, node->is_group ? &node->nodes[i] : node, &tests[i]);
        }
        rule->decided[rule->n++] = (struct decided){
            .tests = tests, .n = n, .negated = !node->is_group && filter_is_negated(node->op)};
        return;
    }
    for (size_t i = 0; node->is_group && node->match != FILTER_EVENT && i < node->n_nodes;
         i++) {
        compile(arena, rule, &node->nodes[i]);
    }
}

const struct filter_event_rule *filter_event_rule(struct arena *arena,
                                                  const struct filter *filter)
{
    struct filter_event_rule *rule = ARENA_NEW(arena, struct filter_event_rule);
    rule->filter = filter;
    compile(arena, rule, &filter->root);
    return rule;
}

size_t filter_event_count(const struct filter_event_rule *rule)
{
    return rule->n;
}

/* ---- one event ---- */

static struct str property_of(const struct filter_event *event, struct str key)
{
    for (size_t i = 0; i < event->n_properties; i++) {
        if (str_eq(event->keys[i], key)) {
            return event->values[i];
        }
    }
    return (struct str){0};
}

static struct str part_of(const struct filter_event *event, const struct filter_node *node)
{
    const struct filter_source *source = filter_source_at(node->field);
    switch (source->part) {
    case PART_URL:
        return event->url;
    case PART_TITLE:
        return event->title;
    case PART_NAME:
        return event->name;
    case PART_TYPE:
        break;
    case PART_PROPERTY:
        return property_of(event, source->key != NULL ? str_from(source->key) : node->key);
    }
    return (struct str){0};
}

static bool contains_ci(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (str_eq_ci(str_slice(text, i, i + part.n), part)) {
            return true;
        }
    }
    return false;
}

static bool value_holds(const struct test *test, size_t i, const struct filter_event *event,
                        struct str text)
{
    const struct filter_field *field = filter_field_at(test->node->field);
    if (field->kind == FILTER_CHOICE) {
        return filter_choice(field, test->node->values[i]) == event->type;
    }
    if (str_is_null(text)) {
        return false;
    }
    if (filter_positive(test->node->op) == FILTER_CONTAINS) {
        return contains_ci(text, test->node->values[i]);
    }
    return field->kind == FILTER_PAGE ? url_pattern_matches(&test->pages[i], text)
                                      : str_eq_ci(text, test->node->values[i]);
}

static bool number_holds(const struct test *test, struct str text)
{
    double number;
    if (!filter_number(text, &number)) {
        return false;
    }
    double first = test->numbers[0];
    switch ((int)test->node->op) {
    case FILTER_GREATER:
        return number > first;
    case FILTER_LESS:
        return number < first;
    default:
        return (number >= first && number <= test->numbers[1]) ||
               (number <= first && number >= test->numbers[1]);
    }
}

/* Not negated. */
static bool column_holds(const struct test *test, const struct filter_event *event)
{
    struct str text = part_of(event, test->node);
    if (filter_positive(test->node->op) == FILTER_KNOWN) {
        return !str_is_null(text);
    }
    if (is_ordered(test->node->op)) {
        return number_holds(test, text);
    }
    for (size_t i = 0; i < test->node->n_values; i++) {
        if (value_holds(test, i, event, text)) {
            return true;
        }
    }
    return false;
}

static bool is_of_type(const struct test *test, const struct filter_event *event)
{
    unsigned types = filter_source_at(test->node->field)->types;
    return types == 0 ||
           (event->type > 0 && event->type < 32 && (types >> event->type & 1U) != 0);
}

static bool decided_holds(const struct decided *decided, const struct filter_event *event)
{
    for (size_t i = 0; i < decided->n; i++) {
        const struct test *test = &decided->tests[i];
        /* Of a group "is not" is about this event; alone it says that there was none. */
        bool inner = !decided->negated && filter_is_negated(test->node->op);
        if (!is_of_type(test, event) || column_holds(test, event) == inner) {
            return decided->negated;
        }
    }
    return !decided->negated;
}

uint64_t filter_event_bits(const struct filter_event_rule *rule,
                           const struct filter_event *event)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < rule->n; i++) {
        bits |= (uint64_t)decided_holds(&rule->decided[i], event) << i;
    }
    return bits;
}

/* ---- the tree, as far as it is decided ---- */

/* Walks the tree as compile() did, and copies into *out what is open. */
struct walk {
    struct arena *arena; /* NULL: no copy is wanted */
    uint64_t bits;
    size_t at;
};

static enum filter_verdict walk_node(struct walk *w, const struct filter_node *node,
                                     struct filter_node *out);

/* What the children say together; *least: how many of those that are open have to hold. "any"
 * and "none" end at something true, "all" at something false. */
static enum filter_verdict verdict_of(const struct filter_node *group, size_t n_true,
                                      size_t n_open, int32_t *least)
{
    size_t needed = group->match != FILTER_ANY ? 1
                    : group->least > 1         ? (size_t)group->least
                                               : 1;
    size_t n_false = group->n_nodes - n_true - n_open;
    if (group->n_nodes == 0) {
        return FILTER_TRUE;
    }
    if (group->match == FILTER_ALL) {
        return n_false > 0 ? FILTER_FALSE : n_open > 0 ? FILTER_OPEN : FILTER_TRUE;
    }
    bool ended = n_true >= needed, never = n_true + n_open < needed;
    *least = (int32_t)(ended ? 0 : needed - n_true);
    if (!ended && !never) {
        return FILTER_OPEN;
    }
    return ended == (group->match == FILTER_ANY) ? FILTER_TRUE : FILTER_FALSE;
}

/* The walk goes on behind what decides a group, to pass the bits of what follows. */
static enum filter_verdict walk_group(struct walk *w, const struct filter_node *node,
                                      struct filter_node *out)
{
    *out = *node;
    out->n_nodes = 0;
    out->nodes =
        w->arena == NULL ? NULL : ARENA_ARRAY(w->arena, node->n_nodes, struct filter_node);
    size_t n_open = 0, n_true = 0;
    for (size_t i = 0; i < node->n_nodes; i++) {
        struct filter_node child;
        enum filter_verdict verdict = walk_node(w, &node->nodes[i], &child);
        if (verdict == FILTER_OPEN && out->nodes != NULL) {
            out->nodes[out->n_nodes++] = child;
        }
        n_open += verdict == FILTER_OPEN;
        n_true += verdict == FILTER_TRUE;
    }
    return verdict_of(node, n_true, n_open, &out->least);
}

static enum filter_verdict walk_node(struct walk *w, const struct filter_node *node,
                                     struct filter_node *out)
{
    *out = *node;
    if (filter_is_decided(node)) {
        return (w->bits >> w->at++ & 1) != 0 ? FILTER_TRUE : FILTER_FALSE;
    }
    return node->is_group && node->match != FILTER_EVENT ? walk_group(w, node, out)
                                                         : FILTER_OPEN;
}

enum filter_verdict filter_event_verdict(const struct filter_event_rule *rule, uint64_t bits)
{
    struct walk walk = {.bits = bits};
    struct filter_node rest;
    return walk_node(&walk, &rule->filter->root, &rest);
}

struct filter filter_event_rest(struct ctx *ctx, const struct filter_event_rule *rule,
                                uint64_t bits)
{
    struct walk walk = {.arena = ctx->arena, .bits = bits};
    struct filter rest = {.subject = rule->filter->subject};
    (void)walk_node(&walk, &rule->filter->root, &rest.root);
    return rest;
}
