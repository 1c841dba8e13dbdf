// What a board shows around its cards, over HTTP: why a card is there and for how long, limits.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, addCards, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

async function newBoard(n = 0) {
    const board = await addBoard(stack, own, `Board${Math.random().toString(36).slice(2, 8)}`);
    const cards = n > 0 ? await addCards(stack, own, board, n) : [];
    return { ...board, cards: [board.card, ...cards], path: `/boards/${board.board}` };
}
const open = async (board, query = '') => (await client.get(board.path + query)).text;
const tokenOf = async () => forms((await client.get('/settings/profile')).text).find(({ fields }) => fields.csrf).fields.csrf;
const csrf = await tokenOf();
const post = (path, fields) => client.post(path, { csrf, ...fields });
const stageOf = (html, stage) => new RegExp(`<section[^>]* id="s${stage}"[^]*?</section>`).exec(html)[0];
const cardOf = (html, card) => new RegExp(`<li class="card" id="c${card}"[^]*?</li>`).exec(html)[0];
const ageOf = (html, card) => /class="card-age( late)?" href="([^"]+)" title="([^"]*)">([^<]*)</.exec(cardOf(html, card))
    .slice(1);
const stagesForm = (board, more = {}) => ({
    stage: [board.stage, board.stage2, board.stage3], stage_name: ['Discovery', 'Interest', 'Decision'],
    entry: board.stage, do: 'save', ...more,
});
const limits = async (board) => (await stack.rows(`select coalesce(wip_limit, 0) w, coalesce(age_limit_days, 0) d
    from stage where board_id = ${board.board} order by position`)).map(({ w, d }) => [w, d]);

test('a card says in one sentence why it is where it is, and for how long', async () => {
    const board = await newBoard(6);
    const set = (i, values) => stack.psql(`update card set ${values} where id = ${board.cards[i]}`);
    await set(0, `stage_at = now() - interval '3 days 5 hours', stage_by_kind = 1, stage_by = ${own.user}`);
    await set(1, `stage_by_kind = 1, stage_by = ${own.user}, stage_at = created_at`);
    await set(2, 'stage_by_kind = 2');
    await set(3, `stage_by_kind = 3, stage_by = ${board.segment}`);
    await set(4, 'stage_by_kind = 1, stage_by = 987654321, stage_at = now() - interval \'1 hour\'');
    await set(5, 'stage_by_kind = 4, stage_at = now() - interval \'1500 days\'');
    await stack.psql(`update board set segment_id = ${board.segment} where id = ${board.board};
        update segment set name = 'A & "B"' where id = ${board.segment}`);
    const html = await open(board);
    const [{ name }] = await stack.rows(`select name from app_user where id = ${own.user}`);
    const link = (i) => `${board.path}/cards/${board.cards[i]}?tab=history`;
    assert.deepEqual(ageOf(html, board.cards[0]), [undefined, link(0), `${name} moved it here`, '3 d']);
    assert.deepEqual(ageOf(html, board.cards[1]), [undefined, link(1), `${name} added it`, 'today']);
    assert.equal(ageOf(html, board.cards[2])[2], 'Came in by the import');
    assert.equal(ageOf(html, board.cards[3])[2], 'Came in by the segment A &amp; &quot;B&quot;');
    assert.equal(ageOf(html, board.cards[4])[2], 'A former user moved it here');
    assert.deepEqual(ageOf(html, board.cards[5]).slice(2), ['An automation moved it here', '1,500 d']);
    assert.match((await client.get(link(0))).text, /History/);
});

test('a move says who moved it and begins anew; a note leaves the age as it is', async () => {
    const board = await newBoard();
    await stack.psql(`update card set stage_at = now() - interval '9 days' where id = ${board.card}`);
    await post('/notes', { account: board.account, body: 'Called again.', back: board.path });
    assert.equal(ageOf(await open(board), board.card)[3], '9 d');
    await post(`${board.path}/cards/${board.card}/move`, { stage: board.stage2, version: '1', place: 'top' });
    const [, , why, age] = ageOf(await open(board), board.card);
    assert.match(why, / moved it here$/);
    assert.equal(age, 'today');
});

test('limits are set in the settings, shown on the board, and kept by a form without them', async () => {
    const board = await newBoard(4);
    const answer = await post(`${board.path}/stages`, stagesForm(board, { wip_limit: ['4', '', '7'], age_limit: ['', '10', ''] }));
    assert.equal(answer.status, 303);
    assert.deepEqual(await limits(board), [[4, 0], [0, 10], [7, 0]]);
    const html = await open(board);
    assert.match(stageOf(html, board.stage), /^<section class="stage over"[^>]* data-limit="4"/);
    assert.match(stageOf(html, board.stage), /stage-count" title="Cards">5<\/span> <span class="stage-limit" title="At most 4 cards">\/ 4</);
    assert.match(stageOf(html, board.stage3), /^<section class="stage"[^>]* data-limit="7"/);
    assert.doesNotMatch(stageOf(html, board.stage2), /data-limit|stage-limit/);
    await post(`${board.path}/stages`, stagesForm(board));
    assert.deepEqual(await limits(board), [[4, 0], [0, 10], [7, 0]], 'a form that does not name them');
    const settings = (await client.get(`${board.path}/settings`)).text;
    assert.match(settings, /name="wip_limit"[^>]* value="4"[^>]* aria-label="Most cards in Discovery"/);
    await post(`${board.path}/stages`, stagesForm(board, { stage: [board.stage2, board.stage, board.stage3],
        stage_name: ['Interest', 'Discovery', 'Decision'], wip_limit: ['2', '3', ''], age_limit: ['', '', ''] }));
    assert.deepEqual(await limits(board), [[2, 0], [3, 0], [0, 0]], 'they go with their stages');
});

test('what is no limit changes nothing', async () => {
    const board = await newBoard();
    for (const wrong of ['0', '-1', '100001', '1.5', 'ten', '9'.repeat(30)]) {
        const answer = await post(`${board.path}/stages`, stagesForm(board, { wip_limit: ['3', wrong, ''], age_limit: ['', '', ''] }));
        assert.equal(answer.status, 422, wrong);
        assert.match(answer.text, /A limit is a whole number from 1 to 100000/);
    }
    const answer = await post(`${board.path}/stages`, stagesForm(board, { age_limit: ['3651', '', ''] }));
    assert.equal(answer.status, 422);
    assert.deepEqual(await limits(board), [[0, 0], [0, 0], [0, 0]]);
});

test('a card past the limit of its stage shows it, also to pages that are open', async () => {
    const board = await newBoard(2);
    await stack.psql(`update stage set age_limit_days = 10 where id = ${board.stage};
        update card set stage_at = now() - interval '10 days 23 hours' where id = ${board.cards[0]};
        update card set stage_at = now() - interval '11 days 1 hour' where id = ${board.cards[1]}`);
    const html = await open(board);
    assert.deepEqual([0, 1].map((i) => ageOf(html, board.cards[i])[3]), ['10 d', '11 d, limit 10']);
    assert.equal(ageOf(html, board.cards[1])[0], ' late');
    const cursor = /data-cursor="([^"]+)"/.exec(html)[1];
    await stack.psql(`update card set version = version + 1 where id = ${board.cards[1]};
        insert into card_change (dataset_id, board_id, card_id) values (${own.dataset}, ${board.board}, ${board.cards[1]})`);
    const changes = await client.get(`${board.path}/changes?since=${cursor}`);
    assert.match(changes.text, /11 d, limit 10/);
});

test('a stage is folded for one person; phones get its cards all the same', async () => {
    const board = await newBoard(130);
    const fold = (stage, folded) => post(`${board.path}/stages/${stage}/fold`, { folded });
    const answer = await fold(board.stage, '1');
    assert.deepEqual([answer.status, answer.location], [303, `${board.path}#s${board.stage}`]);
    await fold(board.stage3, '1');
    await fold(board.stage3, '1');
    let html = await open(board);
    const folded = () => [board.stage, board.stage2, board.stage3].map((id) => / folded"/.test(stageOf(html, id).slice(0, 60)));
    assert.deepEqual(folded(), [true, false, true]);
    assert.ok(!html.includes('<li class="card"'));
    assert.match(stageOf(html, board.stage), /class="stage-count" title="Cards">131</);
    assert.doesNotMatch(stageOf(html, board.stage3), /class="more"/, 'it is empty');
    const more = /hx-get="([^"]+)"/.exec(stageOf(html, board.stage))[1].replaceAll('&amp;', '&');
    for (const order of ['hand', 'activity', 'activity-up', 'modified', 'modified-up', 'score', 'score-up', 'stage', 'stage-up']) {
        await post(`${board.path}/stages/${board.stage}/sort`, { order });
        const page = (await client.get(more, { headers: { 'HX-Request': 'true' } })).text;
        const ids = [...page.matchAll(/id="c(\d+)"/g)].map(([, id]) => Number(id));
        assert.equal(ids.length, 100, order);
        await fold(board.stage, '0');
        const shown = [...stageOf(await open(board), board.stage).matchAll(/ id="c(\d+)"/g)].map(([, id]) => Number(id));
        assert.deepEqual(ids, shown, order);
        await fold(board.stage, '1');
    }
    assert.match(await open(board, more.slice(board.path.length)), /<li class="card"/, 'the link works without script');
    const [{ person }] = await stack.rows(`select count(*)::integer person from board_person where board_id = ${board.board}`);
    assert.equal(person, 1);
    await fold(board.stage3, '0');
    html = await open(board);
    assert.deepEqual(folded(), [true, false, false]);
});

