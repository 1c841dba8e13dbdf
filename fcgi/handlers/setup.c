/* The first run: workspace, owner and dataset in one step. Only while there is no workspace;
 * the database sees to it that two at once make one. */
#include "fcgi/handlers.h"

#include "fcgi/hashing.h"
#include "fcgi/views/people.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/crypt.h"
#include "shared/password.h"

#define PUBLIC_ID_BYTES 10

struct setup_form {
    struct str workspace, name, email, password, dataset;
};

static const struct form_field fields[] = {
    {.name = "workspace",
     .label = "The name of your company",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct setup_form, workspace)},
    {.name = "name",
     .label = "Your name",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct setup_form, name)},
    {.name = "email",
     .label = "Your email address",
     .kind = FORM_EMAIL,
     .required = true,
     .offset = offsetof(struct setup_form, email)},
    {.name = "password",
     .label = "A password",
     .kind = FORM_PASSWORD,
     .required = true,
     .max = 1000,
     .offset = offsetof(struct setup_form, password)},
    {.name = "dataset",
     .label = "The name of your site",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct setup_form, dataset)},
};
const struct form_spec setup_spec = FORM_SPEC(fields, struct setup_form);

static enum err draw(struct web *web, const struct request *request, struct response *response)
{
    const struct form *form = &web->form;
    struct setup_view view = {
        .page = page_make(web, request, response, "Welcome", NAV_NONE),
        .wrong = form_message(form, ""),
        .workspace = form_typed(form, "workspace"),
        .workspace_wrong = form_message(form, "workspace"),
        .name = form_typed(form, "name"),
        .name_wrong = form_message(form, "name"),
        .email = form_typed(form, "email"),
        .email_wrong = form_message(form, "email"),
        .password_wrong = form_message(form, "password"),
        .dataset = form_typed(form, "dataset"),
        .dataset_wrong = form_message(form, "dataset"),
        .impossible = !session_is_possible(request),
    };
    web_form_status(web, response);
    tpl_setup(&response->body, &view);
    return ERR_NONE;
}

static enum err already(struct response *response)
{
    return web_redirect(response, "/login");
}

enum err handle_setup(struct web *web, struct request *request, struct response *response)
{
    struct sql_workspace_any any;
    TRY(sql_workspace_any(web->db, &any));
    return any.found ? already(response) : draw(web, request, response);
}

static enum err create(struct web *web, struct request *request, struct response *response,
                       struct str hash)
{
    const struct setup_form *form = web->form.values;
    struct sql_workspace_create_in in = {
        .name = form->workspace,
        .user_name = form->name,
        .email = form->email,
        .password_hash = hash,
        .dataset_name = form->dataset,
        .public_id = crypt_token(web->ctx->arena, PUBLIC_ID_BYTES),
        .only_first = true,
    };
    struct sql_workspace_create made;
    TRY(db_begin(web->db, NULL));
    enum err err = sql_workspace_create(web->db, &in, &made);
    if (err == ERR_NOT_FOUND) {
        db_rollback(web->db);
        return web_redirect_saying(web, request, response, STR("/login"),
                                   "LeadBoard was set up by somebody else a moment ago. Please "
                                   "sign in.");
    }
    TRY(err);
    TRY(session_start(web->ctx, web->db, request, response, made.user_id, made.workspace_id,
                      made.dataset_id));
    TRY(db_commit(web->db));
    return web_redirect_saying(web, request, response, STR("/boards"),
                               "Welcome to LeadBoard, %.*s.", STR_ARG(form->name));
}

enum err handle_setup_post(struct web *web, struct request *request, struct response *response)
{
    const struct setup_form *form = web->form.values;
    struct sql_workspace_any any;
    TRY(sql_workspace_any(web->db, &any));
    if (any.found) {
        return already(response);
    }
    if (!session_is_possible(request)) {
        return web_denied(web, "LeadBoard is set up over HTTPS, or on localhost, only.");
    }
    struct str objection = password_objection(form->password, form->email);
    if (form->password.n != 0 && !str_is_null(objection)) {
        form_refuse(&web->form, "password", "%.*s", STR_ARG(objection));
    }
    if (!form_is_right(&web->form)) {
        return draw(web, request, response);
    }
    struct str hash;
    TRY(hashing_make(web->ctx, web->app->hash_slots_fd, form->password, &hash));
    return create(web, request, response, hash);
}
