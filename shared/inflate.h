/*
 * inflate.h - bodies that were sent compressed. The only file that sees zlib.
 */
#ifndef LEADBOARD_INFLATE_H
#define LEADBOARD_INFLATE_H

#include "shared/ctx.h"

/* Unpacks gzip (RFC 1952) or zlib (RFC 1950; what HTTP calls "deflate"), all of it, into memory
 * of the arena. ERR_LIMIT when it would be longer than max bytes: no more than that is ever
 * written, whatever it claims. ERR_INVALID when it is neither, is broken, or ends early. Not
 * noted in ctx. */
MUST_CHECK enum err inflate_bytes(struct ctx *ctx, struct str packed, size_t max,
                                  struct str *out_bytes);

#endif
