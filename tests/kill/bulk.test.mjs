// Workers that are killed while they move ten thousand cards, and while they take it back: nothing is left out,
// nothing is done twice, and the counts are those of the cards.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { throwAwayCluster } from '../lib/cluster.mjs';
import { eventually, execute, sleep } from '../lib/process.mjs';

const cards = 10_000;
const kills = 2; // of each: a third crash makes a job dead
const bulk = 5; // enum job_kind
let cluster;
let url;
let keyFile;
let worker;

const environment = () => ({ PATH: process.env.PATH, ...sanitizerEnv, DATABASE_URL: url, KEY_FILE: keyFile, SLOTS: '2' });

async function psql(sql) {
    const { status, output } = await execute(['psql', url, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', '-'], { input: sql });
    assert.equal(status, 0, `${output}\nin: ${sql}`);
    return output.trimEnd();
}
const number = async (sql) => Number(await psql(sql));

function startWorker() {
    worker = spawn(join(programs, 'leadboard-worker'), [], { env: environment(), stdio: 'ignore' });
    worker.ended = new Promise((resolve) => worker.once('exit', resolve));
}
async function killWorker() {
    worker.kill('SIGKILL');
    await worker.ended;
    // As if its heart had been still for long, so that the next one need not wait for that.
    await psql(`update worker set beat_at = now() - interval '1 hour'`);
}

before(async () => {
    cluster = await throwAwayCluster();
    url = await cluster.emptyDatabase();
    keyFile = `/tmp/leadboard-key-${randomBytes(6).toString('hex')}`;
    writeFileSync(keyFile, randomBytes(32));
    const { status, output } = await execute([join(programs, 'leadboard-admin'), 'migrate'], { env: environment() });
    assert.equal(status, 0, output);
    await psql(`
        insert into board (dataset_id, name, user_id, setup_step) values (7, 'Sales', 1, 0);
        insert into stage (dataset_id, board_id, position, name, entry, cards) values
            (7, 1, 1, 'New', true, ${cards}), (7, 1, 2, 'Later', false, 0);
        insert into account (dataset_id, id, name, domain) overriding system value
            select 7, n, 'Company ' || n, 'c' || n || '.example' from generate_series(1, ${cards}) n;
        insert into card (dataset_id, board_id, stage_id, rank, account_id, title, stage_at)
            select 7, 1, 1, n, n, 'Company ' || n, now() - interval '1 day' from generate_series(1, ${cards}) n order by n;
        analyze card`);
});
after(async () => {
    worker?.kill('SIGKILL');
    await cluster?.stop();
    rmSync(keyFile, { force: true });
});

// As operation_begin_job does; answers the operation's id.
const ask = (kind, detail, undoes) => number(`
    with p as (insert into progress (dataset_id, kind, subject) values (7, ${bulk}, 1) returning id),
    o as (insert into operation (dataset_id, kind, board_id, user_id, detail, progress_id, undoes)
          select 7, ${kind}, 1, 1, '${JSON.stringify(detail)}', id, ${undoes ?? null} from p returning id),
    q as (insert into tenant_queue (dataset_id, kind) values (7, ${bulk}) on conflict do nothing),
    j as (insert into job (dataset_id, kind, uniq, payload)
          select 7, ${bulk}, 'progress:' || p.id, jsonb_build_object('operation', o.id::text) from p, o)
    select id from o`);

async function finish(operation) {
    const done = () => number(`select n from operation where id = ${operation}`);
    let killed = 0;
    startWorker();
    while (killed < kills) {
        const from = await done();
        await eventually('some are done', async () => await done() > from, { seconds: 30, every: 5 });
        await sleep(Math.random() * 50);
        await killWorker();
        if (await done() === cards) {
            break;
        }
        killed++;
        startWorker();
    }
    if (worker.exitCode !== null || worker.signalCode !== null) {
        startWorker();
    }
    await eventually('the job is done', async () => await number('select count(*) from job') === 0, { seconds: 60 });
    worker.kill('SIGTERM');
    await worker.ended;
    assert.ok(killed > 0, 'it was killed at work');
    assert.equal(await done(), cards);
    assert.equal(await number(`select count(*) from card_ledger where operation_id = ${operation}`), cards);
    assert.equal(await number(`select count(distinct card_id) from card_ledger where operation_id = ${operation}`), cards);
    assert.equal(await number(`select count(*) from progress p join operation o on o.progress_id = p.id
        where o.id = ${operation} and p.state = 2 and p.done = ${cards} and p.total = ${cards}`), 1);
    assert.equal(await number(`select count(*) from stage s where cards <> (select count(*) from card where stage_id = s.id)`), 0);
    console.log(`  ${killed} kills`);
}

test('kill -9 while ten thousand cards are moved, and while it is undone', { timeout: 180_000 }, async () => {
    const moved = await ask(1, { to: '2', stage: 'Later', all: '1', shift: String(-cards - 1) });
    await finish(moved);
    assert.equal(await number(`select count(*) from card where stage_id = 2 and version = 2 and rank = id - ${cards + 1}`), cards);
    await finish(await ask(13, {}, moved));
    assert.equal(await number('select count(*) from card where stage_id = 1 and version = 3 and rank = id'), cards);
});
