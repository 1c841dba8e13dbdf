/*
 * traffic.h - the pages on traffic: kinds of networks, what the team says, what does not count.
 * Filled by fcgi/handlers/traffic.c.
 */
#ifndef LEADBOARD_VIEWS_TRAFFIC_H
#define LEADBOARD_VIEWS_TRAFFIC_H

#include "fcgi/views/page.h"

struct traffic_choice {
    const char *value, *label;
    bool current;
};

struct traffic_network_row {
    int64_t network, sessions, visitors, left_out, last_at;
    struct str owner;
    const char *verdict, *why;
    bool said; /* by the team */
    struct str csrf;
    const struct traffic_choice *choices;
    size_t n_choices;
};

struct traffic_said_row {
    int64_t id, at;
    struct str label, by, url, csrf; /* url: the session, where it is one */
    const char *verdict;
};

struct traffic_session_row {
    struct str url, about; /* about: "Germany · Hetzner Online GmbH" */
    struct str landing;
    int64_t at, events;
    const char *verdict, *why;
};

struct traffic_view {
    struct page page;
    struct str csrf;
    const struct traffic_choice *kinds; /* of the filter; value: the query */
    size_t n_kinds;
    const struct traffic_network_row *networks;
    size_t n_networks;
    const struct traffic_said_row *said;
    size_t n_said;
    struct str here;      /* what the team said of this place; empty: nothing */
    bool has_place;       /* the address the page was asked from is one */
    bool may_name, names; /* may switch look-ups of addresses' names; they are on */
    int64_t named;        /* of the latest sessions, those whose address told a company */
    /* Of the latest job: how far it is. total 0: not begun. */
    bool running;
    int64_t done, total;
};

/* Sessions that do not count. */
struct traffic_left_view {
    struct page page;
    const struct traffic_session_row *rows;
    size_t n_rows;
    int64_t before; /* of the next page; 0: there are no more */
};

struct traffic_session_view {
    struct page page;
    struct str csrf, visitor, back, back_name;
    int64_t at, started_at, events, lead, network, place;
    struct str length, landing, owner, where, company;
    const char *verdict, *why;
    bool counts;
    const struct traffic_choice *choices;
    size_t n_choices;
};

#endif
