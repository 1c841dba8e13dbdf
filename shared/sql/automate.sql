--- Applying automations (worker/automate.h). Arrays have one element a candidate or subject; nr is its place, from
--- 1. An account or lead of 0 is none.

--- By key, whatever is known of the tables: a plan made while they were small would stay. After each question of a
--- filter again, which sets it back.
-- name: automate_plan
-- exec
select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('statement_timeout', '60s', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
       set_config('jit', 'off', true);

--- Datasets with something that waits and is due.
-- name: automate_datasets
-- many: dataset bigint
with recursive d as (
    (select dataset_id from automation_pending order by dataset_id limit 1)
    union all
    select (select p.dataset_id from automation_pending p where p.dataset_id > d.dataset_id order by p.dataset_id limit 1)
    from d where d.dataset_id is not null
)
select dataset_id from d
where dataset_id is not null
  and exists (select from automation_pending p where p.dataset_id = d.dataset_id and (p.due_at is null or p.due_at <= now()))
limit 1000;

-- name: automate_book
-- params: dataset bigint
-- many: id bigint, version integer, source smallint, cooldown_s integer, once boolean, name text, trigger jsonb,
--   actions jsonb
select a.id, a.version, a.source, a.cooldown_s, a.once, a.name, v.trigger, v.actions
from automation a
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
where a.dataset_id = $1 and a.enabled and a.deleted_at is null
order by a.id;

--- Those that failed again and again, and wait.
-- name: automate_failing
-- params: dataset bigint
-- one: ids bigint[], now timestamptz
select coalesce((select array_agg(id order by id) from automation
                 where dataset_id = $1 and enabled and deleted_at is null and failures >= 5 and retry_at > now()), '{}'),
       now();

--- The first that wait, without those automations; or that row alone.
-- name: automate_take
-- params: dataset bigint, left bigint[], row bigint?, most integer
-- many: id bigint, automation bigint, version integer, cause smallint, cause_id bigint, cause_at timestamptz,
--   visitor uuid?, subject bigint?, card bigint?, bits bigint, depth smallint, tries smallint
select p.id, p.automation_id, p.version, p.cause, p.cause_id, p.cause_at, p.visitor, p.subject, p.card_id, p.bits,
       p.depth, p.tries
from automation_pending p
where p.dataset_id = $1 and ($3::bigint is null or p.id = $3)
  and ($3::bigint is not null or p.due_at is null or p.due_at <= now()) and p.automation_id <> all ($2)
order by p.id limit $4;

--- One by one: for a table that was empty when it was planned, all of it would be looked through for each.
-- name: automate_done
-- params: dataset bigint, ids bigint[]
-- exec
delete from automation_pending where ctid = any (array(
    select p.ctid from unnest($2) k (id)
    cross join lateral (select ctid from automation_pending where dataset_id = $1 and id = k.id offset 0) p));

--- Whose an event is: of the session that it is in. Not in the order of an index: that of all the dataset's sessions
--- would do for it, too.
-- name: automate_whose
-- params: dataset bigint, visitor uuid[], at timestamptz[]
-- many: nr bigint, lead bigint, account bigint?, has_email boolean, hidden boolean
select k.nr, l.id, l.account_id, l.email is not null, l.hidden or coalesce(a.hidden, false)
from unnest($2, $3) with ordinality k (visitor, at, nr)
cross join lateral (
    select s.lead_id from session s
    where s.dataset_id = $1 and s.visitor = k.visitor and s.started_at <= k.at
    order by s.started_at + interval '0' desc limit 1
) s
join lead l on l.dataset_id = $1 and l.id = s.lead_id
left join account a on a.dataset_id = $1 and a.id = l.account_id;

--- subject: an account, or -lead. What was merged into another by hand counts for that one.
-- name: automate_about
-- params: dataset bigint, subject bigint[]
-- many: nr bigint, lead bigint?, account bigint?, has_email boolean, hidden boolean
select k.nr, null, a.id, false, a.hidden
from unnest($2) with ordinality k (subject, nr)
join account o on o.dataset_id = $1 and o.id = k.subject
join account a on a.dataset_id = $1 and a.id = coalesce(o.merged_into, o.id)
where k.subject > 0
union all
select k.nr, l.id, l.account_id, l.email is not null, l.hidden or coalesce(a.hidden, false)
from unnest($2) with ordinality k (subject, nr)
join lead o on o.dataset_id = $1 and o.id = -k.subject
join lead l on l.dataset_id = $1 and l.id = coalesce(o.merged_into, o.id)
left join account a on a.dataset_id = $1 and a.id = l.account_id
where k.subject < 0;

--- When it ran for them last.
-- name: automate_past
-- params: dataset bigint, automation bigint, subjects bigint[]
-- many: subject bigint, run_at timestamptz, run bigint
select subject, run_at, run_id from automation_subject
where dataset_id = $1 and automation_id = $2 and subject = any ($3);

--- Ids for runs; none for those that there are.
-- name: automate_run_ids
-- params: dataset bigint, automation bigint, subject bigint[], cause smallint[], cause_id bigint[]
-- many: nr bigint, id bigint
select k.nr, nextval(pg_get_serial_sequence('automation_run', 'id'))
from unnest($3, $4, $5) with ordinality k (subject, cause, cause_id, nr)
where not exists (select from automation_run r
                  where r.dataset_id = $1 and r.automation_id = $2 and r.subject = k.subject and r.cause = k.cause
                    and r.cause_id = k.cause_id);

--- ---- why ----

-- name: automate_events
-- params: dataset bigint, at timestamptz[], id bigint[]
-- many: nr bigint, type smallint, name text?, url text?, link text?, sender text?
select k.nr, e.type, e.name, e.url, e.properties ->> 'link', e.properties ->> 'fromEmail'
from unnest($2, $3) with ordinality k (at, id, nr)
join event e on e.dataset_id = $1 and e.at = k.at and e.id = k.id;

-- name: automate_ledger
-- params: dataset bigint, card bigint[], at timestamptz[], id bigint[]
-- many: nr bigint, kind smallint, stage text?, board text?, owner text?
select k.nr, g.kind, (select name from stage where dataset_id = $1 and id = g.to_stage),
       (select name from board where dataset_id = $1 and id = g.board_id),
       (select u.name from app_user u where g.kind = 3 and u.id = (g.detail ->> 'to')::bigint)
from unnest($2, $3, $4) with ordinality k (card, at, id, nr)
join card_ledger g on g.dataset_id = $1 and g.card_id = k.card and g.at = k.at and g.id = k.id;

--- ---- locks, all by id ----

-- name: automate_lock_leads
-- params: dataset bigint, ids bigint[]
-- many: id bigint
select id from lead where dataset_id = $1 and id = any ($2) order by id for no key update;

-- name: automate_lock_accounts
-- params: dataset bigint, ids bigint[]
-- many: id bigint
select id from account where dataset_id = $1 and id = any ($2) order by id for no key update;

-- name: automate_lock_stages
-- params: dataset bigint, boards bigint[]
-- many: id bigint
select id from stage where dataset_id = $1 and board_id = any ($2) order by id for no key update;

-- name: automate_lock_account_cards
-- params: dataset bigint, accounts bigint[]
-- many: id bigint
select id from card where dataset_id = $1 and account_id = any ($2) order by id for no key update;

-- name: automate_lock_lead_cards
-- params: dataset bigint, leads bigint[]
-- many: id bigint
select id from card where dataset_id = $1 and lead_id = any ($2) order by id for no key update;

--- ---- cards ----

--- Cards of these accounts, or of leads that stand for themselves: on that board, or on all.
-- name: automate_cards
-- params: dataset bigint, board bigint?, account bigint[], lead bigint[]
-- many: nr bigint, card bigint, board bigint, stage bigint, stage_name text, position integer, owner bigint?,
--   owner_name text?
select k.nr, c.id, c.board_id, c.stage_id, s.name, s.position, c.owner_id, u.name as owner_name
from unnest($3) with ordinality k (account, nr)
join card c on c.dataset_id = $1 and c.account_id = k.account
join stage s on s.dataset_id = $1 and s.id = c.stage_id
left join app_user u on u.id = c.owner_id
where k.account > 0 and ($2::bigint is null or c.board_id = $2)
union all
select k.nr, c.id, c.board_id, c.stage_id, s.name, s.position, c.owner_id, u.name
from unnest($4) with ordinality k (lead, nr)
join card c on c.dataset_id = $1 and c.lead_id = k.lead
join stage s on s.dataset_id = $1 and s.id = c.stage_id
left join app_user u on u.id = c.owner_id
where k.lead > 0 and ($2::bigint is null or c.board_id = $2)
order by 1, 3, 2;

-- name: automate_stages
-- params: dataset bigint, board bigint
-- many: id bigint, name text, position integer, entry boolean, fixed_flow boolean
select s.id, s.name, s.position, s.entry, b.fixed_flow
from stage s join board b on b.dataset_id = $1 and b.id = s.board_id
where s.dataset_id = $1 and s.board_id = $2 and b.deleted_at is null order by s.position;

-- name: automate_excluded
-- params: dataset bigint, board bigint, account bigint[], lead bigint[]
-- many: nr bigint
select k.nr from unnest($3) with ordinality k (account, nr)
join card_exclusion x on x.dataset_id = $1 and x.board_id = $2 and x.account_id = k.account
union all
select k.nr from unnest($4) with ordinality k (lead, nr)
join card_exclusion x on x.dataset_id = $1 and x.board_id = $2 and x.lead_id = k.lead;

--- ---- owners ----

--- Who may be given cards of these boards, among these people.
-- name: automate_may_own
-- params: dataset bigint, boards bigint[], people bigint[]
-- many: board bigint, id bigint, name text
select b.id as board, u.id, u.name
from board b
join dataset d on d.id = b.dataset_id
join membership m on m.workspace_id = d.workspace_id
join app_user u on u.id = m.user_id and u.disabled_at is null
where b.dataset_id = $1 and b.id = any ($2) and u.id = any ($3) and (b.visibility = 2 or b.user_id = u.id)
  and (m.role >= 3 or exists (select from dataset_access a where a.user_id = u.id and a.dataset_id = $1))
order by b.id, u.id;

-- name: automate_turns
-- params: dataset bigint, automation bigint
-- many: user bigint, turn bigint
select user_id, turn from automation_turn where dataset_id = $1 and automation_id = $2 for update;

-- name: automate_turn
-- params: dataset bigint, automation bigint, user bigint[], turn bigint[]
-- exec
insert into automation_turn as t (dataset_id, automation_id, user_id, turn, given)
select $1, $2, k.user_id, max(k.turn), count(*) from unnest($3, $4) k (user_id, turn) group by k.user_id
on conflict (dataset_id, automation_id, user_id) do update set turn = excluded.turn, given = t.given + excluded.given;

--- Who sent the mail: as the event says, else the latest mail that one of the people of the company, or this person,
--- opened or clicked in.
-- name: automate_senders
-- params: dataset bigint, sender text[], account bigint[], lead bigint[]
-- many: nr bigint, sender text?, user bigint?
with asked as materialized (
    select k.nr, coalesce(nullif(k.sender, ''), (
        select e.properties ->> 'fromEmail'
        from lead l
        join session s on s.dataset_id = $1 and s.lead_id = l.id
        join event e on e.dataset_id = $1 and e.visitor = s.visitor and e.at between s.started_at and s.ended_at
        where l.dataset_id = $1 and (l.id = k.lead or k.account > 0 and l.account_id = k.account)
          and e.type in (3, 4) and e.properties ->> 'fromEmail' is not null
        order by l.id = k.lead desc, e.at desc, e.id desc limit 1)) as sender
    from unnest($2, $3, $4) with ordinality k (sender, account, lead, nr)
)
select a.nr, a.sender,
       (select u.id from dataset d
        join membership m on m.workspace_id = d.workspace_id
        join app_user u on u.id = m.user_id and u.disabled_at is null
        where d.id = $1 and u.email_lower = lower(a.sender))
from asked a;

--- ---- tags and properties ----

--- Which of them have the tag themselves.
-- name: automate_tagged
-- params: dataset bigint, tag bigint, accounts bigint[], leads bigint[]
-- one: accounts bigint[], leads bigint[]
select coalesce((select array_agg(account_id order by account_id) from account_tag
                 where dataset_id = $1 and account_id = any ($3) and tag_id = $2), '{}'),
       coalesce((select array_agg(lead_id order by lead_id) from lead_tag
                 where dataset_id = $1 and lead_id = any ($4) and tag_id = $2), '{}');

--- What the visit said in which it happened (visitor, at); else the latest of the person, or of the company.
-- name: automate_visits
-- params: dataset bigint, visitor uuid[], at timestamptz[], lead bigint[], account bigint[]
-- many: nr bigint, source text?, medium text?, campaign text?, term text?, content text?, channel smallint,
--   referrer text?, landing text?, exit text?
select k.nr, s.source, s.medium, s.campaign, s.term, s.content, s.channel, s.referrer, s.landing, s.exit
from unnest($2, $3, $4, $5) with ordinality k (visitor, at, lead, account, nr)
cross join lateral (
    select * from (
        (select s.*, 1 as nearer from session s
         where s.dataset_id = $1 and s.visitor = k.visitor and s.started_at <= k.at
         order by s.started_at + interval '0' desc limit 1)
        union all
        (select s.*, 2 from session s where s.dataset_id = $1 and s.lead_id = k.lead and k.visitor is null
         order by s.started_at desc limit 1)
        union all
        (select s.*, 3 from lead l join session s on s.dataset_id = $1 and s.lead_id = l.id
         where l.dataset_id = $1 and l.account_id = k.account and k.lead = 0 and k.visitor is null
         order by s.started_at desc limit 1)) u
    order by u.nearer limit 1) s;

--- Values that differ are kept, to be undone; at most so many properties each. The answer is who was changed.
-- name: automate_set_leads
-- params: dataset bigint, operation bigint, key text, lead bigint[], value text[], most integer
-- one: changed bigint[], same bigint[]
with row as materialized (
    select l.id, l.properties ->> $3 as was, (l.stamps ->> $3)::bigint as stamp, k.value,
           (select count(*) from jsonb_object_keys(l.properties)) as n
    from unnest($4, $5) k (lead, value)
    join lead l on l.dataset_id = $1 and l.id = k.lead
), chosen as materialized (
    select * from row where was is distinct from value and (was is not null or n < $6)
), kept as (
    insert into automation_property (dataset_id, operation_id, lead_id, key, was, stamp, value)
    select $1, $2, id, $3, was, stamp, value from chosen order by id
), changed as (
    update lead l set properties = l.properties || jsonb_build_object($3, c.value), stamps = l.stamps - $3
    from chosen c where l.dataset_id = $1 and l.id = c.id
)
select coalesce((select array_agg(id order by id) from chosen), '{}'),
       coalesce((select array_agg(id order by id) from row where was is not distinct from value), '{}');

-- name: automate_set_accounts
-- params: dataset bigint, operation bigint, key text, account bigint[], value text[], most integer
-- one: changed bigint[], same bigint[]
with row as materialized (
    select a.id, a.properties ->> $3 as was, k.value,
           (select count(*) from jsonb_object_keys(a.properties)) as n
    from unnest($4, $5) k (account, value)
    join account a on a.dataset_id = $1 and a.id = k.account
), chosen as materialized (
    select * from row where was is distinct from value and (was is not null or n < $6)
), kept as (
    insert into automation_property (dataset_id, operation_id, account_id, key, was, value)
    select $1, $2, id, $3, was, value from chosen order by id
), changed as (
    update account a set properties = a.properties || jsonb_build_object($3, c.value)
    from chosen c where a.dataset_id = $1 and a.id = c.id
)
select coalesce((select array_agg(id order by id) from chosen), '{}'),
       coalesce((select array_agg(id order by id) from row where was is not distinct from value), '{}');

--- What an automation said of a field of the company before.
-- name: automate_fact
-- params: dataset bigint, account bigint, field text
-- many: value text
select value from account_fact where dataset_id = $1 and account_id = $2 and field = $3 and source = 'automation';

-- name: automate_fact_kept
-- params: dataset bigint, operation bigint, account bigint, key text, was text?, value text
-- exec
insert into automation_property (dataset_id, operation_id, account_id, key, fact, was, value)
values ($1, $2, $3, $4, true, $5, $6);

--- ---- telling ----

--- What messages say of whom they are about.
-- name: automate_told
-- params: dataset bigint, account bigint[], lead bigint[], card bigint[]
-- many: nr bigint, company text?, domain text?, person text?, email text?, score smallint?, card bigint?, board bigint?,
--   board_name text?, stage text?, owner bigint?, owner_name text?, owner_email text?, card_data jsonb?,
--   data jsonb
select k.nr, coalesce(a.name, l.email) as company, a.domain,
       coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email) as person, l.email,
       coalesce(c.score, a.score, l.score) as score, c.id as card, c.board_id as board, b.name as board_name,
       s.name as stage, u.id as owner, u.name as owner_name, u.email as owner_email,
       case when c.id is not null then card_telling(c) end as card_data,
       jsonb_strip_nulls(jsonb_build_object(
           'account', case when a.id is not null then jsonb_build_object(
               'id', a.id::text, 'name', left(a.name, 200), 'domain', a.domain, 'industry', left(a.industry, 200),
               'employees', a.employees, 'country', a.country, 'city', left(a.city, 100), 'score', a.score) end,
           'lead', case when l.id is not null then jsonb_build_object(
               'id', l.id::text, 'email', l.email, 'first_name', left(l.first_name, 200),
               'last_name', left(l.last_name, 200), 'score', l.score) end))
