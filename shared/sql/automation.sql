--- Automations: what they are, their versions, what they refer to (shared/automation.h).

--- What is referred to and is there. part_of: the board of a stage, the kind of an integration, the subject of a
--- segment. off: an integration is switched off (why null) or was stopped; a board is not set up yet. user 0 may see
--- everything.
-- name: automation_names
-- params: dataset bigint, user bigint, boards bigint[], stages bigint[], users bigint[], tags bigint[],
--   segments bigint[], integrations bigint[]
-- many: kind text, id bigint, name text, part_of bigint, off boolean, why text?
select 'board', b.id, case when $2 in (0, b.user_id) or b.visibility = 2 then b.name else 'a private board' end, 0::bigint,
       false, null::text
from board b where b.dataset_id = $1 and b.id = any ($3) and b.deleted_at is null
union all
select 'stage', s.id, case when $2 in (0, b.user_id) or b.visibility = 2 then s.name || ' of ' || b.name
                           else 'a stage of a private board' end, b.id, false, null
from stage s join board b on b.dataset_id = $1 and b.id = s.board_id and b.deleted_at is null
where s.dataset_id = $1 and s.id = any ($4)
union all
select 'user', u.id, u.name, 0, false, null
from dataset d join membership m on m.workspace_id = d.workspace_id
join app_user u on u.id = m.user_id and u.disabled_at is null
where d.id = $1 and u.id = any ($5)
union all
select 'tag', t.id, t.name, 0, false, null from tag t where t.dataset_id = $1 and t.id = any ($6)
union all
select 'segment', s.id, case when $2 in (0, s.user_id) or s.shared then s.name else 'a private segment' end, s.subject,
       s.problem is not null, s.problem
from segment s where s.dataset_id = $1 and s.id = any ($7) and s.automation_id is null
union all
select 'integration', i.id, i.name, i.kind, not i.enabled or i.stopped_at is not null,
       case when i.enabled then i.stopped_why end
from integration i where i.dataset_id = $1 and i.id = any ($8) and i.deleted_at is null;

--- ---- making and changing ----

--- One edit of a dataset's automations at a time; who keeps them compiled reads them again.
-- name: automation_revise
-- params: dataset bigint
-- exec
insert into automation_state as s (dataset_id) values ($1)
on conflict (dataset_id) do update set revision = s.revision + 1;

-- name: automation_count
-- params: dataset bigint
-- one: n bigint
select count(*) from automation where dataset_id = $1 and deleted_at is null;

-- name: automation_add
-- params: dataset bigint, name text, description text, enabled boolean, user bigint, source smallint,
--   cooldown_s integer, once boolean
-- one: id bigint
insert into automation (dataset_id, name, description, enabled, enabled_at, user_id, source, cooldown_s, once)
values ($1, $2, $3, $4, case when $4 then now() end, $5, $6, $7, $8)
returning id;

--- The version that is there, held until the end.
-- name: automation_hold
-- params: dataset bigint, automation bigint
-- one: version integer, enabled boolean, source smallint, segment_ids bigint[], trigger jsonb, actions jsonb
select a.version, a.enabled, a.source, a.segment_ids, v.trigger, v.actions
from automation a
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
where a.dataset_id = $1 and a.id = $2 and a.deleted_at is null for no key update of a;

--- What happened before it was switched on does not fire it; a new rule that is on counts from now, too.
-- name: automation_update
-- params: dataset bigint, automation bigint, name text, description text, enabled boolean, source smallint,
--   cooldown_s integer, once boolean, version integer
-- exec
update automation
set name = $3, description = $4, enabled = $5, source = $6, cooldown_s = $7, once = $8, updated_at = now(),
    enabled_at = case when $5 and (not enabled or version <> $9) then now() else enabled_at end,
    problem = case when version <> $9 then null else problem end,
    problem_at = case when version <> $9 then null else problem_at end,
    failures = case when version <> $9 then 0 else failures end,
    retry_at = case when version <> $9 then null else retry_at end,
    version = $9
where dataset_id = $1 and id = $2;

-- name: automation_version_add
-- params: dataset bigint, automation bigint, version integer, user bigint, trigger jsonb, actions jsonb
-- exec
insert into automation_version (dataset_id, automation_id, version, user_id, trigger, actions)
values ($1, $2, $3, $4, $5, $6);

--- On again: with a clean slate.
-- name: automation_switch
-- params: dataset bigint, automation bigint, enabled boolean
-- exec
update automation
set enabled = $3, enabled_at = case when not $3 or enabled then enabled_at else now() end, updated_at = now(),
    problem = null, problem_at = null, failures = 0, retry_at = null
