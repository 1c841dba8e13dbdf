#include "fcgi/handlers/board.h"

#include "fcgi/card_draw.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/live.h"

/* A page that has not asked for so long draws itself anew: card_change keeps an hour. */
#define CURSOR_AGE_MAX_S (50 * 60)
#define CHANGES_MAX 200
#define SEARCH_MAX 200

/* ---- the cursor: transaction id and when it was given out ---- */

static struct str cursor_make(struct ctx *ctx, int64_t since)
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

/* ---- stages and their cards ---- */

/* ?q=: what is searched for; "no value" when nothing is. */
static struct str asked_text(struct web *web)
{
    struct str text = str_cut(str_trim(web_query(web, "q")), SEARCH_MAX);
    return str_is_empty(text) ? (struct str){.p = NULL} : text;
}

struct loaded {
    struct sql_board_get board;
    struct sql_board_names_rows names;
    struct sql_stage_list_rows stages;
    struct sql_board_cards_rows cards;
    struct sql_member_list_rows members;
    struct str search;
};

static enum err load(struct web *web, struct loaded *out)
{
    const struct session *who = &web->session;
    int64_t dataset = who->dataset, board = web->ids[0];
    struct db *db = web->db;
    TRY(sql_board_get_send(
        db, &(struct sql_board_get_in){.dataset = dataset, .board = board, .user = who->user}));
    TRY(sql_board_names_send(
        db, &(struct sql_board_names_in){.dataset = dataset, .user = who->user}));
    TRY(sql_stage_list_send(db,
                            &(struct sql_stage_list_in){.dataset = dataset, .board = board}));
    out->search = asked_text(web);
    TRY(sql_board_cards_send(db, &(struct sql_board_cards_in){
                                     .dataset = dataset, .board = board, .text = out->search}));
    TRY(sql_member_list_send(db, &(struct sql_member_list_in){.workspace = who->workspace}));
    TRY(web_need(web, sql_board_get_take(db, &out->board), BOARD_MISSING));
    TRY(sql_board_names_take(db, &out->names));
    TRY(sql_stage_list_take(db, &out->stages));
    TRY(sql_board_cards_take(db, &out->cards));
    return sql_member_list_take(db, &out->members);
}

static void draw_stage_head(struct web *web, const struct sql_stage_list *row, size_t i,
                            struct stage_view *out)
{
    *out = (struct stage_view){
        .id = row->id,
        .board = web->ids[0],
        .number = (int64_t)i + 1,
        .name = row->name,
        .cards = row->cards,
        .entry = row->entry,
        .final = row->final,
        .sorted = row->sort != 0,
        .current = i == 0,
        .shown = {.board = web->ids[0], .stage = row->id},
    };
    out->orders = card_draw_orders(web->ctx, row->sort, row->sort_ascending, &out->n_orders);
}

static struct stage_view *draw_stages(struct web *web, const struct sql_stage_list_rows *rows,
                                      struct str csrf)
{
    struct stage_view *stages = ARENA_ARRAY(web->ctx->arena, rows->n, struct stage_view);
    for (size_t i = 0; i < rows->n; i++) {
        draw_stage_head(web, &rows->row[i], i, &stages[i]);
        stages[i].csrf = csrf;
    }
    return stages;
}

/* The rows come stage by stage, each stage in its order. */
static void draw_cards(struct web *web, const struct loaded *from, struct stage_view *stages)
{
    const struct sql_board_cards_rows *rows = &from->cards;
    struct card_draw draw = {.ctx = web->ctx, .board = web->ids[0], .members = from->members};
    struct card_view *views = ARENA_ARRAY(web->ctx->arena, rows->n, struct card_view);
    for (size_t i = 0; i < rows->n;) {
        size_t first = i, s = 0;
        while (s < from->stages.n && from->stages.row[s].id != rows->row[first].stage_id) {
            s++;
        }
        for (; i < rows->n && rows->row[i].stage_id == rows->row[first].stage_id; i++) {
            views[i] = card_draw(&draw, &CARD_ROW(&rows->row[i]));
        }
        if (s == from->stages.n) {
            continue; /* made after the stages were read */
        }
        struct more_view *shown = &stages[s].shown;
        shown->list = &views[first];
        shown->n_list = i - first;
        if (shown->n_list == CARDS_PER_STAGE && stages[s].cards > CARDS_PER_STAGE &&
            str_is_null(from->search)) {
            shown->after = card_draw_place(web->ctx, from->stages.row[s].sort,
                                           &CARD_ROW(&rows->row[i - 1]), rows->row[i - 1].rank);
        }
    }
}

