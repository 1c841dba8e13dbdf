-- Segments of companies or of people, with members that are kept, and a ledger of who came and went
-- (shared/segment.h).

-- subject: 1 accounts, 2 leads (as in the filter). on_what: FILTER_ON_* of the filter. version: of the filter;
-- filled: the version by which all members were looked through last. depth: how many segments stand below it,
-- one on the other. members: how many, kept by whoever changes them.
alter table segment
    add subject smallint not null default 1 check (subject in (1, 2)),
    add on_what integer not null default 2047, -- all
    add version integer not null default 1,
    add filled integer not null default 0,
    add depth smallint not null default 0 check (depth between 0 and 5),
    add members bigint not null default 0,
    add problem text, -- why its members cannot be told, in the user's words
    add checked_at timestamptz; -- when all members were looked through last

-- member_id: an account or a lead, as the segment's subject says. Without foreign key, which would ask for each
-- of a hundred thousand: those of a segment that is gone are thrown away by its job.
create table segment_member (
    dataset_id bigint not null,
    segment_id bigint not null,
    member_id bigint not null,
    entered_at timestamptz not null default now(),
    primary key (dataset_id, segment_id, member_id)
);
create index segment_member_entered on segment_member (dataset_id, segment_id, entered_at, member_id);

-- Who entered and who left, in the order in which it was noticed; read on by transaction id, like the event
-- log. cause: 1 something changed, 2 time passed, 3 the segment was made or edited (what was true before is
-- told then, and no news).
create table segment_change (
    dataset_id bigint not null,
    segment_id bigint not null,
    id bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    member_id bigint not null,
    entered boolean not null, -- false: left
    cause smallint not null check (cause in (1, 2, 3)),
    at timestamptz not null default now(),
    primary key (dataset_id, segment_id, id)
);
create index segment_change_log on segment_change (xid, id);

-- What changed and has not been asked about yet: written with the change, deleted with what follows from it
-- for members. on_what: FILTER_ON_* of shared/filter.h.
create table segment_touch (
    dataset_id bigint not null,
    id bigint generated always as identity,
    on_what integer not null,
    accounts bigint[] not null default '{}',
    leads bigint[] not null default '{}',
    cards bigint[] not null default '{}', -- what they stand, or stood, for
    at timestamptz not null default now(),
    primary key (dataset_id, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index segment_touch_id on segment_touch (id); -- the oldest first, across datasets

-- Up to when it was looked what time alone changes.
create table segment_sweep (
    dataset_id bigint primary key,
    swept_at timestamptz not null
);

do $$
declare
    name text;
begin
    foreach name in array array['segment_member', 'segment_change', 'segment_touch', 'segment_sweep'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
    foreach name in array array['event', 'segment', 'segment_member', 'card_ledger'] loop
        execute format('create policy filter on %I for select to leadboard_filter using (true)', name);
        execute format('grant select on %I to leadboard_filter', name);
    end loop;
end $$;
grant select on segment_member, segment_change to leadboard_web;
grant insert on segment_touch to leadboard_web;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;

-- What every dataset starts with. Filled: there is nobody yet.
create function segments_make(p_dataset bigint, p_filled integer) returns void
language sql security definer set search_path = public as $$
    insert into segment (dataset_id, name, subject, filter, on_what, filled, checked_at)
    select p_dataset, s.name, s.subject, s.filter::jsonb, s.on_what, p_filled,
           case when p_filled > 0 then now() end
    from (values
        ('All companies', 1, 1024, '{"version": 2, "subject": "accounts", "match": "all", "conditions": []}'),
        ('Top leads', 2, 1300, '{"version": 2, "subject": "leads", "match": "all", "conditions": [
            {"field": "score", "op": "greater", "values": ["50"]},
            {"field": "last_seen", "op": "after", "values": ["30d"]}]}'),
        ('Target audience', 1, 1025, '{"version": 2, "subject": "accounts", "match": "all", "conditions": [
            {"field": "industry", "op": "known", "values": []},
            {"field": "employees", "op": "between", "values": ["10", "5000"]}]}')
    ) s (name, subject, on_what, filter)
    where not exists (select from segment g where g.dataset_id = p_dataset and g.name = s.name)
$$;
revoke execute on function segments_make(bigint, integer) from public;
select segments_make(id, 0) from dataset where deleted_at is null order by id;

create or replace function dataset_make(p_workspace bigint, p_name text, p_public_id text) returns bigint
language plpgsql security definer set search_path = public as $$
declare
    made bigint;
begin
    if scope_workspace() is distinct from p_workspace then
        raise exception 'workspace % is not in use', p_workspace using errcode = '42501';
    end if;
    insert into dataset (workspace_id, name, public_id) values (p_workspace, p_name, p_public_id)
    returning id into made;
    perform segments_make(made, 1);
    insert into tag (dataset_id, name)
    select made, unnest(array['Competitor', 'Customer', 'Key account', 'Partner']);
    return made;
end $$;
