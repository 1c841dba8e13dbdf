/* Automations that wait for somebody to match, for a score, for a segment: they follow
 * segments, their own or those that they name. */
#include "tests/db/automate_world.h"

#include "shared/segment.h"
#include "tests/db/testjobs.h"
#include "worker/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct testdb *T;

#define COUNT(expected, table, ...)                                                            \
    do {                                                                                       \
        int64_t n_ = rows_of(T, table, __VA_ARGS__);                                           \
        if (n_ != (expected)) {                                                                \
            fail_msg("line %d: %lld rows", __LINE__, (long long)n_);                           \
        }                                                                                      \
    } while (0)

#define FOOD MATCH("{'field':'industry','op':'is','values':['Food']}")
#define SCORE(above) "{'when':'score','score':" above "," TREE("") "}"

static int fresh(void **state)
{
    (void)testdb_reset(state);
    T = *state;
    testdb_exec(T, "truncate segment_member, segment_change, segment_touch, segment_sweep");
    automate_world(T);
    return 0;
}

/* Companies 1 and 2, of which the first is Food; a person alone. */
static void two_companies(void)
{
    testdb_exec(T, "insert into account (dataset_id, id, domain, name, industry) values "
                   "(7, 1, 'a.example', 'A', 'Food'), (7, 2, 'b.example', 'B', 'Steel')");
}

/* Jobs, members, and what follows. */
static void settle(void)
{
    testdb_exec(T, "delete from job where kind <> 13");
    testjobs_run(T);
    (void)testjobs_follow(T);
    automate_settle(T);
}

