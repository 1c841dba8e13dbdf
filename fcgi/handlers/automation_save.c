/* Saving an automation: what is wrong is told where it is, what is risky is asked about, what
 * somebody else saved meanwhile is not overwritten unseen; nothing that was typed is lost. */
#include "fcgi/handlers/automation_edit.h"

#include "fcgi/handlers.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/crypt.h"

#define FINGERPRINT 16
#define SWITCHED_ON ", and switched on"

/* Of what was warned of, so that "all the same" means these warnings and no others. */
static struct str fingerprint(struct ctx *ctx, const struct automation_list *list)
{
    uint8_t hash[CRYPT_HASH_BYTES];
    struct sb sb;
    sb_init(&sb, ctx->arena, (size_t)256 << 10);
    for (size_t i = 0; i < list->n; i++) {
        sb_str(&sb, list->v[i]);
        SB_LIT(&sb, "\n");
    }
    crypt_sha256(sb_view(&sb), hash);
    return crypt_hex(ctx->arena, (struct str){.p = (const char *)hash, .n = FINGERPRINT});
}

/* True in *out_ask: it warns of something that was not confirmed. */
static enum err warn(struct web *web, const struct automation_save *save, struct edit *edit,
                     bool *out_ask)
{
    const struct automation_typed *typed = web->form.values;
    struct automation_list list;
    TRY(automation_warnings(web->db, save, &list));
    struct str mark = fingerprint(web->ctx, &list);
    *out_ask = list.n > 0 && !str_eq(mark, typed->warned);
    if (*out_ask) {
        edit->view.warnings = list.v;
        edit->view.n_warnings = list.n;
        edit->view.warned = mark;
    }
    return ERR_NONE;
}

/* Who saved the version that is there now. */
static enum err draw_conflict(struct web *web, const struct request *request,
                              struct response *response, struct edit *edit)
{
    struct sql_automation_versions_rows rows;
    const struct sql_automation_versions_in in = {.dataset = web->session.dataset,
                                                  .automation = edit->row->id};
    ctx_clear(web->ctx);
    TRY(sql_automation_versions(web->db, &in, &rows));
    edit->view.conflict = true;
    if (rows.n > 0) {
        edit->view.conflict_by = rows.row[0].user_name;
        edit->view.conflict_at = rows.row[0].at;
    }
    TRY(edit_draw(web, request, response, edit));
    response->status = 409;
    return ERR_NONE;
}

static enum err refuse(struct web *web, const struct request *request,
                       struct response *response, struct edit *edit)
{
    form_refuse(&web->form, "", "%.*s", STR_ARG(web->ctx->why));
    ctx_clear(web->ctx);
    return edit_draw(web, request, response, edit);
}

/* One that is on now, or is on with another rule, asks about those who match already. */
static enum err saved(struct web *web, const struct request *request, struct response *response,
                      const struct edit *edit, int64_t id)
{
    struct automation_row *now = ARENA_NEW(web->ctx->arena, struct automation_row);
    TRY(automation_get(web->db, web->session.dataset, id, now));
    bool newer = edit->row != NULL && now->version != edit->row->version;
    bool was_on = edit->row != NULL && edit->row->enabled;
    bool asks = now->enabled && (!was_on || newer);
    web->wake = true;
    struct str path =
        arena_print(web->ctx->arena, "/automations/%lld%s", (long long)id, asks ? "/on" : "");
    if (newer) {
        return web_redirect_saying(web, request, response, path,
                                   "%.*s is saved, as version %d%s.", STR_ARG(now->name),
                                   now->version, now->enabled && !was_on ? SWITCHED_ON : "");
    }
    return web_redirect_saying(web, request, response, path, "%.*s is saved%s.",
                               STR_ARG(now->name),
                               !now->enabled ? ", and switched off"
                               : was_on      ? ""
                                             : SWITCHED_ON);
}

static bool is_confirmed_press(struct str pressed)
{
    return str_eq(pressed, STR("save")) || str_eq(pressed, STR("save_on"));
}

