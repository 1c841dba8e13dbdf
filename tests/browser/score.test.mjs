// The leadscore, targets, the ideal customer and segments as somebody uses them: a preset with another weight is
// tried, saved and seen on a lead's page, with script and without; a segment is built while it is counted.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { send } from '../lib/client.mjs';
import { ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { eventually, inParallel } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let stack, browser, own;
const view = (path) => ({ type: 'pageview', url: `https://shop.example${path}`, title: path });
const visit = (visitor, events) => send(stack.url, 'POST', '/e', {
    headers: { 'User-Agent': agent, 'Content-Type': 'text/plain' },
    body: JSON.stringify({ dataset: own.public_id, visitor, events }),
});
const lead = (email) => stack.value(`select id from lead where email = '${email}'`);
const plain = (page) => page.complaints.filter((text) => !text.includes('422'));

before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    own = await ownDataset(stack);
    // Readers who are the best by the default formula, and two who asked for a demo.
    await inParallel(6, Array.from({ length: 24 }, (_, i) => i), (i) => visit(`v${i}`, i < 22
        ? [...Array.from({ length: 6 }, (__, n) => view(`/read/${n}`)), { type: 'form', name: 'news', url: 'https://shop.example/', properties: { email: `reader${i}@reader${i}.example` } }]
        : [view('/demo'), view('/pricing'), view('/pricing/teams'), { type: 'identify', properties: { email: `buyer${i}@buyer${i}.example` } }]));
    await eventually('they are there', async () => await stack.value("select count(*) from lead where email like '%buyer%' or email like '%reader%'") === 24);
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});

// Chooses a preset, gives its first rule another weight, and previews.
async function choose(page, preset, points) {
    await page.goto(`${stack.url}/settings/score`);
    await page.getByRole('button', { name: preset }).click();
    await page.getByLabel('Rule 1: points').fill(points);
    await page.getByLabel('Rule 1: at most').fill(String(2 * Number(points)));
    await page.getByRole('button', { name: 'Preview the effect' }).click();
    await page.getByRole('heading', { name: 'The best twenty then' }).waitFor();
}

test('a preset, another weight, its effect, saved, and told on a lead\'s page', async () => {
    const page = await signedIn(browser, stack);
    await choose(page, 'Buying intent', '30');
    const best = page.getByRole('region', { name: 'The best twenty then' });
    const first = best.getByRole('row').nth(1);
    assert.match(await first.innerText(), /buyer2\d@buyer2\d\.example[^]*enters, place 1[^]*60 \*pricing\*/);
    assert.equal(await page.getByText('leaves, was').count() > 0, true);
    await page.getByText('As a table').click();
    await page.getByRole('cell', { name: '0–9', exact: true }).waitFor();
    await mustBeAccessible(page);
    await page.getByRole('button', { name: 'Save and score all leads' }).click();
    await page.getByText('Version 1 of the formula is saved.').waitFor();
    await page.getByRole('heading', { name: 'Version 1 is in force' }).waitFor();
    await page.locator('#in-force progress').waitFor({ state: 'detached' });
    await page.goto(`${stack.url}/leads/${await lead('buyer22@buyer22.example')}`);
    const parts = page.getByRole('region', { name: 'Leadscore' });
    assert.match((await parts.innerText()).replace(/\s+/g, ' '), /\*pricing\* 2 views, the last .* 60 of 60 \*demo\* 1 view .* 10 of 20/);
    await parts.getByRole('link', { name: 'version 1 of the formula' }).click();
    await page.getByText('+30 each time, +60 at most').waitFor();
    assert.deepEqual(plain(page), []);
    await page.context().close();
});

test('the same without script, after a mistake', async () => {
    const page = await signedIn(browser, stack, { script: false, width: 390, height: 844 });
    await page.goto(`${stack.url}/settings/score`);
    await page.getByRole('button', { name: 'Email marketing' }).click();
    await page.getByLabel('Rule 1: points').fill('lots');
    await page.getByRole('button', { name: 'Preview the effect' }).click();
    await page.getByText('Points are a whole number from -100 to 100').waitFor();
    assert.equal(await page.getByLabel('Rule 1: points').inputValue(), 'lots');
    await page.getByLabel('Rule 1: points').fill('35');
    await page.getByRole('button', { name: 'Move rule 1 down' }).click();
    assert.equal(await page.getByLabel('Rule 2: points').inputValue(), '35');
    await page.getByRole('button', { name: 'Preview the effect' }).click();
    await page.getByRole('heading', { name: 'The best twenty then' }).waitFor();
    await page.getByRole('button', { name: 'Save and score all leads' }).click();
    await page.getByRole('heading', { name: 'Version 2 is in force' }).waitFor();
    await eventually('all are scored', async () => await stack.value('select count(*) from progress where state < 2') === 0);
    await page.goto(`${stack.url}/leads/${await lead('reader3@reader3.example')}`);
    assert.match((await page.getByRole('region', { name: 'Leadscore' }).innerText()).replace(/\s+/g, ' '), /email .*35 of 35/);
    await page.context().close();
});

