/* Request addresses of hostile bytes: what is accepted is a clean path, matches a route with
 * ids above 0 or none, and a redirect to it stays on this site. */
#include "fcgi/response.h"
#include "fcgi/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_path(struct ctx *ctx, struct str path)
{
    size_t n;
    const struct route *table = route_table(&n);
    struct route_match match;
    require(path.n != 0 && path.p[0] == '/' && path.n <= REQUEST_PATH_MAX && str_is_utf8(path));
    for (size_t i = 0; i < path.n; i++) {
        require((unsigned char)path.p[i] >= ' ' && path.p[i] != 0x7f);
    }
    require(!str_contains(path, STR("/../")) && !str_ends(path, STR("/..")));
    router_find(ctx, table, n, METHOD_GET, path, &match);
    require(match.route == NULL || match.path_known);
    for (size_t i = 0; match.route != NULL && i < ROUTE_IDS_MAX; i++) {
        require(match.ids[i] >= 0);
    }
}

static void check_redirect(struct ctx *ctx, struct str address)
{
    struct response response;
    struct sb head;
    response_init(&response, ctx, 1024);
    response_redirect(&response, address);
    require(!response.broken);
    sb_init(&head, ctx->arena, 65536);
    response_head(&response, &head);
    struct str text = sb_view(&head);
    require(str_contains(text, STR("\r\nLocation: /")));
    require(!str_contains(text, STR("Location: //")) &&
            !str_contains(text, STR("Location: /\\")));
    (void)router_has_page(ctx, address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct str address = {.p = (const char *)data, .n = size};
    const char *const params[] = {
        "REQUEST_METHOD=GET",
        arena_print(ctx.arena, "REQUEST_URI=%s", arena_cstr(ctx.arena, address)).p, NULL};
    struct request request;
    if (request_init(&request, &ctx, params) == ERR_NONE) {
        check_path(&ctx, request.path);
    }
    check_redirect(&ctx, address);
    arena_free(ctx.arena);
    return 0;
}
