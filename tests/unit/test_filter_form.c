/* filter_form.h: the form's lists to a tree and back, its buttons, and what it refuses. */
#include "fcgi/filter_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new((size_t)8 << 20)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

#define S STR_INIT
#define LIST(...)                                                                              \
    {                                                                                          \
        .v = (const struct str[]){__VA_ARGS__},                                                \
        .n = sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str)                    \
    }

/* industry is Publishing or Software, and any of (more than 100 employees, a tag), and an empty
 * row; and one event (a page, a form). */
static struct filter_form nested(void)
{
    const struct filter_form_lists lists = {
        .is = LIST(S("all"), S("if"), S("any"), S("if"), S("if"), S("event"), S("if"), S("if"),
                   S("if")),
        .parent = LIST(S("0"), S("0"), S("0"), S("2"), S("2"), S("0"), S("5"), S("5"), S("0")),
        .field = LIST(S(""), S("industry"), S(""), S("employees"), S("tag"), S(""), S("page"),
                      S("event_property"), S("")),
        .key = LIST(S(""), S("left over"), S(""), S(""), S(""), S(""), S(""), S("plan")),
        .op = LIST(S(""), S("is"), S(""), S("greater"), S("is"), S(""), S("is"), S("is"),
                   S("is")),
        .value = LIST(S(""), S("Publishing, Software,"), S(""), S(" 100 "), S("left over"),
                      S(""), S("/pricing*"), S("\"Gold, big \", \"5\"\" pipe\"")),
        .times = LIST(S("left over"), S(""), S("2"), S(""), S(""), S("2")),
        .days = LIST(S(""), S("9"), S(""), S(""), S(""), S("30")),
        .pick = LIST(S("4:Customer"), S("4: Partner, old "), S("0:x"), S("99:x"), S("x:y"),
                     S("nonsense"), S("-1:x")),
    };
    struct filter_form form;
    filter_form_read(ctx.arena, FILTER_ACCOUNTS, &lists, &form);
    return form;
}

static void to_a_tree(void **state)
{
    (void)state;
    struct filter_form form = nested();
    struct filter filter;
    assert_true(filter_form_tree(&ctx, &form, &filter));
    assert_int_equal(filter.root.n_nodes, 3); /* the empty row is left out */
    const struct filter_node *industry = &filter.root.nodes[0];
    assert_int_equal(industry->n_values, 2);
    assert_true(str_eq(industry->values[1], STR("Software")));
    /* What the chosen field does not have is not taken from what was there before. */
    assert_true(industry->key.n == 0 && industry->days == 0);
    const struct filter_node *any = &filter.root.nodes[1];
    assert_true(any->match == FILTER_ANY && any->n_nodes == 2 && any->least == 2);
    assert_true(str_eq(any->nodes[0].values[0], STR("100")));
    assert_int_equal(any->nodes[1].n_values, 2);
    assert_true(str_eq(any->nodes[1].values[1], STR("Partner, old")));
    const struct filter_node *event = &filter.root.nodes[2];
    assert_true(event->match == FILTER_EVENT && event->times == 2 && event->days == 30);
    assert_true(str_eq(event->nodes[1].key, STR("plan")));
    assert_int_equal(event->nodes[1].n_values, 2);
    assert_true(str_eq(event->nodes[1].values[0], STR("Gold, big")));
    assert_true(str_eq(event->nodes[1].values[1], STR("5\" pipe")));
}

static void and_back(void **state)
{
    (void)state;
    struct filter_form form = nested(), again;
    struct filter filter, stored, twice;
    struct str json, json_again;
    assert_true(filter_form_tree(&ctx, &form, &filter));
    assert_int_equal(filter_json(&ctx, &filter, &json), ERR_NONE);
    assert_int_equal(filter_parse(&ctx, json, &stored), ERR_NONE);
    assert_true(filter_form_from_tree(ctx.arena, &stored, &again));
    assert_int_equal(again.n, 8);
    assert_true(again.rows[2].is_group && again.rows[3].parent == 2 &&
                again.rows[6].parent == 5);
    assert_true(str_eq(again.rows[7].value, STR("\"Gold, big\", 5\" pipe")));
    assert_int_equal(again.rows[4].n_picks, 2);
    assert_int_equal(again.rows[4].value.n, 0);
    assert_true(str_eq(again.rows[5].times, STR("2")) && str_eq(again.rows[2].times, STR("2")));
    assert_true(filter_form_tree(&ctx, &again, &twice));
    assert_int_equal(filter_json(&ctx, &twice, &json_again), ERR_NONE);
    assert_true(str_eq(json, json_again));
}

