/* Settings > Leadscore: the formula as a form that works without script - its buttons add,
 * remove and move rules by sending it - and the versions it had. What is typed is tried before
 * it is saved (score_preview.c). */
#include "fcgi/handlers/score.h"

#include "fcgi/score_builder.h"
#include "gen/templates.h"
#include "shared/score_draft.h"
#include "shared/score_preset.h"

#define NO_VERSION "There is no such version of the formula."
#define VERSIONS_SHOWN 20
#define FROM_TYPED (-1)

struct fields {
    struct str pressed, new_kind;
    struct score_form_lists lists;
};
#define LIST(field, title)                                                                     \
    {                                                                                          \
        .name = "rule_" #field, .label = (title), .kind = FORM_TEXTS, .max = SCORE_RULES_MAX,  \
        .each = 2000, .offset = offsetof(struct fields, lists.field)                           \
    }
static const struct form_field fields[] = {
    {.name = "do",
     .label = "Button",
     .kind = FORM_TEXT,
     .max = 40,
     .offset = offsetof(struct fields, pressed)},
    {.name = "new_kind",
     .label = "Kind of the new rule",
     .kind = FORM_TEXT,
     .max = 40,
     .offset = offsetof(struct fields, new_kind)},
    LIST(kind, "Kind"),
    LIST(key, "Rule"),
    LIST(field, "What"),
    LIST(property, "Property"),
    LIST(op, "Comparison"),
    LIST(value, "Value"),
    LIST(from, "From"),
    LIST(to, "To"),
    LIST(points, "Points"),
    LIST(most, "At most"),
};
const struct form_spec score_spec = FORM_SPEC(fields, struct fields);

/* ---- shared with the preview ---- */

enum err score_progress_load(struct web *web, int64_t id, struct progress *out_row,
                             struct score_progress_view *out_view)
{
    *out_row = (struct progress){.state = PROGRESS_DONE};
    *out_view = (struct score_progress_view){.bar_max = 1};
    if (id == 0) {
        return ERR_NONE;
    }
    enum err err = progress_get(web->db, web->session.dataset, id, out_row);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    TRY(err);
    out_view->running = out_row->state <= PROGRESS_RUNNING;
    out_view->done = out_row->done;
    out_view->total = out_row->total;
    out_view->bar_max = out_row->total > 0 ? out_row->total : 1;
    out_view->message = out_row->message;
    return ERR_NONE;
}

const struct score_words_view *score_words(struct ctx *ctx, const struct score_formula *formula)
{
    struct score_words_view *words =
        ARENA_ARRAY(ctx->arena, formula->n_rules, struct score_words_view);
    for (size_t i = 0; i < formula->n_rules; i++) {
        words[i] =
            (struct score_words_view){.words = score_rule_words(ctx, &formula->rules[i]),
                                      .worth = score_rule_worth(ctx, &formula->rules[i])};
    }
    return words;
}

/* ---- what is in force ---- */

static enum err load_versions(struct web *web, struct score_view *view)
{
    struct sql_score_versions_rows rows;
    struct progress progress;
    TRY(sql_score_versions(web->db,
                           &(struct sql_score_versions_in){.dataset = web->session.dataset,
                                                           .most = VERSIONS_SHOWN},
                           &rows));
    struct score_version_view *versions =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct score_version_view);
    for (size_t i = 0; i < rows.n; i++) {
        versions[i] = (struct score_version_view){.version = rows.row[i].version,
                                                  .at = rows.row[i].created_at,
                                                  .user = rows.row[i].user,
                                                  .current = i == 0};
    }
    view->versions = versions;
    view->n_versions = rows.n;
    if (rows.n > 0) {
        view->version = versions[0].version;
        view->at = versions[0].at;
        view->user = versions[0].user;
        TRY(score_progress_load(web, rows.row[0].progress_null ? 0 : rows.row[0].progress,
                                &progress, &view->progress));
    }
    return ERR_NONE;
}

