--- What is known of an account, by source; the enrichment engine and people write it.

-- name: enrich_account_get
-- params: dataset bigint, account bigint
-- one: domain text?, named boolean
select domain, name_at > '-infinity' as named -- by a form or something better
from account where dataset_id = $1 and id = $2;

-- name: account_facts_put
-- params: dataset bigint, account bigint, source text, fields text[], values text[]
-- exec
insert into account_fact (dataset_id, account_id, field, source, value, fetched_at)
select $1, $2, u.field, $3, u.value, now()
from unnest($4, $5) u(field, value)
on conflict (dataset_id, account_id, field, source)
do update set value = excluded.value, fetched_at = excluded.fetched_at;

--- The winner of each field goes onto the account: a person's word first, then what the company's people
--- typed, then its site, then the rest; the younger of equals.
-- name: account_facts_settle
-- params: dataset bigint, account bigint
-- exec
with winner as (
    select distinct on (field) field, source, value
    from account_fact
    where dataset_id = $1 and account_id = $2
    order by field,
             array_position(array['hand', 'form', 'site'], source) nulls last,
             fetched_at desc
), marked as (
    update account_fact f
    set wins = (w.source = f.source)
    from winner w
    where f.dataset_id = $1 and f.account_id = $2 and f.field = w.field
      and f.wins is distinct from (w.source = f.source)
), row as (
    select max(value) filter (where field = 'name') as name,
           max(value) filter (where field = 'description') as description,
           max(value) filter (where field = 'website') as website,
           max(value) filter (where field = 'logo') as logo
    from winner
)
update account a
set name = coalesce(row.name, a.name),
    name_at = case when row.name is null then a.name_at else 'infinity' end, -- no form changes it any more
    description = coalesce(row.description, a.description),
    website = coalesce(row.website, a.website),
    logo = coalesce(row.logo, a.logo)
from row
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
