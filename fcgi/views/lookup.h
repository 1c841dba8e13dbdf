/*
 * lookup.h - views of adding a card by hand: templates/card-add.html, card-add-found.html.
 */
#ifndef LEADBOARD_VIEWS_LOOKUP_H
#define LEADBOARD_VIEWS_LOOKUP_H

#include "fcgi/views/page.h"

struct card_add_view {
    struct page page;
    int64_t board;
    struct str board_name, typed, wrong;
    int64_t card; /* that is there already */
    struct str card_name, stage;
};

/* What a provider says of a field that another one's word counts for. */
struct found_other {
    struct str value, source;
};

/* A field: what counts, where it comes from, and its input. */
struct found_fact {
    struct str field;
    const char *label;
    struct str value, url; /* as found; url: empty when it is no link */
    struct str typed, wrong;
    struct str source;
    int64_t at;
    bool lines, wide;
    const struct found_other *others;
    size_t n_others;
};

/* A provider, and how far it is. */
struct found_provider {
    struct str name, message;
    bool asking, knows, failed;
    int64_t facts;
};

struct found_view {
    struct page page;
    struct str csrf;
    int64_t board, id;
    struct str board_name;
    struct str domain, email; /* domain empty: a person */
    bool running, has_icon;
    struct str message; /* why nothing was found */
    struct str initials;
    int64_t hue;
    struct str name, name_wrong;
    struct str name_from;            /* where the name that is proposed comes from */
    const struct found_other *names; /* that others say */
    size_t n_names;
    const struct found_fact *facts;
    size_t n_facts;
    int64_t fields_found;             /* the name among them */
    const struct found_fact *unknown; /* fields that nobody says anything of */
    size_t n_unknown;
    bool unknown_open; /* something was typed into one of them */
    const struct found_provider *providers;
    size_t n_providers;
    int64_t answered;                  /* of the providers */
    int64_t account, leads, new_leads; /* known already; leads that become the company's */
    struct str account_name;           /* of a person */
    bool knows_lead;
    int64_t card; /* that is there already, or that it became */
    struct str stage;
    bool hidden, excluded;
    struct str excluded_by;
    int64_t excluded_at;
};

#endif