static void set(const char *sql, unsigned on, int64_t account)
{
    const struct segment_touch touch = {
        .dataset = WORLD_DATASET, .on = on, .accounts = {&account, 1}};
    testdb_exec(T, sql);
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(segment_touch(T->db, &touch), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
}

static void switch_to(int64_t id, bool on)
{
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(automation_switch(T->db, WORLD_DATASET, id, on), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
}

static void beginning_to_match_makes_it_run(void **state)
{
    (void)state;
    two_companies();
    int64_t id = automate_made(T, "Food", FOOD, ADD("1") "," PUT("1", "2"));
    COUNT(2, "segment", "automation_id = %lld and not shared and user_id is null",
          (long long)id);
    settle();
    COUNT(0, "automation_run", "true"); /* who matched before is no news */
    set("update account set industry = 'Food' where id = 2", FILTER_ON_ACCOUNT, 2);
    settle();
    COUNT(1, "automation_run",
          "subject = 2 and cause = 4 and depth = 0 and why like 'this became true: %%'");
    COUNT(1, "account_tag", "account_id = 2 and tag_id = 1");
    COUNT(1, "card", "account_id = 2 and stage_id = 2");
    COUNT(1, "automation_run", "true");
    /* out and in again, much later: once more */
    set("update account set industry = 'Steel' where id = 2", FILTER_ON_ACCOUNT, 2);
    settle();
    testdb_exec(T, "update automation_subject set run_at = now() - interval '1 hour'");
    set("update account set industry = 'Food' where id = 2", FILTER_ON_ACCOUNT, 2);
    settle();
    COUNT(2, "automation_run", "subject = 2");
}

static void people_alone_match_too(void **state)
{
    (void)state;
    (void)automate_made(T, "Kims", MATCH("{'field':'email','op':'contains','values':['kim']}"),
                        PUT("1", "2"));
    settle();
    automate_view(T, 1, "kim@gmail.com", "https://x.example/a");
    automate_view(T, 2, "kim@harbor.example", "https://x.example/a");
    automate_settle(T);
    settle();
    COUNT(2, "automation_run", "true");
    COUNT(1, "card", "lead_id is not null");
    COUNT(1, "card", "account_id is not null");
}

static void a_score_that_rises(void **state)
{
    (void)state;
    two_companies();
    (void)automate_made(T, "Hot", SCORE("60"), ADD("1"));
    settle();
    set("update account set score = 60 where id = 1", FILTER_ON_SCORE, 1);
    settle();
    COUNT(0, "automation_run", "true");
    set("update account set score = 61 where id = 1", FILTER_ON_SCORE, 1);
    settle();
    COUNT(1, "automation_run", "subject = 1 and why = 'the leadscore rose above 60'");
    set("update account set score = 75 where id = 1", FILTER_ON_SCORE, 1);
    settle();
    COUNT(1, "automation_run", "true");
}

static void a_segment_that_is_entered(void **state)
{
    (void)state;
    int64_t segment;
    two_companies();
    struct filter filter;
    assert_int_equal(
        filter_parse(&T->ctx,
                     STR("{\"version\":2,\"subject\":\"accounts\",\"match\":\"all\","
                         "\"conditions\":[{\"field\":\"industry\",\"op\":\"is\","
                         "\"values\":[\"Food\"]}]}"),
                     &filter),
        ERR_NONE);
    const struct segment_save save = {
        .dataset = WORLD_DATASET, .name = STR("Food"), .user = ANN, .filter = &filter};
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(segment_save(T->db, &save, &segment), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    settle();
    const char *trigger =
        arena_print(T->ctx.arena, "{'when':'segment','ids':['%lld']," TREE("") "}",
                    (long long)segment)
            .p;
    int64_t id = automate_made(T, "In", trigger, ADD("1"));
    COUNT(0, "segment", "automation_id is not null");
    set("update account set industry = 'Food' where id = 2", FILTER_ON_ACCOUNT, 2);
    settle();
    COUNT(1, "automation_run", "subject = 2 and why = 'the segment Food was entered'");
    switch_to(id, false);
    set("update account set industry = 'Steel' where id = 2", FILTER_ON_ACCOUNT, 2);
    settle();
    testdb_exec(T, "update automation_subject set run_at = now() - interval '1 hour'");
    set("update account set industry = 'Food' where id = 2", FILTER_ON_ACCOUNT, 2);
    settle();
    COUNT(1, "automation_run", "true");
}

/* As the worker looks every half a minute. */
static void sweep(void)
{
    static const atomic_bool stop = false;
    bool found = true;
    testdb_exec(T,
                "insert into segment_sweep values (7, now() - interval '1 hour') on conflict "
                "(dataset_id) do update set swept_at = excluded.swept_at");
    while (found) {
        assert_int_equal(members_sweep(&T->ctx, T->db, &stop, &found), ERR_NONE);
    }
    automate_settle(T);
}

static void time_alone(void **state)
{
    (void)state;
    two_companies();
    testdb_exec(T, "update account set last_at = now() - interval '1 day'");
    (void)automate_made(
        T, "Quiet", MATCH("{'field':'last_seen','op':'before','values':['10d']}"), ADD("1"));
    settle();
    sweep();
    COUNT(0, "automation_run", "true");
    testdb_exec(T, "update account set last_at = now() - interval '10 days 1 minute' where "
                   "id = 2");
    sweep();
    COUNT(1, "automation_run", "subject = 2 and cause = 4 and depth = 0");
    COUNT(1, "automation_run", "true");
}

static void its_segments_come_and_go_with_it(void **state)
{
    (void)state;
    two_companies();
    struct automation_save save = automate_draft(T, "Food", FOOD, ADD("1"));
    save.enabled = false;
    save.id = automate_save(T, &save);
    COUNT(0, "segment", "true");
    switch_to(save.id, true);
    COUNT(2, "segment", "true");
    COUNT(1, "automation", "cardinality(segment_ids) = 2");
    settle();
    COUNT(1, "segment_member", "true");
    /* another rule: the same segments with another filter; who matches it already is no news */
    struct automation_save other = automate_draft(
        T, "Steel", MATCH("{'field':'industry','op':'is','values':['Steel']}"), ADD("1"));
    other.id = save.id;
    (void)automate_save(T, &other);
    settle();
    COUNT(2, "segment", "true");
    COUNT(1, "segment_member", "member_id = 2");
    COUNT(0, "automation_run", "true");
    switch_to(save.id, false);
    settle();
    COUNT(0, "segment", "true");
    COUNT(0, "segment_member", "true");
    COUNT(1, "automation", "segment_ids = '{}'");
    switch_to(save.id, true);
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(automation_delete(T->db, WORLD_DATASET, save.id), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    COUNT(0, "segment", "true");
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
        TEST(beginning_to_match_makes_it_run),
        TEST(people_alone_match_too),
        TEST(a_score_that_rises),
        TEST(a_segment_that_is_entered),
        TEST(time_alone),
        TEST(its_segments_come_and_go_with_it),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
