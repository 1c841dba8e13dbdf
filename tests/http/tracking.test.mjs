// The tracking pages: what they show is what works. Pictures and links of each mail tool are sent as their
// recipients would; keys and ids from before are used.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, send, unescape } from '../lib/client.mjs';
import { ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const person = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let stack;
let client;
let own;

before(async () => {
    stack = await startStack({ owner: true });
    own = await ownDataset(stack);
    client = new Client(stack.url);
    await client.signIn(owner);
});
after(() => stack?.stop());

const code = (page, id) => unescape(new RegExp(`<pre class="code" id="${id}"[^>]*><code>([^]*?)</code>`).exec(page.text)?.[1] ?? '');
const track = (key, event) => send(stack.url, 'POST', '/v1/track', { body: JSON.stringify({ anonymousId: 'v', event }),
    headers: { Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 'User-Agent': person } });

test('the site: the snippet follows the settings, and so does what visitors are told', async () => {
    let page = await client.get('/tracking');
    assert.equal(page.status, 200);
    assert.equal(code(page, 'snippet'), `<script defer src="${stack.url}/lb.js" data-dataset="${own.public_id}"></script>`);
    assert.match(page.text, /<b>lb_id<\/b>/);
    assert.match(page.text, /and is not kept/);
    await stack.psql(`update dataset set form_tracking = true, cookieless = true, honour_privacy_signals = false, mask_ip = false,
        hosts = '{*.shop.example}' where id = ${own.dataset}`);
    page = await client.get('/tracking');
    assert.equal(code(page, 'snippet'),
        `<script defer src="${stack.url}/lb.js" data-dataset="${own.public_id}" data-forms data-cookieless data-privacy="off"></script>`);
    assert.ok(!page.text.includes('<b>lb_id</b>'));
    assert.match(page.text, /Nothing is stored in your browser/);
    assert.match(page.text, /and is kept with the visit/);
    assert.match((await client.get('/tracking/mail')).text, /value="https:\/\/shop\.example\/"/);
    await stack.psql(`update dataset set form_tracking = false, cookieless = false, honour_privacy_signals = true, mask_ip = true,
        hosts = '{}' where id = ${own.dataset}`);
});

test('the check says what was not taken, and why', async () => {
    await send(stack.url, 'POST', '/e', { body: JSON.stringify({ dataset: own.public_id, type: 'pageview' }),
        headers: { 'User-Agent': person, 'Sec-GPC': '1' } });
    await eventually('it is told', async () =>
        (await client.get('/tracking/check', { headers: { 'HX-Request': 'true' } })).text.includes('asked not to be measured'));
    assert.equal((await client.get('/tracking/check')).status, 303, 'without script the page itself');
});

test('every mail tool: its picture and its link work once it has filled them in, and before', async () => {
    const tools = [...(await client.get('/tracking/mail')).text.matchAll(/<option value="([^"]+)"/g)].map(([, id]) => id);
    assert.ok(tools.length >= 14);
    for (const tool of tools) {
        const page = await client.get(`/tracking/mail?${new URLSearchParams({ tool, campaign: 'May & June', from: 'sales@us.example',
            page: 'https://shop.example/offer?a=1#part' })}`);
        assert.equal(page.status, 200, tool);
        const tags = Object.fromEntries([...page.text.matchAll(/<th scope="row"><code>(\w+)<\/code><\/th><td><code>([^<]+)<\/code>/g)]
            .map(([, name, tag]) => [name, unescape(tag)]));
        assert.ok(tags.email && tags.firstName && tags.lastName, tool);
        const values = { email: `ann+${tool}@acme.example`, firstName: 'Ann Marie', lastName: 'Miller', company: 'Acme' };
        const filled = (text, encode) => Object.entries(tags).reduce((rest, [name, tag]) => rest.replace(tag, encode(values[name])), text);

        const [, , address] = /^<img src=(["'])(.*)\1 width="1" height="1" alt="">$/.exec(code(page, 'pixel'));
        assert.ok(address.startsWith(`${stack.url}/e.gif?dataset=${own.public_id}&campaign=May%20%26%20June&email=`), address);
        for (const encode of [encodeURIComponent, (text) => text.replaceAll(' ', '%20')]) { // tools do either
            await stack.psql('delete from event');
            const picture = await send(stack.url, 'GET', filled(address, encode).slice(stack.url.length), { headers: { 'User-Agent': person } });
            assert.equal(picture.headers['content-type'], 'image/gif');
            const [{ type, properties, utm }] = await stack.rows('select type, properties, utm from event');
            assert.equal(type, 3);
            assert.deepEqual(properties, { campaign: 'May & June', email: values.email, firstName: 'Ann Marie', lastName: 'Miller',
                ...(tags.company ? { company: 'Acme' } : {}), fromEmail: 'sales@us.example' }, tool);
            assert.deepEqual(utm, { medium: 'email', campaign: 'May & June' });

            const link = filled(code(page, 'link'), encode);
            await stack.psql('delete from event');
            assert.equal((await send(stack.url, 'POST', '/e', { headers: { 'User-Agent': person },
                body: JSON.stringify({ dataset: own.public_id, visitor: 'v', type: 'pageview', url: link }) })).status, 204);
            const rows = await stack.rows('select type, url, properties, utm from event order by id');
            assert.deepEqual(rows.map((row) => row.type), [4, 6], tool);
            assert.equal(rows[0].url, `https://shop.example/offer?a=1&utm_medium=email&utm_source=${tool}&utm_campaign=May%20%26%20June`);
            assert.deepEqual(rows[0].properties, { fromEmail: 'sales@us.example' });
            assert.equal(rows[1].properties.email, values.email);
            assert.equal(rows[1].properties.lastName, 'Miller');
        }
        // Sent as it is: by a preview, or for somebody of whom the tool knows nothing.
        await stack.psql('delete from event');
        await send(stack.url, 'GET', address.slice(stack.url.length).replaceAll(' ', '%20'), { headers: { 'User-Agent': person } });
        assert.deepEqual((await stack.rows('select properties from event')).map((row) => row.properties),
            [{ campaign: 'May & June', fromEmail: 'sales@us.example' }], tool);
    }
});

test('mails: what cannot be meant', async () => {
    for (const [query, message] of [['page=x', /A page begins with https/], ['page=javascript:alert(1)', /A page begins with https/],
        ['from=nobody', /email address/], [`from=${encodeURIComponent('{{x}}"><script>')}`, /email address/]]) {
        const page = await client.get(`/tracking/mail?${query}`);
        assert.equal(page.status, 422, query);
        assert.match(page.text, message);
        assert.equal(code(page, 'pixel'), '');
        assert.ok(!page.text.includes('<script>'));
    }
    assert.equal((await client.get('/tracking/mail?tool=nonsense')).status, 200);
    const tag = await client.get(`/tracking/mail?${new URLSearchParams({ tool: 'hubspot', from: '{{owner.email}}', campaign: '' })}`);
    assert.match(code(tag, 'pixel'), /&fromEmail=\{\{owner\.email\}\}"/);
    assert.ok(!code(tag, 'pixel').includes('campaign'));
});

test('server keys: shown once, stored as a hash, good until revoked', async () => {
    let page = await client.get('/tracking/servers');
    const made = await client.submit(page, { name: 'Web <shop>' }, /servers$/);
    assert.equal(made.status, 200);
    assert.match(made.headers['cache-control'], /no-store/);
    const key = code(made, 'fresh');
    assert.match(key, new RegExp(`^${own.public_id}\\.[0-9a-f]{32}$`));
    page = await client.get('/tracking/servers');
    assert.ok(!page.text.includes(key.split('.')[1]));
    assert.match(page.text, /Web &lt;shop&gt;/);
    assert.ok(page.text.includes(`<code>${key.slice(-4)}</code>`));
    assert.equal(await stack.value(`select count(*) from server_key where encode(hash, 'escape') like '%${key.slice(-6)}%'`), 0);
    await eventually('it opens the door', async () => (await track(key, 'keyed')).status === 200);
    assert.equal((await track(`${key}x`, 'keyed')).status, 401);
    const revoked = await client.submit(page, {}, /revoke$/);
    assert.equal(revoked.status, 303);
    assert.match((await client.follow(revoked)).text, /is revoked/);
    await eventually('it does not any more', async () => (await track(key, 'keyed')).status === 401);
    const again = await client.post(`/tracking/servers/${await stack.value('select max(id) from server_key')}/revoke`,
        { csrf: /name="csrf" value="([^"]+)"/.exec(page.text)[1] });
    assert.equal(again.status, 404);
    assert.deepEqual(await stack.rows("select action, subject from audit where action like 'server_key%' order by id"),
        [{ action: 'server_key.added', subject: 'Web <shop>' }, { action: 'server_key.revoked', subject: 'Web <shop>' }]);
});

test('server keys: refused', async () => {
    const page = await client.get('/tracking/servers');
    for (const name of ['', '  ', 'x'.repeat(101)]) {
        assert.equal((await client.submit(page, { name }, /servers$/)).status, 422);
    }
    await stack.psql(`insert into server_key (dataset_id, name, hash, ending, user_id) select ${own.dataset}, 'k' || n, 'x', 'abcd', 1 from generate_series(1, 20) n`);
    const full = await client.submit(page, { name: 'One more' }, /servers$/);
    assert.equal(full.status, 422);
    assert.match(full.text, /Revoke one/);
    await stack.psql('delete from server_key');
});

test('ids from before: what is sent with them counts here', async () => {
    const page = await client.get('/tracking/others');
    assert.ok(page.text.includes(`${stack.url}/matomo.php`));
    assert.ok(page.text.includes(`cdnURL: '${stack.url}'`.replaceAll("'", '&#39;')) || page.text.includes(`cdnURL: '${stack.url}'`));
    assert.equal((await track('4dc2667dd2408f374bef8bf5f4e2f48f', 'aliased')).status, 401);
    const added = await client.submit(page, { alias: '4dc2667dd2408f374bef8bf5f4e2f48f' }, /others$/);
    assert.equal(added.status, 303);
    await eventually('it counts', async () => (await track('4dc2667dd2408f374bef8bf5f4e2f48f', 'aliased')).status === 200);
    assert.equal(await stack.value("select dataset_id from event where name = 'aliased'"), own.dataset);
    const shown = await client.follow(added);
    for (const [alias, message] of [['4dc2667dd2408f374bef8bf5f4e2f48f', /has this id already/], ['a.b', /letters, digits/], ['', /needed/]]) {
        const refused = await client.submit(shown, { alias }, /others$/);
        assert.equal(refused.status, 422);
        assert.match(refused.text, message);
    }
    await stack.psql(`with w as (insert into workspace (name) values ('Rival') returning id),
        d as (insert into dataset (workspace_id, public_id, name) select id, 'rival', 'Rival' from w returning id)
        insert into dataset_alias (alias, dataset_id) select 'taken', id from d`);
    const taken = await client.submit(shown, { alias: 'taken' }, /others$/);
    assert.equal(taken.status, 422);
    assert.match(taken.text, /Another dataset/);
    // Nobody gets another's events by calling a dataset as that one is called.
    const number = await stack.value("select site_number from dataset where public_id = 'rival'");
    await stack.psql(`insert into dataset_alias (alias, dataset_id) values ('rival', ${own.dataset}), ('${number}', ${own.dataset})`);
    for (const id of ['rival', String(number)]) {
        await track(id, `of ${id}`);
        assert.notEqual(await stack.value(`select dataset_id from event where name = 'of ${id}'`), own.dataset);
    }
    await stack.psql("delete from dataset_alias where alias not in ('taken', '4dc2667dd2408f374bef8bf5f4e2f48f')");
    const gone = await client.submit(await client.get('/tracking/others'), {}, /delete$/);
    assert.match((await client.follow(gone)).text, /is refused now/);
    await eventually('it does not count', async () => (await track('4dc2667dd2408f374bef8bf5f4e2f48f', 'aliased')).status === 401);
});

test('who may not manage the dataset sees how, and no keys', async () => {
    await stack.psql(`update membership set role = 1 where user_id = ${own.user};
        insert into dataset_access (user_id, dataset_id) values (${own.user}, ${own.dataset})`);
    const user = new Client(stack.url);
    await user.signIn(owner);
    const page = await user.get('/tracking/servers');
    assert.equal(page.status, 200);
    assert.match(page.text, /Keys are made by/);
    assert.ok(!(await user.get('/tracking/others')).text.includes('Add an id'));
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)[1];
    for (const [path, fields] of [['/tracking/servers', { name: 'x' }], ['/tracking/others', { alias: 'x' }], ['/tracking/others/delete', { alias: 'x' }]]) {
        assert.equal((await user.post(path, { csrf, ...fields })).status, 403, path);
    }
    await stack.psql(`update membership set role = 4 where user_id = ${own.user}`);
});
