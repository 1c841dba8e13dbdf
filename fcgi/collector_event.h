/*
 * collector_event.h - the one event form. Whatever a tracker sends - our own (collector_own.h)
 * or another's (collector_matomo.h, collector_segment.h, collector_leadboxer.h) - becomes
 * these, and these become columns ready to insert, under limits: strings too long are cut, text
 * is cleaned (collector_text.h), an address is kept without what must not stay in it
 * (collector_url.h).
 *
 * A pageview that comes from an e-mail becomes an email_click. An address with landing-page
 * parameters (email, firstName, lb_uid ...) makes a login after its event; its fromEmail, who
 * sent the mail, becomes a property of the event itself.
 *
 * Who it is. Logins and forms tell, and pages and mails by landing-page parameters
 * (worker/derive.h). What other trackers say with every event - "this is user 42" - is a login
 * too, named "user", but at most one in half an hour for a visitor and a user (so that somebody
 * who comes back to a shared browser within it, and is not identified by a call, is missed). An
 * address is `email`; anything else is `userId`, the id that the customer's own program has for
 * the person.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_EVENT_H
#define LEADBOARD_FCGI_COLLECTOR_EVENT_H

#include "fcgi/collector_dataset.h"
#include "fcgi/request.h"
#include "shared/events.h"

#define COLLECTOR_EVENTS_MAX 500
#define COLLECTOR_TITLE_MAX 300
#define COLLECTOR_NAME_MAX 100
#define COLLECTOR_VISITOR_MAX 128
#define COLLECTOR_ROWS_PER_EVENT                                                               \
    3 /* itself, the login its address makes, the user it names                                \
       */

/* The events of one request for one dataset; column by column, as the insert wants them. "No
 * value" where there is none. */
struct collector_batch {
    struct str id; /* of the dataset, as the tracker says it */
    struct collector_dataset dataset;
    bool trusted; /* a server key was shown */
    size_t n, room;
    int64_t *at;
    int16_t *type;
    struct str *name, *url, *title, *referrer, *utm, *properties;
    struct str *host;    /* of the url */
    struct str *visitor; /* the tracker's own id */
    struct str *agent;   /* User-Agent and address instead of the request's */
    struct str *ip;      /* as text, not checked yet */
    struct str *message; /* EVENT_VISITOR_BYTES that a repetition has too */
    int32_t *day;        /* of the message */
    int32_t *item;       /* which of the request's events it is */
    bool has_messages;
    /* Filled at the door (collector_door.h). */
    struct str *who;          /* event.visitor, EVENT_VISITOR_BYTES */
    int64_t *agent_hash;      /* user_agent.hash; 0: unknown */
    struct str *address;      /* to be stored */
    int64_t *network, *place; /* what it tells (collector_network.h); 0: nothing */
    struct str *country, *region, *city;
};

/* One event as its tracker says it: text is not cleaned. "No value" for what it does not say.
 */
struct collector_event {
    enum event_type type;
    int64_t at;         /* collector_event_time */
    struct str visitor; /* at most COLLECTOR_VISITOR_MAX bytes */
    struct str
        message;    /* its own id; two with the same, of one visitor and day, are one event */
    double said_ms; /* when, by the sender's clock; counts for the message only */
    struct str url, title, referrer, name;
    struct str utm;        /* JSON as of collector_url.h, where the address has none */
    struct str properties; /* JSON as of collector_properties.h */
    struct str user;       /* who it is, as the customer's program calls the person */
    struct str agent, ip;  /* instead of the request's; the address only where it is trusted */
    bool new_session;      /* begins with it, whatever was before */
    size_t item;
};

/* Room for so many events. Keeps id, dataset and trusted. */
void collector_batch_start(struct arena *arena, size_t events, struct collector_batch *batch);
/* Adds the event, and what follows from it. */
void collector_batch_add(struct ctx *ctx, struct collector_batch *batch,
                         const struct collector_event *event);
/* Drops the rows for which keep is false. */
void collector_batch_keep(struct collector_batch *batch, const bool *keep);

/* The sender's time, and how far its clock is off, as ours: no later than in a minute, no
 * earlier than yesterday, from a server ten years ago. */
int64_t collector_event_time(const struct collector_batch *batch, int64_t now, double said_ms,
                             double skew_ms);
/* The visitor of somebody who is known by an address or an id only: "email:ann@acme.example",
 * "user:42". "No value" for none, and for one that is too long. */
struct str collector_event_person(struct ctx *ctx, struct str user);
bool collector_event_is_email(struct str user);
/* What the picture of a mail says of the campaign, as utm; "no value" when it says nothing. */
struct str collector_event_mail_utm(struct ctx *ctx, struct request_pairs said);

#endif