test('who is ideal is counted while it is typed', async () => {
    await stack.psql(`update account set industry = 'Publishing' where domain in ('reader1.example', 'reader2.example')`);
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/settings/ideal`);
    await page.getByLabel('Condition 1: values').fill('publishing');
    await page.keyboard.press('Tab');
    await page.locator('#matches').getByText('2 of 24 companies match').waitFor();
    await page.getByRole('button', { name: 'Save profile' }).click();
    await page.getByText('2 companies have the tag, 2 of them by this profile.').waitFor();
    await mustBeAccessible(page);
    assert.deepEqual(plain(page), []);
    await page.context().close();
});

test('a segment is built in groups while it is counted', async () => {
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/segments/new`);
    await page.getByLabel('Name', { exact: true }).fill('Buyers');
    await page.getByLabel('It is a segment of').selectOption('leads');
    await page.getByLabel('Condition 1: what to look at').selectOption('email');
    await page.getByLabel('Condition 1: value').fill('nobody@nowhere.example');
    await page.locator('#count').getByText('0 people now').waitFor();
    await page.getByLabel('Condition 1: how to compare').selectOption('contains');
    await page.getByLabel('Condition 1: value').fill('@buyer');
    await page.locator('#count').getByText('2 people now').waitFor();
    const counts = [];
    await page.route('**/segments/count', (route) => counts.push(route));
    await page.getByLabel('Condition 1: value').fill('@nobody');
    await eventually('a count is asked for', async () => counts.length === 1);
    await page.getByLabel('Condition 1: value').fill('@buyer2');
    await counts[0].continue();
    await eventually('what was typed before the answer came is asked for too', async () => counts.length === 2);
    await counts[1].continue();
    await page.unroute('**/segments/count');
    await page.locator('#count').getByText('@buyer2').waitFor();
    await page.getByLabel('Condition 1: value').fill('@buyer');
    await page.locator('#count').getByText('2 people now: email address contains @buyer').waitFor();
    await page.getByRole('button', { name: 'Add group' }).click();
    await page.getByLabel('Condition 2.1: what to look at').selectOption('page');
    await page.getByLabel('Condition 2.1: value').fill('/pricing*');
    await page.getByRole('button', { name: 'Add condition to group 2' }).click();
    await page.getByLabel('Condition 2.2: what to look at').selectOption('tag');
    await mustBeAccessible(page);
    await page.getByRole('button', { name: 'Remove condition 2.2' }).click();
    await page.locator('#count').getByText('2 people now: email address contains @buyer and visited /pricing*').waitFor();
    await page.getByRole('button', { name: 'Save segment' }).click();
    await page.getByRole('link', { name: 'buyer22@buyer22.example' }).waitFor();
    await visit('late', [view('/pricing'), { type: 'identify', properties: { email: 'late@buyer30.example' } }]);
    const segment = new URL(page.url()).pathname;
    await eventually('who came is in it', () => stack.value(`select members = 3 as done from segment where name = 'Buyers'`));
    await page.goto(`${stack.url}${segment}/changes`);
    assert.match((await page.getByRole('row').nth(1).innerText()).replace(/\s+/g, ' '), /entered late@buyer30\.example something about them changed/);
    assert.deepEqual(plain(page), []);
    await page.context().close();
});

test('a segment without script, on a phone', async () => {
    const page = await signedIn(browser, stack, { script: false, width: 390, height: 844 });
    await page.goto(`${stack.url}/segments/new`);
    await page.getByLabel('Name', { exact: true }).fill('Readers');
    await page.getByLabel('Condition 1: what to look at').selectOption('domain');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByLabel('Condition 1: how to compare').selectOption('contains');
    await page.getByLabel('Condition 1: value').fill('reader');
    await page.getByRole('button', { name: 'Count' }).click();
    await page.locator('#count').getByText('22 companies now').waitFor();
    await page.getByRole('button', { name: 'Save segment' }).click();
    await page.getByText('The segment Readers is stored.').waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth).catch(() => 0);
    assert.ok(wide <= 0);
    await page.context().close();
});
