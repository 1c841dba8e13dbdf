/* clock.h and log.h: dates, ages, and one line an event. */
#include "shared/clock.h"
#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

static int setup(void **state)
{
    *state = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void check_rfc3339(struct arena *arena, int64_t at, const char *wanted)
{
    struct sb sb;
    sb_init(&sb, arena, 100);
    clock_rfc3339(&sb, at);
    assert_string_equal(arena_cstr(arena, sb_view(&sb)), wanted);
}

static void dates(void **state)
{
    check_rfc3339(*state, 0, "1970-01-01T00:00:00Z");
    check_rfc3339(*state, -1, "1969-12-31T23:59:59Z");
    check_rfc3339(*state, INT64_C(951782400) * CLOCK_SECOND, "2000-02-29T00:00:00Z");
    check_rfc3339(*state, INT64_C(4107542399) * CLOCK_SECOND, "2100-02-28T23:59:59Z");
    check_rfc3339(*state, INT64_C(4107542400) * CLOCK_SECOND, "2100-03-01T00:00:00Z");
    check_rfc3339(*state, INT64_C(-2203891200) * CLOCK_SECOND, "1900-03-01T00:00:00Z");
    check_rfc3339(*state, INT64_C(1795374300123456), "2026-11-22T19:05:00Z");
}

static void the_calendar_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -150000; day < 150000; day += 13) {
        time_t seconds = (time_t)(day * 86400 + 3661);
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        struct clock_date d = clock_date((int64_t)seconds * CLOCK_SECOND);
        assert_int_equal(d.year, tm.tm_year + 1900);
        assert_int_equal(d.month, tm.tm_mon + 1);
        assert_int_equal(d.day, tm.tm_mday);
        assert_int_equal(d.hour, 1);
        assert_int_equal(d.minute, 1);
        assert_int_equal(d.second, 1);
    }
}

static void times_that_were_sent(void **state)
{
    static const struct {
        const char *text;
        int64_t at;
    } right[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:01Z", CLOCK_SECOND},
        {"1970-01-01T00:00:01.5Z", CLOCK_SECOND * 3 / 2},
        {"1970-01-01t00:00:01.0000019z", CLOCK_SECOND + 1},
        {"1970-01-01 00:00:01", CLOCK_SECOND},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1970-01-01T00:00:00-0130", 90 * CLOCK_MINUTE},
        {"2026-11-22T19:05:00.123456Z", INT64_C(1795374300123456)},
    };
    static const char *const wrong[] = {
        "",
        "2026-02-30",
        "2026-11-22T",
        "2026-11-22T19:05",
        "2026-11-22T24:00:00",
        "2026-11-22T19:60:00",
        "2026-11-22T19:05:61",
        "2026-11-22T-1:05:00",
        "2026-11-22x19:05:00",
        "2026-11-22T19:05:00+1",
        "2026-11-22T19:05:00+24:00",
        "2026-11-22T19:05:00 ",
        "2026-11-22T19:05:00.x",
        "1969-12-31T00:00:00Z",
    };
    int64_t at;
    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        at = -1;
        if (!clock_parse_rfc3339(str_from(right[i].text), &at) || at != right[i].at) {
            fail_msg("%s was read as %lld", right[i].text, (long long)at);
        }
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (clock_parse_rfc3339(str_from(wrong[i]), &at)) {
            fail_msg("%s was read as a time", wrong[i]);
        }
    }
}

static void ages(void **state)
{
    static const struct {
        int64_t age;
        const char *text;
    } samples[] = {
        {0, "just now"},
        {59 * CLOCK_SECOND, "just now"},
        {-30 * CLOCK_SECOND, "just now"},
        {60 * CLOCK_SECOND, "1 min ago"},
        {CLOCK_HOUR - 1, "59 min ago"},
        {8 * CLOCK_HOUR, "8 h ago"},
        {23 * CLOCK_DAY, "23 d ago"},
        {30 * CLOCK_DAY, "1 mo ago"},
        {400 * CLOCK_DAY, "1 y ago"},
        {-3 * CLOCK_DAY, "in 3 d"},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct sb sb;
        sb_init(&sb, *state, 100);
        clock_relative(&sb, INT64_C(1795374300000000) - samples[i].age,
                       INT64_C(1795374300000000));
        assert_string_equal(arena_cstr(*state, sb_view(&sb)), samples[i].text);
    }
}

static void clocks_run(void **state)
{
    (void)state;
    int64_t before = clock_monotonic();
    assert_true(clock_now() > INT64_C(1577836800) * CLOCK_SECOND); /* 2020 */
    assert_true(clock_monotonic() >= before);
}

/* What one log line writes to standard error. */
static char *logged(struct arena *arena, enum log_level level, const struct ctx *ctx,
                    const struct log_field *fields)
{
    char *text = arena_alloc(arena, 8192);
    char path[] = "/tmp/test_log.XXXXXX";
    int file = mkstemp(path);
    int saved = dup(STDERR_FILENO);
    assert_true(file >= 0 && saved >= 0);
    (void)unlink(path);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    log_write(level, ctx, "test.event", fields);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_true(pread(file, text, 8191, 0) >= 0);
    (void)close(file);
    (void)close(saved);
    return text;
}

static void a_line_has_its_fields(void **state)
{
    struct ctx ctx = {.arena = *state, .id = STR("r 1")};
    const struct log_field fields[] = {LOG_TEXT("plain", "abc"),
                                       LOG_TEXT("empty", ""),
                                       LOG_TEXT("quoted", "a \"b\" \\"),
                                       LOG_I64("n", -5),
                                       {.key = NULL}};
    log_init(LOG_INFO, "test");
    char *line = logged(*state, LOG_WARN, &ctx, fields);
    const char *after_time = strchr(line, ' ');
    assert_non_null(after_time);
    assert_string_equal(after_time,
                        " level=warn program=test event=test.event id=\"r 1\" plain=abc "
                        "empty=\"\" quoted=\"a \\\"b\\\" \\\\\" n=-5\n");
}

static void values_cannot_start_a_line(void **state)
{
    const struct log_field fields[] = {LOG_STR("evil", STR("a\nlevel=error\r\0\x1b[2J")),
                                       {.key = NULL}};
    char *line = logged(*state, LOG_INFO, NULL, fields);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_null(strchr(line, '\r'));
    assert_null(strchr(line, 0x1b));
    assert_non_null(strstr(line, "\\x0a"));
}

static void low_levels_are_dropped(void **state)
{
    const struct log_field fields[] = {LOG_I64("n", 1), {.key = NULL}};
    log_init(LOG_WARN, "test");
    assert_string_equal(logged(*state, LOG_INFO, NULL, fields), "");
    assert_string_not_equal(logged(*state, LOG_ERROR, NULL, fields), "");
    log_init(LOG_INFO, "test");
}

static void long_values_are_cut(void **state)
{
    char *text = arena_alloc(*state, 10001);
    memset(text, '"', 10000);
    const struct log_field fields[] = {LOG_TEXT("long", text), LOG_I64("n", 1), {.key = NULL}};
    char *line = logged(*state, LOG_INFO, NULL, fields);
    assert_int_equal(strlen(line), 4096);
    assert_int_equal(line[4095], '\n');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dates),
        TEST(the_calendar_agrees_with_the_c_library),
        TEST(times_that_were_sent),
        TEST(ages),
        TEST(clocks_run),
        TEST(a_line_has_its_fields),
        TEST(values_cannot_start_a_line),
        TEST(low_levels_are_dropped),
        TEST(long_values_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
