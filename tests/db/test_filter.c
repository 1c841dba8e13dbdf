/* filter.h, filter_event.h: trees that are read and refused, their sentences, and what the
 * compiled SQL finds, compared with a plain evaluator over the same small world for thousands
 * of random trees (filter_world.h). Another dataset has rows of the same ids in every table. */
#include "shared/clock.h"
#include "shared/json.h"
#include "tests/db/filter_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define RANDOM_TREES 700
#define SINGLE_CONDITIONS 700
#define RANDOM_EVENT_TREES 4000
#define RANDOM_AGES 300

static struct testdb t;
static struct world world, other;

static int open_db(void **state)
{
    *state = &t;
    testdb_open(&t, true);
    testdb_exec(&t, "insert into app_user (email, name, password_hash) values "
                    "('ann@x.example', 'Ann', 'x'), ('ben@x.example', 'Ben', 'x')");
    world_make(&t, &world, 1);
    world_make(&t, &other, 2);
    testdb_exec(&t, "analyze");
    return 0;
}

static int close_db(void **state)
{
    (void)state;
    testdb_close(&t);
    return 0;
}

static struct filter parsed(const char *json)
{
    struct filter filter;
    if (filter_parse(&t.ctx, str_from(json), &filter) != ERR_NONE) {
        fail_msg("%.*s", STR_ARG(t.ctx.why));
    }
    return filter;
}

/* ---- reading ---- */

static void refused_trees(void **state)
{
#define V2 "{\"version\":2,\"subject\":\"leads\",\"match\":\"all\",\"conditions\":["
    static const char *const trees[] = {
        "",
        "[]",
        "{}",
        "{\"version\":3,\"subject\":\"leads\",\"match\":\"all\",\"conditions\":[]}",
        "{\"version\":0,\"match\":\"all\",\"conditions\":[]}",
        "{\"version\":2,\"match\":\"all\",\"conditions\":[]}",
        "{\"version\":2,\"subject\":\"cards\",\"match\":\"all\",\"conditions\":[]}",
        "{\"version\":1,\"match\":\"none\",\"conditions\":[]}",
        "{\"version\":1,\"match\":\"event\",\"conditions\":[{\"field\":\"page\",\"op\":"
        "\"known\"}]}",
        "{\"version\":1,\"match\":\"all\"}",
        V2 "{\"field\":\"password\",\"op\":\"is\",\"values\":[\"x\"]}]}",
        V2 "{\"field\":\"company\",\"op\":\"is\",\"values\":[]}]}",
        V2 "{\"field\":\"company\",\"op\":\"is\",\"values\":[\"\"]}]}",
        V2 "{\"field\":\"company\",\"op\":\"known\",\"values\":[\"x\"]}]}",
        V2 "{\"field\":\"company\",\"op\":\"greater\",\"values\":[\"1\"]}]}",
        V2 "{\"field\":\"company\",\"op\":\"; drop table account\",\"values\":[\"1\"]}]}",
        V2 "{\"field\":\"employees\",\"op\":\"greater\",\"values\":[\"many\"]}]}",
        V2 "{\"field\":\"employees\",\"op\":\"between\",\"values\":[\"1\"]}]}",
        V2 "{\"field\":\"employees\",\"op\":\"is\",\"values\":[\"nan\"]}]}",
        V2 "{\"field\":\"last_seen\",\"op\":\"after\",\"values\":[\"2026-02-30\"]}]}",
        V2 "{\"field\":\"last_seen\",\"op\":\"after\",\"values\":[\"-1d\"]}]}",
        V2 "{\"field\":\"channel\",\"op\":\"is\",\"values\":[\"pigeon\"]}]}",
        V2 "{\"field\":\"property\",\"op\":\"is\",\"values\":[\"pro\"]}]}",
        V2 "{\"field\":\"company\",\"key\":\"Plan\",\"op\":\"known\"}]}",
        V2 "{\"field\":\"property\",\"key\":\"Plan\",\"op\":\"less\",\"values\":[\"ten\"]}]}",
        V2 "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"pricing\"]}]}",
        V2 "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/a b\"]}]}",
        V2 "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/a\"],\"times\":0}]}",
        V2 "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/a\"],\"times\":1001}]}",
        V2 "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/a\"],\"days\":4000}]}",
        V2 "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/a\"],\"days\":\"30\"}]}",
        V2 "{\"field\":\"company\",\"op\":\"known\",\"times\":2}]}",
        V2 "{\"field\":\"company\",\"op\":\"known\",\"days\":2}]}",
        V2 "{\"field\":\"stage_longer\",\"op\":\"is\",\"values\":[\"1\"]}]}",
        V2 "{\"field\":\"stage\",\"op\":\"is\",\"values\":[\"Interest\"]}]}",
        V2 "{\"field\":\"stage\",\"op\":\"is\",\"values\":[\"0\"]}]}",
        V2 "{\"field\":\"owner\",\"op\":\"is\",\"values\":[\"-1\"]}]}",
        V2 "{\"match\":\"any\",\"least\":2,\"conditions\":[{\"field\":\"company\",\"op\":"
           "\"known\"}]}]}",
        V2 "{\"match\":\"any\",\"least\":0,\"conditions\":[]}]}",
        V2 "{\"match\":\"any\",\"least\":\"2\",\"conditions\":[]}]}",
        V2 "{\"match\":\"event\",\"conditions\":[]}]}",
        V2 "{\"match\":\"event\",\"conditions\":[{\"field\":\"company\",\"op\":\"known\"}]}]}",
        V2 "{\"match\":\"event\",\"conditions\":[{\"field\":\"page\",\"op\":\"known\","
           "\"days\":3}]}]}",
        V2 "{\"match\":\"event\",\"conditions\":[{\"match\":\"any\",\"conditions\":[]}]}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
        struct filter filter;
        ctx_clear(&t.ctx);
        if (filter_parse(&t.ctx, str_from(trees[i]), &filter) != ERR_INVALID ||
            t.ctx.why.n == 0) {
            fail_msg("taken: %s", trees[i]);
        }
    }
}

