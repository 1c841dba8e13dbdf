// The tracker in a real browser: on the sample site, in single-page apps, on other hosts, for visitors who
// ask not to be counted, and where nearly everything it needs is missing.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launchBrowser, mustBeAccessible, watched } from '../lib/browser.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const types = ['', 'pageview', 'exit', 'email_open', 'email_click', 'form', 'login', 'custom'];
let stack;
let browser;
let seen = 0; // the last event of the tests before

before(async () => {
    stack = await startStack();
    await stack.psql(`insert into workspace (name) values ('Tracking');
        insert into dataset (workspace_id, public_id, name, honour_privacy_signals)
        select id, 'demo', 'Demo', true from workspace where name = 'Tracking'`);
    browser = await launchBrowser();
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});

async function visit(path, options = {}) {
    seen = await stack.value('select coalesce(max(id), 0) from event');
    const person = await browser.newPerson(options);
    const page = watched(await person.newPage());
    // Nothing of the wide world: a click on it is all that is wanted.
    await page.route(/example\.org/, (route) => route.fulfill({ status: 204 }));
    await options.prepare?.(page);
    await page.goto(path.startsWith('http') ? path : stack.url + path);
    return page;
}

const events = async () => (await stack.rows(`select id, type, name, url, title, referrer, properties, visitor
    from event where id > ${seen} order by id`)).map((row) => ({ ...row, type: types[row.type] }));

// Waits for an event like that and answers it.
function event(type, like = () => true) {
    return eventually(`${type} arrives`, async () => (await events()).find((row) => row.type === type && like(row)));
}

// A page of somebody else, with the snippet as given.
const html = (snippet, body = '<h1>Elsewhere</h1>') => async (page) => {
    await page.route(/\/elsewhere\.html/, (route) => route.fulfill({ contentType: 'text/html',
        body: `<!doctype html><title>Elsewhere</title>${snippet}${body}` }));
};
const snippet = (attributes = '') => `<script defer src="${stack.url}/lb.js" data-dataset="demo" ${attributes}></script>`;

test('a visit to the sample site: pages, time on them, the same visitor', async () => {
    const page = await visit('/demo/?utm_source=test&email=ann%40acme.example');
    const first = await event('pageview');
    assert.match(first.url, /\/demo\/\?utm_source=test$/);
    assert.match(first.title, /^Tidewell/);
    assert.match(first.properties.screen, /^\d+x\d+$/);
    assert.deepEqual((await event('login')).properties, { email: 'ann@acme.example' });
    await page.getByRole('link', { name: 'Pricing' }).first().click();
    const left = await event('exit');
    assert.equal(left.properties.kind, 'leave');
    assert.ok(left.properties.seconds >= 0);
    assert.match(left.url, /\/demo\//);
    const second = await event('pageview', (row) => row.url.endsWith('/demo/pricing.html'));
    assert.match(second.referrer, /\/demo\/\?utm_source=test/);
    assert.equal(second.visitor, first.visitor);
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === 'lb_id');
    assert.match(cookie.value, /^[0-9a-f]{32}$/);
    assert.ok(cookie.expires - Date.now() / 1000 > 390 * 86_400, 'as long as browsers allow');
    assert.equal(cookie.sameSite, 'Lax');
    assert.deepEqual(page.complaints, []);
    await page.close();
});

