-- The event log, and what is derived from it. `event` is append-only: the collector inserts, the log
-- consumer follows it in commit order by (xid, id), everything else here can be rebuilt from it.

create sequence event_id;
create table event (
    dataset_id bigint not null,
    at timestamptz not null, -- when it happened, by the visitor's clock, kept within bounds
    id bigint not null default nextval('event_id'),
    xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null default now(),
    visitor uuid not null, -- hash of dataset and the tracker's id
    type smallint not null, -- shared/events.h
    name text,
    url text,
    title text,
    referrer text,
    utm jsonb, -- source, medium, campaign, term, content, click
    properties jsonb,
    agent bigint, -- user_agent.hash
    ip inet, -- only where the dataset does not mask
    primary key (dataset_id, at, id)
) partition by range (at);
create index event_log on event (xid, id); -- the consumer's order; the log is read across datasets
create index event_visitor on event (dataset_id, visitor, at);

-- Months are made ahead by the worker; the default catches what no month was made for.
create table event_other partition of event default;
create function event_month_ensure(p_month date) returns void
language plpgsql security definer set search_path = public as $$
declare
    first_day date := date_trunc('month', p_month);
    part text := 'event_' || to_char(first_day, 'YYYY_MM');
begin
    perform pg_advisory_xact_lock(hashtext('event_month_ensure'));
    if to_regclass(part) is null then
        execute format('create table %I partition of event for values from (%L) to (%L)', part,
                       first_day, (first_day + interval '1 month')::date);
    end if;
end $$;
select event_month_ensure((now() + n * interval '1 month')::date) from generate_series(-3, 12) n;

create table user_agent (
    hash bigint primary key,
    agent text not null
);

-- Why requests were refused or dropped (bot, host, privacy signal ...), by day.
create table event_refused (
    dataset_id bigint not null,
    day date not null default current_date,
    id bigint generated always as identity,
    reason text not null,
    count integer not null,
    primary key (dataset_id, day, id)
);

-- How far a consumer has come: an event is done when (xid, id) <= (cursor.xid, cursor.id) or
-- id <= floor_id. Transaction ids restart when a dump is restored; then the epoch differs, and the
-- consumer sorts out by max_id, the highest id that was done, what is still to do (worker/derive.c).
create table log_cursor (
    consumer text primary key,
    xid xid8 not null,
    id bigint not null,
    max_id bigint not null,
    floor_id bigint not null default 0, -- max_id when the log was last anchored anew
    epoch text not null, -- log_epoch() that xid belongs to
    updated_at timestamptz not null default now()
);

-- Whose transaction ids these are: this cluster's, this database's. A copy of the files (a standby, a
-- base backup) goes on counting and keeps its epoch, a restored dump is a new one.
create function log_epoch() returns text language sql stable parallel safe as $$
    select c.system_identifier || '/' || d.oid
    from pg_control_system() c, pg_database d where d.datname = current_database()
$$;

create sequence lead_id;
create sequence account_id;

create table visitor (
    dataset_id bigint not null,
    visitor uuid not null,
    lead_id bigint not null, -- whose browser it is now
    first_at timestamptz not null,
    last_at timestamptz not null,
    agent bigint,
    primary key (dataset_id, visitor)
);
create index visitor_lead on visitor (dataset_id, lead_id);

create table session (
    dataset_id bigint not null,
    visitor uuid not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    lead_id bigint not null,
    events integer not null,
    pageviews integer not null,
    forms integer not null default 0,
    landing text,
    exit text, -- the last page
    channel smallint not null, -- shared/channel.h
    source text,
    medium text,
    campaign text,
    term text,
    content text,
    referrer text,
    primary key (dataset_id, visitor, started_at)
);
create index session_lead on session (dataset_id, lead_id, started_at desc);

