// The pages of automations: the list with what needs attention, one stage's, runs and what they say, versions;
// who may do what.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, unescape } from '../lib/client.mjs';
import { addBoard, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const stack = await startStack({ owner: true });
// What is written here is not to be acted upon.
const resumeWorker = stack.pauseWorker();
after(() => {
    resumeWorker();
    return stack.stop();
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const text = (html) => unescape(html.replace(/<main[^]*?<\/h1>/, '').replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
const json = (value) => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
const tree = (conditions = [], subject = 'accounts') => ({ version: 2, subject, match: 'all', conditions });
const add = async (name, trigger, actions, columns = {}) => {
    const set = Object.entries({ enabled: true, source: 3, ...columns });
    return Number(await stack.psql(`with a as (insert into automation (dataset_id, name, user_id, ${set.map(([column]) => column)})
            values (${own.dataset}, '${name}', ${own.user}, ${set.map(([, value]) => value)}) returning id),
        v as (insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
            select ${own.dataset}, id, 1, ${own.user}, ${json(trigger)}, ${json(actions)} from a) select id from a`));
};
const addRun = async (automation, board, columns = {}) => {
    const set = Object.entries({ cause: 1, cause_id: `(select coalesce(max(id), 0) + 1 from automation_run)`, cause_at: 'now()', state: 1,
        said: json([{ did: true, text: 'Tagged' }]), why: "'visited /pricing'", account_id: board.account, lead_id: board.lead, ...columns });
    return Number(await stack.psql(`insert into automation_run (dataset_id, automation_id, version, subject, ${set.map(([column]) => column)})
        values (${own.dataset}, ${automation}, 1, ${board.account}, ${set.map(([, value]) => value)}) returning id`));
};
// Somebody of the same workspace with another role: 1 user, 2 super user, 3 admin.
const colleague = async (role) => {
    const email = `role${role}@example.com`;
    await stack.psql(`with u as (insert into app_user (email, name, password_hash)
            select '${email}', 'Role ${role}', password_hash from app_user where id = ${own.user} returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, ${role} from u)
        insert into dataset_access (user_id, dataset_id) select id, ${own.dataset} from u`);
    const person = new Client(stack.url);
    await person.signIn({ email, password: owner.password });
    return person;
};

test('with nothing there the page explains, and leads on', async () => {
    const page = await client.get('/automations');
    assert.equal(page.status, 200);
    assert.match(text(page.text), /A board that fills and moves itself/);
    assert.match(page.text, /href="\/automations\/guide"/);
    assert.match(page.text, /href="\/automations\/new"/);
});

test('the list: sentences, switches, runs of a week, and what needs attention first', async () => {
    const board = await addBoard(stack, own, 'Listed');
    const when = { when: 'stage', ids: [String(board.stage3)], names: ['Decision of Listed'], filter: tree() };
    const fine = await add('A fine one', when, [{ do: 'owner', how: 'fixed', users: [String(own.user)], names: ['owner'] }]);
    const gone = await add('B tells what is gone', when, [{ do: 'webhook', integration: '998', integration_name: 'Old shop' }]);
    const stuck = await add('C is stuck', when, [{ do: 'add_tag', to: 'company', tag: String(board.tag), tag_name: 'Tag' }],
        { problem: "'The database was busy.'", problem_at: 'now()', retry_at: "now() + interval '5 minutes'" });
    const newer = await add('D is of a later LeadBoard', { when: 'moonrise', filter: tree() }, [], { enabled: false });
    await stack.psql(`insert into automation_pending (dataset_id, automation_id, version, subject, cause, cause_id, cause_at)
        select ${own.dataset}, ${stuck}, 1, ${board.account}, 3, i, now() from generate_series(1, 12) i`);
    await addRun(fine, board);
    await addRun(fine, board, { state: 4 });
    await addRun(fine, board, { state: 3 });
    await addRun(fine, board, { at: "now() - interval '8 days'" });
    const page = await client.get('/automations');
    const said = text(page.text);
    assert.match(said, /2 automations need your attention/);
    assert.match(said, /The integration “Old shop” does not exist any more\. Choose another, or take it out\. Mend it/);
    assert.match(said, /The database was busy\. Mend it · It is tried again in [45] min ; 12 things wait for it, and nothing is lost\./);
    assert.match(said, /When a card enters Decision of Listed, then give the card to owner\./);
    assert.match(said, /3 runs in 7 days , 1 failed , 1 stopped/);
    assert.match(said, /This automation was saved by a newer LeadBoard\./);
    const order = [gone, stuck, fine, newer].map((id) => page.text.indexOf(`id="a${id}"`));
    assert.deepEqual([...order].sort((a, b) => a - b), order, 'what needs attention comes first, then by name');
    assert.match(page.text, /nav-count">1<span class="visually-hidden"> with a problem/);
});

test('those that have to do with a stage, and what else does', async () => {
    const board = await addBoard(stack, own, 'Staged');
    const stage = String(board.stage2);
    await add('Runs there', { when: 'stage', ids: [stage], names: ['Interest'], filter: tree() }, [{ do: 'mail', how: 'owner', subject: 'x', text: 'y' }]);
    await add('Leads there', { when: 'match', filter: tree([{ field: 'page', op: 'is', values: ['/a'] }]) },
        [{ do: 'card', how: 'put', board: String(board.board), stage }]);
    await add('Asks for it', { when: 'match', filter: tree([{ field: 'stage', op: 'is', values: [stage] }]) }, [{ do: 'mail', how: 'owner', subject: 'x', text: 'y' }]);
    await add('Has nothing to do with it', { when: 'board', ids: [String(board.board)], filter: tree() }, [{ do: 'mail', how: 'owner', subject: 'x', text: 'y' }]);
    await stack.psql(`insert into integration (dataset_id, kind, name, user_id, events, stage_ids) values
            (${own.dataset}, 3, 'Our CRM', ${own.user}, '{account.entered_stage}', '{${stage}}'),
            (${own.dataset}, 1, 'Everything hook', ${own.user}, '{account.entered_stage}', '{}'),
            (${own.dataset}, 1, 'Other hook', ${own.user}, '{account.entered_stage}', '{${board.stage3}}'),
            (${own.dataset}, 1, 'Tag hook', ${own.user}, '{card.tagged}', '{}');
        insert into segment (dataset_id, name, user_id, shared, filter) values
            (${own.dataset}, 'In Interest', ${own.user}, true, ${json(tree([{ field: 'stage', op: 'is', values: [stage] }]))})`);
    const said = text((await client.get(`/automations?stage=${stage}`)).text);
    assert.match(said, /Automations of Interest/);
    for (const there of [/Runs there runs when a card comes here/, /Leads there brings cards here/, /Asks for it asks whether a card is here/,
        /Our CRM gets the company when a card comes here/, /Everything hook is told when a card comes here/, /In Interest is a segment that asks/]) {
        assert.match(said, there);
    }
    assert.doesNotMatch(said, /Has nothing to do|Other hook|Tag hook/);
    const final = text((await client.get(`/automations?stage=${board.stage3}`)).text);
    assert.match(final, /Choose what happens/, 'the final stage asks for it');
    for (const none of ['0', '-1', 'abc', '999999']) {
        assert.equal((await client.get(`/automations?stage=${none}`)).status, 404);
    }
});

test('runs: why, what each action did or not, and undo that says what cannot be taken back', async () => {
    const board = await addBoard(stack, own, 'Ran');
    const when = { when: 'match', filter: tree([{ field: 'page', op: 'is', values: ['/pricing*'] }], 'leads') };
    const actions = [{ do: 'add_tag', to: 'person', tag: String(board.tag), tag_name: 'Tag' }, { do: 'mail', how: 'owner', subject: 'x', text: 'y' }];
    const id = await add('Ran <b>often</b>', when, actions);
    const operation = await stack.psql(`insert into operation (dataset_id, kind, board_id, n, detail, subject)
        values (${own.dataset}, 4, ${board.board}, 3, '{"tag": "Tag"}', null) returning id`);
    const done = await addRun(id, board, { operation_id: operation, held: 2, depth: 1,
        said: json([{ did: true, text: 'Put the tag Tag on someone' }, { did: true, text: 'Mailed owner <x>' }]) });
    const nothing = await addRun(id, board, { state: 2, said: json([{ did: false, text: 'Not moved: fixed flow' }, { did: false, text: 'Nobody owns the card' }]) });
    const page = await client.get(`/automations/${id}/runs`);
    const said = text(page.text);
    assert.match(said, /Ran <b>often<\/b>/, 'names are text');
    assert.match(said, /Ran Ltd Nothing to do Because visited \/pricing Not done: Not moved: fixed flow Not done: Nobody owns the card/);
    assert.match(said, /Done: Put the tag Tag on someone Done: Mailed owner <x> It would have run 2 more times while it cooled down/);
    assert.match(page.text, new RegExp(`href="/leads/${board.lead}\\?before=\\d{16}#sessions"`), 'the event is shown where it was');
    const only = text((await client.get(`/automations/${id}/runs?state=nothing`)).text);
    assert.ok(only.includes('fixed flow') && !only.includes('Mailed owner'));
    assert.match(text((await client.get(`/automations/${id}/runs?state=failed`)).text), /No such run/);

    const run = await client.get(`/automations/runs/${done}`);
    assert.match(text(run.text), /also what it changed for 2 others in the same moment\. What was sent cannot be taken back: Mailed owner <x> Undo all/);
    assert.doesNotMatch(text((await client.get(`/automations/runs/${nothing}`)).text), /cannot be taken back/);
    const undone = await client.follow(await client.submit(run, {}, /undo$/));
    assert.equal(undone.status, 200);
    assert.equal(undone.path.split('?')[0], `/automations/runs/${done}`);
    assert.match(text(undone.text), /Undone/);
    assert.doesNotMatch(undone.text, /\/operations\/\d+\/undo/, 'once');

    const all = text((await client.get('/automations/runs')).text);
    assert.match(all, /by Ran <b>often<\/b>/);
    assert.match(text((await client.get(`/automations/runs?account=${board.account}`)).text), /Ran Ltd \/ Runs/);
    assert.match(text((await client.get(`/automations/runs?lead=${board.lead2}`)).text), /No automation has done anything for other@no-ran/);
    for (const missing of [`/automations/runs?account=999999`, `/automations/runs?lead=999999`, '/automations/runs/999999', '/automations/999999/runs']) {
        assert.equal((await client.get(missing)).status, 404, missing);
    }
});

test('many runs are paged, and what is asked for stays', async () => {
    const board = await addBoard(stack, own, 'Paged');
    const id = await add('Paged', { when: 'board', ids: [String(board.board)], filter: tree() }, [{ do: 'mail', how: 'owner', subject: 'x', text: 'y' }]);
    await stack.psql(`insert into automation_run (dataset_id, automation_id, version, subject, account_id, cause, cause_id, cause_at, why, state)
        select ${own.dataset}, ${id}, 1, ${board.account}, ${board.account}, 1, i, now(), 'number ' || i, 1 + i % 2 from generate_series(1, 120) i`);
    const seen = [];
    for (let path = `/automations/${id}/runs?state=done`; path; ) {
        const page = await client.get(path);
        seen.push(...[...page.text.matchAll(/number (\d+)/g)].map(([, n]) => Number(n)));
        path = /href="([^"]*before=[^"]*)">Earlier/.exec(page.text)?.[1].replaceAll('&amp;', '&');
    }
    assert.deepEqual(seen, Array.from({ length: 60 }, (_, i) => 120 - 2 * i));
});

test('versions: who changed what, and the way back', async () => {
    const board = await addBoard(stack, own, 'Versioned');
    const trigger = (page) => ({ when: 'match', filter: tree([{ field: 'page', op: 'is', values: [page] }]) });
    const id = await add('Versioned', trigger('/trial'), [{ do: 'add_tag', to: 'company', tag: String(board.tag), tag_name: 'Warm' }]);
    await stack.psql(`insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions) values
            (${own.dataset}, ${id}, 2, 999999, ${json(trigger('/demo'))}, ${json([{ do: 'add_tag', to: 'company', tag: String(board.tag), tag_name: 'Warm' },
        { do: 'set_property', to: 'company', key: 'origin', from: 'utm_source' }])}),
            (${own.dataset}, ${id}, 3, ${own.user}, '{"when": "moonrise"}', '[]');
        update automation set version = 3 where id = ${id}`);
    const page = await client.get(`/automations/${id}/versions`);
    const said = text(page.text);
    assert.match(said, /Version 3 Current changed by owner/);
    assert.match(said, /What it did cannot be read/);
    assert.match(said, /Version 2 changed by A former user/);
    assert.match(said, /then set “origin” of the company to utm_source of the visit/);
    assert.match(page.text, /<del>[^]*<b>\/?trial<\/b>[^]*<ins>[^]*<b>\/?demo<\/b>/);
    assert.match(page.text, new RegExp(`href="/automations/${id}\\?version=1"`));
    assert.doesNotMatch(page.text, new RegExp(`href="/automations/${id}\\?version=3"`));
});

test('a user looks, and changes nothing; other people\'s are not there', async () => {
    const board = await addBoard(stack, own, 'Looked at');
    const id = await add('Looked at', { when: 'board', ids: [String(board.board)], filter: tree() }, [{ do: 'mail', how: 'owner', subject: 'x', text: 'y' }]);
    const user = await colleague(1);
    const page = await user.get('/automations');
    assert.equal(page.status, 200);
    assert.match(text(page.text), /Looked at/);
    assert.doesNotMatch(page.text, /role="switch"|\/automations\/new/);
    assert.match((await (await colleague(2)).get('/automations')).text, /role="switch"/, 'a super user does');

    const foreign = await addWorkspace(stack, 'Elsewhere');
    const theirs = await addBoard(stack, foreign, 'Theirs');
    assert.doesNotMatch((await client.get('/automations')).text, /Theirs decided/);
    for (const path of [`/automations/${theirs.automation}/runs`, `/automations/${theirs.automation}/versions`, `/automations/runs/${theirs.run}`,
        `/automations/runs?account=${theirs.account}`, `/automations?stage=${theirs.stage}`]) {
        assert.equal((await client.get(path)).status, 404, path);
    }
    assert.ok(id > 0);
});

test('names of private boards stay with their owner', async () => {
    const board = await addBoard(stack, own, 'Hush');
    await stack.psql(`update board set visibility = 1 where id = ${board.board}`);
    await add('About a private board', { when: 'stage', ids: [String(board.stage)], names: ['Discovery of Hush'], filter: tree() },
        [{ do: 'mail', how: 'owner', subject: 'x', text: 'y' }]);
    const other = await colleague(3);
    const page = text((await other.get('/automations')).text);
    assert.match(page, /When a card enters a stage of a private board/);
    assert.equal((await other.get(`/automations?stage=${board.stage}`)).status, 404);
    assert.match(text((await client.get('/automations')).text), /When a card enters Discovery of Hush/);
});
