/* The board page. What changes on it: board_changes.c. */
#include "fcgi/handlers/board.h"

#include "fcgi/board_lanes.h"
#include "fcgi/board_owners.h"
#include "fcgi/filter_draw.h"
#include "fcgi/handlers/board_read.h"
#include "gen/templates.h"
#include "shared/html.h"

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

/* ---- what the address asks for ---- */

struct asked {
    struct board_filter filter;
    bool of_filter;   /* the address has something of the filter, even empty */
    bool clear;       /* ?clear=: the remembered one is forgotten */
    bool script;      /* draws what its page shows: nothing is remembered */
    int64_t stage;    /* 0: none */
    struct str after; /* of that stage; empty: its first cards */
};

static enum err read_asked(struct web *web, const struct request *request, struct asked *out)
{
    *out = (struct asked){.after = web_query(web, "after"),
                          .of_filter = board_filter_is_asked(web->query),
                          .script = web_is_partial(request),
                          .clear = !str_is_null(web_query(web, "clear"))};
    if (!str_to_i64(web_query(web, "stage"), &out->stage)) {
        out->stage = 0;
    }
    return board_filter_read(web->ctx, web->query, &out->filter);
}

/* The address without a filter goes on to the remembered one; what else it says stays. */
static enum err use_remembered(struct web *web, struct response *response, struct str query)
{
    struct sb path;
    sb_init(&path, web->ctx->arena, BOARD_FILTER_QUERY_MAX + 4096);
    sb_printf(&path, "/boards/%lld?%.*s", (long long)web->ids[0], STR_ARG(query));
    for (size_t i = 0; i < web->query.n; i++) {
        sb_char(&path, '&');
        html_query(&path, web->query.v[i].name);
        sb_char(&path, '=');
        html_query(&path, web->query.v[i].value);
    }
    response_redirect(response, sb_view(&path));
    return ERR_NONE;
}

/* In a transaction of its own, since a page is read in one that does not write. */
static enum err remember(struct web *web, struct str query)
{
    struct db_scope scope = web_scope(web);
    scope.read_only = false;
    TRY(db_begin(web->db, &scope));
    TRY(sql_board_remember(web->db,
                           &(struct sql_board_remember_in){.dataset = scope.dataset,
                                                           .board = web->ids[0],
                                                           .user = web->session.user,
                                                           .query = query},
                           NULL));
    return db_commit(web->db);
}

static enum err forget(struct web *web, struct response *response)
{
    struct sql_board_get board;
    TRY(board_load(web, &board));
    TRY(db_commit(web->db));
    TRY(remember(web, STR("")));
    return web_redirect(response, "/boards/%lld", (long long)web->ids[0]);
}

/* ---- the page ---- */

static bool has_no_cards(const struct sql_stage_list_rows *stages)
{
    for (size_t i = 0; i < stages->n; i++) {
        if (stages->row[i].cards != 0) {
            return false;
        }
    }
    return true;
}

/* ?stage=&after=: that stage shows its next cards instead of its first. */
static enum err page_on(struct web *web, const struct board_read *from,
                        const struct asked *asked, struct stage_view *stages)
{
    for (size_t i = 0; i < from->stages.n && asked->stage != 0; i++) {
        stages[i].current = stages[i].id == asked->stage;
        if (stages[i].current && !str_is_empty(asked->after)) {
            TRY(board_read_more(web, from, &from->stages.row[i], asked->after,
                                &stages[i].shown));
        }
    }
    return ERR_NONE;
}

static enum err draw_stages(struct web *web, const struct board_read *from,
                            const struct asked *asked, struct board_view *view)
{
    struct stage_view *stages =
        board_draw_stages(web->ctx, view->id, &from->stages, view->page.csrf);
    struct card_draw draw =
        card_draw_begin(web->ctx, &from->board, &from->members, &from->automations);
    view->is_empty = has_no_cards(&from->stages);
    view->stages = stages;
    view->n_stages = from->stages.n;
    draw.whole_tags = from->filter.lanes == LANES_TAG;
    board_draw_folds(stages, from->stages.n, from->board.folded);
    board_draw_cards(&draw, &from->stages, from->cards, from->found, stages);
    if (from->found != NULL) {
        view->filter.found = board_draw_found(web->ctx, from->found, stages, from->stages.n);
        view->filter.nothing = str_eq(view->filter.found, STR("0 cards"));
    }
    for (size_t i = 0; i < from->stages.n; i++) {
        board_draw_next(web->ctx, from->query, &stages[i].shown);
        stages[i].query = from->query;
        stages[i].automates = web->session.role >= ROLE_SUPER_USER;
    }
    return page_on(web, from, asked, stages);
}

