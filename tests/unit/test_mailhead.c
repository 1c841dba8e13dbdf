/* Header fields of mails: right for readers, and nothing in them can end a line. */
#include "worker/mailhead.h"

#include "shared/clock.h"
#include "worker/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new((size_t)8 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void assert_text(const char *text, const char *line)
{
    struct str made = mailhead_text(ctx.arena, "Subject", str_from(text));
    if (!str_eq(made, str_from(line))) {
        fail_msg("%.*s", STR_ARG(made));
    }
}

static void subjects(void **state)
{
    (void)state;
    assert_text("A plain one", "Subject: A plain one");
    assert_text("", "Subject: ");
    assert_text("Größe", "Subject: =?UTF-8?B?R3LDtsOfZQ==?=");
    assert_text("=?UTF-8?Q?x?=", "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=");
    assert_text("a\r\nBcc: b@c.d\tx\x7f", "Subject: a Bcc: b@c.d x");
    assert_text("\xff\xfe", "Subject: ?");
    assert_text("aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc dddddddddd eee",
                "Subject: aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc\r\n "
                "dddddddddd eee");
}

static void long_words_are_divided_between_characters(void **state)
{
    (void)state;
    struct sb text;
    sb_init(&text, ctx.arena, 1000);
    for (int i = 0; i < 40; i++) {
        SB_LIT(&text, "\u65e5\u672c");
    }
    struct str rest = mailhead_text(ctx.arena, "Subject", sb_view(&text)), line;
    int lines = 0;
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        size_t start = str_find(line, '?');
        assert_true(line.n <= 76);
        assert_true(str_ends(line, STR("?=")));
        assert_true(start < line.n);
        lines++;
    }
    assert_int_equal(lines, 7);
}

/* 998 characters are a line's most (RFC 5322, 2.1.1); a receiver may refuse the mail. */
static void no_line_is_too_long(void **state)
{
    (void)state;
    const char filled[] = {'a', ' ', '\xc3'};
    for (size_t f = 0; f < sizeof(filled); f++) {
        char text[5000];
        memset(text, filled[f], sizeof(text));
        text[0] = text[sizeof(text) - 1] = 'b';
        for (size_t n = 900; n <= sizeof(text); n += 100) {
            struct str whole = {.p = text, .n = n};
            struct str rest = mailhead_text(ctx.arena, "Subject", whole), line;
            while (str_next(&rest, '\n', &line)) {
                assert_true(line.n <= 998);
                assert_true(str_is_empty(rest) || str_ends(line, STR("\r")));
            }
        }
    }
}

static void addresses(void **state)
{
    (void)state;
    struct str line;
    assert_int_equal(mailhead_address(&ctx, "To", STR("Ann \"A\" Day\\"),
                                      STR("ann.day+x@acme.example"), &line),
                     ERR_NONE);
    assert_true(str_eq(line, STR("To: \"Ann \\\"A\\\" Day\\\\\" <ann.day+x@acme.example>")));
    assert_int_equal(mailhead_address(&ctx, "To", STR(""), STR("a@b"), &line), ERR_NONE);
    assert_true(str_eq(line, STR("To: <a@b>")));
    assert_int_equal(
        mailhead_address(&ctx, "From", STR("x\r\nBcc: y@z.w"), STR("a@b.c"), &line), ERR_NONE);
    assert_true(str_eq(line, STR("From: \"x  Bcc: y@z.w\" <a@b.c>")));
}

static void what_is_no_address_is_refused(void **state)
{
    static const struct str bad[] = {STR_INIT(""),
                                     STR_INIT("a"),
                                     STR_INIT("@b.c"),
                                     STR_INIT("a@"),
                                     STR_INIT("a b@c.d"),
                                     STR_INIT("a@b.c>"),
                                     STR_INIT("a@b c"),
                                     STR_INIT("a@b@c"),
                                     STR_INIT("<a@b.c>"),
                                     STR_INIT("a@b.c\r\n"),
                                     STR_INIT("a,b@c.d"),
                                     STR_INIT("a@b.c, d@e.f"),
                                     STR_INIT("\"a\"@b.c"),
                                     STR_INIT("\xc3\xa4@b.c"),
                                     STR_INIT("a@[127.0.0.1]")};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str line;
        ctx_clear(&ctx);
        assert_false(mailhead_is_address(bad[i]));
        assert_int_equal(mailhead_address(&ctx, "To", STR(""), bad[i], &line), ERR_INVALID);
    }
}

static void dates_and_ids(void **state)
{
    (void)state;
    assert_true(str_eq(mailhead_date(ctx.arena, INT64_C(1667507170344522)),
                       STR("Date: Thu, 03 Nov 2022 20:26:10 +0000")));
    assert_true(
        str_eq(mailhead_date(ctx.arena, 0), STR("Date: Thu, 01 Jan 1970 00:00:00 +0000")));
    assert_true(str_eq(mailhead_id(ctx.arena, STR("u-1"), STR("lb@acme.example")),
                       STR("Message-ID: <u-1@acme.example>")));
}

static void a_letter_says_the_same_twice(void **state)
{
    (void)state;
    struct letter letter;
    struct str text, html;
    letter_open(&letter, ctx.arena, STR("A <title>"));
    letter_paragraph(&letter, STR("Hello & welcome"));
    letter_item(&letter, STR("<b>One</b>"), STR("https://lb.example/x?a=1&b=2"));
    letter_item(&letter, STR("Two"), STR(""));
    letter_button(&letter, STR("Open"), STR("javascript:alert(1)"));
    letter_close(&letter, STR("Foot"), &text, &html);
    assert_true(str_eq(text, STR("Hello & welcome\n\n- <b>One</b>\n  "
                                 "https://lb.example/x?a=1&b=2\n- Two\n\nOpen: "
                                 "javascript:alert(1)\n\n-- \nFoot\n")));
    assert_true(str_contains(html, STR("<title>A &lt;title&gt;</title>")));
    assert_true(str_contains(html, STR("&lt;b&gt;One&lt;/b&gt;")));
    assert_true(str_contains(html, STR("href=\"https://lb.example/x?a=1&amp;b=2\"")));
    assert_false(str_contains(html, STR("javascript:")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects),
        cmocka_unit_test(long_words_are_divided_between_characters),
        cmocka_unit_test(no_line_is_too_long),
        cmocka_unit_test(addresses),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(dates_and_ids),
        cmocka_unit_test(a_letter_says_the_same_twice),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
