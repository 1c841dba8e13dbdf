// derive.backlog: a log that has waited. derive.live: from the answer to the tracker to the card on the board.

import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { send } from '../lib/client.mjs';
import { programs } from '../lib/paths.mjs';
import { sleep } from '../lib/process.mjs';
import { collectBatch } from './collect.mjs';
import { median, percentiles } from './tools.mjs';

export const backlog = 200000;
const companies = 1500;

// A dataset with a board that takes in every company by itself.
export async function addDataset({ stack, dataset }, publicId) {
    const id = Number((await stack.psql(`
        begin;
        select set_config('leadboard.workspace', '${dataset.workspace}', true);
        select dataset_make(${dataset.workspace}, '${publicId}', '${publicId}');
        commit;`)).split('\n').at(-1));
    await stack.psql(`
        with b as (insert into board (dataset_id, name, user_id, segment_id, setup_step)
                   select ${id}, 'All', ${dataset.user}, min(id), 0 from segment where dataset_id = ${id}
                   returning id)
        insert into stage (dataset_id, board_id, position, name, entry, final)
        select ${id}, b.id, n, 'Stage ' || n, n = 1, n = 5 from b, generate_series(1, 5) n`);
    return id;
}

// By the log's index, so that asking costs nothing.
export const nothingWaits = `not exists (select from segment_touch) and not exists (select from event where (xid, id) >
    ((select xid from log_cursor where consumer = 'derive'), (select id from log_cursor where consumer = 'derive')))`;

// The companies' first enrichment has nothing to do with what is measured, and no site is there to visit.
export const forgetEnrichment = (stack) => stack.psql('delete from job where kind = 4 and state = 0');

// The demo's generator: anonymous visitors, forms, mails and companies over 60 days, sessions of a few events.
export async function derivedInSeconds(bench, publicId, prepare = () => {}) {
    const { stack } = bench;
    const dataset = await addDataset(bench, publicId);
    await prepare(dataset);
    await bench.withoutWorker(async () => {
        await promisify(execFile)(join(programs, 'leadboard-admin'), ['demo', '--dataset', publicId,
            '--companies', String(companies), '--events', String(backlog), '--no-derive'],
        { env: { ...process.env, DATABASE_URL: stack.databaseUrl, KEY_FILE: join(stack.state, 'key') } });
        await stack.psql('checkpoint');
    });
    const start = performance.now();
    await bench.until(nothingWaits, 120);
    const seconds = (performance.now() - start) / 1000;
    const [made] = await stack.rows(`select (select sum(events) from session where dataset_id = ${dataset}) as events,
        (select count(*) from card where dataset_id = ${dataset}) as cards`);
    if (made.events !== backlog || made.cards < companies * 0.9) {
        throw new Error(`of ${backlog} events ${made.events} are in sessions; ${made.cards} cards`);
    }
    await forgetEnrichment(stack);
    return seconds;
}

export const deriveBacklog = {
    name: 'derive.backlog',
    unit: 'events/s',
    async run(bench) {
        if (!bench.collected['collect.batch50']) {
            await collectBatch.run(bench);
        }
        const seconds = [];
        for (let i = 1; i <= 3; i++) {
            seconds.push(await derivedInSeconds(bench, `backlog-${i}`));
        }
        return { value: backlog / median(seconds), baseline: bench.collected['collect.batch50'] };
    },
};

// --- live ---

export const rate = 500;
export const seconds = 20;
export const knownCompanies = 300;
export const probeEvery = 20; // events

const person = (company) => `someone-of-${company}`;

async function post(stack, dataset, visitor, event) {
    const body = JSON.stringify({ dataset, visitor, events: [{ at: Date.now(), ...event }] });
    const { status } = await send(stack.url, 'POST', '/e', {
        headers: { 'Content-Type': 'text/plain;charset=UTF-8', 'User-Agent': 'Mozilla/5.0 (X11; Linux) Firefox/130.0' },
        body,
    });
    if (status !== 204) {
        throw new Error(`an event was answered ${status}`);
    }
}

const view = (path) => ({ type: 'pageview', url: `https://www.example.com/${path}`, title: path });

// Prints the cards that changed a moment ago, again and again; onRow(domain, when, now), in ms.
export function watchCards(stack, dataset, onRow, when = 'last_activity_at') {
    const psql = spawn('psql', [stack.databaseUrl, '-XAtq', '-f', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
    psql.stdin.end(`select domain, extract(epoch from ${when}) * 1000,
            extract(epoch from clock_timestamp()) * 1000
        from card where dataset_id = ${dataset} and ${when} > now() - interval '10 seconds' \\watch 0.05\n`);
    let rest = '';
    psql.stdout.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop();
        for (const line of lines) {
            const [domain, at, now] = line.split('|');
            if (now) {
                onRow(domain, Math.round(at), Number(now));
            }
        }
    });
    return psql;
}

export async function makeKnown(bench, publicId, dataset) {
    for (let i = 0; i < knownCompanies; i++) {
        await post(bench.stack, publicId, person(i), {
            ...view('contact'), type: 'form', name: 'Contact', properties: { email: `someone@known-${i}.example` },
        });
    }
    await bench.until(`(select count(*) from card where dataset_id = ${dataset}) = ${knownCompanies}`, 30);
    await forgetEnrichment(bench.stack);
}

// A steady stream; every so often an event of somebody known, who comes again only after 12 seconds.
export async function stream(bench, publicId, waiting, onAnswer, path = (i) => `page-${i % 50}`) {
    const start = performance.now();
    const open = new Set();
    for (let i = 0; i < rate * seconds; i++) {
        const wait = start + i * 1000 / rate - performance.now();
        if (wait > 1) {
            await sleep(wait);
        }
        const probe = i % probeEvery === 0;
        const company = (i / probeEvery) % knownCompanies;
        const at = Date.now();
        const asked = { at };
        if (probe) {
            waiting.set(`known-${company}.example`, asked);
        }
        const visitor = probe ? person(company) : `passer-by-${Math.floor(Math.random() * 4000)}`;
        const sent = post(bench.stack, publicId, visitor, { ...view(path(i)), at })
            .then(() => probe && onAnswer(`known-${company}.example`, asked)).finally(() => open.delete(sent));
        open.add(sent);
    }
    await Promise.all(open);
}

export const deriveLive = {
    name: 'derive.live',
    unit: 'ms',
    async run(bench) {
        const publicId = 'live-1';
        const dataset = await addDataset(bench, publicId);
        await makeKnown(bench, publicId, dataset);
        const waiting = new Map(); // domain -> { at, answered, shown }
        const delays = [];
        const settle = (domain) => {
            const probe = waiting.get(domain);
            if (probe?.answered && probe.shown) {
                delays.push(Math.max(0, probe.shown - probe.answered));
                waiting.delete(domain);
            }
        };
        const watch = watchCards(bench.stack, dataset, (domain, at, now) => {
            const probe = waiting.get(domain);
            if (probe && at >= probe.at) {
                probe.shown ??= now;
                settle(domain);
            }
        });
        try {
            await stream(bench, publicId, waiting, (domain, asked) => {
                asked.answered = Date.now();
                settle(domain);
            });
            await sleep(3000);
        } finally {
            watch.kill();
        }
        if (waiting.size > 0) {
            throw new Error(`${waiting.size} of ${rate * seconds / probeEvery} events never showed on their card`);
        }
        await forgetEnrichment(bench.stack);
        const found = percentiles(delays);
        return { ...found, value: found.p99, note: `p99 of ${delays.length}` };
    },
};
