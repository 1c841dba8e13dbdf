// assets - makes what browsers load: node shared/tools/assets.mjs BUILD
//
// Reads templates/assets and writes BUILD/assets, served as /assets/:
//   app.js, app.css, manage.css   bundled and minified, under a name with a hash of the content; so are the
//                     fonts that the styles name; requests.js and sortable.js are read later
//   icons.svg         a sprite of just those lucide icons that templates name: {{icon "plus"}}
//   lb.js, matomo.js, piwik.js, leadboxer.js
//                     the tracker, and those that answer to other trackers' calls, without a hash: other
//                     people's pages name them
//   demo/             the sample site, as it is
// Text is also written compressed (.gz) for nginx. BUILD/gen/assets.h tells templates the names:
// {{asset "app.css"}} becomes ASSET_app_css, so an unknown one does not compile.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const source = 'templates/assets';
const lucide = 'node_modules/lucide-static/icons';
const [out, gen] = ['assets', 'gen'].map((part) => join(process.argv[2] ?? 'build', part));
const trackers = ['lb.js', 'matomo.js', 'leadboxer.js'];
const written = new Set(); // names in `out`
const assets = new Map(); // name in templates -> name in `out`

function fail(message) {
  console.error(message);
  process.exit(1);
}

function write(name, content) {
  writeFileSync(join(out, name), content);
  written.add(name);
  if (['.js', '.css', '.svg'].includes(extname(name))) {
    writeFileSync(join(out, `${name}.gz`), gzipSync(content, { level: 9 }));
    written.add(`${name}.gz`);
  }
}

function writeHashed(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const extension = extname(name);
  const hashed = `${basename(name, extension)}-${hash}${extension}`;
  write(hashed, content);
  assets.set(name, hashed);
}

async function bundle(entries, options) {
  const entryPoints = entries.map((name) => join(source, name)).filter(existsSync);
  const result = await build({
    entryPoints, outdir: out, write: false, metafile: true, bundle: true, minify: true,
    format: 'iife', legalComments: 'eof', logLevel: 'warning', ...options,
  }).catch(() => process.exit(1)); // esbuild has said why
  for (const file of result.outputFiles) {
    const name = basename(file.path);
    write(name, file.contents);
    assets.set(name.replace(/-[0-9A-Z]{8}(?=\.\w+$)/, ''), name);
  }
}

function symbol(name, users) {
  const path = join(lucide, `${name}.svg`);
  if (!existsSync(path)) {
    fail(`${users}: {{icon "${name}"}}: lucide has no icon of this name`);
  }
  const body = /<svg[^>]*>(.*)<\/svg>/s.exec(readFileSync(path, 'utf8'))[1];
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
    `stroke-width="2" stroke-linecap="round" stroke-linejoin="round">` +
    `${body.replace(/\s*\n\s*/g, '').replace(/ \/>/g, '/>')}</symbol>`;
}

function sprite() {
  const users = new Map();
  for (const file of readdirSync('templates').filter((name) => name.endsWith('.html')).sort()) {
    const path = join('templates', file);
    for (const [, icon] of readFileSync(path, 'utf8').matchAll(/\{\{\s*icon\s+"([^"]+)"\s*\}\}/g)) {
      users.set(icon, users.get(icon) ?? path);
    }
  }
  const symbols = [...users.keys()].sort().map((name) => symbol(name, users.get(name)));
  writeHashed('icons.svg', '<!-- Icons by Lucide (lucide.dev), ISC licence. -->\n' +
    `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`);
}

function header() {
  const lines = [...assets].sort().map(([name, file]) =>
    `#define ASSET_${name.replace(/[^A-Za-z0-9]/g, '_')} "/${trackers.includes(name) ? '' : 'assets/'}${file}"`);
  const text = `/* Made by shared/tools/assets.mjs; do not edit. */\n#pragma once\n\n${lines.join('\n')}\n`;
  const path = join(gen, 'assets.h');
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    writeFileSync(path, text); // else its time stays, and nothing is compiled anew
  }
}

mkdirSync(out, { recursive: true });
mkdirSync(gen, { recursive: true });
await bundle(['app.js', 'js/requests.js', 'js/sortable.js', 'app.css', 'manage.css'], {
  format: 'esm', splitting: true, target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', assetNames: '[name]-[hash]', publicPath: '/assets',
  loader: { '.woff2': 'file', '.svg': 'file' },
});
await bundle(trackers, { target: 'es2017' });
write('piwik.js', readFileSync(join(out, 'matomo.js')));
sprite();
rmSync(join(out, 'demo'), { recursive: true, force: true });
if (existsSync(join(source, 'demo'))) {
  cpSync(join(source, 'demo'), join(out, 'demo'), { recursive: true });
}
written.add('demo');
for (const name of readdirSync(out).filter((name) => !written.has(name))) {
  rmSync(join(out, name), { recursive: true }); // of an earlier build
}
header();
