--- What people do to many cards at once, and its undoing (shared/card_operations.h). The stages of the
--- board are held first (card_stages_lock), then the cards by id. More than 200 changed cards are one row
--- of card_change: pages draw themselves anew.
--- user null: an automation, `rule`, of which causes say why, one for each of the cards (or none at all).

--- All stages of the board, so that counts and ranks are decided one operation after the other.
-- name: card_stages_lock
-- params: dataset bigint, board bigint
-- many: id bigint, name text, entry boolean
select id, name, entry from stage where dataset_id = $1 and board_id = $2 order by id for no key update;

-- name: card_title
-- params: dataset bigint, board bigint, card bigint
-- many: title text
select title from card where dataset_id = $1 and board_id = $2 and id = $3;

--- Who may be given cards of a board: members who may see it.
-- name: board_members
-- params: dataset bigint, board bigint, person bigint?
-- many: id bigint, name text
select u.id, u.name
from board b
join dataset d on d.id = b.dataset_id
join membership m on m.workspace_id = d.workspace_id
join app_user u on u.id = m.user_id and u.disabled_at is null
where b.dataset_id = $1 and b.id = $2 and (b.visibility = 2 or b.user_id = u.id)
  and (m.role >= 3 or exists (select from dataset_access a where a.user_id = u.id and a.dataset_id = $1))
  and ($3::bigint is null or u.id = $3)
order by u.name, u.id limit 1000;

--- Behind `after`, before `before`, or, when neither stands in the target, to its top, in the order they have
--- now: by stage, then by place. With a shift all come from one stage and keep the distances they have there,
--- so that a job may take them in any order. Those in the target already stay where they are, unless a place
--- was given. Ranks are numbers between the neighbours', as short as keeps them apart.
-- name: cards_move
-- params: dataset bigint, board bigint, cards bigint[], target bigint, user bigint?, operation bigint,
--   shift numeric?, after bigint?, before bigint?, rule bigint?, causes jsonb[]
-- one: moved integer
with beside as materialized (
    select rank, id, id = $8 as above from card
    where dataset_id = $1 and stage_id = $4 and id in ($8, $9) and id <> all ($3)
    order by id <> $8 limit 1
), held as materialized (
    select id, stage_id, rank, stage_at, stage_by_kind, stage_by from card
    where dataset_id = $1 and board_id = $2 and id = any ($3)
      and (stage_id <> $4 or exists (select from beside))
    order by id for no key update
), edge as materialized (
    select case when above then rank
                else (select c.rank from card c where c.dataset_id = $1 and c.stage_id = $4
                         and c.id <> all ($3) and (c.rank, c.id) < (b.rank, b.id)
                       order by c.rank desc, c.id desc limit 1) end as low,
           case when above then (select c.rank from card c where c.dataset_id = $1 and c.stage_id = $4
                                    and c.id <> all ($3) and (c.rank, c.id) > (b.rank, b.id)
                                  order by c.rank, c.id limit 1)
                else rank end as high
    from beside b
    union all
    select null, (select floor(min(rank)) from card where dataset_id = $1 and stage_id = $4)
    where not exists (select from beside)
), turns as materialized (
    select h.id, h.rank, row_number() over (order by s.position, h.rank, h.id) as i, count(*) over () as n
    from held h join stage s on s.dataset_id = $1 and s.id = h.stage_id
), placed as (
    select t.id, coalesce(t.rank + $7,
               case when e.low is null then coalesce(ceil(e.high), 0) - (t.n - t.i + 1)
                    when e.high is null then floor(e.low) + t.i
                    when e.low = e.high then e.low
                    else round(e.low + (e.high - e.low) * t.i / (t.n + 1),
                               greatest(0, ceil(log(10, (t.n + 1) / (e.high - e.low))))::integer) end) as rank
    from turns t cross join edge e
), moved as (
    update card c set stage_id = $4, rank = p.rank, version = c.version + 1, modified_at = now(),
           stage_at = case when c.stage_id = $4 then c.stage_at else now() end,
           stage_by_kind = case when c.stage_id = $4 then c.stage_by_kind
                                when $5::bigint is null then 4 else 1 end,
           stage_by = case when c.stage_id = $4 then c.stage_by else coalesce($5, $10) end
    from placed p where c.dataset_id = $1 and c.id = p.id
), counted as (
    update stage s set cards = s.cards + d.n
    from (select stage_id, sum(n) as n
          from (select stage_id, -1 as n from held union all select $4, 1 from held) k
          group by stage_id having sum(n) <> 0) d
    where s.dataset_id = $1 and s.id = d.stage_id
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from held having count(*) > 0
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind,
                             actor_id, operation_id, detail)
    select $1, id, $2, 2, stage_id, $4, case when $5::bigint is null then 4 else 1 end, coalesce($5, $10), $6,
           jsonb_build_object('was', jsonb_build_object('rank', rank, 'at', stage_at,
                                                        'by_kind', stage_by_kind, 'by', stage_by))
           || coalesce(k.cause, '{}')
    from held left join unnest($3, $11) k (card, cause) on k.card = held.id
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select $1, $2, id from held where (select count(*) from held) <= 200
    union all
    select $1, $2, null from held having count(*) > 200
)
select count(*)::integer from held;

