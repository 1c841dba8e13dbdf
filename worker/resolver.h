/*
 * resolver.h - names of addresses, confirmed: asks the DNS for the names that an address has
 * (PTR), and then what address such a name has, because anybody can claim any name for the
 * addresses he holds, but only a name's owner can point it at one (as RFC 8499 describes
 * forward-confirmed reverse DNS).
 *
 * By c-ares: it asks many at once on one thread, takes its own server, and can be stopped. With
 * libuv's and the C library's getnameinfo each question would hold a thread of the pool, for as
 * long as resolv.conf says, and none of it could be configured or ended. Answers that do not
 * fit a datagram are fetched by TCP.
 */
#ifndef LEADBOARD_WORKER_RESOLVER_H
#define LEADBOARD_WORKER_RESOLVER_H

#include "shared/ctx.h"

#include <stdatomic.h>

#define RESOLVER_AT_ONCE 16
#define RESOLVER_TRY_MS 2000 /* then it is asked once more */
#define RESOLVER_NAMES_MAX 3 /* of an address that are looked at */
#define RESOLVER_NAME_BYTES 254

enum resolver_answer {
    RESOLVER_FAILED = 0, /* nobody answered, or nothing that helps: it may be asked later */
    RESOLVER_NONE,       /* has no name, or none that leads back to it */
    RESOLVER_NAMED
};

struct resolver_question {
    uint8_t bytes[16]; /* the address: 4 or 16 */
    size_t n_bytes;
    enum resolver_answer answer;
    char name[RESOLVER_NAME_BYTES]; /* when RESOLVER_NAMED: the first that is confirmed */
};

/* Answers all of them within deadline_us (of clock_monotonic) or until *stop; what has no
 * answer then has failed. server: "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353",
 * several with commas; empty: the system's. ERR_INVALID: it is none. */
MUST_CHECK enum err resolver_ask(struct ctx *ctx, struct str server,
                                 struct resolver_question *questions, size_t n,
                                 int64_t deadline_us, const atomic_bool *stop);

#endif
