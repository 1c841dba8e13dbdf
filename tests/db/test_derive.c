/* The log consumer: stories, and that what is derived depends on the events alone. */
#include "shared/clock.h"
#include "shared/score.h"
#include "tests/db/testjobs.h"
#include "worker/derive.h"
#include "worker/rebuild.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct testdb t;

/* ev(visitor, minute, type, page, properties, referrer, utm) writes one event of dataset 1 on a
 * fixed day; each call is a transaction of its own. state() is all that is derived, as text
 * without ids. */
static const char helpers[] =
    "create function ev(v text, minute numeric, type int, page text default null,"
    "    properties jsonb default null, referrer text default null, utm jsonb default null,"
    "    dataset bigint default 1)"
    " returns void language sql as $$"
    "  insert into event (dataset_id, at, visitor, type, url, referrer, utm, properties)"
    "  values (dataset, '2026-06-01 00:00Z'::timestamptz + minute * interval '1 minute',"
    "    md5(v)::uuid, type, 'https://site.example' || page, referrer, utm, properties) $$;"
    "create view state as"
    " select 'account' as kind, dataset_id, jsonb_build_array(domain, name, name_at, leads, "
    "contacts,"
    "   visitors, sessions, pageviews, events, first_at, last_at, score)::text as what"
    " from account"
    " union all select 'lead', l.dataset_id, jsonb_build_array(l.email, a.name, first_name,"
    "   last_name, l.phone, company, job_title, l.first_at, l.last_at, last_session_at,"
    "   first_channel, first_source, first_campaign, first_referrer, first_landing,"
    "   last_channel, last_source, last_campaign, last_referrer, last_landing, l.visitors,"
    "   l.sessions, l.pageviews, forms, l.events, l.score, score_parts, l.properties, stamps,"
    "   l.user_id, l.country, l.network_at, l.network_domain, l.network_name,"
    "   (select jsonb_agg(s.visitor || ' ' || s.started_at order by s.visitor, s.started_at)"
    "    from session s where s.dataset_id = l.dataset_id and s.lead_id = l.id))::text"
    " from lead l left join account a on a.dataset_id = l.dataset_id and a.id = l.account_id"
    " union all select 'session', dataset_id, (lead_id = 0) || (to_jsonb(s) - 'lead_id')::text"
    "  from session s"
    " union all select 'user', dataset_id, to_jsonb(u)::text from user_address u"
    " union all select 'visitor', v.dataset_id, (to_jsonb(v) - 'lead_id')::text ||"
    "   coalesce(l.email, 'anonymous') from visitor v"
    "   left join lead l on l.dataset_id = v.dataset_id and l.id = v.lead_id"
    " union all select 'dataset', id, first_event_at || ' ' || last_event_at from dataset;"
    "create function forget() returns void language sql as $$"
    "  truncate card_exclusion, visitor, session, lead, account, lead_tag, account_tag, "
    "account_fact, user_address, user_visitor, card,"
    "    stage, board, card_ledger, card_change, note, segment, segment_member, "
    "segment_change, segment_touch, job, tag cascade;"
    "  update log_cursor set xid = '0', id = 0, max_id = 0, floor_id = 0;"
    "  update dataset set first_event_at = null, last_event_at = null $$;"
    "insert into workspace (name) values ('w');"
    "insert into dataset (workspace_id, public_id, name) values (1, 'one', 'One'),"
    "  (1, 'two', 'Two');"
    "insert into network_owner (network, name) values (1, 'Hetzner Online GmbH'),"
    "  (2, 'Siemens AG'), (3, 'Deutsche Telekom AG'), (4, 'Proofpoint, Inc.')";

static int fresh(void **state)
{
    struct testdb *self = &t;
    (void)state;
    testdb_reset((void **)&self);
    testdb_exec(&t, "select forget(); truncate event");
    return 0;
}

/* Reads the log to its end; gives the number of events. */
static int64_t derive(int64_t limit)
{
    struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
    struct db *db = db_new(t.conninfo, "leadboard_worker");
    int64_t n = 1, all = 0;
    while (n > 0) {
        enum err err = derive_batch(&ctx, db, limit, &n);
        if (err != ERR_NONE) {
            print_error("derive: %s: %.*s %.*s\n", err_name(err), STR_ARG(ctx.why),
                        STR_ARG(ctx.detail));
        }
        assert_int_equal(err, ERR_NONE);
        all += n;
        ctx_reset(&ctx, STR("test"));
    }
    db_free(db);
    arena_free(ctx.arena);
    return all;
}

#define I64(sql) testdb_i64(&t, sql)
#define TEXT_IS(sql, want) assert_string_equal(text_of(sql), want)

static const char *text_of(const char *sql)
{
    struct db_result result;
    assert_int_equal(db_query(t.db, str_from(sql), NULL, 0, &result), ERR_NONE);
    assert_int_equal(result.n_rows, 1);
    struct str text = db_cell(&result, 0, 0)->as.text;
    return str_is_null(text) ? "null" : arena_cstr(t.ctx.arena, text);
}

