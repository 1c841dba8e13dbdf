// Mail by real SMTP servers on loopback: STARTTLS and TLS, signing in, what a mail is made of (read back by
// mailparser), retries, what servers refuse; mails that are kept where there is no server; what owners of cards
// are told, and what they do not want to be told.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { makeCertificate } from '../lib/certificate.mjs';
import { Client, forms } from '../lib/client.mjs';
import { addBoard, addCards, addWorkspace, ownDataset } from '../lib/fixture.mjs';
import { eventually } from '../lib/process.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const certificate = makeCertificate(['localhost']);
const stack = await startStack({ owner: true, env: { FETCH_CA_FILE: certificate.caFile } });
const servers = [];
after(async () => {
    await stack.stop();
    servers.forEach((server) => server.close());
    certificate.remove();
});
const own = await ownDataset(stack);
const client = new Client(stack.url);
await client.signIn(owner);

const text = (html) => html.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/\s+/g, ' ');
const token = async () => forms((await client.get('/settings/mail')).text).find(({ fields }) => fields.csrf).fields.csrf;
const post = async (path, fields = {}) => client.post(path, { csrf: await token(), ...fields });
const password = 'correct-horse-9d1f';

// A server that keeps what it gets; `behave` may say { rcpt, data } errors for a call.
async function startSmtp({ secure = false, tls = true, behave = {} } = {}) {
    const got = [];
    const server = new SMTPServer({
        secure, key: certificate.key, cert: certificate.cert,
        authOptional: false,
        disabledCommands: tls ? [] : ['STARTTLS'],
        allowInsecureAuth: false,
        onAuth: (auth, session, done) => auth.username === 'board' && auth.password === password
            ? done(null, { user: 'board' }) : done(Object.assign(new Error('Nobody of that name'), { responseCode: 535 })),
        onRcptTo: (address, session, done) => done(behave.rcpt?.(address)),
        onData: (stream, session, done) => {
            const chunks = [];
            stream.on('data', (chunk) => chunks.push(chunk));
            stream.on('end', () => {
                const error = behave.data?.();
                const raw = Buffer.concat(chunks);
                if (!error) {
                    got.push({ raw: raw.toString(), envelope: session.envelope, secure: session.secure });
                }
                done(error);
            });
        },
    });
    server.on('error', () => {});
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    return { got, port: server.server.address().port, behave };
}
const refuse = (responseCode, message) => Object.assign(new Error(message), { responseCode });
const use = async (smtp, fields = {}) => {
    const saved = await post('/settings/mail', { host: 'localhost', port: smtp.port, security: 'starttls', user: 'board', password,
        from: 'leadboard@acme.example', from_name: 'LeadBoard', ...fields });
    assert.equal(saved.status, 303, text(saved.text).slice(0, 600));
};
const arrives = (smtp, n = 1) => eventually(`${n} mails arrive`, () => smtp.got.length >= n && smtp.got, { seconds: 30 });
const mails = () => stack.rows('select id, subject, state, attempts, error, uid, to_email from mail order by id');
const newest = async () => (await mails()).at(-1);
const server = () => stack.rows(`select * from mail_server where workspace_id = ${own.workspace}`).then(([row]) => row);
const gathered = () => stack.psql(`update owner_notice set at = at - interval '2 minutes'`);

test('without a server mails are kept, and read in the app', async () => {
    const sent = await post('/settings/mail/test', { to: 'ann@acme.example' });
    assert.equal(sent.location, '/settings/mail');
    const page = await client.get('/settings/mail');
    assert.match(text(page.text), /No mail server is entered, so mails are kept here/);
    assert.match(text(page.text), /A test from LeadBoard ann@acme\.example Kept/);
    const mail = await newest();
    const one = await client.get(`/settings/mail/${mail.id}`);
    assert.match(text(one.text), /This is a test from LeadBoard\. Mail works\./);
    assert.ok(!one.text.includes('/again'), 'there is nothing to send it by');
    assert.equal((await post(`/settings/mail/${mail.id}/again`)).status, 422);
});

