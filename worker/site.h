/*
 * site.h - reads what a company says of itself on its home page: HTML5 by gumbo, in memory, no
 * network.
 *
 * Looked at: <title>, meta description, Open Graph (ogp.me: site_name, title, description),
 * link rel=icon and apple-touch-icon. Text is decoded to UTF-8, white space folded, lengths
 * bounded. A page that is not HTML, or nested too deep for the parser, gives an empty profile,
 * never an error.
 */
#ifndef LEADBOARD_SITE_H
#define LEADBOARD_SITE_H

#include "shared/ctx.h"
#include "shared/sb.h"

#define SITE_NAME_MAX 120
#define SITE_DESCRIPTION_MAX 500
#define SITE_URL_MAX 1000

struct site {
    struct str name;     /* og:site_name, else the part of the title that names the company */
    bool name_is_stated; /* by og:site_name or application-name; from a title it is a guess */
    struct str title;    /* og:title or <title> */
    struct str description; /* og:description or meta description */
    struct str icon;        /* absolute URL of the best icon, or "no value" */
};

/* html as fetched from url; content_type as the server sent it (its charset counts). */
void site_read(struct ctx *ctx, struct str html, struct str content_type, struct str url,
               struct site *out_site);

#endif
