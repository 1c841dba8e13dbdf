// Workers that are killed again and again while events make automations tag, move and send: each event fires each
// of them once, what they cause makes others run once, and nothing is handed over twice.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { throwAwayCluster } from '../lib/cluster.mjs';
import { eventually, execute, sleep } from '../lib/process.mjs';

const companies = 20;
const rounds = Number(process.env.KILL_ROUNDS || 8);
let cluster;
let url;
let keyFile;
let worker;

const environment = () => ({ PATH: process.env.PATH, ...sanitizerEnv, DATABASE_URL: url, KEY_FILE: keyFile, SLOTS: '2' });

async function psql(sql) {
    const { status, output } = await execute(['psql', url, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', '-'], { input: sql });
    assert.equal(status, 0, `${output}\nin: ${sql}`);
    return output.trimEnd();
}
const number = async (sql) => Number(await psql(sql));

function startWorker() {
    worker = spawn(join(programs, 'leadboard-worker'), [], { env: environment(), stdio: 'ignore' });
    worker.ended = new Promise((resolve) => worker.once('exit', resolve));
}
async function killWorker() {
    worker.kill('SIGKILL');
    await worker.ended;
    await psql(`update worker set beat_at = now() - interval '1 hour'`); // the next one need not wait
}

const nothing = { version: 2, subject: 'accounts', match: 'all', conditions: [] };
const onPage = (pattern) => ({ when: 'match', filter: { ...nothing, conditions: [{ field: 'page', op: 'is', values: [pattern] }] } });
const tag = (id) => ({ do: 'add_tag', to: 'company', tag: id, tag_name: id });
const put = (stage) => ({ do: 'card', how: 'put', board: '1', board_name: 'Sales', stage, stage_name: stage });

// source: enum automation_source.
const automations = [
    { source: 1, trigger: onPage('/there/*'), actions: [tag('1'), put('2'), { do: 'webhook', integration: '1' }] },
    { source: 1, trigger: onPage('/back/*'), actions: [put('1'), tag('2')] },
    { source: 3, trigger: { when: 'stage', ids: ['2'], filter: nothing }, actions: [{ do: 'webhook', integration: '2' }] },
];

before(async () => {
    cluster = await throwAwayCluster();
    url = await cluster.emptyDatabase();
    keyFile = `/tmp/leadboard-key-${randomBytes(6).toString('hex')}`;
    writeFileSync(keyFile, randomBytes(32));
    const { status, output } = await execute([join(programs, 'leadboard-admin'), 'migrate'], { env: environment() });
    assert.equal(status, 0, output);
    await psql(`
        insert into workspace (name) values ('W');
        insert into app_user (email, name, password_hash) values ('ann@x.example', 'Ann', '');
        insert into membership (workspace_id, user_id, role) values (1, 1, 4);
        insert into dataset (workspace_id, name, public_id) values (1, 'D', 'abc');
        insert into board (dataset_id, name, user_id, setup_step, fixed_flow) values (1, 'Sales', 1, 0, false);
        insert into stage (dataset_id, board_id, position, name, entry) values (1, 1, 1, 'Out', true), (1, 1, 2, 'In', false);
        insert into tag (dataset_id, name) values (1, 'A'), (1, 'B');
        insert into integration (dataset_id, kind, name, user_id) values (1, 1, 'Shop', 1), (1, 1, 'Stage', 1);
        ${automations.map(({ source, trigger, actions }, i) => `
            insert into automation (dataset_id, name, enabled, enabled_at, user_id, source, cooldown_s)
            values (1, 'Rule ${i + 1}', true, now(), 1, ${source}, 0);
            insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
            values (1, ${i + 1}, 1, 1, '${JSON.stringify(trigger)}', '${JSON.stringify(actions)}');`).join('')}
        insert into automation_state (dataset_id) values (1);
        insert into event (dataset_id, visitor, at, type, url, properties)
        select 1, ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, now(), 6, 'https://x.example/',
               jsonb_build_object('email', 'kim@company' || n || '.example') from generate_series(1, ${companies}) n`);
    startWorker();
    await eventually('the companies are known', async () => await number('select count(*) from account') === companies, { seconds: 30 });
});
after(async () => {
    worker?.kill('SIGKILL');
    await cluster?.stop();
    rmSync(keyFile, { force: true });
});

let running = true;
async function stream() {
    while (running) {
        await psql(`insert into event (dataset_id, visitor, at, type, url)
            select 1, ('00000000-0000-0000-0000-' || lpad((1 + floor(random() * ${companies}))::int::text, 12, '0'))::uuid,
                   clock_timestamp(), 1, 'https://x.example/' || (array['there', 'back', 'else'])[1 + floor(random() * 3)::int] || '/' || n
            from generate_series(1, 10) n`);
        await sleep(100);
    }
}

const runs = (automation) => `(select count(*) from automation_run where automation_id = ${automation})`;
const events = (page) => `(select count(*) from event where url like 'https://x.example/${page}/%')`;
const entered = '(select count(*) from card_ledger where kind in (1, 2) and to_stage = 2)';
const none = async (what, sql) => assert.equal(await psql(sql), '', what);

async function killAgainAndAgain() {
    let atWork = 0;
    for (let i = 0; i < rounds; i++) {
        const from = await number('select count(*) from automation_run');
        await eventually('it works', async () => await number('select count(*) from automation_run') > from, { seconds: 30, every: 20 });
        await sleep(Math.random() * 400);
        atWork += await number(`select (exists (select from automation_pending) or exists (select from pg_stat_activity
            where application_name like 'leadboard-worker%' and state <> 'idle'))::integer`);
        await killWorker();
        startWorker();
    }
    return atWork;
}

test('kill -9 while automations tag, move and send', { timeout: 180_000 }, async () => {
    const streaming = stream();
    const atWork = await killAgainAndAgain();
    running = false;
    await streaming;
    await eventually('all of it is decided', async () => await psql(`select ${runs(1)} = ${events('there')} and ${runs(2)} = ${events('back')}
        and ${runs(3)} = ${entered} and not exists (select from automation_pending)`) === 't', { seconds: 90 });
    worker.kill('SIGTERM');
    await worker.ended;

    console.log(`  ${rounds} kills, ${atWork} of them at work; ${await psql(`select ${runs(1)} || ' + ' || ${runs(2)} || ' + ' || ${runs(3)}`)} runs`);
    assert.ok(atWork > 0, 'it was killed at work');
    assert.ok(await number(`select ${runs(3)}`) > companies, 'cards went there and back');
    await none('an event fired twice, or not', `select e.id, count(r.id) from event e join automation a on a.id < 3
        left join automation_run r on r.automation_id = a.id and r.cause = 1 and r.cause_id = e.id
        where e.url like 'https://x.example/' || case a.id when 1 then 'there' else 'back' end || '/%'
        group by e.id, a.id having count(r.id) <> 1`);
    await none('a run that did not send, or twice', `select r.id, count(o.id) from automation_run r
        left join outbox o on o.key like 'run:' || r.id || ':%' where r.automation_id <> 2
        group by r.id having count(o.id) <> 1`);
    assert.equal(await number('select count(*) from outbox'), await number(`select ${runs(1)} + ${runs(3)}`));
    await none('a run that says that it moved a card, and did not, or twice', `select r.id from automation_run r
        left join card_ledger l on l.detail ->> 'run' = r.id::text and l.kind in (1, 2)
        group by r.id having count(l.id) <> max((r.said::text ~ 'Moved from|Card created')::integer)`);
    await none('a card that did not begin where it had been', `select id from (select id, kind, from_stage,
        lag(to_stage) over (partition by card_id order by id) as was from card_ledger where kind in (1, 2)) l
        where kind = 2 and from_stage is distinct from was`);
    await none('a stage with another number of cards', `select id from stage s
        where cards <> (select count(*) from card where stage_id = s.id)`);
    await none('a number that is not that of the runs', `select a.id from automation a where fired <> (select count(*) from automation_run
        where automation_id = a.id)`);
    await none('an operation with another number', `select o.id from operation o where n <> (select count(*) from automation_run
        where operation_id = o.id)`);
    assert.equal(await number('select count(*) from account_tag'), await number(`select count(distinct (account_id, automation_id))
        from automation_run where automation_id < 3`));
});
