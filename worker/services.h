/*
 * services.h - the services (service.h) that this program has.
 */
#ifndef LEADBOARD_SERVICES_H
#define LEADBOARD_SERVICES_H

#include "worker/service.h"

struct services;

struct services *services_start(struct arena *arena, const struct config *config);
/* Asks all to end; services_join waits for them. */
void services_stop(struct services *services);
void services_join(struct services *services);

#endif
