--- Deriving everything again from nothing (worker/rebuild.h).

--- What ends it looks through whole tables, for which the consumer's plans (derive_plan) would take hours.
-- name: rebuild_plan
-- exec
select set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'on', true),
       set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true),
       set_config('enable_material', 'on', true), set_config('work_mem', '64MB', true);

--- The consumer stands still until the transaction ends.
-- name: rebuild_lock
-- many: xid xid8, id bigint, floor_id bigint, under_way boolean
select xid, id, floor_id, rebuild_xid is not null from log_cursor where consumer = 'derive' for update;

--- Events from before a dump was restored have transaction ids of elsewhere: they are the oldest.
-- name: rebuild_floor
-- params: floor_id bigint
-- exec
update event set xid = '1' where id <= $1 and xid <> '1';

--- What the log made, but for what the team said something about: companies and leads that have an address or an
--- id keep their rows, and wait to be told of again; so do anonymous leads with a mark.
-- name: rebuild_note
-- exec
with leads as (
    insert into rebuild_lead (dataset_id, lead_id)
    select dataset_id, id from lead where sessions > 0 and (email is not null or user_id is not null)
)
insert into rebuild_account (dataset_id, account_id) select dataset_id, id from account where leads > 0;

--- The browsers of anonymous leads that the team said something about; whoever they were later.
-- name: rebuild_keep
-- exec
insert into rebuild_visitor (dataset_id, visitor, lead_id, first_at, last_at)
select distinct on (s.dataset_id, s.visitor) s.dataset_id, s.visitor, l.id as lead_id, v.first_at, v.last_at
from lead l
join session s on s.dataset_id = l.dataset_id and (s.lead_id = l.id or s.own_lead = l.id)
join visitor v on v.dataset_id = s.dataset_id and v.visitor = s.visitor
where l.email is null and l.user_id is null and coalesce(s.own_lead, s.lead_id) = l.id
  and (exists (select from lead_tag k where k.dataset_id = l.dataset_id and k.lead_id = l.id)
       or exists (select from note k where k.dataset_id = l.dataset_id and k.lead_id = l.id)
       or exists (select from lead_link k where k.dataset_id = l.dataset_id and k.lead_id = l.id)
       or exists (select from lead_merge k where k.dataset_id = l.dataset_id and k.lead_id = l.id)
       or exists (select from hiding k where k.dataset_id = l.dataset_id and k.lead_id = l.id)
       or exists (select from jsonb_object_keys(l.properties) k where not l.stamps ? k))
order by s.dataset_id, s.visitor, s.started_at;

-- name: rebuild_forget
-- exec
truncate session, session_hit, lead_hit, visitor, user_address, user_visitor;

-- name: rebuild_visitors
-- exec
insert into visitor (dataset_id, visitor, lead_id, first_at, last_at)
select dataset_id, visitor, lead_id, first_at, last_at from rebuild_visitor;

-- name: rebuild_leads_drop
-- exec
delete from lead l
where l.email is null and l.user_id is null
  and not exists (select from rebuild_visitor k where k.dataset_id = l.dataset_id and k.lead_id = l.id);

--- As if they had never been seen; what a hand wrote (without a stamp) stays.
-- name: rebuild_leads_reset
-- exec
update lead l
set first_at = to_timestamp(0), last_at = to_timestamp(0), last_session_at = '-infinity', visitors = 0,
    sessions = 0, pageviews = 0, forms = 0, events = 0, first_channel = null, first_source = null,
    first_medium = null, first_campaign = null, first_term = null, first_content = null, first_referrer = null,
    first_landing = null, last_channel = null, last_source = null, last_medium = null, last_campaign = null,
    last_term = null, last_content = null, last_referrer = null, last_landing = null, country = null,
    region = null, city = null, network_at = null, network_domain = null, network_name = null,
    account_id = case when l.linked then l.account_id end, own_account = null,
    first_name = case when not l.stamps ? 'firstName' then l.first_name end,
    last_name = case when not l.stamps ? 'lastName' then l.last_name end,
    phone = case when not l.stamps ? 'phone' then l.phone end,
    company = case when not l.stamps ? 'company' then l.company end,
    job_title = case when not l.stamps ? 'jobTitle' then l.job_title end,
    properties = l.properties - array(select jsonb_object_keys(l.stamps)), stamps = '{}'
where l.sessions > 0 or l.merged_into is not null;

