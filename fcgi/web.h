/*
 * web.h - what a handler of leadboard-web gets, and the few calls it answers with.
 *
 *     enum err handle_note_add(struct web *web, struct request *request,
 *                              struct response *response);
 *
 * A handler is straight-line code: load, decide, store, answer. The dispatcher has checked
 * method, body size, session, role, dataset, origin, forgery token and form fields, and has
 * begun a transaction (read-only for GET) in the scope of the session's workspace and dataset.
 * It commits when the handler returns ERR_NONE with a status below 400, and rolls back
 * otherwise. Returning an error shows the matching error page with ctx->why; return
 * web_not_found() and the like for those.
 *
 * A POST handler may run again from the start (serialization failure, deadlock): it has no
 * effects outside the database and the response.
 */
#ifndef LEADBOARD_WEB_H
#define LEADBOARD_WEB_H

#include "fcgi/page.h"
#include "fcgi/router.h"
#include "shared/config.h"
#include "shared/db.h"
#include "shared/queue.h"

/* Of the process. */
struct web_app {
    const struct config *config;
    struct db *db;
    int hash_slots_fd; /* record locks on its bytes limit concurrent password hashes */
    struct queue_hint hint;
};

/* Of the request. */
struct web {
    struct ctx *ctx;
    struct db *db;
    const struct config *config;
    struct web_app *app;
    const struct route *route;
    struct session session;
    int64_t ids[ROUTE_IDS_MAX]; /* of the path, in the pattern's order */
    struct form form;           /* form.values: the struct of the route's form */
    struct request_pairs query; /* decoded */
    bool wake;                  /* jobs were added: workers are told after the commit */
};

/* Sends the browser elsewhere on this site (303); printf-like. The result is ERR_NONE. */
enum err web_redirect(struct response *response, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As web_redirect, with a sentence shown there once. */
enum err web_redirect_saying(struct web *web, const struct request *request,
                             struct response *response, struct str path, const char *format,
                             ...) __attribute__((format(printf, 5, 6)));
/* Says what is missing ("This board does not exist, or you may not see it.") -> 404. */
enum err web_not_found(struct web *web, const char *sentence);
enum err web_denied(struct web *web, const char *sentence);   /* 403 */
enum err web_conflict(struct web *web, const char *sentence); /* 409 */
/* Turns a plain ERR_NOT_FOUND of a statement into web_not_found; other values pass. */
enum err web_need(struct web *web, enum err err, const char *sentence);

/* True when htmx asks: answer with the fragment, not the whole page. */
bool web_is_partial(const struct request *request);
/* The value of a query field, or "no value". */
struct str web_query(const struct web *web, const char *name);
/* The scope of this session, for handlers with ROUTE_OWN_TRANSACTION. */
struct db_scope web_scope(const struct web *web);
/* "https://host" as the browser asked, or PUBLIC_URL. */
struct str web_origin(const struct web *web, const struct request *request);
/* For a form drawn again: status 422 when it was sent with mistakes. */
void web_form_status(const struct web *web, struct response *response);

/* Serves one request; the server's handle function. app is a struct web_app. */
void web_handle(void *app, enum err invalid, struct request *request,
                struct response *response);

#endif
