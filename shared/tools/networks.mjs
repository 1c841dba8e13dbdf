// networks.mjs OUT: whose network an address is in, as a MaxMind DB for the collector (libmaxminddb), made
// from npm's @ip-location-db/asn, which has ranges as CSV. The format is MaxMind's, version 2.0 of its
// specification: a binary tree of the address's bits, then the values, each written once.
//
// A record is what GeoLite2-ASN calls it, autonomous_system_number and autonomous_system_organization, and
// `addresses`, how many IPv4 addresses the network has in all.
import { createReadStream, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const source = (name) => new URL(`../../node_modules/@ip-location-db/asn/asn-${name}-num.csv`, import.meta.url);

// The last field may be quoted, with quotes doubled inside.
async function* ranges(name) {
    for await (const line of createInterface({ input: createReadStream(source(name)), crlfDelay: Infinity })) {
        const [, from, to, number, owner] = /^(\d+),(\d+),(\d+),(.*)$/.exec(line) ?? [];
        if (from !== undefined) {
            const text = owner.startsWith('"') ? owner.slice(1, -1).replaceAll('""', '"') : owner;
            yield { from: BigInt(from), to: BigInt(to), number: Number(number), owner: text };
        }
    }
}

// --- the tree: node n's two records stand at 2n and 2n + 1; 0: nothing, > 0: node, < 0: -(network + 1) ---

let records = new Int32Array(1 << 22);
let nodes = 1;
const bits = 128;

function makeNode() {
    if (2 * nodes + 2 > records.length) {
        const more = new Int32Array(records.length * 2);
        more.set(records);
        records = more;
    }
    return nodes++;
}

// The first `length` bits of address lead to the network.
function put(address, length, network) {
    let node = 0;
    for (let depth = 0; depth < length; depth++) {
        const at = 2 * node + Number((address >> BigInt(bits - 1 - depth)) & 1n);
        if (depth === length - 1) {
            records[at] = -(network + 1);
            return;
        }
        if (records[at] <= 0) {
            const below = makeNode();
            records[2 * below] = records[2 * below + 1] = records[at];
            records[at] = below;
        }
        node = records[at];
    }
}

// As few blocks as there have to be.
function putRange(from, to, network) {
    while (from <= to) {
        let size = 0;
        while (size < bits && (from & ((1n << BigInt(size + 1)) - 1n)) === 0n && from + (1n << BigInt(size + 1)) - 1n <= to) {
            size++;
        }
        put(from, bits - size, network);
        from += 1n << BigInt(size);
    }
}

// --- values ---

function encode(type, size, bytes) {
    const head = type <= 7 ? [(type << 5)] : [0, type - 7];
    if (size < 29) {
        head[0] |= size;
    } else if (size < 285) {
        head[0] |= 29;
        head.push(size - 29);
    } else {
        head[0] |= 30;
        head.push((size - 285) >> 8, (size - 285) & 255);
    }
    return Buffer.concat([Buffer.from(head), bytes]);
}
const text = (value) => encode(2, Buffer.byteLength(value), Buffer.from(value));
function unsigned(value, type, most) {
    const bytes = [];
    for (let rest = BigInt(value); rest > 0n; rest >>= 8n) {
        bytes.unshift(Number(rest & 255n));
    }
    if (bytes.length > most) throw new Error(`${value} is too large`);
    return encode(type, bytes.length, Buffer.from(bytes));
}
const uint16 = (value) => unsigned(value, 5, 2);
const uint32 = (value) => unsigned(value, 6, 4);
const uint64 = (value) => unsigned(value, 9, 8);
const map = (entries) => encode(7, entries.length, Buffer.concat(entries.flatMap(([key, value]) => [text(key), value])));
const array = (values) => encode(11, values.length, Buffer.concat(values));

// --- reading ---

const networks = []; // { number, owner, addresses }
const placeOf = new Map();
function network({ number, owner }, addresses) {
    let place = placeOf.get(number);
    if (place === undefined) {
        place = networks.push({ number, owner, addresses: 0n }) - 1;
        placeOf.set(number, place);
    }
    networks[place].addresses += addresses;
    return place;
}
for await (const range of ranges('ipv4')) {
    putRange(range.from, range.to, network(range, range.to - range.from + 1n));
}
// IPv4 stands at ::/96, where MaxMind's readers look for it; none of that is IPv6's own.
for await (const range of ranges('ipv6')) {
    if (range.from >= 1n << 32n) {
        putRange(range.from, range.to, network(range, 0n));
    }
}

// --- writing ---

const values = [];
const offsets = [];
let end = 0;
for (const { number, owner, addresses } of networks) {
    const value = map([['autonomous_system_number', uint32(number)],
        ['autonomous_system_organization', text(owner.slice(0, 200))], ['addresses', uint64(addresses)]]);
    offsets.push(end);
    values.push(value);
    end += value.length;
}
const tree = Buffer.alloc(nodes * 8); // records of 32 bits
for (let i = 0; i < nodes * 2; i++) {
    const record = records[i];
    tree.writeUInt32BE(record > 0 ? record : record === 0 ? nodes : nodes + 16 + offsets[-record - 1], i * 4);
}
const metadata = map([['binary_format_major_version', uint16(2)], ['binary_format_minor_version', uint16(0)],
    ['build_epoch', uint64(1)], ['database_type', text('LeadBoard-ASN')],
    ['description', map([['en', text('RouteViews and DB-IP, by @ip-location-db/asn')]])],
    ['ip_version', uint16(6)], ['languages', array([text('en')])], ['node_count', uint32(nodes)], ['record_size', uint16(32)]]);
writeFileSync(process.argv[2], Buffer.concat([tree, Buffer.alloc(16), ...values,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]));
