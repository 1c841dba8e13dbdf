// What an address tells is found at the door, and the address is nowhere afterwards.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { send } from '../lib/client.mjs';
import { eventually, execute } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let stack;

// Real ones, of owners that stay: Deutsche Telekom, Siemens, Hetzner, Google, and nobody.
const telekom = '217.0.43.77';
const siemens = '192.35.17.77';
const hetzner = '2a01:4f8:c0c:7777::77';

before(async () => {
    // As behind a load balancer, so that a test can come from anywhere.
    stack = await startStack({ env: { PROXIES: '127.0.0.1' } });
    await stack.psql(`
        insert into workspace (name) values ('Networks');
        insert into dataset (workspace_id, public_id, name, mask_ip)
        select w.id, d.* from workspace w, (values ('masked', 'Masked', true), ('kept', 'Kept', false)) d
        where w.name = 'Networks'`);
});
after(() => stack?.stop());

const from = (address, more) => ({ 'X-Forwarded-For': address, 'User-Agent': person, ...more });
const post = (address, body, more) => send(stack.url, 'POST', '/e', {
    body: JSON.stringify({ dataset: 'masked', type: 'pageview', url: 'https://shop.example/', ...body }),
    headers: from(address, { 'Content-Type': 'text/plain', ...more }),
});

async function doorOf(address, visitor, body) {
    assert.equal((await post(address, { visitor, ...body })).status, 204);
    const [row] = await stack.rows(`select e.country, e.network, o.name as owner, o.addresses, e.place, e.ip, e.region
        from event e left join network_owner o using (network) order by e.id desc limit 1`);
    return row;
}

test('country and owner of the network', async () => {
    const one = await doorOf(telekom, 'v1');
    assert.equal(one.country, 'DE');
    assert.equal(one.network, 3320);
    assert.equal(one.owner, 'Deutsche Telekom AG');
    assert.ok(one.addresses > 10_000_000);
    assert.equal(one.ip, null);
    const two = await doorOf(hetzner, 'v2');
    assert.equal(two.owner, 'Hetzner Online GmbH');
    const mapped = await doorOf(`::ffff:${telekom}`, 'v3');
    assert.equal(mapped.network, 3320);
    assert.equal(mapped.place, one.place, 'the same place, however it is written');
});

test('a place is where one is, and nothing else', async () => {
    const here = await doorOf('217.0.43.1', 'p1');
    assert.equal((await doorOf('217.0.43.254', 'p2')).place, here.place);
    assert.notEqual((await doorOf('217.0.44.1', 'p3')).place, here.place);
    assert.notEqual((await doorOf('217.0.43.1', 'p4', { dataset: 'kept' })).place, here.place, 'each dataset has its own');
    const six = await doorOf('2a01:4f8:c0c:1::1', 'p5');
    assert.equal((await doorOf('2a01:4f8:c0c:ffff::2', 'p6')).place, six.place);
    assert.notEqual((await doorOf('2a01:4f8:c0d::1', 'p7')).place, six.place);
});

test('addresses of nobody, and what is none', async () => {
    for (const address of ['10.1.2.3', '::1', 'fe80::1', '127.0.0.1']) {
        const { network, country } = await doorOf(address, `n-${address}`);
        assert.equal(network, null, address);
        assert.equal(country, null, address);
    }
});

test('only proxies that are trusted are believed', async () => {
    const plain = await startStack();
    try {
        await plain.psql(`insert into workspace (name) values ('w');
            insert into dataset (workspace_id, public_id, name) select id, 'masked', 'M' from workspace`);
        const { status } = await send(plain.url, 'POST', '/e', {
            body: JSON.stringify({ dataset: 'masked', visitor: 'v', type: 'pageview', url: 'https://shop.example/' }),
            headers: from(telekom, { 'Content-Type': 'text/plain' }),
        });
        assert.equal(status, 204);
        assert.equal(await plain.value('select network from event'), null);
    } finally {
        await plain.stop();
    }
});

test('where the dataset keeps addresses it has them', async () => {
    assert.equal((await doorOf(siemens, 'k1', { dataset: 'kept' })).ip, siemens);
});

test('sessions and leads have what the door saw', async () => {
    await post(siemens, { visitor: 's1' });
    let lead;
    await eventually('it is derived', async () => {
        [lead] = await stack.rows(`select l.country, a.name, a.domain from lead l join account a on a.id = l.account_id
            join visitor v on v.lead_id = l.id join dataset d on d.id = l.dataset_id
            where d.public_id = 'masked' and l.network_name ilike 'siemens%'`);
        return Boolean(lead);
    });
    assert.match(lead.name, /siemens/i);
    assert.equal(lead.domain, null);
    assert.ok(lead.country);
});

// --- canaries ---

