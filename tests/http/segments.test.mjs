// Segments over HTTP: built by plain buttons, counted, kept private, copied, given away, deleted; who enters and
// leaves them as visits come in; who may do what.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, filled, forms, send, unescape } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const partial = { headers: { 'HX-Request': 'true' } };
let stack, own, client, user, superUser, theirs, csrf;

const text = (html) => unescape(html.replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
const main = (answer) => text(/<main[^]*<\/main>/.exec(answer.text)?.[0] ?? '');
const visit = (visitor, events) => send(stack.url, 'POST', '/e', {
    headers: { 'User-Agent': browser, 'Content-Type': 'text/plain' },
    body: JSON.stringify({ dataset: own.public_id, visitor, events }),
});
const view = (path) => ({ type: 'pageview', url: `https://shop.example${path}`, title: path });
const mail = (email) => ({ type: 'form', name: 'ask', url: 'https://shop.example/ask', properties: { email } });
// Somebody of the same workspace: 1 user, 2 super user, 3 admin.
const colleague = async (role, name) => {
    const email = `${name.toLowerCase()}@example.com`;
    await stack.psql(`with u as (insert into app_user (email, name, password_hash)
            select '${email}', '${name}', password_hash from app_user where id = ${own.user} returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, ${role} from u)
        insert into dataset_access (user_id, dataset_id) select id, ${own.dataset} from u`);
    const person = new Client(stack.url);
    await person.signIn({ email, password: owner.password });
    return person;
};

// The builder's form as a browser sends it; changes: { field: { 1: 'industry' } } by row, or { name: 'Big' }.
const action = (answer) => forms(answer.text).find(({ html }) => html.includes('id="builder"')).action;
function typed(answer, changes = {}) {
    const fields = filled(answer.text, action(answer));
    for (const [name, value] of Object.entries(changes)) {
        if (typeof value === 'object' && !Array.isArray(value)) {
            Object.assign(fields[name], value);
        } else {
            fields[name] = value;
        }
    }
    return fields;
}
const press = (answer, what, changes, who = client) => who.post(what === 'count' ? '/segments/count' : action(answer), { ...typed(answer, changes), do: what });
const shape = (answer) => {
    const { is, parent, field } = typed(answer);
    return is.map((kind, i) => `${kind === 'if' ? field[i] || '?' : kind}<${parent[i]}`).join(' ');
};
// A new segment of these conditions, each [field, op, value], all of which must hold. Answers its id.
async function make(name, conditions, more = {}, who = client) {
    const sent = await who.post('/segments', {
        csrf: typed(await who.get('/segments/new')).csrf, do: 'store', name, subject: 'leads',
        is: ['all', ...conditions.map(() => 'if')], parent: ['0', ...conditions.map(() => '0')],
        field: ['', ...conditions.map(([field]) => field)], op: ['', ...conditions.map(([, op]) => op)],
        value: ['', ...conditions.map(([, , value]) => value ?? '')], key: ['', ...conditions.map(() => '')],
        times: ['', ...conditions.map(() => '')], days: ['', ...conditions.map(() => '')], ...more,
    });
    assert.equal(sent.status, 303, main(sent));
    return Number(/^\/segments\/(\d+)\?|^\/segments\/(\d+)$/.exec(sent.location).slice(1).find(Boolean));
}
const filterOf = (id) => stack.value(`select filter from segment where id = ${id}`);
const settled = (id) => eventually('its members are worked out', () => stack.value(`select filled = version from segment where id = ${id}`));
const members = async (id) => [...(await client.get(`/segments/${id}`)).text.matchAll(/<th scope="row"><a href="\/(?:leads|accounts)\/\d+">([^<]*)/g)].map(([, name]) => name).sort();

before(async () => {
    stack = await startStack({ owner: true });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
    user = await colleague(1, 'Ursula');
    superUser = await colleague(2, 'Sue');
    theirs = await addBoard(stack, await addWorkspace(stack, 'Elsewhere'), 'Theirs');
    await visit('ann', [view('/read'), mail('ann@steelworks.example')]);
    await visit('bob', [view('/read'), view('/pricing'), mail('bob@foundry.example')]);
    await visit('nobody', [view('/read')]);
    await eventually('they are there', async () => await stack.value(`select count(*) from lead where dataset_id = ${own.dataset}`) === 3);
    await stack.psql(`update account set industry = 'Steel', employees = 250 where domain = 'steelworks.example'`);
    csrf = typed(await client.get('/segments/new')).csrf;
});
after(() => stack?.stop());

test('the list has what LeadBoard brings along, and quick segments', async () => {
    const list = await client.get('/segments');
    assert.equal(list.status, 200);
    assert.match(main(list), /Top leads[^]*LeadBoard|Target audience/);
    const people = { persons: 2, paid: 0, organic: 0, forms: 2, visitors: 3 };
    for (const [key, n] of Object.entries(people)) {
        const quick = await client.get(`/segments/quick?show=${key}`);
        assert.equal(quick.status, 200);
        assert.match(main(quick), new RegExp(`${n} ${n === 1 ? 'person' : 'people'} now`), key);
    }
    const companies = await client.get('/segments/quick?show=organisations');
    assert.match(main(companies), /2 companies now/);
    assert.match(companies.text, />steelworks\.example</);
    for (const none of ['nonsense', '', '<script>']) {
        assert.equal((await client.get(`/segments/quick?show=${encodeURIComponent(none)}`)).status, 404);
    }
    const begun = await client.get('/segments/new?quick=forms');
    assert.equal(typed(begun).name[0], 'Form submissions');
    assert.equal(shape(begun), 'any<0 forms<0');
    const kept = await press(begun, 'store');
    assert.equal(kept.status, 303);
    assert.match(main(await client.follow(kept)), /People: .*forms submitted/);
});

test('built by plain buttons, with groups in groups', async () => {
    let answer = await client.get('/segments/new');
    assert.equal(shape(answer), 'all<0 ?<0');
    answer = await press(answer, 'update', { name: 'Nested', field: { 1: 'industry' } });
    assert.match(answer.text, /id="op-1"[^]*id="value-1"/, 'what can be asked of it');
    answer = await press(answer, 'group:0', { value: { 1: 'Steel, "Foo, Inc."' } });
    assert.equal(shape(answer), 'all<0 industry<0 any<0 ?<2');
    answer = await press(answer, 'update', { field: { 3: 'employees' } });
    answer = await press(answer, 'group:2', { value: { 3: '100' } });
    assert.equal(shape(answer), 'all<0 industry<0 any<0 employees<2 all<2 ?<4');
    answer = await press(answer, 'update', { field: { 5: 'page' } });
    answer = await press(answer, 'add:4', { value: { 5: '/pricing*' }, times: { 5: '2' }, days: { 5: '30' } });
    assert.equal(shape(answer), 'all<0 industry<0 any<0 employees<2 all<2 page<4 ?<4');
    answer = await press(answer, 'group:0', {});
    answer = await press(answer, 'remove:7');
    assert.equal(shape(answer), 'all<0 industry<0 any<0 employees<2 all<2 page<4 ?<4', 'a group goes with what is in it');
    const { value, times, days } = typed(answer);
    assert.deepEqual([value[1], value[3], value[5], times[5], days[5]], ['Steel, "Foo, Inc."', '100', '/pricing*', '2', '30']);
    for (const odd of ['add:99', 'group:1', 'remove:0', 'remove:99', 'update:1', 'add:']) {
        const same = await press(answer, odd, { name: '' });
        assert.ok([200, 422].includes(same.status), odd);
        assert.equal(shape(same), shape(answer), odd);
    }
    const sent = await press(answer, 'store');
    assert.equal(sent.status, 303, main(sent));
    const id = Number(/\/segments\/(\d+)/.exec(sent.location)[1]);
    assert.deepEqual(await filterOf(id), { version: 2, subject: 'accounts', match: 'all', conditions: [
        { field: 'industry', op: 'is', values: ['Steel', 'Foo, Inc.'] },
        { match: 'any', conditions: [{ field: 'employees', op: 'greater', values: ['100'] },
            { match: 'all', conditions: [{ field: 'page', op: 'is', values: ['/pricing*'], times: 2, days: 30 }] }] }] });
    await settled(id);
    assert.deepEqual(await members(id), ['steelworks.example']);
    const again = await client.get(`/segments/${id}/edit`);
    assert.equal(shape(again), 'all<0 industry<0 any<0 employees<2 all<2 page<4');
    assert.equal(typed(again).value[1], 'Steel, "Foo, Inc."');
    const changed = await press(again, 'store', { name: 'Nested, other', value: { 3: '300' } });
    assert.match((await client.follow(changed)).text, /The segment Nested, other is stored\./);
    await settled(id);
    assert.match(main(await client.get(`/segments/${id}`)), /No company belongs to it/);
    assert.match(main(await client.get(`/segments/${id}/changes`)), /left steelworks\.example the segment was made or edited[^]*entered steelworks\.example/);
});

test('a group is as deep as can be drawn, and rows end at the most', async () => {
    let answer = await client.get('/segments/new');
    let group = 0;
    for (let depth = 0; depth < 8; depth++) {
        answer = await press(answer, `group:${group}`);
        assert.ok(answer.status < 500);
        const { is } = typed(answer);
        group = is.findLastIndex((kind) => kind !== 'if');
    }
    const offered = [...answer.text.matchAll(/value="group:(\d+)"/g)].length;
    assert.ok(offered <= 4, `${offered} groups can get another`);
    const row = (values) => Array(60).fill('').map((_, i) => (i === 0 ? values[0] : values[1]));
    const full = await client.post('/segments', { csrf, do: 'add:0', name: 'x', subject: 'leads', is: row(['all', 'if']), parent: row(['0', '0']),
        field: row(['', 'email']), key: row(['', '']), op: row(['', 'known']), value: row(['', '']), times: row(['', '']), days: row(['', '']) });
    assert.equal(typed(full).is.length, 60);
    assert.doesNotMatch(full.text, /value="add:/);
    const beyond = await client.post('/segments', { csrf, do: 'store', name: 'x', subject: 'leads', is: Array(61).fill('if') });
    assert.equal(beyond.status, 422);
    assert.match(main(beyond), /at most 60, please/);
});

test('what is wrong stands at its condition, and nothing typed is lost', async () => {
    let answer = await client.get('/segments/new');
    answer = await press(answer, 'update', { field: { 1: 'employees' } });
    answer = await press(answer, 'add:0', { value: { 1: 'many' } });
    answer = await press(answer, 'update', { field: { 2: 'last_seen' } });
    const wrong = await press(answer, 'store', { value: { 2: 'tomorrow' } });
    assert.equal(wrong.status, 422);
    assert.match(main(wrong), /Some conditions are not complete yet\./);
    assert.match(main(wrong), /Name is needed\./);
    assert.match(wrong.text, /id="wrong-1">The condition on employees needs a number/);
    assert.match(wrong.text, /id="wrong-2">The condition on last seen needs a date like/);
    assert.deepEqual(typed(wrong).value.slice(1), ['many', 'tomorrow']);
    const long = await press(answer, 'store', { name: 'n'.repeat(201), value: { 1: '5', 2: '30d' } });
    assert.equal(long.status, 422);
    assert.match(main(long), /Name may have at most 200 characters/);
    assert.equal(typed(long).name[0], 'n'.repeat(201));
    for (const bad of [`${'v'.repeat(10_001)}`, 'a\u0007b']) {
        const lost = await press(answer, 'store', { name: 'Kept', value: { 1: '77', 2: bad } });
        assert.equal(lost.status, 422);
        assert.match(main(lost), /too long or cannot be kept/);
        assert.equal(typed(lost).value[1], '77');
        assert.equal(shape(lost), 'all<0 employees<0 last_seen<0');
    }
    const odd = await client.post('/segments', { csrf, do: 'store', name: 'x', subject: 'nobody', is: ['all', 'if', 'if'], parent: ['9', '7', '1'], field: ['', 'no_such', 'email'], op: ['', 'is', 'greater'], value: ['', 'x', '1'] });
    assert.equal(odd.status, 422);
    const press0 = await client.post('/segments', { csrf, name: 'x' });
    assert.equal(press0.status, 200, 'Enter in a field stores nothing by itself');
});

test('a long list of values is kept as it was typed', async () => {
    const domains = Array.from({ length: 60 }, (_, i) => `company-number-${i}.example`);
    const id = await make('Sixty', [['email', 'contains', domains.join(', ')]]);
    assert.equal((await filterOf(id)).conditions[0].values.length, 60);
    const edit = await client.get(`/segments/${id}/edit`);
    assert.equal(typed(edit).value[1], domains.join(', '));
    assert.equal((await press(edit, 'store', { name: 'Sixty again' })).status, 303);
});

test('counted while it is built, with and without script', async () => {
    let answer = await client.get('/segments/new');
    answer = await press(answer, 'update', { name: 'Counted', subject: 'leads', field: { 1: 'email' } });
    const whole = await press(answer, 'count', { subject: 'leads', op: { 1: 'known' } });
    assert.equal(whole.status, 200);
    assert.match(main(whole), /2 people now: /);
    assert.equal(typed(whole).name[0], 'Counted');
    const part = await client.post('/segments/count', { ...typed(whole), do: 'count' }, partial);
    assert.match(part.text, /^<b>2 people<\/b> now: /);
    assert.match(text(part.text), /2 people now/);
    const incomplete = await client.post('/segments/count', { ...typed(whole), op: ['', 'contains'], value: ['', ''] }, partial);
    assert.match(text(incomplete.text), /not complete yet|\d people now/);
    assert.equal(await stack.value(`select count(*) from segment where name = 'Counted'`), 0);
    const of = await client.post('/segments/count', { ...typed(whole), segment: theirs.segment });
    assert.equal(of.status, 404, 'nobody else\'s is drawn');
});

test('private: nobody else sees it, and only its owner can make it so', async () => {
    const id = await make('Hush', [['email', 'known']], { private: 'on' });
    assert.match((await client.get('/segments')).text, /Hush/);
    for (const other of [user, superUser]) {
        assert.doesNotMatch((await other.get('/segments')).text, /Hush/);
        for (const path of ['', '/changes', '/edit', '/owner', '/delete']) {
            assert.equal((await other.get(`/segments/${id}${path}`)).status, 404, path);
        }
        assert.doesNotMatch((await other.get('/segments/new')).text, /Hush/);
        const token = typed(await other.get('/segments/new')).csrf;
        for (const path of ['', '/copy', '/owner', '/delete']) {
            assert.equal((await other.post(`/segments/${id}${path}`, { csrf: token, do: 'store', name: 'x', sure: 'on', owner: own.user })).status, 404, path);
        }
    }
    const shared = await press(await client.get(`/segments/${id}/edit`), 'store', { private: [] });
    assert.equal(shared.status, 303);
    assert.match((await user.get('/segments')).text, /Hush/);
    const edit = await superUser.get(`/segments/${id}/edit`);
    assert.doesNotMatch(edit.text, /name="private"/);
    const taken = await press(edit, 'store', { private: ['on'] }, superUser);
    assert.equal(taken.status, 422);
    assert.match(main(taken), /Only its owner can make a segment private\./);
    assert.equal((await press(edit, 'store', { name: 'Hush no more' }, superUser)).status, 303);
});

test('a page whose members are being worked out comes again by itself', async () => {
    const resume = stack.pauseWorker();
    try {
        const id = await make('Being worked out', [['email', 'known']]);
        for (const path of ['/segments', `/segments/${id}`, `/segments/${id}/changes`]) {
            const page = await client.get(path);
            assert.match(page.text, /http-equiv="refresh"/, path);
            assert.match(page.text, /hx-trigger="every 1s"/, path);
        }
        resume();
        await settled(id);
        assert.doesNotMatch((await client.get(`/segments/${id}`)).text, /http-equiv="refresh"|every 1s/);
    } finally {
        resume();
    }
});

test('a user changes his own, and copies those of others', async () => {
    const id = await make('Everybody', [['email', 'known']]);
    const page = await user.get(`/segments/${id}`);
    assert.doesNotMatch(page.text, new RegExp(`/segments/${id}/(edit|owner|delete)`));
    for (const path of ['/edit', '/owner', '/delete']) {
        assert.equal((await user.get(`/segments/${id}${path}`)).status, 403, path);
    }
    const token = typed(await user.get('/segments/new')).csrf;
    for (const path of ['', '/owner', '/delete']) {
        const refused = await user.post(`/segments/${id}${path}`, { csrf: token, do: 'store', name: 'x', sure: 'on', owner: own.user });
        assert.equal(refused.status, 403, path);
        assert.match(text(refused.text), /Only its owner, super users and admins can change this segment\. You can duplicate it/);
    }
    const copied = await user.submit(page, {}, /copy$/);
    assert.equal(copied.status, 303);
    const edit = await user.follow(copied);
    assert.match(edit.text, /This is your copy of Everybody: change what you like\./);
    assert.equal(typed(edit).name[0], 'Copy of Everybody');
    assert.equal((await press(edit, 'store', { name: 'Mine' }, user)).status, 303);
    assert.deepEqual(await filterOf(id), await stack.value("select filter from segment where name = 'Mine'"));
    const long = await make('L'.repeat(200), [['email', 'known']]);
    const cut = await client.follow(await client.submit(await client.get(`/segments/${long}`), {}, /copy$/));
    assert.equal(cut.status, 200);
    assert.ok(typed(cut).name[0].startsWith('Copy of LLL') && typed(cut).name[0].length <= 200);
});

test('given to another owner, who has it alone when it is private', async () => {
    const id = await make('A present', [['email', 'known']], { private: 'on' });
    const form = await client.get(`/segments/${id}/owner`);
    assert.match(main(form), /It belongs to owner \. It is private: whoever gets it is the only one who sees it then\./);
    assert.doesNotMatch(form.text, />owner<\/option>/, 'its owner is not offered');
    const sue = await stack.value("select id from app_user where name = 'Sue'");
    const stranger = await stack.value("select user_id from membership m join workspace w on w.id = m.workspace_id where w.name = 'Elsewhere'");
    for (const [nobody, status] of [[stranger, 404], [999999, 404], ['', 422], ['x', 422], [own.user, 404]]) {
        assert.equal((await client.submit(form, { owner: nobody }, /owner$/)).status, status, String(nobody));
    }
    const given = await client.submit(form, { owner: sue }, /owner$/);
    assert.equal(given.status, 303);
    assert.match((await client.follow(given)).text, /A present belongs to Sue now\./);
    assert.equal((await client.get(`/segments/${id}`)).status, 404);
    assert.match((await superUser.get('/segments')).text, /A present/);
});

test('who enters and leaves as visits come in stands under changes', async () => {
    const hot = await make('Saw the price', [['page', 'is', '/pricing*']]);
    const few = await make('Looked once', [['pageviews', 'less', '2'], ['email', 'known']]);
    await settled(hot);
    await settled(few);
    assert.deepEqual(await members(hot), ['bob@foundry.example']);
    assert.deepEqual(await members(few), ['ann@steelworks.example']);
    await visit('ann', [view('/pricing/teams')]);
    await eventually('she entered', async () => (await members(hot)).length === 2);
    await eventually('she left', async () => (await members(few)).length === 0);
    const entered = main(await client.get(`/segments/${hot}/changes`));
    assert.match(entered, /When What Who Why (just now|\S+ \S+ ago|.*?) entered ann@steelworks\.example something about them changed .*entered bob@foundry\.example the segment was made or edited/);
    assert.match(main(await client.get(`/segments/${few}/changes`)), /left ann@steelworks\.example something about them changed/);
    assert.match(main(await client.get('/segments')), /Saw the price .*? 2 people/);
    await stack.psql(`insert into segment_change (dataset_id, segment_id, member_id, entered, cause)
        select dataset_id, segment_id, member_id, n % 2 = 0, 1 from segment_change, generate_series(1, 120) n where segment_id = ${few} and not entered limit 120`);
    let seen = 0;
    for (let path = `/segments/${few}/changes`; path;) {
        const page = await client.get(path);
        seen += page.text.match(/class="badge/g).length;
        path = /href="([^"]*before=[^"]*)"/.exec(page.text)?.[1];
    }
    assert.equal(seen, 122, 'page by page, nothing twice');
    for (const odd of ['?after=x', '?after=1_', '?after=-1_-1', '/changes?before=x', '/changes?before=-5']) {
        assert.equal((await client.get(`/segments/${few}${odd}`)).status, 200, odd);
    }
});

test('deleting asks, tells who uses it, and leaves the others whole', async () => {
    const id = await make('Used <b>much</b>', [['email', 'known']]);
    const above = await make('Stands on it', [['email', 'known']], { is: ['all', 'if'], field: ['', 'segment'], op: ['', 'is'], pick: [`1:${id}`] });
    const hidden = await make('Secret, stands on it', [['email', 'known']], { is: ['all', 'if'], field: ['', 'segment'], op: ['', 'is'], pick: [`1:${id}`], private: 'on' }, superUser);
    const board = await addBoard(stack, own, 'Fed');
    const other = await addBoard(stack, own, 'Fed too');
    const tree = (conditions) => ({ version: 2, subject: 'leads', match: 'all', conditions });
    const asks = { field: 'segment', op: 'is', values: [String(id)] };
    const automation = async (name, trigger) => stack.psql(`with a as (insert into automation (dataset_id, name, user_id, source) values (${own.dataset}, '${name}', ${own.user}, 1) returning id)
        insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions) select ${own.dataset}, id, 1, ${own.user}, '${JSON.stringify(trigger)}',
            '[{"do": "mail", "how": "owner", "subject": "x", "text": "y"}]' from a`);
    await automation('Entered', { when: 'segment', ids: [String(id)], names: ['Used'], filter: tree([]) });
    await automation('Asks', { when: 'match', filter: tree([asks]) });
    await automation('Another', { when: 'segment', ids: [`${id}0`], names: ['x'], filter: tree([]) });
    await automation('Board of that number', { when: 'board', ids: [String(id)], names: ['x'], filter: tree([]) });
    await stack.psql(`update board set segment_id = ${id} where id in (${board.board}, ${other.board});
        update board set visibility = 1, user_id = (select id from app_user where name = 'Sue') where id = ${other.board}`);
    const uses = /Automation Asks .*Automation Entered .*Board Fed .*Board that somebody keeps private .*Segment Stands on it .*Segment that somebody keeps private/;
    const page = await client.get(`/segments/${id}`);
    assert.match(main(page), uses);
    assert.doesNotMatch(main(page), /Another|Board of that number|Secret/);
    const ask = await client.get(`/segments/${id}/delete`);
    assert.match(text(ask.text), /Delete Used <b>much<\/b>\?/);
    assert.match(main(ask), uses);
    const unsure = await client.submit(ask, { sure: [] }, /delete$/);
    assert.match((await client.follow(unsure)).text, /Nothing was deleted: tick the box/);
    const gone = await client.submit(ask, { sure: 'on' }, /delete$/);
    assert.match((await client.follow(gone)).text, /The segment Used &lt;b&gt;much&lt;\/b&gt; is deleted\./);
    assert.equal((await client.get(`/segments/${id}`)).status, 404);
    assert.equal((await client.submit(ask, { sure: 'on' }, /delete$/)).status, 404, 'once');
    assert.deepEqual(await stack.rows(`select segment_id from board where id in (${board.board}, ${other.board})`), [{ segment_id: null }, { segment_id: null }]);
    assert.match(main(await client.get(`/segments/${above}`)), /The segment “Used <b>much<\/b>” does not exist any more\./);
    await eventually('nobody is in what stood on it', async () => (await members(above)).length === 0);
    assert.match(main(await client.get('/automations')), /The segment “Used” does not exist any more\./);
    assert.equal((await superUser.get(`/segments/${hidden}`)).status, 200);
});

test('segments do not go round in a circle', async () => {
    const first = await make('First', [['email', 'known']]);
    const second = await make('Second', [['email', 'known']], { field: ['', 'segment'], op: ['', 'is'], pick: [`1:${first}`] });
    const edit = await client.get(`/segments/${first}/edit`);
    assert.doesNotMatch(edit.text, new RegExp(`value="1:${first}"`), 'itself is not offered');
    const circle = await press(edit, 'store', { field: { 1: 'segment' }, op: { 1: 'is' }, pick: [`1:${second}`] });
    assert.equal(circle.status, 422);
    assert.match(main(circle), /This would go round in a circle: the segment “\w+” asks for itself/);
    assert.equal(typed(circle).field[1], 'segment');
});

test('what is of another dataset is not there', async () => {
    for (const path of ['', '/changes', '/edit', '/owner', '/delete']) {
        assert.equal((await client.get(`/segments/${theirs.segment}${path}`)).status, 404, path);
    }
    for (const path of ['', '/copy', '/owner', '/delete']) {
        assert.equal((await client.post(`/segments/${theirs.segment}${path}`, { csrf, do: 'store', name: 'x', sure: 'on', owner: own.user })).status, 404, path);
    }
    for (const none of ['0', '-1', 'x', '99999999', '99999999999999999999']) {
        assert.equal((await client.get(`/segments/${none}`)).status, 404, none);
    }
    const id = await make('Asks for theirs', [['email', 'known']], { field: ['', 'segment'], op: ['', 'is'], pick: [`1:${theirs.segment}`] });
    await settled(id);
    assert.deepEqual(await members(id), []);
    assert.doesNotMatch((await client.get(`/segments/${id}`)).text, /Everything/, 'nor is its name');
});

test('hostile names are text', async () => {
    const evil = '"><script>alert(1)</script>';
    const id = await make(evil, [['email', 'contains', `a${evil}`]]);
    for (const path of ['/segments', `/segments/${id}`, `/segments/${id}/changes`, `/segments/${id}/edit`, `/segments/${id}/delete`, `/segments/${id}/owner`, '/segments/new']) {
        const answer = await client.get(path);
        assert.equal(answer.status, 200, path);
        assert.doesNotMatch(answer.text, /<script>alert/, path);
    }
    assert.equal(typed(await client.get(`/segments/${id}/edit`)).value[1], `a${evil}`);
});
