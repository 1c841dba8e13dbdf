// The floors of the house: who may include what, and that each header stands alone.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { root, build } from '../lib/paths.mjs';

const sources = globSync('{shared,fcgi,worker}/**/*.{c,h}', { cwd: root }).filter((file) => !file.startsWith('shared/tools/'));

function includes(file) {
    const text = readFileSync(`${root}/${file}`, 'utf8');
    return [...text.matchAll(/^#include [<"]([^>"]+)[>"]/gm)].map(([, name]) => name);
}

// A library is seen by the one module that wraps it.
const wrapped = {
    'libpq-fe.h': /^shared\/db\w*\.[ch]$/,
    'fcgiapp.h': /^fcgi\/server\.c$/,
    'cjson/cJSON.h': /^shared\/json\.c$/,
    'curl/curl.h': /^(worker\/(http|smtp)|shared\/url)\.c$/,
    'sodium.h': /^shared\/crypt\.c$/,
    'ares.h': /^worker\/resolver\.c$/,
    'gumbo.h': /^worker\/company\/markup\.c$/,
    'pcre2.h': /^worker\/agent\.c$/,
    'cmark.h': /^shared\/markdown\.c$/,
    'zlib.h': /^shared\/inflate\.c$/,
    'uv.h': /^worker\/\w+\.[ch]$/,
};

test('a wrapped library is included by its wrapper only', () => {
    for (const file of sources) {
        for (const name of includes(file)) {
            assert.ok(!wrapped[name] || wrapped[name].test(file), `${file} includes ${name}`);
        }
    }
});

test('every wrapper in the list exists', () => {
    for (const [name, who] of Object.entries(wrapped)) {
        assert.ok(sources.some((file) => who.test(file) && includes(file).includes(name)), `nobody includes ${name}`);
    }
});

test('code depends downwards: fcgi and worker on shared, shared on neither', () => {
    const refused = {
        shared: /^(fcgi|worker)\//,
        fcgi: /^worker\//,
        worker: /^fcgi\//,
    };
    for (const file of sources) {
        for (const name of includes(file)) {
            assert.doesNotMatch(name, refused[file.split('/')[0]], `${file} includes ${name}`);
        }
    }
});

test('every header compiles alone and begins with what it is for', () => {
    for (const file of sources.filter((name) => name.endsWith('.h'))) {
        assert.match(readFileSync(`${root}/${file}`, 'utf8'), /^\/\*/, `${file} has no word on what it is for`);
        execFileSync('gcc', ['-std=c11', '-D_GNU_SOURCE', '-fsyntax-only', '-Wall', '-Werror', '-I.', `-I${build}`,
            '-isystem', '/usr/include/postgresql', '-x', 'c', file], { cwd: root, stdio: 'pipe' });
    }
});

test('every statement is asked by somebody', () => {
    const code = globSync('{shared,fcgi,worker,tests}/**/*.c', { cwd: root }).map((file) => readFileSync(`${root}/${file}`, 'utf8')).join('\n');
    const asked = new Set([...code.matchAll(/\bsql_(\w+)\(/g)].flatMap(([, name]) => [name, name.replace(/_(send|take)$/, '')]));
    for (const file of globSync('shared/sql/*.sql', { cwd: root })) {
        for (const [, name] of readFileSync(`${root}/${file}`, 'utf8').matchAll(/^-- name: (\w+)/gm)) {
            assert.ok(asked.has(name), `nobody asks ${name} of ${file}`);
        }
    }
});
