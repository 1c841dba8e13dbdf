/*
 * demo_board.h - what the invented team did with the companies that were derived: tags, notes,
 * boards, and each card's way over the stages with its history.
 */
#ifndef LEADBOARD_DEMO_BOARD_H
#define LEADBOARD_DEMO_BOARD_H

#include "shared/db.h"
#include "worker/demo_names.h"

#define DEMO_TEAM 4

struct demo_team {
    int64_t dataset;
    int64_t user[DEMO_TEAM]; /* the first one is the owner */
    int64_t now;
};

/* Facts, tags, segments, two boards and notes, in one transaction; nothing when they are there
 * already. companies are in the order of their domains. automated: and demo_workflow.h. */
MUST_CHECK enum err demo_board_fill(struct ctx *ctx, struct db *db, struct demo_random *random,
                                    const struct demo_team *team,
                                    const struct demo_company *companies, size_t n,
                                    bool automated);
/* A board of five stages with exactly n cards, as many in each; nothing when it is there.
 * ERR_INVALID when fewer accounts are known. */
MUST_CHECK enum err demo_board_sized(struct ctx *ctx, struct db *db, struct demo_random *random,
                                     const struct demo_team *team, size_t n);

#endif
