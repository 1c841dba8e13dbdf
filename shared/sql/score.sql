--- The leadscore (shared/score.h).

--- Once an hour for a dataset, however many boards it has.
-- name: score_take
-- params: dataset bigint
-- exec
insert into cron_slot (task, dataset_id, slot_at) values ('score', $1, date_trunc('hour', now()))
on conflict do nothing;

--- The formula in force of each; a dataset without a row has the default.
-- name: score_formulas
-- params: dataset bigint[]
-- many: dataset bigint, version integer, rules jsonb
select f.dataset_id, f.version, f.rules
from unnest($1) k (id)
cross join lateral (select * from score_formula where dataset_id = k.id order by version desc limit 1) f;

-- name: score_formula_row
-- params: dataset bigint, version integer
-- one: version integer, rules jsonb, user text?, created_at timestamptz, progress bigint?
select f.version, f.rules, u.name, f.created_at, f.progress_id
from score_formula f left join app_user u on u.id = f.user_id
where f.dataset_id = $1 and f.version = $2;

-- name: score_versions
-- params: dataset bigint, most bigint
-- many: version integer, rules jsonb, user text?, created_at timestamptz, progress bigint?
select f.version, f.rules, u.name, f.created_at, f.progress_id
from score_formula f left join app_user u on u.id = f.user_id
where f.dataset_id = $1 order by f.version desc limit $2;

--- Two who save at once get a version each.
-- name: score_version_add
-- params: dataset bigint, rules jsonb, user bigint, progress bigint
-- one: version integer
insert into score_formula (dataset_id, version, rules, user_id, progress_id)
select $1, coalesce(max(version), 0) + 1, $2, $3, $4 from score_formula where dataset_id = $1
returning version;

--- Values as they are compared.
-- name: score_fold
-- params: values text[]
-- one: lower text[]
select array(select lower(v) from unnest($1) with ordinality u (v, nr) order by nr);

--- How tags are called now.
-- name: score_tag_names
-- params: dataset bigint, tags bigint[]
-- many: id bigint, name text
select id, name from tag where dataset_id = $1 and id = any ($2);

--- ---- leads ----

--- Locked in the order of their ids; those that were merged into another have no score.
-- name: score_hold
-- params: dataset bigint, ids bigint[]
-- many: id bigint
select id from lead where dataset_id = $1 and id = any ($2) and merged_into is null
order by id for no key update;

-- name: score_hold_page
-- params: dataset bigint, after bigint, since timestamptz, limit bigint
-- many: id bigint
select id from lead
where dataset_id = $1 and id > $2 and last_at > $3 and merged_into is null
order by id limit $4 for no key update;

-- name: score_page
-- params: dataset bigint, after bigint, limit bigint
-- many: id bigint
select id from lead where dataset_id = $1 and id > $2 and merged_into is null and not hidden
order by id limit $3;

--- Everything that a rule can ask for. keys: of custom properties; tags, patterns: what of them.
-- name: score_inputs
-- params: dataset bigint, ids bigint[], keys text[], tags bigint[], patterns bigint[]
-- many: id bigint, account bigint?, score smallint, parts jsonb, last_at timestamptz, now timestamptz,
--   email text?, phone text?, company text?, first_name text?, last_name text?, job_title text?,
--   channel smallint?, first_channel smallint?, source text?, medium text?, campaign text?, referrer text?,
--   landing text?, domain text?, industry text?, country text?, region text?, city text?, legal_type text?,
--   revenue text?, technologies text?, website text?, linkedin text?, employees integer?, founded integer?,
--   sessions integer, pageviews integer, forms integer, events integer, visitors integer,
--   properties text[], tags bigint[], hits bigint[]
select l.id, l.account_id, l.score, l.score_parts, l.last_at, now(), l.email_lower, lower(l.phone),
       lower(coalesce(a.name, l.company)), lower(l.first_name), lower(l.last_name), lower(l.job_title),
       l.last_channel, l.first_channel, lower(l.last_source), lower(l.last_medium), lower(l.last_campaign),
       lower(l.last_referrer), lower(l.last_landing), a.domain, lower(a.industry), lower(a.country),
       lower(a.region), lower(a.city), lower(a.legal_type), lower(a.revenue),
       lower(array_to_string(a.technologies, e'\n')), lower(a.website), lower(a.linkedin), a.employees,
       a.founded, l.sessions, l.pageviews, l.forms, l.events, l.visitors,
       case when cardinality($3) = 0 then '{}' else
            array(select lower(l.properties->>u.key) from unnest($3) with ordinality u (key, nr) order by u.nr) end,
       case when cardinality($4) = 0 then '{}' else
            array(select tag_id from lead_tag where dataset_id = $1 and lead_id = l.id and tag_id = any ($4)
                  union
                  select tag_id from account_tag
                  where dataset_id = $1 and account_id = l.account_id and tag_id = any ($4)) end,
       case when cardinality($5) = 0 then '{}' else
            array(select coalesce((select h.n from lead_hit h where h.dataset_id = $1 and h.lead_id = l.id
                                   and h.pattern_id = u.id), 0)
                  from unnest($5) with ordinality u (id, nr) order by u.nr) end
