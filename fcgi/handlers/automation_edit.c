/* The editor of automations: new ones, those that are there, as they were in a version; and
 * what the form says while it is filled in. */
#include "fcgi/handlers/automation_edit.h"

#include "fcgi/handlers.h"
#include "gen/sql.h"
#include "gen/templates.h"

#define NOT_SHOWN "This automation has more conditions than can be edited here. It still works."

enum err edit_begin(struct web *web, const struct automation_row *row, struct edit *out)
{
    *out = (struct edit){.row = row};
    return automation_choices_load(
        web, row != NULL && str_is_null(row->unreadable) ? &row->rule : NULL, &out->choices);
}

static struct str path_of(struct web *web, const struct edit *edit)
{
    return edit->row == NULL
               ? STR("/automations")
               : arena_print(web->ctx->arena, "/automations/%lld", (long long)edit->row->id);
}

static bool wants_conditions(const struct request *request)
{
    return web_is_partial(request) &&
           str_eq(request_header(request, "HX-Target"), STR("builder"));
}

enum err edit_draw(struct web *web, const struct request *request, struct response *response,
                   struct edit *edit)
{
    struct edit_view *view = &edit->view;
    automation_builder_draw(web->ctx, &edit->form, edit->choices, path_of(web, edit), view);
    if (wants_conditions(request)) {
        response_header(response, "HX-Trigger", STR("rows-changed"));
        tpl_filter_builder(&response->body, &view->builder);
        return ERR_NONE;
    }
    view->page = page_make(web, request, response, "New automation", NAV_AUTOMATIONS);
    view->may_edit = true;
    if (edit->row != NULL) {
        view->page.title = edit->row->name;
        view->version = edit->row->version;
        view->enabled = edit->row->enabled;
        TRY(automation_head_load(web, edit->row, ATAB_EDIT, view->page.csrf, &view->head));
    }
    if (web->form.n_mistakes > 0 && str_is_null(view->wrong)) {
        view->wrong = form_message(&web->form, "");
        view->name_wrong = form_message(&web->form, "name");
        view->wrong = str_is_null(view->wrong) && str_is_null(view->name_wrong)
                          ? web->form.mistakes[0].message
                          : view->wrong;
    }
    web_form_status(web, response);
    tpl_automation_edit(&response->body, view);
    return ERR_NONE;
}

/* ---- opening it ---- */

/* A stage that the query names and that the user may see; 0: none. */
static int64_t stage_asked(struct web *web, const char *name, const struct edit *edit)
{
    int64_t stage;
    return str_to_i64(web_query(web, name), &stage) && stage > 0 &&
                   automation_choices_board(edit->choices, stage) != 0
               ? stage
               : 0;
}

/* ?stage=: for when a card enters it; ?to=: one that moves cards there. */
enum err handle_automation_new(struct web *web, struct request *request,
                               struct response *response)
{
    struct edit *edit = ARENA_NEW(web->ctx->arena, struct edit);
    TRY(edit_begin(web, NULL, edit));
    int64_t to = stage_asked(web, "to", edit);
    if (to != 0) {
        automation_form_begin_move(web->ctx->arena, to, &edit->form);
    } else {
        automation_form_begin(web->ctx->arena, stage_asked(web, "stage", edit), &edit->form);
    }
    return edit_draw(web, request, response, edit);
}

/* Those who may not edit read it. */
static enum err draw_about(struct web *web, const struct request *request,
                           struct response *response, const struct automation_row *row)
{
    struct about_view view = {.page = page_make(web, request, response, "", NAV_AUTOMATIONS),
                              .description = row->description,
                              .source = str_from(automation_source_words(row->source)),
                              .cooldown = automation_span(web->ctx, row->cooldown_s),
                              .cools = row->cooldown_s > 0,
                              .once = row->once,
                              .author = row->user_name,
                              .created_at = row->created_at,
                              .fired_at = row->fired_at};
    view.page.title = row->name;
    TRY(automation_head_load(web, row, ATAB_EDIT, view.page.csrf, &view.head));
    tpl_automation_about(&response->body, &view);
    return ERR_NONE;
}

/* ?version=: as it was, to be saved again. */
static enum err rule_asked(struct web *web, const struct automation_row *row,
                           const struct automation_rule **out_rule, int64_t *out_version)
{
    struct automation_rule *rule = ARENA_NEW(web->ctx->arena, struct automation_rule);
    struct str asked = web_query(web, "version");
    *out_rule = &row->rule;
    *out_version = 0;
    if (str_is_null(asked)) {
        return ERR_NONE;
    }
    if (!str_to_i64(asked, out_version) || *out_version <= 0 || *out_version > INT32_MAX) {
        return web_not_found(web, "There is no such version of this automation.");
    }
    enum err err =
        automation_version(web->db, web->session.dataset, row->id, (int32_t)*out_version, rule);
    if (err == ERR_INVALID) {
        ctx_clear(web->ctx);
        return web_conflict(web, "This version cannot be read, so it cannot be restored.");
    }
    *out_rule = rule;
    return web_need(web, err, "There is no such version of this automation.");
}