test('STARTTLS, signing in, and a mail that any reader can read; what was kept is sent by hand', async () => {
    const smtp = await startSmtp();
    const kept = await newest();
    await use(smtp);
    assert.deepEqual(await stack.value(`select state from mail where id = ${kept.id}`), 3, 'it is not sent by itself');
    assert.equal((await post(`/settings/mail/${kept.id}/again`)).status, 303);
    const [{ raw, envelope, secure }] = await arrives(smtp);
    assert.equal(secure, true);
    assert.equal(envelope.mailFrom.address, 'leadboard@acme.example');
    assert.deepEqual(envelope.rcptTo.map(({ address }) => address), ['ann@acme.example']);
    const mail = await simpleParser(raw);
    assert.equal(mail.subject, 'A test from LeadBoard');
    assert.equal(mail.from.text, '"LeadBoard" <leadboard@acme.example>');
    assert.equal(mail.to.value[0].address, 'ann@acme.example');
    assert.equal(mail.text.trim(), 'This is a test from LeadBoard. Mail works.');
    assert.match(mail.html, /<p>This is a test from LeadBoard\. Mail works\.<\/p>/);
    assert.equal(mail.messageId, `<${kept.uid}@acme.example>`);
    assert.ok(Math.abs(mail.date - Date.now()) < 120_000);
    assert.match(raw, /^MIME-Version: 1\.0\r$/mi);
    assert.match(raw, /^Auto-Submitted: auto-generated\r$/m);
    assert.ok(raw.split('\r\n').every((line) => line.length <= 998 && !line.includes('\n')));
    await eventually('it is sent', async () => await stack.value(`select state from mail where id = ${kept.id}`) === 1);
    assert.match(text((await client.get('/settings/mail')).text), /Mail On .* A test from LeadBoard ann@acme\.example Sent/);
    assert.match(text((await client.get('/settings/mail?show=kept')).text), /Nothing here/);
});

test('TLS from the start', async () => {
    const smtp = await startSmtp({ secure: true });
    await use(smtp, { security: 'tls' });
    await post('/settings/mail/test', { to: 'bob@acme.example' });
    const [{ secure }] = await arrives(smtp);
    assert.equal(secure, true);
});

test('subjects and names in any script, and nothing that could be a header', async () => {
    const smtp = await startSmtp();
    await use(smtp, { from_name: 'Größe "A" \\ Söhne' });
    const evil = 'Ærø & Søn 日本語 <b>\r\nBcc: victim@example.com\r\n\r\nHello';
    await stack.psql(`insert into mail (workspace_id, key, to_email, to_name, subject, body, html) values
        (${own.workspace}, 'evil', 'carl@acme.example', ${`'${evil}'`}, ${`'${evil}'`}, ${`'line${'\n'}.${'\n'}..two — dash ${'x'.repeat(3000)}'`}, '<p>Æ</p>')`);
    const [{ raw, envelope }] = await arrives(smtp);
    const mail = await simpleParser(raw);
    const flat = evil.replace(/[\r\n]/g, ' ');
    assert.equal(mail.subject, flat);
    assert.equal(mail.to.value[0].name, flat);
    assert.equal(mail.from.value[0].name, 'Größe "A" \\ Söhne');
    assert.equal(mail.bcc, undefined);
    assert.deepEqual(envelope.rcptTo.map(({ address }) => address), ['carl@acme.example']);
    assert.match(mail.text, /^line\n\.\n\.\.two — dash x{3000}$/);
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    assert.ok(!/^Bcc/mi.test(head));
    assert.match(head, /^Content-Type: multipart\/alternative; boundary=/m);
    assert.ok(head.split('\r\n').every((line) => (line.length <= 78 || line.includes('boundary')) && /^[\x20-\x7e\t]*$/.test(line)), head);

    await stack.psql(`insert into mail (workspace_id, key, to_email, subject, body) values
        (${own.workspace}, 'bad1', ${`'a@b.c>\r\nRCPT TO:<victim@example.com'`}, 's', 'b'), (${own.workspace}, 'bad2', 'a b@c.d', 's', 'b'), (${own.workspace}, 'good', 'dan@acme.example', 's', 'b')`);
    await arrives(smtp, 2);
    assert.deepEqual((await mails()).slice(-3).map(({ state }) => state), [2, 2, 1], 'an address that is none is given up, others go on');
    assert.match((await mails()).at(-2).error, /not an address that mail can be sent to/);
});

