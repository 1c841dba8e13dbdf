--- Cards that leave their boards because of what they stand for, and come back (shared/card_away.h). Locks:
--- stages by id, then cards by id.

-- name: card_away_lock_stages
-- params: dataset bigint, accounts bigint[], leads bigint[]
-- exec
select from stage where dataset_id = $1 and board_id in (
    select board_id from card where dataset_id = $1 and account_id = any ($2)
    union select board_id from card where dataset_id = $1 and lead_id = any ($3)
    union select board_id from card_away where dataset_id = $1 and account_id = any ($2)
    union select board_id from card_away where dataset_id = $1 and lead_id = any ($3))
order by id for no key update;

-- name: card_away_lock_cards
-- params: dataset bigint, accounts bigint[], leads bigint[]
-- exec
select from card where dataset_id = $1 and (account_id = any ($2) or lead_id = any ($3))
order by id for no key update;

-- name: card_away_hide
-- params: dataset bigint, accounts bigint[], leads bigint[], actor_kind smallint, actor bigint?,
--   operation bigint?
-- one: cards integer
with gone as (
    delete from card where dataset_id = $1 and (account_id = any ($2) or lead_id = any ($3)) returning *
), kept as (
    insert into card_away (dataset_id, card_id, board_id, account_id, lead_id, hidden, operation_id, card)
    select $1, id, board_id, account_id, lead_id, true, $6, to_jsonb(gone) from gone
), unfound as (
    delete from card_find f using gone where f.dataset_id = $1 and f.card_id = gone.id
), counted as (
    update stage s set cards = s.cards - g.n
    from (select stage_id, count(*) as n from gone group by stage_id) g
    where s.dataset_id = $1 and s.id = g.stage_id
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, actor_kind, actor_id, detail,
                             operation_id)
    select $1, id, board_id, 6, stage_id, $4, $5, '{"hidden":true}', $6 from gone
), shown as (
    insert into card_change (dataset_id, board_id, card_id) select $1, board_id, id from gone
)
select count(*)::integer from gone;

--- Whose cards come back: all that are away because they were hidden.
-- name: card_away_of
-- params: dataset bigint, accounts bigint[], leads bigint[]
-- many: card bigint
select card_id from card_away
where dataset_id = $1 and hidden and (account_id = any ($2) or lead_id = any ($3)) order by card_id;

-- name: card_away_of_operation
-- params: dataset bigint, operation bigint
-- many: card bigint
select card_id from card_away where dataset_id = $1 and operation_id = $2 order by card_id;

--- To where they were, else to the entry stage. Those that somebody has added again or excluded since, and
--- those of boards that are gone, do not come back. What cards repeat is brought up to date afterwards.
-- name: card_away_restore
-- params: dataset bigint, cards bigint[], actor_kind smallint, actor bigint?, operation bigint?
-- one: restored integer, elsewhere integer
with away as (
    delete from card_away where dataset_id = $1 and card_id = any ($2) returning *
), back as materialized (
    select r.id, r.board_id, coalesce(s.id, e.id) as stage_id, r.rank, r.account_id, r.lead_id, r.version,
           r.owner_id, r.title, r.domain, r.logo, r.contacts, r.visitors, r.score, r.tags,
           r.last_activity_at, r.modified_at, r.stage_at, r.created_at, r.stage_by_kind, r.stage_by,
           s.id is null as elsewhere
    from away a
    cross join lateral jsonb_populate_record(null::card, a.card) r
    join board b on b.dataset_id = $1 and b.id = a.board_id and b.deleted_at is null
    left join stage s on s.dataset_id = $1 and s.id = r.stage_id and s.board_id = a.board_id
    left join stage e on e.dataset_id = $1 and e.board_id = a.board_id and e.entry
    where coalesce(s.id, e.id) is not null
      and not exists (select from card_exclusion x where x.dataset_id = $1 and x.board_id = a.board_id
                        and (x.account_id = a.account_id or x.lead_id = a.lead_id))
      and not exists (select from account h where h.dataset_id = $1 and h.id = a.account_id and h.hidden)
      and not exists (select from lead h where h.dataset_id = $1 and h.id = a.lead_id and h.hidden)
), restored as (
    insert into card (dataset_id, id, board_id, stage_id, rank, account_id, lead_id, version, owner_id, title,
                      domain, logo, contacts, visitors, score, tags, last_activity_at, modified_at, stage_at,
                      created_at, stage_by_kind, stage_by)
    overriding system value
    select $1, id, board_id, stage_id, rank, account_id, lead_id, version + 1, owner_id, title, domain, logo,
           contacts, visitors, score, tags, last_activity_at, now(), stage_at, created_at, stage_by_kind,
           stage_by
    from back
    on conflict do nothing
    returning id, board_id, stage_id, title_lower, domain, created_at
), findable as (
    insert into card_find (dataset_id, card_id, board_id, text, created_at)
    select $1, id, board_id, title_lower || e'\n' || coalesce(domain, ''), created_at from restored
    on conflict (dataset_id, card_id) do update set text = excluded.text
), counted as (
    update stage s set cards = s.cards + r.n
    from (select stage_id, count(*) as n from restored group by stage_id) r
    where s.dataset_id = $1 and s.id = r.stage_id
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, to_stage, actor_kind, actor_id, detail,
                             operation_id)
    select $1, id, board_id, 10, stage_id, $3, $4, '{}', $5 from restored
), shown as (
    insert into card_change (dataset_id, board_id, card_id) select $1, board_id, id from restored
)
select (select count(*) from restored)::integer,
       (select count(*) from restored join back using (id) where back.elsewhere)::integer;

