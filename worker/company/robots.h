/*
 * robots.h - what a site asks of crawlers: robots.txt by RFC 9309.
 *
 * The groups that name us (ROBOTS_TOKEN, in any case) count, all of them together; without one
 * those for "*"; without these everything is allowed. Of the rules that match a path the
 * longest decides, of equals the one that allows; `*` and `$` are understood, percent-encoding
 * does not matter. Only the first ROBOTS_BYTES and ROBOTS_RULES are read. Memory is the ctx's
 * arena.
 */
#ifndef LEADBOARD_ROBOTS_H
#define LEADBOARD_ROBOTS_H

#include "shared/ctx.h"

#define ROBOTS_TOKEN "LeadBoard" /* as in the User-Agent */
#define ROBOTS_BYTES ((size_t)500 << 10)
#define ROBOTS_RULES 5000

struct robots_rule {
    struct str path; /* normal */
    bool allow;
};

struct robots {
    const struct robots_rule *rules;
    size_t n;
};

/* text may be any bytes. */
void robots_read(struct ctx *ctx, struct str text, struct robots *out);
/* path as in a URL, with its query: "/about?x=1". */
bool robots_allow(struct ctx *ctx, const struct robots *robots, struct str path);

#endif
