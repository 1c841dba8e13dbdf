#include "tests/db/derive_world.h"

#include "worker/derive.h"
#include "worker/rebuild.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct testdb derive_world;

/* ev(visitor, minute, type, page, properties, referrer, utm) writes one event of dataset 1 on a
 * fixed day; each call is a transaction of its own. state() is all that is derived, as text
 * without ids. */
static const char helpers[] =
    "create function ev(v text, minute numeric, type int, page text default null,"
    "    properties jsonb default null, referrer text default null, utm jsonb default null,"
    "    dataset bigint default 1)"
    " returns void language sql as $$"
    "  insert into event (dataset_id, at, visitor, type, url, referrer, utm, properties)"
    "  values (dataset, '2026-06-01 00:00Z'::timestamptz + minute * interval '1 minute',"
    "    md5(v)::uuid, type, 'https://site.example' || page, referrer, utm, properties) $$;"
    "create view state as"
    " select 'account' as kind, dataset_id, jsonb_build_array(domain, name, name_at, leads, "
    "contacts,"
    "   visitors, sessions, pageviews, events, first_at, last_at, score)::text as what"
    " from account"
    " union all select 'lead', l.dataset_id, jsonb_build_array(l.email, a.name, first_name,"
    "   last_name, l.phone, company, job_title, l.first_at, l.last_at, last_session_at,"
    "   first_channel, first_source, first_campaign, first_referrer, first_landing,"
    "   last_channel, last_source, last_campaign, last_referrer, last_landing, l.visitors,"
    "   l.sessions, l.pageviews, forms, l.events, l.score, score_parts, l.properties, stamps,"
    "   l.user_id, l.country, l.network_at, l.network_domain, l.network_name,"
    "   (select jsonb_agg(s.visitor || ' ' || s.started_at order by s.visitor, s.started_at)"
    "    from session s where s.dataset_id = l.dataset_id and s.lead_id = l.id))::text"
    " from lead l left join account a on a.dataset_id = l.dataset_id and a.id = l.account_id"
    " union all select 'session', dataset_id, (lead_id = 0) || (to_jsonb(s) - 'lead_id')::text"
    "  from session s"
    " union all select 'user', dataset_id, to_jsonb(u)::text from user_address u"
    " union all select 'visitor', v.dataset_id, (to_jsonb(v) - 'lead_id')::text ||"
    "   coalesce(l.email, 'anonymous') from visitor v"
    "   left join lead l on l.dataset_id = v.dataset_id and l.id = v.lead_id"
    " union all select 'dataset', id, first_event_at || ' ' || last_event_at from dataset;"
    "create function forget() returns void language sql as $$"
    "  truncate card_exclusion, visitor, session, lead, account, lead_tag, account_tag, "
    "account_fact, user_address, user_visitor, card,"
    "    stage, board, card_ledger, card_change, note, segment, segment_member, "
    "segment_change, segment_touch, job, tag cascade;"
    "  update log_cursor set xid = '0', id = 0, max_id = 0, floor_id = 0;"
    "  update dataset set first_event_at = null, last_event_at = null $$;"
    "insert into workspace (name) values ('w');"
    "insert into dataset (workspace_id, public_id, name) values (1, 'one', 'One'),"
    "  (1, 'two', 'Two');"
    "insert into network_owner (network, name) values (1, 'Hetzner Online GmbH'),"
    "  (2, 'Siemens AG'), (3, 'Deutsche Telekom AG'), (4, 'Proofpoint, Inc.')";

int derive_world_fresh(void **state)
{
    struct testdb *self = &derive_world;
    (void)state;
    testdb_reset((void **)&self);
    testdb_exec(&derive_world, "select forget(); truncate event");
    return 0;
}

/* Reads the log to its end; gives the number of events. */
int64_t derive_world_derive(int64_t limit)
{
    struct ctx ctx = {.arena = arena_new((size_t)512 << 20)};
    struct db *db = db_new(derive_world.conninfo, "leadboard_worker");
    int64_t n = 1, all = 0;
    while (n > 0) {
        enum err err = derive_batch(&ctx, db, limit, &n);
        if (err != ERR_NONE) {
            print_error("derive: %s: %.*s %.*s\n", err_name(err), STR_ARG(ctx.why),
                        STR_ARG(ctx.detail));
        }
        assert_int_equal(err, ERR_NONE);
        all += n;
        ctx_reset(&ctx, STR("test"));
    }
    db_free(db);
    arena_free(ctx.arena);
    return all;
}