--- How far a stage's cards have to go to stand above those of the target.
-- name: cards_move_shift
-- params: dataset bigint, from bigint, target bigint
-- one: shift numeric
select floor(coalesce((select min(rank) from card where dataset_id = $1 and stage_id = $3), 0)) - 1
       - ceil(coalesce((select max(rank) from card where dataset_id = $1 and stage_id = $2), 0));

--- Back to where they were, as long as nobody has moved them since (what was undone was not). Those whose
--- stage is gone come to the top of the entry stage.
-- name: cards_unmove
-- params: dataset bigint, board bigint, operation bigint, user bigint?, undo bigint, after bigint,
--   most integer
-- one: undone integer, kept integer, elsewhere integer, last bigint
with step as materialized (
    select card_id, id, from_stage, to_stage, detail -> 'was' as was from card_ledger
    where dataset_id = $1 and board_id = $2 and operation_id = $3 and kind = 2 and card_id > $6
    order by card_id limit $7
), held as materialized (
    select c.id, c.stage_id, t.from_stage, t.was
    from step t join card c on c.dataset_id = $1 and c.board_id = $2 and c.id = t.card_id
    where c.stage_id = t.to_stage
      and not exists (select from card_ledger n where n.dataset_id = $1 and n.card_id = t.card_id
                        and n.id > t.id and n.kind = 2 and n.detail ->> 'undo' is null
                        and not exists (select from card_ledger u
                                        where u.dataset_id = $1 and u.card_id = n.card_id and u.id > n.id
                                          and u.kind = 2 and u.detail ->> 'undo' = n.operation_id::text
                                          and u.detail ->> 'elsewhere' is null))
    order by c.id for no key update of c
), entry as materialized (
    select s.id, (select floor(coalesce(min(rank), 0)) from card
                   where dataset_id = $1 and stage_id = s.id) as top
    from stage s where s.dataset_id = $1 and s.board_id = $2 and s.entry
), placed as materialized (
    select h.id, h.stage_id as was_in, h.was, coalesce(f.id, e.id) as stage_id, f.id is null as lost,
           case when f.id is null
                then e.top - row_number() over (partition by f.id is null
                                                order by (h.was ->> 'rank')::numeric desc, h.id desc)
                else (h.was ->> 'rank')::numeric end as rank
    from held h cross join entry e
    left join stage f on f.dataset_id = $1 and f.board_id = $2 and f.id = h.from_stage
    where f.id is not null or e.id <> h.stage_id
), moved as (
    update card c set stage_id = p.stage_id, rank = p.rank, version = c.version + 1, modified_at = now(),
           stage_at = case when p.lost then now() else (p.was ->> 'at')::timestamptz end,
           stage_by_kind = case when p.lost then 1 else (p.was ->> 'by_kind')::smallint end,
           stage_by = case when p.lost then $4 else (p.was ->> 'by')::bigint end
    from placed p where c.dataset_id = $1 and c.id = p.id
), counted as (
    update stage s set cards = s.cards + d.n
    from (select stage_id, sum(n) as n
          from (select was_in as stage_id, -1 as n from placed
                union all select stage_id, 1 from placed) k
          group by stage_id having sum(n) <> 0) d
    where s.dataset_id = $1 and s.id = d.stage_id
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from placed having count(*) > 0
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind,
                             actor_id, operation_id, detail)
    select $1, id, $2, 2, was_in, stage_id, case when $4::bigint is null then 4 else 1 end, $4, $5,
           jsonb_build_object('undo', $3::text)
           || case when lost then '{"elsewhere": true}' else '{}'::jsonb end
    from placed
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select $1, $2, id from placed where (select count(*) from placed) <= 200
    union all
    select $1, $2, null from placed having count(*) > 200
)
select (select count(*) from placed)::integer,
       ((select count(*) from step) - (select count(*) from placed))::integer,
       (select count(*) from placed where lost)::integer,
       (select case when count(*) = $7 then max(card_id) else 0 end from step);

