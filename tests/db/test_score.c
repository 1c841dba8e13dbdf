/* The leadscore and the hits it is made of, in a real database: the log consumer, the refresh
 * and the job that scores everything anew agree, whatever happened, and in whatever order. */
#include "shared/facts.h"
#include "shared/people.h"
#include "shared/queue.h"
#include "shared/score.h"
#include "shared/tag.h"
#include "shared/tagging.h"
#include "shared/target.h"
#include "tests/db/testdb.h"
#include "worker/derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct testdb t;
static struct db *web, *worker;

#define I64(sql) testdb_i64(&t, sql)

/* ev(visitor, days, type, page, properties): so many days ago, and about twelve hours, so that
 * no lead's whole day begins while a test runs. state: what is derived, without ids. */
static const char helpers[] =
    "create function ev(v text, days numeric, type int, page text default null,"
    "    properties jsonb default null, utm jsonb default null)"
    " returns void language sql as $$"
    "  insert into event (dataset_id, at, visitor, type, url, properties, utm)"
    "  values (1, now() - days * interval '1 day' - interval '12 hours', md5(v)::uuid, type,"
    "    'https://site.example' || page, properties, utm) $$;"
    "create view state as"
    " select jsonb_build_array(l.email, l.merged_into is null, l.sessions, l.pageviews, "
    "l.score,"
    "   l.score_parts, a.score, (select jsonb_agg(jsonb_build_array(h.pattern_id, h.n,"
    "     h.first_at, h.last_at) order by h.pattern_id) from lead_hit h where h.lead_id = "
    "l.id),"
    "   (select jsonb_agg(s.visitor || ' ' || s.started_at order by s.visitor, s.started_at)"
    "    from session s where s.lead_id = l.id))::text as what"
    " from lead l left join account a on a.id = l.account_id;"
    "create function lead(e text) returns bigint language sql as"
    "  $$select id from lead where email = e$$;"
    "create function part(e text, k text) returns int language sql as $$"
    "  select coalesce((select (p->>1)::int from lead l, jsonb_array_elements(score_parts) p"
    "   where l.email = e and p->>0 = k), 0) $$;"
    "create function forget() returns void language sql as $$"
    "  truncate visitor, session, lead, account, lead_tag, account_tag, account_fact, card,"
    "    card_find, stage, board, card_ledger, card_change, note, job, tag, operation, "
    "lead_link,"
    "    lead_merge, account_merge, score_history, session_hit, lead_hit cascade;"
    "  update log_cursor set xid = '0', id = 0, max_id = 0, floor_id = 0 $$;"
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
    db_use(worker, &t.ctx);
    testdb_exec(
        &t,
        "select forget();"
        "truncate event, score_formula, score_draft, conversion_target, page_pattern cascade");
    return 0;
}

static void derive_at(int64_t limit)
{
    struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
    struct db *db = db_new(t.conninfo, "leadboard_worker");
    int64_t n = 1;
    while (n > 0) {
        enum err err = derive_batch(&ctx, db, limit, &n);
        if (err != ERR_NONE) {
            print_error("derive: %s: %.*s %.*s\n", err_name(err), STR_ARG(ctx.why),
                        STR_ARG(ctx.detail));
        }
        assert_int_equal(err, ERR_NONE);
        ctx_reset(&ctx, STR("test"));
    }
    db_free(db);
    arena_free(ctx.arena);
}

