// Other trackers' addresses through nginx: what they answer, what they refuse, and that the collector's rules
// - limits, hosts, bots, privacy, once and no more - hold for each of them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { send } from '../lib/client.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const robot = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const key = 'open.0123456789abcdef0123456789abcdef';
const revoked = 'open.ffffffffffffffffffffffffffffffff';
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
let stack;

before(async () => {
    stack = await startStack();
    await stack.psql(`
        insert into workspace (name) values ('Trackers');
        insert into dataset (workspace_id, public_id, name, hosts, mask_ip, deleted_at)
        select w.id, d.* from workspace w, (values
            ('open', 'Open', '{}'::text[], false, null::timestamptz), ('masked', 'Masked', '{}', true, null),
            ('strict', 'Strict', '{shop.example}', true, null), ('gone', 'Gone', '{}', true, now())) d
        where w.name = 'Trackers';
        insert into server_key (dataset_id, name, hash, ending, user_id, revoked_at)
        select d.id, 'Shop', decode(k.hash, 'hex'), 'xxxx', 1, k.revoked
        from dataset d, (values ('${sha256(key)}', null::timestamptz), ('${sha256(revoked)}', now())) k (hash, revoked)
        where d.public_id in ('open', 'masked')`);
});
after(() => stack?.stop());

const count = () => stack.value('select count(*) from event');
const rows = (where) => stack.rows(`select e.*, host(e.ip) as address, a.agent as browser from event e
    left join user_agent a on a.hash = e.agent where ${where} order by e.at, e.id`);

const matomo = (query, { method = 'GET', body, headers = {}, path = '/matomo.php' } = {}) =>
    send(stack.url, method, `${path}${query ? `?${query}` : ''}`, { body, headers: { 'User-Agent': person, ...headers } });
const bulk = (body, headers) => matomo('', { method: 'POST', body: JSON.stringify(body), headers });
const segment = (call, body, headers = {}) => send(stack.url, 'POST', `/v1/${call}`, {
    body: Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'text/plain', 'User-Agent': person, Authorization: basic('open'), ...headers },
});
const basic = (text) => `Basic ${Buffer.from(`${text}:`).toString('base64')}`;
const track = (more) => ({ type: 'track', anonymousId: 'v', event: 'E', ...more });

async function writesNothing(run) {
    const was = await count();
    const answer = await run();
    assert.equal(await count(), was, 'nothing is written');
    return answer;
}

async function droppedAndCounted(reason, public_id, run) {
    const sum = () => stack.value(`select coalesce(sum(r.count), 0) from event_refused r join dataset d on d.id = r.dataset_id
        where d.public_id = '${public_id}' and r.reason = '${reason}'`);
    const was = await sum();
    const answer = await writesNothing(run);
    await eventually(`${reason} is counted`, async () => await sum() > was);
    return answer;
}

