// Settings > Enrichment and what follows from it: the order of providers, switching them on, a JSON service with
// headers that nobody sees again, trying one; Wikidata, RDAP and the service are peers on loopback over HTTPS.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { makeAuthority, serveSites } from '../lib/sites.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const json = (response, value, status = 200) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
const site = (text) => ({ url }, response) => (url === '/' ? response.writeHead(200, { 'Content-Type': 'text/html' }).end(text) : response.writeHead(404).end());
const cell = (value) => ({ type: 'literal', value });
const secret = 'Bearer s3cr3t-k3y-0f-0urs';

let sentToService = [];
let sparql = [];
const sites = {
    'acme.com': site('<meta property="og:site_name" content="Acme"><meta name=description content=Anvils>'),
    'quiet.com': site('<title>Quiet</title>'),
    'query.wikidata.org': (request, response) => {
        const query = new URL(request.url, 'https://x').searchParams.get('query');
        sparql.push(query);
        json(response, { results: { bindings: query.includes('<https://www.acme.com/>') ? [{
            item: cell('http://www.wikidata.org/entity/Q1'), itemLabel: cell('Acme Corporation'), itemDescription: cell('maker of anvils'),
            industryLabel: cell('metalworking'), employees: cell('1200'), inception: cell('1949-01-01T00:00:00Z'), countryLabel: cell('Germany'),
            cityLabel: cell('Q64'), linkedin: cell('acme'), twitter: cell('acme'), logo: cell('http://commons.wikimedia.org/wiki/Special:FilePath/Acme.svg'),
        }] : [] } });
    },
    'commons.wikimedia.org': ({ url }, response) => (url.endsWith('?width=128') ? response.writeHead(200, { 'Content-Type': 'image/png' }).end(png) : response.writeHead(404).end()),
    'rdap.org': ({ url }, response) => (url === '/domain/acme.com' ? response.writeHead(302, { Location: 'https://rdap.registry.org/com/acme.com' }).end() : json(response, {}, 404)),
    'rdap.registry.org': (_, response) => json(response, { objectClassName: 'domain',
        events: [{ eventAction: 'expiration', eventDate: '2030-01-01T00:00:00Z' }, { eventAction: 'registration', eventDate: '1995-08-14T04:00:00Z' }],
        entities: [
            { roles: ['registrar'], vcardArray: ['vcard', [['version', {}, 'text', '4.0'], ['fn', {}, 'text', 'Names & More']]] },
            { roles: ['registrant'], vcardArray: ['vcard', [['org', {}, 'text', 'Acme Anvils Ltd'], ['adr', { cc: 'GB' }, 'text', ['', '', '1 Forge Rd', 'London', '', 'N1', '']]]] },
        ] }),
    'api.service.com': (request, response) => {
        sentToService.push({ url: request.url, authorization: request.headers.authorization });
        if (request.headers.authorization !== secret) {
            return json(response, { error: 'no key' }, 401);
        }
        if (request.url.endsWith('=quiet.com')) {
            return json(response, { company: null });
        }
        return json(response, { company: { name: 'Acme by service', category: 'Anvils', staff: '51-200', tags: ['iron', 'steel'], site: 'not a link', hq: { city: 'Essen' } } });
    },
    'other.service.com': (request, response) => {
        sentToService.push({ url: request.url, authorization: request.headers.authorization });
        json(response, { company: { category: 'Other' } });
    },
    'moved.service.com': (_, response) => response.writeHead(302, { Location: 'https://other.service.com/' }).end(),
};

let served;
let stack;
let own;
let client;
before(async () => {
    const authority = await makeAuthority(Object.keys(sites));
    served = await serveSites(authority, sites);
    stack = await startStack({ owner: true, env: { FETCH_CONNECT_TO: `127.0.0.1:${served.port}`, FETCH_CA_FILE: authority.file } });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
});
after(async () => {
    await stack?.stop();
    await served?.stop();
});

const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/\s+/g, ' ');
const list = async () => (await client.get('/settings/enrichment')).text;
const post = async (path, fields) => {
    const { csrf } = forms(await list()).find((form) => form.fields.csrf).fields;
    return client.post(`/settings/enrichment${path}`, { csrf, ...fields });
};
const sourceOf = (name) => stack.value(`select source from provider where name = '${name}'`);
const numbers = { seconds: '10', per_minute: '600', refresh_days: '30' };
const service = (more = {}) => ({ source: '', name: 'Our service', address: 'https://api.service.com/companies?domain={domain}', ...numbers,
    mapping: 'name = company.name\nindustry = company.industry | company.category\nemployees = company.staff\ntechnologies = company.tags\nwebsite = company.site\ncity = company.hq.city',
    headers: `Authorization: ${secret}`, ...more });

