/*
 * rebuild.h - derives everything again from nothing: after an upgrade that changed a rule, or to
 * see that what is there is what the log says.
 *
 * What the team said stays, with the same people: notes, tags, links, merges, hiding, verdicts on
 * traffic, values and facts by hand, cards with their ledgers, operations. Contacts keep their
 * rows by their address or user id, companies theirs, anonymous leads that the team said something
 * about theirs by their browsers. Histories of scores stay where the lead does.
 *
 * It begins in one transaction, which forgets and sets the log consumer back to the log's begin;
 * from then on whoever consumes the log derives it, this program or the workers, and may be
 * killed. Until the cursor is where it was, nothing is done about boards, whose cards stay as
 * they are, and nothing is looked up; then leads and companies that nothing tells of any more go,
 * and boards are refreshed. What counters and lists show is lower in between. New events wait.
 *
 * A checksum of all that is derived (derived_checksum() in the migrations; without scores, which
 * depend on when they are made) is taken before and after; it is the same unless a rule changed,
 * or what the team did meanwhile shows in it.
 */
#ifndef LEADBOARD_REBUILD_H
#define LEADBOARD_REBUILD_H

#include "shared/config.h"
#include "shared/db.h"

/* The command `rebuild` of leadboard-admin, as the owner of the tables: begins, or goes on with
 * one that was interrupted, and returns when it is done. */
MUST_CHECK enum err rebuild_run(struct ctx *ctx, struct db *db, const struct config *config);
/* Forgets, and sets the log consumer back. *out_begun false: nothing was ever derived, or a
 * rebuild is under way already. */
MUST_CHECK enum err rebuild_begin(struct ctx *ctx, struct db *db, bool *out_begun);
/* For the log consumer, in its transaction, when it has come to where the log had been read. */
MUST_CHECK enum err rebuild_finish(struct db *db);

#endif
