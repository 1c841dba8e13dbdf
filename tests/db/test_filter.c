/* filter.h: trees that are read and refused, and what the compiled SQL finds, compared with a
 * plain evaluator over the same accounts for thousands of random trees. */
#include "shared/filter.h"
#include "shared/clock.h"
#include "shared/json.h"
#include "tests/db/testdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define N_ACCOUNTS 60
#define RANDOM_TREES 2000

static struct testdb t;

/* The same little company data in C and in the database. */
struct company {
    int64_t id;
    const char *name, *industry, *country; /* NULL: unknown */
    int employees;                         /* -1: unknown */
    int score;
    const char *tag; /* NULL: none */
};
static struct company companies[N_ACCOUNTS];

static uint64_t seed = 42;

static size_t pick(size_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(seed >> 33) % n;
}

static const char *const names[] = {"Acme",    "ACME Tools", "Müller", "müller & Sohn",
                                    "50% off", "a_b",        "O'Hara", "Zeta \\ Co"};
static const char *const industries[] = {"Publishing", "Steel", "steel", NULL};
static const char *const countries[] = {"Netherlands", "Germany", NULL};
static const char *const tags[] = {"Customer", "Partner", NULL};

static const char *sql_text(const char *text)
{
    if (text == NULL) {
        return "null";
    }
    struct sb sb;
    sb_init(&sb, t.keep, 200);
    SB_LIT(&sb, "'");
    for (; *text != '\0'; text++) {
        sb_str(&sb, *text == '\'' ? STR("''") : (struct str){.p = text, .n = 1});
    }
    SB_LIT(&sb, "'");
    return arena_cstr(t.keep, sb_view(&sb));
}

static void insert_company(struct company *c)
{
    struct str employees =
        c->employees < 0 ? STR("null") : arena_print(t.keep, "%d", c->employees);
    struct str sql =
        arena_print(t.keep,
                    "insert into account (dataset_id, id, domain, name, industry, country, "
                    "employees, score, "
                    "first_at, last_at) values (1, %lld, 'c%lld.example', %s, %s, %s, %.*s, "
                    "%d, now(), now())",
                    (long long)c->id, (long long)c->id, sql_text(c->name),
                    sql_text(c->industry), sql_text(c->country), STR_ARG(employees), c->score);
    testdb_exec(&t, sql.p);
    if (c->tag != NULL) {
        testdb_exec(
            &t, arena_print(t.keep,
                            "insert into account_tag (dataset_id, account_id, tag_id) select "
                            "1, %lld, id from tag where name = %s",
                            (long long)c->id, sql_text(c->tag))
                    .p);
    }
}

static int open_db(void **state)
{
    *state = &t;
    testdb_open(&t, true);
    testdb_exec(&t,
                "insert into tag (dataset_id, name) values (1, 'Customer'), (1, 'Partner')");
    for (size_t i = 0; i < N_ACCOUNTS; i++) {
        companies[i] = (struct company){
            .id = (int64_t)i + 1,
            .name = names[pick(sizeof(names) / sizeof(names[0]))],
            .industry = industries[pick(sizeof(industries) / sizeof(industries[0]))],
            .country = countries[pick(sizeof(countries) / sizeof(countries[0]))],
            .employees = pick(4) == 0 ? -1 : (int)pick(6) * 100,
            .score = (int)pick(5) * 20,
            .tag = tags[pick(sizeof(tags) / sizeof(tags[0]))],
        };
        insert_company(&companies[i]);
    }
    /* Another dataset's company must never be found. */
    testdb_exec(
        &t, "insert into account (dataset_id, id, domain, name, industry, employees) values "
            "(2, 500, 'other.example', 'Acme', 'Steel', 100)");
    return 0;
}

static int close_db(void **state)
{
    (void)state;
    testdb_close(&t);
    return 0;
}

static struct sql_i64s find(const struct filter_node *filter)
{
    struct sql_i64s ids;
    struct filter_query query = {.dataset = 1, .filter = filter, .limit = 1000};
    assert_int_equal(filter_accounts(&t.ctx, t.db, &query, &ids), ERR_NONE);
    int64_t count = 0;
    assert_int_equal(filter_count(&t.ctx, t.db, &query, &count), ERR_NONE);
    assert_int_equal(count, ids.n);
    return ids;
}

