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
#include "shared/json.h"
#include "worker/delivery.h"
#include "worker/slack.h"
#include "worker/webhook.h"

#define PARALLEL 64
#define WINDOW 2000 /* waiting rows that are looked at together */
#define WINDOWS 8
#define RUN_MOST 3000 /* then another job goes on, with fresh memory */
#define RUN_US (20 * CLOCK_SECOND)
#define LEAVE_US (3 * CLOCK_SECOND) /* for what is under way when asked to stop */
#define TIMEOUT_MS 20000
#define ANSWER_BYTES 16384
#define POLL_MS 20
#define RECORD_US 20000 /* results wait so long for others */
#define SLOW_S 30
#define FAILING 5 /* failures in a row */

struct pump {
    struct run *run;
    struct delivery_target target;
    struct http_many *many;
    size_t parallel;
    int64_t after; /* waiting rows up to here are looked at in this run */
    bool more;     /* there may be some that can be sent */
    bool resting;
    size_t sent;
    struct delivery *flying[PARALLEL]; /* NULL: free */
    struct delivery_result results[PARALLEL];
    size_t n_results;
    int64_t first_result_us;
};

/* ---- what is next ---- */

/* Lanes of which something is under way, or not written down yet. */
static size_t busy_lanes(const struct pump *pump, int64_t lanes[2 * PARALLEL])
{
    size_t n = 0;
    for (size_t i = 0; i < PARALLEL; i++) {
        if (pump->flying[i] != NULL) {
            lanes[n++] = pump->flying[i]->lane;
        }
    }
    for (size_t i = 0; i < pump->n_results; i++) {
        lanes[n++] = pump->results[i].delivery.lane;
    }
    return n;
}

static struct delivery *read_row(struct pump *pump, const struct sql_outbox_take *row)
{
    struct delivery *delivery = ARENA_NEW(pump->run->ctx->arena, struct delivery);
    *delivery = (struct delivery){.id = row->id,
                                  .lane = row->lane,
                                  .uid = row->uid,
                                  .type = row->type,
                                  .data = row->data,
                                  .at = row->at,
                                  .first_at = row->first_at_null ? 0 : row->first_at,
                                  .attempts = row->attempts};
    return delivery;
}

/* ---- sending ---- */

static enum err make_webhook(struct pump *pump, const struct delivery *delivery,
                             struct http_request *request, struct str *headers)
{
    struct ctx *ctx = pump->run->ctx;
    TRY(webhook_body(ctx, delivery->type, delivery->at, delivery->data, &request->body));
    TRY(webhook_headers(ctx, webhook_id(ctx->arena, delivery->uid), clock_now() / CLOCK_SECOND,
                        request->body, pump->target.secrets, pump->target.n_secrets, headers));
    request->url = pump->target.url;
    request->headers = headers;
    request->n_headers = WEBHOOK_HEADERS;
    return ERR_NONE;
}

static enum err make_slack(struct pump *pump, const struct delivery *delivery,
                           struct http_request *request, struct str *headers)
{
    if (pump->target.n_secrets == 0) {
        return ctx_fail(pump->run->ctx, ERR_INVALID, "The address is missing.");
    }
    headers[0] = STR("User-Agent: LeadBoard/1.0 (webhook)");
    request->url = pump->target.secrets[0];
    request->headers = headers;
    request->n_headers = 1;
    return slack_message(pump->run->ctx, delivery->type, delivery->data, pump->target.origin,
                         &request->body);
}

static enum err start(struct pump *pump, struct delivery *delivery, size_t place)
{
    struct str headers[WEBHOOK_HEADERS];
    struct http_request request = {.content_type = STR("application/json"),
                                   .max_bytes = ANSWER_BYTES,
                                   .cut = true,
                                   .stay = true,
                                   .keep = true,
                                   .patient = true,
                                   .timeout_ms = TIMEOUT_MS};
    TRY(pump->target.kind == INTEGRATION_SLACK
            ? make_slack(pump, delivery, &request, headers)
            : make_webhook(pump, delivery, &request, headers));
    TRY(http_many_start(pump->run->ctx, pump->many, &request, (void *)(uintptr_t)place));
    pump->flying[place] = delivery;
    pump->sent++;
    return ERR_NONE;
}

