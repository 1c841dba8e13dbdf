--- Statements about the installation itself.

-- name: db_now
-- one: now timestamptz
select now();

--- For /metrics. Across all datasets, by a function that tells numbers only.
-- name: metrics
-- one: jobs_ready bigint, jobs_running bigint, jobs_dead bigint, workers bigint, log_lag_s bigint,
--   connections bigint, bytes bigint
select jobs_ready, jobs_running, jobs_dead, workers, log_lag_s, connections, bytes from metrics_read();

--- What is composed (shared/card_find.c) is read as the filter role, which reads only, and which row
--- security does not keep from the indexes for parts of words and for tags. Answers come in milliseconds
--- from what is in memory: starting parallel workers takes longer, and a page by an index costs little more
--- than the next one. All of that ends with the transaction, the role with filter_role_end.
-- name: filter_role
-- exec
select set_config('leadboard.role', current_user, true), set_config('role', 'leadboard_filter', true),
       set_config('max_parallel_workers_per_gather', '0', true), set_config('random_page_cost', '1.1', true);

-- name: filter_role_end
-- exec
select set_config('role', current_setting('leadboard.role'), true);

--- The same for the conditions of segments (shared/filter.c). Some subjects, each looked up by key, whatever
--- the planner believes about sizes ...
-- name: filter_role_keys
-- exec
select set_config('leadboard.role', current_user, true), set_config('role', 'leadboard_filter', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
       set_config('jit', 'off', true);

--- ... or all of a dataset at once, which hashes of all of its leads have to fit for. timeout_ms 0: as it is.
-- name: filter_role_sets
-- params: timeout_ms integer
-- exec
select set_config('leadboard.role', current_user, true), set_config('role', 'leadboard_filter', true),
       set_config('work_mem', '64MB', true), set_config('jit', 'off', true),
       set_config('statement_timeout',
                  case when $1 = 0 then current_setting('statement_timeout') else $1::text end, true);

-- name: filter_role_keys_end
-- exec
select set_config('role', current_setting('leadboard.role'), true), set_config('enable_seqscan', 'on', true),
       set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true),
       set_config('enable_material', 'on', true);
