#include "shared/people_parts.h"

#include "shared/facts.h"

static enum err begin(struct db *db, const struct people_pair *pair,
                      const struct sql_people_accounts rows[2], int64_t *out_operation)
{
    struct ctx *ctx = db_ctx(db);
    if (rows[1].hidden) {
        return ctx_fail(ctx, ERR_INVALID, "%.*s is hidden. Show it again first.",
                        STR_ARG(rows[1].name));
    }
    const struct operation operation = {.dataset = pair->dataset,
                                        .kind = OP_MERGE_ACCOUNTS,
                                        .user = pair->user,
                                        .subject = arena_print(ctx->arena, "%.*s into %.*s",
                                                               STR_ARG(rows[0].name),
                                                               STR_ARG(rows[1].name))};
    return operation_begin(db, &operation, out_operation);
}

enum err people_merge_accounts(struct db *db, const struct people_pair *pair,
                               int64_t *out_operation)
{
    struct sql_people_accounts rows[2];
    struct sql_people_account_merge merged;
    if (pair->from == pair->into) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "A company can't be merged with itself.");
    }
    TRY(sql_people_hold(db, NULL));
    TRY(people_lock_accounts(db, pair->dataset, pair->from, pair->into, rows));
    TRY(begin(db, pair, rows, out_operation));
    TRY(facts_know(db, pair->dataset, pair->from));
    TRY(facts_know(db, pair->dataset, pair->into));
    const struct card_merge cards = {.dataset = pair->dataset,
                                     .operation = *out_operation,
                                     .user = pair->user,
                                     .from = {.account = pair->from},
                                     .to = {.account = pair->into}};
    TRY(card_away_merge(db, &cards));
    TRY(sql_people_account_merge(db,
                                 &(struct sql_people_account_merge_in){
                                     .dataset = pair->dataset,
                                     .account = pair->from,
                                     .into = pair->into,
                                     .user = pair->user,
                                     .operation = *out_operation,
                                 },
                                 &merged));
    TRY(sql_people_account_name_fill(
        db,
        &(struct sql_people_account_name_fill_in){
            .dataset = pair->dataset, .account = pair->from, .into = pair->into},
        NULL));
    TRY(facts_fill(db, pair->dataset, pair->into));
    const int64_t accounts[] = {pair->from, pair->into};
    TRY(people_settle(db, pair->dataset, (struct sql_i64s){0}, (struct sql_i64s){accounts, 2}));
    return operation_end(db, pair->dataset, *out_operation, 1, (struct str){.p = NULL});
}

static enum err part(struct db *db, struct operation_undoing *undoing,
                     const struct sql_people_account_merge_get *merge)
{
    struct sql_people_account_unmerge parted;
    return sql_people_account_unmerge(db,
                                      &(struct sql_people_account_unmerge_in){
                                          .dataset = undoing->dataset,
                                          .account = merge->account,
                                          .into = merge->into,
                                          .head = merge->head,
                                          .operation = undoing->operation->id,
                                      },
                                      &parted);
}

enum err people_undo_merge_accounts(struct db *db, struct operation_undoing *undoing,
                                    struct operation_undone *out)
{
    struct sql_people_account_merge_get_rows merges;
    int64_t dataset = undoing->dataset;
    TRY(sql_people_hold(db, NULL));
    TRY(sql_people_account_merge_get(
        db,
        &(struct sql_people_account_merge_get_in){.dataset = dataset,
                                                  .operation = undoing->operation->id},
        &merges));
    if (merges.n == 0) {
        out->kept++;
        return ERR_NONE;
    }
    const struct sql_people_account_merge_get *merge = &merges.row[0];
    const int64_t accounts[] = {merge->account, merge->into, merge->head};
    TRY(part(db, undoing, merge));
    TRY(sql_people_accounts_rename(
        db, &(struct sql_people_accounts_rename_in){.dataset = dataset, .ids = {accounts, 3}},
        NULL));
    for (size_t i = 0; i < 3; i++) {
        TRY(facts_fill(db, dataset, accounts[i]));
    }
    /* Before the cards come back: what is hidden has none. */
    TRY(people_settle(db, dataset, (struct sql_i64s){0}, (struct sql_i64s){accounts, 3}));
    const struct card_merge cards = {.dataset = dataset,
                                     .operation = undoing->operation->id,
                                     .user = undoing->user,
                                     .from = {.account = merge->account},
                                     .to = {.account = merge->head}};
    struct operation_undone counts = {0};
    TRY(card_away_unmerge(db, &cards, undoing->undo, &counts));
    out->undone++;
    out->kept += counts.kept;
    out->elsewhere += counts.elsewhere;
    return people_settle(db, dataset, (struct sql_i64s){0}, (struct sql_i64s){accounts, 3});
}
