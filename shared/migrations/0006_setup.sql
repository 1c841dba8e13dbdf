-- Making workspaces and datasets: complete from the first moment, with what every dataset starts with.
-- They run as the owner, because the rows they make are not in any scope yet.

-- The web role may make datasets only in the workspace in use.
create function dataset_make(p_workspace bigint, p_name text, p_public_id text) returns bigint
language plpgsql security definer set search_path = public as $$
declare
    made bigint;
begin
    if scope_workspace() is distinct from p_workspace then
        raise exception 'workspace % is not in use', p_workspace using errcode = '42501';
    end if;
    insert into dataset (workspace_id, name, public_id) values (p_workspace, p_name, p_public_id)
    returning id into made;
    insert into segment (dataset_id, name, filter)
    values (made, 'All companies', '{"version": 1, "match": "all", "conditions": []}');
    insert into tag (dataset_id, name)
    select made, unnest(array['Competitor', 'Customer', 'Key account', 'Partner']);
    return made;
end $$;

-- With p_only_first no row comes back when there is a workspace already, however many ask at once.
create function workspace_make(in p_name text, in p_user_name text, in p_email text,
                               in p_password_hash text, in p_dataset_name text, in p_public_id text,
                               in p_only_first boolean, out workspace_id bigint, out user_id bigint,
                               out dataset_id bigint)
returns setof record language plpgsql security definer set search_path = public as $$
begin
    perform pg_advisory_xact_lock(hashtext('workspace_make'));
    if p_only_first and exists (select from workspace) then
        return;
    end if;
    insert into workspace (name) values (p_name) returning id into workspace_id;
    insert into app_user (email, name, password_hash) values (p_email, p_user_name, p_password_hash)
    returning id into user_id;
    insert into membership values (workspace_id, user_id, 4);
    perform set_config('leadboard.workspace', workspace_id::text, true);
    dataset_id := dataset_make(workspace_id, p_dataset_name, p_public_id);
    return next;
end $$;

revoke execute on function dataset_make, workspace_make from public;
grant execute on function dataset_make, workspace_make to leadboard_web;

-- For /metrics: numbers over everything, and nothing but numbers.
create function metrics_read(out jobs_ready bigint, out jobs_running bigint, out jobs_dead bigint,
                             out workers bigint, out log_lag_s bigint, out connections bigint,
                             out bytes bigint)
language sql stable security definer set search_path = public as $$
    select (select count(*) from job where state = 0), (select count(*) from job where state = 1),
           (select count(*) from job_dead),
           (select count(*) from worker where beat_at > now() - interval '1 minute'),
           (select coalesce(extract(epoch from now() - max(updated_at)), 0)::bigint from log_cursor),
           (select count(*) from pg_stat_activity where datname = current_database()),
           pg_database_size(current_database())
$$;
