/* Which automations an event may fire: as many as when each was looked at, and put down by the
 * log consumer once. */
#include "tests/db/filter_world.h"

#include "shared/automation.h"
#include "shared/clock.h"
#include "shared/events.h"
#include "worker/derive.h"
#include "worker/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ROUNDS 300
#define RULES 40
#define DATASET 7

static struct testdb testdb;
static struct world world;

static bool has_match(const struct rule_match *matches, size_t n, const struct rule *rule,
                      uint64_t bits, bool open)
{
    for (size_t i = 0; i < n; i++) {
        if (matches[i].rule == rule) {
            return matches[i].bits == bits && matches[i].open == open;
        }
    }
    return false;
}

static size_t compare_one(const struct rule *rules, const struct rule_set *set,
                          const struct filter_event *event)
{
    struct rule_match *matches =
        ARENA_ARRAY(testdb.ctx.arena, RULES_MATCHES_MAX, struct rule_match);
    size_t n = rule_set_match(set, event, 0, matches), expected = 0;
    for (size_t i = 0; i < RULES; i++) {
        uint64_t bits = filter_event_bits(rules[i].compiled, event);
        enum filter_verdict verdict = filter_event_verdict(rules[i].compiled, bits);
        expected += verdict != FILTER_FALSE;
        if (verdict != FILTER_FALSE &&
            !has_match(matches, n, &rules[i], bits, verdict == FILTER_OPEN)) {
            fail_msg("an event of type %d on %.*s is passed over: %.*s", event->type,
                     STR_ARG(event->url),
                     STR_ARG(filter_sentence(&testdb.ctx, rules[i].filter, NULL)));
        }
    }
    assert_int_equal(n, expected);
    return n;
}

static void what_is_passed_over_would_not_hold(void **state)
{
    size_t matches = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *arena = testdb.ctx.arena;
        struct rule *rules = ARENA_ARRAY(arena, RULES, struct rule);
        for (size_t i = 0; i < RULES; i++) {
            struct filter *filter = ARENA_NEW(arena, struct filter);
            *filter = world_filter(arena);
            rules[i] = (struct rule){.automation = (int64_t)i,
                                     .filter = filter,
                                     .compiled = filter_event_rule(arena, filter)};
        }
        const struct rule_set *set = rule_set_new(arena, rules, RULES);
        for (int i = 0; i < 10; i++) {
            struct filter_event event =
                world_event(arena, &world.events[world_pick(world.n_events)]);
            matches += compare_one(rules, set, &event);
        }
        assert_int_equal(testdb_reset(state), 0);
    }
    assert_true(matches > ROUNDS * 10);
}

/* ---- passing over ---- */

static struct filter *tree(const char *conditions)
{
    struct filter *filter = ARENA_NEW(testdb.ctx.arena, struct filter);
    char *text = arena_cstr(
        testdb.ctx.arena,
        arena_print(testdb.ctx.arena,
                    "{'version':2,'subject':'leads','match':'all','conditions':[%s]}",
                    conditions));
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    assert_int_equal(filter_parse(&testdb.ctx, str_from(text), filter), ERR_NONE);
    return filter;
}

static size_t matched(const char *conditions, int type, const char *url)
{
    struct arena *arena = testdb.ctx.arena;
    struct rule *rule = ARENA_NEW(arena, struct rule);
    struct rule_match match[RULES_MATCHES_MAX];
    rule->filter = tree(conditions);
    rule->compiled = filter_event_rule(arena, rule->filter);
    rule->since_at = 100;
    const struct rule_set *set = rule_set_new(arena, rule, 1);
    const struct filter_event event = {.type = type, .url = str_from(url)};
    assert_int_equal(rule_set_match(set, &event, 99, match), 0);
    return rule_set_match(set, &event, 100, match);
}

#define PAGE(values) "{'field':'page','op':'is','values':[" values "]}"

static void addresses_of_all_kinds_are_found(void **state)
{
    (void)state;
    static const char *const url = "https://www.Example.com:8443/Preise/%C3%9Cber-uns/?a=b#c";
    static const char *const found[] = {
        PAGE("'/preise*'"),         PAGE("'*uns*'"),         PAGE("'*'"),
        PAGE("'example.com:8443'"), PAGE("'/x','/preise*'"), PAGE("'https://www.example.com*'"),
        PAGE("'*/Über-uns'"),       PAGE("'*a=b'"),          PAGE("'/p*'")};
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        if (matched(found[i], EVENT_PAGEVIEW, url) != 1) {
            fail_msg("%s does not match", found[i]);
        }
    }
    assert_int_equal(matched(PAGE("'/preis'"), EVENT_PAGEVIEW, url), 0);
    assert_int_equal(matched(PAGE("'/preise*'"), EVENT_FORM, url), 0);
    assert_int_equal(matched(PAGE("'/preise*'"), 99, url), 0);
    assert_int_equal(matched(PAGE("'/a*'"), EVENT_PAGEVIEW, "https://x.example"), 0);
    assert_int_equal(matched("{'match':'any','conditions':[" PAGE(
                                 "'/a'") ",{'field':'industry','op':'is','values':['x']}]}",
                             EVENT_FORM, url),
                     1);
}

