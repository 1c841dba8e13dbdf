/* Settings > Enrichment: one provider - where it is, how often it is asked, and, of a JSON
 * service, what is sent along and where each field stands in its answers. */
#include "fcgi/handlers/providers.h"

#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/crypt.h"
#include "shared/mapping.h"
#include "shared/url.h"

#define HEADERS_MAX 10
#define HEADERS_BYTES 4000
#define SOURCE_BYTES 5

struct provider_values {
    struct str source, name, address, mapping, headers;
    int64_t seconds, per_minute, refresh_days;
    bool forget;
};
static const struct form_field provider_fields[] = {
    {.name = "source",
     .label = "Provider",
     .kind = FORM_TEXT,
     .max = 40,
     .offset = offsetof(struct provider_values, source)},
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .max = 60,
     .offset = offsetof(struct provider_values, name)},
    {.name = "address",
     .label = "Address",
     .kind = FORM_TEXT,
     .max = 2000,
     .offset = offsetof(struct provider_values, address)},
    {.name = "seconds",
     .label = "Seconds to wait",
     .kind = FORM_INT,
     .required = true,
     .min = 1,
     .max = 60,
     .offset = offsetof(struct provider_values, seconds)},
    {.name = "per_minute",
     .label = "Questions a minute",
     .kind = FORM_INT,
     .required = true,
     .min = 1,
     .max = 6000,
     .offset = offsetof(struct provider_values, per_minute)},
    {.name = "refresh_days",
     .label = "Days until it is asked again",
     .kind = FORM_INT,
     .required = true,
     .min = 1,
     .max = 3650,
     .offset = offsetof(struct provider_values, refresh_days)},
    {.name = "mapping",
     .label = "Mapping",
     .kind = FORM_LINES,
     .max = MAPPING_BYTES,
     .offset = offsetof(struct provider_values, mapping)},
    {.name = "headers",
     .label = "Headers",
     .kind = FORM_LINES,
     .max = HEADERS_BYTES,
     .offset = offsetof(struct provider_values, headers)},
    {.name = "forget",
     .label = "Forget",
     .kind = FORM_BOOL,
     .offset = offsetof(struct provider_values, forget)},
};
const struct form_spec provider_spec = FORM_SPEC(provider_fields, struct provider_values);

struct gone_values {
    struct str source;
    bool sure;
};
static const struct form_field gone_fields[] = {
    {.name = "source",
     .label = "Provider",
     .kind = FORM_TEXT,
     .required = true,
     .max = 40,
     .offset = offsetof(struct gone_values, source)},
    {.name = "sure",
     .label = "Your confirmation",
     .kind = FORM_BOOL,
     .required = true,
     .offset = offsetof(struct gone_values, sure)},
};
const struct form_spec provider_delete_spec = FORM_SPEC(gone_fields, struct gone_values);

/* Where services commonly have the fields: what is not there is passed over. */
static const char leadboxer_mapping[] =
    "name = name | organization.name | organizationName | company.name\n"
    "description = description | organization.description\n"
    "industry = industry | organization.industry | company.industry\n"
    "employees = employees | employeeCount | size | organization.size\n"
    "revenue = revenue | organization.revenue\n"
    "founded = founded | foundedYear | organization.founded\n"
    "legal_type = legalType | organization.legalType\n"
    "phone = phone | organization.phone\n"
    "emails = email | emails\n"
    "address = address.street | address | organization.address\n"
    "city = city | address.city | location.city\n"
    "region = region | address.region | location.region\n"
    "country = country | address.country | location.country\n"
    "linkedin = linkedin | linkedinUrl | social.linkedin\n"
    "technologies = technologies | tech\n"
    "logo = logo | logoUrl\n";

/* ---- drawing ---- */

/* A service that is about to be added. */
static struct provider start(struct web *web)
{
    struct provider provider = *provider_default(PROVIDER_API);
    if (str_eq(web_query(web, "preset"), STR("domain-lookup"))) {
        provider.name = STR("Domain lookup");
        provider.address = STR("https://api.example.com/domain-lookup?domain={domain}");
        provider.mapping = str_from(leadboxer_mapping);
    }
    return provider;
}

static struct str joined(struct ctx *ctx, const struct str *list, size_t n)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, HEADERS_BYTES);
    for (size_t i = 0; i < n; i++) {
        sb_printf(&sb, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(list[i]));
    }
    return sb_view(&sb);
}

static void draw_numbers(struct web *web, const struct provider *p, struct provider_view *view)
{
    struct arena *arena = web->ctx->arena;
    const struct form *form = &web->form;
    view->seconds =
        form_value(form, "seconds", arena_print(arena, "%d", (int)(p->timeout_ms / 1000)));
    view->per_minute =
        form_value(form, "per_minute", arena_print(arena, "%d", (int)p->per_minute));
    view->refresh_days =
        form_value(form, "refresh_days", arena_print(arena, "%d", (int)p->refresh_days));
    view->seconds_wrong = form_message(form, "seconds");
    view->per_minute_wrong = form_message(form, "per_minute");
    view->refresh_days_wrong = form_message(form, "refresh_days");
}

