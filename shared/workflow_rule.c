#include "shared/workflow_parts.h"

/* ---- building ---- */

struct filter_node workflow_condition(enum workflow_sign_kind kind, struct str *values,
                                      size_t n)
{
    struct filter_node node = {.op = FILTER_IS, .values = values, .n_values = n};
    (void)filter_field_from(str_from(workflow_sign_name(kind)), &node.field);
    return node;
}

static struct filter_node group(struct arena *arena, enum filter_match match, size_t most)
{
    return (struct filter_node){.is_group = true,
                                .match = match,
                                .nodes = ARENA_ARRAY(arena, most, struct filter_node)};
}

/* One condition a kind, for one of its values: "visited /blog* or /podcast*". */
static void add_signs(struct arena *arena, const struct workflow *workflow, size_t stage,
                      enum workflow_sign_kind kind, struct filter_node *root)
{
    struct str *values = ARENA_ARRAY(arena, workflow->n_signs, struct str);
    size_t n = 0;
    for (size_t i = 0; i < workflow->n_signs; i++) {
        const struct workflow_sign *sign = &workflow->signs[i];
        struct str value = str_trim(sign->value);
        if (sign->stage == stage && sign->kind == kind && !str_is_empty(value)) {
            values[n++] = value;
        }
    }
    if (n > 0) {
        root->nodes[root->n_nodes++] = workflow_condition(kind, values, n);
    }
}

void workflow_tagging_rule(struct ctx *ctx, const struct workflow *workflow,
                           const struct workflow_ids *ids, size_t stage,
                           struct automation_rule *out)
{
    struct filter_node root = group(ctx->arena, FILTER_ANY, SIGN__COUNT);
    for (int kind = 0; kind < SIGN__COUNT; kind++) {
        add_signs(ctx->arena, workflow, stage, (enum workflow_sign_kind)kind, &root);
    }
    *out = (struct automation_rule){
        .trigger = {.when = WHEN_MATCH,
                    .filter = {.subject = workflow->companies ? FILTER_ACCOUNTS : FILTER_LEADS,
                               .root = root}},
        .n_actions = 1};
    out->actions[0] = (struct automation_action){
        .what = DO_ADD_TAG,
        .person = !workflow->companies,
        .tag = {.id = ids->tags[stage], .name = workflow_tag(workflow, stage)}};
}

static struct str stage_name(struct arena *arena, const struct workflow *workflow, size_t stage)
{
    return arena_print(arena, "%.*s of %.*s", STR_ARG(workflow->stages[stage].name),
                       STR_ARG(workflow->board_name));
}

/* The stages from up to before end. */
static struct filter_node in_stages(struct arena *arena, const struct workflow *workflow,
                                    const struct workflow_ids *ids, enum filter_op op,
                                    size_t from, size_t end)
{
    struct filter_node node = {.op = op};
    (void)filter_field_from(STR("stage"), &node.field);
    node.values = ARENA_ARRAY(arena, end - from, struct str);
    node.names = ARENA_ARRAY(arena, end - from, struct str);
    for (size_t i = from; i < end; i++) {
        node.values[node.n_values] = arena_print(arena, "%lld", (long long)ids->stages[i]);
        node.names[node.n_values++] = stage_name(arena, workflow, i);
    }
    return node;
}

/* Cards that are there: in a stage before this one. With those that are not: in none from this
 * one on. */
static struct filter_node before_stage(struct arena *arena, const struct workflow *workflow,
                                       const struct workflow_ids *ids, size_t stage)
{
    if (workflow->create) {
        return in_stages(arena, workflow, ids, FILTER_IS_NOT, stage, workflow->n_stages);
    }
    return in_stages(arena, workflow, ids, FILTER_IS, workflow->one_step ? stage - 1 : 0,
                     stage);
}

