/*
 * enrol: applies an automation to everybody who matches already (automation_enrol), some in a
 * transaction, in which each is asked about once more. The place that was reached stands in the
 * operation's detail, kept with the step, so that whatever is killed goes on behind the last
 * one; and nobody is run for twice, because a run's cause is the enrolment (automation_run).
 */
#include "gen/sql.h"
#include "shared/json.h"
#include "shared/log.h"
#include "shared/operation.h"
#include "worker/automate.h"
#include "worker/kinds.h"

#define STEP_IDS 500
#define PART_IDS INT64_C(1000000) /* ids that are looked through at once */
#define MEMORY ((size_t)256 << 20)
#define FIND_TIMEOUT_MS 600000
#define TRIES 4

struct enrol {
    struct run *run;
    struct ctx part, step; /* memory of one of each */
    struct automate *automate;
    int64_t automation, progress, operation;
    int32_t version;
    struct filter filters[AUTOMATION_FILTERS];
    size_t n_filters;
    /* The place: ids of this filter up to this one are done. */
    int64_t filter, after;
    int64_t done;
};

static enum err read_payload(struct enrol *enrol)
{
    struct run *run = enrol->run;
    const struct json *json;
    int64_t version = 0;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    if (!json_id(json_get(json, "automation"), &enrol->automation) ||
        !json_id(json_get(json, "progress"), &enrol->progress) ||
        !json_id(json_get(json, "operation"), &enrol->operation) ||
        !json_i64(json_get(json, "version"), &version)) {
        return ctx_fail(run->ctx, ERR_INVALID, "This job does not say whom to enrol.");
    }
    enrol->version = (int32_t)version;
    return ERR_NONE;
}

/* ---- where it is ---- */

static enum err read_place(struct enrol *enrol)
{
    struct run *run = enrol->run;
    struct operation_row operation;
    struct progress progress;
    const struct json *detail, *result;
    int64_t enrolled = 0, nothing = 0;
    TRY(operation_get(run->db, run->dataset, enrol->operation, &operation));
    TRY(json_parse(run->ctx, operation.detail, 65536, &detail));
    (void)json_i64(json_get(detail, "filter"), &enrol->filter);
    (void)json_id(json_get(detail, "cursor"), &enrol->after);
    TRY(progress_get(run->db, run->dataset, enrol->progress, &progress));
    if (!str_is_null(progress.result)) {
        TRY(json_parse(run->ctx, progress.result, 65536, &result));
        (void)json_i64(json_get(result, "enrolled"), &enrolled);
        (void)json_i64(json_get(result, "nothing"), &nothing);
    }
    enrol->done = enrolled + nothing;
    return ERR_NONE;
}

static enum err load(struct enrol *enrol)
{
    struct run *run = enrol->run;
    struct automation_row row;
    enum err err = automation_get(run->db, run->dataset, enrol->automation, &row);
    if (err == ERR_NOT_FOUND ||
        (err == ERR_NONE && (!row.enabled || row.version != enrol->version))) {
        return ctx_fail(run->ctx, ERR_NOT_FOUND,
                        "The automation was switched off or changed meanwhile.");
    }
    TRY(err);
    return automation_filters(run->db, run->dataset, &row.rule, enrol->filters,
                              &enrol->n_filters);
}

static enum err begin(struct enrol *enrol)
{
    struct run *run = enrol->run;
    int64_t total = 0;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(read_place(enrol));
    TRY(load(enrol));
    for (size_t i = 0; i < enrol->n_filters; i++) {
        const struct filter_query query = {.dataset = run->dataset,
                                           .filter = &enrol->filters[i],
                                           .timeout_ms = FIND_TIMEOUT_MS};
        int64_t n;
        TRY(filter_count(run->ctx, run->db, &query, &n));
        total += n;
    }
    TRY(progress_start(run->db, run->dataset, enrol->progress, total));
    TRY(progress_step(run->db, run->dataset, enrol->progress, (int32_t)enrol->done,
                      (struct str){.p = NULL}));
    return db_commit(run->db);
}

/* ---- a step ---- */

static enum err keep_place(struct enrol *enrol, int64_t last, size_t seen, int32_t enrolled)
{
    struct run *run = enrol->run;
    struct arena *arena = enrol->step.arena;
    TRY(operation_end(run->db, run->dataset, enrol->operation, 0,
                      arena_print(arena, "{\"filter\":%d,\"cursor\":\"%lld\"}",
                                  (int)enrol->filter, (long long)last)));
    return progress_step(
        run->db, run->dataset, enrol->progress, (int32_t)enrol->done,
        arena_print(arena, "{\"enrolled\":%d,\"nothing\":%d}", enrolled, (int)seen - enrolled));
}

static enum err step(struct enrol *enrol, struct sql_i64s ids)
{
    struct run *run = enrol->run;
    const struct filter *filter = &enrol->filters[enrol->filter];
    struct automate_enrolment enrolment = {.dataset = run->dataset,
                                           .automation = enrol->automation,
                                           .progress = enrol->progress,
                                           .operation = enrol->operation,
                                           .version = enrol->version,
                                           .leads = filter->subject == FILTER_LEADS};
    const struct filter_query query = {.dataset = run->dataset, .filter = filter};
    int32_t enrolled = 0;
    TRY(run_begin(run));
    TRY(run_hold(run));
    TRY(filter_matches(&enrol->step, run->db, &query, ids, &enrolment.ids));
    if (enrolment.ids.n > 0) {
        TRY(automate_enrol(enrol->automate, &enrol->step, run->db, &enrolment, &enrolled));
    }
    enrol->done += (int64_t)enrolment.ids.n;
    TRY(keep_place(enrol, ids.v[ids.n - 1], enrolment.ids.n, enrolled));
    return db_commit(run->db);
}