static struct delivery_exchange *add_result(struct pump *pump, const struct delivery *delivery)
{
    struct delivery_exchange *exchange =
        ARENA_NEW(pump->run->ctx->arena, struct delivery_exchange);
    struct delivery_result *result = &pump->results[pump->n_results];
    if (pump->n_results++ == 0) {
        pump->first_result_us = clock_monotonic();
    }
    *result = (struct delivery_result){
        .delivery = *delivery, .exchanges = exchange, .n_exchanges = 1};
    return exchange;
}

/* It could not even be sent: the address is none, say. */
static void refuse(struct pump *pump, const struct delivery *delivery)
{
    struct ctx *ctx = pump->run->ctx;
    struct delivery_exchange *exchange = add_result(pump, delivery);
    exchange->error = arena_dup(ctx->arena, ctx->why);
    pump->results[pump->n_results - 1].error = exchange->error;
    ctx_clear(ctx);
}

static void launch(struct pump *pump, struct delivery *delivery)
{
    for (size_t place = 0; place < PARALLEL; place++) {
        if (pump->flying[place] == NULL) {
            if (start(pump, delivery, place) != ERR_NONE) {
                refuse(pump, delivery);
            }
            return;
        }
    }
}

/* Starts up to `room` of those behind *from, and moves it to the end of what was looked at. */
static enum err take(struct pump *pump, size_t room, int64_t *from, size_t *out_found,
                     bool *out_full)
{
    int64_t busy[2 * PARALLEL];
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
            launch(pump, read_row(pump, &rows.row[i]));
            (*out_found)++;
        }
    }
    return ERR_NONE;
}

/* Fills up what is free: a few windows further where one lane has much. When all of them wait
 * for their next attempt, they are passed over for good. */
static enum err refill(struct pump *pump)
{
    size_t taken = http_many_running(pump->many) + pump->n_results, found = 0;
    size_t room = pump->parallel > taken ? pump->parallel - taken : 0, started = 0;
    int64_t from = pump->after;
    bool full = true;
    for (int i = 0; i < WINDOWS && full && started < room; i++) {
        TRY(take(pump, room - started, &from, &found, &full));
        started += found;
    }
    if (started == 0 && taken == 0) {
        pump->after = from;
        pump->more = full;
    }
    return ERR_NONE;
}

/* ---- answers ---- */

static struct str say_status(struct arena *arena, int status)
{
    if (status >= 300 && status < 400) {
        return arena_print(arena,
                           "It answered %d, a redirect. Webhooks are not redirected: enter the "
                           "address it leads to.",
                           status);
    }
    if (status == 401 || status == 403) {
        return arena_print(arena, "It answered %d: it does not let us in.", status);
    }
    if (status == 404) {
        return arena_print(arena, "It answered 404: there is nothing at this address.");
    }
    return arena_print(arena, "It answered %d.", status);
}

/* 410: it wants no more (Standard Webhooks). Slack says 404 no_service and 403
 * channel_is_archived, and the same. */
static bool is_over(const struct pump *pump, const struct http_response *response)
{
    return response->status == 410 || (pump->target.kind == INTEGRATION_SLACK &&
                                       (str_contains(response->body, STR("no_service")) ||
                                        str_contains(response->body, STR("is_archived"))));
}

static void judge(struct pump *pump, const struct http_response *response,
                  struct delivery_result *result, struct delivery_exchange *exchange)
{
    struct arena *arena = pump->run->ctx->arena;
    exchange->status = response->status;
    exchange->answer = arena_dup(arena, response->body);
    if (response->status >= 200 && response->status < 300) {
        result->outcome = exchange->outcome = ATTEMPT_WELL;
        return;
    }
    result->error = exchange->error = say_status(arena, response->status);
    result->retry_after_s = response->retry_after_s;
    bool slow = response->status == 429 || response->status == 502 || response->status == 504;
    if (slow || response->retry_after_s > 0) {
        result->slow_s = response->retry_after_s > 0 ? response->retry_after_s : SLOW_S;
        result->slow_s = result->slow_s > 24 * 3600 ? 24 * 3600 : result->slow_s;
        result->slow_why =
            arena_print(arena, "It answered %d and asks for a pause.", response->status);
    }
    if (is_over(pump, response)) {
        result->hopeless = true;
        result->stop = arena_print(
            arena, "It answered %d: nobody wants to be told at this address any more.",
            response->status);
    }
}