static void types_are_told_by_what_is_asked(void **state)
{
    (void)state;
    unsigned views = 1U << EVENT_PAGEVIEW | 1U << EVENT_EMAIL_CLICK;
    unsigned all = (1U << EVENT__COUNT) - 2;
    assert_int_equal(filter_event_types(tree(PAGE("'/a'"))), views);
    assert_int_equal(filter_event_types(tree("{'field':'form','op':'is','values':['x']}")),
                     1U << EVENT_FORM);
    assert_int_equal(
        filter_event_types(tree("{'field':'event_type','op':'is_not','values':['form']}")),
        all & ~(1U << EVENT_FORM));
    assert_int_equal(
        filter_event_types(tree("{'match':'none','conditions':[" PAGE("'/a'") "]}")), all);
    assert_int_equal(
        filter_event_types(tree("{'match':'event','conditions':[" PAGE(
            "'/a'") ",{'field':'event_type','op':'is','values':['email_click']}]}")),
        1U << EVENT_EMAIL_CLICK);
    assert_false(filter_event_needs_more(tree(PAGE("'/a'"))));
    assert_false(filter_event_needs_more(tree("{'field':'form','op':'is','values':['x']}")));
    assert_true(
        filter_event_needs_more(tree("{'field':'page_title','op':'is','values':['x']}")));
    assert_false(filter_event_needs_more(tree(
        "{'field':'page_title','op':'is','values':['x'],'days':3},{'field':'industry','op':"
        "'is','values':['x']}")));
}

/* ---- the log consumer ---- */

static void rule(const char *conditions, int64_t *out_id)
{
    struct automation_rule *rule = ARENA_NEW(testdb.ctx.arena, struct automation_rule);
    rule->trigger =
        (struct automation_trigger){.when = WHEN_MATCH, .filter = *tree(conditions)};
    rule->actions[0] = (struct automation_action){.what = DO_ADD_TAG, .tag = {.id = 1}};
    rule->n_actions = 1;
    const struct automation_save save = {.dataset = DATASET,
                                         .user = 5,
                                         .name = STR("x"),
                                         .enabled = true,
                                         .cooldown_s = 60,
                                         .rule = rule};
    assert_int_equal(db_begin(testdb.db, NULL), ERR_NONE);
    if (automation_save(testdb.db, &save, out_id) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(testdb.ctx.why), STR_ARG(testdb.ctx.detail));
    }
    assert_int_equal(db_commit(testdb.db), ERR_NONE);
}

static void empty_world(void)
{
    testdb_exec(&testdb,
                "truncate event, log_cursor, visitor, session, lead, account, tag, automation, "
                "automation_version, automation_state, automation_pending restart identity "
                "cascade");
    testdb_exec(&testdb, "insert into tag (dataset_id, name) values (7, 'A')");
}

static void event(const char *values)
{
    testdb_exec(
        &testdb,
        arena_print(testdb.ctx.arena,
                    "insert into event (dataset_id, visitor, at, type, url, name, title, "
                    "properties) values (%s)",
                    values)
            .p);
}

#define VISITOR(n) "7, '00000000-0000-0000-0000-00000000000" n "'"

static void derive(struct revised *rules, int64_t expected)
{
    int64_t n;
    struct db *db = testdb_connect(&testdb, "leadboard_worker");
    enum err err = derive_batch_by(&testdb.ctx, db, rules, 1000, &n);
    if (err != ERR_NONE) {
        fail_msg("%.*s", STR_ARG(testdb.ctx.detail));
    }
    assert_int_equal(n, expected);
    db_free(db);
    db_use(testdb.db, &testdb.ctx);
}

static int64_t pending(const char *condition)
{
    return testdb_i64(&testdb,
                      arena_print(testdb.ctx.arena,
                                  "select count(*) from automation_pending where %s", condition)
                          .p);
}

static void the_consumer_puts_down_what_may_fire(void **state)
{
    (void)state;
    int64_t page, form, property;
    struct revised *rules = rules_new();
    empty_world();
    rule(PAGE("'/pricing*'"), &page);
    rule("{'field':'form','op':'is','values':['Demo']},{'field':'country','op':'is','values':"
         "['NL']}",
         &form);
    rule("{'field':'event_property','key':'plan','op':'greater','values':['3']}", &property);
    event(VISITOR("1") ", now(), 1, 'https://x.example/pricing/big', null, null, null");
    event(VISITOR("1") ", now(), 1, 'https://x.example/', null, null, null");
    event(VISITOR("2") ", now(), 5, 'https://x.example/', 'demo', null, '{\"plan\": 4}'");
    event(VISITOR("2") ", now(), 7, null, 'x', null, '{\"plan\": \"2\"}'");
    event("8, '00000000-0000-0000-0000-000000000001', now(), 1, 'https://x.example/pricing', "
          "null, null, null");
    derive(rules, 5);
    assert_int_equal(pending("true"), 3);
    assert_int_equal(
        pending("automation_id = 1 and version = 1 and cause = 1 and bits = 1 and "
                "visitor = '00000000-0000-0000-0000-000000000001' and cause_id = (select "
                "min(id) from event)"),
        1);
    assert_int_equal(pending("automation_id = 2 and cause_id = (select id from event "
                             "where type = 5)"),
                     1);
    assert_int_equal(pending("automation_id = 3 and cause_id = (select id from event "
                             "where type = 5)"),
                     1);
    derive(rules, 0);
    assert_int_equal(pending("true"), 3);
    revised_free(rules);
}

