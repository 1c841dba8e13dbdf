// Two browsers on one board: each sees what the other does, and the second of two movers is told.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { drag, signedIn } from '../lib/person.mjs';
import { eventually, sleep } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

let stack, browser, own;
before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    own = await ownDataset(stack);
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});

const person = (options) => signedIn(browser, stack, options);

async function newBoard(cards) {
    const board = await addBoard(stack, own, `Live${Math.random().toString(36).slice(2, 7)}`);
    board.cards = await addCards(stack, own, board, cards);
    return board;
}
const stage = (page, id) => page.locator(`#s${id}`);
const cardsOf = (page, id) => page.locator(`#s${id} .card`).evaluateAll((cards) => cards.map((card) => Number(card.id.slice(1))));
const count = (page, id) => page.locator(`#s${id} .stage-count`).textContent();
const stored = async (id) => (await stack.rows(`select id from card where stage_id = ${id} order by rank, id`))
    .map((row) => row.id);

test('a card dragged in one browser moves in the other, within two seconds', async () => {
    const board = await newBoard(4);
    const [anna, ben] = [await person(), await person()];
    await anna.goto(`${stack.url}/boards/${board.board}`);
    await ben.goto(`${stack.url}/boards/${board.board}`);
    await ben.locator('#live[data-state=on]').waitFor();
    const card = board.cards[0];
    await drag(anna, card, anna.locator(`#s${board.stage2} .cards`));
    const dropped = Date.now();
    await ben.locator(`#s${board.stage2} #c${card}`).waitFor({ timeout: 10_000 });
    assert.ok(Date.now() - dropped < 2000, `after ${Date.now() - dropped} ms`);
    for (const page of [anna, ben]) {
        await eventually('counts follow', async () => await count(page, board.stage) === '4' && await count(page, board.stage2) === '1');
        assert.deepEqual(page.complaints, []);
    }
    await drag(ben, board.cards[1], ben.locator(`#c${card}`));
    await eventually('the order is stored', async () => (await stored(board.stage2)).length === 2);
    await eventually('and shown to both', async () => {
        const order = await stored(board.stage2);
        return [await cardsOf(anna, board.stage2), await cardsOf(ben, board.stage2)]
            .every((seen) => JSON.stringify(seen) === JSON.stringify(order));
    });
});

test('an empty board says how cards come, until one comes', async () => {
    const board = await addBoard(stack, own, 'Live-empty');
    await stack.psql(`delete from card where board_id = ${board.board}; update stage set cards = 0 where board_id = ${board.board}`);
    const page = await person();
    const asked = page.waitForResponse((answer) => answer.url().includes('/changes') && answer.status() === 200);
    await page.goto(`${stack.url}/boards/${board.board}`);
    await asked;
    await page.locator('#live[data-state=on]').waitFor();
    assert.match(await page.locator('.board-hint').innerText(), /Check your tracking/);
    const [card] = await addCards(stack, own, board, 1);
    await stack.psql(`insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${card})`);
    await page.locator(`#c${card}`).waitFor();
    await page.locator('.board-hint').waitFor({ state: 'detached' });
    assert.deepEqual(page.complaints, []);
});

test('the second of two movers sees who was first; the card is where it really is', async () => {
    const board = await newBoard(2);
    const [anna, ben] = [await person(), await person()];
    await anna.goto(`${stack.url}/boards/${board.board}`);
    await ben.goto(`${stack.url}/boards/${board.board}`);
    const card = board.cards[0];
    // Ben's page hears of nothing: no stream, no questions.
    await ben.route('**/{live,changes*}', (route) => route.abort());
    await ben.reload();
    await drag(anna, card, anna.locator(`#s${board.stage2} .cards`));
    await eventually('it is stored', async () => (await stored(board.stage2)).includes(card));
    const third = await stack.value(`select id from stage where board_id = ${board.board} and position = 3`);
    await drag(ben, card, ben.locator(`#s${third} .cards`));
    await ben.locator('.toast', { hasText: 'Your move was not made' }).waitFor();
    await ben.locator(`#s${board.stage2} #c${card}`).waitFor();
    assert.deepEqual(await stored(third), []);
    // Now that it knows, the next move works.
    await drag(ben, card, ben.locator(`#s${third} .cards`));
    await eventually('it is moved on', async () => (await stored(third)).includes(card));
    await anna.locator(`#s${third} #c${card}`).waitFor();
});

