#include "fcgi/collector.h"
#include "fcgi/collector_dataset.h"
#include "fcgi/collector_event.h"
#include "fcgi/collector_store.h"
#include "fcgi/collector_url.h"
#include "shared/clock.h"
#include "shared/crypt.h"
#include "shared/events.h"

#include <arpa/inet.h>

#define OWN_ARENA_MAX ((size_t)1 << 20)

/* The smallest GIF there is: one transparent pixel. */
static const char gif[43] =
    "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377!\371\4\1\0\0\0\0,\0\0\0\0\1\0"
    "\1\0\0\2\1D\0;";

struct collector {
    struct arena *arena;
    struct ctx own; /* for what belongs to no request */
    struct db *db;
    struct collector_datasets *datasets;
    struct collector_store *store;
    uint8_t key[CRYPT_KEY_BYTES];
};

struct collector *collector_new(struct str conninfo, const uint8_t *key)
{
    struct arena *arena = arena_new(sizeof(struct collector) + OWN_ARENA_MAX);
    struct collector *collector = ARENA_NEW(arena, struct collector);
    collector->arena = arena;
    collector->own.arena = arena_new(OWN_ARENA_MAX);
    collector->db = db_new(conninfo, "leadboard_collect");
    collector->datasets = collector_datasets_new(collector->db);
    collector->store = collector_store_new(collector->db);
    memcpy(collector->key, key, CRYPT_KEY_BYTES);
    return collector;
}

static void flush(struct collector *collector)
{
    ctx_reset(&collector->own, STR("collector"));
    db_use(collector->db, &collector->own);
    collector_store_flush(collector->store, clock_monotonic());
    db_unuse(collector->db);
}

void collector_free(struct collector *collector)
{
    if (collector == NULL) {
        return;
    }
    flush(collector);
    collector_store_free(collector->store);
    collector_datasets_free(collector->datasets);
    db_free(collector->db);
    arena_free(collector->own.arena);
    arena_free(collector->arena);
}

void collector_idle(struct collector *collector)
{
    if (collector_store_due(collector->store, clock_monotonic())) {
        flush(collector);
    }
}

/* --- who sent it --- */

static bool is_loopback(struct str address)
{
    return str_starts(address, STR("127.")) || str_eq(address, STR("::1"));
}

/* A program that calls POST on purpose is welcome: it does not run our script by accident. So
 * is a browser without a head on this very machine, which is a test. */
static bool is_bot(const struct request *request, enum bot_kind kind)
{
    switch (kind) {
    case BOT_NOT:
        return false;
    case BOT_CRAWLER:
        return true;
    case BOT_HEADLESS:
        return !is_loopback(request->remote_addr);
    case BOT_HTTP_CLIENT:
        return request->method != METHOD_POST;
    }
    return true;
}

static bool is_prefetch(const struct request *request)
{
    return str_contains(request_header(request, "Sec-Purpose"), STR("prefetch")) ||
           str_contains(request_header(request, "Purpose"), STR("prefetch"));
}

static bool asked_for_privacy(const struct request *request)
{
    return str_eq(request_header(request, "Sec-GPC"), STR("1")) ||
           str_eq(request_header(request, "DNT"), STR("1"));
}

/* The address as PostgreSQL's inet takes it, or "no value". */
static struct str clean_address(struct ctx *ctx, struct str address)
{
    uint8_t bytes[16];
    char *text = arena_cstr(ctx->arena, address);
    bool fine = inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
    return fine ? address : (struct str){.p = NULL};
}

/* The id of a visitor: of the tracker's own, or, without one, of address and browser for a day.
 * The address itself is not kept and cannot be had back without the key. */
