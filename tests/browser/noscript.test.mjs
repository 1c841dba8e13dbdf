// With JavaScript off: the wizard, a move, a note. Everything is a link or a form.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
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
const person = () => signedIn(browser, stack, { script: false });

test('the wizard, left half-way and continued', async () => {
    await stack.psql(`insert into account (dataset_id, domain, name, last_at, leads, visitors)
        select ${own.dataset}, 'seen' || i || '.example', 'Seen ' || i, now() - interval '1 hour', 1, 1 from generate_series(1, 3) i`);
    const page = await person();
    await page.goto(`${stack.url}/boards`);
    await page.getByRole('link', { name: 'Create LeadBoard' }).click();
    await page.getByRole('button', { name: 'Continue to stages' }).click();
    assert.match(page.url(), /\/boards\/new$/, 'the browser asks for a name');
    await page.getByLabel('Name').fill('Trials');
    assert.equal(await page.getByLabel('Add companies by themselves').locator('option:checked').textContent(), 'All companies');
    await page.getByRole('button', { name: 'Continue to stages' }).click();

    const names = () => page.locator('input[name=stage_name]').evaluateAll((inputs) => inputs.map((input) => input.value));
    assert.deepEqual(await names(), ['Orientation', 'Discovery', 'Interest', 'Intent', 'Decision']);
    await page.getByLabel('Name of stage 1').fill('First look');
    await page.getByLabel('Name of a new stage').fill('Won');
    await page.getByRole('button', { name: 'Add stage' }).click();
    assert.deepEqual(await names(), ['First look', 'Discovery', 'Interest', 'Intent', 'Decision', 'Won']);
    await page.getByRole('button', { name: 'Move Won up' }).click();
    await page.getByRole('button', { name: 'Delete Intent' }).click();
    await page.getByRole('button', { name: 'Move Discovery up' }).click();
    assert.deepEqual(await names(), ['Discovery', 'First look', 'Interest', 'Won', 'Decision']);
    assert.equal(await page.locator('.stage-row', { hasText: 'final' }).locator('input[name=stage_name]').inputValue(), 'Decision');
    for (const gone of ['Won', 'Interest', 'Decision']) {
        await page.getByRole('button', { name: `Delete ${gone}` }).click();
    }
    await page.getByText('Start with at least 3 stages').waitFor();
    await page.getByLabel('Name of a new stage').fill('Decision');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Delete Decision' }).waitFor();
    await page.getByRole('button', { name: 'Continue to import' }).click();
    await page.getByRole('link', { name: 'Back' }).click();
    assert.deepEqual(await names(), ['Discovery', 'First look', 'Decision']);

    // Left half-way: the board continues where it was.
    await page.goto(`${stack.url}/boards`);
    await page.getByText('setup not finished').waitFor();
    await page.getByRole('link', { name: 'Trials' }).click();
    assert.match(page.url(), /\/import$/);
    await page.getByLabel('In the last 7 days').check();
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByRole('heading', { name: 'Import finished' }).waitFor({ timeout: 30_000 }); // it reloads itself
    assert.match(await page.locator('#progress').innerText(), /Added\s+3/);
    await page.getByRole('link', { name: 'Open the board' }).click();
    assert.equal(await page.locator('.card').count(), 3);
    assert.deepEqual(page.complaints, []);
});

test('a board in another dataset', async () => {
    const second = await stack.psql(`insert into dataset (workspace_id, public_id, name)
        values (${own.workspace}, 'second', 'Second shop') returning id`);
    const page = await person();
    await page.goto(`${stack.url}/boards/new`);
    await page.getByLabel('Dataset', { exact: true }).selectOption('Second shop');
    await page.getByRole('button', { name: 'Use this one' }).click();
    await page.getByLabel('Name').fill('Elsewhere');
    await page.getByRole('button', { name: 'Continue to stages' }).click();
    await page.waitForURL('**/stages');
    assert.equal(await stack.value("select dataset_id from board where name = 'Elsewhere'"), Number(second));
    await page.goto(`${stack.url}/boards`);
    assert.equal(await page.locator('.board-tile').count(), 1);
    await stack.psql(`update dataset set deleted_at = now() where id = ${Number(second)}`);
});

test('a move, by the form of the card\'s menu', async () => {
    const board = await addBoard(stack, own, 'Plain');
    const cards = await addCards(stack, own, board, 60);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.getByRole('link', { name: 'Move Company 1', exact: true }).click();
    await page.getByLabel('Interest').check();
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    assert.equal(new URL(page.url()).hash, `#c${cards[0]}`);
    await page.locator(`#s${board.stage2} #c${cards[0]}`).waitFor();
    await page.getByRole('link', { name: 'Move Company 3', exact: true }).click();
    await page.getByLabel('Where in the stage?').selectOption('up');
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    assert.deepEqual((await stack.rows(`select id from card where stage_id = ${board.stage} order by rank limit 3`))
        .map(({ id }) => id), [board.card, cards[2], cards[1]]);

    // Somebody else is first.
    await page.getByRole('link', { name: 'Move Company 5', exact: true }).click();
    await stack.psql(`update card set version = version + 1 where id = ${cards[4]}`);
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Decision').check();
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    await page.locator('section', { has: page.getByRole('heading', { name: 'Decision' }) }).locator(`#c${cards[4]}`).waitFor();
    assert.deepEqual(page.complaints.filter((text) => !text.includes('409')), []);
});

