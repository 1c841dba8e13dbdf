/*
 * backtest: what an automation would have done in the last days (worker/backtest.h). It looks
 * in read-only transactions, a part of the log in each; between them the progress moves on.
 * Begins anew when it is repeated.
 */
#include "gen/sql.h"
#include "shared/json.h"
#include "shared/log.h"
#include "worker/backtest.h"
#include "worker/kinds.h"

#define STEP_CAP ((size_t)1 << 30)

struct look {
    struct run *run;
    struct ctx step; /* memory of a part */
    struct backtest_what what;
    int64_t progress;
    struct backtest *backtest;
};

static enum err read_payload(struct look *look)
{
    struct run *run = look->run;
    const struct json *json;
    int64_t days = 0;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    if (!json_id(json_get(json, "automation"), &look->what.automation) ||
        !json_id(json_get(json, "progress"), &look->progress) ||
        !json_i64(json_get(json, "days"), &days) || days < 1 || days > BACKTEST_DAYS_MAX) {
        return ctx_fail(run->ctx, ERR_INVALID, "This job does not say what to look back at.");
    }
    look->what.dataset = run->dataset;
    look->what.days = (int32_t)days;
    return ERR_NONE;
}

static enum err read_only(struct run *run)
{
    return db_begin(run->db, &(struct db_scope){.dataset = run->dataset, .read_only = true});
}

static enum err begin(struct look *look)
{
    struct run *run = look->run;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(progress_start(run->db, run->dataset, look->progress, 0));
    TRY(db_commit(run->db));
    TRY(read_only(run));
    TRY(backtest_begin(run->ctx, run->db, &look->what, &look->backtest));
    TRY(db_commit(run->db));
    TRY(run_begin(run));
    TRY(progress_start(run->db, run->dataset, look->progress, look->backtest->total));
    return db_commit(run->db);
}

static enum err part(struct look *look)
{
    struct run *run = look->run;
    TRY(read_only(run));
    TRY(backtest_step(look->backtest, &look->step, run->db));
    TRY(db_commit(run->db));
    TRY(run_begin(run));
    TRY(run_hold(run));
    int64_t done = look->backtest->done;
    TRY(progress_step(run->db, run->dataset, look->progress,
                      done > INT32_MAX ? INT32_MAX : (int32_t)done, (struct str){.p = NULL}));
    return db_commit(run->db);
}

/* The first failure is told by the run's own context. */
static enum err told(struct look *look, enum err err)
{
    struct ctx *ctx = look->run->ctx;
    if (err != ERR_NONE && ctx->err == ERR_NONE && look->step.err != ERR_NONE) {
        return ctx_fail_detail(ctx, err, arena_dup(ctx->arena, look->step.detail), "%.*s",
                               STR_ARG(look->step.why));
    }
    return err;
}

static enum err finish(struct look *look)
{
    struct run *run = look->run;
    struct sql_backtest_result_in in = {.dataset = run->dataset, .progress = look->progress};
    db_use(run->db, run->ctx);
    TRY(read_only(run));
    TRY(backtest_end(look->backtest, run->ctx, run->db, &in.result));
    TRY(db_commit(run->db));
    TRY(run_begin(run));
    TRY(sql_backtest_result(run->db, &in, NULL));
    TRY(progress_finish(run->db, run->dataset, look->progress, PROGRESS_DONE,
                        (struct str){.p = NULL}));
    log_event(LOG_INFO, run->ctx, "backtest.done", LOG_I64("automation", look->what.automation),
              LOG_I64("seen", look->backtest->done));
    return run_complete(run);
}

static enum err do_all(struct look *look)
{
    struct run *run = look->run;
    TRY(begin(look));
    while (look->backtest->more) {
        ctx_reset(&look->step, run->ctx->id);
        db_use(run->db, &look->step);
        TRY(told(look, part(look)));
    }
    return finish(look);
}

/* Cancelled (which progress_finish leaves as it is), or it cannot be done. */
static enum err give_up(struct look *look, enum err err)
{
    struct run *run = look->run;
    struct str why = err == ERR_TIMEOUT ? STR("Its conditions take too long to look up.")
                     : str_is_null(run->ctx->why) ? STR("This is not possible any more.")
                                                  : run->ctx->why;
    db_use(run->db, run->ctx);
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    TRY(progress_finish(run->db, run->dataset, look->progress, PROGRESS_FAILED, why));
    return run_complete(run);
}

enum err job_backtest(struct run *run)
{
    struct look look = {.run = run};
    TRY(read_payload(&look));
    look.step.arena = arena_new(STEP_CAP);
    enum err err = do_all(&look);
    bool over = err == ERR_NOT_FOUND || err == ERR_INVALID || err == ERR_TIMEOUT;
    err = over && !atomic_load(run->stop) ? give_up(&look, err) : err;
    db_use(run->db, run->ctx);
    backtest_free(look.backtest);
    arena_free(look.step.arena);
    return err;
}
