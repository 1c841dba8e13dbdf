// Stages in a browser: limits, folding, swimlanes, owners in the header, a copy; with script and without.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible } from '../lib/browser.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

let stack, browser, own;
before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    own = await ownDataset(stack);
    await stack.psql(`with u as (insert into app_user (email, name, password_hash)
            select n || '@owners.example', n, '*' from unnest('{Ann Able,Ben Bold}'::text[]) n returning id)
        insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u`);
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});

// Six cards, two of Ann's, one of Ben's; one is past its stage's limit, and the stage is over its own.
async function newBoard() {
    const board = await addBoard(stack, own, `Stages${Math.random().toString(36).slice(2, 6)}`);
    const cards = [board.card, ...await addCards(stack, own, board, 5)];
    const owned = (name, ids) => `update card set owner_id = (select id from app_user where name = '${name}') where id in (${ids});`;
    await stack.psql(`update stage set wip_limit = 4, age_limit_days = 7 where id = ${board.stage};
        update card set stage_at = now() - interval '9 days', stage_by_kind = 4 where id = ${cards[1]};
        update card set tags = '[["Partner", 2], ["Customer", 1]]' where id in (${cards[1]}, ${cards[2]});
        ${owned('Ann Able', [cards[1], cards[2]])} ${owned('Ben Bold', [cards[3]])}`);
    return { ...board, cards, url: `${stack.url}/boards/${board.board}` };
}
const shown = (page) => page.locator('.card').evaluateAll((all) => all.filter((card) => card.checkVisibility()).length);
const clean = (page) => assert.deepEqual(page.complaints, []);

for (const script of [true, false]) {
    const how = script ? 'with script' : 'without script';

    test(`a stage is folded and unfolded, ${how}`, async () => {
        const board = await newBoard();
        const page = await signedIn(browser, stack, { script });
        await page.goto(board.url);
        assert.equal(await shown(page), 6);
        await page.getByLabel('Menu of Discovery').click();
        await page.getByRole('button', { name: 'Fold this stage' }).first().click();
        await page.locator(`#s${board.stage}.folded`).waitFor();
        assert.equal(await shown(page), 0);
        assert.ok((await page.locator(`#s${board.stage}`).boundingBox()).width < 60);
        await eventually('it is remembered', async () =>
            (await stack.rows(`select 1 from board_person where folded = '{${board.stage}}'`)).length === 1);
        if (script) {
            await mustBeAccessible(page);
        }
        await page.reload();
        assert.equal(await shown(page), 0, 'it stays folded');
        await page.getByLabel('Show the cards of Discovery').click();
        await page.locator(`#s${board.stage}:not(.folded)`).waitFor();
        await eventually('the cards are there', async () => await shown(page) === 6);
        clean(page);
    });

    test(`limits are set, and what is past them says so, ${how}`, async () => {
        const board = await newBoard();
        const page = await signedIn(browser, stack, { script });
        await page.goto(board.url);
        const head = page.locator(`#s${board.stage} .stage-head`);
        assert.match(await head.innerText(), /6\s*\/ 4/);
        assert.match(await head.innerText(), /over the limit/);
        assert.equal(await page.locator('.card-age.late').innerText(), '9 d, limit 7');
        assert.equal(await page.locator('.card-age.late').getAttribute('title'), 'An automation moved it here');
        await page.goto(`${board.url}/settings`);
        await page.getByLabel('Most cards in Discovery').fill('6');
        await page.getByLabel('Most days in Discovery').fill('');
        await page.getByRole('button', { name: 'Save stages' }).click();
        await page.goto(board.url);
        assert.match(await head.innerText(), /6\s*\/ 6/);
        assert.doesNotMatch(await head.innerText(), /over the limit/);
        assert.equal(await page.locator('.card-age.late').count(), 0);
        clean(page);
    });

    test(`the owners in the header filter the cards, ${how}`, async () => {
        const board = await newBoard();
        const page = await signedIn(browser, stack, { script });
        await page.goto(board.url);
        await page.getByRole('link', { name: 'Ann Able' }).first().click();
        await eventually('her cards', async () => await shown(page) === 2);
        await page.locator('.owners').getByRole('link', { name: 'Ben Bold' }).click();
        await eventually('theirs', async () => await shown(page) === 3);
        await page.locator('.owners').getByRole('link', { name: 'Ann Able' }).click();
        await eventually('his', async () => await shown(page) === 1);
        await page.locator('.owners').getByRole('link', { name: 'Ben Bold' }).click();
        await eventually('all', async () => await shown(page) === 6);
        clean(page);
    });

    test(`swimlanes by owner and by tag; a lane is folded, ${how}`, async () => {
        const board = await newBoard();
        const page = await signedIn(browser, stack, { script });
        const lanes = () => page.locator('.lane').evaluateAll((all) =>
            all.map((lane) => `${lane.querySelector('h2').textContent} ${lane.querySelectorAll('.card').length}`));
        await page.goto(`${board.url}?lanes=owner`);
        assert.deepEqual(await lanes(), ['Ann Able 2', 'Ben Bold 1', 'Nobody 3']);
        await page.locator('.lane-head').first().click();
        assert.equal(await shown(page), 4);
        await page.goto(`${board.url}?lanes=tag`);
        assert.deepEqual(await lanes(), ['Customer 2', 'No tag 4']);
        clean(page);
    });
}

