/* Periodic work: whoever is first does it, once, however many look at the same moment. */
#include "tests/db/testdb.h"

#include "worker/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>

#define WORKERS 8

struct looker {
    struct testdb *t;
    pthread_t thread;
};

static void *look(void *argument)
{
    struct looker *looker = argument;
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct db *db = db_new(looker->t->conninfo, "leadboard_worker");
    db_use(db, &ctx);
    assert_int_equal(schedule_run(db), ERR_NONE);
    db_free(db);
    arena_free(ctx.arena);
    return NULL;
}

static void look_all(struct testdb *t)
{
    struct looker lookers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        lookers[i].t = t;
        assert_int_equal(pthread_create(&lookers[i].thread, NULL, look, &lookers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_join(lookers[i].thread, NULL), 0);
    }
}

static void clean(struct testdb *t)
{
    testdb_exec(
        t, "truncate cron_slot, job, board, stage, card, card_change, tenant_queue cascade");
}

static void every_board_is_refreshed_once_an_hour(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into board (dataset_id, name, user_id) "
                   "select n % 7, 'B', 1 from generate_series(1, 300) n");
    testdb_exec(t, "update board set deleted_at = now() where id % 10 = 0");
    look_all(t); /* nobody looked for an hour: all of them */
    assert_int_equal(testdb_i64(t, "select count(*) from job where kind = 3 and prio = 1"),
                     270);
    assert_int_equal(testdb_i64(t, "select count(*) from tenant_queue"), 7);
    testdb_exec(t, "truncate job");
    look_all(t);
    assert_true(testdb_i64(t, "select count(*) from job") < 40); /* a minute may have begun */
    assert_true(testdb_i64(t, "select count(*) from cron_slot where task = 'refresh'") <= 61);
}

static void boards_are_spread_over_the_hour(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into board (dataset_id, name, user_id) "
                   "select 7, 'B', 1 from generate_series(1, 600) n");
    testdb_exec(t, "insert into cron_slot (task, dataset_id, slot_at) select 'refresh', 0, m "
                   "from generate_series(date_trunc('minute', now()) - interval '59 minutes', "
                   "date_trunc('minute', now()) + interval '1 minute', interval '1 minute') m");
    testdb_exec(
        t,
        "delete from cron_slot where slot_at = date_trunc('minute', now()) - interval '9 m'");
    look_all(t);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 10);
}

static void what_pages_have_seen_is_thrown_away(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into card_change (dataset_id, board_id, at) values "
                   "(7, 1, now() - interval '2 h'), (7, 1, now())");
    look_all(t);
    assert_int_equal(testdb_i64(t, "select count(*) from card_change"), 1);
}

static void days_are_made_ahead_and_old_ones_dropped(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "select job_done_day_ensure(current_date - 40), "
                   "job_done_day_ensure(current_date - 20)");
    testdb_exec(t, "insert into job_done (dataset_id, done_at, id, kind, attempt, created_at, "
                   "started_at) values (7, current_date - 20, 1, 1, 1, now(), now())");
    testdb_exec(t, "do $$ begin execute 'drop table job_done_' || "
                   "to_char(current_date + 7, 'YYYY_MM_DD'); end $$");
    look_all(t);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 1);
    assert_int_equal(testdb_i64(t,
                                "select count(*) from pg_class where relname = 'job_done_' || "
                                "to_char(current_date - 40, 'YYYY_MM_DD')"),
                     0);
    assert_int_equal(testdb_i64(t,
                                "select count(*) from pg_class where relname = 'job_done_' || "
                                "to_char(current_date + 7, 'YYYY_MM_DD')"),
                     1);
}

static void old_runs_and_drafts_are_thrown_away(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into workspace (name) values ('W')");
    testdb_exec(t,
                "insert into dataset (workspace_id, name, public_id) values (1, 'D', 'abc')");
    testdb_exec(t,
                "insert into automation_run (dataset_id, automation_id, version, at, subject, "
                "cause, cause_id, cause_at, state) select 1, 1, 1, now() - make_interval(days "
                "=> d), 1, 1, d, now(), 1 from unnest('{1,89,91,400}'::int[]) d");
    testdb_exec(t,
                "insert into score_draft (dataset_id, user_id, rules, created_at) select 1, 1, "
                "'[]', now() - make_interval(days => d) from unnest('{1,6,8}'::int[]) d");
    look_all(t);
    assert_int_equal(testdb_i64(t, "select count(*) from automation_run"), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from score_draft"), 2);
}

static int group_setup(void **state)
{
    static struct testdb t;
    testdb_open(&t, true);
    *state = &t;
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
        TEST(every_board_is_refreshed_once_an_hour),
        TEST(boards_are_spread_over_the_hour),
        TEST(what_pages_have_seen_is_thrown_away),
        TEST(days_are_made_ahead_and_old_ones_dropped),
        TEST(old_runs_and_drafts_are_thrown_away),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
