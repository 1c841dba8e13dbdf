/* The leadscore without a database: rules, what they bring, and that parts add up. */
#include "fcgi/score_draw.h"
#include "shared/clock.h"
#include "shared/score_preset.h"
#include "shared/score_preview.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DAY INT64_C(1780272000000000) /* 2026-06-01 */

static struct ctx ctx;

static void same(struct str is, const char *want)
{
    if (!str_eq(is, str_from(want))) {
        fail_msg("“%.*s”, not “%s”", STR_ARG(is), want);
    }
}

static struct score_formula formula_of(const char *json)
{
    struct score_rule *rules;
    struct score_formula formula;
    size_t n;
    if (score_rules_read(&ctx, str_from(json), &rules, &n) != ERR_NONE) {
        fail_msg("%s: %.*s", json, STR_ARG(ctx.why));
    }
    score_formula_make(ctx.arena, 7, rules, n, &formula);
    return formula;
}

static struct score_formula balanced(void)
{
    struct score_formula formula = formula_of(score_preset(0)->rules);
    formula.version = 0;
    return formula;
}

static struct score_input nobody(void)
{
    struct score_input input = {.last_at = DAY};
    for (size_t i = 0; i < sizeof(input.numbers) / sizeof(input.numbers[0]); i++) {
        input.numbers[i] = i < 2 ? (double)NAN : 0;
    }
    return input;
}

static double *number(struct score_input *input, enum score_field_id field)
{
    return &input->numbers[field - SCORE_EMPLOYEES];
}

static int total(const char *json, const struct score_input *input)
{
    struct score_formula formula = formula_of(json);
    struct score score;
    score_of(&formula, input, DAY, &score);
    return score.total;
}

/* ---- the default ---- */

static void the_default_is_what_it_was(void **state)
{
    (void)state;
    struct score_formula formula = balanced();
    struct score s;
    struct score_input all = nobody(), some = nobody(), none = nobody();
    all.texts[SCORE_EMAIL] = all.texts[SCORE_PHONE] = all.texts[SCORE_COMPANY] = STR("?");
    *number(&all, SCORE_SESSIONS) = *number(&all, SCORE_PAGEVIEWS) =
        *number(&all, SCORE_FORMS) = INT32_MAX;
    score_of(&formula, &all, DAY, &s);
    assert_int_equal(s.total, 100);
    some.texts[SCORE_EMAIL] = STR("?");
    some.last_at = DAY - 4 * CLOCK_DAY;
    *number(&some, SCORE_SESSIONS) = 4;
    *number(&some, SCORE_PAGEVIEWS) = 9;
    *number(&some, SCORE_FORMS) = 1;
    score_of(&formula, &some, DAY, &s);
    same(score_json(ctx.arena, &formula, &s),
         "[[\"email\", 15], [\"sessions\", 4], [\"pageviews\", 4], [\"forms\", 5], "
         "[\"recency\", 13]]");
    assert_int_equal(s.total, 41);
    score_of(&formula, &all, DAY - CLOCK_DAY, &s); /* a clock that is wrong */
    assert_int_equal(s.total, 100);
    for (int days = 0; days < 40; days++) {
        score_of(&formula, &none, DAY + days * CLOCK_DAY, &s);
        assert_int_equal(s.total, days < 30 ? 15 - days / 2 : 0);
    }
    same(score_json(ctx.arena, &formula, &s), "[]");
    assert_true(formula.plain);
    assert_false(formula.of_account);
    assert_int_equal(formula.horizon_days, 30);
}

