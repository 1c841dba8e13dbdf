// What nginx itself is there for: headers, static files, limits, refusals that say what to do.

import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { owner, startStack } from '../lib/stack.mjs';
import { Client, send } from '../lib/client.mjs';
import { addBoard, ownDataset } from '../lib/fixture.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());

const get = (path, headers) => send(stack.url, 'GET', path, { headers });

// Writes bytes to nginx as they are and answers the status lines of what comes back.
function raw(bytes) {
    return new Promise((resolve) => {
        const socket = connect(stack.port, '127.0.0.1');
        let text = '';
        socket.setTimeout(4000, () => socket.destroy());
        socket.on('data', (chunk) => { text += chunk; });
        socket.on('error', () => {});
        socket.on('close', () => resolve([...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status))));
        socket.end(bytes);
    });
}

test('pages carry the security headers and a request id', async () => {
    const answer = await get('/login');
    assert.equal(answer.status, 200);
    const policy = answer.headers['content-security-policy'];
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'",
        "base-uri 'none'", "form-action 'self'"]) {
        assert.ok(policy.includes(part), part);
    }
    assert.ok(!policy.includes('unsafe'));
    assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(answer.headers['referrer-policy'], 'same-origin');
    assert.match(answer.headers['x-request-id'], /^[0-9a-f]{32}$/);
    assert.equal(answer.headers.server, 'nginx');
    assert.match(answer.headers['content-type'], /charset=utf-8/i);
});

test('hashed assets are kept forever, compressed', async () => {
    const page = await get('/login');
    const [, style] = /href="(\/assets\/[^"]+\.css)"/.exec(page.text);
    const answer = await get(style, { 'Accept-Encoding': 'gzip' });
    assert.equal(answer.status, 200);
    assert.match(answer.headers['cache-control'], /immutable/);
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.match(answer.headers['content-type'], /text\/css/);
    assert.equal((await get('/assets/none.css')).status, 404);
    assert.equal((await get('/assets/../shared/config.c')).status >= 400, true);
});

test('the tracker may be loaded by any page, and is asked for again', async () => {
    const answer = await get('/lb.js');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin');
    assert.match(answer.headers['cache-control'], /max-age=3600/);
    const again = await get('/lb.js', { 'If-None-Match': answer.headers.etag });
    assert.equal(again.status, 304);
});

test('methods that nothing here knows are refused', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'OPTIONS']) {
        assert.equal((await send(stack.url, method, '/boards')).status, 405, method);
    }
});

test('what nginx refuses is explained', async () => {
    const large = await send(stack.url, 'POST', '/login', { body: Buffer.alloc(1_200_000) });
    assert.equal(large.status, 413);
    assert.match(large.text, /too large/);
    const events = await send(stack.url, 'POST', '/e', { body: Buffer.alloc(1_200_000) });
    assert.equal(events.status, 413);
    assert.equal(JSON.parse(events.text).error.code, 'too_large');
    const long = await get(`/boards?q=${'x'.repeat(40_000)}`);
    assert.equal(long.status, 414);
    assert.match(long.text, /too long/);
    assert.equal((await get('/internal/live/abc')).status, 404);
    assert.equal((await get('/errors/413.html')).status, 404);
});

test('health and metrics', async () => {
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/readyz')).status, 200);
    assert.equal((await get('/metrics')).status, 200);
});

test('a request cannot invent parameters', async () => {
    // httpoxy, and headers of ours under other spellings.
    const answer = await get('/login', { Proxy: 'http://evil.example', 'X-Forwarded-For': '1.2.3.4', Request_Id: 'x' });
    assert.equal(answer.status, 200);
});

test('bad HTTP is refused, and nothing is smuggled behind it', async () => {
    const host = `Host: localhost:${stack.port}\r\n`;
    const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
    const bad = [
        'GARBAGE\r\n\r\n',
        `GET /boards HTTP/9.9\r\n${host}\r\n`,
        'GET /boards HTTP/1.1\r\n\r\n', // no host
        `GET /boards HTTP/1.1\r\n${host}Host: other\r\n\r\n`,
        `GET /%00 HTTP/1.1\r\n${host}\r\n`,
        `GET /%zz HTTP/1.1\r\n${host}\r\n`,
        `GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n`,
        `GET /boards HTTP/1.1\r\n${host}Bad Header: x\r\nX: a\0b\r\n\r\n`,
        `POST /login HTTP/1.1\r\n${host}${form}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
        `POST /login HTTP/1.1\r\n${host}${form}Content-Length: -1\r\n\r\n`,
        `POST /login HTTP/1.1\r\n${host}${form}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        `POST /login HTTP/1.1\r\n${host}${form}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
        `POST /login HTTP/1.1\r\n${host}${form}Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n`,
        `GET ${'/a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`,
        `GET /boards HTTP/1.1\r\n${host}${'X-Many: y\r\n'.repeat(20_000)}\r\n`,
    ];
    for (const bytes of bad) {
        const statuses = await raw(bytes);
        const shown = JSON.stringify(bytes.slice(0, 120));
        assert.ok(statuses.length <= 1, `${shown} had ${statuses.length} answers`);
        assert.ok(statuses.every((status) => (status >= 400 && status < 500) || status === 501 || status === 505),
            `${shown} was answered ${statuses}`);
    }
    assert.equal((await get('/healthz')).status, 200);
});

test('neither addresses nor query strings are logged', async () => {
    await get('/login?email=secret%40example.com');
    await get('/e.gif?dataset=x&email=secret%40example.com');
    const log = stack.log('access');
    assert.ok(log.includes('path="/login"'));
    assert.ok(!log.includes('secret') && !log.includes('127.0.0.1'));
});

test('a live message reaches whoever may see the board, and nobody else', async () => {
    assert.ok(existsSync(`${stack.state}/run/publish.sock`), 'nchan, which make deps installs, is in use');
    const own = await ownDataset(stack);
    const board = await addBoard(stack, own);
    const anonymous = await get(`/boards/${board.board}/live`, { Accept: 'text/event-stream' });
    assert.ok([303, 401, 403].includes(anonymous.status), String(anonymous.status));

    const client = new Client(stack.url);
    await client.signIn(owner);
    const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const controller = new AbortController();
    const stream = await fetch(`${stack.url}/boards/${board.board}/live`,
        { headers: { Cookie: cookie, Accept: 'text/event-stream' }, signal: controller.signal });
    assert.equal(stream.status, 200);
    assert.match(stream.headers.get('content-type'), /text\/event-stream/);
    const card = await client.get(`/boards/${board.board}/cards/${board.card}/move`);
    const moved = await client.submit(card, { stage: board.stage2 }, /\/move$/);
    assert.ok(moved.status < 400, String(moved.status));
    const began = Date.now();
    let text = '';
    for await (const chunk of stream.body) {
        text += Buffer.from(chunk).toString();
        if (text.includes('data:')) {
            break;
        }
    }
    controller.abort();
    assert.ok(Date.now() - began < 2000, `after ${Date.now() - began} ms`);
});
