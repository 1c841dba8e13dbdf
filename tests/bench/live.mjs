// live.lag: a card moved in one browser until it is painted in another, while a thousand open boards are held.

import { Agent, get } from 'node:http';
import { launchBrowser } from '../lib/browser.mjs';
import { addBoard, addCards } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { sleep } from '../lib/process.mjs';
import { percentiles } from './tools.mjs';

const held = 1000;
const moves = 120;
const pause = 150; // ms between two moves

// Event streams as browsers hold them. Answers { count, end() }; count: messages that came.
async function holdStreams({ stack }, cookie, path, n) {
    const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
    const streams = { messages: 0, requests: [] };
    const one = () => new Promise((resolve, reject) => {
        const request = get({ agent, host: '127.0.0.1', port: stack.port, path,
            headers: { Host: new URL(stack.url).host, Cookie: cookie, Accept: 'text/event-stream' } }, (answer) => {
            if (answer.statusCode !== 200) {
                reject(new Error(`${path}: ${answer.statusCode}`));
                return;
            }
            answer.on('data', (chunk) => { streams.messages += String(chunk).split('\ndata:').length - 1; });
            answer.on('error', () => {});
            resolve();
        });
        request.once('error', reject);
        streams.requests.push(request);
    });
    for (let i = 0; i < n; i += 50) {
        await Promise.all(Array.from({ length: Math.min(50, n - i) }, one));
    }
    streams.end = () => streams.requests.forEach((request) => request.destroy());
    return streams;
}

// When the card is painted in that stage: the frame after its list had it.
const painted = (page, card, stage) => page.evaluate(([c, s]) => new Promise((resolve) => {
    const look = () => {
        if (document.querySelector(`#s${s} #c${c}`)) {
            watcher.disconnect();
            requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())));
        }
    };
    const watcher = new MutationObserver(look);
    watcher.observe(document.querySelector('main.board'), { childList: true, subtree: true });
    look();
}), [card, stage]);

// Presses the key that moves the card; answers when.
const press = (page, card, key) => page.evaluate(([c, k]) => {
    document.querySelector(`#c${c} .card-name`).focus();
    const at = performance.timeOrigin + performance.now();
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true }));
    return at;
}, [card, key]);

async function measure(bench, board, anna, ben) {
    const times = [];
    for (let i = 0; i < moves; i++) {
        const card = board.cards[i % board.cards.length];
        const there = Math.floor(i / board.cards.length) % 2 === 0;
        const seen = painted(ben, card, there ? board.stage2 : board.stage);
        const pressed = await press(anna, card, there ? ']' : '[');
        times.push(await seen - pressed);
        await sleep(pause);
    }
    return times;
}

export const liveLag = {
    name: 'live.lag',
    unit: 'ms',
    async run(bench) {
        const { stack, dataset } = bench;
        const board = await addBoard(stack, dataset, 'Lag');
        board.cards = await addCards(stack, dataset, board, 30);
        const cookie = await bench.signIn();
        const streams = await holdStreams(bench, cookie, `/boards/${board.board}/live`, held);
        const browser = await launchBrowser();
        try {
            const [anna, ben] = [await signedIn(browser, stack), await signedIn(browser, stack)];
            for (const page of [anna, ben]) {
                await page.goto(`${stack.url}/boards/${board.board}`);
                await page.locator('#live[data-state=on]').waitFor();
            }
            const times = await measure(bench, board, anna, ben);
            const { p50, p95, p99 } = percentiles(times);
            return { value: p99, p50, p95, p99, note: `${moves} moves, ${held} streams on the board got ${streams.messages} messages` };
        } finally {
            await browser.close();
            streams.end();
        }
    },
};
