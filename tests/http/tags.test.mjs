// Tags over HTTP: put on and taken off companies and leads, with and without script; what is refused and how;
// the list in Settings, who may change it, and what renaming and deleting do to cards.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const partial = { headers: { 'HX-Request': 'true' } };
const newBoard = (name) => addBoard(stack, own, name);
const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/\s+/g, ' ');
const count = (sql) => stack.value(`select count(*) from ${sql}`);
const token = async () => forms((await client.get('/settings/tags')).text).find(({ fields }) => fields.csrf).fields.csrf;
const change = async (path, fields, options) => client.post(path, { csrf: await token(), ...fields }, options);
const tagsOf = async (card) => (await stack.value(`select tags from card where id = ${card}`)).map(([name]) => name);
const idOf = (name) => stack.value(`select id from tag where dataset_id = ${own.dataset} and name = '${name}'`);

test('without script: a tag is put on, shown on the card, taken off, and the page comes back', async () => {
    const board = await newBoard('Plain');
    const path = `/accounts/${board.account}/tags`;
    const put = await change(path, { add: '  Customer ', back: `/boards/${board.board}/cards/${board.card}` });
    assert.equal(put.status, 303);
    assert.equal(put.location, `/boards/${board.board}/cards/${board.card}`);
    const page = await client.get(put.location);
    assert.match(text(page.text), /Tagged Plain Ltd Customer\./);
    assert.match(page.text, /title="owner, just now">Customer</);
    assert.deepEqual(await tagsOf(board.card), ['Customer']);
    const off = await change(path, { remove: await idOf('Customer'), back: 'https://evil.example/' });
    assert.equal(off.location, `/accounts/${board.account}`);
    assert.deepEqual(await tagsOf(board.card), []);
    assert.deepEqual(await stack.rows(`select kind, n, subject from operation where user_id = ${own.user} and kind in (4, 5) order by id desc limit 2`),
        [{ kind: 5, n: 1, subject: 'Plain Ltd' }, { kind: 4, n: 1, subject: 'Plain Ltd' }]);
    assert.deepEqual(await stack.rows(`select kind, detail, operation_id is not null as part from card_ledger where card_id = ${board.card} and kind in (8, 9) order by id`),
        [{ kind: 8, detail: { tag: 'Customer' }, part: true }, { kind: 9, detail: { tag: 'Customer' }, part: true }]);
});

test('with script: the editor alone comes back, with what can be undone', async () => {
    const board = await newBoard('Script');
    const answer = await change(`/accounts/${board.account}/tags`, { add: 'Key account' }, partial);
    assert.equal(answer.status, 200);
    assert.ok(!answer.text.includes('<html'));
    const [, operation] = /data-operation="(\d+)" data-said="Tagged Script Ltd Key account\."/.exec(answer.text);
    assert.match(answer.text, /aria-label="Take off Key account"/);
    assert.ok(!/<option value="Key account">/.test(answer.text), 'what is on it is not offered');
    assert.match(answer.text, /<option value="Partner">/);
    const undone = await change(`/operations/${operation}/undo`, {});
    assert.ok(undone.status < 400);
    assert.deepEqual(await tagsOf(board.card), []);
    const again = await change(`/accounts/${board.account}/tags`, { remove: await idOf('Partner') }, partial);
    assert.equal(again.status, 200);
    assert.ok(!again.text.includes('data-operation'), 'nothing changed, nothing to undo');
});

test('a name in another case is the same tag; a new name makes one', async () => {
    const board = await newBoard('Case');
    await change(`/accounts/${board.account}/tags`, { add: 'cUSTOMER' }, partial);
    await change(`/accounts/${board.account}/tags`, { add: 'Ready & able' }, partial);
    assert.deepEqual((await tagsOf(board.card)).sort(), ['Customer', 'Ready & able']);
    assert.match((await client.get(`/accounts/${board.account}`)).text, />Ready &amp; able</);
});

