// Signing in and out, the first run, passwords, sessions, and where requests come from; through real
// nginx. What every form has in common is in routes.test.mjs.

import { after, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { owner, startStack } from '../lib/stack.mjs';
import { Client, forms, send } from '../lib/client.mjs';

const stack = await startStack({ owner: true });
after(() => stack.stop());

const form = (fields) => new URLSearchParams(fields).toString();
const sessions = () => stack.value('select count(*) from login_session');

async function signIn(fields = owner) {
    const client = new Client(stack.url);
    const page = await client.get('/login');
    return { client, page, answer: await client.submit(page, fields, /login/) };
}

function cookies(answer) {
    return [answer.headers['set-cookie'] ?? []].flat();
}

// Forgets wrong passwords, so that one test does not close the account for the next.
const forgive = () => stack.psql('update app_user set failures = 0, locked_until = null');

describe('signing in', () => {
    test('the cookie is HttpOnly, SameSite, for this host, and not the token that is stored', async () => {
        const { answer } = await signIn();
        assert.equal(answer.status, 303);
        const cookie = cookies(answer).find((line) => line.startsWith('lb='));
        assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
        const token = cookie.slice(3, cookie.indexOf(';'));
        assert.equal(token.length, 52);
        assert.equal(await stack.value(`select count(*) from login_session
            where token_hash = sha256('${token}'::bytea)`), 1);
        assert.equal(answer.headers['cache-control'], 'no-store');
    });

    test('each sign-in has a token of its own, and the old session of the browser ends', async () => {
        const { client } = await signIn();
        const first = client.cookies.get('lb');
        const before = await sessions();
        const page = await client.get('/segments/new');
        const token = forms(page.text).find(({ fields }) => fields.csrf).fields.csrf;
        const again = await client.post('/login', { ...owner, csrf: token });
        assert.equal(again.status, 303);
        assert.notEqual(client.cookies.get('lb'), first);
        assert.equal(await sessions(), before);
    });

    test('capitals of the address do not matter', async () => {
        const { answer } = await signIn({ ...owner, email: owner.email.toUpperCase() });
        assert.equal(answer.status, 303);
    });

    test('wrong password and unknown address read the same, and the address is kept', async () => {
        const wrong = await signIn({ email: owner.email, password: 'not the password' });
        const unknown = await signIn({ email: 'nobody@example.com', password: 'not the password' });
        await forgive();
        for (const { answer } of [wrong, unknown]) {
            assert.equal(answer.status, 422);
            assert.match(answer.text, /The email address or the password is not right/);
            assert.ok(!cookies(answer).some((line) => line.startsWith('lb=')));
        }
        assert.match(wrong.answer.text, /value="owner@example\.com"/);
        assert.ok(!wrong.answer.text.includes('not the password'));
    });

    test('what is typed is shown as text, whatever it is', async () => {
        const email = '"><script>alert(1)</script>@example.com';
        const { answer } = await signIn({ email, password: 'x' });
        assert.equal(answer.status, 422);
        assert.ok(!answer.text.includes('<script>alert'));
        assert.ok(answer.text.includes('&lt;script&gt;alert(1)') || answer.text.includes('&#60;script'));
    });

    test('the fifth wrong password closes the account for a while, ever longer', async () => {
        await forgive();
        for (let n = 1; n <= 5; n++) {
            const { answer } = await signIn({ email: owner.email, password: `wrong ${n}` });
            assert.equal(answer.status, 422, `try ${n}`);
        }
        const { answer } = await signIn();
        assert.equal(answer.status, 429);
        assert.match(answer.text, /too many wrong passwords/);
        assert.ok(Number(answer.headers['retry-after']) >= 1);
        // Each further wrong one doubles the time; it never grows past 15 minutes.
        const wait = 'extract(epoch from locked_until - now())';
        await stack.psql('update app_user set failures = 8, locked_until = null');
        await signIn({ email: owner.email, password: 'wrong' });
        assert.ok(Number(await stack.value(`select ${wait} from app_user`)) > 25);
        await stack.psql('update app_user set failures = 1000, locked_until = null');
        await signIn({ email: owner.email, password: 'wrong' });
        assert.ok(Number(await stack.value(`select ${wait} from app_user`)) <= 900);
        await stack.psql('update app_user set locked_until = now() - interval \'1 second\'');
        const { answer: right } = await signIn();
        assert.equal(right.status, 303);
        assert.equal(await stack.value('select failures from app_user'), 0);
    });

    test('many at once are let in or told to come back, never an error', async () => {
        await forgive();
        const answers = await Promise.all(Array.from({ length: 8 }, () => signIn()));
        for (const { answer } of answers) {
            assert.ok([303, 429, 503].includes(answer.status), String(answer.status));
        }
        assert.ok(answers.some(({ answer }) => answer.status === 303));
    });

    test('a disabled user is nobody', async () => {
        const { client } = await signIn();
        await stack.psql('update app_user set disabled_at = now()');
        const inside = await client.get('/segments');
        const { answer } = await signIn();
        await stack.psql('update app_user set disabled_at = null');
        assert.equal(inside.status, 303);
        assert.equal(answer.status, 422);
    });
});

describe('where to next', () => {
    const next = async (value) => {
        const client = new Client(stack.url);
        const page = await client.get(`/login?next=${encodeURIComponent(value)}`);
        const [login] = forms(page.text).filter(({ action }) => /login/.test(action));
        return (await client.post('/login', { ...login.fields, ...owner, next: value })).location;
    };

    test('a page that was asked for comes after signing in', async () => {
        const asked = await new Client(stack.url).get('/segments/new?x=%20y');
        assert.equal(asked.status, 303);
        assert.match(asked.location, /\/login\?next=%2Fsegments%2Fnew%3Fx%3D%2520y$/);
        assert.match(await next('/segments/new?x=%20y'), /\/segments\/new\?x=%20y$/);
    });

    for (const bad of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)',
        '/login', '/logout', '/nowhere', '/segments\r\nSet-Cookie: a=b', '/segments/../../x', ' /segments']) {
        test(`not to ${JSON.stringify(bad)}`, async () => {
            const location = await next(bad);
            assert.match(location, new RegExp(`^(${stack.url})?/boards$|^(${stack.url})?/segments$`));
            assert.ok(!location.includes('evil'));
        });
    }
});