test('a page that slept catches up', async () => {
    const board = await newBoard(3);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator('#live[data-state=on]').waitFor();
    await page.context().setOffline(true);
    await page.locator('#live[data-state=off]').waitFor();
    const other = await person();
    await other.goto(`${stack.url}/boards/${board.board}`);
    await other.locator(`#c${board.cards[0]} .card-name`).focus();
    await other.keyboard.press(']');
    await eventually('it is stored', async () => (await stored(board.stage2)).length === 1);
    await page.context().setOffline(false);
    await page.locator(`#s${board.stage2} #c${board.cards[0]}`).waitFor({ timeout: 10_000 });
});

test('without a connection a move is taken back, and the page says so', async () => {
    const board = await newBoard(2);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.context().setOffline(true);
    await drag(page, board.cards[0], page.locator(`#s${board.stage2} .cards`));
    await page.locator('.toast', { hasText: 'You are offline' }).waitFor();
    await page.locator(`#s${board.stage} #c${board.cards[0]}`).waitFor();
    assert.equal(await count(page, board.stage), '3');
    await page.locator('#board-state', { hasText: /Offline. What you see is from \d/ }).waitFor();
    await mustBeAccessible(page);
    await page.context().setOffline(false);
    await page.locator('#live[data-state=on]').waitFor();
    assert.equal(await page.locator('#board-state').count(), 0);
    await page.locator('.toast', { hasText: 'Back online' }).waitFor();
    // The browser believes in its network, but nobody answers.
    await page.route('**/move', (route) => route.abort());
    await drag(page, board.cards[0], page.locator(`#s${board.stage2} .cards`));
    await page.locator('.toast', { hasText: 'No connection' }).waitFor();
    await page.locator(`#s${board.stage} #c${board.cards[0]}`).waitFor();
    assert.deepEqual(await stored(board.stage2), []);
    assert.equal(await count(page, board.stage), '3');
});

test('the keyboard walks and moves cards, and says what it did', async () => {
    const board = await newBoard(3);
    const [a, b, c] = board.cards;
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    const focused = () => page.evaluate(() => Number(document.activeElement.closest('.card')?.id.slice(1)));
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), a);
    await page.keyboard.press(']');
    await page.locator('.toast', { hasText: /Company 1 .*Interest/ }).waitFor();
    assert.equal(await focused(), a, 'the focus goes along');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), b);
    await page.keyboard.press('m');
    await page.keyboard.press('3');
    await page.locator('#chooser:not([open])').waitFor({ state: 'attached' });
    await eventually('it is stored', async () => (await stack.value(`select s.position from card c join stage s on s.id = c.stage_id
        where c.id = ${b}`)) === 3);
    await page.locator(`#c${c} .card-name`).focus();
    await page.keyboard.press('Shift+ArrowUp');
    await eventually('it is above', async () => (await stored(board.stage))[0] === c);
    await page.keyboard.press('[');
    assert.equal(await focused(), c);
    await page.keyboard.press('?');
    await page.locator('#keys[open]').waitFor();
    await stack.psql(`update card set score = score + 1 where id = ${c};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${c})`);
    await sleep(2500); // the card is drawn anew behind the dialog
    await page.keyboard.press('Escape');
    await eventually('the focus comes back', async () => await focused() === c);
    await page.keyboard.press('Enter');
    await page.locator('#drawer[open]').waitFor();
    assert.match(page.url(), new RegExp(`/boards/${board.board}/cards/${c}$`));
    await page.keyboard.press('Escape');
    await page.locator('#drawer:not([open])').waitFor({ state: 'attached' });
    await page.waitForURL(`**/boards/${board.board}`);
    await eventually('the focus comes back again', async () => await focused() === c);
    assert.deepEqual(page.complaints, []);
});