from unnest($2, $3, $4) with ordinality k (account, lead, card, nr)
left join account a on a.dataset_id = $1 and a.id = k.account
left join lead l on l.dataset_id = $1 and l.id = k.lead
left join card c on c.dataset_id = $1 and c.id = k.card
left join board b on b.dataset_id = $1 and b.id = c.board_id
left join stage s on s.dataset_id = $1 and s.id = c.stage_id
left join app_user u on u.id = c.owner_id;

--- Where LeadBoard is, as a browser asked for it; and whose dataset it is.
-- name: automate_origin
-- params: dataset bigint
-- one: workspace bigint, origin text?
select d.workspace_id,
       coalesce((select m.origin from mail_server m where m.workspace_id = d.workspace_id),
                (select i.origin from integration i where i.dataset_id = d.id and i.origin is not null
                 order by i.updated_at desc limit 1))
from dataset d where d.id = $1;

--- ---- runs ----

-- name: automate_runs_add
-- params: dataset bigint, automation bigint, version integer, id bigint[], subject bigint[], account bigint[],
--   lead bigint[], card bigint[], cause smallint[], cause_id bigint[], cause_at timestamptz[], why text[],
--   depth smallint[], state smallint[], said jsonb[], operation bigint[]
-- exec
insert into automation_run (dataset_id, automation_id, version, id, subject, account_id, lead_id, card_id, cause, cause_id,
                            cause_at, why, depth, state, said, operation_id)
