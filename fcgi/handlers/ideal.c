/* Settings > Ideal customer: who is one, told by conditions on the company; how many match
 * while it is filled in. The form works without script: its buttons add and remove conditions,
 * and count, by sending it. */
#include "fcgi/handlers/score.h"
#include "fcgi/ideal_form.h"
#include "fcgi/views/ideal.h"
#include "gen/templates.h"
#include "shared/tag.h"

#define VERSIONS_SHOWN 20
#define COMPANIES_SHOWN 5

struct fields {
    struct str pressed, match, least, tag;
    int64_t version;
    struct ideal_form_lists lists;
};
#define LIST(field, title)                                                                     \
    {                                                                                          \
        .name = "condition_" #field, .label = (title), .kind = FORM_TEXTS,                     \
        .max = IDEAL_CONDITIONS_MAX, .each = 2000,                                             \
        .offset = offsetof(struct fields, lists.field)                                         \
    }
static const struct form_field fields[] = {
    {.name = "do",
     .label = "Button",
     .kind = FORM_TEXT,
     .max = 40,
     .offset = offsetof(struct fields, pressed)},
    {.name = "version",
     .label = "Version",
     .kind = FORM_INT,
     .max = INT32_MAX,
     .offset = offsetof(struct fields, version)},
    {.name = "match",
     .label = "How many must hold",
     .kind = FORM_TEXT,
     .max = 10,
     .offset = offsetof(struct fields, match)},
    {.name = "least",
     .label = "How many must hold",
     .kind = FORM_TEXT,
     .max = 10,
     .offset = offsetof(struct fields, least)},
    {.name = "tag",
     .label = "Tag",
     .kind = FORM_TEXT,
     .max = TAG_NAME_MAX,
     .offset = offsetof(struct fields, tag)},
    LIST(field, "What"),
    LIST(property, "Property"),
    LIST(op, "Comparison"),
    LIST(value, "Value"),
};
const struct form_spec ideal_spec = FORM_SPEC(fields, struct fields);

/* ---- the form ---- */

static void offer_fields(struct ctx *ctx, const struct ideal_form_row *row,
                         struct ideal_condition_view *view)
{
    size_t n = 0;
    while (filter_field(n) != NULL) {
        n++;
    }
    struct score_choice *list = ARENA_ARRAY(ctx->arena, n, struct score_choice);
    for (size_t i = 0; i < n; i++) {
        if (ideal_may_ask(i)) {
            struct str name = str_from(filter_field(i)->name);
            list[view->n_fields++] =
                (struct score_choice){.value = name,
                                      .label = str_from(filter_field(i)->label),
                                      .chosen = str_eq(name, row->field)};
        }
    }
    view->fields = list;
}

/* All that details of companies can be asked by; which one fits is told when it is sent. */
static void offer_ops(struct ctx *ctx, const struct ideal_form_row *row,
                      struct ideal_condition_view *view)
{
    struct score_choice *list = ARENA_ARRAY(ctx->arena, FILTER_OP__COUNT, struct score_choice);
    for (size_t i = 0; i < FILTER_OP__COUNT; i++) {
        enum filter_op op = (enum filter_op)i;
        struct str name = str_from(filter_op_name(op));
        if (op != FILTER_BEFORE && op != FILTER_AFTER) {
            list[view->n_ops++] =
                (struct score_choice){.value = name,
                                      .label = filter_op_label(ctx, op, filter_field(0)),
                                      .chosen = str_eq(name, row->op)};
        }
    }
    view->ops = list;
}

static void fill_form(struct ctx *ctx, const struct ideal_form *form, struct ideal_view *view)
{
    struct ideal_condition_view *list =
        ARENA_ARRAY(ctx->arena, form->n, struct ideal_condition_view);
    for (size_t i = 0; i < form->n; i++) {
        list[i] = (struct ideal_condition_view){.index = i,
                                                .number = i + 1,
                                                .property = form->rows[i].property,
                                                .value = form->rows[i].value,
                                                .wrong = form->rows[i].wrong};
        offer_fields(ctx, &form->rows[i], &list[i]);
        offer_ops(ctx, &form->rows[i], &list[i]);
    }
    view->conditions = list;
    view->n_conditions = form->n;
    view->full = form->n == IDEAL_CONDITIONS_MAX;
    view->any = str_eq(form->match, STR("any"));
    view->at_least = str_eq(form->match, STR("least"));
    view->all = !view->any && !view->at_least;
    view->least = form->least;
}

