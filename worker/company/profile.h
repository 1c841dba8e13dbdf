/*
 * profile.h - what a company's site says of it, put together from up to three of its pages, and
 * the facts (shared/facts.h) that come of it.
 *
 * Of a field said in several ways schema.org counts before Open Graph and <meta>, those before
 * what is only linked; of pages the home page before the others. Coverage on pages that nobody
 * here wrote stands in tests/pages/README.md.
 */
#ifndef LEADBOARD_PROFILE_H
#define LEADBOARD_PROFILE_H

#include "worker/company/contacts.h"
#include "worker/company/head.h"
#include "worker/company/organization.h"
#include "worker/company/page_links.h"
#include "worker/company/technologies.h"

struct profile {
    struct str domain;
    struct head head;                 /* of the home page */
    struct organization organization; /* the best of all pages */
    struct str site_name;             /* of a WebSite in schema.org's words */
    struct contacts contacts;
    struct technologies technologies;
    struct page_links links; /* of the home page */
    struct str website;      /* the home page's address */
};

struct profile_page {
    struct str html, content_type, url, headers;
    bool home; /* else contact, about, imprint: their text is searched for mail addresses */
};

/* domain is normal and lives as long as the profile. */
void profile_init(struct profile *profile, struct str domain);
/* Adds a page, the home page first. What is kept is copied into ctx->arena; reading takes an
 * arena of its own for as long as it lasts. */
void profile_add(struct ctx *ctx, struct profile *profile, const struct profile_page *page);

#define PROFILE_FACTS 20
struct profile_facts {
    struct str fields[PROFILE_FACTS], values[PROFILE_FACTS];
    size_t n;
    bool name_is_guessed; /* the name is a part of the title and no more */
};
/* As they are stored: each was passed through facts_read, and what it refuses left out. The
 * logo is not among them. */
void profile_facts(struct ctx *ctx, const struct profile *profile, struct profile_facts *out);

/* Addresses of pictures that may be the logo, in the order to try them, at most n; how many. */
size_t profile_icons(struct ctx *ctx, const struct profile *profile, struct str *out, size_t n);

#endif
