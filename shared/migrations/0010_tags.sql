-- Tags that come and go by operations; companies that are looked up before they become a card.

create index lead_tag_operation on lead_tag (dataset_id, operation_id, lead_id)
    where operation_id is not null;
create index account_tag_operation on account_tag (dataset_id, operation_id, account_id)
    where operation_id is not null;
-- Which leads and accounts have a tag: the tag page's counts, and what a new name concerns.
create index lead_tag_tag on lead_tag (dataset_id, tag_id);
create index account_tag_tag on account_tag (dataset_id, tag_id);

-- Tags as they were before an operation took them away, so that its undo can put them back.
create table tag_removed (
    dataset_id bigint not null,
    id bigint generated always as identity,
    operation_id bigint not null, -- that took it away
    account_id bigint,
    lead_id bigint,
    tag_id bigint not null,
    by_user bigint,
    by_rule bigint,
    at timestamptz not null, -- when it was put on
    put_operation_id bigint, -- operation that had put it on
    primary key (dataset_id, id),
    check (num_nonnulls(account_id, lead_id) = 1),
    foreign key (dataset_id, tag_id) references tag on delete cascade
);
create index tag_removed_account on tag_removed (dataset_id, operation_id, account_id)
    where account_id is not null;
create index tag_removed_lead on tag_removed (dataset_id, operation_id, lead_id) where lead_id is not null;
create index tag_removed_tag on tag_removed (dataset_id, tag_id);

-- A company or person that somebody wants on a board: what was typed, what the company's site says of it,
-- and the card it became. How far the reading is stands in `progress` (kind 6, subject the id).
create table lookup (
    dataset_id bigint not null,
    id bigint generated always as identity,
    board_id bigint not null,
    user_id bigint not null,
    domain text check (domain = lower(domain)), -- registrable; null: a person with an address of a free-mail service
    email text,
    progress_id bigint,
    found jsonb not null default '{}', -- {"name": "Harbor College", "description": ...}
    icon_type text,
    icon bytea check (length(icon) <= 65536),
    card_id bigint,
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    check (num_nonnulls(domain, email) > 0),
    foreign key (dataset_id, board_id) references board
);
create index lookup_created on lookup (dataset_id, created_at);

do $$
declare
    name text;
begin
    foreach name in array array['tag_removed', 'lookup'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker, leadboard_web',
                       name);
    end loop;
end $$;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;
