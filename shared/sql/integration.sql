--- Services that are told things (shared/integration.h).

--- lost_stages: chosen ones that are gone; all_lost: none of them is left, so that it is never told.
-- name: integration_list
-- params: dataset bigint
-- many: id bigint, kind smallint, name text, user_id bigint, user_name text?, enabled boolean, events text[],
--   stopped_at timestamptz?, stopped_why text?, slow_until timestamptz?, slow_why text?, failures integer,
--   last_ok_at timestamptz?, waiting bigint, given_up bigint, lost_stages bigint, all_lost boolean
select i.id, i.kind, i.name, i.user_id, u.name as user_name, i.enabled, i.events, i.stopped_at, i.stopped_why,
       case when i.slow_until > now() then i.slow_until end, case when i.slow_until > now() then i.slow_why end,
       i.failures, i.last_ok_at,
       (select count(*) from (select from outbox o where o.dataset_id = $1 and o.integration_id = i.id
                                and o.state = 0 limit 1000) few),
       (select count(*) from (select from outbox o where o.dataset_id = $1 and o.integration_id = i.id
                                and o.state = 2 limit 1000) few),
       s.lost, s.lost > 0 and s.lost = cardinality(i.stage_ids)
from integration i
left join app_user u on u.id = i.user_id
cross join lateral (
    select count(*) as lost from unnest(i.stage_ids) chosen (id)
    where not exists (select from stage s join board b on b.dataset_id = $1 and b.id = s.board_id and b.deleted_at is null
                      where s.dataset_id = $1 and s.id = chosen.id)) s
where i.dataset_id = $1 and i.deleted_at is null
order by lower(i.name), i.id;

-- name: integration_get
-- params: dataset bigint, integration bigint
-- one: id bigint, kind smallint, name text, user_id bigint, user_name text?, enabled boolean, url text?, origin text?,
--   events text[],
--   stage_ids bigint[], settings jsonb, remote jsonb?, stopped_at timestamptz?, stopped_why text?,
--   slow_until timestamptz?, slow_why text?, failures integer, failing_since timestamptz?, last_ok_at timestamptz?,
--   budget_used integer, created_at timestamptz
select i.id, i.kind, i.name, i.user_id, (select u.name from app_user u where u.id = i.user_id) as user_name, i.enabled, i.url,
       i.origin, i.events, i.stage_ids, i.settings, i.remote, i.stopped_at, i.stopped_why,
       case when i.slow_until > now() then i.slow_until end, case when i.slow_until > now() then i.slow_why end,
       i.failures, i.failing_since, i.last_ok_at,
       case when i.budget_day = current_date then i.budget_used else 0 end, i.created_at
from integration i where i.dataset_id = $1 and i.id = $2 and i.deleted_at is null;

-- name: integration_count
-- params: dataset bigint
-- one: n bigint
select count(*) from integration where dataset_id = $1 and deleted_at is null;

--- Those that take accounts and leads by hand.
-- name: integration_crms
-- params: dataset bigint
-- many: id bigint, kind smallint, name text, stopped boolean
select id, kind, name, stopped_at is not null from integration
where dataset_id = $1 and kind >= 3 and enabled and deleted_at is null order by lower(name), id limit 10;

-- name: integration_add
-- params: dataset bigint, kind smallint, name text, user bigint, url text?, origin text?, events text[],
--   stage_ids bigint[], settings jsonb
-- one: id bigint
insert into integration (dataset_id, kind, name, user_id, url, origin, events, stage_ids, settings)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id;

--- What has failed is tried again at once with what was changed.
-- name: integration_save
-- params: dataset bigint, integration bigint, name text, url text?, origin text?, events text[], stage_ids bigint[],
--   settings jsonb
-- exec
update integration set name = $3, url = $4, origin = $5, events = $6, stage_ids = $7, settings = $8, updated_at = now(),
       slow_until = null, slow_why = null, failures = 0, failing_since = null
where dataset_id = $1 and id = $2 and deleted_at is null;

--- On again: with a clean slate.
-- name: integration_switch
-- params: dataset bigint, integration bigint, enabled boolean
-- exec
update integration set enabled = $3, stopped_at = null, stopped_why = null, failures = 0, failing_since = null,
       slow_until = null, slow_why = null, updated_at = now()
where dataset_id = $1 and id = $2 and deleted_at is null;

--- What waits becomes due, as if it had not failed.
-- name: integration_retry
-- params: dataset bigint, integration bigint
-- exec
update outbox set due_at = now(), attempts = 0, first_at = null
where dataset_id = $1 and integration_id = $2 and state = 0;

