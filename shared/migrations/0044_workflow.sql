-- The pages of automations. guide: what the workflow guide made it for (shared/workflow.h: 'tag:12', 'move:34'), so
-- that the guide finds it again, whatever it is called since; null: made by hand.
alter table automation add guide text check (length(guide) between 1 and 60);
create unique index automation_guide on automation (dataset_id, guide) where guide is not null and deleted_at is null;

-- Automations that are on and could not be applied, for the navigation; the session is looked up before its scope is
-- set.
create function automations_troubled(p_dataset bigint) returns bigint
language plpgsql stable security definer set search_path = public
set plan_cache_mode = force_generic_plan as $$
begin
    return (select count(*) from automation
            where dataset_id = p_dataset and problem is not null and enabled and deleted_at is null);
end $$;
revoke execute on function automations_troubled(bigint) from public;
grant execute on function automations_troubled(bigint) to leadboard_web;

-- How much waits for one that is tried again later.
grant select on automation_pending to leadboard_web;
