/* request.h and response.h: what comes in is read strictly, what goes out cannot be split. */
#include "fcgi/request.h"
#include "fcgi/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(1 << 20)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static enum err read_address(const char *address, struct request *request)
{
    char param[8192];
    (void)snprintf(param, sizeof(param), "REQUEST_URI=%s", address);
    /* Only what request_init decodes outlives this call. */
    const char **params = arena_alloc(ctx.arena, 3 * sizeof(char *));
    params[0] = "REQUEST_METHOD=GET";
    params[1] = arena_cstr(ctx.arena, str_from(param));
    params[2] = NULL;
    ctx_clear(&ctx);
    return request_init(request, &ctx, params);
}

static void addresses(void **state)
{
    (void)state;
    struct request request;
    assert_int_equal(read_address("/boards/12?x=1&y", &request), ERR_NONE);
    assert_true(str_eq(request.path, STR("/boards/12")));
    assert_true(str_eq(request.query, STR("x=1&y")));
    assert_int_equal(request.method, METHOD_GET);
    assert_int_equal(read_address("/a%20b%C3%A4?", &request), ERR_NONE);
    assert_true(str_eq(request.path, STR("/a b\xc3\xa4")));
    assert_int_equal(request.query.n, 0);
    assert_int_equal(read_address("/a+b", &request), ERR_NONE);
    assert_true(str_eq(request.path, STR("/a+b")));
    assert_int_equal(read_address("/..a/b..", &request), ERR_NONE);
}

static void addresses_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       "boards",      "/%",   "/%2",       "/%zz",   "/a%00b",
        "/a%0ab", "/a%7f",       "/%ff", "/%2f",      "/a%2Fb", "/../etc",
        "/a/..",  "/a/%2e%2e/b", "/./a", "http://x/", "/%c3",   "/%ed%a0%80",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct request request;
        assert_int_equal(read_address(bad[i], &request), ERR_INVALID);
        assert_true(ctx.why.n > 10);
        assert_true(str_eq(request.path, STR("/"))); /* it can still be answered */
    }
    char *longest = arena_alloc(ctx.arena, REQUEST_PATH_MAX + 2);
    memset(longest, 'a', REQUEST_PATH_MAX + 1);
    longest[0] = '/';
    struct request request;
    assert_int_equal(read_address(longest, &request), ERR_INVALID);
    longest[REQUEST_PATH_MAX] = '\0';
    assert_int_equal(read_address(longest, &request), ERR_NONE);
}

static void headers_and_cookies(void **state)
{
    (void)state;
    const char *const params[] = {"REQUEST_METHOD=POST",
                                  "REQUEST_URI=/",
                                  "HTTP_SEC_FETCH_SITE=same-origin",
                                  "HTTP_ORIGIN=http://a",
                                  "HTTP_ORIGIN=http://b",
                                  "HTTP_COOKIE= a=1; lb=tok=en;lb=second; x",
                                  "CONTENT_TYPE=Application/JSON ; charset=utf-8",
                                  "CONTENT_LENGTH=12",
                                  "HTTPS=on",
                                  NULL};
    struct request request;
    struct str value;
    assert_int_equal(request_init(&request, &ctx, params), ERR_NONE);
    assert_int_equal(request.method, METHOD_POST);
    assert_int_equal(request.body_length, 12);
    assert_true(request.https);
    assert_true(str_eq(request_header(&request, "Sec-Fetch-Site"), STR("same-origin")));
    assert_true(str_is_null(request_header(&request, "Sec-Fetch")));
    assert_true(str_is_null(request_header(&request, "Sec-Fetch-Site-X")));
    assert_true(request_header_once(&request, "Sec-Fetch-Site", &value));
    assert_false(request_header_once(&request, "Origin", &value));
    assert_true(request_header_once(&request, "Referer", &value) && str_is_null(value));
    assert_true(str_eq(request_cookie(&request, STR("a")), STR("1")));
    assert_true(str_eq(request_cookie(&request, STR("lb")), STR("tok=en")));
    assert_true(str_is_null(request_cookie(&request, STR("x"))));
    assert_true(str_is_null(request_cookie(&request, STR("b"))));
    assert_true(request_has_type(&request, STR("application/json")));
    assert_false(request_has_type(&request, STR("application/js")));
}

