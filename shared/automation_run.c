#include "shared/automation_run.h"

#include "gen/sql.h"
#include "shared/json.h"
#include "shared/operation.h"
#include "shared/sb.h"

#define SAID_MAX ((size_t)64 << 10)

const char *automation_run_state_label(enum automation_run_state state)
{
    switch (state) {
    case RUN_DONE:
        return "Done";
    case RUN_NOTHING:
        return "Nothing to do";
    case RUN_STOPPED:
        return "Stopped";
    case RUN_FAILED:
    default:
        return "Failed";
    }
}

void automation_run_said(struct ctx *ctx, struct str said, struct automation_did *out,
                         size_t *out_n)
{
    const struct json *json;
    *out_n = 0;
    if (json_parse(ctx, said, SAID_MAX, &json) != ERR_NONE) {
        ctx_clear(ctx);
        return;
    }
    const struct json *item = json_kind(json) == JSON_ARRAY ? json_first(json) : NULL;
    for (; item != NULL && *out_n < AUTOMATION_ACTIONS_MAX; item = json_next(item)) {
        struct automation_did did = {
            .text = arena_dup(ctx->arena, json_text(json_get(item, "text")))};
        if (!str_is_empty(did.text)) {
            (void)json_bool(json_get(item, "did"), &did.did);
            out[(*out_n)++] = did;
        }
    }
}

enum err automation_matching(struct db *db, int64_t dataset, const struct automation_rule *rule,
                             int64_t *out_n)
{
    struct ctx *ctx = db_ctx(db);
    struct filter filters[AUTOMATION_FILTERS];
    size_t n;
    *out_n = 0;
    TRY(automation_filters(db, dataset, rule, filters, &n));
    for (size_t i = 0; i < n; i++) {
        const struct filter_query query = {.dataset = dataset, .filter = &filters[i]};
        int64_t count;
        TRY(filter_count(ctx, db, &query, &count));
        *out_n += count;
    }
    return ERR_NONE;
}

struct str automation_operation(struct arena *arena, int64_t automation, int32_t version,
                                struct str name)
{
    struct sb sb;
    sb_init(&sb, arena, 1000);
    sb_printf(&sb, "{\"automation\":\"%lld\",\"version\":%d,\"name\":", (long long)automation,
              version);
    json_write_str(&sb, name);
    sb_char(&sb, '}');
    return sb_view(&sb);
}

/* ---- jobs ---- */

static enum err find(struct db *db, int64_t dataset, int64_t id, struct automation_row *out)
{
    struct ctx *ctx = db_ctx(db);
    enum err err = automation_get(db, dataset, id, out);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(ctx, ERR_NOT_FOUND, "There is no such automation.");
    }
    TRY(err);
    return str_is_null(out->unreadable)
               ? ERR_NONE
               : ctx_fail(ctx, ERR_INVALID, "%.*s", STR_ARG(out->unreadable));
}

/* Held until the end, so that what follows is asked for once. */
static enum err hold(struct db *db, int64_t dataset, int64_t id, struct automation_row *out)
{
    struct sql_automation_hold held;
    enum err err = sql_automation_hold(
        db, &(struct sql_automation_hold_in){.dataset = dataset, .automation = id}, &held);
    if (err != ERR_NONE && err != ERR_NOT_FOUND) {
        return err;
    }
    return find(db, dataset, id, out);
}

/* *out_id: the latest that waits or runs; 0: none does. */
static enum err under_way(struct db *db, int64_t dataset, enum job_kind kind, int64_t id,
                          int64_t *out_id)
{
    struct progress latest;
    enum err err = progress_latest(db, dataset, kind, id, &latest);
    *out_id = 0;
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    *out_id = latest.state <= PROGRESS_RUNNING ? latest.id : 0;
    return ERR_NONE;
}

static enum err add_job(struct db *db, enum job_kind kind, int64_t dataset, int64_t progress,
                        struct str payload)
{
    const struct queue_job job = {
        .dataset = dataset,
        .uniq = arena_print(db_ctx(db)->arena, "progress:%lld", (long long)progress),
        .payload = payload};
    return queue_add(db, kind, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}

static enum err begin_operation(struct db *db, int64_t dataset,
                                const struct automation_row *row, int64_t progress,
                                int64_t *out_id)
{
    const struct operation operation = {
        .dataset = dataset,
        .kind = OP_AUTOMATION,
        .detail = automation_operation(db_ctx(db)->arena, row->id, row->version, row->name),
        .progress = progress};
    return operation_begin(db, &operation, out_id);
}

enum err automation_enrol(struct db *db, int64_t dataset, int64_t automation, int64_t user,
                          int64_t *out_progress)
{
    struct ctx *ctx = db_ctx(db);
    struct automation_row row;
    int64_t running, operation;
    TRY(hold(db, dataset, automation, &row));
    if (!row.enabled) {
        return ctx_fail(ctx, ERR_INVALID, "%.*s is switched off. Switch it on first.",
                        STR_ARG(row.name));
    }
    TRY(under_way(db, dataset, JOB_ENROL, automation, &running));
    if (running != 0) {
        return ctx_fail(ctx, ERR_CONFLICT, "Those who match already are being enrolled.");
    }
    TRY(progress_create(db, dataset, JOB_ENROL, automation, user, out_progress));
    TRY(begin_operation(db, dataset, &row, *out_progress, &operation));
    return add_job(db, JOB_ENROL, dataset, *out_progress,
                   arena_print(ctx->arena,
                               "{\"automation\":\"%lld\",\"version\":%d,\"progress\":\"%lld\","
                               "\"operation\":\"%lld\"}",
                               (long long)automation, row.version, (long long)*out_progress,
                               (long long)operation));
}

enum err automation_backtest(struct db *db, int64_t dataset, int64_t automation, int days,
                             int64_t user, int64_t *out_progress)
{
    struct ctx *ctx = db_ctx(db);
    struct automation_row row;
    int64_t running;
    if (days < 1 || days > BACKTEST_DAYS_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "Choose between 1 and %d days.", BACKTEST_DAYS_MAX);
    }
    TRY(hold(db, dataset, automation, &row));
    TRY(under_way(db, dataset, JOB_BACKTEST, automation, &running));
    if (running != 0) {
        TRY(progress_cancel(db, dataset, running));
    }
    TRY(progress_create(db, dataset, JOB_BACKTEST, automation, user, out_progress));
    return add_job(db, JOB_BACKTEST, dataset, *out_progress,
                   arena_print(ctx->arena,
                               "{\"automation\":\"%lld\",\"progress\":\"%lld\",\"days\":%d}",
                               (long long)automation, (long long)*out_progress, days));
}
