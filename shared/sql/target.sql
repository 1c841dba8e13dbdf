--- Pages that count, and conversion targets (shared/target.h).

--- ---- patterns ----

-- name: page_patterns
-- params: dataset bigint[]
-- many: dataset bigint, id bigint, patterns text[], counted boolean
select dataset_id, id, patterns, counted_at is not null from page_pattern
where dataset_id = any ($1) order by dataset_id, id;

--- Held until the transaction ends: nobody takes a pattern away that somebody is about to use.
-- name: page_pattern_lock
-- params: dataset bigint
-- exec
select pg_advisory_xact_lock(hashtextextended('page_pattern', $1));

-- name: page_pattern_find
-- params: dataset bigint, patterns text[]
-- one: id bigint
select id from page_pattern where dataset_id = $1 and patterns = $2;

--- No row: there are as many as there may be.
-- name: page_pattern_add
-- params: dataset bigint, patterns text[], most bigint
-- many: id bigint
insert into page_pattern (dataset_id, patterns)
select $1, $2 where (select count(*) from page_pattern where dataset_id = $1) < $3
returning id;

-- name: page_pattern_counted
-- params: dataset bigint, patterns bigint[]
-- exec
update page_pattern set counted_at = now() where dataset_id = $1 and id = any ($2);

--- Those that no target, no formula in force and no draft asks for. Earlier versions of a formula are given
--- theirs again when somebody goes back to them.
-- name: page_pattern_trim
-- params: dataset bigint
-- exec
delete from page_pattern p
where p.dataset_id = $1
  and not exists (select from conversion_target where dataset_id = $1 and pattern_id = p.id)
  and not exists (select from (select rules from score_formula where dataset_id = $1
                               order by version desc limit 1) f, jsonb_array_elements(f.rules) r
                  where (r->>'pattern')::bigint = p.id)
  and not exists (select from score_draft d, jsonb_array_elements(d.rules) r
                  where d.dataset_id = $1 and d.saved_version is null and (r->>'pattern')::bigint = p.id);

-- name: hits_trim
-- params: dataset bigint
-- exec
with sessions as (
    delete from session_hit h
    where h.dataset_id = $1
      and not exists (select from page_pattern p where p.dataset_id = $1 and p.id = h.pattern_id)
)
delete from lead_hit h
where h.dataset_id = $1
  and not exists (select from page_pattern p where p.dataset_id = $1 and p.id = h.pattern_id);

--- ---- hits, by the log consumer ----

--- Sessions from a time on are written anew.
-- name: hits_drop
-- params: dataset bigint[], visitor uuid[], from timestamptz[]
-- exec
delete from session_hit h using unnest($1, $2, $3) k (dataset, visitor, since)
where h.dataset_id = k.dataset and h.visitor = k.visitor and h.started_at >= k.since;

-- name: hits_add
-- params: dataset bigint[], visitor uuid[], started_at timestamptz[], pattern bigint[], n integer[],
--   first_at timestamptz[], last_at timestamptz[]
-- exec
insert into session_hit as h (dataset_id, visitor, started_at, pattern_id, n, first_at, last_at)
select * from unnest($1, $2, $3, $4, $5, $6, $7)
on conflict (dataset_id, visitor, started_at, pattern_id) do update
set n = h.n + excluded.n, first_at = least(h.first_at, excluded.first_at),
    last_at = greatest(h.last_at, excluded.last_at);

--- What sessions that only went on add to their leads.
-- name: lead_hits_add
-- params: dataset bigint[], lead bigint[], pattern bigint[], n integer[], first_at timestamptz[],
--   last_at timestamptz[]
-- exec
insert into lead_hit as h (dataset_id, lead_id, pattern_id, n, first_at, last_at)
select k.dataset, k.lead, k.pattern, sum(k.n), min(k.first_at), max(k.last_at)
from unnest($1, $2, $3, $4, $5, $6) k (dataset, lead, pattern, n, first_at, last_at)
group by k.dataset, k.lead, k.pattern
on conflict (dataset_id, lead_id, pattern_id) do update
set n = h.n + excluded.n, first_at = least(h.first_at, excluded.first_at),
    last_at = greatest(h.last_at, excluded.last_at);

--- As their sessions have it; those without sessions have none.
-- name: lead_hits_recount
-- params: dataset bigint[], lead bigint[]
-- exec
with k as materialized (
    select distinct dataset, lead from unnest($1, $2) u (dataset, lead)
), fresh as materialized (
    select k.dataset, k.lead, h.pattern_id, sum(h.n) as n, min(h.first_at) as first_at, max(h.last_at) as last_at
    from k
    join session s on s.dataset_id = k.dataset and s.lead_id = k.lead
    join session_hit h on h.dataset_id = s.dataset_id and h.visitor = s.visitor and h.started_at = s.started_at
    group by k.dataset, k.lead, h.pattern_id
), gone as (
    delete from lead_hit l using k
    where l.dataset_id = k.dataset and l.lead_id = k.lead
      and not exists (select from fresh f where f.dataset = l.dataset_id and f.lead = l.lead_id
                                            and f.pattern_id = l.pattern_id)
)
insert into lead_hit as l (dataset_id, lead_id, pattern_id, n, first_at, last_at)
select dataset, lead, pattern_id, n, first_at, last_at from fresh
on conflict (dataset_id, lead_id, pattern_id) do update
set n = excluded.n, first_at = excluded.first_at, last_at = excluded.last_at
where (l.n, l.first_at, l.last_at) is distinct from (excluded.n, excluded.first_at, excluded.last_at);