static void refused_sizes(void **state)
{
    (void)state;
    struct sb deep, wide, long_value;
    struct filter filter;
    sb_init(&deep, t.ctx.arena, 4096);
    SB_LIT(&deep, "{\"version\":1,");
    for (int i = 0; i < FILTER_DEPTH + 1; i++) {
        sb_str(&deep, i == 0 ? STR("") : STR("{"));
        SB_LIT(&deep, "\"match\":\"all\",\"conditions\":[");
    }
    for (int i = 0; i < FILTER_DEPTH + 1; i++) {
        SB_LIT(&deep, "]}");
    }
    assert_int_equal(filter_parse(&t.ctx, sb_view(&deep), &filter), ERR_INVALID);
    ctx_clear(&t.ctx);
    sb_init(&wide, t.ctx.arena, 65536);
    SB_LIT(&wide, V2);
    for (int i = 0; i < FILTER_NODES + 1; i++) {
        sb_printf(&wide, "%s{\"field\":\"score\",\"op\":\"known\"}", i == 0 ? "" : ",");
    }
    SB_LIT(&wide, "]}");
    assert_int_equal(filter_parse(&t.ctx, sb_view(&wide), &filter), ERR_INVALID);
    ctx_clear(&t.ctx);
    sb_init(&long_value, t.ctx.arena, 65536);
    SB_LIT(&long_value, V2 "{\"field\":\"text\",\"op\":\"contains\",\"values\":[\"");
    for (int i = 0; i < FILTER_VALUE_BYTES + 1; i++) {
        sb_char(&long_value, 'x');
    }
    SB_LIT(&long_value, "\"]}]}");
    assert_int_equal(filter_parse(&t.ctx, sb_view(&long_value), &filter), ERR_INVALID);
    ctx_clear(&t.ctx);
}

/* ---- words ---- */

