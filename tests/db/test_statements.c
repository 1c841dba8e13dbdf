/* Every statement of shared/sql, prepared on an empty migrated database: it is valid, and its
 * columns are typed as declared and in the declared order. */
/* Before banned.h, because it defines a macro with a banned call. */
#include <libpq-fe.h>

#include "tests/db/testdb.h"

#include "shared/db_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct fixture {
    struct testdb t;
    PGconn *conn;
};

static int complain(const struct db_statement *statement, const char *what, const char *more)
{
    (void)fprintf(stderr, "statement %s: %s %s\n", statement->name, what, more);
    return 1;
}

/* An expression may go by any name, but not by that of another declared column. */
static bool is_swapped(const struct db_statement *statement, int i, const char *name)
{
    if (strcmp(name, statement->columns[i].name) == 0) {
        return false;
    }
    for (size_t k = 0; k < statement->n_columns; k++) {
        if (strcmp(name, statement->columns[k].name) == 0) {
            return true;
        }
    }
    return false;
}

static int check_column(const struct db_statement *statement, const PGresult *described, int i)
{
    const struct db_field *field = &statement->columns[i];
    enum db_type type = DB_TEXT;
    int wrong = 0;
    if (is_swapped(statement, i, PQfname(described, i))) {
        wrong += complain(statement,
                          "has a column where another is declared:", PQfname(described, i));
    }
    if (!db_type_of_oid(PQftype(described, i), &type) || type != field->type) {
        wrong += complain(statement, "has a column of another type:", field->name);
    }
    return wrong;
}

static int check_described(const struct db_statement *statement, const PGresult *described)
{
    int wrong = 0;
    if (PQnparams(described) != (int)statement->n_params) {
        wrong += complain(statement, "takes another number of parameters", "");
    }
    if (statement->shape == DB_EXEC) {
        return wrong;
    }
    if (PQnfields(described) != (int)statement->n_columns) {
        return wrong + complain(statement, "gives another number of columns", "");
    }
    for (int i = 0; i < PQnfields(described); i++) {
        wrong += check_column(statement, described, i);
    }
    return wrong;
}

static int check_statement(PGconn *conn, const struct db_statement *statement)
{
    Oid oids[DB_PARAMS_MAX];
    for (size_t i = 0; i < statement->n_params; i++) {
        oids[i] = db_type_oid(statement->params[i].type);
    }
    PGresult *prepared =
        PQprepare(conn, statement->name, statement->text, (int)statement->n_params, oids);
    int wrong = 0;
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        wrong = complain(statement, "is refused:", PQresultErrorMessage(prepared));
    } else {
        PGresult *described = PQdescribePrepared(conn, statement->name);
        wrong = check_described(statement, described);
        PQclear(described);
    }
    PQclear(prepared);
    return wrong;
}

static void every_statement_is_as_declared(void **state)
{
    const struct fixture *f = *state;
    int wrong = 0;
    for (const struct db_statement *const *s = sql_statements; *s != NULL; s++) {
        wrong += check_statement(f->conn, *s);
    }
    assert_int_equal(wrong, 0);
}

static void ids_count_from_zero(void **state)
{
    (void)state;
    size_t n = 0;
    for (; sql_statements[n] != NULL; n++) {
        assert_int_equal(sql_statements[n]->id, n);
    }
    assert_int_equal(n, SQL_COUNT);
}

/* now() is when the transaction began, the same in all its rows and on every shard. */
static void updates_do_not_read_the_wall_clock(void **state)
{
    (void)state;
    int wrong = 0;
    for (const struct db_statement *const *s = sql_statements; *s != NULL; s++) {
        struct str text = str_from((*s)->text);
        if (str_contains(text, STR("clock_timestamp")) && str_contains(text, STR("update"))) {
            wrong += complain(*s, "uses clock_timestamp() in an update", "");
        }
    }
    assert_int_equal(wrong, 0);
}

static int group_setup(void **state)
{
    static struct fixture f;
    testdb_open(&f.t, true);
    f.conn = PQconnectdb(arena_cstr(f.t.keep, f.t.conninfo));
    *state = &f;
    return PQstatus(f.conn) == CONNECTION_OK ? 0 : -1;
}

static int group_teardown(void **state)
{
    struct fixture *f = *state;
    PQfinish(f->conn);
    testdb_close(&f->t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_is_as_declared),
        cmocka_unit_test(ids_count_from_zero),
        cmocka_unit_test(updates_do_not_read_the_wall_clock),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