test('the sample site is a decent page itself', async () => {
    for (const name of ['', 'features.html', 'pricing.html', 'blog/five-signs.html', 'contact.html', 'trial.html', 'thanks.html']) {
        for (const width of [1440, 390]) {
            const page = await visit(`/demo/${name}`, { width });
            await mustBeAccessible(page);
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at ${width}`);
            assert.deepEqual(page.complaints, [], name);
            await page.close();
        }
    }
});

test('a single-page app: each page once', async () => {
    const page = await visit('/demo/features.html');
    await event('pageview');
    await page.evaluate(() => {
        history.pushState({}, '', '/demo/app/one');
        history.replaceState({ again: true }, '', '/demo/app/one');
        document.title = 'One';
    });
    const one = await event('pageview', (row) => row.url.endsWith('/app/one'));
    assert.match(one.referrer, /features\.html$/);
    assert.equal(one.title, 'One', 'the title that came after the address');
    await page.evaluate(() => history.pushState({}, '', '/demo/app/two#here'));
    await event('pageview', (row) => row.url.endsWith('/app/two'));
    await page.goBack();
    await eventually('back is a page', async () =>
        (await events()).filter((row) => row.type === 'pageview' && row.url.endsWith('/app/one')).length === 2);
    await page.evaluate(() => { location.hash = '#part'; });
    await page.evaluate(() => { location.hash = '#/route'; });
    await event('pageview', (row) => row.url.endsWith('#/route'));
    const views = (await events()).filter((row) => row.type === 'pageview');
    assert.equal(views.length, 5, views.map((row) => row.url).join('\n'));
    await page.close();
});

test('clicks to elsewhere and downloads', async () => {
    const page = await visit('/demo/');
    await page.getByRole('link', { name: 'Partners' }).click();
    const out = await event('exit', (row) => row.properties.kind === 'outbound');
    assert.equal(out.properties.link, 'https://www.example.org/');
    await page.getByRole('link', { name: 'Maintenance plan (CSV)' }).click();
    const file = await event('exit', (row) => row.properties.kind === 'download');
    assert.match(file.properties.link, /maintenance-plan\.csv$/);
    await page.close();
});

test('forms, without what is nobody\'s business', async () => {
    const page = await visit('/demo/trial.html');
    await page.getByLabel('First name').fill('Ann');
    await page.getByLabel('Last name').fill('Miller');
    await page.getByLabel('Work email').fill('ann.miller@acme.example');
    await page.getByLabel('Company').fill('Acme');
    await page.getByLabel('Choose a password').fill('hunter2hunter2');
    await page.getByRole('button', { name: 'Start the trial' }).click();
    const form = await event('form');
    assert.equal(form.name, 'trial');
    assert.deepEqual(form.properties, { firstName: 'Ann', lastName: 'Miller', email: 'ann.miller@acme.example',
        company: 'Acme', machines: 'up to 50' });
    await page.waitForURL(/thanks\.html/);
    assert.equal(await stack.value("select count(*) from event where properties::text like '%hunter2%'"), 0);
    await page.close();
});

test('forms of others: only where wanted, never secrets', async () => {
    const form = `<form name="order" action="javascript:void 0" onsubmit="return false">
        <input name="E-Mail" type="email" value="bob@acme.example"><input name="note" value="4111 1111 1111 1111">
        <input name="cc" autocomplete="cc-number" value="1234"><input name="cvc" value="123">
        <input type="hidden" name="csrf" value="secret1"><input type="hidden" name="plan" value="big" data-lb-include>
        <input name="salary" value="secret2" data-lb-private><span data-lb-private><input name="ill" value="secret3"></span>
        <input type="checkbox" name="news" value="yes" checked><input type="checkbox" name="terms" value="yes">
        <select name="size"><option>small</option></select><textarea name="message">Hello</textarea><button>Go</button></form>`;
    let page = await visit('/elsewhere.html', { prepare: (p) => html(snippet('data-forms'), form)(p) });
    await page.getByRole('button').click();
    assert.deepEqual((await event('form')).properties,
        { email: 'bob@acme.example', plan: 'big', news: 'yes', size: 'small', message: 'Hello' });
    await page.close();
    page = await visit('/elsewhere.html', { prepare: (p) => html(snippet(), form)(p) });
    await page.getByRole('button').click();
    await page.evaluate(() => lb('track', 'after the form'));
    await event('custom');
    assert.ok(!(await events()).some((row) => row.type === 'form'));
    await page.close();
});

test('calls: before the script is there and after', async () => {
    const stub = `<script>window.lb = window.lb || function () { (lb.q = lb.q || []).push(arguments) };
        lb('track', 'early', { a: 1 }); lb('identify', { email: 'early@acme.example' })</script>`;
    const page = await visit('/elsewhere.html', { prepare: (p) => html(stub + snippet())(p) });
    assert.deepEqual((await event('custom')).properties, { a: 1 });
    assert.equal((await event('login')).properties.email, 'early@acme.example');
    await page.evaluate(() => {
        const circle = {};
        circle.self = circle;
        lb('track', 'cannot be sent', circle);
        lb('nonsense');
        lb();
        lb('form', 'by hand', { fname: 'Zoe' });
        lb('track', 'late');
    });
    assert.deepEqual((await event('form')).properties, { firstName: 'Zoe' });
    await event('custom', (row) => row.name === 'late');
    assert.ok(!(await events()).some((row) => row.name === 'cannot be sent'));
    assert.deepEqual(page.complaints, []);
    await page.close();
});

test('on another host: no preflight, no complaint, and the last word is heard', async (t) => {
    const server = createServer((request, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(`<!doctype html><title>Other</title>${snippet()}`);
    });
    t.after(() => server.close().closeAllConnections());
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const other = `http://127.0.0.1:${server.address().port}`;
    const methods = [];
    const page = await visit(`${other}/shop`, { prepare: (p) =>
        p.on('request', (request) => request.url().endsWith('/e') && methods.push(request.method())) });
    await event('pageview', (row) => row.url === `${other}/shop`);
    await page.evaluate(() => lb('track', 'said'));
    await event('custom');
    await page.goto('about:blank');
    await event('exit', (row) => row.properties.kind === 'leave');
    assert.ok(methods.length >= 2 && methods.every((method) => method === 'POST'), methods.join());
    assert.deepEqual(page.complaints, []);
    await page.close();
});

test('who asks not to be tracked is not, unless the dataset says otherwise', async () => {
    const ask = (page) => page.addInitScript(() => {
        Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });
    });
    const requests = [];
    const page = await visit('/demo/', { prepare: (p) => {
        p.on('request', (request) => requests.push(request.url()));
        return ask(p);
    } });
    await page.evaluate(() => lb('track', 'unheard'));
    await page.goto('about:blank');
    assert.ok(!requests.some((url) => url.endsWith('/e')));
    assert.deepEqual(await page.context().cookies(), []);
    await page.close();
    const counted = await visit('/elsewhere.html', { prepare: async (p) => {
        await ask(p);
        await html(snippet('data-privacy="off"'))(p);
    } });
    await event('pageview');
    await counted.close();
});

