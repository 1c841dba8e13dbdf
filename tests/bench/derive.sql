-- A backlog for the log consumer: 200,000 events as they would have come in, about 20,000 visitors
-- in 40,000 sessions of 5 events, interleaved; one session in twelve ends with a form, of 3,000 people in
-- 800 companies and some free-mail users. Parameter: dataset. Committed in portions, so that the
-- transaction ids differ.
prepare backlog (bigint, int, int) as
insert into event (dataset_id, at, visitor, type, url, title, referrer, utm, properties)
select $1, now() - interval '20 days' + n * interval '3 seconds' + (k * interval '41 seconds'),
       md5('bench' || v)::uuid,
       case when k = 4 then case when s % 12 = 0 then 5 else 2 end else 1 end,
       'https://www.bench.example/page/' || (s * 7 + k) % 200,
       'Page ' || (s * 7 + k) % 200,
       case when k = 0 then (array[null, 'https://www.google.com/', 'https://www.linkedin.com/feed/',
                                   'https://news.site' || s % 90 || '.example/a'])[1 + s % 4] end,
       case when k = 0 and s % 10 = 0 then
            jsonb_build_object('source', 'newsletter', 'medium', 'email', 'campaign', 'c' || s % 5) end,
       case when k = 4 and s % 12 = 0 then
            jsonb_build_object('email', 'p' || v % 3000 || '@' ||
                               case when v % 10 = 0 then 'gmail.com'
                                    else 'company' || v % 800 || '.example' end,
                               'firstName', 'First' || v % 50, 'company', 'Company ' || v % 800,
                               'interest', 'demo')
            when k = 4 then '{"kind": "leave", "seconds": 20}'::jsonb
            else '{"screen": "1920x1080"}'::jsonb end
from (select n, n / 50 * 10 + n % 10 as s, n / 10 % 5 as k,
             hashtext('v' || (n / 50 * 10 + n % 10)) & 2147483647 as h
      from generate_series($2, $3) n) r, lateral (select h % 20000 as v) w
order by n;
select format('execute backlog (%s, %s, %s)', :dataset, n, n + 999)
from generate_series(0, 199000, 1000) n \gexec