static void lengths_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"CONTENT_LENGTH=-1", "CONTENT_LENGTH=1x",
                                      "CONTENT_LENGTH=99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const params[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/", bad[i], NULL};
        struct request request;
        ctx_clear(&ctx);
        assert_int_equal(request_init(&request, &ctx, params), ERR_INVALID);
        assert_int_equal(request.body_length, 0);
    }
}

struct stream {
    const char *p;
    size_t n;
};

static size_t read_stream(void *pointer, char *p, size_t n)
{
    struct stream *stream = pointer;
    n = n < stream->n ? n : stream->n;
    memcpy(p, stream->p, n);
    stream->p += n;
    stream->n -= n;
    return n;
}

static void bodies(void **state)
{
    (void)state;
    const char *const params[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/", "CONTENT_LENGTH=5",
                                  NULL};
    struct stream stream = {.p = "hello", .n = 5};
    struct request request;
    struct str body;
    assert_int_equal(request_init(&request, &ctx, params), ERR_NONE);
    request.read = read_stream;
    request.stream = &stream;
    assert_int_equal(request_body(&request, 4, &body), ERR_LIMIT);
    ctx_clear(&ctx);
    assert_int_equal(request_body(&request, 5, &body), ERR_NONE);
    assert_true(str_eq(body, STR("hello")) && body.p[body.n] == '\0');
    assert_int_equal(request_body(&request, 5, &body), ERR_NONE);
    assert_int_equal(body.n, 5);

    assert_int_equal(request_init(&request, &ctx, params), ERR_NONE);
    struct stream early = {.p = "hel", .n = 3};
    request.read = read_stream;
    request.stream = &early;
    assert_int_equal(request_body(&request, 100, &body), ERR_INVALID);
}

static void forms(void **state)
{
    (void)state;
    struct request_pairs pairs;
    assert_int_equal(request_urlencoded(&ctx, STR("a=1&b=x+y%2B%c3%a4&&c&a=2&=z&d="), &pairs),
                     ERR_NONE);
    assert_int_equal(pairs.n, 6);
    assert_true(str_eq(request_pair(pairs, STR("a")), STR("1")));
    assert_true(str_eq(request_pair(pairs, STR("b")), STR("x y+\xc3\xa4")));
    assert_true(str_eq(request_pair(pairs, STR("c")), STR("")));
    assert_false(str_is_null(request_pair(pairs, STR("c"))));
    assert_false(str_is_null(request_pair(pairs, STR("d"))));
    assert_true(str_eq(request_pair(pairs, STR("")), STR("z")));
    assert_true(str_is_null(request_pair(pairs, STR("e"))));
    assert_int_equal(request_urlencoded(&ctx, STR(""), &pairs), ERR_NONE);
    assert_int_equal(pairs.n, 0);
}

static void forms_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"a=%",   "a=%1",  "a=%g0",   "%zz=1",
                                      "a=%00", "a=%ff", "%c0%af=x"};
    struct request_pairs pairs;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ctx_clear(&ctx);
        assert_int_equal(request_urlencoded(&ctx, str_from(bad[i]), &pairs), ERR_INVALID);
    }
    char many[2 * REQUEST_PAIRS_MAX + 2];
    memset(many, '&', sizeof(many));
    ctx_clear(&ctx);
    assert_int_equal(
        request_urlencoded(&ctx, (struct str){.p = many, .n = sizeof(many)}, &pairs),
        ERR_LIMIT);
}

static struct str head(const struct response *response)
{
    struct sb sb;
    sb_init(&sb, ctx.arena, 65536);
    response_head(response, &sb);
    return sb_view(&sb);
}

