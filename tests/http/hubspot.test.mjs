// Pushes to HubSpot, against a double of it on loopback that is read back by the npm library @hubspot/api-client:
// companies and contacts, each once, whatever is cut or refused.

import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { Client as HubSpotClient } from '@hubspot/api-client';
import { Client, forms } from '../lib/client.mjs';
import { startCrms } from '../lib/crm.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const crm = await startCrms();
const there = crm.hubspot;
const stack = await startStack({ owner: true, env: crm.env });
after(async () => {
    await stack.stop();
    crm.stop();
});
afterEach(() => {
    crm.fault = () => undefined;
    there.refused = {};
    there.lag = 0;
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);
const oracle = new HubSpotClient({ accessToken: there.token, basePath: crm.plain });

const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/\s+/g, ' ');
const token = async () => forms((await client.get('/integrations/new?kind=hubspot')).text).find(({ fields }) => fields.csrf).fields.csrf;
const post = async (path, fields = {}) => client.post(path, { csrf: await token(), ...fields });

async function addHubSpot(name, fields = {}) {
    const made = await post('/integrations', { kind: 'hubspot', name, url: 'https://api.hubapi.com', secret: there.token, version: 'v3', persons: 'on', stages: [], map_ours: [], map_theirs: [], ...fields });
    assert.equal(made.status, 303, text(made.text).slice(0, 800));
    return stack.value(`select id from integration where name = '${name}'`);
}
const pushCard = async (id, board) => {
    const answer = await post(`/accounts/${board.account}/push`, { integration: id, card: board.card });
    assert.equal(answer.status, 303, text(answer.text).slice(0, 300));
    await stack.psql(`update outbox set key = key || ':' || id where integration_id = ${id} and key not like '%:%:%:%:%'`);
};
const rows = (id) => stack.rows(`select id, state, attempts, error, note from outbox where integration_id = ${id} order by id`);
const settled = (id, n = 1) => eventually('pushes are settled', async () => {
    await stack.psql(`update outbox set due_at = now() where integration_id = ${id} and state = 0; update integration set slow_until = null where id = ${id} and slow_until < now() + interval '1 minute'`);
    const list = await rows(id);
    return list.length >= n && list.every(({ state }) => state > 0) && list;
}, { seconds: 40, every: 300 });
const idThere = (id, kind, ours) => stack.value(`select remote_id from external_id where integration_id = ${id} and kind = ${kind} and our_id = ${ours}`);
const ourId = (board) => `${own.public_id}-${board.account}`;
const companiesOf = (board) => [...there.companies.values()].filter(({ properties }) => properties.leadboard_id === ourId(board));
const contactsOf = (email) => [...there.contacts.values()].filter(({ properties }) => properties.email === email);
const mail = (board) => stack.value(`select email from lead where id = ${board.lead}`);
const domain = (board) => stack.value(`select domain from account where id = ${board.account}`);

