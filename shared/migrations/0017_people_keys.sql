-- The log consumer drops anonymous leads that turned out to be somebody by the thousand; a foreign key asks
-- for each of them alone. It takes their rows of these tables with them in one statement instead
-- (derive_leads_drop).
alter table lead_link drop constraint lead_link_dataset_id_lead_id_fkey;
alter table lead_merge drop constraint lead_merge_dataset_id_lead_id_fkey,
                       drop constraint lead_merge_dataset_id_into_id_fkey;
alter table hiding drop constraint hiding_dataset_id_lead_id_fkey;
