/* What a person may change about themselves. */
#include "fcgi/handlers.h"

#include "fcgi/hashing.h"
#include "fcgi/views/people.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/password.h"

struct name_form {
    struct str name;
};
static const struct form_field name_fields[] = {
    {.name = "name",
     .label = "Your name",
     .kind = FORM_TEXT,
     .required = true,
     .offset = offsetof(struct name_form, name)},
};
const struct form_spec profile_name_spec = FORM_SPEC(name_fields, struct name_form);

struct password_form {
    struct str old, new;
};
static const struct form_field password_fields[] = {
    {.name = "old_password",
     .label = "The password you use now",
     .kind = FORM_PASSWORD,
     .required = true,
     .max = 1000,
     .offset = offsetof(struct password_form, old)},
    {.name = "new_password",
     .label = "The new password",
     .kind = FORM_PASSWORD,
     .required = true,
     .max = 1000,
     .offset = offsetof(struct password_form, new)},
};
const struct form_spec profile_password_spec = FORM_SPEC(password_fields, struct password_form);

static enum err draw(struct web *web, const struct request *request, struct response *response)
{
    const struct form *form = &web->form;
    struct profile_view view = {
        .page = page_make(web, request, response, "Your profile", NAV_PROFILE),
        .email = web->session.user_email,
        .name = form_value(form, "name", web->session.user_name),
        .name_wrong = form_message(form, "name"),
        .old_wrong = form_message(form, "old_password"),
        .new_wrong = form_message(form, "new_password"),
    };
    web_form_status(web, response);
    tpl_profile(&response->body, &view);
    return ERR_NONE;
}

enum err handle_profile(struct web *web, struct request *request, struct response *response)
{
    return draw(web, request, response);
}

enum err handle_profile_name(struct web *web, struct request *request,
                             struct response *response)
{
    const struct name_form *form = web->form.values;
    if (!form_is_right(&web->form)) {
        return draw(web, request, response);
    }
    struct sql_user_set_name_in set = {.user = web->session.user, .name = form->name};
    TRY(sql_user_set_name(web->db, &set, NULL));
    return web_redirect_saying(web, request, response, STR("/settings/profile"),
                               "Your name is changed.");
}

static enum err is_old_right(struct web *web, struct str password, bool *out_right)
{
    struct db_scope scope = {.workspace = web->session.workspace, .read_only = true};
    struct sql_user_password row;
    TRY(db_begin(web->db, &scope));
    TRY(sql_user_password(web->db, &(struct sql_user_password_in){.user = web->session.user},
                          &row));
    TRY(db_commit(web->db));
    return hashing_check(web->ctx, web->app->hash_slots_fd, row.password_hash, password,
                         out_right);
}

/* A new password ends every session but a new one for this browser. */
static enum err change(struct web *web, struct request *request, struct response *response,
                       struct str hash)
{
    const struct session *session = &web->session;
    struct db_scope scope = web_scope(web);
    struct sql_user_set_password_in set = {.user = session->user, .password_hash = hash};
    struct sql_audit_add_in audit = {.workspace = session->workspace,
                                     .user = session->user,
                                     .action = STR("password.changed")};
    TRY(db_begin(web->db, &scope));
    TRY(sql_user_set_password(web->db, &set, NULL));
    TRY(session_end_others(web->ctx, web->db, session));
    TRY(session_start(web->ctx, web->db, request, response, session->user, session->workspace,
                      session->dataset));
    TRY(sql_audit_add(web->db, &audit, NULL));
    TRY(db_commit(web->db));
    return web_redirect_saying(web, request, response, STR("/settings/profile"),
                               "Your password is changed. Everywhere else you are signed out.");
}

enum err handle_profile_password(struct web *web, struct request *request,
                                 struct response *response)
{
    const struct password_form *form = web->form.values;
    if (form->new.n != 0) {
        struct str objection = password_objection(form->new, web->session.user_email);
        if (!str_is_null(objection)) {
            form_refuse(&web->form, "new_password", "%.*s", STR_ARG(objection));
        }
    }
    if (!form_is_right(&web->form)) {
        return draw(web, request, response);
    }
    bool right = false;
    TRY(is_old_right(web, form->old, &right));
    if (!right) {
        form_refuse(&web->form, "old_password", "This is not your present password.");
        return draw(web, request, response);
    }
    struct str hash;
    TRY(hashing_make(web->ctx, web->app->hash_slots_fd, form->new, &hash));
    return change(web, request, response, hash);
}
