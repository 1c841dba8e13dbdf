#include "worker/control.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "worker/schedule.h"

#include <unistd.h>

#define ARENA_CAP ((size_t)256 << 20)
#define REAP_MOST 500
#define CRASHES_MOST 3

struct control {
    struct ctx ctx;
    struct db *db;
    const struct config *config;
    struct claimer *claimer;
    int64_t incarnation; /* 0: none */
};

/* Claims and beats need not be durable (what follows them in the log makes them so), and the
 * planner must not learn from a table that is empty just now. */
static struct str conninfo_with_options(struct arena *arena, struct str conninfo)
{
    if (str_contains(conninfo, STR("options="))) {
        return conninfo;
    }
    if (str_starts(conninfo, STR("postgres://")) ||
        str_starts(conninfo, STR("postgresql://"))) {
        return arena_print(arena, "%.*s%soptions=%s", STR_ARG(conninfo),
                           str_contains(conninfo, STR("?")) ? "&" : "?",
                           "-csynchronous_commit%3Doff%20-cenable_seqscan%3Doff"
                           "%20-cstatement_timeout%3D5s%20-clock_timeout%3D2s");
    }
    return arena_print(arena,
                       "%.*s options='-csynchronous_commit=off -cenable_seqscan=off "
                       "-cstatement_timeout=5s -clock_timeout=2s'",
                       STR_ARG(conninfo));
}

struct control *control_new(struct arena *arena, const struct config *config)
{
    struct control *control = ARENA_NEW(arena, struct control);
    control->ctx.arena = arena_new(ARENA_CAP);
    control->config = config;
    control->claimer = claim_new(arena);
    control->db =
        db_new(conninfo_with_options(arena, config->database_url_worker), "leadboard_worker");
    return control;
}

void control_free(struct control *control)
{
    db_free(control->db);
    arena_free(control->ctx.arena);
}

static enum err leave(struct control *control)
{
    if (control->incarnation == 0) {
        return ERR_NONE;
    }
    const struct sql_job_release_in release = {.worker = control->incarnation};
    const struct sql_worker_stop_in stop = {.incarnation = control->incarnation};
    TRY(db_begin(control->db, NULL));
    TRY(sql_job_release(control->db, &release, NULL));
    TRY(sql_worker_stop(control->db, &stop, NULL));
    TRY(db_commit(control->db));
    control->incarnation = 0;
    return ERR_NONE;
}

static enum err enter(struct control *control)
{
    TRY(leave(control));
    char host[256] = "";
    (void)gethostname(host, sizeof(host) - 1);
    const struct sql_worker_start_in in = {
        .host = str_from(host), .pid = getpid(), .slots = (int32_t)control->config->slots};
    struct sql_worker_start row;
    TRY(sql_worker_start(control->db, &in, &row));
    control->incarnation = row.incarnation;
    log_event(LOG_INFO, &control->ctx, "worker.entered",
              LOG_I64("incarnation", row.incarnation));
    return ERR_NONE;
}

static enum err beat(struct control *control, struct control_answer *out)
{
    const struct sql_worker_beat_in in = {.incarnation = control->incarnation};
    const struct sql_worker_cancels_in cancels = {.incarnation = control->incarnation};
    int64_t found = 0;
    TRY(sql_worker_beat_send(control->db, &in));
    TRY(sql_worker_cancels_send(control->db, &cancels));
    TRY(sql_worker_beat_take(control->db, &found));
    struct sql_worker_cancels_rows rows;
    TRY(sql_worker_cancels_take(control->db, &rows));
    out->cancelled = ARENA_ARRAY(control->ctx.arena, rows.n + 1, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        out->cancelled[out->n_cancelled++] = rows.row[i].id;
    }
    out->gone = found == 0;
    out->beat_ok = found > 0;
    return ERR_NONE;
}

static enum err reap(struct control *control, const struct control_request *request)
{
    int16_t attempts[JOB_KIND__END];
    for (size_t i = 0; i < JOB_KIND__END; i++) {
        attempts[i] = (int16_t)kinds[i].attempts;
    }
    const struct sql_job_release_in release = {
        .worker = control->incarnation, .running = {request->running, request->n_running}};
    int64_t released = 0;
    TRY(sql_job_release(control->db, &release, &released));
    /* Arrays of PostgreSQL begin at 1, as the kinds do. */
    const struct sql_job_reap_in in = {.attempts = {attempts + 1, JOB_KIND__END - 1},
                                       .most_crashes = CRASHES_MOST,
                                       .most = REAP_MOST};
    struct sql_job_reap row;
    TRY(sql_job_reap(control->db, &in, &row));
    if (released > 0 || row.again > 0 || row.dead > 0) {
        log_event(LOG_WARN, &control->ctx, "worker.reaped", LOG_I64("own", released),
                  LOG_I64("again", row.again), LOG_I64("dead", row.dead));
    }
    return sql_worker_prune(control->db, NULL);
}

static enum err look(struct control *control, const struct control_request *request,
                     struct control_answer *out)
{
    int64_t now_us = clock_monotonic();
    if (request->sweep) {
        TRY(claim_sweep(control->claimer, control->db, now_us, &out->due));
    }
    if ((request->sweep || request->claim) && request->room.slots > 0) {
        TRY(claim_jobs(control->claimer, control->db, &request->room, control->incarnation,
                       now_us, &out->claim));
    }
    return ERR_NONE;
}

static enum err run_round(struct control *control, const struct control_request *request,
                          struct control_answer *out)
{
    if (request->leave) {
        return leave(control);
    }
    if (request->enter) {
        TRY(enter(control));
        out->beat_ok = true;
    } else if (request->beat) {
        TRY(beat(control, out));
        if (out->gone) {
            return ERR_NONE;
        }
    }
    if (request->reap) { /* before claiming: it gives back what is not in request->running */
        TRY(reap(control, request));
    }
    TRY(look(control, request, out));
    return request->cron ? schedule_run(control->db) : ERR_NONE;
}

void control_round(struct control *control, const struct control_request *request,
                   struct control_answer *out)
{
    *out = (struct control_answer){0};
    ctx_reset(&control->ctx, STR("control"));
    db_use(control->db, &control->ctx);
    out->err = run_round(control, request, out);
    if (out->err != ERR_NONE) {
        log_event(out->err == ERR_UNAVAILABLE ? LOG_WARN : LOG_ERROR, &control->ctx,
                  "control.failed", LOG_TEXT("err", err_name(out->err)),
                  LOG_STR("why", control->ctx.why), LOG_STR("detail", control->ctx.detail));
    }
    db_rollback(control->db);
    out->incarnation = control->incarnation;
    claim_due(control->claimer, out->claim_due_us);
}
