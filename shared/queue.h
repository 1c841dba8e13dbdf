/*
 * queue.h - background work: asking for it, giving it up, and showing how far it is.
 *
 * A job is a row of `job`, inserted in the transaction of whoever wants the work done, so that
 * it exists exactly when the change that needs it does. Workers (worker/loop.h) claim, run and
 * complete it. Delivery is at least once; the effect in our database is exactly once, because
 * the row is deleted, the history row written and the effect made in one transaction, which is
 * fenced: it names the job's key, the worker's incarnation and the attempt, and when that finds
 * no row the lease was lost and everything is rolled back. Effects outside must carry an id
 * that is the same each time.
 *
 * Why the tables are as they are (PostgreSQL 15, 2 cores; research A3):
 *   - `job` holds live jobs only, narrow, two partial indexes beside its key. Finished rows
 * kept in place cost half the throughput (22,000 against 10,000 jobs/s).
 *   - A queue is a kind of a dataset (`tenant_queue`). A claim first takes the queues served
 *     longest ago, in one statement that marks them served, then the jobs of each: first come
 *     first served over all would have kept 99 small datasets waiting behind 900,000 jobs of
 * one.
 *   - Claims carry a lower bound on run_at and completions name nothing but key and fence.
 * While an old snapshot keeps dead rows, claims without the bound get 17 times slower, and a
 *     completion that says `state = 1` reads an index full of dead entries.
 *   - NOTIFY is a hint, after the commit and rarely: one in each transaction halves the commit
 *     rate, one in 200 costs nothing. Everything works without.
 *   - Trivial jobs of a claim run together in one transaction (500 no-ops: 26,000-43,000 jobs/s
 * with two workers on two busy cores, 0.85-0.92 of pgbench doing the same claims and
 * completions). From commit to start: 3 ms in the middle, 12 ms at the 99th percentile, at 50
 * jobs/s.
 */
#ifndef LEADBOARD_QUEUE_H
#define LEADBOARD_QUEUE_H

#include "shared/db.h"

/* The number is stored; how each is run stands in worker/kinds.c. */
enum job_kind {
    JOB_NOOP = 1,
    JOB_IMPORT = 2, /* shared/cards.h: cards_import */
    JOB_REFRESH = 3,
    JOB_ENRICH = 4,
    JOB_BULK = 5,     /* shared/operation.h: what was asked for many cards */
    JOB_LOOKUP = 6,   /* of a company that somebody adds by hand */
    JOB_SCORE = 7,    /* worker/jobs/score.c: every lead by a formula, or as if by one */
    JOB_AGAIN = 8,    /* deriving again whom something depends on that the team said */
    JOB_REVERSE = 9,  /* names of visitors' addresses: which company's they are */
    JOB_DELIVER = 10, /* shared/outbox.h: to webhooks */
    JOB_PUSH = 11,    /* to CRMs */
    JOB_MAIL = 12,    /* shared/mail.h */
    JOB_SEGMENT = 13, /* shared/segment.h: all members of one */
    JOB_ENROL = 14,   /* shared/automation_run.h: whoever matches an automation already */
    JOB_BACKTEST = 15, /* shared/automation_run.h: what one would have done */
    JOB_SETTLE = 16,  /* which facts count, when the order of providers has changed */
    JOB_TRY = 17,     /* a provider is tried by an admin */
    JOB_KIND__END
};

/* Within a kind of a dataset; weighted 1:3:8, so that nothing starves. */
enum queue_prio { QUEUE_NORMAL, QUEUE_LATER, QUEUE_SOON };

/* What to do when a live job of the same kind and `uniq` is there already. */
enum queue_unique {
    QUEUE_KEEP,     /* nothing: it will do */
    QUEUE_EARLIEST, /* if it still waits, it runs at the earlier of both times */
    QUEUE_RERUN     /* as QUEUE_EARLIEST; if it runs already, it is run once more afterwards */
};

