--- The queue (shared/queue.h says why it is as it is). `now()` of the database alone decides when a
--- job may run and whether a lease holds.

--- Sorted, so that two who ask for the same jobs cannot deadlock. Leaves a live job of the same uniq
--- as it is, without a lock on it.
-- name: job_add
-- params: kind smallint, prio smallint, delay double, dataset bigint[], uniq text[], payload jsonb[]
-- many: id bigint
with wanted as materialized (
    select * from unnest($4, $5, $6) with ordinality as w (dataset_id, uniq, payload, n)
), lane as (
    insert into tenant_queue (dataset_id, kind)
    select distinct dataset_id, $1 from wanted order by 1
    on conflict do nothing
)
insert into job (dataset_id, kind, prio, run_at, uniq, payload)
select dataset_id, $1, $2, now() + $3 * interval '1 second', uniq, coalesce(payload, '{}')
from wanted order by dataset_id, uniq, n
on conflict (dataset_id, kind, uniq) where uniq is not null do nothing
returning id;

--- One that waits runs at the earlier time; with `again`, one that runs is run once more.
-- name: job_add_or_change
-- params: kind smallint, prio smallint, delay double, dataset bigint[], uniq text[], payload jsonb[],
--   again boolean
-- many: id bigint, fresh boolean
with wanted as materialized (
    select * from unnest($4, $5, $6) with ordinality as w (dataset_id, uniq, payload, n)
), lane as (
    insert into tenant_queue (dataset_id, kind)
    select distinct dataset_id, $1 from wanted order by 1
    on conflict do nothing
)
insert into job as j (dataset_id, kind, prio, run_at, uniq, payload)
select dataset_id, $1, $2, now() + $3 * interval '1 second', uniq, coalesce(payload, '{}')
from wanted order by dataset_id, uniq, n
on conflict (dataset_id, kind, uniq) where uniq is not null do update
set run_at = case when j.state = 0 then least(j.run_at, excluded.run_at) else j.run_at end,
    rerun = j.rerun or (j.state = 1 and $7)
where (j.state = 0 and excluded.run_at < j.run_at) or (j.state = 1 and $7 and not j.rerun)
returning id, xmax = 0;

-- name: job_cancel
-- params: dataset bigint, id bigint
-- one: waiting boolean
with gone as (
    delete from job where dataset_id = $1 and id = $2 and state = 0 returning *
), asked as (
    update job set cancel_asked = true where dataset_id = $1 and id = $2 and state = 1 returning id
), dead as (
    insert into job_dead (dataset_id, id, kind, attempt, crash_count, payload, error)
    select dataset_id, id, kind, attempt, crash_count, payload, 'Cancelled.' from gone
)
select true from gone union all select false from asked;

-- name: queue_notify
-- exec
select pg_notify('leadboard_job', '');

--- Every queue that has waiting jobs, and when its first is due. Reads from the start of each, so it
--- is done rarely: it finds what the bounds of the claims passed over.
-- name: job_sweep
-- many: dataset bigint, kind smallint, wait_us bigint
select t.dataset_id, t.kind, (extract(epoch from first.run_at - now()) * 1000000)::bigint
from tenant_queue t
cross join lateral (
    select min(p.run_at) as run_at
    from unnest('{0,1,2}'::smallint[]) prio (n)
    cross join lateral (select j.run_at from job j
                        where j.dataset_id = t.dataset_id and j.kind = t.kind and j.prio = prio.n
                          and j.state = 0
                        order by j.run_at limit 1) p) first
where not t.paused and first.run_at is not null
order by t.served_at limit 1000;

--- Takes turns: of the queues asked about, those with a job that is due, served longest ago first.
-- name: job_turn
-- params: dataset bigint[], kind smallint[], low timestamptz[], most integer
-- many: dataset bigint, kind smallint
with next as materialized (
    select t.dataset_id, t.kind
    from unnest($1, $2, $3) as l (dataset_id, kind, low_at)
    join tenant_queue t on t.dataset_id = l.dataset_id and t.kind = l.kind
    where not t.paused
      and (exists (select from job j where j.dataset_id = l.dataset_id and j.kind = l.kind
                   and j.prio = 0 and j.state = 0 and j.run_at >= l.low_at and j.run_at <= now())
        or exists (select from job j where j.dataset_id = l.dataset_id and j.kind = l.kind
                   and j.prio = 2 and j.state = 0 and j.run_at >= l.low_at and j.run_at <= now())
        or exists (select from job j where j.dataset_id = l.dataset_id and j.kind = l.kind
                   and j.prio = 1 and j.state = 0 and j.run_at >= l.low_at and j.run_at <= now()))
    order by t.served_at limit $4
    for no key update of t skip locked
)
update tenant_queue t set served_at = now() from next n
where t.dataset_id = n.dataset_id and t.kind = n.kind
returning t.dataset_id, t.kind;