static void derive(void)
{
    derive_at(1000);
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

/* ---- as the programs do it ---- */

static void begin(struct db *db)
{
    const struct db_scope scope = {.workspace = 1, .dataset = 1};
    ctx_clear(&t.ctx);
    assert_int_equal(db_begin(db, &scope), ERR_NONE);
}

static void works(struct db *db, enum err err)
{
    if (err == ERR_NONE) {
        err = db_commit(db);
    }
    if (err != ERR_NONE) {
        print_error("%s: %.*s %.*s\n", err_name(err), STR_ARG(t.ctx.why),
                    STR_ARG(t.ctx.detail));
    }
    assert_int_equal(err, ERR_NONE);
}

static int64_t pattern_for(const char *typed)
{
    int64_t id = 0;
    const struct str text = str_from(typed);
    begin(web);
    works(web, page_pattern_for(web, 1, &text, 1, &id));
    return id;
}

static int64_t target(const char *name, const char *pages)
{
    const struct str page = str_from(pages);
    const struct target made = {.name = str_from(name), .pages = &page, .n_pages = 1};
    const char *field;
    int64_t id = 0;
    begin(web);
    works(web, target_save(web, 1, 1, &made, &field, &id));
    return id;
}

static void formula_is(const char *rules)
{
    struct score_rule *read;
    size_t n;
    char sql[8000];
    assert_int_equal(score_rules_read(&t.ctx, str_from(rules), &read, &n), ERR_NONE);
    (void)snprintf(
        sql, sizeof(sql),
        "insert into score_formula (dataset_id, version, rules) select 1,"
        " coalesce(max(version), 0) + 1, '%s' from score_formula where dataset_id = 1",
        rules);
    testdb_exec(&t, sql);
}

/* Of every kind. */
static const char *rules_of_all_kinds(void)
{
    return arena_print(
               t.ctx.arena,
               "[{\"key\":\"email\",\"kind\":\"has\",\"field\":\"email\",\"points\":10},"
               "{\"key\":\"free\",\"kind\":\"match\",\"field\":\"email\",\"op\":\"contains\","
               "\"values\":[\"@gmail.\"],\"points\":-7},"
               "{\"key\":\"no_company\",\"kind\":\"has\",\"field\":\"company\",\"not\":true,"
               "\"points\":-3},"
               "{\"key\":\"name\",\"kind\":\"match\",\"field\":\"company\",\"op\":\"contains\","
               "\"values\":[\"Company 1\",\"Company 3\"],\"lower\":[\"company 1\",\"company "
               "3\"],"
               "\"points\":9},"
               "{\"key\":\"views\",\"kind\":\"per\",\"field\":\"pageviews\",\"each\":3,"
               "\"points\":2,\"most\":12},"
               "{\"key\":\"visits\",\"kind\":\"range\",\"field\":\"sessions\",\"from\":3,"
               "\"to\":9,"
               "\"points\":8},"
               "{\"key\":\"team\",\"kind\":\"range\",\"field\":\"property\",\"property\":"
               "\"team\",\"from\":20,\"points\":11},"
               "{\"key\":\"channel\",\"kind\":\"match\",\"field\":\"channel\",\"op\":\"is\","
               "\"values\":[\"paid\"],\"points\":6},"
               "{\"key\":\"pricing\",\"kind\":\"pages\",\"pages\":\"/pricing*\",\"pattern\":"
               "\"%lld\",\"points\":5,\"most\":30},"
               "{\"key\":\"demo\",\"kind\":\"target\",\"target\":\"%lld\",\"points\":20,"
               "\"most\":20},"
               "{\"key\":\"tag\",\"kind\":\"tag\",\"tag\":\"%lld\",\"points\":13},"
               "{\"key\":\"recency\",\"kind\":\"recency\",\"decay\":\"half\",\"days\":5,"
               "\"points\":20}]",
               (long long)pattern_for("/pricing*"), (long long)target("Demo", "*/demo"),
               (long long)I64("insert into tag (dataset_id, name) values (1, 'T' || random()) "
                              "returning id"))
        .p;
}

/* Scores every lead anew in small steps; gives how many changed. */
static int rescore(void)
{
    struct score_step step = {.last = 0};
    int changed = 0;
    do {
        struct score_formula formula;
        begin(worker);
        enum err err = score_formula_load(&t.ctx, worker, 1, &formula);
        if (err == ERR_NONE) {
            err = score_pass(&t.ctx, worker, 1, &formula, true, step.last, 7, &step);
        }
        works(worker, err);
        changed += step.changed;
    } while (step.last != 0);
    return changed;
}

/* One step of looking through older sessions; false when it was the last. */
static bool count_some(struct target_count *count, int64_t limit)
{
    int64_t seen;
    begin(worker);
    enum err err = target_count_step(&t.ctx, worker, 1, count, limit, &seen);
    if (err == ERR_NONE && !count->more) {
        err = target_count_end(worker, 1, count);
    }
    works(worker, err);
    return count->more;
}

static struct target_count count_begin(void)
{
    struct target_count count;
    int64_t sessions;
    begin(worker);
    works(worker, target_count_begin(&t.ctx, worker, 1, &count, &sessions));
    return count;
}

static void count_all(void)
{
    struct target_count count = count_begin();
    while (count.more && count_some(&count, 9)) {
    }
}

/* ---- what must hold ---- */

#define NONE_OF(sql)                                                                           \
    TEXT_IS("select coalesce(string_agg(x::text, ' '), 'none') from (" sql ") x", "none")

static void check_hits(void)
{
    /* Of a session: the views in it, by an expression of its own. */
    NONE_OF(
        "(select h.visitor, h.started_at, p.patterns[1], h.n::bigint, h.first_at, h.last_at"
        " from session_hit h join page_pattern p on p.id = h.pattern_id"
        " except select s.visitor, s.started_at, w.p, count(*), min(e.at), max(e.at)"
        " from session s join event e on e.visitor = s.visitor"
        "  and e.at between s.started_at and s.ended_at and e.type in (1, 4)"
        " join (values ('/pricing*', '^https://[^/]+/pricing'), ('*/demo', '/demo/?([?]|$)'))"
        "  w (p, re) on e.url ~ w.re group by 1, 2, 3)");
    assert_int_equal(I64("select coalesce(sum(n), 0)::bigint from session_hit"),
                     I64("select count(*) from event e, (values ('/pricing*',"
                         " '^https://[^/]+/pricing'), ('*/demo', '/demo/?([?]|$)')) w (p, re)"
                         " where e.type in (1, 4) and e.url ~ w.re and exists (select from"
                         " page_pattern where patterns[1] = w.p)"));
    /* Of a lead: those of its sessions, and nothing for leads that are gone. */
    NONE_OF("(select lead_id, pattern_id, n, first_at, last_at from lead_hit except"
            " select s.lead_id, h.pattern_id, sum(h.n), min(h.first_at), max(h.last_at)"
            " from session s join session_hit h using (dataset_id, visitor, started_at)"
            " group by 1, 2)");
    assert_int_equal(I64("select coalesce(sum(n), 0)::bigint from lead_hit"),
                     I64("select coalesce(sum(n), 0)::bigint from session_hit"));
}

static void check_scores(void)
{
    NONE_OF("select l.id, l.score, l.score_parts from lead l where l.score <> coalesce((select"
            " sum((p->>1)::int) from jsonb_array_elements(l.score_parts) p where"
            " jsonb_typeof(p) = 'array'), 0) or l.score not between 0 and 100");
    NONE_OF("select a.id, a.score from account a where merged_into is null and a.score <>"
            " coalesce((select max(score) from lead where account_id = a.id), 0)");
    NONE_OF(
        "select c.id from card c left join account a on a.id = c.account_id left join lead l"
        " on l.id = c.lead_id where c.score <> coalesce(a.score, l.score)");
    assert_int_equal(rescore(), 0);
}

static void keep_state(const char *name)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "drop table if exists %s; create table %s as select what from state", name,
                   name);
    testdb_exec(&t, sql);
}

