/* What is there already: how other trackers are pointed here, and the ids that they go on
 * sending. */
#include "fcgi/handlers/tracking.h"

#include "gen/templates.h"

#define ALIASES_MAX 20

struct alias_form {
    struct str alias;
};
static const struct form_field alias_fields[] = {
    {.name = "alias",
     .label = "The id",
     .kind = FORM_TEXT,
     .required = true,
     .max = 64,
     .offset = offsetof(struct alias_form, alias)},
};
const struct form_spec dataset_alias_spec = FORM_SPEC(alias_fields, struct alias_form);

static enum err load_aliases(struct web *web, struct tracking_others_view *view)
{
    struct sql_dataset_alias_list_rows rows;
    TRY(sql_dataset_alias_list(
        web->db, &(struct sql_dataset_alias_list_in){.dataset = web->session.dataset}, &rows));
    struct tracking_alias *aliases =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct tracking_alias);
    for (size_t i = 0; i < rows.n; i++) {
        aliases[i] = (struct tracking_alias){rows.row[i].alias, rows.row[i].created_at};
    }
    view->aliases = aliases;
    view->n_aliases = rows.n;
    return ERR_NONE;
}

enum err handle_tracking_others(struct web *web, struct request *request,
                                struct response *response)
{
    struct sql_tracking_dataset row;
    TRY(tracking_load(web, &row));
    struct tracking_others_view view = {
        .page = page_make(web, request, response, "Other trackers", NAV_TRACKING),
        .base = tracking_base(web, request, &row, TRACKING_OTHERS),
        .alias = form_typed(&web->form, "alias"),
        .alias_wrong = form_message(&web->form, "alias"),
    };
    TRY(load_aliases(web, &view));
    web_form_status(web, response);
    tpl_tracking_others(&response->body, &view);
    return ERR_NONE;
}

static bool is_id(struct str alias)
{
    for (size_t i = 0; i < alias.n; i++) {
        char c = alias.p[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        if (!fine) {
            return false;
        }
    }
    return alias.n > 0;
}

static enum err check(struct web *web, struct str alias)
{
    struct sql_dataset_alias_list_rows rows;
    TRY(sql_dataset_alias_list(
        web->db, &(struct sql_dataset_alias_list_in){.dataset = web->session.dataset}, &rows));
    if (!is_id(alias)) {
        form_refuse(&web->form, "alias", "An id has letters, digits, - and _ only.");
    } else if (rows.n >= ALIASES_MAX) {
        form_refuse(&web->form, "alias", "A dataset can have %d such ids.", ALIASES_MAX);
    }
    for (size_t i = 0; i < rows.n; i++) {
        if (str_eq(rows.row[i].alias, alias)) {
            form_refuse(&web->form, "alias", "This dataset has this id already.");
        }
    }
    return ERR_NONE;
}

enum err handle_dataset_alias_add(struct web *web, struct request *request,
                                  struct response *response)
{
    const struct alias_form *form = web->form.values;
    if (form_is_right(&web->form)) {
        TRY(check(web, form->alias));
    }
    if (!form_is_right(&web->form)) {
        return handle_tracking_others(web, request, response);
    }
    struct sql_dataset_alias_add in_use;
    struct sql_dataset_alias_add_in in = {.dataset = web->session.dataset,
                                          .alias = form->alias};
    enum err err = sql_dataset_alias_add(web->db, &in, &in_use);
    if (err == ERR_NOT_FOUND) {
        form_refuse(&web->form, "alias", "Another dataset of this LeadBoard has this id.");
        return handle_tracking_others(web, request, response);
    }
    TRY(err);
    TRY(tracking_audit(web, "dataset.alias_added", form->alias));
    return web_redirect_saying(web, request, response, STR("/tracking/others"),
                               "What is sent with the id %.*s counts for this dataset now.",
                               STR_ARG(form->alias));
}

enum err handle_dataset_alias_delete(struct web *web, struct request *request,
                                     struct response *response)
{
    const struct alias_form *form = web->form.values;
    struct sql_dataset_alias_delete gone;
    struct sql_dataset_alias_delete_in in = {.dataset = web->session.dataset,
                                             .alias = form->alias};
    if (!form_is_right(&web->form)) {
        return handle_tracking_others(web, request, response);
    }
    TRY(web_need(web, sql_dataset_alias_delete(web->db, &in, &gone),
                 "This dataset does not have this id any more."));
    TRY(tracking_audit(web, "dataset.alias_deleted", gone.alias));
    return web_redirect_saying(web, request, response, STR("/tracking/others"),
                               "What is sent with the id %.*s is refused now.",
                               STR_ARG(gone.alias));
}
