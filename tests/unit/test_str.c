/* str.h: text that is never assumed to end, and may be no value at all. */
#include "shared/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct str none = {0};

static void no_value_is_empty_but_not_a_value(void **state)
{
    (void)state;
    assert_true(str_is_null(none));
    assert_true(str_is_null(str_from(NULL)));
    assert_false(str_is_null(STR("")));
    assert_true(str_is_empty(none));
    assert_true(str_eq(none, STR("")));
    assert_true(str_is_null(str_trim(none)));
    assert_true(str_is_null(str_slice(none, 1, 5)));
    assert_int_equal(str_find(none, 'a'), 0);
    assert_true(str_starts(none, none));
    assert_true(str_contains(none, none));
    assert_true(str_is_utf8(none));
}

static void comparing(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a\0b"), STR("a\0b")));
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_eq_ci(STR("AbZ"), STR("aBz")));
    assert_false(str_eq_ci(STR("\xc3\x84"), STR("\xc3\xa4"))); /* ASCII only */
    assert_false(str_eq_ci(STR("["), STR("{")));
    assert_true(str_eq_secret(STR("abc"), STR("abc")));
    assert_false(str_eq_secret(STR("abc"), STR("abd")));
    assert_false(str_eq_secret(STR("abc"), STR("ab")));
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("a"), STR("")) > 0);
    assert_true(str_cmp(STR("\x7f"), STR("\x80")) < 0); /* bytes, not signed characters */
    assert_int_equal(str_cmp(none, STR("")), 0);
}

static void finding(void **state)
{
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("a"), STR("ab")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("c"), STR("bc")));
    assert_true(str_contains(STR("a\0bc"), STR("\0b")));
    assert_false(str_contains(STR("abc"), STR("ac")));
    assert_int_equal(str_find(STR("abc"), 'c'), 2);
    assert_int_equal(str_find(STR("abc"), 'x'), 3);
}

static void slicing_is_clamped(void **state)
{
    (void)state;
    assert_true(str_eq(str_slice(STR("abc"), 1, 2), STR("b")));
    assert_true(str_eq(str_slice(STR("abc"), 1, 99), STR("bc")));
    assert_int_equal(str_slice(STR("abc"), 5, 2).n, 0);
    assert_int_equal(str_slice(STR("abc"), SIZE_MAX, SIZE_MAX).n, 0);
}

static void trimming(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(STR(" \t\r\n a b \v\f")), STR("a b")));
    assert_true(str_eq(str_trim(STR("   ")), STR("")));
}

static void splitting(void **state)
{
    struct str rest = STR("a,,b");
    struct str part;
    (void)state;
    assert_true(str_next(&rest, ',', &part));
    assert_true(str_eq(part, STR("a")));
    assert_true(str_next(&rest, ',', &part));
    assert_true(str_eq(part, STR("")));
    assert_true(str_next(&rest, ',', &part));
    assert_true(str_eq(part, STR("b")));
    assert_false(str_next(&rest, ',', &part));
    rest = STR("");
    assert_true(str_next(&rest, ',', &part)); /* one empty part */
    assert_false(str_next(&rest, ',', &part));
}

static void integers(void **state)
{
    static const struct {
        struct str text;
        int64_t value;
    } good[] = {
        {STR_INIT("0"), 0},
        {STR_INIT("-0"), 0},
        {STR_INIT("007"), 7},
        {STR_INIT("9223372036854775807"), INT64_MAX},
        {STR_INIT("-9223372036854775808"), INT64_MIN},
    };
    static const struct str bad[] = {
        STR_INIT(""),
        STR_INIT("-"),
        STR_INIT("+1"),
        STR_INIT(" 1"),
        STR_INIT("1 "),
        STR_INIT("1.0"),
        STR_INIT("0x1"),
        STR_INIT("--1"),
        STR_INIT("1\0"),
        STR_INIT("1e3"),
        STR_INIT("9223372036854775808"),
        STR_INIT("-9223372036854775809"),
        STR_INIT("99999999999999999999999999"),
        {NULL, 0},
    };
    (void)state;
    int64_t value = 0;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(str_to_i64(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
    value = 42;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(str_to_i64(bad[i], &value));
        assert_int_equal(value, 42);
    }
}

static void doubles(void **state)
{
    static const struct str bad[] = {
        STR_INIT(""),
        STR_INIT(" 1"),
        STR_INIT("1 "),
        STR_INIT("1,5"),
        STR_INIT("nan"),
        STR_INIT("inf"),
        STR_INIT("1e999"),
        STR_INIT("1..2"),
        STR_INIT("abc"),
        {NULL, 0},
        STR_INIT("1234567890123456789012345678901234567890123456789012345678901234567890"),
    };
    (void)state;
    double value = 0;
    assert_true(str_to_double(STR("-1.5e3"), &value));
    assert_true(value > -1500.1 && value < -1499.9);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(str_to_double(bad[i], &value));
    }
}

static void utf8(void **state)
{
    static const struct str good[] = {
        STR_INIT(""),
        STR_INIT("a"),
        STR_INIT("\xc2\x80"),
        STR_INIT("\xed\x9f\xbf"),
        STR_INIT("\xee\x80\x80"),
        STR_INIT("\xf0\x90\x80\x80"),
        STR_INIT("\xf4\x8f\xbf\xbf"),
    };
    static const struct str bad[] = {
        STR_INIT("\x80"),
        STR_INIT("\xc1\xbf"),
        STR_INIT("\xc3"),
        STR_INIT("\xe0\x9f\xbf"),
        STR_INIT("\xed\xa0\x80"),
        STR_INIT("\xf0\x8f\xbf\xbf"),
        STR_INIT("\xf4\x90\x80\x80"),
        STR_INIT("\xf5\x80\x80\x80"),
        STR_INIT("\xff"),
        STR_INIT("a\xe2\x82"),
        STR_INIT("\xe2\x28\xa1"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(str_is_utf8(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(str_is_utf8(bad[i]));
    }
    assert_int_equal(str_utf8_length(STR("a\xc3\xa4\xf0\x9f\x98\x80")), 3);
}

static void cutting_keeps_characters_whole(void **state)
{
    (void)state;
    struct str text = STR("a\xc3\xa4\xf0\x9f\x98\x80");
    const size_t wanted[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};
    for (size_t max = 0; max < sizeof(wanted) / sizeof(wanted[0]); max++) {
        assert_int_equal(str_cut(text, max).n, wanted[max]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_value_is_empty_but_not_a_value),
        cmocka_unit_test(comparing),
        cmocka_unit_test(finding),
        cmocka_unit_test(slicing_is_clamped),
        cmocka_unit_test(trimming),
        cmocka_unit_test(splitting),
        cmocka_unit_test(integers),
        cmocka_unit_test(doubles),
        cmocka_unit_test(utf8),
        cmocka_unit_test(cutting_keeps_characters_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