test('sorting a stage, and the settings', async () => {
    const board = await addBoard(stack, own, 'Sorted');
    await addCards(stack, own, board, 5);
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.getByLabel('Sort Discovery').click();
    await page.getByRole('button', { name: 'Leadscore, highest first' }).click();
    const scores = await page.locator(`#s${board.stage} .score`).allTextContents();
    assert.deepEqual(scores.map(Number), scores.map(Number).sort((a, b) => b - a));
    await page.getByLabel('Menu of Discovery').click();
    await page.locator(`#s${board.stage}`).getByRole('link', { name: 'Delete this stage' }).click();
    await page.getByLabel('Decision').check();
    await page.getByRole('button', { name: 'Delete stage' }).click();
    await page.getByText('The stage is deleted.').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Renamed');
    await page.getByLabel('Only me').check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The board is saved.').waitFor();
    assert.deepEqual(await stack.rows(`select name, visibility from board where id = ${board.board}`), [{ name: 'Renamed', visibility: 1 }]);
    await page.getByLabel('Yes, delete this board').check();
    await page.getByRole('button', { name: 'Delete board' }).click();
    await page.getByText('The board Renamed is deleted.').waitFor();
    assert.equal(await stack.value(`select count(*) from card where board_id = ${board.board}`), 0);
});

test('a card\'s panel, its leads, and notes', async () => {
    const board = await addBoard(stack, own, 'Noted');
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.getByRole('link', { name: 'Noted Ltd', exact: true }).click();
    assert.match(page.url(), new RegExp(`/boards/${board.board}/cards/${board.card}$`));
    await page.getByText('Why is this card in Discovery?').waitFor();
    await page.getByRole('link', { name: 'Notes 1' }).click();
    await page.getByLabel('Write a note').fill('Wants **twelve** seats.\n\n<script>alert(1)</script> [x](javascript:alert(1))');
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.locator('.note strong', { hasText: 'twelve' }).waitFor();
    await page.getByText('<script>alert(1)</script>').waitFor();
    assert.equal(await page.locator('.note a[href^="javascript"]').count(), 0);
    const first = page.locator('.note').first();
    await first.getByLabel('Menu of the note').click();
    await first.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Note').fill('Wants thirteen seats.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Wants thirteen seats.').waitFor();
    await page.locator('.note').last().getByLabel('Menu of the note').click();
    await page.locator('.note').last().getByRole('button', { name: 'Pin to the top' }).click();
    assert.match(await page.locator('.note').first().innerText(), /Called them/);
    await page.locator('.note').last().getByLabel('Menu of the note').click();
    await page.locator('.note').last().getByRole('button', { name: 'Delete' }).click();
    assert.equal(await page.locator('.note').count(), 1);
    await page.goto(`${stack.url}/boards/${board.board}/cards/${board.card}?tab=history`);
    const history = await page.locator('.history').innerText();
    for (const sentence of [/Note added by /, /Note edited by /, /Note deleted by /, /Added to .* by LeadBoard/]) {
        assert.match(history, sentence);
    }
    await eventually('the card was modified', async () => await stack.value(`select modified_at > stage_at from card where id = ${board.card}`));
    assert.deepEqual(page.complaints, []);
});

test('several cards: chosen, moved, undone, removed for good and let in again', async () => {
    const board = await addBoard(stack, own, 'Bulk');
    await addCards(stack, own, board, 3, 'Chosen');
    const page = await person();
    await page.goto(`${stack.url}/boards/${board.board}`);
    const cards = (stage) => page.locator(`#s${board[stage]} .card-name`).allTextContents();
    for (const name of ['Chosen 1', 'Chosen 3']) {
        await page.getByLabel(`Select ${name}`).check();
    }
    await page.getByRole('button', { name: 'What to do with the selected cards' }).click();
    await page.getByRole('heading', { name: '2 selected cards' }).waitFor();
    await page.getByLabel('To the top of').selectOption('Interest');
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    await page.getByText('Moved 2 cards to Interest.').waitFor();
    assert.deepEqual(await cards('stage2'), ['Chosen 1', 'Chosen 3']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone: 2 cards are as they were.').waitFor();
    assert.deepEqual(await cards('stage2'), []);

    await page.locator(`#s${board.stage}`).getByLabel('Menu of Discovery').click();
    await page.getByRole('link', { name: 'All cards of this stage' }).first().click();
    await page.getByText('All 4 cards of this stage are meant.').waitFor();
    await page.getByLabel('Who takes care of them?').selectOption({ index: 1 });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Gave 4 cards to /).waitFor();

    await page.getByLabel('Move Chosen 2').click();
    await page.getByLabel('And keep it off this board').check();
    await page.getByRole('button', { name: 'Remove from the board' }).click();
    await page.getByText('Removed and excluded Chosen 2.').waitFor();
    await page.goto(`${stack.url}/boards/${board.board}/settings`);
    await page.getByRole('link', { name: 'Excluded companies' }).click();
    await page.getByRole('button', { name: 'Put the card back: Chosen 2' }).click();
    await page.getByText('its card is in the entry stage').waitFor();
    await page.goto(`${stack.url}/boards/${board.board}`);
    assert.equal((await cards('stage')).length, 4);
    assert.deepEqual(page.complaints, []);
});
