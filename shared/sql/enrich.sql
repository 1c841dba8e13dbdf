--- What is known of an account, by source; the enrichment engine and people write it.

-- name: enrich_accounts_get
-- params: dataset bigint, accounts bigint[]
-- many: id bigint, domain text?
select id, domain from account where dataset_id = $1 and id = any($2);

--- Facts are written by one at a time (shared/facts.h).
-- name: facts_lock
-- params: dataset bigint, account bigint
-- one: id bigint, name text, merged_into bigint?
select id, name, merged_into from account where dataset_id = $1 and id = $2 for no key update;

--- What stands on the account and no fact tells where from becomes one, so that nothing is lost.
-- name: facts_keep
-- params: dataset bigint, account bigint, fields text[]
-- exec
insert into account_fact (dataset_id, account_id, field, source, value, fetched_at)
select dataset_id, account_id, field, source, value, fetched_at from account_fact_untold
where dataset_id = $1 and account_id = $2 and field = any($3)
on conflict do nothing;

--- The name that its people typed last is theirs to change as long as nothing better is known; deriving keeps it
--- with them (lead.stamps), whatever fact told it once.
-- name: facts_form
-- params: dataset bigint, account bigint, fields text[]
-- exec
with form as materialized (
    select company, at from account_form_name($1, $2) where 'name' = any($3) and company is not null
), nobodys as (
    delete from account_fact f using account a
    where 'name' = any($3) and f.dataset_id = $1 and f.account_id = $2 and f.field = 'name' and f.source = 'form'
      and a.dataset_id = $1 and a.id = $2 and a.name_at = '-infinity' and not exists (select from form)
)
insert into account_fact (dataset_id, account_id, field, source, value, fetched_at)
select $1, $2, 'name', 'form', company, at from form
on conflict (dataset_id, account_id, field, source)
do update set value = excluded.value, fetched_at = excluded.fetched_at;

--- What these providers said of the domain last is theirs to say of the account: whole, so that what one of
--- them does not say any more goes. A name that was only guessed is a source of its own.
-- name: facts_take
-- params: dataset bigint, account bigint, domain text, sources text[]
-- exec
with answer as materialized (
    select source, outcome, facts, guess, told_at as at, logo_type, logo from provider_answer
    where dataset_id = $1 and domain = $3 and source = any($4)
), said as materialized (
    select a.source, f.key as field, f.value, a.at from answer a cross join lateral jsonb_each_text(a.facts) f
    union all
    select 'title', 'name', guess, at from answer where guess is not null and source = 'site'
    union all
    select source, 'logo', '/accounts/' || $2 || '/icon?source=' || source || '&v=' || left(md5(logo), 8), at
    from answer where logo is not null
), gone as (
    delete from account_fact f using answer a
    where f.dataset_id = $1 and f.account_id = $2 and a.outcome in (1, 2)
      and (f.source = a.source or f.source = 'title' and a.source = 'site')
      and not exists (select from said s where s.source = f.source and s.field = f.field)
), icons as (
    insert into account_icon (dataset_id, account_id, source, media_type, bytes, fetched_at)
    select $1, $2, source, logo_type, logo, at from answer where logo is not null
    on conflict (dataset_id, account_id, source)
    do update set media_type = excluded.media_type, bytes = excluded.bytes, fetched_at = excluded.fetched_at
)
insert into account_fact (dataset_id, account_id, field, source, value, fetched_at)
select $1, $2, field, source, value, at from said
on conflict (dataset_id, account_id, field, source)
do update set value = excluded.value, fetched_at = excluded.fetched_at;

-- name: facts_put
-- params: dataset bigint, account bigint, source text, user bigint?, fields text[], values text[]
-- exec
insert into account_fact (dataset_id, account_id, field, source, value, user_id, fetched_at)
select $1, $2, u.field, $3, u.value, $4, now()
from unnest($5, $6) u (field, value)
on conflict (dataset_id, account_id, field, source)
do update set value = excluded.value, user_id = excluded.user_id, fetched_at = excluded.fetched_at;

-- name: facts_name_taken
-- params: dataset bigint, account bigint, name text
-- one: found boolean
select exists (select from account a join account o on o.dataset_id = $1 and o.domain is null
                                                   and o.name_lower = lower($3) and o.id <> a.id
                where a.dataset_id = $1 and a.id = $2 and a.domain is null);

-- name: facts_remove
-- params: dataset bigint, account bigint, source text, fields text[]
-- exec
delete from account_fact
where dataset_id = $1 and account_id = $2 and source = $3 and field = any($4);

