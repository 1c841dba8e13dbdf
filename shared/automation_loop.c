#include "gen/sql.h"
#include "shared/automation_parts.h"
#include "shared/filter_event.h"
#include "shared/sb.h"

#define LENGTH_MAX AUTOMATION_DEPTH_MAX
#define STEPS_MAX 20000
#define SEGMENTS_DEEP 4

struct node {
    struct str name;
    const struct automation_rule *rule;
};

struct round {
    struct ctx *ctx;
    const struct automation_names *names;
    const struct sql_automation_stages_rows *stages;
    struct sql_automation_segment_filters_rows segments;
    struct filter **filters; /* of segments; NULL: not readable */
    struct node *nodes;
    size_t n;
    size_t path[LENGTH_MAX];
    const struct automation_action *by[LENGTH_MAX]; /* what leads on from path[i] */
    size_t length, steps;
    bool endless;
    struct str said[2]; /* what stops by itself, what does not */
};

/* ---- stages ---- */

static const struct sql_automation_stages *stage_of(const struct round *r, int64_t id)
{
    for (size_t i = 0; i < r->stages->n; i++) {
        if (r->stages->row[i].id == id) {
            return &r->stages->row[i];
        }
    }
    return NULL;
}

static bool is_fixed(const struct round *r, int64_t board)
{
    for (size_t i = 0; i < r->stages->n; i++) {
        if (r->stages->row[i].board == board) {
            return r->stages->row[i].fixed_flow;
        }
    }
    return false;
}

/* Where a card action puts it: the entry stage, where it does not say. */
static int64_t target(const struct round *r, const struct automation_action *action)
{
    for (size_t i = 0; action->stage.id == 0 && i < r->stages->n; i++) {
        if (r->stages->row[i].board == action->board.id && r->stages->row[i].entry) {
            return r->stages->row[i].id;
        }
    }
    return action->stage.id;
}

/* ---- what an action makes of a condition: 1 true, -1 false, 0 neither ---- */

static bool has_id(const struct filter_node *node, int64_t id)
{
    for (size_t i = 0; i < node->n_values; i++) {
        int64_t value;
        if (str_to_i64(node->values[i], &value) && value == id) {
            return true;
        }
    }
    return false;
}

static bool has_text(const struct filter_node *node, struct str text)
{
    for (size_t i = 0; i < node->n_values; i++) {
        if (str_eq_ci(node->values[i], text)) {
            return true;
        }
    }
    return false;
}

static bool has_stage_of(const struct round *r, const struct filter_node *node, int64_t board)
{
    for (size_t i = 0; i < node->n_values; i++) {
        int64_t id;
        const struct sql_automation_stages *stage =
            str_to_i64(node->values[i], &id) ? stage_of(r, id) : NULL;
        if (stage != NULL && stage->board == board) {
            return true;
        }
    }
    return false;
}

static int tag_makes(const struct round *r, const struct automation_action *action,
                     const struct filter_node *node, const char *field)
{
    bool on_whom = strcmp(field, "tag") == 0 ||
                   strcmp(field, action->person ? "lead_tag" : "account_tag") == 0;
    struct str name = automation_name(r->names, FILTER_TAG, action->tag.id);
    if (!on_whom || !has_text(node, str_is_null(name) ? action->tag.name : name)) {
        return 0;
    }
    return action->what == DO_ADD_TAG ? 1 : -1;
}

static int card_makes(const struct round *r, const struct automation_action *action,
                      const struct filter_node *node, const char *field)
{
    bool removes = action->what == DO_REMOVE_CARD;
    if (strcmp(field, "board") == 0) {
        return !has_id(node, action->board.id) ? 0 : removes ? -1 : 1;
    }
    if (!removes && has_id(node, target(r, action))) {
        return 1;
    }
    return strcmp(field, "stage_entered") != 0 && has_stage_of(r, node, action->board.id) ? -1
                                                                                          : 0;
}

static int owner_makes(const struct automation_action *action, const struct filter_node *node)
{
    if (action->how != OWNER_FIXED) {
        return 1;
    }
    return has_id(node, action->users[0].id) ? 1 : -1;
}

static int property_makes(const struct automation_action *action,
                          const struct filter_node *node, const char *field)
{
    bool custom = strcmp(field, action->person ? "property" : "account_property") == 0;
    struct str key = custom ? node->key : str_from(field);
    if (!str_eq(key, action->key)) {
        return 0;
    }
    return node->op == FILTER_IS && str_is_empty(action->from) && !has_text(node, action->value)
               ? -1
               : 1;
}

static int tree_makes(const struct round *r, const struct automation_action *action,
                      const struct filter_node *node, int deep);

static int segment_makes(const struct round *r, const struct automation_action *action,
                         int64_t segment, int deep)
{
    for (size_t i = 0; deep < SEGMENTS_DEEP && i < r->segments.n; i++) {
        if (r->segments.row[i].id == segment && r->filters[i] != NULL) {
            return tree_makes(r, action, &r->filters[i]->root, deep + 1);
        }
    }
    return 0;
}

