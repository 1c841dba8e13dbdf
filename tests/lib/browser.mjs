// Debian's Chromium by playwright-core, and axe-core's verdict on a page.
//
//   const browser = await launchBrowser();
//   const page = await browser.newPage({ width: 1440, height: 900, dark: false, script: true });
//   await mustBeAccessible(page);

import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-dev-shm-usage', '--disable-extensions'];

export async function launchBrowser() {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
    return {
        // A person: pages of one context share cookies, contexts share nothing.
        newPerson({ width = 1440, height = 900, dark = false, script = true, touch = false } = {}) {
            return browser.newContext({
                viewport: { width, height },
                colorScheme: dark ? 'dark' : 'light',
                javaScriptEnabled: script,
                hasTouch: touch,
                reducedMotion: 'reduce',
            });
        },
        async newPage(options) {
            const person = await this.newPerson(options);
            return watched(await person.newPage());
        },
        close: () => browser.close(),
    };
}

// Remembers what the page complained of: page.complaints lists script errors, policy violations and
// answers of 500 and above.
export function watched(page) {
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(`script: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
        if (message.type() === 'error') {
            page.complaints.push(`console: ${message.text()}`);
        }
    });
    page.on('response', (response) => {
        if (response.status() >= 500) {
            page.complaints.push(`${response.status()} ${response.url()}`);
        }
    });
    return page;
}

// axe-core runs in its own world, which the page's policy does not reach.
export async function accessibilityViolations(page) {
    const session = await page.context().newCDPSession(page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId } = await session.send('Page.createIsolatedWorld',
        { frameId: frameTree.frame.id, worldName: 'axe' });
    const evaluate = async (expression) => {
        const { result, exceptionDetails } = await session.send('Runtime.evaluate',
            { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
        if (exceptionDetails) {
            throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        }
        return result.value;
    };
    await evaluate(`${axe}; undefined`);
    const violations = await evaluate('axe.run(document).then(({ violations }) => violations.map((v) => '
        + '({ id: v.id, help: v.help, nodes: v.nodes.map((n) => n.html + "  " + n.failureSummary) })))');
    await session.detach();
    return violations;
}

// A card is paler while its move is on the way to the server: judged once it has arrived.
export async function mustBeAccessible(page) {
    await page.locator('.card.waiting').first().waitFor({ state: 'detached' });
    const violations = await accessibilityViolations(page);
    if (violations.length > 0) {
        throw new Error(`${page.url()}\n` + violations
            .map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.join('\n    ')}`).join('\n'));
    }
}
