/* The queue: what is asked for is claimed once, fairly, completed only by whoever holds it,
 * comes back when its worker is gone, and ends dead when it cannot be done. */
#include "tests/db/testdb.h"

#include "shared/clock.h"
#include "shared/queue.h"
#include "worker/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DATASET 7

static struct claim_room room_of(size_t slots)
{
    struct claim_room room = {.slots = slots};
    for (size_t i = 0; i < JOB_KIND__END; i++) {
        room.of[i] = slots;
    }
    return room;
}

static void clean(struct testdb *t)
{
    testdb_exec(t, "truncate job, job_done, job_dead, tenant_queue, worker, progress");
}

static int64_t new_worker(struct testdb *t)
{
    const struct sql_worker_start_in in = {.host = STR("here"), .pid = 1, .slots = 8};
    struct sql_worker_start row;
    assert_int_equal(sql_worker_start(t->db, &in, &row), ERR_NONE);
    return row.incarnation;
}

static int64_t add_to(struct testdb *t, int64_t dataset, const char *uniq,
                      enum queue_unique unique, int64_t delay_ms)
{
    const struct queue_job job = {.dataset = dataset, .uniq = str_from(uniq)};
    const struct queue_opts opts = {.unique = unique, .delay_ms = delay_ms};
    int64_t id;
    assert_int_equal(queue_add(t->db, JOB_NOOP, &job, &opts, &id), ERR_NONE);
    return id;
}

static int64_t add(struct testdb *t)
{
    return add_to(t, DATASET, NULL, QUEUE_KEEP, 0);
}

static struct claimer *new_claimer(struct testdb *t)
{
    return claim_new(t->ctx.arena);
}

static struct claim claim(struct testdb *t, struct claimer *claimer, size_t slots,
                          int64_t worker)
{
    size_t due;
    struct claim claim;
    struct claim_room room = room_of(slots);
    assert_int_equal(claim_sweep(claimer, t->db, clock_monotonic(), &due), ERR_NONE);
    assert_int_equal(claim_jobs(claimer, t->db, &room, worker, clock_monotonic(), &claim),
                     ERR_NONE);
    return claim;
}

static void run(struct testdb *t, const struct batch *batch, int64_t worker)
{
    struct runner runner = {.ctx.arena = arena_new((size_t)16 << 20),
                            .db = db_new(t->conninfo, "leadboard_worker")};
    runner_run(&runner, batch, worker);
    db_free(runner.db);
    arena_free(runner.ctx.arena);
}

static size_t jobs_in(const struct claim *claim)
{
    size_t n = 0;
    for (size_t i = 0; i < claim->n; i++) {
        n += claim->batches[i].n;
    }
    return n;
}

/* ---- asking ---- */

