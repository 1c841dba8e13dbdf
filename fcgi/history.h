/*
 * history.h - what happened to a card, a row of its ledger as one sentence: "Moved from
 * Discovery to Interest by Ann". In pieces, of which some lead to the cause: the segment, the
 * operation, the note, the lead.
 *
 * why.h says in fewer words, and without the ledger, why a card is where it is.
 */
#ifndef LEADBOARD_HISTORY_H
#define LEADBOARD_HISTORY_H

#include "gen/sql.h"
#include "shared/cards.h"

#define HISTORY_PIECES_MAX 12

struct history_piece {
    struct str text, url; /* url: empty: not a link */
};
struct history_sentence {
    struct history_piece *pieces;
    size_t n_pieces;
};

struct history_entry {
    enum card_change_kind kind;
    enum card_actor_kind actor_kind;
    int64_t actor_id;    /* 0: none */
    bool same_stage;     /* moved within it */
    struct str from, to; /* names of stages; empty when they are gone */
    struct str actor;    /* name of the user, segment or automation; empty when it is gone */
    struct str detail;   /* JSON, or "no value" */
    struct str base;     /* address of the card's page: notes are there */
    int64_t operation;   /* that did it; 0: none */
    int32_t operation_n; /* how many cards it changed */
    const struct sql_member_list_rows *members; /* names of owners; NULL: none known */
};

/* Without a full stop. */
struct history_sentence history_draw(struct ctx *ctx, const struct history_entry *entry);
/* Its text alone. */
struct str history_text(struct ctx *ctx, const struct history_sentence *sentence);

#endif
