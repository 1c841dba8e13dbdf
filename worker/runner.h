/*
 * runner.h - runs jobs that were claimed: calls the kind's function, completes or fails them.
 *
 * A kind's function is straight-line code: load, decide, store. It ends in one of three ways:
 *
 *   - kinds with `in_transaction`: the runner has begun the transaction (row security's dataset
 * is set); the function does its work in it and returns. The runner completes the jobs in the
 *     same transaction.
 *   - others: no transaction is open, so that none is held while the network is. The function
 *     begins its own with run_begin and ends the last one with run_complete instead of
 * db_commit. In earlier ones it calls run_hold, so that a worker that lost its lease commits
 * nothing.
 *   - kinds with `each`: as others, but the jobs of the batch are independent and end one by
 * one, in any order: the function makes a run of each with run_part and ends it with
 * run_complete or run_fail. An error of the function itself is one before any of them ended.
 *   - any error: what is open is rolled back and the job is tried again later, or is dead when
 * no attempt is left. run_snooze is an error that costs no attempt.
 *
 * A job may run more than once (never two at a time with an effect), so what it does must be
 * safe to repeat.
 */
#ifndef LEADBOARD_RUNNER_H
#define LEADBOARD_RUNNER_H

#include "shared/config.h"
#include "shared/queue.h"
#include "worker/http.h"

struct job {
    int64_t id;
    int16_t attempt;
    int16_t crash_count;
    int16_t max_attempts; /* 0: the kind's */
    struct str payload;   /* JSON */
};

/* Several jobs only for kinds with `batch`. */
struct batch {
    enum job_kind kind;
    int64_t dataset;
    struct job *jobs;
    size_t n;
};

struct run {
    struct ctx *ctx; /* id: the (first) job's */
    struct db *db;   /* in use with ctx */
    const struct config *config;
    /* Set when the job should end soon with any error: deadline, shutdown, cancelled by a user.
     */
    const atomic_bool *stop;

    int64_t dataset;
    const struct job *jobs;
    size_t n;

    /* the runner's own */
    const struct runner *runner;
    enum job_kind kind;
    int64_t worker;
    int64_t started_us;
    struct http **http;
    bool completed, lost, snoozed;
    int64_t snooze_ms;
};

/* Begins a transaction with the job's dataset. */
MUST_CHECK enum err run_begin(struct run *run);
/* Makes sure, until the transaction ends, that the job is still ours and nobody cancelled it.
 * ERR_CONFLICT: it is not; return it. */
MUST_CHECK enum err run_hold(struct run *run);
/* As run_hold, but does not mind being asked to stop: for what was done outside already and has
 * to be written down. */
MUST_CHECK enum err run_fence(struct run *run);
/* Completes the job and commits the transaction that is open. ERR_CONFLICT: the lease was lost,
 * and everything was rolled back. */
MUST_CHECK enum err run_complete(struct run *run);
/* Not now: `return run_snooze(run, delay_ms);`. The attempt does not count. */
MUST_CHECK enum err run_snooze(struct run *run, int64_t delay_ms);
/* The i-th job of a kind with `each`, alone. */
struct run run_part(const struct run *run, size_t i);
/* It did not succeed: what is open is rolled back, and it is tried again, put off or dead as
 * for any job that returns err. Forgets the failure in run->ctx. */
void run_fail(struct run *part, enum err err);
/* True when no attempt is left after this one. */
bool run_is_last(const struct run *part);
/* The slot's HTTP client, made when first asked for. */
struct http *run_http(struct run *run);

/* What the batch is run with; kept by the slot from run to run. */
struct runner {
    struct ctx ctx;
    struct db *db;
    const struct config *config;
    struct http *http;
    atomic_bool stop;
    atomic_bool draining;  /* stopped because the worker ends: give the attempt back */
    atomic_bool cancelled; /* by a user */
};

/* Runs the batch as the worker of this incarnation. When one of several fails, all are rolled
 * back and run one by one. What happened is logged and stands in the database, unless that was
 * away: then the loop finds the leftover later. */
void runner_run(struct runner *runner, const struct batch *batch, int64_t worker);

/* Delay before attempt number `attempt` + 1: anywhere up to 5 s * 2^attempt, at most 6 h, so
 * that jobs that failed together do not come back together. random: any 32 random bits. */
double runner_backoff_s(int attempt, uint32_t random);

#endif
