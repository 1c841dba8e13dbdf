/* The things that are measured: list, add, settings, and which one is in use. */
#include "fcgi/handlers.h"

#include "fcgi/views/settings.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/crypt.h"
#include "shared/domain.h"

#define PUBLIC_ID_BYTES 10
#define HOSTS_MAX 100
#define NO_DATASET "This dataset does not exist, or you may not see it."

struct dataset_form {
    struct str name, hosts;
    bool mask_ip, honour_privacy_signals, cookieless, form_tracking;
    int64_t retention_days;
};
static const struct form_field fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct dataset_form, name)},
    {.name = "hosts",
     .label = "Allowed hosts",
     .kind = FORM_LINES,
     .max = 10000,
     .offset = offsetof(struct dataset_form, hosts)},
    {.name = "mask_ip",
     .label = "Mask addresses",
     .kind = FORM_BOOL,
     .offset = offsetof(struct dataset_form, mask_ip)},
    {.name = "honour_privacy_signals",
     .label = "Privacy signals",
     .kind = FORM_BOOL,
     .offset = offsetof(struct dataset_form, honour_privacy_signals)},
    {.name = "cookieless",
     .label = "Without cookies",
     .kind = FORM_BOOL,
     .offset = offsetof(struct dataset_form, cookieless)},
    {.name = "form_tracking",
     .label = "Form tracking",
     .kind = FORM_BOOL,
     .offset = offsetof(struct dataset_form, form_tracking)},
    {.name = "retention_days",
     .label = "Days to keep events",
     .kind = FORM_INT,
     .required = true,
     .min = 1,
     .max = 3650,
     .offset = offsetof(struct dataset_form, retention_days)},
};
const struct form_spec dataset_spec = FORM_SPEC(fields, struct dataset_form);

struct new_form {
    struct str name;
};
static const struct form_field new_fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct new_form, name)},
};
const struct form_spec dataset_new_spec = FORM_SPEC(new_fields, struct new_form);

struct use_form {
    int64_t dataset;
    struct str back;
};
static const struct form_field use_fields[] = {
    {.name = "dataset",
     .label = "Dataset",
     .kind = FORM_ID,
     .required = true,
     .offset = offsetof(struct use_form, dataset)},
    {.name = "back",
     .label = "Page to come back to",
     .kind = FORM_TEXT,
     .max = REQUEST_PATH_MAX,
     .offset = offsetof(struct use_form, back)},
};
const struct form_spec dataset_use_spec = FORM_SPEC(use_fields, struct use_form);

enum err handle_settings(struct web *web, struct request *request, struct response *response)
{
    (void)request;
    return web_redirect(response, web->session.role >= ROLE_ADMIN ? "/settings/datasets"
                                                                  : "/settings/profile");
}

enum err handle_datasets(struct web *web, struct request *request, struct response *response)
{
    struct sql_dataset_list_rows rows;
    TRY(sql_dataset_list(web->db, &rows));
    struct dataset_row *list = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct dataset_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_dataset_list *row = &rows.row[i];
        list[i] = (struct dataset_row){.id = row->id,
                                       .name = row->name,
                                       .public_id = row->public_id,
                                       .created_at = row->created_at,
                                       .last_event_at =
                                           row->last_event_at_null ? 0 : row->last_event_at,
                                       .current = row->id == web->session.dataset};
    }
    struct datasets_view view = {
        .page = page_make(web, request, response, "Datasets", NAV_SETTINGS),
        .datasets = list,
        .n_datasets = rows.n};
    view.page.tab = SETTINGS_DATASETS;
    tpl_datasets(&response->body, &view);
    return ERR_NONE;
}

/* ---- adding ---- */

static enum err draw_new(struct web *web, const struct request *request,
                         struct response *response)
{
    struct dataset_view view = {
        .page = page_make(web, request, response, "New dataset", NAV_SETTINGS),
        .name = form_typed(&web->form, "name"),
        .name_wrong = form_message(&web->form, "name")};
    web_form_status(web, response);
    tpl_dataset_new(&response->body, &view);
    return ERR_NONE;
}

enum err handle_dataset_new(struct web *web, struct request *request, struct response *response)
{
    return draw_new(web, request, response);
}

static enum err audit(struct web *web, struct str action, struct str subject)
{
    struct sql_audit_add_in row = {.workspace = web->session.workspace,
                                   .user = web->session.user,
                                   .action = action,
                                   .subject = subject};
    return sql_audit_add(web->db, &row, NULL);
}

enum err handle_dataset_add(struct web *web, struct request *request, struct response *response)
{
    const struct new_form *form = web->form.values;
    if (!form_is_right(&web->form)) {
        return draw_new(web, request, response);
    }
    struct sql_dataset_create_in in = {.workspace = web->session.workspace,
                                       .name = form->name,
                                       .public_id =
                                           crypt_token(web->ctx->arena, PUBLIC_ID_BYTES)};
    struct sql_dataset_create made;
    TRY(sql_dataset_create(web->db, &in, &made));
    TRY(audit(web, STR("dataset.added"), form->name));
    TRY(session_use_dataset(web->ctx, web->db, &web->session, made.id));
    return web_redirect_saying(web, request, response, STR("/tracking"),
                               "%.*s is added and in use. Next: put its snippet on your site.",
                               STR_ARG(form->name));
}

/* ---- settings ---- */

static struct str lines_of(struct ctx *ctx, struct sql_strs hosts)
{
    struct sb text;
    sb_init(&text, ctx->arena, (size_t)64 * 1024);
    for (size_t i = 0; i < hosts.n; i++) {
        sb_str(&text, hosts.v[i]);
        sb_char(&text, '\n');
    }
    return sb_view(&text);
}

