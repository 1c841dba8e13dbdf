--- Statements about the installation itself.

-- name: db_now
-- one: now timestamptz
select now();

--- For /metrics. Across all datasets, by a function that tells numbers only.
-- name: metrics
-- one: jobs_ready bigint, jobs_running bigint, jobs_dead bigint, workers bigint, log_lag_s bigint,
--   connections bigint, bytes bigint
select jobs_ready, jobs_running, jobs_dead, workers, log_lag_s, connections, bytes from metrics_read();