/* The cards of one stage behind a place. */
static enum err load_more(struct web *web, const struct sql_stage_list *stage, struct str after,
                          const struct sql_member_list_rows *members, struct more_view *out)
{
    struct sql_stage_cards_after_in in = {
        .dataset = web->session.dataset, .board = web->ids[0], .stage = stage->id};
    if (!card_draw_place_read(after, stage->sort, &in)) {
        return ctx_fail(web->ctx, ERR_INVALID, "This link leads nowhere. Open the board anew.");
    }
    struct sql_stage_cards_after_rows rows;
    TRY(sql_stage_cards_after(web->db, &in, &rows));
    struct card_draw draw = {.ctx = web->ctx, .board = web->ids[0], .members = *members};
    struct card_view *views = ARENA_ARRAY(web->ctx->arena, rows.n, struct card_view);
    for (size_t i = 0; i < rows.n; i++) {
        views[i] = card_draw(&draw, &CARD_ROW(&rows.row[i]));
    }
    *out = (struct more_view){
        .board = web->ids[0], .stage = stage->id, .list = views, .n_list = rows.n};
    if (rows.n == CARDS_PER_STAGE) {
        const struct sql_stage_cards_after *last = &rows.row[rows.n - 1];
        out->after = card_draw_place(web->ctx, stage->sort, &CARD_ROW(last), last->rank);
    }
    return ERR_NONE;
}

/* ?stage=&after=: that stage shows its next cards instead of its first. */
static enum err page_on(struct web *web, const struct loaded *from, struct stage_view *stages,
                        struct more_view **out_more)
{
    int64_t stage = 0;
    *out_more = NULL;
    struct str after = web_query(web, "after");
    if (!str_to_i64(web_query(web, "stage"), &stage)) {
        return ERR_NONE;
    }
    for (size_t i = 0; i < from->stages.n; i++) {
        stages[i].current = stages[i].id == stage;
        if (stages[i].id == stage && !str_is_empty(after)) {
            *out_more = &stages[i].shown;
            TRY(load_more(web, &from->stages.row[i], after, &from->members, *out_more));
        }
    }
    return ERR_NONE;
}

static const struct board_name *draw_names(struct web *web,
                                           const struct sql_board_names_rows *rows)
{
    struct board_name *names = ARENA_ARRAY(web->ctx->arena, rows->n, struct board_name);
    for (size_t i = 0; i < rows->n; i++) {
        names[i] = (struct board_name){.id = rows->row[i].id,
                                       .name = rows->row[i].name,
                                       .current = rows->row[i].id == web->ids[0]};
    }
    return names;
}

static bool has_no_cards(const struct sql_stage_list_rows *stages)
{
    for (size_t i = 0; i < stages->n; i++) {
        if (stages->row[i].cards != 0) {
            return false;
        }
    }
    return true;
}

enum err handle_board(struct web *web, struct request *request, struct response *response)
{
    struct loaded from;
    TRY(load(web, &from));
    if (from.board.setup_step != 0) {
        return web_redirect(response, "/boards/%lld/%s", (long long)web->ids[0],
                            from.board.setup_step == 2 ? "stages" : "import");
    }
    struct board_view view = {
        .id = from.board.id,
        .name = from.board.name,
        .is_private = from.board.visibility == 1,
        .is_empty = has_no_cards(&from.stages),
        .segment = from.board.segment,
        .cursor = cursor_make(web->ctx, from.board.since),
        .search = from.search,
        .found = (int64_t)from.cards.n,
        .n_boards = from.names.n,
        .n_stages = from.stages.n,
    };
    view.page = page_make(web, request, response, arena_cstr(web->ctx->arena, from.board.name),
                          NAV_BOARDS);
    if (str_is_null(view.search)) { /* what is found stays as it was found */
        view.page.live = arena_print(web->ctx->arena, "/boards/%lld/live", (long long)view.id);
    }
    struct stage_view *stages = draw_stages(web, &from.stages, view.page.csrf);
    struct more_view *more;
    draw_cards(web, &from, stages);
    TRY(page_on(web, &from, stages, &more));
    response_header(response, "Vary", STR("HX-Request"));
    if (more != NULL && web_is_partial(request)) {
        tpl_board_cards(&response->body, more);
        return ERR_NONE;
    }
    view.stages = stages;
    view.boards = draw_names(web, &from.names);
    tpl_board(&response->body, &view);
    return ERR_NONE;
}

/* ---- order of a stage ---- */

