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

#endif
