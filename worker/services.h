/*
 * services.h - the services (service.h) that this program has.
 */
#ifndef LEADBOARD_SERVICES_H
#define LEADBOARD_SERVICES_H

#include "worker/service.h"

struct services;

struct services *services_start(struct arena *arena, const struct config *config);
/* Asks all to end; services_have_ended says whether they did; services_cancel makes the
 * database give up what they are at; services_join waits for them and frees. */
void services_stop(struct services *services);
bool services_have_ended(const struct services *services);
void services_cancel(struct services *services);
void services_join(struct services *services);

#endif
