/*
 * asking.h - the providers of a dataset are asked about companies, and what they answer is kept
 * (provider_answer), so that nobody is asked twice for the same. For jobs: no transaction is
 * open while the network is.
 *
 * The order of things: asking_load in a transaction, asking_start outside of one, run_http's
 * http_run; then each domain's `done` is called once all of its providers have answered - from
 * http_run or, when there was nothing to ask, from asking_start. Each answer is stored in a
 * transaction of its own as it comes, so that whoever watches sees it.
 *
 * A provider is not asked when its last answer is young enough (refresh_days; what it could not
 * answer at least once a week), nor when its host was asked too often just now (host_budget,
 * which all workers share): then the domain is to come back later.
 */
#ifndef LEADBOARD_ASKING_H
#define LEADBOARD_ASKING_H

#include "worker/company/question.h"
#include "worker/runner.h"

struct asking;

/* A domain that is asked about. */
struct inquiry {
    /* given */
    struct str domain;
    bool fresh; /* whatever is known already */
    void (*done)(struct inquiry *inquiry);
    void *data;

    /* for done */
    bool failed;        /* somebody could not be asked this time: trying again may help */
    int64_t wait_ms;    /* somebody was asked too often: come back then; 0: nobody */
    struct str message; /* sentences: who did not answer, and why; "no value" */

    /* of this module */
    struct asking *asking;
    size_t open;
};

/* The providers that are on, and what is known already. inquiries live as long as the job; each
 * domain once. */
MUST_CHECK enum err asking_load(struct run *run, struct inquiry *inquiries, size_t n,
                                struct asking **out);
void asking_start(struct asking *asking);
/* For trying one provider, on or off: fills the question; the domain, done and data are the
 * caller's, and nothing of the answer is kept. In the transaction that is open. ERR_NOT_FOUND:
 * it is not there any more. */
MUST_CHECK enum err asking_one(struct run *run, struct str source, struct question *out);
/* Sources of the providers that are on. */
const struct str *asking_sources(const struct asking *asking, size_t *out_n);

/* {"industry": "Publishing"}: as provider_answer has it. */
struct str answer_json(struct ctx *ctx, const struct answer *answer);

#endif
