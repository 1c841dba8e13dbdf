/* Signing in and out. Wrong passwords close an account for a while, ever longer (login_failed).
 */
#include "fcgi/handlers.h"

#include "fcgi/hashing.h"
#include "fcgi/views/people.h"
#include "gen/sql.h"
#include "gen/templates.h"
#include "shared/crypt.h"

struct login_form {
    struct str email, password;
};

static const struct form_field fields[] = {
    {.name = "email",
     .label = "Email",
     .kind = FORM_TEXT,
     .required = true,
     .max = 254,
     .offset = offsetof(struct login_form, email)},
    {.name = "password",
     .label = "Password",
     .kind = FORM_PASSWORD,
     .required = true,
     .offset = offsetof(struct login_form, password)},
};
const struct form_spec login_spec = FORM_SPEC(fields, struct login_form);

/* Where to go after signing in: a page of this program, nothing else. */
static struct str next_page(struct web *web, struct str next)
{
    bool fine = response_is_local(next) && router_has_page(web->ctx, next) &&
                !str_starts(next, STR("/login"));
    return fine ? next : STR("/boards");
}

static enum err draw(struct web *web, const struct request *request, struct response *response)
{
    const struct form *form = &web->form;
    struct str asked =
        request->method == METHOD_POST ? form_typed(form, "next") : web_query(web, "next");
    struct login_view view = {
        .page = page_make(web, request, response, "Sign in", NAV_NONE),
        .wrong = form_message(form, ""),
        .email = form_typed(form, "email"),
        .email_wrong = form_message(form, "email"),
        .password_wrong = form_message(form, "password"),
        .next = next_page(web, asked),
        .impossible = !session_is_possible(request),
    };
    web_form_status(web, response);
    tpl_login(&response->body, &view);
    return ERR_NONE;
}

enum err handle_login(struct web *web, struct request *request, struct response *response)
{
    if (web->session.signed_in) {
        struct str next = next_page(web, web_query(web, "next"));
        response_redirect(response, next);
        return ERR_NONE;
    }
    struct sql_workspace_any any;
    TRY(sql_workspace_any(web->db, &any));
    return any.found ? draw(web, request, response) : web_redirect(response, "/setup");
}

static enum err refuse_locked(struct web *web, struct request *request,
                              struct response *response, int64_t seconds)
{
    form_refuse(&web->form, "",
                "There were too many wrong passwords. Please try again in %lld seconds.",
                (long long)seconds);
    TRY(draw(web, request, response));
    response->status = 429;
    response_header(response, "Retry-After",
                    arena_print(web->ctx->arena, "%lld", (long long)seconds));
    return ERR_NONE;
}

static enum err refuse_wrong(struct web *web, struct request *request,
                             struct response *response, const struct sql_login_find *login)
{
    if (login != NULL) {
        struct db_scope scope = {.workspace = login->workspace_id};
        TRY(db_begin(web->db, &scope));
        TRY(sql_login_failed(web->db, &(struct sql_login_failed_in){.user = login->user_id},
                             NULL));
        TRY(db_commit(web->db));
    }
    form_refuse(&web->form, "", "The email address or the password is not right.");
    return draw(web, request, response);
}

/* With the stored hash brought up to date when its parameters are yesterday's. */
static enum err let_in(struct web *web, struct request *request, struct response *response,
                       const struct sql_login_find *login)
{
    const struct login_form *form = web->form.values;
    struct str hash = {0};
    if (crypt_password_is_outdated(web->ctx->arena, login->password_hash)) {
        TRY(hashing_make(web->ctx, web->app->hash_slots_fd, form->password, &hash));
    }
    struct db_scope scope = {.workspace = login->workspace_id};
    int64_t user = login->user_id;
    TRY(db_begin(web->db, &scope));
    if (!str_is_null(hash)) {
        struct sql_user_set_password_in set = {.user = user, .password_hash = hash};
        TRY(sql_user_set_password(web->db, &set, NULL));
    }
    TRY(sql_login_succeeded(web->db, &(struct sql_login_succeeded_in){.user = user}, NULL));
    TRY(sql_session_expire(web->db, &(struct sql_session_expire_in){.user = user}, NULL));
    TRY(session_start(web->ctx, web->db, request, response, user, login->workspace_id,
                      login->dataset_id_null ? 0 : login->dataset_id));
    TRY(db_commit(web->db));
    response_redirect(response, next_page(web, form_typed(&web->form, "next")));
    return ERR_NONE;
}

enum err handle_login_post(struct web *web, struct request *request, struct response *response)
{
    const struct login_form *form = web->form.values;
    if (!form_is_right(&web->form)) {
        return draw(web, request, response);
    }
    if (!session_is_possible(request)) {
        return web_denied(web, "LeadBoard signs people in over HTTPS, or on localhost, only.");
    }
    struct sql_login_find login = {0};
    enum err err =
        sql_login_find(web->db, &(struct sql_login_find_in){.email = form->email}, &login);
    bool known = err == ERR_NONE;
    if (!known && err != ERR_NOT_FOUND) {
        return err;
    }
    if (known && login.locked_s > 0) {
        return refuse_locked(web, request, response, login.locked_s);
    }
    bool right = false;
    TRY(hashing_check(web->ctx, web->app->hash_slots_fd, login.password_hash, form->password,
                      &right));
    return right ? let_in(web, request, response, &login)
                 : refuse_wrong(web, request, response, known ? &login : NULL);
}

enum err handle_logout(struct web *web, struct request *request, struct response *response)
{
    TRY(session_end(web->ctx, web->db, request, response));
    return web_redirect_saying(web, request, response, STR("/login"), "You are signed out.");
}