static void presets_can_be_used(void **state)
{
    (void)state;
    size_t n = 0;
    for (; score_preset(n) != NULL; n++) {
        struct score_formula formula = formula_of(score_preset(n)->rules);
        struct str json;
        struct score_rule *again;
        size_t n_again;
        int most = 0;
        for (size_t i = 0; i < formula.n_rules; i++) {
            most += formula.rules[i].most;
        }
        assert_in_range(most, 90, 120);
        assert_int_equal(score_rules_write(&ctx, formula.rules, formula.n_rules, &json),
                         ERR_NONE);
        assert_int_equal(score_rules_read(&ctx, json, &again, &n_again), ERR_NONE);
        assert_int_equal(n_again, formula.n_rules);
        assert_ptr_equal(score_preset_find(str_from(score_preset(n)->name)), score_preset(n));
    }
    assert_int_equal(n, 4);
    assert_null(score_preset_find(STR("none")));
}

/* ---- each kind of rule ---- */

static void rules_bring_their_points(void **state)
{
    (void)state;
    struct score_input input = nobody();
    const struct str properties[] = {STR("20-50"), STR("12.5")};
    const int64_t tags[] = {4}, hits[] = {0, 3};
    input.properties = (struct sql_strs){properties, 2};
    input.tags = (struct sql_i64s){tags, 1};
    input.hits = (struct sql_i64s){hits, 2};
    input.texts[SCORE_INDUSTRY] = STR("book publishing");
    input.texts[SCORE_TECHNOLOGIES] = STR("shopify\nreact");
    *number(&input, SCORE_EMPLOYEES) = 50;
    *number(&input, SCORE_PAGEVIEWS) = 9;
#define RULE(text) "[{\"key\":\"a\"," text "}]"
    static const struct {
        const char *rule;
        int want;
    } rows[] = {
        {RULE("\"kind\":\"has\",\"field\":\"industry\",\"points\":9"), 9},
        {RULE("\"kind\":\"has\",\"field\":\"city\",\"points\":9"), 0},
        {RULE("\"kind\":\"has\",\"field\":\"city\",\"not\":true,\"points\":9"), 9},
        {RULE("\"kind\":\"has\",\"field\":\"employees\",\"points\":9"), 9},
        {RULE("\"kind\":\"has\",\"field\":\"founded\",\"points\":9"), 0},
        {RULE("\"kind\":\"has\",\"field\":\"property\",\"property\":\"Team\",\"points\":9"), 9},
        {RULE("\"kind\":\"range\",\"field\":\"employees\",\"from\":50,\"to\":50,\"points\":7"),
         7},
        {RULE("\"kind\":\"range\",\"field\":\"employees\",\"from\":51,\"points\":7"), 0},
        {RULE("\"kind\":\"range\",\"field\":\"employees\",\"to\":49.5,\"points\":7"), 0},
        {RULE("\"kind\":\"range\",\"field\":\"founded\",\"to\":3000,\"points\":7"), 0},
        {RULE("\"kind\":\"range\",\"field\":\"forms\",\"to\":0,\"points\":7"), 7},
        {RULE("\"kind\":\"range\",\"field\":\"property\",\"property\":\"x\",\"to\":30,"
              "\"points\":7"),
         0}, /* "20-50" is no number */
        {RULE("\"kind\":\"per\",\"field\":\"pageviews\",\"each\":2,\"points\":3,\"most\":10"),
         10},
        {RULE("\"kind\":\"per\",\"field\":\"pageviews\",\"each\":4,\"points\":3,\"most\":10"),
         6},
        {RULE("\"kind\":\"per\",\"field\":\"pageviews\",\"each\":10,\"points\":3,\"most\":10"),
         0},
        {RULE("\"kind\":\"match\",\"field\":\"industry\",\"op\":\"is\",\"values\":[\"Media\","
              "\"Book Publishing\"],\"lower\":[\"media\",\"book publishing\"],\"points\":8"),
         8},
        {RULE("\"kind\":\"match\",\"field\":\"industry\",\"op\":\"is\",\"values\":[\"book\"],"
              "\"points\":8"),
         0},
        {RULE("\"kind\":\"match\",\"field\":\"industry\",\"op\":\"contains\",\"values\":["
              "\"book\"],"
              "\"points\":8"),
         8},
        {RULE("\"kind\":\"match\",\"field\":\"industry\",\"op\":\"contains_not\",\"values\":"
              "[\"book\"],\"points\":8"),
         0},
        {RULE("\"kind\":\"match\",\"field\":\"country\",\"op\":\"is_not\",\"values\":[\"nl\"],"
              "\"points\":8"),
         8}, /* not known is not it */
        {RULE("\"kind\":\"match\",\"field\":\"country\",\"op\":\"is\",\"values\":[\"nl\"],"
              "\"points\":8"),
         0},
        {RULE("\"kind\":\"match\",\"field\":\"technologies\",\"op\":\"is\",\"values\":["
              "\"react\"],"
              "\"points\":8"),
         8},
        {RULE("\"kind\":\"tag\",\"tag\":\"4\",\"points\":6"), 6},
        {RULE("\"kind\":\"tag\",\"tag\":\"5\",\"points\":6"), 0},
        {RULE("\"kind\":\"recency\",\"decay\":\"half\",\"days\":7,\"points\":6"), 6},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (total(rows[i].rule, &input) != rows[i].want) {
            fail_msg("%s brings %d", rows[i].rule, total(rows[i].rule, &input));
        }
    }
    /* Patterns and properties have a place each. */
    assert_int_equal(
        total(
            "[{\"key\":\"a\",\"kind\":\"pages\",\"pages\":\"/"
            "a\",\"pattern\":\"8\",\"points\":5,"
            "\"most\":12},{\"key\":\"b\",\"kind\":\"target\",\"target\":\"1\",\"points\":5,"
            "\"most\":12},{\"key\":\"c\",\"kind\":\"has\",\"field\":\"property\",\"property\":"
            "\"a\",\"points\":20},{\"key\":\"d\",\"kind\":\"range\",\"field\":\"property\","
            "\"property\":\"b\",\"from\":12,\"points\":40}]",
            &input),
        72);
}

