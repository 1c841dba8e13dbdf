-- The filter role is for who takes it (set role), for the statements it is meant for. Whoever inherited
-- its rights would pass row security by its policies everywhere.

do $$
begin
    if current_setting('server_version_num')::int >= 160000 then
        execute 'grant leadboard_filter to leadboard_web, leadboard_worker with inherit false, set true';
    elsif exists (select from pg_roles where rolname in ('leadboard_web', 'leadboard_worker') and rolinherit) then
        alter role leadboard_web noinherit;
        alter role leadboard_worker noinherit;
    end if;
exception when internal_error then
    null; -- another database of this cluster was migrated at the same moment
end $$;

grant select on card_change to leadboard_filter;
create policy filter on card_change for select to leadboard_filter using (true);
