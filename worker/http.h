/*
 * http.h - HTTP to the outside, bounded in every direction. Only this and smtp.h see libcurl.
 *
 * Every address is judged when it is about to be connected (address.h), on redirects too.
 * Bodies (gzip, deflate, br and zstd are undone) are counted after decoding and cut off at the
 * limit, headers and times have limits, proxy variables of the environment are ignored, only
 * http and https on their own ports are spoken, nothing is kept between requests but a
 * connection that is asked for. One struct http belongs to one thread at a time.
 */
#ifndef LEADBOARD_HTTP_H
#define LEADBOARD_HTTP_H

#include "shared/ctx.h"

#include <stdatomic.h>

struct http;

/* connect_to: "host:port" that every connection goes to, whatever the URL says, and which may
 * then be private: a filtering gateway, or a test's peer. "No value": connect to the public
 * internet only. ca_file: certificates to trust instead of the system's; "no value": those. */
struct http *http_new(struct str connect_to, struct str ca_file);
/* Accepts NULL. */
void http_free(struct http *http);

struct http_request {
    struct str url;
    struct str method;         /* "no value": GET, with a body POST */
    const struct str *headers; /* "Name: value", without CR and LF */
    size_t n_headers;
    struct str body;
    struct str content_type; /* of the body */
    struct str
        unix_socket;  /* set: the connection goes there, and the URL only names the path */
    size_t max_bytes; /* of the answer's body; more is ERR_LIMIT unless `cut` */
    bool cut;         /* a longer body is cut instead */
    bool stay; /* a redirect is the answer, as it is to a method or a body; else three are
                  followed */
    bool keep; /* the connection may have served before, and may serve the next request to the
                  same place; then this one may be sent twice, when an old connection turns
                  out to be dead */
    bool last; /* with keep: no request follows, and the connection is closed */
    int timeout_ms;            /* in all */
    bool patient;              /* silence is waited out; else 10 s with under 1 KB/s end it */
    const atomic_bool *cancel; /* may be NULL; true ends the request soon */
};

/* What was wrong, for who may try another address. */
enum http_fault {
    HTTP_NO_FAULT,
    HTTP_NO_NAME,        /* the host's name leads nowhere */
    HTTP_NO_CONNECTION,  /* refused, reset, ended early, no TLS */
    HTTP_NO_CERTIFICATE, /* one that is not in order */
    HTTP_OTHER
};

struct http_response {
    int status;
    struct str body, content_type;
    struct str url;        /* after redirects */
    int64_t retry_after_s; /* Retry-After, a date made seconds; 0: none */
    struct str headers;    /* of the last answer; for http_header */
    enum http_fault fault; /* set when there is no answer, and then alone */
};

/* The value of the answer's header, the first of the name in any case; "no value": there is
 * none. */
struct str http_header(const struct http_response *response, struct str name);

/* ERR_INVALID: also a header or method that is none. ERR_DENIED: the address is not public.
 * ERR_TIMEOUT, ERR_UNAVAILABLE: trying again later may help. ERR_LIMIT: too large, or too many
 * redirects. ERR_INVALID: not a URL we speak. A status of 4xx or 5xx is an answer, not an
 * error. ctx->why says it in a sentence. */
MUST_CHECK enum err http_fetch(struct ctx *ctx, struct http *http,
                               const struct http_request *request,
                               struct http_response *out_response);

/* Several at once. http_start only notes the request; http_run lets all that were started
 * travel together and calls each one's done as it ends, in any order, until none is left. done
 * may start more; it must not call http_fetch or http_run. ctx is the request's own: why it
 * failed, and the answer in its arena, which lives until done has been called for it. The texts
 * of the request have to live as long, but for `headers` itself. */
typedef void http_done(void *data, enum err err, const struct http_response *response);
void http_start(struct http *http, struct ctx *ctx, const struct http_request *request,
                http_done *done, void *data);
void http_run(struct http *http);
/* As http_run, for wait_ms at most; *out_left (may be NULL): how many are still under way.
 * Those travel on in the next call. Between calls their answers are not read. */
void http_run_for(struct http *http, int wait_ms, size_t *out_left);

#endif
