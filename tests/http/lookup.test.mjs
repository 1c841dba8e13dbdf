// Adding a card by hand: what is typed, what the company's site (a real one, on loopback) says, the card with
// its leads, and everything that is in the way of it.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { freePort, owner, startStack } from '../lib/stack.mjs';

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const page = (name) => ({ url }, response) => {
    if (url === '/icon.png') {
        return response.end(png);
    }
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<title>Home | ${name}</title><meta property="og:site_name" content="${name}">
        <meta name="description" content="Anvils &lt;b&gt;since&lt;/b&gt; 1949"><link rel="icon" href="/icon.png">`);
};
const sites = {
    'missing.com': (_, response) => response.writeHead(404).end('Not here'),
    'broken.com': (request) => request.socket.destroy(),
    'slow.com': () => { /* never answers */ },
};

let peer;
let stack;
let own;
let client;
before(async () => {
    const port = await freePort();
    peer = createServer((request, response) => (sites[request.headers.host] ?? page(`The ${request.headers.host} Works`))(request, response));
    await new Promise((resolve) => peer.listen(port, '127.0.0.1', resolve));
    stack = await startStack({ owner: true, env: { FETCH_CONNECT_TO: `127.0.0.1:${port}` } });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
});
after(async () => {
    await stack?.stop();
    peer?.closeAllConnections();
    peer?.close();
});

const partial = { headers: { 'HX-Request': 'true' } };
const newBoard = (name) => addBoard(stack, own, name);
const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/\s+/g, ' ');
const count = (sql) => stack.value(`select count(*) from ${sql}`);

async function type(board, what) {
    const path = `/boards/${board.board}/add`;
    const { csrf } = forms((await client.get(path)).text).find(({ fields }) => 'what' in fields).fields;
    return client.post(path, { csrf, what });
}
const found = (path) => eventually(`${path} is looked up`, async () => {
    const answer = await client.get(path, partial);
    assert.equal(answer.status, 200);
    assert.ok(!answer.text.includes('hx-get'), 'still running');
    return answer.text;
}, { seconds: 40 });
async function lookUp(board, what) {
    const answer = await type(board, what);
    assert.equal(answer.status, 303, text(answer.text));
    return { path: answer.location, html: await found(answer.location) };
}
async function accept(path, html, fields = {}) {
    const form = forms(html).find(({ fields: { csrf } }) => csrf);
    return client.post(path, { ...form.fields, ...fields });
}
const boardPage = async ({ location }) => (await client.follow(await client.get(location.split('#')[0]))).text;

test('a domain: the site is read, shown with its source, and becomes a card with its facts', async () => {
    const board = await newBoard('Hand');
    const { path, html } = await lookUp(board, '  https://WWW.Acme-Anvils.com/about?utm_source=x#top ');
    assert.match(html, /value="The acme-anvils\.com Works"/);
    assert.match(text(html), /Description Anvils <b>since<\/b> 1949|Anvils &lt;b&gt;since/);
    assert.match(text(html), /The company's own site, just now/);
    const icon = await client.get(`${path}/icon`);
    assert.equal(icon.headers['content-type'], 'image/png');
    assert.match(String(icon.headers['content-security-policy']), /default-src 'none'; sandbox/);
    assert.match(String(icon.headers['x-content-type-options']), /nosniff/);

    const answer = await accept(path, html);
    assert.match(answer.location, new RegExp(`^/boards/${board.board}\\?did=\\d+#c\\d+$`));
    const [card] = await stack.rows(`select c.*, s.entry, a.name, a.website, a.enriched_at is not null as enriched
        from card c join stage s on s.id = c.stage_id join account a on a.id = c.account_id where c.domain = 'acme-anvils.com'`);
    assert.equal(card.title, 'The acme-anvils.com Works');
    assert.equal(card.entry, true);
    assert.equal(card.enriched, true);
    assert.match(card.logo, new RegExp(`^/accounts/${card.account_id}/icon\\?source=site&v=`));
    assert.equal(card.stage_by_kind, 1);
    assert.deepEqual(await stack.rows(`select field, source, wins from account_fact where account_id = ${card.account_id} and source <> 'domain' order by field`),
        ['description', 'logo', 'name', 'website'].map((field) => ({ field, source: 'site', wins: true })));
    const [ledger] = await stack.rows(`select kind, actor_kind, actor_id, operation_id is not null as part from card_ledger where card_id = ${card.id}`);
    assert.deepEqual(ledger, { kind: 1, actor_kind: 1, actor_id: own.user, part: true });
    assert.equal(await count(`card_change where card_id = ${card.id}`) > 0, true);
    assert.match(await boardPage(answer), /Added The acme-anvils\.com Works/);
});

