--- Boards, their stages, and the cards as the board page shows them. Every statement names the dataset
--- and checks that the user may see the board: visibility 2 is everyone's, 1 only its owner's.

-- name: board_list
-- params: dataset bigint, user bigint
-- many: id bigint, name text, visibility smallint, mine boolean, setup_step smallint, fixed_flow boolean,
--   stages bigint, cards bigint, created_at timestamptz
select b.id, b.name, b.visibility, b.user_id = $2, b.setup_step, b.fixed_flow,
       coalesce(s.stages, 0), coalesce(s.cards, 0), b.created_at
from board b
left join lateral (select count(*) stages, sum(cards)::bigint cards from stage
                    where dataset_id = $1 and board_id = b.id) s on true
where b.dataset_id = $1 and b.deleted_at is null and (b.visibility = 2 or b.user_id = $2)
order by b.name, b.id;

--- The stages of all boards in the list, for its small funnels.
-- name: board_list_stages
-- params: dataset bigint
-- many: board_id bigint, name text, cards integer
select board_id, name, cards from stage where dataset_id = $1 order by board_id, position;

--- since: every change of a transaction below it is already seen by whoever reads after this. folded, query:
--- the stages that this user has folded away, and how the user looked at the board last.
-- name: board_get
-- params: dataset bigint, board bigint, user bigint
-- one: id bigint, name text, user_id bigint, visibility smallint, segment_id bigint?, segment text?,
--   fixed_flow boolean, setup_step smallint, created_at timestamptz, since xid8, folded bigint[],
--   query text
select b.id, b.name, b.user_id, b.visibility, b.segment_id, g.name as segment, b.fixed_flow, b.setup_step,
       b.created_at, pg_snapshot_xmin(pg_current_snapshot()), coalesce(p.folded, '{}'), coalesce(p.query, '')
from board b left join segment g on g.dataset_id = $1 and g.id = b.segment_id
left join board_person p on p.dataset_id = $1 and p.board_id = $2 and p.user_id = $3
where b.dataset_id = $1 and b.id = $2 and b.deleted_at is null and (b.visibility = 2 or b.user_id = $3);

--- For the switch in the board's title.
-- name: board_names
-- params: dataset bigint, user bigint
-- many: id bigint, name text
select id, name from board
where dataset_id = $1 and deleted_at is null and (visibility = 2 or user_id = $2)
order by name, id limit 200;

-- name: board_unfinished
-- params: dataset bigint, user bigint
-- many: id bigint, name text, setup_step smallint
select id, name, setup_step from board
where dataset_id = $1 and user_id = $2 and setup_step <> 0 and deleted_at is null
order by created_at desc limit 5;

-- name: board_segments
-- params: dataset bigint, user bigint
-- many: id bigint, name text
select id, name from segment where dataset_id = $1 and (shared or user_id = $2)
order by user_id nulls first, name, id limit 500;

-- name: board_add
-- params: dataset bigint, name text, user bigint, visibility smallint, segment bigint?,
--   fixed_flow boolean
-- one: id bigint
insert into board (dataset_id, name, user_id, visibility, segment_id, fixed_flow)
values ($1, $2, $3, $4, (select id from segment where dataset_id = $1 and id = $5
                          and (shared or user_id = $3)), $6)
returning id;

-- name: board_change
-- params: dataset bigint, board bigint, user bigint, name text, visibility smallint, segment bigint?,
--   fixed_flow boolean
-- exec
update board set name = $4, visibility = case when user_id = $3 then $5 else visibility end,
       segment_id = (select id from segment where dataset_id = $1 and id = $6
                      and (shared or user_id = $3 or id = board.segment_id)), fixed_flow = $7
where dataset_id = $1 and id = $2 and deleted_at is null and (visibility = 2 or user_id = $3);

--- The wizard only goes forward; a board that is ready stays so.
-- name: board_step
-- params: dataset bigint, board bigint, step smallint
-- exec
update board set setup_step = $3 where dataset_id = $1 and id = $2 and setup_step <> 0;

-- name: board_delete
-- params: dataset bigint, board bigint, user bigint
-- exec
update board set deleted_at = now()
where dataset_id = $1 and id = $2 and deleted_at is null and (visibility = 2 or user_id = $3);