static void half_lives(void **state)
{
    (void)state;
    struct score_formula formula = formula_of(
        "[{\"key\":\"a\",\"kind\":\"recency\",\"decay\":\"half\",\"days\":7,\"points\":40}]");
    struct score_input input = nobody();
    static const int want[][2] = {{0, 40}, {6, 22}, {7, 20}, {14, 10},
                                  {28, 3}, {42, 1}, {45, 0}};
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct score score;
        score_of(&formula, &input, DAY + want[i][0] * CLOCK_DAY, &score);
        assert_int_equal(score.total, want[i][1]);
        score_of(&formula, &input, DAY + want[i][0] * CLOCK_DAY + CLOCK_DAY - 1, &score);
        assert_int_equal(score.total, want[i][1]); /* whole days */
    }
    struct score score;
    score_of(&formula, &input, DAY + formula.horizon_days * CLOCK_DAY, &score);
    assert_int_equal(score.total, 0);
}

/* ---- the sum ---- */

static void what_is_too_much_is_cut_from_the_end(void **state)
{
    (void)state;
    struct score score;
    struct score_input input = nobody();
#define HAS_NOT(key, points)                                                                   \
    "{\"key\":\"" key "\",\"kind\":\"has\",\"field\":\"city\",\"not\":true,\"points\":" points \
    "}"
    struct score_formula much = formula_of("[" HAS_NOT("a", "70") "," HAS_NOT(
        "b", "50") "," HAS_NOT("c", "20") "," HAS_NOT("d", "-10") "]");
    score_of(&much, &input, DAY, &score);
    same(score_json(ctx.arena, &much, &score), "[7, [\"a\", 70], [\"b\", 40], [\"d\", -10]]");
    assert_int_equal(score.total, 100);
    struct score_formula little =
        formula_of("[" HAS_NOT("a", "-70") "," HAS_NOT("b", "-50") "," HAS_NOT("c", "90") "]");
    score_of(&little, &input, DAY, &score);
    same(score_json(ctx.arena, &little, &score),
         "[7, [\"a\", -70], [\"b\", -20], [\"c\", 90]]");
    assert_int_equal(score.total, 0);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Whatever the rules and the lead: 0 to 100, the parts make it, none has the wrong sign or is
 * more than its rule can bring, and the order of the rules changes nothing of the score. */
static void parts_always_add_up(void **state)
{
    (void)state;
    uint32_t seed = 11;
    for (int round = 0; round < 3000; round++) {
        struct score_rule rules[SCORE_RULES_MAX], reversed[SCORE_RULES_MAX];
        struct score_formula formula, backwards;
        struct score score, other;
        struct score_input input = nobody();
        size_t n = next(&seed) % SCORE_RULES_MAX + 1;
        for (size_t i = 0; i < n; i++) {
            int32_t points = (int32_t)(next(&seed) % 201) - 100;
            rules[i] = (struct score_rule){.key = STR("k"),
                                           .kind = next(&seed) % 2 ? SCORE_PER : SCORE_HAS,
                                           .field = SCORE_CITY,
                                           .negative = next(&seed) % 2,
                                           .points = points,
                                           .most = points < 0 ? -points : points,
                                           .each = 1 + next(&seed) % 5};
            if (rules[i].kind == SCORE_PER) {
                rules[i].field = SCORE_SESSIONS;
                rules[i].most += (int32_t)(next(&seed) % 40);
            }
        }
        for (size_t i = 0; i < n; i++) {
            reversed[i] = rules[n - 1 - i];
        }
        *number(&input, SCORE_SESSIONS) = next(&seed) % 40;
        score_formula_make(ctx.arena, 1, rules, n, &formula);
        score_formula_make(ctx.arena, 1, reversed, n, &backwards);
        score_of(&formula, &input, DAY, &score);
        score_of(&backwards, &input, DAY, &other);
        int sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += score.parts[i];
            assert_true(score.parts[i] == 0 || (score.parts[i] > 0) == (rules[i].points > 0));
            assert_true(abs(score.parts[i]) <= rules[i].most);
        }
        assert_int_equal(sum, score.total);
        assert_in_range(score.total, 0, 100);
        assert_int_equal(score.total, other.total);
        arena_reset(ctx.arena);
    }
}