--- Claims up to `most` jobs of one queue, those of the priority `first` before those of `second` and
--- `third`. MATERIALIZED, because a plan that ran the subselect again would claim more.
-- name: job_claim
-- params: dataset bigint, kind smallint, first smallint, second smallint, third smallint,
--   low timestamptz, most integer, worker bigint, timeout double
-- many: id bigint, attempt smallint, crash_count smallint, max_attempts smallint, run_at timestamptz,
--   payload jsonb
with a as materialized (
    select id from job where dataset_id = $1 and kind = $2 and prio = $3 and state = 0
       and run_at >= $6 and run_at <= now()
    order by run_at, id limit $7 for update skip locked
), b as materialized (
    select id from job where dataset_id = $1 and kind = $2 and prio = $4 and state = 0
       and run_at >= $6 and run_at <= now()
    order by run_at, id limit $7 - (select count(*) from a) for update skip locked
), c as materialized (
    select id from job where dataset_id = $1 and kind = $2 and prio = $5 and state = 0
       and run_at >= $6 and run_at <= now()
    order by run_at, id limit $7 - (select count(*) from a) - (select count(*) from b)
    for update skip locked
)
update job j set state = 1, attempt = attempt + 1, worker = $8,
       deadline_at = now() + $9 * interval '1 second'
from (select id from a union all select id from b union all select id from c) taken
where j.dataset_id = $1 and j.id = taken.id
returning j.id, j.attempt, j.crash_count, j.max_attempts, j.run_at, j.payload;

--- Is the lease still ours? Holds the row until the transaction ends.
-- name: job_hold
-- params: dataset bigint, id bigint, attempt smallint, worker bigint
-- one: cancel_asked boolean
select cancel_asked from job
where dataset_id = $1 and id = $2 and worker = $4 and attempt = $3
for no key update;

--- Names nothing but key and fence. One that was asked for again while it ran starts anew.
-- name: job_complete
-- params: dataset bigint, id bigint[], attempt smallint[], worker bigint, run_us bigint
-- one: completed integer
with gone as (
    delete from job j using unnest($2, $3) as d (id, attempt)
    where j.dataset_id = $1 and j.id = d.id and j.worker = $4 and j.attempt = d.attempt
    returning j.id, j.kind, j.prio, j.attempt, j.created_at, j.rerun, j.uniq, j.payload
), again as (
    insert into job (dataset_id, kind, prio, uniq, payload)
    select $1, kind, prio, uniq, payload from gone where rerun
), done as (
    insert into job_done (dataset_id, id, kind, attempt, created_at, started_at)
    select $1, id, kind, attempt, created_at, now() - $5 * interval '1 microsecond' from gone
)
select count(*)::integer from gone;

--- back: the attempt is given back (a snooze, or the worker drains).
-- name: job_retry
-- params: dataset bigint, id bigint[], attempt smallint[], worker bigint, delay double, back boolean,
--   error text?
-- exec
update job j set state = 0, worker = null, deadline_at = null, rerun = false,
       run_at = now() + $5 * interval '1 second', attempt = j.attempt - $6::integer,
       error = coalesce($7, j.error)
from unnest($2, $3) as d (id, attempt)
where j.dataset_id = $1 and j.id = d.id and j.worker = $4 and j.attempt = d.attempt;

--- What a worker holds in the table but does not run (its outcome could not be written, or it ends).
-- name: job_release
-- params: worker bigint, running bigint[]
-- exec
update job set state = 0, worker = null, deadline_at = null, rerun = false, attempt = attempt - 1,
       run_at = now()
where worker = $1 and state = 1 and id <> all ($2);

