--- Cards (shared/cards.h). Locks are taken in one order everywhere: stages by id, then cards by id. Whoever
--- changes where cards are or whose says so to segments: segment_touch, 64 is FILTER_ON_CARDS.

--- The stage that new cards come to (the entry stage, or that one), held until the transaction ends, so that ranks and counts of its
--- cards are decided one after the other.
-- name: cards_entry
-- params: dataset bigint, board bigint, stage bigint?
-- one: stage bigint
select s.id from stage s join board b on b.dataset_id = s.dataset_id and b.id = s.board_id
where s.dataset_id = $1 and s.board_id = $2 and case when $3::bigint is null then s.entry else s.id = $3 end
  and b.deleted_at is null
for no key update of s;

--- Those with the latest activity come to the top. causes: one for each of them, else `cause` is everybody's.
-- name: cards_add_accounts
-- params: dataset bigint, board bigint, stage bigint, accounts bigint[], actor_kind smallint,
--   actor bigint?, cause jsonb?, known_before timestamptz, operation bigint?, causes jsonb[]
-- one: added integer, already integer, excluded integer
with barred as materialized (
    select account_id from card_exclusion
    where dataset_id = $1 and board_id = $2 and account_id = any ($4)
    union
    select id from account where dataset_id = $1 and id = any ($4) and hidden
), known as materialized (
    select account_id, created_at from card
    where dataset_id = $1 and board_id = $2 and account_id = any ($4)
), wanted as materialized (
    select f.*, row_number() over (order by f.last_activity_at nulls first, f.account_id) as n
    from card_of_account f
    where f.dataset_id = $1 and f.account_id = any ($4)
      and f.account_id not in (select account_id from barred)
      and f.account_id not in (select account_id from known)
), top as materialized (
    select coalesce(min(rank), 0) as rank from card where dataset_id = $1 and stage_id = $3
), added as (
    insert into card (dataset_id, board_id, stage_id, rank, account_id, title, domain, logo, contacts,
                      visitors, score, tags, tag_ids, last_activity_at, stage_by_kind, stage_by)
    select $1, $2, $3, top.rank - w.n, w.account_id, w.title, w.domain, w.logo, w.contacts, w.visitors,
           w.score, w.tags, w.tag_ids, w.last_activity_at, $5, $6
    from wanted w, top order by w.n
    on conflict (dataset_id, board_id, account_id) where account_id is not null do nothing
    returning id, title_lower, domain, account_id
), findable as (
    insert into card_find (dataset_id, card_id, board_id, text)
    select $1, id, $2, title_lower || e'\n' || coalesce(domain, '') from added
    on conflict (dataset_id, card_id) do update set text = excluded.text
), counted as (
    update stage set cards = cards + (select count(*) from added)
    where dataset_id = $1 and id = $3 and exists (select from added)
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from added having count(*) > 0
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, to_stage, actor_kind, actor_id, detail,
                             operation_id)
    select $1, a.id, $2, 1, $3, $5, $6, coalesce(k.cause, $7), $9
    from added a left join unnest($4, $10) k (account, cause) on k.account = a.account_id
), shown as (
    insert into card_change (dataset_id, board_id, card_id) select $1, $2, id from added
)
select (select count(*) from added)::integer,
       (select count(*) from known where created_at < $8)::integer,
       (select count(*) from barred where account_id not in (select account_id from known))::integer;

--- Leads that have an email and no account.
-- name: cards_add_leads
-- params: dataset bigint, board bigint, stage bigint, leads bigint[], actor_kind smallint,
--   actor bigint?, cause jsonb?, known_before timestamptz, operation bigint?, causes jsonb[]
-- one: added integer, already integer, excluded integer
with barred as materialized (
    select lead_id from card_exclusion
    where dataset_id = $1 and board_id = $2 and lead_id = any ($4)
    union
    select id from lead where dataset_id = $1 and id = any ($4) and hidden
), known as materialized (
    select lead_id, created_at from card
    where dataset_id = $1 and board_id = $2 and lead_id = any ($4)
), wanted as materialized (
    select f.*, row_number() over (order by f.last_activity_at, f.lead_id) as n
    from card_of_lead f join lead l on l.dataset_id = f.dataset_id and l.id = f.lead_id
    where f.dataset_id = $1 and f.lead_id = any ($4)
      and l.account_id is null and l.email is not null
      and f.lead_id not in (select lead_id from barred)
      and f.lead_id not in (select lead_id from known)
), top as materialized (
    select coalesce(min(rank), 0) as rank from card where dataset_id = $1 and stage_id = $3
), added as (
    insert into card (dataset_id, board_id, stage_id, rank, lead_id, title, contacts, visitors, score,
                      tags, tag_ids, last_activity_at, stage_by_kind, stage_by)
    select $1, $2, $3, top.rank - w.n, w.lead_id, w.title, w.contacts, w.visitors, w.score, w.tags,
           w.tag_ids, w.last_activity_at, $5, $6
    from wanted w, top order by w.n
    on conflict (dataset_id, board_id, lead_id) where lead_id is not null do nothing
    returning id, title_lower, lead_id
), findable as (
    insert into card_find (dataset_id, card_id, board_id, text)
    select $1, id, $2, title_lower || e'\n' from added
    on conflict (dataset_id, card_id) do update set text = excluded.text
), counted as (
    update stage set cards = cards + (select count(*) from added)
    where dataset_id = $1 and id = $3 and exists (select from added)
), touched as (
    insert into segment_touch (dataset_id, on_what, cards)
    select $1, 64, array_agg(id) from added having count(*) > 0
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, to_stage, actor_kind, actor_id, detail,
                             operation_id)
    select $1, a.id, $2, 1, $3, $5, $6, coalesce(k.cause, $7), $9
    from added a left join unnest($4, $10) k (lead, cause) on k.lead = a.lead_id
), shown as (
    insert into card_change (dataset_id, board_id, card_id) select $1, $2, id from added
)
select (select count(*) from added)::integer,
       (select count(*) from known where created_at < $8)::integer,
       (select count(*) from barred where lead_id not in (select lead_id from known))::integer;

