/*
 * panel.h - views of one account or lead: the panel over the board, the pages of their own.
 * Filled by fcgi/panel_draw.c and the handlers cards.c, accounts.c, notes.c.
 */
#ifndef LEADBOARD_VIEWS_PANEL_H
#define LEADBOARD_VIEWS_PANEL_H

#include "fcgi/history.h"
#include "fcgi/views/board.h"
#include "fcgi/views/details.h"
#include "fcgi/views/notes.h"
#include "fcgi/views/people_work.h"
#include "fcgi/views/score_part.h"
#include "fcgi/views/tags.h"

enum panel_tab { TAB_ACTIVITY, TAB_DETAILS, TAB_NOTES, TAB_HISTORY };
/* Which leads of an account are listed; numbers as in account_leads. */
enum panel_who { WHO_ALL, WHO_CONTACTS, WHO_ANONYMOUS, WHO_HIDDEN };

/* One line of a clickstream. */
struct event_view {
    struct str at, clock; /* RFC 3339; hour and minute in UTC, which script makes local */
    const char *kind;     /* "Page", "Form" ... */
    struct str what;      /* title, name ... */
    struct str url;       /* only http and https; empty: not a link */
    struct str sub;       /* path, properties ... */
    struct str whole;     /* everything, where it was shortened */
    struct str side;      /* time on the page */
    struct str target;    /* the conversion target that it reached; empty: none */
    bool team;            /* not what the lead did, but what was done about it */
};

struct utm_view {
    const char *name; /* "campaign" */
    struct str value;
};

/* A session, or a group of what happened between two. */
struct session_view {
    int64_t started_at;
    struct str at, heading; /* RFC 3339; day and time in UTC, which script makes local */
    bool recent;            /* so that "2 h ago" says something */
    bool between;           /* no session */
    struct str length;      /* "6 min" */
    const char *channel;
    struct str from; /* source or referrer */
    const struct utm_view *utm;
    size_t n_utm;
    const struct event_view *events;
    size_t n_events;
    int64_t cut; /* events that are too many to show */
    /* Where it came from: "DE · Siemens AG", "company", why, and the page that tells; empty: not
     * known. */
    struct str about, traffic_url;
    const char *verdict, *why;
};

struct sessions_view {
    int64_t lead;
    const struct session_view *list;
    size_t n_list;
    int64_t before; /* of the next page; 0: there are no more */
};

struct lead_view {
    int64_t id;
    struct str name, email, about; /* about: what is told under the name */
    struct str initials;
    int64_t hue, score, sessions, events, last_at;
    bool hot, anonymous, open;
    const char *channel;
    struct str source, base;
    int64_t board, card; /* that it is shown on; 0: none */
    const struct str *tags;
    size_t n_tags;
    const struct str *given; /* tags that its account has and it does not */
    size_t n_given;
    struct sessions_view shown; /* when it is open */
};

/* A value and where it comes from. */
struct fact_view {
    struct str name, value, url, source, by;
    int64_t at;
    bool wide;
};

struct history_view {
    int64_t id, at;
    struct history_sentence sentence;
    /* Undoing what did it, or restoring the note that it deleted; both 0: neither. */
    int64_t operation, note;
    int64_t n; /* how many cards the operation changed */
    bool many;
    int64_t undone_at; /* 0: it was not */
    struct str undone_by, csrf, back;
};

/* Somebody who can own the card, or a stage it can move to. */
struct panel_choice {
    int64_t id;
    struct str name, initials;
    int64_t hue;
    bool current;
};

struct panel_card {
    int64_t board, card;
    struct str board_name, stage;
};

struct panel_view {
    struct page page;
    struct str csrf;
    bool whole;      /* a page of its own: its title is the page's */
    struct str base; /* its address */
    int64_t tab;     /* enum panel_tab */

    int64_t board, card, account, lead; /* 0: not of this kind */
    struct str board_name, stage, title, domain, about, logo, initials;
    int64_t hue, score;
    bool hot;
    const struct score_part_view *score_parts; /* those that brought something */
    size_t n_score_parts;
    int64_t score_version; /* of the formula; 0: the default */
    struct str score_who; /* of a company: whose score it is */
    int64_t score_lead;
    struct history_sentence why; /* no pieces: not known */
    int64_t why_id, why_at;      /* the row of the history, and its time */
    int64_t stage_id, owner;     /* owner 0: nobody */
    struct str owner_name, owner_initials;
    int64_t owner_hue;
    const struct panel_choice *stages;
    size_t n_stages;
    const struct panel_choice *members; /* those who may own it */
    size_t n_members;
    struct people_menu menu;
    struct did_view did; /* what was done a moment ago */
    struct str here;     /* address of this tab: forms come back to it */
    int64_t n_notes;
    struct tags_edit_view tags;
    const struct panel_card *cards; /* of an account, on all boards */
    size_t n_cards;

    /* Activity */
    struct str first_channel, first_landing;
    int64_t first_at;
    int64_t n_hidden; /* leads that are hidden */
    int64_t who; /* enum panel_who */
    bool by_score;
    int64_t n_all, n_contacts, n_anonymous; /* leads of the account */
    const struct lead_view *leads;
    size_t n_leads;
    struct str more_leads; /* place of the last one; empty: there are no more */
    /* Details */
    const struct detail_view *details;
    size_t n_details;
    const struct detail_view *unknown; /* fields that nothing is known of */
    size_t n_unknown;
    struct identity_view identity;
    int64_t enriched_at;
    struct str enrich_message;
    /* Notes */
    struct str notes_back; /* address of the tab */
    struct note_form_view new_note;
    const struct note_view *shown_notes;
    size_t n_shown_notes;
    const struct note_deleted_view *deleted;
    size_t n_deleted;
    int64_t just_deleted; /* the note that was deleted a moment ago; 0: none */
    /* History */
    const struct history_view *history;
    size_t n_history;
    struct str history_before; /* place of the next page; empty: there is no more */
};

#endif