static void draw_fields(struct web *web, struct provider_view *view)
{
    size_t n;
    const struct fact_field *all = facts_fields(&n);
    struct provider_field *fields = ARENA_ARRAY(web->ctx->arena, n + 1, struct provider_field);
    for (size_t i = 0; i < n; i++) {
        fields[i] = (struct provider_field){.name = all[i].name, .label = all[i].label};
    }
    fields[n] = (struct provider_field){.name = STR("logo"), .label = "Logo's address"};
    view->fields = fields;
    view->n_fields = n + 1;
}

static const char *address_hint(enum provider_kind kind)
{
    return kind == PROVIDER_WIKIDATA
               ? "Of a SPARQL service with Wikidata's items, if not Wikidata's own."
               : "{domain} stands for the company's domain.";
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     const struct provider *p)
{
    const struct form *form = &web->form;
    struct provider_view view = {
        .page = page_make(web, request, response, "Enrichment", NAV_SETTINGS),
        .source = p->source,
        .title = str_is_empty(p->source) ? STR("A JSON service") : p->name,
        .wrong = form_message(form, ""),
        .api = p->kind == PROVIDER_API,
        .has_address = p->kind != PROVIDER_SITE,
        .name = form_value(form, "name", p->name),
        .name_wrong = form_message(form, "name"),
        .address = form_value(form, "address", p->address),
        .address_wrong = form_message(form, "address"),
        .address_hint = address_hint(p->kind),
        .mapping = form_value(form, "mapping", p->mapping),
        .mapping_wrong = form_message(form, "mapping"),
        .header_names = joined(web->ctx, p->header_names, p->n_header_names),
        .headers_wrong = form_message(form, "headers"), /* what was typed is not sent back */
        .domain = form_typed(form, "domain"),
        .domain_wrong = form_message(form, "domain"),
    };
    view.page.title = view.title;
    draw_numbers(web, p, &view);
    draw_fields(web, &view);
    web_form_status(web, response);
    tpl_provider(&response->body, &view);
    return ERR_NONE;
}

/* The one that is named, or the start of a new one. */
static enum err load(struct web *web, struct str source, struct provider *out)
{
    struct provider *list;
    size_t n;
    if (str_is_empty(source)) {
        *out = start(web);
        return ERR_NONE;
    }
    TRY(providers_read(web, &list, &n));
    const struct provider *found = provider_find(list, n, source);
    if (found == NULL) {
        return web_not_found(web, PROVIDER_MISSING);
    }
    *out = *found;
    return ERR_NONE;
}

enum err handle_provider(struct web *web, struct request *request, struct response *response)
{
    struct provider provider;
    bool sent = web->form.spec != NULL && request->method == METHOD_POST;
    struct str source = sent ? form_typed(&web->form, "source") : web_query(web, "source");
    TRY(load(web, source, &provider));
    return draw(web, request, response, &provider);
}

/* ---- storing ---- */

static bool is_header_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!good) {
            return false;
        }
    }
    return name.n > 0 && name.n <= 60;
}

/* The names of what is sent along; a line that is no header is refused without being repeated:
 * it may be a key. */
static size_t read_headers(struct web *web, struct str lines, struct str names[HEADERS_MAX])
{
    struct str line;
    size_t n = 0, number = 0;
    while (str_next(&lines, '\n', &line)) {
        size_t colon = str_find(line, ':');
        struct str name = str_trim(str_slice(line, 0, colon));
        number++;
        if (str_is_empty(str_trim(line))) {
            continue;
        }
        if (n == HEADERS_MAX) {
            form_refuse(&web->form, "headers", "At most %d headers, please.", HEADERS_MAX);
            break;
        }
        if (colon == line.n || !is_header_name(name) ||
            str_is_empty(str_trim(str_slice(line, colon + 1, line.n)))) {
            form_refuse(&web->form, "headers",
                        "Line %zu is not a header. Write it like: Authorization: Bearer KEY",
                        number);
            break;
        }
        names[n++] = name;
    }
    return n;
}

