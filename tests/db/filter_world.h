/*
 * filter_world.h - a small random world of companies, people, events, cards and segments, in C
 * and in the database; and the plainest evaluator of a filter over it, to compare with.
 */
#ifndef LEADBOARD_FILTER_WORLD_H
#define LEADBOARD_FILTER_WORLD_H

#include "shared/filter.h"
#include "shared/filter_event.h"
#include "tests/db/testdb.h"

#define WORLD_ACCOUNTS 40
#define WORLD_LEADS 80
#define WORLD_SESSIONS 160
#define WORLD_EVENTS 600
#define WORLD_CARDS 60
#define WORLD_MOVES 120
#define WORLD_TAGS 4
#define WORLD_BOARDS 3
#define WORLD_STAGES 7
#define WORLD_SEGMENTS 5
#define WORLD_TARGETS 2
#define WORLD_USERS 2
#define WORLD_TEXTS 32                      /* text columns of an account, of a lead */
#define WORLD_NOW INT64_C(1767225600000000) /* 2026-01-01 */

struct world_subject { /* an account or a lead; its id is its place + 1 */
    bool hidden;
    int account; /* of a lead: its place; -1: none */
    const char *text[WORLD_TEXTS];
    const char *list[3][2]; /* accounts only */
    int64_t number[10];     /* -1: unknown */
    int64_t first_at, last_at;
    const char *plan; /* the property */
    bool tag[WORLD_TAGS];
    bool member[WORLD_SEGMENTS];
};
struct world_event {
    int session, type;
    int64_t at;
    const char *name, *url, *title, *plan, *link, *sender;
};
struct world_session {
    int lead, visitor;
    int64_t started_at, ended_at;
};
struct world_card {
    int board, stage, account, lead, owner; /* places; -1: none */
    int64_t stage_at;
};
struct world_move {
    int card, from, to; /* -1: none */
    int64_t at;
};

struct world {
    struct world_subject accounts[WORLD_ACCOUNTS], leads[WORLD_LEADS];
    struct world_session sessions[WORLD_SESSIONS];
    int hits[WORLD_SESSIONS][WORLD_TARGETS];       /* views that reach them, */
    int64_t hit_at[WORLD_SESSIONS][WORLD_TARGETS]; /* the last of them */
    struct world_event events[WORLD_EVENTS];
    struct world_card cards[WORLD_CARDS];
    struct world_move moves[WORLD_MOVES];
    size_t n_events, n_moves;
};

/* 0 .. n-1; the same numbers in every run. */
size_t world_pick(size_t n);
/* Makes a world, in C and in the dataset, with the same ids in every dataset. */
void world_make(struct testdb *t, struct world *world, int64_t dataset);
/* A filter as people could build it: over every field and operator. */
struct filter world_filter(struct arena *arena);
/* A condition on events, without times and days. */
struct filter_node world_event_condition(struct arena *arena);
/* True when a group holds of which n conditions do. */
bool world_together(const struct filter_node *group, size_t n);
/* True when the filter holds for the subject at that place, at that moment. */
bool world_holds(const struct world *world, const struct filter *filter, size_t subject,
                 int64_t now);
/* True when the condition holds for this event. */
bool world_event_holds(const struct world_event *event, const struct filter_node *condition);
/* The event as filter_event.h takes it. */
struct filter_event world_event(struct arena *arena, const struct world_event *event);

#endif
