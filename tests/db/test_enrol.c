/* Those who match an automation already: enrolled once each, by one operation, whatever dies.
 */
#include "tests/db/automate_world.h"

#include "shared/operation.h"
#include "tests/db/testjobs.h"

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

static int fresh(void **state)
{
    (void)testdb_reset(state);
    T = *state;
    automate_world(T);
    return 0;
}

/* Companies 1 to n; every other one is of the industry Food. */
static void companies(int n)
{
    testdb_exec(T,
                arena_print(T->ctx.arena,
                            "insert into account (dataset_id, id, domain, name, industry) "
                            "select 7, i, 'c' || i || '.example', 'C' || i, case i %% 2 when 0 "
                            "then 'Food' else 'Steel' end from generate_series(1, %d) i",
                            n)
                    .p);
}

#define FOOD MATCH("{'field':'industry','op':'is','values':['Food']}")

/* As a page asks for it. */
static enum err ask(int64_t dataset, int64_t automation, int64_t *out_progress)
{
    struct db *web = testdb_connect(T, "leadboard_web");
    ctx_clear(&T->ctx);
    assert_int_equal(db_begin(web, &(struct db_scope){.dataset = dataset}), ERR_NONE);
    enum err err = automation_enrol(web, dataset, automation, ANN, out_progress);
    if (err == ERR_NONE) {
        assert_int_equal(db_commit(web), ERR_NONE);
    }
    db_free(web);
    db_use(T->db, &T->ctx);
    return err;
}

static int64_t asked(int64_t automation)
{
    int64_t progress;
    if (ask(WORLD_DATASET, automation, &progress) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(T->ctx.why), STR_ARG(T->ctx.detail));
    }
    return progress;
}