static void check_same(const char *a, const char *b)
{
    char sql[600];
    (void)snprintf(sql, sizeof(sql),
                   "select coalesce(string_agg(x, E'\\n'), 'same') from ("
                   "(select '- ' || what as x from (table %s except all table %s) q "
                   "order by 1 limit 3) union all"
                   "(select '+ ' || what from (table %s except all table %s) p "
                   "order by 1 limit 3)) z",
                   a, b, b, a);
    assert_string_equal(text_of(sql), "same");
}

/* People on several devices, pages that count and others, forms, companies; in no order of
 * time. No moment is the same. */
static void write_log(int seed, int from, int to, const char *order)
{
    char sql[4000];
    (void)snprintf(
        sql, sizeof(sql),
        "insert into event (dataset_id, at, visitor, type, url, utm, properties)"
        " select 1, now() - interval '12 hours' - (h2 %% 40) * interval '1 day'"
        "   + (h3 %% 300 - 150) * interval '1 minute' + n * interval '1 us',"
        "   md5('v' || h1 %% 25)::uuid, (array[1,1,1,1,1,2,5,6,4,3])[1 + h3 %% 10],"
        "   'https://site.example/' || (array['pricing', 'pricing/teams?x', 'de/demo', 'demo/',"
        "     'blog', 'blog/pricing', 'Pricing#a'])[1 + h4 %% 7],"
        "   case when h4 %% 9 = 0 then '{\"source\":\"s\",\"medium\":\"cpc\"}'::jsonb end,"
        "   case when h4 %% 4 = 0 then jsonb_strip_nulls(jsonb_build_object("
        "     'email', case when h2 %% 3 > 0 then 'p' || (h1 + h3) %% 18 || (array['@acme.com',"
        "       '@gmail.com','@sub.globex.co.uk'])[1 + (h1 + h3) %% 3] end,"
        "     'company', case when h2 %% 2 = 0 then 'Company ' || (h1 %% 6) end,"
        "     'team', (h2 %% 50)::text)) end"
        " from (select n, (hashtext('a%d' || n)::bigint & 2147483647) h1,"
        "   (hashtext('b%d' || n)::bigint & 2147483647) h2,"
        "   (hashtext('c%d' || n)::bigint & 2147483647) h3,"
        "   (hashtext('d%d' || n)::bigint & 2147483647) h4"
        "   from generate_series(%d, %d) n) r order by %s",
        seed, seed, seed, seed, from, to, order);
    testdb_exec(&t, sql);
}

