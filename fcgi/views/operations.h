/*
 * operations.h - views of what people do to cards: the page that asks what to do with a
 * selection, the bar that says what was done, the page of one operation, the exclusions of a
 * board. Filled by handlers/cards.c, apply.c, operations.c and exclusions.c.
 */
#ifndef LEADBOARD_VIEWS_OPERATIONS_H
#define LEADBOARD_VIEWS_OPERATIONS_H

#include "fcgi/views/board.h"

struct action_choice {
    int64_t id;
    struct str name;
    bool chosen;
};

/* What can be done with a choice of cards: a form for each, all of which carry the choice. */
struct actions_view {
    struct str csrf;
    int64_t board;
    const int64_t *cards; /* ids; none: everything in stage `all` */
    size_t n_cards;
    int64_t all, count;     /* count: how many cards it is about */
    struct str query;       /* the board's, as the page before had it */
    bool filtered, counted; /* of the stage only those that pass it; counted: count is theirs */
    bool many, may_move; /* may_move: a form for moving is wanted (a single card has its own) */
    const struct action_choice *stages, *members, *tags;
    size_t n_stages, n_members, n_tags;
};

struct apply_view {
    struct page page;
    struct str board_name, stage; /* stage: everything in it is meant */
    struct actions_view actions;
    const struct str *titles; /* of the first cards */
    size_t n_titles;
    int64_t more; /* cards beside those */
};

/* ---- one card: its actions without script, and what the second of two movers sees ---- */

struct move_view {
    struct page page;
    struct str csrf, title, domain, stage, board_name;
    int64_t board, card, version;
    bool conflict;
    struct str what; /* who moved it, when it is a conflict */
    int64_t what_at;
    struct str wanted; /* the stage this move was for */
    const struct stage_choice *stages;
    size_t n_stages;
    struct actions_view actions; /* the rest that can be done to it */
};

struct operation_view {
    struct page page;
    int64_t id, board;
    struct str csrf, said, who, board_name;
    int64_t at;
    bool running, may_undo, may_cancel, undone;
    bool failed, cancelled;
    int64_t done, total, bar_max; /* of the job; total 0: not known yet */
    struct str message;
    int64_t undo; /* the OP_UNDO that undid it */
};

struct exclusion_row {
    int64_t id, board, account, lead, at;
    struct str name, domain, who, csrf;
};

struct exclusions_view {
    struct page page;
    int64_t board;
    struct str board_name, csrf;
    const struct exclusion_row *rows;
    size_t n_rows;
    int64_t after; /* id of the last one, when there are more */
};

#endif