test('only a stage of this board is folded', async () => {
    const [board, other] = [await newBoard(), await newBoard()];
    const answer = await post(`${board.path}/stages/${other.stage}/fold`, { folded: '1' });
    assert.equal(answer.status, 404);
    assert.deepEqual(await stack.rows(`select folded from board_person where board_id in (${board.board}, ${other.board})`), []);
    assert.equal((await post(`${board.path}/stages/${board.stage}/fold`, { folded: 'maybe' })).status, 422);
});

test('the header has those who own cards, each a link that adds them to the filter or takes them out', async () => {
    const board = await newBoard(3);
    assert.doesNotMatch(await open(board), /class="owners"/, 'nobody owns a card');
    const people = JSON.parse(await stack.psql(`
        with u as (insert into app_user (email, name, password_hash)
                   select 'owner' || i || md5(random()::text) || '@example.org', 'Owner ' || i || ' <b>', '*'
                   from generate_series(1, 8) i order by i returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u)
        select json_agg(id order by id) from u`));
    await stack.psql(`update card set owner_id = ${people[1]} where id = ${board.cards[0]};
        update card set owner_id = ${people[0]} where id = ${board.cards[1]}`);
    const links = (html) => [.../<div class="owners"[^]*?<\/div>/.exec(html)[0]
        .matchAll(/<a class="avatar[^"]*" href="([^"]+)"( aria-current="true")? title="([^"]+)"/g)]
        .map(([, href, current, name]) => [href.replaceAll('&amp;', '&'), Boolean(current), name]);
    assert.deepEqual(links(await open(board)), [
        [`${board.path}?owner=${people[0]}`, false, 'Owner 1 &lt;b&gt;'],
        [`${board.path}?owner=${people[1]}`, false, 'Owner 2 &lt;b&gt;']]);
    assert.deepEqual(links(await open(board, `?owner=${people[0]}&min=10`)).map(([href, on]) => [href.slice(board.path.length), on]),
        [['?min=10', true], [`?owner=${people[0]}&owner=${people[1]}&min=10`, false]]);
    assert.equal(links(await open(board, `?owner=${people[0]}`))[0][0], `${board.path}?clear=1`);
    const more = await newBoard(8);
    await Promise.all(people.map((person, i) => stack.psql(`update card set owner_id = ${person} where id = ${more.cards[i]}`)));
    const html = await open(more);
    assert.equal(links(html).length, 6);
    assert.match(html, /<summary[^>]*>\+2<\/summary>/);
    await stack.psql(`delete from membership where user_id = any ('{${people}}')`);
    assert.doesNotMatch(await open(more), /class="owners"/, 'they left');
});

const lanesOf = (html) => [...html.matchAll(/<details class="lane" data-lane="([^"]*)" open>[^]*?<h2[^>]*>([^<]*)<\/h2><span[^>]*>([^<]*)<[^]*?<\/details>/g)]
    .map(([whole, key, name, cards]) => ({ key, name, cards, cells: [...whole.matchAll(/<ol class="cards([^"]*)" data-stage="(\d+)" data-lane="([^"]*)"[^>]*>([^]*?)<\/ol>/g)]
        .map(([, folded, stage, lane, inside]) => ({ folded, stage: Number(stage), lane,
            ids: [...inside.matchAll(/<li class="card" id="c(\d+)"/g)].map(([, id]) => Number(id)) })) }));

test('swimlanes: each card once, in the lane of its owner', async () => {
    const board = await newBoard(9);
    const [ann, ben] = JSON.parse(await stack.psql(`
        with u as (insert into app_user (email, name, password_hash)
                   select n || md5(random()::text) || '@example.org', n, '*' from unnest('{Zoe,adam}'::text[]) n returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u)
        select json_agg(id order by id) from u`));
    const [a, b, c, d] = board.cards;
    await stack.psql(`update card set owner_id = ${ann} where id in (${a}, ${b}); update card set owner_id = ${ben} where id = ${c};
        update card set owner_id = 99999999 where id = ${d}; update card set stage_id = ${board.stage2} where id = ${b}`);
    const html = await open(board, '?lanes=owner');
    assert.match(html, /<main class="board in-lanes"[^>]* data-lanes="owner"/);
    const lanes = lanesOf(html);
    assert.deepEqual(lanes.map(({ key, name, cards }) => [key, name, cards]),
        [[String(ben), 'adam', '1'], [String(ann), 'Zoe', '2'], ['none', 'Nobody', '7']]);
    assert.deepEqual(lanes[1].cells.map(({ stage, lane, ids }) => [stage, lane, ids]),
        [[board.stage, String(ann), [a]], [board.stage2, String(ann), [b]], [board.stage3, String(ann), []]]);
    assert.deepEqual([...html.matchAll(/ id="c(\d+)"/g)].map(([, id]) => Number(id)).sort((x, y) => x - y), board.cards);
    assert.equal([...html.matchAll(/ id="s\d+"/g)].length, 3, 'the stages stand once above them');
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length, 'no id twice');
    await stack.psql(`delete from membership where user_id in (${ann}, ${ben})`);
});

