--- The account panel and the pages of one account and one lead: who, where from, what they did.

-- name: card_get
-- params: dataset bigint, board bigint, card bigint, user bigint
-- one: id bigint, board_id bigint, board text, stage_id bigint, stage text, version integer,
--   account_id bigint?, lead_id bigint?, title text, domain text?, logo text?, score smallint,
--   owner_id bigint?, fixed_flow boolean, stage_at timestamptz, created_at timestamptz,
--   modified_at timestamptz
select c.id, c.board_id, b.name, c.stage_id, s.name, c.version, c.account_id, c.lead_id, c.title, c.domain,
       c.logo, c.score, c.owner_id, b.fixed_flow, c.stage_at, c.created_at, c.modified_at
from card c
join board b on b.dataset_id = $1 and b.id = c.board_id and b.deleted_at is null
     and (b.visibility = 2 or b.user_id = $4)
join stage s on s.dataset_id = $1 and s.id = c.stage_id
where c.dataset_id = $1 and c.board_id = $2 and c.id = $3;

--- Why the card is where it is: the newest row that brought it into a stage from elsewhere.
-- name: card_why
-- params: dataset bigint, card bigint
-- many: id bigint, at timestamptz, kind smallint, from_stage text?, to_stage text?, actor_kind smallint,
--   actor_id bigint?, actor text?, detail jsonb?, operation bigint?, operation_n integer?
select l.id, l.at, l.kind, f.name, t.name, l.actor_kind, l.actor_id,
       case when l.actor_kind = 1 then (select name from app_user where id = l.actor_id)
            when l.actor_kind in (2, 3)
            then (select name from segment where dataset_id = $1 and id = l.actor_id)
            when l.actor_kind = 4
            then (select name from automation where dataset_id = $1 and id = l.actor_id) end,
       l.detail, l.operation_id, (select n from operation where dataset_id = $1 and id = l.operation_id)
from card_ledger l
left join stage f on f.dataset_id = $1 and f.id = l.from_stage
left join stage t on t.dataset_id = $1 and t.id = l.to_stage
where l.dataset_id = $1 and l.card_id = $2
  and (l.kind = 1 or l.kind = 2 and l.from_stage is distinct from l.to_stage)
order by l.at desc, l.id desc limit 1;

--- undone_at: of the operation that did it.
-- name: card_history
-- params: dataset bigint, card bigint, before timestamptz, before_id bigint, most bigint
-- many: id bigint, at timestamptz, kind smallint, same_stage boolean, from_stage text?, to_stage text?,
--   actor_kind smallint, actor_id bigint?, actor text?, detail jsonb?, operation bigint?, operation_kind smallint?,
--   operation_n integer?, undone_at timestamptz?, undone_by text?
select l.id, l.at, l.kind, l.from_stage is not distinct from l.to_stage, f.name, t.name, l.actor_kind, l.actor_id,
       case when l.actor_kind = 1 then (select name from app_user where id = l.actor_id)
            when l.actor_kind in (2, 3)
            then (select name from segment where dataset_id = $1 and id = l.actor_id)
            when l.actor_kind = 4
            then (select name from automation where dataset_id = $1 and id = l.actor_id) end,
       l.detail - 'card', o.id as operation, o.kind as operation_kind, o.n as operation_n, o.undone_at,
       (select a.name from operation u join app_user a on a.id = u.user_id
         where u.dataset_id = $1 and u.id = o.undone_by)
from card_ledger l
left join stage f on f.dataset_id = $1 and f.id = l.from_stage
left join stage t on t.dataset_id = $1 and t.id = l.to_stage
left join operation o on o.dataset_id = $1 and o.id = l.operation_id
where l.dataset_id = $1 and l.card_id = $2 and (l.at, l.id) < ($3, $4)
order by l.at desc, l.id desc limit $5;

-- name: account_get
-- params: dataset bigint, account bigint
-- one: id bigint, domain text?, name text, description text?, industry text?, employees integer?,
--   revenue text?, founded integer?, country text?, region text?, city text?, address text?,
--   phone text?, email text?, website text?, linkedin text?, logo text?, first_at timestamptz?,
--   last_at timestamptz?, leads integer, contacts integer, visitors integer, sessions integer,
--   pageviews integer, events integer, score smallint, enriched_at timestamptz?, enrich_message text?
select a.id, a.domain, a.name, a.description, a.industry, a.employees, a.revenue, a.founded, a.country,
       a.region, a.city, a.address, a.phone, a.email, a.website, a.linkedin, a.logo, a.first_at, a.last_at,
       a.leads, a.contacts, a.visitors, a.sessions, a.pageviews, a.events, a.score, a.enriched_at,
       a.enrich_message
from account a where a.dataset_id = $1 and a.id = $2;

