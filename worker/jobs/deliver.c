/*
 * deliver: sends what waits for one webhook, or Slack-compatible webhook. Payload
 * {"integration": "12"}. Up to PARALLEL at a time, of different lanes, so that the order of
 * each is kept; what came of them is written down in small fenced transactions, none of which
 * is open while the network is. Whatever dies, what was not written down is sent again, under
 * the same id.
 */
#include "worker/kinds.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "worker/receiver.h"

#define PARALLEL 64
#define WINDOW 500 /* waiting rows that are looked at together */
#define WINDOWS 8
#define RUN_MOST 3000 /* then another job goes on, with fresh memory */
#define RUN_US (20 * CLOCK_SECOND)
#define LEAVE_US (3 * CLOCK_SECOND) /* for what is under way when asked to stop */
#define ROUND_MS 20                 /* what ends in this time is written down together */
#define PLACE_BYTES ((size_t)1 << 20)
#define FAILING 5 /* failures in a row */

/* One that is under way, or ended and not written down yet. */
struct place {
    struct pump *pump;
    struct ctx ctx;
    bool taken, ended;
    struct delivery delivery;
    struct str headers[WEBHOOK_HEADERS];
    struct delivery_result result;
    struct delivery_exchange exchange;
    int64_t started_us;
};

struct pump {
    struct run *run;
    struct delivery_target target;
    size_t parallel;
    int64_t after; /* waiting rows up to here are passed over in this run */
    bool more;     /* there may be some that can be sent */
    bool resting;
    size_t sent;
    atomic_bool leave; /* ends what is under way */
    struct place places[PARALLEL];
    struct place *ended[PARALLEL]; /* in that order */
    size_t n_taken, n_ended;
};

/* ---- sending ---- */

static void end_place(struct place *place)
{
    struct pump *pump = place->pump;
    place->ended = true;
    place->result.delivery = place->delivery;
    place->result.exchanges = &place->exchange;
    place->result.n_exchanges = 1;
    pump->ended[pump->n_ended++] = place;
}

static void fail_place(struct place *place)
{
    place->exchange.error = place->result.error = place->ctx.why;
    end_place(place);
}

static void on_done(void *data, enum err err, const struct http_response *response)
{
    struct place *place = data;
    place->exchange.took_ms = (int)((clock_monotonic() - place->started_us) / 1000);
    if (err != ERR_NONE) {
        fail_place(place);
        return;
    }
    receiver_judge(&place->ctx, &place->pump->target, response, &place->result,
                   &place->exchange);
    end_place(place);
}

static struct place *find_free(struct pump *pump)
{
    size_t i = 0;
    while (pump->places[i].taken) {
        i++;
    }
    return &pump->places[i];
}

static void launch(struct pump *pump, const struct sql_outbox_take *row)
{
    struct place *place = find_free(pump);
    struct http_request request;
    if (place->ctx.arena == NULL) {
        place->ctx.arena = arena_new(PLACE_BYTES);
    }
    ctx_reset(&place->ctx, pump->run->ctx->id);
    place->pump = pump;
    place->taken = true;
    place->ended = false;
    place->result = (struct delivery_result){.outcome = ATTEMPT_FAILED};
    place->exchange = (struct delivery_exchange){.outcome = ATTEMPT_FAILED};
    place->delivery = (struct delivery){.id = row->id,
                                        .lane = row->lane,
                                        .uid = row->uid,
                                        .type = row->type,
                                        .data = row->data,
                                        .at = row->at,
                                        .first_at = row->first_at_null ? 0 : row->first_at,
                                        .attempts = row->attempts};
    place->started_us = clock_monotonic();
    pump->n_taken++;
    pump->sent++;
    if (receiver_request(&place->ctx, &pump->target, &place->delivery, place->headers,
                         &request) != ERR_NONE) {
        fail_place(place); /* the address is none, say */
        return;
    }
    request.cancel = &pump->leave;
    http_start(run_http(pump->run), &place->ctx, &request, on_done, place);
}

/* ---- what is next ---- */

/* Lanes of which something is under way, or not written down yet. */
static size_t busy_lanes(const struct pump *pump, int64_t lanes[PARALLEL])
{
    size_t n = 0;
    for (size_t i = 0; i < PARALLEL; i++) {
        if (pump->places[i].taken) {
            lanes[n++] = pump->places[i].delivery.lane;
        }
    }
    return n;
}