--- owner null: nobody's.
-- name: cards_assign
-- params: dataset bigint, board bigint, cards bigint[], owner bigint?, user bigint?, operation bigint, rule bigint?,
--   causes jsonb[]
-- one: assigned integer
with held as materialized (
    select id, owner_id from card
    where dataset_id = $1 and board_id = $2 and id = any ($3) and owner_id is distinct from $4
    order by id for no key update
), assigned as (
    update card c set owner_id = $4, version = c.version + 1, modified_at = now()
    from held h where c.dataset_id = $1 and c.id = h.id
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from held having count(*) > 0
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, operation_id,
                             detail)
    select $1, id, $2, 3, case when $5::bigint is null then 4 else 1 end, coalesce($5, $7), $6,
           jsonb_build_object('from', owner_id::text, 'to', $4::text) || coalesce(k.cause, '{}')
    from held left join unnest($3, $8) k (card, cause) on k.card = held.id
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select $1, $2, id from held where (select count(*) from held) <= 200
    union all
    select $1, $2, null from held having count(*) > 200
)
select count(*)::integer from held;

--- To the owner before, as long as nobody has given them to somebody else since.
-- name: cards_unassign
-- params: dataset bigint, board bigint, operation bigint, user bigint?, undo bigint, after bigint,
--   most integer
-- one: undone integer, kept integer, last bigint
with step as materialized (
    select card_id, id, (detail ->> 'from')::bigint as owner_from, (detail ->> 'to')::bigint as owner_to
    from card_ledger
    where dataset_id = $1 and board_id = $2 and operation_id = $3 and kind = 3 and card_id > $6
    order by card_id limit $7
), held as materialized (
    select c.id, c.owner_id, t.owner_from
    from step t join card c on c.dataset_id = $1 and c.board_id = $2 and c.id = t.card_id
    where c.owner_id is not distinct from t.owner_to
      and not exists (select from card_ledger n where n.dataset_id = $1 and n.card_id = t.card_id
                        and n.id > t.id and n.kind = 3 and n.detail ->> 'undo' is null
                        and not exists (select from card_ledger u
                                        where u.dataset_id = $1 and u.card_id = n.card_id and u.id > n.id
                                          and u.kind = 3 and u.detail ->> 'undo' = n.operation_id::text
                                          and u.detail ->> 'elsewhere' is null))
    order by c.id for no key update of c
), assigned as (
    update card c set owner_id = h.owner_from, version = c.version + 1, modified_at = now()
    from held h where c.dataset_id = $1 and c.id = h.id
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from held having count(*) > 0
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, operation_id,
                             detail)
    select $1, id, $2, 3, case when $4::bigint is null then 4 else 1 end, $4, $5,
           jsonb_build_object('from', owner_id::text, 'to', owner_from::text, 'undo', $3::text)
    from held
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select $1, $2, id from held where (select count(*) from held) <= 200
    union all
    select $1, $2, null from held having count(*) > 200
)
select (select count(*) from held)::integer,
       ((select count(*) from step) - (select count(*) from held))::integer,
       (select case when count(*) = $7 then max(card_id) else 0 end from step);

