/* Who somebody is, story by story: the rules of worker/derive.h, each with what must not
 * happen. Each story is read event by event, and then all at once: the same must come out. */
#include "shared/clock.h"
#include "tests/db/testdb.h"
#include "worker/derive.h"
#include "worker/derive_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct testdb t;

/* said(visitor, minute, type, properties, name, network) */
static const char helpers[] =
    "create function said(v text, minute numeric, type int, properties jsonb default null,"
    "    name text default null, network bigint default null, page text default '/')"
    " returns void language sql as $$"
    "  insert into event (dataset_id, at, visitor, type, name, url, properties, network)"
    "  values (1, '2026-06-01 00:00Z'::timestamptz + minute * interval '1 minute',"
    "    md5(v)::uuid, type, name, 'https://site.example' || page, properties, network) $$;"
    "create function form(v text, minute numeric, email text, more jsonb default '{}')"
    " returns void language sql as $$"
    "  select said(v, minute, 5, jsonb_build_object('email', email) || more) $$;"
    "create function login(v text, minute numeric, properties jsonb)"
    " returns void language sql as $$ select said(v, minute, 6, properties) $$;"
    "create function followed(v text, minute numeric, email text)"
    " returns void language sql as $$ select said(v, minute, 4, null);"
    "  select said(v, minute, 6, jsonb_build_object('email', email), 'landing') $$;"
    "create view people as select string_agg(what, ', ' order by what) as all from ("
    "  select coalesce(l.email, 'user ' || l.user_id, 'nobody') || ' ' || l.events || '/' ||"
    "    l.sessions || '/' || l.visitors as what from lead l) p;"
    "create function forget() returns void language sql as $$"
    "  truncate visitor, session, lead, account, lead_tag, account_tag, account_fact, card,"
    "    stage, board, card_ledger, card_change, note, segment, job, tag, user_address,"
    "    user_visitor cascade;"
    "  update log_cursor set xid = '0', id = 0, max_id = 0, floor_id = 0 $$;"
    "insert into workspace (name) values ('w');"
    "insert into dataset (workspace_id, public_id, name) values (1, 'one', 'One');"
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

static void derive(int64_t limit)
{
    struct ctx ctx = {.arena = arena_new((size_t)256 << 20)};
    struct db *db = db_new(t.conninfo, "leadboard_worker");
    int64_t n = 1;
    while (n > 0) {
        enum err err = derive_batch(&ctx, db, limit, &n);
        if (err != ERR_NONE) {
            print_error("derive: %s: %.*s %.*s\n", err_name(err), STR_ARG(ctx.why),
                        STR_ARG(ctx.detail));
        }
        assert_int_equal(err, ERR_NONE);
        ctx_reset(&ctx, STR("test"));
    }
    db_free(db);
    arena_free(ctx.arena);
}

static const char *text_of(const char *sql)
{
    struct db_result result;
    assert_int_equal(db_query(t.db, str_from(sql), NULL, 0, &result), ERR_NONE);
    assert_int_equal(result.n_rows, 1);
    struct str text = db_cell(&result, 0, 0)->as.text;
    return str_is_null(text) ? "null" : arena_cstr(t.ctx.arena, text);
}

#define TEXT_IS(sql, want) assert_string_equal(text_of(sql), want)
#define PEOPLE "select \"all\" from people"

/* As it is now, and derived again from nothing in one batch. */
static void people_are(const char *want)
{
    derive(1);
    TEXT_IS(PEOPLE, want);
    testdb_exec(&t, "select forget()");
    derive(1000);
    TEXT_IS(PEOPLE, want);
}

/* ---- addresses ---- */

static void two_devices_one_person(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('phone', 0, 1), said('laptop', 60, 1),"
                    " form('phone', 61, 'ann@acme.com'), login('laptop', 62, "
                    "'{\"email\": \"Ann@ACME.com\"}'), said('phone', 500, 1)");
    people_are("ann@acme.com 5/4/2");
}

static void shared_machine(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select said('desk', 0, 1), login('desk', 1, '{\"email\": \"ann@acme.com\"}'),"
                " said('desk', 2, 1), login('desk', 100, '{\"email\": \"bob@acme.com\"}'),"
                " said('desk', 101, 1), said('desk', 300, 1),"
                " login('desk', 400, '{\"email\": \"ann@acme.com\"}')");
    people_are("ann@acme.com 4/2/1, bob@acme.com 3/2/1");
}

