/* The stages of a board: the wizard's second step, and the same form in the settings. */
#include "fcgi/handlers/board.h"
#include "fcgi/views/board.h"
#include "gen/templates.h"

#define STAGES_MAX 30
#define STAGES_WANTED 3
/* As the table's checks. */
#define WIP_LIMIT_MAX 100000
#define AGE_LIMIT_MAX 3650

void stages_draw(struct web *web, const struct sql_stage_list_rows *stages,
                 struct board_form_view *view)
{
    struct stage_row *rows = ARENA_ARRAY(web->ctx->arena, stages->n, struct stage_row);
    for (size_t i = 0; i < stages->n; i++) {
        rows[i] = (struct stage_row){
            .id = stages->row[i].id,
            .board = view->id,
            .number = (int64_t)i + 1,
            .cards = stages->row[i].cards,
            .name = stages->row[i].name,
            .wip_limit = stages->row[i].wip_limit_null ? 0 : stages->row[i].wip_limit,
            .age_limit = stages->row[i].age_limit_days_null ? 0 : stages->row[i].age_limit_days,
            .entry = stages->row[i].entry,
            .final = i + 1 == stages->n,
            .first = i == 0,
            .only = stages->n == 1,
        };
        view->cards += rows[i].cards;
    }
    view->stages = rows;
    view->n_stages = stages->n;
    view->stage_count = (int64_t)stages->n;
    view->few_stages = stages->n < STAGES_WANTED;
    view->full = stages->n >= STAGES_MAX;
}

static enum err load_stages(struct web *web, struct sql_stage_list_rows *out_stages)
{
    return sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = web->ids[0]},
        out_stages);
}

enum err handle_stages(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    struct sql_stage_list_rows stages;
    TRY(board_load(web, &board));
    if (board.setup_step == 0) {
        return web_redirect(response, "/boards/%lld/settings#stages", (long long)board.id);
    }
    TRY(load_stages(web, &stages));
    struct board_form_view view = {
        .page = page_make(web, request, response, "Stages", NAV_BOARDS),
        .steps = {.step = 2},
        .id = board.id,
        .name = board.name,
        .in_wizard = true,
    };
    view.csrf = view.page.csrf;
    if (web->form.n_mistakes > 0) {
        view.wrong = web->form.mistakes[0].message;
    }
    stages_draw(web, &stages, &view);
    web_form_status(web, response);
    tpl_wizard_stages(&response->body, &view);
    return ERR_NONE;
}

/* ---- the form ---- */

struct stages_values {
    struct form_ids stages;       /* in their order */
    struct form_texts names;      /* of the same */
    struct form_texts wips, ages; /* their limits, empty for none; n 0: as they are */
    int64_t entry;
    struct str new_name, what; /* what: add, next, save, up:ID, down:ID, delete:ID */
};
static const struct form_field stages_fields[] = {
    {.name = "stage",
     .label = "Stages",
     .kind = FORM_IDS,
     .max = STAGES_MAX,
     .offset = offsetof(struct stages_values, stages)},
    {.name = "stage_name",
     .label = "Names of the stages",
     .kind = FORM_TEXTS,
     .max = STAGES_MAX,
     .offset = offsetof(struct stages_values, names)},
    {.name = "wip_limit",
     .label = "Most cards of the stages",
     .kind = FORM_TEXTS,
     .max = STAGES_MAX,
     .offset = offsetof(struct stages_values, wips)},
    {.name = "age_limit",
     .label = "Most days in the stages",
     .kind = FORM_TEXTS,
     .max = STAGES_MAX,
     .offset = offsetof(struct stages_values, ages)},
    {.name = "entry",
     .label = "Entry stage",
     .kind = FORM_ID,
     .offset = offsetof(struct stages_values, entry)},
    {.name = "new_stage",
     .label = "Name of the new stage",
     .kind = FORM_TEXT,
     .max = 100,
     .offset = offsetof(struct stages_values, new_name)},
    {.name = "do",
     .label = "Button",
     .kind = FORM_TEXT,
     .max = 40,
     .offset = offsetof(struct stages_values, what)},
};
const struct form_spec board_stages_spec = FORM_SPEC(stages_fields, struct stages_values);

