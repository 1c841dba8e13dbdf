/*
 * views.h - the views of the golden templates.
 */
#ifndef LEADBOARD_GOLDEN_VIEWS_H
#define LEADBOARD_GOLDEN_VIEWS_H

#include "shared/html.h"

enum golden_kind { GOLDEN_HOT = 1, GOLDEN_COLD };

struct golden_tag {
    struct str name;
    int32_t count;
};

struct golden_values {
    struct str text, url, hostile, empty;
    const char *word;
    struct html markup;
    int64_t big;
    uint64_t huge;
    int16_t small;
    int64_t never;
};

struct golden_card {
    struct str name;
    enum golden_kind kind;
    bool done;
    const struct golden_tag *tags;
    size_t n_tags;
};

struct golden_page {
    struct str title;
    struct str csrf;
};

struct golden_list {
    struct golden_page page;
    struct str csrf;
    const struct golden_card *first;
    struct golden_card cards[3];
    size_t n_cards;
    const struct str *words;
    size_t n_words;
    int64_t chosen;
    bool busy;
};

#endif
