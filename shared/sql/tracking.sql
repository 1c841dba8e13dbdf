--- The tracking pages: how sites, mails and other trackers are connected.

-- name: tracking_dataset
-- params: dataset bigint
-- one: id bigint, public_id text, name text, site_number bigint, hosts text[], mask_ip boolean,
--   honour_privacy_signals boolean, cookieless boolean, form_tracking boolean, retention_days integer
select id, public_id, name, site_number, hosts, mask_ip, honour_privacy_signals, cookieless, form_tracking,
       retention_days
from dataset where id = $1 and deleted_at is null;

-- name: server_key_list
-- params: dataset bigint
-- many: id bigint, name text, ending text, user_name text?, created_at timestamptz, revoked_at timestamptz?
select k.id, k.name, k.ending, u.name as user_name, k.created_at, k.revoked_at
from server_key k
left join app_user u on u.id = k.user_id
where k.dataset_id = $1
order by k.revoked_at is not null, k.created_at desc, k.id desc limit 100;

-- name: server_key_count
-- params: dataset bigint
-- one: count bigint
select count(*) from server_key where dataset_id = $1 and revoked_at is null;

-- name: server_key_add
-- params: dataset bigint, name text, hash bytea, ending text, user bigint
-- exec
insert into server_key (dataset_id, name, hash, ending, user_id) values ($1, $2, $3, $4, $5);

-- name: server_key_revoke
-- params: dataset bigint, key bigint, user bigint
-- one: name text
update server_key set revoked_at = now(), revoked_by = $3
where dataset_id = $1 and id = $2 and revoked_at is null
returning name;

-- name: dataset_alias_list
-- params: dataset bigint
-- many: alias text, created_at timestamptz
select alias, created_at from dataset_alias where dataset_id = $1 order by alias limit 100;

--- Not found: another dataset has it.
-- name: dataset_alias_add
-- params: dataset bigint, alias text
-- one: alias text
insert into dataset_alias (dataset_id, alias)
select $1, $2 where not exists (select from dataset d where d.public_id = $2)
on conflict (alias) do nothing returning alias;

-- name: dataset_alias_delete
-- params: dataset bigint, alias text
-- one: alias text
delete from dataset_alias where dataset_id = $1 and alias = $2 returning alias;