--- Nobody adds or moves a card while the board goes.
-- name: board_lock_stages
-- params: dataset bigint, board bigint
-- exec
select from stage where dataset_id = $1 and board_id = $2 order by id for no key update;

--- The cards of a deleted board go; what happened to them stays in the ledger.
-- name: board_delete_cards
-- params: dataset bigint, board bigint
-- exec
delete from card where dataset_id = $1 and board_id = $2;

-- name: board_delete_counts
-- params: dataset bigint, board bigint
-- exec
update stage set cards = 0 where dataset_id = $1 and board_id = $2;

-- name: stage_list
-- params: dataset bigint, board bigint
-- many: id bigint, position integer, name text, entry boolean, final boolean, sort smallint,
--   sort_ascending boolean, cards integer, wip_limit integer?, age_limit_days integer?
select id, position, name, entry, final, sort, sort_ascending, cards, wip_limit, age_limit_days
from stage
where dataset_id = $1 and board_id = $2 order by position;

-- name: stage_add
-- params: dataset bigint, board bigint, names text[]
-- exec
with last as (
    select coalesce(max(position), 0) as position, count(*) as n from stage
    where dataset_id = $1 and board_id = $2
)
insert into stage (dataset_id, board_id, position, name, entry)
select $1, $2, last.position + t.nr, t.name, last.n = 0 and t.nr = 1
from last, unnest($3::text[]) with ordinality t(name, nr)
where last.n + t.nr <= 30;

--- The stages of a copy, from the left. A limit of 0 is none.
-- name: stage_copy
-- params: dataset bigint, board bigint, names text[], entries boolean[], sorts smallint[],
--   ascending boolean[], wip_limits integer[], age_limits integer[]
-- exec
insert into stage (dataset_id, board_id, position, name, entry, final, sort, sort_ascending, wip_limit,
                   age_limit_days)
select $1, $2, nr, name, entry, nr = count(*) over (), sort, ascending, nullif(wip_limit, 0),
       nullif(age_limit, 0)
from unnest($3::text[], $4::boolean[], $5::smallint[], $6::boolean[], $7::integer[], $8::integer[])
     with ordinality t(name, entry, sort, ascending, wip_limit, age_limit, nr);

--- Names, order and the entry stage in one go; the last stage is the final one.
-- name: stage_save_clear_entry
-- params: dataset bigint, board bigint, entry bigint
-- exec
update stage set entry = false where dataset_id = $1 and board_id = $2 and entry and id <> $3;

--- A limit of 0 is none.
-- name: stage_save
-- params: dataset bigint, board bigint, ids bigint[], names text[], entry bigint, wip_limits integer[],
--   age_limits integer[]
-- exec
update stage s set position = t.nr, name = t.name, entry = s.id = $5,
       final = t.nr = (select count(*) from unnest($3::bigint[])), wip_limit = nullif(t.wip_limit, 0),
       age_limit_days = nullif(t.age_limit, 0)
from unnest($3::bigint[], $4::text[], $6::integer[], $7::integer[])
     with ordinality t(id, name, wip_limit, age_limit, nr)
where s.dataset_id = $1 and s.board_id = $2 and s.id = t.id;

--- Locks what moving all cards of a stage away needs, in the order every mover uses: stages by id.
-- name: stage_delete_lock
-- params: dataset bigint, board bigint, stage bigint, target bigint
-- many: id bigint, cards integer
select id, cards from stage where dataset_id = $1 and board_id = $2 and id in ($3, $4)
order by id for no key update;

--- The cards keep their order and follow those that are there already.
-- name: stage_delete_move
-- params: dataset bigint, board bigint, stage bigint, target bigint, user bigint
-- one: cards bigint
with last as (
    select coalesce(ceil(max(rank)), 0) as rank from card where dataset_id = $1 and stage_id = $4
), place as (
    select id, row_number() over (order by rank, id) as nr from card
    where dataset_id = $1 and stage_id = $3
), moved as (
    update card c set stage_id = $4, rank = last.rank + place.nr, version = version + 1,
           modified_at = now(), stage_at = now(), stage_by_kind = 1, stage_by = $5
    from last, place
    where c.dataset_id = $1 and c.id = place.id and c.stage_id = $3
    returning c.id
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from moved having count(*) > 0
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind,
                             actor_id, detail)
    select $1, id, $2, 2, $3, $4, 1, $5,
           jsonb_build_object('stage_deleted', (select name from stage where dataset_id = $1 and id = $3))
    from moved
), counted as (
    update stage set cards = cards + (select count(*) from moved) where dataset_id = $1 and id = $4
)
select count(*) from moved;

