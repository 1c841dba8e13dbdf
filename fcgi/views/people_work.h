/*
 * people_work.h - views of putting companies and people right by hand: the menu on their pages
 * (people-menu.html), linking, merging, hiding. Filled by fcgi/handlers/people.c and hiding.c.
 */
#ifndef LEADBOARD_VIEWS_PEOPLE_WORK_H
#define LEADBOARD_VIEWS_PEOPLE_WORK_H

#include "fcgi/views/page.h"

/* A CRM that it can be handed over to. */
struct menu_crm {
    int64_t id, account, lead, card; /* card 0: not on one */
    struct str name, csrf, back;
};
struct push_said_view {
    struct str name;
    bool stopped;
};

/* What the "More" menu offers: of a company or of a lead, the other one is 0. */
struct people_menu {
    int64_t account, lead;
    bool has_account; /* the lead belongs to a company */
    const struct menu_crm *crms;
    size_t n_crms;
};

/* A company or a lead, as one side of what is about to be done. */
struct people_side {
    int64_t id;
    struct str name, about, initials; /* about: its domain, or address and company */
    int64_t hue, leads, contacts, sessions, cards, notes, last_at;
    bool account; /* a company */
    bool stays;   /* the one that the other becomes part of */
};

struct people_found {
    int64_t id;
    bool chosen;
    struct str name, about;
};

/* The page of a merge, a link or an unlinking. Without `from.id`: still looking for it. */
struct people_view {
    struct page page;
    struct str action, back; /* where the form goes, where Cancel leads */
    struct str verb;         /* "Merge", "Link" */
    struct str look_for;     /* "Company to merge with" */
    struct str hint, q, wrong;
    bool searched, chosen, may_swap;
    int64_t with, stays;
    const struct people_found *found;
    size_t n_found;
    const struct people_side *sides;
    size_t n_sides;
    const struct str *effects; /* what will happen */
    size_t n_effects;
};

struct hide_view {
    struct page page;
    struct str action, back, name, wrong, domain;
    bool account;
};

struct hidden_row {
    int64_t id, at;
    struct str label, url, by;
    const char *what;
};

struct hidden_view {
    struct page page;
    struct str csrf, typed, wrong;
    const struct hidden_row *rows;
    size_t n_rows;
    int64_t before; /* of the next page; 0: there are no more */
    bool by_name;
};

#endif
