/* json.h: strict about what it takes, exact about what it writes. */
#include "shared/json.h"

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

static enum err parse(struct str text, const struct json **out)
{
    ctx_clear(&ctx);
    return json_parse(&ctx, text, 1 << 20, out);
}

static const struct json *parsed(const char *text)
{
    const struct json *json = NULL;
    if (parse(str_from(text), &json) != ERR_NONE) {
        fail_msg("refused: %s", text);
    }
    return json;
}

static char *written(const struct json *json)
{
    struct sb sb;
    sb_init(&sb, ctx.arena, 1 << 20);
    json_write(&sb, json);
    return arena_cstr(ctx.arena, sb_view(&sb));
}

static void members_are_read(void **state)
{
    (void)state;
    const struct json *o =
        parsed(" {\"a\": 1, \"A\": \"x\", \"b\": [true, null, {}], \"a\": 2} \n");
    int64_t number = 0;
    bool yes = false;
    assert_int_equal(json_kind(o), JSON_OBJECT);
    assert_true(json_i64(json_get(o, "a"), &number));
    assert_int_equal(number, 1);
    assert_true(str_eq(json_text(json_get(o, "A")), STR("x")));
    assert_int_equal(json_count(o), 4);
    const struct json *b = json_get(o, "b");
    assert_int_equal(json_count(b), 3);
    assert_true(json_bool(json_first(b), &yes));
    assert_true(yes);
    assert_int_equal(json_kind(json_next(json_first(b))), JSON_NULL);
    assert_true(str_eq(json_key(json_first(o)), STR("a")));
    assert_true(str_is_null(json_key(json_first(b))));
}

static void what_is_missing_is_not_there(void **state)
{
    (void)state;
    const struct json *o = parsed("{\"a\": {}}");
    int64_t number = 7;
    double real = 7;
    bool yes = true;
    assert_null(json_get(o, "b"));
    assert_null(json_get(json_get(json_get(o, "b"), "c"), "d"));
    assert_null(json_get(parsed("[1]"), "a"));
    assert_int_equal(json_kind(NULL), JSON_NONE);
    assert_true(str_is_null(json_text(NULL)));
    assert_true(str_is_null(json_text(json_get(o, "a"))));
    assert_false(json_i64(NULL, &number));
    assert_false(json_i64(o, &number));
    assert_false(json_double(NULL, &real));
    assert_false(json_bool(NULL, &yes));
    assert_false(json_bool(parsed("1"), &yes));
    assert_null(json_first(NULL));
    assert_null(json_first(parsed("\"abc\"")));
    assert_null(json_next(NULL));
    assert_int_equal(json_count(NULL), 0);
    assert_int_equal(number, 7);
}

static void numbers_are_exact_or_refused(void **state)
{
    (void)state;
    int64_t number = 0;
    double real = 0;
    assert_true(json_i64(parsed("-9007199254740992"), &number));
    assert_int_equal(number, INT64_C(-9007199254740992));
    assert_true(json_i64(parsed("1e3"), &number));
    assert_int_equal(number, 1000);
    assert_false(json_i64(parsed("1.5"), &number));
    assert_false(json_i64(parsed("9223372036854775807"), &number));
    assert_false(json_i64(parsed("1e300"), &number));
    assert_false(json_i64(parsed("\"5\""), &number));
    assert_true(json_id(parsed("\"9223372036854775807\""), &number));
    assert_int_equal(number, INT64_MAX);
    assert_true(json_id(parsed("12"), &number));
    assert_false(json_id(parsed("\"12x\""), &number));
    assert_false(json_id(parsed("\"\""), &number));
    assert_true(json_double(parsed("0.1"), &real));
    assert_false(json_double(parsed("1e999"), &real));
}

static void text_is_decoded(void **state)
{
    (void)state;
    assert_true(str_eq(json_text(parsed("\"\\u00e9\\n\\\"\\\\\\/\"")), STR("\xc3\xa9\n\"\\/")));
    assert_true(str_eq(json_text(parsed("\"\\ud83d\\uDE00\"")), STR("\xf0\x9f\x98\x80")));
    assert_int_equal(json_text(parsed("\"\"")).n, 0);
    assert_false(str_is_null(json_text(parsed("\"\""))));
}

/* What browsers send of a title that was cut in the middle of a character. */
static void half_characters_are_replaced(void **state)
{
    (void)state;
    struct str wanted = STR("a\xef\xbf\xbd");
    assert_true(str_eq(json_text(parsed("\"a\\ud83d\"")), wanted));
    assert_true(str_eq(json_text(parsed("\"a\\ude00\"")), wanted));
    assert_true(str_eq(json_text(parsed("\"\\ud83d\\u0041\"")), STR("\xef\xbf\xbd"
                                                                    "A")));
    assert_true(str_eq(json_text(parsed("\"\\ud83d\\ud83d\\ude00\"")),
                       STR("\xef\xbf\xbd\xf0\x9f\x98\x80")));
    assert_true(str_eq(json_text(parsed("\"\\\\ud83d\"")), STR("\\ud83d"))); /* not an escape */
}

