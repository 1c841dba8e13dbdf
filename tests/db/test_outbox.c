/* The outbox and the ledger that fills it: what is there once, in which order, for whom; mails
 * and notices; secrets that open only where they belong. */
#include "tests/db/testdb.h"

#include "gen/sql.h"
#include "shared/integration.h"
#include "shared/mail.h"
#include "shared/outbox.h"
#include "worker/handover.h"
#include "worker/notices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DATASET 1
#define OTHER 2
static const uint8_t key[CRYPT_KEY_BYTES] = {7};

/* Two workspaces with a dataset each; in the first a board of two stages with a card of an
 * account and a lead, a webhook (1) that is told everything, a CRM (2) that is told of stage 2.
 */
static void fill(struct testdb *t)
{
    testdb_exec(
        t,
        "truncate workspace, app_user, dataset, board, stage, card, card_ledger, account, "
        "lead, "
        "integration, integration_secret, outbox, mail, mail_server, owner_notice, job, "
        "tenant_queue, external_id, delivery_attempt restart identity cascade;"
        "delete from log_cursor;"
        "insert into workspace (name) values ('W'), ('V');"
        "insert into app_user (email, name, password_hash) values ('ann@w.example', 'Ann', "
        "'*'), "
        "('bob@w.example', 'Bob', '*');"
        "insert into membership values (1, 1, 4), (1, 2, 1);"
        "insert into dataset (workspace_id, public_id, name) values (1, 'one', 'One'), "
        "(2, 'two', 'Two');"
        "insert into board (dataset_id, name, user_id, setup_step) values (1, 'Sales', 1, 0);"
        "insert into stage (dataset_id, board_id, position, name, entry) values "
        "(1, 1, 1, 'First', true), (1, 1, 2, 'Second', false);"
        "insert into account (dataset_id, id, domain, name) values (1, 5, 'acme.example', "
        "'Acme');"
        "insert into lead (dataset_id, id, email, account_id, first_at, last_at) values "
        "(1, 6, 'x@acme.example', 5, now(), now());"
        "insert into card (dataset_id, board_id, stage_id, rank, account_id, title, owner_id) "
        "values (1, 1, 1, 1, 5, 'Acme', 2);"
        "insert into integration (dataset_id, kind, name, user_id, url, events, stage_ids, "
        "created_at) values "
        "(1, 1, 'Hook', 1, 'https://x.example/', '{card.moved,card.created,card.removed,"
        "account.entered_stage}', '{}', now() - interval '1 day'), "
        "(1, 3, 'CRM', 1, 'https://y.example/', '{account.entered_stage}', '{2}', "
        "now() - interval '1 day')");
}

static int prepare(void **state)
{
    int result = testdb_reset(state);
    fill(*state);
    return result;
}

static enum err add(struct testdb *t, struct outbox_delivery delivery, int64_t *out_id)
{
    delivery.dataset = DATASET;
    delivery.integration = delivery.integration == 0 ? 1 : delivery.integration;
    ctx_clear(&t->ctx);
    assert_int_equal(db_begin(t->db, &(struct db_scope){.dataset = DATASET}), ERR_NONE);
    enum err err = outbox_add(t->db, &delivery, out_id);
    if (err == ERR_NONE) {
        assert_int_equal(db_commit(t->db), ERR_NONE);
    } else {
        db_rollback(t->db);
    }
    return err;
}

/* ---- adding ---- */

static void the_same_key_is_there_once(void **state)
{
    struct testdb *t = *state;
    int64_t first, second, other;
    assert_int_equal(
        add(t, (struct outbox_delivery){.key = STR("a"), .type = STR("t.x"), .card = 1},
            &first),
        ERR_NONE);
    assert_int_equal(
        add(t, (struct outbox_delivery){.key = STR("a"), .type = STR("t.x")}, &second),
        ERR_NONE);
    assert_int_equal(
        add(t, (struct outbox_delivery){.key = STR("a"), .type = STR("t.x"), .integration = 2},
            &other),
        ERR_NONE);
    assert_true(first > 0 && second == 0 && other > 0);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox"), 2);
    assert_int_equal(testdb_i64(t, "select (data #>> '{account,id}')::bigint from outbox "
                                   "where id = 1"),
                     5);
    assert_int_equal(testdb_i64(t, "select lane from outbox where id = 1"), 1);
}