-- name: integration_delete
-- params: dataset bigint, integration bigint
-- exec
with gone as (
    update integration set deleted_at = now(), enabled = false, settings = '{}', remote = null, url = null
    where dataset_id = $1 and id = $2 and deleted_at is null returning id
), unsent as (
    update outbox o set state = 3, done_at = now() from gone g
    where o.dataset_id = $1 and o.integration_id = g.id and o.state = 0
)
delete from integration_secret s using gone g where s.dataset_id = $1 and s.integration_id = g.id;

---- secrets ----

-- name: integration_secret_id
-- one: id bigint
select nextval(pg_get_serial_sequence('integration_secret', 'id'));

-- name: integration_secret_add
-- params: dataset bigint, integration bigint, id bigint, sealed bytea, hint text
-- exec
insert into integration_secret (dataset_id, integration_id, id, sealed, hint) overriding system value
values ($1, $2, $3, $4, $5);

--- The ones there are sign beside the new one for so many more hours, at most one of them; 0: no more.
-- name: integration_secret_retire
-- params: dataset bigint, integration bigint, hours integer
-- exec
with latest as (
    select max(id) as id from integration_secret where dataset_id = $1 and integration_id = $2
), kept as (
    update integration_secret s set until = now() + $3 * interval '1 hour' from latest l
    where s.dataset_id = $1 and s.integration_id = $2 and s.id = l.id and $3 > 0
)
delete from integration_secret s using latest l
where s.dataset_id = $1 and s.integration_id = $2 and (s.id <> l.id or $3 = 0);

-- name: integration_secret_hints
-- params: dataset bigint, integration bigint
-- many: hint text, created_at timestamptz, until timestamptz?
select hint, created_at, until from integration_secret
where dataset_id = $1 and integration_id = $2 and (until is null or until > now()) order by id desc;

---- for the worker ----

-- name: integration_open
-- params: dataset bigint, integration bigint
-- one: kind smallint, name text, user_id bigint, url text?, origin text?, settings jsonb, remote jsonb?,
--   failures integer, failing_us bigint, last_ok_at timestamptz?, budget_used integer, workspace bigint,
--   public_id text
select i.kind, i.name, i.user_id, i.url, i.origin, i.settings, i.remote, i.failures,
       coalesce((extract(epoch from now() - i.failing_since) * 1000000)::bigint, 0), i.last_ok_at,
       case when i.budget_day = current_date then i.budget_used else 0 end, d.workspace_id, d.public_id
from integration i join dataset d on d.id = i.dataset_id
where i.dataset_id = $1 and i.id = $2 and i.enabled and i.stopped_at is null and i.deleted_at is null
  and (i.slow_until is null or i.slow_until <= now());

-- name: integration_secrets
-- params: dataset bigint, integration bigint
-- many: id bigint, sealed bytea
select id, sealed from integration_secret
where dataset_id = $1 and integration_id = $2 and (until is null or until > now()) order by id desc limit 2;

--- ok: at least one went well; failed: how many failed since the last that did. slow_s: nothing is sent for so long.
--- Comes back with how many have failed in a row.
-- name: integration_result
-- params: dataset bigint, integration bigint, ok boolean, failed integer, slow_s double?, slow_why text?,
--   budget integer
-- one: failures integer
update integration
set failures = case when $3 then 0 else failures end + $4,
    failing_since = case when $4 = 0 and $3 then null
                         when $4 > 0 and ($3 or failing_since is null) then now() else failing_since end,
    last_ok_at = case when $3 then now() else last_ok_at end,
    slow_until = case when $5::double precision is not null
                      then greatest(coalesce(slow_until, now()), now() + $5 * interval '1 second') else slow_until end,
    slow_why = case when $5::double precision is not null then $6 else slow_why end,
    budget_used = case when budget_day = current_date then budget_used else 0 end + $7, budget_day = current_date
where dataset_id = $1 and id = $2
returning failures;

--- No row: it was stopped already.
-- name: integration_stop
-- params: dataset bigint, integration bigint, why text
-- one: user_id bigint, name text, kind smallint
update integration set stopped_at = now(), stopped_why = $3
where dataset_id = $1 and id = $2 and stopped_at is null and deleted_at is null
returning user_id, name, kind;

-- name: integration_remote
-- params: dataset bigint, integration bigint, remote jsonb
-- exec
update integration set remote = $3 where dataset_id = $1 and id = $2;

---- for its form ----

--- Stages of the boards that everyone sees, and of one's own.
-- name: integration_stages
-- params: dataset bigint, user bigint
-- many: board bigint, board_name text, own boolean, stage bigint, stage_name text, final boolean
select b.id, b.name, b.visibility = 1, s.id, s.name, s.final
from board b join stage s on s.dataset_id = $1 and s.board_id = b.id
where b.dataset_id = $1 and b.deleted_at is null and b.setup_step = 0 and (b.visibility = 2 or b.user_id = $2)
order by lower(b.name), b.id, s.position limit 500;
