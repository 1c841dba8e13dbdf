// Somebody at a browser, signed in.

import { setTimeout } from 'node:timers/promises';
import { watched } from './browser.mjs';
import { eventually } from './process.mjs';
import { owner } from './stack.mjs';

// options: see launchBrowser().newPerson.
export async function signedIn(browser, stack, options, { email, password } = owner) {
    const context = await browser.newPerson(options);
    const page = watched(await context.newPage());
    await page.goto(`${stack.url}/login`);
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.locator('main button[type=submit]').click();
    await page.waitForURL((url) => url.pathname !== '/login');
    return page;
}

// A card that is drawn anew is gone for a moment, one that makes room is on its way.
const boxOf = (locator) => eventually('it stands still', async () => {
    const before = await locator.boundingBox();
    await setTimeout(30);
    const now = await locator.boundingBox();
    return now && before?.x === now.x && before.y === now.y && now;
}, { every: 10 });

// Carries a card by mouse to the middle of the target's top; on a page in front: behind another one each step
// takes a second.
export async function drag(page, card, target) {
    const from = await boxOf(page.locator(`#c${card}`));
    const to = await boxOf(target);
    await page.mouse.move(from.x + 120, from.y + 14);
    await page.mouse.down();
    await page.mouse.move(from.x + 130, from.y + 30, { steps: 4 });
    await page.mouse.move(to.x + to.width / 2, to.y + Math.min(20, to.height / 2), { steps: 12 });
    await page.waitForTimeout(150); // cards make room
    await page.mouse.up();
}
