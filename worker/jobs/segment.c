/*
 * segment: looks a segment through as a whole, because it was made or edited, something changed
 * for many, or a day has passed: asks for everybody who matches, and settles those for whom
 * that differs from the members that are kept, some in a transaction, each asked once more
 * under the segment's lock (worker/members.h), so that what changes meanwhile is not lost. Safe
 * to repeat. What is left of a segment that was deleted it throws away.
 */
#include "gen/sql.h"
#include "shared/json.h"
#include "shared/log.h"
#include "worker/kinds.h"
#include "worker/members.h"

#define STEP_IDS 2000
#define PART_IDS INT64_C(1000000) /* so many fit in memory, some lists of them */
#define SCRATCH_CAP ((size_t)256 << 20)
#define FIND_TIMEOUT_MS 600000

struct fill {
    struct run *run;
    int64_t segment;
    int32_t version;
    bool filled;
    bool daily;      /* nothing should be different */
    int64_t changed; /* members who entered or left */
    struct filter filter;
};

static enum err read_payload(struct run *run, struct fill *fill)
{
    const struct json *json;
    TRY(json_parse(run->ctx, run->jobs[0].payload, 4096, &json));
    if (!json_id(json_get(json, "segment"), &fill->segment)) {
        return ctx_fail(run->ctx, ERR_INVALID, "This job does not say which segment.");
    }
    return json_get(json, "daily") != NULL && !json_bool(json_get(json, "daily"), &fill->daily)
               ? ctx_fail(run->ctx, ERR_INVALID, "This job does not say why.")
               : ERR_NONE;
}

/* ---- a segment that is gone ---- */

static enum err throw_away(struct fill *fill)
{
    struct run *run = fill->run;
    const struct sql_segment_leftovers_in in = {
        .dataset = run->dataset, .segment = fill->segment, .most = 10 * STEP_IDS};
    struct sql_segment_leftovers gone = {.n = 1};
    while (gone.n > 0) {
        TRY(run_begin(run));
        TRY(run_hold(run));
        TRY(sql_segment_leftovers(run->db, &in, &gone));
        TRY(gone.n > 0 ? db_commit(run->db) : run_complete(run));
    }
    return ERR_NONE;
}

/* ---- who is to be settled ---- */

/* In one of the two, but not in both (ascending). */
static struct sql_i64s different(struct arena *arena, struct sql_i64s a, struct sql_i64s b)
{
    int64_t *v = ARENA_ARRAY(arena, a.n + b.n, int64_t);
    size_t n = 0, i = 0, k = 0;
    while (i < a.n || k < b.n) {
        if (k == b.n || (i < a.n && a.v[i] < b.v[k])) {
            v[n++] = a.v[i++];
        } else if (i == a.n || b.v[k] < a.v[i]) {
            v[n++] = b.v[k++];
        } else {
            i++;
            k++;
        }
    }
    return (struct sql_i64s){.v = v, .n = n};
}

/* A filter that cannot be read or asked is told on the segment's page. */
static enum err give_up(struct fill *fill, struct str why)
{
    struct run *run = fill->run;
    db_rollback(run->db);
    ctx_clear(run->ctx);
    TRY(run_begin(run));
    TRY(sql_segment_problem(run->db,
                            &(struct sql_segment_problem_in){.dataset = run->dataset,
                                                             .segment = fill->segment,
                                                             .problem = why},
                            NULL));
    return run_complete(run);
}

static enum err compare(struct fill *fill, int64_t after, struct sql_i64s *out_ids)
{
    struct run *run = fill->run;
    const struct filter_query query = {
        .dataset = run->dataset, .filter = &fill->filter, .timeout_ms = FIND_TIMEOUT_MS};
    struct sql_segment_members members;
    struct sql_i64s matching;
    TRY(run_begin(run));
    TRY(filter_find(run->ctx, run->db, &query, after, after + PART_IDS, &matching));
    TRY(sql_segment_members(run->db,
                            &(struct sql_segment_members_in){.dataset = run->dataset,
                                                             .segment = fill->segment,
                                                             .after = after,
                                                             .until = after + PART_IDS},
                            &members));
    TRY(db_commit(run->db));
    *out_ids = different(run->ctx->arena, matching, members.ids);
    return ERR_NONE;
}

/* ---- settling ---- */

/* Segments that name this one hear of who came and went by the service. */
static enum err tell_above(struct fill *fill, struct sql_i64s ids)
{
    bool leads = fill->filter.subject == FILTER_LEADS;
    const struct sql_segment_touch_above_in in = {.dataset = fill->run->dataset,
                                                  .accounts =
                                                      leads ? (struct sql_i64s){0} : ids,
                                                  .leads = leads ? ids : (struct sql_i64s){0}};
    return sql_segment_touch_above(fill->run->db, &in, NULL);
}

