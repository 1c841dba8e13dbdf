#include "fcgi/collector.h"
#include "fcgi/collector_door.h"
#include "fcgi/collector_leadboxer.h"
#include "fcgi/collector_matomo.h"
#include "fcgi/collector_network.h"
#include "fcgi/collector_own.h"
#include "fcgi/collector_segment.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define OWN_ARENA_MAX ((size_t)1 << 20)

/* ---- which address is whose ---- */

enum { GET = 1, POST = 2 };

static const struct adapter {
    struct str path;
    bool below; /* and everything that begins so */
    unsigned methods;
    /* False: it is answered without anything to store. */
    bool (*read)(struct collector_intake *intake);
    void (*answer)(const struct collector_intake *intake, struct response *response);
    bool strict, whatever; /* collector_door.h */
    bool credentials;      /* its pages send and expect what cookies would need */
} adapters[] = {
    {.path = STR_INIT("/e"),
     .methods = POST,
     .read = collector_own_read,
     .answer = collector_own_answer,
     .strict = true},
    {.path = STR_INIT("/e.gif"),
     .methods = GET,
     .read = collector_pixel_read,
     .answer = collector_pixel_answer,
     .strict = true},
    {.path = STR_INIT("/matomo.php"),
     .methods = GET | POST,
     .read = collector_matomo_read,
     .answer = collector_matomo_answer,
     .whatever = true,
     .credentials = true},
    {.path = STR_INIT("/piwik.php"),
     .methods = GET | POST,
     .read = collector_matomo_read,
     .answer = collector_matomo_answer,
     .whatever = true,
     .credentials = true},
    {.path = STR_INIT("/v1/projects/"),
     .below = true,
     .methods = GET,
     .read = collector_segment_settings,
     .answer = collector_segment_settings_answer},
    {.path = STR_INIT("/v1/"),
     .below = true,
     .methods = POST,
     .read = collector_segment_read,
     .answer = collector_segment_answer,
     .whatever = true},
    {.path = STR_INIT("/log"),
     .methods = GET | POST,
     .read = collector_leadboxer_read,
     .answer = collector_leadboxer_answer,
     .whatever = true},
    {.path = STR_INIT("/"), /* with ?si= */
     .methods = GET | POST,
     .read = collector_leadboxer_read,
     .answer = collector_leadboxer_answer,
     .whatever = true},
};

static const struct adapter *find_adapter(struct str path)
{
    for (size_t i = 0; i < sizeof(adapters) / sizeof(*adapters); i++) {
        const struct adapter *adapter = &adapters[i];
        if (adapter->below ? str_starts(path, adapter->path) : str_eq(path, adapter->path)) {
            return adapter;
        }
    }
    return NULL;
}

static bool takes_method(const struct adapter *adapter, enum request_method method)
{
    bool get = method == METHOD_GET || method == METHOD_HEAD;
    return (get && (adapter->methods & GET) != 0) ||
           (method == METHOD_POST && (adapter->methods & POST) != 0);
}

static struct str methods_text(const struct adapter *adapter)
{
    static const struct str texts[] = {
        [GET] = STR_INIT("GET, OPTIONS"),
        [POST] = STR_INIT("POST, OPTIONS"),
        [GET | POST] = STR_INIT("GET, POST, OPTIONS"),
    };
    return texts[adapter->methods];
}

/* ---- each child's own ---- */

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

/* ---- one request ---- */

struct incoming {
    const struct adapter *adapter; /* NULL: answered */
    struct collector_intake intake;
    struct response *response;
    struct collector_write writes[COLLECTOR_BATCHES_MAX];
    size_t n_writes;
};

static enum err find_dataset(void *context, struct arena *arena, struct str id,
                             struct collector_dataset *out_dataset)
{
    struct collector *collector = context;
    return collector_datasets_get(collector->datasets, arena, id, clock_monotonic(),
                                  out_dataset);
}

/* For pages of other hosts. With credentials only the page that asked may read the answer;
 * there is nothing in it. */
static void answer_origin(struct incoming *in)
{
    struct str origin = request_header(in->intake.request, "Origin");
    bool named = in->adapter != NULL && in->adapter->credentials && origin.n > 0;
    if (!named) {
        response_header(in->response, "Access-Control-Allow-Origin", STR("*"));
        return;
    }
    response_header(in->response, "Access-Control-Allow-Origin", origin);
    response_header(in->response, "Access-Control-Allow-Credentials", STR("true"));
    response_header(in->response, "Vary", STR("Origin"));
}

