/*
 * icon.h - a company's icon, made of nothing but a picture. Sites give us any bytes.
 *
 * The file is written anew from the parts of it that a decoder needs, each checked: its sizes,
 * its order, its checksums where it has any. Text, profiles, cameras' notes, unknown parts and
 * everything behind the end are left behind, so that no second file (a page, a script, an
 * archive) survives in it. SVG, which is a program, is no picture here.
 *
 * The pixels are not decoded and encoded again: that would let five decoders (PNG, JPEG, GIF,
 * WebP, ICO; none of Debian's libraries has them all without dozens more) loose on hostile
 * bytes in a process that holds keys, and would not help, because pixels can be chosen so that
 * the encoded bytes say anything. What keeps them from being script is how they are served
 * (fcgi/handlers/icons.c): under a type from a fixed list that a browser may not guess against,
 * in a sandbox that may load nothing.
 */
#ifndef LEADBOARD_ICON_H
#define LEADBOARD_ICON_H

#include "shared/sb.h"

#define ICON_BYTES_MAX ((size_t)64 << 10)
#define ICON_SIDE_MAX 2048

struct icon {
    const char *type; /* "image/png" */
    struct str bytes;
};

/* False when it is no picture of a kind that is known, is broken, or is too large; then *out is
 * not touched. Animations become their first picture or play once. */
bool icon_read(struct arena *arena, struct str bytes, struct icon *out);

#endif
