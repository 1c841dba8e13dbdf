--- User-Agents as they are read once (worker/agents.c).

--- Some that no rules of this revision have read.
-- name: agents_unread
-- params: revision integer, limit bigint
-- many: hash bigint, agent text
select hash, agent from user_agent where revision < $1 order by revision limit $2;

-- name: agents_save
-- params: revision integer, hash bigint[], browser text[], browser_version text[], os text[],
--   os_version text[], device text[], kind smallint[]
-- exec
update user_agent u
set browser = k.browser, browser_version = k.browser_version, os = k.os, os_version = k.os_version,
    device = k.device, kind = k.kind, revision = $1
from unnest($2, $3, $4, $5, $6, $7, $8) k (hash, browser, browser_version, os, os_version, device, kind)
where u.hash = k.hash;
