/*
 * ideal.h - the part of the job `score` that puts the ideal customer profile's tag on companies
 * and takes it off (shared/ideal.h): on those that were said to have changed, or, "all": true,
 * on all. Safe to repeat.
 */
#ifndef LEADBOARD_WORKER_JOBS_IDEAL_H
#define LEADBOARD_WORKER_JOBS_IDEAL_H

#include "shared/json.h"
#include "worker/kinds.h"

MUST_CHECK enum err job_ideal(struct run *run, const struct json *payload);

#endif
