--- The log consumer's statements (worker/derive.h). They work on arrays, one element a visitor, session,
--- lead or account, and find rows by primary key: derive_plan keeps the planner to that, whatever it
--- believes about sizes.

--- For this transaction. Arrays have no statistics and the tables may just have been empty: a plan that
--- was right then reads a whole table for each element now.
-- name: derive_plan
-- exec
select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('enable_material', 'off', true), set_config('jit', 'off', true);

--- One consumer at a time: the second waits here and goes on behind the first. hiding: companies are hidden by
--- domain or name, anywhere. verdicts: somebody said something about traffic. rebuild: how far the log had been
--- read before it was begun again (worker/rebuild.h).
-- name: derive_lock
-- one: xid xid8, id bigint, max_id bigint, floor_id bigint, epoch text, epoch_now text, hiding boolean,
--   verdicts boolean, rebuild_xid xid8?, rebuild_id bigint?
select xid, id, max_id, floor_id, epoch, log_epoch(),
       exists (select from hiding where domain is not null or name is not null),
       exists (select from traffic_verdict), rebuild_xid, rebuild_id
from log_cursor where consumer = 'derive' for update;

-- name: derive_start
-- exec
insert into log_cursor (consumer, xid, id, max_id, epoch) values ('derive', '0', 0, 0, log_epoch())
on conflict do nothing;

--- The dump was restored somewhere else. What is to do gets this transaction's id and new ids above the
--- floor; nothing that was done is above it. Transactions under way now are at or above the snapshot's xmin.
-- name: derive_anchor
-- one: xid xid8, undone bigint
with log as (
    select * from log_cursor where consumer = 'derive'
), undone as (
    update event e set xid = pg_current_xact_id(), id = nextval('event_id')
    from log where e.id > log.floor_id and ((e.xid, e.id) > (log.xid, log.id) or e.id > log.max_id)
    returning 1
), anchored as (
    update log_cursor set xid = pg_snapshot_xmin(pg_current_snapshot()), id = 0, floor_id = max_id,
           epoch = log_epoch(), updated_at = now()
    where consumer = 'derive'
    returning xid
)
select anchored.xid, (select count(*) from undone) from anchored;

-- name: derive_cursor
-- params: xid xid8, id bigint, max_id bigint
-- exec
update log_cursor set xid = $1, id = $2, max_id = $3, updated_at = now() where consumer = 'derive';

--- The next events in commit order, at most 64 MB of them. Below xmin nothing can appear any more. Properties
--- are read only where they can tell who the visitor is.
-- name: derive_events
-- params: xid xid8, id bigint, floor_id bigint, limit bigint, until_xid xid8, until_id bigint
-- many: dataset bigint, at timestamptz, id bigint, xid xid8, visitor uuid, type smallint, name text?,
--   url text?, referrer text?, source text?, medium text?, campaign text?, term text?, content text?, click text?,
--   visit text?, agent bigint?, link boolean, network bigint?, place bigint?, country text?, region text?, city text?,
--   keys text[], vals text[]
select e.dataset_id, e.at, e.id, e.xid, e.visitor, e.type, e.name, e.url, e.referrer,
       e.utm->>'source', e.utm->>'medium', e.utm->>'campaign', e.utm->>'term', e.utm->>'content',
       e.utm->>'click', e.utm->>'visit', e.agent, e.type = 6 and coalesce(e.name = 'landing', false), e.network, e.place,
       e.country, e.region, e.city, coalesce(e.keys, '{}'), coalesce(e.vals, '{}')
