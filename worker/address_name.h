/*
 * address_name.h - which company an address is of, by its name in the DNS: "gate.acme.com" is
 * of acme.com, "p5dd0a1b2.dip0.t-ipconnect.de" of nobody.
 *
 * In a company's own network names of registered domains count, unless they are of a pool and
 * made from the address as well: that of a provider nobody took for one. Elsewhere nearly all
 * names are made by the provider, so there a name must say that it was given:
 *   - it repeats nothing of the address (two of its octets, all of it in hexadecimal or as
 *     digits in a row; of IPv6 its last two groups, or eight of its digits);
 *   - none of its words is one of pools ("dyn", "dsl", "dhcp", "cust");
 *   - its domain is not the provider's: neither is it called like the network's owner, nor does
 *     it sound like a provider or a hoster (shared/traffic.h), nor do people have mail there
 *     (shared/domain.h).
 */
#ifndef LEADBOARD_WORKER_ADDRESS_NAME_H
#define LEADBOARD_WORKER_ADDRESS_NAME_H

#include "shared/arena.h"
#include "shared/traffic.h"

struct address_name {
    const uint8_t *bytes; /* the address: 4 or 16 */
    size_t n_bytes;
    struct str name;
    enum traffic_verdict network; /* of its network; TRAFFIC_UNKNOWN */
    struct str owner;             /* of the network; "no value" */
};
/* The company's registrable domain; "no value": it tells of none. */
struct str address_name_company(struct arena *arena, const struct address_name *address);

#endif
