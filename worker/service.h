/*
 * service.h - work that goes on all the time and that one worker of all does: the log consumer,
 * the live publisher. Each has a thread and a connection of its own here; who holds the
 * advisory lock works, the others ask for it every two seconds, so that another takes over when
 * the connection of the first is gone.
 */
#ifndef LEADBOARD_SERVICE_H
#define LEADBOARD_SERVICE_H

#include "shared/config.h"
#include "shared/db.h"

#include <stdatomic.h>

struct service;

/* One round. *out_wait_ms: how long to wait before the next. An error is logged, and the round
 * tried again a second later. state belongs to the service's kind. */
typedef enum err service_step(struct service *service, int *out_wait_ms);

struct service_kind {
    const char *name;
    int64_t lock;                                /* advisory lock */
    size_t state_size;                           /* bytes of `state`, zeroed at the start */
    bool (*needed)(const struct config *config); /* NULL: always */
    service_step *step;
};

/* What a step works with. */
struct service {
    struct ctx *ctx; /* reset before each step */
    struct db *db;
    const struct config *config;
    const atomic_bool *stop;
    bool fresh; /* the lock was taken just now: others may have worked meanwhile */
    void *state;
    struct arena *keep; /* as long as the thread; for what `state` owns, with arena_defer */
};

struct service_thread;
/* Starts the thread. */
struct service_thread *service_start(struct arena *arena, const struct service_kind *kind,
                                     const struct config *config);
/* Asks the thread to end after its step; service_has_ended says whether it did; service_cancel
 * makes the database give up the statement it is in; service_join waits and frees. */
void service_stop(struct service_thread *thread);
bool service_has_ended(const struct service_thread *thread);
void service_cancel(struct service_thread *thread);
void service_join(struct service_thread *thread);

/* After a step: at once when there is more to do, `fast` ms while things happen, and doubling
 * up to `slow` ms when nothing does. *wait_ms is the wait before, and the one to use. */
void service_pace(int *wait_ms, bool more, bool found, int fast_ms, int slow_ms);

#endif
