/*
 * err.h - what can go wrong, as the caller must tell it apart.
 *
 * Functions that can fail return enum err. The first function that knows why says so once, in
 * the user's words, with ctx_fail (ctx.h); callers pass the value on; the edge (dispatcher, job
 * runner) logs once and chooses the HTTP status or the retry.
 */
#ifndef LEADBOARD_ERR_H
#define LEADBOARD_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
    ERR_NONE = 0,
    ERR_INVALID,     /* the input is wrong: 422, never retried */
    ERR_NOT_FOUND,   /* 404 */
    ERR_CONFLICT,    /* somebody else was first: 409, a job retries */
    ERR_DENIED,      /* 403 */
    ERR_LIMIT,       /* too large or too many: 413 or 429 */
    ERR_TIMEOUT,     /* 504, a job retries */
    ERR_UNAVAILABLE, /* database or peer is away: 503, a job retries */
    ERR_INTERNAL,    /* a bug: 500 */
    ERR__COUNT
};

/* A fixed lower-case word for logs and JSON: "invalid", "not_found" ... */
const char *err_name(enum err err);

/* Returns from the calling function when expression is not ERR_NONE. */
#define TRY(expression)                                                                        \
    do {                                                                                       \
        enum err try_err_ = (expression);                                                      \
        if (try_err_ != ERR_NONE) {                                                            \
            return try_err_;                                                                   \
        }                                                                                      \
    } while (0)

#endif
