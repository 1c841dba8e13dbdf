#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "worker/members_parts.h"

#define LOCK INT64_C(0x6c65616473656701)
#define FAST_MS 100
#define SLOW_MS 500
#define SWEEP_LOOK_US (5 * CLOCK_SECOND)
#define TRIES 3

/* ---- the dataset's segments ---- */

static int compare_depth(const void *a, const void *b)
{
    const struct members_segment *x = a, *y = b;
    int order = (x->depth > y->depth) - (x->depth < y->depth);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

static enum err put_aside(struct members_round *round, int64_t segment, struct str why)
{
    log_event(LOG_WARN, round->ctx, "members.segment_failed", LOG_I64("segment", segment),
              LOG_STR("why", why), LOG_STR("detail", round->ctx->detail));
    const struct sql_segment_problem_in in = {
        .dataset = round->dataset, .segment = segment, .problem = why};
    return sql_segment_problem(round->db, &in, NULL);
}

/* False when its filter cannot be read; it is put aside then. */
static enum err read_segment(struct members_round *round, struct members_segment *segment,
                             struct str json, bool *out_read)
{
    struct ctx *ctx = round->ctx;
    *out_read = filter_parse(ctx, json, &segment->filter) == ERR_NONE;
    if (!*out_read) {
        struct str why = ctx->why;
        ctx_clear(ctx);
        return put_aside(round, segment->id, why);
    }
    segment->subject = segment->filter.subject;
    segment->asks = filter_ids(ctx, &segment->filter, FILTER_SEGMENT);
    return ERR_NONE;
}

static enum err hold(struct members_round *round)
{
    struct sql_segment_hold_rows rows;
    TRY(sql_segment_hold(round->db, &(struct sql_segment_hold_in){.dataset = round->dataset},
                         &rows));
    round->segments = ARENA_ARRAY(round->ctx->arena, rows.n, struct members_segment);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_segment_hold *row = &rows.row[i];
        struct members_segment *segment = &round->segments[round->n];
        bool read;
        *segment = (struct members_segment){.id = row->id,
                                            .on = (unsigned)row->on_what,
                                            .depth = row->depth,
                                            .filled = row->filled};
        TRY(read_segment(round, segment, row->filter, &read));
        round->n += read ? 1 : 0;
        round->now = row->now;
    }
    if (round->n > 0) {
        qsort(round->segments, round->n, sizeof(*round->segments), compare_depth);
    }
    return ERR_NONE;
}

/* ---- rounds ---- */

typedef enum err round_part(struct members_round *round, bool *out_found, bool *out_more);

static enum err follow(struct members_round *round, bool *out_found, bool *out_more)
{
    TRY(hold(round));
    TRY(members_due(round, out_found, out_more));
    return members_settle(round);
}

static enum err sweep(struct members_round *round, bool *out_found, bool *out_more)
{
    struct sql_segment_sweep span;
    TRY(hold(round));
    TRY(sql_segment_sweep(round->db, &(struct sql_segment_sweep_in){.dataset = round->dataset},
                          &span));
    for (size_t i = 0; i < round->n && span.since < span.until; i++) {
        struct members_segment *segment = &round->segments[i];
        const struct filter_query query = {
            .dataset = round->dataset, .filter = &segment->filter, .now = round->now};
        struct sql_i64s aged = {0};
        enum err err =
            (segment->on & (unsigned)FILTER_ON_TIME) == 0
                ? ERR_NONE
                : filter_aged(round->ctx, round->db, &query, span.since, span.until, &aged);
        round->failed_segment = err == ERR_NONE ? 0 : segment->id;
        TRY(err);
        ids_add(round->ctx->arena, &segment->due, aged);
    }
    *out_found = true;
    *out_more = false;
    return members_settle(round);
}

static enum err transaction(struct members_round *round, round_part *part, bool *out_found,
                            bool *out_more)
{
    TRY(db_begin(round->db, &(struct db_scope){.dataset = round->dataset}));
    TRY(part(round, out_found, out_more));
    return db_commit(round->db);
}

/* What is wrong with a segment or a board must not stop the others. True when it was one of
 * these, which the next try leaves out. */