static void says(const char *json, const char *sentence)
{
    struct filter filter = parsed(json), again;
    struct str written;
    assert_string_equal(arena_cstr(t.ctx.arena, filter_sentence(&t.ctx, &filter, NULL)),
                        sentence);
    assert_int_equal(filter_json(&t.ctx, &filter, &written), ERR_NONE);
    assert_int_equal(filter_parse(&t.ctx, written, &again), ERR_NONE);
    assert_string_equal(arena_cstr(t.ctx.arena, filter_sentence(&t.ctx, &again, NULL)),
                        sentence);
    assert_int_equal(again.subject, filter.subject);
}

static void sentences(void **state)
{
    (void)state;
    says("{\"version\":1,\"match\":\"all\",\"conditions\":[]}", "every company");
    says(V2 "]}", "everybody");
    says("{\"version\":1,\"match\":\"any\",\"conditions\":[{\"field\":\"industry\",\"op\":"
         "\"is\",\"values\":[\"Steel\",\"Publishing\"]},{\"match\":\"all\",\"conditions\":["
         "{\"field\":\"employees\",\"op\":\"between\",\"values\":[\"10\",\"500\"]},{\"field\":"
         "\"last_seen\",\"op\":\"after\",\"values\":[\"30d\"]}]}]}",
         "industry is Steel or Publishing or (employees is between 10 and 500 and last seen in "
         "the last 30 days)");
    says(V2 "{\"field\":\"industry\",\"op\":\"is\",\"values\":[\"Publishing\"]},{\"field\":"
            "\"page\",\"op\":\"is\",\"values\":[\"/pricing*\"],\"times\":2,\"days\":30}]}",
         "industry is Publishing and visited /pricing* at least 2 times within 30 days");
    says(V2
         "{\"match\":\"any\",\"least\":2,\"conditions\":[{\"field\":\"company\",\"op\":"
         "\"known\"},{\"field\":\"email\",\"op\":\"known\"},{\"field\":\"city\",\"op\":\"is\","
         "\"values\":[\"Bern\"]}]}]}",
         "at least 2 of (company name is known, email address is known, city is Bern)");
    says(V2 "{\"field\":\"page\",\"op\":\"contains_not\",\"values\":[\"jobs\"]},{\"field\":"
            "\"form\",\"op\":\"known\"},{\"field\":\"form\",\"op\":\"is_not\",\"values\":["
            "\"Contact\"],\"days\":1}]}",
         "did not visit a page containing jobs and submitted any form and did not submit form "
         "Contact within 1 day");
    says(V2
         "{\"field\":\"stage_longer\",\"op\":\"is\",\"values\":[\"12\"],\"names\":["
         "\"Interest of Sales\"],\"days\":14},{\"field\":\"owner\",\"op\":\"is\",\"values\":["
         "\"0\"]},{\"field\":\"board\",\"op\":\"is_not\",\"values\":[\"3\"]}]}",
         "has been in stage Interest of Sales for more than 14 days and has a card of nobody "
         "and is not on board (board 3)");
    says(V2
         "{\"match\":\"none\",\"conditions\":[{\"field\":\"event_type\",\"op\":\"is\","
         "\"values\":[\"email_open\"]},{\"match\":\"event\",\"times\":3,\"conditions\":["
         "{\"field\":\"event_name\",\"op\":\"is\",\"values\":[\"Trial\"]},{\"field\":"
         "\"event_property\",\"key\":\"plan\",\"op\":\"is_not\",\"values\":[\"free\"]}]}]}]}",
         "none of (had event of type email open or had an event (name of event is Trial and "
         "“plan” is not free) at least 3 times)");
    says(
        "{\"version\":2,\"subject\":\"accounts\",\"match\":\"all\",\"conditions\":[{\"field\":"
        "\"job_title\",\"op\":\"is_not\",\"values\":[\"CEO\"]},{\"field\":\"person\",\"op\":"
        "\"is\",\"values\":[\"contact\"]},{\"field\":\"account_property\",\"key\":\"Plan\","
        "\"op\":\"greater\",\"values\":[\"3\"]}]}",
        "no lead's job title is CEO and a lead is contact and “Plan” of the company is greater "
        "than 3");
}

