/* Who was removed from a board and does not come back: the list, and letting them in again. */
#include "fcgi/handlers/board.h"
#include "fcgi/views/operations.h"
#include "gen/templates.h"
#include "shared/cards.h"

#define ROWS_SHOWN 100

static const struct exclusion_row *draw_rows(struct web *web, struct str csrf,
                                             const struct sql_exclusion_list_rows *rows)
{
    struct exclusion_row *views =
        ARENA_ARRAY(web->ctx->arena, rows->n + 1, struct exclusion_row);
    for (size_t i = 0; i < rows->n; i++) {
        const struct sql_exclusion_list *row = &rows->row[i];
        views[i] = (struct exclusion_row){
            .id = row->id,
            .board = web->ids[0],
            .account = row->account_null ? 0 : row->account,
            .lead = row->lead_null ? 0 : row->lead,
            .at = row->at,
            .name = str_is_empty(row->name) ? STR("A company that is gone") : row->name,
            .domain = row->domain,
            .who = row->who,
            .csrf = csrf,
        };
    }
    return views;
}

enum err handle_exclusions(struct web *web, struct request *request, struct response *response)
{
    struct sql_board_get board;
    struct sql_exclusion_list_rows rows;
    int64_t before;
    TRY(board_load(web, &board));
    if (!str_to_i64(web_query(web, "after"), &before) || before <= 0) {
        before = INT64_MAX;
    }
    TRY(sql_exclusion_list(web->db,
                           &(struct sql_exclusion_list_in){.dataset = web->session.dataset,
                                                           .board = board.id,
                                                           .before = before,
                                                           .most = ROWS_SHOWN + 1},
                           &rows));
    struct exclusions_view view = {
        .page = page_make(web, request, response, "Excluded companies", NAV_BOARDS),
        .board = board.id,
        .board_name = board.name,
        .n_rows = rows.n > ROWS_SHOWN ? ROWS_SHOWN : rows.n,
        .after = rows.n > ROWS_SHOWN ? rows.row[ROWS_SHOWN - 1].id : 0,
    };
    view.rows = draw_rows(web, view.page.csrf, &rows);
    tpl_exclusions(&response->body, &view);
    return ERR_NONE;
}

/* ---- letting one in again ---- */

struct exclusion_values {
    bool back;
};
static const struct form_field exclusion_fields[] = {
    {.name = "back",
     .label = "Put the card back",
     .kind = FORM_BOOL,
     .offset = offsetof(struct exclusion_values, back)},
};
const struct form_spec exclusion_spec = FORM_SPEC(exclusion_fields, struct exclusion_values);

static enum err put_back(struct web *web, const struct sql_exclusion_delete *freed,
                         int32_t *out_added)
{
    int64_t *id = ARENA_NEW(web->ctx->arena, int64_t);
    *id = freed->account_null ? freed->lead : freed->account;
    const struct cards_add add = {.dataset = web->session.dataset,
                                  .board = web->ids[0],
                                  .ids = id,
                                  .n = 1,
                                  .actor = {.kind = ACTOR_USER, .id = web->session.user}};
    struct cards_added added;
    TRY(freed->account_null ? cards_add_leads(web->db, &add, &added)
                            : cards_add_accounts(web->db, &add, &added));
    *out_added = added.added;
    return ERR_NONE;
}

enum err handle_exclusion_delete(struct web *web, struct request *request,
                                 struct response *response)
{
    const struct exclusion_values *values = web->form.values;
    struct sql_board_get board;
    struct sql_exclusion_delete_rows freed;
    int32_t added = 0;
    TRY(board_load(web, &board));
    TRY(sql_exclusion_delete(web->db,
                             &(struct sql_exclusion_delete_in){.dataset = web->session.dataset,
                                                               .board = board.id,
                                                               .exclusion = web->ids[1]},
                             &freed));
    if (freed.n == 0) {
        return web_not_found(web, "This exclusion is not there any more.");
    }
    if (values->back) {
        TRY(put_back(web, &freed.row[0], &added));
    }
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/boards/%lld/exclusions", (long long)board.id), "%s",
        added > 0       ? "It may come to the board again, and its card is in the entry stage."
        : !values->back ? "It may come to the board again."
                        : "It may come to the board again. There was no card to put back.");
}
