/*
 * ctx.h - what one request or one job carries with it: its memory, its name in the log, and why
 * it failed.
 *
 * Passed first to every function that allocates or can fail for a reason worth telling.
 */
#ifndef LEADBOARD_CTX_H
#define LEADBOARD_CTX_H

#include "shared/arena.h"
#include "shared/err.h"

struct ctx {
    struct arena *arena;
    struct str id;     /* request id or job id, in every log line */
    enum err err;      /* the first failure ... */
    struct str why;    /* ... and the sentence for the user */
    struct str detail; /* for the log only: database message, errno text */
};

/* Starts a new request or job in the same memory. id is copied. */
void ctx_reset(struct ctx *ctx, struct str id);
/* Notes the first failure and returns err; later calls keep the first. The text is a whole
 * sentence in the user's words: it is shown. */
enum err ctx_fail(struct ctx *ctx, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As ctx_fail, with words for the log that no user sees. */
enum err ctx_fail_detail(struct ctx *ctx, enum err err, struct str detail, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
/* Forgets a failure that was dealt with. */
void ctx_clear(struct ctx *ctx);

#endif