static void what_is_off_takes_nothing_what_is_stopped_does(void **state)
{
    struct testdb *t = *state;
    int64_t id;
    testdb_exec(t, "update integration set enabled = false where id = 1");
    assert_int_equal(add(t, (struct outbox_delivery){.key = STR("a"), .type = STR("t.x")}, &id),
                     ERR_NONE);
    assert_int_equal(id, 0);
    testdb_exec(t, "update integration set enabled = true, stopped_at = now() where id = 1");
    assert_int_equal(add(t, (struct outbox_delivery){.key = STR("a"), .type = STR("t.x")}, &id),
                     ERR_NONE);
    assert_true(id > 0);
    testdb_exec(t, "update integration set deleted_at = now() where id = 1");
    assert_int_equal(add(t, (struct outbox_delivery){.key = STR("b"), .type = STR("t.x")}, &id),
                     ERR_NONE);
    assert_int_equal(id, 0);
}

static void what_can_not_be_sent_is_refused(void **state)
{
    struct testdb *t = *state;
    char *large = arena_alloc(t->keep, OUTBOX_DATA_MAX + 3);
    memset(large, ' ', OUTBOX_DATA_MAX + 2);
    large[0] = '{';
    large[OUTBOX_DATA_MAX + 1] = '}';
    const struct str bad[] = {STR("[]"), STR("x"), STR("{"), STR("1"), STR("")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(
            add(t,
                (struct outbox_delivery){.key = STR("k"), .type = STR("t.x"), .data = bad[i]},
                NULL),
            ERR_INVALID);
    }
    assert_int_equal(add(t,
                         (struct outbox_delivery){.key = STR("k"),
                                                  .type = STR("t.x"),
                                                  .data = {large, OUTBOX_DATA_MAX + 2}},
                         NULL),
                     ERR_LIMIT);
    assert_int_equal(
        add(t, (struct outbox_delivery){.key = STR("k"), .type = STR("t.x"), .card = 99}, NULL),
        ERR_INVALID);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox"), 0);
}

