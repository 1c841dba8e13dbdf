--- What is not shown (shared/hiding.h).

-- name: hiding_add
-- params: dataset bigint, account bigint?, lead bigint?, domain text?, name text?, label text, user bigint,
--   operation bigint
-- many: id bigint
insert into hiding (dataset_id, account_id, lead_id, domain, name, label, user_id, operation_id)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing returning id;

-- name: hiding_get
-- params: dataset bigint, hiding bigint
-- many: id bigint, account bigint?, lead bigint?, domain text?, name text?, label text
select id, account_id, lead_id, domain, name, label from hiding where dataset_id = $1 and id = $2 for update;

-- name: hiding_of_operation
-- params: dataset bigint, operation bigint
-- many: id bigint
select id from hiding where dataset_id = $1 and operation_id = $2;

-- name: hiding_remove
-- params: dataset bigint, hiding bigint, operation bigint
-- exec
with gone as (
    delete from hiding where dataset_id = $1 and id = $2 returning *
)
update operation o set detail = o.detail || jsonb_build_object('hiding', to_jsonb(gone))
from gone where o.dataset_id = $1 and o.id = $3;

--- What an operation showed again is hidden as it was, unless it was hidden since or is gone.
-- name: hiding_put_back
-- params: dataset bigint, operation bigint
-- many: id bigint
insert into hiding (dataset_id, account_id, lead_id, domain, name, label, user_id, operation_id, at)
select $1, h.account_id, h.lead_id, h.domain, h.name, h.label, h.user_id, h.operation_id, h.at
from operation o cross join lateral jsonb_populate_record(null::hiding, o.detail->'hiding') h
where o.dataset_id = $1 and o.id = $2
  and (h.account_id is null or exists (select from account a where a.dataset_id = $1 and a.id = h.account_id))
  and (h.lead_id is null or exists (select from lead l where l.dataset_id = $1 and l.id = h.lead_id))
on conflict do nothing returning id;

--- The accounts and leads that a row is about. Leads of a company are hidden with it; others by their address.
-- name: hiding_about
-- params: dataset bigint, account bigint?, lead bigint?, domain text?, name text?
-- many: account bigint?, lead bigint?
select id, null::bigint from account
where dataset_id = $1 and (id = $2 or domain = $4 or name_lower = lower($5))
union all
select null, id from lead where dataset_id = $1 and id = $3
union all
select null, id from lead
where $4::text is not null and dataset_id = $1 and account_id is null and email_lower is not null
  and (split_part(email_lower, '@', 2) = $4 or split_part(email_lower, '@', 2) like '%.' || $4);

--- Brings `hidden` of these in line with what is to be hidden; those that changed.
-- name: hiding_settle
-- params: dataset bigint, accounts bigint[], leads bigint[]
-- many: account bigint?, lead bigint?, hidden boolean
with accounts as (
    update account a set hidden = not a.hidden
    from unnest($2) k (id)
    where a.dataset_id = $1 and a.id = k.id
      and a.hidden <> (a.merged_into is not null or exists (
          select from hiding h where h.dataset_id = $1
             and (h.account_id = a.id or h.domain = a.domain or h.name_lower = a.name_lower)))
    returning a.id, a.hidden
), leads as (
    update lead l set hidden = not l.hidden
    from unnest($3) k (id)
    where l.dataset_id = $1 and l.id = k.id
      and l.hidden <> (l.merged_into is not null or exists (
          select from hiding h where h.dataset_id = $1
             and (h.lead_id = l.id or l.account_id is null
                  and (h.domain = split_part(l.email_lower, '@', 2)
                       or split_part(l.email_lower, '@', 2) like '%.' || h.domain))))
    returning l.id, l.hidden
)
select id, null::bigint, hidden from accounts union all select null, id, hidden from leads;

-- name: hiding_list
-- params: dataset bigint, before bigint, most bigint
-- many: id bigint, account bigint?, lead bigint?, domain text?, name text?, label text, user text?,
--   at timestamptz
select h.id, h.account_id, h.lead_id, h.domain, h.name, h.label, u.name as user, h.at
from hiding h left join app_user u on u.id = h.user_id
where h.dataset_id = $1 and h.id < $2 order by h.id desc limit $3;
