/* db.h against a real server: types, transactions, the pipeline, and what happens when the
 * connection goes. */
#include "tests/db/testdb.h"

#include "shared/db_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static struct db_statement unprepared(const char *name, const char *text, enum db_shape shape)
{
    return (struct db_statement){.id = SIZE_MAX, .name = name, .text = text, .shape = shape};
}

/* Every type as a parameter and as a column: what goes in comes out. */
struct everything {
    bool yes;
    int16_t small;
    int32_t medium;
    int64_t large;
    double number;
    int64_t at;
    int64_t xid;
    struct str text, bytes, json, numeric, uuid;
    struct sql_bools bools;
    struct sql_i16s smalls;
    struct sql_i32s mediums;
    struct sql_i64s larges;
    struct sql_doubles numbers;
    struct sql_i64s times;
    struct sql_strs texts, jsons, uuids;
    bool null_flags[21];
};

#define FIELD(index, member, kind)                                                             \
    {                                                                                          \
        .name = #member, .type = (kind), .nullable = true,                                     \
        .offset = offsetof(struct everything, member),                                         \
        .null_offset = offsetof(struct everything, null_flags) + (index)                       \
    }

static const struct db_field everything_fields[] = {
    FIELD(0, yes, DB_BOOLEAN),
    FIELD(1, small, DB_SMALLINT),
    FIELD(2, medium, DB_INTEGER),
    FIELD(3, large, DB_BIGINT),
    FIELD(4, number, DB_DOUBLE),
    FIELD(5, at, DB_TIMESTAMPTZ),
    FIELD(6, xid, DB_XID8),
    FIELD(7, text, DB_TEXT),
    FIELD(8, bytes, DB_BYTEA),
    FIELD(9, json, DB_JSONB),
    FIELD(10, numeric, DB_NUMERIC),
    FIELD(11, uuid, DB_UUID),
    FIELD(12, bools, DB_BOOLEAN_ARRAY),
    FIELD(13, smalls, DB_SMALLINT_ARRAY),
    FIELD(14, mediums, DB_INTEGER_ARRAY),
    FIELD(15, larges, DB_BIGINT_ARRAY),
    FIELD(16, numbers, DB_DOUBLE_ARRAY),
    FIELD(17, times, DB_TIMESTAMPTZ_ARRAY),
    FIELD(18, texts, DB_TEXT_ARRAY),
    FIELD(19, jsons, DB_JSONB_ARRAY),
    FIELD(20, uuids, DB_UUID_ARRAY),
};

static const struct db_statement everything_echo = {
    .id = SIZE_MAX,
    .name = "everything_echo",
    .text =
        "select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
        "$18, $19, $20, $21",
    .params = everything_fields,
    .n_params = 21,
    .columns = everything_fields,
    .n_columns = 21,
    .row_size = sizeof(struct everything),
};

static void echo(struct testdb *t, const struct everything *in, struct everything *out)
{
    assert_int_equal(db_statement_send(t->db, &everything_echo, in), ERR_NONE);
    assert_int_equal(db_statement_take_one(t->db, &everything_echo, out), ERR_NONE);
}

static void assert_str(struct str got, struct str want)
{
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p == NULL ? "" : got.p, want.p == NULL ? "" : want.p, want.n);
}

static const char uuid_bytes[] = "0123456789abcdef";
#define UUID ((struct str){.p = uuid_bytes, .n = 16})