test('without cookies: nothing is kept in the browser', async () => {
    const page = await visit('/elsewhere.html', { prepare: (p) => html(snippet('data-cookieless'))(p) });
    const { visitor } = await event('pageview');
    await page.reload();
    const pages = async () => (await events()).filter((row) => row.type === 'pageview');
    await eventually('the second page', async () => (await pages()).length === 2);
    assert.ok((await pages()).every((row) => row.visitor === visitor), 'one visitor for the day');
    assert.deepEqual(await page.context().cookies(), []);
    await page.close();
});

test('the page does not notice when things are missing or the server is away', async () => {
    const page = await visit('/elsewhere.html', { prepare: async (p) => {
        await p.addInitScript(() => {
            Object.defineProperty(document, 'cookie', { get() { throw new Error('no cookies'); }, set() { throw new Error('none'); } });
            delete window.WeakSet;
        });
        await html(snippet())(p);
    } });
    assert.equal(await page.textContent('h1'), 'Elsewhere');
    assert.deepEqual(page.complaints, []);
    await page.close();
    let failures = 0;
    const cut = await visit('/elsewhere.html', { prepare: async (p) => {
        await p.route(/\/e$/, (route) => (failures++ === 0 ? route.abort() : route.continue()));
        await html(snippet())(p);
    } });
    await eventually('the first try failed', () => failures >= 1);
    await event('pageview');
    assert.deepEqual(cut.complaints.filter((text) => text.startsWith('script')), []);
    await cut.close();
});
