/*
 * details.h - the tab Details of an account: each field with where it comes from, and its form.
 */
#ifndef LEADBOARD_VIEWS_DETAILS_H
#define LEADBOARD_VIEWS_DETAILS_H

#include "shared/str.h"

/* A piece of a value: one entry of a list, or the whole. */
struct detail_entry {
    struct str text, url; /* url: empty when it is not a link */
};

/* What a source says of a field. */
struct detail_source {
    struct str value, says, by; /* says: "acme.example's site"; by: who typed it */
    struct str of;              /* a company that was merged into this one */
    int64_t at;
};

struct detail_view {
    struct str field; /* "legal_type" */
    const char *label;
    const struct detail_entry *entries; /* none: nothing is known */
    size_t n_entries;
    bool wide, tags, hand;       /* tags: short entries side by side; hand: typed by a person */
    struct detail_source source; /* of the value that counts; says is empty when unknown */
    const struct detail_source *others;
    size_t n_others;

    bool editing, saved; /* its form is open; it was saved just now */
    bool lines, list;    /* typed into several lines; one entry a line */
    int64_t max;         /* characters that may be typed */
    const char *input;   /* type of the input */
    struct str typed, wrong, csrf, action, base;
};

/* A picture that a source gives, and what can be done with it. */
struct logo_choice {
    struct str source, url, says, by;
    int64_t at;
    bool counts, hand;
    struct str csrf, action, base; /* of the form that chooses it */
};

/* What is not a plain field: which domain finds the company, and its logo. */
struct identity_view {
    struct str csrf, base, action; /* action: "/accounts/12" */
    bool domain_open, logo_open;   /* its form is open */
    struct str domain, domain_typed, domain_wrong;
    struct str logo_typed, logo_wrong;
    const struct logo_choice *logos;
    size_t n_logos;
    bool hand; /* the logo was chosen by a person */
};

#endif
