// Names of visitors' addresses: which company's they are, asked of a real name server, where the team wants it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, send } from '../lib/client.mjs';
import { startDns } from '../lib/dns.mjs';
import { ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let stack, own, client, dns;

// Of Deutsche Telekom, Siemens, Hetzner, and a Telekom line by IPv6.
const line = (n) => `217.0.43.${n}`;
const siemens = '192.35.17.77';
const hetzner = '78.46.1.2';
const line6 = '2003:c0:1::77';

before(async () => {
    dns = await startDns();
    stack = await startStack({ owner: true, env: { PROXIES: '127.0.0.1', DNS_SERVER: dns.address } });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
});
after(async () => {
    await stack?.stop();
    dns?.stop();
});

const visit = (address, visitor) => send(stack.url, 'POST', '/e', {
    body: JSON.stringify({ dataset: own.public_id, visitor, type: 'pageview', url: 'https://shop.example/' }),
    headers: { 'X-Forwarded-For': address, 'User-Agent': person, 'Content-Type': 'text/plain' },
});
async function switchTo(value, who = client) {
    const page = await who.get('/settings/traffic');
    return who.submit(page, { names: value }, '/settings/traffic/names');
}
const nothingWaits = () => eventually('nothing waits', () => stack.value(`select
    not exists (select from event e, log_cursor c where c.consumer = 'derive' and (e.xid, e.id) > (c.xid, c.id))
    and not exists (select from address_wait) and not exists (select from job where kind = 9) as done`));
const companies = async () => (await stack.rows(`select coalesce(domain, name) as company from account order by 1`))
    .map(({ company }) => company);

test('it is off until an administrator switches it on', async () => {
    dns.name(line(1), 'gate.acme-works.com');
    dns.host('gate.acme-works.com', line(1));
    assert.equal((await visit(line(1), 'before')).status, 204);
    await nothingWaits();
    assert.deepEqual(dns.asked, {});
    assert.match((await client.get('/settings/traffic')).text, /Names of addresses[^]*<b>Off\.<\/b>/);
    const answer = await switchTo('on');
    assert.equal(answer.status, 303);
    assert.match((await client.get('/settings/traffic')).text, /Names of addresses[^]*<b>On\.<\/b>/);
    assert.equal(await stack.value(`select count(*) from audit where action = 'traffic.names_on'`), 1);
    await eventually('the collector knows', () => stack.value(`select now() > max(at) + interval '1500 ms' as done
        from audit where action = 'traffic.names_on'`));
});

test('a name that leads back is a company, in a provider\'s network too', async () => {
    await visit(line(1), 'acme');
    await nothingWaits();
    assert.deepEqual(await companies(), ['acme-works.com']);
    assert.deepEqual(await stack.rows(`select company, verdict, reason from session where company is not null`),
        [{ company: 'acme-works.com', verdict: 1, reason: 11 }]);
    const [session] = await stack.rows(`select encode(uuid_send(visitor), 'hex') as visitor,
        (extract(epoch from started_at) * 1000000)::bigint::text as at from session where company is not null`);
    const page = await client.get(`/settings/traffic/session?visitor=${session.visitor}&at=${session.at}`);
    assert.match(page.text, /Its address has a name of this company[^]*acme-works\.com/);
    assert.match((await client.get('/settings/traffic')).text, /1 session of the latest told a company/);
});

test('what is remembered is not asked again', async () => {
    const before = dns.times(line(1));
    assert.equal(before, 1);
    await visit(line(1), 'acme-2');
    await nothingWaits();
    assert.equal(dns.times(line(1)), before);
    assert.equal(await stack.value(`select visitors from account where domain = 'acme-works.com'`), 2);
});

test('a company\'s own network, IPv6, several names, and one that came by TCP', async () => {
    dns.name(siemens, 'proxy.siemens-healthineers.com');
    dns.host('proxy.siemens-healthineers.com', siemens);
    dns.name(line6, 'mail.six-works.com');
    dns.host('mail.six-works.com', line6);
    dns.name(line(2), 'liar.great-company.com', 'vpn.second-works.com');
    dns.host('liar.great-company.com', '192.0.2.1');
    dns.host('vpn.second-works.com', '192.0.2.1', line(2));
    dns.name(line(3), 'www.truncated-works.com');
    dns.fail(line(3), 'truncated');
    dns.host('www.truncated-works.com', line(3));
    await Promise.all([[siemens, 's'], [line6, 'six'], [line(2), 'two'], [line(3), 'tcp']].map((args) => visit(...args)));
    await nothingWaits();
    assert.deepEqual(await companies(), ['acme-works.com', 'second-works.com', 'siemens-healthineers.com', 'six-works.com',
        'truncated-works.com']);
});

test('what tells of no company', async () => {
    const known = await companies();
    const names = {
        [line(10)]: 'dyn-1-2-3-4.isp-of-all.com', // made for somebody else, of a pool all the same
        [line(11)]: `217-0-43-11.some-lines.com`,
        [line(12)]: 'pd9002b0c.dip0.t-ipconnect.de',
        [line(13)]: 'gate.telekom.de', // the network's own
        [line(14)]: 'www.gmail.com', // people have mail there
        [line(15)]: 'gate.example-broadband.com',
        [line(16)]: 'localhost',
        [line(17)]: 'printer.local',
        [line(18)]: 'co.uk',
        [line(19)]: 'a b<script>.com',
    };
    for (const [address, name] of Object.entries(names)) {
        dns.name(address, name);
        dns.host(name.toLowerCase(), address);
    }
    dns.name(line(20), 'gate.lying-works.com'); // leads elsewhere
    dns.host('gate.lying-works.com', '192.0.2.20');
    dns.name(line(21), 'gate.nowhere-works.com'); // leads nowhere
    dns.name(line(22), line(22)); // an address is not a name
    dns.name(hetzner, 'www.hosted-works.com'); // a server's
    dns.host('www.hosted-works.com', hetzner);
    const addresses = [...Object.keys(names), line(20), line(21), line(22), line(23), hetzner, '10.1.2.3', '::1'];
    await Promise.all(addresses.map((address) => visit(address, `none-${address}`)));
    await nothingWaits();
    assert.deepEqual(await companies(), known);
    assert.equal(dns.times(line(10)), 1);
    assert.equal(dns.times(line(23)), 1, 'one without a name was asked for');
    assert.equal(dns.times(hetzner), 0, 'a hoster\'s servers are not');
    assert.equal(dns.times('10.1.2.3') + dns.times('::1'), 0, 'nor what is not on the internet');
    await visit(line(23), 'again');
    await nothingWaits();
    assert.equal(dns.times(line(23)), 1, 'that it has none is remembered');
});

test('servers that fail or say nothing hold up nobody, and are asked again later', async () => {
    dns.fail(line(30), 'servfail');
    dns.fail(line(31), 'silent');
    dns.fail(line(32), 'nonsense');
    dns.name(line(32), 'gate.nonsense-works.com');
    dns.name(line(33), 'gate.patient-works.com');
    dns.host('gate.patient-works.com', line(33));
    await Promise.all([30, 31, 32, 33].map((n) => visit(line(n), `fail-${n}`)));
    await eventually('the one that can be answered is', async () => (await companies()).includes('patient-works.com'));
    await eventually('the others wait', async () => (await stack.value('select count(*) from address_wait where tries = 1')) === 2);
    assert.ok(!(await companies()).includes('nonsense-works.com'));
    assert.equal(await stack.value(`select count(*) from address_wait where tries > 1`), 0, 'not at once');
    assert.equal(await stack.value('select count(*) from job_dead where kind = 9'), 0);
});

test('no address is anywhere, but sealed while it waits', async () => {
    const bare = await stack.value(`select count(*) from address_wait w where position('217.0.43' in encode(address, 'escape')) > 0`);
    assert.equal(bare, 0);
    assert.equal(await stack.value(`select count(*) from event where ip is not null or properties::text like '%217.0.43%'`), 0);
    assert.equal(await stack.value(`select relpersistence from pg_class where relname = 'address_wait'`), 'u');
    assert.equal(await stack.value(`select count(*) from address_wait where until > now() + interval '1 hour'`), 0);
});

test('only administrators switch it, and only on or off', async () => {
    const page = await client.get('/settings/traffic');
    await stack.psql(`update membership set role = 2 where user_id = ${own.user}`);
    try {
        assert.doesNotMatch((await client.get('/settings/traffic')).text, /Do not look names up/);
        assert.equal((await client.submit(page, { names: 'off' }, '/settings/traffic/names')).status, 403);
    } finally {
        await stack.psql(`update membership set role = 4 where user_id = ${own.user}`);
    }
    assert.equal((await switchTo('maybe')).status, 422);
    assert.equal(await stack.value('select name_lookup from dataset'), true);
    assert.equal((await switchTo('off')).status, 303);
    assert.equal(await stack.value('select name_lookup from dataset'), false);
});
