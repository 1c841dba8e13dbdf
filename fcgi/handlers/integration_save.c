/* Adding and changing an integration: what was typed is checked, secrets are sealed and shown
 * once. */
#include "fcgi/handlers.h"
#include "fcgi/handlers/integration_form.h"
#include "gen/templates.h"
#include "shared/url.h"

#define ROTATION_HOURS 24

static bool has_id(struct form_ids list, int64_t id)
{
    for (size_t i = 0; i < list.n; i++) {
        if (list.v[i] == id) {
            return true;
        }
    }
    return false;
}

/* No port and no user: only the web's own ports are called, and keys have a place of their own.
 */
static bool has_port_or_user(struct str url)
{
    struct str rest = str_slice(url, str_find(url, ':') + 3, url.n);
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#') {
        end++;
    }
    struct str authority = str_slice(rest, 0, end);
    return str_find(authority, ':') < authority.n || str_find(authority, '@') < authority.n;
}

static void check_address(struct web *web, const char *field, struct str address, bool crm)
{
    struct url url;
    if (!url_parse(web->ctx->arena, address, &url) || str_eq(url.scheme, STR("android-app"))) {
        form_refuse(&web->form, field,
                    "This is not an address on the web: it begins with "
                    "https:// and has no user name.");
    } else if (has_port_or_user(address)) {
        form_refuse(&web->form, field,
                    "Leave the port and the user name out: only the web's own ports, 80 and "
                    "443, are called.");
    } else if (crm && !str_eq(url.scheme, STR("https"))) {
        form_refuse(&web->form, field,
                    "The key must not travel unencrypted: this has to begin with https://.");
    }
}

static void check_where(struct web *web, const struct integration_stored *stored)
{
    const struct integration_form *form = web->form.values;
    if (stored->kind == INTEGRATION_SLACK) {
        if (form->secret.n > 0) {
            check_address(web, "secret", form->secret, false);
        } else if (str_is_null(stored->hint)) {
            form_refuse(&web->form, "secret", "The address is needed.");
        }
        return;
    }
    if (str_is_empty(form->url)) {
        form_refuse(&web->form, "url", "The address is needed.");
    } else {
        check_address(web, "url", form->url, integration_is_crm(stored->kind));
    }
    if (integration_is_crm(stored->kind) && form->secret.n == 0 && str_is_null(stored->hint)) {
        form_refuse(&web->form, "secret", "The key is needed.");
    }
}

static bool is_key(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        if (!good) {
            return false;
        }
    }
    return text.n > 0 && text.n <= 100;
}

static bool is_ours(struct str value)
{
    size_t n;
    const struct integration_field *known = integration_fields(&n);
    size_t colon = str_find(value, ':');
    struct str of = str_slice(value, 0, colon), name = str_slice(value, colon + 1, value.n);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(name, known[i].name) &&
            str_eq(of, known[i].person ? STR("person") : STR("company"))) {
            return true;
        }
    }
    return false;
}

/* Lines in which nothing is chosen, or nothing typed, are left out when both are empty. */
static void read_map(struct web *web, struct integration_settings *settings)
{
    const struct integration_form *form = web->form.values;
    settings->n_map = 0;
    for (size_t i = 0; i < form->map_ours.n && i < form->map_theirs.n; i++) {
        struct str ours = form->map_ours.v[i], theirs = form->map_theirs.v[i];
        if (ours.n == 0 && theirs.n == 0) {
            continue;
        }
        if (!is_ours(ours)) {
            form_refuse(&web->form, "map_theirs",
                        "Line %zu of the fields: choose which value of "
                        "ours goes there.",
                        i + 1);
            return;
        }
        if (!is_key(theirs)) {
            form_refuse(&web->form, "map_theirs",
                        "Line %zu of the fields: a field there is named by its key, letters, "
                        "digits and _ only.",
                        i + 1);
            return;
        }
        size_t colon = str_find(ours, ':');
        settings->map[settings->n_map++] =
            (struct integration_map){.of = str_slice(ours, 0, colon),
                                     .ours = str_slice(ours, colon + 1, ours.n),
                                     .theirs = theirs};
    }
}

