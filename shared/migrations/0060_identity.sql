-- The planner takes joins with what it worked out before for small ones, and compared every lead with every company: a
-- quarter of an hour for a log of a million events. Hashing is right whatever the sizes, and whoever calls.
alter function derived_checksum() set enable_mergejoin = off;
alter function derived_checksum() set enable_nestloop = off;
alter function derived_checksum() set enable_hashjoin = on;
alter function derived_checksum() set enable_seqscan = on;
alter function derived_checksum() set jit = off;
alter function derived_checksum() set work_mem = '64MB';
