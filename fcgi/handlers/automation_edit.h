/*
 * automation_edit.h - what the editor's handlers share: the form that is edited, and drawing
 * it.
 */
#ifndef LEADBOARD_HANDLERS_AUTOMATION_EDIT_H
#define LEADBOARD_HANDLERS_AUTOMATION_EDIT_H

#include "fcgi/automation_builder.h"
#include "fcgi/automation_draw.h"

struct edit {
    const struct automation_row *row; /* NULL: a new one */
    struct automation_form form;
    const struct automation_choices *choices;
    struct edit_view view;
};

/* The automation that is stored, or NULL, and what there is to choose from. */
MUST_CHECK enum err edit_begin(struct web *web, const struct automation_row *row,
                               struct edit *out);
/* Answers with the page; to htmx, when it asks for the conditions, with these. */
MUST_CHECK enum err edit_draw(struct web *web, const struct request *request,
                              struct response *response, struct edit *edit);
/* Tells what the form says, if it is complete: in a sentence. False: it is not. */
MUST_CHECK enum err edit_say(struct web *web, struct edit *edit,
                             struct automation_rule *out_rule, bool *out_complete);

#endif
