// Every route of the web program (`leadboard-web --routes` prints its table), through real nginx:
// anonymous and signed in, right and wrong forgery token, other people's ids, oversize and malformed
// input. The answer has the right status, is never a 5xx, and nothing is written by what is refused.
//
// A new route needs a line in `examples` (POST), and an entry in `idsOf` for a new name in its path.

import { after, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { programs, sanitizerEnv } from '../lib/paths.mjs';
import { execute } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';
import { Client, encodeForm, forms, send } from '../lib/client.mjs';
import { addBoard, addFormula, addIntegration, addWorkspace, ownDataset, rowCounts } from '../lib/fixture.mjs';

const stack = await startStack({ owner: true });
// Rows are counted before and after: jobs have to wait.
const resumeWorker = stack.pauseWorker();
after(() => {
    resumeWorker();
    return stack.stop();
});

const { output } = await execute([join(programs, 'leadboard-web'), '--routes'],
    { env: { ...process.env, ...sanitizerEnv } });
const routes = output.trim().split('\n').map((line) => JSON.parse(line));

const own = await ownDataset(stack);
const foreign = await addWorkspace(stack, 'Rival');
const newBoard = async (data, name) => ({
    ...await addBoard(stack, data, name), ...await addIntegration(stack, data), ...await addFormula(stack, data),
});
const foreignBoard = await newBoard(foreign, 'Rival');
// What is refused, or only looked at, leaves it as it is.
let untouched;
const ownBoard = async () => (untouched ??= await newBoard(own));

const board = { name: 'Sales', visibility: 'everyone', fixed_flow: 'on' };
// A group of "all" with one condition in it, as the builder sends them.
const big = { is: ['all', 'if'], parent: ['0', '0'], field: ['', 'employees'], key: ['', ''], op: ['', 'greater'], value: ['', '100'],
    times: ['', ''], days: ['', ''] };
const segment = { name: 'Big', subject: 'accounts', ...big, do: 'store' };
const automation = ({ stage3, tag }) => ({ name: 'Decided', when: 'stage', of: stage3, whom: 'accounts', cooldown: '1', unit: 'minutes', ...big, a0_do: 'add_tag', a0_to: 'company',
    a0_tag: tag, do: 'save' });
const colleague = await stack.psql(`with u as (insert into app_user (email, name, password_hash) values ('bo@example.com', 'Bo', '*') returning id),
    m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 3 from u) select id from u`);

// Valid values for each form, without the token. ids: those of a board made for this one request.
const examples = {
    'POST /setup': () => ({ workspace: 'Acme', name: 'Ada', email: 'ada@example.com', password: owner.password, dataset: 'Site' }),
    'POST /login': () => owner,
    'POST /logout': () => ({}),
    'POST /settings/profile/name': () => ({ name: 'Ada Lovelace' }),
    'POST /settings/profile/password': () => ({ old_password: owner.password, new_password: owner.password }),
    'POST /settings/datasets': () => ({ name: 'Shop' }),
    'POST /settings/datasets/{dataset}': () => ({ name: 'Site', hosts: 'example.com\nexample.org', mask_ip: 'on', retention_days: '365' }),
    'POST /dataset': ({ dataset }) => ({ dataset, back: '/segments' }),
    'POST /tracking/others': () => ({ alias: `old-${Math.random().toString(36).slice(2)}` }),
    'POST /tracking/others/delete': ({ alias }) => ({ alias }),
    'POST /tracking/servers': () => ({ name: 'Web shop' }),
    'POST /tracking/servers/{key}/revoke': () => ({}),
    'POST /segments': () => segment,
    'POST /segments/{segment}': () => segment,
    'POST /segments/{segment}/delete': () => ({}),
    'POST /segments/count': () => ({ ...segment, do: 'count' }),
    'POST /segments/{segment}/copy': () => ({}),
    'POST /segments/{segment}/owner': () => ({ owner: colleague }),
    'GET /segments/quick': () => ({ show: 'paid' }),
    'POST /settings/score': () => ({ rule_kind: 'has', rule_key: '', rule_field: 'email', rule_property: '', rule_op: 'known', rule_value: '',
        rule_from: '', rule_to: '', rule_points: '10', rule_most: '' }),
    'POST /settings/score/drafts/{draft}/save': () => ({}),
    'POST /settings/score/drafts/{draft}/cancel': () => ({}),
    'POST /settings/targets': () => ({ name: `Trial ${Math.random().toString(36).slice(2)}`, pages: '/trial*' }),
    'POST /settings/targets/{target}': () => ({ name: `Trial ${Math.random().toString(36).slice(2)}`, pages: '/trial*\n/demo*' }),
    'POST /settings/targets/{target}/delete': () => ({ sure: 'on' }),
    'POST /settings/ideal': () => ({ match: 'all', tag: 'Ideal customer', condition_field: 'employees', condition_property: '', condition_op: 'greater', condition_value: '50' }),
    'POST /settings/ideal/off': () => ({}),
    'POST /automations': automation,
    'POST /automations/look': automation,
    'POST /automations/{automation}': (ids) => ({ ...automation(ids), version: '2' }),
    'POST /automations/{automation}/delete': () => ({ sure: 'on' }),
    'POST /automations/{automation}/switch': () => ({ do: 'include' }),
    'POST /automations/{automation}/enrol/cancel': () => ({}),
    'POST /automations/{automation}/backtest': () => ({ days: '14' }),
    'POST /automations/{automation}/backtest/cancel': () => ({}),
    'POST /automations/guide/{board}/switch': () => ({ do: 'on' }),
    'POST /automations/guide/{board}/backtest': () => ({ days: '7' }),
    'POST /boards': () => board,
    'POST /boards/{board}/setup': () => board,
    'POST /boards/{board}/settings': () => board,
    'POST /boards/{board}/stages': ({ stage, stage2, stage3 }) => ({
        stage: [stage2, stage, stage3], stage_name: ['Second', 'First', 'Third'], entry: stage2, new_stage: 'Fourth',
    }),
    'POST /boards/{board}/stages/{stage}/sort': () => ({ order: 'activity' }),
    'POST /boards/{board}/views': () => ({ name: 'Warm', query: 'min=40', shared: '1' }),
    'POST /boards/{board}/views/{view}': () => ({ name: 'Hot', query: 'min=75' }),
    'POST /boards/{board}/views/{view}/delete': () => ({}),
    'POST /boards/{board}/stages/{stage}/fold': () => ({ folded: '1' }),
    'POST /boards/{board}/stages/{stage}/delete': ({ stage2 }) => ({ target: stage2 }),
    'POST /boards/{board}/import': () => ({ days: '7' }),
    'POST /boards/{board}/import/cancel': () => ({}),
    'POST /boards/{board}/copy': () => ({ name: 'Copy of Sales' }),
    'POST /boards/{board}/delete': () => ({ sure: 'on' }),
    'POST /boards/{board}/cards/{card}/move': ({ stage2 }) => ({ stage: stage2, version: '1', place: 'top' }),
    'POST /accounts/{account}/details': () => ({ field: 'industry', value: 'Publishing' }),
    'POST /accounts/{account}/domain': () => ({ domain: `its-${Math.random().toString(36).slice(2)}.com` }),
    'POST /accounts/{account}/logo': () => ({ address: 'https://example.com/logo.png' }),
    'POST /accounts/{account}/enrich': () => ({}),
    'POST /settings/enrichment/order': () => ({ source: 'wikidata', move: 'down' }),
    'POST /settings/enrichment/switch': () => ({ source: 'rdap', on: '0' }),
    'POST /settings/enrichment/provider': () => ({ source: 'api-fixture', name: 'A service', address: 'https://api.example.com/{domain}',
        seconds: '9', per_minute: '60', refresh_days: '30', mapping: 'name = name' }),
    'POST /settings/enrichment/provider/delete': () => ({ source: 'api-fixture', sure: 'on' }),
    'POST /settings/enrichment/try': () => ({ source: 'site', domain: 'acme.com' }),
    'POST /boards/{board}/add': () => ({ what: `new-${Math.random().toString(36).slice(2)}.com` }),
    'POST /boards/{board}/add/{lookup}': () => ({ name: 'Acme' }),
    'POST /settings/tags': () => ({ name: `Tag ${Math.random().toString(36).slice(2)}` }),
    'POST /settings/tags/{tag}': () => ({ name: `Tag ${Math.random().toString(36).slice(2)}` }),
    'POST /settings/tags/{tag}/delete': () => ({ sure: 'on' }),
    'POST /accounts/{account}/tags': () => ({ add: 'Customer' }),
    'POST /leads/{lead}/tags': () => ({ add: 'Customer' }),
    'GET /boards/{board}/cards/apply': ({ card }) => ({ card }),
    'POST /boards/{board}/cards/apply': ({ card, stage2 }) => ({ card, do: 'move', to: stage2 }),
    'POST /boards/{board}/exclusions/{exclusion}/delete': () => ({}),
    'POST /operations/undo-last': ({ board }) => ({ board }),
    'POST /operations/{operation}/undo': ({ board }) => ({ board }),
    'POST /operations/{operation}/cancel': () => ({}),
    'POST /accounts/{account}/merge': ({ account2 }) => ({ with: account2 }),
    'POST /accounts/{account}/hide': () => ({ what: 'this' }),
    'POST /leads/{lead}/merge': ({ lead2 }) => ({ with: lead2 }),
    'POST /leads/{lead}/link': ({ account2 }) => ({ with: account2 }),
    'POST /leads/{lead}/unlink': () => ({}),
    'POST /leads/{lead}/hide': () => ({}),
    'POST /settings/hidden': () => ({ company: `rival-${Math.random().toString(36).slice(2)}.com` }),
    'POST /settings/hidden/{hiding}/show': () => ({}),
    'GET /settings/traffic/session': ({ visitor, session_at }) => ({ visitor, at: session_at }),
    'POST /settings/traffic': () => ({ what: 'network', network: 3320, verdict: 'company' }),
    'POST /settings/traffic/names': () => ({ names: 'on' }),
    'POST /settings/traffic/{said}/remove': () => ({}),
    'POST /settings/profile/notices': () => ({ assigned: 'on' }),
    'POST /settings/mail': () => ({ host: 'localhost', port: '25', security: 'none', from: 'a@example.com', from_name: 'LeadBoard' }),
    'POST /settings/mail/test': () => ({ to: 'a@example.com' }),
    'POST /settings/mail/delete': () => ({}),
    'POST /settings/mail/{mail}/again': () => ({}),
    'POST /integrations': () => ({ kind: 'webhook', name: 'Hook', url: 'https://example.com/in', events: 'card.moved' }),
    'POST /integrations/{integration}': () => ({ name: 'CRM', url: 'https://api.pipedrive.com', secret: 'key-12345678', make: 'lead' }),
    'POST /integrations/{integration}/test': () => ({}),
    'POST /integrations/{integration}/switch': () => ({ on: '1', waiting: 'send' }),
    'POST /integrations/{integration}/rotate': () => ({}),
    'POST /integrations/{integration}/replay': () => ({}),
    'POST /integrations/{integration}/delete': () => ({ sure: 'on' }),
    'POST /integrations/{integration}/deliveries/{delivery}/replay': () => ({}),
    'POST /accounts/{account}/push': ({ integration }) => ({ integration }),
    'POST /leads/{lead}/push': ({ integration }) => ({ integration }),
    'POST /notes': ({ account }) => ({ account, body: 'They want a call.', pinned: 'on' }),
    'POST /notes/{note}': () => ({ version: '1', body: 'They had a call.' }),
    'POST /notes/{note}/restore': () => ({}),
    'POST /notes/{note}/pin': () => ({ pinned: 'on' }),
    'POST /mentions/seen': () => ({}),
    'POST /automations/guide': () => ({
        board_name: 'Trials', stage: ['0', '0'], stage_name: ['Begin', 'End'], tag: ['', 'Ended'], of: '1', kind: 'page', value: '/end*', do: 'make',
    }),
    'POST /notes/{note}/delete': () => ({}),
};

// What has to be so for a right request, beside the fixture.
const prepare = {
    'POST /integrations/{integration}/rotate': ({ integration }) => `update integration set kind = 1 where id = ${integration}`,
    'POST /settings/mail/{mail}/again': () => `insert into mail_server (workspace_id, host, port, security, from_email)
        values (${own.workspace}, 'localhost', 25, 0, 'a@example.com') on conflict do nothing`,
};

// Answers with a redirect whatever is sent, because there is a workspace.
const isOver = (route) => route.path === '/setup';

// What stands for {name} in a path.
function idsOf(data, board) {
    return { ...board, dataset: data.dataset, user: data.user };
}

function pathFor(route, ids) {
    return route.path.replace(/\{(\w+)\}/g, (_, name) => {
        assert.ok(name in ids, `the fixture has no {${name}}, which ${route.path} needs`);
        return ids[name];
    });
}

const signedIn = new Client(stack.url);
await signedIn.signIn(owner);
const other = new Client(stack.url);
await other.signIn(owner);

// The token a client's forms carry.
async function tokenOf(client) {
    for (const path of ['/segments/new', '/login']) {
        const page = await client.follow(await client.get(path));
        const token = forms(page.text).find(({ fields }) => fields.csrf)?.fields.csrf;
        if (token) {
            return token;
        }
    }
    throw new Error('no page with a form');
}
let token = await tokenOf(signedIn);
let otherToken = await tokenOf(other);

// Runs a request that must be refused with one of these statuses and must not write anything.
async function refused(statuses, request) {
    const before = await rowCounts(stack);
    const answer = await request();
    const allowed = [statuses].flat();
    assert.ok(allowed.includes(answer.status),
        `answered ${answer.status}, not ${allowed.join(' or ')}: ${answer.text.slice(0, 300)}`);
    if (answer.status < 500 && answer.status >= 400 && answer.status !== 401) {
        assert.ok(answer.text.length > 20, 'a refusal says why');
    }
    assert.deepEqual(await rowCounts(stack), before);
    return answer;
}

function isToSignIn(answer) {
    return answer.status === 303 && /^(http:\/\/[^/]+)?\/(login|setup)/.test(answer.location);
}

const gets = routes.filter(({ method }) => method === 'GET');
const posts = routes.filter(({ method }) => method === 'POST');
const hasIds = (route) => route.path.includes('{');
const isLive = (route) => route.path.endsWith('/live');
const query = (route, board) => {
    const example = examples[`GET ${route.path}`]?.(idsOf(own, board));
    return example ? `?${new URLSearchParams(example)}` : '';
};

describe('pages', () => {
    for (const route of gets) {
        const name = `GET ${route.path}`;

        test(`${name}: anonymous`, async () => {
            const board = await ownBoard();
            const path = pathFor(route, idsOf(own, board)) + query(route, board);
            const before = await rowCounts(stack);
            const answer = await new Client(stack.url).get(path);
            assert.deepEqual(await rowCounts(stack), before);
            if (route.public) {
                assert.ok(answer.status < 400, String(answer.status));
            } else if (route.json) {
                assert.equal(answer.status, 401);
            } else {
                assert.ok(isToSignIn(answer), `${answer.status} ${answer.location}`);
            }
        });

        test(`${name}: signed in`, async () => {
            const board = await ownBoard();
            const path = pathFor(route, idsOf(own, board)) + query(route, board);
            const before = await rowCounts(stack);
            const answer = await signedIn.get(path, isLive(route) ? { headers: { Accept: 'text/html' } } : {});
            assert.deepEqual(await rowCounts(stack), before);
            assert.ok(isLive(route) || answer.status < 400, `${answer.status}: ${answer.text.slice(0, 300)}`);
            assert.ok(answer.status < 500);
            assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
            assert.equal(answer.headers['x-content-type-options'], 'nosniff');
        });

        test(`${name}: malformed query`, async () => {
            const board = await ownBoard();
            const path = pathFor(route, idsOf(own, board));
            for (const bad of ['%ff', 'a=%00', 'q=%zz', `q=${'x'.repeat(7000)}`, 'page=-1&page=2&stage=abc',
                'sort=%F0%9F%92%A9&after=99999999999999999999', '='.repeat(300), '&'.repeat(900),
                'score_min=1e9&score_max=nan&tag=%27%22%3E%3Cscript%3E']) {
                const answer = await signedIn.get(`${path}?${bad}`);
                assert.ok(answer.status < 500, `${bad}: ${answer.status}`);
                assert.ok(!answer.text.includes("'\"><script>"));
            }
        });

        if (hasIds(route)) {
            test(`${name}: other people's ids`, () => refused(404, () =>
                signedIn.get(pathFor(route, idsOf(foreign, foreignBoard)))));

            test(`${name}: ids that are none`, async () => {
                for (const id of ['0', '-1', 'abc', '99999999999999999999', '9223372036854775807', '1%00', '1;2', '%2e%2e']) {
                    await refused([400, 404], () => signedIn.get(route.path.replace(/\{\w+\}/g, id)));
                }
            });
        }
    }
});

describe('forms', () => {
    for (const route of posts) {
        const name = `POST ${route.path}`;
        // Everything a right request needs; each test spoils one thing, or has one of its own to use up.
        const right = async (board = ownBoard()) => {
            assert.ok(name in examples, `no example for ${name}`);
            const ids = idsOf(own, await board);
            if (prepare[name]) {
                await stack.psql(prepare[name](ids));
            }
            return { path: pathFor(route, ids), fields: { ...examples[name](ids), csrf: token } };
        };

        test(`${name}: anonymous`, async () => {
            const { path, fields } = await right();
            delete fields.csrf;
            const answer = await refused([303, 401, 403], () => new Client(stack.url).post(path, fields));
            assert.ok(answer.status !== 303 || isToSignIn(answer), answer.location);
        });

        if (!route.json) {
            test(`${name}: without, with a wrong, with another session's token`, async () => {
                const { path, fields } = await right();
                for (const csrf of [undefined, '', 'x'.repeat(fields.csrf.length), otherToken,
                    fields.csrf.slice(0, -1)]) {
                    const { csrf: _, ...rest } = fields;
                    await refused(403, () => signedIn.post(path, csrf === undefined ? rest : { ...rest, csrf }));
                }
            });
        }

        test(`${name}: from elsewhere`, async () => {
            const { path, fields } = await right();
            const cookie = [...signedIn.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
            for (const headers of [
                { 'Sec-Fetch-Site': 'cross-site', Origin: stack.url },
                { 'Sec-Fetch-Site': 'same-site', Origin: stack.url },
                { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://evil.example' },
                { Origin: 'null' },
                {},
            ]) {
                await refused(403, () => send(stack.url, 'POST', path, {
                    body: encodeForm(fields),
                    headers: { Cookie: cookie, 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
                }));
            }
        });

        if (hasIds(route)) {
            test(`${name}: other people's ids`, async () => {
                assert.ok(name in examples, `no example for ${name}`);
                const ids = idsOf(foreign, foreignBoard);
                await refused(404, () => signedIn.post(pathFor(route, ids), { ...examples[name](ids), csrf: token }));
            });
        }

        test(`${name}: too large`, async () => {
            const { path, fields } = await right();
            await refused(413, () => signedIn.post(path, { ...fields, padding: 'x'.repeat(route.body_max + 1) }));
            await refused(413, () => signedIn.post(path, { ...fields, padding: 'x'.repeat(1_100_000) }));
        });

        test(`${name}: malformed`, async () => {
            const { path, fields } = await right();
            const raw = (body, type = 'application/x-www-form-urlencoded') => () =>
                signedIn.request('POST', path, { body, headers: { 'Content-Type': type } });
            const sound = encodeForm(fields);
            for (const bad of [`${sound}&x=%zz`, `${sound}&x=%00`, `${sound}&x=%ff%fe`, `${sound}${'&a=b'.repeat(700)}`]) {
                await refused([400, 403, 413, 422], raw(bad));
            }
            await refused([400, 403, 415, 422], raw('{"csrf":"x"}', 'application/json'));
            await refused([400, 403, 415, 422], raw('\u0000\u0001', 'application/octet-stream'));
        });

        for (const field of route.fields.filter(({ required }) => required)) {
            test(`${name}: without ${field.name}`, async () => {
                const { path, fields } = await right();
                delete fields[field.name];
                await refused(isOver(route) ? 303 : [400, 422], () => signedIn.post(path, fields));
            });
        }

        test(`${name}: fetched instead of sent`, async () => {
            if (gets.some(({ path }) => path === route.path)) {
                return;
            }
            const { path } = await right();
            const answer = await refused([404, 405], () => signedIn.get(path));
            assert.ok(answer.status !== 405 || answer.headers.allow?.includes('POST'));
        });

        test(`${name}: right`, async () => {
            const { path, fields } = await right(newBoard(own));
            untouched = null;
            // Signing out and in must not end the session the other tests use.
            const endsSession = /^\/(log(in|out)|setup)$|password/.test(path);
            const client = endsSession ? new Client(stack.url) : signedIn;
            if (endsSession) {
                await client.signIn(owner);
                fields.csrf = await tokenOf(client);
            }
            const answer = await client.post(path, fields);
            assert.ok(answer.status < 400, `${answer.status}: ${answer.text.replace(/^[^]*<main/, '').slice(0, 500)} ${answer.text.match(/class="error"[^>]*>[^<]*/g)}`);
            if (/password/.test(path)) { // it signed the others out
                await signedIn.signIn(owner);
                await other.signIn(owner);
                token = await tokenOf(signedIn);
                otherToken = await tokenOf(other);
            }
        });
    }
});

test('there are routes', () => {
    assert.ok(gets.length > 10 && posts.length > 10, `${gets.length} GET, ${posts.length} POST`);
});
