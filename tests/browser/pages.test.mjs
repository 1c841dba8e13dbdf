// Every page, on a desk in light colours and on a phone in dark ones: axe-core finds nothing, nothing is wider than the
// window, no script fails, and hostile text from trackers breaks nothing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchBrowser, mustBeAccessible, watched } from '../lib/browser.mjs';
import { addBoard, addCards, addIntegration, ownDataset } from '../lib/fixture.mjs';
import { Client, filled } from '../lib/client.mjs';
import { signedIn } from '../lib/person.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const looks = [
    { name: 'desk, light', width: 1440, height: 900 },
    { name: 'phone, dark', width: 390, height: 844, dark: true, touch: true },
];

let stack, browser, own, ids;
before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    own = await ownDataset(stack);
    ids = await addBoard(stack, own, 'Pages');
    await addCards(stack, own, ids, 8);
    const unfinished = await addBoard(stack, own, 'Begun');
    await stack.psql(`update board set setup_step = 2 where id = ${unfinished.board};
        update lead set score = 41, score_parts = '[["email", 15], ["recency", 26]]', first_name = 'Jane', last_name = 'Doe';
        update account set description = 'Makes <b>things</b>.', industry = 'Publishing', website = 'https://a.example/', score = 41;
        update card set tags = '[["Interest", 2], ["Target audience", 1], ["Key account", 1], ["Customer", 1]]', score = 88 where id = ${ids.card};
        update note set body = '# A note' || chr(10) || '- with a [link](https://example.com)' where id = ${ids.note};
        update note set version = 3, edited_at = now(), edited_by = ${own.user} where id = ${ids.note};
        insert into note_version (dataset_id, note_id, version, body, user_id, at) values
            (${own.dataset}, ${ids.note}, 1, 'First' || chr(10) || 'second', ${own.user}, now()),
            (${own.dataset}, ${ids.note}, 2, '<b>First</b>' || chr(10) || repeat('second', 100), ${own.user}, now());
        insert into note_mention (dataset_id, note_id, user_id, words) values (${own.dataset}, ${ids.note}, ${own.user}, '{@owner}');
        insert into account_fact (dataset_id, account_id, field, source, value, wins, user_id) values
            (${own.dataset}, ${ids.account}, 'industry', 'hand', 'Publishing', true, ${own.user}),
            (${own.dataset}, ${ids.account}, 'industry', 'site', '<b>Books</b> ' || repeat('and', 300), false, null),
            (${own.dataset}, ${ids.account}, 'technologies', 'site', 'Shopify' || chr(10) || repeat('Wide', 25), true, null),
            (${own.dataset}, ${ids.account}, 'social', 'site', 'javascript:alert(1)' || chr(10) || 'https://x.example/' || repeat('y', 300), true, null);
        insert into note (dataset_id, account_id, user_id, body, deleted_at, deleted_by) values
            (${own.dataset}, ${ids.account}, ${own.user}, repeat('Deleted', 30), now(), ${own.user});
        insert into note (dataset_id, account_id, user_id, body, pinned) values (${own.dataset}, ${ids.account}, ${own.user}, 'Pinned', true);
        update session set ended_at = started_at + interval '1 hour', campaign = repeat('spring', 40), source = repeat('news', 60)
            where lead_id = ${ids.lead};
        insert into event (dataset_id, at, visitor, type, name, url, title, properties)
        select ${own.dataset}, s.started_at + e.o * interval '1 second', s.visitor, e.type, e.name, e.url, e.title, e.properties::jsonb
        from session s, (values
            (1, 1, null, 'https://a.example/' || repeat('endless', 200), repeat('Wide', 400), null),
            (2, 1, null, 'javascript:alert(1)', '<img src=x onerror=alert(1)>', null),
            (3, 2, null, 'https://a.example/', null, '{"kind": "outbound", "link": "javascript:alert(2)"}'),
            (4, 5, '"><script>alert(3)</script>', 'https://a.example/form', null, '{"email": "a@b.c", "x": {"deep": [1]}}'),
            (5, 7, repeat('custom', 100), null, null, '{"k": "' || repeat('v', 3000) || '"}'),
            (6, 6, null, null, null, '[]'), (7, 3, null, null, null, '"text"'), (8, 8, null, null, null, null)
        ) e(o, type, name, url, title, properties) where s.lead_id = ${ids.lead}`);
    ids.begun = unfinished.board;
    await stack.psql(`insert into network_owner (network, name, addresses) values (4200000001, repeat('<b>Net', 40), 1), (4200000002, repeat('W', 200), 2);
        update session set network = 4200000001, place = 7, country = 'DE', region = repeat('Region', 16), city = repeat('<i>', 30), verdict = 1, reason = 7, company = 'a.example'
            where lead_id = ${ids.lead};
        insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, channel, landing, network, verdict, reason)
        select ${own.dataset}, gen_random_uuid(), now(), now(), 0, 1, 1, 1, 'https://a.example/' || repeat('endless', 200), 4200000002, 6, 9 from generate_series(1, 3);
        insert into traffic_verdict (dataset_id, network, verdict, label, user_id) values (${own.dataset}, 4200000001, 2, 'AS', ${own.user})`);
    Object.assign(ids, await addIntegration(stack, own));
    await stack.psql(`update integration set stopped_at = now(), stopped_why = 'Pipedrive does not accept the key. Enter a new one.' where id = ${ids.integration};
        update outbox set error = repeat('Endless', 60), data = json_build_object('text', repeat('Wide', 400), 'html', '<img src=x onerror=alert(1)>') where id = ${ids.delivery};
        update delivery_attempt set answer = '<script>alert(2)</script>' || repeat('long', 900) where outbox_id = ${ids.delivery};
        update mail set subject = repeat('Subject', 30), body = '<b>Text</b>' || chr(10) || repeat('wide', 200) where id = ${ids.mail};
        insert into integration (dataset_id, kind, name, user_id, url, events, failures, slow_until, slow_why) values
            (${own.dataset}, 1, '"><img src=x onerror=alert(3)>' || repeat('Wide', 10), ${own.user}, 'https://example.com/' || repeat('endless', 100), '{card.moved}', 3, now() + interval '1 h', 'It answered 429 and asks for a pause.');
        insert into outbox (dataset_id, integration_id, key, lane, type, state, attempts, error, due_at, account_id) select ${own.dataset}, ${ids.integration}, 'p' || n, n, 'crm.push', n % 4, n % 3, 'Pipedrive answered 500.', now() + interval '1 h', ${ids.account} from generate_series(1, 60) n`);
    await stack.psql(`insert into tag (dataset_id, name) values (${own.dataset}, '"><img src=x onerror=alert(1)>'), (${own.dataset}, repeat('Endless', 8));
        insert into account_tag (dataset_id, account_id, tag_id, by_user)
            select dataset_id, ${ids.account}, id, ${own.user} from tag where dataset_id = ${own.dataset} order by id desc limit 4;
        insert into lead_tag (dataset_id, lead_id, tag_id) select dataset_id, ${ids.lead}, id from tag order by id limit 3;
        update lookup set found = '{"leads": ["1", "2"]}' where id = ${ids.lookup};
        insert into provider (dataset_id, source, kind, name, position, enabled, address, timeout_ms, per_minute, refresh_days, failure, failed_at)
            values (${own.dataset}, 'wikidata', 2, 'Wikidata', 2, true, 'https://query.wikidata.org/sparql', 20000, 60, 90,
                    'Wikidata took too long to answer.', now()) on conflict do nothing;
        update provider_answer set facts = '{"name": "Look <b>up", "description": "Makes <i>things</i>, ${'long '.repeat(60)}", "website": "javascript:alert(1)", "phone": "+31 20 1234567", "technologies": "nginx\\nWordPress"}'
            where domain = (select domain from lookup where id = ${ids.lookup});
        insert into provider_answer (dataset_id, domain, source, outcome, facts)
            select dataset_id, domain, 'wikidata', 1, '{"name": "Lookup Corporation", "industry": "Things", "employees": "1200", "phone": "+31 20 7654321"}' from lookup where id = ${ids.lookup};
        insert into provider_try (dataset_id, source, domain, user_id, outcome, message) values (${own.dataset}, 'wikidata', 'nobody.com', ${own.user}, 2, 'Wikidata knows no organisation with this website.');
        insert into account_fact (dataset_id, account_id, field, source, value, wins) values
            (${own.dataset}, ${ids.account}, 'logo', 'site', '/accounts/${ids.account}/icon?source=site', true),
            (${own.dataset}, ${ids.account}, 'registered', 'rdap', '1995-08-14', true),
            (${own.dataset}, ${ids.account}, 'city', 'api-fixture', 'Utrecht', false), (${own.dataset}, ${ids.account}, 'city', 'wikidata', 'Gent', true);
        update account set enrich_message = 'The site took too long to answer.', enriched_at = now() where id = ${ids.account}`);
    ids.tried = await stack.value("select max(id) from provider_try");
    await addAutomations();
    Object.assign(ids, await addScoring());
});

