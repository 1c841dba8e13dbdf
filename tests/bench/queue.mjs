// queue.noop and queue.pickup: jobs that do nothing, at scale and one by one.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { programs } from '../lib/paths.mjs';
import { eventually, execute } from '../lib/process.mjs';
import { alternate, benchProgram, percentiles, pgbench } from './tools.mjs';

const noop = 1; // enum job_kind
const nobodys = 99; // a kind that workers pass over
const jobs = 100000;
const batch = 500; // as worker/kinds.c runs no-ops

const workersOwn = (stack) => ({
    ...process.env,
    DATABASE_URL: `host='${stack.state}/run' user=leadboard dbname=leadboard`,
    KEY_FILE: join(stack.state, 'key'),
});

// A second worker beside the stack's own, for as long as work() takes.
async function withSecondWorker(stack, work) {
    const worker = spawn(join(programs, 'leadboard-worker'), [], { env: workersOwn(stack), stdio: 'ignore' });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    try {
        await eventually('two workers', async () => await stack.value('select count(*) from worker') >= 2);
        return await work();
    } finally {
        worker.kill('SIGTERM');
        await ended;
    }
}

const enqueue = (stack, dataset, kind) => stack.psql(`
    insert into tenant_queue (dataset_id, kind) values (${dataset}, ${kind}) on conflict do nothing;
    insert into job (dataset_id, kind) select ${dataset}, ${kind} from generate_series(1, ${jobs});
    analyze job;`);

// From the moment all are there to the moment the last is gone.
async function drain(bench) {
    const { stack, dataset } = bench;
    await stack.psql('vacuum job, job_done; checkpoint');
    await enqueue(stack, dataset.dataset, noop);
    const start = performance.now();
    await stack.psql('notify leadboard_job'); // as who enqueues does
    await bench.until(`not exists (select from job where dataset_id = ${dataset.dataset} and kind = ${noop})`, 60);
    return { rate: jobs / ((performance.now() - start) / 1000) };
}

// A claim with a lease, then a completion that the lease fences and history records: the same tables, rows
// and batches.
const claimAndComplete = `
with next as materialized (
    select id from job where dataset_id = :dataset and kind = ${nobodys} and prio = 0 and state = 0
       and run_at <= now() order by run_at, id limit ${batch} for update skip locked
), claimed as (
    update job j set state = 1, attempt = attempt + 1, worker = :client_id,
           deadline_at = now() + interval '30 seconds'
    from next where j.dataset_id = :dataset and j.id = next.id returning j.id, j.attempt
)
select coalesce(array_agg(id), '{}') as ids, coalesce(array_agg(attempt), '{}') as attempts from claimed \\gset
with gone as (
    delete from job j using unnest(:ids::bigint[], :attempts::smallint[]) as d (id, attempt)
    where j.dataset_id = :dataset and j.id = d.id and j.worker = :client_id and j.attempt = d.attempt
    returning j.id, j.kind, j.attempt, j.created_at
)
insert into job_done (dataset_id, id, kind, attempt, created_at, started_at)
select :dataset, id, kind, attempt, created_at, now() from gone;
`;

async function baseline({ stack, dataset }) {
    const clients = 8;
    await stack.psql('vacuum job, job_done; checkpoint');
    await enqueue(stack, dataset.dataset, nobodys);
    const { tps, done } = await pgbench(stack, {
        script: claimAndComplete, clients, transactions: jobs / batch / clients,
        variables: { dataset: dataset.dataset },
    });
    // A claim may come back short when others change the rows it was about to take.
    const left = Number(await stack.psql(`with gone as (delete from job where kind = ${nobodys} returning 1)
        select count(*) from gone`));
    return (jobs - left) / (done / tps);
}

export const queueNoop = {
    name: 'queue.noop',
    unit: 'jobs/s',
    run: (bench) => withSecondWorker(bench.stack, () => alternate(3, () => drain(bench), () => baseline(bench))),
};

export const queuePickup = {
    name: 'queue.pickup',
    unit: 'ms',
    async run(bench) {
        const { stack, dataset } = bench;
        const { status, output } = await execute(
            [benchProgram('enqueue'), stack.databaseUrl, String(dataset.dataset), '50', '20']);
        if (status !== 0) {
            throw new Error(output);
        }
        const committed = new Map(output.trim().split('\n').map((line) => line.split(' ').map(Number)));
        await bench.until(`not exists (select from job where kind = ${noop})`, 30);
        const started = await stack.rows(`select id, extract(epoch from started_at) * 1e6 as at from job_done
            where dataset_id = ${dataset.dataset} and kind = ${noop}`);
        const waits = started.filter(({ id }) => committed.has(id))
            .map(({ id, at }) => Math.max(0, at - committed.get(id)) / 1000);
        if (waits.length !== committed.size) {
            throw new Error(`${committed.size} jobs were added and ${waits.length} done`);
        }
        const found = percentiles(waits);
        return { ...found, value: found.p50 };
    },
};
