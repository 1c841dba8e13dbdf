// Settings > Leadscore, Targets and Ideal customer over HTTP: the forms by their plain buttons, a formula tried and
// saved with the worker doing the rest, targets reached by real visits, the tag of ideal customers, who may do what.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, filled, forms, send, unescape } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { eventually, inParallel } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const page = '/settings/score';
let stack, own, client, foreign, theirs;

const text = (html) => unescape(html.replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
const main = (answer) => text(/<main[^]*<\/main>/.exec(answer.text)?.[0] ?? '');
const visit = (visitor, events) => send(stack.url, 'POST', '/e', {
    headers: { 'User-Agent': browser, 'Content-Type': 'text/plain' },
    body: JSON.stringify({ dataset: own.public_id, visitor, events }),
});
const view = (path) => ({ type: 'pageview', url: `https://shop.example${path}`, title: path });
const derived = () => eventually('the log is read', () => stack.value(`select not exists (select from event e, log_cursor c
    where c.consumer = 'derive' and (e.xid, e.id) > (c.xid, c.id)) as done`));
const lead = (email) => stack.rows(`select id, score, score_parts parts, account_id account from lead where email = '${email}'`).then(([row]) => row);
const roleOf = (role) => stack.psql(`update membership set role = ${role} where user_id = ${own.user};
    insert into dataset_access (user_id, dataset_id) values (${own.user}, ${own.dataset}) on conflict do nothing`);

// The formula's form as a browser would send it, with some of its fields changed: { points: { 0: '20' } }.
function typed(answer, changes = {}) {
    const fields = filled(answer.text, page);
    for (const [name, rows] of Object.entries(changes)) {
        for (const [row, value] of Object.entries(rows)) {
            fields[`rule_${name}`][row] = value;
        }
    }
    return fields;
}
const press = (answer, what, changes, more = {}) => client.post(page, { ...typed(answer, changes), ...more, do: what });
const rules = (answer) => [...answer.text.matchAll(/<li class="rule[ "][^]*?<\/li>/g)].map(([rule]) => rule);
const wrongs = (answer) => rules(answer).map((rule) => text(/<p class="error"[^>]*>([^<]*)/.exec(rule)?.[1] ?? ''));
const kinds = (answer) => typed(answer).rule_kind;
const empty = async () => {
    let now = await client.get(page);
    for (let n = rules(now).length; n > 0; n--) {
        now = await press(now, 'remove:0');
    }
    return now;
};
// A form with rules of these kinds, filled in.
const write = async (...list) => {
    let now = await empty();
    for (const [kind, changes = {}] of list) {
        now = await press(now, 'add', {}, { new_kind: kind });
        const at = rules(now).length - 1;
        now = await press(now, `up:${at + 1}`, Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, { [at]: value }])));
    }
    return now;
};
// Tries what the form says, and waits for what it would change.
async function preview(form, changes) {
    const sent = await press(form, 'preview', changes);
    assert.equal(sent.status, 303, main(sent));
    assert.match(sent.location, /^\/settings\/score\/drafts\/\d+$/);
    return eventually('the preview is ready', async () => {
        const answer = await client.get(sent.location);
        return /id="preview"[^]*(The best twenty then|preview failed)/.test(answer.text) && answer;
    });
}
const scored = () => eventually('all leads are scored', async () => await stack.value(
    `select count(*) from progress where dataset_id = ${own.dataset} and state < 2`) === 0);
async function save(tried) {
    const answer = await client.submit(tried, {}, /save$/);
    assert.equal(answer.status, 303, answer.text);
    await scored();
    return client.follow(answer);
}

