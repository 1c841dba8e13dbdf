/* Notes on an account, or on a lead that has only an email. */
#include "fcgi/handlers/panel.h"
#include "fcgi/note_draw.h"
#include "gen/templates.h"
#include "shared/cards.h"

#define NOTE_MAX 20000
#define NOTE_MISSING "This note was deleted, or you may not see it."
#define NOTE_DENIED "Only who wrote a note, or an administrator, may change it."

struct note_values {
    struct str body, back;
    int64_t account, lead, version;
    bool pinned;
};
static const struct form_field note_fields[] = {
    {.name = "body",
     .label = "Note",
     .kind = FORM_LINES,
     .required = true,
     .min = 1,
     .max = NOTE_MAX,
     .offset = offsetof(struct note_values, body)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct note_values, back)},
    {.name = "account",
     .label = "Company",
     .kind = FORM_ID,
     .offset = offsetof(struct note_values, account)},
    {.name = "lead",
     .label = "Lead",
     .kind = FORM_ID,
     .offset = offsetof(struct note_values, lead)},
    {.name = "pinned",
     .label = "Pin to the top",
     .kind = FORM_BOOL,
     .offset = offsetof(struct note_values, pinned)},
    {.name = "version",
     .label = "Version",
     .kind = FORM_INT,
     .min = 1,
     .max = INT32_MAX,
     .offset = offsetof(struct note_values, version)},
};
const struct form_spec note_spec = FORM_SPEC(note_fields, struct note_values);

struct note_button {
    struct str back;
    bool pinned;
};
static const struct form_field button_fields[] = {
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct note_button, back)},
    {.name = "pinned",
     .label = "Pinned",
     .kind = FORM_BOOL,
     .offset = offsetof(struct note_button, pinned)},
};
const struct form_spec note_pin_spec = FORM_SPEC(button_fields, struct note_button);
const struct form_spec note_delete_spec = FORM_SPEC(button_fields, struct note_button);
const struct form_spec note_restore_spec = FORM_SPEC(button_fields, struct note_button);

/* Where a note's account or lead is. */
static struct str home_of(struct web *web, int64_t account, int64_t lead)
{
    return account != 0
               ? arena_print(web->ctx->arena, "/accounts/%lld?tab=notes", (long long)account)
               : arena_print(web->ctx->arena, "/leads/%lld", (long long)lead);
}

/* Only a page of this site; else the account's or the lead's own. */
static struct str way_back(struct web *web, struct str back, int64_t account, int64_t lead)
{
    return response_is_local(back) ? back : home_of(web, account, lead);
}

static enum err go_back(struct web *web, struct response *response, struct str back,
                        int64_t account, int64_t lead)
{
    response_redirect(response, way_back(web, back, account, lead));
    return ERR_NONE;
}

/* Its cards were modified by this, and say so in their history. */
static enum err touch_cards(struct web *web, int64_t account, int64_t lead, int64_t note,
                            const char *what)
{
    return sql_cards_touch(
        web->db,
        &(struct sql_cards_touch_in){
            .dataset = web->session.dataset,
            .account = account,
            .account_null = account == 0,
            .lead = lead,
            .lead_null = lead == 0,
            .kind = CARD_NOTE,
            .user = web->session.user,
            .detail = arena_print(web->ctx->arena, "{\"what\":\"%s\",\"note\":\"%lld\"}", what,
                                  (long long)note),
        },
        NULL);
}

/* Whom the text mentions is known from then on, and told to them. */
static enum err store_mentions(struct web *web, int64_t note, struct str body)
{
    struct sql_mention_people_rows people = {.n = 0};
    if (str_find(body, '@') < body.n) {
        TRY(sql_mention_people(web->db,
                               &(struct sql_mention_people_in){
                                   .workspace = web->session.workspace,
                                   .dataset = web->session.dataset,
                               },
                               &people));
    }
    struct note_mentions found = note_draw_mentions(web->ctx->arena, body, &people);
    return sql_mentions_put(web->db,
                            &(struct sql_mentions_put_in){
                                .dataset = web->session.dataset,
                                .note = note,
                                .writer = web->session.user,
                                .users = {.v = found.users, .n = found.n},
                                .words = {.v = found.words, .n = found.n},
                            },
                            NULL);
}

