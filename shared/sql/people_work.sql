--- Companies and people put right by hand (shared/people.h).

--- The log consumer stands still until the end of the transaction. Before anything else is locked.
-- name: people_hold
-- exec
select log_hold();

-- name: people_leads
-- params: dataset bigint, ids bigint[]
-- many: id bigint, account bigint?, email text?, name text, merged_into bigint?, hidden boolean,
--   linked boolean
select l.id, l.account_id, l.email_lower,
       coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email, 'Lead ' || l.id), l.merged_into,
       l.hidden, l.linked
from lead l where l.dataset_id = $1 and l.id = any ($2) order by l.id for no key update of l;

-- name: people_accounts
-- params: dataset bigint, ids bigint[]
-- many: id bigint, name text, domain text?, merged_into bigint?, hidden boolean
select id, name, domain, merged_into, hidden
from account where dataset_id = $1 and id = any ($2) order by id for no key update;

--- ---- what leads and accounts count ----

-- name: people_leads_recount
-- params: dataset bigint, ids bigint[]
-- exec
update lead l
set visitors = c.visitors, sessions = c.sessions, pageviews = c.pageviews, forms = c.forms, events = c.events,
    first_at = coalesce(f.started_at, l.first_at), last_at = coalesce(c.last_at, l.last_at),
    last_session_at = coalesce(s.started_at, l.last_session_at),
    first_channel = f.channel, first_source = f.source, first_medium = f.medium, first_campaign = f.campaign,
    first_term = f.term, first_content = f.content, first_referrer = f.referrer, first_landing = f.landing,
    last_channel = s.channel, last_source = s.source, last_medium = s.medium, last_campaign = s.campaign,
    last_term = s.term, last_content = s.content, last_referrer = s.referrer, last_landing = s.landing
from unnest($2) k (id)
cross join lateral (
    select count(distinct visitor) as visitors, count(*) as sessions, coalesce(sum(pageviews), 0) as pageviews,
           coalesce(sum(forms), 0) as forms, coalesce(sum(events), 0) as events, max(ended_at) as last_at
    from session where dataset_id = $1 and lead_id = k.id
) c
left join lateral (
    select * from session where dataset_id = $1 and lead_id = k.id order by started_at limit 1
) f on true
left join lateral (
    select * from session where dataset_id = $1 and lead_id = k.id order by started_at desc limit 1
) s on true
where l.dataset_id = $1 and l.id = k.id;

-- name: people_accounts_recount
-- params: dataset bigint, ids bigint[]
-- exec
update account a
set leads = c.leads, contacts = c.contacts, visitors = c.visitors, sessions = c.sessions,
    pageviews = c.pageviews, events = c.events, score = c.score, first_at = c.first_at, last_at = c.last_at
from unnest($2) k (id)
cross join lateral (
    select count(*) as leads, count(email) as contacts, coalesce(sum(visitors), 0) as visitors,
           coalesce(sum(sessions), 0) as sessions, coalesce(sum(pageviews), 0) as pageviews,
           coalesce(sum(events), 0) as events, coalesce(max(score), 0) as score, min(first_at) as first_at,
           max(last_at) as last_at
    from lead where dataset_id = $1 and account_id = k.id
) c
where a.dataset_id = $1 and a.id = k.id;

--- ---- links ----

--- What there was before goes into the operation.
-- name: people_link_put
-- params: dataset bigint, lead bigint, account bigint?, user bigint, operation bigint
-- exec
with was as (
    update operation o
    set detail = o.detail || jsonb_build_object('lead', $2::text, 'account', coalesce(l.own_account, l.account_id)::text,
        'to', $3::text,
        'link', (select to_jsonb(k) from lead_link k where k.dataset_id = $1 and k.lead_id = $2))
    from lead l
    where o.dataset_id = $1 and o.id = $5 and l.dataset_id = $1 and l.id = $2
), link as (
    insert into lead_link (dataset_id, lead_id, account_id, user_id, operation_id)
    values ($1, $2, $3, $4, $5)
    on conflict (dataset_id, lead_id) do update
    set account_id = excluded.account_id, user_id = excluded.user_id, operation_id = excluded.operation_id,
        at = now()
)
update lead set account_id = $3, linked = true, own_account = null where dataset_id = $1 and id = $2;

