/* test_why - the sentence that says why a card is in its stage. */
#include "fcgi/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena *arena;
static struct sql_member_list members[] = {{.id = 3, .name = STR_INIT("Ann")},
                                           {.id = 4, .name = STR_INIT("Ben")}};
static const struct sql_member_list_rows rows = {.row = members, .n = 2};
static struct sql_automation_titles automations[] = {
    {.id = 6, .name = STR_INIT("Pricing visitors")}};
static const struct sql_automation_titles_rows titles = {.row = automations, .n = 1};
static const struct why_names names = {.members = &rows,
                                       .segment = 7,
                                       .segment_name = STR_INIT("Target audience"),
                                       .automations = &titles};

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 16);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void check(enum card_actor_kind kind, int64_t by, bool came_in, const char *expected)
{
    struct why why = {.kind = kind, .by = by, .came_in = came_in};
    struct str sentence = why_sentence(arena, &names, &why);
    if (!str_eq(sentence, str_from(expected))) {
        fail_msg("expected \"%s\", but got \"%.*s\"", expected, STR_ARG(sentence));
    }
}

static void people_are_named(void **state)
{
    (void)state;
    check(ACTOR_USER, 4, false, "Ben moved it here");
    check(ACTOR_USER, 3, true, "Ann added it");
    check(ACTOR_USER, 99, false, "A former user moved it here");
    check(ACTOR_USER, 0, true, "A former user added it");
}

static void what_came_by_itself_says_from_where(void **state)
{
    (void)state;
    check(ACTOR_IMPORT, 0, true, "Came in by the import");
    check(ACTOR_REFRESH, 7, true, "Came in by the segment Target audience");
    check(ACTOR_REFRESH, 8, true, "Came in by a segment that the board had");
    check(ACTOR_REFRESH, 0, true, "Came in by itself");
    check(ACTOR_AUTOMATION, 5, false, "An automation moved it here");
    check(ACTOR_AUTOMATION, 5, true, "An automation added it");
    check(ACTOR_AUTOMATION, 6, false, "The automation Pricing visitors moved it here");
    check(ACTOR_AUTOMATION, 6, true, "The automation Pricing visitors added it");
    check(ACTOR_SYSTEM, 0, true, "Here since it came to the board");
    check(ACTOR_SYSTEM, 0, false, "LeadBoard moved it here");
}

static void a_kind_of_the_future_is_no_lie(void **state)
{
    (void)state;
    check((enum card_actor_kind)42, 1, false, "LeadBoard moved it here");
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    static char letters[5000];
    memset(letters, 'x', sizeof(letters));
    members[0].name = (struct str){.p = letters, .n = sizeof(letters)};
    struct why why = {.kind = ACTOR_USER, .by = 3};
    assert_true(why_sentence(arena, &names, &why).n < 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_named),
        cmocka_unit_test(what_came_by_itself_says_from_where),
        cmocka_unit_test(a_kind_of_the_future_is_no_lie),
        cmocka_unit_test(a_long_name_is_cut),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
