/*
 * provider.h - who is asked about companies: the company's own site, Wikidata, the registration
 * of the domain (RDAP), and any service that answers a domain with JSON. Each dataset has its
 * own list, in an order that decides whose word counts (fact_rank in the database).
 *
 * Asking anybody but the company's own site tells them which companies visit, so these are off
 * until an admin switches them on. What nobody has set is as provider_default says; a row of
 * the table `provider` replaces that.
 *
 * How each is asked: worker/company/. What they answered: provider_answer.
 */
#ifndef LEADBOARD_PROVIDER_H
#define LEADBOARD_PROVIDER_H

#include "shared/db.h"

/* The number is stored. */
enum provider_kind {
    PROVIDER_SITE = 1,
    PROVIDER_WIKIDATA = 2,
    PROVIDER_RDAP = 3,
    PROVIDER_API = 4
};

#define PROVIDERS_MAX 20 /* of a dataset */

struct provider {
    struct str source; /* as facts name it: "site", "wikidata", "rdap", "api-k3v9d2" */
    enum provider_kind kind;
    struct str name; /* "Wikidata" */
    int16_t position;
    bool enabled;
    struct str address; /* with {domain} in it; of the site "no value" */
    int32_t timeout_ms, per_minute, refresh_days;
    struct str mapping;             /* mapping.h; of PROVIDER_API */
    const struct str *header_names; /* that are sent along; the values are sealed */
    size_t n_header_names;
    struct str failure; /* the last one; "no value": none */
    int64_t failed_at;
    bool stored; /* it has a row */
};

/* What a kind is like until somebody sets it; of PROVIDER_API the start of a new one. */
const struct provider *provider_default(enum provider_kind kind);

/* All of a dataset, in their order, positions 1, 2, 3 ...; in the arena. */
MUST_CHECK enum err providers_load(struct db *db, int64_t dataset, struct provider **out,
                                   size_t *out_n);
/* NULL: there is none of this source. */
const struct provider *provider_find(const struct provider *providers, size_t n,
                                     struct str source);

/* An address as an admin may set it: http or https, a host that can be public, {domain} in it.
 * ERR_INVALID with a sentence. */
MUST_CHECK enum err provider_check_address(struct ctx *ctx, struct str address);
/* The address with the domain, percent-encoded, in the place of each {domain}. */
struct str provider_address(struct ctx *ctx, const struct provider *provider,
                            struct str domain);

/* Stores all of it but headers and failure. */
MUST_CHECK enum err provider_save(struct db *db, int64_t dataset,
                                  const struct provider *provider);

/* Purpose of crypt_seal for its headers: they open for this provider of this dataset alone. */
const char *provider_seal(struct arena *arena, int64_t dataset, struct str source);

/* The smallest of the refresh_days of those that are on. */
int32_t providers_refresh_days(const struct provider *providers, size_t n);

/* How an answer came out; the number is stored. */
enum answer_outcome {
    ANSWER_FACTS = 1,   /* it knows the company */
    ANSWER_NOTHING = 2, /* it does not */
    ANSWER_REFUSED = 3, /* it can't be asked; asking again soon would not help */
    ANSWER_FAILED = 4   /* it could not be asked this time */
};

#endif
