// Pushes to Pipedrive, against a double of it on loopback that is read back by the npm library `pipedrive`: never a
// second organisation, person, lead, deal or activity for one of ours, whatever is cut, slow or killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { v1, v2 } from 'pipedrive';
import { Client, forms } from '../lib/client.mjs';
import { startCrms } from '../lib/crm.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const crm = await startCrms();
const there = crm.pipedrive;
const stack = await startStack({ owner: true, env: crm.env });
after(async () => {
    await stack.stop();
    crm.stop();
});
afterEach(() => {
    crm.fault = () => undefined;
    there.refused.clear();
    there.lag = 0;
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/\s+/g, ' ');
const token = async () => forms((await client.get('/integrations/new?kind=pipedrive')).text).find(({ fields }) => fields.csrf).fields.csrf;
const post = async (path, fields = {}) => client.post(path, { csrf: await token(), ...fields });
const oracle = (version, path) => new version.Configuration({ apiKey: there.token, basePath: `${crm.plain}${path}` });
const organizations = new v2.OrganizationsApi(oracle(v2, '/api/v2'));
const persons = new v2.PersonsApi(oracle(v2, '/api/v2'));
const leads = new v1.LeadsApi(oracle(v1, '/v1'));

async function addPipedrive(name, fields = {}) {
    const made = await post('/integrations', { kind: 'pipedrive', name, url: 'https://api.pipedrive.com', secret: there.token, persons: 'on', activity: 'on', make: 'lead', tokens: '', stages: [], map_ours: [], map_theirs: [], ...fields });
    assert.equal(made.status, 303, text(made.text).slice(0, 800));
    return stack.value(`select id from integration where name = '${name}'`);
}
const pushCard = async (id, board) => {
    const answer = await post(`/accounts/${board.account}/push`, { integration: id, card: board.card });
    assert.equal(answer.status, 303, text(answer.text).slice(0, 300));
    await stack.psql(`update outbox set key = key || ':' || id where integration_id = ${id} and key not like '%:%:%:%:%'`); // the next one is another
};
const rows = (id) => stack.rows(`select id, type, state, attempts, error, note from outbox where integration_id = ${id} order by id`);
const settled = (id, n = 1) => eventually('pushes are settled', async () => {
    const list = await rows(id);
    return list.length >= n && list.every(({ state }) => state > 0) && list;
}, { seconds: 40 });
// As if the minutes between attempts had passed.
const later = (id) => stack.psql(`update external_id set tried_at = tried_at - interval '2 minutes' where integration_id = ${id};
    update outbox set due_at = now() where integration_id = ${id} and state = 0;
    update integration set slow_until = null where id = ${id}`);
const settledSooner = (id, n = 1, first = () => {}) => eventually('pushes are settled', async () => {
    await first();
    await later(id);
    const list = await rows(id);
    return list.length >= n && list.every(({ state }) => state > 0) && list;
}, { seconds: 60, every: 400 });
const one = (id) => stack.rows(`select * from integration where id = ${id}`).then(([row]) => row);
const account = (board) => stack.rows(`select * from account where id = ${board.account}`).then(([row]) => row);
const idThere = (id, kind, ours) => stack.value(`select remote_id from external_id where integration_id = ${id} and kind = ${kind} and our_id = ${ours}`);
const marked = ({ domain, id }) => `${domain} #${own.public_id}-${id}`;
const markedAs = (board) => [...there.organizations.values()].filter(({ custom_fields }) => Object.values(custom_fields).some((value) => String(value).endsWith(`#${own.public_id}-${board.account}`)));
const withEmail = (email) => [...there.persons.values()].filter(({ emails }) => emails?.some(({ value }) => value === email));
const leadsOf = (org) => [...there.leads.values()].filter(({ organization_id }) => organization_id === org);
const activitiesOf = (org) => [...there.activities.values()].filter(({ org_id }) => org_id === org);
const mail = async (board) => stack.value(`select email from lead where id = ${board.lead}`);

// Exactly one of each there.
async function justOne(board, { lead = 1, activities = 1 } = {}) {
    const orgs = markedAs(board);
    assert.equal(orgs.length, 1, 'one organisation');
    assert.equal(withEmail(await mail(board)).length, 1, 'one person');
    assert.equal(leadsOf(orgs[0].id).length, lead, 'one lead');
    assert.equal(activitiesOf(orgs[0].id).length, activities, 'one activity a push');
    return orgs[0];
}

test('a card that comes into a chosen stage brings company, contact, lead and activity', async () => {
    const board = await addBoard(stack, own, 'Acme');
    const field = there.addField('organizationFields', 'Branch');
    const size = there.addField('organizationFields', 'Size', 'double');
    await stack.psql(`update account set industry = 'Publishing', employees = 120 where id = ${board.account};
        update lead set first_name = 'Jane', last_name = 'Doe', job_title = 'Buyer', phone = '+31 20 555' where id = ${board.lead}`);
    const id = await addPipedrive('By stage', { stages: [board.stage3],
        map_ours: ['company:industry', 'company:employees', 'company:employees', 'company:website', 'person:job_title', 'person:phone', ''],
        map_theirs: [field, 'employee_count', size, 'website', 'job_title', 'phones', ''] });
    await post(`/integrations/${id}/test`);
    await settled(id);
    assert.match(text((await client.get(`/integrations/${id}`)).text), /Pipedrive, Acme Sales/);
    assert.match((await client.get(`/integrations/${id}/edit`)).text, new RegExp(`<option value="${field}">Branch`));
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'move', to: board.stage3 });
    await settled(id, 2);
    const ours = await account(board);
    const remote = Number(await idThere(id, 1, board.account));
    const { data: organization } = await organizations.getOrganization({ id: remote });
    assert.equal(organization.name, 'Acme Ltd');
    assert.equal(organization.website, `https://${ours.domain}/`);
    assert.equal(organization.employee_count, 120);
    assert.equal(organization.custom_fields[field], 'Publishing');
    assert.equal(organization.custom_fields[size], 120);
    assert.ok(Object.values(organization.custom_fields).includes(marked(ours)));
    const { data: people } = await persons.getPersons({ org_id: remote });
    assert.deepEqual(people.map(({ name, job_title, emails, phones }) => [name, job_title, emails[0].value, phones[0].value]),
        [['Jane Doe', 'Buyer', await mail(board), '+31 20 555']]);
    const { data: [lead] } = await leads.getLeads({ organization_id: remote });
    assert.equal(lead.title, 'Acme Ltd');
    assert.equal(lead.origin_id, `${own.public_id}-${board.account}`);
    assert.equal(lead.person_id, people[0].id);
    const [activity] = activitiesOf(remote);
    assert.match(activity.subject, /Came into Decision on Acme/);
    assert.match(activity.note, new RegExp(`${stack.url}/accounts/${board.account}`));
    assert.equal(activity.lead_id, lead.id);

    // Again: what is known is not searched for, only what changed is sent.
    crm.calls.length = 0;
    await stack.psql(`update account set industry = 'Books' where id = ${board.account}`);
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'move', to: board.stage });
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'move', to: board.stage3 });
    await settled(id, 3);
    assert.deepEqual(crm.calls.map(({ method, path }) => `${method} ${path}`), [`PATCH /api/v2/organizations/${remote}`, 'POST /api/v2/activities']);
    assert.equal(crm.calls[0].body.custom_fields[field], 'Books');
    assert.equal('name' in crm.calls[0].body, false, 'a name that was put right there stays');
    await justOne(board, { activities: 2 });
    const history = text((await client.get(`/boards/${board.board}/cards/${board.card}?tab=history`)).text);
    assert.match(history, /Handed over to By stage by LeadBoard: organisation updated, 1 person, activity added/);
    assert.match(history, /Handed over to By stage by LeadBoard: organisation added, 1 person, lead added, activity added/);
});

