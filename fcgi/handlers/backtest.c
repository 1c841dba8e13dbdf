/* Looking back: what an automation would have done in the last days. A job finds out; the page
 * shows how far it is, and then what came of it. */
#include "fcgi/handlers.h"

#include "fcgi/automation_draw.h"
#include "fcgi/backtest_draw.h"
#include "gen/sql.h"
#include "gen/templates.h"

#define REFRESH_S 3
#define UNREADABLE "What it does cannot be read, so nothing can be looked back at."

struct backtest_values {
    struct str days;
};
static const struct form_field fields[] = {
    {.name = "days",
     .label = "Days",
     .kind = FORM_TEXT,
     .max = 40,
     .offset = offsetof(struct backtest_values, days)},
};
const struct form_spec backtest_spec = FORM_SPEC(fields, struct backtest_values);

/* ---- the page ---- */

/* What it waits for or does was changed since; that it was switched on does not count. */
static enum err is_stale(struct web *web, const struct automation_row *row, int64_t tested_at,
                         bool *out_stale)
{
    struct sql_automation_versions_rows rows;
    TRY(sql_automation_versions(web->db,
                                &(struct sql_automation_versions_in){
                                    .dataset = web->session.dataset, .automation = row->id},
                                &rows));
    *out_stale = tested_at != 0 && rows.n > 0 && rows.row[0].at > tested_at;
    return ERR_NONE;
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     const struct automation_row *row, struct backtest_view *view)
{
    struct progress progress;
    bool may_edit = web->session.role >= AUTOMATION_ROLE;
    view->page = page_make(web, request, response, "Look back", NAV_AUTOMATIONS);
    view->page.title = arena_print(web->ctx->arena, "Look back: %.*s", STR_ARG(row->name));
    view->unreadable = !str_is_null(row->unreadable);
    view->persons = row->rule.trigger.filter.subject == FILTER_LEADS;
    view->may_switch = may_edit && !row->enabled && !view->unreadable;
    TRY(automation_head_load(web, row, ATAB_BACKTEST, view->page.csrf, &view->head));
    TRY(automation_job_load(web, JOB_BACKTEST, row->id, &view->job, &progress));
    view->tested_at = progress.at;
    TRY(is_stale(web, row, progress.at, &view->stale));
    if (view->job.done) {
        backtest_draw(web->ctx, progress.result, view);
    }
    view->page.refresh_s = view->job.running ? REFRESH_S : 0;
    tpl_backtest(&response->body, view);
    return ERR_NONE;
}

enum err handle_backtest(struct web *web, struct request *request, struct response *response)
{
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    struct backtest_view view = {.days = STR("")};
    TRY(automation_load(web, row));
    return draw(web, request, response, row, &view);
}

enum err handle_backtest_start(struct web *web, struct request *request,
                               struct response *response)
{
    const struct backtest_values *values = web->form.values;
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    int64_t progress;
    int days;
    TRY(automation_load(web, row));
    if (!str_is_null(row->unreadable)) {
        return web_conflict(web, UNREADABLE);
    }
    if (!backtest_days(&web->form, values->days, &days)) {
        struct backtest_view view = {.days = form_typed(&web->form, "days"),
                                     .days_wrong = STR(BACKTEST_DAYS_WRONG)};
        response->status = 422;
        return draw(web, request, response, row, &view);
    }
    TRY(automation_backtest(web->db, web->session.dataset, row->id, days, web->session.user,
                            &progress));
    web->wake = true;
    return web_redirect(response, "/automations/%lld/backtest", (long long)row->id);
}

enum err handle_backtest_cancel(struct web *web, struct request *request,
                                struct response *response)
{
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    struct automation_job job;
    struct progress progress;
    TRY(automation_load(web, row));
    TRY(automation_job_load(web, JOB_BACKTEST, row->id, &job, &progress));
    enum err err = job.running ? progress_cancel(web->db, web->session.dataset, progress.id)
                               : ERR_NOT_FOUND;
    if (err != ERR_NOT_FOUND) {
        TRY(err);
    }
    ctx_clear(web->ctx);
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/automations/%lld/backtest", (long long)row->id), "%s",
        err == ERR_NOT_FOUND ? "It is not under way any more." : "Looking back is cancelled.");
}
