#include "shared/events.h"
#include "shared/filter_event.h"
#include "shared/filter_parts.h"

static bool has_decided(const struct filter_node *node)
{
    if (filter_is_decided(node)) {
        return true;
    }
    for (size_t i = 0; node->is_group && node->match != FILTER_EVENT && i < node->n_nodes;
         i++) {
        if (has_decided(&node->nodes[i])) {
            return true;
        }
    }
    return false;
}

bool filter_decided_by_event(const struct filter *filter)
{
    return has_decided(&filter->root);
}

/* ---- types ---- */

/* What a node can be, of events of a type. */
struct chance {
    bool yes, no;
};

static unsigned types_of(const struct filter_node *node)
{
    unsigned types = filter_source_at(node->field)->types;
    return types != 0 ? types : ~0U;
}

static struct chance of_type(const struct filter_node *node, int type)
{
    bool is = false;
    for (size_t i = 0; i < node->n_values; i++) {
        is = is || filter_choice(filter_field_at(node->field), node->values[i]) == type;
    }
    return (struct chance){.yes = is, .no = !is};
}

/* As if it was not negated. */
static struct chance of_positive(const struct filter_node *node, int type)
{
    if ((types_of(node) & FILTER_TYPE((unsigned)type)) == 0) {
        return (struct chance){.no = true};
    }
    return filter_field_at(node->field)->kind == FILTER_CHOICE
               ? of_type(node, type)
               : (struct chance){.yes = true, .no = true};
}

static struct chance not_so(struct chance chance)
{
    return (struct chance){.yes = chance.no, .no = chance.yes};
}

static struct chance of_event_group(const struct filter_node *group, int type)
{
    struct chance all = {.yes = true};
    for (size_t i = 0; i < group->n_nodes; i++) {
        const struct filter_node *node = &group->nodes[i];
        struct chance chance = of_positive(node, type);
        bool fits = (types_of(node) & FILTER_TYPE((unsigned)type)) != 0;
        if (fits && filter_is_negated(node->op)) {
            chance = not_so(chance);
        }
        all.yes = all.yes && chance.yes;
        all.no = all.no || chance.no;
    }
    return all;
}

static struct chance chance_of(const struct filter_node *node, int type);

static struct chance of_group(const struct filter_node *group, int type)
{
    size_t may = 0, must = 0, least = group->least > 1 ? (size_t)group->least : 1;
    for (size_t i = 0; i < group->n_nodes; i++) {
        struct chance chance = chance_of(&group->nodes[i], type);
        may += chance.yes;
        must += !chance.no;
    }
    if (group->n_nodes == 0 || group->match == FILTER_ALL) {
        return (struct chance){.yes = may == group->n_nodes, .no = must < group->n_nodes};
    }
    least = group->match == FILTER_ANY ? least : 1;
    const struct chance any = {.yes = may >= least, .no = must < least};
    return group->match == FILTER_ANY ? any : not_so(any);
}

static struct chance chance_of(const struct filter_node *node, int type)
{
    bool decided = filter_is_decided(node);
    if (node->is_group) {
        return node->match != FILTER_EVENT ? of_group(node, type)
               : decided                   ? of_event_group(node, type)
                                           : (struct chance){.yes = true, .no = true};
    }
    if (!decided) {
        return (struct chance){.yes = true, .no = true};
    }
    struct chance chance = of_positive(node, type);
    return filter_is_negated(node->op) ? not_so(chance) : chance;
}

unsigned filter_event_types(const struct filter *filter)
{
    unsigned types = 0;
    for (int type = EVENT_PAGEVIEW; type < EVENT__COUNT; type++) {
        types |= chance_of(&filter->root, type).yes ? FILTER_TYPE((unsigned)type) : 0;
    }
    return types;
}

/* ---- parts ---- */

static bool needs_more(const struct filter_node *node, bool decided)
{
    decided = decided || filter_is_decided(node);
    if (!node->is_group) {
        enum filter_part part = filter_source_at(node->field)->part;
        return decided && part != PART_URL && part != PART_TYPE && part != PART_NAME;
    }
    for (size_t i = 0; i < node->n_nodes; i++) {
        if (needs_more(&node->nodes[i], decided)) {
            return true;
        }
    }
    return false;
}

bool filter_event_needs_more(const struct filter *filter)
{
    return needs_more(&filter->root, false);
}

/* ---- addresses ---- */

struct pages {
    struct ctx ctx;
    struct url_pattern *v;
    size_t n, room;
};

/* Adds addresses of which one must match for the node to hold; false: there are none such. */
static bool add_pages(struct pages *pages, const struct filter_node *node);

static bool add_condition(struct pages *pages, const struct filter_node *node)
{
    if (filter_source_at(node->field)->side != SIDE_EVENT ||
        filter_source_at(node->field)->part != PART_URL || node->op != FILTER_IS) {
        return false;
    }
    for (size_t i = 0; i < node->n_values; i++) {
        if (pages->n == pages->room ||
            url_pattern_read(&pages->ctx, node->values[i], &pages->v[pages->n++]) != ERR_NONE) {
            return false;
        }
    }
    return node->n_values > 0;
}

/* Of what must all hold, one is enough. */
static bool add_one_of(struct pages *pages, const struct filter_node *group)
{
    size_t before = pages->n;
    for (size_t i = 0; i < group->n_nodes; i++) {
        if (add_pages(pages, &group->nodes[i])) {
            return true;
        }
        pages->n = before;
    }
    return false;
}

static bool add_each_of(struct pages *pages, const struct filter_node *group)
{
    for (size_t i = 0; i < group->n_nodes; i++) {
        if (!add_pages(pages, &group->nodes[i])) {
            return false;
        }
    }
    return group->n_nodes > 0;
}

static bool add_pages(struct pages *pages, const struct filter_node *node)
{
    if (!node->is_group) {
        return filter_is_decided(node) && add_condition(pages, node);
    }
    if (node->match == FILTER_EVENT) {
        size_t before = pages->n;
        for (size_t i = 0; filter_is_decided(node) && i < node->n_nodes; i++) {
            if (add_condition(pages, &node->nodes[i])) {
                return true;
            }
            pages->n = before;
        }
        return false;
    }
    return node->match == FILTER_ALL   ? add_one_of(pages, node)
           : node->match == FILTER_ANY ? add_each_of(pages, node)
                                       : false;
}

size_t filter_event_pages(struct arena *arena, const struct filter *filter,
                          const struct url_pattern **out_pages)
{
    struct pages pages = {.ctx = {.arena = arena},
                          .v = ARENA_ARRAY(arena, FILTER_VALUES, struct url_pattern),
                          .room = FILTER_VALUES};
    *out_pages = pages.v;
    return add_pages(&pages, &filter->root) ? pages.n : 0;
}