static void users_change_within_a_minute(void **state)
{
    (void)state;
    testdb_exec(
        &t, "select login('desk', 0, '{\"email\": \"ann@acme.com\"}'), said('desk', 0.1, 1),"
            " login('desk', 0.2, '{\"email\": \"ant@acme.com\"}'), said('desk', 0.3, 1)");
    people_are("ann@acme.com 2/1/1, ant@acme.com 2/1/1");
}

static void mistyped_then_right(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('a', 0, 1), form('a', 200, 'jane@acme.con')");
    derive(10);
    TEXT_IS(PEOPLE, "jane@acme.con 2/2/1");
    testdb_exec(&t, "insert into tag (dataset_id, name) values (1, 'Partner');"
                    "insert into lead_tag (dataset_id, lead_id, tag_id) select 1, l.id, g.id "
                    "from lead l, tag g; insert into app_user (email, name, password_hash) "
                    "values ('u@u.example', 'U', 'x') on conflict do nothing;"
                    "insert into note (dataset_id, lead_id, user_id, body) "
                    "select 1, id, 1, 'Call her.' from lead;"
                    "select form('a', 203, 'jane@acme.com'), said('a', 204, 1)");
    derive(10);
    TEXT_IS(PEOPLE, "jane@acme.com 4/2/1");
    TEXT_IS("select string_agg(domain, ' ') from account", "acme.com");
    TEXT_IS(
        "select l.email || g.name || n.body from lead l join lead_tag t on t.lead_id = l.id "
        "join tag g on g.id = t.tag_id join note n on n.lead_id = l.id",
        "jane@acme.comPartnerCall her.");
    people_are("jane@acme.com 4/2/1");
}

static void corrected_twice(void **state)
{
    (void)state;
    testdb_exec(&t, "select form('a', 0, 'jnae@acm.com'), form('a', 1, 'jane@acm.com'),"
                    " form('a', 2, 'jane@acme.com')");
    people_are("jane@acme.com 3/1/1");
}

static void work_address_instead(void **state)
{
    (void)state;
    testdb_exec(&t, "select form('a', 0, 'jane@gmail.com'), form('a', 1, 'jane@acme.com')");
    people_are("jane@acme.com 2/1/1");
}