test('by hand, from the menu of the panel; what failed stands in the history', async () => {
    const board = await addBoard(stack, own, 'Manual');
    const id = await addPipedrive('Manually');
    const panel = await client.get(`/boards/${board.board}/cards/${board.card}`);
    assert.match(text(panel.text), /Hand over to Manually/);
    const sent = await post(`/accounts/${board.account}/push`, forms(panel.text).find(({ html }) => html.includes('Hand over to Manually')).fields);
    assert.equal(sent.location, `/boards/${board.board}/cards/${board.card}`);
    assert.match(text((await client.follow(sent)).text), /On its way to /);
    const partial = await client.post(`/accounts/${board.account}/push`, { csrf: await token(), integration: id, card: board.card }, { headers: { 'HX-Request': 'true' } });
    assert.match(partial.text, /^<p class="menu-said"/);
    await eventually('it is there', () => markedAs(board).length === 1);
    await settled(id);
    assert.match(text((await client.get(`/boards/${board.board}/cards/${board.card}?tab=history`)).text), /Handed over to Manually by owner: organisation added/);

    crm.fault = ({ method }) => method === 'POST' ? { status: 403, body: { success: false, error: 'No permission' } } : undefined;
    const other = await addBoard(stack, own, 'Forbidden');
    await pushCard(id, other);
    await eventually('it is given up', async () => (await rows(id)).at(-1).state === 2);
    assert.match(text((await client.get(`/boards/${other.board}/cards/${other.card}?tab=history`)).text), /Not handed over to Manually by owner: Pipedrive answered 403: No permission The key, or the plan there, does not allow this/);
    for (const fields of [{ integration: 999999 }, { integration: id, card: board.card }]) {
        assert.equal((await post(`/accounts/${other.account}/push`, fields)).status, 404);
    }
    assert.equal((await post(`/accounts/${other.account}/push`, {})).status, 422);
});

