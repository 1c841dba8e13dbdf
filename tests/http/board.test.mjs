// The board over HTTP: orders and pages of cards, moves by two people, and what an open page is told.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const idsOf = (html) => [...html.matchAll(/<li class="card[^"]*" id="c(\d+)"/g)].map(([, id]) => Number(id));
const stageOf = (html, stage) => new RegExp(`<section[^>]* id="s${stage}"[^]*?</section>`).exec(html)[0];
const countOf = (html, stage) => Number(/stage-count"[^>]*>([\d,]+)</.exec(stageOf(html, stage))[1].replace(',', ''));
const cursorOf = (html) => /data-cursor="([^"]+)"/.exec(html)[1];
const versionOf = (html, card) => Number(new RegExp(`id="c${card}" data-v="(\\d+)"`).exec(html)[1]);
const partial = { headers: { 'HX-Request': 'true' } };

async function newBoard(n) {
    const board = await addBoard(stack, own, `Board${Math.random().toString(36).slice(2, 8)}`);
    const cards = await addCards(stack, own, board, n);
    return { ...board, cards: [board.card, ...cards], path: `/boards/${board.board}` };
}
const open = async (board, query = '') => (await client.get(board.path + query)).text;
const token = async (board) => forms(await open(board)).find(({ fields }) => fields.csrf).fields.csrf;

async function move(board, card, fields, options) {
    return client.post(`${board.path}/cards/${card}/move`, { csrf: await token(board), ...fields }, options);
}
const inStage = async (board, stage) => (await stack.rows(
    `select id from card where stage_id = ${stage} order by rank, id`)).map(({ id }) => id);

test('a stage shows its cards in each order, and pages through all of them once', async () => {
    const board = await newBoard(230);
    await stack.psql(`update card set stage_at = now() - (id * 13 % 50) * interval '1 day' where board_id = ${board.board}`);
    const orders = {
        hand: 'rank, id', activity: "coalesce(last_activity_at, '-infinity') desc, id desc",
        'activity-up': "coalesce(last_activity_at, '-infinity'), id", modified: 'modified_at desc, id desc',
        'modified-up': 'modified_at, id', score: 'score desc, id desc', 'score-up': 'score, id',
        stage: 'stage_at desc, id desc', 'stage-up': 'stage_at, id',
    };
    for (const [order, sql] of Object.entries(orders)) {
        const answer = await client.post(`${board.path}/stages/${board.stage}/sort`, { csrf: await token(board), order });
        assert.equal(answer.status, 303);
        const expected = (await stack.rows(`select id from card where stage_id = ${board.stage} order by ${sql}`))
            .map(({ id }) => id);
        const whole = stageOf(await open(board), board.stage);
        let seen = idsOf(whole);
        let more = /hx-get="([^"]+)"/.exec(whole)?.[1].replaceAll('&amp;', '&');
        while (more) {
            const page = (await client.get(more, partial)).text;
            assert.ok(!page.includes('<html'), 'htmx gets the cards alone');
            seen = seen.concat(idsOf(page));
            more = /hx-get="([^"]+)"/.exec(page)?.[1].replaceAll('&amp;', '&');
        }
        assert.deepEqual(seen, expected, order);
    }
    await client.post(`${board.path}/stages/${board.stage}/sort`, { csrf: await token(board), order: 'hand' });
    const link = /href="([^"]+)" hx-get/.exec(await open(board))[1].replaceAll('&amp;', '&');
    const page = await client.get(link);
    assert.match(page.text, /<html/, 'without script the link opens the board there');
    assert.deepEqual(idsOf(stageOf(page.text, board.stage)).slice(0, 1), [(await inStage(board, board.stage))
        [idsOf(stageOf(await open(board), board.stage)).length]]);
});

test('searching shows the cards whose name or domain has the text', async () => {
    const board = await newBoard(20);
    await stack.psql(`update card set title = '100%_Ünïque & <Co>', domain = 'needle.example' where id = ${board.cards[3]};
        update card_find set text = lower('100%_Ünïque & <Co>') || e'\\nneedle.example' where card_id = ${board.cards[3]}`);
    const found = async (text) => idsOf(await open(board, `?q=${encodeURIComponent(text)}`));
    for (const text of ['100%', '%_ÜN', 'needle.ex', ' & <co>', 'NEEDLE']) {
        assert.deepEqual(await found(text), [board.cards[3]], text);
    }
    for (const text of ['1000%', '100_%', '__', "'", '"><script>', '\\']) {
        assert.deepEqual(await found(text), [], text);
    }
    assert.equal((await found('company')).length, 19);
    assert.equal((await found('  ')).length, 21, 'nothing to search for');
    const html = await open(board, '?q=company');
    assert.match(html, /<b>19 cards<\/b>/);
    assert.match(html, /name="q"[^>]* value="company"/);
});

