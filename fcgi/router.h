/*
 * router.h - finds the row of the route table that a request is for.
 *
 * The table (routes.c) is the program's whole surface. What it says is enforced by the
 * dispatcher before a handler runs; the zero value of every column is the strictest.
 */
#ifndef LEADBOARD_ROUTER_H
#define LEADBOARD_ROUTER_H

#include "fcgi/forms.h"
#include "fcgi/session.h"
#include "shared/sb.h"

struct web;

#define ROUTE_IDS_MAX 4

enum route_flags {
    /* No session is needed; if there is one the handler sees it. */
    ROUTE_PUBLIC = 1,
    /* For programs: refusals are JSON and 401, never a page or the sign-in form. */
    ROUTE_JSON = 2,
    /* Works while no dataset is in use. Others send the user to choose one. */
    ROUTE_ANY_DATASET = 4,
    /* The handler begins and ends its own transactions. */
    ROUTE_OWN_TRANSACTION = 8,
    /* The handler draws its page again when the form has mistakes (form_is_right). Without it
     * the dispatcher answers with a list of the mistakes and the handler never sees them. */
    ROUTE_FORM_AGAIN = 16,
    /* Logged at level debug only. */
    ROUTE_QUIET = 32,
    /* The session is not looked up: health checks. */
    ROUTE_NO_SESSION = 64,
};

struct route {
    enum request_method method; /* METHOD_GET answers HEAD too; METHOD_POST */
    const char *pattern;        /* "/boards/{board}/cards/{card}": {x} is an id above 0 */
    enum role least;            /* ROLE_NOBODY: nobody, unless ROUTE_PUBLIC */
    unsigned flags;
    size_t body_max;              /* bytes */
    const struct form_spec *form; /* of the body, or of the query for GET; NULL: none */
    enum err (*handler)(struct web *web, struct request *request, struct response *response);
};

/* The table; n rows. */
const struct route *route_table(size_t *out_n);

struct route_match {
    const struct route *route; /* NULL: no such path, or not this method */
    bool path_known;
    struct str allow; /* for 405: "GET, HEAD, POST" */
    int64_t ids[ROUTE_IDS_MAX];
};
/* Looks the path up in any table. */
void router_find(struct ctx *ctx, const struct route *table, size_t n,
                 enum request_method method, struct str path, struct route_match *out_match);
/* True when the path of a local address (before '?') is one that GET answers. */
bool router_has_page(struct ctx *ctx, struct str address);
/* The table as JSON lines, for tests. */
void router_print(struct sb *out);

#endif