before(async () => {
    stack = await startStack({ owner: true });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
    foreign = await addWorkspace(stack, 'Elsewhere');
    theirs = await addBoard(stack, foreign, 'Theirs');
    await stack.psql(`insert into score_formula (dataset_id, version, rules, user_id) values
            (${foreign.dataset}, 7, '[{"key":"r1","kind":"has","field":"email","points":77}]', ${foreign.user});
        with p as (insert into page_pattern (dataset_id, patterns) values (${foreign.dataset}, '{/theirs}') returning id)
        insert into conversion_target (dataset_id, name, pattern_id, pages) select ${foreign.dataset}, 'Their target', id, '{/theirs}' from p`);
    // Twenty who looked at many pages, and four who asked for the price and left an address.
    await inParallel(6, Array.from({ length: 24 }, (_, i) => i), (i) => visit(`s${i}`, i < 20
        ? [...Array.from({ length: 4 + i }, (__, n) => view(`/read/${n}`)), { type: 'form', name: 'news', url: 'https://shop.example/', properties: { email: `reader${i}@reader${i}.example` } }]
        : [view('/pricing'), view('/pricing/teams'), { type: 'form', name: 'ask', url: 'https://shop.example/pricing', properties: { email: `buyer${i}@buyer${i}.example` } }]));
    await derived();
});
after(() => stack?.stop());

test('with nothing changed the default is in force, and its rules stand in the form', async () => {
    const answer = await client.get(page);
    assert.equal(answer.status, 200);
    assert.match(main(answer), /The default formula is in force Nobody has changed it yet\./);
    assert.deepEqual(kinds(answer), ['has', 'has', 'has', 'per', 'per', 'per', 'recency']);
    assert.deepEqual(typed(answer).rule_points, ['15', '10', '5', '1', '1', '5', '15']);
    assert.doesNotMatch(answer.text, /id="versions"/);
});

test('plain buttons: a preset, another rule, up, down, gone; nothing is stored by them', async () => {
    let answer = await press(await client.get(page), 'preset:intent');
    assert.equal(answer.status, 200);
    assert.deepEqual(typed(answer).rule_value.slice(0, 3), ['*pricing*', '*demo*', '*contact*']);
    answer = await press(answer, 'add', { points: { 0: '12' } }, { new_kind: 'match' });
    assert.deepEqual(kinds(answer), ['pages', 'pages', 'pages', 'per', 'per', 'recency', 'match']);
    assert.equal(typed(answer).rule_points[0], '12', 'what was typed stays');
    answer = await press(answer, 'up:6', { value: { 6: 'Publishing, Media' } });
    assert.deepEqual(kinds(answer).slice(5), ['match', 'recency']);
    assert.equal(typed(answer).rule_value[5], 'Publishing, Media', 'and goes where its row goes');
    answer = await press(answer, 'down:0');
    assert.deepEqual(typed(answer).rule_value.slice(0, 2), ['*demo*', '*pricing*']);
    answer = await press(answer, 'remove:1');
    assert.deepEqual(typed(answer).rule_value.slice(0, 2), ['*demo*', '*contact*']);
    assert.equal(rules(answer).length, 6);
    for (const odd of ['up:0', 'down:5', 'remove:99', 'remove:-1', 'remove:', 'up:x', 'preset:none', 'add:3']) {
        const same = await press(answer, odd, {}, { new_kind: 'nonsense' });
        assert.deepEqual(kinds(same), kinds(answer), odd);
    }
    assert.match(rules(answer)[0], /value="up:0" disabled/);
    assert.match(rules(answer)[5], /value="down:5" disabled/);
    assert.deepEqual(await stack.rows('select (select count(*) from score_draft where dataset_id = ' + own.dataset + ') drafts, (select count(*) from score_formula where dataset_id = ' + own.dataset + ') versions'),
        [{ drafts: 0, versions: 0 }]);
});

test('what is wrong stands at its row, and everything typed is there', async () => {
    const answer = await press(await write(['has'], ['range', { field: 'employees' }], ['per', { field: 'sessions' }], ['match', { field: 'industry' }], ['pages'],
        ['target'], ['tag'], ['recency'], ['has', { field: 'property' }], ['has', { field: 'email' }]), 'preview',
    { points: { 0: '0', 2: 'many', 9: '101' }, from: { 1: '50', 2: '0', 7: '0' }, to: { 1: '10' }, value: { 4: 'not a page' } });
    assert.equal(answer.status, 422);
    assert.match(main(answer), /Some rules are not complete yet\./);
    const said = wrongs(answer);
    for (const [row, what] of Object.entries({ 0: /Choose what/, 1: /ends before it begins/, 2: /whole number from 1/, 3: /Write what to look for/,
        4: /./, 5: /Choose a conversion target/, 6: /Choose a tag/, 7: /Days are a whole number/, 8: /name of the property/, 9: /from -100 to 100/ })) {
        assert.match(said[row], what, `rule ${row}`);
    }
    assert.deepEqual(typed(answer).rule_points.slice(0, 3), ['0', '10', 'many']);
    assert.deepEqual([typed(answer).rule_from[1], typed(answer).rule_to[1], typed(answer).rule_value[4]], ['50', '10', 'not a page']);
    assert.match(answer.text, /aria-invalid="true" aria-describedby="rule-4"/);
    const none = await press(await empty(), 'preview');
    assert.equal(none.status, 422);
    assert.match(main(none), /A formula needs a rule/);
});

