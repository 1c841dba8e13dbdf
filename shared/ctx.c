#include "shared/ctx.h"

#include "shared/sb.h"

#include <stdarg.h>

#define WHY_MAX 512

void ctx_reset(struct ctx *ctx, struct str id)
{
    arena_reset(ctx->arena);
    *ctx = (struct ctx){.arena = ctx->arena, .id = arena_dup(ctx->arena, id)};
}

static void note(struct ctx *ctx, enum err err, struct str detail, const char *format,
                 va_list args)
{
    if (ctx->err != ERR_NONE) {
        return;
    }
    char why[WHY_MAX];
    (void)vsnprintf(why, sizeof(why), format, args);
    ctx->err = err;
    ctx->why = arena_dup(ctx->arena, str_from(why));
    ctx->detail = arena_dup(ctx->arena, detail);
}

enum err ctx_fail(struct ctx *ctx, enum err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(ctx, err, (struct str){0}, format, args);
    va_end(args);
    return err;
}

enum err ctx_fail_detail(struct ctx *ctx, enum err err, struct str detail, const char *format,
                         ...)
{
    va_list args;
    va_start(args, format);
    note(ctx, err, detail, format, args);
    va_end(args);
    return err;
}

void ctx_clear(struct ctx *ctx)
{
    ctx->err = ERR_NONE;
    ctx->why = (struct str){0};
    ctx->detail = (struct str){0};
}