static void a_push_of_a_card_is_in_the_lane_of_its_account(void **state)
{
    struct testdb *t = *state;
    const struct outbox_pushing pushing = {.dataset = DATASET,
                                           .integration = 2,
                                           .key = STR("p"),
                                           .card = 1,
                                           .reason = STR("Because \"so\"")};
    assert_int_equal(db_begin(t->db, &(struct db_scope){.dataset = DATASET}), ERR_NONE);
    assert_int_equal(outbox_push(t->db, &pushing, NULL), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_int_equal(testdb_i64(t,
                                "select count(*) from outbox where lane = 5 and account_id = "
                                "5 and card_id = 1 and type = 'crm.push' and "
                                "data ->> 'reason' = 'Because \"so\"'"),
                     1);
}

/* ---- taking ---- */

static size_t take(struct testdb *t, int64_t after, struct sql_i64s busy, int window, int most,
                   int64_t *ids, int64_t *out_last, bool *out_full)
{
    struct sql_outbox_take_rows rows;
    const struct sql_outbox_take_in in = {.dataset = DATASET,
                                          .integration = 1,
                                          .after = after,
                                          .busy = busy,
                                          .window = window,
                                          .most = most};
    size_t n = 0;
    assert_int_equal(sql_outbox_take(t->db, &in, &rows), ERR_NONE);
    for (size_t i = 0; i < rows.n; i++) {
        if (!rows.row[i].id_null) {
            ids[n++] = rows.row[i].id;
        }
    }
    *out_last = rows.n > 0 ? rows.row[0].last : 0;
    *out_full = rows.n > 0 && rows.row[0].full;
    return n;
}

static void the_first_of_each_lane_is_next(void **state)
{
    struct testdb *t = *state;
    int64_t ids[20], last, busy[] = {2};
    bool full;
    testdb_exec(t, "insert into outbox (dataset_id, integration_id, key, lane, type) "
                   "select 1, 1, n::text, n % 3, 't.x' from generate_series(1, 9) n");
    const struct sql_i64s none = {busy, 0};
    assert_int_equal(take(t, 0, none, 100, 20, ids, &last, &full), 3);
    assert_true(ids[0] == 1 && ids[1] == 2 && ids[2] == 3 && last == 9 && !full);
    assert_int_equal(take(t, 0, (struct sql_i64s){busy, 1}, 100, 20, ids, &last, &full), 2);
    assert_true(ids[0] == 1 && ids[1] == 3);
    assert_int_equal(take(t, 0, none, 100, 2, ids, &last, &full), 2);
    /* One that failed holds its lane back, also for windows behind it. */
    testdb_exec(t, "update outbox set due_at = now() + interval '1 hour' where id = 1");
    assert_int_equal(take(t, 0, none, 2, 20, ids, &last, &full), 1);
    assert_true(ids[0] == 2 && last == 2 && full);
    assert_int_equal(take(t, 2, none, 100, 20, ids, &last, &full), 1);
    assert_int_equal(ids[0], 3);
    assert_int_equal(take(t, 9, none, 100, 20, ids, &last, &full), 0);
    assert_int_equal(last, 0);
}

/* ---- the ledger ---- */

static int follow(struct testdb *t)
{
    int rows = 0;
    assert_int_equal(handover_follow(t->db, &rows), ERR_NONE);
    return rows;
}

static void move(struct testdb *t, int actor, int from, int to)
{
    char sql[400];
    (void)snprintf(sql, sizeof(sql),
                   "insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, "
                   "to_stage, actor_kind, actor_id) values (1, 1, 1, 2, %d, %d, 1, %d)",
                   from, to, actor);
    testdb_exec(t, sql);
}

static void what_happens_is_told_once(void **state)
{
    struct testdb *t = *state;
    move(t, 1, 1, 2);
    assert_int_equal(follow(t), 0); /* before it was looked at first: history */
    move(t, 1, 1, 2);
    move(t, 1, 2, 2); /* within the stage: nobody is told */
    assert_int_equal(follow(t), 2);
    assert_int_equal(follow(t), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where integration_id = 1"), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where integration_id = 2 and "
                                   "type = 'crm.push' and lane = 5"),
                     1);
    move(t, 1, 2, 1); /* a stage that the CRM is not told of */
    assert_int_equal(follow(t), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where integration_id = 2"), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where integration_id = 1"), 4);
}

