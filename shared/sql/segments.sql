--- Segments (shared/segment.h). Private ones are their owner's only.

-- name: segment_touch
-- params: dataset bigint, on_what integer, accounts bigint[], leads bigint[]
-- exec
insert into segment_touch (dataset_id, on_what, accounts, leads) values ($1, $2, $3, $4);

--- Who entered or left a segment, where others name it.
-- name: segment_touch_above
-- params: dataset bigint, accounts bigint[], leads bigint[]
-- exec
insert into segment_touch (dataset_id, on_what, accounts, leads)
select $1, 128, $2, $3 where exists (select from segment where dataset_id = $1 and on_what & 128 <> 0);

-- name: segment_depending
-- params: dataset bigint, on_what integer
-- many: id bigint
select id from segment where dataset_id = $1 and on_what & $2 <> 0 order by id;

--- ---- making and changing ----

--- One edit of a dataset's segments at a time: which asks for which is looked at as a whole.
-- name: segment_edit_lock
-- params: dataset bigint
-- exec
select pg_advisory_xact_lock(hashtextextended('segment', $1));

-- name: segment_filters
-- params: dataset bigint
-- many: id bigint, name text, filter jsonb, hidden boolean
select id, name, filter, automation_id is not null from segment where dataset_id = $1 order by id;

-- name: segment_depths
-- params: dataset bigint, ids bigint[], depths smallint[]
-- exec
update segment s set depth = k.depth from unnest($2, $3) k (id, depth)
where s.dataset_id = $1 and s.id = k.id and s.depth <> k.depth;

-- name: segment_add
-- params: dataset bigint, name text, user bigint?, shared boolean, subject smallint, filter jsonb,
--   on_what integer, depth smallint, automation bigint?
-- one: id bigint
insert into segment (dataset_id, name, user_id, shared, subject, filter, on_what, depth, automation_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning id;

--- changed: who belongs to it.
-- name: segment_update
-- params: dataset bigint, segment bigint, name text, shared boolean, filter jsonb, on_what integer,
--   depth smallint
-- one: changed boolean
with old as materialized (
    select id, filter - 'version' <> $5::jsonb - 'version' or problem is not null as changed from segment
    where dataset_id = $1 and id = $2 for no key update
)
update segment s set name = $3, shared = $4, filter = $5, on_what = $6, depth = $7, updated_at = now(),
       version = s.version + old.changed::integer, problem = null
from old where s.dataset_id = $1 and s.id = old.id
returning old.changed;

-- name: segment_remove
-- params: dataset bigint, segment bigint
-- exec
delete from segment where dataset_id = $1 and id = $2;

--- Boards go on without it.
-- name: segment_unlink
-- params: dataset bigint, segment bigint
-- exec
update board set segment_id = null where dataset_id = $1 and segment_id = $2;

--- ---- pages ----

-- name: segment_list
-- params: dataset bigint, user bigint
-- many: id bigint, name text, filter jsonb, shared boolean, user_id bigint?, owner text?, subject smallint,
--   members bigint, filled boolean, problem text?, updated_at timestamptz, boards bigint
select s.id, s.name, s.filter, s.shared, s.user_id, u.name as owner, s.subject, s.members, s.filled = s.version,
       s.problem, s.updated_at,
       (select count(*) from board b
         where b.dataset_id = s.dataset_id and b.segment_id = s.id and b.deleted_at is null)
from segment s left join app_user u on u.id = s.user_id
where s.dataset_id = $1 and (s.shared or s.user_id = $2)
order by lower(s.name), s.id;

-- name: segment_get
-- params: dataset bigint, segment bigint, user bigint
-- one: id bigint, name text, filter jsonb, shared boolean, user_id bigint?, owner text?, subject smallint,
--   members bigint, filled boolean, problem text?, updated_at timestamptz
select s.id, s.name, s.filter, s.shared, s.user_id, u.name as owner, s.subject, s.members, s.filled = s.version,
       s.problem, s.updated_at
from segment s left join app_user u on u.id = s.user_id
where s.dataset_id = $1 and s.id = $2 and (s.shared or s.user_id = $3);

--- What would miss it: what the user may not see without its name. Whatever else comes to name segments is
--- to be added here.
-- name: segment_uses
-- params: dataset bigint, segment bigint, user bigint
-- many: kind text, id bigint, name text?
select 'Board', b.id, case when b.visibility = 2 or b.user_id = $3 then b.name end
from board b where b.dataset_id = $1 and b.segment_id = $2 and b.deleted_at is null
union all
select 'Segment', s.id, case when s.shared or s.user_id = $3 then s.name end
from segment s
where s.dataset_id = $1 and s.automation_id is null
  and jsonb_path_exists(s.filter, 'strict $.** ? (@.field == "segment").values[*] ? (@ == $id)',
                        jsonb_build_object('id', $2::text))
union all
select 'Automation', a.id, a.name
from automation a
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
where a.dataset_id = $1 and a.deleted_at is null
  and (v.trigger ->> 'when' = 'segment' and v.trigger -> 'ids' ? $2::text
       or jsonb_path_exists(v.trigger, 'strict $.filter.** ? (@.field == "segment").values[*] ? (@ == $id)',
                            jsonb_build_object('id', $2::text)))
order by 1, 3, 2;

-- name: segment_colleagues
-- params: dataset bigint
-- many: id bigint, name text
select u.id, u.name
from dataset d join membership m on m.workspace_id = d.workspace_id
join app_user u on u.id = m.user_id and u.disabled_at is null
where d.id = $1 and (m.role >= 3 or exists (select from dataset_access a
                                            where a.user_id = u.id and a.dataset_id = $1))
order by lower(u.name), u.id;

-- name: segment_give
-- params: dataset bigint, segment bigint, owner bigint
-- exec
update segment set user_id = $3, updated_at = now() where dataset_id = $1 and id = $2;

--- The latest first, behind a member.
-- name: segment_accounts_page
-- params: dataset bigint, segment bigint, before timestamptz, before_id bigint, most integer
-- many: id bigint, name text?, domain text?, score smallint?, last_at timestamptz?, entered_at timestamptz
select m.member_id, a.name, a.domain, a.score, a.last_at, m.entered_at
from segment_member m left join account a on a.dataset_id = $1 and a.id = m.member_id
where m.dataset_id = $1 and m.segment_id = $2 and (m.entered_at, m.member_id) < ($3, $4)
order by m.entered_at desc, m.member_id desc limit $5;

-- name: segment_leads_page
-- params: dataset bigint, segment bigint, before timestamptz, before_id bigint, most integer
-- many: id bigint, name text?, company text?, score smallint?, last_at timestamptz?, entered_at timestamptz
select m.member_id, coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), c.title), coalesce(a.name, l.company),
       l.score, l.last_at, m.entered_at