-- name: stage_delete
-- params: dataset bigint, board bigint, stage bigint
-- exec
delete from stage where dataset_id = $1 and board_id = $2 and id = $3
   and not exists (select from card where dataset_id = $1 and stage_id = $3)
   and (select count(*) from stage where dataset_id = $1 and board_id = $2) > 1;

--- After a deletion: positions without gaps, the last one final, and always one entry stage.
-- name: stage_settle
-- params: dataset bigint, board bigint
-- exec
update stage s set position = t.nr, final = t.nr = t.n,
       entry = case when t.entries = 0 then t.nr = 1 else s.entry end
from (select id, row_number() over (order by position) as nr, count(*) over () as n,
             count(*) filter (where entry) over () as entries
      from stage where dataset_id = $1 and board_id = $2) t
where s.dataset_id = $1 and s.id = t.id;

-- name: stage_sort
-- params: dataset bigint, board bigint, stage bigint, sort smallint, ascending boolean
-- exec
update stage set sort = $4, sort_ascending = $5 where dataset_id = $1 and board_id = $2 and id = $3;

--- Folds a stage away for one user, or unfolds it.
-- name: stage_fold
-- params: dataset bigint, board bigint, stage bigint, user bigint, folded boolean
-- exec
insert into board_person (dataset_id, board_id, user_id, folded)
select $1, $2, $4, case when $5 then array[id] else '{}' end from stage
where dataset_id = $1 and board_id = $2 and id = $3
on conflict (dataset_id, board_id, user_id) do update
set folded = array(select id from stage s
                   where s.dataset_id = $1 and s.board_id = $2
                     and case when s.id = $3 then $5 else s.id = any (board_person.folded) end);

--- How this user looks at the board, for the next time.
-- name: board_remember
-- params: dataset bigint, board bigint, user bigint, query text
-- exec
insert into board_person (dataset_id, board_id, user_id, query)
select $1, id, $3, $4 from board where dataset_id = $1 and id = $2
on conflict (dataset_id, board_id, user_id) do update set query = excluded.query;

--- Open boards draw themselves anew.
-- name: board_changed
-- params: dataset bigint, board bigint
-- exec
insert into card_change (dataset_id, board_id) values ($1, $2);

--- The first cards of every stage that the user has not folded away, in the stage's own order. Only the
--- branch of that order runs (the others end at a one-time filter), and each is a range of one index. The
--- limit, CARDS_PER_STAGE of fcgi/card_draw.h, is written out: of a parameter the planner expects a tenth of
--- the stage, and would plan anew each time for a large one.
-- name: board_cards
-- params: dataset bigint, board bigint, user bigint
-- many: id bigint, stage_id bigint, version integer, title text, domain text?, logo text?,
--   contacts integer, visitors integer, score smallint, tags jsonb, owner_id bigint?,
--   last_activity_at timestamptz?, modified_at timestamptz, stage_at timestamptz,
--   stage_by_kind smallint, stage_by bigint?, came_in boolean, rank numeric
select c.id, c.stage_id, c.version, c.title, c.domain, c.logo, c.contacts, c.visitors, c.score, c.tags,
       c.owner_id, c.last_activity_at, c.modified_at, c.stage_at, c.stage_by_kind, c.stage_by,
       c.stage_at = c.created_at, c.rank
from stage s, lateral (
    (select * from card where s.sort = 0 and dataset_id = $1 and stage_id = s.id
      order by rank, id limit 100)
    union all
    (select * from card where s.sort = 1 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by coalesce(last_activity_at, '-infinity') desc, id desc limit 100)
    union all
    (select * from card where s.sort = 1 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by coalesce(last_activity_at, '-infinity'), id limit 100)
    union all
    (select * from card where s.sort = 2 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by modified_at desc, id desc limit 100)
    union all
    (select * from card where s.sort = 2 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by modified_at, id limit 100)
    union all
    (select * from card where s.sort = 3 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by score desc, id desc limit 100)
    union all
    (select * from card where s.sort = 3 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by score, id limit 100)
    union all
    (select * from card where s.sort = 4 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by stage_at desc, id desc limit 100)
    union all
    (select * from card where s.sort = 4 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
      order by stage_at, id limit 100)) c