test('what can not be a tag is said beside the input, and nothing is written', async () => {
    const board = await newBoard('Wrong');
    const before = await count('tag');
    for (const [fields, words] of [
        [{ add: '   ' }, /needs a name/], [{ add: 'x'.repeat(61) }, /at most 60/], [{}, /needs a name/], [{ remove: 'abc' }, /./],
    ]) {
        const answer = await change(`/accounts/${board.account}/tags`, fields, partial);
        assert.equal(answer.status, 422);
        assert.match(answer.text, /class="error"/);
        assert.match(text(answer.text), words);
        const plain = await change(`/accounts/${board.account}/tags`, fields);
        assert.equal(plain.status, 422);
    }
    assert.equal((await change(`/accounts/${board.account}/tags`, { remove: '99999999' })).status, 404);
    assert.equal(await count('tag'), before);
    assert.equal(await count(`account_tag where account_id = ${board.account}`), 0);
});

test('a lead shows its own tags and those of its company, and only its own can be taken off', async () => {
    const board = await newBoard('Inherit');
    await change(`/accounts/${board.account}/tags`, { add: 'Partner' });
    await change(`/leads/${board.lead}/tags`, { add: 'Interest shown' });
    const page = (await client.get(`/leads/${board.lead}`)).text;
    assert.match(page, /chip given"[^]*?Inherit Ltd: owner, just now">Partner</);
    assert.match(page, /aria-label="Take off Interest shown"/);
    assert.ok(!page.includes('aria-label="Take off Partner"'));
    const panel = (await client.get(`/accounts/${board.account}`)).text;
    assert.match(panel, /<span class="tag given"[^>]*>Partner<\/span>/);
    assert.deepEqual((await tagsOf(board.card)).sort(), ['Interest shown', 'Partner']);

    // A lead that comes later has it too, and keeps nothing when the company loses it.
    await stack.psql(`insert into lead (dataset_id, account_id, email, first_at, last_at)
        values (${own.dataset}, ${board.account}, 'later@inherit.example', now(), now())`);
    const later = await stack.value("select id from lead where email = 'later@inherit.example'");
    assert.match((await client.get(`/leads/${later}`)).text, /chip given/);
    await change(`/accounts/${board.account}/tags`, { remove: await idOf('Partner') });
    assert.ok(!(await client.get(`/leads/${later}`)).text.includes('chip given'));
});

test('what script chooses from: by name, with how many of the cards have it', async () => {
    const board = await newBoard('Choice');
    await change(`/accounts/${board.account}/tags`, { add: 'Chosen' });
    const { text: all } = await client.get(`/tags?card=${board.card}&card=999999&card=x`, partial);
    assert.match(all, /data-name="Chosen" data-on="1"/);
    assert.match(all, /data-name="Competitor" data-on="0"/);
    const { text: some } = await client.get('/tags?q=cHOS', partial);
    assert.equal(some.match(/data-tag=/g).length, 1);
    assert.equal((await client.get('/tags')).location, '/settings/tags');
});