--- The best value of each field (fact_rank) goes onto the account; where there is none left, nothing. Facts
--- of companies that were merged into it fill its gaps: they count before what nobody said (from 90 on).
--- A name from a form gives way to a later form (name_at), one from the domain to any; the name of one that
--- others were merged into stays.
--- By key: a company's facts are few, whatever the planner has heard of the tables.
-- name: facts_settle
-- params: dataset bigint, account bigint, fields text[]
-- exec
with merged as materialized (
    select id from account where dataset_id = $1 and merged_into = $2
), known as (
    select f.account_id, f.field, f.source, f.value, f.fetched_at
    from (select $2 as id union all select id from merged) k
    cross join lateral (select * from account_fact where dataset_id = $1 and account_id = k.id and field = any($3)
                        offset 0) f
    union all
    select u.account_id, u.field, u.source, u.value, u.fetched_at
    from merged m
    cross join lateral (select * from account_fact_untold where dataset_id = $1 and account_id = m.id and field = any($3)
                        offset 0) u
), ranked as materialized (
    select source, fact_rank($1, source) as rank from (select distinct source from known) s
), winner as (
    select distinct on (field) account_id, field, source, value, fetched_at
    from known join ranked using (source)
    order by field, rank >= 90, account_id <> $2, rank, fetched_at desc, source
), marked as (
    update account_fact f
    set wins = (w.source = f.source and w.account_id = $2)
    from winner w
    where f.dataset_id = $1 and f.account_id = $2 and f.field = w.field
      and f.wins is distinct from (w.source = f.source and w.account_id = $2)
), best as (
    select coalesce(jsonb_object_agg(field, value), '{}') as v,
           max(case when field <> 'name' then null
                    when exists (select from merged) then 'infinity'
                    when source = 'form' then fetched_at
                    when source = 'domain' then '-infinity' else 'infinity' end) as name_at
    from winner
)
update account a
set name = coalesce(v->>'name', a.name),
    name_at = coalesce(best.name_at, a.name_at),
    description = case when 'description' = any($3) then v->>'description' else a.description end,
    industry = case when 'industry' = any($3) then v->>'industry' else a.industry end,
    employees = case when 'employees' = any($3) then substring(v->>'employees' from '^\d{1,9}$')::integer
                     else a.employees end,
    revenue = case when 'revenue' = any($3) then v->>'revenue' else a.revenue end,
    founded = case when 'founded' = any($3) then substring(v->>'founded' from '^\d{1,4}$')::integer
                   else a.founded end,
    legal_type = case when 'legal_type' = any($3) then v->>'legal_type' else a.legal_type end,
    country = case when 'country' = any($3) then v->>'country' else a.country end,
    region = case when 'region' = any($3) then v->>'region' else a.region end,
    city = case when 'city' = any($3) then v->>'city' else a.city end,
    address = case when 'address' = any($3) then v->>'address' else a.address end,
    phone = case when 'phone' = any($3) then v->>'phone' else a.phone end,
    emails = case when 'emails' = any($3) then coalesce(string_to_array(v->>'emails', E'\n'), '{}')
                  else a.emails end,
    email = case when 'emails' = any($3) then split_part(v->>'emails', E'\n', 1) else a.email end,
    website = case when 'website' = any($3) then v->>'website' else a.website end,
    linkedin = case when 'linkedin' = any($3) then v->>'linkedin' else a.linkedin end,
    social = case when 'social' = any($3) then coalesce(string_to_array(v->>'social', E'\n'), '{}')
                  else a.social end,
    technologies = case when 'technologies' = any($3)
                        then coalesce(string_to_array(v->>'technologies', E'\n'), '{}')
                        else a.technologies end,
    logo = case when 'logo' = any($3) then v->>'logo' else a.logo end
from best
where a.dataset_id = $1 and a.id = $2;

-- name: enrich_done
-- params: dataset bigint, account bigint, message text?
-- exec
update account set enriched_at = now(), enrich_message = $3 where dataset_id = $1 and id = $2;

-- name: account_icon_put
-- params: dataset bigint, account bigint, source text, media_type text, bytes bytea
-- one: value text
insert into account_icon (dataset_id, account_id, source, media_type, bytes)
values ($1, $2, $3, $4, $5)
on conflict (dataset_id, account_id, source)
do update set media_type = excluded.media_type, bytes = excluded.bytes, fetched_at = now()
returning '/accounts/' || account_id || '/icon?source=' || source || '&v=' || left(md5(bytes), 8);