/* What a slip and two people look like. */
static void corrections(void **state)
{
    static const struct {
        const char *wrong, *right;
        bool same;
    } cases[] = {
        {"jane@acme.con", "jane@acme.com", true},
        {"jane@acme.co", "jane@acme.com", true},
        {"jane@amce.com", "jane@acme.com", true},
        {"jane@gmial.com", "jane@gmail.com", true},
        {"jne@acme.com", "jane@acme.com", true},
        {"jaen@acme.com", "jane@acme.com", true},
        {"maximiliam.mustermann@acme.com", "maximilian.mustermnn@acme.com", true},
        {"jane@hotmail.com", "jane@acme.com", true},
        {"jane@acme.com", "jane@acme.com", false},
        {"a.smith@acme.com", "b.smith@acme.com", false},
        {"ann1@acme.com", "ann2@acme.com", false},
        {"ann@acme.com", "bob@acme.com", false},
        {"jane@acme.com", "joan@acme.com", false},
        {"jane@acme.com", "jane@globex.com", false},
        {"jane@acme.com", "jane@gmail.com", false},
        {"jane@acme1.com", "jane@acme2.com", false},
        {"info@acme.com", "jane@acme.com", false},
        {"", "jane@acme.com", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (derive_is_correction(str_from(cases[i].wrong), str_from(cases[i].right)) !=
            cases[i].same) {
            fail_msg("%s -> %s", cases[i].wrong, cases[i].right);
        }
    }
}

static void not_corrections(void **state)
{
    (void)state;
    /* A quarter of an hour later, after a sign-in, with another name, on another browser. */
    testdb_exec(&t, "select form('a', 0, 'jane@acme.con'), form('a', 16, 'jane@acme.com')");
    people_are("jane@acme.com 1/1/1, jane@acme.con 1/1/1");
    fresh(NULL);
    testdb_exec(&t, "select login('a', 0, '{\"email\": \"jane@acme.con\"}'),"
                    " form('a', 1, 'jane@acme.com')");
    people_are("jane@acme.com 1/1/1, jane@acme.con 1/1/1");
    fresh(NULL);
    testdb_exec(&t, "select form('a', 0, 'kim@acme.com', '{\"firstName\": \"Kim\"}'),"
                    " form('a', 1, 'kin@acme.com', '{\"firstName\": \"Kin\"}')");
    people_are("kim@acme.com 1/1/1, kin@acme.com 1/1/1");
    fresh(NULL);
    testdb_exec(&t, "select form('a', 0, 'jane@acme.con'), form('b', 1, 'jane@acme.com')");
    people_are("jane@acme.com 1/1/1, jane@acme.con 1/1/1");
    fresh(NULL);
    testdb_exec(&t, "select form('a', 0, 'jane@acme.con'), form('a', 1, 'bob@acme.com'),"
                    " form('a', 2, 'jane@acme.com')");
    people_are("bob@acme.com 1/1/1, jane@acme.com 1/1/1, jane@acme.con 1/1/1");
}

/* The address is somebody's who came by herself: only this browser's part goes. */
static void mistyped_as_somebody_else(void **state)
{
    (void)state;
    testdb_exec(&t, "select login('x', 0, '{\"email\": \"jan@acme.com\"}'), said('a', 1, 1),"
                    " form('a', 2, 'jan@acme.com'), form('a', 3, 'jane@acme.com')");
    people_are("jan@acme.com 1/1/1, jane@acme.com 3/1/1");
}

/* ---- links ---- */

static void passed_on_to_somebody_known(void **state)
{
    (void)state;
    testdb_exec(&t, "select form('a', 0, 'ann@acme.com'), form('b', 0, 'bob@acme.com'),"
                    " followed('b', 100, 'ann@acme.com'), said('b', 101, 1)");
    people_are("ann@acme.com 1/1/1, bob@acme.com 4/2/1");
}

static void passed_on_to_somebody_new(void **state)
{
    (void)state;
    testdb_exec(&t, "select form('a', 0, 'ann@acme.com'), followed('b', 100, 'ann@acme.com'),"
                    " said('b', 101, 1)");
    derive(1);
    TEXT_IS(PEOPLE, "ann@acme.com 4/2/2"); /* nobody knows better yet */
    testdb_exec(&t, "select form('b', 300, 'bob@acme.com')");
    people_are("ann@acme.com 1/1/1, bob@acme.com 4/2/1");
}

static void passed_on_tells_nothing_of_others(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select form('b', 0, 'bob@acme.com'), said('b', 1, 6,"
                " '{\"email\": \"ann@acme.com\", \"firstName\": \"Ann\", \"lb_uid\": \"7\"}',"
                " 'landing')");
    people_are("bob@acme.com 2/1/1");
    TEXT_IS("select coalesce(first_name, '') || properties from lead", "{}");
    testdb_exec(&t,
                "select said('b', 2, 6,"
                " '{\"email\": \"bob@acme.com\", \"firstName\": \"Bob\", \"lb_uid\": \"8\"}',"
                " 'landing')");
    people_are("bob@acme.com 3/1/1");
    TEXT_IS("select first_name || properties from lead", "Bob{\"lb_uid\": \"8\"}");
}

static void two_links_on_one_browser(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select followed('b', 0, 'ann@acme.com'), followed('b', 100, 'cat@acme.com')");
    people_are("ann@acme.com 2/1/1, cat@acme.com 2/1/1");
}

/* ---- user ids ---- */

static void id_without_address(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('a', 0, 1), login('a', 1, '{\"userId\": \"u1\"}'),"
                    " login('b', 2, '{\"userId\": \"u1\"}'), said('b', 3, 1)");
    people_are("user u1 4/2/2");
    TEXT_IS("select properties::text from lead", "{\"userId\": \"u1\"}");
}

