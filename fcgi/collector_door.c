#include "fcgi/collector_door.h"
#include "fcgi/collector_url.h"
#include "shared/clock.h"
#include "shared/crypt.h"
#include "shared/traffic.h"

#include <arpa/inet.h>

/* One batch on its way through. */
struct passing {
    const struct collector_door *door;
    struct collector_intake *intake;
    struct collector_batch *batch;
    struct collector_agent agent; /* of the request */
    struct str address;           /* of the request */
    /* The row's own browser that was looked at last: rows that follow each other often share
     * one. */
    struct str last_text;
    struct collector_agent last;
    /* The same of addresses. */
    struct str looked_up;
    int64_t looked_for;
    struct collector_door_facts facts;
};

/* ---- whether to take it ---- */

static bool is_loopback(struct str address)
{
    return str_starts(address, STR("127.")) || str_eq(address, STR("::1"));
}

/* A program that calls POST on purpose is welcome: it does not run our script by accident. So
 * is a browser without a head on this very machine, which is a test. */
static bool is_bot(const struct passing *passing, enum bot_kind kind)
{
    switch (kind) {
    case BOT_NOT:
        return false;
    case BOT_CRAWLER:
        return true;
    case BOT_HEADLESS:
        return !is_loopback(passing->address);
    case BOT_HTTP_CLIENT:
        return passing->intake->request->method != METHOD_POST && !passing->door->whatever;
    }
    return true;
}

/* Of the program that sends. One that does so for others says who it is, if at all, by
 * accident. */