from unnest($2) k (id)
join lead l on l.dataset_id = $1 and l.id = k.id
left join account a on a.dataset_id = $1 and a.id = l.account_id;

--- Of leads that acted or were put right today, which is not over: the history stays.
-- name: score_put
-- params: dataset bigint, id bigint[], score smallint[], parts jsonb[]
-- exec
update lead l set score = k.score, score_parts = k.parts
from unnest($2, $3, $4) k (id, score, parts) where l.dataset_id = $1 and l.id = k.id;

--- What the last day of activity ended with is kept, once, and what today has, each with the formula that it
--- is by.
-- name: score_save
-- params: dataset bigint, id bigint[], score smallint[], parts jsonb[], version integer
-- exec
with k as (
    select k.id, k.score, k.parts, l.score as was, (l.last_at at time zone 'utc')::date as last_day,
           (now() at time zone 'utc')::date as today,
           case when jsonb_typeof(l.score_parts->0) = 'number' then (l.score_parts->>0)::integer else 0 end as by_version
    from unnest($2, $3, $4) k (id, score, parts)
    join lead l on l.dataset_id = $1 and l.id = k.id
), kept as (
    insert into score_history as h (dataset_id, lead_id, day, score, version)
    select $1, id, last_day, was, by_version from k where score <> was and last_day < today
    union all
    select $1, id, today, score, $5 from k where score <> was
    on conflict (dataset_id, lead_id, day) do update
    set score = case when h.day = (now() at time zone 'utc')::date then excluded.score else h.score end,
        version = case when h.day = (now() at time zone 'utc')::date then excluded.version else h.version end
)
update lead l set score = k.score, score_parts = k.parts
from k where l.dataset_id = $1 and l.id = k.id;

--- Accounts of these leads whose best lead has another score now.
-- name: score_accounts
-- params: dataset bigint, leads bigint[]
-- many: id bigint
with held as materialized (
    select id from account
    where dataset_id = $1 and id in (select account_id from lead where dataset_id = $1 and id = any ($2))
    order by id for no key update
), best as materialized (
    select h.id, (select coalesce(max(l.score), 0) from lead l
                  where l.dataset_id = $1 and l.account_id = h.id) as score
    from held h
)
update account a set score = b.score
from best b where a.dataset_id = $1 and a.id = b.id and a.score <> b.score
returning a.id;

--- Where more than 200 cards of a board change at once, its page is drawn anew.
-- name: score_cards
-- params: dataset bigint, accounts bigint[], leads bigint[]
-- exec
with held as materialized (
    select c.id, c.board_id, coalesce(a.score, l.score) as score
    from card c
    left join account a on a.dataset_id = $1 and a.id = c.account_id
    left join lead l on l.dataset_id = $1 and l.id = c.lead_id
    where c.dataset_id = $1
      and c.id in (select id from card where dataset_id = $1 and account_id = any ($2)
                   union all
                   select id from card where dataset_id = $1 and lead_id = any ($3))
      and c.score <> coalesce(a.score, l.score)
    order by c.id for no key update of c
), fresh as (
    update card c set score = h.score from held h where c.dataset_id = $1 and c.id = h.id
    returning c.board_id, c.id
)
insert into card_change (dataset_id, board_id, card_id)
select $1, board_id, id from (select *, count(*) over (partition by board_id) as n from fresh) f where n <= 200
union all
select $1, board_id, null from fresh group by board_id having count(*) > 200;

--- Leads that rules about companies and tags are about, behind the last one.
-- name: score_leads_of
-- params: dataset bigint, accounts bigint[], leads bigint[], after bigint, limit bigint
-- many: id bigint
select id from lead
where dataset_id = $1 and id > $4 and merged_into is null
  and id in (select id from lead where dataset_id = $1 and account_id = any ($2)
             union all select unnest($3))
order by id limit $5;

--- Of these accounts those that are called otherwise now.
-- name: score_renamed
-- params: dataset bigint, accounts bigint[], names text[]
-- many: id bigint
select a.id from unnest($2, $3) k (id, name) join account a on a.dataset_id = $1 and a.id = k.id
where a.name <> k.name order by a.id;

--- ---- drafts ----

-- name: score_draft_add
-- params: dataset bigint, user bigint, rules jsonb
-- one: id bigint
insert into score_draft (dataset_id, user_id, rules) values ($1, $2, $3) returning id;

-- name: score_draft_begin
-- params: dataset bigint, draft bigint, progress bigint
-- exec
update score_draft set progress_id = $3 where dataset_id = $1 and id = $2;