/* "v3", or a date as HubSpot names its versions: "2026-03". */
static bool is_version(struct str text)
{
    if (text.n >= 2 && text.n <= 3 && text.p[0] == 'v') {
        return text.p[1] >= '1' && text.p[1] <= '9';
    }
    int64_t year, month;
    return text.n == 7 && text.p[4] == '-' && str_to_i64(str_slice(text, 0, 4), &year) &&
           str_to_i64(str_slice(text, 5, 7), &month) && year >= 2000 && month >= 1 &&
           month <= 12;
}

static void read_settings(struct web *web, const struct integration_stored *stored,
                          struct integration_settings *out)
{
    const struct integration_form *form = web->form.values;
    *out = stored->settings;
    if (!integration_is_crm(stored->kind)) {
        return;
    }
    out->persons = form->persons;
    if (stored->kind == INTEGRATION_PIPEDRIVE) {
        out->activity = form->activity;
        out->make = form->make < 0 ? out->make : (enum integration_make)form->make;
        out->tokens = form->tokens;
        out->pipeline = form->pipeline;
        out->stage = form->stage;
    } else if (!is_version(form->version)) {
        form_refuse(&web->form, "version", "A version is v3, or a date such as 2026-03.");
    } else {
        out->version = form->version;
    }
    read_map(web, out);
}

/* CRMs are told of stages only, webhooks of what was chosen. */
static struct sql_strs read_events(struct web *web, enum integration_kind kind)
{
    static const struct str entered = STR_INIT("account.entered_stage");
    const struct integration_form *form = web->form.values;
    if (integration_is_crm(kind)) {
        return (struct sql_strs){&entered, form->stages.n > 0 ? 1 : 0};
    }
    for (size_t i = 0; i < form->events.n; i++) {
        if (!integration_event_is(form->events.v[i])) {
            form_refuse(&web->form, "events", "“%.*s” is nothing that can be told.",
                        STR_ARG(str_cut(form->events.v[i], 60)));
        }
    }
    return (struct sql_strs){form->events.v, form->events.n};
}

/* Only stages that the user can see; what is gone falls away. */
static enum err read_stages(struct web *web, struct sql_i64s *out)
{
    const struct integration_form *form = web->form.values;
    struct sql_integration_stages_rows rows;
    TRY(sql_integration_stages(web->db,
                               &(struct sql_integration_stages_in){
                                   .dataset = web->session.dataset, .user = web->session.user},
                               &rows));
    int64_t *ids = ARENA_ARRAY(web->ctx->arena, form->stages.n + 1, int64_t);
    size_t n = 0;
    for (size_t i = 0; i < rows.n; i++) {
        if (n < form->stages.n && has_id(form->stages, rows.row[i].stage)) {
            ids[n++] = rows.row[i].stage;
        }
    }
    *out = (struct sql_i64s){ids, n};
    return ERR_NONE;
}

/* ---- storing ---- */

struct checked {
    struct sql_strs events;
    struct sql_i64s stages;
    struct str settings;
};

