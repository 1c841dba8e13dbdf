/* Looking back: what is told is what would have happened, and nothing else happens. */
#include "tests/db/automate_world.h"

#include "shared/sb.h"
#include "tests/db/testjobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

static struct testdb *T;

#define COUNT(expected, table, ...)                                                            \
    do {                                                                                       \
        int64_t n_ = rows_of(T, table, __VA_ARGS__);                                           \
        if (n_ != (expected)) {                                                                \
            fail_msg("line %d: %lld rows", __LINE__, (long long)n_);                           \
        }                                                                                      \
    } while (0)

static int fresh(void **state)
{
    (void)testdb_reset(state);
    T = *state;
    automate_world(T);
    return 0;
}

static struct str text_of(const char *sql)
{
    struct db_result result;
    if (db_query(T->db, str_from(sql), NULL, 0, &result) != ERR_NONE) {
        fail_msg("%s: %.*s", sql, STR_ARG(T->ctx.detail));
    }
    struct str text = db_cell(&result, 0, 0)->as.text;
    return str_is_null(text) ? STR("") : text;
}

/* Every row of every table that is no part of doing the job, and every sequence. */
static struct str everything(void)
{
    return text_of(
        "select string_agg(x.t, e'\\n' order by x.t) from ("
        "select c.relname || ' ' || (xpath('//c/text()', query_to_xml(format('select "
        "md5(coalesce(string_agg(ctid::text || xmin::text, '','' order by ctid), '''')) as c "
        "from "
        "%I', c.relname), false, true, '')))[1]::text as t from pg_class c where c.relkind = "
        "'r' "
        "and c.relnamespace = 'public'::regnamespace and c.relname !~ "
        "'^(progress|job|job_done.*|tenant_queue|worker)$' union all "
        "select sequencename || ' ' || coalesce(last_value::text, '-') from pg_sequences where "
        "schemaname = 'public' and sequencename !~ '^(progress|job|worker)') x");
}

/* As a page asks for it, and the worker does it. */
static enum err ask(int64_t automation, int days, int64_t *out_progress)
{
    struct db *web = testdb_connect(T, "leadboard_web");
    ctx_clear(&T->ctx);
    assert_int_equal(db_begin(web, &(struct db_scope){.dataset = WORLD_DATASET}), ERR_NONE);
    enum err err = automation_backtest(web, WORLD_DATASET, automation, days, ANN, out_progress);
    if (err == ERR_NONE) {
        assert_int_equal(db_commit(web), ERR_NONE);
    }
    db_free(web);
    db_use(T->db, &T->ctx);
    return err;
}

static int64_t look_back(int64_t automation, int days)
{
    int64_t progress;
    testdb_exec(T, "delete from job");
    if (ask(automation, days, &progress) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(T->ctx.why), STR_ARG(T->ctx.detail));
    }
    struct str before = everything();
    testjobs_run(T);
    struct str after = everything();
    if (!str_eq(before, after)) {
        fail_msg("before:\n%.*s\nafter:\n%.*s", STR_ARG(before), STR_ARG(after));
    }
    if (rows_of(T, "progress", "id = %lld and state = 2", (long long)progress) != 1) {
        fail_msg("%.*s",
                 STR_ARG(text_of("select string_agg(coalesce(message, '') || state, ',')"
                                 " from progress")));
    }
    return progress;
}

static int64_t told(const char *what)
{
    return testdb_i64(T, arena_print(T->ctx.arena,
                                     "select (result ->> '%s')::bigint from progress order by "
                                     "id desc limit 1",
                                     what)
                             .p);
}

/* Each firing in a line: who, why, what. */
static struct str firings(void)
{
    return text_of(
        "select string_agg(format('%s %s: %s', f ->> 'title', f ->> 'why', (select "
        "string_agg(case s ->> 'did' when 'true' then '+' else '-' end || (s ->> 'text'), "
        "' ') from jsonb_array_elements(f -> 'said') s)), e'\\n' order by n desc) from (select "
        "result from progress order by id desc limit 1) p cross join "
        "jsonb_array_elements(p.result -> 'firings') with ordinality k (f, n)");
}

#define FIRINGS(expected)                                                                      \
    do {                                                                                       \
        struct str firings_ = firings();                                                       \
        if (!str_eq(firings_, STR(expected))) {                                                \
            fail_msg("line %d: %.*s", __LINE__, STR_ARG(firings_));                            \
        }                                                                                      \
    } while (0)