/* ---- stories ---- */

static void anonymous_then_form(void **state)
{
    (void)state;
    testdb_exec(&t, "select ev('a', 0, 1, '/', null, 'https://www.google.com/')");
    testdb_exec(&t, "select ev('a', 1, 1, '/pricing')");
    testdb_exec(&t, "select ev('a', 2, 2, '/pricing', '{\"kind\":\"leave\"}')");
    assert_int_equal(derive(100), 3);
    assert_int_equal(
        I64("select count(*) from lead where email is null and account_id is null"), 1);
    int64_t id = I64("select id from lead");
    testdb_exec(&t, "select ev('a', 60, 1, '/contact')");
    testdb_exec(&t, "select ev('a', 61, 5, '/contact', '{\"Email\":\" Jane@ACME.co.uk \","
                    "\"first_name\":\"Jane\",\"lastName\":\"Doe\",\"Phone\":\"+44 20 1234\","
                    "\"company\":\"ACME Ltd\",\"Team size\":\"20-50\",\"nested\":{\"a\":1}}')");
    assert_int_equal(derive(100), 2);
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
    testdb_exec(&t, "select ev('phone', 0, 1, '/a')");
    testdb_exec(&t, "select ev('laptop', 5, 1, '/b')");
    derive(100);
    assert_int_equal(I64("select count(*) from lead"), 2);
    testdb_exec(&t, "insert into tag (dataset_id, name) values (1, 'Partner');"
                    "insert into lead_tag (dataset_id, lead_id, tag_id) "
                    "select 1, lead_id, (select id from tag) from visitor");
    testdb_exec(&t, "select ev('phone', 10, 6, '/a', '{\"email\":\"j@acme.com\"}')");
    derive(100);
    testdb_exec(&t, "select ev('laptop', 11, 1, '/b?x', '{\"email\":\"J@acme.com\"}')");
    derive(100);
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
    testdb_exec(&t, "select ev('phone', 0, 1, '/a'); select ev('laptop', 5, 1, '/b')");
    derive(100);
    testdb_exec(&t, "select ev('phone', 10, 6, '/a', '{\"email\":\"j@acme.com\"}');"
                    "select ev('laptop', 11, 5, '/b', '{\"email\":\"j@acme.com\"}');"
                    "select ev('tv', 12, 5, '/c', '{\"email\":\"j@acme.com\"}')");
    derive(100);
    TEXT_IS("select format('%s %s %s', visitors, sessions, events) from lead", "3 3 5");
    TEXT_IS("select format('%s %s %s', leads, visitors, events) from account", "1 3 5");
}

static void change_of_person(void **state)
{
    (void)state;
    testdb_exec(&t, "select ev('a', 0, 5, '/', '{\"email\":\"ann@one.com\"}')");
    testdb_exec(&t, "select ev('a', 1, 1, '/x')");
    derive(1);
    testdb_exec(&t, "select ev('a', 2, 6, '/', '{\"email\":\"bob@two.com\"}')");
    testdb_exec(&t, "select ev('a', 3, 1, '/y')");
    derive(1);
    testdb_exec(&t, "select ev('a', 4, 6, '/', '{\"email\":\"bob@two.com\"}')");
    testdb_exec(&t, "select ev('a', 5, 6, '/', '{\"email\":\"ann@one.com\"}')");
    derive(1);
    TEXT_IS("select string_agg(format('%s %s %s %s', email, visitors, sessions, events), ', ' "
            "order by email) from lead",
            "ann@one.com 1 2 3, bob@two.com 1 1 3");
    TEXT_IS("select l.email from visitor v join lead l on l.id = v.lead_id", "ann@one.com");
    TEXT_IS("select string_agg(events::text, ' ' order by started_at) from session", "2 3 1");
}

static void company_without_domain(void **state)
{
    (void)state;
    testdb_exec(&t, "select ev('a', 0, 5, '/', '{\"email\":\"x@gmail.com\","
                    "\"company\":\"Müller GmbH\"}')");
    testdb_exec(&t, "select ev('b', 1, 5, '/', '{\"email\":\"y@gmail.com\","
                    "\"company\":\"MÜLLER GMBH\"}')");
    testdb_exec(&t, "select ev('c', 2, 5, '/', '{\"email\":\"z@gmail.com\"}')");
    testdb_exec(&t, "select ev('d', 3, 5, '/', '{\"company\":\"Solo\"}')");
    testdb_exec(&t,
                "select ev('e', 4, 5, '/', '{\"email\":\"q@gmail.com\",\"company\":\"-\"}')");
    derive(100);
    TEXT_IS("select string_agg(format('%s %s %s', name, leads, contacts), ', ' order by name) "
            "from account where domain is null",
            "MÜLLER GMBH 2 2, Solo 1 0");
    assert_int_equal(I64("select count(*) from account"), 2);
    /* Solo's visitor turns out to be of another company: the name alone is forgotten. */
    testdb_exec(&t, "select ev('d', 5, 6, '/', '{\"email\":\"d@solo.com\"}')");
    derive(100);
    TEXT_IS("select string_agg(coalesce(domain, '-') || ' ' || name, ', ' order by name) "
            "from account",
            "- MÜLLER GMBH, solo.com Solo");
}

