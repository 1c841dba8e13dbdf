/*
 * company.h - looks at a company's own site: its home page (site.h) and its icon. For jobs: no
 * transaction may be open while it does.
 */
#ifndef LEADBOARD_COMPANY_H
#define LEADBOARD_COMPANY_H

#include "worker/runner.h"
#include "worker/site.h"

struct company {
    struct site site;
    struct str url;             /* of the home page, after redirects */
    struct str icon_type, icon; /* checked by its bytes; "no value": none */
};

/* The encrypted site first, the plain one where none answers. ERR_UNAVAILABLE, ERR_TIMEOUT: a
 * later try may help; other errors: not; each with a sentence for the user. */
MUST_CHECK enum err company_look(struct run *run, struct str domain, struct company *out);

#define COMPANY_FACTS 8
/* What was found as fields and values of facts.h, but the logo, which is stored elsewhere. A
 * name that is only guessed from the title is left out when the company is `named` already. */
struct company_facts {
    struct str fields[COMPANY_FACTS], values[COMPANY_FACTS];
    size_t n;
};
void company_facts(const struct company *company, bool named, struct company_facts *out);

#endif
