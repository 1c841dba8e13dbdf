-- Tags are found on the cards themselves: thousands that have a tag are then read once, with their owner,
-- score and place, where a list of ids is looked up row by row. Cards without tags, which are most, are not
-- in the index, so that what they are written for costs nothing more (measured: no difference in updates of
-- a card's rank that shows in the noise).
create index card_tags on card using gin (dataset_id, board_id, tag_ids) with (fastupdate = off)
    where tag_ids <> '{}';
drop index card_find_tags;
alter table card_find drop column tag_ids;
