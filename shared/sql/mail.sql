--- Mail (shared/mail.h): what is to be sent, and how.

--- Kept where there is no server. No id: it was there already.
-- name: mail_add
-- params: workspace bigint, dataset bigint?, key text, user bigint?, email text, name text, subject text, body text,
--   html text?
-- one: id bigint?
with added as (
    insert into mail (workspace_id, dataset_id, key, user_id, to_email, to_name, subject, body, html, state)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
            case when exists (select from mail_server s where s.workspace_id = $1 and s.enabled) then 0 else 3 end)
    on conflict (workspace_id, key) do nothing
    returning id
)
select (select id from added);

-- name: mail_server_get
-- params: workspace bigint
-- one: host text, port integer, security smallint, user_name text?, password_hint text?, from_email text,
--   from_name text, enabled boolean, failures integer, slow_until timestamptz?, error text?, last_ok_at timestamptz?
select host, port, security, user_name, password_hint, from_email, from_name, enabled, failures,
       case when slow_until > now() then slow_until end, error, last_ok_at
from mail_server where workspace_id = $1;

--- password null: as it is.
-- name: mail_server_save
-- params: workspace bigint, host text, port integer, security smallint, user_name text?, from_email text,
--   from_name text, origin text?, user bigint
-- exec
insert into mail_server (workspace_id, host, port, security, user_name, from_email, from_name, origin, updated_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (workspace_id) do update
set host = $2, port = $3, security = $4, user_name = $5, from_email = $6, from_name = $7, origin = $8, updated_by = $9,
    updated_at = now(), enabled = true, failures = 0, slow_until = null, error = null;

-- name: mail_server_password
-- params: workspace bigint, password bytea?, hint text?
-- exec
update mail_server set password = $2, password_hint = $3 where workspace_id = $1;

--- What waits is kept from then on.
-- name: mail_server_delete
-- params: workspace bigint
-- exec
with gone as (
    delete from mail_server where workspace_id = $1 returning workspace_id
)
update mail m set state = 3, done_at = now() from gone g where m.workspace_id = g.workspace_id and m.state = 0;

-- name: mail_list
-- params: workspace bigint, state smallint?, before bigint, most integer
-- many: id bigint, to_email text, to_name text, subject text, state smallint, attempts smallint, error text?,
--   created_at timestamptz, done_at timestamptz?
select id, to_email, to_name, subject, state, attempts, error, created_at, done_at from mail
where workspace_id = $1 and id < $3 and ($2::smallint is null or state = $2)
order by id desc limit $4;

-- name: mail_get
-- params: workspace bigint, mail bigint
-- one: id bigint, uid text, to_email text, to_name text, subject text, body text, state smallint, attempts smallint,
--   due_at timestamptz, error text?, created_at timestamptz, done_at timestamptz?
select id, uid::text, to_email, to_name, subject, body, state, attempts, due_at, error, created_at, done_at
from mail where workspace_id = $1 and id = $2;

-- name: mail_again
-- params: workspace bigint, mail bigint
-- exec
update mail set state = 0, attempts = 0, due_at = now(), done_at = null
where workspace_id = $1 and id = $2 and state <> 0
  and exists (select from mail_server s where s.workspace_id = $1 and s.enabled);

---- for the worker ----

--- Workspaces that have mail to send and nobody who does. The job stands under the first of their datasets.
-- name: mail_due
-- params: kind smallint
-- many: workspace bigint, dataset bigint
select s.workspace_id, d.id
from mail_server s
cross join lateral (select min(id) as id from dataset where workspace_id = s.workspace_id) d
where s.enabled and (s.slow_until is null or s.slow_until <= now())
  and exists (select from mail m where m.workspace_id = s.workspace_id and m.state = 0 and m.due_at <= now())
  and not exists (select from job j where j.dataset_id = d.id and j.kind = $1
                    and j.uniq = 'workspace:' || s.workspace_id);

-- name: mail_server_open
-- params: workspace bigint
-- one: host text, port integer, security smallint, user_name text?, password bytea?, from_email text, from_name text
select host, port, security, user_name, password, from_email, from_name
from mail_server where workspace_id = $1 and enabled and (slow_until is null or slow_until <= now());

-- name: mail_take
-- params: workspace bigint, after bigint, most integer
-- many: id bigint, uid text, to_email text, to_name text, subject text, body text, html text?, attempts smallint,
--   created_at timestamptz
select id, uid::text, to_email, to_name, subject, body, html, attempts, created_at from mail
where workspace_id = $1 and state = 0 and due_at <= now() and id > $2 order by id limit $3;

-- name: mail_record
-- params: workspace bigint, mail bigint, state smallint, failed boolean, delay double, error text?
-- exec
update mail set state = $3, attempts = attempts + $4::integer, error = $6,
       due_at = case when $3 = 0 then now() + $5 * interval '1 second' else due_at end,
       done_at = case when $3 <> 0 then now() end
where workspace_id = $1 and id = $2 and state = 0;

-- name: mail_server_result
-- params: workspace bigint, ok boolean, slow_s double?, error text?
-- exec
update mail_server
set failures = case when $2 then 0 else failures + 1 end, error = $4,
    last_ok_at = case when $2 then now() else last_ok_at end,
    slow_until = case when $3::double precision is not null then now() + $3 * interval '1 second' end
where workspace_id = $1;

-- name: mail_trim
-- exec
delete from mail where created_at < now() - interval '30 days';

---- what a person wants to be told ----

-- name: user_notify_off
-- params: user bigint
-- one: off text[]
select notify_off from app_user where id = $1;

-- name: user_notify_save
-- params: user bigint, off text[]
-- exec
update app_user set notify_off = $2 where id = $1;
