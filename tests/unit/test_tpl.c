#include "shared/tpl.h"

#include "shared/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena *arena;
static struct sb out;

static int setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)16 << 20);
    sb_init(&out, arena, 100000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void expect(const char *text)
{
    if (!str_eq(sb_view(&out), str_from(text))) {
        fail_msg("'%.*s' instead of '%s'", STR_ARG(sb_view(&out)), text);
    }
    out.n = 0;
}

static void numbers(void **state)
{
    static const struct {
        int64_t value;
        const char *text;
    } list[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {-1, "-1"},
        {-999, "-999"},
        {-1000, "-1,000"},
        {12480, "12,480"},
        {100000, "100,000"},
        {1234567, "1,234,567"},
        {INT64_MAX, "9,223,372,036,854,775,807"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        tpl_number(&out, list[i].value);
        expect(list[i].text);
    }
}

static void counts(void **state)
{
    (void)state;
    tpl_count(&out, 0, "contact", "contacts");
    expect("0 contacts");
    tpl_count(&out, 1, "contact", "contacts");
    expect("1 contact");
    tpl_count(&out, 1234, "company", "companies");
    expect("1,234 companies");
}

static void times(void **state)
{
    (void)state;
    tpl_time(&out, 0);
    expect("never");
    tpl_time(&out, INT64_MIN);
    expect("never");
    tpl_time(&out, clock_now() - 8 * CLOCK_HOUR);
    assert_true(str_ends(sb_view(&out), STR(" UTC\">8 h ago</time>")));
    out.n = 0;
    tpl_time(&out, INT64_C(1000000000) * CLOCK_SECOND);
    assert_true(str_starts(sb_view(&out), STR("<time datetime=\"2001-09-09T01:46:40Z\" "
                                              "title=\"9 Sep 2001, 01:46 UTC\">")));
}

static void values_of_every_type(void **state)
{
    (void)state;
    const struct {
        struct str str;
        const char *text;
        char room[4];
        int8_t i8;
        int16_t i16;
        int64_t i64;
        uint8_t u8;
        size_t size;
        enum { ONE = 1 } choice;
    } v = {STR("<"), "&", "abc", -1, -2, INT64_MIN, 255, SIZE_MAX, ONE};
    tpl_text(&out, v.str);
    tpl_plain(&out, v.text);
    tpl_attr(&out, v.room);
    tpl_text(&out, v.i8);
    tpl_attr(&out, v.i16);
    tpl_query(&out, v.i64);
    tpl_url(&out, v.u8);
    tpl_text(&out, v.size);
    tpl_text(&out, v.choice);
    tpl_text(&out, (struct html){STR("<hr>")});
    expect("&lt;&amp;abc-1-2-922337203685477580825518446744073709551615"
           "1<hr>");
    tpl_text(&out, (const char *)NULL);
    tpl_url(&out, "javascript:x");
    tpl_query(&out, "a b");
    expect(HTML_URL_REFUSED "a%20b");
}

static void truth(void **state)
{
    (void)state;
    assert_true(tpl_true(STR("0")));
    assert_false(tpl_true(STR("")));
    assert_false(tpl_true((struct str){0}));
    assert_true(tpl_true(true));
    assert_false(tpl_true(0));
    assert_true(tpl_true((int64_t)1 << 40));
    assert_true(tpl_true((uint64_t)1 << 63));
    assert_true(tpl_true("x"));
    assert_false(tpl_true(""));
    assert_false(tpl_true((const char *)NULL));
    assert_true(tpl_true(0.5));
    assert_true(tpl_true(&out));
    assert_false(tpl_true((struct sb *)NULL));
    assert_true(tpl_true((struct html){STR("x")}));
    assert_false(tpl_true((struct html){STR("")}));
}

static void token_field(void **state)
{
    (void)state;
    tpl_csrf(&out, STR("a\"b"));
    expect("<input type=\"hidden\" name=\"csrf\" value=\"a&quot;b\">");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(numbers), TEST(counts),      TEST(times), TEST(values_of_every_type),
        TEST(truth),   TEST(token_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
