/*
 * loop.h - the worker's event loop. It waits for timers, signals, hints and ends of jobs,
 * decides what the control connection is asked next (control.h), and starts what was claimed
 * (slots.h). It never waits for the database itself, so that it can always stop jobs and end.
 *
 *   - beats every 5 s. Without a beat for 10 s it stops its jobs and, when they have ended,
 * begins again as a new incarnation; others take them over after 20 s.
 *   - where work was found it looks again every 4 ms for a second; else it sweeps all queues
 * after 0.5 to 1.5 s, backing off to 5 s while nothing is found, or at once when hinted.
 *   - SIGTERM: nothing more is claimed; jobs get 5 s to end, then are stopped and given back;
 * it exits within 10 s. A second SIGTERM: at once.
 */
#ifndef LEADBOARD_LOOP_H
#define LEADBOARD_LOOP_H

#include "shared/config.h"

/* Runs until a signal; the exit status. */
int loop_run(struct arena *arena, const struct config *config);

#endif