where dataset_id = $1 and id = $2 and deleted_at is null;

-- name: automation_delete
-- params: dataset bigint, automation bigint
-- exec
update automation set deleted_at = now(), enabled = false where dataset_id = $1 and id = $2 and deleted_at is null;

--- ---- whose entering fires one that waits for somebody to match (shared/automation_follow.c) ----

--- Segments that it keeps for itself.
-- name: automation_own_segments
-- params: dataset bigint, automation bigint
-- many: id bigint, subject smallint
select id, subject from segment where dataset_id = $1 and automation_id = $2 order by id;

-- name: automation_segments_set
-- params: dataset bigint, automation bigint, segments bigint[]
-- exec
update automation set segment_ids = $3 where dataset_id = $1 and id = $2 and segment_ids <> $3;

--- ---- pages ----

--- automation: that one alone.
-- name: automation_list
-- params: dataset bigint, automation bigint?
-- many: id bigint, name text, description text, enabled boolean, user_id bigint, user_name text?, source smallint,
--   version integer, cooldown_s integer, once boolean, problem text?, problem_at timestamptz?,
--   retry_at timestamptz?, fired_at timestamptz?, fired bigint, created_at timestamptz, updated_at timestamptz,
--   trigger jsonb, actions jsonb
select a.id, a.name, a.description, a.enabled, a.user_id, u.name as user_name, a.source, a.version, a.cooldown_s,
       a.once, a.problem, a.problem_at, a.retry_at, a.fired_at, a.fired, a.created_at, a.updated_at, v.trigger,
       v.actions
from automation a
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
left join app_user u on u.id = a.user_id
where a.dataset_id = $1 and a.deleted_at is null and ($2::bigint is null or a.id = $2)
order by lower(a.name), a.id;

-- name: automation_version_get
-- params: dataset bigint, automation bigint, version integer
-- one: trigger jsonb, actions jsonb
select trigger, actions from automation_version where dataset_id = $1 and automation_id = $2 and version = $3;

--- The newest first.
-- name: automation_versions
-- params: dataset bigint, automation bigint
-- many: version integer, at timestamptz, user_name text?, trigger jsonb, actions jsonb
select v.version, v.at, u.name as user_name, v.trigger, v.actions
from automation_version v left join app_user u on u.id = v.user_id
where v.dataset_id = $1 and v.automation_id = $2
order by v.version desc limit 200;

--- What they are called, those too that were deleted: cards say who put them where they are.
-- name: automation_titles
-- params: dataset bigint
-- many: id bigint, name text
select id, name from automation where dataset_id = $1 and fired > 0 order by id desc limit 500;

--- What segments ask for, to see what goes round.
-- name: automation_segment_filters
-- params: dataset bigint
-- many: id bigint, name text, filter jsonb
select id, name, filter from segment where dataset_id = $1 and automation_id is null order by id;

--- Boards whose cards automations move to the right only; where their stages stand.
-- name: automation_stages
-- params: dataset bigint
-- many: id bigint, board bigint, position integer, entry boolean, fixed_flow boolean
select s.id, b.id as board, s.position, s.entry, b.fixed_flow
from board b join stage s on s.dataset_id = $1 and s.board_id = b.id
where b.dataset_id = $1 and b.deleted_at is null
order by b.id, s.position;

--- ---- runs (shared/automation_run.h) ----

--- The newest first, those before `before`; of one automation, one state, one account or lead, or of all. board: that
--- the card is on, if the user may see it.
-- name: automation_runs
-- params: dataset bigint, automation bigint?, state smallint?, account bigint?, lead bigint?, before bigint?,
--   most integer, user bigint, run bigint?
-- many: id bigint, automation bigint, name text, deleted boolean, version integer, at timestamptz, account bigint?,
--   lead bigint?, title text?, card bigint?, board bigint?, cause smallint, cause_id bigint, cause_at timestamptz,
--   why text, depth smallint, state smallint, said jsonb, held integer, operation bigint?, operation_n integer?,
--   undone boolean
select r.id, r.automation_id, a.name, a.deleted_at is not null, r.version, r.at, r.account_id, r.lead_id,
       coalesce(c.name, l.email, nullif(concat_ws(' ', l.first_name, l.last_name), '')) as title,
       r.card_id, b.id as board, r.cause, r.cause_id, r.cause_at, r.why, r.depth, r.state, r.said, r.held, r.operation_id,
       o.n as operation_n, coalesce(o.undone_by is not null, false)
