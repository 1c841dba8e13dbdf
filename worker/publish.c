#include "worker/publish.h"

#include "gen/sql.h"
#include "shared/live.h"
#include "shared/log.h"
#include "worker/http.h"

#define LOCK INT64_C(0x6c65616470756201)
#define ROWS_MAX 1000
#define FAST_MS 100
#define SLOW_MS 300
#define POST_TIMEOUT_MS 2000

struct state {
    struct http *http;
    int64_t xid, id; /* of the last row that was looked at */
    int wait_ms;
};

static void free_http(void *http)
{
    http_free(http);
}

static enum err begin(struct service *service, struct state *state)
{
    struct sql_card_changes_end end;
    TRY(sql_card_changes_end(service->db, &end));
    state->xid = end.xid;
    state->id = 0;
    if (state->http == NULL) {
        state->http = http_new((struct str){0}, (struct str){0});
        arena_defer(service->keep, free_http, state->http);
    }
    return ERR_NONE;
}

static enum err post(struct service *service, struct state *state,
                     const struct sql_card_changes *change)
{
    struct arena *arena = service->ctx->arena;
    struct str channel =
        live_channel(arena, service->config->key, change->dataset, change->board);
    const struct http_request request = {
        .url = arena_print(arena, "http://localhost/publish/%.*s", STR_ARG(channel)),
        .body = arena_print(arena, "{\"since\":\"%lld\"}", (long long)change->since),
        .content_type = STR("application/json"),
        .unix_socket = service->config->publish_socket,
        .max_bytes = 4096,
        .cut = true,
        .keep = true,
        .timeout_ms = POST_TIMEOUT_MS,
        .cancel = service->stop};
    struct http_response response;
    TRY(http_fetch(service->ctx, state->http, &request, &response));
    /* nchan: 201 somebody listens, 202 nobody does */
    return response.status / 100 == 2 ? ERR_NONE
                                      : ctx_fail(service->ctx, ERR_UNAVAILABLE,
                                                 "The publisher answered %d.", response.status);
}

/* A round whose posts fail is tried again: the place moves on when all were made. */
static enum err step(struct service *service, int *out_wait_ms)
{
    struct state *state = service->state;
    if (service->fresh || state->http == NULL) {
        TRY(begin(service, state));
    }
    const struct sql_card_changes_in in = {
        .xid = state->xid, .id = state->id, .most = ROWS_MAX};
    struct sql_card_changes_rows rows;
    TRY(sql_card_changes(service->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        TRY(post(service, state, &rows.row[i]));
    }
    if (rows.n > 0) {
        state->xid = rows.row[0].last_xid;
        state->id = rows.row[0].last_id;
    }
    service_pace(&state->wait_ms, false, rows.n > 0, FAST_MS, SLOW_MS);
    *out_wait_ms = state->wait_ms;
    return ERR_NONE;
}

static bool is_needed(const struct config *config)
{
    return config->publish_socket.n > 0;
}

const struct service_kind publish_service = {.name = "publish",
                                             .lock = LOCK,
                                             .state_size = sizeof(struct state),
                                             .needed = is_needed,
                                             .step = step};
