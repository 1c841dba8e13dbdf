/*
 * demo.h - `leadboard-admin demo`: a workspace with a generated history to look at and to
 * measure with. Tidewell, an invented maker of planning software, has measured its site for 60
 * days: companies come, read, sign up for trials, open mails, and are worked on two boards.
 *
 * Always the same for the same options (a fixed seed; times count from today's midnight).
 * Running it again changes nothing; what was cut short is completed.
 *
 *     demo [--dataset ID] [--companies N] [--events N] [--board-cards N] [--no-derive]
 *
 *   --dataset      public id of the dataset to fill (demo, which the sample site reports to)
 *   --companies    how many are generated (340)
 *   --events       exactly that many events, by adding or leaving out unknown visitors
 *   --board-cards  also a board of five stages with exactly that many cards
 *   --no-derive    leaves the events waiting in the log; makes no boards
 */
#ifndef LEADBOARD_DEMO_H
#define LEADBOARD_DEMO_H

#include "shared/config.h"
#include "shared/db.h"

MUST_CHECK enum err demo_run(struct ctx *ctx, struct db *db, const struct config *config,
                             int argc, char **argv);

#endif
