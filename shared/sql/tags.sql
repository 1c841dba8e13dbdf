--- Tags of accounts and leads (shared/tagging.h).

-- name: tag_find
-- params: dataset bigint, name text
-- one: id bigint
select id from tag where dataset_id = $1 and name_lower = lower($2);

--- Held until the transaction ends, so that tags of a dataset are counted by one at a time.
-- name: tag_count_lock
-- params: dataset bigint
-- exec
select pg_advisory_xact_lock(hashtextextended('tag', $1));

--- No row: there is one of that name, or there are as many as there may be.
-- name: tag_add
-- params: dataset bigint, name text, most bigint
-- many: id bigint
insert into tag (dataset_id, name)
select $1, $2 where (select count(*) from tag where dataset_id = $1) < $3
on conflict do nothing
returning id;

--- Those that change tags give the rows they changed in order of the subject. Tags and accounts are held,
--- so that neither goes before this is committed. What the ideal customer profile put on is from now on
--- somebody's.
-- name: tag_accounts
-- params: dataset bigint, accounts bigint[], tags bigint[], user bigint?, rule bigint?,
--   operation bigint?
-- many: subject bigint, tag bigint
with subject as materialized (
    select id from account where dataset_id = $1 and id = any ($2) order by id for key share
), label as materialized (
    select id from tag where dataset_id = $1 and id = any ($3) order by id for key share
)
insert into account_tag (dataset_id, account_id, tag_id, by_user, by_rule, operation_id)
select $1, s.id, l.id, $4, $5, $6 from subject s, label l order by s.id, l.id
on conflict (dataset_id, account_id, tag_id) do update
set by_user = excluded.by_user, by_rule = excluded.by_rule, by_ideal = null, at = now(),
    operation_id = excluded.operation_id
where account_tag.by_ideal is not null
returning account_id, tag_id;

-- name: tag_leads
-- params: dataset bigint, leads bigint[], tags bigint[], user bigint?, rule bigint?,
--   operation bigint?
-- many: subject bigint, tag bigint
with subject as materialized (
    select id from lead where dataset_id = $1 and id = any ($2) order by id for key share
), label as materialized (
    select id from tag where dataset_id = $1 and id = any ($3) order by id for key share
)
insert into lead_tag (dataset_id, lead_id, tag_id, by_user, by_rule, operation_id)
select $1, s.id, l.id, $4, $5, $6 from subject s, label l order by s.id, l.id
on conflict do nothing
returning lead_id, tag_id;

--- The ideal customer profile does not put it on again.
-- name: untag_accounts
-- params: dataset bigint, accounts bigint[], tags bigint[], operation bigint
-- many: subject bigint, tag bigint
with gone as (
    delete from account_tag where dataset_id = $1 and account_id = any ($2) and tag_id = any ($3)
    returning *
), kept as (
    insert into tag_removed (dataset_id, operation_id, account_id, tag_id, by_user, by_rule, at,
                             put_operation_id, by_ideal)
    select $1, $4, account_id, tag_id, by_user, by_rule, at, operation_id, by_ideal from gone
), declined as (
    insert into ideal_declined (dataset_id, account_id, version)
    select $1, g.account_id, p.version
    from (select version, tag_id from ideal_profile where dataset_id = $1 order by version desc limit 1) p
    join gone g on g.tag_id = p.tag_id order by g.account_id
    on conflict (dataset_id, account_id) do update set version = excluded.version
)
select account_id, tag_id from gone order by 1, 2;

-- name: untag_leads
-- params: dataset bigint, leads bigint[], tags bigint[], operation bigint
-- many: subject bigint, tag bigint
with gone as (
    delete from lead_tag where dataset_id = $1 and lead_id = any ($2) and tag_id = any ($3)
    returning *
), kept as (
    insert into tag_removed (dataset_id, operation_id, lead_id, tag_id, by_user, by_rule, at,
                             put_operation_id)
    select $1, $4, lead_id, tag_id, by_user, by_rule, at, operation_id from gone
)
select lead_id, tag_id from gone order by 1, 2;

--- Undo, some accounts or leads at a time, behind the last one.
-- name: tag_undo_accounts
-- params: dataset bigint, operation bigint, after bigint, most bigint
-- many: subject bigint, tag bigint
with part as materialized (
    select distinct account_id from account_tag
    where dataset_id = $1 and operation_id = $2 and account_id > $3 order by account_id limit $4
), gone as (
    delete from account_tag
    where dataset_id = $1 and operation_id = $2 and account_id in (select account_id from part)
    returning account_id, tag_id
)
select account_id, tag_id from gone order by 1, 2;