static void every_type_comes_back(void **state)
{
    struct testdb *t = *state;
    const bool bools[] = {true, false};
    const int16_t smalls[] = {-1, 2};
    const int32_t mediums[] = {INT32_MIN, INT32_MAX};
    const int64_t larges[] = {INT64_MIN, 0, INT64_MAX};
    const double numbers[] = {0.1, -1e300};
    const int64_t times[] = {0, INT64_MIN, INT64_C(1700000000123456)};
    const struct str texts[] = {STR("a"), {0}, STR(""), STR("\xc3\xa9")};
    const struct str jsons[] = {STR("{\"a\": 1}"), {0}};
    const struct str uuids[] = {UUID, {0}};
    struct everything in = {
        .yes = true,
        .small = -32768,
        .medium = -5,
        .large = INT64_MIN,
        .number = 1.5e-7,
        .at = INT64_C(1763750000654321),
        .xid = 77,
        .text = STR("it's \"x\""),
        .bytes = STR("\0\x01\xff"),
        .json = STR("{\"b\": [1, 2]}"),
        .numeric = STR("-12345678901234567890.00100"),
        .uuid = UUID,
        .bools = {bools, 2},
        .smalls = {smalls, 2},
        .mediums = {mediums, 2},
        .larges = {larges, 3},
        .numbers = {numbers, 2},
        .times = {times, 3},
        .texts = {texts, 4},
        .jsons = {jsons, 2},
        .uuids = {uuids, 2},
    };
    struct everything out;
    echo(t, &in, &out);
    assert_true(out.yes);
    assert_int_equal(out.small, in.small);
    assert_int_equal(out.medium, in.medium);
    assert_int_equal(out.large, in.large);
    assert_memory_equal(&out.number, &in.number, sizeof(double));
    assert_int_equal(out.at, in.at);
    assert_int_equal(out.xid, 77);
    assert_str(out.text, in.text);
    assert_str(out.bytes, in.bytes);
    assert_str(out.json, in.json);
    assert_str(out.numeric, in.numeric);
    assert_str(out.uuid, in.uuid);
    assert_int_equal(out.bools.n, 2);
    assert_memory_equal(out.bools.v, bools, sizeof(bools));
    assert_memory_equal(out.smalls.v, smalls, sizeof(smalls));
    assert_memory_equal(out.mediums.v, mediums, sizeof(mediums));
    assert_memory_equal(out.larges.v, larges, sizeof(larges));
    assert_memory_equal(out.numbers.v, numbers, sizeof(numbers));
    assert_int_equal(out.times.n, 3);
    assert_memory_equal(out.times.v, times, sizeof(times));
    assert_int_equal(out.texts.n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_str(out.texts.v[i], texts[i]);
        assert_int_equal(str_is_null(out.texts.v[i]), str_is_null(texts[i]));
    }
    assert_str(out.jsons.v[0], jsons[0]);
    assert_null(out.jsons.v[1].p);
    assert_str(out.uuids.v[0], UUID);
    assert_null(out.uuids.v[1].p);
}

static void every_type_may_be_null(void **state)
{
    struct testdb *t = *state;
    struct everything in = {0};
    struct everything out;
    memset(in.null_flags, 1, sizeof(in.null_flags));
    echo(t, &in, &out);
    for (size_t i = 0; i < 21; i++) {
        bool is_text = db_type_is_text(everything_fields[i].type);
        assert_int_equal(out.null_flags[i], !is_text);
    }
    assert_null(out.text.p);
    assert_null(out.numeric.p);
}

static void empty_arrays_and_texts_are_not_null(void **state)
{
    struct testdb *t = *state;
    struct everything in = {.text = STR(""), .bytes = STR("")};
    struct everything out;
    echo(t, &in, &out);
    assert_non_null(out.text.p);
    assert_int_equal(out.text.n, 0);
    assert_non_null(out.bytes.p);
    assert_false(out.null_flags[18]);
    assert_int_equal(out.texts.n, 0);
}

static void infinity_stays_infinity(void **state)
{
    struct testdb *t = *state;
    struct everything in = {.at = INT64_MAX};
    struct everything out;
    echo(t, &in, &out);
    assert_int_equal(out.at, INT64_MAX);
    in.at = INT64_MIN;
    echo(t, &in, &out);
    assert_int_equal(out.at, INT64_MIN);
}

static void numerics_are_exact(void **state)
{
    static const char *const samples[] = {"0",      "0.00",      "1",         "10000",
                                          "0.0001", "NaN",       "100000000", "0.00000001",
                                          "-0.5",   "9999.9999", "Infinity"};
    struct testdb *t = *state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct everything in = {.numeric = str_from(samples[i])};
        struct everything out;
        echo(t, &in, &out);
        assert_str(out.numeric, in.numeric);
    }
}

