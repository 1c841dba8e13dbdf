/*
 * guide.h - views of the workflow guide: the form, what it will make, what it has made. Filled
 * by fcgi/guide_form.c and the handlers guide.c and guide_made.c.
 */
#ifndef LEADBOARD_VIEWS_GUIDE_H
#define LEADBOARD_VIEWS_GUIDE_H

#include "fcgi/views/automations.h"
#include "shared/workflow.h"

struct guide_option {
    const char *value, *label;
    bool chosen;
};

/* One line: what means that somebody has come to the stage. */
struct guide_sign {
    size_t index, number; /* in the form, from 0; in the stage, from 1 */
    size_t stage;
    const struct guide_option *kinds;
    size_t n_kinds;
    const char *kind; /* the chosen one's value */
    struct str value, example, wrong;
    bool fresh; /* just added: it gets the focus */
};
struct guide_stage {
    size_t index, number;
    int64_t id; /* 0: it is to be made */
    struct str name, tag, wrong;
    bool fixed; /* a stage of a board that is there: its name is changed there */
    bool first, last, only, full;
    bool tag_by_hand, move_by_hand;
    int64_t tagging, moving; /* those automations; 0: none */
    const struct guide_sign *signs;
    size_t n_signs;
};
struct guide_board {
    int64_t id;
    struct str name;
    bool chosen, guided;
};
/* What was seen on the site, to choose from. */
struct guide_seen {
    const char *kind;
    const struct str *values;
    size_t n_values;
};

/* What the form says, for drawing it and for carrying it on. */
struct guide_form {
    struct str csrf;
    int64_t board; /* 0: a new one */
    struct str board_name, name_wrong;
    bool create, one_step, companies;
    const struct guide_stage *stages;
    size_t n_stages;
    bool full;
};
struct guide_view {
    struct page page;
    struct guide_form form;
    struct str wrong;
    const struct guide_board *boards;
    size_t n_boards;
    const struct guide_seen *seen;
    size_t n_seen;
    int64_t n_guided; /* boards that it has made something for */
};

/* ---- what it will make ---- */

struct guide_item {
    enum workflow_part part;
    enum workflow_change change;
    int64_t automation;
    struct str name, words;
};
struct guide_planned {
    struct str stage, tag;
    const struct guide_item *items;
    size_t n_items;
};
struct guide_look_view {
    struct page page;
    struct guide_form form;
    const struct guide_planned *stages;
    size_t n_stages;
    bool new_board, nothing; /* nothing: all is there and as it should be */
    int64_t n_boards, n_tags, n_automations, n_changed;
    struct str chain;  /* "Orientation → Discovery → ..." */
    struct str silent; /* stages of which nothing is said, in a sentence; empty: none */
};

/* ---- what it has made ---- */

struct made_row {
    int64_t id;
    struct str name, sentence, csrf;
    bool enabled, may_edit;
    const struct str *problems;
    size_t n_problems;
    struct automation_job look_back, enrolling;
    int64_t looked_days, fired, moved, tagged; /* of the last look back */
    int64_t enrolled;
};
struct made_view {
    struct page page;
    int64_t board;
    struct str board_name;
    bool may_edit, running;
    int64_t n_off, n_on;
    const struct made_row *rows;
    size_t n_rows;
    struct automation_matching matching; /* of those that are off, all of them together */
    bool sends;                          /* one of them sends something away */
    struct str days, days_wrong;
};

#endif
