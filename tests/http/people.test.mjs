// Linking, merging and hiding over HTTP: looking for the other one, what is said before, doing it, undoing it,
// and what is refused.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);
const foreign = await addBoard(stack, await addWorkspace(stack, 'Rival'), 'Rival');
const one = async (sql) => Object.values((await stack.rows(sql))[0])[0];

// Sends the form of a page that posts to `action`, with what is given.
async function submit(page, action, fields = {}) {
    const form = forms(page.text).find((each) => each.action === action && each.fields.csrf);
    assert.ok(form, `${action}: ${page.text.slice(0, 2000)}`);
    return client.post(action, { ...form.fields, ...fields });
}
const undo = async (answer) => submit(await client.get(answer.location), `${answer.location}/undo`);

test('companies: found by name and domain, both sides shown, merged, undone', async () => {
    const a = await addBoard(stack, own, 'Alpha');
    const b = await addBoard(stack, own, 'Bravo');
    const path = `/accounts/${a.account}/merge`;
    const found = await client.get(`${path}?q=bRavo`);
    assert.match(found.text, new RegExp(`with=${b.account}"`));
    assert.ok(!found.text.includes(`with=${a.account}"`), 'not itself');
    const domain = await one(`select domain from account where id = ${b.account}`);
    assert.match((await client.get(`${path}?q=${domain}`)).text, new RegExp(`with=${b.account}"`));
    assert.match((await client.get(`${path}?q=nobody-like-this`)).text, /Nothing found/);
    const chosen = await client.get(`${path}?q=bravo&with=${b.account}`);
    assert.match(chosen.text, /What will happen/);
    assert.match(chosen.text, /All leads, tags and notes of Bravo Ltd become those of Alpha Ltd/);
    const swapped = await client.get(`${path}?with=${b.account}&swap=${a.account}`);
    assert.match(swapped.text, /of Alpha Ltd become those of Bravo Ltd/);
    const done = await submit(chosen, path);
    assert.equal(done.status, 303);
    assert.match((await client.get(done.location)).text, /Merged companies: Bravo Ltd into Alpha Ltd/);
    assert.equal(await one(`select merged_into from account where id = ${b.account}`), a.account);
    assert.equal(await one(`select count(*)::int from lead where account_id = ${a.account}`), 2);
    assert.equal((await client.get(`/accounts/${b.account}/merge`)).status, 404, 'it is part of another');
    assert.match((await client.get(`/accounts/${b.account}`)).location, new RegExp(`/accounts/${a.account}$`));
    assert.equal((await undo(done)).status, 303);
    assert.equal(await one(`select count(*)::int from lead where account_id = ${b.account}`), 1);
    assert.equal((await client.get(`/accounts/${b.account}/merge`)).status, 200);
});

test('leads: who has an address stays; two that are anonymous are refused', async () => {
    const a = await addBoard(stack, own, 'Lima');
    const b = await addBoard(stack, own, 'Mike');
    await stack.psql(`insert into lead (dataset_id, first_at, last_at)
        values (${own.dataset}, now(), now()), (${own.dataset}, now(), now()), (${own.dataset}, now(), now())`);
    const [gone, nobody, nobody2] = (await stack.rows('select id from lead where email is null order by id')).map(({ id }) => id);
    const page = await client.get(`/leads/${gone}/merge?with=${a.lead}`);
    assert.match(page.text, new RegExp(`of Lead ${gone} become those of someone@lima`));
    const done = await submit(page, `/leads/${gone}/merge`);
    assert.equal(done.status, 303);
    assert.equal(await one(`select merged_into from lead where id = ${gone}`), a.lead);
    assert.match((await client.get(`/leads/${gone}`)).location, new RegExp(`/leads/${a.lead}$`));
    await undo(done);
    assert.equal(await one(`select count(*)::int from lead where merged_into is not null`), 0);
    await eventually('the worker looks at both, and one has no visits at all', async () =>
        (await client.get(`/leads/${gone}`)).status === 404);
    assert.equal((await client.get(`/leads/${a.lead}`)).status, 200);
    const csrf = forms(page.text).find(({ fields }) => fields.csrf).fields.csrf;
    assert.match((await client.get(`/leads/${nobody}/merge?with=${nobody2}`)).text, /Both are anonymous/);
    const post = (path, fields) => client.post(path, { csrf, ...fields });
    assert.equal((await post(`/leads/${nobody}/merge`, { with: nobody2 })).status, 422);
    assert.equal((await post(`/leads/${a.lead}/merge`, { with: a.lead })).status, 422, 'itself');
    assert.equal((await post(`/leads/${a.lead}/merge`, {})).status, 422, 'nobody chosen');
    assert.equal((await post(`/leads/${a.lead}/merge`, { with: foreign.lead })).status, 404);
    assert.equal((await post(`/accounts/${a.account}/merge`, { with: foreign.account })).status, 404);
    assert.equal((await post(`/accounts/${a.account}/merge`, { with: a.account })).status, 422);
    assert.equal((await post(`/leads/${a.lead}/merge`, { with: b.lead })).status, 303);
    assert.equal((await post(`/leads/${a.lead}/merge`, { with: b.lead })).status, 409, 'merged already');
    assert.equal((await client.get(`/leads/${a.lead}/merge?with=${foreign.lead}`)).status, 404);
});

