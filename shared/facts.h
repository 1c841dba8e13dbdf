/*
 * facts.h - what is known of a company, field by field: each value with its source and its time
 * (account_fact), the best one on the account itself, where filters and pages read it.
 *
 * Sources: "hand" (a person of the team, whose word always counts), those of providers
 * (provider.h: "site" is the company's own), "title" (a name that only stood in its title),
 * "form" (what its people typed), "domain", "earlier" (known before sources were kept). Which
 * counts is decided by fact_rank() in the database, for providers by their order. A value that
 * lost stays, and comes back when the better one is removed. What is known of companies that
 * were merged into one fills its gaps.
 *
 * Who writes facts: people through FACT_HAND, enrichment through its own source; both by
 * facts_put, so that neither overwrites the other. A list (emails, technologies) is one value,
 * one entry a line.
 *
 * Functions with a db work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_SHARED_FACTS_H
#define LEADBOARD_SHARED_FACTS_H

#include "shared/db.h"

#define FACT_HAND "hand"
#define FACT_VALUE_MAX 5000

enum fact_kind {
    FACT_TEXT,   /* one line */
    FACT_LINES,  /* several */
    FACT_NUMBER, /* whole */
    FACT_PHONE,
    FACT_LINK,   /* http or https */
    FACT_EMAILS, /* the rest are lists */
    FACT_LINKS,
    FACT_WORDS
};

struct fact_field {
    struct str name;
    const char *label; /* "Legal type" */
    enum fact_kind kind;
    int32_t min, max; /* of a number; max: characters of a text, entries of a list */
};

/* All fields that people may write, in the order in which they are shown. */
const struct fact_field *facts_fields(size_t *out_n);
/* NULL: there is no such field. */
const struct fact_field *facts_field(struct str name);
static inline bool facts_is_list(const struct fact_field *field)
{
    return field->kind >= FACT_EMAILS;
}

/* What somebody typed for a field, as it is stored: "1,200" -> "1200", "acme.example" ->
 * "https://acme.example/", lists without doubles. ERR_INVALID with a sentence for whoever typed
 * it. text is valid UTF-8; empty is refused. */
MUST_CHECK enum err facts_read(struct ctx *ctx, const struct fact_field *field, struct str text,
                               struct str *out_value);

struct facts_put {
    int64_t dataset, account;
    struct str source;
    int64_t user; /* who typed it; 0: nobody */
    const struct str *fields, *values;
    size_t n;
};
/* Stores the values and settles who wins. ERR_NOT_FOUND: no such account. ERR_CONFLICT, with a
 * sentence: another company without a domain has this name. */
MUST_CHECK enum err facts_put(struct db *db, const struct facts_put *put);
/* What these providers answered last about the domain (provider_answer) becomes their word on
 * the account, whole: what one of them does not say any more goes. Icons too. ERR_NOT_FOUND as
 * facts_put. */
MUST_CHECK enum err facts_take(struct db *db, int64_t dataset, int64_t account,
                               struct str domain, const struct str *sources, size_t n);
/* Settles all fields of the account anew: the order of providers is another. */
MUST_CHECK enum err facts_settle(struct db *db, int64_t dataset, int64_t account);
/* For people.h, about all fields but the name. Before companies are merged: what stands on the
 * account becomes facts of its own, so that it can be told from what the other brings. */
MUST_CHECK enum err facts_know(struct db *db, int64_t dataset, int64_t account);
/* After others were merged into it, or left it: what they know fills its gaps, or goes again.
 */
MUST_CHECK enum err facts_fill(struct db *db, int64_t dataset, int64_t account);
/* Takes a source's word on these fields back; the best of the others counts again. *out_n: how
 * many there were. */
MUST_CHECK enum err facts_remove(struct db *db, int64_t dataset, int64_t account,
                                 struct str source, const struct str *field_names, size_t n,
                                 int64_t *out_n);

#endif
