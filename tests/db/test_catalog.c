/* The rules of the design that the catalog and the plans can tell: so that the tables could be
 * distributed by dataset one day, and a workspace never sees another's rows. */
#include "tests/db/testdb.h"

#include "shared/db_codec.h"
#include "shared/migrate.h"
#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Tables of the installation, not of a dataset: they are not distributed. */
#define LOCAL_TABLES                                                                           \
    "('app_user', 'audit', 'cron_slot', 'dataset', 'dataset_access', 'dataset_alias', "        \
    "'host_budget', 'log_cursor', "                                                            \
    "'login_session', 'mail', 'mail_server', 'membership', 'network_owner', "                  \
    "'schema_migration', 'user_agent', "                                                       \
    "'worker', 'workspace')"
/* Read across all datasets by the worker: the log, the changed cards and members and the ledger
 * in commit order, what waits longest, a worker's own jobs. */
#define LOCAL_INDEXES                                                                          \
    "('event_log', 'card_change_log', 'card_ledger_log', 'segment_change_log', "               \
    "'segment_touch_id', 'job_running')"

#define TABLES                                                                                 \
    "select c.oid, c.relname::text as name, c.relrowsecurity, c.relkind from pg_class c "      \
    "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
#define DATA_TABLES                                                                            \
    "with t as (" TABLES " and not c.relispartition and c.relname not in " LOCAL_TABLES ") "

/* The query gives one text a violation; prints them, and there must be none. */
static void assert_none(struct testdb *t, const char *sql)
{
    struct db_result result;
    enum err err = db_query(t->db, str_from(sql), NULL, 0, &result);
    if (err != ERR_NONE) {
        fail_msg("%.*s", STR_ARG(t->ctx.detail));
    }
    for (size_t i = 0; i < result.n_rows; i++) {
        (void)fprintf(stderr, "catalog: %.*s\n", STR_ARG(db_cell(&result, i, 0)->as.text));
    }
    assert_int_equal(result.n_rows, 0);
}

static void there_are_tables(void **state)
{
    assert_true(testdb_i64(*state, DATA_TABLES "select count(*) from t") > 15);
}

static void data_tables_have_a_dataset_and_a_key(void **state)
{
    assert_none(*state, DATA_TABLES
                "select name || ' has no dataset_id' from t where not exists (select from "
                "pg_attribute a where a.attrelid = t.oid and a.attname = 'dataset_id' and "
                "a.attnotnull) union all "
                "select name || ' has no primary key' from t where not exists (select from "
                "pg_index i where i.indrelid = t.oid and i.indisprimary)");
}

static void indexes_lead_with_the_dataset(void **state)
{
    assert_none(*state, DATA_TABLES
                "select i.indexrelid::regclass::text || ' does not lead with dataset_id' "
                "from pg_index i join t on t.oid = i.indrelid where "
                "pg_get_indexdef(i.indexrelid, 1, true) <> 'dataset_id' and "
                "i.indexrelid::regclass::text not in " LOCAL_INDEXES);
}

static void unique_indexes_have_the_dataset(void **state)
{
    assert_none(*state, DATA_TABLES
                "select i.indexrelid::regclass::text || ' is unique across datasets' "
                "from pg_index i join t on t.oid = i.indrelid where i.indisunique and "
                "pg_get_indexdef(i.indexrelid, 1, true) <> 'dataset_id'");
}

static void foreign_keys_stay_inside_a_dataset(void **state)
{
    assert_none(*state, DATA_TABLES
                "select c.conname || ': ' || pg_get_constraintdef(c.oid) from pg_constraint c "
                "join t on t.oid = c.conrelid where c.contype = 'f' and "
                "pg_get_constraintdef(c.oid) !~ "
                "'^FOREIGN KEY \\(dataset_id, .* REFERENCES \\w+\\(dataset_id, '");
}

static void there_are_no_triggers_and_rules(void **state)
{
    assert_none(*state, "select tgname::text from pg_trigger where not tgisinternal");
    assert_none(*state, "select rulename::text from pg_rules where schemaname = 'public'");
}

static void partitions_have_one_level(void **state)
{
    assert_none(*state, "with t as (" TABLES " and c.relispartition and c.relkind = 'p') "
                        "select name || ' is a partition with partitions' from t");
}

/* Found by the hash of a token before anybody is known; the order in which datasets are served.
 */
#define OPEN_TABLES "('login_session', 'tenant_queue')"

