#include "shared/workflow_parts.h"

#include "shared/tag.h"

/* ---- signs ---- */

static const struct {
    const char *name, *label;
} kinds[SIGN__COUNT] = {[SIGN_PAGE] = {"page", "visits the page"},
                        [SIGN_FORM] = {"form", "sends the form"},
                        [SIGN_EVENT] = {"event_name", "has the event"},
                        [SIGN_LINK] = {"exit_link", "follows or downloads"}};

const char *workflow_sign_name(enum workflow_sign_kind kind)
{
    return kind < SIGN__COUNT ? kinds[kind].name : "";
}

const char *workflow_sign_label(enum workflow_sign_kind kind)
{
    return kind < SIGN__COUNT ? kinds[kind].label : "";
}

bool workflow_sign_from(struct str name, enum workflow_sign_kind *out_kind)
{
    for (int i = 0; i < SIGN__COUNT; i++) {
        if (str_eq(name, str_from(kinds[i].name))) {
            *out_kind = (enum workflow_sign_kind)i;
            return true;
        }
    }
    return false;
}

/* ---- suggestions ---- */

static const char *const stages[] = {"Orientation", "Discovery", "Interest", "Intent",
                                     "Decision"};
#define N_STAGES (sizeof(stages) / sizeof(stages[0]))

static const struct {
    size_t stage;
    enum workflow_sign_kind kind;
    const char *value, *example;
} signs[] = {
    {0, SIGN_PAGE, "/blog*", "Blog post"},
    {0, SIGN_PAGE, "/podcast*", "Podcast"},
    {0, SIGN_PAGE, "/landing*", "Landing page"},
    {1, SIGN_PAGE, "/product*", "Product page"},
    {1, SIGN_PAGE, "/pricing*", "Pricing page"},
    {1, SIGN_PAGE, "/features*", "Features page"},
    {1, SIGN_LINK, "*case-study*", "Case study download"},
    {2, SIGN_PAGE, "/trial*", "Trial"},
    {2, SIGN_PAGE, "/demo*", "Demo booking"},
    {2, SIGN_PAGE, "/webinar*", "Webinar"},
    {3, SIGN_PAGE, "/contact*", "Contact page"},
    {3, SIGN_FORM, "newsletter", "Newsletter sign-up"},
    {3, SIGN_FORM, "course", "Course sign-up"},
    {3, SIGN_EVENT, "Call scheduled", "Call scheduled"},
    {4, SIGN_PAGE, "/checkout*", "Checkout"},
    {4, SIGN_FORM, "invoice", "Invoice request"},
};
#define N_SIGNS (sizeof(signs) / sizeof(signs[0]))

static void suggest_signs(struct workflow *workflow, size_t stage, size_t like)
{
    for (size_t i = 0; i < N_SIGNS && workflow->n_signs < WORKFLOW_SIGNS; i++) {
        if (signs[i].stage == like) {
            workflow->signs[workflow->n_signs++] =
                (struct workflow_sign){.stage = stage,
                                       .kind = signs[i].kind,
                                       .value = str_from(signs[i].value),
                                       .example = str_from(signs[i].example)};
        }
    }
}

void workflow_suggest(struct workflow *out)
{
    out->n_stages = N_STAGES;
    out->n_signs = 0;
    for (size_t i = 0; i < N_STAGES; i++) {
        out->stages[i] = (struct workflow_stage){.name = str_from(stages[i])};
        suggest_signs(out, i, i);
    }
}

/* What stages that are called so often mean. */
static void suggest_by_name(struct workflow *workflow, size_t stage)
{
    for (size_t i = 0; i < N_STAGES; i++) {
        if (str_eq_ci(workflow->stages[stage].name, str_from(stages[i]))) {
            suggest_signs(workflow, stage, i);
        }
    }
}

/* ---- a board as it is ---- */

