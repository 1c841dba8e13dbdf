// board.100k, board.more, board.search, board.filter: a board of 100,000 cards beside one of 500.
// board.bytes: what a board of 250 cards weighs on the way.

import { gzipSync } from 'node:zlib';
import { median, wrk } from './tools.mjs';
import { theBoard } from './web.mjs';

const connections = 4;
const cards = 100000;
const stages = 5;

// 20 tags, of which a company has none to two (1 of 20 companies the commonest, 1 of 2,000 the rarest), 10 owners of
// 1 card in 5, scores from 0 to 100, activity over two months. The cards are as they would be derived, so that the
// worker leaves them alone.
async function addLarge({ stack, dataset: { dataset, user, workspace } }) {
    const account = 1 + await stack.value('select coalesce(max(id), 0) from account');
    await stack.psql(`
        with u as (insert into app_user (email, name, password_hash)
                   select 'owner-' || n || '@bench.example', 'Owner ' || n, '*' from generate_series(1, 10) n returning id)
        insert into membership (workspace_id, user_id, role) select ${workspace}, id, 1 from u;
        insert into tag (dataset_id, name) select ${dataset}, 'Topic ' || n from generate_series(1, 20) n;
        with b as (insert into board (dataset_id, name, user_id, setup_step)
                   values (${dataset}, 'Everybody', ${user}, 0) returning id)
        insert into stage (dataset_id, board_id, position, name, entry, final, cards)
        select ${dataset}, b.id, n, 'Stage ' || n, n = 1, n = ${stages}, ${cards / stages} from b, generate_series(1, ${stages}) n order by n;
        insert into account (dataset_id, domain, name, contacts, visitors, score, last_at)
        select ${dataset}, words.domain, words.name, n % 9, n % 23, n * 7919 % 101, now() - n * interval '52 seconds'
        from generate_series(1, ${cards}) n, lateral (
            select v.name, lower(replace(v.name, ' ', '-')) || '.example' as domain
            from (select (array['Harbor', 'Northwind', 'Blue', 'Acme', 'Silver', 'Green', 'Delta', 'Summit', 'River',
                'Stone', 'Amber', 'Cedar', 'Falcon'])[1 + n % 13] || ' ' || (array['Logistics', 'Foods', 'Robotics',
                'College', 'Media', 'Partners', 'Systems', 'Energy', 'Labs', 'Works', 'Trading'])[1 + n % 11]
                || ' ' || n as name) v) words`);
    const [large] = await stack.rows(`select b.id as board, (select min(id) from stage where board_id = b.id) as stage,
        (select min(id) from tag where name like 'Topic %') as tag, (select min(id) from app_user where name like 'Owner %') as owner
        from board b where b.name = 'Everybody'`);
    await stack.psql(`
        insert into account_tag (dataset_id, account_id, tag_id)
        select ${dataset}, a.id, ${large.tag} + v from account a, generate_series(0, 19) v
        where a.dataset_id = ${dataset} and a.id >= ${account} and a.id % (20 + v * v * 5) = v;
        analyze account; analyze account_tag;
        with c as (insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, contacts, visitors,
                                     score, tags, tag_ids, owner_id, last_activity_at, modified_at, created_at)
                   select ${dataset}, ${large.board}, ${large.stage} + account_id % ${stages}, account_id, account_id, title, domain,
                          contacts, visitors, score, tags, tag_ids,
                          case when account_id * 48271 % 65537 % 5 = 0 then ${large.owner} + account_id * 48271 % 65537 / 5 % 10 end,
                          last_activity_at, now() - account_id * 31 % ${cards} * interval '1 minute',
                          now() - account_id * interval '5 minutes'
                   from card_of_account where dataset_id = ${dataset} and account_id >= ${account} order by account_id
                   returning id, title_lower, domain, created_at)
        insert into card_find (dataset_id, card_id, board_id, text, created_at)
        select ${dataset}, id, ${large.board}, title_lower || e'\\n' || domain, created_at from c;
        vacuum analyze card; vacuum analyze card_find; vacuum analyze stage; vacuum analyze account; checkpoint`);
    return large;
}

const theLarge = (bench) => (bench.large ??= addLarge(bench));

// The pages in turn, each of which answers with as many cards as it says.
async function load(bench, cookies, paths, { script = false, seconds = 4 } = {}) {
    return wrk(bench.stack, {
        script: 'pages.lua', connections, seconds, args: [cookies, script ? '1' : '0', ...paths],
    });
}

const shown = (page) => page.text.match(/<li class="card[ "]/g)?.length ?? 0;

// Three runs; the one whose p99 is the median.
async function measure(bench, cookies, paths, options) {
    for (const path of paths) { // warm, and as expected
        const page = await bench.client.get(path, options?.script ? { headers: { 'HX-Request': 'true' } } : {});
        if (page.status !== 200) {
            throw new Error(`${path} was answered ${page.status}`);
        }
    }
    const runs = [];
    for (let i = 0; i < 3; i++) {
        runs.push(await load(bench, cookies, paths, options));
    }
    const p99 = median(runs.map((run) => run.p99));
    return { ...runs.find((run) => run.p99 === p99), value: median(runs.map(({ rate }) => rate)) };
}

