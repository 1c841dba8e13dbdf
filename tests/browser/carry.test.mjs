// Carrying cards without a mouse: by keyboard, with words for every step, and by finger.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { drag, signedIn } from '../lib/person.mjs';
import { eventually, sleep } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

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

async function open(cards, options) {
    const board = await addBoard(stack, own, `Carry${Math.random().toString(36).slice(2, 7)}`);
    board.cards = await addCards(stack, own, board, cards);
    const page = await signedIn(browser, stack, options);
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator('#live[data-state=on]').waitFor();
    return { board, page };
}
const stored = async (id) => (await stack.rows(`select id from card where stage_id = ${id} order by rank, id`)).map((row) => row.id);
const shown = (page, stage) => page.locator(`#s${stage} .card`).evaluateAll((cards) => cards.map(({ id }) => Number(id.slice(1))));
const focused = (page) => page.evaluate(() => Number(document.activeElement.closest('.card')?.id.slice(1)));
const said = (page, text) => page.locator('#said', { hasText: text }).waitFor({ state: 'attached' });
const pick = async (page, card) => {
    await page.locator(`#c${card} .card-name`).focus();
    await page.keyboard.press('Space');
};

test('Space picks up, the arrows carry, Enter drops; each step is said', async () => {
    const { board, page } = await open(4);
    const [a, b, c] = board.cards;
    await pick(page, b);
    await said(page, 'Picked up Company 2, in Discovery, position 3 of 5. Arrow keys move, Enter drops, Escape cancels.');
    await mustBeAccessible(page);
    await page.keyboard.press('ArrowUp');
    await said(page, 'Discovery, position 2 of 5');
    await page.keyboard.press('ArrowRight');
    await said(page, 'Interest, position 1 of 1');
    assert.equal(await focused(page), b);
    await page.keyboard.press('Enter');
    await page.locator('.toast', { hasText: 'Moved Company 2 to Interest' }).waitFor();
    assert.deepEqual(await stored(board.stage2), [b]);
    assert.equal(await focused(page), b);
    await pick(page, c);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    await eventually('the order is stored', async () => (await stored(board.stage)).indexOf(c) < (await stored(board.stage)).indexOf(a));
    assert.deepEqual(await shown(page, board.stage), await stored(board.stage));
    assert.deepEqual(page.complaints, []);
});

test('Escape puts back; so does leaving; what others do waits until then', async () => {
    const { board, page } = await open(3);
    const [a, b] = board.cards;
    const before = await shown(page, board.stage);
    const operations = () => stack.value(`select count(*) from operation where board_id = ${board.board}`);
    const done = await operations();
    await pick(page, a);
    await page.keyboard.press('ArrowRight');
    await stack.psql(`update card set score = 77, version = version + 1 where id = ${b};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${b})`);
    await sleep(1500);
    assert.notEqual(await page.locator(`#c${b} .score`).textContent(), '77', 'the page stays still');
    await page.keyboard.press('Escape');
    await said(page, 'Company 1 put back in Discovery.');
    await page.locator(`#c${b} .score`, { hasText: '77' }).waitFor();
    assert.deepEqual(await shown(page, board.stage), before);
    assert.equal(await focused(page), a);
    await pick(page, a);
    await page.keyboard.press('ArrowRight');
    await page.locator('#drawer').evaluate(() => document.querySelector('.search input').focus());
    await said(page, 'The focus has left. Company 1 put back in Discovery.');
    await pick(page, a);
    await page.keyboard.press('Enter');
    await said(page, 'Company 1 stays where it was.');
    assert.equal(await operations(), done);
    assert.deepEqual(page.complaints, []);
});

