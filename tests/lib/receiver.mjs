// A peer on loopback that stands for every address outside (FETCH_CONNECT_TO): answers by host name, and keeps
// what it was asked.
//
//   const peer = await startReceiver();
//   peer.hosts['hooks.test'] = (call, response) => response.writeHead(204).end();
//   peer.calls('hooks.test')            [{ host, method, url, headers, body, at }]

import { createServer } from 'node:http';

export async function startReceiver() {
    const calls = [];
    const hosts = {};
    const server = createServer((request, response) => {
        const chunks = [];
        request.on('error', () => {});
        response.on('error', () => {});
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => {
            const host = request.headers.host;
            const call = { host, method: request.method, url: request.url, headers: request.headers,
                body: Buffer.concat(chunks).toString(), at: Date.now() };
            calls.push(call);
            const answer = hosts[host];
            if (answer) {
                answer(call, response, request);
            } else {
                response.writeHead(404).end('no such host');
            }
        });
    });
    server.keepAliveTimeout = 60_000;
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
        hosts,
        port: server.address().port,
        at: `127.0.0.1:${server.address().port}`,
        calls: (host) => calls.filter((call) => call.host === host),
        forget: () => calls.splice(0),
        stop: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}