static void every_field_says_something(void **state)
{
    (void)state;
    for (size_t i = 0; filter_field(i) != NULL; i++) {
        const struct filter_field *field = filter_field(i);
        size_t same;
        assert_true(filter_field_from(str_from(field->name), &same) && same == i);
        bool fits = false;
        for (int op = 0; op < FILTER_OP__COUNT; op++) {
            fits = fits || filter_op_fits((enum filter_op)op, field);
            assert_true(filter_op_label(&t.ctx, (enum filter_op)op, field).n > 0);
        }
        assert_true(fits);
    }
}

static void names_of_what_is_there_and_of_what_is_gone(void **state)
{
    (void)state;
    struct filter filter = parsed(
        V2 "{\"field\":\"stage\",\"op\":\"is\",\"values\":[\"1\",\"6\",\"99\"],\"names\":["
           "\"Old\",\"Gone of Board 3\"]},{\"field\":\"owner\",\"op\":\"is\",\"values\":[\"1\","
           "\"0\"]},{\"field\":\"tag\",\"op\":\"is\",\"values\":[\"CUSTOMER\",\"Nowhere\"]}]}");
    const struct filter *filters[] = {&filter};
    const struct filter_names *names;
    assert_int_equal(filter_names_load(t.db, 1, 0, filters, 1, &names), ERR_NONE);
    assert_string_equal(
        arena_cstr(t.ctx.arena, filter_sentence(&t.ctx, &filter, names)),
        "is in stage Stage 1 of Board 1 or Gone of Board 3 or (stage 99) and has a card of Ann "
        "or nobody and is tagged CUSTOMER or Nowhere");
    assert_string_equal(arena_cstr(t.ctx.arena, filter_missing(&t.ctx, &filter, names)),
                        "The stage “Gone of Board 3” does not exist any more. A stage that it "
                        "asks for does not "
                        "exist any more. The tag “Nowhere” does not exist any more.");
    filter_names_keep(&t.ctx, &filter, names);
    assert_string_equal(arena_cstr(t.ctx.arena, filter.root.nodes[0].names[0]),
                        "Stage 1 of Board 1");
    assert_string_equal(arena_cstr(t.ctx.arena, filter.root.nodes[0].names[1]),
                        "Gone of Board 3");
}

static void private_names_are_not_told(void **state)
{
    (void)state;
    testdb_exec(&t, "update board set visibility = 1 where id = 1;"
                    "update segment set shared = false, user_id = 1 where id = 1");
    struct filter filter = parsed(
        V2 "{\"field\":\"board\",\"op\":\"is\",\"values\":[\"1\"]},{\"field\":\"stage\",\"op\":"
           "\"is\",\"values\":[\"1\"]},{\"field\":\"segment\",\"op\":\"is\",\"values\":[\"1\"]}"
           "]}");
    const struct filter *filters[] = {&filter};
    const struct filter_names *names;
    assert_int_equal(filter_names_load(t.db, 1, 2, filters, 1, &names), ERR_NONE);
    assert_string_equal(
        arena_cstr(t.ctx.arena, filter_sentence(&t.ctx, &filter, names)),
        "is on board a private board and is in stage of a private board and is in segment a "
        "private segment");
    assert_true(str_is_null(filter_missing(&t.ctx, &filter, names)));
    assert_int_equal(filter_names_load(t.db, 1, 1, filters, 1, &names), ERR_NONE);
    assert_string_equal(
        arena_cstr(t.ctx.arena, filter_sentence(&t.ctx, &filter, names)),
        "is on board Board 1 and is in stage Stage 1 of Board 1 and is in segment S1");
    testdb_exec(&t, "update board set visibility = 2; update segment set shared = true");
}