/* Starts up to `room` of those behind *from, and moves it to the end of what was looked at. */
static enum err take(struct pump *pump, size_t room, int64_t *from, size_t *out_found,
                     bool *out_full)
{
    int64_t busy[PARALLEL];
    struct sql_outbox_take_rows rows;
    const struct sql_outbox_take_in in = {.dataset = pump->target.dataset,
                                          .integration = pump->target.integration,
                                          .after = *from,
                                          .busy = {busy, busy_lanes(pump, busy)},
                                          .window = WINDOW,
                                          .most = (int32_t)room};
    TRY(sql_outbox_take(pump->run->db, &in, &rows));
    *out_found = 0;
    *out_full = rows.n > 0 && rows.row[0].full;
    *from = rows.n > 0 ? rows.row[0].last : *from;
    for (size_t i = 0; i < rows.n; i++) {
        if (!rows.row[i].id_null) {
            launch(pump, &rows.row[i]);
            (*out_found)++;
        }
    }
    return ERR_NONE;
}

/* Fills up what is free: a few windows further where one lane has much. When all of them wait
 * for their next attempt, they are passed over for good. */
static enum err refill(struct pump *pump)
{
    size_t room = pump->parallel > pump->n_taken ? pump->parallel - pump->n_taken : 0;
    size_t before = pump->n_taken, started = 0, found = 0;
    int64_t from = pump->after;
    bool full = true;
    for (int i = 0; i < WINDOWS && full && started < room; i++) {
        TRY(take(pump, room - started, &from, &found, &full));
        started += found;
    }
    if (started == 0 && before == 0) {
        pump->after = from;
        pump->more = full;
    }
    return ERR_NONE;
}

/* ---- writing down ---- */

/* Where much has failed, one is sent to see whether it works again; the others follow. Slack
 * takes one message a second, and says so by 429. */
static size_t how_many(const struct delivery_target *target)
{
    return target->failures >= FAILING || target->kind == INTEGRATION_SLACK ? 1 : PARALLEL;
}

static enum err record(struct pump *pump)
{
    struct delivery_result *results =
        ARENA_ARRAY(pump->run->ctx->arena, PARALLEL, struct delivery_result);
    bool resting = false;
    if (pump->n_ended == 0) {
        return ERR_NONE;
    }
    for (size_t i = 0; i < pump->n_ended; i++) {
        results[i] = pump->ended[i]->result;
    }
    TRY(delivery_record(pump->run, &pump->target, results, pump->n_ended, &resting));
    for (size_t i = 0; i < pump->n_ended; i++) {
        pump->ended[i]->taken = false;
    }
    pump->n_taken -= pump->n_ended;
    pump->n_ended = 0;
    pump->resting = pump->resting || resting;
    pump->parallel = how_many(&pump->target);
    return ERR_NONE;
}

static bool may_start(const struct pump *pump, int64_t end_us)
{
    return pump->more && !pump->resting && pump->sent < RUN_MOST &&
           clock_monotonic() < end_us && !atomic_load(pump->run->stop);
}

static enum err pump_all(struct pump *pump)
{
    int64_t end_us = clock_monotonic() + RUN_US, leave_us = INT64_MAX;
    while (may_start(pump, end_us) || pump->n_taken > 0) {
        if (may_start(pump, end_us) && pump->n_taken <= pump->parallel / 2) {
            TRY(refill(pump));
        }
        http_run_for(run_http(pump->run), ROUND_MS, NULL);
        TRY(record(pump));
        if (atomic_load(pump->run->stop) && leave_us == INT64_MAX) {
            leave_us = clock_monotonic() + LEAVE_US;
        }
        if (clock_monotonic() > leave_us) {
            return ERR_NONE;
        }
    }
    return ERR_NONE;
}

/* What is still under way is given up, and sent again by another job. */
static void release(struct pump *pump)
{
    atomic_store(&pump->leave, true);
    http_run(run_http(pump->run));
    for (size_t i = 0; i < PARALLEL; i++) {
        arena_free(pump->places[i].ctx.arena);
    }
}

enum err job_deliver(struct run *run)
{
    struct pump *pump = ARENA_NEW(run->ctx->arena, struct pump);
    pump->run = run;
    pump->more = true;
    enum err err = delivery_open(run, &pump->target);
    if (err == ERR_NOT_FOUND) {
        db_rollback(run->db);
        ctx_clear(run->ctx);
        return ERR_NONE;
    }
    TRY(err);
    pump->parallel = how_many(&pump->target);
    err = pump_all(pump);
    release(pump);
    TRY(err);
    log_event(LOG_INFO, run->ctx, "deliver.done",
              LOG_I64("integration", pump->target.integration),
              LOG_I64("sent", (int64_t)pump->sent));
    return ERR_NONE;
}
