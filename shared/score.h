/*
 * score.h - the leadscore, 0 to 100, and what it is made of. The one place of the formula: the
 * log consumer scores leads as they act, the hourly refresh as time passes, the job `score`
 * when the formula changed; each through score_of, so that they agree.
 *
 * A formula is a list of rules (score_rule.h), kept by dataset and version in score_formula; a
 * dataset without one has version 0, the preset "Balanced" (score_preset.h):
 *
 *   email known            15
 *   company known          10   an account, or a company name
 *   phone known             5
 *   sessions          up to 15   1 each
 *   pageviews         up to 20   1 for two
 *   forms             up to 20   5 each
 *   recency           up to 15   15 on the day of the last event, 1 less every 2 days
 *
 * Adding up. Each rule brings its points; the score is their sum, no less than 0 and no more
 * than 100. So that the parts always add up to the score that is shown, what is above 100 is
 * taken off the rules that give, the last one first, and what is below 0 off those that take,
 * the last one first. The order of the rules changes that, and never the score.
 *
 * Time. Days are whole days since the lead's last event. "linear" takes days/D of the points,
 * rounded down; "half" leaves points * 2^(-days/D), rounded to the nearest.
 *
 * Companies. An account's score is that of its best lead, 0 without one. What is known of the
 * company (industry, country, its tags ...) counts by the rules of its leads, so that there is
 * one formula to understand.
 *
 * What is stored. lead.score_parts is [["email",15],["recency",12]], by the keys of the rules,
 * parts of 0 left out; under another formula than the default its version stands first:
 * [3,["r1",10]].
 */
#ifndef LEADBOARD_SCORE_H
#define LEADBOARD_SCORE_H

#include "shared/db_statement.h"
#include "shared/score_rule.h"

#define SCORE_MOST 100
#define SCORE_VERSION_DRAFT INT32_MAX

struct score_formula {
    int32_t version; /* 0: the default */
    struct score_rule *rules;
    size_t n_rules;
    /* What its rules ask for, each once; score_rule.slot is the place in the list. */
    struct str *properties;
    size_t n_properties;
    int64_t *tags, *patterns;
    size_t n_tags, n_patterns;
    int32_t
        horizon_days; /* without an event for so long time changes nothing; 0: it never does */
    bool plain; /* counts, last_at and whether email, phone and company are known will do */
    bool of_account; /* asks for what is known of the company */
};

/* What is known of a lead. Texts are lower case, p == NULL: not known. */
struct score_input {
    int64_t last_at;
    struct str texts[SCORE_EMPLOYEES];                /* by enum score_field_id */
    double numbers[SCORE_PROPERTY - SCORE_EMPLOYEES]; /* NAN: not known */
    struct sql_strs properties;                       /* as formula->properties */
    struct sql_i64s tags;                             /* those of formula->tags that it has */
    struct sql_i64s hits;                             /* as formula->patterns */
};

struct score {
    int16_t total;
    int16_t parts[SCORE_RULES_MAX]; /* by rule */
};

/* A formula of rules that were checked; they stay the caller's and get their slots. */
void score_formula_make(struct arena *arena, int32_t version, struct score_rule *rules,
                        size_t n, struct score_formula *out);
void score_of(const struct score_formula *formula, const struct score_input *input, int64_t now,
              struct score *out_score);
/* lead.score_parts, in the spaces that the database writes. */
struct str score_json(struct arena *arena, const struct score_formula *formula,
                      const struct score *score);

/* ---- score_store.c: formulas and leads in the database, in the transaction that is open.
 * Where it says so, scores are kept of leads that were changed by somebody else at the same
 * moment: their rows are locked first, in the order of their ids, and read then. ---- */

/* The formulas in force, as many as datasets. One that cannot be read (it never should) is told
 * in the log, and the default used. */
MUST_CHECK enum err score_formulas_load(struct ctx *ctx, struct db *db,
                                        struct sql_i64s datasets, struct score_formula *out);
MUST_CHECK enum err score_formula_load(struct ctx *ctx, struct db *db, int64_t dataset,
                                       struct score_formula *out);
/* The formula of a version; ERR_NOT_FOUND. For words: targets and tags as they are called. */
MUST_CHECK enum err score_formula_get(struct ctx *ctx, struct db *db, int64_t dataset,
                                      int32_t version, struct score_formula *out);
/* From rules as they are stored; targets are looked up. */
MUST_CHECK enum err score_formula_from(struct ctx *ctx, struct db *db, int64_t dataset,
                                       int32_t version, struct str rules,
                                       struct score_formula *out);

struct score_lead {
    int64_t id, account; /* 0: of none */
    int16_t was;
    struct str was_parts;
    struct score_input input;
    int64_t now;
};
/* Leads of these that are there. Not locked. */
MUST_CHECK enum err score_leads(struct ctx *ctx, struct db *db, int64_t dataset,
                                const struct score_formula *formula, struct sql_i64s ids,
                                struct score_lead **out_leads, size_t *out_n);

struct score_step {
    int64_t last; /* id of the last lead looked at; 0: there are no more */
    int32_t seen, changed;
};
/* Scores leads of the dataset anew, at most limit of them behind the one with id after, with
 * their accounts and cards. everything false: only those that time can have changed. The log
 * consumer stands still until the transaction ends (log_hold). */
MUST_CHECK enum err score_pass(struct ctx *ctx, struct db *db, int64_t dataset,
                               const struct score_formula *formula, bool everything,
                               int64_t after, int64_t limit, struct score_step *out);
/* Scores these leads anew, whose values were changed by hand; not their accounts and cards,
 * which the caller counts anew. */
MUST_CHECK enum err score_renew(struct ctx *ctx, struct db *db, int64_t dataset,
                                struct sql_i64s leads);
/* For the log consumer: as score_renew, of leads that its transaction has written, with their
 * accounts. ids in ascending order; out[i] is the score of ids.v[i], and left alone when that
 * is not there. */
MUST_CHECK enum err score_derived(struct ctx *ctx, struct db *db, int64_t dataset,
                                  const struct score_formula *formula, struct sql_i64s ids,
                                  struct score *out);

/* Something that rules may ask for was changed: what is known of these companies, or tags
 * (NULL: not tags) on companies and leads. Scores of the leads follow, with accounts and cards:
 * at once where they are few, else by a job; call queue_wake after the commit. Costs one look
 * when no rule asks for it. */
MUST_CHECK enum err score_accounts_changed(struct db *db, int64_t dataset,
                                           struct sql_i64s accounts);
/* Leads came to these companies, or are new, or were changed in some other way. */
MUST_CHECK enum err score_people_changed(struct db *db, int64_t dataset,
                                         struct sql_i64s accounts, struct sql_i64s leads);
/* The tag is about to be deleted. */
MUST_CHECK enum err score_tag_deleted(struct db *db, int64_t dataset, int64_t tag);
MUST_CHECK enum err score_tags_changed(struct db *db, int64_t dataset, struct sql_i64s tags,
                                       struct sql_i64s accounts, struct sql_i64s leads);

#endif