test('one value that is too long costs none of the others', async () => {
    const form = await write(['match', { field: 'industry', value: 'Media' }], ['match', { field: 'country', value: 'Belgium' }]);
    const answer = await press(form, 'preview', { value: { 0: 'x'.repeat(2100) } });
    assert.equal(answer.status, 422);
    assert.match(main(answer), /Value: one of them is too long or cannot be kept/);
    assert.match(wrongs(answer)[0], /at most 200 characters/);
    assert.deepEqual(typed(answer).rule_value, ['x'.repeat(2100), 'Belgium']);
    const control = await press(form, 'preview', { value: { 1: 'a\u0001b' } });
    assert.equal(control.status, 422);
    assert.match(main(control), /cannot be kept/);
});

test('more rules than there may be are told, and the button is gone at the most', async () => {
    let answer = await press(await client.get(page), 'preset:balanced');
    const many = Object.fromEntries(Object.entries(typed(answer)).map(([name, values]) => [name, name.startsWith('rule_') ? Array(40).fill(values[0]) : values]));
    answer = await client.post(page, { ...many, do: 'up:1' });
    assert.equal(rules(answer).length, 40);
    assert.match(main(answer), /at most 40 rules/);
    assert.doesNotMatch(answer.text, /value="add"/);
    const more = Object.fromEntries(Object.entries(many).map(([name, values]) => [name, name.startsWith('rule_') ? Array(41).fill(values[0]) : values]));
    answer = await client.post(page, { ...more, do: 'preview' });
    assert.equal(answer.status, 422);
    assert.match(main(answer), /at most 40, please/);
});