static struct filter_node parsed(const char *json)
{
    struct filter_node root;
    if (filter_parse(&t.ctx, str_from(json), &root) != ERR_NONE) {
        fail_msg("%.*s", STR_ARG(t.ctx.why));
    }
    return root;
}

static void empty_group_matches_everything(void **state)
{
    (void)state;
    struct filter_node root = parsed("{\"version\":1,\"match\":\"all\",\"conditions\":[]}");
    assert_int_equal(find(&root).n, N_ACCOUNTS);
    assert_true(str_eq(filter_sentence(&t.ctx, &root), STR("every company")));
    assert_int_equal(find(NULL).n, N_ACCOUNTS);
}

static void limits_of_a_query(void **state)
{
    (void)state;
    const int64_t some[] = {3, 5, 500};
    struct sql_i64s ids;
    struct filter_query query = {.dataset = 1, .accounts = {.v = some, .n = 3}, .limit = 1000};
    assert_int_equal(filter_accounts(&t.ctx, t.db, &query, &ids), ERR_NONE);
    assert_int_equal(ids.n, 2);
    query = (struct filter_query){.dataset = 1, .after_id = 10, .limit = 5};
    assert_int_equal(filter_accounts(&t.ctx, t.db, &query, &ids), ERR_NONE);
    assert_int_equal(ids.n, 5);
    assert_int_equal(ids.v[0], 11);
    query = (struct filter_query){
        .dataset = 1, .active_since_at = clock_now() + CLOCK_DAY, .limit = 5};
    assert_int_equal(filter_accounts(&t.ctx, t.db, &query, &ids), ERR_NONE);
    assert_int_equal(ids.n, 0);
}

static void round_trip_and_sentence(void **state)
{
    (void)state;
    struct filter_node root = parsed(
        "{\"version\":1,\"match\":\"any\",\"conditions\":[{\"field\":\"industry\",\"op\":"
        "\"is\","
        "\"values\":[\"Steel\",\"Publishing\"]},{\"match\":\"all\",\"conditions\":[{\"field\":"
        "\"employees\",\"op\":\"between\",\"values\":[\"10\",\"500\"]},{\"field\":\"last_"
        "seen\","
        "\"op\":\"after\",\"values\":[\"30d\"]}]}]}");
    struct str sentence = filter_sentence(&t.ctx, &root);
    assert_string_equal(
        arena_cstr(t.ctx.arena, sentence),
        "industry is Steel or Publishing or (employees is between 10 and 500 and "
        "last seen is after 30d ago)");
    struct str json;
    assert_int_equal(filter_json(&t.ctx, &root, &json), ERR_NONE);
    struct filter_node again = parsed(arena_cstr(t.ctx.arena, json));
    assert_true(str_eq(filter_sentence(&t.ctx, &again), sentence));
}

static void refused_trees(void **state)
{
    static const char *const trees[] = {
        "",
        "[]",
        "{}",
        "{\"version\":2,\"match\":\"all\",\"conditions\":[]}",
        "{\"version\":1,\"match\":\"none\",\"conditions\":[]}",
        "{\"version\":1,\"match\":\"all\"}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"password\",\"op\":"
        "\"is\",\"values\":[\"x\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"company\",\"op\":\"is\","
        "\"values\":[]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"company\",\"op\":\"is\","
        "\"values\":[\"\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"company\",\"op\":"
        "\"greater\",\"values\":[\"1\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"company\",\"op\":\"; "
        "drop table account\",\"values\":[\"1\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"employees\",\"op\":"
        "\"greater\",\"values\":[\"many\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"employees\",\"op\":"
        "\"between\",\"values\":[\"1\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"last_seen\",\"op\":"
        "\"after\",\"values\":[\"2026-02-30\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"channel\",\"op\":\"is\","
        "\"values\":[\"pigeon\"]}]}",
        "{\"version\":1,\"match\":\"all\",\"conditions\":[{\"field\":\"employees\",\"op\":"
        "\"is\",\"values\":[\"nan\"]}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
        struct filter_node root;
        ctx_clear(&t.ctx);
        if (filter_parse(&t.ctx, str_from(trees[i]), &root) != ERR_INVALID ||
            t.ctx.why.n == 0) {
            fail_msg("taken: %s", trees[i]);
        }
    }
}

