/*
 * url_pattern.h - which addresses of pages are meant by what a person types: "/pricing*". One
 * meaning wherever an address is asked for: in memory for an event that has just come, as a
 * regular expression for those in the database. tests/db/test_filter.c holds them together.
 *
 *   /pricing             that page, on any host
 *   /pricing*            whatever begins so
 *   example.com/docs/..  a page of that host, with or without "www."; without a path: all of it
 *   https://..., *...    the whole address
 *
 * "*" stands for any text, also for none. Capitals of A to Z do not matter; a slash at the end
 * does not either. What follows a "?" or "#" in the address counts only where the pattern says
 * something about it: "/pricing" is also "/pricing?plan=pro", "/pricing?plan=pro" only itself.
 * Letters beyond ASCII are as typed or as browsers send them ("/über" is "/%C3%BCber").
 */
#ifndef LEADBOARD_URL_PATTERN_H
#define LEADBOARD_URL_PATTERN_H

#include "shared/ctx.h"

#define URL_PATTERN_MAX 200 /* bytes */

enum url_pattern_start { URL_PATTERN_WHOLE, URL_PATTERN_HOST, URL_PATTERN_PATH };
enum url_pattern_end {
    URL_PATTERN_PAGE,  /* a slash, a query and a fragment may follow */
    URL_PATTERN_QUERY, /* a fragment may */
    URL_PATTERN_EXACT,
    URL_PATTERN_SITE /* a port and any path may */
};

struct url_pattern {
    enum url_pattern_start start;
    enum url_pattern_end end;
    struct str glob; /* without what start and end stand for; a part of the text */
};

/* ERR_INVALID, with a sentence: it cannot be meant. */
MUST_CHECK enum err url_pattern_read(struct ctx *ctx, struct str text,
                                     struct url_pattern *out_pattern);
bool url_pattern_matches(const struct url_pattern *pattern, struct str url);
/* For PostgreSQL's ~ (an advanced regular expression): matches what one of the patterns does.
 */
struct str url_pattern_regex(struct arena *arena, const struct url_pattern *patterns, size_t n);

#endif
