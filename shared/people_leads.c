#include "shared/people_parts.h"
#include "shared/target.h"
#include "shared/segment.h"

#include "shared/queue.h"

/* Who has an address stays. */
static enum err order(struct db *db, const struct sql_people_leads rows[2],
                      const struct sql_people_leads **out_from,
                      const struct sql_people_leads **out_into)
{
    bool swap = str_is_null(rows[1].email) && !str_is_null(rows[0].email);
    *out_from = &rows[swap ? 1 : 0];
    *out_into = &rows[swap ? 0 : 1];
    if (str_is_null((*out_into)->email)) {
        return ctx_fail(db_ctx(db), ERR_INVALID,
                        "Both are anonymous: nothing says who they are. Once one of them is "
                        "known they can be merged.");
    }
    if ((*out_into)->hidden) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "%.*s is hidden. Show it again first.",
                        STR_ARG((*out_into)->name));
    }
    return ERR_NONE;
}

static int64_t account_of(const struct sql_people_leads *lead)
{
    return lead->account_null ? 0 : lead->account;
}

static enum err move(struct db *db, const struct people_pair *pair, int64_t operation)
{
    struct sql_people_lead_merge merged;
    TRY(sql_people_lead_merge(db,
                              &(struct sql_people_lead_merge_in){
                                  .dataset = pair->dataset,
                                  .lead = pair->from,
                                  .into = pair->into,
                                  .user = pair->user,
                                  .operation = operation,
                              },
                              &merged));
    return sql_people_values_give(db,
                                  &(struct sql_people_values_give_in){
                                      .dataset = pair->dataset,
                                      .lead = pair->from,
                                      .into = pair->into,
                                      .operation = operation,
                                  },
                                  NULL);
}

/* pair: in the order in which they are merged. */
static enum err merge(struct db *db, const struct people_pair *pair,
                      const struct sql_people_leads *from, const struct sql_people_leads *into,
                      int64_t operation)
{
    int64_t account = account_of(into) != 0 ? account_of(into) : account_of(from);
    bool takes = account_of(into) == 0 && account != 0 && !into->linked;
    account = takes ? account : account_of(into);
    if (takes) {
        TRY(sql_people_lead_company(db,
                                    &(struct sql_people_lead_company_in){
                                        .dataset = pair->dataset,
                                        .lead = pair->into,
                                        .account = account,
                                        .user = pair->user,
                                        .operation = operation,
                                    },
                                    NULL));
    }
    struct card_merge cards = {.dataset = pair->dataset,
                               .operation = operation,
                               .user = pair->user,
                               .from = {.lead = pair->from},
                               .to = people_subject(pair->into, account)};
    if (account_of(from) == 0) {
        TRY(card_away_merge(db, &cards));
    }
    cards.from.lead = pair->into;
    if (takes) {
        TRY(card_away_merge(db, &cards));
    }
    return move(db, pair, operation);
}

/* The leads' counters, then what follows from them. */
static enum err settle(struct db *db, int64_t dataset, struct sql_i64s leads,
                       struct sql_i64s accounts)
{
    TRY(sql_people_leads_recount(
        db, &(struct sql_people_leads_recount_in){.dataset = dataset, .ids = leads}, NULL));
    TRY(target_recount(db, dataset, leads));
    return people_settle(db, dataset, leads, accounts);
}

enum err people_merge_leads(struct db *db, const struct people_pair *pair,
                            int64_t *out_operation, int64_t *out_stays)
{
    struct sql_people_leads rows[2];
    const struct sql_people_leads *from, *into;
    if (pair->from == pair->into) {
        return ctx_fail(db_ctx(db), ERR_INVALID, "A lead can't be merged with itself.");
    }
    TRY(sql_people_hold(db, NULL));
    TRY(people_lock_leads(db, pair->dataset, pair->from, pair->into, rows));
    TRY(order(db, rows, &from, &into));
    const struct operation operation = {
        .dataset = pair->dataset,
        .kind = OP_MERGE_LEADS,
        .user = pair->user,
        .subject = arena_print(db_ctx(db)->arena, "%.*s into %.*s", STR_ARG(from->name),
                               STR_ARG(into->name))};
    const struct people_pair ordered = {
        .dataset = pair->dataset, .user = pair->user, .from = from->id, .into = into->id};
    TRY(operation_begin(db, &operation, out_operation));
    TRY(merge(db, &ordered, from, into, *out_operation));
    TRY(target_recount(db, pair->dataset, (struct sql_i64s){&from->id, 1}));
    const int64_t accounts[] = {account_of(from), account_of(into)};
    TRY(settle(db, pair->dataset, (struct sql_i64s){&into->id, 1},
               (struct sql_i64s){accounts, 2}));
    TRY(segment_touch(db, &(struct segment_touch){.dataset = pair->dataset,
                                                  .on = FILTER_ON_ALL,
                                                  .leads = {&from->id, 1}}));
    *out_stays = into->id;
    return operation_end(db, pair->dataset, *out_operation, 1, (struct str){.p = NULL});
}

