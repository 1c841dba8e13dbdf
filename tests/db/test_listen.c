/* db_listen.h against a real server: notes arrive, a lost connection is noticed, a new one
 * works. */
#include "tests/db/testdb.h"

#include "shared/db_listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <poll.h>

static const char *const channels[] = {"job", "card", NULL};

static bool wait_readable(const struct db_listen *listen)
{
    struct pollfd fd = {.fd = db_listen_socket(listen), .events = POLLIN};
    return fd.fd >= 0 && poll(&fd, 1, 5000) == 1;
}

static void notes_arrive(void **state)
{
    struct testdb *t = *state;
    struct db_note note;
    struct db_listen *listen = db_listen_new(t->conninfo, channels);
    assert_int_equal(db_listen_socket(listen), -1);
    assert_int_equal(db_listen_open(listen, &t->ctx), ERR_NONE);
    assert_false(db_listen_next(listen, &note));
    testdb_exec(t, "notify other; notify job, 'a'; notify card, 'b'; notify job, 'a'");
    assert_true(wait_readable(listen));
    assert_true(db_listen_read(listen));
    assert_true(db_listen_next(listen, &note));
    assert_true(str_eq(note.channel, STR("job")));
    assert_true(str_eq(note.payload, STR("a")));
    assert_true(db_listen_next(listen, &note));
    assert_true(str_eq(note.channel, STR("card")));
    assert_false(db_listen_next(listen, &note)); /* the same twice in a transaction is once */
    assert_true(db_listen_read(listen));         /* nothing to read is no loss */
    db_listen_free(listen);
}

static void a_lost_connection_is_noticed(void **state)
{
    struct testdb *t = *state;
    struct db_note note;
    struct db_listen *listen = db_listen_new(t->conninfo, channels);
    assert_int_equal(db_listen_open(listen, &t->ctx), ERR_NONE);
    testdb_exec(t, "select pg_terminate_backend(pid) from pg_stat_activity "
                   "where application_name = 'leadboard-listen'");
    bool open = true;
    for (int i = 0; open && i < 10 && wait_readable(listen); i++) {
        open = db_listen_read(listen);
    }
    assert_false(open);
    assert_int_equal(db_listen_socket(listen), -1);
    assert_false(db_listen_read(listen));
    assert_false(db_listen_next(listen, &note));
    assert_int_equal(db_listen_open(listen, &t->ctx), ERR_NONE);
    testdb_exec(t, "notify card, 'again'");
    assert_true(wait_readable(listen));
    assert_true(db_listen_read(listen));
    assert_true(db_listen_next(listen, &note));
    assert_true(str_eq(note.payload, STR("again")));
    db_listen_free(listen);
}

static void no_server_is_unavailable(void **state)
{
    struct testdb *t = *state;
    struct db_listen *listen = db_listen_new(STR("host=/nowhere"), channels);
    assert_int_equal(db_listen_open(listen, &t->ctx), ERR_UNAVAILABLE);
    assert_int_equal(db_listen_socket(listen), -1);
    db_listen_free(listen);
    db_listen_free(NULL);
}

static int group_setup(void **state)
{
    static struct testdb t;
    testdb_open(&t, false);
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
        TEST(notes_arrive),
        TEST(a_lost_connection_is_noticed),
        TEST(no_server_is_unavailable),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
