#include "fcgi/collector_store.h"
#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/events.h"

#define FLUSH_EVERY (3 * CLOCK_SECOND)
#define COUNTS 64
#define AGENT_SLOTS 1024 /* a power of two */
#define AGENT_MAX 512
#define NETWORK_SLOTS 1024 /* a power of two */
#define WAIT_SLOTS 1024    /* a power of two */
#define WAIT_AGAIN (30 * CLOCK_MINUTE)
#define WAITS_A_MINUTE 600

struct count {
    int64_t dataset;
    enum collector_reason reason;
    int32_t count;
};
struct known_agent {
    int64_t hash;
    uint8_t kind;
    bool used, stored;
};

struct collector_store {
    struct arena *arena;
    struct db *db;
    struct count counts[COUNTS];
    size_t n_counts;
    int64_t flushed_at; /* by the monotonic clock */
    struct known_agent agents[AGENT_SLOTS];
    int64_t networks[NETWORK_SLOTS]; /* whose owners are known to be in the database */
    struct {
        uint64_t who;
        int64_t until;
    } waits[WAIT_SLOTS];
    int64_t waits_since; /* of the minute in which n_waits were let through */
    int n_waits;
};

struct collector_store *collector_store_new(struct db *db)
{
    struct arena *arena = arena_new(sizeof(struct collector_store) + 1024);
    struct collector_store *store = ARENA_NEW(arena, struct collector_store);
    store->arena = arena;
    store->db = db;
    return store;
}

void collector_store_free(struct collector_store *store)
{
    if (store != NULL) {
        arena_free(store->arena);
    }
}

static struct known_agent *agent_slot(struct collector_store *store, int64_t hash)
{
    return &store->agents[(uint64_t)hash % AGENT_SLOTS];
}

void collector_store_agent(struct collector_store *store, struct str user_agent,
                           struct collector_agent *out_agent)
{
    struct str text = str_cut(str_trim(user_agent), AGENT_MAX);
    if (!str_is_utf8(text)) {
        text = STR("(not UTF-8)");
    }
    *out_agent = (struct collector_agent){.text = text, .kind = BOT_CRAWLER};
    if (text.n == 0) {
        out_agent->text = (struct str){.p = NULL};
        return;
    }
    out_agent->hash = event_agent(text);
    struct known_agent *slot = agent_slot(store, out_agent->hash);
    if (!slot->used || slot->hash != out_agent->hash) {
        *slot = (struct known_agent){
            .hash = out_agent->hash, .kind = (uint8_t)bot_kind(text), .used = true};
    }
    out_agent->kind = (enum bot_kind)slot->kind;
    out_agent->stored = slot->stored;
}

/* Both statements for one event have these. */
#define ONE_EVENT(batch)                                                                       \
    .dataset = (batch)->dataset.id, .at = (batch)->at[0], .visitor = (batch)->who[0],          \
    .type = (batch)->type[0], .name = (batch)->name[0], .url = (batch)->url[0],                \
    .title = (batch)->title[0], .referrer = (batch)->referrer[0], .utm = (batch)->utm[0],      \
    .properties = (batch)->properties[0], .agent = (batch)->agent_hash[0],                     \
    .agent_null = (batch)->agent_hash[0] == 0, .ip = (batch)->address[0],                      \
    .network = (batch)->network[0], .network_null = (batch)->network[0] == 0,                  \
    .place = (batch)->place[0], .place_null = (batch)->place[0] == 0,                          \
    .country = (batch)->country[0], .region = (batch)->region[0], .city = (batch)->city[0]

static enum err send_one(struct db *db, const struct collector_batch *batch)
{
    if (!str_is_null(batch->message[0])) {
        struct sql_collect_event_once_in in = {ONE_EVENT(batch), .day = batch->day[0],
                                               .message = batch->message[0]};
        return sql_collect_event_once_send(db, &in);
    }
    struct sql_collect_event_in in = {ONE_EVENT(batch)};
    return sql_collect_event_send(db, &in);
}

