/* The stages of a board: the wizard's second step, and the same form in the settings. */
#include "fcgi/handlers/board.h"
#include "fcgi/views/board.h"
#include "gen/templates.h"

#define STAGES_MAX 30
#define STAGES_WANTED 3

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
    struct form_ids stages;  /* in their order */
    struct form_texts names; /* of the same */
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

/* The stages as they will be: those of the form in its order with its names, then those it does
 * not name (somebody else added them meanwhile). */
struct plan {
    int64_t ids[STAGES_MAX];
    struct str names[STAGES_MAX];
    size_t n;
    int64_t entry;
};

static size_t find_id(const int64_t *ids, size_t n, int64_t id)
{
    size_t i = 0;
    while (i < n && ids[i] != id) {
        i++;
    }
    return i;
}

static void make_plan(const struct stages_values *values,
                      const struct sql_stage_list_rows *stored, struct plan *plan)
{
    int64_t known[STAGES_MAX] = {0};
    size_t n_known = stored->n < STAGES_MAX ? stored->n : STAGES_MAX;
    int64_t entry = 0;
    for (size_t i = 0; i < n_known; i++) {
        known[i] = stored->row[i].id;
        entry = stored->row[i].entry ? known[i] : entry;
    }
    plan->n = 0;
    for (size_t i = 0; i < values->stages.n; i++) {
        int64_t id = values->stages.v[i];
        size_t at = find_id(known, n_known, id);
        if (at < n_known && find_id(plan->ids, plan->n, id) == plan->n) {
            bool named = i < values->names.n && !str_is_empty(values->names.v[i]);
            plan->ids[plan->n] = id;
            plan->names[plan->n++] = named ? values->names.v[i] : stored->row[at].name;
        }
    }
    for (size_t i = 0; i < n_known; i++) {
        if (find_id(plan->ids, plan->n, known[i]) == plan->n) {
            plan->ids[plan->n] = known[i];
            plan->names[plan->n++] = stored->row[i].name;
        }
    }
    plan->entry = find_id(known, n_known, values->entry) < n_known ? values->entry : entry;
}

static void swap_stages(struct plan *plan, size_t i, size_t k)
{
    if (i < plan->n && k < plan->n) {
        int64_t id = plan->ids[i];
        struct str name = plan->names[i];
        plan->ids[i] = plan->ids[k];
        plan->names[i] = plan->names[k];
        plan->ids[k] = id;
        plan->names[k] = name;
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
    size_t at = find_id(plan->ids, plan->n, id);
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
    TRY(sql_stage_save_clear_entry(
        web->db,
        &(struct sql_stage_save_clear_entry_in){
            .dataset = dataset, .board = board, .entry = plan->entry},
        NULL));
    TRY(sql_stage_save(web->db,
                       &(struct sql_stage_save_in){
                           .dataset = dataset,
                           .board = board,
                           .ids = {.v = plan->ids, .n = plan->n},
                           .names = {.v = plan->names, .n = plan->n},
                           .entry = plan->entry,
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
    make_plan(values, &stored, &plan);
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

/* ---- deleting a stage that has cards ---- */

struct stage_delete_values {
    int64_t target;
};
static const struct form_field stage_delete_fields[] = {
    {.name = "target",
     .label = "The stage its cards go to",
     .kind = FORM_ID,
     .required = true,
     .offset = offsetof(struct stage_delete_values, target)},
};
const struct form_spec stage_delete_spec =
    FORM_SPEC(stage_delete_fields, struct stage_delete_values);

/* Its cards go to the stage before it, unless somebody chooses another. */
static void draw_others(struct web *web, const struct sql_stage_list_rows *stages,
                        struct stage_delete_view *view)
{
    struct stage_choice *others = ARENA_ARRAY(web->ctx->arena, stages->n, struct stage_choice);
    size_t here = 0;
    for (size_t i = 0; i < stages->n; i++) {
        if (stages->row[i].id == view->id) {
            here = view->n_others;
            continue;
        }
        others[view->n_others++] =
            (struct stage_choice){.id = stages->row[i].id, .name = stages->row[i].name};
    }
    if (view->n_others > 0) {
        others[here > 0 ? here - 1 : 0].chosen = true;
    }
    view->others = others;
}

enum err handle_stage_delete(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_board_get board;
    struct sql_stage_list_rows stages;
    TRY(board_load(web, &board));
    TRY(load_stages(web, &stages));
    struct stage_delete_view view = {
        .page = page_make(web, request, response, "Delete a stage", NAV_BOARDS),
        .board = board.id,
        .board_name = board.name,
        .id = web->ids[1],
    };
    view.csrf = view.page.csrf;
    view.wrong = form_message(&web->form, "target");
    for (size_t i = 0; i < stages.n; i++) {
        if (stages.row[i].id == view.id) {
            view.stage = stages.row[i].name;
            view.cards = stages.row[i].cards;
        }
    }
    if (str_is_null(view.stage)) {
        return web_not_found(web, "This stage is no longer on the board.");
    }
    draw_others(web, &stages, &view);
    if (view.n_others == 0) {
        return web_conflict(web, "A board needs at least one stage, and this is its last.");
    }
    web_form_status(web, response);
    tpl_board_stage_delete(&response->body, &view);
    return ERR_NONE;
}

/* Both stages are locked before either is counted (shared/cards.h: the order of locks). */
static enum err empty_stage(struct web *web, int64_t stage, int64_t target)
{
    int64_t dataset = web->session.dataset, board = web->ids[0];
    struct sql_stage_delete_lock_rows locked;
    struct sql_stage_delete_move moved;
    TRY(sql_stage_delete_lock(
        web->db,
        &(struct sql_stage_delete_lock_in){
            .dataset = dataset, .board = board, .stage = stage, .target = target},
        &locked));
    if (locked.n != 2) {
        return web_conflict(
            web,
            "One of the two stages was deleted meanwhile. Look at the board and try again.");
    }
    return sql_stage_delete_move(web->db,
                                 &(struct sql_stage_delete_move_in){.dataset = dataset,
                                                                    .board = board,
                                                                    .stage = stage,
                                                                    .target = target,
                                                                    .user = web->session.user},
                                 &moved);
}

enum err handle_stage_delete_post(struct web *web, struct request *request,
                                  struct response *response)
{
    if (!form_is_right(&web->form)) {
        return handle_stage_delete(web, request, response);
    }
    const struct stage_delete_values *values = web->form.values;
    int64_t dataset = web->session.dataset;
    struct sql_board_get board;
    int64_t deleted;
    TRY(board_load(web, &board));
    TRY(empty_stage(web, web->ids[1], values->target));
    TRY(sql_stage_delete(web->db,
                         &(struct sql_stage_delete_in){
                             .dataset = dataset, .board = board.id, .stage = web->ids[1]},
                         &deleted));
    TRY(sql_stage_settle(
        web->db, &(struct sql_stage_settle_in){.dataset = dataset, .board = board.id}, NULL));
    TRY(sql_board_changed(
        web->db, &(struct sql_board_changed_in){.dataset = dataset, .board = board.id}, NULL));
    return web_redirect_saying(web, request, response,
                               arena_print(web->ctx->arena, "/boards/%lld/%s",
                                           (long long)board.id,
                                           board.setup_step == 0 ? "settings" : "stages"),
                               "The stage is deleted.");
}