static enum err fill_names(struct web *web, struct ideal_view *view)
{
    struct sql_ideal_properties_rows properties;
    struct sql_tag_list_rows tags;
    int64_t dataset = web->session.dataset;
    TRY(sql_ideal_properties(web->db, &(struct sql_ideal_properties_in){.dataset = dataset},
                             &properties));
    TRY(sql_tag_list(web->db, &(struct sql_tag_list_in){.dataset = dataset}, &tags));
    struct str *names = ARENA_ARRAY(web->ctx->arena, properties.n + tags.n, struct str);
    for (size_t i = 0; i < properties.n; i++) {
        names[i] = properties.row[i].name;
    }
    for (size_t i = 0; i < tags.n; i++) {
        names[properties.n + i] = tags.row[i].name;
    }
    view->properties = names;
    view->n_properties = properties.n;
    view->tags = names + properties.n;
    view->n_tags = tags.n;
    return ERR_NONE;
}

/* ---- how many match ---- */

static enum err load_some(struct web *web, const struct filter_query *query,
                          struct ideal_matches_view *view)
{
    struct sql_i64s ids;
    struct sql_ideal_names_rows rows;
    TRY(filter_page(web->ctx, web->db, query, 0, COMPANIES_SHOWN, &ids));
    TRY(sql_ideal_names(
        web->db, &(struct sql_ideal_names_in){.dataset = web->session.dataset, .accounts = ids},
        &rows));
    struct ideal_company_view *some =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct ideal_company_view);
    for (size_t i = 0; i < rows.n; i++) {
        some[i] = (struct ideal_company_view){
            .id = rows.row[i].id, .name = rows.row[i].name, .more = i + 1 < rows.n};
    }
    view->some = some;
    view->n_some = rows.n;
    return ERR_NONE;
}

static enum err count_matches(struct web *web, struct ideal_form *form,
                              struct ideal_matches_view *view)
{
    struct filter filter;
    const struct filter_query all = {.dataset = web->session.dataset},
                              query = {.dataset = web->session.dataset, .filter = &filter};
    TRY(filter_count(web->ctx, web->db, &all, &view->companies));
    if (!ideal_form_filter(web->ctx, form, &filter)) {
        view->wrong = form_is_right(&web->form) ? form->wrong : STR("Not counted yet.");
        return ERR_NONE;
    }
    view->counted = true;
    TRY(filter_count(web->ctx, web->db, &query, &view->n));
    return load_some(web, &query, view);
}

/* ---- what is in force ---- */

static struct str sentence_of(struct ctx *ctx, struct str json)
{
    struct filter filter;
    if (filter_parse(ctx, json, &filter) != ERR_NONE) {
        ctx_clear(ctx);
        return STR("These conditions cannot be read.");
    }
    return filter_sentence(ctx, &filter, NULL);
}

static enum err load_versions(struct web *web, struct ideal_view *view)
{
    struct sql_ideal_versions_rows rows;
    TRY(sql_ideal_versions(web->db,
                           &(struct sql_ideal_versions_in){.dataset = web->session.dataset,
                                                           .most = VERSIONS_SHOWN},
                           &rows));
    struct ideal_version_view *versions =
        ARENA_ARRAY(web->ctx->arena, rows.n, struct ideal_version_view);
    for (size_t i = 0; i < rows.n; i++) {
        versions[i] =
            (struct ideal_version_view){.version = rows.row[i].version,
                                        .at = rows.row[i].created_at,
                                        .sentence = sentence_of(web->ctx, rows.row[i].filter),
                                        .tag = rows.row[i].tag_name,
                                        .user = rows.row[i].user,
                                        .current = i == 0};
    }
    view->versions = versions;
    view->n_versions = rows.n;
    if (rows.n > 0) {
        view->now = versions[0];
    }
    return ERR_NONE;
}

static enum err load_counts(struct web *web, const struct ideal_profile *profile,
                            struct ideal_view *view)
{
    struct sql_ideal_counts row;
    struct progress progress;
    TRY(sql_ideal_counts(web->db,
                         &(struct sql_ideal_counts_in){.dataset = web->session.dataset,
                                                       .tag = profile->tag,
                                                       .tag_null = profile->tag == 0},
                         &row));
    view->tagged = row.tagged;
    view->by_ideal = row.by_ideal;
    view->declined = row.declined;
    return score_progress_load(web, profile->progress, &progress, &view->progress);
}

static enum err draw(struct web *web, const struct request *request, struct response *response,
                     const struct ideal_profile *profile, struct ideal_form *form,
                     struct str tag)
{
    struct ideal_view view = {
        .page = page_make(web, request, response, "Ideal customer", NAV_SETTINGS),
        .wrong = form_list_message(&web->form),
        .tag = form_value(&web->form, "tag", tag),
        .tag_wrong = form_message(&web->form, "tag")};
    view.page.tab = SETTINGS_IDEAL;
    view.csrf = view.page.csrf;
    TRY(load_versions(web, &view));
    TRY(load_counts(web, profile, &view));
    if (view.page.may_manage) {
        TRY(count_matches(web, form, &view.matches));
        fill_form(web->ctx, form, &view);
        TRY(fill_names(web, &view));
    }
    bool sent = request->method == METHOD_POST;
    view.page.refresh_s = view.progress.running && !sent ? SCORE_REFRESH_S : 0;
    web_form_status(web, response);
    tpl_ideal(&response->body, &view);
    return ERR_NONE;
}

