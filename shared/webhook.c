#include "shared/webhook.h"

#include "shared/clock.h"
#include "shared/crypt.h"
#include "shared/json.h"

#define BODY_MAX 20000 /* the specification's advice */
#define SIGNATURES_MAX 400
#define SECRET_LEAST 24
#define SECRET_MOST 64

enum err webhook_body(struct ctx *ctx, struct str type, int64_t at, struct str data,
                      struct str *out_body)
{
    struct clock_date date = clock_date(at);
    int64_t micro = at % CLOCK_SECOND;
    struct sb sb;
    sb_init(&sb, ctx->arena, BODY_MAX);
    SB_LIT(&sb, "{\"type\":");
    json_write_str(&sb, type);
    sb_printf(&sb,
              ",\"timestamp\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\",\"data\":", date.year,
              date.month, date.day, date.hour, date.minute, date.second,
              (int)(micro < 0 ? micro + CLOCK_SECOND : micro));
    sb_str(&sb, data);
    sb_char(&sb, '}');
    return sb_done(&sb, out_body) == ERR_NONE
               ? ERR_NONE
               : ctx_fail(ctx, ERR_LIMIT, "This is more than %d bytes.", BODY_MAX);
}

struct str webhook_id(struct arena *arena, struct str uid)
{
    struct sb sb;
    sb_init(&sb, arena, 100);
    SB_LIT(&sb, "msg_");
    for (size_t i = 0; i < uid.n; i++) {
        if (uid.p[i] != '-') {
            sb_char(&sb, uid.p[i]);
        }
    }
    return sb_view(&sb);
}

static enum err sign(struct ctx *ctx, struct str secret, const struct str *parts, size_t n,
                     struct sb *out)
{
    struct str key;
    uint8_t mac[CRYPT_HASH_BYTES];
    if (!str_starts(secret, STR("whsec_")) ||
        !crypt_from_base64(ctx->arena, str_slice(secret, 6, secret.n), &key) ||
        key.n < SECRET_LEAST || key.n > SECRET_MOST) {
        return ctx_fail(ctx, ERR_INVALID, "The signing secret is not in order.");
    }
    crypt_hmac_sha256(key, parts, n, mac);
    sb_bytes(out, " ", out->n > 0);
    SB_LIT(out, "v1,");
    sb_str(out,
           crypt_base64(ctx->arena, (struct str){.p = (const char *)mac, .n = sizeof(mac)}));
    return ERR_NONE;
}

enum err webhook_headers(struct ctx *ctx, struct str id, int64_t now_s, struct str body,
                         const struct str *secrets, size_t n,
                         struct str out_headers[WEBHOOK_HEADERS])
{
    struct arena *arena = ctx->arena;
    struct str seconds = arena_print(arena, "%lld", (long long)now_s);
    const struct str parts[] = {id, STR("."), seconds, STR("."), body};
    struct sb signatures;
    sb_init(&signatures, arena, SIGNATURES_MAX);
    for (size_t i = 0; i < n; i++) {
        TRY(sign(ctx, secrets[i], parts, sizeof(parts) / sizeof(parts[0]), &signatures));
    }
    if (signatures.n == 0) {
        return ctx_fail(ctx, ERR_INVALID, "There is no signing secret.");
    }
    out_headers[0] = arena_print(arena, "webhook-id: %.*s", STR_ARG(id));
    out_headers[1] = arena_print(arena, "webhook-timestamp: %.*s", STR_ARG(seconds));
    out_headers[2] =
        arena_print(arena, "webhook-signature: %.*s", STR_ARG(sb_view(&signatures)));
    out_headers[3] = STR("User-Agent: LeadBoard/1.0 (webhook)");
    return ERR_NONE;
}
