#include "fcgi/web.h"

#include <stdarg.h>

static struct str print(struct ctx *ctx, const char *format, va_list args)
{
    char text[REQUEST_PATH_MAX];
    (void)vsnprintf(text, sizeof(text), format, args);
    return arena_dup(ctx->arena, str_from(text));
}

/* htmx follows a 303 by itself and would put the page it leads to into the fragment's place;
 * told so, it goes there instead. */
static void redirect(struct response *response, struct str path)
{
    response_redirect(response, path);
}

enum err web_redirect(struct response *response, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str path = print(response->ctx, format, args);
    va_end(args);
    redirect(response, path);
    return ERR_NONE;
}

enum err web_redirect_saying(struct web *web, const struct request *request,
                             struct response *response, struct str path, const char *format,
                             ...)
{
    va_list args;
    va_start(args, format);
    struct str message = print(response->ctx, format, args);
    va_end(args);
    redirect(response, path);
    session_flash(web->ctx, request, response, message);
    return ERR_NONE;
}

enum err web_not_found(struct web *web, const char *sentence)
{
    return ctx_fail(web->ctx, ERR_NOT_FOUND, "%s", sentence);
}

enum err web_denied(struct web *web, const char *sentence)
{
    return ctx_fail(web->ctx, ERR_DENIED, "%s", sentence);
}

enum err web_conflict(struct web *web, const char *sentence)
{
    return ctx_fail(web->ctx, ERR_CONFLICT, "%s", sentence);
}

enum err web_need(struct web *web, enum err err, const char *sentence)
{
    return err == ERR_NOT_FOUND && web->ctx->err == ERR_NONE ? web_not_found(web, sentence)
                                                             : err;
}

bool web_is_partial(const struct request *request)
{
    return str_eq(request_header(request, "HX-Request"), STR("true")) &&
           !str_eq(request_header(request, "HX-History-Restore-Request"), STR("true"));
}

struct str web_query(const struct web *web, const char *name)
{
    return request_pair(web->query, str_from(name));
}

struct db_scope web_scope(const struct web *web)
{
    return (struct db_scope){.workspace = web->session.workspace,
                             .dataset = web->session.dataset,
                             .read_only = web->route->method == METHOD_GET};
}

struct str web_origin(const struct web *web, const struct request *request)
{
    struct str configured = web->config->public_url;
    if (configured.n != 0) {
        return str_ends(configured, STR("/")) ? str_slice(configured, 0, configured.n - 1)
                                              : configured;
    }
    return arena_print(web->ctx->arena, "%s://%.*s", request->https ? "https" : "http",
                       STR_ARG(request_param(request, "HTTP_HOST")));
}

void web_form_status(const struct web *web, struct response *response)
{
    if (!form_is_right(&web->form)) {
        response->status = 422;
    }
}