--- The lead whose score it is: of an account the best one.
-- name: panel_score
-- params: dataset bigint, account bigint?, lead bigint?
-- many: id bigint, email text?, first_name text?, last_name text?, parts jsonb
select id, email, first_name, last_name, score_parts
from (select * from lead where dataset_id = $1 and account_id = $2
       union all
       select * from lead where dataset_id = $1 and id = $3
       order by score desc, id limit 1) l;

--- Everything that is known, whoever says so, companies that were merged into it (`of`) too; of each field the
--- one that counts first.
-- name: account_facts
-- params: dataset bigint, account bigint
-- many: field text, source text, value text, fetched_at timestamptz, user text?, provider text?, of text?
select f.field, f.source, f.value, f.fetched_at, u.name, p.name, case when f.account_id <> $2 then m.name end
from (select account_id, field, source, value, fetched_at, user_id, fact_rank($1, source) as rank from account_fact
       where dataset_id = $1
         and account_id in (select id from account where dataset_id = $1 and (id = $2 or merged_into = $2))
       union all
       select account_id, field, source, value, fetched_at, null, fact_rank($1, source) from account_fact_untold
       where dataset_id = $1
         and account_id in (select id from account where dataset_id = $1 and (id = $2 or merged_into = $2))) f
join account m on m.dataset_id = $1 and m.id = f.account_id
left join app_user u on u.id = f.user_id
left join provider p on p.dataset_id = $1 and p.source = f.source
order by f.field, f.rank >= 90, f.account_id <> $2, f.rank, f.fetched_at desc, f.source limit 1000;

-- name: account_first_channel
-- params: dataset bigint, account bigint
-- many: channel smallint?, source text?, campaign text?, landing text?, first_at timestamptz
select first_channel, first_source, first_campaign, first_landing, first_at from lead
where dataset_id = $1 and account_id = $2 order by first_at, id limit 1;

-- name: account_cards
-- params: dataset bigint, account bigint, user bigint
-- many: id bigint, board_id bigint, board text, stage text
select c.id, c.board_id, b.name, s.name
from card c
join board b on b.dataset_id = $1 and b.id = c.board_id and b.deleted_at is null
     and (b.visibility = 2 or b.user_id = $3)
join stage s on s.dataset_id = $1 and s.id = c.stage_id
where c.dataset_id = $1 and c.account_id = $2 order by b.name, b.id limit 50;

-- name: account_leads_hidden
-- params: dataset bigint, account bigint
-- one: leads bigint
select count(*) from lead where dataset_id = $1 and account_id = $2 and hidden;

--- Most recently seen first, a page at a time behind (before, before_id). who 0: all, 1: contacts, 2: those
--- whose email is not known, 3: those that are hidden.
-- name: account_leads
-- params: dataset bigint, account bigint, who smallint, before timestamptz, before_id bigint, most bigint
-- many: id bigint, email text?, first_name text?, last_name text?, job_title text?, last_at timestamptz,
--   last_channel smallint?, last_source text?, visitors integer, sessions integer, events integer,
--   score smallint, tags text[]
select l.id, l.email, l.first_name, l.last_name, l.job_title, l.last_at, l.last_channel, l.last_source,
       l.visitors, l.sessions, l.events, l.score,
       array(select t.name from lead_tag g join tag t on t.dataset_id = $1 and t.id = g.tag_id
              where g.dataset_id = $1 and g.lead_id = l.id order by t.name_lower limit 12)
from lead l
where l.dataset_id = $1 and l.account_id = $2 and l.hidden = ($3 = 3)
  and ($3 in (0, 3) or (l.email is not null) = ($3 = 1))
  and (l.last_at, l.id) < ($4, $5)
order by l.last_at desc, l.id desc limit $6;

--- The highest score first.
-- name: account_leads_by_score
-- params: dataset bigint, account bigint, who smallint, before smallint, before_id bigint, most bigint
-- many: id bigint, email text?, first_name text?, last_name text?, job_title text?, last_at timestamptz,
--   last_channel smallint?, last_source text?, visitors integer, sessions integer, events integer,
--   score smallint, tags text[]
select l.id, l.email, l.first_name, l.last_name, l.job_title, l.last_at, l.last_channel, l.last_source,
       l.visitors, l.sessions, l.events, l.score,
       array(select t.name from lead_tag g join tag t on t.dataset_id = $1 and t.id = g.tag_id
              where g.dataset_id = $1 and g.lead_id = l.id order by t.name_lower limit 12)
from lead l
where l.dataset_id = $1 and l.account_id = $2 and l.hidden = ($3 = 3)
  and ($3 in (0, 3) or (l.email is not null) = ($3 = 1))
  and (l.score, l.id) < ($4, $5)
order by l.score desc, l.id desc limit $6;
