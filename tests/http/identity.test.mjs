// What a company is found by and known by: its domain and logo corrected by hand, what merged companies know,
// asking about it again, and being asked about again as time passes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { makeAuthority, serveSites } from '../lib/sites.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const sites = {
    'right.com': ({ url }, response) => (url === '/i.png' ? response.end(png)
        : response.writeHead(200, { 'Content-Type': 'text/html' }).end('<meta property="og:site_name" content="Right Inc"><meta name=description content=Anvils><link rel=icon href=/i.png>')),
    'pictures.com': ({ url }, response) => response.end(url === '/logo.gif' ? gif : '<svg onload=alert(1)>'),
};

let served;
let stack;
let own;
let client;
before(async () => {
    const authority = await makeAuthority(Object.keys(sites));
    served = await serveSites(authority, sites);
    stack = await startStack({ owner: true, env: { FETCH_CONNECT_TO: `127.0.0.1:${served.port}`, FETCH_CA_FILE: authority.file } });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
});
after(async () => {
    await stack?.stop();
    await served?.stop();
});

const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/\s+/g, ' ');
const details = async (account, more = '') => (await client.get(`/accounts/${account}?tab=details${more}`)).text;
const post = async (account, what, fields) => {
    const { csrf } = forms(await details(account)).find((form) => form.fields.csrf).fields;
    return client.post(`/accounts/${account}/${what}`, { csrf, back: `/accounts/${account}`, ...fields });
};
const row = async (sql) => (await stack.rows(sql))[0];

test('a domain typed for a company that was only a name: it is found by it from then on, and looked up', async () => {
    const board = await addBoard(stack, own, 'Nameless');
    await stack.psql(`update account set domain = null, name = 'Right by form', name_at = now(), industry = 'Smithies' where id = ${board.account}`);
    await stack.psql(`insert into account_fact (dataset_id, account_id, field, source, value, wins, user_id)
        values (${own.dataset}, ${board.account}, 'city', 'hand', 'Graz', true, ${own.user})`);
    assert.match(await details(board.account, '&edit=domain'), /name="domain"/);
    const answer = await post(board.account, 'domain', { domain: 'https://WWW.right.com/x' });
    assert.equal(answer.status, 303, text(answer.text));
    assert.match(answer.location, /^\/operations\/\d+$/);
    const into = await row("select * from account where domain = 'right.com'");
    assert.equal(into.name, 'Right by form', 'a name instead of the bare domain');
    assert.equal(into.industry, 'Smithies');
    assert.equal(into.city, 'Graz', 'what a hand wrote fills the gap');
    assert.equal(into.leads, 1);
    assert.equal((await row(`select account_id from card where board_id = ${board.board}`)).account_id, into.id);
    const found = await eventually('its site is read', () => row("select * from account where domain = 'right.com' and description is not null"));
    assert.equal(found.description, 'Anvils');
    assert.equal(found.industry, 'Smithies', 'the site does not say it');
    const page = text(await details(into.id));
    assert.match(page, /Smithies .*of Right by form/);

    const undo = await client.submit(await client.get(answer.location), {}, /undo/);
    assert.equal(undo.status, 303);
    const back = await row(`select * from account where id = ${board.account}`);
    assert.equal(back.merged_into, null);
    assert.equal(back.leads, 1);
    const parted = await row("select * from account where domain = 'right.com'");
    assert.equal(parted.industry, null, 'what was the other\'s went with it');
    assert.equal(parted.city, null);
    assert.equal(parted.description, 'Anvils');
});

