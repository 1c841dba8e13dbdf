/* What somebody did: its page, undoing it, and the bar that says it over the board. */
#include "shared/card_operations.h"

#include "fcgi/board_filter.h"
#include "fcgi/handlers/board.h"
#include "fcgi/operation_said.h"
#include "fcgi/views/operations.h"
#include "gen/templates.h"

#define QUERY_MAX 4000
#define REFRESH_S 3
#define OPERATION_MISSING "This was not done here, or you may not see the board it was done on."

/* ---- back to the board ---- */

static bool is_of_query(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("%&=+._~*-:,!()", c) != NULL);
}

struct str board_query(struct ctx *ctx, struct str typed)
{
    struct sb sb;
    struct str part;
    sb_init(&sb, ctx->arena, QUERY_MAX);
    if (typed.n > QUERY_MAX) {
        return STR("");
    }
    for (size_t i = 0; i < typed.n; i++) {
        if (!is_of_query(typed.p[i])) {
            return STR("");
        }
    }
    while (str_next(&typed, '&', &part)) {
        if (part.n > 0 && !str_starts(part, STR("did=")) && !str_starts(part, STR("after="))) {
            sb_printf(&sb, "%s%.*s", sb.n == 0 ? "" : "&", STR_ARG(part));
        }
    }
    return sb_view(&sb);
}

enum err board_redirect_did(struct response *response, int64_t board, struct str query,
                            int64_t operation)
{
    return web_redirect(response, "/boards/%lld?%.*s%sdid=%lld", (long long)board,
                        STR_ARG(query), str_is_empty(query) ? "" : "&", (long long)operation);
}

enum err board_back_did(struct response *response, struct str back, int64_t operation)
{
    return web_redirect(response, "%.*s%sdid=%lld", STR_ARG(back),
                        str_contains(back, STR("?")) ? "&" : "?", (long long)operation);
}

/* ---- what is said of one ---- */

static bool is_under_way(const struct progress *progress)
{
    return progress->state == PROGRESS_WAITING || progress->state == PROGRESS_RUNNING;
}

/* As it stands: while a job does it, what it does. */
static enum err say(struct web *web, const struct operation_row *row, struct progress *progress,
                    struct str *out_said)
{
    int64_t dataset = web->session.dataset;
    *progress = (struct progress){.state = PROGRESS_DONE};
    if (row->progress != 0) {
        TRY(progress_get(web->db, dataset, row->progress, progress));
    }
    if (is_under_way(progress)) {
        *out_said = operation_said_doing(web->ctx, row);
        return ERR_NONE;
    }
    if (row->kind != OP_UNDO) {
        *out_said = operation_said(web->ctx, row);
        return ERR_NONE;
    }
    struct operation_row undone;
    TRY(operation_get(web->db, dataset, row->undoes, &undone));
    *out_said = operation_said_undo(web->ctx, undone.kind, row);
    return ERR_NONE;
}

/* How this page looks at the board; undoing comes back to it. */
static struct str query_of_page(struct web *web)
{
    struct board_filter filter;
    if (board_filter_read(web->ctx, web->query, &filter) != ERR_NONE) {
        ctx_clear(web->ctx);
        return STR("");
    }
    return board_filter_query(web->ctx, &filter);
}

enum err board_read_did(struct web *web, struct did_view *did)
{
    int64_t id, board = web->ids[0];
    struct operation_row row;
    struct progress progress;
    *did = (struct did_view){.board = board};
    if (!str_to_i64(web_query(web, "did"), &id) || id <= 0) {
        return ERR_NONE;
    }
    enum err err = operation_get(web->db, web->session.dataset, id, &row);
    if (err == ERR_NOT_FOUND || (err == ERR_NONE && row.board != 0 && row.board != board)) {
        return ERR_NONE;
    }
    TRY(err);
    TRY(say(web, &row, &progress, &did->said));
    did->operation = id;
    did->running = is_under_way(&progress);
    did->may_undo = !did->running && operation_said_may_undo(&row);
    did->query = query_of_page(web);
    did->back = arena_print(web->ctx->arena, "/boards/%lld%s%.*s", (long long)board,
                            str_is_empty(did->query) ? "" : "?", STR_ARG(did->query));
    return ERR_NONE;
}

