/*
 * html.h - puts text of unknown origin into HTML, escaped for the place where it stands.
 *
 * Used by compiled templates (tpl.h), which choose the escaper by context. The result is safe
 * in that context for any bytes: markup is escaped, invalid UTF-8 and invisible characters that
 * could deceive a reader (bidirectional overrides, zero-width characters, tags) become U+FFFD,
 * and control characters become their visible pictures.
 */
#ifndef LEADBOARD_HTML_H
#define LEADBOARD_HTML_H

#include "shared/sb.h"

/* Markup that is already safe. Only templates and the Markdown renderer make it; it is the one
 * value that templates do not escape. */
struct html {
    struct str markup;
};

/* What html_url writes instead of a URL it refuses. */
#define HTML_URL_REFUSED "about:invalid"

/* Between tags, and inside title and textarea. */
void html_text(struct sb *sb, struct str text);
/* Inside an attribute value in either kind of quotes. */
void html_attr(struct sb *sb, struct str text);
/* A whole URL, or its beginning, as an attribute value. Anything but http, https, mailto and
 * relative URLs is replaced by HTML_URL_REFUSED. */
void html_url(struct sb *sb, struct str url);
/* A value inside a URL: one path segment, or one name or value of the query. */
void html_query(struct sb *sb, struct str text);

#endif
