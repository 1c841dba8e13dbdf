// technologies.mjs RULES.txt OUT.h - the rules of worker/company/technologies.txt as a C table. Traces are in
// lower case; a header's is "name: text".
import { readFileSync, writeFileSync } from 'node:fs';

const kinds = { generator: 0, script: 1, html: 2, header: 3, cookie: 4 };
const rows = [];
for (const [n, line] of readFileSync(process.argv[2], 'utf8').split('\n').entries()) {
  if (/^\s*(#|$)/.test(line)) continue;
  const [, name, kind, rest] = /^(\S+) (\S+) (.+)$/.exec(line) ?? [];
  if (!(kind in kinds)) throw new Error(`${process.argv[2]}:${n + 1}: ${line}`);
  const trace = kind === 'header' ? rest.replace(/^(\S+) ?/, '$1:') : rest;
  rows.push([kinds[kind], `{${JSON.stringify(name.replaceAll('_', ' '))}, ${JSON.stringify(trace.toLowerCase())}}`]);
}
const sorted = rows.sort((a, b) => a[0] - b[0]);
const first = [...Object.values(kinds), Infinity].map((kind) => sorted.filter(([of]) => of < kind).length);

writeFileSync(process.argv[3], `/* Made by shared/tools/technologies.mjs. */
enum { ${Object.keys(kinds).map((kind) => `TRACE_${kind.toUpperCase()}`).join(', ')} };
static const struct {
    const char *name, *trace;
} technology_rules[] = {
    ${sorted.map(([, row]) => row).join(',\n    ')},
};
/* Where the rules of each kind begin; behind them, how many there are. */
static const size_t technology_first[] = {${first.join(', ')}};
`);
