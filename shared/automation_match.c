#include "gen/sql.h"
#include "shared/automation_parts.h"
#include "shared/automation_run.h"
#include "shared/filter_event.h"

/* ---- building trees ---- */

static struct filter_node condition(const char *field, enum filter_op op, struct str *values,
                                    size_t n)
{
    struct filter_node node = {.op = op, .values = values, .n_values = n};
    (void)filter_field_from(str_from(field), &node.field);
    return node;
}

static struct filter_node group(struct arena *arena, enum filter_match match,
                                const struct filter_node *nodes, size_t n)
{
    struct filter_node node = {.is_group = true, .match = match, .n_nodes = n};
    node.nodes = ARENA_ARRAY(arena, n, struct filter_node);
    for (size_t i = 0; i < n; i++) {
        node.nodes[i] = nodes[i];
    }
    return node;
}

static struct str *ids_of(struct arena *arena, const struct automation_trigger *trigger)
{
    struct str *ids = ARENA_ARRAY(arena, trigger->n_refs, struct str);
    for (size_t i = 0; i < trigger->n_refs; i++) {
        ids[i] = arena_print(arena, "%lld", (long long)trigger->refs[i].id);
    }
    return ids;
}

/* ---- what is waited for, as something that is so ---- */

/* Conditions on the one event that fires it stay together: "had an event (...)". */
static struct filter_node one_event(struct arena *arena, const struct filter_node *root)
{
    struct filter_node *events = ARENA_ARRAY(arena, root->n_nodes, struct filter_node);
    struct filter_node *rest = ARENA_ARRAY(arena, root->n_nodes + 1, struct filter_node);
    size_t n_events = 0, n_rest = 0;
    for (size_t i = 0; i < root->n_nodes; i++) {
        struct filter_node *node = &root->nodes[i];
        struct filter alone = {.root = {.is_group = true, .nodes = node, .n_nodes = 1}};
        if (!node->is_group && filter_decided_by_event(&alone)) {
            events[n_events++] = *node;
        } else {
            rest[n_rest++] = *node;
        }
    }
    if (root->match != FILTER_ALL || n_events < 2) {
        return *root;
    }
    rest[n_rest++] = group(arena, FILTER_EVENT, events, n_events);
    return group(arena, FILTER_ALL, rest, n_rest);
}

static struct filter_node of_owner(struct arena *arena,
                                   const struct automation_trigger *trigger)
{
    struct str *nobody = ARENA_NEW(arena, struct str);
    *nobody = STR("0");
    if (trigger->n_refs > 0) {
        return condition("owner", FILTER_IS, ids_of(arena, trigger), trigger->n_refs);
    }
    const struct filter_node both[] = {condition("board", FILTER_KNOWN, NULL, 0),
                                       condition("owner", FILTER_IS_NOT, nobody, 1)};
    return group(arena, FILTER_ALL, both, 2);
}

static enum err of_tags(struct db *db, int64_t dataset, const struct automation_rule *rule,
                        struct filter_node *out)
{
    struct arena *arena = db_ctx(db)->arena;
    const struct automation_trigger *trigger = &rule->trigger;
    int64_t *ids = ARENA_ARRAY(arena, trigger->n_refs, int64_t);
    for (size_t i = 0; i < trigger->n_refs; i++) {
        ids[i] = trigger->refs[i].id;
    }
    struct sql_tag_names_rows tags;
    TRY(sql_tag_names(
        db, &(struct sql_tag_names_in){.dataset = dataset, .tags = {ids, trigger->n_refs}},
        &tags));
    struct str *names = ARENA_ARRAY(arena, tags.n + 1, struct str);
    for (size_t i = 0; i < tags.n; i++) {
        names[i] = tags.row[i].name;
    }
    bool people = trigger->filter.subject == FILTER_LEADS;
    *out = tags.n > 0 ? condition(people ? "lead_tag" : "tag", FILTER_IS, names, tags.n)
                      : condition("tag", FILTER_IS, ids_of(arena, trigger), trigger->n_refs);
    return ERR_NONE;
}

enum err automation_waited(struct db *db, int64_t dataset, const struct automation_rule *rule,
                           struct filter_node *out)
{
    struct arena *arena = db_ctx(db)->arena;
    const struct automation_trigger *trigger = &rule->trigger;
    struct str *above = ARENA_NEW(arena, struct str);
    switch (trigger->when) {
    case WHEN_STAGE:
        *out = condition("stage", FILTER_IS, ids_of(arena, trigger), trigger->n_refs);
        return ERR_NONE;
    case WHEN_BOARD:
        *out = condition("board", FILTER_IS, ids_of(arena, trigger), trigger->n_refs);
        return ERR_NONE;
    case WHEN_OWNER:
        *out = of_owner(arena, trigger);
        return ERR_NONE;
    case WHEN_TAG:
        return of_tags(db, dataset, rule, out);
    case WHEN_SCORE:
        *above = arena_print(arena, "%d", trigger->score);
        *out = condition("score", FILTER_GREATER, above, 1);
        return ERR_NONE;
    case WHEN_SEGMENT:
        *out = condition("segment", FILTER_IS, ids_of(arena, trigger), trigger->n_refs);
        return ERR_NONE;
    case WHEN_MATCH:
    case WHEN__END:
    default:
        *out = (struct filter_node){.is_group = true, .match = FILTER_ALL};
        return ERR_NONE;
    }
}

/* ---- for whom ---- */

/* People who stand for themselves: of no company, with an address. */
static struct filter_node alone(struct arena *arena)
{
    const struct filter_node both[] = {condition("company", FILTER_UNKNOWN, NULL, 0),
                                       condition("email", FILTER_KNOWN, NULL, 0)};
    return group(arena, FILTER_ALL, both, 2);
}

void automation_of_both(struct arena *arena, enum filter_subject subject,
                        const struct filter_node *root, struct filter out[AUTOMATION_FILTERS],
                        size_t *out_n)
{
    *out_n = 1;
    out[0] = (struct filter){.subject = subject, .root = *root};
    if (subject == FILTER_ACCOUNTS) {
        const struct filter_node both[] = {alone(arena), *root};
        out[1] =
            (struct filter){.subject = FILTER_LEADS, .root = group(arena, FILTER_ALL, both, 2)};
        *out_n = 2;
    }
}

enum err automation_filters(struct db *db, int64_t dataset, const struct automation_rule *rule,
                            struct filter out[AUTOMATION_FILTERS], size_t *out_n)
{
    struct arena *arena = db_ctx(db)->arena;
    struct filter_node both[2];
    TRY(automation_waited(db, dataset, rule, &both[0]));
    both[1] = automation_source(rule) == SOURCE_EVENT
                  ? one_event(arena, &rule->trigger.filter.root)
                  : rule->trigger.filter.root;
    const struct filter_node root = group(arena, FILTER_ALL, both, 2);
    automation_of_both(arena, rule->trigger.filter.subject, &root, out, out_n);
    return ERR_NONE;
}