static void values_that_cannot_be_are_refused(void **state)
{
    struct testdb *t = *state;
    struct everything out;
    const struct everything bad[] = {
        {.text = STR("\xff\xfe")}, {.text = STR("a\0b")}, {.json = STR("{")},
        {.numeric = STR("12a")},   {.at = INT64_MIN + 5},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(db_statement_send(t->db, &everything_echo, &bad[i]), ERR_NONE);
        assert_int_equal(db_statement_take_one(t->db, &everything_echo, &out), ERR_INVALID);
    }
    struct everything short_uuid = {.uuid = STR("abc")};
    assert_int_equal(db_statement_send(t->db, &everything_echo, &short_uuid), ERR_INVALID);
    assert_int_equal(testdb_i64(t, "select 1"), 1);
}

static void one_wants_exactly_one_row(void **state)
{
    static const struct db_field columns[] = {{.name = "n", .type = DB_BIGINT, .offset = 0}};
    struct testdb *t = *state;
    struct db_statement none = unprepared("none", "select 1::bigint where false", DB_ONE);
    struct db_statement two = unprepared("two", "select generate_series(1::bigint, 2)", DB_ONE);
    struct db_statement null = unprepared("null", "select null::bigint", DB_ONE);
    none.columns = two.columns = null.columns = columns;
    none.n_columns = two.n_columns = null.n_columns = 1;
    none.row_size = two.row_size = null.row_size = sizeof(int64_t);
    int64_t out = 5;
    assert_int_equal(db_statement_send(t->db, &none, NULL), ERR_NONE);
    assert_int_equal(db_statement_take_one(t->db, &none, &out), ERR_NOT_FOUND);
    assert_int_equal(t->ctx.err, ERR_NONE);
    assert_int_equal(db_statement_send(t->db, &two, NULL), ERR_NONE);
    assert_int_equal(db_statement_take_one(t->db, &two, &out), ERR_INTERNAL);
    assert_int_equal(db_statement_send(t->db, &null, NULL), ERR_NONE);
    assert_int_equal(db_statement_take_one(t->db, &null, &out), ERR_INTERNAL);
    assert_int_equal(out, 5);
}

static void generated_statement_works(void **state)
{
    struct testdb *t = *state;
    struct sql_db_now now;
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    struct timespec here;
    (void)clock_gettime(CLOCK_REALTIME, &here);
    int64_t seconds = now.now / 1000000 - here.tv_sec;
    assert_true(seconds > -60 && seconds < 60);
    assert_int_equal(db_stats(t->db).waits, 2);
}

static enum err insert_send(struct testdb *t, struct db_statement *statement)
{
    return db_statement_send(t->db, statement, NULL);
}

static void a_transaction_takes_one_round_trip(void **state)
{
    struct testdb *t = *state;
    struct db_scope scope = {.workspace = 1, .dataset = 2};
    struct db_statement add = unprepared("add", "insert into thing values (100)", DB_EXEC);
    struct sql_db_now now;
    for (int i = 0; i < 2; i++) { /* unprepared and prepared */
        testdb_exec(t, "delete from thing");
        db_use(t->db, &t->ctx);
        assert_int_equal(db_begin(t->db, &scope), ERR_NONE);
        assert_int_equal(insert_send(t, &add), ERR_NONE);
        assert_int_equal(sql_db_now_send(t->db), ERR_NONE);
        assert_int_equal(db_commit_send(t->db), ERR_NONE);
        int64_t count = 0;
        assert_int_equal(db_statement_take_exec(t->db, &add, &count), ERR_NONE);
        assert_int_equal(count, 1);
        assert_int_equal(sql_db_now_take(t->db, &now), ERR_NONE);
        assert_int_equal(db_commit(t->db), ERR_NONE);
        assert_true(db_stats(t->db).waits <=
                    2); /* one write; the answer may come in two reads */
        assert_int_equal(testdb_i64(t, "select count(*) from thing"), 1);
    }
}

static void scope_lasts_for_the_transaction(void **state)
{
    struct testdb *t = *state;
    struct db_scope scope = {.workspace = 41, .dataset = 42, .read_only = true};
    const char *dataset = "select current_setting('leadboard.dataset')::bigint";
    assert_int_equal(testdb_i64(t, dataset), 0);
    assert_int_equal(db_begin(t->db, &scope), ERR_NONE);
    assert_int_equal(testdb_i64(t, dataset), 42);
    assert_int_equal(testdb_i64(t, "select current_setting('leadboard.workspace')::bigint"),
                     41);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_int_equal(testdb_i64(t, dataset), 0);
}