static void not_identified(void **state)
{
    (void)state;
    testdb_exec(&t, "select ev('a', 0, 5, '/', '{\"email\":\"nonsense\"}')");
    testdb_exec(&t, "select ev('b', 0, 5, '/', '{\"email\":\"a@b\"}')");
    testdb_exec(&t, "select ev('c', 0, 7, '/', '{\"email\":\"friend@acme.com\"}')");
    testdb_exec(&t, "select ev('d', 0, 2, '/', '{\"email\":\"friend@acme.com\"}')");
    testdb_exec(&t, "select ev('e', 0, 5, '/', '[\"email\"]')");
    testdb_exec(&t, "select ev('f', 0, 5, '/', '\"email\"')");
    testdb_exec(&t, "select ev('g', 0, 5, '/', '{\"email\":{\"a\":\"x@acme.com\"}}')");
    testdb_exec(&t, "select ev('h', 0, 5, '/', '{\"email\":null,\"phone\":\"none\"}')");
    testdb_exec(&t, "select ev('i', 0, 1, '/', null, 'javascript:alert(1)')");
    testdb_exec(&t, "insert into event (dataset_id, at, visitor, type) values "
                    "(1, now(), md5('j')::uuid, 8), (77, now(), md5('j')::uuid, 99)");
    derive(100);
    assert_int_equal(I64("select count(*) from lead"), 10); /* what we note is nobody's */
    assert_int_equal(
        I64("select count(*) from lead where email is not null or phone is not null "
            "or account_id is not null"),
        0);
}

static void values(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\",\"firstName\":\"Old\","
                "\"colour\":\"red\"}')");
    testdb_exec(&t, "select ev('a', 9, 5, '/', '{\"firstName\":\"New\",\"colour\":\"blue\"}')");
    testdb_exec(&t, "select ev('a', 5, 5, '/', '{\"firstName\":\"Middle\",\"colour\":\"green\","
                    "\"size\":3}')");
    derive(1);
    TEXT_IS("select first_name || properties::text from lead",
            "New{\"size\": \"3\", \"colour\": \"blue\"}");
    testdb_exec(&t,
                "insert into event (dataset_id, at, visitor, type, properties) "
                "select 1, '2026-06-01 01:00Z', md5('a')::uuid, 5, "
                "jsonb_object_agg('k' || n, repeat('v', 600)) from generate_series(1, 90) n");
    derive(1);
    assert_int_equal(I64("select count(*) from lead, jsonb_object_keys(properties)"), 50);
    assert_int_equal(I64("select max(length(value)) from lead, jsonb_each_text(properties)"),
                     500);
}

static void late_events(void **state)
{
    (void)state;
    testdb_exec(&t, "select ev('a', 0, 1, '/a'); select ev('a', 50, 1, '/d')");
    derive(100);
    assert_int_equal(I64("select count(*) from session"), 2);
    testdb_exec(&t, "select ev('a', 25, 1, '/b')"); /* joins both */
    derive(100);
    TEXT_IS("select format('%s %s %s %s', events, landing, exit, ended_at - started_at) "
            "from session",
            "3 https://site.example/a https://site.example/d 00:50:00");
    TEXT_IS("select format('%s %s %s', visitors, sessions, events) from lead", "1 1 3");
    testdb_exec(&t, "select ev('a', -10, 1, '/z', null, 'https://bing.com/')"); /* extends */
    derive(100);
    TEXT_IS("select format('%s %s %s', count(*), min(landing), min(channel)) from session",
            "1 https://site.example/z 2");
    TEXT_IS("select first_landing || first_channel from lead", "https://site.example/z2");
    testdb_exec(&t, "select ev('a', -600, 1, '/old')"); /* stands alone */
    derive(100);
    TEXT_IS("select format('%s %s', sessions, first_landing) from lead",
            "2 https://site.example/old");
    /* Somebody else had been there before: late, and with a name. */
    testdb_exec(&t, "select ev('a', 20, 6, '/', '{\"email\":\"x@x-ray.com\"}')");
    testdb_exec(&t, "select ev('a', 51, 6, '/', '{\"email\":\"y@yps.com\"}')");
    derive(100);
    TEXT_IS(
        "select string_agg(format('%s %s %s', email, sessions, events), ', ' order by email)"
        " from lead",
        "x@x-ray.com 2 6, y@yps.com 1 1");
    testdb_exec(&t, "select ev('a', 24, 6, '/', '{\"email\":\"y@yps.com\"}')");
    derive(100);
    TEXT_IS(
        "select string_agg(format('%s %s %s', email, sessions, events), ', ' order by email)"
        " from lead",
        "x@x-ray.com 2 4, y@yps.com 1 4");
}

