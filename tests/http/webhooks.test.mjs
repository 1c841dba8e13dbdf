// Webhooks from the page that adds one to what arrives: the npm library `standardwebhooks` verifies what is
// sent; receivers that fail, redirect, hang, answer too much or want no more; order, retries, replay.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, addCards, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { startReceiver } from '../lib/receiver.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const peer = await startReceiver();
const stack = await startStack({ owner: true, env: { FETCH_CONNECT_TO: peer.at } });
after(async () => {
    await stack.stop();
    peer.stop();
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/\s+/g, ' ');
const token = async () => forms((await client.get('/integrations/new?kind=webhook')).text).find(({ fields }) => fields.csrf).fields.csrf;
const post = async (path, fields = {}) => client.post(path, { csrf: await token(), ...fields });
const ok = (call, response) => response.writeHead(204).end();

// Adds a webhook by its page; answers { id, secret, host }.
let hooks = 0;
async function addWebhook(answer, { events = ['account.entered_stage'], stages = [], name } = {}) {
    const host = `hook${++hooks}.test`;
    peer.hosts[host] = answer;
    const made = await post('/integrations', { kind: 'webhook', name: name ?? host, url: `http://${host}/in?x=1`, events, stages });
    assert.equal(made.status, 200, text(made.text).slice(0, 500));
    const [, secret] = /<code>(whsec_[A-Za-z0-9+/=]+)<\/code>/.exec(made.text);
    const id = await stack.value(`select id from integration where name = '${name ?? host}' order by id desc limit 1`);
    return { id, secret, host };
}
const move = async (board, stage, card = board.card) => {
    const page = await client.get(`/boards/${board.board}/cards/${card}/move`);
    const moved = await client.submit(page, { stage, place: 'top' }, /move$/);
    assert.ok(moved.status < 400, `${moved.status} ${text(moved.text).slice(0, 300)}`);
};
const rows = (id) => stack.rows(`select id, type, state, attempts, error, key, uid from outbox where integration_id = ${id} order by id`);
const settled = (id, n, what = 'deliveries are settled') => eventually(what, async () => {
    const list = await rows(id);
    return list.length >= n && list.every(({ state }) => state > 0) && list;
});
const makeDue = (id) => stack.psql(`update outbox set due_at = now() where integration_id = ${id} and state = 0;
    update integration set slow_until = null where id = ${id}`);
const one = (id) => stack.rows(`select * from integration where id = ${id}`).then(([row]) => row);

test('a moved card arrives signed, as the specification has it', async () => {
    const board = await addBoard(stack, own, 'Signed');
    const hook = await addWebhook(ok, { events: ['card.moved', 'account.entered_stage'] });
    await move(board, board.stage2);
    await settled(hook.id, 2);
    const calls = peer.calls(hook.host);
    assert.equal(calls.length, 2);
    const verifier = new Webhook(hook.secret);
    const bodies = calls.map(({ body, headers }) => verifier.verify(body, headers));
    assert.deepEqual(bodies.map(({ type }) => type).sort(), ['account.entered_stage', 'card.moved']);
    const moved = bodies.find(({ type }) => type === 'card.moved');
    assert.match(moved.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.ok(Math.abs(Date.parse(moved.timestamp) - Date.now()) < 60_000);
    assert.deepEqual(moved.data.from_stage, { id: String(board.stage), name: 'Discovery' });
    assert.deepEqual(moved.data.to_stage, { id: String(board.stage2), name: 'Interest' });
    assert.equal(moved.data.card.id, String(board.card));
    assert.equal(moved.data.account.id, String(board.account));
    assert.equal(moved.data.account.name, 'Signed Ltd');
    assert.deepEqual(moved.data.actor, { kind: 'user', id: String(own.user), name: 'owner' });
    for (const { headers, method, url } of calls) {
        assert.equal(method, 'POST');
        assert.equal(url, '/in?x=1');
        assert.equal(headers['content-type'], 'application/json');
        assert.match(headers['webhook-id'], /^msg_[0-9a-f]{32}$/);
        assert.ok(Math.abs(Number(headers['webhook-timestamp']) * 1000 - Date.now()) < 60_000);
    }
    assert.notEqual(calls[0].headers['webhook-id'], calls[1].headers['webhook-id']);
    assert.ok(calls.every(({ body }) => Buffer.byteLength(body) < 20_000));
    assert.throws(() => verifier.verify(calls[0].body.replace('Signed', 'Forged'), calls[0].headers));
});

test('only what was chosen is told: events, stages, and boards one may see', async () => {
    const board = await addBoard(stack, own, 'Chosen');
    const secret = await addBoard(stack, own, 'Private');
    await stack.psql(`update board set visibility = 1, user_id = 987654 where id = ${secret.board}`);
    const stage2 = await addWebhook(ok, { stages: [board.stage2] });
    const tags = await addWebhook(ok, { events: ['card.tagged', 'card.owner_changed', 'card.removed'] });
    await move(board, board.stage3);
    await move(board, board.stage2);
    await stack.psql(`insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind)
        values (${own.dataset}, ${secret.card}, ${secret.board}, 2, ${secret.stage}, ${secret.stage2}, 4)`);
    await post(`/accounts/${board.account}/tags`, { add: 'Customer' });
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'owner', owner: own.user });
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'remove' });
    await settled(tags.id, 3);
    assert.deepEqual((await rows(stage2.id)).map(({ type }) => type), ['account.entered_stage']);
    assert.equal(JSON.parse(peer.calls(stage2.host)[0].body).data.to_stage.name, 'Interest');
    const told = peer.calls(tags.host).map(({ body }) => JSON.parse(body));
    assert.deepEqual(told.map(({ type }) => type), ['card.tagged', 'card.owner_changed', 'card.removed'], 'in their order');
    assert.equal(told[0].data.tag, 'Customer');
    assert.equal(told[1].data.to_owner.email, owner.email);
    assert.equal(told[2].data.card.title, 'Chosen Ltd', 'what was removed is still told');
    const all = await stack.rows('select data::text from outbox');
    assert.ok(!all.some(({ data }) => data.includes('Private')), 'a private board is told to nobody else');
});