-- name: tag_undo_leads
-- params: dataset bigint, operation bigint, after bigint, most bigint
-- many: subject bigint, tag bigint
with part as materialized (
    select distinct lead_id from lead_tag
    where dataset_id = $1 and operation_id = $2 and lead_id > $3 order by lead_id limit $4
), gone as (
    delete from lead_tag
    where dataset_id = $1 and operation_id = $2 and lead_id in (select lead_id from part)
    returning lead_id, tag_id
)
select lead_id, tag_id from gone order by 1, 2;

--- last: the highest id that was looked at, 0 when there was none.
-- name: untag_undo_accounts
-- params: dataset bigint, operation bigint, after bigint, most bigint
-- one: last bigint, subjects bigint[], tags bigint[]
with part as materialized (
    select distinct account_id from tag_removed
    where dataset_id = $1 and operation_id = $2 and account_id > $3 order by account_id limit $4
), held as materialized (
    select id from account where dataset_id = $1 and id in (select account_id from part)
    order by id for key share
), back as (
    insert into account_tag (dataset_id, account_id, tag_id, by_user, by_rule, at, operation_id,
                             by_ideal)
    select $1, r.account_id, r.tag_id, r.by_user, r.by_rule, r.at, r.put_operation_id, r.by_ideal
    from tag_removed r join held h on h.id = r.account_id
    where r.dataset_id = $1 and r.operation_id = $2
    order by r.account_id, r.tag_id
    on conflict do nothing
    returning account_id, tag_id
), accepted as (
    delete from ideal_declined d using back, ideal_profile p
    where d.dataset_id = $1 and d.account_id = back.account_id
      and p.dataset_id = $1 and p.version = d.version and p.tag_id = back.tag_id
)
select coalesce((select max(account_id) from part), 0),
       coalesce((select array_agg(account_id order by account_id, tag_id) from back), '{}'),
       coalesce((select array_agg(tag_id order by account_id, tag_id) from back), '{}');

--- last: the highest id that was looked at, 0 when there was none.
-- name: untag_undo_leads
-- params: dataset bigint, operation bigint, after bigint, most bigint
-- one: last bigint, subjects bigint[], tags bigint[]
with part as materialized (
    select distinct lead_id from tag_removed
    where dataset_id = $1 and operation_id = $2 and lead_id > $3 order by lead_id limit $4
), held as materialized (
    select id from lead where dataset_id = $1 and id in (select lead_id from part)
    order by id for key share
), back as (
    insert into lead_tag (dataset_id, lead_id, tag_id, by_user, by_rule, at, operation_id)
    select $1, r.lead_id, r.tag_id, r.by_user, r.by_rule, r.at, r.put_operation_id
    from tag_removed r join held h on h.id = r.lead_id
    where r.dataset_id = $1 and r.operation_id = $2
    order by r.lead_id, r.tag_id
    on conflict do nothing
    returning lead_id, tag_id
)
select coalesce((select max(lead_id) from part), 0),
       coalesce((select array_agg(lead_id order by lead_id, tag_id) from back), '{}'),
       coalesce((select array_agg(tag_id order by lead_id, tag_id) from back), '{}');

-- name: tag_card_subjects
-- params: dataset bigint, board bigint, cards bigint[]
-- many: account bigint?, lead bigint?
select account_id, lead_id from card
where dataset_id = $1 and board_id = $2 and id = any ($3);

--- The cards of accounts whose tags have changed, and of those whose leads' have, learn it: they were
--- modified now, and the ledger says what was put on or taken off (kind), by whom. The answer is what
--- they stand for.
--- detail: what else the ledger shall say.
-- name: tag_tell_accounts
-- params: dataset bigint, accounts bigint[], tags bigint[], kind smallint, actor_kind smallint,
--   actor bigint?, operation bigint?, detail jsonb?, causes jsonb[]
-- many: account bigint
with row as materialized (
    select k.account, k.cause, t.name from unnest($2, $3, $9) k (account, tag, cause)
    join tag t on t.dataset_id = $1 and t.id = k.tag
), held as materialized (
    select id, board_id, account_id from card
    where dataset_id = $1 and account_id in (select account from row)
    order by id for no key update
), touched as (
    update card set modified_at = now() where dataset_id = $1 and id in (select id from held)
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, operation_id,
                             detail)
    select $1, h.id, h.board_id, $4, $5, $6, $7,
           jsonb_build_object('tag', row.name) || coalesce($8, '{}') || coalesce(row.cause, '{}')
    from held h join row on row.account = h.account_id
)
select distinct account_id from held;

