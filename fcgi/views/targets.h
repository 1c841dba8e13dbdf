/*
 * targets.h - views of conversion targets: the list with the form for a new one, and the page
 * of one. Filled by handlers/targets.c.
 */
#ifndef LEADBOARD_VIEWS_TARGETS_H
#define LEADBOARD_VIEWS_TARGETS_H

#include "fcgi/views/page.h"
#include "fcgi/views/use.h"

struct target_row {
    int64_t id;
    struct str name, pages;       /* pages: "/thank-you*, /demo/booked" */
    bool counting;                /* older sessions are still looked through */
    int64_t leads, hits, last_at; /* last_at 0: nobody reached it */
};

/* What was typed, and what is wrong with it. */
struct target_fields {
    struct str wrong, name, name_wrong, pages, pages_wrong;
};

struct targets_view {
    struct page page;
    struct str csrf;
    const struct target_row *targets;
    size_t n_targets;
    int64_t left; /* how many more there may be */
    bool counting;
    struct target_fields fields;
};

struct target_view {
    struct page page;
    struct str csrf;
    struct target_row target;
    bool in_formula; /* a rule of the leadscore asks for it */
    const struct use_view *uses;
    size_t n_uses;
    struct target_fields fields;
};

/* What a lead reached. */
struct target_reached_view {
    struct str name, url;
    int64_t n, last_at;
};

#endif
