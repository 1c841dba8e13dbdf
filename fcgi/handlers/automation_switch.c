/* Switching an automation on and off, and the question whether those who match already are
 * included: asked before it is switched on by hand, and after one was saved that is on. */
#include "fcgi/handlers.h"

#include "fcgi/automation_draw.h"
#include "gen/templates.h"

#define UNREADABLE "It cannot be switched on, because what it does cannot be read."

/* ---- the question ---- */

static enum err load(struct web *web, const struct request *request, struct response *response,
                     struct automation_row *row, struct switch_view *view)
{
    struct progress progress;
    TRY(automation_load(web, row));
    if (!str_is_null(row->unreadable)) {
        return web_conflict(web, UNREADABLE);
    }
    view->page = page_make(web, request, response, "Switch on", NAV_AUTOMATIONS);
    view->page.title =
        arena_print(web->ctx->arena, "%s %.*s", row->enabled ? "Who matches" : "Switch on",
                    STR_ARG(row->name));
    view->is_on = row->enabled;
    view->source = automation_source_words(row->source);
    view->once = row->once;
    view->sends = automation_sends(&row->rule);
    TRY(automation_head_load(web, row, ATAB_EDIT, view->page.csrf, &view->head));
    return automation_job_load(web, JOB_ENROL, row->id, &view->enrolling, &progress);
}

enum err handle_automation_on(struct web *web, struct request *request,
                              struct response *response)
{
    const struct db_scope scope = web_scope(web);
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    struct switch_view view = {.is_on = false};
    TRY(db_begin(web->db, &scope));
    TRY(load(web, request, response, row, &view));
    TRY(automation_count_last(web, &row->rule, &view.matching));
    view.asks = view.matching.n > 0 || view.matching.late;
    tpl_automation_on(&response->body, &view);
    return ERR_NONE;
}

/* ---- the switch ---- */

static const char *const presses[] = {
    [SWITCH_OFF] = "off", [SWITCH_ON] = "on", [SWITCH_INCLUDE] = "include", NULL};
static const struct form_field fields[] = {
    {.name = "do",
     .label = "On or off",
     .kind = FORM_ENUM,
     .required = true,
     .choices = presses,
     .offset = offsetof(struct automation_switched, pressed)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct automation_switched, back)},
};
const struct form_spec automation_switch_spec = FORM_SPEC(fields, struct automation_switched);

static struct str path_of(struct web *web, const struct automation_row *row, const char *tail)
{
    return arena_print(web->ctx->arena, "/automations/%lld%s", (long long)row->id, tail);
}

static enum err switch_off(struct web *web, struct request *request, struct response *response,
                           const struct automation_row *row)
{
    const struct automation_switched *values = web->form.values;
    struct str back = response_is_local(values->back) ? values->back : path_of(web, row, "");
    TRY(automation_switch(web->db, web->session.dataset, row->id, false));
    return web_redirect_saying(web, request, response, back, "%.*s is switched off.",
                               STR_ARG(row->name));
}

/* Those who match now; who is being included already is not included twice. */
static enum err include(struct web *web, struct request *request, struct response *response,
                        const struct automation_row *row)
{
    int64_t progress;
    enum err err =
        automation_enrol(web->db, web->session.dataset, row->id, web->session.user, &progress);
    if (err != ERR_CONFLICT) {
        TRY(err);
        return web_redirect(response, "/automations/%lld/runs", (long long)row->id);
    }
    struct str why = web->ctx->why;
    ctx_clear(web->ctx);
    return web_redirect_saying(web, request, response, path_of(web, row, "/runs"), "%.*s",
                               STR_ARG(why));
}

enum err handle_automation_switch(struct web *web, struct request *request,
                                  struct response *response)
{
    const struct automation_switched *values = web->form.values;
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    TRY(automation_load(web, row));
    if (values->pressed == SWITCH_OFF) {
        return switch_off(web, request, response, row);
    }
    if (!str_is_null(row->unreadable)) {
        return web_conflict(web, UNREADABLE);
    }
    web->wake = true;
    if (!row->enabled) {
        TRY(automation_switch(web->db, web->session.dataset, row->id, true));
    }
    if (values->pressed == SWITCH_INCLUDE) {
        return include(web, request, response, row);
    }
    return web_redirect_saying(web, request, response, path_of(web, row, "/runs"),
                               "%.*s is switched on.", STR_ARG(row->name));
}

/* ---- those who are being included ---- */

enum err handle_automation_enrol_cancel(struct web *web, struct request *request,
                                        struct response *response)
{
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    struct automation_job job;
    struct progress progress;
    TRY(automation_load(web, row));
    TRY(automation_job_load(web, JOB_ENROL, row->id, &job, &progress));
    enum err err = job.running ? progress_cancel(web->db, web->session.dataset, progress.id)
                               : ERR_NOT_FOUND;
    if (err != ERR_NOT_FOUND) {
        TRY(err);
    }
    ctx_clear(web->ctx);
    return web_redirect_saying(web, request, response, path_of(web, row, "/runs"), "%s",
                               err == ERR_NOT_FOUND
                                   ? "It is not under way any more."
                                   : "Cancelled. Who was included until now stays so, and can "
                                     "be undone.");
}
