--- Looking back at what an automation would have done (worker/backtest.h). Nothing is written but the result. Own: what
--- the automation itself did then, which does not count. A subject is an account, or -lead.

-- name: backtest_window
-- params: days integer
-- one: since timestamptz, until timestamptz
select now() - make_interval(days => $1), now();

--- ---- what happened ----

-- name: backtest_count
-- params: dataset bigint, since timestamptz, until timestamptz, types smallint[]
-- one: events bigint, asked bigint
select count(*), count(*) filter (where type = any ($4))
from event where dataset_id = $1 and at >= $2 and at < $3;

-- name: backtest_events
-- params: dataset bigint, after timestamptz, after_id bigint, until timestamptz, types smallint[], most integer
-- many: at timestamptz, id bigint, visitor uuid, type smallint, name text?, url text?
select at, id, visitor, type, name, url from event
where dataset_id = $1 and at >= $2 and (at, id) > ($2, $3) and at < $4 and type = any ($5)
order by at, id limit $6;

--- Of a card that was removed the row of its removal knows what it stood for.
-- name: backtest_cards
-- params: dataset bigint, automation bigint, since timestamptz, until timestamptz, trigger jsonb, most integer
-- many: id bigint, at timestamptz, card bigint, subject bigint, depth smallint
select l.id, l.at, l.card_id, s.subject, coalesce(l.detail ->> 'depth', '0')::smallint
from card_ledger l
left join card c on c.dataset_id = $1 and c.id = l.card_id
cross join lateral (
    select coalesce(c.account_id, -c.lead_id, (
        select coalesce((g.detail -> 'card' ->> 'account_id')::bigint, -(g.detail -> 'card' ->> 'lead_id')::bigint)
        from card_ledger g
        where g.dataset_id = $1 and g.card_id = l.card_id and g.kind = 6 and g.detail ? 'card' limit 1)) as subject
) s
where l.dataset_id = $1 and l.at >= $3 and l.at < $4 and s.subject is not null
  and (l.kind in (1, 3) or l.kind = 2 and l.from_stage is distinct from l.to_stage)
  and not coalesce(l.detail ? 'undo', false) and (l.actor_kind <> 4 or l.actor_id <> $2)
  and case $5 ->> 'when'
      when 'stage' then l.kind in (1, 2) and $5 -> 'ids' ? l.to_stage::text
      when 'board' then l.kind = 1 and $5 -> 'ids' ? l.board_id::text
      when 'owner' then l.kind = 3 and l.detail ->> 'to' is not null
                        and ($5 -> 'ids' is null or $5 -> 'ids' ? (l.detail ->> 'to'))
      else false end
order by l.at, l.id limit $6;

--- Tags that are on, and those that were taken off since by what can be undone. people: not those of companies.
-- name: backtest_tags
-- params: dataset bigint, automation bigint, since timestamptz, until timestamptz, tags bigint[], people boolean,
--   most integer
-- many: at timestamptz, subject bigint, tag bigint
select at, subject, tag_id from (
    select at, account_id as subject, tag_id, by_rule from account_tag
    where dataset_id = $1 and tag_id = any ($5) and not $6
    union all
    select at, -lead_id, tag_id, by_rule from lead_tag where dataset_id = $1 and tag_id = any ($5)
    union all
    select at, coalesce(account_id, -lead_id), tag_id, by_rule from tag_removed
    where dataset_id = $1 and tag_id = any ($5) and (lead_id is not null or not $6)
) t
where at >= $3 and at < $4 and by_rule is distinct from $2
order by at, subject, tag_id limit $7;

-- name: backtest_members
-- params: dataset bigint, automation bigint, since timestamptz, until timestamptz, most integer
-- many: id bigint, at timestamptz, subject bigint
select g.id, g.at, case s.subject when 2 then -g.member_id else g.member_id end
from automation a
join segment s on s.dataset_id = $1 and s.id = any (a.segment_ids || (
    select coalesce(array_agg(k.id::bigint), '{}')
    from automation_version v
    cross join lateral jsonb_array_elements_text(v.trigger -> 'ids') k (id)
    where v.dataset_id = $1 and v.automation_id = $2 and v.version = a.version and v.trigger ->> 'when' = 'segment'))
join segment_change g on g.dataset_id = $1 and g.segment_id = s.id and g.entered and g.cause in (1, 2)
where a.dataset_id = $1 and a.id = $2 and g.at >= $3 and g.at < $4
order by g.at, g.id limit $5;

--- ---- how things stood ----

-- name: backtest_stages
-- params: dataset bigint
-- many: id bigint, board bigint, name text, position integer
select id, board_id, name, position from stage where dataset_id = $1 order by id;

--- What became of cards since. own: by the automation itself.
-- name: backtest_ledger
-- params: dataset bigint, automation bigint, since timestamptz, cards bigint[]
-- many: card bigint, at timestamptz, kind smallint, from_stage bigint?, to_stage bigint?, owner_from bigint?,
--   owner_to bigint?, owner_from_name text?, owner_to_name text?, own boolean
select l.card_id, l.at, l.kind, l.from_stage, l.to_stage, o.owner_from, o.owner_to,
       (select name from app_user where id = o.owner_from), (select name from app_user where id = o.owner_to),
       l.actor_kind = 4 and l.actor_id = $2
from card_ledger l
cross join lateral (select case l.kind when 3 then (l.detail ->> 'from')::bigint end as owner_from,
                           case l.kind when 3 then (l.detail ->> 'to')::bigint end as owner_to) o
where l.dataset_id = $1 and l.card_id = any ($4) and l.at >= $3 and l.kind in (1, 2, 3, 6, 10)
order by l.card_id, l.at, l.id;

-- name: backtest_tagged
-- params: dataset bigint, automation bigint, tag bigint, accounts bigint[], leads bigint[]
-- many: subject bigint, at timestamptz
select account_id, at from account_tag
where dataset_id = $1 and account_id = any ($4) and tag_id = $3 and by_rule is distinct from $2
union all
select -lead_id, at from lead_tag
where dataset_id = $1 and lead_id = any ($5) and tag_id = $3 and by_rule is distinct from $2;

-- name: backtest_properties
-- params: dataset bigint, key text, accounts bigint[], leads bigint[]
-- many: subject bigint, value text?, n integer
select id, properties ->> $2, (select count(*) from jsonb_object_keys(properties))::integer
from account where dataset_id = $1 and id = any ($3)
union all
select -id, properties ->> $2, (select count(*) from jsonb_object_keys(properties))::integer
from lead where dataset_id = $1 and id = any ($4);

-- name: backtest_turns
-- params: dataset bigint, automation bigint
-- many: user bigint, turn bigint
select user_id, turn from automation_turn where dataset_id = $1 and automation_id = $2;

-- name: backtest_integration
-- params: dataset bigint, integration bigint
-- one: is_on boolean
select exists (select from integration where dataset_id = $1 and id = $2 and enabled and deleted_at is null);

--- ---- the result ----

-- name: backtest_titles
-- params: dataset bigint, account bigint[], lead bigint[]
-- many: nr bigint, title text?
select k.nr, coalesce(a.name, l.email, nullif(concat_ws(' ', l.first_name, l.last_name), ''))
from unnest($2, $3) with ordinality k (account, lead, nr)
left join account a on a.dataset_id = $1 and a.id = k.account
left join lead l on l.dataset_id = $1 and l.id = k.lead
order by k.nr;

-- name: backtest_result
-- params: dataset bigint, progress bigint, result jsonb
-- exec
update progress set result = $3 where dataset_id = $1 and id = $2 and state = 1;