static void refused_sizes(void **state)
{
    (void)state;
    struct sb deep;
    sb_init(&deep, t.ctx.arena, 4096);
    SB_LIT(&deep, "{\"version\":1,");
    for (int i = 0; i < FILTER_DEPTH + 1; i++) {
        sb_str(&deep, i == 0 ? STR("") : STR("{"));
        SB_LIT(&deep, "\"match\":\"all\",\"conditions\":[");
    }
    for (int i = 0; i < FILTER_DEPTH + 1; i++) {
        SB_LIT(&deep, "]}");
    }
    struct filter_node root;
    assert_int_equal(filter_parse(&t.ctx, sb_view(&deep), &root), ERR_INVALID);
    ctx_clear(&t.ctx);
    struct sb wide;
    sb_init(&wide, t.ctx.arena, 65536);
    SB_LIT(&wide, "{\"version\":1,\"match\":\"all\",\"conditions\":[");
    for (int i = 0; i < FILTER_NODES + 1; i++) {
        sb_printf(&wide, "%s{\"field\":\"score\",\"op\":\"known\"}", i == 0 ? "" : ",");
    }
    SB_LIT(&wide, "]}");
    assert_int_equal(filter_parse(&t.ctx, sb_view(&wide), &root), ERR_INVALID);
    ctx_clear(&t.ctx);
}

/* A condition over the fields of struct company. */
static struct filter_node random_condition(void)
{
    static const char *const used[] = {"company",   "industry", "country",
                                       "employees", "score",    "tag"};
    static const char *const values[] = {"acme", "MÜLLER", "%",       "_",      "'",
                                         "\\",   "steel",  "germany", "partner"};
    static const char *const numbers[] = {"0", "20", "100", "300", "40.5"};
    for (;;) {
        struct filter_node node = {.op = (enum filter_op)pick(FILTER_OP__COUNT)};
        const char *name = used[pick(sizeof(used) / sizeof(used[0]))];
        while (strcmp(filter_field(node.field)->name, name) != 0) {
            node.field++;
        }
        bool number = filter_field(node.field)->kind == FILTER_NUMBER;
        size_t wanted = filter_op_values(node.op);
        node.n_values = wanted == FILTER_VALUES ? 1 + pick(2) : wanted;
        node.values = ARENA_ARRAY(t.ctx.arena, node.n_values, struct str);
        for (size_t i = 0; i < node.n_values; i++) {
            node.values[i] = number ? str_from(numbers[pick(5)]) : str_from(values[pick(9)]);
        }
        if (filter_op_fits(node.op, filter_field(node.field)->kind)) {
            assert_int_equal(filter_check(&t.ctx, &node), ERR_NONE);
            return node;
        }
    }
}

static struct filter_node random_tree(size_t depth)
{
    if (depth == 3 || pick(3) == 0) {
        return random_condition();
    }
    struct filter_node group = {.is_group = true, .any = pick(2) == 0, .n_nodes = pick(4)};
    group.nodes = ARENA_ARRAY(t.ctx.arena, group.n_nodes, struct filter_node);
    for (size_t i = 0; i < group.n_nodes; i++) {
        group.nodes[i] = random_tree(depth + 1);
    }
    return group;
}

/* Lower case of the letters that occur here. */
static struct str lowered(struct str s)
{
    char *p = arena_cstr(t.ctx.arena, s);
    for (size_t i = 0; i < s.n; i++) {
        if (p[i] >= 'A' && p[i] <= 'Z') {
            p[i] = (char)(p[i] + 'a' - 'A');
        } else if ((unsigned char)p[i] == 0x9c && i > 0 && (unsigned char)p[i - 1] == 0xc3) {
            p[i] = (char)0xbc; /* Ü */
        }
    }
    return (struct str){.p = p, .n = s.n};
}

