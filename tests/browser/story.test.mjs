// From a visit to a card: what a newcomer does on the first day, in a real browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'node:http';
import { launchBrowser, watched } from '../lib/browser.mjs';
import { drag, signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const ada = { email: 'ada@example.com', password: 'correct horse battery staple' };

let stack, browser, site, siteUrl, publicId;
before(async () => {
    stack = await startStack();
    browser = await launchBrowser();
    // The measured site: three pages with the snippet on them.
    site = createServer(({ url }, response) => {
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(`<!doctype html><title>${url === '/pricing' ? 'Pricing' : 'Kanban for B2B leads'}</title>
            <script defer src="${stack.url}/lb.js" data-dataset="${publicId}"></script>
            <p><a href="/pricing">Pricing</a></p>`);
    });
    await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
    siteUrl = `http://localhost:${site.address().port}`;
});
after(async () => {
    await browser?.close();
    site?.closeAllConnections();
    site?.close();
    await stack?.stop();
});

test('set up, build a board, be visited, read, write, and drag while a colleague watches', async () => {
    const page = watched(await (await browser.newPerson()).newPage());
    await page.goto(stack.url);

    // The workspace, its owner and a dataset.
    await page.waitForURL('**/setup');
    await page.getByLabel('Name of your company').fill('Acme');
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('Your email address').fill(ada.email);
    await page.getByLabel('A password').fill(ada.password);
    await page.getByLabel('Name of the site or app to measure').fill('Acme site');
    await page.locator('main button[type=submit]').click();
    await page.waitForURL((url) => url.pathname !== '/setup');
    publicId = await stack.value('select public_id from dataset');

    // The board.
    await page.goto(`${stack.url}/boards`);
    await page.getByRole('link', { name: 'Create LeadBoard' }).click();
    await page.getByLabel('Name').fill('Trials');
    await page.getByRole('button', { name: 'Continue to stages' }).click();
    await page.waitForURL('**/stages');
    const grip = await page.locator('.stage-row .grip').nth(4).boundingBox();
    const up = await page.locator('.stage-row').nth(3).boundingBox();
    await page.mouse.move(grip.x + 10, grip.y + 15);
    await page.mouse.down();
    await page.mouse.move(grip.x + 10, up.y + 8, { steps: 8 });
    await page.mouse.up();
    await page.getByLabel('Name of stage 3').focus();
    await page.keyboard.press('Alt+ArrowUp');
    const names = () => page.locator('input[name=stage_name]').evaluateAll((inputs) => inputs.map((input) => input.value));
    assert.deepEqual(await names(), ['Orientation', 'Interest', 'Discovery', 'Decision', 'Intent']);
    await page.getByRole('button', { name: 'Continue to import' }).click();
    await page.waitForURL('**/import');
    assert.deepEqual((await stack.rows('select name from stage order by position')).map(({ name }) => name),
        ['Orientation', 'Interest', 'Discovery', 'Decision', 'Intent']);
    await page.getByLabel('In the last 14 days').check();
    await page.getByRole('button', { name: 'Finish' }).click();
    await page.getByRole('heading', { name: 'Import finished' }).waitFor({ timeout: 20_000 });
    await page.getByRole('link', { name: 'Open the board' }).click();
    await page.locator('main.board').waitFor();
    assert.equal(await page.locator('.card').count(), 0);
    const board = page.url();

    // A visit in another browser, by somebody who says who they are.
    const visitor = await (await browser.newPerson()).newPage();
    await visitor.goto(`${siteUrl}/?utm_source=newsletter&utm_medium=email&utm_campaign=spring`);
    await visitor.getByRole('link', { name: 'Pricing' }).click();
    await visitor.waitForFunction(() => typeof globalThis.lb === 'function');
    const visited = Date.now();
    await visitor.evaluate(() => globalThis.lb('identify', { email: 'jane.doe@redleaf.example', firstName: 'Jane', lastName: 'Doe' }));

    // Within seconds the company is on the board, without a reload.
    const card = page.locator('.card', { hasText: /redleaf/i });
    await card.waitFor({ timeout: 15_000 });
    assert.ok(Date.now() - visited < 10_000, `after ${Date.now() - visited} ms`);
    await eventually('its contact is counted', async () => /1 contact/.test(await card.innerText()));
    const id = Number((await card.getAttribute('id')).slice(1));

    // Its panel: why it is here, and the clickstream.
    await card.locator('.card-name').click();
    await page.locator('#drawer[open]').waitFor();
    await page.getByText(/Why is this card in Orientation\?/).waitFor();
    await page.locator('#drawer .event', { hasText: 'Pricing' }).first().waitFor();
    await page.locator('#drawer .event', { hasText: 'Kanban for B2B leads' }).first().waitFor();
    await page.locator('#drawer .lead').getByText('jane.doe@redleaf.example').first().waitFor();

    // A note.
    await page.locator('#drawer').getByRole('link', { name: 'Notes' }).click();
    await page.getByLabel('Write a note').fill('Call **Jane** on Thursday.');
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.locator('#drawer .note strong', { hasText: 'Jane' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#drawer:not([open])').waitFor({ state: 'attached' });

    // Dragged on, while a second browser sees it move.
    const colleague = await signedIn(browser, stack, {}, ada);
    await colleague.goto(board);
    await colleague.locator('#live[data-state=on]').waitFor();
    const second = page.locator('.stage').nth(1);
    await drag(page, id, second.locator('.cards'));
    await colleague.locator('.stage').nth(1).locator(`#c${id}`).waitFor({ timeout: 5000 });
    await card.locator('.card-name').click();
    await page.locator('#drawer').getByRole('link', { name: 'History' }).click();
    await page.locator('.history').getByText('Moved from Orientation to Interest by Ada Lovelace').waitFor();
    await page.getByText('Note added by Ada Lovelace').waitFor();
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(colleague.complaints, []);
});