/* The same address says who it is, in the batch or before. */
static void nobody_is_put_down_for_rules_of_companies(void **state)
{
    (void)state;
    int64_t of_people, of_companies;
    struct revised *rules = rules_new();
    empty_world();
    rule(PAGE("'/a'"), &of_people);
    rule(PAGE("'/a'"), &of_companies);
    testdb_exec(&testdb, "update automation_version set trigger = jsonb_set(trigger, "
                         "'{filter,subject}', '\"accounts\"') where automation_id = 2");
    event(VISITOR("1") ", now(), 1, 'https://x.example/a', null, null, null");
    event(VISITOR("2") ", now(), 1, 'https://x.example/a', null, null, null");
    event(VISITOR("2") ", now(), 5, 'https://x.example/', 'demo', null, "
                       "'{\"email\": \"kim@harbor.example\"}'");
    event(VISITOR("3") ", now(), 1, 'https://x.example/a', null, null, "
                       "'{\"email\": \"lou@gmail.com\"}'");
    derive(rules, 4);
    assert_int_equal(pending("automation_id = 1"), 3);
    assert_int_equal(pending("automation_id = 2"), 2);
    assert_int_equal(pending("automation_id = 2 and visitor::text like '%1'"), 0);
    event(VISITOR("2") ", now() + interval '1 second', 1, 'https://x.example/a', null, null, "
                       "null");
    derive(rules, 1);
    assert_int_equal(pending("automation_id = 2 and visitor::text like '%2'"), 2);
    revised_free(rules);
}

static void a_change_counts_from_the_next_batch_on(void **state)
{
    (void)state;
    int64_t id;
    struct revised *rules = rules_new();
    empty_world();
    event(VISITOR("1") ", now(), 1, 'https://x.example/a', null, null, null");
    derive(rules, 1);
    rule(PAGE("'/a'"), &id);
    event(VISITOR("1") ", now(), 1, 'https://x.example/a', null, null, null");
    derive(rules, 1);
    assert_int_equal(pending("true"), 1);
    assert_int_equal(db_begin(testdb.db, NULL), ERR_NONE);
    assert_int_equal(automation_switch(testdb.db, DATASET, id, false), ERR_NONE);
    assert_int_equal(db_commit(testdb.db), ERR_NONE);
    event(VISITOR("1") ", now(), 1, 'https://x.example/a', null, null, null");
    derive(rules, 1);
    assert_int_equal(pending("true"), 1);
    revised_free(rules);
}

/* An import brings the years before; the tracker is a day late at most. */
static void history_fires_nothing(void **state)
{
    (void)state;
    int64_t id;
    empty_world();
    rule(PAGE("'/a'"), &id);
    event(
        VISITOR("1") ", now() - interval '2 days', 1, 'https://x.example/a', null, null, null");
    event(VISITOR(
        "1") ", now() - interval '2 hours', 1, 'https://x.example/a', null, null, null");
    struct revised *rules = rules_new();
    derive(rules, 2);
    revised_free(rules);
    assert_int_equal(pending("true"), 1);
    assert_int_equal(pending("cause_at > now() - interval '1 day'"), 1);
}

static void a_rule_of_a_later_leadboard_stops_nothing(void **state)
{
    (void)state;
    int64_t id;
    empty_world();
    rule(PAGE("'/a'"), &id);
    rule(PAGE("'/a'"), &id);
    testdb_exec(&testdb, "update automation_version set trigger = '{\"when\": \"moon\"}' where "
                         "automation_id = 1");
    event(VISITOR("1") ", now(), 1, 'https://x.example/a', null, null, null");
    struct revised *rules = rules_new();
    derive(rules, 1);
    revised_free(rules);
    assert_int_equal(pending("automation_id = 2"), 1);
}

static int group_setup(void **state)
{
    testdb_open(&testdb, true);
    world_make(&testdb, &world, 3);
    *state = &testdb;
    return 0;
}

static int group_teardown(void **state)
{
    testdb_close(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, testdb_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_passed_over_would_not_hold),
        TEST(addresses_of_all_kinds_are_found),
        TEST(types_are_told_by_what_is_asked),
        TEST(the_consumer_puts_down_what_may_fire),
        TEST(nobody_is_put_down_for_rules_of_companies),
        TEST(a_change_counts_from_the_next_batch_on),
        TEST(history_fires_nothing),
        TEST(a_rule_of_a_later_leadboard_stops_nothing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
