/*
 * owner.h - `leadboard-admin owner`: the first run without a person. Makes the workspace, its
 * owner and a dataset out of LEADBOARD_OWNER_EMAIL and LEADBOARD_OWNER_PASSWORD, unless there
 * is a workspace already. Without those variables it does nothing.
 */
#ifndef LEADBOARD_OWNER_H
#define LEADBOARD_OWNER_H

#include "shared/config.h"
#include "shared/db.h"

MUST_CHECK enum err owner_create(struct ctx *ctx, struct db *db, const struct config *config);

#endif
