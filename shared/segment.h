/*
 * segment.h - segments: saved filters (filter.h) over companies or people, with members that
 * are kept, and a ledger of who entered and who left.
 *
 * How members are kept (worker/members.h does it):
 *
 *   - Whoever changes something that a filter may ask about says so in the same transaction, by
 *     a row of segment_touch: what kind of thing changed (FILTER_ON_*), of whom. The log
 *     consumer does with each batch; tagging, cards, facts, people, hiding and scores do in the
 *     functions that everybody uses. Statements that change cards write the row themselves.
 *   - A service of the worker takes the rows away and, in the same transaction, asks the
 *     segments that depend on what changed about those subjects only, and writes what is
 *     different: segment_member, segment_change, segment.members. So each change is followed
 *     exactly once, whatever is killed, and within a second or two.
 *   - What time alone changes ("last seen after 30d ago") is found by when it does: every half
 *     minute those are asked who reached one of the ages since (segment_sweep).
 *   - A segment that was made or edited is looked through as a whole by a job, JOB_SEGMENT; so
 * is each once a day, which finds nothing unless somebody forgot to say what changed.
 *
 * segment_change is read in commit order, by (xid, id) below the snapshot's xmin, as the event
 * log is; rows are kept for SEGMENT_CHANGE_DAYS. Its cause tells news (SEGMENT_CHANGED,
 * SEGMENT_AGED) from what was true before the segment asked for it (SEGMENT_FILLED).
 *
 * A segment may ask for others ("is in segment ..."), which is answered from their kept
 * members, never by asking their filters again. They may stand SEGMENT_DEPTH_MAX on one
 * another, without circles; those below are settled first. Automations that wait for somebody
 * to match keep segments of their own (automation_parts.h), which nobody sees or names.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_SEGMENT_H
#define LEADBOARD_SEGMENT_H

#include "shared/filter.h"
#include "shared/queue.h"

#define SEGMENTS_MAX 200 /* in a dataset */
#define SEGMENT_DEPTH_MAX 4
#define SEGMENT_CHANGE_DAYS 90
#define SEGMENT_NAME_MAX 200 /* characters */

/* segment_change.cause */
enum segment_cause { SEGMENT_CHANGED = 1, SEGMENT_AGED, SEGMENT_FILLED };

/* ---- saying what changed ---- */

struct segment_touch {
    int64_t dataset;
    unsigned on; /* FILTER_ON_* */
    /* What changed of a lead is asked of its company too, and the other way round where the
     * company's details, tags or cards did. A lead that left a company: name both companies. */
    struct sql_i64s accounts, leads;
};
/* Does nothing when both are empty. */
MUST_CHECK enum err segment_touch(struct db *db, const struct segment_touch *touch);
/* Something changed for many: segments that depend on it are looked through as a whole. */
MUST_CHECK enum err segment_touch_all(struct db *db, int64_t dataset, unsigned on);

/* ---- making and changing ---- */

struct segment_save {
    int64_t dataset;
    int64_t id; /* 0: a new one */
    struct str name;
    int64_t user; /* owner of a new one */
    bool shared;
    struct filter *filter; /* gets the names of the ids in it */
    int64_t automation; /* that keeps it for itself, unseen, and beside SEGMENTS_MAX; 0: none */
};
/* Makes or changes a segment and has it looked through; call queue_wake after the commit. The
 * subject of one that is there stays. ERR_INVALID: it asks for itself, or too many stand on one
 * another; ERR_LIMIT: there are SEGMENTS_MAX; ERR_NOT_FOUND; each with a sentence. */
MUST_CHECK enum err segment_save(struct db *db, const struct segment_save *save,
                                 int64_t *out_id);
/* Takes it away, whoever names it. */
MUST_CHECK enum err segment_remove(struct db *db, int64_t dataset, int64_t segment);
/* Has it looked through as a whole; daily: when there is time, to find what nobody said. */
MUST_CHECK enum err segment_fill(struct db *db, int64_t dataset, int64_t segment);
MUST_CHECK enum err segment_fill_daily(struct db *db, int64_t dataset, int64_t segment);

/* ---- those that LeadBoard brings along ---- */

/* Filters to look at with one click; not stored. */
struct segment_quick {
    const char *key;  /* in the address */
    const char *name; /* "Persons only" */
    const char *filter;
};
const struct segment_quick *segment_quick_list(size_t *out_n);

#endif