const char *derive_world_text(const char *sql)
{
    struct db_result result;
    assert_int_equal(db_query(derive_world.db, str_from(sql), NULL, 0, &result), ERR_NONE);
    assert_int_equal(result.n_rows, 1);
    struct str text = db_cell(&result, 0, 0)->as.text;
    return str_is_null(text) ? "null" : arena_cstr(derive_world.ctx.arena, text);
}

static const char random_log[] =
    "insert into event (dataset_id, at, visitor, type, url, referrer, utm, properties)"
    " select 1 + (h1 %% 7 = 0)::int,"
    "   '2026-06-01 00:00Z'::timestamptz + ((h2 %% 1500) * interval '7 minutes') +"
    "     n * interval '1 us',"
    "   md5('v' || h1 %% 40)::uuid, (array[1,1,1,1,2,5,6,7,3,4])[1 + h3 %% 10],"
    "   'https://site.example/p' || h3 %% 9,"
    "   (array[null,'https://www.google.com/','https://blog.other.net/x','https://t.co/a'])"
    "     [1 + h4 %% 4],"
    "   case when h4 %% 9 = 0 then jsonb_build_object('source', 's' || h2 %% 3, 'medium', "
    "'cpc',"
    "     'campaign', 'c' || h1 %% 4) end,"
    "   case when h4 %% 5 = 0 then jsonb_strip_nulls(jsonb_build_object("
    "     'email', case when h2 %% 3 > 0 then 'p' || (h1 + h3) %% 25 || (array['@acme.com',"
    "       '@gmail.com','@sub.globex.co.uk'])[1 + (h1 + h3) %% 3] end,"
    "     'company', case when h2 %% 2 = 0 then 'Company ' || (h1 %% 6) end,"
    "     'firstName', 'N' || h2 %% 10, 'field' || h3 %% 4, 'x' || h2 %% 50)) end"
    " from (select n, (hashtext('a%d' || n)::bigint & 2147483647) h1, (hashtext('b%d' || "
    "n)::bigint & 2147483647) h2,"
    "              (hashtext('c%d' || n)::bigint & 2147483647) h3, (hashtext('d%d' || "
    "n)::bigint & 2147483647) h4"
    "       from generate_series(1, %d) n) r order by %s";

void derive_world_write_log(int seed, int n, const char *order)
{
    char sql[4000];
    (void)snprintf(sql, sizeof(sql), random_log, seed, seed, seed, seed, n, order);
    testdb_exec(&derive_world, sql);
}

void derive_world_keep_state(const char *name)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "drop table if exists %s; create table %s as "
                   "select kind, dataset_id, what from state",
                   name, name);
    testdb_exec(&derive_world, sql);
}

void derive_world_check_same(const char *a, const char *b)
{
    char sql[600];
    (void)snprintf(sql, sizeof(sql),
                   "select coalesce(string_agg(x, E'\\n' order by k), 'same') from ("
                   "(select what as k, '- ' || kind || ' ' || what as x from "
                   "(table %s except all table %s) q order by 1 limit 4) union all"
                   "(select what, '+ ' || kind || ' ' || what from "
                   "(table %s except all table %s) p order by 1 limit 4)) z",
                   a, b, b, a);
    assert_string_equal(derive_world_text(sql), "same");
}