--- The cards of one become those of the other. Where both have one, the other's stays: in the stage that is
--- further right, with its own owner or else this one's.
-- name: card_merge
-- params: dataset bigint, from_account bigint?, from_lead bigint?, to_account bigint?, to_lead bigint?,
--   user bigint, operation bigint
-- one: cards integer
with pair as materialized (
    select f.id as from_id, f.board_id, f.stage_id as from_stage, f.rank, f.stage_at, f.stage_by_kind,
           f.stage_by, f.title as from_title, f.owner_id as from_owner, t.id as to_id,
           t.stage_id as to_stage, t.rank as to_rank, t.stage_at as to_stage_at,
           t.stage_by_kind as to_by_kind, t.stage_by as to_by, t.title as to_title, t.owner_id as to_owner,
           coalesce(sf.position > st.position, false) as further,
           t.id is not null or exists (
               select from card_exclusion x where x.dataset_id = $1 and x.board_id = f.board_id
                  and (x.account_id = $4 or x.lead_id = $5)) as goes
    from card f
    join stage sf on sf.dataset_id = $1 and sf.id = f.stage_id
    left join card t on t.dataset_id = $1 and t.board_id = f.board_id
                    and (t.account_id = $4 or t.lead_id = $5)
    left join stage st on st.dataset_id = $1 and st.id = t.stage_id
    where f.dataset_id = $1 and (f.account_id = $2 or f.lead_id = $3)
), gone as (
    delete from card c using pair p
    where c.dataset_id = $1 and c.id = p.from_id and p.goes returning c.*
), kept as (
    insert into card_away (dataset_id, card_id, board_id, account_id, lead_id, hidden, operation_id, card)
    select $1, id, board_id, account_id, lead_id, false, $7, to_jsonb(gone) from gone
), unfound as (
    delete from card_find f using gone where f.dataset_id = $1 and f.card_id = gone.id
), grown as (
    update card c
    set stage_id = case when p.further then p.from_stage else c.stage_id end,
        rank = case when p.further then p.rank else c.rank end,
        stage_at = case when p.further then p.stage_at else c.stage_at end,
        stage_by_kind = case when p.further then p.stage_by_kind else c.stage_by_kind end,
        stage_by = case when p.further then p.stage_by else c.stage_by end,
        owner_id = coalesce(c.owner_id, p.from_owner), version = c.version + 1, modified_at = now()
    from pair p where c.dataset_id = $1 and c.id = p.to_id
), taken as (
    update card c set account_id = $4, lead_id = $5, version = c.version + 1, modified_at = now()
    from pair p where c.dataset_id = $1 and c.id = p.from_id and not p.goes
), counted as (
    update stage s set cards = s.cards - g.n
    from (select case when further then to_stage else from_stage end as stage_id, count(*) as n
          from pair where goes group by 1) g
    where s.dataset_id = $1 and s.id = g.stage_id
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind, actor_id,
                             operation_id, detail)
    select $1, to_id, board_id, 11, to_stage, case when further then from_stage else to_stage end, 1, $6, $7,
           jsonb_build_object('with', from_title, 'card', from_id::text, 'rank', to_rank::text,
                              'stage_at', to_stage_at, 'stage_by_kind', to_by_kind, 'stage_by', to_by,
                              'given_at', stage_at,
                              'owner', case when to_owner is null then from_owner end)
    from pair where to_id is not null
    union all
    select $1, from_id, board_id, 11, from_stage, null, 1, $6, $7,
           jsonb_build_object('into', to_title, 'card', to_id::text)
    from pair where goes
    union all
    select $1, from_id, board_id, 11, from_stage, from_stage, 1, $6, $7,
           jsonb_build_object('taken', true, 'account', $2::text, 'lead', $3::text)
    from pair where not goes
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select $1, board_id, from_id from pair union all
    select $1, board_id, to_id from pair where to_id is not null
)
select count(*)::integer from pair;

