// What a person sees in each state of the board and the panel, compared with reference pictures
// (tests/lib/picture.mjs).

import { after, before, test } from 'node:test';
import { launchBrowser } from '../lib/browser.mjs';
import { ownDataset } from '../lib/fixture.mjs';
import { signedIn } from '../lib/person.mjs';
import { mustLookLike } from '../lib/picture.mjs';
import { startStack } from '../lib/stack.mjs';

const quote = (text) => `'${text.replaceAll("'", "''")}'`;
const desk = { width: 1280, height: 720 };
const phone = { width: 390, height: 844, touch: true };

let stack, browser, own;
before(async () => {
    stack = await startStack({ owner: true });
    browser = await launchBrowser();
    own = await ownDataset(stack);
    await stack.psql(`update app_user set name = 'Emma Moss' where id = ${own.user}`);
});
after(async () => {
    await browser?.close();
    await stack?.stop();
});

// cards: [stage 1-4, title, score, tags, hours since the last activity]. Answers { board, stages, cards }.
async function makeBoard(name, cards) {
    const text = await stack.psql(`
        with b as (insert into board (dataset_id, name, user_id, setup_step)
                   values (${own.dataset}, ${quote(name)}, ${own.user}, 0) returning id),
        s as (insert into stage (dataset_id, board_id, position, name, entry, final)
              select ${own.dataset}, b.id, v.n, v.name, v.n = 1, v.n = 4
              from b, (values (1, 'Orientation'), (2, 'Discovery'), (3, 'Interest'), (4, 'Intent')) v (n, name)
              returning id, position)
        select json_build_object('board', b.id, 'stages', (select json_agg(id order by position) from s)) from b`);
    const made = { ...JSON.parse(text), cards: [] };
    for (const [i, [stage, title, score, tags, hours]] of cards.entries()) {
        const domain = `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 30)}-${i}.example`;
        const id = await stack.psql(`
            with a as (insert into account (dataset_id, domain, name, score, leads, contacts, visitors, last_at)
                       values (${own.dataset}, ${quote(domain)}, ${quote(title)}, ${score}, 3, 1, 2,
                               now() - ${hours} * interval '1 hour' - interval '10 minutes')
                       on conflict (dataset_id, domain) where domain is not null
                       do update set last_at = excluded.last_at returning id, last_at)
            insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, score, contacts,
                              visitors, tags, last_activity_at, modified_at, stage_at, created_at, owner_id)
            select ${own.dataset}, ${made.board}, ${made.stages[stage - 1]}, ${i}, a.id, ${quote(title)},
                   ${quote(domain)}, ${score}, 1, 2, ${quote(JSON.stringify(tags))}, a.last_at,
                   a.last_at, a.last_at, a.last_at, ${i % 3 === 0 ? own.user : 'null'}
            from a returning id`);
        made.cards.push(Number(id));
    }
    await stack.psql(`update stage s set cards = (select count(*) from card c where c.stage_id = s.id)
        where board_id = ${made.board}`);
    return made;
}

const companies = [
    [1, 'Harbor College', 62, [['Interest', 2], ['Target audience', 1]], 8],
    [1, 'Redleaf Media', 41, [['team', 1]], 17],
    [1, 'Polder Online', 38, [['Target audience', 2], ['Discovery', 1], ['Partner', 1]], 48],
    [2, 'Arcline Technologies', 77, [], 50],
    [2, 'Lakeside Clinic', 22, [['Customer', 1]], 72],
    [3, 'Northwind Logistics', 91, [['Key account', 1]], 1],
];

async function openBoard(made, look, query = '') {
    const page = await signedIn(browser, stack, look);
    await page.goto(`${stack.url}/boards/${made.board}${query}`);
    if (query === '') {
        await page.locator('#live[data-state=on]').waitFor();
    }
    return page;
}

for (const [name, look] of [['board', desk], ['board-dark', { ...desk, dark: true }], ['board-phone', phone]]) {
    test(name, async () => {
        const page = await openBoard(await makeBoard('Trials', companies), look);
        await mustLookLike(page, name);
        await page.context().close();
    });
}

test('board-empty', async () => {
    const page = await openBoard(await makeBoard('Empty', []), desk);
    await mustLookLike(page, 'board-empty');
    await page.context().close();
});

