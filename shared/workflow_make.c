#include "shared/workflow_parts.h"

#include "shared/tag.h"

/* Planning and making are one walk, so that what is shown is what is done. */
struct building {
    struct db *db;
    struct ctx *ctx;
    const struct workflow *workflow;
    bool write;
    struct workflow_ids ids;
    struct sql_workflow_automations_rows there;
    struct workflow_plan *plan;
};

static struct workflow_item *add_item(struct building *b, enum workflow_part part, size_t stage,
                                      enum workflow_change change, struct str name)
{
    struct workflow_item *item = &b->plan->items[b->plan->n++];
    *item =
        (struct workflow_item){.part = part, .stage = stage, .change = change, .name = name};
    b->plan->n_boards += part == PART_BOARD && change == PART_NEW;
    b->plan->n_tags += part == PART_TAG && change == PART_NEW;
    b->plan->n_automations += part > PART_TAG && change == PART_NEW;
    b->plan->n_changed += change == PART_CHANGED;
    return item;
}

/* ---- the board ---- */

/* The segment that boards begin with, of which everybody is. */
static enum err first_segment(struct building *b, int64_t *out_segment)
{
    struct sql_board_segments_rows rows;
    TRY(sql_board_segments(b->db,
                           &(struct sql_board_segments_in){.dataset = b->workflow->dataset,
                                                           .user = b->workflow->user},
                           &rows));
    *out_segment = rows.n > 0 && !b->workflow->create ? rows.row[0].id : 0;
    return ERR_NONE;
}

static enum err add_stages(struct building *b, int64_t board)
{
    const struct workflow *w = b->workflow;
    struct str names[WORKFLOW_STAGES];
    for (size_t i = 0; i < w->n_stages; i++) {
        names[i] = str_trim(w->stages[i].name);
    }
    TRY(sql_stage_add(b->db,
                      &(struct sql_stage_add_in){.dataset = w->dataset,
                                                 .board = board,
                                                 .names = {.v = names, .n = w->n_stages}},
                      NULL));
    return sql_stage_settle(
        b->db, &(struct sql_stage_settle_in){.dataset = w->dataset, .board = board}, NULL);
}

static enum err add_board(struct building *b)
{
    const struct workflow *w = b->workflow;
    struct sql_board_add board;
    int64_t segment;
    TRY(first_segment(b, &segment));
    TRY(sql_board_add(b->db,
                      &(struct sql_board_add_in){.dataset = w->dataset,
                                                 .name = str_trim(w->board_name),
                                                 .user = w->user,
                                                 .visibility = 2,
                                                 .segment = segment,
                                                 .segment_null = segment == 0,
                                                 .fixed_flow = true},
                      &board));
    TRY(add_stages(b, board.id));
    TRY(sql_board_step(
        b->db, &(struct sql_board_step_in){.dataset = w->dataset, .board = board.id, .step = 0},
        NULL));
    b->ids.board = board.id;
    return ERR_NONE;
}

/* The stages as they stand. Somebody may have changed them since the form was filled in. */
static enum err read_stages(struct building *b)
{
    const struct workflow *w = b->workflow;
    struct sql_stage_list_rows rows;
    TRY(sql_stage_list(
        b->db, &(struct sql_stage_list_in){.dataset = w->dataset, .board = b->ids.board},
        &rows));
    bool same = rows.n == w->n_stages;
    for (size_t i = 0; i < w->n_stages && same; i++) {
        same = w->board == 0 || rows.row[i].id == w->stages[i].id;
        b->ids.stages[i] = rows.row[i].id;
    }
    return same
               ? ERR_NONE
               : ctx_fail(b->ctx, ERR_CONFLICT,
                          "Somebody changed the stages of this board meanwhile. Open the guide "
                          "again.");
}

static enum err must_see_board(struct building *b)
{
    struct sql_board_get row;
    enum err err = sql_board_get(b->db,
                                 &(struct sql_board_get_in){.dataset = b->workflow->dataset,
                                                            .board = b->workflow->board,
                                                            .user = b->workflow->user},
                                 &row);
    return err == ERR_NOT_FOUND
               ? ctx_fail(b->ctx, err, "This board does not exist, or you may not see it.")
               : err;
}

