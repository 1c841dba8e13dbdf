// Finding cards over HTTP: filters and orders by the address, pages of what is found, what each person's
// board remembers, saved views, and what an open page under filters is told.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, addCards, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const idsOf = (html) => [...html.matchAll(/<li class="card[^"]*" id="c(\d+)"/g)].map(([, id]) => Number(id));
const chipsOf = (html) => [...html.matchAll(/<li class="chip[^"]*"><span class="clip">([^<]*)/g)].map(([, text]) => text);
const stageOf = (html, stage) => new RegExp(`<section[^>]* id="s${stage}"[^]*?</section>`).exec(html)[0];
const countOf = (html, stage) => /stage-count"[^>]*>([\d,+]+)</.exec(stageOf(html, stage))[1];
const partial = { headers: { 'HX-Request': 'true' } };
const plain = (text) => text.replaceAll('&amp;', '&');

// A colleague with the owner's password.
let colleagues = 0;
async function addMember() {
    const email = `colleague-${++colleagues}@example.com`;
    await stack.psql(`with u as (insert into app_user (email, name, password_hash)
            select '${email}', 'Colleague ${colleagues}', password_hash from app_user where id = ${own.user} returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u)
        insert into dataset_access (dataset_id, user_id) select ${own.dataset}, id from u`);
    return { ...owner, email };
}

// 31 cards: "Company 1" ... "Company 30" of which every third has the tag, and the board's own.
async function newBoard(n = 30) {
    const board = await addBoard(stack, own, `Board${Math.random().toString(36).slice(2, 8)}`);
    const cards = await addCards(stack, own, board, n);
    await stack.psql(`update card set tag_ids = '{${board.tag}}' where board_id = ${board.board} and id % 3 = 0;
        update card set owner_id = ${own.user} where board_id = ${board.board} and id % 2 = 0`);
    return { ...board, cards: [board.card, ...cards], path: `/boards/${board.board}` };
}
const open = async (board, query = '', who = client) => (await who.get(board.path + query)).text;
const token = async (board, who = client) => forms(await open(board, '?q=', who)).find(({ fields }) => fields.csrf).fields.csrf;
const wanted = async (board, condition, order = 'rank, id') => (await stack.rows(
    `select id from card where board_id = ${board.board} and ${condition} order by ${order}`)).map(({ id }) => id);

test('each filter alone and all together', async () => {
    const board = await newBoard(24);
    const cases = {
        'q=company 2': "title like 'Company 2%'",
        [`tag=${board.tag}`]: 'id % 3 = 0',
        [`nottag=${board.tag}`]: 'id % 3 <> 0',
        [`owner=${own.user}`]: 'id % 2 = 0',
        'owner=none': 'id % 2 <> 0',
        [`owner=none&owner=${own.user}`]: 'true',
        'min=20&max=80': 'score between 20 and 80',
        'on=activity&from=2000-01-01': 'last_activity_at is not null',
        'on=created&to=2000-01-01': 'false',
        [`q=company&tag=${board.tag}&owner=${own.user}&min=1&on=modified&from=2000-01-01`]:
            "title like 'Company%' and id % 6 = 0 and score >= 1",
    };
    for (const [query, condition] of Object.entries(cases)) {
        const html = await open(board, `?${query.replaceAll(' ', '%20')}`);
        const ids = await wanted(board, condition);
        assert.deepEqual(idsOf(html), ids, query);
        assert.equal(countOf(html, board.stage), String(ids.length), query);
        assert.match(html, new RegExp(`<b>${ids.length} cards?</b>`), query);
        assert.equal(/No card passes these filters/.test(html), ids.length === 0, query);
    }
});

test('one order for all stages', async () => {
    const board = await newBoard();
    assert.deepEqual(idsOf(await open(board, '?sort=score')), await wanted(board, 'true', 'score desc, id desc'));
    assert.deepEqual(idsOf(await open(board, '?sort=modified-up')), await wanted(board, 'true', 'modified_at, id'));
    const html = await open(board, '?sort=score&owner=none');
    assert.deepEqual(idsOf(html), await wanted(board, 'id % 2 <> 0', 'score desc, id desc'));
    assert.deepEqual(chipsOf(html), ['Owner: nobody', 'Leadscore, highest first']);
});

test('what is found is paged through once', async () => {
    const board = await newBoard(260);
    for (const query of ['owner=none', 'sort=activity', `q=company&sort=score-up&nottag=${board.tag}`]) {
        let html = await open(board, `?${query}`);
        let seen = idsOf(html);
        assert.equal(seen.length, query.startsWith('sort') ? 100 : 25, 'fewer at first when something is looked for');
        for (let next; (next = /hx-get="([^"]+)"[^>]*>Show more/.exec(html));) {
            assert.match(plain(next[1]), new RegExp(query.split('&')[0]));
            html = (await client.get(plain(next[1]), partial)).text;
            seen = seen.concat(idsOf(html));
        }
        assert.equal(new Set(seen).size, seen.length, query);
        const all = await wanted(board, query.includes('owner') ? 'id % 2 <> 0'
            : query.includes('q=') ? "title like 'Company%' and id % 3 <> 0" : 'true');
        assert.deepEqual([...seen].sort((a, b) => a - b), [...all].sort((a, b) => a - b), query);
    }
});

