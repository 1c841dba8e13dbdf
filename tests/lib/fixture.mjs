// Rows for a test, written straight into the database, past the pages that would make them.

import { randomBytes } from 'node:crypto';

const literal = (text) => `'${String(text).replaceAll("'", "''")}'`;
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const everything = '{"version":1,"match":"all","conditions":[]}';
const trigger = (stage) => `json_build_object('when', 'stage', 'ids', json_build_array(${stage}::text), 'names', '["Decision"]'::json,
    'filter', '{"version": 2, "subject": "accounts", "match": "all", "conditions": []}'::json)`;
const rules = '[{"key": "email", "kind": "has", "field": "email", "points": 15}]';
const mail = '[{"do": "mail", "how": "owner", "subject": "{company} has decided", "text": "See {link}"}]';

// The workspace and dataset of the unattended owner.
export async function ownDataset(stack) {
    const [row] = await stack.rows(`select w.id workspace, d.id dataset, d.public_id public_id, m.user_id "user"
        from workspace w join dataset d on d.workspace_id = w.id
        join membership m on m.workspace_id = w.id order by w.id, d.id limit 1`);
    return row;
}

// A second workspace that the owner of the first must never see.
export async function addWorkspace(stack, name) {
    const mail = `${name.toLowerCase()}-${randomBytes(3).toString('hex')}@example.org`;
    const text = await stack.psql(`
        with w as (insert into workspace (name) values (${literal(name)}) returning id),
        u as (insert into app_user (email, name, password_hash) values (${literal(mail)}, ${literal(name)}, '*')
              returning id),
        m as (insert into membership (workspace_id, user_id, role) select w.id, u.id, 4 from w, u),
        d as (insert into dataset (workspace_id, public_id, name)
              select w.id, ${literal(randomBytes(8).toString('hex'))}, ${literal(`${name} site`)} from w
              returning id, public_id)
        select json_build_object('workspace', w.id, 'user', u.id, 'dataset', d.id, 'public_id', d.public_id)
        from w, u, d`);
    return JSON.parse(text);
}

