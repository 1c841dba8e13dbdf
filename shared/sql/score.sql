--- Scores as time passes (shared/score.h). Once an hour for a dataset, however many boards it has.
-- name: score_take
-- params: dataset bigint
-- exec
insert into cron_slot (task, dataset_id, slot_at) values ('score', $1, date_trunc('hour', now()))
on conflict do nothing;

--- Leads whose recency can have changed: it counts for thirty days (shared/score.h).
-- name: score_leads
-- params: dataset bigint, after bigint, limit bigint
-- many: id bigint, email boolean, company boolean, phone boolean, sessions integer, pageviews integer,
--   forms integer, last_at timestamptz, score smallint, now timestamptz
select id, email is not null, account_id is not null or company is not null, phone is not null, sessions,
       pageviews, forms, last_at, score, now()
from lead where dataset_id = $1 and id > $2 and last_at > now() - interval '32 days'
order by id limit $3;

-- name: score_leads_of
-- params: dataset bigint, ids bigint[]
-- many: id bigint, email boolean, company boolean, phone boolean, sessions integer, pageviews integer,
--   forms integer, last_at timestamptz, score smallint, now timestamptz
select id, email is not null, account_id is not null or company is not null, phone is not null, sessions,
       pageviews, forms, last_at, score, now()
from lead where dataset_id = $1 and id = any ($2) and merged_into is null;

--- Who acted meanwhile was scored by the log consumer. The history gets what the last day of activity ended
--- with, once, and what today has.
-- name: score_save
-- params: dataset bigint, id bigint[], last_at timestamptz[], score smallint[], parts jsonb[]
-- exec
with k as (
    select k.id, k.last_at, k.score, k.parts, l.score as was, (l.last_at at time zone 'utc')::date as last_day,
           (now() at time zone 'utc')::date as today
    from unnest($2, $3, $4, $5) k (id, last_at, score, parts)
    join lead l on l.dataset_id = $1 and l.id = k.id and l.last_at = k.last_at
), kept as (
    insert into score_history as h (dataset_id, lead_id, day, score)
    select $1, id, last_day, was from k where last_day < today
    union all
    select $1, id, today, score from k
    on conflict (dataset_id, lead_id, day) do update
    set score = case when h.day = (now() at time zone 'utc')::date then excluded.score else h.score end
)
update lead l set score = k.score, score_parts = k.parts
from k where l.dataset_id = $1 and l.id = k.id and l.last_at = k.last_at;

--- Of leads that were put right by hand: today is not over, the history stays.
-- name: score_put
-- params: dataset bigint, id bigint[], score smallint[], parts jsonb[]
-- exec
update lead l set score = k.score, score_parts = k.parts
from unnest($2, $3, $4) k (id, score, parts) where l.dataset_id = $1 and l.id = k.id;

-- name: score_accounts
-- params: dataset bigint, lead bigint[]
-- exec
with best as (
    select k.account_id, (select max(l.score) from lead l
                          where l.dataset_id = $1 and l.account_id = k.account_id) as score
    from (select distinct l.account_id from unnest($2) k (id)
          join lead l on l.dataset_id = $1 and l.id = k.id where l.account_id is not null) k
)
update account a set score = b.score
from best b where a.dataset_id = $1 and a.id = b.account_id and a.score <> b.score;