/* ---- undoing ---- */

struct undo_values {
    int64_t board;
    struct str cursor, query, back; /* back: a page that wants to say what was done */
};
static const struct form_field undo_fields[] = {
    {.name = "board",
     .label = "Board",
     .kind = FORM_ID,
     .offset = offsetof(struct undo_values, board)},
    {.name = "cursor",
     .label = "What the page has seen",
     .kind = FORM_TEXT,
     .max = 60,
     .offset = offsetof(struct undo_values, cursor)},
    {.name = "query",
     .label = "Filters",
     .kind = FORM_TEXT,
     .max = QUERY_MAX,
     .offset = offsetof(struct undo_values, query)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct undo_values, back)},
};
const struct form_spec operation_undo_spec = FORM_SPEC(undo_fields, struct undo_values);

/* What boards share takes the board of the path; here it comes from elsewhere. 404 when the
 * user may not see it. */
static enum err use_board(struct web *web, int64_t board, struct sql_board_get *out_board)
{
    web->ids[0] = board;
    return board_load(web, out_board);
}

/* The operation, if the user may see where it was done. */
static enum err load(struct web *web, int64_t id, struct operation_row *out_row,
                     struct sql_board_get *out_board)
{
    *out_board = (struct sql_board_get){0};
    TRY(web_need(web, operation_get(web->db, web->session.dataset, id, out_row),
                 OPERATION_MISSING));
    return out_row->board == 0 ? ERR_NONE : use_board(web, out_row->board, out_board);
}

enum err operation_read_did(struct web *web, struct str *out_said, bool *out_running)
{
    int64_t id, own = web->ids[0];
    struct operation_row row;
    struct sql_board_get board;
    struct progress progress;
    *out_running = false;
    if (!str_to_i64(web_query(web, "did"), &id) || id <= 0) {
        return ERR_NONE;
    }
    enum err err = load(web, id, &row, &board);
    web->ids[0] = own;
    if (err == ERR_NOT_FOUND) {
        ctx_clear(web->ctx);
        return ERR_NONE;
    }
    TRY(err);
    TRY(say(web, &row, &progress, out_said));
    *out_running = is_under_way(&progress);
    return ERR_NONE;
}

static enum err answer_undone(struct web *web, struct request *request,
                              struct response *response, const struct operation_row *row,
                              const struct operation_undone *undone)
{
    const struct undo_values *values = web->form.values;
    int64_t board = row->board != 0 ? row->board : values->board;
    struct sql_board_get seen;
    if (response_is_local(values->back)) {
        return board_back_did(response, values->back, undone->id);
    }
    if (board == 0) {
        return web_redirect(response, "/operations/%lld", (long long)row->id);
    }
    if (!web_is_partial(request)) {
        return board_redirect_did(response, board, board_query(web->ctx, values->query),
                                  undone->id);
    }
    TRY(use_board(web, values->board != 0 ? values->board : board, &seen));
    const struct board_answer answer = {
        .said = undone->progress != 0 ? STR("Undoing")
                                      : operation_said_undone(web->ctx, row->kind, undone),
        .operation = undone->progress != 0 ? undone->id : 0,
        .progress = undone->progress != 0};
    return board_answer_changes(web, response, values->cursor, &answer);
}

static enum err undo(struct web *web, struct request *request, struct response *response,
                     const struct operation_row *row)
{
    struct operation_undone undone;
    TRY(operation_undo(web->db, web->session.dataset, row->id, web->session.user, &undone));
    web->wake = undone.progress != 0;
    return answer_undone(web, request, response, row, &undone);
}

