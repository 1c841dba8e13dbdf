/*
 * agents.h - reads each distinct User-Agent once (agent.h), soon after the collector first saw
 * it, and all of them again when the rules have a new revision.
 */
#ifndef LEADBOARD_AGENTS_H
#define LEADBOARD_AGENTS_H

#include "worker/service.h"

extern const struct service_kind agents_service;

#endif
