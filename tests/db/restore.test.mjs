// A dump restored into another cluster, where transaction ids begin anew: what was derived is not derived
// again, what was not is, and what comes in there follows.

import { test, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { execute, eventually } from '../lib/process.mjs';
import { throwAwayCluster } from '../lib/cluster.mjs';

const clusters = [];
const dir = mkdtempSync(join(tmpdir(), 'leadboard-restore-'));
const key = join(dir, 'key');
writeFileSync(key, randomBytes(32), { mode: 0o600 });
after(async () => {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    rmSync(dir, { recursive: true });
});

async function must(command, input = '') {
    const { status, output } = await execute(command, { input, timeoutSeconds: 120 });
    assert.equal(status, 0, `${command.join(' ')}: ${output.slice(-2000)}`);
    return output.trim();
}

class Installation {
    static async create() {
        const installation = new Installation();
        installation.cluster = await throwAwayCluster();
        clusters.push(installation.cluster);
        installation.url = await installation.cluster.emptyDatabase();
        return installation;
    }
    psql(sql) {
        return must(['psql', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-d', this.url], sql);
    }
    async number(sql) {
        return Number(await this.psql(sql));
    }
    // Events of 40 visitors, each in a transaction of its own.
    events(n, seed) {
        return this.psql(`select format($$insert into event (dataset_id, at, visitor, type, url, properties)
            values (1, now() - %s * interval '7 minutes', md5('v%s')::uuid, %s, 'https://site.example/%s',
                    '{"email": "p%s@company%s.example"}')$$,
                abs(hashtext('${seed}' || n)) % 900, n % 40, case when n % 9 = 0 then 5 else 1 end, n,
                n % 40, n % 7) from generate_series(1, ${n}) n \\gexec`);
    }
    transactions(n) {
        return this.psql(`select 'select pg_current_xact_id()' from generate_series(1, ${n}) \\gexec`);
    }
    // The worker runs until the log is derived; what is kept for display has every event once.
    async derive() {
        const worker = spawn(join(programs, 'leadboard-worker'), [], {
            env: { ...process.env, ...sanitizerEnv, DATABASE_URL: this.url, KEY_FILE: key,
                LOG_LEVEL: 'warn',
                ASAN_OPTIONS: `${sanitizerEnv.ASAN_OPTIONS}:detect_leaks=0` },
            stdio: ['ignore', 'ignore', 'pipe'],
        });
        let log = '';
        worker.stderr.on('data', (chunk) => { log += chunk; });
        const ended = new Promise((resolve) => worker.once('exit', (code, signal) => resolve(signal ?? code)));
        try {
            await eventually('the log is derived', async () =>
                await this.number('select count(*) from event') === await this.number(
                    'select coalesce(sum(events), 0) from session'), { seconds: 60 });
        } finally {
            worker.kill('SIGTERM');
            assert.equal(await ended, 0, log);
        }
        await this.check();
        return log;
    }
    async check() {
        assert.equal(await this.psql(`
            select visitor, count(*) from event group by 1 except
            select visitor, sum(events) from session group by 1`), '');
        assert.equal(await this.number('select sum(events) from lead'),
            await this.number('select count(*) from event'));
        assert.equal(await this.psql(`
            select dataset_id, id, leads, contacts, sessions, events from account except
            select dataset_id, account_id, count(*), count(email), sum(sessions), sum(events)
            from lead group by 1, 2`), '');
    }
}

test('a dump goes on in another cluster', async () => {
    const one = await Installation.create();
    await must(['env', `DATABASE_URL=${one.url}`, `KEY_FILE=${key}`, join(programs, 'leadboard-admin'), 'migrate']);
    await one.psql(`insert into workspace (name) values ('w');
        insert into dataset (workspace_id, public_id, name) values (1, 'one', 'One')`);
    await one.transactions(3000);
    await one.events(300, 'a');
    await one.derive();
    await one.events(100, 'b'); // waits in the dump

    const two = await Installation.create();
    await must(['psql', '-qX', '-d', two.url], await must(['pg_dumpall', '-r', '-d', one.url]));
    await two.psql(await must(['pg_dump', '-d', one.url]));
    assert.ok(await two.number("select pg_current_xact_id()::text::bigint") <
        await one.number('select max(xid::text::bigint) from event'), 'transaction ids have begun anew');

    await two.events(50, 'c'); // before any worker has seen the new place
    const log = await two.derive();
    assert.match(log, /derive\.anchored .*undone=150/);
    assert.equal(await two.number('select sum(events) from session'), 450);

    await two.transactions(5000); // past the old cluster's ids
    await two.events(30, 'd');
    await two.derive();
    await two.events(20, 'e');
    await two.derive();
    assert.equal(await two.number('select sum(events) from session'), 500);
});
