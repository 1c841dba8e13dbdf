/* Cookie, Host, Origin and If-None-Match headers of hostile bytes: a session, a forgery token
 * or a place of origin is never made up out of them, and nothing of them breaks an answer. */
#include "fcgi/session.h"
#include "shared/crypt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* A FastCGI parameter ends at NUL. */
static const char *param(struct arena *arena, const char *name, struct str value)
{
    return arena_print(arena, "%s=%s", name, arena_cstr(arena, value)).p;
}

static void check(struct ctx *ctx, const struct request *request)
{
    struct response response;
    struct session nobody = {0}, someone = {.signed_in = true, .token = STR("secret")};
    response_init(&response, ctx, 4096);
    struct str token = session_csrf(ctx, &nobody, request, &response);
    (void)session_flash_take(ctx, request, &response);
    (void)response_etag(&response, request, STR("tag-1"));
    (void)session_is_possible(request);
    require(!session_csrf_is_right(ctx, &someone, request, token));
    require(!response.broken);
    struct sb head;
    sb_init(&head, ctx->arena, 65536);
    response_head(&response, &head);
    struct str site = request_header(request, "Sec-Fetch-Site");
    if (session_is_same_origin(request) && str_is_null(site)) {
        struct str origin = request_header(request, "Origin");
        struct str host = request_param(request, "HTTP_HOST");
        require(str_is_null(origin) ||
                (host.n != 0 && str_ends(origin, STR("/")) == false && origin.n > host.n));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct str rest = {.p = (const char *)data, .n = size}, parts[4] = {{0}};
    require(crypt_init());
    for (size_t i = 0; i < 4; i++) {
        (void)str_next(&rest, '\n', &parts[i]);
    }
    const char *const params[] = {"REQUEST_METHOD=POST",
                                  "REQUEST_URI=/",
                                  param(ctx.arena, "HTTP_COOKIE", parts[0]),
                                  param(ctx.arena, "HTTP_HOST", parts[1]),
                                  param(ctx.arena, "HTTP_ORIGIN", parts[2]),
                                  param(ctx.arena, "HTTP_IF_NONE_MATCH", parts[3]),
                                  size % 2 == 0 ? "HTTPS=on" : NULL,
                                  NULL};
    struct request request;
    require(request_init(&request, &ctx, params) == ERR_NONE);
    check(&ctx, &request);
    arena_free(ctx.arena);
    return 0;
}