/* False: something is wrong, and said where it is. */
static bool take(struct web *web, struct edit *edit, struct automation_save *save)
{
    const struct automation_typed *typed = web->form.values;
    if (str_is_empty(edit->form.name) && str_is_null(form_message(&web->form, "name"))) {
        form_refuse(&web->form, "name", "Give the automation a name.");
    } else if (str_utf8_length(edit->form.name) > AUTOMATION_NAME_MAX) {
        form_refuse(&web->form, "name", "The name has at most %d characters.",
                    AUTOMATION_NAME_MAX);
    }
    bool timed = automation_form_seconds(&edit->form, &save->cooldown_s);
    bool right = automation_form_rule(web->ctx, &edit->form, automation_choices_board,
                                      edit->choices, save->rule);
    if (!right || !timed) {
        form_refuse(&web->form, "", "It is not saved yet: see what is marked below.");
    }
    save->dataset = web->session.dataset;
    save->user = web->session.user;
    save->id = edit->row != NULL ? edit->row->id : 0;
    save->version = edit->row != NULL ? (int32_t)typed->version : 0;
    save->name = edit->form.name;
    save->description = edit->form.description;
    save->enabled =
        (edit->row != NULL && edit->row->enabled) || str_eq(typed->pressed, STR("save_on"));
    save->once = edit->form.once;
    return form_is_right(&web->form);
}

static enum err post(struct web *web, const struct request *request, struct response *response,
                     const struct automation_row *row)
{
    const struct automation_typed *typed = web->form.values;
    struct edit *edit = ARENA_NEW(web->ctx->arena, struct edit);
    struct automation_save save = {.rule = ARENA_NEW(web->ctx->arena, struct automation_rule)};
    bool ask;
    int64_t id;
    TRY(edit_begin(web, row, edit));
    automation_form_read(web->ctx->arena, &web->form, &edit->form);
    bool pressed = automation_form_press(&edit->form, typed->pressed, typed->add);
    if (pressed || !is_confirmed_press(typed->pressed) || !take(web, edit, &save)) {
        return edit_draw(web, request, response, edit);
    }
    TRY(warn(web, &save, edit, &ask));
    if (ask) {
        return edit_draw(web, request, response, edit);
    }
    enum err err = automation_save(web->db, &save, &id);
    if (err == ERR_CONFLICT && row != NULL && save.version != row->version) {
        return draw_conflict(web, request, response, edit);
    }
    if (err == ERR_INVALID || err == ERR_LIMIT) {
        return refuse(web, request, response, edit);
    }
    TRY(err);
    return saved(web, request, response, edit, id);
}

enum err handle_automation_add(struct web *web, struct request *request,
                               struct response *response)
{
    return post(web, request, response, NULL);
}

enum err handle_automation_save(struct web *web, struct request *request,
                                struct response *response)
{
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    TRY(automation_load(web, row));
    return post(web, request, response, row);
}

/* ---- deleting ---- */

struct delete_values {
    bool sure;
};
static const struct form_field delete_fields[] = {
    {.name = "sure",
     .label = "Yes, delete it",
     .kind = FORM_BOOL,
     .offset = offsetof(struct delete_values, sure)},
};
const struct form_spec automation_delete_spec = FORM_SPEC(delete_fields, struct delete_values);

enum err handle_automation_delete(struct web *web, struct request *request,
                                  struct response *response)
{
    const struct delete_values *values = web->form.values;
    struct automation_row *row = ARENA_NEW(web->ctx->arena, struct automation_row);
    TRY(automation_load(web, row));
    if (!values->sure) {
        return web_redirect_saying(
            web, request, response,
            arena_print(web->ctx->arena, "/automations/%lld", (long long)row->id),
            "Nothing was deleted: tick the box to confirm that you mean it.");
    }
    TRY(automation_delete(web->db, web->session.dataset, row->id));
    return web_redirect_saying(web, request, response, STR("/automations"),
                               "%.*s is deleted. What it did stays.", STR_ARG(row->name));
}
