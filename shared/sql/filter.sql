--- What the conditions of a filter name (shared/filter.h).

--- user 0 may see everything; others not what colleagues keep private, but that it is there.
-- name: filter_names
-- params: dataset bigint, user bigint, boards bigint[], stages bigint[], users bigint[], segments bigint[],
--   tags text[], targets bigint[]
-- many: kind text, id bigint, name text
select 'board', b.id, case when $2 in (0, b.user_id) or b.visibility = 2 then b.name else 'a private board' end
from board b where b.dataset_id = $1 and b.id = any ($3) and b.deleted_at is null
union all
select 'stage', s.id, case when $2 in (0, b.user_id) or b.visibility = 2 then s.name || ' of ' || b.name
                           else 'of a private board' end
from stage s join board b on b.dataset_id = $1 and b.id = s.board_id and b.deleted_at is null
where s.dataset_id = $1 and s.id = any ($4)
union all
select 'user', u.id, u.name from app_user u where u.id = any ($5)
union all
select 'segment', s.id, case when $2 in (0, s.user_id) or s.shared then s.name else 'a private segment' end
from segment s where s.dataset_id = $1 and s.id = any ($6)
union all
select 'target', t.id, t.name from conversion_target t where t.dataset_id = $1 and t.id = any ($8)
union all
select 'tag', 0, v.name from (select distinct unnest($7) as name) v
where exists (select from tag t where t.dataset_id = $1 and t.name_lower = lower(btrim(v.name)));

--- What conditions can be made with: what this user may see. except: a segment.
-- name: filter_choices
-- params: dataset bigint, user bigint, except bigint
-- many: kind text, heading text, value text, name text
select kind, heading, value, name from (
    select 'board' as kind, '' as heading, b.id::text as value, b.name, lower(b.name) as a, 0 as n
    from board b
    where b.dataset_id = $1 and b.deleted_at is null and b.setup_step = 0 and (b.visibility = 2 or b.user_id = $2)
    union all
    select 'stage', b.name, s.id::text, s.name, lower(b.name) || b.id, s.position
    from stage s join board b on b.dataset_id = $1 and b.id = s.board_id
    where s.dataset_id = $1 and b.deleted_at is null and b.setup_step = 0 and (b.visibility = 2 or b.user_id = $2)
    union all
    select 'user', '', u.id::text, u.name, lower(u.name), 0
    from dataset d join membership m on m.workspace_id = d.workspace_id
    join app_user u on u.id = m.user_id and u.disabled_at is null
    where d.id = $1 and (m.role >= 3 or exists (select from dataset_access a
                                                where a.user_id = u.id and a.dataset_id = $1))
    union all
    select 'segment', case g.subject when 1 then 'Companies' else 'People' end, g.id::text, g.name,
           g.subject || lower(g.name), 0
    from segment g where g.dataset_id = $1 and g.id <> $3 and (g.shared or g.user_id = $2)
    union all
    select 'target', '', t.id::text, t.name, lower(t.name), 0 from conversion_target t where t.dataset_id = $1
    union all
    select 'tag', '', t.name, t.name, t.name_lower, 0 from tag t where t.dataset_id = $1
) c
order by kind, a, n, value;