--- What cards repeat of their accounts, where it is no longer true. The cards are held in key order. Where
--- more than 200 of a board change at once, its page is drawn anew.
-- name: cards_refresh_accounts
-- params: dataset bigint[], account bigint[]
-- one: changed integer
with stale as materialized (
    select c.dataset_id, c.id, c.board_id, f.title, f.domain, f.logo, f.contacts, f.visitors, f.score,
           f.tags, f.tag_ids, f.last_activity_at, c.created_at,
           (c.title, c.domain) is distinct from (f.title, f.domain) as refind
    from unnest($1, $2) as k (dataset_id, account_id)
    join card c on c.dataset_id = k.dataset_id and c.account_id = k.account_id
    join card_of_account f on f.dataset_id = k.dataset_id and f.account_id = k.account_id
    where (c.title, c.domain, c.logo, c.contacts, c.visitors, c.score, c.tags, c.tag_ids,
           c.last_activity_at)
          is distinct from
          (f.title, f.domain, f.logo, f.contacts, f.visitors, f.score, f.tags, f.tag_ids,
           f.last_activity_at)
    order by c.dataset_id, c.id for no key update of c
), fresh as (
    update card c set title = s.title, domain = s.domain, logo = s.logo, contacts = s.contacts,
           visitors = s.visitors, score = s.score, tags = s.tags, tag_ids = s.tag_ids,
           last_activity_at = s.last_activity_at
    from stale s where c.dataset_id = s.dataset_id and c.id = s.id
    returning c.dataset_id, c.board_id, c.id
), refound as (
    insert into card_find (dataset_id, card_id, board_id, text, created_at)
    select dataset_id, id, board_id, lower(title) || e'\n' || coalesce(domain, ''), created_at
    from stale where refind
    on conflict (dataset_id, card_id) do update set text = excluded.text
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select dataset_id, board_id, id
    from (select *, count(*) over (partition by dataset_id, board_id) as n from fresh) f where n <= 200
    union all
    select dataset_id, board_id, null from fresh group by dataset_id, board_id having count(*) > 200
)
select count(*)::integer from fresh;

-- name: cards_refresh_leads
-- params: dataset bigint[], lead bigint[]
-- one: changed integer
with stale as materialized (
    select c.dataset_id, c.id, c.board_id, f.title, f.contacts, f.visitors, f.score, f.tags,
           f.tag_ids, f.last_activity_at, c.created_at,
           c.title <> f.title as refind
    from unnest($1, $2) as k (dataset_id, lead_id)
    join card c on c.dataset_id = k.dataset_id and c.lead_id = k.lead_id
    join card_of_lead f on f.dataset_id = k.dataset_id and f.lead_id = k.lead_id
    where (c.title, c.contacts, c.visitors, c.score, c.tags, c.tag_ids, c.last_activity_at)
          is distinct from
          (f.title, f.contacts, f.visitors, f.score, f.tags, f.tag_ids, f.last_activity_at)
    order by c.dataset_id, c.id for no key update of c
), fresh as (
    update card c set title = s.title, contacts = s.contacts, visitors = s.visitors, score = s.score,
           tags = s.tags, tag_ids = s.tag_ids, last_activity_at = s.last_activity_at
    from stale s where c.dataset_id = s.dataset_id and c.id = s.id
    returning c.dataset_id, c.board_id, c.id
), refound as (
    insert into card_find (dataset_id, card_id, board_id, text, created_at)
    select dataset_id, id, board_id, lower(title) || e'\n', created_at
    from stale where refind
    on conflict (dataset_id, card_id) do update set text = excluded.text
), shown as (
    insert into card_change (dataset_id, board_id, card_id)
    select dataset_id, board_id, id
    from (select *, count(*) over (partition by dataset_id, board_id) as n from fresh) f where n <= 200
    union all
    select dataset_id, board_id, null from fresh group by dataset_id, board_id having count(*) > 200
)
select count(*)::integer from fresh;