describe('sessions', () => {
    test('signing out ends it here, and nowhere else', async () => {
        const { client } = await signIn();
        const { client: elsewhere } = await signIn();
        const stolen = client.cookies.get('lb');
        const page = await client.get('/segments/new');
        const answer = await client.submit(page, {}, /logout/);
        assert.equal(answer.status, 303);
        client.cookies.set('lb', stolen);
        assert.equal((await client.get('/segments')).status, 303);
        assert.equal((await elsewhere.get('/segments')).status, 200);
    });

    test('ends after 12 hours without use, and 14 days in any case', async () => {
        const { client } = await signIn();
        const mine = `token_hash = sha256('${client.cookies.get('lb')}'::bytea)`;
        await stack.psql(`update login_session set seen_at = now() - interval '11 hours' where ${mine}`);
        assert.equal((await client.get('/segments')).status, 200);
        assert.equal(await stack.value(`select seen_at > now() - interval '1 minute' from login_session where ${mine}`), true);
        await stack.psql(`update login_session set seen_at = now() - interval '13 hours' where ${mine}`);
        assert.equal((await client.get('/segments')).status, 303);
        await stack.psql(`update login_session set seen_at = now(), expires_at = now() where ${mine}`);
        assert.equal((await client.get('/segments')).status, 303);
    });

    test('cookies that are no token are nobody', async () => {
        for (const value of ['', 'x', 'a'.repeat(52), 'A'.repeat(52), '../../etc', `${'a'.repeat(52)}\u00ff`]) {
            const answer = await send(stack.url, 'GET', '/segments', { headers: { Cookie: `lb=${value}` } });
            assert.equal(answer.status, 303, value);
        }
    });

    test('when it has ended a fragment is not replaced by a sign-in page', async () => {
        const answer = await send(stack.url, 'GET', '/tracking/check', { headers: { 'HX-Request': 'true' } });
        assert.equal(answer.status, 401);
        assert.equal(answer.headers['hx-redirect'], '/login');
    });
});