static void visitor_id(const struct collector *collector, const struct request *request,
                       const struct collector_dataset *dataset,
                       const struct collector_agent *agent, struct str own, int64_t now,
                       uint8_t out_id[EVENT_VISITOR_BYTES])
{
    if (!str_is_null(own) && !dataset->cookieless) {
        event_visitor(dataset->id, own, out_id);
        return;
    }
    uint8_t code[CRYPT_HASH_BYTES];
    int64_t numbers[] = {dataset->id, now / CLOCK_DAY, agent->hash};
    crypt_mac(
        collector->key, "visitor",
        (const struct str[]){{(const char *)numbers, sizeof(numbers)}, request->remote_addr}, 2,
        code);
    memcpy(out_id, code, EVENT_VISITOR_BYTES);
}

/* --- whether to take it --- */

/* Each page must be of an allowed host, and so must the page that sends, where the browser says
 * which it is. What names neither is no page's: a mail, a server. */
static bool hosts_allowed(struct ctx *ctx, const struct request *request,
                          const struct collector_dataset *dataset,
                          const struct collector_batch *batch)
{
    if (dataset->n_hosts == 0) {
        return true;
    }
    for (size_t i = 0; i < batch->n; i++) {
        if (!str_is_null(batch->host[i]) &&
            !collector_host_allowed(batch->host[i], dataset->hosts, dataset->n_hosts)) {
            return false;
        }
    }
    struct str origin = request_header(request, "Origin");
    struct collector_url url = {.n_landing = 0};
    if (str_is_utf8(origin)) {
        collector_url(ctx->arena, origin, &url);
    }
    return str_is_null(url.host) ||
           collector_host_allowed(url.host, dataset->hosts, dataset->n_hosts);
}

/* True, and counted, when what came is to be thrown away without a word. */
static bool dropped(struct collector *collector, const struct request *request,
                    const struct collector_dataset *dataset,
                    const struct collector_agent *agent, size_t events)
{
    enum collector_reason reason = REFUSED__COUNT;
    if (is_bot(request, agent->kind)) {
        reason = REFUSED_BOT;
    } else if (is_prefetch(request)) {
        reason = REFUSED_PREFETCH;
    } else if (dataset->honour_privacy_signals && asked_for_privacy(request)) {
        reason = REFUSED_PRIVACY;
    }
    if (reason == REFUSED__COUNT) {
        return false;
    }
    collector_store_refuse(collector->store, dataset->id, reason, events);
    return true;
}

static enum err refuse(struct collector_refusal *out, enum err err, int status, struct str code,
                       struct str message, struct str field)
{
    *out = (struct collector_refusal){
        .status = status, .code = code, .message = message, .field = field};
    return err;
}

static enum err refuse_away(struct collector_refusal *out, enum err err)
{
    return refuse(out, err, 503, STR("unavailable"),
                  STR("The events could not be stored just now. Please send them again later."),
                  (struct str){.p = NULL});
}

/* Stores or drops the batch; the refusal is filled when the result is not ERR_NONE. */
static enum err take(struct collector *collector, const struct request *request,
                     const struct collector_batch *batch, struct collector_refusal *out_refusal)
{
    const struct collector_dataset *dataset = NULL;
    enum err err = collector_datasets_get(collector->datasets, batch->dataset,
                                          clock_monotonic(), &dataset);
    if (err == ERR_NOT_FOUND) {
        return refuse(out_refusal, err, 404, STR("unknown_dataset"),
                      STR("There is no dataset with this id. Please copy the snippet again."),
                      STR("dataset"));
    }
    if (err != ERR_NONE) {
        return refuse_away(out_refusal, err);
    }
    struct collector_origin origin = {.dataset = dataset->id};
    collector_store_agent(collector->store, request_header(request, "User-Agent"),
                          &origin.agent);
    if (dropped(collector, request, dataset, &origin.agent, batch->n)) {
        return ERR_NONE;
    }
    if (!hosts_allowed(request->ctx, request, dataset, batch)) {
        collector_store_refuse(collector->store, dataset->id, REFUSED_HOST, batch->n);
        return refuse(
            out_refusal, ERR_DENIED, 403, STR("host_not_allowed"),
            STR("This dataset takes no events of this host. Its settings list those it "
                "does."),
            STR("url"));
    }
    visitor_id(collector, request, dataset, &origin.agent, batch->visitor, clock_now(),
               origin.visitor);
    if (!dataset->mask_ip) {
        origin.ip = clean_address(request->ctx, request->remote_addr);
    }
    err = collector_store_write(collector->store, &origin, batch);
    return err == ERR_NONE ? err : refuse_away(out_refusal, err);
}

