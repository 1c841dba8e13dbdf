-- Automations (shared/automation.h): what is to be done when, by version; whom each ran for, and what it did.

-- source: where what fires it comes from (enum automation_source). enabled_at: what happened before does not
-- fire it. cooldown_s: for so long it does not run again for the same company or person. problem: why it
-- could not be applied, in the user's words; retry_at: what waits is tried again then.
create table automation (
    dataset_id bigint not null,
    id bigint generated always as identity,
    name text not null check (length(name) between 1 and 100),
    description text not null default '' check (length(description) <= 2000),
    enabled boolean not null default false,
    enabled_at timestamptz,
    user_id bigint not null, -- who made it
    source smallint not null check (source between 1 and 4),
    version integer not null default 1,
    cooldown_s integer not null default 60 check (cooldown_s between 0 and 7776000),
    once boolean not null default false,
    segment_ids bigint[] not null default '{}', -- source 4: entering one of them fires it
    problem text,
    problem_at timestamptz,
    failures integer not null default 0, -- in a row
    retry_at timestamptz,
    fired_at timestamptz,
    fired bigint not null default 0, -- how often it ran
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (dataset_id, id)
);
create index automation_on on automation (dataset_id, source) where enabled and deleted_at is null;

-- A version never changes, but that renamed tags are renamed in it.
create table automation_version (
    dataset_id bigint not null,
    automation_id bigint not null,
    version integer not null,
    at timestamptz not null default now(),
    user_id bigint not null,
    trigger jsonb not null,
    actions jsonb not null,
    primary key (dataset_id, automation_id, version),
    foreign key (dataset_id, automation_id) references automation
);

-- Counts the edits of a dataset's automations, so that who keeps them compiled knows when to read again.
create table automation_state (
    dataset_id bigint primary key,
    revision bigint not null default 1
);

-- What may fire an automation and was not decided yet. cause: 1 event (bits: what it decided of the filter), 2
-- tag (cause_id: the tag), 3 change of a card (its row of the ledger), 4 member of a segment (the row of
-- segment_change). subject: account, or -lead. depth: how many automations led to it.
create table automation_pending (
    dataset_id bigint not null,
    id bigint generated always as identity,
    automation_id bigint not null,
    version integer not null,
    subject bigint not null,
    cause smallint not null check (cause between 1 and 4),
    cause_id bigint not null,
    cause_at timestamptz not null,
    bits bigint not null default 0,
    depth smallint not null default 0,
    tries smallint not null default 0,
    at timestamptz not null default now(),
    primary key (dataset_id, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index automation_pending_id on automation_pending (id); -- the oldest first, across datasets
create index automation_pending_automation on automation_pending (dataset_id, automation_id, id);

-- What an automation did for one company or person because of one thing: the unique index makes that happen
-- once. state: enum automation_run_state. said: what each action did, in words. held: how often it would have
-- run again within the cool-down.
create table automation_run (
    dataset_id bigint not null,
    id bigint generated always as identity,
    automation_id bigint not null,
    version integer not null,
    at timestamptz not null default now(),
    subject bigint not null,
    account_id bigint,
    lead_id bigint,
    card_id bigint,
    cause smallint not null check (cause between 1 and 5), -- as of automation_pending; 5 enrolled
    cause_id bigint not null,
    cause_at timestamptz not null,
    why text not null default '',
    depth smallint not null default 0,
    state smallint not null check (state between 1 and 4),
    said jsonb not null default '[]',
    held integer not null default 0,
    operation_id bigint,
    primary key (dataset_id, id)
);
create unique index automation_run_cause on automation_run (dataset_id, automation_id, subject, cause, cause_id);
create index automation_run_automation on automation_run (dataset_id, automation_id, id desc);
create index automation_run_account on automation_run (dataset_id, account_id, id desc) where account_id is not null;
create index automation_run_lead on automation_run (dataset_id, lead_id, id desc) where lead_id is not null;
create index automation_run_operation on automation_run (dataset_id, operation_id) where operation_id is not null;
create index automation_run_old on automation_run (dataset_id, at);

-- Whom an automation ran for last: cool-down, and once.
create table automation_subject (
    dataset_id bigint not null,
    automation_id bigint not null,
    subject bigint not null,
    run_at timestamptz not null, -- of what caused it, as the cool-down counts
    run_id bigint not null,
    primary key (dataset_id, automation_id, subject)
) with (fillfactor = 85);

-- Owners in turn: who was given something last, and how often.
create table automation_turn (
    dataset_id bigint not null,
    automation_id bigint not null,
    user_id bigint not null,
    turn bigint not null,
    given bigint not null default 0,
    primary key (dataset_id, automation_id, user_id)
);

-- A segment that an automation keeps for itself: who enters it fires it. Nobody sees it.
alter table segment add automation_id bigint;

do $$
declare
    name text;
begin
    foreach name in array array['automation', 'automation_version', 'automation_state', 'automation_pending',
                                'automation_run', 'automation_subject', 'automation_turn'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())', name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
end $$;
grant select, insert, update on automation, automation_state to leadboard_web;
grant select, insert, update on automation_version to leadboard_web; -- update: tags that are renamed
grant select on automation_run, automation_subject, automation_turn to leadboard_web;
grant insert on automation_pending to leadboard_web;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;
