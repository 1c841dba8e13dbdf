-- What a company's own people typed as its name last, in forms; not those whom the team linked to it.
create function account_form_name(p_dataset bigint, p_account bigint)
returns table (company text, at timestamptz) language sql stable as $$
    select l.company, to_timestamp(0) + (l.stamps->>'company')::bigint * interval '1 microsecond'
    from lead l
    where l.dataset_id = p_dataset and l.account_id = p_account and l.stamps ? 'company' and not l.linked
    order by (l.stamps->>'company')::bigint desc, l.company collate "C" desc limit 1
$$;

-- As before (0019), but a name that a form gave after the first fact about the name is told too.
create or replace view account_fact_untold with (security_invoker = true) as
select a.dataset_id, a.id as account_id, k.field,
       case when k.field <> 'name' then 'earlier' when a.name = a.domain then 'domain'
            when isfinite(a.name_at) then 'form' else 'earlier' end as source,
       to_jsonb(a)->>k.field as value,
       case when k.field = 'name' and isfinite(a.name_at) then a.name_at else a.created_at end as fetched_at
from account a
cross join unnest(array['name', 'description', 'industry', 'employees', 'revenue', 'founded', 'legal_type',
                        'country', 'region', 'city', 'address', 'phone', 'website', 'linkedin',
                        'logo']) k (field)
where to_jsonb(a)->>k.field is not null
  and not exists (select from account_fact f where f.dataset_id = a.dataset_id and f.account_id = a.id
                    and f.field = k.field
                    and (k.field <> 'name' or not isfinite(a.name_at) or f.source = 'form' and f.value = a.name))
  and not exists (select from account m
                  join account_fact f on f.dataset_id = m.dataset_id and f.account_id = m.id and f.field = k.field
                  where m.dataset_id = a.dataset_id and m.merged_into = a.id
                    and f.value = to_jsonb(a)->>k.field);