static void read_only_refuses_to_write(void **state)
{
    struct testdb *t = *state;
    struct db_scope scope = {.read_only = true};
    struct db_statement add = unprepared("add", "insert into thing values (1)", DB_EXEC);
    assert_int_equal(db_begin(t->db, &scope), ERR_NONE);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_INTERNAL);
    db_rollback(t->db);
    assert_int_equal(testdb_i64(t, "select 7"), 7);
}

static void rollback_undoes(void **state)
{
    struct testdb *t = *state;
    testdb_exec(t, "delete from thing");
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    testdb_exec(t, "insert into thing values (1)");
    assert_true(db_in_transaction(t->db));
    db_rollback(t->db);
    assert_false(db_in_transaction(t->db));
    assert_int_equal(testdb_i64(t, "select count(*) from thing"), 0);
    db_rollback(t->db); /* nothing to do is fine */
}

static void a_failed_transaction_does_not_commit(void **state)
{
    struct testdb *t = *state;
    struct db_statement add = unprepared("add", "insert into thing values (1)", DB_EXEC);
    testdb_exec(t, "delete from thing");
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_CONFLICT);
    assert_int_equal(t->ctx.err, ERR_CONFLICT);
    assert_true(str_contains(t->ctx.detail, STR("thing_pkey")));
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_CONFLICT);
    assert_int_equal(insert_send(t, &add), ERR_CONFLICT);
    assert_int_equal(db_commit(t->db), ERR_CONFLICT);
    assert_int_equal(testdb_i64(t, "select count(*) from thing"), 0);
}

static void a_commit_sent_ahead_fails_with_its_statement(void **state)
{
    struct testdb *t = *state;
    struct db_statement add = unprepared("add", "insert into thing values (1)", DB_EXEC);
    for (int read_only = 0; read_only < 2; read_only++) {
        struct db_scope scope = {.read_only = read_only == 1};
        testdb_exec(t, "delete from thing");
        assert_int_equal(db_begin(t->db, &scope), ERR_NONE);
        assert_int_equal(insert_send(t, &add), ERR_NONE);
        assert_int_equal(insert_send(t, &add), ERR_NONE);
        assert_int_equal(db_commit_send(t->db), ERR_NONE);
        /* Nothing was taken. A read-only transaction does not wait for the answer. */
        enum err expected = read_only == 0 ? ERR_CONFLICT : ERR_NONE;
        assert_int_equal(db_commit(t->db), expected);
        assert_int_equal(testdb_i64(t, "select count(*) from thing"), 0);
    }
}

static void deferred_constraint_fails_the_commit(void **state)
{
    struct testdb *t = *state;
    struct db_statement add = unprepared("add", "insert into child values (99)", DB_EXEC);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_INVALID);
    /* Also where the statement is a transaction of its own. */
    ctx_clear(&t->ctx);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_INVALID);
    assert_int_equal(testdb_i64(t, "select count(*) from child"), 0);
}

static void statements_of_their_own_fail_alone(void **state)
{
    struct testdb *t = *state;
    struct db_statement add = unprepared("add", "insert into thing values (1)", DB_EXEC);
    struct sql_db_now now;
    testdb_exec(t, "delete from thing");
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(sql_db_now_send(t->db), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_CONFLICT);
    assert_int_equal(sql_db_now_take(t->db, &now), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select count(*) from thing"), 1);
}

static void what_was_not_taken_is_thrown_away(void **state)
{
    struct testdb *t = *state;
    struct sql_db_now now;
    assert_int_equal(sql_db_now_send(t->db), ERR_NONE);
    assert_int_equal(sql_db_now_send(t->db), ERR_NONE);
    db_use(t->db, &t->ctx);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    assert_int_equal(sql_db_now_take(t->db, &now), ERR_INTERNAL); /* nothing was sent */
}

static void taking_the_wrong_statement_is_a_bug(void **state)
{
    struct testdb *t = *state;
    struct db_statement other = unprepared("other", "select 1", DB_EXEC);
    struct sql_db_now now;
    assert_int_equal(sql_db_now_send(t->db), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &other, NULL), ERR_INTERNAL);
    assert_int_equal(sql_db_now_take(t->db, &now), ERR_NONE);
}

