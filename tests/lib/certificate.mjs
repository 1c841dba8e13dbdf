// A certificate for the given names, and the authority that signed it, made with openssl for one test:
// { key, cert, caFile }. What is trusted is handed to the programs as FETCH_CA_FILE.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function makeCertificate(names) {
    const dir = `/tmp/leadboard-certificate-${randomBytes(6).toString('hex')}`;
    mkdirSync(dir, { mode: 0o755 });
    const file = (name) => join(dir, name);
    const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
    const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', '-x509', ...fresh, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-days', '2', '-subj', '/CN=Test authority');
    openssl('req', ...fresh, '-keyout', file('key.pem'), '-out', file('request.pem'), '-subj', `/CN=${names[0]}`);
    writeFileSync(file('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
    openssl('x509', '-req', '-in', file('request.pem'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
        '-out', file('cert.pem'), '-days', '2', '-extfile', file('names'));
    return {
        key: readFileSync(file('key.pem')),
        cert: readFileSync(file('cert.pem')),
        caFile: file('ca.pem'),
        remove: () => rmSync(dir, { recursive: true, force: true }),
    };
}
