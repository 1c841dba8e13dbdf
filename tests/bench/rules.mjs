// rules.200: derive.backlog with 200 automations on, compared with none. rules.latency: from the answer to the
// tracker to the card that a rule moved. backtest: what one would have done, over a million events.

import { sleep } from '../lib/process.mjs';
import { percentiles, median } from './tools.mjs';
import { addDataset, backlog, derivedInSeconds, forgetEnrichment, makeKnown, probeEvery, knownCompanies, rate, seconds, stream,
    watchCards } from './derive.mjs';
import { millionEvents } from './rebuild.mjs';

const page = (pattern) => ({ field: 'page', op: 'is', values: [pattern] });
const waitsFor = (...conditions) => ({ when: 'match', filter: { version: 2, subject: 'accounts', match: 'all', conditions } });

// Switched on long ago, as if by the page; [{ trigger, actions, cooldown }].
async function addAutomations(stack, dataset, list) {
    const json = JSON.stringify(list).replaceAll("'", "''");
    await stack.psql(`
        with k as materialized (
            select nr, k -> 'trigger' as trigger, k -> 'actions' as actions, (k ->> 'cooldown')::integer as cooldown
            from jsonb_array_elements('${json}'::jsonb) with ordinality t (k, nr)
        ), a as (
            insert into automation (dataset_id, name, enabled, enabled_at, user_id, source, cooldown_s)
            select ${dataset}, 'Rule ' || nr, true, now() - interval '90 days', 1, 1, cooldown from k order by nr
            returning id, name
        ), v as (
            insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
            select ${dataset}, a.id, 1, 1, k.trigger, k.actions from a join k on a.name = 'Rule ' || k.nr
        )
        insert into automation_state (dataset_id) values (${dataset})
        on conflict (dataset_id) do update set revision = automation_state.revision + 1`);
}

// As a team has them after years: most are about pages of campaigns that are over, or of other sites; some about
// pages of this one and of certain companies only; some about events. Each puts a tag on.
async function addMany(stack, dataset) {
    const tag = await stack.psql(`insert into tag (dataset_id, name) values (${dataset}, 'Rule') returning id`);
    const pages = ['/pricing*', '/trial', '/contact', '/docs/*', '/integrations/*', '/customers/*', '/security', '/webinars/*'];
    const list = Array.from({ length: 200 }, (_, i) => {
        const conditions = i < 140 ? [page(`/campaign-${i}/*`)]
            : i < 170 ? [page(pages[i % pages.length]), { field: 'industry', op: 'is', values: [`Industry ${i}`] }]
                : i < 190 ? [{ field: 'event_name', op: 'is', values: [`Event ${i}`] }]
                    : [page(`*/landing-${i}`), { field: 'form', op: 'is', values: [`Form ${i}`] }];
        return { trigger: waitsFor(...conditions), cooldown: 3600,
            actions: [{ do: 'add_tag', to: 'company', tag: String(tag), tag_name: 'Rule' }] };
    });
    await addAutomations(stack, dataset, list);
}

const allDecided = 'not exists (select from automation_pending)';

export const rules200 = {
    name: 'rules.200',
    unit: 'events/s',
    async run(bench) {
        const without = [];
        const withRules = [];
        for (let i = 1; i <= 3; i++) {
            without.push(await derivedInSeconds(bench, `rules-off-${i}`));
            withRules.push(await derivedInSeconds(bench, `rules-on-${i}`, (dataset) => addMany(bench.stack, dataset)));
            await bench.until(allDecided, 60);
        }
        const candidates = await bench.stack.value('select count(*) from automation_run');
        return { value: backlog / median(withRules), baseline: backlog / median(without), note: `${candidates} runs` };
    },
};

