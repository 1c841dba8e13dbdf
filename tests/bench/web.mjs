// web.board and web.move: a board of 500 cards in five stages, opened and worked on by a signed-in member.

import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forms } from '../lib/client.mjs';
import { eventually, sleep } from '../lib/process.mjs';
import { alternate, benchProgram, pgbench, withValues, wrk } from './tools.mjs';

const connections = 16;
const cards = 500;
const stages = 5;

// Companies as a board has them: one or two tags, activity in the last weeks. Consecutive ids, in turns in
// the stages.
async function addBoard(bench) {
    const { dataset, user } = bench.dataset;
    const text = await bench.stack.psql(`
        with b as (insert into board (dataset_id, name, user_id, setup_step)
                   values (${dataset}, 'Sales', ${user}, 0) returning id),
        s as (insert into stage (dataset_id, board_id, position, name, entry, final, cards)
              select ${dataset}, b.id, n, 'Stage ' || n, n = 1, n = ${stages}, 0
              from b, generate_series(1, ${stages}) n order by n returning id),
        a as (insert into account (dataset_id, domain, name, contacts, visitors, last_at)
              select ${dataset}, 'company-' || n || '.example', 'Company ' || n || ' Ltd', n % 9, n % 23,
                     now() - n * interval '1 hour'
              from generate_series(1, ${cards}) n returning id, name, domain),
        c as (insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, contacts,
                                visitors, score, tags, last_activity_at)
              select ${dataset}, b.id, (select min(id) from s), a.id, a.id, a.name, a.domain, a.id % 9, a.id % 23,
                     a.id % 101, case when a.id % 3 = 0 then '[["Interest", 4], ["Partner", 1]]'
                     else '[["Key account", 1]]' end::jsonb, now() - a.id * interval '1 hour'
              from a, b order by a.id returning id)
        select json_build_object('board', b.id, 'stage', (select min(id) from s), 'card', (select min(id) from c),
            'last', (select max(id) from c)) from b`);
    const board = JSON.parse(text);
    if (board.last - board.card !== cards - 1) {
        throw new Error('the ids of the cards are not consecutive');
    }
    await layOut(bench, board);
    return board;
}

// Every card as it was in the beginning, once the moves that were under way are made.
async function layOut(bench, { board, stage, card }) {
    await bench.until(`not exists (select from pg_stat_activity
        where (application_name = 'leadboard-web' or usename = 'leadboard_web') and state <> 'idle')`, 5);
    await bench.stack.psql(`
    update card set version = 1, stage_id = ${stage} + (id - ${card}) % ${stages}, rank = id, modified_at = now()
    where board_id = ${board};
    update stage set cards = ${cards / stages} where board_id = ${board};
    delete from card_ledger where board_id = ${board};
    delete from card_change where board_id = ${board};
    vacuum analyze card; vacuum analyze stage; vacuum card_ledger; vacuum card_change; checkpoint`);
}

export const theBoard = (bench) => (bench.board ??= addBoard(bench));

const tokenHash = (client) => createHash('sha256').update(client.cookies.get('lb')).digest('hex');

// The responder behind the same nginx, in a location of its own with the same settings.
async function withResponder({ stack, client }, { board }, bytes, work) {
    const socket = join(stack.state, 'run/responder.sock');
    const responder = spawn(benchProgram('responder'), [socket, '8', stack.databaseUrl, tokenHash(client),
        String(board), String(bytes)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = new Promise((resolve) => responder.once('exit', resolve));
    writeFileSync(join(stack.state, 'nginx/leadboard/server.d/responder.conf'),
        `location = /responder { include leadboard/fastcgi.conf; fastcgi_pass "unix:${socket}"; }\n`);
    process.kill(stack.pid('nginx'), 'SIGHUP');
    try {
        await eventually('the responder answers', async () => {
            const answer = await client.get('/responder');
            return answer.status === 200 && answer.text.length === bytes;
        });
        await sleep(2500); // nginx's former workers have ended
        return await work();
    } finally {
        responder.kill('SIGTERM');
        await ended;
    }
}

export const webBoard = {
    name: 'web.board',
    unit: 'pages/s',
    async run(bench) {
        const cookies = await bench.signIn();
        const board = await theBoard(bench);
        const path = `/boards/${board.board}`;
        const page = await bench.client.get(path);
        const shown = page.text.match(/<li class="card"/g)?.length;
        if (page.status !== 200 || shown !== cards) {
            throw new Error(`the board page answered ${page.status} with ${shown} cards`);
        }
        const load = (what) => wrk(bench.stack, {
            script: 'page.lua', path: what, connections, seconds: 4, args: [cookies],
        });
        const bytes = Buffer.byteLength(page.text);
        const result = await withResponder(bench, board, bytes, async () => {
            await load(path);
            return alternate(3, () => load(path), async () => (await load('/responder')).rate);
        });
        return { ...result, note: `${shown} cards, ${Math.round(bytes / 1024)} KB` };
    },
};

// What the program sends for a move, in the same two round trips.
const moveScript = (texts) => `
\\set turn :turn + 1
\\set card :client_id * :each + :turn % :each
\\set version :turn / :each + 1
\\set to :stage + (:card + :version) % ${stages}
\\set card :first + :card
${withValues(texts.session_find, [':hash::bytea'])}
\\startpipeline
begin;
select set_config('leadboard.workspace', :workspace::text, true), set_config('leadboard.dataset', :dataset::text, true);
${withValues(texts.card_move_lock, [':dataset', ':board', ':card', ':to'])}
${withValues(texts.card_move, [':dataset', ':board', ':card', ':to', ':version', ':user', '0', '0', '0'])}
commit;
\\endpipeline
`;

// Moves that pgbench made: each counts only if it was valid.
async function madeMoves(bench, { board }) {
    return Number(await bench.stack.value(`select count(*) from card_ledger where board_id = ${board} and kind = 2`));
}

export const webMove = {
    name: 'web.move',
    unit: 'moves/s',
    async run(bench) {
        const cookies = await bench.signIn();
        const board = await theBoard(bench);
        const page = await bench.client.get(`/boards/${board.board}`);
        const { csrf } = forms(page.text).find(({ fields }) => fields.csrf).fields;
        const each = Math.floor(cards / connections);
        const seconds = 4;
        const subject = async () => {
            await layOut(bench, board);
            const result = await wrk(bench.stack, {
                script: 'move.lua', connections, threads: connections, seconds,
                args: [cookies, csrf, board.board, bench.stack.url, board.card, each, board.stage, stages],
            });
            return result;
        };
        const baseline = async () => {
            await layOut(bench, board);
            const { tps, done } = await pgbench(bench.stack, {
                script: moveScript(bench.statements), clients: connections, seconds, user: 'leadboard_web',
                variables: {
                    turn: -1, each, first: board.card, stage: board.stage, board: board.board,
                    hash: `\\x${tokenHash(bench.client)}`, dataset: bench.dataset.dataset,
                    workspace: bench.dataset.workspace, user: bench.dataset.user,
                },
            });
            const made = await madeMoves(bench, board);
            if (made !== done) {
                throw new Error(`pgbench made ${made} valid moves of ${done}`);
            }
            return tps;
        };
        return alternate(3, subject, baseline);
    },
};
