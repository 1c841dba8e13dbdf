/*
 * filter.h - view of how a board is looked at: the form of filters, the bar that says which are
 * on, the menu of views. Filled by filter_draw.c.
 */
#ifndef LEADBOARD_VIEWS_FILTER_H
#define LEADBOARD_VIEWS_FILTER_H

#include "fcgi/board_filter.h"
#include "fcgi/views/page.h"

/* One of several that a list or a menu offers; value: of a field, or an address. */
struct filter_option {
    struct str value, name;
    bool current;
};

/* A tag that cards must have, or must not. */
struct filter_tag {
    int64_t id;
    struct str name;
    bool with, without;
};

/* A saved view in the menu. */
struct filter_saved {
    struct str href, name;
    bool current, shared;
    struct str owner; /* when it is somebody else's */
};

/* The saved view in use. */
struct filter_current {
    int64_t id; /* 0: none */
    struct str name;
    bool shared, mine, changed; /* changed: what is shown is not what was saved */
    bool may_delete;
};

struct filter_view {
    int64_t board;
    struct str csrf, query; /* as board_filter_query makes it */
    int64_t n_on;           /* conditions and order that are on */
    bool filtered;          /* not all cards pass */
    bool nothing;           /* and none does */
    struct str found;       /* "12 cards", "500+ cards" */
    const struct filter_chip *chips;
    size_t n_chips;
    /* The form. */
    struct str text, from, to, min, max, lanes;
    const struct filter_tag *tags;
    size_t n_tags;
    const struct filter_option *owners, *dates, *days, *orders;
    size_t n_owners, n_dates, n_days, n_orders;
    /* The menu of views. */
    const struct filter_option *lane_links;
    size_t n_lane_links;
    const struct filter_saved *saved;
    size_t n_saved;
    struct filter_current view;
};

/* The page of one saved view. */
struct view_edit_view {
    struct page page;
    struct str csrf, name, wrong;
    int64_t board, id;
    bool shared, mine, may_delete;
};

#endif
