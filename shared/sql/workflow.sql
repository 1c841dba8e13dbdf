--- What the pages of automations show beside the automations themselves (automation.sql), and what the workflow
--- guide finds again (shared/workflow.h).

--- How much waits for each automation, of the first 20,000 that wait.
-- name: automation_waiting
-- params: dataset bigint, automations bigint[]
-- many: automation bigint, n bigint
with first as (select automation_id from automation_pending where dataset_id = $1 order by id limit 20000)
select a.id, (select count(*) from first where automation_id = a.id) from unnest($2::bigint[]) a (id);

--- Integrations that are told by themselves when a card enters the stage.
-- name: stage_integrations
-- params: dataset bigint, stage bigint
-- many: id bigint, kind smallint, name text
select id, kind, name from integration
where dataset_id = $1 and deleted_at is null and enabled
  and 'account.entered_stage' = any (events) and (stage_ids = '{}' or $2 = any (stage_ids))
order by lower(name), id limit 50;

--- The company or person whose runs are listed. account, lead: one of them, the other 0.
-- name: automation_run_whose
-- params: dataset bigint, account bigint, lead bigint
-- one: title text?
select name from account where dataset_id = $1 and id = $2
union all
select coalesce(email, nullif(concat_ws(' ', first_name, last_name), '')) from lead
where dataset_id = $1 and id = $3 and $2 = 0;

--- ---- the guide (shared/workflow.h) ----

--- Boards that the user may see and that are set up; guided: the guide has made automations for it.
-- name: workflow_boards
-- params: dataset bigint, user bigint
-- many: id bigint, name text, guided boolean
select b.id, b.name,
       exists (select from stage s join automation a on a.dataset_id = $1 and a.deleted_at is null
                                                    and a.guide in ('tag:' || s.id, 'move:' || s.id)
               where s.dataset_id = $1 and s.board_id = b.id)
from board b
where b.dataset_id = $1 and b.deleted_at is null and b.setup_step = 0 and (b.visibility = 2 or b.user_id = $2)
order by lower(b.name), b.id limit 200;

--- What the guide made for a board, in the order of its stages, what tags before what moves.
-- name: workflow_automations
-- params: dataset bigint, board bigint
-- many: id bigint, stage bigint, moves boolean, name text, description text, enabled boolean, once boolean,
--   cooldown_s integer, version integer, trigger jsonb, actions jsonb
select a.id, s.id as stage, a.guide like 'move:%' as moves, a.name, a.description, a.enabled, a.once, a.cooldown_s,
       a.version, v.trigger, v.actions
from stage s
join automation a on a.dataset_id = $1 and a.deleted_at is null and a.guide in ('tag:' || s.id, 'move:' || s.id)
join automation_version v on v.dataset_id = $1 and v.automation_id = a.id and v.version = a.version
where s.dataset_id = $1 and s.board_id = $2
order by s.position, moves;

-- name: workflow_mark
-- params: dataset bigint, automation bigint, guide text
-- exec
update automation set guide = $3 where dataset_id = $1 and id = $2;

--- What is seen on the site: the latest events by page, form and name, the most frequent first. kind: 0 a page, 1 a
--- form, 2 another event, 3 a link that was followed (as enum workflow_sign_kind).
-- name: workflow_seen
-- params: dataset bigint, most integer, each integer
-- many: kind integer, value text, n bigint
with latest as materialized (
    select type, name, url, properties ->> 'link' as link from event
    where dataset_id = $1 and at > now() - interval '60 days' order by at desc limit $2
), seen as (
    select case type when 1 then 0 when 4 then 0 when 5 then 1 when 7 then 2 else 3 end as kind,
           case when type in (1, 4) then substring(url from '^[a-z]+://[^/?#]+([^?#]*)') when type = 2 then link else name end as value
    from latest where type in (1, 2, 4, 5, 7)
), counted as (
    select kind, value, count(*) as n, row_number() over (partition by kind order by count(*) desc, value) as nr
    from seen where value <> '' and length(value) <= 190 group by kind, value
)
select kind, value, n from counted where nr <= $3 order by kind, nr;

--- ---- the editor ----

--- What triggers and actions can name: what this user may see. part_of: the board of a stage, the kind of an
--- integration.
-- name: automation_choices
-- params: dataset bigint, user bigint
-- many: kind text, heading text, id bigint, part_of bigint, name text
select kind, heading, id, part_of, name from (
    select 'board' as kind, '' as heading, b.id, 0::bigint as part_of, b.name, lower(b.name) as a, 0 as n
    from board b
    where b.dataset_id = $1 and b.deleted_at is null and b.setup_step = 0 and (b.visibility = 2 or b.user_id = $2)
    union all
    select 'stage', b.name, s.id, b.id, s.name, lower(b.name) || b.id, s.position
    from stage s join board b on b.dataset_id = $1 and b.id = s.board_id
    where s.dataset_id = $1 and b.deleted_at is null and b.setup_step = 0 and (b.visibility = 2 or b.user_id = $2)
    union all
    select 'user', '', u.id, 0, u.name, lower(u.name), 0
    from dataset d join membership m on m.workspace_id = d.workspace_id
    join app_user u on u.id = m.user_id and u.disabled_at is null
    where d.id = $1 and (m.role >= 3 or exists (select from dataset_access a
                                                where a.user_id = u.id and a.dataset_id = $1))
    union all
    select 'segment', case g.subject when 1 then 'Companies' else 'People' end, g.id, g.subject, g.name,
           g.subject || lower(g.name), 0
    from segment g where g.dataset_id = $1 and g.automation_id is null and (g.shared or g.user_id = $2)
    union all
    select 'tag', '', t.id, 0, t.name, t.name_lower, 0 from tag t where t.dataset_id = $1
    union all
    select 'integration', '', i.id, i.kind, i.name || case when i.enabled then '' else ' (off)' end, lower(i.name), 0
    from integration i where i.dataset_id = $1 and i.deleted_at is null
) c
order by kind, a, n, id;

--- Keys of properties there are, to choose from.
-- name: automation_properties
-- params: dataset bigint
-- many: person boolean, key text
select true, key from (select distinct jsonb_object_keys(properties) as key
                       from (select properties from lead where dataset_id = $1 and properties <> '{}'
                             order by last_at desc limit 500) l) k
union all
select false, key from (select distinct jsonb_object_keys(properties) as key
                        from (select properties from account where dataset_id = $1 and properties <> '{}' limit 500) a) k
order by 1, 2 limit 400;