/* The expression of check_hits knows no capitals. */
static void lower_urls(void)
{
    testdb_exec(&t, "update event set url = lower(url)");
}

/* ---- random histories ---- */

static void the_consumer_agrees_with_itself(void **state)
{
    (void)state;
    formula_is(rules_of_all_kinds());
    for (int seed = 1; seed <= 3; seed++) {
        testdb_exec(&t, "select forget(); truncate event");
        write_log(seed, 1, 500, "n");
        lower_urls();
        derive_at(100000);
        check_hits();
        check_scores();
        keep_state("at_once");
        static const int limits[] = {1, 7, 60};
        for (size_t i = seed == 1 ? 0 : 1; i < sizeof(limits) / sizeof(limits[0]); i++) {
            testdb_exec(&t, "select forget()");
            derive_at(limits[i]);
            check_hits();
            check_scores();
            keep_state("by_batch");
            check_same("at_once", "by_batch");
        }
        testdb_exec(&t,
                    "select forget(); create table if not exists log (like event);"
                    "truncate log; insert into log select * from event; truncate event;"
                    "insert into event (dataset_id, at, visitor, type, url, utm, properties)"
                    " select dataset_id, at, visitor, type, url, utm, properties from log"
                    " order by hashtext(id::text)");
        derive_at(40);
        check_hits();
        check_scores();
        keep_state("shuffled");
        check_same("at_once", "shuffled");
    }
    assert_true(I64("select count(distinct score) from lead") > 10);
    assert_true(I64("select count(distinct k) from (select p->>0 k from lead, "
                    "jsonb_array_elements(score_parts) p where jsonb_typeof(p) = 'array') x") >=
                10);
}

/* The default formula, which the consumer knows by heart. */
static void the_default_agrees(void **state)
{
    (void)state;
    write_log(5, 1, 500, "n");
    derive_at(23);
    check_scores();
    keep_state("by_heart");
    testdb_exec(&t, "select forget()");
    derive_at(100000);
    keep_state("at_once");
    check_same("by_heart", "at_once");
    TEXT_IS("select (score_parts->0->>0)::text from lead where email is not null limit 1",
            "email");
}

/* Of patterns that come when there is history, while the consumer goes on. */
static void older_sessions_are_counted(void **state)
{
    (void)state;
    const char *rules = rules_of_all_kinds();
    write_log(6, 1, 900, "n");
    lower_urls();
    formula_is(rules);
    derive_at(100000);
    keep_state("from_the_start");
    testdb_exec(&t,
                "select forget(); create table if not exists log (like event); truncate log;"
                "insert into log select * from event; truncate event, score_formula;"
                "create table kept as table page_pattern;"
                "create table kept_target as table conversion_target;"
                "truncate page_pattern cascade");
    testdb_exec(&t, "insert into event (dataset_id, at, visitor, type, url, utm, properties)"
                    " select dataset_id, at, visitor, type, url, utm, properties from log "
                    "where id % 3 <> 0");
    derive_at(50);
    assert_int_equal(I64("select count(*) from session_hit"), 0);
    testdb_exec(&t, "insert into page_pattern overriding system value select * from kept;"
                    "update page_pattern set counted_at = null;"
                    "insert into conversion_target (dataset_id, id, name, pages, pattern_id)"
                    " overriding system value select dataset_id, id, name, pages, pattern_id"
                    " from kept_target; drop table kept, kept_target");
    struct target_count count = count_begin();
    assert_int_equal(count.patterns.n, 2);
    assert_true(count_some(&count, 20));
    assert_true(count_some(&count, 20));
    testdb_exec(&t, "insert into event (dataset_id, at, visitor, type, url, utm, properties)"
                    " select dataset_id, at, visitor, type, url, utm, properties from log "
                    "where id % 3 = 0");
    derive_at(90); /* knows the patterns */
    while (count_some(&count, 20)) {
    }
    check_hits();
    assert_int_equal(I64("select count(*) from page_pattern where counted_at is null"), 0);
    formula_is(rules);
    (void)rescore();
    check_scores();
    keep_state("counted_later");
    check_same("from_the_start", "counted_later");
    /* Once more changes nothing. */
    testdb_exec(&t, "update page_pattern set counted_at = null");
    count_all();
    check_hits();
    keep_state("counted_again");
    check_same("counted_later", "counted_again");
}

/* ---- people put right by hand ---- */

static int64_t merge_leads(int64_t from, int64_t into)
{
    const struct people_pair pair = {.dataset = 1, .user = 1, .from = from, .into = into};
    int64_t operation = 0, stays;
    begin(web);
    works(web, people_merge_leads(web, &pair, &operation, &stays));
    return operation;
}

