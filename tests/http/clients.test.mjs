// Other trackers' own clients from npm, unchanged, against a LeadBoard host: what they send becomes events,
// and those become people.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Analytics as SegmentNode } from '@segment/analytics-node';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const require = createRequire(import.meta.url);
const MatomoTracker = require('matomo-tracker');
const AnalyticsNode = require('analytics-node');
const Rudder = require('@rudderstack/rudder-sdk-node');

const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
let stack;
let site;

before(async () => {
    stack = await startStack();
    await stack.psql(`insert into workspace (name) values ('Clients');
        insert into dataset (workspace_id, public_id, name)
        select id, 'clients', 'Clients' from workspace where name = 'Clients';
        insert into dataset_alias (alias, dataset_id) select '7', id from dataset where public_id = 'clients'`);
    site = await stack.value("select site_number from dataset where public_id = 'clients'");
});
after(() => stack?.stop());

const events = (where) => stack.rows(`select e.type, e.name, e.url, e.title, e.referrer, e.utm, e.properties, e.visitor,
    e.at, a.agent from event e left join user_agent a on a.hash = e.agent where ${where} order by e.at, e.id`);
const lead = (email) => eventually(`${email} is a lead`, async () =>
    (await stack.rows(`select l.*, a.name as account from lead l left join account a
        on a.dataset_id = l.dataset_id and a.id = l.account_id where l.email_lower = '${email}'`))[0]);

test('matomo-tracker: pages, events, a user, one by one and in bulk', async () => {
    const failures = [];
    const tracker = new MatomoTracker(Number(site), `${stack.url}/matomo.php`);
    tracker.on('error', (error) => failures.push(error));
    const visitor = { _id: '0123456789abcdef', ua: chrome };
    tracker.track({ url: 'https://shop.example/?pk_campaign=May&pk_kwd=boards', action_name: 'Home', res: '1440x900',
        urlref: 'https://www.google.com/', dimension1: 'Team', cvar: JSON.stringify({ 1: ['plan', 'big'] }), ...visitor });
    await eventually('the page is there', async () => (await events("title = 'Home'")).length === 1);
    const [home] = await events("title = 'Home'");
    assert.equal(home.type, 1);
    assert.equal(home.agent, chrome);
    assert.equal(home.referrer, 'https://www.google.com/');
    assert.deepEqual(home.utm, { campaign: 'May', term: 'boards' });
    assert.deepEqual(home.properties, { screen: '1440x900', dimension1: 'Team', plan: 'big' });

    const answer = await new Promise((resolve) => tracker.trackBulk([
        { url: 'https://shop.example/pricing', action_name: 'Pricing', uid: 'Ann@acme.example', ...visitor },
        { url: 'https://shop.example/pricing', e_c: 'Video', e_a: 'Play', e_n: 'Tour', e_v: 4.5, ca: 1, ...visitor },
        { url: 'https://shop.example/pricing', download: 'https://shop.example/plan.pdf', ...visitor },
        { url: 'https://shop.example/find', search: 'chairs', search_cat: 'all', search_count: 3, ...visitor },
        { url: 'https://shop.example/thanks', idgoal: 2, revenue: 10, ...visitor },
        { url: 'https://shop.example/thanks', ping: 1, ...visitor },
        { url: 'https://shop.example/again', action_name: 'Again', new_visit: 1, ...visitor },
    ], resolve));
    assert.deepEqual(JSON.parse(answer), { status: 'success', tracked: 7, invalid: 0 });
    const rows = await events(`visitor = '${home.visitor}' and title is distinct from 'Home'`);
    assert.deepEqual(rows.map(({ type, name }) => [type, name]), [
        [1, null], [6, 'user'], [7, 'Video: Play'], [2, null], [1, null], [7, 'Goal 2'], [2, null], [1, null]]);
    assert.deepEqual(rows.map(({ properties }) => properties), [
        null, { email: 'Ann@acme.example' }, { category: 'Video', action: 'Play', name: 'Tour', value: 4.5 },
        { kind: 'download', link: 'https://shop.example/plan.pdf' },
        { search: 'chairs', searchCategory: 'all', searchCount: 3 }, { goal: '2', revenue: 10 }, { kind: 'stay' }, null]);
    const ann = await lead('ann@acme.example');
    assert.equal(ann.pageviews, 4);
    assert.equal(ann.account, 'acme.example');
    assert.equal(ann.sessions, 2, 'new_visit begins one');
    assert.deepEqual(failures, []);
});

