/*
 * collector.h - answers what trackers on other people's pages and servers send, and says that
 * it has their events only when these are durable.
 *
 * Each kind of tracker has an adapter (collector_own.h, collector_matomo.h,
 * collector_segment.h, collector_leadboxer.h) that reads its requests into the one event form
 * (collector_event.h); which address belongs to which is the table in collector.c. Limits,
 * bots, hosts, privacy, shared commits are the same for all of them (collector_door.h,
 * collector_store.h).
 *
 * Requests carry no cookie and get none. Anybody may read the answers, as they tell nothing.
 * What crawlers, prefetches and visitors who asked not to be counted send is answered like the
 * rest, dropped and counted.
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