static enum err load_draft(struct web *web, struct score_view *view)
{
    struct sql_score_draft_open_rows rows;
    TRY(sql_score_draft_open(web->db,
                             &(struct sql_score_draft_open_in){.dataset = web->session.dataset,
                                                               .user = web->session.user},
                             &rows));
    if (rows.n > 0) {
        view->draft = rows.row[0].id;
        view->draft_at = rows.row[0].created_at;
    }
    return ERR_NONE;
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     const struct score_form *form, int64_t from)
{
    struct score_formula in_force;
    struct score_view view = {.page =
                                  page_make(web, request, response, "Leadscore", NAV_SETTINGS),
                              .wrong = form_list_message(&web->form),
                              .from = from};
    view.page.tab = SETTINGS_SCORE;
    view.csrf = view.page.csrf;
    TRY(load_versions(web, &view));
    TRY(score_formula_get(web->ctx, web->db, web->session.dataset, (int32_t)view.version,
                          &in_force));
    view.words = score_words(web->ctx, &in_force);
    view.n_words = in_force.n_rules;
    if (view.page.may_manage) {
        TRY(load_draft(web, &view));
        TRY(score_builder_draw(web, form, &view));
    }
    view.page.refresh_s = view.progress.running && from != FROM_TYPED ? SCORE_REFRESH_S : 0;
    web_form_status(web, response);
    tpl_score(&response->body, &view);
    return ERR_NONE;
}

/* ---- the page ---- */

static enum err newest_version(struct web *web, int32_t *out_version)
{
    struct sql_score_versions_rows rows;
    TRY(sql_score_versions(
        web->db, &(struct sql_score_versions_in){.dataset = web->session.dataset, .most = 1},
        &rows));
    *out_version = rows.n > 0 ? rows.row[0].version : 0;
    return ERR_NONE;
}

/* ?draft= is what was tried, ?version= one that was in force; else the one that is. */
static enum err load_rules(struct web *web, struct score_formula *out, int64_t *out_from)
{
    int64_t draft, version;
    struct sql_score_draft_get row;
    int64_t dataset = web->session.dataset;
    int32_t newest;
    if (str_to_i64(web_query(web, "draft"), &draft)) {
        TRY(web_need(web,
                     sql_score_draft_get(
                         web->db,
                         &(struct sql_score_draft_get_in){.dataset = dataset, .draft = draft},
                         &row),
                     NO_VERSION));
        *out_from = FROM_TYPED;
        return score_formula_from(web->ctx, web->db, dataset, SCORE_VERSION_DRAFT, row.rules,
                                  out);
    }
    TRY(newest_version(web, &newest));
    if (!str_to_i64(web_query(web, "version"), &version) || version < 0 || version > newest) {
        version = newest;
    }
    *out_from = version;
    return web_need(web, score_formula_get(web->ctx, web->db, dataset, (int32_t)version, out),
                    NO_VERSION);
}

enum err handle_score(struct web *web, struct request *request, struct response *response)
{
    struct score_formula formula;
    struct score_form form;
    int64_t from;
    TRY(load_rules(web, &formula, &from));
    score_form_from_rules(web->ctx, formula.rules, formula.n_rules, &form);
    return draw(web, request, response, &form, from);
}

/* ---- sending the form ---- */

static enum err use_preset(struct web *web, struct str name, struct score_form *form)
{
    const struct score_preset *preset = score_preset_find(name);
    struct score_rule *rules;
    size_t n;
    if (preset == NULL) {
        return ERR_NONE;
    }
    TRY(score_rules_read(web->ctx, str_from(preset->rules), &rules, &n));
    score_form_from_rules(web->ctx, rules, n, form);
    return ERR_NONE;
}

/* "add", "remove:3", "up:3", "down:3", "preset:fit"; anything else means to try it. */
static enum err press(struct web *web, const struct fields *typed, struct score_form *form,
                      bool *out_pressed)
{
    size_t mark = str_find(typed->pressed, ':');
    struct str what = str_slice(typed->pressed, 0, mark);
    struct str which = str_slice(typed->pressed, mark + 1, typed->pressed.n);
    enum score_rule_kind kind;
    int64_t row = -1;
    (void)str_to_i64(which, &row);
    *out_pressed = true;
    if (str_eq(what, STR("add"))) {
        if (score_rule_kind_from(typed->new_kind, &kind)) {
            score_form_add(form, kind);
        }
    } else if (str_eq(what, STR("remove"))) {
        score_form_remove(form, (size_t)row);
    } else if (str_eq(what, STR("up")) || str_eq(what, STR("down"))) {
        score_form_move(form, (size_t)row, str_eq(what, STR("up")));
    } else if (str_eq(what, STR("preset"))) {
        return use_preset(web, which, form);
    } else {
        *out_pressed = false;
    }
    return ERR_NONE;
}