static void a_job_exists_with_its_transaction(void **state)
{
    struct testdb *t = *state;
    clean(t);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_true(add(t) > 0);
    db_rollback(t->db);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_true(add(t) > 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from tenant_queue"), 1);
}

static void keep_leaves_the_job_that_is_there(void **state)
{
    struct testdb *t = *state;
    clean(t);
    assert_true(add_to(t, DATASET, "a", QUEUE_KEEP, 60000) > 0);
    assert_int_equal(add_to(t, DATASET, "a", QUEUE_KEEP, 0), 0);
    assert_true(add_to(t, DATASET + 1, "a", QUEUE_KEEP, 0) > 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job where run_at > now()"), 1);
}

static void earliest_moves_a_waiting_job_forward_only(void **state)
{
    struct testdb *t = *state;
    clean(t);
    assert_true(add_to(t, DATASET, "a", QUEUE_EARLIEST, 60000) > 0);
    assert_int_equal(add_to(t, DATASET, "a", QUEUE_EARLIEST, 0), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job where run_at <= now()"), 1);
    assert_int_equal(add_to(t, DATASET, "a", QUEUE_EARLIEST, 60000), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job where run_at <= now()"), 1);
}

static void rerun_runs_a_running_job_once_more(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t worker = new_worker(t);
    struct claimer *claimer = new_claimer(t);
    int64_t first = add_to(t, DATASET, "a", QUEUE_RERUN, 0);
    struct claim claimed = claim(t, claimer, 1, worker);
    assert_int_equal(jobs_in(&claimed), 1);
    assert_int_equal(add_to(t, DATASET, "a", QUEUE_EARLIEST, 0), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job where rerun"), 0);
    assert_int_equal(add_to(t, DATASET, "a", QUEUE_RERUN, 0), 0);
    assert_int_equal(add_to(t, DATASET, "a", QUEUE_RERUN, 0), 0);
    run(t, &claimed.batches[0], worker);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 0 and not rerun"),
                     1);
    assert_true(testdb_i64(t, "select id from job") > first);
    claimed = claim(t, claimer, 1, worker);
    run(t, &claimed.batches[0], worker);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
}

static void many_at_once_skip_those_that_are_there(void **state)
{
    struct testdb *t = *state;
    clean(t);
    (void)add_to(t, DATASET, "b", QUEUE_KEEP, 0);
    const struct queue_job jobs[] = {
        {.dataset = DATASET, .uniq = STR("c")},
        {.dataset = DATASET, .uniq = STR("b")},
        {.dataset = DATASET + 1, .uniq = STR("b"), .payload = STR("{\"x\":1}")},
        {.dataset = DATASET},
        {.dataset = DATASET}};
    int64_t added;
    assert_int_equal(queue_add_many(t->db, JOB_NOOP, jobs, 5, NULL, &added), ERR_NONE);
    assert_int_equal(added, 4);
    assert_int_equal(queue_add_many(t->db, JOB_NOOP, jobs, 0, NULL, &added), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from job where payload = '{\"x\":1}'"), 1);
}

static void a_payload_is_ids_not_documents(void **state)
{
    struct testdb *t = *state;
    clean(t);
    const struct queue_job job = {
        .dataset = DATASET, .payload = arena_print(t->ctx.arena, "{\"x\":\"%04000d\"}", 0)};
    assert_int_equal(queue_add(t->db, JOB_NOOP, &job, NULL, NULL), ERR_INVALID);
}

/* ---- claiming ---- */

static void two_workers_never_claim_the_same(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into tenant_queue (dataset_id, kind) values (7, 1)");
    testdb_exec(t,
                "insert into job (dataset_id, kind) select 7, 1 from generate_series(1, 1800)");
    int64_t a = new_worker(t);
    int64_t b = new_worker(t);
    struct claim of_a = claim(t, new_claimer(t), 2, a);
    struct claim of_b = claim(t, new_claimer(t), 2, b);
    assert_int_equal(of_a.n, 2);
    assert_int_equal(jobs_in(&of_a), 1000);
    assert_int_equal(jobs_in(&of_b), 800);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1"), 1800);
    assert_int_equal(testdb_i64(t, "select count(distinct worker) from job"), 2);
}

static void what_is_due_later_is_left(void **state)
{
    struct testdb *t = *state;
    clean(t);
    struct claimer *claimer = new_claimer(t);
    int64_t worker = new_worker(t);
    (void)add_to(t, DATASET, NULL, QUEUE_KEEP, 700);
    struct claim claimed = claim(t, claimer, 4, worker);
    assert_int_equal(jobs_in(&claimed), 0);
    int64_t due_us[JOB_KIND__END];
    claim_due(claimer, due_us);
    int64_t wait_us = due_us[JOB_NOOP] - clock_monotonic();
    assert_true(wait_us > 0 && wait_us < 700000);
    assert_true(due_us[JOB_IMPORT] == INT64_MAX);
}

static void soon_comes_before_normal_before_later(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into tenant_queue (dataset_id, kind) values (7, 3)");
    testdb_exec(t, "insert into job (dataset_id, kind, prio, uniq) values "
                   "(7, 3, 1, 'later'), (7, 3, 0, 'normal'), (7, 3, 2, 'soon')");
    struct claimer *claimer = new_claimer(t);
    int64_t worker = new_worker(t);
    (void)claim(t, claimer, 1, worker);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1 and prio = 2"), 1);
    (void)claim(t, claimer, 1, worker);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1 and prio = 0"), 1);
    (void)claim(t, claimer, 1, worker);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1"), 3);
}

static void no_priority_starves(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into tenant_queue (dataset_id, kind) values (7, 3)");
    testdb_exec(t, "insert into job (dataset_id, kind, prio) "
                   "select 7, 3, n % 3 from generate_series(1, 90) n");
    struct claimer *claimer = new_claimer(t);
    int64_t worker = new_worker(t);
    for (int i = 0; i < 24; i++) {
        (void)claim(t, claimer, 1, worker);
    }
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1 and prio = 2"),
                     16);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1 and prio = 0"), 6);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1 and prio = 1"), 2);
}

/* One dataset with 5,000 jobs before 20 with 10 each: all 20 are served within the first
 * claims. */
static void a_large_dataset_does_not_hold_up_small_ones(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(t, "insert into tenant_queue (dataset_id, kind) select n, 3 "
                   "from generate_series(1, 21) n");
    testdb_exec(
        t, "insert into job (dataset_id, kind, run_at) select 1, 3, now() - interval '1 h' "
           "from generate_series(1, 5000)");
    testdb_exec(t, "insert into job (dataset_id, kind) select 2 + n / 10, 3 "
                   "from generate_series(0, 199) n");
    struct claimer *claimer = new_claimer(t);
    int64_t worker = new_worker(t);
    for (int i = 0; i < 6; i++) {
        struct claim claimed = claim(t, claimer, 4, worker);
        assert_int_equal(jobs_in(&claimed), 4);
    }
    assert_true(testdb_i64(t, "select count(distinct dataset_id) from job where state = 1") ==
                21);
    assert_true(testdb_i64(t, "select count(*) from job where state = 1 and dataset_id = 1") <
                4);
}

static void a_paused_queue_waits(void **state)
{
    struct testdb *t = *state;
    clean(t);
    (void)add(t);
    testdb_exec(t, "update tenant_queue set paused = true");
    struct claim claimed = claim(t, new_claimer(t), 4, new_worker(t));
    assert_int_equal(jobs_in(&claimed), 0);
}

static void a_kind_without_room_is_left(void **state)
{
    struct testdb *t = *state;
    clean(t);
    (void)add(t);
    struct claimer *claimer = new_claimer(t);
    int64_t worker = new_worker(t);
    struct claim_room room = room_of(2);
    room.of[JOB_NOOP] = 0;
    size_t due;
    struct claim claimed;
    assert_int_equal(claim_sweep(claimer, t->db, clock_monotonic(), &due), ERR_NONE);
    assert_int_equal(claim_jobs(claimer, t->db, &room, worker, clock_monotonic(), &claimed),
                     ERR_NONE);
    assert_int_equal(due, 1);
    assert_int_equal(jobs_in(&claimed), 0);
}

/* A row committed late lies below the bound that the last claim set. */
static void a_late_commit_is_found(void **state)
{
    struct testdb *t = *state;
    clean(t);
    struct claimer *claimer = new_claimer(t);
    int64_t worker = new_worker(t);
    (void)add(t);
    struct claim claimed = claim(t, claimer, 1, worker);
    assert_int_equal(jobs_in(&claimed), 1);
    testdb_exec(t, "insert into job (dataset_id, kind, run_at) "
                   "values (7, 1, now() - interval '1 minute')");
    claimed = claim(t, claimer, 1, worker);
    assert_int_equal(jobs_in(&claimed), 1);
}

/* ---- completing ---- */

static void completion_leaves_history_only(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t worker = new_worker(t);
    for (int i = 0; i < 5; i++) {
        (void)add(t);
    }
    struct claim claimed = claim(t, new_claimer(t), 1, worker);
    assert_int_equal(claimed.batches[0].n, 5);
    run(t, &claimed.batches[0], worker);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done where attempt = 1 "
                                   "and started_at <= done_at and created_at <= done_at"),
                     5);
}

