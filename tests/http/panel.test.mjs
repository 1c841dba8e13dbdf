// The panel over HTTP: why a card is where it is, moving and giving it from its head, its history with undo.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from '../lib/client.mjs';
import { addBoard, addCards, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);
const partial = { headers: { 'HX-Request': 'true' } };

const token = async () => /name="csrf" value="([^"]+)"/.exec((await client.get('/boards')).text)[1];
const post = async (path, fields, options) => client.post(path, { csrf: await token(), ...fields }, options);
const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ').replace(/ ([,.])/g, '$1').replaceAll('&amp;', '&').trim();
const why = (html) => text(/<p class="why">([^]*?)<\/p>/.exec(html)?.[1] ?? '');
const rows = (html) => [...html.matchAll(/<li id="h-\d+"[^>]*>([^]*?)<\/li>/g)].map(([, row]) => text(row));
const apply = (board, fields, options) => post(`/boards/${board}/cards/apply`, fields, options);

test('the head says why, on every tab, and every tab comes back to itself', async () => {
    const { board, card, stage2 } = await addBoard(stack, own, 'Fern');
    const base = `/boards/${board}/cards/${card}`;
    const answer = await apply(board, { do: 'move', card, to: stage2, back: `${base}?tab=notes` });
    assert.match(answer.location, new RegExp(`^/boards/${board}/cards/${card}\\?tab=notes&did=\\d+$`));
    const page = (await client.get(answer.location)).text;
    assert.match(page, /Moved Fern Ltd to Interest\./);
    assert.match(page, /<textarea/);
    for (const tab of ['', '?tab=details', '?tab=notes', '?tab=history']) {
        assert.match(why((await client.get(base + tab)).text), /Why is this card in Interest\? Moved from Discovery to Interest by owner, just now/);
    }
    const part = await apply(board, { do: 'owner', card, owner: own.user, back: base }, partial);
    assert.equal(part.status, 303, 'htmx follows to the panel');
    assert.match((await client.get(part.location, partial)).text, /^<div class="account"/);
    assert.equal(await stack.value(`select owner_id from card where id = ${card}`), own.user);
});

test('a way back to elsewhere is not taken', async () => {
    const { board, card, stage2 } = await addBoard(stack, own, 'Moss');
    for (const back of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
        const answer = await apply(board, { do: 'move', card, to: stage2, back });
        assert.match(answer.location, new RegExp(`^/boards/${board}\\?`));
    }
});

test('history undoes what was done, says who did, and lets nobody do it twice', async () => {
    const { board, card, stage2, account } = await addBoard(stack, own, 'Reed');
    await stack.psql(`update card_ledger set operation_id = null where card_id = ${card}`);
    const base = `/boards/${board}/cards/${card}`;
    const history = async () => (await client.get(`${base}?tab=history`)).text;
    await apply(board, { do: 'move', card, to: stage2, back: base });
    await apply(board, { do: 'owner', card, owner: own.user, back: base });
    let page = await history();
    assert.match(rows(page)[0], /^Taken over by owner just now ?Undo$/);
    assert.match(rows(page)[1], /^Moved from Discovery to Interest by owner just now ?Undo$/);
    const operations = [...page.matchAll(/action="(\/operations\/\d+\/undo)"/g)].map(([, path]) => path);
    assert.equal(operations.length, 2);
    const answer = await post(operations[1], { back: `${base}?tab=history` });
    assert.match(answer.location, /tab=history&did=\d+$/);
    page = (await client.get(answer.location)).text;
    assert.match(rows(page).find((row) => row.startsWith('Moved from Discovery')), /undone by owner/);
    assert.match(rows(page)[0], /Moved from Interest to Discovery by owner, who undid something/);
    assert.equal(await stack.value(`select count(*) from card c join stage s on s.id = c.stage_id where c.id = ${card} and s.name = 'Discovery'`), 1);
    assert.equal([...page.matchAll(/action="\/operations\/\d+\/undo"/g)].length, 1, 'the undo itself is not undone');
    assert.equal((await post(operations[1], { back: base })).status, 409);
    await stack.psql(`update card_ledger set at = at - interval '31 days' where card_id = ${card}`);
    assert.doesNotMatch(await history(), /action="\/operations/, 'too late');
    await post('/notes', { account, body: 'Call' });
    const note = await stack.value('select max(id) from note');
    await post(`/notes/${note}/delete`, {});
    assert.match(await history(), new RegExp(`action="/notes/${note}/restore"`));
    await post(`/notes/${note}/restore`, {});
    assert.doesNotMatch(await history(), /\/restore"/);
});

test('one of many says so, with a link to the rest', async () => {
    const board = await addBoard(stack, own, 'Many');
    const cards = await addCards(stack, own, board, 3);
    await apply(board.board, { do: 'move', card: cards, to: board.stage3 });
    const page = (await client.get(`/boards/${board.board}/cards/${cards[0]}?tab=history`)).text;
    assert.match(rows(page)[0], /Moved from Discovery to Decision by owner, one of 3 just now ?Undo all 3/);
    assert.match(page, /<a href="\/operations\/\d+">one of 3<\/a>/);
});

test('a long history has pages, each row once', async () => {
    const { board, card } = await addBoard(stack, own, 'Long');
    await stack.psql(`insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, detail)
        select ${own.dataset}, ${card}, ${board}, 4, 1, ${own.user}, '{"what":"added"}' from generate_series(1, 120)`);
    let path = `/boards/${board}/cards/${card}?tab=history`;
    const seen = [];
    while (path) {
        const page = (await client.get(path)).text;
        seen.push(...[...page.matchAll(/<li id="h-(\d+)"/g)].map(([, id]) => id));
        path = /href="([^"]*before=[^"]*)"/.exec(page)?.[1].replaceAll('&amp;', '&');
    }
    const all = await stack.value(`select count(*) from card_ledger where card_id = ${card}`);
    assert.ok(all > 120);
    assert.equal(seen.length, all);
    assert.equal(new Set(seen).size, all);
});

test('the score says what earned it', async () => {
    const { account, lead } = await addBoard(stack, own, 'Score');
    await stack.psql(`update lead set score = 42, score_parts = '[["email", 15], ["pageviews", 20], ["recency", 7]]', pageviews = 40
        where id = ${lead}`);
    const page = (await client.get(`/accounts/${account}`)).text;
    assert.match(text(page), /15 email someone@score-\w+\.example/);
    assert.match(page, new RegExp(`<a href="/leads/${lead}">40 pageviews</a>`));
    await stack.psql(`update lead set score_parts = '{"not": "a list"}' where id = ${lead}`);
    assert.equal((await client.get(`/accounts/${account}`)).status, 200);
});

test('cards of others are nobody else’s business', async () => {
    const foreign = await addWorkspace(stack, 'Rival');
    const theirs = await addBoard(stack, foreign, 'Rival');
    assert.equal((await client.get(`/boards/${theirs.board}/cards/${theirs.card}?tab=history`)).status, 404);
    assert.equal((await client.get(`/accounts/${theirs.account}?tab=details`)).status, 404);
    assert.equal((await apply(theirs.board, { do: 'move', card: theirs.card, to: theirs.stage2, back: '/boards' })).status, 404);
});
