/*
 * page_links.h - which other pages of a site are worth a look: imprint, contact, about, found
 * by the words of their links in the languages that most company sites are written in.
 */
#ifndef LEADBOARD_PAGE_LINKS_H
#define LEADBOARD_PAGE_LINKS_H

#include "worker/company/markup.h"

#define PAGE_LINKS_MAX 2

struct page_links {
    struct str urls[PAGE_LINKS_MAX]; /* absolute, on the page's own host, each once */
    size_t n;
};

/* The best link of each kind, imprint first, then contact, then about. */
void page_links_read(struct ctx *ctx, const struct markup *markup, struct page_links *out);

#endif