-- name: job_bury
-- params: dataset bigint, id bigint, attempt smallint, worker bigint, error text
-- exec
with gone as (
    delete from job where dataset_id = $1 and id = $2 and attempt = $3 and worker = $4 returning *
), again as (
    insert into job (dataset_id, kind, prio, uniq, payload)
    select dataset_id, kind, prio, uniq, payload from gone where rerun and not cancel_asked
)
insert into job_dead (dataset_id, id, kind, attempt, crash_count, payload, error)
select dataset_id, id, kind, attempt, crash_count, payload, $5 from gone;

--- The dead live again, with all their attempts; what made them die should have been mended.
-- name: jobs_revive
-- exec
with gone as (
    delete from job_dead returning dataset_id, id, kind, payload
), lane as (
    insert into tenant_queue (dataset_id, kind)
    select distinct dataset_id, kind from gone order by 1, 2
    on conflict do nothing
)
insert into job (dataset_id, kind, payload)
select dataset_id, kind, payload from gone order by dataset_id, id;

-- name: worker_start
-- params: host text, pid integer, slots integer
-- one: incarnation bigint
insert into worker (host, pid, slots) values ($1, $2, $3) returning incarnation;

-- name: worker_beat
-- params: incarnation bigint
-- exec
update worker set beat_at = now() where incarnation = $1;

-- name: worker_cancels
-- params: incarnation bigint
-- many: dataset bigint, id bigint
select dataset_id, id from job where worker = $1 and state = 1 and cancel_asked;

-- name: worker_stop
-- params: incarnation bigint
-- exec
delete from worker where incarnation = $1;

--- Jobs whose worker is gone (no row or no beat: pruning order cannot hide them) or hangs past the
--- deadline. most_crashes in all, or the last attempt, and they are dead. kinds' attempts by number.
-- name: job_reap
-- params: attempts smallint[], most_crashes integer, most integer
-- one: again integer, dead integer
with lost as materialized (
    select j.dataset_id, j.id,
           j.crash_count + 1 >= $2
           or j.attempt >= coalesce(nullif(j.max_attempts, 0), $1[j.kind], 1) as dead
    from job j
    where j.state = 1
      and (not exists (select from worker w where w.incarnation = j.worker
                       and w.beat_at > now() - interval '20 seconds')
           or j.deadline_at < now() - interval '30 seconds')
    order by j.dataset_id, j.id limit $3 for update of j skip locked
), again as (
    update job j set state = 0, worker = null, deadline_at = null, rerun = false, run_at = now(),
           crash_count = crash_count + 1, error = 'The worker that ran it stopped.'
    from lost where j.dataset_id = lost.dataset_id and j.id = lost.id and not lost.dead
    returning j.id
), gone as (
    delete from job j using lost
    where j.dataset_id = lost.dataset_id and j.id = lost.id and lost.dead
    returning j.dataset_id, j.id, j.kind, j.attempt, j.crash_count, j.payload
), dead as (
    insert into job_dead (dataset_id, id, kind, attempt, crash_count, payload, error)
    select dataset_id, id, kind, attempt, crash_count + 1, payload,
           'The worker that ran it stopped, ' || crash_count + 1 || ' times.' from gone
    returning id
)
select (select count(*) from again)::integer, (select count(*) from dead)::integer;

-- name: worker_prune
-- exec
delete from worker w where beat_at < now() - interval '1 hour'
   and not exists (select from job j where j.worker = w.incarnation and j.state = 1);

-- name: progress_create
-- params: dataset bigint, kind smallint, subject bigint, user_id bigint?
-- one: id bigint
insert into progress (dataset_id, kind, subject, user_id) values ($1, $2, $3, $4) returning id;

-- name: progress_start
-- params: dataset bigint, id bigint, total integer
-- exec
update progress set state = 1, done = 0, total = $3, updated_at = now()
where dataset_id = $1 and id = $2 and state in (0, 1);

-- name: progress_step
-- params: dataset bigint, id bigint, done integer, more jsonb?
-- exec
update progress set done = least($3, coalesce(total, $3)), updated_at = now(),
       result = coalesce(result, '{}') ||
                (select coalesce(jsonb_object_agg(m.key, m.value::bigint
                                 + coalesce((result ->> m.key)::bigint, 0)), '{}')
                 from jsonb_each_text(coalesce($4, '{}')) m)