where s.dataset_id = $1 and s.board_id = $2
  and not exists (select from board_person p
                  where p.dataset_id = $1 and p.board_id = $2 and p.user_id = $3 and s.id = any (p.folded));

--- These cards, in the order in which they are named: what was found by a filter.
-- name: board_cards_named
-- params: dataset bigint, board bigint, cards bigint[]
-- many: id bigint, stage_id bigint, version integer, title text, domain text?, logo text?,
--   contacts integer, visitors integer, score smallint, tags jsonb, owner_id bigint?,
--   last_activity_at timestamptz?, modified_at timestamptz, stage_at timestamptz,
--   stage_by_kind smallint, stage_by bigint?, came_in boolean, rank numeric
select c.id, c.stage_id, c.version, c.title, c.domain, c.logo, c.contacts, c.visitors, c.score, c.tags,
       c.owner_id, c.last_activity_at, c.modified_at, c.stage_at, c.stage_by_kind, c.stage_by,
       c.stage_at = c.created_at, c.rank
from unnest($3) with ordinality u (id, nr)
join card c on c.dataset_id = $1 and c.board_id = $2 and c.id = u.id
order by u.nr;

--- The cards of one stage behind a place: the sort key (the one that the stage's order uses) and the id of
--- the last card the page has. That card may have moved on meanwhile.
-- name: stage_cards_after
-- params: dataset bigint, board bigint, stage bigint, rank numeric, at timestamptz, score smallint,
--   id bigint
-- many: id bigint, stage_id bigint, version integer, title text, domain text?, logo text?,
--   contacts integer, visitors integer, score smallint, tags jsonb, owner_id bigint?,
--   last_activity_at timestamptz?, modified_at timestamptz, stage_at timestamptz,
--   stage_by_kind smallint, stage_by bigint?, came_in boolean, rank numeric
select c.id, c.stage_id, c.version, c.title, c.domain, c.logo, c.contacts, c.visitors, c.score, c.tags,
       c.owner_id, c.last_activity_at, c.modified_at, c.stage_at, c.stage_by_kind, c.stage_by,
       c.stage_at = c.created_at, c.rank
from stage s, lateral (
    (select * from card where s.sort = 0 and dataset_id = $1 and stage_id = s.id
        and (rank, id) > ($4, $7)
      order by rank, id limit 100)
    union all
    (select * from card where s.sort = 1 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (coalesce(last_activity_at, '-infinity'), id) < ($5, $7)
      order by coalesce(last_activity_at, '-infinity') desc, id desc limit 100)
    union all
    (select * from card where s.sort = 1 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (coalesce(last_activity_at, '-infinity'), id) > ($5, $7)
      order by coalesce(last_activity_at, '-infinity'), id limit 100)
    union all
    (select * from card where s.sort = 2 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (modified_at, id) < ($5, $7)
      order by modified_at desc, id desc limit 100)
    union all
    (select * from card where s.sort = 2 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (modified_at, id) > ($5, $7)
      order by modified_at, id limit 100)
    union all
    (select * from card where s.sort = 3 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (score, id) < ($6, $7)
      order by score desc, id desc limit 100)
    union all
    (select * from card where s.sort = 3 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (score, id) > ($6, $7)
      order by score, id limit 100)
    union all
    (select * from card where s.sort = 4 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (stage_at, id) < ($5, $7)
      order by stage_at desc, id desc limit 100)
    union all
    (select * from card where s.sort = 4 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (stage_at, id) > ($5, $7)
      order by stage_at, id limit 100)) c
where s.dataset_id = $1 and s.board_id = $2 and s.id = $3;

--- The newest change of a board: what the poll's ETag is made of.
-- name: board_change_last
-- params: dataset bigint, board bigint
-- many: xid xid8, id bigint
select xid, id from card_change where dataset_id = $1 and board_id = $2
order by xid desc, id desc limit 1;

--- Cards changed since, as they are now; stage_id is null for one that is gone, and card_id is null when
--- the whole board has to be drawn anew. previous is the card before it in its stage's order.
-- name: board_changes
-- params: dataset bigint, board bigint, since xid8, most bigint
-- many: id bigint?, stage_id bigint?, version integer?, title text?, domain text?, logo text?,
--   contacts integer?, visitors integer?, score smallint?, tags jsonb?, owner_id bigint?,
--   last_activity_at timestamptz?, modified_at timestamptz?, stage_at timestamptz?,
--   stage_by_kind smallint?, stage_by bigint?, came_in boolean?, previous bigint?
with changed as (
    select distinct card_id from card_change
    where dataset_id = $1 and board_id = $2 and xid >= $3
    limit $4
)
select h.card_id as id, c.stage_id, c.version, c.title, c.domain, c.logo, c.contacts, c.visitors, c.score,
       c.tags, c.owner_id, c.last_activity_at, c.modified_at, c.stage_at, c.stage_by_kind, c.stage_by,
       c.stage_at = c.created_at, p.id as previous
from changed h
left join card c on c.dataset_id = $1 and c.board_id = $2 and c.id = h.card_id
left join stage s on s.dataset_id = $1 and s.id = c.stage_id
left join lateral (
    (select id from card where s.sort = 0 and dataset_id = $1 and stage_id = s.id
        and (rank, id) < (c.rank, c.id)
      order by rank desc, id desc limit 1)
    union all
    (select id from card where s.sort = 1 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (coalesce(last_activity_at, '-infinity'), id)
            > (coalesce(c.last_activity_at, '-infinity'), c.id)
      order by coalesce(last_activity_at, '-infinity'), id limit 1)
    union all
    (select id from card where s.sort = 1 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (coalesce(last_activity_at, '-infinity'), id)
            < (coalesce(c.last_activity_at, '-infinity'), c.id)
      order by coalesce(last_activity_at, '-infinity') desc, id desc limit 1)
    union all
    (select id from card where s.sort = 2 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (modified_at, id) > (c.modified_at, c.id)
      order by modified_at, id limit 1)
    union all
    (select id from card where s.sort = 2 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (modified_at, id) < (c.modified_at, c.id)
      order by modified_at desc, id desc limit 1)
    union all
    (select id from card where s.sort = 3 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (score, id) > (c.score, c.id)
      order by score, id limit 1)
    union all
    (select id from card where s.sort = 3 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (score, id) < (c.score, c.id)
      order by score desc, id desc limit 1)
    union all
    (select id from card where s.sort = 4 and not s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (stage_at, id) > (c.stage_at, c.id)
      order by stage_at, id limit 1)
    union all
    (select id from card where s.sort = 4 and s.sort_ascending and dataset_id = $1 and stage_id = s.id
        and (stage_at, id) < (c.stage_at, c.id)
      order by stage_at desc, id desc limit 1)) p on true
order by h.card_id nulls first;

--- owns: at least one card of the board.
-- name: member_list
-- params: workspace bigint, dataset bigint, board bigint
-- many: id bigint, name text, owns boolean
select u.id, u.name,
       exists (select from card where dataset_id = $2 and board_id = $3 and owner_id = u.id)
from membership m join app_user u on u.id = m.user_id
where m.workspace_id = $1 order by u.name limit 1000;

--- First half of a move: locks the card's stage and the target in the order of their ids (shared/cards.h),
--- so that the second half sees what every earlier mover has committed. A card that changes its stage
--- in between is at another version then.
-- name: card_move_lock
-- params: dataset bigint, board bigint, card bigint, target bigint
-- many: id bigint
select id from stage
where dataset_id = $1 and board_id = $2
  and id in ($4, (select stage_id from card where dataset_id = $1 and board_id = $2 and id = $3))
order by id for no key update;

--- Second half: places the card behind `after`, before `before`, or at the top (place 0) or bottom
--- (place 1) of the target when neither stands there any more. The new rank is the shortest number
--- between the neighbours. No row when the card, as this user may see it, is not at this version.
-- name: card_move
-- params: dataset bigint, board bigint, card bigint, target bigint, version integer, user bigint,
--   after bigint, before bigint, place smallint
-- one: from_stage bigint, version integer, operation bigint, title text, detail jsonb
with old as (
    select c.id, c.stage_id, c.rank, c.stage_at, c.stage_by_kind, c.stage_by, c.title, s.name as stage
    from card c
    join board b on b.dataset_id = $1 and b.id = c.board_id and b.deleted_at is null
         and (b.visibility = 2 or b.user_id = $6)
    join stage s on s.dataset_id = $1 and s.board_id = $2 and s.id = $4
    where c.dataset_id = $1 and c.board_id = $2 and c.id = $3 and c.version = $5
), above as (
    select rank, id from card where dataset_id = $1 and id = $7 and stage_id = $4 and id <> $3
), below as (
    select rank, id from card where dataset_id = $1 and id = $8 and stage_id = $4 and id <> $3
       and not exists (select from above)
), edge as materialized (
    select case when exists (select from above) then (select rank from above)
                when exists (select from below) then
                    (select rank from card where dataset_id = $1 and stage_id = $4 and id <> $3
                        and (rank, id) < (select rank, id from below)
                      order by rank desc, id desc limit 1)
                when $9 = 1 then
                    (select rank from card where dataset_id = $1 and stage_id = $4 and id <> $3
                      order by rank desc, id desc limit 1)
           end as low,
           case when exists (select from above) then
                    (select rank from card where dataset_id = $1 and stage_id = $4 and id <> $3
                        and (rank, id) > (select rank, id from above)
                      order by rank, id limit 1)
                when exists (select from below) then (select rank from below)
                when $9 <> 1 then
                    (select rank from card where dataset_id = $1 and stage_id = $4 and id <> $3
                      order by rank, id limit 1)
           end as high
), spot as materialized (
    select case when low is null and high is null then 0::numeric
                when low is null then ceil(high) - 1
                when high is null then floor(low) + 1
                else coalesce((select round((low + high) * 0.5, k)
                               from generate_series(0, scale((low + high) * 0.5)) k
                               where round((low + high) * 0.5, k) > low
                                 and round((low + high) * 0.5, k) < high
                               order by k limit 1), low)
           end as rank
    from edge
), moved as (
    update card c set stage_id = $4, rank = spot.rank, version = c.version + 1, modified_at = now(),
           stage_at = case when c.stage_id = $4 then c.stage_at else now() end,
           stage_by_kind = case when c.stage_id = $4 then c.stage_by_kind else 1 end,
           stage_by = case when c.stage_id = $4 then c.stage_by else $6 end
    from old, spot
    where c.dataset_id = $1 and c.id = old.id and c.version = $5
    returning old.stage_id as from_stage, c.version
), operation as (
    insert into operation (dataset_id, kind, board_id, user_id, subject, n, detail)
    select $1, 1, $2, $6, old.title, 1,
           jsonb_build_object('to', $4::text, 'stage', old.stage, 'within', moved.from_stage = $4)
    from moved, old returning id, subject, detail
), counted as (
    update stage s set cards = s.cards + case when s.id = $4 then 1 else -1 end
    from moved
    where s.dataset_id = $1 and s.id in ($4, moved.from_stage) and moved.from_stage <> $4
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array[$3::bigint] from moved where from_stage <> $4
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind,
                             actor_id, operation_id, detail)
    select $1, $3, $2, 2, old.stage_id, $4, 1, $6, operation.id,
           jsonb_build_object('was', jsonb_build_object('rank', old.rank, 'at', old.stage_at,
                                                        'by_kind', old.stage_by_kind, 'by', old.stage_by))
    from operation, old
), told as (
    insert into card_change (dataset_id, board_id, card_id) select $1, $2, $3 from moved
)
select moved.from_stage, moved.version, operation.id, operation.subject, operation.detail
from moved, operation;

--- The cards around one in the order of its stage by hand, for moving it one up or down.
-- name: card_around
-- params: dataset bigint, board bigint, card bigint
-- one: above bigint?, below bigint?
select (select id from card where dataset_id = $1 and stage_id = c.stage_id and (rank, id) < (c.rank, c.id)
         order by rank desc, id desc limit 1),
       (select id from card where dataset_id = $1 and stage_id = c.stage_id and (rank, id) > (c.rank, c.id)
         order by rank, id limit 1)
from card c where c.dataset_id = $1 and c.board_id = $2 and c.id = $3;