/* ---- reading and checking ---- */

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "null",
        "[7]",
        "[{}]",
        "[{\"key\":\"a\",\"kind\":\"has\"}]",
        RULE("\"kind\":\"has\",\"field\":\"email\",\"points\":0"),
        RULE("\"kind\":\"has\",\"field\":\"email\",\"points\":101"),
        RULE("\"kind\":\"has\",\"field\":\"email\",\"points\":-101"),
        RULE("\"kind\":\"has\",\"field\":\"email\",\"points\":1.5"),
        RULE("\"kind\":\"has\",\"field\":\"email\",\"points\":\"5\""),
        RULE("\"kind\":\"has\",\"field\":\"password\",\"points\":5"),
        RULE("\"kind\":\"has\",\"field\":\"sessions\",\"points\":5"),
        RULE("\"kind\":\"has\",\"field\":\"property\",\"points\":5"),
        RULE("\"kind\":\"has\",\"field\":\"property\",\"property\":\"a\\nb\",\"points\":5"),
        RULE("\"kind\":\"sql\",\"points\":5"),
        RULE("\"kind\":\"range\",\"field\":\"employees\",\"points\":5"),
        RULE("\"kind\":\"range\",\"field\":\"employees\",\"from\":5,\"to\":4,\"points\":5"),
        RULE("\"kind\":\"range\",\"field\":\"employees\",\"from\":1e300,\"points\":5"),
        RULE("\"kind\":\"range\",\"field\":\"industry\",\"from\":5,\"points\":5"),
        RULE("\"kind\":\"per\",\"field\":\"forms\",\"points\":5,\"most\":10"),
        RULE("\"kind\":\"per\",\"field\":\"forms\",\"each\":0,\"points\":5,\"most\":10"),
        RULE("\"kind\":\"per\",\"field\":\"forms\",\"each\":1.5,\"points\":5,\"most\":10"),
        RULE("\"kind\":\"per\",\"field\":\"forms\",\"each\":1,\"points\":5,\"most\":4"),
        RULE("\"kind\":\"per\",\"field\":\"forms\",\"each\":1,\"points\":5,\"most\":101"),
        RULE("\"kind\":\"per\",\"field\":\"employees\",\"each\":1,\"points\":5,\"most\":10"),
        RULE("\"kind\":\"match\",\"field\":\"city\",\"op\":\"is\",\"values\":[],\"points\":5"),
        RULE("\"kind\":\"match\",\"field\":\"city\",\"op\":\"like\",\"values\":[\"a\"],"
             "\"points\":5"),
        RULE("\"kind\":\"match\",\"field\":\"city\",\"op\":\"is\",\"values\":[\"\"],\"points\":"
             "5"),
        RULE("\"kind\":\"match\",\"field\":\"city\",\"op\":\"is\",\"values\":[7],\"points\":5"),
        RULE("\"kind\":\"pages\",\"pages\":\"pricing\",\"points\":5,\"most\":5"),
        RULE("\"kind\":\"target\",\"points\":5,\"most\":5"),
        RULE("\"kind\":\"tag\",\"tag\":\"-4\",\"points\":5"),
        RULE("\"kind\":\"recency\",\"days\":0,\"points\":5"),
        RULE("\"kind\":\"recency\",\"days\":99999,\"points\":5"),
        RULE("\"kind\":\"recency\",\"days\":9,\"points\":-5"),
        "[{\"key\":\"A B\",\"kind\":\"tag\",\"tag\":\"4\",\"points\":5}]",
        "[{\"key\":\"a\",\"kind\":\"tag\",\"tag\":\"4\",\"points\":5},"
        "{\"key\":\"a\",\"kind\":\"tag\",\"tag\":\"5\",\"points\":5}]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct score_rule *rules;
        size_t n;
        enum err err = score_rules_read(&ctx, str_from(bad[i]), &rules, &n);
        if (err != ERR_INVALID || ctx.why.n == 0) {
            fail_msg("%s was taken", bad[i]);
        }
        ctx_clear(&ctx);
    }
    struct sb sb;
    sb_init(&sb, ctx.arena, 100000);
    SB_LIT(&sb, "[");
    for (int i = 0; i <= SCORE_RULES_MAX; i++) {
        sb_printf(&sb, "%s{\"key\":\"k%d\",\"kind\":\"tag\",\"tag\":\"4\",\"points\":5}",
                  i ? "," : "", i);
    }
    SB_LIT(&sb, "]");
    struct score_rule *rules;
    size_t n;
    assert_int_equal(score_rules_read(&ctx, sb_view(&sb), &rules, &n), ERR_INVALID);
    ctx_clear(&ctx);
}

