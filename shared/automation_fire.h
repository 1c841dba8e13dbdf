/*
 * automation_fire.h - for whoever changes something that may fire automations: puts down what
 * happened, in the transaction in which it does, so that it is decided once, whatever is
 * killed. The service of worker/automate.h decides and acts, soon afterwards.
 *
 *   events           worker/derive_rule.c
 *   tags             tagging.h calls automation_fire_tags
 *   cards            worker/handover.h, which follows their ledger, calls automation_fire_cards
 *   segments         worker/members.h calls automation_fire_members when somebody entered
 *
 * Each costs one statement, and next to nothing where no automation waits for it.
 *
 * A subject is an account's id, or the negative id of a lead. depth: how many automations led
 * to this; what somebody else did has 0.
 */
#ifndef LEADBOARD_AUTOMATION_FIRE_H
#define LEADBOARD_AUTOMATION_FIRE_H

#include "shared/db_statement.h"

/* Tags that were put on: subjects[i] got tags[i], depths[i] (NULL: 0). */
struct automation_tagged {
    int64_t dataset;
    const int64_t *subjects, *tags;
    const int16_t *depths;
    size_t n;
};
MUST_CHECK enum err automation_fire_tags(struct db *db, const struct automation_tagged *tagged);

/* Rows of card_ledger behind (xid, id), up to (to_xid, to_id), with ids above floor_id. */
struct automation_ledger {
    int64_t xid, id, floor_id, to_xid, to_id;
};
MUST_CHECK enum err automation_fire_cards(struct db *db,
                                          const struct automation_ledger *ledger);

/* These accounts or leads entered the segment now, in this transaction. by_time: because time
 * passed, not because something changed. */
MUST_CHECK enum err automation_fire_members(struct db *db, int64_t dataset, int64_t segment,
                                            struct sql_i64s ids, bool by_time);

#endif
