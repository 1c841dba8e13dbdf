/* The log consumer: stories. */
#include "shared/clock.h"
#include "shared/score.h"
#include "tests/db/derive_world.h"
#include "tests/db/testjobs.h"
#include "worker/derive.h"
#include "worker/rebuild.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* ---- stories ---- */

static void anonymous_then_form(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('a', 0, 1, '/', null, 'https://www.google.com/')");
    testdb_exec(&derive_world, "select ev('a', 1, 1, '/pricing')");
    testdb_exec(&derive_world, "select ev('a', 2, 2, '/pricing', '{\"kind\":\"leave\"}')");
    assert_int_equal(derive_world_derive(100), 3);
    assert_int_equal(
        I64("select count(*) from lead where email is null and account_id is null"), 1);
    int64_t id = I64("select id from lead");
    testdb_exec(&derive_world, "select ev('a', 60, 1, '/contact')");
    testdb_exec(&derive_world,
                "select ev('a', 61, 5, '/contact', '{\"Email\":\" Jane@ACME.co.uk \","
                "\"first_name\":\"Jane\",\"lastName\":\"Doe\",\"Phone\":\"+44 20 1234\","
                "\"company\":\"ACME Ltd\",\"Team size\":\"20-50\",\"nested\":{\"a\":1}}')");
    assert_int_equal(derive_world_derive(100), 2);
    assert_int_equal(I64("select id from lead"), id);
    TEXT_IS("select email || ' ' || first_name || ' ' || last_name || ' ' || phone from lead",
            "jane@acme.co.uk Jane Doe +44 20 1234");
    TEXT_IS("select properties::text from lead", "{\"Team size\": \"20-50\"}");
    TEXT_IS("select domain || ' ' || name from account", "acme.co.uk ACME Ltd");
    assert_int_equal(I64("select count(*) from session where lead_id = (select id from lead)"),
                     2);
    TEXT_IS("select format('%s %s %s %s %s', visitors, sessions, pageviews, forms, events) "
            "from lead",
            "1 2 3 1 5");
    TEXT_IS("select format('%s %s %s %s %s %s', leads, contacts, visitors, sessions, pageviews,"
            " events) from account",
            "1 1 1 2 3 5");
    TEXT_IS("select format('%s %s %s %s', first_channel, first_source, last_channel, "
            "last_landing) from lead",
            "2 Google 1 https://site.example/contact");
    TEXT_IS("select exit from session order by started_at limit 1",
            "https://site.example/pricing");
    assert_int_equal(I64("select score from account"), I64("select score from lead"));
    assert_int_equal(I64("select (to_timestamp(0) < first_event_at)::int from dataset "
                         "where id = 1"),
                     1);
}

static void two_devices(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('phone', 0, 1, '/a')");
    testdb_exec(&derive_world, "select ev('laptop', 5, 1, '/b')");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from lead"), 2);
    testdb_exec(&derive_world, "insert into tag (dataset_id, name) values (1, 'Partner');"
                               "insert into lead_tag (dataset_id, lead_id, tag_id) "
                               "select 1, lead_id, (select id from tag) from visitor");
    testdb_exec(&derive_world, "select ev('phone', 10, 6, '/a', '{\"email\":\"j@acme.com\"}')");
    derive_world_derive(100);
    testdb_exec(&derive_world,
                "select ev('laptop', 11, 1, '/b?x', '{\"email\":\"J@acme.com\"}')");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from lead"), 1);
    TEXT_IS("select format('%s %s %s %s', visitors, sessions, pageviews, events) from lead",
            "2 2 3 4");
    TEXT_IS("select format('%s %s %s %s', leads, contacts, visitors, sessions) from account",
            "1 1 2 2");
    assert_int_equal(I64("select count(*) from lead_tag"), 1);
    assert_int_equal(I64("select count(distinct lead_id) from session"), 1);
    TEXT_IS("select first_landing from lead", "https://site.example/a");
    TEXT_IS("select last_landing from lead", "https://site.example/b");
}

static void two_devices_at_once(void **state)
{
    (void)state;
    testdb_exec(&derive_world,
                "select ev('phone', 0, 1, '/a'); select ev('laptop', 5, 1, '/b')");
    derive_world_derive(100);
    testdb_exec(&derive_world, "select ev('phone', 10, 6, '/a', '{\"email\":\"j@acme.com\"}');"
                               "select ev('laptop', 11, 5, '/b', '{\"email\":\"j@acme.com\"}');"
                               "select ev('tv', 12, 5, '/c', '{\"email\":\"j@acme.com\"}')");
    derive_world_derive(100);
    TEXT_IS("select format('%s %s %s', visitors, sessions, events) from lead", "3 3 5");
    TEXT_IS("select format('%s %s %s', leads, visitors, events) from account", "1 3 5");
}