/* A stage as it will be; a limit of 0 is none. */
struct planned {
    int64_t id;
    struct str name;
    int32_t wip_limit, age_limit;
};

/* The stages as they will be: those of the form in its order with its names and limits, then
 * those it does not name (somebody else added them meanwhile). */
struct plan {
    struct planned stages[STAGES_MAX];
    size_t n;
    int64_t entry;
};

static size_t find_planned(const struct planned *stages, size_t n, int64_t id)
{
    size_t i = 0;
    while (i < n && stages[i].id != id) {
        i++;
    }
    return i;
}

/* Those that are stored; returns the entry stage. */
static int64_t plan_stored(const struct sql_stage_list_rows *stored, struct plan *plan)
{
    int64_t entry = 0;
    plan->n = stored->n < STAGES_MAX ? stored->n : STAGES_MAX;
    for (size_t i = 0; i < plan->n; i++) {
        const struct sql_stage_list *row = &stored->row[i];
        plan->stages[i] =
            (struct planned){.id = row->id,
                             .name = row->name,
                             .wip_limit = row->wip_limit_null ? 0 : row->wip_limit,
                             .age_limit = row->age_limit_days_null ? 0 : row->age_limit_days};
        entry = row->entry ? row->id : entry;
    }
    return entry;
}

/* The limit at a place of a list that has one for each stage, or none at all. */
static enum err read_limit(struct web *web, const struct form_texts *texts, size_t at,
                           int64_t max, int32_t *limit)
{
    int64_t number = 0;
    if (at >= texts->n) {
        return ERR_NONE;
    }
    if (!str_is_empty(texts->v[at]) &&
        (!str_to_i64(texts->v[at], &number) || number < 1 || number > max)) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "A limit is a whole number from 1 to %lld, or nothing. The stages were "
                        "not changed.",
                        (long long)max);
    }
    *limit = (int32_t)number;
    return ERR_NONE;
}

static enum err read_planned(struct web *web, const struct stages_values *values, size_t i,
                             struct planned *stage)
{
    if (i < values->names.n && !str_is_empty(values->names.v[i])) {
        stage->name = values->names.v[i];
    }
    TRY(read_limit(web, &values->wips, i, WIP_LIMIT_MAX, &stage->wip_limit));
    return read_limit(web, &values->ages, i, AGE_LIMIT_MAX, &stage->age_limit);
}

static enum err make_plan(struct web *web, const struct stages_values *values,
                          const struct sql_stage_list_rows *stored, struct plan *plan)
{
    struct plan known;
    int64_t entry = plan_stored(stored, &known);
    plan->n = 0;
    for (size_t i = 0; i < values->stages.n; i++) {
        int64_t id = values->stages.v[i];
        size_t at = find_planned(known.stages, known.n, id);
        if (at < known.n && find_planned(plan->stages, plan->n, id) == plan->n) {
            plan->stages[plan->n] = known.stages[at];
            TRY(read_planned(web, values, i, &plan->stages[plan->n]));
            plan->n++;
        }
    }
    for (size_t i = 0; i < known.n; i++) {
        if (find_planned(plan->stages, plan->n, known.stages[i].id) == plan->n) {
            plan->stages[plan->n++] = known.stages[i];
        }
    }
    bool is_known = find_planned(known.stages, known.n, values->entry) < known.n;
    plan->entry = is_known ? values->entry : entry;
    return ERR_NONE;
}

static void swap_stages(struct plan *plan, size_t i, size_t k)
{
    if (i < plan->n && k < plan->n) {
        struct planned stage = plan->stages[i];
        plan->stages[i] = plan->stages[k];
        plan->stages[k] = stage;
    }
}

/* up:ID and down:ID; *out_delete is the stage of delete:ID. */
static void press_button(struct str what, struct plan *plan, int64_t *out_delete)
{
    struct str verb;
    int64_t id;
    *out_delete = 0;
    if (!str_next(&what, ':', &verb) || !str_to_i64(what, &id)) {
        return;
    }
    size_t at = find_planned(plan->stages, plan->n, id);
    if (str_eq(verb, STR("up")) && at > 0) {
        swap_stages(plan, at, at - 1);
    } else if (str_eq(verb, STR("down"))) {
        swap_stages(plan, at, at + 1);
    } else if (str_eq(verb, STR("delete")) && at < plan->n) {
        *out_delete = id;
    }
}