/* The zombie of a batch completes what is still its own, and nothing else. */
static void a_lost_lease_completes_nothing(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t zombie = new_worker(t);
    int64_t other = new_worker(t);
    (void)add(t);
    (void)add(t);
    (void)add(t);
    struct claim claimed = claim(t, new_claimer(t), 1, zombie);
    testdb_exec(t, "update job set state = 0, worker = null "
                   "where id in (select min(id) from job)");
    struct claim taken = claim(t, new_claimer(t), 1, other);
    assert_int_equal(jobs_in(&taken), 1);
    run(t, &claimed.batches[0], zombie);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1 and attempt = 2"),
                     1);
    run(t, &taken.batches[0], other);
    run(t, &claimed.batches[0], zombie);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 3);
    assert_int_equal(testdb_i64(t, "select count(distinct id) from job_done"), 3);
}

/* An earlier attempt of the same worker is a zombie too. */
static void the_attempt_is_part_of_the_fence(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t worker = new_worker(t);
    (void)add(t);
    struct claim first = claim(t, new_claimer(t), 1, worker);
    testdb_exec(t, "update job set state = 0");
    struct claim second = claim(t, new_claimer(t), 1, worker);
    run(t, &first.batches[0], worker);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 0);
    run(t, &second.batches[0], worker);
    assert_int_equal(testdb_i64(t, "select attempt::bigint from job_done"), 2);
}