-- name: tag_tell_leads
-- params: dataset bigint, leads bigint[], tags bigint[], kind smallint, actor_kind smallint,
--   actor bigint?, operation bigint?, causes jsonb[]
-- many: account bigint?, lead bigint?
with row as materialized (
    select k.cause, l.id as lead, l.account_id as account, t.name,
           coalesce(l.email, nullif(concat_ws(' ', l.first_name, l.last_name), ''), 'Lead ' || l.id)
               as title
    from unnest($2, $3, $8) k (lead, tag, cause)
    join lead l on l.dataset_id = $1 and l.id = k.lead
    join tag t on t.dataset_id = $1 and t.id = k.tag
), held as materialized (
    select id, board_id, account_id, lead_id from card
    where dataset_id = $1
      and (account_id in (select account from row) or lead_id in (select lead from row))
    order by account_id is null, id for no key update
), touched as (
    update card set modified_at = now() where dataset_id = $1 and id in (select id from held)
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, operation_id,
                             detail)
    select $1, h.id, h.board_id, $4, $5, $6, $7, jsonb_build_object('tag', row.name) || coalesce(row.cause, '{}')
    from held h join row on row.lead = h.lead_id
    union all
    select $1, h.id, h.board_id, $4, $5, $6, $7,
           jsonb_build_object('tag', row.name)
           || case count(*) when 1 then jsonb_build_object('lead', min(row.title))
                            else jsonb_build_object('leads', count(*)) end
           || coalesce((array_agg(row.cause order by row.lead))[1], '{}')
    from held h join row on row.account = h.account_id
    group by h.id, h.board_id, row.name
)
select distinct account_id, lead_id from held;

--- What has a card and shows the tag, at most so many of each.
-- name: tag_bearers
-- params: dataset bigint, tag bigint, most bigint
-- one: accounts bigint[], leads bigint[]
select array(select distinct u.account_id
             from (select account_id from account_tag where dataset_id = $1 and tag_id = $2
                   union all
                   select l.account_id from lead_tag g
                   join lead l on l.dataset_id = $1 and l.id = g.lead_id
                   where g.dataset_id = $1 and g.tag_id = $2 and l.account_id is not null) u
             where exists (select from card c where c.dataset_id = $1 and c.account_id = u.account_id)
             limit $3),
       array(select g.lead_id from lead_tag g
             where g.dataset_id = $1 and g.tag_id = $2
               and exists (select from card c where c.dataset_id = $1 and c.lead_id = g.lead_id)
             limit $3);

-- name: tag_boards
-- params: dataset bigint
-- many: id bigint
select id from board where dataset_id = $1 and deleted_at is null and setup_step = 0 order by id;

-- name: tag_rename
-- params: dataset bigint, tag bigint, name text
-- exec
update tag set name = $3 where dataset_id = $1 and id = $2;

-- name: tag_delete
-- params: dataset bigint, tag bigint
-- exec
delete from tag where dataset_id = $1 and id = $2;

