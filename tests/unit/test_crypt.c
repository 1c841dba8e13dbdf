/* crypt.h: known answers, and that different things stay different. */
#include "shared/crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(1 << 20)};
    return crypt_init() ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static const char *hex(const uint8_t *bytes, size_t n)
{
    return crypt_hex(ctx.arena, (struct str){.p = (const char *)bytes, .n = n}).p;
}

static void passwords(void **state)
{
    (void)state;
    struct str hash;
    struct str other;
    assert_int_equal(crypt_password_hash(&ctx, STR("secret"), &hash), ERR_NONE);
    assert_int_equal(crypt_password_hash(&ctx, STR("secret"), &other), ERR_NONE);
    assert_true(str_starts(hash, STR("$argon2id$v=19$m=47104,t=2,p=1$")));
    assert_false(str_eq(hash, other)); /* salted */
    assert_true(crypt_password_verify(ctx.arena, hash, STR("secret")));
    assert_false(crypt_password_verify(ctx.arena, hash, STR("Secret")));
    assert_false(crypt_password_verify(ctx.arena, hash, STR("secret\0")));
    assert_false(crypt_password_verify(ctx.arena, hash, (struct str){0}));
    assert_false(crypt_password_verify(ctx.arena, STR("nonsense"), STR("secret")));
    assert_false(crypt_password_verify(ctx.arena, (struct str){0}, STR("secret")));
    assert_false(crypt_password_verify(ctx.arena, (struct str){0}, (struct str){0}));
    assert_false(crypt_password_is_outdated(ctx.arena, hash));
    assert_true(crypt_password_is_outdated(ctx.arena, STR("nonsense")));
}

static void long_passwords_are_refused(void **state)
{
    (void)state;
    struct str hash = STR("kept");
    char *text = arena_alloc(ctx.arena, CRYPT_PASSWORD_MAX + 2);
    memset(text, 'x', CRYPT_PASSWORD_MAX + 1);
    assert_int_equal(crypt_password_hash(&ctx, str_from(text), &hash), ERR_INVALID);
    assert_true(ctx.why.n != 0);
    assert_true(str_eq(hash, STR("kept")));
}

/* Somebody who is not there must not be noticed by a faster answer. */
static void nobody_takes_as_long(void **state)
{
    (void)state;
    struct timespec a;
    struct timespec b;
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    assert_false(crypt_password_verify(ctx.arena, (struct str){0}, STR("secret")));
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    int64_t us = (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
    assert_true(us > 5000);
}

static void tokens_are_text_and_differ(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes <= 32; bytes++) {
        struct str a = crypt_token(ctx.arena, bytes);
        assert_int_equal(a.n, (bytes * 8 + 4) / 5);
        for (size_t i = 0; i < a.n; i++) {
            assert_true((a.p[i] >= 'a' && a.p[i] <= 'z') || (a.p[i] >= '2' && a.p[i] <= '7'));
        }
    }
    assert_int_equal(crypt_token(ctx.arena, 10).n, 16);
    assert_int_equal(crypt_token(ctx.arena, 1000).n, 52);
    assert_false(str_eq(crypt_token(ctx.arena, 10), crypt_token(ctx.arena, 10)));
}

