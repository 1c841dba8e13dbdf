/*
 * automate.h - the service that applies automations (shared/automation.h): decides what was put
 * down (shared/automation_fire.h, automation_pending), acts, and writes down what it did
 * (automation_run.h). One worker of all does it.
 *
 * A round is about one dataset and is one transaction: it takes waiting rows away, and in it
 * stands everything that follows - changes of cards, tags and properties, deliveries in the
 * outbox, the runs. So each fires once, whatever is killed.
 *
 *   - Of one company or person what happened first is applied first; an automation that several
 *     wait for is applied to them together, as far as that order allows.
 *   - What an event left open is asked of the database as it is when its turn comes.
 *   - Not again within the cool-down, counted by when things happened; once-only for each only
 *     once; not deeper than AUTOMATION_DEPTH_MAX automations in a row. What was stopped for
 * being too deep is a run that says so; what was held by the cool-down is counted on the run
 * before.
 *   - When an automation fails, the round is done again without it, and it is tried alone, one
 *     company at a time; what fails then waits, longer each time, and is given up in the end
 *     (RUN_FAILED). The automation says what is wrong (automation.problem), the others go on.
 *   - An automation that was switched off or changed meanwhile: what waited for the version
 * before is dropped.
 *
 * Lock order: leads, accounts, stages, cards, each by id, all of a round before it changes any.
 * ERR_CONFLICT: somebody else locked the same in another order; the round is done again.
 */
#ifndef LEADBOARD_WORKER_AUTOMATE_H
#define LEADBOARD_WORKER_AUTOMATE_H

#include "shared/automation_run.h"
#include "worker/service.h"

extern const struct service_kind automate_service;

/* A round looks at many waiting rows, of most of which nothing follows, and applies fewer: it
 * locks whom they are about. */
#define AUTOMATE_TAKEN 10000
#define AUTOMATE_BATCH 1000
#define AUTOMATE_TRIES 6

/* Automations of datasets, read and kept from round to round. */
struct automate;
struct automate *automate_new(const struct config *config);
/* Accepts NULL. */
void automate_free(struct automate *automate);

/* One round about each dataset that has something waiting that is due. Memory is of ctx->arena.
 * *out_found: there was something; *out_more: there is more. */
MUST_CHECK enum err automate_rounds(struct automate *automate, struct ctx *ctx, struct db *db,
                                    bool *out_found, bool *out_more);

/* Applies an automation to some who match already, in the transaction that is open: for the job
 * that enrols (worker/jobs/enrol.c). ids: accounts, or leads; *out: how many something was done
 * for. ERR_NOT_FOUND: it is gone, or was switched off or changed meanwhile. */
struct automate_enrolment {
    int64_t dataset, automation, progress, operation;
    int32_t version;
    bool leads;
    struct sql_i64s ids;
};
MUST_CHECK enum err automate_enrol(struct automate *automate, struct ctx *ctx, struct db *db,
                                   const struct automate_enrolment *enrolment,
                                   int32_t *out_done);

#endif
