/*
 * collector_store.h - writes events, the user agents they name, and counts what was refused.
 *
 * One insert a batch; the requests that came together share one commit. Counts are kept in
 * memory and written every few seconds.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_STORE_H
#define LEADBOARD_FCGI_COLLECTOR_STORE_H

#include "fcgi/collector_bot.h"
#include "fcgi/collector_event.h"
#include "fcgi/collector_network.h"
#include "shared/db.h"
#include "shared/events.h"

enum collector_reason {
    REFUSED_BOT,
    REFUSED_PREFETCH,
    REFUSED_PRIVACY, /* Do Not Track, Global Privacy Control */
    REFUSED_HOST,
    REFUSED__COUNT
};

struct collector_store;
struct collector_store *collector_store_new(struct db *db);
/* Accepts NULL. Counts that were not flushed are lost. */
void collector_store_free(struct collector_store *store);

/* Who sent the request; kind and hash are remembered for the agents seen last. */
struct collector_agent {
    struct str text; /* "no value" for none */
    int64_t hash;
    enum bot_kind kind;
    bool stored; /* its text is known to be in the database */
};
void collector_store_agent(struct collector_store *store, struct str user_agent,
                           struct collector_agent *out_agent);

/* True when the owner of the network is known to be in the database. */
bool collector_store_knows(const struct collector_store *store, int64_t network);

/* An address whose name is to be asked for, as it waits for that: sealed. */
struct collector_wait {
    struct str visitor, address;
    int64_t at;
};
/* False when the visitor's waits already or did a short while ago, or too many did: what is
 * written stays bounded, whoever comes. */
bool collector_store_may_wait(struct collector_store *store, int64_t dataset,
                              struct str visitor, int64_t monotonic_now);

/* The events of one request for one dataset, as the door let them in. */
struct collector_write {
    const struct collector_batch *batch;
    struct collector_agent *agents; /* browsers that may be new */
    size_t n_agents;
    struct collector_door_facts *networks; /* whose owners may be new */
    size_t n_networks;
    struct collector_wait *waits;
    size_t n_waits;
    enum err err; /* ERR_NONE afterwards: they are durable */
};
/* Writes each of them, whatever happens to the others. */
void collector_store_write(struct collector_store *store, struct collector_write *const *writes,
                           size_t n);

void collector_store_refuse(struct collector_store *store, int64_t dataset,
                            enum collector_reason reason, size_t count);
/* True when there are counts that have waited long enough, or too many of them. */
bool collector_store_due(const struct collector_store *store, int64_t monotonic_now);
/* Writes the counts. What cannot be written is kept for the next time. */
void collector_store_flush(struct collector_store *store, int64_t monotonic_now);

#endif
