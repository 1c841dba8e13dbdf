/*
 * collector_network.h - what the network address of a visitor tells: country, region and city,
 * and who owns the network. Found when the request comes; the address itself is forgotten with
 * the request (and kept only where the dataset says so, collector.c).
 *
 * The databases are MaxMind DB files, read by libmaxminddb. Two come with LeadBoard: networks
 * (built from npm's @ip-location-db/asn, shared/tools/networks.mjs) and countries
 * (@ip-location-db/geo-whois-asn-country-mmdb). The administrator may give others,
 * GeoLite2-City for regions and cities among them. Mapped once, before the program forks, and
 * shared: a page of them is in memory when it was looked at. One that cannot be read is said so
 * in the log, and done without.
 */
#ifndef LEADBOARD_FCGI_COLLECTOR_NETWORK_H
#define LEADBOARD_FCGI_COLLECTOR_NETWORK_H

#include "shared/config.h"

struct collector_networks;

/* As long as the arena. */
struct collector_networks *collector_networks_open(struct ctx *ctx,
                                                   const struct config *config);
/* Lets go of the pages that were looked at; they come back when they are needed. */
void collector_networks_settle(struct collector_networks *networks);

struct collector_door_facts {
    int64_t network; /* number of the autonomous system; 0: not known */
    struct str owner;
    int64_t addresses;                /* IPv4 addresses it has; 0: not known */
    int64_t place;                    /* shared/traffic.h; 0: no address */
    bool on_internet;                 /* its name may be asked for */
    struct str country, region, city; /* "no value": not known; country as ISO 3166 has it */
};
/* address: as text. networks may be NULL. Text is of the arena. */
void collector_network_find(const struct collector_networks *networks, struct arena *arena,
                            const uint8_t *key, int64_t dataset, struct str address,
                            struct collector_door_facts *out_door);

#endif
