/* Clickstreams: events as lines, sessions, and what happened to cards between them. */
#include "fcgi/stream_draw.h"
#include "shared/cards.h"
#include "shared/channel.h"
#include "shared/clock.h"
#include "shared/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW (200 * CLOCK_DAY)

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

static struct sql_lead_sessions row(int64_t at_s, int16_t type, const char *url,
                                    const char *title, const char *properties)
{
    return (struct sql_lead_sessions){
        .visitor = STR("0123456789abcdef"),
        .started_at = CLOCK_DAY,
        .ended_at = CLOCK_DAY + 360 * CLOCK_SECOND,
        .channel = CHANNEL_EMAIL,
        .source = STR("newsletter"),
        .campaign = STR("spring"),
        .at = CLOCK_DAY + at_s * CLOCK_SECOND,
        .type = type,
        .url = str_from(url),
        .title = str_from(title),
        .properties = str_from(properties),
    };
}

static const struct targets *targets; /* of the dataset that is drawn */

static struct sessions_view draw(struct sql_lead_sessions *rows, size_t n,
                                 struct sql_lead_happenings *happenings, size_t n_happenings)
{
    struct sql_lead_sessions_rows events = {.row = rows, .n = n};
    struct sql_lead_happenings_rows happened = {.row = happenings, .n = n_happenings};
    const struct stream_rows all = {
        .events = &events, .happenings = &happened, .targets = targets};
    return stream_draw(&ctx, 1, &all, NOW);
}

static void events_are_lines(void **state)
{
    (void)state;
    struct sql_lead_sessions rows[] = {
        row(0, EVENT_PAGEVIEW, "https://a.example/blog", "Blog", NULL),
        row(130, EVENT_EXIT, "https://a.example/blog", NULL,
            "{\"kind\":\"leave\",\"seconds\":100}"),
        row(131, EVENT_PAGEVIEW, "javascript:alert(1)", "Evil", NULL),
        row(140, EVENT_EXIT, NULL, NULL,
            "{\"kind\":\"download\",\"link\":\"https://b.example/x.pdf\"}"),
        row(150, EVENT_FORM, "https://a.example/f", NULL,
            "{\"email\":\"x\",\"company\":\"y\"}"),
        row(160, EVENT_CUSTOM, NULL, "Video",
            "{\"plan\":\"pro\",\"seats\":5,\"big\":true,\"rate\":1.5,\"odd\":[1]}"),
        row(170, EVENT_LOGIN, NULL, NULL, "{\"email\":\"jane@a.example\"}"),
        row(180, 99, NULL, NULL, "not json"),
        row(200, EVENT_EXIT, "https://a.example/end", NULL, NULL),
    };
    struct sessions_view view = draw(rows, sizeof(rows) / sizeof(rows[0]), NULL, 0);
    assert_int_equal(view.n_list, 1);
    assert_int_equal(view.before, 0);
    const struct session_view *session = &view.list[0];
    same(session->length, "6 min");
    same(session->heading, "Fri 2 Jan 1970, 00:00");
    assert_false(session->recent);
    assert_int_equal(session->n_utm, 1);
    same(session->utm[0].value, "spring");
    assert_int_equal(session->n_events, 8);
    const struct event_view *e = session->events;
    same(e[0].what, "Blog");
    same(e[0].side, "1 m 40 s"); /* as measured */
    same(e[0].sub, "/blog");
    same(e[1].what, "Evil");
    assert_true(str_is_null(e[1].url));
    same(e[1].side, "1 m 9 s"); /* until it was left */
    same(str_from(e[2].kind), "Download");
    same(e[2].what, "/x.pdf");
    same(e[3].sub, "email: x, company: y");
    same(e[4].sub, "plan: pro, seats: 5, big: true, rate: 1.5, odd");
    same(e[5].what, "jane@a.example");
    same(e[7].what, "Left /end");
}

