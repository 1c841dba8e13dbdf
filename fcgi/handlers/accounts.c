/* The page of one account. */
#include "fcgi/handlers/panel.h"

enum err handle_account(struct web *web, struct request *request, struct response *response)
{
    struct panel_view view = {
        .base = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]),
        .account = web->ids[0],
    };
    view.page = page_make(web, request, response, "Company", NAV_NONE);
    TRY(panel_load(web, &view));
    view.page.title = view.title;
    panel_answer(request, response, &view);
    return ERR_NONE;
}