test('a wrong place in a stage is refused with a sentence', async () => {
    const board = await newBoard(1);
    for (const place of ['x', '1', '_', '1_', '--1_2', '1e9_3', '9'.repeat(30), '1._2']) {
        const answer = await client.get(`${board.path}?stage=${board.stage}&after=${place}`);
        assert.ok([200, 422].includes(answer.status), `${place}: ${answer.status}`);
    }
});

test('a move goes between its neighbours, to the top and to the bottom', async () => {
    const board = await newBoard(4);
    const [a, b, c, d, e] = board.cards;
    const go = async (card, fields) => {
        const html = await open(board);
        const answer = await move(board, card, { stage: board.stage2, version: versionOf(html, card), ...fields });
        assert.equal(answer.status, 303, answer.text);
    };
    await go(a, {});
    await go(b, { place: 'bottom' });
    await go(c, { after: a });
    await go(d, { before: b });
    assert.deepEqual(await inStage(board, board.stage2), [a, c, d, b]);
    await go(d, { after: 999999999 }); // its neighbour is gone: the top
    assert.deepEqual(await inStage(board, board.stage2), [d, a, c, b]);
    await go(d, { place: 'down' });
    assert.deepEqual(await inStage(board, board.stage2), [a, d, c, b]);
    await go(b, { place: 'up' });
    assert.deepEqual(await inStage(board, board.stage2), [a, d, b, c]);
    const html = await open(board);
    assert.equal(countOf(html, board.stage), 1);
    assert.equal(countOf(html, board.stage2), 4);
    assert.deepEqual(await inStage(board, board.stage), [e]);
    assert.equal(await stack.value(`select count(*) from card_ledger where board_id = ${board.board} and kind = 2`), 7);
});

test('a hundred moves into the same gap keep their order and short ranks', async () => {
    const board = await newBoard(3);
    const [first, , third] = await inStage(board, board.stage);
    const csrf = await token(board);
    let expected = await inStage(board, board.stage);
    for (let i = 0; i < 100; i++) {
        const card = expected[expected.length - 1];
        const version = await stack.value(`select version from card where id = ${card}`);
        const answer = await client.post(`${board.path}/cards/${card}/move`,
            { csrf, stage: board.stage, version, after: first });
        assert.equal(answer.status, 303);
        expected = [first, card, ...expected.slice(1, -1)];
        assert.deepEqual(await inStage(board, board.stage), expected);
    }
    assert.ok(third);
    assert.ok(await stack.value(`select max(length(rank::text)) from card where stage_id = ${board.stage}`) < 60);
});

test('the second of two movers is told, and nothing is lost', async () => {
    const board = await newBoard(2);
    const [, card] = board.cards;
    const cursor = cursorOf(await open(board));
    const first = await move(board, card, { stage: board.stage2, version: 1 });
    assert.equal(first.status, 303);
    const second = await move(board, card, { stage: board.stage, version: 1 });
    assert.equal(second.status, 409);
    assert.match(second.text, /Moved from Discovery to Interest by /);
    assert.match(second.text, /Your move to <b>Discovery<\/b> was not made/);
    assert.match(second.text, /name="version" value="2"/, 'the form knows the new version');
    const fragment = await move(board, card, { stage: board.stage, version: 1, cursor }, partial);
    assert.equal(fragment.status, 409);
    assert.match(fragment.text, /data-message/);
    assert.match(fragment.text, new RegExp(`data-change="${card}" data-stage="${board.stage2}"`));
    assert.deepEqual(await inStage(board, board.stage2), [card]);
    assert.equal(await stack.value(`select count(*) from card_ledger where card_id = ${card} and kind = 2`), 1);
});

test('of many movers at once one wins each version, and the counts stay right', async () => {
    const board = await newBoard(10);
    const csrf = await token(board);
    const [, card] = board.cards;
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => client.post(`${board.path}/cards/${card}/move`,
        { csrf, stage: i % 2 ? board.stage2 : board.stage, version: 1 })));
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 11);
    const [from, to] = [board.stage, board.stage2];
    await Promise.all(board.cards.slice(2).flatMap((other, i) => [
        client.post(`${board.path}/cards/${other}/move`, { csrf, stage: to, version: 1 }),
        client.post(`${board.path}/cards/${board.cards[2 + (i + 1) % 8]}/move`, { csrf, stage: from, version: 2 }),
    ]));
    const wrong = await stack.rows(`select s.id, s.cards, count(c.id) from stage s left join card c on c.stage_id = s.id
        where s.board_id = ${board.board} group by s.id, s.cards having s.cards <> count(c.id)`);
    assert.deepEqual(wrong, []);
});

