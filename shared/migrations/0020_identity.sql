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
