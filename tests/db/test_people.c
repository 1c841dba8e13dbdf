/* Companies and people put right by hand: what it does, what the log consumer makes of it, and
 * that undoing leaves what the log alone says. */
#include "shared/cards.h"
#include "shared/hiding.h"
#include "shared/people.h"
#include "tests/db/testjobs.h"
#include "worker/derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define USER 1

static struct testdb t;
static struct db *web;

/* ev() as in test_derive.c; state is what is shown, as text without ids. */
static const char helpers[] =
    "create function ev(v text, minute numeric, type int, page text default null,"
    "    properties jsonb default null)"
    " returns void language sql as $$"
    "  insert into event (dataset_id, at, visitor, type, url, properties)"
    "  values (1, '2026-06-01 00:00Z'::timestamptz + minute * interval '1 minute',"
    "    md5(v)::uuid, type, 'https://site.example' || page, properties) $$;"
    "create function said(v text, minute numeric, email text, company text default null)"
    " returns void language sql as $$"
    "  select ev(v, minute, 5, '/form', jsonb_strip_nulls(jsonb_build_object('email', email,"
    "    'company', company))) $$;"
    "create view state as"
    " select 'account' as kind, jsonb_build_array(domain, name, leads, contacts, visitors,"
    "   sessions, pageviews, events, first_at, last_at, score)::text as what"
    " from account where merged_into is null"
    " union all select 'lead', jsonb_build_array(l.email, a.name, first_name, last_name,"
    "   l.phone, job_title, company, l.first_at, l.last_at, l.last_session_at, first_channel,"
    "   first_landing, last_channel, last_landing, l.visitors, l.sessions, l.pageviews,"
    "   l.forms, l.events, l.score, l.score_parts, l.properties, l.stamps)::text"
    " from lead l left join account a on a.id = l.account_id where l.merged_into is null"
    " union all select 'session', (to_jsonb(s) - 'lead_id' - 'own_lead')::text ||"
    "   coalesce(l.email, 'anonymous') from session s left join lead l on l.id = s.lead_id"
    " union all select 'visitor', (to_jsonb(v) - 'lead_id' - 'own_lead')::text ||"
    "   coalesce(l.email, 'anonymous') from visitor v left join lead l on l.id = v.lead_id"
    " union all select 'card', jsonb_build_array(c.id, c.stage_id, c.rank, c.title, c.contacts,"
    "   c.owner_id, c.stage_at, coalesce(a.name, l.email))::text from card c"
    "   left join account a on a.id = c.account_id left join lead l on l.id = c.lead_id"
    " union all select 'note', n.body || coalesce(a.name, l.email) from note n"
    "   left join account a on a.id = n.account_id left join lead l on l.id = n.lead_id"
    " union all select 'tag', g.name || a.name from account_tag t join tag g on g.id = t.tag_id"
    "   join account a on a.id = t.account_id where a.merged_into is null"
    " union all select 'tag', g.name || l.email from lead_tag t join tag g on g.id = t.tag_id"
    "   join lead l on l.id = t.lead_id where l.merged_into is null"
    " union all select 'stage', jsonb_build_array(id, cards)::text from stage;"
    "create function lead(e text) returns bigint language sql as"
    "  $$select id from lead where email = e$$;"
    "create function account(n text) returns bigint language sql as"
    "  $$select id from account where name = n$$;"
    "create function forget() returns void language sql as $$"
    "  truncate event, card_exclusion, visitor, session, lead, account, lead_tag, account_tag,"
    "    account_fact, card, card_find, card_away, stage, board, card_ledger, card_change, "
    "note,"
    "    segment, job, tag, operation, lead_link, lead_merge, account_merge, hiding,"
    "    score_history cascade;"
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
    testdb_exec(&t, "select forget()");
    return 0;
}

static void derive_at(int64_t limit)
{
    struct ctx ctx = {.arena = arena_new((size_t)256 << 20)};
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

#define I64(sql) testdb_i64(&t, sql)
#define TEXT_IS(sql, want) assert_string_equal(text_of(sql), want)
#define LEAD(email) I64("select lead('" email "')")
#define ACCOUNT(name) I64("select account('" name "')")

static const char *text_of(const char *sql)
{
    struct db_result result;
    assert_int_equal(db_query(t.db, str_from(sql), NULL, 0, &result), ERR_NONE);
    assert_int_equal(result.n_rows, 1);
    struct str text = db_cell(&result, 0, 0)->as.text;
    return str_is_null(text) ? "null" : arena_cstr(t.ctx.arena, text);
}

/* ---- as the web program does it ----------------------------------------------- */

static void begin(void)
{
    const struct db_scope scope = {.workspace = 1, .dataset = 1};
    ctx_clear(&t.ctx);
    assert_int_equal(db_begin(web, &scope), ERR_NONE);
}

static enum err end(enum err err)
{
    if (err == ERR_NONE) {
        err = db_commit(web);
    }
    if (err != ERR_NONE) {
        db_rollback(web);
    }
    return err;
}

static int64_t worked(enum err err, int64_t operation)
{
    if (err != ERR_NONE) {
        print_error("%s: %.*s %.*s\n", err_name(err), STR_ARG(t.ctx.why),
                    STR_ARG(t.ctx.detail));
    }
    assert_int_equal(err, ERR_NONE);
    return operation;
}

static enum err try_link(int64_t lead, int64_t account, int64_t *operation)
{
    const struct people_pair pair = {.dataset = 1, .user = USER, .from = lead, .into = account};
    begin();
    return end(people_link(web, &pair, operation));
}

static int64_t link_to(int64_t lead, int64_t account)
{
    int64_t operation = 0;
    enum err err = try_link(lead, account, &operation);
    return worked(err, operation);
}

static enum err try_accounts(int64_t from, int64_t into, int64_t *operation)
{
    const struct people_pair pair = {.dataset = 1, .user = USER, .from = from, .into = into};
    begin();
    return end(people_merge_accounts(web, &pair, operation));
}

static int64_t merge_accounts(int64_t from, int64_t into)
{
    int64_t operation = 0;
    enum err err = try_accounts(from, into, &operation);
    return worked(err, operation);
}

static enum err try_leads(int64_t from, int64_t into, int64_t *operation)
{
    const struct people_pair pair = {.dataset = 1, .user = USER, .from = from, .into = into};
    int64_t stays;
    begin();
    return end(people_merge_leads(web, &pair, operation, &stays));
}

static int64_t merge_leads(int64_t from, int64_t into)
{
    int64_t operation = 0;
    enum err err = try_leads(from, into, &operation);
    return worked(err, operation);
}

static enum err try_hide(struct hiding hiding, int64_t *operation)
{
    hiding.dataset = 1;
    hiding.user = USER;
    begin();
    return end(hiding_hide(web, &hiding, operation));
}

static int64_t hide(struct hiding hiding)
{
    int64_t operation = 0;
    enum err err = try_hide(hiding, &operation);
    return worked(err, operation);
}

static int64_t show(int64_t hiding)
{
    int64_t operation = 0;
    begin();
    enum err err = end(hiding_show(web, 1, USER, hiding, &operation));
    return worked(err, operation);
}

static struct operation_undone undo(int64_t operation)
{
    struct operation_undone undone = {0};
    begin();
    worked(end(operation_undo(web, 1, operation, USER, &undone)), 0);
    return undone;
}

/* ---- checks ------------------------------------------------------------------- */

static void keep_state(const char *name)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "drop table if exists %s; create table %s as select kind, what from state",
                   name, name);
    testdb_exec(&t, sql);
}

