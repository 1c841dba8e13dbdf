/* The list of boards, the wizard's first step, the settings. */
#include "fcgi/handlers/board.h"
#include "fcgi/views/board.h"
#include "gen/templates.h"
#include "shared/cards.h"
#include "shared/segment.h"

/* ---- list ---- */

static void add_funnel(struct web *web, const struct sql_board_list_stages_rows *stages,
                       struct list_board *board)
{
    struct list_stage *funnel =
        ARENA_ARRAY(web->ctx->arena, (size_t)board->stages + 1, struct list_stage);
    for (size_t i = 0; i < stages->n; i++) {
        if (stages->row[i].board_id == board->id && board->n_funnel < (size_t)board->stages) {
            funnel[board->n_funnel++] =
                (struct list_stage){.name = stages->row[i].name, .cards = stages->row[i].cards};
        }
    }
    board->funnel = funnel;
}

enum err handle_boards(struct web *web, struct request *request, struct response *response)
{
    int64_t dataset = web->session.dataset;
    struct sql_board_list_rows rows;
    struct sql_board_list_stages_rows stages;
    TRY(sql_board_list_send(
        web->db, &(struct sql_board_list_in){.dataset = dataset, .user = web->session.user}));
    TRY(sql_board_list_stages_send(web->db,
                                   &(struct sql_board_list_stages_in){.dataset = dataset}));
    TRY(sql_board_list_take(web->db, &rows));
    TRY(sql_board_list_stages_take(web->db, &stages));
    struct list_board *boards = ARENA_ARRAY(web->ctx->arena, rows.n, struct list_board);
    for (size_t i = 0; i < rows.n; i++) {
        boards[i] = (struct list_board){.id = rows.row[i].id,
                                        .name = rows.row[i].name,
                                        .stages = rows.row[i].stages,
                                        .cards = rows.row[i].cards,
                                        .is_private = rows.row[i].visibility == 1,
                                        .unfinished = rows.row[i].setup_step != 0};
        add_funnel(web, &stages, &boards[i]);
    }
    struct boards_view view = {
        .page = page_make(web, request, response, "Boards", NAV_BOARDS),
        .boards = boards,
        .n_boards = rows.n,
    };
    tpl_boards(&response->body, &view);
    return ERR_NONE;
}

/* ---- name, segment, visibility, fixed flow ---- */

enum { VISIBLE_TO_ME, VISIBLE_TO_EVERYONE };

struct basics_values {
    struct str name;
    int64_t segment, visibility;
    bool fixed_flow;
};
static const char *const visibilities[] = {"me", "everyone", NULL};
static const struct form_field basics_fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .min = 1,
     .max = 200,
     .offset = offsetof(struct basics_values, name)},
    {.name = "segment",
     .label = "Segment",
     .kind = FORM_ID,
     .offset = offsetof(struct basics_values, segment)},
    {.name = "visibility",
     .label = "Who sees it",
     .kind = FORM_ENUM,
     .choices = visibilities,
     .offset = offsetof(struct basics_values, visibility)},
    {.name = "fixed_flow",
     .label = "Fixed flow",
     .kind = FORM_BOOL,
     .offset = offsetof(struct basics_values, fixed_flow)},
};
const struct form_spec board_basics_spec = FORM_SPEC(basics_fields, struct basics_values);

static int16_t visibility_number(int64_t choice)
{
    return choice == VISIBLE_TO_ME ? 1 : 2;
}

static enum err load_segments(struct web *web, struct board_form_view *view, int64_t chosen,
                              bool choose_first)
{
    struct sql_board_segments_rows rows;
    TRY(sql_board_segments(web->db,
                           &(struct sql_board_segments_in){.dataset = web->session.dataset,
                                                           .user = web->session.user},
                           &rows));
    struct board_segment_choice *choices =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct board_segment_choice);
    for (size_t i = 0; i < rows.n; i++) {
        choices[i] = (struct board_segment_choice){
            .id = rows.row[i].id,
            .name = rows.row[i].name,
            .chosen = choose_first ? i == 0 : rows.row[i].id == chosen,
        };
    }
    view->segments = choices;
    view->n_segments = rows.n;
    return ERR_NONE;
}