/* Two people in one moment on one browser: the key of their sessions must not collide. */
static void same_moment(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select ev('a', 0, 6, '/' || n, jsonb_build_object('email', n || '@acme.com'))"
                " from generate_series(1, 5) n");
    derive(100);
    assert_int_equal(I64("select count(*) from session"), 5);
    assert_int_equal(I64("select sum(events)::bigint from lead"), 5);
}

/* As large as the collector lets events be, and larger: read in portions that fit in memory. */
static void large_events(void **state)
{
    (void)state;
    testdb_exec(&t,
                "insert into event (dataset_id, at, visitor, type, url, referrer, properties) "
                "select 1, now() - n * interval '1 s', md5((n % 50)::text)::uuid, 5, "
                "'https://x.example/' || repeat('u', 2000), 'https://y.example/' || "
                "repeat('r', 2000), (select jsonb_object_agg(n || 'key' || k, "
                "repeat('\U0001F600', 512)) from generate_series(1, 32) k) "
                "from generate_series(1, 2000) n");
    assert_int_equal(derive(10000), 2000);
    assert_int_equal(I64("select sum(events) from lead"), 2000);
    testdb_exec(&t, "select ev((n % 50)::text, n, 5, '/', '{\"a\":\"b\"}') "
                    "from generate_series(1, 1000) n"); /* months late */
    assert_int_equal(derive(10000), 1000);
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
    testdb_exec(&t, sql);
}

static void cards_come_and_follow(void **state)
{
    (void)state;
    make_board("{\"version\":1,\"match\":\"all\",\"conditions\":["
               "{\"field\":\"domain\",\"op\":\"contains\",\"values\":[\"acme\"]}]}");
    testdb_exec(&t, "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\"}')");
    testdb_exec(&t, "select ev('b', 0, 5, '/', '{\"email\":\"b@other.com\"}')");
    derive(100);
    (void)testjobs_follow(&t);
    TEXT_IS("select string_agg(format('%s %s %s', title, contacts, visitors), ', ') from card",
            "acme.com 1 1");
    assert_int_equal(I64("select cards from stage where entry"), 1);
    assert_int_equal(I64("select count(*) from card_ledger where kind = 1"), 1);
    assert_int_equal(I64("select count(*) from job where kind = 4 and uniq like 'account:%'"),
                     2);
    testdb_exec(&t, "delete from card_change");
    testdb_exec(&t, "select ev('c', 3, 5, '/', '{\"email\":\"c@acme.com\","
                    "\"company\":\"Acme Inc\"}')");
    derive(100);
    (void)testjobs_follow(&t);
    TEXT_IS("select format('%s %s %s', title, contacts, visitors) from card", "Acme Inc 2 2");
    assert_int_equal(I64("select count(*) from card_change"), 1);
    assert_int_equal(I64("select (last_activity_at = '2026-06-01 00:03Z')::int from card"), 1);
    /* Excluded ones stay away, lost ones come back. */
    testdb_exec(&t,
                "delete from card; update stage set cards = 0; insert into card_exclusion "
                "(dataset_id, board_id, account_id) select 1, b.id, a.id from board b, account"
                " a where domain = 'acme.com'");
    testdb_exec(&t, "select ev('a', 5, 1, '/')");
    derive(100);
    (void)testjobs_follow(&t);
    assert_int_equal(I64("select count(*) from card"), 0);
    testdb_exec(&t, "delete from card_exclusion; select ev('a', 6, 1, '/')");
    derive(100);
    (void)testjobs_follow(&t);
    assert_int_equal(I64("select count(*) from card"), 1);
}

static void lead_cards_follow(void **state)
{
    (void)state;
    make_board("{\"version\":1,\"match\":\"all\",\"conditions\":[]}");
    testdb_exec(&t, "select ev('a', 0, 5, '/', '{\"email\":\"a@gmail.com\"}')");
    derive(100);
    testdb_exec(&t, "insert into card (dataset_id, board_id, stage_id, rank, lead_id, title) "
                    "select 1, s.board_id, s.id, 1, l.id, 'old' from stage s, lead l "
                    "where s.entry");
    testdb_exec(&t, "select ev('a', 1, 1, '/')");
    derive(100);
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
    testdb_exec(&t, "select ev('a', 0, 1, '/'), ev('a', 1, 1, '/a')");
    derive(100);
    int64_t first = I64("select score from lead");
    testdb_exec(&t, "select ev('a', 2, 5, '/', '{\"email\":\"a@acme.com\"}')");
    derive(100);
    TEXT_IS(HISTORY, "none"); /* the day is not over */
    int64_t second = I64("select score from lead");
    assert_true(second > first);
    testdb_exec(&t, "select ev('a', 1440, 1, '/')");
    derive(100);
    TEXT_IS(HISTORY, arena_print(t.ctx.arena, "06-01 %lld", (long long)second).p);
    testdb_exec(&t, "select ev('a', 1450, 1, '/b'); select ev('a', 4320, 1, '/c')");
    derive(100);
    assert_int_equal(I64("select count(*) from score_history"), 2);
    assert_true(I64("select score from lead") > second);
}

