// The workflow guide: lines added and taken away by plain buttons, what will be made in sentences, making it once
// and again; what is refused stands at its line and nothing typed is lost.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, filled, unescape } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
const resumeWorker = stack.pauseWorker();
after(() => {
    resumeWorker();
    return stack.stop();
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const text = (html) => unescape(html.replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
const fields = (html) => filled(html, '/automations/guide');
const press = async (page, button, change = {}) => client.post('/automations/guide', { ...fields(page.text), ...change, do: button });
const open = (board) => client.get(`/automations/guide${board ? `?board=${board}` : ''}`);
const counts = async () => (await stack.rows(`select (select count(*) from automation) automations, (select count(*) from tag) tags,
    (select count(*) from board) boards, (select count(*) from automation_version) versions`))[0];

test('it begins with five stages and their examples', async () => {
    const page = await open();
    const typed = fields(page.text);
    assert.deepEqual(typed.stage_name, ['Orientation', 'Discovery', 'Interest', 'Intent', 'Decision']);
    assert.deepEqual(typed.example, ['Blog post', 'Podcast', 'Landing page', 'Product page', 'Pricing page', 'Features page', 'Case study download',
        'Trial', 'Demo booking', 'Webinar', 'Contact page', 'Newsletter sign-up', 'Course sign-up', 'Call scheduled', 'Checkout', 'Invoice request']);
    assert.equal(typed.value[4], '/pricing*');
    assert.equal(typed.kind[6], 'exit_link');
});

test('buttons add, take away and move, and keep what was typed', async () => {
    let page = await press(await open(), 'sign:1', { board_name: 'Kept <name>' });
    assert.equal(page.status, 200);
    let typed = fields(page.text);
    assert.equal(typed.board_name[0], 'Kept <name>');
    assert.equal(typed.of.filter((of) => of === '1').length, 5);
    page = await press(page, 'stage');
    assert.equal(fields(page.text).stage_name.length, 6);
    page = await press(page, 'unsign:0');
    assert.equal(fields(page.text).value[0], '/podcast*');
    page = await press(page, 'down:0');
    typed = fields(page.text);
    assert.deepEqual(typed.stage_name.slice(0, 2), ['Discovery', 'Orientation']);
    assert.equal(typed.of[typed.value.indexOf('/podcast*')], '1', 'its lines go along');
    page = await press(page, 'unstage:0');
    typed = fields(page.text);
    assert.deepEqual(typed.stage_name.slice(0, 2), ['Orientation', 'Interest']);
    assert.ok(!typed.value.includes('/pricing*') && typed.value.includes('/trial*'));
    assert.equal(typed.of[typed.value.indexOf('/trial*')], '1');
    for (const nonsense of ['sign:99', 'unsign:99', 'unstage:99', 'up:0', 'down:99', 'sign:-1', 'sign:x', 'moon']) {
        assert.ok((await press(page, nonsense)).status < 500, nonsense);
    }
});

test('there can be no more lines and stages than there can be', async () => {
    const page = await open();
    let typed = fields(page.text);
    for (const n of [79, 80]) {
        const many = { of: Array(n).fill('0'), kind: Array(n).fill('page'), value: Array.from({ length: n }, (_, i) => `/a${i}`), example: Array(n).fill('') };
        typed = fields((await press(page, 'sign:0', many)).text);
        assert.equal(typed.of.length, 80);
    }
    const stages = { stage: Array(15).fill('0'), stage_name: Array.from({ length: 15 }, (_, i) => `S${i}`), tag: Array(15).fill('') };
    assert.equal(fields((await press(page, 'stage', stages)).text).stage.length, 15);
    const over = await press(page, 'look', { of: Array(81).fill('0'), kind: Array(81).fill('page'), value: Array(81).fill('/a'), example: Array(81).fill('') });
    assert.equal(over.status, 422);
    assert.match(text(over.text), /Lines: at most 80, please/);
});

test('it is shown in sentences first, and nothing is made by that', async () => {
    const before = await counts();
    const look = await press(await open(), 'look', { board_name: 'Shown', whom: 'person', from: 'step' });
    assert.equal(look.status, 200);
    const said = text(look.text);
    assert.match(said, /A board, 5 new tags, 9 new automations/);
    assert.match(said, /Shown , for everyone with access to My site: Orientation → Discovery → Interest → Intent → Decision\./);
    assert.match(said, /When this becomes true for a company: is tagged Interest and is in stage Discovery of Shown, then move the card to Interest of Shown\./);
    assert.deepEqual(await counts(), before);
    const back = await press(look, 'edit');
    const typed = fields(back.text);
    assert.equal(typed.board_name[0], 'Shown');
    assert.equal(typed.from[0], 'step');
    assert.equal(typed.value.length, 16, 'going back loses nothing');
});

test('made in one go; again it makes no doubles; a change is a new version', async () => {
    const look = await press(await open(), 'look', { board_name: 'Made' });
    const done = await press(look, 'make');
    assert.equal(done.status, 303);
    const page = await client.follow(done);
    assert.match(text(page.text), /Workflow of Made/);
    assert.match(text(page.text), /It is made\. Nothing runs yet/);
    const board = Number(/guide\/(\d+)/.exec(done.location)[1]);
    const after1 = await counts();
    assert.equal(await stack.value(`select count(*) from automation where guide is not null and not enabled`), 9);

    const again = await open(board);
    assert.match(text(again.text), /Made \(made with the guide\)/);
    assert.equal(fields(again.text).value.length, 16);
    assert.match(text((await press(again, 'look')).text), /Everything is there already/);
    assert.equal((await press(again, 'make')).status, 303);
    assert.deepEqual(await counts(), after1);

    const typed = fields(again.text);
    typed.value[typed.value.indexOf('/trial*')] = '/free-trial*';
    const changed = await client.post('/automations/guide', { ...typed, do: 'look' });
    assert.match(text(changed.text), /0 new automations, 1 changed/);
    assert.match(text(changed.text), /Changed Tag Interest When this happens for a person: visited \/free-trial\* or \/demo\*/);
    await client.post('/automations/guide', { ...typed, do: 'make' });
    assert.deepEqual(await counts(), { ...after1, versions: after1.versions + 1 });
});

test('stages of a board that is there stay its own', async () => {
    const board = await addBoard(stack, own, 'There');
    const page = await open(board.board);
    const typed = fields(page.text);
    assert.deepEqual(typed.stage_name, ['Discovery', 'Interest', 'Decision']);
    assert.deepEqual(typed.stage, [board.stage, board.stage2, board.stage3].map(String));
    const renamed = await press(page, 'look', { stage_name: ['Hacked', 'x', 'y'], tag: ['Seen', '', ''] });
    assert.match(text(renamed.text), /Discovery → Interest → Decision/);
    assert.match(text(renamed.text), /A tag called Seen/);
    assert.equal(fields((await press(page, 'stage')).text).stage.length, 3);
    // A stage that went away meanwhile takes its lines along.
    await stack.psql(`update stage set position = position + 10 where board_id = ${board.board};
        delete from stage where id = ${board.stage2}`);
    const less = await press(page, 'look');
    assert.equal(less.status, 200);
    assert.doesNotMatch(text(less.text), /\/trial\*/);
});

test('changed by hand: left as it is, and said', async () => {
    const board = await addBoard(stack, own, 'Handmade');
    await press(await open(board.board), 'make');
    await stack.psql(`update automation_version v set actions = actions || actions from automation a
        where a.id = v.automation_id and a.guide = 'tag:${board.stage2}'`);
    const page = await open(board.board);
    assert.match(text(page.text), /What puts its tag on was changed by hand and is left as it is/);
    const look = await press(page, 'look', Object.fromEntries(Object.entries(fields((await press(page, 'sign:1')).text)).map(([name, list]) =>
        [name, name === 'value' ? list.map((value) => value || '/x') : list])));
    assert.match(text(look.text), /Stays Tag Interest It was changed by hand since the guide made it/);
});

test('what is wrong stands at its line, and nothing typed is lost', async () => {
    const before = await counts();
    for (const [change, words] of [
        [{ board_name: '' }, /Give the board a name/],
        [{ value: Array(16).fill('') }, /Say for at least one stage which page or event means it/],
        [{ tag: ['Same', 'same', '', '', ''] }, /Two stages have the tag “same”/],
        [{ stage_name: ['', 'a', 'b', 'c', 'd'] }, /Give the stage a name/],
        [{ tag: ['x'.repeat(61), '', '', '', ''] }, /one line of at most 60 characters/],
        [{ value: ['/a b', ...Array(15).fill('/c')] }, /no spaces/],
    ]) {
        for (const button of ['look', 'make']) {
            const page = await press(await open(), button, change);
            assert.equal(page.status, 422, JSON.stringify(change));
            assert.match(text(page.text), words);
            for (const [name, list] of Object.entries(change)) {
                assert.deepEqual(fields(page.text)[name], [list].flat());
            }
        }
    }
    assert.deepEqual(await counts(), before);
});

test('limits of the dataset are told, and leave nothing half made', async () => {
    await stack.psql(`insert into tag (dataset_id, name) select ${own.dataset}, 'Filler ' || i from generate_series(1, 100 - (select count(*) from tag)::integer) i`);
    const before = await counts();
    const page = await press(await open(), 'make', { board_name: 'No room', tag: ['A1', 'A2', 'A3', 'A4', 'A5'] });
    assert.equal(page.status, 422);
    assert.match(text(page.text), /There are 100 tags already/);
    assert.deepEqual(await counts(), before);
    await stack.psql(`delete from tag where name like 'Filler %'`);
});

test('other people\'s boards, and people who may not', async () => {
    const foreign = await addWorkspace(stack, 'Foreign');
    const theirs = await addBoard(stack, foreign, 'Theirs');
    const hidden = await addBoard(stack, own, 'Hidden');
    await stack.psql(`update board set visibility = 1, user_id = 987654 where id = ${hidden.board}`);
    for (const board of [theirs.board, hidden.board, 999999, 0, -1, 'abc']) {
        assert.equal((await client.get(`/automations/guide?board=${board}`)).status, 404, String(board));
    }
    const typed = fields((await open()).text);
    for (const board of [theirs.board, hidden.board]) {
        assert.equal((await client.post('/automations/guide', { ...typed, board, do: 'make' })).status, 404);
        assert.equal((await client.get(`/automations/guide/${board}`)).status, 404);
    }
    await stack.psql(`with u as (insert into app_user (email, name, password_hash) select 'user@example.com', 'User', password_hash
            from app_user where id = ${own.user} returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u)
        insert into dataset_access (user_id, dataset_id) select id, ${own.dataset} from u`);
    const user = new Client(stack.url);
    await user.signIn({ email: 'user@example.com', password: owner.password });
    assert.equal((await user.get('/automations/guide')).status, 403);
    assert.equal((await user.post('/automations/guide', typed)).status, 403);
});

test('what is seen on the site is offered', async () => {
    await stack.psql(`insert into event (dataset_id, at, visitor, type, url) select ${own.dataset}, now(), gen_random_uuid(), 1,
        'https://x.example/seen-"page?x=1' from generate_series(1, 2)`);
    const page = await open();
    assert.match(page.text, /<datalist id="seen-page"><option value="\/seen-&(quot|#34);page">/);
});