void derive_world_check_sums(void)
{
    assert_int_equal(I64("select count(*) from event where type <> 8"),
                     I64("select sum(events) from session"));
    assert_int_equal(I64("select sum(events) from session where lead_id <> 0"),
                     I64("select sum(events) from lead"));
    assert_int_equal(I64("select count(*) from session s where lead_id <> 0 and not exists "
                         "(select from lead l where l.dataset_id = s.dataset_id and l.id = "
                         "s.lead_id)"),
                     0);
    assert_int_equal(I64("select count(*) from session where (lead_id = 0) <> (verdict in "
                         "(4, 5, 6))"),
                     0);
    assert_int_equal(
        I64("select count(*) from ("
            "select l.dataset_id, l.id, l.sessions, l.pageviews, l.forms, l.events,"
            " l.visitors from lead l except "
            "select dataset_id, lead_id, count(*), sum(pageviews), sum(forms), "
            "sum(events), count(distinct visitor) from session group by 1, 2) x"),
        0);
    assert_int_equal(
        I64("select count(*) from ("
            "select dataset_id, id, leads, contacts, visitors, sessions, pageviews,"
            " events, score::int from account except "
            "select dataset_id, account_id, count(*), count(email), sum(visitors), "
            "sum(sessions), sum(pageviews), sum(events), max(score)::int from lead "
            "group by 1, 2) x"),
        0);
}

/* People who mistype, sign in with ids, follow links that were passed on, from networks of all
 * kinds; many in little time. */
static const char busy_log[] =
    "insert into event (dataset_id, at, visitor, type, name, url, network, place, country,"
    "   properties)"
    " select 1, '2026-06-01 00:00Z'::timestamptz + ((h2 %% 4000) * interval '7 seconds') +"
    "     n * interval '1 us', md5('v' || h1 %% 25)::uuid, type,"
    "   case when type = 6 and h2 %% 2 = 0 then 'landing' end,"
    "   'https://site.example/p' || h3 %% 9, nullif((h1 + h3) %% 5, 0), nullif(h4 %% 7, 0),"
    "   (array['DE', 'FR', null])[1 + h4 %% 3],"
    "   case when h4 %% 3 = 0 then jsonb_strip_nulls(jsonb_build_object("
    "     'email', case when h2 %% 3 > 0 then (array['jane', 'jan', 'jnae', 'janes', 'john',"
    "       'paul2', 'paul3', 'maximilian', 'maximiliam'])[1 + (h1 + h3) %% 9] ||"
    "       (array['@acme.com', '@acme.con', '@gmail.com', '@globex.com'])[1 + h3 %% 4] end,"
    "     'userId', case when type = 6 and h3 %% 2 = 0 then 'u' || (h2 + h3) %% 4 end,"
    "     'companyDomain', case when type = 6 and h1 %% 11 = 0 then 'told.com' end,"
    "     'firstName', case when h3 %% 2 = 0 then 'N' || h2 %% 4 end,"
    "     'company', case when h1 %% 9 = 0 then 'Company ' || (h1 %% 6) end)) end"
    " from (select *, (array[1,1,1,5,5,6,6,3,4,2])[1 + h3 %% 10] as type from"
    "  (select n, (hashtext('a%d' || n)::bigint & 2147483647) h1, (hashtext('b%d' || "
    "n)::bigint & 2147483647) h2,"
    "              (hashtext('c%d' || n)::bigint & 2147483647) h3, (hashtext('d%d' || "
    "n)::bigint & 2147483647) h4"
    "       from generate_series(1, %d) n) q) r order by %s";

void derive_world_write_busy_log(int seed, int n, const char *order)
{
    char sql[4000];
    (void)snprintf(sql, sizeof(sql), busy_log, seed, seed, seed, seed, n, order);
    testdb_exec(&derive_world, sql);
    /* What the addresses' names told, which comes after what it is about. */
    testdb_exec(&derive_world, "insert into event (dataset_id, at, visitor, type, properties)"
                               " select 1, at, visitor, 8, jsonb_build_object('companyDomain',"
                               "   'net' || extract(epoch from at)::bigint % 3 || '.com')"
                               " from event where extract(epoch from at)::bigint % 5 = 0");
}

void derive_world_rebuild(void)
{
    bool begun = false;
    assert_int_equal(rebuild_begin(&derive_world.ctx, derive_world.db, &begun), ERR_NONE);
    assert_true(begun);
    db_use(derive_world.db, &derive_world.ctx);
}

int derive_world_run(const char *name, const struct CMUnitTest *tests, size_t n)
{
    testdb_open(&derive_world, true);
    testdb_exec(&derive_world, helpers);
    int failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
    testdb_close(&derive_world);
    return failed;
}
