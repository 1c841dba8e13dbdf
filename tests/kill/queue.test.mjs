// Workers that are killed, stopped like zombies, or asked to end, while jobs come in. A job's effect is its row
// in job_done, written in the transaction that completes it: each job must have exactly one.

import { test, before, after, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { throwAwayCluster } from '../lib/cluster.mjs';
import { eventually, execute, sleep, standStill } from '../lib/process.mjs';

const dataset = 7;
const noop = 1; // enum job_kind
const enrich = 4;

let cluster;
let url;
let keyFile;
const workers = new Set();

before(async () => {
    cluster = await throwAwayCluster();
    url = await cluster.emptyDatabase();
    keyFile = `/tmp/leadboard-key-${randomBytes(6).toString('hex')}`;
    writeFileSync(keyFile, randomBytes(32));
    const { status, output } = await execute([join(programs, 'leadboard-admin'), 'migrate'], { env: environment() });
    assert.equal(status, 0, output);
});
afterEach(async () => {
    for (const worker of [...workers]) {
        worker.signal('SIGKILL');
        await worker.ended;
    }
});
after(async () => {
    await cluster?.stop();
    rmSync(keyFile, { force: true });
});

const environment = (env = {}) => ({
    PATH: process.env.PATH, ...sanitizerEnv, DATABASE_URL: url, KEY_FILE: keyFile, SLOTS: '4', ...env });

async function psql(sql) {
    const { status, output } = await execute(
        ['psql', url, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', '-'], { input: sql });
    assert.equal(status, 0, `${output}\nin: ${sql}`);
    return output.trimEnd();
}
const number = async (sql) => Number(await psql(sql));

class Worker {
    constructor(env) {
        this.log = '';
        this.child = spawn(join(programs, 'leadboard-worker'), [], { env: environment(env), stdio: ['ignore', 'ignore', 'pipe'] });
        this.child.stderr.on('data', (text) => { this.log += text; });
        this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => {
            workers.delete(this);
            resolve(signal ?? code);
        }));
        workers.add(this);
    }

    signal(name) {
        this.child.kill(name);
    }

    // Its exit status, and how long it took.
    async drain() {
        const start = Date.now();
        this.signal('SIGTERM');
        const status = await this.ended;
        return { status, seconds: (Date.now() - start) / 1000 };
    }
}

async function startWorkers(n, env) {
    const had = await number('select count(*) from worker');
    const started = Array.from({ length: n }, () => new Worker(env));
    await eventually('workers are there', async () => await number('select count(*) from worker') >= had + n);
    return started;
}

// Adds n jobs and answers their ids: committed, so that none may be lost.
async function addJobs(n, kind = noop) {
    const ids = await psql(`insert into tenant_queue (dataset_id, kind) values (${dataset}, ${kind}) on conflict do nothing;
        with added as (insert into job (dataset_id, kind) select ${dataset}, ${kind} from generate_series(1, ${n}) returning id)
        select string_agg(id::text, ' ') from added`);
    return ids.split(' ').map(Number);
}

async function everyJobIsDoneOnce(ids, seconds) {
    await eventually('all jobs are done', async () => await number('select count(*) from job') === 0, { seconds, every: 250 });
    assert.equal(await number('select count(*) from job_dead'), 0);
    assert.equal(await number('select count(*) from job_done'), ids.length);
    assert.equal(await number('select count(distinct id) from job_done'), ids.length);
    const done = new Set((await psql('select id from job_done')).split('\n').map(Number));
    assert.deepEqual(ids.filter((id) => !done.has(id)), []);
}

// One that has claimed jobs and not completed them.
async function busyWorker(candidates) {
    const pid = await number(`select coalesce((select w.pid from job j join worker w on w.incarnation = j.worker
        where j.state = 1 order by random() limit 1), 0)`);
    return candidates.find(({ child }) => child.pid === pid);
}

const clean = () => psql('truncate job, job_done, job_dead, tenant_queue, worker');

async function drainAll() {
    for (const worker of [...workers]) {
        const { status, seconds } = await worker.drain();
        assert.equal(status, 0, worker.log);
        assert.ok(seconds < 10, `it took ${seconds} s`);
        assert.doesNotMatch(worker.log, /Sanitizer|runtime error/);
    }
}

test('kill -9 of workers at random: no job lost, none done twice', { timeout: 180_000 }, async () => {
    await clean();
    const alive = await startWorkers(3);
    alive.push(...await startWorkers(1, { NOTIFY: 'off' }));
    const ids = [];
    let kills = 0;
    for (let round = 0; round < 20; round++) {
        ids.push(...await addJobs(2000));
        await psql('notify leadboard_job');
        await sleep(Math.random() * 20);
        const victim = alive.splice(Math.floor(Math.random() * alive.length), 1)[0];
        victim.signal('SIGKILL');
        await victim.ended;
        kills++;
        alive.push(new Worker(round % 3 === 0 ? { NOTIFY: 'off' } : {}));
    }
    ids.push(...await addJobs(150));
    await everyJobIsDoneOnce(ids, 60);
    const again = await number('select count(*) from job_done where attempt > 1');
    assert.ok(again > 0, 'some were caught at work');
    console.log(`  ${kills} kills, ${ids.length} jobs, ${again} of them more than once started`);
    await drainAll();
});

test('a zombie completes nothing that others took over', { timeout: 180_000 }, async () => {
    await clean();
    const alive = await startWorkers(3);
    const ids = [];
    // Stopped for a moment at many random places.
    for (let round = 0; round < 25; round++) {
        ids.push(...await addJobs(100));
        await sleep(Math.random() * 30);
        const zombie = alive[round % 2];
        zombie.signal('SIGSTOP');
        await sleep(Math.random() * 60);
        zombie.signal('SIGCONT');
    }
    // Held in the middle of a completion until its lease is long over.
    await everyJobIsDoneOnce(ids, 60);
    const lock = spawn('psql', [url, '-XAtq'], { stdio: ['pipe', 'pipe', 'ignore'] });
    lock.stdin.write('begin; lock table job_done in access exclusive mode; select 1;\n');
    await new Promise((resolve) => lock.stdout.once('data', resolve));
    ids.push(...await addJobs(40));
    const zombie = await eventually('a worker runs some', () => busyWorker(alive), { every: 5 });
    await standStill(zombie.child.pid);
    lock.stdin.end('rollback;\n');
    await everyJobIsDoneOnce(ids, 60);
    assert.equal(await number('select count(*) from job_done where attempt > 1') > 0, true);
    zombie.signal('SIGCONT');
    await eventually('the zombie begins anew', () => (zombie.log.match(/worker\.entered/g) ?? []).length >= 2)
        .catch((error) => assert.fail(`${error}\n${zombie.log.slice(-3000)}`));
    ids.push(...await addJobs(100));
    await everyJobIsDoneOnce(ids, 60);
    await drainAll();
});

// A site whose page comes slowly: an enrichment that lasts. It speaks no TLS.
async function slowSite() {
    const sockets = new Set();
    const server = createServer((socket) => {
        sockets.add(socket);
        let timer;
        socket.on('error', () => {}).on('close', () => clearInterval(timer));
        socket.once('data', (request) => {
            if (!request.toString().startsWith('GET ')) {
                socket.destroy();
                return;
            }
            socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n');
            timer = setInterval(() => socket.write('<p>'.repeat(200)), 300);
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        env: { FETCH_CONNECT_TO: `127.0.0.1:${server.address().port}` },
        connections: () => sockets.size,
        close() {
            for (const socket of sockets) {
                socket.destroy();
            }
            server.close();
        },
    };
}

async function addEnrichment(site) {
    const account = await psql(`insert into account (dataset_id, domain, name)
        values (${dataset}, 'c${randomBytes(4).toString('hex')}.net', 'Company ${randomBytes(4).toString('hex')}') returning id`);
    const before = site.connections();
    const id = await psql(`insert into tenant_queue (dataset_id, kind) values (${dataset}, ${enrich}) on conflict do nothing;
        insert into job (dataset_id, kind, payload) values (${dataset}, ${enrich}, '{"account":"${account}"}') returning id;
        notify leadboard_job`);
    await eventually('the site is asked', () => site.connections() > before);
    return Number(id);
}

test('SIGTERM: ends within 10 s and gives back what it could not finish', { timeout: 180_000 }, async () => {
    await clean();
    const site = await slowSite();
    try {
        const [worker] = await startWorkers(1, site.env);
        const id = await addEnrichment(site);
        const { status, seconds } = await worker.drain();
        assert.equal(status, 0, worker.log);
        assert.ok(seconds < 10, `it took ${seconds} s`);
        assert.equal(await psql(`select state, attempt, crash_count, worker is null from job where id = ${id}`), '0|0|0|t');
        assert.equal(await number('select count(*) from worker'), 0);
    } finally {
        site.close();
    }
});

test('SIGTERM under load, again and again', { timeout: 180_000 }, async () => {
    await clean();
    const ids = [];
    for (let round = 0; round < 10; round++) {
        await startWorkers(2);
        ids.push(...await addJobs(400));
        await psql('notify leadboard_job');
        await sleep(Math.random() * 150);
        await drainAll();
        assert.equal(await number('select count(*) from job where state = 1 or crash_count > 0'), 0);
    }
    await startWorkers(1);
    await everyJobIsDoneOnce(ids, 30);
    assert.equal(await number('select count(*) from job_done where attempt <> 1'), 0);
    await drainAll();
});

test('a running job that its user cancels is stopped', { timeout: 60_000 }, async () => {
    await clean();
    const site = await slowSite();
    try {
        await startWorkers(1, site.env);
        const id = await addEnrichment(site);
        await psql(`update job set cancel_asked = true where id = ${id}`);
        await eventually('it is dead', async () =>
            await psql(`select error from job_dead where id = ${id}`) === 'Cancelled.', { seconds: 9 });
        await drainAll();
    } finally {
        site.close();
    }
});