static int64_t saved_off(const char *name, const char *trigger, const char *actions,
                         int32_t cooldown, bool once)
{
    struct automation_save save = automate_draft(T, name, trigger, actions);
    save.enabled = false;
    save.cooldown_s = cooldown;
    save.once = once;
    return automate_save(T, &save);
}

/* ---- the proof: it is what would have happened ---- */

#define PEOPLE(url) MATCH_PEOPLE(PAGE(url))
#define EMAIL(part) "{'field':'email','op':'contains','values':['" part "']}"
#define SET(key, value)                                                                        \
    "{'do':'set_property','to':'company','key':'" key "','value':'" value "'}"
#define SET_FROM(key, from)                                                                    \
    "{'do':'set_property','to':'person','key':'" key "','from':'" from "'}"
#define HOOK "{'do':'webhook','integration':'1'}"
#define TURNS "{'do':'owner','how':'turns','users':['5','6']}"
#define MAIL                                                                                   \
    "{'do':'mail','how':'owner','subject':'S','text':'T'},"                                    \
    "{'do':'mail','how':'addresses','addresses':['a@x.example','b@x.example'],"                \
    "'subject':'S','text':'T'}"

static const struct {
    const char *trigger, *actions;
    int32_t cooldown;
    bool once;
} rules[] = {
    {ON_PAGE("/a*"), ADD("1") "," PUT("1", "2") "," HOOK, 60, false},
    {ON_PAGE("/a*"), PUT("1", "3") "," PUT("1", "2") "," PUT("2", "5") "," PUT("2", "4"), 0,
     false},
    {ON_PAGE("*"), ADD("1") "," TAKE("1") "," ADD_PERSON("2"), 3600, false},
    {MATCH(PAGE("/b") "," EMAIL("kim")), PUT("2", "5") "," TURNS "," MAIL, 86400, false},
    {PEOPLE("/a*"), ADD_PERSON("3") "," CARD("move", "1", "2") "," HOOK, 7200, false},
    {MATCH("{'field':'event_name','op':'is','values':['Trial']}"),
     CARD("create", "1", "2") "," TURNS ",{'do':'remove_card','board':'1'},{'do':'push',"
                              "'integration':'3'}",
     1800, false},
    {ON_PAGE("*"), PUT("1", "2") "," SET("note", "seen") "," SET_FROM("first", "landing"), 60,
     true},
    {ON_PAGE("/b"),
     PUT("1", "2") ",{'do':'remove_card','board':'1','exclude':true}," CARD("create", "1", "3"),
     0, false},
    {ON_PAGE("/a*"),
     SET("industry", "Food") "," SET("industry",
                                     "Steel") ",{'do':'slack',"
                                              "'integration':'2','text':'{company}'}",
     600, false},
};

/* Ten visitors: of companies, alone, unknown. They say who they are first. */
static void random_history(unsigned seed, int n)
{
    static const char people[] =
        "case v when 1 then 'kim@harbor.example' when 2 then 'lee@harbor.example' when 3 then "
        "'kim@mill.example' when 4 then 'kim@gmail.com' when 5 then 'lee@gmail.com' when 6 "
        "then "
        "'ida@works.example' end";
    char sql[4000];
    (void)snprintf(
        sql, sizeof(sql),
        "select setseed(%u / 100.0); create table history as select "
        "('00000000-0000-0000-0000-' || lpad(v::text, 12, '0'))::uuid as visitor, "
        "now() - interval '9 days' + v * interval '1 second' as at, 6 as type, "
        "'https://x.example/' as url, null as name, jsonb_build_object('email', %s) as "
        "properties from generate_series(1, 6) v union all select "
        "('00000000-0000-0000-0000-' || lpad((1 + floor(random() * 8))::int::text, 12, "
        "'0'))::uuid, now() - interval '8 days' + i * interval '7 days' / %d + random() * "
        "interval '1 minute', case when k < 0.8 then 1 else 7 end, 'https://x.example/' || "
        "(array['a', 'ab', 'b', 'c', 'a/b'])[1 + floor(random() * 5)::int], case when k > 0.8 "
        "then (array['Trial', 'Demo'])[1 + floor(random() * 2)::int] end, null from (select i, "
        "random() as k from generate_series(1, %d) i) i",
        seed, people, n, n);
    testdb_exec(T, sql);
}

static void happen(int from, int count)
{
    testdb_exec(T, arena_print(T->ctx.arena,
                               "insert into event (dataset_id, visitor, at, type, url, name, "
                               "properties) select 7, visitor, at, type, url, name, properties "
                               "from history order by at offset %d limit %d",
                               from, count)
                       .p);
    automate_settle(T);
}

