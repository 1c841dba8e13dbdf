#include "shared/card_away.h"

#include "gen/sql.h"

static enum err lock(struct db *db, int64_t dataset, struct sql_i64s accounts,
                     struct sql_i64s leads)
{
    TRY(sql_card_away_lock_stages(db,
                                  &(struct sql_card_away_lock_stages_in){
                                      .dataset = dataset, .accounts = accounts, .leads = leads},
                                  NULL));
    return sql_card_away_lock_cards(db,
                                    &(struct sql_card_away_lock_cards_in){.dataset = dataset,
                                                                          .accounts = accounts,
                                                                          .leads = leads},
                                    NULL);
}

static enum err lock_both(struct db *db, const struct card_merge *merge)
{
    const int64_t accounts[] = {merge->from.account, merge->to.account};
    const int64_t leads[] = {merge->from.lead, merge->to.lead};
    return lock(db, merge->dataset, (struct sql_i64s){accounts, 2},
                (struct sql_i64s){leads, 2});
}

enum err card_away_merge(struct db *db, const struct card_merge *merge)
{
    struct sql_card_merge merged;
    TRY(lock_both(db, merge));
    const struct sql_card_merge_in in = {
        .dataset = merge->dataset,
        .from_account = merge->from.account,
        .from_account_null = merge->from.account == 0,
        .from_lead = merge->from.lead,
        .from_lead_null = merge->from.lead == 0,
        .to_account = merge->to.account,
        .to_account_null = merge->to.account == 0,
        .to_lead = merge->to.lead,
        .to_lead_null = merge->to.lead == 0,
        .user = merge->user,
        .operation = merge->operation,
    };
    return sql_card_merge(db, &in, &merged);
}

static enum err restore(struct db *db, int64_t dataset, struct sql_i64s cards, int64_t user,
                        int64_t operation, struct operation_undone *out)
{
    struct sql_card_away_restore restored;
    const struct sql_card_away_restore_in in = {
        .dataset = dataset,
        .cards = cards,
        .actor_kind = user == 0 ? ACTOR_SYSTEM : ACTOR_USER,
        .actor = user,
        .actor_null = user == 0,
        .operation = operation,
        .operation_null = operation == 0,
    };
    TRY(sql_card_away_restore(db, &in, &restored));
    out->undone += restored.restored;
    out->elsewhere += restored.elsewhere;
    return ERR_NONE;
}

static enum err restore_of_operation(struct db *db, const struct card_merge *merge,
                                     int64_t undo, struct operation_undone *out)
{
    struct sql_card_away_of_operation_rows rows;
    TRY(sql_card_away_of_operation(
        db,
        &(struct sql_card_away_of_operation_in){.dataset = merge->dataset,
                                                .operation = merge->operation},
        &rows));
    int64_t *cards = ARENA_ARRAY(db_ctx(db)->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        cards[i] = rows.row[i].card;
    }
    return restore(db, merge->dataset, (struct sql_i64s){cards, rows.n}, merge->user, undo,
                   out);
}

static enum err take_back(struct db *db, const struct card_merge *merge, int64_t undo,
                          struct operation_undone *out)
{
    struct sql_card_unmerge_taken taken;
    const struct sql_card_unmerge_taken_in in = {
        .dataset = merge->dataset,
        .merge = merge->operation,
        .user = merge->user,
        .undo = undo,
    };
    TRY(sql_card_unmerge_taken(db, &in, &taken));
    out->undone += taken.cards;
    return ERR_NONE;
}

enum err card_away_unmerge(struct db *db, const struct card_merge *merge, int64_t undo,
                           struct operation_undone *out)
{
    struct sql_card_unmerge_moved moved;
    const struct sql_card_unmerge_moved_in in = {.dataset = merge->dataset,
                                                 .merge = merge->operation,
                                                 .user = merge->user,
                                                 .undo = undo};
    TRY(lock_both(db, merge));
    TRY(take_back(db, merge, undo, out));
    TRY(sql_card_unmerge_owner(db,
                               &(struct sql_card_unmerge_owner_in){.dataset = merge->dataset,
                                                                   .merge = merge->operation},
                               NULL));
    TRY(sql_card_unmerge_moved(db, &in, &moved));
    out->undone += moved.cards;
    out->kept += moved.kept;
    return restore_of_operation(db, merge, undo, out);
}

enum err card_away_hide(struct db *db, const struct card_hide *hide)
{
    struct sql_card_away_hide hidden;
    if (hide->accounts.n == 0 && hide->leads.n == 0) {
        return ERR_NONE;
    }
    TRY(lock(db, hide->dataset, hide->accounts, hide->leads));
    const struct sql_card_away_hide_in in = {
        .dataset = hide->dataset,
        .accounts = hide->accounts,
        .leads = hide->leads,
        .actor_kind = hide->user == 0 ? ACTOR_SYSTEM : ACTOR_USER,
        .actor = hide->user,
        .actor_null = hide->user == 0,
        .operation = hide->operation,
        .operation_null = hide->operation == 0,
    };
    return sql_card_away_hide(db, &in, &hidden);
}

enum err card_away_show(struct db *db, const struct card_hide *hide)
{
    struct sql_card_away_of_rows rows;
    struct operation_undone counts = {0};
    TRY(lock(db, hide->dataset, hide->accounts, hide->leads));
    TRY(sql_card_away_of(db,
                         &(struct sql_card_away_of_in){.dataset = hide->dataset,
                                                       .accounts = hide->accounts,
                                                       .leads = hide->leads},
                         &rows));
    if (rows.n == 0) {
        return ERR_NONE;
    }
    int64_t *cards = ARENA_ARRAY(db_ctx(db)->arena, rows.n, int64_t);
    for (size_t i = 0; i < rows.n; i++) {
        cards[i] = rows.row[i].card;
    }
    return restore(db, hide->dataset, (struct sql_i64s){cards, rows.n}, hide->user,
                   hide->operation, &counts);
}
