/*
 * tags.h - views of tags: the editor in the panel and on the lead's page, what script offers to
 * choose from, the pages of Settings. Filled by fcgi/tag_edit.c and handlers/tags.c,
 * tag_settings.c.
 */
#ifndef LEADBOARD_VIEWS_TAGS_H
#define LEADBOARD_VIEWS_TAGS_H

#include "fcgi/views/page.h"

/* A tag, and where it comes from. */
struct tag_chip {
    int64_t id, at;
    struct str name;
    struct str by;    /* "Ann", "an automation", "an import" */
    struct str title; /* "Ann, 3 d ago" */
    int64_t account;  /* a lead's tag that its company gives it; 0: its own */
    struct str account_name;
    int64_t operation; /* that put it on more than this; 0: none */
    int64_t ideal;     /* version of the ideal customer profile that put it on; 0: none did */
};

/* templates/tags-edit.html: one account's or lead's tags, with what changes them. */
struct tags_edit_view {
    struct str csrf, back;
    const char *of; /* "accounts" or "leads": the address is /{of}/{id}/tags */
    int64_t id;
    struct str title; /* of the account or lead */
    const struct tag_chip *chips;
    size_t n_chips;
    const struct str *others; /* names of tags it does not have */
    size_t n_others;
    struct str typed, wrong; /* after a mistake */
    struct str said;         /* what was just done ... */
    int64_t operation;       /* ... and can be undone */
};

/* templates/tag-choices.html */
struct tag_choice {
    int64_t id, on;
    struct str name;
};
struct tag_choices_view {
    const struct tag_choice *tags;
    size_t n_tags;
};

/* templates/tags.html, tag.html */
struct tag_row {
    int64_t id, accounts, leads, cards;
    struct str name;
};
struct tags_view {
    struct page page;
    const struct tag_row *tags;
    size_t n_tags;
    int64_t left; /* how many more there can be */
    struct str typed, wrong;
};
struct tag_segment {
    int64_t id;
    struct str name;
};
struct tag_view {
    struct page page;
    struct tag_row tag;
    struct str name, name_wrong;
    const struct tag_segment *segments; /* that ask for it, of those the user may see */
    size_t n_segments;
    int64_t other_segments;
};

#endif
