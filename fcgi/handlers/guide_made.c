/* What the workflow guide has made for a board: looking back at all of it, switching it on. */
#include "fcgi/handlers.h"

#include "fcgi/automation_draw.h"
#include "fcgi/backtest_draw.h"
#include "fcgi/views/guide.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/json.h"

#define MISSING "This board does not exist, or you may not see it."
#define REFRESH_S 3
#define RESULT_MAX ((size_t)64 << 10)

struct made {
    struct made_view view;
    struct workflow_automations list;
};

static enum err load_board(struct web *web, struct made *made)
{
    struct sql_board_get board;
    const struct sql_board_get_in in = {
        .dataset = web->session.dataset, .board = web->ids[0], .user = web->session.user};
    TRY(web_need(web, sql_board_get(web->db, &in, &board), MISSING));
    made->view.board = board.id;
    made->view.board_name = board.name;
    return workflow_automations(web->db, web->session.dataset, board.id, &made->list);
}

/* ---- its rows ---- */

static int64_t read_enrolled(struct ctx *ctx, struct str result)
{
    const struct json *json = NULL;
    int64_t enrolled = 0;
    if (str_is_empty(result) || json_parse(ctx, result, RESULT_MAX, &json) != ERR_NONE) {
        ctx_clear(ctx);
        return 0;
    }
    (void)json_i64(json_get(json, "enrolled"), &enrolled);
    return enrolled;
}

static enum err load_jobs(struct web *web, struct made_row *row)
{
    struct progress looked, enrolled;
    struct backtest_sum sum;
    TRY(automation_job_load(web, JOB_BACKTEST, row->id, &row->look_back, &looked));
    if (row->look_back.done) {
        backtest_read_sum(web->ctx, looked.result, &sum);
        row->looked_days = sum.days;
        row->fired = sum.fired;
        row->moved = sum.moved + sum.created;
        row->tagged = sum.tagged;
    }
    TRY(automation_job_load(web, JOB_ENROL, row->id, &row->enrolling, &enrolled));
    row->enrolling.shown = row->enrolling.running || enrolled.at > clock_now() - CLOCK_DAY;
    row->enrolled = read_enrolled(web->ctx, enrolled.result);
    return ERR_NONE;
}

static enum err load_rows(struct web *web, struct made *made)
{
    struct made_view *view = &made->view;
    const struct automation_names *names;
    TRY(automation_draw_names(web, made->list.rows, made->list.n, &names));
    struct made_row *rows = ARENA_ARRAY(web->ctx->arena, made->list.n, struct made_row);
    for (size_t i = 0; i < made->list.n; i++) {
        const struct automation_row *row = &made->list.rows[i];
        rows[i] = (struct made_row){.id = row->id,
                                    .name = row->name,
                                    .sentence = automation_draw_sentence(web->ctx, row, names),
                                    .csrf = view->page.csrf,
                                    .enabled = row->enabled,
                                    .may_edit = view->may_edit};
        rows[i].problems = automation_draw_problems(web->ctx, row, names, &rows[i].n_problems);
        TRY(load_jobs(web, &rows[i]));
        view->n_on += row->enabled;
        view->n_off += !row->enabled;
        view->sends = view->sends || (!row->enabled && automation_sends(&row->rule));
        view->running = view->running || rows[i].look_back.running || rows[i].enrolling.running;
    }
    view->rows = rows;
    view->n_rows = made->list.n;
    return ERR_NONE;
}

