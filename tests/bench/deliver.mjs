// deliver.webhooks: a backlog of deliveries to a receiver that answers in 50 ms, one worker. Each card's arrive
// in their order, and the receiver checks that.

import { createServer } from 'node:http';
import { Client } from '../lib/client.mjs';
import { ownDataset } from '../lib/fixture.mjs';
import { owner, startStack } from '../lib/stack.mjs';

const ANSWER_MS = 50;
const CARDS = 2000;
const EACH = 5;

async function startReceiver() {
    const last = new Map();
    const seen = { n: 0, wrong: 0, flying: 0, most: 0 };
    const server = createServer((request, response) => {
        const chunks = [];
        seen.most = Math.max(seen.most, ++seen.flying);
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => setTimeout(() => {
            const { card, n } = JSON.parse(Buffer.concat(chunks)).data;
            seen.wrong += (last.get(card) ?? 0) + 1 === n ? 0 : 1;
            last.set(card, n);
            seen.n++;
            seen.flying--;
            response.writeHead(204).end();
        }, ANSWER_MS));
    });
    server.keepAliveTimeout = 60_000;
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { seen, server, at: `127.0.0.1:${server.address().port}` };
}

async function addWebhook(stack) {
    const client = new Client(stack.url);
    await client.signIn(owner);
    const page = await client.get('/integrations/new?kind=webhook');
    const made = await client.submit(page, { name: 'Bench', url: 'http://hook.test/' }, /integrations/);
    if (made.status !== 200) {
        throw new Error(`no webhook: ${made.status}`);
    }
    return stack.value("select id from integration where name = 'Bench'");
}

async function measure(stack, receiver) {
    const { dataset } = await ownDataset(stack);
    const id = await addWebhook(stack);
    const body = JSON.stringify({ board: { id: '1', name: 'Sales' }, account: { name: 'A company of some name', domain: 'company.example' }, text: 'x'.repeat(600) });
    await stack.psql(`insert into outbox (dataset_id, integration_id, key, lane, type, data)
        select ${dataset}, ${id}, c || ':' || n, c, 'card.moved', '${body}'::jsonb || jsonb_build_object('card', c, 'n', n)
        from generate_series(1, ${EACH}) n, generate_series(1, ${CARDS}) c order by n, c`);
    const start = Date.now();
    await stack.psql(`do $$ begin
        for i in 1 .. 6000 loop
            if not exists (select from outbox where integration_id = ${id} and state = 0) then return; end if;
            commit;
            perform pg_sleep(0.02);
        end loop;
        raise 'not within 120 s';
    end $$`);
    const seconds = (Date.now() - start) / 1000;
    const delivered = await stack.value(`select count(*) from outbox where integration_id = ${id} and state = 1`);
    if (delivered !== CARDS * EACH || receiver.seen.n !== delivered || receiver.seen.wrong > 0) {
        throw new Error(`${delivered} delivered, ${receiver.seen.n} arrived, ${receiver.seen.wrong} out of order`);
    }
    return delivered / seconds;
}

async function run() {
    const receiver = await startReceiver();
    const stack = await startStack({ owner: true, env: { POSTGRES_OPTIONS: '-c fsync=on', FETCH_CONNECT_TO: receiver.at } });
    try {
        const value = await measure(stack, receiver);
        return { value, note: `${CARDS * EACH} to a receiver that takes ${ANSWER_MS} ms, at most ${receiver.seen.most} at once, order kept` };
    } finally {
        await stack.stop();
        receiver.server.closeAllConnections();
        receiver.server.close();
    }
}

export const deliverWebhooks = { name: 'deliver.webhooks', unit: 'deliveries/s', run };
