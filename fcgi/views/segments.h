/*
 * segments.h - the views of segments: the list, a segment with its members and who entered and
 * left, the form in which one is built, and what is asked before one is deleted.
 */
#ifndef LEADBOARD_VIEWS_SEGMENTS_H
#define LEADBOARD_VIEWS_SEGMENTS_H

#include "fcgi/views/filter_builder.h"
#include "fcgi/views/page.h"
#include "fcgi/views/use.h"

/* ---- the list ---- */

struct segment_row {
    int64_t id;
    struct str name, sentence, owner; /* owner empty: LeadBoard made it */
    struct str wrong;                 /* why it does not work as it should, or empty */
    bool private, leads;
    bool filled; /* false: its members are being worked out */
    int64_t members, boards, updated_at;
};
struct segment_quick_row {
    const char *key, *name;
};
struct segments_view {
    struct page page;
    const struct segment_row *segments;
    size_t n_segments;
    bool working; /* members of one of them are being worked out */
    const struct segment_quick_row *quick;
    size_t n_quick;
};

/* ---- one ---- */

/* A company or a person. */
struct segment_member_row {
    int64_t id;
    bool is_lead, gone;    /* gone: there is nobody of that id any more */
    struct str name, note; /* note: the domain, the company */
    int64_t score, last_at, at;
    bool entered; /* in the list of changes: entered or left */
    struct str why;
};
struct segment_colleague {
    int64_t id;
    struct str name;
};

struct segment_view {
    struct page page;
    int64_t id;       /* 0: a quick one */
    struct str quick; /* its key */
    struct str name, sentence, owner, problem, missing;
    bool private, leads, filled, mine;
    bool working;            /* its members are being worked out */
    bool may_edit, may_give; /* may_give: change its owner */
    int64_t members, updated_at;
    bool counted; /* of a quick one: members is right */
    const struct use_view *uses;
    size_t n_uses;
    const struct segment_colleague *colleagues; /* to whom it can be given */
    size_t n_colleagues;
    bool changes; /* the tab: who entered and left, instead of members */
    const struct segment_member_row *rows;
    size_t n_rows;
    struct str next; /* query of the next page, or empty */
};

/* ---- the form ---- */

enum segment_counted { COUNT_NONE, COUNTED, COUNT_LATE, COUNT_WRONG };

struct segment_edit_view {
    struct page page;
    int64_t id; /* 0: new */
    struct str wrong, missing;
    struct str name, name_wrong, stored_name, subject;
    bool private, may_hide, leads;
    struct builder builder;
    enum segment_counted counted;
    int64_t matches;
    struct str sentence;
};

#endif
