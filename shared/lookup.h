/*
 * lookup.h - a card added by hand: what somebody typed, what the providers (provider.h) say of
 * the company (asked by a job, worker/jobs/lookup.c, while they watch; their answers stand in
 * provider_answer), and the card that it becomes.
 *
 * What is typed is a domain, a web address, or an email address. A company's domain, or an
 * address at one, gives a card of the company; the address becomes one of its leads. An address
 * at a mail provider gives a card of the person.
 *
 * A lead made here has never been seen: its times are LOOKUP_NEVER until its first event, which
 * the log consumer finds it for by its address.
 *
 * All functions with a db work in the transaction that is open (db_begin with the dataset).
 * That the user may see the board is the caller's to check.
 */
#ifndef LEADBOARD_LOOKUP_H
#define LEADBOARD_LOOKUP_H

#include "shared/db.h"
#include "shared/operation.h"
#include "shared/queue.h"

#define LOOKUP_NEVER 0    /* 1970: long before anything was tracked, shown as "never" */
#define LOOKUP_LEADS 1000 /* that are connected to the company, at most */

struct lookup_subject {
    struct str domain; /* registrable; "no value": a person at a mail provider */
    struct str email;  /* in lower case; "no value": a company */
};
/* ERR_INVALID, with a sentence for whoever typed it. */
MUST_CHECK enum err lookup_read(struct ctx *ctx, struct str text, struct lookup_subject *out);

struct lookup_place {
    int64_t dataset, board, user;
};
/* Begins one; for a company a job asks about it (call queue_wake after the commit). */
MUST_CHECK enum err lookup_begin(struct db *db, const struct lookup_place *place,
                                 const struct lookup_subject *subject, int64_t *out_id);

/* What is known about it already. */
struct lookup_known {
    int64_t account, lead; /* 0: not known */
    struct str name;       /* of the company */
    bool named;            /* its name is more than its domain */
    int32_t leads;         /* the company has */
    bool hidden;           /* nothing of it is shown (hiding) */
    int64_t card;          /* on this board; 0: none */
    struct str stage;
    bool excluded; /* from this board */
    struct str excluded_by;
    int64_t excluded_at;
};
MUST_CHECK enum err lookup_look(struct db *db, const struct lookup_place *place,
                                const struct lookup_subject *subject, struct lookup_known *out);

/* What a provider says of a field. */
struct lookup_fact {
    struct str field, value;
    struct str source; /* the provider's name */
    int64_t at;
    bool counts; /* the first of its field: the provider is the first in the order */
};
enum lookup_state { LOOKUP_ASKING, LOOKUP_KNOWS, LOOKUP_KNOWS_NOT, LOOKUP_NO_ANSWER };
struct lookup_provider {
    struct str source, name;
    enum lookup_state state;
    struct str message; /* LOOKUP_NO_ANSWER: why */
    int64_t facts;      /* how many it says */
};
struct lookup {
    int64_t id;
    struct lookup_subject subject;
    bool running;
    struct str message;              /* why something was not found; "no value" */
    const struct lookup_fact *facts; /* by field in the order of facts.h; of a field those that
                                        count first */
    size_t n_facts;
    const struct lookup_provider *providers; /* that are asked, in their order */
    size_t n_providers;
    const int64_t *leads; /* without a company, with an address at this one's domain */
    size_t n_leads;
    bool has_icon;
    int64_t card; /* that it became; 0: none yet */
};
/* ERR_NOT_FOUND, without a message: none of this id on this board, or it is too old. */
MUST_CHECK enum err lookup_get(struct db *db, const struct lookup_place *place, int64_t id,
                               struct lookup *out);

struct lookup_accept {
    struct str name; /* of the company, as the user wants it; a person has none */
    /* What the user corrected or added, as facts_read has it: their word from then on. */
    const struct str *fields, *values;
    size_t n;
    bool lift; /* an exclusion that is in the way */
};
struct lookup_accepted {
    int64_t card, operation; /* operation 0: the card was there already */
    bool excluded;           /* and it was not to be lifted: nothing was done */
};
/* Makes or finds the company with what the providers say of it (a corrected field is the user's
 * word), its leads, or the person, and puts the card into the entry stage: an OP_ADD. A
 * look-up that still runs goes on as enrichment (call queue_wake after the commit).
 * ERR_NOT_FOUND as lookup_get; ERR_CONFLICT, with a sentence: somebody was faster; ERR_INVALID:
 * it is hidden. Locks as people.h says. */
MUST_CHECK enum err lookup_accept(struct db *db, const struct lookup_place *place, int64_t id,
                                  const struct lookup_accept *accept,
                                  struct lookup_accepted *out);

/* For lookup_get: what the providers say, in lookup_found.c. began: of the look-up. */
MUST_CHECK enum err lookup_found(struct db *db, int64_t dataset, int64_t began,
                                 struct lookup *lookup);
/* Sources of the providers that are on. */
MUST_CHECK enum err lookup_sources(struct db *db, int64_t dataset, const struct str **out,
                                   size_t *out_n);

/* For the table in operation.c: removes the card, unless somebody has moved it or given it to
 * somebody since; the company and its leads stay. An exclusion that was lifted is put back. */
operation_undoer lookup_undo_add;

#endif
