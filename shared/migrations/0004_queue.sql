-- Background work. `job` holds live jobs only; history and dead jobs live elsewhere, so that claims stay
-- cheap (reasons and measurements: shared/queue.h).

create table job (
    dataset_id bigint not null,
    id bigint generated always as identity,
    kind smallint not null, -- enum job_kind
    prio smallint not null default 0, -- enum queue_prio
    state smallint not null default 0, -- 0 ready, 1 running
    attempt smallint not null default 0, -- counted when claimed; with worker it is the fence
    crash_count smallint not null default 0, -- times its worker vanished
    max_attempts smallint not null default 0, -- 0: as worker/kinds.c says
    run_at timestamptz not null default now(),
    worker bigint, -- incarnation that runs it
    deadline_at timestamptz,
    cancel_asked boolean not null default false,
    rerun boolean not null default false, -- asked for again while running
    uniq text,
    payload jsonb not null default '{}' check (length(payload::text) <= 2048),
    error text, -- of the last attempt
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    check (prio between 0 and 2 and state in (0, 1))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
create index job_ready on job (dataset_id, kind, prio, run_at, id) where state = 0;
create index job_running on job (worker) where state = 1;
create unique index job_uniq on job (dataset_id, kind, uniq) where uniq is not null;

create table job_done (
    dataset_id bigint not null,
    done_at timestamptz not null default now(),
    id bigint not null,
    kind smallint not null,
    attempt smallint not null,
    created_at timestamptz not null,
    started_at timestamptz not null, -- of the attempt that did it
    primary key (dataset_id, done_at, id)
) partition by range (done_at);
create table job_done_other partition of job_done default;
create function job_done_day_ensure(p_day date) returns void
language plpgsql security definer set search_path = public as $$
declare
    part text := 'job_done_' || to_char(p_day, 'YYYY_MM_DD');
begin
    perform pg_advisory_xact_lock(hashtext('job_done_day_ensure'));
    if to_regclass(part) is null then
        execute format('create table %I partition of job_done for values from (%L) to (%L)', part,
                       p_day, p_day + 1);
    end if;
end $$;
select job_done_day_ensure(current_date + n) from generate_series(0, 7) n;

create table job_dead (
    dataset_id bigint not null,
    id bigint not null,
    kind smallint not null,
    attempt smallint not null,
    crash_count smallint not null,
    payload jsonb not null,
    error text not null,
    died_at timestamptz not null default now(),
    primary key (dataset_id, id)
);

-- A queue is a kind of a dataset; the row is made with its first job and stays. Who enqueues never
-- changes it: a lock on it would hold other enqueuers and the claims back until the commit.
create table tenant_queue (
    dataset_id bigint not null,
    kind smallint not null,
    served_at timestamptz not null default '-infinity', -- whoever is served longest ago is next
    paused boolean not null default false,
    primary key (dataset_id, kind)
) with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);

-- incarnation is new with every start: a host name or pid that comes again is not the same worker.
create table worker (
    incarnation bigint generated always as identity primary key,
    host text not null,
    pid integer not null,
    slots integer not null,
    started_at timestamptz not null default now(),
    beat_at timestamptz not null default now()
) with (fillfactor = 30);

-- Periodic work: who inserts the row does it.
create table cron_slot (
    task text not null,
    dataset_id bigint not null,
    slot_at timestamptz not null,
    primary key (task, dataset_id, slot_at)
);

-- What a person waits for: drawn as a bar with numbers. state: 0 waiting, 1 running, 2 done,
-- 3 failed, 4 cancelled.
create table progress (
    dataset_id bigint not null,
    id bigint generated always as identity,
    kind smallint not null, -- of the job
    subject bigint not null, -- what it works on: a board for an import
    user_id bigint,
    state smallint not null default 0,
    done integer not null default 0,
    total integer,
    result jsonb, -- by kind: {"added": 12, "already": 3, "excluded": 1}
    message text, -- why it failed, for the user
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (dataset_id, id)
);
create index progress_subject on progress (dataset_id, kind, subject, id desc);

-- Old days and months are dropped by the worker, which owns no table.
create function job_done_drop(p_before date) returns integer
language plpgsql security definer set search_path = public as $$
declare
    part text;
    dropped integer := 0;
begin
    for part in select relname from pg_class
                where relkind = 'r' and relname ~ '^job_done_\d{4}_\d\d_\d\d$'
                  and relnamespace = 'public'::regnamespace
                  and to_date(substr(relname, 10), 'YYYY_MM_DD') < p_before loop
        execute format('drop table %I', part);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
revoke execute on function job_done_drop(date), job_done_day_ensure(date) from public;
grant execute on function job_done_drop(date), job_done_day_ensure(date) to leadboard_worker;

grant select, insert, update, delete on job_done, tenant_queue, worker, cron_slot to leadboard_worker;
grant select, insert, update, delete on job to leadboard_web;
grant select, insert on job_dead to leadboard_web;
grant select on job_done, worker to leadboard_web;
grant select, insert, update on tenant_queue to leadboard_web;