static void too_many_in_flight_are_refused(void **state)
{
    struct testdb *t = *state;
    struct sql_db_now now;
    int sent = 0;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    enum err err = ERR_NONE;
    while (sent < 10000 && (err = sql_db_now_send(t->db)) == ERR_NONE) {
        sent++;
    }
    assert_int_equal(err, ERR_INTERNAL);
    assert_true(sent > 400);
    db_rollback(t->db);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
}

/* A table whose rows a prepared statement looks for one by one, planned while it is empty. */
static void make_growing(struct testdb *t)
{
    db_close(t->db);
    testdb_exec(t, "drop table if exists grown; create table grown (n bigint primary key)");
    testdb_exec(t, "vacuum grown");
    testdb_exec(t, "set plan_cache_mode = force_generic_plan;"
                   "prepare one (bigint) as select n from grown where n = $1; execute one(1);"
                   "create function pg_temp.uses_key() returns bigint language plpgsql as $$ "
                   "declare line text; begin "
                   "for line in execute 'explain execute one(1)' loop "
                   "if line like '%grown_pkey%' then return 1; end if; end loop; "
                   "return 0; end $$");
    assert_int_equal(testdb_i64(t, "select pg_temp.uses_key()"), 0);
    testdb_exec(t, "insert into grown select generate_series(1, 10000)");
}

static void plans_are_made_anew_in_a_young_connection(void **state)
{
    struct testdb *t = *state;
    struct sql_db_now now;
    make_growing(t);
    (void)usleep(1100000);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select pg_temp.uses_key()"), 1);
    db_close(t->db);
}

static void a_transaction_that_plans_anew_is_one(void **state)
{
    struct testdb *t = *state;
    db_close(t->db);
    testdb_exec(t, "delete from thing");
    struct sql_db_now now;
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    (void)usleep(1100000);
    struct db_statement add = unprepared("add", "insert into thing values (1)", DB_EXEC);
    assert_int_equal(db_begin(t->db, &(struct db_scope){.dataset = 3}), ERR_NONE);
    assert_int_equal(insert_send(t, &add), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &add, NULL), ERR_NONE);
    struct db *other = testdb_connect(t, NULL);
    struct db_result result;
    assert_int_equal(db_query(other, STR("select from thing"), NULL, 0, &result), ERR_NONE);
    assert_int_equal(result.n_rows, 0);
    db_free(other);
    db_rollback(t->db);
    assert_int_equal(testdb_i64(t, "select count(*) from thing"), 0);
    db_close(t->db);
}

static void plans_are_made_anew_when_what_is_read_has_doubled(void **state)
{
    struct testdb *t = *state;
    make_growing(t);
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(db_outgrow(t->db, 0), ERR_NONE); /* nothing is there yet */
    assert_int_equal(db_outgrow(t->db, INT64_MAX), ERR_NONE);
    assert_int_equal(db_outgrow(t->db, INT64_MAX), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
    assert_int_equal(testdb_i64(t, "select pg_temp.uses_key()"), 1);
    db_close(t->db);
}

static int64_t backend_pid(struct testdb *t)
{
    return testdb_i64(t, "select pg_backend_pid()");
}

static void kill_backend(struct testdb *t, int64_t pid)
{
    struct db *other = testdb_connect(t, NULL);
    struct db_value param = DB_VALUE_BIGINT(pid);
    struct db_result result;
    assert_int_equal(
        db_query(other, STR("select pg_terminate_backend($1::int)"), &param, 1, &result),
        ERR_NONE);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(db_query(other, STR("select from pg_stat_activity where pid = $1"),
                                  &param, 1, &result),
                         ERR_NONE);
        if (result.n_rows == 0) {
            break;
        }
        (void)usleep(10000);
    }
    /* It left the list; its socket is closed when the process is gone. */
    while (kill((pid_t)pid, 0) == 0 || errno == EPERM) {
        (void)usleep(1000);
    }
    db_free(other);
}

