/*
 * collector_properties.h - an event's properties: bounded, cleaned, and written as the JSON
 * text that is stored.
 *
 * At most COLLECTOR_PROPERTIES_MAX members of at most COLLECTOR_DEPTH_MAX levels; what is more
 * is left out. Of forms and logins, what people call the same is stored under one name:
 * "E-mail" and "your_email" are email, "fname" is firstName; a whole name ("Ann Miller") gives
 * firstName and lastName where it says neither; and what nobody else must know - passwords,
 * numbers of cards and accounts - is left out, whatever the page thought. A link that is no web
 * address is left out.
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

/* The same, put together. Empty texts and NULL are passed over. */
struct collector_properties {
    struct ctx *ctx;
    enum event_type type;
    struct sb sb;
    size_t n;
    struct str whole_name;
    bool has_name; /* first or last */
};
void collector_properties_start(struct collector_properties *properties, struct ctx *ctx,
                                enum event_type type);
void collector_properties_text(struct collector_properties *properties, struct str name,
                               struct str value);
void collector_properties_json(struct collector_properties *properties, struct str name,
                               const struct json *value);
/* JSON that is clean: an object of collector_properties, a number. */
void collector_properties_raw(struct collector_properties *properties, struct str name,
                              struct str json);
struct str collector_properties_end(struct collector_properties *properties);

/* The name under which a value is stored with forms and logins; name itself when it has no
 * other. */
struct str collector_standard_name(struct str name);

#endif