test('the chips say what is on, and each leads to the board without it', async () => {
    const board = await newBoard();
    const [{ name }] = await stack.rows(`select name from tag where id = ${board.tag}`);
    const html = await open(board, `?q=a&tag=${board.tag}&nottag=99999999&owner=88888888&min=3`);
    assert.deepEqual(chipsOf(html), ['“a”', `Tag: ${name}`, 'Not tag: deleted', 'Owner: unknown', 'Score 3 to 100']);
    const links = [...html.matchAll(/<a href="([^"]+)" aria-label="Remove /g)].map(([, href]) => plain(href));
    assert.deepEqual(links.map((link) => new URLSearchParams(link.split('?')[1]).size), [4, 4, 4, 4, 4]);
    for (const link of links) {
        assert.equal((await client.get(link)).status, 200, link);
    }
});

test('values that cannot be meant are refused with a sentence', async () => {
    const board = await newBoard(1);
    for (const query of ['tag=x', 'owner=all', 'min=101', 'from=yesterday', 'sort=name', 'on=never', 'lanes=9', 'view=x',
        `q=${'%ff'}`, Array.from({ length: 21 }, (_, i) => `tag=${i + 1}`).join('&')]) {
        const answer = await client.get(`${board.path}?${query}`);
        assert.ok([400, 422].includes(answer.status), `${query}: ${answer.status}`);
        assert.match(answer.text, /in this address|at most|not readable|cannot/i, query);
    }
    const whole = await client.get(`${board.path}?q=${encodeURIComponent('<script>alert(1)</script>')}`);
    assert.equal(whole.status, 200);
    assert.doesNotMatch(whole.text, /<script>alert/);
});

test('a board comes back as each person left it, until it is cleared', async () => {
    const board = await newBoard();
    const colleague = await addMember();
    const other = new Client(stack.url);
    await other.signIn(colleague);
    assert.equal((await client.get(`${board.path}?min=20&max=&tag=&sort=score`)).status, 200);
    const back = await client.get(board.path);
    assert.equal(back.status, 303);
    assert.equal(back.headers.location, `${board.path}?min=20&sort=score`);
    assert.equal((await client.get(`${board.path}?stage=${board.stage}`)).headers.location,
        `${board.path}?min=20&sort=score&stage=${board.stage}`);
    assert.equal((await other.get(board.path)).status, 200, 'a colleague sees all cards');
    await client.get(`${board.path}?min=30`, partial); // what script draws is not remembered
    assert.equal((await client.get(board.path)).headers.location, `${board.path}?min=20&sort=score`);
    const cleared = await client.get(`${board.path}?clear=1`);
    assert.equal(cleared.status, 303);
    assert.equal(cleared.headers.location, board.path);
    assert.equal((await client.get(board.path)).status, 200);
    await client.get(`${board.path}?min=20`);
    assert.equal(idsOf(await open(board, '?q=&min=')).length, 31, 'a form sent empty shows everything');
    assert.equal((await client.get(board.path)).status, 200);
});

test('a view is saved, opened, changed, shared and deleted', async () => {
    const board = await newBoard();
    const csrf = await token(board);
    const saved = await client.post(`${board.path}/views`, { csrf, name: 'Hot', query: 'min=60&sort=score' });
    assert.equal(saved.status, 303);
    const address = saved.headers.location;
    const id = Number(/view=(\d+)/.exec(address)[1]);
    const html = (await client.get(address)).text;
    assert.deepEqual(idsOf(html), await wanted(board, 'score >= 60', 'score desc, id desc'));
    assert.match(html, /Edit “Hot”/);
    assert.doesNotMatch(html, /Update “Hot”/);
    const changed = await open(board, `?min=50&view=${id}`);
    assert.match(changed, /Update “Hot”/);
    await client.post(`${board.path}/views/${id}`, { csrf, name: 'Hotter', query: `min=50&view=${id}`, shared: '1' });
    assert.deepEqual(await stack.rows(`select name, query, shared from board_view where id = ${id}`),
        [{ name: 'Hotter', query: 'min=50', shared: true }]);
    await client.post(`${board.path}/views/${id}`, { csrf, name: 'Renamed' });
    assert.deepEqual(await stack.rows(`select name, query, shared from board_view where id = ${id}`),
        [{ name: 'Renamed', query: 'min=50', shared: false }]);
    const gone = await client.post(`${board.path}/views/${id}/delete`, { csrf });
    assert.equal(gone.status, 303);
    assert.equal(idsOf(await open(board, `?view=${id}`)).length, 31, 'a view that is gone shows everything');
});

