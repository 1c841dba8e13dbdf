/* What the workflow guide has made for a board: looking back at all of it, switching it on. */
#include "fcgi/handlers.h"

#include "fcgi/automation_draw.h"
#include "fcgi/views/guide.h"
#include "gen/sql.h"
#include "gen/templates.h"

#define MISSING "This board does not exist, or you may not see it."

static enum err load_board(struct web *web, struct made_view *view)
{
    struct sql_board_get board;
    const struct sql_board_get_in in = {
        .dataset = web->session.dataset, .board = web->ids[0], .user = web->session.user};
    TRY(web_need(web, sql_board_get(web->db, &in, &board), MISSING));
    view->board = board.id;
    view->board_name = board.name;
    return ERR_NONE;
}

static enum err load_rows(struct web *web, struct made_view *view)
{
    struct workflow_automations list;
    const struct automation_names *names;
    TRY(workflow_automations(web->db, web->session.dataset, view->board, &list));
    TRY(automation_draw_names(web, list.rows, list.n, &names));
    struct made_row *rows = ARENA_ARRAY(web->ctx->arena, list.n, struct made_row);
    for (size_t i = 0; i < list.n; i++) {
        const struct automation_row *row = &list.rows[i];
        rows[i] = (struct made_row){.id = row->id,
                                    .name = row->name,
                                    .sentence = automation_draw_sentence(web->ctx, row, names),
                                    .csrf = view->page.csrf,
                                    .enabled = row->enabled,
                                    .may_edit = view->may_edit};
        rows[i].problems = automation_draw_problems(web->ctx, row, names, &rows[i].n_problems);
        view->n_on += row->enabled;
        view->n_off += !row->enabled;
    }
    view->rows = rows;
    view->n_rows = list.n;
    return ERR_NONE;
}

enum err handle_guide_made(struct web *web, struct request *request, struct response *response)
{
    struct made_view view = {.page =
                                 page_make(web, request, response, "Workflow", NAV_AUTOMATIONS),
                             .may_edit = web->session.role >= AUTOMATION_ROLE};
    TRY(load_board(web, &view));
    view.page.title =
        arena_print(web->ctx->arena, "Workflow of %.*s", STR_ARG(view.board_name));
    TRY(load_rows(web, &view));
    tpl_guide_made(&response->body, &view);
    return ERR_NONE;
}
