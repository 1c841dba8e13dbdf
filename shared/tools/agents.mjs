// agents.mjs - turns the rules of npm's uap-core into a C table: what a User-Agent says of browser,
// operating system and device.
//
//     node agents.mjs OUT.h
//
// A rule is a regular expression and what it means: a name, a version or model, with $1 ... for what
// its groups matched. Texts stand one after another; a rule has their places, 0 is none.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const folder = new URL('../../node_modules/uap-core/', import.meta.url);
const lists = parse(readFileSync(new URL('regexes.yaml', folder), 'utf8'));
const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));

// What each list calls its texts, and ours in their order: name, then two more.
const kinds = [
  ['browser', lists.user_agent_parsers, ['family_replacement', 'v1_replacement', 'v2_replacement']],
  ['os', lists.os_parsers, ['os_replacement', 'os_v1_replacement', 'os_v2_replacement']],
  ['device', lists.device_parsers, ['device_replacement', 'brand_replacement', 'model_replacement']],
];
const others = new Set(['regex', 'regex_flag', 'v3_replacement', 'os_v3_replacement', 'os_v4_replacement']);

const texts = [], places = new Map();
let length = 1;
function place(text) {
  if (text === undefined || text === '') return 0;
  text = String(text);
  if (/[\x00-\x1f]/.test(text)) throw new Error(`not plain text: ${text}`);
  if (!places.has(text)) {
    places.set(text, length);
    texts.push(text);
    length += Buffer.byteLength(text) + 1;
  }
  return places.get(text);
}

const tables = kinds.map(([name, rules, fields]) => {
  const rows = rules.map((rule) => {
    const odd = Object.keys(rule).find((key) => !others.has(key) && !fields.includes(key));
    if (odd) throw new Error(`${name}: unknown ${odd}`);
    if (rule.regex_flag && rule.regex_flag !== 'i') throw new Error(`${name}: unknown flag ${rule.regex_flag}`);
    const said = fields.map((field) => place(rule[field])).join(', ');
    return `{${place(rule.regex)}, {${said}}, ${Boolean(rule.regex_flag)}}`;
  });
  return `static const struct agent_rule agent_${name}_rules[] = {\n    ${rows.join(',\n    ')},\n};`;
});

const escape = (byte) => (byte < 32 || byte > 126 || byte === 34 || byte === 63 || byte === 92
  ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte));
const quote = (text) => `"${[...Buffer.from(text)].map(escape).join('')}\\0"`;

// Grows with each release of the rules, so that what older ones said is found and read again.
const [major, minor, patch] = version.split('.').map(Number);
writeFileSync(process.argv[2], `/* Made by shared/tools/agents.mjs from uap-core ${version} (Apache-2.0). */
enum { AGENT_DATA = ${(major * 1000 + minor) * 1000 + patch} };
struct agent_rule {
    uint32_t regex, text[3];
    bool caseless;
};
${tables.join('\n')}
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const char agent_text[] =
    "\\0"
    ${texts.map(quote).join('\n    ')};
`);