static void an_idle_connection_that_died_is_replaced(void **state)
{
    struct testdb *t = *state;
    struct sql_db_now now;
    int64_t pid = backend_pid(t);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    kill_backend(t, pid);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    assert_int_not_equal(backend_pid(t), pid);
    kill_backend(t, backend_pid(t));
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
    assert_int_equal(db_commit(t->db), ERR_NONE);
}

static void a_transaction_that_lost_its_connection_fails(void **state)
{
    struct testdb *t = *state;
    struct sql_db_now now;
    assert_int_equal(db_begin(t->db, NULL), ERR_NONE);
    int64_t pid = backend_pid(t);
    kill_backend(t, pid);
    assert_int_equal(sql_db_now(t->db, &now), ERR_UNAVAILABLE);
    assert_int_equal(sql_db_now(t->db, &now), ERR_UNAVAILABLE);
    assert_int_equal(db_commit(t->db), ERR_UNAVAILABLE);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
}

static void a_statement_that_kills_its_connection_is_not_repeated(void **state)
{
    struct testdb *t = *state;
    struct db_statement suicide =
        unprepared("suicide", "select pg_terminate_backend(pg_backend_pid())", DB_EXEC);
    struct sql_db_now now;
    assert_int_equal(insert_send(t, &suicide), ERR_NONE);
    enum err sent = sql_db_now_send(t->db);
    assert_int_equal(db_statement_take_exec(t->db, &suicide, NULL), ERR_UNAVAILABLE);
    if (sent == ERR_NONE) {
        assert_int_equal(sql_db_now_take(t->db, &now), ERR_UNAVAILABLE);
    }
    ctx_clear(&t->ctx);
    assert_int_equal(sql_db_now(t->db, &now), ERR_NONE);
}

static void no_server_is_unavailable(void **state)
{
    struct testdb *t = *state;
    struct db *db = db_new(STR("host=/nowhere dbname=x"), NULL);
    struct sql_db_now now;
    db_use(db, &t->ctx);
    assert_int_equal(sql_db_now(db, &now), ERR_UNAVAILABLE);
    assert_int_equal(db_begin(db, NULL), ERR_UNAVAILABLE);
    assert_false(db_in_transaction(db));
    assert_false(db_is_open(db));
    assert_true(t->ctx.why.n != 0);
    db_free(db);
}

static void the_role_is_set(void **state)
{
    struct testdb *t = *state;
    testdb_exec(t, "do $$ begin create role lb_test_role; exception when duplicate_object or "
                   "unique_violation then null; end $$");
    struct db *db = testdb_connect(t, "lb_test_role");
    struct db_result result;
    assert_int_equal(db_query(db, STR("select current_user"), NULL, 0, &result), ERR_NONE);
    assert_str(db_cell(&result, 0, 0)->as.text, STR("lb_test_role"));
    assert_int_equal(db_query(db, STR("select * from thing"), NULL, 0, &result), ERR_DENIED);
    db_free(db);
    db = testdb_connect(t, "no_such_role");
    assert_int_not_equal(db_query(db, STR("select 1"), NULL, 0, &result), ERR_NONE);
    db_free(db);
}

static void statement_timeout_is_a_timeout(void **state)
{
    struct testdb *t = *state;
    struct db_statement sleep = unprepared("sleep", "select pg_sleep(5)", DB_EXEC);
    testdb_exec(t, "set statement_timeout = 50");
    assert_int_equal(insert_send(t, &sleep), ERR_NONE);
    assert_int_equal(db_statement_take_exec(t->db, &sleep, NULL), ERR_TIMEOUT);
    testdb_exec(t, "set statement_timeout = 0");
}