test('several are carried together; into a sorted stage they find their own places', async () => {
    const { board, page } = await open(5);
    await stack.psql(`update stage set sort = 3 where id = ${board.stage2};
        insert into card_change (dataset_id, board_id) values (${own.dataset}, ${board.board})`);
    await page.locator(`#s${board.stage2}[data-sorted="1"]`).waitFor();
    const [a, b, c] = board.cards;
    for (const card of [a, c]) {
        await page.locator(`#c${card} .card-name`).click({ modifiers: ['Control'] });
    }
    await pick(page, c);
    await said(page, 'Picked up 2 cards');
    await page.keyboard.press('ArrowRight');
    await said(page, 'Interest, which is sorted');
    await page.keyboard.press('Enter');
    await page.locator('.toast', { hasText: 'Moved 2 cards to Interest' }).waitFor();
    assert.deepEqual((await stored(board.stage2)).sort(), [a, c].sort());
    assert.ok((await stored(board.stage)).includes(b));
    assert.deepEqual(page.complaints, []);
});

test('several are dropped where they were carried to, in the order they had', async () => {
    const { board, page } = await open(6);
    const [a, b, c, d] = board.cards;
    await stack.psql(`update card set stage_id = ${board.stage2} where id in (${a}, ${b});
        update stage set cards = cards - 2 where id = ${board.stage}; update stage set cards = cards + 2 where id = ${board.stage2};
        insert into card_change (dataset_id, board_id) values (${own.dataset}, ${board.board})`);
    await page.locator(`#s${board.stage2} #c${b}`).waitFor();
    for (const card of [c, d]) {
        await page.locator(`#c${card} .card-name`).click({ modifiers: ['Control'] });
    }
    await pick(page, d);
    await page.keyboard.press('ArrowRight');
    while ((await shown(page, board.stage2)).indexOf(d) !== 1) {
        await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
    await page.locator('.toast', { hasText: 'Moved 2 cards to Interest' }).waitFor();
    assert.deepEqual(await stored(board.stage2), [a, c, d, b]);
    assert.deepEqual(await shown(page, board.stage2), [a, c, d, b]);
    await page.keyboard.press('u');
    await eventually('back', async () => (await stored(board.stage2)).join() === [a, b].join());
    assert.deepEqual(page.complaints, []);
});

test('a folded stage takes what is dropped on it, and opens for what is carried', async () => {
    const { board, page } = await open(3);
    const [a, b] = board.cards;
    await page.getByLabel('Menu of Interest').click();
    await page.getByRole('button', { name: 'Fold this stage' }).click();
    await page.locator(`#s${board.stage2}.folded`).waitFor();
    await mustBeAccessible(page);
    await drag(page, a, page.locator(`#s${board.stage2}`));
    await eventually('it is stored', async () => (await stored(board.stage2)).includes(a));
    assert.equal(await page.locator(`#s${board.stage2} .stage-count`).textContent(), '1');
    await pick(page, b);
    await page.keyboard.press('ArrowRight');
    await page.locator(`#s${board.stage2} #c${b}`).waitFor();
    await page.keyboard.press('Enter');
    await eventually('this one too', async () => (await stored(board.stage2)).includes(b));
    await page.locator(`#s${board.stage2}.folded`).waitFor();
    await page.reload();
    await page.locator(`#s${board.stage2}.folded`).waitFor();
    await page.getByRole('button', { name: 'Show the cards of Interest' }).click();
    await page.locator(`#s${board.stage2} #c${a}`).waitFor();
    await eventually('remembered', async () => (await stack.value(`select cardinality(folded) from board_person where board_id = ${board.board}`)) === 0);
    assert.deepEqual(page.complaints, []);
});

async function finger(page) {
    const client = await page.context().newCDPSession(page);
    const touch = (type, x, y) => client.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
    return {
        press: async (box) => {
            await touch('touchStart', box.x + 120, box.y + 20);
            await sleep(420);
        },
        move: async (from, to) => {
            for (let i = 1; i <= 10; i++) {
                await touch('touchMove', from.x + 120 + (to.x - from.x - 120) * i / 10, from.y + 20 + (to.y - from.y - 20) * i / 10);
                await sleep(20);
            }
        },
        lift: () => touch('touchEnd'),
    };
}

test('on a phone: onto a name in the switch; a long press selects, taps go on selecting', async () => {
    const { board, page } = await open(6, { width: 390, height: 844, touch: true });
    const [a, b, c] = board.cards;
    const hand = await finger(page);
    const from = await page.locator(`#c${a}`).boundingBox();
    const name = await page.getByRole('link', { name: /^Interest/ }).boundingBox();
    await hand.press(from);
    await hand.move(from, { x: name.x + 20, y: name.y + 12 });
    await page.locator('.stage-switch a.target').waitFor();
    await hand.lift();
    await eventually('it is moved', async () => (await stored(board.stage2)).includes(a));
    await page.locator(`#s${board.stage2} #c${a}`).waitFor({ state: 'attached' });
    await page.getByRole('link', { name: /^Discovery/ }).click();
    await sleep(500);
    await hand.press(await page.locator(`#c${b}`).boundingBox());
    await hand.lift();
    await page.locator('#selection.shown').waitFor();
    assert.equal(await page.locator('#drawer[open]').count(), 0);
    await page.locator(`#c${c} .card-name`).tap();
    assert.equal(await page.locator('[data-picked]').textContent(), '2');
    await mustBeAccessible(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} px wider than the window`);
    await page.locator('#selection').getByRole('button', { name: 'Clear the selection' }).tap();
    await page.locator(`#c${c} .card-name`).tap();
    await page.locator('#drawer[open]').waitFor();
    assert.deepEqual(page.complaints, []);
});

test('on a phone a card is carried over the edge to the next stage', async () => {
    const { board, page } = await open(3, { width: 390, height: 844, touch: true });
    const [a] = board.cards;
    const hand = await finger(page);
    const from = await page.locator(`#c${a}`).boundingBox();
    await hand.press(from);
    await hand.move(from, { x: 385, y: from.y + 40 });
    await eventually('the next stage comes', async () => {
        const box = await page.locator(`#s${board.stage2}`).boundingBox();
        return box.x < 120;
    });
    await hand.move({ x: 265, y: from.y + 20 }, { x: 200, y: from.y + 30 });
    await hand.lift();
    await eventually('it is moved', async () => !(await stored(board.stage)).includes(a));
    assert.deepEqual(page.complaints, []);
});

test('in swimlanes of owners another lane is another owner; of tags it is refused', async () => {
    const { board, page } = await open(4);
    const [a, b] = board.cards;
    await stack.psql(`update card set owner_id = ${own.user}, tags = '[["Partner", 1]]' where id = ${b}`);
    const owner = (card) => stack.value(`select owner_id from card where id = ${card}`);
    const cell = (lane, stage) => page.locator(`.cards[data-lane="${lane}"][data-stage="${stage}"]`);
    await page.goto(`${stack.url}/boards/${board.board}?lanes=owner`);
    await page.locator('#live[data-state=on]').waitFor();
    await drag(page, a, cell(own.user, board.stage));
    await eventually('it has an owner', async () => await owner(a) === own.user);
    await page.locator('.toast', { hasText: 'Company 1' }).waitFor();
    await cell(own.user, board.stage).locator(`#c${a}`).waitFor();
    await drag(page, b, cell('none', board.stage2));
    await eventually('both at once', async () => await owner(b) === null && (await stored(board.stage2)).includes(b));
    await cell('none', board.stage2).locator(`#c${b}:not(.waiting)`).waitFor();
    await page.locator(`#c${b} .card-name`).focus();
    await page.keyboard.press(']');
    await cell('none', board.stage3).locator(`#c${b}`).waitFor();
    await mustBeAccessible(page);
    await page.goto(`${stack.url}/boards/${board.board}?lanes=tag`);
    await page.locator('#live[data-state=on]').waitFor();
    await drag(page, a, page.locator(`.cards[data-stage="${board.stage}"]`).first());
    await page.locator('.toast', { hasText: 'first tag' }).waitFor();
    assert.deepEqual(page.complaints, []);
});
