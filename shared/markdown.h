/*
 * markdown.h - CommonMark as people write it in notes, into HTML that is safe to show. The only
 * file that sees libcmark.
 *
 * Raw HTML is shown as it was typed, links lead to http, https, mailto or nowhere, and images
 * become links, because a page loads nothing from elsewhere.
 */
#ifndef LEADBOARD_MARKDOWN_H
#define LEADBOARD_MARKDOWN_H

#include "shared/html.h"

/* text is UTF-8. The result lives in the arena. */
struct html markdown_html(struct arena *arena, struct str text);

/* A piece of plain text that is drawn as something of its own: `shown` in
 * <span class="mention"> (with `own`: class="mention own"). */
struct markdown_mark {
    size_t start, n; /* which bytes of the text given it stands for; n is above 0 */
    struct str shown;
    bool own;
};
/* Finds the first one in text at `from` or later; false: there is none. */
typedef bool markdown_finder(void *of, struct str text, size_t from,
                             struct markdown_mark *out_mark);
/* As markdown_html; find is asked for each run of plain text, not for code and links. */
struct html markdown_html_marked(struct arena *arena, struct str text, markdown_finder *find,
                                 void *of);

#endif
