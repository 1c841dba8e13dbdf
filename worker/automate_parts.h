/*
 * automate_parts.h - a round in memory. Only worker/automate*.c and
 * worker/backtest.c include it.
 *
 *   automate.c         the service; a round as a transaction, and what is done when it fails
 *   automate_book.c    automations of datasets, read and kept
 *   automate_take.c    what waits, and about whom it is
 *   automate_ask.c     who matches the filters
 *   automate_decide.c  who is acted for: order, cool-down, depth
 *   automate_why.c     what happened, in words
 *   automate_act.c     one automation for some: its actions in order
 *   automate_card.c    actions on cards
 *   automate_owner.c   actions on owners
 *   automate_tag.c     actions on tags and properties
 *   automate_tell.c    actions that tell somebody outside
 *   automate_store.c   runs
 *   automate_dry*.c    the same without doing it, to look back (automate_dry.h, backtest.h)
 */
#ifndef LEADBOARD_WORKER_AUTOMATE_PARTS_H
#define LEADBOARD_WORKER_AUTOMATE_PARTS_H

#include "gen/sql.h"
#include "shared/sb.h"
#include "shared/json.h"
#include "shared/filter_event.h"
#include "shared/operation.h"
#include "worker/automate.h"
#include "worker/revised.h"

/* ---- automations ---- */

struct booked {
    int64_t id;
    int32_t version, cooldown_s;
    enum automation_source source;
    bool once;
    struct str name;
    struct automation_rule rule;
    const struct filter_event_rule *compiled; /* SOURCE_EVENT */
};
/* Those of a dataset that are switched on, as of this transaction. */
struct book {
    const struct booked *automations; /* by id */
    size_t n;
};
/* NULL: it is gone, switched off or cannot be read. */
const struct booked *book_find(const struct book *book, int64_t id);
MUST_CHECK enum err automate_book(struct automate *automate, struct db *db, int64_t dataset,
                                  const struct book **out_book);
const struct config *automate_config(const struct automate *automate);

/* ---- what may be acted for ---- */

enum fate {
    FATE_DROPPED, /* it does not match, is not there, ran for this already */
    FATE_HELD,    /* within the cool-down */
    FATE_STOPPED, /* too deep */
    FATE_RUNS
};

struct candidate {
    int64_t pending; /* its row; 0: enrolled */
    const struct booked *automation;
    enum automation_cause cause;
    int64_t cause_id, cause_at;
    struct str visitor; /* of an event */
    int64_t about;      /* else: account, or -lead */
    uint64_t bits;      /* of an event; of a tag its id */
    int16_t depth, tries;
    /* About whom. */
    int64_t lead, account, card; /* 0: none, not known */
    bool has_email;              /* the lead */
    bool hidden;
    int64_t subject; /* for whom it counts; 0: for nobody */
    bool matches;    /* the filter: automate_ask */
    /* What became of it. */
    enum fate fate;
    int64_t run;                   /* of FATE_HELD: the one before, or ... */
    const struct candidate *after; /* ... whose that is in this round */
    struct str why, cause_json;
    struct automation_did did[AUTOMATION_ACTIONS_MAX];
    size_t n_did;
    bool changed; /* by the operation */
    bool acted;   /* something was changed or sent */
};

/* Several of one automation, each about somebody else, that are acted for together. */
struct group {
    const struct booked *automation;
    struct candidate **v;
    size_t n, room;
};

struct operation_of {
    const struct booked *automation;
    int64_t id;
    int32_t n;
};

struct dry;

struct round {
    struct automate *automate; /* NULL: dry */
    struct dry *dry; /* nothing is done: what would be is kept there; NULL: it is done */
    struct ctx *ctx;
    struct arena *arena;
    struct db *db;
    int64_t dataset, now;
    const struct book *book;
    const struct automation_names *names;
    struct candidate *candidates; /* in the order in which they happened */
    size_t n;
    struct sql_i64s done; /* rows that are taken away */
    struct group *groups; /* in the order in which they are applied */
    size_t n_groups;
    struct operation_of *operations;
    size_t n_operations;
    int64_t enrolment;    /* operation of an enrolment; 0: each automation has its own */
    int64_t alone_row;    /* only this row; 0: all */
    struct sql_i64s left; /* automations that are left out */
    int64_t failing;      /* the automation that is applied now */
    int32_t most;         /* waiting rows that are taken */
    bool more;
    bool many; /* nothing was applied: it would have been more than AUTOMATE_BATCH */
};

/* ---- automate_take.c ---- */

/* Waiting rows, with what they are about. */
MUST_CHECK enum err automate_take(struct round *round);
/* Looks up leads, companies, whether they are hidden. */
MUST_CHECK enum err automate_look(struct round *round);

/* ---- automate_ask.c ---- */

/* Sets whether those of the group match, as the database is now. */
MUST_CHECK enum err automate_ask(struct round *round, const struct group *group);
/* The same for all groups, in one question for all of an automation. */
MUST_CHECK enum err automate_ask_all(struct round *round);

/* ---- automate_decide.c ---- */

/* For qsort and bsearch of int64_t. */
int compare_ids(const void *a, const void *b);
void group_add(struct arena *arena, struct group *group, struct candidate *candidate);
/* Into groups, so that each subject's own order is kept. */
void automate_group(struct round *round);
/* Sets the fate of each of the group; who matches has been asked. */
MUST_CHECK enum err automate_decide(struct round *round, const struct group *group);

/* ---- automate_why.c ---- */

/* "visited https://x.example/pricing" */
struct str automate_event_words(struct arena *arena, const struct sql_automate_events *event);

/* Sets why and cause_json of those that run or were stopped. */
MUST_CHECK enum err automate_say_why(struct round *round, const struct group *group);

/* ---- automate_act.c ---- */

/* One automation for those of a group that run. */
struct act {
    struct round *round;
    const struct booked *automation;
    struct candidate **v;
    size_t n;
    int64_t operation;
};
/* Locks what the round's groups may change. */
MUST_CHECK enum err automate_lock(struct round *round);
MUST_CHECK enum err automate_act(struct round *round, const struct group *group);
/* Says what an action did for one of them. changed: by the operation, and can be undone. */
void act_did(struct act *act, struct candidate *candidate, bool did, bool changed,
             const char *format, ...) __attribute__((format(printf, 5, 6)));
/* What something is called now; "no value": it is gone. */
struct str act_name(const struct act *act, enum filter_kind kind,
                    const struct automation_ref *ref);

/* ---- actions: each says for everybody what it did ---- */

typedef enum err act_action(struct act *act, const struct automation_action *action,
                            size_t place);
act_action act_tag, act_property, act_card, act_owner, act_remove, act_tell, act_mail;

/* Cards of those of the act on a board (0: on all), as they are now. */
struct act_cards {
    const struct sql_automate_cards *row; /* by candidate: nr is its place */
    size_t n;
};
MUST_CHECK enum err act_cards_load(struct act *act, int64_t board, struct act_cards *out);

/* ---- automate.c ---- */

/* Decides, acts, and stores what was done, group by group. */
MUST_CHECK enum err automate_apply(struct round *round);

/* ---- automate_store.c ---- */

/* automation_run.said */
struct str automate_said_json(struct arena *arena, const struct candidate *candidate);

MUST_CHECK enum err automate_store(struct round *round, const struct group *group);
/* That it was given up. */
MUST_CHECK enum err automate_store_failed(struct round *round, struct candidate *candidate);
/* Takes the rows away, counts operations and automations. */
MUST_CHECK enum err automate_finish(struct round *round);

#endif