test('a private view is its owner\'s alone; a shared one is changed by its owner alone', async () => {
    const board = await newBoard(1);
    const other = new Client(stack.url);
    await other.signIn(await addMember());
    const csrf = await token(board);
    const theirs = await token(board, other);
    const save = async (name, shared) => Number(/view=(\d+)/.exec((await client.post(`${board.path}/views`,
        { csrf, name, query: 'min=1', ...(shared ? { shared: '1' } : {}) })).headers.location)[1]);
    const secret = await save('Secret', false);
    const open1 = await save('Open', true);
    const html = await open(board, '?q=', other);
    assert.match(html, /Open/);
    assert.doesNotMatch(html, /Secret/);
    assert.equal((await other.get(`${board.path}/views/${secret}`)).status, 404);
    assert.equal((await other.post(`${board.path}/views/${secret}`, { csrf: theirs, name: 'x' })).status, 404);
    assert.equal((await other.post(`${board.path}/views/${secret}/delete`, { csrf: theirs })).status, 404);
    assert.equal((await other.post(`${board.path}/views/${open1}`, { csrf: theirs, name: 'x' })).status, 403);
    assert.equal((await other.post(`${board.path}/views/${open1}/delete`, { csrf: theirs })).status, 403);
    // The board's owner may delete what a colleague shared.
    const made = await other.post(`${board.path}/views`, { csrf: theirs, name: 'Theirs', query: 'min=2', shared: '1' });
    const id = Number(/view=(\d+)/.exec(made.headers.location)[1]);
    assert.equal((await client.post(`${board.path}/views/${id}`, { csrf, name: 'x' })).status, 403);
    assert.equal((await client.post(`${board.path}/views/${id}/delete`, { csrf })).status, 303);
});

test('a view needs a name and something to show', async () => {
    const board = await newBoard(1);
    const csrf = await token(board);
    for (const fields of [{ name: '', query: 'min=1' }, { name: 'x', query: '' }, { name: 'x', query: 'min=x' },
        { name: 'x'.repeat(101), query: 'min=1' }]) {
        assert.equal((await client.post(`${board.path}/views`, { csrf, ...fields })).status, 422, JSON.stringify(fields));
    }
    assert.equal(await stack.value(`select count(*) from board_view where board_id = ${board.board} and name <> 'Warm'`), 0);
});

test('an open page under filters hears what comes in, what goes, and how many are left', async () => {
    const board = await newBoard();
    const html = await open(board, '?q=company%201&sort=score');
    const cursor = /data-cursor="([^"]+)"/.exec(html)[1];
    assert.match(html, /data-query="q=company%201&amp;sort=score"/);
    const shown = idsOf(html);
    const [goes, stays] = shown;
    const comes = board.cards.find((id) => !shown.includes(id) && id !== board.card);
    await stack.psql(`update card set title = 'Other', score = 1 where id = ${goes};
        update card set title = 'Company 1x', score = 100 where id = ${comes};
        update card_find set text = e'other\\n' where card_id = ${goes};
        update card_find set text = e'company 1x\\n' where card_id = ${comes};
        update card set contacts = 77 where id = ${stays};
        insert into card_change (dataset_id, board_id, card_id) select ${own.dataset}, ${board.board}, v
            from unnest(array[${goes}, ${comes}, ${stays}, ${board.card}]) v`);
    const { text } = await client.get(`${board.path}/changes?q=company%201&sort=score&since=${cursor}`);
    const change = (id) => new RegExp(`<li data-change="${id}"([^>]*)>`).exec(text)[1];
    assert.equal(change(goes), '');
    assert.equal(change(board.card), '', 'a card that never passed is not on the page');
    assert.equal(change(comes), ` data-stage="${board.stage}" data-previous="0"`);
    assert.match(change(stays), new RegExp(`data-previous="${comes}"`));
    assert.match(text, new RegExp(`data-stage="${board.stage}">${shown.length}<`));
    assert.match(text, new RegExp(`data-found>${shown.length} cards<`));
});

test('another workspace\'s cards are never found', async () => {
    const foreign = await addWorkspace(stack, 'Rival');
    const theirs = await addBoard(stack, foreign, 'Rival');
    const board = await newBoard(1);
    assert.equal((await client.get(`/boards/${theirs.board}?q=rival`)).status, 404);
    assert.equal((await client.get(`/boards/${theirs.board}/changes?q=rival&since=1-1`)).status, 404);
    assert.deepEqual(idsOf(await open(board, '?q=rival')), []);
    assert.deepEqual(idsOf(await open(board, `?tag=${theirs.tag}`)), []);
    assert.equal((await client.get(`${board.path}?view=${theirs.view}`)).status, 200, 'and their views say nothing');
});
