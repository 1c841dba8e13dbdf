-- Background work. `job` holds live jobs only; history and dead jobs live elsewhere, so that claims stay
-- cheap (reasons and measurements: shared/queue.h).

create table job (
    dataset_id bigint not null,
    id bigint generated always as identity,
    queue smallint not null,
    kind smallint not null,
    prio smallint not null default 1, -- 0 first, 2 last
    state smallint not null default 0, -- 0 ready, 1 running
    attempt smallint not null default 0, -- counted when claimed; with worker it is the fence
    crash_count smallint not null default 0,
    max_attempts smallint not null,
    run_at timestamptz not null default now(),
    worker bigint, -- incarnation that runs it
    deadline_at timestamptz,
    cancel_asked boolean not null default false,
    rerun boolean not null default false, -- asked for again while running
    uniq text,
    payload jsonb not null default '{}' check (length(payload::text) <= 2048),
    error text, -- of the last attempt
    created_at timestamptz not null default now(),
    primary key (dataset_id, id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
create index job_ready on job (dataset_id, queue, prio, run_at, id) where state = 0;
create index job_running on job (worker) where state = 1;
create unique index job_uniq on job (dataset_id, kind, uniq) where uniq is not null;

create table job_done (
    dataset_id bigint not null,
    done_at timestamptz not null default now(),
    id bigint not null,
    kind smallint not null,
    attempt smallint not null,
    run_ms integer not null,
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

-- One row a queue and dataset with work: who is served next, and how much may run at once.
create table tenant_queue (
    queue smallint not null,
    dataset_id bigint not null,
    served_at timestamptz not null default '-infinity',
    next_run_at timestamptz not null default '-infinity', -- no ready job is earlier
    paused boolean not null default false,
    primary key (queue, dataset_id)
) with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);

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

grant select, insert, update, delete on job, job_done, job_dead, tenant_queue, worker, cron_slot
    to leadboard_worker;
grant select, insert, update on job, job_dead, tenant_queue to leadboard_web;