test('company and contacts come into HubSpot, connected, with mapped fields', async () => {
    const board = await addBoard(stack, own, 'Acme');
    await stack.psql(`update account set description = 'Makes things', employees = 40, city = 'Utrecht' where id = ${board.account};
        update lead set first_name = 'Jane', last_name = 'Doe' where id = ${board.lead};
        insert into lead (dataset_id, account_id, email, first_at, last_at) select dataset_id, account_id, 'second@' || split_part(email, '@', 2), now(), now() from lead where id = ${board.lead}`);
    const id = await addHubSpot('Stages', { stages: [board.stage3], map_ours: ['company:description', 'company:employees', 'company:city', 'person:first_name', 'person:last_name'],
        map_theirs: ['description', 'numberofemployees', 'city', 'firstname', 'lastname'] });
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'move', to: board.stage3 });
    await settled(id);
    const remote = await idThere(id, 1, board.account);
    const company = await oracle.crm.companies.basicApi.getById(remote, ['name', 'domain', 'description']);
    assert.equal(company.properties.name, 'Acme Ltd');
    assert.equal(company.properties.domain, await domain(board));
    assert.equal(company.properties.numberofemployees, '40');
    assert.equal(company.properties.leadboard_id, ourId(board));
    const contact = await oracle.crm.contacts.basicApi.getById(await idThere(id, 2, board.lead));
    assert.equal(contact.properties.email, await mail(board));
    assert.equal(contact.properties.firstname, 'Jane');
    assert.equal(there.contacts.size, 2);
    assert.deepEqual([...there.associations].sort(), [...there.contacts.keys()].map((from) => `${from}-${remote}`).sort());
    for (const of of ['companies', 'contacts']) {
        const property = await oracle.crm.properties.coreApi.getByName(of, 'leadboard_id');
        assert.equal(property.hasUniqueValue, true);
    }
    assert.match(text((await client.get(`/boards/${board.board}/cards/${board.card}?tab=history`)).text), /Handed over to Stages by LeadBoard: company added, 2 contacts/);

    // Nothing changed: nothing but the connections is asked for.
    crm.calls.length = 0;
    await pushCard(id, board);
    await settled(id, 2);
    assert.deepEqual(crm.calls.map(({ method, path }) => `${method} ${path}`),
        [`PATCH /crm/v3/objects/companies/${remote}`, 'POST /crm/v4/associations/contacts/companies/batch/associate/default']);
    crm.calls.length = 0;
    await pushCard(id, board);
    await settled(id, 3);
    assert.deepEqual(crm.calls.map(({ path }) => path), ['/crm/v4/associations/contacts/companies/batch/associate/default']);
});

test('a company is found by its domain, a contact by its address; those of others are left alone', async () => {
    const id = await addHubSpot('Found', { version: '2026-03' });
    const board = await addBoard(stack, own, 'Found');
    const known = there.add('companies', { name: 'Found Holding', domain: await domain(board) });
    const person = there.add('contacts', { email: await mail(board), firstname: 'Keep' });
    await pushCard(id, board);
    await settled(id);
    assert.equal(await idThere(id, 1, board.account), known.id);
    assert.equal(there.companies.get(known.id).properties.name, 'Found Holding', 'its name stays');
    assert.equal(there.companies.get(known.id).properties.leadboard_id, ourId(board));
    assert.equal(await idThere(id, 2, board.lead), person.id);
    assert.ok(crm.calls.some(({ path }) => path === '/crm/objects/2026-03/companies/search'), 'by the version that is set');

    const other = await addBoard(stack, own, 'Taken');
    there.add('companies', { name: 'Of another dataset', domain: await domain(other), leadboard_id: 'zzz-1' });
    await pushCard(id, other);
    await settled(id, 2);
    assert.equal(companiesOf(other).length, 1);
    assert.equal([...there.companies.values()].find(({ properties }) => properties.leadboard_id === 'zzz-1').properties.name, 'Of another dataset');
});

test('cut after it was done, a slow index, a gateway: one company and one contact', async () => {
    there.lag = 3_600_000;
    const id = await addHubSpot('Cut');
    for (const [name, path, fault] of [['CutCompany', /companies\/batch\/upsert/, 'commit-drop'], ['CutContact', /contacts\/batch\/upsert/, 'commit-drop'],
        ['Gate', /companies\/batch\/upsert/, { status: 504, commit: true }], ['Lost', /contacts\/batch\/upsert/, 'drop'], ['Down', /search/, { status: 500, body: '<html>' }]]) {
        const board = await addBoard(stack, own, name);
        let hits = 0;
        crm.fault = (call) => path.test(call.path) && hits++ === 0 ? fault : undefined;
        const n = (await rows(id)).length + 1;
        await pushCard(id, board);
        await eventually(`${name} was hit`, () => hits > 0);
        const list = await settled(id, n);
        assert.equal(list.at(-1).state, 1, list.at(-1).error);
        assert.equal(companiesOf(board).length, 1);
        assert.equal(contactsOf(await mail(board)).length, 1);
    }
});