static enum err do_board(struct building *b)
{
    const struct workflow *w = b->workflow;
    b->ids.board = w->board;
    if (w->board == 0) {
        (void)add_item(b, PART_BOARD, 0, PART_NEW, str_trim(w->board_name));
        TRY(b->write ? add_board(b) : ERR_NONE);
    } else {
        TRY(must_see_board(b));
    }
    TRY(b->ids.board != 0 ? read_stages(b) : ERR_NONE);
    return sql_workflow_automations(
        b->db,
        &(struct sql_workflow_automations_in){.dataset = w->dataset, .board = b->ids.board},
        &b->there);
}

/* ---- tags ---- */

static enum err do_tag(struct building *b, size_t stage)
{
    struct str name = workflow_tag(b->workflow, stage);
    struct sql_tag_find row;
    const struct sql_tag_find_in in = {.dataset = b->workflow->dataset, .name = name};
    enum err err = sql_tag_find(b->db, &in, &row);
    if (err != ERR_NOT_FOUND) {
        TRY(err);
        b->ids.tags[stage] = row.id;
    }
    (void)add_item(b, PART_TAG, stage, err == ERR_NONE ? PART_THERE : PART_NEW, name);
    return b->write ? tag_find_or_add(b->db, b->workflow->dataset, name, &b->ids.tags[stage])
                    : ERR_NONE;
}

/* ---- automations ---- */

/* Names say what things were called; what counts is what they are. */
static void forget_names(struct automation_rule *rule)
{
    struct filter_node *root = &rule->trigger.filter.root;
    for (size_t i = 0; i < root->n_nodes; i++) {
        root->nodes[i].names = NULL;
    }
    rule->actions[0].tag.name = (struct str){.p = NULL};
    rule->actions[0].board.name = (struct str){.p = NULL};
    rule->actions[0].stage.name = (struct str){.p = NULL};
}

static enum err in_json(struct building *b, struct automation_rule rule, struct str *out)
{
    struct str trigger, actions;
    struct filter_node *root = &rule.trigger.filter.root, *nodes;
    nodes = ARENA_ARRAY(b->ctx->arena, root->n_nodes, struct filter_node);
    for (size_t i = 0; i < root->n_nodes; i++) {
        nodes[i] = root->nodes[i];
    }
    root->nodes = nodes;
    forget_names(&rule);
    TRY(automation_json(b->ctx, &rule, &trigger, &actions));
    *out = arena_print(b->ctx->arena, "%.*s%.*s", STR_ARG(trigger), STR_ARG(actions));
    return ERR_NONE;
}

/* What is there against what is to be. */
static enum err compare(struct building *b, const struct sql_workflow_automations *row,
                        size_t stage, const struct automation_rule *wanted,
                        enum workflow_change *out_change)
{
    struct automation_rule *stored = ARENA_NEW(b->ctx->arena, struct automation_rule);
    struct workflow *read = ARENA_NEW(b->ctx->arena, struct workflow);
    struct str json_there, json_wanted;
    *out_change = PART_BY_HAND;
    if (automation_parse(b->ctx, row->trigger, row->actions, stored) != ERR_NONE) {
        ctx_clear(b->ctx);
        return ERR_NONE;
    }
    *read = *b->workflow;
    read->n_signs = 0;
    if (row->moves ? !workflow_read_moving(stored, read)
                   : !workflow_read_tagging(stored, stage, read)) {
        return ERR_NONE;
    }
    TRY(in_json(b, *stored, &json_there));
    TRY(in_json(b, *wanted, &json_wanted));
    *out_change = str_eq(json_there, json_wanted) ? PART_THERE : PART_CHANGED;
    return ERR_NONE;
}

