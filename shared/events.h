/*
 * events.h - the kinds of events, by name (outside: trackers, API, pages) and by number (in the
 * log). Numbers are stored and never change.
 */
#ifndef LEADBOARD_EVENTS_H
#define LEADBOARD_EVENTS_H

#include "shared/str.h"

enum event_type {
    EVENT_PAGEVIEW = 1,
    EVENT_EXIT = 2, /* properties: kind leave | stay (not left yet) | outbound | download, link,
                       seconds */
    EVENT_EMAIL_OPEN = 3,
    EVENT_EMAIL_CLICK = 4,
    EVENT_FORM = 5,
    EVENT_LOGIN = 6, /* whoever identifies a visitor: a sign-in, lb('identify'), a link */
    EVENT_CUSTOM = 7,
    EVENT_SYSTEM = 8, /* written by LeadBoard itself, never taken from outside */
    EVENT__COUNT = 9
};

/* "pageview", "email_open" ...; "event" for a number that is none. */
const char *event_type_name(int type);
/* The type of a name as the tracker sends it ("identify" is a login); false when it is none or
 * may not come from outside. */
bool event_type_from(struct str name, enum event_type *out_type);

/* The name of a login that stood in the address of a page, and so in a link that was sent to
 * somebody. */
#define EVENT_LANDING "landing"

#define EVENT_VISITOR_BYTES 16
/* event.visitor of the id that a tracker gave its visitor; the id itself is not kept. */
void event_visitor(int64_t dataset, struct str id, uint8_t out_visitor[EVENT_VISITOR_BYTES]);
/* user_agent.hash of the text of a User-Agent. */
int64_t event_agent(struct str user_agent);

#endif
