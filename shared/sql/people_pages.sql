--- Finding the other one, and showing both sides before they become one (fcgi/handlers/people.c).

--- Its domain or its address as it is, or a part of its name among those that were active last.
-- name: people_find_accounts
-- params: dataset bigint, text text, but bigint
-- many: id bigint, name text, domain text?, leads integer, contacts integer
with recent as (
    select id, name, domain, name_lower, leads, contacts, last_at from account
    where dataset_id = $1 and not hidden order by last_at desc limit 20000
), found as (
    select id, name, domain, leads, contacts, last_at from recent
    where strpos(name_lower, lower($2)) > 0 or strpos(coalesce(domain, ''), lower($2)) > 0
    union
    select id, name, domain, leads, contacts, last_at from account
    where dataset_id = $1 and domain = lower($2) and not hidden
)
select id, name, domain, leads, contacts from found
where id <> $3 order by domain is distinct from lower($2), last_at desc nulls last limit 20;

-- name: people_find_leads
-- params: dataset bigint, text text, but bigint
-- many: id bigint, name text, email text?, account text?, sessions integer
with recent as (
    select id, email_lower, first_name, last_name, account_id, sessions, last_at from lead
    where dataset_id = $1 and not hidden order by last_at desc limit 20000
), found as (
    select id, email_lower, first_name, last_name, account_id, sessions, last_at from recent
    where strpos(coalesce(email_lower, '') || ' ' || lower(concat_ws(' ', first_name, last_name)), lower($2)) > 0
    union
    select id, email_lower, first_name, last_name, account_id, sessions, last_at from lead
    where dataset_id = $1 and email_lower = lower($2) and not hidden
)
select f.id, coalesce(nullif(concat_ws(' ', f.first_name, f.last_name), ''), f.email_lower, 'Lead ' || f.id),
       f.email_lower, a.name as account, f.sessions
from found f left join account a on a.dataset_id = $1 and a.id = f.account_id
where f.id <> $3 order by f.email_lower is distinct from lower($2), f.last_at desc limit 20;

-- name: people_account_side
-- params: dataset bigint, account bigint
-- one: id bigint, name text, domain text?, leads integer, contacts integer, sessions integer,
--   last_at timestamptz?, cards bigint, notes bigint, merged_into bigint?, hidden boolean
select a.id, a.name, a.domain, a.leads, a.contacts, a.sessions, a.last_at,
       (select count(*) from card where dataset_id = $1 and account_id = a.id),
       (select count(*) from note where dataset_id = $1 and account_id = a.id and deleted_at is null),
       a.merged_into, a.hidden
from account a where a.dataset_id = $1 and a.id = $2;

-- name: people_lead_side
-- params: dataset bigint, lead bigint
-- one: id bigint, name text, email text?, account_id bigint?, account text?, sessions integer,
--   last_at timestamptz, cards bigint, notes bigint, merged_into bigint?, hidden boolean
select l.id, coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email, 'Lead ' || l.id), l.email,
       l.account_id, a.name as account, l.sessions, l.last_at,
       (select count(*) from card where dataset_id = $1 and lead_id = l.id),
       (select count(*) from note where dataset_id = $1 and lead_id = l.id and deleted_at is null),
       l.merged_into, l.hidden
from lead l left join account a on a.dataset_id = $1 and a.id = l.account_id
where l.dataset_id = $1 and l.id = $2;

--- What a company or a lead is shown as since it was merged by hand; no row: as itself.
-- name: people_shown_as
-- params: dataset bigint, account bigint?, lead bigint?
-- many: id bigint
select merged_into from account where dataset_id = $1 and id = $2 and merged_into is not null
union all
select merged_into from lead where dataset_id = $1 and id = $3 and merged_into is not null;
