/*
 * request.h - what came in: method, path, query, headers, cookies, body; parsed strictly and
 * under limits. Knows nothing of FastCGI: the server gives it the parameters and a way to read
 * the body.
 *
 * Text points into the parameters or the arena and lives until the answer is written. Nothing
 * is decoded that was not asked for.
 */
#ifndef LEADBOARD_FCGI_REQUEST_H
#define LEADBOARD_FCGI_REQUEST_H

#include "shared/ctx.h"

#define REQUEST_PAIRS_MAX 640 /* fields of one form or query: 500 selected cards, and more */
#define REQUEST_PATH_MAX 2048

enum request_method { METHOD_OTHER, METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OPTIONS };

/* One field of a query or a form, decoded: valid UTF-8 without NUL. */
struct request_pair {
    struct str name, value;
};
struct request_pairs {
    const struct request_pair *v;
    size_t n;
};

struct request {
    struct ctx *ctx;
    enum request_method method;
    struct str method_name;
    struct str uri;         /* as sent: path and query */
    struct str path;        /* decoded; see request_init */
    struct str query;       /* after the '?', as sent */
    struct str remote_addr; /* of the visitor, as nginx saw it */
    bool https;
    int64_t body_length; /* as announced; 0 without a body */

    /* Set by the server. */
    const char *const *params; /* "NAME=value" strings, ended by NULL */
    size_t (*read)(void *stream, char *p, size_t n);
    void *stream;
    struct str body; /* once read */
    bool body_read;
};

/* Fills request from params ("REQUEST_METHOD=GET", "REQUEST_URI=/a?b", "HTTP_HOST=..." ...).
 * ERR_INVALID with a sentence for the user when the address cannot be meant: wrong %XX, NUL or
 * control characters, invalid UTF-8, an encoded slash, "." or ".." as a part, too long. The
 * request can be answered in both cases. */
MUST_CHECK enum err request_init(struct request *request, struct ctx *ctx,
                                 const char *const *params);

/* The value of a FastCGI parameter such as "CONTENT_TYPE"; "no value" when absent. */
struct str request_param(const struct request *request, const char *name);
/* The value of a header by its name as sent, such as "Sec-Fetch-Site"; "no value" when absent.
 * The first when it was sent more than once. */
struct str request_header(const struct request *request, const char *name);
/* As request_header, but false when the header was sent more than once. */
bool request_header_once(const struct request *request, const char *name,
                         struct str *out_value);
/* The value of a cookie; the first when there are several. "No value" when absent. */
struct str request_cookie(const struct request *request, struct str name);
/* The same for any Cookie header. */
struct str request_cookie_in(struct str header, struct str name);

/* The whole body, read at the first call; NUL follows it. ERR_LIMIT when it is longer than
 * limit, ERR_INVALID when fewer bytes came than were announced. */
MUST_CHECK enum err request_body(struct request *request, size_t limit, struct str *out_body);
/* True when the content type is `type` ("application/json"), whatever its parameters. */
bool request_has_type(const struct request *request, struct str type);

/* Decodes application/x-www-form-urlencoded text (a query or a form body). ERR_INVALID for a
 * wrong %XX, NUL or invalid UTF-8; ERR_LIMIT for more than REQUEST_PAIRS_MAX fields. */
MUST_CHECK enum err request_urlencoded(struct ctx *ctx, struct str text,
                                       struct request_pairs *out_pairs);
/* The first value of that name, or "no value". */
struct str request_pair(struct request_pairs pairs, struct str name);

/* Decodes %XX (and '+' as a space when plus). False, and nothing written, for a wrong %XX. The
 * result is s itself when there is nothing to decode. */
bool request_decode(struct arena *arena, struct str s, bool plus, struct str *out_text);

#endif