/* The jobs that undoing leaves: each lead is told anew. */
static void tell_again(void)
{
    struct db_result result;
    while (I64("select count(*) from job where kind = 8") > 0) {
        struct ctx ctx = {.arena = arena_new((size_t)256 << 20)};
        struct db *db = db_new(t.conninfo, "leadboard_worker");
        db_use(db, &ctx);
        assert_int_equal(db_begin(db, &(struct db_scope){.dataset = 1}), ERR_NONE);
        const int64_t lead = I64("delete from job where id = (select min(id) from job where "
                                 "kind = 8) returning (payload->>'lead')::bigint");
        char sql[200];
        (void)snprintf(sql, sizeof(sql),
                       "select distinct visitor from session where lead_id = %lld or own_lead "
                       "= %lld order by 1",
                       (long long)lead, (long long)lead);
        assert_int_equal(
            db_query(db, str_from(sql), NULL, 0, &result), ERR_NONE);
        struct str *visitors = ARENA_ARRAY(ctx.arena, result.n_rows, struct str);
        for (size_t i = 0; i < result.n_rows; i++) {
            visitors[i] = db_cell(&result, i, 0)->as.text;
        }
        assert_int_equal(derive_again(&ctx, db, 1, visitors, result.n_rows), ERR_NONE);
        enum err err = derive_again_lead(&ctx, db, 1, lead);
        if (err != ERR_NONE) {
            print_error("lead %lld: %.*s %.*s\n", (long long)lead, STR_ARG(ctx.why),
                        STR_ARG(ctx.detail));
        }
        assert_int_equal(err, ERR_NONE);
        assert_int_equal(db_commit(db), ERR_NONE);
        db_free(db);
        arena_free(ctx.arena);
    }
}

static void check_same(const char *a, const char *b)
{
    char sql[600];
    (void)snprintf(sql, sizeof(sql),
                   "select coalesce(string_agg(x, E'\\n' order by k), 'same') from ("
                   "(select what as k, '- ' || kind || ' ' || what as x from "
                   "(table %s except all table %s) q order by 1 limit 4) union all"
                   "(select what, '+ ' || kind || ' ' || what from "
                   "(table %s except all table %s) p order by 1 limit 4)) z",
                   a, b, b, a);
    assert_string_equal(text_of(sql), "same");
}

/* What is counted is what is there. */
static void check_sums(void)
{
    assert_int_equal(I64("select count(*) from event where type <> 8"),
                     I64("select sum(events) from session"));
    assert_int_equal(I64("select count(*) from event where type <> 8"),
                     I64("select sum(events) from lead"));
    TEXT_IS("select coalesce(string_agg(x::text, ' '), 'none') from ("
            "select l.id, l.sessions, l.pageviews, l.forms, l.events, l.visitors from lead l "
            "where merged_into is null and sessions > 0 except "
            "select lead_id, count(*), sum(pageviews), sum(forms), sum(events),"
            " count(distinct visitor) from session group by 1) x",
            "none");
    TEXT_IS("select coalesce(string_agg(x::text, ' '), 'none') from ("
            "select id, leads, contacts, visitors, sessions, pageviews, events, score::int "
            "from account where merged_into is null and leads > 0 except "
            "select account_id, count(*), count(email), sum(visitors), sum(sessions),"
            " sum(pageviews), sum(events), max(score)::int from lead group by 1) x",
            "none");
    assert_int_equal(I64("select count(*) from account where leads > 0 and merged_into is not "
                         "null"),
                     0);
    assert_int_equal(I64("select count(*) from stage s where cards <> (select count(*) from "
                         "card c where c.stage_id = s.id)"),
                     0);
    assert_int_equal(
        I64("select count(*) from card c left join card_find f on f.card_id = c.id "
            "where f.text is distinct from c.title_lower || e'\\n' || coalesce(c.domain, '')"),
        0);
    assert_int_equal(I64("select count(*) from card_find f where not exists (select from card "
                         "c where c.id = f.card_id)"),
                     0);
}

/* Two companies, a free-mail contact and an anonymous lead; a board with three stages. */
static void make_people(void)
{
    testdb_exec(&t,
                "select said('a', 0, 'ann@acme.com', 'ACME'), said('b', 5, 'bob@beta.com')");
    testdb_exec(&t, "select said('g', 7, 'gil@gmail.com'), ev('x', 9, 1, '/')");
    testdb_exec(&t, "insert into board (dataset_id, name, user_id, setup_step) "
                    "values (1, 'B', 1, 0);"
                    "insert into stage (dataset_id, board_id, position, name, entry) "
                    "select 1, id, n, 'S' || n, n = 1 from board, generate_series(1, 3) n");
    derive();
}

/* A card on the board; subject is an SQL text: account_id and lead_id. */
static void put_card(const char *subject, int stage)
{
    char sql[700];
    (void)snprintf(
        sql, sizeof(sql),
        "with c as (insert into card (dataset_id, board_id, stage_id, rank, account_id,"
        "   lead_id, title, stage_at) select 1, s.board_id, s.id, %d, %s, 'old',"
        "   '2026-01-0%d' from stage s where s.position = %d returning stage_id, id, board_id),"
        " f as (insert into card_find (dataset_id, card_id, board_id, text)"
        "   select 1, id, board_id, '' from c)"
        "update stage set cards = cards + 1 from c where stage.id = c.stage_id",
        stage * 10, subject, stage, stage);
    testdb_exec(&t, sql);
}

