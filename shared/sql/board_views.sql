--- Saved ways to look at a board. A user sees the own ones and those that are shared.

-- name: board_views
-- params: dataset bigint, board bigint, user bigint
-- many: id bigint, name text, query text, shared boolean, user_id bigint, owner text?
select v.id, v.name, v.query, v.shared, v.user_id, u.name as owner
from board_view v left join app_user u on u.id = v.user_id and v.user_id <> $3
where v.dataset_id = $1 and v.board_id = $2 and (v.shared or v.user_id = $3)
order by lower(v.name), v.id limit 200;

--- No row: there are as many of this user as there may be, or the board is not there.
-- name: board_view_add
-- params: dataset bigint, board bigint, user bigint, name text, shared boolean, query text, most bigint
-- many: id bigint
insert into board_view (dataset_id, board_id, user_id, name, shared, query)
select $1, id, $3, $4, $5, $6 from board
where dataset_id = $1 and id = $2
  and (select count(*) from board_view where dataset_id = $1 and board_id = $2 and user_id = $3) < $7
returning id;

--- Only of the own. query null: as it is.
-- name: board_view_change
-- params: dataset bigint, board bigint, view bigint, user bigint, name text, shared boolean, query text?
-- exec
update board_view set name = $5, shared = $6, query = coalesce($7, query)
where dataset_id = $1 and board_id = $2 and id = $3 and user_id = $4;

--- The own; and shared ones by the owner of the board.
-- name: board_view_delete
-- params: dataset bigint, board bigint, view bigint, user bigint
-- exec
delete from board_view v
where v.dataset_id = $1 and v.board_id = $2 and v.id = $3
  and (v.user_id = $4 or v.shared and exists (select from board b where b.dataset_id = $1 and b.id = $2
                                                 and b.user_id = $4));

--- One that this user may see.
-- name: board_view_get
-- params: dataset bigint, board bigint, view bigint, user bigint
-- one: id bigint, name text, query text, shared boolean, user_id bigint
select id, name, query, shared, user_id from board_view
where dataset_id = $1 and board_id = $2 and id = $3 and (shared or user_id = $4);
