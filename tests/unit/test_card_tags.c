/* card_tags.h: the plain form, everything else, and nonsense. */
#include "fcgi/card_tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;
static struct card_tags tags;
static size_t more;

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

static size_t read(const char *json)
{
    card_tags_read(&ctx, str_from(json), 3, &tags, &more);
    assert_int_equal(ctx.err, ERR_NONE);
    return tags.n;
}

static void plain(void **state)
{
    (void)state;
    assert_int_equal(read("[[\"Interest\", 12], [\"Partner ]x, [\", 1]]"), 2);
    assert_true(str_eq(tags.v[0].name, STR("Interest")));
    assert_int_equal(tags.v[0].count, 12);
    assert_true(str_eq(tags.v[1].name, STR("Partner ]x, [")));
    assert_int_equal(more, 0);
}

static void more_than_are_shown(void **state)
{
    (void)state;
    assert_int_equal(read("[[\"a\", 5], [\"b\", 4], [\"c\", 3], [\"d\", 2], [\"e\", 1]]"), 3);
    assert_int_equal(more, 2);
}

static void escapes_and_other_spacing(void **state)
{
    (void)state;
    assert_int_equal(read("[[\"a\\\"b\\u00e4\", 2]]"), 1);
    assert_true(str_eq(tags.v[0].name, STR("a\"b\xc3\xa4")));
    assert_int_equal(read("[[\"a\",2],[\"b\",1]]"), 2);
    assert_int_equal(tags.v[0].count, 2);
    assert_int_equal(read("[[\"a\"], [2, 3], 7, \"x\", [\"b\", \"c\"]]"), 2);
    assert_int_equal(tags.v[0].count, 0);
}

static void nothing(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",    "[]",         "{}",          "null",        "[[",
        "[[]", "[[\"a\", 1", "[[\"a\", 1]", "[[\"a\", ]]", "[[\"a"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(read(none[i]), 0);
        assert_int_equal(more, 0);
    }
    card_tags_read(&ctx, (struct str){0}, 3, &tags, &more);
    assert_int_equal(tags.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_are_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes_and_other_spacing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
