/* arena.h, sb.h, ctx.h and err.h: memory of a request, text that has a maximum, the first
 * failure. */
#include "shared/ctx.h"
#include "shared/sb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state)
{
    *state = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void memory_is_zeroed_and_aligned(void **state)
{
    for (size_t size = 0; size < 3000; size += 7) {
        char *p = arena_alloc(*state, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 'x', size);
        if (size % 70 == 0) {
            arena_reset(*state);
        }
    }
}

static void reset_gives_all_back(void **state)
{
    for (int i = 0; i < 100; i++) {
        memset(arena_alloc(*state, 500000), 1, 500000);
        arena_reset(*state);
        assert_int_equal(arena_used(*state), 0);
    }
    assert_true(arena_peak(*state) >= 500000);
}

static int order[3];
static int n_released;

static void note_release(void *object)
{
    order[n_released++] = *(int *)object;
}

static void deferred_run_last_first_once(void **state)
{
    static int numbers[3] = {1, 2, 3};
    n_released = 0;
    for (int i = 0; i < 3; i++) {
        arena_defer(*state, note_release, &numbers[i]);
    }
    arena_reset(*state);
    arena_reset(*state);
    assert_int_equal(n_released, 3);
    assert_int_equal(order[0], 3);
    assert_int_equal(order[2], 1);
}

static void copies(void **state)
{
    assert_null(arena_dup(*state, (struct str){0}).p);
    struct str copy = arena_dup(*state, STR("a\0b"));
    assert_true(str_eq(copy, STR("a\0b")));
    assert_int_equal(copy.p[3], 0);
    assert_string_equal(arena_cstr(*state, (struct str){0}), "");
    assert_string_equal(arena_cstr(*state, STR("ab")), "ab");
    assert_true(str_eq(arena_print(*state, "%d-%s", 7, "x"), STR("7-x")));
    struct str wide = arena_print(*state, "%5000d", 1);
    assert_int_equal(wide.n, 5000);
}

/* What ends the process is tried in a child. */
static int signal_of(void (*act)(struct arena *))
{
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        struct arena *arena = arena_new(1000);
        act(arena);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void fits(struct arena *arena)
{
    (void)arena_alloc(arena, 500);
}
static void too_much(struct arena *arena)
{
    (void)arena_alloc(arena, 1001);
}
static void too_much_in_sum(struct arena *arena)
{
    (void)arena_alloc(arena, 600);
    (void)arena_alloc(arena, 600);
}
static void overflow(struct arena *arena)
{
    (void)arena_array(arena, SIZE_MAX / 2, 3);
}
static void huge(struct arena *arena)
{
    (void)arena_alloc(arena, SIZE_MAX);
}

static void the_cap_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(signal_of(fits), 0);
    assert_int_equal(signal_of(too_much), SIGABRT);
    assert_int_equal(signal_of(too_much_in_sum), SIGABRT);
    assert_int_equal(signal_of(overflow), SIGABRT);
    assert_int_equal(signal_of(huge), SIGABRT);
}

static void built_text(void **state)
{
    struct sb sb;
    struct str text;
    sb_init(&sb, *state, 1000);
    assert_int_equal(sb_view(&sb).n, 0);
    assert_non_null(sb_view(&sb).p);
    SB_LIT(&sb, "a");
    sb_str(&sb, STR("b"));
    sb_str(&sb, (struct str){0});
    sb_char(&sb, '-');
    sb_i64(&sb, INT64_MIN);
    sb_i64(&sb, 0);
    sb_printf(&sb, "%s", "!");
    assert_int_equal(sb_done(&sb, &text), ERR_NONE);
    assert_true(str_eq(text, STR("ab--92233720368547758080!")));
}

static void what_does_not_fit_changes_nothing(void **state)
{
    struct sb sb;
    struct str text = STR("kept");
    sb_init(&sb, *state, 10);
    SB_LIT(&sb, "123456789");
    assert_false(sb.overflow);
    SB_LIT(&sb, "ab");
    assert_true(sb.overflow);
    sb_char(&sb, 'x'); /* would fit, but the text has a hole already */
    assert_int_equal(sb_done(&sb, &text), ERR_LIMIT);
    assert_true(str_eq(text, STR("kept")));
    sb_init(&sb, *state, 10);
    sb_printf(&sb, "%600d", 1);
    assert_true(sb.overflow);
    assert_int_equal(sb.n, 0);
    sb_init(&sb, *state, 0);
    sb_char(&sb, 'x');
    assert_true(sb.overflow);
}

static void long_formats(void **state)
{
    struct sb sb;
    sb_init(&sb, *state, 2000);
    sb_reserve(&sb, 1500);
    assert_false(sb.overflow);
    sb_printf(&sb, "%1500d", 5);
    assert_int_equal(sb.n, 1500);
    assert_int_equal(sb.p[1499], '5');
    sb_reserve(&sb, SIZE_MAX);
    assert_false(sb.overflow);
}

static void the_first_failure_is_kept(void **state)
{
    struct ctx ctx = {.arena = *state};
    ctx_reset(&ctx, STR("r1"));
    assert_true(str_eq(ctx.id, STR("r1")));
    assert_int_equal(ctx_fail_detail(&ctx, ERR_CONFLICT, STR("x"), "Number %d.", 1),
                     ERR_CONFLICT);
    assert_int_equal(ctx_fail(&ctx, ERR_INVALID, "Number 2."), ERR_INVALID);
    assert_int_equal(ctx.err, ERR_CONFLICT);
    assert_true(str_eq(ctx.why, STR("Number 1.")));
    assert_true(str_eq(ctx.detail, STR("x")));
    ctx_clear(&ctx);
    assert_int_equal(ctx.err, ERR_NONE);
    assert_true(str_is_null(ctx.why));
}

static void errors_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < ERR__COUNT; i++) {
        assert_non_null(err_name((enum err)i));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(err_name((enum err)i), err_name((enum err)k));
        }
    }
    assert_string_equal(err_name(ERR__COUNT), "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_is_zeroed_and_aligned),      TEST(reset_gives_all_back),
        TEST(deferred_run_last_first_once),      TEST(copies),
        TEST(the_cap_ends_the_process),          TEST(built_text),
        TEST(what_does_not_fit_changes_nothing), TEST(long_formats),
        TEST(the_first_failure_is_kept),         TEST(errors_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