struct str workflow_guide(struct arena *arena, enum workflow_part part, int64_t stage)
{
    return arena_print(arena, "%s:%lld", part == PART_TAGGING ? "tag" : "move",
                       (long long)stage);
}

const struct sql_workflow_automations *
workflow_find(const struct sql_workflow_automations_rows *rows, enum workflow_part part,
              int64_t stage)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->row[i].stage == stage && rows->row[i].moves == (part == PART_MOVING)) {
            return &rows->row[i];
        }
    }
    return NULL;
}

/* False: there is none, or it is not readable as one of the guide's. */
static bool read_rule(struct ctx *ctx, const struct sql_workflow_automations *row,
                      struct automation_rule *out)
{
    if (automation_parse(ctx, row->trigger, row->actions, out) == ERR_NONE) {
        return true;
    }
    ctx_clear(ctx);
    return false;
}

static void load_stage(struct ctx *ctx, const struct sql_workflow_automations_rows *rows,
                       size_t stage, struct workflow *workflow)
{
    struct workflow_stage *into = &workflow->stages[stage];
    const struct sql_workflow_automations *tagging =
        workflow_find(rows, PART_TAGGING, into->id);
    const struct sql_workflow_automations *moving = workflow_find(rows, PART_MOVING, into->id);
    struct automation_rule *rule = ARENA_NEW(ctx->arena, struct automation_rule);
    if (tagging == NULL) {
        suggest_by_name(workflow, stage);
    } else {
        into->tag_by_hand =
            !read_rule(ctx, tagging, rule) || !workflow_read_tagging(rule, stage, workflow);
    }
    if (moving != NULL) {
        into->move_by_hand =
            !read_rule(ctx, moving, rule) || !workflow_read_moving(rule, workflow);
    }
}

static enum err too_many_stages(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_LIMIT,
                    "The guide works on boards of at most %d stages. Make the automations of "
                    "this one by hand.",
                    WORKFLOW_STAGES);
}

enum err workflow_load(struct db *db, int64_t board, struct workflow *workflow)
{
    struct ctx *ctx = db_ctx(db);
    int64_t dataset = workflow->dataset;
    struct sql_board_get row;
    struct sql_stage_list_rows list;
    struct sql_workflow_automations_rows made;
    TRY(sql_board_get(
        db,
        &(struct sql_board_get_in){.dataset = dataset, .board = board, .user = workflow->user},
        &row));
    TRY(sql_stage_list(db, &(struct sql_stage_list_in){.dataset = dataset, .board = board},
                       &list));
    if (list.n > WORKFLOW_STAGES) {
        return too_many_stages(ctx);
    }
    TRY(sql_workflow_automations(
        db, &(struct sql_workflow_automations_in){.dataset = dataset, .board = board}, &made));
    workflow->board = board;
    workflow->board_name = row.name;
    workflow->n_stages = list.n;
    workflow->n_signs = 0;
    for (size_t i = 0; i < list.n; i++) {
        workflow->stages[i] =
            (struct workflow_stage){.id = list.row[i].id, .name = list.row[i].name};
    }
    for (size_t i = 0; i < list.n; i++) {
        load_stage(ctx, &made, i, workflow);
    }
    return ERR_NONE;
}

enum err workflow_automations(struct db *db, int64_t dataset, int64_t board,
                              struct workflow_automations *out)
{
    struct sql_workflow_automations_rows made;
    TRY(sql_workflow_automations(
        db, &(struct sql_workflow_automations_in){.dataset = dataset, .board = board}, &made));
    struct automation_row *rows = ARENA_ARRAY(db_ctx(db)->arena, made.n, struct automation_row);
    for (size_t i = 0; i < made.n; i++) {
        TRY(automation_get(db, dataset, made.row[i].id, &rows[i]));
    }
    *out = (struct workflow_automations){.rows = rows, .n = made.n};
    return ERR_NONE;
}

/* ---- what makes sense ---- */