static void what_came_before_the_first_page(void **state)
{
    (void)state;
    struct sql_lead_sessions rows[] = {
        row(0, EVENT_PAGEVIEW, "https://a.example/", "Home", NULL),
        row(5, EVENT_EMAIL_OPEN, NULL, "Letter", NULL)};
    rows[0].referrer = STR("https://www.google.com/search?q=x");
    rows[1].event_campaign = STR("autumn");
    struct sessions_view view = draw(rows, 2, NULL, 0);
    same(str_from(view.list[0].events[0].kind), "Referrer");
    same(view.list[0].events[0].url, "https://www.google.com/search?q=x");
    same(view.list[0].events[1].what, "Home");
    same(view.list[0].events[2].sub, "campaign autumn"); /* not the session's */
    rows[0].referrer = STR("android-app://com.slack");
    assert_int_equal(draw(rows, 2, NULL, 0).list[0].n_events, 2);
}

static struct page_pattern pages(const char *text)
{
    struct url_pattern *any = ARENA_NEW(ctx.arena, struct url_pattern);
    assert_int_equal(url_pattern_read(&ctx, str_from(text), any), ERR_NONE);
    return (struct page_pattern){.any = any, .n = 1};
}

static void views_that_reach_a_target_say_so(void **state)
{
    (void)state;
    const struct target list[] = {{.id = 1, .name = STR("Demo booked")},
                                  {.id = 2, .name = STR("Anything <of demos>")}};
    const struct page_pattern patterns[] = {pages("/demo/booked"), pages("/demo*")};
    const struct page_patterns all = {patterns, 2};
    const struct targets of = {list, 2, page_matcher_new(ctx.arena, &all)};
    struct sql_lead_sessions rows[] = {
        row(0, EVENT_PAGEVIEW, "https://a.example/demo", "Demo", NULL),
        row(10, EVENT_PAGEVIEW, "https://a.example/demo/booked?x=1", "Thank you", NULL),
        row(20, EVENT_PAGEVIEW, "https://a.example/", "Home", NULL),
        row(30, EVENT_FORM, "https://a.example/demo/booked", NULL, "{}"),
        row(40, EVENT_EMAIL_CLICK, "https://a.example/demo/booked", "Letter", NULL),
        row(50, EVENT_PAGEVIEW, NULL, "Nowhere", NULL)};
    targets = &of;
    struct sessions_view view = draw(rows, 6, NULL, 0);
    targets = NULL;
    const struct event_view *e = view.list[0].events;
    same(e[0].target, "Anything <of demos>");
    same(e[1].target, "Demo booked, Anything <of demos>");
    assert_true(str_is_empty(e[2].target));
    assert_true(str_is_empty(e[3].target)); /* was shown there, and is no view */
    same(e[4].target, "Demo booked, Anything <of demos>");
    assert_true(str_is_empty(e[5].target));
    view = draw(rows, 6, NULL, 0);
    assert_true(str_is_empty(view.list[0].events[1].target));
}

static void more_sessions_than_fit(void **state)
{
    (void)state;
    struct sql_lead_sessions rows[STREAM_SESSIONS + 1];
    for (size_t i = 0; i <= STREAM_SESSIONS; i++) {
        rows[i] = row(0, EVENT_PAGEVIEW, "https://a.example/", NULL, NULL);
        rows[i].started_at = (int64_t)(100 - i) * CLOCK_DAY;
        rows[i].at_null = i == 2;
        rows[i].events = i == 1 ? STREAM_EVENTS + 7 : 1;
    }
    struct sessions_view view = draw(rows, STREAM_SESSIONS + 1, NULL, 0);
    assert_int_equal(view.n_list, STREAM_SESSIONS);
    assert_int_equal(view.before, rows[STREAM_SESSIONS - 1].started_at);
    assert_int_equal(view.list[2].n_events, 0);
    assert_int_equal(view.list[1].cut, 7);
    struct sql_lead_sessions_rows all = {.row = rows, .n = STREAM_SESSIONS + 1};
    assert_int_equal(stream_draw_from(&all), rows[STREAM_SESSIONS - 1].started_at);
    all.n--;
    assert_int_equal(stream_draw_from(&all), 0);
    assert_int_equal(draw(rows, 0, NULL, 0).n_list, 0);
}