static void two_services_tell_it_once(void **state)
{
    struct testdb *t = *state;
    follow(t);
    move(t, 1, 1, 2);
    struct db *other = testdb_connect(t, "leadboard_worker");
    int rows = 0;
    /* Another service of the same kind, on its own connection. */
    assert_int_equal(handover_follow(other, &rows), ERR_NONE);
    assert_int_equal(rows, 1);
    assert_int_equal(follow(t), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where integration_id = 1"), 2);
    db_free(other);
}

static void a_late_commit_is_not_skipped(void **state)
{
    struct testdb *t = *state;
    follow(t);
    struct db *slow = testdb_connect(t, NULL);
    assert_int_equal(db_begin(slow, NULL), ERR_NONE);
    assert_int_equal(
        db_query(
            slow,
            STR("insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, "
                "to_stage, actor_kind) values (1, 1, 1, 2, 1, 2, 5)"),
            NULL, 0, &(struct db_result){0}),
        ERR_NONE);
    move(t, 1, 2, 1);
    assert_int_equal(follow(t), 0); /* the older transaction holds the younger back */
    assert_int_equal(db_commit(slow), ERR_NONE);
    assert_int_equal(follow(t), 2);
    db_free(slow);
}

static void a_restored_dump_goes_on_where_it_was(void **state)
{
    struct testdb *t = *state;
    follow(t);
    move(t, 1, 1, 2);
    assert_int_equal(follow(t), 1);
    move(t, 1, 2, 1); /* not looked at yet when the dump was made */
    testdb_exec(t,
                "update log_cursor set epoch = 'elsewhere', xid = '9000000' where consumer = "
                "'ledger';"
                "update card_ledger set xid = '8000000' where id = 1;"
                "update card_ledger set xid = '9000001' where id = 2");
    follow(t);
    follow(t);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where integration_id = 1"), 4);
    move(t, 1, 1, 2);
    follow(t);
    follow(t);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where integration_id = 1"), 6);
}

static void another_dataset_is_told_nothing(void **state)
{
    struct testdb *t = *state;
    testdb_exec(t, "insert into integration (dataset_id, kind, name, user_id, url, events, "
                   "created_at) values (2, 1, 'Theirs', 9, 'https://z.example/', "
                   "'{card.moved}', now() - interval '1 day')");
    follow(t);
    move(t, 1, 1, 2);
    follow(t);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where dataset_id = 2"), 0);
}

/* ---- notices ---- */

static void owners_are_told_of_others_doings(void **state)
{
    struct testdb *t = *state;
    static const struct config config = {.public_url = STR_INIT("https://lb.example")};
    follow(t);
    move(t, 2, 1, 2); /* by the owner */
    move(t, 1, 1, 2);
    follow(t);
    assert_int_equal(testdb_i64(t, "select count(*) from owner_notice where user_id = 2"), 1);
    assert_int_equal(notices_send(t->db, &config, 60), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from mail"), 0); /* more may come */
    testdb_exec(t, "update owner_notice set at = now() - interval '2 min'");
    assert_int_equal(notices_send(t->db, &config, 60), ERR_NONE);
    assert_int_equal(testdb_i64(t,
                                "select count(*) from mail where user_id = 2 and state = 3 "
                                "and to_email = 'bob@w.example' and subject = 'Acme was moved "
                                "from First to Second by Ann' and body like "
                                "'%https://lb.example/boards/1/cards/1%'"),
                     1);
    testdb_exec(t, "update app_user set notify_off = '{stage}' where id = 2");
    move(t, 1, 1, 2);
    follow(t);
    assert_int_equal(testdb_i64(t, "select count(*) from owner_notice"), 0);
}

/* ---- jobs ---- */

static void there_is_one_job_for_what_is_due(void **state)
{
    struct testdb *t = *state;
    int64_t jobs;
    testdb_exec(t, "insert into outbox (dataset_id, integration_id, key, lane, type) values "
                   "(1, 1, 'a', 1, 't.x'), (1, 2, 'a', 1, 'crm.push')");
    assert_int_equal(handover_dispatch(t->db, &jobs), ERR_NONE);
    assert_int_equal(jobs, 2);
    assert_int_equal(handover_dispatch(t->db, &jobs), ERR_NONE);
    assert_int_equal(jobs, 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job where kind = 10 and uniq = "
                                   "'integration:1'"),
                     1);
    assert_int_equal(testdb_i64(t, "select count(*) from job where kind = 11 and uniq = "
                                   "'integration:2'"),
                     1);
    static const char *const idle[] = {
        "update outbox set due_at = now() + interval '1 h'",
        "update outbox set due_at = now(), state = 1",
        "update outbox set state = 0; update integration set enabled = false",
        "update integration set enabled = true, stopped_at = now()",
        "update integration set stopped_at = null, slow_until = now() + interval '1 h'"};
    for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
        testdb_exec(t, "truncate job");
        testdb_exec(t, idle[i]);
        assert_int_equal(handover_dispatch(t->db, &jobs), ERR_NONE);
        assert_int_equal(jobs, 0);
    }
}