static int condition_makes(const struct round *r, const struct automation_action *action,
                           const struct filter_node *node, int deep)
{
    const struct filter_field *field = filter_field(node->field);
    bool negated = node->op == FILTER_IS_NOT || node->op == FILTER_UNKNOWN ||
                   node->op == FILTER_CONTAINS_NOT || node->op == FILTER_BETWEEN_NOT;
    bool on_tags = action->what == DO_ADD_TAG || action->what == DO_REMOVE_TAG;
    bool on_cards = action->what == DO_CARD || action->what == DO_REMOVE_CARD;
    int made = 0;
    if (on_tags && field->kind == FILTER_TAG) {
        made = tag_makes(r, action, node, field->name);
    } else if (on_cards && (field->kind == FILTER_STAGE || field->kind == FILTER_BOARD)) {
        made = card_makes(r, action, node, field->name);
    } else if (action->what == DO_OWNER && field->kind == FILTER_USER) {
        made = owner_makes(action, node);
    } else if (action->what == DO_SET_PROPERTY) {
        made = property_makes(action, node, field->name);
    }
    for (size_t i = 0; field->kind == FILTER_SEGMENT && made == 0 && i < node->n_values; i++) {
        int64_t id;
        made = str_to_i64(node->values[i], &id) ? segment_makes(r, action, id, deep) : 0;
    }
    return negated ? -made : made;
}

/* True: it may make the tree true. False for sure: it makes false what must hold. */
static int tree_makes(const struct round *r, const struct automation_action *action,
                      const struct filter_node *node, int deep)
{
    int best = 0;
    if (!node->is_group) {
        return condition_makes(r, action, node, deep);
    }
    for (size_t i = 0; i < node->n_nodes; i++) {
        int made = tree_makes(r, action, &node->nodes[i], deep);
        made = node->match == FILTER_NONE ? -made : made;
        if (made < 0 && node->match == FILTER_ALL) {
            return -1;
        }
        best = made > best ? made : best;
    }
    return best;
}

/* ---- who makes whom run ---- */

