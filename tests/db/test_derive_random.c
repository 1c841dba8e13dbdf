/* The log consumer: what is derived depends on the events alone, however they arrive and
 * whoever is killed. */
#include "tests/db/derive_world.h"
#include "worker/derive.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void batches_do_not_matter(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 4; seed++) {
        derive_world_fresh(NULL);
        derive_world_write_log(seed, 600, "n");
        derive_world_derive(100000);
        derive_world_check_sums();
        derive_world_keep_state("at_once");
        static const int limits[] = {1, 7, 100};
        /* One event a batch takes longest; one log has to do for it. */
        for (size_t i = seed == 1 ? 0 : 1; i < sizeof(limits) / sizeof(limits[0]); i++) {
            testdb_exec(&derive_world, "select forget()");
            assert_int_equal(derive_world_derive(limits[i]), 600);
            derive_world_check_sums();
            derive_world_keep_state("by_batch");
            derive_world_check_same("at_once", "by_batch");
        }
    }
}

static void arrival_does_not_matter(void **state)
{
    (void)state;
    derive_world_write_log(9, 800, "n");
    derive_world_derive(100000);
    derive_world_keep_state("in_order");
    derive_world_fresh(NULL);
    derive_world_write_log(9, 800, "h4, n desc");
    derive_world_derive(100000);
    derive_world_keep_state("shuffled");
    derive_world_check_same("in_order", "shuffled");
    testdb_exec(&derive_world, "select forget()");
    derive_world_derive(13);
    derive_world_keep_state("shuffled_by_batch");
    derive_world_check_same("in_order", "shuffled_by_batch");
}

static void busy_people_are_the_same(void **state)
{
    (void)state;
    static const int limits[] = {1, 5, 60};
    static const char *const orders[] = {"n", "h4, n desc", "h2 % 13, n"};
    for (int seed = 1; seed <= 3; seed++) {
        derive_world_fresh(NULL);
        derive_world_write_busy_log(seed, 260, "n");
        derive_world_derive(100000);
        derive_world_check_sums();
        derive_world_keep_state("at_once");
        /* One event a batch takes longest; one log has to do for it. */
        for (size_t i = seed == 1 ? 0 : 1; i < sizeof(limits) / sizeof(limits[0]); i++) {
            derive_world_fresh(NULL);
            derive_world_write_busy_log(seed, 260, orders[i]);
            derive_world_derive(limits[i]);
            derive_world_check_sums();
            derive_world_keep_state("by_batch");
            derive_world_check_same("at_once", "by_batch");
        }
    }
}

/* As the job does it: whom the condition on their sessions finds, and nobody else. */
static void derive_those(const char *condition)
{
    char sql[500];
    struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
    struct db *db = db_new(derive_world.conninfo, "leadboard_worker");
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
            derive_world_fresh(NULL);
            testdb_exec(&derive_world, "truncate traffic_verdict");
            derive_world_write_busy_log(seed, 260, "n");
            derive_world_derive(100000);
            derive_world_keep_state("before");
            testdb_exec(&derive_world,
                        "drop table if exists others; create table others as "
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
            testdb_exec(&derive_world, full);
            derive_those(flips[i].whom);
            derive_world_check_sums();
            derive_world_keep_state("flipped");
            (void)snprintf(sql, sizeof(sql),
                           "select count(*) from others o join session s using (dataset_id, "
                           "visitor, started_at) where s.xmin::text <> o.x and visitor not in "
                           "(select visitor from session where %s)",
                           flips[i].whom);
            assert_int_equal(I64(sql), 0); /* nobody else was touched */
            testdb_exec(&derive_world, "select forget()");
            derive_world_derive(70);
            derive_world_check_sums();
            derive_world_keep_state("anew");
            derive_world_check_same("flipped", "anew");
            testdb_exec(&derive_world, "truncate traffic_verdict");
            derive_those(flips[i].whom);
            derive_world_check_sums();
            derive_world_keep_state("back");
            derive_world_check_same("before", "back");
        }
    }
}

static void rebuilt_is_the_same(void **state)
{
    (void)state;
    static const int limits[] = {100000, 50};
    for (int seed = 31; seed <= 33; seed++) {
        derive_world_fresh(NULL);
        derive_world_write_busy_log(seed, 260, "n");
        derive_world_derive(40);
        derive_world_keep_state("before");
        for (size_t i = 0; i < 2; i++) {
            derive_world_rebuild();
            derive_world_derive(limits[i]);
            derive_world_check_sums();
            derive_world_keep_state("rebuilt");
            derive_world_check_same("before", "rebuilt");
            assert_int_equal(I64("select (rebuild_before = rebuild_after)::int from log_cursor "
                                 "where rebuild_xid is null and consumer = 'derive'"),
                             1);
        }
    }
}

/* ---- exactly once ---- */

static pid_t start_consumer(int64_t limit)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
        struct db *db = db_new(derive_world.conninfo, "leadboard_worker");
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
    derive_world_write_log(5, 3000, "n");
    derive_world_derive(100000);
    derive_world_keep_state("alone");
    testdb_exec(&derive_world, "select forget()");
    pid_t children[3];
    for (size_t i = 0; i < 3; i++) {
        children[i] = start_consumer(50);
    }
    for (size_t i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    derive_world_check_sums();
    derive_world_keep_state("together");
    derive_world_check_same("alone", "together");
}

static void killed(void **state)
{
    (void)state;
    derive_world_write_log(6, 3000, "n");
    derive_world_derive(100000);
    derive_world_keep_state("in_peace");
    testdb_exec(&derive_world, "select forget()");
    for (int i = 0; i < 15; i++) {
        pid_t child = start_consumer(20 + i);
        (void)usleep((useconds_t)(5000 + i * 4000));
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    derive_world_derive(500);
    derive_world_check_sums();
    derive_world_keep_state("killed");
    derive_world_check_same("in_peace", "killed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(batches_do_not_matter, derive_world_fresh),
        cmocka_unit_test_setup(arrival_does_not_matter, derive_world_fresh),
        cmocka_unit_test_setup(busy_people_are_the_same, derive_world_fresh),
        cmocka_unit_test_setup(flips_change_what_depends, derive_world_fresh),
        cmocka_unit_test_setup(rebuilt_is_the_same, derive_world_fresh),
        cmocka_unit_test_setup(consumers_at_once, derive_world_fresh),
        cmocka_unit_test_setup(killed, derive_world_fresh),
    };
    return derive_world_run("derive_random", tests, sizeof(tests) / sizeof(tests[0]));
}