test('swimlanes: a card with several tags stands in the first of their lanes', async () => {
    const board = await newBoard(4);
    const tags = ['[["Partner", 3], ["customer", 1]]', '[["Partner", 1]]', '[]', '[["<i>", 1], ["Zebra", 2], ["Partner", 9], ["A", 1]]', '[["customer", 4]]'];
    for (const [i, json] of tags.entries()) {
        await stack.psql(`update card set tags = '${json}' where id = ${board.cards[i]}`);
    }
    const lanes = lanesOf(await open(board, '?lanes=tag'));
    assert.deepEqual(lanes.map(({ name, cells }) => [name, cells[0].ids]), [
        ['&lt;i&gt;', [board.cards[3]]], ['customer', [board.cards[0], board.cards[4]]], ['Partner', [board.cards[1]]],
        ['No tag', [board.cards[2]]]]);
});

test('swimlanes: folded stages have no cards, long ones have pages, an empty board has a lane', async () => {
    const board = await newBoard(150);
    let html = await open(board, '?lanes=owner');
    assert.equal(lanesOf(html)[0].cards, '100+');
    const next = /href="([^"#]+)#[^"]*">Next cards of Discovery</.exec(html)[1].replaceAll('&amp;', '&');
    assert.equal(lanesOf((await client.get(next)).text)[0].cells[0].ids.length, 51);
    await post(`${board.path}/stages/${board.stage}/fold`, { folded: '1' });
    html = await open(board, '?lanes=owner');
    assert.doesNotMatch(html, /Next cards/);
    assert.equal(lanesOf(html)[0].cells[0].folded, ' folded');
    const empty = await newBoard();
    await stack.psql(`delete from card where board_id = ${empty.board}`);
    assert.deepEqual(lanesOf(await open(empty, '?lanes=tag')).map(({ name }) => name), ['No tag']);
    assert.equal((await client.get(`${empty.path}?lanes=colour`)).status, 422);
});