-- name: score_draft_get
-- params: dataset bigint, draft bigint
-- one: id bigint, user_id bigint, rules jsonb, progress bigint?, result jsonb?, created_at timestamptz, saved integer?
select id, user_id, rules, progress_id, result, created_at, saved_version
from score_draft where dataset_id = $1 and id = $2;

-- name: score_draft_result
-- params: dataset bigint, draft bigint, result jsonb
-- exec
update score_draft set result = $3 where dataset_id = $1 and id = $2;

-- name: score_draft_saved
-- params: dataset bigint, draft bigint, version integer
-- exec
update score_draft set saved_version = $3 where dataset_id = $1 and id = $2;

--- The last that somebody tried and did not save, in this version's time.
-- name: score_draft_open
-- params: dataset bigint, user bigint
-- many: id bigint, created_at timestamptz
select d.id, d.created_at from score_draft d
where d.dataset_id = $1 and d.user_id = $2 and d.saved_version is null
  and d.created_at > now() - interval '7 days'
  and d.created_at > coalesce((select max(created_at) from score_formula where dataset_id = $1), '-infinity')
order by d.id desc limit 1;

-- name: score_draft_trim
-- exec
delete from score_draft where created_at < now() - interval '7 days';

-- name: score_leads_count
-- params: dataset bigint
-- one: leads bigint
select count(*) from lead where dataset_id = $1;

--- ---- what earned it ----

--- As people write it; form: the last one sent.
-- name: score_cause
-- params: dataset bigint, lead bigint
-- one: account bigint?, last_at timestamptz, email text?, phone text?, company text?, first_name text?,
--   last_name text?, job_title text?, channel smallint?, first_channel smallint?, source text?, medium text?,
--   campaign text?, referrer text?, landing text?, domain text?, industry text?, country text?, region text?,
--   city text?, legal_type text?, revenue text?, technologies text?, website text?, linkedin text?,
--   employees integer?, founded integer?, sessions integer, pageviews integer, forms integer, events integer,
--   visitors integer, properties jsonb, form text?, form_title text?, form_url text?, form_at timestamptz?
select l.account_id, l.last_at, l.email, l.phone, coalesce(a.name, l.company), l.first_name, l.last_name,
       l.job_title, l.last_channel, l.first_channel, l.last_source, l.last_medium, l.last_campaign,
       l.last_referrer, l.last_landing, a.domain, a.industry, a.country, a.region, a.city, a.legal_type, a.revenue,
       array_to_string(a.technologies, ', '), a.website, a.linkedin, a.employees, a.founded, l.sessions,
       l.pageviews, l.forms, l.events, l.visitors, l.properties, e.name, e.title, e.url, e.at
from lead l
left join account a on a.dataset_id = $1 and a.id = l.account_id
left join lateral (
    select e.name, e.title, e.url, e.at
    from session s
    join event e on e.dataset_id = $1 and e.visitor = s.visitor and e.at between s.started_at and s.ended_at
                and e.type = 5
    where s.dataset_id = $1 and s.lead_id = l.id and s.forms > 0
    order by s.started_at desc, e.at desc limit 1) e on l.forms > 0
where l.dataset_id = $1 and l.id = $2;

-- name: score_cause_hits
-- params: dataset bigint, lead bigint, patterns bigint[]
-- many: pattern bigint, n bigint, last_at timestamptz
select pattern_id, n, last_at from lead_hit
where dataset_id = $1 and lead_id = $2 and pattern_id = any ($3);

--- account: it is the company's.
-- name: score_cause_tags
-- params: dataset bigint, lead bigint, tags bigint[]
-- many: tag bigint, at timestamptz, account bigint?
select tag_id, at, null::bigint from lead_tag where dataset_id = $1 and lead_id = $2 and tag_id = any ($3)
union all
select g.tag_id, g.at, g.account_id
from lead l join account_tag g on g.dataset_id = $1 and g.account_id = l.account_id and g.tag_id = any ($3)
where l.dataset_id = $1 and l.id = $2;

--- Days (of UTC, counted from 1970-01-01) on which the formula changed, a year of them at most.
-- name: score_changes
-- params: dataset bigint
-- many: day integer, version integer
select (created_at at time zone 'utc')::date - date '1970-01-01', max(version) from score_formula
where dataset_id = $1 and created_at > now() - interval '366 days' group by 1 order by 1;

--- Names of the custom properties of those who were active last.
-- name: score_properties
-- params: dataset bigint, most bigint
-- many: name text
select key from (select properties from lead where dataset_id = $1 order by last_at desc, id limit 500) l,
     jsonb_object_keys(l.properties) key
group by key order by count(*) desc, key limit $2;

-- name: score_names
-- params: dataset bigint, leads bigint[]
-- many: id bigint, email text?, first_name text?, last_name text?, company text?
select l.id, l.email, l.first_name, l.last_name, coalesce(a.name, l.company)
from lead l left join account a on a.dataset_id = $1 and a.id = l.account_id
where l.dataset_id = $1 and l.id = any ($2);
