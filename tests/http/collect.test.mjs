// The collector through nginx: what it takes, what it refuses, and that a refusal writes nothing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { send } from '../lib/client.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let stack;
let dataset;

before(async () => {
    stack = await startStack();
    await stack.psql(`
        insert into workspace (name) values ('Collecting');
        insert into dataset (workspace_id, public_id, name, hosts, mask_ip, honour_privacy_signals, deleted_at)
        select w.id, d.* from workspace w, (values
            ('open', 'Open', '{}'::text[], true, true, null::timestamptz),
            ('strict', 'Strict', '{shop.example}', false, false, null),
            ('gone', 'Gone', '{}', true, true, now())) d
        where w.name = 'Collecting'`);
    dataset = await stack.value("select id from dataset where public_id = 'open'");
});
after(() => stack?.stop());

const count = () => stack.value('select count(*) from event');

function post(body, headers = {}) {
    return send(stack.url, 'POST', '/e', {
        body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
        headers: { 'Content-Type': 'text/plain', 'User-Agent': person, ...headers },
    });
}
const event = (more) => ({ dataset: 'open', visitor: 'v1', type: 'pageview', url: 'https://shop.example/', ...more });

async function refused(status, body, headers, { code, field } = {}) {
    const before_ = await count();
    const answer = await post(body, headers);
    assert.equal(answer.status, status, answer.text);
    const { error } = JSON.parse(answer.text);
    assert.ok(error.code && error.message, answer.text);
    if (code) {
        assert.equal(error.code, code);
    }
    assert.equal(error.field, field);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(await count(), before_, 'nothing is written');
}

async function droppedAndCounted(reason, run, public_id = 'open') {
    const before_ = await count();
    const answer = await run();
    assert.ok([200, 204].includes(answer.status), `${answer.status} ${answer.text}`);
    assert.equal(await count(), before_, 'nothing is written');
    await eventually(`${reason} is counted`, async () => await stack.value(
        `select sum(r.count) from event_refused r join dataset d on d.id = r.dataset_id
         where d.public_id = '${public_id}' and r.reason = '${reason}'`) >= 1);
}

test('one event is stored whole', async () => {
    const answer = await post(event({
        visitor: 'whole', title: 'Shop \u0007& "more"', referrer: 'https://www.google.com/search?q=x',
        url: 'https://user:secret@Shop.example/a?utm_source=news&utm_medium=cpc&gclid=7#frag',
        properties: { screen: '1440x900', nested: { list: [1, 'two', null] } },
    }), { 'Content-Type': 'application/json' });
    assert.equal(answer.status, 204);
    assert.equal(answer.text, '');
    const [row] = await stack.rows(`select e.*, a.agent as ua from event e left join user_agent a on a.hash = e.agent
        where title like 'Shop%'`);
    assert.equal(row.dataset_id, dataset);
    assert.equal(row.type, 1);
    assert.equal(row.title, 'Shop & "more"');
    assert.equal(row.url, 'https://shop.example/a?utm_source=news&utm_medium=cpc&gclid=7');
    assert.equal(row.referrer, 'https://www.google.com/search?q=x');
    assert.deepEqual(row.utm, { source: 'news', medium: 'cpc', click: 'gclid', click_id: '7' });
    assert.deepEqual(row.properties, { screen: '1440x900', nested: { list: [1, 'two', null] } });
    assert.equal(row.ua, person);
    assert.equal(row.ip, null, 'the address is masked');
    assert.ok(Math.abs(Date.parse(row.at) - Date.now()) < 60_000);
});

test('a batch keeps its order and its one visitor; a landing page identifies and hides who it is', async () => {
    const at = Date.now();
    const answer = await post({ dataset: 'open', visitor: 'batch', sent: at, events: [
        { type: 'pageview', url: 'https://shop.example/?email=ann%40acme.example&firstName=Ann&x=1', at: at - 3000 },
        { type: 'pageview', url: 'https://shop.example/?utm_medium=email', at: at - 2000 },
        { type: 'exit', at: at - 1000, properties: { kind: 'outbound', link: 'https://other.example/', seconds: 4 } },
        { type: 'form', name: 'contact', at, properties: { 'E-Mail': 'bob@acme.example', message: 'Hi' } },
    ] });
    assert.equal(answer.status, 204);
    const rows = await stack.rows(`select type, url, name, properties, visitor from event
        where visitor = (select visitor from event where name = 'contact') order by at, id`);
    assert.deepEqual(rows.map((row) => row.type), [1, 6, 4, 2, 5]);
    assert.equal(rows[0].url, 'https://shop.example/?x=1');
    assert.deepEqual(rows[1].properties, { email: 'ann@acme.example', firstName: 'Ann' });
    assert.deepEqual(rows[4].properties, { email: 'bob@acme.example', message: 'Hi' });
    assert.equal(await stack.value("select count(*) from event where url like '%acme%'"), 0);
});

