/*
 * delivery.h - what the jobs of deliveries share: opening an integration, writing down what
 * came of attempts, the schedule of retries, and giving up.
 *
 * Retries follow the example of Standard Webhooks 1.0: at once, then after 5 s, 5 min, 30 min,
 * 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, each up to a fifth later, so that those that failed
 * together do not come back together. What the receiver asks for (Retry-After) is waited for. A
 * receiver that fails five times in a row, or says 429, 502 or 504, is left alone for a while
 * as a whole.
 *
 * After the last attempt the delivery is given up. An integration is stopped when nothing has
 * gone well since that delivery's first attempt, when it has failed for longer than the
 * schedule takes, when a receiver says 410, or when a service does not accept the key. Its
 * maker then gets a mail; the page says what to do; what comes meanwhile waits.
 */
#ifndef LEADBOARD_DELIVERY_H
#define LEADBOARD_DELIVERY_H

#include "shared/integration.h"
#include "shared/outbox.h"
#include "worker/runner.h"

#define DELIVERY_ATTEMPTS 10
#define DELIVERY_TEXT_MAX 20000 /* of what was sent and answered, in the log */

struct delivery_target {
    int64_t dataset, integration, workspace, user;
    enum integration_kind kind;
    struct str name, url, origin, public_id;
    struct integration_settings settings;
    struct str remote; /* JSON, or "no value" */
    int32_t failures;  /* in a row, until now */
    int64_t failing_us;
    int64_t last_ok_at; /* 0: never */
    int32_t budget_used;
    struct str secrets[INTEGRATION_SECRETS]; /* the newest first */
    size_t n_secrets;
};
/* Reads the job's payload {"integration": "12"} and opens it, in a transaction of its own.
 * ERR_NOT_FOUND: it is off, stopped, gone, or to be left alone for now. A secret that does not
 * open stops it, which is ERR_NOT_FOUND too. */
MUST_CHECK enum err delivery_open(struct run *run, struct delivery_target *out);

/* What waits to be sent. */
struct delivery {
    int64_t id, lane;
    struct str uid, type, data;
    int64_t at, first_at; /* first_at 0: not tried yet */
    int16_t attempts;     /* that failed */
    int64_t card, account, lead, user; /* 0: none */
};

/* One exchange with the other side, for the log. Text is cut to DELIVERY_TEXT_MAX and made
 * valid UTF-8. */
struct delivery_exchange {
    struct str what; /* "no value": the delivery itself */
    enum attempt_outcome outcome;
    int status, took_ms;
    struct str request, answer, error;
};

struct delivery_result {
    struct delivery delivery;
    enum attempt_outcome outcome;
    struct str error;      /* why not, for the log's reader */
    struct str note;       /* went well, but for this */
    struct str stop;       /* the integration is stopped, with this sentence; "no value": not */
    bool hopeless;         /* no attempt can help: given up at once */
    int64_t retry_after_s; /* 0: by the schedule */
    int64_t slow_s;        /* the whole integration rests so long ... */
    struct str slow_why;   /* ... because */
    int32_t cost;          /* of the day's budget */
    const struct delivery_exchange *exchanges;
    size_t n_exchanges;
};
/* Writes them down, in one fenced transaction of its own, in the order in which they ended.
 * *out_resting: the integration was stopped, or is to rest: send nothing more now. */
MUST_CHECK enum err delivery_record(struct run *run, struct delivery_target *target,
                                    const struct delivery_result *results, size_t n,
                                    bool *out_resting);
/* As delivery_record in the transaction that is open, which the caller ends. */
MUST_CHECK enum err delivery_write(struct run *run, struct delivery_target *target,
                                   const struct delivery_result *results, size_t n,
                                   bool *out_resting);

/* Seconds until the next attempt after `failed` of them (1 ...); 0: there is none. random: any
 * 32 random bits. */
double delivery_delay_s(int failed, uint32_t random);

/* Address of LeadBoard for links: PUBLIC_URL, else what is given; may be empty. */
struct str delivery_origin(const struct run *run, struct str origin);

#endif