enum err handle_operation_undo(struct web *web, struct request *request,
                               struct response *response)
{
    struct operation_row row;
    struct sql_board_get board;
    TRY(load(web, web->ids[0], &row, &board));
    return undo(web, request, response, &row);
}

static enum err answer_nothing(struct web *web, struct request *request,
                               struct response *response)
{
    const struct undo_values *values = web->form.values;
    struct str said = STR("There is nothing of yours left to undo");
    if (values->board != 0 && web_is_partial(request)) {
        return board_answer_changes(web, response, values->cursor,
                                    &(struct board_answer){.said = said});
    }
    struct str back = values->board == 0 ? STR("/boards")
                                         : arena_print(web->ctx->arena, "/boards/%lld",
                                                       (long long)values->board);
    return web_redirect_saying(web, request, response, back, "%.*s.", STR_ARG(said));
}

enum err handle_operation_undo_last(struct web *web, struct request *request,
                                    struct response *response)
{
    const struct undo_values *values = web->form.values;
    struct operation_row row;
    struct sql_board_get board;
    if (values->board != 0) {
        TRY(use_board(web, values->board, &board));
    }
    enum err err =
        operation_last(web->db, web->session.dataset, web->session.user, values->board, &row);
    if (err == ERR_NOT_FOUND) {
        return answer_nothing(web, request, response);
    }
    TRY(err);
    TRY(load(web, row.id, &row, &board));
    return undo(web, request, response, &row);
}

/* ---- its page ---- */

static void draw_progress(const struct progress *progress, struct operation_view *view)
{
    view->running = is_under_way(progress);
    view->failed = progress->state == PROGRESS_FAILED;
    view->cancelled = progress->state == PROGRESS_CANCELLED;
    view->done = progress->done;
    view->total = progress->total;
    view->bar_max = progress->total > 0 ? progress->total : 1;
    view->message = progress->message;
}

static enum err name_user(struct web *web, int64_t user, struct str *out_name)
{
    struct sql_operation_user_rows rows;
    TRY(sql_operation_user(web->db, &(struct sql_operation_user_in){.user = user}, &rows));
    *out_name = rows.n > 0 ? rows.row[0].name : STR("An automation");
    return ERR_NONE;
}

enum err handle_operation(struct web *web, struct request *request, struct response *response)
{
    struct operation_row row;
    struct sql_board_get board;
    struct progress progress;
    TRY(load(web, web->ids[0], &row, &board));
    struct operation_view view = {
        .page = page_make(web, request, response, "What was done", NAV_BOARDS),
        .id = row.id,
        .board = row.board,
        .board_name = board.name,
        .at = row.at,
        .undone = row.undone,
    };
    view.csrf = view.page.csrf;
    TRY(say(web, &row, &progress, &view.said));
    TRY(name_user(web, row.user, &view.who));
    draw_progress(&progress, &view);
    view.may_undo = !view.running && operation_said_may_undo(&row);
    view.page.refresh_s = view.running ? REFRESH_S : 0;
    response_header(response, "Vary", STR("HX-Request"));
    if (web_is_partial(request)) {
        tpl_operation_part(&response->body, &view);
    } else {
        tpl_operation(&response->body, &view);
    }
    return ERR_NONE;
}

enum err handle_operation_cancel(struct web *web, struct request *request,
                                 struct response *response)
{
    struct operation_row row;
    struct sql_board_get board;
    int64_t id = web->ids[0];
    TRY(load(web, id, &row, &board));
    enum err err = row.progress == 0
                       ? ERR_NOT_FOUND
                       : progress_cancel(web->db, web->session.dataset, row.progress);
    if (err != ERR_NOT_FOUND) {
        TRY(err);
    }
    ctx_clear(web->ctx);
    return web_redirect_saying(
        web, request, response, arena_print(web->ctx->arena, "/operations/%lld", (long long)id),
        "%s",
        err == ERR_NOT_FOUND ? "It is not under way any more."
                             : "Cancelled. What was done until now stays, and can be undone.");
}