test('moves that cannot be are refused, and nothing is written', async () => {
    const board = await newBoard(1);
    const other = await newBoard(1);
    const card = board.cards[1];
    const before = await stack.value('select count(*) from card_ledger');
    for (const [fields, status] of [
        [{ stage: other.stage, version: 1 }, 409],      // a stage of another board
        [{ stage: 999999999, version: 1 }, 409],
        [{ stage: board.stage2 }, 422],                 // no version
        [{ stage: board.stage2, version: 'x' }, 422],
        [{ version: 1 }, 422],
        [{ stage: board.stage2, version: 1, place: 'sideways' }, 422],
    ]) {
        const answer = await move(board, card, fields);
        assert.equal(answer.status, status, JSON.stringify(fields) + answer.text.slice(0, 200));
    }
    assert.equal((await move(board, other.cards[1], { stage: board.stage2, version: 1 })).status, 404);
    assert.equal(await stack.value('select count(*) from card_ledger'), before);
});

test('an open page is told what changed since its cursor, and nothing is skipped', async () => {
    const board = await newBoard(5);
    const html = await open(board);
    let cursor = cursorOf(html);
    const changes = (since, headers = {}) => client.get(`${board.path}/changes?since=${since}`, { headers });
    const quiet = await changes(cursor);
    assert.equal(quiet.status, 200);
    assert.equal((await changes(cursor, { 'If-None-Match': quiet.headers.etag })).status, 304);

    // A transaction that began before others and commits after them.
    const [slow, fast] = board.cards.slice(1, 3);
    const touch = (card) => `update card set score = score + 1 where id = ${card};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${card});`;
    const slowOne = stack.psql(`begin; ${touch(slow)} select pg_sleep(2); commit;`);
    await eventually('the slow one has begun', () => stack.value(
        `select count(*) from pg_stat_activity where query like '%pg_sleep(2)%' and wait_event = 'PgSleep'`));
    await stack.psql(touch(fast));
    const early = await changes(cursor, { 'If-None-Match': quiet.headers.etag });
    assert.equal(early.status, 200);
    assert.match(early.text, new RegExp(`data-change="${fast}"`));
    assert.ok(!early.text.includes(`data-change="${slow}"`));
    cursor = cursorOf(early.text);
    await slowOne;
    const late = await changes(cursor);
    assert.match(late.text, new RegExp(`data-change="${slow}"`), 'the slow one is not skipped');

    const previous = [...late.text.matchAll(/data-change="(\d+)" data-stage="(\d+)" data-previous="(\d+)"/g)];
    const order = await inStage(board, board.stage);
    for (const [, id, stage, above] of previous) {
        assert.equal(Number(stage), board.stage);
        assert.equal(Number(above), order[order.indexOf(Number(id)) - 1] ?? 0);
    }

    await stack.psql(`delete from card where id = ${fast};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${fast})`);
    assert.match((await changes(cursor)).text, new RegExp(`<li data-change="${fast}"></li>`), 'gone');
    for (const wrong of ['', 'x', '1', '5-', '-5', `1-${Math.floor(Date.now() / 1000) - 4000}`, '9'.repeat(40)]) {
        assert.match((await changes(wrong)).text, /data-reload="1"/, wrong);
    }
});

test('a private board is its owner\'s alone', async () => {
    const board = await newBoard(1);
    await stack.psql(`update board set visibility = 1, user_id = user_id + 1000 where id = ${board.board}`);
    const csrf = await token(await newBoard(1));
    for (const path of ['', '/changes?since=1-1', '/live', '/settings', '/stages', '/import', `/cards/${board.card}`,
        `/cards/${board.card}/move`]) {
        assert.equal((await client.get(board.path + path)).status, 404, path);
    }
    const answer = await client.post(`${board.path}/cards/${board.card}/move`, { csrf, stage: board.stage2, version: 1 });
    assert.equal(answer.status, 404);
    assert.ok(!(await client.get('/boards')).text.includes(`href="${board.path}"`));
});

test('deleting a stage asks where its cards go, and a board always keeps an entry stage', async () => {
    const board = await newBoard(3);
    const csrf = await token(board);
    const asked = await client.post(`${board.path}/stages`, { csrf, do: `delete:${board.stage}` });
    assert.equal(asked.location, `/boards/${board.board}/stages/${board.stage}/delete`);
    const answer = await client.post(asked.location, { csrf, target: board.stage2 });
    assert.equal(answer.status, 303);
    assert.deepEqual(await inStage(board, board.stage2), board.cards);
    assert.deepEqual(await stack.rows(`select name, position, entry, final, cards from stage
        where board_id = ${board.board} order by position`), [
        { name: 'Interest', position: 1, entry: true, final: false, cards: 4 },
        { name: 'Decision', position: 2, entry: false, final: true, cards: 0 }]);
    assert.equal((await client.get(board.path)).status, 200);
});

test('500 cards are less than 60 KB on the way', async () => {
    const { gzipSync } = await import('node:zlib');
    const board = await newBoard(99);
    const stages = (await stack.rows(`select id from stage where board_id = ${board.board} order by position`)).slice(1);
    for (const { id } of stages) {
        await addCards(stack, own, { board: board.board, stage: id }, 200);
    }
    const html = await open(board);
    assert.ok(gzipSync(html).length < 60_000, `${gzipSync(html).length} bytes`);
});
