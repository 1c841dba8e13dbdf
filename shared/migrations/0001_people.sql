-- Who may use LeadBoard, and the datasets they measure. Row security keeps workspaces apart for the
-- web role by the settings leadboard.workspace and leadboard.dataset, which the server sets (SET LOCAL)
-- from the session at the start of each transaction; unset means nothing is visible.

do $$
declare
    role_name text;
begin
    foreach role_name in array array['leadboard_web', 'leadboard_collect', 'leadboard_worker',
                                     'leadboard_filter'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I login', role_name);
            exception when duplicate_object or unique_violation then
                null; -- another database of this cluster was migrated at the same moment
            end;
        end if;
    end loop;
end $$;

revoke create on schema public from public;
grant usage on schema public to leadboard_web, leadboard_collect, leadboard_worker, leadboard_filter;
-- Segments are evaluated by the web program as the filter role, which only reads.
grant leadboard_filter to leadboard_web, leadboard_worker;

create extension if not exists pg_trgm;

create function scope_workspace() returns bigint language sql stable parallel safe as
$$ select nullif(current_setting('leadboard.workspace', true), '')::bigint $$;
create function scope_dataset() returns bigint language sql stable parallel safe as
$$ select nullif(current_setting('leadboard.dataset', true), '')::bigint $$;

create table workspace (
    id bigint generated always as identity primary key,
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now()
);

create table app_user (
    id bigint generated always as identity primary key,
    email text not null check (length(email) between 3 and 254),
    email_lower text not null generated always as (lower(email)) stored unique,
    name text not null check (length(name) between 1 and 200),
    password_hash text not null,
    failures integer not null default 0, -- wrong passwords since the last right one
    locked_until timestamptz,
    created_at timestamptz not null default now(),
    disabled_at timestamptz
);

-- role: 1 user, 2 super user, 3 admin, 4 owner
create table membership (
    workspace_id bigint not null references workspace,
    user_id bigint not null references app_user,
    role smallint not null check (role between 1 and 4),
    created_at timestamptz not null default now(),
    primary key (workspace_id, user_id)
);
create index membership_user on membership (user_id);

create table dataset (
    id bigint generated always as identity primary key,
    workspace_id bigint not null references workspace,
    public_id text not null unique,
    name text not null check (length(name) between 1 and 200),
    hosts text[] not null default '{}', -- empty: events of any host are taken
    mask_ip boolean not null default true,
    honour_privacy_signals boolean not null default true, -- Do Not Track, Global Privacy Control
    cookieless boolean not null default false,
    form_tracking boolean not null default false,
    retention_days integer not null default 730 check (retention_days between 1 and 3650),
    created_at timestamptz not null default now(),
    first_event_at timestamptz, -- kept by the log consumer
    last_event_at timestamptz,
    deleted_at timestamptz
);
create index dataset_workspace on dataset (workspace_id);

create table dataset_access (
    user_id bigint not null references app_user,
    dataset_id bigint not null references dataset,
    primary key (user_id, dataset_id)
);

create table login_session (
    token_hash bytea primary key, -- SHA-256 of the cookie's random token
    user_id bigint not null references app_user,
    workspace_id bigint not null references workspace,
    dataset_id bigint references dataset, -- the one in use
    user_agent text,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index login_session_user on login_session (user_id);

create table audit (
    workspace_id bigint not null,
    id bigint generated always as identity,
    at timestamptz not null default now(),
    user_id bigint,
    action text not null,
    subject text,
    detail jsonb,
    primary key (workspace_id, id)
);

-- Before anybody is known there is no scope, so these three look across workspaces, and only so.
create function login_lookup(in p_email text, out user_id bigint, out password_hash text,
                             out failures integer, out locked_until timestamptz,
                             out workspace_id bigint, out dataset_id bigint)
returns setof record language sql stable security definer set search_path = public as $$
    select u.id, u.password_hash, u.failures, u.locked_until, m.workspace_id,
           (select min(d.id) from dataset d
             where d.workspace_id = m.workspace_id and d.deleted_at is null
               and (m.role >= 3 or exists (select from dataset_access a
                                            where a.user_id = u.id and a.dataset_id = d.id)))
    from app_user u join membership m on m.user_id = u.id
    where u.email_lower = lower(p_email) and u.disabled_at is null
    order by m.workspace_id limit 1
$$;

-- plpgsql keeps its plan; a function in SQL would be planned again by every request.
create function session_lookup(in p_token_hash bytea, out user_id bigint, out workspace_id bigint,
                               out dataset_id bigint, out role smallint, out user_name text,
                               out user_email text, out workspace_name text, out dataset_name text,
                               out seen_at timestamptz, out dataset_ids bigint[],
                               out dataset_names text[])
returns setof record language plpgsql stable security definer set search_path = public
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    return query
    select s.user_id, s.workspace_id, chosen.id, m.role, u.name, u.email, w.name, chosen.name,
           s.seen_at, mine.ids, mine.names
    from login_session s
    join app_user u on u.id = s.user_id and u.disabled_at is null
    join membership m on m.workspace_id = s.workspace_id and m.user_id = s.user_id
    join workspace w on w.id = s.workspace_id
    cross join lateral (
        select coalesce(array_agg(d.id order by lower(d.name), d.id), '{}') as ids,
               coalesce(array_agg(d.name order by lower(d.name), d.id), '{}') as names
        from dataset d
        where d.workspace_id = s.workspace_id and d.deleted_at is null
          and (m.role >= 3 or exists (select from dataset_access a
                                       where a.user_id = s.user_id and a.dataset_id = d.id))) mine
    left join dataset chosen on chosen.id = s.dataset_id and chosen.id = any(mine.ids)
    where s.token_hash = p_token_hash and s.expires_at > now()
      and s.seen_at > now() - interval '12 hours';
end $$;

create function workspace_exists() returns boolean
language sql stable security definer set search_path = public as
$$ select exists (select from workspace) $$;

alter table workspace enable row level security;
create policy web on workspace to leadboard_web using (id = scope_workspace())
    with check (true); -- the first run creates one
alter table membership enable row level security;
create policy web on membership to leadboard_web using (workspace_id = scope_workspace());
alter table app_user enable row level security;
create policy web on app_user for select to leadboard_web
    using (exists (select from membership m where m.user_id = app_user.id
                   and m.workspace_id = scope_workspace()));
create policy web_insert on app_user for insert to leadboard_web with check (true);
create policy web_update on app_user for update to leadboard_web using (true);
alter table dataset enable row level security;
create policy web on dataset to leadboard_web using (workspace_id = scope_workspace());
create policy collect on dataset for select to leadboard_collect using (true);
alter table dataset_access enable row level security;
create policy web on dataset_access to leadboard_web
    using (exists (select from dataset d where d.id = dataset_id
                   and d.workspace_id = scope_workspace()));
alter table audit enable row level security;
create policy web on audit to leadboard_web using (workspace_id = scope_workspace());

grant select, insert, update on workspace, app_user, membership, dataset to leadboard_web;
grant select, insert, delete on dataset_access to leadboard_web;
grant select, insert, update, delete on login_session to leadboard_web;
grant select, insert on audit to leadboard_web;
-- The collector reads of a dataset only what it needs to take or refuse an event.
grant select (id, public_id, hosts, mask_ip, honour_privacy_signals, cookieless, form_tracking,
              deleted_at) on dataset to leadboard_collect;