test('a corrected name is the word of whoever corrected it', async () => {
    const board = await newBoard('Hand');
    const { path, html } = await lookUp(board, 'named.com');
    await accept(path, html, { name: 'Named & Sons' });
    const [account] = await stack.rows("select * from account where domain = 'named.com'");
    assert.equal(account.name, 'Named & Sons');
    assert.deepEqual(await stack.rows(`select source, wins, user_id from account_fact where account_id = ${account.id} and field = 'name' and source <> 'domain' order by source`),
        [{ source: 'hand', wins: true, user_id: own.user }, { source: 'site', wins: false, user_id: null }]);
    assert.equal(await stack.value("select title from card where domain = 'named.com'"), 'Named & Sons');
});

test('pressing twice makes one card', async () => {
    const board = await newBoard('Hand');
    const { path, html } = await lookUp(board, 'twice.com');
    const answers = await Promise.all([accept(path, html), accept(path, html), accept(path, html)]);
    assert.ok(answers.every(({ status }) => status === 303));
    assert.equal(await count("card where domain = 'twice.com'"), 1);
    assert.equal(await count(`stage s where board_id = ${board.board} and cards <> (select count(*) from card where stage_id = s.id)`), 0);
    assert.match(await found(path), /is on this board, in Discovery/);
});

test('leads known under the domain, and below it, are connected and counted', async () => {
    const board = await newBoard('Hand');
    await stack.psql(`insert into lead (dataset_id, email, first_at, last_at, visitors, sessions, score) values
        (${own.dataset}, 'Ann@Leads.com', now(), now(), 2, 3, 40), (${own.dataset}, 'bo@mail.leads.com', now(), now(), 1, 1, 20),
        (${own.dataset}, 'cy@not-leads.com', now(), now(), 1, 1, 20), (${own.dataset}, 'di@leads.com.evil.org', now(), now(), 1, 1, 20)`);
    const { path, html } = await lookUp(board, 'leads.com');
    assert.match(text(html), /2 leads with an address at leads\.com will be connected/);
    await accept(path, html);
    const [account] = await stack.rows("select id, leads, contacts, visitors, sessions, score from account where domain = 'leads.com'");
    // 15 for the address, 10 for the company that is known now, 3 for three sessions, 15 for being here just now.
    assert.deepEqual({ ...account, id: 0 }, { id: 0, leads: 2, contacts: 2, visitors: 3, sessions: 4, score: 43 });
    assert.equal(await count(`lead where account_id = ${account.id}`), 2);
    const [card] = await stack.rows("select contacts, visitors, score from card where domain = 'leads.com'");
    assert.deepEqual(card, { contacts: 2, visitors: 3, score: 43 });
});

test('an address at a company: its card, and the address is one of its leads', async () => {
    const board = await newBoard('Hand');
    const { path, html } = await lookUp(board, 'Eve@people-of.com');
    assert.match(text(html), /with eve@people-of\.com/);
    await accept(path, html);
    assert.equal(await count(`lead l join account a on a.id = l.account_id where l.email = 'eve@people-of.com' and a.domain = 'people-of.com' and a.contacts = 1`), 1);
    assert.equal(await count("card c join account a on a.id = c.account_id where a.domain = 'people-of.com' and c.contacts = 1"), 1);
});

test('an address at a mail provider: a card of the person, whom a later visit joins', async () => {
    const board = await newBoard('Hand');
    const { path, html } = await lookUp(board, 'kim.by.hand@gmail.com');
    assert.match(text(html), /Nobody with this address was seen yet/);
    const answer = await accept(path, html);
    assert.match(await boardPage(answer), /kim\.by\.hand@gmail\.com/);
    const [card] = await stack.rows("select c.id, c.lead_id from card c where c.title = 'kim.by.hand@gmail.com'");
    assert.match((await client.get(`/leads/${card.lead_id}`)).text, /never/);

    const at = Date.now() - 1000;
    const sent = await fetch(`${stack.url}/e`, { method: 'POST', headers: { 'User-Agent': 'Mozilla/5.0 (X11; Linux x64) Chrome/120 Safari/537.36' }, body: JSON.stringify({
        dataset: own.public_id, visitor: 'kims-browser', events: [
            { type: 'pageview', url: 'https://example.com/', at },
            { type: 'login', url: 'https://example.com/', at: at + 500, properties: { email: 'Kim.By.Hand@gmail.com', firstName: 'Kim' } },
        ],
    }) });
    assert.equal(sent.status, 204);
    const lead = await eventually('the visit joins the lead', async () => {
        const [row] = await stack.rows(`select l.*, extract(epoch from l.first_at) > 1e9 as seen from lead l where id = ${card.lead_id}`);
        assert.equal(row?.sessions, 1);
        return row;
    });
    assert.equal(lead.first_name, 'Kim');
    assert.equal(lead.visitors, 1);
    assert.equal(lead.seen, true, 'its first time is that of the visit');
    assert.equal(await count("lead where email_lower = 'kim.by.hand@gmail.com'"), 1);
    await eventually('the card follows', async () => {
        const [now] = await stack.rows(`select visitors, lead_id from card where id = ${card.id}`);
        assert.deepEqual(now, { visitors: 1, lead_id: card.lead_id });
        return true;
    });
});

