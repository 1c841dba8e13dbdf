-- Companies by the names of addresses (worker/jobs/reverse.c), where the team wants it: it asks a name server about
-- each visitor. Until it has answered the address waits here, sealed with the installation's key, an hour at most;
-- not in the write-ahead log, so in no backup made of that.
alter table dataset add name_lookup boolean not null default false;
grant select (name_lookup) on dataset to leadboard_collect;

create unlogged table address_wait (
    dataset_id bigint not null,
    visitor uuid not null,
    at timestamptz not null, -- of an event in the session
    address bytea not null,
    until timestamptz not null default now() + interval '1 hour',
    tries smallint not null default 0,
    primary key (dataset_id, visitor)
);
alter table address_wait enable row level security;
create policy collect on address_wait for insert to leadboard_collect with check (true);
create policy worker on address_wait to leadboard_worker using (true);
grant insert on address_wait to leadboard_collect;
grant select, update, delete on address_wait to leadboard_worker;
