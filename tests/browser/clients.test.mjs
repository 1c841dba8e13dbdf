// Other trackers' own browser clients from npm, unchanged, on a page of another host, and pages that were made
// for Matomo and LeadBoxer: what they send becomes events, and those become people.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { launchBrowser, watched } from '../lib/browser.mjs';
import { root } from '../lib/paths.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const types = ['', 'pageview', 'exit', 'email_open', 'email_click', 'form', 'login', 'custom'];
let stack;
let browser;
let server;
let elsewhere; // origin of the page
let page_; // what it serves: { head, body, script }
let seen = 0;

async function bundle(source) {
    const { outputFiles } = await build({ stdin: { contents: source, resolveDir: root }, bundle: true, write: false,
        format: 'iife', platform: 'browser', logLevel: 'error' });
    return outputFiles[0].text;
}

before(async () => {
    stack = await startStack();
    await stack.psql(`insert into workspace (name) values ('Clients');
        insert into dataset (workspace_id, public_id, name) select id, 'clients', 'Clients' from workspace where name = 'Clients';
        insert into dataset_alias (alias, dataset_id) select '7', id from dataset where public_id = 'clients'`);
    browser = await launchBrowser();
    server = createServer((request, response) => {
        const script = request.url === '/client.js';
        response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
        response.end(script ? page_.script : `<!doctype html><title>Elsewhere</title>${page_.head ?? ''}${page_.body ?? ''}`);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    elsewhere = `http://127.0.0.1:${server.address().port}`;
});
after(async () => {
    await browser?.close();
    server?.close().closeAllConnections();
    await stack?.stop();
});

async function visit(content, { path = '/shop?utm_source=test', cookies = [] } = {}) {
    page_ = content;
    seen = await stack.value('select coalesce(max(id), 0) from event');
    const person = await browser.newPerson();
    await person.addCookies(cookies.map((cookie) => ({ ...cookie, url: elsewhere })));
    const page = watched(await person.newPage());
    await page.route(/example\.org/, (route) => route.fulfill({ status: 204 }));
    await page.goto(elsewhere + path);
    return page;
}
const events = async () => (await stack.rows(`select type, name, url, title, referrer, utm, properties, visitor
    from event where id > ${seen} order by id`)).map((row) => ({ ...row, type: types[row.type] }));
const event = (type, like = () => true) =>
    eventually(`${type} arrives`, async () => (await events()).find((row) => row.type === type && like(row)));
const lead = (email) => eventually(`${email} is a lead`, async () =>
    (await stack.rows(`select * from lead where email_lower = '${email}'`))[0]);

for (const [strategy, deliveryStrategy] of [['one by one', {}], ['in batches', { strategy: 'batching', config: { size: 3, timeout: 300 } }]]) {
    test(`@segment/analytics-next, ${strategy}: only its cdnURL is ours`, async () => {
        const email = `next-${strategy.replaceAll(' ', '-')}@acme.example`;
        const script = await bundle(`
            import { AnalyticsBrowser } from '@segment/analytics-next';
            const analytics = AnalyticsBrowser.load({ writeKey: 'clients', cdnURL: '${stack.url}' },
                { integrations: { 'Segment.io': { deliveryStrategy: ${JSON.stringify(deliveryStrategy)} } } });
            window.done = (async () => {
                await analytics.page('Shop');
                await analytics.identify('user-7', { email: '${email}', firstName: 'Ann', company: { name: 'Acme' } });
                await analytics.track('Plan chosen', { seats: 3 });
                await analytics.group('g1', { name: 'Acme', employees: 12 });
            })();`);
        const page = await visit({ script, head: '<script defer src="/client.js"></script>' });
        await page.evaluate(() => window.done);
        const view = await event('pageview');
        assert.equal(view.url, `${elsewhere}/shop?utm_source=test`);
        assert.equal(view.title, 'Elsewhere');
        assert.equal(view.name, 'Shop');
        assert.deepEqual(view.utm, { source: 'test' });
        const identified = await event('login', (row) => row.name === null);
        assert.equal(identified.properties.userId, 'user-7');
        assert.equal(identified.visitor, view.visitor);
        assert.deepEqual((await event('custom')).properties, { seats: 3 });
        assert.equal((await event('login', (row) => row.name === 'group')).properties.account.employees, 12);
        assert.equal((await lead(email)).first_name, 'Ann');
        assert.deepEqual(page.complaints, []);
        await page.close();
    });
}

test('@segment/analytics-next: a request whose answer never came is counted once', async () => {
    const script = await bundle(`
        import { AnalyticsBrowser } from '@segment/analytics-next';
        const analytics = AnalyticsBrowser.load({ writeKey: 'clients', cdnURL: '${stack.url}' });
        window.analytics = analytics;`);
    const page = await visit({ script, head: '<script defer src="/client.js"></script>' });
    let lost = 0;
    await page.route(/\/v1\/t$/, async (route) => {
        if (lost++ < 1) {
            await route.fetch(); // it gets there
            return route.abort(); // and nobody hears
        }
        return route.continue();
    });
    await page.evaluate(() => { window.analytics.track('Unanswered'); });
    await eventually('it is sent again', () => lost >= 2, { seconds: 40 });
    await page.evaluate(() => { window.analytics.track('Afterwards'); });
    await event('custom', (row) => row.name === 'Afterwards');
    assert.equal((await events()).filter((row) => row.name === 'Unanswered').length, 1);
    await page.close();
});

test('@jonkoops/matomo-tracker, with our matomo.js', async () => {
    const script = await bundle(`
        import MatomoTracker from '@jonkoops/matomo-tracker';
        const tracker = new MatomoTracker({ urlBase: '${stack.url}', siteId: 7, userId: 'jon@acme.example', heartBeat: { active: true, seconds: 5 } });
        tracker.trackPageView({ customDimensions: [{ id: 2, value: 'Team' }] });
        tracker.trackEvent({ category: 'Video', action: 'Play', name: 'Tour', value: 5 });
        tracker.trackSiteSearch({ keyword: 'chairs', count: 4 });
        tracker.addEcommerceItem({ sku: 'S1', productName: 'Chair', productPrice: 10, productQuantity: 2 });
        tracker.trackEcommerceOrder({ orderId: 'O1', orderRevenue: 20 });
        window.tracker = tracker;`);
    const page = await visit({ script, body: '<a href="https://www.example.org/">Out</a><a href="/plan.pdf" download>Plan</a>',
        head: '<script defer src="/client.js"></script>' });
    const view = await event('pageview', (row) => row.title === 'Elsewhere' && !row.properties.search);
    assert.equal(view.url, `${elsewhere}/shop?utm_source=test`);
    assert.equal(view.properties.dimension2, 'Team');
    assert.deepEqual((await event('login')).properties, { email: 'jon@acme.example' });
    assert.match(view.properties.screen, /^\d+x\d+$/);
    const played = await event('custom', (row) => row.name === 'Video: Play');
    assert.deepEqual(played.properties, { category: 'Video', action: 'Play', name: 'Tour', value: 5, dimension2: 'Team' });
    assert.equal(played.visitor, view.visitor);
    await event('pageview', (row) => row.properties.search === 'chairs');
    const order = await event('custom', (row) => row.name === 'Order');
    assert.equal(order.properties.order, 'O1');
    assert.equal(order.properties.items, '[["S1","Chair","",10,2]]');
    await page.getByText('Plan').click();
    await event('exit', (row) => row.properties.kind === 'download');
    await page.getByText('Out').click();
    assert.equal((await event('exit', (row) => row.properties.kind === 'outbound')).properties.link, 'https://www.example.org/');
    assert.equal((await lead('jon@acme.example')).sessions, 1);
    assert.deepEqual(page.complaints, []);
    await page.close();
});

const paq = (calls) => `<script>var _paq = window._paq = window._paq || []; ${calls}
    (function () { var u = '${stack.url}/'; _paq.push(['setTrackerUrl', u + 'matomo.php']); _paq.push(['setSiteId', '7']);
    var d = document, g = d.createElement('script'), s = d.getElementsByTagName('script')[0];
    g.async = true; g.src = u + 'matomo.js'; s.parentNode.insertBefore(g, s); })();</script>`;

test('a page with Matomo\'s snippet: who was there before is known', async () => {
    const cookies = [{ name: '_pk_id.1.1fff', value: '00000000000000aa.1700000000.' }];
    const page = await visit({ head: paq(`_paq.push(['trackPageView']); _paq.push(['enableLinkTracking']);
        _paq.push([function () { window.visitor = this.getVisitorId(); }]);`) }, { cookies });
    const first = await event('pageview');
    assert.equal(await page.evaluate(() => window.visitor), '00000000000000aa');
    await page.evaluate(() => {
        history.pushState({}, '', '/two');
        _paq.push(['setCustomUrl', '/two'], ['setDocumentTitle', 'Two'], ['setUserId', 'u2'], ['nonsense'], ['trackPageView'], ['ping']);
        Matomo.getAsyncTracker().trackEvent('A', 'B');
        Matomo.getTracker(undefined, 'clients').trackGoal(3, 5);
        _paq.push(['optUserOut']);
        _paq.push(['trackPageView', 'Unseen']);
    });
    const two = await event('pageview', (row) => row.title === 'Two');
    assert.equal(two.visitor, first.visitor);
    assert.equal(two.referrer, `${elsewhere}/shop?utm_source=test`);
    assert.equal((await event('exit')).properties.kind, 'stay');
    assert.deepEqual((await event('login', (row) => row.name === 'user')).properties, { userId: 'u2' });
    assert.deepEqual((await event('custom', (row) => row.name === 'Goal 3')).properties, { goal: '3', revenue: 5 });
    assert.ok(!(await events()).some((row) => row.title === 'Unseen'));
    assert.deepEqual(page.complaints, []);
    await page.close();
});

test('a page with Matomo\'s snippet that asks first', async () => {
    const page = await visit({ head: paq(`_paq.push(['trackPageView']); _paq.push(['requireConsent']); _paq.push(['disableCookies']);`) });
    await page.waitForFunction(() => window.Matomo);
    await page.evaluate(() => { _paq.push(['trackEvent', 'Too', 'Early'], ['rememberConsentGiven'], ['trackPageView']); });
    await event('pageview');
    assert.ok(!(await events()).some((row) => row.type === 'custom'));
    const names = (await page.context().cookies()).map(({ name }) => name);
    assert.deepEqual(names, ['mtm_consent']);
    await page.close();
});

test('without script: Matomo\'s picture', async () => {
    page_ = { body: `<noscript><img referrerpolicy="no-referrer-when-downgrade" src="${stack.url}/matomo.php?idsite=7&amp;rec=1&amp;url=https://noscript.example/" alt=""></noscript>` };
    seen = await stack.value('select coalesce(max(id), 0) from event');
    const page = watched(await (await browser.newPerson({ script: false })).newPage());
    await page.goto(`${elsewhere}/quiet`);
    assert.equal((await event('pageview')).url, 'https://noscript.example/');
    assert.deepEqual(page.complaints, []);
    await page.close();
});

test('a page that was made for LeadBoxer: only the host name changes', async () => {
    const host = new URL(stack.url).host;
    const page = await visit({ head: `<script>function ot_onload() { _otmap.put('Customer Type', 'Reseller'); _otmap.put('email', 'box@acme.example'); ot_log_state(); }</script>
        <script src="//${host}/?dataset=clients"></script>
        <script>OTLogService.sendEvent('basic event');
            var map = new OTMap(); map.put('firstName', 'Box'); map.put('lastName', 'Er'); map.put('companyName', 'Boxes');
            OTLogService.sendEvent('Login added', map, false);
            var other = new OTMap(); other.put('PDF', 'plan.pdf'); other.put('salesChannel!', 'West'); OTLogService.sendEvent('Download', other);</script>` });
    const view = await event('pageview');
    assert.equal(view.url, `${elsewhere}/shop?utm_source=test`);
    assert.deepEqual((await event('login', (row) => row.name === null)).properties, { 'Customer Type': 'Reseller', email: 'box@acme.example' });
    assert.deepEqual((await event('login', (row) => row.name === 'Login added')).properties,
        { firstName: 'Box', lastName: 'Er', company: 'Boxes' });
    await event('custom', (row) => row.name === 'basic event');
    assert.deepEqual((await event('custom', (row) => row.name === 'Download')).properties, { PDF: 'plan.pdf', salesChannel: 'West' });
    assert.match(await page.evaluate(() => ot_uid()), /^[0-9a-f]{32}$/);
    const uid = await page.evaluate(() => ot_uid());
    await page.evaluate(([url, id]) => fetch(`${url}/log?si=clients&ti=Form-Submit&uid=${id}&email=box2@acme.example`, { mode: 'no-cors' }),
        [stack.url, uid]);
    assert.equal((await event('login', (row) => row.name === 'Form-Submit')).visitor, view.visitor, 'its log knows the same visitor');
    const person = await lead('box@acme.example');
    assert.equal(person.first_name, 'Box');
    assert.equal(person.company, 'Boxes');
    assert.deepEqual(page.complaints, []);
    await page.close();
});

test('a page that was made for LeadBoxer and wants to count by itself', async () => {
    const page = await visit({ head: `<script src="${stack.url}/?site=clients&onload=map"></script>
        <script>_otmap.put('salesChannel!', 'West coast ads'); OTLogService.sendEvent(_otmap);</script>` });
    assert.deepEqual((await event('custom')).properties, { salesChannel: 'West coast ads' });
    assert.ok(!(await events()).some((row) => row.type === 'pageview'));
    await page.close();
});