test('kill -9 of the worker in between: one of each', async () => {
    there.lag = 3_600_000;
    const id = await addHubSpot('Killed');
    const board = await addBoard(stack, own, 'Killed');
    let hits = 0;
    crm.fault = (call) => {
        if (!/companies\/batch\/upsert/.test(call.path) || hits++ > 0) {
            return undefined;
        }
        process.kill(stack.pid('worker'), 'SIGKILL');
        return 'commit-drop';
    };
    await pushCard(id, board);
    await eventually('it was killed', () => hits > 0);
    await eventually('another worker is there', async () => await stack.value(`select count(*) from worker where beat_at > now() - interval '3 s'`) > 0);
    await stack.psql(`update worker set beat_at = now() - interval '1 minute' where incarnation < (select max(incarnation) from worker)`);
    await settled(id);
    assert.equal(companiesOf(board).length, 1);
    assert.equal(contactsOf(await mail(board)).length, 1);
});

test('a field or an address that is refused: the rest goes, and the log says what is missing', async () => {
    const id = await addHubSpot('Partly', { map_ours: ['company:industry', 'company:city', 'person:last_name'], map_theirs: ['industry', 'city', 'no_such_field'] });
    const board = await addBoard(stack, own, 'Partly');
    there.refused = { industry: '*' };
    await stack.psql(`update account set industry = 'Publishing', city = 'Delft' where id = ${board.account};
        update lead set last_name = 'Doe' where id = ${board.lead};
        insert into lead (dataset_id, account_id, email, first_at, last_at) select dataset_id, account_id, 'broken@localhost', now(), now() from lead where id = ${board.lead}`);
    await pushCard(id, board);
    const [row] = await settled(id);
    assert.equal(row.state, 1, row.error);
    assert.match(row.note, /Without industry: the field industry there does not take it/);
    assert.match(row.note, /Without last_name: the field no_such_field there does not take it/);
    assert.match(row.note, /1 contact was not taken: .*broken@localhost is invalid/);
    const [company] = companiesOf(board);
    assert.equal(company.properties.city, 'Delft');
    assert.equal(contactsOf(await mail(board)).length, 1);
    const page = await client.get(`/integrations/${id}/deliveries/${row.id}`);
    assert.match(text(page.text), /Delivered, not all .* Without industry/);
    assert.match(text(page.text), /Fine Add or update the contacts HTTP 207/);
});

test('limits are waited out, a wrong token stops it', async () => {
    const id = await addHubSpot('Limits');
    const board = await addBoard(stack, own, 'Limits');
    let left = 1;
    crm.fault = () => left-- > 0 ? { status: 429, headers: { 'Retry-After': '1' }, body: { status: 'error', policyName: 'TEN_SECONDLY_ROLLING', message: 'You have reached your ten_secondly_rolling limit.' } } : undefined;
    await pushCard(id, board);
    const [row] = await settled(id);
    assert.deepEqual([row.state, row.attempts], [1, 0]);
    crm.fault = () => ({ status: 429, body: { status: 'error', policyName: 'DAILY', message: 'daily limit' } });
    const other = await addBoard(stack, own, 'Daily');
    await pushCard(id, other);
    await eventually('it waits for hours', async () => await stack.value(`select slow_until > now() + interval '5 h' from integration where id = ${id}`));
    crm.fault = () => undefined;
    const wrong = await addHubSpot('Wrong token', { secret: 'pat-wrong-123456' });
    await pushCard(wrong, board);
    await eventually('it is stopped', async () => await stack.value(`select stopped_why from integration where id = ${wrong}`));
    assert.match(await stack.value(`select stopped_why from integration where id = ${wrong}`), /HubSpot does not accept the key/);
});

test('a test reads which fields there are', async () => {
    const id = await addHubSpot('Tested');
    await post(`/integrations/${id}/test`);
    await settled(id);
    const edit = (await client.get(`/integrations/${id}/edit`)).text;
    assert.match(edit, /<option value="numberofemployees">/);
    assert.match(edit, /<option value="jobtitle">/);
});

test('the token stands in no page, log or dump', async () => {
    const dump = await stack.psql("select coalesce(string_agg(t::text, ''), '') from integration t") +
        await stack.psql("select coalesce(string_agg(encode(sealed, 'escape'), ''), '') from integration_secret") +
        await stack.psql("select coalesce(string_agg(coalesce(request, '') || coalesce(answer, '') || coalesce(error, ''), ''), '') from delivery_attempt");
    for (const where of [dump, (await client.get('/integrations')).text, stack.log('web'), stack.log('worker'), stack.log('postgres')]) {
        assert.ok(!where.includes(there.token));
    }
});