where dataset_id = $1 and id = $2 and state = 1;

-- name: progress_finish
-- params: dataset bigint, id bigint, state smallint, message text?
-- exec
update progress set state = $3, message = $4, updated_at = now(),
       done = case when $3 = 2 then coalesce(total, done) else done end
where dataset_id = $1 and id = $2 and state in (0, 1);

-- name: progress_cancel
-- params: dataset bigint, id bigint
-- exec
update progress set state = 4, updated_at = now()
where dataset_id = $1 and id = $2 and state in (0, 1);

--- One that waits or runs but has no live job was given up: no attempt was left.
-- name: progress_latest
-- params: dataset bigint, kind smallint, subject bigint
-- one: id bigint, state smallint, done integer, total integer?, result jsonb?, message text?,
--   created_at timestamptz
select p.id, case when l.given_up then 3 else p.state end::smallint, p.done, p.total, p.result,
       case when l.given_up then 'This could not be finished.' else p.message end, p.created_at
from progress p
cross join lateral (
    select p.state in (0, 1)
           and not exists (select from job j where j.dataset_id = $1 and j.kind = $2
                           and j.uniq = 'progress:' || p.id)) l (given_up)
where p.dataset_id = $1 and p.kind = $2 and p.subject = $3 order by p.id desc limit 1;

-- name: progress_get
-- params: dataset bigint, id bigint
-- one: subject bigint, state smallint, done integer, total integer?, result jsonb?, message text?,
--   created_at timestamptz
select p.subject, case when l.given_up then 3 else p.state end::smallint, p.done, p.total, p.result,
       case when l.given_up then 'This could not be finished.' else p.message end, p.created_at
from progress p
cross join lateral (
    select p.state in (0, 1)
           and not exists (select from job j where j.dataset_id = $1 and j.kind = p.kind
                           and j.uniq = 'progress:' || p.id)) l (given_up)
where p.dataset_id = $1 and p.id = $2;

--- Periodic work, worker/schedule.c. Whoever inserts the slot does the work, in the same transaction.
-- name: cron_take
-- params: task text, period double
-- exec
insert into cron_slot (task, dataset_id, slot_at)
values ($1, 0, to_timestamp(floor(extract(epoch from now()) / $2) * $2))
on conflict do nothing;

--- The boards whose minute of the hour has come since somebody last looked, an hour back at most.
-- name: cron_refresh
-- many: dataset bigint, board bigint
with minute as (
    insert into cron_slot (task, dataset_id, slot_at)
    select 'refresh', 0, m
    from generate_series(date_trunc('minute', now()) - interval '59 minutes',
                         date_trunc('minute', now()), interval '1 minute') m
    on conflict do nothing returning slot_at
)
select b.dataset_id, b.id
from minute m
join board b on mod(b.dataset_id * 7 + b.id * 13, 60) = extract(minute from m.slot_at)
where b.deleted_at is null
order by b.dataset_id, b.id;

-- name: cron_trim
-- exec
delete from cron_slot where slot_at < now() - interval '2 days';

-- name: cron_days
-- params: keep_days integer
-- one: dropped integer
with ahead as (
    select count(job_done_day_ensure(current_date + n)) from generate_series(0, 7) n
), months as (
    select count(event_month_ensure((now() + n * interval '1 month')::date))
    from generate_series(0, 3) n
)
select job_done_drop(current_date - $1) + 0 * (select ahead.count + months.count from ahead, months)::integer;

--- Ids of events older than so many days are not needed any more (event_message).
-- name: cron_messages
-- params: keep_days integer
-- one: changed integer
select event_message_days($1);

-- name: card_change_trim
-- exec
delete from card_change where at < now() - interval '1 hour';

-- name: login_session_trim
-- exec
delete from login_session where expires_at < now() or seen_at < now() - interval '12 hours';

--- Whether this session holds the lock of a service; backend: the one that is known to hold it.
-- name: service_lock
-- params: lock bigint, backend integer
-- one: held boolean, backend integer
select case when $2 = pg_backend_pid() then true else pg_try_advisory_lock($1) end, pg_backend_pid();
