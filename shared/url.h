/*
 * url.h - reads addresses as browsers and trackers send them. Hostile input is normal here:
 * anything that is not a plain web address is refused.
 */
#ifndef LEADBOARD_URL_H
#define LEADBOARD_URL_H

#include "shared/arena.h"

struct url {
    struct str scheme; /* http, https or android-app */
    struct str host;   /* lower case, A-labels, no trailing dot; an IP address as written */
    struct str path;   /* "/..." */
    struct str query;  /* without '?', not decoded; empty when there is none */
};

/* False for other schemes, user names in the address, hosts that cannot be, and anything over
 * 8 KB. The parts live in the arena. */
bool url_parse(struct arena *arena, struct str text, struct url *out_url);

/* The address that a link means on the page of base (RFC 3986, section 5), as text; false when it is
 * not a web address. */
bool url_join(struct arena *arena, struct str base, struct str link, struct str *out_url);

/* The value of a query parameter, not decoded; empty when it has none. Names are compared
 * without case. False when there is no such parameter. */
bool url_param(const struct url *url, struct str name, struct str *out_value);

#endif
