-- The hand-over to sales: services that are told (shared/integration.h), what they are to be told
-- (shared/outbox.h), and mail (shared/mail.h).

-- The ledger is followed in commit order, like the event log (worker/handover.h).
alter table card_ledger add xid xid8 not null default pg_current_xact_id();
create index card_ledger_log on card_ledger (xid, id);

-- kind: 1 webhook, 2 Slack-compatible webhook, 3 Pipedrive, 4 HubSpot. enabled: the team's wish; stopped_at:
-- LeadBoard gave up, and says why. events: what it is told by itself; stage_ids: only of these stages, where
-- an event has one; empty: of all.
create table integration (
    dataset_id bigint not null,
    id bigint generated always as identity,
    kind smallint not null check (kind between 1 and 4),
    name text not null check (length(name) between 1 and 100),
    user_id bigint not null, -- who made it, and is told when it fails
    enabled boolean not null default true,
    url text check (length(url) <= 2000), -- where to; null: it is a secret
    origin text, -- address of LeadBoard as the browser asked: for links in what is sent
    events text[] not null default '{}',
    stage_ids bigint[] not null default '{}',
    settings jsonb not null default '{}', -- by kind: shared/integration.h
    remote jsonb, -- what a test found there: name of the company, fields
    stopped_at timestamptz,
    stopped_why text,
    failures integer not null default 0, -- attempts in a row that failed
    failing_since timestamptz,
    slow_until timestamptz, -- nothing is sent before
    slow_why text,
    last_ok_at timestamptz,
    budget_day date, -- of what the service counts as cost: that day's
    budget_used integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (dataset_id, id)
);

-- Keys and signing secrets, sealed for their row (crypt_seal). until: an older secret that still signs.
create table integration_secret (
    dataset_id bigint not null,
    integration_id bigint not null,
    id bigint generated always as identity,
    sealed bytea not null,
    hint text not null, -- its last characters
    created_at timestamptz not null default now(),
    until timestamptz,
    primary key (dataset_id, integration_id, id),
    foreign key (dataset_id, integration_id) references integration
);

