// The live publisher against a publisher's socket of our own: each changed board once a round, by one worker of
// all, and later when the socket was away.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { throwAwayCluster } from '../lib/cluster.mjs';
import { eventually, execute, sleep } from '../lib/process.mjs';

const dir = mkdtempSync('/tmp/leadboard-publish-');
const socket = join(dir, 'publish.sock');
const posts = [];
const workers = [];
let cluster;
let url;
let server;

const environment = () => ({
    PATH: process.env.PATH, ...sanitizerEnv, DATABASE_URL: url, KEY_FILE: join(dir, 'key'), SLOTS: '1', PUBLISH_SOCKET: socket });

async function psql(sql) {
    const { status, output } = await execute(['psql', url, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', '-'], { input: sql });
    assert.equal(status, 0, output);
    return output.trimEnd();
}

async function listen(status = 202) {
    server = createServer((request, response) => {
        let body = '';
        request.on('data', (text) => { body += text; });
        request.on('end', () => {
            posts.push({ method: request.method, path: request.url, body });
            response.writeHead(status).end();
        });
    });
    await new Promise((resolve) => server.listen(socket, resolve));
    chmodSync(socket, 0o666);
}

function hangUp() {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
}

before(async () => {
    chmodSync(dir, 0o755);
    writeFileSync(join(dir, 'key'), randomBytes(32));
    cluster = await throwAwayCluster();
    url = await cluster.emptyDatabase();
    const { status, output } = await execute([join(programs, 'leadboard-admin'), 'migrate'], { env: environment() });
    assert.equal(status, 0, output);
    await listen();
    for (let i = 0; i < 2; i++) {
        const worker = { log: '', child: spawn(join(programs, 'leadboard-worker'), [], { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] }) };
        worker.child.stderr.on('data', (text) => { worker.log += text; });
        worker.ended = new Promise((resolve) => worker.child.once('exit', (code, signal) => resolve(signal ?? code)));
        workers.push(worker);
    }
    await eventually('one publishes', () => workers.some(({ log }) => log.includes('service=publish')));
    await sleep(300);
});
after(async () => {
    for (const { child, ended } of workers) {
        child.kill('SIGTERM');
        await ended;
    }
    server?.closeAllConnections();
    server?.close();
    await cluster?.stop();
    rmSync(dir, { recursive: true, force: true });
});

const change = (dataset, board, n = 1) => psql(`insert into card_change (dataset_id, board_id, card_id)
    select ${dataset}, ${board}, n from generate_series(1, ${n}) n returning xid`).then((text) => text.split('\n')[0]);

test('a changed board is told once, whatever changed on it', async () => {
    posts.length = 0;
    const xid = await change(7, 1, 50);
    await eventually('it is told', () => posts.length > 0, { seconds: 3 });
    await sleep(500);
    assert.equal(posts.length, 1);
    const [{ method, path, body }] = posts;
    assert.equal(method, 'POST');
    assert.match(path, /^\/publish\/[A-Za-z0-9_-]{32,}$/);
    assert.deepEqual(JSON.parse(body), { since: xid });
});

test('each board has a channel of its own', async () => {
    posts.length = 0;
    await change(7, 2);
    await change(8, 2);
    await change(7, 2);
    await eventually('both are told', () => new Set(posts.map(({ path }) => path)).size === 2, { seconds: 3 });
});

test('what is not committed is not told, and not passed over', async () => {
    posts.length = 0;
    const slow = spawn('psql', [url, '-XAtq'], { stdio: ['pipe', 'pipe', 'ignore'] });
    slow.stdin.write('begin; insert into card_change (dataset_id, board_id, card_id) values (9, 9, 1) returning xid;\n');
    const xid = await new Promise((resolve) => slow.stdout.once('data', (text) => resolve(text.toString().trim())));
    await change(7, 1);
    await sleep(700);
    assert.deepEqual(posts.filter(({ body }) => body.includes(`"${xid}"`)), []);
    slow.stdin.end('commit;\n');
    await eventually('it is told', () => posts.some(({ body }) => JSON.parse(body).since === xid), { seconds: 3 });
});

test('a publisher that was away is told later', async () => {
    await hangUp();
    posts.length = 0;
    await change(7, 3);
    await sleep(1500);
    await listen();
    await eventually('it is told', () => posts.length > 0, { seconds: 5 });
    assert.ok(workers.some(({ log }) => log.includes('service.failed')), 'and the log says so');
});

test('another worker takes over when the first is gone', async () => {
    const first = workers.find(({ log }) => log.includes('service=publish'));
    first.child.kill('SIGKILL');
    await first.ended;
    const second = workers.find((worker) => worker !== first);
    await eventually('the second publishes', () => second.log.includes('service=publish'), { seconds: 10 });
    posts.length = 0;
    await sleep(300);
    await change(7, 4);
    await eventually('it is told', () => posts.length > 0, { seconds: 3 });
});