/* Those of the run before are as told: who, when, why, what. */
static struct str would_have(void)
{
    return text_of("select string_agg(format('%s %s %s %s', f ->> 'at', f ->> 'title', f ->> "
                   "'why', f -> 'said'), e'\\n' order by (f ->> 'at')::bigint, f ->> 'title') "
                   "from (select result from progress order by id desc limit 1) p cross join "
                   "jsonb_array_elements(p.result -> 'firings') f");
}

static struct str did(void)
{
    return text_of(
        "select string_agg(format('%s %s %s %s', (extract(epoch from r.cause_at) * "
        "1000000)::bigint, t.title, r.why, r.said), e'\\n' order by r.cause_at, t.title) "
        "from automation_run r left join account c on c.dataset_id = 7 and c.id = r.account_id "
        "left join lead l on l.dataset_id = 7 and l.id = r.lead_id cross join lateral (select "
        "coalesce(c.name, l.email, 'somebody unknown') as title) t");
}

static void forget_all(void)
{
    testdb_exec(T, "truncate event, log_cursor, visitor, session, lead, account, lead_tag, "
                   "account_tag, tag_removed, account_fact, job cascade");
    testdb_exec(T, "delete from job");
}

static void compare_numbers(size_t rule)
{
    const struct {
        const char *name, *sql;
    } numbers[] = {
        {"fired", "select count(*) from automation_run"},
        {"subjects", "select count(distinct subject) from automation_run"},
        {"held", "select coalesce(sum(held), 0)::bigint from automation_run"},
        {"created", "select count(*) from card_ledger where kind = 1"},
        {"moved", "select count(*) from card_ledger where kind = 2"},
        {"removed", "select count(*) from card_ledger where kind = 6"},
        {"deliveries", "select (select count(*) from outbox) + (select count(*) from mail)"},
        {"not_moved", "select count(*) from automation_run cross join "
                      "jsonb_array_elements(said) s where s ->> 'text' like '%fixed flow'"},
        {"tagged", "select count(*) from automation_run cross join "
                   "jsonb_array_elements(said) s where s ->> 'text' like 'Put the tag%'"},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int64_t expected = testdb_i64(T, numbers[i].sql);
        if (told(numbers[i].name) != expected) {
            fail_msg("rule %zu: %s %lld, not %lld", rule, numbers[i].name,
                     (long long)told(numbers[i].name), (long long)expected);
        }
    }
}

