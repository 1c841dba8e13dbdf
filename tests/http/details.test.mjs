// Details of a company by hand: each value with its source, a person's word first, taken back again,
// never overwritten by what its site says; cards follow and say why.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { Client } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { freePort, owner, startStack } from '../lib/stack.mjs';

const JOB_ENRICH = 4;
const port = await freePort();
const peer = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<meta property="og:site_name" content="Their Name"><meta name=description content="Their words">');
});
await new Promise((resolve) => peer.listen(port, '127.0.0.1', resolve));
const stack = await startStack({ owner: true, env: { FETCH_CONNECT_TO: `127.0.0.1:${port}` } });
after(async () => {
    await stack.stop();
    peer.close();
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);
const partial = { headers: { 'HX-Request': 'true' } };

const details = (account) => client.get(`/accounts/${account}?tab=details`);
async function save(account, field, value, more = {}, options = {}) {
    const page = await client.get(`/accounts/${account}?tab=details&edit=${field}`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)[1];
    return client.post(`/accounts/${account}/details`, { csrf, field, value, ...more }, options);
}
const column = async (account, field) => (await stack.rows(`select ${field} as v from account where id = ${account}`))[0].v;
async function lookUp(account) {
    await stack.psql(`update account set enriched_at = null where id = ${account};
        insert into tenant_queue (dataset_id, kind) values (${own.dataset}, ${JOB_ENRICH}) on conflict do nothing;
        insert into job (dataset_id, kind, payload) values (${own.dataset}, ${JOB_ENRICH}, '{"account":"${account}"}')`);
    await eventually('it was looked up', () => column(account, 'enriched_at'), { seconds: 30 });
}

test('what is typed by hand counts, says who and when, and the site never overwrites it', async () => {
    const { account, card, board } = await addBoard(stack, own, 'Fern');
    const answer = await save(account, 'name', 'Fern & Sons');
    assert.equal(answer.status, 303);
    assert.equal(answer.location, `/accounts/${account}?tab=details&saved=name`);
    assert.equal((await save(account, 'employees', '1,200')).status, 303);
    const page = (await client.get(answer.location)).text;
    assert.match(page, /<span>Fern &amp; Sons<\/span>/);
    assert.match(page, new RegExp(`by hand, <time`));
    assert.equal(await column(account, 'employees'), 1200);
    await lookUp(account);
    assert.equal(await column(account, 'name'), 'Fern & Sons');
    assert.equal(await column(account, 'description'), 'Their words');
    const [row] = await stack.rows(`select title, stage_at < modified_at as aged from card where id = ${card}`);
    assert.deepEqual(row, { title: 'Fern & Sons', aged: true }, 'the card follows, its age in the stage stays');
    assert.match((await details(account)).text, /Their Name/, 'the value that lost can be seen');
    assert.match((await client.get(`/boards/${board}/cards/${card}?tab=history`)).text, /name/i);
});

test('taken back, the best other value returns', async () => {
    const { account } = await addBoard(stack, own, 'Moss');
    await save(account, 'name', 'Ours');
    await lookUp(account);
    assert.equal((await save(account, 'name', 'whatever', { clear: '1' })).status, 303);
    assert.equal(await column(account, 'name'), 'Their Name');
    assert.equal(await column(account, "name_at = 'infinity'"), true);
});

test('what was there before sources were kept is not lost', async () => {
    const { account } = await addBoard(stack, own, 'Reed');
    await stack.psql(`update account set industry = 'Boats', name = 'From A Form', name_at = '2026-01-02' where id = ${account}`);
    await save(account, 'industry', 'Ships');
    await save(account, 'name', 'Ours');
    assert.equal(await column(account, 'industry'), 'Ships');
    await save(account, 'industry', '', { clear: '1' });
    await save(account, 'name', '', { clear: '1' });
    assert.equal(await column(account, 'industry'), 'Boats');
    assert.equal(await column(account, 'name'), 'From A Form');
    assert.equal(await column(account, "name_at = '2026-01-02'"), true, 'a later form may change it again');
});

test('a value that nobody else has is gone when it is taken back', async () => {
    const { account } = await addBoard(stack, own, 'Sage');
    await save(account, 'emails', 'a@sage.example\nb@sage.example');
    assert.deepEqual(await column(account, 'emails'), ['a@sage.example', 'b@sage.example']);
    assert.equal(await column(account, 'email'), 'a@sage.example');
    await save(account, 'emails', '', { clear: '1' });
    assert.deepEqual(await column(account, 'emails'), []);
    assert.equal(await column(account, 'email'), null);
});

test('what is wrong is said beside the field, with what was typed', async () => {
    const { account } = await addBoard(stack, own, 'Dill');
    const page = await save(account, 'website', 'javascript:alert(1)');
    assert.equal(page.status, 422);
    assert.match(page.text, /<html/);
    assert.match(page.text, /"javascript:alert\(1\)" is not a web address/);
    assert.match(page.text, /value="javascript:alert\(1\)"/);
    const part = await save(account, 'employees', 'many', {}, partial);
    assert.equal(part.status, 422);
    assert.equal(part.headers['hx-retarget'], '#detail-employees');
    assert.match(part.text, /^<div class="detail/);
    assert.equal((await save(account, 'description', 'x'.repeat(4001))).status, 422);
    assert.equal((await save(account, 'description', 'x'.repeat(5001))).status, 422);
    assert.equal((await save(account, 'industry', '')).status, 422, 'nothing to take back');
    assert.equal((await save(account, 'industry', '', { clear: '1' })).status, 422);
    assert.equal((await save(account, 'name_lower', 'x')).status, 422);
    assert.equal((await save(account, 'logo', 'x')).status, 422);
    assert.equal(await stack.value(`select count(*) from account_fact where account_id = ${account} and source = 'hand'`), 0);
    assert.equal(await stack.value(`select count(*) from card_ledger l join card c on c.id = l.card_id
        where c.account_id = ${account} and l.kind in (5, 7)`), 0, 'nothing happened to its cards');
});

test('two companies without a domain keep two names', async () => {
    await stack.psql(`insert into account (dataset_id, name) values (${own.dataset}, 'Lone'), (${own.dataset}, 'Taken')`);
    const id = await stack.value("select id from account where name = 'Lone'");
    const page = await save(id, 'name', 'TAKEN');
    assert.equal(page.status, 422);
    assert.match(page.text, /Another company without a domain has this name/);
    assert.equal(await column(id, 'name'), 'Lone');
});

test('another workspace has no such company, and a strange way back is not taken', async () => {
    const foreign = await addWorkspace(stack, 'Rival');
    const { account } = await addBoard(stack, foreign, 'Rival');
    const mine = await addBoard(stack, own, 'Thyme');
    const csrf = /name="csrf" value="([^"]+)"/.exec((await details(mine.account)).text
        + (await client.get(`/accounts/${mine.account}?tab=details&edit=name`)).text)[1];
    const answer = await client.post(`/accounts/${account}/details`, { csrf, field: 'name', value: 'Mine now' });
    assert.equal(answer.status, 404);
    assert.notEqual(await column(account, 'name'), 'Mine now');
    const away = await save(mine.account, 'city', 'Delft', { back: 'https://evil.example/' });
    assert.equal(away.location, `/accounts/${mine.account}?tab=details&saved=city`);
    const back = await save(mine.account, 'city', 'Delft', { back: `/boards/${mine.board}/cards/${mine.card}` });
    assert.equal(back.location, `/boards/${mine.board}/cards/${mine.card}?tab=details&saved=city`);
});
