/*
 * revised.h - what is made of datasets' automations (compiled rules, say), kept until somebody
 * changes one: automation_state counts the changes. For one thread.
 */
#ifndef LEADBOARD_WORKER_REVISED_H
#define LEADBOARD_WORKER_REVISED_H

#include "shared/db.h"

/* Makes the value in the arena, which is freed with it. *out_value NULL: there is nothing. */
typedef enum err revised_make(struct db *db, int64_t dataset, struct arena *arena,
                              const void **out_value);

struct revised;
struct revised *revised_new(revised_make *make);
/* Memory that stays as long. */
struct arena *revised_arena(struct revised *revised);
/* Accepts NULL. */
void revised_free(struct revised *revised);
/* Makes anew what was changed since, of these datasets (ascending, each once), in the
 * transaction that is open. What revised_get gave before is not to be used any more. */
MUST_CHECK enum err revised_refresh(struct revised *revised, struct db *db,
                                    const int64_t *datasets, size_t n);
/* Of a dataset that was refreshed last; NULL: there is nothing. */
const void *revised_get(const struct revised *revised, int64_t dataset);

#endif
