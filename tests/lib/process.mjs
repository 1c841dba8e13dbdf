// Small helpers around child processes.

import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

// Runs a command to its end: { status (or the signal's name), output: stdout and stderr as they came }.
export function execute([command, ...args], { cwd, env, timeoutSeconds = 60, input = '' } = {}) {
    return new Promise((resolve) => {
        const child = spawn(command, args, { cwd, env });
        const chunks = [];
        const timer = setTimeout(() => {
            chunks.push(Buffer.from(`\nkilled: not done after ${timeoutSeconds} s\n`));
            child.kill('SIGKILL');
        }, timeoutSeconds * 1000);
        child.stdout.on('data', (chunk) => chunks.push(chunk));
        child.stderr.on('data', (chunk) => chunks.push(chunk));
        child.stdin.on('error', () => {});
        child.stdin.end(input);
        const end = (status) => {
            clearTimeout(timer);
            resolve({ status, output: Buffer.concat(chunks).toString() });
        };
        child.on('error', (error) => {
            chunks.push(Buffer.from(String(error)));
            end(127);
        });
        child.on('close', (code, signal) => end(signal ?? code));
    });
}

// work(item, lane) for all items, at most `width` at a time, one in each lane (from 0).
export async function inParallel(width, items, work) {
    const queue = [...items];
    const one = async (_, lane) => {
        while (queue.length > 0) {
            await work(queue.shift(), lane);
        }
    };
    await Promise.all(Array.from({ length: width }, one));
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until probe() answers something true, and answers that.
export async function eventually(what, probe, { seconds = 20, every = 100 } = {}) {
    const deadline = Date.now() + seconds * 1000;
    let last;
    for (;;) {
        try {
            const answer = await probe();
            if (answer) {
                return answer;
            }
            last = answer;
        } catch (error) {
            last = error;
        }
        if (Date.now() > deadline) {
            throw new Error(`not within ${seconds} s: ${what} (last: ${last?.message ?? last})`);
        }
        await sleep(every);
    }
}

// Stops a process and waits until none of its threads runs: the signal reaches them only when the kernel has one
// of them handle it.
export async function standStill(pid) {
    process.kill(pid, 'SIGSTOP');
    await eventually(`process ${pid} stands still`, () => readdirSync(`/proc/${pid}/task`).every((thread) =>
        /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))), { every: 1 });
}