/* ---- failing ---- */

/* A refresh without a board is an error of the payload: tried again, then dead. */
static void a_failure_is_tried_again_then_dead(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t worker = new_worker(t);
    const struct queue_job job = {.dataset = DATASET, .payload = STR("{\"board\":\"x\"}")};
    assert_int_equal(queue_add(t->db, JOB_REFRESH, &job, NULL, NULL), ERR_NONE);
    for (int i = 1; i <= kinds[JOB_REFRESH].attempts; i++) {
        assert_int_equal(testdb_i64(t, "select attempt::bigint from job where state = 0"),
                         i - 1);
        testdb_exec(t, "update job set run_at = now()");
        struct claim claimed = claim(t, new_claimer(t), 1, worker);
        assert_int_equal(jobs_in(&claimed), 1);
        run(t, &claimed.batches[0], worker);
    }
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job_dead "
                                   "where error like '%does not say%' and attempt = 6"),
                     1);
}

static void the_dead_can_be_revived(void **state)
{
    struct testdb *t = *state;
    clean(t);
    testdb_exec(
        t, "insert into job_dead (dataset_id, id, kind, attempt, crash_count, payload, error) "
           "values (7, 1, 1, 12, 0, '{\"a\": 1}', 'x'), (8, 2, 1, 3, 3, '{}', 'y')");
    int64_t count = 0;
    assert_int_equal(queue_revive(t->db, &count), ERR_NONE);
    assert_int_equal(count, 2);
    assert_int_equal(testdb_i64(t, "select count(*) from job_dead"), 0);
    assert_int_equal(
        testdb_i64(t, "select count(*) from job where attempt = 0 and crash_count = 0 "
                      "and (dataset_id = 8 or payload->>'a' = '1')"),
        2);
    int64_t worker = new_worker(t);
    struct claim claimed = claim(t, new_claimer(t), 8, worker);
    assert_int_equal(jobs_in(&claimed), 2);
    for (size_t i = 0; i < claimed.n; i++) {
        run(t, &claimed.batches[i], worker);
    }
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_int_equal(queue_revive(t->db, &count), ERR_NONE);
    assert_int_equal(count, 0);
}

static void a_failure_waits_before_it_comes_back(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t worker = new_worker(t);
    for (int i = 0; i < 20; i++) {
        const struct queue_job job = {.dataset = DATASET};
        assert_int_equal(queue_add(t->db, JOB_REFRESH, &job, NULL, NULL), ERR_NONE);
    }
    testdb_exec(t, "update job set attempt = 3");
    struct claim claimed = claim(t, new_claimer(t), 20, worker);
    for (size_t i = 0; i < claimed.n; i++) {
        run(t, &claimed.batches[i], worker);
    }
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 0 and attempt = 4 "
                                   "and run_at between now() - interval '5 s' "
                                   "and now() + interval '40 s' and error is not null"),
                     20);
    assert_true(
        testdb_i64(t, "select count(*) from job where run_at > now() + interval '5 s'") > 8);
}

static void reap(struct testdb *t, struct sql_job_reap *out)
{
    const int16_t attempts[] = {12, 12, 6, 6};
    const struct sql_job_reap_in in = {
        .attempts = {attempts, 4}, .most_crashes = 3, .most = 500};
    assert_int_equal(sql_job_reap(t->db, &in, out), ERR_NONE);
}

