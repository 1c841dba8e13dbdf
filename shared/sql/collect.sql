--- The collector's statements. Its role may insert and read a dataset's settings, nothing else, so
--- nothing here returns what it wrote. Each is a transaction of its own, durable when it returns.

-- name: collect_dataset
-- params: public_id text
-- one: id bigint, hosts text[], mask_ip boolean, honour_privacy_signals boolean, cookieless boolean
select id, hosts, mask_ip, honour_privacy_signals, cookieless
from dataset where public_id = $1 and deleted_at is null;

-- name: collect_event
-- params: dataset bigint, at timestamptz, visitor uuid, type smallint, name text?, url text?,
--   title text?, referrer text?, utm jsonb?, properties jsonb?, agent bigint?, ip text?, network bigint?,
--   place bigint?, country text?, region text?, city text?
-- exec
insert into event (dataset_id, at, visitor, type, name, url, title, referrer, utm, properties, agent, ip,
                   network, place, country, region, city)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::inet, $13, $14, $15, $16, $17);

--- One visitor's batch: what is the same for all of it comes once.
-- name: collect_events
-- params: dataset bigint, visitor uuid, agent bigint?, ip text?, network bigint?, place bigint?, country text?,
--   region text?, city text?, at timestamptz[], type smallint[], name text[], url text[], title text[],
--   referrer text[], utm jsonb[], properties jsonb[]
-- exec
insert into event (dataset_id, at, visitor, type, name, url, title, referrer, utm, properties, agent, ip,
                   network, place, country, region, city)
select $1, e.at, $2, e.type, e.name, e.url, e.title, e.referrer, e.utm, e.properties, $3, $4::inet,
       $5, $6, $7, $8, $9
from unnest($10, $11, $12, $13, $14, $15, $16, $17)
    as e (at, type, name, url, title, referrer, utm, properties);

-- name: collect_agent
-- params: hash bigint, agent text
-- exec
insert into user_agent (hash, agent) values ($1, $2) on conflict do nothing;

-- name: collect_network
-- params: network bigint, name text, addresses bigint
-- exec
insert into network_owner (network, name, addresses) values ($1, $2, $3) on conflict do nothing;

-- name: collect_refused
-- params: dataset bigint[], reason text[], count integer[]
-- exec
insert into event_refused (dataset_id, reason, count)
select * from unnest($1, $2, $3);
