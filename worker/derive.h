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
 * pass without one, where the person in front of the browser changes, and where the tracker
 * says that a visit begins (utm.visit). Landing page, channel and campaign are those of the
 * first page view or email click; before there is one, of the first event. The exit is the last
 * page viewed. An event that is not later than all the visitor's earlier ones makes the
 * sessions from there on be derived anew from the log: it may extend one, join two or divide
 * one.
 *
 * Who it is.
 *   1. A visitor is one browser. Until somebody identifies, it has an anonymous lead of its
 *      own.
 *   2. A form or a login identifies, in person, by its property `email`; so does the pixel or
 *      the landing page of a mail, by what stands in the link. Custom events do not: the
 *      address in them may be anybody's. An address that is not valid is as if it was not
 * there.
 *   3. The first identification of a visitor counts for its past: all its earlier sessions are
 *      the contact's.
 *   4. A link may have been passed on. It identifies only where nobody ever did in person: on
 *      the browser of somebody known, a colleague's link changes nothing; and whoever comes
 *      first in person on a browser that only links identified takes its whole past.
 *   5. One email address in a dataset is one lead (a contact), on however many devices: the
 *      anonymous leads of the others are merged into it with sessions, tags, notes and values.
 *   6. A visitor identified with another address belongs to that lead from that event on, and
 *      a new session begins. What was before stays with the first one. So a machine that people
 *      share is told apart by who signed in last; what nobody signed in for is the last one's.
 *   7. An address typed into a form that is followed on the same browser, within 15 minutes and
 *      with no other in between, by one that it may have been meant to be, counts as that one:
 *      it never was anybody's. Meant to be: the same name at a domain two letters away at most,
 *      or at work where it was at a mail provider; or, in the same domain, one letter away (two
 *      of eight or more), with the same first letter and the same digits, and no other first or
 *      last name in the form. (Slips in the first letter are rare, Yannakoudakis and Fawthrop
 *      1983: 1.4 of 100; initials and digits tell colleagues apart.) Who signs in has proved
 * the address: it is not taken for a slip.
 *   8. A customer's own id of a person (`userId` of a login: Segment's identify and alias) is
 *      as good as the address that was first said with it, on whatever browser: what came with
 *      the id alone is that contact's, also what came before. Until an address is known the id
 *      is a lead of its own - but on the browser of a contact, who is taken to have that id, if
 *      it is the first that is said there. Words that programs send for nobody ("undefined",
 *      "0") are no ids. Another address said with the id later is another contact, by rule 6.
 *   9. Of each value (firstName, phone ... and other form fields, which become properties) the
 *      latest wins; of equal times the greater text. What a link says about somebody else than
 *      who it is, is not taken.
 *  10. Sessions that do not count (shared/traffic.h) identify nobody and tell nothing.
 * A lead whose sessions all turn out to be another's, or nobody's, goes; what the team said
 * about it goes to the other one, or keeps it.
 *
 * What tracked services say (the adapters write it, others may): a login with the properties
 *   userId            the service's own id of the person
 *   email, firstName, lastName, phone, company, jobTitle
 *   companyDomain     of the company that the person is with, as the service knows it
 *   companyIndustry, companyEmployees
 * each of which may be missing. The last two become facts of that company with the source
 * "customer", which counts before what enrichment finds. For a call without an id of the
 * browser the visitor is "user:" and the userId.
 *
 * Which company, in the order of trust:
 *   1. a link by hand (shared/people.h)
 *   2. companyDomain: the service knows its own customers
 *   3. the email's registrable domain, unless that is a mail provider's
 *   4. the company name given in a form (an account without domain)
 *   5. the network of the latest session that came from a company's network (shared/traffic.h):
 *      by the domain that the address's own name tells (companyDomain of a system event),
 *      which names one company, else by the name of the network's owner (an account without
 * domain) else none. A domain's account is called by its domain until a form names the company;
 * the latest name counts, until something better than a form is known (account.name_at is
 * infinity then).
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

/* Derives these visitors of a dataset again, from the begin of what the log has of them up to
 * where it has been read, in the transaction that is open: for jobs, when something beside the
 * log has changed that they depend on. The log consumer stands still until it ends. Visitors of
 * more than DERIVE_WHOLE_MAX events stay as they are. ERR_CONFLICT: run it again. */
#define DERIVE_WHOLE_MAX 200000
MUST_CHECK enum err derive_again(struct ctx *ctx, struct db *db, int64_t dataset,
                                 const struct str *visitors, size_t n);

/* The same for one lead alone, by the sessions that it has: one that was seen and has none any
 * more goes, unless the team said something about it (above). */
MUST_CHECK enum err derive_again_lead(struct ctx *ctx, struct db *db, int64_t dataset,
                                      int64_t lead);

#endif
