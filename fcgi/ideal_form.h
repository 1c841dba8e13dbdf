/*
 * ideal_form.h - the ideal customer profile as the form shows it: rows of conditions, and how
 * many of them must hold; to and from the filter that is stored (shared/ideal.h). Every row
 * sends the same fields, so that the lists of the form stay side by side.
 */
#ifndef LEADBOARD_IDEAL_FORM_H
#define LEADBOARD_IDEAL_FORM_H

#include "fcgi/forms.h"
#include "shared/ideal.h"

struct ideal_form_row {
    struct str field, property, op, value; /* values are separated by commas */
    struct str wrong;                      /* why it will not do */
};

struct ideal_form {
    struct str match; /* "all", "any" or "least" */
    struct str least; /* of "least": how many, as typed */
    struct str wrong; /* about the whole */
    struct ideal_form_row rows[IDEAL_CONDITIONS_MAX];
    size_t n;
};

/* The parallel lists of the form. */
struct ideal_form_lists {
    struct form_texts field, property, op, value;
};
void ideal_form_read(const struct ideal_form_lists *lists, struct str match, struct str least,
                     struct ideal_form *out_form);
void ideal_form_from_filter(struct ctx *ctx, const struct filter *filter,
                            struct ideal_form *out_form);
/* What a new profile begins with: industry, employees and country, to be filled in. */
void ideal_form_begin(struct ideal_form *out_form);
/* Conditions without a value, where one is needed, are left out. False, with `wrong` set in the
 * form or in the rows concerned, when it will not do. */
bool ideal_form_filter(struct ctx *ctx, struct ideal_form *form, struct filter *out_filter);

/* The form's buttons. Numbers that make no sense change nothing. */
void ideal_form_add(struct ideal_form *form);
void ideal_form_remove(struct ideal_form *form, size_t row);

#endif
