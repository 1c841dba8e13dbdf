#include "worker/jobs/ideal.h"

#include "shared/ideal.h"
#include "shared/log.h"

#define STEP_COMPANIES 1000
#define STEP_CAP ((size_t)64 << 20)

struct work {
    struct run *run;
    struct ctx step;  /* memory of one step */
    int64_t progress; /* 0: nobody waits */
    int64_t seen, changed;
};

static enum err begin_step(struct work *work)
{
    ctx_reset(&work->step, work->run->ctx->id);
    db_use(work->run->db, &work->step);
    TRY(run_begin(work->run));
    return run_hold(work->run);
}

static enum err apply(struct work *work, struct sql_i64s accounts)
{
    int32_t n;
    TRY(ideal_apply(&work->step, work->run->db, work->run->dataset, accounts, &n));
    work->seen += (int64_t)accounts.n;
    work->changed += n;
    return ERR_NONE;
}

/* ---- those that changed ---- */

static enum err due_step(struct work *work, bool *out_more)
{
    struct run *run = work->run;
    struct sql_i64s accounts;
    TRY(begin_step(work));
    TRY(ideal_due(run->db, run->dataset, STEP_COMPANIES, &accounts, out_more));
    TRY(apply(work, accounts));
    return *out_more ? db_commit(run->db) : ERR_NONE;
}

static enum err do_due(struct work *work)
{
    bool more = true;
    while (more) {
        TRY(due_step(work, &more));
    }
    return ERR_NONE;
}

/* ---- all ---- */

/* What differs is kept for all steps; each looks again. */
static enum err find(struct work *work, struct sql_i64s *out_accounts)
{
    struct run *run = work->run;
    db_use(run->db, run->ctx);
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(ideal_differing(run->ctx, run->db, run->dataset, out_accounts));
    if (work->progress != 0) {
        TRY(progress_start(run->db, run->dataset, work->progress, (int64_t)out_accounts->n));
    }
    return db_commit(run->db);
}

static enum err all_step(struct work *work, struct sql_i64s accounts)
{
    struct run *run = work->run;
    TRY(begin_step(work));
    TRY(apply(work, accounts));
    if (work->progress != 0) {
        TRY(progress_step(run->db, run->dataset, work->progress, (int32_t)work->seen,
                          (struct str){.p = NULL}));
    }
    return db_commit(run->db);
}

static enum err do_all(struct work *work)
{
    struct run *run = work->run;
    struct sql_i64s accounts;
    TRY(find(work, &accounts));
    for (size_t at = 0; at < accounts.n; at += STEP_COMPANIES) {
        size_t n = accounts.n - at < STEP_COMPANIES ? accounts.n - at : STEP_COMPANIES;
        TRY(all_step(work, (struct sql_i64s){accounts.v + at, n}));
    }
    db_use(run->db, run->ctx);
    TRY(run_begin(run));
    return work->progress == 0 ? ERR_NONE
                               : progress_finish(run->db, run->dataset, work->progress,
                                                 PROGRESS_DONE, (struct str){.p = NULL});
}

/* ---- the whole ---- */

static enum err do_it(struct work *work, bool all)
{
    struct run *run = work->run;
    TRY(all ? do_all(work) : do_due(work));
    log_event(LOG_INFO, run->ctx, "ideal.done", LOG_I64("companies", work->seen),
              LOG_I64("changed", work->changed));
    return run_complete(run); /* the last transaction is still open */
}

enum err job_ideal(struct run *run, const struct json *payload)
{
    bool all = false;
    struct work work = {.run = run, .step = {.arena = arena_new(STEP_CAP)}};
    (void)json_bool(json_get(payload, "all"), &all);
    (void)json_id(json_get(payload, "progress"), &work.progress);
    enum err err = do_it(&work, all);
    if (err != ERR_NONE && run->ctx->err == ERR_NONE && work.step.err != ERR_NONE) {
        err = ctx_fail_detail(run->ctx, err, arena_dup(run->ctx->arena, work.step.detail),
                              "%.*s", STR_ARG(work.step.why));
    }
    db_use(run->db, run->ctx);
    arena_free(work.step.arena);
    return err;
}