static enum err store_plan(struct web *web, const struct plan *plan)
{
    int64_t dataset = web->session.dataset, board = web->ids[0];
    int64_t ids[STAGES_MAX];
    struct str names[STAGES_MAX];
    int32_t wip_limits[STAGES_MAX], age_limits[STAGES_MAX];
    for (size_t i = 0; i < plan->n; i++) {
        ids[i] = plan->stages[i].id;
        names[i] = plan->stages[i].name;
        wip_limits[i] = plan->stages[i].wip_limit;
        age_limits[i] = plan->stages[i].age_limit;
    }
    TRY(sql_stage_save_clear_entry(
        web->db,
        &(struct sql_stage_save_clear_entry_in){
            .dataset = dataset, .board = board, .entry = plan->entry},
        NULL));
    TRY(sql_stage_save(web->db,
                       &(struct sql_stage_save_in){
                           .dataset = dataset,
                           .board = board,
                           .ids = {.v = ids, .n = plan->n},
                           .names = {.v = names, .n = plan->n},
                           .entry = plan->entry,
                           .wip_limits = {.v = wip_limits, .n = plan->n},
                           .age_limits = {.v = age_limits, .n = plan->n},
                       },
                       NULL));
    return sql_board_changed(
        web->db, &(struct sql_board_changed_in){.dataset = dataset, .board = board}, NULL);
}

static enum err add_stage(struct web *web, struct str name)
{
    int64_t dataset = web->session.dataset, board = web->ids[0];
    TRY(sql_stage_add(web->db,
                      &(struct sql_stage_add_in){
                          .dataset = dataset, .board = board, .names = {.v = &name, .n = 1}},
                      NULL));
    return sql_stage_settle(
        web->db, &(struct sql_stage_settle_in){.dataset = dataset, .board = board}, NULL);
}

/* A stage without cards goes at once; of others the next page asks where the cards go. */
static enum err delete_pressed(struct web *web, const struct sql_stage_list_rows *stored,
                               int64_t stage, bool *out_ask)
{
    int64_t dataset = web->session.dataset, board = web->ids[0];
    *out_ask = false;
    for (size_t i = 0; i < stored->n; i++) {
        *out_ask = *out_ask || (stored->row[i].id == stage && stored->row[i].cards > 0);
    }
    if (*out_ask) {
        return ERR_NONE;
    }
    TRY(sql_stage_delete(
        web->db,
        &(struct sql_stage_delete_in){.dataset = dataset, .board = board, .stage = stage},
        NULL));
    return sql_stage_settle(
        web->db, &(struct sql_stage_settle_in){.dataset = dataset, .board = board}, NULL);
}

enum err handle_stages_save(struct web *web, struct request *request, struct response *response)
{
    if (!form_is_right(&web->form)) {
        return handle_stages(web, request, response);
    }
    const struct stages_values *values = web->form.values;
    struct sql_board_get board;
    struct sql_stage_list_rows stored;
    struct plan plan;
    int64_t deleted;
    bool ask = false;
    TRY(board_load(web, &board));
    TRY(load_stages(web, &stored));
    TRY(make_plan(web, values, &stored, &plan));
    press_button(values->what, &plan, &deleted);
    TRY(store_plan(web, &plan));
    if (deleted != 0) {
        TRY(delete_pressed(web, &stored, deleted, &ask));
    } else if (!str_is_empty(values->new_name)) {
        TRY(add_stage(web, values->new_name));
    }
    if (ask) {
        return web_redirect(response, "/boards/%lld/stages/%lld/delete", (long long)board.id,
                            (long long)deleted);
    }
    if (board.setup_step != 0 && str_eq(values->what, STR("next"))) {
        TRY(sql_board_step(web->db,
                           &(struct sql_board_step_in){
                               .dataset = web->session.dataset, .board = board.id, .step = 3},
                           NULL));
        return web_redirect(response, "/boards/%lld/import", (long long)board.id);
    }
    return web_redirect(response,
                        board.setup_step != 0 ? "/boards/%lld/stages"
                                              : "/boards/%lld/settings#stages",
                        (long long)board.id);
}
