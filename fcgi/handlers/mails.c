/* Settings > Mail: the server that sends the workspace's mails, and the mails. */
#include "fcgi/handlers.h"

#include "fcgi/standing.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/clock.h"
#include "shared/mail.h"

#define PAGE_ROWS 50
#define MAIL_MISSING "This mail is not there any more. Mails are kept for 30 days."

struct mail_form {
    struct str host, user, password, from, from_name;
    int64_t port, security;
};
#define AT(member) offsetof(struct mail_form, member)
static const char *const security_choices[] = {"none", "starttls", "tls", NULL};
static const struct form_field fields[] = {
    {.name = "host",
     .label = "Server",
     .kind = FORM_TEXT,
     .required = true,
     .max = 255,
     .offset = AT(host)},
    {.name = "port",
     .label = "Port",
     .kind = FORM_INT,
     .required = true,
     .min = 1,
     .max = 65535,
     .offset = AT(port)},
    {.name = "security",
     .label = "Security",
     .kind = FORM_ENUM,
     .required = true,
     .choices = security_choices,
     .offset = AT(security)},
    {.name = "user", .label = "User name", .kind = FORM_TEXT, .max = 255, .offset = AT(user)},
    {.name = "password",
     .label = "Password",
     .kind = FORM_PASSWORD,
     .max = 500,
     .offset = AT(password)},
    {.name = "from", .label = "From", .kind = FORM_EMAIL, .required = true, .offset = AT(from)},
    {.name = "from_name",
     .label = "Name of the sender",
     .kind = FORM_TEXT,
     .max = 100,
     .offset = AT(from_name)},
};
const struct form_spec mail_server_spec = FORM_SPEC(fields, struct mail_form);

struct test_form {
    struct str to;
};
static const struct form_field test_fields[] = {
    {.name = "to",
     .label = "Address",
     .kind = FORM_EMAIL,
     .required = true,
     .offset = offsetof(struct test_form, to)},
};
const struct form_spec mail_test_spec = FORM_SPEC(test_fields, struct test_form);

static enum err load_server(struct web *web, struct sql_mail_server_get *out, bool *out_has)
{
    const struct sql_mail_server_get_in in = {.workspace = web->session.workspace};
    enum err err = sql_mail_server_get(web->db, &in, out);
    *out_has = err == ERR_NONE;
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
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

/* ---- the page ---- */

static const struct {
    const char *word, *label;
    int16_t state;
} filters[] = {{"all", "All", -1},
               {"waiting", "Waiting", 0},
               {"sent", "Sent", 1},
               {"given-up", "Given up", 2},
               {"kept", "Kept", 3}};
#define N_FILTERS (sizeof(filters) / sizeof(filters[0]))

static size_t draw_tabs(struct web *web, struct mails_view *view)
{
    struct str word = web_query(web, "show");
    struct log_tab *tabs = ARENA_ARRAY(web->ctx->arena, N_FILTERS, struct log_tab);
    size_t chosen = 0;
    for (size_t i = 0; i < N_FILTERS; i++) {
        chosen = str_eq(word, str_from(filters[i].word)) ? i : chosen;
        tabs[i] = (struct log_tab){.url = i == 0 ? STR("/settings/mail")
                                                 : arena_print(web->ctx->arena,
                                                               "/settings/mail?show=%s",
                                                               filters[i].word),
                                   .label = str_from(filters[i].label)};
    }
    tabs[chosen].current = true;
    view->tabs = tabs;
    view->n_tabs = N_FILTERS;
    return chosen;
}

static enum err load_mails(struct web *web, struct mails_view *view)
{
    struct sql_mail_list_rows rows;
    int64_t before = INT64_MAX;
    size_t filter = draw_tabs(web, view);
    if (!str_to_i64(web_query(web, "before"), &before) || before < 1) {
        before = INT64_MAX;
    }
    TRY(sql_mail_list(web->db,
                      &(struct sql_mail_list_in){.workspace = web->session.workspace,
                                                 .state = filters[filter].state,
                                                 .state_null = filters[filter].state < 0,
                                                 .before = before,
                                                 .most = PAGE_ROWS + 1},
                      &rows));
    struct mail_row *list = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct mail_row);
    view->n_list = rows.n > PAGE_ROWS ? PAGE_ROWS : rows.n;
    for (size_t i = 0; i < view->n_list; i++) {
        const struct sql_mail_list *row = &rows.row[i];
        list[i] = (struct mail_row){
            .id = row->id,
            .created_at = row->created_at,
            .done_at = row->done_at_null ? 0 : row->done_at,
            .to = row->to_email,
            .subject = row->subject,
            .standing = standing_mail(web->ctx, row->state, row->attempts, row->error)};
    }
    if (rows.n > PAGE_ROWS) {
        view->more = arena_print(web->ctx->arena, "/settings/mail?show=%s&before=%lld",
                                 filters[filter].word, (long long)list[PAGE_ROWS - 1].id);
    }
    view->list = list;
    view->filter = str_from(filters[filter].label);
    return ERR_NONE;
}

