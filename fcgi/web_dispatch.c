/* The gates every request passes, in order, before its handler runs. */
#include "fcgi/web.h"

#include "fcgi/web_error.h"
#include "shared/html.h"

#define TRIES 3

/* Each gate either lets the request through (true) or has answered it. */
static bool refuse(struct web *web, const struct request *request, struct response *response,
                   int status, struct str message)
{
    web_error(web, request, response, status, message);
    return false;
}

static bool refuse_err(struct web *web, const struct request *request,
                       struct response *response, enum err err)
{
    struct str why = web->ctx->why.n == 0 ? (struct str){0} : web->ctx->why;
    return refuse(web, request, response, web_error_status(err), why);
}

/* So that a page that does not exist still has the navigation. */
static void load_for_error(struct web *web, const struct request *request)
{
    if (session_load(web->ctx, web->db, request, &web->session) != ERR_NONE) {
        ctx_clear(web->ctx);
    }
}

static bool pass_route(struct web *web, const struct request *request,
                       struct response *response)
{
    size_t n;
    const struct route *table = route_table(&n);
    struct route_match match;
    router_find(web->ctx, table, n, request->method, request->path, &match);
    if (match.route == NULL) {
        load_for_error(web, request);
    }
    if (match.route == NULL && match.path_known) {
        web_error(web, request, response, 405, (struct str){0});
        response_header(response, "Allow", match.allow);
        return false;
    }
    if (match.route == NULL) {
        return refuse(web, request, response, 404, (struct str){0});
    }
    web->route = match.route;
    memcpy(web->ids, match.ids, sizeof(web->ids));
    response->route = match.route->pattern;
    response->quiet = (match.route->flags & ROUTE_QUIET) != 0;
    return true;
}

static bool pass_size(struct web *web, const struct request *request, struct response *response)
{
    if ((uint64_t)request->body_length <= web->route->body_max) {
        return true;
    }
    struct str message =
        web->route->body_max == 0
            ? STR("This address takes no content.")
            : arena_print(web->ctx->arena, "At most %zu KB can be sent here; this was %lld KB.",
                          web->route->body_max / 1024,
                          (long long)request->body_length / 1024 + 1);
    return refuse(web, request, response, 413, message);
}

/* Looking a session up changes nothing, so a connection that was lost meanwhile may be tried
 * again. */
static bool pass_session(struct web *web, const struct request *request,
                         struct response *response)
{
    if ((web->route->flags & ROUTE_NO_SESSION) != 0) {
        return true;
    }
    enum err err = session_load(web->ctx, web->db, request, &web->session);
    if (err == ERR_UNAVAILABLE) {
        ctx_clear(web->ctx);
        err = session_load(web->ctx, web->db, request, &web->session);
    }
    response->user = web->session.user;
    return err == ERR_NONE ? true : refuse_err(web, request, response, err);
}

static void ask_to_sign_in(struct web *web, const struct request *request,
                           struct response *response)
{
    if (request->method == METHOD_POST) {
        (void)web_redirect_saying(
            web, request, response, STR("/login"),
            "Your session has ended, so nothing was stored. Please sign in "
            "and try again.");
        return;
    }
    struct sb address;
    sb_init(&address, web->ctx->arena, (size_t)4 * REQUEST_PATH_MAX);
    SB_LIT(&address, "/login");
    if (response_is_local(request->uri) && request->uri.n > 1) {
        SB_LIT(&address, "?next=");
        html_query(&address, request->uri);
    }
    response_redirect(response, address.overflow ? STR("/login") : sb_view(&address));
}

static bool pass_sign_in(struct web *web, const struct request *request,
                         struct response *response)
{
    if (web->session.signed_in || (web->route->flags & ROUTE_PUBLIC) != 0) {
        return true;
    }
    if ((web->route->flags & ROUTE_JSON) != 0) {
        return refuse(web, request, response, 401, (struct str){0});
    }
    if (web_is_partial(request)) {
        /* The fragment's place is no place for a sign-in form: htmx loads the whole page. */
        response_status(response, 401);
        response_header(response, "HX-Redirect", STR("/login"));
        return false;
    }
    ask_to_sign_in(web, request, response);
    return false;
}

static bool pass_role(struct web *web, const struct request *request, struct response *response)
{
    if ((web->route->flags & ROUTE_PUBLIC) != 0) {
        return true;
    }
    if (web->route->least == ROLE_NOBODY || web->session.role < web->route->least) {
        return refuse(web, request, response, 403,
                      STR("Your role in this workspace does not include this. Ask an "
                          "administrator if you need it."));
    }
    return true;
}

/* The dataset of the session may be gone, or none was ever chosen: the first will do. */
static bool pass_dataset(struct web *web, const struct request *request,
                         struct response *response)
{
    struct session *session = &web->session;
    if (session->dataset == 0 && session->n_datasets != 0) {
        session->dataset = session->datasets[0].id;
        session->dataset_name = session->datasets[0].name;
    }
    unsigned free = ROUTE_PUBLIC | ROUTE_ANY_DATASET;
    if (session->dataset != 0 || (web->route->flags & free) != 0) {
        return true;
    }
    if (session->role >= ROLE_ADMIN && request->method != METHOD_POST) {
        (void)web_redirect_saying(web, request, response, STR("/settings/datasets"),
                                  "Add a dataset first: it is what LeadBoard measures.");
        return false;
    }
    return refuse(web, request, response, 403,
                  STR("There is no dataset you may see. Ask an administrator for access."));
}

