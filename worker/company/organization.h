/*
 * organization.h - the company that a page describes in schema.org's words, whether it says so
 * in JSON-LD (jsonld.h) or microdata (microdata.h): both are JSON here.
 *
 * Any object whose type is Organization or one below it (schema-dts has the list) is a
 * candidate; so many pages name others - publishers of articles, employers, reviewed companies
 * - that the one with the most to say for it wins: an address of its own on the company's
 * domain, standing at the top, having a name. One that says it lives on another domain never
 * does.
 *
 * References ({"@id": ...}) are followed inside the document. Texts are tidied and bounded, as
 * found, not yet judged: facts_read does that.
 */
#ifndef LEADBOARD_ORGANIZATION_H
#define LEADBOARD_ORGANIZATION_H

#include "shared/json.h"

#define ORGANIZATION_LINKS 20
#define ORGANIZATION_EMAILS 5

struct organization {
    int weight; /* 0: none was found */
    struct str name, legal_name, description, phone, logo, founded, industry;
    int64_t employees;                         /* 0: not told; of a range the lower end */
    struct str address, city, region, country; /* address: several lines */
    struct str emails[ORGANIZATION_EMAILS];
    size_t n_emails;
    struct str same_as[ORGANIZATION_LINKS]; /* its profiles elsewhere */
    size_t n_same_as;
};

/* Reads a document into *best, which is replaced when something better stands in it. domain is
 * the company's. *site_name: what a WebSite there is called, unless it is set already. */
void organization_read(struct ctx *ctx, const struct json *document, struct str domain,
                       struct organization *best, struct str *site_name);

/* "Acme Holding B.V." -> "BV": the legal form that a name ends with, one of the usual ones; "no
 * value" when it has none. */
struct str organization_legal_type(struct str name);

#endif
