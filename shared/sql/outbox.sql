--- What is to be told outside (shared/outbox.h), and the log of what was.

--- An integration that is switched off takes nothing; one that was stopped does. No id: it was there already, or
--- is not taken. own_lane: in no order with others.
-- name: outbox_add
-- params: dataset bigint, integration bigint, key text, lane bigint, type text, data jsonb, card bigint?,
--   account bigint?, lead bigint?, user bigint?, at timestamptz?
-- one: id bigint?
with added as (
    insert into outbox (dataset_id, integration_id, key, lane, type, data, card_id, account_id, lead_id, user_id, at)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11, now())
    from integration i where i.dataset_id = $1 and i.id = $2 and i.enabled and i.deleted_at is null
    on conflict (dataset_id, integration_id, key) do nothing
    returning id
)
select (select id from added);

--- What is known of a card, as it is told everywhere.
-- name: outbox_card
-- params: dataset bigint, card bigint
-- one: data jsonb, account bigint?, lead bigint?
select card_telling(c), c.account_id, c.lead_id from card c where c.dataset_id = $1 and c.id = $2;

--- Sends it again, as if for the first time; the lane's order holds. Nothing for one that waits already.
-- name: outbox_replay
-- params: dataset bigint, integration bigint, id bigint
-- exec
update outbox set state = 0, attempts = 0, first_at = null, due_at = now(), done_at = null, note = null
where dataset_id = $1 and integration_id = $2 and id = $3 and state <> 0;

--- All that were given up, at most so many: the oldest.
-- name: outbox_replay_failed
-- params: dataset bigint, integration bigint, most integer
-- one: again integer
with chosen as (
    select id from outbox where dataset_id = $1 and integration_id = $2 and state = 2 order by id limit $3
), again as (
    update outbox o set state = 0, attempts = 0, first_at = null, due_at = now(), done_at = null, note = null
    from chosen c where o.dataset_id = $1 and o.id = c.id
    returning o.id
)
select count(*)::integer from again;

-- name: outbox_forget
-- params: dataset bigint, integration bigint
-- exec
update outbox set state = 3, done_at = now() where dataset_id = $1 and integration_id = $2 and state = 0;

--- state null: all.
-- name: outbox_list
-- params: dataset bigint, integration bigint, state smallint?, before bigint, most integer
-- many: id bigint, type text, at timestamptz, state smallint, attempts smallint, due_at timestamptz, error text?,
--   note text?, done_at timestamptz?, card bigint?, board bigint?, account bigint?, lead bigint?, title text?
select o.id, o.type, o.at, o.state, o.attempts, o.due_at, o.error, o.note, o.done_at, c.id as card, c.board_id,
       o.account_id, o.lead_id,
       coalesce(c.title, o.data #>> '{card,title}',
                (select a.name from account a where a.dataset_id = $1 and a.id = o.account_id),
                (select coalesce(l.email, 'Lead ' || l.id) from lead l where l.dataset_id = $1 and l.id = o.lead_id))
from (select * from outbox where dataset_id = $1 and integration_id = $2 and state = $3 and id < $4
      union all
      select * from outbox where dataset_id = $1 and integration_id = $2 and state between 0 and 3 and id < $4
         and $3 is null
      order by id desc limit $5) o
left join card c on c.dataset_id = $1 and c.id = o.card_id
order by o.id desc;

--- How many of each state; counted up to 1,000.
-- name: outbox_counts
-- params: dataset bigint, integration bigint
-- many: state smallint, n bigint
select s.state::smallint, (select count(*) from (select from outbox o
                            where o.dataset_id = $1 and o.integration_id = $2 and o.state = s.state
                            limit 1000) few)
from generate_series(0, 3) s (state);

