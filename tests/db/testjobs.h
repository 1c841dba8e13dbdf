/*
 * testjobs.h - runs the jobs of a test database, as a worker would.
 */
#ifndef LEADBOARD_TESTJOBS_H
#define LEADBOARD_TESTJOBS_H

#include "tests/db/testdb.h"

/* Claims and runs, one after the other, all jobs that are due now. */
void testjobs_run(struct testdb *t);

#endif