/* And these both for several. */
#define EVENTS(batch)                                                                          \
    .dataset = (batch)->dataset.id, .at = {(batch)->at, (batch)->n},                           \
    .visitor = {(batch)->who, (batch)->n}, .type = {(batch)->type, (batch)->n},                \
    .name = {(batch)->name, (batch)->n}, .url = {(batch)->url, (batch)->n},                    \
    .title = {(batch)->title, (batch)->n}, .referrer = {(batch)->referrer, (batch)->n},        \
    .utm = {(batch)->utm, (batch)->n}, .properties = {(batch)->properties, (batch)->n},        \
    .agent = {(batch)->agent_hash, (batch)->n}, .ip = {(batch)->address, (batch)->n},          \
    .network = {(batch)->network, (batch)->n}, .place = {(batch)->place, (batch)->n},          \
    .country = {(batch)->country, (batch)->n}, .region = {(batch)->region, (batch)->n},        \
    .city = {(batch)->city, (batch)->n}

static enum err send_many(struct db *db, const struct collector_batch *batch)
{
    if (batch->has_messages) {
        struct sql_collect_events_once_in in = {EVENTS(batch), .day = {batch->day, batch->n},
                                                .message = {batch->message, batch->n}};
        return sql_collect_events_once_send(db, &in);
    }
    struct sql_collect_events_in in = {EVENTS(batch)};
    return sql_collect_events_send(db, &in);
}

static enum err send_write(struct db *db, const struct collector_write *write)
{
    for (size_t i = 0; i < write->n_agents; i++) {
        TRY(sql_collect_agent_send(
            db, &(struct sql_collect_agent_in){.hash = write->agents[i].hash,
                                               .agent = write->agents[i].text}));
    }
    for (size_t i = 0; i < write->n_networks; i++) {
        TRY(sql_collect_network_send(
            db, &(struct sql_collect_network_in){.network = write->networks[i].network,
                                                 .name = write->networks[i].owner,
                                                 .addresses = write->networks[i].addresses}));
    }
    for (size_t i = 0; i < write->n_waits; i++) {
        TRY(sql_collect_address_send(
            db, &(struct sql_collect_address_in){.dataset = write->batch->dataset.id,
                                                 .visitor = write->waits[i].visitor,
                                                 .at = write->waits[i].at,
                                                 .address = write->waits[i].address}));
    }
    return write->batch->n == 1 ? send_one(db, write->batch) : send_many(db, write->batch);
}

static enum err take_write(struct db *db, const struct collector_write *write)
{
    const struct collector_batch *batch = write->batch;
    bool one = batch->n == 1;
    for (size_t i = 0; i < write->n_agents; i++) {
        TRY(sql_collect_agent_take(db, NULL));
    }
    for (size_t i = 0; i < write->n_networks; i++) {
        TRY(sql_collect_network_take(db, NULL));
    }
    for (size_t i = 0; i < write->n_waits; i++) {
        TRY(sql_collect_address_take(db, NULL));
    }
    if (one ? !str_is_null(batch->message[0]) : batch->has_messages) {
        return one ? sql_collect_event_once_take(db, NULL)
                   : sql_collect_events_once_take(db, NULL);
    }
    return one ? sql_collect_event_take(db, NULL) : sql_collect_events_take(db, NULL);
}

/* In a transaction of its own. */
static enum err write_one(struct db *db, const struct collector_write *write)
{
    TRY(send_write(db, write));
    return take_write(db, write);
}

/* In one transaction and one round trip. */
static enum err write_all(struct db *db, struct collector_write *const *writes, size_t n)
{
    TRY(db_begin(db, NULL));
    for (size_t i = 0; i < n; i++) {
        TRY(send_write(db, writes[i]));
    }
    TRY(db_commit_send(db));
    for (size_t i = 0; i < n; i++) {
        TRY(take_write(db, writes[i]));
    }
    return db_commit(db);
}

