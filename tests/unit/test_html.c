#include "shared/html.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)16 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

struct example {
    const char *in, *out;
};

static void check(void (*escape)(struct sb *, struct str), const struct example *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sb sb;
        sb_init(&sb, arena, 100000);
        escape(&sb, str_from(list[i].in));
        if (!str_eq(sb_view(&sb), str_from(list[i].out))) {
            fail_msg("'%s' became '%.*s' instead of '%s'", list[i].in, STR_ARG(sb_view(&sb)),
                     list[i].out);
        }
    }
}
#define CHECK(escape, list) check(escape, list, sizeof(list) / sizeof(list[0]))

static void text(void **state)
{
    static const struct example list[] = {
        {"", ""},
        {"plain text, 100 %", "plain text, 100 %"},
        {"<script>alert('x')</script>", "&lt;script&gt;alert('x')&lt;/script&gt;"},
        {"&amp; \"q\"", "&amp;amp; \"q\""},
        {"a\tb\r\nc", "a\tb\r\nc"},
        {"Zürich 東京 \xf0\x9f\x98\x80", "Zürich 東京 \xf0\x9f\x98\x80"},
    };
    (void)state;
    CHECK(html_text, list);
}

static void attributes(void **state)
{
    static const struct example list[] = {
        {"\" onclick='x'", "&quot; onclick=&#39;x&#39;"},
        {"<a&b>", "&lt;a&amp;b&gt;"},
        {"`=", "`="},
    };
    (void)state;
    CHECK(html_attr, list);
}

static void hidden_characters_are_shown(void **state)
{
    static const struct example list[] = {
        {"\x01\x1f\x7f", "\xe2\x90\x81\xe2\x90\x9f\xe2\x90\xa1"},
        {"\u202egpj.exe", "\ufffdgpj.exe"},
        {"a\u200bb\u2060c\ufeff", "a\ufffdb\ufffdc\ufffd"},
        {"\u2066x\u2069\u061c", "\ufffdx\ufffd\ufffd"},
        {"a\xc2\x85"
         "b\xc2\xad",
         "a\ufffdb\ufffd"},
        {"\U000e0041", "\ufffd"},
        /* joiners between letters that need them stay, beside ASCII they do not */
        {"\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"},
        {"می\u200cخواهم", "می\u200cخواهم"},
        {"pay\u200dpal", "pay\ufffdpal"},
        {"\u200d", "\ufffd"},
    };
    (void)state;
    CHECK(html_text, list);
    CHECK(html_attr, list);
}

static void invalid_utf8_is_replaced(void **state)
{
    static const struct example list[] = {
        {"\xff", "\ufffd"},
        {"a\xc3", "a\ufffd"},
        {"\xc3(", "\ufffd("},
        {"\xc0\xaf", "\ufffd\ufffd"},                     /* overlong */
        {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},           /* surrogate */
        {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"}, /* above U+10FFFF */
        {"\xe2\x82<", "\ufffd\ufffd&lt;"},                /* does not swallow markup */
    };
    (void)state;
    CHECK(html_text, list);
}

static void nul_and_no_value(void **state)
{
    (void)state;
    struct sb sb;
    sb_init(&sb, arena, 100);
    html_text(&sb, (struct str){0});
    html_attr(&sb, (struct str){0});
    html_url(&sb, (struct str){0});
    html_query(&sb, (struct str){0});
    assert_int_equal(sb.n, 0);
    html_text(&sb, STR("a\0b"));
    assert_true(str_eq(sb_view(&sb), STR("a\xe2\x90\x80"
                                         "b")));
}

static void urls_that_are_good(void **state)
{
    static const struct example list[] = {
        {"", ""},
        {"/a/b?c=d&e=%20#f", "/a/b?c=d&amp;e=%20#f"},
        {"page", "page"},
        {"?q=a:b", "?q=a:b"},
        {"#top", "#top"},
        {"//other.example/x", "//other.example/x"},
        {"HTTPS://x.example/~a;b,c=(d)!", "HTTPS://x.example/~a;b,c=(d)!"},
        {" http://[::1]:80/ ", "http://[::1]:80/"},
        {"mailto:a@x.example?subject=b", "mailto:a@x.example?subject=b"},
        {"/a b\"c'd<e>", "/a%20b%22c%27d%3Ce%3E"},
        {"/ü\n", "/%C3%BC"},
        {"/a\\b`{|}", "/a%5Cb%60%7B%7C%7D"},
    };
    (void)state;
    CHECK(html_url, list);
}

static void urls_that_are_refused(void **state)
{
    static const char *const list[] = {
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "javascript\t:alert(1)",
        "vbscript:x",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "blob:x",
        "ftp://x.example/",
        ":x",
        "http\x01:x",
        "x.example:80/",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        const struct example one[] = {{list[i], HTML_URL_REFUSED}};
        CHECK(html_url, one);
    }
}

static void query_values(void **state)
{
    static const struct example list[] = {
        {"abc-XYZ_0.9~", "abc-XYZ_0.9~"},
        {"a b&c=d", "a%20b%26c%3Dd"},
        {"../x/?#", "..%2Fx%2F%3F%23"},
        {"ü\xff", "%C3%BC%FF"},
        {"100%", "100%25"},
        {"\"'<>", "%22%27%3C%3E"},
    };
    (void)state;
    CHECK(html_query, list);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(text),
        TEST(attributes),
        TEST(hidden_characters_are_shown),
        TEST(invalid_utf8_is_replaced),
        TEST(nul_and_no_value),
        TEST(urls_that_are_good),
        TEST(urls_that_are_refused),
        TEST(query_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
