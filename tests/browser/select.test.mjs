// Several cards at once: selecting them, what can be done with them, undo; by mouse and by keyboard.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { drag, signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
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
    const board = await addBoard(stack, own, `Select${Math.random().toString(36).slice(2, 7)}`);
    board.cards = await addCards(stack, own, board, cards);
    const page = await signedIn(browser, stack, options);
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator('#live[data-state=on]').waitFor();
    return { board, page };
}
const stored = async (id) => (await stack.rows(`select id from card where stage_id = ${id} order by rank, id`)).map((row) => row.id);
const selected = (page) => page.locator('.card-pick:checked').evaluateAll((picks) => picks.map(({ value }) => Number(value)));
const focused = (page) => page.evaluate(() => Number(document.activeElement.closest('.card')?.id.slice(1)));
const name = (page, card) => page.locator(`#c${card} .card-name`);
const bar = (page) => page.locator('#selection.shown');
const toast = (page, hasText) => page.locator('.toast', { hasText });
const here = async (page, stage, cards) => {
    for (const card of cards) {
        await page.locator(`#s${stage} #c${card}`).waitFor();
    }
};

test('by mouse: Ctrl selects one, Shift up to it, the box too; Escape clears', async () => {
    const { board, page } = await open(8);
    const [a, b, c, d, e] = board.cards;
    await name(page, a).click({ modifiers: ['Control'] });
    await bar(page).waitFor();
    assert.equal(await page.locator('#drawer[open]').count(), 0, 'it is not opened');
    await name(page, d).click({ modifiers: ['Shift'] });
    assert.deepEqual(await selected(page), [a, b, c, d]);
    await name(page, b).click({ modifiers: ['Control'] });
    assert.deepEqual(await selected(page), [a, c, d]);
    await page.locator(`#c${e}`).hover();
    await page.getByLabel('Select Company 5').check();
    assert.equal(await page.locator('[data-picked]').textContent(), '4');
    await mustBeAccessible(page);
    // What others change leaves the selection as it is.
    await stack.psql(`update card set score = 99, version = version + 1 where id = ${c};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${c})`);
    await page.locator(`#c${c} .score`, { hasText: '99' }).waitFor();
    assert.deepEqual(await selected(page), [a, c, d, e]);
    await page.keyboard.press('Escape');
    assert.deepEqual(await selected(page), []);
    await page.locator('#selection:not(.shown)').waitFor({ state: 'attached' });
    assert.deepEqual(page.complaints, []);
});

test('the bar moves all of them, and the message takes it back', async () => {
    const { board, page } = await open(6);
    const [a, b, c] = board.cards;
    for (const card of [a, b, c]) {
        await name(page, card).click({ modifiers: ['Control'] });
    }
    await bar(page).getByRole('button', { name: 'Move', exact: true }).click();
    await page.getByRole('combobox').fill('inter');
    await mustBeAccessible(page);
    await page.keyboard.press('Enter');
    await here(page, board.stage2, [a, b, c]);
    await toast(page, 'Moved 3 cards to Interest').waitFor();
    await mustBeAccessible(page);
    assert.deepEqual(await stored(board.stage2), [a, b, c]);
    assert.equal(await page.locator(`#s${board.stage2} .stage-count`).textContent(), '3');
    await toast(page, 'Moved 3 cards').getByRole('button', { name: 'Undo' }).click();
    await here(page, board.stage, [a, b, c]);
    await toast(page, 'Undone').waitFor();
    assert.deepEqual((await stored(board.stage)).filter((id) => [a, b, c].includes(id)), [a, b, c]);
    assert.deepEqual(page.complaints, []);
});

test('undo leaves what a colleague has changed since', async () => {
    const { board, page } = await open(4);
    const [a, b] = board.cards;
    await name(page, a).focus();
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('X');
    assert.deepEqual(await selected(page), [a, b]);
    await page.keyboard.press(']');
    await toast(page, 'Moved 2 cards to Interest').waitFor();
    const ben = await signedIn(browser, stack);
    await ben.goto(`${stack.url}/boards/${board.board}`);
    await drag(ben, a, ben.locator(`#s${board.stage3} .cards`));
    await here(page, board.stage3, [a]);
    await page.keyboard.press('u');
    await toast(page, /Undone.*1 .*since/).waitFor();
    await here(page, board.stage, [b]);
    await here(page, board.stage3, [a]);
    assert.deepEqual(await stored(board.stage3), [a]);
    assert.deepEqual(page.complaints, []);
});