overriding system value
select $1, $2, $3, k.id, k.subject, nullif(k.account, 0), nullif(k.lead, 0), nullif(k.card, 0), k.cause, k.cause_id,
       k.cause_at, k.why, k.depth, k.state, k.said, nullif(k.operation, 0)
from unnest($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    k (id, subject, account, lead, card, cause, cause_id, cause_at, why, depth, state, said, operation);

-- name: automate_subjects_save
-- params: dataset bigint, automation bigint, subject bigint[], run_at timestamptz[], run bigint[]
-- exec
insert into automation_subject as s (dataset_id, automation_id, subject, run_at, run_id)
select $1, $2, k.subject, k.run_at, k.run from unnest($3, $4, $5) k (subject, run_at, run)
on conflict (dataset_id, automation_id, subject) do update set run_at = excluded.run_at, run_id = excluded.run_id;

-- name: automate_held
-- params: dataset bigint, run bigint[]
-- exec
update automation_run r set held = r.held + k.n
from (select run, count(*) as n from unnest($2) u (run) group by run) k
where r.dataset_id = $1 and r.id = k.run;

-- name: automate_ran
-- params: dataset bigint, automation bigint, n integer
-- exec
update automation set fired = fired + $3, fired_at = now(), problem = null, problem_at = null, failures = 0, retry_at = null
where dataset_id = $1 and id = $2;

-- name: automate_operation_drop
-- params: dataset bigint, operation bigint
-- exec
delete from operation where dataset_id = $1 and id = $2;

--- ---- what fails ----

--- The row is tried again later, longer each time; the automation says why.
-- name: automate_failed
-- params: dataset bigint, automation bigint, row bigint, why text
-- exec
with later as (
    update automation_pending set tries = tries + 1, due_at = now() + interval '10 seconds' * 4 ^ least(tries, 5)
    where dataset_id = $1 and id = $3 returning due_at
)
update automation set problem = $4, problem_at = now(), failures = failures + 1,
       retry_at = coalesce((select due_at from later), now() + interval '1 minute')
where dataset_id = $1 and id = $2;