static void collect(struct pump *pump, const struct http_outcome *outcome)
{
    struct arena *arena = pump->run->ctx->arena;
    size_t place = (size_t)(uintptr_t)outcome->tag;
    struct delivery_exchange *exchange = add_result(pump, pump->flying[place]);
    struct delivery_result *result = &pump->results[pump->n_results - 1];
    exchange->took_ms = outcome->took_ms;
    if (outcome->err == ERR_NONE) {
        judge(pump, &outcome->response, result, exchange);
    } else {
        exchange->error = arena_dup(arena, outcome->why);
        result->error = exchange->error;
    }
    pump->flying[place] = NULL;
}

/* Where much has failed, one is sent to see whether it works again; the others follow. Slack
 * takes one message a second, and says so by 429. */
static size_t how_many(const struct delivery_target *target)
{
    return target->failures >= FAILING || target->kind == INTEGRATION_SLACK ? 1 : PARALLEL;
}

static enum err record(struct pump *pump)
{
    bool resting = false;
    if (pump->n_results == 0) {
        return ERR_NONE;
    }
    TRY(delivery_record(pump->run, &pump->target, pump->results, pump->n_results, &resting));
    pump->n_results = 0;
    pump->resting = pump->resting || resting;
    pump->parallel = how_many(&pump->target);
    return ERR_NONE;
}

/* Waits for answers, and writes them down when enough are there or nothing else is to come. */
static enum err settle(struct pump *pump)
{
    struct http_outcome outcome;
    int wait_ms = pump->n_results > 0 ? 1 : POLL_MS;
    while (pump->n_results < PARALLEL && http_many_take(pump->many, wait_ms, &outcome)) {
        collect(pump, &outcome);
        wait_ms = 0;
    }
    bool due = pump->n_results > 0 &&
               (pump->n_results >= PARALLEL / 2 || http_many_running(pump->many) == 0 ||
                clock_monotonic() - pump->first_result_us >= RECORD_US);
    return due ? record(pump) : ERR_NONE;
}

static bool may_start(const struct pump *pump, int64_t end_us)
{
    return pump->more && !pump->resting && pump->sent < RUN_MOST &&
           clock_monotonic() < end_us && !atomic_load(pump->run->stop);
}

static enum err pump_all(struct pump *pump)
{
    int64_t end_us = clock_monotonic() + RUN_US, leave_us = 0;
    for (;;) {
        if (may_start(pump, end_us) &&
            http_many_running(pump->many) + pump->n_results <= pump->parallel / 2) {
            TRY(refill(pump));
        }
        if (http_many_running(pump->many) == 0 && pump->n_results == 0 &&
            !may_start(pump, end_us)) {
            return ERR_NONE;
        }
        TRY(settle(pump));
        if (atomic_load(pump->run->stop)) {
            leave_us = leave_us == 0 ? clock_monotonic() + LEAVE_US : leave_us;
            if (clock_monotonic() > leave_us) {
                return record(pump);
            }
        }
    }
}

static enum err finish(struct run *run)
{
    TRY(run_begin(run));
    return run_complete(run);
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
        return finish(run);
    }
    TRY(err);
    pump->parallel = how_many(&pump->target);
    pump->many = http_many_new(run_http(run), PARALLEL);
    err = pump_all(pump);
    http_many_free(pump->many);
    TRY(err);
    log_event(LOG_INFO, run->ctx, "deliver.done",
              LOG_I64("integration", pump->target.integration),
              LOG_I64("sent", (int64_t)pump->sent));
    return finish(run);
}