test('what is on the board already is named, with the way to its card', async () => {
    const board = await newBoard('There');
    const [{ domain }] = await stack.rows(`select domain from card where id = ${board.card}`);
    await stack.psql(`update account set domain = 'there-already.com' where id = ${board.account}`);
    assert.ok(domain);
    const answer = await type(board, 'shop.there-already.com');
    assert.equal(answer.status, 422);
    assert.match(text(answer.text), /There Ltd is on this board already, in Discovery/);
    assert.match(answer.text, new RegExp(`href="/boards/${board.board}/cards/${board.card}"`));
});

test('what is kept off the board is said, and can be allowed again; undo keeps it off again', async () => {
    const board = await newBoard('Barred');
    await stack.psql(`with a as (insert into account (dataset_id, domain, name) values (${own.dataset}, 'barred.com', 'Barred') returning id)
        insert into card_exclusion (dataset_id, board_id, account_id, user_id) select ${own.dataset}, ${board.board}, id, ${own.user} from a`);
    const { path, html } = await lookUp(board, 'barred.com');
    assert.match(text(html), /keeps it off this board since/);
    assert.match(html, /value="Barred"/);
    const refused = await accept(path, html, { lift: '' });
    assert.equal(refused.location, path);
    assert.equal(await count("card where domain = 'barred.com'"), 0);
    const answer = await accept(path, html, { lift: '1' });
    assert.match(answer.location, /did=/);
    assert.equal(await count("card where domain = 'barred.com'"), 1);
    assert.equal(await count(`card_exclusion x join account a on a.id = x.account_id where a.domain = 'barred.com'`), 0);

    const operation = /did=(\d+)/.exec(answer.location)[1];
    const { csrf } = forms(await boardPage(answer)).find(({ fields }) => fields.csrf).fields;
    assert.equal((await client.post(`/operations/${operation}/undo`, { csrf })).status, 303);
    assert.equal(await count("card where domain = 'barred.com'"), 0);
    assert.equal(await count(`card_exclusion x join account a on a.id = x.account_id where a.domain = 'barred.com'`), 1);
    assert.equal(await count("account where domain = 'barred.com'"), 1, 'the company stays');
});

test('what is hidden gets no card; what was merged is the one that is shown', async () => {
    const board = await newBoard('Away');
    await stack.psql(`insert into account (dataset_id, domain, name, hidden) values (${own.dataset}, 'hidden-one.com', 'Hidden One', true);
        insert into hiding (dataset_id, domain, label) values (${own.dataset}, 'hidden-rule.com', 'hidden-rule.com');
        insert into account (dataset_id, domain, name, hidden, merged_into)
            select ${own.dataset}, 'merged-away.com', 'Merged Away', true, ${board.account}`);
    for (const domain of ['hidden-one.com', 'hidden-rule.com']) {
        const { path, html } = await lookUp(board, domain);
        assert.match(text(html), /It is hidden, so it has no cards/);
        const form = forms((await client.get(path)).text).find(({ fields }) => fields.csrf);
        assert.equal((await client.post(path, { csrf: form.fields.csrf, name: 'X' })).status, 422);
        assert.equal(await count(`card where domain = '${domain}'`), 0);
    }
    const merged = await type(board, 'merged-away.com');
    assert.match(text(merged.text), /Away Ltd is on this board already/);
});

test('a lead that somebody made nobody\'s stays so', async () => {
    const board = await newBoard('Linked');
    await stack.psql(`insert into lead (dataset_id, email, first_at, last_at, linked) values
        (${own.dataset}, 'free@unlinked.com', now(), now(), true), (${own.dataset}, 'gone@unlinked.com', now(), now(), true)`);
    const { path, html } = await lookUp(board, 'free@unlinked.com');
    assert.ok(!html.includes('will be connected'));
    await accept(path, html);
    assert.equal(await count("lead where email like '%@unlinked.com' and account_id is null"), 2);
    assert.equal(await count("card where domain = 'unlinked.com' and contacts = 0"), 1);
});