test('what is found can be moved, and nothing else comes in', async () => {
    const board = await newBoard(12);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.keyboard.press('/');
    await page.keyboard.type('company 1');
    await page.keyboard.press('Enter');
    await page.locator('.filters-found', { hasText: /^4 / }).waitFor();
    await drag(page, board.cards[10], page.locator(`#s${board.stage2} .cards`));
    await eventually('it is stored', async () => (await stored(board.stage2)).includes(board.cards[10]));
    await page.locator('.toast', { hasText: /Company 11 .*Interest/ }).waitFor();
    assert.equal(await page.locator('.card').count(), 4);
    await page.goto(`${stack.url}/boards/${board.board}?clear=1`);
    await page.locator(`#c${board.cards[4]}`).waitFor();
});

test('by touch a swipe scrolls and a long press drags', async () => {
    const board = await newBoard(30);
    const page = await person({ width: 1000, height: 700, touch: true });
    await page.goto(`${stack.url}/boards/${board.board}`);
    const client = await page.context().newCDPSession(page);
    const touch = (type, x, y) => client.send('Input.dispatchTouchEvent',
        { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
    const card = board.cards[1];
    const box = await page.locator(`#c${card}`).boundingBox();
    const [x, y] = [box.x + 120, box.y + 20];
    await touch('touchStart', x, y);
    for (let i = 1; i <= 8; i++) {
        await touch('touchMove', x, y - i * 20);
    }
    await touch('touchEnd');
    await sleep(300);
    assert.ok(await page.locator(`#s${board.stage} .cards`).evaluate((list) => list.scrollTop) > 20, 'it scrolls');
    assert.deepEqual((await stored(board.stage)).slice(1, 4), board.cards.slice(0, 3));
    await page.locator(`#s${board.stage} .cards`).evaluate((list) => { list.scrollTop = 0; });
    await sleep(200);
    const to = await page.locator(`#s${board.stage2} .cards`).boundingBox();
    await touch('touchStart', x, y);
    await sleep(450);
    for (let i = 1; i <= 10; i++) {
        await touch('touchMove', x + (to.x + to.width / 2 - x) * i / 10, y + (to.y + 20 - y) * i / 10);
        await sleep(20);
    }
    await touch('touchEnd');
    await eventually('it is moved', async () => (await stored(board.stage2)).includes(card));
});

test('what is being written in the drawer stays while the board changes', async () => {
    const board = await newBoard(2);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator(`#c${board.cards[0]} .card-name`).focus();
    await page.keyboard.press('e');
    await page.getByLabel('Write a note').fill('Half a sentence');
    await stack.psql(`update stage set name = 'Elsewhere' where id = ${board.stage2};
        insert into card_change (dataset_id, board_id) values (${own.dataset}, ${board.board})`);
    await sleep(6000);
    assert.equal(await page.getByLabel('Write a note').inputValue(), 'Half a sentence');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Elsewhere' }).waitFor();
    await page.locator(`#c${board.cards[0]}`).waitFor();
});

test('signed out elsewhere, an open board says so', async () => {
    const board = await newBoard(1);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.context().clearCookies();
    await stack.psql(`insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${board.card})`);
    const ended = page.locator('#board-state', { hasText: 'Your session has ended' });
    await ended.waitFor({ timeout: 15_000 });
    await mustBeAccessible(page);
    // Signed in again in another tab, it goes on by itself, with the new session's token.
    const other = await page.context().newPage();
    await other.goto(`${stack.url}/login`);
    await other.getByLabel('Email').fill(owner.email);
    await other.getByLabel('Password').fill(owner.password);
    await other.locator('main button[type=submit]').click();
    await other.waitForURL('**/boards');
    await ended.waitFor({ state: 'detached', timeout: 15_000 });
    await page.bringToFront();
    await drag(page, board.card, page.locator(`#s${board.stage2} .cards`));
    await eventually('moves work again', async () => (await stored(board.stage2)).length === 1);
    await page.locator(`#c${board.card}:not(.waiting)`).waitFor();
    await page.context().clearCookies();
    await page.evaluate(() => document.dispatchEvent(new Event('resume')));
    await ended.waitFor();
    await drag(page, board.card, page.locator(`#s${board.stage} .cards`));
    await page.locator('.toast', { hasText: 'Your session has ended' }).waitFor();
    await page.locator(`#s${board.stage2} #c${board.card}`).waitFor();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.waitForURL('**/login?next=*');
});

test('a stage deleted or renamed elsewhere is drawn anew', async () => {
    const board = await newBoard(2);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    const other = await person();
    await other.goto(`${stack.url}/boards/${board.board}/settings`);
    await other.getByLabel('Name of stage 2').fill('Warm');
    await other.getByRole('button', { name: 'Save stages' }).click();
    await stage(page, board.stage2).getByRole('heading', { name: 'Warm' }).waitFor();
    await drag(page, board.cards[0], page.locator(`#s${board.stage2} .cards`));
    await eventually('dragging still works', async () => (await stored(board.stage2)).includes(board.cards[0]));
});

test('what others do is said in one sentence, when there is a pause', async () => {
    const board = await newBoard(4);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator('#live[data-state=on]').waitFor();
    const ids = board.cards.slice(0, 3).join();
    await stack.psql(`update card set score = 90, version = version + 1 where id in (${ids});
        insert into card_change (dataset_id, board_id, card_id) select ${own.dataset}, ${board.board}, unnest('{${ids}}'::bigint[])`);
    await page.locator('#heard', { hasText: '3 cards changed' }).waitFor({ state: 'attached' });
    await stack.psql(`update card set score = 91, version = version + 1 where id = ${board.cards[0]};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${board.cards[0]})`);
    await page.locator('#heard', { hasText: 'Company 1 changed in Discovery' }).waitFor({ state: 'attached' });
    assert.equal(await page.locator('#heard').getAttribute('aria-live'), 'polite');
});

test('after sleep the page knows that time has passed, and asks anew', async () => {
    const board = await newBoard(2);
    const page = await person();
    await page.clock.install();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.clock.runFor(1000);
    await page.locator('#live[data-state=on]').waitFor();
    const streams = [];
    page.on('request', (request) => request.url().endsWith('/live') && streams.push(request.url()));
    await page.clock.setSystemTime(Date.now() + 3 * 3_600_000);
    await page.clock.runFor(6000);
    await eventually('another stream', () => streams.length > 0);
    await page.clock.runFor(1000);
    await page.locator('#live[data-state=on]').waitFor();
    assert.deepEqual(page.complaints, []);
});

test('messages wait while somebody is at them, and go when told', async () => {
    const board = await newBoard(3);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator(`#c${board.cards[0]} .card-name`).focus();
    await page.keyboard.press(']');
    const message = page.locator('.toast', { hasText: 'Interest' });
    await message.waitFor();
    await message.hover();
    await sleep(9000);
    assert.equal(await message.count(), 1, 'it waits');
    await page.locator(`#c${board.cards[1]} .card-name`).focus();
    await page.keyboard.press(']');
    await page.locator('.toast', { hasText: 'Company 2' }).waitFor();
    assert.equal(await page.locator('.toast').count(), 1, 'one takes the place of the other');
    await message.getByRole('button', { name: 'Undo' }).focus();
    await mustBeAccessible(page);
    await page.keyboard.press('Escape');
    await page.locator('.toast').waitFor({ state: 'detached' });
    assert.deepEqual(page.complaints, []);
});
