/*
 * collector_door.h - who may bring events in, and who it is that brings them.
 *
 * What crawlers, prefetches and visitors who asked not to be counted send is dropped and
 * counted. So are events of hosts that the dataset does not list. Of what remains, each row
 * gets its visitor, its browser and its address.
 *
 * The address of a visitor is known here and nowhere else: that of the request, or the one that
 * somebody with a server key gives instead. It makes the visitor of the day where there is no
 * id, is what country and network are looked up by, and is stored only where the dataset does
 * not mask. Where the team wants its name looked up as well it waits for that, sealed and an
 * hour at most, in address_wait (worker/jobs/reverse.c).
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_DOOR_H
#define LEADBOARD_FCGI_COLLECTOR_DOOR_H

#include "fcgi/collector_intake.h"
#include "fcgi/collector_store.h"

/* key (CRYPT_KEY_BYTES) makes the ids of visitors without one. strict: one event of a wrong
 * host refuses the request; else it alone is left out, and nothing being left does. whatever:
 * programs may call with GET and without a User-Agent, as other trackers' libraries do. True
 * when there is something to store: every batch with rows has its write in `out_writes`
 * (COLLECTOR_BATCHES_MAX). */
struct collector_door {
    struct collector_store *store;
    const struct collector_networks *networks; /* may be NULL */
    const uint8_t *key;
    bool strict, whatever;
};
bool collector_door_pass(const struct collector_door *door, struct collector_intake *intake,
                         struct collector_write *out_writes, size_t *out_n);

#endif