static void open_rule(struct web *web, const struct automation_row *row,
                      const struct automation_rule *rule, bool readable, struct edit *edit,
                      bool *out_fits)
{
    *out_fits = true;
    if (readable) {
        *out_fits = automation_form_from_rule(web->ctx->arena, rule, &edit->form);
    } else {
        automation_form_begin(web->ctx->arena, 0, &edit->form); /* built anew */
    }
    edit->form.name = row->name;
    edit->form.description = row->description;
    edit->form.once = row->once;
    automation_form_cooldown(web->ctx->arena, row->cooldown_s, &edit->form);
}

enum err handle_automation(struct web *web, struct request *request, struct response *response)
{
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    struct edit *edit = ARENA_NEW(web->ctx->arena, struct edit);
    const struct automation_rule *rule;
    int64_t version;
    bool fits;
    TRY(automation_load(web, row));
    if (web->session.role < AUTOMATION_ROLE) {
        return draw_about(web, request, response, row);
    }
    TRY(rule_asked(web, row, &rule, &version));
    TRY(edit_begin(web, row, edit));
    open_rule(web, row, rule, version != 0 || str_is_null(row->unreadable), edit, &fits);
    if (!fits) {
        return web_conflict(web, NOT_SHOWN);
    }
    edit->view.restores = version != row->version ? version : 0;
    return edit_draw(web, request, response, edit);
}

/* ---- what the form says ---- */

enum err edit_say(struct web *web, struct edit *edit, struct automation_rule *out_rule,
                  bool *out_complete)
{
    const struct automation_rule *rules[] = {out_rule};
    const struct automation_names *names;
    struct edit_view *view = &edit->view;
    *out_complete = automation_form_rule(web->ctx, &edit->form, automation_choices_board,
                                         edit->choices, out_rule);
    if (!*out_complete) {
        view->not_yet = STR("It is not complete yet.");
        return ERR_NONE;
    }
    TRY(automation_names_load(web->db, web->session.dataset, web->session.user, rules, 1,
                              &names));
    view->sentence = automation_sentence(web->ctx, out_rule, names);
    view->source = str_from(automation_source_words(automation_source(out_rule)));
    view->persons = out_rule->trigger.filter.subject == FILTER_LEADS;
    return ERR_NONE;
}

/* In a transaction of its own: it may take too long. */
static enum err say_and_count(struct web *web, struct edit *edit)
{
    const struct db_scope scope = web_scope(web);
    struct automation_rule *rule = ARENA_NEW(web->ctx->arena, struct automation_rule);
    bool complete;
    TRY(db_begin(web->db, &scope));
    TRY(edit_say(web, edit, rule, &complete));
    enum err err = complete
                       ? automation_count(web, rule, AUTOMATION_COUNT_MS, &edit->view.matching)
                       : ERR_NONE;
    if (err == ERR_TIMEOUT) {
        db_rollback(web->db);
        ctx_clear(web->ctx);
        edit->view.matching = 0;
        edit->view.late = true;
        return ERR_NONE;
    }
    TRY(err);
    edit->view.counted = complete;
    return db_commit(web->db);
}

static enum err load_for_look(struct web *web, struct edit *edit)
{
    const struct automation_typed *typed = web->form.values;
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    web->ids[0] = typed->automation;
    if (typed->automation != 0) {
        TRY(automation_load(web, row));
    }
    TRY(edit_begin(web, typed->automation != 0 ? row : NULL, edit));
    automation_form_read(web->ctx->arena, &web->form, &edit->form);
    return ERR_NONE;
}

enum err handle_automation_look(struct web *web, struct request *request,
                                struct response *response)
{
    const struct db_scope scope = web_scope(web);
    struct edit *edit = ARENA_NEW(web->ctx->arena, struct edit);
    TRY(db_begin(web->db, &scope));
    TRY(load_for_look(web, edit));
    TRY(db_commit(web->db));
    TRY(say_and_count(web, edit));
    if (web_is_partial(request)) {
        tpl_automation_look(&response->body, &edit->view);
        return ERR_NONE;
    }
    TRY(db_begin(web->db, &scope));
    TRY(edit_draw(web, request, response, edit));
    return db_commit(web->db);
}