const boardsNamed = (name) => stack.rows(`select b.id, b.dataset_id, b.visibility, b.fixed_flow, b.segment_id, b.setup_step, b.user_id,
    (select json_agg(json_build_array(position, name, entry, final, sort, sort_ascending, wip_limit, age_limit_days, cards) order by position)
     from stage where board_id = b.id) stages from board b where name = '${name.replaceAll("'", "''")}' order by id`);

test('a copy has the stages, limits, orders and settings, and no cards', async () => {
    const board = await newBoard(3);
    await stack.psql(`update board set fixed_flow = false, visibility = 1, segment_id = ${board.segment} where id = ${board.board};
        update stage set wip_limit = 5, sort = 3, sort_ascending = true where id = ${board.stage};
        update stage set age_limit_days = 9 where id = ${board.stage3}`);
    assert.match((await client.get(`${board.path}/settings`)).text, /id="copy-name"[^>]* value="Copy of Board/);
    const answer = await post(`${board.path}/copy`, { name: "Ann's copy" });
    const [copy, ...more] = await boardsNamed("Ann's copy");
    assert.deepEqual([answer.status, answer.location, more.length], [303, `/boards/${copy.id}/settings`, 0]);
    assert.deepEqual(copy, { id: copy.id, dataset_id: own.dataset, visibility: 1, fixed_flow: false, segment_id: board.segment,
        setup_step: 0, user_id: own.user, stages: [[1, 'Discovery', true, false, 3, true, 5, null, 0],
            [2, 'Interest', false, false, 0, false, null, null, 0], [3, 'Decision', false, true, 0, false, null, 9, 0]] });
    assert.equal((await client.get(`/boards/${copy.id}`)).status, 200);
});

test('a board is copied to another dataset of the workspace, which is in use then; to no other', async () => {
    const board = await newBoard(1);
    await stack.psql(`update board set segment_id = ${board.segment} where id = ${board.board}`);
    await stack.psql(`insert into dataset (workspace_id, public_id, name) values (${own.workspace}, 'second-site-0001', 'Second site')`);
    const [{ id: second }] = await stack.rows("select id from dataset where name = 'Second site'");
    const stranger = await addWorkspace(stack, 'Strangers');
    const fresh = new Client(stack.url);
    await fresh.signIn(owner);
    const page = await fresh.get(`${board.path}/settings`);
    assert.match(page.text, /<select id="copy-dataset"/);
    const form = forms(page.text).find(({ action }) => action.endsWith('/copy'));
    for (const dataset of [stranger.dataset, 987654321]) {
        const refused = await fresh.post(form.action, { ...form.fields, name: 'Stolen', dataset });
        assert.equal(refused.status, 404);
    }
    assert.equal((await fresh.post(form.action, { ...form.fields, name: ' ' })).status, 422);
    assert.deepEqual(await boardsNamed('Stolen'), []);
    const answer = await fresh.post(form.action, { ...form.fields, name: 'Elsewhere', dataset: second });
    const [copy] = await boardsNamed('Elsewhere');
    assert.deepEqual([answer.location, copy.dataset_id, copy.segment_id], [`/boards/${copy.id}/settings`, second, null]);
    assert.match((await fresh.get(answer.location)).text, /Second site/);
    assert.equal((await fresh.get(board.path)).status, 404, 'the first dataset is not in use');
});

test('nobody copies a private board of somebody else', async () => {
    const board = await newBoard();
    await stack.psql(`update board set visibility = 1, user_id = (select max(id) from app_user where id <> ${own.user})
        where id = ${board.board}`);
    assert.equal((await post(`${board.path}/copy`, { name: 'Peeked' })).status, 404);
    assert.deepEqual(await boardsNamed('Peeked'), []);
});
