#include "shared/people_parts.h"

#include "shared/hiding.h"
#include "shared/ideal.h"
#include "shared/score.h"
#include "shared/segment.h"

#define NO_LEAD "This lead does not exist, or you may not see it."
#define NO_ACCOUNT "This company does not exist, or you may not see it."

static bool has(const int64_t *ids, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Each once, without 0. */
static struct sql_i64s each_once(struct arena *arena, struct sql_i64s ids)
{
    size_t n = 0;
    int64_t *kept = ARENA_ARRAY(arena, ids.n, int64_t);
    for (size_t i = 0; i < ids.n; i++) {
        if (ids.v[i] != 0 && !has(kept, n, ids.v[i])) {
            kept[n++] = ids.v[i];
        }
    }
    return (struct sql_i64s){kept, n};
}

enum err people_lock_leads(struct db *db, int64_t dataset, int64_t a, int64_t b,
                           struct sql_people_leads out[2])
{
    const int64_t ids[] = {a, b};
    struct sql_people_leads_rows rows;
    TRY(sql_people_leads(
        db, &(struct sql_people_leads_in){.dataset = dataset, .ids = {ids, b != 0 ? 2 : 1}},
        &rows));
    for (size_t i = 0; i < (b != 0 ? 2 : 1); i++) {
        size_t k = 0;
        while (k < rows.n && rows.row[k].id != ids[i]) {
            k++;
        }
        if (k == rows.n) {
            return ctx_fail(db_ctx(db), ERR_NOT_FOUND, NO_LEAD);
        }
        if (!rows.row[k].merged_into_null) {
            return ctx_fail(db_ctx(db), ERR_CONFLICT, "%.*s was merged with another lead.",
                            STR_ARG(rows.row[k].name));
        }
        out[i] = rows.row[k];
    }
    return ERR_NONE;
}

enum err people_lock_accounts(struct db *db, int64_t dataset, int64_t a, int64_t b,
                              struct sql_people_accounts out[2])
{
    const int64_t ids[] = {a, b};
    struct sql_people_accounts_rows rows;
    TRY(sql_people_accounts(
        db, &(struct sql_people_accounts_in){.dataset = dataset, .ids = {ids, b != 0 ? 2 : 1}},
        &rows));
    for (size_t i = 0; i < (b != 0 ? 2 : 1); i++) {
        size_t k = 0;
        while (k < rows.n && rows.row[k].id != ids[i]) {
            k++;
        }
        if (k == rows.n) {
            return ctx_fail(db_ctx(db), ERR_NOT_FOUND, NO_ACCOUNT);
        }
        if (!rows.row[k].merged_into_null) {
            return ctx_fail(db_ctx(db), ERR_CONFLICT, "%.*s was merged with another company.",
                            STR_ARG(rows.row[k].name));
        }
        out[i] = rows.row[k];
    }
    return ERR_NONE;
}

static enum err refresh_cards(struct db *db, int64_t dataset, struct sql_i64s leads,
                              struct sql_i64s accounts)
{
    size_t n = leads.n > accounts.n ? leads.n : accounts.n;
    int64_t *datasets = ARENA_ARRAY(db_ctx(db)->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = dataset;
    }
    TRY(cards_refresh_accounts(db, datasets, accounts.v, accounts.n, NULL));
    return cards_refresh_leads(db, datasets, leads.v, leads.n, NULL);
}

enum err people_settle(struct db *db, int64_t dataset, struct sql_i64s leads,
                       struct sql_i64s accounts)
{
    struct ctx *ctx = db_ctx(db);
    leads = each_once(ctx->arena, leads);
    accounts = each_once(ctx->arena, accounts);
    TRY(score_renew(ctx, db, dataset, leads));
    TRY(ideal_changed(db, dataset, accounts));
    TRY(score_accounts_changed(db, dataset, accounts)); /* they may be called otherwise now */
    TRY(sql_people_accounts_recount(
        db, &(struct sql_people_accounts_recount_in){.dataset = dataset, .ids = accounts},
        NULL));
    TRY(hiding_settle(db, dataset, accounts, leads, 0, 0));
    TRY(segment_touch(db, &(struct segment_touch){.dataset = dataset,
                                                  .on = FILTER_ON_ALL,
                                                  .accounts = accounts,
                                                  .leads = leads}));
    return refresh_cards(db, dataset, leads, accounts);
}

/* ---- links ----------------------------------------------------------------- */

static enum err check_link(struct db *db, const struct people_pair *pair,
                           const struct sql_people_leads *lead,
                           const struct sql_people_accounts *account)
{
    struct ctx *ctx = db_ctx(db);
    int64_t now = lead->account_null ? 0 : lead->account;
    if (lead->linked && now == pair->into) {
        return ctx_fail(ctx, ERR_CONFLICT, "%.*s is %s already.", STR_ARG(lead->name),
                        pair->into == 0 ? "of no company" : "linked to this company");
    }
    if (pair->into == 0 && now == 0) {
        return ctx_fail(ctx, ERR_CONFLICT, "%.*s is of no company.", STR_ARG(lead->name));
    }
    if (pair->into != 0 && account->hidden) {
        return ctx_fail(ctx, ERR_INVALID, "%.*s is hidden. Show it again first.",
                        STR_ARG(account->name));
    }
    return ERR_NONE;
}

static struct str said_of(struct db *db, const struct sql_people_leads *lead,
                          const struct sql_people_accounts *account)
{
    return str_is_empty(account->name)
               ? lead->name
               : arena_print(db_ctx(db)->arena, "%.*s to %.*s", STR_ARG(lead->name),
                             STR_ARG(account->name));
}

enum err people_link(struct db *db, const struct people_pair *pair, int64_t *out_operation)
{
    struct sql_people_leads lead[2];
    struct sql_people_accounts account[2] = {0};
    TRY(sql_people_hold(db, NULL));
    TRY(people_lock_leads(db, pair->dataset, pair->from, 0, lead));
    if (pair->into != 0) {
        TRY(people_lock_accounts(db, pair->dataset, pair->into, 0, account));
    }
    TRY(check_link(db, pair, &lead[0], &account[0]));
    const struct operation operation = {.dataset = pair->dataset,
                                        .kind = pair->into != 0 ? OP_LINK : OP_UNLINK,
                                        .user = pair->user,
                                        .subject = said_of(db, &lead[0], &account[0])};
    TRY(operation_begin(db, &operation, out_operation));
    TRY(sql_people_link_put(db,
                            &(struct sql_people_link_put_in){
                                .dataset = pair->dataset,
                                .lead = pair->from,
                                .account = pair->into,
                                .account_null = pair->into == 0,
                                .user = pair->user,
                                .operation = *out_operation,
                            },
                            NULL));
    if (pair->into != 0 && lead[0].account_null) {
        const struct card_merge cards = {.dataset = pair->dataset,
                                         .operation = *out_operation,
                                         .user = pair->user,
                                         .from = {.lead = pair->from},
                                         .to = {.account = pair->into}};
        TRY(card_away_merge(db, &cards));
    }
    const int64_t accounts[] = {pair->into, lead[0].account_null ? 0 : lead[0].account};
    TRY(people_settle(db, pair->dataset, (struct sql_i64s){&pair->from, 1},
                      (struct sql_i64s){accounts, 2}));
    return operation_end(db, pair->dataset, *out_operation, 1, (struct str){.p = NULL});
}

enum err people_undo_link(struct db *db, struct operation_undoing *undoing,
                          struct operation_undone *out)
{
    struct sql_people_link_get_rows links;
    struct sql_people_link_back back;
    int64_t dataset = undoing->dataset, operation = undoing->operation->id;
    TRY(sql_people_hold(db, NULL));
    TRY(sql_people_link_get(
        db, &(struct sql_people_link_get_in){.dataset = dataset, .operation = operation},
        &links));
    if (links.n == 0) {
        out->kept++; /* linked elsewhere since */
        return ERR_NONE;
    }
    int64_t lead = links.row[0].lead;
    int64_t was = links.row[0].account_null ? 0 : links.row[0].account;
    struct sql_people_leads row[2];
    TRY(people_lock_leads(db, dataset, lead, 0, row));
    TRY(sql_people_link_back(db,
                             &(struct sql_people_link_back_in){
                                 .dataset = dataset, .lead = lead, .operation = operation},
                             &back));
    struct operation_undone cards = {0};
    const struct card_merge merge = {.dataset = dataset,
                                     .operation = operation,
                                     .user = undoing->user,
                                     .from = {.lead = lead},
                                     .to = {.account = was}};
    if (back.account_null) {
        TRY(card_away_unmerge(db, &merge, undoing->undo, &cards));
    }
    const int64_t accounts[] = {was, back.account_null ? 0 : back.account};
    out->undone++;
    out->elsewhere += cards.elsewhere;
    return people_settle(db, dataset, (struct sql_i64s){&lead, 1},
                         (struct sql_i64s){accounts, 2});
}
