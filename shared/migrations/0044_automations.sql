-- What the engine of the automations needs besides 0024 (worker/automate.h).

-- What may fire an automation and was not decided yet. cause: enum automation_cause; cause_id: the event, the row of
-- card_ledger or of segment_change, or (tags) this row. Of an event the visitor is known: whose it is is looked
-- up when it is decided; else the subject: account, or -lead. bits: what the event decided of the filter; of a
-- tag its id. depth: how many automations led to it. due_at: where it failed, when it is tried again.
drop table automation_pending;
create table automation_pending (
    dataset_id bigint not null,
    id bigint generated always as identity,
    automation_id bigint not null,
    version integer not null,
    cause smallint not null check (cause between 1 and 4),
    cause_id bigint not null,
    cause_at timestamptz not null,
    visitor uuid,
    subject bigint,
    card_id bigint,
    bits bigint not null default 0,
    depth smallint not null default 0,
    tries smallint not null default 0,
    at timestamptz not null default now(),
    due_at timestamptz,
    primary key (dataset_id, id),
    check (num_nonnulls(visitor, subject) = 1)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index automation_pending_due on automation_pending (dataset_id, due_at) where due_at is not null;
create index automation_run_subject on automation_run (dataset_id, subject, id desc);
create index automation_pending_automation on automation_pending (dataset_id, automation_id, id);

-- Properties that automations set, and what they were, so that it can be undone.
create table automation_property (
    dataset_id bigint not null,
    operation_id bigint not null,
    id bigint generated always as identity,
    account_id bigint,
    lead_id bigint,
    key text not null,
    fact boolean not null default false, -- a field of the company (shared/facts.h)
    was text, -- null: it was not set
    stamp bigint, -- of a lead's property: when it was told
    value text not null,
    primary key (dataset_id, operation_id, id),
    check (num_nonnulls(account_id, lead_id) = 1)
);

do $$
declare
    name text;
begin
    foreach name in array array['automation_pending', 'automation_property'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())', name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
end $$;
grant insert on automation_pending to leadboard_web; -- tags that people put on
grant select, delete on automation_property to leadboard_web; -- undoing
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;

-- What an automation says of a company counts less than a person's word and more than anything that was found.
do $$
begin
    execute replace(pg_get_functiondef('fact_rank(bigint, text)'::regprocedure),
                    'when ''hand'' then 1', 'when ''hand'' then 1 when ''automation'' then 2');
end $$;
