// A board that moves itself: the workflow guide, a visit, the card that moves, why it did, and undoing it; automations
// and segments built in their editors with script and without.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'node:http';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

let stack, browser, own, site, siteUrl;
before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    own = await ownDataset(stack);
    site = createServer(({ url }, response) => {
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(`<!doctype html><title>${url}</title><script defer src="${stack.url}/lb.js" data-dataset="${own.public_id}"></script>
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

const stageOf = (name) => stack.value(`select s.name from card c join stage s on s.id = c.stage_id
    where c.title ilike '${name}%'`);

test('from the guide to a card that moves by itself, says why, and is put back', async () => {
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/automations`);
    await page.getByRole('link', { name: 'Start the workflow guide' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Trials');
    await page.getByRole('button', { name: 'Show what will be made' }).click();
    await page.getByRole('heading', { name: 'A board, 5 new tags, 9 new automations' }).waitFor();
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { name: 'Nothing runs yet' }).waitFor();
    await page.getByRole('button', { name: 'Switch all on' }).click();
    await page.getByText('9 automations are switched on.').waitFor();
    await page.getByRole('link', { name: 'Open the board' }).click();
    await page.locator('#live[data-state=on]').waitFor();

    // Somebody comes to the site, and looks at the prices.
    const visitor = await (await browser.newPerson()).newPage();
    await visitor.goto(siteUrl);
    await visitor.waitForFunction(() => typeof globalThis.lb === 'function');
    await visitor.evaluate(() => globalThis.lb('identify', { email: 'jane.doe@redleaf.example', firstName: 'Jane', lastName: 'Doe' }));
    const stage = (name) => page.locator('.stage', { has: page.getByRole('heading', { name, exact: true }) });
    await stage('Orientation').locator('.card', { hasText: /redleaf/i }).waitFor({ timeout: 20_000 });
    await visitor.getByRole('link', { name: 'Pricing' }).click();
    const card = stage('Discovery').locator('.card', { hasText: /redleaf/i });
    await card.waitFor({ timeout: 20_000 });

    // Its history names the automation, its version and what happened.
    await card.locator('.card-name').click();
    await page.locator('#drawer[open]').waitFor();
    await page.locator('#drawer').getByRole('link', { name: 'History' }).click();
    const row = page.locator('#drawer .history li', { hasText: 'Moved from Orientation to Discovery by the automation Move to Discovery of Trials (version 1)' });
    await row.waitFor();
    await mustBeAccessible(page);
    await row.getByRole('link').nth(1).click();
    await page.waitForURL(/\/automations\/runs\/\d+$/);
    await page.locator('.said .done', { hasText: 'Moved from Orientation to Discovery' }).waitFor();

    // What one click undoes is said, and then what came of it.
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText(/^Undone: 1 change is taken back/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0);
    assert.equal(await stageOf('redleaf'), 'Orientation');

    // All of them: the tag was put on by another, a moment before.
    await page.goto(`${stack.url}/automations/runs`);
    await page.locator('.run', { hasText: 'Tag Discovery' }).getByText(/Put the tag Discovery on/).waitFor();
    assert.deepEqual(page.complaints, []);
});

test('an automation in the editor, with what it says as it is typed; switched on with those who match', async () => {
    const board = await addBoard(stack, own, 'Editor');
    await stack.psql(`update account set industry = 'Beekeeping' where id = ${board.account}`);
    const page = await signedIn(browser, stack);
    const looks = [];
    page.on('request', (request) => request.url().endsWith('/automations/look') && looks.push(request));
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.getByLabel('Menu of Interest').click();
    await page.getByRole('link', { name: 'New automation that moves cards here' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Beekeepers');
    await page.getByLabel('Condition 1: what to look at').selectOption({ label: 'industry' });
    await page.getByLabel('Condition 1: value').fill('Beekeeping');
    await page.getByText('When this becomes true for a company: industry is Beekeeping, then move the card to Interest of Editor').waitFor();
    await page.getByText('1 company is there already').waitFor();
    await page.getByLabel('Next action').selectOption({ label: 'Put a tag on' });
    await page.getByRole('button', { name: 'Add action' }).click();
    await page.getByLabel('Action 2: tag').selectOption({ label: 'Customer' });
    await page.getByRole('button', { name: 'Move action 2 up' }).click();
    await page.getByText('industry is Beekeeping, then put the tag Customer on the company, then move the card').waitFor();
    assert.equal(await page.getByLabel('Condition 1: value').inputValue(), 'Beekeeping');
    await mustBeAccessible(page);
    const asked = looks.length;
    await page.waitForTimeout(1500);
    assert.equal(looks.length, asked, 'nothing is asked while nothing changes');
    await page.getByRole('button', { name: 'Save and switch on' }).click();
    await page.getByRole('heading', { name: 'It is on. What about those who match already?' }).waitFor();
    await page.getByRole('button', { name: 'Include 1 company' }).click();
    // Progress, then what came of it, without a click.
    await page.getByRole('heading', { name: 'Those who matched already are included' }).waitFor({ timeout: 20_000 });
    await page.getByText('It was done for 1 company.').waitFor();
    await page.locator('.run', { hasText: 'Editor Ltd' }).getByText(/Moved from Discovery to Interest/).waitFor();
    assert.equal(await stageOf('Editor Ltd'), 'Interest');
    await page.getByRole('button', { name: 'Undo all of it' }).click();
    await page.getByText(/Undone: 2 changes are taken back/).waitFor();
    assert.equal(await stageOf('Editor Ltd'), 'Discovery');
    // Off again, by its switch.
    await page.getByRole('switch', { name: 'Beekeepers' }).click();
    await page.getByText('Beekeepers is switched off.').waitFor();
    assert.equal(await page.getByRole('switch', { name: 'Beekeepers' }).getAttribute('aria-checked'), 'false');
    assert.deepEqual(page.complaints, []);
});

test('the same with script off: every button sends the form, and nothing typed is lost', async () => {
    const board = await addBoard(stack, own, 'Plain');
    await stack.psql(`update account set industry = 'Weaving' where id = ${board.account}`);
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/automations/new?to=${board.stage2}`);
    await page.getByLabel('Name', { exact: true }).fill('Weavers');
    await page.getByLabel('Condition 1: what to look at').selectOption({ label: 'industry' });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByLabel('Condition 1: value').fill('Weaving');
    await page.getByRole('button', { name: 'Add condition', exact: true }).click();
    await page.getByLabel('Condition 2: what to look at').selectOption({ label: 'country' });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Remove condition 2' }).click();
    await page.getByLabel('Next action').selectOption({ label: 'Put a tag on' });
    await page.getByRole('button', { name: 'Add action' }).click();
    await page.getByRole('button', { name: 'What does it say?' }).click();
    await page.getByText('Choose a tag.').waitFor();
    await page.getByLabel('Action 2: tag').selectOption({ label: 'Partner' });
    await page.getByRole('button', { name: 'What does it say?' }).click();
    await page.getByText('When this becomes true for a company: industry is Weaving, then move the card to Interest of Plain, creating it where there is none, then put the tag Partner on the company.').waitFor();
    await page.getByText('1 company is there already').waitFor();
    await page.getByRole('button', { name: 'Save, switched off' }).click();
    await page.getByText('Weavers is saved, and switched off.').waitFor();
    await page.getByRole('switch', { name: 'Weavers' }).click();
    await page.getByRole('button', { name: 'Switch on and include 1 company' }).click();
    await eventually('the page shows what came of it', async () => {
        await page.reload();
        return page.getByText('It was done for 1 company.').isVisible();
    });
    assert.equal(await stageOf('Plain Ltd'), 'Interest');
});

test('looking back at a visit: for whom, when, why, what; and nothing is done', async () => {
    const visitor = await (await browser.newPerson()).newPage();
    await visitor.goto(`${siteUrl}/pricing`);
    await visitor.waitForFunction(() => typeof globalThis.lb === 'function');
    await visitor.evaluate(() => globalThis.lb('identify', { email: 'ann@blueleaf.example' }));
    await eventually('the visit is known', () => stack.value(`select a.id from account a join lead l on l.account_id = a.id where a.domain = 'blueleaf.example'`));
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/automations/new`);
    await page.getByLabel('Name', { exact: true }).fill('Price readers');
    await page.getByLabel('Condition 1: what to look at').selectOption({ label: 'page visited' });
    await page.getByLabel('Condition 1: value').fill('/pricing*');
    await page.getByLabel('Next action').selectOption({ label: 'Put a tag on' });
    await page.getByRole('button', { name: 'Add action' }).click();
    await page.getByLabel('Action 1: tag').selectOption({ label: 'Key account' });
    await page.getByRole('button', { name: 'Save, switched off' }).click();
    await page.getByText('Price readers is saved, and switched off.').waitFor();
    await page.getByRole('link', { name: 'Look back', exact: true }).click();
    await page.getByLabel('or').fill('91');
    await page.getByRole('button', { name: 'Look back', exact: true }).click();
    await page.getByText('Enter a whole number of days, from 1 to 90.').waitFor();
    await page.getByRole('button', { name: '7 days' }).click();
    await page.getByRole('heading', { name: /^It would have run \d+ times?, for \d+ compan/ }).waitFor({ timeout: 30_000 });
    await page.getByText('Nothing was changed or sent.').waitFor();
    const row = page.locator('.run', { hasText: /blueleaf/i });
    await row.getByText(/Because visited .*\/pricing/).waitFor();
    await row.getByText(/the tag Key account/).waitFor();
    await mustBeAccessible(page);
    const id = Number(/automations\/(\d+)/.exec(page.url())[1]);
    assert.equal(await stack.value(`select count(*) from automation_run where automation_id = ${id}`), 0);
    assert.equal(await stack.value(`select count(*) from account_tag t join tag g on g.id = t.tag_id where g.name = 'Key account'`), 0);
    const plain = await signedIn(browser, stack, { script: false });
    await plain.goto(`${stack.url}/automations/${id}/backtest`);
    await plain.getByRole('button', { name: '30 days' }).click();
    await eventually('it is shown by loading the page again', async () => {
        await plain.reload();
        return plain.getByText('In the last 30 days, looked at').isVisible();
    });
    assert.deepEqual(page.complaints.filter((text) => !/status of 422/.test(text)), []);
});

test('a segment with script off: conditions by buttons, and a count', async () => {
    const board = await addBoard(stack, own, 'Counted');
    await stack.psql(`update account set industry = 'Glass' where id = ${board.account}`);
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/segments/new`);
    await page.getByLabel('Name', { exact: true }).fill('Glassmakers');
    await page.getByLabel('Condition 1: what to look at').selectOption({ label: 'industry' });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByLabel('Condition 1: value').fill('Glass');
    await page.getByRole('button', { name: 'Count' }).click();
    await page.getByText(/1 company\s+now: /).waitFor();
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Glassmakers');
    await page.getByRole('button', { name: 'Save segment' }).click();
    await page.getByRole('heading', { name: 'Glassmakers' }).waitFor();
    await eventually('its members are worked out', async () => {
        await page.reload();
        return page.getByText('Counted Ltd').first().isVisible();
    });
});