/* What was typed, and what is wrong with it. */
static void keep_typed(struct web *web, struct board_form_view *view)
{
    const struct basics_values *values = web->form.values;
    view->name = form_value(&web->form, "name", view->name);
    view->is_private = values->visibility == VISIBLE_TO_ME;
    view->fixed_flow = values->fixed_flow;
    view->name_wrong = form_message(&web->form, "name");
    if (str_is_null(view->name_wrong) && web->form.n_mistakes > 0) {
        view->wrong = web->form.mistakes[0].message;
    }
}

static enum err load_unfinished(struct web *web, struct board_form_view *view)
{
    struct sql_board_unfinished_rows rows;
    TRY(sql_board_unfinished(web->db,
                             &(struct sql_board_unfinished_in){.dataset = web->session.dataset,
                                                               .user = web->session.user},
                             &rows));
    struct board_name *names = ARENA_ARRAY(web->ctx->arena, rows.n, struct board_name);
    for (size_t i = 0; i < rows.n; i++) {
        names[i] = (struct board_name){.id = rows.row[i].id, .name = rows.row[i].name};
    }
    view->unfinished = names;
    view->n_unfinished = rows.n;
    return ERR_NONE;
}

enum err handle_board_new(struct web *web, struct request *request, struct response *response)
{
    bool again = !form_is_right(&web->form);
    struct board_form_view view = {
        .page = page_make(web, request, response, "Create LeadBoard", NAV_BOARDS),
        .steps = {.step = 1},
        .action = STR("/boards"),
        .dataset = web->session.dataset_name,
        .fixed_flow = true,
        .may_hide = true,
        .in_wizard = true,
        .choose_dataset = web->session.n_datasets > 1,
    };
    view.csrf = view.page.csrf;
    int64_t chosen = 0;
    if (again) {
        keep_typed(web, &view);
        chosen = ((const struct basics_values *)web->form.values)->segment;
    } else {
        (void)str_to_i64(web_query(web, "segment"), &chosen); /* "make a board of it" */
    }
    TRY(load_segments(web, &view, chosen, !again && chosen == 0));
    TRY(load_unfinished(web, &view));
    web_form_status(web, response);
    tpl_wizard(&response->body, &view);
    return ERR_NONE;
}

enum err handle_board_add(struct web *web, struct request *request, struct response *response)
{
    if (!form_is_right(&web->form)) {
        return handle_board_new(web, request, response);
    }
    static const struct str names[] = {STR_INIT("Orientation"), STR_INIT("Discovery"),
                                       STR_INIT("Interest"), STR_INIT("Intent"),
                                       STR_INIT("Decision")};
    const struct basics_values *values = web->form.values;
    int64_t dataset = web->session.dataset;
    struct sql_board_add board;
    TRY(sql_board_add(web->db,
                      &(struct sql_board_add_in){
                          .dataset = dataset,
                          .name = values->name,
                          .user = web->session.user,
                          .visibility = visibility_number(values->visibility),
                          .segment = values->segment,
                          .segment_null = values->segment == 0,
                          .fixed_flow = values->fixed_flow,
                      },
                      &board));
    TRY(sql_stage_add(
        web->db,
        &(struct sql_stage_add_in){.dataset = dataset,
                                   .board = board.id,
                                   .names = {.v = names, .n = sizeof(names) / sizeof(*names)}},
        NULL));
    TRY(sql_stage_settle(
        web->db, &(struct sql_stage_settle_in){.dataset = dataset, .board = board.id}, NULL));
    return web_redirect(response, "/boards/%lld/stages", (long long)board.id);
}

/* The basics of a board that exists, as stored or as typed. */
static enum err draw_basics(struct web *web, const struct sql_board_get *board,
                            struct board_form_view *view)
{
    view->id = board->id;
    view->csrf = view->page.csrf;
    view->name = board->name;
    view->dataset = web->session.dataset_name;
    view->is_private = board->visibility == 1;
    view->fixed_flow = board->fixed_flow;
    view->may_hide = board->user_id == web->session.user;
    int64_t chosen = board->segment_id_null ? 0 : board->segment_id;
    if (!form_is_right(&web->form)) {
        keep_typed(web, view);
        chosen = ((const struct basics_values *)web->form.values)->segment;
    }
    return load_segments(web, view, chosen, false);
}

static enum err store_basics(struct web *web)
{
    const struct basics_values *values = web->form.values;
    int64_t changed;
    TRY(sql_board_change(web->db,
                         &(struct sql_board_change_in){
                             .dataset = web->session.dataset,
                             .board = web->ids[0],
                             .user = web->session.user,
                             .name = values->name,
                             .visibility = visibility_number(values->visibility),
                             .segment = values->segment,
                             .segment_null = values->segment == 0,
                             .fixed_flow = values->fixed_flow,
                         },
                         &changed));
    return changed == 0 ? web_not_found(web, BOARD_MISSING) : ERR_NONE;
}