--- Segments, and current versions of automations, that ask for the tag by its name, and how they write it.
-- name: tag_segments
-- params: dataset bigint, tag bigint
-- many: id bigint, name text, shared boolean, user_id bigint?, filter jsonb, written text[]
select s.id, s.name, s.shared, s.user_id, s.filter, w.written
from tag t
join segment s on s.dataset_id = $1
cross join lateral (
    select array_agg(distinct v #>> '{}') as written
    from jsonb_path_query(s.filter, 'strict $.** ? (@.field like_regex "^(account_|lead_)?tag$").values[*]') v
    where lower(btrim(v #>> '{}')) = t.name_lower
) w
where t.dataset_id = $1 and t.id = $2 and w.written is not null
order by s.name, s.id;

-- name: tag_automations
-- params: dataset bigint, tag bigint
-- many: id bigint, version integer, trigger jsonb, actions jsonb, written text[]
select a.id, a.version, v.trigger, v.actions, w.written
from tag t
join automation a on a.dataset_id = $1 and a.deleted_at is null
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
cross join lateral (
    select array_agg(distinct x #>> '{}') as written
    from jsonb_path_query(v.trigger, 'strict $.filter.** ? (@.field like_regex "^(account_|lead_)?tag$").values[*]') x
    where lower(btrim(x #>> '{}')) = t.name_lower
) w
where t.dataset_id = $1 and t.id = $2 and w.written is not null
order by a.id;

-- name: tag_automation_save
-- params: dataset bigint, automation bigint, version integer, trigger jsonb
-- exec
update automation_version set trigger = $4 where dataset_id = $1 and automation_id = $2 and version = $3;

-- name: tag_segment_save
-- params: dataset bigint, segment bigint, filter jsonb
-- exec
update segment set filter = $3, updated_at = now() where dataset_id = $1 and id = $2;

--- on: how many of these cards stand for what has the tag itself.
-- name: tag_choices
-- params: dataset bigint, text text?, cards bigint[]
-- many: id bigint, name text, on bigint
select t.id, t.name,
       (select count(*) from card c
        where c.dataset_id = $1 and c.id = any ($3)
          and (exists (select from account_tag g where g.dataset_id = $1
                       and g.account_id = c.account_id and g.tag_id = t.id)
               or exists (select from lead_tag g where g.dataset_id = $1
                          and g.lead_id = c.lead_id and g.tag_id = t.id)))
from tag t
where t.dataset_id = $1 and ($2::text is null or strpos(t.name_lower, lower($2)) > 0)
order by t.name_lower;

-- name: tag_list
-- params: dataset bigint
-- many: id bigint, name text
select id, name from tag where dataset_id = $1 order by name_lower;

--- How many have the tag themselves, and how many cards of any board show it. tag: of that one alone.
-- name: tag_counts
-- params: dataset bigint, tag bigint?
-- many: id bigint, name text, accounts bigint, leads bigint, cards bigint
with on_accounts as (
    select tag_id, count(*) as n from account_tag
    where dataset_id = $1 and ($2::bigint is null or tag_id = $2) group by tag_id
), on_leads as (
    select tag_id, count(*) as n from lead_tag
    where dataset_id = $1 and ($2::bigint is null or tag_id = $2) group by tag_id
), on_cards as (
    select u.tag_id, count(*) as n
    from card c cross join lateral unnest(c.tag_ids) u (tag_id)
    where c.dataset_id = $1 and c.tag_ids <> '{}' group by u.tag_id
)
select t.id, t.name, coalesce(a.n, 0), coalesce(l.n, 0), coalesce(c.n, 0)
from tag t
left join on_accounts a on a.tag_id = t.id
left join on_leads l on l.tag_id = t.id
left join on_cards c on c.tag_id = t.id
where t.dataset_id = $1 and ($2::bigint is null or t.id = $2) order by t.name_lower;

--- Where a tag comes from: the person who put it on, the rule, or the version of the ideal customer profile;
--- none of them: an import.
-- name: tags_of_account
-- params: dataset bigint, account bigint
-- many: id bigint, name text, at timestamptz, user text?, rule bigint?, rule_name text?, ideal integer?,
--   operation bigint?, operation_n integer?
select t.id, t.name, g.at, (select name from app_user where id = g.by_user) as user, g.by_rule,
       (select name from automation where dataset_id = $1 and id = g.by_rule) as rule_name, g.by_ideal, g.operation_id,
       (select n from operation where dataset_id = $1 and id = g.operation_id) as operation_n
from account_tag g join tag t on t.dataset_id = $1 and t.id = g.tag_id
where g.dataset_id = $1 and g.account_id = $2 order by t.name_lower;

--- Its own, and those of its account that it does not have itself.
-- name: tags_of_lead
-- params: dataset bigint, lead bigint
-- many: id bigint, name text, at timestamptz, user text?, rule bigint?, rule_name text?, ideal integer?,
--   operation bigint?, operation_n integer?, account bigint?, account_name text?
select t.id, t.name, g.at, (select name from app_user where id = g.by_user) as user, g.by_rule,
       (select name from automation where dataset_id = $1 and id = g.by_rule) as rule_name, g.by_ideal, g.operation_id,
       (select n from operation where dataset_id = $1 and id = g.operation_id) as operation_n,
       g.account_id, a.name as account_name
from (select tag_id, at, by_user, by_rule, null::integer as by_ideal, operation_id,
             null::bigint as account_id
      from lead_tag where dataset_id = $1 and lead_id = $2
      union all
      select g.tag_id, g.at, g.by_user, g.by_rule, g.by_ideal, g.operation_id, g.account_id
      from lead l join account_tag g on g.dataset_id = $1 and g.account_id = l.account_id
      where l.dataset_id = $1 and l.id = $2
        and not exists (select from lead_tag o
                        where o.dataset_id = $1 and o.lead_id = $2 and o.tag_id = g.tag_id)) g
join tag t on t.dataset_id = $1 and t.id = g.tag_id
left join account a on a.dataset_id = $1 and a.id = g.account_id
order by g.account_id is not null, t.name_lower;

-- name: tag_get
-- params: dataset bigint, tag bigint
-- one: id bigint, name text
select id, name from tag where dataset_id = $1 and id = $2;

-- name: account_name
-- params: dataset bigint, account bigint
-- one: name text
select name from account where dataset_id = $1 and id = $2;

-- name: lead_name
-- params: dataset bigint, lead bigint
-- one: email text?, first_name text?, last_name text?
select email, first_name, last_name from lead where dataset_id = $1 and id = $2;