from (
    select e.*, f.keys, f.vals,
           sum(500 + coalesce(octet_length(e.url), 0) + coalesce(octet_length(e.referrer), 0)
               + coalesce(octet_length(array_to_string(f.vals, '')), 0))
               over (order by e.xid, e.id rows unbounded preceding) as bytes
    from (select * from event
          where (xid, id) > ($1, $2) and xid < pg_snapshot_xmin(pg_current_snapshot()) and id > $3
            and (xid, id) <= ($5, $6)
          order by xid, id limit $4) e
    cross join lateral (
        select array_agg(p.key) as keys, array_agg(left(p.value #>> '{}', 500)) as vals
        from jsonb_each(case when jsonb_typeof(e.properties) <> 'object' then null
                             when e.type in (5, 6, 8) then e.properties
                             when e.type in (1, 3, 4) and e.properties ?|
                                  '{email,firstName,lastName,company,phone,jobTitle,lb_uid}'
                             then e.properties end) p
        where jsonb_typeof(p.value) in ('string', 'number', 'boolean')
    ) f
) e
where e.bytes < 67108864
order by e.xid, e.id;

--- A visitor's events from a time on, as far as the cursor will have come. Beyond 64 MB nothing that they
--- told is read.
-- name: derive_events_again
-- params: dataset bigint[], visitor uuid[], from timestamptz[], xid xid8, id bigint, floor_id bigint
-- many: nr bigint, dataset bigint, at timestamptz, id bigint, xid xid8, visitor uuid, type smallint,
--   url text?, referrer text?, source text?, medium text?, campaign text?, term text?, content text?,
--   click text?, visit text?, agent bigint?, link boolean, network bigint?, place bigint?, country text?, region text?,
--   city text?, keys text[], vals text[]
select e.nr, e.dataset_id, e.at, e.id, e.xid, e.visitor, e.type, e.url, e.referrer,
       e.utm->>'source', e.utm->>'medium', e.utm->>'campaign', e.utm->>'term', e.utm->>'content',
       e.utm->>'click', e.utm->>'visit', e.agent, e.type = 6 and coalesce(e.name = 'landing', false), e.network, e.place,
       e.country, e.region, e.city,
       case when e.bytes < 67108864 and e.keys is not null then e.keys else '{}' end,
       case when e.bytes < 67108864 and e.vals is not null then e.vals else '{}' end
from (
    select k.nr, e.*, f.keys, f.vals,
           sum(octet_length(array_to_string(f.vals, '')))
               over (order by e.xid, e.id rows unbounded preceding) as bytes
    from unnest($1, $2, $3) with ordinality k (dataset, visitor, since, nr)
    join event e on e.dataset_id = k.dataset and e.visitor = k.visitor and e.at >= k.since
                and (e.id <= $6 or (e.xid, e.id) <= ($4, $5))
    cross join lateral (
        select array_agg(p.key) as keys, array_agg(left(p.value #>> '{}', 500)) as vals
        from jsonb_each(case when jsonb_typeof(e.properties) <> 'object' then null
                             when e.type in (5, 6, 8) then e.properties
                             when e.type in (1, 3, 4) and e.properties ?|
                                  '{email,firstName,lastName,company,phone,jobTitle,lb_uid}'
                             then e.properties end) p
        where jsonb_typeof(p.value) in ('string', 'number', 'boolean')
    ) f
) e;

--- What events told about leads of which some sessions turned out to be somebody else's. merged: about one that
--- was merged into it by hand.
-- name: derive_facts_again
-- params: dataset bigint[], lead bigint[], xid xid8, id bigint, floor_id bigint
-- many: nr bigint, at timestamptz, type smallint, link boolean, merged boolean, email text?, keys text[],
--   vals text[]
select e.nr, e.at, e.type, e.link, e.merged, e.email, e.keys, e.vals
from (
    select k.nr, e.at, e.type, e.type = 6 and coalesce(e.name = 'landing', false) as link,
           s.own_lead is not null as merged, l.email_lower as email, f.keys, f.vals,
           sum(octet_length(array_to_string(f.vals, '')))
               over (order by e.xid, e.id rows unbounded preceding) as bytes
    from unnest($1, $2) with ordinality k (dataset, lead, nr)
    join session s on s.dataset_id = k.dataset and s.lead_id = k.lead
    join lead l on l.dataset_id = k.dataset and l.id = coalesce(s.own_lead, s.lead_id)
    join event e on e.dataset_id = s.dataset_id and e.visitor = s.visitor
                and e.at >= s.started_at and e.at <= s.ended_at
                and (e.id <= $5 or (e.xid, e.id) <= ($3, $4))
    cross join lateral (
        select array_agg(p.key) as keys, array_agg(left(p.value #>> '{}', 500)) as vals
        from jsonb_each(case when jsonb_typeof(e.properties) <> 'object' then null
                             when e.type in (5, 6, 8) then e.properties
                             when e.type in (1, 3, 4) and e.properties ?|
                                  '{email,firstName,lastName,company,phone,jobTitle,lb_uid}'
                             then e.properties end) p
        where jsonb_typeof(p.value) in ('string', 'number', 'boolean')
    ) f
    where f.keys is not null
) e
where e.bytes < 67108864;

--- The same about leads that were merged by hand: their sessions are shown as another's.
-- name: derive_facts_again_own
-- params: dataset bigint[], lead bigint[], xid xid8, id bigint, floor_id bigint
-- many: nr bigint, at timestamptz, type smallint, link boolean, merged boolean, email text?, keys text[],
--   vals text[]
select e.nr, e.at, e.type, e.link, e.merged, e.email, e.keys, e.vals
from (
    select k.nr, e.at, e.type, e.type = 6 and coalesce(e.name = 'landing', false) as link,
           false as merged, l.email_lower as email, f.keys, f.vals,
           sum(octet_length(array_to_string(f.vals, '')))
               over (order by e.xid, e.id rows unbounded preceding) as bytes
    from unnest($1, $2) with ordinality k (dataset, lead, nr)
    join session s on s.dataset_id = k.dataset and s.own_lead = k.lead
    join lead l on l.dataset_id = k.dataset and l.id = k.lead
    join event e on e.dataset_id = s.dataset_id and e.visitor = s.visitor
                and e.at >= s.started_at and e.at <= s.ended_at
                and (e.id <= $5 or (e.xid, e.id) <= ($3, $4))
    cross join lateral (
        select array_agg(p.key) as keys, array_agg(left(p.value #>> '{}', 500)) as vals
        from jsonb_each(case when jsonb_typeof(e.properties) <> 'object' then null
                             when e.type in (5, 6, 8) then e.properties
                             when e.type in (1, 3, 4) and e.properties ?|
                                  '{email,firstName,lastName,company,phone,jobTitle,lb_uid}'
                             then e.properties end) p
        where jsonb_typeof(p.value) in ('string', 'number', 'boolean')
    ) f
    where f.keys is not null
) e
where e.bytes < 67108864;

--- Known visitors with their latest session. Whose they are is read and written as the log has it; what was
--- merged by hand follows at the end (derive_shown_sessions).
-- name: derive_visitors
-- params: dataset bigint[], visitor uuid[]
-- many: nr bigint, lead bigint, first_at timestamptz, last_at timestamptz, agent bigint?, identified smallint,
--   user text?, started_at timestamptz?, ended_at timestamptz?, events integer?, pageviews integer?,
--   forms integer?, landing text?, exit text?, channel smallint?, source text?, medium text?, campaign text?,
--   term text?, content text?, referrer text?, network bigint?, place bigint?, country text?, region text?,
--   city text?, company text?, marks smallint?, verdict smallint?, session_lead bigint?
select k.nr, coalesce(v.own_lead, v.lead_id), v.first_at, v.last_at, v.agent, v.identified, v.user_id,
       s.started_at, s.ended_at, s.events, s.pageviews, s.forms, s.landing, s.exit, s.channel, s.source,
       s.medium, s.campaign, s.term, s.content, s.referrer, s.network, s.place, s.country, s.region, s.city,
       s.company, s.marks, s.verdict, s.lead_id
from unnest($1, $2) with ordinality k (dataset, visitor, nr)
join visitor v on v.dataset_id = k.dataset and v.visitor = k.visitor
left join lateral (
    select * from session s where s.dataset_id = k.dataset and s.visitor = k.visitor
    order by s.started_at desc limit 1
) s on true;

--- The sessions that events since then may belong to, from one that begins after a pause (marks & 1: another
--- does not), and whose the one before was.
-- name: derive_sessions_since
-- params: dataset bigint[], visitor uuid[], from timestamptz[]
-- many: nr bigint, started_at timestamptz, lead bigint, events integer
select k.nr, s.started_at, coalesce(s.own_lead, s.lead_id), s.events
from unnest($1, $2, $3) with ordinality k (dataset, visitor, since, nr)
cross join lateral (
    select max(r.started_at) as started_at
    from session r
    where r.dataset_id = k.dataset and r.visitor = k.visitor and r.marks & 1 = 0
      and r.started_at <= (select min(f.started_at) from session f where f.dataset_id = k.dataset
                           and f.visitor = k.visitor and f.ended_at >= k.since)
) r
join session s on s.dataset_id = k.dataset and s.visitor = k.visitor and s.started_at >= r.started_at
order by k.nr, s.started_at;

--- Who owns networks.
-- name: derive_networks
-- params: network bigint[]
-- many: network bigint, name text, addresses bigint
select o.network, o.name, o.addresses
from unnest($1) k (network) join network_owner o on o.network = k.network;

--- What the team says about traffic: of networks and places, and of sessions of these visitors.
-- name: derive_said
-- params: datasets bigint[], dataset bigint[], visitor uuid[]
-- many: dataset bigint, network bigint?, place bigint?, visitor uuid?, at timestamptz?, verdict smallint
select v.dataset_id, v.network, v.place, v.visitor, v.at, v.verdict
from traffic_verdict v where v.dataset_id = any ($1) and v.visitor is null
union all
select v.dataset_id, v.network, v.place, v.visitor, v.at, v.verdict
from unnest($2, $3) k (dataset, visitor)
join traffic_verdict v on v.dataset_id = k.dataset and v.visitor = k.visitor;

-- name: derive_sessions_before
-- params: dataset bigint[], visitor uuid[], from timestamptz[]
-- many: nr bigint, lead bigint
select k.nr, s.lead_id
from unnest($1, $2, $3) with ordinality k (dataset, visitor, since, nr)
cross join lateral (
    select coalesce(own_lead, lead_id) as lead_id from session s
    where s.dataset_id = k.dataset and s.visitor = k.visitor and s.started_at < k.since and s.lead_id <> 0
    order by s.started_at desc limit 1
) s;

-- name: derive_leads
-- params: dataset bigint[], id bigint[]
-- many: dataset bigint, id bigint, account bigint?, email text?, phone boolean, company text?,
--   first_at timestamptz, last_at timestamptz, last_session_at timestamptz, visitors integer,
--   sessions integer, pageviews integer, forms integer, events integer, score smallint, merged_into bigint?,
--   linked boolean, user text?, told_domain text?, network_at timestamptz?, network_domain text?,
--   network_name text?
select l.dataset_id, l.id, l.account_id, l.email_lower, l.phone is not null, l.company, l.first_at, l.last_at,
       l.last_session_at, l.visitors, l.sessions, l.pageviews, l.forms, l.events, l.score,
       l.merged_into, l.linked, l.user_id, l.properties->>'companyDomain', l.network_at, l.network_domain,
       l.network_name
from unnest($1, $2) k (dataset, id)
join lead l on l.dataset_id = k.dataset and l.id = k.id;

-- name: derive_leads_by_email
-- params: dataset bigint[], email text[]
-- many: dataset bigint, id bigint, email text
select l.dataset_id, l.id, l.email_lower
from unnest($1, $2) k (dataset, email)
join lead l on l.dataset_id = k.dataset and l.email_lower = k.email;

-- name: derive_leads_by_user
-- params: dataset bigint[], user text[]
-- many: dataset bigint, id bigint, user text
select l.dataset_id, l.id, l.user_id
from unnest($1, $2) k (dataset, user_id)
join lead l on l.dataset_id = k.dataset and l.user_id = k.user_id;

--- Whose the browsers are of those who say an address now: it may be a correction.
-- name: derive_addresses_before
-- params: dataset bigint[], visitor uuid[]
-- many: nr bigint, email text?
select k.nr, l.email_lower
from unnest($1, $2) with ordinality k (dataset, visitor, nr)
join visitor v on v.dataset_id = k.dataset and v.visitor = k.visitor
join lead l on l.dataset_id = k.dataset and l.id = coalesce(v.own_lead, v.lead_id);

-- name: derive_users
-- params: dataset bigint[], user text[]
-- many: nr bigint, email text, at timestamptz
select k.nr, a.email, a.at
from unnest($1, $2) with ordinality k (dataset, user_id, nr)
join user_address a on a.dataset_id = k.dataset and a.user_id = k.user_id;

-- name: derive_user_visitors
-- params: dataset bigint[], user text[]
-- many: dataset bigint, visitor uuid
select distinct v.dataset_id, v.visitor
from unnest($1, $2) k (dataset, user_id)
join user_visitor v on v.dataset_id = k.dataset and v.user_id = k.user_id;

-- name: derive_users_save
-- params: dataset bigint[], user text[], email text[], at timestamptz[]
-- exec
insert into user_address (dataset_id, user_id, email, at)
select * from unnest($1, $2, $3, $4)
on conflict (dataset_id, user_id) do update set email = excluded.email, at = excluded.at;

-- name: derive_user_visitors_add
-- params: dataset bigint[], user text[], visitor uuid[]
-- exec
insert into user_visitor (dataset_id, user_id, visitor)
select * from unnest($1, $2, $3) on conflict do nothing;

--- Of leads that lost all their sessions to others, or to nobody: those that nothing of the team's hangs on
--- but what can go along.
-- name: derive_leads_bare
-- params: dataset bigint[], id bigint[]
-- many: nr bigint, marked boolean
select k.nr, exists (select from lead_tag t where t.dataset_id = k.dataset and t.lead_id = k.id)
          or exists (select from note n where n.dataset_id = k.dataset and n.lead_id = k.id)
          or exists (select from lead_link n where n.dataset_id = k.dataset and n.lead_id = k.id)
from unnest($1, $2) with ordinality k (dataset, id, nr)
where not exists (select from card c where c.dataset_id = k.dataset and c.lead_id = k.id)
  and not exists (select from card_away c where c.dataset_id = k.dataset and c.lead_id = k.id)
  and not exists (select from card_exclusion x where x.dataset_id = k.dataset and x.lead_id = k.id)
  and not exists (select from hiding h where h.dataset_id = k.dataset and h.lead_id = k.id)
  and not exists (select from lead_merge m
                  where m.dataset_id = k.dataset and (m.lead_id = k.id or m.into_id = k.id));

--- What is known of leads that this batch tells more about. A hand may be editing them.
-- name: derive_profiles
-- params: dataset bigint[], id bigint[]
-- many: dataset bigint, id bigint, first_name text?, last_name text?, phone text?, company text?,
--   job_title text?, keys text[], vals text[], stamp_keys text[], stamp_vals bigint[]
select l.dataset_id, l.id, l.first_name, l.last_name, l.phone, l.company, l.job_title,
       coalesce(p.keys, '{}'), coalesce(p.vals, '{}'), coalesce(s.keys, '{}'), coalesce(s.vals, '{}')
from unnest($1, $2) k (dataset, id)
join lead l on l.dataset_id = k.dataset and l.id = k.id
left join lateral (select array_agg(e.key) as keys, array_agg(e.value) as vals
                   from jsonb_each_text(l.properties) e where e.value is not null) p on true
left join lateral (select array_agg(e.key) as keys, array_agg(e.value::bigint) as vals
                   from jsonb_each_text(l.stamps) e) s on true
order by l.dataset_id, l.id
for update of l;

--- whole: properties that are not among the facts go, but for those that a hand wrote (without stamp).
-- name: derive_profiles_save
-- params: dataset bigint[], id bigint[], whole boolean[], first_name text[], last_name text[], phone text[],
--   company text[], job_title text[], fact_dataset bigint[], fact_lead bigint[], fact_key text[],
--   fact_value text[], fact_at bigint[], fact_standard boolean[]
-- exec
with facts as (
    select dataset, lead, jsonb_object_agg(key, at) as stamps,
           coalesce(jsonb_object_agg(key, value) filter (where not standard), '{}') as properties
    from unnest($9, $10, $11, $12, $13, $14) f (dataset, lead, key, value, at, standard)
    group by dataset, lead
)
update lead l set first_name = k.first_name, last_name = k.last_name, phone = k.phone,
       company = k.company, job_title = k.job_title,
       stamps = case when k.whole then '{}' else l.stamps end || coalesce(f.stamps, '{}'),
       properties = case when k.whole then l.properties - array(select jsonb_object_keys(l.stamps))
                         else l.properties end || coalesce(f.properties, '{}')
from unnest($1, $2, $3, $4, $5, $6, $7, $8)
    k (dataset, id, whole, first_name, last_name, phone, company, job_title)
left join facts f on f.dataset = k.dataset and f.lead = k.id
where l.dataset_id = k.dataset and l.id = k.id;

--- By id, else by domain, else by name; the one that it was merged into, if it was. name_lower is the database's idea of it, so that two spellings of
--- one batch meet.
-- name: derive_accounts
-- params: dataset bigint[], id bigint[], domain text[], name text[]
-- many: nr bigint, name_lower text?, id bigint?, name text?, score smallint?
select k.nr, lower(k.name), coalesce(a.merged_into, a.id), a.name, a.score
from unnest($1, $2, $3, $4) with ordinality k (dataset, id, domain, name, nr)
left join lateral (
    select id, merged_into, name, score from account a
    where k.id <> 0 and a.dataset_id = k.dataset and a.id = k.id
    union all
    select id, merged_into, name, score from account a
    where k.id = 0 and a.dataset_id = k.dataset and a.domain = k.domain
    union all
    select id, merged_into, name, score from account a
    where k.id = 0 and k.domain is null and a.dataset_id = k.dataset and a.domain is null
      and a.name_lower = lower(k.name)
) a on true;

-- name: derive_lead_ids
-- params: count bigint
-- many: id bigint
select nextval('lead_id') from generate_series(1, $1);

-- name: derive_account_ids
-- params: count bigint
-- many: id bigint
select nextval('account_id') from generate_series(1, $1);

--- Counters are differences, so a new account begins with them.
-- name: derive_accounts_save
-- params: dataset bigint[], id bigint[], domain text[], name text[], name_at timestamptz[],
--   first_at timestamptz[], last_at timestamptz[], leads integer[], contacts integer[], visitors integer[],
--   sessions integer[], pageviews integer[], events integer[], score smallint[]
-- exec
insert into account as a (dataset_id, id, domain, name, name_at, first_at, last_at, leads, contacts,
                          visitors, sessions, pageviews, events, score)
select k.dataset, k.id, k.domain, k.name, coalesce(k.name_at, '-infinity'), k.first_at, k.last_at, k.leads,
       k.contacts, k.visitors, k.sessions, k.pageviews, k.events, k.score
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    k (dataset, id, domain, name, name_at, first_at, last_at, leads, contacts, visitors, sessions,
       pageviews, events, score)
on conflict (dataset_id, id) do update
set name = case when excluded.name_at > a.name_at
                  or (excluded.name_at = a.name_at and excluded.name_at > '-infinity'
                      and excluded.name collate "C" > a.name)
                then excluded.name else a.name end,
    name_at = greatest(a.name_at, excluded.name_at), first_at = least(a.first_at, excluded.first_at),
    last_at = greatest(a.last_at, excluded.last_at), leads = a.leads + excluded.leads,
    contacts = a.contacts + excluded.contacts, visitors = a.visitors + excluded.visitors,
    sessions = a.sessions + excluded.sessions, pageviews = a.pageviews + excluded.pageviews,
    events = a.events + excluded.events, score = greatest(a.score, excluded.score);

--- Where a lead left, or became less than it was.
-- name: derive_accounts_recount
-- params: dataset bigint[], id bigint[]
-- exec
update account a
set score = coalesce(l.score, 0), first_at = l.first_at, last_at = l.last_at,
    name = case when a.name_at = 'infinity' then a.name else coalesce(n.company, a.domain, a.name) end,
    name_at = case when a.name_at = 'infinity' then a.name_at else coalesce(n.at, '-infinity') end
from unnest($1, $2) k (dataset, id)
cross join lateral (
    select max(l.score) as score, min(nullif(l.first_at, to_timestamp(0))) as first_at,
           max(nullif(l.last_at, to_timestamp(0))) as last_at -- 1970: added by hand, never seen
    from lead l where l.dataset_id = k.dataset and l.account_id = k.id
) l
left join lateral account_form_name(k.dataset, k.id) n on true
where a.dataset_id = k.dataset and a.id = k.id;

--- A company that was only said or seen, until its leads turned out to be somebody else's.
-- name: derive_accounts_drop
-- params: dataset bigint[], id bigint[]
-- exec
delete from account a using unnest($1, $2) k (dataset, id)
where a.dataset_id = k.dataset and a.id = k.id and a.leads = 0
  and not exists (select from card_away c where c.dataset_id = a.dataset_id and c.account_id = a.id)
  and not exists (select from card_exclusion x where x.dataset_id = a.dataset_id and x.account_id = a.id)
  and not exists (select from account_fact f
                  where f.dataset_id = a.dataset_id and f.account_id = a.id and f.source = 'hand')
  and not exists (select from card c where c.dataset_id = a.dataset_id and c.account_id = a.id)
  and not exists (select from note n where n.dataset_id = a.dataset_id and n.account_id = a.id)
  and not exists (select from account_tag t where t.dataset_id = a.dataset_id and t.account_id = a.id
                    and t.by_ideal is null)
  and not exists (select from lead l where l.dataset_id = a.dataset_id and l.account_id = a.id)
  and not exists (select from lead_link k where k.dataset_id = a.dataset_id and k.account_id = a.id)
  and not exists (select from account_merge m
                  where m.dataset_id = a.dataset_id and (m.account_id = a.id or m.into_id = a.id))
  and not exists (select from hiding h where h.dataset_id = a.dataset_id and h.account_id = a.id);

-- name: derive_leads_add
-- params: dataset bigint[], id bigint[], account bigint[], email text[], first_at timestamptz[],
--   last_at timestamptz[], last_session_at timestamptz[], visitors integer[], sessions integer[],
--   pageviews integer[], forms integer[], events integer[], score smallint[], parts jsonb[],
--   first_channel smallint[], first_source text[], first_medium text[], first_campaign text[],
--   first_term text[], first_content text[], first_referrer text[], first_landing text[],
--   last_channel smallint[], last_source text[], last_medium text[], last_campaign text[],
--   last_term text[], last_content text[], last_referrer text[], last_landing text[], user text[],
--   country text[], region text[], city text[], network_at timestamptz[], network_domain text[],
--   network_name text[]
-- exec
insert into lead (dataset_id, id, account_id, email, first_at, last_at, last_session_at, visitors,
                  sessions, pageviews, forms, events, score, score_parts,
                  first_channel, first_source, first_medium, first_campaign, first_term, first_content,
                  first_referrer, first_landing, last_channel, last_source, last_medium, last_campaign,
                  last_term, last_content, last_referrer, last_landing, user_id, country, region, city,
                  network_at, network_domain, network_name)
select k.dataset, k.id, nullif(k.account, 0), k.email, k.first_at, k.last_at, k.last_session_at,
       k.visitors, k.sessions, k.pageviews, k.forms, k.events, k.score, coalesce(k.parts, '[]'),
       k.first_channel, k.first_source, k.first_medium, k.first_campaign, k.first_term, k.first_content,
       k.first_referrer, k.first_landing, k.last_channel, k.last_source, k.last_medium, k.last_campaign,
       k.last_term, k.last_content, k.last_referrer, k.last_landing, k.user_id, k.country, k.region, k.city,
       k.network_at, k.network_domain, k.network_name
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
            $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)
    k (dataset, id, account, email, first_at, last_at, last_session_at, visitors, sessions, pageviews,
       forms, events, score, parts, first_channel, first_source, first_medium, first_campaign, first_term,
       first_content, first_referrer, first_landing, last_channel, last_source, last_medium,
       last_campaign, last_term, last_content, last_referrer, last_landing, user_id, country, region, city,
       network_at, network_domain, network_name);

--- first_channel, last_channel 0: the first, the last session stays what it was. parts null: so do they.
-- name: derive_leads_save
-- params: dataset bigint[], id bigint[], account bigint[], email text[], first_at timestamptz[],
--   last_at timestamptz[], last_session_at timestamptz[], visitors integer[], sessions integer[],
--   pageviews integer[], forms integer[], events integer[], score smallint[], parts jsonb[],
--   first_channel smallint[], first_source text[], first_medium text[], first_campaign text[],
--   first_term text[], first_content text[], first_referrer text[], first_landing text[],
--   last_channel smallint[], last_source text[], last_medium text[], last_campaign text[],
--   last_term text[], last_content text[], last_referrer text[], last_landing text[], user text[],
--   country text[], region text[], city text[], network_at timestamptz[], network_domain text[],
--   network_name text[]
-- exec
update lead l
set account_id = nullif(k.account, 0), email = coalesce(l.email, k.email), user_id = coalesce(l.user_id, k.user_id),
    country = case when k.last_channel = 0 then l.country else k.country end,
    region = case when k.last_channel = 0 then l.region else k.region end,
    city = case when k.last_channel = 0 then l.city else k.city end,
    network_at = k.network_at, network_domain = k.network_domain, network_name = k.network_name,
    own_account = case when l.account_id = k.account then l.own_account end,
    first_at = k.first_at, last_at = k.last_at,
    last_session_at = coalesce(k.last_session_at, '-infinity'), visitors = k.visitors, sessions = k.sessions,
    pageviews = k.pageviews, forms = k.forms, events = k.events, score = k.score,
    score_parts = coalesce(k.parts, l.score_parts),
    first_channel = case when k.first_channel = 0 then l.first_channel else k.first_channel end,
    first_source = case when k.first_channel = 0 then l.first_source else k.first_source end,
    first_medium = case when k.first_channel = 0 then l.first_medium else k.first_medium end,
    first_campaign = case when k.first_channel = 0 then l.first_campaign else k.first_campaign end,
    first_term = case when k.first_channel = 0 then l.first_term else k.first_term end,
    first_content = case when k.first_channel = 0 then l.first_content else k.first_content end,
    first_referrer = case when k.first_channel = 0 then l.first_referrer else k.first_referrer end,
    first_landing = case when k.first_channel = 0 then l.first_landing else k.first_landing end,
    last_channel = case when k.last_channel = 0 then l.last_channel else k.last_channel end,
    last_source = case when k.last_channel = 0 then l.last_source else k.last_source end,
    last_medium = case when k.last_channel = 0 then l.last_medium else k.last_medium end,
    last_campaign = case when k.last_channel = 0 then l.last_campaign else k.last_campaign end,
    last_term = case when k.last_channel = 0 then l.last_term else k.last_term end,
    last_content = case when k.last_channel = 0 then l.last_content else k.last_content end,
    last_referrer = case when k.last_channel = 0 then l.last_referrer else k.last_referrer end,
    last_landing = case when k.last_channel = 0 then l.last_landing else k.last_landing end
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
            $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)
    k (dataset, id, account, email, first_at, last_at, last_session_at, visitors, sessions, pageviews,
       forms, events, score, parts, first_channel, first_source, first_medium, first_campaign, first_term,
       first_content, first_referrer, first_landing, last_channel, last_source, last_medium,
       last_campaign, last_term, last_content, last_referrer, last_landing, user_id, country, region, city,
       network_at, network_domain, network_name)
where l.dataset_id = k.dataset and l.id = k.id;

--- What a day ended with, now that the score is another. Where time alone changed it since (score_save), the
--- day has its row.
-- name: derive_scores_keep
-- params: dataset bigint[], lead bigint[], last_at timestamptz[], score smallint[]
-- exec
insert into score_history (dataset_id, lead_id, day, score)
select k.dataset, k.lead, (k.last_at at time zone 'utc')::date, k.score
from unnest($1, $2, $3, $4) k (dataset, lead, last_at, score)
on conflict do nothing;

--- An anonymous lead turned out to be a contact that exists: its past goes over.
-- name: derive_sessions_move
-- params: dataset bigint[], from_lead bigint[], to_lead bigint[]
-- exec
update session s set lead_id = k.to_lead
from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
where s.dataset_id = k.dataset and s.lead_id = k.from_lead;

-- name: derive_visitors_move
-- params: dataset bigint[], from_lead bigint[], to_lead bigint[]
-- exec
update visitor v set lead_id = k.to_lead
from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
where v.dataset_id = k.dataset and v.lead_id = k.from_lead;

-- name: derive_tags_move
-- params: dataset bigint[], from_lead bigint[], to_lead bigint[]
-- exec
insert into lead_tag (dataset_id, lead_id, tag_id, by_user, by_rule, at, operation_id)
select t.dataset_id, k.to_lead, t.tag_id, t.by_user, t.by_rule, t.at, t.operation_id
from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
join lead_tag t on t.dataset_id = k.dataset and t.lead_id = k.from_lead
on conflict do nothing;

-- name: derive_notes_move
-- params: dataset bigint[], from_lead bigint[], to_lead bigint[]
-- exec
update note n set lead_id = k.to_lead
from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
where n.dataset_id = k.dataset and n.lead_id = k.from_lead;

-- name: derive_scores_move
-- params: dataset bigint[], from_lead bigint[], to_lead bigint[]
-- exec
insert into score_history (dataset_id, lead_id, day, score)
select h.dataset_id, k.to_lead, h.day, max(h.score)
from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
join score_history h on h.dataset_id = k.dataset and h.lead_id = k.from_lead
group by h.dataset_id, k.to_lead, h.day
on conflict do nothing;

--- A link by hand goes along, unless the contact has one.
-- name: derive_links_move
-- params: dataset bigint[], from_lead bigint[], to_lead bigint[]
-- exec
with moved as (
    insert into lead_link (dataset_id, lead_id, account_id, user_id, operation_id, at)
    select l.dataset_id, k.to_lead, l.account_id, l.user_id, l.operation_id, l.at
    from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
    join lead_link l on l.dataset_id = k.dataset and l.lead_id = k.from_lead
    on conflict do nothing
    returning dataset_id, lead_id
)
update lead l set linked = true from moved where l.dataset_id = moved.dataset_id and l.id = moved.lead_id;

--- The same for one that was merged by hand: what is its own is shown as another's.
-- name: derive_own_move
-- params: dataset bigint[], from_lead bigint[], to_lead bigint[]
-- exec
with visits as (
    update visitor v set lead_id = k.to_lead, own_lead = null
    from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
    where v.dataset_id = k.dataset and v.own_lead = k.from_lead
)
update session s set lead_id = k.to_lead, own_lead = null
from unnest($1, $2, $3) k (dataset, from_lead, to_lead)
where s.dataset_id = k.dataset and s.own_lead = k.from_lead;

--- What is written as the log has it is shown as that of the lead that it was merged into by hand.
-- name: derive_shown_sessions
-- params: dataset bigint[], own bigint[], shown bigint[]
-- exec
update session s set lead_id = k.shown, own_lead = k.own
from unnest($1, $2, $3) k (dataset, own, shown)
where s.dataset_id = k.dataset and s.lead_id = k.own;

-- name: derive_shown_visitors
-- params: dataset bigint[], own bigint[], shown bigint[]
-- exec
update visitor v set lead_id = k.shown, own_lead = k.own
from unnest($1, $2, $3) k (dataset, own, shown)
where v.dataset_id = k.dataset and v.lead_id = k.own;

-- name: derive_leads_drop
-- params: dataset bigint[], id bigint[]
-- exec
with links as (
    delete from lead_link k using unnest($1, $2) d (dataset, id) where k.dataset_id = d.dataset and k.lead_id = d.id
), merges as (
    delete from lead_merge m using unnest($1, $2) d (dataset, id)
    where m.dataset_id = d.dataset and m.lead_id = d.id
), hidings as (
    delete from hiding h using unnest($1, $2) d (dataset, id) where h.dataset_id = d.dataset and h.lead_id = d.id
)
delete from lead l using unnest($1, $2) k (dataset, id) where l.dataset_id = k.dataset and l.id = k.id;

--- Sessions from a time on are written anew.
-- name: derive_sessions_drop
-- params: dataset bigint[], visitor uuid[], from timestamptz[]
-- exec
delete from session s using unnest($1, $2, $3) k (dataset, visitor, since)
where s.dataset_id = k.dataset and s.visitor = k.visitor and s.started_at >= k.since;

-- name: derive_sessions_save
-- params: dataset bigint[], visitor uuid[], started_at timestamptz[], ended_at timestamptz[], lead bigint[],
--   events integer[], pageviews integer[], forms integer[], landing text[], exit text[],
--   channel smallint[], source text[], medium text[], campaign text[], term text[], content text[],
--   referrer text[], network bigint[], place bigint[], country text[], region text[], city text[],
--   company text[], marks smallint[], verdict smallint[], reason smallint[]
-- exec
insert into session (dataset_id, visitor, started_at, ended_at, lead_id, events, pageviews, forms, landing,
                     exit, channel, source, medium, campaign, term, content, referrer, network, place, country,
                     region, city, company, marks, verdict, reason)
select k.dataset, k.visitor, k.started_at, k.ended_at, k.lead, k.events, k.pageviews, k.forms, k.landing,
       k.exit, k.channel, k.source, k.medium, k.campaign, k.term, k.content, k.referrer, nullif(k.network, 0),
       nullif(k.place, 0), k.country, k.region, k.city, k.company, k.marks, k.verdict, k.reason
from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
            $22, $23, $24, $25, $26)
    k (dataset, visitor, started_at, ended_at, lead, events, pageviews, forms, landing, exit, channel, source,
       medium, campaign, term, content, referrer, network, place, country, region, city, company, marks,
       verdict, reason)
on conflict (dataset_id, visitor, started_at) do update
set ended_at = excluded.ended_at, lead_id = excluded.lead_id, own_lead = null, events = excluded.events,
    pageviews = excluded.pageviews, forms = excluded.forms, landing = excluded.landing,
    exit = excluded.exit, channel = excluded.channel, source = excluded.source,
    medium = excluded.medium, campaign = excluded.campaign, term = excluded.term,
    content = excluded.content, referrer = excluded.referrer, network = excluded.network,
    place = excluded.place, country = excluded.country, region = excluded.region, city = excluded.city,
    company = excluded.company, marks = excluded.marks, verdict = excluded.verdict, reason = excluded.reason;

-- name: derive_visitors_save
-- params: dataset bigint[], visitor uuid[], lead bigint[], first_at timestamptz[], last_at timestamptz[],
--   agent bigint[], identified smallint[], user text[]
-- exec
insert into visitor (dataset_id, visitor, lead_id, first_at, last_at, agent, identified, user_id)
select k.dataset, k.visitor, k.lead, k.first_at, k.last_at, nullif(k.agent, 0), k.identified, k.user_id
from unnest($1, $2, $3, $4, $5, $6, $7, $8)
    k (dataset, visitor, lead, first_at, last_at, agent, identified, user_id)
on conflict (dataset_id, visitor) do update
set lead_id = excluded.lead_id, own_lead = null, first_at = excluded.first_at, last_at = excluded.last_at,
    agent = excluded.agent, identified = excluded.identified, user_id = excluded.user_id;

--- A lead as its sessions have it, where differences would not do: after a merge, a change of who uses a
--- browser, or events that came late.
-- name: derive_leads_recount
-- params: dataset bigint[], id bigint[]
-- many: nr bigint, visitors bigint, sessions bigint, pageviews bigint, forms bigint, events bigint,
--   first_at timestamptz, last_at timestamptz, last_session_at timestamptz,
--   first_channel smallint, first_source text?, first_medium text?, first_campaign text?,
--   first_term text?, first_content text?, first_referrer text?, first_landing text?,
--   last_channel smallint, last_source text?, last_medium text?, last_campaign text?,
--   last_term text?, last_content text?, last_referrer text?, last_landing text?, country text?,
--   region text?, city text?, network_at timestamptz?, network_domain text?, network_name text?
select k.nr, c.visitors, c.sessions, c.pageviews, c.forms, c.events, f.started_at, c.last_at, l.started_at,
       f.channel, f.source, f.medium, f.campaign, f.term, f.content, f.referrer, f.landing,
       l.channel, l.source, l.medium, l.campaign, l.term, l.content, l.referrer, l.landing, l.country, l.region,
       l.city, n.started_at, n.company, n.name
from unnest($1, $2) with ordinality k (dataset, id, nr)
cross join lateral (
    select count(distinct s.visitor) as visitors, count(*) as sessions, sum(s.pageviews) as pageviews,
           sum(s.forms) as forms, sum(s.events) as events, max(s.ended_at) as last_at
    from session s where s.dataset_id = k.dataset and s.lead_id = k.id
) c
cross join lateral (
    select * from session s where s.dataset_id = k.dataset and s.lead_id = k.id
    order by s.started_at limit 1
) f
cross join lateral (
    select * from session s where s.dataset_id = k.dataset and s.lead_id = k.id
    order by s.started_at desc limit 1
) l
left join lateral (
    select s.started_at, s.company, o.name
    from session s left join network_owner o on o.network = s.network
    where s.dataset_id = k.dataset and s.lead_id = k.id and s.verdict = 1
    order by s.started_at desc limit 1
) n on true;

--- The latest word counts; of one moment the greater text.
-- name: derive_told_put
-- params: dataset bigint, account bigint, field text, value text, at timestamptz
-- exec
insert into account_fact as f (dataset_id, account_id, field, source, value, fetched_at)
values ($1, $2, $3, 'customer', $4, $5)
on conflict (dataset_id, account_id, field, source) do update
set value = excluded.value, fetched_at = excluded.fetched_at
where excluded.fetched_at > f.fetched_at
   or (excluded.fetched_at = f.fetched_at and excluded.value collate "C" > f.value);

-- name: derive_datasets
-- params: dataset bigint[], first_at timestamptz[], last_at timestamptz[]
-- exec
update dataset d set first_event_at = least(d.first_event_at, k.first_at),
       last_event_at = greatest(d.last_event_at, k.last_at)
from unnest($1, $2, $3) k (dataset, first_at, last_at)
where d.id = k.dataset and (d.first_event_at is null or k.first_at < d.first_event_at
                            or d.last_event_at is null or k.last_at > d.last_event_at);
