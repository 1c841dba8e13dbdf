/* GET /accounts/{account}/icon?source=site: the company's icon as that source gave it, checked
 * (worker/icon.h); without a source the best. The
 * bytes are anybody's: they are shown as a picture of a known type or not at all, and opened by
 * themselves they may do nothing. */
#include "fcgi/handlers/icons.h"

#include "gen/sql.h"

#define CACHE "private, max-age=3600"

/* One of the types that enrichment stores; anything else is not shown as an image. */
static const char *media_type(struct str stored)
{
    static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp",
                                        "image/x-icon"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_eq(stored, str_from(types[i]))) {
            return types[i];
        }
    }
    return "application/octet-stream";
}

enum err icon_answer(struct response *response, struct str stored_type, struct str bytes)
{
    response->type = media_type(stored_type);
    response->cache = CACHE;
    response_header(response, "Content-Security-Policy", STR("default-src 'none'; sandbox"));
    sb_str(&response->body, bytes);
    return ERR_NONE;
}

enum err handle_account_icon(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_account_icon_get_in get = {.dataset = web->session.dataset,
                                          .account = web->ids[0],
                                          .source = web_query(web, "source")};
    struct sql_account_icon_get icon;
    TRY(web_need(web, sql_account_icon_get(web->db, &get, &icon),
                 "No icon of this company is known."));
    struct str tag = arena_print(web->ctx->arena, "%lld", (long long)icon.fetched_at);
    bool known = response_etag(response, request, tag);
    response->cache = CACHE;
    if (known) {
        return ERR_NONE;
    }
    return icon_answer(response, icon.media_type, icon.bytes);
}
