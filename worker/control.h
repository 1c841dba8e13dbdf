/*
 * control.h - what a worker says to the database about itself: who it is, that it lives, what
 * it claims, which jobs of dead workers come back, and the periodic work. One connection, used
 * by one thread at a time; the loop (loop.h) decides what is asked when and never waits for it.
 */
#ifndef LEADBOARD_CONTROL_H
#define LEADBOARD_CONTROL_H

#include "worker/claim.h"

struct control;

struct control *control_new(struct arena *arena, const struct config *config);
void control_free(struct control *control);

/* What to do, in this order; what fails ends the round. */
struct control_request {
    bool enter; /* begin (again) as a new incarnation; what the one before held is given back */
    bool beat;  /* and learn which jobs users cancelled */
    bool reap;  /* jobs of dead workers; own leftovers */
    bool cron;  /* periodic work */
    bool sweep, claim;
    bool leave; /* end: everything held is given back */
    struct claim_room room;
    int64_t *running; /* ids of the jobs in the slots; for reap */
    size_t n_running;
};
struct control_answer {
    enum err err;
    bool beat_ok;
    bool gone; /* the worker's row was pruned: enter again */
    int64_t incarnation;
    size_t due;         /* queues with work that the sweep found */
    struct claim claim; /* in control's arena, until the next round */
    int64_t *cancelled; /* jobs that users cancelled */
    size_t n_cancelled;
    int64_t claim_due_us[JOB_KIND__END]; /* see claim_due */
};
/* Blocks. The answer lives until the next call. */
void control_round(struct control *control, const struct control_request *request,
                   struct control_answer *out);

#endif
