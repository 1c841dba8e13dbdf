/*
 * testdb.h - a database of its own for a test program, in the server that TEST_DATABASE_URL
 * names (connection string of a superuser). Skips the program (exit 77) when that is not set.
 */
#ifndef LEADBOARD_TESTDB_H
#define LEADBOARD_TESTDB_H

#include "gen/sql.h"
#include "shared/db.h"
#include "shared/db_value.h"

struct testdb {
    struct ctx ctx;
    struct str admin;    /* conninfo of the server's first database */
    struct str conninfo; /* conninfo of the new database, as the superuser */
    struct str name;
    struct db *db; /* on the new database, as the superuser, in use with ctx */
    struct arena *keep;
};

/* Creates the database; with all migrations when `migrated`. Ends the program on failure. */
void testdb_open(struct testdb *t, bool migrated);
/* Drops it. */
void testdb_close(struct testdb *t);
/* Another connection to it; role as in db_new. In use with t->ctx. */
struct db *testdb_connect(struct testdb *t, const char *role);
/* Executes text that must succeed. */
void testdb_exec(struct testdb *t, const char *sql);
/* The one number that a query without parameters gives. */
int64_t testdb_i64(struct testdb *t, const char *sql);
/* Forgets what failed, and the memory of the test before. For cmocka's setup. */
int testdb_reset(void **state);

#endif