static enum err settle_all(struct fill *fill, struct sql_i64s ids)
{
    struct run *run = fill->run;
    for (size_t i = 0; i < ids.n; i += STEP_IDS) {
        struct sql_i64s some = {.v = ids.v + i,
                                .n = ids.n - i < STEP_IDS ? ids.n - i : STEP_IDS};
        int64_t changed;
        TRY(run_begin(run));
        TRY(run_hold(run));
        TRY(members_settle_one(run->ctx, run->db, run->dataset, fill->segment, some, &changed));
        TRY(changed > 0 ? tell_above(fill, some) : ERR_NONE);
        TRY(db_commit(run->db));
        fill->changed += changed;
    }
    return ERR_NONE;
}

static enum err finish(struct fill *fill)
{
    struct run *run = fill->run;
    const struct sql_segment_filled_in in = {.dataset = run->dataset,
                                             .segment = fill->segment,
                                             .version = fill->version,
                                             .on_what = (int32_t)filter_on(&fill->filter)};
    TRY(run_begin(run));
    TRY(sql_segment_filled(run->db, &in, NULL));
    return run_complete(run);
}

/* False when the job has ended: the segment can't be asked. */
static enum err fill_part(struct fill *fill, int64_t after, bool *out_goes_on)
{
    struct run *run = fill->run;
    struct sql_i64s ids;
    *out_goes_on = true;
    enum err err = compare(fill, after, &ids);
    if ((err == ERR_INVALID || err == ERR_INTERNAL || err == ERR_TIMEOUT) &&
        !atomic_load(run->stop)) {
        *out_goes_on = false;
        return give_up(fill, err == ERR_TIMEOUT
                                 ? STR("Its conditions take too long to look up.")
                                 : STR("Its conditions could not be looked up."));
    }
    TRY(err);
    return settle_all(fill, ids);
}

/* Each part in memory of its own: a large dataset has many. */
static enum err in_scratch(struct fill *fill, int64_t after, bool *out_goes_on)
{
    struct run *run = fill->run;
    struct ctx *ctx = run->ctx;
    struct ctx scratch = {.arena = arena_new(SCRATCH_CAP), .id = ctx->id};
    run->ctx = &scratch;
    db_use(run->db, &scratch);
    enum err err = fill_part(fill, after, out_goes_on);
    db_use(run->db, ctx); /* rolls back what failed */
    run->ctx = ctx;
    if (err != ERR_NONE && scratch.err != ERR_NONE) {
        err = ctx_fail_detail(ctx, err, arena_dup(ctx->arena, scratch.detail), "%.*s",
                              STR_ARG(scratch.why));
    }
    arena_free(scratch.arena);
    return err;
}

static enum err fill_segment(struct fill *fill)
{
    struct run *run = fill->run;
    struct sql_segment_end end;
    const struct sql_segment_end_in in = {.dataset = run->dataset,
                                          .segment = fill->segment,
                                          .subject = (int16_t)fill->filter.subject};
    TRY(sql_segment_end(run->db, &in, &end));
    bool goes_on = true;
    for (int64_t after = 0; goes_on && after < end.id; after += PART_IDS) {
        TRY(in_scratch(fill, after, &goes_on));
    }
    if (!goes_on) {
        return ERR_NONE;
    }
    if (fill->changed > 0 && fill->filled && fill->daily) {
        log_event(LOG_WARN, run->ctx, "segment.drift", LOG_I64("segment", fill->segment),
                  LOG_I64("changed", fill->changed));
    }
    return finish(fill);
}

enum err job_segment(struct run *run)
{
    struct fill fill = {.run = run};
    struct sql_segment_look_rows rows;
    TRY(read_payload(run, &fill));
    TRY(run_begin(run));
    TRY(sql_segment_look(
        run->db,
        &(struct sql_segment_look_in){.dataset = run->dataset, .segment = fill.segment},
        &rows));
    TRY(db_commit(run->db));
    if (rows.n == 0) {
        return throw_away(&fill);
    }
    fill.version = rows.row[0].version;
    fill.filled = rows.row[0].filled;
    if (filter_parse(run->ctx, rows.row[0].filter, &fill.filter) != ERR_NONE) {
        return give_up(&fill, run->ctx->why);
    }
    enum err err = fill_segment(&fill);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    db_rollback(run->db); /* deleted meanwhile */
    ctx_clear(run->ctx);
    return throw_away(&fill);
}
