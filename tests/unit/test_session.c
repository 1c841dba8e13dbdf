/* session.h without a database: where a request comes from, forgery tokens, the sentence for
 * the next page. */
#include "fcgi/session.h"

#include "shared/crypt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(1 << 20)};
    return crypt_init() ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

#define TOKEN "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"

/* A POST to host with up to three more parameters. */
static struct request post(const char *host, const char *a, const char *b, const char *c)
{
    const char **params = arena_alloc(ctx.arena, 8 * sizeof(char *));
    size_t n = 0;
    params[n++] = "REQUEST_METHOD=POST";
    params[n++] = "REQUEST_URI=/boards";
    params[n++] = arena_print(ctx.arena, "HTTP_HOST=%s", host).p;
    const char *const more[] = {a, b, c};
    for (size_t i = 0; i < 3; i++) {
        if (more[i] != NULL) {
            params[n++] = more[i];
        }
    }
    params[n] = NULL;
    struct request request;
    assert_int_equal(request_init(&request, &ctx, params), ERR_NONE);
    return request;
}

static bool same(const char *site, const char *origin, bool session)
{
    struct request request =
        post("lb.example:8080", site, origin, session ? "HTTP_COOKIE=lb=" TOKEN : NULL);
    return session_is_same_origin(&request);
}

static void same_origin(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int fine; /* 1 yes, 0 no, -1 says nothing */
    } sites[] = {{NULL, -1},
                 {"HTTP_SEC_FETCH_SITE=none", 1},
                 {"HTTP_SEC_FETCH_SITE=same-origin", 1},
                 {"HTTP_SEC_FETCH_SITE=same-site", 0},
                 {"HTTP_SEC_FETCH_SITE=cross-site", 0},
                 {"HTTP_SEC_FETCH_SITE=junk", 0},
                 {"HTTP_SEC_FETCH_SITE=", 0}},
      origins[] = {{NULL, -1},
                   {"HTTP_ORIGIN=http://lb.example:8080", 1},
                   {"HTTP_ORIGIN=https://LB.example:8080", 1},
                   {"HTTP_ORIGIN=http://lb.example", 0},
                   {"HTTP_ORIGIN=http://evil.example", 0},
                   {"HTTP_ORIGIN=http://lb.example:8080.evil.example", 0},
                   {"HTTP_ORIGIN=lb.example:8080", 0},
                   {"HTTP_ORIGIN=null", -1},
                   {"HTTP_ORIGIN=http://lb.example:8080, http://evil.example", 0},
                   {"HTTP_ORIGIN=", 0}};
    for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++) {
        for (size_t j = 0; j < sizeof(origins) / sizeof(origins[0]); j++) {
            bool refused = sites[i].fine == 0 || origins[j].fine == 0;
            bool told = sites[i].fine == 1 || origins[j].fine == 1;
            assert_int_equal(same(sites[i].value, origins[j].value, true), !refused && told);
        }
    }
    assert_true(same(NULL, NULL, false)); /* a program without a session: nothing to abuse */
    assert_false(same(NULL, "HTTP_ORIGIN=null", false));
    struct request twice = post("lb.example", "HTTP_ORIGIN=http://lb.example",
                                "HTTP_ORIGIN=http://lb.example", NULL);
    assert_false(session_is_same_origin(&twice));
}

static void cookies_need_protection(void **state)
{
    (void)state;
    static const char *const fine[] = {"localhost", "LOCALHOST:8080", "127.0.0.1:80",
                                       "[::1]:8080", "lb.localhost"};
    static const char *const unprotected[] = {"lb.example", "10.0.0.1",
                                              "localhost.evil.example", "[::2]", ""};
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        struct request request = post(fine[i], NULL, NULL, NULL);
        assert_true(session_is_possible(&request));
    }
    for (size_t i = 0; i < sizeof(unprotected) / sizeof(unprotected[0]); i++) {
        struct request request = post(unprotected[i], NULL, NULL, NULL);
        assert_false(session_is_possible(&request));
        struct request https = post(unprotected[i], "HTTPS=on", NULL, NULL);
        assert_true(session_is_possible(&https));
    }
}

