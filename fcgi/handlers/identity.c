/* What a company is found by and known by: its domain and its logo, corrected by hand; and
 * asking about it again.
 *
 * A domain is not overwritten: events, leads and other companies hang on it. Another domain
 * makes the company one with that domain's (people.h), which can be undone. */
#include "fcgi/handlers/panel.h"

#include "gen/templates.h"
#include "shared/cards.h"
#include "shared/json.h"
#include "shared/lookup.h"
#include "shared/people.h"
#include "shared/url.h"

#define ACCOUNT_MISSING "This company does not exist, or you may not see it."

struct identity_values {
    struct str domain, address, source, back;
    bool clear;
};
static const struct form_field domain_fields[] = {
    {.name = "domain",
     .label = "The domain",
     .kind = FORM_TEXT,
     .required = true,
     .max = 300,
     .offset = offsetof(struct identity_values, domain)},
};
const struct form_spec account_domain_spec = FORM_SPEC(domain_fields, struct identity_values);

static const struct form_field logo_fields[] = {
    {.name = "address",
     .label = "The picture's address",
     .kind = FORM_TEXT,
     .max = 1500,
     .offset = offsetof(struct identity_values, address)},
    {.name = "source",
     .label = "Source",
     .kind = FORM_TEXT,
     .max = 40,
     .offset = offsetof(struct identity_values, source)},
    {.name = "clear",
     .label = "Take back",
     .kind = FORM_BOOL,
     .offset = offsetof(struct identity_values, clear)},
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct identity_values, back)},
};
const struct form_spec account_logo_spec = FORM_SPEC(logo_fields, struct identity_values);

static const struct form_field again_fields[] = {
    {.name = "back",
     .label = "Page to go back to",
     .kind = FORM_TEXT,
     .max = 500,
     .offset = offsetof(struct identity_values, back)},
};
const struct form_spec account_enrich_spec = FORM_SPEC(again_fields, struct identity_values);

/* ---- what they share ---- */

/* The company's page, with the form once more and what is wrong with what was typed. */
static enum err draw_again(struct web *web, struct request *request, struct response *response,
                           struct panel_view *view)
{
    view->base = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]);
    view->account = web->ids[0];
    view->tab = TAB_DETAILS;
    view->page = page_make(web, request, response, "Company", NAV_NONE);
    TRY(panel_load(web, view));
    view->page.title = view->title;
    response->status = 422;
    panel_answer(request, response, view);
    return ERR_NONE;
}

static enum err go_back(struct web *web, const struct request *request,
                        struct response *response, const char *sentence)
{
    struct str back = form_typed(&web->form, "back");
    if (!response_is_local(back)) {
        back = arena_print(web->ctx->arena, "/accounts/%lld", (long long)web->ids[0]);
    }
    struct str path = arena_print(web->ctx->arena, "%.*s?tab=details", STR_ARG(back));
    return web_redirect_saying(web, request, response, path, "%s", sentence);
}

static enum err load(struct web *web, struct sql_account_get *out)
{
    return web_need(
        web,
        sql_account_get(web->db,
                        &(struct sql_account_get_in){.dataset = web->session.dataset,
                                                     .account = web->ids[0]},
                        out),
        ACCOUNT_MISSING);
}

/* ---- domain ---- */

static enum err make_one(struct web *web, struct str domain, int64_t *out_operation)
{
    int64_t dataset = web->session.dataset;
    struct sql_lookup_account_find into;
    TRY(sql_lookup_hold_log(web->db, NULL));
    TRY(sql_lookup_account_add(
        web->db, &(struct sql_lookup_account_add_in){.dataset = dataset, .domain = domain},
        NULL));
    TRY(sql_lookup_account_find(
        web->db, &(struct sql_lookup_account_find_in){.dataset = dataset, .domain = domain},
        &into));
    TRY(people_merge_accounts(web->db,
                              &(struct people_pair){.dataset = dataset,
                                                    .user = web->session.user,
                                                    .from = web->ids[0],
                                                    .into = into.id},
                              out_operation));
    const struct queue_job job = {
        .dataset = dataset,
        .uniq = arena_print(web->ctx->arena, "account:%lld", (long long)into.id),
        .payload = arena_print(web->ctx->arena, "{\"account\":\"%lld\"}", (long long)into.id)};
    web->wake = true;
    return queue_add(web->db, JOB_ENRICH, &job, NULL, NULL);
}

static bool is_told(const struct web *web, enum err err)
{
    return err == ERR_INVALID || (err == ERR_CONFLICT && !str_is_empty(web->ctx->why) &&
                                  !str_contains(web->ctx->detail, STR("sqlstate")));
}

/* What was typed, when it is a company's domain and another one than now. */
static enum err read_domain(struct web *web, const struct sql_account_get *account,
                            struct str *out_domain)
{
    const struct identity_values *values = web->form.values;
    struct lookup_subject subject;
    if (str_find(values->domain, '@') < values->domain.n) {
        return ctx_fail(web->ctx, ERR_INVALID, "Type the domain alone, like acme.com.");
    }
    TRY(lookup_read(web->ctx, values->domain, &subject));
    *out_domain = subject.domain;
    return str_eq(subject.domain, account->domain)
               ? ctx_fail(web->ctx, ERR_INVALID, "That is its domain already.")
               : ERR_NONE;
}