static void undo(int64_t operation)
{
    struct operation_undone undone;
    begin(web);
    works(web, operation_undo(web, 1, operation, 1, &undone));
}

static void merges_take_hits_along(void **state)
{
    (void)state;
    formula_is(rules_of_all_kinds());
    for (int seed = 20; seed < 23; seed++) {
        testdb_exec(&t, "select forget(); truncate event");
        write_log(seed, 1, 300, "n");
        lower_urls();
        derive_at(100000);
        keep_state("before");
        int64_t operations[3];
        for (int i = 0; i < 3; i++) {
            char sql[300];
            (void)snprintf(
                sql, sizeof(sql),
                "select id from lead where merged_into is null and email is not null "
                "order by hashtext(email || %d) limit 1",
                i * 7 + seed);
            int64_t into = I64(sql);
            (void)snprintf(sql, sizeof(sql),
                           "select id from lead where merged_into is null and id <> %lld "
                           "order by email is null, hashtext(id::text || %d) limit 1",
                           (long long)into, i + seed);
            operations[i] = merge_leads(I64(sql), into);
            check_hits();
            check_scores();
        }
        for (int i = 2; i >= 0; i--) {
            undo(operations[i]);
            check_hits();
            check_scores();
        }
        keep_state("after");
        check_same("before", "after");
        /* The log goes on while two are one. */
        (void)merge_leads(
            I64("select id from lead where email is not null order by id limit 1"),
            I64("select id from lead where email is not null order by id desc "
                "limit 1"));
        write_log(seed, 301, 500, "n");
        lower_urls();
        derive_at(30);
        check_hits();
        check_scores();
    }
}

/* ---- what rules ask for ---- */

static void put_fact(const char *field, const char *value)
{
    const struct str name = str_from(field), text = str_from(value);
    begin(web);
    works(web, facts_put(web, &(struct facts_put){.dataset = 1,
                                                  .account = I64("select id from account where "
                                                                 "domain = 'acme.com'"),
                                                  .source = STR(FACT_HAND),
                                                  .user = 1,
                                                  .fields = &name,
                                                  .values = &text,
                                                  .n = 1}));
}

static void facts_of_the_company_count(void **state)
{
    (void)state;
    formula_is(
        "[{\"key\":\"size\",\"kind\":\"range\",\"field\":\"employees\",\"from\":50,"
        "\"to\":500,\"points\":30},{\"key\":\"land\",\"kind\":\"match\",\"field\":\"country\","
        "\"op\":\"is\",\"values\":[\"Österreich\"],\"lower\":[\"österreich\"],\"points\":12}]");
    testdb_exec(&t, "select ev('a', 0, 6, '/', '{\"email\":\"a@acme.com\"}'),"
                    " ev('b', 0, 6, '/', '{\"email\":\"b@acme.com\"}')");
    derive();
    assert_int_equal(I64("select sum(score)::bigint from lead"), 0);
    put_fact("employees", "120");
    assert_int_equal(I64("select part('a@acme.com', 'size')"), 30);
    assert_int_equal(I64("select part('b@acme.com', 'size')"), 30);
    assert_int_equal(I64("select score from account"), 30);
    put_fact("country", "ÖSTERREICH");
    assert_int_equal(I64("select score from account"), 42);
    put_fact("employees", "20");
    assert_int_equal(I64("select score from account"), 12);
    testdb_exec(&t,
                "select ev('c', 0, 6, '/', '{\"email\":\"c@acme.com\"}')"); /* comes later */
    derive();
    assert_int_equal(I64("select part('c@acme.com', 'land')"), 12);
    int64_t n;
    const struct str field = STR("country");
    begin(web);
    works(web,
          facts_remove(web, 1, I64("select id from account"), STR(FACT_HAND), &field, 1, &n));
    assert_int_equal(I64("select score from account"), 0);
    check_scores();
}

static void tag_it(bool put, bool account, int64_t id, int64_t tag)
{
    struct tagging tagging = {.dataset = 1, .actor = {.kind = ACTOR_USER, .id = 1}};
    const struct operation operation = {
        .dataset = 1, .kind = put ? OP_TAG : OP_UNTAG, .user = 1};
    int32_t n;
    begin(web);
    enum err err = operation_begin(web, &operation, &tagging.operation);
    const struct sql_i64s ids = {&id, 1}, tags = {&tag, 1};
    if (err == ERR_NONE) {
        err = account ? tagging_accounts(web, &tagging, put, ids, tags, &n)
                      : tagging_leads(web, &tagging, put, ids, tags, &n);
    }
    if (err == ERR_NONE) {
        err = operation_end(web, 1, tagging.operation, n, (struct str){.p = NULL});
    }
    works(web, err);
}

