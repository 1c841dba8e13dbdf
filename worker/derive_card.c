#include "shared/cards.h"
#include "shared/log.h"
#include "shared/queue.h"
#include "worker/derive_parts.h"

/* ---- what cards repeat ---- */

static enum err refresh_accounts(struct derive *d)
{
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    for (size_t i = 0; i < d->n_accounts; i++) {
        datasets[i] = d->accounts[i].dataset;
        ids[i] = d->accounts[i].id;
    }
    return cards_refresh_accounts(d->db, datasets, ids, d->n_accounts, NULL);
}

/* A contact had a card of its own only while it had no account. */
static bool may_have_card(const struct derive_lead *lead)
{
    return lead->touched && lead->into == NULL && lead->was_contact && lead->account_id == 0;
}

static enum err refresh_leads(struct derive *d)
{
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_by_id, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, d->n_by_id, int64_t);
    for (size_t i = 0; i < d->n_by_id; i++) {
        if (may_have_card(d->by_id[i])) {
            datasets[n] = d->by_id[i]->dataset;
            ids[n++] = d->by_id[i]->id;
        }
    }
    return cards_refresh_leads(d->db, datasets, ids, n, NULL);
}

/* ---- enrichment ---- */

static enum err enrich_new(struct derive *d)
{
    size_t n = 0;
    struct queue_job *jobs = ARENA_ARRAY(d->arena, d->n_accounts, struct queue_job);
    for (size_t i = 0; i < d->n_accounts; i++) {
        const struct derive_account *account = &d->accounts[i];
        if (account->is_new && account->domain.n > 0) {
            jobs[n++] = (struct queue_job){
                .dataset = account->dataset,
                .uniq = arena_print(d->arena, "account:%lld", (long long)account->id),
                .payload =
                    arena_print(d->arena, "{\"account\":\"%lld\"}", (long long)account->id)};
        }
    }
    struct queue_opts opts = {.unique = QUEUE_KEEP};
    return queue_add_many(d->db, JOB_ENRICH, jobs, n, &opts, NULL);
}

/* ---- names of addresses ---- */

/* Whose sessions are known now, so that it is known which names to ask for. */
static enum err ask_names(struct derive *d)
{
    struct sql_reverse_waits_rows rows;
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_visitors, int64_t);
    for (size_t i = 0; i < d->n_visitors; i++) { /* sorted by dataset */
        if (n == 0 || datasets[n - 1] != d->visitors[i].dataset) {
            datasets[n++] = d->visitors[i].dataset;
        }
    }
    TRY(sql_reverse_waits(d->db, &(struct sql_reverse_waits_in){.dataset = {datasets, n}},
                          &rows));
    struct queue_job *jobs = ARENA_ARRAY(d->arena, rows.n, struct queue_job);
    for (size_t i = 0; i < rows.n; i++) {
        jobs[i] = (struct queue_job){.dataset = rows.row[i].dataset, .uniq = STR("reverse")};
    }
    struct queue_opts opts = {.unique = QUEUE_RERUN};
    return queue_add_many(d->db, JOB_REVERSE, jobs, rows.n, &opts, NULL);
}

enum err derive_cards(struct derive *d)
{
    if (d->cursor.hiding) {
        TRY(derive_people_hide(d));
    }
    if (d->rebuilding) {
        return ERR_NONE;
    }
    TRY(refresh_accounts(d));
    TRY(refresh_leads(d));
    TRY(derive_touch(d));
    TRY(ask_names(d));
    return enrich_new(d);
}
