/* The log consumer without a database: what events tell, sessions, whose they are.
 */
#include "shared/channel.h"
#include "shared/clock.h"
#include "shared/events.h"
#include "worker/derive_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DAY INT64_C(1780272000000000) /* 2026-06-01 */

static struct derive d;
static struct derive_event events[200];
static size_t n_events;

static int setup(void **state)
{
    (void)state;
    memset(&d, 0, sizeof(d));
    d.arena = arena_new((size_t)8 << 20);
    n_events = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(d.arena);
    return 0;
}

static struct derive_event *event(int minute, int type, const char *url)
{
    struct derive_event *e = &events[n_events++];
    *e = (struct derive_event){.dataset = 1,
                               .at = DAY + minute * CLOCK_MINUTE,
                               .id = (int64_t)n_events,
                               .visitor = STR("0123456789abcdef"),
                               .type = type,
                               .url = str_from(url)};
    return e;
}

static struct derive_event *with(struct derive_event *e, const char *key, const char *value)
{
    struct str k = str_from(key), v = str_from(value);
    derive_event_read(d.arena, e, (struct sql_strs){&k, 1}, (struct sql_strs){&v, 1});
    return e;
}

/* A visitor that was never seen before, from all the events. */
static struct derive_visitor *walk(void)
{
    d.events = events;
    d.n_events = n_events;
    d.visitors = ARENA_ARRAY(d.arena, 1, struct derive_visitor);
    d.n_visitors = 1;
    qsort(events, n_events, sizeof(events[0]), derive_event_compare);
    *d.visitors = (struct derive_visitor){.dataset = 1,
                                          .visitor = STR("0123456789abcdef"),
                                          .events = events,
                                          .n_events = n_events};
    derive_emails_collect(&d);
    derive_sessions(&d, d.visitors);
    derive_leads_count(&d);
    return d.visitors;
}

static size_t count_sessions(void)
{
    size_t n = 0;
    for (struct derive_session *s = d.sessions; s != NULL; s = s->next) {
        n++;
    }
    return n;
}

static void gaps(void **state)
{
    (void)state;
    event(0, EVENT_PAGEVIEW, "https://a.example/1");
    event(29, EVENT_EXIT, "https://a.example/1");
    event(58, EVENT_PAGEVIEW, "https://a.example/2");
    event(88, EVENT_PAGEVIEW, "https://a.example/3"); /* 30 minutes: another one */
    walk();
    assert_int_equal(count_sessions(), 2);
    const struct derive_session *s = d.sessions;
    assert_int_equal(s->events, 3);
    assert_int_equal(s->pageviews, 2);
    assert_int_equal(s->ended_at - s->started_at, 58 * CLOCK_MINUTE);
    assert_true(str_eq(s->origin.landing, STR("https://a.example/1")));
    assert_true(str_eq(s->exit, STR("https://a.example/2")));
    assert_int_equal(s->next->events, 1);
    assert_ptr_equal(s->lead, s->next->lead);
    assert_true(str_is_null(s->lead->email));
    assert_int_equal(s->lead->now.sessions, 2);
    assert_int_equal(s->lead->now.visitors, 1);
    assert_int_equal(s->lead->now.events, 4);
}

static void origin_of_first_page(void **state)
{
    (void)state;
    event(0, EVENT_CUSTOM, "https://a.example/0");
    event(1, EVENT_PAGEVIEW, "https://a.example/1")->referrer = STR("https://www.google.com/");
    event(2, EVENT_PAGEVIEW, "https://a.example/2")->referrer = STR("https://t.co/x");
    walk();
    assert_int_equal(d.sessions->origin.channel, CHANNEL_ORGANIC);
    assert_true(str_eq(d.sessions->origin.landing, STR("https://a.example/1")));
    assert_int_equal(count_sessions(), 1);
}