struct str workflow_tag(const struct workflow *workflow, size_t stage)
{
    const struct workflow_stage *one = &workflow->stages[stage];
    return str_trim(str_is_empty(str_trim(one->tag)) ? one->name : one->tag);
}

bool workflow_has_signs(const struct workflow *workflow, size_t stage)
{
    for (size_t i = 0; i < workflow->n_signs; i++) {
        if (workflow->signs[i].stage == stage &&
            !str_is_empty(str_trim(workflow->signs[i].value))) {
            return true;
        }
    }
    return false;
}

static bool is_line(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f) {
            return false;
        }
    }
    return str_is_utf8(text);
}

static enum err check_name(struct ctx *ctx, struct str name, const char *what, size_t most)
{
    if (str_is_empty(str_trim(name))) {
        return ctx_fail(ctx, ERR_INVALID, "Give the %s a name.", what);
    }
    if (!is_line(name) || str_utf8_length(name) > most) {
        return ctx_fail(ctx, ERR_INVALID,
                        "The name of a %s is one line of at most %zu characters.", what, most);
    }
    return ERR_NONE;
}

/* The same tag for two stages would put a card into both. */
static enum err check_stage(struct ctx *ctx, const struct workflow *workflow, size_t stage)
{
    TRY(check_name(ctx, workflow->stages[stage].name, "stage", WORKFLOW_STAGE_NAME_MAX));
    if (!workflow_has_signs(workflow, stage)) {
        return ERR_NONE;
    }
    struct str tag = workflow_tag(workflow, stage);
    TRY(check_name(ctx, tag, "tag", TAG_NAME_MAX));
    for (size_t i = 0; i < stage; i++) {
        if (workflow_has_signs(workflow, i) && str_eq_ci(workflow_tag(workflow, i), tag)) {
            return ctx_fail(ctx, ERR_INVALID,
                            "Two stages have the tag “%.*s”: give one of them another.",
                            STR_ARG(tag));
        }
    }
    return ERR_NONE;
}

static enum err check_sign(struct ctx *ctx, const struct workflow *workflow, size_t i)
{
    struct str value = str_trim(workflow->signs[i].value);
    struct filter_node condition = workflow_condition(workflow->signs[i].kind, &value, 1);
    if (workflow->signs[i].stage >= workflow->n_stages) {
        return ctx_fail(ctx, ERR_INVALID, "This line is of no stage.");
    }
    return str_is_empty(value) ? ERR_NONE : filter_check(ctx, &condition);
}

static enum err check_whole(struct ctx *ctx, const struct workflow *workflow)
{
    bool any = false;
    if (workflow->board == 0) {
        TRY(check_name(ctx, workflow->board_name, "board", WORKFLOW_BOARD_NAME_MAX));
    }
    if (workflow->n_stages == 0 || workflow->n_stages > WORKFLOW_STAGES) {
        return ctx_fail(ctx, ERR_INVALID, "A workflow has from one to %d stages.",
                        WORKFLOW_STAGES);
    }
    for (size_t i = 0; i < workflow->n_stages; i++) {
        any = any || workflow_has_signs(workflow, i);
    }
    return any ? ERR_NONE
               : ctx_fail(ctx, ERR_INVALID,
                          "Say for at least one stage which page or event means it.");
}

enum err workflow_check(struct ctx *ctx, const struct workflow *workflow,
                        struct workflow_where *out_where)
{
    *out_where = (struct workflow_where){.stage = SIZE_MAX, .sign = SIZE_MAX};
    for (size_t i = 0; i < workflow->n_signs; i++) {
        out_where->sign = i;
        TRY(check_sign(ctx, workflow, i));
    }
    out_where->sign = SIZE_MAX;
    for (size_t i = 0; i < workflow->n_stages && i < WORKFLOW_STAGES; i++) {
        out_where->stage = i;
        TRY(check_stage(ctx, workflow, i));
    }
    out_where->stage = SIZE_MAX;
    return check_whole(ctx, workflow);
}
