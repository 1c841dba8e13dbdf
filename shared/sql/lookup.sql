--- Cards added by hand (shared/lookup.h).

--- Those of the days before go with each new one.
-- name: lookup_trim
-- params: dataset bigint
-- exec
delete from lookup where dataset_id = $1 and created_at < now() - interval '2 days';

-- name: lookup_add
-- params: dataset bigint, board bigint, user bigint, domain text?, email text?
-- one: id bigint
insert into lookup (dataset_id, board_id, user_id, domain, email) values ($1, $2, $3, $4, $5)
returning id;

-- name: lookup_set_progress
-- params: dataset bigint, lookup bigint, progress bigint
-- exec
update lookup set progress_id = $3 where dataset_id = $1 and id = $2;

-- name: lookup_get
-- params: dataset bigint, board bigint, lookup bigint
-- one: domain text?, email text?, progress_id bigint?, found jsonb, card_id bigint?, created_at timestamptz
select l.domain, l.email, l.progress_id, l.found,
       (select c.id from card c where c.dataset_id = $1 and c.board_id = $2 and c.id = l.card_id), l.created_at
from lookup l where l.dataset_id = $1 and l.board_id = $2 and l.id = $3;

--- What each provider said of the domain last. settled: it need not be asked (again) for a look-up that began
--- then.
-- name: lookup_answers
-- params: dataset bigint, domain text, sources text[], refresh_days integer[], began timestamptz
-- many: source text, outcome smallint, told_at timestamptz, facts jsonb, guess text?, message text?, has_logo boolean,
--   settled boolean
select a.source, a.outcome, a.told_at, a.facts, a.guess, a.message, a.logo is not null,
       a.at >= $5
       or a.outcome <> 4 and a.at > coalesce(p.changed_at, '-infinity')
          and a.at > now() - make_interval(days => case when a.outcome = 1 then k.days else least(k.days, 7) end)
from unnest($3, $4) with ordinality k (source, days, n)
join provider_answer a on a.dataset_id = $1 and a.domain = $2 and a.source = k.source
left join provider p on p.dataset_id = $1 and p.source = k.source
order by k.n;

--- Accepted once, however often the button is pressed.
-- name: lookup_hold
-- params: dataset bigint, lookup bigint
-- exec
select from lookup where dataset_id = $1 and id = $2 for update;

-- name: lookup_icon
-- params: dataset bigint, board bigint, lookup bigint
-- one: media_type text, bytes bytea
select a.logo_type, a.logo
from lookup l
join provider_answer a on a.dataset_id = $1 and a.domain = l.domain and a.logo is not null
left join provider p on p.dataset_id = $1 and p.source = a.source
where l.dataset_id = $1 and l.board_id = $2 and l.id = $3 and coalesce(p.enabled, a.source = 'site')
order by fact_rank($1, a.source) limit 1;

-- name: lookup_set_card
-- params: dataset bigint, lookup bigint, card bigint
-- exec
update lookup set card_id = $3 where dataset_id = $1 and id = $2;

-- name: lookup_domain
-- params: dataset bigint, lookup bigint
-- one: domain text
select domain from lookup where dataset_id = $1 and id = $2 and domain is not null;

-- name: lookup_found
-- params: dataset bigint, lookup bigint, found jsonb
-- exec
update lookup set found = $3 where dataset_id = $1 and id = $2;

--- Leads with an address at the domain, or below it, that are of no company. Read backwards ('.' comes right
--- before '/') they are one range of the index, with the likes of acme-x.com left out.
-- name: lookup_leads
-- params: dataset bigint, domain text, most bigint
-- many: id bigint
select id from lead
where dataset_id = $1 and account_id is null and email_lower is not null
  and not linked and not hidden -- whom somebody made nobody's, or part of somebody else
  and reverse(split_part(email_lower, '@', 2)) collate "C" >= reverse($2)
  and reverse(split_part(email_lower, '@', 2)) collate "C" < reverse($2) || '/'
  and (split_part(email_lower, '@', 2) = $2
       or right(split_part(email_lower, '@', 2), length($2) + 1) = '.' || $2)
order by id limit $3;

--- Nothing counts leads and accounts meanwhile.
-- name: lookup_hold_log
-- exec
select log_hold();

