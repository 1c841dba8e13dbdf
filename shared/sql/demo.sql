--- What `leadboard-admin demo` writes. It works as the owner of the tables, so nothing here is scoped.

-- name: demo_workspace
-- params: email text
-- one: workspace bigint, user bigint?
select w.id, u.id
from workspace w
left join membership m on m.workspace_id = w.id
left join app_user u on u.id = m.user_id and u.email_lower = lower($1)
order by u.id nulls last, w.id limit 1;

-- name: demo_dataset
-- params: public_id text
-- one: dataset bigint
select id from dataset where public_id = $1 and deleted_at is null;

-- name: demo_user_add
-- params: email text, name text, password_hash text
-- exec
insert into app_user (email, name, password_hash) values ($1, $2, $3)
on conflict (email_lower) do nothing;

-- name: demo_member_add
-- params: email text, workspace bigint, dataset bigint, role smallint
-- one: user bigint
with known as (
    select id from app_user where email_lower = lower($1)
), member as (
    insert into membership (workspace_id, user_id, role) select $2, id, $4 from known
    on conflict do nothing
), access as (
    insert into dataset_access (user_id, dataset_id) select id, $3 from known
    on conflict do nothing
)
select id from known;

--- The collector takes nothing that old, so it can only be ours.
-- name: demo_log_exists
-- params: dataset bigint
-- one: found boolean
select exists (select from event where dataset_id = $1 and at < now() - interval '2 days');

-- name: demo_events_add
-- params: dataset bigint, at timestamptz[], visitor uuid[], type smallint[], name text[], url text[],
--   title text[], referrer text[], utm jsonb[], properties jsonb[], agent bigint[], network bigint[],
--   place bigint[], country text[]
-- exec
insert into event (dataset_id, at, visitor, type, name, url, title, referrer, utm, properties, agent, network,
                   place, country)
select $1, e.* from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) e;

-- name: demo_networks_add
-- params: network bigint[], name text[], addresses bigint[]
-- exec
insert into network_owner (network, name, addresses) select * from unnest($1, $2, $3) on conflict do nothing;

-- name: demo_agents_add
-- params: hash bigint[], agent text[]
-- exec
insert into user_agent (hash, agent) select * from unnest($1, $2) on conflict do nothing;

--- As the enrichment engine leaves it: each value a fact with its source, the winners on the account.
-- name: demo_companies_enrich
-- params: dataset bigint, domain text[], name text[], description text[], industry text[],
--   employees integer[], country text[], city text[], phone text[], founded integer[]
-- exec
with told as (
    select a.id, e.*
    from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10)
        e (domain, name, description, industry, employees, country, city, phone, founded)
    join account a on a.dataset_id = $1 and a.domain = e.domain
), facts as (
    insert into account_fact (dataset_id, account_id, field, source, value, wins)
    select $1, told.id, fact.field, 'demo', fact.value, true
    from told, lateral (values ('name', name), ('description', description), ('industry', industry),
        ('employees', employees::text), ('country', country), ('city', city), ('phone', phone),
        ('founded', founded::text), ('website', 'https://www.' || domain || '/')) fact (field, value)
    on conflict do nothing
)
update account a
set name = told.name, description = told.description, industry = told.industry,
    employees = told.employees, country = told.country, city = told.city, phone = told.phone,
    founded = told.founded, website = 'https://www.' || told.domain || '/', enriched_at = now()
from told where a.dataset_id = $1 and a.id = told.id;

-- name: demo_accounts
-- params: dataset bigint
-- many: id bigint, domain text, first_at timestamptz, last_at timestamptz
select id, domain, coalesce(first_at, created_at), coalesce(last_at, created_at)
from account where dataset_id = $1 and domain is not null order by domain;

--- The first page of a dataset that has never had a board offers to make one; ours has some.
-- name: demo_boards_exist
-- params: dataset bigint, name text
-- one: found boolean
select exists (select from board where dataset_id = $1 and name = $2);

-- name: demo_board_add
-- params: dataset bigint, name text, user bigint
-- one: id bigint
insert into board (dataset_id, name, user_id, setup_step) values ($1, $2, $3, 0) returning id;

-- name: demo_stages_add
-- params: dataset bigint, board bigint, name text[], wip_limit integer[], age_limit integer[]
-- many: id bigint
with made as (
    insert into stage (dataset_id, board_id, position, name, entry, final, wip_limit, age_limit_days)
    select $1, $2, n - 1, name, n = 1, n = cardinality($3), nullif(wip_limit, 0), nullif(age_limit, 0)
    from unnest($3, $4, $5) with ordinality u (name, wip_limit, age_limit, n)
    returning id, position
)
select id from made order by position;