static void new_rules_get_a_key(void **state)
{
    (void)state;
    struct score_rule rules[] = {{.key = STR_INIT("r2")},
                                 {.key = STR_INIT("")},
                                 {.key = STR_INIT("email")},
                                 {.key = {0}}};
    score_rules_name(&ctx, rules, 4);
    same(rules[1].key, "r1");
    same(rules[3].key, "r3");
}

static void rules_are_told_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *words, *name, *worth;
    } rows[] = {
        {RULE("\"kind\":\"has\",\"field\":\"email\",\"points\":15"), "email is known", "email",
         "+15"},
        {RULE("\"kind\":\"has\",\"field\":\"phone\",\"not\":true,\"points\":-5"),
         "phone is not known", "phone is not known", "-5"},
        {RULE("\"kind\":\"range\",\"field\":\"employees\",\"from\":50,\"to\":500,\"points\":5"),
         "employees from 50 to 500", "employees from 50 to 500", "+5"},
        {RULE("\"kind\":\"range\",\"field\":\"employees\",\"from\":50,\"points\":5"),
         "employees at least 50", "employees at least 50", "+5"},
        {RULE("\"kind\":\"range\",\"field\":\"employees\",\"to\":9.5,\"points\":5"),
         "employees at most 9.5", "employees at most 9.5", "+5"},
        {RULE("\"kind\":\"per\",\"field\":\"pageviews\",\"each\":2,\"points\":1,\"most\":20"),
         "every 2 pageviews", "pageviews", "+1 each time, +20 at most"},
        {RULE("\"kind\":\"per\",\"field\":\"forms\",\"each\":1,\"points\":5,\"most\":20"),
         "each form", "forms", "+5 each time, +20 at most"},
        {RULE(
             "\"kind\":\"match\",\"field\":\"industry\",\"op\":\"is\",\"values\":[\"A\",\"B\"],"
             "\"points\":5"),
         "industry is A or B", "industry is A or B", "+5"},
        {RULE("\"kind\":\"pages\",\"pages\":\"/pricing*\",\"points\":5,\"most\":15"),
         "each view of /pricing*", "/pricing*", "+5 each time, +15 at most"},
        {RULE("\"kind\":\"target\",\"target\":\"3\",\"name\":\"Demo\",\"points\":5,\"most\":5"),
         "target Demo reached", "Demo", "+5 each time, +5 at most"},
        {RULE("\"kind\":\"tag\",\"tag\":\"3\",\"points\":-30"), "tagged (deleted)",
         "tagged (deleted)", "-30"},
        {RULE("\"kind\":\"recency\",\"decay\":\"half\",\"days\":7,\"points\":15"),
         "active lately, halved every 7 days", "recency", "up to +15"},
        {RULE("\"kind\":\"recency\",\"decay\":\"linear\",\"days\":30,\"points\":15"),
         "active lately, fading in 30 days", "recency", "up to +15"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct score_formula formula = formula_of(rows[i].rule);
        same(score_rule_words(&ctx, formula.rules), rows[i].words);
        same(score_rule_name(&ctx, formula.rules), rows[i].name);
        same(score_rule_worth(&ctx, formula.rules), rows[i].worth);
    }
}

