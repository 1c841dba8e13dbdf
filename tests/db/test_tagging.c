/* Tags: put on and taken off in sets, told to the cards, undone as far as it still is so; a
 * dataset has a hundred at most whoever comes at once. */
#include "tests/db/testdb.h"

#include "shared/filter.h"
#include "shared/tagging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>

#define DATASET 7
#define USER 5
#define CUSTOMER 1
#define PARTNER 2

/* Boards 1 and 2 with a stage each; accounts 1 to 3, cards 1 to 3 on board 1 and a second card
 * (4) of account 1 on board 2; leads 11 and 12 of account 1, lead 20 alone with card 5. */
static void company_world(struct testdb *t)
{
    testdb_exec(t,
                "truncate card, card_ledger, card_change, board, stage, account, lead, tag, "
                "lead_tag, account_tag, tag_removed, operation, job, progress, segment restart "
                "identity cascade");
    testdb_exec(t, "insert into board (dataset_id, name, user_id, setup_step) values "
                   "(7, 'Sales', 5, 0), (7, 'Partners', 5, 0)");
    testdb_exec(t,
                "insert into stage (dataset_id, board_id, position, name, entry, cards) values "
                "(7, 1, 1, 'New', true, 4), (7, 2, 1, 'New', true, 1)");
    testdb_exec(t, "insert into account (dataset_id, id, domain, name) "
                   "select 7, n, 'c' || n || '.example', 'Company ' || n "
                   "from generate_series(1, 3) n");
    testdb_exec(t, "insert into lead (dataset_id, id, account_id, email, first_name, first_at, "
                   "last_at) values (7, 11, 1, 'ann@c1.example', 'Ann', now(), now()), "
                   "(7, 12, 1, null, 'Bo', now(), now()), "
                   "(7, 20, null, 'kim@gmail.example', null, now(), now())");
    testdb_exec(t,
                "insert into card (dataset_id, board_id, stage_id, rank, account_id, lead_id, "
                "title, modified_at) values (7, 1, 1, 1, 1, null, 'Company 1', '2020-01-01'), "
                "(7, 1, 1, 2, 2, null, 'Company 2', '2020-01-01'), "
                "(7, 1, 1, 3, 3, null, 'Company 3', '2020-01-01'), "
                "(7, 2, 2, 1, 1, null, 'Company 1', '2020-01-01'), "
                "(7, 1, 1, 4, null, 20, 'kim@gmail.example', '2020-01-01')");
    testdb_exec(t, "insert into tag (dataset_id, name) values (7, 'Customer'), (7, 'Partner')");
}

static struct sql_i64s list(struct testdb *t, size_t n, ...)
{
    int64_t *ids = ARENA_ARRAY(t->ctx.arena, n, int64_t);
    va_list numbers;
    va_start(numbers, n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = va_arg(numbers, int);
    }
    va_end(numbers);
    return (struct sql_i64s){ids, n};
}

static int64_t begin(struct testdb *t, enum operation_kind kind)
{
    int64_t id;
    const struct operation operation = {.dataset = DATASET, .kind = kind, .user = USER};
    assert_int_equal(operation_begin(t->db, &operation, &id), ERR_NONE);
    return id;
}

typedef enum err tagger(struct db *db, const struct tagging *tagging, bool put,
                        struct sql_i64s ids, struct sql_i64s tags, int32_t *out_n);

