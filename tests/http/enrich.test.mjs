// The enrich job against company sites on loopback: what is found is stored with its source, whatever
// else a site does is said in a sentence, and private addresses are out of reach.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { eventually } from '../lib/process.mjs';
import { freePort, startStack } from '../lib/stack.mjs';

const JOB_ENRICH = 4;
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

// What each site answers, by host name. Sites are asked over plain HTTP after TLS has failed.
const sites = {
    'acme.com': ({ url }, response) => {
        if (url === '/icon.png') {
            response.setHeader('Content-Type', 'text/html'); // the bytes count, not this
            return response.end(png);
        }
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(`<title>Home | Acme</title><meta property="og:site_name" content="Acme &amp; Sons">
            <meta name="description" content="Anvils <b>since</b> 1949"><link rel="icon" href="/icon.png">`);
    },
    'script-icon.com': ({ url }, response) => {
        response.setHeader('Content-Type', 'image/png');
        response.end(url === '/favicon.ico' ? '<svg onload="alert(1)">' : '<title>Script</title><link rel=icon href=/favicon.ico>');
    },
    'polyglot.com': ({ url }, response) => {
        response.setHeader('Content-Type', 'image/png');
        response.end(url === '/icon.png' ? Buffer.concat([png, Buffer.from('<script>alert(1)</script>')])
            : '<title>Two in one</title><link rel=icon href=/icon.png>');
    },
    'endless.com': ({ url }, response) => response.writeHead(302, { Location: `${url}x` }).end(),
    'elsewhere.com': (_, response) => response.writeHead(302, { Location: 'ftp://127.0.0.1/' }).end(),
    'missing.com': (_, response) => response.writeHead(404).end('<title>Not here</title>'),
    'huge.com': (_, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.write('<title>Huge</title>');
        const more = Buffer.alloc(65536, 'x');
        const pump = () => {
            while (!response.destroyed && response.write(more)) { /* until it is full */ }
        };
        response.on('drain', pump);
        pump();
    },
    'bomb.com': (_, response) => {
        response.setHeader('Content-Encoding', 'gzip');
        response.end(gzipSync(Buffer.alloc(50_000_000)));
    },
    'binary.com': (_, response) => response.end(Buffer.from([0, 1, 2, 255, 254, 0])),
    'broken.com': (request) => request.socket.destroy(),
};

let peer;
let stack;
before(async () => {
    const port = await freePort();
    peer = createServer((request, response) => {
        const site = sites[request.headers.host];
        return site ? site(request, response) : response.writeHead(404).end();
    });
    await new Promise((resolve) => peer.listen(port, '127.0.0.1', resolve));
    stack = await startStack({ env: { FETCH_CONNECT_TO: `127.0.0.1:${port}` } });
    await stack.psql(`
        insert into workspace (name) values ('Enriching');
        insert into dataset (workspace_id, public_id, name) select id, 'enrich', 'Enrich' from workspace`);
});
after(async () => {
    await stack?.stop();
    peer?.closeAllConnections();
    peer?.close();
});

// An account known by its domain only, and the job to look it up.
const accountAndJob = (domain) => `
    with a as (
        insert into account (dataset_id, domain, name)
        select id, '${domain}', '${domain}' from dataset returning dataset_id, id
    ), lane as (
        insert into tenant_queue (dataset_id, kind) select dataset_id, ${JOB_ENRICH} from a on conflict do nothing
    )
    insert into job (dataset_id, kind, payload)
    select dataset_id, ${JOB_ENRICH}, json_build_object('account', id::text) from a`;

async function enrich(domain) {
    await stack.psql(accountAndJob(domain));
    return eventually(`${domain} is looked at`, async () => {
        const [account] = await stack.rows(`select * from account where domain = '${domain}' and enriched_at is not null`);
        assert.ok(account, `${domain} was not looked at`);
        return account;
    }, { seconds: 40 });
}

test('name, description, website and icon are stored with their source', async () => {
    const account = await enrich('acme.com');
    assert.equal(account.name, 'Acme & Sons');
    assert.equal(account.description, 'Anvils <b>since</b> 1949');
    assert.equal(account.website, 'http://acme.com/');
    assert.equal(account.logo, `/accounts/${account.id}/icon`);
    assert.equal(account.enrich_message, null);
    const facts = await stack.rows(`select field, source, wins from account_fact where account_id = ${account.id} and wins order by field`);
    assert.deepEqual(facts, ['description', 'logo', 'name', 'website'].map((field) => ({ field, source: 'site', wins: true })));
    assert.deepEqual(await stack.rows(`select media_type, encode(bytes, 'hex') as bytes from account_icon where account_id = ${account.id}`),
        [{ media_type: 'image/png', bytes: png.toString('hex') }]);
});