static void fill_server(struct web *web, const struct sql_mail_server_get *row,
                        struct mails_view *view)
{
    const struct form *form = &web->form;
    bool has = view->has_server;
    struct str port = arena_print(web->ctx->arena, "%d", has ? (int)row->port : 587);
    view->host = form_value(form, "host", has ? row->host : STR(""));
    view->host_wrong = form_message(form, "host");
    view->port = form_value(form, "port", port);
    view->port_wrong = form_message(form, "port");
    view->user = form_value(form, "user", has ? row->user_name : STR(""));
    view->user_wrong = form_message(form, "user");
    view->from = form_value(form, "from", has ? row->from_email : STR(""));
    view->from_wrong = form_message(form, "from");
    view->from_name = form_value(form, "from_name", has ? row->from_name : STR("LeadBoard"));
    view->from_name_wrong = form_message(form, "from_name");
    view->password_wrong = form_message(form, "password");
    view->security_wrong = form_message(form, "security");
    view->wrong = form_message(form, "");
    view->has_password = has && !str_is_null(row->password_hint);
    view->security = has ? row->security : 1;
    if (form->spec == &mail_server_spec) {
        const struct mail_form *values = form->values;
        view->security = values->security < 0 ? view->security : values->security;
    }
    if (has) {
        view->standing = standing_mail_server(web->ctx, row);
        view->last_ok_at = row->last_ok_at_null ? 0 : row->last_ok_at;
    }
}

static enum err draw(struct web *web, const struct request *request, struct response *response)
{
    struct sql_mail_server_get row;
    struct mails_view view = {.page = page_make(web, request, response, "Mail", NAV_SETTINGS),
                              .test_to = web->session.user_email};
    view.page.tab = SETTINGS_MAIL;
    TRY(load_server(web, &row, &view.has_server));
    fill_server(web, &row, &view);
    TRY(load_mails(web, &view));
    web_form_status(web, response);
    tpl_mails(&response->body, &view);
    return ERR_NONE;
}

enum err handle_mails(struct web *web, struct request *request, struct response *response)
{
    return draw(web, request, response);
}

/* ---- the server ---- */

/* A host name or an address, nothing that would be more in a URL. */
static bool is_host(struct str host)
{
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
        if (!good) {
            return false;
        }
    }
    return host.n > 0;
}

