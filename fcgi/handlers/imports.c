/* The wizard's third step, and later imports: what was seen before the board existed. */
#include "fcgi/handlers/board.h"
#include "fcgi/views/board.h"
#include "gen/templates.h"
#include "shared/cards.h"
#include "shared/json.h"

#define RESULT_MAX 4096
#define REFRESH_S 3

struct import_values {
    int64_t days;
};
enum { DAYS_TODAY, DAYS_7, DAYS_14, DAYS_SKIP };
static const char *const day_choices[] = {"today", "7", "14", "skip", NULL};
static const struct form_field import_fields[] = {
    {.name = "days",
     .label = "Seen",
     .kind = FORM_ENUM,
     .required = true,
     .choices = day_choices,
     .offset = offsetof(struct import_values, days)},
};
const struct form_spec board_import_spec = FORM_SPEC(import_fields, struct import_values);

static void draw_result(struct ctx *ctx, struct str result, struct import_view *view)
{
    const struct json *json;
    if (str_is_empty(result) || json_parse(ctx, result, RESULT_MAX, &json) != ERR_NONE) {
        return;
    }
    (void)json_i64(json_get(json, "added"), &view->added);
    (void)json_i64(json_get(json, "already"), &view->already);
    (void)json_i64(json_get(json, "excluded"), &view->excluded);
}

static enum err draw_progress(struct web *web, struct import_view *view)
{
    struct progress progress;
    enum err err =
        progress_latest(web->db, web->session.dataset, JOB_IMPORT, view->board, &progress);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    view->shown = true;
    view->running = progress.state == PROGRESS_WAITING || progress.state == PROGRESS_RUNNING;
    view->done = progress.state == PROGRESS_DONE;
    view->cancelled = progress.state == PROGRESS_CANCELLED;
    view->failed = progress.state == PROGRESS_FAILED;
    view->done_count = progress.done;
    view->total = progress.total;
    view->bar_max = progress.total > 0 ? progress.total : 1;
    view->message = progress.message;
    draw_result(web->ctx, progress.result, view);
    return ERR_NONE;
}

enum err handle_import(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    TRY(board_load(web, &board));
    if (board.setup_step == 2) {
        return web_redirect(response, "/boards/%lld/stages", (long long)board.id);
    }
    struct import_view view = {
        .page = page_make(web, request, response, "Import", NAV_BOARDS),
        .steps = {.step = 3},
        .name = board.name,
        .segment = board.segment,
        .board = board.id,
        .in_wizard = board.setup_step != 0,
    };
    view.csrf = view.page.csrf;
    TRY(draw_progress(web, &view));
    view.page.refresh_s = view.running ? REFRESH_S : 0;
    tpl_wizard_import(&response->body, &view);
    return ERR_NONE;
}

/* The board is ready, whether something is imported or not. */
static enum err finish_wizard(struct web *web, int64_t board)
{
    int64_t dataset = web->session.dataset;
    TRY(sql_board_step(
        web->db, &(struct sql_board_step_in){.dataset = dataset, .board = board, .step = 0},
        NULL));
    return sql_board_changed(
        web->db, &(struct sql_board_changed_in){.dataset = dataset, .board = board}, NULL);
}

enum err handle_import_start(struct web *web, struct request *request,
                             struct response *response)
{
    (void)request;
    static const int days[] = {[DAYS_TODAY] = 0, [DAYS_7] = 7, [DAYS_14] = 14};
    const struct import_values *values = web->form.values;
    struct sql_board_get board;
    TRY(board_load(web, &board));
    if (board.setup_step == 2) {
        return web_redirect(response, "/boards/%lld/stages", (long long)board.id);
    }
    TRY(finish_wizard(web, board.id));
    if (values->days == DAYS_SKIP) {
        return web_redirect(response, "/boards/%lld", (long long)board.id);
    }
    int64_t progress;
    TRY(cards_import(web->db, web->session.dataset, board.id, web->session.user,
                     days[values->days], &progress));
    web->wake = true;
    return web_redirect(response, "/boards/%lld/import", (long long)board.id);
}

enum err handle_import_cancel(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_board_get board;
    struct progress progress;
    TRY(board_load(web, &board));
    enum err err =
        progress_latest(web->db, web->session.dataset, JOB_IMPORT, board.id, &progress);
    if (err == ERR_NONE) {
        err = progress_cancel(web->db, web->session.dataset, progress.id);
    }
    if (err != ERR_NOT_FOUND) {
        TRY(err);
    }
    struct str back = arena_print(web->ctx->arena, "/boards/%lld/import", (long long)board.id);
    return web_redirect_saying(web, request, response, back, "%s",
                               err == ERR_NOT_FOUND ? "There is no import under way."
                                                    : "The import is cancelled.");
}
