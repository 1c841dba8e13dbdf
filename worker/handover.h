/*
 * handover.h - from what happens to what is told: follows the cards' ledger in commit order
 * (transaction id below the snapshot's xmin, so that nothing is skipped) and puts into the
 * outbox what integrations want to be told, aside what owners of cards are to be told by
 * mail, and what may fire automations (shared/automation_fire.h). Its cursor moves in the same
 * transaction, so each row counts exactly once, whatever is killed. It looks at every row,
 * whoever wrote it: people, automations, imports, undoing.
 *
 * It also sees to it that somebody works on what is due: deliveries, pushes, mails. Callers of
 * outbox_add and mail_add need to do nothing.
 *
 * Notices for owners are gathered for a minute, so that four hundred cards that a colleague
 * moves are one mail. */
#ifndef LEADBOARD_HANDOVER_H
#define LEADBOARD_HANDOVER_H

#include "worker/service.h"

extern const struct service_kind handover_service;

/* One look at the ledger, in a transaction of its own; *out_rows: how many were new. */
MUST_CHECK enum err handover_follow(struct db *db, int *out_rows);
/* Jobs for what is due; *out_jobs: how many were added. */
MUST_CHECK enum err handover_dispatch(struct db *db, int64_t *out_jobs);

#endif