/* The wizard's first step, gone back to. */
enum err handle_board_setup(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    TRY(board_load(web, &board));
    struct board_form_view view = {
        .page = page_make(web, request, response, "Create LeadBoard", NAV_BOARDS),
        .steps = {.step = 1},
        .action = arena_print(web->ctx->arena, "/boards/%lld/setup", (long long)board.id),
        .in_wizard = true,
    };
    TRY(draw_basics(web, &board, &view));
    web_form_status(web, response);
    tpl_wizard(&response->body, &view);
    return ERR_NONE;
}

enum err handle_board_setup_save(struct web *web, struct request *request,
                                 struct response *response)
{
    if (!form_is_right(&web->form)) {
        return handle_board_setup(web, request, response);
    }
    TRY(store_basics(web));
    return web_redirect(response, "/boards/%lld/stages", (long long)web->ids[0]);
}

/* ---- settings ---- */

#define COPIED_NAME_MAX 180

enum err handle_board_settings(struct web *web, struct request *request,
                               struct response *response)
{
    struct sql_board_get board;
    struct sql_stage_list_rows stages;
    TRY(board_load(web, &board));
    TRY(sql_stage_list(
        web->db,
        &(struct sql_stage_list_in){.dataset = web->session.dataset, .board = board.id},
        &stages));
    struct board_form_view view = {
        .page = page_make(web, request, response, "Board settings", NAV_BOARDS),
        .copy_name = arena_print(web->ctx->arena, "Copy of %.*s",
                                 STR_ARG(str_cut(board.name, COPIED_NAME_MAX))),
        .choose_copy_dataset = web->session.n_datasets > 1,
    };
    TRY(draw_basics(web, &board, &view));
    stages_draw(web, &stages, &view);
    web_form_status(web, response);
    tpl_board_settings(&response->body, &view);
    return ERR_NONE;
}

enum err handle_board_save(struct web *web, struct request *request, struct response *response)
{
    if (!form_is_right(&web->form)) {
        return handle_board_settings(web, request, response);
    }
    int64_t dataset = web->session.dataset, board = web->ids[0];
    TRY(store_basics(web));
    TRY(sql_board_changed(
        web->db, &(struct sql_board_changed_in){.dataset = dataset, .board = board}, NULL));
    TRY(cards_refresh_board(web->db, dataset, board)); /* a new segment brings its companies */
    web->wake = true;
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/boards/%lld/settings", (long long)board),
        "The board is saved.");
}

struct delete_values {
    bool sure;
};
static const struct form_field delete_fields[] = {
    {.name = "sure",
     .label = "Yes, delete this board",
     .kind = FORM_BOOL,
     .offset = offsetof(struct delete_values, sure)},
};
const struct form_spec board_delete_spec = FORM_SPEC(delete_fields, struct delete_values);

enum err handle_board_delete(struct web *web, struct request *request,
                             struct response *response)
{
    const struct delete_values *values = web->form.values;
    int64_t dataset = web->session.dataset;
    struct sql_board_get board;
    TRY(board_load(web, &board));
    if (!values->sure) {
        return web_redirect_saying(
            web, request, response,
            arena_print(web->ctx->arena, "/boards/%lld/settings", (long long)board.id),
            "Nothing was deleted: tick the box to confirm that you mean it.");
    }
    TRY(sql_board_lock_stages(
        web->db, &(struct sql_board_lock_stages_in){.dataset = dataset, .board = board.id},
        NULL));
    TRY(sql_board_delete(web->db,
                         &(struct sql_board_delete_in){
                             .dataset = dataset, .board = board.id, .user = web->session.user},
                         NULL));
    TRY(sql_board_delete_cards(
        web->db, &(struct sql_board_delete_cards_in){.dataset = dataset, .board = board.id},
        NULL));
    TRY(sql_board_delete_counts(
        web->db, &(struct sql_board_delete_counts_in){.dataset = dataset, .board = board.id},
        NULL));
    TRY(segment_touch_all(web->db, dataset, FILTER_ON_CARDS));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/boards"),
                               "The board %.*s is deleted.", STR_ARG(board.name));
}
