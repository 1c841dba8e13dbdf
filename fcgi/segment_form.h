/*
 * segment_form.h - a segment as the form shows it: one or more groups of conditions, each "all"
 * or "any" of them, and "all" or "any" of the groups; to and from the tree that is stored
 * (filter.h).
 */
#ifndef LEADBOARD_SEGMENT_FORM_H
#define LEADBOARD_SEGMENT_FORM_H

#include "fcgi/forms.h"
#include "shared/filter.h"

#define SEGMENT_GROUPS 4
#define SEGMENT_CONDITIONS 40

struct segment_form_row {
    size_t group;
    struct str field, op, value; /* values are separated by commas */
    struct str wrong;            /* why it will not do */
};

struct segment_form {
    bool any; /* of the groups */
    bool group_any[SEGMENT_GROUPS];
    size_t n_groups;
    struct segment_form_row rows[SEGMENT_CONDITIONS];
    size_t n_rows;
};

/* The parallel lists of the form: one entry a group, one a condition. Entries that make no
 * sense are left out. */
struct segment_form_lists {
    struct form_texts group_match; /* "all" or "any" */
    struct form_texts group, field, op, value;
};
void segment_form_read(const struct segment_form_lists *lists, struct segment_form *out_form);
/* False when the tree has groups in groups, which the form cannot show. */
bool segment_form_from_tree(struct ctx *ctx, const struct filter_node *root,
                            struct segment_form *out_form);
/* The tree; conditions nobody filled in are left out. False, with `wrong` set in the rows
 * concerned, when a condition will not do. */
bool segment_form_tree(struct ctx *ctx, struct segment_form *form,
                       struct filter_node *out_root);

void segment_form_add_condition(struct segment_form *form, size_t group);
void segment_form_add_group(struct segment_form *form);
void segment_form_remove(struct segment_form *form, size_t row);

#endif