static void refresh_cards(void)
{
    int64_t one[200], accounts[200], leads[200];
    size_t n = (size_t)I64("select count(*) from card");
    assert_true(n <= 200);
    for (size_t i = 0; i < n; i++) {
        char sql[100];
        one[i] = 1;
        (void)snprintf(
            sql, sizeof(sql),
            "select coalesce(account_id, 0) from card order by id offset %zu limit 1", i);
        accounts[i] = I64(sql);
        (void)snprintf(sql, sizeof(sql),
                       "select coalesce(lead_id, 0) from card order by id offset %zu limit 1",
                       i);
        leads[i] = I64(sql);
    }
    begin();
    assert_int_equal(cards_refresh_accounts(web, one, accounts, n, NULL), ERR_NONE);
    assert_int_equal(cards_refresh_leads(web, one, leads, n, NULL), ERR_NONE);
    assert_int_equal(end(ERR_NONE), ERR_NONE);
}

/* ---- links -------------------------------------------------------------------- */

static void link_wins(void **state)
{
    (void)state;
    make_people();
    put_card("null, lead('gil@gmail.com')", 2);
    refresh_cards();
    keep_state("before");
    int64_t operation = link_to(LEAD("gil@gmail.com"), ACCOUNT("ACME"));
    check_sums();
    TEXT_IS("select format('%s %s', leads, contacts) from account where name = 'ACME'", "2 2");
    TEXT_IS("select format('%s %s', title, contacts) from card", "ACME 2");
    testdb_exec(&t, "select said('g', 70, 'gil@gmail.com', 'Other Ltd')");
    derive();
    check_sums();
    assert_int_equal(I64("select count(*) from account where name = 'Other Ltd'"), 0);
    assert_int_equal(I64("select account_id from lead where email = 'gil@gmail.com'"),
                     ACCOUNT("ACME"));
    struct operation_undone undone = undo(operation);
    assert_int_equal(undone.undone, 1);
    check_sums();
    TEXT_IS("select title from card", "gil@gmail.com");
    assert_int_equal(I64("select count(*) from lead_link"), 0);
    /* From now on the log decides again. */
    testdb_exec(&t, "select said('g', 140, 'gil@gmail.com', 'Other Ltd')");
    derive();
    TEXT_IS("select a.name from lead l join account a on a.id = l.account_id "
            "where l.email = 'gil@gmail.com'",
            "Other Ltd");
}

static void link_undone_at_once(void **state)
{
    (void)state;
    make_people();
    put_card("null, lead('gil@gmail.com')", 2);
    put_card("account('ACME'), null", 1);
    refresh_cards();
    keep_state("before");
    int64_t operation = link_to(LEAD("gil@gmail.com"), ACCOUNT("ACME"));
    TEXT_IS("select string_agg(title || ' ' || stage_at::date, ',') from card",
            "ACME 2026-01-02");
    check_sums();
    undo(operation);
    keep_state("after");
    check_same("before", "after");
    check_sums();
}

static void unlink_and_link(void **state)
{
    (void)state;
    make_people();
    keep_state("before");
    int64_t ann = LEAD("ann@acme.com");
    int64_t first = link_to(ann, 0);
    testdb_exec(&t, "select said('a', 50, 'ann@acme.com', 'ACME')");
    derive();
    assert_int_equal(
        I64("select count(*) from lead where email = 'ann@acme.com' and account_id "
            "is null and linked"),
        1);
    int64_t second = link_to(ann, ACCOUNT("beta.com"));
    struct operation_undone undone = undo(first);
    assert_int_equal(undone.undone, 0); /* linked elsewhere since */
    assert_int_equal(undone.kept, 1);
    undo(second);
    assert_int_equal(
        I64("select count(*) from lead where email = 'ann@acme.com' and account_id "
            "is null and linked"),
        1);
    check_sums();
}

static void links_refused(void **state)
{
    (void)state;
    int64_t operation;
    make_people();
    int64_t ann = LEAD("ann@acme.com"), acme = ACCOUNT("ACME"), beta = ACCOUNT("beta.com");
    assert_int_equal(try_link(ann, 999, &operation), ERR_NOT_FOUND);
    assert_int_equal(try_link(999, acme, &operation), ERR_NOT_FOUND);
    assert_int_equal(try_link(LEAD("gil@gmail.com"), 0, &operation), ERR_CONFLICT);
    link_to(ann, acme); /* that it was derived before does not matter */
    assert_int_equal(try_link(ann, acme, &operation), ERR_CONFLICT);
    hide((struct hiding){.account = beta});
    assert_int_equal(try_link(ann, beta, &operation), ERR_INVALID);
    testdb_exec(&t, "update account set dataset_id = 2 where name = 'nothing';"
                    "insert into account (dataset_id, name) values (2, 'Foreign')");
    assert_int_equal(try_link(ann, ACCOUNT("Foreign"), &operation), ERR_NOT_FOUND);
    assert_int_equal(I64("select count(*) from operation"), 2);
}

static void link_goes_along(void **state)
{
    (void)state;
    make_people();
    link_to(I64("select id from lead where email is null"), ACCOUNT("beta.com"));
    testdb_exec(&t, "select said('x', 11, 'gil@gmail.com')");
    derive();
    TEXT_IS("select format('%s %s', a.name, l.linked) from lead l join account a "
            "on a.id = l.account_id where l.email = 'gil@gmail.com'",
            "beta.com t");
    check_sums();
}

/* ---- companies ---------------------------------------------------------------- */

static void companies_become_one(void **state)
{
    (void)state;
    make_people();
    testdb_exec(&t, "insert into tag (dataset_id, name) values (1, 'Key'), (1, 'New');"
                    "insert into account_tag (dataset_id, account_id, tag_id) select 1, a.id, "
                    "t.id from account a, tag t where a.name = 'beta.com' or t.name = 'Key';"
                    "insert into note (dataset_id, account_id, user_id, body) "
                    "select 1, account('beta.com'), 1, 'Called.'");
    put_card("account('ACME'), null", 1);
    put_card("account('beta.com'), null", 3);
    testdb_exec(&t, "update card set owner_id = 1 where rank = 30");
    refresh_cards();
    keep_state("before");
    int64_t beta = ACCOUNT("beta.com");
    int64_t operation = merge_accounts(beta, ACCOUNT("ACME"));
    check_sums();
    TEXT_IS("select format('%s %s %s', name, leads, contacts) from account "
            "where merged_into is null",
            "ACME 2 2");
    TEXT_IS("select format('%s %s %s %s %s', title, contacts, s.position, stage_at::date, "
            "owner_id) from card c join stage s on s.id = c.stage_id",
            "ACME 2 3 2026-01-03 1");
    TEXT_IS("select string_agg(g.name, ' ' order by g.name) from account_tag x join tag g on "
            "g.id = x.tag_id where account_id = account('ACME')",
            "Key New");
    TEXT_IS("select a.name from note n join account a on a.id = n.account_id", "ACME");
    assert_int_equal(I64("select count(*) from card_ledger where kind = 11"), 2);
    undo(operation);
    keep_state("after");
    check_same("before", "after");
    check_sums();
}

