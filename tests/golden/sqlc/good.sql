--- A comment of the file.

--- Why there is this statement.
-- name: thing_get
-- params: dataset bigint, thing bigint,
--   owner bigint?, name text?
-- one: id bigint, name text, owner bigint?, tags text[], at timestamptz?,
--   score double precision
select id, name, owner, tags, at, score -- not $9; and not '$8'
from thing
where dataset_id = $1 and id = $2 and owner is not distinct from $3
  and name <> 'it''s $7;' and "odd $6" = $4;

-- name: thing_names
-- many: name text
select name from thing where what ? 'a\b' /* $5 ; */;

--- The last one needs no semicolon.
-- name: thing_delete
-- params: dataset bigint
-- exec
delete from thing where dataset_id = $1