--- No row: another link was made since, or the lead is gone.
-- name: people_link_get
-- params: dataset bigint, operation bigint
-- many: lead bigint, account bigint?, email text?
select k.lead_id, l.account_id, l.email_lower
from lead_link k join lead l on l.dataset_id = $1 and l.id = k.lead_id
where k.dataset_id = $1 and k.operation_id = $2;

--- As it was: with the link that was there before, or none; then of the company it was of, or else of the one
--- that its address says since.
-- name: people_link_back
-- params: dataset bigint, lead bigint, operation bigint
-- one: account bigint?
with o as materialized (
    select nullif(detail->'link', 'null') as link, (detail->>'account')::bigint as account
    from operation where dataset_id = $1 and id = $3
), gone as (
    delete from lead_link k using o where k.dataset_id = $1 and k.lead_id = $2 and o.link is null
), was as (
    update lead_link k
    set account_id = r.account_id, user_id = r.user_id, operation_id = r.operation_id, at = r.at
    from o cross join lateral jsonb_populate_record(null::lead_link, o.link) r
    where o.link is not null and k.dataset_id = $1 and k.lead_id = $2
), named as (
    select coalesce(o.account, case when o.link is null then
        (select a.id
         from lead l
         cross join lateral string_to_array(split_part(l.email_lower, '@', 2), '.') p
         cross join lateral generate_series(1, cardinality(p)) i
         join account a on a.dataset_id = $1 and a.domain = array_to_string(p[i:], '.')
         where l.dataset_id = $1 and l.id = $2 order by i limit 1) end) as account
    from o
)
update lead l
set linked = o.link is not null, account_id = coalesce(a.merged_into, a.id),
    own_account = case when a.merged_into is not null then a.id end
from o, named left join account a on a.dataset_id = $1 and a.id = named.account
where l.dataset_id = $1 and l.id = $2
returning l.account_id;

--- ---- companies ----

--- Everything that is of the one becomes the other's, with what was merged into it before.
-- name: people_account_merge
-- params: dataset bigint, account bigint, into bigint, user bigint, operation bigint
-- one: leads integer
with merged as (
    insert into account_merge (dataset_id, account_id, into_id, user_id, operation_id)
    values ($1, $2, $3, $4, $5)
), gone as (
    update account set merged_into = $3, hidden = true
    where dataset_id = $1 and (id = $2 or merged_into = $2)
), moved as (
    update lead set own_account = coalesce(own_account, account_id), account_id = $3
    where dataset_id = $1 and account_id = $2
    returning 1
), tagged as (
    insert into account_tag (dataset_id, account_id, tag_id, by_user, by_rule, at, operation_id)
    select $1, $3, tag_id, by_user, by_rule, at, $5 from account_tag
    where dataset_id = $1 and account_id = $2 and by_ideal is null
    on conflict do nothing
), noted as (
    update note set account_id = $3 where dataset_id = $1 and account_id = $2 returning id
), told as (
    update operation o
    set detail = o.detail || jsonb_build_object('from', $2::text, 'into', $3::text,
        'by_form', a.name_at < 'infinity' or exists (
            select from account_merge m
            join operation p on p.dataset_id = $1 and p.id = m.operation_id and p.detail->'by_form' = 'true'
            where m.dataset_id = $1 and m.into_id = $3),
        'notes', (select coalesce(jsonb_agg(id), '[]') from noted))
    from account a where o.dataset_id = $1 and o.id = $5 and a.dataset_id = $1 and a.id = $3
), named as (
    update account set name_at = 'infinity' where dataset_id = $1 and id = $3 -- somebody chose this name
)
select (select count(*) from moved)::integer;

--- A company that was called by its bare domain takes the name of the one that was merged into it.
-- name: people_account_name_fill
-- params: dataset bigint, account bigint, into bigint
-- exec
update account a set name = f.name
from account f
where a.dataset_id = $1 and a.id = $3 and a.name = a.domain and f.dataset_id = $1 and f.id = $2
  and f.name is distinct from f.domain;