--- ---- hits, of patterns that were not there when their sessions were ----

-- name: hits_sessions
-- params: dataset bigint, visitor uuid, started_at timestamptz, limit bigint
-- many: visitor uuid, started_at timestamptz, ended_at timestamptz, lead bigint
select visitor, started_at, ended_at, lead_id from session
where dataset_id = $1 and (visitor, started_at) > ($2, $3)
order by visitor, started_at limit $4;

-- name: hits_sessions_count
-- params: dataset bigint
-- one: sessions bigint
select count(*) from session where dataset_id = $1;

--- Their views, as far as the log consumer has come.
-- name: hits_events
-- params: dataset bigint, visitor uuid[], started_at timestamptz[], ended_at timestamptz[]
-- many: nr bigint, at timestamptz, url text
select k.nr, e.at, e.url
from unnest($2, $3, $4) with ordinality k (visitor, started_at, ended_at, nr)
cross join log_cursor c
join event e on e.dataset_id = $1 and e.visitor = k.visitor and e.at between k.started_at and k.ended_at
where c.consumer = 'derive' and e.type in (1, 4) and e.url is not null
  and (e.id <= c.floor_id or (e.xid, e.id) <= (c.xid, c.id));

--- What the consumer has counted of these meanwhile, to be counted whole; nr: of sessions that had some.
-- name: hits_forget
-- params: dataset bigint, visitor uuid[], started_at timestamptz[], patterns bigint[]
-- many: nr bigint
delete from session_hit h using unnest($2, $3) with ordinality k (visitor, started_at, nr)
where h.dataset_id = $1 and h.visitor = k.visitor and h.started_at = k.started_at and h.pattern_id = any ($4)
returning k.nr;

--- ---- targets ----

-- name: target_list
-- params: dataset bigint[]
-- many: dataset bigint, id bigint, name text, pattern bigint
select dataset_id, id, name, pattern_id from conversion_target
where dataset_id = any ($1) order by dataset_id, name_lower;

--- counted: every session has been looked through.
-- name: target_rows
-- params: dataset bigint, target bigint?
-- many: id bigint, name text, pages text[], pattern bigint, counted boolean, leads bigint, hits bigint,
--   last_at timestamptz?
select t.id, t.name, t.pages, t.pattern_id, p.counted_at is not null, coalesce(h.leads, 0), coalesce(h.n, 0),
       h.last_at
from conversion_target t
join page_pattern p on p.dataset_id = $1 and p.id = t.pattern_id
left join lateral (select count(*) as leads, sum(n)::bigint as n, max(last_at) as last_at from lead_hit
                   where dataset_id = $1 and pattern_id = t.pattern_id) h on true
where t.dataset_id = $1 and ($2::bigint is null or t.id = $2) order by t.name_lower;

--- With what they mean.
-- name: target_pages
-- params: dataset bigint
-- many: id bigint, name text, pages text[], pattern bigint, patterns text[], counted boolean
select t.id, t.name, t.pages, p.id as pattern, p.patterns, p.counted_at is not null
from conversion_target t join page_pattern p on p.dataset_id = $1 and p.id = t.pattern_id
where t.dataset_id = $1 order by t.name_lower;

-- name: target_find
-- params: dataset bigint, name text
-- one: id bigint
select id from conversion_target where dataset_id = $1 and name_lower = lower($2);

--- No row: there is one of that name, or there are as many as there may be.
-- name: target_add
-- params: dataset bigint, name text, pages text[], pattern bigint, user bigint, most bigint
-- many: id bigint
insert into conversion_target (dataset_id, name, pages, pattern_id, user_id)
select $1, $2, $3, $4, $5 where (select count(*) from conversion_target where dataset_id = $1) < $6
on conflict do nothing
returning id;

-- name: target_update
-- params: dataset bigint, target bigint, name text, pages text[], pattern bigint
-- exec
update conversion_target set name = $3, pages = $4, pattern_id = $5 where dataset_id = $1 and id = $2;

--- What asks for it: what the user may not see without its name.
-- name: target_uses
-- params: dataset bigint, target bigint, user bigint
-- many: kind text, id bigint, name text?
select 'Segment', s.id, case when s.shared or s.user_id = $3 then s.name end
from segment s
where s.dataset_id = $1 and s.automation_id is null
  and jsonb_path_exists(s.filter, 'strict $.** ? (@.field == "target").values[*] ? (@ == $id)',
                        jsonb_build_object('id', $2::text))
union all
select 'Automation', a.id, a.name
from automation a
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
where a.dataset_id = $1 and a.deleted_at is null
  and jsonb_path_exists(v.trigger, 'strict $.filter.** ? (@.field == "target").values[*] ? (@ == $id)',
                        jsonb_build_object('id', $2::text))
order by 1, 3, 2;

-- name: target_delete
-- params: dataset bigint, target bigint
-- exec
delete from conversion_target where dataset_id = $1 and id = $2;

--- What a lead reached, the latest first.
-- name: target_reached
-- params: dataset bigint, lead bigint
-- many: id bigint, name text, n bigint, first_at timestamptz, last_at timestamptz
select t.id, t.name, h.n, h.first_at, h.last_at
from lead_hit h join conversion_target t on t.dataset_id = $1 and t.pattern_id = h.pattern_id
where h.dataset_id = $1 and h.lead_id = $2 order by h.last_at desc, t.name_lower;