static void forgery_tokens(void **state)
{
    (void)state;
    struct response response;
    response_init(&response, &ctx, 1000);
    struct request request = post("localhost", NULL, NULL, NULL);
    struct session me = {.signed_in = true, .token = STR(TOKEN)};
    struct session other = {.signed_in = true,
                            .token =
                                STR("b"
                                    "bcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst")};
    struct str token = session_csrf(&ctx, &me, &request, &response);
    assert_int_equal(response.headers.n, 0);
    assert_true(session_csrf_is_right(&ctx, &me, &request, token));
    assert_false(session_csrf_is_right(&ctx, &other, &request, token));
    assert_false(session_csrf_is_right(&ctx, &me, &request, STR("")));
    assert_false(session_csrf_is_right(&ctx, &me, &request, (struct str){0}));
    assert_false(session_csrf_is_right(&ctx, &me, &request, str_slice(token, 0, token.n - 1)));
    assert_false(str_contains(token, STR("abcdef")));
}

static void forgery_tokens_before_signing_in(void **state)
{
    (void)state;
    struct response response;
    response_init(&response, &ctx, 1000);
    struct request fresh = post("localhost", NULL, NULL, NULL);
    struct session nobody = {0};
    struct str token = session_csrf(&ctx, &nobody, &fresh, &response);
    assert_true(str_starts(sb_view(&response.headers), STR("Set-Cookie: lb-form=")));
    assert_false(
        session_csrf_is_right(&ctx, &nobody, &fresh, token)); /* the cookie is missing */
    struct request back = post("localhost", "HTTP_COOKIE=lb-form=" TOKEN, NULL, NULL);
    struct str again = session_csrf(&ctx, &nobody, &back, &response);
    assert_true(session_csrf_is_right(&ctx, &nobody, &back, again));
    assert_false(session_csrf_is_right(&ctx, &nobody, &back, token));
    struct request junk = post("localhost", "HTTP_COOKIE=lb-form=junk", NULL, NULL);
    assert_false(session_csrf_is_right(&ctx, &nobody, &junk, again));
    /* Over HTTPS only the protected name counts. */
    struct request https = post("lb.example", "HTTPS=on", "HTTP_COOKIE=lb-form=" TOKEN, NULL);
    assert_false(session_csrf_is_right(&ctx, &nobody, &https, again));
    response_init(&response, &ctx, 1000);
    (void)session_csrf(&ctx, &nobody, &https, &response);
    assert_true(str_starts(sb_view(&response.headers), STR("Set-Cookie: __Host-lb-form=")));
    assert_true(str_contains(sb_view(&response.headers), STR("; Secure")));
}

static void nobody_without_a_cookie(void **state)
{
    (void)state;
    static const char *const cookies[] = {NULL,
                                          "HTTP_COOKIE=lb=",
                                          "HTTP_COOKIE=lb=short",
                                          "HTTP_COOKIE=lb=" TOKEN "x",
                                          "HTTP_COOKIE=x=" TOKEN,
                                          "HTTP_COOKIE=__Host-lb=" TOKEN};
    for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
        struct request request = post("localhost", cookies[i], NULL, NULL);
        struct session session = {.signed_in = true};
        /* No database is asked: there is none. */
        assert_int_equal(session_load(&ctx, NULL, &request, &session), ERR_NONE);
        assert_false(session.signed_in);
    }
}

static void sentences(void **state)
{
    (void)state;
    struct response response;
    response_init(&response, &ctx, 1000);
    struct request request = post("localhost", NULL, NULL, NULL);
    session_flash(&ctx, &request, &response,
                  STR("J\xc3\xbcrgen; \"quoted\"\r\nSet-Cookie: x=1"));
    assert_false(response.broken);
    struct str line = sb_view(&response.headers);
    struct str value = str_slice(line, strlen("Set-Cookie: lb-flash="), str_find(line, ';'));
    struct str cookie = arena_print(ctx.arena, "HTTP_COOKIE=lb-flash=%.*s", STR_ARG(value));
    struct request next = post("localhost", cookie.p, NULL, NULL);
    response_init(&response, &ctx, 1000);
    assert_true(str_eq(session_flash_take(&ctx, &next, &response),
                       STR("J\xc3\xbcrgen; \"quoted\"\r\nSet-Cookie: x=1")));
    assert_true(str_contains(sb_view(&response.headers), STR("Max-Age=0")));
    struct request junk = post("localhost", "HTTP_COOKIE=lb-flash=%%%", NULL, NULL);
    assert_true(str_is_null(session_flash_take(&ctx, &junk, &response)));
    struct request not_utf8 = post("localhost", "HTTP_COOKIE=lb-flash=_w", NULL, NULL);
    assert_true(str_is_null(session_flash_take(&ctx, &not_utf8, &response)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_origin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cookies_need_protection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgery_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgery_tokens_before_signing_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_without_a_cookie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sentences, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
