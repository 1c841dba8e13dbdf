-- A stage can stand in the order of how long its cards are in it.
alter table stage drop constraint stage_sort_check, add check (sort between 0 and 4); -- 4: by stage_at
create index card_stage_at on card (dataset_id, stage_id, stage_at, id);
