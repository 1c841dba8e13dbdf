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

#include "fcgi/request.h"
#include "fcgi/response.h"

#define COLLECTOR_ARENA_MAX ((size_t)64 << 20)
#define COLLECTOR_ANSWER_MAX ((size_t)4096)
#define COLLECTOR_IDLE_MS 1000

/* What each child needs; filled before the first request. The key (32 bytes) makes the daily
 * ids of visitors without a cookie. */
struct collector;
struct collector *collector_new(struct str conninfo, const uint8_t *key);
/* Writes what is left of the counts. Accepts NULL. */
void collector_free(struct collector *collector);

void collector_handle(struct collector *collector, enum err invalid, struct request *request,
                      struct response *response);
void collector_idle(struct collector *collector);

#endif
