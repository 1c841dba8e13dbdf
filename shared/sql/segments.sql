--- Saved filters over companies. Private ones are their owner's only.

-- name: segment_list
-- params: dataset bigint, user bigint
-- many: id bigint, name text, filter jsonb, shared boolean, mine boolean, updated_at timestamptz,
--   boards bigint
select s.id, s.name, s.filter, s.shared, coalesce(s.user_id = $2, false), s.updated_at,
       (select count(*) from board b
         where b.dataset_id = s.dataset_id and b.segment_id = s.id and b.deleted_at is null)
from segment s
where s.dataset_id = $1 and (s.shared or s.user_id = $2)
order by lower(s.name), s.id;

-- name: segment_get
-- params: dataset bigint, segment bigint, user bigint
-- one: id bigint, name text, filter jsonb, shared boolean, user_id bigint?, boards bigint
select s.id, s.name, s.filter, s.shared, s.user_id,
       (select count(*) from board b
         where b.dataset_id = s.dataset_id and b.segment_id = s.id and b.deleted_at is null)
from segment s
where s.dataset_id = $1 and s.id = $2 and (s.shared or s.user_id = $3);

-- name: segment_add
-- params: dataset bigint, name text, user bigint, shared boolean, filter jsonb
-- one: id bigint
insert into segment (dataset_id, name, user_id, shared, filter) values ($1, $2, $3, $4, $5)
returning id;

-- name: segment_update
-- params: dataset bigint, segment bigint, name text, shared boolean, filter jsonb
-- exec
update segment set name = $3, shared = $4, filter = $5, updated_at = now()
where dataset_id = $1 and id = $2;

--- Boards that were deleted may still name it.
-- name: segment_unlink
-- params: dataset bigint, segment bigint
-- exec
update board set segment_id = null
where dataset_id = $1 and segment_id = $2 and deleted_at is not null;

-- name: segment_remove
-- params: dataset bigint, segment bigint
-- exec
delete from segment where dataset_id = $1 and id = $2;