// The leadscore, targets, the ideal customer and segments, with names that nobody expects.
async function addScoring() {
    const { dataset, user } = own;
    const text = (value) => `'${value.replaceAll("'", "''")}'`;
    const evil = '"><img src=x onerror=alert(4)>';
    const target = Number(await stack.psql(`with p as (insert into page_pattern (dataset_id, patterns, counted_at) values (${dataset}, '{/thanks*}', now()) returning id)
        insert into conversion_target (dataset_id, name, pattern_id, pages, user_id)
        select ${dataset}, ${text(evil)} || repeat('W', 25), id, array['/thanks*', '/' || repeat('endless', 60)], ${user} from p returning id`));
    const rules = text(JSON.stringify([{ key: 'r1', kind: 'pages', pages: `/${'endless'.repeat(25)}*`, points: 10, most: 20, pattern: '0' },
        { key: 'r2', kind: 'match', field: 'property', property: evil, op: 'contains', values: [evil, 'Wide'.repeat(40)], lower: [evil, 'wide'.repeat(40)], points: -15 },
        { key: 'r3', kind: 'target', target: String(target), points: 5, most: 50 }, { key: 'r4', kind: 'range', field: 'employees', from: 10, points: 7 },
        { key: 'recency', kind: 'recency', decay: 'half', days: 7, points: 20 }]));
    const mover = (was, is, was_rank, is_rank) => ({ lead: String(ids.lead), was, is, was_rank, is_rank, parts: [-1, ['r1', 20], ['r2', -15], ['recency', 20]] });
    const result = text(JSON.stringify({ leads: 12345, changed: 12000, before: [1200, 30, 5, 0, 1, 0, 0, 0, 0, 3], after: [30, 1200, 0, 0, 0, 0, 0, 0, 9, 1],
        top: [mover(3, 90, 0, 1), mover(88, 80, 1, 2)], left: [mover(70, 3, 5, 0)], rises: [mover(3, 90, 0, 1)], falls: [mover(70, 3, 5, 0)] }));
    const tree = (...conditions) => text(JSON.stringify({ version: 2, subject: 'accounts', match: 'all', conditions }));
    const industry = { field: 'industry', op: 'is', values: [evil, 'Wide'.repeat(40)] };
    const nested = tree(industry, { match: 'any', conditions: [{ field: 'employees', op: 'between', values: ['50', '500'] },
        { match: 'event', times: 2, days: 30, conditions: [{ field: 'page', op: 'is', values: ['/pricing*'] }, { field: 'event_type', op: 'is', values: ['pageview'] }] },
        { match: 'none', conditions: [{ field: 'target', op: 'is', values: [String(target)], days: 30 }, { field: 'segment', op: 'is', values: ['999999'] }] }] });
    return JSON.parse(await stack.psql(`with
        f as (insert into score_formula (dataset_id, version, rules, user_id) select ${dataset}, n, ${rules}, ${user} from generate_series(2, 3) n),
        d as (insert into score_draft (dataset_id, user_id, rules, result) values (${dataset}, ${user}, ${rules}, ${result}) returning id),
        i as (insert into ideal_profile (dataset_id, version, filter, tag_id, user_id) values (${dataset}, 1, ${tree(industry)}, ${ids.tag}, ${user})),
        s as (insert into segment (dataset_id, name, user_id, filter, members) values (${dataset}, ${text(evil)} || repeat('Wide', 30), ${user}, ${nested}, 1) returning id),
        m as (insert into segment_member (dataset_id, segment_id, member_id) select ${dataset}, id, ${ids.account} from s),
        c as (insert into segment_change (dataset_id, segment_id, member_id, entered, cause)
              select ${dataset}, s.id, v.* from s, (values (${ids.account}, true, 1), (${ids.account}, false, 2), (999999, true, 3)) v)
        select json_build_object('draft', d.id, 'target', ${target}, 'nested', s.id) from d, s`));
}
after(async () => {
    await browser?.close();
    await stack?.stop();
});

