/*
 * db_private.h - what db.c and db_rows.c share. Nobody else includes it.
 */
#ifndef LEADBOARD_DB_PRIVATE_H
#define LEADBOARD_DB_PRIVATE_H

/* Before banned.h, because it defines a macro with a banned call. */
#include <libpq-fe.h>

#include "shared/db_codec.h"

/* An id for statements that are not in sql_statements: sent as text, never prepared. */
#define DB_UNPREPARED SIZE_MAX

/* Notes a failure that is a mistake of ours. */
enum err db_bug(struct db *db, const struct db_statement *statement, const char *what);
/* Queues the statement with its encoded parameters. */
MUST_CHECK enum err db_send(struct db *db, const struct db_statement *statement,
                            const struct db_wire *wires);
/* Result of the oldest statement that was not taken, which must be this one: rows or command
 * completion. The caller clears it. */
MUST_CHECK enum err db_take(struct db *db, const struct db_statement *statement,
                            PGresult **out_result);

#endif
