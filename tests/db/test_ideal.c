/* The ideal customer profile: its tag is where the conditions hold and nobody said otherwise,
 * whatever changed, in whatever order; what people do with the tag is theirs. */
#include "shared/facts.h"
#include "shared/hiding.h"
#include "shared/ideal.h"
#include "shared/json.h"
#include "shared/people.h"
#include "shared/sb.h"
#include "shared/tag.h"
#include "shared/tagging.h"
#include "tests/db/testjobs.h"
#include "worker/derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ACCOUNTS 40
#define STEPS 400

static struct testdb t;
static struct db *web;

#define I64(sql) testdb_i64(&t, sql)
#define V2 "{\"version\":2,\"subject\":\"accounts\","
#define ALL V2 "\"match\":\"all\",\"conditions\":["
#define IS(field, value) "{\"field\":\"" field "\",\"op\":\"is\",\"values\":[\"" value "\"]}"
#define STEEL ALL IS("industry", "Steel") "]}"

/* has(account): by whom it has the tag ICP: "ideal", "hand" or "no". */
static const char helpers[] =
    "create function has(a bigint) returns text language sql as $$"
    "  select coalesce((select case when by_ideal is not null then 'ideal' when by_user is not "
    "null"
    "    then 'hand' else 'nobody' end from account_tag g join tag t on t.id = g.tag_id"
    "    where g.account_id = a and t.name = 'ICP'), 'no') $$;"
    "insert into workspace (name) values ('w');"
    "insert into app_user (email, name, password_hash) values ('ann@us.example', 'Ann', '*');"
    "insert into dataset (workspace_id, public_id, name) values (1, 'one', 'One'),"
    "  (1, 'two', 'Two')";

static int fresh(void **state)
{
    struct testdb *self = &t;
    (void)state;
    testdb_reset((void **)&self);
    db_use(web, &t.ctx);
    testdb_exec(&t,
                "truncate visitor, session, lead, account, account_tag, account_fact, card,"
                "  stage, board, card_ledger, card_change, job, progress, tag, operation,"
                "  tag_removed, account_merge, hiding, ideal_profile, ideal_due, "
                "ideal_declined,"
                "  score_formula, event restart identity cascade;"
                "update log_cursor set xid = '0', id = 0, max_id = 0, floor_id = 0;"
                "insert into account (dataset_id, id, name, domain)"
                "  select 1, n, 'Company ' || n, 'c' || n || '.example' from generate_series(1, "
                "40) n");
    return 0;
}

static void begin(void)
{
    const struct db_scope scope = {.workspace = 1, .dataset = 1};
    ctx_clear(&t.ctx);
    assert_int_equal(db_begin(web, &scope), ERR_NONE);
}

static void works(enum err err)
{
    if (err == ERR_NONE) {
        err = db_commit(web);
    }
    if (err != ERR_NONE) {
        print_error("%s: %.*s %.*s\n", err_name(err), STR_ARG(t.ctx.why),
                    STR_ARG(t.ctx.detail));
    }
    assert_int_equal(err, ERR_NONE);
}

static void refused(enum err err, enum err want)
{
    assert_int_equal(err, want);
    assert_true(t.ctx.why.n > 0);
    db_rollback(web);
}

static const char *text_of(const char *sql)
{
    struct db_result result;
    assert_int_equal(db_query(t.db, str_from(sql), NULL, 0, &result), ERR_NONE);
    assert_int_equal(result.n_rows, 1);
    struct str text = db_cell(&result, 0, 0)->as.text;
    return str_is_null(text) ? "null" : arena_cstr(t.ctx.arena, text);
}
#define TEXT_IS(sql, want) assert_string_equal(text_of(sql), want)

static const char *by(int64_t account)
{
    return text_of(arena_print(t.ctx.arena, "select has(%lld)", (long long)account).p);
}

/* ---- as people and programs do it ---- */

/* Everything that is asked for is done now. */
static void jobs(void)
{
    testdb_exec(&t, "delete from job where kind <> 7");
    while (I64("select count(*) from job") > 0) {
        testdb_exec(&t, "update job set run_at = now() - interval '1 s'");
        testjobs_run(&t);
        assert_int_equal(I64("select count(*) from job_dead"), 0);
    }
    assert_int_equal(I64("select count(*) from ideal_due"), 0);
}

