/* Notes on an account, or on a lead that has only an email. */
#include "fcgi/handlers/board.h"
#include "fcgi/views/panel.h"
#include "gen/templates.h"
#include "shared/cards.h"

#define NOTE_MAX 20000
#define NOTE_MISSING "This note was deleted, or you may not see it."
#define NOTE_DENIED "Only who wrote a note, or an administrator, may change it."

struct note_values {
    struct str body, back;
    int64_t account, lead;
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

/* Only a page of this site; else the account's or the lead's own. */
static enum err go_back(struct web *web, struct response *response, struct str back,
                        int64_t account, int64_t lead)
{
    (void)web;
    if (response_is_local(back)) {
        response_redirect(response, back);
        return ERR_NONE;
    }
    if (account != 0) {
        return web_redirect(response, "/accounts/%lld?tab=notes", (long long)account);
    }
    return web_redirect(response, "/leads/%lld", (long long)lead);
}

/* Its cards were modified by this, and say so in their history. */
static enum err touch_cards(struct web *web, int64_t account, int64_t lead, const char *what)
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
            .detail = arena_print(web->ctx->arena, "{\"what\":\"%s\"}", what),
        },
        NULL);
}

/* What was typed is kept. */
static enum err draw_again(struct web *web, struct request *request, struct response *response)
{
    const struct note_values *values = web->form.values;
    struct note_edit_view view = {
        .page = page_make(web, request, response, "Note", NAV_NONE),
        .action = STR("/notes"),
        .body = form_typed(&web->form, "body"),
        .wrong = web->form.mistakes[0].message,
        .back = response_is_local(values->back) ? values->back : STR("/boards"),
        .account = values->account,
        .lead = values->lead,
    };
    view.csrf = view.page.csrf;
    web_form_status(web, response);
    tpl_note_edit(&response->body, &view);
    return ERR_NONE;
}

enum err handle_note_add(struct web *web, struct request *request, struct response *response)
{
    const struct note_values *values = web->form.values;
    struct sql_note_add note;
    if (!form_is_right(&web->form)) {
        return draw_again(web, request, response);
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
    TRY(touch_cards(web, values->account, values->lead, "added"));
    return go_back(web, response, values->back, values->account, values->lead);
}

/* The note of the path, if this user may change it. */
static enum err load_own(struct web *web, struct sql_note_get *out_note)
{
    TRY(web_need(web,
                 sql_note_get(web->db,
                              &(struct sql_note_get_in){.dataset = web->session.dataset,
                                                        .note = web->ids[0]},
                              out_note),
                 NOTE_MISSING));
    if (out_note->user_id != web->session.user && web->session.role < ROLE_ADMIN) {
        return web_denied(web, NOTE_DENIED);
    }
    return ERR_NONE;
}

static int64_t account_of(const struct sql_note_get *note)
{
    return note->account_id_null ? 0 : note->account_id;
}
static int64_t lead_of(const struct sql_note_get *note)
{
    return note->lead_id_null ? 0 : note->lead_id;
}

enum err handle_note(struct web *web, struct request *request, struct response *response)
{
    struct sql_note_get note;
    TRY(load_own(web, &note));
    struct note_edit_view view = {
        .page = page_make(web, request, response, "Note", NAV_NONE),
        .action = arena_print(web->ctx->arena, "/notes/%lld", (long long)note.id),
        .body = form_value(&web->form, "body", note.body),
        .wrong = form_message(&web->form, "body"),
        .back = account_of(&note) != 0
                    ? arena_print(web->ctx->arena, "/accounts/%lld?tab=notes",
                                  (long long)account_of(&note))
                    : arena_print(web->ctx->arena, "/leads/%lld", (long long)lead_of(&note)),
    };
    struct str back = web_query(web, "back");
    if (response_is_local(back)) {
        view.back = back;
    }
    view.csrf = view.page.csrf;
    web_form_status(web, response);
    tpl_note_edit(&response->body, &view);
    return ERR_NONE;
}

enum err handle_note_save(struct web *web, struct request *request, struct response *response)
{
    if (!form_is_right(&web->form)) {
        return handle_note(web, request, response);
    }
    const struct note_values *values = web->form.values;
    struct sql_note_get note;
    TRY(load_own(web, &note));
    TRY(sql_note_edit(web->db,
                      &(struct sql_note_edit_in){.dataset = web->session.dataset,
                                                 .note = note.id,
                                                 .body = values->body},
                      NULL));
    TRY(touch_cards(web, account_of(&note), lead_of(&note), "edited"));
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

enum err handle_note_delete(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    const struct note_button *values = web->form.values;
    struct sql_note_get note;
    TRY(load_own(web, &note));
    TRY(sql_note_delete(
        web->db, &(struct sql_note_delete_in){.dataset = web->session.dataset, .note = note.id},
        NULL));
    TRY(touch_cards(web, account_of(&note), lead_of(&note), "deleted"));
    return go_back(web, response, values->back, account_of(&note), lead_of(&note));
}