/* Tags or untags in an operation of its own, whose id is the result. */
static int64_t change(struct testdb *t, tagger *tag, bool put, struct sql_i64s ids,
                      struct sql_i64s tags, int32_t wanted)
{
    int32_t n;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    const struct tagging by = {.dataset = DATASET,
                               .operation = begin(t, put ? OP_TAG : OP_UNTAG),
                               .actor = {.kind = ACTOR_USER, .id = USER}};
    assert_int_equal(tag(t->db, &by, put, ids, tags, &n), ERR_NONE);
    assert_int_equal(operation_end(t->db, DATASET, by.operation, n, (struct str){0}), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_int_equal(n, wanted);
    return by.operation;
}

static struct operation_undone undo(struct testdb *t, int64_t operation)
{
    struct operation_undone undone;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(operation_undo(t->db, DATASET, operation, USER, &undone), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    return undone;
}

static void card_has(struct testdb *t, int card, const char *tags)
{
    const char *sql =
        arena_print(t->ctx.arena, "select count(*) from card where id = %d and tags = '%s'",
                    card, tags)
            .p;
    assert_int_equal(testdb_i64(t, sql), 1);
}

/* ---- putting on ---- */

static void a_tag_on_an_account_shows_on_all_its_cards(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    (void)change(t, tagging_accounts, true, list(t, 2, 1, 2), list(t, 2, CUSTOMER, PARTNER), 2);
    card_has(t, 1, "[[\"Customer\", 1], [\"Partner\", 1]]");
    card_has(t, 4, "[[\"Customer\", 1], [\"Partner\", 1]]");
    card_has(t, 3, "[]");
    assert_int_equal(testdb_i64(t, "select count(*) from account_tag where by_user = 5 and "
                                   "operation_id = 1"),
                     4);
    assert_int_equal(testdb_i64(t, "select count(*) from card_ledger where kind = 8 and "
                                   "actor_kind = 1 and actor_id = 5 and operation_id = 1 and "
                                   "detail ->> 'tag' in ('Customer', 'Partner')"),
                     6);
    assert_int_equal(
        testdb_i64(t, "select count(*) from card where modified_at = '2020-01-01'"), 2);
    assert_int_equal(testdb_i64(t, "select count(distinct card_id) from card_change"), 3);
    assert_int_equal(testdb_i64(t, "select count(*) from card where version <> 1"), 0);
}

static void what_has_the_tag_or_is_gone_is_passed_over(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    (void)change(t, tagging_accounts, true, list(t, 1, 1), list(t, 1, CUSTOMER), 1);
    (void)change(t, tagging_accounts, true, list(t, 4, 1, 2, 2, 99), list(t, 2, CUSTOMER, 99),
                 1);
    (void)change(t, tagging_leads, true, list(t, 1, 99), list(t, 1, CUSTOMER), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from account_tag"), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from account_tag where operation_id = 1"),
                     1);
}

static void a_tag_on_leads_names_the_lead_in_the_history(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    (void)change(t, tagging_leads, true, list(t, 2, 11, 20), list(t, 1, PARTNER), 2);
    card_has(t, 1, "[[\"Partner\", 1]]");
    card_has(t, 5, "[[\"Partner\", 1]]");
    assert_int_equal(testdb_i64(t,
                                "select count(*) from card_ledger where card_id in (1, 4) and "
                                "detail = '{\"tag\": \"Partner\", \"lead\": "
                                "\"ann@c1.example\"}'"),
                     2);
    assert_int_equal(testdb_i64(t, "select count(*) from card_ledger where card_id = 5 and "
                                   "detail = '{\"tag\": \"Partner\"}'"),
                     1);
    (void)change(t, tagging_leads, true, list(t, 2, 11, 12), list(t, 1, CUSTOMER), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from card_ledger where card_id = 1 and "
                                   "detail = '{\"tag\": \"Customer\", \"leads\": 2}'"),
                     1);
    card_has(t, 1, "[[\"Customer\", 2], [\"Partner\", 1]]");
}

static enum err tag_cards(struct db *db, const struct tagging *tagging, bool put,
                          struct sql_i64s cards, struct sql_i64s tags, int32_t *out_n)
{
    return tagging_cards(db, tagging, put, 1, cards, tags, out_n);
}