/* ---- the form ---- */

/* As a page, or for htmx alone, in the place of what it is about. */
static enum err draw_form(struct web *web, struct request *request, struct response *response,
                          struct note_form_view *view)
{
    view->page = page_make(web, request, response, "Note", NAV_NONE);
    view->csrf = view->page.csrf;
    view->whole = !web_is_partial(request);
    response_header(response, "Vary", STR("HX-Request"));
    if (view->whole) {
        tpl_note_edit(&response->body, view);
        return ERR_NONE;
    }
    if (response->status >= 400) {
        response_header(response, "HX-Retarget",
                        arena_print(web->ctx->arena, "#note-%lld", (long long)view->note));
        response_header(response, "HX-Reswap", STR("outerHTML"));
    }
    tpl_note_form(&response->body, view);
    return ERR_NONE;
}

/* What was typed is kept. */
static enum err draw_new_again(struct web *web, struct request *request,
                               struct response *response)
{
    const struct note_values *values = web->form.values;
    struct note_form_view view = {
        .action = STR("/notes"),
        .body = form_typed(&web->form, "body"),
        .wrong = web->form.mistakes[0].message,
        .back = response_is_local(values->back) ? values->back : STR("/boards"),
        .account = values->account,
        .lead = values->lead,
        .pinned = values->pinned,
    };
    web_form_status(web, response);
    return draw_form(web, request, response, &view);
}

enum err handle_note_add(struct web *web, struct request *request, struct response *response)
{
    const struct note_values *values = web->form.values;
    struct sql_note_add note;
    if (!form_is_right(&web->form)) {
        return draw_new_again(web, request, response);
    }
    if ((values->account == 0) == (values->lead == 0)) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "A note belongs to one company or one lead. Open it and write there.");
    }
    TRY(web_need(web,
                 sql_note_add(web->db,
                              &(struct sql_note_add_in){.dataset = web->session.dataset,
                                                        .account = values->account,
                                                        .account_null = values->account == 0,
                                                        .lead = values->lead,
                                                        .lead_null = values->lead == 0,
                                                        .user = web->session.user,
                                                        .body = values->body,
                                                        .pinned = values->pinned},
                              &note),
                 "This company does not exist, or you may not see it."));
    TRY(store_mentions(web, note.id, values->body));
    TRY(touch_cards(web, values->account, values->lead, note.id, "added"));
    return go_back(web, response, values->back, values->account, values->lead);
}

/* ---- changing ---- */

/* The note of the path, if this user may change it. */
static enum err load_own(struct web *web, struct sql_note_get *out_note)
{
    TRY(web_need(web,
                 sql_note_get(web->db,
                              &(struct sql_note_get_in){.dataset = web->session.dataset,
                                                        .note = web->ids[0]},
                              out_note),
                 NOTE_MISSING));
    return panel_notes_may_edit(web, out_note->user_id) ? ERR_NONE
                                                        : web_denied(web, NOTE_DENIED);
}

static int64_t account_of(const struct sql_note_get *note)
{
    return note->account_id_null ? 0 : note->account_id;
}
static int64_t lead_of(const struct sql_note_get *note)
{
    return note->lead_id_null ? 0 : note->lead_id;
}

static enum err draw_edit(struct web *web, struct request *request, struct response *response,
                          const struct sql_note_get *note, struct note_form_view *view)
{
    struct str back = form_typed(&web->form, "back");
    view->action = arena_print(web->ctx->arena, "/notes/%lld", (long long)note->id);
    view->note = note->id;
    view->body = form_value(&web->form, "body", note->body);
    view->back = way_back(web, str_is_null(back) ? web_query(web, "back") : back,
                          account_of(note), lead_of(note));
    return draw_form(web, request, response, view);
}

enum err handle_note(struct web *web, struct request *request, struct response *response)
{
    struct sql_note_get note;
    TRY(load_own(web, &note));
    struct note_form_view view = {.version = note.version};
    return draw_edit(web, request, response, &note, &view);
}