struct sort_values {
    struct str order;
};
static const struct form_field sort_fields[] = {
    {.name = "order",
     .label = "Order",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct sort_values, order)},
};
const struct form_spec stage_sort_spec = FORM_SPEC(sort_fields, struct sort_values);

enum err handle_stage_sort(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    const struct sort_values *values = web->form.values;
    int64_t dataset = web->session.dataset, board = web->ids[0];
    struct sql_stage_sort_in in = {.dataset = dataset, .board = board, .stage = web->ids[1]};
    if (!card_draw_order(values->order, &in.sort, &in.ascending)) {
        return ctx_fail(web->ctx, ERR_INVALID, "There is no such order of cards.");
    }
    struct sql_board_get found;
    TRY(board_load(web, &found));
    int64_t changed;
    TRY(sql_stage_sort(web->db, &in, &changed));
    if (changed == 0) {
        return web_not_found(web, "This stage is no longer on the board.");
    }
    TRY(sql_board_changed(
        web->db, &(struct sql_board_changed_in){.dataset = dataset, .board = board}, NULL));
    return web_redirect(response, "/boards/%lld?stage=%lld#s%lld", (long long)board,
                        (long long)web->ids[1], (long long)web->ids[1]);
}

/* ---- changes ---- */

enum err board_load(struct web *web, struct sql_board_get *out_board)
{
    return web_need(web,
                    sql_board_get(web->db,
                                  &(struct sql_board_get_in){.dataset = web->session.dataset,
                                                             .board = web->ids[0],
                                                             .user = web->session.user},
                                  out_board),
                    BOARD_MISSING);
}

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
        web->db, &(struct sql_member_list_in){.workspace = web->session.workspace}));
    TRY(sql_board_changes_take(web->db, out_rows));
    TRY(sql_stage_list_take(web->db, out_stages));
    return sql_member_list_take(web->db, out_members);
}

static struct changed_card draw_changed(const struct card_draw *draw,
                                        const struct sql_board_changes *row)
{
    struct changed_card changed = {.id = row->id};
    if (!row->stage_id_null) {
        changed.stage = row->stage_id;
        changed.previous = row->previous_null ? 0 : row->previous;
        changed.card = card_draw(draw, &CARD_ROW(row));
    }
    return changed;
}

static enum err draw_changes(struct web *web, struct response *response, int64_t since,
                             struct changes_view *view)
{
    struct sql_board_changes_rows rows;
    struct sql_stage_list_rows stages;
    struct card_draw draw = {.ctx = web->ctx, .board = web->ids[0]};
    TRY(load_changes(web, since, &rows, &stages, &draw.members));
    view->reload = rows.n > CHANGES_MAX || (rows.n > 0 && rows.row[0].id_null);
    struct changed_card *cards = ARENA_ARRAY(web->ctx->arena, rows.n, struct changed_card);
    for (size_t i = 0; i < rows.n && !view->reload; i++) {
        cards[view->n_cards++] = draw_changed(&draw, &rows.row[i]);
    }
    view->cards = cards;
    view->stages = draw_stages(web, &stages, (struct str){.p = NULL});
    view->n_stages = stages.n;
    tpl_board_changes(&response->body, view);
    return ERR_NONE;
}

/* Access, and the cursor for the next time: read before the changes are. */
static enum err changes_begin(struct web *web, struct changes_view *view)
{
    struct sql_board_get board;
    TRY(board_load(web, &board));
    view->cursor = cursor_make(web->ctx, board.since);
    return ERR_NONE;
}

enum err board_draw_changes(struct web *web, struct response *response, struct str cursor,
                            struct str message)
{
    struct db_scope scope = web_scope(web);
    scope.read_only = true;
    struct changes_view view = {.message = message};
    int64_t since;
    TRY(db_begin(web->db, &scope));
    TRY(changes_begin(web, &view));
    if (cursor_read(cursor, &since)) {
        TRY(draw_changes(web, response, since, &view));
    } else {
        view.reload = true;
        tpl_board_changes(&response->body, &view);
    }
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
    int64_t since;
    bool unchanged;
    TRY(changes_begin(web, &view));
    if (!cursor_read(web_query(web, "since"), &since)) {
        view.reload = true;
        tpl_board_changes(&response->body, &view);
        return ERR_NONE;
    }
    TRY(is_unchanged(web, request, response, &unchanged));
    return unchanged ? ERR_NONE : draw_changes(web, response, since, &view);
}

/* nginx holds the connection (nginx/leadboard); without nchan there is none, and pages poll. */
enum err handle_board_live(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    struct changes_view view = {.reload = false};
    TRY(changes_begin(web, &view));
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