/* The same events with and without the merge: undone, nothing of it is left. */
static void companies_go_on(void **state)
{
    (void)state;
    static const char later[] =
        "select said('a', 60, 'ann@acme.com'), said('n', 61, 'new@beta.com'),"
        " said('m', 62, 'm@mail.beta.com'), said('b', 63, 'bob@beta.com'),"
        " said('c', 64, 'cyd@acme.com'), ev('b', -50, 1, '/late')";
    make_people();
    testdb_exec(&t, later);
    derive();
    keep_state("never");
    fresh(NULL);
    make_people();
    int64_t operation = merge_accounts(ACCOUNT("beta.com"), ACCOUNT("ACME"));
    testdb_exec(&t, later);
    derive_at(1);
    check_sums();
    TEXT_IS("select format('%s %s', name, contacts) from account where merged_into is null",
            "ACME 5");
    undo(operation);
    check_sums();
    testdb_exec(&t, "delete from never where kind = 'stage'");
    keep_state("after");
    testdb_exec(&t, "delete from after where kind = 'stage'");
    check_same("never", "after");
}

/* Who came by a network, an address's name or the service's word goes back as well, each by
 * what counts most. */
static void companies_known_otherwise(void **state)
{
    (void)state;
    static const char later[] =
        "insert into event (dataset_id, at, visitor, type, url, properties, network)"
        " select 1, '2026-06-02 00:00Z'::timestamptz + n * interval '1 minute', md5(v)::uuid,"
        "  type, '/', properties::jsonb, network from (values"
        "  (1, 'siemens', 1, null, 2),"
        "  (2, 'named', 1, null, 2), (2, 'named', 8, '{\"companyDomain\": \"beta.com\"}', "
        "null),"
        "  (3, 'named2', 1, null, 2), (3, 'named2', 8, '{\"companyDomain\": \"acme.com\"}',"
        "    null),"
        "  (4, 'told', 6, '{\"email\": \"x@gmail.com\", \"companyDomain\": \"beta.com\"}', "
        "null),"
        "  (5, 'told2', 6, '{\"email\": \"y@beta.com\", \"companyDomain\": \"acme.com\"}', "
        "null),"
        "  (6, 'both', 5, '{\"email\": \"z@acme.com\", \"company\": \"Siemens AG\"}', 2),"
        "  (7, 'free', 5, '{\"email\": \"z@gmail.com\", \"company\": \"Siemens AG\"}', null)"
        " ) r (n, v, type, properties, network)";
    static const char first[] =
        "insert into network_owner (network, name) values (2, 'Siemens AG') on conflict do "
        "nothing;"
        "insert into event (dataset_id, at, visitor, type, url, network) values"
        " (1, '2026-06-01 12:00Z', md5('first')::uuid, 1, '/', 2)";
    for (int undoes = 0; undoes < 2; undoes++) {
        fresh(NULL);
        make_people();
        testdb_exec(&t, first);
        derive();
        int64_t beta = 0, siemens = 0;
        if (undoes) {
            int64_t acme = I64("select id from account where domain = 'acme.com'");
            beta = merge_accounts(ACCOUNT("beta.com"), acme);
            siemens = merge_accounts(ACCOUNT("Siemens AG"), acme);
        }
        testdb_exec(&t, later);
        derive_at(undoes ? 1 : 1000);
        check_sums();
        if (undoes) {
            TEXT_IS("select count(*)::text from account where merged_into is null", "1");
            undo(siemens);
            undo(beta);
            check_sums();
        }
        testdb_exec(&t, "delete from card; delete from stage");
        keep_state(undoes ? "after" : "never");
    }
    check_same("never", "after");
    assert_int_equal(I64("select leads from account where domain is null"), 3);
}

static void card_moved_since_stays(void **state)
{
    (void)state;
    make_people();
    put_card("account('ACME'), null", 1);
    put_card("account('beta.com'), null", 3);
    refresh_cards();
    int64_t operation = merge_accounts(ACCOUNT("beta.com"), ACCOUNT("ACME"));
    testdb_exec(&t, "update stage set cards = cards - 1 where position = 3;"
                    "update stage set cards = cards + 1 where position = 2;"
                    "update card set stage_id = (select id from stage where position = 2),"
                    " stage_at = now()");
    struct operation_undone undone = undo(operation);
    assert_int_equal(undone.kept, 1);
    TEXT_IS("select string_agg(title || ' ' || s.position, ',' order by title) "
            "from card c join stage s on s.id = c.stage_id",
            "ACME 2,beta.com 3");
    check_sums();
}

static void excluded_company_has_no_card(void **state)
{
    (void)state;
    make_people();
    put_card("account('beta.com'), null", 3);
    refresh_cards();
    keep_state("before");
    testdb_exec(&t, "insert into card_exclusion (dataset_id, board_id, account_id) "
                    "select 1, id, account('ACME') from board");
    int64_t operation = merge_accounts(ACCOUNT("beta.com"), ACCOUNT("ACME"));
    assert_int_equal(I64("select count(*) from card"), 0);
    check_sums();
    undo(operation);
    keep_state("after");
    check_same("before", "after");
}

static void chain_of_companies(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('a', 0, 'a@a.com'), said('b', 1, 'b@b.com'),"
                    " said('c', 2, 'c@c.com')");
    derive();
    keep_state("before");
    int64_t first = merge_accounts(ACCOUNT("a.com"), ACCOUNT("b.com"));
    int64_t second = merge_accounts(ACCOUNT("b.com"), ACCOUNT("c.com"));
    testdb_exec(&t, "select said('a2', 10, 'a2@a.com'), said('b2', 11, 'b2@b.com')");
    derive();
    check_sums();
    TEXT_IS("select format('%s %s', name, leads) from account where merged_into is null",
            "c.com 5");
    undo(first);
    check_sums();
    TEXT_IS("select string_agg(name || ' ' || leads, ' ' order by name) from account "
            "where merged_into is null",
            "a.com 2 c.com 3");
    testdb_exec(&t, "select said('a3', 20, 'a3@a.com'), said('b3', 21, 'b3@b.com')");
    derive();
    undo(second);
    check_sums();
    TEXT_IS("select string_agg(name || ' ' || leads, ' ' order by name) from account "
            "where merged_into is null",
            "a.com 3 b.com 3 c.com 1");
}

