// User-Agents: stored by the collector, read by the worker soon after, and again when its rules are newer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { send } from '../lib/client.mjs';
import { eventually } from '../lib/process.mjs';
import { startStack } from '../lib/stack.mjs';

const firefox = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let stack;

before(async () => {
    stack = await startStack();
    await stack.psql(`
        insert into workspace (name) values ('Collecting');
        insert into dataset (workspace_id, public_id, name) select id, 'open', 'Open' from workspace limit 1`);
});
after(() => stack?.stop());

async function known(text) {
    return eventually(`${text.slice(0, 40)} is read`, async () => {
        const rows = await stack.rows(`select * from user_agent where revision > 0 and agent = $agent$${text}$agent$`);
        return rows[0];
    });
}

test('what a visitor uses is known soon after the first event', async () => {
    const answer = await send(stack.url, 'POST', '/e', {
        body: JSON.stringify({ dataset: 'open', visitor: 'v1', type: 'pageview', url: 'https://shop.example/' }),
        headers: { 'Content-Type': 'text/plain', 'User-Agent': firefox },
    });
    assert.equal(answer.status, 204, answer.text);
    const row = await known(firefox);
    assert.deepEqual([row.browser, row.browser_version, row.os, row.device, row.kind],
        ['Firefox', '140', 'Ubuntu', null, 1]);
});

test('what older rules said is read again', async () => {
    await stack.psql("update user_agent set browser = 'Mosaic', revision = 1");
    assert.equal((await eventually('it is read again', async () =>
        (await stack.rows("select browser from user_agent where browser <> 'Mosaic'"))[0])).browser, 'Firefox');
});

test('nonsense and more than a batch of it are read once and for all', async () => {
    await stack.psql(`insert into user_agent (hash, agent)
        select -i, 'Mozilla/5.0 (Linux; Android 4; ' || repeat('; /1.' || i, 80) from generate_series(1, 250) i`);
    await eventually('all are read', async () =>
        await stack.value('select count(*) from user_agent where revision = 0') === 0);
    assert.equal(await stack.value('select count(distinct revision) from user_agent'), 1);
});
