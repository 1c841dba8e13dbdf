/*
 * migrate.h - brings the database to the version of this program: forward only, each migration
 * in a transaction of its own, one program at a time (advisory lock).
 *
 * The files of shared/migrations are embedded in the order of their names. Table
 * schema_migration(name, applied_at) remembers which were applied. Runs as the owner role.
 */
#ifndef LEADBOARD_MIGRATE_H
#define LEADBOARD_MIGRATE_H

#include "shared/db.h"

struct migration {
    const char *name; /* NULL ends the list */
    const char *sql;
};
/* Written by shared/tools/embed.c. */
extern const struct migration migrations[];

/* Applies what is missing; safe to repeat and to run at the same time. Logs each migration.
 * ERR_CONFLICT when the database has a migration that this program does not know: it was
 * migrated by a newer one. The number applied goes to *out_applied unless that is NULL. */
MUST_CHECK enum err migrate_run(struct db *db, struct ctx *ctx, int *out_applied);
/* True in *out_current when nothing is missing. Any role may ask. For /readyz. */
MUST_CHECK enum err migrate_is_current(struct db *db, struct ctx *ctx, bool *out_current);

#endif