static void known_hashes(void **state)
{
    (void)state;
    uint8_t out[CRYPT_HASH_BYTES];
    const struct str abc[] = {STR("a"), {0}, STR("bc")};
    crypt_sha256(STR("abc"), out);
    assert_string_equal(hex(out, 32),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypt_hash16(abc, 3, out);
    assert_string_equal(hex(out, 16), "cf4ab791c62b8d2b2109c90275287816");
    crypt_sha256((struct str){0}, out);
    assert_string_equal(hex(out, 4), "e3b0c442");
}

static void codes_depend_on_everything(void **state)
{
    (void)state;
    const uint8_t key[CRYPT_KEY_BYTES] = {1};
    const uint8_t other_key[CRYPT_KEY_BYTES] = {2};
    const struct str parts[] = {STR("ab"), STR("c")};
    const struct str shifted[] = {STR("a"), STR("bc")};
    const struct str code = crypt_mac_text(ctx.arena, key, "csrf", parts, 2);
    assert_int_equal(code.n, 32);
    assert_true(crypt_equal(code, crypt_mac_text(ctx.arena, key, "csrf", parts, 2)));
    assert_false(crypt_equal(code, crypt_mac_text(ctx.arena, other_key, "csrf", parts, 2)));
    assert_false(crypt_equal(code, crypt_mac_text(ctx.arena, key, "live", parts, 2)));
    assert_false(crypt_equal(code, crypt_mac_text(ctx.arena, key, "csrf", shifted, 2)));
    assert_false(crypt_equal(code, crypt_mac_text(ctx.arena, key, "csrf", parts, 1)));
}

static void sealed_secrets_open_with_their_key_alone(void **state)
{
    (void)state;
    const uint8_t key[CRYPT_KEY_BYTES] = {1};
    const uint8_t other_key[CRYPT_KEY_BYTES] = {2};
    struct str opened = {0};
    struct str sealed = crypt_seal(ctx.arena, key, "provider", STR("X-Key: secret"));
    assert_false(str_contains(sealed, STR("secret")));
    assert_false(str_eq(sealed, crypt_seal(ctx.arena, key, "provider", STR("X-Key: secret"))));
    assert_true(crypt_open(ctx.arena, key, "provider", sealed, &opened));
    assert_true(str_eq(opened, STR("X-Key: secret")));
    assert_false(crypt_open(ctx.arena, other_key, "provider", sealed, &opened));
    assert_false(crypt_open(ctx.arena, key, "crm", sealed, &opened));
    assert_false(crypt_open(ctx.arena, key, "provider", str_slice(sealed, 0, 39), &opened));
    char *changed = arena_cstr(ctx.arena, sealed);
    memcpy(changed, sealed.p, sealed.n);
    changed[sealed.n - 1] ^= 1;
    assert_false(crypt_open(ctx.arena, key, "provider",
                            (struct str){.p = changed, .n = sealed.n}, &opened));
    assert_true(crypt_open(ctx.arena, key, "provider",
                           crypt_seal(ctx.arena, key, "provider", STR("")), &opened));
    assert_int_equal(opened.n, 0);
}

static void no_value_equals_nothing(void **state)
{
    (void)state;
    assert_true(crypt_equal(STR("a"), STR("a")));
    assert_true(crypt_equal(STR(""), STR("")));
    assert_false(crypt_equal((struct str){0}, (struct str){0}));
    assert_false(crypt_equal((struct str){0}, STR("")));
    assert_false(crypt_equal(STR("a"), STR("ab")));
}

static void base64url(void **state)
{
    static const struct str bad[] = {STR_INIT("a"),    STR_INIT("ab="),  STR_INIT("a+b/"),
                                     STR_INIT("ab c"), STR_INIT("YQ=="), STR_INIT("YWI\n")};
    (void)state;
    struct str bytes;
    assert_true(str_eq(crypt_base64url(ctx.arena, STR("\xfb\xff\xfe")), STR("-__-")));
    assert_true(str_eq(crypt_base64url(ctx.arena, STR("")), STR("")));
    assert_true(crypt_from_base64url(ctx.arena, STR("-__-"), &bytes));
    assert_true(str_eq(bytes, STR("\xfb\xff\xfe")));
    assert_true(crypt_from_base64url(ctx.arena, STR("YQ"), &bytes));
    assert_true(str_eq(bytes, STR("a")));
    assert_true(crypt_from_base64url(ctx.arena, (struct str){0}, &bytes));
    assert_int_equal(bytes.n, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(crypt_from_base64url(ctx.arena, bad[i], &bytes));
    }
    assert_true(str_eq(crypt_hex(ctx.arena, STR("\x00\xff")), STR("00ff")));
}

/* RFC 4231, cases 2 and 6, and base64 of RFC 4648. */
static void what_others_verify(void **state)
{
    (void)state;
    uint8_t mac[CRYPT_HASH_BYTES];
    const struct str parts[] = {STR("what do ya want "), STR("for nothing?")};
    struct str bytes;
    crypt_hmac_sha256(STR("Jefe"), parts, 2, mac);
    assert_true(str_eq(crypt_hex(ctx.arena, (struct str){.p = (char *)mac, .n = sizeof(mac)}),
                       STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")));
    char key[131];
    memset(key, 0xaa, sizeof(key));
    const struct str long_key = STR("Test Using Larger Than Block-Size Key - Hash Key First");
    crypt_hmac_sha256((struct str){.p = key, .n = sizeof(key)}, &long_key, 1, mac);
    assert_true(str_eq(crypt_hex(ctx.arena, (struct str){.p = (char *)mac, .n = sizeof(mac)}),
                       STR("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")));
    assert_true(str_eq(crypt_base64(ctx.arena, STR("fooba")), STR("Zm9vYmE=")));
    assert_true(crypt_from_base64(ctx.arena, STR("Zm9vYmE="), &bytes));
    assert_true(str_eq(bytes, STR("fooba")));
    assert_false(crypt_from_base64(ctx.arena, STR("Zm9vYmE"), &bytes));
    assert_false(crypt_from_base64(ctx.arena, STR("Zm9v YmE="), &bytes));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(passwords),
        TEST(long_passwords_are_refused),
        TEST(nobody_takes_as_long),
        TEST(tokens_are_text_and_differ),
        TEST(known_hashes),
        TEST(codes_depend_on_everything),
        TEST(sealed_secrets_open_with_their_key_alone),
        TEST(no_value_equals_nothing),
        TEST(base64url),
        TEST(what_others_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
