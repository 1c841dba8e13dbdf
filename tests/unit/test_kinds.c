/* The table of job kinds says all there is to say, and the back-off keeps its bounds. */
#include "worker/kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void every_kind_is_complete(void **state)
{
    (void)state;
    assert_null(kinds[0].name);
    for (size_t i = 1; i < JOB_KIND__END; i++) {
        const struct kind *kind = &kinds[i];
        if (kind->name == NULL) { /* an unused number */
            assert_null(kind->run);
            continue;
        }
        assert_non_null(kind->run);
        assert_in_range(kind->attempts, 1, 100);
        assert_in_range(kind->timeout_s, 1, 6 * 3600);
        assert_in_range(kind->batch, 1, 1000);
        assert_true(kind->parallel >= 0);
        /* Rolled back as one, or ended one by one. */
        assert_true(kind->batch == 1 || kind->in_transaction || kind->each);
        assert_false(kind->each && kind->in_transaction);
        for (size_t j = 1; j < i; j++) {
            assert_true(kinds[j].name == NULL || strcmp(kind->name, kinds[j].name) != 0);
        }
    }
}

static void backoff_doubles_with_full_jitter(void **state)
{
    (void)state;
    assert_true(runner_backoff_s(0, 0) == 0);
    assert_true(runner_backoff_s(0, UINT32_MAX) == 5);
    assert_true(runner_backoff_s(1, UINT32_MAX) == 10);
    assert_true(runner_backoff_s(4, UINT32_MAX) == 80);
    double half = runner_backoff_s(4, UINT32_MAX / 2);
    assert_true(half > 39.9 && half < 40.1);
}

static void backoff_ends_at_six_hours(void **state)
{
    (void)state;
    assert_true(runner_backoff_s(13, UINT32_MAX) == 6 * 3600);
    assert_true(runner_backoff_s(100000, UINT32_MAX) == 6 * 3600);
    assert_true(runner_backoff_s(-5, UINT32_MAX) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_complete),
        cmocka_unit_test(backoff_doubles_with_full_jitter),
        cmocka_unit_test(backoff_ends_at_six_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