describe('password', () => {
    const change = async (client, fields) =>
        client.submit(await client.get('/settings/profile'), fields, /password/);

    test('wrong, short, common or own ones are refused with a reason, and nothing changes', async () => {
        const { client } = await signIn();
        for (const [fields, reason] of [
            [{ old_password: 'not it at all', new_password: 'a good new password' }, /not your present password/],
            [{ old_password: owner.password, new_password: 'short' }, /at least 8 characters/],
            [{ old_password: owner.password, new_password: 'Password123' }, /tried first/],
            [{ old_password: owner.password, new_password: 'aaaaaaaaaaaa' }, /tried first/],
            [{ old_password: owner.password, new_password: owner.email }, /must not be the email/],
            [{ old_password: '', new_password: 'a good new password' }, /is needed/],
        ]) {
            const answer = await change(client, fields);
            assert.equal(answer.status, 422);
            assert.match(answer.text, reason);
        }
        const { answer } = await signIn();
        assert.equal(answer.status, 303);
    });

    test('a new one signs out everybody else, and works', async () => {
        const { client } = await signIn();
        const { client: elsewhere } = await signIn();
        const before = client.cookies.get('lb');
        const fresh = 'a good new password';
        const answer = await change(client, { old_password: owner.password, new_password: fresh });
        assert.equal(answer.status, 303);
        assert.notEqual(client.cookies.get('lb'), before);
        assert.equal((await client.get('/segments')).status, 200);
        assert.equal((await elsewhere.get('/segments')).status, 303);
        assert.equal((await signIn()).answer.status, 422);
        const back = await signIn({ email: owner.email, password: fresh });
        assert.equal(back.answer.status, 303);
        assert.equal((await change(back.client, { old_password: fresh, new_password: owner.password })).status, 303);
    });
});

describe('where a request comes from', () => {
    const sites = [[undefined, 0], ['same-origin', 1], ['none', 1], ['same-site', -1], ['cross-site', -1], ['junk', -1]];
    const origins = [[undefined, 0], [stack.url, 1], ['null', 0], ['https://evil.example', -1],
        [`${stack.url}, ${stack.url}`, -1]];
    for (const [site, siteSays] of sites) {
        for (const [origin, originSays] of origins) {
            test(`Sec-Fetch-Site ${site}, Origin ${origin}`, async () => {
                const { client } = await signIn();
                const page = await client.get('/settings/profile');
                const { fields, action } = forms(page.text).find((one) => /name$/.test(one.action));
                const headers = {
                    Cookie: `lb=${client.cookies.get('lb')}`,
                    'Content-Type': 'application/x-www-form-urlencoded',
                    ...(site && { 'Sec-Fetch-Site': site }),
                    ...(origin && { Origin: origin }),
                };
                const allowed = siteSays >= 0 && originSays >= 0 && siteSays + originSays > 0;
                const body = form({ ...fields, name: 'Ada' });
                const answer = await send(stack.url, 'POST', action, { headers, body });
                assert.equal(answer.status, allowed ? 303 : 403);
                const other = await send(stack.url, 'POST', action,
                    { headers, body: form({ ...fields, csrf: 'x'.repeat(32) }) });
                assert.equal(other.status, 403);
            });
        }
    }
});