/* False: there are mistakes, in the form. */
static enum err check(struct web *web, const struct integration_stored *stored,
                      struct checked *out, bool *out_right)
{
    struct integration_settings settings;
    *out_right = false;
    if (!form_is_right(&web->form)) {
        return ERR_NONE;
    }
    check_where(web, stored);
    read_settings(web, stored, &settings);
    out->events = read_events(web, stored->kind);
    TRY(read_stages(web, &out->stages));
    TRY(integration_settings_write(web->ctx, &settings, &out->settings));
    *out_right = form_is_right(&web->form);
    return ERR_NONE;
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

static enum err show_secret(struct web *web, const struct request *request,
                            struct response *response, int64_t id, struct str name,
                            struct str secret, bool rotated)
{
    struct integration_secret_view view = {
        .page = page_make(web, request, response, "Signing secret", NAV_INTEGRATIONS),
        .id = id,
        .name = name,
        .secret = secret,
        .rotated = rotated};
    tpl_integration_secret(&response->body, &view);
    return ERR_NONE;
}

static enum err count_is_right(struct web *web)
{
    struct sql_integration_count count;
    TRY(sql_integration_count(
        web->db, &(struct sql_integration_count_in){.dataset = web->session.dataset}, &count));
    if (count.n >= INTEGRATIONS_MAX) {
        form_refuse(&web->form, "",
                    "There are %d integrations, which is the most a dataset can "
                    "have. Delete one that is not needed.",
                    INTEGRATIONS_MAX);
    }
    return ERR_NONE;
}

static enum err store_new(struct web *web, const struct request *request,
                          const struct integration_stored *stored,
                          const struct checked *checked, int64_t *out_id)
{
    const struct integration_form *form = web->form.values;
    struct sql_integration_add made;
    const struct sql_integration_add_in in = {
        .dataset = web->session.dataset,
        .kind = (int16_t)stored->kind,
        .name = form->name,
        .user = web->session.user,
        .url = stored->kind == INTEGRATION_SLACK ? (struct str){.p = NULL} : form->url,
        .origin = web_origin(web, request),
        .events = checked->events,
        .stage_ids = checked->stages,
        .settings = checked->settings};
    TRY(sql_integration_add(web->db, &in, &made));
    TRY(audit(web, "integration.added", form->name));
    *out_id = made.id;
    return ERR_NONE;
}

enum err handle_integration_add(struct web *web, struct request *request,
                                struct response *response)
{
    const struct integration_form *form = web->form.values;
    struct integration_stored stored;
    struct checked checked;
    int64_t id = 0;
    bool right;
    if (form->kind < 0) {
        return ctx_fail(web->ctx, ERR_INVALID, "Choose what to add first.");
    }
    integration_form_begin((enum integration_kind)(form->kind + 1), &stored);
    TRY(count_is_right(web));
    TRY(check(web, &stored, &checked, &right));
    if (!right) {
        return integration_form_draw(web, request, response, &stored);
    }
    TRY(store_new(web, request, &stored, &checked, &id));
    if (stored.kind != INTEGRATION_WEBHOOK) {
        TRY(integration_secret_put(web->db, web->config->key, web->session.dataset, id,
                                   form->secret, 0));
        return web_redirect_saying(
            web, request, response,
            arena_print(web->ctx->arena, "/integrations/%lld", (long long)id),
            "%.*s is added. Send a test to see whether it works.", STR_ARG(form->name));
    }
    struct str secret = integration_signing_secret(web->ctx->arena);
    TRY(integration_secret_put(web->db, web->config->key, web->session.dataset, id, secret, 0));
    return show_secret(web, request, response, id, form->name, secret, false);
}

enum err handle_integration_save(struct web *web, struct request *request,
                                 struct response *response)
{
    const struct integration_form *form = web->form.values;
    struct integration_stored stored;
    struct checked checked;
    bool right;
    TRY(integration_form_load(web, &stored));
    TRY(check(web, &stored, &checked, &right));
    if (!right) {
        return integration_form_draw(web, request, response, &stored);
    }
    const struct sql_integration_save_in in = {
        .dataset = web->session.dataset,
        .integration = stored.id,
        .name = form->name,
        .url = stored.kind == INTEGRATION_SLACK ? (struct str){.p = NULL} : form->url,
        .origin = web_origin(web, request),
        .events = checked.events,
        .stage_ids = checked.stages,
        .settings = checked.settings};
    TRY(sql_integration_save(web->db, &in, NULL));
    if (stored.kind != INTEGRATION_WEBHOOK && form->secret.n > 0) {
        TRY(integration_secret_put(web->db, web->config->key, in.dataset, stored.id,
                                   form->secret, 0));
    }
    TRY(sql_integration_retry(
        web->db,
        &(struct sql_integration_retry_in){.dataset = in.dataset, .integration = stored.id},
        NULL));
    TRY(audit(web, "integration.changed", form->name));
    return web_redirect_saying(
        web, request, response,
        arena_print(web->ctx->arena, "/integrations/%lld", (long long)stored.id),
        "%.*s is saved.", STR_ARG(form->name));
}

enum err handle_integration_rotate(struct web *web, struct request *request,
                                   struct response *response)
{
    struct integration_stored stored;
    TRY(integration_form_load(web, &stored));
    if (stored.kind != INTEGRATION_WEBHOOK) {
        return ctx_fail(web->ctx, ERR_INVALID, "This has no signing secret.");
    }
    struct str secret = integration_signing_secret(web->ctx->arena);
    TRY(integration_secret_put(web->db, web->config->key, web->session.dataset, stored.id,
                               secret, ROTATION_HOURS));
    TRY(audit(web, "integration.secret_rotated", stored.name));
    return show_secret(web, request, response, stored.id, stored.name, secret, true);
}
