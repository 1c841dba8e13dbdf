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

struct found_fact {
    const char *label;
    struct str value, url;
    bool wide;
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
    const char *name_from; /* where the name that is proposed comes from */
    const struct found_fact *facts;
    size_t n_facts;
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
