/*
 * icon_parts.h - what the readers of icon files share (icon.h). Only worker/icon*.c include it.
 *
 * A reader goes through the file once and writes what it keeps. Whatever would read behind the
 * end reads nothing and marks the file as broken, so that readers need not ask at every step.
 */
#ifndef LEADBOARD_ICON_PARTS_H
#define LEADBOARD_ICON_PARTS_H

#include "worker/icon.h"

struct icon_file {
    struct str in;
    size_t at;
    struct sb out;
    bool broken;
};

/* The next n bytes; "no value", and the file is broken, where they are not there. */
struct str icon_take(struct icon_file *file, size_t n);
uint32_t icon_little(struct str bytes); /* up to four bytes, the least first */
uint32_t icon_big(struct str bytes);
void icon_put_little(struct sb *out, uint32_t value, size_t n);
bool icon_is_side(uint32_t pixels);

/* Each reads a whole file of its kind. */
void icon_png(struct icon_file *file);
void icon_jpeg(struct icon_file *file);
void icon_gif(struct icon_file *file);
void icon_webp(struct icon_file *file);
void icon_ico(struct icon_file *file);

#endif