static void tags_count(void **state)
{
    (void)state;
    int64_t tag = I64("insert into tag (dataset_id, name) values (1, 'Rival') returning id");
    int64_t other = I64("insert into tag (dataset_id, name) values (1, 'Other') returning id");
    formula_is(
        arena_print(t.ctx.arena,
                    "[{\"key\":\"email\",\"kind\":\"has\",\"field\":\"email\",\"points\":50},"
                    "{\"key\":\"rival\",\"kind\":\"tag\",\"tag\":\"%lld\",\"points\":-30}]",
                    (long long)tag)
            .p);
    testdb_exec(&t, "select ev('a', 0, 6, '/', '{\"email\":\"a@acme.com\"}'),"
                    " ev('b', 0, 6, '/', '{\"email\":\"b@acme.com\"}')");
    derive();
    tag_it(true, true, I64("select id from account"), other);
    assert_int_equal(I64("select sum(score)::bigint from lead"), 100);
    tag_it(true, true, I64("select id from account"), tag);
    assert_int_equal(I64("select sum(score)::bigint from lead"), 40);
    assert_int_equal(I64("select score from account"), 20);
    tag_it(false, true, I64("select id from account"), tag);
    assert_int_equal(I64("select sum(score)::bigint from lead"), 100);
    tag_it(true, false, I64("select lead('a@acme.com')"), tag);
    TEXT_IS("select string_agg(score::text, ' ' order by email) from lead", "20 50");
    assert_int_equal(I64("select score from account"), 50);
    check_scores();
    assert_int_equal(I64("select count(*) from job"), 1); /* the company's first enrichment */
    begin(web);
    works(web, tag_delete(web, 1, tag));
    assert_int_equal(I64("select count(*) from job where kind = 7"), 1);
    (void)rescore();
    assert_int_equal(I64("select sum(score)::bigint from lead"), 100);
}

/* More than at once: by a job. */
static void many_leads_are_left_to_a_job(void **state)
{
    (void)state;
    formula_is("[{\"key\":\"size\",\"kind\":\"has\",\"field\":\"employees\",\"points\":30}]");
    testdb_exec(&t, "select ev('v' || n, 0, 6, '/', jsonb_build_object('email',"
                    " 'p' || n || '@acme.com')) from generate_series(1, 600) n");
    derive();
    put_fact("employees", "120");
    assert_int_equal(I64("select sum(score)::bigint from lead"), 0);
    TEXT_IS("select payload::text from job where kind = 7", "{\"do\": \"rescore\"}");
    assert_int_equal(rescore(), 600);
    assert_int_equal(I64("select score from account"), 30);
    /* Without a rule that asks for it nothing is to do. */
    testdb_exec(&t, "delete from job; delete from score_formula");
    (void)rescore();
    put_fact("employees", "5");
    assert_int_equal(I64("select count(*) from job"), 0);
}

/* ---- a new formula ---- */

static void a_new_formula_reaches_cards_and_history(void **state)
{
    (void)state;
    testdb_exec(
        &t, "insert into board (dataset_id, name, user_id, setup_step) values (1, 'B', 1, 0);"
            "insert into stage (dataset_id, board_id, position, name, entry) "
            "select 1, id, 1, 'S', true from board;"
            "select ev('a', 3, 6, '/', '{\"email\":\"a@acme.com\"}'),"
            " ev('g', 3, 6, '/', '{\"email\":\"g@gmail.com\"}')");
    derive();
    testdb_exec(
        &t, "insert into card (dataset_id, board_id, stage_id, rank, account_id, title, score)"
            " select 1, s.board_id, s.id, 1, a.id, 'A', a.score from stage s, account a;"
            "insert into card (dataset_id, board_id, stage_id, rank, lead_id, title, score)"
            " select 1, s.board_id, s.id, 2, l.id, 'G', l.score from stage s, lead l"
            " where account_id is null; truncate card_change");
    int64_t before = I64("select score from account");
    formula_is("[{\"key\":\"email\",\"kind\":\"has\",\"field\":\"email\",\"points\":77}]");
    assert_int_equal(rescore(), 2);
    assert_int_equal(I64("select min(score) from card"), 77);
    assert_int_equal(I64("select score from account"), 77);
    assert_int_equal(I64("select count(*) from card_change where card_id is not null"), 2);
    TEXT_IS("select score_parts::text from lead limit 1", "[1, [\"email\", 77]]");
    TEXT_IS("select string_agg(concat_ws(' ', h.score, h.version), ', ' order by day) from "
            "score_history h "
            "join lead l on l.id = h.lead_id where l.email = 'a@acme.com'",
            arena_print(t.ctx.arena, "%lld 0, 77 1", (long long)before).p);
    /* The same points by another version: its words are others, the history is not. */
    formula_is("[{\"key\":\"email\",\"kind\":\"has\",\"field\":\"email\",\"points\":77}]");
    assert_int_equal(rescore(), 2);
    assert_int_equal(I64("select count(*) from score_history"), 4);
    TEXT_IS("select score_parts::text from lead limit 1", "[2, [\"email\", 77]]");
    assert_int_equal(rescore(), 0);
    /* Two on one day: the day has the last one. */
    formula_is("[{\"key\":\"email\",\"kind\":\"has\",\"field\":\"email\",\"points\":7}]");
    (void)rescore();
    TEXT_IS("select string_agg(concat_ws(' ', h.score, h.version), ', ' order by day) from "
            "score_history h "
            "join lead l on l.id = h.lead_id where l.email = 'a@acme.com'",
            arena_print(t.ctx.arena, "%lld 0, 7 3", (long long)before).p);
}

