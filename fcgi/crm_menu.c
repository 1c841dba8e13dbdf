#include "fcgi/crm_menu.h"

#include "gen/sql.h"

enum err crm_menu_load(struct web *web, struct str csrf, struct str back, int64_t card,
                       struct people_menu *menu)
{
    struct sql_integration_crms_rows rows;
    TRY(sql_integration_crms(
        web->db, &(struct sql_integration_crms_in){.dataset = web->session.dataset}, &rows));
    struct menu_crm *crms = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct menu_crm);
    for (size_t i = 0; i < rows.n; i++) {
        crms[i] = (struct menu_crm){.id = rows.row[i].id,
                                    .name = rows.row[i].name,
                                    .csrf = csrf,
                                    .back = back,
                                    .card = card,
                                    .account = menu->account,
                                    .lead = menu->lead};
    }
    menu->crms = crms;
    menu->n_crms = rows.n;
    return ERR_NONE;
}
