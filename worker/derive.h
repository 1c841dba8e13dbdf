/*
 * derive.h - the log consumer: from events to visitors, sessions, leads, accounts and cards.
 *
 * It follows the event log in commit order - by (transaction id, event id), below the
 * snapshot's xmin, where nothing can appear any more - a batch at a time, and moves its cursor
 * in the transaction that writes what it derived. So each event counts exactly once, whatever
 * is killed. Several consumers do no harm: the cursor's row lock lets one work at a time.
 *
 * What is derived is a function of the set of events, not of how they arrived: batches of 1 or
 * of 10,000, in order or shuffled, give the same sessions, leads, counters and accounts. (Ids
 * differ, and which of two spellings of equal time wins is decided by the text.)
 *
 * Sessions. The events of a visitor in the order of their time, cut where 30 minutes or more
 * pass without one, where the person in front of the browser changes, and where the tracker says that a
 * visit begins (utm.visit). Landing page, channel
 * and campaign are those of the first page view or email click; before there is one, of the
 * first event. The exit is the last page viewed. An event that is not later than all the
 * visitor's earlier ones makes the sessions from there on be derived anew from the log: it may
 * extend one, join two or divide one.
 *
 * Who it is.
 *   1. A visitor is one browser. Until somebody identifies, it has an anonymous lead of its
 *      own.
 *   2. A form or a login, or a landing page or email event to which the collector gave landing
 *      parameters, identifies by its property `email`. Custom events do not: the address in
 *      them may be anybody's. An address that is not valid is as if it was not there.
 *   3. The first identification of a visitor counts for its past: all its earlier sessions are
 *      the contact's.
 *   4. One email address in a dataset is one lead (a contact), on however many devices: the
 *      anonymous leads of the others are merged into it with sessions, tags, notes and values.
 *   5. A visitor identified with another address belongs to that lead from that event on, and
 *      a new session begins. What was before stays with the first one.
 *   6. Of each value (firstName, phone ... and other form fields, which become properties) the
 *      latest wins; of equal times the greater text.
 *
 * Which company. By the email's registrable domain, unless that is a free-mail provider's;
 * else by the company name given in a form (an account without domain); else none. A domain's
 * account is called by its domain until a form names the company; the latest name counts,
 * until something better than a form is known (account.name_at is infinity then).
 *
 * What people put right by hand (shared/people.h, shared/hiding.h) is a second input, which
 * deriving follows and never changes: a linked lead stays where it was linked; events about a
 * merged company count for the one it was merged into; what is of a lead that was merged is
 * derived as if it was not, kept as that (session.own_lead, visitor.own_lead), and shown and
 * counted for the other one. Rule 3 does not hold for an anonymous lead that was merged by
 * hand: it is known already, so an address of somebody else counts from then on (rule 5).
 *
 * Counters: an account's are the sums of its leads'. `leads` are all, `contacts` those with an
 * email, `visitors` the browsers behind them.
 *
 * The history of a lead's score (score_history) tells what days ended with, as seen at the end
 * of batches; unlike all the rest it depends on how events arrived.
 *
 * Limits, so that hostile input costs no more than its own size: DERIVE_AGAIN_MAX events of one
 * batch are derived anew at most; beyond that a late event counts at the end of the visitor's
 * latest session, and what was said in sessions that change hands stays where it is. A lead has
 * at most DERIVE_FACTS_MAX properties.
 */
#ifndef LEADBOARD_WORKER_DERIVE_H
#define LEADBOARD_WORKER_DERIVE_H

#include "shared/db.h"

#define DERIVE_SESSION_GAP (30 * INT64_C(60000000))
#define DERIVE_AGAIN_MAX 20000
#define DERIVE_FACTS_MAX 50

/* Derives up to limit waiting events in one transaction of its own; *out_events is how many, 0
 * when the log is read to its end. Memory is of ctx->arena: reset it between batches. 10,000
 * events take about 20 MB, the largest that the collector lets in 350 MB. When somebody else
 * changed the same rows it starts over a few times before it gives up with ERR_CONFLICT. */
MUST_CHECK enum err derive_batch(struct ctx *ctx, struct db *db, int64_t limit,
                                 int64_t *out_events);
/* The same, with automations that are kept compiled from one batch to the next. */
struct revised;
MUST_CHECK enum err derive_batch_by(struct ctx *ctx, struct db *db, struct revised *rules,
                                    int64_t limit, int64_t *out_events);

#endif
