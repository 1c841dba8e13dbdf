-- Who is asked about companies (shared/provider.h), what they answered, and how often anybody may be asked.

-- A provider of a dataset, as its admins set it. One that nobody has touched has no row.
create table provider (
    dataset_id bigint not null,
    source text not null check (source ~ '^[a-z][a-z0-9-]{0,39}$'), -- as facts name it
    kind smallint not null, -- enum provider_kind
    name text not null check (length(name) between 1 and 60),
    position smallint not null check (position between 1 and 50), -- whose word counts more: the lower
    enabled boolean not null default false,
    enabled_at timestamptz, -- when it was switched on: companies that are known already are its to come
    changed_at timestamptz, -- when it became another one to ask: what it said before is old
    address text not null default '' check (length(address) <= 2000),
    timeout_ms integer not null check (timeout_ms between 1000 and 60000),
    per_minute integer not null check (per_minute between 1 and 6000), -- questions to one host
    refresh_days integer not null check (refresh_days between 1 and 3650), -- then an answer is old
    mapping text not null default '' check (length(mapping) <= 8000), -- "industry = company.industry"
    header_names text[] not null default '{}',
    headers bytea check (length(headers) <= 10000), -- crypt_seal
    failure text, -- the last one, for people
    failed_at timestamptz,
    primary key (dataset_id, source)
);

-- The last thing that a provider said about a domain: asked again when it is old, or failed.
create table provider_answer (
    dataset_id bigint not null,
    domain text not null,
    source text not null,
    at timestamptz not null default now(),
    outcome smallint not null, -- enum answer_outcome
    told_at timestamptz not null default now(), -- when it said what follows; a failure leaves that as it was
    facts jsonb not null default '{}', -- {"industry": "Publishing"}
    guess text, -- a name that is less than a fact: it stood in a title
    message text, -- why there is nothing
    logo_type text,
    logo bytea check (length(logo) <= 65536),
    primary key (dataset_id, domain, source)
);

-- How many questions a host may be asked now: a token bucket, shared by every worker and dataset.
create table host_budget (
    host text primary key,
    tokens double precision not null,
    filled_at timestamptz not null, -- when it had that many
    turn_at timestamptz not null -- when whoever is told to come back may do so
) with (fillfactor = 50);
create index host_budget_filled on host_budget (filled_at);
grant select, insert, update, delete on host_budget to leadboard_worker;

-- An admin tries a provider with a domain; nothing of it is kept on a company.
create table provider_try (
    dataset_id bigint not null,
    id bigint generated always as identity,
    source text not null,
    domain text not null check (domain = lower(domain)),
    user_id bigint not null,
    outcome smallint, -- null: not answered yet
    facts jsonb not null default '{}',
    guess text,
    message text,
    has_logo boolean not null default false,
    at timestamptz not null default now(),
    primary key (dataset_id, id)
);

do $$
declare
    name text;
begin
    foreach name in array array['provider', 'provider_answer', 'provider_try'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
    end loop;
end $$;
grant select, update on provider to leadboard_worker;
grant select, insert, update, delete on provider_answer, provider_try to leadboard_worker;
grant select on provider_answer to leadboard_web;
grant select, insert, delete, update on provider_try to leadboard_web;
-- The web program writes the headers and never reads them.
grant insert, update, delete on provider to leadboard_web;
grant select (dataset_id, source, kind, name, position, enabled, enabled_at, changed_at, address, timeout_ms, per_minute,
              refresh_days, mapping, header_names, failure, failed_at) on provider to leadboard_web;

-- A company may have several logos, one of each source.
alter table account_icon add source text not null default 'site',
    drop constraint account_icon_pkey, add primary key (dataset_id, account_id, source);
grant delete on account_icon to leadboard_web;

-- What was found stands in provider_answer.
alter table lookup drop column icon, drop column icon_type;

-- Whose word counts: the lowest. Of equals the younger. Providers stand between people and forms, in the
-- order of their dataset; those without a row as shared/provider.c has them.
drop function fact_rank(text);
create function fact_rank(p_dataset bigint, p_source text) returns integer
language plpgsql stable parallel safe as $$
begin
    return case p_source
        when 'hand' then 1 -- a person of the team
        when 'title' then 85 -- a name that stood in the title of the company's page
        when 'form' then 80 -- what its people typed
        when 'earlier' then 90 -- was on the account before anything said where from
        when 'domain' then 91 -- nothing but the domain
        else coalesce((select 10 + position from provider where dataset_id = p_dataset and source = p_source),
                      case p_source when 'site' then 11 when 'wikidata' then 12 when 'rdap' then 13 else 70 end)
        end;
end $$;

-- As before (0012), but for what a company only has from one that was merged into it.
create or replace view account_fact_untold with (security_invoker = true) as
select a.dataset_id, a.id as account_id, k.field,
       case when k.field <> 'name' then 'earlier' when a.name = a.domain then 'domain'
            when isfinite(a.name_at) then 'form' else 'earlier' end as source,
       to_jsonb(a)->>k.field as value,
       case when k.field = 'name' and isfinite(a.name_at) then a.name_at else a.created_at end as fetched_at
from account a
cross join unnest(array['name', 'description', 'industry', 'employees', 'revenue', 'founded', 'legal_type',
                        'country', 'region', 'city', 'address', 'phone', 'website', 'linkedin',
                        'logo']) k (field)
where to_jsonb(a)->>k.field is not null
  and not exists (select from account_fact f where f.dataset_id = a.dataset_id and f.account_id = a.id
                                               and f.field = k.field)
  and not exists (select from account m
                  join account_fact f on f.dataset_id = m.dataset_id and f.account_id = m.id and f.field = k.field
                  where m.dataset_id = a.dataset_id and m.merged_into = a.id
                    and f.value = to_jsonb(a)->>k.field);