static void cards_stand_for_account_or_lead(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    /* card 4 is on another board */
    int64_t tag = change(t, tag_cards, true, list(t, 4, 2, 3, 4, 5), list(t, 1, CUSTOMER), 3);
    assert_int_equal(testdb_i64(t, "select count(*) from account_tag"), 2);
    assert_int_equal(testdb_i64(t, "select count(*) from lead_tag where lead_id = 20"), 1);
    (void)change(t, tag_cards, false, list(t, 2, 2, 5), list(t, 2, CUSTOMER, PARTNER), 2);
    card_has(t, 2, "[]");
    card_has(t, 5, "[]");
    struct operation_undone undone = undo(t, tag);
    assert_int_equal(undone.undone, 1);
    assert_int_equal(undone.kept, 2);
    card_has(t, 3, "[]");
}

/* ---- undo ---- */

static void undo_takes_off_what_it_put_on(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    (void)change(t, tagging_accounts, true, list(t, 1, 1), list(t, 1, CUSTOMER), 1);
    int64_t second =
        change(t, tagging_accounts, true, list(t, 2, 1, 2), list(t, 1, CUSTOMER), 1);
    (void)change(t, tagging_accounts, true, list(t, 1, 2), list(t, 1, PARTNER), 1);
    struct operation_undone undone = undo(t, second);
    assert_int_equal(undone.undone, 1);
    assert_int_equal(undone.kept, 0);
    card_has(t, 1, "[[\"Customer\", 1]]");
    card_has(t, 2, "[[\"Partner\", 1]]");
    assert_int_equal(testdb_i64(t, "select count(*) from card_ledger where kind = 9 and "
                                   "card_id = 2 and actor_id = 5 and operation_id <> 2"),
                     1);
}

static void undo_leaves_what_was_put_back_by_somebody(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    int64_t first = change(t, tagging_leads, true, list(t, 2, 11, 12), list(t, 1, CUSTOMER), 2);
    (void)change(t, tagging_leads, false, list(t, 1, 11), list(t, 1, CUSTOMER), 1);
    (void)change(t, tagging_leads, true, list(t, 1, 11), list(t, 1, CUSTOMER), 1);
    struct operation_undone undone = undo(t, first);
    assert_int_equal(undone.undone, 1);
    assert_int_equal(undone.kept, 1);
    card_has(t, 1, "[[\"Customer\", 1]]");
}

static void undo_of_untagging_puts_back_as_it_was(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    int64_t put = change(t, tagging_accounts, true, list(t, 2, 1, 2), list(t, 1, CUSTOMER), 2);
    (void)change(t, tagging_leads, true, list(t, 1, 20), list(t, 1, CUSTOMER), 1);
    testdb_exec(t, "update account_tag set at = '2021-01-01', by_user = 6");
    int64_t taken = change(t, tag_cards, false, list(t, 3, 1, 2, 5), list(t, 1, CUSTOMER), 3);
    assert_int_equal(testdb_i64(t, "select count(*) from account_tag"), 0);
    (void)change(t, tagging_accounts, true, list(t, 1, 2), list(t, 1, CUSTOMER), 1);
    struct operation_undone undone = undo(t, taken);
    assert_int_equal(undone.undone, 2);
    assert_int_equal(undone.kept, 1);
    assert_int_equal(testdb_i64(t, "select count(*) from account_tag where account_id = 1 and "
                                   "at = '2021-01-01' and by_user = 6 and operation_id = 1"),
                     1);
    card_has(t, 1, "[[\"Customer\", 1]]");
    card_has(t, 5, "[[\"Customer\", 1]]");
    /* It is the first operation's again, so that one can still be undone. */
    undone = undo(t, put);
    assert_int_equal(undone.undone, 1);
    assert_int_equal(undone.kept, 1);
    card_has(t, 1, "[]");
}

