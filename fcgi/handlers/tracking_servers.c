/* The keys that the customer's own programs show, and how they call. */
#include "fcgi/handlers/tracking.h"

#include "gen/templates.h"
#include "shared/crypt.h"

#define KEYS_MAX 20
#define SECRET_BYTES 16
#define ENDING 4

struct key_form {
    struct str name;
};
static const struct form_field key_fields[] = {
    {.name = "name",
     .label = "What the key is for",
     .kind = FORM_TEXT,
     .required = true,
     .max = 100,
     .offset = offsetof(struct key_form, name)},
};
const struct form_spec server_key_spec = FORM_SPEC(key_fields, struct key_form);

static enum err load_keys(struct web *web, struct tracking_servers_view *view)
{
    struct sql_server_key_list_rows rows;
    TRY(sql_server_key_list(
        web->db, &(struct sql_server_key_list_in){.dataset = web->session.dataset}, &rows));
    struct tracking_key *keys = ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct tracking_key);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_server_key_list *row = &rows.row[i];
        keys[i] =
            (struct tracking_key){.id = row->id,
                                  .name = row->name,
                                  .ending = row->ending,
                                  .user = row->user_name,
                                  .created_at = row->created_at,
                                  .revoked_at = row->revoked_at_null ? 0 : row->revoked_at};
    }
    view->keys = keys;
    view->n_keys = rows.n;
    return ERR_NONE;
}

/* fresh: the key that was just made, else "no value". */
static enum err draw(struct web *web, const struct request *request, struct response *response,
                     struct str fresh)
{
    struct sql_tracking_dataset row;
    TRY(tracking_load(web, &row));
    bool made = !str_is_null(fresh);
    struct tracking_servers_view view = {
        .page = page_make(web, request, response, "Servers", NAV_TRACKING),
        .base = tracking_base(web, request, &row, TRACKING_SERVERS),
        .name = made ? (struct str){.p = NULL} : form_typed(&web->form, "name"),
        .name_wrong = form_message(&web->form, "name"),
        .fresh = fresh,
        .fresh_name = made ? form_typed(&web->form, "name") : (struct str){.p = NULL},
    };
    if (view.base.may_manage) {
        TRY(load_keys(web, &view));
    }
    web_form_status(web, response);
    tpl_tracking_servers(&response->body, &view);
    return ERR_NONE;
}

enum err handle_tracking_servers(struct web *web, struct request *request,
                                 struct response *response)
{
    return draw(web, request, response, (struct str){.p = NULL});
}

/* "<public id>.<32 hexadecimal digits>"; its hash is stored. */
static enum err make_key(struct web *web, struct str name, struct str *out_key)
{
    char secret[SECRET_BYTES];
    uint8_t hash[CRYPT_HASH_BYTES];
    struct sql_tracking_dataset row;
    TRY(tracking_load(web, &row));
    crypt_random(secret, sizeof(secret));
    struct str hex = crypt_hex(web->ctx->arena, (struct str){secret, sizeof(secret)});
    struct str key =
        arena_print(web->ctx->arena, "%.*s.%.*s", STR_ARG(row.public_id), STR_ARG(hex));
    crypt_sha256(key, hash);
    struct sql_server_key_add_in in = {
        .dataset = row.id,
        .name = name,
        .hash = {(const char *)hash, sizeof(hash)},
        .ending = str_slice(key, key.n - ENDING, key.n),
        .user = web->session.user,
    };
    TRY(sql_server_key_add(web->db, &in, NULL));
    *out_key = key;
    return ERR_NONE;
}

enum err handle_server_key_add(struct web *web, struct request *request,
                               struct response *response)
{
    const struct key_form *form = web->form.values;
    struct sql_server_key_count keys;
    struct str key;
    TRY(sql_server_key_count(
        web->db, &(struct sql_server_key_count_in){.dataset = web->session.dataset}, &keys));
    if (keys.count >= KEYS_MAX) {
        form_refuse(&web->form, "name",
                    "There are %d keys in use. Revoke one that is not needed.", KEYS_MAX);
    }
    if (!form_is_right(&web->form)) {
        return draw(web, request, response, (struct str){.p = NULL});
    }
    TRY(make_key(web, form->name, &key));
    TRY(tracking_audit(web, "server_key.added", form->name));
    return draw(web, request, response, key);
}

enum err handle_server_key_revoke(struct web *web, struct request *request,
                                  struct response *response)
{
    struct sql_server_key_revoke gone;
    struct sql_server_key_revoke_in in = {
        .dataset = web->session.dataset, .key = web->ids[0], .user = web->session.user};
    TRY(web_need(web, sql_server_key_revoke(web->db, &in, &gone),
                 "This key does not exist, or is revoked already."));
    TRY(tracking_audit(web, "server_key.revoked", gone.name));
    return web_redirect_saying(web, request, response, STR("/tracking/servers"),
                               "The key %.*s is revoked. What is sent with it is refused now.",
                               STR_ARG(gone.name));
}