--- As its leads name it now, where nothing better than a form does.
-- name: people_accounts_rename
-- params: dataset bigint, ids bigint[]
-- exec
update account a
set name = coalesce(n.company, a.domain, a.name), name_at = coalesce(n.at, '-infinity')
from unnest($2) k (id)
left join lateral account_form_name($1, k.id) n on true
where a.dataset_id = $1 and a.id = k.id and a.name_at < 'infinity' and a.merged_into is null;

-- name: people_account_merge_get
-- params: dataset bigint, operation bigint
-- many: account bigint, into bigint, head bigint
select m.account_id, m.into_id, coalesce(a.merged_into, a.id)
from account_merge m join account a on a.dataset_id = $1 and a.id = m.into_id
where m.dataset_id = $1 and m.operation_id = $2;

--- head: the company that all are shown as now. The one gets back what was its own, what had been merged into
--- it, and who came since by what is its own: who names it in the order of trust (worker/derive.h).
-- name: people_account_unmerge
-- params: dataset bigint, account bigint, into bigint, head bigint, operation bigint
-- one: leads integer
with recursive part (id) as (
    values ($2::bigint)
    union
    select m.account_id from account_merge m join part p on m.dataset_id = $1 and m.into_id = p.id
), whole (id) as (
    values ($4::bigint)
    union
    select m.account_id from account_merge m join whole w on m.dataset_id = $1 and m.into_id = w.id
), own as materialized (
    select a.id, a.domain, a.name_lower, a.id in (select id from part) as parts
    from whole w join account a on a.dataset_id = $1 and a.id = w.id
), o as materialized (
    select detail->'by_form' = 'true' as by_form,
           array(select v::bigint from jsonb_array_elements_text(detail->'notes') j (v)) as notes
    from operation where dataset_id = $1 and id = $5
), parted as (
    delete from account_merge where dataset_id = $1 and account_id = $2
), shown as (
    update account a set merged_into = case when a.id = $2 then null else $2 end
    from part where a.dataset_id = $1 and a.id = part.id
), moved as (
    update lead l set account_id = $2, own_account = nullif(l.own_account, $2)
    where l.dataset_id = $1 and l.account_id = $4
      and (l.own_account in (select id from part)
           or l.own_account is null and not l.linked
              and (select b.parts
                   from own b cross join lateral (values (case
                       when b.domain = l.properties->>'companyDomain' then 1
                       when split_part(l.email_lower, '@', 2) = b.domain
                            or split_part(l.email_lower, '@', 2) like '%.' || b.domain then 2
                       when b.domain is null and b.name_lower = lower(l.company) then 3
                       when b.domain = l.network_domain then 4
                       when b.domain is null and l.network_domain is null
                            and b.name_lower = lower(l.network_name) then 5 end)) t (trust)
                   where t.trust is not null order by t.trust limit 1))
    returning 1
), untagged as (
    delete from account_tag where dataset_id = $1 and account_id in ($3, $4) and operation_id = $5
), noted as (
    update note n set account_id = $2 from o
    where n.dataset_id = $1 and n.account_id in ($3, $4) and n.id = any (o.notes)
), named as (
    update account a set name_at = '-infinity' from o
    where a.dataset_id = $1 and a.id = $3 and a.name_at = 'infinity' and o.by_form
      and not exists (select from account_fact f where f.dataset_id = $1 and f.account_id = $3
                         and f.field = 'name' and f.wins)
      and not exists (select from account_merge m where m.dataset_id = $1 and m.into_id = $3
                         and m.account_id <> $2)
)
select (select count(*) from moved)::integer;

--- ---- leads ----