--- The ledger keeps the whole card, so that it can come back as it was. With exclude the account or lead
--- stays away from the board.
-- name: cards_remove
-- params: dataset bigint, board bigint, cards bigint[], exclude boolean, user bigint?, operation bigint, rule bigint?,
--   causes jsonb[]
-- one: removed integer
with held as materialized (
    select c.* from card c
    where c.dataset_id = $1 and c.board_id = $2 and c.id = any ($3)
    order by c.id for update
), barred as (
    insert into card_exclusion (dataset_id, board_id, account_id, lead_id, user_id, operation_id)
    select $1, $2, account_id, lead_id, $5, $6 from held where $4
    on conflict do nothing
), gone as (
    delete from card c using held h where c.dataset_id = $1 and c.id = h.id
), counted as (
    update stage s set cards = s.cards - d.n
    from (select stage_id, count(*) as n from held group by stage_id) d
    where s.dataset_id = $1 and s.id = d.stage_id
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from held having count(*) > 0
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, actor_kind, actor_id,
                             operation_id, detail)
    select $1, h.id, $2, 6, h.stage_id, case when $5::bigint is null then 4 else 1 end, coalesce($5, $7), $6,
           jsonb_build_object('card', to_jsonb(h) - 'title_lower', 'exclude', $4) || coalesce(k.cause, '{}')
    from held h left join unnest($3, $8) k (card, cause) on k.card = h.id
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select $1, $2, id from held where (select count(*) from held) <= 200
    union all
    select $1, $2, null from held having count(*) > 200
)
select count(*)::integer from held;

--- Removed cards come back under their id, to their place, and with their age. Not those whose account or
--- lead is back on the board already, is gone or hidden, or was excluded by somebody else since. What they repeat of
--- the account may be old: refresh them.
-- name: cards_restore
-- params: dataset bigint, board bigint, operation bigint, user bigint?, undo bigint, after bigint,
--   most integer
-- one: undone integer, kept integer, elsewhere integer, last bigint, accounts bigint[], leads bigint[]
with step as materialized (
    select l.card_id, w.*
    from card_ledger l cross join lateral jsonb_populate_record(null::card, l.detail -> 'card') w
    where l.dataset_id = $1 and l.board_id = $2 and l.operation_id = $3 and l.kind = 6 and l.card_id > $6
    order by l.card_id limit $7
), freed as (
    delete from card_exclusion x using step t
    where x.dataset_id = $1 and x.board_id = $2 and x.operation_id = $3
      and (x.account_id = t.account_id or x.lead_id = t.lead_id)
), entry as materialized (
    select s.id, (select floor(coalesce(min(rank), 0)) from card
                   where dataset_id = $1 and stage_id = s.id) as top
    from stage s where s.dataset_id = $1 and s.board_id = $2 and s.entry
), placed as materialized (
    select t.*, coalesce(f.id, e.id) as to_stage, f.id is null as lost,
           case when f.id is null
                then e.top - row_number() over (partition by f.id is null order by t.rank desc, t.id desc)
                else t.rank end as to_rank
    from step t cross join entry e
    left join stage f on f.dataset_id = $1 and f.board_id = $2 and f.id = t.stage_id
    where (exists (select from account a where a.dataset_id = $1 and a.id = t.account_id and not a.hidden)
           or exists (select from lead l where l.dataset_id = $1 and l.id = t.lead_id and not l.hidden
                        and l.account_id is null and l.email is not null))
      and not exists (select from card_exclusion x
                      where x.dataset_id = $1 and x.board_id = $2 and x.operation_id is distinct from $3
                        and (x.account_id = t.account_id or x.lead_id = t.lead_id))
), restored as (
    insert into card (dataset_id, id, board_id, stage_id, rank, account_id, lead_id, version, owner_id,
                      title, domain, logo, contacts, visitors, score, tags, last_activity_at, modified_at,
                      stage_at, stage_by_kind, stage_by, created_at)
    overriding system value
    select $1, id, $2, to_stage, to_rank, account_id, lead_id, version + 1, owner_id, title, domain, logo,
           contacts, visitors, score, tags, last_activity_at, now(),
           case when lost then now() else stage_at end, case when lost then 1 else stage_by_kind end,
           case when lost then $4 else stage_by end, created_at
    from placed order by id
    on conflict do nothing
    returning id, stage_id, account_id, lead_id
), counted as (
    update stage s set cards = s.cards + d.n
    from (select stage_id, count(*) as n from restored group by stage_id) d
    where s.dataset_id = $1 and s.id = d.stage_id
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from restored having count(*) > 0
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, to_stage, actor_kind, actor_id,
                             operation_id, detail)
    select $1, id, $2, 10, stage_id, case when $4::bigint is null then 4 else 1 end, $4, $5,
           jsonb_build_object('undo', $3::text)
    from restored
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select $1, $2, id from restored where (select count(*) from restored) <= 200
    union all
    select $1, $2, null from restored having count(*) > 200
)
select (select count(*) from restored)::integer,
       ((select count(*) from step) - (select count(*) from restored))::integer,
       (select count(*) from restored r join placed p on p.id = r.id where p.lost)::integer,
       (select case when count(*) = $7 then max(card_id) else 0 end from step),
       (select coalesce(array_agg(account_id), '{}') from restored where account_id is not null),
       (select coalesce(array_agg(lead_id), '{}') from restored where lead_id is not null);