test('dragging one of several carries all, as a stack with their number', async () => {
    const { board, page } = await open(8);
    const [a, b, c] = board.cards;
    for (const card of [a, c, b]) {
        await name(page, card).click({ modifiers: ['Control'] });
    }
    const from = await page.locator(`#c${b}`).boundingBox();
    const to = await page.locator(`#s${board.stage2} .cards`).boundingBox();
    await page.mouse.move(from.x + 120, from.y + 14);
    await page.mouse.down();
    await page.mouse.move(from.x + 130, from.y + 40, { steps: 4 });
    await page.mouse.move(to.x + 100, to.y + 20, { steps: 10 });
    assert.equal(await page.locator('.carried[data-n="3"]').count(), 1);
    await page.mouse.up();
    await here(page, board.stage2, [a, b, c]);
    await eventually('it is stored', async () => (await stored(board.stage2)).length === 3);
    await toast(page, 'Moved 3 cards to Interest').waitFor();
    // A card that is not selected goes alone.
    await drag(page, board.cards[5], page.locator(`#s${board.stage3} .cards`));
    await eventually('alone', async () => (await stored(board.stage3)).length === 1);
    assert.deepEqual(page.complaints, []);
});

test('owner: o, a name, Enter; 0 for nobody', async () => {
    const { board, page } = await open(3);
    const [a, b] = board.cards;
    const owner = async (card) => stack.value(`select owner_id from card where id = ${card}`);
    await name(page, a).focus();
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await page.keyboard.press('o');
    await page.locator('#chooser [role=option]').nth(1).waitFor();
    const who = (await page.locator('#chooser [role=option]').nth(1).locator('.clip').textContent());
    await page.keyboard.type(who.slice(0, 4).toLowerCase());
    await page.keyboard.press('Enter');
    await page.locator(`#c${a} .avatar`).waitFor();
    await page.locator(`#c${b} .avatar`).waitFor();
    assert.equal(await owner(b), own.user);
    await page.keyboard.press('Escape');
    await name(page, a).focus();
    await page.keyboard.press('o');
    await page.getByRole('option', { name: 'Nobody' }).waitFor();
    await page.keyboard.press('0');
    await page.locator(`#c${a} .avatar`).waitFor({ state: 'detached' });
    assert.equal(await owner(a), null);
    assert.equal(await focused(page), a, 'the focus stays');
    await page.keyboard.press('u');
    await page.locator(`#c${a} .avatar`).waitFor();
    assert.deepEqual(page.complaints, []);
});