/* ---- the page ---- */

enum err handle_ideal(struct web *web, struct request *request, struct response *response)
{
    struct ideal_profile profile;
    struct ideal_form form;
    TRY(ideal_get(web->ctx, web->db, web->session.dataset, &profile));
    if (profile.version == 0) {
        ideal_form_begin(&form);
    } else {
        ideal_form_from_filter(web->ctx, &profile.filter, &form);
    }
    return draw(web, request, response, &profile, &form,
                profile.tag == 0 ? STR("Ideal customer") : profile.tag_name);
}

/* ---- sending the form ---- */

/* "add", "remove:3", "count"; anything else means to save. */
static bool press(struct str pressed, struct ideal_form *form)
{
    int64_t row = -1;
    if (str_eq(pressed, STR("add"))) {
        ideal_form_add(form);
    } else if (str_starts(pressed, STR("remove:"))) {
        (void)str_to_i64(str_slice(pressed, 7, pressed.n), &row);
        ideal_form_remove(form, (size_t)row);
    } else {
        return str_eq(pressed, STR("count"));
    }
    return true;
}

/* *out_version 0: something is wrong with the form. */
static enum err save(struct web *web, struct ideal_form *form, int32_t *out_version)
{
    const struct fields *typed = web->form.values;
    struct filter filter;
    *out_version = 0;
    if (str_is_empty(typed->tag) && form_is_right(&web->form)) {
        form_refuse(&web->form, "tag", "Tag is needed.");
    }
    if (!ideal_form_filter(web->ctx, form, &filter)) {
        form_refuse(&web->form, "", "%.*s", STR_ARG(form->wrong));
    }
    if (!form_is_right(&web->form)) {
        return ERR_NONE;
    }
    const struct ideal_save save = {.dataset = web->session.dataset,
                                    .user = web->session.user,
                                    .base = (int32_t)typed->version,
                                    .filter = &filter,
                                    .tag = typed->tag};
    enum err err = ideal_save(web->db, &save, out_version);
    bool outdated = err == ERR_CONFLICT && str_is_empty(web->ctx->detail);
    if (outdated || err == ERR_INVALID || err == ERR_LIMIT) {
        form_refuse(&web->form, outdated ? "" : "tag", "%.*s", STR_ARG(web->ctx->why));
        ctx_clear(web->ctx);
        *out_version = 0;
        return ERR_NONE;
    }
    web->wake = true;
    return err;
}

static enum err audit(struct web *web, const char *action, int32_t version)
{
    return sql_audit_add(
        web->db,
        &(struct sql_audit_add_in){
            .workspace = web->session.workspace,
            .user = web->session.user,
            .action = str_from(action),
            .subject = arena_print(web->ctx->arena, "version %d", (int)version)},
        NULL);
}

enum err handle_ideal_post(struct web *web, struct request *request, struct response *response)
{
    const struct fields *typed = web->form.values;
    struct ideal_profile profile;
    struct ideal_form form;
    int32_t version = 0;
    ideal_form_read(&typed->lists, typed->match, typed->least, &form);
    bool pressed = press(typed->pressed, &form);
    if (!pressed) {
        TRY(save(web, &form, &version));
    }
    if (version == 0) {
        TRY(ideal_get(web->ctx, web->db, web->session.dataset, &profile));
        return draw(web, request, response, &profile, &form, typed->tag);
    }
    TRY(audit(web, "ideal.saved", version));
    return web_redirect_saying(web, request, response, STR("/settings/ideal"),
                               "The profile is saved. Companies that match get the tag.");
}

enum err handle_ideal_off(struct web *web, struct request *request, struct response *response)
{
    struct ideal_profile profile;
    int32_t version = 0;
    TRY(ideal_get(web->ctx, web->db, web->session.dataset, &profile));
    if (profile.tag != 0) {
        TRY(ideal_save(web->db,
                       &(struct ideal_save){.dataset = web->session.dataset,
                                            .user = web->session.user,
                                            .base = profile.version,
                                            .filter = &profile.filter},
                       &version));
        TRY(audit(web, "ideal.off", version));
        web->wake = true;
    }
    return web_redirect_saying(
        web, request, response, STR("/settings/ideal"),
        "The profile is off. Its tag goes from the companies that it had put it on.");
}
