#include "fcgi/session.h"

#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define TOKEN_BYTES 32
#define TOKEN_LENGTH 52 /* of crypt_token(TOKEN_BYTES) */
#define COOKIE_AGE_S (INT64_C(14) * 24 * 60 * 60)
#define FLASH_AGE_S 60
#define FLASH_MAX 400

enum cookie { COOKIE_SESSION, COOKIE_FORM, COOKIE_FLASH };

static struct str cookie_name(const struct request *request, enum cookie cookie)
{
    static const struct str secure[] = {STR_INIT("__Host-lb"), STR_INIT("__Host-lb-form"),
                                        STR_INIT("__Host-lb-flash")};
    static const struct str plain[] = {STR_INIT("lb"), STR_INIT("lb-form"),
                                       STR_INIT("lb-flash")};
    return request->https ? secure[cookie] : plain[cookie];
}

/* "host:port" -> "host"; brackets of IPv6 stay. */
static struct str host_without_port(struct str host)
{
    if (host.n != 0 && host.p[0] == '[') {
        return str_slice(host, 0, str_find(host, ']') + 1);
    }
    return str_slice(host, 0, str_find(host, ':'));
}

bool session_is_possible(const struct request *request)
{
    if (request->https) {
        return true;
    }
    struct str host = host_without_port(request_param(request, "HTTP_HOST"));
    return str_eq_ci(host, STR("localhost")) || str_ends(host, STR(".localhost")) ||
           str_eq(host, STR("[::1]")) || str_starts(host, STR("127."));
}

static bool is_token(struct str token)
{
    if (token.n != TOKEN_LENGTH) {
        return false;
    }
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '2' && c <= '7')) {
            return false;
        }
    }
    return true;
}

/* The token of a cookie of ours, or "no value". */
static struct str token_of(const struct request *request, enum cookie cookie)
{
    struct str token = request_cookie(request, cookie_name(request, cookie));
    return is_token(token) ? token : (struct str){0};
}

static struct str token_hash(struct ctx *ctx, struct str token)
{
    uint8_t *hash = arena_alloc(ctx->arena, CRYPT_HASH_BYTES);
    crypt_sha256(token, hash);
    return (struct str){.p = (const char *)hash, .n = CRYPT_HASH_BYTES};
}

static void fill_datasets(struct ctx *ctx, const struct sql_session_find *row,
                          struct session *session)
{
    size_t n = row->dataset_ids.n;
    struct session_dataset *datasets = ARENA_ARRAY(ctx->arena, n + 1, struct session_dataset);
    for (size_t i = 0; i < n; i++) {
        datasets[i].id = row->dataset_ids.v[i];
        datasets[i].name = row->dataset_names.v[i];
    }
    session->datasets = datasets;
    session->n_datasets = n;
}

static void fill(struct ctx *ctx, const struct sql_session_find *row, struct session *session)
{
    session->signed_in = true;
    session->user = row->user_id;
    session->workspace = row->workspace_id;
    session->dataset = row->dataset_id_null ? 0 : row->dataset_id;
    session->role = (enum role)row->role;
    session->user_name = row->user_name;
    session->mentions = row->mentions;
    session->stopped = row->stopped;
    session->troubled = row->troubled;
    session->user_email = row->user_email;
    session->workspace_name = row->workspace_name;
    session->dataset_name = row->dataset_name;
    fill_datasets(ctx, row, session);
}

enum err session_load(struct ctx *ctx, struct db *db, const struct request *request,
                      struct session *out_session)
{
    struct session session = {.token = token_of(request, COOKIE_SESSION)};
    if (str_is_null(session.token)) {
        *out_session = session;
        return ERR_NONE;
    }
    struct str hash = token_hash(ctx, session.token);
    struct sql_session_find row;
    enum err err =
        sql_session_find(db, &(struct sql_session_find_in){.token_hash = hash}, &row);
    if (err == ERR_NOT_FOUND) {
        session.token = (struct str){0};
        *out_session = session;
        return ERR_NONE;
    }
    TRY(err);
    fill(ctx, &row, &session);
    if (clock_now() - row.seen_at > CLOCK_MINUTE) {
        TRY(sql_session_seen(db, &(struct sql_session_seen_in){.token_hash = hash}, NULL));
    }
    *out_session = session;
    return ERR_NONE;
}