-- name: people_lead_merge
-- params: dataset bigint, lead bigint, into bigint, user bigint, operation bigint
-- one: sessions integer
with merged as (
    insert into lead_merge (dataset_id, lead_id, into_id, user_id, operation_id) values ($1, $2, $3, $4, $5)
), moved as (
    update session set own_lead = coalesce(own_lead, lead_id), lead_id = $3
    where dataset_id = $1 and lead_id = $2
    returning 1
), visited as (
    update visitor set own_lead = coalesce(own_lead, lead_id), lead_id = $3
    where dataset_id = $1 and lead_id = $2
), gone as (
    update lead set merged_into = $3, hidden = true, account_id = null, own_account = null, visitors = 0,
           sessions = 0, pageviews = 0, forms = 0, events = 0, score = 0, score_parts = '[]'
    where dataset_id = $1 and (id = $2 or merged_into = $2)
), tagged as (
    insert into lead_tag (dataset_id, lead_id, tag_id, by_user, by_rule, at, operation_id)
    select $1, $3, tag_id, by_user, by_rule, at, $5 from lead_tag where dataset_id = $1 and lead_id = $2
    on conflict do nothing
), noted as (
    update note set lead_id = $3 where dataset_id = $1 and lead_id = $2 returning id
), told as (
    update operation o
    set detail = o.detail || jsonb_build_object('from', $2::text, 'into', $3::text,
        'account', coalesce(l.own_account, l.account_id)::text, 'notes', (select coalesce(jsonb_agg(id), '[]') from noted))
    from lead l where o.dataset_id = $1 and o.id = $5 and l.dataset_id = $1 and l.id = $2
)
select (select count(*) from moved)::integer;

--- The company of the one that goes, for the one that stays and has none: as if linked by hand.
-- name: people_lead_company
-- params: dataset bigint, lead bigint, account bigint, user bigint, operation bigint
-- exec
with link as (
    insert into lead_link (dataset_id, lead_id, account_id, user_id, operation_id) values ($1, $2, $3, $4, $5)
)
update lead set account_id = $3, linked = true where dataset_id = $1 and id = $2;

-- name: people_lead_company_back
-- params: dataset bigint, lead bigint, operation bigint
-- exec
with gone as (
    delete from lead_link where dataset_id = $1 and lead_id = $2 and operation_id = $3 returning lead_id
)
update lead l set account_id = null, linked = false from gone
where l.dataset_id = $1 and l.id = gone.lead_id;

--- A value that the one that stays does not have comes from the other; a name as a whole; the company's never,
--- which would name the other's company. What it had before
--- goes into the operation.
-- name: people_values_give
-- params: dataset bigint, lead bigint, into bigint, operation bigint
-- exec
with b as (
    select * from lead where dataset_id = $1 and id = $2
), a as (
    select * from lead where dataset_id = $1 and id = $3
), g as (
    select array_remove(array[
               case when a.first_name is null and a.last_name is null and b.first_name is not null
                    then 'firstName' end,
               case when a.first_name is null and a.last_name is null and b.last_name is not null
                    then 'lastName' end,
               case when a.phone is null and b.phone is not null then 'phone' end,
               case when a.job_title is null and b.job_title is not null then 'jobTitle' end],
               null) as columns,
           array(select key from jsonb_object_keys(b.properties) key where not a.properties ? key)
               as properties
    from a, b
), given as (
    update lead l
    set first_name = case when 'firstName' = any (g.columns) then b.first_name else l.first_name end,
        last_name = case when 'lastName' = any (g.columns) then b.last_name else l.last_name end,
        phone = case when 'phone' = any (g.columns) then b.phone else l.phone end,
        job_title = case when 'jobTitle' = any (g.columns) then b.job_title else l.job_title end,
        properties = l.properties || (select coalesce(jsonb_object_agg(key, value), '{}')
                                      from jsonb_each(b.properties) where key = any (g.properties)),
        stamps = l.stamps || (select coalesce(jsonb_object_agg(key, value), '{}')
                              from jsonb_each(b.stamps) where key = any (g.columns || g.properties))
    from b, g where l.dataset_id = $1 and l.id = $3
)
update operation o
set detail = o.detail || jsonb_build_object('was', jsonb_build_object(
    'firstName', a.first_name, 'lastName', a.last_name, 'phone', a.phone, 'jobTitle', a.job_title, 'properties', a.properties, 'stamps', a.stamps))
from a where o.dataset_id = $1 and o.id = $4;

