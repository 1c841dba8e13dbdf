/*
 * session.h - who is asking. A session is 32 random bytes in a cookie; the database knows only
 * their SHA-256. It ends 12 hours after the last request and 14 days after signing in.
 *
 * The cookie is __Host-lb over HTTPS and lb over plain HTTP, which is allowed on loopback
 * addresses only.
 */
#ifndef LEADBOARD_SESSION_H
#define LEADBOARD_SESSION_H

#include "fcgi/request.h"
#include "fcgi/response.h"
#include "shared/db.h"

/* The numbers of membership.role. Zero: nobody. */
enum role { ROLE_NOBODY, ROLE_USER, ROLE_SUPER_USER, ROLE_ADMIN, ROLE_OWNER };

struct session_dataset {
    int64_t id;
    struct str name;
};

struct session {
    bool signed_in;
    int64_t user, workspace;
    int64_t dataset; /* in use; 0: none */
    enum role role;
    struct str user_name, user_email, workspace_name, dataset_name;
    const struct session_dataset *datasets; /* those the user may see, by name */
    size_t n_datasets;
    int64_t mentions; /* notes that mention the user, unread */
    int64_t stopped;  /* integrations of the dataset that LeadBoard has stopped */
    int64_t troubled; /* automations of the dataset that cannot be applied */
    struct str token; /* what the cookie held: key of the forgery tokens */
};

/* Who sent the request: one round trip, none without a cookie. Not being signed in is not an
 * error. Notes at most once a minute that the session was used. */
MUST_CHECK enum err session_load(struct ctx *ctx, struct db *db, const struct request *request,
                                 struct session *out_session);
/* Signs a user in: a new token, its row (own transaction or the one that is open) and its
 * cookie. A session that the request already has is ended. dataset may be 0. */
MUST_CHECK enum err session_start(struct ctx *ctx, struct db *db, const struct request *request,
                                  struct response *response, int64_t user, int64_t workspace,
                                  int64_t dataset);
/* Ends the request's session, if it has one, and deletes its cookie. */
MUST_CHECK enum err session_end(struct ctx *ctx, struct db *db, const struct request *request,
                                struct response *response);

/* Notes which dataset is in use, for the session's next requests. The caller has checked that
 * the user may see it. */
MUST_CHECK enum err session_use_dataset(struct ctx *ctx, struct db *db,
                                        const struct session *session, int64_t dataset);
/* Ends every session of the user but this one. */
MUST_CHECK enum err session_end_others(struct ctx *ctx, struct db *db,
                                       const struct session *session);

/* False over plain HTTP on anything but a loopback name: no cookie may be set there. */
bool session_is_possible(const struct request *request);

/* The same-origin rule for requests that change something. A browser says where a request
 * comes from: Sec-Fetch-Site must be same-origin or none, Origin must name this host. A request
 * with a session cookie that says neither is refused. */
bool session_is_same_origin(const struct request *request);

/* The forgery token for forms: HMAC-SHA256 of the purpose under the session's token. Visitors
 * without a session get a cookie of their own for it, set here. */
struct str session_csrf(struct ctx *ctx, const struct session *session,
                        const struct request *request, struct response *response);
/* In constant time. */
bool session_csrf_is_right(struct ctx *ctx, const struct session *session,
                           const struct request *request, struct str token);

/* A sentence shown on the next page, once. */
void session_flash(struct ctx *ctx, const struct request *request, struct response *response,
                   struct str message);
/* The waiting sentence, which is then gone; "no value" when there is none. */
struct str session_flash_take(struct ctx *ctx, const struct request *request,
                              struct response *response);

#endif
