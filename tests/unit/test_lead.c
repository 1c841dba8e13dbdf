/* One lead's page: charts, how often it comes, what browsers say. */
#include "fcgi/chart_draw.h"
#include "fcgi/lead_draw.h"
#include "shared/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DAY CLOCK_DAY
#define TODAY 20778 /* 21 November 2026 */
#define NOW (TODAY * DAY + 12 * CLOCK_HOUR)

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

/* ---- activity ---- */

static void young_leads_have_days(void **state)
{
    (void)state;
    int64_t first = chart_activity_first_day(NOW - 3 * DAY, NOW);
    assert_int_equal(first, TODAY - 29);
    const struct chart_day days[] = {{TODAY, 1, 4}, {TODAY - 3, 2, 8}, {TODAY - 40, 9, 99}};
    struct activity_chart chart = chart_activity(&ctx, days, 3, first, NOW);
    assert_int_equal(chart.n_bars, 30);
    assert_int_equal(chart.width, 300);
    assert_int_equal(chart.bars[26].height, CHART_HEIGHT);
    assert_int_equal(chart.bars[29].height, CHART_HEIGHT / 2);
    assert_int_equal(chart.bars[29].y, CHART_HEIGHT / 2);
    assert_int_equal(chart.bars[0].height, 0);
    same(chart.bars[26].label, "18 Nov 2026: 8 events in 2 sessions");
    same(chart.about, "12 events in 3 sessions in the last 30 days, most on 18 Nov 2026.");
    assert_int_equal(chart.n_rows, 2);
    same(chart.rows[0].when, "21 Nov 2026");
}

static void others_have_weeks(void **state)
{
    (void)state;
    int64_t first = chart_activity_first_day(NOW - 400 * DAY, NOW);
    assert_int_equal(first, TODAY - 181);
    const struct chart_day days[] = {{TODAY - 6, 1, 1}, {TODAY, 1, 1}, {TODAY - 7, 1, 1000}};
    struct activity_chart chart = chart_activity(&ctx, days, 3, first, NOW);
    assert_int_equal(chart.n_bars, 26);
    assert_int_equal(chart.bars[24].height, CHART_HEIGHT);
    assert_int_equal(chart.bars[25].height, 2); /* to be seen at all */
    same(chart.bars[25].label, "Week from 15 Nov 2026: 2 events in 2 sessions");
}

static void nothing_is_drawn_as_nothing(void **state)
{
    (void)state;
    struct activity_chart chart = chart_activity(&ctx, NULL, 0, TODAY - 29, NOW);
    assert_int_equal(chart.n_rows, 0);
    assert_int_equal(chart.bars[3].height, 0);
    same(chart.about, "Nothing in the last 30 days.");
    const struct chart_day odd[] = {{TODAY + 5, 1, 1}, {-5, 1, 1}, {INT32_MAX, 1, 1}};
    assert_int_equal(chart_activity(&ctx, odd, 3, TODAY - 29, NOW).n_rows, 0);
}

static void anything_by_day(void **state)
{
    (void)state;
    const struct chart_day days[] = {{TODAY - 2, 0, 40}, {TODAY - 1, 0, 0}, {TODAY, 0, 1}};
    struct activity_chart chart = chart_days(&ctx, days, 3, "run", "runs");
    assert_int_equal(chart.n_bars, 3);
    assert_int_equal(chart.width, 30);
    assert_int_equal(chart.bars[0].height, CHART_HEIGHT);
    assert_int_equal(chart.bars[1].height, 0);
    assert_int_equal(chart.bars[2].height, 2); /* to be seen at all */
    same(chart.bars[2].label, "21 Nov 2026: 1 run");
    same(chart.about, "41 runs in 3 days, most on 19 Nov 2026: 40.");
    same(chart.from, "19 Nov 2026");
    same(chart.to, "21 Nov 2026");
    assert_int_equal(chart.n_rows, 2);
    same(chart.rows[0].when, "21 Nov 2026");
    same(chart_days(&ctx, days + 1, 1, "run", "runs").about, "No runs in 1 day.");
    assert_int_equal(chart_days(&ctx, NULL, 0, "run", "runs").n_bars, 0);
}

/* ---- the score ---- */

static struct score_chart drawn(const struct chart_score *days, size_t n, int64_t day,
                                int64_t score)
{
    const struct chart_scores scores = {
        .days = days, .n_days = n, .last = {.day = day, .score = score}};
    return chart_score(&ctx, &scores, NOW);
}

static void scores_are_steps(void **state)
{
    (void)state;
    const struct chart_score days[] = {{TODAY - 10, 20}, {TODAY - 5, 60}};
    struct score_chart chart = drawn(days, 2, TODAY, 50);
    same(chart.line, "M0 80H500V40H1000V50");
    same(chart.area, "M0 80H500V40H1000V50V100H0Z");
    same(chart.about, "From 20 on 11 Nov 2026 to 50 today, at most 60.");
    assert_int_equal(chart.n_rows, 3);
    same(chart.rows[0].when, "Today");
    assert_int_equal(chart.rows[2].score, 20);
    same(drawn(days, 2, TODAY - 2, 50).line, "M0 80H500V40H800V50H1000V50");
    same(drawn(days, 2, TODAY - 7, 50).line, "M0 80H500V40H1000V50");
}

static void one_day_is_no_history(void **state)
{
    (void)state;
    assert_true(str_is_empty(drawn(NULL, 0, TODAY, 50).line));
    const struct chart_score today[] = {{TODAY, 30}};
    assert_true(str_is_empty(drawn(today, 1, TODAY, 50).line));
    const struct chart_score odd[] = {{TODAY - 1, -7}, {TODAY, 30}};
    same(drawn(odd, 2, TODAY, 1000).line, "M0 100H1000V0");
}