static void nothing_means_everything(void **state)
{
    (void)state;
    struct filter_form form;
    struct filter filter;
    filter_form_begin(ctx.arena, FILTER_LEADS, &form);
    assert_true(filter_form_tree(&ctx, &form, &filter));
    assert_int_equal(filter.root.n_nodes, 0);
    assert_int_equal(filter.subject, FILTER_LEADS);
    /* Also when what is empty is to be one event: there is no such tree. */
    form.rows[0].match = FILTER_EVENT;
    assert_true(filter_form_tree(&ctx, &form, &filter));
    assert_int_equal(filter.root.match, FILTER_ALL);
    /* And a group in which nothing was filled in. */
    form.rows[0].match = FILTER_ALL;
    assert_true(filter_form_press(&form, STR("group:0")));
    assert_true(filter_form_tree(&ctx, &form, &filter));
    assert_int_equal(filter.root.n_nodes, 0);
}

static void mistakes_are_told_where_they_are(void **state)
{
    (void)state;
    struct filter_form form = nested();
    struct filter filter;
    form.rows[1].op = STR("greater");
    form.rows[3].value = STR("many");
    form.rows[4].field = STR("password_hash");
    form.rows[5].days = STR("soon");
    form.rows[6].field = STR("industry");
    form.rows[8].value = STR("forgot the field");
    assert_false(filter_form_tree(&ctx, &form, &filter));
    for (size_t i = 0; i < form.n; i++) {
        assert_int_equal(form.rows[i].wrong.n != 0, i != 0 && i != 2 && i != 7);
    }
    assert_true(str_eq(form.rows[3].wrong, STR("The condition on employees needs a number.")));
    assert_true(str_eq(form.rows[4].wrong, STR("Please choose what to look at.")));
    assert_true(str_eq(form.rows[6].wrong,
                       STR("This is not about an event. Move it out of the group.")));
    assert_int_equal(ctx.err, ERR_NONE);
}

static void days_and_times_are_numbers(void **state)
{
    (void)state;
    static const struct str bad[] = {S("0"), S("-1"), S("1.5"), S("x"), S("99999999999999")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct filter_form form = nested();
        struct filter filter;
        form.rows[2].times = bad[i];
        form.rows[5].times = bad[i];
        assert_false(filter_form_tree(&ctx, &form, &filter));
        assert_true(form.rows[2].wrong.n != 0 && form.rows[5].wrong.n != 0);
    }
}

static void too_deep_or_too_much_is_refused(void **state)
{
    (void)state;
    struct filter_form form;
    struct filter filter;
    filter_form_begin(ctx.arena, FILTER_ACCOUNTS, &form);
    size_t group = 0;
    for (size_t depth = 0; depth < FILTER_DEPTH; depth++) {
        assert_true(filter_form_press(
            &form, arena_print(ctx.arena, "group:%llu", (unsigned long long)group)));
        group = form.n - 2;
        assert_true(form.rows[group].is_group);
    }
    form.rows[form.n - 1].field = STR("industry");
    form.rows[form.n - 1].op = STR("known");
    assert_false(filter_form_tree(&ctx, &form, &filter));
    assert_true(str_starts(form.rows[0].wrong, STR("Groups can be nested")));
}

static void more_than_there_are_cannot_hold(void **state)
{
    (void)state;
    struct filter_form form = nested();
    struct filter filter;
    form.rows[2].times = STR("3");
    assert_false(filter_form_tree(&ctx, &form, &filter));
    assert_true(str_starts(form.rows[0].wrong, STR("At least 3 conditions cannot hold")));
}

