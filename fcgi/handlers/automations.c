/* The list of automations, those with a problem first; or those that have to do with a stage.
 */
#include "fcgi/handlers.h"

#include "fcgi/automation_draw.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/filter.h"
#include "shared/integration.h"

#define DAYS 7
#define WAITING_MOST 1000
#define STAGE_MISSING "This stage does not exist, or you may not see its board."

/* ---- what an automation has to do with a stage ---- */

static bool has_ref(const struct automation_ref *refs, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (refs[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool asks_for(struct ctx *ctx, const struct filter *filter, int64_t stage)
{
    struct sql_i64s ids = filter_ids(ctx, filter, FILTER_STAGE);
    for (size_t i = 0; i < ids.n; i++) {
        if (ids.v[i] == stage) {
            return true;
        }
    }
    return false;
}

/* Empty: nothing. */
static struct str about_stage(struct ctx *ctx, const struct automation_row *row, int64_t stage)
{
    const struct automation_trigger *trigger = &row->rule.trigger;
    if (!str_is_null(row->unreadable)) {
        return STR("");
    }
    if (trigger->when == WHEN_STAGE && has_ref(trigger->refs, trigger->n_refs, stage)) {
        return STR("runs when a card comes here");
    }
    for (size_t i = 0; i < row->rule.n_actions; i++) {
        if (row->rule.actions[i].stage.id == stage) {
            return STR("brings cards here");
        }
    }
    return asks_for(ctx, &trigger->filter, stage) ? STR("asks whether a card is here")
                                                  : STR("");
}

/* ---- the rows ---- */

struct listed {
    struct web *web;
    struct str csrf;
    const struct automation_names *names;
    struct sql_automation_run_counts_rows counts;
    struct sql_automation_waiting_rows waiting;
    int64_t stage; /* 0: all */
};

static void draw_counts(const struct listed *listed, struct automation_item *item)
{
    for (size_t i = 0; i < listed->counts.n; i++) {
        const struct sql_automation_run_counts *row = &listed->counts.row[i];
        if (row->automation == item->id) {
            item->week += row->n;
            item->failed += row->state == RUN_FAILED ? row->n : 0;
            item->stopped += row->state == RUN_STOPPED ? row->n : 0;
        }
    }
    for (size_t i = 0; i < listed->waiting.n; i++) {
        if (listed->waiting.row[i].automation == item->id) {
            item->waiting = listed->waiting.row[i].n;
            item->many_waiting = item->waiting >= WAITING_MOST;
        }
    }
}

static struct automation_item draw_row(const struct listed *listed,
                                       const struct automation_row *row)
{
    struct ctx *ctx = listed->web->ctx;
    struct automation_item item = {
        .id = row->id,
        .name = row->name,
        .sentence = automation_draw_sentence(ctx, row, listed->names),
        .source = str_is_null(row->unreadable) ? automation_source_words(row->source) : "",
        .csrf = listed->csrf,
        .enabled = row->enabled,
        .may_edit = listed->web->session.role >= AUTOMATION_ROLE,
        .retry_at = row->retry_at,
        .fired_at = row->fired_at,
    };
    item.problems = automation_draw_problems(ctx, row, listed->names, &item.n_problems);
    item.troubled = item.n_problems > 0;
    draw_counts(listed, &item);
    return item;
}

static enum err load_waiting(struct web *web, const struct automation_row *rows, size_t n,
                             struct listed *listed)
{
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, n, int64_t);
    size_t n_ids = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].retry_at != 0) {
            ids[n_ids++] = rows[i].id;
        }
    }
    return sql_automation_waiting(
        web->db,
        &(struct sql_automation_waiting_in){.dataset = web->session.dataset,
                                            .automations = {.v = ids, .n = n_ids}},
        &listed->waiting);
}

/* Those with a problem first, and each half by name. */
static void draw_list(const struct listed *listed, const struct automation_row *rows, size_t n,
                      struct automations_view *view)
{
    struct ctx *ctx = listed->web->ctx;
    struct automation_item *list = ARENA_ARRAY(ctx->arena, n, struct automation_item);
    struct automation_item *fine = ARENA_ARRAY(ctx->arena, n, struct automation_item);
    size_t n_fine = 0;
    for (size_t i = 0; i < n; i++) {
        struct str about =
            listed->stage != 0 ? about_stage(ctx, &rows[i], listed->stage) : STR("");
        if (listed->stage != 0 && str_is_empty(about)) {
            continue;
        }
        struct automation_item item = draw_row(listed, &rows[i]);
        item.about = about;
        if (item.troubled && item.enabled) {
            list[view->n_list++] = item;
        } else {
            fine[n_fine++] = item;
        }
    }
    view->troubled = (int64_t)view->n_list;
    for (size_t i = 0; i < n_fine; i++) {
        list[view->n_list++] = fine[i];
    }
    view->list = list;
}