/* The fields of the query, and of the form. */
static bool read_fields(struct web *web, struct request *request, struct response *response,
                        struct request_pairs *out_fields)
{
    *out_fields = web->query;
    if (request->method != METHOD_POST) {
        return true;
    }
    if (!request_has_type(request, STR("application/x-www-form-urlencoded"))) {
        return refuse(web, request, response, 415, (struct str){0});
    }
    struct str body;
    enum err err = request_body(request, web->route->body_max, &body);
    if (err == ERR_NONE) {
        err = request_urlencoded(web->ctx, body, out_fields);
    }
    return err == ERR_NONE ? true : refuse(web, request, response, 400, web->ctx->why);
}

static bool pass_origin(struct web *web, const struct request *request,
                        struct response *response)
{
    if (request->method != METHOD_POST || session_is_same_origin(request)) {
        return true;
    }
    return refuse(web, request, response, 403,
                  STR("This request did not come from a page of LeadBoard, so nothing was "
                      "stored. Open the page in LeadBoard and use its own buttons."));
}

static bool pass_forgery(struct web *web, const struct request *request,
                         struct response *response, struct request_pairs fields)
{
    if (request->method != METHOD_POST ||
        session_csrf_is_right(web->ctx, &web->session, request,
                              request_pair(fields, STR("csrf")))) {
        return true;
    }
    return refuse(web, request, response, 403,
                  STR("This form is too old: you have signed in or out since it was opened. "
                      "Nothing was stored. Go back, reload the page and send it again."));
}

static bool pass_form(struct web *web, const struct request *request, struct response *response,
                      struct request_pairs fields)
{
    form_read(&web->form, web->ctx, web->route->form, fields);
    if (form_is_right(&web->form) || (web->route->flags & ROUTE_FORM_AGAIN) != 0) {
        return true;
    }
    return refuse(web, request, response, 422, (struct str){0});
}

static bool pass_query(struct web *web, const struct request *request,
                       struct response *response)
{
    if (request_urlencoded(web->ctx, request->query, &web->query) == ERR_NONE) {
        return true;
    }
    return refuse(web, request, response, 400, web->ctx->why);
}

/* ---- the handler and its transaction ---- */

static enum err run_once(struct web *web, struct request *request, struct response *response)
{
    bool own = (web->route->flags & ROUTE_OWN_TRANSACTION) != 0;
    if (!own) {
        struct db_scope scope = web_scope(web);
        TRY(db_begin(web->db, &scope));
    }
    enum err err = web->route->handler(web, request, response);
    if (own) {
        db_rollback(web->db); /* what the handler may have left open */
        return err;
    }
    if (err != ERR_NONE || response->status >= 400) {
        db_rollback(web->db);
        return err;
    }
    TRY(db_commit(web->db));
    if (web->wake) {
        queue_wake(&web->app->hint, web->db);
    }
    return ERR_NONE;
}

/* Two transactions were in each other's way; neither is wrong. */
static bool is_worth_repeating(const struct web *web, enum err err)
{
    return err == ERR_CONFLICT && str_contains(web->ctx->detail, STR("sqlstate=40"));
}

static bool is_safe_to_repeat(const struct web *web, enum err err)
{
    return err == ERR_UNAVAILABLE && web->route->method == METHOD_GET;
}

static enum err run(struct web *web, struct request *request, struct response *response)
{
    struct form form = web->form;
    for (int tried = 1;; tried++) {
        enum err err = run_once(web, request, response);
        bool again = is_worth_repeating(web, err) ? tried < TRIES
                                                  : is_safe_to_repeat(web, err) && tried < 2;
        if (!again) {
            return err;
        }
        ctx_clear(web->ctx);
        response_reset(response);
        web->form = form;
    }
}

static bool pass_gates(struct web *web, struct request *request, struct response *response)
{
    struct request_pairs fields;
    return pass_route(web, request, response) && pass_size(web, request, response) &&
           pass_session(web, request, response) && pass_sign_in(web, request, response) &&
           pass_role(web, request, response) && pass_dataset(web, request, response) &&
           pass_query(web, request, response) && pass_origin(web, request, response) &&
           read_fields(web, request, response, &fields) &&
           pass_forgery(web, request, response, fields) &&
           pass_form(web, request, response, fields);
}

static void answer(struct web *web, enum err invalid, struct request *request,
                   struct response *response)
{
    if (invalid != ERR_NONE) {
        web_error(web, request, response, 400, web->ctx->why);
        return;
    }
    if (!pass_gates(web, request, response)) {
        return;
    }
    enum err err = run(web, request, response);
    if (err != ERR_NONE) {
        (void)refuse_err(web, request, response, err);
    }
}

void web_handle(void *app_pointer, enum err invalid, struct request *request,
                struct response *response)
{
    struct web_app *app = app_pointer;
    struct web web = {.ctx = request->ctx, .db = app->db, .config = app->config, .app = app};
    db_use(app->db, web.ctx);
    answer(&web, invalid, request, response);
    struct db_stats stats = db_stats(app->db);
    response->db_us = stats.wait_us;
    response->db_waits = stats.waits;
    db_unuse(app->db);
}
