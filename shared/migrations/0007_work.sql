-- Working on a board: what was done and can be undone, limits of stages, saved views, notes' history.

-- One thing that a person (or an automation) did, to one card or to many: what undo undoes. card_ledger
-- has what it did to each card; detail has what else its undo needs (shared/operation.h).
create table operation (
    dataset_id bigint not null,
    id bigint generated always as identity,
    kind smallint not null, -- enum operation_kind
    board_id bigint, -- null: not about one board
    user_id bigint, -- null: an automation
    subject text, -- whom it is about, when that is one: "Harbor College"
    n integer not null default 0, -- how many it changed
    detail jsonb not null default '{}',
    progress_id bigint, -- of the job that does it, when it is large
    undoes bigint, -- operation that this one undid
    at timestamptz not null default now(),
    undone_at timestamptz,
    undone_by bigint, -- operation that undid this one
    primary key (dataset_id, id)
);
create index operation_user on operation (dataset_id, user_id, id desc);
create index operation_board on operation (dataset_id, board_id, id desc);

alter table card_ledger add operation_id bigint;
create index card_ledger_operation on card_ledger (dataset_id, operation_id)
    where operation_id is not null;
alter table lead_tag add operation_id bigint;
alter table account_tag add operation_id bigint;

-- Who put the card into its stage: actor_kind and actor_id of the ledger row that did, so that every card
-- can say why it is where it is without a look into the ledger.
alter table card add stage_by_kind smallint not null default 5, add stage_by bigint;
update card c set stage_by_kind = l.actor_kind, stage_by = l.actor_id
from (select distinct on (dataset_id, card_id) dataset_id, card_id, actor_kind, actor_id from card_ledger
      where kind = 1 or kind = 2 and from_stage is distinct from to_stage
      order by dataset_id, card_id, at desc, id desc) l
where c.dataset_id = l.dataset_id and c.id = l.card_id;

alter table stage add wip_limit integer check (wip_limit between 1 and 100000), -- cards; null: none
                  add age_limit_days integer check (age_limit_days between 1 and 3650);

-- A card of a lead can be excluded too.
alter table card_exclusion drop constraint card_exclusion_pkey,
    alter account_id drop not null,
    add lead_id bigint,
    add id bigint generated always as identity,
    add operation_id bigint,
    add primary key (dataset_id, id),
    add check (num_nonnulls(account_id, lead_id) = 1);
create unique index card_exclusion_account on card_exclusion (dataset_id, board_id, account_id)
    where account_id is not null;
create unique index card_exclusion_lead on card_exclusion (dataset_id, board_id, lead_id)
    where lead_id is not null;

-- A way to look at a board, by name: filters, order, lanes, as the board's address has them.
create table board_view (
    dataset_id bigint not null,
    id bigint generated always as identity,
    board_id bigint not null,
    user_id bigint not null,
    name text not null check (length(name) between 1 and 100),
    shared boolean not null default false,
    query text not null check (length(query) <= 4000),
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    foreign key (dataset_id, board_id) references board
);
create index board_view_board on board_view (dataset_id, board_id);

-- How somebody left a board: the same query, and the stages folded away.
create table board_person (
    dataset_id bigint not null,
    board_id bigint not null,
    user_id bigint not null,
    query text not null default '' check (length(query) <= 4000),
    folded bigint[] not null default '{}',
    primary key (dataset_id, board_id, user_id),
    foreign key (dataset_id, board_id) references board
);

-- What a note said before it was edited.
create table note_version (
    dataset_id bigint not null,
    note_id bigint not null,
    id bigint generated always as identity,
    body text not null,
    user_id bigint not null, -- who wrote this version
    at timestamptz not null, -- when
    primary key (dataset_id, note_id, id),
    foreign key (dataset_id, note_id) references note
);
create table note_mention (
    dataset_id bigint not null,
    note_id bigint not null,
    user_id bigint not null, -- who is mentioned
    at timestamptz not null default now(),
    seen_at timestamptz,
    primary key (dataset_id, note_id, user_id),
    foreign key (dataset_id, note_id) references note
);
create index note_mention_unseen on note_mention (dataset_id, user_id) where seen_at is null;

do $$
declare
    name text;
begin
    foreach name in array array['operation', 'board_view', 'board_person', 'note_version',
                                'note_mention'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker, leadboard_web',
                       name);
    end loop;
end $$;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;
