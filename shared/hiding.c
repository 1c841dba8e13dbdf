#include "shared/hiding.h"

#include "gen/sql.h"
#include "shared/card_away.h"
#include "shared/domain.h"
#include "shared/ideal.h"
#include "shared/segment.h"

/* ---- what follows from the rows ---------------------------------------------- */

struct ids {
    int64_t *accounts, *leads;
    size_t n_accounts, n_leads;
};

static struct ids ids_new(struct arena *arena, size_t n)
{
    return (struct ids){.accounts = ARENA_ARRAY(arena, n, int64_t),
                        .leads = ARENA_ARRAY(arena, n, int64_t)};
}

static void ids_add(struct ids *ids, bool account_null, int64_t account, int64_t lead)
{
    if (account_null) {
        ids->leads[ids->n_leads++] = lead;
    } else {
        ids->accounts[ids->n_accounts++] = account;
    }
}

static struct card_hide cards_of(int64_t dataset, const struct ids *ids, int64_t user,
                                 int64_t operation)
{
    return (struct card_hide){.dataset = dataset,
                              .operation = operation,
                              .user = user,
                              .accounts = {ids->accounts, ids->n_accounts},
                              .leads = {ids->leads, ids->n_leads}};
}

static enum err refresh(struct db *db, int64_t dataset, const struct ids *ids)
{
    size_t n = ids->n_accounts > ids->n_leads ? ids->n_accounts : ids->n_leads;
    int64_t *datasets = ARENA_ARRAY(db_ctx(db)->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = dataset;
    }
    TRY(cards_refresh_accounts(db, datasets, ids->accounts, ids->n_accounts, NULL));
    return cards_refresh_leads(db, datasets, ids->leads, ids->n_leads, NULL);
}

static enum err touch(struct db *db, int64_t dataset, const struct ids *ids)
{
    const struct segment_touch touch = {.dataset = dataset,
                                        .on = FILTER_ON_ALL,
                                        .accounts = {ids->accounts, ids->n_accounts},
                                        .leads = {ids->leads, ids->n_leads}};
    return segment_touch(db, &touch);
}

enum err hiding_settle(struct db *db, int64_t dataset, struct sql_i64s accounts,
                       struct sql_i64s leads, int64_t user, int64_t operation)
{
    struct arena *arena = db_ctx(db)->arena;
    struct sql_hiding_settle_rows rows;
    TRY(sql_hiding_settle(db,
                          &(struct sql_hiding_settle_in){
                              .dataset = dataset, .accounts = accounts, .leads = leads},
                          &rows));
    struct ids hidden = ids_new(arena, rows.n), shown = ids_new(arena, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        ids_add(rows.row[i].hidden ? &hidden : &shown, rows.row[i].account_null,
                rows.row[i].account, rows.row[i].lead);
    }
    TRY(touch(db, dataset, &hidden));
    TRY(touch(db, dataset, &shown));
    if (hidden.n_accounts + hidden.n_leads > 0) {
        struct card_hide cards = cards_of(dataset, &hidden, user, operation);
        TRY(card_away_hide(db, &cards));
    }
    if (shown.n_accounts + shown.n_leads > 0) {
        struct card_hide cards = cards_of(dataset, &shown, user, operation);
        TRY(card_away_show(db, &cards));
        TRY(ideal_changed(db, dataset, (struct sql_i64s){shown.accounts, shown.n_accounts}));
        TRY(refresh(db, dataset, &shown));
    }
    return ERR_NONE;
}

/* Everything that a row is about. */
static enum err settle_about(struct db *db, int64_t dataset,
                             const struct sql_hiding_about_in *about, int64_t user,
                             int64_t operation)
{
    struct sql_hiding_about_rows rows;
    TRY(sql_hiding_about(db, about, &rows));
    struct ids ids = ids_new(db_ctx(db)->arena, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        ids_add(&ids, rows.row[i].account_null, rows.row[i].account, rows.row[i].lead);
    }
    return hiding_settle(db, dataset, (struct sql_i64s){ids.accounts, ids.n_accounts},
                         (struct sql_i64s){ids.leads, ids.n_leads}, user, operation);
}