static void large_rows_and_many_rows(void **state)
{
    static const struct db_field columns[] = {
        {.name = "n", .type = DB_BIGINT, .offset = 0},
        {.name = "text", .type = DB_TEXT, .offset = sizeof(int64_t)}};
    struct row {
        int64_t n;
        struct str text;
    };
    struct testdb *t = *state;
    struct db_statement many = unprepared(
        "many", "select n::bigint, repeat('x', n) from generate_series(1, 5000) n", DB_MANY);
    many.columns = columns;
    many.n_columns = 2;
    many.row_size = sizeof(struct row);
    void *rows = NULL;
    size_t n = 0;
    assert_int_equal(db_statement_send(t->db, &many, NULL), ERR_NONE);
    assert_int_equal(db_statement_take_many(t->db, &many, &rows, &n), ERR_NONE);
    assert_int_equal(n, 5000);
    const struct row *row = rows;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(row[i].n, i + 1);
        assert_int_equal(row[i].text.n, i + 1);
    }
}

static void exec_text_is_one_transaction(void **state)
{
    struct testdb *t = *state;
    testdb_exec(t, "delete from thing");
    assert_int_equal(db_exec_text(t->db, STR("insert into thing values (1); select 1/0;")),
                     ERR_INVALID);
    assert_int_equal(testdb_i64(t, "select count(*) from thing"), 0);
}

static void malformed_bytes_are_refused(void **state)
{
    struct testdb *t = *state;
    struct arena *arena = t->ctx.arena;
    union {
        int64_t number;
        struct str text;
        struct sql_i64s numbers;
        struct sql_strs texts;
    } out;
    const char head[] = "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\2\0\0\0\1";
    assert_false(db_decode(arena, DB_BIGINT, "1234567", 7, &out));
    assert_false(db_decode(arena, DB_JSONB, "", 0, &out));
    assert_false(db_decode(arena, DB_JSONB, "\2{}", 3, &out));
    assert_false(db_decode(arena, DB_UUID, "abc", 3, &out));
    assert_false(db_decode(arena, DB_NUMERIC, "\0\5\0\0\0\0\0\0", 8, &out));
    assert_false(db_decode(arena, DB_NUMERIC, "\0\1\0\0\0\0\0\0\xff\xff", 10, &out));
    assert_false(db_decode(arena, DB_NUMERIC, "\0\0\0\0\x11\0\0\0", 8, &out));
    assert_false(db_decode(arena, DB_BIGINT_ARRAY, head, 3, &out));
    assert_false(
        db_decode(arena, DB_BIGINT_ARRAY, head, 20, &out));        /* two elements, no bytes */
    assert_false(db_decode(arena, DB_TEXT_ARRAY, head, 20, &out)); /* of another type */
}

static int group_setup(void **state)
{
    static struct testdb t;
    testdb_open(&t, false);
    testdb_exec(
        &t, "create table thing (id bigint primary key);"
            "create table child (id bigint references thing deferrable initially deferred)");
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
        TEST(every_type_comes_back),
        TEST(every_type_may_be_null),
        TEST(empty_arrays_and_texts_are_not_null),
        TEST(infinity_stays_infinity),
        TEST(numerics_are_exact),
        TEST(values_that_cannot_be_are_refused),
        TEST(one_wants_exactly_one_row),
        TEST(generated_statement_works),
        TEST(a_transaction_takes_one_round_trip),
        TEST(scope_lasts_for_the_transaction),
        TEST(read_only_refuses_to_write),
        TEST(rollback_undoes),
        TEST(a_failed_transaction_does_not_commit),
        TEST(a_commit_sent_ahead_fails_with_its_statement),
        TEST(deferred_constraint_fails_the_commit),
        TEST(statements_of_their_own_fail_alone),
        TEST(what_was_not_taken_is_thrown_away),
        TEST(taking_the_wrong_statement_is_a_bug),
        TEST(too_many_in_flight_are_refused),
        TEST(plans_are_made_anew_in_a_young_connection),
        TEST(a_transaction_that_plans_anew_is_one),
        TEST(plans_are_made_anew_when_what_is_read_has_doubled),
        TEST(an_idle_connection_that_died_is_replaced),
        TEST(a_transaction_that_lost_its_connection_fails),
        TEST(a_statement_that_kills_its_connection_is_not_repeated),
        TEST(no_server_is_unavailable),
        TEST(the_role_is_set),
        TEST(statement_timeout_is_a_timeout),
        TEST(large_rows_and_many_rows),
        TEST(exec_text_is_one_transaction),
        TEST(malformed_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