create table account (
    dataset_id bigint not null,
    id bigint not null default nextval('account_id'),
    domain text check (domain = lower(domain)), -- registrable; null: known by name only
    name text not null,
    name_at timestamptz not null default '-infinity', -- form that gave the name; infinity: better known
    name_lower text not null generated always as (lower(name)) stored,
    description text,
    industry text,
    employees integer,
    revenue text,
    founded integer,
    country text,
    region text,
    city text,
    address text,
    phone text,
    email text,
    website text,
    linkedin text,
    logo text, -- address of the stored icon, served by us
    first_at timestamptz,
    last_at timestamptz,
    leads integer not null default 0,
    contacts integer not null default 0,
    visitors integer not null default 0,
    sessions integer not null default 0,
    pageviews integer not null default 0,
    events integer not null default 0,
    score smallint not null default 0,
    properties jsonb not null default '{}',
    enriched_at timestamptz,
    enrich_message text, -- why the last enrichment found nothing
    created_at timestamptz not null default now(),
    primary key (dataset_id, id)
);
create unique index account_domain on account (dataset_id, domain) where domain is not null;
create unique index account_name on account (dataset_id, name_lower) where domain is null;
create index account_last on account (dataset_id, last_at desc, id);

create table lead (
    dataset_id bigint not null,
    id bigint not null default nextval('lead_id'),
    account_id bigint,
    email text,
    email_lower text generated always as (lower(email)) stored,
    first_name text,
    last_name text,
    phone text,
    company text,
    job_title text,
    first_at timestamptz not null,
    last_at timestamptz not null,
    last_session_at timestamptz not null default '-infinity', -- start of the session that last_* is of
    first_channel smallint,
    first_source text,
    first_medium text,
    first_campaign text,
    first_term text,
    first_content text,
    first_referrer text,
    first_landing text,
    last_channel smallint,
    last_source text,
    last_medium text,
    last_campaign text,
    last_term text,
    last_content text,
    last_referrer text,
    last_landing text,
    visitors integer not null default 0,
    sessions integer not null default 0,
    pageviews integer not null default 0,
    forms integer not null default 0,
    events integer not null default 0,
    score smallint not null default 0,
    score_parts jsonb not null default '[]', -- [["email", 15], ...]
    properties jsonb not null default '{}',
    stamps jsonb not null default '{}', -- when each value was given, in microseconds; the latest wins
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    foreign key (dataset_id, account_id) references account
);
create unique index lead_email on lead (dataset_id, email_lower) where email_lower is not null;
create index lead_account on lead (dataset_id, account_id, last_at desc);
create index lead_last on lead (dataset_id, last_at desc, id);

-- Where each value of an account comes from. The row that `wins` is the one on the account;
-- source 'hand' always wins.
create table account_fact (
    dataset_id bigint not null,
    account_id bigint not null,
    field text not null,
    source text not null,
    value text not null,
    wins boolean not null default false,
    user_id bigint,
    fetched_at timestamptz not null default now(),
    primary key (dataset_id, account_id, field, source),
    foreign key (dataset_id, account_id) references account on delete cascade
);

-- The company's icon as its site gave it, checked by its bytes; served by us (account.logo).
create table account_icon (
    dataset_id bigint not null,
    account_id bigint not null,
    media_type text not null,
    bytes bytea not null check (length(bytes) <= 65536),
    fetched_at timestamptz not null default now(),
    primary key (dataset_id, account_id),
    foreign key (dataset_id, account_id) references account on delete cascade
);

create table tag (
    dataset_id bigint not null,
    id bigint generated always as identity,
    name text not null check (length(name) between 1 and 60),
    name_lower text not null generated always as (lower(name)) stored,
    primary key (dataset_id, id),
    unique (dataset_id, name_lower)
);
create table lead_tag (
    dataset_id bigint not null,
    lead_id bigint not null,
    tag_id bigint not null,
    by_user bigint,
    by_rule bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, lead_id, tag_id),
    foreign key (dataset_id, lead_id) references lead on delete cascade,
    foreign key (dataset_id, tag_id) references tag on delete cascade
);
create table account_tag (
    dataset_id bigint not null,
    account_id bigint not null,
    tag_id bigint not null,
    by_user bigint,
    by_rule bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, account_id, tag_id),
    foreign key (dataset_id, account_id) references account on delete cascade,
    foreign key (dataset_id, tag_id) references tag on delete cascade
);

-- A saved filter over accounts; the tree and its versions are described in shared/filter.h.
create table segment (
    dataset_id bigint not null,
    id bigint generated always as identity,
    name text not null check (length(name) between 1 and 200),
    user_id bigint, -- owner; null: made by LeadBoard
    shared boolean not null default true,
    filter jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (dataset_id, id)
);
