// The site's configuration stands under Debian's own nginx.conf as nginx/production/ says, with TLS.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../lib/paths.mjs';
import { execute } from '../lib/process.mjs';

let dir;
before(() => { dir = mkdtempSync(join(tmpdir(), 'leadboard-nginx-')); });
after(() => rmSync(dir, { recursive: true, force: true }));

function replaceIn(file, ...pairs) {
    let text = readFileSync(file, 'utf8');
    for (const [from, to] of pairs) {
        text = text.replaceAll(from, to);
    }
    writeFileSync(file, text);
}

async function install(withNchan) {
    const own = join(dir, 'leadboard');
    rmSync(dir, { recursive: true, force: true });
    cpSync('/etc/nginx', dir, { recursive: true, dereference: true });
    cpSync(join(root, 'nginx/leadboard'), own, { recursive: true });
    cpSync(join(root, 'nginx/production'), own, { recursive: true });
    rmSync(join(dir, 'sites-enabled'), { recursive: true });
    for (const folder of ['sites-enabled', 'leadboard/http.d', 'leadboard/server.d']) {
        mkdirSync(join(dir, folder));
    }
    cpSync(join(root, 'nginx/leadboard.conf'), join(dir, 'sites-enabled/leadboard'));
    cpSync(join(own, 'redirect.conf'), join(own, 'http.d/redirect.conf'));
    if (withNchan) {
        cpSync(join(own, 'live-publisher.conf'), join(own, 'http.d/live-publisher.conf'));
        cpSync(join(own, 'live-subscriber.conf'), join(own, 'server.d/live-subscriber.conf'));
    } else {
        rmSync(join(dir, 'modules-enabled'), { recursive: true });
    }
    replaceIn(join(dir, 'nginx.conf'), ['/etc/nginx/', `${dir}/`], ['/run/nginx.pid', `${dir}/nginx.pid`],
        ['/var/log/nginx', dir]);
    replaceIn(join(own, 'listen.conf'), ['/etc/ssl/leadboard', dir], ['/var/log/nginx', dir], ['443', '18443']);
    replaceIn(join(own, 'redirect.conf'), ['listen 80', 'listen 18080'], ['listen [::]:80', 'listen [::]:18080'],
        ['443', '18443']);
    replaceIn(join(own, 'publish-listen.conf'), ['/run/leadboard-nginx', dir]);
    const made = await execute(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
        '/CN=leadboard.example.com', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'fullchain.pem')]);
    assert.equal(made.status, 0, made.output);
    return execute(['nginx', '-t', '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')]);
}

test('with nchan', async () => {
    const { status, output } = await install(true);
    assert.equal(status, 0, output);
});

test('without nchan', async () => {
    const { status, output } = await install(false);
    assert.equal(status, 0, output);
});