-- name: rebuild_accounts_reset
-- exec
update account a
set name = case when a.name_at < 'infinity' and a.merged_into is null then coalesce(a.domain, a.name) else a.name end,
    name_at = case when a.name_at < 'infinity' then '-infinity' else a.name_at end,
    leads = coalesce(c.leads, 0), contacts = coalesce(c.contacts, 0), visitors = 0, sessions = 0, pageviews = 0,
    events = 0, score = 0, first_at = null, last_at = null
from account b
left join (select dataset_id, account_id, count(*) as leads, count(email) as contacts from lead
           where account_id is not null group by 1, 2) c on c.dataset_id = b.dataset_id and c.account_id = b.id
where a.dataset_id = b.dataset_id and a.id = b.id;

-- name: rebuild_begin
-- params: before text
-- exec
update log_cursor
set rebuild_xid = xid, rebuild_id = id, rebuild_before = $1, rebuild_after = null, xid = '0', id = 0, floor_id = 0
where consumer = 'derive';

-- name: rebuild_checksum
-- one: checksum text
select derived_checksum();

--- ---- when the log has been read again ----

--- Leads that nothing tells of any more, and that nothing of the team's hangs on.
-- name: rebuild_leads_lost
-- exec
delete from lead l using rebuild_lead k
where l.dataset_id = k.dataset_id and l.id = k.lead_id and l.sessions = 0 and l.merged_into is null
  and not exists (select from lead_tag t where t.dataset_id = l.dataset_id and t.lead_id = l.id)
  and not exists (select from note n where n.dataset_id = l.dataset_id and n.lead_id = l.id)
  and not exists (select from lead_link n where n.dataset_id = l.dataset_id and n.lead_id = l.id)
  and not exists (select from card c where c.dataset_id = l.dataset_id and c.lead_id = l.id)
  and not exists (select from card_away c where c.dataset_id = l.dataset_id and c.lead_id = l.id)
  and not exists (select from card_exclusion x where x.dataset_id = l.dataset_id and x.lead_id = l.id)
  and not exists (select from hiding h where h.dataset_id = l.dataset_id and h.lead_id = l.id)
  and not exists (select from lead_merge m where m.dataset_id = l.dataset_id and (m.lead_id = l.id or m.into_id = l.id));

-- name: rebuild_accounts_lost
-- exec
delete from account a using rebuild_account k
where a.dataset_id = k.dataset_id and a.id = k.account_id and a.leads = 0 and a.merged_into is null
  and not exists (select from card c where c.dataset_id = a.dataset_id and c.account_id = a.id)
  and not exists (select from card_away c where c.dataset_id = a.dataset_id and c.account_id = a.id)
  and not exists (select from card_exclusion x where x.dataset_id = a.dataset_id and x.account_id = a.id)
  and not exists (select from note n where n.dataset_id = a.dataset_id and n.account_id = a.id)
  and not exists (select from account_tag t where t.dataset_id = a.dataset_id and t.account_id = a.id)
  and not exists (select from lead l where l.dataset_id = a.dataset_id and l.account_id = a.id)
  and not exists (select from lead_link k where k.dataset_id = a.dataset_id and k.account_id = a.id)
  and not exists (select from account_merge m
                  where m.dataset_id = a.dataset_id and (m.account_id = a.id or m.into_id = a.id))
  and not exists (select from hiding h where h.dataset_id = a.dataset_id and h.account_id = a.id)
  and not exists (select from account_fact f
                  where f.dataset_id = a.dataset_id and f.account_id = a.id and f.source = 'hand');

-- name: rebuild_boards
-- many: dataset bigint, board bigint
select dataset_id, id from board where deleted_at is null and setup_step = 0 order by 1, 2;

-- name: rebuild_end
-- exec
with leads as (delete from rebuild_lead), accounts as (delete from rebuild_account),
     visitors as (delete from rebuild_visitor)
update log_cursor
set rebuild_xid = null, rebuild_id = null, rebuild_after = derived_checksum(), rebuilt_at = now()
where consumer = 'derive';

-- name: rebuild_state
-- one: under_way boolean, done bigint, total bigint, before text?, after text?
select c.rebuild_xid is not null, (select count(*) from event where (xid, id) <= (c.xid, c.id) and id > c.floor_id),
       (select count(*) from event where (xid, id) <= (coalesce(c.rebuild_xid, c.xid), coalesce(c.rebuild_id, c.id))),
       c.rebuild_before, c.rebuild_after
from log_cursor c where c.consumer = 'derive';