static void change_of_person(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('a', 0, 5, '/', '{\"email\":\"ann@one.com\"}')");
    testdb_exec(&derive_world, "select ev('a', 1, 1, '/x')");
    derive_world_derive(1);
    testdb_exec(&derive_world, "select ev('a', 2, 6, '/', '{\"email\":\"bob@two.com\"}')");
    testdb_exec(&derive_world, "select ev('a', 3, 1, '/y')");
    derive_world_derive(1);
    testdb_exec(&derive_world, "select ev('a', 4, 6, '/', '{\"email\":\"bob@two.com\"}')");
    testdb_exec(&derive_world, "select ev('a', 5, 6, '/', '{\"email\":\"ann@one.com\"}')");
    derive_world_derive(1);
    TEXT_IS("select string_agg(format('%s %s %s %s', email, visitors, sessions, events), ', ' "
            "order by email) from lead",
            "ann@one.com 1 2 3, bob@two.com 1 1 3");
    TEXT_IS("select l.email from visitor v join lead l on l.id = v.lead_id", "ann@one.com");
    TEXT_IS("select string_agg(events::text, ' ' order by started_at) from session", "2 3 1");
}

static void company_without_domain(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('a', 0, 5, '/', '{\"email\":\"x@gmail.com\","
                               "\"company\":\"Müller GmbH\"}')");
    testdb_exec(&derive_world, "select ev('b', 1, 5, '/', '{\"email\":\"y@gmail.com\","
                               "\"company\":\"MÜLLER GMBH\"}')");
    testdb_exec(&derive_world, "select ev('c', 2, 5, '/', '{\"email\":\"z@gmail.com\"}')");
    testdb_exec(&derive_world, "select ev('d', 3, 5, '/', '{\"company\":\"Solo\"}')");
    testdb_exec(&derive_world,
                "select ev('e', 4, 5, '/', '{\"email\":\"q@gmail.com\",\"company\":\"-\"}')");
    derive_world_derive(100);
    TEXT_IS("select string_agg(format('%s %s %s', name, leads, contacts), ', ' order by name) "
            "from account where domain is null",
            "MÜLLER GMBH 2 2, Solo 1 0");
    assert_int_equal(I64("select count(*) from account"), 2);
    /* Solo's visitor turns out to be of another company: the name alone is forgotten. */
    testdb_exec(&derive_world, "select ev('d', 5, 6, '/', '{\"email\":\"d@solo.com\"}')");
    derive_world_derive(100);
    TEXT_IS("select string_agg(coalesce(domain, '-') || ' ' || name, ', ' order by name) "
            "from account",
            "- MÜLLER GMBH, solo.com Solo");
}

static void not_identified(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('a', 0, 5, '/', '{\"email\":\"nonsense\"}')");
    testdb_exec(&derive_world, "select ev('b', 0, 5, '/', '{\"email\":\"a@b\"}')");
    testdb_exec(&derive_world, "select ev('c', 0, 7, '/', '{\"email\":\"friend@acme.com\"}')");
    testdb_exec(&derive_world, "select ev('d', 0, 2, '/', '{\"email\":\"friend@acme.com\"}')");
    testdb_exec(&derive_world, "select ev('e', 0, 5, '/', '[\"email\"]')");
    testdb_exec(&derive_world, "select ev('f', 0, 5, '/', '\"email\"')");
    testdb_exec(&derive_world,
                "select ev('g', 0, 5, '/', '{\"email\":{\"a\":\"x@acme.com\"}}')");
    testdb_exec(&derive_world,
                "select ev('h', 0, 5, '/', '{\"email\":null,\"phone\":\"none\"}')");
    testdb_exec(&derive_world, "select ev('i', 0, 1, '/', null, 'javascript:alert(1)')");
    testdb_exec(&derive_world,
                "insert into event (dataset_id, at, visitor, type) values "
                "(1, now(), md5('j')::uuid, 8), (77, now(), md5('j')::uuid, 99)");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from lead"), 10); /* what we note is nobody's */
    assert_int_equal(
        I64("select count(*) from lead where email is not null or phone is not null "
            "or account_id is not null"),
        0);
}

