#include "fcgi/collector.h"
#include "fcgi/collector_dataset.h"
#include "fcgi/collector_event.h"
#include "fcgi/collector_network.h"
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
    struct collector_networks *networks;
    bool looked; /* into them since they were let go of */
    uint8_t key[CRYPT_KEY_BYTES];
};

struct collector *collector_new(struct str conninfo, const uint8_t *key,
                                struct collector_networks *networks)
{
    struct arena *arena = arena_new(sizeof(struct collector) + OWN_ARENA_MAX);
    struct collector *collector = ARENA_NEW(arena, struct collector);
    collector->arena = arena;
    collector->own.arena = arena_new(OWN_ARENA_MAX);
    collector->db = db_new(conninfo, "leadboard_collect");
    collector->datasets = collector_datasets_new(collector->db);
    collector->store = collector_store_new(collector->db);
    collector->networks = networks;
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

static void flush_due(struct collector *collector)
{
    if (collector_store_due(collector->store, clock_monotonic())) {
        flush(collector);
    }
}

void collector_idle(struct collector *collector)
{
    flush_due(collector);
    if (collector->looked && collector->networks != NULL) {
        collector_networks_settle(collector->networks);
        collector->looked = false;
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

/* What becomes of a request. */
struct incoming {
    struct request *request;
    struct response *response;
    struct collector_write write;
    struct collector_refusal refusal; /* status 0: none */
    bool store;
};

static bool refuse(struct incoming *in, int status, struct str code, struct str message,
                   struct str field)
{
    in->refusal = (struct collector_refusal){
        .status = status, .code = code, .message = message, .field = field};
    return false;
}

static bool refuse_away(struct incoming *in)
{
    return refuse(in, 503, STR("unavailable"),
                  STR("The events could not be stored just now. Please send them again later."),
                  (struct str){.p = NULL});
}

/* Where the batch comes from. False: refused, or dropped. */
static bool may_store(struct collector *collector, struct incoming *in)
{
    const struct request *request = in->request;
    const struct collector_batch *batch = &in->write.batch;
    struct collector_origin *origin = &in->write.origin;
    const struct collector_dataset *dataset = NULL;
    enum err err = collector_datasets_get(collector->datasets, batch->dataset,
                                          clock_monotonic(), &dataset);
    if (err == ERR_NOT_FOUND) {
        return refuse(in, 404, STR("unknown_dataset"),
                      STR("There is no dataset with this id. Please copy the snippet again."),
                      STR("dataset"));
    }
    if (err != ERR_NONE) {
        return refuse_away(in);
    }
    *origin = (struct collector_origin){.dataset = dataset->id};
    collector_store_agent(collector->store, request_header(request, "User-Agent"),
                          &origin->agent);
    if (dropped(collector, request, dataset, &origin->agent, batch->n)) {
        return false;
    }
    if (!hosts_allowed(request->ctx, request, dataset, batch)) {
        collector_store_refuse(collector->store, dataset->id, REFUSED_HOST, batch->n);
        return refuse(in, 403, STR("host_not_allowed"),
                      STR("This dataset takes no events of this host. Its settings list those "
                          "it does."),
                      STR("url"));
    }
    visitor_id(collector, request, dataset, &origin->agent, batch->visitor, clock_now(),
               origin->visitor);
    collector_network_find(collector->networks, request->ctx->arena, collector->key,
                           dataset->id, request->remote_addr, &origin->door);
    collector->looked = true;
    if (!dataset->mask_ip) {
        origin->ip = clean_address(request->ctx, request->remote_addr);
    }
    return true;
}

/* --- reading --- */

static bool read_post(struct incoming *in)
{
    struct str body;
    enum err err = request_body(in->request, COLLECTOR_BODY_MAX, &body);
    if (err == ERR_LIMIT) {
        return refuse(in, 413, STR("too_large"),
                      STR("One request may have 256 KB at most. Please send fewer events at a "
                          "time."),
                      (struct str){.p = NULL});
    }
    if (err != ERR_NONE) {
        return refuse(in, 400, STR("incomplete"),
                      STR("The request ended before all of it had come."),
                      (struct str){.p = NULL});
    }
    return collector_read_json(in->request->ctx, body, clock_now(), &in->write.batch,
                               &in->refusal);
}

static bool read_pixel(struct incoming *in)
{
    struct request *request = in->request;
    return collector_read_query(request->ctx, request->query,
                                request_header(request, "Referer"), clock_now(),
                                &in->write.batch);
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

static void answer_post(struct incoming *in)
{
    if (in->refusal.status != 0) {
        answer_refusal(in->response, &in->refusal);
    } else {
        response_status(in->response, 204);
    }
}

/* Whatever happened, a mail or a page must not show a broken picture. */
static void answer_pixel(struct incoming *in)
{
    struct response *response = in->response;
    response->status = in->refusal.status == 503 ? 503 : 200;
    response->type = "image/gif";
    sb_bytes(&response->body, gif, sizeof(gif));
}

static void answer_preflight(struct response *response)
{
    response_status(response, 204);
    response_header(response, "Access-Control-Allow-Methods", STR("GET, POST, OPTIONS"));
    response_header(response, "Access-Control-Allow-Headers", STR("Content-Type"));
    response_header(response, "Access-Control-Max-Age", STR("86400"));
}

/* --- which is which --- */

static bool is_pixel(const struct incoming *in)
{
    return str_eq(in->request->path, STR("/e.gif"));
}

/* Not an address or a method that takes events. */
static bool answer_others(enum err invalid, struct incoming *in)
{
    struct response *response = in->response;
    enum request_method method = in->request->method;
    bool pixel = is_pixel(in);
    bool takes = pixel ? method == METHOD_GET || method == METHOD_HEAD : method == METHOD_POST;
    if (invalid != ERR_NONE) {
        response_json_error(response, 400, STR("bad_address"),
                            STR("This address is not valid."), (struct str){.p = NULL});
    } else if (!pixel && !str_eq(in->request->path, STR("/e"))) {
        response_json_error(response, 404, STR("not_found"),
                            STR("Events go to /e, the pixel is /e.gif."),
                            (struct str){.p = NULL});
    } else if (method == METHOD_OPTIONS) {
        answer_preflight(response);
    } else if (!takes) {
        response_json_error(response, 405, STR("method"),
                            STR("POST events to /e; GET the pixel /e.gif."),
                            (struct str){.p = NULL});
        response_header(response, "Allow", pixel ? STR("GET, OPTIONS") : STR("POST, OPTIONS"));
    } else {
        return false;
    }
    return true;
}

/* True when there is something to store, and so the answer has to wait. */
static bool receive(struct collector *collector, enum err invalid, struct incoming *in)
{
    if (answer_others(invalid, in)) {
        return false;
    }
    db_use(collector->db, in->request->ctx);
    in->store = (is_pixel(in) ? read_pixel(in) : read_post(in)) && may_store(collector, in);
    db_unuse(collector->db);
    if (!in->store) {
        (is_pixel(in) ? answer_pixel : answer_post)(in);
    }
    return in->store;
}

static void store(struct collector *collector, struct incoming *const *waiting, size_t n)
{
    struct ctx *ctx = waiting[0]->request->ctx;
    struct collector_write **writes = ARENA_ARRAY(ctx->arena, n, struct collector_write *);
    for (size_t i = 0; i < n; i++) {
        writes[i] = &waiting[i]->write;
    }
    db_use(collector->db, ctx);
    collector_store_write(collector->store, writes, n);
    db_unuse(collector->db);
    for (size_t i = 0; i < n; i++) {
        if (waiting[i]->write.err != ERR_NONE) {
            (void)refuse_away(waiting[i]);
        }
        (is_pixel(waiting[i]) ? answer_pixel : answer_post)(waiting[i]);
    }
}

void collector_handle(struct collector *collector, struct exchange *const *exchanges, size_t n)
{
    struct incoming *waiting[COLLECTOR_TOGETHER];
    size_t n_waiting = 0;
    for (size_t i = 0; i < n; i++) {
        struct exchange *exchange = exchanges[i];
        struct incoming *in = ARENA_NEW(exchange->request.ctx->arena, struct incoming);
        in->request = &exchange->request;
        in->response = &exchange->response;
        if (receive(collector, exchange->invalid, in)) {
            waiting[n_waiting++] = in;
        }
    }
    if (n_waiting > 0) {
        store(collector, waiting, n_waiting);
    }
    for (size_t i = 0; i < n; i++) {
        struct response *response = &exchanges[i]->response;
        response->quiet = true;
        response->route = "collect";
        response_header(response, "Access-Control-Allow-Origin", STR("*"));
        response_header(response, "Cache-Control", STR("no-store"));
    }
    flush_due(collector);
}