// One with a long name, a problem, those who matched being included, and a look back that has ended; one that is being
// looked back at; runs that say much; what the guide has made.
async function addAutomations() {
    const json = (value) => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
    const firing = { at: Date.now() * 1000, account: String(ids.account), title: `<b>${'Wide'.repeat(60)}`, why: `visited https://a.example/${'endless'.repeat(100)}`,
        said: [{ did: true, text: `<img src=x onerror=alert(1)>${'long'.repeat(100)}` }, { did: false, text: 'Not moved: fixed flow' }] };
    const looked = { days: 90, events: 1234567, fired: 3, subjects: 2, held: 5, deliveries: 12, moved: 20, created: 4, removed: 1, tagged: 21, not_moved: 2, unlisted: 7,
        by_day: Array.from({ length: 90 }, (_, i) => [new Date(Date.now() - (89 - i) * 86_400_000).toISOString().slice(0, 10), i % 7]), firings: [firing, firing], note: 'Wide'.repeat(100) };
    const add = async (name, columns = {}) => Number(await stack.psql(`with a as (insert into automation (dataset_id, name, user_id, source${Object.keys(columns).map((c) => `, ${c}`).join('')})
            values (${own.dataset}, ${name}, ${own.user}, 3${Object.values(columns).map((v) => `, ${v}`).join('')}) returning id),
        v as (insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
            select v.dataset_id, a.id, 1, v.user_id, v.trigger, v.actions from a, automation_version v where v.automation_id = ${ids.automation} and v.version = 1)
        select id from a`));
    ids.troubled = await add(`'"><img src=x onerror=alert(1)>' || repeat('Wide', 15)`,
        { enabled: true, description: `repeat('Endless', 60)`, problem: `repeat('Endless', 60)`, problem_at: 'now()', retry_at: `now() + interval '1 h'` });
    ids.looking = await add(`'Being looked back at'`);
    await stack.psql(`insert into progress (dataset_id, kind, subject, user_id, state, done, total, result) values
            (${own.dataset}, 15, ${ids.troubled}, ${own.user}, 2, 5, 5, ${json(looked)}), (${own.dataset}, 14, ${ids.troubled}, ${own.user}, 2, 5, 5, '{"enrolled": 4, "nothing": 1}');
        update automation_run set why = 'visited https://a.example/' || repeat('endless', 100), said = ${json(firing.said)}, held = 2, depth = 1 where id = ${ids.run}`);
    // Both are under way as long as their jobs are there.
    await stack.psql(`with p as (insert into progress (dataset_id, kind, subject, user_id, state, done, total) select ${own.dataset}, k, ${ids.looking}, ${own.user}, 1, 43, 120
            from unnest(array[14, 15]) k returning id, kind)
        insert into job (dataset_id, kind, uniq, payload, run_at) select ${own.dataset}, kind, 'progress:' || id, '{}', now() + interval '1 day' from p`);
    const client = new Client(stack.url);
    await client.signIn(owner);
    const guide = async (page, change) => client.post('/automations/guide', { ...filled(page.text, '/automations/guide'), ...change });
    const made = await guide(await guide(await client.get('/automations/guide'), { board_name: 'Guided'.repeat(20), do: 'look' }), { do: 'make' });
    ids.guided = Number(/guide\/(\d+)/.exec(made.location)[1]);
}

