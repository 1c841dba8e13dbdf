// The tracking pages as their reader uses them: with script they notice the first event by themselves and
// copy; without, everything is there as well.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { send } from '../lib/client.mjs';
import { ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';

const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let stack;
let browser;
let own;

before(async () => {
    stack = await startStack({ owner: true });
    own = await ownDataset(stack);
    browser = await launchBrowser();
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});

const collect = (title) => send(stack.url, 'POST', '/e', { headers: { 'User-Agent': person },
    body: JSON.stringify({ dataset: own.public_id, type: 'pageview', url: 'https://shop.example/', title }) });

test('without script: waits by loading again, makes mails, keys and ids', async () => {
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/tracking`);
    assert.equal(await page.locator('meta[http-equiv=refresh]').count(), 1);
    await page.getByText('With Google Tag Manager').click();
    await page.getByText('Custom HTML').waitFor();
    await page.getByRole('link', { name: 'Emails' }).click();
    await page.getByLabel('Mail tool').selectOption('Zoho Campaigns');
    await page.getByLabel('Campaign').fill('Spring');
    await page.getByLabel('Page that the link leads to').fill('https://shop.example/');
    await page.getByRole('button', { name: 'Make picture and link' }).click();
    assert.match(await page.locator('#pixel').textContent(), /campaign=Spring&email=\$\[EMAIL\]\$/);
    assert.match(await page.locator('#link').textContent(), /^https:\/\/shop\.example\/\?utm_medium=email&utm_source=zoho&/);
    assert.equal(await page.getByLabel('Mail tool').inputValue(), 'zoho');

    await page.getByRole('link', { name: 'Servers' }).click();
    await page.getByLabel('What is the new key for?').fill('Web shop');
    await page.getByRole('button', { name: 'Make a key' }).click();
    assert.match(await page.locator('#fresh').textContent(), new RegExp(`^${own.public_id}\\.[0-9a-f]{32}$`));
    await page.getByRole('link', { name: 'I have kept it' }).click();
    assert.equal(await page.locator('#fresh').count(), 0);
    await page.getByText('Revoke', { exact: true }).click();
    await page.getByRole('button', { name: 'Yes, revoke this key' }).click();
    await page.getByText(/The key Web shop is revoked/).waitFor();

    await page.getByRole('link', { name: 'Other trackers' }).click();
    await page.getByLabel('Add an id').fill('1');
    await page.getByRole('button', { name: 'Add id' }).click();
    await page.getByRole('button', { name: 'Remove 1' }).click();
    await page.getByText(/is refused now/).waitFor();
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});

test('with script: notices the first event by itself, and copies', async () => {
    const page = await signedIn(browser, stack);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: stack.url });
    await page.goto(`${stack.url}/tracking`);
    await page.getByText('Waiting for your first event').waitFor();
    await page.evaluate(() => { window.stillHere = true; });
    assert.equal((await collect('The very first')).status, 204);
    await page.locator('#check').getByText('The very first').waitFor();
    assert.ok(await page.evaluate(() => window.stillHere), 'without loading again');
    await page.locator('[data-copy="#snippet"]').click();
    await page.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.locator('#snippet').textContent());
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});