static void values(void **state)
{
    (void)state;
    testdb_exec(&derive_world,
                "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\",\"firstName\":\"Old\","
                "\"colour\":\"red\"}')");
    testdb_exec(&derive_world,
                "select ev('a', 9, 5, '/', '{\"firstName\":\"New\",\"colour\":\"blue\"}')");
    testdb_exec(&derive_world,
                "select ev('a', 5, 5, '/', '{\"firstName\":\"Middle\",\"colour\":\"green\","
                "\"size\":3}')");
    derive_world_derive(1);
    TEXT_IS("select first_name || properties::text from lead",
            "New{\"size\": \"3\", \"colour\": \"blue\"}");
    testdb_exec(&derive_world,
                "insert into event (dataset_id, at, visitor, type, properties) "
                "select 1, '2026-06-01 01:00Z', md5('a')::uuid, 5, "
                "jsonb_object_agg('k' || n, repeat('v', 600)) from generate_series(1, 90) n");
    derive_world_derive(1);
    assert_int_equal(I64("select count(*) from lead, jsonb_object_keys(properties)"), 50);
    assert_int_equal(I64("select max(length(value)) from lead, jsonb_each_text(properties)"),
                     500);
}

static void late_events(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('a', 0, 1, '/a'); select ev('a', 50, 1, '/d')");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from session"), 2);
    testdb_exec(&derive_world, "select ev('a', 25, 1, '/b')"); /* joins both */
    derive_world_derive(100);
    TEXT_IS("select format('%s %s %s %s', events, landing, exit, ended_at - started_at) "
            "from session",
            "3 https://site.example/a https://site.example/d 00:50:00");
    TEXT_IS("select format('%s %s %s', visitors, sessions, events) from lead", "1 1 3");
    testdb_exec(&derive_world,
                "select ev('a', -10, 1, '/z', null, 'https://bing.com/')"); /* extends */
    derive_world_derive(100);
    TEXT_IS("select format('%s %s %s', count(*), min(landing), min(channel)) from session",
            "1 https://site.example/z 2");
    TEXT_IS("select first_landing || first_channel from lead", "https://site.example/z2");
    testdb_exec(&derive_world, "select ev('a', -600, 1, '/old')"); /* stands alone */
    derive_world_derive(100);
    TEXT_IS("select format('%s %s', sessions, first_landing) from lead",
            "2 https://site.example/old");
    /* Somebody else had been there before: late, and with a name. */
    testdb_exec(&derive_world, "select ev('a', 20, 6, '/', '{\"email\":\"x@x-ray.com\"}')");
    testdb_exec(&derive_world, "select ev('a', 51, 6, '/', '{\"email\":\"y@yps.com\"}')");
    derive_world_derive(100);
    TEXT_IS(
        "select string_agg(format('%s %s %s', email, sessions, events), ', ' order by email)"
        " from lead",
        "x@x-ray.com 2 6, y@yps.com 1 1");
    testdb_exec(&derive_world, "select ev('a', 24, 6, '/', '{\"email\":\"y@yps.com\"}')");
    derive_world_derive(100);
    TEXT_IS(
        "select string_agg(format('%s %s %s', email, sessions, events), ', ' order by email)"
        " from lead",
        "x@x-ray.com 2 4, y@yps.com 1 4");
}

/* Two people in one moment on one browser: the key of their sessions must not collide. */
static void same_moment(void **state)
{
    (void)state;
    testdb_exec(&derive_world,
                "select ev('a', 0, 6, '/' || n, jsonb_build_object('email', n || '@acme.com'))"
                " from generate_series(1, 5) n");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from session"), 5);
    assert_int_equal(I64("select sum(events)::bigint from lead"), 5);
}

/* As large as the collector lets events be, and larger: read in portions that fit in memory. */
static void large_events(void **state)
{
    (void)state;
    testdb_exec(&derive_world,
                "insert into event (dataset_id, at, visitor, type, url, referrer, properties) "
                "select 1, now() - n * interval '1 s', md5((n % 50)::text)::uuid, 5, "
                "'https://x.example/' || repeat('u', 2000), 'https://y.example/' || "
                "repeat('r', 2000), (select jsonb_object_agg(n || 'key' || k, "
                "repeat('\U0001F600', 512)) from generate_series(1, 32) k) "
                "from generate_series(1, 2000) n");
    assert_int_equal(derive_world_derive(10000), 2000);
    assert_int_equal(I64("select sum(events) from lead"), 2000);
    testdb_exec(&derive_world, "select ev((n % 50)::text, n, 5, '/', '{\"a\":\"b\"}') "
                               "from generate_series(1, 1000) n"); /* months late */
    assert_int_equal(derive_world_derive(10000), 1000);
    assert_int_equal(I64("select sum(events) from lead"), 3000);
}

