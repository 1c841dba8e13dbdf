/* Deleting a stage: its cards go to another one. */
#include "fcgi/handlers/board.h"
#include "fcgi/views/board.h"
#include "gen/templates.h"

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
    TRY(sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = board.id},
        &stages));
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
