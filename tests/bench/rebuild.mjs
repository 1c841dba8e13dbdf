// rebuild: a log of a million events is derived again from nothing, and gives the same.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programs } from '../lib/paths.mjs';
import { addDataset, forgetEnrichment, nothingWaits } from './derive.mjs';

const events = 1_000_000;
const companies = 5000;

function admin({ stack }, ...args) {
    return promisify(execFile)(join(programs, 'leadboard-admin'), args, {
        env: { ...process.env, DATABASE_URL: stack.databaseUrl, KEY_FILE: join(stack.state, 'key') }, maxBuffer: 1 << 24,
    });
}

// Answers the dataset's id; made once.
export async function millionEvents(bench) {
    const { stack } = bench;
    if (!bench.million) {
        bench.million = await addDataset(bench, 'rebuild-1');
        await admin(bench, 'demo', '--dataset', 'rebuild-1', '--companies', String(companies), '--events', String(events), '--no-derive');
        await bench.until(nothingWaits, 300);
        await forgetEnrichment(stack);
    }
    return bench.million;
}

export const rebuild = {
    name: 'rebuild',
    unit: 's',
    async run(bench) {
        await millionEvents(bench);
        const [log] = await bench.stack.rows('select count(*) as n from event');
        const seconds = [];
        for (let i = 0; i < 3; i++) {
            const start = performance.now();
            const { stdout, stderr } = await admin(bench, 'rebuild');
            seconds.push((performance.now() - start) / 1000);
            if (!/event=rebuild\.done .*same=yes/.test(stdout + stderr)) {
                throw new Error(`it is not the same:\n${stderr.slice(-1000)}`);
            }
        }
        await forgetEnrichment(bench.stack);
        return { value: seconds.sort((a, b) => a - b)[1], note: `${log.n} events; same checksum` };
    },
};