enum err handle_account_domain(struct web *web, struct request *request,
                               struct response *response)
{
    struct panel_view view = {.identity.domain_open = true};
    struct sql_account_get account;
    struct str domain = {.p = NULL};
    int64_t operation = 0;
    TRY(load(web, &account));
    enum err err = ERR_NONE;
    if (!form_is_right(&web->form)) {
        err = ctx_fail(web->ctx, ERR_INVALID, "%.*s", STR_ARG(web->form.mistakes[0].message));
    }
    err = err == ERR_NONE ? read_domain(web, &account, &domain) : err;
    err = err == ERR_NONE ? make_one(web, domain, &operation) : err;
    if (is_told(web, err)) {
        view.identity.domain_typed = form_typed(&web->form, "domain");
        view.identity.domain_wrong = web->ctx->why;
        ctx_clear(web->ctx);
        return draw_again(web, request, response, &view);
    }
    TRY(err);
    return web_redirect(response, "/operations/%lld", (long long)operation);
}

/* ---- logo ---- */

static enum err tell_cards(struct web *web)
{
    int64_t dataset = web->session.dataset, account = web->ids[0];
    TRY(sql_cards_touch(web->db,
                        &(struct sql_cards_touch_in){
                            .dataset = dataset,
                            .account = account,
                            .lead_null = true,
                            .kind = CARD_ENRICHED,
                            .user = web->session.user,
                            .detail = STR("{\"field\":\"logo\",\"to\":null}"),
                        },
                        NULL));
    return cards_refresh_accounts(web->db, &dataset, &account, 1, NULL);
}

static enum err take_back(struct web *web)
{
    const struct str field = STR("logo");
    int64_t n;
    TRY(facts_remove(web->db, web->session.dataset, web->ids[0], STR(FACT_HAND), &field, 1,
                     &n));
    return n > 0 ? tell_cards(web)
                 : ctx_fail(web->ctx, ERR_INVALID, "Nobody chose this logo by hand.");
}

/* A picture that a provider found becomes the user's choice. */
static enum err choose(struct web *web, struct str source)
{
    const struct str field = STR("logo");
    struct sql_account_icon_choose row;
    enum err err = sql_account_icon_choose(
        web->db,
        &(struct sql_account_icon_choose_in){
            .dataset = web->session.dataset, .account = web->ids[0], .source = source},
        &row);
    if (err == ERR_NOT_FOUND) {
        return ctx_fail(web->ctx, ERR_INVALID, "This picture is not there any more.");
    }
    TRY(err);
    TRY(facts_put(web->db, &(struct facts_put){.dataset = web->session.dataset,
                                               .account = web->ids[0],
                                               .source = STR(FACT_HAND),
                                               .user = web->session.user,
                                               .fields = &field,
                                               .values = &row.value,
                                               .n = 1}));
    return tell_cards(web);
}

/* The picture is fetched by a job: this program speaks to nobody. */
static enum err fetch(struct web *web, struct str address)
{
    struct str link;
    struct sb payload;
    if (str_is_empty(str_trim(address))) {
        return ctx_fail(web->ctx, ERR_INVALID, "Type the address of a picture.");
    }
    TRY(facts_read(web->ctx, facts_field(STR("website")), address, &link));
    sb_init(&payload, web->ctx->arena, 1900);
    sb_printf(&payload,
              "{\"account\":\"%lld\",\"user\":\"%lld\",\"logo\":", (long long)web->ids[0],
              (long long)web->session.user);
    json_write_str(&payload, link);
    sb_char(&payload, '}');
    if (payload.overflow) {
        return ctx_fail(web->ctx, ERR_INVALID, "The address is too long.");
    }
    const struct queue_job job = {
        .dataset = web->session.dataset,
        .uniq = arena_print(web->ctx->arena, "logo:%lld", (long long)web->ids[0]),
        .payload = sb_view(&payload)};
    web->wake = true;
    return queue_add(web->db, JOB_ENRICH, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}

enum err handle_account_logo(struct web *web, struct request *request,
                             struct response *response)
{
    const struct identity_values *values = web->form.values;
    struct panel_view view = {.identity.logo_open = true};
    struct sql_account_get account;
    TRY(load(web, &account));
    enum err err = ERR_NONE;
    bool fetches = !values->clear && str_is_empty(values->source);
    if (!form_is_right(&web->form)) {
        err = ctx_fail(web->ctx, ERR_INVALID, "%.*s", STR_ARG(web->form.mistakes[0].message));
    } else if (values->clear) {
        err = take_back(web);
    } else if (!str_is_empty(values->source)) {
        err = choose(web, values->source);
    } else {
        err = fetch(web, values->address);
    }
    if (err == ERR_INVALID) {
        view.identity.logo_typed = form_typed(&web->form, "address");
        view.identity.logo_wrong = web->ctx->why;
        ctx_clear(web->ctx);
        return draw_again(web, request, response, &view);
    }
    TRY(err);
    return go_back(web, request, response,
                   fetches ? "The picture is being fetched; it appears here in a moment."
                           : "The logo is changed.");
}

/* ---- again ---- */

enum err handle_account_enrich(struct web *web, struct request *request,
                               struct response *response)
{
    struct sql_account_get account;
    TRY(load(web, &account));
    if (str_is_empty(account.domain)) {
        return ctx_fail(
            web->ctx, ERR_INVALID,
            "Without a domain nobody can be asked about it. Type its domain first.");
    }
    const struct queue_job job = {
        .dataset = web->session.dataset,
        .uniq = arena_print(web->ctx->arena, "fresh:%lld", (long long)account.id),
        .payload = arena_print(web->ctx->arena, "{\"account\":\"%lld\",\"fresh\":true}",
                               (long long)account.id)};
    TRY(queue_add(web->db, JOB_ENRICH, &job,
                  &(struct queue_opts){.prio = QUEUE_SOON, .unique = QUEUE_EARLIEST}, NULL));
    web->wake = true;
    return go_back(web, request, response,
                   "It is being looked up again; what is new appears here in a moment.");
}
