/*
 * traffic_say.h - what the team says about traffic (traffic.h), kept beside the log: of a
 * network, of a place, or of one session. Whatever depended on it is derived again by a job
 * (worker/jobs/again.c), and nothing else; new events follow at once.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_TRAFFIC_SAY_H
#define LEADBOARD_TRAFFIC_SAY_H

#include "shared/db.h"
#include "shared/traffic.h"

/* One of network, place, and a visitor with a moment of its session. */
struct traffic_subject {
    int64_t network, place; /* 0: not it */
    struct str visitor;     /* 16 bytes; "no value": not it */
    int64_t at;
};

struct traffic_say {
    int64_t dataset, user;
    struct traffic_subject subject;
    enum traffic_verdict verdict; /* TRAFFIC_UNKNOWN: what the rules say, again */
    struct str label;             /* what the page calls it */
};
/* Says it, makes the job (call queue_wake after the commit) and gives the progress of it.
 * ERR_INVALID, with a sentence: too many things are said in this dataset. */
MUST_CHECK enum err traffic_say(struct db *db, const struct traffic_say *say,
                                int64_t *out_progress);

#define TRAFFIC_SAID_MAX 20000

#endif
