/* Settings > Tags: what tags there are and how much they are used; add, rename, delete. */
#include "fcgi/handlers.h"

#include "fcgi/views/tags.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/tag.h"

#define TAG_MISSING "This tag is not there any more."

struct tag_name_values {
    struct str name;
};
static const struct form_field name_fields[] = {
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .max = TAG_NAME_MAX,
     .offset = offsetof(struct tag_name_values, name)},
};
const struct form_spec tag_name_spec = FORM_SPEC(name_fields, struct tag_name_values);

static enum err load_counts(struct web *web, int64_t tag, struct tag_row **out_tags,
                            size_t *out_n)
{
    struct sql_tag_counts_rows rows;
    TRY(sql_tag_counts(web->db,
                       &(struct sql_tag_counts_in){
                           .dataset = web->session.dataset, .tag = tag, .tag_null = tag == 0},
                       &rows));
    struct tag_row *tags = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct tag_row);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_tag_counts *row = &rows.row[i];
        tags[i] = (struct tag_row){.id = row->id,
                                   .name = row->name,
                                   .accounts = row->accounts,
                                   .leads = row->leads,
                                   .cards = row->cards};
    }
    *out_tags = tags;
    *out_n = rows.n;
    return ERR_NONE;
}

enum err handle_tag_list(struct web *web, struct request *request, struct response *response)
{
    struct tag_row *tags;
    struct tags_view view = {
        .page = page_make(web, request, response, "Tags", NAV_SETTINGS),
        .typed = form_typed(&web->form, "name"),
        .wrong = form_message(&web->form, "name"),
    };
    view.page.tab = SETTINGS_TAGS;
    TRY(load_counts(web, 0, &tags, &view.n_tags));
    view.tags = tags;
    view.left = view.n_tags < TAGS_MAX ? TAGS_MAX - (int64_t)view.n_tags : 0;
    web_form_status(web, response);
    tpl_tags(&response->body, &view);
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

/* What the module says against a name is shown at the field. */
static bool is_refused(struct web *web, enum err err)
{
    if (err != ERR_INVALID && err != ERR_LIMIT && err != ERR_CONFLICT) {
        return false;
    }
    form_refuse(&web->form, "name", "%.*s", STR_ARG(web->ctx->why));
    ctx_clear(web->ctx);
    return true;
}

enum err handle_tag_add(struct web *web, struct request *request, struct response *response)
{
    const struct tag_name_values *values = web->form.values;
    struct sql_tag_find known;
    int64_t tag;
    if (!form_is_right(&web->form)) {
        return handle_tag_list(web, request, response);
    }
    enum err err = sql_tag_find(
        web->db,
        &(struct sql_tag_find_in){.dataset = web->session.dataset, .name = values->name},
        &known);
    if (err == ERR_NONE) {
        form_refuse(&web->form, "name", "There is a tag of this name already.");
        return handle_tag_list(web, request, response);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    err = tag_find_or_add(web->db, web->session.dataset, values->name, &tag);
    if (is_refused(web, err)) {
        return handle_tag_list(web, request, response);
    }
    TRY(err);
    TRY(audit(web, "tag.added", values->name));
    return web_redirect_saying(web, request, response, STR("/settings/tags"),
                               "The tag %.*s is added.", STR_ARG(values->name));
}

/* Segments that others keep to themselves are counted, not named. */
static enum err load_segments(struct web *web, int64_t tag, struct tag_view *view)
{
    struct sql_tag_segments_rows rows;
    TRY(sql_tag_segments(
        web->db, &(struct sql_tag_segments_in){.dataset = web->session.dataset, .tag = tag},
        &rows));
    struct tag_segment *segments = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct tag_segment);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_tag_segments *row = &rows.row[i];
        if (row->shared || (!row->user_id_null && row->user_id == web->session.user)) {
            segments[view->n_segments++] =
                (struct tag_segment){.id = row->id, .name = row->name};
        } else {
            view->other_segments++;
        }
    }
    view->segments = segments;
    return ERR_NONE;
}

enum err handle_tag(struct web *web, struct request *request, struct response *response)
{
    struct tag_row *tags;
    size_t n;
    TRY(load_counts(web, web->ids[0], &tags, &n));
    if (n == 0) {
        return web_not_found(web, TAG_MISSING);
    }
    struct tag_view view = {
        .page = page_make(web, request, response, "Tag", NAV_SETTINGS),
        .tag = tags[0],
        .name = form_value(&web->form, "name", tags[0].name),
        .name_wrong = form_message(&web->form, "name"),
    };
    view.page.title = tags[0].name;
    TRY(load_segments(web, tags[0].id, &view));
    web_form_status(web, response);
    tpl_tag(&response->body, &view);
    return ERR_NONE;
}

enum err handle_tag_save(struct web *web, struct request *request, struct response *response)
{
    const struct tag_name_values *values = web->form.values;
    struct sql_tag_get tag;
    TRY(web_need(web,
                 sql_tag_get(web->db,
                             &(struct sql_tag_get_in){.dataset = web->session.dataset,
                                                      .tag = web->ids[0]},
                             &tag),
                 TAG_MISSING));
    if (!form_is_right(&web->form)) {
        return handle_tag(web, request, response);
    }
    enum err err = tag_rename(web->db, web->session.dataset, tag.id, values->name);
    if (is_refused(web, err)) {
        return handle_tag(web, request, response);
    }
    TRY(web_need(web, err, TAG_MISSING));
    TRY(audit(web, "tag.renamed",
              arena_print(web->ctx->arena, "%.*s to %.*s", STR_ARG(tag.name),
                          STR_ARG(values->name))));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/settings/tags"),
                               "%.*s is called %.*s now.", STR_ARG(tag.name),
                               STR_ARG(values->name));
}

enum err handle_tag_delete(struct web *web, struct request *request, struct response *response)
{
    struct sql_tag_get tag;
    TRY(web_need(web,
                 sql_tag_get(web->db,
                             &(struct sql_tag_get_in){.dataset = web->session.dataset,
                                                      .tag = web->ids[0]},
                             &tag),
                 TAG_MISSING));
    TRY(web_need(web, tag_delete(web->db, web->session.dataset, tag.id), TAG_MISSING));
    TRY(audit(web, "tag.deleted", tag.name));
    web->wake = true;
    return web_redirect_saying(web, request, response, STR("/settings/tags"),
                               "The tag %.*s is deleted.", STR_ARG(tag.name));
}
