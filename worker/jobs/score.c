/*
 * score: every lead of the dataset by the formula in force ("rescore"), or as if by a draft
 * ("preview"); and pages that nobody counted before, in older sessions ("count"), which comes
 * first in all three. Some thousand leads or sessions a transaction, in which the log consumer
 * stands still; each with its step of the progress, where somebody waits for it. And the ideal
 * customer profile ("ideal", ideal.c).
 *
 * Safe to repeat: what was scored or counted before comes out the same.
 */
#include "gen/sql.h"
#include "shared/json.h"
#include "shared/log.h"
#include "shared/score_preview.h"
#include "shared/target.h"
#include "worker/jobs/ideal.h"

#define STEP_LEADS 5000
#define STEP_SESSIONS 2000
#define STEP_CAP ((size_t)192 << 20)

enum what { RESCORE, PREVIEW, COUNT };

struct work {
    struct run *run;
    struct ctx step; /* memory of one step */
    enum what what;
    int64_t draft, progress; /* 0: none */
    int64_t done;
    int64_t sessions, leads, changed; /* for the log */
};

static enum err read_payload(struct work *work, const struct json *json)
{
    struct run *run = work->run;
    struct str what = json_text(json_get(json, "do"));
    (void)json_id(json_get(json, "progress"), &work->progress);
    (void)json_id(json_get(json, "draft"), &work->draft);
    work->what = str_eq(what, STR("preview")) ? PREVIEW
                 : str_eq(what, STR("count")) ? COUNT
                                              : RESCORE;
    if ((work->what == PREVIEW) != (work->draft != 0)) {
        return ctx_fail(run->ctx, ERR_INVALID, "This job does not say what to score.");
    }
    return ERR_NONE;
}

/* ---- steps ---- */

/* A transaction whose rows are forgotten with the next one. */
static enum err begin_step(struct work *work)
{
    ctx_reset(&work->step, work->run->ctx->id);
    db_use(work->run->db, &work->step);
    TRY(run_begin(work->run));
    return run_hold(work->run);
}

/* The first failure is told by the run's own context. */
static enum err told(struct work *work, enum err err)
{
    if (err != ERR_NONE && work->run->ctx->err == ERR_NONE && work->step.err != ERR_NONE) {
        return ctx_fail_detail(work->run->ctx, err,
                               arena_dup(work->run->ctx->arena, work->step.detail), "%.*s",
                               STR_ARG(work->step.why));
    }
    return err;
}

static enum err end_step(struct work *work, int64_t seen)
{
    struct run *run = work->run;
    work->done += seen;
    if (work->progress != 0) {
        TRY(progress_step(run->db, run->dataset, work->progress,
                          work->done > INT32_MAX ? INT32_MAX : (int32_t)work->done,
                          (struct str){.p = NULL}));
    }
    return db_commit(run->db);
}

static enum err start_progress(struct work *work, int64_t sessions)
{
    struct sql_score_leads_count count = {0};
    struct run *run = work->run;
    if (work->progress == 0) {
        return ERR_NONE;
    }
    if (work->what != COUNT) {
        TRY(sql_score_leads_count(
            run->db, &(struct sql_score_leads_count_in){.dataset = run->dataset}, &count));
    }
    return progress_start(run->db, run->dataset, work->progress, sessions + count.leads);
}

/* The patterns to count are kept for all steps. */
static enum err begin(struct work *work, struct target_count *out_count)
{
    struct run *run = work->run;
    db_use(run->db, run->ctx);
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(target_count_begin(run->ctx, run->db, run->dataset, out_count, &work->sessions));
    TRY(start_progress(work, work->sessions));
    return db_commit(run->db);
}

static enum err count_step(struct work *work, struct target_count *count)
{
    struct run *run = work->run;
    int64_t seen;
    TRY(begin_step(work));
    TRY(target_count_step(&work->step, run->db, run->dataset, count, STEP_SESSIONS, &seen));
    if (seen > 0) {
        count->visitor = arena_dup(run->ctx->arena, count->visitor);
    }
    if (!count->more) {
        TRY(target_count_end(run->db, run->dataset, count));
    }
    return end_step(work, seen);
}

static enum err count_all(struct work *work)
{
    struct target_count count;
    TRY(begin(work, &count));
    while (count.more) {
        TRY(told(work, count_step(work, &count)));
    }
    return ERR_NONE;
}

/* ---- rescore ---- */

static enum err rescore_step(struct work *work, int64_t *after)
{
    struct run *run = work->run;
    struct score_formula formula;
    struct score_step step;
    TRY(begin_step(work));
    TRY(score_formula_load(&work->step, run->db, run->dataset, &formula));
    TRY(score_pass(&work->step, run->db, run->dataset, &formula, true, *after, STEP_LEADS,
                   &step));
    *after = step.seen == STEP_LEADS ? step.last : 0;
    work->leads += step.seen;
    work->changed += step.changed;
    return end_step(work, step.seen);
}

