// kill -9 of every program while events, moves and jobs come in. Afterwards everything that was
// answered or committed is there, once: in the log, in what is derived from it, in the queue's history
// and on the board.

import { test, before, after, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { owner, startStack } from '../lib/stack.mjs';
import { Client, forms, send } from '../lib/client.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { eventually, sleep } from '../lib/process.mjs';

const rounds = Number(process.env.KILL_ROUNDS || 9); // of 7 kills
const senders = 6;

let stack;
let own;
let board;
let running = true;
const kills = {};

before(async () => {
    stack = await startStack({ owner: true, env: { CHILDREN: '4' } });
    own = await ownDataset(stack);
    board = await addBoard(stack, own);
    await stack.psql(`update board set segment_id = ${board.segment} where id = ${board.board}`);
});
after(() => stack?.stop());
afterEach((t) => { if (stack?.supervisor.exitCode !== null) console.log(t.name, stack.output()); });

// --- load ---

const acked = []; // numbers of events whose request was answered 204
let sent = 0;
let refused = 0;

function someEvents() {
    return Array.from({ length: 1 + Math.floor(Math.random() * 5) }, () => ++sent);
}

function asEvent(n, person) {
    const url = `https://shop.example/page/${n}`;
    return n % 7 === 0
        ? { type: 'login', url, properties: { email: `p${person}@company${person % 23}.example` } }
        : { type: 'pageview', url, title: `Page ${n}` };
}

async function sendEvents() {
    while (running) {
        const numbers = someEvents();
        const person = Math.floor(Math.random() * 150);
        const body = JSON.stringify({
            dataset: own.public_id,
            visitor: `visitor-${person}`,
            events: numbers.map((n) => ({ ...asEvent(n, person), at: Date.now() })),
        });
        const answer = await send(stack.url, 'POST', '/e', {
            body,
            headers: { 'Content-Type': 'text/plain', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' },
        }).catch(() => null);
        if (answer?.status === 204) {
            acked.push(...numbers);
        } else {
            refused++;
            await sleep(50);
        }
        await sleep(15);
    }
}

// As libraries do: what got no answer is sent again, with the same ids, until there is one.
let told = 0;
let toldAgain = 0;

async function sendUntilAnswered() {
    while (running) {
        const batch = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => ({
            type: 'track', event: 'Told', messageId: `told-${++told}`, anonymousId: `teller-${told % 20}`,
            timestamp: new Date().toISOString(), context: { page: { url: `https://shop.example/told/${told}` } },
        }));
        const body = JSON.stringify({ writeKey: own.public_id, batch });
        for (let tries = 0; ; tries++) {
            const answer = await send(stack.url, 'POST', '/v1/batch', { body }).catch(() => null);
            if (answer?.status === 200) {
                break;
            }
            assert.ok(!answer || answer.status >= 500 || answer.status === 429, `${answer?.status} ${answer?.text}`);
            toldAgain++;
            await sleep(100);
        }
        await sleep(30);
    }
}

const committedJobs = [];

async function addJobs() {
    while (running) {
        const text = await stack.psql(`
            insert into tenant_queue (dataset_id, kind) values (${own.dataset}, 1), (${own.dataset}, 3)
            on conflict do nothing;
            insert into job (dataset_id, kind, uniq, payload)
            values (${own.dataset}, 3, 'board:${board.board}', '{"board":"${board.board}"}') on conflict do nothing;
            with j as (insert into job (dataset_id, kind) select ${own.dataset}, 1 from generate_series(1, 20)
                       returning id)
            select string_agg(id::text, ' ') from j`).catch(() => null);
        if (text) {
            committedJobs.push(...text.trim().split(' ').map(Number));
        }
        await sleep(300);
    }
}

let moved = 0;
let moveUnsure = 0;

async function moveCard() {
    const client = new Client(stack.url);
    await client.signIn(owner);
    while (running) {
        const page = await client.get(`/boards/${board.board}/cards/${board.card}/move`).catch(() => null);
        const form = page?.status === 200 && forms(page.text).find(({ action }) => /\/move$/.test(action));
        if (!form) {
            await sleep(200);
            continue;
        }
        const at = await stack.value(`select stage_id from card where id = ${board.card}`).catch(() => null);
        const stage = at === board.stage ? board.stage2 : board.stage;
        const answer = await client.post(form.action, { ...form.fields, stage }).catch(() => null);
        if (answer && answer.status >= 200 && answer.status < 400) {
            moved++;
        } else if (!answer || answer.status >= 500) {
            moveUnsure++;
        }
        await sleep(100);
    }
}

// --- kills ---

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const targets = {
    'web child': () => pick(stack.children('web')),
    'collector child': () => pick(stack.children('collect')),
    collector: () => stack.pid('collect'),
    worker: () => stack.pid('worker'),
    PostgreSQL: () => stack.pid('postgres'),
};

async function killOne(name) {
    const pid = await eventually(`${name} is there to be killed`, () => {
        const found = targets[name]();
        return found && existsSync(`/proc/${found}`) ? found : null;
    });
    process.kill(pid, 'SIGKILL');
    kills[name] = (kills[name] ?? 0) + 1;
}

async function killAll() {
    for (let round = 0; round < rounds; round++) {
        for (const name of ['web child', 'collector child', 'worker', 'collector child', 'web child',
            round % 3 === 0 ? 'collector' : 'worker', 'PostgreSQL']) {
            await killOne(name);
            await sleep(250 + Math.random() * 500);
        }
        // Between rounds work has to go on.
        const before = acked.length;
        await eventually('events are taken again', () => acked.length > before + 20, { seconds: 30 });
    }
}

// --- what must hold ---

test('at least 50 kills under load', { timeout: 600_000 }, async () => {
    const load = [...Array.from({ length: senders }, sendEvents), sendUntilAnswered(), sendUntilAnswered(), addJobs(), moveCard()];
    try {
        await killAll();
    } finally {
        running = false;
        await Promise.all(load);
    }
    assert.equal(stack.supervisor.exitCode, null, `all of it stopped:\n${stack.output()}`);
    const total = Object.values(kills).reduce((sum, n) => sum + n, 0);
    console.log(`  ${total} kills (${Object.entries(kills).map(([name, n]) => `${n} ${name}`).join(', ')}), ` +
        `${acked.length} events answered, ${refused} requests refused, ${committedJobs.length} jobs, ${moved} moves`);
    assert.ok(total >= 50);
    assert.ok(acked.length > 500, 'there was load');
    assert.ok(moved > 10, 'cards were moved');
    assert.ok(toldAgain > 0, 'some answers never came');
});

test('every event that got its 204 is in the log once', async () => {
    await stack.psql(`create table answered (n integer primary key);
        insert into answered select unnest('{${acked.join(',')}}'::integer[])`);
    const rows = await stack.rows(`select a.n, count(e.id) from answered a
        left join event e on e.dataset_id = ${own.dataset} and e.url = 'https://shop.example/page/' || a.n
        group by a.n having count(e.id) <> 1`);
    assert.deepEqual(rows, []);
    assert.equal(await stack.value(`select count(*) from (select from event group by url having count(*) > 1) t`), 0,
        'nothing that was refused is in twice');
});

test('every event that was sent until it was answered is in the log once', async () => {
    const rows = await stack.rows(`select n, count(e.id) from generate_series(1, ${told}) n
        left join event e on e.dataset_id = ${own.dataset} and e.url = 'https://shop.example/told/' || n
        group by n having count(e.id) <> 1`);
    assert.deepEqual(rows, [], `${told} events, ${toldAgain} requests sent again`);
});

test('every event is derived once', { timeout: 180_000 }, async () => {
    const counted = () => stack.rows(`select
        (select count(*) from event where dataset_id = ${own.dataset}) events,
        (select count(*) from event where dataset_id = ${own.dataset} and type = 1) pageviews,
        (select count(distinct visitor) from event where dataset_id = ${own.dataset}) visitors,
        (select sum(events) from session where dataset_id = ${own.dataset}) session_events,
        (select sum(pageviews) from session where dataset_id = ${own.dataset}) session_pageviews,
        (select sum(events) from lead where dataset_id = ${own.dataset}) lead_events,
        (select sum(pageviews) from lead where dataset_id = ${own.dataset}) lead_pageviews,
        (select count(*) - 1 from visitor where dataset_id = ${own.dataset}) derived_visitors`);
    let last;
    await eventually('the log is read to its end', async () => {
        [last] = await counted();
        return last.session_events >= last.events;
    }, { seconds: 120, every: 500 }).catch(() => {});
    assert.deepEqual(last, {
        ...last,
        session_events: last.events,
        lead_events: last.events,
        session_pageviews: last.pageviews,
        lead_pageviews: last.pageviews,
        derived_visitors: last.visitors,
    });
});

test('no job is lost or done twice', { timeout: 180_000 }, async () => {
    await eventually('all jobs have ended', async () =>
        (await stack.value(`select count(*) from job where kind = 1`)) === 0, { seconds: 150, every: 500 });
    await stack.psql(`create table asked (id bigint primary key);
        insert into asked select unnest('{${committedJobs.join(',')}}'::bigint[])`);
    const wrong = await stack.rows(`select a.id, count(d.id) done,
            (select count(*) from job_dead x where x.id = a.id) dead
        from asked a left join job_done d on d.id = a.id and d.dataset_id = ${own.dataset}
        group by a.id
        having count(d.id) + (select count(*) from job_dead x where x.id = a.id) <> 1`);
    assert.deepEqual(wrong, []);
});

test('no card is doubled, and counts are right', { timeout: 120_000 }, async () => {
    await eventually('every company is on the board', async () => (await stack.value(`select count(*) from account a
        where a.dataset_id = ${own.dataset} and not exists (select from card c where c.account_id = a.id)
          and not exists (select from card_exclusion x where x.account_id = a.id)`)) === 0,
    { seconds: 90, every: 1000 });
    assert.deepEqual(await stack.rows(`select account_id, count(*) from card
        group by board_id, account_id having count(*) > 1`), []);
    assert.deepEqual(await stack.rows(`select c.id, count(l.id) from card c
        left join card_ledger l on l.card_id = c.id and l.kind = 1 group by c.id having count(l.id) <> 1`), []);
    assert.deepEqual(await stack.rows(`select s.id, s.cards, count(c.id) from stage s
        left join card c on c.stage_id = s.id group by s.id, s.cards having s.cards <> count(c.id)`), []);
});

test('every move that was answered is in the history once', async () => {
    const inHistory = await stack.value(`select count(*) from card_ledger where card_id = ${board.card} and kind = 2`);
    assert.ok(inHistory >= moved && inHistory <= moved + moveUnsure,
        `${inHistory} in the history, ${moved} answered, ${moveUnsure} unsure`);
});
