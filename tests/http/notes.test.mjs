// Notes over HTTP: mentions and who hears of them, versions, two people at one note, deleting and the way
// back; and everything that is refused.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);
const partial = { headers: { 'HX-Request': 'true' } };

// A colleague with the owner's password; role 1 sees only the datasets given.
async function colleague(name, role, sees = true) {
    const email = `${name.toLowerCase().replace(' ', '.')}@acme.example`;
    await stack.psql(`
        with u as (insert into app_user (email, name, password_hash)
                   select '${email}', '${name}', password_hash from app_user where id = ${own.user} returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, ${role} from u)
        insert into dataset_access (user_id, dataset_id) select id, ${own.dataset} from u where ${sees}`);
    const someone = new Client(stack.url);
    await someone.signIn({ email, password: owner.password });
    return someone;
}
const ann = await colleague('Ann Lee', 1);
const bo = await colleague('Bo Berg', 1);
await stack.psql(`
    with u as (insert into app_user (email, name, password_hash) values ('blind@acme.example', 'Blind Bat', '*') returning id)
    insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u`);
const userId = (name) => stack.value(`select id from app_user where name = '${name}'`);

const token = async (who) => /name="csrf" value="([^"]+)"/.exec((await who.get('/boards')).text)[1];
const post = async (who, path, fields, options) => who.post(path, { csrf: await token(who), ...fields }, options);
const lastNote = () => stack.value('select max(id) from note');
async function write(who, account, body, more = {}) {
    const answer = await post(who, '/notes', { account, body, ...more });
    assert.equal(answer.status, 303, answer.text.slice(0, 300));
    return lastNote();
}
const unread = async (who) => Number(/nav-count">(\d+)/.exec((await who.get('/boards')).text)?.[1] ?? 0);

test('who is mentioned sees it: in the navigation, in a list, until it is read', async () => {
    const { account } = await addBoard(stack, own, 'Fern');
    const note = await write(client, account, 'Ask @Ann Lee and @bo.berg, not @Blind Bat or `@Bo Berg`.');
    const page = (await client.get(`/accounts/${account}?tab=notes`)).text;
    assert.match(page, /Ask <span class="mention">@Ann Lee<\/span> and <span class="mention">@Bo Berg<\/span>, not @Blind Bat/);
    assert.equal(await unread(ann), 1);
    assert.equal(await unread(client), 0);
    const list = (await ann.get('/mentions')).text;
    assert.match(list, /mention own">@Ann Lee/);
    assert.match(list, /1 unread/);
    assert.match((await ann.get(`/accounts/${account}?tab=notes`)).text, /mentions you/);
    const opened = await post(ann, '/mentions/seen', { note, open: '1' });
    assert.equal(opened.location, `/accounts/${account}?tab=notes#note-${note}`);
    assert.equal(await unread(ann), 0);
    assert.match((await ann.get('/mentions')).text, /Nothing unread/);
    assert.match((await ann.get('/mentions?show=all')).text, /mention own">@Ann Lee/);
    assert.equal(await unread(bo), 1, 'for each his own');
    await post(bo, '/mentions/seen', { back: `/accounts/${account}` });
    assert.equal(await unread(bo), 0);
    assert.equal(await stack.value(`select count(*) from note_mention where user_id = ${await userId('Blind Bat')}`), 0);
});

test('an edit tells only those who are new, and forgets those who are gone', async () => {
    const { account } = await addBoard(stack, own, 'Moss');
    const note = await write(client, account, '@Ann Lee');
    await post(ann, '/mentions/seen', { note });
    await post(client, `/notes/${note}`, { version: 1, body: '@Ann Lee and @Bo Berg' });
    assert.equal(await unread(ann), 0, 'she has read it');
    assert.equal(await unread(bo), 1);
    await post(client, `/notes/${note}`, { version: 2, body: '@Ann Lee' });
    assert.equal(await unread(bo), 0);
    await post(client, `/notes/${note}`, { version: 3, body: 'me: @owner' });
    assert.equal(await unread(client), 0, 'who mentions himself knows');
});

test('a deleted note is unread for nobody', async () => {
    const { account } = await addBoard(stack, own, 'Gone');
    const note = await write(client, account, '@Bo Berg');
    await post(client, `/notes/${note}/delete`, {});
    assert.equal(await unread(bo), 0);
    assert.match((await bo.get('/mentions')).text, /Nothing unread/);
    await post(client, `/notes/${note}/restore`, {});
    assert.equal(await unread(bo), 1);
    await post(bo, '/mentions/seen', {});
});

test('colleagues are offered while somebody writes', async () => {
    const offer = async (q) => [...(await client.get(`/mentions/people?q=${encodeURIComponent(q)}`, partial)).text
        .matchAll(/data-word="([^"]+)"/g)].map(([, word]) => word);
    assert.deepEqual(await offer('an'), ['@Ann Lee']);
    assert.deepEqual(await offer('BERG'), ['@Bo Berg']);
    assert.deepEqual(await offer('ann lee'), ['@Ann Lee']);
    assert.deepEqual(await offer('blind'), []);
    assert.deepEqual(await offer('x'), []);
    assert.ok((await offer('')).length >= 3);
});

test('every version stays, with who, when and what changed', async () => {
    const { account } = await addBoard(stack, own, 'Reed');
    const note = await write(ann, account, 'Call on Monday\nBring the offer');
    await post(ann, `/notes/${note}`, { version: 1, body: 'Call on Friday\nBring the offer' });
    await post(client, `/notes/${note}`, { version: 2, body: 'Call on Friday\nBring the offer\n<b>Done</b>' });
    const page = (await client.get(`/accounts/${account}?tab=notes`)).text;
    assert.match(page, /edited 2 times, last by owner/);
    const versions = await bo.get(`/notes/${note}/versions`);
    assert.match(versions.text, /<b>Monday<\/b>/);
    assert.match(versions.text, /<b>Friday<\/b>/);
    assert.match(versions.text, /<ins>&lt;b&gt;Done&lt;\/b&gt;<\/ins>/);
    assert.match(versions.text, /Ann Lee<\/b> wrote it/);
    const part = (await bo.get(`/notes/${note}/versions`, partial)).text;
    assert.match(part, /^<ol class="note-versions">/);
    await post(ann, `/notes/${note}`, { version: 3, body: 'Call on Friday\nBring the offer\n<b>Done</b>' });
    assert.equal(await stack.value(`select version from note where id = ${note}`), 3, 'saving without a change is none');
});

test('two people at one note: the second sees what changed and loses nothing', async () => {
    const { account } = await addBoard(stack, own, 'Sage');
    const note = await write(ann, account, 'One\nTwo');
    assert.equal((await post(ann, `/notes/${note}`, { version: 1, body: 'One\nTwo and a half' })).status, 303);
    const stale = await post(client, `/notes/${note}`, { version: 1, body: 'Mine, all mine' });
    assert.equal(stale.status, 409);
    assert.match(stale.text, /Ann Lee changed this note/);
    assert.match(stale.text, /<ins>Two and a half<\/ins>/);
    assert.match(stale.text, /<textarea[^>]*>\s*Mine, all mine<\/textarea>/);
    assert.equal(await stack.value(`select body from note where id = ${note}`), 'One\nTwo and a half');
    const part = await post(client, `/notes/${note}`, { version: 1, body: 'Mine' }, partial);
    assert.equal(part.headers['hx-retarget'], `#note-${note}`);
    assert.match(part.text, /^<form class="note-form/);
    const version = /name="version" value="(\d+)"/.exec(stale.text)[1];
    assert.equal((await post(client, `/notes/${note}`, { version, body: 'Both' })).status, 303);
    assert.equal(await stack.value(`select count(*) from note_version where note_id = ${note}`), 2);
    assert.equal((await post(client, `/notes/${note}`, { body: 'No version' })).status, 409);
});

test('a deleted note comes back for 30 days', async () => {
    const { account, board, card } = await addBoard(stack, own, 'Dill');
    const back = `/boards/${board}/cards/${card}?tab=notes`;
    const note = await write(ann, account, 'Soon gone');
    const answer = await post(ann, `/notes/${note}/delete`, { back });
    assert.equal(answer.location, `${back}&deleted=${note}`);
    const page = (await ann.get(answer.location)).text;
    assert.match(page, /The note was deleted/);
    assert.match(page, new RegExp(`action="/notes/${note}/restore"`));
    assert.equal((await ann.get(`/notes/${note}`)).status, 404);
    assert.equal((await ann.get(`/notes/${note}/versions`)).status, 404);
    assert.equal((await post(bo, `/notes/${note}/restore`, {})).status, 403);
    assert.equal((await post(ann, `/notes/${note}/restore`, { back })).location, back);
    assert.equal((await post(ann, `/notes/${note}/restore`, { back })).status, 303, 'twice does no harm');
    assert.match((await ann.get(back)).text, /Soon gone/);
    await stack.psql(`update note set deleted_at = now() - interval '31 days' where id = ${note}`);
    assert.equal((await post(ann, `/notes/${note}/restore`, { back })).status, 404);
    const kinds = await stack.rows(`select detail->>'what' as what from card_ledger where card_id = ${card} and kind = 4 order by id`);
    assert.deepEqual(kinds.map(({ what }) => what), ['added', 'deleted', 'restored']);
});

test('a note changes when its cards were modified, never how long they stand where they are', async () => {
    const { account, card } = await addBoard(stack, own, 'Age');
    await stack.psql(`update card set stage_at = '2026-01-01', modified_at = '2026-01-01' where id = ${card}`);
    await write(ann, account, 'Hello');
    assert.deepEqual(await stack.rows(`select stage_at = '2026-01-01' as stays, modified_at > '2026-01-02' as modified from card where id = ${card}`),
        [{ stays: true, modified: true }]);
});

test('what is not allowed is refused', async () => {
    const { account } = await addBoard(stack, own, 'Thyme');
    const note = await write(ann, account, 'Hers');
    for (const [path, fields] of [['', { version: 1, body: 'x' }], ['/pin', { pinned: '1' }], ['/delete', {}]]) {
        assert.equal((await post(bo, `/notes/${note}${path}`, fields)).status, 403, path);
    }
    assert.equal((await bo.get(`/notes/${note}`)).status, 403);
    assert.equal(await stack.value(`select body from note where id = ${note}`), 'Hers');
    for (const options of [undefined, partial]) {
        const long = await post(ann, '/notes', { account, body: 'x'.repeat(20001) }, options);
        assert.equal(long.status, 422);
        assert.match(long.text, /x{20001}<\/textarea>/, 'what was typed is kept');
        const edit = await post(ann, `/notes/${note}`, { version: 1, body: '' }, options);
        assert.equal(edit.status, 422);
        assert.equal(edit.headers['hx-retarget'], options && `#note-${note}`);
    }
    const foreign = await addWorkspace(stack, 'Rival');
    const theirs = await addBoard(stack, foreign, 'Rival');
    assert.equal((await post(client, '/notes', { account: theirs.account, body: 'x' })).status, 404);
    assert.equal((await post(client, `/notes/${theirs.note}`, { version: 1, body: 'x' })).status, 404);
    assert.equal((await post(client, `/notes/${theirs.note}/restore`, {})).status, 404);
    assert.equal((await client.get(`/notes/${theirs.note}/versions`)).status, 404);
    assert.equal((await post(client, '/mentions/seen', { note: theirs.note, open: '1' })).status, 404);
    await stack.psql(`insert into note_mention (dataset_id, note_id, user_id) values (${foreign.dataset}, ${theirs.note}, ${own.user})`);
    assert.equal(await unread(client), 0, 'another dataset is not counted');
    assert.doesNotMatch((await client.get('/mentions?show=all')).text, /Called them/);
});