// The probes of somebody known go one stage further each time; the 200 others are on, too.
export const rulesLatency = {
    name: 'rules.latency',
    unit: 'ms',
    async run(bench) {
        const { stack } = bench;
        const dataset = await addDataset(bench, 'rules-live-1');
        const stages = await stack.rows(`select s.id, s.board_id as board from stage s where s.dataset_id = ${dataset} order by s.position`);
        await makeKnown(bench, 'rules-live-1', dataset);
        await addMany(stack, dataset);
        await addAutomations(stack, dataset, stages.slice(1).map(({ id, board }, i) => ({ trigger: waitsFor(page(`/step-${i + 1}`)), cooldown: 0,
            actions: [{ do: 'card', how: 'put', board: String(board), board_name: 'All', stage: String(id), stage_name: 'Next' }] })));
        const waiting = new Map(); // domain -> { at, answered, shown }
        const delays = [];
        const settle = (domain) => {
            const probe = waiting.get(domain);
            if (probe?.answered && probe.shown) {
                delays.push(Math.max(0, probe.shown - probe.answered));
                waiting.delete(domain);
            }
        };
        const watch = watchCards(stack, dataset, (domain, at, now) => {
            const probe = waiting.get(domain);
            if (probe && at >= probe.at) {
                probe.shown ??= now;
                settle(domain);
            }
        }, 'stage_at');
        const path = (i) => i % probeEvery === 0 ? `step-${1 + Math.floor(i / probeEvery / knownCompanies)}` : `page-${i % 50}`;
        try {
            await stream(bench, 'rules-live-1', waiting, (domain, asked) => {
                asked.answered = Date.now();
                settle(domain);
            }, path);
            await sleep(5000);
        } finally {
            watch.kill();
        }
        if (waiting.size > 0) {
            throw new Error(`${waiting.size} of ${rate * seconds / probeEvery} cards were never moved`);
        }
        await forgetEnrichment(stack);
        const found = percentiles(delays);
        return { ...found, value: found.p99, note: `p99 of ${delays.length}` };
    },
};

const backtestKind = 15; // enum job_kind

async function lookBack(bench, dataset, automation) {
    const start = performance.now();
    const id = await bench.stack.psql(`
        with p as (insert into progress (dataset_id, kind, subject) values (${dataset}, ${backtestKind}, ${automation}) returning id),
        q as (insert into tenant_queue (dataset_id, kind) values (${dataset}, ${backtestKind}) on conflict do nothing),
        j as (insert into job (dataset_id, kind, prio, uniq, payload)
              select ${dataset}, ${backtestKind}, 2, 'progress:' || id, jsonb_build_object('automation', '${automation}',
                  'progress', id::text, 'days', 90) from p)
        select id from p`);
    await bench.until(`exists (select from progress where dataset_id = ${dataset} and id = ${id} and state > 1)`, 120);
    const took = (performance.now() - start) / 1000;
    const [end] = await bench.stack.rows(`select state, message, result ->> 'events' as events, result ->> 'fired' as fired
        from progress where dataset_id = ${dataset} and id = ${id}`);
    if (end.state !== 2) {
        throw new Error(`it ended with ${JSON.stringify(end)}`);
    }
    return { ...end, took };
}

export const backtest = {
    name: 'backtest',
    unit: 's',
    async run(bench) {
        const { stack } = bench;
        const dataset = await millionEvents(bench);
        const [stage] = await stack.rows(`select id, board_id as board from stage where dataset_id = ${dataset} and position = 3`);
        await addAutomations(stack, dataset, [{ trigger: waitsFor(page('/pricing*')), cooldown: 60, actions: [
            { do: 'card', how: 'put', board: String(stage.board), board_name: 'All', stage: String(stage.id), stage_name: 'Stage 3' },
            { do: 'set_property', to: 'company', key: 'source', from: 'utm_source' }] }]);
        const automation = await stack.psql(`update automation set enabled = false where dataset_id = ${dataset} returning id`);
        const rowsOf = ['outbox', 'automation_run', 'automation_property', 'operation', 'card_ledger', 'card']
            .map((table) => `(select count(*) from ${table} where dataset_id = ${dataset})`);
        const written = () => stack.value(`select json_build_array(${rowsOf},
            (select sum(version) from card where dataset_id = ${dataset}))::text`);
        const before = await written();
        const took = [];
        let last;
        for (let i = 0; i < 3; i++) {
            last = await lookBack(bench, dataset, automation);
            took.push(last.took);
        }
        if (String(await written()) !== String(before)) {
            throw new Error(`something was written: ${before}, then ${await written()}`);
        }
        return { value: median(took), note: `${last.events} events, ${last.fired} would have run; nothing written` };
    },
};