static void companies_refused(void **state)
{
    (void)state;
    int64_t operation;
    make_people();
    int64_t acme = ACCOUNT("ACME"), beta = ACCOUNT("beta.com");
    assert_int_equal(try_accounts(acme, acme, &operation), ERR_INVALID);
    assert_int_equal(try_accounts(acme, 999, &operation), ERR_NOT_FOUND);
    assert_int_equal(try_accounts(999, acme, &operation), ERR_NOT_FOUND);
    testdb_exec(&t, "insert into account (dataset_id, name) values (2, 'Foreign')");
    assert_int_equal(try_accounts(ACCOUNT("Foreign"), acme, &operation), ERR_NOT_FOUND);
    hide((struct hiding){.account = acme});
    assert_int_equal(try_accounts(beta, acme, &operation), ERR_INVALID);
    show(I64("select id from hiding"));
    merge_accounts(beta, acme);
    assert_int_equal(try_accounts(beta, acme, &operation), ERR_CONFLICT);
    assert_int_equal(try_accounts(acme, beta, &operation), ERR_CONFLICT);
}

/* ---- leads -------------------------------------------------------------------- */

static void leads_become_one(void **state)
{
    (void)state;
    make_people();
    testdb_exec(&t, "insert into tag (dataset_id, name) values (1, 'Key');"
                    "insert into lead_tag (dataset_id, lead_id, tag_id) "
                    "select 1, lead('gil@gmail.com'), id from tag;"
                    "insert into note (dataset_id, lead_id, user_id, body) "
                    "select 1, lead('gil@gmail.com'), 1, 'Called.';"
                    "update lead set job_title = '1', properties = '{\"Team\": \"5\"}' "
                    "where email = 'gil@gmail.com'");
    put_card("null, lead('gil@gmail.com')", 2);
    refresh_cards();
    keep_state("before");
    int64_t operation = merge_leads(LEAD("gil@gmail.com"), LEAD("ann@acme.com"));
    check_sums();
    TEXT_IS(
        "select format('%s %s %s %s %s', visitors, sessions, events, job_title, properties) "
        "from lead where email = 'ann@acme.com'",
        "2 2 2 1 {\"Team\": \"5\"}");
    TEXT_IS("select format('%s %s', leads, visitors) from account where name = 'ACME'", "1 2");
    TEXT_IS("select title from card", "ACME"); /* whom it stands for now */
    TEXT_IS("select l.email from note n join lead l on l.id = n.lead_id", "ann@acme.com");
    undo(operation);
    keep_state("after");
    check_same("before", "after");
    check_sums();
}

/* The company of the other one. */
static void lead_takes_the_company(void **state)
{
    (void)state;
    make_people();
    put_card("null, lead('gil@gmail.com')", 2);
    refresh_cards();
    keep_state("before");
    int64_t operation = merge_leads(LEAD("bob@beta.com"), LEAD("gil@gmail.com"));
    check_sums();
    TEXT_IS("select a.name || ' ' || a.leads from lead l join account a on a.id = l.account_id "
            "where l.email = 'gil@gmail.com'",
            "beta.com 1");
    TEXT_IS("select title from card", "beta.com");
    testdb_exec(&t, "select said('g', 8, 'gil@gmail.com', 'Elsewhere')");
    derive();
    TEXT_IS("select a.name from lead l join account a on a.id = l.account_id "
            "where l.email = 'gil@gmail.com'",
            "beta.com");
    testdb_exec(&t, "delete from event where properties->>'company' = 'Elsewhere'");
    undo(operation);
    TEXT_IS("select string_agg(l.email || ' ' || coalesce(a.name, ''), ',' order by l.email) "
            "from lead l left join account a on a.id = l.account_id where l.email is not null",
            "ann@acme.com ACME,bob@beta.com beta.com,gil@gmail.com ");
    TEXT_IS("select title from card", "gil@gmail.com");
}

static const char contacts_later[] =
    "select said('b', 60, 'bob@beta.com', 'Beta Inc'), said('new', 61, 'bob@beta.com'),"
    " said('a', 62, 'ann@acme.com'), said('a', 63, 'bob@beta.com'), ev('a', 64, 1, '/x'),"
    " ev('b', -45, 1, '/late'), said('old', -100, 'bob@beta.com'), ev('new', 30, 1, '/early'),"
    " ev('b', 200, 1, '/last')";

static void contacts_go_on(void **state)
{
    (void)state;
    make_people();
    testdb_exec(&t, contacts_later);
    derive();
    keep_state("never");
    static const int limits[] = {1, 2, 100};
    for (size_t i = 0; i < 3; i++) {
        fresh(NULL);
        make_people();
        int64_t operation = merge_leads(LEAD("bob@beta.com"), LEAD("ann@acme.com"));
        testdb_exec(&t, contacts_later);
        derive_at(limits[i]);
        check_sums();
        TEXT_IS("select format('%s %s %s', visitors, sessions, events) from lead "
                "where email = 'ann@acme.com'",
                "4 10 11");
        assert_int_equal(I64("select count(*) from lead where events > 0"), 3);
        assert_int_equal(
            I64("select count(*) from visitor where lead_id = lead('ann@acme.com')"), 4);
        undo(operation);
        check_sums();
        keep_state("after");
        testdb_exec(&t, "delete from never where kind = 'stage'; delete from after where kind "
                        "= 'stage'");
        check_same("never", "after");
    }
}

/* An anonymous lead that somebody recognised. */
static void anonymous_go_on(void **state)
{
    (void)state;
    make_people();
    int64_t operation =
        merge_leads(LEAD("ann@acme.com"), I64("select id from lead where email is null"));
    assert_int_equal(I64("select merged_into from lead where email is null"),
                     LEAD("ann@acme.com"));
    testdb_exec(&t, "select ev('x', 12, 1, '/more'), ev('x', 1, 1, '/late')");
    derive();
    check_sums();
    TEXT_IS("select format('%s %s %s', visitors, sessions, events) from lead "
            "where email = 'ann@acme.com'",
            "2 2 4");
    /* Somebody else sits there now. */
    testdb_exec(&t, "select said('x', 13, 'zoe@zeta.com'), ev('x', 14, 1, '/zoe')");
    derive();
    check_sums();
    TEXT_IS("select string_agg(coalesce(email, '?') || ' ' || events, ',' order by email) "
            "from lead where merged_into is null",
            "ann@acme.com 4,bob@beta.com 1,gil@gmail.com 1,zoe@zeta.com 2");
    undo(operation);
    check_sums();
    TEXT_IS("select string_agg(coalesce(email, '?') || ' ' || events, ',' order by email) "
            "from lead",
            "ann@acme.com 1,bob@beta.com 1,gil@gmail.com 1,zoe@zeta.com 2,? 3");
}

