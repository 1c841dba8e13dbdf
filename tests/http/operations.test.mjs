// What people do to many cards over HTTP: moving, giving, tagging, removing, everything in a stage, undoing
// it, the pages without script, and what is refused.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, addCards, ownDataset, rowCounts } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);
const csrf = forms((await client.get('/segments/new')).text).find(({ fields }) => fields.csrf).fields.csrf;
const script = { headers: { 'HX-Request': 'true' } };

async function newBoard(n, user = own.user) {
    const board = await addBoard(stack, { ...own, user }, `Board${Math.random().toString(36).slice(2, 8)}`);
    const cards = n > 0 ? await addCards(stack, own, board, n) : [];
    return { ...board, cards, path: `/boards/${board.board}` };
}

// Another member, who may see the dataset.
async function addMember(name, access = true) {
    return Number(await stack.psql(`with u as (insert into app_user (email, name, password_hash)
        values ('${name.toLowerCase()}-${Math.random().toString(36).slice(2, 8)}@example.org', '${name}', '*') returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u),
        a as (insert into dataset_access (user_id, dataset_id) select id, ${own.dataset} from u where ${access})
        select id from u`));
}

const cursorOf = (html) => /data-cursor="([^"]+)"/.exec(html)[1];
const attribute = (html, name) => new RegExp(`${name}="([^"]*)"`).exec(html)?.[1];
const apply = (board, fields, options) => client.post(`${board.path}/cards/apply`, { csrf, ...fields }, options);
const undo = (operation, fields = {}, options) => client.post(`/operations/${operation}/undo`, { csrf, ...fields }, options);
const inStage = async (stage) => (await stack.rows(
    `select id from card where stage_id = ${stage} order by rank, id`)).map(({ id }) => id);
const countsAreRight = async () => assert.equal(await stack.value(`select count(*) from stage s
    where cards <> (select count(*) from card c where c.dataset_id = s.dataset_id and c.stage_id = s.id)`), 0);

test('script: cards are moved, the answer says what was done and shows it, and undo takes it back', async () => {
    const board = await newBoard(4);
    const [a, b, c, d] = board.cards;
    const cursor = cursorOf((await client.get(board.path)).text);
    const answer = await apply(board, { card: [c, a], do: 'move', to: board.stage2, cursor }, script);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(attribute(answer.text, 'data-said'), 'Moved 2 cards to Interest');
    const operation = attribute(answer.text, 'data-operation');
    for (const id of [a, c]) {
        assert.match(answer.text, new RegExp(`data-change="${id}" data-stage="${board.stage2}"`));
    }
    assert.ok(!answer.text.includes(`data-change="${b}"`));
    assert.deepEqual(await inStage(board.stage2), [a, c], 'in the order they had');
    const undone = await undo(operation, { board: board.board, cursor: cursorOf(answer.text) }, script);
    assert.equal(undone.status, 200, undone.text);
    assert.equal(attribute(undone.text, 'data-said'), 'Undone: 2 cards are as they were');
    assert.equal(attribute(undone.text, 'data-operation'), undefined, 'an undo is not undone');
    assert.match(undone.text, new RegExp(`data-change="${a}" data-stage="${board.stage}"`));
    assert.deepEqual((await inStage(board.stage)).slice(1), [a, b, c, d]);
    const again = await undo(operation, { board: board.board, cursor }, script);
    assert.equal(again.status, 409);
    assert.match(again.text, /undone already, by/);
    await countsAreRight();
});

