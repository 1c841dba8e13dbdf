/*
 * collector_intake.h - one request on its way in: what an adapter reads it into, and how it is
 * refused.
 *
 * An adapter (collector_own.h, collector_matomo.h ...) has two functions: `read` turns the
 * request into batches of the one event form, or refuses it; `answer` writes what its trackers
 * wait for, once it is known what became of the events. Everything between - bots, hosts,
 * privacy, addresses, storing - is the same for all (collector.c, collector_door.h).
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_INTAKE_H
#define LEADBOARD_FCGI_COLLECTOR_INTAKE_H

#include "fcgi/collector_event.h"
#include "fcgi/request.h"
#include "fcgi/response.h"

#define COLLECTOR_BATCHES_MAX 8 /* datasets in one request */

/* Why a request is refused: an HTTP status and the members of the JSON answer. */
struct collector_refusal {
    int status; /* 0: it is not */
    struct str code, message, field;
};

struct collector_intake {
    struct request *request;
    int64_t now;
    /* As collector_datasets_get. */
    enum err (*find)(void *context, struct arena *arena, struct str id,
                     struct collector_dataset *out_dataset);
    void *find_context;
    struct collector_batch *batches;
    size_t n_batches;
    struct collector_refusal refusal;
    /* The request's own events, where they stand or fall one by one. */
    size_t n_items;
    bool *wrong;  /* n_items of them: cannot be meant, or is of a host that is not allowed */
    bool silent;  /* the tracker wants no body */
    bool proxied; /* sent by a program for somebody else: its own browser and address say
                     nothing */
};

/* Notes why; false, to be returned. The first reason counts. field may be NULL. */
bool collector_refuse(struct collector_intake *intake, int status, struct str code,
                      struct str message, const char *field);
/* 503: to be sent again. */
bool collector_refuse_away(struct collector_intake *intake);

/* The whole body, unpacked where it was sent compressed, of at most max bytes either way. */
MUST_CHECK bool collector_body(struct collector_intake *intake, size_t max,
                               struct str *out_body);

/* The batch of a dataset, a new one with room for so many events or the one of before. key: the
 * server key that was shown, if any. ERR_NOT_FOUND: there is no such dataset; ERR_DENIED: the
 * key is none of its; ERR_LIMIT: too many datasets in one request; ERR_UNAVAILABLE and others
 * of db.h. */
MUST_CHECK enum err collector_open(struct collector_intake *intake, struct str id,
                                   struct str key, size_t events,
                                   struct collector_batch **out_batch);

/* The refusal as JSON. */
void collector_answer_refusal(const struct collector_intake *intake, struct response *response);
/* A transparent GIF of one pixel, whatever the status. */
void collector_answer_gif(struct response *response);

/* One field of a query or form after the other, as trackers send them: decoded as far as that
 * can be done, "no value" where it gives no text. More than COLLECTOR_PAIRS_MAX are left out.
 */
#define COLLECTOR_PAIRS_MAX 256
void collector_pairs(struct ctx *ctx, struct str text, struct request_pairs *out_pairs);

#endif