static enum err save(int32_t base, const char *json, const char *tag, int32_t *out_version)
{
    struct filter filter;
    enum err err = filter_parse(&t.ctx, str_from(json), &filter);
    if (err != ERR_NONE) {
        return err;
    }
    const struct ideal_save one = {
        .dataset = 1, .user = 1, .base = base, .filter = &filter, .tag = str_from(tag)};
    return ideal_save(web, &one, out_version);
}

static int32_t profile_is(const char *json, const char *tag)
{
    int32_t version, base = (int32_t)I64("select coalesce(max(version), 0) from ideal_profile "
                                         "where dataset_id = 1");
    begin();
    works(save(base, json, tag, &version));
    assert_int_equal(version, base + 1);
    return version;
}

static void know(int64_t account, const char *field, const char *value)
{
    const struct str name = str_from(field), text = str_from(value);
    begin();
    works(facts_put(web, &(struct facts_put){.dataset = 1,
                                             .account = account,
                                             .source = STR(FACT_HAND),
                                             .user = 1,
                                             .fields = &name,
                                             .values = &text,
                                             .n = 1}));
}

static void forget(int64_t account, const char *field)
{
    const struct str name = str_from(field);
    int64_t n;
    begin();
    works(facts_remove(web, 1, account, STR(FACT_HAND), &name, 1, &n));
}

/* A person puts the tag on, or takes it off. */
static int64_t tag_by_hand(int64_t account, bool put)
{
    int64_t tag, id;
    int32_t n;
    begin();
    const struct operation operation = {
        .dataset = 1, .kind = put ? OP_TAG : OP_UNTAG, .user = 1};
    assert_int_equal(operation_begin(web, &operation, &id), ERR_NONE);
    assert_int_equal(tag_find_or_add(web, 1, STR("ICP"), &tag), ERR_NONE);
    const struct tagging who = {
        .dataset = 1, .operation = id, .actor = {.kind = ACTOR_USER, .id = 1}};
    assert_int_equal(tagging_accounts(web, &who, put, (struct sql_i64s){&account, 1},
                                      (struct sql_i64s){&tag, 1}, &n),
                     ERR_NONE);
    works(operation_end(web, 1, id, n, (struct str){.p = NULL}));
    return n > 0 ? id : 0;
}

static void undo(int64_t operation)
{
    struct operation_undone undone;
    begin();
    works(operation_undo(web, 1, operation, 1, &undone));
}

/* ---- the plain story ---- */

static void a_board_with_cards(void)
{
    testdb_exec(
        &t,
        "insert into board (dataset_id, name, user_id, setup_step) values (1, 'Sales', 1, 0);"
        "insert into stage (dataset_id, board_id, position, name, entry, cards)"
        "  values (1, 1, 1, 'New', true, 2);"
        "insert into card (dataset_id, board_id, stage_id, rank, account_id, title, "
        "modified_at)"
        "  values (1, 1, 1, 1, 1, 'Company 1', '2020-01-01'), (1, 1, 1, 2, 2, 'Company 2', "
        "'2020-01-01')");
}

static void who_matches_gets_the_tag(void **state)
{
    (void)state;
    a_board_with_cards();
    know(1, "industry", "steel");
    know(3, "industry", "Steel");
    assert_int_equal(I64("select count(*) from job"), 0); /* there is no profile */
    int32_t version = profile_is(STEEL, "ICP");
    assert_string_equal(by(1), "no");
    jobs();
    assert_int_equal(version, 1);
    assert_string_equal(by(1), "ideal");
    assert_string_equal(by(2), "no");
    assert_string_equal(by(3), "ideal");
    TEXT_IS("select tags::text from card where account_id = 1", "[[\"ICP\", 1]]");
    TEXT_IS("select detail::text from card_ledger where card_id = 1 and kind = 8",
            "{\"tag\": \"ICP\", \"cause\": \"industry is Steel\", \"ideal\": \"1\"}");
    assert_int_equal(I64("select count(*) from card_ledger where kind = 8"), 1);
    assert_int_equal(I64("select actor_kind from card_ledger where kind = 8"), ACTOR_SYSTEM);
    TEXT_IS("select state::text || ' ' || done || ' ' || total from progress", "2 2 2");

    know(2, "industry", "Steel");
    know(1, "industry", "Paper");
    jobs();
    assert_string_equal(by(1), "no");
    assert_string_equal(by(2), "ideal");
    TEXT_IS("select tags::text from card where account_id = 1", "[]");
    TEXT_IS("select detail->>'cause' from card_ledger where card_id = 1 and kind = 9",
            "industry is Steel");
    forget(2, "industry");
    jobs();
    assert_string_equal(by(2), "no");
}

