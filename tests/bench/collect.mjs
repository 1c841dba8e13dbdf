// collect.single and collect.batch50: events through nginx and leadboard-collect into the log, each request
// answered after its commit, and the collector's own INSERT by pgbench, as the same role. collect.segment and
// collect.matomo: the calls of other trackers next to our own.

import { alternate, pgbench, withValues, wrk } from './tools.mjs';

const connections = 32;
const page = 'https://www.example.com/product/board?from=123';
const title = 'Example - product/board';
const referrer = 'https://www.example.com/';
const list = (n, item) => `{${Array(n).fill(item).join(',')}}`;

// The values are for $1... of the statement; those of pgbench have no types of their own.
const single = ({ dataset }) => ({
    script: (statements) => '\\set visitor random(1, 5000)\n' + withValues(statements.collect_event,
        [':dataset', 'now()', 'md5(:visitor::text)::uuid', ':type', 'null', ':url', ':title', ':referrer',
            'null', 'null', ':agent', 'null', 'null', ':place', 'null', 'null', 'null']),
    variables: { dataset, type: 1, url: page, title, referrer, agent: 42, place: 7 },
});

const fifty = ({ dataset }) => ({
    script: (statements) => '\\set visitor random(1, 5000)\n' + withValues(statements.collect_events,
        [':dataset', "(select array_agg(now() - n * interval '1 second') from generate_series(1, 50) n)",
            'array_fill(md5(:visitor::text)::uuid, array[50])', ':types::smallint[]', ':none::text[]', ':urls::text[]',
            ':titles::text[]', ':referrers::text[]', ':none::jsonb[]', ':none::jsonb[]', ':agents::bigint[]',
            ':none::text[]', ':none::bigint[]', ':places::bigint[]', ':none::text[]', ':none::text[]', ':none::text[]']),
    variables: {
        dataset, types: list(50, 1), none: list(50, 'null'), urls: list(50, page),
        titles: list(50, `"${title}"`), referrers: list(50, referrer), agents: list(50, 42), places: list(50, 7),
    },
});

async function collect(bench, script, events) {
    await bench.emptyLog();
    const result = await wrk(bench.stack, {
        script, connections, seconds: 4, args: [bench.dataset.public_id, events],
    });
    return { ...result, rate: result.rate * events };
}

function row(name, events, make) {
    return {
        name,
        unit: 'events/s',
        async run(bench) {
            const { script, variables } = make(bench.dataset);
            const baseline = async () => {
                await bench.emptyLog();
                const { tps } = await pgbench(bench.stack, {
                    script: script(bench.statements), clients: connections, seconds: 4, variables,
                    user: 'leadboard_collect',
                });
                return events * tps;
            };
            const result = await bench.withoutWorker(() =>
                alternate(3, () => collect(bench, 'collect.lua', events), baseline));
            await bench.emptyLog();
            bench.collected[name] = result.value;
            return result;
        },
    };
}

export const collectSingle = row('collect.single', 1, single);
export const collectBatch = row('collect.batch50', 50, fifty);

// Another tracker's calls, an event a request; the baseline is our own's, collect.single, in the same run.
const adapter = (name, script) => ({
    name,
    unit: 'events/s',
    async run(bench) {
        const result = await bench.withoutWorker(() => alternate(3, () => collect(bench, script, 1),
            async () => (await collect(bench, 'collect.lua', 1)).rate));
        await bench.emptyLog();
        return result;
    },
});

export const collectSegment = adapter('collect.segment', 'segment.lua');
export const collectMatomo = adapter('collect.matomo', 'matomo.lua');
