/*
 * notices.h - what owners of cards are told by mail: that a card was given to them, moved to
 * another stage, or removed. Each can be turned off on the profile page.
 */
#ifndef LEADBOARD_NOTICES_H
#define LEADBOARD_NOTICES_H

#include "shared/config.h"
#include "shared/db.h"

/* Notices wait so long for more to come. */
#define NOTICES_GATHER_S 60.0

/* One mail for each person whose oldest notice is of before: a transaction each. */
MUST_CHECK enum err notices_send(struct db *db, const struct config *config, double gather_s);

#endif
