/*
 * members.h - keeps the members of segments (shared/segment.h): follows what changed, finds
 * what time alone changes, lets boards take in who entered. One worker of all does it, as a
 * service.
 *
 * A round is one transaction: it holds the dataset's segments (against edits, and against the
 * job that looks one through), takes waiting changes away, asks the segments that depend on
 * them about the subjects concerned - those that stand below others first - and writes what is
 * different. What a segment asked for costs as much as there are subjects, not as there are
 * members.
 *
 * A segment that cannot be asked is put aside with the reason (segment.problem), which its page
 * tells; a board that cannot take in is passed over, and the hourly refresh tries again.
 *
 * Boards get accounts that entered, and those members that visited and have no card: a card
 * that somebody removed comes back with the next visit, unless it was excluded. Of segments of
 * people their companies come, or they themselves where they have an address and no company.
 */
#ifndef LEADBOARD_WORKER_MEMBERS_H
#define LEADBOARD_WORKER_MEMBERS_H

#include "shared/segment.h"
#include "worker/service.h"

extern const struct service_kind members_service;

/* One round about the dataset whose changes wait longest. *out_more: it took as much as fits in
 * a round, *out_found: there was something. stop: its end is nobody's fault. */
MUST_CHECK enum err members_follow(struct ctx *ctx, struct db *db, const atomic_bool *stop,
                                   bool *out_found, bool *out_more);
/* One round about a dataset that was not looked at for half a minute. *out_found: there was
 * one. */
MUST_CHECK enum err members_sweep(struct ctx *ctx, struct db *db, const atomic_bool *stop,
                                  bool *out_found);

/* For the job: asks one segment about these (ascending) and writes what is different, in the
 * transaction that is open. *out_changed: how many entered or left. ERR_NOT_FOUND: the segment
 * is gone. */
MUST_CHECK enum err members_settle_one(struct ctx *ctx, struct db *db, int64_t dataset,
                                       int64_t segment, struct sql_i64s ids,
                                       int64_t *out_changed);

/* Members of a segment become cards of a board, but for those that have one there or were
 * excluded; in the transaction that is open. */
struct members_intake {
    int64_t dataset, board, segment;
    bool leads; /* the segment is one of people */
    struct sql_i64s ids;
};
MUST_CHECK enum err members_take_in(struct db *db, const struct members_intake *intake,
                                    int32_t *out_added);

#endif
