/*
 * collector_properties.h - an event's properties: bounded, cleaned, and written as the JSON
 * text that is stored.
 *
 * At most COLLECTOR_PROPERTIES_MAX members of at most COLLECTOR_DEPTH_MAX levels; what is more
 * is left out. Of forms and logins, what people call the same is stored under one name:
 * "E-mail" and "your_email" are email, "fname" is firstName. A link that is no web address is
 * left out.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_PROPERTIES_H
#define LEADBOARD_FCGI_COLLECTOR_PROPERTIES_H

#include "fcgi/request.h"
#include "shared/events.h"
#include "shared/json.h"

#define COLLECTOR_PROPERTIES_MAX 32
#define COLLECTOR_DEPTH_MAX 4
#define COLLECTOR_VALUE_MAX 2048
#define COLLECTOR_KEY_MAX 100

/* properties: an object, or NULL. "No value" when nothing is left. */
struct str collector_properties(struct ctx *ctx, enum event_type type,
                                const struct json *properties);
/* The same of names and values. */
struct str collector_properties_of(struct ctx *ctx, enum event_type type,
                                   const struct request_pair *pairs, size_t n);

#endif