-- name: demo_cards_add
-- params: dataset bigint, board bigint, account bigint[], stage bigint[], rank integer[],
--   owner bigint[], created_at timestamptz[], stage_at timestamptz[], modified_at timestamptz[],
--   stage_by_kind smallint[], stage_by bigint[]
-- many: id bigint, account_id bigint
with added as (
    insert into card (dataset_id, board_id, stage_id, rank, account_id, owner_id, title, domain, logo,
                      contacts, visitors, score, tags, tag_ids, last_activity_at, created_at, stage_at,
                      modified_at, stage_by_kind, stage_by)
    select $1, $2, e.stage, e.rank, f.account_id, nullif(e.owner, 0), f.title, f.domain, f.logo,
           f.contacts, f.visitors, f.score, f.tags, f.tag_ids, f.last_activity_at, e.created_at,
           e.stage_at, e.modified_at, e.stage_by_kind, nullif(e.stage_by, 0)
    from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11)
        e (account, stage, rank, owner, created_at, stage_at, modified_at, stage_by_kind, stage_by)
    join card_of_account f on f.dataset_id = $1 and f.account_id = e.account
    returning id, account_id, title_lower, domain, created_at
), findable as (
    insert into card_find (dataset_id, card_id, board_id, text, created_at)
    select $1, id, $2, title_lower || e'\n' || coalesce(domain, ''), created_at from added
)
select id, account_id from added;

--- The columns of unnest are of cards by their account, because a card's id is not known before.
-- name: demo_ledger_add
-- params: dataset bigint, board bigint, account bigint[], at timestamptz[], kind smallint[],
--   from_stage bigint[], to_stage bigint[], actor_kind smallint[], actor bigint[], detail jsonb[]
-- exec
insert into card_ledger (dataset_id, card_id, at, board_id, kind, from_stage, to_stage, actor_kind,
                         actor_id, detail)
select $1, c.id, e.at, $2, e.kind, nullif(e.from_stage, 0), nullif(e.to_stage, 0), e.actor_kind,
       nullif(e.actor, 0), e.detail
from unnest($3, $4, $5, $6, $7, $8, $9, $10)
    e (account, at, kind, from_stage, to_stage, actor_kind, actor, detail)
join card c on c.dataset_id = $1 and c.board_id = $2 and c.account_id = e.account
order by e.at;

-- name: demo_views_add
-- params: dataset bigint, board bigint, user bigint, name text[], query text[]
-- exec
insert into board_view (dataset_id, board_id, user_id, name, query, shared)
select $1, $2, $3, name, query, true from unnest($4, $5) u (name, query);

-- name: demo_stages_count
-- params: dataset bigint, board bigint
-- exec
update stage s set cards = (select count(*) from card c
                            where c.dataset_id = s.dataset_id and c.stage_id = s.id)
where s.dataset_id = $1 and s.board_id = $2;

-- name: demo_notes_add
-- params: dataset bigint, account bigint[], user bigint[], body text[], pinned boolean[],
--   at timestamptz[]
-- exec
insert into note (dataset_id, account_id, user_id, body, pinned, created_at)
select $1, * from unnest($2, $3, $4, $5, $6);

-- name: demo_tags_add
-- params: dataset bigint
-- exec
with names as (
    insert into tag (dataset_id, name) select $1, unnest(array['Interest', 'Intent', 'Trial', 'Newsletter'])
    on conflict do nothing
    returning id, name
)
insert into lead_tag (dataset_id, lead_id, tag_id)
select $1, l.id, t.id
from lead l
join names t on case t.name
    when 'Interest' then l.sessions >= 4
    when 'Intent' then l.pageviews >= 25
    when 'Trial' then exists (select from visitor v join event e on e.dataset_id = v.dataset_id
                                     and e.visitor = v.visitor and e.type = 5 and e.name = 'trial'
                              where v.dataset_id = l.dataset_id and v.lead_id = l.id)
    when 'Newsletter' then exists (select from visitor v join event e on e.dataset_id = v.dataset_id
                                          and e.visitor = v.visitor and e.type = 3
                                   where v.dataset_id = l.dataset_id and v.lead_id = l.id)
    end
where l.dataset_id = $1 and l.email is not null;

-- name: demo_account_tags_add
-- params: dataset bigint, account bigint[], tag text[], user bigint
-- exec
insert into account_tag (dataset_id, account_id, tag_id, by_user)
select $1, e.account, t.id, $4
from unnest($2, $3) e (account, tag)
join tag t on t.dataset_id = $1 and t.name = e.tag
on conflict do nothing;

-- name: demo_segments_add
-- params: dataset bigint, user bigint, name text[], filter jsonb[]
-- exec
insert into segment (dataset_id, name, user_id, filter)
select $1, e.name, $2, e.filter from unnest($3, $4) e (name, filter);

-- name: demo_segment
-- params: dataset bigint
-- one: id bigint
select id from segment where dataset_id = $1 order by id limit 1;

--- Who signs up on the sample site becomes a card within seconds.
-- name: demo_board_take_in
-- params: dataset bigint, board text, segment text
-- exec
update board set segment_id = (select id from segment where dataset_id = $1 and name = $3)
where dataset_id = $1 and name = $2;

--- Made-up companies have no site to read; what derivation asked for is taken back.
-- name: demo_enrich_forget
-- params: dataset bigint
-- exec
delete from job where dataset_id = $1 and kind = 4 and state = 0;
