/* Pages as a flat list: encodings, bounds, text, links. */
#include "tests/unit/pages.h"

static struct str text_of(struct str html)
{
    struct markup markup = markup_of(html);
    return markup.n == 0 ? (struct str){0} : markup_text(&ctx, &markup, 0, 2000);
}

static struct str text_in(struct str html, struct str type)
{
    struct markup markup;
    markup_read(&ctx, html, type, STR("https://m.example/"), &markup);
    return markup_text(&ctx, &markup, 0, 2000);
}

static void a_list_in_document_order(void **state)
{
    (void)state;
    struct markup markup = markup_of(
        STR("<body><DIV ID=a class='one Two'><p>x<b>y</b></div><custom-tag>z</custom-tag>"));
    size_t i = 0;
    while (!markup_is(&markup.nodes[i], "div")) {
        i++;
    }
    const struct markup_node *div = &markup.nodes[i];
    assert_text(markup_attribute(div, "id"), "a");
    assert_true(str_is_null(markup_attribute(div, "href")));
    assert_true(markup_has_word(div, "class", STR("two")));
    assert_false(markup_has_word(div, "class", STR("tw")));
    assert_int_equal(div->end, i + 5); /* p, x, b, y */
    assert_text(markup.nodes[div->end].tag, "custom-tag");
    assert_text(markup.nodes[div->parent].tag, "body");
    assert_text(markup_text(&ctx, &markup, i, 100), "xy");
}

static void text_is_what_people_read(void **state)
{
    (void)state;
    assert_text(
        text_of(STR("<p>Fish &amp; <b>chips</b></p><p>Two<br>lines</p><script>x</script>"
                    "<style>y</style><svg><text>z</text></svg><!-- w -->")),
        "Fish & chips Two lines");
    assert_text(text_of(STR("<p>\xc2\xa0 a\t\n b \xc2\xa0</p>")), "a b");
    assert_text(markup_tidy(&ctx, STR("12345678"), 5), "12345");
    assert_text(markup_tidy(&ctx, STR("ab\xc3\xa9"), 3), "ab");
    assert_true(str_is_null(markup_tidy(&ctx, STR(" \n "), 5)));
}

static void encodings(void **state)
{
    (void)state;
    assert_text(text_in(STR("M\xfcller"), STR("text/html; charset=iso-8859-1")), "Müller");
    assert_text(text_of(STR("<meta charset='windows-1252'>\x80uro")), "€uro");
    assert_text(text_of(STR("<meta charset=utf-8>broken \xff byte")), "broken ÿ byte");
    assert_text(text_of(STR("<meta charset=no-such-thing>\xe9t\xe9")), "été");
    assert_text(text_of(STR("\xef\xbb\xbfM\xc3\xbcller")), "Müller");
    assert_text(text_in(STR("\xff\xfe<\0p\0>\0\xe9\0"), STR("text/html")), "é");
    assert_text(text_in(STR("\x83\x41"), STR("text/html;charset=\"Shift_JIS\"")), "ア");
    assert_text(text_in(STR("\xcf\xf0\xe8"), STR("text/html; charset=windows-1251")), "При");
    /* Converters that keep a state are not opened; what is named is not what is there. */
    assert_text(text_in(STR("a\xe9"), STR("text/html; charset=ISO-2022-CN-EXT")), "aé");
    assert_text(text_in(STR("a\xe9"), STR("text/html; charset=../../../etc/passwd")), "aé");
    assert_text(text_in(STR("plain"), STR("text/html; charset=utf-16")), "plain");
}

static void links(void **state)
{
    (void)state;
    struct markup markup = markup_of(STR("<p>"));
    struct str url;
    assert_true(markup_link(&ctx, &markup, STR(" ../about?x#y "), &url));
    assert_text(url, "https://www.acme.com/about?x#y");
    assert_true(markup_link(&ctx, &markup, STR("//cdn.example/i.png"), &url));
    assert_text(url, "https://cdn.example/i.png");
    assert_false(markup_link(&ctx, &markup, STR("javascript:alert(1)"), &url));
    assert_false(markup_link(&ctx, &markup, STR("data:text/html,x"), &url));
    assert_false(markup_link(&ctx, &markup, STR("file:///etc/passwd"), &url));
    assert_false(markup_link(&ctx, &markup, STR(""), &url));
    markup = markup_of(STR("<base href='/de/'><p>"));
    assert_true(markup_link(&ctx, &markup, STR("kontakt"), &url));
    assert_text(url, "https://www.acme.com/de/kontakt");
}

static void hostile_pages_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(markup_of(STR("")).n, 0);
    assert_true(markup_of(STR("\0\0\0\x01\x02 not html \xff\xfe")).n < 10);
    struct markup deep = markup_of(repeat("<div>", 300000));
    assert_true(deep.n > 1000 && deep.n <= MARKUP_TAGS + 5);
    assert_text(text_of(repeat("x<div>", 100)),
                "x x x x x x x x x x x x x x x x x x x x x x x "
                "x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x "
                "x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x");
}

/* Each <p> opens all elements before it again: n times n of them. */
static void formatting_elements_cannot_explode(void **state)
{
    (void)state;
    struct sb sb;
    sb_init(&sb, ctx.arena, (size_t)1 << 20);
    SB_LIT(&sb, "<p>");
    for (int i = 0; i < 5000; i++) {
        sb_printf(&sb, "<font size=%d>", i);
    }
    for (int i = 0; i < 5000; i++) {
        SB_LIT(&sb, "<p>x");
    }
    size_t before = arena_used(ctx.arena);
    assert_int_equal(markup_of(sb_view(&sb)).n, 0);
    assert_true(arena_used(ctx.arena) - before < (size_t)64 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_in_document_order),
        cmocka_unit_test(text_is_what_people_read),
        cmocka_unit_test(encodings),
        cmocka_unit_test(links),
        cmocka_unit_test(hostile_pages_are_bounded),
        cmocka_unit_test(formatting_elements_cannot_explode),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