test('500 events at once', async () => {
    const events = Array.from({ length: 500 }, (_, i) => ({ type: 'custom', name: `bulk ${i}` }));
    assert.equal((await post({ dataset: 'open', visitor: 'bulk', events })).status, 204);
    assert.equal(await stack.value("select count(*) from event where name like 'bulk %'"), 500);
});

test('clocks years off, names twice, huge numbers and odd characters are stored within bounds', async () => {
    const answer = await post('{"dataset":"open","visitor":"odd","visitor":"odder","events":['
        + '{"type":"custom","name":"odd","at":1},{"type":"custom","name":"odd","at":99999999999999},'
        + '{"type":"custom","name":"odd","at":-1e308,"properties":{"n":1e999,"n":12345678901234567890,"__proto__":1}},'
        + '{"type":"custom","name":"odd","title":"\\ud800 \\u202e \u00e9","url":"javascript:alert(1)"}]}');
    assert.equal(answer.status, 204, answer.text);
    const rows = await stack.rows("select *, abs(extract(epoch from at - received_at)) as off from event where name = 'odd'");
    assert.equal(rows.length, 4);
    assert.ok(rows.every((row) => row.off <= 86_460));
    assert.equal(rows[3].url, null);
});

test('the same browser without an id is one visitor for the day', async () => {
    await post({ dataset: 'open', type: 'custom', name: 'nobody' });
    await post({ dataset: 'open', type: 'custom', name: 'nobody' });
    await post({ dataset: 'open', type: 'custom', name: 'nobody' }, { 'User-Agent': person + ' other' });
    assert.equal(await stack.value("select count(distinct visitor) from event where name = 'nobody'"), 2);
});

test('the address is kept where the dataset says so', async () => {
    await post({ dataset: 'strict', visitor: 'v', type: 'custom', name: 'with address' });
    assert.equal(await stack.value("select host(ip) from event where name = 'with address'"), '127.0.0.1');
});

test('the pixel', async () => {
    const pixel = (query, headers) => send(stack.url, 'GET', `/e.gif${query}`, { headers: { 'User-Agent': person, ...headers } });
    const answer = await pixel('?dataset=open&email=ann%40acme.example&campaign=may');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'image/gif');
    assert.equal(answer.headers['content-length'], '43');
    assert.match(answer.headers['cache-control'], /no-store/);
    assert.deepEqual(await stack.rows('select properties from event where type = 3'),
        [{ properties: { email: 'ann@acme.example', campaign: 'may' } }]);
    const before_ = await count();
    for (const query of ['', '?', '?dataset=nobody', '?dataset=open&type=nonsense',
        '?dataset=gone', '?dataset=strict&type=pageview&url=https://evil.example/']) {
        const wrong = await pixel(query);
        assert.equal(wrong.status, 200, query);
        assert.equal(wrong.headers['content-length'], '43', query);
    }
    assert.equal(await count(), before_);
});

test('any page may send: CORS', async () => {
    const preflight = await send(stack.url, 'OPTIONS', '/e', { headers: {
        Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], '*');
    assert.match(preflight.headers['access-control-allow-methods'], /POST/);
    assert.match(preflight.headers['access-control-allow-headers'], /content-type/i);
    assert.equal(preflight.headers['access-control-allow-credentials'], undefined);
    const answer = await post(event(), { Origin: 'https://shop.example' });
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['set-cookie'], undefined);
});

test('refused: what is not JSON', async () => {
    for (const body of ['', 'x', '[]', '{"dataset":"open"', '{"dataset":"open","type":"pageview","title":"\\u0000"}',
        Buffer.from('{"dataset":"open","type":"pageview","title":"\xff"}', 'latin1'),
        `{"dataset":"open","type":"pageview","x":${'['.repeat(5000)}${']'.repeat(5000)}}`]) {
        await refused(400, body, {}, { code: 'not_json' });
    }
});

test('refused: what is too much', async () => {
    await refused(413, event({ title: 'x'.repeat(262_144) }), {}, { code: 'too_large' });
    await refused(413, { dataset: 'open', events: Array(501).fill({ type: 'pageview' }) }, {}, { field: 'events' });
    const before_ = await count();
    assert.equal((await post('x'.repeat(1_100_000))).status, 413);
    assert.equal(await count(), before_);
});