test('tag: t, a new name; it shows which are on, and takes them off', async () => {
    const { board, page } = await open(3);
    const [a, b] = board.cards;
    await name(page, a).focus();
    await page.keyboard.press('t');
    await page.getByRole('combobox').fill('Warm intro');
    await page.getByRole('option', { name: 'New tag “Warm intro”' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator(`#c${a} .tag`, { hasText: 'Warm intro' }).waitFor();
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    assert.deepEqual(await selected(page), [a, b]);
    await page.keyboard.press('t');
    await page.getByRole('option', { name: /Warm intro ✓ 1 of 2/ }).waitFor();
    await mustBeAccessible(page);
    await page.keyboard.type('warm');
    await page.keyboard.press('Enter');
    await page.locator(`#c${b} .tag`, { hasText: 'Warm intro' }).waitFor();
    await page.keyboard.press('t');
    await page.getByRole('option', { name: 'Warm intro ✓' }).click();
    await page.locator(`#c${a} .tag`, { hasText: 'Warm intro' }).waitFor({ state: 'detached' });
    await page.locator(`#c${b} .tag`, { hasText: 'Warm intro' }).waitFor({ state: 'detached' });
    assert.deepEqual(page.complaints, []);
});

test('the stage chooser: any stage by name, Escape changes nothing', async () => {
    const { board, page } = await open(2);
    await stack.psql(`insert into stage (dataset_id, board_id, position, name)
        select ${own.dataset}, ${board.board}, n, 'Extra ' || n from generate_series(4, 12) n;
        insert into card_change (dataset_id, board_id) values (${own.dataset}, ${board.board})`);
    await page.getByRole('heading', { name: 'Extra 12' }).waitFor();
    await name(page, board.cards[0]).focus();
    await page.keyboard.press('m');
    await page.getByRole('option', { name: /^Discovery.*is here/ }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), board.cards[0]);
    await page.keyboard.press('m');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.match(await page.locator('[role=option][aria-selected=true]').textContent(), /^Decision/);
    await page.getByRole('combobox').fill('nothing like it');
    await page.getByText('Nothing is called “nothing like it”.').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('combobox').fill('12');
    await page.keyboard.press('Enter');
    await toast(page, 'Extra 12').waitFor();
    assert.equal(await focused(page), board.cards[0], 'the focus goes along');
    assert.deepEqual(page.complaints, []);
});

test('remove asks once, and can be undone', async () => {
    const { board, page } = await open(4);
    const [a, b] = board.cards;
    const excluded = () => stack.value(`select count(*) from card_exclusion where board_id = ${board.board}`);
    const before = await excluded();
    await name(page, a).click({ modifiers: ['Control'] });
    await name(page, b).click({ modifiers: ['Control'] });
    await page.keyboard.press('Delete');
    await page.getByRole('heading', { name: 'Remove 2 cards from this board?' }).waitFor();
    await mustBeAccessible(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await page.locator('.card').count(), 5);
    await bar(page).getByRole('button', { name: 'Remove' }).click();
    await page.getByLabel('And keep off this board').check();
    await page.locator('#remove').getByRole('button', { name: 'Remove' }).click();
    await page.locator(`#c${a}`).waitFor({ state: 'detached' });
    await toast(page, /Removed and excluded 2 cards/).waitFor();
    assert.equal(await excluded(), before + 2);
    await page.locator('#selection:not(.shown)').waitFor({ state: 'attached' });
    await page.keyboard.press('u');
    await page.locator(`#c${a}`).waitFor();
    await page.locator(`#c${b}`).waitFor();
    assert.equal(await excluded(), before);
    assert.deepEqual(page.complaints, []);
});

test('everything in a stage, also what is not shown yet, with progress', async () => {
    const { board, page } = await open(620);
    const count = (stage) => stack.value(`select cards from stage where id = ${stage}`);
    await page.getByLabel('Menu of Discovery').click();
    await page.getByRole('button', { name: 'Select all cards' }).click();
    assert.equal(await page.locator('[data-picked]').textContent(), '621');
    await page.locator('#said', { hasText: '621 selected' }).waitFor({ state: 'attached' });
    await page.keyboard.press('m');
    await page.keyboard.press('2');
    await toast(page, 'Moved 621 cards to Interest').waitFor({ timeout: 30_000 });
    assert.equal(await count(board.stage), 0);
    await eventually('the page follows', async () =>
        await page.locator(`#s${board.stage2} .stage-count`).textContent() === '621'
        && await page.locator(`#s${board.stage} .card`).count() === 0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('u');
    await eventually('undone', async () => await count(board.stage) === 621);
    assert.deepEqual(page.complaints, []);
});

test('a stage with more cards than shown goes on by itself, and says when it cannot', async () => {
    const { board, page } = await open(230);
    await page.route(/after=/, (route) => route.abort());
    await page.locator(`#s${board.stage} .cards`).evaluate((list) => { list.scrollTop = list.scrollHeight; });
    const again = page.getByRole('link', { name: 'Could not load more. Try again' });
    await again.waitFor();
    await mustBeAccessible(page);
    await page.unroute(/after=/);
    page.complaints.length = 0; // the browser's own words on what was cut
    await again.click();
    await eventually('all are there', async () => {
        await page.locator(`#s${board.stage} .cards`).evaluate((list) => { list.scrollTop = list.scrollHeight; });
        return await page.locator(`#s${board.stage} .card`).count() === 231;
    });
    const ids = await page.locator('.card').evaluateAll((cards) => cards.map(({ id }) => id));
    assert.equal(new Set(ids).size, 231, 'each once');
    assert.deepEqual(page.complaints, []);
});

test('on a filtered board: what leaves the filter goes, what is undone comes back, all means all that is found', async () => {
    const { board, page } = await open(12);
    await page.goto(`${stack.url}/boards/${board.board}?owner=none`);
    await page.locator('#live[data-state=on]').waitFor();
    const a = board.cards[0];
    await name(page, a).focus();
    await page.keyboard.press('o');
    await page.locator('#chooser [role=option]').nth(1).click();
    await page.locator(`#c${a}`).waitFor({ state: 'detached' });
    await page.keyboard.press('u');
    await page.locator(`#c${a}`).waitFor();
    await page.goto(`${stack.url}/boards/${board.board}?q=company+1`);
    await page.locator('#live[data-state=on]').waitFor();
    await page.getByLabel('Menu of Discovery').click();
    await page.getByRole('button', { name: 'Select all cards' }).click();
    assert.equal(await page.locator('[data-picked]').textContent(), '4', 'Company 1, 10, 11, 12');
    await page.keyboard.press(']');
    await eventually('these four', async () => (await stored(board.stage2)).length === 4);
    await here(page, board.stage2, [a]);
    assert.equal(await page.locator('.card').count(), 4);
    assert.deepEqual(page.complaints, []);
});