/* What came with the id alone is the contact's, on every browser, from before too. */
static void address_comes_later(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('server', 0, 7), login('server', 1, '{\"userId\": \"u1\"}'),"
                    " said('a', 2, 1), login('a', 3, '{\"userId\": \"u1\"}')");
    derive(1);
    TEXT_IS(PEOPLE, "user u1 4/2/2");
    testdb_exec(&t,
                "select login('phone', 100, '{\"userId\": \"u1\", \"email\": "
                "\"ann@acme.com\"}'), said('a', 500, 1), form('other', 600, 'ann@acme.com')");
    people_are("ann@acme.com 7/5/4");
    TEXT_IS("select domain || ' ' || leads from account", "acme.com 1");
}

static void first_address_of_an_id(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select login('a', 10, '{\"userId\": \"u1\", \"email\": \"new@acme.com\"}'),"
                " login('b', 20, '{\"userId\": \"u1\"}')");
    derive(1);
    TEXT_IS(PEOPLE, "new@acme.com 2/2/2");
    /* It was said before with another one; that came late. */
    testdb_exec(&t,
                "select login('c', 0, '{\"userId\": \"u1\", \"email\": \"old@acme.com\"}')");
    people_are("new@acme.com 1/1/1, old@acme.com 2/2/2");
}

static void id_on_a_contacts_browser(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select form('a', 0, 'ann@acme.com'), login('a', 1, '{\"userId\": \"u1\"}'),"
                " said('a', 2, 1), login('a', 100, '{\"userId\": \"u2\"}'), said('a', 101, 1)");
    people_are("ann@acme.com 3/1/1, user u2 2/1/1");
}

static void ids_of_nobody(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select login('a', 0, '{\"userId\": \"undefined\"}'),"
                " login('b', 0, '{\"userId\": \"null\"}'), login('c', 0, '{\"userId\": 0}'),"
                " login('d', 0, jsonb_build_object('userId', repeat('x', 201))),"
                " said('e', 0, 7, '{\"userId\": \"u1\"}'), said('f', 0, 1, "
                "'{\"userId\": \"u1\"}'), said('g', 0, 6, '{\"userId\": \"u1\"}', 'landing')");
    people_are("nobody 1/1/1, nobody 1/1/1, nobody 1/1/1, nobody 1/1/1, nobody 1/1/1, "
               "nobody 1/1/1, nobody 1/1/1");
}

/* ---- companies ---- */

static void told_by_the_service(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select login('a', 0, '{\"email\": \"ann@gmail.com\", \"companyDomain\": "
                "\"https://www.acme.com/x\", \"company\": \"Acme Inc\", \"companyIndustry\": "
                "\"Rockets\", \"companyEmployees\": 120}'), login('b', 1, '{\"email\": "
                "\"bob@agency.com\", \"companyDomain\": \"acme.com\"}'),"
                " form('c', 2, 'cat@gmail.com', '{\"companyDomain\": \"acme.com\"}')");
    people_are("ann@gmail.com 1/1/1, bob@agency.com 1/1/1, cat@gmail.com 1/1/1");
    TEXT_IS("select string_agg(format('%s %s %s %s %s', domain, name, leads, industry,"
            " employees), ', ') from account",
            "acme.com Acme Inc 2 Rockets 120");
    TEXT_IS("select string_agg(field || ' ' || source || ' ' || wins, ', ' order by field)"
            " from account_fact",
            "employees customer true, industry customer true");
    testdb_exec(&t, "select login('a', -5, '{\"companyDomain\": \"acme.com\", "
                    "\"companyIndustry\": \"Anvils\"}'), login('a', 60, '{\"companyDomain\": "
                    "\"acme.com\", \"companyEmployees\": \"about 200\"}')");
    derive(1);
    TEXT_IS("select industry || employees from account", "Rockets120");
}