static struct sql_hiding_about_in about_row(int64_t dataset, const struct sql_hiding_get *row)
{
    return (struct sql_hiding_about_in){.dataset = dataset,
                                        .account = row->account,
                                        .account_null = row->account_null,
                                        .lead = row->lead,
                                        .lead_null = row->lead_null,
                                        .domain = row->domain,
                                        .name = row->name};
}

static enum err get(struct db *db, int64_t dataset, int64_t hiding, struct sql_hiding_get *out)
{
    struct sql_hiding_get_rows rows;
    TRY(sql_hiding_get(db, &(struct sql_hiding_get_in){.dataset = dataset, .hiding = hiding},
                       &rows));
    if (rows.n == 0) {
        return ctx_fail(db_ctx(db), ERR_NOT_FOUND, "This is not hidden any more.");
    }
    *out = rows.row[0];
    return ERR_NONE;
}

/* ---- hiding ------------------------------------------------------------------ */

/* "https://www.Acme.example/about" hides acme.example; a free-mail domain hides those who write
 * from it. */
static enum err read_domain(struct db *db, struct str typed, struct str *out_domain)
{
    struct ctx *ctx = db_ctx(db);
    struct str host = str_trim(typed), domain;
    size_t scheme = str_find(host, ':');
    if (str_starts(str_slice(host, scheme, host.n), STR("://"))) {
        host = str_slice(host, scheme + 3, host.n);
    }
    host = str_slice(host, 0, str_find(host, '/'));
    size_t at = str_find(host, '@');
    host = at < host.n ? str_slice(host, at + 1, host.n) : host;
    if (!domain_normal(ctx->arena, host, &domain) || str_is_null(domain_registrable(domain))) {
        return ctx_fail(ctx, ERR_INVALID,
                        "“%.*s” is not the domain of a company. It looks like acme.com.",
                        STR_ARG(str_cut(str_trim(typed), 100)));
    }
    *out_domain = domain_registrable(domain);
    return ERR_NONE;
}

static enum err label_of(struct db *db, const struct hiding *hiding, struct str *out_label)
{
    struct ctx *ctx = db_ctx(db);
    struct sql_people_leads_rows leads;
    struct sql_people_accounts_rows accounts;
    if (hiding->account != 0) {
        TRY(sql_people_accounts(db,
                                &(struct sql_people_accounts_in){.dataset = hiding->dataset,
                                                                 .ids = {&hiding->account, 1}},
                                &accounts));
        if (accounts.n == 0 || !accounts.row[0].merged_into_null) {
            return ctx_fail(ctx, ERR_NOT_FOUND,
                            "This company does not exist, or you may not see it.");
        }
        *out_label = accounts.row[0].name;
        return ERR_NONE;
    }
    TRY(sql_people_leads(
        db,
        &(struct sql_people_leads_in){.dataset = hiding->dataset, .ids = {&hiding->lead, 1}},
        &leads));
    if (leads.n == 0 || !leads.row[0].merged_into_null) {
        return ctx_fail(ctx, ERR_NOT_FOUND, "This lead does not exist, or you may not see it.");
    }
    *out_label = leads.row[0].name;
    return ERR_NONE;
}

static enum err describe(struct db *db, const struct hiding *hiding,
                         struct sql_hiding_add_in *out)
{
    *out = (struct sql_hiding_add_in){.dataset = hiding->dataset,
                                      .account = hiding->account,
                                      .account_null = hiding->account == 0,
                                      .lead = hiding->lead,
                                      .lead_null = hiding->lead == 0,
                                      .user = hiding->user};
    if (hiding->account != 0 || hiding->lead != 0) {
        return label_of(db, hiding, &out->label);
    }
    if (hiding->domain.n > 0) {
        TRY(read_domain(db, hiding->domain, &out->domain));
        out->label = out->domain;
        return ERR_NONE;
    }
    out->name = out->label = str_trim(hiding->name);
    if (out->name.n == 0) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "Say which company: its domain or its name.");
    }
    return ERR_NONE;
}