static void undo_passes_over_what_is_gone(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    (void)change(t, tagging_accounts, true, list(t, 2, 2, 3), list(t, 2, CUSTOMER, PARTNER), 2);
    int64_t taken =
        change(t, tagging_accounts, false, list(t, 2, 2, 3), list(t, 2, CUSTOMER, PARTNER), 2);
    testdb_exec(t, "delete from tag where id = 1");
    testdb_exec(t, "delete from account where id = 3");
    struct operation_undone undone = undo(t, taken);
    assert_int_equal(undone.undone, 1);
    assert_int_equal(undone.kept, 1);
    card_has(t, 2, "[[\"Partner\", 1]]");
}

static void what_is_large_is_undone_in_steps(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    testdb_exec(t, "insert into account (dataset_id, id, name) select 7, n, 'N' || n "
                   "from generate_series(1001, 2200) n");
    int64_t *ids = ARENA_ARRAY(t->ctx.arena, 1200, int64_t);
    for (int i = 0; i < 1200; i++) {
        ids[i] = 1001 + i;
    }
    int64_t put = change(t, tagging_accounts, true, (struct sql_i64s){ids, 1200},
                         list(t, 2, CUSTOMER, PARTNER), 1200);
    struct operation_undone undone;
    bool more = true;
    assert_int_equal(undo(t, put).undone, 0); /* a job does it */
    int64_t undo_id = testdb_i64(t, "select max(id) from operation");
    int steps = 0;
    while (more) {
        assert_int_equal(operation_undo_step(t->db, DATASET, undo_id, &undone, &more),
                         ERR_NONE);
        steps++;
    }
    assert_true(steps >= 3);
    assert_int_equal(undone.undone, 1200);
    assert_int_equal(undone.kept, 0);
    assert_int_equal(testdb_i64(t, "select count(*) from account_tag"), 0);
}

/* ---- names ---- */

static enum err named(struct testdb *t, const char *name, int64_t *out_tag)
{
    ctx_clear(&t->ctx);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    enum err err = tag_find_or_add(t->db, DATASET, str_from(name), out_tag);
    if (err != ERR_NONE) {
        db_rollback(t->db);
        return err;
    }
    return db_commit(t->db);
}

static void a_name_in_any_case_is_one_tag(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    int64_t tag;
    assert_int_equal(named(t, "  cUSTOMER ", &tag), ERR_NONE);
    assert_int_equal(tag, CUSTOMER);
    assert_int_equal(named(t, "Café", &tag), ERR_NONE);
    int64_t cafe = tag;
    assert_int_equal(named(t, "CAFÉ", &tag), ERR_NONE);
    assert_int_equal(tag, cafe);
    assert_int_equal(testdb_i64(t, "select count(*) from tag"), 3);
}