describe('the first run', () => {
    test('is over once there is a workspace', async () => {
        const client = new Client(stack.url);
        assert.match((await client.get('/setup')).location, /\/login$/);
    });

    test('makes one workspace, however many try at once; mistakes are told and nothing is stored', async () => {
        const empty = await startStack({ owner: false });
        try {
            const first = await new Client(empty.url).get('/');
            assert.match(first.location, /\/setup$/);
            const fields = { workspace: 'Acme', name: 'Ada', email: 'ada@example.com', password: owner.password, dataset: 'Site' };
            const clients = await Promise.all(Array.from({ length: 6 }, async () => {
                const client = new Client(empty.url);
                return { client, page: await client.get('/setup') };
            }));
            const [{ client, page }] = clients;
            const wrong = await client.submit(page, { ...fields, email: 'ada', password: '12345678', dataset: ' ' }, /setup/);
            assert.equal(wrong.status, 422);
            for (const text of [/not an email address/, /tried first/, /The name of your site is needed/, /value="Acme"/]) {
                assert.match(wrong.text, text);
            }
            assert.equal(await empty.value('select count(*) from workspace'), 0);
            const answers = await Promise.all(clients.map((one) => one.client.submit(one.page, fields, /setup/)));
            assert.ok(answers.every(({ status }) => status === 303), answers.map(({ status }) => status).join());
            assert.equal(answers.filter(({ location }) => /\/boards$/.test(location)).length, 1);
            for (const [table, rows] of [['workspace', 1], ['app_user', 1], ['membership', 1], ['dataset', 1],
                ['login_session', 1], ['segment', 3], ['tag', 4]]) {
                assert.equal(await empty.value(`select count(*) from ${table}`), rows, table);
            }
            assert.equal(await empty.value('select password_hash like \'$argon2id$v=19$m=47104,t=2,p=1$%\' from app_user'), true);
        } finally {
            await empty.stop();
        }
    });
});

describe('datasets', () => {
    test('a new one starts complete and is in use; the switch goes back and forth', async () => {
        const { client } = await signIn();
        const page = await client.get('/settings/datasets/new');
        const answer = await client.submit(page, { name: 'Second <b>' }, /datasets$/);
        assert.equal(answer.status, 303);
        const tracking = await client.get('/tracking');
        assert.match(tracking.text, /Second &lt;b&gt;|Second &#60;b/);
        const [made] = await stack.rows(`select d.id, (select count(*) from segment s where s.dataset_id = d.id) segments,
            (select count(*) from tag t where t.dataset_id = d.id) tags from dataset d order by d.id desc limit 1`);
        assert.deepEqual([made.segments, made.tags], [3, 4]);
        const [first] = await stack.rows('select min(id) id from dataset');
        const back = await client.submit(tracking, { dataset: String(first.id) }, /dataset$/);
        assert.match(back.location, /\/tracking$/);
        assert.ok(!(await client.get('/tracking')).text.includes('<h2 id="snippet-title">Connect Second'));
    });

    test('the snippet names this host and the dataset; the check finds the first event', async () => {
        const { client } = await signIn();
        const page = await client.get('/tracking');
        const [publicId] = (await stack.psql('select public_id from dataset order by id limit 1')).split('\n');
        assert.ok(page.text.includes(`src="${stack.url}/lb.js" data-dataset="${publicId}"`.replaceAll('"', '&#34;'))
            || page.text.includes(`src="${stack.url}/lb.js" data-dataset="${publicId}"`)
            || page.text.includes(`src=&quot;${stack.url}/lb.js&quot; data-dataset=&quot;${publicId}&quot;`));
        assert.match(page.text, /Waiting for your first event/);
        const sent = await send(stack.url, 'POST', '/e', {
            headers: { 'Content-Type': 'application/json', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
            body: JSON.stringify({ dataset: publicId, visitor: 'v1', events: [{ type: 'pageview', url: 'https://example.com/', title: 'Home' }] }),
        });
        assert.equal(sent.status, 204);
        const check = await client.request('GET', '/tracking/check', { headers: { 'HX-Request': 'true' } });
        assert.equal(check.status, 200);
        assert.match(check.text, /Events arrive/);
        assert.match(check.text, /Home/);
        assert.ok(!check.text.includes('<html'));
    });
});

describe('what machines ask', () => {
    test('alive and ready', async () => {
        assert.equal((await send(stack.url, 'GET', '/healthz')).text, 'ok\n');
        assert.equal((await send(stack.url, 'GET', '/readyz')).text, 'ready\n');
        const metrics = await send(stack.url, 'GET', '/metrics');
        assert.match(metrics.text, /^leadboard_jobs_ready \d+$/m);
    });
});
