// Kinds of traffic: what is said about them is put right in the background, for exactly those it is about.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, send } from '../lib/client.mjs';
import { addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { join } from 'node:path';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { eventually, execute } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const telekom = '217.0.43.77';
const hetzner = '2a01:4f8:c0c:7777::77';
let stack, own, client;

before(async () => {
    stack = await startStack({ owner: true, env: { PROXIES: '127.0.0.1' } });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
});
after(() => stack?.stop());

const post = (address, body) => send(stack.url, 'POST', '/e', {
    body: JSON.stringify({ dataset: own.public_id, type: 'pageview', url: 'https://shop.example/', ...body }),
    headers: { 'X-Forwarded-For': address, 'User-Agent': person, 'Content-Type': 'text/plain' },
});
const read = () => eventually('the log is read', () => stack.value(
    `select not exists (select from event e, log_cursor c
        where c.consumer = 'derive' and (e.xid, e.id) > (c.xid, c.id)) as done`));
const settled = async () => {
    await eventually('it is put right', async () => (await stack.value(
        'select count(*) from progress where kind = 8 and state not in (2, 3, 4)')) === 0 &&
        (await stack.value('select count(*) from job where kind = 8')) === 0);
    assert.equal(await stack.value('select count(*) from progress where kind = 8 and state <> 2'), 0);
};
async function say(fields) {
    const page = await client.get('/settings/traffic');
    const answer = await client.submit(page, fields, '/settings/traffic');
    return answer;
}

test('the page lists networks with what they are and why', async () => {
    const empty = await client.get('/settings/traffic');
    assert.match(empty.text, /No networks here/);
    await post(telekom, { visitor: 't1' });
    await post(telekom, { visitor: 't2' });
    await post(hetzner, { visitor: 'h1' });
    await read();
    const page = await client.get('/settings/traffic');
    assert.match(page.text, /Deutsche Telekom AG[^]*<b>internet provider<\/b>[^]*A word in the name/);
    assert.match(page.text, /Hetzner Online GmbH[^]*<b>hosting<\/b>/);
    const only = await client.get('/settings/traffic?kind=hosting');
    assert.ok(!only.text.includes('Telekom'));
    assert.equal((await client.get('/settings/traffic?kind=nonsense')).status, 200);
});

test('a network that is called a company names one, until that is taken back', async () => {
    assert.equal(await stack.value('select count(*) from account'), 0);
    const others = await stack.value(`select xmin::text from session where network <> 3320`);
    assert.equal((await say({ what: 'network', network: 3320, verdict: 'company' })).status, 303);
    await settled();
    assert.deepEqual(await stack.rows('select name, leads, visitors from account'),
        [{ name: 'Deutsche Telekom AG', leads: 2, visitors: 2 }]);
    assert.equal(await stack.value(`select xmin::text from session where network <> 3320`), others, 'nobody else is touched');
    const page = await client.get('/settings/traffic');
    assert.match(page.text, /said by your team/);
    await say({ what: 'network', network: 3320, verdict: 'rules' });
    await settled();
    assert.equal(await stack.value('select count(*) from account'), 0);
    assert.equal(await stack.value('select count(*) from lead'), 3, 'and the leads are there');
});

test('the office does not count, and counts again', async () => {
    await post('127.0.0.1', { visitor: 'colleague', type: 'form', properties: { email: 'colleague@us-ourselves.com' } });
    await read();
    assert.equal(await stack.value(`select count(*) from lead where email like 'colleague%'`), 1);
    await say({ what: 'here', verdict: 'office' });
    await settled();
    assert.equal(await stack.value(`select count(*) from lead where email like 'colleague%'`), 0);
    assert.equal(await stack.value('select count(*) from account'), 0);
    // New events follow at once.
    await post('127.0.0.1', { visitor: 'another colleague' });
    await read();
    assert.equal(await stack.value('select count(*) from session where lead_id = 0 and verdict = 4'), 2);
    const left = await client.get('/settings/traffic/left-out');
    assert.match(left.text, /<b>office<\/b>[^]*Your team said so of this place/);
    const page = await client.get('/settings/traffic');
    assert.match(page.text, /Where I am is not our office/);
    assert.match(page.text, /Where .* was/);
    const [id] = (await stack.psql('select id from traffic_verdict where place is not null')).split('\n');
    assert.equal((await client.submit(page, {}, `/settings/traffic/${id}/remove`)).status, 303);
    await settled();
    assert.equal(await stack.value(`select count(*) from lead where email like 'colleague%'`), 1);
    assert.equal(await stack.value('select count(*) from session where lead_id = 0'), 0);
});

test('a mail scanner is nobody, until somebody gives the session back', async () => {
    await send(stack.url, 'GET', `/e.gif?dataset=${own.public_id}&email=ann%40scanned.com`,
        { headers: { 'X-Forwarded-For': hetzner, 'User-Agent': person } });
    await post(hetzner, { visitor: 'fresh', url: 'https://shop.example/?utm_medium=email&email=ann@scanned.com' });
    await read();
    assert.equal(await stack.value(`select count(*) from lead where email = 'ann@scanned.com'`), 0);
    const left = await client.get('/settings/traffic/left-out');
    assert.match(left.text, /mail scanner[^]*so do mail gateways/);
    const [row] = await stack.rows(`select replace(visitor::text, '-', '') as visitor,
        (extract(epoch from started_at) * 1000000)::bigint::text as at from session where reason = 9`);
    const page = await client.get(`/settings/traffic/session?visitor=${row.visitor}&at=${row.at}`);
    assert.match(page.text, /Mail scanner: does not count/);
    assert.equal((await client.submit(page, { what: 'session', verdict: 'person' }, '/settings/traffic')).status, 303);
    await settled();
    assert.deepEqual(await stack.rows(`select events, visitors from lead where email = 'ann@scanned.com'`), [{ events: 2, visitors: 1 }]);
    const [lead] = await stack.rows(`select id from lead where email = 'ann@scanned.com'`);
    const shown = await client.get(`/leads/${lead.id}`);
    assert.match(shown.text, /Hetzner Online GmbH \(person\)/);
});

test('a lead\'s page tells which sessions on its browsers do not count, and why', async () => {
    const earlier = Date.now() - 2 * 3600_000;
    await post(telekom, { visitor: 'two', at: earlier });
    await post(telekom, { visitor: 'two', type: 'form', properties: { email: 'two@sessions.com' } });
    await read();
    const [lead] = await stack.rows(`select id, sessions from lead where email = 'two@sessions.com'`);
    assert.equal(lead.sessions, 2);
    const before = await client.get(`/leads/${lead.id}`);
    assert.doesNotMatch(before.text, /on the same browsers/);
    assert.match(before.text, /Germany · Deutsche Telekom AG/, 'countries have names');
    const [row] = await stack.rows(`select replace(s.visitor::text, '-', '') as visitor,
        (extract(epoch from s.started_at) * 1000000)::bigint::text as at from session s
        where s.lead_id = ${lead.id} order by s.started_at limit 1`);
    const url = `/settings/traffic/session?visitor=${row.visitor}&at=${row.at}`;
    assert.equal((await client.submit(await client.get(url), { what: 'session', verdict: 'bot' }, '/settings/traffic')).status, 303);
    await settled();
    const after = await client.get(`/leads/${lead.id}`);
    assert.match(after.text, /1 session on the same browsers does not count: <a href="[^"]*traffic\/session[^"]*">bot<\/a>\. Your team said so of this session\./);
    const [said] = (await stack.psql('select id from traffic_verdict where verdict = 5')).split('\n');
    assert.equal((await client.submit(await client.get('/settings/traffic'), {}, `/settings/traffic/${said}/remove`)).status, 303);
    await settled();
});

test('everything derived again is the same, with a worker at work', async () => {
    const before = await stack.rows(`select lead_id = 0 as nobodys, verdict, reason from session order by visitor, started_at`);
    const { status, output } = await execute([join(programs, 'leadboard-admin'), 'rebuild'], {
        env: { ...process.env, ...sanitizerEnv, DATABASE_URL: stack.databaseUrl, KEY_FILE: join(stack.state, 'key') }, cwd: '/',
    });
    assert.equal(status, 0, output);
    assert.match(output, /event=rebuild\.done .*same=yes/);
    assert.deepEqual(await stack.rows(`select lead_id = 0 as nobodys, verdict, reason from session order by visitor, started_at`), before);
    await post(telekom, { visitor: 'after' });
    await read();
    assert.equal(await stack.value(`select rebuild_xid is null and rebuilt_at is not null from log_cursor where consumer = 'derive'`), true);
});

test('what makes no sense is refused', async () => {
    for (const fields of [{ what: 'network', verdict: 'company', network: '' }, { what: 'place', verdict: 'bot', place: '' },
        { what: 'network', verdict: 'nonsense', network: '1' }, { what: 'nonsense', verdict: 'bot' }]) {
        assert.equal((await say(fields)).status, 422, JSON.stringify(fields));
    }
    for (const query of ['', 'visitor=1&at=2', `visitor=${'z'.repeat(32)}&at=1`, `visitor=${'0'.repeat(32)}&at=x`, `visitor=${'0'.repeat(32)}&at=1`]) {
        assert.equal((await client.get(`/settings/traffic/session?${query}`)).status, 404, query);
    }
    assert.equal((await say({ what: 'session', verdict: 'bot', visitor: '0'.repeat(32), at: '1' })).status, 404);
    assert.equal((await client.get('/settings/traffic/left-out?before=x')).status, 200);
    const foreign = await addWorkspace(stack, 'Rival');
    await stack.psql(`insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, channel)
        values (${foreign.dataset}, '${'a'.repeat(32)}', '2026-01-01', '2026-01-01', 0, 1, 1, 1)`);
    const at = Date.UTC(2026, 0, 1) * 1000;
    assert.equal((await client.get(`/settings/traffic/session?visitor=${'a'.repeat(32)}&at=${at}`)).status, 404);
    assert.equal(await stack.value('select count(*) from traffic_verdict where verdict = 5'), 0);
});
