--- Signing in, sessions, workspaces, datasets.

--- Who a session cookie belongs to; defined with the tables, because it looks across workspaces.
-- name: session_find
-- params: token_hash bytea
-- one: user_id bigint, workspace_id bigint, dataset_id bigint?, role smallint, user_name text,
--   user_email text, workspace_name text, dataset_name text?, seen_at timestamptz,
--   dataset_ids bigint[], dataset_names text[], mentions bigint, stopped bigint, troubled bigint
select user_id, workspace_id, dataset_id, role, user_name, user_email, workspace_name, dataset_name,
       seen_at, dataset_ids, dataset_names, mentions_unseen(dataset_id, user_id),
       case when role >= 3 then integrations_stopped(dataset_id) else 0 end, automations_troubled(dataset_id)
from session_lookup($1);

-- name: session_seen
-- params: token_hash bytea
-- exec
update login_session set seen_at = now() where token_hash = $1;

-- name: session_add
-- params: token_hash bytea, user bigint, workspace bigint, dataset bigint?, user_agent text?
-- exec
insert into login_session (token_hash, user_id, workspace_id, dataset_id, user_agent, expires_at)
values ($1, $2, $3, $4, left($5, 300), now() + interval '14 days');

-- name: session_remove
-- params: token_hash bytea
-- exec
delete from login_session where token_hash = $1;

--- Every session of a user but one.
-- name: session_remove_others
-- params: user bigint, token_hash bytea
-- exec
delete from login_session where user_id = $1 and token_hash <> $2;

-- name: session_dataset
-- params: token_hash bytea, dataset bigint
-- exec
update login_session set dataset_id = $2 where token_hash = $1;

--- Sessions that can no longer be used; at sign-in, so that they do not pile up.
-- name: session_expire
-- params: user bigint
-- exec
delete from login_session
where user_id = $1 and (expires_at < now() or seen_at < now() - interval '12 hours');

-- name: login_find
-- params: email text
-- one: user_id bigint, password_hash text, failures integer, locked_s bigint, workspace_id bigint,
--   dataset_id bigint?
select user_id, password_hash, failures,
       greatest(0, ceil(extract(epoch from coalesce(locked_until, now()) - now())))::bigint,
       workspace_id, dataset_id
from login_lookup($1);

--- The fifth wrong password in a row closes the account for 2 s, each further one for twice as long,
--- at most 15 minutes.
-- name: login_failed
-- params: user bigint
-- exec
update app_user
set failures = failures + 1,
    locked_until = case when failures >= 4
                        then now() + least(900, 2 ^ least(failures - 3, 10)) * interval '1 second' end
where id = $1;

-- name: login_succeeded
-- params: user bigint
-- exec
update app_user set failures = 0, locked_until = null
where id = $1 and (failures <> 0 or locked_until is not null);

-- name: user_password
-- params: user bigint
-- one: password_hash text
select password_hash from app_user where id = $1;

-- name: user_set_password
-- params: user bigint, password_hash text
-- exec
update app_user set password_hash = $2, failures = 0, locked_until = null where id = $1;

-- name: user_set_name
-- params: user bigint, name text
-- exec
update app_user set name = $2 where id = $1;

-- name: workspace_any
-- one: found boolean
select workspace_exists();

--- Refused by the database when only_first and there is a workspace already: no row.
-- name: workspace_create
-- params: name text, user_name text, email text, password_hash text, dataset_name text,
--   public_id text, only_first boolean
-- one: workspace_id bigint, user_id bigint, dataset_id bigint
select workspace_id, user_id, dataset_id from workspace_make($1, $2, $3, $4, $5, $6, $7);

-- name: dataset_list
-- many: id bigint, public_id text, name text, hosts text[], created_at timestamptz,
--   first_event_at timestamptz?, last_event_at timestamptz?
select id, public_id, name, hosts, created_at, first_event_at, last_event_at
from dataset where deleted_at is null
order by lower(name), id;

-- name: dataset_get
-- params: dataset bigint
-- one: id bigint, public_id text, name text, hosts text[], mask_ip boolean,
--   honour_privacy_signals boolean, cookieless boolean, form_tracking boolean,
--   retention_days integer, first_event_at timestamptz?, last_event_at timestamptz?
select id, public_id, name, hosts, mask_ip, honour_privacy_signals, cookieless, form_tracking,
       retention_days, first_event_at, last_event_at
from dataset where id = $1 and deleted_at is null;

-- name: dataset_create
-- params: workspace bigint, name text, public_id text
-- one: id bigint
select dataset_make($1, $2, $3);

-- name: dataset_update
-- params: dataset bigint, name text, hosts text[], mask_ip boolean, honour_privacy_signals boolean,
--   cookieless boolean, form_tracking boolean, retention_days integer
-- exec
update dataset
set name = $2, hosts = $3, mask_ip = $4, honour_privacy_signals = $5, cookieless = $6,
    form_tracking = $7, retention_days = $8
where id = $1 and deleted_at is null;

-- name: audit_add
-- params: workspace bigint, user bigint, action text, subject text?
-- exec
insert into audit (workspace_id, user_id, action, subject) values ($1, $2, $3, $4);

--- The newest events of a dataset, whoever sent them: the tracking page's live check.
-- name: event_newest
-- params: dataset bigint
-- many: at timestamptz, type smallint, url text?, title text?, name text?
select at, type, url, title, name from event
where dataset_id = $1 and at > now() - interval '30 days'
order by at desc, id desc limit 10;

-- name: event_refused_today
-- params: dataset bigint
-- many: reason text, count bigint
select reason, sum(count)::bigint from event_refused
where dataset_id = $1 and day = current_date
group by reason order by 2 desc limit 10;
