// `make demo`: the generated workspace is whole, always the same, and made only once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { Client, send } from '../lib/client.mjs';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { eventually, execute, sleep } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

let stack;

before(async () => {
    stack = await startStack({ what: 'demo' });
});
after(() => stack?.stop());

async function demo(...options) {
    const { status, output } = await execute([join(programs, 'leadboard-admin'), 'demo', ...options],
        { env: { ...process.env, ...sanitizerEnv, DATABASE_URL: stack.databaseUrl } });
    assert.equal(status, 0, output);
}

// Everything that counts, in numbers.
const numbers = async () => (await stack.rows(`select
    (select count(*) from event) as events, (select count(*) from visitor) as visitors,
    (select count(*) from account) as accounts, (select count(*) from lead) as leads,
    (select count(*) from lead where email is not null) as contacts,
    (select count(*) from board) as boards, (select count(*) from card) as cards,
    (select count(*) from card_ledger) as ledger, (select count(*) from note) as notes,
    (select count(*) from account_tag) as tags, (select count(*) from app_user) as users,
    (select count(*) from segment) as segments`))[0];

// When what automations made of what just happened has happened, too.
async function settledNumbers() {
    let last = await numbers();
    await eventually('nothing changes any more', async () => {
        await sleep(3000);
        const before_ = last;
        last = await numbers();
        return JSON.stringify(last) === JSON.stringify(before_);
    });
    return last;
}

test('a history of sixty days, worked on', async () => {
    const made = await numbers();
    assert.ok(made.events > 30_000 && made.visitors > 3000 && made.accounts > 300 && made.contacts > 500
        && made.cards > 150 && made.notes > 20 && made.tags > 20, JSON.stringify(made));
    assert.equal(made.boards, 2);
    assert.equal(made.users, 4);
    assert.deepEqual(await stack.rows(`select s.id from stage s
        where s.cards <> (select count(*) from card c where c.stage_id = s.id)`), [], 'counts of stages');
    assert.deepEqual(await stack.rows(`select c.id from card c where 1 <> (select count(*) from card_ledger l
        where l.card_id = c.id and l.kind = 1) or c.stage_id <> (select to_stage from card_ledger l
        where l.card_id = c.id and to_stage is not null order by at desc, id desc limit 1)`), [], 'each card\'s way');
    assert.equal(await stack.value("select count(*) from account where domain is not null and (industry is null or name = domain)"), 0);
    assert.equal(await stack.value("select count(*) from account where domain is null and leads > 5"), 3, 'known by their networks');
    assert.equal(await stack.value(`select count(*) from account where domain not like '%.example'`), 0);
    assert.equal(await stack.value('select count(*) from event where at > now()'), 0);
    assert.ok(await stack.value("select count(distinct at::date) from event") >= 60);
});

test('who signs up on the sample site is a card on the board of trials within seconds', async () => {
    const answer = await send(stack.url, 'POST', '/e', {
        headers: { 'Content-Type': 'text/plain', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
        body: JSON.stringify({ dataset: 'demo', visitor: 'newcomer', events: [
            { type: 'pageview', url: `${stack.url}/demo/trial.html`, title: 'Trial' },
            { type: 'form', name: 'trial', url: `${stack.url}/demo/trial.html`, properties: { email: 'ann@newcomer-works.example', company: 'Newcomer Works' } }] }),
    });
    assert.equal(answer.status, 204, answer.text);
    await eventually('the card is there', async () => (await stack.rows(`select c.title from card c
        join board b on b.dataset_id = c.dataset_id and b.id = c.board_id
        where b.name = 'Trials to customers' and c.title = 'Newcomer Works'`)).length === 1);
});

test('the printed sign-in works and the sample site is there', async () => {
    assert.match(stack.output(), /demo@leadboard\.example/);
    const client = new Client(stack.url);
    const page = await client.get('/login');
    const answer = await client.submit(page, { email: 'demo@leadboard.example', password: 'leadboard-demo' });
    assert.equal(answer.status, 303, answer.text);
    const boards = await client.get('/boards');
    assert.match(boards.text, /Trials to customers/);
    assert.match(boards.text, /Key accounts/);
    const site = await send(stack.url, 'GET', '/demo/');
    assert.equal(site.status, 200);
    assert.match(site.text, /data-dataset="demo"/);
});

test('again: nothing changes', async () => {
    const before_ = await settledNumbers();
    await demo();
    assert.deepEqual(await numbers(), before_);
});

test('another dataset gets the same history, in the size that is asked for', async () => {
    const digest = (dataset) => stack.value(`select md5(string_agg(concat_ws('|', at, type, e.name, url, title, referrer,
        utm, properties, agent), ',' order by e.id)) from event e join dataset d on d.id = dataset_id
        where d.public_id = '${dataset}' and at < current_date`);
    await demo('--dataset', 'again', '--board-cards', '120');
    assert.equal(await digest('again'), await digest('demo'));
    assert.deepEqual(await stack.rows(`select s.cards from stage s join board b on b.id = s.board_id
        where b.name = 'Board of 120 cards' order by s.position`), Array(5).fill({ cards: 24 }));
    await demo('--dataset', 'waiting', '--events', '5000', '--no-derive');
    assert.equal(await stack.value(`select count(*) from event e join dataset d on d.id = e.dataset_id
        where d.public_id = 'waiting'`), 5000);
});

test('wrong options are refused with a sentence', async () => {
    for (const options of [['--events', 'many'], ['--events', '0'], ['--events'], ['--surprise'], ['--dataset', '']]) {
        const { status, output } = await execute([join(programs, 'leadboard-admin'), 'demo', ...options],
            { env: { ...process.env, ...sanitizerEnv, DATABASE_URL: stack.databaseUrl } });
        assert.equal(status, 1, options.join(' '));
        assert.match(output, /demo takes|takes a number/);
    }
});