-- name: outbox_get
-- params: dataset bigint, integration bigint, id bigint
-- one: uid text, type text, at timestamptz, data jsonb, state smallint, attempts smallint, due_at timestamptz,
--   error text?, note text?, done_at timestamptz?, created_at timestamptz, card bigint?, board bigint?,
--   account bigint?, lead bigint?, title text?, by text?
select o.uid::text, o.type, o.at, o.data, o.state, o.attempts, o.due_at, o.error, o.note, o.done_at, o.created_at,
       c.id as card, c.board_id, o.account_id, o.lead_id,
       coalesce(c.title, o.data #>> '{card,title}',
                (select a.name from account a where a.dataset_id = $1 and a.id = o.account_id),
                (select coalesce(l.email, 'Lead ' || l.id) from lead l where l.dataset_id = $1 and l.id = o.lead_id)),
       (select u.name from app_user u where u.id = o.user_id)
from outbox o left join card c on c.dataset_id = $1 and c.id = o.card_id
where o.dataset_id = $1 and o.integration_id = $2 and o.id = $3;

-- name: outbox_attempts
-- params: dataset bigint, id bigint, most integer
-- many: id bigint, at timestamptz, took_ms integer, what text?, outcome smallint, status integer?, request text?,
--   answer text?, error text?
select id, at, took_ms, what, outcome, status, request, answer, error
from delivery_attempt where dataset_id = $1 and outbox_id = $2 order by id desc limit $3;

---- for the worker ----

--- The first of each lane that waits and is due, of those behind `after` in a window of the waiting ones; lanes
--- that are busy are left out. One row at least while anything waits in the window: last is its end, full says
--- that more may wait behind it. What waits before `after` holds its lane back.
-- name: outbox_take
-- params: dataset bigint, integration bigint, after bigint, busy bigint[], window integer, most integer
-- many: last bigint, full boolean, id bigint?, lane bigint?, uid text?, type text?, at timestamptz?, data jsonb?,
--   attempts smallint?, first_at timestamptz?, card bigint?, account bigint?, lead bigint?, user_id bigint?
with seen as materialized (
    select id, lane, due_at from outbox
    where dataset_id = $1 and integration_id = $2 and state = 0 and id > $3
    order by id limit $5
), head as (
    select distinct on (lane) id, lane, due_at from seen order by lane, id
), ready as materialized (
    select h.id from head h
    where h.due_at <= now() and h.lane <> all ($4)
      and ($3 = 0 or not exists (select from outbox e
                                 where e.dataset_id = $1 and e.integration_id = $2 and e.lane = h.lane
                                   and e.state = 0 and e.id <= $3))
    order by h.id limit $6
), bounds as (
    select max(id) as last, count(*) = $5 as full from seen having count(*) > 0
)
select b.last, b.full, o.id, o.lane, o.uid::text, o.type, o.at, o.data, o.attempts, o.first_at, o.card_id,
       o.account_id, o.lead_id, o.user_id
from bounds b
left join (ready r join outbox o on o.dataset_id = $1 and o.id = r.id) on true
order by o.id;

--- What came of attempts. states: where each stands now; failed: it counts as an attempt; delays: seconds until it
--- is due again.
-- name: outbox_record
-- params: dataset bigint, integration bigint, ids bigint[], states smallint[], failed boolean[], delays double[],
--   errors text[], notes text[]
-- exec
update outbox o
set state = r.state, attempts = o.attempts + r.failed::integer, first_at = coalesce(o.first_at, now()),
    due_at = case when r.state = 0 then now() + r.delay * interval '1 second' else o.due_at end,
    error = r.error, note = r.note, done_at = case when r.state <> 0 then now() end
from unnest($3, $4, $5, $6, $7, $8) as r (id, state, failed, delay, error, note)
where o.dataset_id = $1 and o.integration_id = $2 and o.id = r.id and o.state = 0;

-- name: outbox_attempt
-- params: dataset bigint, integration bigint, ids bigint[], whats text[], outcomes smallint[], statuses integer[],
--   took integer[], requests text[], answers text[], errors text[]
-- exec
insert into delivery_attempt (dataset_id, outbox_id, integration_id, what, outcome, status, took_ms, request, answer,
                              error)
select $1, r.id, $2, r.what, r.outcome, nullif(r.status, 0), r.took, r.request, r.answer, r.error
from unnest($3, $4, $5, $6, $7, $8, $9, $10) with ordinality
     as r (id, what, outcome, status, took, request, answer, error, n)