/* Somebody else locked the same in another order, or really has taken the job over. */
static enum err step_again(struct enrol *enrol, struct sql_i64s ids)
{
    int64_t done = enrol->done;
    enum err err = ERR_CONFLICT;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++) {
        db_rollback(enrol->run->db);
        ctx_clear(&enrol->step);
        enrol->done = done;
        err = step(enrol, ids);
    }
    return err;
}

/* ---- all of a filter ---- */

static enum err find_part(struct enrol *enrol, struct sql_i64s *out_ids, int64_t *out_end)
{
    struct run *run = enrol->run;
    const struct filter *filter = &enrol->filters[enrol->filter];
    struct sql_segment_end end;
    TRY(run_begin(run));
    TRY(sql_segment_end(run->db,
                        &(struct sql_segment_end_in){.dataset = run->dataset,
                                                     .subject = (int16_t)filter->subject},
                        &end));
    const struct filter_query query = {
        .dataset = run->dataset, .filter = filter, .timeout_ms = FIND_TIMEOUT_MS};
    TRY(filter_find(&enrol->part, run->db, &query, enrol->after, enrol->after + PART_IDS,
                    out_ids));
    *out_end = end.id;
    return db_commit(run->db);
}

/* The first failure is told by the run's own context. */
static enum err told(struct enrol *enrol, const struct ctx *from, enum err err)
{
    struct ctx *ctx = enrol->run->ctx;
    if (err != ERR_NONE && ctx->err == ERR_NONE && from->err != ERR_NONE) {
        return ctx_fail_detail(ctx, err, arena_dup(ctx->arena, from->detail), "%.*s",
                               STR_ARG(from->why));
    }
    return err;
}

static void use(struct enrol *enrol, struct ctx *ctx)
{
    ctx_reset(ctx, enrol->run->ctx->id);
    db_use(enrol->run->db, ctx);
}

static enum err part(struct enrol *enrol, bool *out_more)
{
    struct sql_i64s ids = {.n = 0};
    int64_t end = 0;
    use(enrol, &enrol->part);
    TRY(told(enrol, &enrol->part, find_part(enrol, &ids, &end)));
    for (size_t i = 0; i < ids.n; i += STEP_IDS) {
        size_t n = ids.n - i < STEP_IDS ? ids.n - i : STEP_IDS;
        use(enrol, &enrol->step);
        TRY(told(enrol, &enrol->step, step_again(enrol, (struct sql_i64s){ids.v + i, n})));
    }
    enrol->after += PART_IDS;
    *out_more = enrol->after < end;
    return ERR_NONE;
}

static enum err all(struct enrol *enrol)
{
    for (; enrol->filter < (int64_t)enrol->n_filters; enrol->filter++) {
        bool more = true;
        while (more) {
            TRY(part(enrol, &more));
        }
        enrol->after = 0;
    }
    return ERR_NONE;
}

/* ---- the end ---- */

/* What changed nothing is nothing that could be undone. */
static enum err finish(struct enrol *enrol, enum progress_state state, struct str why)
{
    struct run *run = enrol->run;
    struct operation_row operation;
    db_use(run->db, run->ctx);
    TRY(run_begin(run));
    TRY(operation_hold(run->db, run->dataset, enrol->operation, &operation));
    if (operation.n == 0) {
        const struct sql_automate_operation_drop_in drop = {.dataset = run->dataset,
                                                            .operation = enrol->operation};
        TRY(sql_automate_operation_drop(run->db, &drop, NULL));
    }
    TRY(progress_finish(run->db, run->dataset, enrol->progress, state, why));
    return run_complete(run);
}

static enum err do_all(struct enrol *enrol)
{
    TRY(begin(enrol));
    TRY(all(enrol));
    log_event(LOG_INFO, enrol->run->ctx, "enrol.done", LOG_I64("automation", enrol->automation),
              LOG_I64("seen", enrol->done));
    return finish(enrol, PROGRESS_DONE, (struct str){.p = NULL});
}

/* Cancelled (which progress_finish leaves as it is), or it cannot go on: what was done until
 * now stays. */
static enum err give_up(struct enrol *enrol, enum err err)
{
    struct ctx *ctx = enrol->run->ctx;
    struct str why = err == ERR_TIMEOUT      ? STR("Its conditions take too long to look up.")
                     : str_is_null(ctx->why) ? STR("This is not possible any more.")
                                             : ctx->why;
    db_rollback(enrol->run->db);
    ctx_clear(ctx);
    return finish(enrol, PROGRESS_FAILED, why);
}

enum err job_enrol(struct run *run)
{
    struct enrol enrol = {.run = run};
    TRY(read_payload(&enrol));
    enrol.part.arena = arena_new(MEMORY);
    enrol.step.arena = arena_new(MEMORY);
    enrol.automate = automate_new(run->config);
    enum err err = do_all(&enrol);
    bool over = err == ERR_NOT_FOUND || err == ERR_INVALID || err == ERR_TIMEOUT;
    err = over && !atomic_load(run->stop) ? give_up(&enrol, err) : err;
    db_use(run->db, run->ctx);
    automate_free(enrol.automate);
    arena_free(enrol.step.arena);
    arena_free(enrol.part.arena);
    return err;
}