const pages = () => ({
    'boards': '/boards',
    'wizard 1': '/boards/new',
    'wizard 2': `/boards/${ids.begun}/stages`,
    'board': `/boards/${ids.board}`,
    'board settings': `/boards/${ids.board}/settings`,
    'import': `/boards/${ids.board}/import`,
    'delete a stage': `/boards/${ids.board}/stages/${ids.stage}/delete`,
    'traffic': '/settings/traffic',
    'traffic left out': '/settings/traffic/left-out',
    'traffic session': `/settings/traffic/session?visitor=${ids.visitor}&at=${ids.session_at}`,
    'panel': `/boards/${ids.board}/cards/${ids.card}`,
    'panel details': `/boards/${ids.board}/cards/${ids.card}?tab=details`,
    'panel notes': `/boards/${ids.board}/cards/${ids.card}?tab=notes`,
    'panel history': `/boards/${ids.board}/cards/${ids.card}?tab=history`,
    'move': `/boards/${ids.board}/cards/${ids.card}/move`,
    'selected cards': `/boards/${ids.board}/cards/apply?card=${ids.card}`,
    'all cards of a stage': `/boards/${ids.board}/cards/apply?all=${ids.stage}`,
    'excluded companies': `/boards/${ids.board}/exclusions`,
    'operation': `/operations/${ids.operation}`,
    'board after an operation': `/boards/${ids.board}?did=${ids.operation}`,
    'account': `/accounts/${ids.account}`,
    'lead': `/leads/${ids.lead}`,
    'add a card': `/boards/${ids.board}/add`,
    'what a look-up found': `/boards/${ids.board}/add/${ids.lookup}`,
    'a domain by hand': `/boards/${ids.board}/cards/${ids.card}?tab=details&edit=domain`,
    'a logo by hand': `/boards/${ids.board}/cards/${ids.card}?tab=details&edit=logo`,
    'enrichment': '/settings/enrichment',
    'a new service': '/settings/enrichment/provider?preset=domain-lookup',
    'a service': '/settings/enrichment/provider?source=api-fixture',
    'Wikidata': '/settings/enrichment/provider?source=wikidata',
    'the company\'s own site': '/settings/enrichment/provider?source=site',
    'a provider tried': `/settings/enrichment/tries/${ids.try}`,
    'a provider tried, in vain': `/settings/enrichment/tries/${ids.tried}`,
    'tags': '/settings/tags',
    'tag': `/settings/tags/${ids.tag}`,
    'edit note': `/notes/${ids.note}`,
    'versions of a note': `/notes/${ids.note}/versions`,
    'edit a detail': `/boards/${ids.board}/cards/${ids.card}?tab=details&edit=technologies`,
    'mentions': '/mentions?show=all',
    'mentions, unread': '/mentions',
    'segments': '/segments',
    'new segment': '/segments/new',
    'segment': `/segments/${ids.segment}`,
    'edit segment': `/segments/${ids.segment}/edit`,
    'who entered and left a segment': `/segments/${ids.segment}/changes`,
    'owner of a segment': `/segments/${ids.segment}/owner`,
    'delete a segment': `/segments/${ids.segment}/delete`,
    'automations': '/automations',
    'automations of a stage': `/automations?stage=${ids.stage3}`,
    'new automation': '/automations/new',
    'new automation for a stage': `/automations/new?to=${ids.stage2}`,
    'edit automation': `/automations/${ids.troubled}`,
    'switch on an automation': `/automations/${ids.automation}/on`,
    'who matches an automation already': `/automations/${ids.troubled}/on`,
    'runs of an automation': `/automations/${ids.automation}/runs`,
    'those who matched are included': `/automations/${ids.troubled}/runs`,
    'those who matched are being included': `/automations/${ids.looking}/runs`,
    'runs of all automations': '/automations/runs',
    'run': `/automations/runs/${ids.run}`,
    'look back': `/automations/${ids.automation}/backtest`,
    'looked back': `/automations/${ids.troubled}/backtest`,
    'looking back': `/automations/${ids.looking}/backtest`,
    'versions of an automation': `/automations/${ids.automation}/versions`,
    'workflow guide': '/automations/guide',
    'workflow guide for a board': `/automations/guide?board=${ids.guided}`,
    'what the guide made': `/automations/guide/${ids.guided}`,
    'segment in groups': `/segments/${ids.nested}/edit`,
    'members of a segment': `/segments/${ids.nested}`,
    'changes of a segment': `/segments/${ids.nested}/changes`,
    'quick segment': '/segments/quick?show=visitors',
    'leadscore': '/settings/score',
    'leadscore, tried before': `/settings/score?draft=${ids.draft}`,
    'version of the leadscore': '/settings/score/2',
    'preview of the leadscore': `/settings/score/drafts/${ids.draft}`,
    'targets': '/settings/targets',
    'target': `/settings/targets/${ids.target}`,
    'ideal customer': '/settings/ideal',
    'tracking': '/tracking',
    'tracking of mails': '/tracking/mail?tool=mailjet&campaign=May&from=sales@example.com',
    'tracking of mails, with mistakes': '/tracking/mail?page=x&from=y',
    'other trackers': '/tracking/others',
    'servers': '/tracking/servers',
    'datasets': '/settings/datasets',
    'new dataset': '/settings/datasets/new',
    'dataset': `/settings/datasets/${own.dataset}`,
    'profile': '/settings/profile',
    'integrations': '/integrations',
    'kinds of integrations': '/integrations/new',
    'new webhook': '/integrations/new?kind=webhook',
    'new Slack': '/integrations/new?kind=slack',
    'new Pipedrive': '/integrations/new?kind=pipedrive',
    'edit integration': `/integrations/${ids.integration}/edit`,
    'integration': `/integrations/${ids.integration}`,
    'integration, given up': `/integrations/${ids.integration}?show=given-up`,
    'delivery': `/integrations/${ids.integration}/deliveries/${ids.delivery}`,
    'mail': '/settings/mail',
    'one mail': `/settings/mail/${ids.mail}`,
    'no such board': '/boards/999999',
    'no such page': '/nowhere',
});