static void what_makes_it_be_asked_again(void **state)
{
    (void)state;
    struct filter filter = parsed(V2 "{\"field\":\"industry\",\"op\":\"known\"}]}");
    assert_int_equal(filter_on(&filter), FILTER_ON_BEING | FILTER_ON_ACCOUNT);
    filter = parsed(V2 "{\"field\":\"last_seen\",\"op\":\"after\",\"values\":[\"2026-01-01\"]},"
                       "{\"field\":\"tag\",\"op\":\"is\",\"values\":[\"x\"]}]}");
    assert_int_equal(filter_on(&filter), FILTER_ON_BEING | FILTER_ON_COUNTS | FILTER_ON_TAGS);
    filter = parsed(V2 "{\"field\":\"last_seen\",\"op\":\"after\",\"values\":[\"7d\"]}]}");
    assert_int_equal(filter_on(&filter), FILTER_ON_BEING | FILTER_ON_COUNTS | FILTER_ON_TIME);
    filter = parsed(V2 "{\"match\":\"any\",\"conditions\":[{\"match\":\"event\",\"days\":3,"
                       "\"conditions\":[{\"field\":\"page\",\"op\":\"known\"}]}]}]}");
    assert_int_equal(filter_on(&filter), FILTER_ON_BEING | FILTER_ON_EVENTS | FILTER_ON_TIME);
    filter =
        parsed(V2 "{\"field\":\"segment\",\"op\":\"is\",\"values\":[\"4\",\"2\",\"4\"]}]}");
    struct sql_i64s ids = filter_ids(&t.ctx, &filter, FILTER_SEGMENT);
    assert_int_equal(ids.n, 2);
    assert_int_equal(ids.v[0], 4);
    assert_int_equal(ids.v[1], 2);
}

/* ---- what is found ---- */

static size_t subjects(const struct filter *filter)
{
    return filter->subject == FILTER_LEADS ? WORLD_LEADS : WORLD_ACCOUNTS;
}

static void must(enum err err, const struct filter *filter)
{
    if (err != ERR_NONE) {
        fail_msg("%.*s %.*s in %.*s", STR_ARG(t.ctx.why), STR_ARG(t.ctx.detail),
                 STR_ARG(filter_sentence(&t.ctx, filter, NULL)));
    }
}

static void check_same(const struct filter *filter, struct sql_i64s ids, const char *way)
{
    size_t at = 0;
    for (size_t i = 0; i < subjects(filter); i++) {
        bool found = at < ids.n && ids.v[at] == (int64_t)i + 1;
        at += found ? 1 : 0;
        if (found != world_holds(&world, filter, i, WORLD_NOW)) {
            struct str json;
            assert_int_equal(filter_json(&t.ctx, filter, &json), ERR_NONE);
            fail_msg("%s: subject %zu, %.*s\n%.*s", way, i + 1,
                     STR_ARG(filter_sentence(&t.ctx, filter, NULL)), STR_ARG(json));
        }
    }
    assert_int_equal(at, ids.n);
}

/* Every id, and some that are not there. */
static struct sql_i64s all_ids(void)
{
    int64_t *v = ARENA_ARRAY(t.ctx.arena, WORLD_LEADS + 20, int64_t);
    for (size_t i = 0; i < WORLD_LEADS + 20; i++) {
        v[i] = (int64_t)i + 1;
    }
    return (struct sql_i64s){.v = v, .n = WORLD_LEADS + 20};
}

static size_t check_filter(const struct filter *filter)
{
    const struct filter_query query = {.dataset = 1, .filter = filter, .now = WORLD_NOW};
    struct sql_i64s found, among, page;
    int64_t count;
    must(filter_find(&t.ctx, t.db, &query, 0, INT64_MAX, &found), filter);
    check_same(filter, found, "all");
    must(filter_matches(&t.ctx, t.db, &query, all_ids(), &among), filter);
    check_same(filter, among, "one by one");
    if (world_pick(8) != 0) {
        return found.n;
    }
    struct sql_i64s low, high;
    must(filter_find(&t.ctx, t.db, &query, 0, 20, &low), filter);
    must(filter_find(&t.ctx, t.db, &query, 20, 1000, &high), filter);
    assert_int_equal(low.n + high.n, found.n);
    assert_true(low.n == 0 || low.v[low.n - 1] <= 20);
    must(filter_count(&t.ctx, t.db, &query, &count), filter);
    assert_int_equal(count, found.n);
    must(filter_page(&t.ctx, t.db, &query, 0, 5, &page), filter);
    assert_int_equal(page.n, found.n < 5 ? found.n : 5);
    for (size_t i = 0; i < page.n; i++) {
        assert_int_equal(page.v[i], found.v[found.n - 1 - i]);
    }
    return found.n;
}

