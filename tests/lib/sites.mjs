// Company sites and services on loopback, over HTTPS with a certificate authority of their own: what
// FETCH_CONNECT_TO and FETCH_CA_FILE lead the worker to.
//
//   const ca = await makeAuthority(['acme.com', 'www.acme.com']);   { file, key, cert }
//   const sites = await serveSites(ca, { 'acme.com': (request, response) => ... });
//   startStack({ env: { FETCH_CONNECT_TO: `127.0.0.1:${sites.port}`, FETCH_CA_FILE: ca.file } });
//   await sites.stop();
//
// One port speaks both: a TLS client is told by its first byte. A site that is not there answers 404, also
// for robots.txt.

import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute } from './process.mjs';

async function openssl(args, cwd) {
    const { status, output } = await execute(['openssl', ...args], { cwd });
    if (status !== 0) {
        throw new Error(`openssl ${args[0]}: ${output}`);
    }
}

// A throw-away authority and a certificate of it for these names.
export async function makeAuthority(names) {
    const folder = mkdtempSync(join(tmpdir(), 'leadboard-ca-'));
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await openssl(['req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority'], folder);
    await openssl(['req', ...curve, '-keyout', 'site.key', '-out', 'site.csr', '-subj', '/CN=sites'], folder);
    writeFileSync(join(folder, 'names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
    await openssl(['x509', '-req', '-in', 'site.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
        '-extfile', 'names', '-out', 'site.pem'], folder);
    chmodSync(folder, 0o755); // the worker is another user
    chmodSync(join(folder, 'ca.pem'), 0o644);
    return { file: join(folder, 'ca.pem'), key: readFileSync(join(folder, 'site.key')), cert: readFileSync(join(folder, 'site.pem')) };
}

// sites: a handler (request, response) by host name. `asked` counts { 'acme.com/robots.txt': 1 }, and `connections`
// those over TLS, by host name.
export async function serveSites(authority, sites) {
    const asked = {};
    const connections = {};
    const answer = (request, response) => {
        const host = request.headers.host;
        asked[`${host}${request.url}`] = (asked[`${host}${request.url}`] ?? 0) + 1;
        const site = sites[host];
        if (!site || (request.url === '/robots.txt' && !site.robots)) {
            response.writeHead(404).end('Not here');
        } else if (request.url === '/robots.txt') {
            site.robots(request, response);
        } else {
            site(request, response);
        }
    };
    const plain = createPlain(answer);
    const secure = createSecure({ key: authority.key, cert: authority.cert }, answer);
    secure.on('secureConnection', ({ servername }) => {
        connections[servername] = (connections[servername] ?? 0) + 1;
    });
    const sockets = new Set();
    const door = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.once('close', () => sockets.delete(socket));
        socket.once('data', (bytes) => {
            socket.pause();
            socket.unshift(bytes);
            (bytes[0] === 0x16 ? secure : plain).emit('connection', socket);
            process.nextTick(() => socket.resume());
        });
    });
    await new Promise((resolve) => door.listen(0, '127.0.0.1', 4096, resolve));
    return {
        port: door.address().port,
        asked,
        connections,
        async stop() {
            sockets.forEach((socket) => socket.destroy());
            await new Promise((resolve) => door.close(resolve));
        },
    };
}
