--- The collector's statements. Its role may insert and read a dataset's settings, nothing else, so
--- nothing here returns what it wrote. Each is a transaction of its own, durable when it returns.

--- By public id, by the number of the site, or by an id that the site had elsewhere; in this order, so that
--- nobody can take another's.
-- name: collect_dataset
-- params: id text, number bigint?
-- one: id bigint, hosts text[], mask_ip boolean, honour_privacy_signals boolean, cookieless boolean,
--   name_lookup boolean, key_hashes text[]
select id, hosts, mask_ip, honour_privacy_signals, cookieless, name_lookup,
       array(select encode(k.hash, 'hex') from server_key k where k.dataset_id = d.id and k.revoked_at is null)
from dataset d
where d.deleted_at is null
  and d.id = coalesce((select p.id from dataset p where p.public_id = $1),
                      (select s.id from dataset s where s.site_number = $2),
                      (select a.dataset_id from dataset_alias a where a.alias = $1));

-- name: collect_event
-- params: dataset bigint, at timestamptz, visitor uuid, type smallint, name text?, url text?,
--   title text?, referrer text?, utm jsonb?, properties jsonb?, agent bigint?, ip text?, network bigint?,
--   place bigint?, country text?, region text?, city text?
-- exec
insert into event (dataset_id, at, visitor, type, name, url, title, referrer, utm, properties, agent, ip,
                   network, place, country, region, city)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::inet, $13, $14, $15, $16, $17);

--- The same unless an event with this id is there already (event_message).
-- name: collect_event_once
-- params: dataset bigint, at timestamptz, visitor uuid, type smallint, name text?, url text?,
--   title text?, referrer text?, utm jsonb?, properties jsonb?, agent bigint?, ip text?, network bigint?,
--   place bigint?, country text?, region text?, city text?, day integer, message uuid
-- exec
with fresh as (
    insert into event_message (dataset_id, day, message) values ($1, $18, $19)
    on conflict do nothing returning 1
)
insert into event (dataset_id, at, visitor, type, name, url, title, referrer, utm, properties, agent, ip,
                   network, place, country, region, city)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::inet, $13, $14, $15, $16, $17 from fresh;

--- The events of one request. An agent of 0 is unknown.
-- name: collect_events
-- params: dataset bigint, at timestamptz[], visitor uuid[], type smallint[], name text[], url text[],
--   title text[], referrer text[], utm jsonb[], properties jsonb[], agent bigint[], ip text[],
--   network bigint[], place bigint[], country text[], region text[], city text[]
-- exec
insert into event (dataset_id, at, visitor, type, name, url, title, referrer, utm, properties, agent, ip,
                   network, place, country, region, city)
select $1, e.at, e.visitor, e.type, e.name, e.url, e.title, e.referrer, e.utm, e.properties,
       nullif(e.agent, 0), e.ip::inet, nullif(e.network, 0), nullif(e.place, 0), e.country, e.region, e.city
from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    as e (at, visitor, type, name, url, title, referrer, utm, properties, agent, ip, network, place, country,
          region, city);

--- The same without those that are there already; message null: has no id. Two events never have the same.
-- name: collect_events_once
-- params: dataset bigint, at timestamptz[], visitor uuid[], type smallint[], name text[], url text[],
--   title text[], referrer text[], utm jsonb[], properties jsonb[], agent bigint[], ip text[],
--   network bigint[], place bigint[], country text[], region text[], city text[], day integer[], message uuid[]
-- exec
with fresh as (
    insert into event_message (dataset_id, day, message)
    select $1, m.day, m.message from unnest($18, $19) as m (day, message) where m.message is not null
    on conflict do nothing returning message
)
insert into event (dataset_id, at, visitor, type, name, url, title, referrer, utm, properties, agent, ip,
                   network, place, country, region, city)
select $1, e.at, e.visitor, e.type, e.name, e.url, e.title, e.referrer, e.utm, e.properties,
       nullif(e.agent, 0), e.ip::inet, nullif(e.network, 0), nullif(e.place, 0), e.country, e.region, e.city
from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $19)
    as e (at, visitor, type, name, url, title, referrer, utm, properties, agent, ip, network, place, country,
          region, city, message)
where e.message is null or e.message in (select message from fresh);

-- name: collect_agent
-- params: hash bigint, agent text
-- exec
insert into user_agent (hash, agent) values ($1, $2) on conflict do nothing;

-- name: collect_network
-- params: network bigint, name text, addresses bigint
-- exec
insert into network_owner (network, name, addresses) values ($1, $2, $3) on conflict do nothing;

--- An address whose name is to be asked for (worker/jobs/reverse.c).
-- name: collect_address
-- params: dataset bigint, visitor uuid, at timestamptz, address bytea
-- exec
insert into address_wait (dataset_id, visitor, at, address) values ($1, $2, $3, $4) on conflict do nothing;

-- name: collect_refused
-- params: dataset bigint[], reason text[], count integer[]
-- exec
insert into event_refused (dataset_id, reason, count)
select * from unnest($1, $2, $3);
