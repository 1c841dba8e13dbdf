/*
 * filter_form.h - a filter (shared/filter.h) as a form that works without script: rows, one a
 * condition or a group, each in a group above it. To and from the tree, and what its buttons
 * do.
 *
 * The form sends parallel lists, one entry a row, in the order of the tree: `is` ("if" for a
 * condition, else how a group's conditions combine), `parent` (the place of its group),
 * `field`, `key`, `op`, `value` (several are separated by commas; in quotes where one has a
 * comma), `times` (of a group "any": how many of its conditions are enough), `days`; and `pick`
 * ("3:12"), any number a row, for what is chosen from a list.
 */
#ifndef LEADBOARD_FILTER_FORM_H
#define LEADBOARD_FILTER_FORM_H

#include "fcgi/forms.h"
#include "shared/filter.h"

#define FILTER_FORM_ROWS 60
#define FILTER_FORM_PICKS 150
#define FILTER_FORM_TYPED 10000 /* most characters of what is typed as the values of one row   \
                                 */

struct filter_form_row {
    bool is_group;
    enum filter_match match; /* of a group */
    size_t parent;           /* place of its group, before it; the first row's: 0 */
    struct str field, key, op, value, times, days;
    struct str picks[FILTER_FORM_PICKS];
    size_t n_picks;
    struct str wrong; /* why it will not do */
    bool fresh;       /* just added: it gets the focus */
};

/* The first row is the group of all others. */
struct filter_form {
    enum filter_subject subject;
    struct filter_form_row *rows; /* FILTER_FORM_ROWS */
    size_t n;
};

struct filter_form_lists {
    struct form_texts is, parent, field, key, op, value, times, days, pick;
};
/* For the table of a form whose values have a struct filter_form_lists as that member. */
#define FILTER_FORM_LIST(entry, most, type, member)                                            \
    {                                                                                          \
        .name = #entry, .label = "Condition", .kind = FORM_TEXTS, .max = (most),               \
        .each = FILTER_FORM_TYPED, .offset = offsetof(type, member.entry)                      \
    }
#define FILTER_FORM_FIELDS(type, member)                                                       \
    FILTER_FORM_LIST(is, FILTER_FORM_ROWS, type, member),                                      \
        FILTER_FORM_LIST(parent, FILTER_FORM_ROWS, type, member),                              \
        FILTER_FORM_LIST(field, FILTER_FORM_ROWS, type, member),                               \
        FILTER_FORM_LIST(key, FILTER_FORM_ROWS, type, member),                                 \
        FILTER_FORM_LIST(op, FILTER_FORM_ROWS, type, member),                                  \
        FILTER_FORM_LIST(value, FILTER_FORM_ROWS, type, member),                               \
        FILTER_FORM_LIST(times, FILTER_FORM_ROWS, type, member),                               \
        FILTER_FORM_LIST(days, FILTER_FORM_ROWS, type, member),                                \
        FILTER_FORM_LIST(pick, FILTER_FORM_PICKS, type, member)

/* One empty condition in a group of "all". */
void filter_form_begin(struct arena *arena, enum filter_subject subject,
                       struct filter_form *out_form);
/* Entries that make no sense are left out. */
void filter_form_read(struct arena *arena, enum filter_subject subject,
                      const struct filter_form_lists *lists, struct filter_form *out_form);
/* False when there are more rows than the form has. */
bool filter_form_from_tree(struct arena *arena, const struct filter *filter,
                           struct filter_form *out_form);
/* The tree; conditions nobody filled in, and groups without any, are left out. False, with
 * `wrong` set in the rows concerned (the first for what concerns the whole), when it will not
 * do. */
bool filter_form_tree(struct ctx *ctx, struct filter_form *form, struct filter *out_filter);

/* What the button called so does: "add:3" a condition in a group, "group:3" a group, "remove:5"
 * a row with what is in it, "update" nothing, because fields were chosen. False: it is none of
 * the form's. */
bool filter_form_press(struct filter_form *form, struct str pressed);

#endif
