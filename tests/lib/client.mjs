// A browser without a screen: keeps cookies, says where its requests come from, reads forms.
//
//   const client = new Client(stack.url);
//   await client.signIn(owner);
//   const page = await client.get('/boards/new');            { status, headers, text, location }
//   await client.submit(page, { name: 'Sales' });            the page's form with its forgery token

import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

// Sends exactly what it is given. body: string or Buffer.
export function send(base, method, path, { headers = {}, body } = {}) {
    const url = new URL(base);
    return new Promise((resolve, reject) => {
        const outgoing = request({
            agent,
            host: '127.0.0.1',
            port: url.port,
            method,
            path,
            headers: {
                Host: url.host,
                ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
                ...headers,
            },
        }, (incoming) => {
            const chunks = [];
            incoming.on('data', (chunk) => chunks.push(chunk));
            incoming.on('error', reject);
            incoming.on('end', () => resolve({
                status: incoming.statusCode,
                headers: incoming.headers,
                location: incoming.headers.location,
                text: Buffer.concat(chunks).toString(),
            }));
        });
        outgoing.on('error', reject);
        outgoing.end(body);
    });
}

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };
export const unescape = (html) => html.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) => entities[name]);

function attributes(tag) {
    const found = {};
    for (const [, name, value] of tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/g)) {
        found[name] = value === undefined ? '' : unescape(value);
    }
    return found;
}

// The forms of a page: [{ method, action, fields: { name: value }, html }]. Later fields of a name win, as
// unchecked boxes and buttons are left out; good enough for pages that we wrote.
export function forms(html) {
    return [...html.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/g)].map(([whole, open, inside]) => {
        const form = attributes(open);
        const fields = {};
        for (const [tag, kind] of inside.matchAll(/<(input|textarea|select)\b[^>]*>/g)) {
            const input = attributes(tag);
            const box = input.type === 'checkbox' || input.type === 'radio';
            if (input.name && (!box || 'checked' in input) && input.type !== 'submit') {
                fields[input.name] = kind === 'input' ? (input.value ?? (box ? 'on' : '')) : '';
            }
        }
        return { method: (form.method ?? 'get').toLowerCase(), action: form.action ?? '', fields, html: whole };
    });
}

// What a browser would send of the page's form to that action, without a button: { name: [values] }, with what is
// ticked and chosen.
export function filled(html, action) {
    const [, inside] = [...html.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/g)]
        .map(([, open, body]) => [attributes(open), body])
        .find(([form]) => form.method === 'post' && form.action === action) ?? [];
    const all = {};
    const set = (name, value) => (all[name] ??= []).push(value);
    for (const [, input, , many, large, rest] of (inside ?? '').matchAll(/(<(input)\b[^>]*>)|(<(select|textarea)\b[^>]*>)([^]*?)<\/\4>/g)) {
        const [open, kind] = input ? [input, 'input'] : [many, large];
        const control = attributes(open);
        const box = control.type === 'checkbox' || control.type === 'radio';
        if (!control.name || 'disabled' in control || (box && !('checked' in control))) {
            continue;
        }
        if (kind === 'select') {
            const options = [...rest.matchAll(/<option\b[^>]*>/g)].map(([option]) => attributes(option));
            set(control.name, (options.find((option) => 'selected' in option) ?? options[0])?.value ?? '');
        } else {
            set(control.name, kind === 'textarea' ? unescape(rest) : control.value ?? (box ? 'on' : ''));
        }
    }
    return all;
}

// Fields as a form sends them; an array is a field that is there several times.
export function encodeForm(fields) {
    const pairs = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
    return new URLSearchParams(pairs).toString();
}

export class Client {
    cookies = new Map();

    constructor(base) {
        this.base = base;
    }

    async request(method, path, { headers = {}, body } = {}) {
        const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const answer = await send(this.base, method, path, {
            body,
            headers: {
                'Sec-Fetch-Site': 'same-origin',
                Accept: 'text/html',
                ...(method === 'POST' ? { Origin: this.base } : {}),
                ...(cookie ? { Cookie: cookie } : {}),
                ...headers,
            },
        });
        for (const line of answer.headers['set-cookie'] ?? []) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            if (value === '' || /max-age=0\b/i.test(line)) {
                this.cookies.delete(name);
            } else {
                this.cookies.set(name, value);
            }
        }
        answer.path = path;
        return answer;
    }

    get(path, options) {
        return this.request('GET', path, options);
    }

    post(path, fields, { headers = {} } = {}) {
        return this.request('POST', path, {
            body: encodeForm(fields),
            headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        });
    }

    // Submits the page's form (the one whose action matches, or the first POST form).
    submit(page, fields, action) {
        const form = forms(page.text).find((candidate) =>
            candidate.method === 'post' && (action === undefined || candidate.action.match(action)));
        if (!form) {
            throw new Error(`no form${action ? ` to ${action}` : ''} on ${page.path} (${page.status})`);
        }
        return this.post(form.action || page.path, { ...form.fields, ...fields });
    }

    async follow(answer) {
        while (answer.status >= 300 && answer.status < 400) {
            const target = new URL(answer.location, this.base);
            answer = await this.get(target.pathname + target.search);
        }
        return answer;
    }

    async signIn({ email, password }) {
        const answer = await this.submit(await this.get('/login'), { email, password }, /login/);
        if (answer.status !== 303 && answer.status !== 302) {
            throw new Error(`sign-in answered ${answer.status}: ${answer.text.slice(0, 500)}`);
        }
        return this.follow(answer);
    }
}