async function look(domain, fields = {}) {
    await stack.psql(`
        with a as (insert into account (dataset_id, domain, name) values (${own.dataset}, '${domain}', '${domain}')
                   on conflict (dataset_id, domain) where domain is not null do update set enriched_at = null returning id),
        lane as (insert into tenant_queue (dataset_id, kind) values (${own.dataset}, 4) on conflict do nothing)
        insert into job (dataset_id, kind, payload) select ${own.dataset}, 4, jsonb_build_object('account', id::text) || '${JSON.stringify(fields)}' from a`);
    return eventually(`${domain} is looked at`, async () =>
        (await stack.rows(`select * from account where domain = '${domain}' and enriched_at is not null`))[0], { seconds: 30 });
}
const facts = async (field) => stack.rows(`select f.source, f.value, f.wins from account_fact f join account a on a.id = f.account_id
    where a.domain = 'acme.com' and f.field = '${field}' order by f.wins desc, f.source`);

test('from the start only the company\'s own site is asked, and the page says why', async () => {
    const page = text(await list());
    assert.match(page, /Only the company's own site is asked from the start/);
    assert.match(page, /told the domain of every company/);
    const account = await look('acme.com');
    assert.equal(account.name, 'Acme');
    assert.deepEqual([...new Set(Object.keys(served.asked).map((url) => url.split('/')[0]))], ['acme.com']);
});

test('only admins see it', async () => {
    await stack.psql(`update membership set role = 2 where user_id = ${own.user}`);
    assert.equal((await client.get('/settings/enrichment')).status, 403);
    await stack.psql(`update membership set role = 4 where user_id = ${own.user}`);
});

test('Wikidata, switched on: what it knows fills what the site does not say', async () => {
    assert.equal((await post('/switch', { source: 'wikidata', on: '1' })).status, 303);
    assert.match(text(await list()), /Wikidata is on\..*within the hour/);
    const before = served.asked['acme.com/'];
    const account = await look('acme.com');
    assert.equal(served.asked['acme.com/'], before, 'the site\'s answer is young');
    assert.equal(account.name, 'Acme');
    assert.equal(account.industry, 'metalworking');
    assert.equal(account.employees, 1200);
    assert.equal(account.founded, 1949);
    assert.equal(account.country, 'Germany');
    assert.equal(account.city, null, 'a label that is only a number is none');
    assert.equal(account.linkedin, 'https://www.linkedin.com/company/acme');
    assert.match(account.logo, /icon\?source=wikidata/);
    assert.deepEqual(await facts('description'), [{ source: 'site', value: 'Anvils', wins: true }, { source: 'wikidata', value: 'maker of anvils', wins: false }]);
    assert.match(sparql[0], /VALUES \?site \{ <https:\/\/acme\.com> <https:\/\/acme\.com\/>/);
    await look('quiet.com');
    await look('quiet.com');
    assert.equal(sparql.filter((query) => query.includes('quiet.com')).length, 1, 'that it knows nothing is remembered, too');
    assert.equal((await stack.rows("select enrich_message from account where domain = 'quiet.com'"))[0].enrich_message, null);
});

test('the registration, behind a redirect: since when, where, for whom', async () => {
    await post('/switch', { source: 'rdap', on: '1' });
    await look('acme.com');
    assert.deepEqual(await facts('registered'), [{ source: 'rdap', value: '1995-08-14', wins: true }]);
    assert.deepEqual(await facts('registrar'), [{ source: 'rdap', value: 'Names & More', wins: true }]);
    assert.deepEqual(await facts('city'), [{ source: 'rdap', value: 'London', wins: true }]);
    assert.deepEqual((await facts('country')).map(({ source, wins }) => [source, wins]), [['wikidata', true], ['rdap', false]]);
});

for (const [what, change, words] of [
    ['no name', { name: '' }, /Name is needed/], ['an address without {domain}', { address: 'https://api.service.com/' }, /has to say \{domain\}/],
    ['an address that is none', { address: 'ftp://x/{domain}' }, /not a web address/], ['a private address', { address: 'http://127.0.0.1/{domain}' }, /public internet/],
    ['a bare host', { address: 'http://localhost/{domain}' }, /public internet/], ['{domain} as the host', { address: 'https://{domain}/' }, /not in the host/],
    ['a field that is none', { mapping: 'shoe_size = a' }, /Line 1: there is no field/], ['a path that is none', { mapping: 'name = a..b' }, /not a path/],
    ['no fields', { mapping: '# nothing' }, /at least one field/], ['a header that is none', { headers: `${secret}` }, /Line 1 is not a header/],
    ['too long a wait', { seconds: '61' }, /Seconds to wait/], ['no questions', { per_minute: '0' }, /Questions a minute/],
]) {
    test(`a JSON service with ${what} is refused, and a key is not sent back`, async () => {
        const answer = await post('/provider', service(change));
        assert.equal(answer.status, 422);
        assert.match(text(answer.text), words);
        assert.ok(!answer.text.includes('s3cr3t'));
        assert.equal(await stack.value("select count(*) from provider where kind = 4"), 0);
    });
}

let ours;
test('a JSON service is stored, off, its headers sealed and never shown', async () => {
    const answer = await post('/provider', service());
    assert.equal(answer.status, 303, text(answer.text));
    ours = await sourceOf('Our service');
    assert.match(ours, /^api-/);
    const page = (await client.get(answer.location)).text;
    assert.match(text(page), /still off: try it/);
    assert.match(text(page), /Stored now: Authorization/);
    assert.ok(!page.includes('s3cr3t'));
    const [row] = await stack.rows(`select enabled, encode(headers, 'escape') as headers, header_names from provider where source = '${ours}'`);
    assert.equal(row.enabled, false);
    assert.deepEqual(row.header_names, ['Authorization']);
    assert.ok(!row.headers.includes('s3cr3t'));
    assert.equal(sentToService.length, 0);
    await assert.rejects(stack.psql('set role leadboard_web; select headers from provider'), /permission denied/);
    await stack.psql('reset role');
});

const tryIt = async (source, domain) => {
    const answer = await post('/try', { source, domain });
    assert.equal(answer.status, 303, text(answer.text));
    return eventually('it is tried', async () => {
        const { text: html } = await client.get(answer.location, { headers: { 'HX-Request': 'true' } });
        assert.ok(!html.includes('hx-get'));
        return text(html);
    }, { seconds: 20 });
};

test('trying it shows what would be stored, and stores nothing', async () => {
    const rows = await stack.value('select count(*) from account_fact');
    const shown = await tryIt(ours, 'https://www.acme.com/about');
    assert.match(shown, /This would be stored Name Acme by service Industry Anvils Employees 51 City Essen Technologies iron steel/);
    assert.ok(!shown.includes('not a link'));
    assert.deepEqual(sentToService.at(-1), { url: '/companies?domain=acme.com', authorization: secret });
    assert.equal(await stack.value('select count(*) from account_fact'), rows);
    assert.match(await tryIt(ours, 'quiet.com'), /Nothing would be stored Our service answered, with nothing that the mapping names/);
    const refused = await post('/try', { source: ours, domain: '127.0.0.1' });
    assert.equal(refused.status, 422);
    assert.match(text(refused.text), /not a company's domain/);
});

test('switched on it counts in its place of the order; moved up, it counts for companies that are known, too', async () => {
    await post('/switch', { source: ours, on: '1' });
    await look('acme.com');
    assert.deepEqual((await facts('industry')).map(({ source, wins }) => [source, wins]), [['wikidata', true], [ours, false]]);
    assert.equal((await facts('city')).find(({ wins }) => wins).source, 'rdap');
    await post('/order', { source: ours, move: 'up' });
    const answer = await post('/order', { source: ours, move: 'up' });
    assert.match(text((await client.follow(answer)).text), /Our service is now number 2/);
    await eventually('its word counts', async () => (await facts('industry'))[0].source === ours);
    const [account] = await stack.rows("select industry, city, employees, name from account where domain = 'acme.com'");
    assert.deepEqual(account, { industry: 'Anvils', city: 'Essen', employees: 51, name: 'Acme' });
    await post('/order', { source: ours, move: 'up' });
    await eventually('also before the site', async () =>
        (await stack.value("select name from account where domain = 'acme.com'")) === 'Acme by service');
    assert.equal((await post('/order', { source: ours, move: 'up' })).status, 303, 'the first stays the first');
    assert.equal((await post('/order', { source: 'nobody', move: 'up' })).status, 404);
});

test('a key that is refused is said, on the company and on the page', async () => {
    const stored = await post('/provider', service({ source: ours, headers: 'Authorization: Bearer wrong' }));
    assert.equal(stored.status, 303);
    const account = await look('acme.com');
    assert.match(account.enrich_message, /Our service refused to answer us \(error 401\)/);
    assert.equal(account.name, 'Acme by service', 'what it said before stays');
    assert.match(text(await list()), /Our service refused to answer us \(error 401\)\. just now/);
    assert.ok(!stack.log('worker').includes('s3cr3t') && !stack.log('web').includes('s3cr3t') && !stack.log('worker').includes('Bearer'));
});

test('keys do not follow an address to another host, nor a redirect', async () => {
    await post('/provider', service({ source: ours }));
    sentToService = [];
    const answer = await post('/provider', service({ source: ours, address: 'https://other.service.com/{domain}', headers: '' }));
    assert.match(text((await client.follow(answer)).text), /another host, so the stored headers were dropped/);
    assert.match(await tryIt(ours, 'acme.com'), /Industry Other/);
    assert.deepEqual(sentToService, [{ url: '/acme.com', authorization: undefined }]);
    await post('/provider', service({ source: ours, address: 'https://moved.service.com/{domain}' }));
    sentToService = [];
    assert.match(await tryIt(ours, 'acme.com'), /sends us elsewhere/);
    assert.deepEqual(sentToService, []);
});

test('more companies than a host may be asked about: the others come when their turn does', async () => {
    await post('/switch', { source: ours, on: '0' });
    await post('/switch', { source: 'rdap', on: '0' });
    await stack.psql(`update provider set per_minute = 60 where source = 'wikidata'; delete from host_budget`);
    const asked = sparql.length;
    const resume = stack.pauseWorker();
    await stack.psql(`
        with a as (insert into account (dataset_id, domain, name) select ${own.dataset}, 'many' || i || '.com', 'many' from generate_series(1, 14) i returning id)
        insert into job (dataset_id, kind, payload) select ${own.dataset}, 4, json_build_object('account', id::text) from a`);
    resume();
    await eventually('a burst of ten was asked', () => sparql.length >= asked + 10);
    const waiting = await eventually('the others wait', async () => {
        const rows = await stack.rows(`select extract(epoch from run_at - now()) as s, attempt from job where kind = 4 and state = 0 and run_at > now()`);
        return rows.length > 0 && rows;
    });
    assert.ok(waiting.every(({ s }) => s <= 15));
    await eventually('all were asked', () => sparql.length === asked + 14, { seconds: 30 });
    assert.equal(await stack.value("select count(*) from job_dead where kind = 4"), 0);
});

test('deleting a service forgets its headers and lets the others count', async () => {
    assert.equal((await post('/provider/delete', { source: 'site', sure: 'on' })).status, 422);
    assert.equal((await post('/provider/delete', { source: ours })).status, 422);
    assert.equal((await post('/provider/delete', { source: ours, sure: 'on' })).status, 303);
    assert.equal(await stack.value(`select count(*) from provider where source = '${ours}'`), 0);
    await eventually('the site names it again', async () => (await stack.value("select name from account where domain = 'acme.com'")) === 'Acme');
    assert.deepEqual((await facts('industry')).map(({ source, wins }) => [source, wins]), [['wikidata', true], [ours, false]]);
    const actions = await stack.rows("select action from audit where action like 'provider.%' order by id");
    assert.equal(actions[0].action, 'provider.on');
    assert.equal(actions.at(-1).action, 'provider.deleted');
});

test('the look-up shows each provider, what it says, and what is corrected is the user\'s word', async () => {
    const board = await addBoard(stack, own, 'Found');
    const path = `/boards/${board.board}/add`;
    const { csrf } = forms((await client.get(path)).text).find(({ fields }) => 'what' in fields).fields;
    await stack.psql("delete from account_fact; delete from account_icon; delete from card where domain = 'acme.com'; delete from account where domain = 'acme.com'");
    const { location } = await client.post(path, { csrf, what: 'acme.com' });
    const html = await eventually('it is looked up', async () => {
        const answer = await client.get(location, { headers: { 'HX-Request': 'true' } });
        assert.ok(!answer.text.includes('hx-get'));
        return answer.text;
    });
    assert.match(text(html), /Wikidata\s+\d+ fields/);
    assert.match(text(html), /The company's own site\s+\d+ fields/);
    const form = forms(html).find(({ fields }) => 'industry' in fields);
    assert.equal(form.fields.industry, 'metalworking');
    assert.match(text(html), /Wikidata says maker of anvils/);
    const wrong = await client.post(location, { ...form.fields, description: 'Anvils', website: 'https://acme.com/', employees: 'many', city: 'Graz' });
    assert.equal(wrong.status, 422);
    assert.match(text(wrong.text), /Employees is a whole number/);
    assert.match(wrong.text, /value="Graz"/);
    const accepted = await client.post(location, { ...form.fields, description: 'Anvils', website: 'https://acme.com/', social: 'https://x.com/acme', industry: 'Smithies', employees: '1,200', city: 'Graz' });
    assert.equal(accepted.status, 303, text(accepted.text));
    const hand = await stack.rows("select field, value, user_id from account_fact f join account a on a.id = f.account_id where a.domain = 'acme.com' and source = 'hand' order by field");
    assert.deepEqual(hand, [{ field: 'city', value: 'Graz', user_id: own.user }, { field: 'industry', value: 'Smithies', user_id: own.user }]);
    const [account] = await stack.rows("select industry, city, employees, description, logo from account where domain = 'acme.com'");
    assert.match(account.logo, /source=wikidata/);
    delete account.logo;
    assert.deepEqual(account, { industry: 'Smithies', city: 'Graz', employees: 1200, description: 'Anvils' });
});
