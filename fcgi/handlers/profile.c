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

/* What owners of cards are told by mail. */
struct notices_form {
    bool assigned, stage, removed;
};
static const struct form_field notices_fields[] = {
    {.name = "assigned",
     .label = "A card is given to you",
     .kind = FORM_BOOL,
     .offset = offsetof(struct notices_form, assigned)},
    {.name = "stage",
     .label = "A card of yours is moved",
     .kind = FORM_BOOL,
     .offset = offsetof(struct notices_form, stage)},
    {.name = "removed",
     .label = "A card of yours is removed",
     .kind = FORM_BOOL,
     .offset = offsetof(struct notices_form, removed)},
};
const struct form_spec profile_notices_spec = FORM_SPEC(notices_fields, struct notices_form);

static bool is_off(const struct sql_user_notify_off *row, const char *kind)
{
    for (size_t i = 0; i < row->off.n; i++) {
        if (str_eq(row->off.v[i], str_from(kind))) {
            return true;
        }
    }
    return false;
}

static enum err load_notices(struct web *web, struct profile_view *view)
{
    struct sql_user_notify_off row;
    TRY(sql_user_notify_off(web->db,
                            &(struct sql_user_notify_off_in){.user = web->session.user}, &row));
    view->tell_assigned = !is_off(&row, "assigned");
    view->tell_stage = !is_off(&row, "stage");
    view->tell_removed = !is_off(&row, "removed");
    return ERR_NONE;
}

enum err handle_profile_notices(struct web *web, struct request *request,
                                struct response *response)
{
    const struct notices_form *form = web->form.values;
    struct str off[3];
    size_t n = 0;
    if (!form->assigned) {
        off[n++] = STR("assigned");
    }
    if (!form->stage) {
        off[n++] = STR("stage");
    }
    if (!form->removed) {
        off[n++] = STR("removed");
    }
    const struct sql_user_notify_save_in in = {.user = web->session.user, .off = {off, n}};
    TRY(sql_user_notify_save(web->db, &in, NULL));
    return web_redirect_saying(web, request, response, STR("/settings/profile"),
                               "What you are told by mail is saved.");
}

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
    bool began = db_in_transaction(web->db); /* changing the password has its own */
    if (!began) {
        struct db_scope scope = web_scope(web);
        TRY(db_begin(web->db, &scope));
    }
    TRY(load_notices(web, &view));
    if (!began) {
        TRY(db_commit(web->db));
    }
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
