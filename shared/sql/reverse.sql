--- Names of visitors' addresses (worker/jobs/reverse.c). What waits is written by the collector (collect_address).

--- Of these datasets, those of which something waits.
-- name: reverse_waits
-- params: dataset bigint[]
-- many: dataset bigint
select k.dataset from unnest($1) k (dataset)
where exists (select from address_wait w where w.dataset_id = k.dataset);

--- Those whose session is derived; the others' turn comes with it. ask: a name may tell something.
-- name: reverse_waiting
-- params: dataset bigint, most bigint
-- many: visitor uuid, at timestamptz, address bytea, tries smallint, verdict smallint, owner text?, ask boolean
select w.visitor, w.at, w.address, w.tries, s.verdict, o.name,
       d.name_lookup and s.lead_id <> 0 and s.verdict in (0, 1, 2) and s.company is null
from address_wait w
join dataset d on d.id = w.dataset_id
join session s on s.dataset_id = w.dataset_id and s.visitor = w.visitor and w.at between s.started_at and s.ended_at
left join network_owner o on o.network = s.network
where w.dataset_id = $1 and w.until > now()
order by w.tries, w.at limit $2;

-- name: reverse_forget
-- params: dataset bigint, visitor uuid[], at timestamptz[]
-- exec
delete from address_wait w using unnest($2, $3) k (visitor, at)
where w.dataset_id = $1 and w.visitor = k.visitor and w.at = k.at;

-- name: reverse_failed
-- params: dataset bigint, visitor uuid[], at timestamptz[]
-- exec
update address_wait w set tries = tries + 1 from unnest($2, $3) k (visitor, at)
where w.dataset_id = $1 and w.visitor = k.visitor and w.at = k.at;

--- A system event in the session says it (worker/derive.h).
-- name: reverse_found
-- params: dataset bigint, visitor uuid[], at timestamptz[], domain text[]
-- exec
insert into event (dataset_id, at, visitor, type, properties)
select $1, k.at, k.visitor, 8, jsonb_build_object('companyDomain', k.domain)
from unnest($2, $3, $4) k (visitor, at, domain);

--- What is too old to be kept, or of a dataset that does not want it any more.
-- name: reverse_trim
-- exec
delete from address_wait w
where w.until < now()
   or exists (select from dataset d where d.id = w.dataset_id and (not d.name_lookup or d.deleted_at is not null));