static bool leave_out(struct members_round *failed, enum err err, const atomic_bool *stop,
                      bool *skip_boards)
{
    bool nobodys = err == ERR_CONFLICT || err == ERR_UNAVAILABLE || atomic_load(stop);
    if (nobodys || (failed->failed_segment == 0 && failed->failed_board == 0)) {
        return false;
    }
    if (failed->failed_board != 0) {
        log_event(LOG_WARN, failed->ctx, "members.board_failed",
                  LOG_I64("board", failed->failed_board), LOG_TEXT("err", err_name(err)),
                  LOG_STR("why", failed->ctx->why), LOG_STR("detail", failed->ctx->detail));
        *skip_boards = true;
        return true;
    }
    struct str why = err == ERR_TIMEOUT ? STR("Its conditions take too long to look up.")
                                        : STR("Its conditions could not be looked up.");
    return db_begin(failed->db, &(struct db_scope){.dataset = failed->dataset}) == ERR_NONE &&
           put_aside(failed, failed->failed_segment, why) == ERR_NONE &&
           db_commit(failed->db) == ERR_NONE;
}

static enum err run(struct ctx *ctx, struct db *db, const atomic_bool *stop, int64_t dataset,
                    enum segment_cause cause, round_part *part, bool *out_found, bool *out_more)
{
    enum err err = ERR_NONE;
    bool again = true, skip_boards = false;
    for (int i = 0; again && i < TRIES; i++) {
        struct members_round round = {.ctx = ctx,
                                      .db = db,
                                      .dataset = dataset,
                                      .cause = cause,
                                      .skip_boards = skip_boards};
        int64_t start_us = clock_monotonic();
        ctx_clear(ctx);
        err = transaction(&round, part, out_found, out_more);
        if (err == ERR_NONE) {
            log_event(LOG_DEBUG, ctx, "members.done", LOG_I64("dataset", dataset),
                      LOG_I64("changed", round.changed),
                      LOG_I64("us", clock_monotonic() - start_us));
            return ERR_NONE;
        }
        db_rollback(db);
        again = leave_out(&round, err, stop, &skip_boards);
    }
    return err;
}

enum err members_follow(struct ctx *ctx, struct db *db, const atomic_bool *stop,
                        bool *out_found, bool *out_more)
{
    struct sql_segment_next_rows rows;
    *out_found = *out_more = false;
    TRY(sql_segment_next(db, &rows));
    return rows.n == 0 ? ERR_NONE
                       : run(ctx, db, stop, rows.row[0].dataset, SEGMENT_CHANGED, follow,
                             out_found, out_more);
}

enum err members_sweep(struct ctx *ctx, struct db *db, const atomic_bool *stop, bool *out_found)
{
    struct sql_segment_sweep_next_rows rows;
    bool more;
    *out_found = false;
    TRY(sql_segment_sweep_next(db, &rows));
    return rows.n == 0
               ? ERR_NONE
               : run(ctx, db, stop, rows.row[0].dataset, SEGMENT_AGED, sweep, out_found, &more);
}

/* ---- one segment, for the job ---- */

enum err members_settle_one(struct ctx *ctx, struct db *db, int64_t dataset, int64_t segment,
                            struct sql_i64s ids, int64_t *out_changed)
{
    struct sql_segment_hold_one_rows rows;
    struct members_round round = {
        .ctx = ctx, .db = db, .dataset = dataset, .cause = SEGMENT_CHANGED, .n = 1};
    TRY(sql_segment_hold_one(
        db, &(struct sql_segment_hold_one_in){.dataset = dataset, .segment = segment}, &rows));
    if (rows.n == 0) {
        return ERR_NOT_FOUND;
    }
    struct members_segment one = {.id = segment, .filled = rows.row[0].filled};
    TRY(filter_parse(ctx, rows.row[0].filter, &one.filter));
    one.subject = one.filter.subject;
    ids_add(ctx->arena, &one.due, ids);
    round.now = rows.row[0].now;
    round.segments = &one;
    TRY(members_settle(&round));
    *out_changed = round.changed;
    return ERR_NONE;
}

/* ---- the service ---- */

struct state {
    int wait_ms;
    int64_t looked_us; /* for what is to be swept */
};

static enum err step(struct service *service, int *out_wait_ms)
{
    struct state *state = service->state;
    bool found, more, swept = false;
    TRY(members_follow(service->ctx, service->db, service->stop, &found, &more));
    if (clock_monotonic() - state->looked_us > SWEEP_LOOK_US) {
        TRY(members_sweep(service->ctx, service->db, service->stop, &swept));
        state->looked_us = swept ? state->looked_us : clock_monotonic();
    }
    service_pace(&state->wait_ms, more || swept, found, FAST_MS, SLOW_MS);
    *out_wait_ms = state->wait_ms;
    return ERR_NONE;
}

const struct service_kind members_service = {
    .name = "members", .lock = LOCK, .state_size = sizeof(struct state), .step = step};
