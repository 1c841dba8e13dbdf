/* url_pattern.h: what a pattern means, and what is refused. That the regular expression means
 * the same is tested in the database (test_filter.c). */
#include "shared/sb.h"
#include "shared/url_pattern.h"

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

static void check(const char *text, const char *url, bool expected)
{
    struct url_pattern pattern;
    if (url_pattern_read(&ctx, str_from(text), &pattern) != ERR_NONE) {
        fail_msg("%s: %.*s", text, STR_ARG(ctx.why));
    }
    if (url_pattern_matches(&pattern, str_from(url)) != expected) {
        fail_msg("%s and %s", text, url);
    }
}

#define YES(pattern, url) check(pattern, url, true)
#define NO(pattern, url) check(pattern, url, false)

static void paths(void **state)
{
    (void)state;
    YES("/pricing", "https://www.site.example/pricing");
    YES("/pricing", "http://other.example:8080/Pricing/");
    YES("/pricing/", "https://site.example/pricing");
    YES("/pricing", "https://site.example/pricing?plan=pro#top");
    NO("/pricing", "https://site.example/pricing/pro");
    NO("/pricing", "https://site.example/en/pricing");
    NO("/pricing", "https://site.example/?next=/pricing");
    NO("/pricing", "mailto:someone@site.example/pricing");
    YES("/pricing*", "https://site.example/pricing-enterprise/pro");
    YES("/*/pricing", "https://site.example/en/pricing/?x");
    YES("/a*b*c", "https://site.example/aXbYbZc");
    NO("/a*b*c", "https://site.example/aXcYb");
    YES("/", "https://site.example");
    YES("/", "https://site.example/?q");
    NO("/", "https://site.example/a");
    YES("/*", "https://site.example/a");
    YES("/#/cart", "https://site.example/#/cart");
    NO("/#/cart", "https://site.example/#/cart/2");
    YES("/über*", "https://site.example/%C3%BCber-uns");
    YES("/ÜBER", "https://site.example/%c3%9cber"); /* capitals of A to Z only */
    NO("/über", "https://site.example/%c3%9cber");
}

static void queries(void **state)
{
    (void)state;
    YES("/pricing?plan=pro", "https://site.example/pricing?plan=pro");
    YES("/pricing?plan=pro", "https://site.example/pricing?plan=pro#top");
    NO("/pricing?plan=pro", "https://site.example/pricing?plan=pro&x=1");
    YES("/pricing?plan=*", "https://site.example/pricing?plan=free&x=1");
    NO("/pricing?plan=*", "https://site.example/pricing");
}

static void hosts(void **state)
{
    (void)state;
    YES("site.example", "https://site.example/any/page?x#y");
    YES("site.example", "http://WWW.site.example");
    YES("www.site.example", "https://site.example:8080/a");
    NO("site.example", "https://site.example.evil.example/");
    NO("site.example", "https://blog.site.example/");
    YES("blog.site.example/a*", "https://blog.site.example/article");
    NO("site.example/", "https://site.example/a");
    YES("site.example/docs", "https://www.site.example/docs/");
}

static void whole_addresses(void **state)
{
    (void)state;
    YES("*install*", "https://site.example/docs/install.html");
    YES("*.site.example/*", "https://blog.site.example/a");
    NO("*.site.example/*", "https://site.example/a");
    YES("https://site.example/a", "https://site.example/a/");
    NO("https://site.example/a", "http://site.example/a");
    YES("*", "");
    YES("**", "https://site.example/");
    YES("*\xc3\xbc*", "https://site.example/m\xc3\xbcller");
}

static void refused(void **state)
{
    static const char *const wrong[] = {"",     "pricing", "pri cing", "pricing/plan.html",
                                        "/a b", "/a\tb",   "/\xff"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct url_pattern pattern;
        ctx_clear(&ctx);
        if (url_pattern_read(&ctx, str_from(wrong[i]), &pattern) != ERR_INVALID ||
            ctx.why.n == 0) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
    struct sb sb;
    sb_init(&sb, ctx.arena, 1000);
    SB_LIT(&sb, "/");
    for (int i = 0; i < URL_PATTERN_MAX; i++) {
        sb_char(&sb, 'a');
    }
    struct url_pattern pattern;
    assert_int_equal(url_pattern_read(&ctx, sb_view(&sb), &pattern), ERR_INVALID);
}

/* Stars in a row would take forever where each is tried with each place of the others. */
static void many_stars_end(void **state)
{
    (void)state;
    struct sb sb, url;
    sb_init(&sb, ctx.arena, 1000);
    sb_init(&url, ctx.arena, 8000);
    for (int i = 0; i < 90; i++) {
        SB_LIT(&sb, "*a");
    }
    SB_LIT(&sb, "b");
    for (int i = 0; i < 4000; i++) {
        sb_char(&url, 'a');
    }
    struct url_pattern pattern;
    assert_int_equal(url_pattern_read(&ctx, sb_view(&sb), &pattern), ERR_NONE);
    assert_false(url_pattern_matches(&pattern, sb_view(&url)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(queries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_stars_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