static void known_by_its_network(void **state)
{
    (void)state;
    testdb_exec(&t,
                "select said('a', 0, 1, null, null, 2), said('b', 0, 1, null, null, 3),"
                " said('c', 0, 1, null, null, 1), said('d', 0, 1), said('e', 0, 1, null, null,"
                " 77), said('f', 0, 1, null, null, 3)");
    testdb_exec(&t, "select said('f', 1, 1, null, null, 2)"); /* the session began elsewhere */
    derive(1);
    TEXT_IS("select string_agg(format('%s %s %s', domain, name, visitors), ', ') from account",
            " Siemens AG 1");
    TEXT_IS("select string_agg(verdict || ' ' || reason, ', ' order by verdict) from session "
            "where visitor <> md5('f')::uuid",
            "0 0, 0 0, 1 7, 2 4, 3 5");
    /* The address's own name says more; a later session at home takes nothing back; who they
     * say they are counts more. */
    testdb_exec(&t, "select said('a', 0, 8, '{\"companyDomain\": \"healthineers.com\"}'),"
                    " said('a', 100, 1, null, null, 3)");
    derive(1);
    TEXT_IS("select string_agg(format('%s %s %s', domain, name, visitors), ', ') from account",
            "healthineers.com healthineers.com 1");
    testdb_exec(&t, "select said('a', 200, 5, '{\"company\": \"Acme\"}')");
    derive(1);
    TEXT_IS("select string_agg(format('%s %s %s', domain, name, visitors), ', ') from account",
            " Acme 1");
    testdb_exec(&t, "select form('a', 300, 'ann@acme.com')");
    derive(1);
    TEXT_IS("select string_agg(format('%s %s %s', domain, name, visitors), ', ') from account",
            "acme.com Acme 1");
}

/* ---- mail scanners ---- */

static void scanners_are_nobody(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('email:ann', 0, 3, '{\"email\": \"ann@acme.com\"}', null, 1),"
                    " said('email:bob', 0, 3, '{\"email\": \"bob@acme.com\"}', null, 4),"
                    " said('fresh', 0.02, 4, null, null, 1),"
                    " said('fresh', 0.02, 6, '{\"email\": \"ann@acme.com\"}', 'landing', 1),"
                    " said('fresh', 0.05, 2, '{\"kind\": \"leave\"}', null, 1)");
    derive(1);
    TEXT_IS("select count(*)::text from lead", "0");
    TEXT_IS(
        "select string_agg(verdict || ' ' || reason || ' ' || lead_id, ', ' order by reason) "
        "from session",
        "6 8 0, 6 9 0, 6 10 0");
    TEXT_IS("select count(*)::text from account", "0");
    testdb_exec(&t, "select forget()");
    derive(1000);
    TEXT_IS("select count(*)::text from lead", "0");
}

/* Through a hoster's network, but somebody is there. */
static void who_stays_is_a_person(void **state)
{
    (void)state;
    testdb_exec(&t, "select followed('a', 0, 'ann@acme.com'); update event set network = 1");
    derive(1);
    TEXT_IS("select count(*)::text from lead", "0");
    testdb_exec(&t, "select said('a', 0.5, 1, null, null, 1)");
    people_are("ann@acme.com 3/1/1");
    TEXT_IS("select verdict || ' ' || name from session, account", "3 acme.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_devices_one_person, fresh),
        cmocka_unit_test_setup(shared_machine, fresh),
        cmocka_unit_test_setup(users_change_within_a_minute, fresh),
        cmocka_unit_test_setup(mistyped_then_right, fresh),
        cmocka_unit_test_setup(corrected_twice, fresh),
        cmocka_unit_test_setup(work_address_instead, fresh),
        cmocka_unit_test(corrections),
        cmocka_unit_test_setup(not_corrections, fresh),
        cmocka_unit_test_setup(mistyped_as_somebody_else, fresh),
        cmocka_unit_test_setup(passed_on_to_somebody_known, fresh),
        cmocka_unit_test_setup(passed_on_to_somebody_new, fresh),
        cmocka_unit_test_setup(passed_on_tells_nothing_of_others, fresh),
        cmocka_unit_test_setup(two_links_on_one_browser, fresh),
        cmocka_unit_test_setup(id_without_address, fresh),
        cmocka_unit_test_setup(address_comes_later, fresh),
        cmocka_unit_test_setup(first_address_of_an_id, fresh),
        cmocka_unit_test_setup(id_on_a_contacts_browser, fresh),
        cmocka_unit_test_setup(ids_of_nobody, fresh),
        cmocka_unit_test_setup(told_by_the_service, fresh),
        cmocka_unit_test_setup(known_by_its_network, fresh),
        cmocka_unit_test_setup(scanners_are_nobody, fresh),
        cmocka_unit_test_setup(who_stays_is_a_person, fresh),
    };
    testdb_open(&t, true);
    testdb_exec(&t, helpers);
    int failed = cmocka_run_group_tests_name("identity", tests, NULL, NULL);
    testdb_close(&t);
    return failed;
}