enum err hiding_hide(struct db *db, const struct hiding *hiding, int64_t *out_operation)
{
    struct sql_hiding_add_in row;
    struct sql_hiding_add_rows added;
    TRY(sql_people_hold(db, NULL));
    TRY(describe(db, hiding, &row));
    const struct operation operation = {.dataset = hiding->dataset,
                                        .kind = OP_HIDE,
                                        .user = hiding->user,
                                        .subject = row.label};
    TRY(operation_begin(db, &operation, out_operation));
    row.operation = *out_operation;
    TRY(sql_hiding_add(db, &row, &added));
    if (added.n == 0) {
        return ctx_fail(db_ctx(db), ERR_CONFLICT, "%.*s is hidden already.",
                        STR_ARG(row.label));
    }
    const struct sql_hiding_about_in about = {.dataset = hiding->dataset,
                                              .account = row.account,
                                              .account_null = row.account_null,
                                              .lead = row.lead,
                                              .lead_null = row.lead_null,
                                              .domain = row.domain,
                                              .name = row.name};
    TRY(settle_about(db, hiding->dataset, &about, hiding->user, *out_operation));
    return operation_end(db, hiding->dataset, *out_operation, 1, (struct str){.p = NULL});
}

/* The row goes, kept in the operation, and what it was about is settled. */
static enum err remove_row(struct db *db, int64_t dataset, const struct sql_hiding_get *row,
                           int64_t user, int64_t operation)
{
    const struct sql_hiding_about_in about = about_row(dataset, row);
    TRY(sql_hiding_remove(db,
                          &(struct sql_hiding_remove_in){
                              .dataset = dataset, .hiding = row->id, .operation = operation},
                          NULL));
    return settle_about(db, dataset, &about, user, operation);
}

enum err hiding_show(struct db *db, int64_t dataset, int64_t user, int64_t hiding,
                     int64_t *out_operation)
{
    struct sql_hiding_get row;
    TRY(sql_people_hold(db, NULL));
    TRY(get(db, dataset, hiding, &row));
    const struct operation operation = {
        .dataset = dataset, .kind = OP_UNHIDE, .user = user, .subject = row.label};
    TRY(operation_begin(db, &operation, out_operation));
    TRY(remove_row(db, dataset, &row, user, *out_operation));
    return operation_end(db, dataset, *out_operation, 1, (struct str){.p = NULL});
}

enum err hiding_undo_hide(struct db *db, struct operation_undoing *undoing,
                          struct operation_undone *out)
{
    struct sql_hiding_of_operation_rows rows;
    struct sql_hiding_get row;
    int64_t dataset = undoing->dataset;
    TRY(sql_people_hold(db, NULL));
    TRY(sql_hiding_of_operation(db,
                                &(struct sql_hiding_of_operation_in){
                                    .dataset = dataset, .operation = undoing->operation->id},
                                &rows));
    if (rows.n == 0) {
        out->kept++; /* shown since */
        return ERR_NONE;
    }
    TRY(get(db, dataset, rows.row[0].id, &row));
    TRY(remove_row(db, dataset, &row, undoing->user, undoing->undo));
    out->undone++;
    return ERR_NONE;
}

enum err hiding_undo_show(struct db *db, struct operation_undoing *undoing,
                          struct operation_undone *out)
{
    struct sql_hiding_put_back_rows rows;
    struct sql_hiding_get row;
    int64_t dataset = undoing->dataset;
    TRY(sql_people_hold(db, NULL));
    TRY(sql_hiding_put_back(db,
                            &(struct sql_hiding_put_back_in){
                                .dataset = dataset, .operation = undoing->operation->id},
                            &rows));
    if (rows.n == 0) {
        out->kept++; /* hidden since, or gone */
        return ERR_NONE;
    }
    TRY(get(db, dataset, rows.row[0].id, &row));
    const struct sql_hiding_about_in about = about_row(dataset, &row);
    TRY(settle_about(db, dataset, &about, undoing->user, undoing->undo));
    out->undone++;
    return ERR_NONE;
}
