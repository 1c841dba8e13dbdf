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