static void merged_days_stay(void **state)
{
    (void)state;
    testdb_exec(&t, "select ev('phone', 0, 6, '/', '{\"email\":\"j@acme.com\"}');"
                    "select ev('laptop', 0, 1, '/')");
    derive(100);
    testdb_exec(&t, "select ev('laptop', 1440, 1, '/b'); select ev('laptop', 1441, 1, '/c')");
    derive(100);
    assert_int_equal(I64("select count(*) from score_history"), 1);
    testdb_exec(&t, "select ev('laptop', 2880, 6, '/', '{\"email\":\"j@acme.com\"}')");
    derive(100);
    assert_int_equal(I64("select count(*) from lead"), 1);
    assert_int_equal(
        I64("select count(*) from score_history h join lead l on l.id = h.lead_id"), 1);
}

/* Nobody came back: what the last day ended with is kept, and today has less. */
static void time_alone_changes_scores(void **state)
{
    (void)state;
    testdb_exec(&t, "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\"}')");
    derive(100);
    testdb_exec(&t, "update lead set last_at = now() - interval '5 days', score = 60");
    struct score_formula formula;
    struct score_step step;
    assert_int_equal(db_begin(t.db, NULL), ERR_NONE);
    assert_int_equal(score_formula_load(&t.ctx, t.db, 1, &formula), ERR_NONE);
    assert_int_equal(score_pass(&t.ctx, t.db, 1, &formula, false, 0, 100, &step), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
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
static const char random_log[] =
    "insert into event (dataset_id, at, visitor, type, url, referrer, utm, properties)"
    " select 1 + (h1 %% 7 = 0)::int,"
    "   '2026-06-01 00:00Z'::timestamptz + ((h2 %% 1500) * interval '7 minutes') +"
    "     n * interval '1 us',"
    "   md5('v' || h1 %% 40)::uuid, (array[1,1,1,1,2,5,6,7,3,4])[1 + h3 %% 10],"
    "   'https://site.example/p' || h3 %% 9,"
    "   (array[null,'https://www.google.com/','https://blog.other.net/x','https://t.co/a'])"
    "     [1 + h4 %% 4],"
    "   case when h4 %% 9 = 0 then jsonb_build_object('source', 's' || h2 %% 3, 'medium', "
    "'cpc',"
    "     'campaign', 'c' || h1 %% 4) end,"
    "   case when h4 %% 5 = 0 then jsonb_strip_nulls(jsonb_build_object("
    "     'email', case when h2 %% 3 > 0 then 'p' || (h1 + h3) %% 25 || (array['@acme.com',"
    "       '@gmail.com','@sub.globex.co.uk'])[1 + (h1 + h3) %% 3] end,"
    "     'company', case when h2 %% 2 = 0 then 'Company ' || (h1 %% 6) end,"
    "     'firstName', 'N' || h2 %% 10, 'field' || h3 %% 4, 'x' || h2 %% 50)) end"
    " from (select n, (hashtext('a%d' || n)::bigint & 2147483647) h1, (hashtext('b%d' || "
    "n)::bigint & 2147483647) h2,"
    "              (hashtext('c%d' || n)::bigint & 2147483647) h3, (hashtext('d%d' || "
    "n)::bigint & 2147483647) h4"
    "       from generate_series(1, %d) n) r order by %s";

static void write_log(int seed, int n, const char *order)
{
    char sql[4000];
    (void)snprintf(sql, sizeof(sql), random_log, seed, seed, seed, seed, n, order);
    testdb_exec(&t, sql);
}

static void keep_state(const char *name)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "drop table if exists %s; create table %s as "
                   "select kind, dataset_id, what from state",
                   name, name);
    testdb_exec(&t, sql);
}

static void check_same(const char *a, const char *b)
{
    char sql[600];
    (void)snprintf(sql, sizeof(sql),
                   "select coalesce(string_agg(x, E'\\n' order by k), 'same') from ("
                   "(select what as k, '- ' || kind || ' ' || what as x from "
                   "(table %s except all table %s) q order by 1 limit 4) union all"
                   "(select what, '+ ' || kind || ' ' || what from "
                   "(table %s except all table %s) p order by 1 limit 4)) z",
                   a, b, b, a);
    assert_string_equal(text_of(sql), "same");
}

static void check_sums(void)
{
    assert_int_equal(I64("select count(*) from event where type <> 8"),
                     I64("select sum(events) from session"));
    assert_int_equal(I64("select sum(events) from session where lead_id <> 0"),
                     I64("select sum(events) from lead"));
    assert_int_equal(I64("select count(*) from session s where lead_id <> 0 and not exists "
                         "(select from lead l where l.dataset_id = s.dataset_id and l.id = "
                         "s.lead_id)"),
                     0);
    assert_int_equal(I64("select count(*) from session where (lead_id = 0) <> (verdict in "
                         "(4, 5, 6))"),
                     0);
    assert_int_equal(
        I64("select count(*) from ("
            "select l.dataset_id, l.id, l.sessions, l.pageviews, l.forms, l.events,"
            " l.visitors from lead l except "
            "select dataset_id, lead_id, count(*), sum(pageviews), sum(forms), "
            "sum(events), count(distinct visitor) from session group by 1, 2) x"),
        0);
    assert_int_equal(
        I64("select count(*) from ("
            "select dataset_id, id, leads, contacts, visitors, sessions, pageviews,"
            " events, score::int from account except "
            "select dataset_id, account_id, count(*), count(email), sum(visitors), "
            "sum(sessions), sum(pageviews), sum(events), max(score)::int from lead "
            "group by 1, 2) x"),
        0);
}

