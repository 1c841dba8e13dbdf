/*
 * score.h - views of the leadscore's settings: the formula as a form or in words, what it would
 * change, its versions. Filled by handlers/score*.c.
 */
#ifndef LEADBOARD_VIEWS_SCORE_H
#define LEADBOARD_VIEWS_SCORE_H

#include "fcgi/views/chart.h"
#include "fcgi/views/page.h"
#include "fcgi/views/score_part.h"
#include "shared/score_rule.h"

struct score_choice {
    struct str value, label;
    bool chosen;
};

/* A rule as a row of the form. */
struct score_rule_view {
    size_t index, number; /* from 0; from 1 */
    bool first, last;
    int64_t kind; /* enum score_rule_kind */
    const char *kind_name, *title;
    struct str key, property, value, from, to, points, most, wrong;
    const struct score_choice *fields, *ops;
    size_t n_fields, n_ops;
};

/* A rule in words. */
struct score_words_view {
    struct str words, worth;
};

struct score_version_view {
    int64_t version, at; /* version 0: the default */
    struct str user;
    bool current;
};

/* What somebody waits for. */
struct score_progress_view {
    bool running;
    int64_t done, total, bar_max;
    struct str message; /* why it failed */
};

struct score_view {
    struct page page;
    struct str csrf, wrong;
    int64_t version, at; /* in force; 0: the default */
    struct str user;
    struct score_progress_view progress; /* of scoring anew */
    int64_t draft, draft_at;             /* tried and not saved; 0: none */
    int64_t from; /* the rules in the form are of this version; -1: as typed */
    const struct score_rule_view *rules;
    size_t n_rules;
    bool full; /* no room for another rule */
    const struct score_words_view
        *words; /* the formula in force, for those who may not change it */
    size_t n_words;
    const struct score_choice *kinds, *presets;
    size_t n_kinds, n_presets;
    const struct str *properties; /* names of custom properties that leads have */
    size_t n_properties;
    const struct score_version_view *versions;
    size_t n_versions;
};

struct score_version_page_view {
    struct page page;
    struct score_version_view version;
    const struct score_words_view *words;
    size_t n_words;
};

/* ---- the preview ---- */

struct score_mover_view {
    int64_t lead, was, is, was_rank, is_rank;
    struct str name, company;
    bool enters;
    const struct score_part_view *parts; /* those that would bring something */
    size_t n_parts;
};

struct score_band_view {
    struct str label; /* "0–9" */
    int64_t before, after;
    int64_t x, before_y, before_height, after_x, after_y, after_height;
};

struct score_preview_view {
    struct page page;
    struct str csrf;
    int64_t draft, saved; /* saved: the version that it became; 0: none */
    struct score_progress_view progress;
    bool ready, cancelled;
    int64_t leads, changed, entering, leaving;
    const struct score_mover_view *top, *left, *rises, *falls;
    size_t n_top, n_left, n_rises, n_falls;
    const struct score_band_view *bands;
    size_t n_bands;
    struct str about; /* the chart in a sentence */
    const struct score_words_view *words;
    size_t n_words;
};

#endif
