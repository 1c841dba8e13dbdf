/*
 * automate_dry.h - a round that only looks what would be done (worker/backtest.h): the same
 * decisions and the same actions as of any round, but instead of the database what was done so
 * far is kept in memory. Only worker/automate*.c and worker/backtest.c include it.
 *
 * What is kept of the past is as it was when each thing happened: cards stand where the ledger
 * says they stood then, unless the automation itself would have put them elsewhere; tags count
 * from when they were put on. Properties, exclusions, turns and everything that conditions ask
 * are as they are now.
 *
 *   automate_dry.c       maps; whom it ran for when; what is told of it
 *   automate_dry_card.c  cards, owners
 *   automate_dry_tag.c   tags, properties
 */
#ifndef LEADBOARD_WORKER_AUTOMATE_DRY_H
#define LEADBOARD_WORKER_AUTOMATE_DRY_H

#include "worker/automate_parts.h"

/* ---- maps that only grow ---- */

struct dry_entry {
    int64_t a, b;
    struct str c;
    struct dry_entry *next;
    /* What is kept; which of it, by map. */
    void *value;
    struct str text;
    int64_t at;
    int64_t n;
    int state;
};
struct dry_map {
    struct dry_entry **slots;
    size_t n, room;
};
/* The entry of that key; made where there is none: *out_fresh. */
struct dry_entry *dry_map_at(struct dry_map *map, struct arena *keep, int64_t a, int64_t b,
                             struct str c, bool *out_fresh);
/* NULL: none. */
struct dry_entry *dry_map_find(const struct dry_map *map, int64_t a, int64_t b, struct str c);

/* ---- what would have been done ---- */

struct dry_firing {
    int64_t at, account, lead;
    struct str why, said;
};
/* Some firings; two of them are filled in turn, so that the last ones are there. */
struct dry_page {
    struct arena *arena;
    struct dry_firing v[BACKTEST_SHOWN];
    size_t n;
};

struct dry_count {
    int64_t fired, subjects, held, deliveries, moved, created, removed, tagged, not_moved;
};

struct dry {
    struct arena *keep;
    const struct booked *automation;
    int64_t dataset, since_at;
    struct sql_backtest_stages_rows stages;
    struct dry_map subjects, cards, tags, properties, integrations;
    struct sql_automate_turns *turns;
    size_t n_turns;
    bool has_turns;
    struct dry_count count;
    int64_t *by_day; /* from the day of since_at */
    size_t n_days;
    struct dry_page pages[2];
    size_t page;
    int64_t last_id; /* of what there is not: below 0 */
    /* What it did and itself waits for. */
    struct candidate *caused;
    size_t n_caused, room_caused;
};

/* Everything lives in keep, and what dry_free frees. The automation must stay. */
MUST_CHECK enum err dry_new(struct db *db, struct arena *keep, const struct booked *automation,
                            int64_t dataset, int64_t since_at, int64_t until_at,
                            struct dry **out_dry);
/* Accepts NULL. */
void dry_free(struct dry *dry);

/* As automate_past, automate_run_ids and automate_store. */
void dry_past(const struct round *round, const struct group *group,
              struct sql_automate_past_rows *out);
void dry_number(struct round *round, const struct group *group);
void dry_store(struct round *round, const struct group *group);
/* A change of a card (kind: enum card_change_kind) or a tag that its trigger may wait for. */
void dry_changed(struct act *act, int kind, int64_t subject, int64_t card, int64_t what);

/* ---- automate_dry_card.c: as their namesakes in automate_card.c and automate_owner.c ---- */

MUST_CHECK enum err dry_cards(struct act *act, int64_t board, struct act_cards *out);
MUST_CHECK enum err dry_add_cards(struct act *act, int64_t board,
                                  const struct sql_automate_stages *target, bool leads,
                                  struct sql_i64s ids);
void dry_move_cards(struct act *act, const struct sql_automate_stages *target,
                    struct sql_i64s cards);
void dry_remove_cards(struct act *act, bool exclude, struct sql_i64s cards);
void dry_assign(struct act *act, int64_t owner, struct str name, struct sql_i64s cards);
MUST_CHECK enum err dry_turns(struct act *act, struct sql_automate_turns_rows *out);
void dry_take_turns(struct act *act, const int64_t *users, const int64_t *turns, size_t n);

/* ---- automate_dry_tag.c ---- */

/* Those of the targets (companies or people) that had the tag when it happened. */
MUST_CHECK enum err dry_tagged(struct act *act, const struct automation_action *action,
                               const int64_t *ids, struct candidate *const *of, size_t n,
                               struct sql_i64s *out);
void dry_tag(struct act *act, const struct automation_action *action, const int64_t *ids,
             struct candidate *const *of, size_t n);
MUST_CHECK enum err dry_set(struct act *act, const struct automation_action *action,
                            const int64_t *ids, const struct str *values, size_t n, int most,
                            struct sql_i64s *out_changed, struct sql_i64s *out_same);
/* What it said of a field of the company before, and says now. "No value": nothing yet. */
struct str dry_fact(const struct act *act, int64_t account, struct str field);
void dry_say_fact(struct act *act, int64_t account, struct str field, struct str value);

#endif
