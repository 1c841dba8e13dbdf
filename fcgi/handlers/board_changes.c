/* What changed on a board since a page was drawn, and the live connection that says so. */
#include "fcgi/board_draw.h"
#include "fcgi/handlers/board.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/live.h"

/* A page that has not asked for so long draws itself anew: card_change keeps an hour. */
#define CURSOR_AGE_MAX_S (50 * 60)
#define CHANGES_MAX 200

/* ---- the cursor: transaction id and when it was given out ---- */

struct str board_cursor(struct ctx *ctx, int64_t since)
{
    return arena_print(ctx->arena, "%lld-%lld", (long long)since,
                       (long long)(clock_now() / CLOCK_SECOND));
}

static bool cursor_read(struct str cursor, int64_t *out_since)
{
    struct str since;
    int64_t at;
    return str_next(&cursor, '-', &since) && str_to_i64(since, out_since) && *out_since >= 0 &&
           str_to_i64(cursor, &at) && at <= clock_now() / CLOCK_SECOND &&
           at > clock_now() / CLOCK_SECOND - CURSOR_AGE_MAX_S;
}

/* ---- changes ---- */

static enum err load_changes(struct web *web, int64_t since,
                             struct sql_board_changes_rows *out_rows,
                             struct sql_stage_list_rows *out_stages,
                             struct sql_member_list_rows *out_members)
{
    int64_t dataset = web->session.dataset, board = web->ids[0];
    TRY(sql_board_changes_send(
        web->db,
        &(struct sql_board_changes_in){
            .dataset = dataset, .board = board, .since = since, .most = CHANGES_MAX + 1}));
    TRY(sql_stage_list_send(web->db,
                            &(struct sql_stage_list_in){.dataset = dataset, .board = board}));
    TRY(sql_member_list_send(
        web->db, &(struct sql_member_list_in){
                     .workspace = web->session.workspace, .dataset = dataset, .board = board}));
    TRY(sql_board_changes_take(web->db, out_rows));
    TRY(sql_stage_list_take(web->db, out_stages));
    return sql_member_list_take(web->db, out_members);
}

static struct changed_card draw_changed(struct card_draw *draw,
                                        const struct sql_stage_list_rows *stages,
                                        const struct sql_board_changes *row)
{
    struct changed_card changed = {.id = row->id};
    if (!row->stage_id_null) {
        for (size_t i = 0; i < stages->n; i++) {
            if (stages->row[i].id == row->stage_id) {
                card_draw_in(draw, &stages->row[i]);
            }
        }
        changed.stage = row->stage_id;
        changed.previous = row->previous_null ? 0 : row->previous;
        changed.card = card_draw(draw, &CARD_ROW(row));
    }
    return changed;
}

static enum err draw_changes(struct web *web, struct response *response,
                             const struct sql_board_get *board, int64_t since,
                             struct changes_view *view)
{
    struct sql_board_changes_rows rows;
    struct sql_stage_list_rows stages;
    struct sql_member_list_rows members;
    TRY(load_changes(web, since, &rows, &stages, &members));
    struct card_draw draw = card_draw_begin(web->ctx, board, &members);
    view->reload = rows.n > CHANGES_MAX || (rows.n > 0 && rows.row[0].id_null);
    struct changed_card *cards = ARENA_ARRAY(web->ctx->arena, rows.n, struct changed_card);
    for (size_t i = 0; i < rows.n && !view->reload; i++) {
        cards[view->n_cards++] = draw_changed(&draw, &stages, &rows.row[i]);
    }
    view->cards = cards;
    view->stages = board_draw_stages(web->ctx, web->ids[0], &stages, (struct str){.p = NULL});
    view->n_stages = stages.n;
    tpl_board_changes(&response->body, view);
    return ERR_NONE;
}

/* Access, and the cursor for the next time: read before the changes are. */
static enum err changes_begin(struct web *web, struct sql_board_get *out_board,
                              struct changes_view *view)
{
    TRY(board_load(web, out_board));
    view->cursor = board_cursor(web->ctx, out_board->since);
    return ERR_NONE;
}

enum err board_answer_changes(struct web *web, struct response *response, struct str cursor,
                              const struct board_answer *answer)
{
    struct changes_view view = {.message = answer->message,
                                .said = answer->said,
                                .operation = answer->operation,
                                .progress = answer->progress};
    struct sql_board_get board;
    int64_t since;
    TRY(changes_begin(web, &board, &view));
    if (cursor_read(cursor, &since)) {
        return draw_changes(web, response, &board, since, &view);
    }
    view.reload = true;
    tpl_board_changes(&response->body, &view);
    return ERR_NONE;
}

enum err board_draw_changes(struct web *web, struct response *response, struct str cursor,
                            const struct board_answer *answer)
{
    struct db_scope scope = web_scope(web);
    scope.read_only = true;
    TRY(db_begin(web->db, &scope));
    TRY(board_answer_changes(web, response, cursor, answer));
    return db_commit(web->db);
}

/* A page that asks again and again is answered 304 while nothing changes. */
static enum err is_unchanged(struct web *web, const struct request *request,
                             struct response *response, bool *out_unchanged)
{
    struct sql_board_change_last_rows last;
    TRY(sql_board_change_last(web->db,
                              &(struct sql_board_change_last_in){
                                  .dataset = web->session.dataset, .board = web->ids[0]},
                              &last));
    struct str tag = STR("none");
    if (last.n != 0) {
        tag = arena_print(web->ctx->arena, "%lld-%lld", (long long)last.row[0].xid,
                          (long long)last.row[0].id);
    }
    *out_unchanged = response_etag(response, request, tag);
    return ERR_NONE;
}

enum err handle_board_changes(struct web *web, struct request *request,
                              struct response *response)
{
    struct changes_view view = {.reload = false};
    struct sql_board_get board;
    int64_t since;
    bool unchanged;
    TRY(changes_begin(web, &board, &view));
    if (!cursor_read(web_query(web, "since"), &since)) {
        view.reload = true;
        tpl_board_changes(&response->body, &view);
        return ERR_NONE;
    }
    TRY(is_unchanged(web, request, response, &unchanged));
    return unchanged ? ERR_NONE : draw_changes(web, response, &board, since, &view);
}

/* nginx holds the connection (nginx/leadboard); without nchan there is none, and pages poll. */
enum err handle_board_live(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    struct changes_view view = {.reload = false};
    struct sql_board_get board;
    TRY(changes_begin(web, &board, &view));
    if (str_is_empty(web->config->publish_socket) || !web->config->has_key) {
        response_status(response, 204); /* an EventSource does not try again */
        return ERR_NONE;
    }
    struct str channel =
        live_channel(web->ctx->arena, web->config->key, web->session.dataset, web->ids[0]);
    response_header(response, "X-Accel-Redirect",
                    arena_print(web->ctx->arena, "/internal/live/%.*s", STR_ARG(channel)));
    return ERR_NONE;
}
