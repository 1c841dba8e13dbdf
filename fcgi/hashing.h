/*
 * hashing.h - passwords, a few at a time: a hash takes 46 MiB and a core for 80 ms, so at most
 * HASHING_SLOTS are computed at once by all children of the program. A slot is a record lock on
 * one byte of a file in memory; the kernel frees it when a child dies.
 */
#ifndef LEADBOARD_HASHING_H
#define LEADBOARD_HASHING_H

#include "shared/ctx.h"

#define HASHING_SLOTS 2

/* The file in memory; made before the children are. -1 when there is none to be had. */
int hashing_open(void);
/* Both wait for a slot, at most 3 s; ERR_UNAVAILABLE then. */
MUST_CHECK enum err hashing_make(struct ctx *ctx, int fd, struct str password,
                                 struct str *out_hash);
/* hash may be "no value": takes as long, and is wrong. */
MUST_CHECK enum err hashing_check(struct ctx *ctx, int fd, struct str hash, struct str password,
                                  bool *out_right);

#endif
