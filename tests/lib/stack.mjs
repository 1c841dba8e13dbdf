// A whole private LeadBoard for a test: PostgreSQL, web, collector, worker and nginx, by the same script
// that `make run` uses, in a folder of its own and on a free port.
//
//   const stack = await startStack({ owner: true });
//   stack.url, await stack.rows('select ...'), stack.pid('worker'), stack.children('web')
//   await stack.stop();     fails when a program reported a memory error

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, mode, root, sanitizerEnv } from './paths.mjs';

export const owner = { email: 'owner@example.com', password: 'correct horse battery' };

export function freePort() {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

// What a sanitizer writes when it finds something.
const memoryError = /(ERROR: (Address|Leak)Sanitizer|runtime error: )[^]{0,3000}/;

// One psql that stays connected: a test asks hundreds of small questions. Ends at an error, as psql does
// with ON_ERROR_STOP; the next question starts another.
class Psql {
    #child = null;
    busy = false;

    constructor(databaseUrl) {
        this.databaseUrl = databaseUrl;
    }

    // What psql prints: a line a row, fields separated by '|'.
    async ask(sql) {
        this.busy = true;
        try {
            return await this.#ask(sql);
        } finally {
            this.busy = false;
        }
    }

    #start() {
        const child = spawn('psql', [this.databaseUrl, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', '-'], { stdio: 'pipe' });
        child.stdin.on('error', () => {});
        child.once('close', () => {
            if (this.#child === child) {
                this.#child = null;
            }
        });
        return child;
    }

    #ask(sql) {
        const child = (this.#child ??= this.#start());
        const mark = `answered-${randomBytes(8).toString('hex')}`;
        return new Promise((resolve, reject) => {
            let out = '';
            let complaint = '';
            const onOut = (chunk) => {
                out += chunk;
                if (out.endsWith(`${mark}\n`)) {
                    end();
                    resolve(out.slice(0, -mark.length - 1).trimEnd());
                }
            };
            const onComplaint = (chunk) => { complaint += chunk; };
            const onClose = () => {
                end();
                reject(new Error(`psql: ${complaint}\nin: ${sql}`));
            };
            const end = () => {
                child.stdout.off('data', onOut);
                child.stderr.off('data', onComplaint);
                child.off('close', onClose);
            };
            child.stdout.setEncoding('utf8').on('data', onOut);
            child.stderr.setEncoding('utf8').on('data', onComplaint);
            child.on('close', onClose);
            child.stdin.write(`${sql}\n;\n\\echo ${mark}\n`);
        });
    }

    stop() {
        this.#child?.stdin.end('\\q\n');
        this.#child = null;
    }
}

class Stack {
    constructor(state, port, supervisor) {
        this.state = state;
        this.port = port;
        this.url = `http://localhost:${port}`;
        this.supervisor = supervisor;
        this.connections = [];
        this.ended = new Promise((resolve) => supervisor.once('exit', resolve));
    }

    get databaseUrl() {
        return `host=${this.state}/run user=leadboard dbname=leadboard`;
    }

    // What psql prints, a line a row, fields separated by '|'. Questions asked at once have a
    // connection each.
    psql(sql) {
        let idle = this.connections.find(({ busy }) => !busy);
        if (!idle) {
            idle = new Psql(this.databaseUrl);
            this.connections.push(idle);
        }
        return idle.ask(sql);
    }

    // The rows as objects.
    async rows(select) {
        return JSON.parse(await this.psql(`select coalesce(json_agg(t), '[]') from (${select}) t`));
    }

    async value(select) {
        const rows = await this.rows(select);
        return Object.values(rows[0] ?? {})[0];
    }

    // The process of postgres, web, collect, worker or nginx.
    pid(name) {
        return Number(readFileSync(join(this.state, 'run', `${name}.pid`), 'utf8'));
    }

    children(name) {
        const pid = this.pid(name);
        const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
        return list.trim().split(' ').filter(Boolean).map(Number);
    }

    // Nothing runs in the background while it is paused.
    pauseWorker() {
        process.kill(this.pid('worker'), 'SIGSTOP');
        return () => process.kill(this.pid('worker'), 'SIGCONT');
    }

    log(name) {
        const file = join(this.state, 'log', `${name}.log`);
        return existsSync(file) ? readFileSync(file, 'utf8') : '';
    }

    memoryErrors() {
        const found = [];
        for (const file of globSync(join(this.state, 'log', '*.log'))) {
            const match = memoryError.exec(readFileSync(file, 'utf8'));
            if (match) {
                found.push(`${file}:\n${match[0]}`);
            }
        }
        return found;
    }

    // keep: the folder stays, for another start.
    async stop({ keep = Boolean(process.env.KEEP_STATE), signal = 'SIGTERM' } = {}) {
        this.connections.splice(0).forEach((connection) => connection.stop());
        this.supervisor.kill(signal);
        await this.ended;
        const found = this.memoryErrors();
        if (!keep) {
            rmSync(this.state, { recursive: true, force: true });
        }
        if (found.length > 0) {
            throw new Error(found.join('\n\n'));
        }
    }
}

// Boards are refreshed once an hour, each at its minute: in the middle of some runs that would put right what a
// test says of its cards. So they are taken for done.
const withoutRefresh = `insert into cron_slot (task, dataset_id, slot_at)
    select 'refresh', 0, m from generate_series(date_trunc('minute', now()), now() + interval '3 hours', interval '1 minute') m
    on conflict do nothing`;

// owner: true makes the first owner (`owner` above) unattended. env: more environment for the programs.
// state, port: those of an earlier start.
export async function startStack({ env = {}, owner: withOwner = false, what = 'run', state, port } = {}) {
    const isNew = state === undefined;
    port ??= await freePort();
    state ??= `/tmp/leadboard-${randomBytes(6).toString('hex')}`;
    const supervisor = spawn(join(root, 'shared/tools/run'), [what], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
            PATH: process.env.PATH,
            LANG: 'C.UTF-8',
            ...sanitizerEnv,
            STATE: state,
            PORT: String(port),
            LISTEN: '127.0.0.1', // one address: a browser that tries two is two visitors
            BUILD: build,
            MODE: mode,
            LIMITS: join(root, 'nginx/leadboard/limits-open.conf'),
            POSTGRES_OPTIONS: '-c fsync=off -c shared_buffers=64MB',
            ...(withOwner ? { LEADBOARD_OWNER_EMAIL: owner.email, LEADBOARD_OWNER_PASSWORD: owner.password } : {}),
            ...env,
        },
    });
    const stack = new Stack(state, port, supervisor);
    let output = '';
    stack.output = () => output;
    const ready = new Promise((resolve) => {
        const listen = (chunk) => {
            output += chunk;
            if (output.includes('LeadBoard is running at')) {
                resolve(true);
            }
        };
        supervisor.stdout.on('data', listen);
        supervisor.stderr.on('data', listen);
    });
    if (!(await Promise.race([ready, stack.ended.then(() => false)]))) {
        const errors = stack.memoryErrors().join('\n');
        if (isNew) {
            rmSync(state, { recursive: true, force: true });
        }
        throw new Error(`LeadBoard did not start:\n${output}\n${errors}`);
    }
    if (isNew && env.DATABASE_URL === undefined) {
        await stack.psql(withoutRefresh);
    }
    return stack;
}
