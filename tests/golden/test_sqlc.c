/*
 * test_sqlc - what the statement compiler writes, byte for byte (tests/golden/sqlc), and what
 * it refuses. GOLDEN=write makes the expected files anew: look at the difference.
 */
#include "shared/ctx.h"
#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena *arena;
static char folder[] = "/tmp/test_sqlc.XXXXXX";

static char *in_folder(const char *name)
{
    return arena_cstr(arena, arena_print(arena, "%s/%s", folder, name));
}

static struct str read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("%s is missing", path);
    }
    char *text = arena_alloc(arena, 65536);
    size_t n = fread(text, 1, 65536, file);
    (void)fclose(file);
    return (struct str){.p = text, .n = n};
}

static void write_file(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
}

/* Runs sqlc; its exit status, and what it said. */
static int compile(char *input, char *second, struct str *out_message)
{
    const char *build = getenv("BUILD");
    char *tool =
        arena_cstr(arena, arena_print(arena, "%s/tools/sqlc", build ? build : "build"));
    char *errors = in_folder("errors");
    char *argv[] = {tool, in_folder("out"), input, second, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    int status = 0;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors,
                                                      O_WRONLY | O_CREAT | O_TRUNC, 0600),
                     0);
    assert_int_equal(posix_spawn(&pid, tool, &actions, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    assert_true(WIFEXITED(status));
    *out_message = read_file(errors);
    return WEXITSTATUS(status);
}

static void check_golden(const char *made, const char *expected)
{
    struct str text = read_file(in_folder(made));
    const char *mode = getenv("GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        write_file(expected, text);
    }
    struct str wanted = read_file(expected);
    if (!str_eq(text, wanted)) {
        fail_msg("%s: expected\n%.*s\nbut got\n%.*s", expected, STR_ARG(wanted), STR_ARG(text));
    }
}

static void good_files_are_compiled(void **state)
{
    (void)state;
    char input[] = "tests/golden/sqlc/good.sql";
    struct str message;
    if (compile(input, NULL, &message) != 0) {
        fail_msg("%.*s", STR_ARG(message));
    }
    check_golden("out.h", "tests/golden/sqlc/good.h.expected");
    check_golden("out.c", "tests/golden/sqlc/good.c.expected");
}

static const struct {
    const char *text, *message; /* the message after the name of the file */
} bad[] = {
    {"select 1;\n", ":1: expected -- name:, found \"select 1;\""},
    {"-- name:\n-- exec\nselect 1\n", ":1: not a name:"},
    {"-- name: Thing\n-- exec\nselect 1\n", ":1: not a name: \"Thing\""},
    {"-- name: a-b\n-- exec\nselect 1\n", ":1: not a name: \"a-b\""},
    {"-- name: while\n-- exec\nselect 1\n", ":1: not a name: \"while\""},
    {"-- name: a\nselect 1\n", ":2: expected -- one:, -- many: or -- exec, found \"select 1\""},
    {"-- name: a\n-- row: x text\nselect 1\n", ":2: expected -- one:"},
    {"-- name: a\n-- exec\n", ":1: no text under \"a\""},
    {"-- name: a\n-- exec\n;\n", ":1: no text under \"a\""},
    {"-- name: a\n-- exec\n-- name: b\n-- exec\nselect 1\n", ":1: no text under \"a\""},
    {"-- name: a\n-- exec\nselect 1;\n-- name: a\n-- exec\nselect 2\n",
     ":4: name used twice: \"a\""},
    {"-- name: a\n-- one: x bigin\nselect 1\n", ":2: not a type: \"bigin\""},
    {"-- name: a\n-- one: x\nselect 1\n", ":2: not a type:"},
    {"-- name: a\n-- one: x bigint??\nselect 1\n", ":2: not a type: \"bigint?\""},
    {"-- name: a\n-- one: x timestamp\nselect 1\n", ":2: not a type: \"timestamp\""},
    {"-- name: a\n-- one: x numeric[]\nselect 1\n", ":2: not a type: \"numeric[]\""},
    {"-- name: a\n-- one:\nselect 1\n", ":2: not a name:"},
    {"-- name: a\n-- one: x text,\nselect 1\n", ":2: not a name:"},
    {"-- name: a\n-- one: int text\nselect 1\n", ":2: not a name: \"int\""},
    {"-- name: a\n-- one: x text, x text\nselect 1\n", ":2: twice in one list: \"x\""},
    {"-- name: a\n-- params: x text, x text\n-- exec\nselect $1, $2\n",
     ":2: twice in one list: \"x\""},
    {"-- name: a\n-- params: x text\n-- exec\nselect 1\n", ":1: declared but not used: \"x\""},
    {"-- name: a\n-- params: x text, y text\n-- exec\nselect $1\n",
     ":1: declared but not used: \"y\""},
    {"-- name: a\n-- params: x text\n-- exec\nselect '$1'\n",
     ":1: declared but not used: \"x\""},
    {"-- name: a\n-- exec\nselect $1\n", ":1: not declared in -- params: \"$1\""},
    {"-- name: a\n-- params: x text\n-- exec\nselect $1, $2\n",
     ":1: not declared in -- params: \"$2\""},
    {"-- name: a\n-- params: x text\n-- exec\nselect $1, $0\n",
     ":1: not declared in -- params: \"$0\""},
    {"-- name: a\n-- params: x text\n-- exec\nselect $1, $18446744073709551617\n",
     ":1: not declared in -- params:"},
    {"-- name: a\n-- exec\nselect $$x$$\n", ":1: dollar quotes are not for statements: \"a\""},
    {"-- name: a\n-- exec\nselect 1; select 2;\n", ":1: more than one statement under \"a\""},
    {"-- name: a\n-- exec\nselect 'x\n", ":1: a quote is not closed in \"a\""},
    {"-- name: a\n-- exec\nselect /* x\n", ":1: a comment is not closed in \"a\""},
    {"-- name: a\n-- exec\nselect 1\n-- params: x text\n", ":4: out of its place:"},
    {"-- name: a\n-- one: x text\n-- params: y text\nselect $1\n", ":3: out of its place:"},
    {"-- name: a\r\n-- exec\r\nselect 1\r\n", ":1: line ends in a carriage return"},
};

static void bad_files_are_refused(void **state)
{
    (void)state;
    char *input = in_folder("bad.sql");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct str message;
        struct str wanted = arena_print(arena, "%s%s", input, bad[i].message);
        write_file(input, str_from(bad[i].text));
        int status = compile(input, NULL, &message);
        if (status != 1 || !str_starts(message, wanted)) {
            fail_msg("%s\nexpected %.*s\nbut it ended with %d: %.*s", bad[i].text,
                     STR_ARG(wanted), status, STR_ARG(message));
        }
    }
}

static void names_are_unique_over_all_files(void **state)
{
    (void)state;
    char *first = in_folder("first.sql");
    char *second = in_folder("second.sql");
    struct str message;
    write_file(first, STR("-- name: a\n-- exec\nselect 1\n"));
    write_file(second, STR("\n-- name: a\n-- exec\nselect 1\n"));
    assert_int_equal(compile(first, second, &message), 1);
    assert_true(str_contains(message, STR("second.sql:2: name used twice: \"a\"")));
}

static void a_missing_file_is_refused(void **state)
{
    (void)state;
    struct str message;
    assert_int_equal(compile(in_folder("nowhere.sql"), NULL, &message), 1);
    assert_true(str_contains(message, STR("No such file")));
}

static int group_setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)256 << 20);
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int group_teardown(void **state)
{
    static const char *const made[] = {"out.h",   "out.c",     "errors",
                                       "bad.sql", "first.sql", "second.sql"};
    (void)state;
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        (void)unlink(in_folder(made[i]));
    }
    (void)rmdir(folder);
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_are_compiled),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(names_are_unique_over_all_files),
        cmocka_unit_test(a_missing_file_is_refused),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
