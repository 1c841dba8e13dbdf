--- What kinds of traffic there are, and what the team says about them (shared/traffic.h, traffic_say.h).

-- name: traffic_count
-- params: dataset bigint
-- one: n bigint
select count(*) from traffic_verdict where dataset_id = $1;

--- Said again, it is said anew.
-- name: traffic_put
-- params: dataset bigint, network bigint?, place bigint?, visitor uuid?, at timestamptz?, verdict smallint,
--   label text, user bigint
-- exec
with gone as (
    delete from traffic_verdict v
    where v.dataset_id = $1 and (v.network = $2 or v.place = $3 or v.visitor = $4 and v.at in (
        select coalesce(w.at, $5) from session s
        left join traffic_verdict w on w.dataset_id = $1 and w.visitor = $4 and w.at between s.started_at and s.ended_at
        where s.dataset_id = $1 and s.visitor = $4 and $5 between s.started_at and s.ended_at))
)
insert into traffic_verdict (dataset_id, network, place, visitor, at, verdict, label, user_id)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: traffic_remove
-- params: dataset bigint, network bigint?, place bigint?, visitor uuid?, at timestamptz?
-- exec
delete from traffic_verdict v
where v.dataset_id = $1 and (v.network = $2 or v.place = $3 or v.visitor = $4 and v.at in (
    select coalesce(w.at, $5) from session s
    left join traffic_verdict w on w.dataset_id = $1 and w.visitor = $4 and w.at between s.started_at and s.ended_at
    where s.dataset_id = $1 and s.visitor = $4 and $5 between s.started_at and s.ended_at));

--- Whom it is about - one of network, place and lead - in the order of visitors, with how much the log has of
--- them.
-- name: again_visitors
-- params: dataset bigint, network bigint?, place bigint?, lead bigint?, after uuid, most bigint
-- many: visitor uuid, events bigint
select k.visitor, (select sum(e.events) from session e where e.dataset_id = $1 and e.visitor = k.visitor)
from (
    select visitor from session where dataset_id = $1 and network = $2 and visitor > $5
    union
    select visitor from session where dataset_id = $1 and place = $3 and visitor > $5
    union
    select visitor from session where dataset_id = $1 and lead_id = $4 and visitor > $5
    union
    select visitor from session where dataset_id = $1 and own_lead = $4 and visitor > $5
    order by visitor limit $6
) k
order by k.visitor;

-- name: again_total
-- params: dataset bigint, network bigint?, place bigint?, lead bigint?
-- one: n bigint
select count(*) from (
    select visitor from session where dataset_id = $1 and network = $2
    union
    select visitor from session where dataset_id = $1 and place = $3
    union
    select visitor from session where dataset_id = $1 and lead_id = $4
    union
    select visitor from session where dataset_id = $1 and own_lead = $4
) k;

-- name: traffic_names
-- params: dataset bigint, sample bigint
-- one: wanted boolean, named bigint
select d.name_lookup,
       (select count(company) from (select company from session where dataset_id = $1
                                    order by started_at desc limit $2) s)
from dataset d where d.id = $1;

-- name: traffic_names_set
-- params: dataset bigint, wanted boolean
-- exec
update dataset set name_lookup = $2 where id = $1;

--- The networks of the latest sessions, those with most of them first.
-- name: traffic_networks
-- params: dataset bigint, sample bigint, most bigint
-- many: network bigint, owner text?, addresses bigint, sessions bigint, visitors bigint, last_at timestamptz,
--   said smallint?, left_out bigint
select r.network, o.name, coalesce(o.addresses, 0), r.sessions, r.visitors, r.last_at, v.verdict, r.left_out
from (
    select network, count(*) as sessions, count(distinct visitor) as visitors, max(started_at) as last_at,
           count(*) filter (where lead_id = 0) as left_out
    from (select network, visitor, started_at, lead_id from session
          where dataset_id = $1 order by started_at desc limit $2) s
    where network is not null group by network
) r
left join network_owner o on o.network = r.network
left join traffic_verdict v on v.dataset_id = $1 and v.network = r.network
order by r.sessions desc, r.network limit $3;

--- Sessions that do not count, the latest first.
-- name: traffic_left_out
-- params: dataset bigint, before timestamptz, most bigint
-- many: visitor uuid, started_at timestamptz, ended_at timestamptz, events integer, landing text?, owner text?,
--   country text?, verdict smallint, reason smallint
select s.visitor, s.started_at, s.ended_at, s.events, s.landing, o.name, s.country, s.verdict, s.reason
from session s left join network_owner o on o.network = s.network
where s.dataset_id = $1 and s.lead_id = 0 and s.started_at < $2
order by s.started_at desc limit $3;

--- What the team said of places and sessions; of networks stands beside them.
-- name: traffic_said
-- params: dataset bigint, most bigint
-- many: id bigint, network bigint?, place bigint?, visitor uuid?, at timestamptz?, verdict smallint, label text,
--   by text?, created_at timestamptz
select v.id, v.network, v.place, v.visitor, v.at, v.verdict, v.label, u.name, v.created_at
from traffic_verdict v left join app_user u on u.id = v.user_id
where v.dataset_id = $1 order by v.id desc limit $2;

-- name: traffic_said_get
-- params: dataset bigint, id bigint
-- one: network bigint?, place bigint?, visitor uuid?, at timestamptz?, label text
select network, place, visitor, at, label from traffic_verdict where dataset_id = $1 and id = $2;

--- The session that a moment is in.
-- name: traffic_session
-- params: dataset bigint, visitor uuid, at timestamptz
-- one: started_at timestamptz, ended_at timestamptz, events integer, landing text?, lead bigint, network bigint?,
--   place bigint?, owner text?, country text?, region text?, city text?, company text?, verdict smallint,
--   reason smallint
select s.started_at, s.ended_at, s.events, s.landing, s.lead_id, s.network, s.place, o.name, s.country, s.region,
       s.city, s.company, s.verdict, s.reason
from session s left join network_owner o on o.network = s.network
where s.dataset_id = $1 and s.visitor = $2 and s.started_at <= $3 and s.ended_at >= $3
order by s.started_at desc limit 1;
