/*
 * lead.h - the view of one lead with everything that is known of it: a page of its own, or in
 * the drawer over a board. Filled by fcgi/lead_draw.c and fcgi/handlers/lead.c.
 */
#ifndef LEADBOARD_VIEWS_LEAD_H
#define LEADBOARD_VIEWS_LEAD_H

#include "fcgi/views/chart.h"
#include "fcgi/views/panel.h"
#include "fcgi/views/people_work.h"
#include "fcgi/views/score_part.h"
#include "fcgi/views/targets.h"
#include "shared/device.h"

/* How somebody came: the first time and the last. */
struct touch_view {
    const char *name;
    struct str first, last;
    struct str first_url, last_url; /* where they are addresses; empty: not a link */
};

/* One browser that a lead was seen with. */
struct browser_view {
    struct str name;  /* "Chrome 153 on Windows 10 or 11" */
    struct str about; /* "Samsung SM-S911B · 1440 × 900 · en-GB" */
    int64_t kind;     /* enum device_kind */
    int64_t last_at;
};

/* Sessions on the lead's browsers that do not count. */
struct left_out_view {
    int64_t n;
    const char *verdict, *why;
    struct str url; /* of the latest */
};

struct lead_page_view {
    struct page page;
    bool whole; /* a page of its own: its title is the page's */
    struct lead_view lead;
    struct tags_edit_view tags;
    struct people_menu menu;
    bool hidden; /* from lists and boards */
    struct str job, phone;
    int64_t account; /* 0: of no company */
    struct str account_name, account_logo, account_initials;
    int64_t account_hue;
    struct str back, back_name; /* the card it was opened from; empty: none */

    const struct score_part_view *parts;
    size_t n_parts;
    const struct score_part_view *none; /* rules that brought nothing and are folded away */
    size_t n_none;
    int64_t count_none;
    int64_t score_version; /* of the formula; 0: the default */
    bool score_full;       /* more would not count */
    struct score_chart scores;

    const struct target_reached_view *reached; /* conversion targets */
    size_t n_reached;
    int64_t pageviews, forms, visitors, first_at;
    struct str frequency; /* "about every 3 days"; empty: came once */
    struct activity_chart activity;

    const struct touch_view *touches;
    size_t n_touches;
    const struct fact_view *facts; /* the profile: what forms and calls told */
    size_t n_facts;
    const struct left_out_view *left_out;
    size_t n_left_out;
    const struct browser_view *browsers;
    size_t n_browsers;
    const struct panel_card *cards;
    size_t n_cards;
    struct panel_view notes;
};

#endif
