/*
 * automation_run.h - what automations did, would have done, and are asked to do for those who
 * match already.
 *
 * A run is what one version of an automation did for one company or person because of one thing
 * that happened: a row of automation_run, which exists once for each cause, whatever dies. It
 * says why, in words ("visited https://x.example/pricing"), and what each action did, in words,
 * as it was called then:
 *
 *     said  [{"did": true, "text": "Moved from Discovery to Interest"},
 *            {"did": false, "text": "Not moved: fixed flow"}]
 *
 * What it changed is an operation of kind OP_AUTOMATION (operation.h), often together with the
 * runs for others that happened within the same moment; undoing that puts back what nobody has
 * changed since, and says what was sent and cannot be taken back. Rows of card_ledger that it
 * wrote have the automation as actor, and detail.cause, detail.run. Runs are kept for
 * AUTOMATION_RUN_DAYS.
 *
 * Pages read them by a statement, sql_automation_runs: of one automation or of all, the newest
 * first, or one.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_AUTOMATION_RUN_H
#define LEADBOARD_AUTOMATION_RUN_H

#include "shared/automation.h"

#define AUTOMATION_RUN_DAYS 90

/* automation_run.cause and automation_pending.cause: what happened. */
enum automation_cause {
    CAUSE_EVENT = 1, /* cause_id: event */
    CAUSE_TAG,       /* the tag */
    CAUSE_CARD,      /* row of card_ledger */
    CAUSE_MEMBER,    /* row of segment_change */
    CAUSE_ENROLLED   /* progress of the enrolment: it matched when it was switched on */
};

/* automation_run.state */
enum automation_run_state {
    RUN_DONE = 1, /* something was changed or sent */
    RUN_NOTHING,  /* everything was so already, or could not be: `said` says why */
    RUN_STOPPED,  /* too many automations in a row: it was not done */
    RUN_FAILED    /* given up after several tries; `said` says why */
};
/* "Done", "Nothing to do", "Stopped", "Failed". */
const char *automation_run_state_label(enum automation_run_state state);

/* What an action did, or why not. */
struct automation_did {
    bool did;
    struct str text;
};
/* Reads `said`; what is not readable is left out. *out_n: at most AUTOMATION_ACTIONS_MAX. */
void automation_run_said(struct ctx *ctx, struct str said, struct automation_did *out,
                         size_t *out_n);

/* ---- operations ---- */

/* The detail of an OP_AUTOMATION: {"automation": "3", "version": 2, "name": "..."}. */
struct str automation_operation(struct arena *arena, int64_t automation, int32_t version,
                                struct str name);

/* ---- those who match already ---- */

#define AUTOMATION_FILTERS 2
/* Who matches now, as filters: what it waits for, taken as something that is so or that has
 * happened ("visited /pricing*" at any time, "is in the stage"), and its filter. One of
 * companies, and one of people who stand for themselves; or one of people. */
MUST_CHECK enum err automation_filters(struct db *db, int64_t dataset,
                                       const struct automation_rule *rule,
                                       struct filter out[AUTOMATION_FILTERS], size_t *out_n);
/* The same of a tree. */
void automation_of_both(struct arena *arena, enum filter_subject subject,
                        const struct filter_node *root, struct filter out[AUTOMATION_FILTERS],
                        size_t *out_n);
/* How many that are: to ask whether they are to be enrolled. */
MUST_CHECK enum err automation_matching(struct db *db, int64_t dataset,
                                        const struct automation_rule *rule, int64_t *out_n);
/* Runs it for everybody who matches now, by a job (JOB_ENROL) in steps, all one operation. It
 * must be switched on. Call queue_wake after the commit. ERR_CONFLICT: it is being done
 * already; ERR_INVALID: it is switched off; ERR_NOT_FOUND; each with a sentence. The result of
 * the progress: {"enrolled": 120, "nothing": 3}. Cancelled (progress_cancel), what was done
 * until then stays, and its operation can be undone. */
MUST_CHECK enum err automation_enrol(struct db *db, int64_t dataset, int64_t automation,
                                     int64_t user, int64_t *out_progress);

/* ---- looking back ---- */

#define BACKTEST_DAYS_MAX 90
#define BACKTEST_SHOWN 500 /* firings that are listed */

/* What the automation as it is stored, on or off, would have done in the last days, by a job
 * (JOB_BACKTEST; call queue_wake after the commit). Nothing but the progress is written,
 * nothing is sent. One at a time for an automation: another one under way is cancelled.
 * ERR_INVALID, ERR_NOT_FOUND, with a sentence. The result of the progress, once it is
 * PROGRESS_DONE:
 *
 *     {"days": 14, "events": 120344, "fired": 37, "subjects": 21, "held": 5, "deliveries": 12,
 *      "moved": 20, "created": 4, "removed": 0, "tagged": 21, "not_moved": 2,
 *      "by_day": [["2026-11-07", 3], ...],              each day, also those without
 *      "firings": [{"at": 1767225600000000, "account": "5", "lead": "9", "title": "Harbor
 *                   College", "why": "visited ...", "said": [{"did": true, "text": "..."}]}],
 *      "unlisted": 0,                                   firings beyond BACKTEST_SHOWN
 *      "note": "..."}                                   what of it cannot be looked back at
 */
MUST_CHECK enum err automation_backtest(struct db *db, int64_t dataset, int64_t automation,
                                        int days, int64_t user, int64_t *out_progress);

#endif
