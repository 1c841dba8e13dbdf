#include "worker/runner.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/crypt.h"
#include "worker/kinds.h"

#define ERROR_MAX 1000
#define RETRY_BASE_S 5.0
#define RETRY_MOST_S (6.0 * 3600)
#define RECORD_TRIES 3

/* ---- for the kinds' functions ---- */

enum err run_begin(struct run *run)
{
    return db_begin(run->db, &(struct db_scope){.dataset = run->dataset});
}

static enum err fail_lost(struct run *run)
{
    run->lost = true;
    db_rollback(run->db);
    return ctx_fail(run->ctx, ERR_CONFLICT, "Another worker has taken this job over.");
}

static enum err hold(struct run *run, bool *out_cancelled)
{
    const struct sql_job_hold_in in = {.dataset = run->dataset,
                                       .id = run->jobs[0].id,
                                       .attempt = run->jobs[0].attempt,
                                       .worker = run->worker};
    struct sql_job_hold row;
    enum err err = sql_job_hold(run->db, &in, &row);
    if (err == ERR_NOT_FOUND) {
        return fail_lost(run);
    }
    TRY(err);
    *out_cancelled = row.cancel_asked;
    return ERR_NONE;
}

enum err run_hold(struct run *run)
{
    bool cancelled = false;
    TRY(hold(run, &cancelled));
    return cancelled || atomic_load(run->stop)
               ? ctx_fail(run->ctx, ERR_CONFLICT, "This was stopped.")
               : ERR_NONE;
}

enum err run_fence(struct run *run)
{
    bool cancelled;
    return hold(run, &cancelled);
}

static enum err send_complete(struct run *run)
{
    int64_t *ids = ARENA_ARRAY(run->ctx->arena, run->n, int64_t);
    int16_t *attempts = ARENA_ARRAY(run->ctx->arena, run->n, int16_t);
    for (size_t i = 0; i < run->n; i++) {
        ids[i] = run->jobs[i].id;
        attempts[i] = run->jobs[i].attempt;
    }
    const struct sql_job_complete_in in = {.dataset = run->dataset,
                                           .id = {ids, run->n},
                                           .attempt = {attempts, run->n},
                                           .worker = run->worker,
                                           .run_us = clock_monotonic() - run->started_us};
    return sql_job_complete_send(run->db, &in);
}

enum err run_complete(struct run *run)
{
    struct sql_job_complete row;
    TRY(send_complete(run));
    TRY(sql_job_complete_take(run->db, &row));
    if (row.completed != (int32_t)run->n) {
        return fail_lost(run);
    }
    TRY(db_commit(run->db));
    run->completed = true;
    return ERR_NONE;
}

enum err run_snooze(struct run *run, int64_t delay_ms)
{
    run->snoozed = true;
    run->snooze_ms = delay_ms;
    return ctx_fail(run->ctx, ERR_UNAVAILABLE, "This has to wait.");
}

struct http *run_http(struct run *run)
{
    if (*run->http == NULL) {
        *run->http = http_new(run->config->fetch_connect_to, run->config->fetch_ca_file);
    }
    return *run->http;
}

/* ---- outcomes ---- */

double runner_backoff_s(int attempt, uint32_t random)
{
    double most = RETRY_BASE_S;
    for (int i = 0; i < attempt && most < RETRY_MOST_S; i++) {
        most *= 2;
    }
    most = most > RETRY_MOST_S ? RETRY_MOST_S : most;
    return most * ((double)random / (double)UINT32_MAX);
}

/* What is to be written about a job that did not succeed. */
struct failure {
    bool bury, back;
    double delay_s;
    struct str error;
    const char *event;
};

static int most_attempts(const struct job *job, enum job_kind kind)
{
    return job->max_attempts > 0 ? job->max_attempts : kinds[kind].attempts;
}

static struct failure decide(const struct run *run, struct str why)
{
    const struct runner *runner = run->runner;
    uint32_t random;
    crypt_random(&random, sizeof(random));
    if (atomic_load(&runner->cancelled)) {
        return (struct failure){
            .bury = true, .error = STR("Cancelled."), .event = "job.cancelled"};
    }
    if (atomic_load(&runner->draining)) {
        return (struct failure){.back = true, .event = "job.given_back"};
    }
    if (run->snoozed) {
        return (struct failure){
            .back = true, .delay_s = (double)run->snooze_ms / 1000, .event = "job.snoozed"};
    }
    if (run->jobs[0].attempt >= most_attempts(&run->jobs[0], run->kind)) {
        return (struct failure){.bury = true, .error = why, .event = "job.dead"};
    }
    return (struct failure){.delay_s = runner_backoff_s(run->jobs[0].attempt - 1, random),
                            .error = why,
                            .event = "job.failed"};
}

