/*
 * notes.h - views of notes: in the panel, their form, their versions, where somebody is
 * mentioned.
 */
#ifndef LEADBOARD_VIEWS_NOTES_H
#define LEADBOARD_VIEWS_NOTES_H

#include "fcgi/diff.h"
#include "fcgi/views/page.h"
#include "shared/html.h"

struct note_view {
    int64_t id, created_at, edited_at;
    struct str author, initials, csrf, back;
    int64_t hue;
    int64_t edits; /* how often it was edited */
    struct str editor;
    bool pinned, may_edit;
    bool unread; /* it mentions the reader, who has not said that it was read */
    struct html body;
};

/* One that can still be restored. */
struct note_deleted_view {
    int64_t id, at;
    struct str author, deleter, excerpt, csrf, back;
    bool may_restore;
};

/* Writing a note or changing one. */
struct note_form_view {
    struct page page;
    bool whole; /* a page of its own */
    struct str csrf, action, back, body, wrong;
    int64_t note;          /* 0: a new one */
    int64_t account, lead; /* of a new one */
    int64_t version;       /* what its writer has seen */
    bool pinned;
    /* Somebody else was first: who, when, and what changed. */
    bool conflict;
    struct str who;
    int64_t at;
    struct diff diff;
};

struct note_version_view {
    int64_t version, at;
    struct str author;
    bool first;      /* as it was written */
    struct str body; /* of the first */
    struct diff diff;
};
struct note_versions_view {
    struct page page;
    struct str back;
    const struct note_version_view *list;
    size_t n_list;
    bool more; /* there are older ones, which are not shown */
};

struct mention_view {
    int64_t note, at;
    bool seen;
    struct str author, initials, about, csrf;
    int64_t hue;
    struct html body;
};
struct mentions_view {
    struct page page;
    struct str csrf;
    bool all; /* those that were read, too */
    int64_t unread;
    const struct mention_view *list;
    size_t n_list;
    int64_t before; /* of the next page; 0: there is no more */
};

/* Colleagues that "@an" may mean. */
struct mention_option {
    struct str name, email, word; /* word: what is typed for them, with '@' */
    struct str initials;
    int64_t hue, number;
};
struct mention_options_view {
    const struct mention_option *list;
    size_t n_list;
};

#endif
