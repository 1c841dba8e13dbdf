--- Notes on an account (or on a lead that has only an email), and what a note does to its cards.

-- name: note_list
-- params: dataset bigint, account bigint?, lead bigint?
-- many: id bigint, user_id bigint, author text, body text, pinned boolean, created_at timestamptz,
--   edited_at timestamptz?
select n.id, n.user_id, coalesce(u.name, 'Former user'), n.body, n.pinned, n.created_at, n.edited_at
from note n left join app_user u on u.id = n.user_id
where n.dataset_id = $1 and n.deleted_at is null
  and (n.account_id = $2 or n.lead_id = $3)
order by n.pinned desc, n.created_at desc, n.id desc limit 500;

-- name: note_count
-- params: dataset bigint, account bigint?, lead bigint?
-- one: notes bigint
select count(*) from note
where dataset_id = $1 and deleted_at is null and (account_id = $2 or lead_id = $3);

-- name: note_get
-- params: dataset bigint, note bigint
-- one: id bigint, account_id bigint?, lead_id bigint?, user_id bigint, body text, pinned boolean
select id, account_id, lead_id, user_id, body, pinned from note
where dataset_id = $1 and id = $2 and deleted_at is null;

--- No row when there is no such account or lead.
-- name: note_add
-- params: dataset bigint, account bigint?, lead bigint?, user bigint, body text, pinned boolean
-- one: id bigint
insert into note (dataset_id, account_id, lead_id, user_id, body, pinned)
select $1, $2, $3, $4, $5, $6
where exists (select from account where dataset_id = $1 and id = $2)
   or exists (select from lead where dataset_id = $1 and id = $3)
returning id;

-- name: note_edit
-- params: dataset bigint, note bigint, body text
-- exec
update note set body = $3, edited_at = now()
where dataset_id = $1 and id = $2 and deleted_at is null;

-- name: note_pin
-- params: dataset bigint, note bigint, pinned boolean
-- exec
update note set pinned = $3 where dataset_id = $1 and id = $2 and deleted_at is null;

-- name: note_delete
-- params: dataset bigint, note bigint
-- exec
update note set deleted_at = now() where dataset_id = $1 and id = $2 and deleted_at is null;