from segment_member m
left join lead l on l.dataset_id = $1 and l.id = m.member_id
left join account a on a.dataset_id = $1 and a.id = l.account_id
left join card_of_lead c on c.dataset_id = $1 and c.lead_id = l.id
where m.dataset_id = $1 and m.segment_id = $2 and (m.entered_at, m.member_id) < ($3, $4)
order by m.entered_at desc, m.member_id desc limit $5;

--- In the order asked for.
-- name: segment_accounts_of_ids
-- params: dataset bigint, ids bigint[]
-- many: id bigint, name text, domain text?, score smallint, last_at timestamptz?
select a.id, a.name, a.domain, a.score, a.last_at
from unnest($2) with ordinality k (id, nr) join account a on a.dataset_id = $1 and a.id = k.id
order by k.nr;

-- name: segment_leads_of_ids
-- params: dataset bigint, ids bigint[]
-- many: id bigint, name text, company text?, score smallint, last_at timestamptz
select l.id, coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), c.title), coalesce(a.name, l.company), l.score,
       l.last_at
from unnest($2) with ordinality k (id, nr) join lead l on l.dataset_id = $1 and l.id = k.id
join card_of_lead c on c.dataset_id = $1 and c.lead_id = l.id
left join account a on a.dataset_id = $1 and a.id = l.account_id
order by k.nr;

-- name: segment_changes_page
-- params: dataset bigint, segment bigint, subject smallint, before bigint, most integer
-- many: id bigint, member bigint, entered boolean, cause smallint, at timestamptz, name text?
select g.id, g.member_id, g.entered, g.cause, g.at,
       case when $3 = 1 then (select a.name from account a where a.dataset_id = $1 and a.id = g.member_id)
            else (select coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), c.title)
                  from lead l join card_of_lead c on c.dataset_id = $1 and c.lead_id = l.id
                  where l.dataset_id = $1 and l.id = g.member_id) end
from segment_change g
where g.dataset_id = $1 and g.segment_id = $2 and g.id < $4
order by g.id desc limit $5;

--- ---- the worker: who entered, who left (worker/members.h) ----

--- Whose change waits longest.
-- name: segment_next
-- many: dataset bigint
select dataset_id from segment_touch order by id limit 1;