static bool has_ref(const struct automation_trigger *trigger, int64_t id)
{
    for (size_t i = 0; i < trigger->n_refs; i++) {
        if (trigger->refs[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool owner_fires(const struct automation_action *action,
                        const struct automation_trigger *trigger)
{
    bool fires = trigger->n_refs == 0 || action->how == OWNER_SENDER;
    for (size_t i = 0; i < action->n_users; i++) {
        fires = fires || has_ref(trigger, action->users[i].id);
    }
    return action->what == DO_OWNER && fires;
}

static bool is_what_is_waited_for(const struct round *r, const struct automation_action *action,
                                  const struct automation_trigger *trigger)
{
    bool cards = action->what == DO_CARD;
    switch (trigger->when) {
    case WHEN_MATCH:
        return !filter_decided_by_event(&trigger->filter) &&
               tree_makes(r, action, &trigger->filter.root, 0) > 0;
    case WHEN_STAGE:
        return cards && has_ref(trigger, target(r, action));
    case WHEN_BOARD:
        return cards && action->how != CARD_MOVE && has_ref(trigger, action->board.id);
    case WHEN_OWNER:
        return owner_fires(action, trigger);
    case WHEN_TAG:
        return action->what == DO_ADD_TAG && has_ref(trigger, action->tag.id) &&
               (action->person || trigger->filter.subject == FILTER_ACCOUNTS);
    case WHEN_SEGMENT:
        for (size_t i = 0; i < trigger->n_refs; i++) {
            if (segment_makes(r, action, trigger->refs[i].id, 0) > 0) {
                return true;
            }
        }
        return false;
    case WHEN_SCORE: /* no action changes it */
    case WHEN__END:
    default:
        return false;
    }
}

/* NULL: none of its actions. */
static const struct automation_action *leads_on(const struct round *r, const struct node *from,
                                                const struct node *to)
{
    const struct automation_trigger *trigger = &to->rule->trigger;
    for (size_t i = 0; i < from->rule->n_actions; i++) {
        const struct automation_action *action = &from->rule->actions[i];
        bool denied =
            trigger->when != WHEN_MATCH && tree_makes(r, action, &trigger->filter.root, 0) < 0;
        if (!denied && is_what_is_waited_for(r, action, trigger)) {
            return action;
        }
    }
    return NULL;
}

/* ---- whether it ends by itself ---- */

/* Takes back what the other did, so that it can be done once more. */
static bool takes_back(const struct round *r, const struct automation_action *action,
                       const struct automation_action *other)
{
    bool same_board = action->board.id == other->board.id;
    switch ((int)other->what) {
    case DO_ADD_TAG:
    case DO_REMOVE_TAG:
        return action->what != other->what && action->tag.id == other->tag.id &&
               (action->what == DO_ADD_TAG || action->what == DO_REMOVE_TAG) &&
               action->person == other->person;
    case DO_CARD:
        return same_board && (action->what == DO_REMOVE_CARD ||
                              (action->what == DO_CARD && !is_fixed(r, action->board.id) &&
                               target(r, action) != target(r, other)));
    case DO_REMOVE_CARD:
        return same_board && action->what == DO_CARD && !other->exclude;
    case DO_OWNER:
        return action->what == DO_OWNER && !action->keep &&
               (action->how != OWNER_FIXED || other->how != OWNER_FIXED ||
                action->users[0].id != other->users[0].id);
    case DO_SET_PROPERTY:
        return action->what == DO_SET_PROPERTY && action->person == other->person &&
               str_eq(action->key, other->key) &&
               (!str_is_empty(action->from) || !str_eq(action->value, other->value));
    default:
        return false;
    }
}

/* It is on the way round, or is made run on it. */
static bool is_part(const struct round *r, size_t node)
{
    for (size_t i = 0; i < r->length; i++) {
        if (r->path[i] == node || leads_on(r, &r->nodes[r->path[i]], &r->nodes[node]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_taken_back(const struct round *r, const struct automation_action *action)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct automation_rule *rule = r->nodes[i].rule;
        for (size_t k = 0; k < rule->n_actions; k++) {
            if (takes_back(r, &rule->actions[k], action) && is_part(r, i)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- the ways round ---- */

static struct str say(struct round *r, bool endless)
{
    struct sb sb;
    sb_init(&sb, r->ctx->arena, 4000);
    sb_str(&sb, endless ? STR("This can go round: ") : STR("These make each other run: "));
    for (size_t i = 0; i < r->length; i++) {
        struct str does = automation_action_words(r->ctx, r->by[i], r->names);
        sb_printf(&sb, "“%.*s” (%.*s), then ", STR_ARG(r->nodes[r->path[i]].name),
                  STR_ARG(does));
    }
    sb_printf(&sb, "“%.*s” again. ", STR_ARG(r->nodes[r->path[0]].name));
    if (endless) {
        sb_printf(
            &sb,
            "It would be stopped by the cool-down, or when %d have run one after the other; "
            "better let one of them wait for something else.",
            AUTOMATION_DEPTH_MAX);
    } else {
        SB_LIT(&sb, "It ends after one round, because nothing takes back what they do.");
    }
    return sb_view(&sb);
}

static void close_round(struct round *r)
{
    bool endless = true;
    for (size_t i = 0; i < r->length; i++) {
        endless = endless && is_taken_back(r, r->by[i]);
    }
    if (str_is_null(r->said[endless])) {
        r->said[endless] = say(r, endless);
    }
    r->endless = r->endless || endless;
}

static bool is_on_path(const struct round *r, size_t node)
{
    for (size_t i = 0; i < r->length; i++) {
        if (r->path[i] == node) {
            return true;
        }
    }
    return false;
}

/* Depth first, from the one that is saved back to itself. */
static void walk(struct round *r, size_t from)
{
    r->path[r->length++] = from;
    for (size_t to = 0; !r->endless && to < r->n && r->steps < STEPS_MAX; to++) {
        bool closes = to == r->path[0];
        if ((!closes && (is_on_path(r, to) || r->length == LENGTH_MAX))) {
            continue;
        }
        r->steps++;
        r->by[r->length - 1] = leads_on(r, &r->nodes[from], &r->nodes[to]);
        if (r->by[r->length - 1] == NULL) {
            continue;
        }
        if (closes) {
            close_round(r);
        } else {
            walk(r, to);
        }
    }
    r->length--;
}

static enum err read_segments(struct db *db, int64_t dataset, struct round *r)
{
    TRY(sql_automation_segment_filters(
        db, &(struct sql_automation_segment_filters_in){.dataset = dataset}, &r->segments));
    r->filters = ARENA_ARRAY(r->ctx->arena, r->segments.n, struct filter *);
    for (size_t i = 0; i < r->segments.n; i++) {
        struct filter *filter = ARENA_NEW(r->ctx->arena, struct filter);
        if (filter_parse(r->ctx, r->segments.row[i].filter, filter) == ERR_NONE) {
            r->filters[i] = filter;
        }
        ctx_clear(r->ctx);
    }
    return ERR_NONE;
}

enum err automation_rounds(struct db *db, int64_t dataset,
                           const struct automation_looked *looked, struct automation_says *says)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_automation_stages_rows stages;
    struct round *r = ARENA_NEW(ctx->arena, struct round);
    *r = (struct round){.ctx = ctx, .names = looked->names, .stages = &stages};
    TRY(sql_automation_stages(db, &(struct sql_automation_stages_in){.dataset = dataset},
                              &stages));
    TRY(read_segments(db, dataset, r));
    r->nodes = ARENA_ARRAY(ctx->arena, looked->n, struct node);
    for (size_t i = 0; i < looked->n; i++) {
        r->nodes[r->n++] = (struct node){.name = looked->titles[i], .rule = looked->rules[i]};
    }
    if (r->n > 0) {
        walk(r, 0);
    }
    for (int endless = 1; endless >= 0; endless--) {
        if (!str_is_null(r->said[endless])) {
            automation_say(says, "%.*s", STR_ARG(r->said[endless]));
        }
    }
    return ERR_NONE;
}