test('what is there already is found: by our mark, by name, by address; never by guessing', async () => {
    const id = await addPipedrive('Finding');
    const named = await addBoard(stack, own, 'Named');
    const before = there.addOrganization('named ltd');
    const elsewhere = there.addOrganization('Elsewhere');
    const person = there.addPerson('Known', await mail(named), { org_id: elsewhere.id });
    await pushCard(id, named);
    await settled(id);
    assert.equal(Number(await idThere(id, 1, named.account)), before.id, 'a name, whatever its case');
    assert.equal(before.name, 'named ltd', 'and its name stays');
    assert.equal(Number(await idThere(id, 2, named.lead)), person.id);
    assert.equal(person.org_id, elsewhere.id, 'a person stays in the organisation somebody put it in');

    const twins = await addBoard(stack, own, 'Twins');
    there.addOrganization('Twins Ltd');
    there.addOrganization('Twins Ltd');
    await pushCard(id, twins);
    await settled(id, 2);
    assert.equal([...there.organizations.values()].filter(({ name }) => name === 'Twins Ltd').length, 3, 'of two it is not known which');

    const loose = await addBoard(stack, own, 'Loose');
    const free = there.addPerson('Free', (await mail(loose)).toUpperCase());
    const [mark] = Object.keys(before.custom_fields);
    there.addOrganization('Loose Ltd', { custom_fields: { [mark]: 'other.example #zzz-77' } });
    await pushCard(id, loose);
    await settled(id, 3);
    const own3 = Number(await idThere(id, 1, loose.account));
    assert.equal(there.organizations.get(own3).name, 'Loose Ltd');
    assert.equal([...there.organizations.values()].filter(({ name }) => name === 'Loose Ltd').length, 2, "another company's is not taken");
    assert.equal(free.org_id, own3, 'a person without an organisation gets this one');

    // The map is lost, or another dataset has the same company.
    await stack.psql(`delete from external_id where integration_id = ${id}`);
    await pushCard(id, loose);
    await settled(id, 4);
    assert.equal(Number(await idThere(id, 1, loose.account)), own3);
    assert.equal(leadsOf(own3).length, 1);
});

test('cut after it was done, a gateway that gives up, a slow index: one of each in the end', async () => {
    there.lag = 3_600_000; // searches find nothing of what is added here
    const id = await addPipedrive('Cut off');
    for (const [name, path, fault] of [
        ['CutOrg', '/api/v2/organizations', 'commit-drop'], ['GateOrg', '/api/v2/organizations', { status: 502, body: '<html>Bad gateway', commit: true }],
        ['CutPerson', '/api/v2/persons', 'commit-drop'], ['CutLead', '/v1/leads', 'commit-drop'], ['GateLead', '/v1/leads', { status: 504, commit: true }],
        ['CutActivity', '/api/v2/activities', 'commit-drop'], ['LostOrg', '/api/v2/organizations', 'drop'], ['LostPerson', '/api/v2/persons', { status: 500, body: '{}' }],
        ['LostLead', '/v1/leads', 'drop'], ['GarbledOrg', '/api/v2/organizations', { status: 200, body: '{"success":tr', commit: true }],
    ]) {
        const board = await addBoard(stack, own, name);
        let hits = 0;
        crm.fault = (call) => call.method === 'POST' && call.path === path && hits++ === 0 ? fault : undefined;
        const n = (await rows(id)).length + 1;
        await pushCard(id, board);
        await eventually(`${name} was hit`, () => hits > 0);
        await eventually(`${name} waits`, async () => (await rows(id)).at(-1).error);
        const list = await settledSooner(id, n);
        assert.equal(list.at(-1).state, 1, `${name}: ${list.at(-1).error}`);
        await justOne(board);
    }
});