static bool text_holds(const struct filter_node *node, const char *text)
{
    struct str have = lowered(str_from(text));
    bool contains = node->op == FILTER_CONTAINS || node->op == FILTER_CONTAINS_NOT;
    for (size_t i = 0; text != NULL && i < node->n_values; i++) {
        struct str value = lowered(node->values[i]);
        if (contains ? str_contains(have, value) : str_eq(have, value)) {
            return true;
        }
    }
    return false;
}

static bool number_holds(const struct filter_node *node, int number)
{
    double v[2] = {0, 0};
    bool one_of = false;
    for (size_t i = 0; i < node->n_values; i++) {
        assert_true(str_to_double(node->values[i], &v[i]));
        one_of = one_of || v[i] == number;
    }
    double low = v[0] < v[1] ? v[0] : v[1];
    double high = v[0] < v[1] ? v[1] : v[0];
    switch ((int)node->op) {
    case FILTER_GREATER:
        return number > v[0];
    case FILTER_LESS:
        return number < v[0];
    case FILTER_BETWEEN:
    case FILTER_BETWEEN_NOT:
        return number >= low && number <= high;
    default:
        return one_of;
    }
}

static bool condition_holds(const struct filter_node *node, const struct company *c)
{
    const char *field = filter_field(node->field)->name;
    bool is_number = filter_field(node->field)->kind == FILTER_NUMBER;
    int number = strcmp(field, "score") == 0 ? c->score : c->employees;
    const char *text = strcmp(field, "company") == 0    ? c->name
                       : strcmp(field, "industry") == 0 ? c->industry
                       : strcmp(field, "country") == 0  ? c->country
                                                        : c->tag;
    bool known = is_number ? number >= 0 : text != NULL;
    bool holds = known && (is_number ? number_holds(node, number) : text_holds(node, text));
    switch ((int)node->op) {
    case FILTER_KNOWN:
        return known;
    case FILTER_UNKNOWN:
        return !known;
    case FILTER_IS_NOT:
    case FILTER_CONTAINS_NOT:
    case FILTER_BETWEEN_NOT:
        return !holds;
    default:
        return holds;
    }
}

static bool holds(const struct filter_node *node, const struct company *c)
{
    if (!node->is_group) {
        return condition_holds(node, c);
    }
    bool result = !node->any || node->n_nodes == 0;
    for (size_t i = 0; i < node->n_nodes; i++) {
        bool one = holds(&node->nodes[i], c);
        result = node->any ? result || one : result && one;
    }
    return result;
}

static void random_trees_agree_with_the_evaluator(void **state)
{
    size_t matches = 0;
    for (int i = 0; i < RANDOM_TREES; i++) {
        struct filter_node tree = random_tree(0);
        struct sql_i64s ids = find(&tree);
        size_t at = 0;
        for (size_t k = 0; k < N_ACCOUNTS; k++) {
            bool found = at < ids.n && ids.v[at] == companies[k].id;
            at += found ? 1 : 0;
            if (found != holds(&tree, &companies[k])) {
                fail_msg("company %zu, filter %.*s", k,
                         STR_ARG(filter_sentence(&t.ctx, &tree)));
            }
        }
        assert_int_equal(at, ids.n);
        matches += ids.n;
        assert_int_equal(testdb_reset(state), 0);
    }
    assert_true(matches > RANDOM_TREES); /* the trees are not all empty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(empty_group_matches_everything, testdb_reset),
        cmocka_unit_test_setup(limits_of_a_query, testdb_reset),
        cmocka_unit_test_setup(round_trip_and_sentence, testdb_reset),
        cmocka_unit_test_setup(refused_trees, testdb_reset),
        cmocka_unit_test_setup(refused_sizes, testdb_reset),
        cmocka_unit_test_setup(random_trees_agree_with_the_evaluator, testdb_reset),
    };
    return cmocka_run_group_tests(tests, open_db, close_db);
}