/* ---- drawing ---- */

static void parts_are_drawn(void **state)
{
    (void)state;
    struct score_formula formula = balanced();
    const struct sql_score_cause cause = {.email = STR("jane@a.example"),
                                          .forms = 2,
                                          .form = STR("Contact"),
                                          .form_url = STR("javascript:alert(1)"),
                                          .form_at = DAY,
                                          .account_null = true};
    struct score_draw draw = {
        .formula = &formula,
        .lead = 9,
        .cause = &cause,
        .parts = STR("[[\"email\", 15],[\"forms\",5],[\"forms\",\"x\"],[\"other\",9],7,[]]")};
    const struct score_part_view *parts = score_draw_parts(&ctx, &draw);
    assert_int_equal(parts[0].percent, 100);
    same(parts[0].earned, "jane@a.example");
    same(parts[0].url, "/leads/9");
    assert_int_equal(parts[5].value, 5);
    assert_int_equal(parts[5].percent, 25);
    same(parts[5].earned, "2, the last: Contact");
    same(parts[5].url, "/leads/9"); /* not where the form says it was */
    assert_int_equal(parts[2].value, 0);
    assert_int_equal(parts[2].most, 5);
    assert_true(str_is_empty(parts[2].earned));
    draw.parts = STR("{broken");
    assert_int_equal(score_draw_parts(&ctx, &draw)[0].value, 0);
    draw.parts = STR("[3, [\"email\", 1000000]]");
    assert_int_equal(score_draw_parts(&ctx, &draw)[0].value, 0);
    assert_int_equal(score_draw_version(&ctx, draw.parts), 3);
    assert_int_equal(score_draw_version(&ctx, STR("[[\"email\", 15]]")), 0);
    assert_int_equal(score_draw_version(&ctx, STR("[-3]")), 0);
    assert_int_equal(score_draw_version(&ctx, STR("")), 0);
}

