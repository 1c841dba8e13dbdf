#include "fcgi/collector_store.h"
#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/events.h"

#define FLUSH_EVERY (3 * CLOCK_SECOND)
#define COUNTS 64
#define AGENT_SLOTS 1024 /* a power of two */
#define AGENT_MAX 512
#define NETWORK_SLOTS 1024 /* a power of two */

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

static enum err send_one(struct db *db, const struct collector_origin *origin,
                         const struct collector_batch *batch, struct str visitor)
{
    return sql_collect_event_send(db, &(struct sql_collect_event_in){
                                          .dataset = origin->dataset,
                                          .at = batch->at[0],
                                          .visitor = visitor,
                                          .type = batch->type[0],
                                          .name = batch->name[0],
                                          .url = batch->url[0],
                                          .title = batch->title[0],
                                          .referrer = batch->referrer[0],
                                          .utm = batch->utm[0],
                                          .properties = batch->properties[0],
                                          .agent = origin->agent.hash,
                                          .agent_null = str_is_null(origin->agent.text),
                                          .ip = origin->ip,
                                          .network = origin->door.network,
                                          .network_null = origin->door.network == 0,
                                          .place = origin->door.place,
                                          .place_null = origin->door.place == 0,
                                          .country = origin->door.country,
                                          .region = origin->door.region,
                                          .city = origin->door.city,
                                      });
}

static enum err send_many(struct db *db, const struct collector_origin *origin,
                          const struct collector_batch *batch, struct str visitor)
{
    return sql_collect_events_send(db, &(struct sql_collect_events_in){
                                           .dataset = origin->dataset,
                                           .visitor = visitor,
                                           .agent = origin->agent.hash,
                                           .agent_null = str_is_null(origin->agent.text),
                                           .ip = origin->ip,
                                           .network = origin->door.network,
                                           .network_null = origin->door.network == 0,
                                           .place = origin->door.place,
                                           .place_null = origin->door.place == 0,
                                           .country = origin->door.country,
                                           .region = origin->door.region,
                                           .city = origin->door.city,
                                           .at = {batch->at, batch->n},
                                           .type = {batch->type, batch->n},
                                           .name = {batch->name, batch->n},
                                           .url = {batch->url, batch->n},
                                           .title = {batch->title, batch->n},
                                           .referrer = {batch->referrer, batch->n},
                                           .utm = {batch->utm, batch->n},
                                           .properties = {batch->properties, batch->n},
                                       });
}

static bool has_new_agent(const struct collector_write *write)
{
    return !str_is_null(write->origin.agent.text) && !write->origin.agent.stored;
}

static bool has_new_network(const struct collector_store *store,
                            const struct collector_write *write)
{
    const struct collector_door *door = &write->origin.door;
    return door->network != 0 && door->owner.n > 0 &&
           store->networks[(uint64_t)door->network % NETWORK_SLOTS] != door->network;
}

static enum err send_write(struct collector_store *store, const struct collector_write *write)
{
    struct db *db = store->db;
    const struct collector_origin *origin = &write->origin;
    struct str visitor = {.p = (const char *)origin->visitor, .n = sizeof(origin->visitor)};
    if (has_new_agent(write)) {
        TRY(sql_collect_agent_send(
            db, &(struct sql_collect_agent_in){.hash = origin->agent.hash,
                                               .agent = origin->agent.text}));
    }
    if (has_new_network(store, write)) {
        TRY(sql_collect_network_send(
            db, &(struct sql_collect_network_in){.network = origin->door.network,
                                                 .name = origin->door.owner,
                                                 .addresses = origin->door.addresses}));
    }
    return write->batch.n == 1 ? send_one(db, origin, &write->batch, visitor)
                               : send_many(db, origin, &write->batch, visitor);
}

static enum err take_write(struct collector_store *store, const struct collector_write *write)
{
    struct db *db = store->db;
    if (has_new_agent(write)) {
        TRY(sql_collect_agent_take(db, NULL));
    }
    if (has_new_network(store, write)) {
        TRY(sql_collect_network_take(db, NULL));
    }
    return write->batch.n == 1 ? sql_collect_event_take(db, NULL)
                               : sql_collect_events_take(db, NULL);
}

/* In a transaction of its own. */
static enum err write_one(struct collector_store *store, const struct collector_write *write)
{
    TRY(send_write(store, write));
    return take_write(store, write);
}

/* In one transaction and one round trip. */
static enum err write_all(struct collector_store *store, struct collector_write *const *writes,
                          size_t n)
{
    struct db *db = store->db;
    TRY(db_begin(db, NULL));
    for (size_t i = 0; i < n; i++) {
        TRY(send_write(store, writes[i]));
    }
    TRY(db_commit_send(db));
    for (size_t i = 0; i < n; i++) {
        TRY(take_write(store, writes[i]));
    }
    return db_commit(db);
}

static void remember(struct collector_store *store, const struct collector_write *write)
{
    struct known_agent *slot = agent_slot(store, write->origin.agent.hash);
    if (has_new_agent(write) && slot->hash == write->origin.agent.hash) {
        slot->stored = true;
    }
    if (has_new_network(store, write)) {
        int64_t network = write->origin.door.network;
        store->networks[(uint64_t)network % NETWORK_SLOTS] = network;
    }
}

void collector_store_write(struct collector_store *store, struct collector_write *const *writes,
                           size_t n)
{
    enum err err = ERR_NONE;
    if (n > 1) {
        err = write_all(store, writes, n);
        db_rollback(store->db);
    }
    /* What the database refuses in one must not take the others with it. After a lost
     * connection nobody knows what was committed, so nothing is sent again. */
    bool one_by_one = n == 1 || (err != ERR_NONE && err != ERR_UNAVAILABLE);
    for (size_t i = 0; i < n; i++) {
        writes[i]->err = one_by_one ? write_one(store, writes[i]) : err;
        if (writes[i]->err == ERR_NONE) {
            remember(store, writes[i]);
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
