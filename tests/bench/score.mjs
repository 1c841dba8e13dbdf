// score.rescore: a formula that asks for the person, the company, what was done and how long ago, over 100,000 leads
// that all get another score by it.

import { addDataset, forgetEnrichment } from './derive.mjs';
import { median } from './tools.mjs';

const leads = 100_000;
const runs = 3;

// Each has points of its own, so that nobody keeps the score of the one before.
const rules = (points) => JSON.stringify([
    { key: 'email', kind: 'has', field: 'email', points },
    { key: 'free', kind: 'match', field: 'email', op: 'contains', values: ['@gmail.'], points: -7 },
    { key: 'industry', kind: 'match', field: 'industry', op: 'is', values: ['Software'], lower: ['software'], points: 9 },
    { key: 'size', kind: 'range', field: 'employees', from: 50, to: 500, points: 8 },
    { key: 'views', kind: 'per', field: 'pageviews', each: 3, points: 2, most: 12 },
    { key: 'visits', kind: 'range', field: 'sessions', from: 3, to: 9, points: 8 },
    { key: 'team', kind: 'range', field: 'property', property: 'team', from: 20, points: 11 },
    { key: 'channel', kind: 'match', field: 'channel', op: 'is', values: ['paid'], points: 6 },
    { key: 'recency', kind: 'recency', decay: 'half', days: 5, points: 20 },
]);

async function addLeads({ stack }, dataset) {
    await stack.psql(`
        insert into account (dataset_id, domain, name, industry, employees, leads, contacts, last_at)
        select ${dataset}, 'scored-' || n || '.example', 'Scored ' || n, (array['Software', 'Retail', 'Logistics'])[1 + n % 3],
               n % 900, 5, 5, now() from generate_series(1, ${leads / 5}) n;
        with a as (select id, row_number() over (order by id) as n from account where dataset_id = ${dataset}),
        l as (insert into lead (dataset_id, account_id, email, first_name, first_at, last_at, last_session_at, first_channel,
                                last_channel, visitors, sessions, pageviews, events, properties)
              select ${dataset}, a.id, 'p' || k || '@scored-' || a.n || '.example', 'Jane', now() - interval '60 days',
                     now() - a.n % 40 * interval '1 day', now() - a.n % 40 * interval '1 day', 1, 1 + a.n % 6, 1, 1 + a.n % 12,
                     a.n % 60, 1 + a.n % 70, jsonb_build_object('team', (a.n % 50)::text, 'interest', 'demo')
              from a, generate_series(1, 5) k returning id, last_at),
        v as (insert into visitor (dataset_id, visitor, lead_id, first_at, last_at)
              select ${dataset}, md5('scored' || id)::uuid, id, last_at, last_at from l returning visitor, lead_id, last_at)
        insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, channel)
        select ${dataset}, visitor, last_at, last_at, lead_id, 1, 1, 1 from v`);
    await stack.psql('vacuum analyze lead; ');
    await stack.psql('vacuum analyze account; ');
}

async function rescored(bench, dataset, version) {
    const { stack } = bench;
    await stack.psql('checkpoint');
    const start = performance.now();
    await stack.psql(`
        insert into score_formula (dataset_id, version, rules) values (${dataset}, ${version}, '${rules(10 + 7 * version)}');
        insert into tenant_queue (dataset_id, kind) values (${dataset}, 7) on conflict do nothing;
        insert into job (dataset_id, kind, prio, payload) values (${dataset}, 7, 2, '{"do": "rescore"}');
        notify leadboard_job`);
    await bench.until(`not exists (select from job where dataset_id = ${dataset} and kind = 7)`, 120);
    const seconds = (performance.now() - start) / 1000;
    const [{ done }] = await stack.rows(`select count(*) as done from lead
        where dataset_id = ${dataset} and score_parts->0 = '${version}' and score_parts->1->1 = '${10 + 7 * version}'`);
    if (done !== leads) {
        throw new Error(`${done} of ${leads} leads have a score by the new formula`);
    }
    return seconds;
}

export const scoreRescore = {
    name: 'score.rescore',
    unit: 's',
    async run(bench) {
        const dataset = await addDataset(bench, 'rescore-1');
        await addLeads(bench, dataset);
        const seconds = [];
        for (let version = 1; version <= runs; version++) {
            seconds.push(await rescored(bench, dataset, version));
        }
        await forgetEnrichment(bench.stack);
        return { value: median(seconds), note: `${leads} leads, each with another score` };
    },
};
