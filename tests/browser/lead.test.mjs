// A lead in the panel and in the drawer: expanding, the page of everything, the way back, and all of it with
// script off.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';

let stack, browser, ids, path;
before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    const own = await ownDataset(stack);
    ids = await addBoard(stack, own, 'Leads');
    const d = own.dataset;
    await stack.psql(`
        update account set leads = 2, contacts = 1 where id = ${ids.account};
        update lead set first_name = 'Jane', last_name = 'Doe', score = 41, score_parts = '[["email",15],["recency",13]]',
               first_channel = 2, first_source = 'Google', events = 14, sessions = 8, first_at = now() - interval '70 days',
               properties = '{"Team size": "20-50"}' where id = ${ids.lead};
        insert into lead (dataset_id, account_id, first_at, last_at) values (${d}, ${ids.account}, now(), now() - interval '1 day');
        insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, channel, campaign)
        select ${d}, visitor, now() - n * interval '8 days', now() - n * interval '8 days', lead_id, 2, 2, 2, 'spring'
        from visitor, generate_series(1, 7) n where lead_id = ${ids.lead};
        insert into score_history select ${d}, ${ids.lead}, current_date - n * 7, 50 - n * 6 from generate_series(1, 6) n`);
    path = `/boards/${ids.board}/cards/${ids.card}`;
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});

test('from the board to a lead and back, in the drawer', async () => {
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/boards/${ids.board}`);
    await page.getByRole('link', { name: 'Leads Ltd' }).first().click();
    const drawer = page.locator('#drawer[open]');
    await drawer.locator('#leads').getByText('Jane Doe').click();
    await drawer.locator('.lead[open] .session').nth(4).waitFor();
    assert.equal(await drawer.locator('.lead[open] .session').count(), 5);
    await drawer.getByRole('link', { name: '5 more sessions' }).click();
    await drawer.locator('.lead[open] .session').nth(7).waitFor();

    await drawer.locator('.lead[open]').getByRole('link', { name: 'Everything about this lead' }).click();
    await drawer.getByRole('heading', { name: 'Jane Doe' }).waitFor();
    assert.match(page.url(), new RegExp(`/leads/${ids.lead}\\?`));
    assert.match(await page.title(), /^Jane Doe/);
    await drawer.getByRole('img', { name: 'Activity' }).waitFor();
    await drawer.getByRole('img', { name: 'Score by day' }).waitFor();
    await mustBeAccessible(page);

    await page.goBack();
    await drawer.locator('#leads').waitFor();
    assert.equal(new URL(page.url()).pathname, path);
    await page.goForward();
    await drawer.getByRole('heading', { name: 'Jane Doe' }).waitFor();
    await drawer.getByRole('link', { name: 'Leads Ltd' }).first().click();
    await drawer.locator('#leads').waitFor();
    await drawer.locator('#leads').getByText('Jane Doe').waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(`**/boards/${ids.board}`);
    assert.equal(await page.locator('#drawer[open]').count(), 0);
    await page.close();
});

test('the address of a lead opens as a page for a colleague', async () => {
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/leads/${ids.lead}?board=${ids.board}&card=${ids.card}`);
    await page.getByRole('heading', { level: 1, name: 'Jane Doe' }).waitFor();
    await page.getByText('As a table').first().click();
    await page.getByRole('columnheader', { name: 'Sessions' }).waitFor();
    await mustBeAccessible(page);
    assert.match(await page.locator('.session-head time').first().textContent(), /^Today \d\d:\d\d$/);
    await page.close();
});

test('contacts alone, by script', async () => {
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}${path}`);
    await page.getByRole('link', { name: /^Contacts/ }).click();
    await page.locator('#who-contacts[aria-current]').waitFor();
    assert.equal(await page.locator('.leads > .lead').count(), 1);
    assert.equal(await page.locator('#who-contacts').evaluate((link) => link === document.activeElement), true);
    await page.close();
});

test('without script: a lead opened, five more, everything about it', async () => {
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}${path}`);
    await page.locator('#leads').getByText('Jane Doe').click();
    await page.locator(`#lead-${ids.lead}`).getByRole('link', { name: 'Show sessions' }).click();
    assert.equal(await page.locator(`#lead-${ids.lead}[open] .session`).count(), 5);
    assert.match(await page.locator('.session-head time').first().textContent(), /^\w{3} \d+ \w{3} 20\d\d, \d\d:\d\d$/);
    await page.getByRole('link', { name: '5 more sessions' }).click();
    assert.match(page.url(), /\/leads\/\d+\?before=/);
    assert.equal(await page.locator('.session').count(), 3);
    await page.goto(`${stack.url}${path}?who=anonymous`);
    assert.equal(await page.locator('.lead[open]').count(), 1, 'the only one is expanded');
    await page.getByRole('link', { name: 'Everything about this lead' }).click();
    await page.getByRole('heading', { name: 'Anonymous visitor' }).waitFor();
    await page.close();
});