test('it is not tried again before it is settled', async () => {
    there.lag = 3_600_000;
    const id = await addPipedrive('Unsettled');
    const board = await addBoard(stack, own, 'Unsettled');
    let hits = 0;
    crm.fault = (call) => call.method === 'POST' && call.path === '/api/v2/organizations' && hits++ === 0 ? 'commit-drop' : undefined;
    await pushCard(id, board);
    await eventually('it failed', async () => (await rows(id))[0]?.attempts === 1);
    await stack.psql(`update outbox set due_at = now() where integration_id = ${id}`);
    const [row] = await eventually('it is held', async () => {
        const list = await rows(id);
        return /looks a minute later/.test(list[0].error) && list;
    });
    assert.equal(row.attempts, 1, 'which costs no attempt');
    assert.equal(hits, 1);
    await settledSooner(id);
    await justOne(board);
});

test('the field with our mark is added once, however often the answer is lost', async () => {
    await stack.psql('delete from external_id where kind >= 6');
    there.fields.organizationFields = there.fields.organizationFields.filter(({ field_name }) => field_name !== 'LeadBoard');
    const id = await addPipedrive('Field');
    const board = await addBoard(stack, own, 'Field');
    let hits = 0;
    crm.fault = (call) => call.method === 'POST' && call.path === '/api/v2/organizationFields' && hits++ === 0 ? 'commit-drop' : undefined;
    await pushCard(id, board);
    await eventually('it was hit', () => hits === 1);
    await settledSooner(id);
    assert.equal(there.fields.organizationFields.filter(({ field_name }) => field_name === 'LeadBoard').length, 1);
    await justOne(board);
});

test('kill -9 of the worker at any moment: one of each in the end', async () => {
    there.lag = 3_600_000;
    const id = await addPipedrive('Killed');
    for (const [name, path, commit] of [['KilledOrg', '/api/v2/organizations', true], ['KilledPerson', '/api/v2/persons', false], ['KilledLead', '/v1/leads', true]]) {
        const board = await addBoard(stack, own, name);
        let hits = 0;
        crm.fault = (call) => {
            if (call.method !== 'POST' || call.path !== path || hits++ > 0) {
                return undefined;
            }
            process.kill(stack.pid('worker'), 'SIGKILL');
            return commit ? 'commit-drop' : 'drop';
        };
        const n = (await rows(id)).length + 1;
        await pushCard(id, board);
        await eventually(`${name}: killed`, () => hits > 0);
        // As if the one that is gone had not beaten for longer than the lease.
        const list = await settledSooner(id, n, () => stack.psql(`update worker set beat_at = now() - interval '1 minute'
            where incarnation < (select max(incarnation) from worker)`));
        assert.equal(list.at(-1).state, 1);
        await justOne(board);
    }
});

test('a worker that stood still while another took over adds nothing', async () => {
    there.lag = 3_600_000;
    const id = await addPipedrive('Zombie');
    const board = await addBoard(stack, own, 'Zombie');
    const frozen = stack.pid('worker');
    let hits = 0;
    let release;
    const held = new Promise((resolve) => { release = resolve; });
    crm.fault = async (call) => {
        if (call.path.endsWith('/organizations/search') && hits++ === 0) {
            process.kill(frozen, 'SIGSTOP');
            await held;
        }
        return undefined;
    };
    await pushCard(id, board);
    await eventually('it stands still', () => hits > 0);
    const second = spawn(join(programs, 'leadboard-worker'), [], { stdio: 'ignore', env: { PATH: process.env.PATH, ...sanitizerEnv, ...crm.env, DATABASE_URL: stack.databaseUrl, KEY_FILE: join(stack.state, 'key') } });
    const ended = new Promise((resolve) => second.once('exit', resolve));
    try {
        await stack.psql(`update worker set beat_at = now() - interval '1 minute' where pid = ${frozen}`);
        await eventually('the other finds the company held', async () => {
            await stack.psql(`update outbox set due_at = now() where integration_id = ${id} and state = 0`);
            return /Another push of this company is under way/.test((await rows(id))[0].error);
        }, { seconds: 40 });
        release();
        process.kill(frozen, 'SIGCONT');
        await settledSooner(id);
        await justOne(board);
    } finally {
        process.kill(frozen, 'SIGCONT');
        second.kill('SIGTERM');
        await ended;
    }
});