--- One that somebody chose is theirs from then on.
-- name: account_icon_choose
-- params: dataset bigint, account bigint, source text
-- one: value text
insert into account_icon (dataset_id, account_id, source, media_type, bytes)
select dataset_id, account_id, 'hand', media_type, bytes from account_icon
where dataset_id = $1 and account_id = $2 and source = $3 and source <> 'hand'
on conflict (dataset_id, account_id, source)
do update set media_type = excluded.media_type, bytes = excluded.bytes, fetched_at = now()
returning '/accounts/' || account_id || '/icon?source=hand&v=' || left(md5(bytes), 8);

--- Without a source the one that is shown.
-- name: account_icon_get
-- params: dataset bigint, account bigint, source text?
-- one: media_type text, bytes bytea, fetched_at timestamptz
select i.media_type, i.bytes, i.fetched_at from account_icon i
where i.dataset_id = $1 and i.account_id = $2 and ($3::text is null or i.source = $3)
order by fact_rank($1, i.source) limit 1;

--- Cards repeat their account's name, domain and logo; the ledger says where a change came from.
-- name: enrich_cards_update
-- params: dataset bigint, account bigint
-- exec
with changed as (
    update card c
    set title = a.name, domain = a.domain, logo = a.logo
    from account a
    where c.dataset_id = $1 and c.account_id = $2 and a.dataset_id = $1 and a.id = $2
      and (c.title, c.domain, c.logo) is distinct from (a.name, a.domain, a.logo)
    returning c.board_id, c.id
), told as (
    insert into card_ledger (dataset_id, card_id, board_id, kind, actor_kind, detail)
    select $1, id, board_id, 5, 5, '{"source": "site"}' from changed
)
insert into card_change (dataset_id, board_id, card_id) select $1, board_id, id from changed;

--- ---- asking ----

--- The last answers about these domains. fresh: so young that nobody asks again; refresh_days by source.
-- name: provider_answers_get
-- params: dataset bigint, domains text[], sources text[], refresh_days integer[]
-- many: domain text, source text, outcome smallint, message text?, fresh boolean
select a.domain, a.source, a.outcome, a.message,
       a.outcome <> 4 and a.at > coalesce(p.changed_at, '-infinity')
       and a.at > now() - make_interval(days => case when a.outcome = 1 then k.days else least(k.days, 7) end)
from provider_answer a
join unnest($3, $4) k (source, days) on k.source = a.source
left join provider p on p.dataset_id = $1 and p.source = a.source
where a.dataset_id = $1 and a.domain = any($2);