test('Settings: counts, a new one, a name that is there, a new name on cards and in segments, deletion', async () => {
    const board = await newBoard('Manage');
    assert.equal((await change('/settings/tags', { name: 'Managed' })).status, 303);
    const twice = await change('/settings/tags', { name: 'mANAGED' });
    assert.equal(twice.status, 422);
    assert.match(text(twice.text), /There is a tag of this name already/);
    const tag = await idOf('Managed');
    await change(`/accounts/${board.account}/tags`, { add: 'managed' });
    await change(`/leads/${board.lead}/tags`, { add: 'managed' });
    await stack.psql(`insert into segment (dataset_id, name, shared, user_id, filter) values
        (${own.dataset}, 'With it', true, null, '{"version":1,"match":"all","conditions":[{"field":"tag","op":"is","values":["managed"]}]}'),
        (${own.dataset}, 'Secret', false, 987654, '{"version":1,"match":"all","conditions":[{"field":"tag","op":"is_not","values":["Managed"]}]}')`);
    assert.match(text((await client.get('/settings/tags')).text), /Managed 1 1 1 /);
    const page = text((await client.get(`/settings/tags/${tag}`)).text);
    assert.match(page, /Takes Managed off 1 company and 1 lead; 1 card shows it now/);
    assert.match(page, /With it/);
    assert.match(page, /1 segment that a colleague keeps private asks for it too/);
    assert.ok(!page.includes('Secret'));

    assert.equal((await change(`/settings/tags/${tag}`, { name: 'Customer' })).status, 422);
    assert.equal((await change(`/settings/tags/${tag}`, { name: 'Renamed' })).status, 303);
    assert.deepEqual(await tagsOf(board.card), ['Renamed']);
    assert.equal(await count("segment where filter::text like '%\"Renamed\"%'"), 2);

    assert.equal((await change(`/settings/tags/${tag}/delete`, {})).status, 422, 'it asks once');
    assert.equal((await change(`/settings/tags/${tag}/delete`, { sure: 'on' })).status, 303);
    assert.deepEqual(await tagsOf(board.card), []);
    assert.equal(await count(`tag where id = ${tag}`), 0);
    assert.equal((await client.get(`/settings/tags/${tag}`)).status, 404);
    assert.deepEqual(await stack.rows("select action from audit where action like 'tag.%' order by id desc limit 3"),
        ['tag.deleted', 'tag.renamed', 'tag.added'].map((action) => ({ action })));
});

test('everyone may tag and see the list, only administrators change it', async () => {
    const board = await newBoard('Roles');
    const tag = await idOf('Customer');
    const csrf = await token();
    await stack.psql(`update membership set role = 1 where user_id = ${own.user};
        insert into dataset_access (user_id, dataset_id) values (${own.user}, ${own.dataset}) on conflict do nothing`);
    try {
        const list = await client.get('/settings/tags');
        assert.equal(list.status, 200);
        assert.ok(!list.text.includes(`/settings/tags/${tag}`));
        assert.equal((await client.get(`/settings/tags/${tag}`)).status, 403);
        assert.equal((await client.post('/settings/tags', { csrf, name: 'Mine' })).status, 403);
        assert.equal((await client.post(`/settings/tags/${tag}`, { csrf, name: 'Mine' })).status, 403);
        assert.equal((await client.post(`/settings/tags/${tag}/delete`, { csrf, sure: 'on' })).status, 403);
        assert.equal((await client.post(`/accounts/${board.account}/tags`, { csrf, add: 'Customer' })).status, 303);
        assert.equal((await client.get('/tags', partial)).status, 200);
    } finally {
        await stack.psql(`update membership set role = 4 where user_id = ${own.user}`);
    }
});

test('a hundred tags are the most', async () => {
    const board = await newBoard('Full');
    await stack.psql(`insert into tag (dataset_id, name) select ${own.dataset}, 'Filler ' || i
        from generate_series(1, 100 - (select count(*)::integer from tag where dataset_id = ${own.dataset})) i`);
    const answer = await change(`/accounts/${board.account}/tags`, { add: 'One too many' }, partial);
    assert.equal(answer.status, 422);
    assert.match(text(answer.text), /There are 100 tags already/);
    assert.equal((await change(`/accounts/${board.account}/tags`, { add: 'filler 1' }, partial)).status, 200);
    const csrf = forms((await client.get(`/accounts/${board.account}`)).text).find(({ fields }) => fields.csrf).fields.csrf;
    assert.equal((await client.post('/settings/tags', { csrf, name: 'One too many' })).status, 422);
    assert.match(text((await client.get('/settings/tags')).text), /which is the most a dataset can have/);
    assert.equal(await count(`tag where dataset_id = ${own.dataset}`), 100);
});
