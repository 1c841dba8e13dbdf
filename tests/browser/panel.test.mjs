// The panel in a browser: notes with a mention by keyboard, two people at one note, details, moving, history
// with undo; and the same with script off.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

let stack, browser, own;
before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    own = await ownDataset(stack);
    await stack.psql(`
        with u as (insert into app_user (email, name, password_hash)
                   select 'ann@acme.example', 'Ann Lee', password_hash from app_user where id = ${own.user} returning id)
        insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 3 from u`);
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});
const ann = { email: 'ann@acme.example', password: owner.password };

async function openPanel(board, options, who) {
    const page = await signedIn(browser, stack, options, who);
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator(`#c${board.card} .card-name`).click();
    await page.locator('#account').waitFor();
    return page;
}
const tab = (page, name) => page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name }).click();

test('a colleague is mentioned by keyboard alone, and sees it', async () => {
    const board = await addBoard(stack, own, 'Fern');
    const page = await openPanel(board);
    await tab(page, 'Notes');
    const field = page.getByLabel('Write a note');
    await field.focus();
    await page.keyboard.type('Please call, @an');
    const option = page.getByRole('option', { name: /Ann Lee/ });
    await option.waitFor();
    assert.equal(await option.getAttribute('aria-selected'), 'true');
    assert.equal(await field.getAttribute('aria-activedescendant'), await option.getAttribute('id'));
    await mustBeAccessible(page);
    await page.keyboard.press('Escape');
    await option.waitFor({ state: 'detached' });
    assert.equal(await page.locator('#drawer[open]').count(), 1, 'Escape closes the list, not the panel');
    await page.keyboard.type('n');
    await option.waitFor();
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), 'Please call, @Ann Lee ');
    await page.keyboard.type('today');
    await page.keyboard.press('Control+Enter');
    await page.locator('.note .mention', { hasText: '@Ann Lee' }).waitFor();
    assert.equal(await page.locator('#drawer[open]').count(), 1);

    const hers = await signedIn(browser, stack, {}, ann);
    await hers.getByRole('link', { name: 'Mentions 1 unread' }).click();
    await hers.getByRole('button', { name: /^Open/ }).click();
    await hers.locator('.note .mention.own').waitFor();
    assert.equal(await hers.locator('.nav-count').count(), 0);
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(hers.complaints, []);
    await page.context().close();
    await hers.context().close();
});

test('two people change one note: the second sees both and keeps hers', async () => {
    const board = await addBoard(stack, own, 'Moss');
    const pages = [await openPanel(board), await openPanel(board, {}, ann)];
    for (const page of pages) {
        await tab(page, 'Notes');
        await page.getByLabel('Menu of the note').click();
        await page.getByRole('link', { name: 'Edit' }).click();
        await page.getByLabel('Change the note').waitFor();
    }
    const [first, second] = pages;
    await first.getByLabel('Change the note').fill('Called them twice.');
    await first.getByRole('button', { name: 'Save' }).click();
    await first.locator('.note', { hasText: 'twice' }).waitFor();
    await second.getByLabel('Change the note').fill('Wrote to them.');
    await second.getByRole('button', { name: 'Save' }).click();
    await second.getByText('owner changed this note').waitFor();
    await second.locator('.diff ins', { hasText: 'twice' }).waitFor();
    assert.equal(await second.getByLabel('Change the note').inputValue(), 'Wrote to them.');
    await mustBeAccessible(second);
    await second.getByRole('button', { name: 'Save mine' }).click();
    await second.locator('.note', { hasText: 'Wrote to them.' }).waitFor();
    await second.locator('.note-edits summary').click();
    await second.locator('.note-versions li').nth(2).waitFor();
    await mustBeAccessible(second);
    await Promise.all(pages.map((page) => page.context().close()));
});

test('a note is deleted and brought back', async () => {
    const board = await addBoard(stack, own, 'Reed');
    const page = await openPanel(board);
    await tab(page, 'Notes');
    await page.getByLabel('Menu of the note').click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('The note was deleted.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.note', { hasText: 'Called them.' }).waitFor();
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});