static void answer_preflight(const struct adapter *adapter, struct response *response)
{
    response_status(response, 204);
    response_header(response, "Access-Control-Allow-Methods", methods_text(adapter));
    response_header(response, "Access-Control-Allow-Headers",
                    STR("Authorization, Content-Type, Content-Encoding, X-Retry-Count, "
                        "AnonymousId"));
    response_header(response, "Access-Control-Max-Age", STR("86400"));
}

/* Not an address or a method that takes events. */
static bool answer_others(enum err invalid, struct incoming *in)
{
    const struct request *request = in->intake.request;
    struct response *response = in->response;
    const struct adapter *adapter = invalid == ERR_NONE ? find_adapter(request->path) : NULL;
    in->adapter = adapter;
    if (invalid != ERR_NONE) {
        response_json_error(response, 400, STR("bad_address"),
                            STR("This address is not valid."), (struct str){.p = NULL});
    } else if (adapter == NULL) {
        response_json_error(response, 404, STR("not_found"),
                            STR("Events go to /e, the pixel is /e.gif."),
                            (struct str){.p = NULL});
    } else if (request->method == METHOD_OPTIONS) {
        answer_preflight(adapter, response);
    } else if (!takes_method(adapter, request->method)) {
        response_json_error(response, 405, STR("method"),
                            STR("This address is not for this method; see Allow."),
                            (struct str){.p = NULL});
        response_header(response, "Allow", methods_text(adapter));
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
    struct collector_door door = {.store = collector->store,
                                  .networks = collector->networks,
                                  .key = collector->key,
                                  .strict = in->adapter->strict,
                                  .whatever = in->adapter->whatever};
    db_use(collector->db, in->intake.request->ctx);
    bool store = in->adapter->read(&in->intake) &&
                 collector_door_pass(&door, &in->intake, in->writes, &in->n_writes);
    db_unuse(collector->db);
    if (!store) {
        in->adapter->answer(&in->intake, in->response);
    }
    return store;
}

static void store(struct collector *collector, struct incoming *const *waiting, size_t n)
{
    struct ctx *ctx = waiting[0]->intake.request->ctx;
    struct collector_write **writes =
        ARENA_ARRAY(ctx->arena, n * COLLECTOR_BATCHES_MAX, struct collector_write *);
    size_t n_writes = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < waiting[i]->n_writes; k++) {
            writes[n_writes++] = &waiting[i]->writes[k];
        }
    }
    db_use(collector->db, ctx);
    collector_store_write(collector->store, writes, n_writes);
    db_unuse(collector->db);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < waiting[i]->n_writes; k++) {
            if (waiting[i]->writes[k].err != ERR_NONE) {
                (void)collector_refuse_away(&waiting[i]->intake);
            }
        }
        waiting[i]->adapter->answer(&waiting[i]->intake, waiting[i]->response);
    }
}

static struct incoming *begin(struct collector *collector, struct exchange *exchange)
{
    struct incoming *in = ARENA_NEW(exchange->request.ctx->arena, struct incoming);
    in->response = &exchange->response;
    in->intake.request = &exchange->request;
    in->intake.now = clock_now();
    in->intake.find = find_dataset;
    in->intake.find_context = collector;
    return in;
}

void collector_handle(struct collector *collector, struct exchange *const *exchanges, size_t n)
{
    struct incoming *all[COLLECTOR_TOGETHER];
    struct incoming *waiting[COLLECTOR_TOGETHER];
    size_t n_waiting = 0;
    for (size_t i = 0; i < n; i++) {
        all[i] = begin(collector, exchanges[i]);
        if (receive(collector, exchanges[i]->invalid, all[i])) {
            waiting[n_waiting++] = all[i];
        }
    }
    if (n_waiting > 0) {
        store(collector, waiting, n_waiting);
    }
    for (size_t i = 0; i < n; i++) {
        struct response *response = &exchanges[i]->response;
        response->quiet = true;
        response->route = "collect";
        answer_origin(all[i]);
    }
    collector->looked = true;
    flush_due(collector);
}