where exists (select from outbox o where o.dataset_id = $1 and o.id = r.id)
order by r.n;

--- Integrations that have something due and that nobody works on.
-- name: outbox_due
-- params: deliver smallint, push smallint
-- many: dataset bigint, integration bigint, kind smallint
select i.dataset_id, i.id, i.kind
from integration i
where i.enabled and i.stopped_at is null and i.deleted_at is null
  and (i.slow_until is null or i.slow_until <= now())
  and exists (select from outbox o where o.dataset_id = i.dataset_id and o.integration_id = i.id and o.state = 0
                and o.due_at <= now())
  and not exists (select from job j where j.dataset_id = i.dataset_id
                    and j.kind = case when i.kind in (1, 2) then $1 else $2 end
                    and j.uniq = 'integration:' || i.id)
order by 1, 2;

--- Deliveries of more than 30 days ago are forgotten, those that still wait too.
-- name: outbox_trim
-- exec
delete from outbox o using dataset d
where o.dataset_id = d.id and o.created_at < now() - interval '30 days';

---- the ledger, followed ----

-- name: ledger_lock
-- one: xid xid8, id bigint, max_id bigint, floor_id bigint, same_epoch boolean
select xid, id, max_id, floor_id, epoch = log_epoch() from log_cursor where consumer = 'ledger' for update;

--- From now on: what happened before is history.
-- name: ledger_start
-- exec
insert into log_cursor (consumer, xid, id, max_id, epoch)
values ('ledger', pg_snapshot_xmin(pg_current_snapshot()), 0, 0, log_epoch())
on conflict do nothing;

--- As derive_anchor: the dump was restored somewhere else, where transaction ids begin anew.
-- name: ledger_anchor
-- one: xid xid8, floor_id bigint, undone bigint
with log as (
    select * from log_cursor where consumer = 'ledger'
), undone as (
    update card_ledger l set xid = pg_current_xact_id(), id = default
    from log where l.id > log.floor_id and ((l.xid, l.id) > (log.xid, log.id) or l.id > log.max_id)
    returning 1
), anchored as (
    update log_cursor set xid = pg_snapshot_xmin(pg_current_snapshot()), id = 0, floor_id = max_id,
           epoch = log_epoch(), updated_at = now()
    where consumer = 'ledger'
    returning xid, floor_id
)
select anchored.xid, anchored.floor_id, (select count(*) from undone) from anchored;

-- name: ledger_cursor
-- params: xid xid8, id bigint, max_id bigint
-- exec
update log_cursor set xid = $1, id = $2, max_id = $3, updated_at = now() where consumer = 'ledger';

--- How far the next rows in commit order reach; below xmin nothing can appear any more.
-- name: ledger_window
-- params: xid xid8, id bigint, floor_id bigint, most integer
-- many: xid xid8, id bigint, max_id bigint, n integer
with fresh as materialized (
    select xid, id from card_ledger
    where (xid, id) > ($1, $2) and id > $3 and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by xid, id limit $4
)
select xid, id, (select max(id) from fresh), (select count(*) from fresh)::integer
from fresh order by xid desc, id desc limit 1;

