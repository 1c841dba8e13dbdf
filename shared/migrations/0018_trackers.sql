-- What collecting from other trackers needs: which events are there already, keys for servers, and the ids that
-- sites had before they came here.

-- An event that its sender gave an id counts once, however often it is sent. day is the event's by the sender's
-- own clock, uncorrected: a repetition has the same one, and old ones can go. received tells when, where the
-- clock was far off.
create table event_message (
    dataset_id bigint not null,
    day integer not null, -- since 1970
    message uuid not null, -- hash of the visitor and the id
    received date not null default current_date,
    primary key (dataset_id, day, message)
) partition by range (day);
create table event_message_other partition of event_message default;

-- Makes partitions for p_keep days back to two days ahead, and drops older ones. Where somebody holds the table (a
-- dump does) it gives up at once rather than hold back the collector, and is done by a later call.
create function event_message_days(p_keep integer) returns integer
language plpgsql security definer set search_path = public set lock_timeout = '200ms' as $$
declare
    today integer := current_date - date '1970-01-01';
    part text;
    done integer := 0;
begin
    delete from event_message_other where received < current_date - p_keep;
    for n in today - p_keep .. today + 2 loop
        part := 'event_message_' || n;
        if to_regclass(part) is null then
            delete from event_message_other where day = n;
            execute format('create table %I partition of event_message for values from (%s) to (%s)',
                           part, n, n + 1);
            done := done + 1;
        end if;
    end loop;
    for part in select relname from pg_class
                where relkind = 'r' and relname ~ '^event_message_\d+$'
                  and relnamespace = 'public'::regnamespace
                  and substr(relname, 15)::integer < today - p_keep loop
        execute format('drop table %I', part);
        done := done + 1;
    end loop;
    return done;
exception when lock_not_available or check_violation then
    return 0;
end $$;
select event_message_days(7);

-- What a customer's server shows to send for somebody else: that person's address, browser and time.
create table server_key (
    dataset_id bigint not null,
    id bigint generated always as identity,
    name text not null check (length(name) between 1 and 100),
    hash bytea not null, -- SHA-256 of the key, which is shown once
    ending text not null, -- its last characters, to tell keys apart
    user_id bigint not null, -- who made it
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    revoked_by bigint,
    primary key (dataset_id, id)
);

-- The ids that a site sends to the tracker it had before (a Matomo site number, a Segment write key, a LeadBoxer
-- dataset), so that it moves by changing a host name.
create table dataset_alias (
    alias text primary key check (alias ~ '^[A-Za-z0-9_-]{1,64}$'),
    dataset_id bigint not null references dataset,
    created_at timestamptz not null default now()
);
create index dataset_alias_dataset on dataset_alias (dataset_id);

-- For programs that only take a number for a site. No small one: whoever counts through them must not find any.
alter table dataset add site_number bigint generated always as
    (('x' || substr(md5(public_id), 1, 8))::bit(32)::bigint & 2147483647) stored unique;

do $$
declare
    name text;
begin
    foreach name in array array['event_message', 'server_key'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
end $$;

-- The collector learns which of the messages it brings are new, and nothing else of them.
create policy collect on event_message for insert to leadboard_collect with check (true);
create policy collect_new on event_message for select to leadboard_collect using (true);
grant insert, select (message) on event_message to leadboard_collect;
revoke execute on function event_message_days(integer) from public;
grant execute on function event_message_days(integer) to leadboard_worker;

create policy web on server_key to leadboard_web using (dataset_id = scope_dataset());
grant select, insert, update on server_key to leadboard_web;
create policy collect on server_key for select to leadboard_collect using (true);
grant select (dataset_id, hash, revoked_at) on server_key to leadboard_collect;

alter table dataset_alias enable row level security;
create policy web on dataset_alias to leadboard_web
    using (exists (select from dataset d where d.id = dataset_id and d.workspace_id = scope_workspace()));
create policy collect on dataset_alias for select to leadboard_collect using (true);
create policy worker on dataset_alias for select to leadboard_worker using (true);
grant select, insert, delete on dataset_alias to leadboard_web;
grant select (alias, dataset_id) on dataset_alias to leadboard_collect;
grant select on dataset_alias to leadboard_worker;
grant select (site_number) on dataset to leadboard_collect;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;

-- Whose word counts: what the customer's own systems say of a company outranks everything but a hand.
create or replace function fact_rank(source text) returns integer language sql immutable parallel safe as $$
    select case source
        when 'hand' then 1 -- a person of the team
        when 'customer' then 5 -- the customer's own systems, by the tracker
        when 'site' then 10 -- the company's own site
        when 'form' then 30 -- what its people typed
        when 'earlier' then 90 -- was on the account before anything said where from
        when 'domain' then 91 -- nothing but the domain
        else 20 end -- other providers
$$;