test('what the server does not take now is tried again under the same Message-ID; what it refuses is given up', async () => {
    let busy = true;
    const smtp = await startSmtp({ behave: {
        data: () => busy && refuse(451, 'Greylisted, come back'),
        rcpt: ({ address }) => address === 'nobody@acme.example' ? refuse(550, 'No such user here') : undefined,
    } });
    await use(smtp);
    await post('/settings/mail/test', { to: 'nobody@acme.example' });
    const nobody = await newest();
    await eventually('it is given up', async () => await stack.value(`select state from mail where id = ${nobody.id}`) === 2);
    assert.match(await stack.value(`select error from mail where id = ${nobody.id}`), /refused the mail\. It said: 550 .*No such user here/);
    await post('/settings/mail/test', { to: 'eve@acme.example' });
    const eve = await newest();
    await eventually('it waits', async () => await stack.value(`select attempts from mail where id = ${eve.id}`) === 1);
    assert.match(text((await client.get('/settings/mail?show=waiting')).text), /Failed 1 time, waits .*Greylisted/);
    assert.equal((await server()).failures, 0, 'the server itself is well');
    busy = false;
    await stack.psql(`update mail set due_at = now() where id = ${eve.id}`);
    const [{ raw }] = await arrives(smtp);
    assert.equal((await simpleParser(raw)).messageId, `<${eve.uid}@acme.example>`);
});

test('a wrong password, a server that is away, no encryption: said on the page, and no mail is lost', async () => {
    const smtp = await startSmtp();
    await use(smtp, { password: 'wrong' });
    await post('/settings/mail/test', { to: 'fay@acme.example' });
    await eventually('it says so', async () => /does not accept the user name or password/.test((await server()).error ?? ''));
    assert.match(text((await client.get('/settings/mail')).text), /Mail Failing .*The mail server does not accept the user name or password\. .*Tried again/);
    assert.deepEqual([(await newest()).state, (await newest()).attempts], [0, 0]);

    await use(smtp);
    await arrives(smtp);

    const plain = await startSmtp({ tls: false });
    await use(plain);
    await post('/settings/mail/test', { to: 'gil@acme.example' });
    await eventually('it says so', async () => /offers no STARTTLS/.test((await server()).error ?? ''));
    assert.equal(plain.got.length, 0, 'the password did not travel');

    await use({ port: 1 });
    await eventually('it says so', async () => (await server()).failures > 0 && /did not take the mail|took too long/.test((await server()).error));
    await use(smtp, { host: '127.0.0.1' });
    await eventually('another name is on its certificate', async () => /certificate is not in order/.test((await server()).error ?? ''));
    await use(smtp);
    await arrives(smtp, 2);
});

test('what can not be a server is said beside its field', async () => {
    const right = { host: 'localhost', port: 25, security: 'none', user: '', from: 'a@b.example', from_name: '' };
    for (const [fields, words] of [
        [{ host: '' }, /Server is needed/], [{ host: 'a b' }, /not the name of a server/], [{ host: 'x/../y' }, /not the name of a server/],
        [{ port: 0 }, /Port/], [{ port: 70000 }, /Port/], [{ from: 'nobody' }, /not an email address/], [{ user: 'board', password: 'x' }, /must not travel unencrypted/],
        [{ security: 'magic' }, /Security/],
    ]) {
        const answer = await post('/settings/mail', { ...right, ...fields });
        assert.equal(answer.status, 422, JSON.stringify(fields));
        assert.match(text(answer.text), words);
    }
    assert.equal((await post('/settings/mail/test', { to: 'nobody' })).status, 422);
});