// A ready board with three stages and an account, lead, visitor, session, card and note on it.
// Answers the ids: { board, stage, stage2, stage3, account, lead, card, note, tag, segment,
// operation, exclusion, automation, run, draft of a formula, target }; the operation took the owner off the card, the automation is off and
// has two versions.
export async function addBoard(stack, { dataset, user }, name = 'Sales') {
    const domain = `${name.toLowerCase()}-${randomBytes(3).toString('hex')}.example`;
    const text = await stack.psql(`
        with s as (insert into segment (dataset_id, name, filter)
                   values (${dataset}, 'Everything', ${literal(everything)}) returning id),
        b as (insert into board (dataset_id, name, user_id, setup_step)
              values (${dataset}, ${literal(name)}, ${user}, 0) returning id),
        st as (insert into stage (dataset_id, board_id, position, name, entry, final, cards)
               select ${dataset}, b.id, v.* from b, (values (1, 'Discovery', true, false, 1),
                   (2, 'Interest', false, false, 0), (3, 'Decision', false, true, 0)) v
               returning id, position),
        a as (insert into account (dataset_id, domain, name, leads, visitors, contacts)
              values (${dataset}, ${literal(domain)}, ${literal(`${name} Ltd`)}, 1, 1, 1) returning id),
        i as (insert into account_icon (dataset_id, account_id, media_type, bytes)
              select ${dataset}, a.id, 'image/png', decode('${pixel}', 'base64') from a),
        l as (insert into lead (dataset_id, account_id, email, first_at, last_at, visitors, sessions)
              select ${dataset}, a.id, 'someone@${domain}', now(), now(), 1, 1 from a returning id),
        v as (insert into visitor (dataset_id, visitor, lead_id, first_at, last_at)
              select ${dataset}, gen_random_uuid(), l.id, now(), now() from l returning visitor, lead_id),
        se as (insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, channel)
               select ${dataset}, visitor, now(), now(), lead_id, 0, 0, 1 from v returning visitor, started_at),
        c as (insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain)
              select ${dataset}, b.id, st.id, 1, a.id, ${literal(`${name} Ltd`)}, ${literal(domain)}
              from b, st, a where st.position = 1 returning id, title_lower, domain),
        cf as (insert into card_find (dataset_id, card_id, board_id, text)
               select ${dataset}, c.id, b.id, title_lower || e'\\n' || domain from c, b),
        le as (insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind)
               select ${dataset}, c.id, b.id, 1, 5 from c, b),
        p as (insert into progress (dataset_id, kind, subject, user_id) -- an import that waits
              select ${dataset}, 2, b.id, ${user} from b),
        n as (insert into note (dataset_id, account_id, user_id, body)
              select ${dataset}, a.id, ${user}, 'Called them.' from a returning id),
        lo as (insert into lookup (dataset_id, board_id, user_id, domain)
               select ${dataset}, b.id, ${user}, 'new-' || ${literal(domain)} from b returning id),
        an as (insert into provider_answer (dataset_id, domain, source, outcome, facts, logo_type, logo)
               values (${dataset}, 'new-' || ${literal(domain)}, 'site', 1, '{"name": "New Ltd"}', 'image/png',
                       decode('${pixel}', 'base64'))),
        pv as (insert into provider (dataset_id, source, kind, name, position, address, timeout_ms, per_minute, refresh_days, mapping)
               values (${dataset}, 'api-fixture', 4, 'A service', 4, 'https://api.example.com/{domain}', 10000, 60, 30, 'name = name')
               on conflict do nothing),
        tr as (insert into provider_try (dataset_id, source, domain, user_id, outcome, facts)
               values (${dataset}, 'site', 'tried.com', ${user}, 1, '{"name": "Tried"}') returning id),
        t as (insert into tag (dataset_id, name) -- there may be a hundred
              select ${dataset}, ${literal(`Tag ${randomBytes(6).toString('hex')}`)}
              where (select count(*) from tag where dataset_id = ${dataset}) < 20 returning id),
        sk as (insert into server_key (dataset_id, name, hash, ending, user_id) -- there may be twenty in use
               select ${dataset}, 'Shop', sha256(${literal(randomBytes(6).toString('hex'))}::bytea), 'abcd', ${user}
               where (select count(*) from server_key where dataset_id = ${dataset} and revoked_at is null) < 10 returning id),
        da as (insert into dataset_alias (alias, dataset_id)
               select ${literal(`old-${randomBytes(6).toString('hex')}`)}, ${dataset}
               where (select count(*) from dataset_alias where dataset_id = ${dataset}) < 10 returning alias),
        vw as (insert into board_view (dataset_id, board_id, user_id, name, shared, query)
               select ${dataset}, b.id, ${user}, 'Warm', true, 'min=10' from b returning id),
        op as (insert into operation (dataset_id, kind, board_id, user_id, subject, n, detail)
               select ${dataset}, 2, b.id, ${user}, ${literal(`${name} Ltd`)}, 1, '{"to": null}' from b returning id),
        ol as (insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, operation_id, detail)
               select ${dataset}, c.id, b.id, 3, 1, ${user}, op.id, '{"from": null, "to": null}' from c, b, op),
        au as (insert into automation (dataset_id, name, user_id, source, version) -- there may be 500
               select ${dataset}, ${literal(`${name} decided`)}, ${user}, 3, 2
               where (select count(*) from automation where dataset_id = ${dataset} and deleted_at is null) < 400 returning id),
        av as (insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
               select ${dataset}, au.id, n, ${user}, ${trigger('st.id')}, ${literal(mail)}
               from au, st, generate_series(1, 2) n where st.position = 4 - n),
        ar as (insert into automation_run (dataset_id, automation_id, version, subject, account_id, lead_id, card_id, cause, cause_id,
                                           cause_at, why, state, said, operation_id)
               select ${dataset}, coalesce((select id from au), (select max(id) from automation where dataset_id = ${dataset} and deleted_at is null)),
                      1, a.id, a.id, l.id, c.id, 1, a.id, now(), 'visited https://example.com/pricing', 1,
                      '[{"did": true, "text": "Mailed the owner"}, {"did": false, "text": "Not moved: fixed flow"}]', op.id
               from a, l, c, op returning id, automation_id),
        sd as (insert into score_draft (dataset_id, user_id, rules) values (${dataset}, ${user}, ${literal(rules)}) returning id),
        pp as (insert into page_pattern (dataset_id, patterns) -- there may be fifty targets
               select ${dataset}, array['/' || ${literal(domain)} || '*']
               where (select count(*) from conversion_target where dataset_id = ${dataset}) < 20 returning id, patterns),
        ct as (insert into conversion_target (dataset_id, name, pages, pattern_id, user_id)
               select ${dataset}, 'Target ' || pp.id, pp.patterns, pp.id, ${user} from pp returning id),
        xa as (insert into account (dataset_id, name, domain) values (${dataset}, 'Excluded', 'no-${domain}') returning id),
        xl as (insert into lead (dataset_id, account_id, email, first_at, last_at)
               select ${dataset}, xa.id, 'other@no-${domain}', now(), now() from xa returning id),
        hi as (insert into hiding (dataset_id, domain, label, user_id)
               values (${dataset}, 'hidden-${domain}', 'hidden-${domain}', ${user}) returning id),
        tv as (insert into traffic_verdict (dataset_id, place, verdict, label, user_id)
               values (${dataset}, ('x' || substr(md5(random()::text), 1, 15))::bit(60)::bigint, 4, 'A place', ${user}) returning id),
        x as (insert into card_exclusion (dataset_id, board_id, account_id, user_id)
              select ${dataset}, b.id, xa.id, ${user} from b, xa returning id)
        select json_build_object('segment', s.id, 'board', b.id, 'account', a.id, 'lead', l.id, 'card', c.id,
            'note', n.id, 'lookup', lo.id, 'try', tr.id, 'account2', xa.id, 'lead2', xl.id, 'hiding', hi.id, 'said', tv.id, 'visitor', replace(se.visitor::text, '-', ''),
            'session_at', (extract(epoch from se.started_at) * 1000000)::bigint::text, 'operation', op.id, 'exclusion', x.id, 'view', vw.id,
            'key', coalesce((select id from sk), (select min(id) from server_key where dataset_id = ${dataset} and revoked_at is null)),
            'alias', coalesce((select alias from da), (select min(alias) from dataset_alias where dataset_id = ${dataset})),
            'automation', ar.automation_id, 'run', ar.id, 'draft', sd.id,
            'target', coalesce((select id from ct), (select min(id) from conversion_target where dataset_id = ${dataset})),
            'tag', coalesce((select id from t), (select min(id) from tag where dataset_id = ${dataset})), 'stage', (select id from st where position = 1),
            'stage2', (select id from st where position = 2), 'stage3', (select id from st where position = 3))
        from s, b, a, l, c, n, op, x, lo, tr, vw, xa, xl, hi, tv, se, ar, sd`);
    return JSON.parse(text);
}

