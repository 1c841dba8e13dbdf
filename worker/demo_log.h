/*
 * demo_log.h - sixty days of an invented company's event log: who came, from where, what they
 * read, and when they said who they are.
 */
#ifndef LEADBOARD_DEMO_LOG_H
#define LEADBOARD_DEMO_LOG_H

#include "shared/ctx.h"
#include "worker/demo_names.h"

#define DEMO_DAYS 60
#define DEMO_HOST "https://www.tidewell.example"

struct demo_event {
    int64_t at;
    uint32_t visitor; /* number: "demo-17" is its tracker's id */
    uint32_t order;   /* of making, to break ties */
    int16_t type;
    uint16_t agent; /* for demo_agent */
    bool is_mail;   /* an email's picture: the visitor is the address */
    struct str name, url, title, referrer, utm, properties, email;
};
struct demo_log {
    struct demo_event *v; /* by time */
    size_t n;
};

struct demo_log_wish {
    const struct demo_company *companies;
    size_t n_companies;
    int64_t midnight; /* the last one */
    int64_t now;      /* nothing is later */
    size_t events;    /* exactly that many; 0: as it comes */
};
void demo_log_make(struct arena *arena, struct demo_random *random,
                   const struct demo_log_wish *wish, struct demo_log *out_log);

/* The User-Agent of that number. */
struct str demo_agent(uint16_t number);
#define DEMO_AGENTS 12

/* Whose network a visitor comes through; the same visitor always through the same. Invented
 * companies have numbers for private use (RFC 6996). */
struct demo_network {
    int64_t number, addresses;
    const char *owner, *country;
};
const struct demo_network *demo_network(const struct demo_event *event);
const struct demo_network *demo_networks(size_t *out_n);

#endif