/* ---- boards ---- */

static void make_board(const char *filter)
{
    char sql[2000];
    (void)snprintf(
        sql, sizeof(sql),
        "insert into app_user (email, name, password_hash) values ('u@u.example', 'U', 'x')"
        " on conflict do nothing;"
        "with s as (insert into segment (dataset_id, name, filter) values (1, 'S', '%s')"
        "  returning id), b as (insert into board (dataset_id, name, user_id, segment_id,"
        "  setup_step) select 1, 'B', 1, id, 0 from s returning id)"
        " insert into stage (dataset_id, board_id, position, name, entry)"
        " select 1, id, n, 'Stage ' || n, n = 1 from b, generate_series(1, 2) n",
        filter);
    testdb_exec(&derive_world, sql);
}

static void cards_come_and_follow(void **state)
{
    (void)state;
    make_board("{\"version\":1,\"match\":\"all\",\"conditions\":["
               "{\"field\":\"domain\",\"op\":\"contains\",\"values\":[\"acme\"]}]}");
    testdb_exec(&derive_world, "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\"}')");
    testdb_exec(&derive_world, "select ev('b', 0, 5, '/', '{\"email\":\"b@other.com\"}')");
    derive_world_derive(100);
    (void)testjobs_follow(&derive_world);
    TEXT_IS("select string_agg(format('%s %s %s', title, contacts, visitors), ', ') from card",
            "acme.com 1 1");
    assert_int_equal(I64("select cards from stage where entry"), 1);
    assert_int_equal(I64("select count(*) from card_ledger where kind = 1"), 1);
    assert_int_equal(I64("select count(*) from job where kind = 4 and uniq like 'account:%'"),
                     2);
    testdb_exec(&derive_world, "delete from card_change");
    testdb_exec(&derive_world, "select ev('c', 3, 5, '/', '{\"email\":\"c@acme.com\","
                               "\"company\":\"Acme Inc\"}')");
    derive_world_derive(100);
    (void)testjobs_follow(&derive_world);
    TEXT_IS("select format('%s %s %s', title, contacts, visitors) from card", "Acme Inc 2 2");
    assert_int_equal(I64("select count(*) from card_change"), 1);
    assert_int_equal(I64("select (last_activity_at = '2026-06-01 00:03Z')::int from card"), 1);
    /* Excluded ones stay away, lost ones come back. */
    testdb_exec(&derive_world,
                "delete from card; update stage set cards = 0; insert into card_exclusion "
                "(dataset_id, board_id, account_id) select 1, b.id, a.id from board b, account"
                " a where domain = 'acme.com'");
    testdb_exec(&derive_world, "select ev('a', 5, 1, '/')");
    derive_world_derive(100);
    (void)testjobs_follow(&derive_world);
    assert_int_equal(I64("select count(*) from card"), 0);
    testdb_exec(&derive_world, "delete from card_exclusion; select ev('a', 6, 1, '/')");
    derive_world_derive(100);
    (void)testjobs_follow(&derive_world);
    assert_int_equal(I64("select count(*) from card"), 1);
}

static void lead_cards_follow(void **state)
{
    (void)state;
    make_board("{\"version\":1,\"match\":\"all\",\"conditions\":[]}");
    testdb_exec(&derive_world, "select ev('a', 0, 5, '/', '{\"email\":\"a@gmail.com\"}')");
    derive_world_derive(100);
    testdb_exec(&derive_world,
                "insert into card (dataset_id, board_id, stage_id, rank, lead_id, title) "
                "select 1, s.board_id, s.id, 1, l.id, 'old' from stage s, lead l "
                "where s.entry");
    testdb_exec(&derive_world, "select ev('a', 1, 1, '/')");
    derive_world_derive(100);
    TEXT_IS("select format('%s %s %s', title, contacts, visitors) from card",
            "a@gmail.com 1 1");
}

/* "day score" of each row, by day. */
#define HISTORY                                                                                \
    "select coalesce(string_agg(to_char(day, 'MM-DD ') || score, ', ' order by day), 'none') " \
    "from score_history"

