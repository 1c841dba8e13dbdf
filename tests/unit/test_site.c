#include "worker/site.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new((size_t)64 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static struct site read_page(struct str html)
{
    struct site site;
    site_read(&ctx, html, STR("text/html"), STR("https://acme.example/en/"), &site);
    return site;
}

#define assert_text(s, literal)                                                                \
    do {                                                                                       \
        if (!str_eq((s), STR(literal))) {                                                      \
            fail_msg("“%.*s” instead of “%s”", STR_ARG(s), literal);                           \
        }                                                                                      \
    } while (0)

static void open_graph_wins(void **state)
{
    (void)state;
    struct site site = read_page(STR(
        "<!doctype html><title>Home | Acme Inc.</title><meta name=description content=second>"
        "<meta property=og:site_name content='Acme'><meta property='og:title' content='Anvils'>"
        "<meta property=og:description content='  We   make\n anvils. '>"
        "<link rel='shortcut icon' href=/favicon.ico><link rel=apple-touch-icon "
        "href=touch.png>"));
    assert_text(site.name, "Acme");
    assert_text(site.title, "Anvils");
    assert_text(site.description, "We make anvils.");
    assert_text(site.icon, "https://acme.example/en/touch.png");
}

static void name_from_title(void **state)
{
    (void)state;
    assert_text(read_page(STR("<title>Acme &amp; Sons | The best anvils in town</title>")).name,
                "Acme & Sons");
    assert_text(read_page(STR("<title>Anvils for everyone – Acme</title>")).name, "Acme");
    assert_text(read_page(STR("<title>Acme</title><svg><title>logo</title></svg>")).name,
                "Acme");
    assert_text(read_page(STR("<svg><title>logo</title></svg>")).name, "");
}

static void icon_choice(void **state)
{
    (void)state;
    assert_text(
        read_page(STR("<link rel=icon sizes=512x512 href=/b.png><link rel=icon "
                      "sizes=96x96 href=/m.png><link rel=icon sizes=16x16 href=/s.png>"))
            .icon,
        "https://acme.example/m.png");
    assert_true(str_is_null(read_page(STR("<link rel=icon href='javascript:alert(1)'>")).icon));
    assert_true(
        str_is_null(read_page(STR("<link rel=icon href='data:image/png;base64,xx'>")).icon));
    assert_true(str_is_null(read_page(STR("<link rel=icon href=/logo.svg>")).icon));
    assert_true(
        str_is_null(read_page(STR("<link rel=icon type=image/svg+xml href=/logo>")).icon));
    assert_text(read_page(STR("<link rel=icon href=//cdn.example/i.png>")).icon,
                "https://cdn.example/i.png");
}

static void charsets(void **state)
{
    (void)state;
    struct site site;
    site_read(&ctx, STR("<title>M\xfcller</title>"), STR("text/html; charset=iso-8859-1"),
              STR("https://m.example/"), &site);
    assert_text(site.name, "Müller");
    assert_text(read_page(STR("<meta charset='windows-1252'><title>\x80uro</title>")).name,
                "€uro");
    assert_text(read_page(STR("<meta charset=utf-8><title>broken \xff byte</title>")).name,
                "broken ÿ byte");
    assert_text(read_page(STR("<meta charset=no-such-thing><title>\xe9t\xe9</title>")).name,
                "été");
}

static void hostile_pages(void **state)
{
    (void)state;
    assert_true(str_is_empty(read_page(STR("")).name));
    assert_true(str_is_empty(read_page(STR("\0\0\0\x01\x02 not html \xff\xfe")).description));
    assert_true(str_is_empty(read_page(STR("<meta property=og:title>")).title));
    struct sb deep;
    sb_init(&deep, ctx.arena, (size_t)2 << 20);
    for (int i = 0; i < 300000; i++) {
        SB_LIT(&deep, "<div>");
    }
    assert_true(str_is_empty(read_page(sb_view(&deep)).name));
    struct sb longer;
    sb_init(&longer, ctx.arena, (size_t)1 << 20);
    SB_LIT(&longer, "<title>");
    for (int i = 0; i < 100000; i++) {
        SB_LIT(&longer, "ü ");
    }
    struct site site = read_page(sb_view(&longer));
    assert_true(site.name.n <= SITE_NAME_MAX && str_is_utf8(site.name));
    assert_text(read_page(STR("<title><b>Acme</b><script>x</script></title>")).name,
                "<b>Acme</b><script>x</script>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_graph_wins), cmocka_unit_test(name_from_title),
        cmocka_unit_test(icon_choice),     cmocka_unit_test(charsets),
        cmocka_unit_test(hostile_pages),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