/* Time is looked at as far as the formula does. */
static void the_refresh_looks_as_far_as_the_formula(void **state)
{
    (void)state;
    struct score_formula formula;
    struct score_step step;
    formula_is("[{\"key\":\"recency\",\"kind\":\"recency\",\"decay\":\"half\",\"days\":20,"
               "\"points\":100}]");
    testdb_exec(&t, "select ev('a', 100, 1, '/')");
    derive();
    int64_t score = I64("select score from lead");
    assert_in_range(score, 1, 5);
    testdb_exec(&t, "update lead set last_at = last_at - interval '20 days'");
    begin(worker);
    assert_int_equal(score_formula_load(&t.ctx, worker, 1, &formula), ERR_NONE);
    works(worker, score_pass(&t.ctx, worker, 1, &formula, false, 0, 100, &step));
    assert_int_equal(step.changed, 1);
    assert_true(I64("select score from lead") < score);
    testdb_exec(&t, "delete from score_formula; update lead set score = 99");
    begin(worker);
    assert_int_equal(score_formula_load(&t.ctx, worker, 1, &formula), ERR_NONE);
    works(worker, score_pass(&t.ctx, worker, 1, &formula, false, 0, 100, &step));
    assert_int_equal(step.seen, 0); /* beyond the 30 days of the default */
}

static void a_broken_formula_does_not_stop_the_log(void **state)
{
    (void)state;
    testdb_exec(&t, "insert into score_formula (dataset_id, version, rules) values"
                    " (1, 1, '[{\"kind\":\"of tomorrow\"}]');"
                    "select ev('a', 0, 6, '/', '{\"email\":\"a@acme.com\"}')");
    derive();
    TEXT_IS("select score_parts->0->>0 from lead", "email");
}

/* Datasets do not know of each other. */
static void formulas_are_of_a_dataset(void **state)
{
    (void)state;
    formula_is("[{\"key\":\"email\",\"kind\":\"has\",\"field\":\"email\",\"points\":77}]");
    (void)pattern_for("/pricing");
    testdb_exec(&t, "select ev('a', 0, 6, '/pricing', '{\"email\":\"a@acme.com\"}'),"
                    " ev('a', 0.001, 1, '/pricing');"
                    "insert into event (dataset_id, at, visitor, type, url, properties)"
                    " select 2, at, visitor, type, url, properties from event");
    derive();
    assert_int_equal(I64("select score from lead where dataset_id = 1"), 77);
    assert_true(I64("select score from lead where dataset_id = 2") < 77);
    assert_int_equal(I64("select count(*) from session_hit where dataset_id = 1"), 1);
    assert_int_equal(I64("select count(*) from session_hit where dataset_id = 2"), 0);
}

/* ---- patterns and targets ---- */

static void the_same_pages_are_one_pattern(void **state)
{
    (void)state;
    int64_t id = pattern_for("/Pricing/");
    assert_int_equal(pattern_for("/pricing"), id);
    assert_true(pattern_for("/pricing*") != id);
    (void)target("Pricing", " /PRICING ");
    assert_int_equal(I64("select count(*) from page_pattern"), 2);
    assert_int_equal(I64("select pattern_id from conversion_target"), id);
    begin(worker);
    works(worker, target_trim(worker, 1));
    assert_int_equal(I64("select id from page_pattern"), id); /* the other is of no use */
}

