/* The forms of settings > leadscore and > ideal customer: lists to rules and conditions and
 * back, their buttons, and what they say of what will not do. */
#include "fcgi/ideal_form.h"
#include "fcgi/score_form.h"
#include "shared/score_preset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ctx ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(4 << 20)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void same(struct str is, const char *want)
{
    if (!str_eq(is, str_from(want))) {
        fail_msg("“%.*s”, not “%s”", STR_ARG(is), want);
    }
}

/* ---- rules ---- */

/* The lists that a browser would send of this form. */
static struct score_form_lists lists_of(const struct score_form *form)
{
    struct score_form_lists lists;
    struct str *columns[10];
    for (size_t k = 0; k < 10; k++) {
        columns[k] = ARENA_ARRAY(ctx.arena, form->n, struct str);
    }
    for (size_t i = 0; i < form->n; i++) {
        const struct score_form_row *row = &form->rows[i];
        const struct str cells[] = {str_from(score_rule_kind_name(row->kind)),
                                    row->key,
                                    row->field,
                                    row->property,
                                    row->op,
                                    row->value,
                                    row->from,
                                    row->to,
                                    row->points,
                                    row->most};
        for (size_t k = 0; k < 10; k++) {
            columns[k][i] = cells[k];
        }
    }
    struct form_texts *const out[] = {
        &lists.kind,  &lists.key,  &lists.field, &lists.property, &lists.op,
        &lists.value, &lists.from, &lists.to,    &lists.points,   &lists.most};
    for (size_t k = 0; k < 10; k++) {
        *out[k] = (struct form_texts){columns[k], form->n};
    }
    return lists;
}

static struct str through_the_form(const char *json)
{
    struct score_rule *rules, again[SCORE_RULES_MAX];
    struct score_form form, sent;
    struct str out;
    size_t n;
    assert_int_equal(score_rules_read(&ctx, str_from(json), &rules, &n), ERR_NONE);
    score_form_from_rules(&ctx, rules, n, &form);
    const struct score_form_lists lists = lists_of(&form);
    score_form_read(&lists, &sent);
    if (!score_form_rules(&ctx, &sent, again, &n)) {
        for (size_t i = 0; i < sent.n; i++) {
            print_error("%.*s\n", STR_ARG(sent.rows[i].wrong));
        }
        fail();
    }
    assert_int_equal(score_rules_write(&ctx, again, n, &out), ERR_NONE);
    return out;
}

static void every_preset_goes_through_the_form(void **state)
{
    (void)state;
    for (size_t i = 0; score_preset(i) != NULL; i++) {
        struct score_rule *rules;
        size_t n;
        struct str want;
        const char *json = score_preset(i)->rules;
        assert_int_equal(score_rules_read(&ctx, str_from(json), &rules, &n), ERR_NONE);
        for (size_t k = 0; k < n; k++) {
            rules[k].lower = rules[k].values; /* the database folds them when they are stored */
        }
        assert_int_equal(score_rules_write(&ctx, rules, n, &want), ERR_NONE);
        same(through_the_form(json), arena_cstr(ctx.arena, want));
    }
}

static void every_kind_goes_through_the_form(void **state)
{
    (void)state;
    same(
        through_the_form(
            "[{\"key\":\"a\",\"kind\":\"has\",\"field\":\"email\",\"not\":true,\"points\":-15},"
            "{\"key\":\"b\",\"kind\":\"range\",\"field\":\"property\",\"property\":\"Team "
            "size\",\"from\":20,\"points\":10},"
            "{\"key\":\"c\",\"kind\":\"per\",\"field\":\"events\",\"each\":5,\"points\":-1,"
            "\"most\":8},"
            "{\"key\":\"d\",\"kind\":\"match\",\"field\":\"industry\",\"op\":\"contains_not\","
            "\"values\":[\"Steel\",\"Paper & Pulp\"],\"points\":5},"
            "{\"key\":\"e\",\"kind\":\"recency\",\"decay\":\"half\",\"days\":7,\"points\":20}"
            "]"),
        "[{\"key\":\"a\",\"kind\":\"has\",\"field\":\"email\",\"not\":true,\"points\":-15},"
        "{\"key\":\"b\",\"kind\":\"range\",\"field\":\"property\",\"property\":\"Team size\","
        "\"from\":20,\"points\":10},"
        "{\"key\":\"c\",\"kind\":\"per\",\"field\":\"events\",\"each\":5,\"points\":-1,"
        "\"most\":"
        "8},"
        "{\"key\":\"d\",\"kind\":\"match\",\"field\":\"industry\",\"op\":\"contains_not\","
        "\"values\":[\"Steel\",\"Paper & Pulp\"],\"lower\":[\"Steel\",\"Paper & Pulp\"],"
        "\"points\":5},"
        "{\"key\":\"e\",\"kind\":\"recency\",\"decay\":\"half\",\"days\":7,\"points\":20}]");
}

