/*
 * ideal.h - view of Settings > Ideal customer: the profile in force, the form, its versions.
 * Filled by handlers/ideal.c.
 */
#ifndef LEADBOARD_VIEWS_IDEAL_H
#define LEADBOARD_VIEWS_IDEAL_H

#include "fcgi/views/page.h"
#include "fcgi/views/score.h"

struct ideal_condition_view {
    size_t index, number; /* from 0; from 1 */
    struct str property, value, wrong;
    const struct score_choice *fields, *ops;
    size_t n_fields, n_ops;
};

struct ideal_version_view {
    int64_t version, at;
    struct str sentence, tag, user; /* tag empty: none was put on, or it is deleted */
    bool current;
};

struct ideal_company_view {
    int64_t id;
    struct str name;
    bool more; /* another one follows */
};

/* How many match what the form says; replaces itself while it is filled in. */
struct ideal_matches_view {
    bool counted;
    int64_t n, companies;
    struct str wrong; /* why there is no number */
    const struct ideal_company_view *some;
    size_t n_some;
};

struct ideal_view {
    struct page page;
    struct str csrf, wrong;
    struct ideal_version_view now; /* in force; version 0: there is none */
    int64_t tagged, by_ideal, declined;
    struct score_progress_view progress;
    struct str match, least, tag, tag_wrong;
    bool all, any, at_least;
    const struct ideal_condition_view *conditions;
    size_t n_conditions;
    bool full;
    struct ideal_matches_view matches;
    const struct str *properties, *tags; /* names, to choose from */
    size_t n_properties, n_tags;
    const struct ideal_version_view *versions;
    size_t n_versions;
};

#endif
