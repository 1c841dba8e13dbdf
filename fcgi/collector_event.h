/*
 * collector_event.h - reads what a tracker sent, under limits, into columns ready to insert.
 *
 *     {"dataset": "<public id>", "visitor": "<the tracker's id>", "sent": <ms>,
 *      "events": [{"type": "pageview", "url": "...", "title": "...", "referrer": "...",
 *                  "at": <ms>, "name": "...", "properties": {...}}]}
 *
 * or one event's members beside "dataset" instead of "events". `at` is the visitor's clock;
 * `sent`, the same clock at sending, tells how wrong it is. Strings too long are cut, members
 * too many or too deep are left out, text is cleaned (collector_text.h); only what cannot be
 * meant is refused.
 *
 * A pageview that comes from an e-mail becomes an email_click. An address with landing-page
 * parameters (email, firstName, lb_uid ...) makes a login after its event.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_EVENT_H
#define LEADBOARD_FCGI_COLLECTOR_EVENT_H

#include "fcgi/request.h"

#define COLLECTOR_BODY_MAX ((size_t)256 * 1024)
#define COLLECTOR_EVENTS_MAX 500
#define COLLECTOR_TITLE_MAX 300
#define COLLECTOR_NAME_MAX 100

/* Column by column, as the insert wants them. */
struct collector_batch {
    struct str dataset; /* public id */
    struct str visitor; /* the tracker's own id; "no value": it has none */
    size_t n;
    int64_t *at;
    int16_t *type;
    struct str *name, *url, *title, *referrer, *utm, *properties; /* "no value" where missing */
    struct str *host;                                             /* of the url */
};

/* Why a request is refused: an HTTP status and the members of the JSON answer. */
struct collector_refusal {
    int status;
    struct str code, message, field;
};

/* The body of a POST, received at `now`. False: see *out_refusal. */
MUST_CHECK bool collector_read_json(struct ctx *ctx, struct str body, int64_t now,
                                    struct collector_batch *out_batch,
                                    struct collector_refusal *out_refusal);
/* The query of the pixel: dataset, visitor, type (default email_open), url (default referer),
 * title, name, referrer; everything else is a property. False when nothing can be made of it.
 */
MUST_CHECK bool collector_read_query(struct ctx *ctx, struct str query, struct str referer,
                                     int64_t now, struct collector_batch *out_batch);

#endif