static struct sql_lead_happenings happening(int64_t at, int16_t kind, const char *detail)
{
    return (struct sql_lead_happenings){.at = at,
                                        .kind = kind,
                                        .actor_kind = ACTOR_USER,
                                        .actor = STR("Ada"),
                                        .to_stage = STR("Interest"),
                                        .from_stage = STR("Discovery"),
                                        .detail = str_from(detail),
                                        .board = STR("Trials")};
}

static void what_happens_meanwhile_stands_among_the_events(void **state)
{
    (void)state;
    struct sql_lead_sessions rows[] = {
        row(0, EVENT_PAGEVIEW, "https://a.example/", "One", NULL),
        row(300, EVENT_PAGEVIEW, "https://a.example/", "Two", NULL)};
    struct sql_lead_happenings happenings[] = {
        happening(CLOCK_DAY + 100 * CLOCK_SECOND, CARD_MOVED, NULL),
        happening(CLOCK_DAY + 100 * CLOCK_SECOND, CARD_TAGGED, "{\"tag\":\"Partner\"}"),
        happening(CLOCK_DAY + 100 * CLOCK_SECOND, CARD_TAGGED, "{\"tag\":\"Partner\"}"),
        happening(CLOCK_DAY + 20 * CLOCK_MINUTE, CARD_OWNER, NULL)};
    struct sessions_view view = draw(rows, 2, happenings, 4);
    assert_int_equal(view.n_list, 1);
    const struct session_view *session = &view.list[0];
    assert_int_equal(session->n_events, 5); /* the tag once, though on two boards */
    same(session->events[0].what, "One");
    same(session->events[1].what, "Moved from Discovery to Interest by Ada");
    same(session->events[1].sub, "Trials");
    assert_true(session->events[1].team);
    same(str_from(session->events[2].kind), "Tag");
    same(session->events[3].what, "Two");
    same(str_from(session->events[4].kind), "Owner"); /* within half an hour behind it */
    same(session->length, "6 min");
}

static void the_rest_stands_between_by_day(void **state)
{
    (void)state;
    struct sql_lead_sessions rows[] = {row(0, EVENT_PAGEVIEW, "https://a.example/", "A", NULL),
                                       row(0, EVENT_PAGEVIEW, "https://a.example/", "B", NULL)};
    rows[0].started_at = NOW - CLOCK_HOUR;
    rows[0].ended_at = rows[0].at = NOW - CLOCK_HOUR;
    struct sql_lead_happenings happenings[] = {
        happening(0, CARD_CREATED, NULL), happening(10 * CLOCK_DAY, CARD_MOVED, NULL),
        happening(10 * CLOCK_DAY + CLOCK_HOUR, CARD_MOVED, NULL),
        happening(11 * CLOCK_DAY, CARD_NOTE, NULL), happening(NOW, CARD_MOVED, NULL)};
    struct sessions_view view = draw(rows, 2, happenings, 5);
    assert_int_equal(view.n_list, 6);
    assert_true(view.list[0].between && view.list[0].recent);
    assert_false(view.list[1].between);
    assert_true(view.list[1].recent);
    same(view.list[2].events[0].what, "Note added by Ada");
    assert_int_equal(view.list[3].n_events, 2);
    assert_false(view.list[4].between);
    assert_true(view.list[5].between);
}

static void without_sessions_there_are_groups(void **state)
{
    (void)state;
    struct sql_lead_happenings happenings[] = {happening(CLOCK_DAY, CARD_CREATED, "not json"),
                                               happening(CLOCK_DAY, 99, NULL)};
    struct sessions_view view = draw(NULL, 0, happenings, 2);
    assert_int_equal(view.n_list, 1);
    assert_int_equal(view.list[0].n_events, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(events_are_lines),
        TEST(what_came_before_the_first_page),
        TEST(views_that_reach_a_target_say_so),
        TEST(more_sessions_than_fit),
        TEST(what_happens_meanwhile_stands_among_the_events),
        TEST(the_rest_stands_between_by_day),
        TEST(without_sessions_there_are_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
