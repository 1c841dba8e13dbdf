/* Members of segments: who enters and leaves, told once in the ledger, whatever changed; time
 * that passes; segments that name others; boards; the job that looks one through; what cannot
 * be asked. At the end a long random history, after which every segment is what its filter
 * finds. */
#include "shared/card_move.h"
#include "shared/card_operations.h"
#include "shared/clock.h"
#include "shared/facts.h"
#include "shared/hiding.h"
#include "shared/people.h"
#include "shared/score.h"
#include "shared/tagging.h"
#include "tests/db/testjobs.h"
#include "worker/derive.h"
#include "worker/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct testdb t;

#define I64(sql) testdb_i64(&t, sql)
#define EXEC(sql) testdb_exec(&t, sql)
#define TEXT_IS(sql, want) assert_string_equal(text_of(sql), want)

/* ev(visitor, days ago, type, page, properties): an event of dataset 1. who: members as names,
 * in the order of their names; ledger: what was told of a segment, in order. */
static const char helpers[] =
    "create function ev(v text, days numeric, type int, page text default '/',"
    "    properties jsonb default null, name text default null)"
    " returns void language sql as $$"
    "  insert into event (dataset_id, at, visitor, type, url, properties, name)"
    "  values (1, now() - days * interval '1 day', md5(v)::uuid, type,"
    "    'https://site.example' || page, properties, name) $$;"
    "create function called(subject int, id bigint) returns text language sql as $$"
    "  select case when subject = 1 then (select domain from account a where a.dataset_id = 1"
    "    and a.id = called.id) else (select coalesce(email, 'anonymous') from lead l"
    "    where l.dataset_id = 1 and l.id = called.id) end $$;"
    "create view who as select s.name, coalesce(string_agg(called(s.subject, m.member_id), ' '"
    "    order by called(s.subject, m.member_id)), '') as members"
    "  from segment s left join segment_member m on m.dataset_id = 1 and m.segment_id = s.id"
    "  where s.dataset_id = 1 group by s.id, s.name;"
    "create view ledger as select s.name, coalesce(string_agg(format('%s%s%s', case when "
    "entered"
    "    then '+' else '-' end, coalesce(called(s.subject, c.member_id), 'gone'), c.cause), ' '"
    "    order by c.id), '') as told"
    "  from segment s left join segment_change c on c.dataset_id = 1 and c.segment_id = s.id"
    "  where s.dataset_id = 1 group by s.id, s.name;"
    "create function forget() returns void language sql as $$"
    "  truncate event, visitor, session, lead, account, lead_tag, account_tag, account_fact,"
    "    card, card_find, card_away, card_exclusion, stage, board, card_ledger, card_change,"
    "    segment, segment_member, segment_change, segment_touch, segment_sweep, job, job_done,"
    "    tenant_queue, progress, tag, operation, lead_link, lead_merge, account_merge, hiding,"
    "    score_history, worker restart identity cascade;"
    "  update log_cursor set xid = '0', id = 0, max_id = 0, floor_id = 0 $$;"
    "insert into workspace (name) values ('w');"
    "insert into app_user (email, name, password_hash) values ('ann@us.example', 'Ann', '*');"
    "insert into dataset (workspace_id, public_id, name) values (1, 'one', 'One');"
    "insert into membership (workspace_id, user_id, role) values (1, 1, 4)";

static const char *text_of(const char *sql)
{
    struct db_result result;
    if (db_query(t.db, str_from(sql), NULL, 0, &result) != ERR_NONE || result.n_rows != 1) {
        fail_msg("%s: %.*s", sql, STR_ARG(t.ctx.detail));
    }
    struct str text = db_cell(&result, 0, 0)->as.text;
    return str_is_null(text) ? "null" : arena_cstr(t.ctx.arena, text);
}

static int fresh(void **state)
{
    struct testdb *self = &t;
    (void)state;
    testdb_reset((void **)&self);
    EXEC("select forget()");
    return 0;
}

/* The jobs that look segments through; companies' sites are of no interest here. */
static void run_jobs(void)
{
    EXEC("delete from job where kind <> 13");
    testjobs_run(&t);
}

static void derive(void)
{
    struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
    struct db *db = db_new(t.conninfo, "leadboard_worker");
    int64_t n = 1;
    while (n > 0) {
        if (derive_batch(&ctx, db, 1000, &n) != ERR_NONE) {
            fail_msg("derive: %.*s %.*s", STR_ARG(ctx.why), STR_ARG(ctx.detail));
        }
        ctx_reset(&ctx, STR("test"));
    }
    db_free(db);
    arena_free(ctx.arena);
}

static void sweep(void)
{
    static const atomic_bool stop = false;
    bool found;
    EXEC("insert into segment_sweep values (1, now() - interval '1 hour') on conflict "
         "(dataset_id) do update set swept_at = least(segment_sweep.swept_at, "
         "excluded.swept_at)");
    for (found = true; found;) {
        assert_int_equal(members_sweep(&t.ctx, t.db, &stop, &found), ERR_NONE);
    }
}