/* --- answers --- */

static void answer_refusal(struct response *response, const struct collector_refusal *refusal)
{
    response_json_error(response, refusal->status, refusal->code, refusal->message,
                        refusal->field);
    if (refusal->status == 503) {
        response_header(response, "Retry-After", STR("2"));
    }
}

static void post(struct collector *collector, struct request *request,
                 struct response *response)
{
    struct str body;
    struct collector_batch batch;
    struct collector_refusal refusal;
    enum err err = request_body(request, COLLECTOR_BODY_MAX, &body);
    if (err == ERR_LIMIT) {
        (void)refuse(&refusal, err, 413, STR("too_large"),
                     STR("One request may have 256 KB at most. Please send fewer events at a "
                         "time."),
                     (struct str){.p = NULL});
    } else if (err != ERR_NONE) {
        (void)refuse(&refusal, err, 400, STR("incomplete"),
                     STR("The request ended before all of it had come."),
                     (struct str){.p = NULL});
    } else if (collector_read_json(request->ctx, body, clock_now(), &batch, &refusal) &&
               take(collector, request, &batch, &refusal) == ERR_NONE) {
        response_status(response, 204);
        return;
    }
    answer_refusal(response, &refusal);
}

/* Whatever happened, a mail or a page must not show a broken picture. */
static void pixel(struct collector *collector, struct request *request,
                  struct response *response)
{
    struct collector_batch batch;
    struct collector_refusal refusal = {.status = 200};
    if (collector_read_query(request->ctx, request->query, request_header(request, "Referer"),
                             clock_now(), &batch)) {
        (void)take(collector, request, &batch, &refusal);
    }
    response->status = refusal.status == 503 ? 503 : 200;
    response->type = "image/gif";
    sb_bytes(&response->body, gif, sizeof(gif));
}

static void preflight(struct response *response)
{
    response_status(response, 204);
    response_header(response, "Access-Control-Allow-Methods", STR("GET, POST, OPTIONS"));
    response_header(response, "Access-Control-Allow-Headers", STR("Content-Type"));
    response_header(response, "Access-Control-Max-Age", STR("86400"));
}

static void answer(struct collector *collector, enum err invalid, struct request *request,
                   struct response *response)
{
    bool is_pixel = str_eq(request->path, STR("/e.gif"));
    if (invalid != ERR_NONE) {
        response_json_error(response, 400, STR("bad_address"),
                            STR("This address is not valid."), (struct str){.p = NULL});
    } else if (!is_pixel && !str_eq(request->path, STR("/e"))) {
        response_json_error(response, 404, STR("not_found"),
                            STR("Events go to /e, the pixel is /e.gif."),
                            (struct str){.p = NULL});
    } else if (request->method == METHOD_OPTIONS) {
        preflight(response);
    } else if (is_pixel && (request->method == METHOD_GET || request->method == METHOD_HEAD)) {
        pixel(collector, request, response);
    } else if (!is_pixel && request->method == METHOD_POST) {
        post(collector, request, response);
    } else {
        response_json_error(response, 405, STR("method"),
                            STR("POST events to /e; GET the pixel /e.gif."),
                            (struct str){.p = NULL});
        response_header(response, "Allow",
                        is_pixel ? STR("GET, OPTIONS") : STR("POST, OPTIONS"));
    }
}

void collector_handle(struct collector *collector, enum err invalid, struct request *request,
                      struct response *response)
{
    response->quiet = true;
    response->route = "collect";
    db_use(collector->db, request->ctx);
    answer(collector, invalid, request, response);
    response_header(response, "Access-Control-Allow-Origin", STR("*"));
    db_unuse(collector->db);
    collector_idle(collector);
}