static void check_address(struct web *web, struct provider *p, struct str address)
{
    enum err err = ERR_NONE;
    if (p->kind == PROVIDER_SITE) {
        return;
    }
    if (p->kind == PROVIDER_WIKIDATA) {
        struct str with = arena_print(web->ctx->arena, "%.*s?{domain}", STR_ARG(address));
        err = provider_check_address(web->ctx, with);
    } else {
        err = provider_check_address(web->ctx, address);
    }
    if (err != ERR_NONE) {
        form_refuse(&web->form, "address", "%.*s", STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
    }
    p->address = address;
}

static void check_service(struct web *web, struct provider *p,
                          const struct provider_values *values)
{
    struct mapping *mapping = ARENA_NEW(web->ctx->arena, struct mapping);
    p->name = values->name;
    p->mapping = str_is_null(values->mapping) ? STR("") : values->mapping;
    if (str_is_empty(values->name)) {
        form_refuse(&web->form, "name", "Name is needed.");
    }
    if (mapping_read(web->ctx, p->mapping, mapping) != ERR_NONE) {
        form_refuse(&web->form, "mapping", "%.*s", STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
    } else if (mapping->n == 0) {
        form_refuse(&web->form, "mapping",
                    "Say at least one field, like: industry = company.industry");
    }
}

static struct str host_of(struct web *web, struct str address)
{
    struct url url;
    const struct provider filled = {.address = address};
    struct str text = provider_address(web->ctx, &filled, STR("acme.com"));
    return url_parse(web->ctx->arena, text, &url) ? url.host : (struct str){.p = NULL};
}

/* Keys are for one host: they do not follow the address to another. */
static enum err store_headers(struct web *web, const struct provider *before,
                              const struct provider *p, const struct provider_values *values,
                              const struct str *names, size_t n, bool *out_dropped)
{
    bool elsewhere = !str_eq(host_of(web, before->address), host_of(web, p->address));
    *out_dropped = n == 0 && before->n_header_names > 0 && elsewhere;
    if (n == 0 && !values->forget && !*out_dropped) {
        return ERR_NONE;
    }
    struct str sealed = {.p = NULL};
    if (n > 0) {
        const char *purpose = provider_seal(web->ctx->arena, web->session.dataset, p->source);
        sealed = crypt_seal(web->ctx->arena, web->config->key, purpose, values->headers);
    }
    return sql_provider_headers_put(
        web->db,
        &(struct sql_provider_headers_put_in){.dataset = web->session.dataset,
                                              .source = p->source,
                                              .names = {names, n},
                                              .headers = sealed},
        NULL);
}

/* The list with this one in it, changed or at the end. */
static enum err store(struct web *web, struct provider *p)
{
    struct provider *list, *more;
    size_t n;
    bool is_new = str_is_empty(p->source);
    TRY(providers_read(web, &list, &n));
    if (is_new && n >= PROVIDERS_MAX) {
        return ctx_fail(web->ctx, ERR_LIMIT, "There are %d providers, which is the most.",
                        PROVIDERS_MAX);
    }
    more = ARENA_ARRAY(web->ctx->arena, n + 1, struct provider);
    for (size_t i = 0; i < n; i++) {
        more[i] = str_eq(list[i].source, p->source) ? *p : list[i];
    }
    if (is_new) {
        p->source = arena_print(web->ctx->arena, "api-%.*s",
                                STR_ARG(crypt_token(web->ctx->arena, SOURCE_BYTES)));
        more[n++] = *p;
    }
    return providers_store(web, more, n, is_new ? "provider.added" : "provider.changed",
                           p->name);
}

enum err handle_provider_save(struct web *web, struct request *request,
                              struct response *response)
{
    const struct provider_values *values = web->form.values;
    struct provider before, after;
    struct str names[HEADERS_MAX];
    size_t n = 0;
    bool dropped;
    TRY(load(web, form_typed(&web->form, "source"), &before));
    after = before;
    if (form_is_right(&web->form)) {
        after.timeout_ms = (int32_t)values->seconds * 1000;
        after.per_minute = (int32_t)values->per_minute;
        after.refresh_days = (int32_t)values->refresh_days;
        check_address(web, &after, values->address);
    }
    if (form_is_right(&web->form) && before.kind == PROVIDER_API) {
        check_service(web, &after, values);
        n = read_headers(web, values->headers, names);
    }
    if (!form_is_right(&web->form)) {
        return draw(web, request, response, &before);
    }
    TRY(store(web, &after));
    TRY(store_headers(web, &before, &after, values, names, n, &dropped));
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/settings/enrichment/provider?source=%.*s",
                    STR_ARG(after.source)),
        "%.*s is stored%s.%s", STR_ARG(after.name),
        after.enabled ? "" : ", and still off: try it, then switch it on in the list",
        dropped
            ? " Its address leads to another host, so the stored headers were dropped: type "
              "them again."
            : "");
}

enum err handle_provider_delete(struct web *web, struct request *request,
                                struct response *response)
{
    const struct gone_values *values = web->form.values;
    struct provider provider;
    TRY(load(web, values->source, &provider));
    if (provider.kind != PROVIDER_API) {
        return ctx_fail(web->ctx, ERR_INVALID,
                        "This one can be switched off, but not deleted.");
    }
    TRY(sql_provider_delete(web->db,
                            &(struct sql_provider_delete_in){.dataset = web->session.dataset,
                                                             .source = provider.source},
                            NULL));
    TRY(sql_audit_add(web->db,
                      &(struct sql_audit_add_in){.workspace = web->session.workspace,
                                                 .user = web->session.user,
                                                 .action = STR("provider.deleted"),
                                                 .subject = provider.name},
                      NULL));
    TRY(providers_settle(web));
    return web_redirect_saying(web, request, response, STR("/settings/enrichment"),
                               "%.*s is deleted. What it said of companies stays, behind what "
                               "the others say.",
                               STR_ARG(provider.name));
}
