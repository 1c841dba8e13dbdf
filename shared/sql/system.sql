--- Statements about the installation itself.

-- name: db_now
-- one: now timestamptz
select now();