/* What the row of a rule says when it will not do; "" when it will. */
static struct str complaint(const struct score_form_row *row)
{
    struct score_form form = {.rows = {*row}, .n = 1};
    struct score_rule rules[SCORE_RULES_MAX];
    size_t n;
    bool right = score_form_rules(&ctx, &form, rules, &n);
    assert_int_equal(right, str_is_null(form.rows[0].wrong));
    assert_int_equal(ctx.err, ERR_NONE);
    return right ? STR("") : form.rows[0].wrong;
}

static void rules_that_will_not_do_say_why(void **state)
{
    (void)state;
    const struct score_form_row good = {
        .kind = SCORE_HAS, .field = STR("email"), .op = STR("known"), .points = STR("+15")};
    struct score_form_row row = good;
    same(complaint(&row), "");
    row.field = STR("");
    same(complaint(&row), "Choose what this rule looks at.");
    row = good;
    row.field = STR("password");
    same(complaint(&row), "Choose what this rule looks at.");
    static const char *const points[] = {"",     "0",   "many", "101",
                                         "-101", "1.5", "1e9",  "99999999"};
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        row = good;
        row.points = str_from(points[i]);
        assert_true(complaint(&row).n > 0);
    }
    row = (struct score_form_row){
        .kind = SCORE_RANGE, .field = STR("employees"), .from = STR("ten"), .points = STR("5")};
    same(complaint(&row), "A range is between two numbers.");
    row.from = STR("");
    assert_true(complaint(&row).n > 0); /* neither end */
    row.from = STR("50");
    row.to = STR("10");
    assert_true(complaint(&row).n > 0);
    row = (struct score_form_row){
        .kind = SCORE_PAGES, .value = STR("pricing"), .points = STR("5"), .most = STR("10")};
    assert_true(complaint(&row).n > 0);
    row.value = STR("/pricing*");
    same(complaint(&row), "");
    row = (struct score_form_row){.kind = SCORE_MATCH,
                                  .field = STR("industry"),
                                  .op = STR("is"),
                                  .value = STR(" , ,"),
                                  .points = STR("5")};
    assert_true(complaint(&row).n > 0);
    row = (struct score_form_row){
        .kind = SCORE_RECENCY, .field = STR("linear"), .from = STR("0"), .points = STR("5")};
    assert_true(complaint(&row).n > 0);
}

static void keys_are_told_apart(void **state)
{
    (void)state;
    struct score_form form = {.n = 4};
    struct score_rule rules[SCORE_RULES_MAX];
    size_t n;
    static const char *const keys[] = {"same", "same", "../x", ""};
    for (size_t i = 0; i < 4; i++) {
        form.rows[i] = (struct score_form_row){.kind = SCORE_HAS,
                                               .key = str_from(keys[i]),
                                               .field = STR("email"),
                                               .points = STR("1")};
    }
    assert_true(score_form_rules(&ctx, &form, rules, &n));
    same(rules[0].key, "same");
    for (size_t i = 0; i < n; i++) {
        assert_true(rules[i].key.n > 0);
        for (size_t k = 0; k < i; k++) {
            assert_false(str_eq(rules[i].key, rules[k].key));
        }
    }
}

static void buttons_move_and_remove(void **state)
{
    (void)state;
    struct score_form form = {.n = 0};
    for (size_t i = 0; i < SCORE_RULES_MAX + 5; i++) {
        score_form_add(&form, SCORE_HAS);
    }
    assert_int_equal(form.n, SCORE_RULES_MAX);
    form.n = 3;
    form.rows[0].key = STR("a");
    form.rows[1].key = STR("b");
    form.rows[2].key = STR("c");
    score_form_move(&form, 0, true);
    score_form_move(&form, 2, false);
    score_form_move(&form, 99, true);
    same(form.rows[0].key, "a");
    score_form_move(&form, 2, true);
    same(form.rows[1].key, "c");
    score_form_move(&form, 0, false);
    same(form.rows[0].key, "c");
    score_form_remove(&form, SIZE_MAX);
    score_form_remove(&form, 3);
    assert_int_equal(form.n, 3);
    score_form_remove(&form, 1);
    same(form.rows[1].key, "b");
}

static void lists_of_other_lengths_are_no_harm(void **state)
{
    (void)state;
    const struct str kinds[] = {STR("has"), STR("no such kind"), STR("recency")};
    const struct score_form_lists lists = {.kind = {kinds, 3}, .points = {kinds, 1}};
    struct score_form form;
    struct score_rule rules[SCORE_RULES_MAX];
    size_t n;
    score_form_read(&lists, &form);
    assert_int_equal(form.n, 2);
    assert_false(score_form_rules(&ctx, &form, rules, &n));
}

