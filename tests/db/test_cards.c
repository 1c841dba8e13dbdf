/* Cards: one per board and account under any concurrency, counts and ledger right, refresh
 * writes what is different and nothing else, the import adds up. */
#include "tests/db/testjobs.h"

#include "shared/cards.h"
#include "shared/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>

#define DATASET 7
#define THREADS 6
#define ACCOUNTS 200

/* Board 1 with stages "New" (entry) and "Later"; accounts n of domain cN.example, account n was
 * active n hours ago. */
static void board_with_accounts(struct testdb *t, int accounts)
{
    testdb_exec(
        t, "truncate card, card_ledger, card_change, card_exclusion, board, stage, account, "
           "lead, tag, lead_tag, account_tag, segment, segment_member, segment_change, "
           "segment_touch, job, job_done, job_dead, "
           "tenant_queue, progress, worker restart identity cascade");
    testdb_exec(t, "insert into board (dataset_id, name, user_id, setup_step) "
                   "values (7, 'Sales', 1, 0)");
    testdb_exec(t, "insert into stage (dataset_id, board_id, position, name, entry) values "
                   "(7, 1, 1, 'New', true), (7, 1, 2, 'Later', false)");
    testdb_exec(t,
                arena_print(t->ctx.arena,
                            "insert into account (dataset_id, id, domain, name, visitors, "
                            "last_at) select 7, n, 'c' || n || '.example', 'Company ' || n, 1, "
                            "now() - n * interval '1 hour' from generate_series(1, %d) n",
                            accounts)
                    .p);
}

static const int64_t *numbers(struct testdb *t, int64_t from, size_t n)
{
    int64_t *ids = ARENA_ARRAY(t->ctx.arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        ids[i] = from + (int64_t)i;
    }
    return ids;
}

static struct cards_added add(struct testdb *t, int64_t from, size_t n)
{
    const struct cards_add add = {.dataset = DATASET,
                                  .board = 1,
                                  .ids = numbers(t, from, n),
                                  .n = n,
                                  .actor = {.kind = ACTOR_USER, .id = 5}};
    struct cards_added added;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(cards_add_accounts(t->db, &add, &added), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    return added;
}

static int64_t count_is_kept(struct testdb *t)
{
    return testdb_i64(t, "select count(*) from stage s where cards <> "
                         "(select count(*) from card c where c.dataset_id = s.dataset_id "
                         "and c.stage_id = s.id)") == 0;
}

/* ---- adding ---- */

static void cards_come_to_the_entry_stage_once(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 5);
    testdb_exec(
        t, "insert into card_exclusion (dataset_id, board_id, account_id) values (7, 1, 4)");
    struct cards_added added = add(t, 1, 2);
    assert_int_equal(added.added, 2);
    added = add(t, 1, 6); /* 1, 2 known, 4 excluded, 6 is nobody */
    assert_int_equal(added.added, 2);
    assert_int_equal(added.already, 2);
    assert_int_equal(added.excluded, 1);
    assert_int_equal(testdb_i64(t, "select count(*) from card where stage_id = 1"), 4);
    assert_int_equal(testdb_i64(t, "select count(*) from card_ledger where kind = 1 "
                                   "and to_stage = 1 and actor_kind = 1 and actor_id = 5"),
                     4);
    assert_int_equal(testdb_i64(t, "select count(*) from card_change"), 4);
    assert_true(count_is_kept(t));
}

static void the_latest_active_comes_to_the_top(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 6);
    (void)add(t, 4, 3);
    (void)add(t, 1, 3);
    assert_int_equal(
        testdb_i64(t, "select (string_agg(account_id::text, '' order by rank))::bigint "
                      "from card"),
        123456);
    assert_int_equal(testdb_i64(t, "select count(distinct rank) from card"), 6);
}

static void a_board_that_is_gone_takes_no_cards(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 1);
    testdb_exec(t, "update board set deleted_at = now()");
    const struct cards_add gone = {
        .dataset = DATASET, .board = 1, .ids = numbers(t, 1, 1), .n = 1};
    struct cards_added added;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(cards_add_accounts(t->db, &gone, &added), ERR_NOT_FOUND);
    db_rollback(t->db);
}