for (const [typed, words] of [['', /needed/], ['localhost', /not a company's domain/], ['127.0.0.1', /not a company's domain/], ['gmail.com', /mail provider/],
    ['co.uk', /belongs to nobody/], ['ann@right.com', /domain alone/], ['"><script>', /can't be read/]]) {
    test(`“${typed}” is no domain for a company`, async () => {
        const { account } = await addBoard(stack, own, 'Refused');
        const operations = await stack.value('select count(*) from operation');
        const answer = await post(account, 'domain', { domain: typed });
        assert.equal(answer.status, 422);
        assert.match(text(answer.text), words);
        assert.ok(!answer.text.includes('"><script>'));
        assert.equal(await stack.value('select count(*) from operation'), operations);
    });
}

test('its own domain again is no change; a hidden company\'s is refused', async () => {
    const { account, account2 } = await addBoard(stack, own, 'Same');
    const { domain } = await row(`select domain from account where id = ${account}`);
    await stack.psql(`update account set domain = 'hidden-same.com', hidden = true where id = ${account2};
        update account set domain = 'own-same.com' where id = ${account}`);
    assert.ok(domain);
    assert.match(text((await post(account, 'domain', { domain: 'own-same.com' })).text), /its domain already/);
    const hidden = await post(account, 'domain', { domain: 'hidden-same.com' });
    assert.equal(hidden.status, 422);
    assert.match(text(hidden.text), /is hidden/);
});

test('a logo by its address is fetched, checked, served from here, and never overwritten', async () => {
    const { account, card } = await addBoard(stack, own, 'Logo');
    await stack.psql(`update account set domain = 'logo-of-right.com' where id = ${account}; delete from account_icon where account_id = ${account}`);
    sites['logo-of-right.com'] = sites['right.com'];
    assert.equal((await post(account, 'logo', { address: 'javascript:alert(1)' })).status, 422);
    assert.match(text((await post(account, 'logo', { address: '' })).text), /Type the address of a picture/);
    assert.equal((await post(account, 'logo', { address: 'http://pictures.com/not-a-picture' })).status, 303);
    await eventually('it is said', async () => /no picture/.test((await row(`select enrich_message from account where id = ${account}`)).enrich_message ?? ''));
    assert.equal(await stack.value(`select count(*) from account_icon where account_id = ${account} and source = 'hand'`), 0);

    assert.equal((await post(account, 'logo', { address: 'http://pictures.com/logo.gif' })).status, 303);
    const logo = await eventually('it is there', async () => (await row(`select logo from account where id = ${account}`)).logo?.includes('source=hand')
        && (await row(`select logo from account where id = ${account}`)).logo);
    assert.equal((await row(`select logo from card where id = ${card}`)).logo, logo);
    assert.equal((await client.get(logo)).headers['content-type'], 'image/gif');

    assert.equal((await post(account, 'enrich', {})).status, 303);
    await eventually('the site\'s picture is known, too', async () => await stack.value(`select count(*) from account_icon where account_id = ${account} and media_type = 'image/png' and source = 'site' and fetched_at > now() - interval '1 minute'`) === 1);
    assert.equal((await row(`select logo from account where id = ${account}`)).logo, logo);
    const page = await details(account, '&edit=logo');
    assert.match(page, /name="source" value="site"/);
    assert.match(text(page), /shown/);

    assert.equal((await post(account, 'logo', { source: 'site' })).status, 303);
    const chosen = await row(`select media_type from account_icon where account_id = ${account} and source = 'hand'`);
    assert.equal(chosen.media_type, 'image/png');
    assert.equal((await post(account, 'logo', { clear: '1' })).status, 303);
    assert.match((await row(`select logo from account where id = ${account}`)).logo, /source=site/);
    assert.equal((await post(account, 'logo', { clear: '1' })).status, 422);
    assert.equal((await post(account, 'logo', { source: 'nobody' })).status, 422);
});

test('asked about again: whatever is young; without a domain nobody can be', async () => {
    const { account } = await addBoard(stack, own, 'Again');
    await stack.psql(`update account set domain = 'again.com' where id = ${account}`);
    sites['again.com'] = (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>Again</title><meta name=description content=One>');
    await post(account, 'enrich', {});
    await eventually('once', async () => (await row(`select description from account where id = ${account}`)).description === 'One');
    sites['again.com'] = (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>Again</title><meta name=description content=Two>');
    await post(account, 'enrich', {});
    await eventually('twice', async () => (await row(`select description from account where id = ${account}`)).description === 'Two');
    await stack.psql(`update account set domain = null where id = ${account}`);
    assert.equal((await client.post(`/accounts/${account}/enrich`, { csrf: forms(await details(account)).find((form) => form.fields.csrf).fields.csrf })).status, 422);
});

test('the hourly refresh asks about companies whose last look is old', async () => {
    const { board, account } = await addBoard(stack, own, 'Old');
    await stack.psql(`update account set domain = 'old.com', enriched_at = now() - interval '31 days' where id = ${account}`);
    sites['old.com'] = (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>Old</title><meta name=description content=Refreshed>');
    const young = await addBoard(stack, own, 'Young');
    await stack.psql(`update account set domain = 'young.com', enriched_at = now() - interval '29 days' where id = ${young.account}`);
    for (const id of [board, young.board]) {
        await stack.psql(`insert into tenant_queue (dataset_id, kind) values (${own.dataset}, 3) on conflict do nothing;
            insert into job (dataset_id, kind, payload) values (${own.dataset}, 3, '{"board": "${id}"}')`);
    }
    await eventually('it is', async () => (await row(`select description from account where id = ${account}`)).description === 'Refreshed', { seconds: 40 });
    assert.equal(served.asked['young.com/'], undefined);
});