/* ---- the ideal customer ---- */

static bool reads(const char *match, const char *least, size_t n,
                  const struct ideal_form_row *rows, struct filter *out)
{
    struct ideal_form form = {.match = str_from(match), .least = str_from(least), .n = n};
    for (size_t i = 0; i < n; i++) {
        form.rows[i] = rows[i];
    }
    bool right = ideal_form_filter(&ctx, &form, out);
    assert_int_equal(right, str_is_null(form.wrong));
    assert_int_equal(ctx.err, ERR_NONE);
    return right;
}

static const struct ideal_form_row three[] = {
    {.field = STR_INIT("industry"), .op = STR_INIT("is"), .value = STR_INIT("Steel, Paper")},
    {.field = STR_INIT("employees"), .op = STR_INIT("between"), .value = STR_INIT("50, 500")},
    {.field = STR_INIT("account_property"),
     .property = STR_INIT("Plan"),
     .op = STR_INIT("known")}};

static void conditions_to_a_filter_and_back(void **state)
{
    (void)state;
    struct filter filter, again;
    struct ideal_form form;
    struct str json, twice;
    assert_true(reads("least", "2", 3, three, &filter));
    same(
        filter_sentence(&ctx, &filter, NULL),
        "at least 2 of (industry is Steel or Paper, employees is between 50 and 500, “Plan” of "
        "the company is known)");
    ideal_form_from_filter(&ctx, &filter, &form);
    same(form.match, "least");
    same(form.rows[0].value, "Steel, Paper");
    same(form.rows[2].property, "Plan");
    assert_true(ideal_form_filter(&ctx, &form, &again));
    assert_int_equal(filter_json(&ctx, &filter, &json), ERR_NONE);
    assert_int_equal(filter_json(&ctx, &again, &twice), ERR_NONE);
    assert_true(str_eq(json, twice));
    assert_true(reads("all", "", 3, three, &filter));
    assert_int_equal(filter.root.match, FILTER_ALL);
    assert_true(reads("any", "9", 3, three, &filter));
    assert_int_equal(filter.root.least, 0);
}

static void conditions_that_will_not_do(void **state)
{
    (void)state;
    struct filter filter;
    static const struct ideal_form_row bad[] = {
        {.field = STR_INIT(""), .op = STR_INIT("is"), .value = STR_INIT("x")},
        {.field = STR_INIT("email"), .op = STR_INIT("known")},
        {.field = STR_INIT("score"), .op = STR_INIT("greater"), .value = STR_INIT("5")},
        {.field = STR_INIT("leads"), .op = STR_INIT("greater"), .value = STR_INIT("5")},
        {.field = STR_INIT("industry"), .op = STR_INIT("above"), .value = STR_INIT("x")},
        {.field = STR_INIT("employees"), .op = STR_INIT("greater"), .value = STR_INIT("many")},
        {.field = STR_INIT("employees"), .op = STR_INIT("between"), .value = STR_INIT("5")},
        {.field = STR_INIT("account_property"), .op = STR_INIT("known")}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(reads("all", "", 1, &bad[i], &filter));
    }
    static const struct ideal_form_row blank[] = {
        {.field = STR_INIT("industry"), .op = STR_INIT("is")}};
    assert_false(reads("all", "", 1, blank, &filter)); /* left out, and then there is none */
    assert_false(reads("least", "4", 3, three, &filter));
    assert_false(reads("least", "two", 3, three, &filter));
    assert_false(reads("least", "-1", 3, three, &filter));
}

static void a_new_profile_asks_for_three_things(void **state)
{
    (void)state;
    struct ideal_form form;
    struct filter filter;
    ideal_form_begin(&form);
    assert_int_equal(form.n, 3);
    form.rows[2].value = STR("Austria");
    assert_true(ideal_form_filter(&ctx, &form, &filter));
    same(filter_sentence(&ctx, &filter, NULL), "country is Austria");
    ideal_form_remove(&form, 7);
    ideal_form_remove(&form, 0);
    assert_int_equal(form.n, 2);
    for (size_t i = 0; i < IDEAL_CONDITIONS_MAX; i++) {
        ideal_form_add(&form);
    }
    assert_int_equal(form.n, IDEAL_CONDITIONS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_preset_goes_through_the_form),
        TEST(every_kind_goes_through_the_form),
        TEST(rules_that_will_not_do_say_why),
        TEST(keys_are_told_apart),
        TEST(buttons_move_and_remove),
        TEST(lists_of_other_lengths_are_no_harm),
        TEST(conditions_to_a_filter_and_back),
        TEST(conditions_that_will_not_do),
        TEST(a_new_profile_asks_for_three_things),
    };
    return cmocka_run_group_tests_name("score_form", tests, NULL, NULL);
}
