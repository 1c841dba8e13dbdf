/*
 * score_part.h - view of one part of a leadscore: the rule, what it brought, and what for.
 * Filled by fcgi/score_draw.c.
 */
#ifndef LEADBOARD_VIEWS_SCORE_PART_H
#define LEADBOARD_VIEWS_SCORE_PART_H

#include "shared/str.h"

struct score_part_view {
    struct str name;   /* "email", "industry is Publishing" */
    struct str words;  /* the whole rule, where that says more than the name; else empty */
    int64_t value, most, percent; /* most: with the rule's sign; percent of it */
    bool negative;
    struct str earned; /* what for: "jane@acme.example", "3 views, the last"; may be empty */
    struct str url;    /* where it can be seen; empty: nowhere */
    bool outside;      /* url is not on this site */
    int64_t at;        /* when it happened; 0: not at one time */
};

#endif
