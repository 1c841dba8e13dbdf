/* What changed on a board since a page was drawn, and the live connection that says so. */
#include "fcgi/handlers/board_read.h"
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

static enum err load_changes(struct web *web, int64_t since, struct board_read *from,
                             struct sql_board_changes_rows *out_rows)
{
    TRY(sql_filter_role_send(web->db)); /* as for stage_cards_after */
    TRY(sql_board_changes_send(web->db,
                               &(struct sql_board_changes_in){.dataset = web->session.dataset,
                                                              .board = web->ids[0],
                                                              .since = since,
                                                              .most = CHANGES_MAX + 1}));
    TRY(sql_filter_role_end_send(web->db));
    TRY(sql_filter_role_take(web->db, NULL));
    TRY(sql_board_changes_take(web->db, out_rows));
    TRY(sql_filter_role_end_take(web->db, NULL));
    return board_read_head(web, &from->filter, from);
}

/* The page shows what passes its filter: which of the changed cards do, and where. */
static enum err pass(struct web *web, struct board_read *from,
                     const struct sql_board_changes_rows *rows, struct card_passes *passes,
                     size_t *out_n)
{
    const struct card_find find = board_read_find(web, from);
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, rows->n, int64_t);
    for (size_t i = 0; i < rows->n; i++) {
        ids[i] = rows->row[i].id;
    }
    if (!card_filter_is_empty(&from->filter.cards)) {
        TRY(board_read_found(web, from));
    }
    return card_find_among(web->db, &find, (struct sql_i64s){.v = ids, .n = rows->n}, passes,
                           out_n);
}

/* A changed card that does not pass is gone from the page. */
static enum err apply_filter(struct web *web, struct board_read *from,
                             struct sql_board_changes_rows *rows)
{
    struct card_passes *passes = ARENA_ARRAY(web->ctx->arena, rows->n, struct card_passes);
    size_t n;
    TRY(pass(web, from, rows, passes, &n));
    for (size_t i = 0; i < rows->n; i++) {
        struct sql_board_changes *row = &rows->row[i];
        size_t k = 0;
        while (k < n && passes[k].id != row->id) {
            k++;
        }
        row->stage_id_null = row->stage_id_null || k == n;
        row->previous_null = k == n || passes[k].previous == 0;
        row->previous = k == n ? 0 : passes[k].previous;
    }
    return ERR_NONE;
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

static void draw_counts(struct web *web, const struct board_read *from,
                        struct changes_view *view)
{
    struct stage_view *stages =
        board_draw_stages(web->ctx, web->ids[0], &from->stages, (struct str){.p = NULL});
    if (from->found != NULL) {
        view->found = board_draw_found(web->ctx, from->found, stages, from->stages.n);
    }
    view->stages = stages;
    view->n_stages = from->stages.n;
}

/* filter: how the page looks at the board. */
static enum err draw_changes(struct web *web, struct response *response,
                             const struct board_filter *filter, int64_t since,
                             struct changes_view *view)
{
    struct sql_board_changes_rows rows;
    struct board_read from = {.filter = *filter};
    TRY(load_changes(web, since, &from, &rows));
    view->reload = rows.n > CHANGES_MAX || (rows.n > 0 && rows.row[0].id_null);
    if (!view->reload && !board_filter_is_plain(filter)) {
        TRY(apply_filter(web, &from, &rows));
    }
    struct card_draw draw =
        card_draw_begin(web->ctx, &from.board, &from.members, &from.automations);
    struct changed_card *cards = ARENA_ARRAY(web->ctx->arena, rows.n, struct changed_card);
    for (size_t i = 0; i < rows.n && !view->reload; i++) {
        cards[view->n_cards++] = draw_changed(&draw, &from.stages, &rows.row[i]);
    }
    view->cards = cards;
    draw_counts(web, &from, view);
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
    struct board_filter filter;
    int64_t since;
    TRY(changes_begin(web, &board, &view));
    if (board_filter_read(web->ctx, web->query, &filter) != ERR_NONE) {
        ctx_clear(web->ctx); /* what was done is done: the page finds out by itself */
    } else if (cursor_read(cursor, &since)) {
        return draw_changes(web, response, &filter, since, &view);
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
    struct board_filter filter;
    int64_t since;
    bool unchanged;
    TRY(changes_begin(web, &board, &view));
    TRY(board_filter_read(web->ctx, web->query, &filter));
    if (!cursor_read(web_query(web, "since"), &since)) {
        view.reload = true;
        tpl_board_changes(&response->body, &view);
        return ERR_NONE;
    }
    TRY(is_unchanged(web, request, response, &unchanged));
    return unchanged ? ERR_NONE : draw_changes(web, response, &filter, since, &view);
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
