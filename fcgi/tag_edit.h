/*
 * tag_edit.h - the tags of one account or lead as templates/tags-edit.html edits them: each
 * with where it comes from. For a lead, those that its account gives it are shown after its
 * own.
 *
 * A page that has the editor holds a `struct tags_edit_view tags_edit` (views/tags.h) in its
 * view, fills it with one of these, and draws it with {{> tags-edit tags_edit}}. The editor
 * does the rest by itself, with and without script.
 */
#ifndef LEADBOARD_TAG_EDIT_H
#define LEADBOARD_TAG_EDIT_H

#include "fcgi/views/tags.h"
#include "fcgi/web.h"

/* back: the page to come back to without script. title: what messages call it. */
MUST_CHECK enum err tag_edit_account(struct web *web, int64_t account, struct str title,
                                     struct str csrf, struct str back,
                                     struct tags_edit_view *out);
MUST_CHECK enum err tag_edit_lead(struct web *web, int64_t lead, struct str title,
                                  struct str csrf, struct str back, struct tags_edit_view *out);

#endif
