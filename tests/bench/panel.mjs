// panel.open: the panel of a company with 300 leads and 50,000 events, as a click on its card opens it, in turns
// with one of its leads expanded.

import { wrk } from './tools.mjs';

const connections = 4;
const leads = 300;
const sessions = 16; // of each lead
const events = 50000;

// Among 20,000 other leads of 2,000 companies: without them any plan is quick. Sessions are written with the
// events, so the consumer's cursor is put behind them, as if it had derived them.
async function addAccount(bench) {
    const { dataset, user } = bench.dataset;
    const each = Math.ceil(events / leads / sessions);
    const text = await bench.stack.psql(`
        insert into account (dataset_id, domain, name, leads, contacts, last_at)
        select ${dataset}, 'other-' || n || '.example', 'Other ' || n, 10, 2, now() - n * interval '1 minute'
        from generate_series(1, 2000) n;
        insert into lead (dataset_id, account_id, first_at, last_at, score)
        select ${dataset}, a.id, now() - interval '60 days', now() - n * interval '1 hour', n
        from account a, generate_series(1, 10) n where a.dataset_id = ${dataset} and a.domain like 'other-%';
        with a as (insert into account (dataset_id, domain, name, leads, contacts, visitors, sessions, events, first_at,
                                        last_at, score)
                   values (${dataset}, 'large.example', 'Large Ltd', ${leads}, ${leads / 5}, ${leads},
                           ${leads * sessions}, ${events}, now() - interval '60 days', now(), 90) returning id),
        l as (insert into lead (dataset_id, account_id, email, first_name, last_name, first_at, last_at, first_channel,
                                last_channel, last_source, visitors, sessions, pageviews, events, score, score_parts)
              select ${dataset}, a.id, case when n % 5 = 0 then 'person' || n || '@large.example' end,
                     case when n % 5 = 0 then 'Jane' end, case when n % 5 = 0 then 'Doe ' || n end,
                     now() - interval '60 days', now() - n * interval '1 hour', 1, 2, 'Google', 1, ${sessions},
                     ${sessions * each - sessions}, ${sessions * each}, n % 90, '[["email",15],["recency",12]]'
              from a, generate_series(1, ${leads}) n returning id, last_at),
        v as (insert into visitor (dataset_id, visitor, lead_id, first_at, last_at)
              select ${dataset}, md5('large' || id)::uuid, id, now() - interval '60 days', last_at from l
              returning visitor, lead_id, last_at),
        s as (insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, channel, source,
                                   campaign, landing)
              select ${dataset}, visitor, last_at - n * interval '3 days', last_at - n * interval '3 days' + interval '9 min',
                     lead_id, ${each}, ${each - 1}, 2, 'Google', 'spring', 'https://a.example/'
              from v, generate_series(0, ${sessions - 1}) n returning visitor, started_at),
        e as (insert into event (dataset_id, at, visitor, type, url, title, properties)
              select ${dataset}, started_at + n * interval '50 seconds', visitor, case when n % 9 = 8 then 5 else 1 end,
                     'https://a.example/page/' || n || '?utm_campaign=spring', 'Page number ' || n,
                     '{"screen": "1440x900"}'
              from s, generate_series(0, ${each - 1}) n returning 1),
        b as (insert into board (dataset_id, name, user_id, setup_step) values (${dataset}, 'Large', ${user}, 0) returning id),
        st as (insert into stage (dataset_id, board_id, position, name, entry, cards) select ${dataset}, id, 1, 'One', true, 1
               from b returning id),
        c as (insert into card (dataset_id, board_id, stage_id, rank, account_id, title)
              select ${dataset}, b.id, st.id, 1, a.id, 'Large Ltd' from a, b, st returning id),
        h as (insert into card_ledger (dataset_id, card_id, board_id, at, kind, to_stage, actor_kind, actor_id)
              select ${dataset}, c.id, b.id, now() - n * interval '1 day', case when n = 50 then 1 else 4 end, st.id, 1, ${user}
              from b, st, c, generate_series(1, 50) n returning 1),
        t as (insert into tag (dataset_id, name) values (${dataset}, 'Large') returning id),
        lt as (insert into lead_tag (dataset_id, lead_id, tag_id, by_user) select ${dataset}, l.id, t.id, ${user} from l, t
               returning 1)
        select json_build_object('board', b.id, 'card', c.id, 'lead', (select min(id) from l),
            'events', (select count(*) from e)) from b, c;
        insert into log_cursor (consumer, xid, id, max_id, epoch)
        select 'derive', xid, id, id, log_epoch() from event order by xid desc, id desc limit 1
        on conflict (consumer) do update set xid = excluded.xid, id = excluded.id,
            max_id = greatest(log_cursor.max_id, excluded.max_id);
        vacuum analyze account; vacuum analyze lead; vacuum analyze visitor; vacuum analyze session;
        vacuum analyze event; vacuum analyze card; vacuum analyze card_ledger; vacuum analyze lead_tag`);
    const made = JSON.parse(text.split('\n').find((row) => row.startsWith('{')));
    if (made.events < events) {
        throw new Error(`only ${made.events} events`);
    }
    return made;
}

export const panelOpen = {
    name: 'panel.open',
    unit: 'pages/s',
    async run(bench) {
        const cookies = await bench.signIn();
        const { board, card, lead } = await bench.withoutWorker(() => addAccount(bench));
        const path = `/boards/${board}/cards/${card}`, expanded = `${path}?lead=${lead}`;
        const plain = await bench.client.get(path), open = await bench.client.get(expanded);
        const shown = open.text.match(/<li class="event/g)?.length ?? 0;
        if (plain.status !== 200 || open.status !== 200 || shown < 40) {
            throw new Error(`the panel answered ${plain.status}, with a lead ${open.status} and ${shown} events`);
        }
        const load = (seconds) => wrk(bench.stack, {
            script: 'panel.lua', path, connections, seconds, args: [cookies, path, expanded],
        });
        await load(1);
        const { rate, p50, p95, p99 } = await load(5);
        return { value: rate, p50, p95, p99, note: `${leads} leads, ${events} events; ${shown} of them shown in every second` };
    },
};
