/* board_filter.h: from an address and back, in words, and what is refused. */
#include "fcgi/board_filter.h"

#include "shared/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

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

static struct board_filter parse(const char *query)
{
    struct board_filter filter;
    if (board_filter_parse(&ctx, str_from(query), &filter) != ERR_NONE) {
        fail_msg("%s: %.*s", query, STR_ARG(ctx.why));
    }
    return filter;
}

static void assert_becomes(const char *query, const char *wanted)
{
    struct board_filter filter = parse(query);
    struct str again = board_filter_query(&ctx, &filter);
    if (!str_eq(again, str_from(wanted))) {
        fail_msg("%s became %.*s", query, STR_ARG(again));
    }
}

static void an_empty_address_means_all_cards(void **state)
{
    (void)state;
    struct board_filter filter = parse("");
    assert_true(card_filter_is_empty(&filter.cards));
    assert_becomes("", "");
    assert_becomes("q=&tag=&owner=&on=activity&from=&to=&min=&max=&sort=&lanes=", "");
    assert_becomes("min=0&max=100", "");
    assert_becomes("stage=3&after=1_2&did=9&x=y", "");
    assert_becomes("q=+%0a+", "");
}

static void values_are_read(void **state)
{
    (void)state;
    struct board_filter filter = parse("q=Acme&tag=7&tag=3&nottag=9&owner=4&owner=none&on="
                                       "created&from=2026-11-01&to=2026-11-30"
                                       "&min=60&max=90&sort=score&lanes=tag&view=5");
    assert_true(str_eq(filter.cards.text, STR("Acme")));
    assert_int_equal(filter.cards.tags.n, 2);
    assert_int_equal(filter.cards.tags.v[0], 3);
    assert_int_equal(filter.cards.not_tags.v[0], 9);
    assert_int_equal(filter.cards.owners.v[0], 4);
    assert_true(filter.cards.unowned);
    assert_int_equal(filter.cards.on, CARD_DATE_CREATED);
    assert_int_equal(filter.cards.until_at - filter.cards.from_at, 30 * CLOCK_DAY);
    assert_int_equal(filter.cards.min, 60);
    assert_int_equal(filter.cards.max, 90);
    assert_true(filter.sorted && filter.sort == 3 && !filter.ascending);
    assert_int_equal(filter.lanes, LANES_TAG);
    assert_int_equal(filter.view, 5);
}

static void the_query_is_the_shortest_that_means_the_same(void **state)
{
    (void)state;
    assert_becomes("max=90&tag=7&min=&tag=3&tag=7&q=a%20b%26c",
                   "q=a%20b%26c&tag=3&tag=7&max=90");
    assert_becomes("owner=none&owner=2&owner=none&owner=1", "owner=1&owner=2&owner=none");
    assert_becomes("from=2026-11-01", "on=activity&from=2026-11-01");
    assert_becomes("on=modified&to=2026-11-30&from=2026-11-01",
                   "on=modified&from=2026-11-01&to=2026-11-30");
    assert_becomes("q=%C3%84rzte", "q=%C3%84rzte");
    assert_becomes("sort=activity-up&view=1&lanes=owner",
                   "sort=activity-up&lanes=owner&view=1");
}

static void ranges_turned_around_are_meant_the_other_way(void **state)
{
    (void)state;
    assert_becomes("min=90&max=60", "min=60&max=90");
    assert_becomes("on=activity&from=2026-11-30&to=2026-11-01",
                   "on=activity&from=2026-11-01&to=2026-11-30");
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    char query[1000] = "q=";
    memset(query + 2, 'x', 900);
    assert_int_equal(parse(query).cards.text.n, CARD_FILTER_TEXT_MAX);
}

static void what_cannot_be_meant_is_refused_in_words(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "tag=x",           "tag=-1",        "tag=0",
        "nottag=1.5",      "owner=all",     "on=birthday&from=2026-11-01",
        "from=yesterday",  "to=2026-02-30", "min=101",
        "max=-1",          "min=many",      "sort=name",
        "lanes=stage",     "view=mine",     "tag=99999999999999999999",
        "q=%zz",           "q=%00",         "q=%ff",
        "from=1969-12-31", "view=0",        "sort=score-down",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct board_filter filter;
        ctx_clear(&ctx);
        if (board_filter_parse(&ctx, str_from(wrong[i]), &filter) != ERR_INVALID ||
            str_is_empty(ctx.why)) {
            fail_msg("%s was not refused", wrong[i]);
        }
    }
}

static void too_many_tags_are_refused(void **state)
{
    (void)state;
    struct sb query;
    struct board_filter filter;
    sb_init(&query, ctx.arena, 4000);
    for (int i = 1; i <= CARD_FILTER_IDS_MAX; i++) {
        sb_printf(&query, "tag=%d&owner=%d&nottag=%d&", i, i, i);
    }
    assert_int_equal(board_filter_parse(&ctx, sb_view(&query), &filter), ERR_NONE);
    SB_LIT(&query, "tag=100");
    assert_int_equal(board_filter_parse(&ctx, sb_view(&query), &filter), ERR_INVALID);
}

