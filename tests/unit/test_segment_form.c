/* segment_form.h: the form's lists to the stored tree and back, and its buttons. */
#include "fcgi/segment_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(1 << 20)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

#define LIST(...)                                                                              \
    {                                                                                          \
        .v = (const struct str[]){__VA_ARGS__},                                                \
        .n = sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str)                    \
    }

static struct segment_form two_groups(void)
{
    const struct segment_form_lists lists = {
        .group_match = LIST(STR_INIT("all"), STR_INIT("any")),
        .group = LIST(STR_INIT("0"), STR_INIT("1"), STR_INIT("1"), STR_INIT("0")),
        .field =
            LIST(STR_INIT("industry"), STR_INIT("employees"), STR_INIT("tag"), STR_INIT("")),
        .op = LIST(STR_INIT("is"), STR_INIT("greater"), STR_INIT("is"), STR_INIT("is")),
        .value = LIST(STR_INIT("Publishing, Software,"), STR_INIT("100"), STR_INIT("Customer"),
                      STR_INIT("")),
    };
    struct segment_form form;
    segment_form_read(&lists, &form);
    return form;
}

static void to_a_tree_and_back(void **state)
{
    (void)state;
    struct segment_form form = two_groups(), again;
    form.any = true;
    struct filter_node root;
    struct filter stored;
    struct str json;
    assert_true(segment_form_tree(&ctx, &form, &root));
    assert_int_equal(root.n_nodes, 2);
    assert_true(root.match == FILTER_ANY && root.nodes[1].match == FILTER_ANY &&
                root.nodes[0].match == FILTER_ALL);
    assert_int_equal(root.nodes[0].n_nodes, 1); /* the empty row is left out */
    assert_int_equal(root.nodes[0].nodes[0].n_values, 2);
    assert_int_equal(
        filter_json(&ctx, &(struct filter){.subject = FILTER_ACCOUNTS, .root = root}, &json),
        ERR_NONE);
    assert_int_equal(filter_parse(&ctx, json, &stored), ERR_NONE);
    assert_true(segment_form_from_tree(&ctx, &stored.root, &again));
    assert_true(again.any);
    assert_int_equal(again.n_groups, 2);
    assert_int_equal(again.n_rows, 3);
    assert_true(str_eq(again.rows[0].value, STR("Publishing, Software")));
    assert_true(str_eq(again.rows[2].field, STR("tag")));
    assert_int_equal(again.rows[2].group, 1);
}

static void one_group_needs_no_group(void **state)
{
    (void)state;
    struct segment_form form = two_groups();
    segment_form_remove(&form, 2);
    segment_form_remove(&form, 1);
    assert_int_equal(form.n_groups, 1);
    struct filter_node root;
    assert_true(segment_form_tree(&ctx, &form, &root));
    assert_int_equal(root.n_nodes, 1);
    assert_false(root.nodes[0].is_group);
}

static void nothing_means_every_company(void **state)
{
    (void)state;
    struct segment_form form = {.n_groups = 1};
    segment_form_add_condition(&form, 0);
    struct filter_node root;
    assert_true(segment_form_tree(&ctx, &form, &root));
    assert_int_equal(root.n_nodes, 0);
}

static void mistakes_are_told_where_they_are(void **state)
{
    (void)state;
    struct segment_form form = two_groups();
    form.rows[0].op = STR("greater");
    form.rows[1].value = STR("many");
    form.rows[2].field = STR("password_hash");
    struct filter_node root;
    assert_false(segment_form_tree(&ctx, &form, &root));
    assert_true(form.rows[0].wrong.n != 0 && form.rows[1].wrong.n != 0);
    assert_true(str_eq(form.rows[2].wrong, STR("Please choose what to look at.")));
    assert_true(str_is_null(form.rows[3].wrong));
    assert_int_equal(ctx.err, ERR_NONE);
}

static void buttons(void **state)
{
    (void)state;
    struct segment_form form = two_groups();
    segment_form_add_condition(&form, 1);
    assert_int_equal(form.rows[4].group, 1);
    segment_form_add_condition(&form, 7); /* no such group */
    segment_form_remove(&form, 99);
    assert_int_equal(form.n_rows, 5);
    for (size_t i = 0; i < 10; i++) {
        segment_form_add_group(&form);
    }
    assert_int_equal(form.n_groups, SEGMENT_GROUPS);
    /* The first group goes with its last condition; the others move up. */
    segment_form_remove(&form, 3);
    segment_form_remove(&form, 0);
    assert_int_equal(form.n_groups, SEGMENT_GROUPS - 1);
    assert_true(form.group_any[0]);
    assert_int_equal(form.rows[0].group, 0);
    while (form.n_rows > 0) {
        segment_form_remove(&form, 0);
    }
    assert_int_equal(form.n_groups, 1);
    for (size_t i = 0; i < 100; i++) {
        segment_form_add_condition(&form, 0);
    }
    assert_int_equal(form.n_rows, SEGMENT_CONDITIONS);
}

static void nonsense(void **state)
{
    (void)state;
    const struct segment_form_lists lists = {
        .group = LIST(STR_INIT("-1"), STR_INIT("x"), STR_INIT("3")),
        .field = LIST(STR_INIT("a"), STR_INIT("b"), STR_INIT("c"), STR_INIT("d")),
    };
    struct segment_form form;
    segment_form_read(&lists, &form);
    assert_int_equal(form.n_groups, 1);
    assert_int_equal(form.n_rows, 4);
    for (size_t i = 0; i < form.n_rows; i++) {
        assert_int_equal(form.rows[i].group, 0);
    }
    struct filter_node inner = {.is_group = true},
                       middle = {.is_group = true, .nodes = &inner, .n_nodes = 1},
                       root = {.is_group = true, .nodes = &middle, .n_nodes = 1};
    assert_false(segment_form_from_tree(&ctx, &root, &form));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(to_a_tree_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_group_needs_no_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_means_every_company, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_told_where_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(buttons, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nonsense, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