--- Held until the transaction ends: nobody edits them, and nobody else decides about their members.
-- name: segment_hold
-- params: dataset bigint
-- many: id bigint, filter jsonb, on_what integer, depth smallint, filled boolean, now timestamptz
select id, filter, on_what, depth, filled = version, now()
from segment where dataset_id = $1 and problem is null
order by id for no key update;

-- name: segment_hold_one
-- params: dataset bigint, segment bigint
-- many: filter jsonb, filled boolean, now timestamptz
select filter, filled = version, now() from segment where dataset_id = $1 and id = $2 for no key update;

-- name: segment_look
-- params: dataset bigint, segment bigint
-- many: filter jsonb, version integer, filled boolean
select filter, version, filled = version from segment where dataset_id = $1 and id = $2;

--- What is left of a segment that is gone, some at a time.
-- name: segment_leftovers
-- params: dataset bigint, segment bigint, most bigint
-- one: n bigint
with members as (
    delete from segment_member where (dataset_id, segment_id, member_id) in (
        select dataset_id, segment_id, member_id from segment_member
        where dataset_id = $1 and segment_id = $2 limit $3)
    returning 1
), changes as (
    delete from segment_change where (dataset_id, segment_id, id) in (
        select dataset_id, segment_id, id from segment_change
        where dataset_id = $1 and segment_id = $2 limit $3)
    returning 1
)
select (select count(*) from members) + (select count(*) from changes);

--- The oldest that waits, and more as long as it is not too much.
-- name: segment_take
-- params: dataset bigint, most bigint
-- many: on_what integer, accounts bigint[], leads bigint[], cards bigint[]
with part as materialized (
    select id, sum(cardinality(accounts) + cardinality(leads) + cardinality(cards)) over (order by id) as n,
           row_number() over (order by id) as nr
    from (select * from segment_touch where dataset_id = $1 order by id limit 500) t
), taken as (
    delete from segment_touch t using part p
    where t.dataset_id = $1 and t.id = p.id and (p.n <= $2 or p.nr = 1)
    returning t.on_what, t.accounts, t.leads, t.cards
)
select on_what, accounts, leads, cards from taken;

--- What cards stand for; of those that were removed what they stood for. nr: which list each is of.
-- name: segment_card_subjects
-- params: dataset bigint, nr integer[], card bigint[]
-- many: nr integer, account bigint?, lead bigint?
select k.nr, c.account_id, c.lead_id
from unnest($2, $3) k (nr, card) join card c on c.dataset_id = $1 and c.id = k.card
union all
select k.nr, (g.detail -> 'card' ->> 'account_id')::bigint, (g.detail -> 'card' ->> 'lead_id')::bigint
from unnest($2, $3) k (nr, card)
join card_ledger g on g.dataset_id = $1 and g.card_id = k.card and g.kind = 6 and g.detail ? 'card'
where not exists (select from card c where c.dataset_id = $1 and c.id = k.card);

-- name: segment_leads_of
-- params: dataset bigint, nr integer[], account bigint[]
-- many: nr integer, id bigint
select k.nr, l.id from unnest($2, $3) k (nr, account)
join lead l on l.dataset_id = $1 and l.account_id = k.account;

-- name: segment_accounts_of
-- params: dataset bigint, nr integer[], lead bigint[]
-- many: nr integer, id bigint
select distinct k.nr, l.account_id from unnest($2, $3) k (nr, lead)
join lead l on l.dataset_id = $1 and l.id = k.lead
where l.account_id is not null;

--- matching: of those that were asked about; others: the rest of them.
-- name: segment_apply
-- params: dataset bigint, segment bigint, matching bigint[], others bigint[], cause smallint
-- one: entered bigint[], gone bigint[]
with gone as (
    delete from segment_member where dataset_id = $1 and segment_id = $2 and member_id = any ($4)
    returning member_id
), entered as (
    insert into segment_member (dataset_id, segment_id, member_id)
    select $1, $2, k.id from unnest($3) k (id)
    on conflict do nothing
    returning member_id
), told as (
    insert into segment_change (dataset_id, segment_id, member_id, entered, cause)
    select $1, $2, k.id, k.entered, $5
    from (select member_id as id, false as entered from gone
          union all select member_id, true from entered) k
    order by k.entered, k.id
), counted as (
    update segment set members = members + (select count(*) from entered) - (select count(*) from gone)
    where dataset_id = $1 and id = $2 and (exists (select from entered) or exists (select from gone))
)
select coalesce((select array_agg(member_id order by member_id) from entered), '{}'),
       coalesce((select array_agg(member_id order by member_id) from gone), '{}');