static void identified_later(void **state)
{
    (void)state;
    event(0, EVENT_PAGEVIEW, "https://a.example/1");
    with(event(100, EVENT_PAGEVIEW, "https://a.example/2"), "company", "Acme");
    with(event(101, EVENT_FORM, "https://a.example/2"), "email", "A@acme.example");
    struct derive_visitor *v = walk();
    assert_int_equal(count_sessions(), 2);
    assert_ptr_equal(d.sessions->lead, v->lead);
    assert_true(str_eq(v->lead->email, STR("a@acme.example")));
    assert_true(str_eq(v->lead->facts->value, STR("Acme")));
    assert_null(v->lead->next);
}

static void another_person(void **state)
{
    (void)state;
    with(event(0, EVENT_LOGIN, NULL), "email", "a@acme.example");
    event(1, EVENT_PAGEVIEW, "https://a.example/1");
    with(event(2, EVENT_LOGIN, NULL), "email", "b@acme.example");
    with(event(3, EVENT_LOGIN, NULL), "email", "b@acme.example");
    with(event(4, EVENT_LOGIN, NULL), "email", "a@acme.example");
    struct derive_visitor *v = walk();
    assert_int_equal(count_sessions(), 3);
    assert_int_equal(d.sessions->events, 2);
    assert_int_equal(d.sessions->next->events, 2);
    assert_ptr_equal(d.sessions->lead, v->lead);
    assert_ptr_not_equal(d.sessions->next->lead, v->lead);
}

static void two_in_one_moment(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        char *address = arena_cstr(d.arena, arena_print(d.arena, "p%d@acme.example", i % 7));
        with(event(0, EVENT_LOGIN, "https://a.example/"), "email", address);
    }
    walk();
    int64_t last = INT64_MIN;
    for (struct derive_session *s = d.sessions; s != NULL; s = s->next) {
        assert_true(s->started_at > last);
        last = s->started_at;
    }
}

static void what_does_not_identify(void **state)
{
    (void)state;
    with(event(0, EVENT_CUSTOM, NULL), "email2", "a@acme.example");
    with(event(1, EVENT_FORM, NULL), "email", "not an address");
    with(event(2, EVENT_FORM, NULL), "phone", "call me");
    with(event(3, EVENT_FORM, NULL), "company", "-");
    with(event(4, EVENT_PAGEVIEW, NULL), "colour", "red");
    with(event(5, EVENT_FORM, NULL), "", "x");
    with(event(6, EVENT_FORM, NULL), "x", "  ");
    struct derive_visitor *v = walk();
    assert_true(str_is_null(v->lead->email));
    assert_null(v->lead->facts);
}

static void what_is_told(void **state)
{
    (void)state;
    static const char *const standard[][2] = {
        {"first_name", "firstName"},
        {"First Name", "firstName"},
        {"surname", "lastName"},
        {"Company-Name", "company"},
        {"TEL", "phone"},
        {"jobTitle", "jobTitle"},
    };
    for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++) {
        struct derive_event *e = with(event(0, EVENT_FORM, NULL), standard[i][0], "12345 x");
        assert_non_null(e->facts);
        assert_true(e->facts->standard);
        assert_true(str_eq(e->facts->key, str_from(standard[i][1])));
    }
    struct derive_event *e = with(event(0, EVENT_FORM, NULL), "Team size", " 5 ");
    assert_false(e->facts->standard);
    assert_true(str_eq(e->facts->value, STR("5")));
    e = with(event(0, EVENT_PAGEVIEW, NULL), "lb_uid", "u1");
    assert_true(str_eq(e->facts->key, STR("lb_uid")));
    e = with(event(0, EVENT_FORM, NULL), "E-Mail", "x@y.example");
    assert_true(str_eq(e->email, STR("x@y.example")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gaps, setup, teardown),
        cmocka_unit_test_setup_teardown(origin_of_first_page, setup, teardown),
        cmocka_unit_test_setup_teardown(identified_later, setup, teardown),
        cmocka_unit_test_setup_teardown(another_person, setup, teardown),
        cmocka_unit_test_setup_teardown(two_in_one_moment, setup, teardown),
        cmocka_unit_test_setup_teardown(what_does_not_identify, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_told, setup, teardown),
    };
    return cmocka_run_group_tests_name("derive", tests, NULL, NULL);
}
