// bots.mjs - turns the patterns of npm's crawler-user-agents into a C table of literals.
//
//     node bots.mjs OUT.h
//
// The patterns are regular expressions in name, plain text with a few alternatives in fact. Each
// becomes one or more literals, perhaps bound to the beginning or the end; of a pattern with a gap
// the longest part is taken. A pattern that this cannot express fails the build.
import { readFileSync, writeFileSync } from 'node:fs';

const source = new URL('../../node_modules/crawler-user-agents/crawler-user-agents.json', import.meta.url);
const START = 1, END = 2, LIBRARY = 4, AUTOMATION = 8;

// Mail programs fetch pictures through these when somebody opens the mail.
const people = /ImageProxy|MailProxy/;

/** All texts that a pattern without anchors stands for: ["AhrefsBot", "AhrefsSiteAudit"]. */
function expand(pattern) {
  let texts = [''];
  for (let i = 0; i < pattern.length;) {
    const rest = pattern.slice(i);
    const group = /^\(([^()[\]\\]*)\)/.exec(rest), set = /^\[([A-Za-z]+)\]/.exec(rest);
    let choices, length;
    if (group) [choices, length] = [group[1].split('|'), group[0].length];
    else if (set) [choices, length] = [[...set[1]], set[0].length];
    else if (rest[0] === '\\' && !/[a-zA-Z0-9]/.test(rest[1])) [choices, length] = [[rest[1]], 2];
    else if (!/[\\^$.*+?()[\]{}|]/.test(rest[0])) [choices, length] = [[rest[0]], 1];
    else throw new Error(`cannot express the pattern ${pattern}`);
    texts = texts.flatMap((text) => choices.map((choice) => text + choice));
    i += length;
  }
  return texts;
}

function literals(pattern) {
  if (pattern.startsWith('(^| )')) {
    const rest = pattern.slice(5);
    return [...literals('^' + rest), ...literals(' ' + rest)];
  }
  const plain = pattern.replace(/\(\[\^-\]\|\$\)$/, '');
  const alternatives = /[()]/.test(plain) ? [plain] : plain.split('|');
  return alternatives.flatMap((one) => {
    const flags = (one.startsWith('^') ? START : 0) | (/[^\\]\$$/.test(one) ? END : 0);
    const parts = one.replace(/^\^/, '').replace(/\$$/, '').split(/\[\\s\\S\]\*|\\d\+?(?:\\\.\\d\+)?/);
    const longest = parts.sort((a, b) => b.length - a.length)[0];
    return expand(longest).map((text) => ({ text, flags }));
  });
}

const all = new Map();
for (const { pattern, tags = [] } of JSON.parse(readFileSync(source, 'utf8'))) {
  if (people.test(pattern)) continue;
  const kind = (tags.includes('http-library') ? LIBRARY : 0) | (tags.includes('browser-automation') ? AUTOMATION : 0);
  for (const { text, flags } of literals(pattern)) {
    if (text.length < 3) throw new Error(`${pattern} would match almost anything`);
    all.set(text + flags, { text, flags: flags | kind });
  }
}
const sorted = [...all.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
const first = Array.from({ length: 257 }, (_, c) => sorted.filter((x) => x.text.charCodeAt(0) < c).length);
let offset = 0;
const rows = sorted.map(({ text, flags }) => {
  const row = `{${offset}, ${text.length}, ${flags}}`;
  offset += text.length;
  return row;
});
const quoted = sorted.map(({ text }) => JSON.stringify(text));

writeFileSync(process.argv[2], `/* Made by shared/tools/bots.mjs from crawler-user-agents (MIT). */
enum { BOT_START = ${START}, BOT_END = ${END}, BOT_LIBRARY = ${LIBRARY}, BOT_AUTOMATION = ${AUTOMATION} };
static const struct {
    uint16_t offset;
    uint8_t length, flags;
} bot_patterns[] = {
    ${rows.join(', ')},
};
static const uint16_t bot_first[257] = {${first.join(', ')}};
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const char bot_text[] =
    ${quoted.join('\n    ')};
`);