static void mail_waits_for_a_server_that_is_there(void **state)
{
    struct testdb *t = *state;
    int64_t jobs, id;
    const struct mail mail = {.workspace = 1,
                              .key = STR("k"),
                              .to = STR("a@b.c"),
                              .to_name = STR("A\r\nB"),
                              .subject = STR("S\r\nBcc: x"),
                              .text = STR("T")};
    assert_int_equal(mail_add(t->db, &mail, &id), ERR_NONE);
    assert_true(id > 0);
    assert_int_equal(mail_add(t->db, &mail, &id), ERR_NONE);
    assert_int_equal(id, 0);
    assert_int_equal(testdb_i64(t, "select state from mail where subject = 'S  Bcc: x' and "
                                   "to_name = 'A  B'"),
                     3);
    testdb_exec(t, "insert into mail_server (workspace_id, host, port, security, from_email) "
                   "values (1, 'h', 25, 0, 'f@g.h')");
    assert_int_equal(handover_dispatch(t->db, &jobs), ERR_NONE);
    assert_int_equal(jobs, 0); /* what was kept stays so */
    struct mail next = mail;
    next.key = STR("l");
    assert_int_equal(mail_add(t->db, &next, &id), ERR_NONE);
    assert_int_equal(handover_dispatch(t->db, &jobs), ERR_NONE);
    assert_int_equal(jobs, 1);
    assert_int_equal(testdb_i64(t,
                                "select count(*) from job where kind = 12 and dataset_id = 1 "
                                "and uniq = 'workspace:1'"),
                     1);
}

/* ---- secrets ---- */

static void secrets_open_where_they_belong(void **state)
{
    struct testdb *t = *state;
    static const uint8_t other_key[CRYPT_KEY_BYTES] = {8};
    struct str secrets[INTEGRATION_SECRETS];
    size_t n;
    assert_int_equal(integration_secret_put(t->db, key, 1, 1, STR("whsec_first-secret"), 0),
                     ERR_NONE);
    assert_int_equal(integration_secret_put(t->db, key, 1, 1, STR("whsec_second-secret"), 24),
                     ERR_NONE);
    assert_int_equal(integration_secrets_open(t->db, key, 1, 1, secrets, &n), ERR_NONE);
    assert_int_equal(n, 2);
    assert_true(str_eq(secrets[0], STR("whsec_second-secret")));
    assert_true(str_eq(secrets[1], STR("whsec_first-secret")));
    assert_int_equal(testdb_i64(t,
                                "select count(*) from integration_secret where hint = 'cret' "
                                "and position('secret' in encode(sealed, 'escape')) = 0"),
                     2);
    assert_int_equal(integration_secrets_open(t->db, other_key, 1, 1, secrets, &n), ERR_DENIED);
    ctx_clear(&t->ctx);
    testdb_exec(t, "insert into integration_secret (dataset_id, integration_id, sealed, hint) "
                   "select dataset_id, 2, sealed, hint from integration_secret limit 1");
    assert_int_equal(integration_secrets_open(t->db, key, 1, 2, secrets, &n), ERR_DENIED);
    ctx_clear(&t->ctx);
    /* Three in a row: two count. */
    assert_int_equal(integration_secret_put(t->db, key, 1, 1, STR("whsec_third-secret-x"), 24),
                     ERR_NONE);
    assert_int_equal(integration_secrets_open(t->db, key, 1, 1, secrets, &n), ERR_NONE);
    assert_true(n == 2 && str_eq(secrets[1], STR("whsec_second-secret")));
    assert_int_equal(integration_secret_put(t->db, key, 1, 1, STR("short"), 0), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from integration_secret where "
                                   "integration_id = 1 and hint = ''"),
                     1);
}