from automation_run r
join automation a on a.dataset_id = $1 and a.id = r.automation_id
left join account c on c.dataset_id = $1 and c.id = r.account_id
left join lead l on l.dataset_id = $1 and l.id = r.lead_id
left join card k on k.dataset_id = $1 and k.id = r.card_id
left join board b on b.dataset_id = $1 and b.id = k.board_id and b.deleted_at is null
     and (b.visibility = 2 or b.user_id = $8)
left join operation o on o.dataset_id = $1 and o.id = r.operation_id
where r.dataset_id = $1 and ($2::bigint is null or r.automation_id = $2) and ($3::smallint is null or r.state = $3)
  and ($4::bigint is null or r.account_id = $4) and ($5::bigint is null or r.lead_id = $5)
  and ($6::bigint is null or r.id < $6) and ($9::bigint is null or r.id = $9)
order by r.id desc limit $7;

--- What was made for those who matched already, as the operation that can be undone.
-- name: automation_enrolment
-- params: dataset bigint, automation bigint, progress bigint
-- many: id bigint, n integer, at timestamptz, undone boolean
select o.id, o.n, o.at, o.undone_at is not null
from automation_run r join operation o on o.dataset_id = $1 and o.id = r.operation_id
where r.dataset_id = $1 and r.automation_id = $2 and r.cause = 5 and r.cause_id = $3
order by r.id desc limit 1;

--- How often each automation ran, by state, in the last days.
-- name: automation_run_counts
-- params: dataset bigint, days integer
-- many: automation bigint, state smallint, n bigint, held bigint
select automation_id, state, count(*), coalesce(sum(held), 0)
from automation_run where dataset_id = $1 and at > now() - make_interval(days => $2)
group by automation_id, state order by automation_id, state;

-- name: automation_run_trim
-- params: days integer
-- exec
delete from automation_run r using dataset d
where r.dataset_id = d.id and r.at < now() - make_interval(days => $1);

--- ---- what may fire them (worker/rules.h, worker/derive_rule.c) ----

-- name: automation_revisions
-- params: datasets bigint[]
-- many: dataset bigint, revision bigint
select dataset_id, revision from automation_state where dataset_id = any ($1) order by dataset_id;

-- name: automation_of_events
-- params: dataset bigint
-- many: automation bigint, version integer, enabled_at timestamptz, trigger jsonb, actions jsonb
select a.id, a.version, a.enabled_at, v.trigger, v.actions
from automation a
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
where a.dataset_id = $1 and a.source = 1 and a.enabled and a.deleted_at is null
order by a.id;

--- What of events rules ask besides type and address.
-- name: automation_event_parts
-- params: dataset bigint[], at timestamptz[], id bigint[]
-- many: nr bigint, title text?, keys text[], vals text[]
select k.nr, e.title, coalesce(f.keys, '{}'), coalesce(f.vals, '{}')
from unnest($1, $2, $3) with ordinality k (dataset, at, id, nr)
join event e on e.dataset_id = k.dataset and e.at = k.at and e.id = k.id
cross join lateral (
    select array_agg(p.key) as keys, array_agg(p.value) as vals
    from jsonb_each_text(case when jsonb_typeof(e.properties) = 'object' then e.properties end) p
    where p.value is not null
) f;

-- name: automation_pending_events
-- params: dataset bigint[], automation bigint[], version integer[], visitor uuid[], event bigint[],
--   event_at timestamptz[], bits bigint[]
-- exec
insert into automation_pending (dataset_id, automation_id, version, cause, visitor, cause_id, cause_at, bits)
select k.dataset, k.automation, k.version, 1, k.visitor, k.event, k.at, k.bits
from unnest($1, $2, $3, $4, $5, $6, $7) with ordinality
    k (dataset, automation, version, visitor, event, at, bits, nr)
order by k.at, k.event, k.nr;

--- Tags that are put on: on a company, or on a person - for automations of companies then on their company, where
--- they have one. subject: account, or -lead.
-- name: automation_fire_tags
-- params: dataset bigint, subjects bigint[], tags bigint[], depths smallint[]
-- exec
with waiting as materialized (
    select a.id, a.version, v.trigger -> 'ids' as ids, v.trigger #>> '{filter,subject}' = 'leads' as of_people
    from automation a
    join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
    where a.dataset_id = $1 and a.source = 2 and a.enabled and a.deleted_at is null
)
insert into automation_pending (dataset_id, id, automation_id, version, cause, cause_id, cause_at, subject, bits, depth)
overriding system value
select $1, n.id, w.id, w.version, 2, n.id, now(), k.subject, k.tag, k.depth
from unnest($2, $3, $4) with ordinality k (subject, tag, depth, nr)
join waiting w on w.ids ? k.tag::text and (k.subject < 0 or not w.of_people)
cross join lateral (
    select nextval(pg_get_serial_sequence('automation_pending', 'id')) as id where k.nr > 0 and w.id > 0) n
