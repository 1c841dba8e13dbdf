--- What ours is called in a CRM (worker/crm.h), and what is told of it there.

--- ours: the id, and those of what was merged into it. tried_s: seconds since it was asked for, -1: it was not.
-- name: external_get
-- params: dataset bigint, integration bigint, kind smallint, ours bigint[]
-- many: our_id bigint, remote_id text?, hash bytea?, tried_s bigint
select our_id, remote_id, hash, coalesce(extract(epoch from now() - tried_at)::bigint, -1)
from external_id
where dataset_id = $1 and integration_id = $2 and kind = $3 and our_id = any ($4)
order by our_id = ($4)[1] desc, remote_id is null, our_id limit 1;

--- Before something is added there: whatever becomes of it, this row remembers that it may be there.
-- name: external_try
-- params: dataset bigint, integration bigint, kind smallint, our_id bigint
-- exec
insert into external_id (dataset_id, integration_id, kind, our_id, tried_at) values ($1, $2, $3, $4, now())
on conflict (dataset_id, integration_id, kind, our_id) do update set tried_at = now(), updated_at = now();

-- name: external_keep
-- params: dataset bigint, integration bigint, kind smallint, our_id bigint, remote_id text, hash bytea?
-- exec
insert into external_id (dataset_id, integration_id, kind, our_id, remote_id, hash) values ($1, $2, $3, $4, $5, $6)
on conflict (dataset_id, integration_id, kind, our_id) do update
set remote_id = excluded.remote_id, hash = coalesce(excluded.hash, external_id.hash), tried_at = null, updated_at = now();

-- name: external_forget
-- params: dataset bigint, integration bigint, kind smallint, our_id bigint
-- exec
delete from external_id where dataset_id = $1 and integration_id = $2 and kind = $3 and our_id = $4;

--- One push at a time for a company, whoever pushes: held by the session, so that it is free when the worker is
--- gone, and not before.
-- name: crm_lock
-- params: what text
-- one: held boolean
select pg_try_advisory_lock(hashtextextended($1, 7101));

-- name: crm_unlock
-- params: what text
-- one: held boolean
select pg_advisory_unlock(hashtextextended($1, 7101));

--- The account that is shown (merged ones are part of it), or the lead where there is none. ids: its own, then those
--- that were merged into it.
-- name: crm_company
-- params: dataset bigint, account bigint
-- one: id bigint, hidden boolean, ids bigint[], domain text?, name text, data jsonb
select a.id, a.hidden,
       array[a.id] || array(select m.id from account m where m.dataset_id = $1 and m.merged_into = a.id order by m.id
                            limit 100),
       a.domain, left(a.name, 250),
       jsonb_strip_nulls(jsonb_build_object(
           'name', left(a.name, 250), 'domain', a.domain,
           'website', coalesce(a.website, 'https://' || a.domain || '/'), 'description', left(a.description, 5000),
           'industry', a.industry, 'employees', a.employees, 'revenue', a.revenue, 'founded', a.founded,
           'legal_type', a.legal_type, 'country', a.country, 'region', a.region, 'city', a.city, 'address', a.address,
           'phone', a.phone, 'linkedin', a.linkedin, 'score', a.score, 'sessions', a.sessions,
           'pageviews', a.pageviews, 'last_seen', to_char(a.last_at at time zone 'UTC', 'YYYY-MM-DD'),
           'tags', (select string_agg(t.name, ', ' order by t.name) from account_tag x
                    join tag t on t.dataset_id = $1 and t.id = x.tag_id
                    where x.dataset_id = $1 and x.account_id = a.id)))
from account o join account a on a.dataset_id = $1 and a.id = coalesce(o.merged_into, o.id)
where o.dataset_id = $1 and o.id = $2;

--- Contacts, the latest active first.
-- name: crm_people
-- params: dataset bigint, account bigint?, lead bigint?, most integer
-- many: id bigint, ids bigint[], email text, data jsonb
select l.id,
       array[l.id] || array(select m.id from lead m where m.dataset_id = $1 and m.merged_into = l.id order by m.id
                            limit 100),
       l.email_lower,
       jsonb_strip_nulls(jsonb_build_object(
           'email', l.email_lower, 'first_name', left(l.first_name, 250), 'last_name', left(l.last_name, 250),
           'phone', l.phone, 'job_title', left(l.job_title, 250), 'company', left(l.company, 250), 'score', l.score,
           'channel', l.first_channel, 'campaign', left(l.first_campaign, 250), 'landing', left(l.first_landing, 1000),
           'last_seen', to_char(l.last_at at time zone 'UTC', 'YYYY-MM-DD')))
from (select * from lead where dataset_id = $1 and account_id = $2 and email_lower is not null and not hidden
      union all
      select a.* from lead o join lead a on a.dataset_id = $1 and a.id = coalesce(o.merged_into, o.id)
      where o.dataset_id = $1 and o.id = $3 and a.email_lower is not null and not a.hidden
      order by last_at desc limit $4) l
order by l.last_at desc, l.id;

--- A push, in the history of the card.
-- name: crm_ledger
-- params: dataset bigint, card bigint, user bigint?, detail jsonb
-- exec
insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, detail)
select $1, c.id, c.board_id, 12, case when $3::bigint is null then 5 else 1 end, $3, $4
from card c where c.dataset_id = $1 and c.id = $2;

-- name: push_card
-- params: dataset bigint, card bigint, account bigint, lead bigint, user bigint
-- one: id bigint
select c.id from card c
join board b on b.dataset_id = $1 and b.id = c.board_id and b.deleted_at is null and (b.visibility = 2 or b.user_id = $5)
where c.dataset_id = $1 and c.id = $2 and (c.account_id = $3 or c.lead_id = $4);

-- name: push_lead
-- params: dataset bigint, lead bigint
-- one: account bigint?, has_email boolean
select account_id, email_lower is not null from lead where dataset_id = $1 and id = $2;
