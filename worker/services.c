#include "worker/services.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "shared/queue.h"
#include "worker/agents.h"
#include "worker/automate.h"
#include "worker/derive.h"
#include "worker/handover.h"
#include "worker/members.h"
#include "worker/publish.h"
#include "worker/rules.h"

/* ---- the log consumer ---- */

#define DERIVE_LOCK INT64_C(0x6c65616464657201)
#define DERIVE_BATCH 10000
#define DERIVE_FAST_MS 100
#define DERIVE_SLOW_MS 1000

struct derive_state {
    struct revised *rules;
    int wait_ms;
    struct queue_hint hint;
};

static void free_rules(void *rules)
{
    revised_free(rules);
}

static enum err derive_step(struct service *service, int *out_wait_ms)
{
    struct derive_state *state = service->state;
    int64_t start_us = clock_monotonic();
    int64_t events = 0;
    if (state->rules == NULL) {
        state->rules = rules_new();
        arena_defer(service->keep, free_rules, state->rules);
    }
    TRY(derive_batch_by(service->ctx, service->db, state->rules, DERIVE_BATCH, &events));
    if (events > 0) {
        log_event(LOG_DEBUG, service->ctx, "derive.done", LOG_I64("events", events),
                  LOG_I64("us", clock_monotonic() - start_us),
                  LOG_I64("bytes", arena_used(service->ctx->arena)));
        state->hint.off = !service->config->notify;
        queue_wake(&state->hint, service->db); /* new companies are to be looked up */
    }
    service_pace(&state->wait_ms, events == DERIVE_BATCH, events > 0, DERIVE_FAST_MS,
                 DERIVE_SLOW_MS);
    *out_wait_ms = state->wait_ms;
    return ERR_NONE;
}

static const struct service_kind derive_service = {.name = "derive",
                                                   .lock = DERIVE_LOCK,
                                                   .state_size = sizeof(struct derive_state),
                                                   .step = derive_step};

/* ---- all of them ---- */

static const struct service_kind *const table[] = {
    &derive_service,
    &publish_service,
    &agents_service,
    &handover_service,
    &members_service,
    &automate_service,
};
#define N (sizeof(table) / sizeof(table[0]))

struct services {
    struct service_thread *thread[N];
};

struct services *services_start(struct arena *arena, const struct config *config)
{
    struct services *services = ARENA_NEW(arena, struct services);
    for (size_t i = 0; i < N; i++) {
        if (table[i]->needed == NULL || table[i]->needed(config)) {
            services->thread[i] = service_start(arena, table[i], config);
        }
    }
    return services;
}

void services_stop(struct services *services)
{
    for (size_t i = 0; i < N; i++) {
        if (services->thread[i] != NULL) {
            service_stop(services->thread[i]);
        }
    }
}

bool services_have_ended(const struct services *services)
{
    bool ended = true;
    for (size_t i = 0; i < N; i++) {
        ended =
            ended && (services->thread[i] == NULL || service_has_ended(services->thread[i]));
    }
    return ended;
}

void services_cancel(struct services *services)
{
    for (size_t i = 0; i < N; i++) {
        if (services->thread[i] != NULL && !service_has_ended(services->thread[i])) {
            service_cancel(services->thread[i]);
        }
    }
}

void services_join(struct services *services)
{
    for (size_t i = 0; i < N; i++) {
        if (services->thread[i] != NULL) {
            service_join(services->thread[i]);
        }
    }
}
