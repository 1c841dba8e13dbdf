--- What people did and can undo (shared/operation.h).

-- name: operation_add
-- params: dataset bigint, kind smallint, board bigint?, user bigint?, subject text?, detail jsonb?,
--   progress bigint?, undoes bigint?
-- one: id bigint
insert into operation (dataset_id, kind, board_id, user_id, subject, detail, progress_id, undoes)
values ($1, $2, $3, $4, $5, coalesce($6, '{}'), $7, $8)
returning id;

-- name: operation_count
-- params: dataset bigint, operation bigint, n integer, detail jsonb?
-- exec
update operation set n = n + $3, detail = detail || coalesce($4, '{}')
where dataset_id = $1 and id = $2;

-- name: operation_row
-- params: dataset bigint, operation bigint
-- one: id bigint, kind smallint, board_id bigint?, user_id bigint?, progress_id bigint?, undoes bigint?,
--   subject text?, detail jsonb, n integer, at timestamptz, undone boolean
select id, kind, board_id, user_id, progress_id, undoes, subject, detail, n, at, undone_at is not null
from operation where dataset_id = $1 and id = $2;

--- busy: its job has not finished yet.
-- name: operation_lock
-- params: dataset bigint, operation bigint, days integer
-- many: undone boolean, undone_name text?, late boolean, busy boolean
select o.undone_at is not null,
       (select u.name from operation b join app_user u on u.id = b.user_id
         where b.dataset_id = $1 and b.id = o.undone_by),
       o.at < now() - make_interval(days => $3),
       exists (select from progress p where p.dataset_id = $1 and p.id = o.progress_id and p.state in (0, 1)
                and exists (select from job j where j.dataset_id = $1 and j.kind = p.kind
                             and j.uniq = 'progress:' || p.id))
from operation o where o.dataset_id = $1 and o.id = $2 for no key update of o;

-- name: operation_newest
-- params: dataset bigint, user bigint, board bigint?, days integer
-- one: id bigint
select id from operation
where dataset_id = $1 and user_id = $2 and ($3::bigint is null or board_id is null or board_id = $3)
  and undone_at is null and n > 0 and kind <> 13 and at > now() - make_interval(days => $4)
order by id desc limit 1;

-- name: operation_mark_undone
-- params: dataset bigint, operation bigint, by bigint
-- exec
update operation set undone_at = now(), undone_by = $3 where dataset_id = $1 and id = $2;

-- name: operation_user
-- params: user bigint
-- many: name text
select name from app_user where id = $1;
