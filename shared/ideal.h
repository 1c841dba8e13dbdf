/*
 * ideal.h - the ideal customer profile of a dataset: conditions on what is known of a company
 * (industry, employees, country, any detail of it), and the tag that companies get for whom all
 * of them hold, or one, or at least so many. Versioned like the leadscore's formula; the latest
 * version is in force. A rule of the formula may give points for the tag.
 *
 * The tag is put on by the profile (account_tag.by_ideal) and taken off again when the company
 * does not match any more, unless somebody put it there: a tag that a person or an automation
 * puts is theirs, also where the profile had put it before. Where somebody takes it off, this
 * version does not put it on again. Each change leaves its row in the ledger of the company's
 * cards, with the conditions as its cause; cards and scores follow (tagging.h).
 *
 * How companies are found. Whoever changes what is known of a company says so in the same
 * transaction (ideal_changed): facts.h, people.h, lookup.h, hiding.h and the log consumer do.
 * The job `score` ("ideal") looks at these companies within a second or so; at all of them when
 * a version was saved, with progress, and once an hour, which finds nothing unless somebody
 * forgot to say what he changed. Hidden companies stay as they are until they are shown again.
 *
 * All functions work in the transaction that is open (db_begin with the dataset).
 */
#ifndef LEADBOARD_IDEAL_H
#define LEADBOARD_IDEAL_H

#include "shared/filter.h"

#define IDEAL_CONDITIONS_MAX 20

struct ideal_profile {
    int32_t version; /* 0: there is none */
    struct filter filter;
    int64_t tag; /* 0: none is put on: it is off, or the tag was deleted */
    struct str tag_name, user;
    int64_t at, progress; /* progress 0: none */
};
/* The one in force. One that cannot be read (it never should) is ERR_INVALID. */
MUST_CHECK enum err ideal_get(struct ctx *ctx, struct db *db, int64_t dataset,
                              struct ideal_profile *out);

/* Whether a condition can be one of a profile: about the company itself, not about its people
 * or what they do. */
bool ideal_may_ask(size_t field);

struct ideal_save {
    int64_t dataset, user;
    int32_t base;                /* the version that it was made from */
    const struct filter *filter; /* one group of conditions */
    struct str tag;              /* by name, made when there is none; empty: off */
};
/* Makes a version and asks for the job; call queue_wake after the commit. ERR_INVALID: a
 * condition, or the tag, will not do; ERR_LIMIT: no room for another tag; ERR_CONFLICT:
 * somebody saved another version since; each with a sentence. */
MUST_CHECK enum err ideal_save(struct db *db, const struct ideal_save *save,
                               int32_t *out_version);

/* Something else is known of these companies, or they are new or shown again. */
MUST_CHECK enum err ideal_changed(struct db *db, int64_t dataset, struct sql_i64s accounts);
/* For the log consumer: accounts.v[i] is of datasets.v[i]. */
MUST_CHECK enum err ideal_changed_many(struct db *db, struct sql_i64s datasets,
                                       struct sql_i64s accounts);

/* ---- for the job ---- */

/* All companies are looked at, by and by; progress 0: nobody waits for it. */
MUST_CHECK enum err ideal_ask(struct db *db, int64_t dataset, int64_t progress);
/* The companies, at most `most` notes of them, that were said to have changed. *out_more: there
 * may be more. */
MUST_CHECK enum err ideal_due(struct db *db, int64_t dataset, int64_t most,
                              struct sql_i64s *out_accounts, bool *out_more);
/* Of all companies those where the tag is not as the profile has it. */
MUST_CHECK enum err ideal_differing(struct ctx *ctx, struct db *db, int64_t dataset,
                                    struct sql_i64s *out_accounts);
/* Puts the tag on those of these companies that match, and takes it off the others. *out_n: how
 * many changed. */
MUST_CHECK enum err ideal_apply(struct ctx *ctx, struct db *db, int64_t dataset,
                                struct sql_i64s accounts, int32_t *out_n);

#endif