--- Cards that the merge gave to the other one.
-- name: card_unmerge_taken
-- params: dataset bigint, merge bigint, user bigint, undo bigint
-- one: cards integer
with back as (
    update card c set account_id = (l.detail->>'account')::bigint, lead_id = (l.detail->>'lead')::bigint,
           domain = case when l.detail->>'lead' is null then c.domain end,
           logo = case when l.detail->>'lead' is null then c.logo end, version = c.version + 1, modified_at = now()
    from card_ledger l
    where l.dataset_id = $1 and l.operation_id = $2 and l.detail ? 'taken'
      and c.dataset_id = $1 and c.id = l.card_id
      and not exists (select from card o where o.dataset_id = $1 and o.board_id = c.board_id
                         and (o.account_id = (l.detail->>'account')::bigint
                              or o.lead_id = (l.detail->>'lead')::bigint))
    returning c.id, c.board_id, c.stage_id
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind, actor_id,
                             operation_id, detail)
    select $1, id, board_id, 10, stage_id, stage_id, 1, $3, $4, '{}' from back
), shown as (
    insert into card_change (dataset_id, board_id, card_id) select $1, board_id, id from back
)
select count(*)::integer from back;

--- Cards that the merge brought further and nobody has moved since go back to where they were.
-- name: card_unmerge_moved
-- params: dataset bigint, merge bigint, user bigint, undo bigint
-- one: cards integer, kept integer
with was as materialized (
    select l.card_id, l.from_stage, l.to_stage, l.detail,
           coalesce(c.stage_id = l.to_stage and c.stage_at = (l.detail->>'given_at')::timestamptz
                    and s.id is not null, false) as same
    from card_ledger l
    left join card c on c.dataset_id = $1 and c.id = l.card_id
    left join stage s on s.dataset_id = $1 and s.id = l.from_stage
    where l.dataset_id = $1 and l.operation_id = $2 and l.kind = 11 and l.detail ? 'with'
      and l.from_stage <> l.to_stage
), back as (
    update card c set stage_id = w.from_stage, rank = (w.detail->>'rank')::numeric,
           stage_at = (w.detail->>'stage_at')::timestamptz,
           stage_by_kind = (w.detail->>'stage_by_kind')::smallint,
           stage_by = (w.detail->>'stage_by')::bigint, version = c.version + 1, modified_at = now()
    from was w where w.same and c.dataset_id = $1 and c.id = w.card_id
    returning c.id, c.board_id, w.from_stage, w.to_stage
), counted as (
    update stage s set cards = s.cards + d.n
    from (select stage_id, sum(n)::integer as n
          from (select from_stage as stage_id, 1 as n from back
                union all select to_stage, -1 from back) x group by stage_id) d
    where s.dataset_id = $1 and s.id = d.stage_id
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, from_stage, to_stage, actor_kind, actor_id,
                             operation_id, detail)
    select $1, id, board_id, 2, to_stage, from_stage, 1, $3, $4, '{"undo":true}' from back
), shown as (
    insert into card_change (dataset_id, board_id, card_id) select $1, board_id, id from back
)
select (select count(*) from back)::integer, (select count(*) from was where not same)::integer;

-- name: card_unmerge_owner
-- params: dataset bigint, merge bigint
-- exec
update card c set owner_id = null, version = c.version + 1
from card_ledger l
where l.dataset_id = $1 and l.operation_id = $2 and l.kind = 11 and l.detail ? 'with'
  and c.dataset_id = $1 and c.id = l.card_id and c.owner_id = (l.detail->>'owner')::bigint;