struct adder {
    struct testdb *t;
    int number;
    pthread_t thread;
};

static void *add_all(void *argument)
{
    struct adder *adder = argument;
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct db *db = db_new(adder->t->conninfo, "leadboard_worker");
    db_use(db, &ctx);
    int64_t ids[20];
    for (int round = 0; round < ACCOUNTS / 20; round++) {
        for (int i = 0; i < 20; i++) { /* each in another order */
            ids[i] = 1 + (round * 20 + (i * 7 + adder->number * 31) % 20) % ACCOUNTS;
        }
        const struct cards_add add = {.dataset = DATASET,
                                      .board = 1,
                                      .ids = ids,
                                      .n = 20,
                                      .actor = {.kind = ACTOR_REFRESH}};
        struct cards_added added;
        int64_t datasets[20];
        for (int i = 0; i < 20; i++) {
            datasets[i] = DATASET;
        }
        assert_int_equal(db_begin(db, NULL), ERR_NONE);
        assert_int_equal(cards_add_accounts(db, &add, &added), ERR_NONE);
        assert_int_equal(cards_refresh_accounts(db, datasets, ids, 20, NULL), ERR_NONE);
        assert_int_equal(db_commit(db), ERR_NONE);
    }
    db_free(db);
    arena_free(ctx.arena);
    return NULL;
}

static void many_at_once_make_no_card_twice(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, ACCOUNTS);
    struct adder adders[THREADS];
    for (int i = 0; i < THREADS; i++) {
        adders[i] = (struct adder){.t = t, .number = i};
        assert_int_equal(pthread_create(&adders[i].thread, NULL, add_all, &adders[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(adders[i].thread, NULL), 0);
    }
    assert_int_equal(testdb_i64(t, "select count(*) from card"), ACCOUNTS);
    assert_int_equal(testdb_i64(t, "select count(*) from card_ledger"), ACCOUNTS);
    assert_int_equal(testdb_i64(t, "select count(distinct rank) from card"), ACCOUNTS);
    assert_true(count_is_kept(t));
}

/* ---- refreshing ---- */

static int32_t refresh(struct testdb *t, size_t n)
{
    int64_t *datasets = ARENA_ARRAY(t->ctx.arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        datasets[i] = DATASET;
    }
    int32_t changed;
    assert_int_equal(cards_refresh_accounts(t->db, datasets, numbers(t, 1, n), n, &changed),
                     ERR_NONE);
    return changed;
}

static void refresh_writes_what_is_different(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 3);
    (void)add(t, 1, 3);
    testdb_exec(t, "truncate card_change");
    assert_int_equal(refresh(t, 3), 0);
    testdb_exec(t, "update account set contacts = 4, score = 70, logo = '/x' where id = 2");
    assert_int_equal(refresh(t, 3), 1);
    assert_int_equal(refresh(t, 3), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from card where account_id = 2 "
                                   "and contacts = 4 and score = 70 and logo = '/x' "
                                   "and version = 1"),
                     1);
    assert_int_equal(testdb_i64(t, "select count(*) from card_change"), 1);
    assert_int_equal(refresh(t, 0), 0);
}

static void tags_are_those_of_leads_and_account(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 2);
    (void)add(t, 1, 2);
    testdb_exec(t,
                "insert into tag (dataset_id, name) values (7, 'Interest'), (7, 'Customer')");
    testdb_exec(t, "insert into lead (dataset_id, id, account_id, first_at, last_at) "
                   "values (7, 1, 1, now(), now()), (7, 2, 1, now(), now())");
    testdb_exec(
        t, "insert into lead_tag (dataset_id, lead_id, tag_id) values (7, 1, 1), (7, 2, 1)");
    testdb_exec(t, "insert into account_tag (dataset_id, account_id, tag_id) values (7, 1, 2)");
    assert_int_equal(refresh(t, 2), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from card where account_id = 1 and tags = "
                                   "'[[\"Interest\", 2], [\"Customer\", 1]]'"),
                     1);
    assert_int_equal(testdb_i64(t, "select count(*) from card where tags = '[]'"), 1);
}

