#include "shared/cards.h"

#include "gen/sql.h"

/* `before` of an infinite future: every card counts as known. */
static int64_t known_before(const struct cards_add *add)
{
    return add->known_before == 0 ? INT64_MAX : add->known_before;
}

static struct sql_strs causes_of(const struct cards_add *add)
{
    return (struct sql_strs){.v = add->causes, .n = add->causes == NULL ? 0 : add->n};
}

static enum err lock_entry(struct db *db, const struct cards_add *add, int64_t *out_stage)
{
    struct sql_cards_entry entry;
    const struct sql_cards_entry_in in = {.dataset = add->dataset,
                                          .board = add->board,
                                          .stage = add->stage,
                                          .stage_null = add->stage == 0};
    enum err err = sql_cards_entry(db, &in, &entry);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(db_ctx(db), err, "This %s is not there any more.",
                        add->stage == 0 ? "board" : "stage");
    }
    TRY(err);
    *out_stage = entry.stage;
    return ERR_NONE;
}

enum err cards_add_accounts(struct db *db, const struct cards_add *add, struct cards_added *out)
{
    int64_t stage;
    TRY(lock_entry(db, add, &stage));
    const struct sql_cards_add_accounts_in in = {.dataset = add->dataset,
                                                 .board = add->board,
                                                 .stage = stage,
                                                 .accounts = {add->ids, add->n},
                                                 .actor_kind = (int16_t)add->actor.kind,
                                                 .actor = add->actor.id,
                                                 .actor_null = add->actor.id == 0,
                                                 .cause = add->actor.cause,
                                                 .known_before = known_before(add),
                                                 .operation = add->operation,
                                                 .operation_null = add->operation == 0,
                                                 .causes = causes_of(add)};
    struct sql_cards_add_accounts row;
    TRY(sql_cards_add_accounts(db, &in, &row));
    *out = (struct cards_added){row.added, row.already, row.excluded};
    return ERR_NONE;
}

enum err cards_add_leads(struct db *db, const struct cards_add *add, struct cards_added *out)
{
    int64_t stage;
    TRY(lock_entry(db, add, &stage));
    const struct sql_cards_add_leads_in in = {.dataset = add->dataset,
                                              .board = add->board,
                                              .stage = stage,
                                              .leads = {add->ids, add->n},
                                              .actor_kind = (int16_t)add->actor.kind,
                                              .actor = add->actor.id,
                                              .actor_null = add->actor.id == 0,
                                              .cause = add->actor.cause,
                                              .known_before = known_before(add),
                                              .operation = add->operation,
                                              .operation_null = add->operation == 0,
                                              .causes = causes_of(add)};
    struct sql_cards_add_leads row;
    TRY(sql_cards_add_leads(db, &in, &row));
    *out = (struct cards_added){row.added, row.already, row.excluded};
    return ERR_NONE;
}

enum err cards_refresh_accounts(struct db *db, const int64_t *datasets, const int64_t *ids,
                                size_t n, int32_t *out_changed)
{
    struct sql_cards_refresh_accounts row = {0};
    if (n > 0) {
        const struct sql_cards_refresh_accounts_in in = {.dataset = {datasets, n},
                                                         .account = {ids, n}};
        TRY(sql_cards_refresh_accounts(db, &in, &row));
    }
    if (out_changed != NULL) {
        *out_changed = row.changed;
    }
    return ERR_NONE;
}

enum err cards_refresh_leads(struct db *db, const int64_t *datasets, const int64_t *ids,
                             size_t n, int32_t *out_changed)
{
    struct sql_cards_refresh_leads row = {0};
    if (n > 0) {
        const struct sql_cards_refresh_leads_in in = {.dataset = {datasets, n},
                                                      .lead = {ids, n}};
        TRY(sql_cards_refresh_leads(db, &in, &row));
    }
    if (out_changed != NULL) {
        *out_changed = row.changed;
    }
    return ERR_NONE;
}

enum err cards_import(struct db *db, int64_t dataset, int64_t board, int64_t user, int days,
                      int64_t *out_progress)
{
    struct ctx *ctx = db_ctx(db);
    if (days != 0 && days != 7 && days != 14) {
        return ctx_fail(ctx, ERR_INVALID, "Choose today, the last 7 days or the last 14 days.");
    }
    struct progress running;
    enum err err = progress_latest(db, dataset, JOB_IMPORT, board, &running);
    if (err == ERR_NONE && running.state <= PROGRESS_RUNNING) {
        *out_progress = running.id;
        return ERR_NONE;
    }
    if (err != ERR_NONE && err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(progress_create(db, dataset, JOB_IMPORT, board, user, out_progress));
    const struct queue_job job = {
        .dataset = dataset,
        .uniq = arena_print(ctx->arena, "progress:%lld", (long long)*out_progress),
        .payload =
            arena_print(ctx->arena, "{\"board\":\"%lld\",\"progress\":\"%lld\",\"days\":%d}",
                        (long long)board, (long long)*out_progress, days)};
    return queue_add(db, JOB_IMPORT, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}

enum err cards_refresh_board(struct db *db, int64_t dataset, int64_t board)
{
    struct ctx *ctx = db_ctx(db);
    const struct queue_job job = {
        .dataset = dataset,
        .uniq = arena_print(ctx->arena, "board:%lld", (long long)board),
        .payload = arena_print(ctx->arena, "{\"board\":\"%lld\"}", (long long)board)};
    const struct queue_opts opts = {.prio = QUEUE_SOON, .unique = QUEUE_RERUN};
    return queue_add(db, JOB_REFRESH, &job, &opts, NULL);
}