const bird4 = '193.99.144.171';
const bird6 = '2a02:2e0:3fe:1001:7777:772e:2:171';
const mail = 'canary-bird@nest-of-canaries.example';

// Every way in, right and wrong: each is refused in its own way.
async function everyEntrance(address, i) {
    const query = `dataset=masked&visitor=c${i}&email=${encodeURIComponent(mail)}`;
    const json = { visitor: `c${i}`, type: 'form', properties: { email: mail } };
    const ways = [
        () => post(address, json),
        () => post(address, { ...json, type: 'pageview', url: `https://shop.example/?email=${mail}&utm_medium=email` }),
        () => post(address, json, { 'User-Agent': 'Googlebot/2.1' }),
        () => post(address, json, { DNT: '1' }),
        () => post(address, json, { 'Sec-Purpose': 'prefetch' }),
        () => post(address, { ...json, dataset: 'unknown' }),
        () => send(stack.url, 'POST', '/e', { body: `{"email":"${mail}"`, headers: from(address) }),
        () => send(stack.url, 'POST', '/e', { body: 'x'.repeat(300_000), headers: from(address) }),
        () => send(stack.url, 'POST', '/e', { body: 'x'.repeat(1_200_000), headers: from(address) }),
        () => send(stack.url, 'GET', `/e.gif?${query}`, { headers: from(address) }),
        () => send(stack.url, 'GET', `/e.gif?${query}&type=nonsense`, { headers: from(address) }),
        () => send(stack.url, 'GET', `/e?${query}`, { headers: from(address) }),
        () => send(stack.url, 'DELETE', `/e?${query}`, { headers: from(address) }),
        () => send(stack.url, 'OPTIONS', '/e', { headers: from(address, { Origin: `https://${mail}` }) }),
        () => send(stack.url, 'GET', `/matomo.php?idsite=masked&rec=1&uid=${encodeURIComponent(mail)}&cip=${address}`, { headers: from(address) }),
        () => send(stack.url, 'POST', '/v1/identify', { body: JSON.stringify({ writeKey: 'masked', userId: 'u', traits: { email: mail }, context: { ip: address } }), headers: from(address, { 'Content-Type': 'application/json' }) }),
        () => send(stack.url, 'GET', `/log?si=masked&email=${encodeURIComponent(mail)}`, { headers: from(address) }),
        () => send(stack.url, 'GET', `/nowhere?${query}`, { headers: from(address) }),
        () => send(stack.url, 'GET', `/%zz?${query}`, { headers: from(address) }),
        () => send(stack.url, 'GET', `/${'a'.repeat(70_000)}?${query}`, { headers: from(address) }),
        () => send(stack.url, 'POST', '/login', { body: `email=${encodeURIComponent(mail)}&password=x`, headers: from(address, { 'Content-Type': 'application/x-www-form-urlencoded' }) }),
    ];
    for (const way of ways) {
        await way().catch((error) => assert.match(error.code ?? '', /ECONNRESET|EPIPE/)); // nginx hangs up on some
    }
}

test('no address and no email of a canary is found where it does not belong', async () => {
    await everyEntrance(bird4, 4);
    await everyEntrance(bird6, 6);
    await eventually('all is derived', async () => await stack.value(
        `select not exists (select from event e, log_cursor c
        where c.consumer = 'derive' and (e.xid, e.id) > (c.xid, c.id)) as done`));
    // Also while the programs behind nginx are away.
    const collector = stack.pid('collect');
    process.kill(collector, 'SIGKILL');
    await everyEntrance(bird4, 5);
    await eventually('the collector is back', async () => stack.pid('collect') !== collector &&
        (await post(bird4, { visitor: 'back' })).status === 204);
    const { output, status } = await execute(['pg_dump', '-d', stack.databaseUrl], { cwd: '/' });
    assert.equal(status, 0);
    assert.ok(output.length > 100_000 && output.includes('nest-of-canaries'), 'the dump is one');
    const heap = { dump: output };
    for (const file of globSync(join(stack.state, 'log', '*'))) {
        heap[file] = readFileSync(file, 'utf8');
    }
    assert.ok(Object.keys(heap).some((name) => name.endsWith('access.log')));
    for (const [name, text] of Object.entries(heap)) {
        for (const bird of [bird4, bird6, '193.99.144', '2a02:2e0']) {
            assert.ok(!text.includes(bird), `${bird} is in ${name}`);
        }
        assert.ok(name === 'dump' || !text.includes('canary-bird'), `the email is in ${name}`);
    }
    // In the dump an email is where people are, never where work waits.
    for (const table of ['job', 'job_done', 'job_dead', 'event_refused', 'progress', 'audit', 'operation']) {
        assert.equal(await stack.value(`select count(*) from ${table} t where t::text like '%canary-bird%'`), 0, table);
    }
});
