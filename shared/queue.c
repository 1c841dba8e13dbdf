#include "shared/queue.h"

#include "gen/sql.h"
#include "shared/clock.h"

#define HINT_PAUSE_US (CLOCK_SECOND / 4)

struct columns {
    int64_t *dataset;
    struct str *uniq, *payload;
};

static struct columns split(struct ctx *ctx, const struct queue_job *jobs, size_t n)
{
    struct columns columns = {.dataset = ARENA_ARRAY(ctx->arena, n, int64_t),
                              .uniq = ARENA_ARRAY(ctx->arena, n, struct str),
                              .payload = ARENA_ARRAY(ctx->arena, n, struct str)};
    for (size_t i = 0; i < n; i++) {
        columns.dataset[i] = jobs[i].dataset;
        columns.uniq[i] = jobs[i].uniq;
        columns.payload[i] = jobs[i].payload;
    }
    return columns;
}

static enum err add_new(struct db *db, enum job_kind kind, const struct columns *columns,
                        size_t n, const struct queue_opts *opts, int64_t *ids, int64_t *out_n)
{
    const struct sql_job_add_in in = {.kind = (int16_t)kind,
                                      .prio = (int16_t)opts->prio,
                                      .delay = (double)opts->delay_ms / 1000,
                                      .dataset = {columns->dataset, n},
                                      .uniq = {columns->uniq, n},
                                      .payload = {columns->payload, n}};
    struct sql_job_add_rows rows;
    TRY(sql_job_add(db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].id;
    }
    *out_n = (int64_t)rows.n;
    return ERR_NONE;
}

static enum err add_or_change(struct db *db, enum job_kind kind, const struct columns *columns,
                              size_t n, const struct queue_opts *opts, int64_t *ids,
                              int64_t *out_n)
{
    const struct sql_job_add_or_change_in in = {.kind = (int16_t)kind,
                                                .prio = (int16_t)opts->prio,
                                                .delay = (double)opts->delay_ms / 1000,
                                                .dataset = {columns->dataset, n},
                                                .uniq = {columns->uniq, n},
                                                .payload = {columns->payload, n},
                                                .again = opts->unique == QUEUE_RERUN};
    struct sql_job_add_or_change_rows rows;
    TRY(sql_job_add_or_change(db, &in, &rows));
    int64_t fresh = 0;
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].fresh) {
            ids[fresh++] = rows.row[i].id;
        }
    }
    *out_n = fresh;
    return ERR_NONE;
}

static enum err add(struct db *db, enum job_kind kind, const struct queue_job *jobs, size_t n,
                    const struct queue_opts *opts, int64_t *ids, int64_t *out_n)
{
    static const struct queue_opts defaults;
    struct columns columns = split(db_ctx(db), jobs, n);
    opts = opts == NULL ? &defaults : opts;
    return opts->unique == QUEUE_KEEP ? add_new(db, kind, &columns, n, opts, ids, out_n)
                                      : add_or_change(db, kind, &columns, n, opts, ids, out_n);
}

enum err queue_add(struct db *db, enum job_kind kind, const struct queue_job *job,
                   const struct queue_opts *opts, int64_t *out_id)
{
    int64_t id = 0;
    int64_t n;
    TRY(add(db, kind, job, 1, opts, &id, &n));
    if (out_id != NULL) {
        *out_id = id;
    }
    return ERR_NONE;
}

enum err queue_add_many(struct db *db, enum job_kind kind, const struct queue_job *jobs,
                        size_t n, const struct queue_opts *opts, int64_t *out_added)
{
    int64_t added = 0;
    if (n > 0) {
        int64_t *ids = ARENA_ARRAY(db_ctx(db)->arena, n, int64_t);
        TRY(add(db, kind, jobs, n, opts, ids, &added));
    }
    if (out_added != NULL) {
        *out_added = added;
    }
    return ERR_NONE;
}

enum err queue_cancel(struct db *db, int64_t dataset, int64_t id)
{
    struct sql_job_cancel out;
    return sql_job_cancel(db, &(struct sql_job_cancel_in){.dataset = dataset, .id = id}, &out);
}