/* What was typed, after a mistake; what is stored, otherwise. */
static bool chosen(const struct web *web, const char *name, bool stored)
{
    return form_is_right(&web->form) ? stored : !str_is_null(form_typed(&web->form, name));
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     const struct sql_dataset_get *row)
{
    const struct form *form = &web->form;
    struct dataset_view view = {
        .page = page_make(web, request, response, "Dataset", NAV_SETTINGS),
        .id = row->id,
        .wrong = form_message(form, ""),
        .name = form_value(form, "name", row->name),
        .name_wrong = form_message(form, "name"),
        .hosts = form_value(form, "hosts", lines_of(web->ctx, row->hosts)),
        .hosts_wrong = form_message(form, "hosts"),
        .mask_ip = chosen(web, "mask_ip", row->mask_ip),
        .honour_privacy_signals =
            chosen(web, "honour_privacy_signals", row->honour_privacy_signals),
        .cookieless = chosen(web, "cookieless", row->cookieless),
        .form_tracking = chosen(web, "form_tracking", row->form_tracking),
        .retention_days =
            form_value(form, "retention_days",
                       arena_print(web->ctx->arena, "%d", (int)row->retention_days)),
        .retention_days_wrong = form_message(form, "retention_days"),
    };
    view.page.title = row->name;
    web_form_status(web, response);
    tpl_dataset(&response->body, &view);
    return ERR_NONE;
}

static enum err get(struct web *web, struct sql_dataset_get *out_row)
{
    struct sql_dataset_get_in in = {.dataset = web->ids[0]};
    return web_need(web, sql_dataset_get(web->db, &in, out_row), NO_DATASET);
}

enum err handle_dataset(struct web *web, struct request *request, struct response *response)
{
    struct sql_dataset_get row;
    TRY(get(web, &row));
    return draw(web, request, response, &row);
}

/* Without scheme, path and port. */
static struct str bare_host(struct str line)
{
    static const struct str schemes[] = {STR_INIT("https://"), STR_INIT("http://")};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (str_starts(line, schemes[i])) {
            line = str_slice(line, schemes[i].n, line.n);
        }
    }
    line = str_slice(line, 0, str_find(line, '/'));
    return str_starts(line, STR("[")) ? line : str_slice(line, 0, str_find(line, ':'));
}

/* "https://Shop.Example.com/x" and "shop.example.com" are the host shop.example.com;
 * "*.example.com" stands for every host below. */
static bool host_of(struct ctx *ctx, struct str line, struct str *out_host)
{
    struct str host = bare_host(line);
    bool below = str_starts(host, STR("*."));
    if (!domain_host(ctx->arena, below ? str_slice(host, 2, host.n) : host, &host)) {
        return false;
    }
    *out_host = below ? arena_print(ctx->arena, "*.%.*s", STR_ARG(host)) : host;
    return true;
}

static void read_hosts(struct web *web, struct str lines, struct sql_strs *out_hosts)
{
    struct str *hosts = ARENA_ARRAY(web->ctx->arena, HOSTS_MAX, struct str);
    size_t n = 0;
    struct str line;
    while (str_next(&lines, '\n', &line)) {
        line = str_trim(line);
        if (line.n == 0) {
            continue;
        }
        if (n == HOSTS_MAX) {
            form_refuse(&web->form, "hosts", "At most %d hosts, please.", HOSTS_MAX);
            return;
        }
        if (!host_of(web->ctx, line, &hosts[n])) {
            form_refuse(&web->form, "hosts",
                        "“%.*s” is not a host name. It looks like www.example.com.",
                        STR_ARG(str_cut(line, 100)));
            return;
        }
        n++;
    }
    *out_hosts = (struct sql_strs){.v = hosts, .n = n};
}

enum err handle_dataset_save(struct web *web, struct request *request,
                             struct response *response)
{
    const struct dataset_form *form = web->form.values;
    struct sql_dataset_get row;
    TRY(get(web, &row));
    struct sql_dataset_update_in in = {.dataset = row.id,
                                       .name = form->name,
                                       .mask_ip = form->mask_ip,
                                       .honour_privacy_signals = form->honour_privacy_signals,
                                       .cookieless = form->cookieless,
                                       .form_tracking = form->form_tracking,
                                       .retention_days = (int32_t)form->retention_days};
    read_hosts(web, form->hosts, &in.hosts);
    if (!form_is_right(&web->form)) {
        return draw(web, request, response, &row);
    }
    TRY(sql_dataset_update(web->db, &in, NULL));
    TRY(audit(web, STR("dataset.changed"), form->name));
    return web_redirect_saying(web, request, response, STR("/settings/datasets"),
                               "The settings of %.*s are stored.", STR_ARG(form->name));
}

/* ---- switching ---- */

/* A page of one board or card means nothing in another dataset: back to its list. */
static struct str page_after_switch(struct web *web, struct str back)
{
    if (!response_is_local(back) || !router_has_page(web->ctx, back)) {
        return STR("/boards");
    }
    struct str path = str_slice(back, 0, str_find(back, '?'));
    size_t end = 0;
    while (end < path.n && !(path.p[end] >= '0' && path.p[end] <= '9')) {
        end++;
    }
    bool names_a_thing = end < path.n && !str_starts(path, STR("/settings/"));
    return names_a_thing ? STR("/boards") : back;
}

enum err handle_dataset_use(struct web *web, struct request *request, struct response *response)
{
    const struct use_form *form = web->form.values;
    (void)request;
    for (size_t i = 0; i < web->session.n_datasets; i++) {
        if (web->session.datasets[i].id == form->dataset) {
            TRY(session_use_dataset(web->ctx, web->db, &web->session, form->dataset));
            response_redirect(response, page_after_switch(web, form->back));
            return ERR_NONE;
        }
    }
    return web_not_found(web, NO_DATASET);
}