test('what a person wrote is never overwritten', async () => {
    await stack.psql(`
        with a as (
            insert into account (dataset_id, domain, name)
            select id, 'www.acme.com', 'ours' from dataset where public_id = 'enrich' returning dataset_id, id
        ) insert into account_fact (dataset_id, account_id, field, source, value, wins)
        select dataset_id, id, 'name', 'hand', 'Our word for it', true from a`);
    sites['www.acme.com'] = sites['acme.com'];
    await stack.psql(`
        insert into job (dataset_id, kind, payload)
        select dataset_id, ${JOB_ENRICH}, json_build_object('account', id::text) from account where domain = 'www.acme.com'`);
    const account = await eventually('it is looked at', async () => {
        const [row] = await stack.rows("select * from account where domain = 'www.acme.com' and enriched_at is not null");
        assert.ok(row);
        return row;
    });
    assert.equal(account.name, 'Our word for it');
    assert.equal(account.description, 'Anvils <b>since</b> 1949');
});

test('a title is only a guess: a name that a form gave stays', async () => {
    await stack.psql(`
        insert into account (dataset_id, domain, name, name_at)
        select id, 'guess.com', 'As They Wrote It', now() from dataset;
        insert into job (dataset_id, kind, payload)
        select dataset_id, ${JOB_ENRICH}, json_build_object('account', id::text) from account where domain = 'guess.com'`);
    sites['guess.com'] = (_, response) => response.end('<title>Welcome</title><meta name=description content=Anvils>');
    const account = await eventually('it is looked at', async () =>
        (await stack.rows("select * from account where domain = 'guess.com' and enriched_at is not null"))[0]);
    assert.equal(account.name, 'As They Wrote It');
    assert.equal(account.description, 'Anvils');
});

test('of an icon with a script behind it only the picture is kept', async () => {
    const account = await enrich('polyglot.com');
    assert.equal(account.logo, `/accounts/${account.id}/icon`);
    assert.equal(await stack.value(`select encode(bytes, 'hex') from account_icon where account_id = ${account.id}`),
        png.toString('hex'));
});

test('an icon that is no image is not kept', async () => {
    const account = await enrich('script-icon.com');
    assert.equal(account.name, 'Script');
    assert.equal(account.logo, null);
    assert.equal(await stack.value(`select count(*) from account_icon where account_id = ${account.id}`), 0);
});

test('a page without end is cut, and what stood at its beginning is kept', async () => {
    assert.equal((await enrich('huge.com')).name, 'Huge');
});

for (const [domain, words] of [
    ['endless.com', /from page to page/],
    ['elsewhere.com', /cannot be opened/],
    ['missing.com', /error 404/],
]) {
    test(`${domain}: the reason is said, the name stays, the job is over`, async () => {
        const account = await enrich(domain);
        assert.match(account.enrich_message, words);
        assert.equal(account.name, domain);
        await eventually('the job is over', async () =>
            await stack.value(`select count(*) from job where payload->>'account' = '${account.id}'`) === 0);
    });
}

test('binary rubbish and a compressed bomb are taken for pages without a word', async () => {
    assert.equal((await enrich('binary.com')).name, 'binary.com');
    assert.equal((await enrich('bomb.com')).name, 'bomb.com');
});

test('a site that hangs up is tried again later, and the card says why', async () => {
    const account = await enrich('broken.com');
    assert.match(account.enrich_message, /did not answer/);
    const [job] = await eventually('it waits again', async () => {
        const jobs = await stack.rows(`select state, attempt, error, run_at > now() as later from job where payload->>'account' = '${account.id}'`);
        assert.equal(jobs[0]?.state, 0);
        return jobs;
    });
    assert.equal(job.attempt, 1);
    assert.equal(job.later, true);
    assert.match(job.error, /did not answer/);
});

test('without a gateway, private addresses are refused whatever they are called', async () => {
    let asked = 0;
    const inside = createServer((_, response) => {
        asked++;
        response.end('<title>Secret</title>');
    });
    await new Promise((resolve) => inside.listen(0, '127.0.0.1', resolve));
    const open = await startStack();
    try {
        await open.psql(`
            insert into workspace (name) values ('Inside');
            insert into dataset (workspace_id, public_id, name) select id, 'inside', 'Inside' from workspace`);
        const spellings = ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0', '[::1]', '[::ffff:127.0.0.1]', 'localhost',
            '169.254.169.254', '10.0.0.1', '192.168.1.1', `127.0.0.1:${inside.address().port}`];
        for (const spelling of spellings) {
            await open.psql(accountAndJob(spelling));
        }
        const rows = await eventually('all are looked at', async () => {
            const list = await open.rows('select domain, enrich_message from account where enriched_at is not null');
            assert.equal(list.length, spellings.length);
            return list;
        }, { seconds: 40 });
        for (const { domain, enrich_message: message } of rows) {
            assert.match(message, /not on the public internet|cannot be opened/, domain);
        }
        assert.equal(asked, 0);
    } finally {
        await open.stop();
        inside.close();
    }
});