static void try_rule(size_t rule, unsigned seed)
{
    enum { EVENTS = 120, PART = 21 };
    automate_world(T);
    testdb_exec(T, "drop table if exists history");
    random_history(seed, EVENTS);
    happen(0, 1000);
    int64_t id = saved_off("R", rules[rule].trigger, rules[rule].actions, rules[rule].cooldown,
                           rules[rule].once);
    (void)look_back(id, 30);
    struct str expected = would_have();
    COUNT(0, "automation_run", "true");
    COUNT(0, "outbox", "true");
    assert_int_equal(told("events"), EVENTS + 6);
    assert_int_equal(told("unlisted"), 0);
    /* the copy, in which it is on from the first event */
    forget_all();
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(automation_switch(T->db, WORLD_DATASET, id, true), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    testdb_exec(T, "update automation set enabled_at = now() - interval '30 days'");
    for (int i = 0; i < EVENTS + 6; i += PART) {
        happen(i, PART);
    }
    struct str happened = did();
    struct str line_told, line;
    for (struct str a = expected, b = happened; !str_eq(a, b);) {
        bool more = str_next(&a, '\n', &line_told);
        if (!str_next(&b, '\n', &line) || !more || !str_eq(line, line_told)) {
            fail_msg("rule %zu, seed %u: told:\n%.*s\nhappened:\n%.*s", rule, seed,
                     STR_ARG(line_told), STR_ARG(line));
        }
    }
    assert_true(happened.n > 0);
    compare_numbers(rule);
}

static void it_is_what_would_have_happened(void **state)
{
    (void)state;
    for (size_t rule = 0; rule < sizeof(rules) / sizeof(rules[0]); rule++) {
        for (unsigned seed = 1; seed <= 3; seed++) {
            (void)testdb_reset(state);
            try_rule(rule, seed * 17 + (unsigned)rule);
        }
    }
}

/* ---- how things stood then ---- */

static void cards_stand_where_they_stood(void **state)
{
    (void)state;
    const struct happened known = {.visitor = 1,
                                   .type = 6,
                                   .email = "kim@harbor.example",
                                   .url = "https://x.example/",
                                   .ago = 9000};
    automate_event(T, &known);
    for (int i = 0; i < 3; i++) {
        const struct happened view = {
            .visitor = 1, .url = "https://x.example/a", .ago = 7200 - i * 2400};
        automate_event(T, &view); /* 2 h, 80 and 40 minutes ago */
    }
    automate_settle(T);
    /* Ann put the card into New 100 minutes ago, and moved it to Decision an hour ago */
    testdb_exec(
        T, "insert into card (dataset_id, id, board_id, stage_id, account_id, rank, title) "
           "overriding system value select 7, 1, 1, 3, id, 1, name from account");
    testdb_exec(T, "insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, "
                   "to_stage, actor_kind, actor_id, at) values (7, 1, 1, 1, null, 1, 1, 5, "
                   "now() - interval '100 minutes'), (7, 1, 1, 2, 1, 3, 1, 5, now() - interval "
                   "'1 hour')");
    (void)look_back(saved_off("A", ON_PAGE("/a"), CARD("move", "1", "2"), 60, false), 1);
    FIRINGS("harbor.example visited https://x.example/a: -Not moved: there is no card\n"
            "harbor.example visited https://x.example/a: +Moved from New to Interest of Sales\n"
            "harbor.example visited https://x.example/a: -Not moved from Decision to Interest "
            "of Sales: "
            "fixed flow");
}

static void cards_make_it_run(void **state)
{
    (void)state;
    testdb_exec(T, "insert into account (dataset_id, id, domain, name) values (7, 1, "
                   "'a.example', 'A'), (7, 2, 'b.example', 'B')");
    testdb_exec(
        T, "insert into card (dataset_id, id, board_id, stage_id, account_id, rank, title) "
           "overriding system value values (7, 1, 1, 2, 1, 1, 'A'), (7, 2, 1, 2, 2, 2, 'B')");
    testdb_exec(T, "insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, "
                   "to_stage, actor_kind, actor_id, at) values "
                   "(7, 1, 1, 1, null, 1, 1, 5, now() - interval '3 hours'), "
                   "(7, 1, 1, 2, 1, 2, 1, 5, now() - interval '2 hours'), "
                   "(7, 2, 1, 1, null, 2, 1, 5, now() - interval '1 hour'), "
                   "(7, 2, 1, 1, null, 2, 1, 5, now() - interval '3 days')");
    (void)look_back(saved_off("S", WHEN("stage", "2"), PUT("1", "3"), 60, false), 1);
    FIRINGS("A the card entered Interest of Sales: +Moved from Interest to Decision of Sales\n"
            "B the card entered Interest of Sales: +Moved from Interest to Decision of Sales");
    assert_int_equal(told("moved"), 2);
    /* what it does itself counts, too */
    (void)look_back(saved_off("Round", "{'when':'stage','ids':['4','5']," TREE("") "}",
                              PUT("2", "5") "," PUT("2", "4"), 0, false),
                    1);
    assert_int_equal(told("fired"), 0);
    testdb_exec(
        T, "insert into card (dataset_id, id, board_id, stage_id, account_id, rank, title) "
           "overriding system value values (7, 3, 2, 4, 1, 1, 'A')");
    testdb_exec(T, "insert into card_ledger (dataset_id, card_id, board_id, kind, to_stage, "
                   "actor_kind, actor_id, at) values (7, 3, 2, 1, 4, 1, 5, now() - interval '1 "
                   "hour')");
    (void)look_back(2, 1);
    assert_true(told("fired") > 8);
    COUNT(1, "progress",
          "id = (select max(id) from progress) and result::text like "
          "'%%Stopped: 8 automations%%'");
    /* with a cool-down it is held */
    (void)look_back(saved_off("Held", "{'when':'stage','ids':['4','5']," TREE("") "}",
                              PUT("2", "5") "," PUT("2", "4"), 60, false),
                    1);
    assert_int_equal(told("fired"), 1);
    assert_int_equal(told("held"), 2);
}

static void tags_make_it_run(void **state)
{
    (void)state;
    testdb_exec(T, "insert into account (dataset_id, id, domain, name) values (7, 1, "
                   "'a.example', 'A'), (7, 2, 'b.example', 'B')");
    testdb_exec(T,
                "insert into account_tag (dataset_id, account_id, tag_id, by_user, at) values "
                "(7, 1, 1, 5, now() - interval '1 hour'), (7, 2, 1, 5, now() - interval '3 "
                "days'), (7, 2, 2, 5, now() - interval '1 hour')");
    (void)look_back(saved_off("T", WHEN("tag", "1"), PUT("1", "2"), 60, false), 1);
    FIRINGS("A the tag A was put on: +Card created in Interest of Sales");
    (void)look_back(1, 7);
    assert_int_equal(told("fired"), 2);
}

static void what_cannot_be_looked_back_at_is_said(void **state)
{
    (void)state;
    (void)look_back(saved_off("M", MATCH("{'field':'industry','op':'is','values':['Food']}"),
                              ADD("1"), 60, false),
                    7);
    assert_int_equal(told("fired"), 0);
    COUNT(1, "progress",
          "result ->> 'note' like 'When somebody began to match is not known%%'");
    COUNT(1, "progress", "jsonb_array_length(result -> 'by_day') = 8");
}

static void many_are_counted_and_the_newest_listed(void **state)
{
    (void)state;
    const struct happened known = {
        .visitor = 1, .type = 6, .email = "kim@harbor.example", .url = "/", .ago = 80000};
    automate_event(T, &known);
    testdb_exec(T,
                "insert into event (dataset_id, visitor, at, type, url) select 7, "
                "'00000000-0000-0000-0000-000000000001', now() - i * interval '1 minute', 1, "
                "'https://x.example/a' from generate_series(1, 1200) i");
    automate_settle(T);
    (void)look_back(saved_off("A", ON_PAGE("/a"), ADD("1"), 0, false), 1);
    assert_int_equal(told("fired"), 1200);
    assert_int_equal(told("unlisted"), 700);
    COUNT(1, "progress",
          "jsonb_array_length(result -> 'firings') = 500 and "
          "(result -> 'firings' -> 0 ->> 'at')::bigint > extract(epoch from now() "
          "- interval '5 minutes') * 1000000");
    assert_int_equal(testdb_i64(T, "select sum((d ->> 1)::bigint)::bigint from progress cross "
                                   "join jsonb_array_elements(result -> 'by_day') d"),
                     1200);
}

/* ---- what must not be ---- */

static void refused(void **state)
{
    (void)state;
    int64_t progress, id = saved_off("A", ON_PAGE("/a"), ADD("1"), 60, false);
    assert_int_equal(ask(id, 0, &progress), ERR_INVALID);
    assert_int_equal(ask(id, 91, &progress), ERR_INVALID);
    assert_true(str_eq(T->ctx.why, STR("Choose between 1 and 90 days.")));
    assert_int_equal(ask(999, 7, &progress), ERR_NOT_FOUND);
    COUNT(0, "job", "true");
    COUNT(0, "progress", "true");
}

static void another_one_takes_its_place(void **state)
{
    (void)state;
    int64_t first, second, id = saved_off("A", ON_PAGE("/a"), ADD("1"), 60, false);
    assert_int_equal(ask(id, 7, &first), ERR_NONE);
    assert_int_equal(ask(id, 14, &second), ERR_NONE);
    testjobs_run(T);
    COUNT(1, "progress", "id = %lld and state = 4 and result is null", (long long)first);
    COUNT(1, "progress", "id = %lld and state = 2 and result ->> 'days' = '14'",
          (long long)second);
    COUNT(0, "job", "true");
}

static void one_that_was_deleted_is_said(void **state)
{
    (void)state;
    int64_t progress, id = saved_off("A", ON_PAGE("/a"), ADD("1"), 60, false);
    assert_int_equal(ask(id, 7, &progress), ERR_NONE);
    testdb_exec(T, "update automation set deleted_at = now()");
    testjobs_run(T);
    COUNT(1, "progress", "state = 3 and message = 'This automation does not exist any more.'");
}

static struct testdb testdb;

static int group_setup(void **state)
{
    testdb_open(&testdb, true);
    *state = &testdb;
    return 0;
}

static int group_teardown(void **state)
{
    testdb_close(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_what_would_have_happened),
        TEST(cards_stand_where_they_stood),
        TEST(cards_make_it_run),
        TEST(tags_make_it_run),
        TEST(what_cannot_be_looked_back_at_is_said),
        TEST(many_are_counted_and_the_newest_listed),
        TEST(refused),
        TEST(another_one_takes_its_place),
        TEST(one_that_was_deleted_is_said),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
