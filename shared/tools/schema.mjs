// schema.mjs OUT.h - the types of schema.org that are organisations, as a C table for worker/company/organization.c:
// from npm schema-dts (Apache-2.0).
import { readFileSync, writeFileSync } from 'node:fs';

const source = readFileSync(new URL('../../node_modules/schema-dts/dist/schema.d.ts', import.meta.url), 'utf8');

// "export type Store = StoreLeaf | AutoPartsStore | ...;" lists the types directly below.
const below = new Map();
for (const [, type, list] of source.matchAll(/^export type (\w+) = ([\w| "\n]+);/gm)) {
  below.set(type, list.split('|').map((name) => name.trim()).filter((name) => /^[A-Z]\w+$/.test(name) && !name.endsWith('Leaf')));
}
function family(type, found = new Set()) {
  if (!found.has(type)) {
    found.add(type);
    for (const one of below.get(type) ?? []) family(one, found);
  }
  return found;
}
const organizations = [...family('Organization')].sort();
const local = family('LocalBusiness');
if (organizations.length < 150 || !local.has('Dentist')) throw new Error('schema-dts is not as it was');

// A kind of local business tells the industry: "AccountingService" -> "Accounting service".
const general = new Set(['LocalBusiness', 'Store', 'ProfessionalService', 'FoodEstablishment', 'Organization']);
const words = (type) => type.replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);

writeFileSync(process.argv[2], `/* Made by shared/tools/schema.mjs. Sorted by bytes. */
static const struct {
    const char *type, *industry;
} schema_organizations[] = {
    ${organizations.map((type) => `{"${type}", ${local.has(type) && !general.has(type) ? JSON.stringify(words(type)) : 'NULL'}}`).join(',\n    ')},
};
`);