test('limits: a burst is waited out, the budget of the day is waited for, no attempt is spent', async () => {
    const id = await addPipedrive('Limited');
    const board = await addBoard(stack, own, 'Burst');
    let left = 2;
    crm.fault = () => left-- > 0 ? { status: 429, headers: { 'x-ratelimit-reset': '1' }, body: { success: false, error: 'request over limit' } } : undefined;
    await pushCard(id, board);
    const [row] = await settled(id);
    assert.deepEqual([row.state, row.attempts], [1, 0]);
    await justOne(board);

    const seconds = async () => Number(await stack.value(`select extract(epoch from slow_until - now()) from integration where id = ${id}`));
    const untilMidnight = 86400 - (Date.now() / 1000) % 86400;
    const day = await addBoard(stack, own, 'Day');
    crm.fault = () => ({ status: 429, headers: { 'x-daily-ratelimit-token-remaining': '0' }, body: { success: false, error: 'Daily budget' } });
    await pushCard(id, day);
    await eventually('it waits', async () => await seconds() > 0);
    assert.ok(Math.abs(await seconds() - untilMidnight) < 300, `${await seconds()}`);
    assert.match(text((await client.get('/integrations')).text), /Limited Pipedrive Pausing Pipedrive's budget of this day is used up\. Goes on/);
    crm.fault = () => ({ status: 403, headers: { 'Content-Type': 'text/html' }, body: '<html><title>Access denied</title>' });
    await later(id);
    await eventually('it is shut out', async () => (await one(id)).slow_why?.includes('shut this server out'));
    assert.ok(await seconds() > 3000);
    crm.fault = () => undefined;
    const list = await settledSooner(id, 2);
    assert.deepEqual([list[1].state, list[1].attempts], [1, 0]);
    await justOne(day);
});

test('our own budget is kept', async () => {
    const id = await addPipedrive('Thrifty', { tokens: '100' });
    const first = await addBoard(stack, own, 'Thrift');
    await pushCard(id, first);
    await settled(id);
    const spent = (await one(id)).budget_used;
    assert.ok(spent > 60 && spent < 160, `${spent}`);
    const second = await addBoard(stack, own, 'Spent');
    crm.calls.length = 0;
    await pushCard(id, second);
    await eventually('it waits for tomorrow', async () => (await one(id)).slow_why === 'The daily budget that is set for Pipedrive is used up.');
    assert.equal(crm.calls.length, 0);
    assert.match(text((await client.get(`/integrations/${id}`)).text), new RegExp(`Budget of today ${spent} of 100 tokens`));
    await stack.psql(`update integration set budget_day = current_date - 1 where id = ${id}`);
    await settledSooner(id, 2);
});

test('a key that is not accepted stops it; a field that is refused is left out and told', async () => {
    const id = await addPipedrive('Key', { secret: 'wrong-key-777777', map_ours: ['company:industry', 'company:website'], map_theirs: ['industry', 'website'] });
    const board = await addBoard(stack, own, 'Refused');
    await stack.psql(`update account set industry = 'Publishing' where id = ${board.account}`);
    await pushCard(id, board);
    await eventually('it is stopped', async () => (await one(id)).stopped_at);
    assert.match((await one(id)).stopped_why, /Pipedrive does not accept the key\. Enter a new one\./);
    const edit = await client.get(`/integrations/${id}/edit`);
    assert.ok(!edit.text.includes('wrong-key'));
    assert.equal((await client.submit(edit, { secret: there.token, persons: 'on', activity: 'on', map_ours: ['company:industry', 'company:website'], map_theirs: ['industry', 'website'] }, /integrations/)).status, 303);
    await post(`/integrations/${id}/switch`, { on: '1', waiting: 'send' });
    const [row] = await settledSooner(id);
    assert.equal(row.state, 1, row.error);
    assert.match(row.note, /Without industry: the field industry there does not take it \(Validation failed: industry: must be a number\)\. Change the field, or the mapping\./);
    const org = await justOne(board);
    assert.equal(org.website, `https://${(await account(board)).domain}/`);
    assert.match(text((await client.get(`/integrations/${id}`)).text), /Delivered, not all Without industry/);
});

test('deals instead of leads, into a pipeline', async () => {
    const id = await addPipedrive('Deals', { make: 'deal', pipeline: '3', stage: '14' });
    const board = await addBoard(stack, own, 'Deal');
    let hits = 0;
    crm.fault = (call) => call.method === 'POST' && call.path === '/api/v2/deals' && hits++ === 0 ? 'commit-drop' : undefined;
    await pushCard(id, board);
    await eventually('it was hit', () => hits === 1);
    await settledSooner(id);
    const org = await justOne(board, { lead: 0 });
    const deals = [...there.deals.values()].filter(({ org_id }) => org_id === org.id);
    assert.deepEqual(deals.map(({ title, pipeline_id, stage_id }) => [title, pipeline_id, stage_id]), [['Deal Ltd', 3, 14]]);
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'move', to: board.stage2 });
    await pushCard(id, board);
    await settled(id, 2);
    assert.equal([...there.deals.values()].filter(({ org_id }) => org_id === org.id).length, 1);
});