test('in swimlanes cards are moved by the keyboard and by a colleague, and stand once', async () => {
    const board = await newBoard();
    const page = await signedIn(browser, stack);
    await page.goto(`${board.url}?lanes=owner`);
    const cell = (lane, stage) => page.locator(`.lane:nth-of-type(${lane}) .cards[data-stage="${stage}"] .card`);
    await page.locator(`#c${board.cards[3]} .card-name`).focus();
    await page.keyboard.press(']');
    await eventually('the card is in the next stage of its lane', async () => await cell(2, board.stage2).count() === 1);
    await eventually('so it is in the database', async () =>
        (await stack.rows(`select 1 from card where id = ${board.cards[3]} and stage_id = ${board.stage2}`)).length === 1);
    await stack.psql(`update card set owner_id = (select id from app_user where name = 'Ann Able'), version = version + 1
            where id = ${board.cards[3]};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${board.cards[3]})`);
    await eventually('a new owner is another lane', async () => await cell(1, board.stage2).count() === 1, { seconds: 15 });
    assert.equal(await page.locator(`[id="c${board.cards[3]}"]`).count(), 1);
    clean(page);
});

for (const look of [{}, { dark: true }, { width: 390, height: 844, touch: true }]) {
    test(`swimlanes and settings are accessible and no wider than the window: ${JSON.stringify(look)}`, async () => {
        const board = await newBoard();
        const page = await signedIn(browser, stack, look);
        for (const path of ['?lanes=owner', '?lanes=tag', '/settings']) {
            await page.goto(board.url + path);
            await mustBeAccessible(page);
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), path);
        }
        clean(page);
    });
}

test('a phone shows the cards of a stage that was folded on the desk', async () => {
    const board = await newBoard();
    await stack.psql(`insert into board_person (dataset_id, board_id, user_id, folded)
        values (${own.dataset}, ${board.board}, ${own.user}, '{${board.stage}}')`);
    const page = await signedIn(browser, stack, { width: 390, height: 844, touch: true });
    await page.goto(board.url);
    await eventually('they come by themselves', async () => await shown(page) === 6);
    clean(page);
});

test('a board is duplicated without script', async () => {
    const board = await newBoard();
    const page = await signedIn(browser, stack, { script: false });
    await page.goto(`${board.url}/settings`);
    await page.getByLabel('Name of the copy').fill('The same again');
    await page.getByRole('button', { name: 'Duplicate board' }).click();
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'The same again');
    assert.equal(await page.getByLabel('Most cards in Discovery').inputValue(), '4');
    assert.match(await page.locator('main, .flashes').allInnerTexts().then((texts) => texts.join(' ')), /none of its cards/);
});
