#include "shared/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const struct {
    uint32_t prefix;
    int bits;
} closed4[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* carrier-grade NAT */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link local, metadata services */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarking */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 4},  /* multicast */
    {0xf0000000, 4},  /* reserved, broadcast */
};

static bool is_public4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(closed4) / sizeof(closed4[0]); i++) {
        if ((address ^ closed4[i].prefix) >> (32 - closed4[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

static uint32_t word(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           bytes[3];
}

static bool is_public6(const unsigned char *a)
{
    uint32_t high = word(a);
    if (a[0] >> 5 != 1) {
        /* Outside 2000::/3 only the well-known NAT64 prefix leads anywhere, by its IPv4 part.
         */
        return high == 0x0064ff9b && word(a + 4) == 0 && word(a + 8) == 0 &&
               is_public4(word(a + 12));
    }
    if (high >> 16 == 0x2002) {
        return is_public4(word(a + 2));
    }
    bool closed = high == 0x20010000                   /* Teredo */
                  || (high & 0xfffffff0) == 0x20010010 /* ORCHID */
                  || (high & 0xfffffff0) == 0x20010020 /* ORCHIDv2 */
                  || high == 0x20010002                /* benchmarking */
                  || high == 0x20010db8                /* documentation */
                  || (high >> 12) == 0x3fff0;          /* documentation */
    return !closed;
}

bool address_is_public(const struct sockaddr *address, socklen_t n)
{
    if (address->sa_family == AF_INET && n >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return is_public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6 && n >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return is_public6(in6.sin6_addr.s6_addr);
    }
    return false;
}
