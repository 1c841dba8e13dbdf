-- What is known of a company, more of it, and each value with where it comes from; notes that remember
-- their versions, who deleted them and whom they mention.

alter table account
    add legal_type text,
    add emails text[] not null default '{}' check (cardinality(emails) <= 100),
    add social text[] not null default '{}' check (cardinality(social) <= 100), -- addresses of profiles
    add technologies text[] not null default '{}' check (cardinality(technologies) <= 200);
-- account.email is the first of them.
update account_fact set field = 'emails' where field = 'email';
update account set emails = array[email] where email is not null;
insert into account_fact (dataset_id, account_id, field, source, value, wins, fetched_at)
select a.dataset_id, a.id, 'emails', 'earlier', a.email, true, a.created_at
from account a
where a.email is not null
  and not exists (select from account_fact f where f.dataset_id = a.dataset_id and f.account_id = a.id
                                               and f.field = 'emails');

-- Whose word counts: the lowest. Of equals the younger.
create function fact_rank(source text) returns integer language sql immutable parallel safe as $$
    select case source
        when 'hand' then 1 -- a person of the team
        when 'site' then 10 -- the company's own site
        when 'form' then 30 -- what its people typed
        when 'earlier' then 90 -- was on the account before anything said where from
        when 'domain' then 91 -- nothing but the domain
        else 20 end -- other providers
$$;

-- What stands on an account and no fact says where from, as the fact that it would be: a name without one
-- comes from a form, or is the domain.
create view account_fact_untold with (security_invoker = true) as
select a.dataset_id, a.id as account_id, k.field,
       case when k.field <> 'name' then 'earlier' when a.name = a.domain then 'domain'
            when isfinite(a.name_at) then 'form' else 'earlier' end as source,
       to_jsonb(a)->>k.field as value,
       case when k.field = 'name' and isfinite(a.name_at) then a.name_at else a.created_at end as fetched_at
from account a
cross join unnest(array['name', 'description', 'industry', 'employees', 'revenue', 'founded', 'legal_type',
                        'country', 'region', 'city', 'address', 'phone', 'website', 'linkedin',
                        'logo']) k (field)
where to_jsonb(a)->>k.field is not null
  and not exists (select from account_fact f where f.dataset_id = a.dataset_id and f.account_id = a.id
                                               and f.field = k.field);
grant select on account_fact_untold to leadboard_web, leadboard_worker;

alter table note
    add version integer not null default 1, -- what an edit has to have seen
    add edited_by bigint, -- who wrote the present version, when that is not the author
    add deleted_by bigint;
-- The version that the note had with this body.
alter table note_version add version integer not null default 1;
-- What was typed for them ("@Ann", "@ann@acme.example"), and is drawn as their name.
alter table note_mention add words text[] not null default '{}';
create index note_mention_user on note_mention (dataset_id, user_id, at desc);

-- How many notes mention somebody who has not seen them: asked with the session, before there is a scope.
create function mentions_unseen(p_dataset bigint, p_user bigint) returns bigint
language plpgsql stable security definer set search_path = public
set plan_cache_mode = force_generic_plan as $$
begin
    return (select count(*) from note_mention m
            join note n on n.dataset_id = m.dataset_id and n.id = m.note_id
            where m.dataset_id = p_dataset and m.user_id = p_user and m.seen_at is null
              and n.deleted_at is null);
end $$;
revoke execute on function mentions_unseen(bigint, bigint) from public;
grant execute on function mentions_unseen(bigint, bigint) to leadboard_web;