-- name: provider_answer_put
-- params: dataset bigint, domain text, source text, outcome smallint, facts jsonb, guess text?, message text?,
--   logo_type text?, logo bytea?
-- exec
insert into provider_answer (dataset_id, domain, source, outcome, facts, guess, message, logo_type, logo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (dataset_id, domain, source)
do update set at = now(), outcome = excluded.outcome, message = excluded.message,
    -- a failure says nothing about what was found before
    told_at = case when excluded.outcome > 2 then provider_answer.told_at else now() end,
    facts = case when excluded.outcome > 2 then provider_answer.facts else excluded.facts end,
    guess = case when excluded.outcome > 2 then provider_answer.guess else excluded.guess end,
    logo_type = case when excluded.outcome > 2 then provider_answer.logo_type else excluded.logo_type end,
    logo = case when excluded.outcome > 2 then provider_answer.logo else excluded.logo end;

--- Takes up to `wanted` tokens of each host's bucket, which fills at per_minute and holds `burst`. Whoever gets
--- fewer is given a turn: the moments at which the missing ones will have come, one behind the other.
-- name: host_budget_take
-- params: hosts text[], wanted integer[], per_minute integer[], burst integer[]
-- many: host text, granted integer, turn_s double
with asked as materialized (
    select host, wanted, per_minute / 60.0 as rate, burst from unnest($1, $2, $3, $4) a (host, wanted, per_minute, burst)
), first as (
    insert into host_budget (host, tokens, filled_at, turn_at)
    select host, burst - least(wanted, burst), now(), now() + greatest(wanted - burst, 0) / rate * interval '1 second'
    from asked order by host
    on conflict do nothing
    returning host
), held as materialized (
    select b.host, a.wanted, a.rate, greatest(b.turn_at, now()) as turn_at,
           least(a.burst, b.tokens + extract(epoch from now() - b.filled_at) * a.rate) as tokens
    from asked a join host_budget b on b.host = a.host
    order by b.host for update of b
), taken as (
    update host_budget b
    set tokens = h.tokens - least(h.wanted, floor(h.tokens)), filled_at = now(),
        turn_at = h.turn_at + greatest(h.wanted - floor(h.tokens), 0) / h.rate * interval '1 second'
    from held h where b.host = h.host
    returning b.host, least(h.wanted, floor(h.tokens))::integer as granted,
              extract(epoch from h.turn_at - now())::double precision as turn_s
)
select host, granted, turn_s from taken
union all
select f.host, least(a.wanted, a.burst), 0 from first f join asked a on a.host = f.host;

--- Once in ten seconds at most: many jobs fail together.
-- name: provider_failed
-- params: dataset bigint, source text, failure text
-- exec
update provider set failure = $3, failed_at = now()
where dataset_id = $1 and source = $2 and (failed_at is null or failed_at < now() - interval '10 seconds');

-- name: enrich_trim
-- exec
with hosts as (
    delete from host_budget where filled_at < now() - interval '1 hour'
)
delete from provider_try where at < now() - interval '1 day';

--- Of these accounts, those whose last look is older than that, or than a provider's being switched on.
-- name: enrich_due
-- params: dataset bigint, accounts bigint[], days integer
-- many: id bigint
select a.id from account a
where a.dataset_id = $1 and a.id = any($2) and a.domain is not null and not a.hidden
  and a.enriched_at < greatest(now() - make_interval(days => $3),
                               (select max(enabled_at) from provider where dataset_id = $1 and enabled));

--- ---- settings ----

-- name: provider_list
-- params: dataset bigint
-- many: source text, kind smallint, name text, position smallint, enabled boolean, address text,
--   timeout_ms integer, per_minute integer, refresh_days integer, mapping text, header_names text[], failure text?,
--   failed_at timestamptz?
select source, kind, name, position, enabled, address, timeout_ms, per_minute, refresh_days, mapping, header_names,
       failure, failed_at
from provider where dataset_id = $1 order by position, source;

--- For whoever asks: the worker.
-- name: provider_headers
-- params: dataset bigint
-- many: source text, headers bytea
select source, headers from provider where dataset_id = $1 and headers is not null;

-- name: provider_put
-- params: dataset bigint, source text, kind smallint, name text, position smallint, enabled boolean, address text,
--   timeout_ms integer, per_minute integer, refresh_days integer, mapping text
-- exec
insert into provider (dataset_id, source, kind, name, position, enabled, enabled_at, address, timeout_ms, per_minute,
                      refresh_days, mapping)
values ($1, $2, $3, $4, $5, $6, case when $6 then now() end, $7, $8, $9, $10, $11)
on conflict (dataset_id, source)
do update set name = excluded.name, position = excluded.position, enabled = excluded.enabled,
    enabled_at = case when excluded.enabled and (not provider.enabled or provider.address <> excluded.address
                                                 or provider.mapping <> excluded.mapping)
                      then now() else provider.enabled_at end,
    changed_at = case when provider.address <> excluded.address or provider.mapping <> excluded.mapping
                      then now() else provider.changed_at end,
    address = excluded.address, timeout_ms = excluded.timeout_ms, per_minute = excluded.per_minute,
    refresh_days = excluded.refresh_days, mapping = excluded.mapping;

-- name: provider_headers_put
-- params: dataset bigint, source text, names text[], headers bytea?
-- exec
update provider set header_names = $3, headers = $4, changed_at = now(),
                    enabled_at = case when enabled then now() else enabled_at end
where dataset_id = $1 and source = $2;

-- name: provider_delete
-- params: dataset bigint, source text
-- exec
delete from provider where dataset_id = $1 and source = $2;

--- A page of the accounts behind `after` for whom the order of providers matters.
-- name: facts_contested
-- params: dataset bigint, after bigint, most bigint
-- many: id bigint
select id from (select distinct account_id as id from account_fact
                where dataset_id = $1 and account_id > $2) a
order by id limit $3;

-- name: provider_try_add
-- params: dataset bigint, source text, domain text, user bigint
-- one: id bigint
insert into provider_try (dataset_id, source, domain, user_id) values ($1, $2, $3, $4) returning id;

-- name: provider_try_get
-- params: dataset bigint, id bigint
-- one: source text, domain text, outcome smallint?, facts jsonb, guess text?, message text?, has_logo boolean
select source, domain, outcome, facts, guess, message, has_logo from provider_try
where dataset_id = $1 and id = $2;

-- name: provider_try_subject
-- params: dataset bigint, id bigint
-- one: source text, domain text
select source, domain from provider_try where dataset_id = $1 and id = $2;

-- name: provider_try_answer
-- params: dataset bigint, id bigint, outcome smallint, facts jsonb, guess text?, message text?, has_logo boolean
-- exec
update provider_try set outcome = $3, facts = $4, guess = $5, message = $6, has_logo = $7
where dataset_id = $1 and id = $2;
