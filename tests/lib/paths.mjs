// Where things are, and how sanitizers behave, for everything that runs programs of this project.

import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const build = resolve(root, process.env.BUILD || 'build');
export const mode = process.env.MODE || 'asan';
export const programs = join(build, mode);

export const sanitizerEnv = {
    ASAN_OPTIONS: 'abort_on_error=0:detect_leaks=1:detect_stack_use_after_return=1:exitcode=99',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1:exitcode=99',
};