/* The log says later what the hand said before. */
static void anonymous_turn_out_to_be(void **state)
{
    (void)state;
    make_people();
    int64_t operation =
        merge_leads(I64("select id from lead where email is null"), LEAD("ann@acme.com"));
    testdb_exec(&t, "select said('x', 13, 'ann@acme.com'), ev('x', 70, 1, '/')");
    derive_at(1);
    check_sums();
    assert_int_equal(I64("select count(*) from lead"), 3);
    assert_int_equal(I64("select count(*) from session where own_lead is not null"), 0);
    TEXT_IS("select format('%s %s', visitors, events) from lead where email = 'ann@acme.com'",
            "2 4");
    struct operation_undone undone = undo(operation);
    assert_int_equal(undone.undone, 0); /* there is nothing left to part */
    assert_int_equal(undone.kept, 1);
    check_sums();
}

static void chain_of_leads(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('a', 0, 'a@a.com'), said('b', 1, 'b@b.com'),"
                    " said('c', 2, 'c@c.com')");
    derive();
    keep_state("before");
    int64_t first = merge_leads(LEAD("a@a.com"), LEAD("b@b.com"));
    int64_t second = merge_leads(LEAD("b@b.com"), LEAD("c@c.com"));
    testdb_exec(&t, "select said('a', 10, 'a@a.com'), said('b2', 11, 'b@b.com')");
    derive();
    check_sums();
    TEXT_IS(
        "select string_agg(email || ' ' || events, ',') from lead where merged_into is null",
        "c@c.com 5");
    undo(first);
    check_sums();
    TEXT_IS("select string_agg(email || ' ' || events, ',' order by email) from lead "
            "where merged_into is null",
            "a@a.com 2,c@c.com 3");
    undo(second);
    check_sums();
    TEXT_IS(
        "select string_agg(l.email || ' ' || l.events || ' ' || a.name, ',' order by l.email) "
        "from lead l join account a on a.id = l.account_id",
        "a@a.com 2 a.com,b@b.com 2 b.com,c@c.com 1 c.com");
}

/* An address came in a link alone; while its lead was merged, somebody else signed in there.
 * Undone, nobody is left to show - unless a hand made the lead or said something about it. */
static void nobody_is_left(void **state)
{
    (void)state;
    testdb_exec(&t, "select said('a', 0, 'ann@acme.com'),"
                    " ev('v', 1, 3, '/', '{\"email\": \"passed.on@away.com\"}'),"
                    " ev('w', 2, 3, '/', '{\"email\": \"noted@kept.com\"}');"
                    "insert into lead (dataset_id, email, first_at, last_at)"
                    " values (1, 'by.hand@kept.com', to_timestamp(0), to_timestamp(0))");
    derive();
    testdb_exec(&t, "insert into note (dataset_id, lead_id, user_id, body)"
                    " values (1, lead('noted@kept.com'), 1, 'n')");
    int64_t operations[] = {
        merge_leads(LEAD("passed.on@away.com"), LEAD("ann@acme.com")),
        merge_leads(LEAD("noted@kept.com"), LEAD("ann@acme.com")),
        merge_leads(LEAD("by.hand@kept.com"), LEAD("ann@acme.com")),
    };
    testdb_exec(&t, "select said('v', 3, 'eve@away.com'), said('w', 4, 'dan@kept.com')");
    derive();
    for (size_t i = 0; i < 3; i++) {
        undo(operations[i]);
    }
    tell_again();
    check_sums();
    TEXT_IS("select string_agg(email || ' ' || sessions, ',' order by email) from lead",
            "ann@acme.com 1,by.hand@kept.com 0,dan@kept.com 1,eve@away.com 1,noted@kept.com 0");
    TEXT_IS("select string_agg(domain || ' ' || leads, ',' order by domain) from account",
            "acme.com 1,away.com 1,kept.com 3");
}

static void leads_refused(void **state)
{
    (void)state;
    int64_t operation;
    make_people();
    testdb_exec(&t, "select ev('y', 20, 1, '/')");
    derive();
    int64_t ann = LEAD("ann@acme.com"), bob = LEAD("bob@beta.com");
    assert_int_equal(try_leads(ann, ann, &operation), ERR_INVALID);
    assert_int_equal(try_leads(ann, 999, &operation), ERR_NOT_FOUND);
    assert_int_equal(try_leads(I64("select min(id) from lead where email is null"),
                               I64("select max(id) from lead where email is null"), &operation),
                     ERR_INVALID);
    hide((struct hiding){.lead = ann});
    assert_int_equal(try_leads(bob, ann, &operation), ERR_INVALID);
    show(I64("select id from hiding"));
    merge_leads(bob, ann);
    assert_int_equal(try_leads(bob, ann, &operation), ERR_CONFLICT);
    assert_int_equal(try_leads(ann, bob, &operation), ERR_CONFLICT);
    int64_t done = I64("select max(id) from operation");
    undo(done);
    struct operation_undone undone;
    begin();
    assert_int_equal(end(operation_undo(web, 1, done, USER, &undone)), ERR_CONFLICT);
}

/* ---- a function of the log and of what hands said ------------------------------ */

static const char random_log[] =
    "insert into event (dataset_id, at, visitor, type, url, properties)"
    " select 1, '2026-06-01 00:00Z'::timestamptz + ((h2 %% 1500) * interval '7 minutes') +"
    "     n * interval '1 us',"
    "   md5('v' || h1 %% 30)::uuid, (array[1,1,1,2,5,6,5,3])[1 + h3 %% 8],"
    "   'https://site.example/p' || h3 %% 9,"
    "   case when h4 %% 4 = 0 then jsonb_strip_nulls(jsonb_build_object("
    "     'email', case when h2 %% 3 > 0 then 'p' || (h1 + h3) %% 20 || (array['@acme.com',"
    "       '@umbrella.example','@globex.co.uk','@initech.com'])[1 + (h1 + h3) %% 4] end,"
    "     'firstName', 'N' || h2 %% 10, 'field' || h3 %% 4, 'x' || h2 %% 50)) end"
    " from (select n, (hashtext('a%d' || n)::bigint & 2147483647) h1, (hashtext('b%d' || "
    "n)::bigint & 2147483647) h2,"
    "              (hashtext('c%d' || n)::bigint & 2147483647) h3, (hashtext('d%d' || "
    "n)::bigint & 2147483647) h4"
    "       from generate_series(%d, %d) n) r order by %s";

static void write_log(int seed, int from, int to, const char *order)
{
    char sql[4000];
    (void)snprintf(sql, sizeof(sql), random_log, seed, seed, seed, seed, from, to, order);
    testdb_exec(&t, sql);
}