test('the password goes to no other server, is not shown, and stands in no log', async () => {
    const smtp = await startSmtp();
    await use(smtp);
    await post('/settings/mail', { host: 'localhost', port: smtp.port, security: 'starttls', user: 'board', password: '', from: 'x@acme.example', from_name: '' });
    assert.equal((await server()).password_hint, 'set', 'it is kept where nothing is typed');
    const page = (await client.get('/settings/mail')).text;
    assert.ok(!page.includes(password));
    await post('/settings/mail', { host: '127.0.0.1', port: smtp.port, security: 'starttls', user: 'board', password: '', from: 'x@acme.example', from_name: '' });
    assert.equal((await server()).password, null, 'and forgotten for another server');
    await use(smtp);
    const dump = await stack.psql("select coalesce(string_agg(t::text, ''), '') from mail_server t");
    for (const where of [dump, stack.log('web'), stack.log('worker'), stack.log('postgres'), stack.log('nginx')]) {
        assert.ok(!where.includes(password) && !where.includes(Buffer.from(password).toString('base64')));
    }
    const rival = await addWorkspace(stack, 'Rival');
    await stack.psql(`insert into mail_server (workspace_id, host, port, security, user_name, password, from_email)
        select ${rival.workspace}, host, port, security, user_name, password, 'r@rival.example' from mail_server where workspace_id = ${own.workspace};
        insert into mail (workspace_id, key, to_email, subject, body) values (${rival.workspace}, 'k', 'hal@rival.example', 's', 'b')`);
    await eventually('a stolen password does not open', async () =>
        /can't be opened/.test(await stack.value(`select error from mail_server where workspace_id = ${rival.workspace}`) ?? ''));
    assert.ok(!smtp.got.some(({ raw }) => raw.includes('hal@rival.example')));
    const foreign = await stack.value(`select id from mail where workspace_id = ${rival.workspace}`);
    assert.equal((await client.get(`/settings/mail/${foreign}`)).status, 404);
    assert.equal((await post(`/settings/mail/${foreign}/again`)).status, 404);
});

// ---- what owners of cards are told ----

async function colleague(name) {
    const email = `${name.toLowerCase()}@acme.example`;
    const id = JSON.parse(await stack.psql(`with u as (insert into app_user (email, name, password_hash)
            select '${email}', '${name}', password_hash from app_user where id = ${own.user} returning id),
        m as (insert into membership (workspace_id, user_id, role) select ${own.workspace}, id, 1 from u),
        a as (insert into dataset_access (user_id, dataset_id) select id, ${own.dataset} from u) select json_build_object('id', id) from u`)).id;
    const person = new Client(stack.url);
    await person.signIn({ email, password: owner.password });
    return { id, email, person };
}
const apply = async (board, fields) => {
    const answer = await post(`/boards/${board.board}/cards/apply`, fields);
    assert.ok(answer.status < 400, text(answer.text).slice(0, 300));
};
const noticesOf = (id, n) => eventually('notices are there', async () => {
    const list = await stack.rows(`select kind from owner_notice where user_id = ${id} order by id`);
    return list.length === n && list.map(({ kind }) => kind);
});

test('an owner is told of what others do to a card, in one mail a minute', async () => {
    const smtp = await startSmtp();
    await use(smtp);
    const ann = await colleague('Ann');
    const board = await addBoard(stack, own, 'Told');
    const cards = await addCards(stack, own, board, 60, 'Bulk');
    await apply(board, { card: board.card, do: 'owner', owner: ann.id });
    assert.deepEqual(await noticesOf(ann.id, 1), ['assigned']);
    await gathered();
    const [first] = await arrives(smtp);
    let mail = await simpleParser(first.raw);
    assert.equal(mail.to.value[0].address, ann.email);
    assert.equal(mail.subject, 'Told Ltd was given to you by owner');
    assert.ok(mail.html.includes(`href="${stack.url}/boards/${board.board}/cards/${board.card}"`), mail.html);
    assert.match(mail.text, /settings\/profile/);

    await apply(board, { card: [board.card, ...cards], do: 'owner', owner: ann.id });
    await apply(board, { card: board.card, do: 'move', to: board.stage2 });
    await apply(board, { card: board.card, do: 'remove' });
    await noticesOf(ann.id, 62);
    await gathered();
    const [, second] = await arrives(smtp, 2);
    mail = await simpleParser(second.raw);
    assert.equal(mail.subject, '62 changes to your cards');
    assert.match(mail.text, /Bulk 1 was given to you by owner/);
    assert.match(mail.text, /And 12 more/);
    assert.equal(await stack.value('select count(*) from owner_notice'), 0);
    await stack.psql(`update mail set due_at = now()`);
    assert.equal(smtp.got.length, 2);
});

test('stage and removal say from where, and by whom', async () => {
    const smtp = await startSmtp();
    await use(smtp);
    const bea = await colleague('Bea');
    const board = await addBoard(stack, own, 'Said');
    await stack.psql(`update card set owner_id = ${bea.id} where id = ${board.card}`);
    await apply(board, { card: board.card, do: 'move', to: board.stage3 });
    await apply(board, { card: board.card, do: 'remove' });
    await noticesOf(bea.id, 2);
    await gathered();
    const [{ raw }] = await arrives(smtp);
    const { text: body } = await simpleParser(raw);
    assert.match(body, /Said Ltd was moved from Discovery to Decision by owner/);
    assert.match(body, /Said Ltd was removed from Said by owner/);
});

test('each can be turned off on the profile page; what one does oneself is never told', async () => {
    const cleo = await colleague('Cleo');
    const board = await addBoard(stack, own, 'Quiet');
    const profile = await cleo.person.get('/settings/profile');
    assert.match(profile.text, /name="stage" checked/);
    const saved = await cleo.person.submit(profile, { assigned: 'on', stage: [], removed: 'on' }, /notices/);
    assert.equal(saved.status, 303);
    assert.deepEqual(await stack.value(`select notify_off from app_user where id = ${cleo.id}`), ['stage']);
    assert.doesNotMatch((await cleo.person.get('/settings/profile')).text, /name="stage" checked/);
    await apply(board, { card: board.card, do: 'owner', owner: cleo.id });
    await apply(board, { card: board.card, do: 'move', to: board.stage2 });
    const mine = await cleo.person.get(`/boards/${board.board}/cards/apply?card=${board.card}`);
    const csrf = forms(mine.text).find(({ fields }) => fields.csrf).fields.csrf;
    await cleo.person.post(`/boards/${board.board}/cards/apply`, { csrf, card: board.card, do: 'remove' });
    await eventually('all of it was looked at', async () => await stack.value(`select (select max_id from log_cursor where consumer = 'ledger') >= (select max(id) from card_ledger) as done`));
    assert.deepEqual(await noticesOf(cleo.id, 1), ['assigned']);
    await cleo.person.submit(await cleo.person.get('/settings/profile'), { assigned: [], stage: [], removed: [] }, /notices/);
    assert.deepEqual(await stack.value(`select notify_off from app_user where id = ${cleo.id}`), ['assigned', 'stage', 'removed']);
});

test('a private board tells nobody but its owner', async () => {
    const dora = await colleague('Dora');
    const board = await addBoard(stack, own, 'Hush');
    await stack.psql(`update board set visibility = 1 where id = ${board.board}; update card set owner_id = ${dora.id} where id = ${board.card}`);
    await apply(board, { card: board.card, do: 'move', to: board.stage2 });
    await eventually('it was looked at', async () => await stack.value(`select (select max_id from log_cursor where consumer = 'ledger') >= (select max(id) from card_ledger) as done`));
    assert.equal(await stack.value(`select count(*) from owner_notice where user_id = ${dora.id}`), 0);
});

test('removing the server keeps what waits', async () => {
    await use({ port: 1 });
    await post('/settings/mail/test', { to: 'ida@acme.example' });
    assert.equal((await post('/settings/mail/delete')).status, 303);
    assert.equal((await newest()).state, 3);
    assert.equal(await server(), undefined);
});
