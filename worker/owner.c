#include "worker/owner.h"

#include "gen/sql.h"
#include "shared/crypt.h"
#include "shared/password.h"

#define PUBLIC_ID_BYTES 10

static enum err check(struct ctx *ctx, const struct config *config)
{
    size_t at = str_find(config->owner_email, '@');
    if (at == 0 || at + 1 >= config->owner_email.n || !str_is_utf8(config->owner_email)) {
        return ctx_fail(ctx, ERR_INVALID, "LEADBOARD_OWNER_EMAIL is not an email address.");
    }
    struct str objection = password_objection(config->owner_password, config->owner_email);
    if (!str_is_null(objection)) {
        return ctx_fail(ctx, ERR_INVALID, "LEADBOARD_OWNER_PASSWORD: %.*s", STR_ARG(objection));
    }
    return ERR_NONE;
}

enum err owner_create(struct ctx *ctx, struct db *db, const struct config *config)
{
    if (config->owner_email.n == 0) {
        return ERR_NONE;
    }
    struct sql_workspace_any any;
    TRY(sql_workspace_any(db, &any));
    if (any.found) {
        return ERR_NONE;
    }
    TRY(check(ctx, config));
    struct str email = config->owner_email;
    struct sql_workspace_create_in in = {
        .name = STR("My workspace"),
        .user_name = str_slice(email, 0, str_find(email, '@')),
        .email = email,
        .dataset_name = STR("My site"),
        .public_id = crypt_token(ctx->arena, PUBLIC_ID_BYTES),
        .only_first = true,
    };
    TRY(crypt_password_hash(ctx, config->owner_password, &in.password_hash));
    struct sql_workspace_create made;
    enum err err = sql_workspace_create(db, &in, &made);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE; /* another one was faster */
    }
    TRY(err);
    log_event(LOG_INFO, ctx, "owner.created", LOG_I64("workspace", made.workspace_id),
              LOG_I64("user", made.user_id), LOG_I64("dataset", made.dataset_id));
    return ERR_NONE;
}