/* Nothing was written: says what somebody else changed since, and keeps what was typed. */
static enum err answer_stale(struct web *web, struct request *request,
                             struct response *response, const struct sql_note_get *note,
                             int64_t seen)
{
    struct sql_note_version_get base = {.body = form_typed(&web->form, "body")};
    enum err err = sql_note_version_get(web->db,
                                        &(struct sql_note_version_get_in){
                                            .dataset = web->session.dataset,
                                            .note = note->id,
                                            .version = (int32_t)seen,
                                        },
                                        &base);
    if (err != ERR_NONE && err != ERR_NOT_FOUND) {
        return err;
    }
    struct note_form_view view = {
        .version = note->version,
        .conflict = true,
        .who = note->editor,
        .at = note->at,
        .diff = diff_lines(web->ctx->arena, base.body, note->body, 2),
    };
    response->status = 409;
    return draw_edit(web, request, response, note, &view);
}

enum err handle_note_save(struct web *web, struct request *request, struct response *response)
{
    const struct note_values *values = web->form.values;
    struct sql_note_get note;
    struct sql_note_edit edited;
    TRY(load_own(web, &note));
    if (!form_is_right(&web->form)) {
        struct note_form_view view = {.version = values->version,
                                      .wrong = web->form.mistakes[0].message};
        web_form_status(web, response);
        return draw_edit(web, request, response, &note, &view);
    }
    if (str_eq(note.body, values->body)) {
        return go_back(web, response, values->back, account_of(&note), lead_of(&note));
    }
    enum err err = sql_note_edit(web->db,
                                 &(struct sql_note_edit_in){.dataset = web->session.dataset,
                                                            .note = note.id,
                                                            .version = (int32_t)values->version,
                                                            .user = web->session.user,
                                                            .body = values->body},
                                 &edited);
    if (err == ERR_NOT_FOUND) {
        TRY(load_own(web, &note));
        return answer_stale(web, request, response, &note, values->version);
    }
    TRY(err);
    TRY(store_mentions(web, note.id, values->body));
    TRY(touch_cards(web, account_of(&note), lead_of(&note), note.id, "edited"));
    return go_back(web, response, values->back, account_of(&note), lead_of(&note));
}

enum err handle_note_pin(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    const struct note_button *values = web->form.values;
    struct sql_note_get note;
    TRY(load_own(web, &note));
    TRY(sql_note_pin(web->db,
                     &(struct sql_note_pin_in){.dataset = web->session.dataset,
                                               .note = note.id,
                                               .pinned = values->pinned},
                     NULL));
    return go_back(web, response, values->back, account_of(&note), lead_of(&note));
}

/* ---- deleting, and the way back for 30 days ---- */

enum err handle_note_delete(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    const struct note_button *values = web->form.values;
    struct sql_note_get note;
    TRY(load_own(web, &note));
    TRY(sql_note_delete(web->db,
                        &(struct sql_note_delete_in){.dataset = web->session.dataset,
                                                     .note = note.id,
                                                     .user = web->session.user},
                        NULL));
    TRY(touch_cards(web, account_of(&note), lead_of(&note), note.id, "deleted"));
    struct str back = way_back(web, values->back, account_of(&note), lead_of(&note));
    return web_redirect(response, "%.*s%sdeleted=%lld", STR_ARG(back),
                        str_contains(back, STR("?")) ? "&" : "?", (long long)note.id);
}

enum err handle_note_restore(struct web *web, struct request *request,
                             struct response *response)
{
    (void)request;
    const struct note_button *values = web->form.values;
    struct sql_note_deleted_get note;
    TRY(web_need(web,
                 sql_note_deleted_get(web->db,
                                      &(struct sql_note_deleted_get_in){
                                          .dataset = web->session.dataset,
                                          .note = web->ids[0],
                                      },
                                      &note),
                 "This note was deleted more than 30 days ago, or you may not see it."));
    if (!panel_notes_may_edit(web, note.user_id)) {
        return web_denied(web, NOTE_DENIED);
    }
    int64_t account = note.account_id_null ? 0 : note.account_id;
    int64_t lead = note.lead_id_null ? 0 : note.lead_id;
    if (!note.deleted) {
        return go_back(web, response, values->back, account, lead);
    }
    TRY(sql_note_restore(
        web->db,
        &(struct sql_note_restore_in){.dataset = web->session.dataset, .note = note.id}, NULL));
    TRY(touch_cards(web, account, lead, note.id, "restored"));
    return go_back(web, response, values->back, account, lead);
}
