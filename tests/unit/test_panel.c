/* What the panel says: Markdown, initials, addresses, lengths of time, sentences. */
#include "fcgi/mark.h"
#include "fcgi/panel_draw.h"
#include "shared/clock.h"
#include "shared/markdown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(4 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void same(struct str got, const char *expected)
{
    if (!str_eq(got, str_from(expected))) {
        fail_msg("expected '%s', got '%.*s'", expected, STR_ARG(got));
    }
}

static void markdown(const char *text, const char *expected)
{
    same(markdown_html(ctx.arena, str_from(text)).markup, expected);
}

static void notes_are_markdown(void **state)
{
    (void)state;
    markdown("", "");
    markdown("Call **Jane**", "<p>Call <strong>Jane</strong></p>\n");
    markdown("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
    markdown("[x](https://a.example/?a=1&b=2)",
             "<p><a href=\"https://a.example/?a=1&amp;b=2\">x</a></p>\n");
    markdown("<a@b.example>", "<p><a href=\"mailto:a@b.example\">a@b.example</a></p>\n");
}

static void notes_are_harmless(void **state)
{
    (void)state;
    markdown("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n");
    markdown("<script>\nalert(1)\n</script>",
             "<pre><code>&lt;script&gt;\nalert(1)\n&lt;/script&gt;\n</code></pre>\n");
    markdown("[x **y**](javascript:alert(1))", "<p>x <strong>y</strong></p>\n");
    markdown("[x](JaVaScRiPt:alert(1))", "<p>x</p>\n");
    markdown("[x](data:text/html,hi)", "<p>x</p>\n");
    markdown("[x](vbscript:a) [y](file:///etc/passwd)", "<p>x y</p>\n");
    markdown("![alt](https://a.example/x.png)",
             "<p><a href=\"https://a.example/x.png\">alt</a></p>\n");
    markdown("![](https://a.example/x.png)",
             "<p><a href=\"https://a.example/x.png\">https://a.example/x.png</a></p>\n");
    markdown("![alt](data:image/png;base64,AAAA)", "<p>alt</p>\n");
    markdown("[x](https://a.example \"t\\\" onclick=\\\"y\")",
             "<p><a href=\"https://a.example\" title=\"t&quot; onclick=&quot;y\">x</a></p>\n");
    markdown("<!-- x -->", "<pre><code>&lt;!-- x --&gt;\n</code></pre>\n");
}

static void notes_of_any_shape_end(void **state)
{
    (void)state;
    char *deep = arena_alloc(ctx.arena, 20001);
    const char *pieces[] = {">", "[", "*", "`", "![", "- ", "<", "&", "\\", "#"};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t n = strlen(pieces[i]);
        for (size_t k = 0; k + n <= 20000; k += n) {
            memcpy(deep + k, pieces[i], n);
        }
        assert_true(markdown_html(ctx.arena, (struct str){.p = deep, .n = 20000}).markup.n > 0);
    }
}

static void initials(const char *name, const char *expected)
{
    same(mark_initials(ctx.arena, str_from(name)), expected);
}

static void initials_of_names(void **state)
{
    (void)state;
    initials("Harbor College", "HC");
    initials("redleaf.example", "RE");
    initials("Kestrel & Co", "KC");
    initials("X", "X");
    initials("", "?");
    initials("???", "?");
    initials("jane.doe@a.example", "JD");
    initials("jane@a.example", "JA");
    initials("\xc3\x96resund \xc3\x86ther", "\xc3\x96\xc3\x86");
    initials("3M", "3M");
    int64_t hue = mark_hue(STR("redleaf.example"));
    assert_true(hue >= 0 && hue < MARK_HUES && hue == mark_hue(STR("redleaf.example")));
}

static void addresses_are_shortened(void **state)
{
    (void)state;
    same(panel_draw_path(&ctx, STR("https://a.example/b?c=d")), "/b?c=d");
    same(panel_draw_path(&ctx, STR("http://a.example")), "/");
    same(panel_draw_path(&ctx, STR("https://a.example/?utm_source=x&gclid=1")), "/");
    same(panel_draw_path(&ctx, STR("https://a.example/b?utm_source=x&c=d&utm_term=y&e")),
         "/b?c=d&e");
    same(panel_draw_path(&ctx, STR("https://a.example/b?")), "/b");
    same(panel_draw_path(&ctx, STR("javascript:alert(1)")), "javascript:alert(1)");
    char *path = arena_alloc(ctx.arena, 4000);
    memset(path, 'x', 4000);
    struct str cut = panel_draw_path(&ctx, (struct str){.p = path, .n = 4000});
    assert_true(cut.n < 100 && str_contains(cut, STR("…")));
    assert_true(str_is_null(panel_draw_link(STR("javascript:alert(1)"))));
    assert_true(str_is_null(panel_draw_link(STR("//a.example"))));
    assert_true(str_is_null(panel_draw_link(STR(" https://a.example"))));
    same(panel_draw_link(STR("https://a.example")), "https://a.example");
}

static void lengths_of_time(void **state)
{
    (void)state;
    assert_true(str_is_null(panel_draw_length(&ctx, 0)));
    assert_true(str_is_null(panel_draw_length(&ctx, -5 * CLOCK_SECOND)));
    same(panel_draw_length(&ctx, 48 * CLOCK_SECOND), "48 s");
    same(panel_draw_length(&ctx, 130 * CLOCK_SECOND), "2 m 10 s");
    same(panel_draw_length(&ctx, 360 * CLOCK_SECOND), "6 min");
    same(panel_draw_length(&ctx, 3700 * CLOCK_SECOND), "1 h 1 min");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(notes_are_markdown), TEST(notes_are_harmless),      TEST(notes_of_any_shape_end),
        TEST(initials_of_names),  TEST(addresses_are_shortened), TEST(lengths_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
