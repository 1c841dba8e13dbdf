--- Notes on an account (or on a lead that has only an email), their versions, whom they mention.

-- name: note_list
-- params: dataset bigint, account bigint?, lead bigint?, user bigint
-- many: id bigint, user_id bigint, author text, body text, pinned boolean, created_at timestamptz,
--   edited_at timestamptz?, version integer, editor text?, unread boolean
select n.id, n.user_id, coalesce(u.name, 'Former user'), n.body, n.pinned, n.created_at, n.edited_at,
       n.version, e.name, m.note_id is not null and m.seen_at is null
from note n
left join app_user u on u.id = n.user_id
left join app_user e on e.id = n.edited_by
left join note_mention m on m.dataset_id = $1 and m.note_id = n.id and m.user_id = $4
where n.dataset_id = $1 and n.deleted_at is null
  and (n.account_id = $2 or n.lead_id = $3)
order by n.pinned desc, n.created_at desc, n.id desc limit 500;

--- Those that can still be restored.
-- name: note_deleted_list
-- params: dataset bigint, account bigint?, lead bigint?
-- many: id bigint, user_id bigint, author text, body text, deleted_at timestamptz, deleter text?
select n.id, n.user_id, coalesce(u.name, 'Former user'), n.body, n.deleted_at, d.name
from note n
left join app_user u on u.id = n.user_id
left join app_user d on d.id = n.deleted_by
where n.dataset_id = $1 and n.deleted_at > now() - interval '30 days'
  and (n.account_id = $2 or n.lead_id = $3)
order by n.deleted_at desc, n.id desc limit 100;

-- name: note_count
-- params: dataset bigint, account bigint?, lead bigint?
-- one: notes bigint
select count(*) from note
where dataset_id = $1 and deleted_at is null and (account_id = $2 or lead_id = $3);

-- name: note_get
-- params: dataset bigint, note bigint
-- one: id bigint, account_id bigint?, lead_id bigint?, user_id bigint, author text, body text,
--   pinned boolean, version integer, at timestamptz, editor text?, created_at timestamptz
select n.id, n.account_id, n.lead_id, n.user_id, coalesce(u.name, 'Former user'), n.body, n.pinned, n.version,
       coalesce(n.edited_at, n.created_at), coalesce(e.name, u.name), n.created_at
from note n
left join app_user u on u.id = n.user_id
left join app_user e on e.id = n.edited_by
where n.dataset_id = $1 and n.id = $2 and n.deleted_at is null;

--- No row when there is no such account or lead.
-- name: note_add
-- params: dataset bigint, account bigint?, lead bigint?, user bigint, body text, pinned boolean
-- one: id bigint
insert into note (dataset_id, account_id, lead_id, user_id, body, pinned)
select $1, $2, $3, $4, $5, $6
where exists (select from account where dataset_id = $1 and id = $2)
   or exists (select from lead where dataset_id = $1 and id = $3)
returning id;

--- What it said before becomes a version. No row when somebody else was first.
-- name: note_edit
-- params: dataset bigint, note bigint, version integer, user bigint, body text
-- one: version integer
with old as (
    select body, version, coalesce(edited_by, user_id) as writer, coalesce(edited_at, created_at) as at
    from note
    where dataset_id = $1 and id = $2 and version = $3 and deleted_at is null for no key update
), kept as (
    insert into note_version (dataset_id, note_id, version, body, user_id, at)
    select $1, $2, version, body, writer, at from old
)
update note n set body = $5, edited_at = now(), edited_by = $4, version = n.version + 1
from old where n.dataset_id = $1 and n.id = $2
returning n.version;

--- Its versions, the newest first; the present one is the note itself.
-- name: note_versions
-- params: dataset bigint, note bigint
-- many: version integer, body text, author text, at timestamptz
select version, body, author, at
from (select n.version, n.body, coalesce(n.edited_by, n.user_id) as user_id,
             coalesce(n.edited_at, n.created_at) as at
      from note n where n.dataset_id = $1 and n.id = $2 and n.deleted_at is null
      union all
      select version, body, user_id, at from note_version where dataset_id = $1 and note_id = $2) v
