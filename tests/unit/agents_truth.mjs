// agents_truth.mjs - what is known of real User-Agent texts, as a C table for test_agent.c.
//
//     node agents_truth.mjs OUT.h
//
// The texts are a share of those that npm's user-agents collected on the web, each with the kind of
// device that it was found on; what browser and system they name is what uap-core's rules say in
// another engine, the one of JavaScript.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const modules = new URL('../../node_modules/', import.meta.url);
const lists = parse(readFileSync(new URL('uap-core/regexes.yaml', modules), 'utf8'));
const seen = JSON.parse(readFileSync(new URL('user-agents/dist/user-agents.json', modules), 'utf8'));

const compiled = (rules) => rules.map((rule) => ({ ...rule, regex: new RegExp(rule.regex, rule.regex_flag) }));
const browsers = compiled(lists.user_agent_parsers), systems = compiled(lists.os_parsers);

function name(rules, field, text) {
  for (const rule of rules) {
    const match = rule.regex.exec(text);
    if (match) return (rule[field] ?? '$1').replace(/\$(\d)/g, (_, n) => match[n] ?? '').trim();
  }
  return 'Other';
}

const kinds = new Map();
for (const { userAgent, deviceCategory } of seen) {
  const known = kinds.get(userAgent);
  kinds.set(userAgent, known && known !== deviceCategory ? 'several' : deviceCategory);
}
const rows = [...kinds].slice(0, 400).map(([text, kind]) => [text, name(browsers, 'family_replacement', text),
  name(systems, 'os_replacement', text), kind].map((value) => JSON.stringify(value).replaceAll('?', '\\?')).join(', '));
writeFileSync(process.argv[2], `static const struct truth {
    const char *text, *browser, *os, *kind;
} truths[] = {
${rows.map((row) => `    {${row}},`).join('\n')}
};
`);
