/*
 * tracking.h - the views of the tracking pages: the site, mails, other trackers, servers.
 */
#ifndef LEADBOARD_VIEWS_TRACKING_H
#define LEADBOARD_VIEWS_TRACKING_H

#include "fcgi/views/page.h"

/* Which of the pages it is. */
enum tracking_tab { TRACKING_SITE, TRACKING_MAIL, TRACKING_OTHERS, TRACKING_SERVERS };

/* What each of them knows of the dataset. */
struct tracking_base {
    enum tracking_tab tab;
    int64_t dataset;
    struct str name, public_id;
    struct str origin; /* "https://leadboard.example" */
    struct str host;   /* "leadboard.example" */
    int64_t site_number;
    bool may_manage;
};

struct tracking_event {
    int64_t at;
    const char *type;
    struct str what; /* title, URL or name */
};
struct tracking_refusal {
    const char *reason, *hint;
    int64_t count;
};

struct tracking_view {
    struct page page;
    struct tracking_base base;
    struct str snippet;
    bool mask_ip, honour_privacy_signals, cookieless, form_tracking, any_host;
    int64_t retention_days;
    const struct tracking_event *events;
    size_t n_events;
    const struct tracking_refusal *refusals;
    size_t n_refusals;
};

struct tracking_tool {
    struct str id, name;
    bool chosen;
};

struct tracking_mail_view {
    struct page page;
    struct tracking_base base;
    const struct tracking_tool *tools;
    size_t n_tools;
    struct str target, target_wrong; /* the page that the link leads to */
    struct str campaign;
    struct str from, from_wrong;
    struct str tool, tool_email, tool_first_name, tool_last_name, tool_company;
    const char *how;
    struct str pixel, link; /* empty where something is wrong */
};

struct tracking_alias {
    struct str alias;
    int64_t created_at;
};

struct tracking_others_view {
    struct page page;
    struct tracking_base base;
    const struct tracking_alias *aliases;
    size_t n_aliases;
    struct str alias, alias_wrong;
};

struct tracking_key {
    int64_t id;
    struct str name, ending, user;
    int64_t created_at;
    int64_t revoked_at; /* 0: it is good */
};

struct tracking_servers_view {
    struct page page;
    struct tracking_base base;
    const struct tracking_key *keys;
    size_t n_keys;
    struct str name, name_wrong;
    struct str fresh, fresh_name; /* the key that was just made: shown this once */
};

#endif
