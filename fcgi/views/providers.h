/*
 * providers.h - the views of Settings > Enrichment: templates/providers.html, provider.html,
 * provider-try.html.
 */
#ifndef LEADBOARD_VIEWS_PROVIDERS_H
#define LEADBOARD_VIEWS_PROVIDERS_H

#include "fcgi/views/page.h"

struct provider_row {
    struct str source, name;
    const char *gives; /* what it knows, and whom it tells what */
    struct str host;   /* that is asked; of the company's own site empty */
    bool enabled, first, last;
    struct str failure;
    int64_t failed_at; /* 0: none */
    struct str csrf;
};

struct providers_view {
    struct page page;
    const struct provider_row *providers;
    size_t n_providers;
    bool full; /* there are as many as may be */
};

struct provider_field {
    struct str name;
    const char *label;
};

struct provider_view {
    struct page page;
    struct str source; /* empty: a new one */
    struct str title, wrong;
    bool api, has_address; /* api: name, headers and mapping can be set */
    struct str name, name_wrong;
    struct str address, address_wrong;
    const char *address_hint;
    struct str seconds, seconds_wrong;
    struct str per_minute, per_minute_wrong;
    struct str refresh_days, refresh_days_wrong;
    struct str mapping, mapping_wrong;
    struct str header_names; /* that are stored; empty: none */
    struct str headers, headers_wrong;
    bool forget;
    const struct provider_field *fields; /* that a mapping can name */
    size_t n_fields;
    struct str domain, domain_wrong; /* to try it with */
};

struct try_fact {
    const char *label;
    struct str value;
};

struct try_view {
    struct page page;
    struct str source, name, domain;
    int64_t id;
    bool running, knows;
    struct str message; /* why there is nothing */
    const struct try_fact *facts;
    size_t n_facts;
    struct str guess;
    bool has_logo;
};

#endif
