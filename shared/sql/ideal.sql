--- The ideal customer profile (shared/ideal.h).

-- name: ideal_get
-- params: dataset bigint
-- one: version integer, filter jsonb, tag bigint?, tag_name text?, user text?, created_at timestamptz,
--   progress bigint?
select p.version, p.filter, p.tag_id, t.name as tag_name, u.name, p.created_at, p.progress_id
from ideal_profile p
left join tag t on t.dataset_id = $1 and t.id = p.tag_id
left join app_user u on u.id = p.user_id
where p.dataset_id = $1 order by p.version desc limit 1;

--- The latest first.
-- name: ideal_versions
-- params: dataset bigint, most bigint
-- many: version integer, filter jsonb, tag_name text?, user text?, created_at timestamptz
select p.version, p.filter, t.name as tag_name, u.name, p.created_at
from ideal_profile p
left join tag t on t.dataset_id = $1 and t.id = p.tag_id
left join app_user u on u.id = p.user_id
where p.dataset_id = $1 order by p.version desc limit $2;

--- One saves, or looks, at a time.
-- name: ideal_lock
-- params: dataset bigint
-- exec
select pg_advisory_xact_lock(hashtextextended('ideal', $1));

--- No row: somebody else saved one since.
-- name: ideal_add
-- params: dataset bigint, base integer, filter jsonb, tag bigint?, user bigint, progress bigint
-- many: version integer
insert into ideal_profile (dataset_id, version, filter, tag_id, user_id, progress_id)
select $1, $2 + 1, $3, $4, $5, $6
where $2 = (select coalesce(max(version), 0) from ideal_profile where dataset_id = $1)
returning version;

--- Notes that companies are to be looked at, where there is a profile that puts a tag on.
-- name: ideal_note
-- params: dataset bigint[], account bigint[]
-- many: dataset bigint
with noted as (
    insert into ideal_due (dataset_id, account_id)
    select k.dataset, k.id from unnest($1, $2) k (dataset, id)
    join lateral (select tag_id from ideal_profile where dataset_id = k.dataset
                  order by version desc limit 1) p on p.tag_id is not null
    returning dataset_id
)
select distinct dataset_id from noted;

--- Each once, in the order of their ids.
-- name: ideal_due_take
-- params: dataset bigint, most bigint
-- one: taken integer, accounts bigint[]
with part as materialized (
    select id from ideal_due where dataset_id = $1 order by id limit $2
), taken as (
    delete from ideal_due where dataset_id = $1 and id in (select id from part) returning account_id
)
select count(*)::integer,
       coalesce(array_agg(distinct account_id order by account_id), '{}') from taken;

--- Of all companies those where the tag is not as it should be. Hidden ones stay as they are.
-- name: ideal_differs
-- params: dataset bigint, matching bigint[], tag bigint?, version integer
-- one: accounts bigint[]
with wanted as materialized (
    select id from unnest($2) m (id) where $3::bigint is not null
)
select coalesce(array_agg(distinct id order by id), '{}') from (
    select w.id from wanted w
    where not exists (select from account_tag t
                      where t.dataset_id = $1 and t.account_id = w.id and t.tag_id = $3)
      and not exists (select from ideal_declined d
                      where d.dataset_id = $1 and d.account_id = w.id and d.version = $4)
    union all
    select t.account_id from account_tag t
    join account a on a.dataset_id = $1 and a.id = t.account_id and not a.hidden
    where t.dataset_id = $1 and t.by_ideal is not null
      and (t.tag_id is distinct from $3
           or not exists (select from wanted w where w.id = t.account_id))
) u (id);

-- name: ideal_put
-- params: dataset bigint, accounts bigint[], tag bigint, version integer
-- many: subject bigint, tag bigint
with subject as materialized (
    select a.id from account a where a.dataset_id = $1 and a.id = any ($2) and not a.hidden
      and not exists (select from ideal_declined d
                      where d.dataset_id = $1 and d.account_id = a.id and d.version = $4)
    order by a.id for key share
), label as materialized (
    select id from tag where dataset_id = $1 and id = $3 for key share
)
insert into account_tag (dataset_id, account_id, tag_id, by_ideal)
select $1, s.id, l.id, $4 from subject s, label l order by s.id
on conflict do nothing
returning account_id, tag_id;

--- Off those of accounts that do not match, and whatever another tag of an earlier version is.
-- name: ideal_drop
-- params: dataset bigint, accounts bigint[], matching bigint[], tag bigint?
-- many: subject bigint, tag bigint
with gone as (
    delete from account_tag t using account a
    where t.dataset_id = $1 and t.account_id = any ($2) and t.by_ideal is not null
      and a.dataset_id = $1 and a.id = t.account_id and not a.hidden
      and (t.tag_id is distinct from $4 or t.account_id <> all ($3))
    returning t.account_id, t.tag_id
)
select account_id, tag_id from gone order by 1, 2;

--- What an earlier version was declined for means nothing any more.
-- name: ideal_declined_trim
-- params: dataset bigint, version integer
-- exec
delete from ideal_declined where dataset_id = $1 and version < $2;

--- Companies that have its tag, and of those the profile put it on.
-- name: ideal_counts
-- params: dataset bigint, tag bigint?
-- one: companies bigint, tagged bigint, by_ideal bigint, declined bigint
select (select count(*) from account where dataset_id = $1 and not hidden),
       (select count(*) from account_tag t join account a on a.dataset_id = $1 and a.id = t.account_id
        where t.dataset_id = $1 and t.tag_id = $2 and not a.hidden),
       (select count(*) from account_tag t join account a on a.dataset_id = $1 and a.id = t.account_id
        where t.dataset_id = $1 and t.by_ideal is not null and not a.hidden),
       (select count(*) from ideal_declined d where d.dataset_id = $1
        and d.version = (select max(version) from ideal_profile where dataset_id = $1));

--- Some that match, for the page.
-- name: ideal_names
-- params: dataset bigint, accounts bigint[]
-- many: id bigint, name text
select id, name from account
where dataset_id = $1 and id = any ($2) order by id desc;

--- Names of custom properties that companies have.
-- name: ideal_properties
-- params: dataset bigint
-- many: name text
select distinct k from (select properties from account where dataset_id = $1 and properties <> '{}'
                        order by id desc limit 1000) a
cross join lateral jsonb_object_keys(a.properties) k order by 1 limit 100;
