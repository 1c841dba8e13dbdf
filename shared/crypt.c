#include "shared/crypt.h"

#include "shared/sb.h"

#include <sodium.h>

#define OPERATIONS 2
#define MEMORY ((size_t)46 << 20)
#define MAC_TEXT_BYTES 24
#define TOKEN_BYTES_MAX 32

bool crypt_init(void)
{
    return sodium_init() >= 0;
}

void crypt_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

struct str crypt_token(struct arena *arena, size_t bytes)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t random[TOKEN_BYTES_MAX];
    bytes = bytes > sizeof(random) ? sizeof(random) : bytes;
    size_t n = (bytes * 8 + 4) / 5;
    char *text = arena_alloc(arena, n + 1);
    crypt_random(random, bytes);
    for (size_t i = 0; i < n; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)random[bit / 8] << 8;
        pair |= bit / 8 + 1 < bytes ? random[bit / 8 + 1] : 0;
        text[i] = alphabet[pair >> (11 - bit % 8) & 31];
    }
    return (struct str){.p = text, .n = n};
}

enum err crypt_password_hash(struct ctx *ctx, struct str password, struct str *out_hash)
{
    char hash[crypto_pwhash_STRBYTES];
    if (password.n > CRYPT_PASSWORD_MAX) {
        return ctx_fail(ctx, ERR_INVALID, "The password is longer than %d characters.",
                        CRYPT_PASSWORD_MAX);
    }
    if (crypto_pwhash_str(hash, password.n == 0 ? "" : password.p, password.n, OPERATIONS,
                          MEMORY) != 0) {
        return ctx_fail(ctx, ERR_UNAVAILABLE, "There is not enough memory right now.");
    }
    *out_hash = arena_dup(ctx->arena, str_from(hash));
    return ERR_NONE;
}

bool crypt_password_verify(struct arena *arena, struct str hash, struct str password)
{
    /* Of a random password that nobody knows. */
    static const char nobody[] = "$argon2id$v=19$m=47104,t=2,p=1$YWJjZGVmZ2hpamtsbW5vcA$"
                                 "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    if (password.n > CRYPT_PASSWORD_MAX) {
        return false;
    }
    const char *text = hash.n == 0 ? nobody : arena_cstr(arena, hash);
    int wrong = crypto_pwhash_str_verify(text, password.n == 0 ? "" : password.p, password.n);
    return wrong == 0 && hash.n != 0;
}

bool crypt_password_is_outdated(struct arena *arena, struct str hash)
{
    return crypto_pwhash_str_needs_rehash(arena_cstr(arena, hash), OPERATIONS, MEMORY) != 0;
}

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)(s.n == 0 ? "" : s.p);
}

void crypt_hash16(const struct str *parts, size_t n, uint8_t out[CRYPT_HASH16_BYTES])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, CRYPT_HASH16_BYTES);
    for (size_t i = 0; i < n; i++) {
        (void)crypto_generichash_update(&state, bytes_of(parts[i]), parts[i].n);
    }
    (void)crypto_generichash_final(&state, out, CRYPT_HASH16_BYTES);
}

void crypt_sha256(struct str text, uint8_t out[CRYPT_HASH_BYTES])
{
    (void)crypto_hash_sha256(out, bytes_of(text), text.n);
}

void crypt_hmac_sha256(struct str key, const struct str *parts, size_t n,
                       uint8_t out[CRYPT_HASH_BYTES])
{
    crypto_auth_hmacsha256_state state;
    (void)crypto_auth_hmacsha256_init(&state, bytes_of(key), key.n);
    for (size_t i = 0; i < n; i++) {
        (void)crypto_auth_hmacsha256_update(&state, bytes_of(parts[i]), parts[i].n);
    }
    (void)crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

static void mac_part(crypto_generichash_state *state, struct str part)
{
    uint8_t length[8];
    for (size_t i = 0; i < sizeof(length); i++) {
        length[i] = (uint8_t)((uint64_t)part.n >> (8 * i));
    }
    (void)crypto_generichash_update(state, length, sizeof(length));
    (void)crypto_generichash_update(state, bytes_of(part), part.n);
}

void crypt_mac(const uint8_t key[CRYPT_KEY_BYTES], const char *purpose, const struct str *parts,
               size_t n, uint8_t out[CRYPT_HASH_BYTES])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key, CRYPT_KEY_BYTES, CRYPT_HASH_BYTES);
    mac_part(&state, str_from(purpose));
    for (size_t i = 0; i < n; i++) {
        mac_part(&state, parts[i]);
    }
    (void)crypto_generichash_final(&state, out, CRYPT_HASH_BYTES);
}