--- What it still has of the other becomes what it was; the rest was told since.
-- name: people_values_back
-- params: dataset bigint, lead bigint, into bigint, operation bigint
-- exec
with o as materialized (
    select detail->'was' as was from operation where dataset_id = $1 and id = $4
), b as (
    select * from lead where dataset_id = $1 and id = $2
), a as (
    select * from lead where dataset_id = $1 and id = $3
), given as (
    select array(select k.key
                 from (values ('firstName', a.first_name, b.first_name), ('lastName', a.last_name, b.last_name),
                              ('phone', a.phone, b.phone), ('jobTitle', a.job_title, b.job_title)) k (key, now, theirs)
                 where k.now = k.theirs and k.now is distinct from o.was->>k.key
                   and a.stamps->k.key is not distinct from b.stamps->k.key) as columns,
           array(select k.key from jsonb_each(a.properties) k
                 where b.properties->k.key = k.value
                   and o.was->'properties'->k.key is distinct from k.value
                   and a.stamps->k.key is not distinct from b.stamps->k.key) as properties
    from a, b, o
)
update lead l
set first_name = case when 'firstName' = any (g.columns) then o.was->>'firstName' else l.first_name end,
    last_name = case when 'lastName' = any (g.columns) then o.was->>'lastName' else l.last_name end,
    phone = case when 'phone' = any (g.columns) then o.was->>'phone' else l.phone end,
    job_title = case when 'jobTitle' = any (g.columns) then o.was->>'jobTitle' else l.job_title end,
    properties = (l.properties - g.properties)
                 || (select coalesce(jsonb_object_agg(key, value), '{}')
                     from jsonb_each(o.was->'properties') where key = any (g.properties)),
    stamps = (l.stamps - (g.columns || g.properties))
             || (select coalesce(jsonb_object_agg(key, value), '{}')
                 from jsonb_each(o.was->'stamps') where key = any (g.columns || g.properties))
from given g, o
where l.dataset_id = $1 and l.id = $3;

-- name: people_lead_merge_get
-- params: dataset bigint, operation bigint
-- many: lead bigint, into bigint, head bigint
select m.lead_id, m.into_id, coalesce(l.merged_into, l.id)
from lead_merge m join lead l on l.dataset_id = $1 and l.id = m.into_id
where m.dataset_id = $1 and m.operation_id = $2;

--- Sessions and visitors say whose they are as the log has it: what came since included. Then of the company
--- it was of, or of the one that its address says since.
-- name: people_lead_unmerge
-- params: dataset bigint, lead bigint, into bigint, head bigint, operation bigint
-- one: account bigint?, sessions integer
with recursive part (id) as (
    values ($2::bigint)
    union
    select m.lead_id from lead_merge m join part p on m.dataset_id = $1 and m.into_id = p.id
), o as materialized (
    select (detail->>'account')::bigint as account,
           array(select v::bigint from jsonb_array_elements_text(detail->'notes') j (v)) as notes
    from operation where dataset_id = $1 and id = $5
), named as materialized (
    select a.id as own, coalesce(a.merged_into, a.id) as account
    from o join account a on a.dataset_id = $1 and a.id = coalesce(o.account, (
        select d.id
        from lead l
        cross join lateral string_to_array(split_part(l.email_lower, '@', 2), '.') p
        cross join lateral generate_series(1, cardinality(p)) i
        join account d on d.dataset_id = $1 and d.domain = array_to_string(p[i:], '.')
        where l.dataset_id = $1 and l.id = $2 and not l.linked order by i limit 1))
), parted as (
    delete from lead_merge where dataset_id = $1 and lead_id = $2
), shown as (
    update lead l
    set merged_into = case when l.id = $2 then null else $2 end,
        account_id = case when l.id = $2 then (select account from named) end,
        own_account = case when l.id = $2 then (select nullif(own, account) from named) end
    from part where l.dataset_id = $1 and l.id = part.id
), moved as (
    update session set lead_id = $2, own_lead = nullif(own_lead, $2)
    where dataset_id = $1 and lead_id = $4 and own_lead in (select id from part)
    returning 1
), visited as (
    update visitor set lead_id = $2, own_lead = nullif(own_lead, $2)
    where dataset_id = $1 and lead_id = $4 and own_lead in (select id from part)
), untagged as (
    delete from lead_tag where dataset_id = $1 and lead_id in ($3, $4) and operation_id = $5
), noted as (
    update note n set lead_id = $2 from o
    where n.dataset_id = $1 and n.lead_id in ($3, $4) and n.id = any (o.notes)
)
select (select account from named), (select count(*) from moved)::integer;
