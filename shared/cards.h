/*
 * cards.h - cards of boards: adding, refreshing, importing. Web handlers, jobs and the log
 * consumer all use these, so that a card is unique by (board, account), stage counts are right,
 * and every change has its row in the ledger and in card_change, whoever makes it.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 *
 * Lock order, for everybody who changes cards: stage rows by id, then card rows by id. So in
 * one transaction first add and move, then refresh.
 */
#ifndef LEADBOARD_CARDS_H
#define LEADBOARD_CARDS_H

#include "shared/queue.h"

/* card_ledger.kind */
enum card_change_kind {
    CARD_CREATED = 1,
    CARD_MOVED,
    CARD_OWNER,
    CARD_NOTE,
    CARD_ENRICHED,
    CARD_REMOVED,
    CARD_RENAMED,
    CARD_TAGGED,
    CARD_UNTAGGED,
    CARD_RESTORED, /* a removal was undone */
    CARD_MERGED,   /* with the card of a company or lead that became one with this one */
    CARD_PUSHED    /* to a CRM, or not: detail says */
};

enum card_actor_kind {
    ACTOR_USER = 1,
    ACTOR_IMPORT,
    ACTOR_REFRESH,
    ACTOR_AUTOMATION,
    ACTOR_SYSTEM
};

/* Who did it, and why. id: app_user, segment or automation by kind; 0 = none. cause: JSON such
 * as
 * {"segment":"3"}, or "no value". */
struct card_actor {
    enum card_actor_kind kind;
    int64_t id;
    struct str cause;
};

struct cards_add {
    int64_t dataset, board;
    int64_t stage;      /* 0: the board's entry stage */
    const int64_t *ids; /* accounts, or leads that have an email and no account */
    size_t n;
    struct card_actor actor;
    const struct str *causes; /* one for each id, where they differ; NULL: the actor's */
    int64_t known_before;     /* count as `already` only cards made before; 0: all */
    int64_t operation;        /* that this is part of; 0: none */
};
struct cards_added {
    int32_t added, already, excluded;
};
/* To the top of the stage, the latest activity first. Those on the board already
 * stay where they are, excluded accounts stay away. ERR_NOT_FOUND: no such board or stage. */
MUST_CHECK enum err cards_add_accounts(struct db *db, const struct cards_add *add,
                                       struct cards_added *out);
MUST_CHECK enum err cards_add_leads(struct db *db, const struct cards_add *add,
                                    struct cards_added *out);

/* Brings what cards repeat (title, domain, logo, contacts, visitors, score, tags, last
 * activity) up to date, on all boards; writes only what is different. datasets[i] goes with
 * ids[i]. out_changed may be NULL. */
MUST_CHECK enum err cards_refresh_accounts(struct db *db, const int64_t *datasets,
                                           const int64_t *ids, size_t n, int32_t *out_changed);
MUST_CHECK enum err cards_refresh_leads(struct db *db, const int64_t *datasets,
                                        const int64_t *ids, size_t n, int32_t *out_changed);

/* Asks for the import of the wizard's step 3: accounts, and leads with only an email, that were
 * active today (days 0), in the last 7 or 14 days. One import a board at a time: when one is
 * under way, its progress is returned. Call queue_wake after the commit. */
MUST_CHECK enum err cards_import(struct db *db, int64_t dataset, int64_t board, int64_t user,
                                 int days, int64_t *out_progress);
/* Asks for a refresh of the board now (settings changed, segment chosen). */
MUST_CHECK enum err cards_refresh_board(struct db *db, int64_t dataset, int64_t board);

#endif
