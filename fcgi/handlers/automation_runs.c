/* What automations did: of one, of all, for one company or person; a run's own page. */
#include "fcgi/handlers.h"

#include "fcgi/automation_runs.h"
#include "fcgi/handlers/board.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/json.h"

#define SHOWN 50
#define REFRESH_S 3
#define RUN_MISSING "This run does not exist, or it is older than 90 days and no longer kept."

/* ---- what is asked for ---- */

struct asked {
    struct runs_asked runs;
    struct str base; /* the page's address, without what follows */
};

static int64_t read_id(struct web *web, const char *name)
{
    int64_t id;
    return str_to_i64(web_query(web, name), &id) && id > 0 ? id : 0;
}

static struct asked read_asked(struct web *web, int64_t automation)
{
    struct asked asked = {.runs = {.automation = automation,
                                   .account = automation == 0 ? read_id(web, "account") : 0,
                                   .lead = automation == 0 ? read_id(web, "lead") : 0,
                                   .state = automation_run_state_from(web_query(web, "state")),
                                   .before = read_id(web, "before"),
                                   .most = SHOWN}};
    struct arena *arena = web->ctx->arena;
    if (automation != 0) {
        asked.base = arena_print(arena, "/automations/%lld/runs?", (long long)automation);
    } else if (asked.runs.account != 0) {
        asked.runs.lead = 0;
        asked.base = arena_print(arena, "/automations/runs?account=%lld&",
                                 (long long)asked.runs.account);
    } else if (asked.runs.lead != 0) {
        asked.base =
            arena_print(arena, "/automations/runs?lead=%lld&", (long long)asked.runs.lead);
    } else {
        asked.base = STR("/automations/runs?");
    }
    return asked;
}

static void draw_tabs(struct ctx *ctx, const struct asked *asked, struct runs_view *view)
{
    static const struct {
        const char *word, *label;
    } states[] = {{"", "All"},
                  {"done", "Done"},
                  {"nothing", "Nothing to do"},
                  {"stopped", "Stopped"},
                  {"failed", "Failed"}};
    const size_t n = sizeof(states) / sizeof(states[0]);
    struct run_tab *tabs = ARENA_ARRAY(ctx->arena, n, struct run_tab);
    for (size_t i = 0; i < n; i++) {
        struct str word = str_from(states[i].word);
        tabs[i] = (struct run_tab){
            .url = word.n == 0 ? str_slice(asked->base, 0, asked->base.n - 1)
                               : arena_print(ctx->arena, "%.*sstate=%s", STR_ARG(asked->base),
                                             states[i].word),
            .label = states[i].label,
            .current = automation_run_state_from(word) == asked->runs.state};
    }
    view->tabs = tabs;
    view->n_tabs = n;
    view->filtered = asked->runs.state != 0;
}

/* ---- the list ---- */

static enum err load_list(struct web *web, const struct asked *asked, struct runs_view *view)
{
    bool more;
    TRY(automation_runs_load(web, &asked->runs, view->page.csrf, view->page.here, &view->list,
                             &view->n_list, &more));
    if (more) {
        struct str state = web_query(web, "state");
        view->more = arena_print(web->ctx->arena, "%.*s%s%.*s%sbefore=%lld",
                                 STR_ARG(asked->base), asked->runs.state != 0 ? "state=" : "",
                                 STR_ARG(asked->runs.state != 0 ? state : STR("")),
                                 asked->runs.state != 0 ? "&" : "",
                                 (long long)view->list[view->n_list - 1].id);
    }
    draw_tabs(web->ctx, asked, view);
    return ERR_NONE;
}

/* ---- those who matched when it was switched on ---- */

#define ENROLMENT_SHOWN CLOCK_DAY
#define RESULT_MAX ((size_t)64 << 10)

static void read_enrolled(struct ctx *ctx, struct str result, struct runs_view *view)
{
    const struct json *json = NULL;
    if (str_is_empty(result) || json_parse(ctx, result, RESULT_MAX, &json) != ERR_NONE) {
        ctx_clear(ctx);
        return;
    }
    (void)json_i64(json_get(json, "enrolled"), &view->enrolled);
    (void)json_i64(json_get(json, "nothing"), &view->enrolled_nothing);
}

/* The latest, while it is done and for a day after. */
static enum err load_enrolment(struct web *web, struct runs_view *view)
{
    struct sql_automation_enrolment_rows rows;
    struct progress progress;
    TRY(automation_job_load(web, JOB_ENROL, view->head.id, &view->enrolling, &progress));
    bool recent = progress.at > clock_now() - ENROLMENT_SHOWN;
    view->enrolling.shown = view->enrolling.shown && (view->enrolling.running || recent);
    view->page.refresh_s = view->enrolling.running ? REFRESH_S : 0;
    if (!view->enrolling.shown) {
        return ERR_NONE;
    }
    read_enrolled(web->ctx, progress.result, view);
    TRY(sql_automation_enrolment(
        web->db,
        &(struct sql_automation_enrolment_in){.dataset = web->session.dataset,
                                              .automation = view->head.id,
                                              .progress = progress.id},
        &rows));
    bool undoable = rows.n > 0 && rows.row[0].n > 0 && !rows.row[0].undone;
    view->enrolment = undoable && !view->enrolling.running ? rows.row[0].id : 0;
    return ERR_NONE;
}

