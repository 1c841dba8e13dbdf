/* card_find.h: each kind of filter, alone and together, in each order and page by page, finds
 * what a plain condition over all cards finds, whether few or many pass; and never a card of
 * another board or dataset. */
#include "tests/db/testdb.h"

#include "shared/card_find.h"
#include "shared/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DATASET 7
#define BOARD 1
#define STAGES 3
#define MOST 20
#define DAY(n) ((n)*CLOCK_DAY)

static struct testdb t;

/* Board 1 has 7000 cards in three stages, so that some filters are passed by more than
 * CARD_FIND_FEW; board 2 and dataset 8 have the same cards once more. */
static void fill(void)
{
    testdb_exec(
        &t,
        "create function cards_for(d bigint, b bigint, s bigint, n integer, a bigint) "
        "returns void language sql as $$"
        "insert into account (dataset_id, id, name) select d, a + i, 'x' || a + i from "
        "generate_series(1, n) i;"
        "insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, "
        "  tag_ids, owner_id, score, last_activity_at, modified_at, created_at, stage_at) "
        "select d, b, s + i % 3, (i * 7919 % 10007)::numeric / 8, a + i, "
        "  (array['Harbor College', '100% Ümlaut_GmbH', 'Northwind', 'Acme'])[1 + i % 4] || "
        "  ' ' || i, case when i % 5 <> 0 then 'c' || i || '.example' end, "
        "  array(select v from unnest(array[1, 2, 3]) v where i % (v * 4) = 0), "
        "  case when i % 6 < 3 then i % 6 + 1 end, i * 37 % 101, "
        "  case when i % 9 <> 0 then timestamptz '2026-01-01Z' + (i * 31 % 300) * interval '1 "
        "h' end, timestamptz '2026-01-01Z' + (i * 17 % 200) * interval '1 h', "
        "  timestamptz '2026-01-01Z' + i * interval '10 min', "
        "  timestamptz '2026-01-01Z' + (i * 13 % 150) * interval '1 h' "
        "from generate_series(1, n) i $$;"
        "insert into board (dataset_id, name, user_id, setup_step) "
        "values (7, 'A', 1, 0), (7, 'B', 1, 0), (8, 'C', 1, 0);"
        "insert into stage (dataset_id, board_id, position, name) select 7, 1, i, 'S' from "
        "generate_series(1, 3) i;"
        "insert into stage (dataset_id, board_id, position, name) select 7, 2, i, 'S' from "
        "generate_series(1, 3) i;"
        "insert into stage (dataset_id, board_id, position, name) select 8, 3, i, 'S' from "
        "generate_series(1, 3) i;"
        "select cards_for(7, 1, 1, 7000, 0), cards_for(7, 2, 4, 500, 10000), "
        "cards_for(8, 3, 7, 500, 0);"
        "insert into card_find select dataset_id, id, board_id, title_lower || e'\\n' || "
        "coalesce(domain, ''), created_at from card;"
        "analyze");
}

#define IDS(...)                                                                               \
    {                                                                                          \
        .v = (const int64_t[]){__VA_ARGS__}, .n = sizeof((int64_t[]){__VA_ARGS__}) / 8         \
    }
#define JANUARY INT64_C(1767225600000000) /* 2026-01-01 */

