-- One person: what their browsers are, and how their score came to be what it is.

-- As worker/agent.h reads the text; null: not known. revision: of the rules that read it last, 0: none has.
alter table user_agent
    add browser text,
    add browser_version text,
    add os text,
    add os_version text,
    add device text,
    add kind smallint not null default 0, -- enum device_kind
    add revision integer not null default 0;
create index user_agent_revision on user_agent (revision);
grant update on user_agent to leadboard_worker;

-- A lead's score at the end of a day (UTC), for days after which it changed. The log consumer writes a day
-- when the lead comes back on a later one with another score, the hourly refresh when time has changed it;
-- the score of now is the lead's own. So a lead that came once has no rows.
create table score_history (
    dataset_id bigint not null,
    lead_id bigint not null,
    day date not null,
    score smallint not null,
    primary key (dataset_id, lead_id, day),
    foreign key (dataset_id, lead_id) references lead on delete cascade
);
alter table score_history enable row level security;
create policy web on score_history to leadboard_web using (dataset_id = scope_dataset());
create policy worker on score_history to leadboard_worker using (true);
grant select on score_history to leadboard_web;
grant select, insert, update, delete on score_history to leadboard_worker;
