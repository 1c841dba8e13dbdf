// The enrich job against company sites on loopback, over HTTPS with an authority of their own: what is found is
// stored with its source, robots.txt is obeyed, whatever else a site does is said in a sentence and keeps nobody
// else waiting, and private addresses are out of reach.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { eventually } from '../lib/process.mjs';
import { makeAuthority, serveSites } from '../lib/sites.mjs';
import { startStack } from '../lib/stack.mjs';

const JOB_ENRICH = 4;
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const html = (response, text, headers = {}) => response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers }).end(text);
const page = (text, headers) => ({ url }, response) => (url === '/' ? html(response, text, headers) : response.writeHead(404).end());
const jsonld = (value) => `<script type="application/ld+json">${typeof value === 'string' ? value : JSON.stringify(value)}</script>`;
const endless = (type) => (_, response) => {
    response.writeHead(200, { 'Content-Type': type });
    response.write('<title>Huge</title>');
    const more = Buffer.alloc(65536, 'x');
    const pump = () => {
        while (!response.destroyed && response.write(more)) { /* until it is full */ }
    };
    response.on('drain', pump);
    pump();
};

// Small when they travel.
const bomb = (title) => Buffer.concat([Buffer.from(`<title>${title}</title>`), Buffer.alloc(50_000_000)]);
const gzipBomb = gzipSync(bomb('Gzip'), { level: 1 });
const brotliBomb = brotliCompressSync(bomb('Brotli'), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

const acme = {
    '/': (response) => html(response, `<title>Home | Acme</title><meta property="og:site_name" content="Acme &amp; Sons">
        <meta name="description" content="Anvils <b>since</b> 1949"><link rel="icon" href="/icon.png"><script src="/wp-content/x.js"></script>
        <a href="/kontakt">Kontakt</a><a href="/impressum">Impressum</a><a href="https://x.com/acme">X</a><a href="/private/about">About us</a>`,
    { Server: 'nginx/1.2' }),
    '/icon.png': (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(png), // the bytes count, not this
    '/kontakt': (response) => html(response, '<p>Write to info@acme.com</p><a href="tel:+49 30 123456">Call</a>'),
    '/impressum': (response) => html(response, jsonld({ '@type': 'Organization', name: 'Acme GmbH', foundingDate: '1949',
        address: { '@type': 'PostalAddress', streetAddress: 'Am Amboss 1', postalCode: '10115', addressLocality: 'Berlin', addressCountry: 'DE' } })),
};
const withRobots = (site, text, status = 200) => Object.assign(site, { robots: (_, response) => response.writeHead(status).end(text) });

const sites = {
    'acme.com': withRobots(({ url }, response) => (acme[url] ?? ((r) => r.writeHead(404).end()))(response), 'User-agent: *\nDisallow: /private\n'),
    'script-icon.com': ({ url }, response) => (url === '/favicon.ico' ? response.end('<svg onload="alert(1)">')
        : html(response, '<title>Script</title><link rel=icon href=/favicon.ico>')),
    'polyglot.com': ({ url }, response) => (url === '/icon.png' ? response.end(Buffer.concat([png, Buffer.from('<script>alert(1)</script>')]))
        : html(response, '<title>Two in one</title><link rel=icon href=/icon.png>')),
    'icon-hangs.com': ({ url }, response) => {
        if (url !== '/icon.png') {
            html(response, '<title>Icon</title><link rel=icon href=/icon.png><a href="/contact">Contact</a>'
                + (url === '/contact' ? '<a href="tel:+49 30 123456">Call</a>' : ''));
        }
    },
    'guess.com': page('<title>Welcome</title><meta name=description content=Anvils>'),

    // robots.txt
    'closed.com': withRobots(page('<title>Secret</title>'), 'User-agent: leadboard\nDisallow: /'),
    'others-closed.com': withRobots(page('<title>Open to us</title>'), 'User-agent: *\nDisallow: /\n\nUser-agent: LeadBoard\nAllow: /'),
    'robots-broken.com': withRobots(page('<title>Left alone</title>'), 'oops', 503),

    // ways to get there
    'moved.com': (_, response) => response.writeHead(301, { Location: 'https://www.moved.com/de/' }).end(),
    'www.moved.com': withRobots(({ url }, response) => html(response, url === '/de/' ? '<title>Moved Here</title>' : ''), 'User-agent: *\nDisallow: /en'),
    'moved-to-closed.com': (_, response) => response.writeHead(302, { Location: 'https://closed.com/' }).end(),
    'forwards.com': ({ url }, response) => html(response, url === '/' ? '<meta http-equiv=refresh content="0; url=/start">' : '<title>Forwarded</title>'),
    'badcert.com': page('<title>Plain</title>'), // the certificate is not for it
    'plain.com': page('<title>Plain Only</title>'),
    'www.needs-www.com': page('<title>With www</title>'),
    'endless.com': ({ url }, response) => response.writeHead(302, { Location: `${url}x` }).end(),
    'elsewhere.com': (_, response) => response.writeHead(302, { Location: 'ftp://127.0.0.1/' }).end(),
    'inside.com': (_, response) => response.writeHead(302, { Location: 'http://user:pass@127.0.0.1:22/' }).end(),

    // things that sites do
    'missing.com': (_, response) => response.writeHead(404).end('<title>Not here</title>'),
    'huge.com': endless('text/html'),
    'zip.com': endless('application/zip'),
    'gzip-bomb.com': (_, response) => html(response, gzipBomb, { 'Content-Encoding': 'gzip' }),
    'brotli-bomb.com': (_, response) => html(response, brotliBomb, { 'Content-Encoding': 'br' }),
    'half-gzip.com': (_, response) => html(response, gzipSync(Buffer.from('<title>Cut</title>')).subarray(0, 12), { 'Content-Encoding': 'gzip' }),
    'binary.com': (_, response) => response.end(Buffer.from([0, 1, 2, 255, 254, 0])),
    'charset.com': page('<title>x</title>', {}),
    'big-json.com': page(`<title>Big JSON</title>${jsonld(`{"@type":"Organization","name":"${'x'.repeat(5_000_000)}"}`)}`),
    'deep-json.com': page(`<title>Deep JSON</title>${jsonld(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)}`),
    'markup.com': page(jsonld({ '@type': 'Organization', name: '<img src=x onerror=alert(1)>\u0007 & Co' })),
    'headers.com': (_, response) => {
        for (let i = 0; i < 3000; i++) {
            response.setHeader(`X-Filler-${i}`, 'x'.repeat(100));
        }
        response.end('<title>Headers</title>');
    },
    'tarpit.com': (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html' });
        const timer = setInterval(() => response.write('<'), 50);
        response.on('close', () => clearInterval(timer));
    },
    'broken.com': (request) => request.socket.destroy(),
};
sites['charset.com'] = (_, response) => response.writeHead(200, { 'Content-Type': 'text/html; charset=klingon' }).end(Buffer.from('<title>Caf\xe9 M\xfcller</title>', 'latin1'));

let authority;
let served;
let trap; // that proxy variables point at
let trapped = 0;
let stack;
before(async () => {
    const secure = Object.keys(sites).filter((name) => !['badcert.com', 'plain.com'].includes(name));
    authority = await makeAuthority([...secure, 'needs-www.com.invalid']);
    served = await serveSites(authority, sites);
    trap = createServer((_, response) => {
        trapped++;
        response.end();
    });
    trap.on('connect', (_, socket) => {
        trapped++;
        socket.destroy();
    });
    await new Promise((resolve) => trap.listen(0, '127.0.0.1', resolve));
    const proxy = `http://127.0.0.1:${trap.address().port}`;
    stack = await startStack({ env: {
        FETCH_CONNECT_TO: `127.0.0.1:${served.port}`, FETCH_CA_FILE: authority.file,
        http_proxy: proxy, https_proxy: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy,
    } });
    await stack.psql(`
        insert into workspace (name) values ('Enriching');
        insert into dataset (workspace_id, public_id, name) select id, 'enrich', 'Enrich' from workspace;
        insert into provider (dataset_id, source, kind, name, position, enabled, timeout_ms, per_minute, refresh_days)
        select id, 'site', 1, 'Their site', 1, true, 15000, 6000, 30 from dataset`);
});
after(async () => {
    await stack?.stop();
    await served?.stop();
    trap?.close();
});

// An account known by its domain only, and the job to look it up.
const accountAndJob = (domain, columns = '', values = '') => `
    with a as (
        insert into account (dataset_id, domain, name${columns})
        select id, '${domain}', '${domain}'${values} from dataset returning dataset_id, id
    ), lane as (
        insert into tenant_queue (dataset_id, kind) select dataset_id, ${JOB_ENRICH} from a on conflict do nothing
    )
    insert into job (dataset_id, kind, payload)
    select dataset_id, ${JOB_ENRICH}, json_build_object('account', id::text) from a`;
const looked = (domain, db = stack) => eventually(`${domain} is looked at`, async () => {
    const [account] = await db.rows(`select * from account where domain = '${domain}' and enriched_at is not null`);
    assert.ok(account, `${domain} was not looked at`);
    return account;
}, { seconds: 40 });
async function enrich(domain) {
    await stack.psql(accountAndJob(domain));
    return looked(domain);
}
async function enrichAgain(domain) {
    await stack.psql(`
        with a as (update account set enriched_at = null where domain = '${domain}' returning dataset_id, id)
        insert into job (dataset_id, kind, payload) select dataset_id, ${JOB_ENRICH}, json_build_object('account', id::text) from a`);
    return looked(domain);
}
const factsOf = async (account) => Object.fromEntries((await stack.rows(`select field, source, value from account_fact
    where account_id = ${account.id} and wins`)).map(({ field, source, value }) => [field, `${source}: ${value}`]));

test('three pages, an icon and the headers tell a profile, each value with its source', async () => {
    const account = await enrich('acme.com');
    const facts = await factsOf(account);
    assert.match(facts.logo, new RegExp(`^site: /accounts/${account.id}/icon\\?source=site&v=`));
    delete facts.logo;
    assert.deepEqual(facts, {
        name: 'site: Acme GmbH', description: 'site: Anvils <b>since</b> 1949', legal_type: 'site: GmbH', founded: 'site: 1949',
        website: 'site: https://acme.com/', phone: 'site: +49 30 123456', emails: 'site: info@acme.com',
        address: 'site: Am Amboss 1\n10115 Berlin\nGermany', city: 'site: Berlin', country: 'site: Germany',
        social: 'site: https://x.com/acme', technologies: 'site: nginx\nWordPress',
    });
    assert.equal(account.name, 'Acme GmbH');
    assert.equal(account.founded, 1949);
    assert.deepEqual(account.technologies, ['nginx', 'WordPress']);
    assert.equal(account.enrich_message, null);
    assert.deepEqual(await stack.rows(`select source, media_type, encode(bytes, 'hex') as bytes from account_icon where account_id = ${account.id}`),
        [{ source: 'site', media_type: 'image/png', bytes: png.toString('hex') }]);
    const asked = Object.keys(served.asked).filter((url) => url.startsWith('acme.com/')).map((url) => url.slice('acme.com'.length));
    assert.deepEqual(asked.sort(), ['/', '/icon.png', '/impressum', '/kontakt', '/robots.txt'], 'at most three pages, none that is closed');
    assert.equal(served.connections['acme.com'], 1, 'over one connection');
});

test('an icon that does not come costs itself alone', async () => {
    const account = await enrich('icon-hangs.com');
    assert.equal(account.phone, '+49 30 123456');
    assert.equal(account.logo, null);
    assert.equal(account.enrich_message, null);
    assert.equal(served.asked['icon-hangs.com/favicon.ico'], undefined, 'and no other is waited for');
});

test('what a person wrote is never overwritten, and what the site says stands beside it', async () => {
    sites['named.com'] = page('<meta property="og:site_name" content="Named"><meta name=description content=Anvils>');
    await stack.psql(`
        with a as (
            insert into account (dataset_id, domain, name) select id, 'named.com', 'ours' from dataset returning dataset_id, id
        ), f as (insert into account_fact (dataset_id, account_id, field, source, value, wins)
        select dataset_id, id, 'name', 'hand', 'Our word for it', true from a)
        insert into job (dataset_id, kind, payload) select dataset_id, ${JOB_ENRICH}, json_build_object('account', id::text) from a`);
    const account = await looked('named.com');
    assert.equal(account.name, 'Our word for it');
    assert.equal(account.description, 'Anvils');
    assert.deepEqual(await stack.rows(`select source, wins from account_fact where account_id = ${account.id} and field = 'name' order by source`),
        [{ source: 'hand', wins: true }, { source: 'site', wins: false }]);
});

test('a title is only a guess: a name that a form gave stays, and the guess is kept beside it', async () => {
    await stack.psql(accountAndJob('guess.com', ', name_at', ', now()').replace("'guess.com', 'guess.com'", "'guess.com', 'As They Wrote It'"));
    const account = await looked('guess.com');
    assert.equal(account.name, 'As They Wrote It');
    assert.equal(account.description, 'Anvils');
    assert.deepEqual(await stack.rows(`select source, value, wins from account_fact where account_id = ${account.id} and field = 'name' order by source`),
        [{ source: 'form', value: 'As They Wrote It', wins: true }, { source: 'title', value: 'Welcome', wins: false }]);
});

test('a name that a form gives after the first look-up stays at the next, goes with whoever typed it, and is told in between', async () => {
    sites['late.com'] = page('<meta name=description content=Anvils>');
    const { id, name } = await enrich('late.com');
    assert.equal(name, 'late.com');
    const again = () => enrichAgain('late.com');
    const says = async (who, company, at) => stack.psql(`
        insert into lead (dataset_id, account_id, email, company, stamps, sessions, first_at, last_at)
        select dataset_id, id, '${who}@late.com', '${company}', jsonb_build_object('company', extract(epoch from timestamptz '${at}')::bigint * 1000000), 1, '${at}', '${at}'
        from account where id = ${id};
        update account set name = '${company}', name_at = '${at}' where id = ${id} and name_at < '${at}'`);
    await says('ann', 'Late Ltd', '2026-03-01');
    assert.deepEqual(await stack.rows(`select source, value from account_fact_untold where account_id = ${id} and field = 'name'`), [{ source: 'form', value: 'Late Ltd' }]);
    assert.equal((await again()).name, 'Late Ltd');
    assert.deepEqual(await stack.rows(`select source, value from account_fact_untold where account_id = ${id} and field = 'name'`), []);
    await says('bob', 'Later Ltd', '2026-04-01');
    assert.equal((await again()).name, 'Later Ltd');
    assert.deepEqual(await stack.rows(`select source, value, wins from account_fact where account_id = ${id} and field = 'name' order by source`),
        [{ source: 'domain', value: 'late.com', wins: false }, { source: 'form', value: 'Later Ltd', wins: true }]);
    // As deriving leaves a company that both have left.
    await stack.psql(`delete from lead where account_id = ${id}; update account set name = domain, name_at = '-infinity' where id = ${id}`);
    const left = await again();
    assert.equal(left.name, 'late.com');
    assert.equal(left.name_at, '-infinity');
});

test('of an icon with a script behind it only the picture is kept; what is no picture is not', async () => {
    const account = await enrich('polyglot.com');
    assert.equal(await stack.value(`select encode(bytes, 'hex') from account_icon where account_id = ${account.id}`), png.toString('hex'));
    const other = await enrich('script-icon.com');
    assert.equal(other.name, 'Script');
    assert.equal(other.logo, null);
});

for (const [domain, name] of [
    ['others-closed.com', 'Open to us'], ['moved.com', 'Moved Here'], ['forwards.com', 'Forwarded'], ['badcert.com', 'Plain'],
    ['plain.com', 'Plain Only'], ['huge.com', 'Huge'], ['gzip-bomb.com', 'Gzip'], ['brotli-bomb.com', 'Brotli'],
    ['charset.com', 'Café Müller'], ['big-json.com', 'Big JSON'], ['deep-json.com', 'Deep JSON'], ['binary.com', 'binary.com'], ['half-gzip.com', 'half-gzip.com'],
]) {
    test(`${domain} is read: ${name}`, async () => {
        const account = await enrich(domain);
        assert.equal(account.name, name);
        assert.equal(account.enrich_message, null);
    });
}
test('the robots.txt of the host that a redirect leads to is asked, too', () => {
    assert.equal(served.asked['www.moved.com/robots.txt'], 1);
    assert.equal(served.asked['moved.com/robots.txt'], 1);
});
test('markup in a name is text', async () => {
    assert.equal((await enrich('markup.com')).name, '<img src=x onerror=alert(1)> & Co');
});

for (const [domain, words] of [
    ['closed.com', /robots\.txt asks not to be read/],
    ['moved-to-closed.com', /robots\.txt asks not to be read/],
    ['endless.com', /from page to page/],
    ['elsewhere.com', /cannot be opened/],
    ['inside.com', /cannot be opened/],
    ['missing.com', /error 404/],
    ['zip.com', /no page at its address, but a file \(application\/zip\)/],
    ['headers.com', /too large/],
]) {
    test(`${domain}: the reason is said, the name stays, the job is over`, async () => {
        const account = await enrich(domain);
        assert.match(account.enrich_message, words);
        assert.equal(account.name, domain);
        await eventually('the job is over', async () =>
            await stack.value(`select count(*) from job where payload->>'account' = '${account.id}'`) === 0);
        assert.equal(await stack.value(`select outcome from provider_answer where domain = '${domain}'`), 3, 'and it is not asked again soon');
    });
}
test('a page that is closed is not fetched', () => {
    assert.equal(served.asked['closed.com/'], undefined);
    assert.equal(served.asked['robots-broken.com/'], undefined);
});

for (const [domain, words] of [
    ['broken.com', /did not answer|certificate/], ['robots-broken.com', /robots\.txt can't be read now \(error 503\)/],
]) {
    test(`${domain} is tried again later, and the account says why`, async () => {
        const account = await enrich(domain);
        assert.match(account.enrich_message, words);
        const [job] = await eventually('it waits again', async () => {
            const jobs = await stack.rows(`select state, attempt, error, run_at > now() as later from job where payload->>'account' = '${account.id}'`);
            assert.equal(jobs[0]?.state, 0);
            return jobs;
        });
        assert.equal(job.attempt >= 1, true);
        assert.match(job.error, words);
    });
}

test('the last attempt leaves it at that: nothing is dead because a site is', async () => {
    sites['never.com'] = (request) => request.socket.destroy();
    await stack.psql(accountAndJob('never.com').replace('(dataset_id, kind, payload)\n    select dataset_id, 4,', '(dataset_id, kind, max_attempts, payload)\n    select dataset_id, 4, 1,'));
    const account = await looked('never.com');
    await eventually('the job is over', async () => await stack.value(`select count(*) from job where payload->>'account' = '${account.id}'`) === 0);
    assert.equal(await stack.value(`select count(*) from job_dead where payload->>'account' = '${account.id}'`), 0);
    assert.match(account.enrich_message, /did not answer/);
});

test('a tar pit is left after seconds, and the companies of the same batch are not kept waiting', async () => {
    sites['quick.com'] = page('<title>Quick</title>');
    const resume = stack.pauseWorker();
    await stack.psql(`${accountAndJob('tarpit.com')};${accountAndJob('quick.com')}`);
    resume();
    await looked('quick.com');
    assert.equal(await stack.value("select enriched_at is null from account where domain = 'tarpit.com'"), true, 'the pit is still dripping');
    assert.match((await looked('tarpit.com')).enrich_message, /took too long/);
});

test('what a site says no more goes; what it said before it broke stays', async () => {
    const account = await enrich('quick.com').catch(() => looked('quick.com'));
    sites['quick.com'] = page('<title>Quick</title><meta name=description content=New><a href="tel:+31 20 1234567">x</a>');
    const again = async () => {
        await stack.psql(`update account set enriched_at = null where id = ${account.id};
            insert into job (dataset_id, kind, payload) select dataset_id, ${JOB_ENRICH}, json_build_object('account', id::text, 'fresh', true) from account where id = ${account.id}`);
        return looked('quick.com');
    };
    assert.equal((await again()).phone, '+31 20 1234567');
    sites['quick.com'] = page('<title>Quick</title><meta name=description content=Newer>');
    const gone = await again();
    assert.equal(gone.phone, null);
    assert.equal(gone.description, 'Newer');
    sites['quick.com'] = (_, response) => response.writeHead(410).end();
    const broken = await again();
    assert.equal(broken.description, 'Newer');
    assert.match(broken.enrich_message, /error 410/);
});

test('an answer that is young is not asked for again', async () => {
    const before = served.asked['acme.com/'];
    const [{ id }] = await stack.rows("select id from account where domain = 'acme.com'");
    await stack.psql(`update account set phone = null where id = ${id}`);
    assert.equal((await enrichAgain('acme.com')).phone, '+49 30 123456');
    assert.equal(served.asked['acme.com/'], before);
    await stack.psql("update provider_answer set at = now() - interval '31 days' where domain = 'acme.com'");
    await enrichAgain('acme.com');
    assert.equal(served.asked['acme.com/'], before + 1);
});

test('proxy variables of the environment are nobody\'s business', () => assert.equal(trapped, 0));

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
        const spellings = ['127.0.0.1', '127.1', '2130706433', '017700000001', '0177.0.0.1', '0x7f.1', '0x7f000001', '0', '[::1]', '[::]',
            '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b::a9fe:a9fe]', '[2002:7f00:1::]',
            '[fe80::1]', '[fd00::1]', 'localhost', '169.254.169.254', '10.0.0.1', '192.168.1.1', '100.64.0.1', '%31%32%37.0.0.1',
            `127.0.0.1:${inside.address().port}`];
        for (const spelling of spellings) {
            await open.psql(accountAndJob(spelling));
        }
        const rows = await eventually('all are looked at', async () => {
            const list = await open.rows('select domain, enrich_message from account where enriched_at is not null');
            assert.equal(list.length, spellings.length);
            return list;
        }, { seconds: 60 });
        for (const { domain, enrich_message: message } of rows) {
            assert.match(message, /not on the public internet|cannot be opened|name was not found/, domain);
        }
        assert.equal(asked, 0);
    } finally {
        await open.stop();
        inside.close();
    }
});
