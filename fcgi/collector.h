/*
 * collector.h - answers /e and /e.gif: takes events from trackers on other people's pages and
 * says 204 only when they are durable.
 *
 * Requests carry no cookie and get none. Anybody may read the answers (Access-Control-Allow-
 * Origin: *), as they tell nothing. What crawlers, prefetches and visitors who asked not to be
 * counted send is answered like the rest, dropped and counted.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_H
#define LEADBOARD_FCGI_COLLECTOR_H

#include "fcgi/server.h"

#define COLLECTOR_ARENA_MAX ((size_t)64 << 20)
#define COLLECTOR_ANSWER_MAX ((size_t)4096)
#define COLLECTOR_IDLE_MS 1000
#define COLLECTOR_TOGETHER 16

/* What each child needs; filled before the first request. The key (32 bytes) makes the daily
 * ids of visitors without a cookie, and codes of places. */
struct collector;
struct collector_networks;
struct collector *collector_new(struct str conninfo, const uint8_t *key,
                                struct collector_networks *networks);
/* Writes what is left of the counts. Accepts NULL. */
void collector_free(struct collector *collector);

/* Answers requests that wait at the same moment; one commit does for all, which is what lets a
 * few children keep up when the disk is slow. At most COLLECTOR_TOGETHER. */
void collector_handle(struct collector *collector, struct exchange *const *exchanges, size_t n);
void collector_idle(struct collector *collector);

#endif
