/*
 * contacts.h - how a page says its company is reached: mailto: and tel: links (and addresses
 * that Cloudflare hides from crawlers that do not know its one-byte key), links to its profiles
 * on social networks, <address>.
 *
 * What is meant for sharing the page, and profiles of the network itself, are left out. Where a
 * page names several mail addresses, those on the company's domain come first. Text is searched
 * for mail addresses on pages whose purpose it is to give them.
 */
#ifndef LEADBOARD_CONTACTS_H
#define LEADBOARD_CONTACTS_H

#include "worker/company/markup.h"

#define CONTACTS_EMAILS 10
#define CONTACTS_LINKS 20

struct contacts {
    struct str emails[CONTACTS_EMAILS]; /* in lower case */
    size_t n_emails;
    size_t n_own_emails; /* of them, on the company's domain; they stand first */
    struct str phone;    /* the first */
    struct str address;  /* of the first <address> that looks like a place */
    struct str linkedin; /* company page */
    struct str links[CONTACTS_LINKS];
    size_t n_links;
};

/* Adds to *out what this page says and it does not have. in_text: look for mail addresses in
 * the text, too. */
void contacts_read(struct ctx *ctx, const struct markup *markup, struct str domain,
                   bool in_text, struct contacts *out);
/* A link that schema.org's sameAs names. */
void contacts_add_link(struct ctx *ctx, struct str url, struct contacts *out);
/* One address, if it is one. */
void contacts_add_email(struct ctx *ctx, struct str text, struct str domain,
                        struct contacts *out);

#endif