/* A segment as the pages make it; looked through, so that what follows is news. */
static int64_t segment(const char *name, const char *subject, const char *conditions)
{
    struct filter filter;
    int64_t id;
    struct str json = arena_print(
        t.ctx.arena, "{\"version\":2,\"subject\":\"%s\",\"match\":\"all\",\"conditions\":[%s]}",
        subject, conditions);
    if (filter_parse(&t.ctx, json, &filter) != ERR_NONE) {
        fail_msg("%.*s", STR_ARG(t.ctx.why));
    }
    const struct segment_save save = {
        .dataset = 1, .name = str_from(name), .user = 1, .shared = true, .filter = &filter};
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    if (segment_save(t.db, &save, &id) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(t.ctx.why), STR_ARG(t.ctx.detail));
    }
    assert_int_equal(db_commit(t.db), ERR_NONE);
    run_jobs();
    return id;
}

#define COND(field, op, values)                                                                \
    "{\"field\":\"" field "\",\"op\":\"" op "\",\"values\":[" values "]}"
#define FORM "select ev('%s', %d, 5, '/contact', '{\"email\":\"%s\"}')"

static void person(const char *visitor, const char *email)
{
    EXEC(arena_print(t.ctx.arena,
                     "select ev('%s', 0, 5, '/contact', '{\"email\":\"%s\"}', 'Contact')",
                     visitor, email)
             .p);
}

/* The members are what the filter finds, and what the ledger adds up to; the counts are kept.
 */
static void check_kept(void)
{
    assert_int_equal(I64("select count(*) from segment_touch"), 0);
    assert_int_equal(
        I64("select count(*) from segment s where members <> (select count(*) from "
            "segment_member m where m.dataset_id = s.dataset_id and m.segment_id = s.id)"),
        0);
    assert_int_equal(
        I64("select count(*) from (select segment_id, member_id, sum(case when entered then 1 "
            "else -1 end) as n from segment_change group by 1, 2) c full join segment_member m "
            "using (segment_id, member_id) where coalesce(c.n, 0) <> (m.dataset_id is not "
            "null)::int"),
        0);
    struct db_result rows;
    assert_int_equal(
        db_query(t.db, STR("select id, filter::text from segment order by id"), NULL, 0, &rows),
        ERR_NONE);
    for (size_t i = 0; i < rows.n_rows; i++) {
        struct filter filter;
        struct sql_i64s found;
        struct sql_segment_members members;
        int64_t id = db_cell(&rows, i, 0)->as.bigint;
        if (filter_parse(&t.ctx, db_cell(&rows, i, 1)->as.text, &filter) != ERR_NONE) {
            ctx_clear(&t.ctx);
            continue;
        }
        const struct filter_query query = {.dataset = 1, .filter = &filter};
        assert_int_equal(db_begin(t.db, NULL), ERR_NONE);
        assert_int_equal(filter_find(&t.ctx, t.db, &query, 0, INT64_MAX, &found), ERR_NONE);
        assert_int_equal(sql_segment_members(
                             t.db,
                             &(struct sql_segment_members_in){
                                 .dataset = 1, .segment = id, .after = 0, .until = INT64_MAX},
                             &members),
                         ERR_NONE);
        assert_int_equal(db_commit(t.db), ERR_NONE);
        bool same = found.n == members.ids.n;
        for (size_t k = 0; same && k < found.n; k++) {
            same = found.v[k] == members.ids.v[k];
        }
        if (!same) {
            fail_msg("segment %lld, %.*s: %zu members, %zu match", (long long)id,
                     STR_ARG(filter_sentence(&t.ctx, &filter, NULL)), members.ids.n, found.n);
        }
    }
}

static void settled(void)
{
    derive();
    (void)testjobs_follow(&t);
    check_kept();
}

/* ---- what changes ---- */

static void visits_bring_people_in_and_forms_companies(void **state)
{
    (void)state;
    (void)segment("Pricing", "leads",
                  "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/pricing*\"],\"times\":2}");
    (void)segment("Known", "accounts", COND("contacts", "greater", "\"0\""));
    (void)segment("Everybody", "leads", "");
    EXEC("select ev('a', 0.2, 1, '/pricing'), ev('b', 0.2, 1, '/pricing')");
    settled();
    TEXT_IS("select members from who where name = 'Everybody'", "anonymous anonymous");
    TEXT_IS("select members from who where name = 'Pricing'", "");
    EXEC("select ev('a', 0.1, 1, '/pricing/pro')");
    settled();
    TEXT_IS("select told from ledger where name = 'Pricing'", "+anonymous1");
    person("a", "ann@acme.com");
    settled();
    TEXT_IS("select told from ledger where name = 'Pricing'", "+ann@acme.com1");
    TEXT_IS("select told from ledger where name = 'Known'", "+acme.com1");
    /* The same person on the other browser: two anonymous visits become hers. */
    person("b", "ann@acme.com");
    settled();
    TEXT_IS("select members from who where name = 'Everybody'", "ann@acme.com");
    assert_int_equal(I64("select count(*) from segment_change c join segment s on s.id = "
                         "c.segment_id where s.name = 'Everybody'"),
                     3); /* one of the two anonymous ones left again */
}