enum err queue_revive(struct db *db, int64_t *out_count)
{
    return sql_jobs_revive(db, out_count);
}

void queue_wake(struct queue_hint *hint, struct db *db)
{
    int64_t now = clock_monotonic();
    if (hint->off || (hint->sent_us != 0 && now - hint->sent_us < HINT_PAUSE_US)) {
        return;
    }
    hint->sent_us = now;
    if (sql_queue_notify(db, NULL) != ERR_NONE) {
        ctx_clear(db_ctx(db)); /* only a hint: workers look by themselves */
    }
}

/* ---- progress ---- */

enum err progress_create(struct db *db, int64_t dataset, enum job_kind kind, int64_t subject,
                         int64_t user, int64_t *out_id)
{
    const struct sql_progress_create_in in = {.dataset = dataset,
                                              .kind = (int16_t)kind,
                                              .subject = subject,
                                              .user_id = user,
                                              .user_id_null = user == 0};
    struct sql_progress_create out;
    TRY(sql_progress_create(db, &in, &out));
    *out_id = out.id;
    return ERR_NONE;
}

/* The statements say `where` it may happen; no row: it may not. */
static enum err changed(struct db *db, enum err err, int64_t rows)
{
    TRY(err);
    return rows > 0 ? ERR_NONE
                    : ctx_fail(db_ctx(db), ERR_NOT_FOUND, "This is not under way any more.");
}

enum err progress_start(struct db *db, int64_t dataset, int64_t id, int64_t total)
{
    const struct sql_progress_start_in in = {
        .dataset = dataset, .id = id, .total = total > INT32_MAX ? INT32_MAX : (int32_t)total};
    int64_t rows = 0;
    enum err err = sql_progress_start(db, &in, &rows);
    return changed(db, err, rows);
}

enum err progress_step(struct db *db, int64_t dataset, int64_t id, int32_t done,
                       struct str more)
{
    const struct sql_progress_step_in in = {
        .dataset = dataset, .id = id, .done = done, .more = more};
    int64_t rows = 0;
    enum err err = sql_progress_step(db, &in, &rows);
    return changed(db, err, rows);
}

enum err progress_finish(struct db *db, int64_t dataset, int64_t id, enum progress_state state,
                         struct str message)
{
    const struct sql_progress_finish_in in = {
        .dataset = dataset, .id = id, .state = (int16_t)state, .message = message};
    return sql_progress_finish(db, &in, NULL);
}

enum err progress_cancel(struct db *db, int64_t dataset, int64_t id)
{
    int64_t rows = 0;
    enum err err = sql_progress_cancel(
        db, &(struct sql_progress_cancel_in){.dataset = dataset, .id = id}, &rows);
    return changed(db, err, rows);
}

enum err progress_get(struct db *db, int64_t dataset, int64_t id, struct progress *out)
{
    struct sql_progress_get row;
    TRY(sql_progress_get(db, &(struct sql_progress_get_in){.dataset = dataset, .id = id}, &row));
    *out = (struct progress){.id = id,
                             .subject = row.subject,
                             .state = (enum progress_state)row.state,
                             .done = row.done,
                             .total = row.total_null ? 0 : row.total,
                             .result = row.result,
                             .message = row.message,
                             .at = row.created_at};
    return ERR_NONE;
}

enum err progress_latest(struct db *db, int64_t dataset, enum job_kind kind, int64_t subject,
                         struct progress *out)
{
    const struct sql_progress_latest_in in = {
        .dataset = dataset, .kind = (int16_t)kind, .subject = subject};
    struct sql_progress_latest row;
    TRY(sql_progress_latest(db, &in, &row));
    *out = (struct progress){.id = row.id,
                             .subject = subject,
                             .state = (enum progress_state)row.state,
                             .done = row.done,
                             .total = row.total_null ? 0 : row.total,
                             .result = row.result,
                             .message = row.message,
                             .at = row.created_at};
    return ERR_NONE;
}