test('without script: the board says what was done, and its button undoes it', async () => {
    const board = await newBoard(2);
    const [a, b] = board.cards;
    const answer = await apply(board, { card: [a, b], do: 'move', to: board.stage3, query: 'q=company&did=3' });
    assert.equal(answer.status, 303);
    assert.match(answer.location, new RegExp(`^(http://[^/]+)?${board.path}\\?q=company&did=\\d+$`));
    const page = await client.get(answer.location);
    assert.match(page.text, /Moved 2 cards to Decision\./);
    assert.match(page.text, new RegExp(`href="${board.path}\\?q=company" aria-label="Close"`));
    const form = forms(page.text).find(({ action }) => /\/operations\/\d+\/undo$/.test(action));
    const answered = await client.post(form.action, form.fields);
    assert.match(answered.location, /\?q=company&did=\d+$/, 'looked at as before');
    const undone = await client.get(answered.location);
    assert.match(undone.text, /Undone: 2 cards are as they were\./);
    assert.ok(!forms(undone.text).some(({ action }) => action.endsWith('/undo')));
    const gone = await client.follow(await client.get(`${board.path}?did=${form.action.split('/')[2]}`));
    assert.match(gone.text, /Moved 2 cards to Decision\./);
    assert.ok(!forms(gone.text).some(({ action }) => action.endsWith('/undo')), 'undone once');
    for (const did of ['0', 'x', '-1', '99999999', '99999999999999999999']) {
        assert.equal((await client.follow(await client.get(`${board.path}?did=${did}`))).status, 200, did);
    }
    await countsAreRight();
});