static void change_tags(bool put, bool leads, int64_t id, const char *tag)
{
    int64_t tag_id;
    int32_t n;
    struct tagging by = {.dataset = 1, .actor = {.kind = ACTOR_USER, .id = 1}};
    const struct operation operation = {.dataset = 1, .kind = OP_TAG, .user = 1};
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(operation_begin(t.db, &operation, &by.operation), ERR_NONE);
    assert_int_equal(tag_find_or_add(t.db, 1, str_from(tag), &tag_id), ERR_NONE);
    assert_int_equal(
        (leads ? tagging_leads : tagging_accounts)(t.db, &by, put, (struct sql_i64s){&id, 1},
                                                   (struct sql_i64s){&tag_id, 1}, &n),
        ERR_NONE);
    assert_int_equal(n, 1);
    assert_int_equal(db_commit(t.db), ERR_NONE);
}

static void tags_and_details(void **state)
{
    (void)state;
    person("a", "ann@acme.com");
    person("b", "ben@acme.com");
    settled();
    (void)segment("People", "leads", COND("tag", "is", "\"Hot\""));
    (void)segment("Companies", "accounts", COND("tag", "is", "\"Hot\""));
    (void)segment("Steel", "leads", COND("industry", "is", "\"Steel\""));
    change_tags(true, true, I64("select id from lead where email = 'ann@acme.com'"), "Hot");
    settled();
    TEXT_IS("select members from who where name = 'People'", "ann@acme.com");
    TEXT_IS("select members from who where name = 'Companies'", "acme.com");
    /* A company's tag is its people's. */
    change_tags(true, false, I64("select id from account"), "Hot");
    settled();
    TEXT_IS("select members from who where name = 'People'", "ann@acme.com ben@acme.com");
    change_tags(false, false, I64("select id from account"), "Hot");
    settled();
    TEXT_IS("select told from ledger where name = 'People'",
            "+ann@acme.com1 +ben@acme.com1 -ben@acme.com1");
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    struct facts_put put = {.dataset = 1,
                            .account = I64("select id from account"),
                            .source = STR(FACT_HAND),
                            .fields = &STR("industry"),
                            .values = &STR("Steel"),
                            .n = 1};
    assert_int_equal(facts_put(t.db, &put), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    settled();
    TEXT_IS("select members from who where name = 'Steel'", "ann@acme.com ben@acme.com");
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(tag_delete(t.db, 1, I64("select id from tag")), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    run_jobs();
    settled();
    TEXT_IS("select members from who where name = 'People'", "");
}

static void board(const char *segment_id)
{
    EXEC(
        arena_print(t.ctx.arena,
                    "with b as (insert into board (dataset_id, name, user_id, segment_id, "
                    "setup_step) values (1, 'Sales', 1, %s, 0) returning id) insert into stage "
                    "(dataset_id, board_id, position, name, entry) select 1, id, n, 'Stage ' "
                    "|| n, n = 1 from b, generate_series(1, 2) n",
                    segment_id)
            .p);
}

static void operation_on_card(enum operation_kind kind, int64_t to)
{
    int64_t card = I64("select max(id) from card");
    const struct card_choice choice = {
        .dataset = 1, .board = 1, .user = 1, .cards = &card, .n = 1};
    const struct card_action action = {.kind = kind, .stage = to, .owner = to};
    struct card_done done;
    assert_int_equal(db_begin(t.db, &(struct db_scope){.workspace = 1, .dataset = 1}),
                     ERR_NONE);
    if (card_operations_do(t.db, &choice, &action, &done) != ERR_NONE) {
        fail_msg("%.*s %.*s", STR_ARG(t.ctx.why), STR_ARG(t.ctx.detail));
    }
    assert_int_equal(db_commit(t.db), ERR_NONE);
}

static void cards_move_and_change_hands(void **state)
{
    (void)state;
    board("null");
    int64_t known = segment("Known", "accounts", COND("domain", "known", ""));
    EXEC(arena_print(t.ctx.arena, "update board set segment_id = %lld", (long long)known).p);
    (void)segment("Second", "accounts", COND("stage", "is", "\"2\""));
    (void)segment("Second's people", "leads", COND("stage", "is", "\"2\""));
    (void)segment("Ann's", "accounts", COND("owner", "is", "\"1\""));
    (void)segment("On no board", "accounts", COND("board", "unknown", ""));
    person("a", "ann@acme.com");
    settled();
    assert_int_equal(I64("select count(*) from card"), 1);
    TEXT_IS("select members from who where name = 'On no board'", "");
    operation_on_card(OP_MOVE, 2);
    settled();
    TEXT_IS("select members from who where name = 'Second'", "acme.com");
    TEXT_IS("select members from who where name = 'Second''s people'", "ann@acme.com");
    operation_on_card(OP_OWNER, 1);
    settled();
    TEXT_IS("select members from who where name = 'Ann''s'", "acme.com");
    operation_on_card(OP_REMOVE, 0);
    settled();
    TEXT_IS("select told from ledger where name = 'Second'", "+acme.com1 -acme.com1");
    TEXT_IS("select members from who where name = 'Ann''s'", "");
    TEXT_IS("select members from who where name = 'On no board'", "acme.com");
    struct operation_undone undone;
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(operation_undo(t.db, 1, I64("select max(id) from operation"), 1, &undone),
                     ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    settled();
    TEXT_IS("select members from who where name = 'Second'", "acme.com");
}

/* One card moved as a person does. */
static void a_single_move(void **state)
{
    (void)state;
    int64_t all = segment("All", "accounts", "");
    board(arena_print(t.ctx.arena, "%lld", (long long)all).p);
    (void)segment("Second", "accounts", COND("stage", "is", "\"2\""));
    person("a", "ann@acme.com");
    settled();
    const struct card_move move = {.scope = {.workspace = 1, .dataset = 1},
                                   .board = 1,
                                   .card = I64("select id from card"),
                                   .user = 1,
                                   .stage = 2,
                                   .version = 1};
    struct card_moved moved;
    assert_int_equal(card_move(t.db, &move, &moved), ERR_NONE);
    settled();
    TEXT_IS("select members from who where name = 'Second'", "acme.com");
}

static void hidden_merged_and_linked(void **state)
{
    (void)state;
    (void)segment("Companies", "accounts", "");
    (void)segment("Acme's people", "leads", COND("domain", "is", "\"acme.com\""));
    person("a", "ann@acme.com");
    person("b", "ben@beta.com");
    settled();
    int64_t ben = I64("select id from lead where email = 'ben@beta.com'"), operation;
    struct people_pair pair = {.dataset = 1,
                               .user = 1,
                               .from = ben,
                               .into = I64("select id from account where domain = 'acme.com'")};
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(people_link(t.db, &pair, &operation), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    settled();
    TEXT_IS("select members from who where name = 'Acme''s people'",
            "ann@acme.com ben@beta.com");
    pair.from = I64("select id from account where domain = 'acme.com'");
    pair.into = I64("select id from account where domain = 'beta.com'");
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(people_merge_accounts(t.db, &pair, &operation), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    settled();
    TEXT_IS("select members from who where name = 'Acme''s people'", "");
    TEXT_IS("select members from who where name = 'Companies'", "beta.com");
    const struct hiding hide = {.dataset = 1, .user = 1, .domain = STR("beta.com")};
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(hiding_hide(t.db, &hide, &operation), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    settled();
    TEXT_IS("select members from who where name = 'Companies'", "");
}

/* ---- time ---- */

static void time_takes_members_out_and_brings_them_in(void **state)
{
    (void)state;
    (void)segment("Active", "leads", COND("last_seen", "after", "\"7d\""));
    (void)segment("Quiet", "leads", COND("last_seen", "before", "\"7d\""));
    (void)segment("Pricing", "leads",
                  "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/pricing\"],\"days\":7}");
    EXEC("select ev('a', 6.99, 1, '/pricing')");
    settled();
    sweep();
    TEXT_IS("select members from who where name = 'Active'", "anonymous");
    TEXT_IS("select members from who where name = 'Pricing'", "anonymous");
    /* An hour later. */
    EXEC(
        "update event set at = at - interval '1 hour';"
        "update session set started_at = started_at - interval '1 hour', ended_at = ended_at - "
        "interval '1 hour'; update lead set last_at = last_at - interval '1 hour'");
    sweep();
    check_kept();
    TEXT_IS("select told from ledger where name = 'Active'", "+anonymous1 -anonymous2");
    TEXT_IS("select told from ledger where name = 'Quiet'", "+anonymous2");
    TEXT_IS("select told from ledger where name = 'Pricing'", "+anonymous1 -anonymous2");
}

/* The worker was away for days: nothing is passed over. */
static void time_that_nobody_looked_at(void **state)
{
    (void)state;
    (void)segment("Active", "leads", COND("last_seen", "after", "\"7d\""));
    EXEC("select ev('a', 6, 1), ev('b', 5, 1), ev('c', 1, 1)");
    settled();
    EXEC("update lead set last_at = last_at - interval '3 days';"
         "insert into segment_sweep values (1, now() - interval '3 days')");
    sweep();
    check_kept();
    assert_int_equal(I64("select members from segment"), 1);
    assert_int_equal(I64("select (swept_at = (select max(swept_at) from segment_sweep) and "
                         "swept_at > now() - interval '1 minute')::int from segment_sweep"),
                     1);
}

/* ---- segments that name others ---- */

static void those_below_are_settled_first(void **state)
{
    (void)state;
    int64_t low = segment("Low", "leads", COND("forms", "greater", "\"0\""));
    struct str id = arena_print(t.ctx.arena, "%lld", (long long)low);
    (void)segment(
        "Not low", "leads",
        arena_print(t.ctx.arena,
                    COND("segment", "is_not", "\"%.*s\"") "," COND("email", "known", ""),
                    STR_ARG(id))
            .p);
    int64_t high =
        segment("High", "accounts",
                arena_print(t.ctx.arena, COND("segment", "is", "\"%.*s\""), STR_ARG(id)).p);
    (void)segment(
        "Highest", "leads",
        arena_print(t.ctx.arena, COND("segment", "is", "\"%lld\""), (long long)high).p);
    assert_int_equal(I64("select depth from segment where name = 'Highest'"), 2);
    person("a", "ann@acme.com");
    EXEC("select ev('b', 0, 6, '/', '{\"email\":\"ben@acme.com\"}')");
    settled();
    TEXT_IS("select members from who where name = 'High'", "acme.com");
    TEXT_IS("select members from who where name = 'Highest'", "ann@acme.com ben@acme.com");
    /* Both answers changed at once: she was never in both, or in neither. */
    TEXT_IS("select told from ledger where name = 'Not low'", "+ben@acme.com1");
    assert_int_equal(testjobs_follow(&t), 0);
}

static void refused(const char *name, int64_t id, const char *conditions, const char *why)
{
    struct filter filter;
    int64_t made;
    struct str json =
        arena_print(t.ctx.arena,
                    "{\"version\":2,\"subject\":\"leads\",\"match\":\"all\",\"conditions\":[%s]"
                    "}",
                    conditions);
    assert_int_equal(filter_parse(&t.ctx, json, &filter), ERR_NONE);
    const struct segment_save save = {.dataset = 1,
                                      .id = id,
                                      .name = str_from(name),
                                      .user = 1,
                                      .shared = true,
                                      .filter = &filter};
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    enum err err = segment_save(t.db, &save, &made);
    db_rollback(t.db);
    assert_true(err == ERR_INVALID || err == ERR_LIMIT);
    if (!str_contains(t.ctx.why, str_from(why))) {
        fail_msg("%.*s", STR_ARG(t.ctx.why));
    }
    ctx_clear(&t.ctx);
}

static void circles_and_towers_are_refused(void **state)
{
    (void)state;
    int64_t first = segment("A", "leads", ""), last = first;
    for (int i = 0; i < SEGMENT_DEPTH_MAX; i++) {
        last = segment(
            "On top", "leads",
            arena_print(t.ctx.arena, COND("segment", "is", "\"%lld\""), (long long)last).p);
    }
    const char *top =
        arena_print(t.ctx.arena, COND("segment", "is", "\"%lld\""), (long long)last).p;
    refused("Higher", 0, top, "can stand 4 on one another");
    refused("A", first, top, "circle");
    refused("A", first,
            arena_print(t.ctx.arena, COND("segment", "is", "\"%lld\""), (long long)first).p,
            "circle");
    EXEC("insert into segment (dataset_id, name, filter) select 1, 'S', '{\"version\":1,"
         "\"match\":\"all\",\"conditions\":[]}' from generate_series(1, 200)");
    refused("One more", 0, "", "There are 200 segments");
}

/* ---- boards ---- */

static void cards_come_and_stay_away(void **state)
{
    (void)state;
    int64_t all = segment("Acme", "accounts", COND("domain", "contains", "\"acme\""));
    board(arena_print(t.ctx.arena, "%lld", (long long)all).p);
    person("a", "ann@acme.com");
    person("b", "ben@beta.com");
    settled();
    TEXT_IS(
        "select string_agg(title || ' ' || stage_by_kind || ' ' || stage_by, ',') from card",
        arena_print(t.ctx.arena, "acme.com 3 %lld", (long long)all).p);
    TEXT_IS("select detail::text from card_ledger where kind = 1",
            arena_print(t.ctx.arena, "{\"segment\": \"%lld\"}", (long long)all).p);
    /* Removed, it comes back with the next visit, not with another change. */
    operation_on_card(OP_REMOVE, 0);
    change_tags(true, false, I64("select id from account where domain = 'acme.com'"), "Hot");
    settled();
    assert_int_equal(I64("select count(*) from card"), 0);
    EXEC("select ev('a', 0, 1)");
    settled();
    assert_int_equal(I64("select count(*) from card"), 1);
    operation_on_card(OP_REMOVE, 0);
    EXEC("insert into card_exclusion (dataset_id, board_id, account_id) select 1, 1, id from "
         "account where domain = 'acme.com'; select ev('a', 0, 1)");
    settled();
    assert_int_equal(I64("select count(*) from card"), 0);
    assert_int_equal(I64("select sum(cards)::bigint from stage"), 0);
}

static void people_come_as_their_company_or_themselves(void **state)
{
    (void)state;
    int64_t all = segment("Forms", "leads", COND("forms", "greater", "\"0\""));
    board(arena_print(t.ctx.arena, "%lld", (long long)all).p);
    person("a", "ann@acme.com");
    person("b", "ben@acme.com");
    person("c", "cy@gmail.com");
    EXEC("select ev('d', 0, 5, '/')"); /* nobody knows who */
    settled();
    assert_int_equal(I64("select members from segment"), 4);
    TEXT_IS("select string_agg(title, ',' order by title) from card", "acme.com,cy@gmail.com");
}

static void a_board_that_cannot_take_in_holds_nothing_up(void **state)
{
    (void)state;
    int64_t all = segment("All", "accounts", "");
    board(arena_print(t.ctx.arena, "%lld", (long long)all).p);
    EXEC("alter table card add constraint broken check (title <> 'acme.com')");
    person("a", "ann@acme.com");
    settled();
    EXEC("alter table card drop constraint broken");
    TEXT_IS("select members from who", "acme.com");
    assert_int_equal(I64("select count(*) from card"), 0);
    EXEC("update stage set entry = false");
    person("b", "ben@beta.com");
    settled();
    TEXT_IS("select members from who", "acme.com beta.com");
}

/* ---- looking a segment through ---- */

static void editing_is_no_news(void **state)
{
    (void)state;
    person("a", "ann@acme.com");
    person("b", "ben@beta.com");
    settled();
    int64_t id = segment("S", "leads", COND("email", "contains", "\"acme\""));
    TEXT_IS("select told from ledger", "+ann@acme.com3");
    int64_t above =
        segment("Above", "accounts",
                arena_print(t.ctx.arena, COND("segment", "is", "\"%lld\""), (long long)id).p);
    struct filter filter;
    const char *json = "{\"version\":2,\"subject\":\"leads\",\"match\":\"all\",\"conditions\":["
                       "{\"field\":\"email\",\"op\":\"contains\",\"values\":[\"beta\"]}]}";
    assert_int_equal(filter_parse(&t.ctx, str_from(json), &filter), ERR_NONE);
    struct segment_save save = {
        .dataset = 1, .id = id, .name = STR("S"), .user = 1, .shared = true, .filter = &filter};
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    assert_int_equal(segment_save(t.db, &save, &id), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    /* Before the job has come to it, a visit settles hers by the new filter: no news either. */
    EXEC("select ev('a', 0, 1)");
    derive();
    (void)testjobs_follow(&t);
    TEXT_IS("select told from ledger where name = 'S'", "+ann@acme.com3 -ann@acme.com3");
    run_jobs();
    settled();
    TEXT_IS("select told from ledger where name = 'S'",
            "+ann@acme.com3 -ann@acme.com3 +ben@beta.com3");
    TEXT_IS("select members from who where name = 'Above'", "beta.com");
    /* The same once more: nothing is looked through. */
    int64_t version = I64("select version::bigint from segment where name = 'S'");
    assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
    save.name = STR("Renamed");
    assert_int_equal(segment_save(t.db, &save, &id), ERR_NONE);
    assert_int_equal(db_commit(t.db), ERR_NONE);
    assert_int_equal(I64("select version::bigint from segment where name = 'Renamed'"),
                     version);
    assert_int_equal(I64("select count(*) from job where kind = 13"), 0);
    (void)above;
}

static void what_is_left_of_a_segment_goes(void **state)
{
    (void)state;
    person("a", "ann@acme.com");
    settled();
    int64_t id = segment("S", "leads", "");
    assert_int_equal(I64("select count(*) from segment_member"), 1);
    EXEC("delete from segment");
    assert_int_equal(segment_fill(t.db, 1, id), ERR_NONE);
    run_jobs();
    assert_int_equal(I64("select count(*) from segment_member"), 0);
    assert_int_equal(I64("select count(*) from segment_change"), 0);
    assert_int_equal(I64("select count(*) from job where kind = 13"), 0);
}

/* Something changed a row past the functions that say so. */
static void what_nobody_said_is_found_once_a_day(void **state)
{
    (void)state;
    person("a", "ann@acme.com");
    settled();
    (void)segment("Steel", "accounts", COND("industry", "is", "\"Steel\""));
    EXEC("update account set industry = 'Steel'");
    assert_int_equal(testjobs_follow(&t), 0);
    TEXT_IS("select members from who", "");
    struct sql_segment_stale_rows stale;
    assert_int_equal(sql_segment_stale(t.db, &stale), ERR_NONE);
    assert_int_equal(stale.n, 0);
    EXEC("update segment set checked_at = now() - interval '25 hours'");
    assert_int_equal(sql_segment_stale(t.db, &stale), ERR_NONE);
    assert_int_equal(stale.n, 1);
    assert_int_equal(segment_fill_daily(t.db, 1, stale.row[0].id), ERR_NONE);
    run_jobs();
    TEXT_IS("select members from who", "acme.com");
    settled();
}

/* ---- what cannot be asked ---- */

static void a_broken_segment_is_put_aside(void **state)
{
    (void)state;
    (void)segment("Good", "leads", "");
    EXEC("insert into segment (dataset_id, name, filter, on_what) values (1, 'Newer', "
         "'{\"version\":99}', 2047)");
    person("a", "ann@acme.com");
    settled();
    TEXT_IS("select members from who where name = 'Good'", "ann@acme.com");
    TEXT_IS("select problem from segment where name = 'Newer'",
            "This segment was saved by a newer LeadBoard.");
    assert_int_equal(segment_fill(t.db, 1, I64("select id from segment where name = 'Newer'")),
                     ERR_NONE);
    run_jobs();
    assert_int_equal(I64("select count(*) from job where kind = 13"), 0);
    TEXT_IS("select problem from segment where name = 'Newer'",
            "This segment was saved by a newer LeadBoard.");
}

/* The statement itself fails: that one is put aside, the others go on. */
static void a_failing_segment_is_put_aside(void **state)
{
    (void)state;
    (void)segment("Bad", "leads", COND("tag", "is", "\"Hot\""));
    (void)segment("Good", "leads", "");
    EXEC("revoke select on tag from leadboard_filter");
    person("a", "ann@acme.com");
    derive();
    (void)testjobs_follow(&t);
    EXEC("grant select on tag to leadboard_filter");
    TEXT_IS("select members from who where name = 'Good'", "ann@acme.com");
    TEXT_IS("select problem from segment where name = 'Bad'",
            "Its conditions could not be looked up.");
    /* The daily look finds that it can be asked again. */
    assert_int_equal(segment_fill(t.db, 1, I64("select id from segment where name = 'Bad'")),
                     ERR_NONE);
    run_jobs();
    TEXT_IS("select coalesce(problem, 'none') from segment where name = 'Bad'", "none");
    check_kept();
}

/* ---- killed ---- */

/* A round that does not end leaves what waits, and has told nothing. */
static void a_killed_round_is_as_if_it_had_not_been(void **state)
{
    (void)state;
    (void)segment("All", "leads", "");
    person("a", "ann@acme.com");
    person("b", "ben@acme.com");
    derive();
    int64_t waiting = I64("select count(*) from segment_touch");
    assert_true(waiting > 0);
    for (int i = 0; i < 12; i++) {
        pid_t child = fork();
        if (child == 0) {
            static const atomic_bool stop = false;
            struct ctx ctx = {.arena = arena_new((size_t)64 << 20)};
            struct db *db = db_new(t.conninfo, "leadboard_worker");
            bool found, more;
            (void)alarm(0);
            db_use(db, &ctx);
            if (i < 10) { /* dies somewhere on the way */
                (void)ualarm((useconds_t)(1000 * (i + 1)), 0);
            }
            _exit(members_follow(&ctx, db, &stop, &found, &more) == ERR_NONE ? 0 : 1);
        }
        int status;
        assert_true(waitpid(child, &status, 0) == child);
    }
    (void)testjobs_follow(&t);
    check_kept();
    assert_int_equal(I64("select count(*) from segment_change"), 2);
}

/* ---- a long history ---- */

static uint64_t seed = 7;

static size_t pick(size_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(seed >> 33) % n;
}

static int64_t any_of(const char *table)
{
    return I64(arena_print(t.ctx.arena,
                           "select coalesce((select id from %s order by md5(id::text || '%zu') "
                           "limit 1), 0)",
                           table, pick(1000))
                   .p);
}

static void random_step(void)
{
    static const char *const pages[] = {"/", "/pricing", "/pricing/pro", "/docs"};
    int64_t lead = any_of("lead where not hidden"),
            account = any_of("account where not hidden");
    switch (pick(9)) {
    case 0:
        EXEC(
            arena_print(t.ctx.arena,
                        "select ev('v%zu', %zu, 5, '/contact', '{\"email\":\"p%zu@c%zu.com\"}',"
                        " 'Contact')",
                        pick(12), pick(3), pick(8), pick(5))
                .p);
        break;
    case 1:
        if (lead != 0) {
            EXEC(arena_print(t.ctx.arena,
                             "delete from lead_tag where lead_id = %lld and tag_id = 1",
                             (long long)lead)
                     .p);
            change_tags(true, true, lead, "Hot");
        }
        break;
    case 2:
        if (account != 0) {
            EXEC(arena_print(t.ctx.arena,
                             "delete from account_tag where account_id = %lld and tag_id = 1",
                             (long long)account)
                     .p);
            change_tags(true, false, account, "Hot");
        }
        break;
    case 3:
        if (I64("select count(*) from card") > 0) {
            operation_on_card(pick(2) == 0 ? OP_MOVE : OP_REMOVE, 1 + (int64_t)pick(2));
        }
        break;
    case 4: {
        struct facts_put put = {.dataset = 1,
                                .account = account,
                                .source = STR(FACT_HAND),
                                .fields = &STR("industry"),
                                .values = pick(2) == 0 ? &STR("Steel") : &STR("Food"),
                                .n = 1};
        if (account != 0) {
            assert_int_equal(db_begin(t.db, &(struct db_scope){.dataset = 1}), ERR_NONE);
            assert_int_equal(facts_put(t.db, &put), ERR_NONE);
            assert_int_equal(db_commit(t.db), ERR_NONE);
        }
        break;
    }
    default:
        EXEC(arena_print(t.ctx.arena, "select ev('v%zu', %zu.%zu, 1, '%s')", pick(12), pick(12),
                         pick(10), pages[pick(4)])
                 .p);
        break;
    }
}

static void after_a_long_history_members_are_what_filters_find(void **state)
{
    (void)state;
    static const struct {
        const char *name, *subject, *conditions;
    } made[] = {
        {"All companies", "accounts", ""},
        {"Everybody", "leads", ""},
        {"Steel", "leads", COND("industry", "is", "\"Steel\"")},
        {"Not steel", "accounts", COND("industry", "is_not", "\"Steel\"")},
        {"Hot", "accounts", COND("tag", "is", "\"Hot\"")},
        {"Hot people", "leads", COND("tag", "is", "\"Hot\"")},
        {"Pricing", "leads",
         "{\"field\":\"page\",\"op\":\"is\",\"values\":[\"/pricing*\"],\"times\":2}"},
        {"No pricing", "accounts",
         "{\"field\":\"page\",\"op\":\"is_not\",\"values\":[\"/pricing*\"],\"days\":6}"},
        {"Second", "leads", COND("stage", "is", "\"2\"")},
        {"Once second", "accounts", COND("stage_entered", "is", "\"2\"")},
        {"Two contacts", "leads", COND("contacts", "greater", "\"1\"")},
        {"Score", "accounts", COND("score", "greater", "\"30\"")},
        {"Active", "leads", COND("last_seen", "after", "\"3d\"")},
        {"Of hot", "leads", COND("segment", "is", "\"5\"")},
        {"Not of hot people", "accounts", COND("segment", "is_not", "\"6\"")},
    };
    EXEC("insert into tag (dataset_id, name) values (1, 'Hot')");
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        (void)segment(made[i].name, made[i].subject, made[i].conditions);
    }
    board("1");
    for (int i = 0; i < 160; i++) {
        random_step();
        if (pick(4) == 0) {
            derive();
        }
        if (pick(3) == 0) {
            (void)testjobs_follow(&t);
        }
        if (i % 40 == 39) {
            derive();
            (void)testjobs_follow(&t);
            sweep();
            check_kept();
            assert_int_equal(testdb_reset((void **)&(struct testdb *){&t}), 0);
        }
    }
    assert_true(I64("select count(*) from segment_change where not entered") > 10);
    assert_int_equal(I64("select count(*) from segment_change where cause = 3"), 0);
}

static int open_db(void **state)
{
    *state = &t;
    testdb_open(&t, true);
    EXEC(helpers);
    return 0;
}

static int close_db(void **state)
{
    (void)state;
    testdb_close(&t);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(visits_bring_people_in_and_forms_companies),
        TEST(tags_and_details),
        TEST(cards_move_and_change_hands),
        TEST(a_single_move),
        TEST(hidden_merged_and_linked),
        TEST(time_takes_members_out_and_brings_them_in),
        TEST(time_that_nobody_looked_at),
        TEST(those_below_are_settled_first),
        TEST(circles_and_towers_are_refused),
        TEST(cards_come_and_stay_away),
        TEST(people_come_as_their_company_or_themselves),
        TEST(a_board_that_cannot_take_in_holds_nothing_up),
        TEST(editing_is_no_news),
        TEST(what_is_left_of_a_segment_goes),
        TEST(what_nobody_said_is_found_once_a_day),
        TEST(a_broken_segment_is_put_aside),
        TEST(a_failing_segment_is_put_aside),
        TEST(a_killed_round_is_as_if_it_had_not_been),
        TEST(after_a_long_history_members_are_what_filters_find),
    };
    return cmocka_run_group_tests(tests, open_db, close_db);
}
