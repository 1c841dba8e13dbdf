// Two companies become one, as somebody does it who starts from the company's menu: with script and without;
// what is hidden is shown again from its page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
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

for (const script of [true, false]) {
    test(`merged from the menu and undone, ${script ? 'with' : 'without'} script`, async () => {
        const a = await addBoard(stack, own, `Ann${script}`);
        await addBoard(stack, own, `Bob${script}`);
        const page = await signedIn(browser, stack, { script });
        await page.goto(`${stack.url}/accounts/${a.account}`);
        await page.locator('summary[aria-label="More"]').click();
        await page.getByRole('link', { name: 'Merge with another company' }).click();
        await page.getByLabel('Which company is the same one?').fill(`bob${script} l`);
        await page.getByRole('button', { name: 'Search' }).click();
        await page.getByRole('link', { name: `Bob${script} Ltd` }).click();
        await page.getByRole('heading', { name: 'What will happen' }).waitFor();
        if (script) {
            await mustBeAccessible(page);
        }
        await page.getByRole('button', { name: 'Merge', exact: true }).click();
        await page.getByText(`Merged companies: Bob${script} Ltd into Ann${script} Ltd`).first().waitFor();
        assert.equal(Number(await stack.psql(`select count(*) from lead where account_id = ${a.account}`)), 2);
        await page.locator('#operation').getByRole('button', { name: 'Undo' }).click();
        await page.getByText('undone since').waitFor();
        assert.equal(Number(await stack.psql(`select count(*) from lead where account_id = ${a.account}`)), 1);
    });
}

test('hidden by its domain and shown again in Settings', async () => {
    const a = await addBoard(stack, own, 'Cyd');
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/accounts/${a.account}/hide`);
    await page.getByText('Everything from cyd-').click();
    await mustBeAccessible(page);
    await page.getByRole('button', { name: 'Hide' }).click();
    await page.getByText('Hid cyd-').first().waitFor();
    await page.goto(`${stack.url}/boards/${a.board}`);
    assert.equal(await page.locator(`#c${a.card}`).count(), 0);
    await page.goto(`${stack.url}/settings/hidden`);
    await mustBeAccessible(page);
    await page.getByRole('button', { name: /^Show again: cyd-/ }).click();
    await page.goto(`${stack.url}/boards/${a.board}`);
    await page.locator(`#c${a.card}`).waitFor();
});
