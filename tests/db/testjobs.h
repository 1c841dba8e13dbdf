/*
 * testjobs.h - does what a worker would do in a test database: its jobs, the members of its
 * segments.
 */
#ifndef LEADBOARD_TESTJOBS_H
#define LEADBOARD_TESTJOBS_H

#include "tests/db/testdb.h"

/* Claims and runs, one after the other, all jobs that are due now. */
void testjobs_run(struct testdb *t);
/* Follows what changed until nothing waits (worker/members.h); gives the number of rounds. */
int testjobs_follow(struct testdb *t);

#endif