left join lateral (select coalesce((select name from app_user where id = v.user_id), 'Former user')) u (author)
     on true
order by version desc limit 31;

-- name: note_version_get
-- params: dataset bigint, note bigint, version integer
-- one: body text
select body from note_version where dataset_id = $1 and note_id = $2 and version = $3;

-- name: note_pin
-- params: dataset bigint, note bigint, pinned boolean
-- exec
update note set pinned = $3 where dataset_id = $1 and id = $2 and deleted_at is null;

-- name: note_delete
-- params: dataset bigint, note bigint, user bigint
-- exec
update note set deleted_at = now(), deleted_by = $3
where dataset_id = $1 and id = $2 and deleted_at is null;

--- One that can be restored, or that already was.
-- name: note_deleted_get
-- params: dataset bigint, note bigint
-- one: id bigint, account_id bigint?, lead_id bigint?, user_id bigint, deleted boolean
select id, account_id, lead_id, user_id, deleted_at is not null from note
where dataset_id = $1 and id = $2 and (deleted_at is null or deleted_at > now() - interval '30 days')
for no key update;

-- name: note_restore
-- params: dataset bigint, note bigint
-- exec
update note set deleted_at = null, deleted_by = null where dataset_id = $1 and id = $2;

--- Colleagues who may see the dataset: those that a note can mention.
-- name: mention_people
-- params: workspace bigint, dataset bigint
-- many: id bigint, name text, email text
select u.id, u.name, u.email
from membership m join app_user u on u.id = m.user_id and u.disabled_at is null
where m.workspace_id = $1
  and (m.role >= 3 or exists (select from dataset_access a where a.user_id = u.id and a.dataset_id = $2))
order by u.name, u.id limit 1000;

--- Whom the note mentions now; words: what was typed for each, one a line. Who mentions himself knows.
-- name: mentions_put
-- params: dataset bigint, note bigint, writer bigint, users bigint[], words text[]
-- exec
with gone as (
    delete from note_mention where dataset_id = $1 and note_id = $2 and user_id <> all($4)
)
insert into note_mention (dataset_id, note_id, user_id, words, seen_at)
select $1, $2, u.user_id, string_to_array(u.words, E'\n'), case when u.user_id = $3 then now() end
from unnest($4, $5) u (user_id, words)
on conflict (dataset_id, note_id, user_id) do update set words = excluded.words;

--- How to draw the mentions of these notes.
-- name: mentions_of_notes
-- params: dataset bigint, notes bigint[]
-- many: note_id bigint, user_id bigint, name text, words text[]
select m.note_id, m.user_id, coalesce(u.name, 'Former user'), m.words
from note_mention m left join app_user u on u.id = m.user_id
where m.dataset_id = $1 and m.note_id = any($2)
order by m.note_id, m.user_id;

--- Notes that mention somebody, the newest first.
-- name: mention_list
-- params: dataset bigint, user bigint, unseen boolean, before timestamptz, most bigint
-- many: note_id bigint, at timestamptz, seen boolean, author text, body text, account_id bigint?,
--   lead_id bigint?, about text
select m.note_id, m.at, m.seen_at is not null, coalesce(u.name, 'Former user'), n.body, n.account_id, n.lead_id,
       coalesce(a.name, l.email, nullif(concat_ws(' ', l.first_name, l.last_name), ''), 'Lead')
from note_mention m
join note n on n.dataset_id = $1 and n.id = m.note_id and n.deleted_at is null
left join app_user u on u.id = coalesce(n.edited_by, n.user_id)
left join account a on a.dataset_id = $1 and a.id = n.account_id
left join lead l on l.dataset_id = $1 and l.id = n.lead_id
where m.dataset_id = $1 and m.user_id = $2 and (m.seen_at is null or not $3) and m.at < $4
order by m.at desc, m.note_id desc limit $5;

-- name: mention_seen
-- params: dataset bigint, user bigint, note bigint?
-- exec
update note_mention set seen_at = now()
where dataset_id = $1 and user_id = $2 and seen_at is null and ($3 is null or note_id = $3);