static void what_is_not_json_is_refused(void **state)
{
    static const struct str bad[] = {
        STR_INIT(""),
        {NULL, 0},
        STR_INIT("   "),
        STR_INIT("{"),
        STR_INIT("}"),
        STR_INIT("[1,]"),
        STR_INIT("{\"a\":}"),
        STR_INIT("{a:1}"),
        STR_INIT("{'a':1}"),
        STR_INIT("[1] 2"),
        STR_INIT("[1]]"),
        STR_INIT("tru"),
        STR_INIT("\"abc"),
        STR_INIT("\"abc\\\""),
        STR_INIT("\"\\x\""),
        STR_INIT("\"\\u12\""),
        STR_INIT("\"\\u12g4\""),
        STR_INIT("\"a\nb\""),
        STR_INIT("\"a\0b\""),
        STR_INIT("[1]\0"),
        STR_INIT("\0[1]"),
        STR_INIT("\"\\u0000\""),
        STR_INIT("{\"\\u0000\": 1}"),
        STR_INIT("\"\xff\""),
        STR_INIT("\"\xed\xa0\x80\""),
        STR_INIT("[1\v]"),
        STR_INIT("NaN"),
        STR_INIT("/* x */ 1"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct json *json = NULL;
        if (parse(bad[i], &json) != ERR_INVALID) {
            fail_msg("taken: %.*s", STR_ARG(bad[i]));
        }
        assert_null(json);
        assert_true(ctx.why.n != 0);
    }
}

static struct str nested(size_t depth, char open, char close)
{
    char *text = arena_alloc(ctx.arena, depth * 2 + 1);
    memset(text, open, depth);
    memset(text + depth, close, depth);
    return str_from(text);
}

static void limits_hold(void **state)
{
    (void)state;
    const struct json *json = NULL;
    assert_int_equal(parse(nested(JSON_DEPTH_MAX, '[', ']'), &json), ERR_NONE);
    assert_int_equal(parse(nested(JSON_DEPTH_MAX + 1, '[', ']'), &json), ERR_LIMIT);
    assert_int_equal(parse(nested(500000, '[', ']'), &json), ERR_LIMIT);
    assert_int_equal(json_parse(&ctx, STR("[1, 2]"), 5, &json), ERR_LIMIT);
    ctx_clear(&ctx);
    assert_int_equal(json_parse(&ctx, STR("[1, 2]"), 6, &json), ERR_NONE);
    size_t n = JSON_VALUES_MAX * 2 + 10;
    char *text = arena_alloc(ctx.arena, n + 1);
    for (size_t i = 0; i < n; i++) {
        text[i] = i % 2 == 0 ? '1' : ',';
    }
    text[0] = '[';
    text[n - 1] = ']';
    assert_int_equal(parse(str_from(text), &json), ERR_LIMIT);
    /* Brackets in text are not nesting. */
    assert_int_equal(parse(STR("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""), &json),
                     ERR_NONE);
}

static void writing(void **state)
{
    (void)state;
    assert_string_equal(written(parsed(" {\"a\" : [1, -2.5, true , false, null], \"b\":{}} ")),
                        "{\"a\":[1,-2.5,true,false,null],\"b\":{}}");
    assert_string_equal(written(NULL), "null");
    assert_string_equal(written(parsed("\"\\u0001\\u007f\\n\\t\\\"\\\\ \\u00e9\"")),
                        "\"\\u0001\\u007f\\n\\t\\\"\\\\ \xc3\xa9\"");
    assert_string_equal(written(parsed("0.1")), "0.1");
    assert_string_equal(written(parsed("0.30000000000000004")), "0.30000000000000004");
    assert_string_equal(written(parsed("9007199254740992")), "9007199254740992");
    assert_string_equal(written(parsed("-1000000000000000")), "-1000000000000000");
    assert_string_equal(written(parsed("1e300")), "1e+300");
    assert_string_equal(written(parsed("1e999")), "null");
    assert_string_equal(written(parsed("{\"a\\\"b\": []}")), "{\"a\\\"b\":[]}");
}

static void no_value_is_written_as_null(void **state)
{
    struct sb sb;
    (void)state;
    sb_init(&sb, ctx.arena, 100);
    json_write_str(&sb, (struct str){0});
    json_write_str(&sb, STR(""));
    json_write_str(&sb, STR("a\0b"));
    assert_string_equal(arena_cstr(ctx.arena, sb_view(&sb)), "null\"\"\"a\\u0000b\"");
}

static void what_was_written_reads_back(void **state)
{
    (void)state;
    const char *text = "{\"k\":[\"\xf0\x9f\x98\x80\",\"</script>\",1.25e-09,{\"x\":[[]]}]}";
    assert_string_equal(written(parsed(written(parsed(text)))), text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_are_read),
        TEST(what_is_missing_is_not_there),
        TEST(numbers_are_exact_or_refused),
        TEST(text_is_decoded),
        TEST(half_characters_are_replaced),
        TEST(what_is_not_json_is_refused),
        TEST(limits_hold),
        TEST(writing),
        TEST(no_value_is_written_as_null),
        TEST(what_was_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