--- Those that have been in their stage since before.
-- name: cards_before
-- params: dataset bigint, cards bigint[], before timestamptz
-- many: id bigint
select id from card where dataset_id = $1 and id = any ($2) and stage_at <= $3;

-- name: cards_of_stage_count
-- params: dataset bigint, board bigint, stage bigint, before timestamptz, after bigint
-- one: n bigint
select count(*) from card
where dataset_id = $1 and board_id = $2 and stage_id = $3 and stage_at <= $4 and id > $5;

--- Those of the tags that are still there.
-- name: tag_names
-- params: dataset bigint, tags bigint[]
-- many: id bigint, name text
select id, name from tag where dataset_id = $1 and id = any ($2) order by name_lower limit 100;

-- name: card_titles
-- params: dataset bigint, board bigint, cards bigint[]
-- many: id bigint, title text, stage text
select c.id, c.title, s.name from card c join stage s on s.dataset_id = $1 and s.id = c.stage_id
where c.dataset_id = $1 and c.board_id = $2 and c.id = any ($3)
order by s.position, c.rank, c.id;

--- Who stays away from a board, the latest first, behind an id.
-- name: exclusion_list
-- params: dataset bigint, board bigint, before bigint, most bigint
-- many: id bigint, account bigint?, lead bigint?, name text?, domain text?, who text?, at timestamptz
select x.id, x.account_id, x.lead_id,
       coalesce(a.name, l.email, nullif(concat_ws(' ', l.first_name, l.last_name), '')) as name,
       a.domain, u.name as who, x.at
from card_exclusion x
left join account a on a.dataset_id = $1 and a.id = x.account_id
left join lead l on l.dataset_id = $1 and l.id = x.lead_id
left join app_user u on u.id = x.user_id
where x.dataset_id = $1 and x.board_id = $2 and x.id < $3
order by x.id desc limit $4;

-- name: exclusion_delete
-- params: dataset bigint, board bigint, exclusion bigint
-- many: account bigint?, lead bigint?
delete from card_exclusion where dataset_id = $1 and board_id = $2 and id = $3
returning account_id, lead_id;
