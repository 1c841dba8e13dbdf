/*
 * board.h - views of boards: the list, the wizard, the settings, and the board page with its
 * cards. Filled by handlers/boards.c, board.c and cards.c.
 */
#ifndef LEADBOARD_VIEWS_BOARD_H
#define LEADBOARD_VIEWS_BOARD_H

#include "fcgi/views/filter.h"
#include "fcgi/views/page.h"
#include "shared/html.h"

struct card_tag {
    struct str name;
    int64_t count; /* of the leads that have it; 0: not shown */
};

struct card_view {
    int64_t id, board, version;
    struct str title, domain, logo, initials;
    int64_t hue; /* 0..23, class hue-N */
    int64_t contacts, visitors, score;
    bool hot;
    const struct card_tag *tags;
    size_t n_tags;
    size_t n_all_tags; /* of tags, when all are read, for lanes; else as n_tags */
    int64_t more_tags; /* that did not fit */
    int64_t owner;     /* 0: nobody's, or a former user's */
    struct str owner_initials, owner_name; /* empty: nobody's */
    int64_t owner_hue;
    int64_t last_activity_at, modified_at;
    int64_t stage_days; /* in its stage */
    int64_t age_limit;  /* the stage's, in days, when the card is past it; else 0 */
    struct str why;     /* it is in its stage */
};

/* Some cards of a stage, and where to go on. */
struct more_view {
    int64_t board, stage;
    const struct card_view *list;
    size_t n_list;
    struct str after; /* place of the last one, for the next page; empty: there are no more */
    struct str href;  /* address of the next page */
};

/* One way to order a stage, as its menu offers it. */
struct stage_order {
    struct str value, name;
    bool current;
};

struct stage_view {
    int64_t id, board, cards;
    int64_t number;  /* from the left, from 1 */
    struct str name; /* count: of what is shown, "12", "100+"; of_all: "of 340 cards" */
    struct str count, of_all; /* of_all only under a filter */
    int64_t wip_limit;        /* 0: none */
    bool entry, final, sorted, current, folded;
    bool over;      /* more cards than wip_limit */
    bool automates; /* the user may make automations */
    const struct stage_order *orders;
    size_t n_orders;
    struct more_view shown;
    struct str csrf, query; /* query: how the page looks at the board */
};

/* The cards of one lane in one stage. */
struct lane_cell {
    int64_t stage;
    struct str stage_name, lane;
    bool folded;
    const struct card_view *list;
    size_t n_list;
};

/* One owner's cards, or those with one tag, through all stages. */
struct lane_view {
    struct str key; /* the owner's id or the tag's name; "none": nobody's, or without a tag */
    struct str name, initials;
    int64_t hue, cards;
    const struct lane_cell *cells;
    size_t n_cells;
};

struct board_name {
    int64_t id;
    struct str name;
    bool current;
};

/* What was just done without script, over the board. */
struct did_view {
    int64_t operation, board;           /* operation 0: nothing was */
    struct str said, csrf, query, back; /* back: the board without the bar */
    bool may_undo, running;
};

/* One who owns cards of the board; the link shows or hides them. */
struct board_owner {
    struct str name, initials, href;
    int64_t hue;
    bool pressed;
};

struct board_view {
    struct page page;
    struct did_view did;
    int64_t id;
    struct str name, csrf;
    bool is_private, is_empty;
    struct str segment; /* whose accounts come in by themselves; empty: none */
    struct str cursor;  /* what this page has seen; see handlers/board.c */
    struct filter_view filter;
    const struct board_name *boards;
    size_t n_boards;
    const struct board_owner *owners, *more_owners; /* in the header; those in its menu */
    size_t n_owners, n_more_owners;
    const struct stage_view *stages;
    size_t n_stages;
    struct str lanes_by; /* "owner" or "tag"; empty: no lanes */
    bool lanes_partial;  /* stages have more cards than the lanes show */
    const struct lane_view *lanes;
    size_t n_lanes;
};

struct changed_card {
    int64_t stage, previous; /* stage 0: the card is gone; previous 0: first of its stage */
    int64_t id;
    struct card_view card;
};

struct changes_view {
    struct str cursor;
    struct str found;   /* under a filter: how many cards pass, as "12 cards" */
    struct str message; /* what happened to a move; empty: nothing to say */
    bool reload;        /* too much or too old: draw the page anew */
    struct str said;    /* what was done; empty: nothing */
    int64_t operation;  /* by it, which can be undone; 0: none */
    bool progress;      /* a job still does it */
    const struct changed_card *cards;
    size_t n_cards;
    const struct stage_view *stages; /* for their counts */
    size_t n_stages;
};

/* ---- list ---- */

struct list_stage {
    struct str name;
    int64_t cards;
};

struct list_board {
    int64_t id, stages, cards;
    struct str name;
    bool is_private, unfinished;
    const struct list_stage *funnel;
    size_t n_funnel;
};

struct boards_view {
    struct page page;
    const struct list_board *boards;
    size_t n_boards;
};

/* ---- wizard and settings ---- */

struct board_steps {
    int64_t step; /* 1 basics, 2 stages, 3 import */
};

struct board_segment_choice {
    int64_t id;
    struct str name;
    bool chosen;
};

struct stage_row {
    int64_t id, number, cards, board;
    int64_t wip_limit, age_limit; /* 0: none */
    struct str name;
    bool entry, final, first, only;
};

struct board_form_view {
    struct page page;
    struct board_steps steps;
    struct str csrf, action;
    int64_t id; /* 0: not made yet */
    struct str name, dataset;
    bool is_private, fixed_flow, may_hide; /* only the owner may hide a board */
    bool choose_dataset;                   /* a new board, and there are several */
    const struct board_segment_choice *segments;
    size_t n_segments;
    const struct board_name *unfinished;
    size_t n_unfinished;
    struct str name_wrong, wrong; /* what is wrong with the name; with anything else */
    /* Stages: wizard step 2 and settings. */
    const struct stage_row *stages;
    size_t n_stages;
    int64_t stage_count;
    bool few_stages, in_wizard, full;
    int64_t cards;
    struct str copy_name;
    bool choose_copy_dataset;
};

struct stage_choice {
    int64_t id;
    struct str name;
    bool chosen;
};

struct stage_delete_view {
    struct page page;
    struct str csrf, stage, board_name, wrong;
    int64_t board, id, cards;
    const struct stage_choice *others;
    size_t n_others;
};

struct import_view {
    struct page page;
    struct board_steps steps;
    struct str csrf, name, segment;
    int64_t board;
    bool in_wizard;
    bool shown, running, done, failed, cancelled; /* an import was asked for; its state */
    int64_t done_count, total, bar_max;
    int64_t added, already, excluded;
    struct str message;
};

#endif