test('refused: unknown datasets', async () => {
    for (const name of ['nobody', 'gone', "x' or 1=1 --", 'x'.repeat(1000), '\u00e9']) {
        await refused(404, event({ dataset: name }), {}, { code: 'unknown_dataset', field: 'dataset' });
    }
});

test('refused: wrong members', async () => {
    for (const [field, more] of [['dataset', { dataset: 7 }], ['type', { type: 'nonsense' }], ['type', { type: 'system' }],
        ['url', { url: {} }], ['at', { at: 'yesterday' }], ['properties', { properties: 'x' }], ['visitor', { visitor: [] }],
        ['visitor', { visitor: 'x'.repeat(129) }], ['events', { events: [] }], ['events', { events: 'x' }]]) {
        await refused(422, event(more), {}, { code: 'invalid', field });
    }
    await refused(422, { dataset: 'open', events: [{ type: 'pageview' }, { type: 'custom', name: 5 }] }, {},
        { field: 'events[1].name' });
});

test('refused: hosts that the dataset does not name', async () => {
    const strict = (more) => event({ dataset: 'strict', ...more });
    assert.equal((await post(strict(), { Origin: 'https://www.shop.example' })).status, 204);
    assert.equal((await post(strict({ url: 'https://www.shop.example/x' }))).status, 204);
    const why = { code: 'host_not_allowed', field: 'url' };
    await refused(403, strict({ url: 'https://evil.example/' }), {}, why);
    await refused(403, strict({ url: 'https://notshop.example/' }), {}, why);
    await refused(403, strict({ url: undefined }), { Origin: 'https://evil.example' }, why);
    await refused(403, strict(), { Origin: 'https://evil.example' }, why);
    await refused(403, { dataset: 'strict', events: [{ type: 'pageview', url: 'https://shop.example/' },
        { type: 'pageview', url: 'https://evil.example/' }] }, {}, why);
});

test('dropped and counted: programs, prefetches, visitors who asked not to be', async () => {
    const robot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
    await droppedAndCounted('bot', () => post(event(), { 'User-Agent': robot }));
    await droppedAndCounted('bot', () => post(event(), { 'User-Agent': '' }));
    await droppedAndCounted('bot', () => send(stack.url, 'GET', '/e.gif?dataset=open', { headers: { 'User-Agent': 'curl/8.0' } }));
    await droppedAndCounted('prefetch', () => post(event(), { 'Sec-Purpose': 'prefetch;prerender' }));
    await droppedAndCounted('prefetch', () => post(event(), { Purpose: 'prefetch' }));
    await droppedAndCounted('privacy', () => post(event(), { 'Sec-GPC': '1' }));
    await droppedAndCounted('privacy', () => post(event(), { DNT: '1' }));
    const before_ = await count();
    assert.equal((await post(event({ dataset: 'strict' }), { 'Sec-GPC': '1' })).status, 204);
    assert.equal(await count(), before_ + 1, 'where the dataset does not honour the signal, it counts');
});

test('other methods and addresses', async () => {
    assert.equal((await send(stack.url, 'GET', '/e')).status, 405);
    assert.equal((await send(stack.url, 'PUT', '/e', { body: '{}' })).status, 405);
    assert.equal((await send(stack.url, 'POST', '/e.gif', { body: '{}' })).status, 405);
    assert.equal((await send(stack.url, 'POST', '/v1/nothing', { body: '{}' })).status, 404);
});

test('the tracker is small and anybody may load it', async () => {
    const answer = await send(stack.url, 'GET', '/lb.js', { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.ok(Number(answer.headers['content-length']) < 3000, `${answer.headers['content-length']} bytes`);
    assert.match(answer.headers['content-type'], /javascript/);
    assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin');
});

test('while PostgreSQL is away it says so, and then takes events again', async () => {
    const before_ = await count();
    process.kill(stack.pid('postgres'), 'SIGSTOP');
    process.kill(stack.pid('postgres'), 'SIGKILL');
    const statuses = new Set();
    let taken = 0;
    await eventually('events are taken again', async () => {
        const answer = await post(event({ visitor: 'patient' }));
        statuses.add(answer.status);
        taken += answer.status === 204;
        if (answer.status === 503) {
            assert.equal(JSON.parse(answer.text).error.code, 'unavailable');
            assert.ok(answer.headers['retry-after']);
        }
        return answer.status === 204;
    });
    assert.ok([...statuses].every((status) => status === 204 || status === 503), [...statuses].join());
    await eventually('PostgreSQL answers', async () => await count() === before_ + taken);
});
