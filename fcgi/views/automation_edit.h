/*
 * automation_edit.h - the view of the editor of automations: when, whom, what must hold, what
 * is then done. Filled by fcgi/automation_builder.c and handlers/automation_edit.c.
 */
#ifndef LEADBOARD_VIEWS_AUTOMATION_EDIT_H
#define LEADBOARD_VIEWS_AUTOMATION_EDIT_H

#include "fcgi/views/automations.h"
#include "fcgi/views/filter_builder.h"

/* One action; `what` says which of its fields are asked. */
struct edit_action {
    size_t index, number;
    struct str prefix; /* of its fields: "a3" */
    struct str action; /* where the form is sent */
    const char *what, *label;
    struct str wrong;
    bool first, last, fresh;
    const struct builder_option *hows; /* its ways, where it has several */
    size_t n_hows;
    bool asks_tag, asks_person, asks_property, asks_place, asks_board, asks_users, asks_keep,
        asks_exclude, asks_integration, asks_subject, asks_text, asks_addresses;
    bool every_board; /* "on every board" may be chosen */
    bool person;
    const struct builder_topic *lists; /* tags, stages, boards or integrations to choose from */
    size_t n_lists;
    const struct builder_topic *people;
    size_t n_people;
    struct str picked; /* people, in words */
    bool many_people;
    struct str key, value, subject, text, addresses;
    const struct builder_option *sources; /* where a property's value comes from */
    size_t n_sources;
    bool keep, exclude;
    bool nothing_to_choose; /* there is no integration of the kind */
};

struct edit_view {
    struct page page;
    struct automation_head head; /* id 0: a new one */
    int64_t version;             /* that it began from; 0: a new one */
    int64_t restores; /* the version that is shown instead of the present one; 0: none */
    bool may_edit, enabled;

    struct str wrong, name, name_wrong, description;
    const struct builder_option *whens, *subjects;
    size_t n_whens, n_subjects;
    const char *when;
    struct str refs_label; /* "Stages"; empty: none are asked */
    const struct builder_topic *refs;
    size_t n_refs;
    struct str refs_picked;
    bool asks_score, waits; /* waits: the conditions are what is waited for */
    struct str score, trigger_wrong, filter_wrong, actions_wrong;
    struct builder builder;

    const struct edit_action *actions;
    size_t n_actions;
    const struct builder_option *dos; /* to add one */
    size_t n_dos;
    bool full;
    const struct builder_option *keys; /* properties there are */
    size_t n_keys;
    const struct builder_option *placeholders;
    size_t n_placeholders;

    struct str cooldown, cooldown_wrong;
    const struct builder_option *units;
    size_t n_units;
    bool once;

    /* What it says as it is typed. */
    struct str sentence, source, not_yet;
    bool counted, late, persons;
    int64_t matching;

    const struct str *warnings;
    size_t n_warnings;
    struct str warned; /* what was warned of, as it is sent back */
    bool conflict;     /* somebody saved another version meanwhile */
    struct str conflict_by;
    int64_t conflict_at;
};

/* For those who may not edit it. */
struct about_view {
    struct page page;
    struct automation_head head;
    struct str description, source, cooldown, author;
    bool cools, once;
    int64_t created_at, fired_at; /* fired_at 0: it never ran */
};

#endif