/* Merges the k-th contact into another one, and companies the same. */
static int64_t merge_some_leads(int k)
{
    char sql[200];
    int64_t ids[2];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(sql, sizeof(sql),
                       "select id from lead where email is not null and merged_into is null "
                       "order by email offset %d limit 1",
                       (k + i * 3) %
                           (int)I64("select count(*) from lead where email is not null "
                                    "and merged_into is null"));
        ids[i] = I64(sql);
    }
    return merge_leads(ids[0], ids[1]);
}

static int64_t merge_some_accounts(int k)
{
    char sql[200];
    int64_t ids[2];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(sql, sizeof(sql),
                       "select id from account where domain is not null and merged_into is "
                       "null order by domain offset %d limit 1",
                       (k + i) % (int)I64("select count(*) from account where domain is not "
                                          "null and merged_into is null"));
        ids[i] = I64(sql);
    }
    return merge_accounts(ids[0], ids[1]);
}

static void undone_nothing_is_left(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 12; seed++) {
        int64_t operations[5];
        fresh(NULL);
        write_log(seed, 1, 400, "n");
        derive_at(100000);
        write_log(seed, 401, 800, "h4");
        derive_at(100000);
        keep_state("never");
        fresh(NULL);
        write_log(seed, 1, 400, "n");
        derive_at(17);
        operations[0] = merge_some_leads(seed);
        operations[1] = merge_some_accounts(seed);
        operations[2] = merge_some_leads(seed + 2);
        operations[3] = merge_some_leads(seed + 5);
        operations[4] = merge_some_accounts(seed + 1);
        check_sums();
        write_log(seed, 401, 800, "h4");
        derive_at(23);
        check_sums();
        for (int i = 0; i < 5; i++) {
            assert_int_equal(undo(operations[(i * 3 + seed) % 5]).kept, 0);
            check_sums();
        }
        tell_again();
        check_sums();
        keep_state("after");
        check_same("never", "after");
    }
}

/* Contacts and companies that are one stay so when the log is read again, in whatever order. */
static void replayed(void **state)
{
    (void)state;
    write_log(7, 1, 400, "n");
    derive_at(100000);
    merge_some_leads(1);
    merge_some_accounts(1);
    merge_some_leads(4);
    write_log(7, 401, 800, "n");
    derive_at(31);
    keep_state("before");
    static const int limits[] = {100000, 11};
    for (size_t i = 0; i < 2; i++) {
        testdb_exec(&t,
                    "truncate session, visitor; delete from lead where email is null;"
                    "update lead set visitors = 0, sessions = 0, pageviews = 0, forms = 0,"
                    " events = 0, last_at = '1971-01-01', stamps = '{}', properties = '{}',"
                    " first_name = null, company = null, last_session_at = '-infinity',"
                    " first_at = '2200-01-01', score = 0;"
                    "update account set leads = 0, contacts = 0, visitors = 0, sessions = 0,"
                    " pageviews = 0, events = 0, score = 0, first_at = null, last_at = null;"
                    "update lead set account_id = null where not linked;"
                    "update account a set leads = l.n, contacts = l.n from (select account_id,"
                    " count(*) n from lead group by 1) l where a.id = l.account_id;"
                    "update log_cursor set xid = '0', id = 0, max_id = 0, floor_id = 0");
        derive_at(limits[i]);
        check_sums();
        keep_state("again");
        check_same("before", "again");
    }
}

static pid_t start_consumer(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ctx ctx = {.arena = arena_new((size_t)256 << 20)};
        struct db *db = db_new(t.conninfo, "leadboard_worker");
        int64_t n = 1;
        while (n > 0) {
            if (derive_batch(&ctx, db, 50, &n) != ERR_NONE) {
                _exit(1);
            }
            ctx_reset(&ctx, STR("child"));
        }
        _exit(0);
    }
    return child;
}