/* On the days that are shown, the first and the last among them. */
static void changes_of_the_formula_are_marked(void **state)
{
    (void)state;
    const struct chart_score days[] = {{TODAY - 10, 20}, {TODAY - 5, 60}};
    const struct chart_change changes[] = {
        {TODAY - 11, 1}, {TODAY - 10, 2}, {TODAY - 5, 3}, {TODAY - 2, 4}, {TODAY + 1, 5}};
    const struct chart_scores scores = {
        .days = days, .n_days = 2, .last = {TODAY, 50}, .changes = changes, .n_changes = 5};
    struct score_chart chart = chart_score(&ctx, &scores, NOW);
    assert_int_equal(chart.n_marks, 3);
    assert_int_equal(chart.marks[0].x, 0);
    assert_int_equal(chart.marks[1].x, 500);
    assert_int_equal(chart.marks[2].x, 800);
    same(chart.marks[2].label, "Version 4 of the formula: 19 Nov 2026");
    assert_true(str_contains(chart.about, STR("Version 3 of the formula: 16 Nov 2026.")));
    assert_int_equal(chart.rows[0].version, 0);
    assert_int_equal(chart.rows[1].version, 3);
    assert_int_equal(chart.rows[2].version, 2);
}

/* ---- words ---- */

static void how_often(void **state)
{
    (void)state;
    assert_true(str_is_empty(lead_draw_frequency(&ctx, 1, 0, 90 * DAY)));
    assert_true(str_is_empty(lead_draw_frequency(&ctx, 5, DAY, DAY)));
    same(lead_draw_frequency(&ctx, 9, 0, DAY), "several times a day");
    same(lead_draw_frequency(&ctx, 5, 0, 4 * DAY), "about every day");
    same(lead_draw_frequency(&ctx, 4, 0, 30 * DAY), "about every 10 days");
}

static void screens(void **state)
{
    (void)state;
    same(lead_draw_screen(&ctx, STR("1440x900")), "1440 × 900");
    static const char *const odd[] = {"",       "x",       "1440",           "1440x",
                                      "x900",   "1x1",     "99999999x1",     "1440x900x3",
                                      "-5x900", "1e3x900", "1440 x 900 <b>", "0x0"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_true(str_is_empty(lead_draw_screen(&ctx, str_from(odd[i]))));
    }
}

static void browsers(void **state)
{
    (void)state;
    struct sql_lead_browsers rows[] = {
        {.browser = STR("Chrome"),
         .browser_version = STR("153"),
         .os = STR("Windows"),
         .os_version = STR("10 or 11"),
         .kind = DEVICE_DESKTOP,
         .screen = STR("1440x900"),
         .language = STR("en-GB")},
        {.kind_null = true, .screen = STR("<b>"), .language = STR("\"><script>")},
        {.os = STR("Android"), .device = STR("Pixel 9"), .kind = DEVICE_PHONE}};
    struct lead_page_view view = {.n_browsers = 0};
    lead_draw_browsers(&ctx, &(struct sql_lead_browsers_rows){.row = rows, .n = 3}, &view);
    same(view.browsers[0].name, "Chrome 153 on Windows 10 or 11");
    same(view.browsers[0].about, "1440 × 900 · en-GB");
    same(view.browsers[1].name, "Unknown browser");
    same(view.browsers[1].about, "");
    assert_int_equal(view.browsers[1].kind, DEVICE_UNKNOWN);
    same(view.browsers[2].name, "Android");
    same(view.browsers[2].about, "Pixel 9");
}

static void the_row_becomes_a_page(void **state)
{
    (void)state;
    struct sql_lead_get row = {.id = 3,
                               .account_id_null = true,
                               .email = STR("jane@acme.com"),
                               .first_name = STR("Jane"),
                               .first_channel = 2,
                               .first_source = STR("Google"),
                               .first_landing = STR("https://acme.com/"),
                               .first_referrer = STR("https://www.google.com/"),
                               .last_channel_null = true,
                               .properties = STR("{\"Team size\":\"20-50\",\"empty\":\"\"}"),
                               .stamps =
                                   STR("{\"Team size\":1780000000000000,\"firstName\":\"x\"}")};
    struct lead_page_view view = {.n_facts = 0};
    lead_draw(&ctx, &row, &view);
    same(view.lead.name, "Jane");
    same(view.lead.email, "jane@acme.com");
    assert_int_equal(view.account, 0);
    assert_int_equal(view.n_facts, 3);
    same(view.facts[2].name, "Team size");
    same(view.facts[2].source, "from the site");
    assert_true(str_is_empty(view.facts[1].source));
    assert_int_equal(view.n_touches, 4);
    same(view.touches[0].first, "Organic");
    assert_true(str_is_empty(view.touches[0].last));
    same(view.touches[2].first, "www.google.com");
    same(view.touches[3].first, "acme.com");
    same(view.touches[3].first_url, "https://acme.com/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(young_leads_have_days),
        cmocka_unit_test(others_have_weeks),
        cmocka_unit_test(nothing_is_drawn_as_nothing),
        cmocka_unit_test(anything_by_day),
        cmocka_unit_test(scores_are_steps),
        cmocka_unit_test(one_day_is_no_history),
        cmocka_unit_test(changes_of_the_formula_are_marked),
        cmocka_unit_test(how_often),
        cmocka_unit_test(screens),
        cmocka_unit_test(browsers),
        cmocka_unit_test(the_row_becomes_a_page),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