static bool is_asked(const char *query)
{
    struct request_pairs pairs;
    assert_int_equal(request_urlencoded(&ctx, str_from(query), &pairs), ERR_NONE);
    return board_filter_is_asked(pairs);
}

static void a_form_sent_empty_was_asked(void **state)
{
    (void)state;
    assert_true(is_asked("q="));
    assert_true(is_asked("stage=1&sort=hand"));
    assert_false(is_asked(""));
    assert_false(is_asked("stage=1&after=2_3&did=4"));
}

static const struct board_filter_name tags[] = {{3, STR_INIT("Partner")},
                                                {7, STR_INIT("Key account")}};
static const struct board_filter_name members[] = {{4, STR_INIT("Ann")}};
static const struct board_filter_names known = {
    .tags = tags, .n_tags = 2, .members = members, .n_members = 1};

static void assert_chips(const char *query, size_t n, const char *const (*wanted)[2])
{
    struct board_filter filter = parse(query);
    size_t found;
    const struct filter_chip *chips = board_filter_chips(&ctx, &filter, &known, &found);
    assert_int_equal(found, n);
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(chips[i].text, str_from(wanted[i][0])) ||
            !str_eq(chips[i].without, str_from(wanted[i][1]))) {
            fail_msg("%zu: “%.*s” without it: %.*s", i, STR_ARG(chips[i].text),
                     STR_ARG(chips[i].without));
        }
    }
}

static void chips_say_it_in_words(void **state)
{
    (void)state;
    static const char *const all[][2] = {
        {"“acme”", "tag=3&tag=7&owner=4&owner=none&min=60&sort=score"},
        {"Tag: Partner", "q=acme&tag=7&owner=4&owner=none&min=60&sort=score"},
        {"Tag: Key account", "q=acme&tag=3&owner=4&owner=none&min=60&sort=score"},
        {"Owner: Ann", "q=acme&tag=3&tag=7&owner=none&min=60&sort=score"},
        {"Owner: nobody", "q=acme&tag=3&tag=7&owner=4&min=60&sort=score"},
        {"Score 60 to 100", "q=acme&tag=3&tag=7&owner=4&owner=none&sort=score"},
        {"Leadscore, highest first", "q=acme&tag=3&tag=7&owner=4&owner=none&min=60"},
    };
    assert_chips("q=acme&tag=3&tag=7&owner=4&owner=none&min=60&sort=score", 7, all);
    static const char *const dates[][2] = {{"Active 1 Nov 2020 to 5 Nov 2020", ""}};
    assert_chips("from=2020-11-01&to=2020-11-05", 1, dates);
    static const char *const day[][2] = {{"Created on 1 Nov 2020", ""}};
    assert_chips("on=created&from=2020-11-01&to=2020-11-01", 1, day);
    static const char *const since[][2] = {{"Changed since 9 Dec 2020", ""}};
    assert_chips("on=modified&from=2020-12-09&view=2", 1, since);
}

static void unknown_ids_can_be_taken_away(void **state)
{
    (void)state;
    static const char *const wanted[][2] = {
        {"Tag: deleted", "nottag=98&owner=97"},
        {"Not tag: deleted", "tag=99&owner=97"},
        {"Owner: unknown", "tag=99&nottag=98"},
    };
    assert_chips("tag=99&nottag=98&owner=97", 3, wanted);
}

static void a_filter_survives_a_job(void **state)
{
    (void)state;
    struct board_filter filter = parse("q=a%22b&tag=3&nottag=9&owner=4&owner=none&on=modified"
                                       "&from=2026-11-01&min=2&max=9");
    struct card_filter again;
    struct str json, twice;
    assert_int_equal(card_filter_json(&ctx, &filter.cards, &json), ERR_NONE);
    assert_int_equal(card_filter_from_json(&ctx, json, &again), ERR_NONE);
    assert_int_equal(card_filter_json(&ctx, &again, &twice), ERR_NONE);
    assert_true(str_eq(json, twice));
    assert_int_equal(card_filter_from_json(&ctx, STR("{}"), &again), ERR_INVALID);
    assert_int_equal(card_filter_from_json(&ctx, STR("[1]"), &again), ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_address_means_all_cards),
        TEST(values_are_read),
        TEST(the_query_is_the_shortest_that_means_the_same),
        TEST(ranges_turned_around_are_meant_the_other_way),
        TEST(a_long_text_is_cut),
        TEST(what_cannot_be_meant_is_refused_in_words),
        TEST(too_many_tags_are_refused),
        TEST(a_form_sent_empty_was_asked),
        TEST(chips_say_it_in_words),
        TEST(unknown_ids_can_be_taken_away),
        TEST(a_filter_survives_a_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