static void batches_do_not_matter(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 4; seed++) {
        fresh(NULL);
        write_log(seed, 600, "n");
        derive(100000);
        check_sums();
        keep_state("at_once");
        static const int limits[] = {1, 7, 100};
        /* One event a batch takes longest; one log has to do for it. */
        for (size_t i = seed == 1 ? 0 : 1; i < sizeof(limits) / sizeof(limits[0]); i++) {
            testdb_exec(&t, "select forget()");
            assert_int_equal(derive(limits[i]), 600);
            check_sums();
            keep_state("by_batch");
            check_same("at_once", "by_batch");
        }
    }
}

/* People who mistype, sign in with ids, follow links that were passed on, from networks of all
 * kinds; many in little time. */
static const char busy_log[] =
    "insert into event (dataset_id, at, visitor, type, name, url, network, place, country,"
    "   properties)"
    " select 1, '2026-06-01 00:00Z'::timestamptz + ((h2 %% 4000) * interval '7 seconds') +"
    "     n * interval '1 us', md5('v' || h1 %% 25)::uuid, type,"
    "   case when type = 6 and h2 %% 2 = 0 then 'landing' end,"
    "   'https://site.example/p' || h3 %% 9, nullif((h1 + h3) %% 5, 0), nullif(h4 %% 7, 0),"
    "   (array['DE', 'FR', null])[1 + h4 %% 3],"
    "   case when h4 %% 3 = 0 then jsonb_strip_nulls(jsonb_build_object("
    "     'email', case when h2 %% 3 > 0 then (array['jane', 'jan', 'jnae', 'janes', 'john',"
    "       'paul2', 'paul3', 'maximilian', 'maximiliam'])[1 + (h1 + h3) %% 9] ||"
    "       (array['@acme.com', '@acme.con', '@gmail.com', '@globex.com'])[1 + h3 %% 4] end,"
    "     'userId', case when type = 6 and h3 %% 2 = 0 then 'u' || (h2 + h3) %% 4 end,"
    "     'companyDomain', case when type = 6 and h1 %% 11 = 0 then 'told.com' end,"
    "     'firstName', case when h3 %% 2 = 0 then 'N' || h2 %% 4 end,"
    "     'company', case when h1 %% 9 = 0 then 'Company ' || (h1 %% 6) end)) end"
    " from (select *, (array[1,1,1,5,5,6,6,3,4,2])[1 + h3 %% 10] as type from"
    "  (select n, (hashtext('a%d' || n)::bigint & 2147483647) h1, (hashtext('b%d' || "
    "n)::bigint & 2147483647) h2,"
    "              (hashtext('c%d' || n)::bigint & 2147483647) h3, (hashtext('d%d' || "
    "n)::bigint & 2147483647) h4"
    "       from generate_series(1, %d) n) q) r order by %s";

static void write_busy_log(int seed, int n, const char *order)
{
    char sql[4000];
    (void)snprintf(sql, sizeof(sql), busy_log, seed, seed, seed, seed, n, order);
    testdb_exec(&t, sql);
    /* What the addresses' names told, which comes after what it is about. */
    testdb_exec(&t, "insert into event (dataset_id, at, visitor, type, properties)"
                    " select 1, at, visitor, 8, jsonb_build_object('companyDomain',"
                    "   'net' || extract(epoch from at)::bigint % 3 || '.com')"
                    " from event where extract(epoch from at)::bigint % 5 = 0");
}

static void busy_people_are_the_same(void **state)
{
    (void)state;
    static const int limits[] = {1, 5, 60};
    static const char *const orders[] = {"n", "h4, n desc", "h2 % 13, n"};
    for (int seed = 1; seed <= 3; seed++) {
        fresh(NULL);
        write_busy_log(seed, 260, "n");
        derive(100000);
        check_sums();
        keep_state("at_once");
        /* One event a batch takes longest; one log has to do for it. */
        for (size_t i = seed == 1 ? 0 : 1; i < sizeof(limits) / sizeof(limits[0]); i++) {
            fresh(NULL);
            write_busy_log(seed, 260, orders[i]);
            derive(limits[i]);
            check_sums();
            keep_state("by_batch");
            check_same("at_once", "by_batch");
        }
    }
}

