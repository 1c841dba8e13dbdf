/*
 * db_listen.h - a connection that only listens (LISTEN), for an event loop.
 *
 * What was notified while there was no connection is lost, so whoever listens also looks at the
 * table from time to time.
 *
 * libpq closes and replaces the socket by itself. Therefore, in the poll's callback: stop the
 * poll, whatever its status, call db_listen_read, then start a poll on the socket of now. A
 * socket of -1 means the connection is lost: call db_listen_open again, later each time.
 */
#ifndef LEADBOARD_DB_LISTEN_H
#define LEADBOARD_DB_LISTEN_H

#include "shared/ctx.h"

struct db_listen;

struct db_note {
    struct str channel, payload;
};

/* Does not connect; conninfo is copied, `channels` (ends with NULL, identifiers) is kept. */
struct db_listen *db_listen_new(struct str conninfo, const char *const *channels);
void db_listen_free(struct db_listen *listen);
/* Connects anew and listens. Blocks for 5 s at most. ERR_UNAVAILABLE, noted in ctx. */
MUST_CHECK enum err db_listen_open(struct db_listen *listen, struct ctx *ctx);
/* The socket to poll for reading; -1 when there is no connection. */
int db_listen_socket(const struct db_listen *listen);
/* Reads what has come, without blocking. False when the connection is lost; it is closed then.
 */
bool db_listen_read(struct db_listen *listen);
/* The next notification of what was read; false when there are no more. The texts stay until
 * the next call. */
bool db_listen_next(struct db_listen *listen, struct db_note *out_note);

#endif
