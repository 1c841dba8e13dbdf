// Integrations in Chromium: a webhook from its form to its log without script; a company handed over from the
// drawer with script; mail settings without script.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
import { startReceiver } from '../lib/receiver.mjs';
import { startStack } from '../lib/stack.mjs';

let peer, stack, browser, own;
before(async () => {
    peer = await startReceiver();
    peer.hosts['hook.test'] = (call, response) => response.writeHead(200).end('{"taken": true}');
    stack = await startStack({ owner: true, env: { FETCH_CONNECT_TO: peer.at } });
    browser = await launchBrowser();
    own = await ownDataset(stack);
});
after(async () => {
    await browser?.close();
    await stack?.stop();
    peer?.stop();
});

test('without script: a webhook is added, tested, looked up, sent again, switched off and deleted', async () => {
    const board = await addBoard(stack, own, 'Plain');
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/boards`);
    await page.getByRole('link', { name: 'Integrations' }).click();
    await page.getByRole('heading', { name: 'Hand over to where you work' }).waitFor();
    await page.locator('main').getByRole('link', { name: 'Add integration' }).click();
    await page.getByRole('link', { name: /^Webhook/ }).click();
    await page.getByLabel('Name').fill('Warehouse');
    await page.getByLabel('Address that is called').fill('http://hook.test:81/in');
    await page.getByLabel(/A card is moved to another stage/).check();
    await page.getByLabel(/A card comes into a stage/).uncheck();
    await page.getByRole('button', { name: 'Add Webhook' }).click();
    await page.getByText('Leave the port and the user name out').waitFor();
    assert.ok(await page.getByLabel(/A card is moved to another stage/).isChecked(), 'what was chosen stays');
    await page.getByLabel('Address that is called').fill('http://hook.test/in');
    await page.getByRole('button', { name: 'Add Webhook' }).click();
    assert.match(await page.locator('#secret').textContent(), /^whsec_/);
    await page.getByRole('link', { name: 'Go on' }).click();

    await page.getByRole('button', { name: 'Send a test' }).click();
    await eventually('the test arrived', () => peer.calls('hook.test').length === 1);
    await eventually('the log says so', async () => {
        await page.reload();
        return await page.locator('main').getByText('Delivered', { exact: true }).count() > 0;
    });
    await page.goto(`${stack.url}/boards/${board.board}/cards/${board.card}/move`);
    await page.getByLabel('Interest').check();
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    await eventually('the move arrived', () => peer.calls('hook.test').some(({ body }) => JSON.parse(body).type === 'card.moved'));
    await page.getByRole('link', { name: 'Integrations' }).click();
    await page.getByRole('link', { name: 'Warehouse' }).click();
    await page.getByRole('link', { name: 'card.moved' }).click();
    await page.getByText('{"taken": true}').waitFor({ state: 'attached' });
    assert.match(await page.locator('pre').and(page.getByLabel('What is sent')).textContent(), /"to_stage": ?\{"id": ?"\d+", ?"name": ?"Interest"\}/);
    await page.getByRole('button', { name: 'Send again' }).click();
    await eventually('it arrived again', () => peer.calls('hook.test').length === 3);
    await page.getByRole('link', { name: 'Warehouse' }).click();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('Warehouse is off').waitFor();
    await page.getByLabel(/Yes, delete Warehouse/).check();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Warehouse is deleted').waitFor();
    await page.context().close();
});

test('with script: a company is handed over from the drawer, and the board stays', async () => {
    const board = await addBoard(stack, own, 'Drawer');
    await stack.psql(`insert into integration (dataset_id, kind, name, user_id, url) values (${own.dataset}, 3, 'Our CRM', ${own.user}, 'https://api.pipedrive.com')`);
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator(`#c${board.card} .card-name`).click();
    const drawer = page.locator('#drawer[open]');
    await drawer.getByLabel('More').first().click();
    await drawer.getByRole('button', { name: 'Hand over to Our CRM' }).click();
    await drawer.getByText('On its way to Our CRM').waitFor();
    await mustBeAccessible(page);
    assert.equal(await stack.value(`select count(*) from outbox where card_id = ${board.card} and type = 'crm.push' and user_id = ${own.user}`), 1);
    assert.ok(await page.locator(`#c${board.card}`).isVisible());
    await page.goto(`${stack.url}/integrations/new?kind=webhook`);
    await page.getByLabel('Address that is called').fill('http://hook.test/other');
    await page.getByRole('button', { name: 'Add Webhook' }).click();
    await page.locator('#secret').waitFor();
    await mustBeAccessible(page);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});

test('without script: a mail server is entered, and a mail that was kept is read', async () => {
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/settings/mail`);
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByRole('link', { name: 'A test from LeadBoard' }).click();
    await page.getByText('This is a test from LeadBoard. Mail works.').waitFor();
    await page.goto(`${stack.url}/settings/mail`);
    await page.getByLabel('Server', { exact: true }).fill('localhost');
    await page.getByLabel('User name').fill('board');
    await page.getByLabel('Password').fill('a secret of ours');
    await page.getByLabel('Security').selectOption('none');
    await page.getByLabel('Mails come from').fill('leadboard@acme.example');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('must not travel unencrypted').waitFor();
    assert.equal(await page.getByLabel('Password').inputValue(), '', 'a password is not sent back');
    await page.getByLabel('Security').selectOption('starttls');
    await page.getByLabel('Password').fill('a secret of ours');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The mail server is saved').waitFor();
    await page.getByRole('button', { name: 'Remove the server' }).click();
    await page.getByText('The mail server is removed').waitFor();
    await page.context().close();
});
