#include "worker/schedule.h"

#include "gen/sql.h"
#include "shared/automation_run.h"
#include "shared/log.h"
#include "shared/segment.h"

#define HISTORY_DAYS 30
#define MESSAGE_DAYS 7

static enum err refresh_boards(struct db *db)
{
    struct arena *arena = db_ctx(db)->arena;
    struct sql_cron_refresh_rows rows;
    TRY(sql_cron_refresh(db, &rows));
    struct queue_job *jobs = ARENA_ARRAY(arena, rows.n + 1, struct queue_job);
    for (size_t i = 0; i < rows.n; i++) {
        long long board = (long long)rows.row[i].board;
        jobs[i] =
            (struct queue_job){.dataset = rows.row[i].dataset,
                               .uniq = arena_print(arena, "board:%lld", board),
                               .payload = arena_print(arena, "{\"board\":\"%lld\"}", board)};
    }
    const struct queue_opts opts = {.prio = QUEUE_LATER};
    return queue_add_many(db, JOB_REFRESH, jobs, rows.n, &opts, NULL);
}

static enum err make_days(struct db *db)
{
    struct sql_cron_days row;
    return sql_cron_days(db, &(struct sql_cron_days_in){.keep_days = HISTORY_DAYS}, &row);
}

static enum err make_messages(struct db *db)
{
    struct sql_cron_messages row;
    return sql_cron_messages(db, &(struct sql_cron_messages_in){.keep_days = MESSAGE_DAYS},
                             &row);
}

static enum err trim_changes(struct db *db)
{
    return sql_card_change_trim(db, NULL);
}

static enum err trim_logins(struct db *db)
{
    TRY(sql_login_session_trim(db, NULL));
    return sql_cron_trim(db, NULL);
}

static enum err trim_deliveries(struct db *db)
{
    TRY(sql_outbox_trim(db, NULL));
    return sql_mail_trim(db, NULL);
}

static enum err trim_enrichment(struct db *db)
{
    return sql_enrich_trim(db, NULL);
}

static enum err trim_runs(struct db *db)
{
    const struct sql_automation_run_trim_in in = {.days = AUTOMATION_RUN_DAYS};
    return sql_automation_run_trim(db, &in, NULL);
}

static enum err trim_drafts(struct db *db)
{
    return sql_score_draft_trim(db, NULL);
}

static enum err trim_addresses(struct db *db)
{
    return sql_reverse_trim(db, NULL);
}

static enum err look_segments_through(struct db *db)
{
    struct sql_segment_stale_rows rows;
    TRY(sql_segment_stale(db, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        TRY(segment_fill_daily(db, rows.row[i].dataset, rows.row[i].id));
    }
    return ERR_NONE;
}

static enum err trim_segment_changes(struct db *db)
{
    return sql_segment_change_trim(
        db, &(struct sql_segment_change_trim_in){.days = SEGMENT_CHANGE_DAYS}, NULL);
}

/* period_s 0: the task keeps its own slots. */
static const struct task {
    const char *name;
    double period_s;
    enum err (*run)(struct db *db);
} tasks[] = {
    {"refresh", 0, refresh_boards},
    {"days", 6 * 3600, make_days},
    {"messages", 6 * 3600, make_messages},
    {"trim_changes", 300, trim_changes},
    {"trim_logins", 3600, trim_logins},
    {"trim_deliveries", 3600, trim_deliveries},
    {"trim_enrichment", 3600, trim_enrichment},
    {"trim_runs", 3600, trim_runs},
    {"trim_drafts", 3600, trim_drafts},
    {"trim_addresses", 300, trim_addresses},
    {"segments", 60, look_segments_through},
    {"trim_segments", 24 * 3600, trim_segment_changes},
};

static enum err run_task(struct db *db, const struct task *task)
{
    int64_t taken = 1;
    TRY(db_begin(db, NULL));
    if (task->period_s > 0) {
        const struct sql_cron_take_in in = {.task = str_from(task->name),
                                            .period = task->period_s};
        TRY(sql_cron_take(db, &in, &taken));
    }
    if (taken > 0) {
        TRY(task->run(db));
    }
    return db_commit(db);
}

enum err schedule_run(struct db *db)
{
    struct ctx *ctx = db_ctx(db);
    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
        enum err err = run_task(db, &tasks[i]);
        if (err == ERR_NONE) {
            continue;
        }
        db_rollback(db);
        if (err == ERR_UNAVAILABLE) {
            return err;
        }
        log_event(LOG_ERROR, ctx, "schedule.failed", LOG_TEXT("task", tasks[i].name),
                  LOG_STR("detail", ctx->detail));
        ctx_clear(ctx);
    }
    return ERR_NONE;
}
