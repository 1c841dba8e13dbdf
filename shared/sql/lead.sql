--- One lead: who it is, how it came, what it did.

-- name: lead_get
-- params: dataset bigint, lead bigint
-- one: id bigint, account_id bigint?, account text?, account_domain text?, account_logo text?, email text?,
--   first_name text?, last_name text?, phone text?, company text?, job_title text?, first_at timestamptz,
--   last_at timestamptz, first_channel smallint?, first_source text?, first_medium text?,
--   first_campaign text?, first_term text?, first_content text?, first_referrer text?, first_landing text?,
--   last_channel smallint?, last_source text?, last_medium text?, last_campaign text?, last_term text?,
--   last_content text?, last_referrer text?, last_landing text?, visitors integer, sessions integer,
--   pageviews integer, forms integer, events integer, score smallint, score_parts jsonb, properties jsonb,
--   stamps jsonb, hidden boolean
select l.id, l.account_id, a.name, a.domain, a.logo, l.email, l.first_name, l.last_name, l.phone, l.company,
       l.job_title, l.first_at, l.last_at, l.first_channel, l.first_source, l.first_medium, l.first_campaign,
       l.first_term, l.first_content, l.first_referrer, l.first_landing, l.last_channel, l.last_source,
       l.last_medium, l.last_campaign, l.last_term, l.last_content, l.last_referrer, l.last_landing,
       l.visitors, l.sessions, l.pageviews, l.forms, l.events, l.score, l.score_parts, l.properties, l.stamps,
       l.hidden
from lead l left join account a on a.dataset_id = $1 and a.id = l.account_id
where l.dataset_id = $1 and l.id = $2;

--- What happened on each day (of UTC, counted from 1970-01-01) since a time.
-- name: lead_activity
-- params: dataset bigint, lead bigint, from timestamptz
-- many: day bigint, sessions bigint, events bigint
select floor(extract(epoch from started_at) / 86400)::bigint, count(*), sum(events)
from session
where dataset_id = $1 and lead_id = $2 and started_at >= $3
group by 1;

--- Days in their order; a year of them at most.
-- name: lead_scores
-- params: dataset bigint, lead bigint
-- many: day integer, score smallint
select day - date '1970-01-01', score from score_history
where dataset_id = $1 and lead_id = $2 and day > current_date - 366 order by day;

--- Sessions on its browsers that do not count (shared/traffic.h), by what they are taken for; of each the latest.
-- name: lead_left_out
-- params: dataset bigint, lead bigint, most bigint
-- many: verdict smallint, reason smallint, sessions bigint, visitor uuid, at timestamptz
select s.verdict, s.reason, count(*), (array_agg(s.visitor order by s.started_at desc))[1], max(s.started_at)
from (select visitor from visitor where dataset_id = $1 and lead_id = $2 order by last_at desc limit $3) v
join session s on s.dataset_id = $1 and s.visitor = v.visitor
where s.lead_id = 0
group by s.verdict, s.reason order by count(*) desc, s.verdict, s.reason;

--- The browsers it was seen with, and what the last page said of the screen.
-- name: lead_browsers
-- params: dataset bigint, lead bigint, most bigint
-- many: last_at timestamptz, browser text?, browser_version text?, os text?, os_version text?, device text?,
--   kind smallint?, screen text?, language text?
select v.last_at, u.browser, u.browser_version, u.os, u.os_version, u.device, u.kind, p.screen, p.language
from (select * from visitor where dataset_id = $1 and lead_id = $2 order by last_at desc limit $3) v
left join user_agent u on u.hash = v.agent
left join lateral (
    select e.properties->>'screen' as screen, e.properties->>'language' as language
    from event e
    where e.dataset_id = $1 and e.visitor = v.visitor and e.type = 1
      and e.at between v.last_at - interval '1 day' and v.last_at
    order by e.at desc limit 1
) p on true
order by v.last_at desc;

