// Five browsers move random cards on one board, at the same time, in every way there is: one by one, several,
// by mouse and by keyboard, with undo. In the end all pages and the database agree, and no card is lost.
//
//   CROWD_SECONDS=60 node --test tests/browser/crowd.test.mjs      (15 s when not told)

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { addBoard, addCards, ownDataset } from '../lib/fixture.mjs';
import { drag, signedIn } from '../lib/person.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const seconds = Number(process.env.CROWD_SECONDS ?? 15);
const people = 5;

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

const any = (list) => list[Math.floor(Math.random() * list.length)];

// What somebody does next; a card that has gone elsewhere meanwhile is nobody's fault.
const doings = {
    async drags(page, board) {
        const card = any(board.cards);
        await page.locator(`#c${card}`).scrollIntoViewIfNeeded({ timeout: 1000 });
        await drag(page, card, page.locator(`#s${any(board.stages)} .cards`));
    },
    async sends(page, board) {
        await page.locator(`#c${any(board.cards)} .card-name`).focus({ timeout: 1000 });
        await page.keyboard.press(any(['[', ']', 'Shift+ArrowUp', 'Shift+ArrowDown']));
    },
    async chooses(page, board) {
        await page.locator(`#c${any(board.cards)} .card-name`).focus({ timeout: 1000 });
        await page.keyboard.press('m');
        await page.keyboard.press(any(['1', '2', '3']));
    },
    async sendsSeveral(page, board) {
        for (let i = 0; i < 3; i++) {
            await page.locator(`#c${any(board.cards)} .card-name`).click({ modifiers: ['Control'], timeout: 1000 });
        }
        await page.keyboard.press('m');
        await page.keyboard.press(any(['1', '2', '3']));
        await page.keyboard.press('Escape');
    },
    undoes: (page) => page.keyboard.press('u'),
};

async function work(page, board, until) {
    let done = 0;
    while (Date.now() < until) {
        await doings[any(Object.keys(doings))](page, board).then(() => done++, (error) => {
            if (!/Timeout|not attached|Cannot read properties of null/.test(error.message)) {
                throw error;
            }
        });
        await page.keyboard.press('Escape');
    }
    return done;
}

const shown = (page, stage) => page.locator(`#s${stage} .card`).evaluateAll((cards) => cards.map(({ id }) => Number(id.slice(1))));
const counted = async (page, stage) => Number(await page.locator(`#s${stage} .stage-count`).textContent());
const stored = async (stage) => (await stack.rows(`select id from card where stage_id = ${stage} order by rank, id`)).map(({ id }) => id);

test(`${people} people, ${seconds} s, one board`, async (t) => {
    const board = await addBoard(stack, own, 'Crowd');
    board.cards = [board.card, ...await addCards(stack, own, board, 24)];
    board.stages = [board.stage, board.stage2, board.stage3];
    const pages = await Promise.all(Array.from({ length: people }, () => signedIn(browser, stack)));
    await Promise.all(pages.map((page) => page.goto(`${stack.url}/boards/${board.board}`)));
    const until = Date.now() + seconds * 1000;
    const done = await Promise.all(pages.map((page) => work(page, board, until)));
    t.diagnostic(`${done.reduce((sum, n) => sum + n)} doings, ${await stack.value(`select count(*) from card_ledger
        where board_id = ${board.board} and operation_id is not null`)} of them kept`);
    const truth = () => Promise.all(board.stages.map(stored));
    assert.deepEqual((await truth()).flat().sort((a, b) => a - b), [...board.cards].sort((a, b) => a - b), 'no card is lost');
    let last = '';
    await eventually('all pages agree with the database', async () => {
        const wanted = JSON.stringify(await truth());
        for (const page of pages) {
            last = JSON.stringify(await Promise.all(board.stages.map((stage) => shown(page, stage))));
            const counts = await Promise.all(board.stages.map((stage) => counted(page, stage)));
            if (last !== wanted || JSON.stringify(counts) !== JSON.stringify((await truth()).map(({ length }) => length))) {
                last = `${last} ${counts} but ${wanted}`;
                return false;
            }
        }
        return true;
    }, { seconds: 30 }).catch((error) => { throw new Error(`${error.message}: ${last}`); });
    assert.deepEqual(await stack.rows(`select id from stage s where board_id = ${board.board}
        and cards <> (select count(*) from card where stage_id = s.id)`), [], 'the counts are right');
    for (const page of pages) {
        assert.deepEqual(page.complaints.filter((text) => !/409/.test(text)), []);
    }
});
