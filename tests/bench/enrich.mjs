// enrich.parallel: 1,000 companies whose sites answer after half a second, one worker with 64 slots.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownDataset } from '../lib/fixture.mjs';
import { startStack } from '../lib/stack.mjs';

const companies = 1000;
const answerAfterMs = 500;

function startSites() {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'sites.mjs'), String(answerAfterMs)], { stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
        child.once('exit', () => reject(new Error('the sites did not start')));
        child.stdout.once('data', (line) => resolve({ child, ...JSON.parse(line) }));
    });
}

const cpuSeconds = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13)
    .reduce((sum, ticks) => sum + Number(ticks) / 100, 0);

// The most memory that the worker's process has used, sampled while work() runs, and its processor time.
async function withPeak(pid, work) {
    let peak = 0;
    const before = cpuSeconds(pid);
    const sample = () => {
        peak = Math.max(peak, Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]));
    };
    const timer = setInterval(sample, 50);
    try {
        return { result: await work(), peak, cpu: cpuSeconds(pid) - before };
    } finally {
        clearInterval(timer);
    }
}

async function measure(stack) {
    const { dataset } = await ownDataset(stack);
    await stack.psql(`
        with a as (insert into account (dataset_id, domain, name)
                   select ${dataset}, 'c' || i || '.enrich-bench.com', 'c' || i from generate_series(1, ${companies}) i returning id),
        lane as (insert into tenant_queue (dataset_id, kind) values (${dataset}, 4) on conflict do nothing)
        insert into job (dataset_id, kind, payload) select ${dataset}, 4, json_build_object('account', id::text) from a`);
    const start = performance.now();
    await stack.psql('notify leadboard_job');
    await stack.psql(`do $$ begin
        for i in 1 .. 1200 loop
            if not exists (select from account where domain like '%.enrich-bench.com' and enriched_at is null) then return; end if;
            commit;
            perform pg_sleep(0.1);
        end loop;
        raise 'not within two minutes';
    end $$`);
    const seconds = (performance.now() - start) / 1000;
    const [{ good }] = await stack.rows(`select count(*) as good from account a
        where a.domain like '%.enrich-bench.com' and a.enrich_message is null and a.phone is not null and a.logo is not null
          and a.linkedin is not null and cardinality(a.emails) = 1`);
    if (good !== companies) {
        const [one] = await stack.rows(`select domain, enrich_message, phone, logo, linkedin, emails from account
            where domain like '%.enrich-bench.com' and (enrich_message is not null or phone is null or logo is null
                or linkedin is null or cardinality(emails) <> 1) limit 1`);
        throw new Error(`${good} of ${companies} profiles are whole, in ${Math.round(seconds)} s; ${JSON.stringify(one)}`);
    }
    return companies / seconds;
}

export const enrichParallel = {
    name: 'enrich.parallel',
    unit: 'domains/s',
    async run() {
        const sites = await startSites();
        const stack = await startStack({
            owner: true,
            env: { SLOTS: '64', POSTGRES_OPTIONS: '-c fsync=on', FETCH_CONNECT_TO: `127.0.0.1:${sites.port}`, FETCH_CA_FILE: sites.ca },
        });
        try {
            const { result, peak, cpu } = await withPeak(stack.pid('worker'), () => measure(stack));
            return { value: result, more: { rss_mb: peak / 1024, cpu_ms: cpu }, note: `worker at most ${Math.round(peak / 1024)} MB, ${cpu.toFixed(1)} ms of its time each; target 100 domains/s, 150 MB` };
        } finally {
            await stack.stop();
            sites.child.kill();
        }
    },
};