enum err session_start(struct ctx *ctx, struct db *db, const struct request *request,
                       struct response *response, int64_t user, int64_t workspace,
                       int64_t dataset)
{
    struct str old = token_of(request, COOKIE_SESSION);
    struct str token = crypt_token(ctx->arena, TOKEN_BYTES);
    struct sql_session_add_in add = {.token_hash = token_hash(ctx, token),
                                     .user = user,
                                     .workspace = workspace,
                                     .dataset = dataset,
                                     .dataset_null = dataset == 0,
                                     .user_agent =
                                         str_cut(request_header(request, "User-Agent"), 300)};
    if (!str_is_utf8(add.user_agent)) {
        add.user_agent = (struct str){0};
    }
    TRY(sql_session_add(db, &add, NULL));
    if (!str_is_null(old)) {
        struct sql_session_remove_in remove = {.token_hash = token_hash(ctx, old)};
        TRY(sql_session_remove(db, &remove, NULL));
    }
    response_cookie(response, cookie_name(request, COOKIE_SESSION), token, request->https,
                    COOKIE_AGE_S);
    return ERR_NONE;
}

enum err session_end(struct ctx *ctx, struct db *db, const struct request *request,
                     struct response *response)
{
    struct str token = token_of(request, COOKIE_SESSION);
    if (!str_is_null(token)) {
        struct sql_session_remove_in remove = {.token_hash = token_hash(ctx, token)};
        TRY(sql_session_remove(db, &remove, NULL));
    }
    response_cookie(response, cookie_name(request, COOKIE_SESSION), STR("gone"), request->https,
                    0);
    return ERR_NONE;
}

enum err session_use_dataset(struct ctx *ctx, struct db *db, const struct session *session,
                             int64_t dataset)
{
    struct sql_session_dataset_in use = {.token_hash = token_hash(ctx, session->token),
                                         .dataset = dataset};
    return sql_session_dataset(db, &use, NULL);
}

enum err session_end_others(struct ctx *ctx, struct db *db, const struct session *session)
{
    struct sql_session_remove_others_in remove = {
        .user = session->user, .token_hash = token_hash(ctx, session->token)};
    return sql_session_remove_others(db, &remove, NULL);
}

/* ---- where a request comes from ---- */

/* "https://host:port" names the host the browser asked for. */
static bool is_this_host(const struct request *request, struct str origin)
{
    struct str host = request_param(request, "HTTP_HOST");
    struct str rest = str_starts(origin, STR("https://"))  ? str_slice(origin, 8, origin.n)
                      : str_starts(origin, STR("http://")) ? str_slice(origin, 7, origin.n)
                                                           : (struct str){0};
    return rest.n != 0 && str_eq_ci(rest, host);
}

bool session_is_same_origin(const struct request *request)
{
    struct str site, origin;
    if (!request_header_once(request, "Sec-Fetch-Site", &site) ||
        !request_header_once(request, "Origin", &origin)) {
        return false;
    }
    bool no_origin = str_is_null(origin) || str_eq(origin, STR("null"));
    if (!no_origin && !is_this_host(request, origin)) {
        return false;
    }
    if (!str_is_null(site)) {
        return str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
    }
    if (!no_origin) {
        return true;
    }
    /* Neither: not a browser of today. Without a session there is nothing to abuse. */
    return str_is_null(origin) && str_is_null(token_of(request, COOKIE_SESSION));
}

/* ---- forgery tokens ---- */

static struct str forgery_token(struct ctx *ctx, struct str token)
{
    uint8_t key[CRYPT_KEY_BYTES];
    crypt_sha256(token, key);
    return crypt_mac_text(ctx->arena, key, "form", NULL, 0);
}

struct str session_csrf(struct ctx *ctx, const struct session *session,
                        const struct request *request, struct response *response)
{
    if (session->signed_in) {
        return forgery_token(ctx, session->token);
    }
    struct str token = token_of(request, COOKIE_FORM);
    if (str_is_null(token)) {
        token = crypt_token(ctx->arena, TOKEN_BYTES);
        response_cookie(response, cookie_name(request, COOKIE_FORM), token, request->https, -1);
    }
    return forgery_token(ctx, token);
}

bool session_csrf_is_right(struct ctx *ctx, const struct session *session,
                           const struct request *request, struct str token)
{
    struct str key = session->signed_in ? session->token : token_of(request, COOKIE_FORM);
    return !str_is_null(key) && crypt_equal(token, forgery_token(ctx, key));
}

/* ---- a sentence for the next page ---- */

void session_flash(struct ctx *ctx, const struct request *request, struct response *response,
                   struct str message)
{
    struct str value = crypt_base64url(ctx->arena, str_cut(message, FLASH_MAX));
    response_cookie(response, cookie_name(request, COOKIE_FLASH), value, request->https,
                    FLASH_AGE_S);
}

struct str session_flash_take(struct ctx *ctx, const struct request *request,
                              struct response *response)
{
    struct str value = request_cookie(request, cookie_name(request, COOKIE_FLASH));
    struct str message;
    if (value.n == 0) {
        return (struct str){0};
    }
    response_cookie(response, cookie_name(request, COOKIE_FLASH), STR("gone"), request->https,
                    0);
    if (value.n > FLASH_MAX * 2 || !crypt_from_base64url(ctx->arena, value, &message) ||
        !str_is_utf8(message)) {
        return (struct str){0};
    }
    return message;
}
