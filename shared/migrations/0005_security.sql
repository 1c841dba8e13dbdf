-- Row security and grants of the data tables: the web role sees the dataset in use, the worker and the
-- filter role see what their statements name (each names its dataset), the collector only adds events.

do $$
declare
    name text;
begin
    foreach name in array array[
        'event', 'event_refused', 'visitor', 'session', 'account', 'lead', 'account_fact',
        'account_icon', 'tag',
        'lead_tag', 'account_tag', 'segment', 'board', 'stage', 'card', 'card_ledger',
        'card_exclusion', 'card_change', 'note', 'progress', 'job', 'job_done',
        'job_dead'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
    foreach name in array array['visitor', 'session', 'account', 'lead', 'lead_tag', 'account_tag',
                                'tag', 'card', 'stage', 'board'] loop
        execute format('create policy filter on %I for select to leadboard_filter using (true)', name);
        execute format('grant select on %I to leadboard_filter', name);
    end loop;
end $$;

grant select on event, event_refused, visitor, session, account, account_icon, lead, user_agent
    to leadboard_web;
grant update on lead, account to leadboard_web;
grant insert on account, lead to leadboard_web;
grant select, insert, update, delete on account_fact, tag, lead_tag, account_tag, segment, board, stage,
    card, card_exclusion, note to leadboard_web;
grant select, insert on card_ledger, card_change to leadboard_web;
grant select, insert, update on progress to leadboard_web;

create policy collect on event for insert to leadboard_collect with check (true);
create policy collect on event_refused for insert to leadboard_collect with check (true);
grant insert on event, event_refused, user_agent to leadboard_collect;

create policy worker on workspace for select to leadboard_worker using (true);
create policy worker on dataset to leadboard_worker using (true);
create policy worker on app_user for select to leadboard_worker using (true);
create policy worker on membership for select to leadboard_worker using (true);
grant select on workspace, app_user, membership, user_agent to leadboard_worker;
grant select, update on dataset to leadboard_worker;
grant select, delete on login_session to leadboard_worker; -- those that have ended
grant select, insert, update on log_cursor to leadboard_worker;

grant usage on all sequences in schema public to leadboard_web, leadboard_worker;
grant usage on sequence event_id to leadboard_collect;
