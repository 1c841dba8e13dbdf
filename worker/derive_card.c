#include "shared/cards.h"
#include "shared/filter.h"
#include "shared/log.h"
#include "shared/queue.h"
#include "worker/derive_parts.h"

/* ---- boards that take in accounts by themselves ---- */

/* The batch's accounts of a dataset. */
static struct sql_i64s accounts_of(struct derive *d, int64_t dataset)
{
    size_t n = 0;
    int64_t *ids = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    for (size_t i = 0; i < d->n_accounts; i++) {
        if (d->accounts[i].dataset == dataset) {
            ids[n++] = d->accounts[i].id;
        }
    }
    return (struct sql_i64s){.v = ids, .n = n};
}

/* Without those that have a card or were excluded. */
static enum err newcomers(struct derive *d, const struct sql_derive_boards *board,
                          struct sql_i64s *out_ids)
{
    struct sql_derive_newcomers_rows rows;
    struct sql_derive_newcomers_in in = {.dataset = board->dataset,
                                         .board = board->board,
                                         .account = accounts_of(d, board->dataset)};
    TRY(sql_derive_newcomers(d->db, &in, &rows));
    int64_t *ids = ARENA_ARRAY(d->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        ids[i] = rows.row[i].id;
    }
    *out_ids = (struct sql_i64s){.v = ids, .n = rows.n};
    return ERR_NONE;
}

static enum err take_in(struct derive *d, const struct sql_derive_boards *board)
{
    struct filter filter;
    struct filter_query query = {.dataset = board->dataset, .filter = &filter};
    struct sql_i64s ids, matching;
    struct cards_added added;
    TRY(newcomers(d, board, &ids));
    if (ids.n == 0) {
        return ERR_NONE;
    }
    TRY(filter_parse(d->ctx, board->filter, &filter));
    TRY(filter_matches(d->ctx, d->db, &query, ids, &matching));
    if (matching.n == 0) {
        return ERR_NONE;
    }
    struct cards_add add = {
        .dataset = board->dataset,
        .board = board->board,
        .ids = matching.v,
        .n = matching.n,
        .actor = {.kind = ACTOR_REFRESH,
                  .id = board->segment,
                  .cause = arena_print(d->arena, "{\"segment\":\"%lld\"}",
                                       (long long)board->segment)},
    };
    return cards_add_accounts(d->db, &add, &added);
}

/* Sorted by dataset, as the accounts are. */
static enum err take_in_all(struct derive *d)
{
    struct sql_derive_boards_rows boards;
    size_t n = 0;
    int64_t *datasets = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    for (size_t i = 0; i < d->n_accounts; i++) {
        if (n == 0 || datasets[n - 1] != d->accounts[i].dataset) {
            datasets[n++] = d->accounts[i].dataset;
        }
    }
    struct sql_derive_boards_in in = {.dataset = {datasets, n}};
    TRY(sql_derive_boards(d->db, &in, &boards));
    for (size_t i = 0; i < boards.n; i++) {
        enum err err = take_in(d, &boards.row[i]);
        if (err != ERR_NONE && err != ERR_NOT_FOUND) { /* it has no entry stage any more */
            d->board_failed = boards.row[i].board;
            return err;
        }
    }
    return ERR_NONE;
}

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

/* Adds first, then refreshes: the lock order of cards.h. */
enum err derive_cards(struct derive *d)
{
    if (d->cursor.hiding) {
        TRY(derive_people_hide(d));
    }
    if (d->rebuilding) {
        return ERR_NONE;
    }
    if (d->n_accounts > 0 && !d->skip_boards) {
        TRY(take_in_all(d));
    }
    TRY(refresh_accounts(d));
    TRY(refresh_leads(d));
    return enrich_new(d);
}
