/*
 * site.h - the provider that is the company's own site.
 *
 * robots.txt first (RFC 9309: what it closes is not fetched; when the server fails on it, all
 * is closed), then the home page, an icon, and the two pages that say most of a company
 * (page_links.h), one after the other over one connection. Redirects are followed by hand, so
 * that each host's robots.txt is asked; a page that forwards by <meta refresh> counts as one.
 * The encrypted address comes first; without a name or with a bad certificate the one with www,
 * where nothing answers the plain one.
 *
 * The icon that a page names may be on another host (a CDN): it is fetched as a browser would.
 */
#ifndef LEADBOARD_SITE_H
#define LEADBOARD_SITE_H

#include "worker/company/question.h"

#define SITE_PAGE_BYTES ((size_t)1 << 20)
#define SITE_MORE_BYTES ((size_t)512 << 10)
#define SITE_HOPS 5

/* site_ask is declared in question.h. */

#endif