static void random_trees_agree_with_the_evaluator(void **state)
{
    size_t matches = 0;
    for (int i = 0; i < RANDOM_TREES; i++) {
        struct filter filter = world_filter(t.ctx.arena), again;
        struct str json;
        assert_int_equal(db_begin(t.db, NULL), ERR_NONE);
        matches += check_filter(&filter);
        assert_int_equal(db_commit(t.db), ERR_NONE);
        assert_int_equal(filter_json(&t.ctx, &filter, &json), ERR_NONE);
        must(filter_parse(&t.ctx, json, &again), &filter);
        assert_true(str_eq(filter_sentence(&t.ctx, &filter, NULL),
                           filter_sentence(&t.ctx, &again, NULL)));
        assert_int_equal(testdb_reset(state), 0);
    }
    assert_true(matches > RANDOM_TREES); /* the trees are not all empty */
}

static struct filter single_condition(void)
{
    for (;;) {
        struct filter filter = world_filter(t.ctx.arena);
        struct filter_node *node = &filter.root;
        while (node->is_group && node->match != FILTER_EVENT && node->n_nodes > 0) {
            node = &node->nodes[0];
        }
        if (!node->is_group) {
            filter.root = (struct filter_node){.is_group = true, .nodes = node, .n_nodes = 1};
            return filter;
        }
    }
}

/* Each field alone, with each operator: in random trees a rare one may hide behind another. */
static void every_condition_agrees_with_the_evaluator(void **state)
{
    bool asked[128] = {false};
    size_t n_asked = 0, n_fields = 0;
    while (filter_field(n_fields) != NULL) {
        n_fields++;
    }
    for (int i = 0; i < SINGLE_CONDITIONS || (n_asked < n_fields && i < 10 * SINGLE_CONDITIONS);
         i++) {
        struct filter filter = single_condition();
        n_asked += !asked[filter.root.nodes[0].field];
        asked[filter.root.nodes[0].field] = true;
        assert_int_equal(db_begin(t.db, NULL), ERR_NONE);
        (void)check_filter(&filter);
        assert_int_equal(db_commit(t.db), ERR_NONE);
        assert_int_equal(testdb_reset(state), 0);
    }
    assert_int_equal(n_asked, n_fields);
}

static void no_filter_is_every_company(void **state)
{
    (void)state;
    struct sql_i64s found;
    size_t shown = 0;
    for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
        shown += !world.accounts[i].hidden;
    }
    assert_int_equal(db_begin(t.db, NULL), ERR_NONE);
    assert_int_equal(
        filter_find(&t.ctx, t.db, &(struct filter_query){.dataset = 1}, 0, INT64_MAX, &found),
        ERR_NONE);
    assert_int_equal(found.n, shown);
    assert_int_equal(
        filter_find(&t.ctx, t.db, &(struct filter_query){.dataset = 3}, 0, INT64_MAX, &found),
        ERR_NONE);
    assert_int_equal(found.n, 0);
    assert_int_equal(filter_matches(&t.ctx, t.db, &(struct filter_query){.dataset = 1},
                                    (struct sql_i64s){0}, &found),
                     ERR_NONE);
    assert_int_equal(found.n, 0);
    assert_int_equal(db_commit(t.db), ERR_NONE);
}

/* Row security of the web role would let nothing be seen here; the filter role reads past it,
 * so the dataset condition of each table is what keeps datasets apart. Afterwards it is web
 * again. */
