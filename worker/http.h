/*
 * http.h - HTTP to the outside, bounded in every direction. The only file that sees libcurl.
 *
 * Every address is judged when it is about to be connected (address.h), on redirects too.
 * Bodies are counted after decoding and cut off at the limit, times have limits, proxy
 * variables of the environment are ignored, only http and https on their own ports are spoken,
 * nothing is kept between requests. One struct http belongs to one thread at a time.
 */
#ifndef LEADBOARD_HTTP_H
#define LEADBOARD_HTTP_H

#include "shared/ctx.h"

#include <stdatomic.h>

struct http;

/* connect_to: "host:port" that every connection goes to, whatever the URL says, and which may
 * then be private: a filtering gateway, or a test's peer. "No value": connect to the public
 * internet only. */
struct http *http_new(struct str connect_to);
/* Accepts NULL. */
void http_free(struct http *http);

struct http_request {
    struct str url;
    struct str body;         /* set: POST */
    struct str content_type; /* of the body */
    struct str
        unix_socket;  /* set: the connection goes there, and the URL only names the path */
    size_t max_bytes; /* of the answer's body; more is ERR_LIMIT unless `cut` */
    bool cut;         /* a longer body is cut instead */
    int timeout_ms;   /* in all */
    const atomic_bool *cancel; /* may be NULL; true ends the request soon */
};

struct http_response {
    int status;
    struct str body, content_type;
    struct str url; /* after redirects */
};

/* ERR_DENIED: the address is not public. ERR_TIMEOUT, ERR_UNAVAILABLE: trying again later may
 * help. ERR_LIMIT: too large, or too many redirects. ERR_INVALID: not a URL we speak. A status
 * of 4xx or 5xx is an answer, not an error. ctx->why says it in a sentence. */
MUST_CHECK enum err http_fetch(struct ctx *ctx, struct http *http,
                               const struct http_request *request,
                               struct http_response *out_response);

#endif
