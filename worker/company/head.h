/*
 * head.h - what a page says of itself in its <head>: <title>, description, Open Graph (ogp.me),
 * icons.
 */
#ifndef LEADBOARD_HEAD_H
#define LEADBOARD_HEAD_H

#include "worker/company/markup.h"

#define HEAD_NAME_MAX 120
#define HEAD_DESCRIPTION_MAX 500

struct head {
    struct str name; /* og:site_name, application-name, else the part of the title that names
                        the company */
    bool name_is_stated;    /* not taken from the title: that is a guess */
    struct str title;       /* og:title or <title> */
    struct str description; /* og:description or meta description */
    struct str refresh; /* where <meta http-equiv="refresh"> sends on at once, as it stands */
    struct str icon;    /* absolute URL of the best icon, "no value": none is named */
};

/* domain: of parts of a title the one that looks like it is the name. */
void head_read(struct ctx *ctx, const struct markup *markup, struct str domain,
               struct head *out);

#endif
