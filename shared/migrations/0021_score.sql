-- What a leadscore is made of, chosen by the team; pages that count; who is an ideal customer.

-- The versions of a dataset's formula: the highest is in force, none means the default
-- (shared/score.h). rules: shared/score_rule.h.
create table score_formula (
    dataset_id bigint not null,
    version integer not null check (version > 0),
    rules jsonb not null,
    user_id bigint,
    progress_id bigint, -- of the job that scores all leads by it
    created_at timestamptz not null default now(),
    primary key (dataset_id, version)
);

-- A formula that somebody tries before it is saved, and what the job found that it would change
-- (shared/score_preview.h).
create table score_draft (
    dataset_id bigint not null,
    id bigint generated always as identity,
    user_id bigint not null,
    rules jsonb not null,
    progress_id bigint,
    result jsonb,
    created_at timestamptz not null default now(),
    saved_version integer, -- what it became
    primary key (dataset_id, id)
);

-- The formula that the score of that day is by; null: not known (before this, or where the log
-- consumer wrote the row).
alter table score_history add version integer;

-- Pages that are counted for each lead: what rules of the formula, and conversion targets, ask for
-- (shared/target.h). counted_at null: sessions before it was made are still to be looked through.
create table page_pattern (
    dataset_id bigint not null,
    id bigint generated always as identity,
    patterns text[] not null check (cardinality(patterns) between 1 and 10), -- shared/url_pattern.h; one is enough
    counted_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    unique (dataset_id, patterns)
);
-- How often pages of a pattern were viewed in a session, and by a lead in all of its sessions. Written by the log
-- consumer in its transaction (worker/derive_target.c); no foreign keys, as it drops leads by the thousand.
create table session_hit (
    dataset_id bigint not null,
    visitor uuid not null,
    started_at timestamptz not null,
    pattern_id bigint not null,
    n integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (dataset_id, visitor, started_at, pattern_id)
);
create table lead_hit (
    dataset_id bigint not null,
    lead_id bigint not null,
    pattern_id bigint not null,
    n bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (dataset_id, lead_id, pattern_id)
);
create index lead_hit_pattern on lead_hit (dataset_id, pattern_id, lead_id);

create table conversion_target (
    dataset_id bigint not null,
    id bigint generated always as identity,
    name text not null check (length(name) between 1 and 60),
    name_lower text not null generated always as (lower(name)) stored,
    pages text[] not null, -- as somebody wrote them
    pattern_id bigint not null, -- what they are
    user_id bigint,
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    unique (dataset_id, name_lower),
    foreign key (dataset_id, pattern_id) references page_pattern
);

-- The versions of who is an ideal customer (shared/ideal.h): the highest is in force. filter: shared/filter.h.
create table ideal_profile (
    dataset_id bigint not null,
    version integer not null check (version > 0),
    filter jsonb not null,
    tag_id bigint, -- null: it was deleted, or the profile is off
    user_id bigint,
    progress_id bigint, -- of the job that looks at all companies
    created_at timestamptz not null default now(),
    primary key (dataset_id, version),
    foreign key (dataset_id, tag_id) references tag on delete set null (tag_id)
);
-- Companies that something else is known of now, to be looked at. No key but a number: rows must not wait for
-- each other.
create table ideal_due (
    dataset_id bigint not null,
    id bigint generated always as identity,
    account_id bigint not null,
    primary key (dataset_id, id)
);
-- Somebody took the tag off: this version of the profile does not put it on again.
create table ideal_declined (
    dataset_id bigint not null,
    account_id bigint not null,
    version integer not null,
    primary key (dataset_id, account_id),
    foreign key (dataset_id, account_id) references account on delete cascade
);
-- The version of the profile that put it on; null: somebody, or another rule, did.
alter table account_tag add by_ideal integer;
alter table tag_removed add by_ideal integer;
create index account_tag_ideal on account_tag (dataset_id, account_id, tag_id) where by_ideal is not null;

do $$
declare
    name text;
begin
    foreach name in array array['score_formula', 'score_draft', 'page_pattern', 'session_hit', 'lead_hit',
                                'conversion_target', 'ideal_profile', 'ideal_due', 'ideal_declined'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())',
                       name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
        execute format('grant select on %I to leadboard_web', name);
    end loop;
    foreach name in array array['session_hit', 'lead_hit', 'conversion_target'] loop
        execute format('create policy filter on %I for select to leadboard_filter using (true)', name);
        execute format('grant select on %I to leadboard_filter', name);
    end loop;
end $$;
grant insert, update on score_formula, score_draft, page_pattern, ideal_profile, ideal_due to leadboard_web;
grant insert, update, delete on conversion_target, lead_hit, ideal_declined to leadboard_web;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;