/* Whatever else the web role can read of a workspace or a dataset is behind row security. */
static void row_security_is_on(void **state)
{
    assert_none(*state, DATA_TABLES
                "select name || ' has no row security' from t where not relrowsecurity and "
                "name not in " OPEN_TABLES);
    assert_none(*state,
                "with t as (" TABLES
                ") select name || ' is readable without row security' from t "
                "where not relrowsecurity and name not in " OPEN_TABLES " and "
                "has_table_privilege('leadboard_web', t.oid, 'select') and exists (select from "
                "pg_attribute a where a.attrelid = t.oid and "
                "a.attname in ('dataset_id', 'workspace_id', 'user_id'))");
}

static void the_collector_reads_next_to_nothing(void **state)
{
    assert_none(*state,
                "with t as (" TABLES ") select name || ' can be read by the collector' "
                "from t where has_table_privilege('leadboard_collect', t.oid, 'select') "
                "and name not in ('schema_migration', 'dataset', 'user_agent')");
    assert_none(
        *state,
        "with t as (" TABLES ") select name || ' can be changed by the collector' from t "
        "where has_table_privilege('leadboard_collect', t.oid, 'update, delete, truncate')");
}

static void no_role_of_a_program_passes_row_security(void **state)
{
    assert_none(*state,
                "select rolname::text from pg_roles where rolname like 'leadboard\\_%' and "
                "(rolsuper or rolbypassrls or rolcreaterole)");
    /* A policy for a role is one for all that inherit its rights. */
    assert_none(*state,
                "select rolname || ' has the rights of leadboard_filter' from pg_roles where "
                "rolname in ('leadboard_web', 'leadboard_worker', 'leadboard_collect') and "
                "pg_has_role(rolname, 'leadboard_filter', 'usage')");
}

/* Those of the worker that take many datasets at once join them; on empty tables that plan says
 * nothing. */
static bool is_of_one_dataset(const struct db_statement *statement)
{
    for (size_t i = 0; i < statement->n_params; i++) {
        const struct db_field *param = &statement->params[i];
        if (strcmp(param->name, "dataset") == 0 && param->type == DB_BIGINT) {
            return true;
        }
    }
    return false;
}

static void prepare_text(struct sb *sb, const struct db_statement *statement, const char *start)
{
    sb_printf(sb, "%s %s", start, statement->name);
    for (size_t i = 0; i < statement->n_params; i++) {
        sb_printf(sb, "%s%s", i == 0 ? "(" : ", ", db_type_name(statement->params[i].type));
    }
    sb_str(sb, statement->n_params == 0 ? STR(" as ") : STR(") as "));
    sb_str(sb, str_from(statement->text));
}

static void explain_text(struct sb *sb, const struct db_statement *statement)
{
    sb_printf(sb, "explain (costs off) execute %s", statement->name);
    for (size_t i = 0; i < statement->n_params; i++) {
        sb_str(sb, i == 0 ? STR("(null") : STR(", null"));
    }
    sb_str(sb, statement->n_params == 0 ? STR("") : STR(")"));
}

/* "  ->  Index Scan using card_pkey on card c" gives card_pkey; "" when the line scans no
 * index. */
static struct str scanned_index(struct str line)
{
    static const char *const marks[] = {
        "Index Scan using ", "Index Only Scan using ", "Index Scan Backward using ",
        "Index Only Scan Backward using ", "Bitmap Index Scan on "};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        struct str mark = str_from(marks[i]);
        const char *at = line.n == 0 ? NULL : memmem(line.p, line.n, mark.p, mark.n);
        if (at != NULL) {
            struct str name = {.p = at + mark.n, .n = (size_t)(line.p + line.n - at) - mark.n};
            return str_slice(name, 0, str_find(name, ' '));
        }
    }
    return (struct str){.p = "", .n = 0};
}

static struct str scanned_table(struct str line)
{
    struct str mark = STR("Seq Scan on ");
    const char *at = line.n == 0 ? NULL : memmem(line.p, line.n, mark.p, mark.n);
    if (at == NULL) {
        return (struct str){.p = "", .n = 0};
    }
    struct str name = {.p = at + mark.n, .n = (size_t)(line.p + line.n - at) - mark.n};
    return str_slice(name, 0, str_find(name, ' '));
}

static bool belongs_to_data_table(struct testdb *t, struct str relation)
{
    struct db_value param = DB_VALUE_TEXT(relation);
    struct db_result result;
    assert_int_equal(
        db_query(t->db,
                 STR(DATA_TABLES
                     "select from pg_class c left join pg_index i on i.indexrelid = "
                     "c.oid left join pg_inherits h on h.inhrelid = coalesce(i.indrelid, "
                     "c.oid) join t on t.oid = coalesce(h.inhparent, i.indrelid, c.oid) "
                     "where c.oid = to_regclass($1)"),
                 &param, 1, &result),
        ERR_NONE);
    return result.n_rows != 0;
}

