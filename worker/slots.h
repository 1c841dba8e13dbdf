/*
 * slots.h - the places where jobs run: each has a connection, an arena and an HTTP client,
 * opened when first needed, and runs one batch at a time on a thread of libuv's pool. All
 * functions are the loop's.
 */
#ifndef LEADBOARD_SLOTS_H
#define LEADBOARD_SLOTS_H

#include "worker/claim.h"

#include <uv.h>

struct slots;

/* on_idle(data) is called in the loop when a slot has become free. */
struct slots *slots_new(struct arena *arena, uv_loop_t *uv, const struct config *config,
                        void (*on_idle)(void *data), void *data);
/* When none is busy. */
void slots_free(struct slots *slots);

struct claim_room slots_room(const struct slots *slots);
size_t slots_busy(const struct slots *slots);
/* Ids of all jobs in the slots, in the arena. */
size_t slots_jobs(const struct slots *slots, struct arena *arena, int64_t **out_ids);

/* Copies the batch into a free slot and starts it, for the worker's incarnation. */
void slots_start(struct slots *slots, const struct batch *batch, int64_t worker);

/* Why a job is asked to end. */
enum slots_stop {
    SLOTS_DEADLINE, /* counts as a failure */
    SLOTS_DRAIN,    /* the attempt is given back */
    SLOTS_CANCEL    /* by a user: it is dead */
};
void slots_stop_all(struct slots *slots, enum slots_stop why);
/* The slot that runs the job, if one does. */
void slots_stop_job(struct slots *slots, int64_t id, enum slots_stop why);
/* Stops what is past its deadline. True when something has ignored that for so long that only
 * ending the process helps. */
bool slots_watch(struct slots *slots);

#endif