-- name: segment_members
-- params: dataset bigint, segment bigint, after bigint, until bigint
-- one: ids bigint[]
select coalesce(array_agg(member_id order by member_id), '{}')
from segment_member where dataset_id = $1 and segment_id = $2 and member_id > $3 and member_id <= $4;

--- Above all ids that may belong to it, or do.
-- name: segment_end
-- params: dataset bigint, segment bigint, subject smallint
-- one: id bigint
select greatest(case when $3 = 2 then (select max(id) from lead where dataset_id = $1)
                     else (select max(id) from account where dataset_id = $1) end,
                (select max(member_id) from segment_member where dataset_id = $1 and segment_id = $2), 0);

--- All members were looked through by this version of the filter.
-- name: segment_filled
-- params: dataset bigint, segment bigint, version integer, on_what integer
-- exec
update segment set filled = $3, on_what = $4, problem = null, checked_at = now()
where dataset_id = $1 and id = $2 and version = $3;

-- name: segment_problem
-- params: dataset bigint, segment bigint, problem text
-- exec
update segment set problem = $3, checked_at = now() where dataset_id = $1 and id = $2;

--- Those that were never looked through by their present filter, and each once a day.
-- name: segment_stale
-- many: dataset bigint, id bigint
select dataset_id, id from segment
where (filled <> version and problem is null) or checked_at is null or checked_at < now() - interval '1 day'
order by dataset_id, id limit 1000;

-- name: segment_change_trim
-- params: days integer
-- exec
delete from segment_change where at < now() - make_interval(days => $1);

--- ---- boards that take in ----

-- name: segment_boards
-- params: dataset bigint
-- many: segment bigint, board bigint
select segment_id, id from board
where dataset_id = $1 and segment_id is not null and deleted_at is null and setup_step = 0
order by id;

-- name: segment_members_among
-- params: dataset bigint, segment bigint, ids bigint[]
-- one: ids bigint[]
select array(select k.id from unnest($3) k (id)
             join segment_member m on m.dataset_id = $1 and m.segment_id = $2 and m.member_id = k.id);

--- Of accounts, and of leads that stand for themselves, those that are not on the board and may be. Counted,
--- so that each is looked up by key: an anti join reads all cards of the board for each.
-- name: segment_newcomers
-- params: dataset bigint, board bigint, accounts bigint[], leads bigint[]
-- one: accounts bigint[], leads bigint[]
select array(select k.id from unnest($3) k (id)
             where (select count(*) from card c
                    where c.dataset_id = $1 and c.board_id = $2 and c.account_id = k.id) = 0
               and (select count(*) from card_exclusion x
                    where x.dataset_id = $1 and x.board_id = $2 and x.account_id = k.id) = 0),
       array(select k.id from unnest($4) k (id)
             where (select count(*) from card c
                    where c.dataset_id = $1 and c.board_id = $2 and c.lead_id = k.id) = 0
               and (select count(*) from card_exclusion x
                    where x.dataset_id = $1 and x.board_id = $2 and x.lead_id = k.id) = 0);

--- What stands on a board for these leads: their company, else they themselves where an address is known.
-- name: segment_lead_cards
-- params: dataset bigint, leads bigint[]
-- one: accounts bigint[], leads bigint[]
select array(select distinct l.account_id from lead l
             where l.dataset_id = $1 and l.id = any ($2) and l.account_id is not null),
       array(select l.id from lead l
             where l.dataset_id = $1 and l.id = any ($2) and l.account_id is null and l.email is not null);

--- The next members, for the refresh of a board.
-- name: segment_members_after
-- params: dataset bigint, segment bigint, after bigint, most integer
-- many: id bigint
select member_id from segment_member
where dataset_id = $1 and segment_id = $2 and member_id > $3
order by member_id limit $4;

--- ---- what time alone changes ----

--- A dataset that was not looked at for half a minute.
-- name: segment_sweep_next
-- many: dataset bigint
select s.dataset_id
from (select distinct dataset_id from segment where on_what & 256 <> 0 and problem is null) s
left join segment_sweep w on w.dataset_id = s.dataset_id
where w.swept_at is null or w.swept_at < now() - interval '30 seconds'
order by w.swept_at nulls first limit 1;

--- From when to when: at most a day at a time. Ages count from the end.
-- name: segment_sweep
-- params: dataset bigint
-- one: since timestamptz, until timestamptz
with old as materialized (
    select swept_at from segment_sweep where dataset_id = $1 for update
)
insert into segment_sweep as w (dataset_id, swept_at)
select $1, coalesce((select least(now(), swept_at + interval '1 day') from old), now())
on conflict (dataset_id) do update set swept_at = excluded.swept_at
returning coalesce((select swept_at from old), w.swept_at), w.swept_at;