/* Gives rules the name of the target or the tag that was chosen, which outlives it; one that is
 * not there (any more) was not chosen. */
static enum err name_chosen(struct web *web, struct score_form *form, struct score_rule *rules,
                            bool *right)
{
    struct score_offered offered;
    TRY(score_offered_load(web, &offered));
    for (size_t i = 0; i < form->n; i++) {
        for (size_t k = 0; rules[i].kind == SCORE_TARGET && k < offered.targets.n; k++) {
            if (offered.targets.row[k].id == rules[i].target) {
                rules[i].name = offered.targets.row[k].name;
            }
        }
        for (size_t k = 0; rules[i].kind == SCORE_TAG && k < offered.tags.n; k++) {
            if (offered.tags.row[k].id == rules[i].tag) {
                rules[i].name = offered.tags.row[k].name;
            }
        }
        bool chosen = rules[i].kind == SCORE_TARGET || rules[i].kind == SCORE_TAG;
        if (chosen && str_is_null(form->rows[i].wrong) && str_is_null(rules[i].name)) {
            form->rows[i].wrong =
                rules[i].kind == SCORE_TAG ? STR("Choose a tag.") : STR("Choose a target.");
            *right = false;
        }
    }
    return ERR_NONE;
}

static enum err try_rules(struct web *web, struct score_form *form, int64_t *out_draft)
{
    struct score_rule rules[SCORE_RULES_MAX];
    size_t n;
    *out_draft = 0;
    bool right = score_form_rules(web->ctx, form, rules, &n);
    TRY(name_chosen(web, form, rules, &right));
    if (!right) {
        form_refuse(&web->form, "", "Some rules are not complete yet.");
        return ERR_NONE;
    }
    if (n == 0) {
        form_refuse(&web->form, "", "A formula needs a rule, or every score would be 0.");
        return ERR_NONE;
    }
    enum err err =
        score_draft_make(web->db, web->session.dataset, web->session.user, rules, n, out_draft);
    if (err == ERR_LIMIT || err == ERR_INVALID) {
        form_refuse(&web->form, "", "%.*s", STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
        *out_draft = 0;
        return ERR_NONE;
    }
    web->wake = true;
    return err;
}

enum err handle_score_post(struct web *web, struct request *request, struct response *response)
{
    const struct fields *typed = web->form.values;
    struct score_form form;
    bool pressed = true;
    int64_t draft = 0;
    score_form_read(&typed->lists, &form);
    if (form_is_right(&web->form)) {
        TRY(press(web, typed, &form, &pressed));
    } else {
        struct score_rule rules[SCORE_RULES_MAX];
        size_t n;
        (void)score_form_rules(web->ctx, &form, rules, &n); /* tells which of them it is */
    }
    if (!pressed) {
        TRY(try_rules(web, &form, &draft));
    }
    if (draft == 0) {
        return draw(web, request, response, &form, FROM_TYPED);
    }
    return web_redirect(response, "/settings/score/drafts/%lld", (long long)draft);
}

/* ---- one version ---- */

enum err handle_score_version(struct web *web, struct request *request,
                              struct response *response)
{
    struct sql_score_formula_row row;
    struct score_formula formula;
    int32_t newest;
    int64_t dataset = web->session.dataset;
    if (web->ids[0] > INT32_MAX) {
        return web_not_found(web, NO_VERSION);
    }
    const struct sql_score_formula_row_in in = {.dataset = dataset,
                                                .version = (int32_t)web->ids[0]};
    TRY(web_need(web, sql_score_formula_row(web->db, &in, &row), NO_VERSION));
    TRY(score_formula_from(web->ctx, web->db, dataset, row.version, row.rules, &formula));
    TRY(newest_version(web, &newest));
    struct score_version_page_view view = {
        .page = page_make(web, request, response, "Version of the formula", NAV_SETTINGS),
        .version = {.version = row.version,
                    .at = row.created_at,
                    .user = row.user,
                    .current = row.version == newest},
        .words = score_words(web->ctx, &formula),
        .n_words = formula.n_rules};
    view.page.tab = SETTINGS_SCORE;
    tpl_score_version(&response->body, &view);
    return ERR_NONE;
}
