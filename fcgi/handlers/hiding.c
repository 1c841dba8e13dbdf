/* Hiding a lead, a company, or everything from one; the page of what is hidden. */
#include "shared/hiding.h"

#include "fcgi/handlers.h"
#include "fcgi/views/people_work.h"
#include "gen/sql.h"
#include "gen/templates.h"

#define PAGE_ROWS 100
#define LEAD_MISSING "This lead does not exist, or you may not see it."
#define ACCOUNT_MISSING "This company does not exist, or you may not see it."

struct hide_values {
    int64_t what;
};
static const char *const hide_choices[] = {"this", "domain", "name", NULL};
static const struct form_field hide_fields[] = {
    {.name = "what",
     .label = "What to hide",
     .kind = FORM_ENUM,
     .choices = hide_choices,
     .offset = offsetof(struct hide_values, what)},
};
const struct form_spec hide_spec = FORM_SPEC(hide_fields, struct hide_values);

struct hidden_values {
    struct str company;
};
static const struct form_field hidden_fields[] = {
    {.name = "company",
     .label = "Domain or name",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct hidden_values, company)},
};
const struct form_spec hidden_spec = FORM_SPEC(hidden_fields, struct hidden_values);

static enum err load_account(struct web *web, struct sql_people_account_side *out)
{
    const struct sql_people_account_side_in in = {.dataset = web->session.dataset,
                                                  .account = web->ids[0]};
    return web_need(web, sql_people_account_side(web->db, &in, out), ACCOUNT_MISSING);
}

static enum err hide(struct web *web, struct response *response, struct hiding hiding)
{
    int64_t operation;
    hiding.dataset = web->session.dataset;
    hiding.user = web->session.user;
    TRY(hiding_hide(web->db, &hiding, &operation));
    return web_redirect(response, "/operations/%lld", (long long)operation);
}

enum err handle_account_hide(struct web *web, struct request *request,
                             struct response *response)
{
    struct sql_people_account_side account;
    TRY(load_account(web, &account));
    struct hide_view view = {
        .page = page_make(web, request, response, "Hide", NAV_NONE),
        .action = arena_print(web->ctx->arena, "/accounts/%lld/hide", (long long)account.id),
        .back = arena_print(web->ctx->arena, "/accounts/%lld", (long long)account.id),
        .name = account.name,
        .domain = account.domain,
        .account = true,
        .wrong =
            account.hidden ? STR("This company is hidden already.") : (struct str){.p = NULL}};
    view.page.title = arena_print(web->ctx->arena, "Hide %.*s", STR_ARG(account.name));
    tpl_people_hide(&response->body, &view);
    return ERR_NONE;
}

enum err handle_account_hide_post(struct web *web, struct request *request,
                                  struct response *response)
{
    const struct hide_values *values = web->form.values;
    struct sql_people_account_side account;
    (void)request;
    TRY(load_account(web, &account));
    if (!form_is_right(&web->form)) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose what to hide.");
    }
    if (values->what == 1 && !str_is_empty(account.domain)) {
        return hide(web, response, (struct hiding){.domain = account.domain});
    }
    if (values->what == 2) {
        return hide(web, response, (struct hiding){.name = account.name});
    }
    return hide(web, response, (struct hiding){.account = account.id});
}

enum err handle_lead_hide(struct web *web, struct request *request, struct response *response)
{
    struct sql_people_lead_side lead;
    const struct sql_people_lead_side_in in = {.dataset = web->session.dataset,
                                               .lead = web->ids[0]};
    TRY(web_need(web, sql_people_lead_side(web->db, &in, &lead), LEAD_MISSING));
    struct hide_view view = {
        .page = page_make(web, request, response, "Hide", NAV_NONE),
        .action = arena_print(web->ctx->arena, "/leads/%lld/hide", (long long)lead.id),
        .back = arena_print(web->ctx->arena, "/leads/%lld", (long long)lead.id),
        .name = lead.name,
        .wrong = lead.hidden ? STR("This lead is hidden already.") : (struct str){.p = NULL}};
    view.page.title = arena_print(web->ctx->arena, "Hide %.*s", STR_ARG(lead.name));
    tpl_people_hide(&response->body, &view);
    return ERR_NONE;
}

enum err handle_lead_hide_post(struct web *web, struct request *request,
                               struct response *response)
{
    (void)request;
    return hide(web, response, (struct hiding){.lead = web->ids[0]});
}

/* ---- the page of what is hidden ------------------------------------------------ */

static struct hidden_row draw_row(struct web *web, const struct sql_hiding_list *row)
{
    struct hidden_row view = {.id = row->id,
                              .at = row->at,
                              .label = row->label,
                              .by = row->user,
                              .what = "Everything from this domain"};
    if (!row->account_null) {
        view.what = "Company";
        view.url = arena_print(web->ctx->arena, "/accounts/%lld", (long long)row->account);
    } else if (!row->lead_null) {
        view.what = "Lead";
        view.url = arena_print(web->ctx->arena, "/leads/%lld", (long long)row->lead);
    } else if (!str_is_null(row->name)) {
        view.what = "Every company of this name";
    }
    return view;
}

static enum err draw_hidden(struct web *web, struct request *request, struct response *response)
{
    int64_t before;
    struct sql_hiding_list_rows rows;
    if (!str_to_i64(web_query(web, "before"), &before) || before <= 0) {
        before = INT64_MAX;
    }
    const struct sql_hiding_list_in in = {
        .dataset = web->session.dataset, .before = before, .most = PAGE_ROWS};
    TRY(sql_hiding_list(web->db, &in, &rows));
    struct hidden_row *list = ARENA_ARRAY(web->ctx->arena, rows.n, struct hidden_row);
    for (size_t i = 0; i < rows.n; i++) {
        list[i] = draw_row(web, &rows.row[i]);
    }
    struct hidden_view view = {.page =
                                   page_make(web, request, response, "Hidden", NAV_SETTINGS),
                               .typed = form_typed(&web->form, "company"),
                               .wrong = form_message(&web->form, "company"),
                               .rows = list,
                               .n_rows = rows.n,
                               .before = rows.n == PAGE_ROWS ? rows.row[rows.n - 1].id : 0};
    view.csrf = view.page.csrf;
    view.page.tab = SETTINGS_HIDDEN;
    web_form_status(web, response);
    tpl_hidden(&response->body, &view);
    return ERR_NONE;
}

enum err handle_hidden(struct web *web, struct request *request, struct response *response)
{
    return draw_hidden(web, request, response);
}

/* With a dot and without a space it is a domain. */
static bool looks_like_domain(struct str text)
{
    return str_contains(text, STR(".")) && !str_contains(text, STR(" "));
}

enum err handle_hidden_add(struct web *web, struct request *request, struct response *response)
{
    const struct hidden_values *values = web->form.values;
    if (!form_is_right(&web->form)) {
        return draw_hidden(web, request, response);
    }
    if (looks_like_domain(values->company)) {
        return hide(web, response, (struct hiding){.domain = values->company});
    }
    return hide(web, response, (struct hiding){.name = values->company});
}

enum err handle_hidden_show(struct web *web, struct request *request, struct response *response)
{
    int64_t operation;
    (void)request;
    TRY(hiding_show(web->db, web->session.dataset, web->session.user, web->ids[0], &operation));
    return web_redirect(response, "/operations/%lld", (long long)operation);
}
