/*
 * guide_form.h - the workflow guide's form: what is typed, as a workflow (shared/workflow.h),
 * and back; what its buttons do. It works without script: each button sends the form.
 *
 * The form sends parallel lists: of stages `stage` (its id, 0 for one that is to be made),
 * `stage_name`, `tag`; of lines `of` (the place of its stage), `kind`, `value`, `example`.
 */
#ifndef LEADBOARD_GUIDE_FORM_H
#define LEADBOARD_GUIDE_FORM_H

#include "fcgi/forms.h"
#include "fcgi/views/guide.h"

struct guide_values {
    int64_t board;
    struct str board_name, pressed;
    int64_t bring, from, whom; /* places in their choices; -1: not sent */
    struct form_texts stages, names, tags;
    struct form_texts of, kinds, values, examples;
};
extern const struct form_spec guide_spec;

/* Puts what was typed into a workflow: of a new board all of it; of one that is loaded the
 * choices, tags and lines, by the ids of its stages. */
void guide_form_read(const struct guide_values *values, struct workflow *workflow);

/* What the button called so does: "sign:2" another line for stage 2, "unsign:7" takes a line
 * away, "stage" another stage, "unstage:3", "up:3", "down:3". False: it is none of these.
 * *out_fresh: the line that was added, or SIZE_MAX. */
bool guide_form_press(struct workflow *workflow, struct str pressed, size_t *out_fresh);

/* Ready to be drawn. where, why: what is wrong (why "no value": nothing). */
struct guide_drawing {
    struct ctx *ctx;
    const struct workflow *workflow;
    struct workflow_where where;
    struct str why, csrf;
    size_t fresh;
};
void guide_form_draw(const struct guide_drawing *drawing, struct guide_form *out);

#endif
