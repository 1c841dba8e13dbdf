/*
 * workflow.h - the workflow guide: from "these are my stages, these pages and events mean this
 * stage" to a board, tags and automations, in one transaction.
 *
 *     workflow_suggest(arena, &workflow);              the five stages with examples, or
 *     TRY(workflow_load(db, board, &workflow));        a board, with what was made for it
 *     TRY(workflow_check(ctx, &workflow, &where));     a sentence, and which line is wrong
 *     TRY(workflow_plan(db, &workflow, &plan));        what will be made, in sentences
 *     TRY(workflow_make(db, &workflow, &plan));        the same, made; queue_wake after commit
 *
 * What is made, for each stage that has at least one sign:
 *
 *   a tag           "Interest", unless there is one of that name
 *   tagging         when somebody visits one of the pages, sends one of the forms ...: the tag
 *                   is put on the person, or on the company
 *   moving          when a company is tagged so and its card is in a stage before this one:
 *                   the card moves here. It looks at what is so, not only at what happens, so
 *                   that a company that was tagged before it had a card is moved as well; once
 *                   a company, so that who puts a card back by hand has the last word.
 *
 * With `create` the moving automations also make a card for companies that are not on the
 * board; a new board then takes in nobody else.
 *
 * Made once. Each automation carries what it was made for (automation.guide: "tag:12" and
 * "move:12", 12 being the stage), so that the guide, run again, finds and changes it, whatever
 * it is called meanwhile. One whose rule somebody gave another shape by hand is left alone. A
 * change makes a new version; whether it is on, its name and its cool-down stay as they are.
 * New ones are off: looking back and switching on are asked for afterwards.
 *
 * Functions with a db work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_WORKFLOW_H
#define LEADBOARD_WORKFLOW_H

#include "shared/automation.h"

#define WORKFLOW_STAGES 15 /* most stages of a board that the guide works on */
#define WORKFLOW_SIGNS 80  /* of all stages */
#define WORKFLOW_STAGE_NAME_MAX 100
#define WORKFLOW_BOARD_NAME_MAX 200

/* What tells that somebody has come so far. */
enum workflow_sign_kind { SIGN_PAGE, SIGN_FORM, SIGN_EVENT, SIGN_LINK, SIGN__COUNT };
/* In forms: "page" ...; for people: "visits the page". */
const char *workflow_sign_name(enum workflow_sign_kind kind);
const char *workflow_sign_label(enum workflow_sign_kind kind);
bool workflow_sign_from(struct str name, enum workflow_sign_kind *out_kind);

struct workflow_sign {
    size_t stage; /* place in the workflow's stages */
    enum workflow_sign_kind kind;
    struct str value;   /* "/pricing*", "Newsletter"; empty: not filled in, passed over */
    struct str example; /* what it is an example of: "Pricing page"; may be empty */
};

struct workflow_stage {
    int64_t id; /* 0: it is to be made */
    struct str name;
    struct str tag;   /* empty: called as the stage */
    bool tag_by_hand; /* the automation was given another shape: it is left alone */
    bool move_by_hand;
};

struct workflow {
    int64_t dataset, user;
    int64_t board; /* 0: a new one */
    struct str board_name;
    bool create;    /* companies that are not on the board come onto it */
    bool one_step;  /* cards move from the stage just before only, not from every earlier one */
    bool companies; /* the company is tagged, not the person */
    struct workflow_stage stages[WORKFLOW_STAGES];
    size_t n_stages;
    struct workflow_sign signs[WORKFLOW_SIGNS]; /* in any order */
    size_t n_signs;
};

/* A new board with the five stages and what often means each. */
void workflow_suggest(struct workflow *out);
/* A board as it is: with the signs that were made for its stages, or, for stages that have none
 * and are called like a suggested one, the suggested ones. dataset and user are given; the
 * user must see the board. ERR_NOT_FOUND without a message; ERR_LIMIT with one: it has too many
 * stages. */
MUST_CHECK enum err workflow_load(struct db *db, int64_t board, struct workflow *workflow);

/* Which line of the form is wrong: a sign, a stage, or (both SIZE_MAX) the whole. */
struct workflow_where {
    size_t stage, sign;
};
/* ERR_INVALID with a sentence. */
MUST_CHECK enum err workflow_check(struct ctx *ctx, const struct workflow *workflow,
                                   struct workflow_where *out_where);

enum workflow_part { PART_BOARD, PART_TAG, PART_TAGGING, PART_MOVING };
enum workflow_change {
    PART_NEW,
    PART_CHANGED,
    PART_THERE,  /* and as it should be */
    PART_BY_HAND /* changed by hand: left as it is */
};
struct workflow_item {
    enum workflow_part part;
    enum workflow_change change;
    size_t stage;       /* of the workflow; of PART_BOARD: 0 */
    int64_t automation; /* 0: none yet */
    struct str name;    /* of board, tag, automation */
    struct str words;   /* what the automation does, in a sentence */
};
#define WORKFLOW_ITEMS (1 + 3 * WORKFLOW_STAGES)
struct workflow_plan {
    struct workflow_item items[WORKFLOW_ITEMS];
    size_t n;
    int64_t board;                           /* once made */
    int64_t n_boards, n_tags, n_automations; /* new ones */
    int64_t n_changed;
};
/* What workflow_make would do. Writes nothing. Errors as of it. */
MUST_CHECK enum err workflow_plan(struct db *db, const struct workflow *workflow,
                                  struct workflow_plan *out);
/* ERR_INVALID: of workflow_check; ERR_NOT_FOUND: the board is gone; ERR_LIMIT: too many tags or
 * automations; each with a sentence. */
MUST_CHECK enum err workflow_make(struct db *db, const struct workflow *workflow,
                                  struct workflow_plan *out);

/* The automations that the guide made for a board, in the order of its stages, tagging before
 * moving. */
struct workflow_automations {
    const struct automation_row *rows;
    size_t n;
};
MUST_CHECK enum err workflow_automations(struct db *db, int64_t dataset, int64_t board,
                                         struct workflow_automations *out);

#endif