async function check(page, path) {
    page.complaints.length = 0;
    await page.goto(stack.url + path);
    await mustBeAccessible(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${path} is ${wide} px wider than the window`);
    assert.deepEqual(page.complaints.filter((text) => !/status of 4(04|22)/.test(text)), [], path);
}

for (const { name, ...look } of looks) {
    describe(name, () => {
        test('signed out', async () => {
            const page = watched(await (await browser.newPerson(look)).newPage());
            await check(page, '/login');
            await page.context().close();
        });

        test('signed in', async (t) => {
            const page = await signedIn(browser, stack, look);
            for (const [title, path] of Object.entries(pages())) {
                await t.test(title, () => check(page, path));
            }
            await page.context().close();
        });

        test('the drawer, menus and the list of keys', async () => {
            const page = await signedIn(browser, stack, look);
            await page.goto(`${stack.url}/boards/${ids.board}`);
            await page.locator(`#c${ids.card} .card-name`).click();
            await page.locator('#drawer[open] .event').first().waitFor();
            await mustBeAccessible(page);
            assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
            await page.getByRole('link', { name: /^Notes/ }).click();
            await page.locator('#drawer .note').first().waitFor();
            await mustBeAccessible(page);
            await page.getByRole('button', { name: 'Close the panel' }).click();
            await page.getByLabel('Sort Discovery').click();
            await mustBeAccessible(page);
            await page.keyboard.press('Escape');
            await page.locator('.board-title summary').click();
            await mustBeAccessible(page);
            await page.keyboard.press('Escape');
            if (!look.touch) {
                await page.locator('[data-keys]').click();
                await mustBeAccessible(page);
            }
            assert.deepEqual(page.complaints, []);
            await page.context().close();
        });
    });
}