static void jobs_of_a_dead_worker_come_back(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t dead = new_worker(t);
    int64_t alive = new_worker(t);
    (void)add(t);
    (void)claim(t, new_claimer(t), 1, dead);
    (void)add_to(t, DATASET + 1, NULL, QUEUE_KEEP, 0);
    (void)claim(t, new_claimer(t), 1, alive);
    struct sql_job_reap reaped;
    reap(t, &reaped);
    assert_int_equal(reaped.again, 0);
    testdb_exec(t, "update worker set beat_at = now() - interval '21 seconds' "
                   "where incarnation = (select min(incarnation) from worker)");
    reap(t, &reaped);
    assert_int_equal(reaped.again, 1);
    assert_int_equal(testdb_i64(t,
                                "select count(*) from job where state = 0 and crash_count = 1 "
                                "and dataset_id = 7 and attempt = 1 and worker is null"),
                     1);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1"), 1);
    /* pruned: no row at all is as good as no beat */
    testdb_exec(t, "delete from worker");
    reap(t, &reaped);
    assert_int_equal(reaped.again, 1);
}

static void three_crashes_are_enough(void **state)
{
    struct testdb *t = *state;
    clean(t);
    (void)add(t);
    struct sql_job_reap reaped = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reaped.dead, 0);
        struct claim claimed = claim(t, new_claimer(t), 1, new_worker(t));
        assert_int_equal(jobs_in(&claimed), 1);
        testdb_exec(t, "delete from worker");
        reap(t, &reaped);
    }
    assert_int_equal(reaped.dead, 1);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job_dead where crash_count = 3"), 1);
}

static void a_job_past_its_deadline_comes_back(void **state)
{
    struct testdb *t = *state;
    clean(t);
    (void)add(t);
    (void)claim(t, new_claimer(t), 1, new_worker(t));
    testdb_exec(t, "update job set deadline_at = now() - interval '20 s'");
    struct sql_job_reap reaped;
    reap(t, &reaped);
    assert_int_equal(reaped.again, 0); /* its worker has 30 s to stop it */
    testdb_exec(t, "update job set deadline_at = now() - interval '31 s'");
    reap(t, &reaped);
    assert_int_equal(reaped.again, 1);
}

static void what_a_worker_holds_but_does_not_run_is_given_back(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t worker = new_worker(t);
    int64_t runs = add(t);
    (void)add(t);
    (void)claim(t, new_claimer(t), 1, worker);
    const struct sql_job_release_in in = {.worker = worker, .running = {&runs, 1}};
    int64_t n;
    assert_int_equal(sql_job_release(t->db, &in, &n), ERR_NONE);
    assert_int_equal(n, 1);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 0 and attempt = 0"),
                     1);
    assert_int_equal(testdb_i64(t, "select count(*) from job where state = 1 and attempt = 1"),
                     1);
}

/* ---- cancelling ---- */

static void a_waiting_job_is_cancelled_at_once(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t id = add(t);
    assert_int_equal(queue_cancel(t->db, DATASET, id), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job_dead where error = 'Cancelled.'"),
                     1);
    assert_int_equal(queue_cancel(t->db, DATASET, id), ERR_NOT_FOUND);
}

static void a_running_job_is_asked_to_stop(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t worker = new_worker(t);
    int64_t id = add(t);
    struct claim claimed = claim(t, new_claimer(t), 1, worker);
    assert_int_equal(queue_cancel(t->db, DATASET, id), ERR_NONE);
    struct sql_worker_cancels_rows rows;
    const struct sql_worker_cancels_in in = {.incarnation = worker};
    assert_int_equal(sql_worker_cancels(t->db, &in, &rows), ERR_NONE);
    assert_int_equal(rows.n, 1);
    assert_int_equal(rows.row[0].id, id);
    run(t, &claimed.batches[0], worker); /* too late: it was done already */
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 1);
}

/* ---- progress ---- */

