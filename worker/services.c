#include "worker/services.h"

#include "worker/publish.h"

static const struct service_kind *const table[] = {
    &publish_service,
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

void services_join(struct services *services)
{
    for (size_t i = 0; i < N; i++) {
        if (services->thread[i] != NULL) {
            service_join(services->thread[i]);
        }
    }
}