static enum err rescore_all(struct work *work)
{
    int64_t after = 0;
    do {
        TRY(told(work, rescore_step(work, &after)));
    } while (after != 0);
    return ERR_NONE;
}

/* ---- preview ---- */

struct trial {
    struct score_formula formula;
    struct score_preview preview;
    int64_t after;
    bool more;
};

static enum err read_draft(struct work *work, struct trial *trial)
{
    struct run *run = work->run;
    struct sql_score_draft_get draft;
    db_use(run->db, run->ctx);
    TRY(run_begin(run));
    TRY(sql_score_draft_get(
        run->db,
        &(struct sql_score_draft_get_in){.dataset = run->dataset, .draft = work->draft},
        &draft));
    TRY(score_formula_from(run->ctx, run->db, run->dataset, SCORE_VERSION_DRAFT, draft.rules,
                           &trial->formula));
    return db_commit(run->db);
}

static enum err try_page(struct work *work, struct trial *trial, struct sql_i64s ids)
{
    struct run *run = work->run;
    struct score_lead *leads;
    size_t n;
    TRY(score_leads(&work->step, run->db, run->dataset, &trial->formula, ids, &leads, &n));
    for (size_t i = 0; i < n; i++) {
        struct score score;
        score_of(&trial->formula, &leads[i].input, leads[i].now, &score);
        score_preview_add(&trial->preview, &leads[i], &score);
    }
    return ERR_NONE;
}

static enum err try_step(struct work *work, struct trial *trial)
{
    struct run *run = work->run;
    struct sql_score_page_rows rows;
    TRY(begin_step(work));
    TRY(sql_score_page(run->db,
                       &(struct sql_score_page_in){
                           .dataset = run->dataset, .after = trial->after, .limit = STEP_LEADS},
                       &rows));
    int64_t *ids = ARENA_ARRAY(work->step.arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = trial->after = rows.row[i].id;
    }
    TRY(try_page(work, trial, (struct sql_i64s){ids, rows.n}));
    trial->more = rows.n == STEP_LEADS;
    work->leads += (int64_t)rows.n;
    return end_step(work, (int64_t)rows.n);
}

static enum err preview(struct work *work)
{
    struct run *run = work->run;
    struct trial *trial = ARENA_NEW(run->ctx->arena, struct trial);
    struct str json;
    score_preview_init(&trial->preview);
    TRY(read_draft(work, trial));
    do {
        TRY(told(work, try_step(work, trial)));
    } while (trial->more);
    db_use(run->db, run->ctx);
    TRY(score_preview_json(run->ctx, &trial->formula, &trial->preview, &json));
    TRY(run_begin(run));
    return sql_score_draft_result(run->db,
                                  &(struct sql_score_draft_result_in){.dataset = run->dataset,
                                                                      .draft = work->draft,
                                                                      .result = json},
                                  NULL);
}

/* ---- the whole ---- */

static enum err do_all(struct work *work)
{
    struct run *run = work->run;
    TRY(count_all(work));
    if (work->what == PREVIEW) {
        TRY(preview(work)); /* its last transaction is still open */
    } else {
        if (work->what == RESCORE) {
            TRY(rescore_all(work));
        }
        db_use(run->db, run->ctx);
        TRY(run_begin(run));
        TRY(target_trim(run->db, run->dataset));
    }
    if (work->progress != 0) {
        TRY(progress_finish(run->db, run->dataset, work->progress, PROGRESS_DONE,
                            (struct str){.p = NULL}));
    }
    log_event(LOG_INFO, run->ctx, "score.done", LOG_I64("sessions", work->sessions),
              LOG_I64("leads", work->leads), LOG_I64("changed", work->changed));
    return run_complete(run);
}

/* Cancelled (which progress_finish leaves as it is), or the draft is gone. */
static enum err give_up(struct work *work)
{
    struct run *run = work->run;
    db_use(run->db, run->ctx);
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    if (work->progress != 0) {
        TRY(progress_finish(run->db, run->dataset, work->progress, PROGRESS_FAILED,
                            STR("This formula is not there any more.")));
    }
    return run_complete(run);
}

enum err job_score(struct run *run)
{
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    if (str_eq(json_text(json_get(json, "do")), STR("ideal"))) {
        return job_ideal(run, json);
    }
    struct work work = {.run = run, .step = {.arena = arena_new(STEP_CAP)}};
    enum err err = read_payload(&work, json);
    err = err == ERR_NONE ? do_all(&work) : err;
    err = err == ERR_NOT_FOUND ? give_up(&work) : err;
    db_use(run->db, run->ctx);
    arena_free(work.step.arena);
    return err;
}
