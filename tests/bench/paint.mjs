// board.paint: a board of 250 cards opened in Chromium, its processor slowed down four times: when its largest
// part is painted, and the longest task on the way.

import { launchBrowser } from '../lib/browser.mjs';
import { addBoard, addCards } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { median } from './tools.mjs';

const slower = 4;
const loads = 7;

async function fill({ stack, dataset }) {
    const board = await addBoard(stack, dataset, 'Paint');
    for (const stage of [board.stage, board.stage2, board.stage3]) {
        await addCards(stack, dataset, { board: board.board, stage }, 83, `Company of ${stage}`);
    }
    await stack.psql(`update card set contacts = id % 7, visitors = id % 19, owner_id = case when id % 3 = 0 then ${dataset.user} end,
        tags = case when id % 2 = 0 then '[["Interest", 4], ["Partner", 1], ["Key account", 1]]' else '[["Customer", 2]]' end::jsonb
        where board_id = ${board.board}`);
    return board;
}

// Runs in the page before anything else there.
function observe() {
    globalThis.painted = 0;
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
        globalThis.painted = list.getEntries().at(-1).startTime;
    }).observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((list) => {
        globalThis.longest = Math.max(globalThis.longest, ...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: 'longtask', buffered: true });
}

async function load(page, address) {
    await page.goto('about:blank');
    await page.goto(address);
    await page.locator('#live[data-state=on]').waitFor();
    await page.waitForTimeout(1500);
    return page.evaluate(() => ({ paint: globalThis.painted, task: globalThis.longest, cards: document.querySelectorAll('.card').length }));
}

export const boardPaint = {
    name: 'board.paint',
    unit: 'ms',
    async run(bench) {
        const board = await fill(bench);
        const browser = await launchBrowser();
        try {
            const page = await signedIn(browser, bench.stack, { width: 1440, height: 900 });
            await page.addInitScript(observe);
            const client = await page.context().newCDPSession(page);
            await client.send('Emulation.setCPUThrottlingRate', { rate: slower });
            const runs = [];
            for (let i = 0; i < loads; i++) {
                runs.push(await load(page, `${bench.stack.url}/boards/${board.board}`));
            }
            const paints = runs.map(({ paint }) => paint);
            const task = Math.max(...runs.map((run) => run.task));
            return {
                value: median(paints), p50: median(paints), p99: Math.max(...paints), more: { longest_task_ms: task },
                note: `${runs[0].cards} cards, longest task ${Math.round(task)} ms in ${loads} loads`,
            };
        } finally {
            await browser.close();
        }
    },
};