static void names_that_are_none_are_refused(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    int64_t tag;
    assert_int_equal(named(t, "   ", &tag), ERR_INVALID);
    assert_int_equal(named(t, "two\nlines", &tag), ERR_INVALID);
    assert_int_equal(
        named(t, "1234567890123456789012345678901234567890123456789012345678901", &tag),
        ERR_INVALID);
    assert_int_equal(named(t, "\xff", &tag), ERR_INVALID);
    assert_int_equal(
        named(t, "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé", &tag),
        ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from tag"), 3);
}

struct maker {
    struct testdb *t;
    int number;
    int made, refused;
    pthread_t thread;
};

static void *make_tags(void *argument)
{
    struct maker *maker = argument;
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct db *db = db_new(maker->t->conninfo, "leadboard_worker");
    db_use(db, &ctx);
    for (int i = 0; i < 30; i++) {
        int64_t tag;
        ctx_clear(&ctx);
        assert_int_equal(db_begin(db, NULL), ERR_NONE);
        enum err err = tag_find_or_add(
            db, DATASET, arena_print(ctx.arena, "T %d %d", maker->number, i), &tag);
        if (err == ERR_NONE) {
            assert_int_equal(db_commit(db), ERR_NONE);
            maker->made++;
        } else {
            assert_int_equal(err, ERR_LIMIT);
            db_rollback(db);
            maker->refused++;
        }
    }
    db_free(db);
    arena_free(ctx.arena);
    return NULL;
}

static void a_hundred_is_the_most_whoever_comes_at_once(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    struct maker makers[6];
    int made = 0, refused = 0;
    for (int i = 0; i < 6; i++) {
        makers[i] = (struct maker){.t = t, .number = i};
        assert_int_equal(pthread_create(&makers[i].thread, NULL, make_tags, &makers[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(makers[i].thread, NULL), 0);
        made += makers[i].made;
        refused += makers[i].refused;
    }
    assert_int_equal(made, 98);
    assert_int_equal(refused, 82);
    assert_int_equal(testdb_i64(t, "select count(*) from tag where dataset_id = 7"), 100);
    int64_t tag;
    assert_int_equal(named(t, "customer", &tag),
                     ERR_NONE); /* those that are there still work */
    assert_int_equal(named(t, "One more", &tag), ERR_LIMIT);
    assert_true(str_starts(t->ctx.why, STR("There are 100 tags already")));
}

/* ---- what a tag means to a segment ---- */

static size_t matching(struct testdb *t, const char *name)
{
    struct filter filter;
    int64_t n;
    struct str json = arena_print(t->ctx.arena,
                                  "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":"
                                  "\"tag\",\"op\":\"is\",\"values\":[\"%s\"]}]}",
                                  name);
    assert_int_equal(filter_parse(&t->ctx, json, &filter), ERR_NONE);
    const struct filter_query query = {.dataset = DATASET, .filter = &filter};
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(filter_count(&t->ctx, t->db, &query, &n), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    return (size_t)n;
}

static void a_segment_matches_tags_of_account_and_of_leads(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    (void)change(t, tagging_accounts, true, list(t, 1, 2), list(t, 1, CUSTOMER), 1);
    (void)change(t, tagging_leads, true, list(t, 2, 11, 20), list(t, 1, CUSTOMER), 2);
    assert_int_equal(matching(t, "customer"), 2);
    (void)change(t, tagging_leads, false, list(t, 1, 11), list(t, 1, CUSTOMER), 1);
    assert_int_equal(matching(t, "customer"), 1);
}

/* ---- renaming and deleting ---- */

static const char *segment_value(struct testdb *t)
{
    const struct db_value none = DB_VALUE_BIGINT(0);
    struct db_result result;
    assert_int_equal(db_query(t->db, STR("select filter::text from segment where $1 = 0"),
                              &none, 1, &result),
                     ERR_NONE);
    return arena_cstr(t->ctx.arena, db_cell(&result, 0, 0)->as.text);
}

static void a_new_name_shows_on_cards_and_in_segments(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    testdb_exec(
        t,
        "insert into segment (dataset_id, name, filter) values (7, 'Deep', '{\"version\": 1, "
        "\"match\": \"all\", \"conditions\": [{\"field\": \"company\", \"op\": "
        "\"is\", \"values\": [\"Customer\"]}, {\"match\": \"any\", \"conditions\": "
        "[{\"field\": \"tag\", \"op\": \"is\", \"values\": [\"CUSTOMER\", "
        "\"Partner\"]}]}]}')");
    (void)change(t, tagging_accounts, true, list(t, 1, 2), list(t, 1, CUSTOMER), 1);
    (void)change(t, tagging_leads, true, list(t, 2, 11, 20), list(t, 1, CUSTOMER), 2);
    testdb_exec(t, "truncate card_change");
    assert_int_equal(tag_rename(t->db, DATASET, CUSTOMER, STR(" Client ")), ERR_NONE);
    card_has(t, 1, "[[\"Client\", 1]]");
    card_has(t, 2, "[[\"Client\", 1]]");
    card_has(t, 5, "[[\"Client\", 1]]");
    assert_int_equal(testdb_i64(t, "select count(distinct card_id) from card_change"), 4);
    assert_non_null(strstr(segment_value(t), "[\"Client\", \"Partner\"]"));
    assert_non_null(strstr(segment_value(t), "[\"Customer\"]")); /* the company's name */
    assert_int_equal(tag_rename(t->db, DATASET, CUSTOMER, STR("client")), ERR_NONE);
    card_has(t, 1, "[[\"client\", 1]]");
}

static void a_name_that_is_taken_is_refused(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    assert_int_equal(tag_rename(t->db, DATASET, CUSTOMER, STR("PARTNER")), ERR_CONFLICT);
    ctx_clear(&t->ctx);
    assert_int_equal(tag_rename(t->db, DATASET, CUSTOMER, STR("  ")), ERR_INVALID);
    ctx_clear(&t->ctx);
    assert_int_equal(tag_rename(t->db, DATASET, 99, STR("New")), ERR_NOT_FOUND);
    assert_int_equal(tag_rename(t->db, 8, CUSTOMER, STR("New")), ERR_NOT_FOUND);
    assert_int_equal(testdb_i64(t, "select count(*) from tag where name = 'Customer'"), 1);
}

static void a_deleted_tag_goes_from_everything(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    (void)change(t, tagging_accounts, true, list(t, 1, 2), list(t, 2, CUSTOMER, PARTNER), 1);
    (void)change(t, tagging_leads, true, list(t, 2, 11, 20), list(t, 1, CUSTOMER), 2);
    assert_int_equal(tag_delete(t->db, 8, CUSTOMER), ERR_NOT_FOUND);
    assert_int_equal(tag_delete(t->db, DATASET, CUSTOMER), ERR_NONE);
    card_has(t, 1, "[]");
    card_has(t, 2, "[[\"Partner\", 1]]");
    card_has(t, 5, "[]");
    assert_int_equal(testdb_i64(t, "select count(*) from lead_tag"), 0);
    assert_int_equal(testdb_i64(t, "select count(*) from job"), 0);
    assert_int_equal(tag_delete(t->db, DATASET, CUSTOMER), ERR_NOT_FOUND);
}

static void what_many_cards_show_is_left_to_a_job(void **state)
{
    struct testdb *t = *state;
    company_world(t);
    testdb_exec(t, "insert into account (dataset_id, id, name) select 7, n, 'N' || n "
                   "from generate_series(1001, 2101) n");
    testdb_exec(t, "insert into card (dataset_id, board_id, stage_id, rank, account_id, title) "
                   "select 7, 1, 1, n, n, 'N' || n from generate_series(1001, 2101) n");
    testdb_exec(t, "insert into account_tag (dataset_id, account_id, tag_id) "
                   "select 7, n, 1 from generate_series(1001, 2101) n");
    assert_int_equal(tag_delete(t->db, DATASET, CUSTOMER), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from job where kind = 3"), 2);
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
        TEST(a_tag_on_an_account_shows_on_all_its_cards),
        TEST(what_has_the_tag_or_is_gone_is_passed_over),
        TEST(a_tag_on_leads_names_the_lead_in_the_history),
        TEST(cards_stand_for_account_or_lead),
        TEST(undo_takes_off_what_it_put_on),
        TEST(undo_leaves_what_was_put_back_by_somebody),
        TEST(undo_of_untagging_puts_back_as_it_was),
        TEST(undo_passes_over_what_is_gone),
        TEST(what_is_large_is_undone_in_steps),
        TEST(a_name_in_any_case_is_one_tag),
        TEST(names_that_are_none_are_refused),
        TEST(a_hundred_is_the_most_whoever_comes_at_once),
        TEST(a_segment_matches_tags_of_account_and_of_leads),
        TEST(a_new_name_shows_on_cards_and_in_segments),
        TEST(a_name_that_is_taken_is_refused),
        TEST(a_deleted_tag_goes_from_everything),
        TEST(what_many_cards_show_is_left_to_a_job),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