--- Its own cards and those of its company, on boards that the user may see.
-- name: lead_cards
-- params: dataset bigint, lead bigint, account bigint?, user bigint
-- many: id bigint, board_id bigint, board text, stage text
select c.id, c.board_id, b.name, s.name
from (select id, board_id, stage_id from card where dataset_id = $1 and lead_id = $2
      union all
      select id, board_id, stage_id from card where dataset_id = $1 and account_id = $3) c
join board b on b.dataset_id = $1 and b.id = c.board_id and b.deleted_at is null
     and (b.visibility = 2 or b.user_id = $4)
join stage s on s.dataset_id = $1 and s.id = c.stage_id
order by b.name, b.id limit 50;

--- The lead's sessions before a time, newest first, each with its whole clickstream: one row an event, one
--- without an event for a session that has none left, and for the last of `most`, which only tells that there
--- are more.
-- name: lead_sessions
-- params: dataset bigint, lead bigint, before timestamptz, most bigint
-- many: visitor uuid, started_at timestamptz, ended_at timestamptz, channel smallint, source text?,
--   medium text?, campaign text?, term text?, content text?, referrer text?, landing text?,
--   events integer, at timestamptz?, type smallint?, name text?, url text?, title text?,
--   event_campaign text?, properties jsonb?, country text?, owner text?, verdict smallint, reason smallint
select s.visitor, s.started_at, s.ended_at, s.channel, s.source, s.medium, s.campaign, s.term, s.content,
       s.referrer, s.landing, s.events, e.at, e.type, e.name, e.url, e.title,
       e.campaign as event_campaign, e.properties, s.country, o.name as owner, s.verdict, s.reason
from (select *, row_number() over (order by started_at desc) as nr
        from session where dataset_id = $1 and lead_id = $2 and started_at < $3
       order by started_at desc limit $4) s
left join network_owner o on o.network = s.network
left join lateral (select at, id, type, name, url, title, utm->>'campaign' as campaign, properties from event
                    where dataset_id = $1 and visitor = s.visitor
                      and at between s.started_at and s.ended_at and s.nr < $4 and type <> 8
                    order by at, id limit 1000) e on true
order by s.started_at desc, s.visitor, e.at, e.id;

--- What happened, from a time on and before another, to the cards of a lead and of its company, on boards that
--- the user may see; the latest `most`, in the order of their time. Tags only as far as they are the company's
--- or this lead's.
-- name: lead_happenings
-- params: dataset bigint, lead bigint, from timestamptz, before timestamptz, user bigint, most bigint
-- many: at timestamptz, kind smallint, same_stage boolean, from_stage text?, to_stage text?,
--   actor_kind smallint, actor text?, detail jsonb?, board text
select h.at, h.kind, h.same_stage, f.name, t.name, h.actor_kind,
       case h.actor_kind when 1 then (select name from app_user where id = h.actor_id)
            when 2 then (select name from segment where dataset_id = $1 and id = h.actor_id)
            when 3 then (select name from segment where dataset_id = $1 and id = h.actor_id) end,
       h.detail, h.board
from (
    select g.*, g.from_stage is not distinct from g.to_stage as same_stage, b.name as board
    from lead l
    join lateral (select id, board_id from card where dataset_id = $1 and lead_id = l.id
                  union all
                  select id, board_id from card where dataset_id = $1 and account_id = l.account_id) c on true
    join board b on b.dataset_id = $1 and b.id = c.board_id and b.deleted_at is null
         and (b.visibility = 2 or b.user_id = $5)
    join card_ledger g on g.dataset_id = $1 and g.card_id = c.id and g.at >= $3 and g.at < $4
    where l.dataset_id = $1 and l.id = $2
      and (g.kind in (1, 3, 4, 6, 10, 11) or g.kind = 2 and g.from_stage is distinct from g.to_stage
           or g.kind in (8, 9) and (not g.detail ?| '{lead,leads}' or g.detail->>'lead' = l.email
                                    or exists (select from lead_tag k where k.dataset_id = $1
                                               and k.lead_id = l.id and k.operation_id = g.operation_id)))
    order by g.at desc, g.id desc limit $6
) h
left join stage f on f.dataset_id = $1 and f.id = h.from_stage
left join stage t on t.dataset_id = $1 and t.id = h.to_stage
order by h.at, h.id;