static void days_end_with_a_score(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('a', 0, 1, '/'), ev('a', 1, 1, '/a')");
    derive_world_derive(100);
    int64_t first = I64("select score from lead");
    testdb_exec(&derive_world, "select ev('a', 2, 5, '/', '{\"email\":\"a@acme.com\"}')");
    derive_world_derive(100);
    TEXT_IS(HISTORY, "none"); /* the day is not over */
    int64_t second = I64("select score from lead");
    assert_true(second > first);
    testdb_exec(&derive_world, "select ev('a', 1440, 1, '/')");
    derive_world_derive(100);
    TEXT_IS(HISTORY, arena_print(derive_world.ctx.arena, "06-01 %lld", (long long)second).p);
    testdb_exec(&derive_world, "select ev('a', 1450, 1, '/b'); select ev('a', 4320, 1, '/c')");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from score_history"), 2);
    assert_true(I64("select score from lead") > second);
}

static void merged_days_stay(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('phone', 0, 6, '/', '{\"email\":\"j@acme.com\"}');"
                               "select ev('laptop', 0, 1, '/')");
    derive_world_derive(100);
    testdb_exec(&derive_world,
                "select ev('laptop', 1440, 1, '/b'); select ev('laptop', 1441, 1, '/c')");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from score_history"), 1);
    testdb_exec(&derive_world,
                "select ev('laptop', 2880, 6, '/', '{\"email\":\"j@acme.com\"}')");
    derive_world_derive(100);
    assert_int_equal(I64("select count(*) from lead"), 1);
    assert_int_equal(
        I64("select count(*) from score_history h join lead l on l.id = h.lead_id"), 1);
}

/* Nobody came back: what the last day ended with is kept, and today has less. */
static void time_alone_changes_scores(void **state)
{
    (void)state;
    testdb_exec(&derive_world, "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\"}')");
    derive_world_derive(100);
    testdb_exec(&derive_world,
                "update lead set last_at = now() - interval '5 days', score = 60");
    struct score_formula formula;
    struct score_step step;
    assert_int_equal(db_begin(derive_world.db, NULL), ERR_NONE);
    assert_int_equal(score_formula_load(&derive_world.ctx, derive_world.db, 1, &formula),
                     ERR_NONE);
    assert_int_equal(
        score_pass(&derive_world.ctx, derive_world.db, 1, &formula, false, 0, 100, &step),
        ERR_NONE);
    assert_int_equal(db_commit(derive_world.db), ERR_NONE);
    int64_t now = I64("select score from lead");
    assert_true(now < 60);
    assert_int_equal(I64("select count(*) from score_history"), 2);
    assert_int_equal(I64("select score from score_history order by day limit 1"), 60);
    assert_int_equal(I64("select score from score_history order by day desc limit 1"), now);
    assert_int_equal(I64("select ((now() at time zone 'utc')::date = max(day))::int "
                         "from score_history"),
                     1);
}

/* ---- a function of the events ---- */

/* A log with everything in it: gaps, several people and devices, forms, times in no order. Only
 * no moment is the same: which of two browsers a person used first is not told apart then. */
/* ---- deriving everything again ---- */

/* Notes, tags, links and values by hand, on people of every kind; the same rows. */
static void rebuilding_keeps_what_the_team_said(void **state)
{
    (void)state;
    make_board("{\"version\":1,\"match\":\"all\",\"conditions\":[]}");
    testdb_exec(&derive_world,
                "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\",\"firstName\":\"A\"}'),"
                " ev('b', 0, 1, '/'), ev('c', 0, 1, '/'), ev('b', 50, 1, '/x'),"
                " ev('d', 0, 6, '/', '{\"userId\":\"u1\"}')");
    derive_world_derive(100);
    (void)testjobs_follow(&derive_world);
    testdb_exec(
        &derive_world,
        "insert into tag (dataset_id, name) values (1, 'Key');"
        "insert into lead_tag (dataset_id, lead_id, tag_id) select 1, lead_id, g.id from "
        "visitor v, tag g where v.visitor in (md5('b')::uuid, md5('d')::uuid);"
        "insert into note (dataset_id, lead_id, user_id, body) select 1, id, 1, 'Hello' "
        "from lead where email = 'a@acme.com';"
        "update lead set job_title = 'Boss', properties = '{\"By hand\": \"1\"}' "
        "where email = 'a@acme.com';"
        "insert into lead (dataset_id, email, first_at, last_at) values "
        "(1, 'never@seen.com', to_timestamp(0), to_timestamp(0));"
        "drop table if exists kept; create table kept as select id, email, user_id, "
        "job_title, properties from lead where email is not null or user_id is not null "
        "or id in (select lead_id from lead_tag)");
    int64_t card = I64("select id from card"), ledger = I64("select count(*) from card_ledger");
    derive_world_keep_state("before");
    derive_world_rebuild();
    testdb_exec(&derive_world, "select ev('e', 60, 1, '/')"); /* waits for its turn */
    assert_int_equal(derive_world_derive(2), 6);
    assert_int_equal(I64("select (rebuild_before = rebuild_after)::int from log_cursor"), 1);
    assert_int_equal(
        I64("select count(*) from kept k join lead l using (id) where k.email is not "
            "distinct from l.email and k.user_id is not distinct from l.user_id and "
            "k.job_title is not distinct from l.job_title and k.properties = "
            "l.properties"),
        4);
    assert_int_equal(I64("select count(*) from lead"), 6); /* c and e have others */
    assert_int_equal(I64("select count(*) from note n join lead l on l.id = n.lead_id where "
                         "l.email = 'a@acme.com' and l.events = 1"),
                     1);
    assert_int_equal(I64("select sessions from lead l join visitor v on v.lead_id = l.id where "
                         "v.visitor = md5('b')::uuid"),
                     2);
    assert_int_equal(I64("select id from card"), card);
    assert_int_equal(I64("select count(*) from card_ledger"), ledger);
    assert_int_equal(I64("select count(*) from job where kind = 3"), 1);
    assert_int_equal(I64("select count(*) from rebuild_lead"), 0);
}