static void remember_agents(struct collector_store *store, const struct collector_write *write)
{
    for (size_t i = 0; i < write->n_agents; i++) {
        struct known_agent *slot = agent_slot(store, write->agents[i].hash);
        if (slot->hash == write->agents[i].hash) {
            slot->stored = true;
        }
    }
    for (size_t i = 0; i < write->n_networks; i++) {
        int64_t network = write->networks[i].network;
        store->networks[(uint64_t)network % NETWORK_SLOTS] = network;
    }
}

bool collector_store_may_wait(struct collector_store *store, int64_t dataset,
                              struct str visitor, int64_t monotonic_now)
{
    uint64_t who = 0;
    memcpy(&who, visitor.p, visitor.n < sizeof(who) ? visitor.n : sizeof(who));
    who ^= (uint64_t)dataset;
    size_t slot = (size_t)(who % WAIT_SLOTS);
    if (store->waits[slot].who == who && store->waits[slot].until > monotonic_now) {
        return false;
    }
    if (monotonic_now - store->waits_since >= CLOCK_MINUTE) {
        store->waits_since = monotonic_now;
        store->n_waits = 0;
    }
    if (store->n_waits == WAITS_A_MINUTE) {
        return false;
    }
    store->n_waits++;
    store->waits[slot].who = who;
    store->waits[slot].until = monotonic_now + WAIT_AGAIN;
    return true;
}

bool collector_store_knows(const struct collector_store *store, int64_t network)
{
    return store->networks[(uint64_t)network % NETWORK_SLOTS] == network;
}

void collector_store_write(struct collector_store *store, struct collector_write *const *writes,
                           size_t n)
{
    enum err err = ERR_NONE;
    if (n > 1) {
        err = write_all(store->db, writes, n);
        db_rollback(store->db);
    }
    /* What the database refuses in one must not take the others with it. After a lost
     * connection nobody knows what was committed, so nothing is sent again. */
    bool one_by_one = n == 1 || (err != ERR_NONE && err != ERR_UNAVAILABLE);
    for (size_t i = 0; i < n; i++) {
        writes[i]->err = one_by_one ? write_one(store->db, writes[i]) : err;
        if (writes[i]->err == ERR_NONE) {
            remember_agents(store, writes[i]);
        }
    }
}

void collector_store_refuse(struct collector_store *store, int64_t dataset,
                            enum collector_reason reason, size_t count)
{
    struct count *at = store->counts;
    struct count *end = at + store->n_counts;
    while (at < end && (at->dataset != dataset || at->reason != reason)) {
        at++;
    }
    if (at == store->counts + COUNTS) {
        return; /* the database is away; better a count too low than memory without end */
    }
    if (at == end) {
        *at = (struct count){.dataset = dataset, .reason = reason};
        store->n_counts++;
    }
    int32_t room = INT32_MAX - at->count;
    at->count += count < (size_t)room ? (int32_t)count : room;
}

bool collector_store_due(const struct collector_store *store, int64_t monotonic_now)
{
    return store->n_counts > 0 &&
           (store->n_counts > COUNTS / 2 || monotonic_now - store->flushed_at >= FLUSH_EVERY);
}

void collector_store_flush(struct collector_store *store, int64_t monotonic_now)
{
    static const struct str words[REFUSED__COUNT] = {
        [REFUSED_BOT] = STR_INIT("bot"),
        [REFUSED_PREFETCH] = STR_INIT("prefetch"),
        [REFUSED_PRIVACY] = STR_INIT("privacy"),
        [REFUSED_HOST] = STR_INIT("host"),
    };
    int64_t dataset[COUNTS];
    int32_t count[COUNTS];
    struct str reason[COUNTS];
    size_t n = store->n_counts;
    store->flushed_at = monotonic_now;
    if (n == 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        dataset[i] = store->counts[i].dataset;
        count[i] = store->counts[i].count;
        reason[i] = words[store->counts[i].reason];
    }
    struct sql_collect_refused_in in = {
        .dataset = {dataset, n}, .reason = {reason, n}, .count = {count, n}};
    if (sql_collect_refused(store->db, &in, NULL) == ERR_NONE) {
        store->n_counts = 0;
    }
}
