/*
 * segments.h - the views of segments: the list, and the form in which one is built.
 */
#ifndef LEADBOARD_VIEWS_SEGMENTS_H
#define LEADBOARD_VIEWS_SEGMENTS_H

#include "fcgi/views/page.h"

struct segment_row {
    int64_t id;
    struct str name, sentence;
    bool is_private;
    int64_t boards, updated_at;
};
struct segments_view {
    struct page page;
    const struct segment_row *segments;
    size_t n_segments;
};

struct segment_choice {
    const char *value, *label;
    bool chosen;
};
struct segment_condition {
    size_t index, number; /* in the whole form, from 0; in the group, from 1 */
    size_t group;
    const struct segment_choice *fields;
    size_t n_fields;
    const struct segment_choice *ops;
    size_t n_ops;
    struct str value;
    struct str wrong;
};
struct segment_group {
    size_t index, number;
    bool any;
    const struct segment_condition *conditions;
    size_t n_conditions;
};
struct segment_view {
    struct page page;
    int64_t id; /* 0: new */
    struct str wrong;
    struct str name, name_wrong;
    bool shared, any;
    bool has_groups; /* more than one: how they combine is asked */
    const struct segment_group *groups;
    size_t n_groups;
    bool is_stored;
    int64_t matches; /* how many companies match now; only where is_stored */
    bool many;       /* matches is where counting stopped */
    int64_t boards;
};

#endif