static int64_t new_progress(struct testdb *t)
{
    int64_t id;
    assert_int_equal(progress_create(t->db, DATASET, JOB_IMPORT, 3, 1, &id), ERR_NONE);
    const struct queue_job job = {
        .dataset = DATASET, .uniq = arena_print(t->ctx.arena, "progress:%lld", (long long)id)};
    assert_int_equal(queue_add(t->db, JOB_IMPORT, &job, NULL, NULL), ERR_NONE);
    return id;
}

static void progress_adds_up(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t id = new_progress(t);
    struct progress now;
    assert_int_equal(progress_start(t->db, DATASET, id, 10), ERR_NONE);
    assert_int_equal(progress_step(t->db, DATASET, id, 4, STR("{\"added\":3,\"already\":1}")),
                     ERR_NONE);
    assert_int_equal(progress_step(t->db, DATASET, id, 99, STR("{\"added\":5}")), ERR_NONE);
    assert_int_equal(progress_latest(t->db, DATASET, JOB_IMPORT, 3, &now), ERR_NONE);
    assert_int_equal(now.state, PROGRESS_RUNNING);
    assert_int_equal(now.done, 10);
    assert_true(str_eq(now.result, STR("{\"added\": 8, \"already\": 1}")));
    assert_int_equal(progress_finish(t->db, DATASET, id, PROGRESS_DONE, (struct str){0}),
                     ERR_NONE);
    assert_int_equal(progress_step(t->db, DATASET, id, 9, (struct str){0}), ERR_NOT_FOUND);
}

static void a_cancelled_progress_stays_cancelled(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t id = new_progress(t);
    struct progress now;
    assert_int_equal(progress_cancel(t->db, DATASET, id), ERR_NONE);
    assert_int_equal(progress_start(t->db, DATASET, id, 10), ERR_NOT_FOUND);
    ctx_clear(&t->ctx);
    assert_int_equal(progress_finish(t->db, DATASET, id, PROGRESS_FAILED, STR("Gone.")),
                     ERR_NONE);
    assert_int_equal(progress_latest(t->db, DATASET, JOB_IMPORT, 3, &now), ERR_NONE);
    assert_int_equal(now.state, PROGRESS_CANCELLED);
}

static void progress_whose_job_is_dead_has_failed(void **state)
{
    struct testdb *t = *state;
    clean(t);
    int64_t id = new_progress(t);
    assert_int_equal(progress_start(t->db, DATASET, id, 10), ERR_NONE);
    testdb_exec(t, "delete from job");
    struct progress now;
    assert_int_equal(progress_latest(t->db, DATASET, JOB_IMPORT, 3, &now), ERR_NONE);
    assert_int_equal(now.state, PROGRESS_FAILED);
    assert_true(now.message.n > 0);
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
        TEST(a_job_exists_with_its_transaction),
        TEST(keep_leaves_the_job_that_is_there),
        TEST(earliest_moves_a_waiting_job_forward_only),
        TEST(rerun_runs_a_running_job_once_more),
        TEST(many_at_once_skip_those_that_are_there),
        TEST(a_payload_is_ids_not_documents),
        TEST(two_workers_never_claim_the_same),
        TEST(what_is_due_later_is_left),
        TEST(soon_comes_before_normal_before_later),
        TEST(no_priority_starves),
        TEST(a_large_dataset_does_not_hold_up_small_ones),
        TEST(a_paused_queue_waits),
        TEST(a_kind_without_room_is_left),
        TEST(a_late_commit_is_found),
        TEST(completion_leaves_history_only),
        TEST(a_lost_lease_completes_nothing),
        TEST(the_attempt_is_part_of_the_fence),
        TEST(a_failure_is_tried_again_then_dead),
        TEST(the_dead_can_be_revived),
        TEST(a_failure_waits_before_it_comes_back),
        TEST(jobs_of_a_dead_worker_come_back),
        TEST(three_crashes_are_enough),
        TEST(a_job_past_its_deadline_comes_back),
        TEST(what_a_worker_holds_but_does_not_run_is_given_back),
        TEST(a_waiting_job_is_cancelled_at_once),
        TEST(a_running_job_is_asked_to_stop),
        TEST(progress_adds_up),
        TEST(a_cancelled_progress_stays_cancelled),
        TEST(progress_whose_job_is_dead_has_failed),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
