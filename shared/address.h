/*
 * address.h - which network addresses the program may call on somebody's behalf.
 *
 * A domain that a visitor typed must never reach this machine, the local network or a cloud's
 * metadata service. Judged after name resolution, on the address that is about to be connected,
 * so that neither spelling, redirect nor changing DNS answers can get around it. The ranges are
 * the special-purpose registries of IANA (RFC 6890 and its updates), IPv4 also inside IPv6
 * (mapped, compatible, 6to4, NAT64, Teredo).
 */
#ifndef LEADBOARD_ADDRESS_H
#define LEADBOARD_ADDRESS_H

#include "shared/str.h"

#include <sys/socket.h>

/* True for an IPv4 or IPv6 address on the public internet. Anything else, other families too,
 * is false. */
bool address_is_public(const struct sockaddr *address, socklen_t n);

#endif
