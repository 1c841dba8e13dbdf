-- Boards. A card is one account (or one lead with only an email) on one board, never twice.

-- visibility: 1 only the owner, 2 everyone with access to the dataset.
-- setup_step: the wizard's next step, 2 stages, 3 import; 0 when the board is ready.
create table board (
    dataset_id bigint not null,
    id bigint generated always as identity,
    name text not null check (length(name) between 1 and 200),
    user_id bigint not null,
    visibility smallint not null default 2 check (visibility in (1, 2)),
    segment_id bigint, -- accounts of this segment come in by themselves
    fixed_flow boolean not null default true,
    setup_step smallint not null default 2 check (setup_step in (0, 2, 3)),
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (dataset_id, id),
    foreign key (dataset_id, segment_id) references segment
);

-- sort: 0 by hand, 1 last activity, 2 last modified, 3 leadscore; the same for everyone on the board.
create table stage (
    dataset_id bigint not null,
    id bigint generated always as identity,
    board_id bigint not null,
    position integer not null,
    name text not null check (length(name) between 1 and 100),
    entry boolean not null default false,
    final boolean not null default false,
    sort smallint not null default 0 check (sort between 0 and 3),
    sort_ascending boolean not null default false,
    cards integer not null default 0, -- kept by whoever adds, moves or removes one
    primary key (dataset_id, id),
    unique (dataset_id, board_id, position) deferrable initially deferred,
    foreign key (dataset_id, board_id) references board
);
create unique index stage_entry on stage (dataset_id, board_id) where entry;

-- title, domain, logo, contacts, visitors, score, tags and last_activity_at repeat what the account
-- knows, so that a board is one index range; the consumer and the refresh job keep them.
create table card (
    dataset_id bigint not null,
    id bigint generated always as identity,
    board_id bigint not null,
    stage_id bigint not null,
    rank numeric not null, -- place in the stage, ascending
    account_id bigint,
    lead_id bigint,
    version integer not null default 1, -- of what a person can change: stage, place, owner
    owner_id bigint, -- app_user
    title text not null,
    title_lower text not null generated always as (lower(title)) stored,
    domain text,
    logo text,
    contacts integer not null default 0,
    visitors integer not null default 0,
    score smallint not null default 0,
    tags jsonb not null default '[]', -- [["Interest", 2], ...], most frequent first
    last_activity_at timestamptz, -- of its leads
    modified_at timestamptz not null default now(), -- by a person or an automation
    stage_at timestamptz not null default now(), -- since when in this stage
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    check (num_nonnulls(account_id, lead_id) = 1),
    foreign key (dataset_id, board_id) references board,
    foreign key (dataset_id, stage_id) references stage
);
create unique index card_account on card (dataset_id, board_id, account_id) where account_id is not null;
create unique index card_lead on card (dataset_id, board_id, lead_id) where lead_id is not null;
create index card_by_account on card (dataset_id, account_id) where account_id is not null;
create index card_by_lead on card (dataset_id, lead_id) where lead_id is not null;
create index card_rank on card (dataset_id, stage_id, rank, id);
-- Never active counts as longest ago.
create index card_activity on card (dataset_id, stage_id, coalesce(last_activity_at, '-infinity'), id);
create index card_modified on card (dataset_id, stage_id, modified_at, id);
create index card_score on card (dataset_id, stage_id, score, id);

-- Everything that happened to a card, and why (shared/cards.h names the kinds).
create table card_ledger (
    dataset_id bigint not null,
    card_id bigint not null,
    at timestamptz not null default now(),
    id bigint generated always as identity,
    board_id bigint not null,
    kind smallint not null,
    from_stage bigint,
    to_stage bigint,
    actor_kind smallint not null,
    actor_id bigint, -- app_user for a person, segment for an import or refresh, rule for an automation
    detail jsonb, -- what else there is to say, by kind
    primary key (dataset_id, card_id, at, id)
);
create index card_ledger_board on card_ledger (dataset_id, board_id, at);

create table card_exclusion (
    dataset_id bigint not null,
    board_id bigint not null,
    account_id bigint not null,
    user_id bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, board_id, account_id)
);

-- What open pages have not seen yet: written with every visible change of a card, read by
-- transaction id (like the event log), thrown away after an hour. card_id null: reload the board.
create table card_change (
    dataset_id bigint not null,
    board_id bigint not null,
    xid xid8 not null default pg_current_xact_id(),
    id bigint generated always as identity,
    card_id bigint,
    at timestamptz not null default now(),
    primary key (dataset_id, board_id, xid, id)
);
create index card_change_log on card_change (xid, id); -- the publisher's order, across datasets

create table note (
    dataset_id bigint not null,
    id bigint generated always as identity,
    account_id bigint,
    lead_id bigint,
    user_id bigint not null,
    body text not null check (length(body) between 1 and 20000), -- Markdown
    pinned boolean not null default false,
    created_at timestamptz not null default now(),
    edited_at timestamptz,
    deleted_at timestamptz,
    primary key (dataset_id, id),
    check (num_nonnulls(account_id, lead_id) = 1)
);
create index note_account on note (dataset_id, account_id, created_at desc) where account_id is not null;
create index note_lead on note (dataset_id, lead_id, created_at desc) where lead_id is not null;

-- What the card of an account, or of a lead with only an email, repeats. Tags count the leads that have
-- them; one on the account itself counts once more.
create view card_of_account with (security_invoker = true) as
select a.dataset_id, a.id as account_id, a.name as title, a.domain, a.logo, a.contacts, a.visitors,
       a.score, a.last_at as last_activity_at,
       (select coalesce(jsonb_agg(jsonb_build_array(n.name, n.count) order by n.count desc, n.name), '[]')
        from (select t.name, count(*)
              from (select lt.tag_id
                    from lead l join lead_tag lt on lt.dataset_id = l.dataset_id and lt.lead_id = l.id
                    where l.dataset_id = a.dataset_id and l.account_id = a.id
                    union all
                    select tag_id from account_tag
                    where dataset_id = a.dataset_id and account_id = a.id) u
              join tag t on t.dataset_id = a.dataset_id and t.id = u.tag_id
              group by t.name) n) as tags
from account a;

create view card_of_lead with (security_invoker = true) as
select l.dataset_id, l.id as lead_id,
       coalesce(l.email, nullif(concat_ws(' ', l.first_name, l.last_name), ''), 'Lead ' || l.id) as title,
       (l.email is not null)::integer as contacts, l.visitors, l.score, l.last_at as last_activity_at,
       (select coalesce(jsonb_agg(jsonb_build_array(t.name, 1) order by t.name), '[]')
        from lead_tag lt join tag t on t.dataset_id = lt.dataset_id and t.id = lt.tag_id
        where lt.dataset_id = l.dataset_id and lt.lead_id = l.id) as tags
from lead l;

grant select on card_of_account, card_of_lead to leadboard_web, leadboard_worker;