test('matomo-tracker: piwik.php, a site that has another id there, one that is none', async () => {
    const old = new MatomoTracker(7, `${stack.url}/piwik.php`);
    old.track({ url: 'https://shop.example/old', uid: 'customer-9' });
    await eventually('the page is there', async () => (await events("url = 'https://shop.example/old'")).length === 2);
    const rows = await events("url = 'https://shop.example/old'");
    assert.deepEqual(rows.map(({ type, name, properties }) => [type, name, properties]),
        [[1, null, null], [6, 'user', { userId: 'customer-9' }]]);
    const nobody = new MatomoTracker(8, `${stack.url}/matomo.php`);
    const status = await new Promise((resolve) => {
        nobody.on('error', resolve);
        nobody.track('https://shop.example/nobody');
    });
    assert.equal(status, 400);
});

// What each of Segment's libraries is told; answers when everything is delivered.
async function tell(client, who) {
    const at = new Date(Date.now() - 5000);
    client.identify({ anonymousId: `${who}-anon`, userId: `${who}-42`, timestamp: at,
        traits: { email: `${who}@acme.example`, name: 'Bea van Dyke', title: 'Buyer', phone: '+31 20 555 0100',
            company: { name: 'Acme Corp', employees: 12 }, plan: 'Team' } });
    client.track({ anonymousId: `${who}-anon`, userId: `${who}-42`, event: 'Plan chosen', timestamp: new Date(at.getTime() + 1000),
        properties: { seats: 12 }, context: { userAgent: chrome, page: { url: 'https://app.example/plans' } } });
    client.page({ userId: `${who}-42`, anonymousId: `${who}-anon`, name: 'Docs', timestamp: new Date(at.getTime() + 2000),
        properties: { url: 'https://app.example/docs', title: 'Documentation', referrer: 'https://www.bing.com/', email: 'no@body.example' },
        context: { campaign: { source: 'news', medium: 'email', name: 'May' } } });
    client.screen({ userId: `${who}-42`, anonymousId: `${who}-anon`, name: 'Settings', timestamp: new Date(at.getTime() + 3000) });
    client.group({ userId: `${who}-42`, anonymousId: `${who}-anon`, groupId: 'g1', timestamp: new Date(at.getTime() + 4000),
        traits: { name: 'Acme Corporation', website: 'https://www.acme.example/', industry: 'Machines', employees: 120 } });
    client.alias({ previousId: `${who}-before`, userId: `${who}-42`, timestamp: new Date(at.getTime() + 4500) });
}