-- What is to be delivered, and what was. state: 0 waits, 1 delivered, 2 given up, 3 not wanted any more.
create table outbox (
    dataset_id bigint not null,
    id bigint generated always as identity,
    integration_id bigint not null,
    uid uuid not null default gen_random_uuid(), -- its name outside, the same each time
    key text not null check (length(key) between 1 and 200), -- what there is once
    lane bigint not null, -- one after the other within it
    type text not null check (length(type) between 1 and 100), -- "card.moved"
    at timestamptz not null default now(), -- when it happened
    data jsonb not null default '{}' check (length(data::text) <= 20000),
    card_id bigint,
    account_id bigint,
    lead_id bigint,
    user_id bigint, -- who asked for it
    state smallint not null default 0 check (state between 0 and 3),
    attempts smallint not null default 0, -- that failed, since it was put here or replayed
    first_at timestamptz, -- first attempt since then
    due_at timestamptz not null default now(),
    error text, -- of the last attempt
    note text, -- what was left out of what was delivered, and why
    done_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (dataset_id, id),
    foreign key (dataset_id, integration_id) references integration
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
create unique index outbox_key on outbox (dataset_id, integration_id, key);
create index outbox_waiting on outbox (dataset_id, integration_id, id) where state = 0;
create index outbox_due on outbox (dataset_id, integration_id, due_at) where state = 0;
create index outbox_lane on outbox (dataset_id, integration_id, lane, id) where state = 0;
create index outbox_state on outbox (dataset_id, integration_id, state, id desc);
create index outbox_card on outbox (dataset_id, card_id, id desc) where card_id is not null;
create index outbox_old on outbox (dataset_id, created_at);

-- What was sent and answered. outcome: 0 failed, 1 well, 2 not sent, because of a limit.
create table delivery_attempt (
    dataset_id bigint not null,
    outbox_id bigint not null,
    id bigint generated always as identity,
    integration_id bigint not null,
    at timestamptz not null default now(),
    took_ms integer not null default 0,
    what text, -- "Search organisations"; null: the delivery itself
    outcome smallint not null,
    status integer, -- of HTTP; null: no answer
    request text check (length(request) <= 24000),
    answer text check (length(answer) <= 24000),
    error text,
    primary key (dataset_id, outbox_id, id),
    foreign key (dataset_id, outbox_id) references outbox on delete cascade
);

-- What ours is called there. kind: enum external_kind. remote_id null: asked for at tried_at, and it is not
-- known whether that was done.
create table external_id (
    dataset_id bigint not null,
    integration_id bigint not null,
    kind smallint not null,
    our_id bigint not null,
    remote_id text,
    tried_at timestamptz,
    hash bytea, -- of what was sent last
    updated_at timestamptz not null default now(),
    primary key (dataset_id, integration_id, kind, our_id),
    foreign key (dataset_id, integration_id) references integration
);

-- What owners of cards are to be told by mail, gathered for a minute.
create table owner_notice (
    dataset_id bigint not null,
    id bigint generated always as identity,
    user_id bigint not null,
    kind text not null, -- as in app_user.notify_off
    card_id bigint not null,
    ledger_id bigint not null,
    detail jsonb not null, -- card_telling, and who did it
    at timestamptz not null default now(),
    primary key (dataset_id, id)
);
create index owner_notice_user on owner_notice (dataset_id, user_id, id);

-- What somebody does not want to be told: "assigned", "stage", "removed".
alter table app_user add notify_off text[] not null default '{}';

-- How a workspace sends mail. security: 0 none, 1 STARTTLS, 2 TLS from the start.
create table mail_server (
    workspace_id bigint primary key references workspace,
    host text not null check (length(host) between 1 and 255),
    port integer not null check (port between 1 and 65535),
    security smallint not null check (security between 0 and 2),
    user_name text check (length(user_name) <= 255),
    password bytea, -- sealed for the workspace
    password_hint text,
    from_email text not null check (length(from_email) between 3 and 254),
    from_name text not null default '',
    origin text, -- as in integration
    enabled boolean not null default true,
    failures integer not null default 0,
    slow_until timestamptz,
    error text, -- of the last mail
    last_ok_at timestamptz,
    updated_at timestamptz not null default now(),
    updated_by bigint
);

-- Mails, those that were sent too. state: 0 waits, 1 sent, 2 given up, 3 kept: there was no server.
create table mail (
    workspace_id bigint not null references workspace,
    id bigint generated always as identity,
    dataset_id bigint, -- that it is about; null: none
    uid uuid not null default gen_random_uuid(), -- of its Message-ID
    key text not null check (length(key) between 1 and 200), -- what there is once
    user_id bigint, -- whom it is for, when that is a member
    to_email text not null check (length(to_email) between 3 and 254),
    to_name text not null default '',
    subject text not null check (length(subject) between 1 and 500),
    body text not null check (length(body) <= 200000),
    html text check (length(html) <= 400000),
    state smallint not null default 0 check (state between 0 and 3),
    attempts smallint not null default 0,
    due_at timestamptz not null default now(),
    error text,
    created_at timestamptz not null default now(),
    done_at timestamptz,
    primary key (workspace_id, id)
);
create unique index mail_key on mail (workspace_id, key);
create index mail_due on mail (workspace_id, due_at) where state = 0;
create index mail_state on mail (workspace_id, state, id desc);

-- What is told of a card: the same wherever it goes.
create function card_telling(c card) returns jsonb language sql stable parallel safe as $$
    select jsonb_build_object(
        'board', (select jsonb_build_object('id', b.id::text, 'name', b.name) from board b
                   where b.dataset_id = c.dataset_id and b.id = c.board_id),
        'card', jsonb_build_object(
            'id', c.id::text, 'title', c.title, 'score', c.score, 'contacts', c.contacts, 'visitors', c.visitors,
            'stage', (select jsonb_build_object('id', s.id::text, 'name', s.name) from stage s
                       where s.dataset_id = c.dataset_id and s.id = c.stage_id),
            'owner', (select jsonb_build_object('id', u.id::text, 'name', u.name, 'email', u.email)
                      from app_user u where u.id = c.owner_id),
            'tags', (select coalesce(jsonb_agg(t.value -> 0), '[]')
                     from (select value from jsonb_array_elements(c.tags) limit 50) t),
            'created_at', to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'last_activity_at', to_char(c.last_activity_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
        'account', (select jsonb_build_object(
                        'id', a.id::text, 'name', left(a.name, 200), 'domain', a.domain, 'industry', left(a.industry, 200),
                        'employees', a.employees, 'country', a.country, 'city', left(a.city, 100),
                        'website', left(a.website, 500), 'linkedin', left(a.linkedin, 500),
                        'description', left(a.description, 1000))
                    from account a where a.dataset_id = c.dataset_id and a.id = c.account_id),
        'lead', (select jsonb_build_object('id', l.id::text, 'email', l.email, 'first_name', left(l.first_name, 200),
                                           'last_name', left(l.last_name, 200))
                 from lead l where l.dataset_id = c.dataset_id and l.id = c.lead_id))
$$;

-- For the navigation: asked with the session, before there is a scope.
create function integrations_stopped(p_dataset bigint) returns bigint
language plpgsql stable security definer set search_path = public
set plan_cache_mode = force_generic_plan as $$
begin
    return (select count(*) from integration
            where dataset_id = p_dataset and stopped_at is not null and enabled and deleted_at is null);
end $$;
revoke execute on function integrations_stopped(bigint) from public;
grant execute on function integrations_stopped(bigint) to leadboard_web;

do $$
declare
    name text;
begin
    foreach name in array array['integration', 'integration_secret', 'outbox', 'delivery_attempt', 'external_id',
                                'owner_notice'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (dataset_id = scope_dataset())', name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
    foreach name in array array['mail_server', 'mail'] loop
        execute format('alter table %I enable row level security', name);
        execute format('create policy web on %I to leadboard_web using (workspace_id = scope_workspace())', name);
        execute format('create policy worker on %I to leadboard_worker using (true)', name);
        execute format('grant select, insert, update, delete on %I to leadboard_worker', name);
    end loop;
end $$;

-- The web program writes secrets and never reads them.
grant select, insert, update on integration, outbox to leadboard_web;
grant select (dataset_id, integration_id, id, hint, created_at, until), insert, update (until), delete
    on integration_secret to leadboard_web;
grant select on delivery_attempt, external_id to leadboard_web;
grant select (workspace_id, host, port, security, user_name, password_hint, from_email, from_name, origin,
              enabled, failures, slow_until, error, last_ok_at, updated_at, updated_by), insert, update, delete
    on mail_server to leadboard_web;
grant select, insert, update on mail to leadboard_web;
grant usage on all sequences in schema public to leadboard_web, leadboard_worker;