order by k.nr, w.id;

--- What was undone is no news.
-- name: automation_fire_cards
-- params: xid xid8, id bigint, floor_id bigint, to_xid xid8, to_id bigint
-- exec
with fresh as materialized (
    select l.dataset_id, l.id, l.card_id, l.board_id, l.kind, l.at, l.to_stage, l.detail
    from card_ledger l
    where (l.xid, l.id) > ($1, $2) and (l.xid, l.id) <= ($4, $5) and l.id > $3
      and (l.kind in (1, 3) or l.kind = 2 and l.from_stage is distinct from l.to_stage)
      and exists (select from automation a where a.dataset_id = l.dataset_id and a.source = 3 and a.enabled
                    and a.deleted_at is null)
)
insert into automation_pending (dataset_id, automation_id, version, cause, cause_id, cause_at, subject, card_id, depth)
select l.dataset_id, a.id, a.version, 3, l.id, l.at, coalesce(c.account_id, -c.lead_id), l.card_id,
       coalesce((l.detail ->> 'depth')::smallint, 0)
from fresh l
join automation a on a.dataset_id = l.dataset_id and a.source = 3 and a.enabled and a.deleted_at is null
     and l.at >= a.enabled_at
join automation_version v on v.dataset_id = l.dataset_id and v.automation_id = a.id and v.version = a.version
join card c on c.dataset_id = l.dataset_id and c.id = l.card_id
where not coalesce(l.detail ? 'undo', false)
  and case v.trigger ->> 'when'
      when 'stage' then l.kind in (1, 2) and v.trigger -> 'ids' ? l.to_stage::text
      when 'board' then l.kind = 1 and v.trigger -> 'ids' ? l.board_id::text
      when 'owner' then l.kind = 3 and l.detail ->> 'to' is not null
                        and (v.trigger -> 'ids' is null or v.trigger -> 'ids' ? (l.detail ->> 'to'))
      else false end
order by l.dataset_id, l.id, a.id;

--- What the automations of a moment ago may have caused is as deep as they are, and one more.
-- name: automation_fire_members
-- params: dataset bigint, segment bigint, ids bigint[], by_time boolean
-- exec
insert into automation_pending (dataset_id, id, automation_id, version, cause, cause_id, cause_at, subject, depth)
overriding system value
select $1, n.id, a.id, a.version, 4, n.id, now(), k.subject,
       case when $4 then 0 else coalesce((
           select max(r.depth) + 1
           from (select depth, at, state from automation_run r
                 where r.dataset_id = $1 and r.subject = k.subject
                 order by r.id desc limit 10) r
           where r.state = 1 and r.at > now() - interval '1 minute'), 0) end
from segment s
join automation a on a.dataset_id = $1 and a.source = 4 and a.enabled and a.deleted_at is null
     and a.segment_ids @> array[s.id]
cross join lateral (select case s.subject when 2 then -id else id end as subject, nr
                    from unnest($3) with ordinality u (id, nr)) k
cross join lateral (
    select nextval(pg_get_serial_sequence('automation_pending', 'id')) as id where k.nr > 0 and a.id > 0) n
where s.dataset_id = $1 and s.id = $2
order by k.nr, a.id;

--- ---- undoing what one did (shared/automation_undo.c) ----

-- name: automation_undo_boards
-- params: dataset bigint, operation bigint
-- many: board bigint
select distinct board_id as board from card_ledger where dataset_id = $1 and operation_id = $2 order by board_id;

--- Cards that it created and that nobody has touched since: what other automations and the refresh did to them
--- counts, too. last: 0 at the end.
-- name: automation_undo_created
-- params: dataset bigint, board bigint, operation bigint, undo bigint, after bigint, most integer
-- one: cards bigint[], kept integer, last bigint
with step as materialized (
    select card_id, id from card_ledger
    where dataset_id = $1 and operation_id = $3 and board_id = $2 and kind = 1 and card_id > $5
    order by card_id limit $6
), untouched as (
    select c.id from step t join card c on c.dataset_id = $1 and c.board_id = $2 and c.id = t.card_id
    where not exists (select from card_ledger n where n.dataset_id = $1 and n.card_id = t.card_id and n.id > t.id
                        and n.kind in (2, 3, 4) and n.operation_id is distinct from $3
                        and n.operation_id is distinct from $4 and n.detail ->> 'undo' is null)
)
select coalesce((select array_agg(id order by id) from untouched), '{}'),
       ((select count(*) from step) - (select count(*) from untouched))::integer,
       (select case when count(*) = $6 then max(card_id) else 0 end from step);