static enum err draw_board(struct web *web, struct request *request, struct response *response,
                           const struct board_read *from, const struct asked *asked)
{
    struct board_view view = {
        .id = from->board.id,
        .name = from->board.name,
        .is_private = from->board.visibility == 1,
        .segment = from->board.segment,
        .cursor = board_cursor(web->ctx, from->board.since),
        .boards = board_draw_names(web->ctx, from->board.id, &from->names),
        .n_boards = from->names.n,
    };
    const struct filter_draw draw = {.ctx = web->ctx,
                                     .board = view.id,
                                     .user = web->session.user,
                                     .board_owner = from->board.user_id,
                                     .filter = &from->filter,
                                     .members = &from->members,
                                     .tags = &from->tags,
                                     .views = &from->views};
    view.page = page_make(web, request, response, arena_cstr(web->ctx->arena, from->board.name),
                          NAV_BOARDS);
    view.page.live = arena_print(web->ctx->arena, "/boards/%lld/live", (long long)view.id);
    filter_draw(&draw, &view.filter);
    view.filter.csrf = view.page.csrf;
    board_owners_draw(web->ctx, &from->filter, &from->members, &view);
    TRY(draw_stages(web, from, asked, &view));
    if (from->filter.lanes != LANES_NONE) {
        board_lanes_draw(web->ctx, from->filter.lanes, &view);
    }
    TRY(board_read_did(web, &view.did));
    view.did.csrf = view.page.csrf;
    tpl_board(&response->body, &view);
    return ERR_NONE;
}

/* htmx asks for the next cards of a stage alone. */
static enum err answer_more(struct web *web, struct response *response,
                            const struct asked *asked)
{
    struct board_read from;
    struct more_view more;
    TRY(board_read_head(web, &asked->filter, &from));
    for (size_t i = 0; i < from.stages.n; i++) {
        if (from.stages.row[i].id == asked->stage) {
            TRY(board_read_more(web, &from, &from.stages.row[i], asked->after, &more));
            tpl_board_cards(&response->body, &more);
            return ERR_NONE;
        }
    }
    return web_not_found(web, "This stage is no longer on the board.");
}

static enum err answer_board(struct web *web, struct request *request,
                             struct response *response, const struct asked *asked,
                             struct board_read *from)
{
    TRY(board_read(web, &asked->filter, from));
    if (from->board.setup_step != 0) {
        return web_redirect(response, "/boards/%lld/%s", (long long)web->ids[0],
                            from->board.setup_step == 2 ? "stages" : "import");
    }
    if (!asked->of_filter && !asked->script && !str_is_empty(from->board.query)) {
        return use_remembered(web, response, from->board.query);
    }
    return draw_board(web, request, response, from, asked);
}

enum err handle_board(struct web *web, struct request *request, struct response *response)
{
    struct asked asked;
    struct board_read from;
    struct db_scope scope = web_scope(web);
    scope.read_only = true;
    TRY(read_asked(web, request, &asked));
    response_header(response, "Vary", STR("HX-Request"));
    TRY(db_begin(web->db, &scope));
    if (asked.clear) {
        return forget(web, response);
    }
    if (asked.script && asked.stage != 0 && !str_is_empty(asked.after)) {
        TRY(answer_more(web, response, &asked));
        return db_commit(web->db);
    }
    TRY(answer_board(web, request, response, &asked, &from));
    TRY(db_commit(web->db));
    bool other = asked.of_filter && !asked.script && !str_eq(from.query, from.board.query);
    return other && from.board.setup_step == 0 ? remember(web, from.query) : ERR_NONE;
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