test('a board opens without a shift of its layout, and under 60 KB of script and style', async () => {
    const page = await signedIn(browser, stack);
    const sizes = [];
    page.on('response', async (response) => {
        if (/\.(js|css)$/.test(new URL(response.url()).pathname)) {
            sizes.push(Number(response.headers()['content-length']));
        }
    });
    await page.addInitScript(() => {
        globalThis.shifts = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
                globalThis.shifts += entry.value;
            }
        }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${stack.url}/boards/${ids.board}`);
    await page.locator('#live[data-state=on]').waitFor();
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => globalThis.shifts), 0);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.length >= 2 && total < 60_000, `${sizes}`);
});

test('on a phone one stage shows at a time, with a switch', async () => {
    for (const script of [true, false]) {
        const page = await signedIn(browser, stack, { width: 390, height: 844, touch: true, script });
        await page.goto(`${stack.url}/boards/${ids.board}`);
        const inView = async (id) => {
            const box = await page.locator(`#s${id}`).boundingBox();
            return box.x >= 0 && box.x + box.width <= 391;
        };
        assert.ok(await inView(ids.stage) && !await inView(ids.stage2));
        await page.getByRole('navigation', { name: 'Stages' }).getByRole('link', { name: /Interest/ }).click();
        await page.waitForTimeout(600);
        assert.ok(!await inView(ids.stage) && await inView(ids.stage2));
        await page.context().close();
    }
});