struct queue_opts {
    int64_t delay_ms; /* from the transaction's now() */
    enum queue_prio prio;
    enum queue_unique unique;
};

/* One job. payload is a JSON object of ids and settings, at most 2 KiB, never a document;
 * "no value" means {}. uniq may be "no value". opts may be NULL. */
struct queue_job {
    int64_t dataset;
    struct str uniq, payload;
};

/* Inserts the job in the transaction that is open. *out_id (may be NULL) is the new job, or 0
 * when one with the same uniq was there. */
MUST_CHECK enum err queue_add(struct db *db, enum job_kind kind, const struct queue_job *job,
                              const struct queue_opts *opts, int64_t *out_id);
/* As queue_add for many, in one statement; uniq must differ within the list. *out_added (may be
 * NULL): how many were new. */
MUST_CHECK enum err queue_add_many(struct db *db, enum job_kind kind,
                                   const struct queue_job *jobs, size_t n,
                                   const struct queue_opts *opts, int64_t *out_added);

/* A waiting job goes to the dead ones with the reason; a running one is asked to stop, which
 * its worker sees within 5 s. ERR_NOT_FOUND: no live job has this id. */
MUST_CHECK enum err queue_cancel(struct db *db, int64_t dataset, int64_t id);

/* Puts every dead job back into the queue, with all its attempts: for the administrator, once
 * the reason is mended. *out_count: how many. */
MUST_CHECK enum err queue_revive(struct db *db, int64_t *out_count);

/* Says that there is work, so that it starts at once instead of within a second. Call it after
 * the commit. At most 4 a second are sent by one struct; what is left out costs little, because
 * workers that found work look again every few milliseconds. Zeroed is ready for use. */
struct queue_hint {
    bool off; /* configuration: NOTIFY=off */
    int64_t sent_us;
};
void queue_wake(struct queue_hint *hint, struct db *db);
/* The LISTEN channel of the hint. */
#define QUEUE_CHANNEL "leadboard_job"

/* ---- progress: what a person waits for ---- */

enum progress_state {
    PROGRESS_WAITING,
    PROGRESS_RUNNING,
    PROGRESS_DONE,
    PROGRESS_FAILED,
    PROGRESS_CANCELLED
};

/* subject: what is worked on, a board for an import. */
MUST_CHECK enum err progress_create(struct db *db, int64_t dataset, enum job_kind kind,
                                    int64_t subject, int64_t user, int64_t *out_id);
/* Begins, or begins again, with done = 0. ERR_NOT_FOUND: it was cancelled or has ended. */
MUST_CHECK enum err progress_start(struct db *db, int64_t dataset, int64_t id, int64_t total);
/* Moves the bar, and adds the numbers of `more` (a flat JSON object of whole numbers, or "no
 * value") to those of the result; in the transaction of the work it counts. ERR_NOT_FOUND:
 * somebody cancelled: stop and let the transaction roll back. */
MUST_CHECK enum err progress_step(struct db *db, int64_t dataset, int64_t id, int32_t done,
                                  struct str more);
/* Ends it. message: why it failed, for the user, else "no value". One that has ended stays as
 * it is. */
MUST_CHECK enum err progress_finish(struct db *db, int64_t dataset, int64_t id,
                                    enum progress_state state, struct str message);
/* By its user: the job stops before its next step. ERR_NOT_FOUND: it is not under way. */
MUST_CHECK enum err progress_cancel(struct db *db, int64_t dataset, int64_t id);

struct progress {
    int64_t id, subject;
    enum progress_state state;
    int32_t done, total; /* total 0: not known yet */
    struct str result;   /* JSON */
    struct str message;
    int64_t at; /* when it was asked for */
};
/* ERR_NOT_FOUND: there is none. */
MUST_CHECK enum err progress_get(struct db *db, int64_t dataset, int64_t id,
                                 struct progress *out);
/* The latest of a kind and subject. */
MUST_CHECK enum err progress_latest(struct db *db, int64_t dataset, enum job_kind kind,
                                    int64_t subject, struct progress *out);

#endif