/* As the job does it: whom the condition on their sessions finds, and nobody else. */
static void derive_those(const char *condition)
{
    char sql[500];
    struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
    struct db *db = db_new(t.conninfo, "leadboard_worker");
    struct db_result result;
    (void)snprintf(
        sql, sizeof(sql),
        "select distinct visitor from session where dataset_id = 1 and %s order by 1",
        condition);
    db_use(db, &ctx);
    assert_int_equal(db_begin(db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(db_query(db, str_from(sql), NULL, 0, &result), ERR_NONE);
    struct str *visitors = ARENA_ARRAY(ctx.arena, result.n_rows, struct str);
    for (size_t i = 0; i < result.n_rows; i++) {
        visitors[i] = db_cell(&result, i, 0)->as.text;
    }
    assert_int_equal(derive_again(&ctx, db, 1, visitors, result.n_rows), ERR_NONE);
    assert_int_equal(db_commit(db), ERR_NONE);
    db_free(db);
    arena_free(ctx.arena);
}

/* What is said of networks, places and sessions, and taken back. */
static void flips_change_what_depends(void **state)
{
    (void)state;
    static const struct {
        const char *say, *whom;
    } flips[] = {
        {"network, verdict) select 1, 2, 3", "network = 2"},
        {"network, verdict) select 1, 3, 1", "network = 3"},
        {"network, verdict) select 1, 1, 4", "network = 1"},
        {"network, verdict) select 1, 4, 7", "network = 4"},
        {"place, verdict) select 1, 2, 4", "place = 2"},
        {"visitor, at, verdict) select distinct on (visitor) 1, visitor, started_at, 5 "
         "from session where lead_id <> 0 and started_at > '2026-06-01 02:00Z' and visitor > "
         "'80000000-0000-0000-0000-000000000000' order by visitor, started_at",
         "visitor > '80000000-0000-0000-0000-000000000000'"},
    };
    for (int seed = 21; seed <= 22; seed++) {
        for (size_t i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
            char sql[600];
            fresh(NULL);
            testdb_exec(&t, "truncate traffic_verdict");
            write_busy_log(seed, 260, "n");
            derive(100000);
            keep_state("before");
            testdb_exec(&t, "drop table if exists others; create table others as "
                            "select dataset_id, visitor, started_at, xmin::text as x "
                            "from session");
            (void)snprintf(sql, sizeof(sql),
                           "insert into traffic_verdict (label, dataset_id, %s", flips[i].say);
            /* "select" has the label first */
            char *select = strstr(sql, "select ");
            char full[700];
            size_t head = (size_t)(select - sql);
            if (strncmp(select, "select distinct on (visitor) ", 29) == 0) {
                (void)snprintf(full, sizeof(full), "%.*sselect distinct on (visitor) 'x', %s",
                               (int)head, sql, select + 29);
            } else {
                (void)snprintf(full, sizeof(full), "%.*sselect 'x', %s", (int)head, sql,
                               select + 7);
            }
            testdb_exec(&t, full);
            derive_those(flips[i].whom);
            check_sums();
            keep_state("flipped");
            (void)snprintf(sql, sizeof(sql),
                           "select count(*) from others o join session s using (dataset_id, "
                           "visitor, started_at) where s.xmin::text <> o.x and visitor not in "
                           "(select visitor from session where %s)",
                           flips[i].whom);
            assert_int_equal(I64(sql), 0); /* nobody else was touched */
            testdb_exec(&t, "select forget()");
            derive(70);
            check_sums();
            keep_state("anew");
            check_same("flipped", "anew");
            testdb_exec(&t, "truncate traffic_verdict");
            derive_those(flips[i].whom);
            check_sums();
            keep_state("back");
            check_same("before", "back");
        }
    }
}

static void rebuild(void)
{
    bool begun = false;
    assert_int_equal(rebuild_begin(&t.ctx, t.db, &begun), ERR_NONE);
    assert_true(begun);
    db_use(t.db, &t.ctx);
}

static void rebuilt_is_the_same(void **state)
{
    (void)state;
    static const int limits[] = {100000, 50};
    for (int seed = 31; seed <= 33; seed++) {
        fresh(NULL);
        write_busy_log(seed, 260, "n");
        derive(40);
        keep_state("before");
        for (size_t i = 0; i < 2; i++) {
            rebuild();
            derive(limits[i]);
            check_sums();
            keep_state("rebuilt");
            check_same("before", "rebuilt");
            assert_int_equal(I64("select (rebuild_before = rebuild_after)::int from log_cursor "
                                 "where rebuild_xid is null and consumer = 'derive'"),
                             1);
        }
    }
}

/* Notes, tags, links and values by hand, on people of every kind; the same rows. */
static void rebuilding_keeps_what_the_team_said(void **state)
{
    (void)state;
    make_board("{\"version\":1,\"match\":\"all\",\"conditions\":[]}");
    testdb_exec(&t,
                "select ev('a', 0, 5, '/', '{\"email\":\"a@acme.com\",\"firstName\":\"A\"}'),"
                " ev('b', 0, 1, '/'), ev('c', 0, 1, '/'), ev('b', 50, 1, '/x'),"
                " ev('d', 0, 6, '/', '{\"userId\":\"u1\"}')");
    derive(100);
    (void)testjobs_follow(&t);
    testdb_exec(
        &t, "insert into tag (dataset_id, name) values (1, 'Key');"
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
    keep_state("before");
    rebuild();
    testdb_exec(&t, "select ev('e', 60, 1, '/')"); /* waits for its turn */
    assert_int_equal(derive(2), 6);
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
    assert_int_equal(rebuild_begin(&t.ctx, t.db, &begun), ERR_NONE);
    assert_false(begun); /* there is nothing yet */
    db_use(t.db, &t.ctx);
    testdb_exec(&t, "select ev('a', 0, 1, '/')");
    derive(100);
    rebuild();
    assert_int_equal(rebuild_begin(&t.ctx, t.db, &begun), ERR_NONE);
    assert_false(begun);
    db_use(t.db, &t.ctx);
    derive(100);
    assert_int_equal(I64("select sum(events) from lead"), 1);
}

static void arrival_does_not_matter(void **state)
{
    (void)state;
    write_log(9, 800, "n");
    derive(100000);
    keep_state("in_order");
    fresh(NULL);
    write_log(9, 800, "h4, n desc");
    derive(100000);
    keep_state("shuffled");
    check_same("in_order", "shuffled");
    testdb_exec(&t, "select forget()");
    derive(13);
    keep_state("shuffled_by_batch");
    check_same("in_order", "shuffled_by_batch");
}

/* ---- exactly once ---- */

static pid_t start_consumer(int64_t limit)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
        struct db *db = db_new(t.conninfo, "leadboard_worker");
        int64_t n = 1;
        while (n > 0) {
            if (derive_batch(&ctx, db, limit, &n) != ERR_NONE) {
                _exit(1);
            }
            ctx_reset(&ctx, STR("child"));
        }
        _exit(0);
    }
    return child;
}

static void consumers_at_once(void **state)
{
    (void)state;
    write_log(5, 3000, "n");
    derive(100000);
    keep_state("alone");
    testdb_exec(&t, "select forget()");
    pid_t children[3];
    for (size_t i = 0; i < 3; i++) {
        children[i] = start_consumer(50);
    }
    for (size_t i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    check_sums();
    keep_state("together");
    check_same("alone", "together");
}

static void killed(void **state)
{
    (void)state;
    write_log(6, 3000, "n");
    derive(100000);
    keep_state("in_peace");
    testdb_exec(&t, "select forget()");
    for (int i = 0; i < 15; i++) {
        pid_t child = start_consumer(20 + i);
        (void)usleep((useconds_t)(5000 + i * 4000));
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    derive(500);
    check_sums();
    keep_state("killed");
    check_same("in_peace", "killed");
}

/* A transaction that began earlier and commits later must not be passed over. */
static void commit_order(void **state)
{
    (void)state;
    struct db *slow = testdb_connect(&t, NULL);
    assert_int_equal(db_begin(slow, NULL), ERR_NONE);
    assert_int_equal(db_exec_text(slow, STR("select ev('slow', 0, 1, '/')")), ERR_NONE);
    testdb_exec(&t, "select ev('quick', 1, 1, '/')");
    assert_int_equal(derive(100), 0); /* waits for the slow one */
    assert_int_equal(db_commit(slow), ERR_NONE);
    assert_int_equal(derive(100), 2);
    db_free(slow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(anonymous_then_form, fresh),
        cmocka_unit_test_setup(two_devices, fresh),
        cmocka_unit_test_setup(two_devices_at_once, fresh),
        cmocka_unit_test_setup(change_of_person, fresh),
        cmocka_unit_test_setup(company_without_domain, fresh),
        cmocka_unit_test_setup(not_identified, fresh),
        cmocka_unit_test_setup(values, fresh),
        cmocka_unit_test_setup(late_events, fresh),
        cmocka_unit_test_setup(same_moment, fresh),
        cmocka_unit_test_setup(large_events, fresh),
        cmocka_unit_test_setup(cards_come_and_follow, fresh),
        cmocka_unit_test_setup(lead_cards_follow, fresh),
        cmocka_unit_test_setup(days_end_with_a_score, fresh),
        cmocka_unit_test_setup(merged_days_stay, fresh),
        cmocka_unit_test_setup(time_alone_changes_scores, fresh),
        cmocka_unit_test_setup(batches_do_not_matter, fresh),
        cmocka_unit_test_setup(arrival_does_not_matter, fresh),
        cmocka_unit_test_setup(busy_people_are_the_same, fresh),
        cmocka_unit_test_setup(flips_change_what_depends, fresh),
        cmocka_unit_test_setup(rebuilt_is_the_same, fresh),
        cmocka_unit_test_setup(rebuilding_keeps_what_the_team_said, fresh),
        cmocka_unit_test_setup(rebuilding_twice_at_once, fresh),
        cmocka_unit_test_setup(consumers_at_once, fresh),
        cmocka_unit_test_setup(killed, fresh),
        cmocka_unit_test_setup(commit_order, fresh),
    };
    testdb_open(&t, true);
    testdb_exec(&t, helpers);
    int failed = cmocka_run_group_tests_name("derive", tests, NULL, NULL);
    testdb_close(&t);
    return failed;
}
