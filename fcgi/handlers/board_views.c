/* Saved views of a board: saving how it is looked at, by name; renaming, sharing, deleting. */
#include "fcgi/handlers/board.h"

#include "fcgi/board_filter.h"
#include "fcgi/views/filter.h"
#include "gen/templates.h"

#define VIEWS_MAX 100 /* of one user on one board */
#define VIEW_MISSING "This view is not there any more, or it is not shared with you."

struct view_values {
    struct str name, query;
    bool shared;
};
static const struct form_field view_fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .max = 100,
     .offset = offsetof(struct view_values, name)},
    {.name = "query",
     .label = "Filters",
     .kind = FORM_TEXT,
     .max = BOARD_FILTER_QUERY_MAX,
     .offset = offsetof(struct view_values, query)},
    {.name = "shared",
     .label = "Share",
     .kind = FORM_BOOL,
     .offset = offsetof(struct view_values, shared)},
};
const struct form_spec board_view_spec = FORM_SPEC(view_fields, struct view_values);

/* The query as it is kept: without the view it began as. "No value" when none was sent. */
static enum err read_query(struct web *web, struct str query, struct str *out)
{
    struct board_filter filter;
    *out = (struct str){.p = NULL};
    if (str_is_empty(query)) {
        return ERR_NONE;
    }
    TRY(board_filter_parse(web->ctx, query, &filter));
    filter.view = 0;
    *out = board_filter_query(web->ctx, &filter);
    return ERR_NONE;
}

static enum err load_view(struct web *web, struct sql_board_get *board,
                          struct sql_board_view_get *out)
{
    TRY(board_load(web, board));
    return web_need(
        web,
        sql_board_view_get(web->db,
                           &(struct sql_board_view_get_in){.dataset = web->session.dataset,
                                                           .board = board->id,
                                                           .view = web->ids[1],
                                                           .user = web->session.user},
                           out),
        VIEW_MISSING);
}

static enum err go_to(struct web *web, struct response *response, int64_t view)
{
    return web_redirect(response, "/boards/%lld?view=%lld", (long long)web->ids[0],
                        (long long)view);
}

enum err handle_board_view_add(struct web *web, struct request *request,
                               struct response *response)
{
    (void)request;
    const struct view_values *values = web->form.values;
    struct sql_board_get board;
    struct str query;
    struct sql_board_view_add_rows added;
    TRY(board_load(web, &board));
    TRY(read_query(web, values->query, &query));
    if (str_is_null(query)) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "There is nothing to save: filter or order the cards first.");
    }
    TRY(sql_board_view_add(web->db,
                           &(struct sql_board_view_add_in){.dataset = web->session.dataset,
                                                           .board = board.id,
                                                           .user = web->session.user,
                                                           .name = values->name,
                                                           .shared = values->shared,
                                                           .query = query,
                                                           .most = VIEWS_MAX},
                           &added));
    if (added.n == 0) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "You have %d views of this board. Delete one to save another.",
                        VIEWS_MAX);
    }
    return go_to(web, response, added.row[0].id);
}

enum err handle_board_view(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    struct sql_board_view_get row;
    TRY(load_view(web, &board, &row));
    struct view_edit_view view = {
        .page = page_make(web, request, response, arena_cstr(web->ctx->arena, row.name),
                          NAV_BOARDS),
        .board = board.id,
        .id = row.id,
        .name = row.name,
        .shared = row.shared,
        .mine = row.user_id == web->session.user,
        .may_delete = row.user_id == web->session.user || board.user_id == web->session.user,
    };
    view.csrf = view.page.csrf;
    tpl_board_view(&response->body, &view);
    return ERR_NONE;
}

enum err handle_board_view_save(struct web *web, struct request *request,
                                struct response *response)
{
    (void)request;
    const struct view_values *values = web->form.values;
    struct sql_board_get board;
    struct sql_board_view_get row;
    struct str query;
    int64_t changed;
    TRY(load_view(web, &board, &row));
    TRY(read_query(web, values->query, &query));
    TRY(sql_board_view_change(
        web->db,
        &(struct sql_board_view_change_in){.dataset = web->session.dataset,
                                           .board = board.id,
                                           .view = row.id,
                                           .user = web->session.user,
                                           .name = values->name,
                                           .shared = values->shared,
                                           .query = query},
        &changed));
    if (changed == 0) {
        return web_denied(web, "Only who saved a view can change it.");
    }
    return go_to(web, response, row.id);
}

enum err handle_board_view_delete(struct web *web, struct request *request,
                                  struct response *response)
{
    struct sql_board_get board;
    struct sql_board_view_get row;
    int64_t deleted;
    TRY(load_view(web, &board, &row));
    TRY(sql_board_view_delete(
        web->db,
        &(struct sql_board_view_delete_in){.dataset = web->session.dataset,
                                           .board = board.id,
                                           .view = row.id,
                                           .user = web->session.user},
        &deleted));
    if (deleted == 0) {
        return web_denied(web,
                          "Only who saved a view, or the owner of the board, can delete it.");
    }
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/boards/%lld?clear=1", (long long)board.id),
        "The view %.*s is deleted.", STR_ARG(row.name));
}