// A formula of the leadscore, which all scores follow from now on: { version }, a number that no other dataset has.
export async function addFormula(stack, { dataset, user }) {
    await stack.psql(`insert into score_formula (dataset_id, version, rules, user_id)
        values (${dataset}, ${dataset}, ${literal(rules)}, ${user}) on conflict do nothing`);
    return { version: dataset };
}

// A CRM, a delivery to it and a mail: { integration, delivery, mail }. Those made before are gone.
export async function addIntegration(stack, { dataset, workspace, user }) {
    const text = await stack.psql(`update integration set deleted_at = now() where dataset_id = ${dataset} and name = 'Fixture CRM';
        with i as (insert into integration (dataset_id, kind, name, user_id, url)
                   values (${dataset}, 3, 'Fixture CRM', ${user}, 'https://api.pipedrive.com') returning id),
        o as (insert into outbox (dataset_id, integration_id, key, lane, type, state, done_at, error)
              select ${dataset}, i.id, 'fixture', 0, 'integration.test', 2, now(), 'Pipedrive answered 500.' from i returning id),
        t as (insert into delivery_attempt (dataset_id, outbox_id, integration_id, what, outcome, status, request, answer, error)
              select ${dataset}, o.id, i.id, 'Whose key it is', 0, 500, 'GET /v1/users/me', '<html>', 'Pipedrive answered 500.' from o, i),
        m as (insert into mail (workspace_id, key, to_email, subject, body, state)
              values (${workspace}, 'fixture-${randomBytes(6).toString('hex')}', 'someone@example.org', 'Kept', 'Text', 3) returning id)
        select json_build_object('integration', i.id, 'delivery', o.id, 'mail', m.id) from i, o, m`);
    return JSON.parse(text);
}

// n more cards in a stage of a board, each of an account of its own: "Company 1", "Company 2" ... from the
// top down. Their activity, change and score orders differ. Answers their ids in that order.
export async function addCards(stack, { dataset }, { board, stage }, n, name = 'Company') {
    const text = await stack.psql(`
        with a as (insert into account (dataset_id, domain, name, score, last_at)
                   select ${dataset}, lower(${literal(name)}) || i || '-' || substr(md5(random()::text), 1, 8) || '.example',
                          ${literal(name)} || ' ' || i, i * 37 % 101, now() - (i * 7 % 50) * interval '1 hour'
                   from generate_series(1, ${n}) i returning id, domain, name, score, last_at),
        c as (insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, score,
                                last_activity_at, modified_at)
              select ${dataset}, ${board}, ${stage}, 100 + row_number() over (order by id), id, name, domain, score,
                     last_at, now() - (id * 11 % 50) * interval '1 minute'
              from a returning id, rank, title_lower, domain),
        cf as (insert into card_find (dataset_id, card_id, board_id, text)
               select ${dataset}, id, ${board}, title_lower || e'\\n' || domain from c),
        k as (update stage set cards = cards + ${n} where dataset_id = ${dataset} and id = ${stage})
        select json_agg(id order by rank) from c`);
    return JSON.parse(text);
}

// How many rows each table has, but those that change by themselves: with time, or as the worker settles segments.
export async function rowCounts(stack) {
    const tables = stack.tables ??= (await stack.psql(`select relname from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not relispartition and relname not in ('worker', 'cron_slot', 'log_cursor',
            'job', 'job_done', 'tenant_queue', 'login_session', 'progress', 'segment_touch', 'segment_member',
            'segment_change', 'segment_sweep') order by 1`)).split('\n');
    const counts = await stack.rows(tables.map((table) =>
        `select '${table}' as name, count(*) from ${table}`).join(' union all '));
    return Object.fromEntries(counts.map(({ name, count }) => [name, count]));
}