test('a formula is tried: who enters, who leaves, the chart; and nothing has changed', async () => {
    const before_ = await stack.value('select md5(string_agg(concat(id, score, score_parts), \',\' order by id)) from lead');
    const tried = await preview(await write(['pages', { value: '/pricing*', points: '30', most: '90' }], ['per', { field: 'pageviews', points: '1', most: '20' }]));
    const said = main(tried);
    assert.match(said, /Nothing is changed yet Of 24 leads 24 would have another score; 4 would come among the best twenty, 4 would leave them\./);
    assert.match(said, /The best twenty then Lead Now Then Place Made of buyer2\d@buyer2\d\.example/);
    assert.equal(/The best twenty then[^]*?<\/table>/.exec(tried.text)[0].match(/enters, place [1-4]</g).length, 4);
    assert.match(said, /Not among them any more[^]*leaves, was/);
    assert.match(said, /60 \/pricing\*/);
    assert.equal(tried.text.match(/<rect class="before"/g).length, 10);
    const table = /<details class="chart-table">[^]*?<\/details>/.exec(tried.text)[0];
    const sums = [...table.matchAll(/<tr><td>[^<]*<\/td><td class="number">(\d+)<\/td><td class="number">(\d+)/g)]
        .reduce(([now, then], [, a, b]) => [now + Number(a), then + Number(b)], [0, 0]);
    assert.deepEqual(sums, [24, 24], 'everybody is in the chart');
    assert.equal(await stack.value('select md5(string_agg(concat(id, score, score_parts), \',\' order by id)) from lead'), before_);
    assert.match(main(await client.get(page)), /You tried a formula .* and did not save it/);
    const back = await client.get(/href="(\/settings\/score\?draft=\d+)/.exec(tried.text)[1]);
    assert.deepEqual([typed(back).rule_value[0], typed(back).rule_points[0]], ['/pricing*', '30'], 'it can be gone on with');
});

test('saved: a version, all leads anew, and their parts explain the score', async () => {
    const tried = await preview(await write(['pages', { value: '/pricing*', points: '30', most: '90' }], ['per', { field: 'pageviews', points: '1', most: '20' }],
        ['has', { field: 'phone', points: '9' }]));
    const second = await client.get(tried.path);
    const saved = await save(tried);
    assert.match(saved.text, /Version 1 of the formula is saved\. All leads are scored anew\./);
    assert.match(main(saved), /Version 1 is in force Saved .* by owner/);
    assert.match(main(saved), /Versions Version Saved By Use again Version 1 in force .* The default Use again/);
    const buyer = await lead('buyer20@buyer20.example');
    assert.deepEqual([buyer.score, buyer.parts], [62, [1, ['r1', 60], ['r2', 2]]]);
    assert.deepEqual(await stack.rows("select distinct score_parts -> 0 version from lead where email like '%reader%' or email like '%buyer%'"), [{ version: 1 }]);
    const card = await client.get(`/leads/${buyer.id}`);
    assert.match(main(card), /60 of 90/);
    assert.match(main(card), /By version 1 of the formula/);
    assert.match(card.text, /href="\/settings\/score\/1"/);
    assert.match(main(card), /phone is known 0 of 9/);
    const twice = await client.submit(second, {}, /save$/);
    assert.equal(twice.status, 409);
    assert.match(text(twice.text), /This formula is saved already, as version 1\./);
    assert.match(main(await client.get(tried.path)), /This became version 1/);
});

test('a version that somebody else overtook is not saved over it', async () => {
    const mine = await preview(await write(['has', { field: 'email', points: '50' }]));
    const hers = await preview(await write(['has', { field: 'phone', points: '50' }], ['has', { field: 'email', points: '20' }]));
    await save(hers);
    const refused = await client.submit(mine, {}, /save$/);
    assert.equal(refused.status, 409);
    assert.match(text(refused.text), /owner saved version 2 of the formula meanwhile\. Look at it, then try yours again\./);
    assert.equal(await stack.value(`select max(version) from score_formula where dataset_id = ${own.dataset}`), 2);
    assert.equal((await lead('buyer20@buyer20.example')).score, 20);
});

test('old versions are shown, and used again', async () => {
    const first = await client.get(`${page}/1`);
    assert.match(main(first), /Version 1 Saved .* each view of \/pricing\* \+30 each time, \+90 at most/);
    assert.match(main(await client.get(`${page}/2`)), /Version 2, in force/);
    const again = await client.get(`${page}?version=1`);
    assert.deepEqual(kinds(again), ['pages', 'per', 'has']);
    await save(await preview(again));
    assert.equal((await lead('buyer20@buyer20.example')).score, 62);
    for (const odd of ['9', '-1', 'x', '99999999999']) {
        assert.deepEqual(kinds(await client.get(`${page}?version=${odd}`)), ['pages', 'per', 'has'], odd);
    }
    for (const none of ['7', '0', '-1', 'x', '99999999999', '9999999999999999999999']) {
        assert.equal((await client.get(`${page}/${none}`)).status, 404, none);
    }
});

test('a preview that nobody waits for is cancelled', async () => {
    const resume = stack.pauseWorker();
    let sent;
    try {
        sent = await press(await write(['has', { field: 'email' }]), 'preview');
        const waiting = await client.get(sent.location);
        assert.match(main(waiting), /Looking at all leads .* Waiting to begin/);
        assert.match(waiting.headers.refresh ?? waiting.text, /http-equiv="refresh"|^\d/, 'without script it comes again by itself');
        const answer = await client.submit(waiting, {}, /cancel$/);
        assert.equal(answer.status, 303);
        assert.match((await client.follow(answer)).text, /The preview is cancelled\./);
        assert.deepEqual(kinds(await client.get(answer.location)), ['has'], 'its rules are there to go on with');
    } finally {
        resume();
    }
    const after_ = await client.get(sent.location);
    assert.match(main(after_), /The preview was cancelled/);
    const late = await client.post(`${sent.location}/cancel`, { csrf: typed(await client.get(page)).csrf });
    assert.match((await client.follow(late)).text, /It is finished already\./);
});

test('hostile text in rules is text everywhere', async () => {
    const evil = '"><script>alert(1)</script>&amp;';
    const form = await write(['match', { field: 'property', property: `${evil}1`, value: evil }], ['pages', { value: '/<b>*' }], ['has', { field: 'email' }]);
    assert.deepEqual([typed(form).rule_property[0], typed(form).rule_value[0]], [`${evil}1`, evil]);
    const tried = await preview(form);
    const saved = await save(tried);
    const version = await client.get(`${page}/${await stack.value(`select max(version) from score_formula where dataset_id = ${own.dataset}`)}`);
    for (const answer of [form, tried, saved, version, await client.get(`/leads/${(await lead('buyer20@buyer20.example')).id}`)]) {
        assert.equal(answer.status, 200);
        assert.doesNotMatch(answer.text, /<script>alert|<b>\*/);
    }
    assert.match(main(version), /"><script>alert\(1\)<\/script>&amp;/);
});

/* ---- targets ---- */

const target = async (name) => (await stack.rows(`select t.id from conversion_target t where t.dataset_id = ${own.dataset} and t.name = '${name}'`))[0]?.id;
const addTarget = async (name, pages) => client.submit(await client.get('/settings/targets'), { name, pages }, '/settings/targets');
const counted = () => eventually('the history is looked through', async () => !/Looking through/.test((await client.get('/settings/targets')).text));

test('a target finds who reached it before, and who does from now on', async () => {
    assert.match(main(await client.get('/settings/targets')), /No target yet/);
    const answer = await addTarget('Price seen', '/pricing\r\n\r\n/pricing/*');
    assert.equal(answer.status, 303);
    assert.match((await client.follow(answer)).text, /The target Price seen is added\. Who reached it before is being found\./);
    await counted();
    assert.match(main(await client.get('/settings/targets')), /Price seen \/pricing, \/pricing\/\* 4 8 /);
    await visit('late', [view('/pricing'), { type: 'form', name: 'ask', url: 'https://shop.example/pricing', properties: { email: 'late@late.example' } }]);
    await derived();
    const late = await lead('late@late.example');
    const card = await client.get(`/leads/${late.id}`);
    assert.match(/<ul class="targets-reached">[^]*?<\/ul>/.exec(card.text)[0], /Price seen<\/a> <span class="muted">1 time, last/);
    assert.match(card.text, /class="event reached">[^]*?<span class="visually-hidden">Reached <\/span>Price seen/);
    assert.match((await client.get(`/accounts/${late.account}?lead=${late.id}`)).text, /Reached <\/span>Price seen/, 'and in the stream of its company');
    const [other] = await stack.rows("select id from lead where email = 'reader3@reader3.example'");
    assert.doesNotMatch((await client.get(`/leads/${other.id}`)).text, /Price seen/);
});

test('targets that will not do are told why at their field', async () => {
    for (const [name, pages, what] of [['Price seen', '/x', /already|is there/], ['  price SEEN ', '/x', /already|is there/], ['', '/x', /Name is needed/],
        ['x'.repeat(61), '/x', /at most 60 characters/], ['New', '', /Pages is needed|Pages/], ['New', 'a b', /./], ['New', '/x\n'.repeat(11), /10|ten/],
        ['New', `/${'y'.repeat(600)}`, /./]]) {
        const answer = await addTarget(name, pages);
        assert.equal(answer.status, 422, `${name.slice(0, 20)} ${pages.slice(0, 20)}`);
        assert.match(/<p class="error"[^>]*>([^<]*)/.exec(answer.text)[1], what);
        assert.equal(filled(answer.text, '/settings/targets').name[0], name, 'what was typed is there');
    }
    const hostile = await addTarget('<i>"Bold"</i>', '/"><script>alert(1)</script>');
    assert.ok([303, 422].includes(hostile.status));
    assert.doesNotMatch((await client.follow(hostile)).text, /<script>alert|<i>"Bold/);
});

test('another name and other pages count anew', async () => {
    const id = await target('Price seen');
    const form = await client.get(`/settings/targets/${id}`);
    assert.match(main(form), /Reached by 5 leads, 9 times, last/);
    assert.equal(filled(form.text, `/settings/targets/${id}`).pages[0].trim(), '/pricing\n/pricing/*');
    const answer = await client.submit(form, { name: 'Teams seen', pages: '/pricing/teams' }, new RegExp(`${id}$`));
    assert.match((await client.follow(answer)).text, /The target Teams seen is stored\./);
    await counted();
    assert.match(main(await client.get('/settings/targets')), /Teams seen \/pricing\/teams 4 4 /);
    const refused = await client.submit(await client.get(`/settings/targets/${id}`), { pages: 'no page' }, new RegExp(`${id}$`));
    assert.equal(refused.status, 422);
    assert.match(refused.text, /<p class="error"/);
});

test('points for a target; deleting it asks, tells what asks for it, and takes its points away', async () => {
    const id = await target('Teams seen');
    const form = await write(['target', { field: String(id), points: '25', most: '50' }], ['has', { field: 'email', points: '5' }]);
    assert.match(rules(form)[0], /<option value="\d+" selected>Teams seen/);
    const saved = await save(await preview(form));
    assert.equal(saved.status, 200);
    assert.equal((await lead('buyer20@buyer20.example')).score, 30);
    const tree = { version: 2, subject: 'leads', match: 'all', conditions: [{ field: 'target', op: 'is', values: [String(id)] }] };
    const other = await stack.psql(`insert into app_user (email, name, password_hash) values ('h@example.org', 'Hush', '*') returning id`);
    await stack.psql(`insert into segment (dataset_id, name, user_id, shared, subject, filter) values
            (${own.dataset}, 'Team <buyers>', ${own.user}, true, 2, '${JSON.stringify(tree)}'), (${own.dataset}, 'Secret one', ${other}, false, 2, '${JSON.stringify(tree)}'),
            (${own.dataset}, 'About another', ${own.user}, true, 2, '${JSON.stringify(tree).replace(`"${id}"`, `"${id}9"`)}');
        with a as (insert into automation (dataset_id, name, user_id, source) values (${own.dataset}, 'Greet the team', ${own.user}, 1) returning id)
        insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
            select ${own.dataset}, id, 1, ${own.user}, '${JSON.stringify({ when: 'match', filter: tree })}', '[]' from a`);
    const ask = await client.get(`/settings/targets/${id}`);
    assert.match(main(ask), /A rule of the leadscore asks for it/);
    assert.match(main(ask), /Automation Greet the team/);
    assert.match(main(ask), /Segment Team <buyers>/);
    assert.doesNotMatch(main(ask), /Secret one|About another/);
    assert.match(main(ask), /Segment that somebody keeps private/);
    const unsure = await client.post(`/settings/targets/${id}/delete`, { csrf: filled(ask.text, `/settings/targets/${id}`).csrf });
    assert.equal(unsure.status, 422);
    assert.ok(await target('Teams seen'));
    const gone = await client.submit(ask, { sure: 'on' }, /delete$/);
    assert.match((await client.follow(gone)).text, /The target Teams seen is deleted\./);
    await eventually('its points are gone', async () => (await lead('buyer20@buyer20.example')).score === 5);
    const version = await stack.value(`select max(version) from score_formula where dataset_id = ${own.dataset}`);
    assert.match(main(await client.get(`${page}/${version}`)), /target Teams seen reached/, 'the rule still says what it was called');
    const now = await client.get(page);
    const refused = await press(now, 'preview');
    assert.equal(refused.status, 422, 'it has to be chosen anew');
    assert.match(wrongs(refused)[0], /Choose a/);
    assert.equal((await client.get(`/settings/targets/${id}`)).status, 404);
});

test('what is of another dataset cannot be chosen or looked at', async () => {
    const [their] = await stack.rows(`select id from conversion_target where dataset_id = ${foreign.dataset} and name = 'Their target'`);
    const draft = await stack.psql(`insert into score_draft (dataset_id, user_id, rules) values (${foreign.dataset}, ${foreign.user}, '[]') returning id`);
    const csrf = typed(await client.get(page)).csrf[0];
    for (const path of [`/settings/targets/${their.id}`, `${page}/drafts/${draft}`, `${page}?draft=${draft}`, `${page}/77`]) {
        assert.equal((await client.get(path)).status, 404, path);
    }
    for (const [path, fields] of [[`/settings/targets/${their.id}`, { name: 'Mine', pages: '/x' }], [`/settings/targets/${their.id}/delete`, { sure: 'on' }],
        [`${page}/drafts/${draft}/save`, {}], [`${page}/drafts/${draft}/cancel`, {}]]) {
        assert.equal((await client.post(path, { csrf, ...fields })).status, 404, path);
    }
    for (const [kind, field, what] of [['target', their.id, /Choose a/], ['tag', theirs.tag, /Choose a tag/], ['tag', 999999, /Choose a tag/]]) {
        const refused = await press(await write([kind, { field: String(field) }]), 'preview', { field: { 0: String(field) } });
        assert.equal(refused.status, 422);
        assert.match(wrongs(refused)[0], what);
    }
    assert.equal(await stack.value(`select name from conversion_target where id = ${their.id}`), 'Their target');
});

/* ---- the ideal customer ---- */

const ideal = '/settings/ideal';
const profile = (answer, changes = {}) => {
    const fields = filled(answer.text, ideal);
    for (const [name, value] of Object.entries(changes)) {
        for (const [row, one] of Object.entries(typeof value === 'object' ? value : { 0: value })) {
            (fields[typeof value === 'object' ? `condition_${name}` : name])[row] = one;
        }
    }
    return fields;
};
const sayIdeal = (answer, what, changes, more = {}) => client.post(ideal, { ...profile(answer, changes), ...more, do: what });
const tagsOf = async (account) => (await stack.rows(`select t.name, x.by_ideal is not null as by_ideal from account_tag x join tag t on t.dataset_id = x.dataset_id and t.id = x.tag_id
    where x.account_id = ${account} and t.name = 'Dream'`))[0];
async function detail(account, field, value) {
    const [, csrf] = /name="csrf" value="([^"]+)"/.exec((await client.get(`/accounts/${account}?tab=details&edit=${field}`)).text);
    assert.equal((await client.post(`/accounts/${account}/details`, { csrf, field, value })).status, 303);
}
async function changeTag(account, fields) {
    const { csrf } = forms((await client.get(`/accounts/${account}`)).text).find(({ fields: all }) => all.csrf).fields;
    assert.equal((await client.post(`/accounts/${account}/tags`, { csrf, ...fields })).status, 303);
}

test('the profile: conditions by plain buttons, a count, what is wrong at its row', async () => {
    const [a, b] = [(await lead('buyer20@buyer20.example')).account, (await lead('buyer21@buyer21.example')).account];
    await detail(a, 'industry', 'Publishing');
    await detail(b, 'industry', 'Mining');
    let answer = await client.get(ideal);
    assert.match(main(answer), /There is no profile yet/);
    assert.deepEqual(profile(answer).condition_field, ['industry', 'employees', 'country']);
    answer = await sayIdeal(answer, 'count', { value: { 0: 'publishing, Media' } });
    assert.match(main(answer), /1 of \d+ companies match\. The newest: buyer20/i);
    answer = await sayIdeal(answer, 'add');
    assert.equal(profile(answer).condition_field.length, 4);
    answer = await sayIdeal(answer, 'remove:1');
    assert.deepEqual(profile(answer).condition_field, ['industry', 'country', '']);
    assert.equal(profile(answer).condition_value[0], 'publishing, Media');
    const wrong = await sayIdeal(answer, 'save', { value: { 2: 'x' }, tag: '' });
    assert.equal(wrong.status, 422);
    assert.match(wrongs(wrong)[2], /Choose what to look at/);
    assert.match(main(wrong), /Tag is needed/);
    const long = await sayIdeal(answer, 'save', { value: { 1: 'y'.repeat(2100) } });
    assert.equal(long.status, 422);
    assert.match(main(long), /too long or cannot be kept/);
    assert.deepEqual(profile(long).condition_value, ['publishing, Media', 'y'.repeat(2100), ''], 'nothing typed is lost');
    const least = await sayIdeal(answer, 'save', {}, { match: 'least', least: '5' });
    assert.match(main(least), /More conditions must hold than there are/);
    const none = await sayIdeal(answer, 'save', { value: { 0: '' } });
    assert.match(main(none), /A profile needs a condition/);
    assert.equal(await stack.value('select count(*) from ideal_profile'), 0);
});

test('saved: its tag follows what is known of companies, and people have the last word', async () => {
    const [a, b] = [(await lead('buyer20@buyer20.example')).account, (await lead('buyer21@buyer21.example')).account];
    const form = await client.get(ideal);
    const resume = stack.pauseWorker();
    try {
        const answer = await sayIdeal(form, 'save', { value: { 0: 'Publishing' }, tag: 'Dream' });
        assert.equal(answer.status, 303, main(answer));
        const saved = await client.follow(answer);
        assert.match(saved.text, /The profile is saved\. Companies that match get the tag\./);
        assert.match(main(saved), /All companies are looked at\. You can leave this page; it goes on\. waiting Waiting to begin/);
    } finally {
        resume();
    }
    await eventually('who matches is tagged', async () => (await tagsOf(a))?.by_ideal);
    assert.equal(await tagsOf(b), undefined);
    await scored();
    assert.match(main(await client.get(ideal)), /Tag Dream: .*industry is Publishing .*1 company has the tag, 1 of them by this profile/);
    const stale = await sayIdeal(form, 'save', { value: { 0: 'Other' }, tag: 'Dream' });
    assert.equal(stale.status, 422, 'somebody else saved meanwhile');
    await detail(b, 'industry', 'Publishing');
    await eventually('who comes to match is tagged', async () => (await tagsOf(b))?.by_ideal);
    await detail(a, 'industry', 'Farming');
    await eventually('who ceases to match is not', async () => !await tagsOf(a));
    const dream = await stack.value(`select id from tag where dataset_id = ${own.dataset} and name = 'Dream'`);
    await changeTag(a, { add: 'Dream' });
    await changeTag(b, { remove: dream });
    await detail(a, 'city', 'Gent');
    await detail(b, 'city', 'Gent');
    await eventually('both were looked at', async () => await stack.value('select count(*) from ideal_due') === 0);
    assert.deepEqual([await tagsOf(a), await tagsOf(b)], [{ name: 'Dream', by_ideal: false }, undefined]);
    assert.match(main(await client.get(ideal)), /It was taken off 1 company by hand/);
});

test('switched off, its own tags go and those of people stay', async () => {
    const [a, c] = [(await lead('buyer20@buyer20.example')).account, (await lead('buyer22@buyer22.example')).account];
    await detail(c, 'industry', 'Publishing');
    await eventually('who matches is tagged', async () => (await tagsOf(c))?.by_ideal);
    const answer = await client.submit(await client.get(ideal), {}, /off$/);
    assert.match((await client.follow(answer)).text, /The profile is off\./);
    await eventually('its tag is gone', async () => !await tagsOf(c));
    assert.deepEqual(await tagsOf(a), { name: 'Dream', by_ideal: false });
    const off = await client.get(ideal);
    assert.match(main(off), /The profile is off/);
    assert.doesNotMatch(off.text, /action="\/settings\/ideal\/off"/);
    assert.equal((await client.post(`${ideal}/off`, { csrf: profile(off).csrf })).status, 303, 'twice does no harm');
    assert.match(main(off), /Version 2 in force/);
});

test('users look, and only administrators change', async () => {
    const csrf = typed(await client.get(page)).csrf[0];
    const version = await stack.value(`select max(version) from score_formula where dataset_id = ${own.dataset}`);
    await addTarget('Seen by users', '/seen');
    const id = await target('Seen by users');
    try {
        for (const role of [1, 2]) {
            await roleOf(role);
            for (const path of [page, `${page}/${version}`, '/settings/targets', ideal]) {
                const answer = await client.get(path);
                assert.equal(answer.status, 200, path);
                assert.doesNotMatch(/<main[^]*/.exec(answer.text)[0], /<form|Use (it )?again/, path);
            }
            assert.match(main(await client.get(page)), /email is known \+5 Administrators can change it/);
            for (const path of [`/settings/targets/${id}`, `${page}/drafts/1`]) {
                assert.equal((await client.get(path)).status, 403, path);
            }
            for (const [path, fields] of [[page, { do: 'preview' }], [`${page}/drafts/1/save`], [`${page}/drafts/1/cancel`], ['/settings/targets', { name: 'x', pages: '/x' }],
                [`/settings/targets/${id}`, { name: 'x', pages: '/x' }], [`/settings/targets/${id}/delete`, { sure: 'on' }], [ideal, { do: 'save' }], [`${ideal}/off`]]) {
                assert.equal((await client.post(path, { csrf, ...fields })).status, 403, path);
            }
        }
    } finally {
        await roleOf(4);
    }
    assert.ok(await target('Seen by users'));
});
