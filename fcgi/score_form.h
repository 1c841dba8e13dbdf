/*
 * score_form.h - a formula of the leadscore as the form shows it: a row of fields a rule, to
 * and from the rules that are stored (score_rule.h). Every row sends the same fields, those
 * that its kind does not use empty, so that the lists of the form stay side by side.
 *
 *             field            op            value          from    to   points  most
 *   has       the field        known|unknown                              x
 *   range     the field                                     number  number x
 *   per       the count                                     every         x       x
 *   match     the field        is ...        a, b, c                      x
 *   pages                                    /pricing*                    x       x
 *   target    its id                                                      x       x
 *   tag       its id                                                      x
 *   recency   linear|half                                   days          x
 */
#ifndef LEADBOARD_SCORE_FORM_H
#define LEADBOARD_SCORE_FORM_H

#include "fcgi/forms.h"
#include "shared/score_rule.h"

struct score_form_row {
    enum score_rule_kind kind;
    struct str key, field, property, op, value, from, to, points, most;
    struct str wrong; /* why it will not do */
};

struct score_form {
    struct score_form_row rows[SCORE_RULES_MAX];
    size_t n;
};

/* The parallel lists of the form. */
struct score_form_lists {
    struct form_texts kind, key, field, property, op, value, from, to, points, most;
};
/* Rows of a kind that is not known are left out. */
void score_form_read(const struct score_form_lists *lists, struct score_form *out_form);
void score_form_from_rules(struct ctx *ctx, const struct score_rule *rules, size_t n,
                           struct score_form *out_form);
/* False, with `wrong` set in the rows that will not do. Ids of patterns, and values as they are
 * compared, are for whoever stores the rules. */
bool score_form_rules(struct ctx *ctx, struct score_form *form, struct score_rule *out_rules,
                      size_t *out_n);

/* The form's buttons. Numbers that make no sense change nothing. */
void score_form_add(struct score_form *form, enum score_rule_kind kind);
void score_form_remove(struct score_form *form, size_t row);
void score_form_move(struct score_form *form, size_t row, bool up);

#endif