static void answers(void **state)
{
    (void)state;
    struct response response;
    response_init(&response, &ctx, 1000);
    SB_LIT(&response.body, "hello");
    response_cookie(&response, STR("lb"), STR("abc"), true, 60);
    struct str text = head(&response);
    assert_true(str_starts(text, STR("Status: 200 OK\r\n")));
    assert_true(str_contains(text, STR("\r\nContent-Length: 5\r\n")));
    assert_true(str_contains(text, STR("\r\nCache-Control: no-store\r\n")));
    assert_true(
        str_contains(text, STR("\r\nSet-Cookie: lb=abc; Path=/; HttpOnly; SameSite=Lax; "
                               "Secure; Max-Age=60\r\n")));
    assert_true(str_ends(text, STR("\r\n\r\n")));
    response_status(&response, 204);
    assert_false(str_contains(head(&response), STR("Content-")));
}

static void answers_cannot_be_split(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\r\nSet-Cookie: x=1", "a\nb", "a\rb", "\x01", "\x7f"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct response response;
        response_init(&response, &ctx, 1000);
        response_header(&response, "X-Test", str_from(bad[i]));
        assert_true(response.broken);
        assert_int_equal(response.headers.n, 0);
        response_init(&response, &ctx, 1000);
        response_cookie(&response, STR("lb"), str_from(bad[i]), false, -1);
        assert_true(response.broken);
    }
    static const char *const cookies[] = {"a;b", "a b", "a,b", "a\"b", "\xc3\xa4"};
    for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
        struct response response;
        response_init(&response, &ctx, 1000);
        response_cookie(&response, STR("lb"), str_from(cookies[i]), false, -1);
        assert_true(response.broken);
    }
}

static void redirects_stay_here(void **state)
{
    (void)state;
    static const char *const good[] = {"/", "/boards", "/boards/1?x=%20y#z",
                                       "/login?next=%2Fa"};
    static const char *const bad[] = {
        "",          "boards", "//evil.com",         "/\\evil.com",
        "/a b",      "/a\r\n", "http://evil",        "/a\"b",
        "/\xc3\xa4", "/a\\b",  "javascript:alert(1)"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(response_is_local(str_from(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(response_is_local(str_from(bad[i])));
        struct response response;
        response_init(&response, &ctx, 1000);
        response_redirect(&response, str_from(bad[i]));
        assert_int_equal(response.status, 303);
        assert_true(str_contains(head(&response), STR("\r\nLocation: /\r\n")));
    }
}

static bool has_tag(const char *header, struct str tag)
{
    char param[256];
    (void)snprintf(param, sizeof(param), "HTTP_IF_NONE_MATCH=%s", header);
    const char *const params[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/", param, NULL};
    struct request request;
    struct response response;
    assert_int_equal(request_init(&request, &ctx, params), ERR_NONE);
    response_init(&response, &ctx, 1000);
    bool same = response_etag(&response, &request, tag);
    assert_int_equal(response.status, same ? 304 : 200);
    assert_true(str_contains(head(&response), STR("\r\nCache-Control: private, no-cache\r\n")));
    return same;
}

static void tags(void **state)
{
    (void)state;
    assert_true(has_tag("\"a1\"", STR("a1")));
    assert_true(has_tag("W/\"a1\"", STR("a1")));
    assert_true(has_tag("\"x\", W/\"a1\"", STR("a1")));
    assert_false(has_tag("\"a2\"", STR("a1")));
    assert_false(has_tag("a1", STR("a1")));
    assert_false(has_tag("", STR("a1")));
    assert_false(has_tag("\"", STR("")));
}

static void json(void **state)
{
    (void)state;
    struct response response;
    response_init(&response, &ctx, 1000);
    response_json_error(&response, 422, STR("invalid"), STR("a\"b\\\n</script>\xc3\xa4"),
                        STR("name"));
    assert_true(str_eq(sb_view(&response.body),
                       STR("{\"error\":{\"code\":\"invalid\",\"message\":\"a\\\"b\\\\\\u000a"
                           "\\u003c/script>\xc3\xa4\",\"field\":\"name\"}}\n")));
    assert_true(str_contains(head(&response), STR("Content-Type: application/json\r\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(headers_and_cookies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lengths_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bodies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forms_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_cannot_be_split, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redirects_stay_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
