// The script behind `make run`: one owner of a folder and a port, data that stays, programs that come
// back, and nothing left behind when it stops.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { owner, startStack } from '../lib/stack.mjs';
import { throwAwayCluster } from '../lib/cluster.mjs';
import { Client, send } from '../lib/client.mjs';
import { eventually } from '../lib/process.mjs';

let stack;
before(async () => { stack = await startStack({ owner: true }); });
after(() => stack?.stop());

const ready = () => send(stack.url, 'GET', '/readyz').then(({ status }) => status === 200, () => false);

// Processes that run in, or were told of, a folder.
function processesOf(folder) {
    return globSync('/proc/[0-9]*/environ').flatMap((file) => {
        try {
            const environment = readFileSync(file, 'utf8');
            return environment.includes(`STATE=${folder}\0`) ? [readFileSync(join(file, '../cmdline'), 'utf8')] : [];
        } catch {
            return []; // it ended meanwhile
        }
    });
}

test('it says one address, and how to stop it', async () => {
    assert.match(stack.output(), new RegExp(`LeadBoard is running at http://localhost:${stack.port}/\n`));
    await eventually('it says how to stop it', () => /Ctrl-C/.test(stack.output()));
});

test('what it writes is for its user only', () => {
    assert.equal(statSync(stack.state).mode & 0o077, 0);
    assert.equal(statSync(join(stack.state, 'key')).mode & 0o077, 0);
    assert.equal(statSync(join(stack.state, 'key')).size, 32);
});

test('nothing of it runs as root', () => {
    for (const name of ['postgres', 'web', 'collect', 'worker', 'nginx']) {
        assert.notEqual(statSync(`/proc/${stack.pid(name)}`).uid, 0, name);
    }
});

test('a second run in the same folder is refused', async () => {
    await assert.rejects(startStack({ state: stack.state }), /another run already uses/);
});

test('a port that is taken is refused, with another one to try', async () => {
    await assert.rejects(startStack({ port: stack.port }), /port \d+ is already in use; try another one: make run PORT=\d+/);
});

test('each program comes back when it is killed', async () => {
    for (const name of ['nginx', 'worker', 'collect', 'web', 'postgres']) {
        const pid = stack.pid(name);
        process.kill(pid, 'SIGKILL');
        await eventually(`${name} is back`, () => stack.pid(name) !== pid, { seconds: 15 });
        await eventually(`ready after ${name} was killed`, ready, { seconds: 20 });
    }
    assert.match(stack.output(), /worker ended with status 137 and is started again/);
});

test('data stays from run to run, and the key too', async () => {
    const { state, port } = stack;
    const key = readFileSync(join(state, 'key'));
    await stack.stop({ keep: true, signal: 'SIGINT' });
    assert.deepEqual(processesOf(state), [], 'nothing is left running');
    stack = await startStack({ state, port });
    assert.deepEqual(readFileSync(join(state, 'key')), key);
    await new Client(stack.url).signIn(owner);
});

test('an existing server is used when DATABASE_URL names one', async () => {
    const cluster = await throwAwayCluster();
    try {
        const other = await startStack({ owner: true, env: { DATABASE_URL: await cluster.emptyDatabase() } });
        await new Client(other.url).signIn(owner);
        assert.throws(() => statSync(join(other.state, 'postgres')));
        await other.stop();
    } finally {
        await cluster.stop();
    }
});

test('a password that is too easy is refused in words', async () => {
    await assert.rejects(startStack({ env: { LEADBOARD_OWNER_EMAIL: 'a@b.example', LEADBOARD_OWNER_PASSWORD: 'abc' } }),
        /LEADBOARD_OWNER_PASSWORD/);
});
