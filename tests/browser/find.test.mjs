// Finding cards in a browser, with script and without: the form of filters, its chips, saved views, and a
// page under filters that stays true while colleagues work.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
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

// Ten cards; every second one has the tag "Warm" and a score of 90, the others a score of 10.
async function newBoard(name) {
    const board = await addBoard(stack, own, name);
    const cards = await addCards(stack, own, board, 10);
    await stack.psql(`insert into tag (dataset_id, name) values (${own.dataset}, 'Warm') on conflict do nothing`);
    const tag = await stack.value(`select id from tag where dataset_id = ${own.dataset} and name = 'Warm'`);
    const warm = cards.filter((_, i) => i % 2 === 0);
    await stack.psql(`update card set score = 10 where board_id = ${board.board};
        update card set score = 90, tag_ids = '{${tag}}', tags = '[["Warm", 1]]' where id in (${warm})`);
    return { ...board, cards, warm };
}

for (const script of [true, false]) {
    test(`filtering, taking a filter away, saving a view: ${script ? 'with' : 'without'} script`, async () => {
        const board = await newBoard(`Find${script ? 'A' : 'B'}`);
        const page = await signedIn(browser, stack, { script });
        const shown = () => page.locator('.board .card').count();
        await page.goto(`${stack.url}/boards/${board.board}`);
        assert.equal(await shown(), 11);
        await page.locator('.filter-menu > summary').click();
        await page.locator('.filter-tags li', { hasText: 'Warm' }).getByLabel('has the tag Warm', { exact: true }).check({ force: true });
        await page.getByLabel('At least').fill('50');
        await page.getByRole('button', { name: 'Show cards' }).click();
        await page.waitForURL(/min=50/);
        assert.equal(await shown(), 5);
        assert.deepEqual(await page.locator('.chip > span').allTextContents(), ['Tag: Warm', 'Score 50 to 100']);
        assert.equal(await page.locator('.filters-found').textContent(), '5 cards');
        if (script) {
            await mustBeAccessible(page);
        }

        await page.locator('.save-view > summary').click();
        await page.getByLabel('Name', { exact: true }).fill('Warm ones');
        await page.getByRole('button', { name: 'Save view' }).click();
        await page.waitForURL(/view=\d+/);
        await page.getByRole('link', { name: 'Remove Tag: Warm' }).click();
        await page.getByRole('link', { name: 'Remove Score 50 to 100' }).click();
        await page.waitForURL((url) => !url.search.includes('min='));
        assert.equal(await shown(), 11);
        await page.locator('.view-menu > summary').click();
        await page.getByRole('link', { name: 'Warm ones', exact: true }).click();
        await page.waitForURL(/view=\d+$/);
        assert.equal(await shown(), 5);

        await page.getByLabel('Search cards by company or domain').fill('nobody at all');
        await page.getByLabel('Search cards by company or domain').press('Enter');
        await page.getByText('No card passes these filters').waitFor();
        await page.getByRole('link', { name: 'Clear filters' }).click();
        await page.waitForURL(`${stack.url}/boards/${board.board}`);
        assert.equal(await shown(), 11);
        await page.context().close();
    });
}

test('a page under filters stays true while colleagues work', async () => {
    const board = await newBoard('Live');
    const page = await signedIn(browser, stack, {});
    await page.goto(`${stack.url}/boards/${board.board}?min=50`);
    await page.locator('#live[data-state=on]').waitFor();
    const [goes] = board.warm;
    const comes = board.cards.find((id) => !board.warm.includes(id));
    await stack.psql(`update card set score = 5 where id = ${goes}; update card set score = 95 where id = ${comes};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${goes}),
            (${own.dataset}, ${board.board}, ${comes}), (${own.dataset}, ${board.board}, ${board.card})`);
    await page.locator(`#c${comes}`).waitFor({ timeout: 15000 });
    await page.locator(`#c${goes}`).waitFor({ state: 'detached' });
    assert.equal(await page.locator(`#c${board.card}`).count(), 0);
    assert.equal(await page.locator('.filters-found').textContent(), '5 cards');
    assert.equal(await page.locator(`#s${board.stage} .stage-count`).textContent(), '5');
    await page.context().close();
});