static const struct filter_case {
    struct card_filter filter;
    const char *plain;
} cases[] = {
    {{.max = 100}, "true"},
    {{.text = STR_INIT("harbor"), .max = 100}, "title ilike '%harbor%'"},
    {{.text = STR_INIT("HARBOR college 12"), .max = 100}, "title ilike '%harbor college 12%'"},
    {{.text = STR_INIT("c77.ex"), .max = 100}, "domain like '%c77.ex%'"},
    {{.text = STR_INIT("ü"), .max = 100}, "title ilike '%ü%'"},
    {{.text = STR_INIT("Ümlaut_G"), .max = 100}, "strpos(title, 'Ümlaut_G') > 0"},
    {{.text = STR_INIT("0%"), .max = 100}, "strpos(title, '0%') > 0"},
    {{.text = STR_INIT("_"), .max = 100}, "strpos(title, '_') > 0"},
    {{.text = STR_INIT("\\"), .max = 100}, "false"},
    {{.text = STR_INIT("nobody at all"), .max = 100}, "false"},
    {{.text = STR_INIT("harcol"), .max = 100},
     "false"}, /* both threes are in "Harbor College" */
    {{.text = STR_INIT("0% Ümlaut_gmbh 5"), .max = 100},
     "strpos(title, '0% Ümlaut_GmbH 5') > 0"},
    {{.text = STR_INIT("mlaut_"), .max = 100}, "strpos(title, 'mlaut_') > 0"},
    {{.text = STR_INIT("thwin"), .max = 100}, "title ilike '%thwin%'"},
    {{.text = STR_INIT("thwind 4"), .max = 100}, "title ilike '%thwind 4%'"},
    {{.tags = IDS(1), .max = 100}, "1 = any (tag_ids)"},
    {{.tags = IDS(1, 3), .max = 100}, "1 = any (tag_ids) and 3 = any (tag_ids)"},
    {{.tags = IDS(99), .max = 100}, "false"},
    {{.not_tags = IDS(1, 2), .max = 100}, "not (1 = any (tag_ids) or 2 = any (tag_ids))"},
    {{.tags = IDS(2), .not_tags = IDS(3), .max = 100},
     "2 = any (tag_ids) and not 3 = any (tag_ids)"},
    {{.owners = IDS(2), .max = 100}, "owner_id = 2"},
    {{.owners = IDS(1, 3), .max = 100}, "owner_id in (1, 3)"},
    {{.owners = IDS(77), .max = 100}, "false"},
    {{.unowned = true, .max = 100}, "owner_id is null"},
    {{.owners = IDS(2), .unowned = true, .max = 100}, "owner_id = 2 or owner_id is null"},
    {{.on = CARD_DATE_ACTIVITY, .from_at = JANUARY + DAY(12), .max = 100},
     "last_activity_at >= '2026-01-13Z'"},
    {{.on = CARD_DATE_ACTIVITY, .until_at = JANUARY + DAY(1), .max = 100},
     "last_activity_at < '2026-01-02Z'"},
    {{.on = CARD_DATE_MODIFIED,
      .from_at = JANUARY + DAY(1),
      .until_at = JANUARY + DAY(2),
      .max = 100},
     "modified_at >= '2026-01-02Z' and modified_at < '2026-01-03Z'"},
    {{.on = CARD_DATE_CREATED, .from_at = JANUARY + DAY(40), .max = 100},
     "created_at >= '2026-02-10Z'"},
    {{.on = CARD_DATE_CREATED, .until_at = JANUARY + DAY(45), .max = 100},
     "created_at < '2026-02-15Z'"},
    {{.min = 60, .max = 100}, "score >= 60"},
    {{.min = 0, .max = 9}, "score <= 9"},
    {{.min = 50, .max = 50}, "score = 50"},
    {{.tags = IDS(1), .owners = IDS(1), .min = 40, .max = 90},
     "1 = any (tag_ids) and owner_id = 1 and score between 40 and 90"},
    {{.text = STR_INIT("harbor"),
      .tags = IDS(1),
      .not_tags = IDS(2),
      .owners = IDS(1, 2, 3),
      .unowned = true,
      .on = CARD_DATE_CREATED,
      .from_at = JANUARY,
      .until_at = JANUARY + DAY(30),
      .min = 5,
      .max = 95},
     "title ilike '%harbor%' and 1 = any (tag_ids) and not 2 = any (tag_ids) and created_at < "
     "'2026-01-31Z' and score between 5 and 95"},
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static const struct {
    struct card_order order;
    const char *plain;
} orders[] = {
    {{SORT_BY_HAND, false}, "rank, id"},
    {{SORT_ACTIVITY, false}, "last_activity_at desc nulls last, id desc"},
    {{SORT_ACTIVITY, true}, "last_activity_at nulls first, id"},
    {{SORT_MODIFIED, false}, "modified_at desc, id desc"},
    {{SORT_MODIFIED, true}, "modified_at, id"},
    {{SORT_SCORE, false}, "score desc, id desc"},
    {{SORT_SCORE, true}, "score, id"},
    {{SORT_STAGE, false}, "stage_at desc, id desc"},
    {{SORT_STAGE, true}, "stage_at, id"},
};
#define N_ORDERS (sizeof(orders) / sizeof(orders[0]))

/* Cards of the stage that pass, as plain SQL finds them: with what places are made of. */
static struct db_result plainly(const char *where, int64_t stage, size_t order)
{
    struct db_result rows;
    struct str sql = arena_print(t.ctx.arena,
                                 "select id, rank, last_activity_at, modified_at, score, "
                                 "stage_at from card where dataset_id = 7 "
                                 "and board_id = 1 and stage_id = %lld and (%s) order by %s",
                                 (long long)stage, where, orders[order].plain);
    if (db_query(t.db, sql, NULL, 0, &rows) != ERR_NONE) {
        fail_msg("%.*s", STR_ARG(t.ctx.detail));
    }
    return rows;
}

static struct card_place place_of(const struct db_result *rows, size_t i, enum card_sort sort)
{
    const struct db_value *activity = db_cell(rows, i, 2);
    return (struct card_place){
        .id = db_cell(rows, i, 0)->as.bigint,
        .rank = db_cell(rows, i, 1)->as.text,
        .at = sort == SORT_MODIFIED ? db_cell(rows, i, 3)->as.bigint
              : sort == SORT_STAGE  ? db_cell(rows, i, 5)->as.bigint
              : activity->null      ? INT64_MIN
                                    : activity->as.bigint,
        .score = db_cell(rows, i, 4)->as.smallint,
    };
}

static void begin(void)
{
    const struct db_scope scope = {.workspace = 1, .dataset = DATASET, .read_only = true};
    assert_int_equal(db_begin(t.db, &scope), ERR_NONE);
}

static void find(const struct card_find *query, struct card_found *found)
{
    begin();
    if (card_find(t.db, query, found) != ERR_NONE) {
        fail_msg("%.*s: %.*s", STR_ARG(t.ctx.why), STR_ARG(t.ctx.detail));
    }
    assert_int_equal(db_commit(t.db), ERR_NONE);
}

static void assert_found(const struct card_found *found, const struct db_result *rows,
                         size_t from, const char *what)
{
    size_t left = rows->n_rows - from, n = left < MOST ? left : MOST;
    bool few = found->counted;
    if (found->ids.n != n || card_found_more(found) != (left > MOST) ||
        found->count != (int64_t)(few ? left : n)) {
        fail_msg("%s: %zu cards, count %lld, of %zu", what, found->ids.n,
                 (long long)found->count, left);
    }
    for (size_t i = 0; i < n; i++) {
        if (found->ids.v[i] != db_cell(rows, from + i, 0)->as.bigint) {
            fail_msg("%s: card %zu is %lld", what, i, (long long)found->ids.v[i]);
        }
    }
}

static void check_board(size_t n, size_t order)
{
    struct card_find_stage stages[STAGES];
    struct card_found found[STAGES];
    for (size_t s = 0; s < STAGES; s++) { /* each stage in another order */
        stages[s] =
            (struct card_find_stage){(int64_t)s + 1, orders[(order + s) % N_ORDERS].order};
    }
    const struct card_find query = {.dataset = DATASET,
                                    .board = BOARD,
                                    .filter = &cases[n].filter,
                                    .stages = stages,
                                    .n_stages = STAGES,
                                    .most = MOST};
    find(&query, found);
    for (size_t s = 0; s < STAGES; s++) {
        struct db_result rows = plainly(cases[n].plain, (int64_t)s + 1, (order + s) % N_ORDERS);
        assert_found(&found[s], &rows, 0, cases[n].plain);
    }
}

static void check_page(size_t n, size_t order)
{
    const struct card_find_stage stage = {2, orders[order].order};
    struct db_result rows = plainly(cases[n].plain, 2, order);
    for (size_t at = 0; at < rows.n_rows; at += rows.n_rows / 2 + 1) {
        struct card_place place = place_of(&rows, at, stage.order.sort);
        const struct card_find query = {.dataset = DATASET,
                                        .board = BOARD,
                                        .filter = &cases[n].filter,
                                        .stages = &stage,
                                        .n_stages = 1,
                                        .most = MOST,
                                        .after = &place};
        struct card_found found;
        find(&query, &found);
        assert_found(&found, &rows, at + 1, cases[n].plain);
    }
}

static void every_filter_in_every_order(void **state)
{
    (void)state;
    for (size_t n = 0; n < N_CASES; n++) {
        for (size_t order = 0; order < N_ORDERS; order++) {
            check_board(n, order);
            check_page(n, order);
        }
        arena_reset(t.ctx.arena);
    }
}

/* Of every 50th card of the dataset, the ones that pass and who stands before them. */
static void check_among(size_t n, size_t order)
{
    int64_t ids[150];
    for (size_t i = 0; i < 150; i++) {
        ids[i] = 1 + (int64_t)i * 50;
    }
    struct card_find_stage stages[STAGES];
    for (size_t s = 0; s < STAGES; s++) {
        stages[s] = (struct card_find_stage){(int64_t)s + 1, orders[order].order};
    }
    const struct card_find query = {.dataset = DATASET,
                                    .board = BOARD,
                                    .filter = &cases[n].filter,
                                    .stages = stages,
                                    .n_stages = STAGES};
    struct card_passes passes[150];
    size_t n_passes, wanted = 0;
    begin();
    assert_int_equal(
        card_find_among(t.db, &query, (struct sql_i64s){ids, 150}, passes, &n_passes),
        ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    for (size_t s = 0; s < STAGES; s++) {
        struct db_result rows = plainly(cases[n].plain, (int64_t)s + 1, order);
        for (size_t i = 0; i < rows.n_rows; i++) {
            int64_t id = db_cell(&rows, i, 0)->as.bigint;
            int64_t before = i == 0 ? 0 : db_cell(&rows, i - 1, 0)->as.bigint;
            bool asked = (id - 1) % 50 == 0 && id <= ids[149], found = false;
            wanted += asked;
            for (size_t k = 0; k < n_passes; k++) {
                found = found || (passes[k].id == id && passes[k].previous == before);
            }
            assert_int_equal(found, asked);
        }
    }
    assert_int_equal(n_passes, wanted);
}

static void some_cards_and_who_is_before_them(void **state)
{
    (void)state;
    for (size_t n = 0; n < N_CASES; n++) {
        check_among(n, n % N_ORDERS);
        arena_reset(t.ctx.arena);
    }
}

static void all_ids_page_by_page(void **state)
{
    (void)state;
    for (size_t n = 0; n < N_CASES; n++) {
        const struct card_find_stage stage = {3, {SORT_BY_HAND, false}};
        const struct card_find query = {.dataset = DATASET,
                                        .board = BOARD,
                                        .filter = &cases[n].filter,
                                        .stages = &stage,
                                        .n_stages = 1};
        struct db_result rows = plainly(cases[n].plain, 3, 0);
        int64_t after = 0;
        size_t total = 0;
        for (struct sql_i64s ids = {.n = 1000}; ids.n == 1000; total += ids.n) {
            begin();
            assert_int_equal(card_find_ids(t.db, &query, after, 1000, &ids), ERR_NONE);
            assert_int_equal(db_commit(t.db), ERR_NONE);
            for (size_t i = 0; i < ids.n; i++) {
                assert_true(ids.v[i] > after);
                after = ids.v[i];
            }
        }
        assert_int_equal(total, rows.n_rows);
        arena_reset(t.ctx.arena);
    }
}

/* Ids are of the dataset and board that are named, whatever else the query says. */
static void nothing_of_another_board_or_dataset(void **state)
{
    (void)state;
    const struct card_find_stage stages[] = {{4, {SORT_BY_HAND, false}},
                                             {7, {SORT_SCORE, true}}};
    for (size_t n = 0; n < N_CASES; n++) {
        const struct card_find query = {.dataset = DATASET,
                                        .board = BOARD,
                                        .filter = &cases[n].filter,
                                        .stages = stages,
                                        .n_stages = 2,
                                        .most = MOST};
        struct card_found found[2];
        find(&query, found);
        assert_int_equal(found[0].count + found[1].count, 0);
    }
}

/* The role is the connection's own again, and only reads in between. */
static void the_role_comes_back(void **state)
{
    (void)state;
    struct db *db = testdb_connect(&t, "leadboard_web");
    const struct db_scope scope = {.workspace = 1, .dataset = DATASET};
    const struct card_find_stage stage = {1, {SORT_SCORE, false}};
    const struct card_find query = {.dataset = DATASET,
                                    .board = BOARD,
                                    .filter = &cases[1].filter,
                                    .stages = &stage,
                                    .n_stages = 1,
                                    .most = MOST};
    struct card_found found;
    struct db_result who;
    assert_int_equal(db_begin(db, &scope), ERR_NONE);
    assert_int_equal(card_find(db, &query, &found), ERR_NONE);
    assert_int_equal(found.ids.n, MOST);
    assert_int_equal(db_query(db, STR("select current_user::text"), NULL, 0, &who), ERR_NONE);
    assert_true(str_eq(db_cell(&who, 0, 0)->as.text, STR("leadboard_web")));
    assert_int_equal(db_commit(db), ERR_NONE);
    db_free(db);
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, testdb_reset, NULL, &t)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_filter_in_every_order), TEST(some_cards_and_who_is_before_them),
        TEST(all_ids_page_by_page),        TEST(nothing_of_another_board_or_dataset),
        TEST(the_role_comes_back),
    };
    testdb_open(&t, true);
    fill();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    testdb_close(&t);
    return failed;
}
