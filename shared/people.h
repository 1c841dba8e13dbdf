/*
 * people.h - companies and people put right by hand: which company a lead is of, which two
 * leads are one person, which two companies are one. Each is an operation (operation.h) that
 * can be undone. Hiding is in hiding.h.
 *
 * What the event log says stays the input of deriving (worker/derive.h); what is said here is a
 * second one, kept in tables of its own (lead_link, lead_merge, account_merge), which deriving
 * the log anew leaves as they are and follows. What is right, where the two meet:
 *
 * Link. A lead that was linked to a company, or unlinked from it, stays so whatever its address
 * or a form says. Another link replaces it. An anonymous lead that turns out to be a contact
 * that is there already takes its link along, unless the contact has one.
 *
 * Merging companies, `from` into `into`: all leads, tags and notes of the one become the
 * other's, its cards too (card_away.h); counters and score are counted anew. The one that stays
 * keeps its name, which no form changes any more, and its own details; what it does not have, and
 * a name where it only has its domain, comes from the other (facts.h). The other keeps its row
 * and its details, but is not shown; events about its domain or name count for the one that
 * stays, also when that is merged on.
 *
 * Merging leads: sessions, visitors, tags and notes become those of the one that stays; of each
 * value it keeps its own, and takes what it does not have. Later events of either tell about
 * it, the latest wins; but for the company's name, which stays with who said it. It keeps its company; where it has none it takes the other's, as by a
 * link. The one with an address stays, whichever was named first: two anonymous leads can't be
 * merged, because nothing says who they are (once one of them is known, they can). The other's
 * address stays known: whoever identifies with it is the one that stays. Somebody who
 * identifies on a browser of a merged anonymous lead with the address of neither is another
 * person from then on, as on the browser of a contact.
 *
 * Undo. The log's own answer is kept beside the shown one (session.own_lead, visitor.own_lead,
 * lead.own_account, the row of the one that went), so undoing gives each back what is its own,
 * with what came since; a lead that came since is told by its address or company name. Cards go
 * back where nobody moved them since; tags and notes that came since stay with the one that
 * stayed. If that was merged on meanwhile, they come from there. Values that events told are told
 * anew to each from the log, by a job (worker/jobs/again.c), within seconds.
 *
 * All functions work in the transaction that is open (db_begin with the dataset), and begin
 * with log_hold(): the log consumer stands still until it ends, so that counting is never done
 * by both at once. Then locks are taken in this order: leads by id, accounts by id, stages,
 * cards. ERR_CONFLICT without a message: somebody locked the same rows; run it again.
 *
 * ERR_NOT_FOUND: it is not there; ERR_INVALID: it makes no sense; ERR_CONFLICT: it is so
 * already; each with a message for the user.
 */
#ifndef LEADBOARD_PEOPLE_H
#define LEADBOARD_PEOPLE_H

#include "shared/operation.h"

struct people_pair {
    int64_t dataset, user;
    int64_t from, into; /* two leads, two accounts; of people_link a lead and an account */
};

/* into 0: the lead is of no company. */
MUST_CHECK enum err people_link(struct db *db, const struct people_pair *pair,
                                int64_t *out_operation);
MUST_CHECK enum err people_merge_accounts(struct db *db, const struct people_pair *pair,
                                          int64_t *out_operation);
/* *out_stays: the lead that stayed. */
MUST_CHECK enum err people_merge_leads(struct db *db, const struct people_pair *pair,
                                       int64_t *out_operation, int64_t *out_stays);

/* For the table in operation.c. */
operation_undoer people_undo_link, people_undo_merge_accounts, people_undo_merge_leads;

#endif
