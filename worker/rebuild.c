#include "worker/rebuild.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/queue.h"
#include "worker/derive.h"

#define BATCH 10000
#define BATCH_ARENA ((size_t)1 << 30)
#define SAY_EVERY (10 * CLOCK_SECOND)

static enum err forget(struct db *db, int64_t floor_id)
{
    struct sql_rebuild_checksum before;
    TRY(sql_rebuild_checksum(db, &before));
    TRY(floor_id > 0
            ? sql_rebuild_floor(db, &(struct sql_rebuild_floor_in){.floor_id = floor_id}, NULL)
            : ERR_NONE);
    TRY(sql_rebuild_note(db, NULL));
    TRY(sql_rebuild_keep(db, NULL));
    TRY(sql_rebuild_forget(db, NULL));
    TRY(sql_rebuild_visitors(db, NULL));
    TRY(sql_rebuild_leads_drop(db, NULL));
    TRY(sql_rebuild_leads_reset(db, NULL));
    TRY(sql_rebuild_accounts_reset(db, NULL));
    return sql_rebuild_begin(db, &(struct sql_rebuild_begin_in){.before = before.checksum},
                             NULL);
}

static enum err begin(struct db *db, bool *out_begun)
{
    struct sql_rebuild_lock_rows rows;
    TRY(db_begin(db, NULL));
    TRY(sql_rebuild_lock(db, &rows));
    *out_begun = rows.n > 0 && rows.row[0].xid > 0 && !rows.row[0].under_way;
    TRY(*out_begun ? forget(db, rows.row[0].floor_id) : ERR_NONE);
    return db_commit(db);
}

enum err rebuild_begin(struct ctx *ctx, struct db *db, bool *out_begun)
{
    enum err err = begin(db, out_begun);
    if (err != ERR_NONE) {
        db_rollback(db);
        return err;
    }
    if (*out_begun) {
        log_event(LOG_INFO, ctx, "rebuild.begun", LOG_TEXT("consumer", "derive"));
    }
    return ERR_NONE;
}

/* Cards were left as they are. */
static enum err refresh_boards(struct db *db)
{
    struct arena *arena = db_ctx(db)->arena;
    struct sql_rebuild_boards_rows rows;
    TRY(sql_rebuild_boards(db, &rows));
    struct queue_job *jobs = ARENA_ARRAY(arena, rows.n + 1, struct queue_job);
    for (size_t i = 0; i < rows.n; i++) {
        long long board = (long long)rows.row[i].board;
        jobs[i] =
            (struct queue_job){.dataset = rows.row[i].dataset,
                               .uniq = arena_print(arena, "board:%lld", board),
                               .payload = arena_print(arena, "{\"board\":\"%lld\"}", board)};
    }
    return queue_add_many(db, JOB_REFRESH, jobs, rows.n,
                          &(struct queue_opts){.unique = QUEUE_RERUN}, NULL);
}

enum err rebuild_finish(struct db *db)
{
    TRY(sql_rebuild_plan(db, NULL));
    TRY(sql_rebuild_leads_lost(db, NULL));
    TRY(sql_rebuild_accounts_lost(db, NULL));
    TRY(refresh_boards(db));
    TRY(sql_rebuild_end(db, NULL));
    return sql_derive_plan(db, NULL);
}

/* ---- the command ---- */

static enum err say_state(struct ctx *ctx, struct db *db, struct sql_rebuild_state *out)
{
    db_use(db, ctx);
    TRY(sql_rebuild_state(db, out));
    if (out->under_way) {
        log_event(LOG_INFO, ctx, "rebuild.under_way", LOG_I64("events", out->done),
                  LOG_I64("of", out->total));
    }
    return ERR_NONE;
}

/* Until it is done, by this program or by a worker that was quicker. */
static enum err derive_all(struct ctx *ctx, struct db *db, struct sql_rebuild_state *out_state)
{
    struct ctx batch = {.arena = arena_new(BATCH_ARENA)};
    int64_t said = clock_monotonic(), n = 0;
    enum err err = say_state(ctx, db, out_state);
    while (err == ERR_NONE && out_state->under_way) {
        err = derive_batch(&batch, db, BATCH, &n);
        if (err != ERR_NONE) {
            (void)ctx_fail_detail(ctx, err, arena_dup(ctx->arena, batch.detail),
                                  "The log could not be derived.");
        }
        ctx_reset(&batch, STR("rebuild"));
        if (err == ERR_NONE && (n < BATCH || clock_monotonic() - said > SAY_EVERY)) {
            said = clock_monotonic();
            err = say_state(ctx, db, out_state);
        }
    }
    db_use(db, ctx);
    arena_free(batch.arena);
    return err;
}

enum err rebuild_run(struct ctx *ctx, struct db *db, const struct config *config)
{
    bool begun = false;
    struct sql_rebuild_state state = {.under_way = false};
    (void)config;
    TRY(rebuild_begin(ctx, db, &begun));
    TRY(derive_all(ctx, db, &state));
    log_event(LOG_INFO, ctx, "rebuild.done", LOG_I64("events", state.total),
              LOG_STR("before", state.before), LOG_STR("after", state.after),
              LOG_TEXT("same", str_eq(state.before, state.after) ? "yes" : "no"));
    return ERR_NONE;
}
