// A company's leads in the panel and a lead's page: who is listed in which order, sessions with what happened
// between them, and what a reader may not see.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../lib/client.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

let stack, client, own, ids;
const hx = { 'HX-Request': 'true' };
const get = async (path, headers) => {
    const answer = await client.get(path, headers ? { headers } : undefined);
    assert.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 300)}`);
    return answer.text;
};
const names = (html) => [...html.matchAll(/<b class="clip">([^<]*)/g)].map(([, name]) => name);

before(async () => {
    stack = await startStack({ owner: true });
    client = new Client(stack.url);
    await client.signIn(owner);
    own = await ownDataset(stack);
    ids = await addBoard(stack, own, 'Leads');
    const d = own.dataset;
    // 25 more leads, every fifth a contact; the first has 7 sessions with 3 events each.
    await stack.psql(`
        begin;
        insert into lead (dataset_id, account_id, email, first_at, last_at, score, score_parts, sessions, events, visitors,
                          first_channel, first_source, first_landing, properties, stamps)
        select ${d}, ${ids.account}, case when n % 5 = 0 then 'p' || n || '@leads.example' end, now() - interval '40 days',
               now() - n * interval '1 hour', n, '[["email",15]]', 7, 21, 1, 2, 'Google', 'https://a.example/in',
               '{"Team size": "20-50"}', '{"Team size": 1790000000000000}'
        from generate_series(1, 25) n;
        update account set leads = 26, contacts = 6 where id = ${ids.account};
        insert into user_agent (hash, agent, browser, browser_version, os, kind, revision)
        values (5, 'x', 'Firefox', '140', 'Ubuntu', 1, 2000000000);
        with l as (select id from lead where email = 'p5@leads.example'),
        v as (insert into visitor (dataset_id, visitor, lead_id, first_at, last_at, agent)
              select ${d}, md5('v5')::uuid, id, now() - interval '30 days', now() - interval '5 hours', 5 from l
              returning visitor, lead_id),
        s as (insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, channel, source,
                                   campaign, medium)
              select ${d}, visitor, now() - n * interval '4 days' - interval '5 hours',
                     now() - n * interval '4 days' - interval '5 hours' + interval '3 min', lead_id, 3, 2, 4, 'letter',
                     'campaign' || n, 'email' from v, generate_series(0, 6) n returning visitor, started_at)
        insert into event (dataset_id, at, visitor, type, name, url, title, properties)
        select ${d}, started_at + e.o * interval '1 min', visitor, e.type, e.name, 'https://a.example/x', e.title, e.properties::jsonb
        from s, (values (0, 1, null, 'Home', '{"screen": "1440x900", "language": "nl-NL"}'), (1, 1, null, 'Prices', null),
                 (3, 5, 'trial', null, '{"email": "p5@leads.example", "<b>": "<script>alert(1)</script>"}'))
                e(o, type, name, title, properties);
        insert into log_cursor (consumer, xid, id, max_id, epoch) -- as if the consumer had derived them
        select 'derive', xid, id, id, log_epoch() from event order by xid desc, id desc limit 1
        on conflict (consumer) do update set xid = excluded.xid, id = excluded.id, max_id = excluded.max_id;
        insert into score_history select ${d}, id, current_date - 9, 12 from lead where email = 'p5@leads.example';
        insert into card_ledger (dataset_id, card_id, board_id, at, kind, from_stage, to_stage, actor_kind, actor_id)
        values (${d}, ${ids.card}, ${ids.board}, now() - interval '2 days', 2, ${ids.stage}, ${ids.stage2}, 1, ${own.user});
        commit`);
    ids.busy = await stack.value("select id from lead where email = 'p5@leads.example'");
    ids.path = `/boards/${ids.board}/cards/${ids.card}`;
});
after(() => stack?.stop());

test('twenty leads, then the rest, last seen first', async () => {
    const first = await get(ids.path);
    assert.equal(names(first).length, 20);
    const more = /href="([^"]*\?after=[^"]*)"/.exec(first)[1].replaceAll('&amp;', '&');
    const rest = await get(more);
    assert.equal(names(rest).length, 6);
    const times = [...(first + rest).matchAll(/<summary>.*?<time datetime="([^"]*)"/gs)].map(([, at]) => at);
    assert.equal(times.length, 26);
    assert.deepEqual(times, [...times].sort().reverse());
});

test('contacts alone, those unknown alone, by score', async () => {
    const contacts = names(await get(`${ids.path}?who=contacts`));
    assert.equal(contacts.length, 6);
    assert.ok(contacts.every((name) => name.includes('@')));
    const unknown = names(await get(`${ids.path}?who=anonymous&by=score`));
    assert.equal(unknown.length, 20);
    assert.ok(unknown.every((name) => name === 'Anonymous visitor'));
    const scored = await get(`${ids.path}?by=score&who=contacts`);
    assert.deepEqual(names(scored).slice(0, 3), ['p25@leads.example', 'p20@leads.example', 'p15@leads.example']);
});

test('what is no such list is the first one', async () => {
    for (const query of ['who=x', 'after=', 'after=1', 'after=x_y', 'after=99999999999999999999_1', 'by=x', 'after=-1_-1&by=score']) {
        const html = await get(`${ids.path}?${query}`);
        assert.ok(names(html).length >= 0 && html.includes('id="leads"'), query);
    }
    assert.equal(names(await get(`${ids.path}?who=x&after=x_y&by=x`)).length, 20);
});

test('a lead is expanded with its last five sessions, and five more follow', async () => {
    const html = await get(`${ids.path}?lead=${ids.busy}`);
    assert.equal(html.match(/Email, letter/g).length, 5);
    assert.match(html, /<i>campaign<\/i> campaign0/);
    assert.match(html, /Trial|trial/);
    assert.match(html, /&lt;b&gt;: &lt;script&gt;alert\(1\)&lt;\/script&gt;, email: p5@/);
    const before_ = /leads\/\d+\/sessions\?before=(\d+)/.exec(html)[1];
    const more = await get(`/leads/${ids.busy}/sessions?before=${before_}`, hx);
    assert.equal(more.match(/Email, letter/g).length, 2);
    assert.doesNotMatch(more, /more sessions/);
    const whole = await client.get(`/leads/${ids.busy}/sessions?before=${before_}`);
    assert.equal(whole.status, 303);
    assert.match(whole.headers.location, new RegExp(`^/leads/${ids.busy}\\?before=${before_}`));
});

test('what happened to the card stands between the sessions, once, on its day', async () => {
    const html = await get(`/leads/${ids.busy}`);
    assert.equal(html.match(/Moved from Discovery to Interest by/g).length, 1);
    assert.match(html, /class="session between"/);
    const before_ = /leads\/\d+\/sessions\?before=(\d+)/.exec(html)[1];
    assert.doesNotMatch(await get(`/leads/${ids.busy}/sessions?before=${before_}`, hx), /Moved from/);
});

test('boards of others are not told about', async () => {
    await stack.psql(`with u as (insert into app_user (email, name, password_hash) values ('other@example.com', 'Other', '*') returning id)
        update board set visibility = 1, user_id = (select id from u) where id = ${ids.board}`);
    const html = await get(`/leads/${ids.busy}`);
    assert.doesNotMatch(html, /Moved from|Discovery|Interest/);
    await stack.psql(`update board set visibility = 2, user_id = ${own.user} where id = ${ids.board}`);
});

test("a lead's page has everything, whole and as a fragment", async () => {
    const whole = await get(`/leads/${ids.busy}?board=${ids.board}&card=${ids.card}`);
    for (const words of [/<h1>p5@leads\.example/, /Engagement/, /Acquisition/, /Google/, /\/in</, /Team size/, /20-50/,
        /Firefox 140 on Ubuntu/, /1440 × 900 · nl-NL/, /class="chart-activity"/, /class="chart-score"/, /From 12 on/,
        /Leads · Discovery|Leads · Interest/, /<table/, new RegExp(`href="/boards/${ids.board}/cards/${ids.card}"`)]) {
        assert.match(whole, words);
    }
    assert.doesNotMatch(whole, / style="|<script>alert/);
    const part = await get(`/leads/${ids.busy}`, hx);
    assert.match(part, /^<div class="account lead-card"/);
    assert.match(part, /data-close/);
    assert.match(part, /<h2>p5@leads\.example/);
    const odd = await get(`/leads/${ids.busy}?board=x&card=-1&before=zzz`);
    assert.match(odd, /› Lead/);
});

test('a note on the lead comes back to its page', async () => {
    const html = await get(`/leads/${ids.busy}`);
    assert.match(html, new RegExp(`name="back" value="/leads/${ids.busy}`));
});

test('the page of a hidden lead says so', async () => {
    const id = await stack.value(`select min(id) from lead where email is null and account_id = ${ids.account}`);
    assert.doesNotMatch(await get(`/leads/${id}`), /is hidden/);
    await stack.psql(`update lead set hidden = true where id = ${id}`);
    assert.match(await get(`/leads/${id}`), /This lead is hidden/);
});

test('there is no page of a lead that does not exist', async () => {
    for (const path of ['/leads/999999999', '/leads/999999999/sessions', '/leads/0', '/leads/x']) {
        assert.equal((await client.get(path)).status, 404, path);
    }
});