static void as_many_as_must_hold(void **state)
{
    (void)state;
    know(1, "industry", "Steel");
    know(1, "country", "Austria");
    know(2, "industry", "Steel");
    know(2, "employees", "80");
    know(3, "employees", "80");
    profile_is(V2
               "\"match\":\"any\",\"least\":2,\"conditions\":[" IS("industry", "Steel") "," IS(
                   "country", "Austria") ",{\"field\":\"employees\",\"op\":\"between\","
                                         "\"values\":[\"50\",\"100\"]}]}",
               "ICP");
    jobs();
    assert_string_equal(by(1), "ideal");
    assert_string_equal(by(2), "ideal");
    assert_string_equal(by(3), "no");
    know(3, "country", "austria");
    know(2, "employees", "101");
    jobs();
    assert_string_equal(by(2), "no");
    assert_string_equal(by(3), "ideal");
}

static void another_version_another_tag(void **state)
{
    (void)state;
    know(1, "industry", "Steel");
    know(2, "industry", "Paper");
    profile_is(STEEL, "ICP");
    jobs();
    profile_is(ALL IS("industry", "Paper") "]}", "ICP");
    jobs();
    assert_string_equal(by(1), "no");
    assert_string_equal(by(2), "ideal");
    profile_is(ALL IS("industry", "Paper") "]}", "Fit");
    jobs();
    assert_string_equal(by(2), "no");
    TEXT_IS("select string_agg(account_id || t.name || by_ideal, ' ') from account_tag g join "
            "tag t on t.id = g.tag_id",
            "2Fit3");
    profile_is(ALL IS("industry", "Paper") "]}", "");
    jobs();
    assert_int_equal(I64("select count(*) from account_tag"), 0);
    know(3, "industry", "Paper"); /* it is off: nothing is even noted */
    assert_int_equal(I64("select count(*) from job"), 0);
}

static void a_deleted_tag_is_off(void **state)
{
    (void)state;
    struct ideal_profile profile;
    know(1, "industry", "Steel");
    profile_is(STEEL, "ICP");
    jobs();
    begin();
    works(tag_delete(web, 1, I64("select id from tag")));
    begin();
    works(ideal_get(&t.ctx, web, 1, &profile));
    assert_int_equal(profile.version, 1);
    assert_int_equal(profile.tag, 0);
    know(2, "industry", "Steel");
    jobs();
    assert_int_equal(I64("select count(*) from account_tag"), 0);
}

/* ---- what people do with the tag ---- */

static void what_somebody_put_stays(void **state)
{
    (void)state;
    know(1, "industry", "Steel");
    know(2, "industry", "Steel");
    profile_is(STEEL, "ICP");
    jobs();
    (void)tag_by_hand(1, true); /* it had it by the profile */
    (void)tag_by_hand(3, true); /* it does not match */
    jobs();
    know(1, "industry", "Paper");
    know(2, "industry", "Paper");
    jobs();
    assert_string_equal(by(1), "hand");
    assert_string_equal(by(2), "no");
    assert_string_equal(by(3), "hand");
    profile_is(STEEL, "");
    jobs();
    assert_string_equal(by(1), "hand");
    assert_string_equal(by(3), "hand");
}