static void the_web_program_reads_no_secret(void **state)
{
    struct testdb *t = *state;
    struct db *web = testdb_connect(t, "leadboard_web");
    struct db_result result;
    static const char *const forbidden[] = {
        "select sealed from integration_secret",
        "select * from integration_secret",
        "select password from mail_server",
        "select * from mail_server",
        "delete from outbox",
        "delete from delivery_attempt",
        "insert into delivery_attempt (dataset_id, outbox_id, integration_id, outcome) "
        "values (1, 1, 1, 1)",
        "update external_id set remote_id = 'x'"};
    testdb_exec(t, "insert into outbox (dataset_id, integration_id, key, lane, type) values "
                   "(1, 1, 'a', 1, 't.x');"
                   "insert into mail (workspace_id, key, to_email, subject, body) values "
                   "(1, 'k', 'a@b.c', 's', 'b')");
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        ctx_clear(&t->ctx);
        assert_int_equal(db_query(web, str_from(forbidden[i]), NULL, 0, &result), ERR_DENIED);
    }
    ctx_clear(&t->ctx);
    static const char *const own[] = {"select id from integration", "select id from outbox",
                                      "select id from mail"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(db_begin(web, &(struct db_scope){.workspace = 2, .dataset = OTHER}),
                         ERR_NONE);
        assert_int_equal(db_query(web, str_from(own[i]), NULL, 0, &result), ERR_NONE);
        assert_int_equal(result.n_rows, 0);
        assert_int_equal(db_commit(web), ERR_NONE);
        assert_int_equal(db_begin(web, &(struct db_scope){.workspace = 1, .dataset = DATASET}),
                         ERR_NONE);
        assert_int_equal(db_query(web, str_from(own[i]), NULL, 0, &result), ERR_NONE);
        assert_true(result.n_rows > 0);
        assert_int_equal(db_commit(web), ERR_NONE);
    }
    db_free(web);
}

static void old_deliveries_are_forgotten(void **state)
{
    struct testdb *t = *state;
    testdb_exec(t,
                "insert into outbox (dataset_id, integration_id, key, lane, type, state, "
                "created_at) values (1, 1, 'old', 1, 't.x', 1, now() - interval '31 days'), "
                "(1, 1, 'stuck', 1, 't.x', 0, now() - interval '31 days'), "
                "(1, 1, 'new', 1, 't.x', 1, now() - interval '29 days');"
                "insert into delivery_attempt (dataset_id, outbox_id, integration_id, outcome)"
                " select 1, id, 1, 1 from outbox");
    assert_int_equal(sql_outbox_trim(t->db, NULL), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox where key = 'new'"), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from outbox"), 1);
    assert_int_equal(testdb_i64(t, "select count(*) from delivery_attempt"), 1);
}

static int group_setup(void **state)
{
    static struct testdb t;
    if (!crypt_init()) {
        return 1;
    }
    testdb_open(&t, true);
    *state = &t;
    return 0;
}

static int group_teardown(void **state)
{
    testdb_close(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, prepare)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_key_is_there_once),
        TEST(what_is_off_takes_nothing_what_is_stopped_does),
        TEST(what_can_not_be_sent_is_refused),
        TEST(a_push_of_a_card_is_in_the_lane_of_its_account),
        TEST(the_first_of_each_lane_is_next),
        TEST(what_happens_is_told_once),
        TEST(two_services_tell_it_once),
        TEST(a_late_commit_is_not_skipped),
        TEST(a_restored_dump_goes_on_where_it_was),
        TEST(another_dataset_is_told_nothing),
        TEST(owners_are_told_of_others_doings),
        TEST(there_is_one_job_for_what_is_due),
        TEST(mail_waits_for_a_server_that_is_there),
        TEST(secrets_open_where_they_belong),
        TEST(the_web_program_reads_no_secret),
        TEST(old_deliveries_are_forgotten),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
