// Tags and cards by hand, as somebody does them: in the drawer, on the lead's page, in Settings, and from the
// button on the board; a colleague's open board follows; all of it without script too.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
import { freePort, startStack } from '../lib/stack.mjs';

let stack, browser, own, peer;
before(async () => {
    const port = await freePort();
    peer = createServer((request, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end('<meta property="og:site_name" content="Harbor Freight"><meta name="description" content="Plans ports.">');
    });
    await new Promise((resolve) => peer.listen(port, '127.0.0.1', resolve));
    stack = await startStack({ owner: true, env: { FETCH_CONNECT_TO: `127.0.0.1:${port}` } });
    browser = await launchBrowser();
    own = await ownDataset(stack);
});
after(async () => {
    await browser?.close();
    await stack?.stop();
    peer?.closeAllConnections();
    peer?.close();
});
const chips = (page) => page.locator('.tag-chip summary').allInnerTexts();
const shown = (page, card) => page.locator(`#c${card} .card-tags`).innerText({ timeout: 5000 });

test('a tag in the drawer: typed, on the card of a colleague too, explained, taken off by keyboard', async () => {
    const board = await addBoard(stack, own, 'Drawer');
    const colleague = await signedIn(browser, stack);
    await colleague.goto(`${stack.url}/boards/${board.board}`);
    await colleague.locator('#live[data-state=on]').waitFor();
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator(`#c${board.card} .card-name`).click();
    const input = page.getByRole('combobox', { name: 'Add a tag' });
    await input.fill('Customer');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Take off Customer' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.name), 'add', 'the next one can be typed');
    await page.keyboard.type('Worth a visit');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Take off Worth a visit' }).waitFor();
    assert.deepEqual(await chips(page), ['Customer', 'Worth a visit']);
    await eventually('the colleague sees both', async () => (await shown(colleague, board.card)).includes('Worth a visit'));

    await page.locator('.tag-chip summary', { hasText: 'Customer' }).press('Enter');
    await page.getByText('Put on by owner').first().waitFor();
    await mustBeAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Take off Customer' }).press('Enter');
    await page.getByRole('button', { name: 'Take off Customer' }).waitFor({ state: 'detached' });
    await eventually('the colleague sees one', async () => !(await shown(colleague, board.card)).includes('Customer'));

    await input.evaluate((element) => element.removeAttribute('maxlength'));
    await input.fill('x'.repeat(70));
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText(/at most 60/).waitFor();
    assert.equal(await input.inputValue(), 'x'.repeat(70), 'what was typed is kept');
    await mustBeAccessible(page);
    assert.deepEqual(page.complaints.filter((text) => !text.includes('422')), []);
    await page.context().close();
    await colleague.context().close();
});

test('without script: tags on a lead and its company, and in Settings', async () => {
    const board = await addBoard(stack, own, 'Plain');
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/accounts/${board.account}`);
    await page.getByRole('combobox', { name: 'Add a tag' }).fill('Partner');
    await page.getByRole('button', { name: 'Add the tag' }).click();
    await page.getByText('Tagged Plain Ltd Partner.').waitFor();
    await page.goto(`${stack.url}/leads/${board.lead}`);
    assert.deepEqual(await chips(page), ['Partner']);
    assert.equal(await page.getByRole('button', { name: 'Take off Partner' }).count(), 0, 'it is the company\'s');
    await page.locator('.tag-chip summary').click();
    await page.getByText('and so on all of its leads').waitFor();
    await page.locator('.tag-from').getByRole('link', { name: 'Plain Ltd' }).click();
    await page.getByRole('button', { name: 'Take off Partner' }).click();
    await page.getByText('Took Partner off Plain Ltd.').waitFor();

    await page.goto(`${stack.url}/settings/tags`);
    await page.getByLabel('New tag').fill('Watch');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await page.getByRole('link', { name: 'Watch' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Watch closely');
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText('Watch is called Watch closely now.').waitFor();
    await page.getByRole('link', { name: 'Watch closely' }).click();
    await page.getByText('Yes, delete this tag everywhere').click();
    await page.getByRole('button', { name: 'Delete tag' }).click();
    await page.getByText('The tag Watch closely is deleted.').waitFor();
    await page.context().close();
});

test('a card by hand: n, an address of its site, what is found, and the card on a colleague\'s board', async () => {
    const board = await addBoard(stack, own, 'Hand');
    const colleague = await signedIn(browser, stack);
    await colleague.goto(`${stack.url}/boards/${board.board}`);
    await colleague.locator('#live[data-state=on]').waitFor();
    const page = await signedIn(browser, stack);
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.locator('#live[data-state=on]').waitFor();
    await page.keyboard.press('n');
    await page.waitForURL('**/add');
    await page.keyboard.type('gmail.com');
    await page.keyboard.press('Enter');
    await page.getByText('is a mail provider').waitFor();
    await mustBeAccessible(page);
    await page.getByLabel('Company or person').fill('https://www.harbor-freight.com/ports?x=1');
    await page.keyboard.press('Enter');
    await page.getByText('Plans ports.').waitFor();
    await mustBeAccessible(page);
    assert.equal(await page.getByLabel('Name').inputValue(), 'Harbor Freight');
    await page.getByLabel('Name').fill('Harbor Freight AG');
    await page.getByRole('button', { name: 'Add to the board' }).click();
    await page.getByText('Added Harbor Freight AG').first().waitFor();
    await colleague.getByRole('link', { name: 'Harbor Freight AG' }).first().waitFor();
    assert.deepEqual(page.complaints.filter((text) => !text.includes('422')), []);

    await page.goto(`${stack.url}/boards/${board.board}/add`);
    await page.getByLabel('Company or person').fill('harbor-freight.com');
    await page.getByRole('button', { name: 'Look it up' }).click();
    await page.getByText('Harbor Freight AG is on this board already, in Discovery.').waitFor();
    await page.getByRole('link', { name: 'Open its card' }).click();
    await page.getByRole('heading', { name: 'Harbor Freight AG' }).waitFor();
    await page.context().close();
    await colleague.context().close();
});

test('a card by hand without script: the page comes again by itself until it is found', async () => {
    const board = await addBoard(stack, own, 'Refresh');
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${stack.url}/boards/${board.board}`);
    await page.getByRole('link', { name: 'Add card' }).click();
    await page.getByLabel('Company or person').fill('no-script.com');
    await page.getByRole('button', { name: 'Look it up' }).click();
    await page.getByText('Plans ports.').waitFor({ timeout: 15_000 });
    await page.getByRole('button', { name: 'Add to the board' }).click();
    await page.getByText('Added Harbor Freight').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually('it is gone', async () => await stack.value("select count(*) from card where domain = 'no-script.com'") === 0);
    await page.context().close();
});