async function mustHaveTold(who) {
    const of = (id) => stack.value(`select visitor from event where properties->>'userId' = '${who}-42' and name = '${id}'`);
    await eventually(`${who} is all there`, async () => await of('alias') && await of('group') &&
        (await events(`visitor = '${await of('group')}'`)).length === 6);
    const visitor = await of('group');
    const all = await events(`visitor = '${visitor}'`);
    assert.equal(all.filter(({ name }) => name === 'user').length, 1, 'told with every event, kept once');
    const rows = all.filter(({ name }) => name !== 'user');
    assert.deepEqual(rows.map(({ type, name }) => [type, name]),
        [[6, null], [7, 'Plan chosen'], [1, 'Docs'], [1, 'Settings'], [6, 'group']]);
    const [identify, track, page, screen, group] = rows;
    assert.deepEqual(identify.properties, { userId: `${who}-42`, email: `${who}@acme.example`, name: 'Bea van Dyke',
        jobTitle: 'Buyer', phone: '+31 20 555 0100', company: 'Acme Corp', companyEmployees: 12, plan: 'Team', firstName: 'Bea', lastName: 'van Dyke' });
    assert.equal(identify.agent, null, 'a library is nobody\'s browser');
    assert.equal(track.agent, chrome);
    assert.equal(track.url, 'https://app.example/plans');
    assert.deepEqual(track.properties, { seats: 12 });
    assert.equal(page.title, 'Documentation');
    assert.equal(page.referrer, 'https://www.bing.com/');
    assert.deepEqual(page.utm, { source: 'news', medium: 'email', campaign: 'May' });
    assert.equal(page.properties, null, 'what a page says of somebody does not identify');
    assert.equal(screen.title, 'Settings');
    assert.equal(screen.url, null);
    assert.deepEqual(group.properties, { userId: `${who}-42`, company: 'Acme Corporation', groupId: 'g1',
        companyDomain: 'https://www.acme.example/', companyIndustry: 'Machines', companyEmployees: 120,
        account: { id: 'g1', name: 'Acme Corporation', website: 'https://www.acme.example/',
            industry: 'Machines', employees: 120 } });
    const apart = Date.parse(track.at) - Date.parse(identify.at);
    assert.ok(Math.abs(apart - 1000) < 5000, `a second apart, but for how long each request took: ${apart} ms`);
    assert.ok(rows.every(({ at }) => Math.abs(Date.now() - Date.parse(at)) < 60_000));
    assert.notEqual(await of('alias'), visitor);
    const person = await lead(`${who}@acme.example`);
    assert.equal(person.first_name, 'Bea');
    assert.equal(person.last_name, 'van Dyke');
    assert.equal(person.job_title, 'Buyer');
    assert.equal(person.account_id !== null, true);
    assert.equal(person.properties.userId, `${who}-42`);
}

test('@segment/analytics-node', async () => {
    const failures = [];
    const client = new SegmentNode({ writeKey: 'clients', host: stack.url, flushAt: 3, maxRetries: 0 });
    client.on('error', (error) => failures.push(error));
    await tell(client, 'segment');
    await client.closeAndFlush();
    assert.deepEqual(failures, []);
    await mustHaveTold('segment');
});

test('analytics-node', async () => {
    const client = new AnalyticsNode('clients', { host: stack.url, flushAt: 20, flushInterval: 10 });
    await tell(client, 'older');
    await client.flush();
    await mustHaveTold('older');
});

test('@rudderstack/rudder-sdk-node, which packs its bodies', async () => {
    const client = new Rudder('clients', { dataPlaneUrl: stack.url, flushAt: 20, flushInterval: 10, logLevel: 'error' });
    await tell(client, 'rudder');
    await client.flush();
    await mustHaveTold('rudder');
});

test('a client whose answers get lost is counted once', async () => {
    let lost = 0;
    // Delivers, then says that the connection broke.
    const httpClient = {
        async makeRequest(options) {
            const response = await fetch(options.url, { method: options.method, headers: options.headers, body: options.body });
            await response.text();
            if (lost++ < 2) {
                throw new Error('the connection broke');
            }
            return response;
        },
    };
    const client = new SegmentNode({ writeKey: 'clients', host: stack.url, flushAt: 2, httpClient });
    client.track({ anonymousId: 'lossy', event: 'Lossy one' });
    client.track({ anonymousId: 'lossy', event: 'Lossy two' });
    await client.closeAndFlush();
    assert.ok(lost >= 3, `${lost} tries`);
    assert.deepEqual((await events("name like 'Lossy%'")).map(({ name }) => name).sort(), ['Lossy one', 'Lossy two']);
});

test('a wrong write key is told to the client', async () => {
    const failures = [];
    const client = new SegmentNode({ writeKey: 'nobody', host: stack.url, flushAt: 1, maxRetries: 0 });
    client.on('error', (error) => failures.push(error));
    client.track({ anonymousId: 'x', event: 'unheard' });
    await client.closeAndFlush();
    assert.equal(failures.length, 1);
    assert.equal((await events("name = 'unheard'")).length, 0);
});