test('undo leaves a card that somebody has moved since', async () => {
    const board = await newBoard('Moved');
    const { path, html } = await lookUp(board, 'moved-on.com');
    const answer = await accept(path, html);
    const operation = /did=(\d+)/.exec(answer.location)[1];
    const card = /#c(\d+)/.exec(answer.location)[1];
    const { csrf } = forms(await boardPage(answer)).find(({ fields }) => fields.csrf).fields;
    await client.post(`/boards/${board.board}/cards/${card}/move`, { csrf, stage: board.stage2, version: '1', place: 'top' });
    await client.post(`/operations/${operation}/undo`, { csrf });
    assert.equal(await count(`card where id = ${card}`), 1);
});

for (const [domain, words] of [['missing.com', /error 404/], ['broken.com', /did not answer/]]) {
    test(`${domain}: says why nothing was found, and can be added all the same`, async () => {
        const board = await newBoard('Fails');
        const { path, html } = await lookUp(board, domain);
        assert.match(text(html), words);
        const answer = await accept(path, html, { name: 'As I know it' });
        assert.match(answer.location, /did=/);
        const [account] = await stack.rows(`select name, enrich_message from account where domain = '${domain}'`);
        assert.equal(account.name, 'As I know it');
        assert.match(account.enrich_message, words);
        assert.equal(await count(`job where kind = 4 and payload ->> 'account' = (select id::text from account where domain = '${domain}') and run_at > now()`), 1);
    });
}

test('nobody has to wait for a site that does not answer', async () => {
    const board = await newBoard('Slow');
    const { location: path } = await type(board, 'slow.com');
    const running = await client.get(path);
    assert.match(running.text, /Looking up slow\.com/);
    assert.match(running.text, /<noscript><meta http-equiv="refresh"/);
    const answer = await accept(path, running.text);
    assert.match(answer.location, /did=/);
    assert.equal(await stack.value("select title from card where domain = 'slow.com'"), 'slow.com');
    assert.equal(await count("job where kind = 4 and payload ->> 'account' = (select id::text from account where domain = 'slow.com')"), 1);
});

for (const [what, words] of [
    ['acme', /not a company's domain/], ['127.0.0.1', /not a company's domain/], ['http://[::1]/', /not a company's domain/],
    ['co.uk', /belongs to nobody/], ['gmail.com', /mail provider/], ['two words', /can't be read/],
    ['Ann <ann@acme.com>', /not an email address/], ['ann@', /not an email address/], ['ftp://acme.com/', /can't be read/],
    ['javascript:alert(1)', /not a company's domain|can't be read/], ['https://user:pass@acme.com/', /can't be read|not an email/],
    ['"><script>.com', /can't be read/],
]) {
    test(`“${what}” is refused in words`, async () => {
        const board = await newBoard('Refused');
        const rows = await count('lookup');
        const answer = await type(board, what);
        assert.equal(answer.status, 422);
        assert.match(text(answer.text).replaceAll('&#39;', "'"), words);
        assert.ok(!answer.text.includes('"><script>.com'));
        assert.equal(await count('lookup'), rows);
    });
}

test('private addresses are out of reach without a gateway, whatever the domain', async () => {
    const open = await startStack({ owner: true });
    try {
        const data = await ownDataset(open);
        const board = await addBoard(open, data, 'Private');
        const user = new Client(open.url);
        await user.signIn(owner);
        const path = `/boards/${board.board}/add`;
        const { csrf } = forms((await user.get(path)).text).find(({ fields }) => 'what' in fields).fields;
        // Names that a public name server answers with a loopback address are refused when they are connected.
        const answer = await user.post(path, { csrf, what: 'acme.example' });
        const html = await eventually('it is looked up', async () => {
            const { text: now } = await user.get(answer.location, partial);
            assert.ok(!now.includes('hx-get'));
            return now;
        }, { seconds: 30 });
        assert.match(html, /reserved/);
    } finally {
        await open.stop();
    }
});

test('a look-up of another board, or none, is not found', async () => {
    const board = await newBoard('One');
    const other = await newBoard('Two');
    const { path } = await lookUp(board, 'mine-alone.com');
    const id = path.split('/').at(-1);
    assert.equal((await client.get(`/boards/${other.board}/add/${id}`)).status, 404);
    assert.equal((await client.get(`/boards/${board.board}/add/999999`)).status, 404);
});
