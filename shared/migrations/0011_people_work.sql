-- Companies and people put right by hand (shared/people.h). lead_link, lead_merge, account_merge and hiding
-- are the team's word: inputs beside the event log, which deriving anew leaves as they are. The new columns
-- of lead, account, session and visitor are what follows from them.

-- The company of a lead, whatever events say. account_id null: none.
create table lead_link (
    dataset_id bigint not null,
    lead_id bigint not null,
    account_id bigint,
    user_id bigint,
    operation_id bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, lead_id),
    foreign key (dataset_id, lead_id) references lead on delete cascade
);
create index lead_link_account on lead_link (dataset_id, account_id);

-- One person, one company: the first one is shown as part of the other. It keeps its row, so that what the
-- log says about it (its address, its domain) is still known to be about it.
create table lead_merge (
    dataset_id bigint not null,
    lead_id bigint not null,
    into_id bigint not null,
    user_id bigint,
    operation_id bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, lead_id),
    foreign key (dataset_id, lead_id) references lead on delete cascade,
    foreign key (dataset_id, into_id) references lead on delete cascade
);
create index lead_merge_into on lead_merge (dataset_id, into_id);
create table account_merge (
    dataset_id bigint not null,
    account_id bigint not null,
    into_id bigint not null,
    user_id bigint,
    operation_id bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, account_id),
    foreign key (dataset_id, account_id) references account on delete cascade,
    foreign key (dataset_id, into_id) references account on delete cascade
);
create index account_merge_into on account_merge (dataset_id, into_id);

-- Who is not shown: one lead, one company, or everything from a company, by domain or by name.
create table hiding (
    dataset_id bigint not null,
    id bigint generated always as identity,
    account_id bigint,
    lead_id bigint,
    domain text check (domain = lower(domain)),
    name text check (length(name) between 1 and 200),
    name_lower text generated always as (lower(name)) stored,
    label text not null, -- what the page of hidden things calls it
    user_id bigint,
    operation_id bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, id),
    check (num_nonnulls(account_id, lead_id, domain, name) = 1),
    foreign key (dataset_id, account_id) references account on delete cascade,
    foreign key (dataset_id, lead_id) references lead on delete cascade
);
create unique index hiding_account on hiding (dataset_id, account_id) where account_id is not null;
create unique index hiding_lead on hiding (dataset_id, lead_id) where lead_id is not null;
create unique index hiding_domain on hiding (dataset_id, domain) where domain is not null;
create unique index hiding_name on hiding (dataset_id, name_lower) where name_lower is not null;

-- Cards that are off their boards because what they stand for is hidden, or was merged with what another
-- card there stands for. card: the row, to come back as it was.
create table card_away (
    dataset_id bigint not null,
    card_id bigint not null,
    board_id bigint not null,
    account_id bigint,
    lead_id bigint,
    hidden boolean not null, -- false: merged
    operation_id bigint,
    card jsonb not null,
    at timestamptz not null default now(),
    primary key (dataset_id, card_id)
);
create index card_away_account on card_away (dataset_id, account_id) where account_id is not null;
create index card_away_lead on card_away (dataset_id, lead_id) where lead_id is not null;
create index card_away_operation on card_away (dataset_id, operation_id) where operation_id is not null;

-- hidden: by a row of hiding, or because it was merged into another. merged_into: the one that is shown
-- instead, at the end of the chain. linked: there is a lead_link.
alter table account add merged_into bigint, add hidden boolean not null default false;
alter table lead add merged_into bigint, add hidden boolean not null default false,
                 add linked boolean not null default false,
                 add own_account bigint; -- the company it would be of if that had not been merged
create index account_merged on account (dataset_id, merged_into) where merged_into is not null;
create index lead_merged on lead (dataset_id, merged_into) where merged_into is not null;
create index lead_own_account on lead (dataset_id, own_account) where own_account is not null;

-- The lead that it is of as the log has it, where lead_id is the one that this was merged into.
alter table session add own_lead bigint;
alter table visitor add own_lead bigint;
create index session_own on session (dataset_id, own_lead) where own_lead is not null;
create index visitor_own on visitor (dataset_id, own_lead) where own_lead is not null;

do $$
declare
    name text;
begin
    foreach name in array array['lead_link', 'lead_merge', 'account_merge', 'hiding', 'card_away'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker, leadboard_web',
                       name);
    end loop;
end $$;
grant update on session, visitor to leadboard_web;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;

-- The log consumer waits until this transaction ends, and this one for the consumer's batch: what leads and
-- accounts count is never changed by both at once. Taken before any row.
create function log_hold() returns void
language plpgsql security definer set search_path = public as $$
begin
    perform from log_cursor where consumer = 'derive' for update;
end $$;
revoke execute on function log_hold() from public;
grant execute on function log_hold() to leadboard_web, leadboard_worker;