static void what_somebody_took_off_stays_off(void **state)
{
    (void)state;
    know(1, "industry", "Steel");
    know(2, "industry", "Steel");
    profile_is(STEEL, "ICP");
    jobs();
    int64_t operation = tag_by_hand(1, false);
    assert_true(operation > 0);
    know(1, "city", "Linz");
    jobs();
    begin();
    works(ideal_ask(web, 1, 0));
    jobs();
    assert_string_equal(by(1), "no");
    undo(operation);
    assert_string_equal(by(1), "ideal"); /* as it was */
    know(1, "city", "Graz");
    jobs();
    assert_string_equal(by(1), "ideal");
    know(1, "industry", "Paper");
    jobs();
    assert_string_equal(by(1), "no");

    (void)tag_by_hand(2, false);
    profile_is(STEEL, "ICP"); /* another version asks anew */
    jobs();
    assert_string_equal(by(2), "ideal");
    assert_int_equal(I64("select count(*) from ideal_declined"), 0);
}

static void a_tag_of_another_name_declines_nothing(void **state)
{
    (void)state;
    know(1, "industry", "Steel");
    (void)tag_by_hand(1, true);
    profile_is(STEEL, "Fit");
    jobs();
    (void)tag_by_hand(1, false);
    jobs();
    TEXT_IS("select t.name || by_ideal from account_tag g join tag t on t.id = g.tag_id",
            "Fit1");
    assert_int_equal(I64("select count(*) from ideal_declined"), 0);
}

/* ---- merges, hiding ---- */

static void merged_companies_have_it_as_one(void **state)
{
    (void)state;
    int64_t operation;
    const struct people_pair pair = {.dataset = 1, .user = 1, .from = 1, .into = 2};
    know(1, "industry", "Steel");
    profile_is(STEEL, "ICP");
    jobs();
    begin();
    works(people_merge_accounts(web, &pair, &operation));
    jobs();
    assert_string_equal(by(2), "ideal"); /* what is known of the other fills its gaps */
    know(2, "industry", "Wood");
    jobs();
    assert_string_equal(by(2), "no");
    forget(2, "industry");
    undo(operation);
    jobs();
    assert_string_equal(by(1), "ideal");
    assert_string_equal(by(2), "no");
}

static void hidden_companies_are_left_alone(void **state)
{
    (void)state;
    int64_t operation;
    const struct hiding hiding = {.dataset = 1, .user = 1, .account = 1};
    know(1, "industry", "Steel");
    profile_is(STEEL, "ICP");
    jobs();
    begin();
    works(hiding_hide(web, &hiding, &operation));
    begin();
    works(ideal_ask(web, 1, 0));
    jobs();
    assert_string_equal(by(1), "ideal");
    know(1, "industry", "Paper");
    jobs();
    assert_string_equal(by(1), "ideal");
    undo(operation);
    jobs();
    assert_string_equal(by(1), "no");
}

/* ---- what is not allowed ---- */

static void profiles_that_cannot_be(void **state)
{
    (void)state;
    static const char *const filters[] = {
        ALL "]}",
        ALL "{\"field\":\"email\",\"op\":\"known\"}]}",
        ALL "{\"field\":\"score\",\"op\":\"greater\",\"values\":[\"50\"]}]}",
        ALL "{\"field\":\"leads\",\"op\":\"greater\",\"values\":[\"5\"]}]}",
        ALL "{\"field\":\"tag\",\"op\":\"is\",\"values\":[\"ICP\"]}]}",
        ALL "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/pricing\"]}]}",
        ALL "{\"match\":\"any\",\"conditions\":[" IS("industry", "Steel") "]}]}",
        "{\"version\":2,\"subject\":\"leads\",\"match\":\"all\",\"conditions\":[" IS(
            "industry", "Steel") "]}",
    };
    int32_t version;
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        begin();
        refused(save(0, filters[i], "ICP", &version), ERR_INVALID);
    }
    begin();
    refused(save(0, STEEL, "two\nlines", &version), ERR_INVALID);
    begin();
    refused(save(3, STEEL, "ICP", &version), ERR_CONFLICT);
    profile_is(STEEL, "ICP");
    begin();
    refused(save(0, STEEL, "ICP", &version), ERR_CONFLICT); /* somebody was faster */
    assert_int_equal(I64("select count(*) from ideal_profile"), 1);
    testdb_exec(&t, "insert into tag (dataset_id, name) select 1, 'Tag ' || n from "
                    "generate_series(1, 99) n");
    begin();
    refused(save(1, STEEL, "One too many", &version), ERR_LIMIT);
}

