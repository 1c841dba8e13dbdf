#include "worker/handover.h"

#include "gen/sql.h"
#include "shared/automation_fire.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/queue.h"
#include "worker/notices.h"

#define LOCK INT64_C(0x6c65616468616e01)
#define ROWS_MAX 1000
#define FAST_MS 50
#define SLOW_MS 300
#define NOTICES_US (5 * CLOCK_SECOND)

struct state {
    int wait_ms;
    int64_t noticed_us;
    struct queue_hint hint;
};

/* ---- the ledger ---- */

static enum err anchor(struct db *db, struct sql_ledger_lock *cursor)
{
    struct sql_ledger_anchor row;
    TRY(sql_ledger_anchor(db, &row));
    log_event(LOG_WARN, db_ctx(db), "handover.anchored", LOG_I64("undone", row.undone));
    cursor->xid = row.xid;
    cursor->id = 0;
    cursor->floor_id = row.floor_id;
    return ERR_NONE;
}

static enum err lock_cursor(struct db *db, struct sql_ledger_lock *cursor)
{
    enum err err = sql_ledger_lock(db, cursor);
    if (err == ERR_NOT_FOUND) {
        TRY(sql_ledger_start(db, NULL));
        err = sql_ledger_lock(db, cursor);
    }
    TRY(err);
    return cursor->same_epoch ? ERR_NONE : anchor(db, cursor);
}

static enum err tell(struct db *db, const struct sql_ledger_lock *cursor,
                     const struct sql_ledger_window *window)
{
    const struct sql_ledger_deliver_in deliver = {.xid = cursor->xid,
                                                  .id = cursor->id,
                                                  .floor_id = cursor->floor_id,
                                                  .to_xid = window->xid,
                                                  .to_id = window->id};
    const struct sql_ledger_notice_in notice = {.xid = cursor->xid,
                                                .id = cursor->id,
                                                .floor_id = cursor->floor_id,
                                                .to_xid = window->xid,
                                                .to_id = window->id};
    int64_t max_id = window->max_id > cursor->max_id ? window->max_id : cursor->max_id;
    struct sql_ledger_deliver delivered;
    struct sql_ledger_notice noticed;
    TRY(sql_ledger_deliver(db, &deliver, &delivered));
    TRY(sql_ledger_notice(db, &notice, &noticed));
    TRY(automation_fire_cards(db, &(struct automation_ledger){.xid = cursor->xid,
                                                              .id = cursor->id,
                                                              .floor_id = cursor->floor_id,
                                                              .to_xid = window->xid,
                                                              .to_id = window->id}));
    return sql_ledger_cursor(
        db,
        &(struct sql_ledger_cursor_in){.xid = window->xid, .id = window->id, .max_id = max_id},
        NULL);
}

enum err handover_follow(struct db *db, int *out_rows)
{
    struct sql_ledger_lock cursor;
    struct sql_ledger_window_rows rows;
    TRY(db_begin(db, NULL));
    TRY(lock_cursor(db, &cursor));
    TRY(sql_ledger_window(
        db,
        &(struct sql_ledger_window_in){
            .xid = cursor.xid, .id = cursor.id, .floor_id = cursor.floor_id, .most = ROWS_MAX},
        &rows));
    if (rows.n > 0) {
        TRY(tell(db, &cursor, &rows.row[0]));
    }
    *out_rows = rows.n > 0 ? rows.row[0].n : 0;
    return db_commit(db);
}

/* ---- jobs ---- */

static enum err add_jobs(struct db *db, enum job_kind kind, const struct queue_job *jobs,
                         size_t n, int64_t *added)
{
    int64_t more = 0;
    const struct queue_opts opts = {.prio = QUEUE_SOON};
    TRY(queue_add_many(db, kind, jobs, n, &opts, &more));
    *added += more;
    return ERR_NONE;
}

static struct queue_job make_job(struct arena *arena, int64_t dataset, const char *what,
                                 int64_t id)
{
    return (struct queue_job){.dataset = dataset,
                              .uniq = arena_print(arena, "%s:%lld", what, (long long)id),
                              .payload =
                                  arena_print(arena, "{\"%s\":\"%lld\"}", what, (long long)id)};
}

static enum err dispatch_integrations(struct db *db, int64_t *added)
{
    struct arena *arena = db_ctx(db)->arena;
    struct sql_outbox_due_rows rows;
    TRY(sql_outbox_due(
        db, &(struct sql_outbox_due_in){.deliver = JOB_DELIVER, .push = JOB_PUSH}, &rows));
    struct queue_job *deliver = ARENA_ARRAY(arena, rows.n + 1, struct queue_job);
    struct queue_job *push = ARENA_ARRAY(arena, rows.n + 1, struct queue_job);
    size_t n_deliver = 0, n_push = 0;
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_outbox_due *row = &rows.row[i];
        struct queue_job job = make_job(arena, row->dataset, "integration", row->integration);
        if (row->kind <= 2) {
            deliver[n_deliver++] = job;
        } else {
            push[n_push++] = job;
        }
    }
    TRY(add_jobs(db, JOB_DELIVER, deliver, n_deliver, added));
    return add_jobs(db, JOB_PUSH, push, n_push, added);
}

static enum err dispatch_mail(struct db *db, int64_t *added)
{
    struct arena *arena = db_ctx(db)->arena;
    struct sql_mail_due_rows rows;
    TRY(sql_mail_due(db, &(struct sql_mail_due_in){.kind = JOB_MAIL}, &rows));
    struct queue_job *jobs = ARENA_ARRAY(arena, rows.n + 1, struct queue_job);
    for (size_t i = 0; i < rows.n; i++) {
        jobs[i] = make_job(arena, rows.row[i].dataset, "workspace", rows.row[i].workspace);
    }
    return add_jobs(db, JOB_MAIL, jobs, rows.n, added);
}

enum err handover_dispatch(struct db *db, int64_t *out_jobs)
{
    *out_jobs = 0;
    TRY(dispatch_integrations(db, out_jobs));
    return dispatch_mail(db, out_jobs);
}

/* ---- the service ---- */

static enum err step(struct service *service, int *out_wait_ms)
{
    struct state *state = service->state;
    int rows = 0;
    int64_t jobs = 0, now = clock_monotonic();
    TRY(handover_follow(service->db, &rows));
    if (now - state->noticed_us > NOTICES_US) {
        TRY(notices_send(service->db, service->config, NOTICES_GATHER_S));
        state->noticed_us = now;
    }
    TRY(handover_dispatch(service->db, &jobs));
    if (jobs > 0) {
        state->hint.off = !service->config->notify;
        queue_wake(&state->hint, service->db);
    }
    service_pace(&state->wait_ms, rows == ROWS_MAX, rows > 0 || jobs > 0, FAST_MS, SLOW_MS);
    *out_wait_ms = state->wait_ms;
    return ERR_NONE;
}

const struct service_kind handover_service = {
    .name = "handover", .lock = LOCK, .state_size = sizeof(struct state), .step = step};
