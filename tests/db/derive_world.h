/*
 * derive_world.h - what the tests of the log consumer share: a database with two datasets and
 * four networks, logs at random, and all that is derived as text.
 *
 * In SQL: ev(visitor, minute, type, page, properties, referrer, utm, dataset) writes one event
 * on a fixed day; forget() drops what is derived; state is all of it, without ids.
 */
#ifndef LEADBOARD_TESTS_DERIVE_WORLD_H
#define LEADBOARD_TESTS_DERIVE_WORLD_H

#include "tests/db/testdb.h"

extern struct testdb derive_world;

#define I64(sql) testdb_i64(&derive_world, sql)
#define TEXT_IS(sql, want) assert_string_equal(derive_world_text(sql), want)

struct CMUnitTest;
/* Opens it, runs the tests, closes it; for main(). */
int derive_world_run(const char *name, const struct CMUnitTest *tests, size_t n);
/* For cmocka's setup: nothing is derived and the log is empty. */
int derive_world_fresh(void **state);
/* The one text that a query gives; "null". Until the next fresh. */
const char *derive_world_text(const char *sql);

/* Reads the log to its end, so many events a batch; gives the number of events. */
int64_t derive_world_derive(int64_t limit);
/* Begins a rebuild (worker/rebuild.h). */
void derive_world_rebuild(void);

/* n events at random in the order of an SQL expression: of visitors over a week, in both
 * datasets; and of busy people who mistype, sign in with ids, follow links that were passed on,
 * from networks of all kinds. The same seed is the same log. */
void derive_world_write_log(int seed, int n, const char *order);
void derive_world_write_busy_log(int seed, int n, const char *order);

/* All that is derived, into a table of this name; and that two such are the same. */
void derive_world_keep_state(const char *name);
void derive_world_check_same(const char *a, const char *b);
/* What is counted is what is there. */
void derive_world_check_sums(void);

#endif