test('one card by drag or form is an operation too', async () => {
    const board = await newBoard(1);
    const cursor = cursorOf((await client.get(board.path)).text);
    const fields = { csrf, stage: board.stage2, version: 1, cursor };
    const answer = await client.post(`${board.path}/cards/${board.card}/move`, fields, script);
    assert.match(attribute(answer.text, 'data-said'), /^Moved Board\w+ Ltd to Interest$/);
    const undone = await undo(attribute(answer.text, 'data-operation'), { board: board.board, cursor }, script);
    assert.equal(attribute(undone.text, 'data-said'), 'Undone: 1 card is as it was');
    const formed = await client.post(`${board.path}/cards/${board.card}/move`, { csrf, stage: board.stage, version: 3, place: 'bottom' });
    assert.match(formed.location, /&did=\d+#c\d+$/);
    assert.match((await client.get(formed.location.split('#')[0])).text, /Moved Board\w+ Ltd within Discovery\./);
});

test('cards are given to members who may see the board, and to nobody', async () => {
    const board = await newBoard(3);
    const ann = await addMember('Ann');
    const cat = await addMember('Cat', false);
    const given = await apply(board, { card: board.cards, do: 'owner', owner: ann }, script);
    assert.equal(attribute(given.text, 'data-said'), 'Gave 3 cards to Ann');
    assert.equal(await stack.value(`select count(*) from card where board_id = ${board.board} and owner_id = ${ann}`), 3);
    for (const wrong of [cat, 99999999]) {
        const refused = await apply(board, { card: board.cards, do: 'owner', owner: wrong }, script);
        assert.equal(refused.status, 422);
        assert.match(refused.text, /people who may see this board/);
    }
    const taken = await apply(board, { card: board.cards[0], do: 'owner', owner: 0 }, script);
    assert.match(attribute(taken.text, 'data-said'), /^Took the owner off Company \d+$/);
    await undo(attribute(taken.text, 'data-operation'));
    assert.equal(await stack.value(`select owner_id from card where id = ${board.cards[0]}`), ann);
    const nothing = await apply(board, { card: board.cards, do: 'owner', owner: ann }, script);
    assert.match(attribute(nothing.text, 'data-said'), /^Nothing changed/);
    assert.equal(attribute(nothing.text, 'data-operation'), undefined);
    assert.deepEqual(await stack.rows(`select detail from card_ledger where card_id = ${board.cards[1]} and kind = 3`),
        [{ detail: { from: null, to: String(ann) } }]);
});

test('cards are tagged with tags that are there and a new one', async () => {
    const board = await newBoard(2);
    const tag = await stack.value(`select id from tag where dataset_id = ${own.dataset} and name = 'Partner'`);
    const tagged = await apply(board, { card: board.cards, do: 'tag', tag, new_tag: 'Fresh' }, script);
    assert.equal(tagged.status, 200, tagged.text);
    assert.match(attribute(tagged.text, 'data-said'), /^Tagged 2 cards with (Fresh, Partner|Partner, Fresh)$/);
    assert.equal(await stack.value(`select count(*) from account_tag t join card c on c.account_id = t.account_id
        where c.board_id = ${board.board}`), 4);
    const off = await apply(board, { card: board.cards[0], do: 'untag', tag }, script);
    assert.match(attribute(off.text, 'data-said'), /^Took Partner off Company \d+$/);
    for (const answer of [off, tagged]) {
        assert.equal((await undo(attribute(answer.text, 'data-operation'), { board: board.board }, script)).status, 200);
    }
    assert.equal(await stack.value(`select count(*) from account_tag t join card c on c.account_id = t.account_id
        where c.board_id = ${board.board}`), 0);
    assert.equal((await apply(board, { card: board.cards, do: 'tag' })).status, 422);
    assert.equal((await apply(board, { card: board.cards, do: 'tag', tag: 99999999 })).status, 422);
});

test('removed cards come back; the excluded are listed, and let in again', async () => {
    const board = await newBoard(3);
    const [a, b, c] = board.cards;
    const cursor = cursorOf((await client.get(board.path)).text);
    const removed = await apply(board, { card: [a, b], do: 'remove', cursor }, script);
    assert.equal(attribute(removed.text, 'data-said'), 'Removed 2 cards');
    assert.match(removed.text, new RegExp(`<li data-change="${a}"></li>`));
    const undone = await undo(attribute(removed.text, 'data-operation'), { board: board.board, cursor }, script);
    assert.equal(attribute(undone.text, 'data-said'), 'Undone: 2 cards are as they were');
    const excluded = await apply(board, { card: [a, c], do: 'remove', exclude: 1 });
    assert.match((await client.get(excluded.location)).text, /Removed and excluded 2 cards\./);
    const page = await client.get(`${board.path}/exclusions`);
    assert.match(page.text, /Company 1</);
    assert.match(page.text, /Company 3</);
    const [first, second] = forms(page.text).filter(({ action }) => action.includes('/exclusions/'));
    const back = await client.follow(await client.post(first.action, { csrf, back: 1 }));
    assert.match(back.text, /its card is in the entry stage/);
    assert.equal(await stack.value(`select count(*) from card where board_id = ${board.board} and title = 'Company 3'
        and id <> ${c}`), 1);
    const only = await client.follow(await client.post(second.action, { csrf }));
    assert.match(only.text, /It may come to the board again\./);
    assert.equal((await client.post(second.action, { csrf })).status, 404);
    const late = await undo(/did=(\d+)/.exec(excluded.location)[1]);
    assert.match((await client.get(late.location)).text, /Undone: 1 card is as it was\. 1 was changed since and stays as it is\./);
    await countsAreRight();
});

test('undo leaves what a colleague did since, and says so', async () => {
    const board = await newBoard(3);
    const [a, b] = board.cards;
    const moved = await apply(board, { card: board.cards, do: 'move', to: board.stage2 }, script);
    await apply(board, { card: a, do: 'move', to: board.stage3 });
    const undone = await undo(attribute(moved.text, 'data-operation'), { board: board.board }, script);
    assert.equal(attribute(undone.text, 'data-said'),
        'Undone: 2 cards are as they were. 1 was changed since and stays as it is');
    assert.deepEqual(await inStage(board.stage3), [a]);
    assert.ok((await inStage(board.stage)).includes(b));
});

test('the last thing done is undone by its own address', async () => {
    const board = await newBoard(2);
    const cursor = cursorOf((await client.get(board.path)).text);
    const last = () => client.post('/operations/undo-last', { csrf, board: board.board, cursor }, script);
    await apply(board, { card: board.cards[0], do: 'move', to: board.stage2 });
    await apply(board, { card: board.cards[0], do: 'move', to: board.stage3 });
    for (const stage of [board.stage2, board.stage]) {
        assert.equal(attribute((await last()).text, 'data-said'), 'Undone: 1 card is as it was');
        assert.equal(await stack.value(`select stage_id from card where id = ${board.cards[0]}`), stage);
    }
    await last(); // what the fixture did
    await stack.psql(`update operation set undone_at = now() where board_id is null`);
    const nothing = await last();
    assert.equal(nothing.status, 200);
    assert.match(attribute(nothing.text, 'data-said'), /nothing of yours left to undo/);
    const page = await client.follow(await client.post('/operations/undo-last', { csrf, board: board.board }));
    assert.match(page.text, /nothing of yours left to undo/);
});

test('wrong choices are refused with a sentence, and nothing is written', async () => {
    const board = await newBoard(2);
    const elsewhere = await newBoard(1);
    const card = board.cards;
    const before = await rowCounts(stack);
    for (const [fields, why] of [
        [{ do: 'move', to: board.stage2 }, /at least one card/],
        [{ card, do: 'move' }, /Choose the stage/],
        [{ card, do: 'move', to: elsewhere.stage2 }, /no longer on this board/],
        [{ card, do: 'move', to: 99999999 }, /no longer on this board/],
        [{ all: board.stage, do: 'move', to: board.stage }, /another stage/],
        [{ card, do: 'owner' }, /who gets/],
        [{ card, do: 'owner', owner: -1 }, /./],
        [{ card, do: 'delete' }, /./],
        [{ card }, /./],
        [{ card: 'x', do: 'remove' }, /./],
        [{ card: Array.from({ length: 501 }, (_, i) => i + 1), do: 'remove' }, /./],
        [{ all: board.stage, query: 'min=abc', do: 'remove' }, /./],
        [{ card, do: 'tag', new_tag: 'x'.repeat(61) }, /./],
    ]) {
        for (const options of [undefined, script]) {
            const answer = await apply(board, fields, options);
            assert.ok([400, 422].includes(answer.status), `${JSON.stringify(fields)}: ${answer.status}`);
            assert.match(answer.text, why);
        }
    }
    assert.deepEqual(await rowCounts(stack), before);
    const other = await apply(board, { card: elsewhere.cards, do: 'remove' }, script); // not of this board
    assert.match(attribute(other.text, 'data-said'), /^Nothing changed/);
    assert.equal(await stack.value(`select count(*) from card where board_id = ${elsewhere.board}`), 2);
});

test("a colleague's private board is out of reach", async () => {
    const ann = await addMember('Ann');
    const board = await newBoard(2, ann);
    await stack.psql(`update board set visibility = 1 where id = ${board.board}`);
    const before = await rowCounts(stack);
    for (const answer of [
        await apply(board, { card: board.cards, do: 'remove' }),
        await apply(board, { all: board.stage, do: 'move', to: board.stage2 }),
        await client.get(`${board.path}/cards/apply?card=${board.card}`),
        await client.get(`${board.path}/exclusions`),
        await client.get(`/operations/${board.operation}`),
        await undo(board.operation),
        await undo(board.operation, { board: board.board }, script),
        await client.post(`/operations/${board.operation}/cancel`, { csrf }),
        await client.post('/operations/undo-last', { csrf, board: board.board }),
        await client.post(`${board.path}/exclusions/${board.exclusion}/delete`, { csrf }),
    ]) {
        assert.equal(answer.status, 404);
    }
    assert.deepEqual(await rowCounts(stack), before);
    const mine = await newBoard(1);
    await stack.psql(`update board set visibility = 1 where id = ${mine.board}`);
    assert.equal((await apply(mine, { card: mine.cards, do: 'owner', owner: ann })).status, 422, 'she does not see it');
    // An undo is drawn on no board but one that may be seen.
    const moved = await apply(mine, { card: mine.cards, do: 'move', to: mine.stage2 }, script);
    const undone = await undo(attribute(moved.text, 'data-operation'), { board: board.board }, script);
    assert.equal(undone.status, 404);
    assert.deepEqual(await inStage(mine.stage2), mine.cards, 'and then nothing was undone');
});

test('the pages without script offer everything there is to do', async () => {
    const board = await newBoard(14);
    const page = await client.get(`${board.path}/cards/apply?${board.cards.map((id) => `card=${id}`).join('&')}&card=x&card=99999999`);
    assert.match(page.text, /14 selected cards/);
    assert.match(page.text, /and 2 more/);
    const offered = forms(page.text).filter(({ action }) => action === `${board.path}/cards/apply`);
    assert.equal(offered.length, 4);
    assert.match((await client.get(`${board.path}/cards/apply`)).text, /No card is selected/);
    const all = await client.get(`${board.path}/cards/apply?all=${board.stage}`);
    assert.match(all.text, /All 15 cards of this stage are meant/);
    const some = await client.get(`${board.path}/cards/apply?all=${board.stage}&query=${encodeURIComponent('q=company 1')}`);
    assert.match(some.text, /The 6 cards that the board's filters show|All 15/);
    const card = await client.get(`${board.path}/cards/${board.card}/move`);
    assert.equal(forms(card.text).filter(({ action }) => action === `${board.path}/cards/apply`).length, 3);
    assert.ok(forms(card.text).some(({ action }) => action === `${board.path}/cards/${board.card}/move`));
});

test('everything in a stage, under filters or not', async () => {
    const board = await newBoard(12);
    const filtered = await apply(board, { all: board.stage, query: 'q=Company+1', do: 'move', to: board.stage2 }, script);
    assert.equal(attribute(filtered.text, 'data-said'), 'Moved 4 cards to Interest', '1, 10, 11, 12');
    const rest = await apply(board, { all: board.stage, do: 'move', to: board.stage3 }, script);
    assert.equal(attribute(rest.text, 'data-said'), 'Moved 9 cards to Decision');
    assert.deepEqual(await inStage(board.stage), []);
    await countsAreRight();
});

test('a large stage is done by a job with progress, and undone by one', async () => {
    const board = await newBoard(1100);
    const order = await inStage(board.stage);
    const done = async (id) => eventually('the job is done', async () => {
        const page = (await client.get(`/operations/${id}`, script)).text;
        assert.ok(!page.includes('<html'), 'script gets the part alone');
        return attribute(page, 'data-running') === '' && page;
    });
    const moved = await apply(board, { all: board.stage, do: 'move', to: board.stage2 }, script);
    assert.equal(attribute(moved.text, 'data-said'), 'Moving cards to Interest');
    const id = attribute(moved.text, 'data-operation');
    assert.equal(attribute(moved.text, 'data-progress'), `/operations/${id}`);
    assert.match(await done(id), /Moved 1,101 cards to Interest/);
    assert.deepEqual(await inStage(board.stage2), order, 'in the order they had');
    await countsAreRight();
    const page = await client.get(`${board.path}?did=${id}`);
    assert.match(page.text, /Moved 1,101 cards to Interest\./);
    const undone = await undo(id, { board: board.board });
    const undoing = /did=(\d+)/.exec(undone.location)[1];
    assert.equal((await undo(id)).status, 409);
    assert.match(await done(undoing), /Undone: 1,101 cards are as they were/);
    assert.deepEqual(await inStage(board.stage), order);
    await countsAreRight();
});

test('a job can be cancelled, and what it did be undone', async () => {
    const board = await newBoard(700);
    const resume = stack.pauseWorker();
    const moved = await apply(board, { all: board.stage, do: 'owner', owner: own.user });
    const id = /did=(\d+)/.exec(moved.location)[1];
    assert.match((await client.get(moved.location)).text, /Giving cards to [^<]*\./);
    assert.match((await client.get(`/operations/${id}`)).text, /Waiting to begin/);
    const early = await undo(id);
    assert.equal(early.status, 409);
    assert.match(early.text, /still being done/);
    const cancelled = await client.follow(await client.post(`/operations/${id}/cancel`, { csrf }));
    assert.match(cancelled.text, /Cancelled\./);
    resume();
    await eventually('the job is gone', async () => await stack.value('select count(*) from job where kind = 5') === 0);
    assert.equal(await stack.value(`select count(*) from card where board_id = ${board.board} and owner_id is not null`), 0);
    assert.match((await client.follow(await client.post(`/operations/${id}/cancel`, { csrf }))).text, /not under way/);
});
