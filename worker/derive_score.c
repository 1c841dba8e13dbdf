#include "shared/clock.h"
#include "shared/ideal.h"
#include "worker/derive_parts.h"

#include <math.h>

/* ---- what the datasets score by ---- */

/* Visitors are sorted by dataset. */
static struct sql_i64s datasets_of(struct derive *d)
{
    size_t n = 0;
    int64_t *ids = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    for (size_t i = 0; i < d->n_visitors; i++) {
        if (n == 0 || ids[n - 1] != d->visitors[i].dataset) {
            ids[n++] = d->visitors[i].dataset;
        }
    }
    return (struct sql_i64s){ids, n};
}

enum err derive_scoring_load(struct derive *d)
{
    struct sql_i64s datasets = datasets_of(d);
    struct score_formula *formulas = ARENA_ARRAY(d->arena, datasets.n, struct score_formula);
    struct page_patterns *patterns = ARENA_ARRAY(d->arena, datasets.n, struct page_patterns);
    TRY(score_formulas_load(d->ctx, d->db, datasets, formulas));
    TRY(page_patterns_load(d->ctx, d->db, datasets, patterns));
    d->scoring = ARENA_ARRAY(d->arena, datasets.n, struct derive_scoring);
    d->n_scoring = datasets.n;
    for (size_t i = 0; i < datasets.n; i++) {
        d->scoring[i] = (struct derive_scoring){
            .dataset = datasets.v[i], .formula = formulas[i], .patterns = patterns[i]};
        if (patterns[i].n > 0) {
            d->scoring[i].matcher = page_matcher_new(d->arena, &d->scoring[i].patterns);
        }
    }
    return ERR_NONE;
}

const struct derive_scoring *derive_scoring_of(const struct derive *d, int64_t dataset)
{
    size_t low = 0, high = d->n_scoring;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (d->scoring[middle].dataset <= dataset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &d->scoring[low];
}

/* ---- by what is in memory ---- */

static bool is_scored(const struct derive_lead *lead)
{
    return lead->touched && lead->into == NULL && lead->shown == NULL && !lead->gone;
}

/* Rules of a plain formula ask whether texts are known, not what they say. */
static struct str known(bool is_known)
{
    return is_known ? STR("?") : (struct str){.p = NULL};
}

void derive_leads_score(struct derive *d)
{
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        const struct score_formula *formula = &derive_scoring_of(d, lead->dataset)->formula;
        lead->score.total = lead->score_before;
        if (!is_scored(lead) || !formula->plain) {
            continue;
        }
        const struct score_input input = {
            .last_at = lead->last_at,
            .texts = {[SCORE_EMAIL] = known(!str_is_null(lead->email)),
                      [SCORE_PHONE] = known(lead->phone),
                      [SCORE_COMPANY] = known(lead->account != NULL || lead->company.n > 0)},
            .numbers = {(double)NAN, (double)NAN, lead->now.sessions, lead->now.pageviews,
                        lead->now.forms, lead->now.events, lead->now.visitors},
        };
        score_of(formula, &input, d->now, &lead->score);
        lead->scored = true;
    }
}

struct str derive_score_parts(struct derive *d, const struct derive_lead *lead)
{
    return lead->scored ? score_json(d->arena, &derive_scoring_of(d, lead->dataset)->formula,
                                     &lead->score)
                        : (struct str){.p = NULL};
}

/* ---- by what is in the database ---- */

static int compare_ids(const void *pa, const void *pb)
{
    const struct derive_lead *a = *(struct derive_lead *const *)pa;
    const struct derive_lead *b = *(struct derive_lead *const *)pb;
    return (a->id > b->id) - (a->id < b->id);
}

