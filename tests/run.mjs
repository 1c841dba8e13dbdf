// Runs the suites and ends with one line, "N passed, N failed".
//
//   tests/run.mjs [SUITE...]     all of them, or those named: unit db golden http browser kill fuzz
//
// A suite is a folder of tests/: its C programs (cmocka, built from test_*.c) and its *.test.mjs files
// (node's runner). fuzz runs each libFuzzer program for a short while. A suite that ran nothing failed.

import { run } from 'node:test';
import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root, build, programs, sanitizerEnv } from './lib/paths.mjs';
import { execute, inParallel } from './lib/process.mjs';
import { throwAwayCluster } from './lib/cluster.mjs';

const suites = {
    unit: { parallel: 2 },
    db: { parallel: 2, cluster: true },
    golden: { parallel: 2, cluster: true },
    http: { parallel: 2 },
    browser: { parallel: 2 },
    kill: { parallel: 1 }, // what is killed is to be at work
    fuzz: { parallel: 2, fuzz: true },
};
const fuzzSeconds = Number(process.env.FUZZ_SECONDS || 4);

class Tally {
    passed = 0;
    failed = 0;
    pass() {
        this.passed++;
    }
    fail(where, what) {
        this.failed++;
        const indented = String(what).trimEnd().split('\n').slice(-60).join('\n      ');
        console.log(`  FAILED ${where}\n      ${indented}`);
    }
    add(other) {
        this.passed += other.passed;
        this.failed += other.failed;
    }
}

// cmocka's results: TAP, or its own format where a test has emptied the environment, up to its summary.
function results(output) {
    return output.split(/^\[={10}\] \d+ test\(s\) run/m).slice(0, 1).join('').split('\n').flatMap((line) => {
        const result = /^(ok|not ok) \d+ - (.*)$/.exec(line) ?? /^\[ *(OK|FAILED) +\] (.*)$/.exec(line);
        return result ? [{ ok: /^ok$/i.test(result[1]), test: result[2] }] : [];
    });
}

// A program that ends badly without a failed test crashed, which is a failure too.
async function runProgram(program, env, tally) {
    const name = program.slice(programs.length + 1);
    const { status, output } = await execute([program], {
        cwd: root,
        env: { ...process.env, ...sanitizerEnv, ...env, CMOCKA_MESSAGE_OUTPUT: 'TAP' },
        timeoutSeconds: 300,
    });
    let failed = 0;
    let ran = 0;
    for (const { ok, test } of results(output)) {
        ran++;
        if (ok) {
            tally.pass();
        } else {
            failed++;
            tally.fail(`${name}: ${test}`, output);
        }
    }
    if (status !== 0 && failed === 0) {
        tally.fail(`${name}: ended with ${status}`, output);
    } else if (ran === 0) {
        tally.fail(`${name}: no test in it`, output);
    }
}

// Programs that run at the same time have servers of their own: what is committed is told by the server's oldest
// transaction, of any database.
async function runPrograms(suite, { parallel, cluster }, tally) {
    const found = globSync(`tests/${suite}/test_*.c`, { cwd: root })
        .sort()
        .map((source) => join(programs, source.slice(0, -2)));
    const servers = [];
    try {
        await inParallel(parallel, found, async (program, lane) => {
            if (cluster) {
                servers[lane] ??= await throwAwayCluster();
            }
            await runProgram(program, cluster ? { TEST_DATABASE_URL: await servers[lane].emptyDatabase() } : {}, tally);
        });
    } finally {
        await Promise.all(servers.map((server) => server.stop()));
    }
}

function describeError(error) {
    const cause = error?.cause ?? error;
    if (!cause?.stack) {
        return cause?.message ?? String(cause);
    }
    // Of the stack, only what is ours.
    return cause.stack.split('\n').filter((line) =>
        !/^\s+at /.test(line) || (line.includes(root) && !line.includes('node_modules'))).join('\n');
}

async function runModules(suite, { parallel }, tally) {
    const files = globSync(`tests/${suite}/*.test.mjs`, { cwd: root }).sort().map((file) => join(root, file));
    if (files.length === 0) {
        return;
    }
    const stream = run({ files, concurrency: parallel, timeout: 900_000 });
    stream.on('test:pass', ({ details, skip, todo }) => {
        if (details.type !== 'suite' && skip === undefined && todo === undefined) {
            tally.pass();
        }
    });
    stream.on('test:fail', ({ name, file, details }) => {
        // A parent fails with its subtests, which have been told already.
        if (details.error?.failureType !== 'subtestsFailed') {
            tally.fail(`${suite}/${basename(file ?? '')}: ${name}`, describeError(details.error));
        }
    });
    stream.on('test:stderr', ({ message }) => process.stderr.write(message));
    stream.on('test:stdout', ({ message }) => process.stdout.write(message));
    stream.resume();
    await new Promise((resolve, reject) => stream.once('end', resolve).once('error', reject));
}

async function runFuzzers(parallel, tally) {
    const found = globSync('tests/fuzz/fuzz_*.c', { cwd: root }).sort();
    await inParallel(parallel, found, async (source) => {
        const name = basename(source, '.c');
        const fuzzer = join(build, 'fuzz', name);
        const scratch = join(build, 'fuzz', 'corpus', name);
        const seeds = join(root, 'tests/fuzz/corpus', name);
        const { status, output } = await execute(
            ['sh', '-c', 'mkdir -p "$1" && exec "$0" "$@"', fuzzer, scratch, ...(existsSync(seeds) ? [seeds] : []),
                `-max_total_time=${fuzzSeconds}`, '-timeout=10', '-rss_limit_mb=1024', '-print_final_stats=1',
                `-artifact_prefix=${join(build, 'fuzz')}/`],
            { cwd: root, env: { ...process.env, ...sanitizerEnv }, timeoutSeconds: fuzzSeconds + 120 });
        if (status === 0) {
            tally.pass();
        } else {
            tally.fail(`fuzz/${name}: ended with ${status}`, output);
        }
    });
}

const chosen = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(suites);
const total = new Tally();
for (const suite of chosen) {
    const began = Date.now();
    const tally = new Tally();
    console.log(`${suite}:`);
    try {
        if (suites[suite].fuzz) {
            await runFuzzers(suites[suite].parallel, tally);
        } else {
            await runPrograms(suite, suites[suite], tally);
            await runModules(suite, suites[suite], tally);
        }
    } catch (error) {
        tally.fail(`${suite} could not run`, describeError(error));
    }
    if (tally.passed + tally.failed === 0) {
        tally.fail(suite, 'the suite has no tests');
    }
    console.log(`${suite}: ${tally.passed} passed, ${tally.failed} failed, ${Math.round((Date.now() - began) / 1000)} s`);
    total.add(tally);
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
