-- Finding cards among many: tags as ids beside their names, and what a search looks into.

alter table card add tag_ids bigint[] not null default '{}'; -- ascending; of the account and its leads

create or replace view card_of_account with (security_invoker = true) as
select a.dataset_id, a.id as account_id, a.name as title, a.domain, a.logo, a.contacts, a.visitors,
       a.score, a.last_at as last_activity_at, n.tags, n.tag_ids
from account a, lateral (
    select coalesce(jsonb_agg(jsonb_build_array(t.name, u.count) order by u.count desc, t.name), '[]') as tags,
           coalesce(array_agg(t.id order by t.id), '{}') as tag_ids
    from (select tag_id, count(*)
          from (select lt.tag_id
                from lead l join lead_tag lt on lt.dataset_id = l.dataset_id and lt.lead_id = l.id
                where l.dataset_id = a.dataset_id and l.account_id = a.id
                union all
                select tag_id from account_tag
                where dataset_id = a.dataset_id and account_id = a.id) each
          group by tag_id) u
    join tag t on t.dataset_id = a.dataset_id and t.id = u.tag_id) n;

create or replace view card_of_lead with (security_invoker = true) as
select l.dataset_id, l.id as lead_id,
       coalesce(l.email, nullif(concat_ws(' ', l.first_name, l.last_name), ''), 'Lead ' || l.id) as title,
       (l.email is not null)::integer as contacts, l.visitors, l.score, l.last_at as last_activity_at,
       n.tags, n.tag_ids
from lead l, lateral (
    select coalesce(jsonb_agg(jsonb_build_array(t.name, 1) order by t.name), '[]') as tags,
           coalesce(array_agg(t.id order by t.id), '{}') as tag_ids
    from lead_tag lt join tag t on t.dataset_id = lt.dataset_id and t.id = lt.tag_id
    where lt.dataset_id = l.dataset_id and lt.lead_id = l.id) n;

update card c set tag_ids = f.tag_ids
from card_of_account f
where f.dataset_id = c.dataset_id and f.account_id = c.account_id and c.tag_ids <> f.tag_ids;
update card c set tag_ids = f.tag_ids
from card_of_lead f
where f.dataset_id = c.dataset_id and f.lead_id = c.lead_id and c.tag_ids <> f.tag_ids;

-- What is searched for in cards: a table of its own, because card rows are written with every visit and
-- these never, and indexes for parts of words are dear to write. Whoever adds a card or changes its
-- title, domain or tags writes it too (shared/sql/cards.sql); a row may outlive its card, whose id is
-- never used again.
create table card_find (
    dataset_id bigint not null,
    card_id bigint not null,
    board_id bigint not null,
    text text not null, -- title and domain, lower case, a line each
    tag_ids bigint[] not null default '{}',
    created_at timestamptz not null default now(), -- of the card
    primary key (dataset_id, card_id)
);
insert into card_find
select dataset_id, id, board_id, title_lower || e'\n' || coalesce(domain, ''), tag_ids, created_at from card;

create extension if not exists btree_gin;
-- Written at once: a search must not read a list of what still has to be put in.
create index card_find_text on card_find using gin (dataset_id, board_id, text gin_trgm_ops)
    with (fastupdate = off);
create index card_find_tags on card_find using gin (dataset_id, board_id, tag_ids) with (fastupdate = off);
create index card_find_created on card_find (dataset_id, board_id, created_at);
create index card_owner on card (dataset_id, board_id, owner_id) where owner_id is not null;

alter table card_find enable row level security;
create policy web on card_find to leadboard_web using (dataset_id = scope_dataset());
create policy worker on card_find to leadboard_worker using (true);
create policy filter on card_find for select to leadboard_filter using (true);
grant select, insert, update, delete on card_find to leadboard_worker, leadboard_web;
grant select on card_find to leadboard_filter;
