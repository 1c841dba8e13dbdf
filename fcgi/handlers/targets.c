/* Settings > Targets: what counts as a conversion, by the pages that say so. */
#include "fcgi/handlers.h"

#include "fcgi/use_draw.h"
#include "fcgi/views/targets.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/sb.h"
#include "shared/score.h"
#include "shared/target.h"

#define NO_TARGET "This target does not exist any more."
#define PAGES_BYTES ((size_t)TARGET_PAGES_MAX * (URL_PATTERN_MAX + 2))
#define COUNTING_REFRESH_S 3

struct values {
    struct str name, pages;
};
static const struct form_field fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .max = TARGET_NAME_MAX,
     .offset = offsetof(struct values, name)},
    {.name = "pages",
     .label = "Pages",
     .kind = FORM_LINES,
     .required = true,
     .max = PAGES_BYTES,
     .offset = offsetof(struct values, pages)},
};
const struct form_spec target_spec = FORM_SPEC(fields, struct values);

/* ---- rows ---- */

static struct str joined(struct ctx *ctx, struct sql_strs pages, const char *between)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, PAGES_BYTES);
    for (size_t i = 0; i < pages.n; i++) {
        sb_str(&sb, i == 0 ? STR("") : str_from(between));
        sb_str(&sb, pages.v[i]);
    }
    return sb_view(&sb);
}

static enum err load_rows(struct web *web, int64_t target, struct sql_target_rows_rows *out)
{
    return sql_target_rows(web->db,
                           &(struct sql_target_rows_in){.dataset = web->session.dataset,
                                                        .target = target,
                                                        .target_null = target == 0},
                           out);
}

static struct target_row draw_row(struct ctx *ctx, const struct sql_target_rows *row)
{
    return (struct target_row){.id = row->id,
                               .name = row->name,
                               .pages = joined(ctx, row->pages, ", "),
                               .counting = !row->counted,
                               .leads = row->leads,
                               .hits = row->hits,
                               .last_at = row->last_at_null ? 0 : row->last_at};
}

static struct target_fields draw_fields(struct web *web, struct str name, struct str pages)
{
    return (struct target_fields){.wrong = form_message(&web->form, ""),
                                  .name = form_value(&web->form, "name", name),
                                  .name_wrong = form_message(&web->form, "name"),
                                  .pages = form_value(&web->form, "pages", pages),
                                  .pages_wrong = form_message(&web->form, "pages")};
}

/* ---- the list ---- */

enum err handle_targets(struct web *web, struct request *request, struct response *response)
{
    struct sql_target_rows_rows rows;
    TRY(load_rows(web, 0, &rows));
    struct target_row *list = ARENA_ARRAY(web->ctx->arena, rows.n, struct target_row);
    struct targets_view view = {
        .page = page_make(web, request, response, "Targets", NAV_SETTINGS),
        .targets = list,
        .n_targets = rows.n,
        .left = rows.n < TARGETS_MAX ? TARGETS_MAX - (int64_t)rows.n : 0,
        .fields = draw_fields(web, STR(""), STR(""))};
    for (size_t i = 0; i < rows.n; i++) {
        list[i] = draw_row(web->ctx, &rows.row[i]);
        view.counting = view.counting || list[i].counting;
    }
    view.csrf = view.page.csrf;
    view.page.tab = SETTINGS_TARGETS;
    view.page.refresh_s = view.counting && form_is_right(&web->form) ? COUNTING_REFRESH_S : 0;
    web_form_status(web, response);
    tpl_targets(&response->body, &view);
    return ERR_NONE;
}

/* ---- storing ---- */

/* One a line; empty lines say nothing. */
static struct sql_strs lines_of(struct ctx *ctx, struct str text)
{
    size_t room = 1, n = 0;
    struct str line;
    for (size_t i = 0; i < text.n; i++) {
        room += text.p[i] == '\n';
    }
    struct str *lines = ARENA_ARRAY(ctx->arena, room, struct str);
    while (str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.n > 0) {
            lines[n++] = line;
        }
    }
    return (struct sql_strs){lines, n};
}

static enum err audit(struct web *web, const char *action, struct str subject)
{
    return sql_audit_add(web->db,
                         &(struct sql_audit_add_in){.workspace = web->session.workspace,
                                                    .user = web->session.user,
                                                    .action = str_from(action),
                                                    .subject = subject},
                         NULL);
}