static void read_as_the_filter_role(void **state)
{
    (void)state;
    struct db *web = testdb_connect(&t, "leadboard_web");
    struct filter filter = parsed(V2 "{\"field\":\"page\",\"op\":\"known\"}]}");
    const struct filter_query query = {.dataset = 1, .filter = &filter, .now = WORLD_NOW};
    struct sql_i64s ids;
    struct db_result result;
    assert_int_equal(db_begin(web, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(filter_find(&t.ctx, web, &query, 0, INT64_MAX, &ids), ERR_NONE);
    check_same(&filter, ids, "as web");
    assert_int_equal(db_query(web,
                              STR("select current_user::text, "
                                  "current_setting('enable_hashjoin')"),
                              NULL, 0, &result),
                     ERR_NONE);
    assert_true(str_eq(db_cell(&result, 0, 0)->as.text, STR("leadboard_web")));
    assert_true(str_eq(db_cell(&result, 0, 1)->as.text, STR("on")));
    assert_int_equal(db_commit(web), ERR_NONE);
    db_free(web);
}

/* ---- time ---- */

/* Whoever's answer differs between two moments is among those that have aged. */
static void what_ages_is_found(void **state)
{
    size_t changed = 0;
    for (int i = 0; i < RANDOM_AGES; i++) {
        struct filter filter = world_filter(t.ctx.arena);
        while (i % 8 != 0 && (filter_on(&filter) & FILTER_ON_TIME) == 0) {
            filter = i % 8 < 3 ? world_filter(t.ctx.arena) : single_condition();
        }
        int64_t since = WORLD_NOW + (int64_t)(world_pick(70)) * CLOCK_DAY - 50 * CLOCK_DAY;
        int64_t until = since + 1 + (int64_t)world_pick(20 * 24) * CLOCK_HOUR;
        const struct filter_query query = {.dataset = 1, .filter = &filter};
        struct sql_i64s aged;
        assert_int_equal(db_begin(t.db, NULL), ERR_NONE);
        must(filter_aged(&t.ctx, t.db, &query, since, until, &aged), &filter);
        assert_int_equal(db_commit(t.db), ERR_NONE);
        if ((filter_on(&filter) & FILTER_ON_TIME) == 0) {
            assert_int_equal(aged.n, 0);
        }
        for (size_t k = 0; k < subjects(&filter); k++) {
            bool known = false;
            for (size_t a = 0; a < aged.n; a++) {
                known = known || aged.v[a] == (int64_t)k + 1;
            }
            bool differs = world_holds(&world, &filter, k, since) !=
                           world_holds(&world, &filter, k, until);
            changed += differs;
            if (differs && !known) {
                fail_msg("subject %zu has aged: %.*s", k + 1,
                         STR_ARG(filter_sentence(&t.ctx, &filter, NULL)));
            }
        }
        assert_int_equal(testdb_reset(state), 0);
    }
    assert_true(changed > 100);
}

/* ---- one event ---- */

/* What the verdict and the rest say together, the rest decided by a coin for each condition. */
static bool coin_holds(const struct filter_node *node)
{
    if (!node->is_group || node->match == FILTER_EVENT) {
        uint64_t mix = (uint64_t)node->field * 31 + (uint64_t)node->op * 7 + node->n_values +
                       (uint64_t)node->times * 3 + (uint64_t)node->days;
        return (mix * 2654435761U >> 7 & 1) != 0;
    }
    size_t n = 0;
    for (size_t i = 0; i < node->n_nodes; i++) {
        n += coin_holds(&node->nodes[i]);
    }
    return world_together(node, n);
}

static bool is_decided(const struct filter_node *node)
{
    return node->times <= 1 && node->days == 0 &&
           (node->is_group ? node->match == FILTER_EVENT : filter_field(node->field)->event);
}

static bool event_and_coin(const struct filter_node *node, const struct world_event *event)
{
    if (is_decided(node)) {
        bool holds = true;
        for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
            holds = holds && world_event_holds(event, &node->nodes[i]);
        }
        if (!node->is_group) {
            struct filter_node one = *node, none = {0};
            bool negated = one.op == FILTER_IS_NOT || one.op == FILTER_CONTAINS_NOT ||
                           one.op == FILTER_UNKNOWN || one.op == FILTER_BETWEEN_NOT;
            none = one;
            none.op = one.op == FILTER_IS_NOT         ? FILTER_IS
                      : one.op == FILTER_CONTAINS_NOT ? FILTER_CONTAINS
                      : one.op == FILTER_UNKNOWN      ? FILTER_KNOWN
                      : one.op == FILTER_BETWEEN_NOT  ? FILTER_BETWEEN
                                                      : one.op;
            holds = world_event_holds(event, &none) != negated;
        }
        return holds;
    }
    if (!node->is_group || node->match == FILTER_EVENT) {
        return coin_holds(node);
    }
    size_t n = 0;
    for (size_t i = 0; i < node->n_nodes; i++) {
        n += event_and_coin(&node->nodes[i], event);
    }
    return world_together(node, n);
}

static size_t count_decided(const struct filter_node *node)
{
    size_t n = is_decided(node) ? 1 : 0;
    for (size_t i = 0;
         n == 0 && node->is_group && node->match != FILTER_EVENT && i < node->n_nodes; i++) {
        n += count_decided(&node->nodes[i]);
    }
    return n;
}

static void one_event_decides_what_it_can(void **state)
{
    size_t open = 0, yes = 0, no = 0;
    for (int i = 0; i < RANDOM_EVENT_TREES; i++) {
        struct filter filter = world_filter(t.ctx.arena);
        const struct filter_event_rule *rule = filter_event_rule(t.ctx.arena, &filter);
        const struct world_event *e = &world.events[world_pick(world.n_events)];
        struct filter_event event = world_event(t.ctx.arena, e);
        uint64_t bits = filter_event_bits(rule, &event);
        enum filter_verdict verdict = filter_event_verdict(rule, bits);
        bool expected = event_and_coin(&filter.root, e), found = verdict == FILTER_TRUE;
        if (verdict == FILTER_OPEN) {
            struct filter rest = filter_event_rest(&t.ctx, rule, bits);
            assert_int_equal(count_decided(&rest.root), 0);
            found = coin_holds(&rest.root);
        }
        if (found != expected) {
            fail_msg("event %d of type %d, verdict %d: %.*s", (int)(e - world.events), e->type,
                     (int)verdict, STR_ARG(filter_sentence(&t.ctx, &filter, NULL)));
        }
        open += verdict == FILTER_OPEN;
        yes += verdict == FILTER_TRUE;
        no += verdict == FILTER_FALSE;
        assert_int_equal(testdb_reset(state), 0);
    }
    assert_true(open > 500 && yes > 100 && no > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refused_trees, testdb_reset),
        cmocka_unit_test_setup(refused_sizes, testdb_reset),
        cmocka_unit_test_setup(sentences, testdb_reset),
        cmocka_unit_test_setup(every_field_says_something, testdb_reset),
        cmocka_unit_test_setup(names_of_what_is_there_and_of_what_is_gone, testdb_reset),
        cmocka_unit_test_setup(private_names_are_not_told, testdb_reset),
        cmocka_unit_test_setup(what_makes_it_be_asked_again, testdb_reset),
        cmocka_unit_test_setup(no_filter_is_every_company, testdb_reset),
        cmocka_unit_test_setup(random_trees_agree_with_the_evaluator, testdb_reset),
        cmocka_unit_test_setup(every_condition_agrees_with_the_evaluator, testdb_reset),
        cmocka_unit_test_setup(read_as_the_filter_role, testdb_reset),
        cmocka_unit_test_setup(what_ages_is_found, testdb_reset),
        cmocka_unit_test_setup(one_event_decides_what_it_can, testdb_reset),
    };
    return cmocka_run_group_tests(tests, open_db, close_db);
}
