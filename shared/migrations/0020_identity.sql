-- Who a visitor is (worker/derive.h), and from where: what the collector finds out about an address before it
-- forgets it, what kind of network that is, and what the team says about it (shared/traffic.h).

-- Found at the door. network: number of the autonomous system; place: keyed code of the address's surroundings.
alter table event
    add network bigint,
    add place bigint,
    add country text,
    add region text,
    add city text;

-- The owners of networks, as the database of networks names them; of no dataset.
create table network_owner (
    network bigint primary key,
    name text not null,
    addresses bigint not null default 0 -- IPv4 addresses in it; 0: not known
);
grant insert on network_owner to leadboard_collect;
grant select on network_owner to leadboard_web, leadboard_worker, leadboard_filter;

-- company: domain that the address's own name gave (reverse DNS). verdict, reason: shared/traffic.h. A session
-- that does not count is nobody's: lead_id 0.
alter table session
    add network bigint,
    add place bigint,
    add country text,
    add region text,
    add city text,
    add company text,
    add marks smallint not null default 0, -- worker/derive_parts.h
    add verdict smallint not null default 0,
    add reason smallint not null default 0;
create index session_network on session (dataset_id, network, visitor) where network is not null;
create index session_place on session (dataset_id, place, visitor) where place is not null;
create index session_started on session (dataset_id, started_at desc);
create index session_left_out on session (dataset_id, started_at desc) where lead_id = 0;

-- identified: 0 by nothing, 1 by a link, 2 in person. user_id: the customer's own id, as last said there.
alter table visitor
    add identified smallint not null default 0,
    add user_id text;
update visitor v set identified = 2 from lead l
where l.dataset_id = v.dataset_id and l.id = coalesce(v.own_lead, v.lead_id) and l.email is not null;

-- user_id: of one who is known by that alone. network_*: the company by its network, of the latest session that
-- has one; place of that latest session that says where.
alter table lead
    add user_id text,
    add country text,
    add region text,
    add city text,
    add network_at timestamptz,
    add network_domain text,
    add network_name text;
create unique index lead_user on lead (dataset_id, user_id) where user_id is not null;

-- The address that belongs to a customer's own id of a person: the first that was said with it.
create table user_address (
    dataset_id bigint not null,
    user_id text not null,
    email text not null,
    at timestamptz not null,
    primary key (dataset_id, user_id)
);
-- On which browsers the id was said.
create table user_visitor (
    dataset_id bigint not null,
    user_id text not null,
    visitor uuid not null,
    primary key (dataset_id, user_id, visitor)
);

-- What the team says about traffic: of a network, of a place, or of one session (by its visitor and a moment
-- in it). An input beside the log, as links and merges are.
create table traffic_verdict (
    dataset_id bigint not null,
    id bigint generated always as identity,
    network bigint,
    place bigint,
    visitor uuid,
    at timestamptz, -- of the session
    verdict smallint not null check (verdict between 1 and 7),
    label text not null, -- what the page calls it
    user_id bigint,
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    check (num_nonnulls(network, place, visitor) = 1 and (visitor is null) = (at is null))
);
create unique index traffic_verdict_network on traffic_verdict (dataset_id, network) where network is not null;
create unique index traffic_verdict_place on traffic_verdict (dataset_id, place) where place is not null;
create unique index traffic_verdict_session on traffic_verdict (dataset_id, visitor, at) where visitor is not null;

do $$
declare
    name text;
