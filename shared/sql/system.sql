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
--- security does not keep from the indexes for parts of words and for tags. Both end with the transaction.
-- name: filter_role
-- exec
select set_config('leadboard.role', current_user, true), set_config('role', 'leadboard_filter', true);

-- name: filter_role_end
-- exec
select set_config('role', current_setting('leadboard.role'), true);
