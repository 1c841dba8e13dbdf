#include "fcgi/collector_store.h"
#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/events.h"

#define FLUSH_EVERY (3 * CLOCK_SECOND)
#define COUNTS 64
#define AGENT_SLOTS 1024 /* a power of two */
#define AGENT_MAX 512

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

enum err collector_store_write(struct collector_store *store,
                               const struct collector_origin *origin,
                               const struct collector_batch *batch)
{
    struct str visitor = {.p = (const char *)origin->visitor, .n = sizeof(origin->visitor)};
    const struct collector_agent *agent = &origin->agent;
    bool new_agent = !str_is_null(agent->text) && !agent->stored;
    if (new_agent) {
        TRY(sql_collect_agent_send(store->db, &(struct sql_collect_agent_in){
                                                  .hash = agent->hash, .agent = agent->text}));
    }
    TRY(batch->n == 1 ? send_one(store->db, origin, batch, visitor)
                      : send_many(store->db, origin, batch, visitor));
    if (new_agent) {
        TRY(sql_collect_agent_take(store->db, NULL));
    }
    TRY(batch->n == 1 ? sql_collect_event_take(store->db, NULL)
                      : sql_collect_events_take(store->db, NULL));
    struct known_agent *slot = agent_slot(store, agent->hash);
    if (new_agent && slot->hash == agent->hash) {
        slot->stored = true;
    }
    return ERR_NONE;
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