static enum err mark(struct building *b, enum workflow_part part, size_t stage, int64_t id)
{
    struct str guide = workflow_guide(b->ctx->arena, part, b->ids.stages[stage]);
    enum err err = sql_workflow_mark(
        b->db,
        &(struct sql_workflow_mark_in){
            .dataset = b->workflow->dataset, .automation = id, .guide = guide},
        NULL);
    if (err != ERR_CONFLICT) {
        return err;
    }
    ctx_clear(b->ctx);
    return ctx_fail(b->ctx, err,
                    "Somebody else has just run the guide for this board. Open it again.");
}

static enum err store(struct building *b, const struct sql_workflow_automations *row,
                      struct automation_rule *rule, struct workflow_item *item)
{
    const struct workflow *w = b->workflow;
    struct automation_save save = {
        .dataset = w->dataset,
        .user = w->user,
        .name = item->name,
        .description = arena_print(b->ctx->arena, "Made by the workflow guide for %.*s.",
                                   STR_ARG(w->stages[item->stage].name)),
        .once = item->part == PART_MOVING,
        .cooldown_s = AUTOMATION_COOLDOWN_S,
        .rule = rule};
    if (row != NULL) {
        save.id = row->id;
        save.version = row->version;
        save.description = row->description;
        save.enabled = row->enabled;
        save.once = row->once;
        save.cooldown_s = row->cooldown_s;
    }
    TRY(automation_save(b->db, &save, &item->automation));
    return row != NULL ? ERR_NONE : mark(b, item->part, item->stage, item->automation);
}

static enum err do_automation(struct building *b, enum workflow_part part, size_t stage,
                              struct automation_rule *rule)
{
    const struct sql_workflow_automations *row =
        b->ids.stages[stage] == 0 ? NULL : workflow_find(&b->there, part, b->ids.stages[stage]);
    enum workflow_change change = PART_NEW;
    TRY(row != NULL ? compare(b, row, stage, rule, &change) : ERR_NONE);
    struct str called =
        part == PART_TAGGING
            ? arena_print(b->ctx->arena, "Tag %.*s", STR_ARG(workflow_tag(b->workflow, stage)))
            : arena_print(b->ctx->arena, "Move to %.*s of %.*s",
                          STR_ARG(b->workflow->stages[stage].name),
                          STR_ARG(b->workflow->board_name));
    struct workflow_item *item = add_item(
        b, part, stage, change, row != NULL ? row->name : str_cut(called, AUTOMATION_NAME_MAX));
    item->automation = row != NULL ? row->id : 0;
    item->words = automation_sentence(b->ctx, rule, NULL);
    return b->write && (change == PART_NEW || change == PART_CHANGED)
               ? store(b, row, rule, item)
               : ERR_NONE;
}

static enum err do_stage(struct building *b, size_t stage)
{
    struct automation_rule *rule = ARENA_NEW(b->ctx->arena, struct automation_rule);
    if (!workflow_has_signs(b->workflow, stage)) {
        return ERR_NONE;
    }
    TRY(do_tag(b, stage));
    workflow_tagging_rule(b->ctx, b->workflow, &b->ids, stage, rule);
    TRY(do_automation(b, PART_TAGGING, stage, rule));
    return workflow_moving_rule(b->ctx, b->workflow, &b->ids, stage, rule)
               ? do_automation(b, PART_MOVING, stage, rule)
               : ERR_NONE;
}

static enum err build(struct db *db, const struct workflow *workflow, bool write,
                      struct workflow_plan *out)
{
    struct building b = {
        .db = db, .ctx = db_ctx(db), .workflow = workflow, .write = write, .plan = out};
    struct workflow_where where;
    *out = (struct workflow_plan){.n = 0};
    TRY(workflow_check(b.ctx, workflow, &where));
    TRY(do_board(&b));
    for (size_t i = 0; i < workflow->n_stages; i++) {
        TRY(do_stage(&b, i));
    }
    out->board = b.ids.board;
    return ERR_NONE;
}

enum err workflow_plan(struct db *db, const struct workflow *workflow,
                       struct workflow_plan *out)
{
    return build(db, workflow, false, out);
}

enum err workflow_make(struct db *db, const struct workflow *workflow,
                       struct workflow_plan *out)
{
    return build(db, workflow, true, out);
}
