--- What is known of an account, by source; the enrichment engine and people write it.

-- name: enrich_account_get
-- params: dataset bigint, account bigint
-- one: domain text?, named boolean
select domain, name_at > '-infinity' as named -- by a form or something better
from account where dataset_id = $1 and id = $2;

--- Facts are written by one at a time (shared/facts.h).
-- name: facts_lock
-- params: dataset bigint, account bigint
-- one: id bigint, name text
select id, name from account where dataset_id = $1 and id = $2 for no key update;

--- What stands on the account and no fact tells where from becomes one, so that nothing is lost.
-- name: facts_keep
-- params: dataset bigint, account bigint, fields text[]
-- exec
insert into account_fact (dataset_id, account_id, field, source, value, fetched_at)
select dataset_id, account_id, field, source, value, fetched_at from account_fact_untold
where dataset_id = $1 and account_id = $2 and field = any($3);

-- name: facts_put
-- params: dataset bigint, account bigint, source text, user bigint?, fields text[], values text[]
-- exec
insert into account_fact (dataset_id, account_id, field, source, value, user_id, fetched_at)
select $1, $2, u.field, $3, u.value, $4, now()
from unnest($5, $6) u (field, value)
on conflict (dataset_id, account_id, field, source)
do update set value = excluded.value, user_id = excluded.user_id, fetched_at = excluded.fetched_at;

-- name: facts_name_taken
-- params: dataset bigint, account bigint, name text
-- one: found boolean
select exists (select from account a join account o on o.dataset_id = $1 and o.domain is null
                                                   and o.name_lower = lower($3) and o.id <> a.id
                where a.dataset_id = $1 and a.id = $2 and a.domain is null);

-- name: facts_remove
-- params: dataset bigint, account bigint, source text, fields text[]
-- exec
delete from account_fact
where dataset_id = $1 and account_id = $2 and source = $3 and field = any($4);

--- The best value of each field (fact_rank) goes onto the account; where there is none left, nothing.
--- A name from a form gives way to a later form (name_at), one from the domain to any.
-- name: facts_settle
-- params: dataset bigint, account bigint, fields text[]
-- exec
with winner as (
    select distinct on (field) field, source, value, fetched_at
    from account_fact
    where dataset_id = $1 and account_id = $2 and field = any($3)
    order by field, fact_rank(source), fetched_at desc, source
), marked as (
    update account_fact f
    set wins = (w.source = f.source)
    from winner w
    where f.dataset_id = $1 and f.account_id = $2 and f.field = w.field
      and f.wins is distinct from (w.source = f.source)
), best as (
    select coalesce(jsonb_object_agg(field, value), '{}') as v,
           max(case when field <> 'name' then null when source = 'form' then fetched_at
                    when source = 'domain' then '-infinity' else 'infinity' end) as name_at
    from winner
)
update account a
set name = coalesce(v->>'name', a.name),
    name_at = coalesce(best.name_at, a.name_at),
    description = case when 'description' = any($3) then v->>'description' else a.description end,
    industry = case when 'industry' = any($3) then v->>'industry' else a.industry end,
    employees = case when 'employees' = any($3) then substring(v->>'employees' from '^\d{1,9}$')::integer
                     else a.employees end,
    revenue = case when 'revenue' = any($3) then v->>'revenue' else a.revenue end,
    founded = case when 'founded' = any($3) then substring(v->>'founded' from '^\d{1,4}$')::integer
                   else a.founded end,
    legal_type = case when 'legal_type' = any($3) then v->>'legal_type' else a.legal_type end,
    country = case when 'country' = any($3) then v->>'country' else a.country end,
    region = case when 'region' = any($3) then v->>'region' else a.region end,
    city = case when 'city' = any($3) then v->>'city' else a.city end,
    address = case when 'address' = any($3) then v->>'address' else a.address end,
    phone = case when 'phone' = any($3) then v->>'phone' else a.phone end,
    emails = case when 'emails' = any($3) then coalesce(string_to_array(v->>'emails', E'\n'), '{}')
                  else a.emails end,
    email = case when 'emails' = any($3) then split_part(v->>'emails', E'\n', 1) else a.email end,
    website = case when 'website' = any($3) then v->>'website' else a.website end,
    linkedin = case when 'linkedin' = any($3) then v->>'linkedin' else a.linkedin end,
    social = case when 'social' = any($3) then coalesce(string_to_array(v->>'social', E'\n'), '{}')
                  else a.social end,
    technologies = case when 'technologies' = any($3)
                        then coalesce(string_to_array(v->>'technologies', E'\n'), '{}')
                        else a.technologies end,
    logo = case when 'logo' = any($3) then v->>'logo' else a.logo end
from best
where a.dataset_id = $1 and a.id = $2;

-- name: enrich_done
-- params: dataset bigint, account bigint, message text?
-- exec
update account set enriched_at = now(), enrich_message = $3 where dataset_id = $1 and id = $2;

-- name: account_icon_put
-- params: dataset bigint, account bigint, media_type text, bytes bytea
-- exec
insert into account_icon (dataset_id, account_id, media_type, bytes)
values ($1, $2, $3, $4)
on conflict (dataset_id, account_id)
do update set media_type = excluded.media_type, bytes = excluded.bytes, fetched_at = now();

-- name: account_icon_get
-- params: dataset bigint, account bigint
-- one: media_type text, bytes bytea, fetched_at timestamptz
select media_type, bytes, fetched_at from account_icon where dataset_id = $1 and account_id = $2;

--- Cards repeat their account's name, domain and logo; the ledger says where a change came from.
-- name: enrich_cards_update
-- params: dataset bigint, account bigint
-- exec
with changed as (
    update card c
    set title = a.name, domain = a.domain, logo = a.logo
    from account a
    where c.dataset_id = $1 and c.account_id = $2 and a.dataset_id = $1 and a.id = $2
      and (c.title, c.domain, c.logo) is distinct from (a.name, a.domain, a.logo)
    returning c.board_id, c.id
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, detail)
    select $1, id, board_id, 5, 5, '{"source": "site"}' from changed
)
insert into card_change (dataset_id, board_id, card_id) select $1, board_id, id from changed;
