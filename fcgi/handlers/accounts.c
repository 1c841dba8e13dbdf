/* The page of one account. */
#include "fcgi/handlers/panel.h"
#include "fcgi/handlers/people.h"

enum err handle_account(struct web *web, struct request *request, struct response *response)
{
    struct panel_view view = {
        .base = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]),
        .account = web->ids[0],
    };
    int64_t shown_as;
    TRY(people_shown_as(web, web->ids[0], 0, &shown_as));
    if (shown_as != 0) {
        return web_redirect(response, "/accounts/%lld", (long long)shown_as);
    }
    view.page = page_make(web, request, response, "Company", NAV_NONE);
    TRY(panel_load(web, &view));
    view.page.title = view.title;
    panel_answer(request, response, &view);
    return ERR_NONE;
}
