/*
 * response.h - what goes out: status, headers, body, complete in memory before the first byte
 * is sent, so that a failure never follows half a page.
 */
#ifndef LEADBOARD_FCGI_RESPONSE_H
#define LEADBOARD_FCGI_RESPONSE_H

#include "fcgi/request.h"
#include "shared/sb.h"

struct response {
    struct ctx *ctx;
    int status;        /* 200 at first */
    const char *type;  /* content type; NULL: no body and no Content-Type */
    const char *cache; /* Cache-Control: "no-store" at first; NULL: none */
    struct sb headers; /* complete lines, each ended by CR LF */
    struct sb body;
    bool broken; /* a header value was refused: the server answers 500 */
    bool quiet;  /* logged at level debug only */
    /* For the line in the log. */
    const char *route;
    int64_t db_us, db_waits, user;
};

/* An empty 200 whose body may be at most body_max bytes. */
void response_init(struct response *response, struct ctx *ctx, size_t body_max);
/* Forgets headers and body, for an answer of another kind. */
void response_reset(struct response *response);

/* Adds a header. A value with CR, LF, NUL or other control characters is refused: response
 * becomes broken. name is a literal. */
void response_header(struct response *response, const char *name, struct str value);
/* "Set-Cookie: name=value; Path=/; HttpOnly; SameSite=Lax[; Secure][; Max-Age=max_age_s]".
 * max_age_s < 0 leaves it out; 0 deletes the cookie. */
void response_cookie(struct response *response, struct str name, struct str value, bool secure,
                     int64_t max_age_s);
/* An empty answer of this status, such as 204. */
void response_status(struct response *response, int status);
/* 303 to a path of this site. Anything that is not a local path (response_is_local) goes to
 * "/". */
void response_redirect(struct response *response, struct str path);
/* True for "/boards?x=1" and the like: one leading '/', no "//" or "/\" at the start, no
 * control characters or spaces. */
bool response_is_local(struct str path);
/* {"error": {"code", "message", "field"}} with the status; field may be "no value". */
void response_json_error(struct response *response, int status, struct str code,
                         struct str message, struct str field);
/* A JSON string with its quotes. */
void response_json_string(struct sb *sb, struct str text);

/* Sets ETag to the quoted tag. When the request already has it, the answer becomes an empty 304
 * and true is returned: nothing more is to be drawn. tag: letters, digits, '-', '.', '_'. */
bool response_etag(struct response *response, const struct request *request, struct str tag);

/* The words of a status code: "Not Found". */
const char *response_reason(int status);
/* The whole head as CGI wants it: "Status: 200 OK\r\n...\r\n\r\n". Called by the server. */
void response_head(const struct response *response, struct sb *out_head);

#endif
