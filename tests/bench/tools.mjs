// What the rows are measured with: wrk for HTTP, pgbench for PostgreSQL, and the statements of the
// programs themselves, so that a baseline cannot drift away from what it is the baseline of.

import { globSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from '../lib/paths.mjs';
import { execute } from '../lib/process.mjs';

const pgbenchProgram = globSync('/usr/lib/postgresql/*/bin/pgbench').sort().at(-1);
const scratch = mkdtempSync(join(tmpdir(), 'leadboard-bench-'));

export const benchProgram = (name) => join(programs, 'tests/bench', name);

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
}

export function percentiles(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

async function run(command, options) {
    const { status, output } = await execute(command, options);
    if (status !== 0) {
        throw new Error(`${command[0]} ended with ${status}:\n${output.slice(0, 1500)}`);
    }
    return output;
}

// Answers { rate, p50, p95, p99 }: good answers a second, and milliseconds. Any answer that is not the one
// the script waits for fails the row. args: given to the script.
export async function wrk(stack, { script, path = '/', connections, threads = 2, seconds, args = [] }) {
    const output = await run(['wrk', '-t', String(threads), '-c', String(connections), '-d', `${seconds}s`,
        '--timeout', '10s', '-s', join(import.meta.dirname, 'wrk', script),
        `http://127.0.0.1:${stack.port}${path}`, '--', ...args.map(String)], {
        cwd: join(import.meta.dirname, 'wrk'), timeoutSeconds: seconds + 30, env: process.env,
    });
    const result = JSON.parse(/^RESULT (.*)$/m.exec(output)[1]);
    if (result.wrong > 0) {
        throw new Error(`${script}: ${result.wrong} of ${result.requests} answers were wrong\n${output}`);
    }
    return {
        rate: result.requests / result.seconds, p50: result.p50, p95: result.p95, p99: result.p99,
        bytes: result.bytes / result.requests,
    };
}

// Runs a pgbench script, which \-commands and variables may stand in. Answers { tps, done }: transactions.
// It runs for so many seconds, or so many transactions a client.
export async function pgbench(stack, { script, clients, seconds, transactions, variables = {}, user = 'leadboard' }) {
    const file = join(scratch, 'script.sql');
    writeFileSync(file, script);
    const output = await run([pgbenchProgram, '-n', '-M', 'prepared', '-c', String(clients), '-j', '2',
        ...(seconds ? ['-T', String(seconds)] : ['-t', String(transactions)]), '-f', file, '-h', join(stack.state, 'run'), '-U', user,
        ...Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]),
        'leadboard'], { timeoutSeconds: (seconds ?? 30) + 30 });
    const failed = /number of failed transactions: ([0-9]+)/.exec(output)?.[1] ?? '0';
    if (failed !== '0' || /aborted/.test(output)) {
        throw new Error(`pgbench: transactions failed\n${output.slice(-2000)}`);
    }
    return {
        tps: Number(/^tps = ([0-9.]+)/m.exec(output)[1]),
        done: Number(/actually processed: (\d+)/.exec(output)[1]),
    };
}

// The texts of the programs' statements, by name.
export async function statementTexts() {
    return JSON.parse(await run([benchProgram('statements')]));
}

// The statement as pgbench takes it. values: what stands for $1, $2 ...: variables (:name) or expressions.
export const withValues = (text, values) => `${text.replace(/\$(\d+)/g, (_, n) => {
    if (values[n - 1] === undefined) {
        throw new Error(`no value for $${n} in ${text}`);
    }
    return values[n - 1];
})};\n`;

// Subject and baseline in turns; the median of each, and the subject's run that is its median.
export async function alternate(times, subject, baseline) {
    const runs = [];
    const baselines = [];
    for (let i = 0; i < times; i++) {
        runs.push(await subject(i));
        baselines.push(await baseline(i, runs.at(-1)));
    }
    const value = median(runs.map(({ rate }) => rate));
    return { ...runs.find(({ rate }) => rate === value), value, baseline: median(baselines) };
}