struct str crypt_mac_text(struct arena *arena, const uint8_t key[CRYPT_KEY_BYTES],
                          const char *purpose, const struct str *parts, size_t n)
{
    uint8_t mac[CRYPT_HASH_BYTES];
    crypt_mac(key, purpose, parts, n, mac);
    return crypt_base64url(arena, (struct str){.p = (const char *)mac, .n = MAC_TEXT_BYTES});
}

static void seal_key(const uint8_t key[CRYPT_KEY_BYTES], const char *purpose,
                     uint8_t out[crypto_secretbox_KEYBYTES])
{
    const struct str seal = STR("seal");
    _Static_assert(crypto_secretbox_KEYBYTES == CRYPT_HASH_BYTES, "a code is a key");
    crypt_mac(key, purpose, &seal, 1, out);
}

struct str crypt_seal(struct arena *arena, const uint8_t key[CRYPT_KEY_BYTES],
                      const char *purpose, struct str secret)
{
    uint8_t own[crypto_secretbox_KEYBYTES];
    size_t n = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + secret.n;
    uint8_t *sealed = arena_alloc(arena, n);
    seal_key(key, purpose, own);
    randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
    (void)crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, bytes_of(secret),
                                secret.n, sealed, own);
    sodium_memzero(own, sizeof(own));
    return (struct str){.p = (const char *)sealed, .n = n};
}

bool crypt_open(struct arena *arena, const uint8_t key[CRYPT_KEY_BYTES], const char *purpose,
                struct str sealed, struct str *out_secret)
{
    uint8_t own[crypto_secretbox_KEYBYTES];
    size_t before = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (sealed.n < before) {
        return false;
    }
    uint8_t *secret = arena_alloc(arena, sealed.n - before + 1);
    seal_key(key, purpose, own);
    bool good = crypto_secretbox_open_easy(
                    secret, bytes_of(sealed) + crypto_secretbox_NONCEBYTES,
                    sealed.n - crypto_secretbox_NONCEBYTES, bytes_of(sealed), own) == 0;
    sodium_memzero(own, sizeof(own));
    if (good) {
        *out_secret = (struct str){.p = (const char *)secret, .n = sealed.n - before};
    }
    return good;
}

bool crypt_equal(struct str a, struct str b)
{
    return a.p != NULL && b.p != NULL && a.n == b.n && sodium_memcmp(a.p, b.p, a.n) == 0;
}

struct str crypt_hex(struct arena *arena, struct str bytes)
{
    char *text = arena_alloc(arena, bytes.n * 2 + 1);
    (void)sodium_bin2hex(text, bytes.n * 2 + 1, bytes_of(bytes), bytes.n);
    return (struct str){.p = text, .n = bytes.n * 2};
}

bool crypt_from_hex(struct arena *arena, struct str text, struct str *out_bytes)
{
    size_t n = 0;
    uint8_t *bytes = arena_alloc(arena, text.n / 2 + 1);
    const char *end = NULL;
    if (text.n % 2 != 0 ||
        sodium_hex2bin(bytes, text.n / 2, text.p, text.n, NULL, &n, &end) != 0 ||
        n != text.n / 2) {
        return false;
    }
    *out_bytes = (struct str){.p = (const char *)bytes, .n = n};
    return true;
}

static struct str encode(struct arena *arena, struct str bytes, int variant)
{
    size_t room = sodium_base64_encoded_len(bytes.n, variant);
    char *text = arena_alloc(arena, room);
    (void)sodium_bin2base64(text, room, bytes_of(bytes), bytes.n, variant);
    return str_from(text);
}

static bool decode(struct arena *arena, struct str text, int variant, struct str *out_bytes)
{
    size_t n = 0;
    const char *end = NULL;
    unsigned char *bytes = arena_alloc(arena, text.n + 1);
    if (sodium_base642bin(bytes, text.n, text.n == 0 ? "" : text.p, text.n, NULL, &n, &end,
                          variant) != 0 ||
        end != (text.n == 0 ? end : text.p + text.n)) {
        return false;
    }
    *out_bytes = (struct str){.p = (const char *)bytes, .n = n};
    return true;
}

struct str crypt_base64(struct arena *arena, struct str bytes)
{
    return encode(arena, bytes, sodium_base64_VARIANT_ORIGINAL);
}

bool crypt_from_base64(struct arena *arena, struct str text, struct str *out_bytes)
{
    return decode(arena, text, sodium_base64_VARIANT_ORIGINAL, out_bytes);
}

struct str crypt_base64url(struct arena *arena, struct str bytes)
{
    return encode(arena, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool crypt_from_base64url(struct arena *arena, struct str text, struct str *out_bytes)
{
    return decode(arena, text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, out_bytes);
}
