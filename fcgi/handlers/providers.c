/* Settings > Enrichment: who is asked about companies, in which order, and who not. */
#include "fcgi/handlers/providers.h"

#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/url.h"

struct order_values {
    struct str source;
    int64_t move;
};
static const char *const moves[] = {"up", "down", NULL};
static const struct form_field order_fields[] = {
    {.name = "source",
     .label = "Provider",
     .kind = FORM_TEXT,
     .required = true,
     .max = 40,
     .offset = offsetof(struct order_values, source)},
    {.name = "move",
     .label = "Where to",
     .kind = FORM_ENUM,
     .required = true,
     .choices = moves,
     .offset = offsetof(struct order_values, move)},
};
const struct form_spec provider_order_spec = FORM_SPEC(order_fields, struct order_values);

struct switch_values {
    struct str source;
    bool on;
};
static const struct form_field switch_fields[] = {
    {.name = "source",
     .label = "Provider",
     .kind = FORM_TEXT,
     .required = true,
     .max = 40,
     .offset = offsetof(struct switch_values, source)},
    {.name = "on",
     .label = "On",
     .kind = FORM_BOOL,
     .offset = offsetof(struct switch_values, on)},
};
const struct form_spec provider_switch_spec = FORM_SPEC(switch_fields, struct switch_values);

/* ---- what the pages share ---- */

enum err providers_read(struct web *web, struct provider **out_list, size_t *out_n)
{
    return providers_load(web->db, web->session.dataset, out_list, out_n);
}

enum err providers_store(struct web *web, const struct provider *list, size_t n,
                         const char *action, struct str subject)
{
    for (size_t i = 0; i < n; i++) {
        struct provider provider = list[i];
        provider.position = (int16_t)(i + 1);
        TRY(provider_save(web->db, web->session.dataset, &provider));
    }
    return sql_audit_add(web->db,
                         &(struct sql_audit_add_in){.workspace = web->session.workspace,
                                                    .user = web->session.user,
                                                    .action = str_from(action),
                                                    .subject = subject},
                         NULL);
}

enum err providers_settle(struct web *web)
{
    const struct queue_job job = {.dataset = web->session.dataset, .uniq = STR("order")};
    web->wake = true;
    return queue_add(web->db, JOB_SETTLE, &job, &(struct queue_opts){.unique = QUEUE_RERUN},
                     NULL);
}

/* ---- the list ---- */

static const char *gives(enum provider_kind kind)
{
    switch (kind) {
    case PROVIDER_SITE:
        return "Name, description, logo, contacts, address, profiles and technologies, from at "
               "most three pages that its robots.txt allows. Nobody else hears of it.";
    case PROVIDER_WIKIDATA:
        return "Industry, employees, founded, country, logo of organisations that have an "
               "entry. "
               "Wikidata is told the domain.";
    case PROVIDER_RDAP:
        return "Since when the domain is registered, where, and for whom. The registry is told "
               "the domain.";
    case PROVIDER_API:
        break;
    }
    return "What its mapping names. The service is told the domain.";
}

static struct str host_of(struct web *web, const struct provider *provider)
{
    struct url url;
    struct str address = provider_address(web->ctx, provider, STR("acme.com"));
    return !str_is_empty(address) && url_parse(web->ctx->arena, address, &url)
               ? url.host
               : (struct str){.p = NULL};
}

enum err handle_providers(struct web *web, struct request *request, struct response *response)
{
    struct provider *list;
    struct providers_view view = {
        .page = page_make(web, request, response, "Enrichment", NAV_SETTINGS)};
    view.page.tab = SETTINGS_ENRICHMENT;
    TRY(providers_read(web, &list, &view.n_providers));
    struct provider_row *rows =
        ARENA_ARRAY(web->ctx->arena, view.n_providers + 1, struct provider_row);
    for (size_t i = 0; i < view.n_providers; i++) {
        rows[i] = (struct provider_row){.source = list[i].source,
                                        .name = list[i].name,
                                        .gives = gives(list[i].kind),
                                        .host = host_of(web, &list[i]),
                                        .enabled = list[i].enabled,
                                        .first = i == 0,
                                        .last = i + 1 == view.n_providers,
                                        .failure = list[i].failure,
                                        .failed_at = list[i].failed_at,
                                        .csrf = view.page.csrf};
    }
    view.providers = rows;
    view.full = view.n_providers >= PROVIDERS_MAX;
    tpl_providers(&response->body, &view);
    return ERR_NONE;
}

/* ---- its order ---- */

static enum err find(struct web *web, const struct provider *list, size_t n, struct str source,
                     size_t *out_at)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i].source, source)) {
            *out_at = i;
            return ERR_NONE;
        }
    }
    return web_not_found(web, PROVIDER_MISSING);
}

enum err handle_provider_order(struct web *web, struct request *request,
                               struct response *response)
{
    const struct order_values *values = web->form.values;
    struct provider *list;
    size_t n, at = 0;
    TRY(providers_read(web, &list, &n));
    TRY(find(web, list, n, values->source, &at));
    bool up = values->move == 0;
    if (up ? at == 0 : at + 1 == n) {
        return web_redirect(response, "/settings/enrichment");
    }
    size_t other = up ? at - 1 : at + 1;
    struct provider moved = list[at];
    list[at] = list[other];
    list[other] = moved;
    TRY(providers_store(web, list, n, "provider.moved", moved.name));
    TRY(providers_settle(web));
    return web_redirect_saying(web, request, response, STR("/settings/enrichment"),
                               "%.*s is now number %zu. Where providers disagree, the higher "
                               "one counts; companies follow within minutes.",
                               STR_ARG(moved.name), other + 1);
}

enum err handle_provider_switch(struct web *web, struct request *request,
                                struct response *response)
{
    const struct switch_values *values = web->form.values;
    struct provider *list;
    size_t n, at = 0;
    TRY(providers_read(web, &list, &n));
    TRY(find(web, list, n, values->source, &at));
    list[at].enabled = values->on;
    TRY(providers_store(web, list, n, values->on ? "provider.on" : "provider.off",
                        list[at].name));
    return web_redirect_saying(
        web, request, response, STR("/settings/enrichment"), "%.*s is %s.%s",
        STR_ARG(list[at].name), values->on ? "on" : "off",
        values->on ? " Companies that have a card are asked about within the hour, new ones at "
                     "once."
                   : " What it said so far stays.");
}