test('a lead is linked, linked elsewhere, and unlinked', async () => {
    const a = await addBoard(stack, own, 'Papa');
    const b = await addBoard(stack, own, 'Quebec');
    const page = await client.get(`/leads/${a.lead}/link?q=quebec&with=${b.account}`);
    assert.match(page.text, /belongs to Quebec Ltd/);
    const done = await submit(page, `/leads/${a.lead}/link`);
    assert.equal(done.status, 303, done.text);
    assert.match((await client.get(done.location)).text, /Linked someone@papa[^ ]* to Quebec Ltd/);
    assert.equal(await one(`select account_id from lead where id = ${a.lead}`), b.account);
    assert.equal(await one(`select leads from account where id = ${b.account}`), 2);
    await undo(done);
    assert.equal(await one(`select account_id from lead where id = ${a.lead}`), a.account);
    const unlinked = await submit(await client.get(`/leads/${a.lead}/unlink`), `/leads/${a.lead}/unlink`);
    assert.equal(unlinked.status, 303);
    assert.equal(await one(`select account_id from lead where id = ${a.lead}`), null);
    assert.match((await client.get(`/leads/${a.lead}/unlink`)).text, /of no company/);
});

test('what is hidden is on its page, and is shown again', async () => {
    const a = await addBoard(stack, own, 'Tango');
    const page = await client.get(`/accounts/${a.account}/hide`);
    assert.match(page.text, /Everything from tango-/);
    const done = await submit(page, `/accounts/${a.account}/hide`, { what: 'domain' });
    assert.equal(done.status, 303);
    assert.equal(await one(`select count(*)::int from card where account_id = ${a.account}`), 0);
    assert.equal(await one(`select cards from stage where id = ${a.stage}`), 0);
    assert.ok(!(await client.get(`/accounts/${foreign.account}/merge`)).text.includes('Tango'));
    assert.match((await client.get(`/accounts/${(await addBoard(stack, own)).account}/merge?q=tango%20ltd`)).text, /Nothing found/);
    const list = await client.get('/settings/hidden');
    assert.match(list.text, /tango-[^<]*<\/th><td>Everything from this domain<\/td><td>/);
    const row = await one(`select id from hiding where domain like 'tango-%'`);
    const shown = await submit(list, `/settings/hidden/${row}/show`);
    assert.equal(shown.status, 303);
    assert.equal(await one(`select count(*)::int from card where account_id = ${a.account}`), 1);
    await undo(shown);
    assert.equal(await one(`select count(*)::int from card where account_id = ${a.account}`), 0);
    for (const [company, status] of [['co.uk', 422], ['   ', 422], ['New Rival GmbH', 303], ['new rival gmbh', 409],
        ['https://www.new-rival.com/x', 303]]) {
        assert.equal((await submit(list, '/settings/hidden', { company })).status, status, company);
    }
    const b = await addBoard(stack, own, 'Uniform');
    const hidden = await submit(await client.get(`/leads/${b.lead}/hide`), `/leads/${b.lead}/hide`);
    assert.equal(hidden.status, 303);
    const panel = await client.get(`/accounts/${b.account}`);
    assert.match(panel.text, /1 hidden, show/);
    assert.ok(!panel.text.includes(`id="lead-${b.lead}"`), 'not in the list');
    assert.match((await client.get(`/accounts/${b.account}?who=hidden`)).text, new RegExp(`id="lead-${b.lead}"`));
    const csrf = forms(list.text).find(({ fields }) => fields.csrf).fields.csrf;
    assert.equal((await client.post(`/leads/${foreign.lead}/hide`, { csrf })).status, 404);
    assert.equal((await client.post(`/settings/hidden/${foreign.hiding}/show`, { csrf })).status, 404);
});
