/*
 * schedule.h - periodic work without a leader: every worker looks, and whoever inserts the row
 * of cron_slot does it, in the same transaction.
 *
 * The tasks: refresh of every board once an hour, each in its own minute of it; partitions made
 * ahead and old job history dropped; what open pages have seen, and sign-ins that have ended,
 * thrown away; segments looked through that never were, and each once a day.
 */
#ifndef LEADBOARD_SCHEDULE_H
#define LEADBOARD_SCHEDULE_H

#include "shared/db.h"

/* Does what is due. A task that fails is logged and tried again by the next look; an error is
 * returned only when the database is away. */
MUST_CHECK enum err schedule_run(struct db *db);

#endif