/* ---- jobs ---- */

static int64_t ask_import(struct testdb *t, int days)
{
    int64_t progress;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(cards_import(t->db, DATASET, 1, 5, days, &progress), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    return progress;
}

static struct progress latest(struct testdb *t)
{
    struct progress now;
    assert_int_equal(progress_latest(t->db, DATASET, JOB_IMPORT, 1, &now), ERR_NONE);
    return now;
}

/* 1,300 accounts, one an hour: 7 days and what today has; two leads with only an email, and an
 * anonymous one. */
static void import_adds_what_was_active(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 1300);
    testdb_exec(t, "insert into lead (dataset_id, id, email, first_at, last_at) values "
                   "(7, 1, 'a@gmail.example', now(), now()), (7, 2, null, now(), now()), "
                   "(7, 3, 'b@gmail.example', now(), now() - interval '30 days')");
    (void)add(t, 1, 3);
    testdb_exec(
        t, "insert into card_exclusion (dataset_id, board_id, account_id) values (7, 1, 9)");
    (void)ask_import(t, 7);
    int64_t wanted = testdb_i64(t, "select count(*) from account where last_at >= "
                                   "date_trunc('day', now()) - interval '7 d'");
    testjobs_run(t);
    struct progress now = latest(t);
    assert_int_equal(now.state, PROGRESS_DONE);
    assert_int_equal(now.done, now.total);
    assert_int_equal(now.total, wanted + 1);
    struct str result =
        arena_print(t->ctx.arena, "{\"added\": %lld, \"already\": 3, \"excluded\": 1}",
                    (long long)wanted - 3);
    assert_true(str_eq(now.result, result));
    assert_int_equal(testdb_i64(t, "select count(*) from card"), wanted);
    assert_int_equal(testdb_i64(t, "select count(*) from card where lead_id = 1"), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done"), 1);
    assert_true(count_is_kept(t));
    /* again: all of them are there now, and none twice */
    (void)ask_import(t, 7);
    testjobs_run(t);
    now = latest(t);
    assert_true(str_starts(now.result, STR("{\"added\": 0, ")));
    assert_int_equal(testdb_i64(t, "select count(*) from card"), wanted);
}

static void an_import_that_was_interrupted_counts_right(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 20);
    int64_t id = ask_import(t, 14);
    const struct cards_add add = {.dataset = DATASET,
                                  .board = 1,
                                  .ids = numbers(t, 1, 8),
                                  .n = 8,
                                  .actor = {.kind = ACTOR_IMPORT}};
    struct cards_added added;
    assert_int_equal(progress_start(t->db, DATASET, id, 20), ERR_NONE);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(cards_add_accounts(t->db, &add, &added), ERR_NONE);
    assert_int_equal(progress_step(t->db, DATASET, id, 8, STR("{\"added\":8}")), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    testjobs_run(t);
    assert_true(
        str_eq(latest(t).result, STR("{\"added\": 20, \"already\": 0, \"excluded\": 0}")));
}

static void a_cancelled_import_adds_nothing(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 20);
    int64_t id = ask_import(t, 14);
    assert_int_equal(ask_import(t, 7), id); /* one at a time */
    assert_int_equal(progress_cancel(t->db, DATASET, id), ERR_NONE);
    testjobs_run(t);
    assert_int_equal(latest(t).state, PROGRESS_CANCELLED);
    assert_int_equal(testdb_i64(t, "select count(*) from card"), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_true(ask_import(t, 7) > id);
}

static void an_import_without_its_board_fails_with_a_word(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 20);
    (void)ask_import(t, 14);
    testdb_exec(t, "update board set deleted_at = now()");
    testjobs_run(t);
    struct progress now = latest(t);
    assert_int_equal(now.state, PROGRESS_FAILED);
    assert_true(str_contains(now.message, STR("board")));
}

static void days_are_those_of_the_wizard(void **state)
{
    struct testdb *t = *state;
    int64_t progress;
    assert_int_equal(cards_import(t->db, DATASET, 1, 5, 3, &progress), ERR_INVALID);
}

