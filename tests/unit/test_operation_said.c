/* Operations in words: one and many, done, being done and undone, and details that say nothing.
 */
#include "fcgi/operation_said.h"
#include "shared/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    ctx.arena = arena_new((size_t)4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void is(struct str said, const char *expected)
{
    assert_string_equal(arena_cstr(ctx.arena, said), expected);
}

static struct operation_row row(enum operation_kind kind, int32_t n, const char *subject,
                                const char *detail)
{
    return (struct operation_row){.kind = kind,
                                  .n = n,
                                  .subject = str_from(subject),
                                  .detail = str_from(detail),
                                  .at = clock_now()};
}

static void each_kind_has_its_sentence(void **state)
{
    (void)state;
    static const struct {
        enum operation_kind kind;
        int32_t n;
        const char *subject, *detail, *said;
    } cases[] = {
        {OP_MOVE, 12, NULL, "{\"to\":\"2\",\"stage\":\"Interest\"}",
         "Moved 12 cards to Interest"},
        {OP_MOVE, 1, "Harbor College", "{\"stage\":\"Interest\"}",
         "Moved Harbor College to Interest"},
        {OP_MOVE, 1, "Harbor College", "{\"stage\":\"Interest\",\"within\":true}",
         "Moved Harbor College within Interest"},
        {OP_MOVE, 1234567, NULL, "{\"stage\":\"Interest\"}",
         "Moved 1,234,567 cards to Interest"},
        {OP_MOVE, 1000, NULL, "{\"stage\":\"\\u00dcbergabe\"}",
         "Moved 1,000 cards to \xc3\x9c"
         "bergabe"},
        {OP_MOVE, 0, NULL, "{\"stage\":\"Interest\"}",
         "Nothing changed: no card had to be moved to Interest"},
        {OP_OWNER, 2, NULL, "{\"to\":\"5\",\"name\":\"Ann\"}", "Gave 2 cards to Ann"},
        {OP_OWNER, 1, NULL, "{\"to\":null}", "Took the owner off 1 card"},
        {OP_REMOVE, 3, NULL, "{\"exclude\":false}", "Removed 3 cards"},
        {OP_REMOVE, 1, "Acme", "{\"exclude\":true}", "Removed and excluded Acme"},
        {OP_TAG, 2, NULL, "{\"names\":[\"A\",\"B\",\"C\",\"D\",\"E\"]}",
         "Tagged 2 cards with A, B, C and 2 more"},
        {OP_UNTAG, 1, "Acme", "{\"names\":[\"Partner\"]}", "Took Partner off Acme"},
        {OP_REMOVE, 2, NULL, "not JSON", "Removed 2 cards"},
        {OP_OWNER, 2, NULL, NULL, "Took the owner off 2 cards"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct operation_row operation =
            row(cases[i].kind, cases[i].n, cases[i].subject, cases[i].detail);
        is(operation_said(&ctx, &operation), cases[i].said);
    }
    for (int kind = OP_MOVE; kind < OP__END; kind++) {
        struct operation_row operation = row((enum operation_kind)kind, 1, "Acme", "{}");
        assert_true(operation_said(&ctx, &operation).n > 4);
        assert_true(operation_said_doing(&ctx, &operation).n > 4);
    }
}

static void undoing_says_what_stayed(void **state)
{
    (void)state;
    static const struct {
        struct operation_undone undone;
        const char *said;
    } cases[] = {
        {{.undone = 1}, "Undone: 1 card is as it was"},
        {{.undone = 1200}, "Undone: 1,200 cards are as they were"},
        {{.undone = 2, .kept = 1},
         "Undone: 2 cards are as they were. 1 was changed since and stays as it is"},
        {{.undone = 2, .kept = 3, .elsewhere = 2},
         "Undone: 2 cards are as they were. 3 were changed since and stay as they are. 2 came "
         "to the entry stage, because the stage is gone"},
        {{.kept = 3}, "Nothing was undone: all of it was changed since"},
        {{.kept = 0}, "There was nothing left to undo"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is(operation_said_undone(&ctx, OP_MOVE, &cases[i].undone), cases[i].said);
    }
    struct operation_row undo = row(OP_UNDO, 2, NULL, "{\"kept\":1,\"elsewhere\":0}");
    is(operation_said_undo(&ctx, OP_REMOVE, &undo), cases[2].said);
    is(operation_said_undone(&ctx, OP_HIDE, &(struct operation_undone){.undone = 1}), "Undone");
    is(operation_said_undone(&ctx, OP_AUTOMATION,
                             &(struct operation_undone){.undone = 1200, .kept = 1}),
       "Undone: 1,200 changes are taken back. 1 was changed since and stays as it is");
    is(operation_said_undone(&ctx, OP_AUTOMATION, &(struct operation_undone){.undone = 1}),
       "Undone: 1 change is taken back");
}

static void what_may_be_undone(void **state)
{
    (void)state;
    struct operation_row operation = row(OP_MOVE, 1, NULL, NULL);
    assert_true(operation_said_may_undo(&operation));
    operation.n = 0;
    assert_false(operation_said_may_undo(&operation));
    operation = row(OP_UNDO, 1, NULL, NULL);
    assert_false(operation_said_may_undo(&operation));
    operation = row(OP_MOVE, 1, NULL, NULL);
    operation.undone = true;
    assert_false(operation_said_may_undo(&operation));
    operation = row(OP_MOVE, 1, NULL, NULL);
    operation.at -= (OPERATION_DAYS * (int64_t)86400 + 1) * CLOCK_SECOND;
    assert_false(operation_said_may_undo(&operation));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_sentence),
        cmocka_unit_test(undoing_says_what_stayed),
        cmocka_unit_test(what_may_be_undone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