static void rebuilding_twice_at_once(void **state)
{
    (void)state;
    bool begun = true;
    assert_int_equal(rebuild_begin(&derive_world.ctx, derive_world.db, &begun), ERR_NONE);
    assert_false(begun); /* there is nothing yet */
    db_use(derive_world.db, &derive_world.ctx);
    testdb_exec(&derive_world, "select ev('a', 0, 1, '/')");
    derive_world_derive(100);
    derive_world_rebuild();
    assert_int_equal(rebuild_begin(&derive_world.ctx, derive_world.db, &begun), ERR_NONE);
    assert_false(begun);
    db_use(derive_world.db, &derive_world.ctx);
    derive_world_derive(100);
    assert_int_equal(I64("select sum(events) from lead"), 1);
}

/* ---- exactly once ---- */

/* A transaction that began earlier and commits later must not be passed over. */
static void commit_order(void **state)
{
    (void)state;
    struct db *slow = testdb_connect(&derive_world, NULL);
    assert_int_equal(db_begin(slow, NULL), ERR_NONE);
    assert_int_equal(db_exec_text(slow, STR("select ev('slow', 0, 1, '/')")), ERR_NONE);
    testdb_exec(&derive_world, "select ev('quick', 1, 1, '/')");
    assert_int_equal(derive_world_derive(100), 0); /* waits for the slow one */
    assert_int_equal(db_commit(slow), ERR_NONE);
    assert_int_equal(derive_world_derive(100), 2);
    db_free(slow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(anonymous_then_form, derive_world_fresh),
        cmocka_unit_test_setup(two_devices, derive_world_fresh),
        cmocka_unit_test_setup(two_devices_at_once, derive_world_fresh),
        cmocka_unit_test_setup(change_of_person, derive_world_fresh),
        cmocka_unit_test_setup(company_without_domain, derive_world_fresh),
        cmocka_unit_test_setup(not_identified, derive_world_fresh),
        cmocka_unit_test_setup(values, derive_world_fresh),
        cmocka_unit_test_setup(late_events, derive_world_fresh),
        cmocka_unit_test_setup(same_moment, derive_world_fresh),
        cmocka_unit_test_setup(large_events, derive_world_fresh),
        cmocka_unit_test_setup(cards_come_and_follow, derive_world_fresh),
        cmocka_unit_test_setup(lead_cards_follow, derive_world_fresh),
        cmocka_unit_test_setup(days_end_with_a_score, derive_world_fresh),
        cmocka_unit_test_setup(merged_days_stay, derive_world_fresh),
        cmocka_unit_test_setup(time_alone_changes_scores, derive_world_fresh),
        cmocka_unit_test_setup(rebuilding_keeps_what_the_team_said, derive_world_fresh),
        cmocka_unit_test_setup(rebuilding_twice_at_once, derive_world_fresh),
        cmocka_unit_test_setup(commit_order, derive_world_fresh),
    };
    return derive_world_run("derive", tests, sizeof(tests) / sizeof(tests[0]));
}