bool workflow_moving_rule(struct ctx *ctx, const struct workflow *workflow,
                          const struct workflow_ids *ids, size_t stage,
                          struct automation_rule *out)
{
    struct arena *arena = ctx->arena;
    struct filter_node root = group(arena, FILTER_ALL, 2);
    struct str *tag = ARENA_NEW(arena, struct str);
    if (stage == 0 && !workflow->create) {
        return false;
    }
    *tag = workflow_tag(workflow, stage);
    struct filter_node tagged = {.op = FILTER_IS, .values = tag, .n_values = 1};
    (void)filter_field_from(STR("tag"), &tagged.field);
    root.nodes[root.n_nodes++] = tagged;
    root.nodes[root.n_nodes++] = before_stage(arena, workflow, ids, stage);
    *out = (struct automation_rule){
        .trigger = {.when = WHEN_MATCH, .filter = {.subject = FILTER_ACCOUNTS, .root = root}},
        .n_actions = 1};
    out->actions[0] = (struct automation_action){
        .what = DO_CARD,
        .how = workflow->create ? CARD_PUT : CARD_MOVE,
        .board = {.id = ids->board, .name = workflow->board_name},
        .stage = {.id = ids->stages[stage], .name = stage_name(arena, workflow, stage)}};
    return true;
}

/* ---- reading back ---- */

static bool is_sign(const struct filter_node *node, enum workflow_sign_kind *out_kind)
{
    return !node->is_group && node->op == FILTER_IS && node->times == 0 && node->days == 0 &&
           workflow_sign_from(str_from(filter_field(node->field)->name), out_kind);
}

static bool add_sign(struct workflow *workflow, size_t stage, enum workflow_sign_kind kind,
                     struct str value)
{
    if (workflow->n_signs == WORKFLOW_SIGNS) {
        return false;
    }
    workflow->signs[workflow->n_signs++] =
        (struct workflow_sign){.stage = stage, .kind = kind, .value = value};
    return true;
}

/* One alone need not be in a group of "any". */
static bool read_signs(const struct filter_node *root, size_t stage, struct workflow *workflow)
{
    if (root->match != FILTER_ANY && root->n_nodes > 1) {
        return false;
    }
    for (size_t i = 0; i < root->n_nodes; i++) {
        enum workflow_sign_kind kind;
        const struct filter_node *node = &root->nodes[i];
        if (!is_sign(node, &kind)) {
            return false;
        }
        for (size_t k = 0; k < node->n_values; k++) {
            if (!add_sign(workflow, stage, kind, node->values[k])) {
                return false;
            }
        }
    }
    return true;
}

bool workflow_read_tagging(const struct automation_rule *rule, size_t stage,
                           struct workflow *workflow)
{
    const struct automation_action *action = &rule->actions[0];
    size_t n_signs = workflow->n_signs;
    if (rule->trigger.when != WHEN_MATCH || rule->n_actions != 1 ||
        action->what != DO_ADD_TAG ||
        (rule->trigger.filter.subject == FILTER_LEADS) != action->person) {
        return false;
    }
    if (!read_signs(&rule->trigger.filter.root, stage, workflow)) {
        workflow->n_signs = n_signs;
        return false;
    }
    workflow->companies = !action->person;
    workflow->stages[stage].tag = action->tag.name;
    return true;
}

static bool is_on(const struct filter_node *node, const char *field)
{
    return !node->is_group && node->days == 0 &&
           strcmp(filter_field(node->field)->name, field) == 0;
}

bool workflow_read_moving(const struct automation_rule *rule, struct workflow *workflow)
{
    const struct filter_node *root = &rule->trigger.filter.root;
    const struct automation_action *action = &rule->actions[0];
    if (rule->trigger.when != WHEN_MATCH || rule->n_actions != 1 || action->what != DO_CARD ||
        action->how == CARD_CREATE || rule->trigger.filter.subject != FILTER_ACCOUNTS ||
        root->match != FILTER_ALL || root->n_nodes != 2 || !is_on(&root->nodes[0], "tag") ||
        root->nodes[0].op != FILTER_IS || root->nodes[0].n_values != 1 ||
        !is_on(&root->nodes[1], "stage")) {
        return false;
    }
    bool create = action->how == CARD_PUT;
    if (root->nodes[1].op != (create ? FILTER_IS_NOT : FILTER_IS)) {
        return false;
    }
    size_t place = 0;
    while (place < workflow->n_stages && workflow->stages[place].id != action->stage.id) {
        place++;
    }
    workflow->create = create;
    workflow->one_step = !create && place > 1 && root->nodes[1].n_values == 1;
    return place < workflow->n_stages;
}
