/*
 * backtest.h - what an automation would have done in the last days (automation_run.h). Looks
 * through what could have made it run - the log of events with the same rules in memory as the
 * log consumer (rules.h), the ledger of cards, tags, who entered its segments - in the order in
 * which it happened, and lets it decide and act as ever, but on maps in memory
 * (automate_dry.h). Nothing is written and nothing is sent.
 *
 *     TRY(backtest_begin(ctx, db, &what, &backtest));      in a transaction
 *     while (backtest->more) TRY(backtest_step(backtest, &scratch, db));   each in a
 * transaction TRY(backtest_end(backtest, ctx, db, &json));         in a transaction
 *     backtest_free(backtest);
 *
 * The transactions may be read-only. A million events take some seconds.
 */
#ifndef LEADBOARD_WORKER_BACKTEST_H
#define LEADBOARD_WORKER_BACKTEST_H

#include "worker/automate.h"

struct backtest_what {
    int64_t dataset, automation;
    int32_t days;
};

struct backtest {
    struct backtest_what what;
    int64_t since_at, until_at;
    int64_t total, done; /* of what is looked through */
    bool more;
    /* the module's own */
    struct arena *keep;
    struct backtest_source *source;
};

/* ERR_NOT_FOUND, ERR_INVALID: it is gone or cannot be read; with a sentence. *out_backtest is
 * set also when it fails, to be freed. */
MUST_CHECK enum err backtest_begin(struct ctx *ctx, struct db *db,
                                   const struct backtest_what *what,
                                   struct backtest **out_backtest);
/* The next part. db is in use with scratch, which is reset. */
MUST_CHECK enum err backtest_step(struct backtest *backtest, struct ctx *scratch,
                                  struct db *db);
/* The result, as automation_run.h documents it. */
MUST_CHECK enum err backtest_end(struct backtest *backtest, struct ctx *ctx, struct db *db,
                                 struct str *out_json);
/* Accepts NULL. */
void backtest_free(struct backtest *backtest);

#endif