/* *out_id 0: something is wrong with the form. */
static enum err store(struct web *web, int64_t id, int64_t *out_id)
{
    const struct values *values = web->form.values;
    const char *field = "";
    *out_id = 0;
    if (!form_is_right(&web->form)) {
        return ERR_NONE;
    }
    struct sql_strs pages = lines_of(web->ctx, values->pages);
    const struct target target = {
        .id = id, .name = values->name, .pages = pages.v, .n_pages = pages.n};
    enum err err =
        target_save(web->db, web->session.dataset, web->session.user, &target, &field, out_id);
    if (err == ERR_INVALID || err == ERR_CONFLICT || err == ERR_LIMIT) {
        form_refuse(&web->form, field, "%.*s", STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
        *out_id = 0;
        return ERR_NONE;
    }
    TRY(web_need(web, err, NO_TARGET));
    web->wake = true;
    return audit(web, id == 0 ? "target.added" : "target.changed", values->name);
}

enum err handle_target_add(struct web *web, struct request *request, struct response *response)
{
    const struct values *values = web->form.values;
    int64_t id;
    TRY(store(web, 0, &id));
    if (id == 0) {
        return handle_targets(web, request, response);
    }
    return web_redirect_saying(
        web, request, response, STR("/settings/targets"),
        "The target %.*s is added. Who reached it before is being found.",
        STR_ARG(values->name));
}

/* ---- one target ---- */

static enum err is_in_formula(struct web *web, int64_t target, bool *out_is)
{
    struct score_formula formula;
    TRY(score_formula_load(web->ctx, web->db, web->session.dataset, &formula));
    *out_is = false;
    for (size_t i = 0; i < formula.n_rules; i++) {
        *out_is = *out_is ||
                  (formula.rules[i].kind == SCORE_TARGET && formula.rules[i].target == target);
    }
    return ERR_NONE;
}

static enum err draw_uses(struct web *web, int64_t target, struct target_view *view)
{
    struct sql_target_uses_rows rows;
    const struct sql_target_uses_in in = {
        .dataset = web->session.dataset, .target = target, .user = web->session.user};
    TRY(sql_target_uses(web->db, &in, &rows));
    struct use_view *uses = ARENA_ARRAY(web->ctx->arena, rows.n, struct use_view);
    for (size_t i = 0; i < rows.n; i++) {
        uses[i] = use_draw(web->ctx->arena, rows.row[i].kind, rows.row[i].id, rows.row[i].name);
    }
    view->uses = uses;
    view->n_uses = rows.n;
    return ERR_NONE;
}

enum err handle_target(struct web *web, struct request *request, struct response *response)
{
    struct sql_target_rows_rows rows;
    TRY(load_rows(web, web->ids[0], &rows));
    if (rows.n == 0) {
        return web_not_found(web, NO_TARGET);
    }
    const struct sql_target_rows *row = &rows.row[0];
    struct target_view view = {
        .page = page_make(web, request, response, "Target", NAV_SETTINGS),
        .target = draw_row(web->ctx, row),
        .fields = draw_fields(web, row->name, joined(web->ctx, row->pages, "\n"))};
    view.page.title = row->name;
    view.page.tab = SETTINGS_TARGETS;
    view.csrf = view.page.csrf;
    TRY(is_in_formula(web, row->id, &view.in_formula));
    TRY(draw_uses(web, row->id, &view));
    web_form_status(web, response);
    tpl_target(&response->body, &view);
    return ERR_NONE;
}

enum err handle_target_save(struct web *web, struct request *request, struct response *response)
{
    const struct values *values = web->form.values;
    int64_t id;
    TRY(store(web, web->ids[0], &id));
    if (id == 0) {
        return handle_target(web, request, response);
    }
    return web_redirect_saying(web, request, response, STR("/settings/targets"),
                               "The target %.*s is stored.", STR_ARG(values->name));
}

enum err handle_target_delete(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_target_rows_rows rows;
    TRY(load_rows(web, web->ids[0], &rows));
    if (rows.n == 0) {
        return web_not_found(web, NO_TARGET);
    }
    TRY(web_need(web, target_delete(web->db, web->session.dataset, web->ids[0]), NO_TARGET));
    TRY(audit(web, "target.deleted", rows.row[0].name));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/settings/targets"),
                               "The target %.*s is deleted.", STR_ARG(rows.row[0].name));
}
