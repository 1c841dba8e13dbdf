#include "shared/hiding.h"
#include "worker/derive_parts.h"

/* Copies: each lead keeps what it was told. Which company it is stays with whoever said so: it
 * would name the company of the other. */
void derive_people_tell(struct derive *d, struct derive_lead *lead,
                        const struct derive_fact *facts)
{
    for (const struct derive_fact *fact = facts; fact != NULL; fact = fact->next) {
        if (!fact->standard || !str_eq(fact->key, STR("company"))) {
            struct derive_fact *copy = ARENA_NEW(d->arena, struct derive_fact);
            *copy = *fact;
            copy->next = lead->facts;
            lead->facts = copy;
        }
    }
}

enum err derive_people_read_again(struct derive *d, struct derive_lead **leads, size_t n)
{
    struct sql_derive_facts_again_own_rows rows;
    size_t n_own = 0;
    struct derive_lead **own = ARENA_ARRAY(d->arena, n, struct derive_lead *);
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        if (leads[i]->shown != NULL) {
            datasets[n_own] = leads[i]->dataset;
            ids[n_own] = leads[i]->id;
            own[n_own++] = leads[i];
        }
    }
    if (n_own == 0) {
        return ERR_NONE;
    }
    struct sql_derive_facts_again_own_in in = {.dataset = {datasets, n_own},
                                               .lead = {ids, n_own},
                                               .xid = d->end_xid,
                                               .id = d->end_id,
                                               .floor_id = d->cursor.floor_id};
    TRY(sql_derive_facts_again_own(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct derive_event event = {.at = rows.row[i].at,
                                     .type = rows.row[i].type,
                                     .link =
                                         derive_is_link(rows.row[i].type, rows.row[i].link)};
        struct derive_lead *lead = own[rows.row[i].nr - 1];
        derive_event_read(d->arena, &event, rows.row[i].keys, rows.row[i].vals);
        if (derive_tells_of_another(&event, rows.row[i].email)) {
            continue;
        }
        for (struct derive_fact *fact = event.facts, *next; fact != NULL; fact = next) {
            next = fact->next;
            fact->next = lead->facts;
            lead->facts = fact;
        }
    }
    return ERR_NONE;
}

static void take_link(struct derive_lead *from, struct derive_lead *into)
{
    if (from->linked && !into->linked) {
        into->linked = true;
        into->link_account = from->link_account;
    }
}

void derive_people_follow(struct derive *d)
{
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->into != NULL) {
            take_link(lead, derive_lead_final(lead));
        }
        if (lead->shown == NULL) {
            continue;
        }
        derive_people_tell(d, lead->shown, lead->facts);
        if (lead->touched) {
            lead->shown->touched = true;
            lead->shown->recount = true;
            lead->shown->retold |= lead->retold;
        }
        lead->now = (struct derive_counts){0};
        lead->recount = false;
    }
}

/* ---- leads that were merged by hand ---------------------------------------- */

struct pairs {
    int64_t *datasets, *from, *to;
    size_t n;
};

static struct pairs pairs_new(struct derive *d)
{
    size_t n = 0;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->shown != NULL || lead->linked ? 1 : 0;
    }
    return (struct pairs){.datasets = ARENA_ARRAY(d->arena, n, int64_t),
                          .from = ARENA_ARRAY(d->arena, n, int64_t),
                          .to = ARENA_ARRAY(d->arena, n, int64_t)};
}

static void pairs_add(struct pairs *pairs, const struct derive_lead *from,
                      const struct derive_lead *to)
{
    pairs->datasets[pairs->n] = from->dataset;
    pairs->from[pairs->n] = from->id;
    pairs->to[pairs->n++] = to->id;
}

enum err derive_people_move(struct derive *d)
{
    struct pairs pairs = pairs_new(d);
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->shown != NULL && lead->into != NULL) {
            pairs_add(&pairs, lead, derive_lead_final(lead));
        }
    }
    if (pairs.n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_own_move_in in = {.dataset = {pairs.datasets, pairs.n},
                                        .from_lead = {pairs.from, pairs.n},
                                        .to_lead = {pairs.to, pairs.n}};
    return sql_derive_own_move(d->db, &in, NULL);
}

enum err derive_people_show(struct derive *d)
{
    struct pairs pairs = pairs_new(d);
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->shown != NULL && lead->into == NULL && lead->touched) {
            pairs_add(&pairs, lead, lead->shown);
        }
    }
    if (pairs.n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_shown_sessions_in sessions = {.dataset = {pairs.datasets, pairs.n},
                                                    .own = {pairs.from, pairs.n},
                                                    .shown = {pairs.to, pairs.n}};
    TRY(sql_derive_shown_sessions(d->db, &sessions, NULL));
    struct sql_derive_shown_visitors_in visitors = {.dataset = {pairs.datasets, pairs.n},
                                                    .own = {pairs.from, pairs.n},
                                                    .shown = {pairs.to, pairs.n}};
    return sql_derive_shown_visitors(d->db, &visitors, NULL);
}

enum err derive_people_links(struct derive *d)
{
    struct pairs pairs = pairs_new(d);
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->linked && lead->into != NULL) {
            pairs_add(&pairs, lead, derive_lead_final(lead));
        }
    }
    if (pairs.n == 0) {
        return ERR_NONE;
    }
    struct sql_derive_links_move_in in = {.dataset = {pairs.datasets, pairs.n},
                                          .from_lead = {pairs.from, pairs.n},
                                          .to_lead = {pairs.to, pairs.n}};
    return sql_derive_links_move(d->db, &in, NULL);
}

/* ---- hiding ------------------------------------------------------------------ */

static struct sql_i64s accounts_of(struct derive *d, int64_t dataset)
{
    size_t n = 0;
    int64_t *ids = ARENA_ARRAY(d->arena, d->n_accounts, int64_t);
    for (size_t i = 0; i < d->n_accounts; i++) {
        const struct derive_account *account = &d->accounts[i];
        if (account->dataset == dataset && (account->is_new || account->name_at != INT64_MIN)) {
            ids[n++] = account->id;
        }
    }
    return (struct sql_i64s){ids, n};
}

/* New contacts without a company. */
static bool may_be_hidden(const struct derive_lead *lead)
{
    return lead->touched && lead->into == NULL && lead->account == NULL && !lead->was_contact &&
           !str_is_null(lead->email);
}

static struct sql_i64s leads_of(struct derive *d, int64_t dataset)
{
    size_t n = 0;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += lead->dataset == dataset && may_be_hidden(lead) ? 1 : 0;
    }
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    n = 0;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->dataset == dataset && may_be_hidden(lead)) {
            ids[n++] = lead->id;
        }
    }
    return (struct sql_i64s){ids, n};
}

enum err derive_people_hide(struct derive *d)
{
    for (size_t i = 0; i < d->n_visitors; i++) { /* sorted by dataset */
        int64_t dataset = d->visitors[i].dataset;
        if (i > 0 && d->visitors[i - 1].dataset == dataset) {
            continue;
        }
        struct sql_i64s accounts = accounts_of(d, dataset), leads = leads_of(d, dataset);
        if (accounts.n + leads.n > 0) {
            TRY(hiding_settle(d->db, dataset, accounts, leads, 0, 0));
        }
    }
    return ERR_NONE;
}