static void refused(enum err want, const char *words, const char *name, const char *page)
{
    const struct str pages = str_from(page);
    const struct target made = {
        .name = str_from(name), .pages = &pages, .n_pages = page[0] == '\0' ? 0 : 1};
    const char *field;
    int64_t id;
    begin(web);
    assert_int_equal(target_save(web, 1, 1, &made, &field, &id), want);
    assert_true(str_contains(t.ctx.why, str_from(words)));
    db_rollback(web);
}

static void targets_that_cannot_be(void **state)
{
    (void)state;
    int64_t id = target("Demo", "/demo");
    refused(ERR_INVALID, "name", "", "/a");
    refused(ERR_CONFLICT, "already", "DEMO", "/a");
    refused(ERR_INVALID, "which pages", "A", "");
    refused(ERR_INVALID, "begins with a slash", "A", "thanks");
    refused(ERR_INVALID, "60 characters",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/a");
    char sql[300];
    (void)snprintf(sql, sizeof(sql),
                   "insert into conversion_target (dataset_id, name, pages, pattern_id) "
                   "select 1, 'n' || n, '{/x}', pattern_id from conversion_target, "
                   "generate_series(2, %d) n",
                   TARGETS_MAX);
    testdb_exec(&t, sql);
    refused(ERR_LIMIT, "50 targets", "one more", "/a");
    (void)snprintf(sql, sizeof(sql),
                   "delete from conversion_target where id <> %lld;"
                   "insert into page_pattern (dataset_id, patterns) select 1, array['/p' || n] "
                   "from generate_series(2, %d) n",
                   (long long)id, PAGE_PATTERNS_MAX);
    testdb_exec(&t, sql);
    refused(ERR_LIMIT, "most that it can", "one more", "/a");
}

/* Changed, it means other pages; deleted, it brings nothing. */
static void targets_change(void **state)
{
    (void)state;
    testdb_exec(
        &t,
        "select ev('a', 1, 6, '/x', '{\"email\":\"a@acme.com\"}'),"
        " ev('a', 1.001, 1, '/demo'), ev('a', 1.002, 1, '/demo'), ev('a', 1.003, 1, '/trial')");
    derive();
    int64_t id = target("Demo", "/demo");
    TEXT_IS("select payload::text from job where kind = 7", "{\"do\": \"count\"}");
    formula_is(arena_print(t.ctx.arena,
                           "[{\"key\":\"demo\",\"kind\":\"target\",\"target\":\"%lld\","
                           "\"points\":20,\"most\":60}]",
                           (long long)id)
                   .p);
    count_all();
    (void)rescore();
    assert_int_equal(I64("select score from lead"), 40);
    const struct str pages[] = {STR("/trial"), STR("https://site.example/trial")};
    const struct target changed = {
        .id = id, .name = STR("Trial"), .pages = pages, .n_pages = 2};
    const char *field;
    begin(web);
    works(web, target_save(web, 1, 1, &changed, &field, &id));
    assert_int_equal(
        I64("select count(*) from job where kind = 7 and payload->>'do' = 'rescore'"), 1);
    count_all();
    (void)rescore();
    assert_int_equal(I64("select score from lead"),
                     20); /* one page, whichever pattern says so */
    struct score_formula formula;
    begin(web);
    works(web, score_formula_get(&t.ctx, web, 1, 1, &formula));
    assert_true(str_eq(formula.rules[0].name, STR("Trial")));
    begin(web);
    works(web, target_delete(web, 1, id));
    (void)rescore();
    assert_int_equal(I64("select score from lead"), 0);
    begin(worker);
    works(worker, target_trim(worker, 1));
    assert_int_equal(
        I64("select (select count(*) from lead_hit) + (select count(*) from session_hit)"), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_consumer_agrees_with_itself),
        TEST(the_default_agrees),
        TEST(older_sessions_are_counted),
        TEST(merges_take_hits_along),
        TEST(facts_of_the_company_count),
        TEST(tags_count),
        TEST(many_leads_are_left_to_a_job),
        TEST(a_new_formula_reaches_cards_and_history),
        TEST(the_refresh_looks_as_far_as_the_formula),
        TEST(a_broken_formula_does_not_stop_the_log),
        TEST(formulas_are_of_a_dataset),
        TEST(the_same_pages_are_one_pattern),
        TEST(targets_that_cannot_be),
        TEST(targets_change),
    };
    testdb_open(&t, true);
    web = testdb_connect(&t, "leadboard_web");
    worker = testdb_connect(&t, "leadboard_worker");
    testdb_exec(&t, helpers);
    int failed = cmocka_run_group_tests_name("score", tests, NULL, NULL);
    db_free(web);
    db_free(worker);
    testdb_close(&t);
    return failed;
}