static enum err part(struct db *db, struct operation_undoing *undoing,
                     const struct sql_people_lead_merge_get *merge, int64_t *out_account)
{
    struct sql_people_lead_unmerge parted;
    int64_t dataset = undoing->dataset, operation = undoing->operation->id;
    TRY(sql_people_values_back(db,
                               &(struct sql_people_values_back_in){.dataset = dataset,
                                                                   .lead = merge->lead,
                                                                   .into = merge->into,
                                                                   .operation = operation},
                               NULL));
    TRY(sql_people_lead_company_back(
        db,
        &(struct sql_people_lead_company_back_in){
            .dataset = dataset, .lead = merge->into, .operation = operation},
        NULL));
    TRY(sql_people_lead_unmerge(db,
                                &(struct sql_people_lead_unmerge_in){
                                    .dataset = dataset,
                                    .lead = merge->lead,
                                    .into = merge->into,
                                    .head = merge->head,
                                    .operation = operation,
                                },
                                &parted));
    *out_account = parted.account_null ? 0 : parted.account;
    return ERR_NONE;
}

static enum err cards_back(struct db *db, struct operation_undoing *undoing,
                           const struct sql_people_lead_merge_get *merge, int64_t account,
                           struct operation_undone *out)
{
    struct operation_undone counts = {0};
    const struct card_merge cards = {.dataset = undoing->dataset,
                                     .operation = undoing->operation->id,
                                     .user = undoing->user,
                                     .from = {.lead = merge->lead},
                                     .to = people_subject(merge->head, account)};
    TRY(card_away_unmerge(db, &cards, undoing->undo, &counts));
    out->kept += counts.kept;
    out->elsewhere += counts.elsewhere;
    return ERR_NONE;
}

/* What events told since, while two were one, is told anew to each from the log. */
static enum err tell_again(struct db *db, int64_t dataset, const int64_t *leads, size_t n)
{
    struct arena *arena = db_ctx(db)->arena;
    for (size_t i = 0; i < n; i++) {
        long long lead = (long long)leads[i];
        const struct queue_job job = {.dataset = dataset,
                                      .uniq = arena_print(arena, "lead:%lld", lead),
                                      .payload =
                                          arena_print(arena, "{\"lead\":\"%lld\"}", lead)};
        TRY(queue_add(db, JOB_AGAIN, &job,
                      &(struct queue_opts){.prio = QUEUE_SOON, .unique = QUEUE_RERUN}, NULL));
    }
    return ERR_NONE;
}

enum err people_undo_merge_leads(struct db *db, struct operation_undoing *undoing,
                                 struct operation_undone *out)
{
    struct sql_people_lead_merge_get_rows merges;
    struct sql_people_leads head[2];
    int64_t dataset = undoing->dataset, own_account;
    TRY(sql_people_hold(db, NULL));
    TRY(sql_people_lead_merge_get(db,
                                  &(struct sql_people_lead_merge_get_in){
                                      .dataset = dataset, .operation = undoing->operation->id},
                                  &merges));
    if (merges.n == 0) {
        out->kept++;
        return ERR_NONE;
    }
    const struct sql_people_lead_merge_get *merge = &merges.row[0];
    TRY(people_lock_leads(db, dataset, merge->head, 0, head));
    TRY(part(db, undoing, merge, &own_account));
    const int64_t leads[] = {merge->lead, merge->into, merge->head};
    const int64_t accounts[] = {own_account, account_of(&head[0])};
    TRY(sql_people_accounts_rename(
        db, &(struct sql_people_accounts_rename_in){.dataset = dataset, .ids = {accounts, 2}},
        NULL));
    TRY(settle(db, dataset, (struct sql_i64s){leads, 3}, (struct sql_i64s){accounts, 2}));
    TRY(cards_back(db, undoing, merge, account_of(&head[0]), out));
    TRY(tell_again(db, dataset, leads, merge->head == merge->into ? 2 : 3));
    out->undone++;
    return people_settle(db, dataset, (struct sql_i64s){leads, 3},
                         (struct sql_i64s){accounts, 2});
}
