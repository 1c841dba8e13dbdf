// A name server on loopback, by UDP and TCP, that says what a test wants.
//
//   const dns = await startDns();
//   dns.name('192.0.2.1', 'gate.acme.com');         the name of an address (PTR)
//   dns.host('gate.acme.com', '192.0.2.1');         the address of a name (A, AAAA)
//   dns.fail('192.0.2.2', 'servfail');              or 'silent', 'truncated' (the whole is had by TCP), 'nonsense'
//   dns.address                                     "127.0.0.1:port"
//   dns.asked, dns.most                             how often, by name; how many were open at once
//   dns.delay = 50                                  ms until it answers
// What it was not told does not exist (NXDOMAIN).

import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';

const types = { A: 1, PTR: 12, AAAA: 28 };
const rcodes = { ok: 0, servfail: 2, nxdomain: 3 };

// The 16 bytes of an IPv6 address.
function bytes6(address) {
    const [head, tail] = address.split('::').map((part) => part.split(':').filter(Boolean));
    const groups = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
    return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function reverseName(address) {
    return isIPv6(address)
        ? `${[...bytes6(address).toString('hex')].reverse().join('.')}.ip6.arpa`
        : `${address.split('.').reverse().join('.')}.in-addr.arpa`;
}

function encodeName(name) {
    const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
    return Buffer.concat([...labels, Buffer.from([0])]);
}

function readQuestion(packet) {
    const labels = [];
    let at = 12;
    for (; packet[at] !== 0; at += packet[at] + 1) {
        labels.push(packet.toString('latin1', at + 1, at + 1 + packet[at]));
    }
    return { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at + 1), end: at + 5 };
}

function answer(type, data) {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(0xc00c, 0); // the question's name
    head.writeUInt16BE(type, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt32BE(300, 6);
    head.writeUInt16BE(data.length, 10);
    return Buffer.concat([head, data]);
}

class Dns {
    #records = new Map(); // "type name" -> [data]
    #faults = new Map(); // name -> how
    #open = 0;
    asked = {};
    most = 0;
    delay = 0;

    name(address, ...names) {
        this.#records.set(`${types.PTR} ${reverseName(address)}`, names.map(encodeName));
    }

    host(name, ...addresses) {
        for (const [type, wanted] of [[types.A, false], [types.AAAA, true]]) {
            this.#records.set(`${type} ${name}`, addresses.filter((address) => isIPv6(address) === wanted)
                .map((address) => wanted ? bytes6(address) : Buffer.from(address.split('.').map(Number))));
        }
    }

    fail(what, how) {
        this.#faults.set(/^[\d.]+$|:/.test(what) ? reverseName(what) : what, how);
    }

    times(what) {
        return this.asked[/^[\d.]+$|:/.test(what) ? reverseName(what) : what] ?? 0;
    }

    // The answer, or nothing.
    #answer(packet, tcp) {
        const { name, type, end } = readQuestion(packet);
        const fault = this.#faults.get(name);
        const records = this.#records.get(`${type} ${name}`);
        const truncated = fault === 'truncated' && !tcp;
        if (fault === 'silent') {
            return null;
        }
        const found = truncated || fault === 'servfail' ? [] : records ?? [];
        const head = Buffer.from(packet.subarray(0, end));
        const rcode = fault === 'servfail' ? rcodes.servfail : records || truncated ? rcodes.ok : rcodes.nxdomain;
        head.writeUInt16BE(0x8580 | (truncated ? 0x0200 : 0) | rcode, 2);
        head.writeUInt16BE(found.length, 6);
        head.writeUInt16BE(0, 8);
        head.writeUInt16BE(0, 10);
        const whole = Buffer.concat([head, ...found.map((data) => answer(type, data))]);
        return fault === 'nonsense' ? whole.subarray(0, whole.length - 7) : whole;
    }

    take(packet, tcp, send) {
        const { name } = readQuestion(packet);
        this.asked[name] = (this.asked[name] ?? 0) + 1;
        this.most = Math.max(this.most, ++this.#open);
        setTimeout(() => {
            this.#open--;
            const reply = this.#answer(packet, tcp);
            if (reply) {
                send(reply);
            }
        }, this.delay);
    }

    stop() {
        this.udp.close();
        this.tcp.close();
    }
}

function listenTcp(dns, port) {
    dns.tcp = createServer((socket) => {
        let rest = Buffer.alloc(0);
        socket.on('error', () => {});
        socket.on('data', (chunk) => {
            rest = Buffer.concat([rest, chunk]);
            while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
                const end = 2 + rest.readUInt16BE(0);
                dns.take(rest.subarray(2, end), true, (reply) => {
                    const length = Buffer.alloc(2);
                    length.writeUInt16BE(reply.length);
                    socket.write(Buffer.concat([length, reply]));
                });
                rest = rest.subarray(end);
            }
        });
    });
    return new Promise((resolve) => dns.tcp.listen(port, '127.0.0.1', resolve));
}

export async function startDns() {
    const dns = new Dns();
    dns.udp = createSocket('udp4');
    dns.udp.on('message', (packet, from) => dns.take(packet, false, (reply) => dns.udp.send(reply, from.port, from.address)));
    await new Promise((resolve) => dns.udp.bind(0, '127.0.0.1', resolve));
    const { port } = dns.udp.address();
    await listenTcp(dns, port);
    dns.address = `127.0.0.1:${port}`;
    return dns;
}