static void each_dataset_has_its_own(void **state)
{
    (void)state;
    testdb_exec(&t, "insert into account (dataset_id, id, name, industry) values (2, 41, 'Other', "
                    "'Steel')");
    know(1, "industry", "Steel");
    profile_is(STEEL, "ICP");
    jobs();
    assert_int_equal(I64("select count(*) from account_tag where dataset_id = 2"), 0);
    const int64_t datasets[] = {1, 2}, accounts[] = {5, 41};
    struct db *worker = testdb_connect(&t, "leadboard_worker");
    assert_int_equal(db_begin(worker, NULL), ERR_NONE);
    assert_int_equal(ideal_changed_many(worker, (struct sql_i64s){datasets, 2},
                                        (struct sql_i64s){accounts, 2}),
                     ERR_NONE);
    assert_int_equal(db_commit(worker), ERR_NONE);
    db_free(worker);
    TEXT_IS("select string_agg(dataset_id || ' ' || account_id, ', ') from ideal_due", "1 5");
    assert_int_equal(I64("select count(*) from job where dataset_id = 2"), 0);
}

/* ---- the log consumer, scores ---- */

static void derive(void)
{
    struct ctx ctx = {.arena = arena_new((size_t)256 << 20)};
    struct db *db = db_new(t.conninfo, "leadboard_worker");
    int64_t n = 1;
    while (n > 0) {
        assert_int_equal(derive_batch(&ctx, db, 1000, &n), ERR_NONE);
        ctx_reset(&ctx, STR("test"));
    }
    db_free(db);
    arena_free(ctx.arena);
}

static void companies_of_the_log_are_looked_at(void **state)
{
    (void)state;
    profile_is(ALL "{\"field\":\"company\",\"op\":\"contains\",\"values\":[\"Works\"]}]}",
               "ICP");
    jobs();
    testdb_exec(&t, "insert into score_formula (dataset_id, version, rules) select 1, 1,"
                    " jsonb_build_array(jsonb_build_object('key', 'icp', 'kind', 'tag', 'tag',"
                    "   id::text, 'name', 'ICP', 'points', 30)) from tag where name = 'ICP';"
                    "insert into event (dataset_id, at, visitor, type, url, properties) values"
                    " (1, now(), md5('a')::uuid, 5, 'https://site.example/', "
                    "'{\"email\":\"jo@mill.example\",\"company\":\"Mill Works\"}')");
    derive();
    jobs();
    assert_int_equal(I64("select count(*) from account where name = 'Mill Works'"), 1);
    assert_string_equal(by(I64("select id from account where name = 'Mill Works'")), "ideal");
    assert_int_equal(I64("select score from lead where email = 'jo@mill.example'"), 30);
    testdb_exec(&t, "insert into event (dataset_id, at, visitor, type, url, properties) values"
                    " (1, now() + interval '1 s', md5('a')::uuid, 5, 'https://site.example/', "
                    "'{\"email\":\"jo@mill.example\",\"company\":\"Mill Ltd\"}')");
    derive();
    jobs();
    assert_string_equal(by(I64("select id from account where name = 'Mill Ltd'")), "no");
    assert_int_equal(I64("select score from lead where email = 'jo@mill.example'"), 0);
}

/* ---- anything in any order ---- */

static uint32_t seed;
static uint32_t pick(uint32_t n)
{
    seed = seed * 1664525U + 1013904223U;
    return (uint32_t)(((uint64_t)(seed >> 4) * n) >> 28);
}

static const char *any_profile(void)
{
    static const char *const conditions[] = {
        IS("industry", "Steel"),
        IS("country", "Austria"),
        IS("city", "Linz"),
        "{\"field\":\"employees\",\"op\":\"between\",\"values\":[\"10\",\"50\"]}",
        "{\"field\":\"industry\",\"op\":\"unknown\"}",
        "{\"field\":\"country\",\"op\":\"is_not\",\"values\":[\"France\"]}"};
    struct sb sb;
    uint32_t n = 1 + pick(4), least = n > 1 ? pick(n + 1) : 0;
    sb_init(&sb, t.ctx.arena, 4000);
    SB_LIT(&sb, V2);
    if (least == 0) {
        SB_LIT(&sb, "\"match\":\"all\"");
    } else {
        sb_printf(&sb, "\"match\":\"any\",\"least\":%u", least);
    }
    SB_LIT(&sb, ",\"conditions\":[");
    for (uint32_t i = 0; i < n; i++) {
        sb_str(&sb, i == 0 ? STR("") : STR(","));
        sb_str(&sb, str_from(conditions[pick(6)]));
    }
    SB_LIT(&sb, "]}");
    return arena_cstr(t.ctx.arena, sb_view(&sb));
}

