/*
 * why.h - why a card is in its stage, as one sentence: "Ann moved it here", "Came in by the
 * segment Target audience", "The automation Pricing visitors moved it here". The card's row
 * says who put it there (card.stage_by_kind and stage_by, with the meanings of
 * card_ledger.actor_kind and actor_id), so that no look into the ledger is needed.
 */
#ifndef LEADBOARD_WHY_H
#define LEADBOARD_WHY_H

#include "gen/sql.h"
#include "shared/cards.h"

/* Names of those who may have done it. What is not among them is told without a name. */
struct why_names {
    const struct sql_member_list_rows *members;
    int64_t segment; /* the board's; 0: none */
    struct str segment_name;
    const struct sql_automation_titles_rows *automations; /* NULL: none known */
};

struct why {
    enum card_actor_kind kind;
    int64_t by;   /* user, segment or automation by kind; 0: none */
    bool came_in; /* it has been there since it came to the board */
};

/* NULL: no such member. */
const struct sql_member_list *why_member(const struct sql_member_list_rows *members,
                                         int64_t id);
struct str why_sentence(struct arena *arena, const struct why_names *names,
                        const struct why *why);

#endif
