#include "shared/domain.h"
#include "worker/derive_parts.h"

/* A lead and an account that it is or was of: by id, by domain or by name. */
struct want {
    int64_t dataset, id;
    struct str domain, name;
    struct str name_lower; /* as the database folds it */
    int16_t score;
    struct derive_lead *lead;
    struct derive_account **slot;
};

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Those that exist first by id, then new ones by what names them. */
static int compare_wants(const void *pa, const void *pb)
{
    const struct want *a = pa, *b = pb;
    int order = compare_i64(a->dataset, b->dataset);
    order = order ? order : compare_i64(b->id, a->id);
    if (order != 0 || a->id != 0) {
        return order;
    }
    order = str_cmp(a->domain, b->domain);
    return order || a->domain.n > 0 ? order : str_cmp(a->name_lower, b->name_lower);
}

/* Only what identifies a company anew changes whose a lead is. */
static bool is_resolved_anew(const struct derive_lead *lead)
{
    return lead->is_new || lead->merged || lead->retold || lead->facts != NULL ||
           lead->network_new || lead->before.sessions == 0 ||
           (!lead->was_contact && !str_is_null(lead->email));
}

/* The order of trust (derive.h). */
static void name_company(const struct derive_lead *lead, struct want *want)
{
    struct str domain = lead->told_domain;
    if (domain.n == 0) {
        domain = email_company_domain(lead->email_domain);
    }
    want->name = lead->company;
    if (domain.n == 0 && want->name.n == 0) {
        domain = lead->network_domain;
        want->name = lead->network_name;
    }
    want->domain = domain.n > 0 ? domain : (struct str){.p = NULL};
    want->name = domain.n > 0 ? domain : want->name;
}

static size_t add_wants(struct derive_lead *lead, struct want *wants)
{
    size_t n = 0;
    struct want want = {.dataset = lead->dataset, .lead = lead};
    if (lead->account_id != 0) {
        want.id = lead->account_id;
        want.slot = &lead->account_before;
        wants[n++] = want;
    }
    if (lead->into != NULL || lead->shown != NULL || lead->gone) {
        return n;
    }
    want.slot = &lead->account;
    if (lead->linked) {
        want.id = lead->link_account;
    } else if (is_resolved_anew(lead)) {
        want.id = 0;
        name_company(lead, &want);
    }
    if (want.id != 0 || want.name.n > 0) {
        wants[n++] = want;
    }
    return n;
}

static size_t collect_wants(struct derive *d, struct want **out_wants)
{
    size_t n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += 2;
    }
    *out_wants = ARENA_ARRAY(d->arena, n, struct want);
    n = 0;
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        if (lead->touched || lead->into != NULL) {
            n += add_wants(lead, *out_wants + n);
        }
    }
    return n;
}

/* Ids, names and scores of those that exist. */
static enum err look_up(struct derive *d, struct want *wants, size_t n)
{
    struct sql_derive_accounts_rows rows;
    int64_t *datasets = ARENA_ARRAY(d->arena, n, int64_t);
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    struct str *domains = ARENA_ARRAY(d->arena, n, struct str);
    struct str *names = ARENA_ARRAY(d->arena, n, struct str);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = wants[i].dataset;
        ids[i] = wants[i].id;
        domains[i] = wants[i].domain;
        names[i] = wants[i].name;
    }
    struct sql_derive_accounts_in in = {
        .dataset = {datasets, n}, .id = {ids, n}, .domain = {domains, n}, .name = {names, n}};
    TRY(sql_derive_accounts(d->db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct want *want = &wants[rows.row[i].nr - 1];
        want->name_lower = rows.row[i].name_lower;
        if (rows.row[i].id_null) {
            want->id = 0;
        } else {
            want->id = rows.row[i].id;
            want->score = rows.row[i].score;
            want->name = rows.row[i].name;
        }
    }
    return ERR_NONE;
}

static void begin_account(struct derive_account *account, const struct want *want)
{
    *account = (struct derive_account){
        .dataset = want->dataset,
        .id = want->id,
        .is_new = want->id == 0,
        .domain = want->domain,
        .name = want->name,
        .name_before = want->name,
        .name_at = INT64_MIN,
        .score_before = want->score,
        .score = want->score,
        .first_at = INT64_MAX,
        .last_at = INT64_MIN,
    };
}

/* The latest form that names the company; of one moment the greater text. */
static void name_account(struct derive_account *account, const struct derive_lead *lead)
{
    bool later =
        lead->company_at > account->name_at ||
        (lead->company_at == account->name_at && str_cmp(lead->company, account->name) > 0);
    if (lead->company_at != INT64_MIN && lead->company.n > 0 && later) {
        account->name = lead->company;
        account->name_at = lead->company_at;
    }
}

static enum err number_new(struct derive *d)
{
    struct sql_derive_account_ids_rows rows;
    int64_t n = 0;
    for (size_t i = 0; i < d->n_accounts; i++) {
        n += d->accounts[i].is_new ? 1 : 0;
    }
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(sql_derive_account_ids(d->db, &(struct sql_derive_account_ids_in){.count = n}, &rows));
    n = 0;
    for (size_t i = 0; i < d->n_accounts; i++) {
        if (d->accounts[i].is_new) {
            d->accounts[i].id = rows.row[n++].id;
        }
    }
    return ERR_NONE;
}

enum err derive_accounts(struct derive *d)
{
    struct want *wants;
    size_t n = collect_wants(d, &wants);
    if (n == 0) {
        return ERR_NONE;
    }
    TRY(look_up(d, wants, n));
    qsort(wants, n, sizeof(*wants), compare_wants);
    d->accounts = ARENA_ARRAY(d->arena, n, struct derive_account);
    for (size_t i = 0; i < n; i++) {
        if (wants[i].id == 0 && wants[i].slot == &wants[i].lead->account_before) {
            continue; /* its row is gone */
        }
        if (i == 0 || d->n_accounts == 0 || compare_wants(&wants[i - 1], &wants[i]) != 0) {
            begin_account(&d->accounts[d->n_accounts++], &wants[i]);
        }
        struct derive_account *account = &d->accounts[d->n_accounts - 1];
        *wants[i].slot = account;
        if (wants[i].slot == &wants[i].lead->account && !wants[i].lead->linked) {
            name_account(account, wants[i].lead);
        }
    }
    return number_new(d);
}

static void add_counts(struct derive_account *account, const struct derive_counts *counts,
                       bool contact, int sign)
{
    account->leads += sign;
    account->contacts += contact ? sign : 0;
    account->counts.visitors += sign * counts->visitors;
    account->counts.sessions += sign * counts->sessions;
    account->counts.pageviews += sign * counts->pageviews;
    account->counts.forms += sign * counts->forms;
    account->counts.events += sign * counts->events;
}

void derive_accounts_count(struct derive *d)
{
    for (struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        struct derive_account *was = lead->account_before, *is = lead->account;
        if (was != NULL) {
            add_counts(was, &lead->before, lead->was_contact, -1);
            was->recount |=
                was != is || lead->recount || lead->score.total < lead->score_before;
        }
        if (is != NULL) {
            add_counts(is, &lead->now, !str_is_null(lead->email), 1);
            is->score = lead->score.total > is->score ? lead->score.total : is->score;
            is->first_at = lead->first_at < is->first_at ? lead->first_at : is->first_at;
            is->last_at = lead->last_at > is->last_at ? lead->last_at : is->last_at;
        }
    }
}