static void ended(int64_t progress, enum progress_state state, const char *result)
{
    struct progress now;
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(progress_get(T->db, WORLD_DATASET, progress, &now), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    if (now.state != state || (result != NULL && !str_eq(now.result, str_from(result)))) {
        fail_msg("state %d, %.*s %.*s", now.state, STR_ARG(now.result), STR_ARG(now.message));
    }
}

/* ---- who ---- */

static void who_matches_already_is_run_for(void **state)
{
    (void)state;
    companies(7);
    int64_t id = automate_made(T, "Food", FOOD, ADD("1") "," PUT("1", "2"));
    int64_t progress = asked(id);
    testjobs_run(T);
    ended(progress, PROGRESS_DONE, "{\"nothing\": 0, \"enrolled\": 3}");
    COUNT(3, "account_tag", "tag_id = 1 and account_id %% 2 = 0");
    COUNT(3, "account_tag", "true");
    COUNT(3, "card", "stage_id = 2 and account_id %% 2 = 0");
    COUNT(3, "automation_run",
          "cause = 5 and cause_id = %lld and state = 1 and why = "
          "'it matched when it was switched on' and operation_id = 1",
          (long long)progress);
    COUNT(1, "operation",
          "n = 3 and kind = 14 and progress_id = %lld and detail ->> 'name' = 'Food'",
          (long long)progress);
    COUNT(1, "progress", "done = 3 and total = 3");
    /* again: there is nothing left to do, and nothing to undo */
    progress = asked(id);
    testjobs_run(T);
    ended(progress, PROGRESS_DONE, "{\"nothing\": 3, \"enrolled\": 0}");
    COUNT(1, "operation", "true");
}

static void people_without_a_company_too(void **state)
{
    (void)state;
    automate_view(T, 1, "kim@harbor.example", "https://x.example/a");
    automate_view(T, 2, "kim@gmail.com", "https://x.example/a");
    automate_view(T, 3, NULL, "https://x.example/a");
    automate_settle(T);
    int64_t id = automate_made(T, "A", ON_PAGE("/a"), PUT("1", "2"));
    testdb_exec(T, "delete from job"); /* enrichment of the company */
    int64_t progress = asked(id);
    testjobs_run(T);
    ended(progress, PROGRESS_DONE, "{\"nothing\": 0, \"enrolled\": 2}");
    COUNT(1, "card", "account_id is not null");
    COUNT(1, "card", "lead_id is not null");
}

static void once_is_once(void **state)
{
    (void)state;
    companies(4);
    struct automation_save save = automate_draft(T, "Food", FOOD, ADD("1"));
    save.once = true;
    int64_t id = automate_save(T, &save);
    int64_t first = asked(id);
    testjobs_run(T);
    ended(first, PROGRESS_DONE, "{\"nothing\": 0, \"enrolled\": 2}");
    testdb_exec(T, "delete from account_tag");
    int64_t second = asked(id);
    testjobs_run(T);
    ended(second, PROGRESS_DONE, "{\"nothing\": 2, \"enrolled\": 0}");
    COUNT(0, "account_tag", "true");
}

/* ---- what must not be ---- */

static void refused(void **state)
{
    (void)state;
    companies(4);
    int64_t id = automate_made(T, "Food", FOOD, ADD("1")), progress;
    struct automation_save save = automate_draft(T, "Off", FOOD, ADD("2"));
    save.enabled = false;
    int64_t off = automate_save(T, &save);
    (void)asked(id);
    assert_int_equal(ask(WORLD_DATASET, id, &progress), ERR_CONFLICT);
    assert_true(str_eq(T->ctx.why, STR("Those who match already are being enrolled.")));
    assert_int_equal(ask(WORLD_DATASET, off, &progress), ERR_INVALID);
    assert_true(str_eq(T->ctx.why, STR("Off is switched off. Switch it on first.")));
    assert_int_equal(ask(WORLD_DATASET, 999, &progress), ERR_NOT_FOUND);
    assert_int_equal(ask(8, id, &progress), ERR_NOT_FOUND);
    COUNT(1, "job", "kind = 14");
    COUNT(1, "operation", "true");
}

static void cancelled(void **state)
{
    (void)state;
    companies(4);
    int64_t progress = asked(automate_made(T, "Food", FOOD, ADD("1")));
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(progress_cancel(T->db, WORLD_DATASET, progress), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    testjobs_run(T);
    ended(progress, PROGRESS_CANCELLED, NULL);
    COUNT(0, "account_tag", "true");
    COUNT(0, "operation", "true");
    COUNT(0, "job", "true");
}

static void changed_meanwhile(void **state)
{
    (void)state;
    companies(4);
    struct automation_save save = automate_draft(T, "Food", FOOD, ADD("1"));
    save.id = automate_save(T, &save);
    int64_t progress = asked(save.id);
    struct automation_save other = automate_draft(T, "Food", FOOD, ADD("2"));
    other.id = save.id;
    (void)automate_save(T, &other);
    testjobs_run(T);
    ended(progress, PROGRESS_FAILED, NULL);
    COUNT(1, "progress", "message = 'The automation was switched off or changed meanwhile.'");
    COUNT(0, "account_tag", "true");
}

/* ---- whatever dies ---- */

static void goes_on_where_it_stopped(void **state)
{
    (void)state;
    companies(2400);
    int64_t id =
        automate_made(T, "Food", FOOD, PUT("1", "2") ",{'do':'webhook','integration':'1'}");
    testdb_exec(T, "create function no() returns trigger language plpgsql as "
                   "$$ begin raise 'no'; end $$");
    testdb_exec(T, "create trigger no before insert on card for each row "
                   "when (new.account_id > 1500) execute function no()");
    int64_t progress = asked(id);
    testjobs_run(T);
    ended(progress, PROGRESS_RUNNING, "{\"nothing\": 0, \"enrolled\": 500}");
    COUNT(500, "card", "true");
    COUNT(500, "outbox", "true");
    testdb_exec(T, "drop trigger no on card; drop function no");
    testdb_exec(T, "update job set run_at = now() - interval '1 second'");
    testjobs_run(T);
    ended(progress, PROGRESS_DONE, "{\"nothing\": 0, \"enrolled\": 1200}");
    COUNT(1200, "card", "true");
    COUNT(1200, "outbox", "true");
    COUNT(1200, "automation_run", "true");
    COUNT(1, "operation", "n = 1200");
    COUNT(1, "operation", "true");
}

/* Somebody who stops to match while it is under way is left alone. */
static void asked_once_more_in_its_step(void **state)
{
    (void)state;
    companies(2000);
    int64_t id = automate_made(T, "Food", FOOD, PUT("1", "2"));
    testdb_exec(T, "create function less() returns trigger language plpgsql as $$ begin "
                   "update account set industry = 'Wood' where id > 1900; return null; end $$");
    testdb_exec(T, "create trigger less after insert on operation for each statement execute "
                   "function less()");
    testdb_exec(T, "create trigger less after insert on card for each statement execute "
                   "function less()");
    int64_t progress = asked(id);
    testdb_exec(T, "update account set industry = 'Food' where id > 1900 and id % 2 = 0");
    testjobs_run(T);
    testdb_exec(T, "drop trigger less on operation; drop trigger less on card; "
                   "drop function less");
    COUNT(100, "account", "industry = 'Wood'");
    COUNT(950, "account", "industry = 'Food'");
    COUNT(0, "card", "account_id > 1900");
    ended(progress, PROGRESS_DONE, "{\"nothing\": 0, \"enrolled\": 950}");
}

static void is_undone_as_one(void **state)
{
    (void)state;
    struct operation_undone undone;
    companies(1400);
    int64_t progress = asked(automate_made(T, "Food", FOOD, ADD("1") "," PUT("1", "2")));
    testjobs_run(T);
    ended(progress, PROGRESS_DONE, "{\"nothing\": 0, \"enrolled\": 700}");
    assert_int_equal(db_begin(T->db, NULL), ERR_NONE);
    assert_int_equal(operation_undo(T->db, WORLD_DATASET, 1, ANN, &undone), ERR_NONE);
    assert_int_equal(db_commit(T->db), ERR_NONE);
    testjobs_run(T);
    COUNT(0, "card", "true");
    COUNT(0, "account_tag", "true");
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
        TEST(who_matches_already_is_run_for),
        TEST(people_without_a_company_too),
        TEST(once_is_once),
        TEST(refused),
        TEST(cancelled),
        TEST(changed_meanwhile),
        TEST(goes_on_where_it_stopped),
        TEST(asked_once_more_in_its_step),
        TEST(is_undone_as_one),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
