/*
 * claim.h - which jobs this worker takes next.
 *
 * A queue is a kind of a dataset. The claimer remembers the queues where work was found a
 * moment ago or is due soon, and asks about those only: one statement that takes a turn at the
 * ones served longest ago, then one that claims from each. A sweep over all queues, every
 * second or few, finds the others. For each queue it remembers a lower bound on run_at, so that
 * a claim does not read the dead rows before it; rows that were committed late lie below the
 * bound and are found when it is taken back: when a claim comes back short, at most once a
 * second, and every 5 s.
 *
 * Times are microseconds of the monotonic clock.
 */
#ifndef LEADBOARD_CLAIM_H
#define LEADBOARD_CLAIM_H

#include "worker/kinds.h"

struct claimer;

struct claimer *claim_new(struct arena *arena);

/* Looks for queues with work. *out_found: how many have some that is due. */
MUST_CHECK enum err claim_sweep(struct claimer *claimer, struct db *db, int64_t now_us,
                                size_t *out_found);

/* Slots that are free, in all and for each kind. */
struct claim_room {
    size_t slots;
    size_t of[JOB_KIND__END];
};
struct claim {
    struct batch *batches; /* one a slot; in the arena of the db's context */
    size_t n;
};
/* Claims for the free slots, as the worker of this incarnation. */
MUST_CHECK enum err claim_jobs(struct claimer *claimer, struct db *db,
                               const struct claim_room *room, int64_t worker, int64_t now_us,
                               struct claim *out);
/* When claim_jobs is next worth calling for each kind, if it has room; INT64_MAX: after the
 * next sweep. */
void claim_due(const struct claimer *claimer, int64_t out_due_us[JOB_KIND__END]);

#endif