struct model {
    int32_t version;
    bool off;
    bool hand[ACCOUNTS + 1], declined[ACCOUNTS + 1];
};

static void any_fact(int64_t account)
{
    static const char *const fields[] = {"industry", "country", "city", "employees"};
    static const char *const values[4][3] = {{"Steel", "Paper", "steel"},
                                             {"Austria", "France", "Peru"},
                                             {"Linz", "Wien", "Graz"},
                                             {"9", "10", "51"}};
    uint32_t field = pick(4);
    if (pick(4) == 0) {
        forget(account, fields[field]);
    } else {
        know(account, fields[field], values[field][pick(3)]);
    }
}

static void any_step(struct model *model)
{
    int64_t account = 1 + pick(ACCOUNTS);
    switch (pick(12)) {
    case 0:
        (void)tag_by_hand(account, true);
        model->hand[account] = true;
        return;
    case 1:
        if (tag_by_hand(account, false) != 0) {
            model->hand[account] = false;
            model->declined[account] = !model->off;
        }
        return;
    case 2:
        if (pick(4) == 0) {
            model->off = pick(4) == 0;
            model->version = profile_is(any_profile(), model->off ? "" : "ICP");
            memset(model->declined, 0, sizeof(model->declined));
        }
        return;
    case 3:
        jobs();
        return;
    default:
        any_fact(account);
        return;
    }
}

static void check(const struct model *model)
{
    struct ideal_profile profile;
    struct sql_i64s matching = {.n = 0};
    begin();
    assert_int_equal(ideal_get(&t.ctx, web, 1, &profile), ERR_NONE);
    const struct filter_query query = {.dataset = 1, .filter = &profile.filter};
    works(filter_find(&t.ctx, web, &query, 0, INT64_MAX, &matching));
    for (int64_t i = 1; i <= ACCOUNTS; i++) {
        bool matches = false;
        for (size_t k = 0; k < matching.n; k++) {
            matches = matches || matching.v[k] == i;
        }
        matches = matches && !model->off && !model->declined[i];
        const char *want = model->hand[i] ? "hand" : matches ? "ideal" : "no";
        assert_string_equal(by(i), want);
    }
}

static void whatever_happens(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 3; run++) {
        struct model model = {.version = 0};
        fresh(NULL);
        seed = run;
        model.version = profile_is(any_profile(), "ICP");
        for (int i = 0; i < STEPS / 3; i++) {
            any_step(&model);
            ctx_reset(&t.ctx, STR("test"));
        }
        jobs();
        check(&model);
        const char *rows = "select string_agg(account_id || ' ' || xmin, ',' order by 1) from "
                           "account_tag";
        const char *before = text_of(rows);
        begin();
        works(ideal_ask(web, 1, 0)); /* the hourly look finds nothing to do */
        jobs();
        TEXT_IS(rows, before);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_matches_gets_the_tag),
        TEST(as_many_as_must_hold),
        TEST(another_version_another_tag),
        TEST(a_deleted_tag_is_off),
        TEST(what_somebody_put_stays),
        TEST(what_somebody_took_off_stays_off),
        TEST(a_tag_of_another_name_declines_nothing),
        TEST(merged_companies_have_it_as_one),
        TEST(hidden_companies_are_left_alone),
        TEST(profiles_that_cannot_be),
        TEST(each_dataset_has_its_own),
        TEST(companies_of_the_log_are_looked_at),
        TEST(whatever_happens),
    };
    testdb_open(&t, true);
    web = testdb_connect(&t, "leadboard_web");
    testdb_exec(&t, helpers);
    int failed = cmocka_run_group_tests_name("ideal", tests, NULL, NULL);
    db_free(web);
    testdb_close(&t);
    return failed;
}
