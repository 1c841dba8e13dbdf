/*
 * automations.h - views of automations: the list, one with its tabs (what it does, runs,
 * looking back, versions), switching on. Filled by fcgi/automation_draw.c and the handlers
 * automations.c, automation_runs.c, automation_switch.c, backtest.c and automation_versions.c.
 * The editor's are views/automation_edit.h.
 */
#ifndef LEADBOARD_VIEWS_AUTOMATIONS_H
#define LEADBOARD_VIEWS_AUTOMATIONS_H

#include "fcgi/diff.h"
#include "fcgi/views/chart.h"
#include "fcgi/views/page.h"

/* ---- the list ---- */

struct automation_item {
    int64_t id;
    struct str name, sentence;
    struct str about;   /* of the list of one stage: what it has to do with it */
    const char *source; /* where what fires it comes from, in words */
    struct str csrf;
    bool enabled, may_edit, troubled;
    const struct str *problems; /* sentences that say what to do */
    size_t n_problems;
    int64_t retry_at, waiting; /* 0: nothing waits */
    bool many_waiting;
    int64_t fired_at;              /* 0: it never ran */
    int64_t week, failed, stopped; /* runs of the last 7 days; those among them that ... */
};

/* Something else that has to do with a stage. */
struct stage_also {
    struct str name, url, what;
};

struct automations_view {
    struct page page;
    bool may_edit, full;
    int64_t troubled; /* how many have a problem */
    const struct automation_item *list;
    size_t n_list;
    /* Of one stage: */
    int64_t stage, board;
    struct str stage_name, board_name;
    bool final;
    const struct stage_also *also;
    size_t n_also;
};

/* ---- one automation: what all its pages begin with ---- */

enum automation_tab { ATAB_EDIT, ATAB_RUNS, ATAB_BACKTEST, ATAB_VERSIONS };

struct automation_head {
    int64_t id;
    struct str name, csrf;
    int64_t tab; /* enum automation_tab */
    bool enabled, may_edit, troubled;
    struct str sentence;
    const struct str *problems;
    size_t n_problems;
    int64_t retry_at, waiting;
    bool many_waiting;
};

/* A job that somebody waits for. */
struct automation_job {
    bool shown, running, done, failed, cancelled;
    int64_t done_count, total, bar_max;
    struct str message;
};

/* ---- switching on ---- */

struct automation_matching {
    int64_t n;
    bool persons; /* it counts people */
    bool late;    /* it takes too long to count */
};
struct switch_view {
    struct page page;
    struct automation_head head;
    bool is_on; /* it is switched on already: only who matches is asked about */
    bool asks;  /* somebody matches already */
    struct automation_matching matching;
    const char *source; /* in words */
    bool once, sends;   /* sends: something goes away, which cannot be taken back */
    struct automation_job enrolling;
};

/* ---- runs ---- */

/* What was done a moment ago: undone. */
struct automation_did_now {
    struct str said; /* empty: nothing */
    bool running;    /* a job does it still */
};
struct did_row {
    bool did;
    struct str text;
};
struct run_view {
    int64_t id, automation, at;
    struct str name; /* of the automation; where runs of several are listed */
    bool deleted;    /* the automation is */
    bool alone;      /* all runs are of one automation */
    int64_t version;
    struct str title, url; /* whom it was for */
    struct str why, why_url;
    int64_t cause_at;
    const char *tone, *state;
    const struct did_row *said;
    size_t n_said;
    int64_t held; /* how often it would have run again within the cool-down */
    int64_t depth;
    int64_t operation, others; /* operation 0: nothing to undo; others that it undoes as well */
    bool undone;
    struct str csrf, back;
};
struct run_tab {
    struct str url;
    const char *label;
    bool current;
};
struct runs_view {
    struct page page;
    struct automation_head head; /* id 0: runs of all automations */
    struct str whose, whose_url; /* of one company or person */
    const struct run_tab *tabs;
    size_t n_tabs;
    const struct run_view *list;
    size_t n_list;
    struct str more;                 /* address of the next page; empty: there is none */
    struct automation_job enrolling; /* those who matched already, lately */
    int64_t enrolled, enrolled_nothing,
        enrolment; /* operation of it that can be undone, or 0 */
    bool persons;
    struct automation_did_now did;
    bool filtered; /* one state only */
};
struct run_page_view {
    struct page page;
    struct automation_head head;
    struct run_view run;
    struct str what;        /* what it was to do then, if that is another version's */
    const struct str *sent; /* what undoing cannot take back */
    size_t n_sent;
    struct automation_did_now did;
};

/* ---- looking back ---- */

struct backtest_firing {
    int64_t at;
    struct str title, url, why;
    const struct did_row *said;
    size_t n_said;
};
struct backtest_number {
    const char *label;
    int64_t n;
    const char *hint; /* or "" */
};
struct backtest_view {
    struct page page;
    struct automation_head head;
    struct str days, days_wrong; /* as typed */
    struct automation_job job;
    int64_t looked_days, events, fired, subjects;
    int64_t tested_at;
    bool stale;      /* it was changed since */
    bool may_switch; /* it is off, and this user may switch it on */
    bool unreadable; /* what it does cannot be read, so nothing can be looked back at */
    bool persons;
    const struct backtest_number *numbers;
    size_t n_numbers;
    struct activity_chart chart;
    const struct backtest_firing *firings;
    size_t n_firings;
    int64_t unlisted;
    struct str note;
};

/* ---- versions ---- */

struct version_view {
    int64_t version, at, automation;
    struct str author;
    bool first, current, may_edit;
    struct str text; /* of the first: what it did, a line each */
    struct diff diff;
};
struct versions_view {
    struct page page;
    struct automation_head head;
    const struct version_view *list;
    size_t n_list;
    bool more;
};

#endif
