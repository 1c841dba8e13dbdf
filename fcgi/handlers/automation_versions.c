/* The versions of an automation: who made them, what each changed, and the way back. */
#include "fcgi/handlers.h"

#include "fcgi/automation_draw.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/sb.h"

#define SHOWN 50
#define TEXT_MAX ((size_t)64 << 10)

/* A line for what it waits for, and one for each action. */
static struct str in_lines(struct ctx *ctx, const struct automation_rule *rule,
                           const struct automation_names *names)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, TEXT_MAX);
    sb_str(&sb, automation_trigger_words(ctx, &rule->trigger, names));
    for (size_t i = 0; i < rule->n_actions; i++) {
        SB_LIT(&sb, "\nthen ");
        sb_str(&sb, automation_action_words(ctx, &rule->actions[i], names));
    }
    return sb_view(&sb);
}

/* Names as they were when each was saved: a stage that is called otherwise now is no change. */
static struct str tell(struct ctx *ctx, const struct sql_automation_versions *row)
{
    struct automation_rule *rule = ARENA_NEW(ctx->arena, struct automation_rule);
    if (automation_parse(ctx, row->trigger, row->actions, rule) != ERR_NONE) {
        ctx_clear(ctx);
        return STR("What it did cannot be read.");
    }
    return in_lines(ctx, rule, NULL);
}

static struct version_view draw(struct web *web,
                                const struct sql_automation_versions_rows *rows, size_t i,
                                const struct automation_row *automation)
{
    const struct sql_automation_versions *row = &rows->row[i];
    struct version_view view = {.version = row->version,
                                .at = row->at,
                                .automation = automation->id,
                                .author = row->user_name,
                                .first = i + 1 == rows->n,
                                .current = row->version == automation->version,
                                .may_edit = web->session.role >= AUTOMATION_ROLE};
    if (str_is_empty(view.author)) {
        view.author = STR("A former user");
    }
    if (view.first) {
        view.text = tell(web->ctx, row);
    } else {
        view.diff = diff_lines(web->ctx->arena, tell(web->ctx, &rows->row[i + 1]),
                               tell(web->ctx, row), SIZE_MAX);
    }
    return view;
}

enum err handle_automation_versions(struct web *web, struct request *request,
                                    struct response *response)
{
    struct automation_row row;
    struct sql_automation_versions_rows rows;
    TRY(automation_load(web, &row));
    TRY(sql_automation_versions(web->db,
                                &(struct sql_automation_versions_in){
                                    .dataset = web->session.dataset, .automation = row.id},
                                &rows));
    struct versions_view view = {
        .page = page_make(web, request, response, "Versions", NAV_AUTOMATIONS),
        .more = rows.n > SHOWN};
    view.page.title = arena_print(web->ctx->arena, "Versions of %.*s", STR_ARG(row.name));
    TRY(automation_head_load(web, &row, ATAB_VERSIONS, view.page.csrf, &view.head));
    struct version_view *list = ARENA_ARRAY(web->ctx->arena, rows.n, struct version_view);
    for (size_t i = 0; i < rows.n && i < SHOWN; i++) {
        list[view.n_list++] = draw(web, &rows, i, &row);
    }
    view.list = list;
    tpl_automation_versions(&response->body, &view);
    return ERR_NONE;
}