--- The company (of the domain, else of the person), the person, the card of either on this board, and what
--- keeps it away. Of what was merged, the one that is shown.
-- name: lookup_known
-- params: dataset bigint, board bigint, domain text?, email text?
-- one: account bigint?, name text?, leads integer?, lead bigint?, hidden boolean, card bigint?,
--   stage text?, excluded boolean, excluded_by text?, excluded_at timestamptz?
with found as (
    select coalesce(merged_into, id) as id from lead where dataset_id = $1 and email_lower = $4
), person as (
    select l.id, l.account_id, l.hidden from found f join lead l on l.dataset_id = $1 and l.id = f.id
), whose as (
    select case when $3::text is null then (select account_id from person)
                else (select coalesce(merged_into, id) from account where dataset_id = $1 and domain = $3)
           end as account
)
select a.id, a.name, a.leads, p.id as lead,
       coalesce(a.hidden, $3::text is null and p.hidden, false)
       or exists (select from hiding where dataset_id = $1 and domain = $3) as hidden,
       c.id as card, s.name as stage, x.id is not null,
       (select name from app_user where id = x.user_id) as excluded_by, x.at
from whose w
left join person p on true
left join account a on a.dataset_id = $1 and a.id = w.account
left join card c on c.dataset_id = $1 and c.board_id = $2
     and (c.account_id = a.id or a.id is null and $3::text is null and c.lead_id = p.id)
left join stage s on s.dataset_id = $1 and s.id = c.stage_id
left join card_exclusion x on x.dataset_id = $1 and x.board_id = $2
     and (x.account_id = a.id or a.id is null and $3::text is null and x.lead_id = p.id);

-- name: lookup_account_add
-- params: dataset bigint, domain text
-- exec
insert into account (dataset_id, domain, name) values ($1, $2, $2)
on conflict (dataset_id, domain) where domain is not null do nothing;

-- name: lookup_account_find
-- params: dataset bigint, domain text
-- one: id bigint, name text
select a.id, a.name from account d join account a on a.dataset_id = $1 and a.id = coalesce(d.merged_into, d.id)
where d.dataset_id = $1 and d.domain = $2;

-- name: lookup_lead_add
-- params: dataset bigint, email text
-- exec
insert into lead (dataset_id, email, first_at, last_at)
values ($1, $2, to_timestamp(0), to_timestamp(0))
on conflict (dataset_id, email_lower) where email_lower is not null do nothing;

-- name: lookup_lead_find
-- params: dataset bigint, email text
-- one: id bigint, account bigint?, linked boolean
select l.id, l.account_id, l.linked
from lead e join lead l on l.dataset_id = $1 and l.id = coalesce(e.merged_into, e.id)
where e.dataset_id = $1 and e.email_lower = $2 for no key update of l;

--- Leads that are of no company become this one's, with what they count.
-- name: lookup_connect
-- params: dataset bigint, account bigint, leads bigint[]
-- one: connected integer
with held as materialized (
    select id from lead
    where dataset_id = $1 and id = any ($3) and account_id is null order by id for no key update
), moved as (
    update lead l set account_id = $2 from held h where l.dataset_id = $1 and l.id = h.id
    returning l.*
), counted as (
    update account a
    set leads = a.leads + m.leads, contacts = a.contacts + m.contacts, visitors = a.visitors + m.visitors,
        sessions = a.sessions + m.sessions, pageviews = a.pageviews + m.pageviews,
        events = a.events + m.events, score = greatest(a.score, m.score),
        first_at = least(a.first_at, m.first_at), last_at = greatest(a.last_at, m.last_at)
    from (select count(*) as leads, count(email) as contacts, sum(visitors) as visitors,
                 sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events,
                 max(score) as score, min(nullif(first_at, to_timestamp(0))) as first_at,
                 max(nullif(last_at, to_timestamp(0))) as last_at
          from moved) m
    where a.dataset_id = $1 and a.id = $2 and m.leads > 0
)
select count(*)::integer from moved;

-- name: lookup_lift
-- params: dataset bigint, board bigint, account bigint?, lead bigint?
-- exec
delete from card_exclusion
where dataset_id = $1 and board_id = $2 and (account_id = $3 or lead_id = $4);

--- Exclusion that adding the card had lifted.
-- name: lookup_bar
-- params: dataset bigint, board bigint, account bigint?, lead bigint?, user bigint
-- exec
insert into card_exclusion (dataset_id, board_id, account_id, lead_id, user_id)
values ($1, $2, $3, $4, $5) on conflict do nothing;

-- name: lookup_card
-- params: dataset bigint, board bigint, account bigint?, lead bigint?
-- one: id bigint, title text
select id, title from card
where dataset_id = $1 and board_id = $2 and (account_id = $3 or lead_id = $4);

--- The card as adding it left it.
-- name: lookup_card_untouched
-- params: dataset bigint, board bigint, card bigint
-- many: id bigint, account bigint?, lead bigint?
select id, account_id, lead_id from card
where dataset_id = $1 and board_id = $2 and id = $3 and version = 1;
