#include "fcgi/automation_draw.h"

#include "gen/sql.h"

#define WAITING_MOST 1000

enum err automation_draw_names(struct web *web, const struct automation_row *rows, size_t n,
                               const struct automation_names **out_names)
{
    const struct automation_rule **rules =
        ARENA_ARRAY(web->ctx->arena, n + 1, const struct automation_rule *);
    size_t n_rules = 0;
    for (size_t i = 0; i < n; i++) {
        if (str_is_null(rows[i].unreadable)) {
            rules[n_rules++] = &rows[i].rule;
        }
    }
    return automation_names_load(web->db, web->session.dataset, web->session.user, rules,
                                 n_rules, out_names);
}

struct str automation_draw_sentence(struct ctx *ctx, const struct automation_row *row,
                                    const struct automation_names *names)
{
    return str_is_null(row->unreadable) ? automation_sentence(ctx, &row->rule, names)
                                        : STR("What it does cannot be read.");
}

const struct str *automation_draw_problems(struct ctx *ctx, const struct automation_row *row,
                                           const struct automation_names *names, size_t *out_n)
{
    struct automation_list list = {.n = 0};
    if (str_is_null(row->unreadable)) {
        automation_problems(ctx, &row->rule, names, &list);
    }
    struct str *all = ARENA_ARRAY(ctx->arena, list.n + 2, struct str);
    size_t n = 0;
    if (!str_is_null(row->unreadable)) {
        all[n++] = row->unreadable;
    }
    if (!str_is_null(row->problem)) {
        all[n++] = row->problem;
    }
    for (size_t i = 0; i < list.n; i++) {
        all[n++] = list.v[i];
    }
    *out_n = n;
    return all;
}

enum err automation_load(struct web *web, struct automation_row *out_row)
{
    return web_need(web, automation_get(web->db, web->session.dataset, web->ids[0], out_row),
                    AUTOMATION_MISSING);
}

static enum err load_waiting(struct web *web, struct automation_head *head)
{
    struct sql_automation_waiting_rows rows;
    const struct sql_automation_waiting_in in = {.dataset = web->session.dataset,
                                                 .automations = {.v = &head->id, .n = 1}};
    if (head->retry_at == 0) {
        return ERR_NONE;
    }
    TRY(sql_automation_waiting(web->db, &in, &rows));
    head->waiting = rows.n > 0 ? rows.row[0].n : 0;
    head->many_waiting = head->waiting >= WAITING_MOST;
    return ERR_NONE;
}

enum err automation_head_load(struct web *web, const struct automation_row *row,
                              enum automation_tab tab, struct str csrf,
                              struct automation_head *out_head)
{
    const struct automation_names *names;
    TRY(automation_draw_names(web, row, 1, &names));
    struct automation_head head = {
        .id = row->id,
        .name = row->name,
        .csrf = csrf,
        .tab = tab,
        .enabled = row->enabled,
        .may_edit = web->session.role >= AUTOMATION_ROLE,
        .retry_at = row->retry_at,
        .sentence = automation_draw_sentence(web->ctx, row, names),
    };
    head.problems = automation_draw_problems(web->ctx, row, names, &head.n_problems);
    head.troubled = head.n_problems > 0;
    TRY(load_waiting(web, &head));
    *out_head = head;
    return ERR_NONE;
}

enum err automation_job_load(struct web *web, enum job_kind kind, int64_t automation,
                             struct automation_job *out_job, struct progress *out_progress)
{
    struct progress progress;
    *out_job = (struct automation_job){.shown = false};
    *out_progress = (struct progress){.id = 0};
    enum err err = progress_latest(web->db, web->session.dataset, kind, automation, &progress);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    *out_job = (struct automation_job){
        .shown = true,
        .running = progress.state == PROGRESS_WAITING || progress.state == PROGRESS_RUNNING,
        .done = progress.state == PROGRESS_DONE,
        .failed = progress.state == PROGRESS_FAILED,
        .cancelled = progress.state == PROGRESS_CANCELLED,
        .done_count = progress.done,
        .total = progress.total,
        .bar_max = progress.total > 0 ? progress.total : 1,
        .message = progress.message,
    };
    *out_progress = progress;
    return ERR_NONE;
}

enum err automation_count(struct web *web, const struct automation_rule *rule, int timeout_ms,
                          int64_t *out_n)
{
    struct filter filters[AUTOMATION_FILTERS];
    size_t n;
    *out_n = 0;
    TRY(automation_filters(web->db, web->session.dataset, rule, filters, &n));
    for (size_t i = 0; i < n; i++) {
        const struct filter_query query = {
            .dataset = web->session.dataset, .filter = &filters[i], .timeout_ms = timeout_ms};
        int64_t matching;
        TRY(filter_count(web->ctx, web->db, &query, &matching));
        *out_n += matching;
    }
    return ERR_NONE;
}

enum err automation_count_last(struct web *web, const struct automation_rule *rule,
                               struct automation_matching *out)
{
    *out =
        (struct automation_matching){.persons = rule->trigger.filter.subject == FILTER_LEADS};
    enum err err = automation_count(web, rule, AUTOMATION_COUNT_MS, &out->n);
    if (err == ERR_TIMEOUT) {
        db_rollback(web->db);
        ctx_clear(web->ctx);
        *out = (struct automation_matching){.persons = out->persons, .late = true};
        return ERR_NONE;
    }
    TRY(err);
    return db_commit(web->db);
}

bool automation_sends(const struct automation_rule *rule)
{
    for (size_t i = 0; i < rule->n_actions; i++) {
        if (automation_is_sent(&rule->actions[i])) {
            return true;
        }
    }
    return false;
}

bool automation_is_sent(const struct automation_action *action)
{
    return action->what == DO_WEBHOOK || action->what == DO_SLACK || action->what == DO_MAIL ||
           action->what == DO_PUSH;
}

const struct did_row *automation_draw_said(struct ctx *ctx, struct str said, size_t *out_n)
{
    struct automation_did did[AUTOMATION_ACTIONS_MAX];
    size_t n;
    automation_run_said(ctx, said, did, &n);
    struct did_row *rows = ARENA_ARRAY(ctx->arena, n, struct did_row);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct did_row){.did = did[i].did, .text = did[i].text};
    }
    *out_n = n;
    return rows;
}
