// The editor of automations and what follows saving: what is refused, what is asked first, the question about those
// who match already, the switch, looking back. Nothing that was typed is lost by any of it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, filled, forms, unescape } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
// Jobs stay where they are put.
const resumeWorker = stack.pauseWorker();
after(() => {
    resumeWorker();
    return stack.stop();
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const text = (html) => unescape(html.replace(/<main[^]*?<\/h1>/, '').replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
const json = (value) => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
const board = await addBoard(stack, own, 'Sales');
await stack.psql(`update account set industry = 'Publishing' where id = ${board.account}`);

// A form for the editor: when the industry is that, move the card to the board's second stage.
const condition = (field, op, value) => ({ is: ['all', 'if'], parent: ['0', '0'], field: ['', field], op: ['', op],
    value: ['', value], key: ['', ''], times: ['', ''], days: ['', ''] });
const rule = (change = {}) => ({ name: 'Publishers', description: '', when: 'match', whom: 'accounts', ...condition('industry', 'is', 'Publishing'),
    a0_do: 'card', a0_how: 'put', a0_place: `s${board.stage2}`, cooldown: '1', unit: 'minutes', ...change });
const token = async () => filled((await client.get('/automations/new')).text, '/automations').csrf[0];
const save = async (change, path = '/automations') => client.post(path, { csrf: await token(), do: 'save', ...rule(change) });
const idOf = (answer) => Number(/\/automations\/(\d+)/.exec(answer.location)?.[1]);
const stored = async (id) => (await stack.rows(`select enabled, version, name, (select count(*) from automation_version v where v.automation_id = a.id) versions
    from automation a where id = ${id}`))[0];
const jobs = (id, kind) => stack.rows(`select id, state, user_id from progress where kind = ${kind} and subject = ${id} order by id`);
const add = async (name, trigger, actions, columns = {}) => {
    const set = Object.entries({ enabled: true, source: 3, ...columns });
    return Number(await stack.psql(`with a as (insert into automation (dataset_id, name, user_id, ${set.map(([column]) => column)})
            values (${own.dataset}, '${name}', ${own.user}, ${set.map(([, value]) => value)}) returning id),
        v as (insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
            select ${own.dataset}, id, 1, ${own.user}, ${json(trigger)}, ${json(actions)} from a) select id from a`));
};
const tree = (conditions = []) => ({ version: 2, subject: 'accounts', match: 'all', conditions });

test('saved and switched on, it asks about those who match already, by plain buttons', async () => {
    const saved = await save({ do: 'save_on' });
    assert.equal(saved.status, 303, text(saved.text));
    const id = idOf(saved);
    assert.equal(saved.location, `/automations/${id}/on`);
    assert.equal((await stored(id)).enabled, true);
    const asked = await client.follow(saved);
    assert.match(text(asked.text), /Publishers is saved, and switched on\./);
    assert.match(text(asked.text), /It is on\. What about those who match already\? .*1 company matches already\./);
    assert.match(asked.text, />Only from now on<\/a>/);
    assert.deepEqual(await jobs(id, 14), [], 'nothing is done unasked');

    const included = await client.submit(asked, { do: 'include' }, /switch$/);
    assert.equal(included.location, `/automations/${id}/runs`);
    const [job] = await jobs(id, 14);
    assert.equal(Number(job.user_id), own.user);
    let page = await client.follow(included);
    assert.match(text(page.text), /Including those who match already … .*Waiting to begin You can leave this page; it goes on\./);
    assert.match(page.text, /<noscript><meta http-equiv="refresh"/);
    // Asked again meanwhile: it is not done twice.
    page = await client.follow(await client.submit(await client.get(`/automations/${id}/on`), { do: 'include' }, /switch$/));
    assert.match(text(page.text), /Those who match already are being enrolled/);
    assert.equal((await jobs(id, 14)).length, 1);
    page = await client.follow(await client.submit(page, {}, /enrol\/cancel$/));
    assert.match(text(page.text), /Cancelled\. Who was included until now stays so, and can be undone\..*was cancelled/);
    page = await client.follow(await client.post(`/automations/${id}/enrol/cancel`, { csrf: await token() }));
    assert.match(text(page.text), /It is not under way any more/);
    await stack.psql(`update progress set state = 2, result = '{"enrolled": 1200, "nothing": 3}' where id = ${job.id}`);
    assert.match(text((await client.get(`/automations/${id}/runs`)).text), /Those who matched already are included It was done for 1,200 companies; for 3 there was nothing to do\./);
    await stack.psql(`update progress set created_at = now() - interval '2 days' where id = ${job.id}`);
    assert.doesNotMatch(text((await client.get(`/automations/${id}/runs`)).text), /1,200/);
});

test('a new version while it is on asks as well; a new name does not; nobody matches', async () => {
    const id = idOf(await save({ do: 'save_on', name: 'Asks again' }));
    const change = async (fields) => save({ version: (await stored(id)).version, automation: id, name: 'Asks again', ...fields }, `/automations/${id}`);
    assert.equal((await change({ name: 'Another name' })).location, `/automations/${id}`);
    const newer = await change(condition('industry', 'is', 'Fishing'));
    assert.equal(newer.location, `/automations/${id}/on`);
    const page = await client.follow(newer);
    assert.match(text(page.text), /is saved, as version 2\..*It is on .*No company matches already, so there is nothing to ask/);
    assert.deepEqual(forms(page.text).filter(({ action }) => /\d+\/switch$/.test(action)), []);
});

test('the switch: asks before, goes on and off, and goes back only within the site', async () => {
    const id = idOf(await save({ name: 'Switched' }));
    assert.equal((await stored(id)).enabled, false);
    const asked = await client.get(`/automations/${id}/on`);
    assert.match(text(asked.text), /Switch it on\? .*1 company matches already.*Switch on, only from now on Switch on and include 1 company/);
    assert.equal((await client.submit(asked, { do: 'on' }, /switch$/)).location, `/automations/${id}/runs`);
    assert.equal((await stored(id)).enabled, true);
    assert.deepEqual(await jobs(id, 14), []);
    const list = await client.get('/automations');
    const off = forms(list.text).find(({ action }) => action === `/automations/${id}/switch`);
    assert.equal((await client.post(off.action, { ...off.fields, do: 'off' })).location, '/automations');
    assert.equal((await stored(id)).enabled, false);
    for (const back of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
        assert.equal((await client.post(off.action, { ...off.fields, back, do: 'off' })).location, `/automations/${id}`);
    }
    for (const nonsense of ['', 'maybe', 'on;off']) {
        assert.equal((await client.post(off.action, { ...off.fields, do: nonsense })).status, 422);
        assert.equal((await stored(id)).enabled, false);
    }
    const both = await client.submit(await client.get(`/automations/${id}/on`), { do: 'include' }, /switch$/);
    assert.equal(both.location, `/automations/${id}/runs`);
    assert.equal((await stored(id)).enabled, true);
    assert.equal((await jobs(id, 14)).length, 1);
    const unreadable = await add('Of a later LeadBoard', { when: 'moonrise', filter: tree() }, [], { enabled: false });
    for (const answer of [await client.get(`/automations/${unreadable}/on`),
        await client.post(`/automations/${unreadable}/switch`, { csrf: await token(), do: 'on' })]) {
        assert.equal(answer.status, 409);
        assert.match(text(answer.text), /It cannot be switched on, because what it does cannot be read/);
    }
});

test('what is sent is said not to be taken back, before anybody is included', async () => {
    const id = idOf(await save({ name: 'Tells', a0_do: 'mail', a0_how: 'addresses', a0_addresses: 'a@example.com', a0_subject: 'Hello', a0_text: 'There' }));
    assert.match(text((await client.get(`/automations/${id}/on`)).text), /What is sent to each of them cannot be taken back/);
});

test('somebody saved another version meanwhile: 409, and what was typed is there', async () => {
    const id = idOf(await save({ name: 'Contested' }));
    const fields = { automation: id, version: 1, name: 'Contested' };
    assert.equal((await save({ ...fields, ...condition('industry', 'is', 'Farming') }, `/automations/${id}`)).status, 303);
    const late = await save({ ...fields, ...condition('industry', 'is', 'Mining'), description: 'My <words>' }, `/automations/${id}`);
    assert.equal(late.status, 409);
    assert.match(text(late.text), /owner changed this automation .* while you did: it is version 2 now/);
    const typed = filled(late.text, `/automations/${id}`);
    assert.ok(typed.value.includes('Mining'));
    assert.match(typed.description[0], /My <words>/);
    assert.deepEqual(typed.version, ['2'], 'saving it then makes the next version');
    assert.equal((await stored(id)).versions, 2);
    assert.equal((await client.post(`/automations/${id}`, { ...typed, do: 'save' })).status, 303);
    assert.equal((await stored(id)).versions, 3);
});

test('what can go round is told with its path, and saved once that is confirmed', async () => {
    const stage = (id) => ({ when: 'stage', ids: [String(id)], names: ['S'], filter: tree() });
    const put = (id) => [{ do: 'card', how: 'put', board: String(board.board), stage: String(id) }];
    await stack.psql(`update board set fixed_flow = false where id = ${board.board}`);
    await add('Forth', stage(board.stage2), put(board.stage3));
    await add('Tagged moves', { when: 'tag', ids: [String(board.tag)], names: ['Tag'], filter: tree() }, put(board.stage), { source: 2 });
    const entered = (id) => ({ when: 'stage', of: id, ...condition('', '', '') });
    const ends = await save({ name: 'Moved tags', ...entered(board.stage), a0_do: 'add_tag', a0_to: 'company', a0_tag: board.tag });
    assert.equal(ends.status, 200);
    assert.match(text(ends.text), /Before it is saved: These make each other run: “Moved tags” .*“Tagged moves” .*It ends after one round/);
    const before = await stack.value('select count(*) from automation');
    const asked = await save({ name: 'Back', ...entered(board.stage3), do: 'save_on' });
    assert.equal(asked.status, 200);
    assert.match(text(asked.text), /Before it is saved: This can go round: .*“Back” .*“Forth”/);
    assert.match(text(asked.text), /Save all the same and switch on/);
    const wrong = await save({ name: 'Back', ...entered(board.stage3), warned: 'deadbeef' });
    assert.equal(wrong.status, 200, 'another confirmation does not count');
    assert.equal(await stack.value('select count(*) from automation'), before);
    const saved = await client.post('/automations', { ...filled(asked.text, '/automations'), do: 'save_on' });
    assert.equal(saved.status, 303);
    assert.equal((await stored(idOf(saved))).enabled, true);
});

test('what can never be, what is missing or gone, what is for everybody: refused where it is', async () => {
    const before = await stack.value('select count(*) from automation');
    const never = { is: ['all', 'if', 'if'], parent: ['0', '0', '0'], field: ['', 'industry', 'industry'], op: ['', 'is', 'is_not'],
        value: ['', 'Publishing', 'Publishing'], key: ['', '', ''], times: ['', '', ''], days: ['', '', ''] };
    for (const [change, words] of [
        [{ name: '' }, /Give the automation a name/],
        [{ name: 'x'.repeat(101) }, /at most 100 characters/],
        [condition('', '', ''), /without a condition it would run for everybody/],
        [never, /never/],
        [{ a0_do: '' }, /Say what is to be done|Choose what is to be done/],
        [{ a0_place: '' }, /Choose the stage that the card is to be moved to/],
        [{ a0_place: 's999999' }, /stage/],
        [{ a0_do: 'add_tag', a0_to: 'company', a0_tag: '999999' }, /tag/],
        [{ a0_do: 'owner', a0_how: 'fixed', a0_users: '999999' }, /person|member|user/i],
        [{ a0_do: 'webhook', a0_integration: '999999' }, /integration/],
        [{ a0_do: 'mail', a0_how: 'addresses', a0_addresses: 'nobody', a0_subject: 'x', a0_text: 'y' }, /“nobody” is not an email address/],
        [{ a0_do: 'mail', a0_how: 'owner', a0_subject: 'x', a0_text: '{colour}' }, /There is no “{colour}” to fill in/],
        [{ when: 'stage', of: '' }, /Choose the stage that a card is to enter/],
        [{ when: 'score', score: '100' }, /whole number from 0 to 99/],
        [{ cooldown: 'soon' }, /cool-down|whole number/i],
        [{ cooldown: '91', unit: 'days' }, /90 days/],
    ]) {
        for (const button of ['save', 'save_on']) {
            const page = await save({ ...change, do: button });
            assert.equal(page.status, 422, `${JSON.stringify(change)}: ${page.status}`);
            assert.match(text(page.text), words, JSON.stringify(change));
        }
    }
    const everything = await save(condition('page', 'is', '*'));
    assert.equal(everything.status, 200);
    assert.match(text(everything.text), /Before it is saved: Nearly every event makes this true: it runs for everybody who does anything/);
    assert.equal(await stack.value('select count(*) from automation'), before);
});

test('a new one for a stage: runs when a card comes there, or moves cards there', async () => {
    const fields = async (query) => filled((await client.get(`/automations/new?${query}`)).text, '/automations');
    const to = await fields(`to=${board.stage2}`);
    assert.deepEqual([to.when, to.a0_do, to.a0_how, to.a0_place], [['match'], ['card'], ['put'], [`s${board.stage2}`]]);
    const from = await fields(`stage=${board.stage2}`);
    assert.deepEqual([from.when, from.of, from.a0_do], [['stage'], [String(board.stage2)], undefined]);
    for (const none of ['to=999999', 'to=x', 'to=-1', 'stage=0', 'to=']) {
        assert.equal((await fields(none)).a0_do, undefined, none);
    }
    const menu = await client.get(`/boards/${board.board}`);
    assert.match(menu.text, new RegExp(`href="/automations\\?stage=${board.stage2}"`));
    assert.match(menu.text, new RegExp(`href="/automations/new\\?to=${board.stage2}"`));
});

test('looking back: a number of days, a job, how far it is, and no more than one at a time', async () => {
    const id = idOf(await save({ name: 'Looked back at' }));
    const path = `/automations/${id}/backtest`;
    assert.match(text((await client.get(path)).text), /Nothing is changed and nothing is sent\..*Nobody has looked back yet/);
    for (const days of ['0', '91', '-1', '1.5', 'a week', '', '99999999999999999999', '7 days', 'x'.repeat(50)]) {
        const page = await client.post(path, { csrf: await token(), days });
        assert.equal(page.status, 422, days);
        assert.match(text(page.text), /Enter a whole number of days, from 1 to 90\./);
        assert.ok(unescape(page.text).includes(`value="${days}"`), `${days} is still there`);
    }
    assert.deepEqual(await jobs(id, 15), []);
    assert.equal((await client.post(path, { csrf: await token(), days: '14' })).location, path);
    let page = await client.get(path);
    assert.match(text(page.text), /Looking back … You can leave this page; it goes on\. .*Waiting to begin/);
    assert.match(page.text, /<noscript><meta http-equiv="refresh"/);
    const [job] = await jobs(id, 15);
    await stack.psql(`update progress set state = 1, done = 120000, total = 1000000 where id = ${job.id}`);
    assert.match(text((await client.get(path)).text), /120,000 of 1,000,000 events/);
    await client.post(path, { csrf: await token(), days: '90' });
    assert.deepEqual((await jobs(id, 15)).map(({ state }) => state), [4, 0], 'the one before is cancelled');
    page = await client.follow(await client.submit(await client.get(path), {}, /cancel$/));
    assert.match(text(page.text), /Looking back is cancelled\..*Looking back was cancelled Nothing was changed or sent\. Start it again above/);
    page = await client.follow(await client.post(`${path}/cancel`, { csrf: await token() }));
    assert.match(text(page.text), /It is not under way any more/);
    assert.equal(await stack.value(`select count(*) from automation_run where automation_id = ${id}`), 0);
});

test('looked back: for whom, when, why, what, by day; what was held back; what cannot be looked back at', async () => {
    const id = idOf(await save({ name: 'Has been looked back at' }));
    const path = `/automations/${id}/backtest`;
    const finish = (result, columns = '') => stack.psql(`insert into progress (dataset_id, kind, subject, user_id, state, done, total, result${columns && ', message'})
        values (${own.dataset}, 15, ${id}, ${own.user}, ${columns ? 3 : 2}, 5, 5, ${json(result)}${columns})`);
    const firing = { at: Date.UTC(2026, 10, 8, 12) * 1000, account: String(board.account), lead: String(board.lead), title: '<b>Harbor</b> College',
        why: 'visited https://x.example/<pricing>', said: [{ did: true, text: 'Move to Interest' }, { did: false, text: 'Not moved: fixed flow' }] };
    await finish({ days: 14, events: 120344, fired: 37, subjects: 21, held: 5, deliveries: 12, moved: 20, created: 4, removed: 0, tagged: 21, not_moved: 2,
        by_day: [['2026-11-07', 3], ['2026-11-08', 34], ['2026-11-09', 0]], firings: [firing, { at: firing.at, lead: String(board.lead), title: '' }],
        unlisted: 1, note: 'Tags that were taken off since are taken as they are now.' });
    const page = await client.get(path);
    const said = text(page.text);
    for (const there of [/It would have run 37 times, for 21 companies/, /In the last 14 days, looked at .*: 120,344 events gone through\. Nothing was changed or sent\./,
        /Tags that were taken off since are taken as they are now\./, /Cards moved 20/, /Cards created 4/, /Tagged 21/, /Told to others 12/,
        /Not moved: fixed flow 2/, /Held back 5/, /<b>Harbor<\/b> College Because visited https:\/\/x\.example\/<pricing>/,
        /Would have been done: Move to Interest/, /Would not have been done: Not moved: fixed flow/, /Somebody unknown/, /And 1 run more, which is counted but not listed/,
        /8 Nov 2026 34/, /Switch it on/]) {
        assert.match(said, there);
    }
    assert.doesNotMatch(said, /Cards removed|was changed since\. Look back/);
    assert.match(page.text, new RegExp(`href="/accounts/${board.account}"`));
    assert.match(page.text, new RegExp(`href="/leads/${board.lead}"`));
    assert.equal([...page.text.matchAll(/class="column"/g)].length, 3, 'a bar for each day');
    assert.match(page.text, /8 Nov 2026: 34 runs/);

    await client.submit(await client.get(`/automations/${id}/on`), { do: 'on' }, /switch$/);
    assert.doesNotMatch(text((await client.get(path)).text), /was changed since/, 'it was only switched on');
    await stack.psql(`update automation_version set at = now() + interval '1 s' where automation_id = ${id}`);
    assert.match(text((await client.get(path)).text), /The automation was changed since\. Look back again/);
    await finish({ days: 7, events: 0, fired: 0, subjects: 0, by_day: [], firings: [] });
    assert.match(text((await client.get(path)).text), /It would not have run at all .*Look back further, or loosen its conditions/);
    await finish({}, ", 'The history is too large.'");
    assert.match(text((await client.get(path)).text), /Looking back failed The history is too large\. Nothing was changed or sent/);
    await finish('not as it should be');
    assert.equal((await client.get(path)).status, 200);
});

test('the guide\'s automations: looked back at and switched on all at once', async () => {
    const look = await client.post('/automations/guide', { ...filled((await client.get('/automations/guide')).text, '/automations/guide'), board_name: 'Guided', do: 'look' });
    const made = await client.post('/automations/guide', { ...filled(look.text, '/automations/guide'), do: 'make' });
    const path = made.location;
    const ids = (await stack.rows('select id from automation where guide is not null order by id')).map(({ id }) => id);
    assert.match(text((await client.follow(made)).text), /Nothing runs yet Look back first to see whom they would have tagged and moved, or switch them on\./);
    assert.equal((await client.post(`${path}/backtest`, { csrf: await token(), days: '100' })).status, 422);
    assert.equal((await client.post(`${path}/backtest`, { csrf: await token(), days: '30' })).status, 303);
    for (const id of ids) {
        assert.equal((await jobs(id, 15)).length, 1);
    }
    assert.match(text((await client.get(path)).text), /Looking back …/);
    await stack.psql(`update progress set state = 2, result = '{"days": 30, "fired": 12, "tagged": 11}' where kind = 15 and subject = ${ids[0]};
        update progress set state = 2, result = '{"days": 1, "fired": 0}' where kind = 15 and subject = ${ids[1]}`);
    const said = text((await client.get(path)).text);
    assert.match(said, /In the last 30 days it would have run 12 times , tagged 11\./);
    assert.match(said, /In the last 1 day it would have done nothing \./);
    const on = await client.follow(await client.post(`${path}/switch`, { csrf: await token(), do: 'include' }));
    assert.match(text(on.text), /9 automations are switched on\. Those who match already are being included\./);
    assert.equal(await stack.value('select count(*) from automation where guide is not null and enabled'), 9);
    assert.equal((await jobs(ids[0], 14)).length, 1);
    const off = await client.follow(await client.post(`${path}/switch`, { csrf: await token(), do: 'off' }));
    assert.match(text(off.text), /9 automations are switched off\./);
    assert.match(text((await client.follow(await client.post(`${path}/switch`, { csrf: await token(), do: 'on' }))).text), /9 automations are switched on\./);
});

test('who only looks may not switch, save or look back; nobody reaches other datasets; guests sign in', async () => {
    await stack.psql(`with u as (insert into app_user (email, name, password_hash) select 'user@example.com', 'User', password_hash
            from app_user where id = ${own.user} returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u)
        insert into dataset_access (user_id, dataset_id) select id, ${own.dataset} from u`);
    const user = new Client(stack.url);
    await user.signIn({ email: 'user@example.com', password: owner.password });
    const foreign = await addWorkspace(stack, 'Elsewhere');
    const theirs = await addBoard(stack, foreign, 'Theirs');
    const id = idOf(await save({ name: 'Guarded' }));
    const posts = (automation, guided) => [['/automations', rule()], [`/automations/${automation}`, rule({ version: 1 })], ['/automations/look', rule({ automation })],
        [`/automations/${automation}/switch`, { do: 'include' }], [`/automations/${automation}/enrol/cancel`, {}], [`/automations/${automation}/backtest`, { days: '7' }],
        [`/automations/${automation}/backtest/cancel`, {}], [`/automations/${automation}/delete`, { sure: 'on' }],
        [`/automations/guide/${guided}/switch`, { do: 'on' }], [`/automations/guide/${guided}/backtest`, { days: '7' }]];
    const before = await stack.rows('select (select count(*) from automation) a, (select count(*) from progress) p, (select count(*) from automation where enabled) e');
    const seen = await user.get('/segments/new');
    const csrf = forms(seen.text).find(({ fields }) => fields.csrf).fields.csrf;
    for (const [path, fields] of posts(id, board.board)) {
        assert.equal((await user.post(path, { csrf, ...fields })).status, 403, path);
        const guest = await new Client(stack.url).post(path, fields);
        assert.ok(guest.status === 403 || /\/login/.test(guest.location), path);
    }
    for (const [path, fields] of posts(theirs.automation, theirs.board).slice(1)) {
        assert.equal((await client.post(path, { csrf: await token(), ...fields })).status, 404, path);
    }
    assert.deepEqual(await stack.rows('select (select count(*) from automation) a, (select count(*) from progress) p, (select count(*) from automation where enabled) e'), before);
    for (const path of ['/automations', `/automations/${id}`, `/automations/${id}/runs`, `/automations/${id}/versions`, `/automations/${id}/backtest`]) {
        const page = await user.get(path);
        assert.equal(page.status, 200, path);
        assert.match(page.text, /href="\/automations" aria-current="page"/, 'the navigation leads there');
        assert.doesNotMatch(page.text, /<form[^>]*action="\/automations/, path);
        assert.match((await new Client(stack.url).get(path)).location, /\/login/, path);
    }
    for (const path of [`/automations/${id}/on`, '/automations/new', '/automations/guide']) {
        assert.equal((await user.get(path)).status, 403, path);
    }
    for (const path of ['', '/on', '/runs', '/versions', '/backtest'].map((tail) => `/automations/${theirs.automation}${tail}`)) {
        assert.equal((await client.get(path)).status, 404, path);
    }
});