/* Who matches one that is off; the whole within the time of one. Ends the transaction. */
static enum err count_off(struct web *web, struct made *made)
{
    int64_t until = clock_monotonic() + AUTOMATION_COUNT_MS * (CLOCK_SECOND / 1000);
    struct automation_matching *matching = &made->view.matching;
    for (size_t i = 0; i < made->list.n; i++) {
        const struct automation_row *row = &made->list.rows[i];
        int64_t left = (until - clock_monotonic()) / (CLOCK_SECOND / 1000), n = 0;
        if (row->enabled || !str_is_null(row->unreadable)) {
            continue;
        }
        enum err err =
            left > 0 ? automation_count(web, &row->rule, (int)left, &n) : ERR_TIMEOUT;
        if (err == ERR_TIMEOUT) {
            db_rollback(web->db);
            ctx_clear(web->ctx);
            *matching = (struct automation_matching){.late = true};
            return ERR_NONE;
        }
        TRY(err);
        matching->n += n;
    }
    return db_commit(web->db);
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     struct made *made)
{
    struct made_view *view = &made->view;
    view->page = page_make(web, request, response, "Workflow", NAV_AUTOMATIONS);
    view->page.title =
        arena_print(web->ctx->arena, "Workflow of %.*s", STR_ARG(view->board_name));
    view->may_edit = web->session.role >= AUTOMATION_ROLE;
    TRY(load_rows(web, made));
    view->page.refresh_s = view->running ? REFRESH_S : 0;
    if (view->may_edit && view->n_off > 0) {
        TRY(count_off(web, made));
    }
    tpl_guide_made(&response->body, view);
    return ERR_NONE;
}

enum err handle_guide_made(struct web *web, struct request *request, struct response *response)
{
    const struct db_scope scope = web_scope(web);
    struct made *made = ARENA_NEW(web->ctx->arena, struct made);
    TRY(db_begin(web->db, &scope));
    TRY(load_board(web, made));
    return draw(web, request, response, made);
}

static enum err back(struct web *web, const struct request *request, struct response *response,
                     struct str words)
{
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/automations/guide/%lld", (long long)web->ids[0]), "%.*s",
        STR_ARG(words));
}

/* ---- looking back ---- */

static enum err start_all(struct web *web, const struct made *made, int days)
{
    for (size_t i = 0; i < made->list.n; i++) {
        int64_t progress;
        if (str_is_null(made->list.rows[i].unreadable)) {
            TRY(automation_backtest(web->db, web->session.dataset, made->list.rows[i].id, days,
                                    web->session.user, &progress));
        }
    }
    web->wake = true;
    return ERR_NONE;
}

enum err handle_guide_backtest(struct web *web, struct request *request,
                               struct response *response)
{
    const struct db_scope scope = web_scope(web);
    struct made *made = ARENA_NEW(web->ctx->arena, struct made);
    struct str typed = form_typed(&web->form, "days");
    int days;
    TRY(db_begin(web->db, &scope));
    TRY(load_board(web, made));
    if (!backtest_days(&web->form, typed, &days)) {
        made->view.days = typed;
        made->view.days_wrong = STR(BACKTEST_DAYS_WRONG);
        response->status = 422;
        return draw(web, request, response, made);
    }
    TRY(start_all(web, made, days));
    TRY(db_commit(web->db));
    return web_redirect(response, "/automations/guide/%lld", (long long)web->ids[0]);
}

/* ---- the switch ---- */

/* Those that are so already stay out of it. */
static enum err switch_all(struct web *web, const struct made *made, bool on, bool include,
                           int64_t *out_n)
{
    for (size_t i = 0; i < made->list.n; i++) {
        const struct automation_row *row = &made->list.rows[i];
        int64_t progress;
        if (row->enabled == on || !str_is_null(row->unreadable)) {
            continue;
        }
        TRY(automation_switch(web->db, web->session.dataset, row->id, on));
        if (include) {
            enum err err = automation_enrol(web->db, web->session.dataset, row->id,
                                            web->session.user, &progress);
            if (err != ERR_CONFLICT) {
                TRY(err);
            }
            ctx_clear(web->ctx);
        }
        *out_n += 1;
    }
    return ERR_NONE;
}

enum err handle_guide_switch(struct web *web, struct request *request,
                             struct response *response)
{
    const struct automation_switched *values = web->form.values;
    bool on = values->pressed != SWITCH_OFF, include = values->pressed == SWITCH_INCLUDE;
    struct made *made = ARENA_NEW(web->ctx->arena, struct made);
    int64_t n = 0;
    TRY(load_board(web, made));
    TRY(switch_all(web, made, on, include, &n));
    web->wake = on;
    return back(web, request, response,
                arena_print(web->ctx->arena, "%lld automation%s switched %s.%s", (long long)n,
                            n == 1 ? " is" : "s are", on ? "on" : "off",
                            include ? " Those who match already are being included." : ""));
}
