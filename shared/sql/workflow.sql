--- What the pages of automations show beside the automations themselves (automation.sql), and what the workflow
--- guide finds again (shared/workflow.h).

--- How much waits for each automation, as far as it is counted: of one, or of those of the list.
-- name: automation_waiting
-- params: dataset bigint, automations bigint[]
-- many: automation bigint, n bigint
select a.id, (select count(*) from (select from automation_pending p
                                     where p.dataset_id = $1 and p.automation_id = a.id limit 1000) few)
from unnest($2::bigint[]) a (id);

--- What automations are called, those that are deleted too.
-- name: automation_titles
-- params: dataset bigint, automations bigint[]
-- many: id bigint, name text, deleted boolean
select id, name, deleted_at is not null from automation where dataset_id = $1 and id = any ($2);

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