--- What a search looks into (card_find), for cards that came by another way than those above: a removal
--- that was undone, generated history.
-- name: cards_findable
-- params: dataset bigint, board bigint, cards bigint[]
-- exec
insert into card_find (dataset_id, card_id, board_id, text, created_at)
select dataset_id, id, board_id, title_lower || e'\n' || coalesce(domain, ''), created_at
from card where dataset_id = $1 and board_id = $2 and id = any ($3)
on conflict (dataset_id, card_id) do update set text = excluded.text
    where card_find.text <> excluded.text;

--- The next cards of a board, for the refresh: what they stand for.
-- name: cards_of_board
-- params: dataset bigint, board bigint, after bigint, most integer
-- many: id bigint, account bigint?, lead bigint?
select c.id, c.account_id, c.lead_id from card c
where c.dataset_id = $1 and c.board_id = $2 and c.id > $3
order by c.id limit $4;

--- Import: those active since, in order of their last activity; whoever becomes active meanwhile comes
--- again at the end, which changes nothing.
-- name: import_total
-- params: dataset bigint, since timestamptz
-- one: total bigint
select (select count(*) from account where dataset_id = $1 and last_at >= $2 and not hidden)
     + (select count(*) from lead where dataset_id = $1 and last_at >= $2 and account_id is null
        and email_lower is not null and not hidden);

-- name: import_accounts
-- params: dataset bigint, since timestamptz, after bigint, most integer
-- many: id bigint, last_at timestamptz
select id, last_at from account
where dataset_id = $1 and last_at >= $2 and (last_at > $2 or id > $3) and not hidden
order by last_at, id limit $4;

-- name: import_leads
-- params: dataset bigint, since timestamptz, after bigint, most integer
-- many: id bigint, last_at timestamptz
select id, last_at from lead
where dataset_id = $1 and last_at >= $2 and (last_at > $2 or id > $3)
  and account_id is null and email_lower is not null and not hidden
order by last_at, id limit $4;

--- Midnight so many days before the import was asked for.
-- name: import_since
-- params: dataset bigint, progress bigint, days integer
-- one: since timestamptz, asked_at timestamptz
select date_trunc('day', created_at) - make_interval(days => $3), created_at from progress
where dataset_id = $1 and id = $2;

-- name: import_segment
-- params: dataset bigint, board bigint
-- many: filter jsonb
select s.filter
from board b join segment s on s.dataset_id = b.dataset_id and s.id = b.segment_id
where b.dataset_id = $1 and b.id = $2;

-- name: board_segment
-- params: dataset bigint, board bigint
-- one: segment bigint, subject smallint
select s.id, s.subject
from board b join segment s on s.dataset_id = b.dataset_id and s.id = b.segment_id
where b.dataset_id = $1 and b.id = $2 and b.deleted_at is null and b.setup_step = 0;

--- What open pages have not seen yet, by board, in commit order (worker/publish.c). Of the rows that
--- were looked at, last_xid and last_id are the end.
-- name: card_changes
-- params: xid xid8, id bigint, most integer
-- many: dataset bigint, board bigint, since xid8, last_xid xid8, last_id bigint
with fresh as materialized (
    select dataset_id, board_id, xid, id from card_change
    where (xid, id) > ($1, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by xid, id limit $3
), last as (
    select xid, id from fresh order by xid desc, id desc limit 1
)
select f.dataset_id, f.board_id, min(f.xid), last.xid, last.id
from fresh f, last group by f.dataset_id, f.board_id, last.xid, last.id;

-- name: card_changes_end
-- one: xid xid8
select pg_snapshot_xmin(pg_current_snapshot());

--- Somebody did something that is not about one card but about what it stands for: every card of the account
--- or lead was modified, says why in its history, and is drawn anew. Its age in the stage stays.
-- name: cards_touch
-- params: dataset bigint, account bigint?, lead bigint?, kind smallint, user bigint, detail jsonb
-- exec
with touched as materialized (
    select id from card where dataset_id = $1 and (account_id = $2 or lead_id = $3)
    order by id for no key update
), modified as (
    update card c set modified_at = now() from touched t where c.dataset_id = $1 and c.id = t.id
    returning c.id, c.board_id
), ledger as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, actor_id, detail)
    select $1, id, board_id, $4, 1, $5, $6 from modified
)
insert into card_change (dataset_id, board_id, card_id) select $1, board_id, id from modified;
