/*
 * integrations.h - views of the integrations, their delivery logs, and mail. Filled by
 * fcgi/handlers/integrations.c, integration_edit.c, deliveries.c and mails.c.
 */
#ifndef LEADBOARD_VIEWS_INTEGRATIONS_H
#define LEADBOARD_VIEWS_INTEGRATIONS_H

#include "fcgi/views/page.h"
#include "shared/integration.h"
#include "shared/outbox.h"

/* How an integration or a delivery is: a badge, and what there is to say. */
struct standing {
    const char *tone; /* good, warm, bad, quiet */
    struct str label; /* "On", "Stopped" */
    struct str why;   /* a sentence, with what to do; empty: nothing to say */
    int64_t until;    /* a time that belongs to it; 0: none */
};

struct integration_row {
    int64_t id, last_ok_at, waiting, given_up; /* last_ok_at 0: nothing yet */
    struct str name, maker;
    const char *kind, *icon_word;
    struct standing standing;
};
struct integrations_view {
    struct page page;
    const struct integration_row *list;
    size_t n_list;
    bool full;
    bool no_mail; /* there is no mail server: who should know of a failure is told here only */
};

/* ---- the form ---- */

struct event_choice {
    struct str type;
    const char *label;
    bool on;
};
struct integration_stage {
    int64_t id;
    struct str name;
    bool on, final;
};
struct integration_board {
    int64_t board;
    struct str name;
    bool own;  /* only its owner sees the board */
    bool open; /* its stages are shown */
    int64_t n_on;
    const struct integration_stage *stages;
    size_t n_stages;
};
struct map_option {
    struct str value; /* "company:industry" */
    const char *label;
    bool on;
};
struct map_line {
    int64_t number, index;
    const struct map_option *companies, *people;
    size_t n_companies, n_people;
    struct str theirs;
    struct str wrong;
};
struct remote_field {
    struct str key, label;
};
struct integration_edit_view {
    struct page page;
    int64_t id; /* 0: new */
    enum integration_kind kind;
    const char *kind_name, *kind_word;
    bool crm, has_secret;
    struct str wrong;
    struct str name, name_wrong;
    struct str url, url_wrong;
    struct str secret_hint, secret_wrong;
    struct str tokens, tokens_wrong, pipeline, pipeline_wrong, stage, stage_wrong, version,
        version_wrong, map_wrong;
    const struct event_choice *events;
    size_t n_events;
    struct str events_wrong;
    const struct integration_board *boards;
    size_t n_boards;
    int64_t lost_stages; /* chosen ones that are gone */
    bool persons, activity;
    int64_t make;
    const struct map_line *map;
    size_t n_map;
    const struct remote_field *remote; /* fields a test found there */
    size_t n_remote;
};

/* The page that shows a signing secret, once. */
struct integration_secret_view {
    struct page page;
    int64_t id;
    struct str name, secret;
    bool rotated;
};

/* ---- the log ---- */

struct delivery_row {
    int64_t id, at, due_at; /* due_at 0: it does not wait */
    struct str what, title, url, error, note;
    struct standing standing;
    int64_t attempts;
};
struct log_tab {
    struct str url, label;
    int64_t n;
    bool current, many;
};
struct integration_view {
    struct page page;
    int64_t id;
    const char *kind_name;
    struct str name, maker, address, secret_hint, remote_name;
    struct standing standing;
    bool enabled, stopped, crm, webhook, rotating;
    int64_t last_ok_at, created_at, waiting, given_up, budget_used, tokens;
    bool many_waiting;
    struct str told; /* "A card is moved to another stage; in 2 stages" */
    const struct log_tab *tabs;
    size_t n_tabs;
    const struct delivery_row *list;
    size_t n_list;
    struct str more; /* address of the next page; empty: there is none */
    struct str filter;
};

struct attempt_view {
    int64_t at, took_ms, status; /* status 0: no answer */
    struct str what;             /* empty: the delivery itself */
    const char *tone;
    struct str label, request, answer, error;
};
struct delivery_view {
    struct page page;
    int64_t integration, id;
    struct str integration_name, uid, type, what, title, url, body, by, error, note;
    const char *kind_name;
    struct standing standing;
    bool waits, may_replay, crm;
    int64_t at, due_at, done_at, attempts_n;
    const struct attempt_view *attempts;
    size_t n_attempts;
};

/* ---- mail ---- */

struct mail_row {
    int64_t id, created_at, done_at;
    struct str to, subject, error;
    struct standing standing;
};
struct mails_view {
    struct page page;
    bool has_server, has_password;
    struct str wrong;
    struct str host, host_wrong, port, port_wrong, user, user_wrong, from, from_wrong,
        from_name, from_name_wrong, password_wrong, security_wrong;
    int64_t security;
    struct standing standing;
    int64_t last_ok_at;
    struct str test_to;
    const struct log_tab *tabs;
    size_t n_tabs;
    const struct mail_row *list;
    size_t n_list;
    struct str more, filter;
};
struct mail_view {
    struct page page;
    int64_t id, created_at, done_at;
    struct str to, subject, body, error, uid;
    struct standing standing;
    bool may_send, has_server;
};

#endif
