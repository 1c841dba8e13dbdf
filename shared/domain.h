/*
 * domain.h - domain names and email addresses: what is one, who registered it, and whether it
 * says anything about a company.
 *
 * A normal domain is in lower case and A-labels ("xn--mnchen-3ya.de"), without a trailing dot,
 * at most 253 bytes, and has at least two labels. Nothing here allocates but from the arena.
 */
#ifndef LEADBOARD_DOMAIN_H
#define LEADBOARD_DOMAIN_H

#include "shared/arena.h"

/* A host of an address: a normal domain, a single name (localhost) or an IP address (IPv6 in
 * brackets), in lower case. */
bool domain_host(struct arena *arena, struct str text, struct str *out_host);
/* As domain_host, but only for domains that somebody can own: no IP address, no single name. */
bool domain_normal(struct arena *arena, struct str text, struct str *out_domain);
/* What the owner registered, by the Public Suffix List: "example.co.uk" of
 * "www.example.co.uk". Takes a normal domain, gives a part of it; "no value" for a public
 * suffix itself, an IP address and names that mean nothing outside a network (localhost,
 * .local). */
struct str domain_registrable(struct str domain);
/* True when the domain, or the registrable part of it, is a free-mail or throw-away provider's.
 */
bool domain_is_free_mail(struct str domain);

struct email {
    struct str address; /* in lower case, the domain normal */
    struct str domain;  /* a part of address */
};
/* One address as people type it into a form: surrounding space, a "mailto:" and letter case do
 * not matter; display names, lists, quoted local parts and non-ASCII local parts are refused.
 */
bool email_parse(struct arena *arena, struct str text, struct email *out_email);
/* The company's domain behind an email domain: registrable and not free-mail, else "no value".
 */
struct str email_company_domain(struct str domain);

#endif
