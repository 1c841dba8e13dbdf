// The stack that is measured, and what the rows do with it.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { startStack, owner } from '../lib/stack.mjs';
import { Client } from '../lib/client.mjs';
import { ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { statementTexts } from './tools.mjs';

// As `make run` starts it, durable; only the limits for one address are off, since all load comes from one.
// The sites of the companies that it looks up are all one that is slow and says nothing.
export async function startBench() {
    const site = createServer((socket) => {
        socket.on('error', () => {});
        setTimeout(() => socket.destroy(), 5000).unref();
    });
    await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
    site.unref();
    const stack = await startStack({
        owner: true,
        env: { POSTGRES_OPTIONS: '-c fsync=on', FETCH_CONNECT_TO: `127.0.0.1:${site.address().port}` },
    });
    const bench = new Bench(stack);
    bench.dataset = await ownDataset(stack);
    bench.statements = await statementTexts();
    return bench;
}

class Bench {
    constructor(stack) {
        this.stack = stack;
        this.client = new Client(stack.url);
        this.collected = {}; // events a second, by row
    }

    async signIn() {
        if (!this.signedIn) {
            this.signedIn = await this.client.signIn(owner);
        }
        return [...this.client.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    }

    async workerIsIdle() {
        return await this.stack.value(`select not exists (select from pg_stat_activity
            where application_name like 'leadboard-worker%' and state <> 'idle') as idle`);
    }

    // Runs work with the worker standing still between two transactions, so that what is measured is not
    // derived from at the same time.
    async withoutWorker(work) {
        const pid = this.stack.pid('worker');
        await eventually('the worker stands still', async () => {
            process.kill(pid, 'SIGSTOP');
            if (await this.workerIsIdle()) {
                return true;
            }
            process.kill(pid, 'SIGCONT');
            return false;
        });
        try {
            return await work();
        } finally {
            process.kill(pid, 'SIGCONT');
        }
    }

    // Waits, inside the database, for the moment a condition holds.
    until(condition, seconds) {
        return this.stack.psql(`do $$ begin
            for i in 1 .. ${seconds * 100} loop
                if (${condition}) then return; end if;
                commit;
                perform pg_sleep(0.01);
            end loop;
            raise 'not within ${seconds} s';
        end $$`);
    }

    // Empties the log and lets both sides of a comparison begin with the same write-ahead log.
    async emptyLog() {
        await this.stack.psql("set lock_timeout = '5s'; truncate event, event_message; checkpoint;");
    }

    // Everything that this stack runs but PostgreSQL: { name: [kilobytes of each process] }.
    memory() {
        const rss = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
        return Object.fromEntries(['nginx', 'web', 'collect', 'worker'].map((name) =>
            [name, [this.stack.pid(name), ...this.stack.children(name)].map(rss)]));
    }

    async stop() {
        await this.stack.stop();
    }
}