test('a lead without a company is told as one', async () => {
    const board = await addBoard(stack, own, 'Lonely');
    const hook = await addWebhook(ok);
    await stack.psql(`with l as (insert into lead (dataset_id, email, first_at, last_at) values (${own.dataset}, 'lonely@gmail.com', now(), now()) returning id),
        c as (insert into card (dataset_id, board_id, stage_id, rank, lead_id, title) select ${own.dataset}, ${board.board}, ${board.stage}, 9, id, 'lonely@gmail.com' from l returning id)
        insert into card_ledger (dataset_id, card_id, board_id, kind, to_stage, actor_kind) select ${own.dataset}, id, ${board.board}, 1, ${board.stage}, 2 from c`);
    const [row] = await settled(hook.id, 1);
    assert.equal(row.type, 'lead.entered_stage');
    const { data } = JSON.parse(peer.calls(hook.host)[0].body);
    assert.equal(data.lead.email, 'lonely@gmail.com');
    assert.equal(data.account, null);
    assert.equal(data.actor.kind, 'import');
});

test('a receiver that fails is tried again, with the same id and body, by the schedule', async () => {
    const board = await addBoard(stack, own, 'Retried');
    let failures = 2;
    const hook = await addWebhook((call, response) => response.writeHead(failures-- > 0 ? 500 : 200).end('{"ok": true}'));
    await move(board, board.stage2);
    await eventually('it failed once', async () => (await rows(hook.id))[0]?.attempts === 1);
    const wait = async () => Number(await stack.value(`select extract(epoch from due_at - now()) from outbox where integration_id = ${hook.id}`));
    const first = await wait();
    assert.ok(first > 0 && first <= 6.1, `5 s and up to a fifth: ${first}`);
    await makeDue(hook.id);
    await eventually('it failed twice', async () => (await rows(hook.id))[0].attempts === 2);
    const second = await wait();
    assert.ok(second > 250 && second <= 361, `5 min and up to a fifth: ${second}`);
    const page = text((await client.get(`/integrations/${hook.id}`)).text);
    assert.match(page, /Failing/);
    assert.match(page, /Failed 2 times, waits It answered 500\. Next attempt/);
    await makeDue(hook.id);
    await settled(hook.id, 1);
    const calls = peer.calls(hook.host);
    assert.equal(calls.length, 3);
    assert.equal(new Set(calls.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.equal(new Set(calls.map(({ body }) => body)).size, 1);
    calls.forEach(({ body, headers }) => new Webhook(hook.secret).verify(body, headers));
    assert.equal((await one(hook.id)).failures, 0);
    const [attempts] = await stack.rows(`select array_agg(status order by id) as list from delivery_attempt where integration_id = ${hook.id}`);
    assert.deepEqual(attempts.list, [500, 500, 200]);
});

test('one card waits for its turn, others do not', async () => {
    const board = await addBoard(stack, own, 'Order');
    const [other] = await addCards(stack, own, board, 1, 'Order');
    let open = false;
    const hook = await addWebhook((call, response) => {
        const refuse = !open && JSON.parse(call.body).data.card.id === String(board.card);
        response.writeHead(refuse ? 503 : 200).end();
    });
    await move(board, board.stage2);
    await eventually('it failed', async () => (await rows(hook.id))[0]?.attempts === 1);
    await move(board, board.stage3);
    await move(board, board.stage2, other);
    await eventually('the other arrived', async () => (await rows(hook.id)).length === 3 && (await rows(hook.id))[2].state === 1);
    assert.deepEqual((await rows(hook.id)).map(({ state }) => state), [0, 0, 1]);
    assert.deepEqual((await rows(hook.id)).map(({ attempts }) => attempts), [1, 0, 0]);
    open = true;
    await makeDue(hook.id);
    await settled(hook.id, 3);
    const mine = peer.calls(hook.host).map(({ body }) => JSON.parse(body).data).filter(({ card }) => card.id === String(board.card));
    assert.deepEqual(mine.map(({ to_stage }) => to_stage.name), ['Interest', 'Interest', 'Decision']);
});

test('hundreds arrive, those of a card in their order', async () => {
    const board = await addBoard(stack, own, 'Many');
    let flying = 0, most = 0;
    const hook = await addWebhook((call, response) => {
        most = Math.max(most, ++flying);
        setTimeout(() => {
            flying--;
            response.writeHead(200).end();
        }, 20);
    });
    await stack.psql(`insert into outbox (dataset_id, integration_id, key, lane, type, data, card_id)
        select ${own.dataset}, ${hook.id}, 'many:' || n, n % 50, 'card.moved', json_build_object('n', n), ${board.card} from generate_series(1, 600) n`);
    await settled(hook.id, 600);
    const calls = peer.calls(hook.host).map(({ body }) => JSON.parse(body).data.n);
    assert.equal(calls.length, 600);
    for (let lane = 0; lane < 50; lane++) {
        const mine = calls.filter((n) => n % 50 === lane);
        assert.deepEqual(mine, [...mine].sort((a, b) => a - b), `lane ${lane}`);
    }
    assert.ok(most > 10, `${most} at a time`);
});

test('Retry-After is obeyed, and the whole receiver is left alone', async () => {
    const board = await addBoard(stack, own, 'Busy');
    const [other] = await addCards(stack, own, board, 1, 'Busy');
    let busy = true;
    const hook = await addWebhook((call, response) => busy ? response.writeHead(429, { 'Retry-After': '120' }).end() : ok(call, response));
    await move(board, board.stage2);
    await eventually('it is resting', async () => (await one(hook.id)).slow_until);
    const seconds = async (what) => Number(await stack.value(`select extract(epoch from ${what} - now()) from outbox o join integration i on i.id = o.integration_id where i.id = ${hook.id} order by o.id limit 1`));
    assert.ok(await seconds('i.slow_until') > 100);
    assert.ok(await seconds('o.due_at') > 100, 'longer than the schedule says');
    const before = peer.calls(hook.host).length;
    await move(board, board.stage2, other);
    await eventually('it is in the outbox', async () => (await rows(hook.id)).length === 2);
    assert.match(text((await client.get('/integrations')).text), /Pausing It answered 429 and asks for a pause\. Goes on/);
    assert.equal(peer.calls(hook.host).length, before);
    busy = false;
    await makeDue(hook.id);
    await settled(hook.id, 2);
});

test('410 stops it at once; it says so everywhere, its maker gets a mail, what comes waits', async () => {
    const board = await addBoard(stack, own, 'Gone');
    const [other] = await addCards(stack, own, board, 1, 'Gone');
    let gone = true;
    const hook = await addWebhook((call, response) => response.writeHead(gone ? 410 : 200).end(), { name: 'Gone hook' });
    await move(board, board.stage2);
    await eventually('it is stopped', async () => (await one(hook.id)).stopped_at);
    assert.equal((await rows(hook.id))[0].state, 2);
    const page = (await client.get('/integrations')).text;
    assert.match(text(page), /Gone hook Webhook Stopped It answered 410: nobody wants to be told at this address any more\. What is to be sent waits\. Put it right, then switch it on again\./);
    assert.match(page, /<span class="nav-count">1<span class="visually-hidden"> stopped/);
    const [mail] = await stack.rows(`select * from mail where subject = 'LeadBoard has stopped sending to Gone hook'`);
    assert.equal(mail.to_email, owner.email);
    assert.match(mail.body, /answered 410/);
    assert.match(mail.body, new RegExp(`${stack.url}/integrations/${hook.id}\\b`));
    assert.equal(mail.state, 3, 'without a server it is kept');
    assert.match(text((await client.get('/settings/mail')).text), /LeadBoard has stopped sending to Gone hook/);

    await move(board, board.stage2, other);
    await eventually('what comes waits', async () => (await rows(hook.id)).length === 2);
    assert.equal((await post(`/integrations/${hook.id}/test`)).status, 422);
    const stopped = await client.get(`/integrations/${hook.id}`);
    assert.match(text(stopped.text), /1 delivery waits Send what waits in its order Leave it out/);
    gone = false;
    assert.equal((await post(`/integrations/${hook.id}/switch`, { on: '1', waiting: 'send' })).status, 303);
    await eventually('what waited arrived', async () => (await rows(hook.id))[1].state === 1);
    assert.doesNotMatch((await client.get('/integrations')).text, /nav-count">\d+<span class="visually-hidden"> stopped/);

    await stack.psql(`update integration set stopped_at = now(), stopped_why = 'x.' where id = ${hook.id};
        insert into outbox (dataset_id, integration_id, key, lane, type) values (${own.dataset}, ${hook.id}, 'w', 0, 't.x')`);
    await post(`/integrations/${hook.id}/switch`, { on: '1', waiting: 'forget' });
    assert.equal((await rows(hook.id))[2].state, 3);
});

test('after the last attempt: given up, and stopped when nothing else got through', async () => {
    const board = await addBoard(stack, own, 'Last');
    const [other] = await addCards(stack, own, board, 1, 'Last');
    let bad = () => true;
    const hook = await addWebhook((call, response) => response.writeHead(bad(call) ? 500 : 200).end(), { name: 'Last hook' });
    const lastAttempt = async (id) => stack.psql(`update outbox set attempts = 9, first_at = now() - interval '3 days', due_at = now() where id = ${id};
        update integration set failures = 9, failing_since = now() - interval '3 days', slow_until = null where id = ${hook.id}`);

    // Another one went well since: only this one is given up.
    bad = (call) => JSON.parse(call.body).data.card.id === String(board.card);
    await move(board, board.stage2);
    await eventually('it failed', async () => (await rows(hook.id))[0]?.attempts === 1);
    await move(board, board.stage2, other);
    await eventually('the other arrived', async () => (await rows(hook.id))[1]?.state === 1);
    await lastAttempt((await rows(hook.id))[0].id);
    const given = await settled(hook.id, 2);
    assert.deepEqual(given.map(({ state, attempts }) => [state, attempts]), [[2, 10], [1, 0]]);
    assert.equal((await one(hook.id)).stopped_at, null);
    const [mail] = await stack.rows(`select body from mail where subject = 'LeadBoard could not deliver something to Last hook'`);
    assert.match(mail.body, /The last answer: It answered 500/);
    assert.match(text((await client.get('/integrations')).text), /Some deliveries were given up/);

    // Nothing went well since its first attempt: it is stopped.
    bad = () => true;
    await makeDue(hook.id);
    await move(board, board.stage3, other);
    await eventually('it failed', async () => (await rows(hook.id))[2]?.attempts === 1);
    await stack.psql(`update integration set last_ok_at = now() - interval '4 days' where id = ${hook.id}`);
    await lastAttempt((await rows(hook.id))[2].id);
    await eventually('it is stopped', async () => (await one(hook.id)).stopped_at);
    assert.match((await one(hook.id)).stopped_why, /All attempts have failed, for three days\. The last answer: It answered 500\./);

    // Both again, by one button.
    bad = () => false;
    await post(`/integrations/${hook.id}/switch`, { on: '1' });
    assert.equal((await post(`/integrations/${hook.id}/replay`)).status, 303);
    assert.ok((await settled(hook.id, 3)).every(({ state }) => state === 1));
});

test('what receivers do wrong is said in the log, and harms nothing', async () => {
    const board = await addBoard(stack, own, 'Zoo');
    let elsewhere = 0;
    peer.hosts['elsewhere.test'] = (call, response) => {
        elsewhere++;
        ok(call, response);
    };
    const big = Buffer.alloc(65536, 'x');
    const zoo = {
        redirects: [(call, response) => response.writeHead(302, { Location: 'http://elsewhere.test/' }).end(), /redirect/],
        refuses: [(call, response) => response.writeHead(403).end('<html>no'), /does not let us in/],
        resets: [(call, response, request) => request.socket.destroy(), /did not answer/],
        binary: [(call, response) => response.writeHead(500).end(Buffer.from([0, 1, 2, 255, 254, 0])), /answered 500/],
        nonsense: [(call, response, request) => request.socket.end('SSH-2.0-OpenSSH\r\n'), /did not answer|cannot be opened/],
        endless: [(call, response) => {
            response.writeHead(500);
            const pump = () => {
                while (!response.destroyed && response.write(big)) { /* until it is full */ }
            };
            response.on('drain', pump);
            pump();
        }, /answered 500/],
    };
    const made = {};
    for (const [name, [answer]] of Object.entries(zoo)) {
        made[name] = await addWebhook(answer, { name });
    }
    await move(board, board.stage2);
    for (const [name, [, words]] of Object.entries(zoo)) {
        const [row] = await eventually(name, async () => {
            const list = await rows(made[name].id);
            return list[0]?.attempts > 0 && list;
        });
        assert.match(row.error, words, name);
        const page = await client.get(`/integrations/${made[name].id}/deliveries/${row.id}`);
        assert.equal(page.status, 200);
        assert.match(text(page.text), words);
    }
    assert.equal(elsewhere, 0, 'no redirect is followed');
    const [{ length }] = await stack.rows(`select max(length(answer)) as length from delivery_attempt`);
    assert.ok(length <= 20_000, `${length}`);
    await stack.psql(`update integration set enabled = false where name in ('${Object.keys(zoo).join("','")}')`);
});

test('a slow one is waited for, a hanging one holds up nobody else', async () => {
    const board = await addBoard(stack, own, 'Slow');
    const slow = await addWebhook((call, response) => setTimeout(() => ok(call, response), 6500), { name: 'Slow one' });
    const hangs = await addWebhook(() => {}, { name: 'Hanging one' });
    const quick = await addWebhook(ok);
    await move(board, board.stage2);
    await settled(quick.id, 1);
    await settled(slow.id, 1);
    await eventually('the hanging one is given up for now', async () => (await rows(hangs.id))[0].attempts === 1, { seconds: 30 });
    assert.match((await rows(hangs.id))[0].error, /took too long/);
    await stack.psql(`update integration set enabled = false where id = ${hangs.id}`);
});

test('rotation: both secrets sign for a time, then only the new one', async () => {
    const board = await addBoard(stack, own, 'Rotated');
    const hook = await addWebhook(ok, { name: 'Rotating' });
    const rotated = await post(`/integrations/${hook.id}/rotate`);
    const [, fresh] = /<code>(whsec_[A-Za-z0-9+/=]+)<\/code>/.exec(rotated.text);
    assert.notEqual(fresh, hook.secret);
    assert.ok(!(await client.get(`/integrations/${hook.id}`)).text.includes(fresh), 'it is shown once');
    await move(board, board.stage2);
    await settled(hook.id, 1);
    const [call] = peer.calls(hook.host);
    assert.equal(call.headers['webhook-signature'].split(' ').length, 2);
    new Webhook(fresh).verify(call.body, call.headers);
    new Webhook(hook.secret).verify(call.body, call.headers);
    await stack.psql(`update integration_secret set until = now() - interval '1 s' where integration_id = ${hook.id} and until is not null`);
    await move(board, board.stage3);
    await settled(hook.id, 2);
    const later = peer.calls(hook.host)[1];
    new Webhook(fresh).verify(later.body, later.headers);
    assert.throws(() => new Webhook(hook.secret).verify(later.body, later.headers));
});

test('a replay is the same delivery again', async () => {
    const board = await addBoard(stack, own, 'Replayed');
    const hook = await addWebhook(ok);
    await move(board, board.stage2);
    const [row] = await settled(hook.id, 1);
    const path = `/integrations/${hook.id}/deliveries/${row.id}`;
    const page = await client.get(path);
    assert.match(text(page.text), /Delivered .* Replayed Ltd/);
    assert.ok(text(page.text).includes(`webhook-id: ${peer.calls(hook.host)[0].headers['webhook-id']} ${peer.calls(hook.host)[0].body}`), 'what was sent is shown as it was');
    const again = await client.submit(page, {}, /replay/);
    assert.equal(again.location, path);
    await eventually('it arrived again', () => peer.calls(hook.host).length === 2);
    const [first, second] = peer.calls(hook.host);
    assert.equal(first.body, second.body);
    assert.equal(first.headers['webhook-id'], second.headers['webhook-id']);
    new Webhook(hook.secret).verify(second.body, second.headers);
});

test('a test is sent, and shown in the log', async () => {
    const hook = await addWebhook(ok, { events: [] });
    const sent = await post(`/integrations/${hook.id}/test`);
    assert.equal(sent.location, `/integrations/${hook.id}`);
    await settled(hook.id, 1);
    assert.equal(JSON.parse(peer.calls(hook.host)[0].body).type, 'integration.test');
    assert.match(text((await client.get(`/integrations/${hook.id}`)).text), /Test – Delivered/);
    assert.match(text((await client.get(`/integrations/${hook.id}?show=given-up`)).text), /Nothing here/);
});

test('switched off nothing is taken; deleted its key is gone and nothing is sent', async () => {
    const board = await addBoard(stack, own, 'Off');
    const control = await addWebhook(ok);
    const hook = await addWebhook(ok);
    await post(`/integrations/${hook.id}/switch`);
    await move(board, board.stage2);
    await settled(control.id, 1);
    assert.deepEqual(await rows(hook.id), []);
    await post(`/integrations/${hook.id}/switch`, { on: '1' });
    await stack.psql(`insert into outbox (dataset_id, integration_id, key, lane, type, due_at) values (${own.dataset}, ${hook.id}, 'w', 0, 't.x', now() + interval '1 h')`);
    assert.equal((await post(`/integrations/${hook.id}/delete`)).status, 422, 'it asks once');
    assert.equal((await post(`/integrations/${hook.id}/delete`, { sure: 'on' })).location, '/integrations');
    assert.equal(await stack.value(`select count(*) from integration_secret where integration_id = ${hook.id}`), 0);
    assert.equal((await rows(hook.id))[0].state, 3);
    assert.equal((await client.get(`/integrations/${hook.id}`)).status, 404);
    assert.equal(peer.calls(hook.host).length, 0);
});

test('what can not be a webhook is said beside its field, and nothing is stored', async () => {
    const before = await stack.value('select count(*) from integration');
    const base = { kind: 'webhook', name: 'Wrong', url: 'https://example.com/in', events: ['card.moved'] };
    for (const [fields, words] of [
        [{ name: '' }, /Name is needed/], [{ name: 'x'.repeat(101) }, /at most 100/], [{ url: '' }, /address is needed/],
        [{ url: 'ftp://example.com/' }, /not a web address/], [{ url: 'javascript:alert(1)' }, /not a web address/],
        [{ url: 'https://example.com:8443/in' }, /Leave the port/], [{ url: 'https://ann:secret@example.com/' }, /not a web address/],
        [{ events: ['card.moved', 'rm -rf'] }, /nothing that can be told/],
        [{ kind: 'pipedrive', secret: '' }, /key is needed/], [{ kind: 'hubspot', secret: 'k', url: 'http://api.hubapi.com', version: 'v3' }, /unencrypted/],
        [{ kind: 'hubspot', secret: 'k', version: 'latest' }, /A version is v3/],
        [{ kind: 'pipedrive', secret: 'k', map_ours: ['company:industry'], map_theirs: ['a b'] }, /named by its key/],
        [{ kind: 'pipedrive', secret: 'k', map_ours: ['company:password'], map_theirs: ['ab'] }, /choose which value/],
        [{ kind: 'slack', secret: '' }, /address is needed/], [{ kind: 'slack', secret: 'not an address' }, /not an address/],
    ]) {
        const answer = await post('/integrations', { ...base, ...fields });
        assert.equal(answer.status, 422, JSON.stringify(fields));
        assert.match(text(answer.text), words);
        assert.ok(!answer.text.includes('value="k"'), 'a key is not sent back');
    }
    assert.ok((await post('/integrations', { ...base, kind: 'carrier-pigeon' })).status >= 400);
    assert.equal(await stack.value('select count(*) from integration'), before);
});

test('kill -9 of the worker: nothing is lost, what comes again has the same id, a card keeps its order', async () => {
    const board = await addBoard(stack, own, 'Killed');
    let kills = 2;
    const hook = await addWebhook((call, response, request) => {
        if (kills > 0 && JSON.parse(call.body).data.n % 37 === 0) {
            kills--;
            process.kill(stack.pid('worker'), 'SIGKILL');
            request.socket.destroy();
        } else {
            setTimeout(() => ok(call, response), 10);
        }
    });
    await stack.psql(`insert into outbox (dataset_id, integration_id, key, lane, type, data)
        select ${own.dataset}, ${hook.id}, 'kill:' || n, n % 10, 'card.moved', json_build_object('n', n) from generate_series(1, 200) n`);
    await eventually('all are delivered', async () => {
        // As if nobody had beaten for longer than the lease.
        await stack.psql(`update worker set beat_at = now() - interval '1 minute' where incarnation < (select max(incarnation) from worker)`);
        await makeDue(hook.id);
        const list = await rows(hook.id);
        return list.every(({ state }) => state === 1);
    }, { seconds: 90, every: 500 });
    assert.equal(kills, 0);
    const idOf = new Map();
    const order = new Map();
    for (const { body, headers } of peer.calls(hook.host)) {
        const { n } = JSON.parse(body).data;
        assert.equal(idOf.get(n) ?? headers['webhook-id'], headers['webhook-id']);
        idOf.set(n, headers['webhook-id']);
        const before = order.get(n % 10) ?? 0;
        assert.ok(n >= before, `${n} after ${before}`);
        order.set(n % 10, n);
    }
    assert.equal(idOf.size, 200);
});

test('Slack: a message, whose names are only names; a channel that is gone stops it', async () => {
    const board = await addBoard(stack, own, 'Slack');
    let gone = false;
    peer.hosts['hooks.slack.test'] = (call, response) => gone ? response.writeHead(404).end('no_service') : response.end('ok');
    const address = 'http://hooks.slack.test/services/T000/B000/secret-XYZ987';
    const made = await post('/integrations', { kind: 'slack', name: 'Channel', secret: address, events: ['card.moved', 'card.owner_changed'], stages: [] });
    assert.equal(made.status, 303, text(made.text).slice(0, 400));
    const id = await stack.value("select id from integration where name = 'Channel'");
    await stack.psql(`update card set title = '<!channel> & *Co*' where id = ${board.card}`);
    await move(board, board.stage2);
    await post(`/boards/${board.board}/cards/apply`, { card: board.card, do: 'owner', owner: own.user });
    await settled(id, 2);
    const [moved, given] = peer.calls('hooks.slack.test').map(({ body }) => JSON.parse(body));
    assert.equal(peer.calls('hooks.slack.test')[0].url, '/services/T000/B000/secret-XYZ987');
    const said = moved.blocks[0].text.text;
    assert.equal(moved.blocks[0].text.type, 'mrkdwn');
    assert.ok(said.startsWith(`<${stack.url}/boards/${board.board}/cards/${board.card}|&lt;!channel&gt; &amp; `), said);
    assert.match(said, /> moved from Discovery to Interest on Slack by owner\n/);
    assert.match(given.text, /belongs to owner now on Slack by owner$/);
    const page = await client.get(`/integrations/${id}`);
    assert.match(text(page.text), /ends in Z987/);
    assert.ok(!page.text.includes('secret-XYZ') && !(await client.get(`/integrations/${id}/edit`)).text.includes('secret-XYZ'));
    const [row] = await rows(id);
    assert.match(text((await client.get(`/integrations/${id}/deliveries/${row.id}`)).text), /What is sent \{"text":/);
    gone = true;
    await move(board, board.stage3);
    await eventually('it is stopped', async () => (await one(id)).stopped_at);
    for (const where of [stack.log('web'), stack.log('worker'), stack.log('postgres'), stack.log('nginx')]) {
        assert.ok(!where.includes('secret-XYZ987'));
    }
});

test('a stage that is gone is told where its integration is', async () => {
    const board = await addBoard(stack, own, 'Lost');
    const hook = await addWebhook(ok, { stages: [board.stage2], name: 'Lost stage' });
    await post(`/boards/${board.board}/stages/${board.stage2}/delete`, { target: board.stage });
    assert.match(text((await client.get('/integrations')).text), /Lost stage Webhook Never told The stages it waits for are gone/);
    const edit = await client.get(`/integrations/${hook.id}/edit`);
    assert.match(text(edit.text), /1 chosen stage is not there any more/);
    assert.equal((await client.submit(edit, { events: ['card.moved'] }, /integrations/)).status, 303);
    assert.deepEqual((await one(hook.id)).stage_ids, []);
    assert.deepEqual((await one(hook.id)).events, ['card.moved']);
});

test('administrators only, and other workspaces have theirs', async () => {
    const rival = await addWorkspace(stack, 'Rival');
    const foreign = JSON.parse(await stack.psql(`with i as (insert into integration (dataset_id, kind, name, user_id, url) values (${rival.dataset}, 1, 'Foreign', ${rival.user}, 'https://x.test/') returning id),
        o as (insert into outbox (dataset_id, integration_id, key, lane, type, state) select ${rival.dataset}, i.id, 'k', 0, 't.x', 1 from i returning id) select json_build_object('integration', i.id, 'delivery', o.id) from i, o`));
    assert.ok(!(await client.get('/integrations')).text.includes('Foreign'));
    const own1 = await addWebhook(ok);
    for (const path of ['', '/edit', `/deliveries/${foreign.delivery}`]) {
        assert.equal((await client.get(`/integrations/${foreign.integration}${path}`)).status, 404, path);
    }
    assert.equal((await client.get(`/integrations/${own1.id}/deliveries/${foreign.delivery}`)).status, 404);
    const csrf = await token();
    await stack.psql(`update membership set role = 2 where user_id = ${own.user};
        insert into dataset_access (user_id, dataset_id) values (${own.user}, ${own.dataset}) on conflict do nothing`);
    try {
        for (const path of ['/integrations', `/integrations/${own1.id}`, '/settings/mail']) {
            assert.equal((await client.get(path)).status, 403, path);
        }
        assert.equal((await client.post('/integrations', { csrf, kind: 'webhook', name: 'x', url: 'https://x.test/' })).status, 403);
    } finally {
        await stack.psql(`update membership set role = 4 where user_id = ${own.user}`);
    }
});

test('private addresses are out of reach', async () => {
    const strict = await startStack({ owner: true });
    try {
        const person = new Client(strict.url);
        await person.signIn(owner);
        for (const [name, url] of [['local', `http://127.0.0.1/`], ['name', 'http://localhost/'], ['v6', 'http://[::1]/'], ['cloud', 'http://169.254.169.254/latest/']]) {
            const page = await person.get('/integrations/new?kind=webhook');
            const made = await person.submit(page, { name, url });
            assert.ok(made.status === 200 || made.status === 422, String(made.status));
            if (made.status === 422) {
                continue; // refused already
            }
            const id = await strict.value(`select id from integration where name = '${name}'`);
            await person.submit(await person.get(`/integrations/${id}`), {}, /test/);
            await eventually(`${name} is refused`, async () => {
                const [row] = await strict.rows(`select error from outbox where integration_id = ${id} and attempts > 0`);
                return row && /not on the public internet/.test(row.error);
            });
        }
    } finally {
        await strict.stop();
    }
});

test('secrets stand in no log, no page, no dump', async () => {
    const secrets = await stack.rows("select count(*) from integration_secret where length(sealed) > 40");
    assert.ok(secrets[0].count > 5);
    const hook = await addWebhook(ok, { name: 'Canary' });
    const dump = await stack.psql(`select coalesce(string_agg(t::text, ''), '') from integration t`) +
        await stack.psql(`select coalesce(string_agg(encode(sealed, 'escape'), ''), '') from integration_secret`) +
        await stack.psql(`select coalesce(string_agg(request || answer, ''), '') from delivery_attempt`);
    const raw = Buffer.from(hook.secret.slice(6), 'base64').toString('latin1');
    for (const where of [dump, stack.log('web'), stack.log('worker'), stack.log('postgres'), stack.log('nginx')]) {
        assert.ok(!where.includes(hook.secret) && !where.includes(hook.secret.slice(6)) && !where.includes(raw));
    }
    // Another row's secret does not open: the integration is stopped and says why.
    const other = await addWebhook(ok, { name: 'Thief' });
    await stack.psql(`update integration_secret set sealed = (select sealed from integration_secret where integration_id = ${hook.id}) where integration_id = ${other.id}`);
    await post(`/integrations/${other.id}/test`);
    await eventually('it is stopped', async () => (await one(other.id)).stopped_at);
    assert.match((await one(other.id)).stopped_why, /can't be opened/);
    assert.equal(peer.calls(other.host).length, 0);
});
