/*
 * filter_builder.h - the view of a form in which a filter is built (fcgi/filter_form.h): rows
 * in the order in which they are drawn, each as deep as its groups.
 */
#ifndef LEADBOARD_VIEWS_FILTER_BUILDER_H
#define LEADBOARD_VIEWS_FILTER_BUILDER_H

#include "shared/str.h"

#include <stddef.h>

struct builder_option {
    struct str value, label;
    bool chosen;
};
/* Options under a heading. */
struct builder_topic {
    struct str label;
    const struct builder_option *options;
    size_t n_options;
};

/* BUILDER_END: behind the last row of a group, with its buttons. */
enum builder_kind { BUILDER_GROUP, BUILDER_IF, BUILDER_END };

struct builder_row {
    enum builder_kind kind;
    int64_t index, parent, depth;
    struct str number; /* "2.1"; of the first group empty */
    struct str joint;  /* "and", "or": how it goes with the row before */
    struct str wrong;
    bool fresh;

    /* A group; is_event: of one event, which says how often and when, and has no groups;
     * is_any: which says how many conditions are enough. */
    const struct builder_option *matches;
    size_t n_matches;
    bool is_event, is_any, may_nest;

    /* A condition. */
    const struct builder_topic *topics; /* of fields */
    size_t n_topics;
    bool has_field; /* one is chosen: the rest is asked */
    const struct builder_option *ops;
    size_t n_ops;
    struct str key, value, times, days;
    bool asks_key, asks_value, asks_picks, asks_times, asks_days;
    struct str placeholder, days_label, days_after;
    const struct builder_topic *lists; /* to pick from */
    size_t n_lists;
    struct str picked; /* what is, in words */
};

struct builder {
    const struct builder_row *rows;
    size_t n_rows;
    struct str action; /* where the form is sent */
    bool full;         /* no row fits any more */
};

#endif