test('a detail is typed, the card follows, and it is taken back', async () => {
    const board = await addBoard(stack, own, 'Sage');
    const page = await openPanel(board);
    await tab(page, 'Details');
    await page.getByRole('link', { name: 'Edit Name' }).click();
    const field = page.getByRole('textbox', { name: 'Name' });
    await field.fill('x'.repeat(300));
    await page.keyboard.press('Enter');
    await page.getByText('Name can have at most 200 characters.').waitFor();
    await field.fill('Sage & Onion');
    await page.keyboard.press('Enter');
    await page.locator('#detail-name', { hasText: 'by hand' }).waitFor();
    await eventually('the focus is back', async () =>
        await page.evaluate(() => document.activeElement.getAttribute('aria-label')) === 'Edit Name');
    await eventually('the card follows', async () => (await page.locator(`#c${board.card}`).textContent()).includes('Sage & Onion'));
    await page.getByRole('link', { name: 'Edit Name' }).click();
    await page.getByRole('button', { name: 'Take back what was typed' }).click();
    await page.locator('#detail-name:not(.open)', { hasText: 'Sage Ltd' }).waitFor();
    await page.reload();
    assert.match(await page.locator('h1').textContent(), /Sage Ltd/, 'reloaded, it is a page of its own');
    await page.locator('#detail-name').waitFor();
    await page.context().close();
});

test('moved and given from the panel; history undoes it', async () => {
    const board = await addBoard(stack, own, 'Dill');
    const page = await openPanel(board);
    await page.locator('.move-menu > summary').click();
    await page.getByRole('button', { name: 'Interest' }).click();
    await page.getByText('Moved Dill Ltd to Interest.').waitFor();
    await page.locator('.why', { hasText: 'Why is this card in Interest?' }).waitFor();
    await page.locator(`#s${board.stage2} #c${board.card}`).waitFor({ state: 'attached' });
    await page.locator('.owner-menu > summary').click();
    await page.locator('.owner-menu').getByRole('button', { name: 'Ann Lee' }).click();
    await page.locator('.owner-menu > summary', { hasText: 'Ann Lee' }).waitFor();
    await mustBeAccessible(page);
    await tab(page, 'History');
    const moved = page.locator('.history li', { hasText: 'Moved from Discovery to Interest' });
    await moved.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.history li.undone', { hasText: 'Moved from Discovery to Interest' }).waitFor();
    await page.locator(`#s${board.stage} #c${board.card}`).waitFor({ state: 'attached' });
    await page.locator('.owner-menu > summary', { hasText: 'Ann Lee' }).waitFor();
    await mustBeAccessible(page);
    assert.deepEqual(page.complaints, []);
    await page.keyboard.press('Escape');
    await eventually('the panel is closed', async () => await page.locator('#drawer[open]').count() === 0);
    assert.match(page.url(), new RegExp(`/boards/${board.board}$`));
    await page.context().close();
});

test('with script off: a mention, a detail, a move and its undo', async () => {
    const board = await addBoard(stack, own, 'Thyme');
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/boards/${board.board}/cards/${board.card}`);
    await tab(page, 'Notes');
    await page.getByLabel('Write a note').fill('@ann@acme.example should call');
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.locator('.mention', { hasText: '@Ann Lee' }).waitFor();
    await tab(page, 'Details');
    await page.getByRole('link', { name: 'Industry' }).click();
    await page.getByRole('textbox', { name: 'Industry' }).fill('Herbs');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('#detail-industry', { hasText: 'Herbs' }).waitFor();
    await page.locator('.move-menu > summary').click();
    await page.getByRole('button', { name: 'Decision' }).click();
    await page.getByText('Moved Thyme Ltd to Decision.').waitFor();
    await tab(page, 'History');
    await page.locator('.history li', { hasText: 'Moved from Discovery' }).getByRole('button', { name: 'Undo' }).click();
    await page.locator('.history li.undone', { hasText: 'Moved from Discovery to Decision' }).waitFor();
    assert.match(page.url(), /tab=history/);
    await page.context().close();
});
