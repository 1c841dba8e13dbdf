/*
 * demo_workflow.h - the automations of the invented team's first board, as the workflow guide
 * makes them (shared/workflow.h), switched on: whoever clicks through the sample site and
 * leaves an address at a company becomes a card that moves.
 */
#ifndef LEADBOARD_DEMO_WORKFLOW_H
#define LEADBOARD_DEMO_WORKFLOW_H

#include "worker/demo_board.h"

/* In the transaction that is open. The board has the five suggested stages. */
MUST_CHECK enum err demo_workflow(struct db *db, const struct demo_team *team, int64_t board);

#endif