enum err handle_mail_server_save(struct web *web, struct request *request,
                                 struct response *response)
{
    const struct mail_form *form = web->form.values;
    struct sql_mail_server_get old;
    bool has;
    TRY(load_server(web, &old, &has));
    if (form_is_right(&web->form) && !is_host(form->host)) {
        form_refuse(&web->form, "host", "This is not the name of a server: mail.example.com.");
    }
    if (form_is_right(&web->form) && form->user.n > 0 && form->security == 0) {
        form_refuse(&web->form, "security",
                    "A password must not travel unencrypted. Choose STARTTLS or TLS.");
    }
    if (!form_is_right(&web->form)) {
        return draw(web, request, response);
    }
    const struct sql_mail_server_save_in in = {
        .workspace = web->session.workspace,
        .host = form->host,
        .port = (int32_t)form->port,
        .security = (int16_t)form->security,
        .user_name = form->user.n > 0 ? form->user : (struct str){.p = NULL},
        .from_email = form->from,
        .from_name = form->from_name,
        .origin = web_origin(web, request),
        .user = web->session.user};
    TRY(sql_mail_server_save(web->db, &in, NULL));
    /* A password stays when none is typed, but never goes to another server or user. */
    bool same = has && str_eq(old.host, form->host) && str_eq(old.user_name, form->user);
    if (form->password.n > 0 || !same) {
        TRY(mail_password_put(web->db, web->config->key, in.workspace,
                              form->user.n > 0 ? form->password : (struct str){.p = NULL}));
    }
    TRY(audit(web, "mail_server.changed", form->host));
    return web_redirect_saying(
        web, request, response, STR("/settings/mail"),
        "The mail server is saved. Send a test to see whether it works.");
}

enum err handle_mail_server_delete(struct web *web, struct request *request,
                                   struct response *response)
{
    TRY(sql_mail_server_delete(
        web->db, &(struct sql_mail_server_delete_in){.workspace = web->session.workspace},
        NULL));
    TRY(audit(web, "mail_server.deleted", (struct str){.p = NULL}));
    return web_redirect_saying(web, request, response, STR("/settings/mail"),
                               "The mail server is removed, with its password. Mails are kept "
                               "here from now on.");
}

enum err handle_mail_test(struct web *web, struct request *request, struct response *response)
{
    const struct test_form *form = web->form.values;
    const struct mail mail = {
        .workspace = web->session.workspace,
        .key = arena_print(web->ctx->arena, "test:%lld", (long long)clock_now()),
        .user = web->session.user,
        .to = form->to,
        .subject = STR("A test from LeadBoard"),
        .text = STR("This is a test from LeadBoard. Mail works.\n"),
        .html = STR("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>A "
                    "test from LeadBoard</title></head><body><p>This is a test from LeadBoard. "
                    "Mail works.</p></body></html>\n")};
    TRY(mail_add(web->db, &mail, NULL));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/settings/mail"),
                               "A test is on its way. Its line below shows what comes of it.");
}

/* ---- one mail ---- */

enum err handle_mail(struct web *web, struct request *request, struct response *response)
{
    struct sql_mail_get row;
    struct sql_mail_server_get server;
    bool has;
    const struct sql_mail_get_in in = {.workspace = web->session.workspace,
                                       .mail = web->ids[0]};
    TRY(web_need(web, sql_mail_get(web->db, &in, &row), MAIL_MISSING));
    TRY(load_server(web, &server, &has));
    struct mail_view view = {.page = page_make(web, request, response, "Mail", NAV_SETTINGS),
                             .id = row.id,
                             .created_at = row.created_at,
                             .done_at = row.done_at_null ? 0 : row.done_at,
                             .to = row.to_email,
                             .subject = row.subject,
                             .body = row.body,
                             .uid = row.uid,
                             .standing =
                                 standing_mail(web->ctx, row.state, row.attempts, row.error),
                             .may_send = row.state != 0 && has,
                             .has_server = has};
    view.page.title = row.subject;
    tpl_mail(&response->body, &view);
    return ERR_NONE;
}

enum err handle_mail_again(struct web *web, struct request *request, struct response *response)
{
    struct sql_mail_get row;
    struct sql_mail_server_get server;
    bool has;
    const struct sql_mail_get_in in = {.workspace = web->session.workspace,
                                       .mail = web->ids[0]};
    TRY(web_need(web, sql_mail_get(web->db, &in, &row), MAIL_MISSING));
    TRY(load_server(web, &server, &has));
    if (!has) {
        return ctx_fail(web->ctx, ERR_INVALID, "There is no mail server. Enter one first.");
    }
    TRY(sql_mail_again(
        web->db, &(struct sql_mail_again_in){.workspace = in.workspace, .mail = row.id}, NULL));
    web->wake = true;
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/settings/mail/%lld", (long long)row.id),
        "It is on its way.");
}