/* Merging and undoing while the consumer works. */
static void at_the_same_time(void **state)
{
    (void)state;
    write_log(3, 1, 600, "n");
    derive_at(100000);
    write_log(3, 601, 2000, "n");
    pid_t child = start_consumer();
    int done = 0, status = 0;
    while (done < 10 && waitpid(child, &status, WNOHANG) == 0) {
        int64_t operations[3] = {merge_some_leads(done), merge_some_accounts(done),
                                 merge_some_leads(done + 3)};
        for (int i = 0; i < 3; i++) {
            undo(operations[(i + done) % 3]);
        }
        done++;
    }
    if (done == 10) {
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    assert_int_equal(status, 0);
    assert_true(done > 1);
    tell_again();
    check_sums();
    keep_state("after");
    fresh(NULL);
    write_log(3, 1, 2000, "n");
    derive_at(100000);
    keep_state("never");
    check_same("never", "after");
}

/* ---- hiding ------------------------------------------------------------------- */

static void hidden_company(void **state)
{
    (void)state;
    make_people();
    put_card("account('ACME'), null", 2);
    put_card("account('beta.com'), null", 2);
    refresh_cards();
    keep_state("before");
    hide((struct hiding){.account = ACCOUNT("ACME")});
    TEXT_IS("select string_agg(title, ',') from card", "beta.com");
    TEXT_IS("select label from hiding", "ACME");
    check_sums();
    testdb_exec(&t, "select said('a', 3, 'ann@acme.com')");
    derive();
    TEXT_IS("select leads || ' ' || events from account where name = 'ACME'", "1 2");
    begin();
    int64_t acme = ACCOUNT("ACME");
    const struct cards_add add = {.dataset = 1,
                                  .board = I64("select id from board"),
                                  .ids = &acme,
                                  .n = 1,
                                  .actor = {.kind = ACTOR_USER, .id = USER}};
    struct cards_added added;
    assert_int_equal(end(cards_add_accounts(web, &add, &added)), ERR_NONE);
    assert_int_equal(added.added, 0);
    assert_int_equal(added.excluded, 1);
    testdb_exec(&t, "delete from event where at > '2026-06-01 00:02Z' and at < "
                    "'2026-06-01 00:04Z'");
    int64_t operation = show(I64("select id from hiding"));
    TEXT_IS("select string_agg(title || ' ' || rank, ',' order by title) from card",
            "ACME 20,beta.com 20");
    undo(operation);
    TEXT_IS("select string_agg(title, ',') from card", "beta.com");
    TEXT_IS("select u.name from hiding h join app_user u on u.id = h.user_id", "Ann");
}

static void hiding_undone(void **state)
{
    (void)state;
    make_people();
    put_card("account('ACME'), null", 2);
    put_card("null, lead('gil@gmail.com')", 1);
    refresh_cards();
    keep_state("before");
    int64_t company = hide((struct hiding){.domain = STR("https://www.ACME.com/about")});
    int64_t lead = hide((struct hiding){.lead = LEAD("gil@gmail.com")});
    assert_int_equal(I64("select count(*) from card"), 0);
    undo(lead);
    undo(company);
    keep_state("after");
    check_same("before", "after");
    check_sums();
    assert_int_equal(undo(hide((struct hiding){.name = STR("beta.com")})).undone, 1);
    assert_int_equal(I64("select count(*) from account where hidden"), 0);
}

static void excluded_while_hidden(void **state)
{
    (void)state;
    make_people();
    put_card("account('ACME'), null", 2);
    refresh_cards();
    hide((struct hiding){.account = ACCOUNT("ACME")});
    testdb_exec(&t, "insert into card_exclusion (dataset_id, board_id, account_id) "
                    "select 1, id, account('ACME') from board");
    show(I64("select id from hiding"));
    assert_int_equal(I64("select count(*) from card"), 0);
    assert_int_equal(I64("select count(*) from card_away"), 0);
    check_sums();
}

static void hidden_before_it_comes(void **state)
{
    (void)state;
    make_people();
    (void)testjobs_follow(&t);
    testdb_exec(&t,
                "with s as (insert into segment (dataset_id, name, filter) values (1, 'All',"
                " '{\"version\":1,\"match\":\"all\",\"conditions\":[]}') returning id)"
                " update board set segment_id = s.id from s");
    hide((struct hiding){.domain = STR("rival.com")});
    hide((struct hiding){.name = STR("Rival GmbH")});
    hide((struct hiding){.domain = STR("gmail.com")});
    assert_int_equal(I64("select hidden::int from lead where email = 'gil@gmail.com'"), 1);
    testdb_exec(&t,
                "select said('r', 20, 'r@rival.com'), said('s', 21, 's@sub.rival.com'),"
                " said('h', 22, 'h@gmail.com', 'RIVAL gmbh'), said('i', 23, 'i@other.com'),"
                " said('j', 24, 'j@gmail.com'), said('k', 25, 'k@third.com', 'Rival GmbH')");
    derive_at(2);
    (void)testjobs_follow(&t);
    check_sums();
    TEXT_IS("select string_agg(name, ',' order by name) from account where hidden",
            "RIVAL gmbh,Rival GmbH,rival.com");
    TEXT_IS("select string_agg(title, ',' order by title) from card", "other.com");
    TEXT_IS("select string_agg(email, ',' order by email) from lead where hidden",
            "gil@gmail.com,j@gmail.com");
    show(I64("select id from hiding where name is not null"));
    TEXT_IS("select string_agg(name, ',' order by name) from account where hidden",
            "rival.com");
}

/* Its card leaves as its name becomes known. */
static void hidden_when_named(void **state)
{
    (void)state;
    make_people();
    put_card("account('beta.com'), null", 1);
    refresh_cards();
    hide((struct hiding){.name = STR("Beta Inc")});
    assert_int_equal(I64("select count(*) from card"), 1);
    testdb_exec(&t, "select said('b', 30, 'bob@beta.com', 'BETA Inc')");
    derive();
    assert_int_equal(I64("select count(*) from card"), 0);
    check_sums();
    undo(I64("select max(id) from operation"));
    TEXT_IS("select title from card", "BETA Inc");
    check_sums();
}

static void hiding_refused(void **state)
{
    (void)state;
    int64_t operation;
    make_people();
    assert_int_equal(try_hide((struct hiding){.account = 999}, &operation), ERR_NOT_FOUND);
    assert_int_equal(try_hide((struct hiding){.lead = 999}, &operation), ERR_NOT_FOUND);
    assert_int_equal(try_hide((struct hiding){.domain = STR("co.uk")}, &operation),
                     ERR_INVALID);
    assert_int_equal(try_hide((struct hiding){.domain = STR("not a domain")}, &operation),
                     ERR_INVALID);
    assert_int_equal(try_hide((struct hiding){.domain = STR("10.0.0.1")}, &operation),
                     ERR_INVALID);
    assert_int_equal(try_hide((struct hiding){.name = STR("  ")}, &operation), ERR_INVALID);
    hide((struct hiding){.domain = STR("acme.com")});
    assert_int_equal(try_hide((struct hiding){.domain = STR("www.acme.com")}, &operation),
                     ERR_CONFLICT);
    hide((struct hiding){.account = ACCOUNT("ACME")});
    /* Still hidden by the other. */
    show(I64("select id from hiding where domain is not null"));
    assert_int_equal(I64("select count(*) from account where hidden"), 1);
    begin();
    assert_int_equal(end(hiding_show(web, 1, USER, 999, &operation)), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(link_wins, fresh),
        cmocka_unit_test_setup(link_undone_at_once, fresh),
        cmocka_unit_test_setup(unlink_and_link, fresh),
        cmocka_unit_test_setup(links_refused, fresh),
        cmocka_unit_test_setup(link_goes_along, fresh),
        cmocka_unit_test_setup(companies_become_one, fresh),
        cmocka_unit_test_setup(companies_go_on, fresh),
        cmocka_unit_test_setup(companies_known_otherwise, fresh),
        cmocka_unit_test_setup(card_moved_since_stays, fresh),
        cmocka_unit_test_setup(excluded_company_has_no_card, fresh),
        cmocka_unit_test_setup(chain_of_companies, fresh),
        cmocka_unit_test_setup(companies_refused, fresh),
        cmocka_unit_test_setup(leads_become_one, fresh),
        cmocka_unit_test_setup(lead_takes_the_company, fresh),
        cmocka_unit_test_setup(contacts_go_on, fresh),
        cmocka_unit_test_setup(anonymous_go_on, fresh),
        cmocka_unit_test_setup(anonymous_turn_out_to_be, fresh),
        cmocka_unit_test_setup(chain_of_leads, fresh),
        cmocka_unit_test_setup(nobody_is_left, fresh),
        cmocka_unit_test_setup(leads_refused, fresh),
        cmocka_unit_test_setup(undone_nothing_is_left, fresh),
        cmocka_unit_test_setup(replayed, fresh),
        cmocka_unit_test_setup(at_the_same_time, fresh),
        cmocka_unit_test_setup(hidden_company, fresh),
        cmocka_unit_test_setup(hiding_undone, fresh),
        cmocka_unit_test_setup(excluded_while_hidden, fresh),
        cmocka_unit_test_setup(hidden_before_it_comes, fresh),
        cmocka_unit_test_setup(hidden_when_named, fresh),
        cmocka_unit_test_setup(hiding_refused, fresh),
    };
    testdb_open(&t, true);
    testdb_exec(&t, helpers);
    web = testdb_connect(&t, "leadboard_web");
    int failed = cmocka_run_group_tests_name("people", tests, NULL, NULL);
    db_free(web);
    testdb_close(&t);
    return failed;
}