test('a lead without a company: a person and a lead of theirs', async () => {
    const id = await addPipedrive('Person alone');
    const [lead] = JSON.parse(await stack.psql(`with l as (insert into lead (dataset_id, email, first_name, first_at, last_at) values (${own.dataset}, 'solo@gmail.com', 'Solo', now(), now()) returning id)
        select json_agg(id) from l`));
    assert.equal((await post(`/leads/${lead}/push`, { integration: id })).location, `/leads/${lead}`);
    await settled(id);
    const [person] = withEmail('solo@gmail.com');
    assert.equal(person.org_id, undefined);
    assert.equal([...there.leads.values()].filter(({ person_id }) => person_id === person.id).length, 1);
    await stack.psql(`update lead set email = null where id = ${lead}`);
    assert.equal((await post(`/leads/${lead}/push`, { integration: id })).status, 422);
});

test('companies that became one are one there; what was deleted there is added again', async () => {
    const id = await addPipedrive('Merged');
    const board = await addBoard(stack, own, 'Merged');
    await pushCard(id, board);
    await settled(id);
    const org = await justOne(board);
    const other = await addBoard(stack, own, 'Into');
    await stack.psql(`update account set merged_into = ${other.account}, hidden = true where id = ${board.account}`);
    await pushCard(id, other);
    await settled(id, 2);
    assert.equal(Number(await idThere(id, 1, other.account)), org.id, 'it is the one that was there');
    org.is_deleted = true;
    await stack.psql(`update account set industry = 'New' where id = ${other.account}; delete from outbox where integration_id = ${id};
        update external_id set hash = null where integration_id = ${id} and kind = 1`);
    await pushCard(id, other);
    await settled(id);
    assert.notEqual(Number(await idThere(id, 1, other.account)), org.id);
    assert.equal(markedAs(other).filter(({ is_deleted }) => !is_deleted).length, 1);
});

test('the token stands in no page, log or dump', async () => {
    const dump = await stack.psql("select coalesce(string_agg(t::text, ''), '') from integration t") +
        await stack.psql("select coalesce(string_agg(encode(sealed, 'escape'), ''), '') from integration_secret") +
        await stack.psql("select coalesce(string_agg(coalesce(request, '') || coalesce(answer, '') || coalesce(error, ''), ''), '') from delivery_attempt");
    const pages = (await client.get('/integrations')).text + (await client.get(`/integrations/${await stack.value("select id from integration where name = 'Key'")}`)).text;
    for (const where of [dump, pages, stack.log('web'), stack.log('worker'), stack.log('postgres'), stack.log('nginx')]) {
        assert.ok(!where.includes(there.token));
    }
});