test('Matomo: answers as Matomo does', async () => {
    const pixel = await matomo('idsite=open&rec=1&url=https://a.example/1');
    assert.equal(pixel.status, 200);
    assert.equal(pixel.headers['content-type'], 'image/gif');
    assert.equal(pixel.headers['cache-control'], 'no-store');
    assert.equal((await matomo('idsite=open&rec=1&send_image=0')).status, 204);
    assert.equal((await matomo('idsite=open&rec=1', { path: '/piwik.php' })).status, 200);
    const headers = { Origin: 'https://a.example', 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    const form = await matomo('', { method: 'POST', body: 'idsite=open&rec=1&url=https://a.example/2', headers });
    assert.equal(form.status, 200);
    assert.equal(form.headers['access-control-allow-origin'], 'https://a.example');
    assert.equal(form.headers['access-control-allow-credentials'], 'true');
    assert.equal(form.headers['set-cookie'], undefined);
    const beacon = await matomo('idsite=open&rec=1&url=https://a.example/3&send_image=0',
        { method: 'POST', body: '', headers: { 'Content-Type': 'text/plain;charset=UTF-8' } });
    assert.equal(beacon.status, 204);
    assert.equal((await rows("url like 'https://a.example/_'")).length, 3);
    const preflight = await matomo('', { method: 'OPTIONS', headers: { Origin: 'https://a.example' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], 'https://a.example');
    assert.equal((await matomo('', { method: 'PUT', body: 'x' })).status, 405);
});

test('Matomo: many at once, whatever the content type says', async () => {
    for (const [i, type] of ['application/json', 'application/x-www-form-urlencoded; charset=UTF-8', 'text/plain'].entries()) {
        const answer = await bulk({ requests: [`?idsite=open&rec=1&url=https://bulk.example/${i}`,
            { idsite: 'open', rec: 1, url: `https://bulk.example/${i}` }, '?idsite=nobody&rec=1', 5] }, { 'Content-Type': type });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(JSON.parse(answer.text), { status: 'success', tracked: 2, invalid: 2 });
    }
    assert.equal((await rows("url like 'https://bulk.example/%'")).length, 6);
    const several = await bulk({ requests: ['?idsite=open&rec=1&url=https://two.example/', '?idsite=masked&rec=1&url=https://two.example/'] });
    assert.equal(JSON.parse(several.text).tracked, 2);
    assert.equal(new Set((await rows("url = 'https://two.example/'")).map(({ dataset_id }) => dataset_id)).size, 2);
    const most = await bulk({ requests: Array(500).fill('?idsite=open&rec=1&e_c=most&e_a=x') });
    assert.equal(JSON.parse(most.text).tracked, 500);
    assert.equal((await bulk({ requests: ['?idsite=open&rec=1'], send_image: 0 })).status, 204);
});

test('Matomo: refused', async () => {
    for (const query of ['', 'rec=1', 'idsite=open', 'idsite=nobody&rec=1', 'idsite=gone&rec=1', 'idsite=open&rec=1&cdt=never',
        "idsite=x'%20or%201=1&rec=1"]) {
        const pixel = await writesNothing(() => matomo(query));
        assert.equal(pixel.status, 400, query);
        assert.equal(pixel.headers['content-type'], 'image/gif', 'no broken picture');
        const form = await writesNothing(() => matomo('', { method: 'POST', body: query }));
        assert.equal(form.status, 400, query);
        assert.ok(JSON.parse(form.text).error.message);
    }
    assert.equal((await writesNothing(() => bulk({ requests: ['?idsite=nobody&rec=1', '?rec=1'] }))).status, 400);
    assert.equal((await writesNothing(() => bulk({ requests: [] }))).status, 400);
    assert.equal((await writesNothing(() => bulk({ requests: Array(501).fill('?idsite=open&rec=1') }))).status, 413);
    assert.equal((await writesNothing(() => matomo('', { method: 'POST', body: '{"requests":[' }))).status, 400);
    assert.equal((await writesNothing(() => matomo('', { method: 'POST', body: `{"requests":["${'x'.repeat(530_000)}"]}` }))).status, 413);
});

test('Matomo: what only a server key may say', async () => {
    for (const said of ['cip=192.0.2.7', 'cdt=1700000000', 'country=nl', 'cdo=100000']) {
        for (const token of ['', '&token_auth=nonsense', `&token_auth=${revoked}`, '&token_auth=open.', `&token_auth=${key}x`]) {
            const answer = await writesNothing(() => matomo(`idsite=open&rec=1&${said}${token}`));
            assert.equal(answer.status, 400, said + token);
        }
        assert.equal((await writesNothing(() => matomo(`idsite=strict&rec=1&${said}&token_auth=${key}`))).status, 400,
            'a key of another dataset');
    }
    const said = await matomo(`idsite=open&rec=1&url=https://token.example/&cip=192.0.2.7&cdt=2026-11-01%2010:00:00&ua=${
        encodeURIComponent(person)}&country=nl&token_auth=${key}`);
    assert.equal(said.status, 200);
    const [row] = await rows("url = 'https://token.example/'");
    assert.equal(row.address, '192.0.2.7');
    assert.equal(Date.parse(row.at), Date.parse('2026-11-01T10:00:00Z'));
    assert.equal(row.browser, person);
    assert.deepEqual(row.properties, { country: 'nl' });
    // Where addresses are masked it is used, and not kept.
    for (const cip of ['192.0.2.8', '192.0.2.9', '192.0.2.9']) {
        await matomo(`idsite=masked&rec=1&url=https://masked.example/&cip=${cip}&token_auth=${key}`);
    }
    const masked = await rows("url = 'https://masked.example/'");
    assert.deepEqual(masked.map(({ address }) => address), [null, null, null]);
    assert.equal(new Set(masked.map(({ visitor }) => visitor)).size, 2);
    const many = await bulk({ token_auth: key, requests: ['?idsite=open&rec=1&cip=nonsense&url=https://token.example/2', '?idsite=x'] });
    assert.deepEqual(JSON.parse(many.text), { status: 'success', tracked: 1, invalid: 1, invalid_indices: [1] });
    assert.equal((await rows("url = 'https://token.example/2'"))[0].address, null);
});

test('Segment: answers, in full and in short', async () => {
    for (const [call, body] of [['identify', { userId: 'u', traits: {} }], ['i', { userId: 'u' }], ['track', track()], ['t', track()],
        ['page', { anonymousId: 'v' }], ['p', { anonymousId: 'v' }], ['screen', { anonymousId: 'v' }], ['s', { anonymousId: 'v' }],
        ['group', { userId: 'u', groupId: 'g' }], ['g', { userId: 'u', groupId: 'g' }], ['alias', { userId: 'u', previousId: 'v' }],
        ['a', { userId: 'u', previousId: 'v' }], ['batch', { batch: [track()] }], ['b', { batch: [track()] }],
        ['import', { batch: [track()] }]]) {
        const was = await count();
        const answer = await segment(call, body);
        assert.equal(answer.status, 200, `${call} ${answer.text}`);
        assert.deepEqual(JSON.parse(answer.text), { success: true });
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.ok(await count() > was, call);
    }
    const measured = await writesNothing(() => segment('m', { series: [{ type: 'Counter' }] }));
    assert.equal(measured.status, 200);
    const preflight = await send(stack.url, 'OPTIONS', '/v1/t', { headers: { Origin: 'https://a.example',
        'Access-Control-Request-Headers': 'authorization,content-type,x-retry-count' } });
    assert.equal(preflight.status, 204);
    for (const name of ['authorization', 'content-type', 'x-retry-count']) {
        assert.match(preflight.headers['access-control-allow-headers'].toLowerCase(), new RegExp(name));
    }
    const settings = await send(stack.url, 'GET', '/v1/projects/open/settings', { headers: { Origin: 'https://a.example' } });
    assert.equal(settings.status, 200);
    assert.equal(settings.headers['access-control-allow-origin'], '*');
    const { apiKey, apiHost, protocol } = JSON.parse(settings.text).integrations['Segment.io'];
    assert.deepEqual([apiKey, apiHost, protocol], ['open', `${new URL(stack.url).host}/v1`, 'http']);
    assert.equal((await send(stack.url, 'GET', '/v1/projects/nobody/settings')).status, 401);
    assert.equal((await send(stack.url, 'GET', '/v1/track')).status, 405);
});

test('Segment: the key may stand in three places', async () => {
    const was = await count();
    for (const headers of [{}, { Authorization: 'Bearer open' }, { Authorization: basic(key) }]) {
        assert.equal((await segment('track', track(), headers)).status, 200);
    }
    assert.equal((await segment('track', { ...track(), writeKey: 'open' }, { Authorization: 'Bearer some.oauth.token' })).status, 200);
    assert.equal((await segment('track', { ...track(), writeKey: 'open' }, { Authorization: '' })).status, 200);
    assert.equal(await count(), was + 5);
    for (const headers of [{ Authorization: '' }, { Authorization: basic('nobody') }, { Authorization: basic('gone') },
        { Authorization: basic(revoked) }, { Authorization: basic(`${key}x`) }, { Authorization: 'Basic %%%' }]) {
        const answer = await writesNothing(() => segment('track', track(), headers));
        assert.equal(answer.status, 401, JSON.stringify(headers));
        assert.equal(JSON.parse(answer.text).error.code, 'unknown_write_key');
    }
});

test('Segment: refused', async () => {
    for (const [status, call, body] of [[400, 'track', 'x'], [400, 'track', '[]'], [400, 'track', { event: 'E' }],
        [400, 'track', { anonymousId: 'v' }], [400, 'batch', { batch: [] }], [400, 'batch', { batch: [{ type: 'track' }, 5] }],
        [413, 'batch', { batch: Array(501).fill(track()) }], [413, 'track', track({ x: 'x'.repeat(530_000) })], [404, 'nothing', {}]]) {
        const answer = await writesNothing(() => segment(call, body));
        assert.equal(answer.status, status, answer.text);
        assert.ok(JSON.parse(answer.text).error.message);
    }
    const some = await segment('batch', { batch: [track({ event: 'good one' }), { type: 'track' }, null] });
    assert.equal(some.status, 200);
    assert.equal((await rows("name = 'good one'")).length, 1);
});

test('packed bodies: taken, bounded, broken ones refused', async () => {
    const packed = (body, headers) => segment('track', body, { 'Content-Encoding': 'gzip', ...headers });
    assert.equal((await packed(gzipSync(JSON.stringify(track({ event: 'packed' }))))).status, 200);
    assert.equal((await rows("name = 'packed'")).length, 1);
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    assert.ok(bomb.length < 100_000);
    assert.equal((await writesNothing(() => packed(bomb))).status, 413);
    assert.equal((await writesNothing(() => packed(gzipSync('{').subarray(0, 15)))).status, 400);
    assert.equal((await writesNothing(() => packed(JSON.stringify(track())))).status, 400);
    assert.equal((await writesNothing(() => packed(gzipSync(gzipSync(JSON.stringify(track())))))).status, 400);
    assert.equal((await writesNothing(() => segment('track', track(), { 'Content-Encoding': 'br' }))).status, 415);
    const own = await send(stack.url, 'POST', '/e', { body: gzipSync(JSON.stringify({ dataset: 'open', type: 'custom', name: 'packed own' })),
        headers: { 'User-Agent': person, 'Content-Encoding': 'gzip' } });
    assert.equal(own.status, 204);
});

test('once and no more: the same id again, at once, side by side, in batches', async () => {
    const one = track({ event: 'only once', messageId: 'm1', timestamp: new Date().toISOString() });
    await Promise.all(Array.from({ length: 12 }, () => segment('track', one)));
    await segment('batch', { batch: [one, one, track({ event: 'only once', messageId: 'm2' })] });
    assert.equal((await rows("name = 'only once'")).length, 2);
    await segment('track', { ...one, anonymousId: 'somebody else' });
    assert.equal((await rows("name = 'only once'")).length, 3);
    const own = (more) => send(stack.url, 'POST', '/e', { headers: { 'User-Agent': person }, body: JSON.stringify({ dataset: 'open',
        visitor: 'v', sent: Date.now(), events: [{ type: 'pageview', id: 'p1', at: Date.parse('2026-11-29T10:00:00Z'),
            url: 'https://once.example/?email=once@acme.example' }, ...more] }) });
    await own([]);
    await own([{ type: 'custom', id: 'p2', name: 'new' }, { type: 'custom', name: 'no id' }]);
    await own([{ type: 'custom', id: 'p2', name: 'new' }, { type: 'custom', name: 'no id' }]);
    const of = await rows("url = 'https://once.example/' or name in ('new', 'no id')");
    assert.deepEqual(of.map(({ type, name }) => [type, name]).sort(),
        [[1, null], [6, 'landing'], [7, 'new'], [7, 'no id'], [7, 'no id']]);
    // What a clock that is years off sends is known again as well.
    for (const timestamp of ['1970-01-02T00:00:00Z', '2099-01-01T00:00:00Z']) {
        const wrong = track({ event: `clock ${timestamp}`, messageId: 'c', timestamp });
        await segment('track', wrong);
        await segment('track', wrong);
        assert.equal((await rows(`name = 'clock ${timestamp}'`)).length, 1);
    }
});

test('the ids go after some days, and making room for new days does not wait for anybody', async () => {
    const days = () => stack.value("select count(*) from pg_class where relname ~ '^event_message_[0-9]+$'");
    assert.equal(await days(), 10);
    await stack.psql('select event_message_days(3)');
    assert.equal(await days(), 6);
    await stack.psql(`insert into event_message (dataset_id, day, message, received) values
        (1, 1, gen_random_uuid(), current_date - 8), (1, 1, gen_random_uuid(), current_date)`);
    const left = () => stack.value('select count(*) from event_message where day = 1 and received < current_date');
    assert.equal(await left(), 1);
    await stack.psql('select event_message_days(7)');
    assert.equal(await left(), 0);
    assert.equal(await days(), 10);
    // Somebody reads everything, for long.
    const reading = stack.psql('begin; lock table event_message in access share mode; select pg_sleep(3); commit');
    await eventually('it is locked', () => stack.value(`select exists (select from pg_locks
        where relation = 'event_message'::regclass and mode = 'AccessShareLock') as locked`));
    assert.equal(await stack.value('select event_message_days(2) as done'), 0);
    assert.equal((await segment('track', track({ messageId: 'meanwhile' }))).status, 200);
    await reading;
});

test('hosts that the dataset does not name', async () => {
    const image = await writesNothing(() => matomo('idsite=strict&rec=1&url=https://evil.example/'));
    assert.equal(image.status, 403);
    const some = await bulk({ requests: ['?idsite=strict&rec=1&url=https://evil.example/', '?idsite=strict&rec=1&url=https://www.shop.example/'] });
    assert.deepEqual(JSON.parse(some.text), { status: 'success', tracked: 1, invalid: 1 });
    assert.equal((await rows("url = 'https://evil.example/'")).length, 0);
    const strict = { Authorization: basic('strict') };
    const page = (url) => ({ type: 'page', anonymousId: 'v', properties: { url } });
    await droppedAndCounted('host', 'strict', () => segment('page', page('https://evil.example/'), strict));
    assert.equal((await writesNothing(() => segment('page', page('https://shop.example/'), { ...strict, Origin: 'https://evil.example' }))).status, 403);
    assert.equal((await segment('batch', { batch: [page('https://evil.example/'), page('https://shop.example/ok')] }, strict)).status, 200);
    assert.equal((await rows("url = 'https://shop.example/ok'")).length, 1);
    assert.equal((await writesNothing(() => send(stack.url, 'POST', '/log', { body: 'si=strict&ti=x&lc=https://evil.example/',
        headers: { 'User-Agent': person } }))).status, 403);
});

test('programs, prefetches, visitors who asked not to be', async () => {
    await droppedAndCounted('bot', 'open', () => matomo('idsite=open&rec=1', { headers: { 'User-Agent': robot } }));
    await droppedAndCounted('bot', 'open', () => matomo(`idsite=open&rec=1&ua=${encodeURIComponent(robot)}`));
    await droppedAndCounted('bot', 'open', () => segment('track', track(), { 'User-Agent': robot }));
    await droppedAndCounted('bot', 'open', () => segment('track', track({ context: { userAgent: robot } })));
    await droppedAndCounted('bot', 'open', () => send(stack.url, 'GET', '/log?si=open&ti=x', { headers: { 'User-Agent': robot } }));
    await droppedAndCounted('prefetch', 'open', () => matomo('idsite=open&rec=1', { headers: { 'Sec-Purpose': 'prefetch' } }));
    await droppedAndCounted('privacy', 'open', () => segment('track', track(), { 'Sec-GPC': '1' }));
    await droppedAndCounted('privacy', 'open', () => matomo('idsite=open&rec=1', { headers: { DNT: '1' } }));
    // A library that names itself, or nobody, is welcome, and is not the visitor's browser.
    for (const agent of ['curl/8.5.0', 'axios/1.7.0', 'analytics-node/6.2.0', 'python-requests/2.32', '']) {
        const name = `library ${agent || 'nameless'}`;
        assert.equal((await segment('track', track({ event: name }), { 'User-Agent': agent })).status, 200);
        assert.equal((await matomo(`idsite=open&rec=1&e_c=${encodeURIComponent(name)}&e_a=x`, { headers: { 'User-Agent': agent } })).status, 200);
        const both = await rows(`name like '${name}%'`);
        assert.deepEqual(both.map(({ browser }) => browser), [null, null], agent);
    }
});

test('whose address it is: only who has a key may say', async () => {
    const said = (event, headers) => segment('track', track({ event, context: { ip: '192.0.2.77', userAgent: person } }), headers);
    await said('address unkeyed');
    await said('address keyed', { Authorization: basic(key) });
    assert.equal((await rows("name = 'address unkeyed'"))[0].address, '127.0.0.1');
    assert.equal((await rows("name = 'address keyed'"))[0].address, '192.0.2.77');
    const own = (name, headers) => send(stack.url, 'POST', '/e', { headers: { 'User-Agent': 'shop/1', ...headers }, body: JSON.stringify({
        dataset: 'open', visitor: 'server', ip: '192.0.2.78', agent: person, type: 'login', name, at: Date.parse('2026-10-01T00:00:00Z'),
        properties: { email: 'server@acme.example' } }) });
    assert.equal((await own('own unkeyed')).status, 204);
    assert.equal((await own('own keyed', { Authorization: `Bearer ${key}` })).status, 204);
    assert.equal((await writesNothing(() => own('own wrong', { Authorization: 'Bearer open.x' }))).status, 401);
    const [unkeyed] = await rows("name = 'own unkeyed'");
    const [keyed] = await rows("name = 'own keyed'");
    assert.equal(unkeyed.address, '127.0.0.1');
    assert.ok(Date.now() - Date.parse(unkeyed.at) < 90_000_000);
    assert.equal(keyed.address, '192.0.2.78');
    assert.equal(keyed.browser, person);
    assert.equal(Date.parse(keyed.at), Date.parse('2026-10-01T00:00:00Z'));
});

test('a revoked key is no key a second later', async () => {
    await stack.psql(`insert into server_key (dataset_id, name, hash, ending, user_id)
        select id, 'Short', decode('${sha256('open.short')}', 'hex'), 'hort', 1 from dataset where public_id = 'open'`);
    const status = async () => (await segment('track', track(), { Authorization: basic('open.short') })).status;
    await eventually('it is known', async () => await status() === 200);
    await stack.psql("update server_key set revoked_at = now() where name = 'Short'");
    await eventually('it is not any more', async () => await status() === 401);
});

test('LeadBoxer: log, script and pixel at their own addresses', async () => {
    const log = (query, options = {}) => send(stack.url, options.method ?? 'GET', query, { headers: { 'User-Agent': person }, ...options });
    for (const path of ['/log?si=open&ti=one', '/?si=open&ti=one']) {
        const answer = await log(path);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], 'image/gif');
    }
    assert.equal((await rows("name = 'one'")).length, 2);
    await log('/log?datasetId=open&campaign=May&email=mail%40acme.example');
    await log('/?datasetId=open&campaign=May&email=mail%40acme.example');
    const opens = await rows("properties->>'campaign' = 'May'");
    assert.deepEqual(opens.map(({ type, properties }) => [type, properties]),
        Array(2).fill([3, { campaign: 'May', email: 'mail@acme.example' }]));
    await log('/?si=open&ti=Form-Submit&uid=1606468777834.459913894&email=j.doe%40acme.example&companyName=Acme&proxy=true',
        { headers: { 'User-Agent': 'WordPress/6.8; https://a.example' } });
    const [form] = await rows("name = 'Form-Submit'");
    assert.deepEqual([form.type, form.browser, form.address, form.properties],
        [6, null, null, { email: 'j.doe@acme.example', company: 'Acme' }]);
    for (const path of ['/?dataset=open', '/?site=open', '/leadboxer.js']) {
        const script = await log(path);
        assert.equal(script.status, 200, path);
        assert.match(script.headers['content-type'], /javascript/);
        assert.match(script.text, /OTLogService/);
    }
    assert.equal((await log('/')).status, 303, 'the team\'s own address');
    assert.equal((await log('/log?si=nobody&ti=x')).status, 200);
    assert.equal((await log('/log', { method: 'POST', body: 'si=nobody&ti=x' })).status, 404);
});

test('scripts of other trackers are small, and anybody may load them', async () => {
    for (const name of ['matomo.js', 'piwik.js', 'leadboxer.js']) {
        const answer = await send(stack.url, 'GET', `/${name}`, { headers: { 'Accept-Encoding': 'gzip' } });
        assert.equal(answer.status, 200);
        assert.ok(Number(answer.headers['content-length']) < 4000, `${name}: ${answer.headers['content-length']} bytes`);
        assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin');
    }
});

test('while PostgreSQL is away libraries are told to send again, and what they do send again counts once', async () => {
    process.kill(stack.pid('postgres'), 'SIGSTOP');
    process.kill(stack.pid('postgres'), 'SIGKILL');
    const statuses = new Set();
    await eventually('it takes events again', async () => {
        const answer = await segment('track', track({ event: 'patient', messageId: 'patient' }));
        statuses.add(answer.status);
        assert.ok(answer.status === 200 || answer.headers['retry-after'], `${answer.status}`);
        return answer.status === 200;
    });
    assert.ok([...statuses].every((status) => status === 200 || status === 503), [...statuses].join());
    await eventually('PostgreSQL answers', async () => (await rows("name = 'patient'")).length === 1);
});