/* The condition stands in one of the lines below the node, before the next node. */
static bool has_dataset_condition(const struct db_result *plan, size_t row)
{
    for (size_t i = row + 1; i < plan->n_rows; i++) {
        struct str line = db_cell(plan, i, 0)->as.text;
        if (str_contains(line, STR("->"))) {
            break;
        }
        if (str_contains(line, STR("Index Cond:"))) {
            return str_contains(line, STR("dataset_id"));
        }
    }
    return false;
}

static int check_plan(struct testdb *t, const struct db_statement *statement,
                      const struct db_result *plan)
{
    int wrong = 0;
    for (size_t i = 0; i < plan->n_rows; i++) {
        struct str line = db_cell(plan, i, 0)->as.text;
        struct str table = scanned_table(line);
        struct str index = scanned_index(line);
        bool bad = (table.n != 0 && belongs_to_data_table(t, table)) ||
                   (index.n != 0 && belongs_to_data_table(t, index) &&
                    !has_dataset_condition(plan, i));
        if (bad) {
            (void)fprintf(stderr, "plan of %s: %.*s\n", statement->name,
                          STR_ARG(str_trim(line)));
            wrong++;
        }
    }
    return wrong;
}

static int explain(struct testdb *t, const struct db_statement *statement)
{
    struct sb prepare;
    struct sb execute;
    struct db_result plan;
    sb_init(&prepare, t->ctx.arena, 1 << 20);
    sb_init(&execute, t->ctx.arena, 1 << 20);
    prepare_text(&prepare, statement, "prepare");
    explain_text(&execute, statement);
    if (db_exec_text(t->db, sb_view(&prepare)) != ERR_NONE ||
        db_query(t->db, sb_view(&execute), NULL, 0, &plan) != ERR_NONE) {
        (void)fprintf(stderr, "plan of %s: %.*s\n", statement->name, STR_ARG(t->ctx.detail));
        ctx_clear(&t->ctx);
        return 1;
    }
    return check_plan(t, statement, &plan);
}

/* Generic plans on empty tables, where nothing but the form of the condition decides. */
static void statements_of_a_dataset_use_its_index(void **state)
{
    struct testdb *t = *state;
    int wrong = 0;
    testdb_exec(t, "set plan_cache_mode = force_generic_plan; set enable_seqscan = off");
    for (const struct db_statement *const *s = sql_statements; *s != NULL; s++) {
        if (is_of_one_dataset(*s)) {
            wrong += explain(t, *s);
        }
    }
    assert_int_equal(wrong, 0);
}

static void migrating_again_applies_nothing(void **state)
{
    struct testdb *t = *state;
    int applied = -1;
    bool current = false;
    assert_int_equal(migrate_run(t->db, &t->ctx, &applied), ERR_NONE);
    assert_int_equal(applied, 0);
    assert_int_equal(migrate_is_current(t->db, &t->ctx, &current), ERR_NONE);
    assert_true(current);
}

static void a_newer_database_is_refused(void **state)
{
    struct testdb *t = *state;
    testdb_exec(t, "insert into schema_migration (name) values ('9999_future')");
    assert_int_equal(migrate_run(t->db, &t->ctx, NULL), ERR_CONFLICT);
    assert_true(str_contains(t->ctx.why, STR("9999_future")));
    ctx_clear(&t->ctx);
    testdb_exec(t, "delete from schema_migration where name = '9999_future'");
}

static void a_database_that_is_behind_is_noticed(void **state)
{
    struct testdb *t = *state;
    bool current = true;
    testdb_exec(t, "create table kept as select * from schema_migration;"
                   "delete from schema_migration where name = (select max(name) from kept)");
    assert_int_equal(migrate_is_current(t->db, &t->ctx, &current), ERR_NONE);
    assert_false(current);
    testdb_exec(t, "insert into schema_migration select * from kept on conflict do nothing;"
                   "drop table kept");
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
        TEST(there_are_tables),
        TEST(data_tables_have_a_dataset_and_a_key),
        TEST(indexes_lead_with_the_dataset),
        TEST(unique_indexes_have_the_dataset),
        TEST(foreign_keys_stay_inside_a_dataset),
        TEST(there_are_no_triggers_and_rules),
        TEST(partitions_have_one_level),
        TEST(row_security_is_on),
        TEST(the_collector_reads_next_to_nothing),
        TEST(no_role_of_a_program_passes_row_security),
        TEST(statements_of_a_dataset_use_its_index),
        TEST(migrating_again_applies_nothing),
        TEST(a_newer_database_is_refused),
        TEST(a_database_that_is_behind_is_noticed),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