/* ---- preview ---- */

static struct score_lead lead(int64_t id, int was, int64_t last_at)
{
    return (struct score_lead){.id = id, .was = (int16_t)was, .input = {.last_at = last_at}};
}

static void the_preview_tells_who_comes_and_who_goes(void **state)
{
    (void)state;
    struct score_formula formula = balanced();
    struct score_preview *preview = ARENA_NEW(ctx.arena, struct score_preview);
    score_preview_init(preview);
    for (int i = 0; i < 100; i++) { /* 0..99 become 99..0 */
        struct score_lead one = lead(i + 1, i, DAY + i);
        struct score score = {.total = (int16_t)(99 - i)};
        score.parts[0] = score.total;
        score_preview_add(preview, &one, &score);
    }
    struct str json;
    struct score_preview_result result;
    assert_int_equal(score_preview_json(&ctx, &formula, preview, &json), ERR_NONE);
    assert_int_equal(score_preview_read(&ctx, json, &result), ERR_NONE);
    assert_int_equal(result.leads, 100);
    assert_int_equal(result.changed, 100);
    assert_int_equal(result.before[0], 10);
    assert_int_equal(result.after[9], 10);
    assert_int_equal(result.n_top, 20);
    assert_int_equal(result.n_left, 20);
    assert_int_equal(result.top[0].lead, 1);
    assert_int_equal(result.top[0].is_rank, 1);
    assert_int_equal(result.top[0].was_rank, 0);
    assert_int_equal(result.left[0].lead, 100);
    assert_int_equal(result.left[0].was_rank, 1);
    assert_int_equal(result.n_rises, 5);
    assert_int_equal(result.rises[0].is - result.rises[0].was, 99);
    assert_int_equal(result.falls[0].lead, 100);
    same(result.top[0].parts, "[[\"email\",99]]");
}

static void of_equals_the_latest_is_better(void **state)
{
    (void)state;
    struct score_formula formula = balanced();
    struct score_preview *preview = ARENA_NEW(ctx.arena, struct score_preview);
    score_preview_init(preview);
    for (int i = 0; i < 30; i++) {
        struct score_lead one = lead(100 - i, 50, DAY + i % 3);
        score_preview_add(preview, &one, &(struct score){.total = 50});
    }
    struct str json;
    struct score_preview_result result;
    assert_int_equal(score_preview_json(&ctx, &formula, preview, &json), ERR_NONE);
    assert_int_equal(score_preview_read(&ctx, json, &result), ERR_NONE);
    assert_int_equal(result.changed, 0);
    assert_int_equal(result.n_left, 0);
    assert_int_equal(result.top[0].lead, 71); /* the smallest id of the latest */
    assert_int_equal(result.n_rises + result.n_falls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_what_it_was),
        cmocka_unit_test(presets_can_be_used),
        cmocka_unit_test(rules_bring_their_points),
        cmocka_unit_test(half_lives),
        cmocka_unit_test(what_is_too_much_is_cut_from_the_end),
        cmocka_unit_test(parts_always_add_up),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(new_rules_get_a_key),
        cmocka_unit_test(rules_are_told_in_words),
        cmocka_unit_test(parts_are_drawn),
        cmocka_unit_test(the_preview_tells_who_comes_and_who_goes),
        cmocka_unit_test(of_equals_the_latest_is_better),
    };
    ctx.arena = arena_new(64 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(ctx.arena);
    return failed;
}
