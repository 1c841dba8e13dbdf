#include "shared/inflate.h"
#include "shared/sb.h"

#define ZLIB_CONST
#include <zlib.h>

#define GZIP_OR_ZLIB (15 + 32) /* the largest window, either header */
#define PIECE 16384

static voidpf take(voidpf arena, uInt count, uInt size)
{
    return arena_array(arena, count, size);
}

static void give(voidpf arena, voidpf address)
{
    (void)arena; /* with the arena */
    (void)address;
}

/* Into sb until it is done, full or found to be broken. */
static enum err unpack(z_stream *stream, struct sb *sb)
{
    unsigned char piece[PIECE];
    for (;;) {
        stream->next_out = piece;
        stream->avail_out = sizeof(piece);
        int status = inflate(stream, Z_NO_FLUSH);
        size_t n = sizeof(piece) - stream->avail_out;
        sb_bytes(sb, piece, n);
        if (sb->overflow) {
            return ERR_LIMIT;
        }
        if (status == Z_STREAM_END) {
            return stream->avail_in == 0 ? ERR_NONE : ERR_INVALID;
        }
        if (status != Z_OK || n == 0) {
            return ERR_INVALID;
        }
    }
}

enum err inflate_bytes(struct ctx *ctx, struct str packed, size_t max, struct str *out_bytes)
{
    struct sb sb;
    if (packed.n == 0 || packed.n > UINT32_MAX) {
        return ERR_INVALID;
    }
    z_stream stream = {
        .next_in = (const Bytef *)packed.p,
        .avail_in = (uInt)packed.n,
        .zalloc = take,
        .zfree = give,
        .opaque = ctx->arena,
    };
    if (inflateInit2(&stream, GZIP_OR_ZLIB) != Z_OK) {
        return ERR_INTERNAL;
    }
    sb_init(&sb, ctx->arena, max);
    enum err err = unpack(&stream, &sb);
    (void)inflateEnd(&stream);
    if (err == ERR_NONE) {
        *out_bytes = sb_view(&sb);
    }
    return err;
}