static void refresh_brings_the_segment_in(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 30);
    testdb_exec(t, "update account set industry = 'Publishing' where id % 3 = 0");
    testdb_exec(
        t, "insert into segment (dataset_id, name, filter) values (7, 'Publishers', "
           "'{\"version\": 1, \"match\": \"all\", \"conditions\": [{\"field\": \"industry\", "
           "\"op\": \"is\", \"values\": [\"Publishing\"]}]}')");
    assert_int_equal(segment_fill(t->db, DATASET, 1), ERR_NONE);
    testjobs_run(t);
    assert_int_equal(testdb_i64(t, "select count(*) from segment_member"), 10);
    testdb_exec(t, "update board set segment_id = 1");
    (void)add(t, 3, 1);
    testdb_exec(t, "update account set name = 'Renamed' where id = 3");
    assert_int_equal(cards_refresh_board(t->db, DATASET, 1), ERR_NONE);
    assert_int_equal(cards_refresh_board(t->db, DATASET, 1), ERR_NONE);
    testjobs_run(t);
    assert_int_equal(testdb_i64(t, "select count(*) from card"), 10);
    assert_int_equal(testdb_i64(t, "select count(*) from card where title = 'Renamed'"), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from card_ledger where actor_kind = 3 "
                                   "and actor_id = 1 and detail = '{\"segment\": \"1\"}'"),
                     9);
    assert_int_equal(testdb_i64(t, "select count(*) from job_done where kind = 3"), 1);
    assert_true(count_is_kept(t));
}

/* Of a board that has one, the wizard imports those of its segment: of people, their companies
 * and whoever has none. */
static void import_keeps_to_the_segment(void **state)
{
    struct testdb *t = *state;
    board_with_accounts(t, 30);
    testdb_exec(
        t, "insert into segment (dataset_id, name, filter) values (7, 'Some', "
           "'{\"version\": 1, \"match\": \"all\", \"conditions\": [{\"field\": \"company\", "
           "\"op\": \"is\", \"values\": [\"Company 3\", \"Company 5\"]}]}');"
           "update board set segment_id = 1;"
           "insert into lead (dataset_id, id, account_id, email, job_title, first_at, last_at) "
           "values (7, 1, null, 'a@gmail.example', 'CEO', now(), now()), "
           "(7, 2, null, 'b@gmail.example', null, now(), now()), "
           "(7, 3, 8, 'c@c8.example', 'CEO', now(), now()), "
           "(7, 4, 9, 'd@c9.example', null, now(), now())");
    (void)ask_import(t, 14);
    testjobs_run(t);
    assert_int_equal(latest(t).state, PROGRESS_DONE);
    assert_int_equal(testdb_i64(t, "select count(*) from card"), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from card where account_id in (3, 5)"), 2);
    testdb_exec(t, "update segment set subject = 2, filter = '{\"version\": 2, \"subject\": "
                   "\"leads\", \"match\": \"all\", \"conditions\": [{\"field\": "
                   "\"job_title\", \"op\": \"is\", \"values\": [\"CEO\"]}]}'");
    (void)ask_import(t, 14);
    testjobs_run(t);
    assert_int_equal(testdb_i64(t, "select count(*) from card"), 4);
    assert_int_equal(
        testdb_i64(t, "select count(*) from card where account_id = 8 or lead_id = 1"), 2);
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
        TEST(cards_come_to_the_entry_stage_once),
        TEST(the_latest_active_comes_to_the_top),
        TEST(a_board_that_is_gone_takes_no_cards),
        TEST(many_at_once_make_no_card_twice),
        TEST(refresh_writes_what_is_different),
        TEST(tags_are_those_of_leads_and_account),
        TEST(import_adds_what_was_active),
        TEST(an_import_that_was_interrupted_counts_right),
        TEST(a_cancelled_import_adds_nothing),
        TEST(an_import_without_its_board_fails_with_a_word),
        TEST(days_are_those_of_the_wizard),
        TEST(refresh_brings_the_segment_in),
        TEST(import_keeps_to_the_segment),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