export const board100k = {
    name: 'board.100k',
    unit: 'times',
    async run(bench) {
        const cookies = await bench.signIn();
        const large = `/boards/${(await theLarge(bench)).board}`;
        const small = `/boards/${(await theBoard(bench)).board}`;
        const [of100k, of500] = [await bench.client.get(large), await bench.client.get(small)];
        if (shown(of100k) !== 500 || shown(of500) !== 500) {
            throw new Error(`${shown(of100k)} and ${shown(of500)} cards are shown`);
        }
        const runs = { large: [], small: [] };
        await load(bench, cookies, [large, small]);
        for (let i = 0; i < 3; i++) {
            runs.large.push(await load(bench, cookies, [large]));
            runs.small.push(await load(bench, cookies, [small]));
        }
        const p95 = Object.fromEntries(Object.entries(runs).map(([name, list]) => [name, median(list.map((run) => run.p95))]));
        const bytes = Buffer.byteLength(of100k.text) / Buffer.byteLength(of500.text);
        const time = p95.large / p95.small;
        return {
            value: Math.max(time, bytes), p95: p95.large, more: { p95_ratio: time, bytes_ratio: bytes },
            note: `p95 ${time.toFixed(2)}, bytes ${bytes.toFixed(2)} of the board of 500`,
        };
    },
};

// Places all over each stage, in order by hand.
async function places(bench, { board, stage }) {
    const rows = await bench.stack.rows(`select stage_id, rank::text || '_' || id as place from (
        select stage_id, rank, id, row_number() over (partition by stage_id order by rank, id) nr from card
        where board_id = ${board} and stage_id >= ${stage}) v where nr % 4000 = 100`);
    return rows.map(({ stage_id: id, place }) => `/boards/${board}?stage=${id}&after=${place}`);
}

export const boardMore = {
    name: 'board.more',
    unit: 'pages/s',
    async run(bench) {
        const cookies = await bench.signIn();
        const large = await theLarge(bench);
        const paths = await places(bench, large);
        return { ...await measure(bench, cookies, paths, { script: true }), note: `100 cards behind each of ${paths.length} places` };
    },
};

// What somebody types: a whole name, a part of a name, of a domain, what many cards have, what none has.
const texts = ['harbor logistics 99', 'Summit Energy 7', 'blue-foods', 'acme robotics 12345', 'falcon-labs-54', 'cedar',
    'northwind systems', 'no such company', 'stone wor', '77777', 'Delta Trading 1', 'ambe'];

export const boardSearch = {
    name: 'board.search',
    unit: 'pages/s',
    async run(bench) {
        const cookies = await bench.signIn();
        const { board } = await theLarge(bench);
        const paths = texts.map((text) => `/boards/${board}?q=${encodeURIComponent(text)}`);
        return { ...await measure(bench, cookies, paths, { script: true }), note: `${texts.length} texts` };
    },
};

// Tag, owner and score together: from a handful of cards to some hundreds.
export const boardFilter = {
    name: 'board.filter',
    unit: 'pages/s',
    async run(bench) {
        const cookies = await bench.signIn();
        const { board, tag, owner } = await theLarge(bench);
        const paths = Array.from({ length: 12 }, (_, i) =>
            `/boards/${board}?tag=${tag + i % 6}&owner=${i % 3 === 0 ? 'none' : owner + i % 10}&min=${i * 5}&max=${100 - i % 2}`);
        return { ...await measure(bench, cookies, paths, { script: true }), note: 'tag, owner and score' };
    },
};

async function addSmall({ stack, dataset: { dataset, user } }) {
    return Number(await stack.psql(`
        with b as (insert into board (dataset_id, name, user_id, setup_step)
                   values (${dataset}, 'Quarter', ${user}, 0) returning id),
        s as (insert into stage (dataset_id, board_id, position, name, entry, final, cards)
              select ${dataset}, b.id, n, 'Stage ' || n, n = 1, n = 5, 50 from b, generate_series(1, 5) n order by n returning id),
        a as (insert into account (dataset_id, domain, name, contacts, visitors, last_at)
              select ${dataset}, substr(md5(n::text), 1, 8) || '.example', initcap(substr(md5(n::text), 9, 7)) || ' Ltd',
                     n % 9, n % 23, now() - n * interval '1 hour'
              from generate_series(1, 250) n returning id, name, domain, last_at),
        c as (insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, contacts, visitors,
                                score, tags, last_activity_at)
              select ${dataset}, b.id, (select min(id) from s) + a.id % 5, a.id, a.id, a.name, a.domain, a.id % 9,
                     a.id % 23, a.id % 101, '[["Interest", 4], ["Partner", 1]]', a.last_at from a, b)
        select id from b`));
}

export const boardBytes = {
    name: 'board.bytes',
    unit: 'KB',
    async run(bench) {
        await bench.signIn();
        const page = await bench.client.get(`/boards/${await addSmall(bench)}`);
        if (shown(page) !== 250) {
            throw new Error(`${shown(page)} cards are shown`);
        }
        const assets = [...new Set([...page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+\.(?:css|js))"/g)].map(([, path]) => path))];
        let weight = 0;
        for (const path of assets) {
            weight += gzipSync((await bench.client.get(path)).text).length;
        }
        const html = gzipSync(page.text, { level: 5 }).length;
        return {
            value: html / 1024, more: { assets_kb: weight / 1024 },
            note: `HTML of 250 cards, gzipped; script and style ${(weight / 1024).toFixed(1)} KB in ${assets.length} files`,
        };
    },
};