static enum err write_failure(struct run *run, const struct failure *failure)
{
    const struct job *job = &run->jobs[0];
    if (failure->bury) {
        const struct sql_job_bury_in in = {.dataset = run->dataset,
                                           .id = job->id,
                                           .attempt = job->attempt,
                                           .worker = run->worker,
                                           .error = failure->error};
        return sql_job_bury(run->db, &in, NULL);
    }
    const struct sql_job_retry_in in = {.dataset = run->dataset,
                                        .id = {&job->id, 1},
                                        .attempt = {&job->attempt, 1},
                                        .worker = run->worker,
                                        .delay = failure->delay_s,
                                        .back = failure->back,
                                        .error = failure->error};
    return sql_job_retry(run->db, &in, NULL);
}

/* More than once, because a late answer to db_cancel may hit this statement instead of the
 * job's. */
static void record_failure(struct run *run, const struct failure *failure)
{
    enum err err = ERR_INTERNAL;
    for (int i = 0; i < RECORD_TRIES && err != ERR_NONE; i++) {
        ctx_clear(run->ctx);
        err = write_failure(run, failure);
    }
    if (err != ERR_NONE) {
        log_event(LOG_WARN, run->ctx, "job.unrecorded", LOG_TEXT("err", err_name(err)),
                  LOG_STR("detail", run->ctx->detail));
    }
}

void run_fail(struct run *run, enum err err)
{
    struct ctx *ctx = run->ctx;
    db_rollback(run->db);
    struct str why = str_is_empty(ctx->why) ? str_from(err_name(err)) : ctx->why;
    why = str_cut(arena_print(ctx->arena, "%.*s%s%.*s", STR_ARG(why),
                              str_is_empty(ctx->detail) ? "" : " | ", STR_ARG(ctx->detail)),
                  ERROR_MAX);
    struct failure failure = decide(run, why);
    const char *event = run->lost ? "job.lost" : failure.event;
    log_event(failure.back || run->lost ? LOG_INFO : LOG_WARN, ctx, event,
              LOG_TEXT("kind", kinds[run->kind].name), LOG_I64("attempt", run->jobs[0].attempt),
              LOG_TEXT("err", err_name(err)), LOG_STR("why", why));
    if (!run->lost) {
        record_failure(run, &failure);
    }
    ctx_clear(ctx);
}

struct run run_part(const struct run *run, size_t i)
{
    struct run part = *run;
    part.jobs = &run->jobs[i];
    part.n = 1;
    part.completed = part.lost = part.snoozed = false;
    return part;
}

bool run_is_last(const struct run *run)
{
    return run->jobs[0].attempt >= most_attempts(&run->jobs[0], run->kind);
}

/* ---- running ---- */

static enum err call(struct run *run, const struct kind *kind)
{
    if (kind->in_transaction) {
        TRY(run_begin(run));
    }
    TRY(kind->run(run));
    if (run->completed || kind->each) {
        return ERR_NONE;
    }
    if (!kind->in_transaction) {
        TRY(run_begin(run)); /* it had nothing to write */
    }
    return run_complete(run);
}

static enum err run_jobs(struct runner *runner, const struct batch *batch, struct job *jobs,
                         size_t n, int64_t worker)
{
    char id[40];
    (void)snprintf(id, sizeof(id), "job:%lld", (long long)jobs[0].id);
    ctx_reset(&runner->ctx, str_from(id));
    db_use(runner->db, &runner->ctx);
    struct run run = {.ctx = &runner->ctx,
                      .db = runner->db,
                      .config = runner->config,
                      .stop = &runner->stop,
                      .dataset = batch->dataset,
                      .jobs = jobs,
                      .n = n,
                      .runner = runner,
                      .kind = batch->kind,
                      .worker = worker,
                      .started_us = clock_monotonic(),
                      .http = &runner->http};
    enum err err = call(&run, &kinds[batch->kind]);
    if (err == ERR_NONE) {
        log_event(LOG_INFO, &runner->ctx, "job.done", LOG_TEXT("kind", kinds[batch->kind].name),
                  LOG_I64("dataset", batch->dataset), LOG_I64("n", n),
                  LOG_I64("us", clock_monotonic() - run.started_us),
                  LOG_I64("bytes", arena_used(runner->ctx.arena)));
    } else if (n == 1) {
        run_fail(&run, err);
    }
    db_unuse(runner->db);
    return err;
}

void runner_run(struct runner *runner, const struct batch *batch, int64_t worker)
{
    enum err err = run_jobs(runner, batch, batch->jobs, batch->n, worker);
    for (size_t i = 0; err != ERR_NONE && batch->n > 1 && i < batch->n; i++) {
        (void)run_jobs(runner, batch, &batch->jobs[i], 1, worker);
    }
}