/* ---- a stage ---- */

static enum err load_stage(struct web *web, struct automations_view *view)
{
    struct sql_integration_stages_rows rows;
    TRY(sql_integration_stages(web->db,
                               &(struct sql_integration_stages_in){
                                   .dataset = web->session.dataset, .user = web->session.user},
                               &rows));
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.row[i].stage == view->stage) {
            view->board = rows.row[i].board;
            view->board_name = rows.row[i].board_name;
            view->stage_name = rows.row[i].stage_name;
            view->final = rows.row[i].final;
            return ERR_NONE;
        }
    }
    return web_not_found(web, STAGE_MISSING);
}

static size_t add_integrations(struct web *web, const struct sql_stage_integrations_rows *rows,
                               struct stage_also *also)
{
    bool may_open = web->session.role >= ROLE_ADMIN;
    for (size_t i = 0; i < rows->n; i++) {
        const struct sql_stage_integrations *row = &rows->row[i];
        also[i] = (struct stage_also){
            .name = row->name,
            .url = may_open
                       ? arena_print(web->ctx->arena, "/integrations/%lld", (long long)row->id)
                       : STR(""),
            .what = integration_is_crm((enum integration_kind)row->kind)
                        ? STR("gets the company when a card comes here")
                        : STR("is told when a card comes here")};
    }
    return rows->n;
}

static size_t add_segments(struct web *web, const struct sql_segment_list_rows *rows,
                           int64_t stage, struct stage_also *also)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        struct filter filter;
        if (filter_parse(web->ctx, rows->row[i].filter, &filter) != ERR_NONE) {
            ctx_clear(web->ctx);
        } else if (asks_for(web->ctx, &filter, stage)) {
            also[n++] = (struct stage_also){
                .name = rows->row[i].name,
                .url =
                    arena_print(web->ctx->arena, "/segments/%lld", (long long)rows->row[i].id),
                .what = STR("is a segment that asks whether a card is here")};
        }
    }
    return n;
}

static enum err load_also(struct web *web, struct automations_view *view)
{
    int64_t dataset = web->session.dataset;
    struct sql_stage_integrations_rows integrations;
    struct sql_segment_list_rows segments;
    TRY(sql_stage_integrations(
        web->db, &(struct sql_stage_integrations_in){.dataset = dataset, .stage = view->stage},
        &integrations));
    TRY(sql_segment_list(
        web->db, &(struct sql_segment_list_in){.dataset = dataset, .user = web->session.user},
        &segments));
    struct stage_also *also =
        ARENA_ARRAY(web->ctx->arena, integrations.n + segments.n, struct stage_also);
    view->n_also = add_integrations(web, &integrations, also);
    view->n_also += add_segments(web, &segments, view->stage, also + view->n_also);
    view->also = also;
    return ERR_NONE;
}

/* ?stage=: only what has to do with it. */
static enum err read_stage(struct web *web, struct automations_view *view)
{
    struct str text = web_query(web, "stage");
    if (str_is_null(text)) {
        return ERR_NONE;
    }
    if (!str_to_i64(text, &view->stage) || view->stage <= 0) {
        return web_not_found(web, STAGE_MISSING);
    }
    TRY(load_stage(web, view));
    view->page.title = arena_print(web->ctx->arena, "Automations of %.*s",
                                   STR_ARG(str_cut(view->stage_name, 100)));
    return load_also(web, view);
}

enum err handle_automations(struct web *web, struct request *request, struct response *response)
{
    const struct automation_row *rows;
    size_t n;
    struct automations_view view = {
        .page = page_make(web, request, response, "Automations", NAV_AUTOMATIONS),
        .may_edit = web->session.role >= AUTOMATION_ROLE};
    struct listed listed = {.web = web, .csrf = view.page.csrf};
    TRY(read_stage(web, &view));
    TRY(automation_list(web->db, web->session.dataset, &rows, &n));
    TRY(automation_draw_names(web, rows, n, &listed.names));
    TRY(sql_automation_run_counts(
        web->db,
        &(struct sql_automation_run_counts_in){.dataset = web->session.dataset, .days = DAYS},
        &listed.counts));
    TRY(load_waiting(web, rows, n, &listed));
    listed.stage = view.stage;
    view.full = n >= AUTOMATIONS_MAX;
    draw_list(&listed, rows, n, &view);
    tpl_automations(&response->body, &view);
    return ERR_NONE;
}