begin
    foreach name in array array['user_address', 'user_visitor', 'traffic_verdict'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
end $$;
grant select, insert, update, delete on traffic_verdict to leadboard_web;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;

-- What the customer's own servers say of a company (worker/derive.h) counts before what others found.
create or replace function fact_rank(source text) returns integer language sql immutable parallel safe as $$
    select case source
        when 'hand' then 1 -- a person of the team
        when 'customer' then 5 -- the tracked service itself, of its own customers
        when 'site' then 10 -- the company's own site
        when 'form' then 30 -- what its people typed
        when 'earlier' then 90 -- was on the account before anything said where from
        when 'domain' then 91 -- nothing but the domain
        else 20 end -- other providers
$$;

-- While the log is read again from its begin (worker/rebuild.h): up to where, and a checksum of what was derived.
alter table log_cursor
    add rebuild_xid xid8,
    add rebuild_id bigint,
    add rebuild_before text,
    add rebuild_after text,
    add rebuilt_at timestamptz;
-- Leads and companies that the log had made and that wait for it to make them again.
create table rebuild_lead (
    dataset_id bigint not null,
    lead_id bigint not null,
    primary key (dataset_id, lead_id)
);
create table rebuild_account (
    dataset_id bigint not null,
    account_id bigint not null,
    primary key (dataset_id, account_id)
);
-- The browsers of anonymous leads that the team said something about.
create table rebuild_visitor (
    dataset_id bigint not null,
    visitor uuid not null,
    lead_id bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (dataset_id, visitor)
);
do $$
declare
    name text;
begin
    foreach name in array array['rebuild_lead', 'rebuild_account', 'rebuild_visitor'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
end $$;

-- Everything that is derived, as one text without ids: who is who, what they did, what counts. Not scores, which
-- depend on when they are made, nor their history.
create function derived_checksum() returns text language sql stable set timezone = 'UTC' set search_path = public as $$
    with who as materialized (
        select l.dataset_id, l.id, coalesce(l.email_lower, 'user ' || l.user_id, v.visitor, 'nobody') as who
        from lead l
        left join lateral (
            select min(s.visitor::text) as visitor from session s
            where l.email_lower is null and l.user_id is null and s.dataset_id = l.dataset_id
              and (s.lead_id = l.id or s.own_lead = l.id)
        ) v on true
    ), company as materialized (
        select dataset_id, id, coalesce(domain, 'named ' || name_lower) as company from account
    ), rows (what) as (
        select row('session', s.dataset_id, s.visitor, s.started_at, s.ended_at, s.events, s.pageviews, s.forms,
                   s.landing, s.exit, s.channel, s.source, s.medium, s.campaign, s.term, s.content, s.referrer,
                   s.network, s.place, s.country, s.region, s.city, s.company, s.marks, s.verdict, s.reason,
                   w.who, o.who)::text
        from session s
        left join who w on w.dataset_id = s.dataset_id and w.id = s.lead_id
        left join who o on o.dataset_id = s.dataset_id and o.id = s.own_lead
        union all
        select row('visitor', v.dataset_id, v.visitor, v.first_at, v.last_at, v.agent, v.identified, v.user_id,
                   w.who, o.who)::text
        from visitor v
        left join who w on w.dataset_id = v.dataset_id and w.id = v.lead_id
        left join who o on o.dataset_id = v.dataset_id and o.id = v.own_lead
        union all
        select row('lead', l.dataset_id, w.who, m.who, c.company, l.linked, l.hidden, l.first_name, l.last_name,
                   l.phone, l.company, l.job_title, l.first_at, l.last_at, l.last_session_at, l.first_channel,
                   l.first_source, l.first_medium, l.first_campaign, l.first_term, l.first_content,
                   l.first_referrer, l.first_landing, l.last_channel, l.last_source, l.last_medium,
                   l.last_campaign, l.last_term, l.last_content, l.last_referrer, l.last_landing, l.visitors,
                   l.sessions, l.pageviews, l.forms, l.events, l.properties, l.stamps, l.country, l.region, l.city,
                   l.network_at, l.network_domain, l.network_name)::text
        from lead l
        join who w on w.dataset_id = l.dataset_id and w.id = l.id
        left join who m on m.dataset_id = l.dataset_id and m.id = l.merged_into
        left join company c on c.dataset_id = l.dataset_id and c.id = l.account_id
        union all
        select row('account', a.dataset_id, c.company, m.company, a.name, a.name_at, a.hidden, a.leads, a.contacts,
                   a.visitors, a.sessions, a.pageviews, a.events, a.first_at, a.last_at)::text
        from account a
        join company c on c.dataset_id = a.dataset_id and c.id = a.id
        left join company m on m.dataset_id = a.dataset_id and m.id = a.merged_into
        union all
        select row('user', u.*)::text from user_address u
    )
    select count(*) || ':' || to_hex(coalesce(bit_xor(hashtextextended(what, 1)), 0)) || ':'
           || to_hex(coalesce(sum(hashtextextended(what, 2) % 1000000007), 0)::bigint)
    from rows
$$;
revoke execute on function derived_checksum() from public;
grant execute on function derived_checksum() to leadboard_worker;