--- Properties that are still as it set them; the first value before, the last that it set.
-- name: automation_undo_properties
-- params: dataset bigint, operation bigint
-- one: undone integer, kept integer
with row as materialized (
    select account_id, lead_id, key, (array_agg(was order by id))[1] as was,
           (array_agg(stamp order by id))[1] as stamp, (array_agg(value order by id desc))[1] as value
    from automation_property where dataset_id = $1 and operation_id = $2 and not fact
    group by account_id, lead_id, key
), leads as (
    select l.id, jsonb_object_agg(r.key, r.was) filter (where r.was is not null) as back,
           jsonb_object_agg(r.key, r.stamp) filter (where r.stamp is not null) as stamps,
           array_agg(r.key) as keys, count(*) as n
    from row r join lead l on l.dataset_id = $1 and l.id = r.lead_id
    where l.properties ->> r.key = r.value and not l.stamps ? r.key
    group by l.id
), accounts as (
    select a.id, jsonb_object_agg(r.key, r.was) filter (where r.was is not null) as back, array_agg(r.key) as keys,
           count(*) as n
    from row r join account a on a.dataset_id = $1 and a.id = r.account_id
    where a.properties ->> r.key = r.value
    group by a.id
), of_leads as (
    update lead l set properties = (l.properties - k.keys) || coalesce(k.back, '{}'),
           stamps = l.stamps || coalesce(k.stamps, '{}')
    from leads k where l.dataset_id = $1 and l.id = k.id
), of_accounts as (
    update account a set properties = (a.properties - k.keys) || coalesce(k.back, '{}')
    from accounts k where a.dataset_id = $1 and a.id = k.id
)
select (coalesce((select sum(n) from leads), 0) + coalesce((select sum(n) from accounts), 0))::integer,
       ((select count(*) from row) - coalesce((select sum(n) from leads), 0)
        - coalesce((select sum(n) from accounts), 0))::integer;

--- Fields of companies, the same way: what automations say of them now is what it said.
-- name: automation_undo_facts
-- params: dataset bigint, operation bigint, after bigint, most integer
-- many: id bigint, account bigint, key text, was text?, same boolean
select r.id, r.account_id, r.key, r.was,
       coalesce((select f.value = r.value from account_fact f
                 where f.dataset_id = $1 and f.account_id = r.account_id and f.field = r.key
                   and f.source = 'automation'), false)
from (select distinct on (account_id, key) id, account_id, key, was,
             last_value(value) over (partition by account_id, key order by id
                                     rows between unbounded preceding and unbounded following) as value
      from automation_property where dataset_id = $1 and operation_id = $2 and fact
      order by account_id, key, id) r
where r.id > $3
order by r.id limit $4;

--- What it told others: what waits is not sent any more, the rest is told by name.
-- name: automation_undo_told
-- params: dataset bigint, operation bigint
-- many: name text, n bigint
with run as materialized (
    select 'run:' || id || ':' as key from automation_run where dataset_id = $1 and operation_id = $2
), told as materialized (
    select o.id, o.integration_id, o.state from run r
    join outbox o on o.dataset_id = $1 and o.key >= r.key and o.key < r.key || 'a' and o.key like r.key || '%'
), dropped as (
    update outbox o set state = 3, done_at = now() from told t
    where o.dataset_id = $1 and o.id = t.id and o.state = 0
), letters as materialized (
    select m.workspace_id, m.id, m.state from run r
    join dataset d on d.id = $1
    join mail m on m.workspace_id = d.workspace_id and m.key >= r.key and m.key < r.key || 'a' and m.key like r.key || '%'
), unsent as (
    update mail m set state = 2, error = 'The run of the automation was undone.', done_at = now() from letters l
    where m.workspace_id = l.workspace_id and m.id = l.id and m.state = 0
)
select i.name, count(*) from told t join integration i on i.dataset_id = $1 and i.id = t.integration_id
where t.state in (1, 2) group by i.name
union all
select 'mail', count(*) from letters where state = 1 having count(*) > 0
order by 1;