--- What the integrations want to be told of these rows. Boards that only one person sees are told to that
--- person's own.
-- name: ledger_deliver
-- params: xid xid8, id bigint, floor_id bigint, to_xid xid8, to_id bigint
-- one: added integer
with fresh as materialized (
    select l.dataset_id, l.id, l.card_id, l.board_id, l.kind, l.at, l.from_stage, l.to_stage, l.actor_kind, l.actor_id,
           l.detail
    from card_ledger l
    where (l.xid, l.id) > ($1, $2) and (l.xid, l.id) <= ($4, $5) and l.id > $3
      and (l.kind in (1, 3, 6, 8, 9, 10) or l.kind = 2 and l.from_stage is distinct from l.to_stage)
      and exists (select from integration i where i.dataset_id = l.dataset_id and i.enabled and i.deleted_at is null)
), told as (
    select l.*, i.id as integration_id, i.kind as integration_kind, t.type,
           case when c.id is not null then c
                else jsonb_populate_record(null::card, coalesce(gone.card,
                                           jsonb_build_object('id', l.card_id, 'dataset_id', l.dataset_id,
                                                              'board_id', l.board_id, 'tags', '[]'::jsonb))) end as card
    from fresh l
    join integration i on i.dataset_id = l.dataset_id and i.enabled and i.deleted_at is null
    join board b on b.dataset_id = l.dataset_id and b.id = l.board_id and b.deleted_at is null
         and (b.visibility = 2 or b.user_id = i.user_id)
    cross join lateral (values
        ('card.created', l.kind = 1), ('card.moved', l.kind = 2), ('card.owner_changed', l.kind = 3),
        ('card.removed', l.kind = 6), ('card.tagged', l.kind = 8), ('card.untagged', l.kind = 9),
        ('card.restored', l.kind = 10),
        ('account.entered_stage', l.kind in (1, 2) and l.to_stage is not null)) t (type, happened)
    left join card c on c.dataset_id = l.dataset_id and c.id = l.card_id
    left join lateral (
        select coalesce(l.detail -> 'card',
                        (select y.card from card_away y where y.dataset_id = l.dataset_id and y.card_id = l.card_id),
                        (select r.detail -> 'card' from card_ledger r
                         where r.dataset_id = l.dataset_id and r.card_id = l.card_id and r.kind = 6 and r.detail ? 'card'
                         order by r.at desc, r.id desc limit 1)) as card) gone on c.id is null
    where t.happened and t.type = any (i.events) and l.at >= i.created_at
      and (l.to_stage is null or l.kind = 10 or i.stage_ids = '{}' or l.to_stage = any (i.stage_ids))
      and (i.kind < 3 or t.type = 'account.entered_stage')
), added as (
    insert into outbox (dataset_id, integration_id, key, lane, type, at, data, card_id, account_id, lead_id)
    select t.dataset_id, t.integration_id, 'ledger:' || t.id || ':' || t.type,
           case when t.integration_kind < 3 then t.card_id else coalesce((t.card).account_id, -(t.card).lead_id, 0) end,
           case when t.integration_kind >= 3 then 'crm.push'
                when t.type = 'account.entered_stage' and (t.card).lead_id is not null then 'lead.entered_stage'
                else t.type end,
           t.at,
           card_telling(t.card) || jsonb_strip_nulls(jsonb_build_object(
               'from_stage', (select jsonb_build_object('id', s.id::text, 'name', s.name) from stage s
                               where s.dataset_id = t.dataset_id and s.id = t.from_stage),
               'to_stage', (select jsonb_build_object('id', s.id::text, 'name', s.name) from stage s
                             where s.dataset_id = t.dataset_id and s.id = t.to_stage),
               'tag', t.detail -> 'tag',
               'from_owner', (select jsonb_build_object('id', u.id::text, 'name', u.name, 'email', u.email)
                              from app_user u where t.kind = 3 and u.id = (t.detail ->> 'from')::bigint),
               'to_owner', (select jsonb_build_object('id', u.id::text, 'name', u.name, 'email', u.email)
                            from app_user u where t.kind = 3 and u.id = (t.detail ->> 'to')::bigint),
               'actor', jsonb_build_object(
                   'kind', (array['user', 'import', 'refresh', 'automation', 'system'])[t.actor_kind],
                   'id', t.actor_id::text,
                   'name', coalesce((select u.name from app_user u where t.actor_kind = 1 and u.id = t.actor_id),
                                    (select a.name from automation a where t.actor_kind = 4
                                     and a.dataset_id = t.dataset_id and a.id = t.actor_id))))),
           case when (t.card).id is not null then t.card_id end, (t.card).account_id, (t.card).lead_id
    from told t
    where t.integration_kind < 3 or (t.card).account_id is not null or (t.card).lead_id is not null
    order by t.id
    on conflict (dataset_id, integration_id, key) do nothing
    returning 1
)
select count(*)::integer from added;

