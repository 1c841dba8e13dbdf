/*
 * members_parts.h - a round in memory. Only worker/members*.c include it.
 *
 *   members.c         the service, and its rounds
 *   members_due.c     who is to be asked about: what changed, and what follows from that
 *   members_settle.c  asking, writing, boards
 */
#ifndef LEADBOARD_WORKER_MEMBERS_PARTS_H
#define LEADBOARD_WORKER_MEMBERS_PARTS_H

#include "worker/members.h"

/* A list of ids that grows. */
struct ids {
    int64_t *v;
    size_t n, room;
};
void ids_add(struct arena *arena, struct ids *ids, struct sql_i64s more);
/* Ascending, each once. */
struct sql_i64s ids_sorted(struct ids *ids);

struct members_segment {
    int64_t id;
    enum filter_subject subject;
    unsigned on;
    int16_t depth;
    bool filled; /* who enters now is news */
    struct filter filter;
    struct sql_i64s asks;  /* the segments that it names */
    struct ids due;        /* to be asked about */
    struct ids seen;       /* of these, who visited */
    struct ids to_take_in; /* for its boards */
};

struct members_round {
    struct ctx *ctx;
    struct db *db;
    int64_t dataset, now;
    enum segment_cause cause;
    struct members_segment *segments; /* those below others first */
    size_t n;
    int64_t changed;
    int64_t failed_segment; /* which could not be asked */
    bool skip_boards;       /* one failed in the try before */
    int64_t failed_board;
};

/* ---- members_due.c ---- */

/* Takes waiting changes away and adds up, segment by segment, who is due. */
MUST_CHECK enum err members_due(struct members_round *round, bool *out_found, bool *out_more);
/* Who entered or left a segment is due in those that name it. */
MUST_CHECK enum err members_due_above(struct members_round *round,
                                      const struct members_segment *segment,
                                      struct sql_i64s changed);

/* ---- members_settle.c ---- */

MUST_CHECK enum err members_settle(struct members_round *round);

#endif