static enum err score_stored(struct derive *d, const struct derive_scoring *scoring)
{
    size_t n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->dataset == scoring->dataset && is_scored(lead) ? 1 : 0;
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct derive_lead **leads = ARENA_ARRAY(d->arena, n, struct derive_lead *);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    struct score *scores = ARENA_ARRAY(d->arena, n, struct score);
    n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->dataset == scoring->dataset && is_scored(lead)) {
            leads[n++] = lead;
        }
    }
    qsort(leads, n, sizeof(struct derive_lead *), compare_ids);
    for (size_t i = 0; i < n; i++) {
        ids[i] = leads[i]->id;
        scores[i] = leads[i]->score;
    }
    TRY(score_derived(d->ctx, d->db, scoring->dataset, &scoring->formula,
                      (struct sql_i64s){ids, n}, scores));
    for (size_t i = 0; i < n; i++) {
        leads[i]->score = scores[i];
    }
    return ERR_NONE;
}

/* Other leads of a company that is called otherwise now: rules may ask for its name. */
static enum err score_renamed(struct derive *d, const struct derive_scoring *scoring)
{
    struct sql_score_renamed_rows rows;
    size_t n = 0;
    int64_t *accounts = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    struct str *names = ARENA_ARRAY(d->arena, d->n_accounts, struct str);
    for (size_t i = 0; i < d->n_accounts; i++) {
        const struct derive_account *account = &d->accounts[i];
        if (account->dataset == scoring->dataset && !account->is_new) {
            accounts[n] = account->id;
            names[n++] = account->name_before;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_score_renamed(d->db,
                          &(struct sql_score_renamed_in){.dataset = scoring->dataset,
                                                         .accounts = {accounts, n},
                                                         .names = {names, n}},
                          &rows));
    for (size_t i = 0; i < rows.n; i++) {
        accounts[i] = rows.row[i].id;
    }
    return score_accounts_changed(d->db, scoring->dataset, (struct sql_i64s){accounts, rows.n});
}

/* Companies that are new, or that a form named: they may be ideal customers, or none any more.
 */
static enum err note_ideal(struct derive *d)
{
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    int64_t *accounts = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    for (size_t i = 0; i < d->n_accounts; i++) {
        const struct derive_account *account = &d->accounts[i];
        if (account->is_new || account->name_at != INT64_MIN) {
            datasets[n] = account->dataset;
            accounts[n++] = account->id;
        }
    }
    return ideal_changed_many(d->db, (struct sql_i64s){datasets, n},
                              (struct sql_i64s){accounts, n});
}

/* ---- scores as they were ---- */

/* The day is over, and what it ended with is not the score any more. */
static bool ended_otherwise(const struct derive_lead *lead)
{
    return lead->touched && !lead->is_new && lead->into == NULL && !lead->gone &&
           lead->score.total != lead->score_before &&
           lead->last_at_before / CLOCK_DAY < lead->last_at / CLOCK_DAY;
}

static enum err keep_days(struct derive *d)
{
    size_t n = 0;
    int64_t *dataset = ARENA_ARRAY(d->arena, d->n_by_id, int64_t);
    int64_t *id = ARENA_ARRAY(d->arena, d->n_by_id, int64_t);
    int64_t *last_at = ARENA_ARRAY(d->arena, d->n_by_id, int64_t);
    int16_t *score = ARENA_ARRAY(d->arena, d->n_by_id, int16_t);
    for (size_t i = 0; i < d->n_by_id; i++) {
        const struct derive_lead *lead = d->by_id[i];
        if (ended_otherwise(lead)) {
            dataset[n] = lead->dataset;
            id[n] = lead->id;
            last_at[n] = lead->last_at_before;
            score[n++] = lead->score_before;
        }
    }
    if (n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_scores_keep_in in = {
        .dataset = {dataset, n}, .lead = {id, n}, .last_at = {last_at, n}, .score = {score, n}};
    return sql_derive_scores_keep(d->db, &in, NULL);
}

enum err derive_scores_store(struct derive *d)
{
    for (size_t i = 0; i < d->n_scoring; i++) {
        if (!d->scoring[i].formula.plain) {
            TRY(score_stored(d, &d->scoring[i]));
        }
        if (d->scoring[i].formula.of_account) {
            TRY(score_renamed(d, &d->scoring[i]));
        }
    }
    TRY(note_ideal(d));
    return d->rebuilding ? ERR_NONE : keep_days(d);
}
