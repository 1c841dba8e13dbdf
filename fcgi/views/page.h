/*
 * page.h - what every page shows around its content: templates/layout.html draws it, page.c
 * fills it from the session. A page's own struct has a `struct page page` member.
 */
#ifndef LEADBOARD_VIEWS_PAGE_H
#define LEADBOARD_VIEWS_PAGE_H

#include "shared/str.h"

/* Which entry of the navigation is marked as the current one. */
enum page_nav {
    NAV_NONE,
    NAV_BOARDS,
    NAV_MENTIONS,
    NAV_LEADS,
    NAV_SEGMENTS,
    NAV_AUTOMATIONS,
    NAV_REPORTS,
    NAV_JOBS,
    NAV_TRACKING,
    NAV_INTEGRATIONS,
    NAV_SETTINGS,
    NAV_PROFILE
};

/* Which tab of the settings. */
enum settings_tab {
    SETTINGS_NONE,
    SETTINGS_DATASETS,
    SETTINGS_SCORE,
    SETTINGS_TARGETS,
    SETTINGS_IDEAL,
    SETTINGS_TAGS,
    SETTINGS_ENRICHMENT,
    SETTINGS_HIDDEN,
    SETTINGS_TRAFFIC,
    SETTINGS_MAIL
};

struct page_dataset {
    int64_t id;
    struct str name;
    bool current;
};

struct page {
    struct str title;  /* of the page; " · LeadBoard" is added by the layout */
    enum page_nav nav; /* current entry */
    enum settings_tab tab;

    bool signed_in;   /* false: no navigation, only the content in the middle */
    bool may_manage;  /* role admin or owner: datasets and settings are offered */
    bool has_dataset; /* a dataset is in use */
    struct str workspace;
    struct str user_name;
    struct str user_initials;
    struct str dataset_name;
    const struct page_dataset *datasets; /* for the switch: those the user may see */
    size_t n_datasets;
    int64_t mentions; /* notes that mention the user, unread */
    int64_t stopped;  /* integrations that LeadBoard has stopped */
    int64_t troubled; /* automations that cannot be applied */

    struct str csrf;  /* forgery token of this session, for every POST form */
    struct str here;  /* path and query of this page: the dataset switch comes back to it */
    struct str flash; /* a sentence about what was just done, or empty */
    bool flash_bad;   /* it is about a failure */

    struct str live;       /* address of the event stream this page listens to, or empty */
    int64_t refresh_s;     /* the page reloads itself after so many seconds; 0 = never */
    struct str request_id; /* for error pages */
};

#endif
