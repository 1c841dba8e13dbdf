/*
 * tagging.h - tags on accounts and leads: putting them on, taking them off, and both undone.
 *
 * A tag is put on an account or on a lead. It holds where it was put and where it is inherited:
 *
 *   - a lead has its own tags and those of its account. Inheriting is decided when tags are
 *     read (sql/tags.sql: tags_of_lead), never copied, so that leads that come later have them,
 *     and a lead that leaves the account has them no more;
 *   - an account matches a condition on a tag (filter.h, the filters of a board) when it has
 *     the tag itself or one of its leads does; as leads inherit from their account, that is the
 *     same as "one of its leads has the tag", but for accounts without leads;
 *   - the number behind a tag on a card counts where the tag was put: the account, and each of
 *     its leads that has it itself.
 *
 * A tag is somebody's, an automation's, or the ideal customer profile's (ideal.h), whose tag
 * becomes that of whoever puts it on by hand, too.
 *
 * Everything is set-based, and leaves one row of card_ledger a card and tag (CARD_TAGGED,
 * CARD_UNTAGGED) with detail {"tag": "Partner"}, {"tag": ..., "lead": "ann@x.example"} where it
 * was put on a lead of the card's account, {"tag": ..., "leads": 12} where on several. The
 * cards are brought up to date on all boards and were modified now. Automations that wait for a
 * tag learn that it was put on; undoing is no news to them.
 *
 * All functions work in the transaction that is open (db_begin with the dataset). They lock
 * cards (of accounts, then of leads, each by id), no stages: do what moves or adds cards first.
 */
#ifndef LEADBOARD_TAGGING_H
#define LEADBOARD_TAGGING_H

#include "shared/cards.h"
#include "shared/db_statement.h"
#include "shared/operation.h"
#include "shared/tag.h"

/* Who does it, as part of which operation (begun by the caller, and ended with the count). */
struct tagging {
    int64_t dataset, operation;
    /* ACTOR_USER or ACTOR_AUTOMATION; the ledger's detail gets what is in its cause. */
    struct card_actor actor;
    /* Of an automation: why, for the history, and how many automations led to it
     * (automation_fire.h): one for each of the ids. NULL: none. */
    const struct str *causes;
    const int16_t *depths;
};

/* Puts the tags on, or takes them off: on accounts, on leads, or on what the cards of a board
 * stand for. Tags and ids that are not there (any more) are passed over; so is what has the tag
 * already, or does not have it itself. *out_n counts accounts and leads that changed, which for
 * cards is cards. */
MUST_CHECK enum err tagging_accounts(struct db *db, const struct tagging *tagging, bool put,
                                     struct sql_i64s accounts, struct sql_i64s tags,
                                     int32_t *out_n);
MUST_CHECK enum err tagging_leads(struct db *db, const struct tagging *tagging, bool put,
                                  struct sql_i64s leads, struct sql_i64s tags, int32_t *out_n);
MUST_CHECK enum err tagging_cards(struct db *db, const struct tagging *tagging, bool put,
                                  int64_t board, struct sql_i64s cards, struct sql_i64s tags,
                                  int32_t *out_n);

/* For who changed account_tag himself (ideal.h): scores, cards and the ledger follow. tags.v[i] was
 * put on, or taken off, accounts.v[i], in order of the accounts. */
MUST_CHECK enum err tagging_tell(struct db *db, const struct tagging *tagging, bool put,
                                 struct sql_i64s accounts, struct sql_i64s tags);

/* For the table in operation.c. Undo of tagging takes off what the operation put on and nobody
 * has taken off since; undo of untagging puts back, as it was, what nobody has put back. */
operation_undoer tagging_undo_tag, tagging_undo_untag;

#endif