test('boards-none: the very first visit', async () => {
    const page = await signedIn(browser, stack, desk);
    await stack.psql('update board set deleted_at = now()');
    await page.goto(`${stack.url}/boards`);
    await mustLookLike(page, 'boards-none');
    await page.context().close();
});

test('board-filtered-to-nothing', async () => {
    const page = await openBoard(await makeBoard('Trials', companies), desk, '?q=nobody');
    await mustLookLike(page, 'board-filtered-to-nothing');
    await page.context().close();
});

test('board-names: long names, fifty tags, right-to-left names', async () => {
    const tags = Array.from({ length: 50 }, (_, i) => [`Tag number ${i + 1}`, 50 - i]);
    const made = await makeBoard('Names', [
        [1, 'The Very Long Company Name of the United Incorporated Associates and Sons Limited', 55, tags, 3],
        [1, 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft', 44, [], 4],
        [2, 'شركة الميناء للتجارة', 33, [['عميل', 1]], 5],
        [2, 'חברת הנמל בע"מ', 66, [], 6],
        [3, '北極光物流有限公司', 12, [['Partner', 3]], 7],
        [4, '<b>Bold & "quoted"</b>', 5, [['<i>', 1]], 9],
    ]);
    const page = await openBoard(made, desk);
    await mustLookLike(page, 'board-names');
    await page.context().close();
});

test('board-loading-more', async () => {
    const made = await makeBoard('Many', []);
    await stack.psql(`
        with a as (insert into account (dataset_id, domain, name)
                   select ${own.dataset}, 'many' || i || '.example', 'Company ' || i from generate_series(1, 130) i
                   returning id, name, domain)
        insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, score, modified_at, stage_at)
        select ${own.dataset}, ${made.board}, ${made.stages[0]}, substr(name, 9)::integer, id, name, domain, 50,
               now() - interval '150 minutes', now() - interval '150 minutes' from a;
        update stage set cards = 130 where id = ${made.stages[0]}`);
    const page = await openBoard(made, desk);
    await page.route('**/*after=*', () => {}); // never answered
    await page.locator('.more').scrollIntoViewIfNeeded();
    await page.locator('.more.loading').waitFor();
    await page.locator('.more').scrollIntoViewIfNeeded();
    await mustLookLike(page, 'board-loading-more');
    await page.context().close();
});

test('board-offline', async () => {
    const page = await openBoard(await makeBoard('Trials', companies), desk);
    await page.context().setOffline(true);
    await page.locator('#live[data-state=off]').waitFor();
    await mustLookLike(page, 'board-offline');
    await page.context().close();
});

test('board-selected: two cards and what can be done with them', async () => {
    const made = await makeBoard('Trials', companies);
    const page = await openBoard(made, desk);
    for (const card of made.cards.slice(0, 2)) {
        await page.locator(`#c${card}`).click({ modifiers: ['Control'], position: { x: 130, y: 12 } });
    }
    await page.getByText('2 selected').first().waitFor();
    await page.mouse.move(640, 600);
    await mustLookLike(page, 'board-selected');
    await page.context().close();
});

test('board-lanes: by owner', async () => {
    const page = await openBoard(await makeBoard('Trials', companies), desk, '?lanes=owner');
    await page.locator('#live[data-state=on]').waitFor();
    await mustLookLike(page, 'board-lanes');
    await page.context().close();
});

test('board-limits: too many cards, cards too long in their stage, a stage folded away', async () => {
    const made = await makeBoard('Trials', companies);
    await stack.psql(`update stage set wip_limit = 2, age_limit_days = 1 where id = ${made.stages[0]};
        update stage set age_limit_days = 2, wip_limit = 10 where id = ${made.stages[1]};
        insert into board_person (dataset_id, board_id, user_id, folded)
        values (${own.dataset}, ${made.board}, ${own.user}, '{${made.stages[2]}}')`);
    const page = await openBoard(made, desk);
    await mustLookLike(page, 'board-limits');
    await page.context().close();
});

test('board-error: a board that is not there', async () => {
    const page = await signedIn(browser, stack, desk);
    await page.goto(`${stack.url}/boards/999999`);
    await mustLookLike(page, 'board-error');
    await page.context().close();
});

test('panel: an account over its board', async () => {
    const made = await makeBoard('Trials', companies);
    const page = await openBoard(made, desk);
    await page.locator(`#c${made.cards[0]} .card-name`).click();
    await page.locator('#drawer[open] .account-head').waitFor();
    await mustLookLike(page, 'panel');
    await page.context().close();
});
