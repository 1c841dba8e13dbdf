/*
 * kinds.h - the table of job kinds. Reading it says what the worker can do, and how often and
 * how long it tries.
 */
#ifndef LEADBOARD_KINDS_H
#define LEADBOARD_KINDS_H

#include "worker/runner.h"

struct kind {
    const char *name;
    enum err (*run)(struct run *run);
    int attempts;  /* then it is dead */
    int timeout_s; /* then it is stopped, which counts as a failure */
    int batch;     /* most jobs of a dataset that run together in one slot and transaction */
    int parallel;  /* most slots of a worker that this kind has at once; 0: all. Never more
                      than half of them, so that a slow kind leaves room for the others */
    bool in_transaction;
    bool each; /* the jobs of a batch end one by one; runner.h */
};

/* By enum job_kind; an unused number has name == NULL. */
extern const struct kind kinds[JOB_KIND__END];

/* The jobs. */
enum err job_noop(struct run *run);
enum err job_import(struct run *run);
enum err job_refresh(struct run *run);
enum err job_enrich(struct run *run);
enum err job_bulk(struct run *run);
enum err job_lookup(struct run *run);
enum err job_again(struct run *run);
enum err job_reverse(struct run *run);
enum err job_deliver(struct run *run);
enum err job_push(struct run *run);
enum err job_mail(struct run *run);
enum err job_settle(struct run *run);
enum err job_try(struct run *run);
enum err job_score(struct run *run);
enum err job_segment(struct run *run);
enum err job_enrol(struct run *run);
enum err job_backtest(struct run *run);

#endif
