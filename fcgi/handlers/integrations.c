/* The services that are told things: the list, and what can be added. */
#include "fcgi/handlers.h"

#include "fcgi/standing.h"
#include "gen/sql.h"
#include "gen/templates.h"

static enum err has_mail_server(struct web *web, bool *out_has)
{
    struct sql_mail_server_get server;
    const struct sql_mail_server_get_in in = {.workspace = web->session.workspace};
    enum err err = sql_mail_server_get(web->db, &in, &server);
    *out_has = err == ERR_NONE;
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

enum err handle_integrations(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_integration_list_rows rows;
    bool has_server;
    TRY(sql_integration_list(
        web->db, &(struct sql_integration_list_in){.dataset = web->session.dataset}, &rows));
    TRY(has_mail_server(web, &has_server));
    struct integration_row *list =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct integration_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_integration_list *row = &rows.row[i];
        enum integration_kind kind = (enum integration_kind)row->kind;
        list[i] =
            (struct integration_row){.id = row->id,
                                     .name = row->name,
                                     .kind = integration_kind_name(kind),
                                     .maker = row->user_name,
                                     .last_ok_at = row->last_ok_at_null ? 0 : row->last_ok_at,
                                     .waiting = row->waiting,
                                     .given_up = row->given_up,
                                     .standing = standing_integration(web->ctx, row)};
    }
    struct integrations_view view = {
        .page = page_make(web, request, response, "Integrations", NAV_INTEGRATIONS),
        .list = list,
        .n_list = rows.n,
        .full = rows.n >= INTEGRATIONS_MAX,
        .no_mail = !has_server};
    tpl_integrations(&response->body, &view);
    return ERR_NONE;
}