--- What owners of cards are to be told of these rows: not of what they did themselves, nor what they do not want.
-- name: ledger_notice
-- params: xid xid8, id bigint, floor_id bigint, to_xid xid8, to_id bigint
-- one: added integer
with fresh as materialized (
    select l.dataset_id, l.id, l.card_id, l.board_id, l.kind, l.at, l.from_stage, l.to_stage, l.actor_kind, l.actor_id,
           l.detail
    from card_ledger l
    where (l.xid, l.id) > ($1, $2) and (l.xid, l.id) <= ($4, $5) and l.id > $3
      and (l.kind in (3, 6) or l.kind = 2 and l.from_stage is distinct from l.to_stage)
), told as (
    select l.*, n.kind as notice,
           case when l.kind = 3 then (l.detail ->> 'to')::bigint
                else coalesce(c.owner_id, (gone.card ->> 'owner_id')::bigint) end as user_id,
           coalesce(c.title, gone.card ->> 'title') as title
    from fresh l
    cross join lateral (select (array[null, 'stage', 'assigned', null, null, 'removed'])[l.kind]) n (kind)
    left join card c on c.dataset_id = l.dataset_id and c.id = l.card_id
    left join lateral (
        select coalesce(l.detail -> 'card',
                        (select y.card from card_away y where y.dataset_id = l.dataset_id and y.card_id = l.card_id),
                        (select r.detail -> 'card' from card_ledger r
                         where r.dataset_id = l.dataset_id and r.card_id = l.card_id and r.kind = 6 and r.detail ? 'card'
                         order by r.at desc, r.id desc limit 1)) as card) gone on c.id is null
), added as (
    insert into owner_notice (dataset_id, user_id, kind, card_id, ledger_id, detail)
    select t.dataset_id, t.user_id, t.notice, t.card_id, t.id,
           jsonb_build_object(
               'title', left(t.title, 200), 'board', b.name, 'board_id', b.id::text,
               'from', (select name from stage where dataset_id = t.dataset_id and id = t.from_stage),
               'to', (select name from stage where dataset_id = t.dataset_id and id = t.to_stage),
               'actor', coalesce((select name from app_user where t.actor_kind = 1 and id = t.actor_id),
                                 (select 'the automation ' || name from automation
                                  where t.actor_kind = 4 and dataset_id = t.dataset_id and id = t.actor_id)),
               'actor_kind', t.actor_kind)
    from told t
    join app_user u on u.id = t.user_id and u.disabled_at is null and t.notice <> all (u.notify_off)
    join board b on b.dataset_id = t.dataset_id and b.id = t.board_id and b.deleted_at is null
         and (b.visibility = 2 or b.user_id = u.id)
    join dataset d on d.id = t.dataset_id
    join membership m on m.workspace_id = d.workspace_id and m.user_id = u.id
    where not (t.actor_kind = 1 and t.actor_id = t.user_id)
    order by t.id
    returning 1
)
select count(*)::integer from added;

--- Whose notices have waited long enough for more to come.
-- name: notice_due
-- params: seconds double
-- many: dataset bigint, user bigint
select dataset_id, user_id from owner_notice
group by 1, 2 having min(at) <= now() - $1 * interval '1 second'
order by 1, 2 limit 100;

--- Takes the oldest of them. board: the card is still on it.
-- name: notice_take
-- params: dataset bigint, user bigint, most integer
-- many: id bigint, kind text, card bigint, detail jsonb, there boolean
with gone as (
    delete from owner_notice n
    where n.dataset_id = $1 and n.user_id = $2
      and n.id in (select id from owner_notice where dataset_id = $1 and user_id = $2 order by id limit $3)
    returning n.*
)
select g.id, g.kind, g.card_id, g.detail, c.id is not null
from gone g left join card c on c.dataset_id = $1 and c.id = g.card_id
order by g.id;

--- Whom a mail about a dataset goes to.
-- name: notice_person
-- params: dataset bigint, user bigint
-- one: workspace bigint, email text, name text, origin text?
select d.workspace_id, u.email, u.name,
       coalesce((select s.origin from mail_server s where s.workspace_id = d.workspace_id),
                (select i.origin from integration i where i.dataset_id = d.id and i.origin is not null
                 order by i.id desc limit 1))
from dataset d join app_user u on u.id = $2 where d.id = $1;