enum err handle_automation_runs(struct web *web, struct request *request,
                                struct response *response)
{
    struct automation_row row;
    TRY(automation_load(web, &row));
    struct runs_view view = {.page =
                                 page_make(web, request, response, "Runs", NAV_AUTOMATIONS)};
    struct asked asked = read_asked(web, row.id);
    view.page.title = arena_print(web->ctx->arena, "Runs of %.*s", STR_ARG(row.name));
    view.persons = row.rule.trigger.filter.subject == FILTER_LEADS;
    TRY(automation_head_load(web, &row, ATAB_RUNS, view.page.csrf, &view.head));
    TRY(load_enrolment(web, &view)); /* what it did by then is in the list */
    TRY(load_list(web, &asked, &view));
    TRY(operation_read_did(web, &view.did.said, &view.did.running));
    view.page.refresh_s = view.did.running ? REFRESH_S : view.page.refresh_s;
    tpl_automation_runs(&response->body, &view);
    return ERR_NONE;
}

/* ---- of all automations ---- */

/* The company or person whose runs are listed. */
static enum err load_whose(struct web *web, const struct asked *asked, struct runs_view *view)
{
    struct sql_automation_run_whose whose;
    if (asked->runs.account == 0 && asked->runs.lead == 0) {
        return ERR_NONE;
    }
    const struct sql_automation_run_whose_in in = {.dataset = web->session.dataset,
                                                   .account = asked->runs.account,
                                                   .lead = asked->runs.lead};
    TRY(web_need(web, sql_automation_run_whose(web->db, &in, &whose),
                 "This company or person does not exist, or you may not see it."));
    view->whose = str_is_empty(whose.title) ? STR("Somebody unknown") : whose.title;
    view->whose_url =
        asked->runs.account != 0
            ? arena_print(web->ctx->arena, "/accounts/%lld", (long long)asked->runs.account)
            : arena_print(web->ctx->arena, "/leads/%lld", (long long)asked->runs.lead);
    return ERR_NONE;
}

enum err handle_all_runs(struct web *web, struct request *request, struct response *response)
{
    struct runs_view view = {
        .page = page_make(web, request, response, "What automations did", NAV_AUTOMATIONS)};
    struct asked asked = read_asked(web, 0);
    TRY(load_whose(web, &asked, &view));
    TRY(load_list(web, &asked, &view));
    tpl_automation_runs(&response->body, &view);
    return ERR_NONE;
}

/* ---- one run ---- */

/* What it told others, which undoing cannot take back. */
static void draw_sent(struct ctx *ctx, const struct automation_rule *rule,
                      struct run_page_view *view)
{
    struct str *sent = ARENA_ARRAY(ctx->arena, rule->n_actions, struct str);
    bool each = view->run.n_said == rule->n_actions;
    for (size_t i = 0; i < rule->n_actions; i++) {
        if (automation_is_sent(&rule->actions[i]) && (!each || view->run.said[i].did)) {
            sent[view->n_sent++] = each ? view->run.said[i].text
                                        : automation_action_words(ctx, &rule->actions[i], NULL);
        }
    }
    view->sent = sent;
}

/* The rule as it was when it ran; in words where it is another one now, or gone. */
static enum err load_rule(struct web *web, const struct run_row *run, int32_t present,
                          struct run_page_view *view)
{
    struct automation_rule rule;
    enum err err =
        automation_version(web->db, web->session.dataset, run->automation, run->version, &rule);
    if (err == ERR_NOT_FOUND || err == ERR_INVALID) {
        ctx_clear(web->ctx);
        return ERR_NONE;
    }
    TRY(err);
    if (run->version != present) {
        view->what = automation_sentence(web->ctx, &rule, NULL);
    }
    draw_sent(web->ctx, &rule, view);
    return ERR_NONE;
}

/* The automation as it is now; one that is deleted has only its name. */
static enum err load_head(struct web *web, const struct run_row *run,
                          struct run_page_view *view)
{
    struct automation_row row = {.id = 0};
    enum err err = automation_get(web->db, web->session.dataset, run->automation, &row);
    if (err == ERR_NOT_FOUND) {
        view->head = (struct automation_head){.name = run->name};
        return load_rule(web, run, 0, view);
    }
    TRY(err);
    TRY(automation_head_load(web, &row, ATAB_RUNS, view->page.csrf, &view->head));
    return load_rule(web, run, row.version, view);
}

enum err handle_run(struct web *web, struct request *request, struct response *response)
{
    struct run_row row;
    TRY(web_need(web, automation_run_load(web, web->ids[0], &row), RUN_MISSING));
    struct run_page_view view = {
        .page = page_make(web, request, response, "A run", NAV_AUTOMATIONS)};
    view.page.title = arena_print(web->ctx->arena, "Run of %.*s", STR_ARG(row.name));
    view.run = automation_run_draw(web->ctx, &row, view.page.csrf, view.page.here);
    TRY(load_head(web, &row, &view));
    TRY(operation_read_did(web, &view.did.said, &view.did.running));
    view.page.refresh_s = view.did.running ? REFRESH_S : 0;
    tpl_automation_run(&response->body, &view);
    return ERR_NONE;
}