static bool is_bot_request(const struct passing *passing)
{
    bool nameless = str_is_null(passing->agent.text);
    bool may_be_nameless = passing->door->whatever || passing->batch->trusted;
    if (passing->intake->proxied || (nameless && may_be_nameless)) {
        return false;
    }
    return is_bot(passing, passing->agent.kind);
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

/* True, and counted, when what came is to be thrown away without a word. */
static bool is_dropped(const struct passing *passing)
{
    const struct request *request = passing->intake->request;
    const struct collector_dataset *dataset = &passing->batch->dataset;
    enum collector_reason reason = REFUSED__COUNT;
    if (is_bot_request(passing)) {
        reason = REFUSED_BOT;
    } else if (is_prefetch(request)) {
        reason = REFUSED_PREFETCH;
    } else if (dataset->honour_privacy_signals && asked_for_privacy(request)) {
        reason = REFUSED_PRIVACY;
    }
    if (reason == REFUSED__COUNT) {
        return false;
    }
    collector_store_refuse(passing->door->store, dataset->id, reason, passing->batch->n);
    return true;
}

/* The page that sends, where the browser says which it is. What names neither it nor a page of
 * its own is no page's: a mail, a server. */
static bool is_origin_allowed(const struct passing *passing)
{
    const struct collector_dataset *dataset = &passing->batch->dataset;
    struct request *request = passing->intake->request;
    struct str origin = request_header(request, "Origin");
    struct collector_url url = {.n_landing = 0};
    if (origin.n > 0 && str_is_utf8(origin)) {
        collector_url(request->ctx->arena, origin, &url);
    }
    return str_is_null(url.host) ||
           collector_host_allowed(url.host, dataset->hosts, dataset->n_hosts);
}

/* Marks what may stay in keep; how many may not. */
static size_t mark_hosts(const struct passing *passing, bool *keep)
{
    struct collector_batch *batch = passing->batch;
    const struct collector_dataset *dataset = &batch->dataset;
    bool origin = is_origin_allowed(passing);
    size_t refused = 0;
    for (size_t i = 0; i < batch->n; i++) {
        keep[i] = origin &&
                  (str_is_null(batch->host[i]) ||
                   collector_host_allowed(batch->host[i], dataset->hosts, dataset->n_hosts));
        if (!keep[i] && passing->intake->wrong != NULL) {
            passing->intake->wrong[batch->item[i]] = true;
        }
        refused += keep[i] ? 0 : 1;
    }
    return refused;
}

static bool refuse_host(const struct passing *passing)
{
    return collector_refuse(passing->intake, 403, STR("host_not_allowed"),
                            STR("This dataset takes no events of this host. Its settings list "
                                "those it does."),
                            "url");
}

/* False when nothing of the batch may stay. */
static bool check_hosts(const struct passing *passing)
{
    struct collector_batch *batch = passing->batch;
    bool *keep = ARENA_ARRAY(passing->intake->request->ctx->arena, batch->n, bool);
    if (batch->dataset.n_hosts == 0) {
        return true;
    }
    size_t refused = mark_hosts(passing, keep);
    if (refused == 0) {
        return true;
    }
    size_t lost = passing->door->strict ? batch->n : refused;
    collector_store_refuse(passing->door->store, batch->dataset.id, REFUSED_HOST, lost);
    if (lost == batch->n) {
        return refuse_host(passing);
    }
    collector_batch_keep(batch, keep);
    return true;
}

/* ---- who it is ---- */

/* The address as PostgreSQL's inet takes it, or "no value". */
static struct str clean_address(struct arena *arena, struct str address)
{
    uint8_t bytes[16];
    if (address.n == 0 || address.n >= INET6_ADDRSTRLEN) {
        return (struct str){.p = NULL};
    }
    char *text = arena_cstr(arena, address);
    bool fine = inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
    return fine ? address : (struct str){.p = NULL};
}

/* The visitor of a row: by the tracker's own id, or, without one, by address and browser for a
 * day. The address itself is not kept and cannot be had back without the key. */
static struct str visitor_of(const struct passing *passing, struct str own, int64_t agent,
                             struct str address)
{
    const struct collector_dataset *dataset = &passing->batch->dataset;
    uint8_t *id = arena_alloc(passing->intake->request->ctx->arena, CRYPT_HASH_BYTES);
    if (!str_is_null(own) && !dataset->cookieless) {
        event_visitor(dataset->id, own, id);
    } else {
        int64_t numbers[] = {dataset->id, passing->intake->now / CLOCK_DAY, agent};
        crypt_mac(passing->door->key, "visitor",
                  (const struct str[]){{(const char *)numbers, sizeof(numbers)}, address}, 2,
                  id);
    }
    return (struct str){(const char *)id, EVENT_VISITOR_BYTES};
}

/* A library tells nothing about the visitor whose event it sends. */
static bool is_visitors_agent(const struct passing *passing)
{
    return !passing->intake->proxied &&
           (!passing->door->whatever || str_starts(passing->agent.text, STR("Mozilla/")) ||
            str_starts(passing->agent.text, STR("Opera/")));
}

static struct collector_agent row_agent(struct passing *passing, size_t row)
{
    struct str own = passing->batch->agent[row];
    if (own.n == 0) {
        return is_visitors_agent(passing) ? passing->agent : (struct collector_agent){0};
    }
    if (!str_eq(own, passing->last_text)) {
        passing->last_text = own;
        collector_store_agent(passing->door->store, own, &passing->last);
    }
    return passing->last;
}

static void note_agent(struct collector_write *write, const struct collector_agent *agent)
{
    bool again = write->n_agents > 0 && write->agents[write->n_agents - 1].hash == agent->hash;
    if (!str_is_null(agent->text) && !agent->stored && !again) {
        write->agents[write->n_agents++] = *agent;
    }
}

static void note_network(const struct passing *passing, struct collector_write *write,
                         const struct collector_door_facts *facts)
{
    bool again = write->n_networks > 0 &&
                 write->networks[write->n_networks - 1].network == facts->network;
    if (facts->network != 0 && facts->owner.n > 0 && !again &&
        !collector_store_knows(passing->door->store, facts->network)) {
        write->networks[write->n_networks++] = *facts;
    }
}

/* Servers' names tell of no company that a visitor is with. */
static void note_wait(struct passing *passing, struct collector_write *write, size_t row,
                      struct str address)
{
    const struct collector_batch *batch = passing->batch;
    const struct collector_door_facts *facts = &passing->facts;
    struct traffic_network network = {
        .number = facts->network, .owner = facts->owner, .addresses = facts->addresses};
    if (!batch->dataset.name_lookup || !facts->on_internet ||
        traffic_kind(&network).verdict == TRAFFIC_HOSTING ||
        !collector_store_may_wait(passing->door->store, batch->dataset.id, batch->who[row],
                                  clock_monotonic())) {
        return;
    }
    write->waits[write->n_waits++] =
        (struct collector_wait){.visitor = batch->who[row],
                                .at = batch->at[row],
                                .address = crypt_seal(passing->intake->request->ctx->arena,
                                                      passing->door->key, "address", address)};
}

/* What the visitor's address tells, before it is forgotten. A program's own network is not the
 * visitor's. Rows that follow each other often share an address. */
static void fill_network(struct passing *passing, struct collector_write *write, size_t row,
                         struct str address, bool given)
{
    struct collector_batch *batch = passing->batch;
    bool theirs =
        given || (!passing->intake->proxied && passing->agent.kind != BOT_HTTP_CLIENT &&
                  is_visitors_agent(passing));
    if (!theirs) {
        return;
    }
    if (!str_eq(address, passing->looked_up) || passing->looked_for != batch->dataset.id) {
        passing->looked_up = address;
        passing->looked_for = batch->dataset.id;
        collector_network_find(passing->door->networks, passing->intake->request->ctx->arena,
                               passing->door->key, batch->dataset.id, address, &passing->facts);
    }
    batch->network[row] = passing->facts.network;
    batch->place[row] = passing->facts.place;
    batch->country[row] = passing->facts.country;
    batch->region[row] = passing->facts.region;
    batch->city[row] = passing->facts.city;
    note_network(passing, write, &passing->facts);
    note_wait(passing, write, row, address);
}

/* Who a row is of. False when the browser that it names is a program. */
static bool fill_row(struct passing *passing, struct collector_write *write, size_t row)
{
    struct collector_batch *batch = passing->batch;
    bool given = batch->ip[row].n > 0;
    struct collector_agent agent = row_agent(passing, row);
    struct str address =
        given ? clean_address(passing->intake->request->ctx->arena, batch->ip[row])
              : passing->address;
    if (batch->agent[row].n > 0 && is_bot(passing, agent.kind)) {
        return false;
    }
    batch->who[row] = visitor_of(passing, batch->visitor[row], agent.hash, address);
    batch->agent_hash[row] = agent.hash;
    /* That of a program which sends for others is nobody's. */
    bool theirs = given || !passing->intake->proxied;
    batch->address[row] = theirs && !batch->dataset.mask_ip ? address : (struct str){.p = NULL};
    note_agent(write, &agent);
    fill_network(passing, write, row, address, given);
    return true;
}

static void fill_rows(struct passing *passing, struct collector_write *write)
{
    struct collector_batch *batch = passing->batch;
    struct arena *arena = passing->intake->request->ctx->arena;
    bool *keep = ARENA_ARRAY(arena, batch->n, bool);
    size_t bots = 0;
    *write = (struct collector_write){
        .batch = batch,
        .agents = ARENA_ARRAY(arena, batch->n, struct collector_agent),
        .networks = ARENA_ARRAY(arena, batch->n, struct collector_door_facts),
        .waits = ARENA_ARRAY(arena, batch->n, struct collector_wait)};
    for (size_t i = 0; i < batch->n; i++) {
        keep[i] = fill_row(passing, write, i);
        bots += keep[i] ? 0 : 1;
    }
    if (bots > 0) {
        collector_store_refuse(passing->door->store, batch->dataset.id, REFUSED_BOT, bots);
        collector_batch_keep(batch, keep);
    }
}

static void start(const struct collector_door *door, struct collector_intake *intake,
                  struct passing *out_passing)
{
    struct request *request = intake->request;
    *out_passing = (struct passing){
        .door = door,
        .intake = intake,
        .address = clean_address(request->ctx->arena, request->remote_addr),
    };
    collector_store_agent(door->store, request_header(request, "User-Agent"),
                          &out_passing->agent);
}

bool collector_door_pass(const struct collector_door *door, struct collector_intake *intake,
                         struct collector_write *out_writes, size_t *out_n)
{
    struct passing passing;
    *out_n = 0;
    start(door, intake, &passing);
    for (size_t i = 0; i < intake->n_batches; i++) {
        passing.batch = &intake->batches[i];
        if (passing.batch->n == 0 || is_dropped(&passing)) {
            continue;
        }
        if (!check_hosts(&passing)) {
            continue;
        }
        fill_rows(&passing, &out_writes[*out_n]);
        *out_n += passing.batch->n > 0 ? 1 : 0;
    }
    if (*out_n > 0 && !door->strict) {
        intake->refusal.status = 0; /* some may stay */
    }
    return *out_n > 0;
}
