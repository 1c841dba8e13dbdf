// A throw-away PostgreSQL server for tests that need a database but no programs: unix socket only, in a
// folder of its own, as an ordinary user (root hands over to `postgres`).

import { spawn } from 'node:child_process';
import { globSync, mkdirSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { execute, eventually } from './process.mjs';

const bin = globSync('/usr/lib/postgresql/*/bin').sort().at(-1);
const isRoot = process.getuid() === 0;
const asUser = (command) =>
    isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...command] : command;

async function mustRun(command, options) {
    const { status, output } = await execute(command, options);
    if (status !== 0) {
        throw new Error(`${command.join(' ')} ended with ${status}:\n${output}`);
    }
    return output;
}

export async function throwAwayCluster() {
    const dir = `/tmp/leadboard-db-${randomBytes(6).toString('hex')}`;
    mkdirSync(dir, { mode: 0o700 });
    if (isRoot) {
        await mustRun(['chown', 'postgres:', dir]);
    }
    const data = join(dir, 'data');
    await mustRun(asUser([join(bin, 'initdb'), '-D', data, '-U', 'leadboard', '--auth=trust', '--no-sync',
        '--encoding=UTF8', '--locale=C.UTF-8']), { cwd: '/' });
    const [command, ...args] = asUser([join(bin, 'postgres'), '-D', data, '-k', dir, '-c', 'listen_addresses=',
        '-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_connections=200', '-c', 'timezone=UTC']);
    const server = spawn(command, args, { cwd: '/', stdio: 'ignore' });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    await eventually('PostgreSQL answers', async () => {
        const { status } = await execute([join(bin, 'pg_isready'), '-q', '-h', dir, '-U', 'leadboard']);
        return status === 0;
    });
    let databases = 0;
    return {
        host: dir,
        async emptyDatabase() {
            const name = `test${++databases}`;
            await mustRun([join(bin, 'createdb'), '-h', dir, '-U', 'leadboard', name]);
            return `host=${dir} user=leadboard dbname=${name}`;
        },
        async stop() {
            server.kill('SIGINT');
            await ended;
            rmSync(dir, { recursive: true, force: true });
        },
    };
}