static void a_tree_of_more_rows_is_not_a_form(void **state)
{
    (void)state;
    struct filter_node nodes[FILTER_FORM_ROWS] = {0};
    size_t industry;
    assert_true(filter_field_from(STR("industry"), &industry));
    for (size_t i = 0; i < FILTER_FORM_ROWS; i++) {
        nodes[i] = (struct filter_node){.field = industry, .op = FILTER_KNOWN};
    }
    struct filter filter = {
        .root = {.is_group = true, .nodes = nodes, .n_nodes = FILTER_FORM_ROWS}};
    struct filter_form form;
    assert_false(filter_form_from_tree(ctx.arena, &filter, &form));
    filter.root.n_nodes--;
    assert_true(filter_form_from_tree(ctx.arena, &filter, &form));
    assert_int_equal(form.n, FILTER_FORM_ROWS);
    assert_true(filter_form_press(&form, STR("add:0")));
    assert_true(filter_form_press(&form, STR("group:0")));
    assert_int_equal(form.n, FILTER_FORM_ROWS); /* no room */
}

static void conditions_are_added_behind_their_group(void **state)
{
    (void)state;
    struct filter_form form = nested();
    assert_true(filter_form_press(&form, STR("add:2")));
    assert_int_equal(form.n, 10);
    assert_true(form.rows[5].parent == 2 && form.rows[5].fresh && !form.rows[5].is_group);
    assert_true(form.rows[6].is_group && form.rows[7].parent == 6); /* moved down */
    assert_true(filter_form_press(&form, STR("add:0")));
    assert_true(form.rows[10].parent == 0 && form.rows[10].fresh);
    assert_true(filter_form_press(&form, STR("group:2")));
    assert_true(form.rows[6].is_group && form.rows[6].parent == 2 &&
                form.rows[6].match == FILTER_ALL);
    assert_int_equal(form.rows[7].parent, 6);
    assert_int_equal(form.rows[9].parent, 8);
}

static void a_group_goes_with_what_is_in_it(void **state)
{
    (void)state;
    struct filter_form form = nested();
    assert_true(filter_form_press(&form, STR("remove:2")));
    assert_int_equal(form.n, 6);
    assert_true(form.rows[2].is_group && form.rows[2].match == FILTER_EVENT);
    assert_true(form.rows[3].parent == 2 && form.rows[4].parent == 2 &&
                form.rows[5].parent == 0);
    assert_true(filter_form_press(&form, STR("remove:0"))); /* the whole stays */
    assert_true(filter_form_press(&form, STR("remove:77")));
    assert_int_equal(form.n, 6);
    while (form.n > 1) {
        assert_true(filter_form_press(&form, STR("remove:1")));
    }
    assert_true(form.rows[0].is_group);
}

static void other_buttons_are_not_the_forms(void **state)
{
    (void)state;
    static const struct str none[] = {S(""),       S("save"),      S("add"),
                                      S("add:"),   S("add:x"),     S("add:-1"),
                                      S("drop:1"), S("remove:1x"), S("update:")};
    struct filter_form form = nested();
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(filter_form_press(&form, none[i]));
    }
    assert_true(filter_form_press(&form, STR("update")));
    assert_true(filter_form_press(&form, STR("add:1"))); /* not a group: nothing */
    assert_true(filter_form_press(&form, STR("group:999999999999")));
    assert_int_equal(form.n, 9);
}

static void nonsense(void **state)
{
    (void)state;
    const struct filter_form_lists lists = {
        .is = LIST(S("if"), S("all"), S("if"), S("none"), S("if"), S("what")),
        .parent = LIST(S("4"), S("-1"), S("5"), S("2"), S("99999999999999999999"), S("x")),
        .field = LIST(S(""), S("name")),
    };
    struct filter_form form;
    struct filter filter;
    filter_form_read(ctx.arena, FILTER_ACCOUNTS, &lists, &form);
    assert_int_equal(form.n, 6);
    assert_true(form.rows[0].is_group); /* the first is the group of all, whatever it says */
    for (size_t i = 0; i < form.n; i++) {
        assert_int_equal(form.rows[i].parent, 0);
    }
    assert_true(filter_form_tree(&ctx, &form, &filter));
    const struct filter_form_lists none = {.pick = LIST(S("0:x"), S("1:x"))};
    filter_form_read(ctx.arena, FILTER_ACCOUNTS, &none, &form);
    assert_int_equal(form.n, 1);
    assert_true(form.rows[0].is_group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(to_a_tree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_means_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_are_told_where_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(days_and_times_are_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_deep_or_too_much_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_there_are_cannot_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tree_of_more_rows_is_not_a_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(conditions_are_added_behind_their_group, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_group_goes_with_what_is_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_buttons_are_not_the_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nonsense, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
